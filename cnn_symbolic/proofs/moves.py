"""The moves that lead from one line of a derivation to another, each with its reason.

Both lines are rewritten by `moves` towards what they have in common, and `connection` says by which lines the two ways
meet. Nothing here is trusted: the kernel decides whether each line is equal to the line before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import substitute
from cnn_symbolic.expressions.heads import Bracket, Delta, Floor, Opaque, Remainder, has_entries
from cnn_symbolic.expressions.rules import all_of, as_quotient, bracket, conjuncts, divide, floor, remainder
from cnn_symbolic.expressions.rules import delta as delta_of
from cnn_symbolic.proofs import reasons as why
from cnn_symbolic.proofs.matching import Limits, SummedProduct, matched, products
from cnn_symbolic.proofs.reasons import StepReason
from cnn_symbolic.proofs.steps import collapse_deltas, gather_sums
from cnn_symbolic.tensors.sources import Named
from cnn_symbolic.tensors.tensor import Tensor


@dataclass(frozen=True)
class Move:
    """A formula that another one becomes, and what was done to it; `back` is the reason where it is undone."""

    formula: sp.Expr
    reason: StepReason
    back: StepReason


def connection(
    before: sp.Expr,
    after: sp.Expr,
    lengths: Mapping[sp.Symbol, sp.Expr],
    holds: Callable[[sp.Expr, sp.Expr, Limits], bool],
) -> list[Move] | None:
    """Return the lines that lead from a formula to another one; None if no way is found.

    The last one is the other formula, or what it is with other letters; none at all if that is all that differs.
    `lengths` are those of the axes that the free indices run along; `holds` decides whether two indices are equal
    within limits.
    """
    for claiming, *orders in product((False, True), repeat=3):
        starts = [[Move(e, why.COMPARE, why.COMPARE)] for e in (before, after)]
        ways = [[*start, *moves(start[0].formula, lengths, last)] for start, last in zip(starts, orders, strict=True)]
        if (found := meeting(ways, holds if claiming else lambda *_: False)) is not None:
            return found
    return None


def meeting(ways: Sequence[Sequence[Move]], holds: Callable[[sp.Expr, sp.Expr, Limits], bool]) -> list[Move] | None:
    """Return the lines that lead from the start of one way to that of another, by the nearest place where they meet."""
    meetings = ((k, i, k - i) for k in range(len(ways[0]) + len(ways[1]) - 1) for i in range(k + 1))
    for _, i, j in meetings:
        if i >= len(ways[0]) or j >= len(ways[1]):
            continue
        found = matched(ways[0][i].formula, ways[1][j].formula)
        if found is None or not all(holds(*claim) for claim in found.claims):
            continue
        lines = list(ways[0][1 : i + 1])
        if not found.renames:
            there = why.substitution(found.changed)
            if there.values and found.formula is not None and not found.claims:
                lines.append(Move(found.formula, there, there))
            if found.claims:
                within = why.within(found.claims)
                lines.append(Move(ways[1][j].formula, within, within))
            if not found.exact:
                inside = why.OUTSIDE if found.formula is not None else why.inside(found.changed)
                lines.append(Move(ways[1][j].formula, inside, inside))
        return lines + [Move(ways[1][k - 1].formula, ways[1][k].back, ways[1][k].back) for k in range(j, 0, -1)]
    return None


def moves(e: sp.Expr, lengths: Mapping[sp.Symbol, sp.Expr], last: bool) -> Iterator[Move]:
    """Yield what a formula becomes, move by move, on the way to a form that equal formulas often have in common.

    Where a bracket can pick one of several indices, it picks the first or the `last` one.
    """
    indices = partial(at_only_index, lengths=lengths)
    for step in (indices, single, gathered, by_bracket, collapsed, partial(divided, last=last), over_multiples):
        made = step(e)
        if made is not None and made.formula != e:
            yield made
            e = made.formula


def written_out(e: sp.Expr, named: Iterable[Tensor]) -> sp.Expr:
    """Return a formula with intermediate results written as what they are."""
    for x in named:
        e = with_entries(e, x)
    return e


def with_entries(e: sp.Expr, x: Tensor) -> sp.Expr:
    """Return a formula in which the entries of an intermediate result are those of its definition."""
    definition = x.source.definition if isinstance(x.source, Named) else x
    found = {at: getattr(at, "indices", ()) for at in entries_in(e) if str(getattr(at, "base", at)) == x.name}
    return outside_functions(e, {at: definition.formula(tuple(indices)) for at, indices in found.items()})


def outside_functions(e: sp.Basic, values: Mapping[sp.Expr, sp.Expr]) -> sp.Basic:
    """Return a formula with other expressions in the place of entries, but not where a function is applied to them."""
    if e in values or not e.args or isinstance(e, Opaque | sp.Indexed):
        return values.get(e, e)
    return e.func(*(outside_functions(part, values) for part in e.args))


def entries_in(e: sp.Basic) -> set[sp.Expr]:
    """Return the tensor entries in a formula that no function is applied to; of a number, its name."""
    if isinstance(e, sp.Indexed) or (isinstance(e, sp.Symbol) and has_entries(e)):
        return {e}
    return set() if isinstance(e, Opaque) else set().union(*map(entries_in, e.args))


def at_only_index(e: sp.Expr, lengths: Mapping[sp.Symbol, sp.Expr]) -> Move | None:
    """Return a formula at the only index of axes of size one."""
    values = {index: sp.S.Zero for index, length in lengths.items() if length == 1 and index in e.free_symbols}
    if not values:
        return None
    reason = why.only_index(values)
    return Move(substitute(e, values), reason, reason)


def single(e: sp.Expr) -> Move | None:
    """Return a formula without the sums that have one term only."""
    return Move(without_single(e), why.ONE_TERM, why.ONE_TERM)


def without_single(e: sp.Expr) -> sp.Expr:
    """Return a formula with the values of those indices that have one only."""
    if isinstance(e, sp.Sum):
        alone = {variable: low for variable, low, high in e.limits if low == high}
        body = without_single(substitute(e.function, alone) if alone else e.function)
        limits = [limit for limit in e.limits if limit[0] not in alone]
        return sp.Sum(body, *limits) if limits else body
    if isinstance(e, sp.Add | sp.Mul):
        return e.func(*(without_single(part) for part in e.args))
    return e


def gathered(e: sp.Expr) -> Move | None:
    """Return a formula as a sum of products, each with one sum in front of it."""
    made = gather_sums(sp.expand(e) if not e.has(sp.Sum) else e)
    more = len(sp.Add.make_args(made)) > len(sp.Add.make_args(e))
    return Move(made, why.MULTIPLY_OUT, why.FACTOR_OUT) if more else Move(made, why.DRAW_OUT, why.DRAW_IN)


def collapsed(e: sp.Expr) -> Move | None:
    """Return a formula in which every sum with a bracket that picks one of its terms is that term."""
    if not e.has(Delta):
        return None
    return Move(collapse_deltas(e, every=False), why.BRACKETS, why.BRACKETS)


def by_bracket(e: sp.Expr) -> Move | None:
    """Return a formula with `[k = a]·f(a)` replaced by `[k = a]·f(k)`."""
    values: dict[sp.Symbol, sp.Expr] = {}
    made = sp.Add(*(with_equal_indices(term, values).formula for term in products(e)))
    return Move(made, reason := why.equal_indices(values), reason) if values else None


def with_equal_indices(term: SummedProduct, values: dict[sp.Symbol, sp.Expr]) -> SummedProduct:
    """Return a term with the index that a bracket says to be equal to another expression in the place of that."""
    factors = list(term.factors)
    for delta in [factor for factor in factors if isinstance(factor, Delta)]:
        for index, value in (delta.args, delta.args[::-1]):
            if isinstance(index, sp.Symbol) and index not in term.bound and not isinstance(value, sp.Symbol):
                changed = [f if f == delta else f.xreplace({value: index}) for f in factors]
                if changed != factors:
                    values[index] = value
                    factors = changed
    return SummedProduct(term.limits, tuple(factors))


def divided(e: sp.Expr, last: bool) -> Move | None:
    """Return a formula with `Σ_r [a = S·r]·f(r)` replaced by `[S divides a]·f(a/S)`."""
    values: dict[sp.Symbol, sp.Expr] = {}
    made = sp.Add(*(without_multiples(term, values, last).formula for term in products(e)))
    return Move(made, reason := why.picked(values), reason) if values else None


def without_multiples(term: SummedProduct, values: dict[sp.Symbol, sp.Expr], last: bool) -> SummedProduct:
    """Return a term in which each bracket with a multiple of an index has picked the index; note which."""
    for delta in [factor for factor in term.factors if isinstance(factor, Delta)]:
        zero = sp.expand(delta.args[0] - delta.args[1])
        for variable in term.bound[:: -1 if last else 1]:
            by = zero.coeff(variable)
            if by == 0 or by.free_symbols & set(term.bound) or variable in sp.expand(zero - by * variable).free_symbols:
                continue
            sign = -1 if by.could_extract_minus_sign() else 1
            by, rest = sign * by, sp.expand(-sign * (zero - by * variable))
            chosen = {variable: floor(divide(rest, by))}
            values[variable] = divide(rest, by)
            factors = [substitute(factor, chosen) for factor in term.factors if factor != delta]
            guard = delta_of(remainder(rest, by), sp.S.Zero)
            limits = tuple(limit for limit in term.limits if limit[0] != variable)
            return without_multiples(SummedProduct(limits, (guard, *factors)), values, last)
    return term


def over_multiples(e: sp.Expr) -> Move | None:
    """Return a formula with `Σ_u [S divides u]·f(u/S)` replaced by `Σ_t f(t)`."""
    values: dict[sp.Symbol, sp.Expr] = {}
    made = sp.Add(*(along_multiples(term, values).formula for term in products(e)))
    return Move(made, reason := why.multiples(values), reason) if values else None


def along_multiples(term: SummedProduct, values: dict[sp.Symbol, sp.Expr]) -> SummedProduct:
    """Return a term in which each index runs over the multiples that a bracket leaves; note which."""
    for factor in term.factors:
        for variable, low, high in term.limits:
            by = divisor_of(factor, variable)
            if by is None or low != 0:
                continue
            along = sp.Dummy(variable.name, integer=True)
            values[variable] = by * along
            chosen = {variable: by * along}
            factors = [substitute(f, chosen) for f in term.factors if f != factor]
            end = exact_quotient(high, by)
            limits = tuple((along, low, end) if limit[0] == variable else limit for limit in term.limits)
            return along_multiples(SummedProduct(limits, tuple(map(without_quotients, factors))), values)
    return term


def divisor_of(factor: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """Return the size that divides an index wherever a bracket holds."""
    sides = factor.args if isinstance(factor, Delta) else ()
    inner = next((side for side in sides if isinstance(side, Remainder)), None)
    return inner.args[1] if inner is not None and inner.args[0] == variable and sp.S.Zero in sides else None


def exact_quotient(e: sp.Expr, by: sp.Expr) -> sp.Expr:
    """Return ⌊e/by⌋, without the division where by is a factor of e."""
    quotient = sp.expand(e).coeff(by)
    return quotient if sp.expand(quotient * by - e) == 0 else floor(divide(e, by))


def without_quotients(e: sp.Expr) -> sp.Expr:
    """Return a formula with ⌊S·t/S⌋ written as t."""
    return e.xreplace({at: floor(divide(*as_quotient(at.args[0]))) for at in e.atoms(Floor)})


def fewest_guards(formula: sp.Expr, holds: Callable[[sp.Expr], bool]) -> sp.Expr:
    """Return a formula with as few of its brackets as it takes to be equal to what it is, as `holds` decides."""
    guards = sorted(formula.atoms(Bracket), key=str)
    if not guards:
        return formula
    bare = substitute(formula, dict.fromkeys(guards, sp.S.One))
    if holds(bare):
        return bare
    left = {guard: list(conjuncts(guard.args[0])) for guard in guards}

    def without(guard: sp.Expr, part: Any) -> sp.Expr:
        kept = {g: [p for p in parts if (g, p) != (guard, part)] for g, parts in left.items()}
        return substitute(formula, {g: bracket(all_of(*parts)) for g, parts in kept.items()})

    lightest = formula
    for guard, part in [(guard, part) for guard, parts in left.items() for part in parts]:
        if sum(map(len, left.values())) > 1 and holds(lighter := without(guard, part)):
            left[guard].remove(part)
            lightest = lighter
    return lightest
