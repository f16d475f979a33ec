"""The maps between the indices of two equal terms, found by solving "the same entries are read".

Not trusted: Coq checks that a map leads into the box, to the same summand, and back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product

import sympy as sp

from cnn_symbolic.certificates.trusted.terms import Flat, index_of, key_of
from cnn_symbolic.expressions.heads import Floor, Head, Remainder
from cnn_symbolic.expressions.rules import as_quotient, divide

MOST_PAIRINGS = 24
UNITS = (1, -1)
Map = tuple[sp.Expr, ...]


def maps_between(left: Flat, right: Flat) -> Iterator[tuple[Map, Map]]:
    """Yield the maps there and back, for every way in which the factors of two terms can correspond."""
    ours, theirs = fixed(left), fixed(right)
    for pairs in correspondences(left, right):
        there = solved(right, [(b, a.xreplace(ours)) for a, b in pairs])
        back = solved(left, [(a, b.xreplace(theirs)) for a, b in pairs])
        if there is not None and back is not None:
            yield there, back


def fixed(term: Flat) -> dict[sp.Symbol, sp.Expr]:
    """Return the bound indices that the conditions of a term fix, with the values that they have."""
    return partly_solved(term, term.zeros)


def partly_solved(term: Flat, zeros: Sequence[sp.Expr]) -> dict[sp.Symbol, sp.Expr]:
    """Return the bound indices of a term that equations determine; as few others as possible may be left in them."""
    known: dict[sp.Symbol, sp.Expr] = {}
    while True:
        left = [sp.expand(z.xreplace(known)) for z in zeros]
        unknown = [i for i in term.bound if i not in known]
        found = [
            (sum(z.has(j) for j in unknown), i, z)
            for z in left
            for i in unknown
            if z.coeff(i, 1) in UNITS and not (z - z.coeff(i, 1) * i).has(i)
        ]
        if not found:
            return known
        _, index, zero = min(found, key=lambda choice: choice[0])
        value = sp.expand(index - zero * zero.coeff(index, 1))
        known = {i: sp.expand(e.xreplace({index: value})) for i, e in known.items()} | {index: value}


def correspondences(left: Flat, right: Flat) -> Iterator[list[tuple[sp.Expr, sp.Expr]]]:
    """Yield pairs of index expressions that have to be equal: a factor each, of the same tensor."""
    if left.signature != right.signature:
        return
    choices = []
    for key in dict.fromkeys(left.signature):
        ours, theirs = ([f for f in t.factors if key_of(f) == key] for t in (left, right))
        choices.append([list(zip(ours, some, strict=True)) for some in permutations(theirs)][:MOST_PAIRINGS])
    for chosen in product(*choices):
        yield [pair for pairs in chosen for f, g in pairs for pair in zip(index_of(f), index_of(g), strict=True)]


def solved(term: Flat, equations: Sequence[tuple[sp.Expr, sp.Expr]]) -> Map | None:
    """Return the bound indices of a term where its index expressions have the values given; None if not determined."""
    known: dict[sp.Symbol, sp.Expr] = {}
    zeros = [*(a - b for a, b in equations), *term.zeros]
    while unknown := [i for i in term.bound if i not in known]:
        zeros = [sp.expand(z.xreplace(known)) for z in zeros]
        remainders = [found for z in zeros if (found := remainder_of(z, unknown))]
        tried = (solution_of(e, unknown) for z in zeros for e in (z, without_quotient(z, remainders, unknown)))
        solution = next(filter(None, tried), None) or mixed_radix(zeros, term, unknown, known)
        solution = solution or single(term, unknown, known)
        if solution is None:
            return None
        known = {i: sp.expand(e.xreplace(solution)) for i, e in known.items()} | solution
    return tuple(known[i] for i in term.bound)


def parted(zero: sp.Expr, by: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return the coefficient of a symbol or head in a sum, and the other terms."""
    coefficient = zero.coeff(by, 1)
    return coefficient, sp.expand(zero - coefficient * by)


def solution_of(zero: sp.Expr | None, unknown: Sequence[sp.Symbol]) -> dict[sp.Symbol, sp.Expr] | None:
    """Return the one unknown of an equation that it determines; None if there are others, or it does not."""
    there = [] if zero is None else [i for i in unknown if zero.has(i)]
    if zero is None or len(there) != 1:
        return None
    coefficient, rest = parted(zero, there[0])
    return None if coefficient == 0 or rest.has(there[0]) else {there[0]: quotient(-rest, coefficient)}


def quotient(top: sp.Expr, bottom: sp.Expr) -> sp.Expr:
    """Return `top / bottom`, as an expression without division where it is one, else rounded down."""
    if bottom.could_extract_minus_sign():
        top, bottom = sp.expand(-top), -bottom
    if bottom == 1:
        return top
    exact = None if top.has(Head) else exact_quotient(top, bottom)
    return Floor(divide(top, bottom)) if exact is None else exact


def exact_quotient(top: sp.Expr, bottom: sp.Expr) -> sp.Expr | None:
    """Return `top / bottom` if it is a polynomial with integer coefficients; None if it is not."""
    exact = sp.cancel(top / bottom)
    return sp.expand(exact) if sp.fraction(sp.together(exact))[1] == 1 else None


def remainder_of(zero: sp.Expr, unknown: Sequence[sp.Symbol]) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """Return (e, s, τ) of an equation `e mod s = τ` whose τ has no unknowns."""
    for part in zero.atoms(Remainder):
        coefficient, rest = parted(zero, part)
        if coefficient in UNITS and not any(rest.has(i) for i in unknown):
            return part.args[0], part.args[1], -rest * coefficient
    return None


def without_quotient(
    zero: sp.Expr, remainders: Sequence[tuple[sp.Expr, sp.Expr, sp.Expr]], unknown: Sequence[sp.Symbol]
) -> sp.Expr | None:
    """Return an equation `⌊e/s⌋ = ρ` as `e = s·ρ + τ`, where `e mod s = τ` is known."""
    for part in zero.atoms(Floor):
        coefficient, rest = parted(zero, part)
        if coefficient not in UNITS or any(rest.has(i) for i in unknown):
            continue
        top, bottom = as_quotient(part.args[0])
        for e, s, remainder in remainders:
            # The remainder of `top` is that of `e`, if they differ by a multiple of s.
            if s == bottom and exact_quotient(e - top, s) is not None:
                return sp.expand(top + s * rest * coefficient - remainder)
    return None


def mixed_radix(
    zeros: Sequence[sp.Expr], term: Flat, unknown: Sequence[sp.Symbol], known: dict[sp.Symbol, sp.Expr]
) -> dict[sp.Symbol, sp.Expr] | None:
    """Return a, b of an equation `s·a + b = e` with 0 ≤ b < s: the quotient and the remainder."""
    bounds = {i: (low.xreplace(known), high.xreplace(known)) for i, low, high in term.box}
    for zero in zeros:
        there = [i for i in unknown if zero.has(i)]
        if len(there) != 2:
            continue
        for a, b in permutations(there):
            s, one = zero.coeff(a, 1), zero.coeff(b, 1)
            rest = sp.expand(zero - s * a - one * b)
            if one not in UNITS or rest.has(a) or rest.has(b) or s.has(b):
                continue
            s, rest = sp.expand(s * one), sp.expand(-rest * one)
            if bounds[b] == (0, s):
                return {a: Floor(divide(rest, s)), b: Remainder(rest, s)}
    return None


def single(
    term: Flat, unknown: Sequence[sp.Symbol], known: dict[sp.Symbol, sp.Expr]
) -> dict[sp.Symbol, sp.Expr] | None:
    """Return an index whose range has one value."""
    for index, low, high in term.box:
        if index in unknown and sp.expand((high - low).xreplace(known)) == 1:
            return {index: low.xreplace(known)}
    return None
