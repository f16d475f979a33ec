"""Where something is computed: integers for sizes and indices, arrays for tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from cnn_symbolic.ground.errors import EvaluationError


@dataclass(frozen=True)
class Point:
    """Integers for the sizes, by name, and for indices; `memo` keeps what was computed there."""

    sizes: Mapping[str, int]
    indices: Mapping[sp.Symbol, Any] = field(default_factory=dict)
    memo: dict[int, Any] = field(default_factory=dict)

    def with_indices(self, indices: Mapping[sp.Symbol, Any]) -> Point:
        """Return the point with further indices."""
        return replace(self, indices={**self.indices, **indices}, memo={})

    def symbol(self, symbol: sp.Symbol) -> Any:
        """Return the integer that a size or an index stands for."""
        return self.indices[symbol] if symbol in self.indices else self.sizes[symbol.name]

    def array(self, tensor: Any) -> Any:
        """Return the array that a tensor stands for."""
        raise EvaluationError(f"no array is given for {tensor}")

    def entry(self, tensor: Any, index: tuple[int, ...]) -> Any:
        """Return an entry of a tensor, zero outside of its shape."""
        array = self.array(tensor)
        within = all(0 <= i < n for i, n in zip(index, array.shape, strict=True))
        return array[index] if within else 0


STANDING: ContextVar[Point | None] = ContextVar("standing", default=None)


@contextmanager
def standing_at(point: Point) -> Iterator[None]:
    """Let sizes stand for integers and tensors for arrays: what is calculated inside are plain numbers."""
    token = STANDING.set(point)
    try:
        yield
    finally:
        STANDING.reset(token)
