"""How expressions and conditions are written as one line of text: `⌊(M - I)/S⌋ + 1`, `(M mod S) = 0`."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter

from cnn_symbolic.expressions import heads as h
from cnn_symbolic.expressions.rules import as_quotient

__all__ = ["SIGNS", "written"]

SIGNS = {"=": "=", "!=": "≠", ">=": "≥", ">": ">", "<=": "≤", "<": "<"}


class SizePrinter(StrPrinter):
    """Writes expressions: what is added before what is taken away, and the number last."""

    printmethod = "_written"

    def _print_Add(self, e: sp.Add, order: Any = None) -> str:
        def place(term: sp.Expr) -> tuple[bool, bool, str]:
            return (term.is_Rational, term.could_extract_minus_sign(), str(term))

        return " + ".join(self.doprint(term) for term in sorted(e.args, key=place)).replace("+ -", "- ")

    def _print_Mul(self, e: sp.Mul) -> str:
        if e.as_coeff_Mul()[0] < 0:
            return f"-{self.doprint(-e)}"
        top, bottom = as_quotient(e)
        if bottom != 1:
            return f"{self.tight(top)}/{self.divisor(bottom)}"
        return "·".join(self.tight(part) for part in sp.Mul.make_args(e))

    def tight(self, e: sp.Expr) -> str:
        return f"({self.doprint(e)})" if isinstance(e, sp.Add) else str(self.doprint(e))

    def divisor(self, e: sp.Expr) -> str:
        return f"({self.doprint(e)})" if isinstance(e, sp.Add | sp.Mul) else str(self.doprint(e))

    def quotient(self, e: sp.Expr) -> str:
        top, bottom = as_quotient(e)
        return self.doprint(top) if bottom == 1 else f"{self.tight(top)}/{self.divisor(bottom)}"

    def _print_Pow(self, e: sp.Pow, rational: bool = False) -> str:
        return f"{self.divisor(e.base)}^{self.doprint(e.exp)}"

    def _print_Dummy(self, e: sp.Dummy) -> str:
        return str(e.name)

    def _print_Indexed(self, e: sp.Indexed) -> str:
        return f"{e.base.label}[{', '.join(map(self.doprint, e.indices))}]"

    def _print_Inverse(self, e: h.Inverse) -> str:
        return f"1/{self.divisor(e.args[0])}"

    def _print_Floor(self, e: h.Floor) -> str:
        return f"⌊{self.quotient(e.args[0])}⌋"

    def _print_Ceiling(self, e: h.Ceiling) -> str:
        return f"⌈{self.quotient(e.args[0])}⌉"

    def _print_Remainder(self, e: h.Remainder) -> str:
        return f"({self.tight(e.args[0])} mod {self.divisor(e.args[1])})"

    def _print_Maximum(self, e: h.Maximum) -> str:
        return f"max({', '.join(map(self.doprint, e.args))})"

    def _print_Minimum(self, e: h.Minimum) -> str:
        return f"min({', '.join(map(self.doprint, e.args))})"

    def _print_Delta(self, e: h.Delta) -> str:
        return f"[{self.doprint(e.args[0])} = {self.doprint(e.args[1])}]"

    def _print_Bracket(self, e: h.Bracket) -> str:
        return f"[{self.doprint(e.args[0])}]"

    def _print_Where(self, e: h.Where) -> str:
        holds, value, otherwise = map(self.doprint, e.args)
        return f"({value} if {holds}, else {otherwise})"

    def _print_Comparison(self, e: h.Comparison) -> str:
        return f"{self.doprint(e.lhs)} {SIGNS[e.sign]} {self.doprint(e.rhs)}"

    def _print_Connective(self, e: h.Connective) -> str:
        if isinstance(e, h.Negation):
            return f"not ({self.doprint(e.args[0])})"
        parts = (
            f"({self.doprint(p)})" if isinstance(p, h.Conjunction | h.Disjunction) else self.doprint(p) for p in e.args
        )
        return (" and " if isinstance(e, h.Conjunction) else " or ").join(parts)


def written(e: Any) -> str:
    """Return an expression or condition as text."""
    return str(SizePrinter().doprint(e)) if isinstance(e, sp.Basic) else str(e)
