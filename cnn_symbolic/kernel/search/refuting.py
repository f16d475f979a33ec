"""Decides a statement that is affine in sizes and indices: a theorem, or the smallest counterexample.

The comparison is made in `trusted.affine`; here a difference becomes a refutation. Where a coefficient is a polynomial
in the sizes that does not vanish by itself, the answer is found by search or left undecided. A refutation is computed
again in NumPy, from the entry formulas, before it is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import factorial, prod
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.kernel.search.changes import read_where
from cnn_symbolic.kernel.search.conditions import as_said, weakest
from cnn_symbolic.kernel.search.points import Nonzero, accesses, at_sizes, nonzero, smallest, value
from cnn_symbolic.kernel.search.replay import replay
from cnn_symbolic.kernel.search.verdicts import Monomial, Refutation, Undecided, amended
from cnn_symbolic.kernel.trusted.affine import SideComparison, label
from cnn_symbolic.kernel.trusted.coefficients import CoefficientSets, Signature, total
from cnn_symbolic.kernel.trusted.concluding import at_smallest
from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet
from cnn_symbolic.kernel.trusted.reader import FormulaReader, NotReadable, Term
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Verdict

MOST_REPLAYS = 4


def decide_affine(statement: Statement) -> Verdict:
    """Return the verdict on a statement; raise VacuousClaimError if no sizes satisfy its assumptions."""
    start = time.perf_counter()
    sets = CoefficientSets(statement.sizes, statement.index)
    try:
        with sets.within_limits():
            made = SideComparison(statement, sets)
            try:
                theorem = made.theorem()
                least_sizes = smallest(sets, made.domain) or ()
                named = {str(s): n for s, n in zip(statement.sizes, least_sizes, strict=True)}
                verdict: Verdict = read_where(at_smallest(theorem, named), domain_of(made))
            except NotReadable:
                found = {signature: nonzero(sets, function) for signature, function in made.differences.items()}
                if not (differences := list(differences_in(made, found))):
                    raise
                verdict = refutation_of(made, found, differences)
            return verdict
    except NotReadable as stopped:
        return Undecided(statement, time.perf_counter() - start, stopped.reason, stopped.detail)


def domain_of(made: SideComparison) -> tuple[Boolean, ...]:
    """Return the conditions on the sizes that a statement is about; none if these are all."""
    try:
        return as_said(made.sets, made.domain)
    except NotReadable:
        return made.statement.conditions


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


def differences_in(made: SideComparison, found: Mapping[Signature, Nonzero]) -> Iterator[Difference]:
    """Yield the smallest difference of each kind, and for each product of tensors."""
    for kind, where in (("defined", made.undefined), ("shape", made.unequal)):
        if (point := smallest(made.sets, where)) is not None:
            yield Difference(kind, point)
    for signature, where in found.items():
        if where.exact is not None and (point := smallest(made.sets, where.exact)) is not None:
            yield Difference("entry", point, signature, where.exact)
        if where.found is not None:
            yield Difference("entry", where.found, signature)


def refutation_of(
    made: SideComparison, found: Mapping[Signature, Nonzero], differences: list[Difference]
) -> Refutation:
    """Return the refutation by the smallest difference that shows in numbers."""
    statement = made.statement
    bad = sizes_that_differ(made, found, differences)
    settled = all(where.settled for where in found.values())
    for attempt in range(MOST_REPLAYS):
        first = min(differences, key=partial(place, statement))
        least = settled and attempt == 0
        refutation = refuted(made, first, bad, least)
        if refutation is not None:
            return refutation
        differences = beyond(made, differences, first)
        if not differences:
            break
    raise NotReadable(Reason.REPLAY, f"the difference at {first.sizes(statement)} did not show in numbers")


def sizes_that_differ(
    made: SideComparison, found: Mapping[Signature, Nonzero], differences: Sequence[Difference]
) -> IntegerSet | None:
    """Return the sizes at which the two sides differ; None where they are not known exactly."""
    bad = made.undefined.union(made.unequal)
    for where in found.values():
        if where.found is not None or not where.settled:
            return None
        bad = bad if where.exact is None else bad.union(where.exact.params())
    of_entries = [difference for difference in differences if difference.kind == "entry"]
    return bad if opaque_arguments_differ(made.statement, made.statement.conditions, of_entries) else None


@dataclass(frozen=True)
class ExactSizes:
    """The sizes at which a statement holds, of those of its domain, as sets and as a condition on these."""

    sets: CoefficientSets
    domain: IntegerSet
    good: IntegerSet
    holds_when: Boolean

    def is_same(self, condition: Boolean) -> bool:
        """Tell whether a condition holds at just these sizes of the domain."""
        with self.sets.within_limits():
            return bool(self.domain.intersect(self.sets.sizes_where([condition])).is_equal(self.good))


def exact_sizes(statement: Statement, sizes: Sequence[sp.Symbol]) -> ExactSizes | None:
    """Return the sizes at which a statement holds, its own and maybe more; None where they are not known exactly.

    Raises NotReadable where it is not affine, VacuousClaimError where it is about no sizes.
    """
    sets = CoefficientSets(sizes, statement.index)
    with sets.within_limits():
        made = SideComparison(statement, sets)
        found = {signature: nonzero(sets, function) for signature, function in made.differences.items()}
        bad = sizes_that_differ(made, found, list(differences_in(made, found)))
        holds = None if bad is None else weakest(sets, made.domain, bad)
        return None if holds is None else ExactSizes(sets, made.domain, made.domain.subtract(bad), holds)


def place(statement: Statement, difference: Difference) -> tuple[int, tuple[int, ...]]:
    """Return what differences are ordered by: the total size first."""
    return sum(difference.point[: len(statement.sizes)]), difference.point


def beyond(made: SideComparison, differences: Sequence[Difference], tried: Difference) -> list[Difference]:
    """Return the differences at other sizes than those that were tried."""
    count = len(made.statement.sizes)
    further = []
    for difference in differences:
        if difference.point[:count] != tried.point[:count]:
            further.append(difference)
        elif difference.where is not None:
            left = difference.where.subtract(at_sizes(made.sets, tried.point[:count], difference.where))
            if (point := smallest(made.sets, left)) is not None:
                further.append(replace(difference, point=point, where=left))
    return further


def outside(made: SideComparison, bad: IntegerSet) -> Callable[[Mapping[str, int]], bool]:
    """Return what tells whether sizes, by name, are not among the bad ones."""

    def holds(sizes: Mapping[str, int]) -> bool:
        point = at_sizes(made.sets, [sizes[str(s)] for s in made.statement.sizes], bad)
        return bool(bad.intersect(point).is_empty())

    return holds


def refuted(made: SideComparison, first: Difference, bad: IntegerSet | None, least: bool) -> Refutation | None:
    """Return the refutation, replayed in NumPy; None if the replay does not show the difference."""
    count = len(made.statement.sizes)
    sizes = dict(zip(made.statement.sizes, first.point[:count], strict=True))
    shapes = [tuple(evaluate_size(n, sizes) for n in s.shape) for s in (made.statement.left, made.statement.right)]
    refutation = Refutation(
        made.statement,
        0.0,
        kind=first.kind,
        least=least,
        domain=domain_of(made),
        sizes={str(s): n for s, n in sizes.items()},
        holds_when=None if bad is None else weakest(made.sets, made.domain, bad),
        holds_at=None if bad is None else outside(made, bad),
        left_shape=shapes[0],
        right_shape=shapes[1],
    )
    if first.kind == "entry":
        rank = len(made.statement.index)
        index, access = first.point[count : count + rank], first.point[count + rank :]
        left, right = (
            sum((value(made.sets, f, first.point) for f in side), Fraction(0))
            for side in made.coefficients[first.signature]
        )
        divided = Fraction(1)
        for base, exponent in made.scale:
            divided *= Fraction(evaluate_size(base, sizes)) ** exponent
        symmetric = repeats(first.signature, access, made.statement)
        refutation = amended(
            refutation,
            index=index,
            monomial=monomial(first.signature, access, made.statement),
            left_coefficient=left / divided / symmetric,
            right_coefficient=right / divided / symmetric,
        )
        replayed = replay(refutation, sizes)
        if replayed is None:
            return None
        refutation = replayed
    return refutation


def opaque_arguments_differ(statement: Statement, conditions: Sequence[Any], differences: Sequence[Difference]) -> bool:
    """Tell whether different entries under opaque functions are different numbers, for generic tensors.

    Only then do two formulas that differ as formulas differ as numbers at all those sizes, so that the
    sizes where they do are known exactly. Shown by distinct least products: where the map from an entry to
    the least product of tensors that occurs in it is injective, no two entries are equal; entries of two
    tensors differ where every entry of one has a product of tensors that no entry of the other has. It is
    not shown where the functions are known ones, whose values depend on each other.
    """
    if any(key[1] in KNOWN for d in differences for key in d.signature if len(key) == 3):
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
            terms = FormulaReader(statement.tensors).read(formula, {i: i for i in index})
            if any(term.powers for term in terms):
                return False
            found = sets.coefficient(terms, sets.sizes_where(conditions), declared.shape)
            functions = {signature: total(parts) for signature, parts in found.items()}
            covering = covered(sets, functions, declared.shape, sets.sizes_where(conditions))
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


def covered(
    sets: CoefficientSets, functions: Mapping[Signature, Any], shape: Sequence[Any], domain: IntegerSet
) -> list[tuple[Signature, bool]]:
    """Return the products of tensors that occur in every entry of a shape, at all sizes of a domain.

    With each stands whether the map from an entry to its least access is injective.
    """
    entries = sets.coefficient([Term(sp.S.One)], domain, shape)[()][0].domain()
    covering = []
    for signature, function in functions.items():
        where = nonzero(sets, function)
        if where.exact is None or where.found is not None or not where.settled:
            continue
        accessed = accesses(sets, where.exact)
        if entries.is_subset(accessed.domain()):
            covering.append((signature, bool(accessed.lexmin().is_injective())))
    return covering


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
