"""Decides a statement for all sizes: a theorem, a refutation with the smallest counterexample, or undecided.

Where all is affine, the decision is complete. Where sizes are multiplied with or divided by sizes,
such as strides (the *factors*), the statement is first proved for every value of them at once, with the
products as unknowns. If that does not succeed, it is decided at literal values of the factors: a counterexample
there refutes the statement, and otherwise it *holds for* these values, which proves nothing about others. It is a
theorem only where the assumptions leave the factors no other values. No verdict is given before `confirming` agrees.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache, partial
from itertools import islice
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import substitute
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.ground.errors import EvaluationError, VacuousClaimError
from cnn_symbolic.kernel.search.arguments import premises, presumptions
from cnn_symbolic.kernel.search.changes import as_stated, changes, further_changes, read_where
from cnn_symbolic.kernel.search.confirming import check_proved, check_vacuous, confirmed, in_order
from cnn_symbolic.kernel.search.domains import stated_domain
from cnn_symbolic.kernel.search.every_factor import generalised
from cnn_symbolic.kernel.search.factor_choice import factors_of, literal_values, stated_values
from cnn_symbolic.kernel.search.points import smallest
from cnn_symbolic.kernel.search.refuting import decide_affine
from cnn_symbolic.kernel.search.replay import simplified
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided, amended
from cnn_symbolic.kernel.trusted.affine import prove_affine
from cnn_symbolic.kernel.trusted.coefficients import CoefficientSets
from cnn_symbolic.kernel.trusted.concluding import Premise, at_smallest, concluded, in_other_sizes, timed, where
from cnn_symbolic.kernel.trusted.factors import combinations, theorem_for_cases, theorem_for_every
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem, Verdict

NO_SIZES = "no sizes that satisfy the assumptions were found for small values of"
MOST_COMBINATIONS, MOST_CANDIDATES, MOST_CASES, MOST_CHANGES = 256, 2000, 2, 2


def decide(statement: Statement, literally: Sequence[int] = ()) -> Verdict:
    """Return the verdict on a statement; raise VacuousClaimError if no sizes satisfy its assumptions.

    With `literally` the factors are not taken for every value at once, but have all combinations of these.

    >>> from cnn_symbolic import sizes, tensor, transpose
    >>> from cnn_symbolic.claims import decide, state
    >>> x = tensor(*sizes("M N"), name="x")
    >>> found = decide(state(transpose(x), x))
    >>> found.evidence, found.kind, dict(found.sizes), found.holds_when
    ('refuted', 'shape', {'M': 1, 'N': 2}, M == 1 and N == 1)
    """
    verdict = decided_first(statement, literally)
    return with_condition(verdict) if has_open_condition(verdict) and not literally else verdict


def decided_first(statement: Statement, literally: Sequence[int] = ()) -> Verdict:
    """Return the verdict on a statement; if it is refuted, its condition may be for some values of the factors only."""
    start = time.perf_counter()
    try:
        verdict = verdict_on(statement, literally)
    except VacuousClaimError:
        check_vacuous(statement)
        raise
    found = confirmed(verdict)
    if isinstance(found, Refutation):
        found = simplified(found)
    seconds = time.perf_counter() - start
    return timed(found, seconds) if isinstance(found, Theorem) else amended(found, seconds=seconds)


def has_open_condition(verdict: Verdict) -> bool:
    """Tell whether a refutation has a condition for some values of the factors, with roundings, or none."""
    if not isinstance(verdict, Refutation):
        return False
    return bool(verdict.given) or verdict.holds_when is None or verdict.holds_when.has(heads.Floor)


def with_condition(verdict: Verdict) -> Verdict:
    """Return a refutation with its condition for every value of the factors, or without roundings, if one is found."""
    start = time.perf_counter()
    with suppress(NotReadable, EvaluationError, OverflowError):  # the last two: numbers that have no columns
        if isinstance(verdict, Refutation):
            found = generalised(verdict, factors_of(verdict.statement), proof_of)
            return amended(found, seconds=verdict.seconds + time.perf_counter() - start)
    return verdict


def proof_of(statement: Statement) -> Theorem | None:
    """Return the theorem that a statement is by itself or in terms of other sizes; None if it is not seen."""
    if (theorem := proof_alone(statement)) is not None:
        return theorem
    with suppress(NotReadable):
        return theorem_for_every(statement, statement.sizes, MOST_CASES)
    for change in islice(changes(statement), 1):
        with suppress(NotReadable):
            premise = in_other_sizes(statement, change.values, change.meanings, change.conditions)
            return as_theorem(as_stated(proved_after(premise.statement, MOST_CHANGES), premise, change))
    with suppress(NotReadable):
        return as_theorem(proved_after_changes(statement, MOST_CHANGES))
    return None


def as_theorem(verdict: Verdict) -> Theorem | None:
    """Return a verdict if it is a theorem."""
    return verdict if isinstance(verdict, Theorem) else None


def verdict_on(statement: Statement, literally: Sequence[int] = ()) -> Verdict:
    """Return the verdict on a statement, or on one that it follows from; with where its functions are valid."""
    verdict = verdict_alone(statement, literally)
    for chain in premises(statement, proof_alone) if isinstance(verdict, Undecided | HoldsForLiterals) else ():
        if isinstance(found := verdict_alone(chain[-1].statement, literally), Theorem):
            verdict = concluded_from(found, chain)
            break
    if valid := presumptions(statement):
        if isinstance(verdict, Theorem):
            verdict = where(verdict, (*verdict.domain, *valid), None)
        elif isinstance(verdict, HoldsForLiterals):
            verdict = amended(verdict, domain=(*verdict.domain, *valid))
    return verdict


def concluded_from(found: Theorem, chain: Sequence[Premise]) -> Theorem:
    """Return the theorem at the beginning of a chain, each of whose statements follows from the next."""
    theorem = found
    for premise in reversed(chain):
        theorem = concluded(theorem, premise, theorem.factors)
    return read_where(at_smallest(theorem, found.smallest), found.domain)


def verdict_alone(statement: Statement, literally: Sequence[int] = ()) -> Verdict:
    """Return the verdict on a statement, as it is or in terms of other sizes."""
    verdict: Verdict = decide_affine(statement)
    if not isinstance(verdict, Undecided) or verdict.reason is not Reason.NOT_AFFINE:
        return verdict
    found: Verdict = verdict
    for change in islice(changes(statement), 1):
        with suppress(NotReadable):
            premise = in_other_sizes(statement, change.values, change.meanings, change.conditions)
            changed = verdict_alone(premise.statement, literally)
            if isinstance(changed, Theorem | Refutation) or not (change.meanings or isinstance(changed, Undecided)):
                found = as_stated(changed, premise, change)
    if isinstance(found, Theorem) or (isinstance(found, Refutation) and found.least):
        return found
    direct = decide_factors(statement, verdict, literally)
    if isinstance(direct, HoldsForLiterals | Undecided):
        with suppress(NotReadable):
            return proved_after_changes(statement, MOST_CHANGES)
    return direct if isinstance(direct, Theorem | Refutation) or isinstance(found, Undecided) else found


def proved_after_changes(statement: Statement, most: int) -> Verdict:
    """Return the theorem that a statement is after at most so many changes; raise NotReadable if none is found."""
    for change in further_changes(statement) if most else ():
        with suppress(NotReadable):
            premise = in_other_sizes(statement, change.values, change.meanings, change.conditions)
            return as_stated(proved_after(premise.statement, most - 1), premise, change)
    raise NotReadable(Reason.NOT_AFFINE, "no other sizes are found in which it is proved")


def proved_after(statement: Statement, most: int) -> Verdict:
    """Return the theorem that a statement is, as it is or after changes; raise NotReadable if none is found."""
    verdict = decide_affine(statement)
    if isinstance(verdict, Undecided):
        with suppress(NotReadable):
            factors = factors_of(statement)
            theorem = theorem_for_every(statement, factors, MOST_CASES)
            return at_smallest(theorem, smallest_sizes(statement, factors))
        return proved_after_changes(statement, most)
    if isinstance(verdict, Theorem):
        return verdict
    raise NotReadable(Reason.NOT_AFFINE, "it is refuted")


def is_proved(statement: Statement) -> bool:
    """Tell whether a statement is proved, for every value of its factors; no counterexample is looked for."""
    chains = premises(statement, proof_alone)
    proved = is_proved_alone(statement) or any(is_proved_alone(chain[-1].statement) for chain in chains)
    if proved:
        check_proved(statement)
    return proved


def is_proved_for_any_functions(statement: Statement) -> bool:
    """Tell whether a statement is proved by itself with arbitrary functions in the place of known ones."""

    def changed(e: Any) -> Any:
        return e.xreplace({f: Opaque(f"{f.name}∘", f.order, f.argument) for f in e.atoms(Opaque) if f.name in KNOWN})

    about_functions = any(e.has(Opaque) for e in statement.formulas)
    return not about_functions or is_proved_alone(statement.changed(changed))


def is_proved_alone(statement: Statement) -> bool:
    """Tell whether a statement is proved by itself."""
    return proof_alone(statement) is not None


def proof_alone(statement: Statement) -> Theorem | None:
    """Return the theorem that a statement is by itself, for every value of its factors; None if it is not seen."""
    try:
        return prove_affine(statement)
    except NotReadable as stopped:
        if stopped.reason is not Reason.NOT_AFFINE:
            return None
    try:
        factors = factors_of(statement)
        theorem = theorem_for_every(statement, factors)
        return theorem if factors and smallest_sizes(statement, factors) else None
    except NotReadable:
        return None


def decide_factors(statement: Statement, undecided: Undecided, literally: Sequence[int]) -> Verdict:
    """Return the verdict on a statement with products: for every value of its factors, or for literal ones."""
    try:
        factors = factors_of(statement)
        if not factors:
            return undecided
        if literally:
            return decide_literally(statement, factors, literally)
        try:
            theorem = theorem_for_every(statement, factors)
        except NotReadable as stopped:
            stated = stated_values(statement, factors)
            values = literal_values(statement, factors, MOST_COMBINATIONS) if stated is None else stated
            if len(values) ** len(factors) > MOST_COMBINATIONS:
                detail = f"{stopped.detail}, and there are more than {MOST_COMBINATIONS} combinations of literal values"
                return amended(undecided, reason=Reason.NOT_AFFINE, detail=detail)
            verdict = decide_literally(statement, factors, values)
            if stated is not None or not isinstance(verdict, Theorem):
                return verdict
            try:
                theorem = theorem_for_every(statement, factors, MOST_CASES)
            except NotReadable:
                return only_literally(verdict)
        smallest = smallest_sizes(statement, factors)
        domain = stated_domain(statement.sizes, statement.conditions, factors)
        return read_where(at_smallest(theorem, smallest), domain)
    except NotReadable as stopped:
        return amended(undecided, reason=stopped.reason, detail=stopped.detail)


def only_literally(theorem: Theorem) -> HoldsForLiterals:
    """Return what is known of a claim about every value of its factors that is proved at literal ones."""
    of = theorem
    return HoldsForLiterals(of.statement, of.seconds, of.domain, of.smallest, of.factors, of.values)


def smallest_sizes(
    statement: Statement, factors: tuple[sp.Symbol, ...], values: tuple[int, ...] = ()
) -> dict[str, int]:
    """Return the smallest sizes that a statement is about, with all values of the factors or those given."""
    point = smallest_point(statement.sizes, statement.conditions, factors, values)
    return dict(zip(map(str, statement.sizes), point, strict=True))


@lru_cache(maxsize=64)
def smallest_point(
    sizes: tuple[sp.Symbol, ...],
    conditions: tuple[sp.Basic, ...],
    factors: tuple[sp.Symbol, ...],
    values: tuple[int, ...],
) -> tuple[int, ...]:
    """Return the smallest sizes that satisfy conditions, with all values of the factors or those given.

    Values are tried in the order of their totals. Raises NotReadable if there are no sizes for the first ones.
    """
    best: tuple[int, tuple[int, ...]] | None = None
    others = [s for s in sizes if s not in factors]
    candidates = combinations(factors, values) if values else in_order({f: least(f) for f in factors})
    for chosen in islice(candidates, MOST_CANDIDATES):
        if best is not None and sum(chosen.values()) + sum(map(least, others)) >= best[0]:
            break
        exact = {size: sp.Integer(n) for size, n in chosen.items()}
        sets = CoefficientSets(others, ())
        point = smallest(sets, sets.sizes_where(substitute(c, exact) for c in conditions))
        if point is not None:
            found = chosen | dict(zip(others, point, strict=True))
            total_size = sum(found.values())
            if best is None or total_size < best[0]:
                best = total_size, tuple(found[s] for s in sizes)
    if best is None:
        names = ", ".join(map(str, factors))
        raise NotReadable(Reason.LIMIT, f"{NO_SIZES} {names}")
    return best[1]


def decide_literally(statement: Statement, factors: tuple[sp.Symbol, ...], values: Sequence[int]) -> Verdict:
    """Return the verdict on a statement at literal values of its factors.

    A counterexample is the least of all if no greater factors can have a smaller total.
    """
    domain = partial(stated_domain, statement.sizes, statement.conditions, factors)
    theorem: Theorem | None = None
    with suppress(NotReadable):
        theorem = theorem_for_cases(statement, factors, values)
    if theorem is not None:
        return read_where(at_smallest(theorem, smallest_sizes(statement, factors, theorem.values)), domain())
    others = sum(least(s) for s in statement.sizes if s not in factors)
    best: Refutation | None = None
    every_least = True
    undecided: list[Undecided] = []
    for chosen in combinations(factors, values):
        if best is not None and sum(chosen.values()) + others >= total(best):
            break
        try:
            verdict = decide_affine(statement.at(chosen))
        except VacuousClaimError:
            continue
        if isinstance(verdict, Refutation):
            given = {str(factor): n for factor, n in chosen.items()}
            known = given | dict(verdict.sizes)
            sizes = {str(s): known.get(str(s), least(s)) for s in statement.sizes}
            found = amended(verdict, statement=statement, given=given, sizes=sizes)
            every_least = every_least and found.least
            best = found if best is None or total(found) < total(best) else best
        elif isinstance(verdict, Undecided):
            undecided.append(verdict)
    if best is not None:
        beyond = max(values) + sum(map(least, factors)) + others
        contiguous = set(range(1, max(values) + 1)) <= set(values)
        smallest_of_all = every_least and not undecided and contiguous and total(best) <= beyond
        return amended(best, least=smallest_of_all, domain=domain())
    if undecided:
        return amended(undecided[0], statement=statement)
    return Undecided(statement, 0.0, Reason.LIMIT, f"{NO_SIZES} {', '.join(map(str, factors))}")


def total(refutation: Refutation) -> int:
    """Return the total size of a counterexample."""
    return sum(refutation.sizes.values())
