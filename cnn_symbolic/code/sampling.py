"""Small sizes at which conditions hold, found by trying: for a path that the kernel cannot tell to be one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import symbols_of
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import is_plain_size, least
from cnn_symbolic.ground.errors import CnnSymbolicError

# How many combinations of sizes are tried, and how far above its least value a size may be.
TRIED, SPREAD = 3000, (0, 1, 2, 3, 5)

Sizes = Mapping[sp.Symbol, int]


def sizes_of(conditions: Sequence[Any]) -> list[sp.Symbol]:
    """Return the sizes that conditions are about, in order of their names."""
    found = {s for condition in conditions for s in symbols_of(condition) if is_plain_size(s)}
    return sorted(found, key=lambda s: (s.name, str(s.assumptions0)))


def hold(conditions: Sequence[Any], sizes: Sizes) -> bool:
    """Tell whether all conditions hold at some sizes; one that divides by zero there does not."""
    known: Mapping[Any, int] = sizes
    with suppress(CnnSymbolicError, ZeroDivisionError, KeyError):
        return all(bool(value_of(condition, known.__getitem__)) for condition in conditions)
    return False


def drawn(symbols: Sequence[sp.Symbol], seed: int = 0, tried: int = TRIED) -> Iterator[dict[sp.Symbol, int]]:
    """Yield combinations of small sizes: the least ones first, then at random, always the same ones."""
    pick = random.Random(seed)
    yield {s: least(s) for s in symbols}
    for number in range(tried):
        spread = SPREAD[: 2 + number * len(SPREAD) // tried]
        yield {s: least(s) + pick.choice(spread) for s in symbols}


def found_where(conditions: Sequence[Any], symbols: Sequence[sp.Symbol] = ()) -> dict[str, int] | None:
    """Return sizes at which all conditions hold, the smallest of those that were tried; None if none were found."""
    every = list(dict.fromkeys([*symbols, *sizes_of(conditions)]))
    holding = [sizes for sizes in drawn(every) if hold(conditions, sizes)]
    best = min(holding, key=lambda sizes: sum(sizes.values()), default=None)
    return None if best is None else {s.name: n for s, n in best.items()}
