"""Comparisons and truth values of the code that is read: of sizes and indices, and of entries. Trusted."""

from __future__ import annotations

from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import (
    TRUTH,
    WHOLE,
    Array,
    as_array,
    broadcast,
    computed,
    describe,
    elementwise,
    expanded,
)
from cnn_symbolic.code.arrays.indexing import Mask
from cnn_symbolic.code.arrays.numbers import applied, arithmetic, as_number, is_number, mapped
from cnn_symbolic.code.state.cells import symbols_for
from cnn_symbolic.code.state.memory import Loop
from cnn_symbolic.code.state.values import UnknownText
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import substitute, symbols_of
from cnn_symbolic.expressions.heads import has_entries
from cnn_symbolic.expressions.rules import is_condition, is_plain_size, is_whole

COMPARISONS = {"Eq": "=", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}


def compared(world: World, sign: str, a: Any, b: Any) -> Any:
    """Return a comparison: of numbers a condition, of arrays an array of truth values, or a mask of data."""
    a, b = as_number(world, a), as_number(world, b)
    if is_number(a) and is_number(b):
        return of_data(world, sign, a, b) if has_entries(a) or has_entries(b) else rules.compare(sign, a, b)
    if isinstance(a, Array) or isinstance(b, Array):
        x, y = as_array(world, a), as_array(world, b)
        if x.kind == WHOLE and y.kind == WHOLE:
            return elementwise(world, lambda p, q: rules.compare(sign, p, q), x, y, kind=TRUTH, what="a comparison")
        return Mask(compared_data(world, sign, x, y))
    if isinstance(a, UnknownText) or isinstance(b, UnknownText):
        raise world.refuse("a comparison with a text that is not known")
    plain = (str, bool, type(None))
    if isinstance(a, plain) and isinstance(b, plain):
        return (a == b) if sign == "=" else (a != b) if sign == "!=" else _refused(world, a, b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple) and sign in ("=", "!="):
        equal = type(a) is type(b) and len(a) == len(b)
        parts = [compared(world, "=", x, y) for x, y in zip(a, b, strict=False)] if equal else [False]
        every = all_of(world, parts)
        return every if sign == "=" else negation(world, every)
    if sign in ("=", "!=") and (isinstance(a, (*plain, list, tuple)) or isinstance(b, (*plain, list, tuple))):
        return sign == "!="
    return _refused(world, a, b)


def compared_data(world: World, sign: str, a: Array, b: Array) -> Array:
    """Return a comparison of the entries of two arrays as 0 or 1, each entry at an arbitrary index."""
    dims = broadcast(world, [a, b], "a comparison")
    x, y = (expanded(each, dims, "a comparison") for each in (a, b))
    lengths = [n for dim in dims for n in dim]
    index = symbols_for(lengths)
    with world.within(*(Loop(i, n) for i, n in zip(index, lengths, strict=True))):
        formula = of_data(world, sign, x(index), y(index))
    return computed(world, dims, lambda at: substitute(formula, dict(zip(index, at, strict=True))))


def _refused(world: World, a: Any, b: Any) -> Any:
    raise world.refuse(f"a comparison of {describe(a)} with {describe(b)}")


def of_data(world: World, sign: str, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return a comparison of entries as 0 or 1: with zero, and with the maximum of a window."""
    if (found := world.selected_where(sign, a, b)) is not None:
        return found
    if b == 0 or a == 0:
        e, sign = (a, sign) if b == 0 else (b, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign))
        if sign in ("<", ">=") and world.exact:
            below = applied(world, "step", -e)
            return below if sign == "<" else 1 - below
        if sign in ("<", ">", "<=", ">="):
            step = applied(world, "step", e)
            return step if sign in (">", ">=") else 1 - step
    raise world.refuse("a comparison of entries, where one with zero or with the maximum of a window is understood")


def operated(world: World, name: str, a: Any, b: Any) -> Any:
    """Return what an operator of Python makes of two values: of numbers and arrays, or of conditions."""
    if name in ("BitAnd", "BitOr") and not (is_number(a) or is_number(b)):
        return logical(world, name, a, b)
    return arithmetic(world, name, a, b)


def logical(world: World, name: str, a: Any, b: Any) -> Any:
    """Return `a and b` or `a or b` of conditions or of arrays of them."""
    if isinstance(a, Array) or isinstance(b, Array):
        join = rules.all_of if name == "BitAnd" else rules.any_of
        return elementwise(world, join, as_array(world, a), as_array(world, b), kind=TRUTH, what="conditions")
    if isinstance(a, Mask) or isinstance(b, Mask):
        raise world.refuse("conditions on entries that are joined")
    return all_of(world, [a, b]) if name == "BitAnd" else any_of(world, [a, b])


def truth(world: World, value: Any) -> Any:
    """Return a value as a condition on sizes and indices, or as True or False."""
    if isinstance(value, bool) or is_condition(value):
        return value
    if isinstance(value, Array) and value.rank == 0:
        value = value.reading()(())
    if is_condition(value):
        return value
    if is_number(value):
        if has_entries(value):
            raise world.refuse("a condition on entries of arrays")
        return rules.compare("!=", value, sp.S.Zero)
    if value is None or isinstance(value, str | list | tuple | dict):
        return bool(value)
    raise world.refuse(f"a condition that is {describe(value)}")


def condition(value: Any) -> Any:
    """Return True and False as conditions."""
    return (sp.true if value else sp.false) if isinstance(value, bool) else value


def all_of(world: World, values: list[Any]) -> Any:
    """Return the condition that all values are true."""
    return rules.all_of(*(condition(truth(world, value)) for value in values))


def any_of(world: World, values: list[Any]) -> Any:
    """Return the condition that one of some values is true."""
    return rules.any_of(*(condition(truth(world, value)) for value in values))


def negation(world: World, value: Any) -> Any:
    """Return the condition that a value is not true."""
    if isinstance(value, Mask):
        return Mask(mapped(world, value.array, lambda e: 1 - e))
    if isinstance(value, Array) and value.kind == TRUTH:
        entry = value.reading()
        return computed(world, value.dims, lambda index: rules.negation(entry(index)), TRUTH)
    return rules.negation(condition(truth(world, value)))


def to_whole(world: World, value: Any) -> Any:
    """Return `int(value)`: rounded towards zero."""
    value = as_number(world, value)
    if isinstance(value, bool):
        return sp.Integer(int(value))
    if not is_number(value) or has_entries(value):
        raise world.refuse(f"int of {describe(value) if not is_number(value) else 'an entry of an array'}")
    if is_whole(value):
        return value
    low = rules.floor(value)
    at_least_zero = rules.compare(">=", value, sp.S.Zero)
    if world.holds(at_least_zero) or world.holds(rules.compare(">=", low, sp.S.Zero)):
        return low
    if all(is_plain_size(s) for s in symbols_of(value)) and not world.choose(rules.compare(">=", low, sp.S.Zero)):
        return rules.ceiling(value)
    return low if not world.varies(value) else rules.where(at_least_zero, low, rules.ceiling(value))
