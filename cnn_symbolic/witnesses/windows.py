"""The windows that an overlay or a pooling has over spatial axes, in numbers: what they cover, find and receive.

Every array has the shape (N, C, *spatial): the batch first, the channels second. An option is one int, or
one per spatial axis. On an axis of M cells, with `before` and `after` cells of padding, an overlay of I
entries, a stride s and a dilation d,

    window p covers the cells s·p + d·i − before,  0 ≤ i < I,

and finds zeros outside the input. Integers stay exact, as int64, which wraps around; objects (Python
integers, fractions) keep their own arithmetic. Whatever does not fit raises ShapeError, an unknown name of
a padding ModeError, and an array of neither integers, floats nor objects OperandError. Sources: the
documentation of PyTorch (`torch.nn.functional`) and, for the sides of "same" padding, of JAX
(`jax.lax.padtype_to_pads`). Independent of the symbolic operations and of the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import ModeError, OperandError, ShapeError

Sizes = int | Sequence[int]
Padding = int | str | Sequence[int | Sequence[int]]


@dataclass(frozen=True)
class Axis:
    """The windows along one axis of `size` cells: window p covers stride·p + dilation·i − before, 0 ≤ i < overlay."""

    size: int
    overlay: int
    stride: int
    dilation: int
    before: int
    after: int
    positions: int

    @property
    def extent(self) -> int:
        """The cells from the first to the last one of a window."""
        return self.dilation * (self.overlay - 1) + 1

    @property
    def behind(self) -> int:
        """The padding after the input, with what the last window of `ceil_mode` needs beyond it."""
        return max(self.after, self.stride * (self.positions - 1) + self.extent - self.size - self.before)


def axes_over(
    spatial: Sequence[int], overlay: Sizes, stride: Sizes, padding: Padding, dilation: Sizes, ceil_mode: bool = False
) -> list[Axis]:
    """Return the windows along every axis; raise ShapeError if there are none."""
    pads = pad_widths(padding, spatial, overlay, stride, dilation)
    axes: list[Axis] = []
    for (m, i, s, d), (before, after) in zip(by_axis(spatial, overlay, stride, dilation), pads, strict=True):
        free = m + before + after - d * (i - 1) - 1
        positions = (-(-free // s) if ceil_mode else free // s) + 1
        if ceil_mode and (positions - 1) * s >= m + before:
            positions -= 1
        if positions < 1:
            raise ShapeError(
                f"an overlay of {i} with dilation {d} covers {d * (i - 1) + 1} cells, "
                f"but spatial axis {len(axes)} has {m}, padded by {before} and {after}"
            )
        axes.append(Axis(m, i, s, d, before, after, positions))
    return axes


def gather(x: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """Return what the windows find, of shape (N, C, *overlay, *positions)."""
    spatial, within = range(2, 2 + len(axes)), range(2 + len(axes), 2 + 2 * len(axes))
    padded = np.pad(x, [(0, 0), (0, 0), *((a.before, a.behind) for a in axes)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, [a.extent for a in axes], axis=tuple(spatial))
    starts = [slice(0, a.stride * (a.positions - 1) + 1, a.stride) for a in axes]
    entries = [slice(0, None, a.dilation) for a in axes]
    return np.moveaxis(windows[(slice(None), slice(None), *starts, *entries)], within, spatial)


def scatter(y: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """Return the adjoint of `gather`: the sum over all windows, each added to its own cells."""
    padded = np.zeros((*y.shape[:2], *(a.before + a.size + a.behind for a in axes)), dtype=y.dtype)
    for offset in np.ndindex(*(a.overlay for a in axes)):
        first = [a.dilation * i for a, i in zip(axes, offset, strict=True)]
        cells = [slice(f, f + a.stride * (a.positions - 1) + 1, a.stride) for a, f in zip(axes, first, strict=True)]
        padded[(slice(None), slice(None), *cells)] += y[(slice(None), slice(None), *offset)]
    inner = [slice(a.before, a.before + a.size) for a in axes]
    return padded[(slice(None), slice(None), *inner)].copy()


def pad_widths(
    padding: Padding, spatial: Sequence[int], overlay: Sizes, stride: Sizes = 1, dilation: Sizes = 1
) -> list[tuple[int, int]]:
    """Return the cells of padding (before, after) each axis.

    `padding` is one int, one per axis, one (before, after) pair per axis, or a name: "valid" pads
    nothing; "full" d·(I−1) on both sides; "causal" as much before only; "same" as little as gives
    ⌈M/s⌉ windows, of an odd number the larger part after ("same_upper" too) or before ("same_lower").

    >>> pad_widths("same", (5, 5), (2, 3), stride=(1, 2))
    [(0, 1), (1, 1)]
    >>> pad_widths([1, (0, 2)], (5, 5), 3)
    [(1, 1), (0, 2)]
    """
    lengths = by_axis(spatial, overlay, stride, dilation)
    rank = len(lengths)
    if isinstance(padding, str):
        return [named_padding(padding, *axis) for axis in lengths]
    each = [padding] * rank if isinstance(padding, int | np.integer) else padding
    if not isinstance(each, Sequence) or len(each) != rank:
        raise ShapeError(f"padding is a name, an int, or {rank} ints or (before, after) pairs, found {padding!r}")
    sides = [per_axis(p, 2, "the padding of an axis", 0) for p in each]
    return [(before, after) for before, after in sides]


def named_padding(name: str, m: int, i: int, s: int, d: int) -> tuple[int, int]:
    """Return (before, after) on one axis of m cells, for an overlay of i entries, a stride and a dilation."""
    reach = d * (i - 1)
    total = max((-(-m // s) - 1) * s + reach + 1 - m, 0)
    less, more = total // 2, total - total // 2
    known = {
        "valid": (0, 0),
        "full": (reach, reach),
        "same": (less, more),
        "same_upper": (less, more),
        "same_lower": (more, less),
        "causal": (reach, 0),
    }
    if name not in known:
        raise ModeError(f"padding is an int, one per axis, or one of {', '.join(map(repr, known))}, found {name!r}")
    return known[name]


def numbers(values: Any, name: str) -> np.ndarray:
    """Return an array of int64, floats or objects; raise OperandError for anything else."""
    array = np.asarray(values)
    if np.can_cast(array.dtype, np.int64):
        return array.astype(np.int64, copy=False)
    if array.dtype.kind not in "fO":
        raise OperandError(f"{name} has integers that fit into int64, floats or objects, found {array.dtype}")
    return array


def batch(values: Any, name: str) -> np.ndarray:
    """Return an array of shape (N, C, *spatial); raise ShapeError unless it has a spatial axis."""
    array = numbers(values, name)
    if array.ndim < 3:
        raise ShapeError(f"{name} has the shape (N, C, *spatial) with at least one spatial axis, found {array.shape}")
    return array


def arriving(g: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return ∂C/∂z; raise ShapeError unless it has the shape of the result z."""
    array = numbers(g, "g")
    if array.shape != shape:
        raise ShapeError(f"g has the shape {shape} of the result, found {array.shape}")
    return array


def by_axis(shape: Sequence[int], overlay: Sizes, stride: Sizes, dilation: Sizes) -> list[tuple[int, int, int, int]]:
    """Return M, I, s and d of every axis; raise ShapeError unless there are as many of each."""
    if not isinstance(shape, Sequence):
        raise ShapeError(f"shape: expected one int for each axis, found {shape!r}")
    options = ((shape, "shape", 0), (overlay, "overlay", 1), (stride, "stride", 1), (dilation, "dilation", 1))
    return list(zip(*(per_axis(value, len(shape), name, least) for value, name, least in options), strict=True))


def per_axis(value: Any, count: int, name: str, least: int) -> tuple[int, ...]:
    """Return `count` ints, of one that stands for all or of as many; raise ShapeError if one is below `least`."""
    each = [value] * count if isinstance(value, int | np.integer) else value
    fits = isinstance(each, Sequence) and len(each) == count
    if not fits or not all(isinstance(n, int | np.integer) and n >= least for n in each):
        raise ShapeError(f"{name}: expected an int ≥ {least} or {count} of them, found {value!r}")
    return tuple(int(n) for n in each)
