"""Assignments of the code that is read: to names, members and entries, and `+=`. Trusted."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import TRUTH, WHOLE, Array, as_array, as_real, describe
from cnn_symbolic.code.arrays.conditions import operated
from cnn_symbolic.code.arrays.indexing import Mask, assign, assign_where, check_mask
from cnn_symbolic.code.arrays.numbers import arithmetic, as_number
from cnn_symbolic.code.language.expressions import ReadExpressions
from cnn_symbolic.code.language.syntax import CARRIED, addition
from cnn_symbolic.code.rows.loops import members
from cnn_symbolic.code.state.cells import is_one, length_of
from cnn_symbolic.code.state.values import Cell, Scope, UserFunction, UserObject


class Assignments(ReadExpressions):
    """Carries out assignments."""

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
            owner = self.value(target.value, scope) if added and isinstance(target, ast.Subscript) else None
            if added is not None and isinstance(owner, Array):
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
        if not isinstance(owner, UserObject):
            raise self.world.refuse(f"an assignment to an attribute of {describe(owner)}")
        if isinstance(self.found_in(owner.made, name), UserFunction):
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
                self.name(scope, target.id, operated(self.world, operator, old, value))
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, scope)
            old = self.attribute(owner, target.attr)
            if isinstance(old, Array):
                self.change(old, Ellipsis, value, operator)
            elif isinstance(old, list | dict):
                raise self.world.refuse("a list or table that grows in its memory")
            else:
                self.set_attribute(owner, target.attr, operated(self.world, operator, old, value))
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
                    self.set_member(owner, key, operated(self.world, operator, old, value))
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
            assign_where(a, check_mask(a, key.array, value), operated(self.world, operator, a, value), False)
        elif operator in ("Mult", "Div"):
            old = self.item(a, key)
            assign(a, key, operated(self.world, operator, old, value), False)
        else:
            raise self.world.refuse(f"the operator {operator} in the memory of an array")

    def add(self, a: Array, key: Any, value: Any, operator: str) -> None:
        """Add to entries, or subtract from them."""
        added = value if operator == "Add" else arithmetic(self.world, "Mult", sp.S.NegativeOne, value)
        assign(a, key, added, True)


def as_key(key: Any) -> Any:
    """Return an index of an array; an array of conditions becomes a mask."""
    return Mask(as_real(key)) if isinstance(key, Array) and key.kind == TRUTH else key
