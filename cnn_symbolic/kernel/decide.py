"""Decides a statement for all sizes: a theorem, a refutation with the smallest counterexample, or undecided.

Trusted. Where all is affine, the decision is complete. Where sizes are multiplied with or divided by sizes,
such as strides (the *factors*), the statement is first proved for every value of them at once, with the
products as unknowns. If that does not succeed, it is decided at literal values of the factors: a counterexample
there refutes the statement, and otherwise the theorem lists the values for which it was proved.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import sympy as sp

from cnn_symbolic.errors import VacuousClaimError
from cnn_symbolic.formulas import least, substitute
from cnn_symbolic.kernel.affine import decide_affine
from cnn_symbolic.kernel.factors import conditions_of, factors_of, prove_every, written_domain
from cnn_symbolic.kernel.integer_sets import Sets
from cnn_symbolic.kernel.reader import NotReadable
from cnn_symbolic.kernel.statement import Statement
from cnn_symbolic.kernel.verdicts import SEAL, Reason, Refutation, Theorem, Undecided, Verdict

__all__ = ["LITERALS", "decide", "decide_literally", "is_proved"]

LITERALS = (1, 2, 3, 4)
MOST_COMBINATIONS, MOST_MENTIONED = 256, 64


def decide(statement: Statement, literally: Sequence[int] = ()) -> Verdict:
    """Return the verdict on a statement; raise VacuousClaimError if no sizes satisfy its assumptions.

    With `literally` the factors are not taken for every value at once, but have all combinations of these.
    """
    start = time.perf_counter()
    verdict: Verdict = decide_affine(statement)
    if isinstance(verdict, Undecided) and verdict.reason is Reason.NOT_AFFINE:
        verdict = decide_factors(statement, verdict, literally)
        return replace(verdict, seconds=time.perf_counter() - start)
    return verdict


def is_proved(statement: Statement) -> bool:
    """Tell whether a statement is proved, for every value of its factors; no counterexample is looked for."""
    verdict = decide_affine(statement)
    if not isinstance(verdict, Undecided) or verdict.reason is not Reason.NOT_AFFINE:
        return isinstance(verdict, Theorem)
    try:
        factors = factors_of(statement)
        prove_every(statement, factors)
    except NotReadable:
        return False
    return bool(factors) and bool(smallest_sizes(statement, factors))


def decide_factors(statement: Statement, undecided: Undecided, literally: Sequence[int]) -> Verdict:
    """Return the verdict on a statement with products: for every value of its factors, or for the literal ones."""
    try:
        factors = factors_of(statement)
    except NotReadable as stopped:
        return replace(undecided, reason=stopped.reason, detail=stopped.detail)
    if not factors:
        return undecided
    if literally:
        return decide_literally(statement, factors, literally)
    try:
        coefficients = prove_every(statement, factors)
    except NotReadable as stopped:
        if len(LITERALS) ** len(factors) > MOST_COMBINATIONS:
            detail = f"{stopped.detail}, and there are more than {MOST_COMBINATIONS} combinations of literal values"
            return replace(undecided, reason=Reason.NOT_AFFINE, detail=detail)
        return decide_literally(statement, factors, LITERALS)
    return Theorem(
        statement,
        0.0,
        SEAL,
        domain=written_domain(statement, factors),
        smallest=smallest_sizes(statement, factors),
        coefficients=coefficients,
        factors=tuple(map(str, factors)),
    )


def combinations(factors: Sequence[sp.Symbol], values: Sequence[int]) -> Iterator[dict[sp.Symbol, int]]:
    """Yield all combinations of values of the factors, those of least total first."""
    choices = [values if least(factor) else (0, *values) for factor in factors]
    ordered = sorted(product(*choices), key=lambda chosen: (sum(chosen), chosen))
    yield from (dict(zip(factors, chosen, strict=True)) for chosen in ordered)


def smallest_sizes(statement: Statement, factors: Sequence[sp.Symbol]) -> dict[str, int]:
    """Return the smallest sizes that a statement is about.

    The factors are among the literal values and those that the assumptions mention. Raises VacuousClaimError if there
    are none.
    """
    found: list[tuple[int, dict[str, int]]] = []
    others = [s for s in statement.sizes if s not in factors]
    mentioned = {abs(int(n)) + k for holds in statement.assumptions for n in holds.atoms(sp.Integer) for k in (0, 1)}
    values = sorted({*LITERALS, *(n for n in mentioned if 0 < n <= MOST_MENTIONED)})
    for chosen in combinations(factors, values):
        if found and sum(chosen.values()) + sum(map(least, others)) >= found[0][0]:
            break
        exact = {size: sp.Integer(n) for size, n in chosen.items()}
        sets = Sets(others, ())
        point = sets.smallest(sets.sizes_where(substitute(c, exact) for c in conditions_of(statement)))
        if point is not None:
            sizes = exact | dict(zip(others, point, strict=True))
            found.append((sum(point) + sum(chosen.values()), {str(s): int(sizes[s]) for s in statement.sizes}))
            found.sort(key=lambda one: one[0])
    if not found:
        raise VacuousClaimError(
            f"no sizes satisfy the assumptions of {statement.describe()}, with {', '.join(map(str, factors))} in "
            f"{values}: {', '.join(map(str, conditions_of(statement)))}"
        )
    return found[0][1]


def decide_literally(statement: Statement, factors: Sequence[sp.Symbol], values: Sequence[int]) -> Verdict:
    """Return the verdict on a statement at literal values of its factors.

    A counterexample is the least of all if no greater factors can have a smaller total.
    """
    others = sum(least(s) for s in statement.sizes if s not in factors)
    best: Refutation | None = None
    proved: list[Theorem] = []
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
            sizes = given | dict(verdict.sizes)
            found = replace(
                verdict,
                statement=statement,
                given=given,
                sizes={str(s): sizes.get(str(s), least(s)) for s in statement.sizes},
            )
            best = found if best is None or total(found) < total(best) else best
        elif isinstance(verdict, Undecided):
            undecided.append(verdict)
        elif isinstance(verdict, Theorem):
            proved.append(verdict)
    names = tuple(map(str, factors))
    if best is not None:
        beyond = max(values) + sum(map(least, factors)) + others
        contiguous = set(range(1, max(values) + 1)) <= set(values)
        least_of_all = best.least and not undecided and contiguous and total(best) <= beyond
        return replace(best, least=least_of_all, domain=written_domain(statement, factors))
    if undecided:
        return replace(undecided[0], statement=statement)
    smallest = smallest_sizes(statement, factors)
    coefficients = proved[0].coefficients
    return Theorem(
        statement, 0.0, SEAL, written_domain(statement, factors), smallest, coefficients, names, tuple(values)
    )


def total(refutation: Refutation) -> int:
    """Return the total size of a counterexample."""
    return sum(refutation.sizes.values())
