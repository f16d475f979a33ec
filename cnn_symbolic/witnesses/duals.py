"""Dual numbers: exact numbers with infinitesimals, whose arithmetic differentiates.

An element is an integer, a fraction, or a `Dual`: a polynomial in infinitesimals ε(tag, place) with such
coefficients. The product of two infinitesimals of one tag is zero, so that with x + ε in the place of x,
f(x + ε) = f(x) + f′(x)·ε is the whole Taylor series; those of different tags multiply, so that derivatives
of derivatives are not confused with each other. Source: W. K. Clifford's dual numbers; J. Siskind and
B. Pearlmutter, "Perturbation confusion and referential transparency", for the tags.

Known functions such as exp have real values, of 500 digits, and the derivatives of these. What is larger than 10¹², or
so close to a point where a function is not defined that rounding could decide, has no value. Two numbers that were
rounded are different only if they differ by far more than that could make.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import factorial, prod
from typing import Any

import mpmath
import numpy as np

from cnn_symbolic.ground.errors import FunctionDomainError

REAL = mpmath.MPContext()
REAL.dps = 500
LARGEST, CLOSE, MOST_ORDER = 10**12, REAL.mpf(10) ** -60, 6
Number = int | Fraction
NUMBERS = (int, Fraction, REAL.mpf)
Seed = tuple[Hashable, int]
Monomial = frozenset[Seed]

ONE: Monomial = frozenset()


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
        return False if isinstance(other, NUMBERS) else NotImplemented

    def __add__(self, other: Any) -> Any:
        terms = dict(self.terms)
        if isinstance(other, Dual):
            for monomial, coefficient in other.terms.items():
                terms[monomial] = terms.get(monomial, 0) + coefficient
            return normal(terms)
        if isinstance(other, NUMBERS):
            terms[ONE] = terms.get(ONE, 0) + other
            return normal(terms)
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual({monomial: -coefficient for monomial, coefficient in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, (*NUMBERS, Dual)) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Dual):
            if not isinstance(other, NUMBERS):
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
        return self * reciprocal(other) if isinstance(other, (*NUMBERS, Dual)) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return reciprocal(self) * other if isinstance(other, NUMBERS) else NotImplemented


Element = int | Fraction | Dual


@lru_cache(maxsize=1 << 16)
def tags_of(monomial: Monomial) -> frozenset[Hashable]:
    """Return the tags of the infinitesimals in a monomial."""
    return frozenset(tag for tag, _ in monomial)


def exact(number: Number) -> Number:
    """Return the number as an int if it is one."""
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


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


def differ(a: Any, b: Any) -> bool:
    """Tell whether two elements are different, and not by rounding."""
    difference = a + -b  # mpmath does not take numbers from fractions
    numbers = difference.terms.values() if isinstance(difference, Dual) else [difference]
    return any(abs(number) > CLOSE if isinstance(number, REAL.mpf) else number != 0 for number in numbers)


def real(function: Callable[[Any], Any], number: Number) -> Any:
    """Return a real function at a number; raise FunctionDomainError where its value is too large."""
    value = function(REAL.convert(number))
    if abs(value) > LARGEST:
        raise FunctionDomainError(f"a value of {REAL.nstr(value, 5)} is too large to compute with")
    return value


def check_domain(name: str, number: Number, positive: bool = False) -> None:
    """Raise FunctionDomainError where a number is too close to zero for a function, or negative."""
    least: Any = CLOSE if isinstance(number, REAL.mpf) else 0
    if (number if positive else abs(number)) <= least:
        expected = "positive" if positive else "not zero"
        raise FunctionDomainError(f"{name}(t) is not defined at t = {number}: expected a number that is {expected}")


def reciprocal(element: Element, order: int = 0) -> Element:
    """Return the derivative of that order of 1/t, (−1)ⁿ·n!/tⁿ⁺¹; raise FunctionDomainError where t has no inverse.

    >>> reciprocal(2), reciprocal(2, 1)
    (Fraction(1, 2), Fraction(-1, 4))
    """
    number, rest = split(element)
    check_domain("reciprocal", number)
    inverse = 1 / number if isinstance(number, REAL.mpf) else Fraction(1) / number
    value: Any = series(lambda k: (-1) ** k * inverse ** (k + 1), rest)
    derived: Element = value ** (order + 1) * ((-1) ** order * factorial(order))
    return derived


def exp(element: Element, order: int = 0) -> Element:
    """Return exp(v)·Σ Nᵏ/k! at v + N, N infinitesimal: its own derivative of every order."""
    number, rest = split(element)
    value = Fraction(1) if number == 0 else real(REAL.exp, number)
    return series(lambda k: value / factorial(k), rest)


def log(element: Element, order: int = 0) -> Element:
    """Return log(v) + Σ (−1)ᵏ⁺¹·Nᵏ/(k·vᵏ) at v + N, N infinitesimal, or its derivative of that order; (log t)′ = 1/t.

    Raises FunctionDomainError where v is not positive.
    """
    number, rest = split(element)
    check_domain("log", number, positive=True)
    if order:
        return reciprocal(element, order - 1)
    value, inverse = 0 if number == 1 else real(REAL.log, number), split(reciprocal(number))[0]
    return series(lambda k: Fraction((-1) ** (k + 1), k) * inverse**k if k else value, rest)


def root(name: str, exponent: Fraction) -> Callable[[Element], Element]:
    """Return the power of a positive number with that exponent, Σ binomial(q, k)·v^(q − k)·Nᵏ at v + N."""

    def power(element: Element) -> Element:
        number, rest = split(element)
        check_domain(name, number, positive=True)
        value, inverse = real(lambda t: t ** REAL.convert(exponent), number), split(reciprocal(number))[0]

        def coefficient(k: int) -> Number:
            found: Number = prod((exponent - j for j in range(k)), start=Fraction(1, factorial(k))) * value * inverse**k
            return found

        return series(coefficient, rest)

    return power


def sigmoid(element: Element) -> Element:
    """Return 1/(1 + e⁻ᵗ), by the exponential that is at most one."""
    t: Any = element
    if split(t)[0] > 0:
        return reciprocal(1 + exp(-t))
    small: Any = exp(t)
    found: Element = small * reciprocal(1 + small)
    return found


def tanh(element: Element) -> Element:
    """Return the hyperbolic tangent, 2·sigmoid(2t) − 1."""
    t: Any = element
    twice: Any = sigmoid(2 * t)
    found: Element = 2 * twice - 1
    return found


def softplus(element: Element) -> Element:
    """Return log(1 + eᵗ)."""
    t: Any = element
    found: Element = t + log(1 + exp(-t)) if split(t)[0] > 0 else log(1 + exp(t))
    return found


def step(element: Element) -> Element:
    """Return 1 for a positive number, 0 for a negative one."""
    check_domain("step", split(element)[0])
    return int(split(element)[0] > 0)


def relu(element: Element) -> Element:
    """Return a positive number, and 0 for a negative one."""
    return element if step(element) else 0


def with_orders(function: Callable[[Element], Element]) -> Callable[[Element, int], Element]:
    """Return a function with its derivatives: of order n, the coefficient of ε₁·…·εₙ at t + ε₁ + … + εₙ."""

    def derived(element: Element, order: int = 0) -> Element:
        if order > MOST_ORDER:
            raise FunctionDomainError(f"derivatives of order {order} are not computed: at most {MOST_ORDER}")
        tags = [object() for _ in range(order)]
        value = function(sum((Dual({frozenset(((tag, 0),)): 1}) for tag in tags), start=element))
        for tag in tags:
            value = part(value, tag, 0)
        return value

    return derived


SMOOTH = {
    "sqrt": root("sqrt", Fraction(1, 2)),
    "rsqrt": root("rsqrt", Fraction(-1, 2)),
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softplus": softplus,
    "relu": relu,
    "step": step,
}
KNOWN: dict[str, Callable[[Element, int], Element]] = {
    "exp": exp,
    "log": log,
    "reciprocal": reciprocal,
    **{name: with_orders(function) for name, function in SMOOTH.items()},
}
