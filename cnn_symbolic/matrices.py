"""Small matrices of exact numbers as text, to check a counterexample by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cnn_symbolic.kernel.verdicts import Refutation

__all__ = ["counterexample_lines", "differing", "integers", "matrix", "named_matrix"]

MOST_SHOWN, MOST_ENTRIES = 60, 100


def counterexample_lines(refutation: Refutation) -> Iterator[str]:
    """Yield the numbers of a counterexample, and what both sides make of them, with ⟨ ⟩ where they differ."""
    for name, polynomial in refutation.functions.items():
        yield f"  {name}(t) = {str(polynomial).replace('**', '^').replace('*', '·')}"
    for name, value in refutation.values.items():
        large = np.size(value) > MOST_ENTRIES
        yield f"  {name}: {'×'.join(map(str, np.shape(value)))} numbers" if large else named_matrix(name, value)
    if refutation.left_value is not None:
        left, right = np.asarray(refutation.left_value), np.asarray(refutation.right_value)
        if max(left.size, right.size) > MOST_ENTRIES:
            yield f"  left{list(refutation.index)}  = {number(left[refutation.index])}"
            yield f"  right{list(refutation.index)} = {number(right[refutation.index])}"
            return
        marked = left != right
        yield named_matrix("left ", left, marked)
        yield named_matrix("right", right, marked)


def differing(refutation: Refutation) -> tuple[str, str] | None:
    """Return the numbers that differ at a counterexample, if they are what shows it.

    These are the values of two sizes, or the two entries where no product of tensors is named whose coefficient
    differs.
    """
    if refutation.kind == "shape" and is_about_two_sizes(refutation):
        return number(refutation.left_shape[0]), number(refutation.right_shape[0])
    if refutation.kind != "entry" or refutation.monomial is not None:
        return None
    left, right = (np.asarray(side, dtype=object) for side in (refutation.left_value, refutation.right_value))
    at = refutation.index if left.ndim else ()
    return number(left[at]), number(right[at])


def is_about_two_sizes(refutation: Refutation) -> bool:
    """Tell whether a claim compares two sizes: it is stated as one of shapes with one axis."""
    origin = refutation.statement.origin
    return origin is not None and all(isinstance(s, tuple) and len(s) == 1 for s in (origin.left, origin.right))


def named_matrix(name: str, value: Any, marked: Any = None) -> str:
    """Return `name = matrix`, its rows below each other."""
    start = f"  {name} = "
    return start + matrix(value, marked, len(start))


def matrix(value: Any, marked: Any = None, indent: int = 0) -> str:
    """Return an array of exact numbers as nested lists, a row on each line; marked entries stand in ⟨ ⟩.

    >>> print(matrix(np.array([[1, -20], [3, 4]]), np.array([[False, True], [False, False]])))
    [[   1 , ⟨-20⟩],
     [   3 ,    4 ]]
    """
    array = np.asarray(value, dtype=object)
    marks = np.zeros(array.shape, dtype=bool) if marked is None else np.broadcast_to(marked, array.shape)
    rows = array.ndim > 1 and array.size > array.shape[-1]
    width = max((len(number(v)) for v in array.flat), default=0) if rows else 0
    sign = 1 if rows and marks.any() else 0

    def entry(at: tuple[int, ...]) -> str:
        written = f"⟨{number(array[at])}⟩" if marks[at] else f"{number(array[at])}{' ' * sign}"
        return written.rjust(width + 2 * sign)

    def block(at: tuple[int, ...]) -> str:
        axis = len(at)
        if axis == array.ndim:
            return entry(at)
        separator = ", " if axis == array.ndim - 1 else ",\n" + " " * (indent + axis + 1)
        return f"[{separator.join(block((*at, k)) for k in range(array.shape[axis]))}]"

    return block(())


def number(value: Any) -> str:
    """Return a number as text; of a long one, how it begins."""
    try:
        text = str(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= MOST_SHOWN else f"{text[:20]}… ({len(text)} digits)"


def integers(array: Any) -> np.ndarray:
    """Return an array of numbers with integers where they are."""
    return np.array([int(v) if float(v).is_integer() else float(v) for v in np.ravel(array)], dtype=object).reshape(
        np.shape(array)
    )
