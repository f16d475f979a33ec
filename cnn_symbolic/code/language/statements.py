"""Statements of the code that is read: what each does to names and to memory. Trusted."""

from __future__ import annotations

import ast
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.conditions import condition, truth
from cnn_symbolic.code.language.calls import MOST_CALLS
from cnn_symbolic.code.language.loops import Loops
from cnn_symbolic.code.language.syntax import FORBIDDEN, FunctionReturn, Skipped, imported, member_of, names_in
from cnn_symbolic.code.state.memory import Loop, OnlyIf
from cnn_symbolic.code.state.values import Class, Known, LoopPasses, Poison, Scope, UserFunction


class Statements(Loops):
    """Carries out statements."""

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
        raise FunctionReturn(None if node.value is None else self.value(node.value, scope))

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

    def defined(self, node: ast.FunctionDef, scope: Scope) -> UserFunction:
        """Return a function; raise NotUnderstood for a decorator that changes it."""
        names = [ast.unparse(each) for each in node.decorator_list]
        if len(names) > 1 or any(name not in PLAIN_DECORATORS or scope.home(name) is not None for name in names):
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
        if special := set(names_in(node.body)) & {*HOOKS, *PLAIN_DECORATORS}:
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

    def inlined(self, function: UserFunction, arguments: list[Any], named: dict[str, Any]) -> Any:
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
        except FunctionReturn as found:
            return found.value
        finally:
            self.depth, self.opened, self.opened_weight, self.world.line = self.depth - 1, opened, weight, line
        return None

    yields: list[tuple[tuple[Loop | OnlyIf, ...], Any]] | None = None

    def generated(self, node: ast.FunctionDef, scope: Scope) -> LoopPasses:
        """Return what a generator runs over, which yields once, in loops of symbolic length or in none."""
        outer, before = self.yields, len(self.world.moment)
        self.yields = []
        made = self.world.buffers[:]
        changed = sum(len(buffer.updates) for buffer in made)
        try:
            self.block(node.body, scope)
            found = self.yields
        finally:
            self.yields = outer
        loops = [part for part in found[0][0][before:] if isinstance(part, Loop)] if len(found) == 1 else []
        if len(found) != 1 or len(loops) != len(found[0][0]) - before or not loops:
            raise self.world.refuse("a generator, but one that yields once, in loops of symbolic length")
        if changed != sum(len(buffer.updates) for buffer in made):
            raise self.world.refuse("a generator that changes arrays")
        value = found[0][1]
        return LoopPasses(tuple(part.length for part in loops), lambda _: value, tuple(part.index for part in loops))

    def value_yield(self, node: ast.Yield, scope: Scope) -> None:
        """Note what a generator yields."""
        if self.yields is None or node.value is None:
            raise self.world.refuse("yield")
        self.yields.append((self.world.moment, self.value(node.value, scope)))

    def parameters(self, function: UserFunction, arguments: list[Any], named: dict[str, Any]) -> Scope:
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


# Methods by which a class changes what its objects and their attributes are.
HOOKS = {"__new__", "__getattr__", "__getattribute__", "__setattr__", "__init_subclass__", "__del__"}


PLAIN_DECORATORS = ("staticmethod", "classmethod", "property")
