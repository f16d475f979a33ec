"""Integer sets whose coordinates stand for products: what is impossible because of that.

Trusted. A coordinate that stands for a product is free, as far as isl knows. But every constraint `t ≥ 0` of
a point implies `(f − 1)·t ≥ 0` for a factor f ≥ 1, and `t = 0` implies `f·t = 0`; where these are affine in
the coordinates again, they are added. If that leaves no point, then no values of the sizes are such a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import islpy as isl
import sympy as sp

from cnn_symbolic.kernel.trusted.coefficients import CoefficientSets
from cnn_symbolic.kernel.trusted.integer_sets import KIND, IntegerSet
from cnn_symbolic.kernel.trusted.polynomials import Condition, Monomial, Polynomial, whole
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason

# How many products of constraints are added in one decision; a fraction of this is what the bundle takes.
MOST_ADDED = 40_000
# The coefficients of a constraint, the constant last.
Coefficients = list[int]


class UnknownSets(CoefficientSets):
    """Integer sets over sizes and unknowns, from the conditions and terms of `products`."""

    added = 0

    def sizes_where_all(self, conditions: Iterable[Condition]) -> IntegerSet:
        """Return the sizes and unknowns that satisfy all conditions."""
        return self.sizes_satisfying([self.linear_part(c, self.names) for c in conditions])


class Coordinates:
    """What the dimensions of a set stand for: `monomials`, those of the parameters first; and the factors, each ≥ 1.

    At most `cases` distinctions are made one inside the other, on the differences of the quotients `alike`.
    """

    def __init__(
        self,
        sets: UnknownSets,
        monomials: Sequence[Monomial],
        factors: Sequence[Monomial],
        alike: Sequence[tuple[sp.Symbol, sp.Symbol]] = (),
        cases: int = 0,
    ) -> None:
        self.sets = sets
        self.alike = alike
        self.cases = cases
        self.monomials = monomials
        self.place = {m: k for k, m in enumerate(monomials)}
        # Where each factor is, and the multiples of each coordinate by it, if there are coordinates for them.
        multiples = [[Polynomial.of(*m) * Polynomial.of(*factor) for m in (*monomials, ())] for factor in factors]
        self.multiples = [[self.place.get(next(iter(multiple))) for multiple in each] for each in multiples]

    def impossible(self, points: IntegerSet) -> bool:
        """Tell whether no point has the product that each coordinate stands for."""
        return all(self.contradictory(basic) for basic in points.get_basic_sets())

    def zero_everywhere(self, function: Any) -> bool:
        """Tell whether a function is zero wherever each coordinate has the value of the product it stands for."""
        for domain, piece in function.get_pieces():
            if piece.gist(domain).is_zero():
                continue
            for basic in domain.get_basic_sets():
                closed = self.with_products(basic)
                value = self.real_value(piece.gist(isl.Set.from_basic_set(closed.affine_hull())))
                if value == {} or self.contradictory(basic):
                    continue
                if value is None or any(m and m not in self.place for m in value):
                    return False
                row = self.row(*whole(value))
                if not all(
                    self.contradictory(self.add(closed, [(">=", [*p[:-1], p[-1] - 1])])) for p in (row, negated(row))
                ):
                    return False
        return True

    def contradictory(self, basic: isl.BasicSet) -> bool:
        """Tell whether the products of its constraints with the factors show that a basic set is empty.

        If they do not by themselves, they may show which of two coordinates is the greater one, or whether one
        is positive; then the products of that are added too.

            C    −t > 0        C    t ≥ 0    products of both
            ───────────        ──────────────────────────────
               false                       false
            ─────────────────────────────────────────────────
                           no sizes satisfy C
        """
        closed = self.with_products(basic)
        if closed.is_empty():
            return True
        closed = self.with_products(closed)
        for row in self.compared:
            opposite = negated(row)
            opposite[-1] -= 1
            if self.with_row(closed, opposite).is_empty():
                closed = self.with_row(closed, row)
        return self.impossible_by_cases(closed, self.cases)

    def impossible_by_cases(self, closed: isl.BasicSet, depth: int) -> bool:
        """Tell whether a basic set is empty, if need be by distinguishing cases of the differences of quotients.

        C    t ≥ 0       C    −t > 0     products of both
        ────────────     ────────────────────────────────
           false              false
        ─────────────────────────────────────────────────
                       no sizes satisfy C
        """
        if closed.is_empty() or not depth:
            return bool(closed.is_empty())
        open_cases = []
        for row in self.differences:
            opposite = [*negated(row[:-1]), -row[-1] - 1]
            sides = [self.with_products(self.with_row(closed, side)) for side in (row, opposite)]
            left = [side for side in sides if not side.is_empty()]
            if len(left) < 2:
                closed = left[0] if left else sides[0]
            else:
                open_cases.append(sides)
            if closed.is_empty():
                return True
        return any(all(self.impossible_by_cases(side, depth - 1) for side in sides) for sides in open_cases)

    @cached_property
    def differences(self) -> list[Coefficients]:
        """What may be zero or more: the differences and sums of quotients, and these less one and more one."""
        signed = [(self.place[(a,)], self.place[(b,)], sign) for sign in (-1, 1) for a, b in self.alike]
        return [self.unit({a: 1, b: sign}, constant) for a, b, sign in signed for constant in (0, 1, -1)]

    @cached_property
    def compared(self) -> list[Coefficients]:
        """What may be zero or more: coordinates that have multiples, up to sign, and their differences."""
        rows: dict[tuple[int, ...], None] = {}
        for multiples in self.multiples:
            multiplied = [k for k, m in enumerate(multiples[:-1]) if m is not None]
            for k in multiplied:
                for sign, constant in ((1, 0), (1, -1), (-1, 0), (-1, -1)):
                    rows[tuple(self.unit({k: sign}, constant))] = None
                for other in multiplied:
                    if other != k:
                        rows[tuple(self.unit({k: 1, other: -1}, 0))] = None
        return [list(row) for row in rows]

    def unit(self, numbers: Mapping[int, int], constant: int) -> Coefficients:
        """Return the row with the given coefficients."""
        return [numbers.get(k, 0) for k in range(len(self.monomials))] + [constant]

    def row(self, p: Polynomial) -> Coefficients:
        """Return a polynomial in the monomials of the coordinates as a row."""
        return [int(p.get(m, 0)) for m in (*self.monomials, ())]

    def with_products(self, basic: isl.BasicSet) -> isl.BasicSet:
        """Return the basic set with those products of its constraints and the factors that are affine."""
        return self.add(basic, [made for sign, row in constraints_of(basic) for made in self.products(sign, row)])

    def with_row(self, basic: isl.BasicSet, row: Coefficients) -> isl.BasicSet:
        """Return the basic set with `row ≥ 0` and the products of that."""
        return self.add(basic, [(">=", row), *self.products(">=", row)])

    def products(self, sign: str, row: Coefficients) -> Iterator[tuple[str, Coefficients]]:
        """Yield those products of a constraint and the factors, less one, that are affine.

        t ≥ 0    f ≥ 1            t = 0
        ──────────────          ─────────
         (f − 1)·t ≥ 0           f·t = 0
        """
        occurring = [k for k, n in enumerate(row) if n]
        for multiples in self.multiples:
            multiplied = [0] * len(row) if sign == "=" else negated(row)
            for k in occurring:
                if (m := multiples[k]) is None:
                    break
                multiplied[m] += row[k]
            else:
                yield sign, multiplied

    def add(self, basic: isl.BasicSet, rows: Sequence[tuple[str, Coefficients]]) -> isl.BasicSet:
        """Return the basic set with more constraints, `row ≥ 0` or `row = 0`; there is a limit to them."""
        self.sets.added += len(rows)
        if self.sets.added > MOST_ADDED:
            raise NotReadable(Reason.LIMIT, "there are too many products of sizes")
        matrices = [
            self.sets.matrix([row for s, row in rows if s == sign], len(self.monomials) + 1) for sign in ("=", ">=")
        ]
        columns = (KIND.param, KIND.set, KIND.cst, KIND.div)
        return basic.intersect(isl.BasicSet.from_constraint_matrices(basic.get_space(), *matrices, *columns))

    def real_value(self, piece: isl.QPolynomial) -> Polynomial | None:
        """Return a piece with each coordinate replaced by the product it stands for; None if it has quotients."""
        total = Polynomial()
        for term in piece.get_terms():
            if any(term.get_exp(KIND.div, k) for k in range(term.dim(KIND.div))):
                return None
            powers = [term.get_exp(KIND.param, k) for k in range(term.dim(KIND.param))]
            powers += [term.get_exp(KIND.set, k) for k in range(term.dim(KIND.set))]
            value = Polynomial.number(Fraction(term.get_coefficient_val().to_str()))
            for monomial, exponent in zip(self.monomials, powers, strict=True):
                for _ in range(exponent):
                    value = value * Polynomial.of(*monomial)
            total += value
        return total


def negated(row: Coefficients) -> Coefficients:
    """Return the row with its sign changed."""
    return [-n for n in row]


def constraints_of(basic: isl.BasicSet) -> Iterator[tuple[str, Coefficients]]:
    """Yield the sign and the coefficients of every constraint that has no quotients in it."""
    columns = (KIND.param, KIND.set, KIND.cst, KIND.div)
    quotients = basic.dim(KIND.div)
    for sign, matrix in (("=", basic.equalities_matrix(*columns)), (">=", basic.inequalities_matrix(*columns))):
        for at in range(matrix.rows()):
            numbers = (matrix.get_element_val(at, k) for k in range(matrix.cols()))
            # Most are zero, and to ask for that is cheaper than to convert them.
            row = [0 if number.is_zero() else int(number.to_python()) for number in numbers]
            if not any(row[len(row) - quotients :]):
                yield sign, row[: len(row) - quotients]
