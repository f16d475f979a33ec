"""Loops of the code that is read.

Trusted. A loop of symbolic length is read once, at an arbitrary pass: what its body adds to arrays is added for every
pass. A name that carries a value from one pass to the next is refused, unless every pass adds to it.

    counter:  c = c₀ before,  c ↦ c + d in every pass,  d the same   ⟹   c = c₀ + d·t at pass t,  c₀ + d·n after all n
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, computed
from cnn_symbolic.code.arrays.indexing import indexed
from cnn_symbolic.code.arrays.numbers import is_number
from cnn_symbolic.code.language.branches import Branches
from cnn_symbolic.code.language.calls import MOST_UNROLLED
from cnn_symbolic.code.language.syntax import (
    CARRIED,
    LAST,
    Skipped,
    divisors,
    has_break,
    is_added_to,
    is_rebound,
    is_same,
    letters,
    names_in,
    without_last_continue,
)
from cnn_symbolic.code.rows.loops import as_passes
from cnn_symbolic.code.state.bounds import at_least_zero
from cnn_symbolic.code.state.cells import divided
from cnn_symbolic.code.state.memory import Loop
from cnn_symbolic.code.state.paths import NotUnderstood, Raised
from cnn_symbolic.code.state.values import Cell, LoopPasses, Poison, Scope
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import symbols_of
from cnn_symbolic.expressions.heads import AtMost, Less, has_entries
from cnn_symbolic.expressions.rules import is_whole


class Loops(Branches):
    """Carries out loops."""

    def do_for(self, node: ast.For, scope: Scope) -> None:
        """Carry out a loop: one of known length pass by pass, one of symbolic length at an arbitrary pass."""
        if node.orelse or has_break(node):
            raise self.world.refuse("a loop with break or else")
        self.run_over = {id(part) for part in ast.walk(node.iter) if isinstance(part, ast.Call)}
        self.consumed |= {id(node.iter)}
        source = self.value(node.iter, scope)
        known = self.known_members(source)
        if known is None:
            for part in self.split(node, as_passes(self.world, source), scope):
                self.passes(node, part, scope)
            return
        names = {part.id for part in ast.walk(node.iter) if isinstance(part, ast.Name)}
        used = [source, *(home.names[name] for name in names if (home := scope.home(name)) is not None)]
        lists = [(each, list(each)) for each in used if isinstance(each, list | dict)]
        for k, each in enumerate(known):
            if isinstance(source, LoopPasses):
                each = source.element((sp.Integer(k),))
            elif isinstance(source, Array):
                each = indexed(source, sp.Integer(k))
            if not all(is_same(one, before) for one, before in lists):
                raise self.world.refuse("a loop over a list or table that changes in it")
            self.bind(node.target, each, scope)
            with suppress(Skipped):
                self.block(node.body, scope, True)

    def split(self, node: ast.For, over: LoopPasses, scope: Scope) -> list[LoopPasses]:
        """Return a loop over m·b passes whose body divides its number by b as loops over m and over b."""
        if len(over.lengths) != 1 or over.index:
            return [over]
        for divisor in divisors(node.body):
            b = self.guessed(divisor, scope)
            m = divided(over.lengths[0], b) if is_number(b) and b != 1 and not b.is_number else None
            if m is None or m == 1 or not self.world.is_size(b - 1):
                continue
            if m.is_Integer and m <= MOST_UNROLLED:
                return [LoopPasses((b,), partial(in_part, over, b, sp.Integer(g))) for g in range(int(m))]
            return [LoopPasses((m, b), partial(in_parts, over, b))]
        return [over]

    def guessed(self, node: ast.expr, scope: Scope) -> Any:
        """Return what an expression is before a loop, None if it is nothing there; nothing is noted of it."""
        mark, obligations = len(self.world.journal), dict(self.world.obligations)
        watched, line = self.world.watching(), self.world.line
        try:
            if isinstance(node, ast.Name | ast.Constant):
                return self.value(node, scope)
        except (NotUnderstood, Raised):
            return None
        finally:
            self.undo(mark)
            self.world.obligations, self.world.line = obligations, line
            self.world.forget(watched)
        return None

    def do_while(self, node: ast.While, scope: Scope) -> None:
        """Carry out `while c + … <= n` whose body raises the number c by a step: a loop of so many passes.

        c₀ + s·t ≤ e for t < k, and not for t = k, is k = max(⌊(e − c₀)/s⌋ + 1, 0) passes. No other name that the body
        changes has a value in the test, and every pass reads the test, so that memory refuses an array changed in it.
        """
        tested = [ast.copy_location(ast.Expr(node.test), node.test), *node.body]
        loop = ast.copy_location(ast.For(ast.Name("_", ast.Store()), node.test, tested, [], None), node)
        names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
        raised = [name for name in names_in(node.body) if name in names]
        if node.orelse or has_break(loop) or len(raised) != 1 or not is_added_to(raised[0], node.body):
            raise self.world.refuse("while, but with a comparison of one number that the body raises by a step")
        start = scope.names.get(raised[0])
        counter = sp.Dummy(raised[0], integer=True)
        if not is_number(start) or not is_whole(start):
            raise self.world.refuse("while with a number that is not whole")
        before = {name: scope.names[name] for name in names_in(node.body) if name in scope.names}
        for name in before:
            self.name(scope, name, counter if name == raised[0] else Poison(CARRIED))
        holds = self.value(node.test, scope)
        for name, value in before.items():
            self.name(scope, name, value)
        room = next(iter(at_least_zero(holds)), None)
        rest = sp.expand(room + counter) if isinstance(holds, Less | AtMost) and room is not None else None
        if rest is None or counter in rest.free_symbols:
            raise self.world.refuse("while, but with a number that is at most, or less than, another one")
        probe = LoopPasses((self.world.unknown_length(),), lambda at: at[0])
        added = [name for name in names_in(node.body) if is_added_to(name, node.body)]
        steps, _ = self.counted(loop, loop.body, probe, (Loop(counter, probe.lengths[0]),), scope, added)
        step = steps.get(raised[0])
        if step is None or not self.world.holds(rules.compare(">=", step, sp.S.One)):
            raise self.world.refuse("while, but with a number that the body raises by a step of at least one")
        count = rules.floor(rules.divide(sp.expand(rest - start), step)) + 1
        self.passes(loop, LoopPasses((self.at_least_zero(count),), lambda at: at[0]), scope)

    def passes(self, node: ast.For, over: LoopPasses, scope: Scope) -> None:
        """Carry out a loop of symbolic length."""
        body = without_last_continue(node.body)
        names = letters(node.target, len(over.lengths))
        index = over.index or tuple(sp.Dummy(letter, integer=True) for letter in names)
        loops = tuple(Loop(i, n) for i, n in zip(index, over.lengths, strict=True))
        assigned = names_in(body)
        accumulated = [name for name in assigned if is_added_to(name, body)]
        counters, sums = self.counted(node, body, over, loops, scope, accumulated)
        before = {name: self.world_value(scope, name) for name in accumulated}
        arrays: list[str] = []
        for name in accumulated:
            start = before[name]
            if name in counters:
                self.name(scope, name, start + counters[name] * number_of(loops))
            elif name in sums and not isinstance(start, Array):
                self.name(scope, name, Cell(as_cell(self.world, start)))
            elif name in sums and is_rebound(name, body) and name not in scope.accumulated:
                self.name(scope, name, start.copy())
                scope.accumulated.add(name)
                arrays.append(name)
        with self.carried([name for name in assigned if name not in counters and name not in sums], scope):
            self.once_through(node, body, over, loops, scope)
        scope.accumulated.difference_update(arrays)
        for name in names_in([node]):
            if name in counters:
                total = sp.Mul(*(self.at_least_zero(n) for n in over.lengths))
                self.name(scope, name, sp.expand(before[name] + counters[name] * total))
            elif name in sums:
                found = scope.names[name]
                if isinstance(found, Cell):
                    self.name(scope, name, found.array.reading()(()))
            else:
                self.name(scope, name, Poison(LAST))

    def world_value(self, scope: Scope, name: str) -> Any:
        """Return what a name stands for, None if for nothing."""
        return scope.names.get(name)

    def at_least_zero(self, n: sp.Expr) -> sp.Expr:
        """Return how often a loop runs: never for a length below zero."""
        return n if self.world.holds(rules.compare(">=", n, sp.S.Zero)) else rules.maximum(n, sp.S.Zero)

    @contextmanager
    def carried(self, names: Iterable[str], scope: Scope) -> Iterator[None]:
        """Let names have no value at the beginning of a pass, as the pass before may have changed it."""
        for name in names:
            self.name(scope, name, Poison(CARRIED))
        yield

    def once_through(
        self, node: ast.For, body: Sequence[ast.stmt], over: LoopPasses, loops: tuple[Loop, ...], scope: Scope
    ) -> None:
        """Carry out the body of a loop at an arbitrary pass."""
        with self.world.within(*loops):
            self.bind(node.target, over.element(tuple(part.index for part in loops)), scope)
            with suppress(Skipped):
                self.block(body, scope, True)

    def counted(
        self,
        node: ast.For,
        body: Sequence[ast.stmt],
        over: LoopPasses,
        loops: tuple[Loop, ...],
        scope: Scope,
        names: Sequence[str],
    ) -> tuple[dict[str, sp.Expr], list[str]]:
        """Return by how much every pass raises the names that are counters, and the other names that it adds to."""
        start = {name: scope.names.get(name) for name in names}
        sums = [name for name in names if isinstance(start[name], Array)]
        numbers = [name for name, value in start.items() if is_number(value)]
        whole = [name for name in numbers if is_whole(start[name]) and not has_entries(start[name])]
        counters: dict[str, sp.Expr] = {}
        if whole:
            mark = len(self.world.journal)
            obligations = dict(self.world.obligations)
            watched = self.world.watching()
            unknown = {name: sp.Dummy(name, integer=True) for name in whole}
            for name in names_in(body):
                self.name(scope, name, unknown.get(name, Poison(CARRIED)))
            for name in numbers:
                if name not in unknown:
                    self.name(scope, name, Cell(as_cell(self.world, start[name])))
            rebound = {name for name in sums if is_rebound(name, body)} - scope.accumulated
            for name in sums:
                value: Any = start[name]
                self.name(scope, name, value.copy() if name in rebound else value)
            scope.accumulated |= rebound
            try:
                self.once_through(node, body, over, loops, scope)
                indices = {part.index for part in loops} | set(unknown.values())
                for name in whole:
                    found = scope.names[name]
                    step = sp.expand(found - unknown[name]) if is_number(found) else None
                    if step is not None and is_whole(step) and not (symbols_of(step) & indices or has_entries(step)):
                        counters[name] = step
            except NotUnderstood:
                counters = {}
            finally:
                scope.accumulated -= rebound
                self.undo(mark)
                self.world.obligations = obligations
                self.world.forget(watched)
        return counters, sums + [name for name in numbers if name not in counters]

    def undo(self, mark: int) -> None:
        """Take back what was done since a mark."""
        while len(self.world.journal) > mark:
            self.world.journal.pop()()


def number_of(loops: Sequence[Loop]) -> sp.Expr:
    """Return how many passes of several nested loops come before the present one."""
    total: sp.Expr = sp.S.Zero
    for part in loops:
        total = total * part.length + part.index
    return total


def in_part(over: LoopPasses, b: sp.Expr, part: sp.Expr, at: tuple[sp.Expr, ...]) -> Any:
    """Return what a loop's target is at a pass of one of its parts of b passes."""
    return over.element((part * b + at[0],))


def in_parts(over: LoopPasses, b: sp.Expr, at: tuple[sp.Expr, ...]) -> Any:
    """Return what a loop's target is at a part, and a pass of it, of b passes each."""
    return over.element((at[0] * b + at[1],))


def as_cell(world: World, number: sp.Expr) -> Array:
    """Return a number as an array without axes."""
    return computed(world, [], lambda _: number)
