"""Rows of the table: what Python has built in.

Trusted. Source: the documentation of Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays import sums
from cnn_symbolic.code.arrays.arrays import WHOLE, Array, as_array, computed, describe
from cnn_symbolic.code.arrays.conditions import to_whole, truth
from cnn_symbolic.code.arrays.indexing import Slice, assign
from cnn_symbolic.code.arrays.numbers import arithmetic, as_number, is_number
from cnn_symbolic.code.rows.loops import members
from cnn_symbolic.code.rows.making import of_family, whole
from cnn_symbolic.code.rows.shapes import EVERYTHING
from cnn_symbolic.code.rows.table import known
from cnn_symbolic.code.state.cells import length_of
from cnn_symbolic.code.state.values import Class, Family, Float, Known, UserObject
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import has_entries


@known("builtins.len")
def len_(world: World, value: Any) -> Any:
    """Return how many members there are."""
    if isinstance(value, Array):
        return length_of(value.dims[0])
    if isinstance(value, Family) and len(value.lengths) == 1:
        return value.lengths[0]
    if isinstance(value, list | tuple | dict | str):
        return sp.Integer(len(value))
    raise world.refuse(f"len of {describe(value)}")


@known("builtins.int", "numpy.int32", "numpy.int64", "numpy.intp")
def int_(world: World, x: Any = sp.S.Zero) -> Any:
    """Return a number rounded towards zero."""
    if isinstance(x, Array) and x.rank:
        raise world.refuse("int of an array")
    return to_whole(world, x)


@known("builtins.float", "numpy.float32", "numpy.float64")
def float_(world: World, x: Any) -> Any:
    """Return a number."""
    return as_number(world, x)


@known("builtins.bool")
def bool_(world: World, x: Any) -> Any:
    """Return a truth value."""
    return truth(world, x)


@known("builtins.min")
def min_(world: World, *values: Any) -> Any:
    """Return the least of some numbers."""
    return rules.minimum(*numbers(world, values, "min"))


@known("builtins.max")
def builtin_max(world: World, *values: Any) -> Any:
    """Return the greatest of some numbers."""
    return rules.maximum(*numbers(world, values, "max"))


def numbers(world: World, values: Sequence[Any], name: str) -> list[sp.Expr]:
    """Return values, or the members of the only one, as numbers made from sizes."""
    members = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
    found = [as_number(world, value) for value in members]
    if not found or any(not is_number(value) or has_entries(value) for value in found):
        raise world.refuse(f"{name} of what is not made from sizes")
    return found


@known("builtins.divmod")
def divmod_(world: World, a: Any, b: Any) -> Any:
    """Return the quotient and the remainder."""
    return arithmetic(world, "FloorDiv", a, b), arithmetic(world, "Mod", a, b)


@known("builtins.sum")
def builtin_sum(world: World, iterable: Any, start: Any = sp.S.Zero) -> Any:
    """Return the sum of all members."""
    if isinstance(iterable, Family):
        iterable = of_family(world, iterable)
    if isinstance(iterable, Array):
        return arithmetic(world, "Add", start, sums.summed(world, iterable, sp.S.Zero, False))
    total = start
    for each in iterable:
        total = arithmetic(world, "Add", total, each)
    return total


@known("builtins.tuple")
def tuple_(world: World, iterable: Any = ()) -> Any:
    """Return the members as a tuple."""
    return tuple(members(world, iterable))


@known("builtins.list")
def list_(world: World, iterable: Any = ()) -> Any:
    """Return the members as a list."""
    return iterable if isinstance(iterable, Family) else list(members(world, iterable))


@known("builtins.print", "warnings.warn", "logging.info", "logging.debug")
def print_(world: World, *values: Any, **options: Any) -> None:
    """Do nothing."""


@known("builtins.isinstance")
def isinstance_(world: World, value: Any, kinds: Any) -> bool:
    """Tell what a value is."""
    each = kinds if isinstance(kinds, tuple) else (kinds,)
    names = {one.name if isinstance(one, Known) else one for one in each}
    if isinstance(value, UserObject):
        return any(isinstance(one, Class) and is_made(value.made, one) for one in each)
    if isinstance(value, Array):
        return "numpy.ndarray" in names
    if isinstance(value, Float):
        return bool({"builtins.float", "numpy.floating", "numbers.Number"} & names)
    if isinstance(value, bool):
        return bool({"builtins.bool", "builtins.int"} & names)
    if isinstance(value, sp.Expr):
        if has_entries(value):
            return bool({"builtins.float", "numpy.floating"} & names)
        whole_types = {"builtins.int", "numpy.integer", "numbers.Integral", "numbers.Number"}
        return bool((whole_types if rules.is_whole(value) else {"builtins.float"}) & names)
    for kind, name in ((str, "str"), (tuple, "tuple"), (list, "list"), (dict, "dict")):
        if isinstance(value, kind):
            return f"builtins.{name}" in names
    if value is None:
        return False
    raise world.refuse(f"isinstance of {describe(value)}")


def is_made(made: Class, of: Class) -> bool:
    """Tell whether a class is another one, or is made from it."""
    return made is of or any(is_made(base, of) for base in made.bases)


@known("builtins.dict")
def dict_(world: World, table: Any = None, **named: Any) -> Any:
    """Return a table."""
    return {**(table or {}), **named}


@known("builtins.slice")
def slice_(world: World, *bounds: Any) -> Any:
    """Return a slice."""
    if len(bounds) == 1:
        return Slice(None, bounds[0], None)
    return Slice(*bounds, *[None] * (3 - len(bounds)))


@known("numpy.size")
def size(world: World, a: Any) -> Any:
    """Return the number of cells."""
    return sp.Mul(*as_array(world, a).atoms)


@known("numpy.shape")
def shape(world: World, a: Any) -> Any:
    """Return the sizes of the axes."""
    return tuple(as_array(world, a).lengths)


@known("numpy.ndim")
def ndim(world: World, a: Any) -> Any:
    """Return the number of axes."""
    return sp.Integer(as_array(world, a).rank)


@known("numpy.indices")
def indices(world: World, dimensions: Any, sparse: Any = False) -> Any:
    """Return the coordinates of a grid along a first axis."""
    lengths = [whole(world, n, "a size") for n in dimensions]
    dims = [(sp.Integer(len(lengths)),), *[(n,) for n in lengths]]
    return computed(
        world,
        dims,
        lambda index: sp.Add(*(rules.delta(index[0], sp.Integer(k)) * i for k, i in enumerate(index[1:]))),
        WHOLE,
    )


@known("ndarray.tolist", "ndarray.item")
def item(world: World, a: Array) -> Any:
    """Return the number in an array of one cell."""
    if a.rank == 0:
        return as_number(world, a)
    raise world.refuse("the numbers of an array as a list")


@known("ndarray.fill")
def fill(world: World, a: Array, value: Any) -> None:
    """Assign a number to every entry."""
    assign(a, EVERYTHING, value, False)
