"""Dual numbers: exact numbers with infinitesimals, whose arithmetic differentiates.

An element is an integer, a fraction, or a `Dual`: a polynomial in infinitesimals ε(tag, place) with such
coefficients. The product of two infinitesimals of one tag is zero, so that with x + ε in the place of x,
f(x + ε) = f(x) + f′(x)·ε is the whole Taylor series; those of different tags multiply, so that derivatives
of derivatives are not confused with each other. Source: W. K. Clifford's dual numbers; J. Siskind and
B. Pearlmutter, "Perturbation confusion and referential transparency", for the tags.

exp and log have no exact values. Here they are any functions of which the right derivatives are known: their
values at numbers are made up, the same on every run, and their Taylor series are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import factorial, prod
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import FunctionDomainError

Number = int | Fraction
Seed = tuple[Hashable, int]
Monomial = frozenset[Seed]

ONE: Monomial = frozenset()
POWERS_OF_TWO = 1000  # beyond, 2ᵛ has too many digits to compute with


class Dual:
    """Σ terms[m] · Π ε(tag, place) over the seeds of m, with at least one infinitesimal: `normal` makes them.

    `+ − * / **` with integers, fractions and duals are exact; a result without infinitesimals is a plain number.
    As elements of object arrays they work in NumPy. Dividing by what is infinitesimal raises FunctionDomainError.
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, Number]) -> None:
        self.terms = terms

    def __repr__(self) -> str:
        def written(monomial: Monomial, coefficient: Number) -> str:
            seeds = sorted(monomial, key=str)
            return "·".join([str(coefficient), *(f"ε({tag}, {place})" for tag, place in seeds)])

        ordered = sorted(self.terms.items(), key=lambda term: (len(term[0]), str(sorted(term[0], key=str))))
        return " + ".join(written(*term) for term in ordered)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Dual):
            return self.terms == other.terms
        return False if isinstance(other, Number) else NotImplemented

    def __add__(self, other: Any) -> Any:
        terms = dict(self.terms)
        if isinstance(other, Dual):
            for monomial, coefficient in other.terms.items():
                terms[monomial] = terms.get(monomial, 0) + coefficient
            return normal(terms)
        if isinstance(other, Number):
            terms[ONE] = terms.get(ONE, 0) + other
            return normal(terms)
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual({monomial: -coefficient for monomial, coefficient in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, Number | Dual) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Dual):
            if not isinstance(other, Number):
                return NotImplemented
            return normal({monomial: coefficient * other for monomial, coefficient in self.terms.items()})
        terms: dict[Monomial, Number] = {}
        others = [(right, tags_of(right), d) for right, d in other.terms.items()]
        for left, c in self.terms.items():
            tags = tags_of(left)
            for right, right_tags, d in others:
                if tags.isdisjoint(right_tags):
                    monomial = left | right
                    terms[monomial] = terms.get(monomial, 0) + c * d
        return normal(terms)

    __rmul__ = __mul__

    def __pow__(self, exponent: Any) -> Any:
        return prod([self] * exponent) if isinstance(exponent, int) and exponent >= 0 else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return self * reciprocal(other) if isinstance(other, Number | Dual) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return reciprocal(self) * other if isinstance(other, Number) else NotImplemented


Element = int | Fraction | Dual


@lru_cache(maxsize=1 << 16)
def tags_of(monomial: Monomial) -> frozenset[Hashable]:
    """Return the tags of the infinitesimals in a monomial."""
    return frozenset(tag for tag, _ in monomial)


def exact(number: Number) -> Number:
    """Return the number as an int if it is one."""
    return number.numerator if number.denominator == 1 else number


def normal(terms: Mapping[Monomial, Number]) -> Element:
    """Return the sum of the terms: a plain number unless infinitesimals are left, without zeros, integers as int."""
    kept = {m: c if c.__class__ is int else exact(c) for m, c in terms.items() if c}
    if len(kept) > 1 or (kept and ONE not in kept):
        return Dual(kept)
    return kept.get(ONE, 0)


def seeded(array: Any, tag: Hashable) -> np.ndarray:
    """Return the array with an infinitesimal of its own added to each entry; its place is the flat index.

    Where the entries have infinitesimals already, the tag must be a new one.
    """
    given = np.asarray(array, dtype=object)
    found = np.empty(given.size, dtype=object)
    for place, element in enumerate(given.flat):
        found[place] = element + Dual({frozenset(((tag, place),)): 1})
    return found.reshape(given.shape)


def part(element: Element, tag: Hashable, place: int) -> Element:
    """Return the coefficient of ε(tag, place): the derivative by that entry, an element in the other tags."""
    if not isinstance(element, Dual):
        return 0
    seed = (tag, place)
    return normal({monomial - {seed}: c for monomial, c in element.terms.items() if seed in monomial})


def coefficients(output: Any, tag: Hashable, count: int) -> list[np.ndarray]:
    """Return, for every place below `count`, the array of the coefficients of ε(tag, place) in the output.

    Each has the shape of the output, of any number of axes.
    """
    array = np.asarray(output, dtype=object)
    parts = np.zeros((count, array.size), dtype=object)
    for at, element in enumerate(array.flat):
        if isinstance(element, Dual):
            by_place: dict[int, dict[Monomial, Number]] = {}
            for monomial, coefficient in element.terms.items():
                for seed in monomial:
                    if seed[0] == tag:
                        by_place.setdefault(seed[1], {})[monomial - {seed}] = coefficient
            for place, terms in by_place.items():
                parts[place, at] = normal(terms)
    return [row.reshape(array.shape) for row in parts]


def applied(polynomial: Sequence[Number], order: int, element: Any) -> Any:
    """Return the derivative of that order of the polynomial Σ polynomial[k]·tᵏ at an element, or at an array of them.

    >>> applied([0, 0, 0, 1], 1, 5)  # (t³)′ at 5
    75
    """
    derived = list(polynomial)
    for _ in range(order):
        derived = [k * c for k, c in enumerate(derived)][1:]
    value = element * 0
    for coefficient in reversed(derived):
        value = value * element + coefficient
    return value


def split(element: Element) -> tuple[Number, Element]:
    """Return the number in an element, and its infinitesimal rest."""
    if not isinstance(element, Dual):
        return element, 0
    number = element.terms.get(ONE, 0)
    return number, element - number


def series(coefficient: Callable[[int], Number], rest: Element) -> Element:
    """Return Σ coefficient(k)·restᵏ; some power of what is infinitesimal is zero."""
    total: Any = coefficient(0)
    power: Any = rest
    k = 1
    while power != 0:
        total = total + power * coefficient(k)
        power, k = power * rest, k + 1
    return total if isinstance(total, Dual) else exact(total)


def reciprocal(element: Element, order: int = 0) -> Element:
    """Return the derivative of that order of 1/t, (−1)ⁿ·n!/tⁿ⁺¹; raise FunctionDomainError where t has no inverse.

    >>> reciprocal(2), reciprocal(2, 1)
    (Fraction(1, 2), Fraction(-1, 4))
    """
    number, rest = split(element)
    if number == 0:
        raise FunctionDomainError(f"1/t is not defined at t = {element}: expected a divisor that is not zero")
    inverse = Fraction(1) / number
    value: Any = series(lambda k: (-1) ** k * inverse ** (k + 1), rest)
    derived: Element = value ** (order + 1) * ((-1) ** order * factorial(order))
    return derived


def exp(element: Element, order: int = 0) -> Element:
    """Return E(v)·Σ Nᵏ/k! at v + N, N infinitesimal: its own derivative of every order.

    E(v) stands for exp(v). It is 2ᵛ for an integer v of at most 1000 in absolute value, else some positive fraction.
    """
    number, rest = split(element)
    number = exact(number)
    if isinstance(number, int) and abs(number) <= POWERS_OF_TWO:
        value = Fraction(2) ** number
    else:
        p, q = number.numerator, number.denominator
        value = Fraction(p * p + 3 * q + 1, q * q + 2)
    return series(lambda k: value / factorial(k), rest)


def log(element: Element, order: int = 0) -> Element:
    """Return L(v) + Σ (−1)ᵏ⁺¹·Nᵏ/(k·vᵏ) at v + N, N infinitesimal, or its derivative of that order; (log t)′ = 1/t.

    L(v) stands for log(v). It is (v − 1)/(v² + 1). Raises FunctionDomainError where v is zero.
    """
    if order:
        return reciprocal(element, order - 1)
    number, rest = split(element)
    if number == 0:
        raise FunctionDomainError(f"log(t) is not defined at t = {element}: expected an argument that is not zero")
    value, inverse = Fraction(number - 1) / (number * number + 1), Fraction(1) / number
    return series(lambda k: Fraction((-1) ** (k + 1), k) * inverse**k if k else value, rest)


KNOWN: dict[str, Callable[[Element, int], Element]] = {"exp": exp, "log": log, "reciprocal": reciprocal}
