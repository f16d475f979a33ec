"""Polynomials in sizes and indices, and conditions on them: what formulas are while they are made affine.

Trusted. A polynomial is the number that stands before each product of symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.rules import is_plain_size, least
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason

Monomial = tuple[sp.Symbol, ...]
MOST_MONOMIALS = 400


class Polynomial(dict[Monomial, int | Fraction]):
    """The number before each product of symbols, none of them zero; not to be changed."""

    @classmethod
    def number(cls, value: Any) -> Polynomial:
        """Return a rational number as a polynomial."""
        exact = Fraction(int(value.numerator), int(value.denominator))
        return cls({(): int(exact) if exact.denominator == 1 else exact} if exact else {})

    @classmethod
    def of(cls, *symbols: sp.Symbol) -> Polynomial:
        """Return a product of symbols as a polynomial."""
        return cls({symbols: 1})

    def __add__(self, other: Polynomial | int) -> Polynomial:
        total = dict(self)
        for monomial, number in (other if isinstance(other, Polynomial) else {(): other}).items():
            total[monomial] = total.get(monomial, 0) + number
        return Polynomial({monomial: number for monomial, number in total.items() if number != 0})

    def __sub__(self, other: Polynomial | int) -> Polynomial:
        return self + -other

    def __neg__(self) -> Polynomial:
        return Polynomial({m: -n for m, n in self.items()})

    def __mul__(self, other: Polynomial) -> Polynomial:
        if len(self) * len(other) > MOST_MONOMIALS:
            raise NotReadable(Reason.LIMIT, f"an index has more than {MOST_MONOMIALS} terms when multiplied out")
        total: dict[Monomial, int | Fraction] = {}
        for m, n in self.items():
            for k, p in other.items():
                monomial = tuple(sorted(m + k, key=place)) if m and k else m or k
                total[monomial] = total.get(monomial, 0) + n * p
        return Polynomial({monomial: number for monomial, number in total.items() if number != 0})

    def put(self, symbol: sp.Symbol, value: Polynomial) -> Polynomial:
        """Return the polynomial with a symbol replaced."""
        if not any(symbol in m for m in self):
            return self
        total = Polynomial()
        for monomial, coefficient in self.items():
            part = Polynomial({tuple(s for s in monomial if s != symbol): coefficient})
            for _ in range(monomial.count(symbol)):
                part = part * value
            total = total + part
        return total


def place(symbol: sp.Symbol) -> tuple[str, int]:
    """Return what the symbols of a product are sorted by."""
    return (symbol.name, getattr(symbol, "dummy_index", -1))


def whole(*polynomials: Polynomial) -> tuple[Polynomial, ...]:
    """Return polynomials multiplied by their least common denominator."""
    scale = lcm(*(n.denominator for p in polynomials for n in p.values()))
    return tuple(Polynomial({m: int(n * scale) for m, n in p.items()}) for p in polynomials)


def symbols_in(*polynomials: Polynomial) -> set[sp.Symbol]:
    """Return the symbols in polynomials."""
    return {s for p in polynomials for m in p for s in m}


def is_factor(symbol: sp.Symbol) -> bool:
    """Tell whether a symbol is a size that is at least one."""
    return is_plain_size(symbol) and least(symbol) == 1


# Conditions


@dataclass(frozen=True)
class Relation:
    """`polynomial ≥ 0`, `= 0` or `≠ 0`, as `sign` says."""

    sign: str
    polynomial: Polynomial


@dataclass(frozen=True)
class AllOf:
    """All of the conditions hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of the conditions holds."""

    parts: tuple[Condition, ...]


Condition = Relation | AllOf | AnyOf
# Comparisons by their signs: the relation, whether the sides are exchanged, and whether it is strict.
RELATIONS: dict[str, tuple[str, int, int]] = {
    "=": ("=", 1, 0),
    "!=": ("!=", 1, 0),
    ">=": (">=", 1, 0),
    ">": (">=", 1, 1),
    "<=": (">=", -1, 0),
    "<": (">=", -1, 1),
}
OPPOSITE = {"=": "!=", "!=": "="}


def changed(condition: Condition, change: Callable[[Polynomial], Polynomial]) -> Condition:
    """Return the condition with every polynomial in it changed."""
    if isinstance(condition, Relation):
        return Relation(condition.sign, change(condition.polynomial))
    return type(condition)(tuple(changed(part, change) for part in condition.parts))


def polynomials_in(conditions: Iterable[Condition]) -> Iterator[Polynomial]:
    """Yield every polynomial in some conditions."""
    for condition in conditions:
        if isinstance(condition, Relation):
            yield condition.polynomial
        else:
            yield from polynomials_in(condition.parts)
