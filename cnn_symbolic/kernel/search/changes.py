"""Which other sizes to speak of: those that equations give a value to are left out, divisors get names of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from random import Random
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import size, substitute, symbols_of
from cnn_symbolic.expressions.heads import Equal, divisors
from cnn_symbolic.expressions.rules import (
    as_quotient,
    at_least,
    clearly_defined,
    conjuncts,
    is_plain_size,
    is_whole,
    least,
    remainder,
)
from cnn_symbolic.ground.errors import EvaluationError, UndefinedError, VacuousClaimError
from cnn_symbolic.kernel.search.domains import stated_domain
from cnn_symbolic.kernel.search.verdicts import Refutation, amended
from cnn_symbolic.kernel.trusted.concluding import Premise, at_smallest, concluded, implication, in_other_sizes, where
from cnn_symbolic.kernel.trusted.factors import theorem_for_every
from cnn_symbolic.kernel.trusted.reader import NotReadable, read_sides
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict

# At how many points two quotients are compared before it is tried to prove that they are equal.
TRIED = 40


@dataclass(frozen=True)
class ChangeOfSizes:
    """Other sizes to speak of: `values` of old ones, or of expressions in these, in terms of new ones.

    `meanings` are the new sizes in terms of the old ones, `conditions` are about the new ones.
    """

    values: Mapping[Any, sp.Expr]
    meanings: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    conditions: tuple[Any, ...] = ()


def changes(statement: Statement) -> Iterator[ChangeOfSizes]:
    """Yield the changes to try: equations, numbers first, then other sizes, then expressions; then divisors."""
    parts = [part for holds in statement.assumptions for part in conjuncts(holds) if isinstance(part, Equal)]
    sides = [pair for part in parts for pair in (part.args, part.args[::-1])]
    found = [(s, e) for s, e in sides if is_plain_size(s) and is_whole(e) and s not in e.free_symbols]
    for s, e in sorted(found, key=lambda pair: (not pair[1].is_Integer, not pair[1].is_Symbol)):
        yield ChangeOfSizes({s: e})
    if divided := [factor for factor in divided_by(statement) if not at_least(factor, 1)]:
        yield named(dict.fromkeys([*divided, *clearly_defined(lengths(statement))]), statement)


def further_changes(statement: Statement) -> Iterator[ChangeOfSizes]:
    """Yield changes to try where nothing else proves a statement."""
    yield from without_remainders(statement)
    if equal := equal_roundings(statement):
        yield ChangeOfSizes(equal)
    if divided := [factor for factor in divided_by(statement) if isinstance(factor, sp.Add)]:
        yield named(dict.fromkeys(divided), statement)


def equal_roundings(statement: Statement) -> dict[sp.Expr, sp.Expr]:
    """Return the quotients that seem to be other ones and a constant, such as ⌈M/S⌉ and ⌊(M - 1)/S⌋ + 1, with these."""
    random = Random(0)
    points = [{s: random.randint(1, 12) for s in statement.sizes} for _ in range(TRIED)]
    known: dict[tuple[int, ...], tuple[sp.Expr, int]] = {}
    equal: dict[sp.Expr, sp.Expr] = {}
    rounded = {e for part in parts_of(statement) for e in part.atoms(heads.Floor, heads.Ceiling)}
    for e in sorted((e for e in rounded if all(map(is_plain_size, e.free_symbols))), key=sp.default_sort_key):
        with suppress(EvaluationError, UndefinedError):
            first, *others = [evaluate_size(e, at) for at in points]
            other, start = known.setdefault(tuple(n - first for n in others), (e, first))
            equal |= {e: other + first - start} if other != e else {}
    return equal


def without_remainders(statement: Statement) -> Iterator[ChangeOfSizes]:
    """Yield, for assumptions such as (M - I) mod S = 0, the changes in which M is I and a multiple of S."""
    for part in (part for holds in statement.assumptions for part in conjuncts(holds) if isinstance(part, Equal)):
        remainders = [e for e in part.args if isinstance(e, heads.Remainder)]
        if len(remainders) == 1 and sp.S.Zero in part.args:
            top, bottom = remainders[0].args
            n = sp.Symbol(next(new_names(statement)), integer=True, nonnegative=True)
            for s in sorted(filter(is_plain_size, top.free_symbols - bottom.free_symbols), key=str):
                for sign in (1, -1):
                    if not (rest := sp.expand(sign * top - s)).has(s):
                        quotient = heads.Floor(sign * top * heads.Inverse(bottom))
                        yield ChangeOfSizes({quotient: n, s: bottom * n - rest}, {n: quotient})


def parts_of(statement: Statement) -> list[Any]:
    """Return the conditions, lengths and indices of a statement."""
    parts = [*statement.conditions, *statement.right.conditions, *statement.left.shape, *statement.right.shape]
    with suppress(NotReadable):
        for term in (term for terms in read_sides(statement) for term in terms):
            parts += [*term.conditions, *(i for factor in term.factors for i in factor.index)]
    return parts


def divided_by(statement: Statement) -> Iterator[sp.Expr]:
    """Yield what a statement divides by, products by their factors."""
    return factors_in(divisor for part in parts_of(statement) for divisor in divisors(part))


def lengths(statement: Statement) -> Iterator[sp.Expr]:
    """Yield the factors of lengths of axes that are not positive by the way they are written."""
    shapes = [statement.left.shape, statement.right.shape, *(d.shape for d in statement.tensors.values())]
    return (e for e in factors_in(length for shape in shapes for length in shape) if not at_least(e, 1))


def factors_in(products: Iterable[sp.Expr]) -> Iterator[sp.Expr]:
    """Yield those factors that are made from sizes."""
    for factor in (factor for product in products for factor in sp.Mul.make_args(sp.factor_terms(product))):
        if all(map(is_plain_size, factor.free_symbols)):
            yield factor


def named(numbers: Iterable[sp.Expr], statement: Statement) -> ChangeOfSizes:
    """Return the change in which numbers are sizes: n for M - I + 1, and for ⌊(M - I)/S⌋ + 1 with a remainder r."""
    values: dict[sp.Expr, sp.Expr] = {}
    meanings: dict[sp.Symbol, sp.Expr] = {}
    conditions: list[Any] = []
    names = map(size, new_names(statement))
    for number in numbers:
        quotients = [term for term in sp.Add.make_args(number) if isinstance(term, heads.Floor)]
        top, bottom = as_quotient(quotients[0].args[0]) if quotients else (number, sp.S.One)
        others = number - quotients[0] if quotients else sp.S.Zero
        used = symbols_of(sp.Tuple(*values, *values.values(), bottom, others))
        single = [s for s in sorted(top.free_symbols - used, key=str) if not sp.expand(top - s).has(s)]
        if not single:
            continue
        n = next(names)
        meanings[n] = number
        rest = sp.expand(top - single[0])
        if quotients:
            r = next(names)
            meanings[r] = remainder(top, bottom) + 1
            conditions.append(heads.AtMost(r, bottom))
            values |= {quotients[0]: n - others, sp.expand(quotients[0]): n - others}
            rest -= r - 1
        values[single[0]] = sp.expand(bottom * (n - others) - rest)
    return ChangeOfSizes(values, meanings, tuple(conditions))


def new_names(statement: Statement) -> Iterator[str]:
    """Yield names that a statement has neither for sizes nor for tensors."""
    taken = {str(s) for s in statement.sizes} | set(statement.tensors)
    return (name for k in count() if (name := f"n{k}") not in taken)


def as_stated(found: Any, premise: Premise, change: ChangeOfSizes) -> Verdict:
    """Return a verdict on a statement in terms of other sizes as one in terms of its own sizes."""
    statement = premise.conclusion
    key = "sizes" if isinstance(found, Refutation) else "smallest"
    known = {s: getattr(found, key).get(str(s), least(s)) for s in (*statement.sizes, *change.meanings)}
    for s, value in change.values.items():
        known |= {s: evaluate_size(value, known)} if is_plain_size(s) else {}
    own_sizes = {str(s): known[s] for s in statement.sizes}
    domain = (*found.domain, *(Equal(s, e) for s, e in change.values.items() if is_plain_size(s)))
    if change.meanings:
        sizes = tuple(heads.AtLeast(b, sp.Integer(least(n))) for n, b in change.meanings.items())
        others = tuple(holds for holds in statement.conditions if not is_evident(substitute(holds, change.values)))
        if clearly_defined(others) != others:
            others = tuple(substitute(holds, change.meanings) for holds in found.domain)
        domain = stated_domain(statement.sizes, (*sizes, *others), statement.sizes)
    if isinstance(found, Theorem):
        theorem = concluded(found, premise, of_sizes(found.factors, statement, change))
        return read_where(at_smallest(theorem, own_sizes), domain, change)
    own: dict[str, Any] = {key: own_sizes, "domain": domain, "statement": statement}
    if isinstance(found, Refutation):  # with what else counts in the total, another one may be the smallest
        numbers = not change.meanings and all(e.is_Integer for e in change.values.values())
        own["least"] = (found.least and numbers) or all(known[s] == least(s) for s in statement.sizes)
        own |= refuted_in(found, change) if change.meanings else {}
    made: Verdict = amended(found, **own)
    return made


def read_where(theorem: Theorem, domain: Sequence[Any], change: ChangeOfSizes | None = None) -> Theorem:
    """Return a theorem with its conditions as people read them, if these are proved to suffice; else as it is."""
    given = tuple(holds for holds in domain if all(map(is_plain_size, holds.free_symbols)))
    if set(theorem.domain) <= set(domain):
        return where(theorem, domain, None)
    suffices = proof_that_follow(given, theorem.statement.conditions)
    if suffices is None and change is not None:
        with suppress(NotReadable, VacuousClaimError):
            wanted = implication(given, theorem.statement.conditions)
            premise = in_other_sizes(wanted, change.values, change.meanings, change.conditions)
            suffices = concluded(theorem_for_every(premise.statement, premise.statement.sizes), premise, ())
    return theorem if suffices is None else where(theorem, domain, suffices)


@lru_cache(maxsize=128)
def proof_that_follow(given: tuple[Any, ...], wanted: tuple[Any, ...]) -> Theorem | None:
    """Return the theorem that conditions on sizes follow from others, if it is seen to be one."""
    statement = implication(given, wanted)
    with suppress(NotReadable, VacuousClaimError):
        return theorem_for_every(statement, statement.sizes)
    return None


def is_evident(holds: Any) -> bool:
    """Tell whether a condition is seen to hold for all sizes by the way it is written."""
    return isinstance(holds, heads.AtLeast) and at_least(holds.lhs - holds.rhs, 0)


def of_sizes(factors: tuple[str, ...], statement: Statement, change: ChangeOfSizes) -> tuple[str, ...]:
    """Return the factors by the sizes of the statement: for a new one, those that it is made from."""
    made_from = {str(n): set(map(str, b.free_symbols)) for n, b in change.meanings.items()}
    found = {name for factor in factors for name in made_from.get(factor, {factor})}
    return tuple(str(s) for s in statement.sizes if str(s) in found)


def refuted_in(found: Refutation, change: ChangeOfSizes) -> dict[str, Any]:
    """Return the condition of a refutation in terms of the old sizes, if it is not for values of the new ones."""
    if found.holds_when is None or found.holds_at is None or {str(n) for n in change.meanings} & set(found.given):
        return {"holds_when": None, "holds_at": None, "given": {}}
    holds_at, old = found.holds_at, {s for b in change.meanings.values() for s in b.free_symbols}

    def holds(sizes: Mapping[str, int]) -> bool:
        known = {s: sizes[str(s)] for s in old}
        return holds_at({**sizes, **{str(n): evaluate_size(b, known) for n, b in change.meanings.items()}})

    return {"holds_when": substitute(found.holds_when, change.meanings), "holds_at": holds}
