"""Members and attributes of the values of the code that is read. Trusted."""

from __future__ import annotations

import ast
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, as_array, describe
from cnn_symbolic.code.arrays.indexing import Mask, Slice, indexed
from cnn_symbolic.code.arrays.numbers import as_number, is_number
from cnn_symbolic.code.rows.shapes import transpose
from cnn_symbolic.code.state.values import (
    MISSING,
    Class,
    Known,
    Method,
    Parent,
    Poison,
    Scope,
    UserFunction,
    UserObject,
)
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import has_entries


class Members:
    """Looks up members and attributes. `file` is the scope of the file."""

    def __init__(self, world: World, file: Scope) -> None:
        self.world, self.file, self.depth = world, file, 0

    def key(self, value: Any) -> Any:
        """Return the key of a table."""
        if isinstance(value, tuple):
            return tuple(map(self.key, value))
        if value is None or isinstance(value, str | bool | sp.Integer):
            return value
        raise self.world.refuse(
            f"the key of a table is a text or a number that is written out, found {describe(value)}"
        )

    def is_settled(self, holds: Any) -> bool:
        """Tell whether a condition is about sizes only."""
        return not self.world.varies(holds)

    def either(self, holds: Any, a: Any, b: Any) -> Any:
        """Return one of two numbers, by a condition on the passes of loops."""
        a, b = as_number(self.world, a), as_number(self.world, b)
        if a is b or (is_number(a) and is_number(b) and a == b):
            return a
        if is_number(a) and is_number(b):
            build = rules.added_where if has_entries(a) or has_entries(b) else rules.where
            return build(holds, a, b)
        if a == b and isinstance(a, str | bool | type(None)):
            return a
        return Poison("{} depends on the pass of a loop, and is no number")

    def item(self, owner: Any, key: Any) -> Any:
        """Return what `owner[key]` is."""
        world = self.world
        if isinstance(owner, Array):
            if isinstance(key, Mask) or (isinstance(key, Array) and key.kind == "truth"):
                raise world.refuse("the entries of an array where a condition holds, whose number is not known")
            return indexed(owner, key)
        if isinstance(owner, dict):
            if (found := self.key(key)) not in owner:
                raise world.raised(f"KeyError: {found}")
            return owner[found]
        if isinstance(owner, list | tuple | str):
            if isinstance(key, Slice):
                bounds = [None if b is None else as_number(world, b) for b in (key.start, key.stop, key.step)]
                if not all(b is None or isinstance(b, sp.Integer) for b in bounds):
                    raise world.refuse("a slice of a list with a bound that is not written out")
                return owner[slice(*(None if b is None else int(b) for b in bounds))]
            at = as_number(world, key)
            if not isinstance(at, sp.Integer):
                raise world.refuse("a member of a list at a number that is not written out")
            if not -len(owner) <= at < len(owner):
                raise world.raised(f"IndexError: member {at} of {len(owner)}")
            return owner[int(at)]
        if isinstance(owner, Known):
            return owner  # an annotation, such as List[int]
        if is_number(owner):
            raise world.raised("TypeError: a number has no members")
        raise world.refuse(f"a member of {describe(owner)}")

    def attribute(self, owner: Any, name: str) -> Any:
        """Return what `owner.name` is."""
        world = self.world
        if isinstance(owner, Known):
            full = f"{owner.name}.{name}"
            if full in VALUES:
                return VALUES[full]
            return Known(full)
        if isinstance(owner, Array):
            return self.of_array(owner, name)
        if isinstance(owner, Mask) and name in ("astype", "sum", "reshape", "shape", "T", "transpose"):
            return self.of_array(owner.array, name)
        if isinstance(owner, UserObject):
            if name in owner.attributes:
                found = owner.attributes[name]
                if isinstance(found, Poison):
                    raise world.refuse(found.reason.replace("{}", name))
                return found
            return self.of_class(owner.made, name, owner)
        if isinstance(owner, Parent):
            return self.of_class(owner.made, name, owner.owner)
        if isinstance(owner, Class):
            return self.of_class(owner, name, None)
        if isinstance(owner, list | dict | str | tuple):
            return Method(owner, name)
        if is_number(owner) and name in ("astype", "item", "sum", "copy"):
            return Method(as_array(world, owner), name)
        if is_number(owner) and name in ("shape", "ndim", "size", "dtype"):
            return self.of_array(as_array(world, owner), name)
        raise world.refuse(f"the attribute {name} of {describe(owner)}")

    def of_array(self, a: Array, name: str) -> Any:
        """Return an attribute of an array."""
        if name == "shape":
            return tuple(a.lengths)
        if name == "ndim":
            return sp.Integer(a.rank)
        if name == "size":
            return sp.Mul(*a.atoms)
        if name == "T":
            return transpose(self.world, a)
        if name == "dtype":
            return a.kind
        if name == "strides":
            return self.world.strides_of(a)
        if name == "itemsize":
            raise self.world.refuse("the size of an entry in memory: strides are understood as sums of x.strides")
        return Method(a, name)

    def found_in(self, made: Class, name: str) -> Any:
        """Return what stands in a class under a name, a function as such; MISSING if nothing does."""
        found = made.find(name)
        if callable(found):
            found = made.scope.names[name] = found()
        return found

    def called(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a function makes of arguments: done by `Calls`."""
        raise NotImplementedError

    def of_class(self, made: Class, name: str, owner: Any) -> Any:
        """Return an attribute of a class, a method bound to an object."""
        found = self.found_in(made, name)
        if found is MISSING and name == "__init__":
            return UserFunction(NOTHING, self.file, (), (), owner)
        if found is MISSING:
            raise self.world.raised(f"AttributeError: {made.name} has no attribute {name}")
        if isinstance(found, Poison):
            raise self.world.refuse(found.reason.replace("{}", name))
        if not isinstance(found, UserFunction) or found.kind == "staticmethod":
            return found
        if found.kind == "property" and owner is not None:
            return self.called(bound_to(found, owner), [], {})
        if found.kind == "classmethod":
            return bound_to(found, made)
        return found if owner is None else bound_to(found, owner)


MODULES = ("numpy", "scipy", "math", "itertools", "functools", "typing", "warnings", "logging", "__future__", "copy")


# What may be looked up of the modules besides the functions of the table.
VALUES: dict[str, Any] = {
    "numpy.newaxis": None,
    "numpy.inf": sp.oo,
    "numpy.Inf": sp.oo,
    "math.inf": sp.oo,
}


# A function that does nothing.
NOTHING: Any = ast.parse("def nothing(*given, **named):\n    pass").body[0]


def bound_to(function: UserFunction, owner: Any) -> UserFunction:
    """Return a method of an object, or of a class."""
    return UserFunction(function.node, function.scope, function.defaults, function.named_defaults, owner, function.kind)
