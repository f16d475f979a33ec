"""Statements of the code that is read: what each does to names and to memory.

Trusted. A loop of symbolic length is read once, at an arbitrary pass: what its body adds to arrays is added for every
pass. A name that carries a value from one pass to the next is refused, unless every pass adds to it.

    counter:  c = c₀ before,  c ↦ c + d in every pass,  d the same   ⟹   c = c₀ + d·t at pass t,  c₀ + d·n after n passes
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays import WHOLE, Array, as_array, computed, describe, divided, is_one, length_of
from cnn_symbolic.code.bounds import at_least_zero
from cnn_symbolic.code.expressions import MOST_CALLS, MOST_UNROLLED, Expressions
from cnn_symbolic.code.functions import as_passes, members
from cnn_symbolic.code.indexing import Mask, assign
from cnn_symbolic.code.memory import Guard, Loop
from cnn_symbolic.code.numbers import arithmetic, as_number, condition, is_number, truth
from cnn_symbolic.code.values import Cell, Class, Function, Instance, Known, Passes, Poison, Scope
from cnn_symbolic.code.world import NotUnderstood, Raised
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import symbols_of
from cnn_symbolic.expressions.heads import AtMost, Less, has_entries
from cnn_symbolic.expressions.rules import is_whole

CARRIED = "the name {} carries a value from one pass of a loop to the next, other than by adding to it"
LAST = "the name {} has its value from the last pass of a loop"
# Methods by which a class changes what its objects and their attributes are.
HOOKS = {"__new__", "__getattr__", "__getattribute__", "__setattr__", "__init_subclass__", "__del__"}
PLAIN_DECORATORS = ("staticmethod", "classmethod", "property")
FORBIDDEN = (ast.Global, ast.Nonlocal, ast.YieldFrom, ast.Await, ast.AsyncFunctionDef, ast.Delete)


class Returned(Exception):
    """A function returns a value."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Skipped(Exception):
    """The rest of a pass is skipped."""


class Statements(Expressions):
    """Carries out statements."""

    def block(self, body: Sequence[ast.stmt], scope: Scope, whole: bool = False) -> None:
        """Carry out statements one after the other; those behind a `continue` on a condition only where it fails.

        `whole` says that nothing comes after them in a pass of the loop around them, so that they may end it.
        """
        for number, node in enumerate(body):
            self.world.at(node)
            if not (isinstance(node, ast.If) and self.skips(node)):
                self.statement(node, scope)
                continue
            if not whole:
                raise self.world.refuse("continue inside of a condition on entries of arrays")
            holds = condition(truth(self.world, self.tested(node.test, scope)))
            if self.is_settled(holds):
                self.block(
                    [*(node.body if self.world.choose(holds) else node.orelse), *body[number + 1 :]], scope, True
                )
            else:
                self.branches(holds, node, scope, body[number + 1 :], True)
            return

    def skips(self, node: ast.If) -> bool:
        """Tell whether the pass may end in one of the branches."""
        return any(
            isinstance(each, ast.Continue) or (isinstance(each, ast.If) and self.skips(each))
            for each in (*node.body, *node.orelse)
        )

    def branches(self, holds: Any, node: ast.If, scope: Scope, rest: Sequence[ast.stmt], whole: bool = False) -> None:
        """Carry out both branches of a condition on a pass, each with the rest of the pass unless it skips it."""
        before = dict(scope.names)
        results = []
        for case, branch in ((holds, node.body), (rules.negation(holds), node.orelse)):
            scope.names.clear()
            scope.names.update(before)
            with self.world.within(Guard(case)), suppress(Skipped):
                self.block([*branch, *rest], scope, whole)
            results.append(dict(scope.names))
        self.merge(holds, before, results, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """Carry out a statement."""
        method = getattr(self, f"do_{type(node).__name__.lower()}", None)
        if method is None or isinstance(node, FORBIDDEN):
            raise self.world.refuse(f"the statement {type(node).__name__.lower()} is not understood")
        method(node, scope)

    def do_expr(self, node: ast.Expr, scope: Scope) -> None:
        """Evaluate an expression."""
        if not isinstance(node.value, ast.Constant):
            self.value(node.value, scope)

    def do_pass(self, node: ast.Pass, scope: Scope) -> None:
        """Do nothing."""

    def do_return(self, node: ast.Return, scope: Scope) -> None:
        """Return from a function, not from within a loop of symbolic length."""
        if self.inside_of_passes():
            raise self.world.refuse("return inside of a loop of symbolic length, or of a condition on entries")
        raise Returned(None if node.value is None else self.value(node.value, scope))

    def inside_of_passes(self) -> bool:
        """Tell whether a loop or guard was opened in the function that is being read."""
        return len(self.world.moment) > self.opened or self.world.weight != self.opened_weight

    opened, opened_weight = 0, sp.S.One

    def do_continue(self, node: ast.Continue, scope: Scope) -> None:
        """Skip the rest of a pass."""
        raise Skipped

    def do_assert(self, node: ast.Assert, scope: Scope) -> None:
        """Go on where a condition holds; elsewhere the code refuses."""
        holds = condition(truth(self.world, self.tested(node.test, scope)))
        if self.world.weight != 1:
            raise self.world.refuse("assert inside of a condition on entries")
        if self.world.varies(holds):
            self.world.need(holds, f"AssertionError: {ast.unparse(node.test)}")
        elif not self.world.choose(holds):
            raise self.world.raised(f"AssertionError: {ast.unparse(node.test)}", meant=True)

    def do_raise(self, node: ast.Raise, scope: Scope) -> None:
        """End with an exception, not from within a loop of symbolic length."""
        if self.inside_of_passes():
            raise self.world.refuse("raise inside of a loop of symbolic length, or of a condition on entries")
        raise self.world.raised("" if node.exc is None else ast.unparse(node.exc), meant=True)

    def do_import(self, node: ast.Import, scope: Scope) -> None:
        """Give modules names."""
        for alias in node.names:
            self.name(scope, alias.asname or alias.name.partition(".")[0], imported(alias))

    def do_importfrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        """Give what is in a module names."""
        for alias in node.names:
            self.name(scope, alias.asname or alias.name, member_of(node, alias))

    def do_functiondef(self, node: ast.FunctionDef, scope: Scope) -> None:
        """Give a function a name."""
        self.name(scope, node.name, self.defined(node, scope))

    def defined(self, node: ast.FunctionDef, scope: Scope) -> Function:
        """Return a function; raise NotUnderstood for a decorator that changes it."""
        names = [ast.unparse(each) for each in node.decorator_list]
        if len(names) > 1 or any(name not in PLAIN_DECORATORS for name in names):
            self.world.at(node)
            raise self.world.refuse(f"the decorator {', '.join(names)} of {node.name}")
        return self.function(node, scope, names[0] if names else "")

    def do_classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        """Give a class a name."""
        self.name(scope, node.name, self.class_of(node, scope))

    def class_of(self, node: ast.ClassDef, scope: Scope) -> Class:
        """Return a class, with its functions and constants."""
        self.world.at(node)
        if node.decorator_list or node.keywords:
            raise self.world.refuse(f"the decorators or options of the class {node.name}")
        own = Scope({}, scope)
        bases: list[Class] = []
        if special := {n for n in names_in(node.body) if n.startswith("__")} & HOOKS:
            raise self.world.refuse(f"the class {node.name} with {special.pop()}")
        for base in node.bases:
            value = self.value(base, scope)
            if isinstance(value, Class):
                bases.append(value)
            elif not (isinstance(value, Known) and value.name in ("builtins.object", "abc.ABC")):
                raise self.world.refuse(f"the class {node.name}, which is made from what is not in the file")
        if len(bases) > 1:
            raise self.world.refuse(f"the class {node.name}, which is made from several classes")
        made = Class(node.name, own, tuple(bases))
        for each in node.body:
            if isinstance(each, ast.FunctionDef):
                own.names[each.name] = lambda each=each: self.defined(each, scope)
            elif isinstance(each, ast.Assign | ast.AnnAssign | ast.Pass | ast.Expr):
                self.statement(each, own)
            else:
                raise self.world.refuse(f"{type(each).__name__.lower()} inside of the class {node.name}")
        return made

    # Assignments

    def name(self, scope: Scope, name: str, value: Any) -> None:
        """Give a name a value."""
        before = dict(scope.names)

        def undo() -> None:
            scope.names.clear()
            scope.names.update(before)

        self.world.journal.append(undo)
        scope.names[name] = value

    def do_assign(self, node: ast.Assign, scope: Scope) -> None:
        """Give names, members and entries values."""
        for target in node.targets:
            added = addition(target, node.value) if len(node.targets) == 1 else None
            if added is not None and isinstance(target, ast.Subscript):
                if isinstance(self.value(target.value, scope), Array):
                    self.augment(target, *added, scope)
                    return
            if isinstance(target, ast.Name) and added is not None and self.is_accumulator(target.id, scope):
                self.augment(target, *added, scope)
                return
        value = self.value(node.value, scope)
        for target in node.targets:
            self.bind(target, value, scope)

    def is_accumulator(self, name: str, scope: Scope) -> bool:
        """Tell whether a name is one to which every pass of a loop adds, wherever it is mentioned."""
        return isinstance(scope.names.get(name), Cell) or name in scope.accumulated

    def do_annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        """Give a name with an annotation a value."""
        if node.value is not None:
            self.bind(node.target, self.value(node.value, scope), scope)

    def bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give a name, a member or an entry a value, or several of them those of a tuple."""
        world = self.world
        if isinstance(target, ast.Name):
            self.name(scope, target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self.unpack(target.elts, value, scope)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.value(target.value, scope), target.attr, value)
        elif isinstance(target, ast.Subscript):
            owner, key = self.value(target.value, scope), self.value(target.slice, scope)
            if isinstance(owner, Array):
                assign(owner, as_key(key), value, False)
            elif isinstance(owner, dict | list):
                self.set_member(owner, key, value)
            else:
                raise world.refuse(f"an assignment to a member of {describe(owner)}")
        else:
            raise world.refuse(f"an assignment to {type(target).__name__.lower()}")

    def unpack(self, targets: Sequence[ast.expr], value: Any, scope: Scope) -> None:
        """Give several targets the members of a value."""
        found = list(members(self.world, value))
        stars = [k for k, each in enumerate(targets) if isinstance(each, ast.Starred)]
        if stars:
            k, more = stars[0], len(found) - len(targets) + 1
            found[k : k + more] = [found[k : k + more]]
            targets = [each.value if isinstance(each, ast.Starred) else each for each in targets]
        if len(found) != len(targets):
            raise self.world.raised(f"ValueError: {len(found)} values for {len(targets)} names")
        for each, one in zip(targets, found, strict=True):
            self.bind(each, one, scope)

    def set_attribute(self, owner: Any, name: str, value: Any) -> None:
        """Give an attribute of an object a value."""
        if isinstance(owner, Array) and name == "shape":
            raise self.world.refuse("an assignment to the shape of an array, where reshape is understood")
        if not isinstance(owner, Instance):
            raise self.world.refuse(f"an assignment to an attribute of {describe(owner)}")
        if isinstance(self.found_in(owner.made, name), Function):
            raise self.world.refuse(f"an assignment to {name}, which is a method or property of the class")
        self.once(f"the attribute {name}")
        before = dict(owner.attributes)

        def undo() -> None:
            owner.attributes.clear()
            owner.attributes.update(before)

        self.world.journal.append(undo)
        owner.attributes[name] = value

    def set_member(self, owner: Any, key: Any, value: Any) -> None:
        """Give a member of a list or table a value."""
        self.once("a member of a list or table")
        before = owner.copy()

        def undo() -> None:
            owner.clear()
            owner.update(before) if isinstance(owner, dict) else owner.extend(before)

        if isinstance(owner, list):
            at = as_number(self.world, key)
            if not isinstance(at, sp.Integer) or not -len(owner) <= at < len(owner):
                raise self.world.refuse("an assignment to a member of a list at a number that is not written out")
            owner[int(at)] = value
        else:
            owner[self.key(key)] = value
        self.world.journal.append(undo)

    def once(self, what: str) -> None:
        """Refuse what is kept beyond a pass of a loop of symbolic length."""
        if self.world.moment or self.world.weight != 1:
            raise self.world.refuse(
                f"{what} is assigned to in a loop of symbolic length, which keeps the last value, or on a condition"
            )

    def do_augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        """Carry out `+=` and its like."""
        self.augment(node.target, type(node.op).__name__, node.value, scope)

    def augment(self, target: ast.expr, operator: str, node: ast.expr, scope: Scope) -> None:
        """Carry out `target operator= value`: in the memory of an array, otherwise by giving a new value."""
        value = self.value(node, scope)
        if isinstance(target, ast.Name):
            home = scope.home(target.id)
            owner = home.names[target.id] if home is not None else None
            if isinstance(owner, Cell):
                if operator not in ("Add", "Sub"):
                    raise self.world.refuse(CARRIED.replace("{}", target.id))
                self.check_keeps_shape(owner.array, value)
                self.add(owner.array, Ellipsis, value, operator)
                return
            old = self.value(ast.copy_location(ast.Name(target.id, ast.Load()), target), scope)
            if isinstance(old, Array):
                if target.id in scope.accumulated:
                    self.check_keeps_shape(old, value)
                self.change(old, Ellipsis, value, operator)
            elif isinstance(old, list | dict):
                raise self.world.refuse("a list or table that grows in its memory")
            else:
                self.name(scope, target.id, arithmetic(self.world, operator, old, value))
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, scope)
            old = self.attribute(owner, target.attr)
            if isinstance(old, Array):
                self.change(old, Ellipsis, value, operator)
            elif isinstance(old, list | dict):
                raise self.world.refuse("a list or table that grows in its memory")
            else:
                self.set_attribute(owner, target.attr, arithmetic(self.world, operator, old, value))
        elif isinstance(target, ast.Subscript):
            owner, key = self.value(target.value, scope), self.value(target.slice, scope)
            if isinstance(owner, Array):
                self.change(owner, as_key(key), value, operator)
            else:
                old = self.item(owner, key)
                if isinstance(old, Array):
                    self.change(old, Ellipsis, value, operator)
                elif isinstance(old, list | dict):
                    raise self.world.refuse("a list or table that grows in its memory")
                else:
                    self.set_member(owner, key, arithmetic(self.world, operator, old, value))
        else:
            raise self.world.refuse(f"an assignment to {type(target).__name__.lower()}")

    def check_keeps_shape(self, a: Array, added: Any) -> None:
        """Refuse to add what would make an array larger, as a new one that stands for the sum would be."""
        b = as_array(self.world, as_number(self.world, added))
        fits = b.rank <= a.rank and all(
            is_one(mine) or self.world.same(length_of(own), length_of(mine))
            for own, mine in zip(a.dims[a.rank - b.rank :], b.dims, strict=True)
        )
        if not fits or (a.kind == WHOLE and b.kind != WHOLE):
            raise self.world.refuse("a name that every pass of a loop adds to, where the sum has another shape or type")

    def change(self, a: Array, key: Any, value: Any, operator: str) -> None:
        """Carry out an operator in the memory of an array."""
        if operator in ("Add", "Sub"):
            self.add(a, key, value, operator)
        elif operator in ("Mult", "Div") and isinstance(key, Mask):
            if isinstance(as_number(self.world, value), Array):
                raise self.world.refuse("entries where a condition holds, times an array, whose length is not known")
            assign(a, key, arithmetic(self.world, operator, a, value), False)
        elif operator in ("Mult", "Div"):
            old = self.item(a, key)
            assign(a, key, arithmetic(self.world, operator, old, value), False)
        else:
            raise self.world.refuse(f"the operator {operator} in the memory of an array")

    def add(self, a: Array, key: Any, value: Any, operator: str) -> None:
        """Add to entries, or subtract from them."""
        added = value if operator == "Add" else arithmetic(self.world, "Mult", sp.S.NegativeOne, value)
        assign(a, key, added, True)

    # Branches

    def do_if(self, node: ast.If, scope: Scope) -> None:
        """Carry out one of two branches: on a condition on sizes, on two paths; else both, each where it is due."""
        value = self.tested(node.test, scope)
        if (weight := self.weight_of(value)) is not None:
            self.weighted(weight, node, scope)
            return
        holds = condition(truth(self.world, value))
        if self.is_settled(holds):
            self.chosen(holds, node, scope)
        else:
            self.branches(holds, node, scope, ())

    def weight_of(self, value: Any) -> sp.Expr | None:
        """Return a condition on entries as a number that is 0 or 1."""
        found = as_number(self.world, value) if isinstance(value, Mask) else value
        return found if is_number(found) and has_entries(found) else None

    def weighted(self, weight: sp.Expr, node: ast.If, scope: Scope) -> None:
        """Carry out a branch on entries: what it adds counts where they satisfy the condition."""
        before, names = self.world.weight, dict(scope.names)
        for factor, branch in ((weight, node.body), (1 - weight, node.orelse)):
            self.world.weight = before * factor
            self.block(branch, scope)
            self.world.weight = before
            for name, value in list(scope.names.items()):
                if names.get(name) is not value:
                    self.name(scope, name, Poison("the name {} depends on entries of arrays"))

    def chosen(self, holds: Any, node: ast.If, scope: Scope) -> None:
        """Carry out the branch that is due at the sizes of this path."""
        self.block(node.body if self.world.choose(holds) else node.orelse, scope)

    def merge(self, holds: Any, before: dict[str, Any], results: list[dict[str, Any]], scope: Scope) -> None:
        """Give names the values that they have after one of two branches."""
        missing = Poison("the name {} has a value after one of two branches only")
        for name in {**results[0], **results[1]}:
            a, b = (each.get(name, missing) for each in results)
            if a is b:
                scope.names[name] = a
            elif isinstance(a, Poison) or isinstance(b, Poison):
                scope.names[name] = a if isinstance(a, Poison) else b
            else:
                scope.names[name] = self.either(holds, a, b)

    # Loops

    def do_for(self, node: ast.For, scope: Scope) -> None:
        """Carry out a loop: one of known length pass by pass, one of symbolic length at an arbitrary pass."""
        if node.orelse or has_break(node):
            raise self.world.refuse("a loop with break or else")
        self.run_over = {id(part) for part in ast.walk(node.iter) if isinstance(part, ast.Call)}
        source = self.value(node.iter, scope)
        known = self.known_members(source)
        if known is None:
            for part in self.split(node, as_passes(self.world, source), scope):
                self.passes(node, part, scope)
            return
        before = list(known)
        for each in known:
            if isinstance(source, list | dict) and not is_same(source, before):
                raise self.world.refuse("a loop over a list or table that changes in it")
            self.bind(node.target, each, scope)
            with suppress(Skipped):
                self.block(node.body, scope, True)

    def split(self, node: ast.For, over: Passes, scope: Scope) -> list[Passes]:
        """Return a loop over m·b passes whose body divides its number by b as loops over m and over b."""
        if len(over.lengths) != 1 or over.index:
            return [over]
        for divisor in divisors(node.body):
            b = self.guessed(divisor, scope)
            m = divided(over.lengths[0], b) if is_number(b) and b != 1 and not b.is_number else None
            if m is None or m == 1 or not self.world.is_size(b - 1):
                continue
            if m.is_Integer and m <= MOST_UNROLLED:
                return [Passes((b,), lambda at, g=g: over.element((g * b + at[0],))) for g in range(int(m))]
            return [Passes((m, b), lambda at: over.element((at[0] * b + at[1],)))]
        return [over]

    def guessed(self, node: ast.expr, scope: Scope) -> Any:
        """Return what an expression is before a loop, None if it is nothing there; nothing is noted of it."""
        mark, obligations = len(self.world.journal), dict(self.world.obligations)
        watched, line, taken = self.world.watching(), self.world.line, len(self.world.taken)
        try:
            if isinstance(node, ast.Name | ast.Constant):
                return self.value(node, scope)
        except (NotUnderstood, Raised):
            return None
        finally:
            self.undo(mark)
            self.world.obligations, self.world.line = obligations, line
            self.world.forget(watched)
            del self.world.taken[taken:]
        return None

    def do_while(self, node: ast.While, scope: Scope) -> None:
        """Carry out `while c + … <= n` whose body raises the number c by a step: a loop of so many passes.

        c₀ + s·t ≤ e for t < k, and not for t = k, is k = max(⌊(e − c₀)/s⌋ + 1, 0) passes.
        """
        loop = ast.copy_location(ast.For(ast.Name("_", ast.Store()), node.test, list(node.body), [], None), node)
        names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
        raised = [name for name in names_in(node.body) if name in names]
        if node.orelse or has_break(loop) or len(raised) != 1 or not is_added_to(raised[0], node.body):
            raise self.world.refuse("while, but with a comparison of one number that the body raises by a step")
        start = scope.names.get(raised[0])
        counter = sp.Dummy(raised[0], integer=True)
        if not is_number(start) or not is_whole(start):
            raise self.world.refuse("while with a number that is not whole")
        self.name(scope, raised[0], counter)
        holds = self.value(node.test, scope)
        self.name(scope, raised[0], start)
        room = next(iter(at_least_zero(holds)), None)
        rest = sp.expand(room + counter) if isinstance(holds, Less | AtMost) and room is not None else None
        if rest is None or counter in rest.free_symbols:
            raise self.world.refuse("while, but with a number that is at most, or less than, another one")
        probe = Passes((self.world.unknown_length(),), lambda at: at[0])
        added = [name for name in names_in(node.body) if is_added_to(name, node.body)]
        steps, _ = self.counted(loop, node.body, probe, (Loop(counter, probe.lengths[0]),), scope, added)
        step = steps.get(raised[0])
        if step is None or not self.world.holds(rules.compare(">=", step, sp.S.One)):
            raise self.world.refuse("while, but with a number that the body raises by a step of at least one")
        count = rules.floor(rules.divide(sp.expand(rest - start), step)) + 1
        self.passes(loop, Passes((self.at_least_zero(count),), lambda at: at[0]), scope)

    def passes(self, node: ast.For, over: Passes, scope: Scope) -> None:
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
                self.name(scope, name, Cell(computed(self.world, [], lambda _, e=start: e)))
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
        self, node: ast.For, body: Sequence[ast.stmt], over: Passes, loops: tuple[Loop, ...], scope: Scope
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
        over: Passes,
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
                    self.name(scope, name, Cell(computed(self.world, [], lambda _, e=start[name]: e)))
            rebound = {name for name in sums if is_rebound(name, body)} - scope.accumulated
            for name in sums:
                self.name(scope, name, start[name].copy() if name in rebound else start[name])
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

    # Functions

    def inlined(self, function: Function, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a function of the code returns, its body carried out in the place of the call."""
        if self.depth >= MOST_CALLS:
            raise self.world.refuse("calls that are nested too deeply, or recursion")
        direct, self.direct = self.direct, False
        scope = self.parameters(function, arguments, named)
        if isinstance(function.node, ast.Lambda):
            return self.value(function.node.body, scope)
        for part in ast.walk(function.node):
            if isinstance(part, FORBIDDEN):
                self.world.at(part)
                raise self.world.refuse(f"{type(part).__name__.lower()} is not understood")
        for name in names_in(function.node.body):
            scope.names.setdefault(name, Poison("the local name {} has no value yet"))
        if any(isinstance(part, ast.Yield) for part in ast.walk(function.node)):
            if not direct:
                raise self.world.refuse("a generator that is not what a loop runs over")
            return self.generated(function.node, scope)
        line, opened, weight = self.world.line, self.opened, self.opened_weight
        self.depth, self.opened, self.opened_weight = self.depth + 1, len(self.world.moment), self.world.weight
        try:
            self.block(function.node.body, scope)
        except Returned as found:
            return found.value
        finally:
            self.depth, self.opened, self.opened_weight, self.world.line = self.depth - 1, opened, weight, line
        return None

    yields: list[tuple[tuple[Loop | Guard, ...], Any]] | None = None

    def generated(self, node: ast.FunctionDef, scope: Scope) -> Passes:
        """Return what a generator runs over, which yields once, in loops of symbolic length or in none."""
        outer, before = self.yields, len(self.world.moment)
        self.yields = []
        try:
            self.block(node.body, scope)
            found = self.yields
        finally:
            self.yields = outer
        loops = [part for part in found[0][0][before:] if isinstance(part, Loop)] if len(found) == 1 else []
        if len(found) != 1 or len(loops) != len(found[0][0]) - before or not loops:
            raise self.world.refuse("a generator, but one that yields once, in loops of symbolic length")
        value = found[0][1]
        return Passes(tuple(part.length for part in loops), lambda _: value, tuple(part.index for part in loops))

    def value_yield(self, node: ast.Yield, scope: Scope) -> None:
        """Note what a generator yields."""
        if self.yields is None or node.value is None:
            raise self.world.refuse("yield")
        self.yields.append((self.world.moment, self.value(node.value, scope)))

    def parameters(self, function: Function, arguments: list[Any], named: dict[str, Any]) -> Scope:
        """Return the scope of a call, with the values of the parameters."""
        spec, world = function.node.args, self.world
        given = [function.bound, *arguments] if function.bound is not None else list(arguments)
        places = [each.arg for each in (*spec.posonlyargs, *spec.args)]
        if any(each.arg in named for each in spec.posonlyargs):
            raise world.refuse(f"{function.name}: an argument that has no name, given by name")
        names = dict(zip(places[len(places) - len(function.defaults) :], function.defaults, strict=True))
        own = [each.arg for each in spec.kwonlyargs]
        names |= {
            name: value
            for name, value, node in zip(own, function.named_defaults, spec.kw_defaults, strict=True)
            if node
        }
        names |= dict(zip(places, given, strict=False))
        rest = given[len(places) :]
        if rest and spec.vararg is None:
            raise world.raised(f"TypeError: {function.name} takes {len(places)} arguments, found {len(given)}")
        unknown = {name: value for name, value in named.items() if name not in places and name not in own}
        if unknown and spec.kwarg is None:
            raise world.raised(f"TypeError: {function.name} has no parameter {next(iter(unknown))}")
        if twice := [name for name in named if name in places[: len(given)]]:
            raise world.raised(f"TypeError: {function.name}: the argument {twice[0]} is given twice")
        names |= {name: value for name, value in named.items() if name not in unknown}
        names["__method__"] = function
        if missing := [name for name in (*places, *own) if name not in names]:
            raise world.raised(f"TypeError: {function.name} lacks the argument {missing[0]}")
        if spec.vararg is not None:
            names[spec.vararg.arg] = tuple(rest)
        if spec.kwarg is not None:
            names[spec.kwarg.arg] = unknown
        return Scope(names, function.scope)


def as_key(key: Any) -> Any:
    """Return an index of an array; an array of conditions becomes a mask."""
    from cnn_symbolic.code.arrays import TRUTH
    from cnn_symbolic.code.numbers import as_real

    return Mask(as_real(key)) if isinstance(key, Array) and key.kind == TRUTH else key


def addition(target: ast.expr, value: ast.expr) -> tuple[str, ast.expr] | None:
    """Return what `target = target + value` and its like do to the target; None for another assignment."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add | ast.Sub):
        return None
    written = ast.unparse(target)
    if ast.unparse(value.left) == written:
        return type(value.op).__name__, value.right
    if isinstance(value.op, ast.Add) and ast.unparse(value.right) == written:
        return "Add", value.left
    return None


def names_in(body: Sequence[ast.AST]) -> list[str]:
    """Return the names that statements give values, functions and comprehensions in them left out."""
    found: dict[str, None] = {}

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = None
            return
        if isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp):
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        if isinstance(node, ast.alias):
            found[node.asname or node.name] = None
        for part in ast.iter_child_nodes(node):
            visit(part)

    for node in body:
        visit(node)
    return list(found)


def is_added_to(name: str, body: Sequence[ast.AST]) -> bool:
    """Tell whether statements do nothing to a name but add to it.

    An array that is added to by `a = a + e` must not be mentioned otherwise, as the others would see a new one.
    """
    added, rebound = 0, False
    mentions = 0
    for node in (part for statement in body for part in ast.walk(statement)):
        if isinstance(node, ast.Name) and node.id == name:
            mentions += 1
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            if not isinstance(node.op, ast.Add | ast.Sub):
                return False
            added += 1
        elif isinstance(node, ast.Assign) and any(name in names_in([t]) for t in node.targets):
            target = node.targets[0]
            if len(node.targets) > 1 or not isinstance(target, ast.Name) or addition(target, node.value) is None:
                return False
            added, rebound = added + 1, True
            mentions -= 1
        elif isinstance(node, ast.For) and name in names_in([node.target]):
            return False
    return added > 0 and (not rebound or mentions == added)


def is_rebound(name: str, body: Sequence[ast.AST]) -> bool:
    """Tell whether statements add to a name by `a = a + e`, which makes a new array every time."""
    nodes = (part for statement in body for part in ast.walk(statement) if isinstance(part, ast.Assign))
    return any(isinstance(t, ast.Name) and t.id == name for node in nodes for t in node.targets)


def divisors(body: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    """Yield what statements divide by with // and %."""
    for node in (part for statement in body for part in ast.walk(statement)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Mod):
            yield node.right
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "divmod":
            yield from node.args[1:2]


def has_break(node: ast.For) -> bool:
    """Tell whether a loop, not one inside of it, is left by break."""

    def visit(part: ast.AST) -> bool:
        if isinstance(part, ast.Break):
            return True
        if isinstance(part, ast.For | ast.While | ast.FunctionDef):
            return False
        return any(map(visit, ast.iter_child_nodes(part)))

    return any(map(visit, node.body))


def is_same(source: Iterable[Any], before: Sequence[Any]) -> bool:
    """Tell whether a list or table has the members that it had."""
    now = list(source)
    return len(now) == len(before) and all(a is b for a, b in zip(now, before, strict=True))


def without_last_continue(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """Return the body of a loop without a `continue` as its last statement."""
    return body[:-1] if body and isinstance(body[-1], ast.Continue) else body


def letters(target: ast.expr, count: int) -> list[str]:
    """Return the names of a loop's target for its indices."""
    names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    return names if len(names) == count else [names[0] if names else "t"] * count


def number_of(loops: Sequence[Loop]) -> sp.Expr:
    """Return how many passes of several nested loops come before the present one."""
    total: sp.Expr = sp.S.Zero
    for part in loops:
        total = total * part.length + part.index
    return total


def imported(alias: ast.alias) -> Known:
    """Return the module that an import gives a name."""
    return Known(alias.name if alias.asname else alias.name.partition(".")[0])


def member_of(node: ast.ImportFrom, alias: ast.alias) -> Any:
    """Return what is imported from a module."""
    if alias.name == "*":
        return Poison("a name from `import *`")
    if node.level or node.module is None:
        return Poison("{} is imported from a file beside this one")
    return Known(f"{node.module}.{alias.name}")
