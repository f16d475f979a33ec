"""Arithmetic of the code that is read, of numbers and of arrays, and functions of entries.

Trusted. Numbers are exact: a float is the fraction that it is, and arithmetic is over the reals. A known function of
an entry stands as such; of anything else, a result with a name of its own is made first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import (
    REAL,
    TRUTH,
    WHOLE,
    Array,
    as_array,
    as_real,
    broadcast,
    computed,
    elementwise,
    expanded,
)
from cnn_symbolic.code.arrays.contractions import matmul
from cnn_symbolic.code.arrays.identities import half_power, rewritten
from cnn_symbolic.code.arrays.indexing import Mask
from cnn_symbolic.code.arrays.labels import at_any_cell
from cnn_symbolic.code.state.cells import symbols_for
from cnn_symbolic.code.state.memory import Loop
from cnn_symbolic.code.state.selections import Chosen
from cnn_symbolic.code.state.values import Float, UnknownText
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import entry, substitute
from cnn_symbolic.expressions.heads import Opaque, has_entries
from cnn_symbolic.expressions.rules import is_condition, is_whole

RING: dict[str, Callable[[Any, Any], Any]] = {"Add": operator.add, "Sub": operator.sub, "Mult": operator.mul}


def literal(value: Any) -> Any:
    """Return a number that is written out, exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    exact = Fraction(value)
    return sp.Rational(exact.numerator, exact.denominator)


def is_number(value: Any) -> bool:
    """Tell whether a value is a number."""
    return isinstance(value, sp.Expr)


def as_number(world: World, value: Any) -> Any:
    """Return an array without axes, or a truth value, as a number; other values as they are."""
    if isinstance(value, Float):
        return value.value
    if isinstance(value, Mask):
        value = value.array
    if isinstance(value, Array) and value.rank == 0:
        found = value.reading()(())
        return rules.bracket(found) if value.kind == TRUTH else found
    if isinstance(value, bool):
        return sp.Integer(int(value))
    if is_condition(value):
        return rules.bracket(value)
    return value


def arithmetic(world: World, name: str, a: Any, b: Any) -> Any:
    """Return what an operator of Python makes of two values: "Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow"."""
    if isinstance(a, list | tuple) or isinstance(b, list | tuple):
        found = of_lists(world, name, a, b)
        if found is not None:
            return found
    if name == "MatMult":
        return matmul(world, as_array(world, a), as_array(world, b))
    if isinstance(a, str | UnknownText) or isinstance(b, str | UnknownText):
        return of_texts(world, name, a, b)
    is_float = name == "Div" or is_floating(a) or is_floating(b)
    a, b = as_number(world, a), as_number(world, b)
    if is_number(a) and is_number(b):
        found = of_numbers(world, name, a, b)
        return Float(found) if is_float and is_whole(found) and not has_entries(found) else found
    if name in ("Add", "Sub") and all(isinstance(x, Mask) or getattr(x, "kind", REAL) == TRUTH for x in (a, b)):
        raise world.refuse(f"the operator {name} of truth values, which gives truth values")
    arrays = [x.array if isinstance(x, Mask) else as_array(world, x) for x in (a, b)]
    arrays = [as_real(x) if x.kind == TRUTH else x for x in arrays]
    whole = all(x.kind == WHOLE for x in arrays) and name not in ("Div", "Pow")
    if name in ("Div", "Pow", "FloorDiv", "Mod"):
        return divided(world, name, arrays[0], arrays[1])
    if name not in RING:
        raise world.refuse(f"the operator {name} of arrays")
    return elementwise(world, RING[name], *arrays, kind=WHOLE if whole else REAL, what=f"the operands of {name}")


def of_texts(world: World, name: str, a: Any, b: Any) -> Any:
    """Return two texts put together; one that is made otherwise is not known."""
    if isinstance(a, str) and isinstance(b, str) and name == "Add":
        return a + b
    if name == "Mod" or (name == "Add" and isinstance(a, str | UnknownText) and isinstance(b, str | UnknownText)):
        return UnknownText()
    raise world.refuse(f"the operator {name} of a text")


def is_floating(value: Any) -> bool:
    """Tell whether a number made from sizes is a float in Python."""
    return isinstance(value, Float) or (is_number(value) and not has_entries(value) and not is_whole(value))


def of_lists(world: World, name: str, a: Any, b: Any) -> Any:
    """Return lists that are put together or repeated; None where they stand for arrays."""
    if name == "Add" and isinstance(a, list | tuple) and isinstance(b, list | tuple):
        if type(a) is not type(b):
            raise world.raised("TypeError: a list and a tuple cannot be added")
        return a + b  # type: ignore[operator]  # both are lists, or both are tuples
    if name == "Mult" and not (isinstance(a, Array) or isinstance(b, Array)):
        members, times = (a, b) if isinstance(a, list | tuple) else (b, a)
        if not isinstance(times, sp.Integer):
            raise world.refuse("a list is repeated a number of times that is not written out")
        return members * int(times)
    return None


def of_numbers(world: World, name: str, a: sp.Expr, b: sp.Expr) -> Any:
    """Return what an operator makes of two numbers."""
    if name in RING:
        return RING[name](a, b)
    if name == "Pow":
        return power(world, a, b)
    if name not in ("Div", "FloorDiv", "Mod"):
        raise world.refuse(f"the operator {name} of numbers")
    if has_entries(b):
        if name != "Div":
            raise world.refuse("a quotient or remainder of entries of arrays")
        return a * applied(world, "reciprocal", b)
    if b.is_Rational and b == 0:
        raise world.raised("ZeroDivisionError: division by zero")
    if name == "Div":
        if not b.is_Rational:
            check_divisor(world, b)
        return rules.divide(a, b)
    if has_entries(a) or not (is_whole(a) and is_whole(b)):
        raise world.refuse(f"the operator {name} of numbers that are not whole")
    if b.is_Rational and b < 0:
        raise world.refuse(f"a quotient or remainder by {b}, where a divisor of at least one is understood")
    check_divisor(world, b)
    return world.quotient(a, b)[0 if name == "FloorDiv" else 1]


def check_divisor(world: World, b: sp.Expr) -> None:
    """Require that a divisor is at least one."""
    if world.varies(b):
        world.need(rules.compare(">=", b, sp.S.One), f"the divisor {b} is at least one")
    elif not world.holds(rules.compare(">=", b, sp.S.One)):
        if not world.choose(rules.compare("!=", b, sp.S.Zero)):
            raise world.raised(f"ZeroDivisionError: {b} is zero")
        if not world.choose(rules.compare(">=", b, sp.S.One)):
            raise world.refuse(f"a division by {b}, which may be below zero")


def power(world: World, a: sp.Expr, exponent: sp.Expr) -> Any:
    """Return a power: whole exponents, and roots of entries."""
    if isinstance(exponent, sp.Integer) and abs(exponent) <= (1000 if a.is_Rational else 16):
        if exponent >= 0:
            return a**exponent
        return of_numbers(world, "Div", sp.S.One, a ** (-exponent))
    if (root := half_power(exponent)) is not None:
        return applied(world, root[0], a) ** root[1]
    raise world.refuse(f"a power with the exponent {exponent}")


def divided(world: World, name: str, a: Array, b: Array) -> Array:
    """Return a quotient or power of arrays, entry by entry."""
    if name == "Pow":
        exponent = as_number(world, b)
        if not is_number(exponent):
            raise world.refuse("a power with an array as exponent")
        return mapped(world, a, lambda e: power(world, e, exponent))
    dims = broadcast(world, [a, b], name)
    divisor = mapped(world, b, lambda e: of_numbers(world, "Div", sp.S.One, e)) if name == "Div" else b
    x, y = expanded(a, dims, name), expanded(divisor, dims, name)
    if name == "Div":
        return computed(world, dims, lambda index: x(index) * y(index))
    return computed(world, dims, lambda index: of_numbers(world, name, x(index), y(index)), WHOLE)


def mapped(world: World, a: Array, function: Callable[[sp.Expr], Any], kind: str = REAL) -> Array:
    """Return a function of every entry; questions about them are asked with their indices as passes of loops."""
    index = symbols_for(a.atoms)
    entry = a.reading()(index)
    with world.within(*(Loop(i, n) for i, n in zip(index, a.atoms, strict=True))):
        formula = function(entry)
    return computed(world, a.dims, lambda at: substitute(formula, dict(zip(index, at, strict=True))), kind)


def negative(world: World, value: Any) -> Any:
    """Return minus a value."""
    if isinstance(value, Mask) or (isinstance(value, Array) and value.kind == TRUTH):
        raise world.refuse("minus of truth values, where ~ is understood")
    return arithmetic(world, "Mult", sp.S.NegativeOne, value)


def applied(world: World, name: str, e: sp.Expr) -> sp.Expr:
    """Return a known function of an entry; what is no entry of a tensor gets a name before."""
    if not has_entries(e):
        return of_sizes(world, name, e)
    if e.has(Chosen):
        return at_any_cell(world, e, lambda inner: applied(world, name, inner))
    if (found := rewritten(world, name, e, applied)) is not None:
        return found
    made: sp.Expr = Opaque(name, 0, world.entry_of(e))
    return made


def of_sizes(world: World, name: str, e: sp.Expr) -> sp.Expr:
    """Return a function of a number without entries, where it is a number that can be written."""
    if name == "reciprocal":
        check_divisor(world, e)
        return rules.divide(sp.S.One, e)
    if e.is_Rational and name == "sqrt" and e >= 0 and sp.sqrt(e).is_Rational:
        return sp.sqrt(e)
    if e == 0 and name == "exp":
        return sp.S.One
    if e.is_Rational and name == "relu":
        return max(e, sp.S.Zero)
    return entry(world.arbitrary(), ())  # a number of which nothing is known
