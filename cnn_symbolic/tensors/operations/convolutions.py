"""The convolutions that people use: strides, dilations, paddings, groups; transposed; unfold and fold.

As in `operations`, the docstring's first line is the entry formula. The layout is PyTorch's: batch, then
channels, then any number of spatial axes. "Convolution" is cross-correlation here, as everywhere in deep
learning. Strides, dilations and paddings are integers or sizes, one for all spatial axes or one per axis.
Formulas are for one spatial axis: M the input, I the overlay, s the stride, d the dilation, p the padding
before. Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning"; PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, Shape, bound_sum, fresh
from cnn_symbolic.expressions.rules import (
    divide,
    floor,
    remainder,
)
from cnn_symbolic.expressions.shapes import format_shape, format_size
from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors.making import tensor
from cnn_symbolic.tensors.operation import Definition, given, operation
from cnn_symbolic.tensors.operations.correlation import letters
from cnn_symbolic.tensors.operations.geometry import POSITIONS, Geometry, at_least_zero, per_axis
from cnn_symbolic.tensors.tensor import Tensor


def spatial_rank(x: Tensor, w: Tensor, group_axis: bool, owner: str) -> int:
    """Return the number of spatial axes; raise ShapeError unless input and overlay have as many."""
    rank = x.rank - (3 if group_axis else 2)
    if rank < 1 or w.rank != x.rank:
        layout = (
            "(batch, groups, channels, *spatial) and (groups, channels out, channels in, *overlay)"
            if group_axis
            else "(batch, channels, *spatial) and (channels, channels, *overlay)"
        )
        raise ShapeError(
            f"{owner} takes an input and an overlay of shapes {layout}, found {x} of shape {format_shape(x.lengths)} "
            f"and {w} of shape {format_shape(w.lengths)}"
        )
    return rank


def equal_sizes(pairs: Sequence[tuple[str, sp.Expr, sp.Expr]], owner: str) -> None:
    """Raise ShapeError unless the sizes of each pair are the same."""
    for what, a, b in pairs:
        if sp.expand(a - b) != 0:
            raise ShapeError(f"{owner}: the number of {what} differs, found {format_size(a)} and {format_size(b)}")


@operation("the convolution", "n k r", given(s.batch, s.maps, s.bias, **s.STEPS))
def conv(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    group_axis: bool = False,
) -> Definition:
    """conv(x, w, b)[n, k, r] = Σ_{c,u} x[n, c, s·r + d·u − p] · w[k, c, u] + b[k].

    Shapes: x (B, C, M), w (K, C, I), b (K,), result (B, K, ⌊(M + before + after − d·(I−1) − 1)/s⌋ + 1). See
    `pad_widths` for the paddings. With `group_axis`, the groups have an axis of their own: x (B, G, C, M),
    w (G, K, C, I), b (G, K), result (B, G, K, R). Source: `torch.nn.functional.conv2d`. Raises ShapeError for shapes
    that do not fit together, ModeError for another name of a padding.

    >>> from cnn_symbolic import sizes, tensor
    >>> from cnn_symbolic.layers import conv
    >>> B, C, K, M, I, S = sizes("B C K M I S")
    >>> conv(tensor(B, C, M, name="x"), tensor(K, C, I, name="w"), stride=S, padding=1).shape
    (B, K, ⌊(M - I + 2)/S⌋ + 1)
    """
    rank = spatial_rank(x, w, group_axis, "conv")
    lead = 3 if group_axis else 2
    geometry = Geometry(x.lengths[lead:], w.lengths[lead:], stride, padding, dilation, "conv")
    outer = w.lengths[: lead - 1]
    equal_sizes([("input channels", x.lengths[lead - 1], w.lengths[lead - 1])], "conv")
    if group_axis:
        equal_sizes([("groups", x.lengths[1], w.lengths[0])], "conv")
    check_bias(b, outer, "conv")

    def formula(index: Index) -> sp.Expr:
        batch, maps, r = index[:1], index[1:lead], index[lead:]
        c, u = fresh("c"), letters(rank)
        at = (*batch, *maps[:-1], *c, *geometry.at(r, u))
        body = x.at(at) * w.formula((*maps, *c, *u))
        total = bound_sum(body, (*c, *u), w.lengths[lead - 1 :])
        return total if b is None else total + b.formula(maps)

    return Definition((x.lengths[0], *outer, *geometry.positions), formula, presumed=geometry.presumed)


def check_bias(b: Tensor | None, maps: Shape, owner: str) -> None:
    """Raise ShapeError unless there is no bias, or one per map."""
    if b is not None and tuple(map(sp.expand, b.lengths)) != tuple(map(sp.expand, maps)):
        raise ShapeError(f"{owner}: the bias has shape {format_shape(maps)}, found {b} of {format_shape(b.lengths)}")


@operation("the transposed convolution", "n c m", given(s.outputs, s.maps, output_padding=s.Q, **s.STEPS))
def conv_transpose(
    y: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    group_axis: bool = False,
) -> Definition:
    """conv_transpose(y, w, b)[n, c, m] = Σ_{k,r,u} [s·r + d·u − p = m] · y[n, k, r] · w[k, c, u] + b[c].

    Shapes: y (B, K, R), w (K, C, I), b (C,), result (B, C, (R−1)·s + d·(I−1) + 1 − before − after +
    output_padding): every y lays its multiple of the overlay at its place, and overlaps add up. With
    `group_axis`: y (B, G, K, R), w (G, K, C, I), b (G, C). Source: `torch.nn.functional.conv_transpose2d`. Raises
    ShapeError for shapes that do not fit together, ModeError for a padding by name.

    >>> from cnn_symbolic import sizes, tensor
    >>> from cnn_symbolic.layers import conv_transpose
    >>> B, C, K, R, I, S = sizes("B C K R I S")
    >>> conv_transpose(tensor(B, K, R, name="y"), tensor(K, C, I, name="w"), stride=S).shape
    (B, C, I + R·S - S)
    """
    rank = spatial_rank(y, w, group_axis, "conv_transpose")
    if isinstance(padding, str):
        raise ModeError(f"conv_transpose has no padding {padding!r}: it takes widths")
    lead = 3 if group_axis else 2
    lengths, overlay = y.lengths[lead:], w.lengths[lead:]
    extra = per_axis(output_padding, rank, "conv_transpose: output_padding", 0)
    geometry = Geometry(lengths, overlay, stride, padding, dilation, "conv_transpose")
    equal_sizes([("input channels", y.lengths[lead - 1], w.lengths[lead - 2])], "conv_transpose")
    if group_axis:
        equal_sizes([("groups", y.lengths[1], w.lengths[0])], "conv_transpose")
    maps = (*w.lengths[: lead - 2], w.lengths[lead - 1])
    check_bias(b, maps, "conv_transpose")
    axes = zip(lengths, overlay, geometry.stride, geometry.dilation, geometry.widths, extra, strict=True)
    shape = tuple(sp.expand((n - 1) * s + d * (i - 1) + 1 - p - q + o) for n, i, s, d, (p, q), o in axes)

    def formula(index: Index) -> sp.Expr:
        batch, groups, c, m = index[:1], index[1 : lead - 1], index[lead - 1], index[lead:]
        k, u = fresh("k"), letters(rank)
        r = fresh(POSITIONS[a] if a < len(POSITIONS) else f"r{a}" for a in range(rank))
        body = geometry.meets(r, u, m) * y.formula((*batch, *groups, *k, *r)) * w.formula((*groups, *k, c, *u))
        total = bound_sum(body, (*k, *r, *u), (y.lengths[lead - 1], *lengths, *overlay))
        return total if b is None else total + b.formula((*groups, c))

    presumed = (*geometry.presumed, *at_least_zero(extra))
    return Definition((y.lengths[0], *maps, *shape), formula, presumed=presumed)


@operation("unfold", "n c u r", given(s.batch, overlay=(s.I,), **s.STEPS))
def unfold(x: Tensor, *, overlay: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Definition:
    """unfold(x)[n, c, u, r] = x[n, c, s·r + d·u − p]: the underlay at every position (im2col).

    Shapes: x (B, C, M), result (B, C, I, R). PyTorch's `unfold` takes the axes c, u as one, and the positions
    r as one: the same numbers in the same order. Source: `torch.nn.functional.unfold`. Raises ShapeError for an x
    without spatial axes.

    >>> from cnn_symbolic import literal
    >>> from cnn_symbolic.layers import unfold
    >>> unfold(literal(values=[[[1, 2, 3, 4]]]), overlay=(2,)).evaluate({})
    array([[[[1, 2, 3],
             [2, 3, 4]]]])
    """
    rank = x.rank - 2
    if rank < 1:
        raise ShapeError(
            f"unfold takes an input of shape (batch, channels, *spatial), found {x} of shape {format_shape(x.lengths)}"
        )
    kept = per_axis(overlay, rank, "unfold: overlay")
    geometry = Geometry(x.lengths[2:], kept, stride, padding, dilation, "unfold")
    return Definition(
        (*x.lengths[:2], *kept, *geometry.positions),
        lambda index: x.at((*index[:2], *geometry.at(index[2 + rank :], index[2 : 2 + rank]))),
        presumed=geometry.presumed,
    )


def lying() -> Tensor:
    """Return a tensor of the shape of an unfolded one."""
    return tensor(*unfold(s.batch, overlay=(s.I,), **s.STEPS).shape, name="y", indices="n c u r")


@operation("fold", "n c m", lambda: [given(lying(), shape=(s.M,), **s.STEPS)])
def fold(y: Tensor, *, shape: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Definition:
    """fold(y)[n, c, m] = Σ_{u,r} [s·r + d·u − p = m] · y[n, c, u, r]: what meets an entry is added up (col2im).

    Shapes: y (B, C, I, R), result (B, C, *shape), where R is the number of positions for that shape. Source:
    `torch.nn.functional.fold`. Raises ShapeError for another number of positions.

    >>> from cnn_symbolic import ones
    >>> from cnn_symbolic.layers import fold
    >>> fold(ones(1, 1, 2, 3), shape=(4,)).evaluate({})
    array([[[1, 2, 2, 1]]])
    """
    rank = (y.rank - 2) // 2
    if rank < 1 or y.rank != 2 + 2 * rank:
        raise ShapeError(
            f"fold takes an input of shape (batch, channels, *overlay, *positions), found {y} of shape "
            f"{format_shape(y.lengths)}"
        )
    lengths = per_axis(shape, rank, "fold: shape")
    overlay, found = y.lengths[2 : 2 + rank], y.lengths[2 + rank :]
    geometry = Geometry(lengths, overlay, stride, padding, dilation, "fold")
    equal_sizes([("positions", a, b) for a, b in zip(found, geometry.positions, strict=True)], "fold")

    def formula(index: Index) -> sp.Expr:
        u = letters(rank)
        r = fresh(POSITIONS[a] if a < len(POSITIONS) else f"r{a}" for a in range(rank))
        body = geometry.meets(r, u, index[2:]) * y.formula((*index[:2], *u, *r))
        return bound_sum(body, (*u, *r), (*overlay, *found))

    return Definition((*y.lengths[:2], *lengths), formula, presumed=geometry.presumed)


@operation("nearest upsampling", "n c m", given(s.batch, factors=(s.F,)))
def upsample_nearest(x: Tensor, *, factors: Any) -> Definition:
    """upsample_nearest(x)[n, c, m] = x[n, c, ⌊m/f⌋]: every entry is repeated; the size is f·M.

    Shapes: x (B, C, M), result (B, C, f·M). Source: `torch.nn.functional.interpolate`, mode "nearest". Raises
    ShapeError for an x without spatial axes.

    >>> from cnn_symbolic import literal
    >>> from cnn_symbolic.layers import upsample_nearest
    >>> upsample_nearest(literal(values=[[[1, 2]]]), factors=2).evaluate({})
    array([[[1, 1, 2, 2]]])
    """
    if x.rank < 3:
        raise ShapeError(f"upsample_nearest takes an input of shape (batch, channels, *spatial), found {x}")
    steps = per_axis(factors, x.rank - 2, "upsample_nearest: factors")
    shape = tuple(sp.expand(f * n) for f, n in zip(steps, x.lengths[2:], strict=True))

    def formula(index: Index) -> sp.Expr:
        return x.at((*index[:2], *(floor(divide(m, f)) for m, f in zip(index[2:], steps, strict=True))))

    return Definition((*x.lengths[:2], *shape), formula, x.confined, steps)


def quotient(length: sp.Expr, divisor: sp.Expr, owner: str) -> sp.Expr:
    """Return a size divided by another one; raise ShapeError unless it is a multiple of that as it is written."""
    found, rest = sp.div(length, divisor) if divisor.free_symbols else (sp.expand(length / divisor), sp.S.Zero)
    if rest != 0 or not all(n.is_Integer for n in found.atoms(sp.Rational)):
        raise ShapeError(f"{owner}: {format_size(length)} is not written as a multiple of {format_size(divisor)}")
    return sp.expand(found)


@operation("moving channels into space", "n c m", given(s.shuffled, factors=(s.F,)))
def pixel_shuffle(x: Tensor, *, factors: Any) -> Definition:
    """pixel_shuffle(x)[n, c, m] = x[n, f·c + m mod f, ⌊m/f⌋]: f channels are the entries of one, f times as large.

    Shapes: x (B, f·C, M), result (B, C, f·M); with several axes the factor of the last one changes fastest. Source:
    `torch.nn.PixelShuffle`, which has one factor for both axes. Raises ShapeError unless the channels are written as a
    multiple.

    >>> from cnn_symbolic import sizes, tensor
    >>> from cnn_symbolic.layers import pixel_shuffle
    >>> B, C, M, N = sizes("B C M N")
    >>> pixel_shuffle(tensor(B, 4 * C, M, N, name="x"), factors=2).shape
    (B, C, 2·M, 2·N)
    """
    steps = shuffled_by(x, factors, "pixel_shuffle")
    channels = quotient(x.lengths[1], sp.Mul(*steps), "pixel_shuffle")
    spatial = (sp.expand(f * n) for f, n in zip(steps, x.lengths[2:], strict=True))

    def formula(index: Index) -> sp.Expr:
        n, channel, *at = index
        for m, f in zip(at, steps, strict=True):
            channel = channel * f + remainder(m, f)
        return x.at((n, channel, *(floor(divide(m, f)) for m, f in zip(at, steps, strict=True))))

    return Definition((x.lengths[0], channels, *spatial), formula, x.confined, steps)


@operation("moving space into channels", "n k m", given(s.enlarged, factors=(s.F,)))
def pixel_unshuffle(x: Tensor, *, factors: Any) -> Definition:
    """pixel_unshuffle(x)[n, k, m] = x[n, ⌊k/f⌋, f·m + k mod f]: what `pixel_shuffle` has moved is moved back.

    Shapes: x (B, C, f·M), result (B, f·C, M). Source: `torch.nn.PixelUnshuffle`, which has one factor for both axes.
    Raises ShapeError unless the spatial sizes are written as multiples.

    >>> from cnn_symbolic import sizes, tensor
    >>> from cnn_symbolic.layers import pixel_unshuffle
    >>> B, C, M, N = sizes("B C M N")
    >>> pixel_unshuffle(tensor(B, C, 2 * M, 2 * N, name="x"), factors=2).shape
    (B, 4·C, M, N)
    """
    steps = shuffled_by(x, factors, "pixel_unshuffle")
    spatial = (quotient(n, f, "pixel_unshuffle") for f, n in zip(steps, x.lengths[2:], strict=True))

    def formula(index: Index) -> sp.Expr:
        n, channel, *at = index
        inner: list[sp.Expr] = []
        for m, f in zip(reversed(at), reversed(steps), strict=True):
            inner.insert(0, f * m + remainder(channel, f))
            channel = floor(divide(channel, f))
        return x.at((n, channel, *inner))

    return Definition((x.lengths[0], sp.expand(x.lengths[1] * sp.Mul(*steps)), *spatial), formula, x.confined, steps)


def shuffled_by(x: Tensor, factors: Any, owner: str) -> tuple[sp.Expr, ...]:
    """Return the factor of each spatial axis; raise ShapeError unless there are such axes."""
    if x.rank < 3:
        raise ShapeError(f"{owner} takes an input of shape (batch, channels, *spatial), found {x}")
    return per_axis(factors, x.rank - 2, f"{owner}: factors")


@operation("splitting an axis", "g c", given(s.grouped, axis=0, into=(s.G, s.C)))
def split_axis(x: Tensor, *, axis: int, into: Sequence[Any]) -> Definition:
    """split_axis(x)[g, c] = x[C·g + c]: one axis of size G·C as two, of sizes G and C. Source: `numpy.reshape`.

    Shapes: x (G·C,), result (G, C). Raises ShapeError for sizes whose product is another one.

    >>> from cnn_symbolic import sizes, split_axis, tensor
    >>> G, C = sizes("G C")
    >>> x = tensor(G * C, name="x")
    >>> split_axis(x, axis=0, into=(G, C)).shape, split_axis(x, axis=0, into=(G, C))[1, 2]
    ((G, C), [1 < G and 2 < C]·x[C + 2])
    """
    outer, inner = per_axis(into, 2, "split_axis: into")
    if not 0 <= axis < x.rank or sp.expand(x.lengths[axis] - outer * inner) != 0:
        raise ShapeError(
            f"split_axis: axis {axis} of {x} of shape {format_shape(x.lengths)} does not split into {into}"
        )

    def formula(index: Index) -> sp.Expr:
        return x.at((*index[:axis], inner * index[axis] + index[axis + 1], *index[axis + 2 :]))

    return Definition((*x.lengths[:axis], outer, inner, *x.lengths[axis + 1 :]), formula)


@operation("merging two axes", "k", given(s.groups, axis=0))
def merge_axes(x: Tensor, *, axis: int) -> Definition:
    """merge_axes(x)[i] = x[⌊i/C⌋, i mod C]: two axes of sizes G and C as one, row by row. Source: `numpy.reshape`.

    Shapes: x (G, C), result (G·C,). Raises ShapeError unless there is an axis behind it.

    >>> from cnn_symbolic import merge_axes, sizes, tensor
    >>> G, C = sizes("G C")
    >>> merge_axes(tensor(G, C, name="x"), axis=0).shape, merge_axes(tensor(2, 3, name="x"), axis=0)[5]
    ((C·G,), x[1, 2])
    """
    if not 0 <= axis < x.rank - 1:
        raise ShapeError(f"merge_axes: {x} of shape {format_shape(x.lengths)} has no axes {axis} and {axis + 1}")
    outer, inner = x.lengths[axis], x.lengths[axis + 1]

    def formula(index: Index) -> sp.Expr:
        i = index[axis]
        return x.at((*index[:axis], floor(divide(i, inner)), remainder(i, inner), *index[axis + 1 :]))

    return Definition((*x.lengths[:axis], sp.expand(outer * inner), *x.lengths[axis + 2 :]), formula, x.confined)
