"""Presentation: what was checked, on the terminal and in LaTeX."""
