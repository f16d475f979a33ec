"""Poolings and upsampling as the frameworks have them, in numbers: any number of axes, forward and backward.

The layout, the options and the errors are those of `windows`. Source: the definitions in the documentation of
PyTorch (`torch.nn.functional`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.witnesses.windows import (
    Axis,
    Padding,
    Sizes,
    arriving,
    axes_over,
    batch,
    gather,
    numbers,
    per_axis,
    scatter,
)


def max_pool(
    x: Any,
    *,
    window: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the maximum of every window and its place, the flat row-major index into the spatial axes of `x`.

    Both have the shape (N, C, *positions). Padding is never selected; of equal entries the first in
    row-major order is, of NaNs the last, as in PyTorch. The stride is the window unless given. With
    `ceil_mode` ⌊ ⌋ becomes ⌈ ⌉ in the number of positions, and a last window that would start at or
    after the padding behind the input is left out. A window of nothing but padding raises ShapeError.
    """
    x = batch(x, "x")
    axes = axes_over(x.shape[2:], window, window if stride is None else stride, padding, dilation, ceil_mode)
    divisors(axes, real=True)
    maps, spatial = x.shape[:2], x.shape[2:]
    entries, positions = prod(a.overlay for a in axes), tuple(a.positions for a in axes)
    cells = gather(x, axes).reshape(*maps, entries, *positions)
    numbered = np.arange(1, prod(spatial) + 1).reshape(1, 1, *spatial)
    place = gather(numbered, axes).reshape(entries, *positions) - 1  # −1 in the padding
    values, places = cells[:, :, 0].copy(), np.broadcast_to(place[0], (*maps, *positions)).copy()
    for i in range(1, entries):
        cell = cells[:, :, i]
        better = (place[i] >= 0) & ((places < 0) | (cell > values) | (cell != cell))
        values, places = np.where(better, cell, values), np.where(better, place[i], places)
    return values, places


def max_pool_gradient(g: Any, places: Any, *, shape: Sizes) -> np.ndarray:
    """Return ∂C/∂x for g = ∂C/∂(the maxima): every window passes its own back to its place, and they add up.

    `g` and `places` have the shape (N, C, *positions), the result (N, C, *shape).
    """
    g, places = batch(g, "g"), numbers(places, "places")
    spatial = per_axis(shape, g.ndim - 2, "shape", 1)
    maps, size, positions = prod(g.shape[:2]), prod(spatial), prod(g.shape[2:])
    if places.shape != g.shape:
        raise ShapeError(f"g has the shape {places.shape} of places, found {g.shape}")
    outside = places[(places < 0) | (places >= size)]
    if places.dtype.kind != "i" or outside.size:
        found = outside[0] if outside.size else places.dtype
        raise ShapeError(f"places are ints from 0 to {size - 1} for an input of shape {spatial}, found {found}")
    dx = np.zeros((maps, size), dtype=g.dtype)
    np.add.at(dx, (np.arange(maps)[:, None], places.reshape(maps, positions)), g.reshape(maps, positions))
    return dx.reshape(*g.shape[:2], *spatial)


def avg_pool(
    x: Any,
    *,
    window: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> np.ndarray:
    """Return the mean of every window, of shape (N, C, *positions): its sum over its `window_counts`.

    Integers and objects give exact fractions, floats give floats. The stride is the window unless given.
    """
    x = batch(x, "x")
    axes = axes_over(x.shape[2:], window, window if stride is None else stride, padding, 1, ceil_mode)
    totals = gather(x, axes).sum(axis=tuple(range(2, 2 + len(axes))))
    return quotients(totals, divisors(axes, real=not count_include_pad))


def avg_pool_gradient(
    g: Any,
    *,
    shape: Sizes,
    window: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> np.ndarray:
    """Return ∂C/∂x, of shape (N, C, *shape), for g = ∂C/∂(the means): every cell gets its share of each window."""
    g = batch(g, "g")
    spatial = per_axis(shape, g.ndim - 2, "shape", 0)
    axes = axes_over(spatial, window, window if stride is None else stride, padding, 1, ceil_mode)
    maps, positions = g.shape[:2], tuple(a.positions for a in axes)
    shares = quotients(arriving(g, (*maps, *positions)), divisors(axes, real=not count_include_pad))
    each = shares.reshape(*maps, *[1] * len(axes), *positions)
    return scatter(np.broadcast_to(each, (*maps, *(a.overlay for a in axes), *positions)), axes)


def window_counts(
    *,
    shape: Sequence[int],
    window: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> np.ndarray:
    """Return what the sum of every window is divided by, of shape (*positions): its cells in the padded input.

    What `ceil_mode` lets stick out of the padded input does not count; without `count_include_pad` only the
    cells of the input count, and a window that has none raises ShapeError.
    """
    axes = axes_over(shape, window, window if stride is None else stride, padding, 1, ceil_mode)
    return divisors(axes, real=not count_include_pad)


def upsample_nearest(x: Any, *, factors: Sizes) -> np.ndarray:
    """Return `x` with every cell repeated: z[n, c, m] = x[n, c, ⌊m/f⌋], f·M cells on an axis."""
    x = batch(x, "x")
    copies: np.ndarray = x
    for axis, f in enumerate(per_axis(factors, x.ndim - 2, "factors", 1), start=2):
        copies = copies.repeat(f, axis=axis)
    return copies


def upsample_nearest_gradient(g: Any, *, factors: Sizes) -> np.ndarray:
    """Return ∂C/∂x for g = ∂C/∂z of `upsample_nearest`: the sum over every cell's copies."""
    g = batch(g, "g")
    each = per_axis(factors, g.ndim - 2, "factors", 1)
    if any(m % f for m, f in zip(g.shape[2:], each, strict=True)):
        raise ShapeError(f"the factors {each} divide the spatial sizes of g, found {g.shape[2:]}")
    copies = [n for m, f in zip(g.shape[2:], each, strict=True) for n in (m // f, f)]
    blocks = g.reshape(*g.shape[:2], *copies)
    total: np.ndarray = blocks.sum(axis=tuple(range(3, blocks.ndim, 2)))
    return total


def divisors(axes: list[Axis], *, real: bool) -> np.ndarray:
    """Return how many cells every window has in the input if `real`, and else in the padded input."""
    counts = []
    for a in axes:
        cells = a.stride * np.arange(a.positions)[:, None] + a.dilation * np.arange(a.overlay) - a.before
        low, high = (0, a.size) if real else (-a.before, a.size + a.after)
        counts.append(((low <= cells) & (cells < high)).sum(axis=1))
    total: np.ndarray = reduce(np.multiply.outer, counts)
    if not total.all():
        position = tuple(int(n) for n in np.argwhere(total == 0)[0])
        raise ShapeError(f"a window has at least one cell of the input, found only padding at position {position}")
    return total


def quotients(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return totals / counts: floats of floats, and exact fractions of everything else."""
    if totals.dtype.kind == "f":
        floats: np.ndarray = totals / counts.astype(totals.dtype)
        return floats
    fractions: np.ndarray = totals.astype(object) * np.frompyfunc(lambda n: Fraction(1, int(n)), 1, 1)(counts)
    return fractions
