"""The condition under which a refuted statement holds, said for every value of its factors, such as strides.

isl gives the exact condition at literal values of the factors. A candidate for all of them is made of few comparisons:
`S divides M - I`, `S = D`, `M ≤ S`. It has to hold at the same small sizes as the statement, and at the same random
ones beyond the literal values; it has to be the exact condition at each combination of these, as sets; and under it the
statement has to be *proved* for every value of the factors. So it suffices for all of them. That nothing else does is
proved where it follows from the shapes; else it is known at the literal values only, and these are said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from itertools import combinations as some_of
from itertools import islice, product
from math import prod
from random import Random
from typing import Any

import numpy as np
import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import substitute
from cnn_symbolic.expressions.meaning import COMPARE
from cnn_symbolic.expressions.rules import all_of, any_of, conjuncts, least
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.search.confirming import (
    SMALL_VOLUME,
    check_proved,
    difference,
    far_points,
    is_inside,
    least_of,
    volume,
)
from cnn_symbolic.kernel.search.domains import multiplied_out
from cnn_symbolic.kernel.search.factor_choice import assumed, is_polynomial, lower_bound, quotients, stated_values
from cnn_symbolic.kernel.search.points import Columns
from cnn_symbolic.kernel.search.refuting import ExactSizes, exact_sizes
from cnn_symbolic.kernel.search.verdicts import Refutation, amended
from cnn_symbolic.kernel.search.witness import is_about_sizes
from cnn_symbolic.kernel.trusted.concluding import implication
from cnn_symbolic.kernel.trusted.factors import combinations
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Theorem

# How many literal values are taken of each factor, where there are so many of these; without any, nothing is.
VALUES = {0: 1, 1: 5, 2: 4, 3: 3}
# How large other sizes are at these, and how many points there are at each combination and beyond; for how many
# entries of the tensors both sides have to be the same there.
LARGEST, MOST_DRAWN, MOST_POINTS, BEYOND, FARTHEST, FARTHEST_OF_TENSORS, TRIES = 7, 3000, 120, 60, 40, 12, 5
# How many combinations of values there may be, and comparisons in an exact condition; how many candidates are compared
# exactly, and in how many cases a proof is tried. The seconds, of the processor, are hardly ever reached.
MOST_PLACES, MOST_COMPARISONS, MOST_EXACT, MOST_PROOFS, MOST_EQUATIONS, MOST_SECONDS = 48, 24, 16, 6, 3, 4.0
MOST_TERMS, MOST_IN_PAIRS, MOST_NECESSARY, LARGEST_DIVISOR = 400, 160, 12, 5
Prove = Callable[[Statement], Theorem | None]
# Values of the factors, and where a statement holds with these.
Place = tuple[Mapping[sp.Symbol, int], ExactSizes]
# Where a comparison holds, and what makes its formula.
Atom = tuple[Any, Callable[[], Boolean]]


def generalised(refutation: Refutation, factors: Sequence[sp.Symbol], prove: Prove) -> Refutation:
    """Return a refutation with its condition for every value of the factors, or with one that suffices, if any does."""
    statement, end = refutation.statement, time.thread_time() + MOST_SECONDS
    stated = stated_values(statement, factors)
    values = literal_values(statement, factors) if stated is None else stated
    few = values and len(values) ** len(factors) <= MOST_PLACES
    exact = list(exact_conditions(statement, combinations(factors, values))) if few else []
    complete = len(exact) > 0 and exact[-1] is not None
    if not (factors or complete):
        return refutation
    places = [place for place in exact if place is not None]
    points, cases = Points(statement, factors, places, complete), Cases(statement, prove)
    agreeing = islice(candidates(statement, factors, points), MOST_EXACT) if complete else ()
    for condition in map(multiplied_out, agreeing):
        if time.thread_time() > end or len(cases.tried) > MOST_PROOFS:
            break
        if all(is_same(place, at(condition, chosen)) for chosen, place in places):
            everywhere = stated is not None or not factors
            if everywhere or cases.suffices(condition):
                known = everywhere or is_necessary(statement, condition, prove)
                listed = {str(f): tuple(n for n in (0, *values) if n >= least(f)) for f in factors}
                return amended(refutation, holds_when=condition, given={}, necessary_at={} if known else listed)
    return amended(refutation, holds_if=sufficient(statement, factors, points, cases)) if factors else refutation


def exact_conditions(statement: Statement, choices: Iterable[Mapping[sp.Symbol, int]]) -> Iterator[Place | None]:
    """Yield where a statement holds with values of its factors, and None at the end if that is not known, or long."""
    for chosen in choices:
        with suppress(VacuousClaimError):
            found = None
            with suppress(NotReadable):
                found = exact_sizes(statement.at(chosen), [s for s in statement.sizes if s not in chosen])
            if found is None or len(found.holds_when.atoms(heads.Comparison)) > MOST_COMPARISONS:
                yield None
                return
            yield chosen, found


def is_same(place: ExactSizes, condition: Boolean) -> bool:
    """Tell whether a condition is seen to be the exact one."""
    try:
        return place.is_same(condition)
    except NotReadable:
        return False


def sufficient(statement: Statement, factors: Sequence[sp.Symbol], points: Points, cases: Cases) -> Boolean | None:
    """Return equations each of which is proved to suffice for every value of the factors; None where none is found."""
    atoms = distinct(simple_comparisons(statement, factors, points), points)
    inside = largest_of(found for found in atoms if not found & ~points.goal)
    equations = [f for found in inside if isinstance(f := multiplied_out(atoms[found]()), heads.Equal)]
    proved = [e for e in equations[:MOST_EQUATIONS] if cases.suffices(e)]
    return any_of(*proved) if proved else None


def literal_values(statement: Statement, factors: Sequence[sp.Symbol]) -> tuple[int, ...]:
    """Return the literal values of the factors, the least ones that the assumptions allow; none for many factors."""
    low = min((lower_bound(assumed(statement), factor) for factor in factors), default=1)
    return tuple(range(low, low + VALUES.get(len(factors), 0)))


def at(condition: Any, chosen: Mapping[sp.Symbol, int]) -> Any:
    """Return a condition at values of sizes."""
    return substitute(condition, {size: sp.Integer(n) for size, n in chosen.items()})


# What is proved


class Cases:
    """The conditions under which a statement is tried to be proved, and whether it is."""

    def __init__(self, statement: Statement, prove: Prove) -> None:
        self.statement, self.prove = statement, prove
        self.tried: dict[tuple[Boolean, ...], bool] = {}

    def suffices(self, condition: Boolean) -> bool:
        """Tell whether the statement is proved under a condition, each case of it by itself."""
        parts = [p.args if isinstance(p, heads.Disjunction) else (p,) for p in conjuncts(condition)]
        cases = (tuple(holds for part in chosen for holds in conjuncts(part)) for chosen in product(*parts))
        return all(self.is_proved(case) for case in cases)

    def is_proved(self, case: tuple[Boolean, ...]) -> bool:
        """Tell whether the statement is proved where some conditions hold; or there are no such sizes."""
        if case not in self.tried:
            under = replace(self.statement, assumptions=(*self.statement.assumptions, *case), origin=None)
            try:
                if found := self.prove(under) is not None:
                    check_proved(under)
            except VacuousClaimError:
                found = True
            self.tried[case] = found
        return self.tried[case]


def is_necessary(statement: Statement, condition: Boolean, prove: Prove) -> bool:
    """Tell whether a condition is proved to hold wherever the right side is defined and the shapes agree."""
    pairs = zip(statement.left.shape, statement.right.shape, strict=True)
    agree = [heads.Equal(a, b) for a, b in pairs if a != b]
    given = [*statement.conditions, *statement.right.conditions, *agree]
    try:
        return bool(agree) and prove(implication(given, (condition,))) is not None
    except VacuousClaimError:
        return False


# Points


class Points(Columns):
    """Small sizes that a statement is about, at literal values of its factors and beyond; `goal` says where it holds.

    `sizes` are those that the conditions at literal values are about, and the factors; all where they are not known.
    A set of points is an integer, one bit for each.
    """

    def __init__(self, statement: Statement, factors: Sequence[sp.Symbol], exact: Sequence[Place], known: bool) -> None:
        about = {s for _, place in exact for s in place.holds_when.free_symbols}
        self.sizes = tuple(s for s in statement.sizes if not known or s in factors or s in about)
        random = np.random.default_rng(11)
        parts, holds = [], []
        related = {*self.sizes, *(s for c in statement.conditions if c.free_symbols & about for s in c.free_symbols)}
        for chosen, place in exact:
            small = small_points(statement, chosen, related, random)
            parts.append(small)
            holds.append(Columns(dict(zip(statement.sizes, small.T, strict=True))).holds([place.holds_when]))
        for point, same in points_beyond(statement):
            parts.append(np.array([point]))
            holds.append(np.array([same]))
        points = np.concatenate(parts) if parts else np.zeros((0, len(statement.sizes)), dtype=np.int64)
        super().__init__(dict(zip(statement.sizes, points.T, strict=True)))
        self.goal, self.all = self.where(np.concatenate(holds) if parts else False), (1 << self.count) - 1

    def where(self, holds: Any) -> int:
        """Return the points at which a column of truth values is true."""
        return int.from_bytes(np.packbits(np.broadcast_to(holds, self.count), bitorder="little").tobytes(), "little")

    def compared(self, sign: str, a: sp.Expr, b: sp.Expr) -> Atom:
        """Return the comparison of two polynomials."""
        return COMPARE[sign](self.value(a), self.value(b)), lambda: heads.COMPARISONS[sign](a, b)

    def remainder(self, sign: str, a: sp.Expr, n: sp.Expr, k: sp.Expr = sp.S.Zero) -> Atom:
        """Return the comparison of a remainder with a polynomial."""
        return self.compared(sign, heads.Remainder(a, n), k)


def small_points(
    statement: Statement, chosen: Mapping[sp.Symbol, int], relevant: Set[sp.Symbol], random: np.random.Generator
) -> Any:
    """Return small sizes that a statement is about, a row each; those that do not matter are 1 or 2."""
    ranges = [
        [chosen[s]] if s in chosen else range(least(s), least(s) + (LARGEST if s in relevant else 2))
        for s in statement.sizes
    ]
    if prod(map(len, ranges)) <= MOST_DRAWN:
        every = np.array(list(product(*ranges)), dtype=np.int64)
    else:
        every = np.array([random.choice(of, MOST_DRAWN) for of in ranges], dtype=np.int64).T
    columns = Columns(dict(zip(statement.sizes, every.T, strict=True)))
    inside = every[columns.holds(statement.conditions)]
    return inside[random.permutation(len(inside))[:MOST_POINTS]]


def points_beyond(statement: Statement) -> Iterator[tuple[list[int], bool]]:
    """Yield random sizes, with whether the witness finds both sides to be the same there."""
    farthest, random = FARTHEST if is_about_sizes(statement) else FARTHEST_OF_TENSORS, Random(11)
    found = 0
    for sizes in islice(far_points(least_of(statement), random, farthest), 10 * BEYOND):
        if found < BEYOND and is_inside(statement, sizes) and volume(statement, sizes) <= SMALL_VOLUME:
            compared = difference(statement, sizes, random, tries=TRIES)
            if compared is not None and compared.kind != "outside":
                found += 1
                yield [sizes[str(s)] for s in statement.sizes], not compared.differs


# Candidates


def candidates(statement: Statement, factors: Sequence[sp.Symbol], points: Points) -> Iterator[Boolean]:
    """Yield the conditions that hold at the same points as a statement, those of few comparisons first."""
    if not points.goal:
        yield sp.false
        return
    seen: set[frozenset[Any]] = set()
    simple = list(simple_comparisons(statement, factors, points))
    for tier in ((), further_comparisons(statement, factors, points)):
        atoms = distinct([*simple, *tier], points)
        order = {atom: k for k, atom in enumerate(atoms)}
        for common, terms in forms(list(atoms), points):
            if (form := frozenset((common, *terms))) not in seen:
                seen.add(form)
                ordered = sorted(terms, key=lambda term: (len(term), [order[atom] for atom in term]))
                either = any_of(*(all_of(*(atoms[atom]() for atom in term)) for term in ordered))
                yield all_of(*(atoms[atom]() for atom in common), *([either] if terms else []))


def distinct(comparisons: Iterable[Atom], points: Points) -> dict[int, Callable[[], Boolean]]:
    """Return where comparisons hold, if it is neither nowhere nor everywhere, with the first that holds just there."""
    atoms: dict[int, Callable[[], Boolean]] = {}
    for holds, formula in comparisons:
        if 0 < (found := points.where(holds)) < points.all:
            atoms.setdefault(found, formula)
    return atoms


# Comparisons that hold together, and terms of them of which one holds.
Form = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]


def forms(atoms: Sequence[int], points: Points) -> Iterator[Form]:
    """Yield `a and b and (t or u or v)` that hold at the goal; t, u, v are atoms or two of them."""
    goal = points.goal
    necessary = smallest_of(atom for atom in atoms if not goal & ~atom)[:MOST_NECESSARY]
    together: list[tuple[tuple[int, ...], int]] = [((), points.all)]
    together += [((a,), a) for a in necessary]
    together += [((a, b), a & b) for a, b in some_of(necessary, 2)]
    yield from ((common, ()) for common, where in together if where == goal)
    yield from (
        ((a, b, c), ()) for a, b, c in some_of(necessary, 3) if a & b & c == goal and goal not in (a & b, b & c, a & c)
    )
    for common, where in together:
        yield from ((common, terms) for terms in covers([(atom,) for atom in atoms], where, goal))
    few = atoms[:MOST_IN_PAIRS]
    for common, where in together[: len(necessary) + 1]:
        open_atoms = [atom for atom in few if atom & where & ~goal and atom & goal]
        pairs = [(a, b) for a, b in some_of(open_atoms, 2) if not a & b & where & ~goal and a & b & goal]
        yield from ((common, terms) for terms in covers([*((a,) for a in atoms), *pairs], where, goal))


def covers(terms: Iterable[tuple[int, ...]], where: int, goal: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Yield up to three terms that hold at the goal together, and at no other of the points `where`."""
    inside: dict[int, tuple[int, ...]] = {}
    for term in terms:
        found = where & term[0] & term[-1]
        if found and not found & ~goal:
            inside.setdefault(found, term)
    largest = largest_of(inside)

    def completed(left: int, most: int) -> Iterator[tuple[tuple[int, ...], ...]]:
        first = left & -left
        for found in largest:
            if found & first:
                if not left & ~found:
                    yield (inside[found],)
                elif most > 1:
                    yield from ((inside[found], *rest) for rest in completed(left & ~found, most - 1))

    for most in (1, 2, 3):
        yield from (found for found in completed(goal, most) if len(found) == most)


def largest_of(sets: Iterable[int]) -> list[int]:
    """Return the sets that no other one contains, the largest first."""
    largest: list[int] = []
    for found in sorted(sets, key=int.bit_count, reverse=True)[:MOST_TERMS]:
        if all(found & ~other for other in largest):
            largest.append(found)
    return largest


def smallest_of(sets: Iterable[int]) -> list[int]:
    """Return the sets that contain no other one, in their order."""
    every = list(sets)
    return [a for a in every if not any(b != a and not b & ~a for b in every)]


def simple_comparisons(statement: Statement, factors: Sequence[sp.Symbol], points: Points) -> Iterator[Atom]:
    """Yield comparisons of sizes with numbers and each other, and of what the statement divides, with its divisors."""
    sizes, (others, tops, sums) = points.sizes, quantities(statement, factors, points)
    yield from (points.compared("=", s, sp.Integer(least(s))) for s in (*factors, *others))
    yield from (points.compared("=", a, b) for a, b in some_of(sizes, 2))
    divisors = [int(n) for _, n in quotients(statement) if n.is_Integer]
    numbers = [n for n in range(2, LARGEST_DIVISOR + 1) if any(divisor % n == 0 for divisor in divisors)]
    for n, sign in product(numbers, ("=", "!=", "<=", ">=")):
        yield from (
            points.remainder(sign, e, sp.Integer(n), sp.Integer(k)) for e in (*sizes, *sums, *tops) for k in range(n)
        )
    for f in factors:
        yield from (points.remainder("=", e, f) for e in (*others, *tops, *sums))
        yield from (points.compared(sign, e, f) for e in (*others, *tops, *sums) for sign in ("<=", "<"))
    yield from (points.compared("<=", a, b) for a in sizes for b in (sp.Integer(2), sp.Integer(3), *sizes) if a != b)
    yield from (points.compared(">=", a, sp.Integer(n)) for a in sizes for n in (2, 3))


def further_comparisons(statement: Statement, factors: Sequence[sp.Symbol], points: Points) -> Iterator[Atom]:
    """Yield comparisons of longer sums, those of the lengths of both sides first."""
    lengths = zip(statement.left.shape, statement.right.shape, strict=True)
    yield from (points.compared("=", a, b) for a, b in lengths if a != b and is_polynomial(sp.expand(a - b)))
    sizes, (others, tops, sums) = points.sizes, quantities(statement, factors, points)
    widths = [sp.expand(f * (s - 1) + 1) for f in factors for s in others]
    shifted = [e + k for e in (*others, *tops, *sums) for k in (-1, 1)]
    for f in factors:
        yield from (points.remainder("=", e, f) for e in (*widths, *shifted))
        yield from (points.remainder("!=", e, f) for e in (*others, *tops, *sums, *shifted))
        yield from (points.compared(sign, e, f) for e in (*others, *tops, *sums) for sign in (">=", ">"))
    for a, b in product(sizes, (*sizes, *widths, *tops, *(2 * s for s in sizes))):
        yield from (points.compared(sign, a, b) for sign in ("<=", "<", ">=", ">") if a != b)
    yield from (points.compared(sign, e, sp.S.Zero) for e in tops for sign in ("=", ">=", "<="))
    divided = [one for one in quotients(statement) if one[1] in factors]
    for (a, n), (b, m) in product(divided, divided):
        yield from [points.remainder(">=", a, n, sp.expand(a - b))] if n == m and a != b else ()


def quantities(
    statement: Statement, factors: Sequence[sp.Symbol], points: Points
) -> tuple[list[sp.Expr], list[sp.Expr], list[sp.Expr]]:
    """Return the sizes that are no factors, what the statement divides, and sums and differences of two sizes."""
    others: list[sp.Expr] = [s for s in points.sizes if s not in factors]
    tops = list(dict.fromkeys(e for top, _ in quotients(statement) for e in (sp.expand(top.primitive()[1]), top)))
    return others, tops, [e for a, b in some_of(others, 2) for e in (a - b, a + b)]
