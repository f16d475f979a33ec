"""The numbers that pictures are made with: positive, whole, fitting, and small enough to be drawn readably."""

from __future__ import annotations

import re
from numbers import Integral
from typing import Any

from cnn_symbolic.ground.errors import OperandError, ShapeError

Pair = tuple[int, int]
Widths = tuple[Pair, Pair]


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


def padding_of(value: Any, owner: str, row: bool) -> Widths | str:
    """Return a padding as widths before and after each of the two axes, or its name; that of a row is along the row.

    It is given as a name, a width for all sides, one for each axis, or as a pair (before, after) for each or both.
    """
    if isinstance(value, str):
        return value
    sides = value if isinstance(value, tuple | list) else (value,)
    widths = [pair(side, owner, 0) for side in sides]
    if len(widths) == 1:
        return (0, 0) if row else widths[0], widths[0]
    if len(widths) != 2:
        raise OperandError(f"{owner} is for one axis or for both; found {value!r}")
    return widths[0], widths[1]


def is_row(*shapes: Pair) -> bool:
    """Tell whether everything is one row, so that there is one axis."""
    return all(rows == 1 for rows, _ in shapes)


def read_pair(text: str, owner: str) -> Any:
    """Return what is written as `5`, `5x4` or `5×4`; a word, such as the name of a padding, as it is.

    A padding may have another width before than after: `2+0`, or `1+0x2+1` for two axes.

    >>> read_pair("5x4", "--shape"), read_pair("2", "--stride"), read_pair("same", "--padding")
    ((5, 4), 2, 'same')
    >>> read_pair("2+0", "--padding")
    ((2, 0),)
    """
    parts = re.split("[x×,]", text.replace(" ", "").lower())
    if len(parts) <= 2 and "+" in text and all(re.fullmatch(r"[0-9]{1,9}(\+[0-9]{1,9})?", part) for part in parts):
        return tuple(tuple(map(int, (part.split("+") * 2)[:2])) for part in parts)
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


def said(value: Any) -> str:
    """Return an option as it is said: 2, 2×1, same, or 2+0 for what is before and after."""
    if not isinstance(value, tuple | list):
        return str(value)
    parts = ["+".join(map(str, part)) if isinstance(part, tuple | list) else str(part) for part in value]
    return "×".join(parts)
