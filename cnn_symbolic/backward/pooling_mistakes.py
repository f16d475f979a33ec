"""The mistakes that people make in backward passes of poolings and upsampling, as functions that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import prod

import numpy as np

from cnn_symbolic.backward.mistakes import WINDOWS, WRITING, Candidate, Compute, Mask, Writing
from cnn_symbolic.backward.stages import (
    Axes,
    Case,
    chosen,
    divided,
    every_cell,
    natural,
    written,
)

__all__ = ["POOLING", "UPSAMPLING", "of_pooling"]


POOLING: dict[str, tuple[Mask, list[tuple[str, Mask]]]] = {
    "max_pool": (
        chosen,
        [
            ("every maximum of a tie gets dy", partial(chosen, which="all")),
            ("the last maximum gets dy", partial(chosen, which="last")),
            ("the padding is taken as zeros", partial(chosen, zeros=True)),
            ("dy is spread over the window", every_cell),
            ("dy is spread over the window (as a mean)", partial(divided, count="window")),
            ("every maximum of a tie gets its share of dy", partial(chosen, which="shared")),
        ],
    ),
    "avg_pool": (
        divided,
        [
            ("not divided by the window", every_cell),
            *(("divided by the wrong count", partial(divided, count=c)) for c in ("window", "real", "other", "stride")),
        ],
    ),
}


def in_pooling(mask: Mask, write: Writing = written, windows: Callable[[Axes], Axes] = lambda axes: axes) -> Compute:
    """Return how dx of a pooling is computed with another mask, writing or other windows."""

    def compute(case: Case) -> np.ndarray:
        axes, dy = windows(case.axes), case.values["dy"]
        return write(mask(case, axes) * dy.reshape(*dy.shape[:2], *[1] * len(axes), *dy.shape[2:]), axes)

    return compute


def of_pooling(family: str) -> Iterator[Candidate]:
    """Yield the mistakes in dx of a pooling."""
    right, masks = POOLING[family]
    yield from ((title, in_pooling(mask)) for title, mask in masks)
    if family == "max_pool":
        yield from (("assigned, not accumulated", partial(overwritten, order=order)) for order in (1, -1))
    yield from ((title, in_pooling(right, write)) for title, write in WRITING)
    for title, windows in WINDOWS:
        yield title, in_pooling(right, windows=windows)
        yield title, in_pooling(right, natural, windows)


def overwritten(case: Case, order: int) -> np.ndarray:
    """Return dx of a maximum where the windows that share one overwrite one another: the last, or the first, stays."""
    dy, places = case.values["dy"], case.right["places"]
    dx = np.zeros((prod(dy.shape[:2]), prod(case.values["x"].shape[2:])))
    for row, at, value in zip(dx, places.reshape(len(dx), -1), dy.reshape(len(dx), -1), strict=True):
        row[at[::order]] = value[::order]  # NumPy keeps the last value of equal indices
    return dx.reshape(case.values["x"].shape)


def copies(case: Case) -> np.ndarray:
    """Return dy of an upsampling, the copies of a cell along the last axis."""
    dy, spatial = case.values["dy"], case.values["x"].shape[2:]
    blocks = dy.reshape(
        *dy.shape[:2], *(n for m, big in zip(spatial, dy.shape[2:], strict=True) for n in (m, big // m))
    )
    order = (0, 1, *range(2, blocks.ndim, 2), *range(3, blocks.ndim, 2))
    return blocks.transpose(order).reshape(*dy.shape[:2], *spatial, -1)


UPSAMPLING: list[Candidate] = [
    ("averaged over the copies", lambda case: copies(case).mean(axis=-1)),
    ("assigned, not accumulated", lambda case: copies(case)[..., -1]),
    ("only the first copy", lambda case: copies(case)[..., 0]),
]
