"""Decides a statement that is affine in sizes and indices: for all sizes, completely.

Trusted. Two entry formulas are equal for all sizes exactly when their coefficient functions are; the
difference of the two is a set of integer points, and its smallest point is the counterexample. Where a
coefficient is a polynomial in the sizes that does not vanish by itself, the answer is found by search
or left undecided. A refutation is computed again in NumPy, from the entry formulas, before it is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial, prod
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.rules import any_of, compare
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.coefficients import CoefficientSets, Signature
from cnn_symbolic.kernel.integer_sets import IntegerSet
from cnn_symbolic.kernel.reader import NotReadable, Reader, Term, read_sides
from cnn_symbolic.kernel.replay import KNOWN_FUNCTIONS, replay
from cnn_symbolic.kernel.statement import Statement
from cnn_symbolic.kernel.verdicts import SEAL, Monomial, Reason, Refutation, Theorem, Undecided, Verdict

__all__ = ["decide_affine", "label", "without_denominators"]

MOST_REPLAYS = 4


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
class Entries:
    """Where the entries differ: the smallest point per product of tensors, and the sizes.

    `settled` says that no difference was overlooked, at any sizes; `exact` that `bad` is all there is.
    """

    differences: tuple[Difference, ...] = ()
    bad: IntegerSet | None = None
    settled: bool = True
    exact: bool = True


def decide_affine(statement: Statement) -> Verdict:
    """Return the verdict on a statement; raise VacuousClaimError if no sizes satisfy its assumptions."""
    start = time.perf_counter()
    sets = CoefficientSets(statement.sizes, statement.index)
    try:
        with sets.within_limits():
            return _Decision(statement, sets, start).verdict()
    except NotReadable as stopped:
        return Undecided(statement, time.perf_counter() - start, SEAL, stopped.reason, stopped.detail)


class _Decision:
    """The decision of one statement, step by step."""

    def __init__(self, statement: Statement, sets: CoefficientSets, start: float) -> None:
        self.statement = statement
        self.sets = sets
        self.start = start
        self.coefficients: dict[Signature, tuple[Any, Any]] = {}
        self.scale: list[tuple[sp.Expr, int]] = []

    def verdict(self) -> Verdict:
        """Compare where the sides are defined, then their shapes, then their entries."""
        right = self.statement.right
        conditions = self.statement.conditions
        # Where a divisor is less than one, the other conditions have no meaning.
        decided = [sp.false] if sp.false in conditions else conditions
        domain = self.sets.sizes_where(decided).coalesce()
        if domain.is_empty():
            raise VacuousClaimError(
                f"no sizes satisfy the assumptions of {self.statement.describe()}: {', '.join(map(str, conditions))}"
            )
        undefined = domain.subtract(self.sets.sizes_where(right.conditions))
        unequal = self.unequal_shapes(domain.subtract(undefined))
        bad = undefined.union(unequal)
        differences = [
            Difference(kind, point)
            for kind, where in (("defined", undefined), ("shape", unequal))
            if (point := self.sets.smallest(where)) is not None
        ]
        agreed = domain.subtract(bad)
        entries = Entries() if agreed.is_empty() else self.unequal_entries(agreed)
        differences += entries.differences
        if differences:
            bad = bad if entries.bad is None else bad.union(entries.bad)
            exact = entries.exact and opaque_arguments_differ(self.statement, conditions, entries.differences)
            for attempt in range(MOST_REPLAYS):
                first = min(differences, key=self.place)
                least = entries.settled and attempt == 0
                refutation = self.refuted(first, domain, bad if exact else None, least)
                if refutation is not None:
                    return refutation
                differences = self.beyond(differences, first)
                if not differences:
                    break
            raise NotReadable(Reason.REPLAY, f"the difference at {first.sizes(self.statement)} did not show in numbers")
        if not entries.settled:
            raise NotReadable(Reason.COEFFICIENT, "a coefficient is a polynomial in the sizes of degree 2 or more")
        return self.proved(domain)

    def place(self, difference: Difference) -> tuple[int, tuple[int, ...]]:
        """Return what differences are ordered by: the total size first."""
        return sum(difference.point[: len(self.statement.sizes)]), difference.point

    def beyond(self, differences: Sequence[Difference], tried: Difference) -> list[Difference]:
        """Return the differences at other sizes than those that were tried."""
        count = len(self.statement.sizes)
        further = []
        for difference in differences:
            if difference.point[:count] != tried.point[:count]:
                further.append(difference)
            elif difference.where is not None:
                left = difference.where.subtract(self.sets.at_sizes(tried.point[:count], difference.where))
                if (point := self.sets.smallest(left)) is not None:
                    further.append(replace(difference, point=point, where=left))
        return further

    def unequal_shapes(self, domain: IntegerSet) -> IntegerSet:
        """Return the sizes of the domain at which the shapes differ."""
        pairs = zip(self.statement.left.shape, self.statement.right.shape, strict=True)
        differ = any_of(*(compare("!=", sp.expand(a), sp.expand(b)) for a, b in pairs))
        return domain.intersect(self.sets.sizes_where([differ]))

    def unequal_entries(self, domain: IntegerSet) -> Entries:
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
        return Entries(tuple(differences), bad, settled, exact)

    def clear_denominators(self, sides: Sequence[Sequence[Term]], domain: IntegerSet) -> list[list[Term]]:
        """Multiply both sides by the sizes they divide by, after showing that these are positive."""
        cleared, self.scale = without_denominators(sides)
        for base, _ in self.scale:
            if not domain.is_subset(self.sets.sizes_where([compare(">", base, sp.S.Zero)])):
                raise NotReadable(Reason.OUTSIDE, f"a formula divides by {base}, which is not positive for all sizes")
        return cleared

    def proved(self, domain: IntegerSet) -> Theorem:
        """Return the theorem."""
        smallest = self.sets.smallest(domain) or ()
        written = {
            "·".join(label(key) for key in signature) or "1": left.to_str()
            for signature, (left, _) in self.coefficients.items()
        }
        return Theorem(
            self.statement,
            time.perf_counter() - self.start,
            SEAL,
            domain=self.sets.describe(domain.gist(self.sets.sizes_where([]))),
            smallest={str(s): n for s, n in zip(self.statement.sizes, smallest, strict=True)},
            coefficients=written,
        )

    def outside(self, bad: IntegerSet) -> Callable[[Mapping[str, int]], bool]:
        """Return what tells whether sizes, by name, are not among the bad ones."""

        def holds(sizes: Mapping[str, int]) -> bool:
            point = self.sets.at_sizes([sizes[str(s)] for s in self.statement.sizes], bad)
            return bool(bad.intersect(point).is_empty())

        return holds

    def refuted(self, first: Difference, domain: IntegerSet, bad: IntegerSet | None, least: bool) -> Refutation | None:
        """Return the refutation, replayed in NumPy; None if the replay does not show the difference."""
        count = len(self.statement.sizes)
        sizes = dict(zip(self.statement.sizes, first.point[:count], strict=True))
        shapes = [tuple(evaluate_size(n, sizes) for n in s.shape) for s in (self.statement.left, self.statement.right)]
        plain = self.sets.sizes_where([])
        refutation = Refutation(
            self.statement,
            0.0,
            SEAL,
            kind=first.kind,
            least=least,
            domain=self.sets.describe(domain.gist(plain)),
            sizes={str(s): n for s, n in sizes.items()},
            holds_when=None if bad is None else self.sets.weakest(domain, bad),
            holds_at=None if bad is None else self.outside(bad),
            left_shape=shapes[0],
            right_shape=shapes[1],
        )
        if first.kind == "entry":
            rank = len(self.statement.index)
            index, access = first.point[count : count + rank], first.point[count + rank :]
            left, right = (self.sets.value(side, first.point) for side in self.coefficients[first.signature])
            divided = Fraction(1)
            for base, exponent in self.scale:
                divided *= Fraction(evaluate_size(base, sizes)) ** exponent
            symmetric = repeats(first.signature, access, self.statement)
            refutation = replace(
                refutation,
                index=index,
                monomial=monomial(first.signature, access, self.statement),
                left_coefficient=left / divided / symmetric,
                right_coefficient=right / divided / symmetric,
            )
            replayed = replay(refutation, sizes)
            if replayed is None:
                return None
            refutation = replayed
        return replace(refutation, seconds=time.perf_counter() - self.start)


def opaque_arguments_differ(statement: Statement, conditions: Sequence[Any], differences: Sequence[Difference]) -> bool:
    """Tell whether different entries under opaque functions are different numbers, for generic tensors.

    Only then do two formulas that differ as formulas differ as numbers at all those sizes, so that the
    sizes where they do are known exactly. Shown by distinct least products: where the map from an entry to
    the least product of tensors that occurs in it is injective, no two entries are equal; entries of two
    tensors differ where every entry of one has a product of tensors that no entry of the other has. It is
    not shown where the functions are known ones, whose values depend on each other.
    """
    if any(key[1] in KNOWN_FUNCTIONS for d in differences for key in d.signature if len(key) == 3):
        return False
    names = {key[0] for d in differences for key in d.signature if len(key) == 3}
    pending, occurring = list(names), dict[str, tuple[set[Signature], set[Signature]]]()
    while pending:
        name = pending.pop()
        declared = statement.tensors[name]
        index = declared.index or tuple(sp.Dummy("i", integer=True) for _ in declared.shape)
        formula = entry(name, index) if declared.definition is None else declared.definition
        sets = CoefficientSets(statement.sizes, index)
        try:
            terms = Reader(statement.tensors).read(formula, {i: i for i in index})
            if any(term.powers for term in terms):
                return False
            functions = sets.coefficient(terms, sets.sizes_where(conditions), declared.shape)
            covering = sets.covering(functions, declared.shape, sets.sizes_where(conditions))
        except NotReadable:
            return False
        if index and not any(injective for _, injective in covering):
            return False
        occurring[name] = {signature for signature, _ in covering}, set(functions)
        inner = {key[0] for signature in functions for key in signature if len(key) == 3}
        pending += [other for other in inner if other not in occurring and other not in pending]
    every = list(occurring.values())
    return all(
        always - other_sometimes or other_always - sometimes
        for k, (always, sometimes) in enumerate(every)
        for other_always, other_sometimes in every[k + 1 :]
    )


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


def accessed(
    signature: Signature, access: Sequence[int], statement: Statement
) -> list[tuple[tuple[Any, ...], tuple[int, ...]]]:
    """Return the accessed entry of each tensor in a signature."""
    parts = []
    at = 0
    for key in signature:
        rank = len(statement.tensors[key[0]].shape)
        parts.append((key, tuple(access[at : at + rank])))
        at += rank
    return parts


def monomial(signature: Signature, access: Sequence[int], statement: Statement) -> Monomial:
    """Return the product of tensor entries at a point."""
    return Monomial(tuple((label(key), at) for key, at in accessed(signature, access, statement)))


def repeats(signature: Signature, access: Sequence[int], statement: Statement) -> int:
    """Return how often making equal tensors symmetric counts the monomial at a point."""
    parts = accessed(signature, access, statement)
    return prod(factorial(parts.count(part)) for part in set(parts))
