"""Formulas as people write them: as text, in LaTeX, in MathML."""
