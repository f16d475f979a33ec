"""Which sizes to take for factors: those whose values make a statement affine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.heads import Equal
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import as_quotient, is_plain_size
from cnn_symbolic.kernel.search.domains import value_of
from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.polynomials import AllOf, Condition, Relation, polynomials_in, symbols_in
from cnn_symbolic.kernel.trusted.reader import NotReadable, read_sides
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason

# The values of a factor that is taken at literal ones, where its assumptions say nothing about it.
LITERALS = (1, 2, 3, 4)


def factors_of(statement: Statement) -> tuple[sp.Symbol, ...]:
    """Return the factors, whose values make a statement affine; raise NotReadable where there are none."""
    draft = Draft()
    shapes = [*statement.left.shape, *statement.right.shape]
    sides = [statement.conditions, statement.right.conditions]
    draft.conditions = [draft.condition(holds) for conditions in sides for holds in conditions]
    some = sp.Dummy("n", integer=True)
    draft.conditions += [draft.condition(Equal(some, length)) for length in shapes]
    for term in (term for terms in read_sides(statement) for term in terms):
        draft.conditions += [draft.condition(holds) for holds in term.conditions]
        draft.conditions += [Relation(">=", draft.polynomial(e)) for f in term.factors for e in f.index]
    products = [m for p in polynomials_in(draft.all_conditions()) for m in p if len(m) > 1]
    bounded = {s for s in statement.sizes if upper_bound(assumed(statement), s) is not None}
    chosen: dict[sp.Symbol, None] = {}
    for monomial in products:
        others = [s for s in monomial if not is_plain_size(s)]
        if len(others) > 1:
            defined = {s: d for d in draft.defined for s in symbols_in(d.value)}
            formula = sp.Mul(*(value_of(s, defined) for s in monomial))
            raise NotReadable(Reason.NOT_AFFINE, f"{written(formula)} is a product of indices, or of their quotients")
        if others:
            chosen |= dict.fromkeys(s for s in monomial if is_plain_size(s))
    while left := [rest for m in products if len(rest := [s for s in m if s not in chosen]) > 1]:
        count = Counter(s for rest in left for s in rest)
        chosen[max(count, key=lambda s: (s in bounded, count[s], statement.sizes.index(s)))] = None
    return tuple(s for s in statement.sizes if s in chosen)


def stated_values(statement: Statement, factors: Sequence[sp.Symbol]) -> tuple[int, ...] | None:
    """Return values among which the assumptions leave every factor; None where one may be as large as it likes."""
    bounds = [upper_bound(assumed(statement), factor) for factor in factors]
    largest = max((bound for bound in bounds if bound is not None), default=1)
    return None if None in bounds else tuple(range(1, largest + 1))


def assumed(statement: Statement) -> Condition:
    """Return the assumptions of a statement as one condition."""
    return AllOf(tuple(map(Draft().condition, statement.assumptions)))


def upper_bound(holds: Condition, size: sp.Symbol) -> int | None:
    """Return a number that a size is not above where a condition holds, such as S ≤ 3; None if it is not seen."""
    if not isinstance(holds, Relation):
        found = [upper_bound(part, size) for part in holds.parts]
        bounds = [bound for bound in found if bound is not None]
        if isinstance(holds, AllOf):
            return min(bounds, default=None)
        return None if None in found else max(bounds, default=None)
    p = holds.polynomial
    slope, rest = p.get((size,), 0), p.get((), 0)
    if set(p) - {(size,), ()} or not slope or holds.sign == "!=" or (holds.sign == ">=" and slope > 0):
        return None
    return max(math.floor(Fraction(-rest) / slope), 1)


def literal_values(statement: Statement, factors: Sequence[sp.Symbol], most: int) -> tuple[int, ...]:
    """Return the values at which factors are taken: the least ones that the assumptions allow.

    The usual ones where there would be more combinations than `most`.
    """
    least_values = {lower_bound(assumed(statement), factor) for factor in factors}
    values = sorted({low + step - 1 for low in least_values for step in LITERALS})
    return tuple(values) if len(values) ** len(factors) <= most else LITERALS


def lower_bound(holds: Condition, size: sp.Symbol) -> int:
    """Return a number that a size is not below where a condition holds, such as S ≥ 3; 1 if none is seen."""
    if not isinstance(holds, Relation):
        found = [lower_bound(part, size) for part in holds.parts]
        return max(found, default=1) if isinstance(holds, AllOf) else min(found, default=1)
    p = holds.polynomial
    slope, rest = p.get((size,), 0), p.get((), 0)
    if set(p) - {(size,), ()} or holds.sign == "!=" or slope <= 0:
        return 1
    return max(math.ceil(Fraction(-rest) / slope), 1)


def is_polynomial(e: Any) -> bool:
    """Tell whether an expression is a polynomial in sizes, with whole coefficients."""
    return all(
        is_plain_size(part) if isinstance(part, sp.Symbol) else isinstance(part, sp.Integer | sp.Add | sp.Mul | sp.Pow)
        for part in sp.preorder_traversal(e)
    )


def quotients(statement: Statement) -> list[tuple[sp.Expr, sp.Expr]]:
    """Return the polynomials that a statement rounds after a division, or has the remainder of, with the divisors."""
    found: dict[tuple[sp.Expr, sp.Expr], None] = {}
    shapes = [n for side in (statement.left, statement.right) for n in side.shape]
    shapes += [n for declared in statement.tensors.values() for n in declared.shape]
    for e in (*shapes, *statement.formulas, *statement.conditions, *statement.right.conditions):
        for part in sp.preorder_traversal(e):
            if isinstance(part, heads.Floor | heads.Ceiling):
                quotient = as_quotient(part.args[0])
            elif isinstance(part, heads.Remainder):
                quotient = part.args
            else:
                continue
            if is_polynomial(quotient[0]) and not quotient[0].is_Integer:
                found[sp.expand(quotient[0]), quotient[1]] = None
    return list(found)
