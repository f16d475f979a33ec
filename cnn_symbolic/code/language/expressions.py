"""Expressions of the code that is read: what each is, over symbolic sizes; nothing is run.

Trusted. Source: the Python Language Reference, chapter 6. What is not among the methods here is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.conditions import (
    COMPARISONS,
    all_of,
    any_of,
    compared,
    condition,
    negation,
    operated,
    truth,
)
from cnn_symbolic.code.arrays.indexing import Slice
from cnn_symbolic.code.arrays.numbers import as_number, is_number, literal, negative
from cnn_symbolic.code.language.calls import Calls, as_scalar
from cnn_symbolic.code.rows.loops import members
from cnn_symbolic.code.rows.table import TABLE
from cnn_symbolic.code.state.memory import OnlyIf
from cnn_symbolic.code.state.values import (
    Cell,
    Class,
    Known,
    Poison,
    Scope,
    UnknownText,
    UserFunction,
    UserObject,
)
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules


class ReadExpressions(Calls):
    """Evaluates expressions in a world."""

    def value_constant(self, node: ast.Constant, scope: Scope) -> Any:
        """Return a number, a text, True, False, None or Ellipsis."""
        if isinstance(node.value, complex | bytes):
            raise self.world.refuse(f"the constant {node.value!r}")
        if isinstance(node.value, float) and node.value in (float("inf"), float("-inf")):
            self.world.infinite = True
            return sp.oo if node.value > 0 else -sp.oo
        return literal(node.value)

    def value_name(self, node: ast.Name, scope: Scope) -> Any:
        """Return what a name stands for."""
        home = scope.home(node.id)
        if home is None:
            if node.id in BUILTINS:
                return Known(f"builtins.{node.id}")
            raise self.world.refuse(f"the name {node.id} is not known")
        found = home.names[node.id]
        if callable(found):  # of the file, which is read when it is asked for
            found = home.names[node.id] = self.kept(found)
        if isinstance(found, Poison):
            raise self.world.refuse(found.reason.replace("{}", node.id))
        if isinstance(found, Cell):
            return found.array.reading()(())
        return found

    def kept(self, read: Callable[[], Any]) -> Any:
        """Return what a name of the file stands for, which no call may change, as the next call finds it changed."""
        before = len(self.world.buffers)
        found = read()
        for buffer in self.world.buffers[before:]:
            buffer.kept = True
        self.keep(found)
        return found

    def keep(self, value: Any) -> None:
        """Note that a value, and what is in it, is kept from one call to the next."""
        if isinstance(value, UserFunction):
            value = [*value.defaults, *value.named_defaults]
        if isinstance(value, Class):
            value = [each for each in value.scope.names.values() if not callable(each)]
        if isinstance(value, dict | list | tuple | UserObject):
            if any(value is each for each in self.world.kept):
                return
            self.world.kept.append(value)
            inside = value.attributes if isinstance(value, UserObject) else value
            for part in inside.values() if isinstance(inside, dict) else inside:
                self.keep(part)

    def value_tuple(self, node: ast.Tuple, scope: Scope) -> Any:
        """Return a tuple."""
        return tuple(self.several(node.elts, scope))

    def value_list(self, node: ast.List, scope: Scope) -> Any:
        """Return a list."""
        return self.several(node.elts, scope)

    def value_dict(self, node: ast.Dict, scope: Scope) -> Any:
        """Return a table."""
        table: dict[Any, Any] = {}
        for key, each in zip(node.keys, node.values, strict=True):
            if key is None:
                table |= self.value(each, scope)
            else:
                table[self.key(self.value(key, scope))] = self.value(each, scope)
        return table

    def value_joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Any:
        """Return a text with values in it, which is told to nobody; with whole numbers it may be a key."""
        parts = []
        for each in node.values:
            found = self.value(each.value, scope) if isinstance(each, ast.FormattedValue) else each
            plain = isinstance(found, ast.Constant | sp.Integer | str) and getattr(each, "format_spec", None) is None
            if not plain or getattr(each, "conversion", -1) != -1:
                return UnknownText()
            parts.append(str(found.value) if isinstance(found, ast.Constant) else str(found))
        return "".join(parts)

    def value_unaryop(self, node: ast.UnaryOp, scope: Scope) -> Any:
        """Return minus a value, or the opposite of a condition."""
        value = (self.tested if isinstance(node.op, ast.Not) else self.value)(node.operand, scope)
        if isinstance(node.op, ast.USub):
            return -value if value in (sp.oo, -sp.oo) else negative(self.world, value)
        if isinstance(node.op, ast.UAdd):
            return value
        if isinstance(node.op, ast.Not) or (isinstance(node.op, ast.Invert) and not is_number(value)):
            return negation(self.world, value)
        raise self.world.refuse("the operator ~ of numbers")

    def value_binop(self, node: ast.BinOp, scope: Scope) -> Any:
        """Return a sum, product and so on."""
        a, b = self.value(node.left, scope), self.value(node.right, scope)
        return as_scalar(self.world, "", operated(self.world, type(node.op).__name__, a, b))

    def tested(self, node: ast.expr, scope: Scope) -> Any:
        """Return a value of which nothing counts but whether it is true."""
        if isinstance(node, ast.BoolOp):
            self.world.at(node)
            return self.value_boolop(node, scope, True)
        return self.value(node, scope)

    def value_boolop(self, node: ast.BoolOp, scope: Scope, tested: bool = False) -> Any:
        """Return `a and b`, `a or b`: of what is no condition, the value that decides."""
        is_and = isinstance(node.op, ast.And)
        kept: list[Any] = []
        value: Any = None
        for each in node.values:
            with self.world.within(*(OnlyIf(holds if is_and else rules.negation(holds)) for holds in kept)):
                value = self.tested(each, scope) if tested else self.value(each, scope)
            holds = condition(truth(self.world, value))
            if not (tested or isinstance(value, bool) or rules.is_condition(value)):
                holds = self.decided(holds, kept)
            if holds not in (sp.true, sp.false):
                kept.append(holds)
            elif (holds == sp.true) != is_and:
                return join(self.world, is_and, [*kept, value]) if kept else value
        return join(self.world, is_and, kept) if kept else value

    def decided(self, holds: Any, kept: list[Any]) -> Any:
        """Return whether the value of `and` or `or` is one that is no condition itself, on one of two paths."""
        if kept or self.world.varies(holds):
            raise self.world.refuse("`and` and `or` of numbers, where conditions are understood")
        return sp.true if self.world.choose(holds) else sp.false

    def value_compare(self, node: ast.Compare, scope: Scope) -> Any:
        """Return a comparison, or a chain of them."""
        left, found = self.value(node.left, scope), []
        for operator, each in zip(node.ops, node.comparators, strict=True):
            right = self.value(each, scope)
            found.append(self.comparison(operator, left, right))
            left = right
        return found[0] if len(found) == 1 else all_of(self.world, found)

    def comparison(self, operator: ast.cmpop, a: Any, b: Any) -> Any:
        """Return one comparison."""
        name = type(operator).__name__
        if name in ("Is", "IsNot"):
            a, b = (bool(each) if each in (sp.true, sp.false) else each for each in (a, b))
            if rules.is_condition(a) or rules.is_condition(b):
                raise self.world.refuse("`is` with a condition, where `==` is understood")
            if a is not None and b is not None and not (isinstance(a, bool) or isinstance(b, bool)):
                raise self.world.refuse("`is` between other things than None, True and False")
            return (a is b) == (name == "Is")
        if name in ("In", "NotIn"):
            inside = self.contains(b, a)
            return inside if name == "In" else negation(self.world, inside)
        return compared(self.world, COMPARISONS[name], a, b)

    def contains(self, owner: Any, value: Any) -> Any:
        """Return whether a value is a member, or a key."""
        if isinstance(owner, dict):
            return self.key(value) in owner
        if isinstance(owner, str) and isinstance(value, str):
            return value in owner
        return any_of(self.world, [compared(self.world, "=", value, each) for each in members(self.world, owner)])

    def value_ifexp(self, node: ast.IfExp, scope: Scope) -> Any:
        """Return one of two values: on a condition on sizes, on two paths."""
        holds = condition(truth(self.world, self.tested(node.test, scope)))
        if self.is_settled(holds):
            return self.value(node.body if self.world.choose(holds) else node.orelse, scope)
        with self.world.within(OnlyIf(holds)):
            a = self.value(node.body, scope)
        with self.world.within(OnlyIf(rules.negation(holds))):
            b = self.value(node.orelse, scope)
        return self.either(holds, a, b)

    def value_namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Any:
        """Refuse assignments inside of expressions."""
        raise self.world.refuse("an assignment inside of an expression")

    def value_lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        """Return a function."""
        return self.function(node, scope)

    def value_starred(self, node: ast.Starred, scope: Scope) -> Any:
        """Refuse a star at another place than in a call, tuple or list."""
        raise self.world.refuse("a star")

    def value_slice(self, node: ast.Slice, scope: Scope) -> Any:
        """Return a slice."""
        parts = (node.lower, node.upper, node.step)
        return Slice(*(None if part is None else as_number(self.world, self.value(part, scope)) for part in parts))

    def value_subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        """Return a member, an entry, or a part of an array."""
        return self.item(self.value(node.value, scope), self.value(node.slice, scope))

    def value_attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        """Return an attribute."""
        return self.attribute(self.value(node.value, scope), node.attr)


BUILTINS = {name.removeprefix("builtins.") for name in TABLE if name.startswith("builtins.")} | {
    "str",
    "object",
    "super",
}


def join(world: World, is_and: bool, parts: list[Any]) -> Any:
    """Return `and` or `or` of conditions."""
    return all_of(world, parts) if is_and else any_of(world, parts)
