"""The shape of a tensor as something to state claims about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnn_symbolic.expressions.formulas import Shape
from cnn_symbolic.expressions.values import Number
from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.notation.layout import Layout, Token, listed, row
from cnn_symbolic.notation.text import text
from cnn_symbolic.tensors.tensor import Equation, Tensor, check_tensor
from cnn_symbolic.tensors.writing import LINE, Notation


@dataclass(frozen=True, eq=False)
class ShapeOf(Displayed):
    """The shape of a tensor as an object of claims, with the conditions under which it is defined."""

    tensor: Tensor

    def __eq__(self, other: Any) -> Equation:  # type: ignore[override]  # no truth value
        """Return the equation of two shapes; the other one may be a tuple of sizes."""
        return Equation(self, other)

    __hash__ = object.__hash__

    def __iter__(self) -> Iterator[Number]:
        return iter(self.tensor.shape)

    def __str__(self) -> str:
        return text(self.written(LINE))

    def written(self, to: Notation) -> Layout:
        """Return what the shape looks like."""
        return row(Token("shape", "function"), listed([self.tensor.written(to)]))

    @property
    def shape(self) -> tuple[Number, ...]:
        """The sizes of the axes, to calculate with."""
        return self.tensor.shape

    @property
    def lengths(self) -> Shape:
        """The sizes of the axes as SymPy expressions."""
        return self.tensor.lengths


def shape(of: Tensor) -> ShapeOf:
    """Return the shape of a tensor as something to state claims about.

    Raises OperandError for what is no tensor.

    >>> from cnn_symbolic import claim, correlate, shape, sizes, tensor
    >>> M, I = sizes("M I")
    >>> z = correlate(tensor(M, name="x"), tensor(I, name="w"))
    >>> claim(shape(z) == (M - I + 1,)).outcome
    'proved'
    """
    return ShapeOf(check_tensor(of, "shape(…)"))
