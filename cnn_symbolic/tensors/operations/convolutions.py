"""The convolutions that people use: strides, dilations, paddings, groups; transposed; unfold and fold.

As in `operations`, the docstring's first line is the entry formula. The layout is PyTorch's: batch, then
channels, then any number of spatial axes. "Convolution" is cross-correlation here, as everywhere in deep
learning. Strides, dilations and paddings are integers or sizes, one for all spatial axes or one per axis.
Formulas are for one spatial axis: M the input, I the overlay, s the stride, d the dilation, p the padding
before. Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning"; PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, Shape, bound_sum, fresh
from cnn_symbolic.expressions.rules import (
    at_least,
    ceiling,
    delta,
    divide,
    floor,
    is_plain_size,
    is_whole,
    maximum,
    remainder,
)
from cnn_symbolic.expressions.shapes import check_shape, format_shape
from cnn_symbolic.expressions.values import Number, Point, as_formula, presumed_of, read_at
from cnn_symbolic.ground.errors import FragmentError, ModeError, ShapeError
from cnn_symbolic.tensors.operations.basic import letters
from cnn_symbolic.tensors.tensor import Definition, Tensor, operation
from cnn_symbolic.witnesses import sliding

__all__ = [
    "Geometry",
    "conv",
    "conv_size",
    "conv_transpose",
    "fold",
    "merge_axes",
    "pad_widths",
    "per_axis",
    "split_axis",
    "unfold",
    "upsample_nearest",
]

PADDINGS = ("valid", "full", "same", "same_upper", "same_lower", "causal")
POSITIONS = ["r", "c", "q", "o"]


def conv_size(length: Any, overlay: Any, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Number:
    """Return the number of positions of an overlay along one axis: ⌊(M + before + after − d·(I−1) − 1)/s⌋ + 1.

    `padding` is a number for both sides, a pair, or a name, as in `conv`. It is about sizes at which the overlay fits.
    """
    (m,), (i,) = check_shape((length,), "conv_size"), check_shape((overlay,), "conv_size")
    s, d = per_axis(stride, 1, "conv_size: stride")[0], per_axis(dilation, 1, "conv_size: dilation")[0]
    widths = widths_of(padding if isinstance(padding, str) else [padding], (m,), (i,), (s,), (d,), "conv_size")
    (count,) = positions((m,), (i,), (s,), widths, (d,))
    if count.is_Integer and count < 1:
        raise ShapeError(
            f"conv_size: an overlay of {i}, dilated by {d}, does not fit into {m} with the padding {padding!r}"
        )
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return counted(count, sliding.conv_size, (length, overlay), options, {count, *at_least_zero(widths)})


def counted(
    count: sp.Expr,
    count_of: Callable[..., int],
    given: tuple[Any, ...],
    options: Mapping[str, Any],
    presumed: Iterable[sp.Expr],
) -> Number:
    """Return a number of positions, with its reading in Python's integers."""

    def reading(point: Point) -> int:
        return count_of(*read_at(given, point), **{key: read_at(value, point) for key, value in options.items()})

    open_ones = {e for e in presumed if not at_least(e, 1)}
    return Number(count, reading, frozenset(open_ones) | presumed_of((*given, *options.values())))


def at_least_zero(widths: Iterable[Any]) -> tuple[sp.Expr, ...]:
    """Return what is at least one where widths, such as paddings before and after each axis, are at least zero."""
    flat = [w for width in widths for w in (width if isinstance(width, tuple) else (width,))]
    return tuple(w + 1 for w in flat if not at_least(w, 0))


def per_axis(value: Any, rank: int, owner: str, least: int = 1) -> tuple[sp.Expr, ...]:
    """Return one integer or size per axis, `least` or more; raise ShapeError for others."""
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * rank
    try:
        exact = tuple(as_formula(v, owner) for v in values)
    except FragmentError as error:
        reason = f" ({error})" if any(isinstance(v, sp.Expr) for v in values) else ""
        raise ShapeError(
            f"{owner} is an integer or a size, or one per axis for {rank} axes; found {value!r}{reason}"
        ) from None
    if len(exact) != rank or not all(map(is_whole, exact)):
        raise ShapeError(f"{owner} is an integer or a size, or one per axis for {rank} axes; found {value!r}")
    if not all(map(is_plain_size, {s for v in exact for s in v.free_symbols})):
        raise ShapeError(f"{owner} is made from sizes, such as S = sizes('S')[0]; found {value!r}")
    if any(not at_least(v, 1) if least else at_least(-v, 1) for v in exact):
        raise ShapeError(f"{owner} is at least {least}, found {value!r}")
    return exact


def pad_widths(
    padding: Any, lengths: Sequence[Any], overlay: Sequence[Any], stride: Sequence[Any], dilation: Sequence[Any],
    owner: str = "pad_widths",
) -> list[tuple[Number, Number]]:  # fmt: skip
    """Return the padding before and after each axis.

    `padding` is a width for all sides, one per axis, one pair (before, after) per axis, or a name:

    - `valid`: none. `full`: d·(I − 1) on both sides. `causal`: d·(I − 1) before.
    - `same`: such that there are ⌈M/s⌉ positions; an odd width has its extra one after (as in PyTorch, and
      ONNX's SAME_UPPER), and `same_upper` is another name for it. `same_lower`: before.
    """
    rank = len(lengths)
    given = (tuple(lengths), tuple(overlay), tuple(stride), tuple(dilation))
    m, i = (check_shape(of, owner) for of in given[:2])
    s, d = per_axis(stride, rank, f"{owner}: stride"), per_axis(dilation, rank, f"{owner}: dilation")
    widths = widths_of(padding, m, i, s, d, owner)

    def reading(axis: int, side: int) -> Callable[[Point], int]:
        return lambda point: sliding.pad_widths(read_at(padding, point), *read_at(given, point))[axis][side]

    presumed = presumed_of((padding, given))
    return [
        (Number(a, reading(axis, 0), presumed), Number(b, reading(axis, 1), presumed))
        for axis, (a, b) in enumerate(widths)
    ]


def widths_of(
    padding: Any, lengths: Shape, overlay: Shape, stride: Shape, dilation: Shape, owner: str
) -> list[tuple[sp.Expr, sp.Expr]]:
    """Return the padding before and after each axis as SymPy expressions; see `pad_widths`."""
    axes = list(zip(lengths, overlay, stride, dilation, strict=True))
    if isinstance(padding, str):
        if padding not in PADDINGS:
            near = f" (did you mean {padding.lower()!r}?)" if padding.lower() in PADDINGS else ""
            raise ModeError(f"{owner} has no padding {padding!r}: it takes a width or {', '.join(PADDINGS)}{near}")
        return [named_padding(padding, *axis) for axis in axes]
    each = padding if isinstance(padding, tuple | list) else [padding] * len(axes)
    pairs = [tuple(w) if isinstance(w, tuple | list) else (w, w) for w in each]
    if len(each) != len(axes) or any(len(pair) != 2 for pair in pairs):
        raise ShapeError(
            f"{owner}: padding is a width for all sides, or one width or pair (before, after) per axis for "
            f"{len(axes)} axes; found {padding!r}"
        )
    sides = [per_axis(pair, 2, f"{owner}: padding", 0) for pair in pairs]
    return [(before, after) for before, after in sides]


def named_padding(name: str, m: sp.Expr, i: sp.Expr, s: sp.Expr, d: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return the padding before and after one axis that a name stands for."""
    reach = sp.expand(d * (i - 1))
    if name == "valid":
        return sp.S.Zero, sp.S.Zero
    if name == "full":
        return reach, reach
    if name == "causal":
        return reach, sp.S.Zero
    total = maximum(sp.expand((ceiling(divide(m, s)) - 1) * s + reach + 1 - m), sp.S.Zero) if s != 1 else reach
    smaller = floor(total / 2)
    return (total - smaller, smaller) if name == "same_lower" else (smaller, total - smaller)


def positions(
    lengths: Shape, overlay: Shape, stride: Shape, widths: Sequence[tuple[sp.Expr, sp.Expr]], dilation: Shape
) -> Shape:
    """Return the number of positions of an overlay along each axis."""
    return tuple(
        floor(divide(sp.expand(m + before + after - d * (i - 1) - 1), s)) + 1
        for m, i, s, (before, after), d in zip(lengths, overlay, stride, widths, dilation, strict=True)
    )


class Geometry:
    """Where an overlay lies: at position r its entry u meets the input's entry s·r + d·u − p, on each axis."""

    def __init__(self, lengths: Shape, overlay: Shape, stride: Any, padding: Any, dilation: Any, owner: str) -> None:
        rank = len(lengths)
        self.stride = per_axis(stride, rank, f"{owner}: stride")
        self.dilation = per_axis(dilation, rank, f"{owner}: dilation")
        self.widths = widths_of(padding, lengths, overlay, self.stride, self.dilation, owner)
        self.positions = positions(lengths, overlay, self.stride, self.widths, self.dilation)
        self.presumed = at_least_zero(self.widths)

    def at(self, r: Sequence[sp.Expr], u: Sequence[sp.Expr]) -> Index:
        """Return the entry of the input that entry u of the overlay meets at position r."""
        axes = zip(r, u, self.stride, self.dilation, self.widths, strict=True)
        return tuple(s * k + d * v - before for k, v, s, d, (before, _) in axes)

    def meets(self, r: Sequence[sp.Expr], u: Sequence[sp.Expr], m: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1 where entry u of the overlay meets entry m of the input at position r, else 0."""
        return sp.Mul(*(delta(a, b) for a, b in zip(self.at(r, u), m, strict=True)))


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
            raise ShapeError(f"{owner}: the number of {what} differs, found {a} and {b}")


@operation
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
    w (G, K, C, I), b (G, K), result (B, G, K, R). Source: `torch.nn.functional.conv2d`.
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


@operation
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
    `group_axis`: y (B, G, K, R), w (G, K, C, I), b (G, C). Source: `torch.nn.functional.conv_transpose2d`.
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


@operation
def unfold(x: Tensor, *, overlay: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Definition:
    """unfold(x)[n, c, u, r] = x[n, c, s·r + d·u − p]: the underlay at every position (im2col).

    Shapes: x (B, C, M), result (B, C, I, R). PyTorch's `unfold` takes the axes c, u as one, and the positions
    r as one: the same numbers in the same order.
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


@operation
def fold(y: Tensor, *, shape: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Definition:
    """fold(y)[n, c, m] = Σ_{u,r} [s·r + d·u − p = m] · y[n, c, u, r]: what meets an entry is added up (col2im).

    Shapes: y (B, C, I, R), result (B, C, *shape), where R is the number of positions for that shape.
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


@operation
def upsample_nearest(x: Tensor, *, factors: Any) -> Definition:
    """upsample_nearest(x)[n, c, m] = x[n, c, ⌊m/f⌋]: every entry is repeated; the size is f·M.

    Shapes: x (B, C, M), result (B, C, f·M). Source: `torch.nn.functional.interpolate`, mode "nearest".
    """
    if x.rank < 3:
        raise ShapeError(f"upsample_nearest takes an input of shape (batch, channels, *spatial), found {x}")
    steps = per_axis(factors, x.rank - 2, "upsample_nearest: factors")
    shape = tuple(sp.expand(f * n) for f, n in zip(steps, x.lengths[2:], strict=True))

    def formula(index: Index) -> sp.Expr:
        return x.at((*index[:2], *(floor(divide(m, f)) for m, f in zip(index[2:], steps, strict=True))))

    return Definition((*x.lengths[:2], *shape), formula, confined=x.confined)


@operation
def split_axis(x: Tensor, *, axis: int, into: Sequence[Any]) -> Definition:
    """split_axis(x)[g, c] = x[C·g + c]: one axis of size G·C as two, of sizes G and C. Source: `numpy.reshape`."""
    outer, inner = per_axis(into, 2, "split_axis: into")
    if not 0 <= axis < x.rank or sp.expand(x.lengths[axis] - outer * inner) != 0:
        raise ShapeError(
            f"split_axis: axis {axis} of {x} of shape {format_shape(x.lengths)} does not split into {into}"
        )

    def formula(index: Index) -> sp.Expr:
        return x.at((*index[:axis], inner * index[axis] + index[axis + 1], *index[axis + 2 :]))

    return Definition((*x.lengths[:axis], outer, inner, *x.lengths[axis + 1 :]), formula)


@operation
def merge_axes(x: Tensor, *, axis: int) -> Definition:
    """merge_axes(x)[i] = x[⌊i/C⌋, i mod C]: two axes of sizes G and C as one, row by row. Source: `numpy.reshape`."""
    if not 0 <= axis < x.rank - 1:
        raise ShapeError(f"merge_axes: {x} of shape {format_shape(x.lengths)} has no axes {axis} and {axis + 1}")
    outer, inner = x.lengths[axis], x.lengths[axis + 1]

    def formula(index: Index) -> sp.Expr:
        i = index[axis]
        return x.at((*index[:axis], floor(divide(i, inner)), remainder(i, inner), *index[axis + 1 :]))

    return Definition((*x.lengths[:axis], sp.expand(outer * inner), *x.lengths[axis + 2 :]), formula, x.confined)
