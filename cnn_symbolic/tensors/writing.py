"""How tensors are written: what a writer has to know, and the one that writes plain text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import sympy as sp

from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.shapes import format_option, format_shape
from cnn_symbolic.expressions.values import as_formula

if TYPE_CHECKING:
    from cnn_symbolic.tensors.tensor import Call, Tensor

__all__ = ["FORMS", "PLAIN", "Form", "Phrase", "Plain", "Writer"]

W = TypeVar("W", covariant=True)


class Writer(Protocol[W]):
    """Writes tensors as operations on tensors: a method for every way in which an operation can be written."""

    def symbol(self, name: str) -> W:
        """Return a tensor's name."""

    def whole(self, x: Tensor) -> W:
        """Return a tensor."""

    def call(self, call: Call) -> W:
        """Return an operation as a function at its operands and options: how those are written that say nothing."""

    def terms(self, call: Call) -> W:
        """Return the sum of the operands."""

    def product(self, call: Call) -> W:
        """Return the product of two operands, entry by entry."""

    def multiple(self, call: Call) -> W:
        """Return the operand times a factor."""

    def filtering(self, call: Call, sign: str) -> W:
        """Return two operands with a sign between them, which has the mode as its index."""

    def constant(self, call: Call) -> W:
        """Return a tensor with the same number everywhere."""

    def array(self, call: Call) -> W:
        """Return an array of numbers."""

    def slice(self, call: Call) -> W:
        """Return the operand at an index."""

    def stacked(self, call: Call) -> W:
        """Return the operands for every value of an index."""

    def summed(self, call: Call) -> W:
        """Return the sum of the operands for every value of an index."""

    def over_axes(self, call: Call) -> W:
        """Return the operand with some axes summed."""

    def applied(self, call: Call) -> W:
        """Return a function of the operand."""

    def by_hand(self, call: Call) -> W:
        """Return a tensor that is given by its entry."""

    def gradient(self, output: Tensor, wrt: Tensor, arriving: Tensor, of_cost: bool) -> W:
        """Return ∂C/∂wrt if it is the gradient of a cost, else of the dot product of what arrives and the output."""


Form = Callable[["Call", Writer[Any]], Any]
# How operations are written, by their names.
FORMS: dict[str, Form] = {}


class Phrase(NamedTuple):
    """A tensor as text, and whether it stands in parentheses as an operand."""

    text: str
    loose: bool = False


class Plain:
    """Writes tensors as plain text: `correlate(x, f, mode='valid')`, `x·y + 2·z`."""

    def symbol(self, name: str) -> Phrase:
        """Return a tensor's name."""
        return Phrase(name)

    def whole(self, x: Tensor) -> Phrase:
        """Return a tensor."""
        found: Phrase = x.source.written(self)
        return found

    def operand(self, x: Tensor) -> str:
        """Return a tensor as an operand."""
        text, loose = self.whole(x)
        return f"({text})" if loose else text

    def call(self, call: Call) -> Phrase:
        """Return an operation as a function at its operands and options."""
        options = [f"{key}={format_option(value)}" for key, value in call.stated_options()]
        return Phrase(f"{call.operation}({', '.join([*map(str, call.operands), *options])})")

    def terms(self, call: Call) -> Phrase:
        """Return the sum of the operands."""
        return Phrase(" + ".join(map(str, call.operands)).replace(" + -", " - "), loose=True)

    def product(self, call: Call) -> Phrase:
        """Return the product of two operands."""
        return Phrase("·".join(map(self.operand, call.operands)), loose=True)

    def multiple(self, call: Call) -> Phrase:
        """Return the operand times a factor."""
        factor, x = as_formula(call.options["factor"], "scale"), self.operand(call.operands[0])
        number = f"({written(factor)})" if isinstance(factor, sp.Add) else written(factor)
        return Phrase(f"-{x}" if factor == -1 else number if x == "1" else f"{number}·{x}", loose=True)

    def filtering(self, call: Call, sign: str) -> Phrase:
        """Return a correlation or convolution as a function."""
        return self.call(call)

    def constant(self, call: Call) -> Phrase:
        """Return zeros or ones of a shape, or a number."""
        value, lengths = call.options["value"], call.options["shape"]
        return Phrase(f"{'ones' if value else 'zeros'}{format_shape(lengths)}" if lengths else str(value))

    def array(self, call: Call) -> Phrase:
        """Return an array of numbers as a function of them."""
        return self.call(call)

    def slice(self, call: Call) -> Phrase:
        """Return the operand at an index."""
        return Phrase(f"{self.operand(call.operands[0])}[{', '.join(map(format_option, call.options['at']))}]")

    def run(self, call: Call) -> str:
        """Return the values of a family's index."""
        return f"{call.options['index'].name}<{format_option(call.options['length'])}"

    def stacked(self, call: Call) -> Phrase:
        """Return the operands for every value of an index."""
        return Phrase(f"[{call.operands[0]} for {self.run(call)}]")

    def summed(self, call: Call) -> Phrase:
        """Return the sum of the operands for every value of an index."""
        return Phrase(f"Σ{{{self.run(call)}}} {self.operand(call.operands[0])}", loose=True)

    def over_axes(self, call: Call) -> Phrase:
        """Return a sum over axes as a function."""
        return self.call(call)

    def applied(self, call: Call) -> Phrase:
        """Return a function of the operand."""
        return Phrase(f"{call.options['function']}{'′' * call.options['order']}({call.operands[0]})")

    def by_hand(self, call: Call) -> Phrase:
        """Return the entry in brackets."""
        named = {symbol: sp.Symbol(symbol.name) for symbol in call.options["entry"].atoms(sp.Dummy)}
        return Phrase(f"[{written(call.options['entry'].xreplace(named))}]")

    def gradient(self, output: Tensor, wrt: Tensor, arriving: Tensor, of_cost: bool) -> Phrase:
        """Return the gradient as a quotient on one line."""
        return Phrase(f"∂C/∂{wrt}" if of_cost else f"∂⟨{arriving}, {output}⟩/∂{wrt}")


PLAIN = Plain()
