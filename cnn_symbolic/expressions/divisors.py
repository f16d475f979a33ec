"""What has to be at least one for something to be defined, whatever the values of the indices in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import at_least, compare, is_plain_size
from cnn_symbolic.ground.errors import FragmentError


def required(presumed: Iterable[sp.Expr], ranges: Mapping[sp.Symbol, sp.Expr]) -> tuple[Any, ...]:
    """Return the conditions that expressions are at least one, for all values of the indices in them."""
    conditions: dict[Any, None] = {}
    for e in presumed:
        lowest = sp.expand(least_over(e, ranges))
        if stray := {s for s in lowest.free_symbols if not is_plain_size(s)}:
            raise FragmentError(f"a formula divides by {written(e)}, which is not made from sizes: {stray.pop()}")
        if not at_least(lowest, 1):
            conditions[compare(">=", lowest, sp.S.One)] = None
    return tuple(conditions)


def least_over(e: sp.Expr, ranges: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """Return the least value of an expression over `0 ≤ i < n` for each of its indices, in which it is affine.

    Raises FragmentError where it is not: whether there is a divisor of zero could not be said.
    """
    for index in sorted(e.free_symbols & set(ranges), key=str):
        expanded = sp.expand(e)
        slope = expanded.coeff(index)
        if not slope.is_Rational or index in (rest := expanded - slope * index).free_symbols:
            raise FragmentError(f"a formula divides by {written(e)}: the index {index} has to stand in it by itself")
        e = rest if slope > 0 else rest + slope * (ranges[index] - 1)
    return e
