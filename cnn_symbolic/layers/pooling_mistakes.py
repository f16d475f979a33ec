"""The mistakes that people make in backward passes of poolings and upsampling, as functions that make them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from cnn_symbolic.layers.mistakes import OF_WINDOWS, changing
from cnn_symbolic.layers.stages import Candidate, Case, Compute, only_if
from cnn_symbolic.witnesses.windows import Axis, gather

# The masks by which dy is spread, (N, C, *overlay, *positions).


def chosen(case: Case, axes: list[Axis], which: str = "first", zeros: bool = False) -> np.ndarray:
    """Return the mask of the first, the last or all maxima of every window, or of all with their shares."""
    x = case.values["x"]
    found = np.where(zeros | (gather(np.ones_like(x), axes) > 0), gather(x, axes), -np.inf)
    flat = found.reshape(*found.shape[:2], -1, *found.shape[2 + len(axes) :])
    mask = flat == flat.max(axis=2, keepdims=True)
    if which == "shared":
        mask = mask / mask.sum(axis=2, keepdims=True)
    elif which != "all":
        step = -1 if which == "last" else 1
        ordered = mask[:, :, ::step]
        mask = (ordered & (ordered.cumsum(axis=2) == 1))[:, :, ::step]
    return np.asarray(mask).reshape(found.shape)


def every_cell(case: Case, axes: list[Axis]) -> np.ndarray:
    """Return the mask of all entries of every window."""
    return np.ones_like(gather(case.values["x"], axes))


def divided(case: Case, axes: list[Axis], count: str = "right") -> np.ndarray:
    """Return the share of a cell in every window's mean: one over a count, the right or another one."""
    forward = case.forward
    if count == "real":
        within = gather(np.ones_like(case.values["x"]), axes)
        counts = within.sum(axis=tuple(range(2, 2 + len(axes))), keepdims=True)
    elif count in ("window", "stride"):
        counts = np.array(prod(a.overlay if count == "window" else a.stride for a in axes))
    else:
        other = replace(forward, count_include_pad=not forward.count_include_pad)
        counts = (forward if count == "right" else other).counts({"x": case.values["x"].shape})
    return np.asarray(every_cell(case, axes) / counts)


# The mistakes in dx.


def masked(mask: Any, **options: Any) -> Compute:
    """Return how dx of a pooling is computed with another mask."""
    return changing("dx", lambda s: replace(s, mask=partial(mask, **options)))


def overwritten(case: Case, order: int) -> np.ndarray:
    """Return dx of a maximum where the windows that share one overwrite one another: the last, or the first, stays."""
    dy, places = case.values["dy"], case.right["places"]
    dx = np.zeros((prod(dy.shape[:2]), prod(case.values["x"].shape[2:])))
    for row, at, value in zip(dx, places.reshape(len(dx), -1), dy.reshape(len(dx), -1), strict=True):
        row[at[::order]] = value[::order]  # NumPy keeps the last value of equal indices
    return dx.reshape(case.values["x"].shape)


def misplaced(case: Case) -> np.ndarray:
    """Return dx of a maximum whose place is told from its flat index by the window's height, not by its width."""
    axes, dy = case.forward.axes({"x": case.values["x"].shape}), case.values["dy"]
    only_if(len(axes) == 2)
    height, width = (a.overlay for a in axes)
    places = chosen(case, axes).reshape(*dy.shape[:2], height * width, *dy.shape[2:]).argmax(axis=2)
    high, wide = (a.before + a.size + a.behind for a in axes)
    padded = np.zeros((*dy.shape[:2], high, wide))
    for n, c, r, q in np.ndindex(dy.shape):
        i, j = divmod(places[n, c, r, q], height)
        m, o = (a.stride * at + a.dilation * k for a, at, k in zip(axes, (r, q), (i, j), strict=True))
        if m < high and o < wide:
            padded[n, c, m, o] += dy[n, c, r, q]
    return padded[(slice(None), slice(None), *(slice(a.before, a.before + a.size) for a in axes))]


def copies(case: Case) -> np.ndarray:
    """Return dy of an upsampling, the copies of a cell along the last axis."""
    dy, spatial = case.values["dy"], case.values["x"].shape[2:]
    blocks = dy.reshape(
        *dy.shape[:2], *(n for m, big in zip(spatial, dy.shape[2:], strict=True) for n in (m, big // m))
    )
    order = (0, 1, *range(2, blocks.ndim, 2), *range(3, blocks.ndim, 2))
    return blocks.transpose(order).reshape(*dy.shape[:2], *spatial, -1)


WINDOWS: list[Candidate] = [(title, changing("dx", change)) for title, change in OF_WINDOWS]
MAXIMUM: list[Candidate] = [
    ("every maximum of a tie gets dy", masked(chosen, which="all")),
    ("only the first maximum gets dy", masked(chosen)),
    ("the last maximum gets dy", masked(chosen, which="last")),
    ("the window's height is used for its width in the place of a maximum", misplaced),
    ("the padding is taken as zeros", masked(chosen, zeros=True)),
    ("dy is spread over the window", masked(every_cell)),
    ("dy is spread over the window (as a mean)", masked(divided, count="window")),
    ("every maximum of a tie gets its share of dy", masked(chosen, which="shared")),
    *(("assigned, not accumulated", partial(overwritten, order=order)) for order in (1, -1)),
    *WINDOWS,
]
AVERAGE: list[Candidate] = [
    ("not divided by the window", masked(every_cell)),
    *(("divided by the wrong count", masked(divided, count=c)) for c in ("window", "real", "other", "stride")),
    *WINDOWS,
]
UPSAMPLING: list[Candidate] = [
    ("divided by the number of copies", lambda case: copies(case).mean(axis=-1)),
    ("assigned, not accumulated", lambda case: copies(case)[..., -1]),
    ("only the first copy", lambda case: copies(case)[..., 0]),
]
