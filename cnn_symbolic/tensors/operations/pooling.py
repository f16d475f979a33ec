"""Pooling: which entries a window selects or averages, with stride, padding, dilation and ceil mode.

Layout and options are those of `convolutions`. A maximum is linear in the input once it is known which entry
each window selects; an average divides by the number of cells that it counts. Formulas are for one spatial
axis: window I, stride s, dilation d, padding p before. Source: `torch.nn.functional.max_pool2d`, `avg_pool2d`.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, Shape, bound_sum
from cnn_symbolic.expressions.heads import Minimum
from cnn_symbolic.expressions.rules import all_of, bracket, ceiling, compare, divide, floor, minimum
from cnn_symbolic.expressions.shapes import check_shape, format_shape
from cnn_symbolic.expressions.values import Number
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors.making import tensor
from cnn_symbolic.tensors.operation import Definition, Given, given, operation
from cnn_symbolic.tensors.operations.correlation import letters
from cnn_symbolic.tensors.operations.geometry import Geometry, at_least_zero, counted, per_axis, widths_of
from cnn_symbolic.tensors.tensor import Tensor


def pool_size(
    length: Any, window: Any, *, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Number:
    """Return the number of windows along one axis: ⌊(M + before + after − d·(I−1) − 1)/s⌋ + 1.

    With `ceil_mode` the last window may reach out behind, but must start inside the input or the padding
    before it: min(⌈(M + before + after − d·(I−1) − 1)/s⌉ + 1, ⌈(M + before)/s⌉). It is about sizes at which there is
    a window.

    >>> from cnn_symbolic import sizes
    >>> from cnn_symbolic.layers import pool_size
    >>> M, I = sizes("M I")
    >>> pool_size(M, 2, stride=2), pool_size(M, 2, stride=2, ceil_mode=True)
    (⌊M/2⌋, ⌈M/2⌉)
    """
    m, i = check_shape((length, window), "pool_size")
    (s,), (d,) = per_axis(stride, 1, "pool_size: stride"), per_axis(dilation, 1, "pool_size: dilation")
    widths = widths_of(padding if isinstance(padding, str) else [padding], (m,), (i,), (s,), (d,), "pool_size")
    count = window_count(m, i, s, widths[0], d, ceil_mode)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    counts = count.args if isinstance(count, Minimum) else (count,)
    presumed = {m, i, s, d, *counts, *at_least_zero(widths)}
    return counted(count, "pool_size", (length, window), options, presumed)


def window_count(
    m: sp.Expr, i: sp.Expr, s: sp.Expr, width: tuple[sp.Expr, sp.Expr], d: sp.Expr, ceil_mode: bool
) -> sp.Expr:
    """Return the number of windows along one axis as a SymPy expression; see `pool_size`."""
    before, after = width
    reach = sp.expand(m + before + after - d * (i - 1) - 1)
    if not ceil_mode:
        return floor(divide(reach, s)) + 1
    return minimum(ceiling(divide(reach, s)) + 1, ceiling(divide(m + before, s)))


def windows_of(
    lengths: Shape, window: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, owner: str
) -> tuple[Shape, Shape, Geometry]:
    """Return the window's shape, the number of windows along each axis, and where they lie."""
    if not lengths:
        raise ShapeError(f"{owner} takes an input of shape (batch, channels, *spatial)")
    sides = per_axis(window, len(lengths), f"{owner}: window")
    geometry = Geometry(lengths, sides, sides if stride is None else stride, padding, dilation, owner)
    axes = zip(lengths, sides, geometry.stride, geometry.widths, geometry.dilation, strict=True)
    count = tuple(window_count(m, i, s, p, d, ceil_mode) for m, i, s, p, d in axes)
    return sides, count, geometry


def selection() -> Tensor:
    """Return which entry of each window is selected, on general tensors."""
    summed = sum_pool(s.batch, window=(s.I,), **s.STEPS)
    return tensor(s.B, s.C, summed.shape[2], s.I, name="s", indices="n c r u")


@operation("what each window selects", "n c r", lambda: [given(s.batch, selection(), **s.STEPS)])
def select_pool(x: Tensor, s: Tensor, *, stride: Any = None, padding: Any = 0, dilation: Any = 1) -> Definition:
    """select_pool(x, s)[n, c, r] = Σ_u s[n, c, r, u] · x[n, c, s·r + d·u − p]: what each window selects.

    Shapes: x (B, C, M), s (B, C, R, I), result (B, C, R). For max pooling s is 1 at the maximum of a window
    and 0 elsewhere; cells of the padding count as −∞ and are never selected. The stride is the window's
    shape unless it is given. Source: `torch.nn.functional.max_pool2d`. Raises ShapeError for an s with other axes.

    >>> from cnn_symbolic import literal
    >>> from cnn_symbolic.layers import select_pool
    >>> x, s = literal(values=[[[1, 5, 4, 3]]]), literal(values=[[[[0, 1], [1, 0]]]])
    >>> select_pool(x, s).evaluate({})
    array([[[5, 4]]])
    """
    rank = x.rank - 2
    if rank < 1 or s.rank != 2 + 2 * rank:
        raise ShapeError(
            f"select_pool takes an input (batch, channels, *spatial) and a selection (batch, channels, *windows, "
            f"*window), found {x} of shape {format_shape(x.lengths)} and {s} of shape {format_shape(s.lengths)}"
        )
    if any(sp.expand(a - b) != 0 for a, b in zip(x.lengths[:2], s.lengths[:2], strict=True)):
        raise ShapeError(f"select_pool: {x} of shape {format_shape(x.lengths)} has not the batch and channels of {s}")
    window = s.lengths[2 + rank :]
    geometry = Geometry(x.lengths[2:], window, window if stride is None else stride, padding, dilation, "select_pool")

    def formula(index: Index) -> sp.Expr:
        u = letters(rank)
        return bound_sum(s.formula((*index, *u)) * x.at((*index[:2], *geometry.at(index[2:], u))), u, window)

    return Definition((*x.lengths[:2], *s.lengths[2 : 2 + rank]), formula, presumed=geometry.presumed)


@operation("the sum of each window", "n c r", given(s.batch, window=(s.I,), **s.STEPS))
def sum_pool(
    x: Tensor,
    *,
    window: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Definition:
    """sum_pool(x)[n, c, r] = Σ_u x[n, c, s·r + d·u − p]: the sum of each window.

    Shapes: x (B, C, M), result (B, C, R) with R = `pool_size`. The stride is the window's shape unless given. Raises
    ShapeError for an x without spatial axes.

    >>> from cnn_symbolic import literal
    >>> from cnn_symbolic.layers import sum_pool
    >>> sum_pool(literal(values=[[[1, 2, 3, 4, 5]]]), window=2).evaluate({})
    array([[[3, 7]]])
    """
    if x.rank < 3:
        raise ShapeError(f"sum_pool takes an input of shape (batch, channels, *spatial), found {x}")
    sides, count, geometry = windows_of(x.lengths[2:], window, stride, padding, dilation, ceil_mode, "sum_pool")

    def formula(index: Index) -> sp.Expr:
        u = letters(len(sides))
        return bound_sum(x.at((*index[:2], *geometry.at(index[2:], u))), u, sides)

    return Definition((*x.lengths[:2], *count), formula, presumed=geometry.presumed)


def padded(count_padding: bool) -> Given:
    """Return what the windows are counted in, with the padding or without."""
    return given(shape=(s.M,), window=(s.I,), stride=s.S, padding=(s.P,), count_padding=count_padding)


@operation("window_counts", "n c r", padded(True), padded(False))
def window_counts(
    *,
    shape: Any,
    window: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_padding: bool = True,
) -> Definition:
    """window_counts[0, 0, r] = Σ_u [0 ≤ s·r + u − p < M]: how many cells of each window an average counts.

    With `count_padding` the padding's cells count too, those beyond it (in ceil mode) do not. `shape` lists the
    spatial sizes of the input; the result has shape (1, 1, R), so that it broadcasts. Source: PyTorch's
    `count_include_pad`.

    >>> from cnn_symbolic.layers import window_counts
    >>> window_counts(shape=(5,), window=2, stride=2, ceil_mode=True).evaluate({})
    array([[[2, 2, 1]]])
    >>> window_counts(shape=(4,), window=3, stride=1, padding=1, count_padding=False).evaluate({})
    array([[[2, 3, 3, 2]]])
    """
    lengths = check_shape(shape if isinstance(shape, tuple | list) else (shape,), "window_counts")
    sides, count, geometry = windows_of(lengths, window, stride, padding, 1, ceil_mode, "window_counts")

    def formula(index: Index) -> sp.Expr:
        u = letters(len(sides))
        axes = list(zip(geometry.at(index[2:], u), lengths, geometry.widths, strict=True))
        edges = [(-before, m + after) if count_padding else (sp.S.Zero, m) for _, m, (before, after) in axes]
        pairs = [(at, a, b) for (at, _, _), (a, b) in zip(axes, edges, strict=True)]
        inside = [bracket(all_of(compare(">=", at, a), compare("<", at, b))) for at, a, b in pairs]
        return bound_sum(sp.Mul(*inside), u, sides)

    return Definition((sp.S.One, sp.S.One, *count), formula, presumed=geometry.presumed)
