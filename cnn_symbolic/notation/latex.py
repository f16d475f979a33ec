"""How formulas are written in LaTeX: the same grammar as plain text, with other signs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.heads import AtLeast, AtMost, Bracket, Conjunction, Less
from cnn_symbolic.expressions.printing import SIGNS
from cnn_symbolic.expressions.values import as_formula, plain
from cnn_symbolic.notation.text import INFIX, Letters, Text
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Call, Entries, Gradient, Leaf, Named, Tensor, stated_options

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


def escape(text: str) -> str:
    """Return plain text with what has a meaning in LaTeX written so that it is printed as it is."""
    return "".join(SPECIAL.get(c, c) for c in text)


def upright_or_italic(text: str, style: str) -> str:
    """Return a name of several letters; LaTeX's mathematics has ASCII letters only, others are set as text."""
    if text.isascii():
        return rf"\math{style}{{{escape(text)}}}"
    return rf"\text{{\text{style}{{{escape(text)}}}}}"


class Latex(Text):
    """Writes formulas as LaTeX mathematics, some size expressions by the names that `abbreviations` gives them.

    `explicit` writes every gradient with what it is the gradient of, where a claim has several costs.
    """

    times, minus = r" \, ", " - "
    relations: Mapping[str, str] = SIGNS | {"!=": r"\neq", ">=": r"\ge", "<=": r"\le"}

    def __init__(
        self, letters: Letters, abbreviations: Mapping[sp.Expr, str] | None = None, explicit: bool = False
    ) -> None:
        super().__init__(letters)
        self.explicit = explicit
        self.abbreviations = abbreviations or {}

    def expr(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula in a scope of index names."""
        if e in self.abbreviations:
            return self.abbreviations[e]
        if isinstance(e, Bracket):
            return self.bracket(self.condition(e.args[0], names))
        return super().expr(e, names)

    def tight(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula as a factor: with parentheses where it needs them."""
        return self.abbreviations[e] if e in self.abbreviations else super().tight(e, names)

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
            written = upright_or_italic(head, "it")
        if tail.isdecimal():
            return f"{written}_{{{tail}}}{marks}"
        return written + marks + (f"^{{{upright_or_italic(tail, 'rm')}}}" if tail else "")

    def operator(self, name: str) -> str:
        """Return the name of an operation."""
        return rf"\operatorname{{{escape(name)}}}"

    def primes(self, count: int) -> str:
        """Return the marks of a derivative."""
        return "'" * count

    def power(self, base: str, exponent: str) -> str:
        """Return a power; a name with a superscript of its own stands in parentheses."""
        return f"{f'({base})' if '^' in base else base}^{{{exponent}}}"

    def parenthesised(self, text: str) -> str:
        """Return a formula in parentheses."""
        return rf"\Bigl({text}\Bigr)" if r"\sum" in text else f"({text})"

    def over(self, top: sp.Expr, bottom: sp.Expr, names: Mapping[Any, str]) -> str:
        """Return a fraction of two formulas."""
        return rf"\tfrac{{{self.expr(top, names)}}}{{{self.expr(bottom, names)}}}"

    def fraction(self, top: str, bottom: str, negative: bool = False) -> str:
        """Return a fraction of two numbers."""
        return ("-" if negative else "") + (top if bottom == "1" else rf"\tfrac{{{top}}}{{{bottom}}}")

    def entry(self, tensor: str, index: Sequence[str]) -> str:
        """Return a tensor's entry."""
        bracketed = rf"\bigl(\t{tensor[1:]}\bigr)" if tensor.startswith(r"\frac") else tensor
        base = f"{{{bracketed}}}" if "_" in bracketed and not bracketed.endswith(")") else bracketed
        return f"{base}_{{{','.join(index)}}}"

    def delta(self, a: str, b: str) -> str:
        """Return a Kronecker delta; Iverson's bracket keeps it apart from the components δ."""
        return self.bracket(f"{b} = {a}" if a.isdecimal() else f"{a} = {b}")

    def bracket(self, condition: str) -> str:
        """Return Iverson's bracket; a short one is not to be broken at the end of a line."""
        written = re.sub(r"^\(([^()]*|\([^()]*\))( \\bmod [^()]*)\)( = \w+)$", r"\1\2\3", condition)
        return f"[{written}]" if len(written) > LONG_BRACKET else f"{{[{written}]}}"

    def condition(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a condition on indices and sizes, both bounds of an expression around it: `0 ≤ i < M`."""
        e = plain(e)
        if not isinstance(e, Conjunction):
            return super().condition(e, names)
        lower = {p.lhs: p for p in e.args if isinstance(p, AtLeast)}
        upper = {p.lhs: p for p in e.args if isinstance(p, Less | AtMost)}
        both = sorted((x for x in lower if x in upper), key=lambda x: self.expr(x, names))
        parts = [rf"{self.expr(lower[x].rhs, names)} \le {self.condition(upper[x], names)}" for x in both]
        paired = [p for x in both for p in (lower[x], upper[x])]
        rest = sorted(self.part(p, names) for p in e.args if p not in paired)
        return self.connective(True).join([*parts, *rest])

    def derivative(self, variable: str, body: str) -> str:
        """Return a derivative that is not carried out."""
        return rf"\frac{{\partial}}{{\partial {variable}}} {body}"

    def rounded(self, text: str, down: bool) -> str:
        """Return a number rounded down or up."""
        return rf"\lfloor {text} \rfloor" if down else rf"\lceil {text} \rceil"

    def mod(self, a: str, b: str) -> str:
        """Return a remainder."""
        return rf"({a} \bmod {b})"

    def cases(self, values: Sequence[tuple[str, str | None]]) -> str:
        """Return values with the conditions under which they are taken; None for the one that is taken otherwise."""
        rows = " \\\\ ".join(f"{v} & {self.when(c)}" for v, c in values)
        return rf"\begin{{cases}} {rows} \end{{cases}}"

    def when(self, condition: str | None) -> str:
        """Return the words for a condition."""
        return r"\text{otherwise}" if condition is None else rf"\text{{if }} {condition}"

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
        return self.entry(
            self.whole(x) if isinstance(x.source, Leaf | Named | Gradient) else f"({self.whole(x)})", index
        )

    def whole(self, x: Tensor) -> str:
        """Return a tensor as an operation on tensors."""
        call = x.source
        if isinstance(call, Leaf | Named):
            return self.symbol(call.name)
        if isinstance(call, Gradient):
            cost = "C"
            if self.explicit or not call.is_of_cost:
                cost = rf"\langle {self.whole(call.cotangent)}, {self.whole(call.output)} \rangle"
            variable = self.whole(call.wrt)
            return rf"\frac{{\partial {cost}}}{{\partial {f'({variable})' if 'partial' in variable else variable}}}"
        if isinstance(call, Entries):
            names = {symbol: symbol.name for symbol in call.index}
            index = [self.symbol(name) for name in names.values()]
            return rf"\bigl({self.formula(call.formula, names)}\bigr)_{{{','.join(index)}}}"
        if call.operation == "apply":
            primes = self.primes(call.options["order"])
            return f"{self.symbol(call.options['function'])}{primes}({self.whole(call.operands[0])})"
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
            return self.entry(parts[0], [self.option(i) for i in call.options["at"]])
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
        plain = [re.sub(r"^\\frac", r"\\tfrac", self.whole(x)) for x in call.operands]
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
        return (
            escape(str(value))
            if isinstance(value, int) and not isinstance(value, bool)
            else rf"\mathrm{{{escape(str(value))}}}"
        )
