"""Proves statements for every value of their factors at once: strides, dilations, channels per group.

Trusted. A factor is a size that stands in a product with another size or an index, or in a divisor. The
products become unknowns (see `products`), and the two sides are compared as functions of these too. Where
they differ at all, the differences must contradict the products' real values. From here comes a proof or
nothing: a statement that is not proved here may still be true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations as combinations_of
from itertools import product

import sympy as sp

from cnn_symbolic.expressions.rules import any_of, at_least, compare, least
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.trusted.affine import prove_affine, without_denominators
from cnn_symbolic.kernel.trusted.coefficients import Signature, arranged, total
from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.polynomials import Monomial
from cnn_symbolic.kernel.trusted.products import Frame, Lowering
from cnn_symbolic.kernel.trusted.reader import NotReadable, read_sides
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.unknowns import Coordinates, UnknownSets
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem


@dataclass
class ComparedTerms:
    """The terms of both sides with the same product of tensors, and the coordinates that they share."""

    frame: Frame
    left: list[Draft] = field(default_factory=list)
    right: list[Draft] = field(default_factory=list)


def theorem_for_every(statement: Statement, factors: Sequence[sp.Symbol], cases: int = 0) -> Theorem:
    """Return the theorem that a statement is for every value of its factors; raise NotReadable if that is not seen.

    left = right as functions of sizes, indices and unknowns u, wherever the facts about u hold
    ───────────────────────────────────────────────────────────────────────────────────────────
           left = right for all sizes and every value of the factors: there u is one value
    """
    prove_every(statement, factors, cases)
    return Theorem(statement, 0.0, statement.conditions, {}, {}, tuple(map(str, factors)))


def theorem_for_cases(statement: Statement, factors: Sequence[sp.Symbol], values: Sequence[int]) -> Theorem:
    """Return the theorem that a statement is where its factors have those of the values that its assumptions leave.

    Raises NotReadable if it is not seen in one of the cases; those that the assumptions exclude do not count.

        left = right where (S, D) = c,  for every combination c of the values
        ─────────────────────────────────────────────────────────────────────
                 left = right where S and D have some of the values
    """
    met: set[int] = set()
    for chosen in combinations(factors, values):
        with suppress(VacuousClaimError):
            prove_affine(statement.at(chosen))
            met.update(chosen.values())
    if not met:
        raise NotReadable(Reason.LIMIT, "no literal values of the factors satisfy the assumptions")
    return Theorem(statement, 0.0, statement.conditions, {}, {}, tuple(map(str, factors)), tuple(sorted(met)))


def combinations(factors: Sequence[sp.Symbol], values: Sequence[int]) -> Iterator[dict[sp.Symbol, int]]:
    """Yield all combinations of values that the factors may have, a width 0 too; those of least total first."""
    choices = [sorted({n for n in (0, *values) if n >= least(factor)}) for factor in factors]
    ordered = sorted(product(*choices), key=lambda chosen: (sum(chosen), chosen))
    yield from (dict(zip(factors, chosen, strict=True)) for chosen in ordered)


def prove_every(statement: Statement, factors: Sequence[sp.Symbol], cases: int = 0) -> None:
    """Prove that a statement is true at all sizes; raise NotReadable where that is not seen."""
    lowering = Lowering(statement.sizes, statement.index)
    required = lowering.conditions(statement.conditions)
    right = lowering.conditions(statement.right.conditions)
    pairs = zip(statement.left.shape, statement.right.shape, strict=True)
    differ = lowering.conditions([any_of(*(compare("!=", sp.expand(a), sp.expand(b)) for a, b in pairs))])
    compared = lowered_sides(statement, lowering)
    lowering.complete(lowering.sizes)
    for both in compared.values():
        lowering.complete(both.frame)
    sets = UnknownSets(statement.sizes, statement.index, lowering.sizes.unknowns)
    parameters = lowering.sizes.monomials()
    multipliers = products_of(factors, [parameters, *(both.frame.monomials() for both in compared.values())])
    of_sizes = Coordinates(sets, parameters, multipliers, alike(lowering.sizes), cases)
    with sets.within_limits():
        domain = sets.sizes_where_all([*required, *lowering.sizes.facts])
        if of_sizes.impossible(domain):
            conditions = ", ".join(map(str, statement.conditions))
            raise VacuousClaimError(f"no sizes satisfy the assumptions of {statement.describe()}: {conditions}")
        undefined = domain.subtract(sets.sizes_where_all(right))
        unequal = domain.intersect(sets.sizes_where_all(differ))
        if not of_sizes.impossible(undefined.union(unequal)):
            raise NotReadable(Reason.NOT_AFFINE, "the shapes are not seen to agree for all factors")
        for both in compared.values():
            for draft in (*both.left, *both.right):
                draft.conditions += both.frame.facts
            left, other = (
                [sets.function(draft, both.frame.symbols, domain) for draft in side] for side in (both.left, both.right)
            )
            monomials = [*parameters, *((i,) for i in statement.index), *both.frame.monomials()]
            of_entries = Coordinates(sets, monomials, multipliers, alike(lowering.sizes, both.frame), cases)
            if not of_entries.zero_everywhere(total(left, other)):
                raise NotReadable(Reason.NOT_AFFINE, "the entries are not seen to agree for all factors")


def alike(*frames: Frame) -> list[tuple[sp.Symbol, sp.Symbol]]:
    """Return the pairs of quotients by the same divisor."""
    divisors = {quotient: divisor for frame in frames for quotient, divisor in frame.divisors.items()}
    return [(a, b) for a, b in combinations_of(divisors, 2) if divisors[a] == divisors[b]]


def lowered_sides(statement: Statement, lowering: Lowering) -> dict[Signature, ComparedTerms]:
    """Return the terms of both sides by their products of tensors, multiplied by the sizes they divide by."""
    sides, scale = without_denominators(read_sides(statement))
    for base, _ in scale:
        if not at_least(base, 1):
            raise NotReadable(Reason.OUTSIDE, f"a formula divides by {base}, which is not positive for all sizes")
    compared: dict[Signature, ComparedTerms] = {}
    for k, terms in enumerate(sides):
        for term in terms:
            for signature, access in arranged(term):
                if signature not in compared:
                    names = [sp.Dummy("x", integer=True) for _ in access]
                    compared[signature] = ComparedTerms(Frame(tuple(names)))
                both = compared[signature]
                lowered = lowering.term(term, access, statement.left.shape, both.frame)
                (both.right if k else both.left).append(lowered)
    return compared


def products_of(factors: Sequence[sp.Symbol], occurring: Iterable[Sequence[Monomial]]) -> list[Monomial]:
    """Return the factors, and the products of factors that occur in a product."""
    factors = [factor for factor in factors if least(factor) == 1]
    found: dict[Monomial, None] = {(factor,): None for factor in factors}
    for monomial in (m for monomials in occurring for m in monomials):
        if len(part := tuple(s for s in monomial if s in factors)) > 1:
            found[part] = None
    return list(found)
