"""Proves statements for every value of their factors at once: strides, dilations, channels per group.

Trusted. A factor is a size that stands in a product with another size or an index, or in a divisor. The
products become unknowns (see `products`), and the two sides are compared as functions of these too. Where
they differ at all, the differences must contradict the products' real values. From here comes a proof or
nothing: a statement that is not proved here may still be true.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.heads import Comparison, Disjunction, Equal
from cnn_symbolic.expressions.rules import any_of, at_least, compare, conjuncts, is_plain_size, least
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.affine import label, without_denominators
from cnn_symbolic.kernel.coefficients import Signature, arranged
from cnn_symbolic.kernel.drafts import Defined, Draft
from cnn_symbolic.kernel.polynomials import (
    RELATIONS,
    AllOf,
    Condition,
    Monomial,
    Polynomial,
    Relation,
    minus,
    plus,
    polynomials_in,
    symbols_in,
    times,
)
from cnn_symbolic.kernel.products import Frame, Lowered, Lowering
from cnn_symbolic.kernel.reader import NotReadable, read_sides
from cnn_symbolic.kernel.statement import Statement
from cnn_symbolic.kernel.unknowns import Coordinates, UnknownSets
from cnn_symbolic.kernel.verdicts import Reason

__all__ = ["conditions_of", "factors_of", "prove_every", "stated_values", "upper_bound", "written_domain"]


@dataclass
class Compared:
    """The terms of both sides with the same product of tensors, and the coordinates that they share."""

    frame: Frame
    left: list[Lowered] = field(default_factory=list)
    right: list[Lowered] = field(default_factory=list)


def conditions_of(statement: Statement) -> tuple[sp.Basic, ...]:
    """Return the conditions on the sizes at which a statement is about its sides."""
    return statement.conditions


def factors_of(statement: Statement) -> tuple[sp.Symbol, ...]:
    """Return the factors, whose values make a statement affine; raise NotReadable where there are none."""
    draft = Draft()
    shapes = [*statement.left.shape, *statement.right.shape]
    sides = [conditions_of(statement), statement.right.conditions]
    draft.conditions = [draft.condition(holds) for conditions in sides for holds in conditions]
    some = sp.Dummy("n", integer=True)
    draft.conditions += [draft.condition(Equal(some, length)) for length in shapes]
    for term in (term for terms in read_sides(statement) for term in terms):
        draft.conditions += [draft.condition(holds) for holds in term.conditions]
        draft.conditions += [Relation(">=", draft.polynomial(e)) for f in term.factors for e in f.index]
    products = [m for p in polynomials_in(draft.all_conditions()) for m in p if len(m) > 1]
    parts = [part for holds in statement.assumptions for part in conjuncts(holds)]
    bounded = {s for s in statement.sizes if any(upper_bound(part, s) is not None for part in parts)}
    chosen: dict[sp.Symbol, None] = {}
    for monomial in products:
        others = [s for s in monomial if not is_plain_size(s)]
        if len(others) > 1:
            raise NotReadable(Reason.NOT_AFFINE, f"{'·'.join(s.name for s in others)} is a product of indices")
        if others:
            chosen |= dict.fromkeys(s for s in monomial if is_plain_size(s))
    while left := [rest for m in products if len(rest := [s for s in m if s not in chosen]) > 1]:
        count = Counter(s for rest in left for s in rest)
        chosen[max(count, key=lambda s: (s in bounded, count[s], statement.sizes.index(s)))] = None
    return tuple(s for s in statement.sizes if s in chosen)


def stated_values(statement: Statement, factors: Sequence[sp.Symbol]) -> tuple[int, ...] | None:
    """Return values among which the assumptions leave every factor; None where one may be as large as it likes."""
    parts = [part for holds in statement.assumptions for part in conjuncts(holds)]
    bounds = [min((b for part in parts if (b := upper_bound(part, f)) is not None), default=None) for f in factors]
    if any(bound is None for bound in bounds):
        return None
    return tuple(range(1, max((bound for bound in bounds if bound is not None), default=1) + 1))


def upper_bound(holds: Any, size: sp.Symbol) -> int | None:
    """Return a number that a size is not above where a condition holds, such as S ≤ 3; None if it is not seen."""
    if isinstance(holds, Disjunction):
        found = [upper_bound(part, size) for part in holds.args]
        return None if None in found else max(bound for bound in found if bound is not None)
    if not isinstance(holds, Comparison):
        return None
    sign, direction, strict = RELATIONS[holds.sign]
    zero = sp.expand(holds.lhs - holds.rhs) * direction
    slope = zero.coeff(size)
    if (
        sign == "!="
        or zero.free_symbols != {size}
        or not slope.is_Rational
        or not (rest := zero - slope * size).is_Rational
    ):
        return None
    if sign == ">=" and slope >= 0:
        return None
    edge = -rest / slope
    bound: int = math.ceil(edge) - 1 if strict else math.floor(edge)
    return max(bound, 1)


def prove_every(statement: Statement, factors: Sequence[sp.Symbol]) -> dict[str, str]:
    """Return the coefficient functions of a statement that is true at all sizes, as isl writes them.

    Raises NotReadable where that is not proved.
    """
    lowering = Lowering(statement.sizes, statement.index)
    required = lowering.conditions(conditions_of(statement))
    right = lowering.conditions(statement.right.conditions)
    pairs = zip(statement.left.shape, statement.right.shape, strict=True)
    differ = lowering.conditions([any_of(*(compare("!=", sp.expand(a), sp.expand(b)) for a, b in pairs))])
    compared = lowered_sides(statement, lowering)
    lowering.complete()
    sets = UnknownSets(statement.sizes, statement.index, lowering.sizes.unknowns)
    parameters = lowering.sizes.monomials()
    multipliers = products_of(factors, [parameters, *(both.frame.monomials() for both in compared.values())])
    of_sizes = Coordinates(sets, parameters, multipliers)
    with sets.within_limits():
        domain = sets.sizes_where_all([*required, *lowering.sizes.facts])
        if of_sizes.impossible(domain):
            conditions = ", ".join(map(str, conditions_of(statement)))
            raise VacuousClaimError(f"no sizes satisfy the assumptions of {statement.describe()}: {conditions}")
        undefined = domain.subtract(sets.sizes_where_all(right))
        unequal = domain.intersect(sets.sizes_where_all(differ))
        if not of_sizes.impossible(undefined.union(unequal)):
            raise NotReadable(Reason.NOT_AFFINE, "the shapes are not seen to agree for all factors")
        written = {}
        for signature, both in compared.items():
            left, other = ([sets.lowered(t, both.frame, domain) for t in side] for side in (both.left, both.right))
            monomials = [*parameters, *((i,) for i in statement.index), *both.frame.monomials()]
            zero = (left + other)[0].sub((left + other)[0])
            difference = sum_of([zero, *left]).sub(sum_of([zero, *other]))
            if not Coordinates(sets, monomials, multipliers).zero_everywhere(difference):
                raise NotReadable(Reason.NOT_AFFINE, "the entries are not seen to agree for all factors")
            written["·".join(map(label, signature)) or "1"] = sum_of([zero, *left]).to_str()
    return written


def sum_of(functions: Sequence[Any]) -> Any:
    """Return the sum of coefficient functions."""
    return reduce(lambda a, b: a.add(b), functions)


def lowered_sides(statement: Statement, lowering: Lowering) -> dict[Signature, Compared]:
    """Return the terms of both sides by their products of tensors, multiplied by the sizes they divide by."""
    sides, scale = without_denominators(read_sides(statement))
    for base, _ in scale:
        if not at_least(base, 1):
            raise NotReadable(Reason.OUTSIDE, f"a formula divides by {base}, which is not positive for all sizes")
    compared: dict[Signature, Compared] = {}
    for k, terms in enumerate(sides):
        for term in terms:
            for signature, access in arranged(term):
                if signature not in compared:
                    names = [sp.Dummy("x", integer=True) for _ in access]
                    compared[signature] = Compared(Frame(tuple(names)))
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


def written_sum(terms: Iterable[tuple[Monomial, Any]], defined: Mapping[sp.Symbol, Defined]) -> str:
    """Return a sum of products with positive coefficients."""
    parts = []
    for monomial, number in sorted(terms, key=lambda term: (term[0] == (), [str(s) for s in term[0]])):
        factors = [written_symbol(s, defined) for s in monomial]
        parts.append("·".join([str(number), *factors] if number != 1 or not monomial else factors))
    return " + ".join(parts) or "0"


def written_symbol(symbol: sp.Symbol, defined: Mapping[sp.Symbol, Defined]) -> str:
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


def inequality(p: Polynomial, sign: str, defined: Mapping[sp.Symbol, Defined]) -> str:
    """Return `p ≥ 0` (or = or ≠) with what is added on the left and what is taken away on the right."""
    left, right = (written_sum(side, defined) for side in two_sides(p))
    return f"{left} { {'>=': '≥', '!=': '≠'}.get(sign, sign) } {right}"
