"""What people calculate with numbers and conditions, by name: as formulas, and in Python's integers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import sympy as sp

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import has_entries
from cnn_symbolic.expressions.meaning import COMPARE, value_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.ground.errors import FragmentError, UndefinedError


class Calculation(NamedTuple):
    """What an operation makes of formulas, and what of integers and fractions, or of truth values."""

    build: Callable[..., Any]
    calculate: Callable[..., Any]


def dividing(build: Callable[..., sp.Expr], a: sp.Expr, by: sp.Expr) -> sp.Expr:
    """Return what a rule makes of a number and a divisor, which has no entries and is at least one."""
    if has_entries(by):
        raise FragmentError(f"nothing is divided by entries, found the divisor {written(by)}")
    if by.is_Rational and by < 1:
        raise FragmentError(f"a divisor is at least one, found {by}")
    return build(a, by)


def quotient(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return ⌊a/b⌋ as a formula."""
    return rules.floor(rules.divide(a, b))


# In integers and fractions


def whole(value: Any) -> Any:
    """Return a fraction as an integer where it is one."""
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def at_least_one(b: Any) -> Any:
    """Return a divisor; raise UndefinedError if it is less than one."""
    if b < 1:
        raise UndefinedError(f"a divisor is at least one, found {b}")
    return b


def divided(a: Any, b: Any) -> Any:
    """Return a/b."""
    return a * (1 / Fraction(at_least_one(b)))


def as_fraction(value: Any) -> Fraction:
    """Return a literal number as a fraction; raise FragmentError for zero, which nothing is divided by."""
    if value == 0:
        raise FragmentError("nothing is divided by zero")
    return Fraction(int(value.numerator), int(value.denominator))


def floor_divided(a: Any, b: Any) -> int:
    """Return ⌊a/b⌋."""
    return int(a // at_least_one(b))


def remainder_of(a: Any, b: Any) -> Any:
    """Return a mod b."""
    return a % at_least_one(b)


# The operations whose operands are numbers, or conditions; `functions` has more of them.
CALCULATIONS: dict[str, Calculation] = {
    "+": Calculation(operator.add, operator.add),
    "-": Calculation(operator.sub, operator.sub),
    "*": Calculation(operator.mul, operator.mul),
    "**": Calculation(operator.pow, operator.pow),
    "neg": Calculation(operator.neg, operator.neg),
    "/": Calculation(partial(dividing, rules.divide), divided),
    "//": Calculation(partial(dividing, quotient), floor_divided),
    "%": Calculation(partial(dividing, rules.remainder), remainder_of),
    **{sign: Calculation(partial(rules.compare, sign), compare) for sign, compare in COMPARE.items()},
    "and": Calculation(rules.all_of, lambda *values: all(values)),
    "or": Calculation(rules.any_of, lambda *values: any(values)),
    "not": Calculation(rules.negation, operator.not_),
    "same": Calculation(rules.equivalent, operator.eq),
}
# Those that divide by their second operand.
DIVISIONS = {"/", "//", "%"}
# How what anything else has made is computed at a point from its operands.
READINGS: dict[str, Callable[..., Any]] = {
    "literal": lambda _, value: value,
    "symbol": lambda point, symbol: point.symbol(symbol),
    "formula": lambda point, formula: value_of(formula, point.symbol),
}
