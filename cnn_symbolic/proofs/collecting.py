"""Collects what is declared while a derivation file is loaded, and where it is declared."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cnn_symbolic.ground.errors import DerivationFileError


@dataclass(frozen=True)
class Declared:
    """A declaration, and the line and column at which it begins, from 1 on."""

    made: Any
    line: int
    column: int


COLLECTED: ContextVar[list[Declared] | None] = ContextVar("collected", default=None)


def collect(made: Any) -> None:
    """Hand a declaration to whoever is collecting them."""
    if (collected := COLLECTED.get()) is not None:
        collected.append(Declared(made, *caller()))


def caller() -> tuple[int, int]:
    """Return the line and the column of the call into this package that is being made."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("cnn_symbolic."):
        frame = frame.f_back
    _, _, offset, _ = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return frame.f_lineno, column_of(text, offset or 0)


def column_of(line: str, offset: int) -> int:
    """Return the column of a line, from 1 on, at an offset into its UTF-8 bytes, which Python counts in."""
    return len(line.encode()[:offset].decode(errors="ignore")) + 1


@contextmanager
def collecting() -> Iterator[list[Declared]]:
    """Collect everything that is declared inside the `with` block, in order."""
    if COLLECTED.get() is not None:
        raise DerivationFileError("a derivation file cannot load another one")
    collected: list[Declared] = []
    token = COLLECTED.set(collected)
    try:
        yield collected
    finally:
        COLLECTED.reset(token)
