"""All mistakes that are tried on a wrong result, and which of them explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from cnn_symbolic.backward.forwards import Forward
from cnn_symbolic.backward.mistakes import BIAS, RESULT, Candidate, Compute, of_any, of_axes, of_convolution
from cnn_symbolic.backward.pooling_mistakes import POOLING, UPSAMPLING, of_pooling
from cnn_symbolic.backward.stages import (
    Case,
    Unfit,
)
from cnn_symbolic.ground.errors import CnnSymbolicError

__all__ = ["named_mistake"]


def catalogue(forward: Forward, name: str) -> Iterator[Candidate]:
    """Yield the mistakes in one result of a layer, the likely ones first."""
    if name == "db":
        yield from BIAS
        yield from of_any(name)
        return
    yield from RESULT if name == "y" and forward.is_convolution else ()
    yield from of_any(name)
    if name == "dw":
        yield from of_axes(name)
    if forward.is_convolution:
        yield from of_convolution(name)
    elif name == "dx":
        yield from of_pooling(forward.family) if forward.family in POOLING else UPSAMPLING
    if name != "dw":
        yield from of_axes(name)


def named_mistake(
    name: str, cases: Sequence[Case], agrees: Callable[[int, np.ndarray], bool], forward: Forward
) -> str | None:
    """Return the first mistake in a result that explains every case, None if there is none.

    `agrees` says whether an array is what the function returned in the case of a number; at least one of the cases is
    one that the function has wrong.
    """

    def explains(compute: Compute) -> bool:
        try:
            return all(agrees(k, np.asarray(compute(case))) for k, case in enumerate(cases))
        except (Unfit, ValueError, IndexError, KeyError, CnnSymbolicError):
            return False

    return next((title for title, compute in catalogue(forward, name) if explains(compute)), None)
