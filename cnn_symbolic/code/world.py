"""What is known while code is read: the loops around a statement, the path that was taken, and what was asked.

A condition on the sizes that is not settled makes the reading fork: it is read once more with the other answer. What
has to hold at every pass of some loops, such as that no index leaves its array, is proved by the kernel at once, or
kept as something to be proved.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from cnn_symbolic.code import selections
from cnn_symbolic.code.bounds import follows
from cnn_symbolic.code.memory import Buffer, Guard, Loop, Moment, Snapshot, Unreadable, Update, is_injective, since
from cnn_symbolic.code.naming import name_of_equal, new_name
from cnn_symbolic.code.selections import Choice, Chosen, Windows
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import Entry, alpha_key, bound_sum, entry, substitute, symbols_of
from cnn_symbolic.expressions.heads import Equal, Floor, Remainder, has_entries
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.expressions.values import number
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Statement, state
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.making import named, tensor
from cnn_symbolic.tensors.operations.basic import zeros
from cnn_symbolic.tensors.tensor import Tensor

MOST_STATEMENTS = 20_000
# How tensors begin that stand for numbers of which nothing is known.
UNKNOWN = "unknown"


class NotUnderstood(CnnSymbolicError):
    """Something in the code that is not understood: the line, what stands there, and what would be understood."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


class Raised(Exception):
    """The code ends with an exception on this path: on purpose (assert, raise), or because NumPy raises it."""

    def __init__(self, line: int, what: str, meant: bool) -> None:
        super().__init__(f"line {line}: {what}")
        self.line, self.what, self.meant = line, what, meant


@dataclass(frozen=True)
class Obligation:
    """What has to hold at every pass of a moment for the code to do what was read: `never` is 0 if it does."""

    line: int
    what: str
    never: sp.Expr


@dataclass
class World:
    """What is known on one path. `domain` are conditions on the sizes, `decisions` the answers where the path forks.

    Unless it is `exact`, comparisons of entries with zero are read as they are where the entries are not zero. Where it
    `selects`, a maximum of anything is read, with a selection that has the name in `selected`.
    """

    domain: tuple[Any, ...]
    decisions: tuple[bool, ...] = ()
    moment: Moment = ()
    line: int = 0
    path: list[Any] = field(default_factory=list)
    taken: list[bool] = field(default_factory=list)
    obligations: dict[Any, Obligation] = field(default_factory=dict)
    known: dict[Any, bool] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    named: dict[Any, str] = field(default_factory=dict)
    windows: Windows | None = None
    exact: bool = False
    selects: bool = False
    selected: dict[Any, str] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    strides: dict[int, tuple[Any, tuple[sp.Symbol, ...]]] = field(default_factory=dict)
    weight: sp.Expr = sp.S.One
    groups: dict[sp.Expr, tuple[sp.Expr, ...]] = field(default_factory=dict)
    single: set[sp.Expr] = field(default_factory=set)
    buffers: list[Buffer] = field(default_factory=list)
    journal: list[Callable[[], Any]] = field(default_factory=list)
    steps: int = 0

    def refuse(self, reason: str) -> NotUnderstood:
        """Return the error for something that is not understood at the present line."""
        return NotUnderstood(self.line, reason)

    def raised(self, what: str, meant: bool = False) -> Exception:
        """Return what ends the path with an exception of the code; what is reached on a condition only is refused."""
        if self.weight != 1 or not all(map(self.is_passed, range(len(self.moment)))):
            return self.refuse(f"{what}, where it is not known that this is reached")
        return Raised(self.line, what, meant)

    def is_passed(self, depth: int) -> bool:
        """Tell whether a loop around this statement is proved to have a pass, whatever the passes around it."""
        part = self.moment[depth]
        return isinstance(part, Loop) and self.holds(rules.compare(">=", part.length, sp.S.One), self.moment[:depth])

    def at(self, node: ast.AST) -> None:
        """Go to a statement or expression; raise NotUnderstood if there were too many."""
        self.line = getattr(node, "lineno", self.line)
        self.steps += 1
        if self.steps > MOST_STATEMENTS:
            raise self.refuse(f"more than {MOST_STATEMENTS:,} steps: a loop of known length is too long to be unrolled")

    # Moments

    @contextmanager
    def within(self, *parts: Loop | Guard) -> Iterator[None]:
        """Be inside of loops and guards."""
        before = self.moment
        self.moment = (*before, *parts)
        try:
            yield
        finally:
            self.moment = before

    def varies(self, e: sp.Basic) -> bool:
        """Tell whether an expression has an index in it, whatever loop it is of."""
        return any(not is_plain_size(s) for s in symbols_of(e))

    # Questions

    def holds(self, condition: Any, moment: Moment | None = None) -> bool:
        """Tell whether a condition is proved to hold at every pass of a moment, on this path."""
        if condition in (sp.true, sp.false):
            return bool(condition == sp.true)
        here = self.moment if moment is None else moment
        condition, extra = self.without_choices(condition)
        relevant = needed((*here, *extra), condition)
        key = (condition, relevant, len(self.path))
        if key not in self.known:
            self.known[key] = follows(condition, relevant, (*self.domain, *self.path)) or self.proves(
                violations(condition, relevant)
            )
        return self.known[key]

    def proves(self, never: sp.Expr) -> bool:
        """Tell whether the kernel proves that a number made from sizes is zero on this path."""
        with suppress(NotReadable, CnnSymbolicError, RecursionError):
            return is_proved(self.statement(never))
        return False

    def statement(self, never: sp.Expr) -> Statement:
        """Return the statement that a number is zero at all sizes of this path."""
        return state(entries_of(never, (), (), ()), zeros(), assuming=(*self.domain, *self.path))

    def choose(self, condition: Any) -> bool:
        """Return the answer to a condition on the sizes: the one that is proved, or one for each of two paths."""
        if condition in (sp.true, sp.false):
            return bool(condition == sp.true)
        if self.varies(condition):
            raise self.refuse("a branch on the index of a loop, where one on sizes is understood")
        opposite = rules.negation(condition)
        if condition in self.path or self.holds(condition, ()):
            return True
        if opposite in self.path or self.holds(opposite, ()):
            return False
        chosen = self.decisions[len(self.taken)] if len(self.taken) < len(self.decisions) else True
        self.taken.append(chosen)
        self.path.append(condition if chosen else opposite)
        return chosen

    def need(self, condition: Any, what: str) -> None:
        """Note that a condition has to hold at every pass of this moment, if it is not proved at once."""
        if not self.holds(condition):
            if self.weight != 1:
                raise self.refuse(f"{what}, asked on a condition on entries")
            plain, extra = self.without_choices(condition)
            self.must_vanish(closed_fully(rules.bracket(rules.negation(plain)), (*self.moment, *extra)), what)

    def must_vanish(self, never: sp.Expr, what: str) -> None:
        """Note that a number made from sizes has to be zero."""
        if never != 0:
            self.obligations.setdefault(never, Obligation(self.line, what, never))

    def require(self, condition: Any, what: str) -> None:
        """Go on where a condition holds; where it fails the code ends with an exception."""
        if self.holds(condition):
            return
        if self.varies(condition) or self.moment:
            self.need(condition, what)
        elif not self.choose(condition):
            raise self.raised(what)

    def plainly(self, condition: Any) -> bool:
        """Tell whether a condition follows from bounds alone at every pass of this moment."""
        return follows(condition, self.moment, (*self.domain, *self.path))

    # Integers

    def simplified(self, e: sp.Expr) -> sp.Expr:
        """Return a size as equations of this path give it: I = 2, and H = I·⌊H/I⌋ where H mod I = 0."""
        known: dict[sp.Expr, sp.Expr] = {}
        for holds in (*self.domain, *self.path):
            for part in rules.conjuncts(holds):
                if isinstance(part, Equal):
                    a, b = part.args
                    if is_plain_size(a) and (b.is_Integer or is_plain_size(b)):
                        known[a] = b
                    elif is_plain_size(b) and a.is_Integer:
                        known[b] = a
                    elif isinstance(a, Remainder) and b == 0 and is_plain_size(a.args[0]):
                        known[a.args[0]] = a.args[1] * rules.floor(rules.divide(*a.args))
        return rules.over_atoms(e, lambda atom: known.get(atom, atom)) if known else e

    def quotient(self, a: sp.Expr, b: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Return ⌊a/b⌋ and a mod b: of b·q + r with 0 ≤ r < b they are q and r."""
        q: sp.Expr = sp.S.Zero
        r = a
        for written in dict.fromkeys((a, sp.expand(a))):
            multiples, rest = [], []
            for term in sp.Add.make_args(written):
                factors = list(sp.Mul.make_args(term))
                share = selections.multiple(term, b) if b not in factors else sp.Mul(*without(factors, b))
                (rest if share is None else multiples).append(term if share is None else share)
            q, r = sp.Add(*multiples), sp.Add(*rest)
            inside = rules.all_of(rules.compare(">=", r, sp.S.Zero), rules.compare("<", r, b))
            plain, extra = self.without_choices(inside)
            if r == 0 or follows(plain, (*self.moment, *extra), (*self.domain, *self.path)):
                return q, r
        return q + rules.floor(rules.divide(r, b)), rules.remainder(r, b)

    def normal(self, e: sp.Expr) -> sp.Expr:
        """Return a size with whole numbers drawn out of its quotients: ⌊(a − b)/b⌋ = ⌊a/b⌋ − 1."""

        def drawn_out(atom: sp.Expr) -> sp.Expr:
            if not isinstance(atom, Floor):
                return atom
            top, bottom = rules.as_quotient(atom.args[0])
            return self.quotient(top, bottom)[0] if rules.at_least(bottom, 1) and rules.is_whole(top) else atom

        return rules.over_atoms(e, drawn_out)

    def cell(self, at: sp.Expr, dim: Sequence[sp.Expr]) -> list[sp.Expr]:
        """Return the index of the cell with a number in a group of sizes."""
        index: list[sp.Expr] = []
        for n in reversed(dim[1:]):
            at, inner = self.quotient(at, n)
            index.insert(0, inner)
        return [at, *index]

    def sign(self, e: sp.Expr) -> int | None:
        """Return 1 for a number that is proved to be at least zero, −1 for one below zero, None for others."""
        if self.holds(rules.compare(">=", e, sp.S.Zero)):
            return 1
        return -1 if self.holds(rules.compare("<", e, sp.S.Zero)) else None

    def unknown_length(self) -> sp.Symbol:
        """Return a number of passes of which nothing is known."""
        return sp.Dummy("passes", integer=True)

    def is_size(self, n: sp.Expr) -> bool:
        """Tell whether a number follows to be at least zero from bounds alone."""
        return self.plainly(rules.compare(">=", n, sp.S.Zero))

    def same(self, a: sp.Expr, b: sp.Expr) -> bool:
        """Tell whether two sizes are proved to be equal."""
        return a == b or sp.expand(a - b) == 0 or self.holds(rules.compare("=", a, b))

    # Memory

    def buffer(self, shape: Sequence[sp.Expr], first: Any, in_order: bool = False) -> Buffer:
        """Return a new array in memory."""
        made = Buffer(tuple(shape), first, self.moment, in_order)
        self.buffers.append(made)
        return made

    def watching(self) -> dict[int, int]:
        """Return how often every array was read so far."""
        return {id(buffer): len(buffer.watched) for buffer in self.buffers}

    def forget(self, watched: Mapping[int, int]) -> None:
        """Forget what was read since then."""
        for buffer in self.buffers:
            del buffer.watched[watched.get(id(buffer), 0) :]

    def update(self, buffer: Buffer, update: Update, whole: bool) -> None:
        """Carry out an update of memory; what a selection chooses is a sum over all that it may choose.

        An array of `whole` numbers keeps the places that selections choose as they are.
        """
        if whole and self.weight == 1 and not any(t.has(Chosen) for t in update.target):
            self.carry_out(buffer, update)
            return
        extra, weight, exact = self.choices_in((*update.target, update.value))
        if (extra or self.weight != 1) and not update.adds:
            old = self.once_only(buffer, update)
            update = replace(update, adds=True, value=update.value - old, whole=False)
            extra, weight, exact = self.choices_in((*update.target, update.value))
        value = weight * self.weight * exact(update.value)
        target = tuple(map(exact, update.target))
        self.carry_out(buffer, replace(update, value=value, target=target, moment=(*update.moment, *extra)))

    def once_only(self, buffer: Buffer, update: Update) -> Any:
        """Return what an assignment that depends on entries overwrites, each entry of which it hits once."""
        passes = [part.index for part in since(self.moment, buffer.created) if isinstance(part, Loop)]
        if not passes:
            return buffer.at(self.moment, self.plainly).entry(update.target)
        if buffer.first is None or not is_injective(update.target, [*passes, *update.index]):
            raise self.refuse("an assignment that depends on entries, where an addition is understood")
        if not buffer.once:
            buffer.once = True
            for number, other in enumerate(buffer.updates):
                self.apart(buffer, other, buffer.updates[:number])
        return buffer.first(update.target)

    def apart(self, buffer: Buffer, update: Update, others: Sequence[Update]) -> None:
        """Note that an update hits no entry that others hit, at any passes."""
        for other in others:
            one, two = (
                Snapshot(buffer, (), (), self.plainly).instance(each, buffer.created) for each in (update, other)
            )
            equal = [rules.compare("=", x, y) for x, y in zip(one.target, two.target, strict=True)]
            both = rules.all_of(*one.conditions, *two.conditions, *equal)
            ranges = (*one.ranges, *two.ranges)
            never = bound_sum(rules.bracket(both), [i for i, _ in ranges], [n for _, n in ranges])
            self.must_vanish(closed(never, self.moment), "two assignments that depend on entries hit one entry")

    def carry_out(self, buffer: Buffer, update: Update) -> None:
        """Carry out an update of memory as it stands."""
        if buffer.once:
            self.apart(buffer, update, buffer.updates)
        try:
            buffer.update(update)
        except Unreadable as stopped:
            raise self.refuse(str(stopped)) from None
        self.journal.append(buffer.updates.pop)

    def choices_in(self, parts: Sequence[Any]) -> tuple[tuple[Loop, ...], sp.Expr, Callable[[Any], Any]]:
        """Return loops over the cells that selections in expressions may choose, their weight, and what they become."""
        found = sorted({c for e in parts if isinstance(e, sp.Basic) for c in e.atoms(Chosen)}, key=str)
        extra: list[Loop] = []
        weight: sp.Expr = sp.S.One
        known: dict[Any, Any] = {}
        places: dict[Any, tuple[sp.Symbol, ...]] = {}
        for chosen in found:
            number, axis, *place = chosen.args
            key = (number, *place)
            if key not in places:
                within, lengths, selected = self.choices[int(number)].at(place)
                places[key] = within
                extra += [Loop(u, n) for u, n in zip(within, lengths, strict=True)]
                weight = weight * selected
            known[chosen] = places[key][int(axis)]
        return tuple(extra), weight, lambda e: substitute(e, known) if known and isinstance(e, sp.Basic) else e

    def without_choices(self, condition: Any) -> tuple[Any, tuple[Loop, ...]]:
        """Return a condition with arbitrary cells in the place of those that selections choose."""
        extra, _, exact = self.choices_in((condition,))
        return exact(condition), extra

    def reading(self, buffer: Buffer) -> Any:
        """Return what a buffer holds now, as a function of the index."""
        try:
            found = buffer.at(self.moment, self.plainly)
            for one, other in found.assignments():
                ranges = (*one.ranges, *other.ranges)
                first, second = [i for i, _ in one.ranges], [i for i, _ in other.ranges]
                equal = [rules.compare("=", x, y) for x, y in zip(one.target, other.target, strict=True)]
                differ = rules.any_of(*(rules.compare("!=", x, y) for x, y in zip(first, second, strict=True)))
                both = rules.all_of(*one.conditions, *other.conditions, *equal, differ)
                never = bound_sum(rules.bracket(both), [i for i, _ in ranges], [n for _, n in ranges])
                self.must_vanish(closed(never, self.moment), "an assignment hits one entry twice")
            if buffer.first is None:
                index = tuple(sp.Dummy("e", integer=True) for _ in buffer.shape)
                never = bound_sum(found.unwritten(index), index, buffer.shape)
                self.must_vanish(closed(never, self.moment), "an entry of np.empty is read before it is written")
        except Unreadable as stopped:
            raise self.refuse(str(stopped)) from None
        return found.entry

    # Entries and selections

    def entry_of(self, e: sp.Expr) -> sp.Expr:
        """Return an entry of a tensor that an expression is, as it stands or as a result with a name of its own."""
        if isinstance(e, Entry) or (isinstance(e, sp.Symbol) and has_entries(e)):
            return e
        index = selections.places(e)
        lengths = [self.length_at(i) for i in index]
        key = alpha_key(e, {i: ("index", k) for k, i in enumerate(index)}), tuple(lengths)
        if key not in self.named:
            formal = [sp.Dummy("ijkl"[k % 4], integer=True) for k in range(len(index))]
            written = substitute(e, dict(zip(index, formal, strict=True)))
            made = entries_of(written, tuple(formal), tuple(lengths), tuple(self.tensors.values()))
            assuming = (*self.domain, *self.path)
            name = name_of_equal(made, self.tensors, assuming, lambda condition: self.holds(condition, ()))
            if name is None:
                name = new_name(self.tensors)
                self.tensors[name] = named(name, made)
            self.named[key] = name
        return entry(self.named[key], index)

    def vanishes(self, e: sp.Expr) -> bool:
        """Tell whether an expression is proved to be zero, at every index."""
        index = tuple(selections.places(e))
        lengths = tuple(map(self.length_at, index))
        with suppress(NotReadable, CnnSymbolicError):
            made = entries_of(e, index, lengths, tuple(self.tensors.values()))
            nothing = entries_of(sp.S.Zero, index, lengths, ())
            return is_proved(state(nothing, made, assuming=(*self.domain, *self.path)))
        return False

    def arbitrary(self, lengths: Sequence[sp.Expr] = ()) -> str:
        """Return the name of a new tensor with entries of which nothing is known."""
        name = f"{UNKNOWN}{len(self.tensors)}"
        self.tensors[name] = tensor(*map(number, lengths), name=name)
        return name

    def length_at(self, index: sp.Symbol) -> sp.Expr:
        """Return the number of passes of the loop that an index is of."""
        for part in self.moment:
            if isinstance(part, Loop) and part.index == index:
                if self.varies(part.length):
                    raise self.refuse("a function of entries in a loop whose length varies with another one")
                return part.length
        raise self.refuse("a function of entries at an index that is of no loop here")

    def maxima(self, a: Any, axes: Sequence[int], dims: Sequence[Any], keepdims: bool, places: bool) -> Any:
        """Return the maxima of windows of max pooling, or the numbers of the cells that have them."""
        from cnn_symbolic.code.arrays import REAL, WHOLE, computed, position
        from cnn_symbolic.code.labels import own_maximum

        if self.selects and not places:
            return own_maximum(self, a, axes, dims, keepdims)
        index = tuple(sp.Dummy("mnpq"[k % 4], integer=True) for k in range(len(a.atoms)))
        split = a.split(index)
        within = [i for k in axes for i in split[k]]
        lengths = [n for k in axes for n in a.dims[k]]
        kept = [i for k in range(a.rank) if k not in axes for i in split[k]]
        loops = tuple(Loop(i, n) for i, n in zip(index, a.atoms, strict=True))
        with self.within(*loops):
            found = selections.cell_of(a.reading()(index), self.windows.x) if self.windows is not None else None
            if found is None or self.windows is None:
                raise self.refuse("a maximum that is not of entries of a window of x, the input of max pooling")
            cell, inside = found
            if not self.holds(inside):
                raise self.refuse("a maximum of a window with zeros of the padding in it, which may be the greatest")
        selected = self.windows.selected(cell.indices, within, lengths)
        if selected is None:
            raise self.refuse("a maximum over cells that are not a window of this max pooling")
        if places:
            made_at = [s for s in selections.places(selected) if s not in within]
            self.choices.append(Choice(tuple(made_at), tuple(within), tuple(lengths), selected))
            number = sp.Integer(len(self.choices) - 1)
            chosen = [Chosen(number, sp.Integer(k), *made_at) for k in range(len(within))]
            value, kind = position(chosen, tuple(lengths)), WHOLE
        else:
            value, kind = selections.maximum(selected, cell, within, lengths), REAL

        def entry_at(at: Sequence[sp.Expr]) -> Any:
            rest = list(at)
            if keepdims:
                rest = [i for k, part in enumerate(grouped(at, dims)) if k not in axes for i in part]
            return substitute(value, dict(zip(kept, rest, strict=True)))

        return computed(self, dims, entry_at, kind)

    def selected_where(self, sign: str, a: sp.Expr, b: sp.Expr) -> sp.Expr | None:
        """Return the selection where a comparison asks for the cell of a window that has its maximum."""
        if self.windows is None or sign not in ("=", ">=", "<="):
            return None
        for cell, greatest in ((a, b), (b, a)):
            found = selections.cell_of(cell, self.windows.x)
            if found is not None and (sign == "=" or (sign == ">=") == (cell is a)):
                selected = selections.is_maximum_there(found[0], greatest, self.windows)
                if selected is not None and (found[1] == sp.true or self.holds(found[1])):
                    return selected
        return None

    def is_selection(self, e: sp.Expr, within: Sequence[sp.Symbol]) -> bool:
        """Tell whether an expression is the selection of a window at every cell of it, one of which is selected."""
        if self.windows is None or not isinstance(e, Entry) or str(e.base.label) != self.windows.selection:
            return False
        return list(e.indices[len(e.indices) - len(self.windows.overlay) :]) == list(within)

    def place(self, number: sp.Expr, lengths: Sequence[sp.Expr]) -> list[sp.Expr]:
        """Return the index of the cell with a number, of a selection as it was made where the sizes are the same."""
        from cnn_symbolic.code.arrays import position

        for chosen in sorted(number.atoms(Chosen), key=str) if isinstance(number, sp.Basic) else ():
            choice, _, *at = chosen.args
            parts = [Chosen(choice, sp.Integer(k), *at) for k in range(len(lengths))]
            if number == position(parts, tuple(lengths)):
                return list(parts)
        return self.cell(number, tuple(lengths))

    def strides_of(self, a: Any) -> tuple[sp.Symbol, ...]:
        """Return the steps in memory along the axes of an array: numbers of which nothing is known."""
        steps = tuple(sp.Dummy(f"stride{k}", integer=True) for k in range(a.rank))
        return self.strides.setdefault(id(a), (a, steps))[1]


def without(factors: list[sp.Expr], one: sp.Expr) -> list[sp.Expr]:
    """Return factors, one of them left out."""
    at = factors.index(one)
    return [*factors[:at], *factors[at + 1 :]]


def grouped(index: Sequence[sp.Expr], dims: Sequence[Any]) -> list[list[sp.Expr]]:
    """Return an index, one number for each atomic size, by axes."""
    rest, found = list(index), []
    for dim in dims:
        found.append(rest[: len(dim)])
        rest = rest[len(dim) :]
    return found


def needed(moment: Moment, condition: Any) -> Moment:
    """Return the loops and guards of a moment that a condition is about."""
    wanted = symbols_of(condition) if isinstance(condition, sp.Basic) else set()
    kept: list[Loop | Guard] = []
    for part in reversed(moment):
        if isinstance(part, Guard) or part.index in wanted:
            kept.append(part)
            wanted |= symbols_of(part.holds if isinstance(part, Guard) else part.length)
    # Guards were kept as they came; their loops are outside of them, and so were found after them.
    return tuple(reversed(kept))


def violations(condition: Any, moment: Moment) -> sp.Expr:
    """Return the number of passes of a moment at which a condition fails."""
    return closed(rules.bracket(rules.negation(condition)), moment)


def closed(e: sp.Expr, moment: Moment) -> sp.Expr:
    """Return the sum of a number over all passes of a moment."""
    return e if e == 0 else closed_fully(e, needed(moment, e))


def closed_fully(e: sp.Expr, inside: Moment) -> sp.Expr:
    """Return the sum of a number over all passes of a moment, those of loops that it does not vary with as well."""
    guards = [part.holds for part in inside if isinstance(part, Guard)]
    loops = [part for part in inside if isinstance(part, Loop)]
    return bound_sum(rules.bracket(rules.all_of(*guards)) * e, [p.index for p in loops], [p.length for p in loops])
