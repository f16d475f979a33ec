"""The layout of tensors, as operations on tensors and as their entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.expressions.values import as_formula
from cnn_symbolic.notation.formulas import Formulas, Letters
from cnn_symbolic.notation.layout import (
    Fenced,
    Layout,
    Matrix,
    Ratio,
    Scripts,
    Sign,
    Token,
    entry,
    integer,
    joined,
    listed,
    lowered,
    name,
    parts_of,
    row,
    sign,
    spelled,
    summation,
)
from cnn_symbolic.notation.text import text
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Call, Tensor
from cnn_symbolic.tensors.writing import PLAIN

__all__ = ["Notation", "Text", "ratio"]


class Notation(Formulas):
    """Lays out formulas and tensors; `explicit` writes every gradient with what it is the gradient of."""

    def __init__(
        self, letters: Letters, abbreviations: Mapping[sp.Expr, Layout] | None = None, explicit: bool = False
    ) -> None:
        super().__init__(letters, abbreviations)
        self.explicit = explicit

    def tensor(self, x: Tensor | ShapeOf | Sequence[Any], index: Sequence[str] = ()) -> Layout:
        """Return a tensor, a shape or sizes; with an index, the entry there."""
        if isinstance(x, ShapeOf):
            return row(Token("shape", "function"), listed([self.tensor(x.tensor)]))
        if not isinstance(x, Tensor):
            return listed(self.all(x, {}))
        written = self.whole(x)
        if not index:
            return written
        return entry(written if isinstance(written, Token | Ratio) else Fenced("(", written, ")"), [*map(name, index)])

    def symbol(self, called: str) -> Layout:
        """Return a tensor's name."""
        return name(called)

    def whole(self, x: Tensor) -> Layout:
        """Return a tensor as an operation on tensors."""
        written: Layout = x.source.written(self)
        return written

    def operand(self, x: Tensor) -> Layout:
        """Return a tensor as an operand: in parentheses if it is written with a sign."""
        written = self.whole(x)
        return Fenced("(", written, ")") if any(map(is_loose, parts_of(written))) else written

    def call(self, call: Call) -> Layout:
        """Return an operation as a function at its operands and options."""
        operands = [lowered(self.whole(x)) for x in call.operands]
        options = [row(Token(k, "upright"), sign("="), self.option(v)) for k, v in call.stated_options()]
        return row(Token(call.operation, "function"), listed([*operands, *options]))

    def terms(self, call: Call) -> Layout:
        """Return the sum of the operands; what is a multiple by -1 is taken away."""
        written: list[Layout] = []
        for x in call.operands:
            whole = parts_of(self.whole(x))
            negative = whole[0] == sign("-") and not any(map(is_loose, whole[1:]))
            if written:
                written.append(Sign("-" if negative else "+"))
            written.append(row(*whole[1:] if written and negative else whole) if negative else self.operand(x))
        return row(*written)

    def product(self, call: Call) -> Layout:
        """Return the product of two operands, entry by entry."""
        return joined(map(self.operand, call.operands), Sign("⊙"))

    def multiple(self, call: Call) -> Layout:
        """Return the operand times a factor."""
        factor, x = as_formula(call.options["factor"], "scale"), self.operand(call.operands[0])
        if factor == -1:
            return row(sign("-"), x)
        return self.tight(factor, {}) if x == integer(1) else row(self.tight(factor, {}), Sign("·"), x)

    def filtering(self, call: Call, of: str) -> Layout:
        """Return two operands with a sign between them, which has the mode as its index."""
        left, right = map(self.operand, call.operands)
        return row(left, Scripts(Sign(of), Token(call.options["mode"], "upright")), right)

    def constant(self, call: Call) -> Layout:
        """Return a number in bold with its shape, or a number."""
        value, lengths = call.options["value"], call.options["shape"]
        return Scripts(Token(str(value), "bold"), self.tensor(lengths)) if lengths else integer(value)

    def array(self, call: Call) -> Layout:
        """Return an array of numbers as a matrix."""
        return matrix(call.options["values"])

    def slice(self, call: Call) -> Layout:
        """Return the operand at an index."""
        return entry(self.operand(call.operands[0]), [self.option(i) for i in call.options["at"]])

    def run(self, call: Call) -> Layout:
        """Return the values of a family's index."""
        index, length = name(call.options["index"].name), self.expr(call.options["length"], {})
        return row(integer(0), sign("≤"), index, sign("<"), length)

    def stacked(self, call: Call) -> Layout:
        """Return the operands for every value of an index."""
        return Scripts(Fenced("[", self.whole(call.operands[0]), "]", "big"), self.run(call))

    def summed(self, call: Call) -> Layout:
        """Return the sum of the operands for every value of an index."""
        return row(summation(self.run(call)), self.operand(call.operands[0]))

    def over_axes(self, call: Call) -> Layout:
        """Return the operand with some axes summed."""
        axes = joined(map(integer, call.options["axes"]), sign(","))
        return row(Scripts(Token("sum", "function"), axes), listed([self.whole(call.operands[0])]))

    def applied(self, call: Call) -> Layout:
        """Return a function of the operand."""
        function = name(call.options["function"] + "′" * call.options["order"])
        return row(function, listed([self.whole(call.operands[0])]))

    def by_hand(self, call: Call) -> Layout:
        """Return a tensor that is given by its entry."""
        names = {symbol: symbol.name for symbol in call.options["index"]}
        entry_of = Fenced("(", self.formula(call.options["entry"], names), ")", "big")
        return Scripts(entry_of, joined(map(name, names.values()), sign(",")))

    def gradient(self, output: Tensor, wrt: Tensor, arriving: Tensor, of_cost: bool) -> Layout:
        """Return the gradient as a quotient, of the dot product of what arrives with the output if there is no cost."""
        cost: Layout = name("C")
        if self.explicit or not of_cost:
            cost = Fenced("⟨", joined([self.whole(arriving), self.whole(output)], Sign(",")), "⟩")
        by = self.symbol(str(wrt.name))
        by = Fenced("(", by, ")") if isinstance(spelled(str(wrt.name)), Ratio) else by
        return Ratio(row(sign("∂"), cost), row(sign("∂"), by), small=False)

    def option(self, value: Any) -> Layout:
        """Return an operation's option."""
        if isinstance(value, sp.Expr):
            return self.expr(value, {})
        if isinstance(value, tuple):
            return listed(map(self.option, value))
        if isinstance(value, int) and not isinstance(value, bool):
            return integer(value)
        return Token(str(value), "upright")


def is_loose(x: Layout) -> bool:
    """Tell whether a part of a formula is a sign that binds weaker than a function at its arguments."""
    at = x.base if isinstance(x, Scripts) else x
    return isinstance(at, Sign)


def matrix(values: Any) -> Layout:
    """Return an array of exact numbers as a matrix; beyond two axes, as a list of matrices."""
    array = np.array(values, dtype=object)
    if array.ndim == 0:
        return ratio(array[()])
    if array.ndim > 2:
        return Fenced("[", joined(map(matrix, array), Sign(",")), "]", "grown")
    rows = array.reshape((1, -1)) if array.ndim == 1 else array
    return Matrix(tuple(tuple(map(ratio, each)) for each in rows))


def ratio(value: Any) -> Layout:
    """Return an exact number, a quotient on one line."""
    return joined(map(integer, str(value).split("/")), sign("/"))


class Text:
    """Writes formulas and tensors as text."""

    def __init__(self, letters: Letters) -> None:
        self.notation = Notation(letters)

    def formula(self, e: sp.Expr, index: Mapping[sp.Symbol, str]) -> str:
        """Return a formula, the names of its free indices being given."""
        return text(self.notation.formula(e, index))

    def expr(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula in a scope of index names."""
        return self.formula(e, names)

    def tensor(self, x: Tensor | ShapeOf | Sequence[Any], index: Sequence[str] = ()) -> str:
        """Return a tensor as an operation on tensors, or one entry of it."""
        if not isinstance(x, Tensor):
            return f"shape({x.tensor})" if isinstance(x, ShapeOf) else format_shape([self.expr(n, {}) for n in x])
        written, loose = PLAIN.whole(x)
        at = f"[{', '.join(index)}]" if index else ""
        return f"({written}){at}" if at and loose else written + at
