"""The checked derivations as a LaTeX document. A claim without a verdict that proves or refutes it is not printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy as sp
from jinja2 import Environment, PackageLoader, StrictUndefined

from cnn_symbolic import __version__
from cnn_symbolic.article import ERRATA
from cnn_symbolic.checks import Check
from cnn_symbolic.derivation import Derivation, Line, folded
from cnn_symbolic.errors import ExportError
from cnn_symbolic.kernel.verdicts import Refutation, Theorem
from cnn_symbolic.latex_notation import GREEK, Latex, array_latex, escape
from cnn_symbolic.library import Claim

__all__ = ["latex_document"]


def latex_document(claims: Sequence[Claim]) -> str:
    """Return the document; raise ExportError for a claim that is neither proved nor refuted."""
    listed = ERRATA if any("A4" in claim.derivation.article for claim in claims) else []
    environment = Environment(  # noqa: S701 - LaTeX, not HTML: every text goes through escape()
        loader=PackageLoader("cnn_symbolic", "book/templates"),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("proofs.tex").render(
        version=__version__,
        claims=[fields(c) for c in claims],
        errata=[[prose(text) for text in (e.where, e.printed, e.correct, e.why)] for e in listed],
    )


def fields(claim: Claim) -> dict[str, Any]:
    """Return what the template prints of a claim."""
    derivation, verdict = claim.derivation, claim.derivation.verdict
    shown = {"id": escape(claim.id), "title": prose(derivation.title.rstrip(".")), "section": prose(claim.group)}
    if isinstance(derivation, Check):
        if not derivation.as_expected:
            raise ExportError(f"{claim.id} did not pass its check, so there is nothing of it to print")
        return shown | {
            "kind": "check",
            "text": prose(derivation.written_claim),
            "evidence": prose(derivation.verdict.evidence),
            "found": prose(derivation.verdict.detail),
        }
    if isinstance(verdict, Theorem):
        return shown | {
            "kind": "theorem",
            "statement": statement(derivation, "="),
            "evidence": prose(verdict.evidence),
            "assumptions": condition(verdict.domain),
            "lines": [{"formula": formula(derivation, x), "because": prose(x.because)} for x in checked(derivation)],
        }
    if isinstance(verdict, Refutation) and derivation.wrong_step is None:
        values = {name: f"{Latex({}).symbol(name)} = {array_latex(value)}" for name, value in verdict.values.items()}
        functions = {name: f"{Latex({}).symbol(name)}(t) = {sp.latex(f)}" for name, f in verdict.functions.items()}
        return shown | {
            "kind": "refuted",
            "statement": statement(derivation, r"\neq"),
            "sizes": ", ".join(f"${Latex({}).symbol(name)} = {value}$" for name, value in verdict.sizes.items()),
            "called": "Smallest counterexample" if verdict.least else "Counterexample",
            "difference": difference(verdict),
            "numbers": [*functions.values(), *values.values()],
            "left": "" if verdict.left_value is None else array_latex(verdict.left_value),
            "right": "" if verdict.right_value is None else array_latex(verdict.right_value),
            "given": ", ".join(f"${Latex({}).symbol(name)} = {value}$" for name, value in verdict.given.items()),
            "holds_when": condition(verdict.holds_when or ""),
        }
    raise ExportError(f"{claim.id} is not proved, so there is no proof of it to print")


def checked(derivation: Derivation) -> list[Line]:
    """Return the lines of a proof; raise ExportError if the kernel has not checked one of them."""
    lines = list(derivation.lines)
    for line in lines[1:]:
        if not isinstance(line.checked, Theorem):
            raise ExportError(f"a line of {derivation.title!r} was not checked: {line.because}")
    return lines if len(lines) > 1 else []


def formula(derivation: Derivation, line: Line) -> str:
    """Return a line as LaTeX."""
    latex = Latex(derivation.index_letters)
    if line.folded is not None:
        return latex.tensor(line.folded, [latex.symbol(name) for name in derivation.index_names.values()])
    return latex.formula(line.formula, derivation.index_names)


def statement(derivation: Derivation, sign: str) -> str:
    """Return the claim as LaTeX."""
    latex = Latex(derivation.index_letters)
    if not derivation.by_hand:
        return f"{latex.tensor(derivation.left)} {sign} {latex.tensor(derivation.right)}"
    left, right = derivation.statement.left.formula, derivation.statement.right.formula
    sides = [Line(left, "", folded(derivation.left)), Line(right, "", folded(derivation.right))]
    return f" {sign} ".join(formula(derivation, side) for side in sides)


def difference(refutation: Refutation) -> str:
    """Return what differs at a counterexample."""
    left, right = refutation.left_shape, refutation.right_shape
    if refutation.kind == "shape":
        return f"There the shapes are ${left}$ and ${right}$."
    if refutation.kind == "defined":
        return f"There only one side is defined: the shapes would be ${left}$ and ${right}$."
    monomial = refutation.monomial
    latex = Latex({})
    factors = monomial.factors if monomial else ()
    product = latex.times.join(latex.entry(symbol(name), [str(i) for i in at]) for name, at in factors) or "1"
    at = ",".join(map(str, refutation.index))
    return (
        f"There the product ${product}$ occurs in the entry $({at})$ with the coefficient "
        f"{refutation.left_coefficient} on the left and {refutation.right_coefficient} on the right."
    )


def symbol(name: str) -> str:
    """Return a tensor's name, or an opaque function of one such as `σ′(z)`, as LaTeX."""
    applied = re.fullmatch(r"(.+?)(′*)\((.+)\)", name)
    latex = Latex({})
    if applied is None:
        return latex.symbol(name)
    function, primes, argument = applied.groups()
    return f"{latex.symbol(function)}{latex.primes(len(primes))}({latex.symbol(argument)})"


def condition(text: str) -> str:
    """Return a condition on sizes as LaTeX."""
    words = {
        "and": r"\text{ and }",
        "or": r"\text{ or }",
        "mod": r"\bmod",
        "not": r"\neg",
        "floor": r"\operatorname{floor}",
        "max": r"\max",
    }
    signs = {"⌊": r"\lfloor ", "⌋": r"\rfloor ", "≥": r"\ge ", "≤": r"\le ", "≠": r"\neq ", "·": r"\cdot "}
    if text in ("", "never"):
        return text
    latex = Latex({})
    written = re.sub(r"[^\W\d]\w*′*", lambda w: words.get(w.group(), "") or latex.symbol(w.group()), text)
    return "".join(signs.get(character, character) for character in written)


SIGNS = {
    "×": r"$\times$", "−": "$-$", "·": r"$\cdot$", "∂": r"$\partial$", "≤": r"$\le$", "≥": r"$\ge$", "′": "$'$",
    "Σ": r"$\Sigma$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$",
    "⌈": r"$\lceil$", "⌉": r"$\rceil$", "⟨": r"$\langle$", "⟩": r"$\rangle$", "≠": r"$\neq$", "…": r"\dots{}",
    "ᵀ": r"$^{\mathsf{T}}$", "½": r"$\tfrac12$", "²": "$^2$", "∞": r"$\infty$",
}  # fmt: skip
MATHEMATICS = re.compile(r"∂(\w+)/∂(\w+)|(σ)(′*)\((\w+)\)|\b(a_prev)\b")


def prose(text: str) -> str:
    """Return a sentence for LaTeX: plain text, with mathematical letters and signs set as mathematics."""
    greek = {letter: f"$\\{name}$" for letter, name in GREEK.items()}

    def plain(part: str) -> str:
        return "".join(SIGNS.get(c) or greek.get(c) or escape(c) for c in part)

    def formula(found: re.Match[str]) -> str:
        top, bottom, function, primes, argument, name = (g or "" for g in found.groups())
        latex = Latex({})
        if top:
            return rf"$\partial {latex.symbol(top)}/\partial {latex.symbol(bottom)}$"
        if function:
            return f"${latex.symbol(function)}{latex.primes(len(primes))}({latex.symbol(argument)})$"
        return f"${latex.symbol(name)}$"

    written, end = "", 0
    for found in MATHEMATICS.finditer(text):
        written += plain(text[end : found.start()]) + formula(found)
        end = found.end()
    return written + plain(text[end:])
