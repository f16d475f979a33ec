"""What slides over an array of exact elements: convolutions, unfolding, pooling, by plain NumPy.

Layouts and options are PyTorch's, any number of spatial axes, and a group axis where it is asked for: what
`conv` means is in its docstring. Numbers of positions are counted. For one spatial axis: M the input, I the
overlay, s the stride, d the dilation. UndefinedError is raised where something has no value at the sizes given:
an overlay that does not fit, a padding below zero, a stride below one, channels that differ; ShapeError for a
wrong number of axes, ModeError for a name that no padding has. Knows nothing of the package's own formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from cnn_symbolic.ground.errors import ModeError, ShapeError, UndefinedError
from cnn_symbolic.witnesses.blocks import Sizes, block, check_sizes, on_arrays, per_axis

Padding = int | str | Sequence[int | Sequence[int]]
Widths = list[tuple[int, int]]


def conv_size(length: int, overlay: int, *, stride: int = 1, padding: Any = 0, dilation: int = 1) -> int:
    """Return the number of positions of an overlay along one axis.

    `padding` is a width for both sides, a pair, or a name of `pad_widths`. Raises UndefinedError if there is none.
    """
    return pool_size(length, overlay, stride=stride, padding=padding, dilation=dilation)


def pool_size(
    length: int, window: int, *, stride: int, padding: Any = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Return the number of windows along one axis; raise UndefinedError if there is none.

    With `ceil_mode`, a window follows on every one that ends before the padded input does, as long as it starts
    inside the input or the padding before it; else all windows lie inside the padded input.
    """
    given = padding if isinstance(padding, str) else [padding]
    ((before, after),) = pad_widths(given, (length,), (window,), stride, dilation)
    last_start = length + after - dilation * (window - 1) - 1  # the input begins at 0, the padding before it below
    if ceil_mode:
        count = min(len(range(-before - stride, last_start, stride)), len(range(-before, length, stride)))
    else:
        count = len(range(-before, last_start + 1, stride))
    if count < 1:
        raise UndefinedError(
            f"no window of {window}, dilated by {dilation}, fits into {length} with the padding {padding!r}"
        )
    return count


def pad_widths(
    padding: Padding, lengths: Sequence[int], overlay: Sizes, stride: Sizes = 1, dilation: Sizes = 1
) -> Widths:
    """Return the padding (before, after) each axis.

    `padding` is a width for all sides, one per axis, one pair (before, after) per axis, or a name: "valid" is none,
    "full" on both sides and "causal" before as much as the overlay reaches, d·(I−1); "same" as little as gives
    ⌈M/s⌉ positions, its larger half after ("same_upper", too) or before ("same_lower"). Raises UndefinedError for
    negative widths.

    >>> pad_widths("same", (5, 5), (2, 3), (1, 2))
    [(0, 1), (1, 1)]
    """
    rank = len(lengths)
    sizes = per_axis(lengths, rank, "a length"), per_axis(overlay, rank, "an overlay")
    steps = per_axis(stride, rank, "a stride"), per_axis(dilation, rank, "a dilation")
    if isinstance(padding, str):
        return [named_padding(padding, *axis) for axis in zip(*sizes, *steps, strict=True)]
    each = [padding] * rank if isinstance(padding, int) else padding
    if len(each) != rank:
        raise ShapeError(f"padding is one width or pair for each of {rank} axes, found {padding!r}")
    sides = [per_axis(width, 2, "a padding", 0) for width in each]
    return [(before, after) for before, after in sides]


def named_padding(name: str, m: int, i: int, s: int, d: int) -> tuple[int, int]:
    """Return the padding before and after one axis that a name stands for."""
    reach = d * (i - 1)
    if name in ("valid", "full", "causal"):
        return (reach if name != "valid" else 0), (reach if name == "full" else 0)
    if name not in ("same", "same_upper", "same_lower"):
        raise ModeError(f"padding is a width, valid, full, causal, same, same_upper or same_lower, found {name!r}")
    total = 0
    while len(range(0, m + total - reach, s)) < len(range(0, m, s)):
        total += 1
    half = total // 2
    return (total - half, half) if name == "same_lower" else (half, total - half)


class Slide(NamedTuple):
    """An overlay at so many positions along each spatial axis: at r, its entry u lies on cell s·r + d·u − before."""

    overlay: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    widths: Widths
    positions: tuple[int, ...]

    @property
    def before(self) -> tuple[int, ...]:
        """The padding before each axis."""
        return tuple(before for before, _ in self.widths)

    @property
    def covered(self) -> tuple[int, ...]:
        """The cells from the first of the first position to the last of the last one."""
        axes = zip(self.positions, self.stride, self.overlay, self.dilation, strict=True)
        return tuple((n - 1) * s + (i - 1) * d + 1 for n, s, i, d in axes)

    def places(self, u: Sequence[int]) -> tuple[Any, ...]:
        """Return where entry u of the overlay lies, at all positions, within the covered cells; lead axes in full."""
        axes = zip(u, self.dilation, self.positions, self.stride, strict=True)
        return (..., *(slice(k * d, k * d + (n - 1) * s + 1, s) for k, d, n, s in axes))

    def cells(self, x: np.ndarray) -> np.ndarray:
        """Return the covered cells of x, whose last axes are the spatial ones, with zeros outside of x."""
        lead = x.ndim - len(self.positions)
        start = [0] * lead + [-before for before in self.before]
        return block(x, start, (*x.shape[:lead], *self.covered), "an overlay")

    def underlays(self, x: np.ndarray) -> np.ndarray:
        """Return what lies under the overlay, of the shape (*lead, *positions, *overlay)."""
        axes = tuple(range(-len(self.positions), 0))
        extents = tuple((i - 1) * d + 1 for i, d in zip(self.overlay, self.dilation, strict=True))
        everywhere = np.lib.stride_tricks.sliding_window_view(self.cells(x), extents, axes)
        steps: tuple[Any, ...] = (..., *(slice(None, None, step) for step in self.stride + self.dilation))
        kept: np.ndarray = everywhere[steps]
        return kept


def slide(
    lengths: Sequence[int],
    overlay: Sizes,
    stride: Sizes | None,
    padding: Padding,
    dilation: Sizes,
    ceil_mode: bool = False,
    positions: Sequence[int] | None = None,
) -> Slide:
    """Return the positions of an overlay over an input; their number is counted unless it is given.

    The stride is the overlay's shape unless it is given.
    """
    rank = len(lengths)
    sides = per_axis(overlay, rank, "an overlay")
    steps = sides if stride is None else per_axis(stride, rank, "a stride")
    apart = per_axis(dilation, rank, "a dilation")
    widths = pad_widths(padding, lengths, sides, steps, apart)
    if positions is None:
        axes = zip(lengths, sides, steps, widths, apart, strict=True)
        positions = [pool_size(m, i, stride=s, padding=p, dilation=d, ceil_mode=ceil_mode) for m, i, s, p, d in axes]
    return Slide(sides, steps, apart, widths, tuple(positions))


def check_rank(x: np.ndarray, lead: int, owner: str) -> int:
    """Return the number of spatial axes, behind the lead ones; raise ShapeError if there is none."""
    if x.ndim <= lead:
        raise ShapeError(f"{owner} takes at least {lead + 1} axes, batch and channels first, found {x.shape}")
    return x.ndim - lead


def check_channels(x: np.ndarray, w: np.ndarray, b: np.ndarray | None, group_axis: bool, into: int, owner: str) -> int:
    """Return the number of spatial axes; raise an error unless input, overlay and bias fit.

    `into` is the axis of the overlay, after that of the groups, which counts what comes in.
    """
    group = 1 if group_axis else 0
    rank = check_rank(x, 2 + group, owner)
    if w.ndim != x.ndim:
        raise ShapeError(f"{owner}: input and overlay have equally many axes, found {x.shape} and {w.shape}")
    if x.shape[1 : 2 + group] != (*w.shape[:group], w.shape[group + into]):
        raise UndefinedError(f"{owner}: groups and input channels are those of the overlay, found {x.shape}, {w.shape}")
    maps = (*w.shape[:group], w.shape[group + 1 - into])
    if b is not None and b.shape != maps:
        raise UndefinedError(f"{owner}: the bias has the shape {maps}, found {b.shape}")
    return rank


def by_group(
    define: Callable[..., np.ndarray], x: np.ndarray, w: np.ndarray, b: np.ndarray | None, **options: Any
) -> np.ndarray:
    """Return the results of an operation on every group for itself, as the axis behind the batch."""
    return np.stack([define(x[:, g], w[g], None if b is None else b[g], **options) for g in range(len(w))], axis=1)


@on_arrays
def conv(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    group_axis: bool = False,
) -> Any:
    """Return the cross-correlation of x (B, C, *spatial) with w (K, C, *overlay), plus the bias b (K,).

    The result has the shape (B, K, *positions). With `group_axis`, x (B, G, C, …), w (G, K, C, …), b (G, K), result
    (B, G, K, …), every group for itself. Source: `torch.nn.functional.conv2d`.
    """
    rank = check_channels(x, w, b, group_axis, 1, "conv")
    if group_axis:
        return by_group(conv, x, w, b, stride=stride, padding=padding, dilation=dilation)
    under = slide(x.shape[2:], w.shape[2:], stride, padding, dilation).underlays(x)
    z = np.tensordot(under, w, axes=((1, *range(2 + rank, 2 + 2 * rank)), range(1, 2 + rank)))
    return np.moveaxis(z if b is None else z + b, -1, 1)


@on_arrays
def conv_transpose(
    y: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: Sizes = 1,
    padding: Padding = 0,
    output_padding: Sizes = 0,
    dilation: Sizes = 1,
    group_axis: bool = False,
) -> Any:
    """Return the sum of the overlays w (K, C, *overlay) laid at every position, each times y (B, K, *positions).

    The result has the shape (B, C, *spatial): `padding` cuts off on both sides, `output_padding` adds behind. b (C,)
    is added. With `group_axis`, y (B, G, K, …), w (G, K, C, …), b (G, C), result (B, G, C, …). Raises ModeError for
    the name of a padding. Source: `torch.nn.functional.conv_transpose2d`.
    """
    rank = check_channels(y, w, b, group_axis, 0, "conv_transpose")
    if isinstance(padding, str):
        raise ModeError(f"conv_transpose takes widths of padding, found {padding!r}")
    if group_axis:
        options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
        return by_group(conv_transpose, y, w, b, output_padding=output_padding, **options)
    extra = per_axis(output_padding, rank, "an output padding", 0)
    over = slide(y.shape[2:], w.shape[2:], stride, padding, dilation, positions=y.shape[2:])
    products = np.moveaxis(np.tensordot(y, w, axes=(1, 0)), 1 + rank, 1)  # of the shape (B, C, *positions, *overlay)
    laid = np.zeros((*products.shape[:2], *over.covered), dtype=object)
    for u in np.ndindex(*over.overlay):
        laid[over.places(u)] += products[(..., *u)]
    kept = [n - p - q + o for n, (p, q), o in zip(over.covered, over.widths, extra, strict=True)]
    z = block(laid, (0, 0, *over.before), (*laid.shape[:2], *kept), "conv_transpose")
    return z if b is None else z + b.reshape(-1, *[1] * rank)


@on_arrays
def unfold(x: np.ndarray, *, overlay: Sizes, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1) -> Any:
    """Return what lies under an overlay at every position: x (B, C, *spatial) as (B, C, *overlay, *positions).

    Source: `torch.nn.functional.unfold`, which takes the channels and overlay, and the positions, as one axis each.
    """
    check_rank(x, 2, "unfold")
    over = slide(x.shape[2:], overlay, stride, padding, dilation)
    rank = len(over.overlay)
    return np.moveaxis(over.underlays(x), range(2 + rank, 2 + 2 * rank), range(2, 2 + rank))


@on_arrays
def fold(y: np.ndarray, *, shape: Sizes, stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1) -> Any:
    """Return, for y (B, C, *overlay, *positions), the sums (B, C, *shape) of what lies over each cell.

    Raises UndefinedError unless an input of that shape has so many positions. Source: `torch.nn.functional.fold`.
    """
    rank = check_rank(y, 2, "fold") // 2
    if y.ndim != 2 + 2 * rank:
        raise ShapeError(f"fold takes as many axes of positions as of the overlay, found {y.shape}")
    lengths = check_sizes(per_axis(shape, rank, "the shape of fold"), "fold")
    over = slide(lengths, y.shape[2 : 2 + rank], stride, padding, dilation)
    if over.positions != y.shape[2 + rank :]:
        raise UndefinedError(f"fold: the shape {lengths} has {over.positions} positions, found {y.shape[2 + rank :]}")
    laid = np.zeros((*y.shape[:2], *over.covered), dtype=object)
    for u in np.ndindex(*over.overlay):
        laid[over.places(u)] += y[(slice(None), slice(None), *u)]
    return block(laid, (0, 0, *over.before), (*y.shape[:2], *lengths), "fold")


@on_arrays
def upsample_nearest(x: np.ndarray, *, factors: Sizes) -> Any:
    """Return x (B, C, *spatial) with every entry repeated `factors` times along each spatial axis.

    Source: `torch.nn.functional.interpolate`, mode "nearest".
    """
    steps = per_axis(factors, check_rank(x, 2, "upsample_nearest"), "a factor")
    for axis, step in enumerate(steps, start=2):
        x = np.repeat(x, step, axis=axis)
    return x


@on_arrays
def pixel_shuffle(x: np.ndarray, *, factors: Sizes) -> Any:
    """Return x (B, C·f, *spatial) with blocks of channels in space. Source: `torch.nn.PixelShuffle`."""
    count = check_rank(x, 2, "pixel_shuffle")
    steps = per_axis(factors, count, "a factor")
    if x.shape[1] % prod(steps):
        raise UndefinedError(f"pixel_shuffle: {x.shape[1]} channels are no multiple of {prod(steps)}")
    apart = x.reshape(x.shape[0], -1, *steps, *x.shape[2:])
    paired = [axis for k in range(count) for axis in (2 + count + k, 2 + k)]
    sizes = (n * f for n, f in zip(x.shape[2:], steps, strict=True))
    return apart.transpose(0, 1, *paired).reshape(x.shape[0], -1, *sizes)


@on_arrays
def pixel_unshuffle(x: np.ndarray, *, factors: Sizes) -> Any:
    """Return x (B, C, *spatial·f) with each block of entries as channels. Source: `torch.nn.PixelUnshuffle`."""
    count = check_rank(x, 2, "pixel_unshuffle")
    steps = per_axis(factors, count, "a factor")
    if any(n % f for n, f in zip(x.shape[2:], steps, strict=True)):
        raise UndefinedError(f"pixel_unshuffle: the shape {x.shape} is no multiple of {steps}")
    sizes = [n // f for n, f in zip(x.shape[2:], steps, strict=True)]
    apart = x.reshape(*x.shape[:2], *(part for pair in zip(sizes, steps, strict=True) for part in pair))
    moved = apart.transpose(0, 1, *range(3, apart.ndim, 2), *range(2, apart.ndim, 2))
    return moved.reshape(x.shape[0], -1, *sizes)


@on_arrays
def select_pool(
    x: np.ndarray, s: np.ndarray, *, stride: Sizes | None = None, padding: Padding = 0, dilation: Sizes = 1
) -> Any:
    """Return the sums (B, C, *windows) of x (B, C, *spatial) in every window, weighted by s (B, C, *windows, *window).

    The selection says how many windows there are. The stride is the window unless given; padding counts as zero.
    Source: `torch.nn.functional.max_pool2d`, for a selection of the maxima.
    """
    rank = check_rank(x, 2, "select_pool")
    if s.ndim != 2 + 2 * rank:
        raise ShapeError(f"select_pool: the selection has {2 + 2 * rank} axes for {x.shape}, found {s.shape}")
    if x.shape[:2] != s.shape[:2]:
        raise UndefinedError(f"select_pool: batch and channels of the selection differ, found {x.shape}, {s.shape}")
    over = slide(x.shape[2:], s.shape[2 + rank :], stride, padding, dilation, positions=s.shape[2 : 2 + rank])
    return np.sum(s * over.underlays(x), axis=tuple(range(2 + rank, 2 + 2 * rank)))


@on_arrays
def sum_pool(
    x: np.ndarray,
    *,
    window: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Any:
    """Return the sum (B, C, *windows) of every window of x (B, C, *spatial); padding and what is beyond are zero.

    The stride is the window unless given, the number of windows `pool_size`. Source: `torch.nn.functional.avg_pool2d`.
    """
    check_rank(x, 2, "sum_pool")
    return window_sums(x, slide(x.shape[2:], window, stride, padding, dilation, ceil_mode))


def window_sums(x: np.ndarray, over: Slide) -> Any:
    """Return the sums of all windows."""
    return np.sum(over.underlays(x), axis=tuple(range(-len(over.overlay), 0)))


@on_arrays
def window_counts(
    *,
    shape: Sizes,
    window: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_padding: bool = True,
) -> Any:
    """Return how many cells of every window lie in the input or, with `count_padding`, in the padded input.

    `shape` lists the spatial sizes of the input; the result has the shape (1, 1, *windows). What lies beyond the
    padding never counts. Source: `count_include_pad` of `torch.nn.functional.avg_pool2d`.
    """
    lengths = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    over = slide(check_sizes(lengths, "window_counts"), window, stride, padding, 1, ceil_mode)
    if count_padding:
        lengths = tuple(m + before + after for m, (before, after) in zip(lengths, over.widths, strict=True))
        over = over._replace(widths=[(0, 0)] * len(lengths))
    return window_sums(np.ones((1, 1, *lengths), dtype=object), over)
