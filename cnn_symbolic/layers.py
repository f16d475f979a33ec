"""Symbolic layers: forward definitions from which every gradient is derived.

A layer uses the article's names for its tensors (`a_prev`, `w`, `b`, `z`, `a`) and has an arbitrary
cost C behind it, which enters only through `∂C/∂a`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.errors import ShapeError
from cnn_symbolic.gradients import gradient
from cnn_symbolic.operations import apply, correlate
from cnn_symbolic.shapes import format_shape
from cnn_symbolic.tensors import Tensor, named, tensor

__all__ = ["FeatureMap"]

INPUT_LETTERS, OVERLAY_LETTERS, MAP_LETTERS = "m n p", "i j k", "r c s"


class FeatureMap:
    """A feature map: one overlay of shared weights that slides over the input, with stride 1.

    The forward pass is `z = correlate(a_prev, w, valid) + b` and `a = σ(z)`, with an arbitrary
    differentiable activation σ. For an input of shape (M, N) and an overlay of shape (I, J) the feature
    map has shape (M−I+1, N−J+1). Any number of axes. Source: the article, "Feature Map Activation".
    """

    def __init__(self, input_shape: Sequence[Any], overlay_shape: Sequence[Any], activation: str = "σ") -> None:
        rank = len(input_shape)
        if rank == 0 or len(overlay_shape) != rank:
            raise ShapeError(
                f"a feature map takes an input and an overlay with equally many axes, found the shapes "
                f"{format_shape(tuple(input_shape))} and {format_shape(tuple(overlay_shape))}"
            )
        self.activation = activation
        self.a_prev = tensor(*input_shape, name="a_prev", indices=letters(INPUT_LETTERS, rank))
        self.w = tensor(*overlay_shape, name="w", indices=letters(OVERLAY_LETTERS, rank))
        self.b = tensor(*[1] * rank, name="b")
        maps = letters(MAP_LETTERS, rank)
        self.z = named("z", correlate(self.a_prev, self.w, mode="valid") + self.b, indices=maps)
        self.a = named("a", apply(self.z, function=activation), indices=maps)
        self.a_gradient = tensor(*self.a.shape, name="∂C/∂a", indices=maps)
        self.delta = named("δ", self.activation_slope * self.a_gradient, indices=maps)

    @property
    def activation_slope(self) -> Tensor:
        """The tensor σ′(z)."""
        return apply(self.z, function=self.activation, order=1)

    @property
    def shape(self) -> tuple[sp.Expr, ...]:
        """The shape of the feature map."""
        return self.a.shape

    def gradient(self, wrt: Tensor) -> Tensor:
        """Return ∂C/∂wrt for an arbitrary cost, `wrt` being `w`, `b`, `a_prev` or `z`."""
        return gradient(self.a, wrt=wrt, cotangent=self.a_gradient)


def letters(of: str, rank: int) -> str:
    """Return as many index letters as there are axes, or none where there are too few."""
    return " ".join(of.split()[:rank]) if rank <= len(of.split()) else ""
