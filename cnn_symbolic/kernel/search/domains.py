"""The conditions on the sizes that a claim is about, as people read them: those that follow from others left out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, reduce
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions.heads import Conjunction, Disjunction, Floor, Inverse, Maximum
from cnn_symbolic.expressions.rules import compare
from cnn_symbolic.kernel.trusted.drafts import DefinedSymbol, Draft
from cnn_symbolic.kernel.trusted.factors import products_of
from cnn_symbolic.kernel.trusted.polynomials import (
    AllOf,
    Condition,
    Polynomial,
    Relation,
    symbols_in,
)
from cnn_symbolic.kernel.trusted.products import Lowering
from cnn_symbolic.kernel.trusted.unknowns import Coordinates, UnknownSets


@lru_cache(maxsize=64)
def stated_domain(
    sizes: tuple[sp.Symbol, ...], conditions: tuple[sp.Basic, ...], factors: tuple[sp.Symbol, ...]
) -> tuple[Boolean, ...]:
    """Return the conditions on the sizes as inequalities of sums, such as `M + P ≥ D·I - D`.

    Those that follow from the others are left out.
    """
    lowering = Lowering(sizes, ())
    stated = list(dict.fromkeys(conditions))
    lowered = [lowering.conditions([holds]) for holds in stated]
    sets = UnknownSets(sizes, (), lowering.sizes.unknowns)
    monomials = lowering.sizes.monomials()
    of_sizes = Coordinates(sets, monomials, products_of(factors, [monomials]))
    kept = list(range(len(stated)))
    with sets.within_limits():
        everywhere = sets.sizes_where_all(lowering.sizes.facts)
        where = [everywhere.intersect(sets.sizes_where_all(holding)) for holding in lowered]
        for k in range(len(stated)):
            others = reduce(lambda a, b: a.intersect(b), (where[j] for j in kept if j != k), everywhere)
            if of_sizes.impossible(others.subtract(where[k])):
                kept.remove(k)
    return tuple(dict.fromkeys(multiplied_out(stated[k]) for k in kept))


def multiplied_out(holds: Any) -> Boolean:
    """Return a condition between sums of products; `⌊a/b⌋ ≥ n` becomes `a ≥ n·b`, and ≤ likewise."""
    draft = Draft()
    return formula_of(draft.condition(holds), draft)


def formula_of(lowered: Condition, draft: Draft) -> Boolean:
    """Return a condition as a formula, with the functions that a draft has defined for it."""
    if not isinstance(lowered, Relation):
        parts = [formula_of(part, draft) for part in lowered.parts]
        return parts[0] if len(parts) == 1 else (Conjunction if isinstance(lowered, AllOf) else Disjunction)(*parts)
    p = lowered.polynomial
    defined = {next(iter(symbols_in(d.value))): d for d in draft.defined}
    for symbol, function in defined.items():
        number = p.get((symbol,), 0)
        others = p - Polynomial({(symbol,): number})
        alone = abs(number) == 1 and not symbols_in(others) & set(defined)
        if function.kind == "quotient" and alone and lowered.sign == ">=":
            top, bottom = function.arguments
            p = top + bottom * others if number == 1 else bottom * others + bottom - top - 1
    added, taken = (Polynomial({m: n for m, n in side.items() if n > 0}) for side in (p, -p))
    left, right = sum_of(added, defined), sum_of(taken, defined)
    return (
        compare("<=", right, left) if left.is_Integer and lowered.sign == ">=" else compare(lowered.sign, left, right)
    )


def sum_of(p: Polynomial, defined: Mapping[sp.Symbol, DefinedSymbol]) -> sp.Expr:
    """Return a polynomial as an expression, with the functions that its symbols stand for."""
    return sp.Add(*(n * sp.Mul(*(value_of(s, defined) for s in monomial)) for monomial, n in p.items()))


def value_of(symbol: sp.Symbol, defined: Mapping[sp.Symbol, DefinedSymbol]) -> sp.Expr:
    """Return a size, or the function that a symbol stands for."""
    if symbol not in defined:
        return symbol
    arguments = [sum_of(p, defined) for p in defined[symbol].arguments]
    if defined[symbol].kind == "quotient":
        top, bottom = arguments
        return Floor(top * Inverse(bottom))
    return Maximum(*arguments)
