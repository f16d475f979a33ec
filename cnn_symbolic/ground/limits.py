"""Limits on the time and on the memory that something may take."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnn_symbolic.ground.errors import OperandError

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
# Python, SymPy, NumPy and isl take a good part of this before anything is decided.
LEAST_MEMORY, MOST_MEMORY = 128 * UNITS["M"], 64 * UNITS["T"]


@dataclass(frozen=True)
class Limits:
    """How many seconds a task may take, and how many bytes of memory its process; None is no limit."""

    seconds: float | None = 60.0
    memory: int | None = 4 * UNITS["G"]


# The limits of a claim, unless others are given; and none, for what has limits of its own.
LIMITS, NO_LIMITS = Limits(), Limits(None, None)


def memory(text: str | int) -> int:
    """Return a number of bytes that is written with a unit; raise OperandError for what is none, or too little.

    >>> memory("500M"), memory("4G")
    (524288000, 4294967296)
    """
    found = re.fullmatch(r"(\d{1,15})([KMGT]?)i?B?", str(text).strip(), re.ASCII)
    size = int(found[1]) * UNITS[found[2]] if found else 0
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
