"""The path that is read: the loops around a statement, what was answered and what was asked.

A condition on the sizes that is not settled makes the reading fork: it is read once more with the other answer. What
has to hold at every pass of some loops, such as that no index leaves its array, is proved by the kernel at once, or
kept as something to be proved.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.code.state.bounds import follows
from cnn_symbolic.code.state.memory import (
    Buffer,
    Loop,
    Moment,
    OnlyIf,
)
from cnn_symbolic.code.state.selections import Chosen, SelectedPlace, Windows
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import bound_sum, substitute, symbols_of
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Statement, state
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.operations.basic import zeros
from cnn_symbolic.tensors.tensor import Tensor


@dataclass
class Paths:
    """What is known on one path. `domain` are conditions on the sizes, `decisions` the answers where the path forks.

    Unless it is `exact`, comparisons of entries with zero are read as they are where the entries are not zero. Where it
    `selects`, a maximum of anything is read, with a selection that has the name in `selected`."""

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

    choices: list[SelectedPlace] = field(default_factory=list)

    strides: dict[int, tuple[Any, tuple[sp.Symbol, ...]]] = field(default_factory=dict)

    weight: sp.Expr = sp.S.One

    groups: dict[sp.Expr, tuple[sp.Expr, ...]] = field(default_factory=dict)

    single: set[sp.Expr] = field(default_factory=set)

    buffers: list[Buffer] = field(default_factory=list)

    kept: list[Any] = field(default_factory=list)

    infinite: bool = False

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

    @contextmanager
    def within(self, *parts: Loop | OnlyIf) -> Iterator[None]:
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

    def must_vanish(self, never: sp.Expr, what: str, line: int = 0) -> None:
        """Note that a number made from sizes has to be zero, for what is read now, or in another line."""
        if never != 0:
            self.obligations.setdefault(never, Obligation(line or self.line, what, never))

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


MOST_STATEMENTS = 20_000
# What the names of what goes wrong begin with: exceptions that NumPy raises; and entries that nobody has written.
FAILURES = {"IndexError", "ValueError", "TypeError", "KeyError"}
UNWRITTEN = "np.empty"


class NotUnderstood(CnnSymbolicError):
    """Something in the code that is not understood: the line, what stands there, and what would be understood."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
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

    @property
    def is_failure(self) -> bool:
        """Whether the code goes wrong where it is not zero; else it is only not known what it does there."""
        return self.what.partition(":")[0] in FAILURES or UNWRITTEN in self.what


def needed(moment: Moment, condition: Any) -> Moment:
    """Return the loops and guards of a moment that a condition is about."""
    wanted = symbols_of(condition) if isinstance(condition, sp.Basic) else set()
    kept: list[Loop | OnlyIf] = []
    for part in reversed(moment):
        if isinstance(part, OnlyIf) or part.index in wanted:
            kept.append(part)
            wanted |= symbols_of(part.holds if isinstance(part, OnlyIf) else part.length)
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
    guards = [part.holds for part in inside if isinstance(part, OnlyIf)]
    loops = [part for part in inside if isinstance(part, Loop)]
    return bound_sum(rules.bracket(rules.all_of(*guards)) * e, [p.index for p in loops], [p.length for p in loops])
