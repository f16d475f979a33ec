"""Blocks of arrays of exact elements: an array as a function that is zero outside, and what has no value.

Below `arrays` and `sliding`, which have the operations. Every array has dtype `object`; its elements are
Python integers, fractions or dual numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import ShapeError, UndefinedError

Sizes = int | Sequence[int]


def on_arrays(define: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """Make operands and result of an operation object arrays; raise UndefinedError where one has an empty axis.

    The result may share its memory with an operand.
    """

    @functools.wraps(define)
    def run(*operands: Any, **options: Any) -> np.ndarray:
        arrays = [x if x is None else np.asarray(x, dtype=object) for x in operands]
        for x in arrays:
            if x is not None and x.size == 0:
                raise UndefinedError(f"{define.__name__}: an axis has at least one entry, found the shape {x.shape}")
        result = np.asarray(define(*arrays, **options), dtype=object)
        if result.size == 0:
            raise UndefinedError(f"{define.__name__}: the result would have the empty shape {result.shape}")
        return result

    return run


def check_sizes(shape: Sequence[int], owner: str) -> tuple[int, ...]:
    """Return the sizes of a result; raise UndefinedError if one is below 1."""
    if any(length < 1 for length in shape):
        raise UndefinedError(f"{owner}: an axis has at least one entry, found the shape {tuple(shape)}")
    return tuple(shape)


def per_axis(value: Sizes, rank: int, owner: str, least: int = 1) -> tuple[int, ...]:
    """Return one integer per axis, of one for all or of as many.

    Raises ShapeError for another number of them, UndefinedError if one is below `least`.
    """
    values = tuple(value) if isinstance(value, Sequence) else (value,) * rank
    if len(values) != rank:
        raise ShapeError(f"{owner}: expected an integer, or one per axis for {rank} axes, found {value!r}")
    if any(v < least for v in values):
        raise UndefinedError(f"{owner} is at least {least}, found {value!r}")
    return values


def block(x: np.ndarray, start: Sequence[int], shape: Sequence[int], owner: str) -> np.ndarray:
    """Return a new array of that shape, whose first entry is the entry of x at `start`, with zeros outside of x.

    Raises UndefinedError if a size is below 1.
    """
    kept = np.zeros(check_sizes(shape, owner), dtype=object)
    common = [(max(s, 0), min(s + n, m), s) for s, n, m in zip(start, shape, x.shape, strict=True)]
    if all(first < behind for first, behind, _ in common):
        source = tuple(slice(first, behind) for first, behind, _ in common)
        target = tuple(slice(first - s, behind - s) for first, behind, s in common)
        kept[target] = x[source]
    return kept
