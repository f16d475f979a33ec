"""The functions of numbers and conditions that people write."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.exact import opposite, remainder_of
from cnn_symbolic.expressions.heads import has_entries
from cnn_symbolic.expressions.points import STANDING
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.values import Number, Standing, compared, joined, made, number, read_at, truth
from cnn_symbolic.ground.errors import FragmentError, OperandError


def needed(found: Any, name: str, values: Any) -> Any:
    """Return what was made; raise OperandError if the values are no numbers."""
    if found is NotImplemented:
        raise OperandError(f"{name} takes numbers, sizes and indices, found {values!r}")
    return found


def floor(x: Any) -> Any:
    """Return ⌊x⌋ for a rational number made from sizes and indices: `floor((M - I) / S)`."""
    return needed(made(without_entries(rules.floor), math.floor, x), "floor", x)


def ceiling(x: Any) -> Any:
    """Return ⌈x⌉ for a rational number made from sizes and indices: `ceiling(M / S)`."""
    return needed(made(without_entries(rules.ceiling), math.ceil, x), "ceiling", x)


def without_entries(build: Callable[..., sp.Expr]) -> Callable[..., sp.Expr]:
    """Return a function of sizes and indices that refuses entries of tensors: these are real numbers."""

    def checked(*parts: sp.Expr) -> sp.Expr:
        for part in parts:
            if has_entries(part):
                raise FragmentError(
                    f"maxima, minima and rounding are of sizes and indices, found the entries in {written(part)}"
                )
        return build(*parts)

    return checked


def maximum(*values: Any) -> Any:
    """Return the greatest of numbers made from sizes and indices."""
    return needed(made(without_entries(rules.maximum), lambda *numbers: max(numbers), *values), "maximum", values)


def minimum(*values: Any) -> Any:
    """Return the least of numbers made from sizes and indices."""
    return needed(made(without_entries(rules.minimum), lambda *numbers: min(numbers), *values), "minimum", values)


Max, Min = maximum, minimum


def Mod(a: Any, b: Any) -> Any:
    """Return the remainder a mod b, as `a % b`."""
    return needed(made(rules.remainder, remainder_of, a, b, divisor=1), "Mod", (a, b))


def Rational(numerator: int, denominator: int) -> Any:
    """Return a fraction of two integers as an exact number."""
    if denominator == 0:
        raise FragmentError("nothing is divided by zero")
    return number(Fraction(numerator, denominator))


def Eq(a: Any, b: Any) -> Any:
    """Return the condition a = b, as `a == b`."""
    return needed(compared("=", operator.eq, a, b), "Eq", (a, b))


def Ne(a: Any, b: Any) -> Any:
    """Return the condition a ≠ b, as `a != b`."""
    return needed(compared("!=", operator.ne, a, b), "Ne", (a, b))


def Iverson(condition: Any) -> Any:
    """Return Iverson's bracket [condition]: 1 where a condition on indices and sizes holds, else 0."""
    if (point := STANDING.get()) is not None:
        return Standing(int(read_at(condition, point)))
    holds = truth(condition)
    return Number(rules.bracket(holds.formula), lambda point: int(holds.at(point)), holds.presumed)


def where(condition: Any, value: Any, otherwise: Any) -> Any:
    """Return a number where a condition on sizes and indices holds, else another one. Source: `numpy.where`.

    Of tensor entries it is their sum [condition]·a + [not condition]·b, which can be differentiated.
    """
    if (point := STANDING.get()) is not None:
        both = read_at(value, point), read_at(otherwise, point)
        return Standing(both[0 if read_at(condition, point) else 1])
    holds, chosen, other = truth(condition), number(value), number(otherwise)
    build = rules.added_where if has_entries(chosen.formula) or has_entries(other.formula) else rules.where
    formula = build(holds.formula, chosen.formula, other.formula)
    found: frozenset[sp.Expr] = reduce(frozenset.union, (chosen.presumed, other.presumed), holds.presumed)
    return Number(formula, lambda point: (chosen.at(point), other.at(point))[0 if holds.at(point) else 1], found)


def And(*conditions: Any) -> Any:
    """Return the condition that all conditions hold."""
    return joined(rules.all_of, all, conditions)


def Or(*conditions: Any) -> Any:
    """Return the condition that at least one condition holds."""
    return joined(rules.any_of, any, conditions)


def Not(condition: Any) -> Any:
    """Return the condition that a condition does not hold."""
    return joined(rules.negation, opposite, (condition,))
