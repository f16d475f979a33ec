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

import numpy as np

from cnn_symbolic.backward.forwards import Arrays, Forward
from cnn_symbolic.witnesses.convolutions import by_group, correlated, weight_gradient
from cnn_symbolic.witnesses.windows import Axis, gather

__all__ = [
    "PRODUCTS",
    "Axes",
    "Case",
    "Setting",
    "Unfit",
    "all_of",
    "chosen",
    "displaced",
    "divided",
    "every_cell",
    "filled",
    "interleaved",
    "natural",
    "only_if",
    "product_of",
    "rotated",
    "setting",
    "shifted",
    "sized",
    "with_padding",
    "written",
]

Axes = tuple[Axis, ...]


class Unfit(Exception):
    """A change that cannot be made with these arrays."""


def only_if(fits: bool) -> None:
    """Raise Unfit unless a change fits."""
    if not fits:
        raise Unfit


# What the windows of a layer are over, and what belongs to their positions.
SIDES = {"conv": ("x", "dy"), "conv_transpose": ("dy", "x")}
# Which product each result is.
PRODUCTS = {
    "conv": {"y": "correlated", "dx": "spread", "dw": "weights"},
    "conv_transpose": {"y": "spread", "dx": "correlated", "dw": "weights"},
}


@dataclass(frozen=True)
class Case:
    """One example: the layer, its data (x, dy, w, b) and the right results (y, dx, dw, db)."""

    forward: Forward
    values: Arrays
    right: Arrays

    @property
    def axes(self) -> Axes:
        """The windows along every axis."""
        return tuple(self.forward.axes({name: array.shape for name, array in self.values.items()}))

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
        return self.forward.evaluate({**self.values, **values})

    def example(self, n: int) -> Arrays:
        """Return the right results of one example of the batch."""
        return self.again(x=self.values["x"][n, None], dy=self.values["dy"][n, None])


@dataclass(frozen=True)
class Setting:
    """Operands and windows: `fine` (N, C, *cells), `coarse` (N, K, *positions), `overlay` (K, C/groups, *overlay)."""

    axes: Axes
    groups: int
    fine: np.ndarray
    coarse: np.ndarray
    overlay: np.ndarray

    def put(self) -> np.ndarray:
        """Return what every window adds to its cells, of shape (N, C, *overlay, *positions)."""
        z = by_group(self.overlay[None], self.groups).swapaxes(-1, -2) @ by_group(self.coarse, self.groups)
        channels = self.groups * self.overlay.shape[1]
        shape = (len(self.coarse), channels, *self.overlay.shape[2:], *self.coarse.shape[2:])
        return np.asarray(z).reshape(shape)


def setting(case: Case, name: str) -> Setting:
    """Return the operands and the windows of one result of a convolution."""
    fine, coarse = SIDES[case.forward.family]
    values = {**case.values, "dy": case.values["dy"] if name != "y" else np.zeros_like(case.values["dy"])}
    return Setting(case.axes, case.forward.options["groups"], values[fine], values[coarse], values["w"])


def written(z: np.ndarray, axes: Axes, order: int = 0) -> np.ndarray:
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


def all_of(axes: Axes, change: Callable[[Axis], dict[str, int]]) -> Axes:
    """Return the axes with a change of each."""
    return tuple(replace(a, **change(a)) for a in axes)


def natural(z: np.ndarray, axes: Axes) -> np.ndarray:
    """Return the cells that windows reach, less the padding: none behind the last window."""

    def reached(a: Axis) -> dict[str, int]:
        return {"size": max(0, a.stride * (a.positions - 1) + a.extent - a.before - a.after), "after": 0}

    return written(z, all_of(axes, reached))


def filled(z: np.ndarray, axes: Axes) -> np.ndarray:
    """Return the cells that windows reach, less the padding, and zeros up to the right size."""
    part = natural(z, axes)
    return np.pad(part, [(0, 0), (0, 0), *((0, max(0, a.size - n)) for a, n in zip(axes, part.shape[2:], strict=True))])


def with_padding(z: np.ndarray, axes: Axes) -> np.ndarray:
    """Return the cells of the padded maps."""
    return written(z, all_of(axes, lambda a: {"size": a.before + a.size + a.after, "before": 0, "after": 0}))


def displaced(z: np.ndarray, axes: Axes, axis: int, by: int, around: bool) -> np.ndarray:
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


def product_of(kind: str, s: Setting, write: Callable[[np.ndarray, Axes], np.ndarray] = written) -> np.ndarray:
    """Return one of the three products of a setting."""
    if kind == "spread":
        return write(s.put(), s.axes)
    if kind == "correlated":
        return correlated(s.fine, s.overlay, list(s.axes), s.groups)
    return weight_gradient(s.coarse, s.fine, s.overlay, list(s.axes), s.groups)


def sized(kind: str, s: Setting) -> Setting:
    """Return the setting with as many positions, or entries of the filters, as its windows give."""

    def count(a: Axis) -> dict[str, int]:
        free = a.size + a.before + a.after
        if kind == "correlated":
            return {"positions": (free - a.extent) // a.stride + 1}
        return {"overlay": (free - a.stride * (a.positions - 1) - 1) // a.dilation + 1}

    axes = all_of(s.axes, count)
    only_if(kind != "spread" and min(min(a.positions, a.overlay) for a in axes) >= 1)
    if kind == "weights":
        s = replace(s, overlay=np.broadcast_to(0.0, (*s.overlay.shape[:2], *(a.overlay for a in axes))))
    return replace(s, axes=axes)


# Poolings: the masks by which dy is spread, (N, C, *overlay, *positions).


def cells(case: Case, axes: Axes, zeros: bool = False) -> np.ndarray:
    """Return what the windows find: −∞ in the padding, or zeros."""
    x = case.values["x"]
    found, real = gather(x, list(axes)), gather(np.ones_like(x), list(axes)) > 0
    return found if zeros else np.where(real, found, -np.inf)


def chosen(case: Case, axes: Axes, which: str = "first", zeros: bool = False) -> np.ndarray:
    """Return the mask of the first, the last or all maxima of every window, or of all with their shares."""
    found, rank = cells(case, axes, zeros), len(axes)
    flat = found.reshape(*found.shape[:2], -1, *found.shape[2 + rank :])
    mask = flat == flat.max(axis=2, keepdims=True)
    if which == "shared":
        mask = mask / mask.sum(axis=2, keepdims=True)
    elif which != "all":
        step = -1 if which == "last" else 1
        ordered = mask[:, :, ::step]
        mask = (ordered & (ordered.cumsum(axis=2) == 1))[:, :, ::step]
    return np.asarray(mask).reshape(found.shape)


def every_cell(case: Case, axes: Axes) -> np.ndarray:
    """Return the mask of all entries of every window."""
    return np.ones_like(gather(case.values["x"], list(axes)))


def divided(case: Case, axes: Axes, count: str = "right") -> np.ndarray:
    """Return the share of a cell in every window's mean: one over a count, the right or another one."""
    forward, shapes = case.forward, {"x": case.values["x"].shape}
    if count == "real":
        within = gather(np.ones_like(case.values["x"]), list(axes))
        counts = within.sum(axis=tuple(range(2, 2 + len(axes))), keepdims=True)
    elif count in ("window", "stride"):
        counts = np.array(prod(a.overlay if count == "window" else a.stride for a in axes))
    else:
        other = tuple((k, not v if k == "count_include_pad" else v) for k, v in forward.settings)
        counts = (forward if count == "right" else replace(forward, settings=other)).counts(shapes)
    shares: np.ndarray = every_cell(case, axes) / counts
    return shares
