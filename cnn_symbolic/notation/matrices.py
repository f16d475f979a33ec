"""Small matrices of exact numbers as text."""

from __future__ import annotations

from typing import Any

import numpy as np

MOST_SHOWN, MOST_ENTRIES = 60, 100


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
