"""Rows of the table: functions of entries.

Trusted. Source: the documentation of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import REAL, WHOLE, Array, as_array, elementwise
from cnn_symbolic.code.arrays.conditions import compared, negation, truth
from cnn_symbolic.code.arrays.indexing import Mask
from cnn_symbolic.code.arrays.numbers import applied, arithmetic, as_number, is_number, mapped, negative
from cnn_symbolic.code.rows.table import TABLE, known
from cnn_symbolic.code.state.values import Float
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import has_entries


def entrywise(name: str, operator: str) -> None:
    """Enter a function of two arrays that Python has an operator for."""
    TABLE[f"numpy.{name}"] = lambda world, x1, x2: arithmetic(world, operator, x1, x2)


for _name, _operator in (
    ("add", "Add"),
    ("subtract", "Sub"),
    ("multiply", "Mult"),
    ("divide", "Div"),
    ("true_divide", "Div"),
    ("floor_divide", "FloorDiv"),
    ("mod", "Mod"),
    ("remainder", "Mod"),
    ("power", "Pow"),
    ("matmul", "MatMult"),
):
    entrywise(_name, _operator)


def of_entries(name: str) -> Callable[..., Any]:
    """Return the row of a known function of entries."""

    def row(world: World, x: Any) -> Any:
        value = as_number(world, x)
        if is_number(value):
            return applied(world, name, value)
        return mapped(world, as_array(world, value), lambda e: applied(world, name, e))

    return row


for _name in ("exp", "log", "sqrt", "tanh"):
    TABLE[f"numpy.{_name}"] = TABLE[f"math.{_name}"] = of_entries(_name)


TABLE["scipy.special.expit"] = of_entries("sigmoid")


@known("numpy.square")
def square(world: World, x: Any) -> Any:
    """Return x²."""
    return arithmetic(world, "Pow", x, sp.Integer(2))


@known("numpy.negative")
def negative_row(world: World, x: Any) -> Any:
    """Return −x."""
    return negative(world, x)


@known("numpy.reciprocal")
def reciprocal(world: World, x: Any) -> Any:
    """Return 1/x."""
    return arithmetic(world, "Div", sp.S.One, x)


@known("numpy.maximum")
def maximum(world: World, x1: Any, x2: Any) -> Any:
    """Return the greater one of two: of entries, with zero."""
    a, b = as_number(world, x1), as_number(world, x2)
    if is_number(a) and is_number(b) and not (has_entries(a) or has_entries(b)):
        return rules.maximum(a, b)
    if is_number(b) and b == 0:
        a, b = b, a
    if not (is_number(a) and a == 0):
        raise world.refuse("np.maximum of entries, where one with zero is understood")
    return of_entries("relu")(world, b)


@known("numpy.minimum")
def minimum(world: World, x1: Any, x2: Any) -> Any:
    """Return the lesser one of two numbers."""
    a, b = as_number(world, x1), as_number(world, x2)
    if is_number(a) and is_number(b) and not (has_entries(a) or has_entries(b)):
        return rules.minimum(a, b)
    raise world.refuse("np.minimum of entries")


@known("numpy.floor")
def floor_float(world: World, x: Any) -> Any:
    """Return ⌊x⌋ of a number that is made from sizes, a float."""
    return Float(rounded(world, x, rules.floor))


@known("numpy.ceil")
def ceil_float(world: World, x: Any) -> Any:
    """Return ⌈x⌉ of a number that is made from sizes, a float."""
    return Float(rounded(world, x, rules.ceiling))


@known("math.floor")
def floor(world: World, x: Any) -> Any:
    """Return ⌊x⌋ of a number that is made from sizes."""
    return rounded(world, x, rules.floor)


@known("math.ceil")
def ceil(world: World, x: Any) -> Any:
    """Return ⌈x⌉ of a number that is made from sizes."""
    return rounded(world, x, rules.ceiling)


def rounded(world: World, x: Any, rule: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """Return a number rounded."""
    value = as_number(world, x)
    if not is_number(value) or has_entries(value):
        raise world.refuse("rounding of entries of arrays")
    return rule(value)


@known("numpy.where")
def where(world: World, condition: Any, x: Any, y: Any) -> Any:
    """Return entries of one array where a condition holds, else of the other."""
    if isinstance(condition, Mask):
        chosen = condition.array
        rest = mapped(world, chosen, lambda e: 1 - e)
        return arithmetic(world, "Add", arithmetic(world, "Mult", chosen, x), arithmetic(world, "Mult", rest, y))
    holds = as_array(world, condition) if isinstance(condition, Array) else truth(world, condition)
    kinds = [as_array(world, each).kind for each in (x, y)]
    kind = WHOLE if kinds == [WHOLE, WHOLE] else REAL
    choose = rules.where if kind == WHOLE else rules.added_where
    return elementwise(world, choose, holds, x, y, kind=kind, what="np.where")


@known("numpy.logical_not")
def logical_not(world: World, x: Any) -> Any:
    """Return the opposite."""
    return negation(world, x)


@known("numpy.equal")
def equal(world: World, x1: Any, x2: Any) -> Any:
    """Return whether entries are equal."""
    return compared(world, "=", x1, x2)


@known("builtins.abs", "numpy.abs")
def abs_(world: World, x: Any) -> Any:
    """Return the distance from zero of a number made from sizes."""
    value = as_number(world, x)
    if not is_number(value) or has_entries(value):
        raise world.refuse("abs of entries of arrays")
    return rules.maximum(value, -value)
