"""Convolutions as the frameworks have them, in numbers: any number of axes, forward and backward.

The layout, the options and the errors are those of `windows`. "Convolution" is cross-correlation here, as
everywhere in deep learning. Source: the definitions in the documentation of PyTorch (`torch.nn.functional`).
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.witnesses.windows import (
    Axis,
    Padding,
    Sizes,
    arriving,
    axes_over,
    batch,
    by_axis,
    gather,
    numbers,
    pad_widths,
    per_axis,
    scatter,
)

Triple = tuple[np.ndarray, np.ndarray, np.ndarray]


def conv(
    x: Any, w: Any, b: Any = None, *, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1
) -> np.ndarray:
    """Return z[n, k, p] = Σ_c Σ_i w[k, c, i] · x[n, c, s·p + d·i − before] + b[k], c in the group of k.

    `x` has the shape (N, in_channels, *spatial), `w` (out_channels, in_channels/groups, *overlay), `b`
    (out_channels,), and the result (N, out_channels, *positions), with
    ⌊(M + before + after − d·(I−1) − 1)/s⌋ + 1 positions on an axis.
    """
    x, w, axes = convolution(x, w, stride, padding, dilation, groups)
    return plus_bias(correlated(x, w, axes, groups), b)


def conv_gradients(
    g: Any, x: Any, w: Any, *, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1
) -> Triple:
    """Return ∂C/∂x, ∂C/∂w and ∂C/∂b for g = ∂C/∂z of `conv`; cells that no window reaches get zeros."""
    x, w, axes = convolution(x, w, stride, padding, dilation, groups)
    g = arriving(g, (len(x), len(w), *(a.positions for a in axes)))
    return spread(g, w, axes, groups), weight_gradient(g, x, w, axes, groups), bias_gradient(g)


def conv_transpose(
    y: Any,
    w: Any,
    b: Any = None,
    *,
    stride: Sizes = 1,
    padding: Padding = 0,
    output_padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> np.ndarray:
    """Return z[n, k, m] = Σ w[c, k, i] · y[n, c, p] + b[k], over all c, p, i with s·p + d·i − before = m.

    `y` has the shape (N, in_channels, *positions), `w` (in_channels, out_channels/groups, *overlay), `b`
    (out_channels,), and the result (N, out_channels, *spatial), with
    s·(P−1) + d·(I−1) + 1 − before − after + output_padding cells on an axis. The padding has no name, and
    `output_padding` is smaller than the stride or the dilation.
    """
    y, w, axes = transposed(y, w, stride, padding, output_padding, dilation, groups)
    return plus_bias(spread(y, w, axes, groups), b)


def conv_transpose_gradients(
    g: Any,
    y: Any,
    w: Any,
    *,
    stride: Sizes = 1,
    padding: Padding = 0,
    output_padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Triple:
    """Return ∂C/∂y, ∂C/∂w and ∂C/∂b for g = ∂C/∂z of `conv_transpose`."""
    y, w, axes = transposed(y, w, stride, padding, output_padding, dilation, groups)
    g = arriving(g, (len(y), groups * w.shape[1], *(a.size for a in axes)))
    return correlated(g, w, axes, groups), weight_gradient(y, g, w, axes, groups), bias_gradient(g)


def convolution(
    x: Any, w: Any, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
) -> tuple[np.ndarray, np.ndarray, list[Axis]]:
    """Return the input, the weights and the windows of a convolution that fits together."""
    x, w = batch(x, "x"), weights(w, np.ndim(x), groups, "(out_channels, in_channels/groups, *overlay)")
    if x.shape[1] != groups * w.shape[1]:
        raise ShapeError(f"w of shape {w.shape} in {groups} groups takes {groups * w.shape[1]} channels, x: {x.shape}")
    return x, w, axes_over(x.shape[2:], w.shape[2:], stride, padding, dilation)


def transposed(
    y: Any, w: Any, stride: Sizes, padding: Padding, output_padding: Sizes, dilation: Sizes, groups: int
) -> tuple[np.ndarray, np.ndarray, list[Axis]]:
    """Return the input, the weights and the windows over the result of a transposed convolution."""
    y, w = batch(y, "y"), weights(w, np.ndim(y), groups, "(in_channels, out_channels/groups, *overlay)")
    if y.shape[1] != w.shape[0]:
        raise ShapeError(f"w of shape {w.shape} takes {w.shape[0]} channels, y: {y.shape}")
    if isinstance(padding, str):
        raise ModeError(f"a transposed convolution takes its padding as ints or pairs, found {padding!r}")
    lengths, pads = by_axis(y.shape[2:], w.shape[2:], stride, dilation), pad_widths(padding, y.shape[2:], w.shape[2:])
    extras = per_axis(output_padding, len(lengths), "output_padding", 0)
    axes: list[Axis] = []
    for (p, i, s, d), (before, after), extra in zip(lengths, pads, extras, strict=True):
        if extra >= max(s, d):
            raise ShapeError(f"output_padding is smaller than the stride {s} or the dilation {d}, found {extra}")
        size = s * (p - 1) + d * (i - 1) + 1 - before - after + extra
        if min(p, size) < 1:
            raise ShapeError(f"{p} windows, padded by {before} and {after}, leave {size} cells on axis {len(axes)}")
        axes.append(Axis(size, i, s, d, before, after, p))
    return y, w, axes


def weights(values: Any, ndim: int, groups: int, expected: str) -> np.ndarray:
    """Return weights of the given number of axes, the first of which is divisible by the groups."""
    array = numbers(values, "w")
    if array.ndim != ndim:
        raise ShapeError(f"w has the shape {expected} with {ndim - 2} spatial axes, found {array.shape}")
    if array.shape[0] % per_axis(groups, 1, "groups", 1)[0]:
        raise ShapeError(f"groups divide the {array.shape[0]} channels of w's first axis, found {groups}")
    return array


def correlated(x: np.ndarray, w: np.ndarray, axes: list[Axis], groups: int) -> np.ndarray:
    """Return Σ w[k, c, i] · x[n, c, the cell i of window p], of shape (N, K, *positions)."""
    z: np.ndarray = by_group(w[None], groups) @ windows_by_group(x, axes, groups)
    return z.reshape(len(x), len(w), *(a.positions for a in axes))


def spread(y: np.ndarray, w: np.ndarray, axes: list[Axis], groups: int) -> np.ndarray:
    """Return the adjoint of `correlated` in x: w[k, c, i] · y[n, k, p], added to the cell i of window p."""
    z = by_group(w[None], groups).swapaxes(-1, -2) @ by_group(y, groups)
    return scatter(z.reshape(len(y), groups * w.shape[1], *w.shape[2:], *y.shape[2:]), axes)


def weight_gradient(y: np.ndarray, x: np.ndarray, w: np.ndarray, axes: list[Axis], groups: int) -> np.ndarray:
    """Return the adjoint of `correlated` in w: Σ y[n, k, p] · x[n, c, the cell i of window p]."""
    products = by_group(y, groups) @ windows_by_group(x, axes, groups).swapaxes(-1, -2)
    dw: np.ndarray = products.sum(axis=0).reshape(w.shape)
    return dw


def bias_gradient(g: np.ndarray) -> np.ndarray:
    """Return Σ g[n, k, p] over the batch and all positions."""
    db: np.ndarray = g.sum(axis=(0, *range(2, g.ndim)))
    return db


def windows_by_group(x: np.ndarray, axes: list[Axis], groups: int) -> np.ndarray:
    """Return what the windows find as matrices (N, groups, entries of one overlay, P)."""
    entries, positions = prod(a.overlay for a in axes), prod(a.positions for a in axes)
    return by_group(gather(x, axes).reshape(len(x), x.shape[1] * entries, positions), groups)


def by_group(z: np.ndarray, groups: int) -> np.ndarray:
    """Return (N, K, …) as matrices (N, groups, K/groups, the rest)."""
    return z.reshape(len(z), groups, z.shape[1] // groups, prod(z.shape[2:]))


def plus_bias(z: np.ndarray, b: Any) -> np.ndarray:
    """Return z[n, k, …] + b[k]."""
    if b is None:
        return z
    bias = numbers(b, "b")
    if bias.shape != z.shape[1:2]:
        raise ShapeError(f"b has the shape {z.shape[1:2]}, one entry for each out-channel, found {bias.shape}")
    total: np.ndarray = z + bias.reshape(-1, *[1] * (z.ndim - 2))
    return total


def linear(x: Any, w: Any, b: Any | None = None) -> np.ndarray:
    """Return x·wᵀ + b for x (N, in), w (out, in), b (out). Source: `torch.nn.functional.linear`."""
    y: np.ndarray = numbers(x, "x") @ numbers(w, "w").T
    return y if b is None else y + numbers(b, "b")


def linear_gradients(dy: Any, x: Any, w: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of x, w and b for dy (N, out)."""
    g = numbers(dy, "dy")
    return g @ numbers(w, "w"), g.T @ numbers(x, "x"), g.sum(axis=0)
