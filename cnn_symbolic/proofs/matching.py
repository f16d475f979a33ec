"""Which substitution of bound indices leads from one sum of products to another.

Nothing here is trusted: what is found is proposed as a line, which the kernel decides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, permutations, product
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import substitute
from cnn_symbolic.expressions.heads import Bracket, Comparison, Connective, Delta, Opaque
from cnn_symbolic.kernel.trusted.polynomials import RELATIONS
from cnn_symbolic.proofs.steps import solve_for

MOST_PAIRINGS = 24
Limits = tuple[tuple[sp.Symbol, sp.Expr, sp.Expr], ...]
Equation = tuple[sp.Expr, sp.Expr]
# Two indices that are equal within limits.
Claimed = tuple[sp.Expr, sp.Expr, Limits]


@dataclass(frozen=True)
class SummedProduct:
    """A term of a formula: a product of factors, summed over the limits."""

    limits: Limits
    factors: tuple[sp.Expr, ...]

    @property
    def bound(self) -> tuple[sp.Symbol, ...]:
        """The summation indices."""
        return tuple(variable for variable, _, _ in self.limits)

    @property
    def formula(self) -> sp.Expr:
        """The term."""
        body = sp.Mul(*self.factors)
        return sp.Sum(body, *self.limits) if self.limits else body


def products(e: sp.Expr) -> list[SummedProduct]:
    """Return the terms of a formula."""
    found = []
    for term in sp.Add.make_args(e):
        limits = tuple(tuple(limit) for limit in term.limits) if isinstance(term, sp.Sum) else ()
        found.append(SummedProduct(limits, sp.Mul.make_args(term.function if isinstance(term, sp.Sum) else term)))
    return found


@dataclass(frozen=True)
class Substitution:
    """What has to be put in the place of the bound indices of one formula to get another.

    `formula` is what it becomes, with the letters of the other, None if it has more sums than the other; `exact` tells
    whether it is the other. `claims` are the indices that have to be equal within the limits for that.
    """

    values: Mapping[sp.Symbol, sp.Expr]
    formula: sp.Expr | None
    exact: bool
    claims: tuple[Claimed, ...] = ()

    @property
    def changed(self) -> dict[sp.Symbol, sp.Expr]:
        """The values that are no other letters."""
        return {v: e for v, e in self.values.items() if not isinstance(e, sp.Symbol)}

    @property
    def renames(self) -> bool:
        """Whether only letters change."""
        return self.exact and not self.changed and not self.claims


def matched(one: sp.Expr, other: sp.Expr) -> Substitution | None:
    """Return the substitution that leads from one formula to another; None if none is found."""
    left, rest = products(one), products(other)
    if len(left) != len(rest):
        return None
    values: dict[sp.Symbol, sp.Expr] = {}
    become: list[sp.Expr] = []
    claims: list[Claimed] = []
    exact = True
    for term in left:
        for k, target in enumerate(rest):
            if (found := substituted(term, target)) is not None:
                values |= found.values
                become += [] if found.formula is None else [found.formula]
                claims += found.claims
                exact = exact and found.exact
                del rest[k]
                break
        else:
            return None
    return Substitution(values, sp.Add(*become) if len(become) == len(left) else None, exact, tuple(claims))


def substituted(one: SummedProduct, other: SummedProduct) -> Substitution | None:
    """Return what the bound indices of a term stand for in another."""
    if len(one.limits) < len(other.limits) or len(one.factors) != len(other.factors):
        return None
    theirs = {v: (low, high) for v, low, high in other.limits}
    for equations in islice(pairings(one.factors, other.factors), MOST_PAIRINGS):
        found = solved(equations, one.bound, other.bound)
        if found is None:
            continue
        values, still = found
        factors = [substitute(factor, values) for factor in one.factors]
        alike = [factors, other.factors]
        if still:
            alike = [[factor for factor in several if not is_entry(factor)] for several in alike]
        if Counter(map(canonical, alike[0])) != Counter(map(canonical, alike[1])):
            continue
        if len(one.limits) > len(other.limits):
            if still:
                continue
            return Substitution(values, None, False)
        limits = transformed(one.limits, values, other.bound)
        if limits is None:
            continue
        exact = all(sp.expand(a - b) == 0 for v, *ends in limits for a, b in zip(ends, theirs[v], strict=True))
        if still and not exact:
            continue
        claims = tuple((a, b, other.limits) for a, b in still)
        return Substitution(values, SummedProduct(limits, other.factors).formula, exact, claims)
    return None


def is_entry(factor: sp.Expr) -> bool:
    """Tell whether a factor is an entry with indices, or a function or power of one."""
    return bool(entries_by_name([factor]))


def pairings(one: Sequence[sp.Expr], other: Sequence[sp.Expr]) -> Iterator[list[Equation]]:
    """Yield the indices that have to be equal, for all ways to pair entries of the same tensors."""
    by_name = [entries_by_name(factors) for factors in (one, other)]
    if Counter({k: len(v) for k, v in by_name[0].items()}) != Counter({k: len(v) for k, v in by_name[1].items()}):
        return
    names = list(by_name[0])
    for orders in product(*(permutations(by_name[1][called]) for called in names)):
        yield [
            (a, b)
            for called, order in zip(names, orders, strict=True)
            for mine, theirs in zip(by_name[0][called], order, strict=True)
            for a, b in zip(mine, theirs, strict=True)
        ]


def entries_by_name(factors: Sequence[sp.Expr]) -> dict[Any, list[tuple[sp.Expr, ...]]]:
    """Return the indices of the entries among factors, by what they are entries of."""
    found: dict[Any, list[tuple[sp.Expr, ...]]] = defaultdict(list)
    for factor in factors:
        base, power = factor.as_base_exp()
        at = base.argument if isinstance(base, Opaque) else base
        if isinstance(at, sp.Indexed):
            kind = (base.name, base.order) if isinstance(base, Opaque) else ()
            found[(str(at.base.label), power, *kind)].append(at.indices)
    return found


def solved(
    equations: Sequence[Equation], unknown: Sequence[sp.Symbol], known: Sequence[sp.Symbol]
) -> tuple[dict[sp.Symbol, sp.Expr], list[Equation]] | None:
    """Return the unknowns that equations determine, and the equations that they do not solve.

    Unknowns that occur in no equation are those of the others that occur in none. None if some are not determined.
    """
    values: dict[sp.Symbol, sp.Expr] = {}
    while True:
        rest = [(a.xreplace(values), b) for a, b in equations]
        rest = [(a, b) for a, b in rest if sp.expand(a - b) != 0]
        found = next(
            (
                (variable, value)
                for a, b in rest
                for variable in unknown
                if variable not in values and len((a - b).free_symbols & set(unknown)) == 1
                if (value := solve_for(variable, a - b)) is not None and not value.free_symbols & set(unknown)
            ),
            None,
        )
        if found is None:
            break
        values[found[0]] = found[1]
    if any((a - b).free_symbols & set(unknown) for a, b in rest):
        return None
    used = {s for value in values.values() for s in value.free_symbols}
    free = [v for v in known if v not in used]
    missing = [v for v in unknown if v not in values]
    return (values | dict(zip(missing, free, strict=True)), rest) if len(free) == len(missing) else None


def transformed(limits: Limits, values: Mapping[sp.Symbol, sp.Expr], known: Sequence[sp.Symbol]) -> Limits | None:
    """Return the bounds of the indices that are put in place of others, each of which depends on one."""
    found: dict[sp.Symbol, tuple[sp.Symbol, sp.Expr, sp.Expr]] = {}
    for variable, low, high in limits:
        value = sp.expand(values[variable])
        inner = [v for v in known if v not in found and value.coeff(v) in (1, -1)]
        inner = [v for v in inner if v.name == variable.name] or inner
        if not inner:
            return None
        sign = value.coeff(inner[0])
        shift = value - sign * inner[0]
        ends = [sp.expand((end - shift) * sign) for end in (low, high)]
        found[inner[0]] = (inner[0], *(ends if sign == 1 else reversed(ends)))
    dependent = {v for v, low, high in found.values() if set(known) & (low.free_symbols | high.free_symbols)}
    ordered = sorted(known, key=lambda v: v not in dependent)
    apart = all(not dependent & (found[v][1].free_symbols | found[v][2].free_symbols) for v in known)
    return tuple(found[v] for v in ordered) if apart else None


def canonical(e: Any) -> Any:
    """Return what is equal for expressions, and for conditions, that are written alike but for order and sides."""
    if isinstance(e, Comparison):
        sign, exchanged, strict = RELATIONS[e.sign]
        difference = sp.expand(e.lhs - e.rhs)
        if sign == ">=":
            return sign, strict, difference * exchanged
        return sign, 0, frozenset({difference, -difference})
    if isinstance(e, Connective):
        return type(e).__name__, frozenset(map(canonical, e.args))
    if isinstance(e, Bracket):
        return "Bracket", canonical(e.args[0])
    if isinstance(e, Delta):
        difference = sp.expand(e.args[0] - e.args[1])
        return "Delta", frozenset({difference, -difference})
    if isinstance(e, sp.Indexed | Opaque):
        return (type(e).__name__, *(canonical(part) for part in e.args))
    return sp.expand(e) if isinstance(e, sp.Expr) else e
