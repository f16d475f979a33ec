"""The article's layers in numbers: forward, backward and a step, vectorised in NumPy and SciPy.

Independent of the symbolic layers and of the kernel. Source: the article's listing, "Code". A layer keeps
its input, as in the listing; `feed_forward` also takes another one. Every layer's gradients stay readable
after `propagate_backward`, under the names of the listing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy  # which loads a part of it when it is asked for

from cnn_symbolic.ground.errors import ShapeError

Function = Callable[[np.ndarray], np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(−z)) without overflow, entry by entry."""
    value: np.ndarray = scipy.special.expit(z)
    return value


def sigmoid_prime(z: np.ndarray) -> np.ndarray:
    """Return the derivative of the sigmoid, σ(z)·(1 − σ(z))."""
    return sigmoid(z) * (1.0 - sigmoid(z))


def relu(z: np.ndarray) -> np.ndarray:
    """Return max(z, 0), entry by entry."""
    value: np.ndarray = np.maximum(z, 0)
    return value


def relu_prime(z: np.ndarray) -> np.ndarray:
    """Return the derivative of ReLU, 1 where z > 0 and else 0 (at 0 as well)."""
    slope: np.ndarray = (z > 0).astype(float)
    return slope


class Layer:
    """What all layers share: the input, the weights, and the order of forward, backward and step."""

    def __init__(
        self,
        a_prev: Any,
        w_shape: Sequence[int],
        b_shape: Sequence[int],
        random: np.random.Generator | None,
        activation: tuple[Function, Function],
    ) -> None:
        self.a_prev = np.asarray(a_prev)
        generator = np.random.default_rng() if random is None else random
        self.w = generator.standard_normal(tuple(w_shape))
        self.b = generator.standard_normal(tuple(b_shape))
        self.activation, self.activation_prime = activation
        self.z: np.ndarray | None = None

    def feed_forward(self, a_prev: Any = None) -> np.ndarray:
        """Return the activations, for the layer's input or for a new one of the same shape."""
        self.a_prev = new_input(self.a_prev, a_prev)
        self.z = self.raw_activation()
        self.a = self.activation(self.z)
        return self.a

    def propagate_backward(self, a_gradient: Any, step_size: float) -> np.ndarray:
        """Take a step down the gradient, and return ∂C/∂a_prev, of the input's shape.

        `a_gradient` is ∂C/∂a, of the shape of the activations. Afterwards `delta` = σ′(z)·∂C/∂a,
        `b_gradient`, `w_gradient` and `a_prev_gradient` stay readable. Raises ShapeError before
        feed_forward, or when `a_gradient` does not have the shape of the activations.
        """
        z, arriving = passed_back(self.z, a_gradient, "activations")
        slope = self.activation_prime(z)
        self.delta = slope * arriving
        self.b_gradient, self.w_gradient, self.a_prev_gradient = self.gradients(slope, arriving)
        self.b = self.b - self.b_gradient * step_size
        self.w = self.w - self.w_gradient * step_size
        return self.a_prev_gradient

    def raw_activation(self) -> np.ndarray:
        """Return z for the layer's input."""
        raise NotImplementedError

    def gradients(self, slope: np.ndarray, a_gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return ∂C/∂b, ∂C/∂w and ∂C/∂a_prev for σ′(z) and ∂C/∂a."""
        raise NotImplementedError


class FeatureMap(Layer):
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
        overlay = fitting_overlay(overlay_shape, np.shape(a_prev), "an input")
        super().__init__(a_prev, overlay, [1] * len(overlay), random, activation)

    def raw_activation(self) -> np.ndarray:
        """Return z = correlate(a_prev, w, valid) + b, of shape (M−I+1, N−J+1)."""
        z: np.ndarray = scipy.signal.correlate(self.a_prev, self.w, mode="valid", method="direct") + self.b
        return z

    def gradients(self, slope: np.ndarray, a_gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the three closed forms of the article."""
        return (
            scipy.signal.correlate(slope, a_gradient, mode="valid", method="direct"),
            scipy.signal.correlate(self.a_prev, self.delta, mode="valid", method="direct"),
            scipy.signal.convolve(self.w, self.delta, mode="full", method="direct"),
        )


class ConvolutionalLayer(Layer):
    """K feature maps over D maps: the input has shape (D, M, N), `w` (K, D, I, J), `b` (K,).

    The activations have shape (K, M−I+1, N−J+1). Raises ShapeError unless the overlay fits.
    """

    def __init__(
        self,
        a_prev: Any,
        overlay_shape: Sequence[int],
        maps: int,
        random: np.random.Generator | None = None,
        activation: tuple[Function, Function] = (sigmoid, sigmoid_prime),
    ) -> None:
        shape = np.shape(a_prev)
        if len(shape) != 3 or maps < 1:
            raise ShapeError(
                f"a convolutional layer takes an input of shape (D, M, N) and maps ≥ 1, found {shape}, {maps}"
            )
        overlay = fitting_overlay(overlay_shape, shape[1:], "maps")
        super().__init__(a_prev, (maps, shape[0], *overlay), (maps,), random, activation)

    def raw_activation(self) -> np.ndarray:
        """Return z[k] = Σ_d correlate(a_prev[d], w[k, d], valid) + b[k]."""
        underlays = np.lib.stride_tricks.sliding_window_view(self.a_prev, self.w.shape[2:], axis=(1, 2))
        z: np.ndarray = np.tensordot(self.w, underlays, axes=((1, 2, 3), (0, 3, 4))) + self.b[:, None, None]
        return z

    def gradients(self, slope: np.ndarray, a_gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the sums of the components, the correlations with the input, and the full convolutions."""
        rows, columns = self.delta.shape[1:]
        height, width = self.w.shape[2:]
        underlays = np.lib.stride_tricks.sliding_window_view(self.a_prev, (rows, columns), axis=(1, 2))
        w_gradient = np.tensordot(self.delta, underlays, axes=((1, 2), (3, 4)))
        padded = np.pad(self.delta, ((0, 0), (height - 1, height - 1), (width - 1, width - 1)))
        around = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
        a_prev_gradient = np.tensordot(self.w[:, :, ::-1, ::-1], around, axes=((0, 2, 3), (0, 3, 4)))
        return self.delta.sum(axis=(1, 2)), w_gradient, a_prev_gradient


class FullyConnectedLayer(Layer):
    """K neurons over an input of any shape: `w` has shape (K, size of the input), `b` and the activations (K, 1).

    As in the listing, the input is flattened to a column in row-major order.
    """

    def __init__(
        self,
        a_prev: Any,
        num_neurons: int,
        random: np.random.Generator | None = None,
        activation: tuple[Function, Function] = (sigmoid, sigmoid_prime),
    ) -> None:
        if num_neurons < 1 or np.size(a_prev) < 1:
            raise ShapeError(
                f"a fully connected layer takes an input that is not empty and at least one neuron, "
                f"found the shape {np.shape(a_prev)} and {num_neurons} neurons"
            )
        super().__init__(a_prev, (num_neurons, np.size(a_prev)), (num_neurons, 1), random, activation)

    def raw_activation(self) -> np.ndarray:
        """Return z = w·a + b, a column."""
        z: np.ndarray = self.w @ self.a_prev.reshape(-1, 1) + self.b
        return z

    def gradients(self, slope: np.ndarray, a_gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return δ, δ·aᵀ, and wᵀ·δ in the input's shape."""
        a_prev_gradient = (self.w.T @ self.delta).reshape(self.a_prev.shape)
        return self.delta, self.delta @ self.a_prev.reshape(1, -1), a_prev_gradient


class MaxPoolingMap:
    """Max pooling with overlapping windows (stride 1); on ties the first maximum in row-major order.

    `a_prev` has the shape of the overlay's axes, or more axes before them, which are pooled one by one.
    Raises ShapeError unless the overlay fits.
    """

    def __init__(self, a_prev: Any, overlay_shape: Sequence[int]) -> None:
        self.a_prev = np.asarray(a_prev)
        self.overlay_shape = fitting_overlay(
            overlay_shape, self.a_prev.shape[self.a_prev.ndim - len(overlay_shape) :], "an input"
        )
        self.max_positions: np.ndarray | None = None

    def feed_forward(self, a_prev: Any = None) -> np.ndarray:
        """Return the maximum of every window; `max_positions` are its places in the window, counted row by row."""
        self.a_prev = new_input(self.a_prev, a_prev)
        axes = tuple(range(self.a_prev.ndim - len(self.overlay_shape), self.a_prev.ndim))
        found = np.lib.stride_tricks.sliding_window_view(self.a_prev, self.overlay_shape, axis=axes)
        flat = found.reshape((*found.shape[: self.a_prev.ndim], -1))
        self.max_positions = flat.argmax(axis=-1)
        self.max_values: np.ndarray = np.take_along_axis(flat, self.max_positions[..., None], axis=-1)[..., 0]
        return self.max_values

    def propagate_backward(self, a_gradient: Any) -> np.ndarray:
        """Return ∂C/∂a_prev: every window passes its ∂C/∂a back to its maximum, and overlapping ones add up."""
        positions, arriving = passed_back(self.max_positions, a_gradient, "maxima")
        before = self.a_prev.ndim - len(self.overlay_shape)
        within = np.unravel_index(positions, self.overlay_shape)
        places = np.indices(arriving.shape)
        for axis, offset in enumerate(within):
            places[before + axis] += offset
        self.a_prev_gradient = np.zeros(self.a_prev.shape, dtype=arriving.dtype)
        np.add.at(self.a_prev_gradient, tuple(places), arriving)
        return self.a_prev_gradient


def fitting_overlay(overlay_shape: Sequence[int], shape: Sequence[int], owner: str) -> tuple[int, ...]:
    """Return the overlay's shape; raise ShapeError unless it has as many axes as the input and fits inside."""
    overlay = tuple(overlay_shape)
    fits = len(overlay) == len(shape) > 0 and all(1 <= i <= m for i, m in zip(overlay, shape, strict=True))
    if not fits:
        raise ShapeError(f"an overlay of shape {overlay} does not fit into {owner} of shape {tuple(shape)}")
    return overlay


def passed_back(made: np.ndarray | None, a_gradient: Any, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what was made, and ∂C/∂a as an array; raise ShapeError unless both are there with one shape."""
    if made is None:
        raise ShapeError("there is nothing to propagate yet: call feed_forward first")
    arriving = np.asarray(a_gradient)
    if arriving.shape != made.shape:
        raise ShapeError(f"∂C/∂a has the shape {made.shape} of the {what}, found {arriving.shape}")
    return made, arriving


def new_input(known: np.ndarray, given: Any) -> np.ndarray:
    """Return the new input if there is one; raise ShapeError unless it has the shape of the known one."""
    if given is None:
        return known
    if np.shape(given) != known.shape:
        raise ShapeError(f"the layer's input has shape {known.shape}, found {np.shape(given)}")
    return np.asarray(given)
