"""Compares the sides of a statement that is affine in sizes and indices: for all sizes, completely.

Trusted. Two entry formulas are equal for all sizes exactly when their coefficient functions are; the difference of the
two is a set of integer points. A theorem is made only where nothing is left of the sizes at which the right side is not
defined, of those at which the shapes differ, and of the differences of the entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.rules import any_of, compare
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.trusted.coefficients import CoefficientSets, Signature
from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet
from cnn_symbolic.kernel.trusted.reader import NotReadable, Term, read_sides
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import SEAL, Reason, Theorem

__all__ = ["Difference", "SideComparison", "label", "prove_affine", "without_denominators"]


@dataclass(frozen=True)
class Difference:
    """A point where the two sides differ: the sizes, then the output index and the accessed entries.

    `where` is the set of all such points for the same product of tensors, if it is known.
    """

    kind: str
    point: tuple[int, ...]
    signature: Signature = ()
    where: IntegerSet | None = None

    def sizes(self, statement: Statement) -> str:
        """Return the sizes as text."""
        return ", ".join(f"{s} = {n}" for s, n in zip(statement.sizes, self.point, strict=False))


@dataclass(frozen=True)
class UnequalEntries:
    """Where the entries differ: the smallest point per product of tensors, and the sizes.

    `settled` says that no difference was overlooked, at any sizes; `exact` that `bad` is all there is.
    """

    differences: tuple[Difference, ...] = ()
    bad: IntegerSet | None = None
    settled: bool = True
    exact: bool = True


class SideComparison:
    """The two sides of a statement, compared where the left one is defined: their shapes, then their entries.

    `domain` are the sizes that the statement is about, `bad` those at which the right side is not defined or the shapes
    differ, `entries` says where the entries differ, `differences` has the smallest point of each kind.
    """

    def __init__(self, statement: Statement, sets: CoefficientSets) -> None:
        self.statement = statement
        self.sets = sets
        self.coefficients: dict[Signature, tuple[Any, Any]] = {}
        self.scale: list[tuple[sp.Expr, int]] = []
        conditions = statement.conditions
        # Where a divisor is less than one, the other conditions have no meaning.
        decided = [sp.false] if sp.false in conditions else conditions
        self.domain = sets.sizes_where(decided).coalesce()
        if self.domain.is_empty():
            raise VacuousClaimError(
                f"no sizes satisfy the assumptions of {statement.describe()}: {', '.join(map(str, conditions))}"
            )
        undefined = self.domain.subtract(sets.sizes_where(statement.right.conditions))
        unequal = self.unequal_shapes(self.domain.subtract(undefined))
        self.bad = undefined.union(unequal)
        differences = [
            Difference(kind, point)
            for kind, where in (("defined", undefined), ("shape", unequal))
            if (point := sets.smallest(where)) is not None
        ]
        agreed = self.domain.subtract(self.bad)
        self.entries = UnequalEntries() if agreed.is_empty() else self.unequal_entries(agreed)
        self.differences = [*differences, *self.entries.differences]

    def unequal_shapes(self, domain: IntegerSet) -> IntegerSet:
        """Return the sizes of the domain at which the shapes differ."""
        pairs = zip(self.statement.left.shape, self.statement.right.shape, strict=True)
        differ = any_of(*(compare("!=", sp.expand(a), sp.expand(b)) for a, b in pairs))
        return domain.intersect(self.sets.sizes_where([differ]))

    def unequal_entries(self, domain: IntegerSet) -> UnequalEntries:
        """Return where the coefficient functions of the two sides differ."""
        left, right = self.clear_denominators(read_sides(self.statement), domain)
        shape = self.statement.left.shape
        sides = [self.sets.coefficient(terms, domain, shape) for terms in (left, right)]
        differences: list[Difference] = []
        bad: IntegerSet | None = None
        settled = exact = True
        for signature in dict.fromkeys([*sides[0], *sides[1]]):
            present = [side[signature] for side in sides if signature in side]
            zero = present[0].sub(present[0])
            pair = (sides[0].get(signature, zero), sides[1].get(signature, zero))
            self.coefficients[signature] = pair
            nonzero = self.sets.nonzero(pair[0].sub(pair[1]))
            settled = settled and nonzero.settled
            exact = exact and nonzero.settled and nonzero.found is None
            if nonzero.exact is not None:
                bad = nonzero.exact.params() if bad is None else bad.union(nonzero.exact.params())
                point = self.sets.smallest(nonzero.exact)
                differences += [Difference("entry", point, signature, nonzero.exact)] if point is not None else []
            if nonzero.found is not None:
                differences.append(Difference("entry", nonzero.found, signature))
        return UnequalEntries(tuple(differences), bad, settled, exact)

    def clear_denominators(self, sides: Sequence[Sequence[Term]], domain: IntegerSet) -> list[list[Term]]:
        """Multiply both sides by the sizes they divide by, after showing that these are positive."""
        cleared, self.scale = without_denominators(sides)
        for base, _ in self.scale:
            if not domain.is_subset(self.sets.sizes_where([compare(">", base, sp.S.Zero)])):
                raise NotReadable(Reason.OUTSIDE, f"a formula divides by {base}, which is not positive for all sizes")
        return cleared

    def theorem(self, seconds: float = 0.0) -> Theorem:
        """Return the theorem that the sides are equal; raise NotReadable unless no difference is left."""
        bad = self.bad if self.entries.bad is None else self.bad.union(self.entries.bad)
        if self.differences or not bad.is_empty() or not self.entries.settled:
            raise NotReadable(Reason.COEFFICIENT, "a coefficient is a polynomial in the sizes of degree 2 or more")
        smallest = self.sets.smallest(self.domain) or ()
        written = {
            "·".join(label(key) for key in signature) or "1": left.to_str()
            for signature, (left, _) in self.coefficients.items()
        }
        return Theorem(
            self.statement,
            seconds,
            SEAL,
            smallest={str(s): n for s, n in zip(self.statement.sizes, smallest, strict=True)},
            coefficients=written,
        )


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
