"""How formulas are written in LaTeX: the same grammar as plain text, with other signs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.formulas import as_formula
from cnn_symbolic.notation import INFIX, RELATIONS, Text
from cnn_symbolic.sources import Call, stated_options
from cnn_symbolic.tensors import ShapeOf, Tensor

__all__ = ["GREEK", "Latex", "array_latex", "escape"]


def array_latex(values: Any) -> str:
    """Return an array of exact numbers as a LaTeX matrix; beyond two axes, as a list of matrices."""
    array = np.array(values, dtype=object)
    if array.ndim == 0:
        return str(array[()])
    if array.ndim > 2:
        return r"\left[" + ", ".join(array_latex(part) for part in array) + r"\right]"
    rows = array.reshape((1, -1)) if array.ndim == 1 else array
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(map(str, row)) for row in rows) + r" \end{pmatrix}"


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


def escape(text: str) -> str:
    """Return plain text so that LaTeX prints it as it is; a character that it has no sign for, by its number."""
    return "".join(SPECIAL.get(c) or (c if ord(c) < 0x180 else f"[U+{ord(c):04X}]") for c in text)


class Latex(Text):
    """Writes formulas as LaTeX mathematics."""

    times, minus = r" \, ", " - "
    relations: Mapping[Any, str] = RELATIONS | {sp.Ne: r"\neq", sp.Ge: r"\ge", sp.Le: r"\le"}

    def symbol(self, name: str) -> str:
        """Return a name: Greek letters by their commands, `a_prev` with a superscript, long names upright."""
        derivative = re.fullmatch("∂(.+)/∂(.+)", name)
        if derivative:
            top, bottom = (self.symbol(part) for part in derivative.groups())
            return rf"\frac{{\partial {top}}}{{\partial {bottom}}}"
        bare = name.rstrip("′")
        marks = "'" * (len(name) - len(bare))
        head, _, tail = bare.partition("_")
        if head in GREEK:
            written = f"\\{GREEK[head]}"
        elif re.fullmatch("[A-Za-z]", head):
            written = head
        elif re.fullmatch(r"\D[0-9]+", head):
            written = f"{self.symbol(head[0])}_{{{head[1:]}}}"
        else:
            written = rf"\mathit{{{escape(head)}}}"
        return written + marks + (rf"^{{\mathrm{{{escape(tail)}}}}}" if tail else "")

    def operator(self, name: str) -> str:
        """Return the name of an operation."""
        return rf"\operatorname{{{escape(name)}}}"

    def primes(self, count: int) -> str:
        """Return the marks of a derivative."""
        return "'" * count

    def superscript(self, text: str) -> str:
        """Return an exponent."""
        return f"^{{{text}}}"

    def parenthesised(self, text: str) -> str:
        """Return a formula in parentheses."""
        return rf"\Bigl({text}\Bigr)" if r"\sum" in text else f"({text})"

    def fraction(self, top: str, bottom: str, negative: bool = False) -> str:
        """Return a fraction of two formulas."""
        return ("-" if negative else "") + (top if bottom == "1" else rf"\tfrac{{{top}}}{{{bottom}}}")

    def entry(self, tensor: str, index: Sequence[str]) -> str:
        """Return a tensor's entry."""
        bracketed = rf"\bigl(\t{tensor[1:]}\bigr)" if tensor.startswith(r"\frac") else tensor
        base = f"{{{bracketed}}}" if "_" in bracketed else bracketed
        return f"{base}_{{{','.join(index)}}}"

    def delta(self, a: str, b: str) -> str:
        """Return a Kronecker delta; Iverson's bracket keeps it apart from the components δ."""
        return f"[{a} = {b}]"

    def derivative(self, variable: str, body: str) -> str:
        """Return a derivative that is not carried out."""
        return rf"\frac{{\partial}}{{\partial {variable}}} {body}"

    def rounded(self, text: str, down: bool) -> str:
        """Return a number rounded down or up."""
        return rf"\lfloor {text} \rfloor" if down else rf"\lceil {text} \rceil"

    def mod(self, a: str, b: str) -> str:
        """Return a remainder."""
        return rf"({a} \bmod {b})"

    def sigma(self, runs: Sequence[tuple[str, str, str]]) -> str:
        """Return the signs of a sum over indices with their bounds."""
        return " ".join(rf"\sum_{{{name}={low}}}^{{{high}}}" for name, low, high in runs) + " "

    def connective(self, conjunction: bool) -> str:
        """Return "and" or "or"."""
        return r" \wedge " if conjunction else r" \vee "

    def negated(self, text: str) -> str:
        """Return a negation."""
        return rf"\neg ({text})"

    def tensor(self, x: Tensor | ShapeOf | Sequence[Any], index: Sequence[str] = ()) -> str:
        """Return a tensor as an operation on tensors, or one entry of it."""
        if isinstance(x, ShapeOf):
            return rf"\operatorname{{shape}}({self.tensor(x.tensor)})"
        if not isinstance(x, Tensor):
            return rf"({', '.join(self.expr(n, {}) for n in x)})"
        if not index:
            return self.whole(x)
        plain = x.name is not None or (isinstance(x.source, Call) and x.source.operation == "gradient")
        return self.entry(self.whole(x) if plain else f"({self.whole(x)})", index)

    def whole(self, x: Tensor) -> str:
        """Return a tensor as an operation on tensors."""
        if not isinstance(x.source, Call):
            return self.symbol(x.source.name)
        call = x.source
        if call.operation == "gradient":
            return rf"\frac{{\partial C}}{{\partial {self.whole(call.operands[1])}}}"
        if call.operation == "apply":
            primes = self.primes(call.options["order"])
            return f"{self.symbol(call.options['function'])}{primes}({self.whole(call.operands[0])})"
        if call.operation == "from_entries":
            names = {symbol: symbol.name for symbol in call.options["index"]}
            index = [self.symbol(name) for name in names.values()]
            return rf"\bigl({self.formula(call.options['entry'], names)}\bigr)_{{{','.join(index)}}}"
        parts = [self.operand(x) for x in call.operands]
        if call.operation in ("correlate", "convolve"):
            sign = r"\star" if call.operation == "correlate" else "*"
            return rf"{parts[0]} {sign}_{{\mathrm{{{call.options['mode']}}}}} {parts[1]}"
        if call.operation == "add":
            return " + ".join(parts).replace("+ -", "- ")
        if call.operation == "multiply":
            return rf"{parts[0]} \odot {parts[1]}"
        if call.operation == "scale":
            factor = as_formula(call.options["factor"], "scale")
            return f"-{parts[0]}" if factor == -1 else self.scaled(self.tight(factor, {}), parts[0])
        if call.operation == "constant":
            value, lengths = str(call.options["value"]), call.options["shape"]
            return rf"\mathbf{{{value}}}_{{{self.tensor(lengths)}}}" if lengths else value
        if call.operation == "literal":
            return array_latex(call.options["values"])
        if call.operation == "take":
            return rf"{{{parts[0]}}}_{{{','.join(self.option(i) for i in call.options['at'])}}}"
        if call.operation in ("stack_family", "sum_family"):
            run = rf"0\le {self.symbol(call.options['index'].name)}<{self.expr(call.options['length'], {})}"
            if call.operation == "stack_family":
                return rf"\bigl[{self.whole(call.operands[0])}\bigr]_{{{run}}}"
            return rf"\sum_{{{run}}} {parts[0]}"
        if call.operation == "broadcast":
            return self.whole(call.operands[0])
        if call.operation == "sum_axes":
            axes = ",".join(map(str, call.options["axes"]))
            return rf"\operatorname{{sum}}_{{{axes}}}({self.whole(call.operands[0])})"
        plain = [self.whole(x) for x in call.operands]
        options = [rf"\mathrm{{{escape(k)}}}={self.option(v)}" for k, v in stated_options(call)]
        return self.call(self.operator(call.operation), [*plain, *options])

    def scaled(self, factor: str, tensor: str) -> str:
        """Return a multiple of a tensor."""
        return factor if tensor == "1" else f"{factor}{self.times}{tensor}"

    def operand(self, x: Tensor) -> str:
        """Return a tensor as an operand of an infix operation."""
        infix = isinstance(x.source, Call) and x.source.operation in {*INFIX, "correlate", "convolve", "sum_family"}
        if isinstance(x.source, Call) and x.source.options.get("factor") == -1:
            return self.whole(x)
        if isinstance(x.source, Call) and x.source.operation == "broadcast":
            return self.operand(x.source.operands[0])
        return f"({self.whole(x)})" if infix else self.whole(x)

    def option(self, value: Any) -> str:
        """Return an operation's option."""
        if isinstance(value, sp.Dummy):
            return self.symbol(value.name)
        if isinstance(value, sp.Expr):
            return self.expr(value, {})
        if isinstance(value, tuple):
            return f"({', '.join(self.option(v) for v in value)})"
        return escape(str(value)) if isinstance(value, int | bool) else rf"\mathrm{{{escape(str(value))}}}"
