"""What operators and functions compute in Python's integers and fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnn_symbolic.ground.errors import FragmentError, UndefinedError


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
