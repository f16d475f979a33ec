"""The stages in which a gradient is computed, each of which can be mistaken, in numbers.

A convolution has three products, of `fine` maps that have windows, `coarse` maps of the windows' positions and
filters: it correlates fine maps with filters, it spreads coarse maps by filters into cells, and it sums up fine times
coarse for the filters. A pooling spreads dy by a mask. All arrays are in the canonical layout; a stage that cannot be
made for its arrays raises Unfit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Self

import numpy as np

from cnn_symbolic.witnesses.convolutions import by_group, correlated, weight_gradient
from cnn_symbolic.witnesses.windows import Axis

Arrays = dict[str, np.ndarray]


class Unfit(Exception):
    """A change that cannot be made with these arrays."""


def only_if(fits: bool) -> None:
    """Raise Unfit unless a change fits."""
    if not fits:
        raise Unfit


@dataclass(frozen=True)
class Case:
    """One example: the layer, its data (x, dy, w, b) and the right results (y, dx, dw, db)."""

    forward: Any
    values: Arrays
    right: Arrays

    @property
    def batch(self) -> int:
        """The size of the batch."""
        return len(self.values["dy"])

    @property
    def positions(self) -> int:
        """The number of positions in a map of dy."""
        return prod(self.values["dy"].shape[2:])

    def again(self, **values: np.ndarray) -> Arrays:
        """Return the right results for other data."""
        return dict(self.forward.evaluate({**self.values, **values}))

    def example(self, n: int) -> Arrays:
        """Return the right results of one example of the batch."""
        return self.again(x=self.values["x"][n, None], dy=self.values["dy"][n, None])


# How a wrong result is computed, and that with the name of the mistake.
Compute = Callable[[Case], np.ndarray]
Candidate = tuple[str, Compute]


# Writing: what windows add to their cells.

Writing = Callable[[np.ndarray, list[Axis]], np.ndarray]


def written(z: np.ndarray, axes: list[Axis], order: int = 0) -> np.ndarray:
    """Return the sum over all windows of z, (N, C, *overlay, *positions), in the cells.

    With `order` 1 or −1 a cell keeps one summand in place of the sum: that of the first or last window that covers it.
    """
    padded = np.zeros((*z.shape[:2], *(a.before + a.size + a.behind for a in axes)), dtype=z.dtype)
    for offset in list(np.ndindex(*(a.overlay for a in axes)))[:: order or 1]:
        first = [a.dilation * i for a, i in zip(axes, offset, strict=True)]
        cells = [slice(f, f + a.stride * (a.positions - 1) + 1, a.stride) for a, f in zip(axes, first, strict=True)]
        at, new = (slice(None), slice(None), *cells), z[(slice(None), slice(None), *offset)]
        padded[at] = new if order else padded[at] + new
    return padded[(slice(None), slice(None), *(slice(a.before, a.before + a.size) for a in axes))]


def gathered(z: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """Return the cells m with what windows write at ⌊(m + padding − dilation·i)/stride⌋, rounded or not."""
    found = np.zeros((*z.shape[:2], *(a.size for a in axes)), dtype=z.dtype)
    for offset in np.ndindex(*(a.overlay for a in axes)):
        each = ((np.arange(a.size) + a.before - a.dilation * i) // a.stride for a, i in zip(axes, offset, strict=True))
        at = np.meshgrid(*each, indexing="ij")
        inside = np.logical_and.reduce([(r >= 0) & (r < a.positions) for r, a in zip(at, axes, strict=True)])
        cells = [r.clip(0, a.positions - 1) for r, a in zip(at, axes, strict=True)]
        found += inside * z[(slice(None), slice(None), *offset, *cells)]
    return found


def all_of(axes: list[Axis], change: Callable[[Axis], dict[str, int]]) -> list[Axis]:
    """Return the axes with a change of each."""
    return [replace(a, **change(a)) for a in axes]


def natural(z: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """Return the cells that windows reach, less the padding: none behind the last window."""

    def reached(a: Axis) -> dict[str, int]:
        return {"size": max(0, a.stride * (a.positions - 1) + a.extent - a.before - a.after), "after": 0}

    return written(z, all_of(axes, reached))


def filled(z: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """Return the cells that windows reach, less the padding, and zeros up to the right size."""
    part = natural(z, axes)
    return np.pad(part, [(0, 0), (0, 0), *((0, max(0, a.size - n)) for a, n in zip(axes, part.shape[2:], strict=True))])


def with_padding(z: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """Return the cells of the padded maps."""
    return written(z, all_of(axes, lambda a: {"size": a.before + a.size + a.after, "before": 0, "after": 0}))


def cut_by_a_slice(z: np.ndarray, axes: list[Axis]) -> np.ndarray:
    """Return the cells of the padded maps cut by the slice p:-p, which is empty for p = 0."""
    return with_padding(z, axes)[(slice(None), slice(None), *(slice(a.before, -a.after) for a in axes))]


def as_if_square(z: np.ndarray, axes: list[Axis], side: int) -> np.ndarray:
    """Return the cells where a full convolution pads all axes by one side of the overlay."""
    only_if(len(axes) == 2)
    cells = written(z, axes)
    for k, a in enumerate(axes):
        more = axes[side].extent - a.extent
        only_if(a.size + 2 * more > 0)
        cells = np.pad(cells, [(max(0, more),) * 2 if axis == k + 2 else (0, 0) for axis in range(4)])
        cells = cells.take(range(max(0, -more), cells.shape[k + 2] - max(0, -more)), k + 2)
    return cells


def displaced(z: np.ndarray, axes: list[Axis], axis: int, by: int, around: bool) -> np.ndarray:
    """Return the cells with every window written `by` cells nearer; around the end, or from beyond it."""
    only_if(axis < len(axes))
    if around:
        return shifted(written(z, axes), axis + 2, by, around=True)
    whole = written(z, all_of(axes, lambda a: {"size": a.before + a.size + a.behind, "before": 0, "after": 0}))
    wider = np.pad(whole, [(0, 0), (0, 0), *[(1, 1)] * len(axes)])
    starts = [1 + a.before + (by if k == axis else 0) for k, a in enumerate(axes)]
    return wider[(slice(None), slice(None), *(slice(s, s + a.size) for s, a in zip(starts, axes, strict=True)))]


def shifted(array: np.ndarray, axis: int, by: int, around: bool = False) -> np.ndarray:
    """Return an array with entry m + by at m, and beyond the end zeros, or the other end's entries if `around`."""
    rolled = np.roll(array, -by, axis)
    if not around:
        index: list[slice] = [slice(None)] * array.ndim
        index[axis] = slice(-by, None) if by > 0 else slice(0, -by)
        rolled[tuple(index)] = 0
    return rolled


def rotated(array: np.ndarray) -> np.ndarray:
    """Return an array with all spatial axes reversed."""
    return np.flip(array, tuple(range(2, array.ndim)))


def interleaved(array: np.ndarray, axis: int, groups: int, back: bool = False) -> np.ndarray:
    """Return an array whose channels are numbered (within a group, group) in place of (group, within a group)."""
    order = np.arange(array.shape[axis]).reshape(-1, groups).T.ravel()
    return array.take(np.argsort(order) if back else order, axis)


# Results while they are computed.


@dataclass(frozen=True)
class Product:
    """A result while it is computed: one of the products "spread", "correlated" and "weights", over windows."""

    kind: str
    axes: list[Axis]

    def only(self, *kinds: str) -> Self:
        """Return the same; raise Unfit unless it is one of these products."""
        only_if(self.kind in kinds)
        return self


@dataclass(frozen=True)
class Masked(Product):
    """The gradient of a pooling: windows write dy times a mask, (N, C, *overlay, *positions), into their cells."""

    case: Case
    mask: Callable[[Case, list[Axis]], np.ndarray]
    write: Writing = written

    def result(self) -> np.ndarray:
        """Return the gradient."""
        dy = self.case.values["dy"]
        each = dy.reshape(*dy.shape[:2], *[1] * len(self.axes), *dy.shape[2:])
        return self.write(self.mask(self.case, self.axes) * each, self.axes)


@dataclass(frozen=True)
class Filtered(Product):
    """A product of a convolution: `fine` (N, C, *cells), `coarse` (N, K, *positions), `overlay` (K, C/groups, …)."""

    groups: int
    fine: np.ndarray
    coarse: np.ndarray
    overlay: np.ndarray
    write: Writing = written
    after: Callable[[np.ndarray], np.ndarray] = np.asarray

    def result(self) -> np.ndarray:
        """Return the product."""
        if self.kind == "correlated":
            return self.after(correlated(self.fine, self.overlay, self.axes, self.groups))
        if self.kind == "weights":
            return self.after(weight_gradient(self.coarse, self.fine, self.overlay, self.axes, self.groups))
        put = by_group(self.overlay[None], self.groups).swapaxes(-1, -2) @ by_group(self.coarse, self.groups)
        shape = (len(self.coarse), -1, *self.overlay.shape[2:], *self.coarse.shape[2:])
        return self.after(self.write(put.reshape(shape), self.axes))


Change = Callable[[Any], Any]
