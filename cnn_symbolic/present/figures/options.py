"""The numbers that pictures are made with: positive, whole, fitting, and small enough to be drawn readably."""

from __future__ import annotations

import re
from numbers import Integral
from typing import Any

from cnn_symbolic.ground.errors import OperandError, ShapeError

Pair = tuple[int, int]


def pair(value: Any, owner: str, least: int = 1) -> Pair:
    """Return two whole numbers, `least` or more, given as such or as one number for both."""
    values = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2 or not all(isinstance(v, Integral) and not isinstance(v, bool) for v in values):
        raise OperandError(f"{owner} is a whole number, or one for each of the two axes; found {value!r}")
    if min(values) < least:
        raise ShapeError(f"{owner} is at least {least}, found {value!r}")
    return int(values[0]), int(values[1])


def positive(value: Any, owner: str) -> int:
    """Return a whole number that is 1 or more."""
    if isinstance(value, tuple | list):
        raise OperandError(f"{owner} is a whole number, found {value!r}")
    return pair(value, owner)[0]


def read_pair(text: str, owner: str) -> Pair | int | str:
    """Return what is written as `5`, `5x4` or `5×4`; a word, such as the name of a padding, as it is.

    >>> read_pair("5x4", "--shape"), read_pair("2", "--stride"), read_pair("same", "--padding")
    ((5, 4), 2, 'same')
    """
    parts = re.split("[x×,]", text.replace(" ", "").lower())
    if len(parts) <= 2 and all(re.fullmatch(r"-?[0-9]{1,9}", part) for part in parts):
        numbers = [int(part) for part in parts]
        return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])
    if re.fullmatch("[a-z_]+", text):
        return text
    raise OperandError(f"{owner} is a whole number or two, such as 5 or 5x4; found {text!r}")


def check_fits(shape: Pair, overlay: Pair, owner: str) -> None:
    """Raise ShapeError unless an overlay fits into an input."""
    if overlay[0] > shape[0] or overlay[1] > shape[1]:
        raise ShapeError(f"{owner}: an overlay of {written(overlay)} does not fit into {written(shape)}")


def check_at_most(what: str, size: Pair, most: Pair, owner: str) -> None:
    """Raise ShapeError for a grid that is too large to be drawn."""
    if size[0] > most[0] or size[1] > most[1]:
        raise ShapeError(f"{owner}: {what} of {written(size)} cannot be drawn readably, {written(most)} at most can")


def written(shape: Pair) -> str:
    """Return a shape as it is said: 3×4."""
    return f"{shape[0]}×{shape[1]}"
