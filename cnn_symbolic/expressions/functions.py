"""The functions of numbers and conditions that people write."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.calculations import CALCULATIONS, Calculation
from cnn_symbolic.expressions.heads import has_entries
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.values import Number, combined, compared, joined, made, number, truth
from cnn_symbolic.ground.errors import FragmentError, OperandError


def without_entries(build: Callable[..., sp.Expr], *parts: sp.Expr) -> sp.Expr:
    """Return what a rule makes of sizes and indices; entries of tensors, which are real numbers, are refused."""
    for part in parts:
        if has_entries(part):
            raise FragmentError(
                f"maxima, minima and rounding are of sizes and indices, found the entries in {written(part)}"
            )
    return build(*parts)


def chosen(holds: Any, value: sp.Expr, otherwise: sp.Expr) -> sp.Expr:
    """Return a value or another one as a formula, of tensor entries as a sum."""
    build = rules.added_where if has_entries(value) or has_entries(otherwise) else rules.where
    return build(holds, value, otherwise)


CALCULATIONS.update(
    {
        "floor": Calculation(partial(without_entries, rules.floor), math.floor),
        "ceiling": Calculation(partial(without_entries, rules.ceiling), math.ceil),
        "maximum": Calculation(partial(without_entries, rules.maximum), lambda *numbers: max(numbers)),
        "minimum": Calculation(partial(without_entries, rules.minimum), lambda *numbers: min(numbers)),
        "Iverson": Calculation(rules.bracket, int),
        "where": Calculation(chosen, lambda holds, value, otherwise: value if holds else otherwise),
    }
)


def needed(found: Any, name: str, values: Any) -> Any:
    """Return what was made; raise OperandError if the values are no numbers."""
    if found is NotImplemented:
        raise OperandError(f"{name} takes numbers, sizes and indices, found {values!r}")
    return found


def floor(x: Any) -> Any:
    """Return ⌊x⌋ for a rational number made from sizes and indices: `floor((M - I) / S)`.

    Raises OperandError for what is no number, FragmentError for entries of tensors.

    >>> from cnn_symbolic import Rational, floor, sizes
    >>> M, I, S = sizes("M I S")
    >>> floor((M - I) / S) + 1, floor(Rational(7, 2))
    (⌊(M - I)/S⌋ + 1, 3)
    """
    return needed(made("floor", x), "floor", x)


def ceiling(x: Any) -> Any:
    """Return ⌈x⌉ for a rational number made from sizes and indices: `ceiling(M / S)`.

    Raises OperandError for what is no number, FragmentError for entries of tensors.

    >>> from cnn_symbolic import Rational, ceiling, sizes
    >>> M, S = sizes("M S")
    >>> ceiling(M / S), ceiling(Rational(7, 2))
    (⌈M/S⌉, 4)
    """
    return needed(made("ceiling", x), "ceiling", x)


def maximum(*values: Any) -> Any:
    """Return the greatest of numbers made from sizes and indices.

    `Max` is another name for it. Raises OperandError for what is no number, FragmentError for entries of tensors.

    >>> from cnn_symbolic import maximum, sizes
    >>> M, N = sizes("M N")
    >>> maximum(M, N, 3), maximum(2, 3)
    (max(M, N, 3), 3)
    """
    return needed(made("maximum", *values), "maximum", values)


def minimum(*values: Any) -> Any:
    """Return the least of numbers made from sizes and indices.

    `Min` is another name for it. Raises OperandError for what is no number, FragmentError for entries of tensors.

    >>> from cnn_symbolic import minimum, sizes
    >>> M, N = sizes("M N")
    >>> minimum(M, N, 3), minimum(2, 3)
    (min(M, N, 3), 2)
    """
    return needed(made("minimum", *values), "minimum", values)


Max, Min = maximum, minimum


def Mod(a: Any, b: Any) -> Any:
    """Return the remainder a mod b, as `a % b`.

    Raises OperandError for what is no number.

    >>> from cnn_symbolic import Mod, sizes
    >>> M, S = sizes("M S")
    >>> Mod(M, S), Mod(-1, 3)
    ((M mod S), 2)
    """
    return needed(made("%", a, b), "Mod", (a, b))


def Rational(numerator: int, denominator: int) -> Any:
    """Return a fraction of two integers as an exact number.

    Raises FragmentError for a denominator of zero.

    >>> from cnn_symbolic import Rational, sizes
    >>> M, N = sizes("M N")
    >>> Rational(6, 4), Rational(1, 2) * (M + N)
    (3/2, M/2 + N/2)
    """
    if denominator == 0:
        raise FragmentError("nothing is divided by zero")
    return number(Fraction(numerator, denominator))


def Eq(a: Any, b: Any) -> Any:
    """Return the condition a = b, as `a == b`.

    Raises OperandError for what is no number.

    >>> from cnn_symbolic import Eq, sizes
    >>> M, N, S = sizes("M N S")
    >>> Eq(M, N), Eq(M % S, 0)
    (M = N, S divides M)
    """
    return needed(compared("=", a, b), "Eq", (a, b))


def Ne(a: Any, b: Any) -> Any:
    """Return the condition a ≠ b, as `a != b`.

    Raises OperandError for what is no number.

    >>> from cnn_symbolic import Ne, sizes
    >>> M, N = sizes("M N")
    >>> Ne(M, N)
    M ≠ N
    """
    return needed(compared("!=", a, b), "Ne", (a, b))


def Iverson(condition: Any) -> Any:
    """Return Iverson's bracket [condition]: 1 where a condition on indices and sizes holds, else 0.

    Raises FragmentError for what is no condition.

    >>> from cnn_symbolic import Iverson, sizes
    >>> M, N = sizes("M N")
    >>> Iverson(M >= N) * M, Iverson(2 > 1)
    (M·[M ≥ N], 1)
    """
    return combined(Number, "Iverson", (condition,), (truth,))


def where(condition: Any, value: Any, otherwise: Any) -> Any:
    """Return a number where a condition on sizes and indices holds, else another one. Source: `numpy.where`.

    Of tensor entries it is their sum [condition]·a + [not condition]·b, which can be differentiated. Raises
    FragmentError for what is no condition.

    >>> from cnn_symbolic import sizes, tensor, where
    >>> M, N = sizes("M N")
    >>> where(M >= N, M, N)
    (M if M ≥ N, else N)
    >>> where(M >= N, tensor(3, name="x")[0], 0)
    [M ≥ N]·x[0]
    """
    return combined(Number, "where", (condition, value, otherwise), (truth, number, number))


def And(*conditions: Any) -> Any:
    """Return the condition that all conditions hold.

    Raises FragmentError for what is no condition.

    >>> from cnn_symbolic import And, sizes
    >>> M, N, I, J = sizes("M N I J")
    >>> And(M >= I, N >= J)
    M ≥ I and N ≥ J
    """
    return joined("and", *conditions)


def Or(*conditions: Any) -> Any:
    """Return the condition that at least one condition holds.

    Raises FragmentError for what is no condition.

    >>> from cnn_symbolic import Or, sizes
    >>> M, N = sizes("M N")
    >>> Or(M < N, M == 2 * N)
    M < N or M = 2·N
    """
    return joined("or", *conditions)


def Not(condition: Any) -> Any:
    """Return the condition that a condition does not hold.

    Raises FragmentError for what is no condition.

    >>> from cnn_symbolic import Not, sizes
    >>> M, N = sizes("M N")
    >>> Not(M >= N)
    M < N
    """
    return joined("not", condition)
