"""The functions of real numbers that are known: one row each, and the laws by which products of them are written.

Trusted, as what is concluded about them rests on these rows: derivatives, laws, and where they are valid. Every row is
compared with the functions' real values by the tests. The names stand for functions wherever one is applied; every
other name is that of an arbitrary differentiable function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

# Σ number · Π functions, all of the same argument: exponents are repeated names.
Polynomial = Mapping[tuple[str, ...], Fraction]


@dataclass(frozen=True)
class KnownFunction:
    """What `definition` says, with its derivative and its value in NumPy.

    `where` says where all of them are valid: everywhere, for t > 0 (">"), or for t ≠ 0 ("!=").
    """

    definition: str
    derivative: Polynomial
    value: Callable[[Any], Any]
    where: str = ""


def polynomial(*terms: str) -> Polynomial:
    """Return a polynomial in functions of one argument, whose terms are written as "-1/2 rsqrt rsqrt"."""
    parts = [term.split() for term in terms]
    return {tuple(names): Fraction(number) for number, *names in parts}


def logistic(t: Any) -> Any:
    """Return 1/(1 + e⁻ᵗ), without overflow."""
    return np.exp(-np.logaddexp(0, -t))


KNOWN: dict[str, KnownFunction] = {
    "exp": KnownFunction("eᵗ", polynomial("1 exp"), np.exp),
    "log": KnownFunction("ln t", polynomial("1 reciprocal"), np.log, ">"),
    "reciprocal": KnownFunction("1/t", polynomial("-1 reciprocal reciprocal"), lambda t: 1 / t, "!="),
    "sqrt": KnownFunction("√t", polynomial("1/2 rsqrt"), np.sqrt, ">"),
    "rsqrt": KnownFunction("1/√t", polynomial("-1/2 rsqrt rsqrt rsqrt"), lambda t: 1 / np.sqrt(t), ">"),
    "sigmoid": KnownFunction("1/(1 + e⁻ᵗ)", polynomial("1 sigmoid", "-1 sigmoid sigmoid"), logistic),
    "tanh": KnownFunction("(eᵗ − e⁻ᵗ)/(eᵗ + e⁻ᵗ)", polynomial("1", "-1 tanh tanh"), np.tanh),
    "softplus": KnownFunction("ln(1 + eᵗ)", polynomial("1 sigmoid"), lambda t: np.logaddexp(0, t)),
    "relu": KnownFunction("max(t, 0)", polynomial("1 step"), lambda t: np.maximum(t, 0), "!="),
    "step": KnownFunction("1 where t > 0, else 0", polynomial(), lambda t: np.heaviside(t, 0), "!="),
}
# Laws of products: what is on the left is written as what is on the right. None leads back, and no two of them lead to
# different ends: by the first six, a product of roots is t to some half-integer power, which has one form.
LAWS: tuple[tuple[Counter[str], Counter[str]], ...] = tuple(
    (Counter(left.split()), Counter(right.split()))
    for left, right in (
        ("reciprocal t", ""),
        ("rsqrt rsqrt", "reciprocal"),
        ("sqrt rsqrt", ""),
        ("sqrt reciprocal", "rsqrt"),
        ("rsqrt t", "sqrt"),
        ("sqrt sqrt", "t"),
        ("step step", "step"),
        ("relu", "t step"),
    )
)
# The functions that are written otherwise in products.
LAWFUL = {name for left, _ in LAWS for name in left} - {"t"}


def derivative(name: str, order: int) -> Polynomial:
    """Return the derivative of a known function, of any order, as a polynomial in known functions.

    >>> derivative("tanh", 2)
    {('tanh',): Fraction(-2, 1), ('tanh', 'tanh', 'tanh'): Fraction(2, 1)}
    """
    found: Polynomial = {(name,): Fraction(1)}
    for _ in range(order):
        total: dict[tuple[str, ...], Fraction] = {}
        for names, number in found.items():
            for k, inner in enumerate(names):
                for others, slope in KNOWN[inner].derivative.items():
                    product = tuple(sorted(names[:k] + names[k + 1 :] + others))
                    total[product] = total.get(product, Fraction(0)) + number * slope
        found = {product: number for product, number in total.items() if number}
    return found


def by_laws(product: Counter[str]) -> Counter[str]:
    """Return a product of functions of t, and of `t` itself, as the laws write it.

    >>> by_laws(Counter({"rsqrt": 2, "t": 1}))
    Counter()
    """
    for left, right in LAWS:
        if left <= product:
            return by_laws(product - left + right)
    return product
