"""Limits on time and memory, and what numbers may be at most that users give: counts, options, entries of arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from numbers import Integral, Real
from typing import Any

from cnn_symbolic.ground.errors import OperandError, ShapeError

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
# Python, SymPy, NumPy and isl take a good part of this before anything is decided.
LEAST_MEMORY, MOST_MEMORY = 128 * UNITS["M"], 64 * UNITS["T"]

# What every clock and timer takes: the shortest time that is not rounded to none, and eleven days.
LEAST_SECONDS, MOST_SECONDS = 0.001, 1e6
# Beyond these, a command would not end, or not begin.
MOST_JOBS, MOST_LITERAL, MOST_EXAMPLES = 1000, 100, 1_000_000
# The largest seed of what is drawn, as of pytest's plugins.
MOST_SEED = 2**32 - 1
# How many entries the arrays of one example may have, two gigabytes, and the largest number in an option of a layer.
MOST_ENTRIES, MOST_OPTION = 2**28, 1_000_000


@dataclass(frozen=True)
class Limits:
    """How many seconds a task may take, and how many bytes of memory its process; None is no limit."""

    seconds: float | None = 60.0
    memory: int | None = 4 * UNITS["G"]


# The limits of a claim, unless others are given; and none, for what has limits of its own.
LIMITS, NO_LIMITS = Limits(), Limits(None, None)


def memory(text: str | int) -> int:
    """Return a number of bytes that is written with a unit; raise OperandError for what is none, or too little.

    >>> memory("500M"), memory("1.5G")
    (524288000, 1610612736)
    """
    found = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)([KMGT]?)(?:i?B)?", str(text).strip(), re.IGNORECASE | re.ASCII)
    size = int(float(found[1]) * UNITS[found[2].upper()]) if found else 0
    if not LEAST_MEMORY <= size <= MOST_MEMORY:
        raise OperandError(
            f"a limit on memory is written as 500M or 4G, from {in_words(LEAST_MEMORY)} on, found {text!r}"
        )
    return size


def in_words(size: int) -> str:
    """Return a number of bytes as one says it.

    >>> in_words(4 * 2**30), in_words(500 * 2**20)
    ('4 GiB', '500 MiB')
    """
    return f"{size / UNITS['G']:g} GiB" if size >= UNITS["G"] else f"{size / UNITS['M']:g} MiB"


def check_seconds(value: Any, name: str = "timeout") -> None:
    """Raise OperandError unless a limit is a number of seconds that can be waited for.

    >>> check_seconds(60)
    >>> check_seconds(float("nan"))
    Traceback (most recent call last):
    cnn_symbolic.ground.errors.OperandError: timeout is a number of seconds from 0.001 to 1,000,000, found nan
    """
    if not is_number(value, Real) or not LEAST_SECONDS <= value <= MOST_SECONDS:
        wanted = f"{name} is a number of seconds from {LEAST_SECONDS} to {MOST_SECONDS:,.0f}"
        raise OperandError(f"{wanted}, found {value!r}")


def check_count(value: Any, name: str, most: int, least: int = 1) -> None:
    """Raise OperandError unless a limit is a whole number from the least to the most.

    >>> check_count(60, "examples", 1000)
    """
    if not is_number(value, Integral) or not least <= value <= most:
        raise OperandError(f"{name} is a whole number from {least} to {most:,}, found {value!r}")


def check_entries(shapes: Mapping[str, Sequence[int]]) -> None:
    """Raise ShapeError for arrays that are too large to be tried."""
    if (entries := sum(map(prod, shapes.values()))) > MOST_ENTRIES:
        shown = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
        raise ShapeError(f"at most {MOST_ENTRIES:,} entries can be tried at once, found {entries:,}: {shown}")


def is_number(value: Any, kind: type) -> bool:
    """Tell whether something is a number of a kind; what is true or false is none."""
    return isinstance(value, kind) and not isinstance(value, bool)
