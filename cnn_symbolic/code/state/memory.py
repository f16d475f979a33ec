"""The memory of the code that is read: buffers, and what statements have done to them, at which pass of which loops.

Trusted. A buffer keeps every update as one statement instance: `a[target(i)] = value(i)`, or `+=`, for all passes i of
the loops around it. What an entry holds at a moment is read off: what it was made with, and every update before that
moment that no later assignment has overwritten.

    a[e]  =  Σ_A Σ_i [A(i) before now]·[target_A(i) = e]·value_A(i) · Π_B (1 − Σ_j [B(j) after A(i)]·[target_B(j) = e])

Here A are the updates and B the assignments, each of which hits an entry at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import bound_sum, substitute
from cnn_symbolic.expressions.rules import all_of, any_of, at_least, bracket, compare, conjuncts, delta

Index = tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Loop:
    """A loop that is being read at its pass `index`, one of 0, …, length − 1."""

    index: sp.Symbol
    length: sp.Expr


@dataclass(frozen=True)
class OnlyIf:
    """A condition on the passes of loops under which statements are carried out."""

    holds: Any


# The loops and guards around a statement, from the outside.
Moment = tuple[Loop | OnlyIf, ...]


# Tells whether a condition is known to hold where something is read.
Holds = Callable[[Any], bool]


class UnreadableMemory(Exception):
    """Something about memory that cannot be read off, with the reason."""


@dataclass(frozen=True)
class Update:
    """`a[target] = value`, or `+=`, for all `index` in a box of these lengths, at the passes of a moment.

    `whole` says that it overwrites every entry, `line` where it is in the code.
    """

    adds: bool
    moment: Moment
    index: tuple[sp.Symbol, ...]
    lengths: tuple[sp.Expr, ...]
    target: Index
    value: sp.Expr
    whole: bool = False
    line: int = 0


@dataclass(frozen=True)
class UpdateInstance:
    """An update with fresh names for its passes: what these range over, and what holds where it is carried out."""

    update: Update
    loops: Mapping[sp.Symbol, sp.Expr]
    ranges: tuple[tuple[sp.Symbol, sp.Expr], ...]
    conditions: tuple[Any, ...]
    target: Index
    value: sp.Expr

    def total(self, e: Index, body: sp.Expr, holds: Holds) -> sp.Expr:
        """Return Σ [the conditions hold]·[target = e]·body over all passes.

        A pass that the entry tells is put in: Σ_i [i + c = e]·b(i) = [0 ≤ e − c < n]·b(e − c).
        """
        ranges, known = dict(self.ranges), dict[Any, Any]()
        conditions, equal = list(self.conditions), list[sp.Expr]()
        for t, at in zip(self.target, e, strict=True):
            told = [i for i in ranges if i not in known and i in t.free_symbols]
            if len(told) == 1 and told[0] not in (rest := sp.expand(t - told[0])).free_symbols:
                i = told[0]
                known[i] = sp.expand(at - substitute(rest, known))
                conditions += [compare(">=", i, sp.S.Zero), compare("<", i, ranges[i])]
            else:
                equal.append(delta(t, at))
        if body == 0:
            return sp.S.Zero
        left = [i for i in ranges if i not in known]
        inside = [part for each in conditions for part in conjuncts(substitute(each, known))]
        made = bracket(all_of(*(part for part in inside if not holds(part))))
        formula = substitute(sp.Mul(*equal, body), known) * made
        return bound_sum(formula, left, [substitute(ranges[i], known) for i in left])


@dataclass(eq=False)
class Buffer:
    """An array in memory, of a shape; `first` gives the entries that it was made with, None if they are arbitrary.

    `created` is the moment when it was made, `once` tells whether no entry may be hit twice. `source` is a buffer that
    this one may share memory with, and the number of its updates up to then; one that is `kept` from one call of the
    code to the next is not changed.
    """

    shape: tuple[sp.Expr, ...]
    first: Callable[[Index], Any] | None
    created: Moment = ()
    in_order: bool = False
    source: tuple[Buffer, int] | None = None
    once: bool = False
    kept: bool = False
    updates: list[Update] = field(default_factory=list)
    watched: list[Moment] = field(default_factory=list)

    def update(self, update: Update) -> None:
        """Carry out an update; raise UnreadableMemory if a pass before has already read what it changes."""
        if self.kept:
            raise UnreadableMemory("an array of the file or a default value is changed, which the next call finds so")
        if self.source is not None:
            raise UnreadableMemory("an update of what may be a view of another array or a copy of it")
        if any(opened in update.moment for moment in self.watched for opened in moment if isinstance(opened, Loop)):
            raise UnreadableMemory("an array is updated after it was read in the same loop, which the next pass reads")
        self.updates.append(update)

    def at(self, moment: Moment, holds: Holds) -> Snapshot:
        """Return what the buffer holds at a moment, where some conditions are known to hold."""
        source = self.source
        while source is not None:
            if len(source[0].updates) != source[1]:
                raise UnreadableMemory("what may be a view of an array is read after an update of that array")
            source = source[0].source
        inner = since(moment, self.created)
        if any(isinstance(part, Loop) for part in inner):
            self.watched.append(inner)
        return Snapshot(self, tuple(self.updates), moment, holds)


def since(moment: Moment, created: Moment) -> Moment:
    """Return what of a moment began after another one, if that is the beginning of it."""
    return moment[len(created) :] if moment[: len(created)] == created else ()


@dataclass(frozen=True)
class Snapshot:
    """What a buffer holds at a moment."""

    buffer: Buffer
    updates: tuple[Update, ...]
    moment: Moment
    holds: Holds

    def entry(self, e: Index) -> Any:
        """Return an entry as a formula; what was not written in a buffer that was made without entries is 0."""
        created, first, updates = self.beginning()
        if not updates:
            return sp.S.Zero if first is None else first(e)
        total = sp.S.Zero if first is None else first(e)
        if total != 0:
            total = total * self.not_overwritten(None, created, updates, e)
        for number, update in enumerate(updates):
            instance = self.instance(update, created)
            survives = self.not_overwritten((number, instance), created, updates, e)
            total = total + instance.total(e, instance.value * survives, self.holds)
        return total

    def unwritten(self, e: Index) -> sp.Expr:
        """Return what is 0 where an entry was written, and 1 where it was not."""
        created, first, updates = self.beginning()
        return sp.S.Zero if first is not None else self.not_overwritten(None, created, updates, e)

    def beginning(self) -> tuple[Moment, Callable[[Index], Any] | None, tuple[Update, ...]]:
        """Return since when, from which entries on, and by which updates the buffer became what it is.

        An assignment to all entries in this very pass makes everything before it forgotten.
        """
        for number in reversed(range(len(self.updates))):
            update = self.updates[number]
            if update.whole and not update.adds and self.moment[: len(update.moment)] == update.moment:

                def first(e: Index, update: Update = update) -> Any:
                    return substitute(update.value, dict(zip(update.index, e, strict=True)))

                return update.moment, first, self.updates[number + 1 :]
        return self.buffer.created, self.buffer.first, self.updates

    def instance(self, update: Update, created: Moment) -> UpdateInstance:
        """Return an update with fresh names for all of its passes that are before now."""
        inner = since(update.moment, created)
        here = since(self.moment, created)
        last = () if update.adds else self.last_passes(update, inner, here)
        loops = {part.index: part for part in inner if isinstance(part, Loop)}
        fresh = {i: sp.Dummy(i.name, integer=True) for i in (*loops, *update.index)}
        known: dict[Any, Any] = dict(fresh)
        conditions: list[Any] = []
        ranges: list[tuple[sp.Symbol, sp.Expr]] = []
        for index, loop in loops.items():
            length = substitute(loop.length, known)
            if index in last:
                known[index] = length - 1
                conditions.append(compare(">=", length, sp.S.One))
            else:
                ranges.append((fresh[index], length))
        conditions += [substitute(part.holds, known) for part in inner if isinstance(part, OnlyIf)]
        shared = [part.index for part in common(inner, here) if isinstance(part, Loop)]
        if shared:
            conditions.append(not_after([fresh[i] for i in shared], shared))
        ranges += [(fresh[i], substitute(n, known)) for i, n in zip(update.index, update.lengths, strict=True)]
        target = tuple(substitute(t, known) for t in update.target)
        renamed = {index: known[index] for index in loops}
        return UpdateInstance(
            update, renamed, tuple(ranges), tuple(conditions), target, substitute(update.value, known)
        )

    def last_passes(self, update: Update, inner: Moment, here: Moment) -> tuple[sp.Symbol, ...]:
        """Return the loops that are over, of whose passes only the last counts as it overwrites the others."""
        opened = common(inner, here)
        mentioned = set().union(*(t.free_symbols for t in update.target), *(n.free_symbols for n in update.lengths))
        mentioned |= {s for part in inner if isinstance(part, OnlyIf) for s in part.holds.free_symbols}
        over = [part for part in inner if isinstance(part, Loop) and part not in opened]
        mentioned |= {s for part in over for s in part.length.free_symbols}
        unseen = tuple(part.index for part in over if part.index not in mentioned)
        for other in self.updates:
            if other is not update and any(isinstance(p, Loop) and p.index in unseen for p in other.moment):
                raise UnreadableMemory(
                    "an array is overwritten in every pass of a loop, and updated by other statements in it"
                )
        return unseen

    def not_overwritten(
        self, after: tuple[int, UpdateInstance] | None, created: Moment, updates: Sequence[Update], e: Index
    ) -> sp.Expr:
        """Return what is 1 if no assignment after one pass of an update (None: ever) hits an entry, else 0."""
        product = sp.S.One
        for number, update in enumerate(updates):
            if update.adds or (after is not None and number == after[0]):
                continue
            later = self.instance(update, created)
            order = sp.true if after is None else comes_after((number, later), after)
            if order != sp.false:
                product = product * (1 - later.total(e, bracket(order), self.holds))
        return product

    def assignments(self) -> Iterator[tuple[UpdateInstance, UpdateInstance]]:
        """Yield every assignment that may hit an entry more than once, as two instances of it."""
        created, _, updates = self.beginning()
        for update in updates:
            one, other = self.instance(update, created), self.instance(update, created)
            if not update.adds and not is_injective(one.target, [i for i, _ in one.ranges]):
                yield one, other


def common(a: Moment, b: Moment) -> Moment:
    """Return the beginning that two moments have in common."""
    count = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[:count]


def before(a: Sequence[sp.Expr], b: Sequence[sp.Expr]) -> Any:
    """Return the condition that passes a come before passes b, outer loops first."""
    cases = []
    for k in range(len(a)):
        same = [compare("=", x, y) for x, y in zip(a[:k], b[:k], strict=True)]
        cases.append(all_of(*same, compare("<", a[k], b[k])))
    return any_of(*cases)


def not_after(a: Sequence[sp.Expr], b: Sequence[sp.Expr]) -> Any:
    """Return the condition that passes a are passes b or come before them."""
    if len(a) == 1:
        return compare("<=", a[0], b[0])
    return any_of(before(a, b), all_of(*(compare("=", x, y) for x, y in zip(a, b, strict=True))))


def comes_after(later: tuple[int, UpdateInstance], earlier: tuple[int, UpdateInstance]) -> Any:
    """Return the condition that one pass of an update comes after one pass of another, where both hit the same entry.

    A loop around both whose pass the entry tells is in the same pass for both.
    """
    (number, b), (other, a) = later, earlier
    shared = [part.index for part in common(b.update.moment, a.update.moment) if isinstance(part, Loop)]
    shared = [i for i in shared if i in a.loops and i in b.loops]
    pairs = list(zip(a.update.target, b.update.target, strict=True))
    told = [i for i in shared if any(x == y and is_injective((x,), [i]) and own(x, i, a, b) for x, y in pairs)]
    left = [i for i in shared if i not in told]
    if not left:
        return sp.true if number > other else sp.false
    before_it, after_it = [a.loops[i] for i in left], [b.loops[i] for i in left]
    return before(before_it, after_it) if number < other else not_after(before_it, after_it)


def own(x: sp.Expr, index: sp.Symbol, a: UpdateInstance, b: UpdateInstance) -> bool:
    """Tell whether an index expression varies with one loop only."""
    varying = {*a.loops, *b.loops, *a.update.index, *b.update.index}
    return bool(x.free_symbols & varying == {index})


def is_injective(target: Sequence[sp.Expr], indices: Sequence[sp.Symbol]) -> bool:
    """Tell whether different indices have different targets, as the way they are written shows."""
    left = set(indices)
    progress = True
    while left and progress:
        progress = False
        for t in target:
            inside = t.free_symbols & left
            if len(inside) == 1 and is_monotonic(t, next(iter(inside))):
                left -= inside
                progress = True
    return not left


def is_monotonic(e: sp.Expr, index: sp.Symbol) -> bool:
    """Tell whether an expression is linear in an index, with a coefficient of at least one, or at most minus one."""
    if e == index:
        return True
    written = sp.expand(e)
    coefficient = written.coeff(index, 1)
    rest = sp.expand(written - coefficient * index)
    if index in rest.free_symbols or index in coefficient.free_symbols:
        return False
    return at_least(coefficient, 1) or at_least(-coefficient, 1)
