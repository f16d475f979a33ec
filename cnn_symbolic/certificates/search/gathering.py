"""Terms brought to a common box: its indices are those of the entries that the terms read.

An index that no entry depends on is counted: its conditions say between which bounds it lies.

Not trusted: Coq checks the maps between the indices, and every count.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice, permutations, product
from typing import Any

import sympy as sp

from cnn_symbolic.certificates.search.maps import MOST_PAIRINGS, UNITS, exact_quotient, parted, partly_solved
from cnn_symbolic.certificates.trusted.certificate import NoProofFound
from cnn_symbolic.certificates.trusted.expressions import CoqEntry, CoqFactor, CoqFunction, CoqInverse, Integer, renamed
from cnn_symbolic.certificates.trusted.integers import relation_of
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.certificates.trusted.terms import ONE, Flat, key_of
from cnn_symbolic.expressions.heads import AtLeast, Comparison, Equal, Floor, Head, Less, Maximum, Minimum, Unequal
from cnn_symbolic.expressions.rules import as_quotient, at_least, divide

Expressions = tuple[sp.Expr, ...]
Ranges = Sequence[tuple[sp.Symbol, sp.Expr]]


@dataclass(frozen=True)
class Place:
    """The common box: its indices with their lengths, the entries at these indices, and what each term has for them."""

    entries: tuple[CoqEntry | CoqFunction, ...]
    indices: tuple[sp.Symbol, ...]
    lengths: Expressions
    read: tuple[Expressions, ...]


@dataclass(frozen=True)
class Gathered:
    """A term over the common box: its conditions, its numbers, what is counted, and the maps there and back.

    The counts, and the images of the indices that are counted, have the innermost one first in `counts`, last in
    `there`.
    """

    conditions: tuple[Any, ...]
    numbers: tuple[CoqFactor, ...]
    counts: Expressions
    there: Expressions
    back: Expressions
    counting: tuple[sp.Symbol, ...]


def common_place(terms: Sequence[Flat], claim: Proposition) -> Place:
    """Return the common box of terms that read entries of the same tensors."""
    read: list[Expressions] = []
    for term in terms:
        read.append(tuple(without_remainder(i, term) for f in entries_of(term) for i in f.entry.index))
    shapes = [n for f in entries_of(terms[0]) for n in claim.statement.tensors[f.entry.tensor].shape]
    indices: dict[Expressions, tuple[sp.Symbol, sp.Expr]] = {}
    values: list[sp.Expr] = []
    for length, position in zip(shapes, zip(*read, strict=True), strict=True):
        if len(set(position)) == 1 and not any(position[0].has(i) for i in terms[0].bound):
            values.append(position[0])
            continue
        if position not in indices:
            indices[position] = (sp.Dummy("z", integer=True), length)
        values.append(indices[position][0])
    entries, rest = [], iter(values)
    for f in entries_of(terms[0]):
        moved = tuple(next(rest) for _ in f.entry.index)
        entries.append(at_index(f, moved))
    chosen = list(indices.items())
    return Place(
        tuple(entries),
        tuple(z for _, (z, _) in chosen),
        tuple(n for _, (_, n) in chosen),
        tuple(tuple(position[k] for position, _ in chosen) for k in range(len(terms))),
    )


def arranged(terms: Sequence[Flat], claim: Proposition, free: Ranges) -> list[Flat]:
    """Return terms with their factors of equal tensors in the order in which they are most like the first term.

    Such factors commute, and in which order a term has them is an accident; over the common box, the first one of each
    term is at the same indices.
    """
    first, *others = terms
    found = [first]
    for term in others:
        several = list(islice(arrangements(term), MOST_PAIRINGS))
        found.append(max(several, key=lambda one: likeness(first, one, claim, free)) if several[1:] else term)
    return found


def arrangements(term: Flat) -> Iterator[Flat]:
    """Yield a term with its factors of equal tensors in every order, first the one that it has."""
    numbers = tuple(f for f in term.factors if key_of(f) is None)
    alike = [permutations(group) for _, group in groupby(entries_of(term), key_of)]
    for chosen in product(*alike):
        yield replace(term, factors=(*numbers, *chain.from_iterable(chosen)))


def likeness(first: Flat, second: Flat, claim: Proposition, free: Ranges) -> tuple[bool, int]:
    """Return whether two terms have the same equations over a common box, and how many conditions they share."""
    place = common_place((first, second), claim)
    one, other = (
        {normal(holds) for holds in gathered_term(term, place, number, free).conditions}
        for number, term in enumerate((first, second))
    )
    equations = ({c for c in found if c[0] is Equal} for found in (one, other))
    return operator.eq(*equations), len(one & other)


def normal(holds: Any) -> tuple[Any, sp.Expr]:
    """Return the kind of a condition, and what it compares with zero: the same for equations that differ in sign."""
    if not isinstance(holds, Comparison) or isinstance(holds, Unequal):
        return type(holds), holds
    kind, left, right = relation_of(holds)
    slack = sp.expand(right - left)
    return kind, -slack if kind is Equal and slack.could_extract_minus_sign() else slack


def entries_of(term: Flat) -> list[CoqEntry | CoqFunction]:
    """Return the factors that are entries, in the order of their tensors."""
    return sorted((f for f in term.factors if isinstance(f, CoqEntry | CoqFunction)), key=lambda f: str(key_of(f)))


def at_index(f: CoqEntry | CoqFunction, index: Expressions) -> CoqEntry | CoqFunction:
    """Return the factor at another index, where nothing is differentiated any more."""
    if isinstance(f, CoqEntry):
        return CoqEntry(f.tensor, index)
    return replace(f, argument=CoqEntry(f.argument.tensor, index))


def without_remainder(e: Any, term: Flat) -> Any:
    """Return an expression with a instead of ⌊(s·a + b)/s⌋, where b is an index with 0 ≤ b < s."""
    ranges = {index: (low, high) for index, low, high in term.box}
    for part in e.atoms(Floor):
        top, bottom = as_quotient(part.args[0])
        whole, rest = sp.S.Zero, sp.S.Zero
        for summand in sp.Add.make_args(sp.expand(top)):
            quotient = exact_quotient(summand, bottom)
            if quotient is None:
                rest += summand
            else:
                whole += quotient
        if rest == 0 or ranges.get(rest) == (0, bottom):
            e = e.xreplace({part: whole})
    return e


def gathered_term(term: Flat, place: Place, number: int, free: Ranges) -> Gathered:
    """Return a term over the common box, where it is the one of that number; `free` are the free indices.

    Raises NoProofFound for what is neither determined nor counted.
    """
    read = place.read[number]
    outside = dict(zip(place.indices, read, strict=True))
    relations = [without_remainder(r, term) for r in term.relations]
    known = partly_solved(
        term, [z - e for z, e in outside.items()] + [r.lhs - r.rhs for r in relations if isinstance(r, Equal)]
    )
    for index, low, high in term.box:
        relations += [AtLeast(index, low), Less(index, high)]
    relations += [Equal(z, e) for z, e in outside.items()]
    ranges = [*zip(place.indices, place.lengths, strict=True), *free]
    given = [bound for i, n in ranges for bound in (AtLeast(i, sp.S.Zero), Less(i, n))]
    counting = tuple(i for i in term.bound if i not in known)
    conditions, lows, highs = sorted_out([r.xreplace(known) for r in relations], counting, given)
    numbers = tuple(f for f in (renamed(f, known) for f in term.factors) if isinstance(f, Integer | CoqInverse))
    if any((f.value if isinstance(f, Integer) else f.of).has(i) for f in numbers for i in counting):
        raise NoProofFound("a number depends on an index that is counted")
    shifted = {i: i + lows[i] for i in counting}
    return Gathered(
        conditions,
        tuple(f for f in numbers if f != ONE),
        tuple(highs[i] - lows[i] for i in reversed(counting)),
        (*read, *(i - lows[i].xreplace(outside) for i in counting)),
        tuple(known.get(i, i).xreplace(shifted) for i in term.bound),
        counting,
    )


def sorted_out(
    relations: Sequence[Any], counting: Sequence[sp.Symbol], given: Sequence[Any]
) -> tuple[tuple[Any, ...], dict[sp.Symbol, sp.Expr], dict[sp.Symbol, sp.Expr]]:
    """Return the conditions without indices that are counted, and where these begin and end; not what is given."""
    conditions: dict[Any, None] = {}
    lows: dict[sp.Symbol, dict[sp.Expr, None]] = {i: {} for i in counting}
    highs: dict[sp.Symbol, dict[sp.Expr, None]] = {i: {} for i in counting}
    for relation in relations:
        if relation in (sp.true, *given) or always(relation):
            continue
        counted = [i for i in counting if relation.has(i)]
        if not counted:
            conditions[relation] = None
        elif len(counted) > 1:
            raise NoProofFound(f"{relation} is a condition on several indices that are counted")
        else:
            for is_low, bound in bounds_of(relation, counted[0]):
                (lows if is_low else highs)[counted[0]][bound] = None
    return (
        tuple(conditions),
        {i: extreme(Maximum, list(found)) for i, found in lows.items()},
        {i: extreme(Minimum, list(found)) for i, found in highs.items()},
    )


def always(relation: Any) -> bool:
    """Tell whether a condition is a comparison that is plain to hold at all sizes."""
    if not isinstance(relation, Comparison) or isinstance(relation, Unequal):
        return False
    kind, left, right = relation_of(relation)
    return left == right if kind is Equal else at_least(right - left, 1 if kind is Less else 0)


def extreme(kind: type[Head], bounds: Sequence[sp.Expr]) -> sp.Expr:
    """Return the greatest or smallest of some bounds, as an expression; the bound itself, if there is one only."""
    return bounds[0] if len(bounds) == 1 else kind(*bounds)


def bounds_of(relation: Any, index: sp.Symbol) -> Iterator[tuple[bool, sp.Expr]]:
    """Yield the least value of an index that a condition allows (with True), and the first that it does not allow."""
    kind, left, right = relation_of(relation)
    slack = sp.expand(right - left - (1 if kind is Less else 0))
    step, rest = parted(slack, index)
    rises = at_least(step, 1)
    if kind is Equal or rest.has(index) or not (rises or at_least(-step, 1)):
        raise NoProofFound(f"{relation} does not bound {index}")
    steps = rest if step in UNITS else Floor(divide(rest, step if rises else -step))
    yield (True, -steps) if rises else (False, steps + 1)
