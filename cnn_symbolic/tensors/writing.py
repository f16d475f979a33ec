"""How tensors are written, as a layout: on a `line` of text as one calls the operations, in print with their signs.

An operation's record names one of the functions here if it is not written as a call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.printing import Formulas, Letters
from cnn_symbolic.expressions.shapes import format_option, format_shape
from cnn_symbolic.expressions.values import as_formula
from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.layout import Layout, Sign, Token, entry, integer, joined, listed, name, row, sign
from cnn_symbolic.notation.text import text

# A tensor or its shape, and an operation at its operands: `tensor`, which is made of this module, defines them.
Shown = Any
Applied = Any


class Notation(Formulas):
    """Lays out formulas and tensors; `explicit` writes every gradient with what it is the gradient of."""

    def __init__(
        self,
        letters: Letters,
        abbreviations: Mapping[sp.Expr, Layout] | None = None,
        explicit: bool = False,
        line: bool = False,
    ) -> None:
        super().__init__(letters, abbreviations)
        self.explicit, self.line = explicit, line

    def tensor(self, x: Shown | Sequence[Any], index: Sequence[str] = ()) -> Layout:
        """Return a tensor, a shape or sizes; with an index, the entry there."""
        if isinstance(x, Sequence):
            sizes = self.all(x, {})
            return name(format_shape(list(map(text, sizes)))) if self.line else listed(sizes)
        written: Layout = x.written(self)
        if not index:
            return written
        tight = not is_loose(written) if self.line else isinstance(written, Token | la.Ratio)
        return entry(written if tight else la.Fenced("(", written, ")"), [*map(name, index)])

    def operand(self, x: Shown) -> Layout:
        """Return a tensor as an operand: in parentheses if it is written with a sign."""
        written = x.written(self)
        return la.Fenced("(", written, ")") if is_loose(written) else written

    def call(self, call: Applied) -> Layout:
        """Return an operation as a function at its operands and options."""
        operands = [x if self.line else la.lowered(x) for x in (x.written(self) for x in call.operands)]
        options = [row(Token(k, "upright"), sign("="), self.option(v)) for k, v in call.stated_options()]
        return row(Token(call.operation, "function"), listed([*operands, *options]))

    def option(self, value: Any) -> Layout:
        """Return an operation's option."""
        if self.line:
            return name(format_option(value))
        if isinstance(value, sp.Expr):
            return self.expr(value, {})
        if isinstance(value, tuple):
            return listed(map(self.option, value))
        whole = isinstance(value, int) and not isinstance(value, bool)
        return integer(value) if whole else Token(str(value), "upright")

    def run(self, call: Applied) -> Layout:
        """Return the values of a family's index."""
        below = row(name(call.options["index"].name), sign("<"), self.option(call.options["length"]))
        return below if self.line else row(integer(0), sign("≤"), below)

    def gradient(self, output: Shown, wrt: Shown, arriving: Shown, of_cost: bool) -> Layout:
        """Return ∂C/∂wrt if it is the gradient of a cost, else of the dot product of what arrives and the output."""
        cost: Layout = name("C")
        if self.explicit or not of_cost:
            cost = la.Fenced("⟨", joined([arriving.written(self), output.written(self)], Sign(",")), "⟩")
        by = wrt.written(self)
        by = la.Fenced("(", by, ")") if by != la.lowered(by) else by
        return la.Ratio(row(sign("∂"), cost), row(sign("∂"), by), small=False)

    def by_hand(self, formula: sp.Expr, index: Sequence[sp.Symbol]) -> Layout:
        """Return a tensor that is given by its entry."""
        names = {symbol: symbol.name for symbol in index}
        written = self.formula(formula, names)
        if self.line:
            return la.Fenced("[", written, "]")
        return la.Scripts(la.Fenced("(", written, ")", "big"), joined(map(name, names.values()), sign(",")))


Form = Callable[[Applied, Notation], Layout]
# How operations are written that are not written as calls, by their names.
FORMS: dict[str, Form] = {}
LINE = Notation({}, line=True)


def is_loose(x: Layout) -> bool:
    """Tell whether there is a sign in a formula that binds weaker than a function its arguments."""
    return any(isinstance(part.base if isinstance(part, la.Scripts) else part, Sign) for part in la.parts_of(x))


def same(call: Applied, to: Notation) -> Layout:
    """Return the operand alone."""
    return to.tensor(call.operands[0])


def terms(call: Applied, to: Notation) -> Layout:
    """Return the sum of the operands; what is a multiple by a negative number is taken away."""
    written: list[Layout] = []
    for x in call.operands:
        first, *others = la.parts_of(x.written(to))
        negative = first == sign("-") and (to.line or not is_loose(row(*others)))
        bare = others if written and negative else [first, *others]
        written += [Sign("-" if negative else "+")] if written else []
        written += bare if negative or to.line else [to.operand(x)]
    return row(*written)


def product(call: Applied, to: Notation) -> Layout:
    """Return the product of two operands, entry by entry."""
    return joined(map(to.operand, call.operands), Sign("·" if to.line else "⊙"))


def multiple(call: Applied, to: Notation) -> Layout:
    """Return the operand times a factor."""
    factor, x = as_formula(call.options["factor"], "scale"), to.operand(call.operands[0])
    if factor == -1:
        return row(sign("-"), x)
    number = to.expr(factor, {}) if to.line and not isinstance(factor, sp.Add) else to.tight(factor, {})
    return number if x == integer(1) else row(number, Sign("·"), x)


def filtering(of: str) -> Form:
    """Return the form of two operands with a sign between them, which has the mode as its index."""

    def form(call: Applied, to: Notation) -> Layout:
        left, right = map(to.operand, call.operands)
        between = la.Scripts(Sign(of), Token(call.options["mode"] + ", exchange" * call.options["exchange"], "upright"))
        return to.call(call) if to.line else row(left, between, right)

    return form


def constant(call: Applied, to: Notation) -> Layout:
    """Return a number, in print in bold with its shape."""
    value, lengths = call.options["value"], call.options["shape"]
    if not lengths:
        return integer(value)
    shape = to.tensor(lengths)
    return row(name("ones" if value else "zeros"), shape) if to.line else la.Scripts(Token(str(value), "bold"), shape)


def array(call: Applied, to: Notation) -> Layout:
    """Return an array of numbers, in print as a matrix."""
    return to.call(call) if to.line else la.matrix(np.array(call.options["values"], dtype=object))


def part(call: Applied, to: Notation) -> Layout:
    """Return the operand at an index."""
    return entry(to.operand(call.operands[0]), [to.option(i) for i in call.options["at"]])


def stacked(call: Applied, to: Notation) -> Layout:
    """Return the operand for every value of an index."""
    x, run = call.operands[0].written(to), to.run(call)
    if to.line:
        return la.Fenced("[", row(x, name(" for "), run), "]")
    return la.Scripts(la.Fenced("[", x, "]", "big"), run)


def summed(call: Applied, to: Notation) -> Layout:
    """Return the sum of the operand for every value of an index."""
    return row(la.summation(to.run(call)), to.operand(call.operands[0]))


def over_axes(call: Applied, to: Notation) -> Layout:
    """Return the operand with some axes summed."""
    axes = joined(map(integer, call.options["axes"]), sign(","))
    short = row(la.Scripts(Token("sum", "function"), axes), listed([call.operands[0].written(to)]))
    return to.call(call) if to.line else short


def applied(call: Applied, to: Notation) -> Layout:
    """Return a function of the operand."""
    return row(name(call.options["function"] + "′" * call.options["order"]), listed([call.operands[0].written(to)]))


class Text:
    """Writes formulas and tensors as text."""

    def __init__(self, letters: Letters) -> None:
        self.notation = Notation(letters, line=True)

    def formula(self, e: Any, index: Mapping[sp.Symbol, str]) -> str:
        """Return a formula, the names of its free indices being given."""
        return text(self.notation.formula(e, index))

    def tensor(self, x: Shown | Sequence[Any], index: Sequence[str] = ()) -> str:
        """Return a tensor as an operation on tensors, or one entry of it."""
        return text(self.notation.tensor(x, index))


def letters_of(*tensors: Shown) -> dict[str, tuple[str, ...]]:
    """Return the index letters of all tensors with names that the given tensors are made from."""
    whole: list[Any] = [getattr(x, "tensor", x) for x in tensors]
    named = {called: part for x in whole for called, part in x.names().items()}
    letters = {called: x.source.indices for called, x in named.items()}
    return {called: given for called, given in letters.items() if given}
