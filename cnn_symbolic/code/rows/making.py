"""Rows of the table: arrays that are made.

Trusted. Source: the documentation of NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import REAL, WHOLE, Array, as_array, as_real, computed, constant, describe
from cnn_symbolic.code.arrays.numbers import as_number, is_number
from cnn_symbolic.code.arrays.reshaping import remembered
from cnn_symbolic.code.rows.table import known
from cnn_symbolic.code.state.values import Family, Float, Known
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import entry as entry_of
from cnn_symbolic.expressions.formulas import substitute

WHOLE_TYPES = {
    *("int", "int8", "int16", "int32", "int64", "intp", "whole", "builtins.int"),
    *(f"numpy.{name}" for name in ("int", "int_", "int8", "int16", "int32", "int64", "intp", "uint8")),
}


REAL_TYPES = {
    *("float", "double", "float32", "float64", "real", "builtins.float"),
    *(f"numpy.{name}" for name in ("float", "float_", "float16", "float32", "float64", "double")),
}


def whole(world: World, value: Any, what: str) -> sp.Expr:
    """Return a value as a whole number."""
    if isinstance(value, Float):
        raise world.raised(f"TypeError: {what} is a float, {value.value}")
    found = as_number(world, value)
    if not is_number(found) or not rules.is_whole(found):
        raise world.refuse(f"{what} is a whole number, found {describe(found) if not is_number(found) else found}")
    return found


def shape_of(world: World, value: Any) -> list[sp.Expr]:
    """Return a shape: a number, or a tuple or list of numbers, none below zero."""
    parts = value if isinstance(value, list | tuple) else [value]
    lengths = [whole(world, part, "a size") for part in parts]
    for n in lengths:
        if n != -1:
            world.require(rules.compare(">=", n, sp.S.Zero), f"ValueError: the size {n} is below zero")
    return lengths


def kind_of(world: World, dtype: Any) -> str:
    """Return what entries of a data type are: real numbers or integers."""
    name = dtype.name if isinstance(dtype, Known) else dtype
    if name is None or name in REAL_TYPES:
        return REAL
    if name in WHOLE_TYPES:
        return WHOLE
    raise world.refuse("a data type other than real numbers and integers")


@known("numpy.zeros")
def zeros(world: World, shape: Any, dtype: Any = None) -> Array:
    """Return zeros."""
    return constant(world, shape_of(world, shape), sp.S.Zero, kind_of(world, dtype))


@known("numpy.ones")
def ones(world: World, shape: Any, dtype: Any = None) -> Array:
    """Return ones."""
    return constant(world, shape_of(world, shape), sp.S.One, kind_of(world, dtype))


@known("numpy.empty")
def empty(world: World, shape: Any, dtype: Any = None) -> Array:
    """Return whatever is in memory: every entry that is read has to be written before."""
    return constant(world, shape_of(world, shape), None, kind_of(world, dtype))


@known("numpy.full")
def full(world: World, shape: Any, fill_value: Any, dtype: Any = None) -> Array:
    """Return the same number everywhere."""
    value = as_number(world, fill_value)
    if not is_number(value):
        raise world.refuse("np.full with an array")
    kind = kind_of(world, dtype) if dtype is not None else WHOLE if rules.is_whole(value) else REAL
    return constant(world, shape_of(world, shape), value, kind)


def like(world: World, a: Any, value: sp.Expr | None, dtype: Any) -> Array:
    """Return an array of the shape of another one."""
    a = as_array(world, a)
    kind = a.kind if dtype is None else kind_of(world, dtype)
    buffer = world.buffer(a.atoms, None if value is None else lambda _: value)
    return Array(world, buffer, a.dims, lambda at: at, kind, False)


@known("numpy.zeros_like")
def zeros_like(world: World, a: Any, dtype: Any = None) -> Array:
    """Return zeros of the shape of an array."""
    return like(world, a, sp.S.Zero, dtype)


@known("numpy.ones_like")
def ones_like(world: World, a: Any, dtype: Any = None) -> Array:
    """Return ones of the shape of an array."""
    return like(world, a, sp.S.One, dtype)


@known("numpy.empty_like")
def empty_like(world: World, a: Any, dtype: Any = None) -> Array:
    """Return whatever is in memory, in the shape of an array."""
    return like(world, a, None, dtype)


@known("numpy.full_like")
def full_like(world: World, a: Any, fill_value: Any, dtype: Any = None) -> Array:
    """Return the same number everywhere in the shape of an array."""
    return like(world, a, whole_or_real(world, fill_value), dtype)


def whole_or_real(world: World, value: Any) -> sp.Expr:
    """Return a value as a number."""
    found = as_number(world, value)
    if not is_number(found):
        raise world.refuse(f"a number was expected, found {describe(found)}")
    return found


@known("numpy.eye", "numpy.identity")
def eye(world: World, N: Any, M: Any = None, dtype: Any = None) -> Array:
    """Return ones on the diagonal, zeros elsewhere."""
    n = whole(world, N, "a size")
    m = n if M is None else whole(world, M, "a size")
    return computed(world, [(n,), (m,)], lambda index: rules.delta(*index), REAL, True)


@known("numpy.arange")
def arange(world: World, start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Array:
    """Return whole numbers at equal distances."""
    first, last = (sp.S.Zero, start) if stop is None else (start, stop)
    a, b = whole(world, first, "the start"), whole(world, last, "the end")
    d = sp.S.One if step is None else whole(world, step, "the step")
    count = passes(world, a, b, d)
    kind = WHOLE if dtype is None else kind_of(world, dtype)
    return computed(world, [(count,)], lambda index: a + d * index[0], kind, True)


def passes(world: World, start: sp.Expr, stop: sp.Expr, step: sp.Expr) -> sp.Expr:
    """Return how many numbers a range has: ⌈(stop − start)/step⌉, and none where that is below zero."""
    if world.sign(step - 1) == 1:
        span = stop if start == 0 else sp.expand(stop - start)
    elif world.holds(rules.compare("<", step, sp.S.Zero)):
        span, step = sp.expand(start - stop), sp.expand(-step)
    else:
        raise world.refuse(f"a range with the step {step}, of which it is not known whether it is above zero")
    count = span if step == 1 else rules.floor(rules.divide(sp.expand(span - 1), step)) + 1
    return count if world.holds(rules.compare(">=", span, sp.S.Zero)) else rules.maximum(count, sp.S.Zero)


@known("numpy.array", "numpy.copy")
def array(world: World, object: Any, dtype: Any = None) -> Array:
    """Return an array of numbers or of arrays, a copy."""
    given = as_array(world, object)
    made = given.copy(given.in_order)
    return made if dtype is None else astype(world, made, dtype)


@known("numpy.asarray", "numpy.asanyarray")
def asarray(world: World, a: Any, dtype: Any = None) -> Array:
    """Return an array as it is, anything else as an array; of another data type, what may be the same memory."""
    if not isinstance(a, Array):
        return array(world, a, dtype)
    return a if dtype is None else shared(world, a, dtype)


@known("numpy.ascontiguousarray")
def ascontiguousarray(world: World, a: Any, dtype: Any = None) -> Array:
    """Return an array as it is if it lies in order, or a copy."""
    if not isinstance(a, Array):
        return array(world, a, dtype)
    return remembered(a, a) if dtype is None else shared(world, a, dtype)


def of_family(world: World, members: Family) -> Array:
    """Return the members of a list of symbolic length along a new first axis."""
    member = members.member
    if isinstance(member, Family):
        member = of_family(world, member)
    each = as_array(world, member)
    entry = each.reading()
    n = len(members.index)

    def value(index: Sequence[sp.Expr]) -> Any:
        return substitute(entry(index[n:]), dict(zip(members.index, index[:n], strict=True)))

    return computed(world, (tuple(members.lengths), *each.dims), value, each.kind)


@known("ndarray.astype")
def astype(world: World, a: Array, dtype: Any, copy: Any = True) -> Array:
    """Return an array of another data type; real numbers become no integers."""
    if copy is not True:
        return shared(world, a, dtype)
    if isinstance(dtype, Known) and dtype.name in ("builtins.bool", "numpy.bool_"):
        raise world.refuse("a conversion to truth values")
    kind = kind_of(world, dtype)
    if a.kind == REAL and kind == WHOLE:
        raise world.refuse("a conversion of real numbers to integers")
    if a.kind not in (REAL, WHOLE):
        return as_real(a)
    return computed(world, a.dims, a.reading(), kind)


@known("ndarray.copy")
def copy(world: World, a: Array) -> Array:
    """Return a copy."""
    return a.copy(in_order=True)


@known("numpy.random.randn", "numpy.random.rand")
def randn(world: World, *shape: Any) -> Array:
    """Return arbitrary numbers."""
    return random(world, shape)


@known("numpy.random.normal", "numpy.random.uniform")
def normal(world: World, loc: Any = None, scale: Any = None, size: Any = ()) -> Array:
    """Return arbitrary numbers."""
    return random(world, size)


@known("numpy.random.random", "numpy.random.standard_normal")
def random(world: World, size: Any = ()) -> Array:
    """Return arbitrary numbers, which are others in every pass of a loop."""
    if world.moment:
        raise world.refuse("random numbers in a loop of symbolic length")
    lengths = shape_of(world, size)
    name = world.arbitrary(lengths)
    return computed(world, [(n,) for n in lengths], lambda index: entry_of(name, tuple(index)), REAL, True)


@known("numpy.random.seed", "random.seed")
def seed(world: World, *seeds: Any) -> None:
    """Do nothing: random numbers are arbitrary."""


def shared(world: World, a: Array, dtype: Any) -> Array:
    """Return an array of a data type, which may share memory with the array that it is made from."""
    astype(world, a, dtype)
    return remembered(a.view(a.dims, list), a) if kind_of(world, dtype) == a.kind else astype(world, a, dtype)
