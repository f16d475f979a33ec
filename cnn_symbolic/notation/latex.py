"""Layouts as LaTeX mathematics."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.layout import Layout, Sign, Token, scripted, spelled

LONG_BRACKET = 40
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Δ": "Delta",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "Λ": "Lambda", "Γ": "Gamma", "Θ": "Theta",
}  # fmt: skip
SPECIAL = {
    "\\": r"\textbackslash{}", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "{": r"\{", "}": r"\}", "$": r"\$",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
SIGNS = {
    "·": r"\,", "×": r"\times", "⋆": r"\star", "∗": "*", "⊙": r"\odot", "mod": r"\bmod", "∑": r"\sum",
    "≤": r"\le", "≥": r"\ge", "≠": r"\neq", "≗": r"\circeq", "≟": r"\overset{?}{=}", "∈": r"\in", "∂": r"\partial",
    "∧": r"\wedge", "∨": r"\vee", "¬": r"\neg", "and": r"\text{ and }", "or": r"\text{ or }",
    "∞": r"\infty", "…": r"\dots", "′": "'", "ℓ": r"\ell", "\u00a0": r"\ ", "\u2002": r"\;",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⟨": r"\langle", "⟩": r"\rangle",
}  # fmt: skip
STYLES = {"function": "operatorname", "bold": "mathbf", "sans": "mathsf", "blackboard": "mathbb", "words": "text"}
SIZES = {"big": (r"\bigl", r"\bigr"), "bigger": (r"\Bigl", r"\Bigr"), "grown": (r"\left", r"\right")}


def escape(text: str) -> str:
    """Return plain text with what has a meaning in LaTeX written so that it is printed as it is."""
    return "".join(SPECIAL.get(c, c) for c in text)


def latex(x: Layout) -> str:
    """Return a formula as LaTeX."""
    match x:
        case Token(text, kind):
            return token(text, kind)
        case Sign(","):
            return "," if x.tight else ", "
        case Sign():
            written = SIGNS.get(x.text, x.text)
            return f"{written} " if x.tight and written[-1:].isalpha() else written if x.tight else f" {written} "
        case la.Row():
            return line(x.parts)
        case la.Scripts():
            return scripts(scripted(x))
        case la.Ratio():
            return rf"\{'t' * x.small}frac{braced(x.top)}{braced(x.bottom)}"
        case la.Fenced():
            return fenced(x)
        case la.Table():
            rows = r" \\ ".join(" & ".join(map(latex, cells)) for cells in x.rows)
            kind = "cases" if x.cases else "pmatrix"
            return rf"\begin{{{kind}}} {rows} \end{{{kind}}}"


def line(parts: Iterable[Layout]) -> str:
    """Return what stands side by side; a blank ends a command before a letter."""
    written = ""
    for part in map(latex, parts):
        written += " " * (part[:1].isalpha() and re.search(r"\\[A-Za-z]+$", written) is not None) + part
    return written.strip()


def braced(x: Layout) -> str:
    """Return a formula as the argument of a command."""
    return f"{{{latex(x).strip()}}}"


def token(text: str, kind: str) -> str:
    """Return a name, a number or words; LaTeX's mathematics has ASCII letters only, others are set as text."""
    if kind == "name":
        return latex(spelled(text))
    if kind == "number":
        return text
    if kind in STYLES:
        return rf"\{STYLES[kind]}{{{escape(text)}}}" + " " * text.endswith(" ")
    if kind == "italic" and text in GREEK:
        return f"\\{GREEK[text]}"
    if kind == "italic" and len(text) == 1 and text.isascii() and text.isalpha():
        return text
    style = "it" if kind == "italic" else "rm"
    return rf"\math{style}{{{escape(text)}}}" if text.isascii() else rf"\text{{\text{style}{{{escape(text)}}}}}"


def scripts(x: la.Scripts) -> str:
    """Return a base with what stands below and above it."""
    base = latex(x.base).strip()
    if x.below is not None and "_" in base and not isinstance(x.base, la.Fenced):
        base = f"{{{base}}}"
    below = "" if x.below is None else f"_{braced(x.below)}"
    above = "'" * x.primes + ("" if x.above is None else f"^{braced(x.above)}")
    if not isinstance(x.base, Sign):
        return base + above + below
    return " " * (not x.base.tight) + base + below + above + " " * (not x.base.tight or x.base.text == "∑")


def fenced(x: la.Fenced) -> str:
    """Return a formula in brackets; short ones of Iverson's are not to be broken at the end of a line."""
    body, (opening, closing) = latex(x.body), (SIGNS.get(c, c) for c in (x.opening, x.closing))
    if x.size in SIZES:
        left, right = SIZES[x.size]
        return f"{left}{opening}{body}{right}{closing}"
    if opening[-1].isalpha():
        return f"{opening} {body} {closing}"
    written = f"{opening}{body}{closing}"
    return f"{{{written}}}" if x.size == "whole" and len(body) <= LONG_BRACKET else written
