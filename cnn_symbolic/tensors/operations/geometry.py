"""Where a sliding overlay lies: strides, paddings, dilations, and how many places there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.calculations import READINGS
from cnn_symbolic.expressions.formulas import Index, Shape
from cnn_symbolic.expressions.points import Point
from cnn_symbolic.expressions.rules import (
    at_least,
    ceiling,
    delta,
    divide,
    floor,
    is_plain_size,
    is_whole,
    maximum,
)
from cnn_symbolic.expressions.shapes import check_shape, format_size
from cnn_symbolic.expressions.values import Number, as_formula, presumed_of, read_at
from cnn_symbolic.ground.errors import FragmentError, ModeError, ShapeError
from cnn_symbolic.witnesses import sliding

PADDINGS = ("valid", "full", "same", "same_upper", "same_lower", "causal")


POSITIONS = ["r", "c", "q", "o"]


def conv_size(length: Any, overlay: Any, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Number:
    """Return the number of positions of an overlay along one axis: ⌊(M + before + after − d·(I−1) − 1)/s⌋ + 1.

    `padding` is a number for both sides, a pair, or a name, as in `conv`. It is about sizes at which the overlay fits.
    Raises ShapeError for integers at which it does not, ModeError for another name of a padding.

    >>> from cnn_symbolic import sizes
    >>> from cnn_symbolic.layers import conv_size
    >>> M, I, S = sizes("M I S")
    >>> conv_size(M, I, stride=S, padding=1), conv_size(32, 5, stride=2, padding="same")
    (⌊(M - I + 2)/S⌋ + 1, 16)
    """
    (m,), (i,) = check_shape((length,), "conv_size"), check_shape((overlay,), "conv_size")
    s, d = per_axis(stride, 1, "conv_size: stride")[0], per_axis(dilation, 1, "conv_size: dilation")[0]
    widths = widths_of(padding if isinstance(padding, str) else [padding], (m,), (i,), (s,), (d,), "conv_size")
    (count,) = positions((m,), (i,), (s,), widths, (d,))
    if count.is_Integer and count < 1:
        raise ShapeError(
            f"conv_size: an overlay of {format_size(i)}, dilated by {format_size(d)}, does not fit into "
            f"{format_size(m)} with the padding {padding!r}"
        )
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    presumed = {m, i, s, d, count, *at_least_zero(widths)}
    return counted(count, "conv_size", (length, overlay), options, presumed)


def counted(
    count: sp.Expr, by: str, given: tuple[Any, ...], options: Mapping[str, Any], presumed: Iterable[sp.Expr]
) -> Number:
    """Return a number of positions, as what it was called by with which options."""
    open_ones = {e for e in presumed if not at_least(e, 1)}
    return Number(
        count, by, (given, tuple(options.items())), frozenset(open_ones) | presumed_of((given, *options.values()))
    )


def counted_by(count_of: Callable[..., int]) -> Callable[..., int]:
    """Return how a number of positions is computed at a point."""

    def counted_at(point: Point, given: tuple[Any, ...], options: tuple[tuple[str, Any], ...]) -> int:
        return count_of(*read_at(given, point), **{key: read_at(value, point) for key, value in options})

    return counted_at


def width_at(point: Point, padding: Any, given: tuple[Any, ...], axis: int, side: int) -> int:
    """Return one of the paddings at a point."""
    return sliding.pad_widths(read_at(padding, point), *read_at(given, point))[axis][side]


READINGS.update(conv_size=counted_by(sliding.conv_size), pool_size=counted_by(sliding.pool_size), pad_widths=width_at)


def at_least_zero(widths: Iterable[Any]) -> tuple[sp.Expr, ...]:
    """Return what is at least one where widths, such as paddings before and after each axis, are at least zero."""
    flat = [w for width in widths for w in (width if isinstance(width, tuple) else (width,))]
    return tuple(w + 1 for w in flat if not at_least(w, 0))


def per_axis(value: Any, rank: int, owner: str, least: int = 1) -> tuple[sp.Expr, ...]:
    """Return one integer or size per axis; raise ShapeError for others, and for what is below `least` at all sizes.

    What is below it at some sizes only is presumed not to be: that is up to the caller.
    """
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
    if any(at_least(-v, 1 - least) for v in exact):
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

    `lengths`, `overlay`, `stride` and `dilation` have one number per axis. Raises ShapeError for other widths,
    ModeError for other names.

    >>> from cnn_symbolic import sizes
    >>> from cnn_symbolic.layers import pad_widths
    >>> M, I, D = sizes("M I D")
    >>> pad_widths("full", (M,), (I,), (1,), (D,)), pad_widths("same", (5, 5), (2, 3), (1, 1), (1, 1))
    ([(D·I - D, D·I - D)], [(0, 1), (1, 1)])
    """
    rank = len(lengths)
    given = (tuple(lengths), tuple(overlay), tuple(stride), tuple(dilation))
    m, i = (check_shape(of, owner) for of in given[:2])
    s, d = per_axis(stride, rank, f"{owner}: stride"), per_axis(dilation, rank, f"{owner}: dilation")
    widths = widths_of(padding, m, i, s, d, owner)

    presumed = presumed_of((padding, given)) | {e for e in (*m, *i, *s, *d) if not at_least(e, 1)}
    numbers = [
        [Number(e, "pad_widths", (padding, given, axis, side), presumed) for side, e in enumerate(pair)]
        for axis, pair in enumerate(widths)
    ]
    return [(before, after) for before, after in numbers]


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
        self.presumed = (*lengths, *overlay, *self.stride, *self.dilation, *at_least_zero(self.widths))

    def at(self, r: Sequence[sp.Expr], u: Sequence[sp.Expr]) -> Index:
        """Return the entry of the input that entry u of the overlay meets at position r."""
        axes = zip(r, u, self.stride, self.dilation, self.widths, strict=True)
        return tuple(s * k + d * v - before for k, v, s, d, (before, _) in axes)

    def meets(self, r: Sequence[sp.Expr], u: Sequence[sp.Expr], m: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1 where entry u of the overlay meets entry m of the input at position r, else 0."""
        return sp.Mul(*(delta(a, b) for a, b in zip(self.at(r, u), m, strict=True)))
