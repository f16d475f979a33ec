"""The conditions on the sizes that a claim is about, written as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache, reduce
from typing import Any

import sympy as sp

from cnn_symbolic.kernel.trusted.drafts import DefinedSymbol, Draft
from cnn_symbolic.kernel.trusted.factors import products_of
from cnn_symbolic.kernel.trusted.polynomials import (
    AllOf,
    Condition,
    Monomial,
    Polynomial,
    Relation,
    minus,
    plus,
    symbols_in,
    times,
)
from cnn_symbolic.kernel.trusted.products import Lowering
from cnn_symbolic.kernel.trusted.unknowns import Coordinates, UnknownSets

__all__ = ["written_domain"]


@lru_cache(maxsize=64)
def written_domain(
    sizes: tuple[sp.Symbol, ...], conditions: tuple[sp.Basic, ...], factors: tuple[sp.Symbol, ...]
) -> str:
    """Return the conditions on the sizes as text: `M + P ≥ D·I - D`. Those that follow from the others are left out."""
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
    return " and ".join(dict.fromkeys(written_condition(stated[k]) for k in kept))


def written_condition(holds: Any) -> str:
    """Return a condition as text; `⌊a/b⌋ ≥ n` is written as `a ≥ n·b`, and ≤ likewise."""
    draft = Draft()
    return written_lowered(draft.condition(holds), draft)


def written_lowered(lowered: Condition, draft: Draft) -> str:
    """Return a condition as text, with the functions that a draft has defined for it."""
    if not isinstance(lowered, Relation):
        word = " and " if isinstance(lowered, AllOf) else " or "
        parts = [written_lowered(part, draft) for part in lowered.parts]
        return f"({word.join(parts)})" if len(parts) > 1 else "".join(parts)
    p = lowered.polynomial
    defined = {next(iter(symbols_in([d.value]))): d for d in draft.defined}
    for symbol, function in defined.items():
        alone = set(p) - {()} == {(symbol,)} and abs(p[(symbol,)]) == 1
        if function.kind == "quotient" and alone and lowered.sign == ">=":
            top, bottom = function.arguments
            multiple = times(bottom, {(): p.get((), 0)})
            p = plus(top, multiple) if p[(symbol,)] == 1 else plus(multiple, bottom, {(): -1}, minus(top))
    return inequality(p, lowered.sign, defined)


def written_sum(terms: Iterable[tuple[Monomial, Any]], defined: Mapping[sp.Symbol, DefinedSymbol]) -> str:
    """Return a sum of products with positive coefficients."""
    parts = []
    for monomial, number in sorted(terms, key=lambda term: (term[0] == (), [str(s) for s in term[0]])):
        factors = [written_symbol(s, defined) for s in monomial]
        parts.append("·".join([str(number), *factors] if number != 1 or not monomial else factors))
    return " + ".join(parts) or "0"


def written_symbol(symbol: sp.Symbol, defined: Mapping[sp.Symbol, DefinedSymbol]) -> str:
    """Return a size, or the function that a symbol stands for."""
    if symbol not in defined:
        return str(symbol.name)
    function = defined[symbol]
    arguments = []
    for p in function.arguments:
        added, taken = (written_sum(part, defined) for part in two_sides(p))
        arguments.append(added if taken == "0" else f"{added} - ({taken})" if " + " in taken else f"{added} - {taken}")
    if function.kind == "quotient":
        top, bottom = arguments
        bottom = bottom if re.fullmatch(r"\w+", bottom) else f"({bottom})"
        return f"⌊({top})/{bottom}⌋" if " " in top else f"⌊{top}/{bottom}⌋"
    return f"max({', '.join(arguments)})"


def two_sides(p: Polynomial) -> tuple[list[tuple[Monomial, Any]], list[tuple[Monomial, Any]]]:
    """Return the terms that are added, and those that are taken away, both with positive coefficients."""
    return [(m, n) for m, n in p.items() if n > 0], [(m, -n) for m, n in p.items() if n < 0]


def inequality(p: Polynomial, sign: str, defined: Mapping[sp.Symbol, DefinedSymbol]) -> str:
    """Return `p ≥ 0` (or = or ≠) with what is added on the left and what is taken away on the right."""
    left, right = (written_sum(side, defined) for side in two_sides(p))
    return f"{left} { {'>=': '≥', '!=': '≠'}.get(sign, sign) } {right}"
