"""What is known while code is read: the path, its memory, and the results and selections that have names. Trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from cnn_symbolic.code.state import selections
from cnn_symbolic.code.state.cells import position
from cnn_symbolic.code.state.integers import Integers
from cnn_symbolic.code.state.memory import (
    Buffer,
    Loop,
    Snapshot,
    UnreadableMemory,
    Update,
    is_injective,
    since,
)
from cnn_symbolic.code.state.naming import name_of_equal, new_name
from cnn_symbolic.code.state.paths import closed
from cnn_symbolic.code.state.selections import Chosen
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import Entry, alpha_key, bound_sum, entry, substitute
from cnn_symbolic.expressions.heads import has_entries
from cnn_symbolic.expressions.values import number
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.making import named, tensor


@dataclass
class World(Integers):
    """What is known on one path."""

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
        except UnreadableMemory as stopped:
            raise self.refuse(str(stopped)) from None
        self.journal.append(buffer.updates.pop)

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
                self.must_vanish(closed(never, self.moment), "an assignment hits one entry twice", one.update.line)
            if buffer.first is None:
                index = tuple(sp.Dummy("e", integer=True) for _ in buffer.shape)
                never = bound_sum(found.unwritten(index), index, buffer.shape)
                self.must_vanish(closed(never, self.moment), "an entry of np.empty is read before it is written")
        except UnreadableMemory as stopped:
            raise self.refuse(str(stopped)) from None
        return found.entry

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


# How tensors begin that stand for numbers of which nothing is known.
UNKNOWN = "unknown"
