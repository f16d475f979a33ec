"""The article's feature map in numbers: forward, backward and a step, with NumPy and SciPy.

Independent of the symbolic layers and of the kernel. Source: the article's listing, "Code".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import signal
from scipy.special import expit

from cnn_symbolic.errors import ShapeError

__all__ = ["FeatureMap", "sigmoid", "sigmoid_prime"]

Function = Callable[[np.ndarray], np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(−z)) without overflow, entry by entry."""
    value: np.ndarray = expit(z)
    return value


def sigmoid_prime(z: np.ndarray) -> np.ndarray:
    """Return the derivative of the sigmoid, σ(z)·(1 − σ(z))."""
    return sigmoid(z) * (1.0 - sigmoid(z))


class FeatureMap:
    """One feature map: an overlay of shared weights and one bias, over an input with any number of axes.

    `a_prev` is the input, of shape (M, N); the weights `w` have the overlay's shape (I, J), the bias `b`
    is 1×1. Both are drawn from the standard normal distribution with `random`. `activation` is the pair
    of σ and σ′. Raises ShapeError unless the overlay fits into the input.
    """

    def __init__(
        self,
        a_prev: Any,
        overlay_shape: Sequence[int],
        random: np.random.Generator | None = None,
        activation: tuple[Function, Function] = (sigmoid, sigmoid_prime),
    ) -> None:
        self.a_prev = np.asarray(a_prev)
        overlay = tuple(overlay_shape)
        fits = len(overlay) == self.a_prev.ndim and all(
            1 <= i <= m for i, m in zip(overlay, self.a_prev.shape, strict=True)
        )
        if not fits or not overlay:
            raise ShapeError(f"an overlay of shape {overlay} does not fit into an input of shape {self.a_prev.shape}")
        generator = np.random.default_rng() if random is None else random
        self.w = generator.standard_normal(overlay)
        self.b = generator.standard_normal([1] * len(overlay))
        self.activation, self.activation_prime = activation
        self.z: np.ndarray | None = None

    def feed_forward(self) -> np.ndarray:
        """Return the activations, of shape (M−I+1, N−J+1)."""
        self.z = signal.correlate(self.a_prev, self.w, mode="valid", method="direct") + self.b
        self.a = self.activation(self.z)
        return self.a

    def propagate_backward(self, a_gradient: Any, step_size: float) -> np.ndarray:
        """Take a step down the gradient, and return ∂C/∂a_prev, of the input's shape.

        `a_gradient` is ∂C/∂a, of the feature map's shape. The gradients stay readable as `delta` (the
        components of the bias gradient), `b_gradient`, `w_gradient` and `a_prev_gradient`. Raises
        ShapeError before feed_forward, or when `a_gradient` does not have the feature map's shape.
        """
        if self.z is None:
            raise ShapeError("there is nothing to propagate yet: call feed_forward first")
        arriving = np.asarray(a_gradient)
        if arriving.shape != self.z.shape:
            raise ShapeError(f"∂C/∂a has the feature map's shape {self.z.shape}, found {arriving.shape}")
        slope = self.activation_prime(self.z)
        self.delta = slope * arriving
        self.b_gradient = signal.correlate(slope, arriving, mode="valid", method="direct")
        self.w_gradient = signal.correlate(self.a_prev, self.delta, mode="valid", method="direct")
        a_prev_gradient: np.ndarray = signal.convolve(self.w, self.delta, mode="full", method="direct")
        self.a_prev_gradient = a_prev_gradient
        self.b = self.b - self.b_gradient * step_size
        self.w = self.w - self.w_gradient * step_size
        return a_prev_gradient
