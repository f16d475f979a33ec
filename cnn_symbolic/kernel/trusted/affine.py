"""Compares the sides of a statement that is affine in sizes and indices: for all sizes, completely.

Trusted. Two entry formulas are equal for all sizes exactly when their coefficient functions are; the difference of the
two is a set of integer points. A theorem is made only where nothing is left of the sizes at which the right side is not
defined, of those at which the shapes differ, and of the differences of the entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.rules import any_of, compare
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.trusted.coefficients import CoefficientSets, Signature, total
from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet
from cnn_symbolic.kernel.trusted.reader import NotReadable, Term, read_sides
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem


class SideComparison:
    """The two sides of a statement, compared where the left one is defined: their shapes, then their entries.

    `domain` are the sizes that the statement is about, `undefined` those of them at which the right side is not
    defined, `unequal` those at which the shapes differ. At the others `coefficients` has, per product of tensors,
    functions whose sums are the coefficient functions of both sides, multiplied by `scale`, and `differences` what
    the left one is more than the right one.
    """

    def __init__(self, statement: Statement, sets: CoefficientSets) -> None:
        self.statement = statement
        self.sets = sets
        self.coefficients: dict[Signature, tuple[list[Any], list[Any]]] = {}
        self.differences: dict[Signature, Any] = {}
        self.scale: list[tuple[sp.Expr, int]] = []
        conditions = statement.conditions
        # Where a divisor is less than one, the other conditions have no meaning.
        decided = [sp.false] if sp.false in conditions else conditions
        self.domain = sets.sizes_where(decided).coalesce()
        if self.domain.is_empty():
            raise VacuousClaimError(
                f"no sizes satisfy the assumptions of {statement.describe()}: {', '.join(map(str, conditions))}"
            )
        self.undefined = self.domain.subtract(sets.sizes_where(statement.right.conditions))
        self.unequal = self.unequal_shapes(self.domain.subtract(self.undefined))
        agreed = self.domain.subtract(self.undefined.union(self.unequal))
        if not agreed.is_empty():
            self.compare_entries(agreed)

    def unequal_shapes(self, domain: IntegerSet) -> IntegerSet:
        """Return the sizes of the domain at which the shapes differ."""
        pairs = zip(self.statement.left.shape, self.statement.right.shape, strict=True)
        differ = any_of(*(compare("!=", sp.expand(a), sp.expand(b)) for a, b in pairs))
        return domain.intersect(self.sets.sizes_where([differ]))

    def compare_entries(self, domain: IntegerSet) -> None:
        """Compute the coefficient functions of the two sides, and where they differ."""
        left, right = self.clear_denominators(read_sides(self.statement), domain)
        shape = self.statement.left.shape
        sides = [self.sets.coefficient(terms, domain, shape) for terms in (left, right)]
        for signature in dict.fromkeys([*sides[0], *sides[1]]):
            pair = sides[0].get(signature, []), sides[1].get(signature, [])
            self.coefficients[signature] = pair
            self.differences[signature] = total(*pair)

    def clear_denominators(self, sides: Sequence[Sequence[Term]], domain: IntegerSet) -> list[list[Term]]:
        """Multiply both sides by the sizes they divide by, after showing that these are positive.

        d > 0 for all sizes of the domain     d·left = d·right
        ──────────────────────────────────────────────────────
                           left = right
        """
        cleared, self.scale = without_denominators(sides)
        for base, _ in self.scale:
            if not domain.is_subset(self.sets.sizes_where([compare(">", base, sp.S.Zero)])):
                raise NotReadable(Reason.OUTSIDE, f"a formula divides by {base}, which is not positive for all sizes")
        return cleared

    def theorem(self) -> Theorem:
        """Return the theorem that the sides are equal; raise NotReadable unless no difference is left.

        undefined = ∅   unequal = ∅   left(m, a) − right(m, a) = 0 for every product of tensors
        ───────────────────────────────────────────────────────────────────────────────────────
                      for all sizes of the domain:  left[m] = right[m] at every m
        """
        empty = self.undefined.is_empty() and self.unequal.is_empty()
        if not empty or not all(map(self.sets.vanishes, self.differences.values())):
            raise NotReadable(Reason.COEFFICIENT, "a coefficient is a polynomial in the sizes of degree 2 or more")
        sums = {s: total(left or [right[0].sub(right[0])]) for s, (left, right) in self.coefficients.items()}
        written = {product_of(signature): str(of_left.to_str()) for signature, of_left in sums.items()}
        return Theorem(self.statement, 0.0, self.statement.conditions, {}, written)


def prove_affine(statement: Statement) -> Theorem:
    """Return the theorem that a statement is; raise NotReadable if it is not seen to be one."""
    sets = CoefficientSets(statement.sizes, statement.index)
    with sets.within_limits():
        return SideComparison(statement, sets).theorem()


def without_denominators(sides: Sequence[Sequence[Term]]) -> tuple[list[list[Term]], list[tuple[sp.Expr, int]]]:
    """Return the terms of both sides multiplied by the sizes they divide by, and these with their exponents."""
    lowest: dict[sp.Expr, int] = {}
    for term in (term for terms in sides for term in terms):
        for base, exponent in dict_of_powers(term).items():
            lowest[base] = min(lowest.get(base, 0), exponent)
    scale = [(base, -exponent) for base, exponent in lowest.items() if exponent < 0]
    cleared = []
    for terms in sides:
        scaled = []
        for term in terms:
            total = dict_of_powers(replace(term, powers=term.powers + tuple(scale)))
            scaled.append(replace(term, powers=tuple((b, e) for b, e in total.items() if e)))
        cleared.append(scaled)
    return cleared, scale


def dict_of_powers(term: Term) -> dict[sp.Expr, int]:
    """Return the exponent of each size expression in a term."""
    found: dict[sp.Expr, int] = {}
    for base, exponent in term.powers:
        found[base] = found.get(base, 0) + exponent
    return found


def label(key: tuple[Any, ...]) -> str:
    """Return the tensor of a signature as text: `w` or `σ′(z)`."""
    return f"{key[1]}{'′' * key[2]}({key[0]})" if len(key) == 3 else str(key[0])


def product_of(signature: Signature) -> str:
    """Return the product of tensors of a signature as text."""
    return "·".join(map(label, signature)) or "1"
