"""Collects what is declared while a derivation file is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from cnn_symbolic.ground.errors import DerivationFileError

__all__ = ["collect", "collecting"]


COLLECTED: ContextVar[list[Any] | None] = ContextVar("collected", default=None)


def collect(declared: Any) -> None:
    """Hand a declaration to whoever is collecting them."""
    if (collected := COLLECTED.get()) is not None:
        collected.append(declared)


@contextmanager
def collecting() -> Iterator[list[Any]]:
    """Collect every derivation declared inside the `with` block, in order."""
    if COLLECTED.get() is not None:
        raise DerivationFileError("a derivation file cannot load another one")
    collected: list[Any] = []
    token = COLLECTED.set(collected)
    try:
        yield collected
    finally:
        COLLECTED.reset(token)
