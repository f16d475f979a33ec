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

from cnn_symbolic.code.arrays import REAL, TRUTH, WHOLE, Array, as_array, computed, describe, elementwise
from cnn_symbolic.code.identities import half_power, rewritten
from cnn_symbolic.code.indexing import Mask
from cnn_symbolic.code.labels import at_any_cell
from cnn_symbolic.code.selections import Chosen
from cnn_symbolic.code.values import Float, UnknownText
from cnn_symbolic.code.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import entry, symbols_of
from cnn_symbolic.expressions.heads import Opaque, has_entries
from cnn_symbolic.expressions.rules import is_condition, is_plain_size, is_whole

COMPARISONS = {"Eq": "=", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}
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
    if name in ("BitAnd", "BitOr") and not (is_number(a) or is_number(b)):
        return logical(world, name, a, b)
    if isinstance(a, list | tuple) or isinstance(b, list | tuple):
        found = of_lists(world, name, a, b)
        if found is not None:
            return found
    if name == "MatMult":
        from cnn_symbolic.code.products import matmul

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


def as_real(a: Array) -> Array:
    """Return an array of truth values as numbers."""
    entry = a.reading()
    return computed(a.world, a.dims, lambda index: rules.bracket(entry(index)), WHOLE)


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
    from cnn_symbolic.code.arrays import broadcast, expanded

    dims = broadcast(world, [a, b], name)
    divisor = mapped(world, b, lambda e: of_numbers(world, "Div", sp.S.One, e)) if name == "Div" else b
    x, y = expanded(a, dims, name), expanded(divisor, dims, name)
    if name == "Div":
        return computed(world, dims, lambda index: x(index) * y(index))
    return computed(world, dims, lambda index: of_numbers(world, name, x(index), y(index)), WHOLE)


def mapped(world: World, a: Array, function: Callable[[sp.Expr], Any], kind: str = REAL) -> Array:
    """Return a function of every entry; questions about them are asked with their indices as passes of loops."""
    from cnn_symbolic.code.arrays import symbols_for
    from cnn_symbolic.code.memory import Loop
    from cnn_symbolic.expressions.formulas import substitute

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


# Functions of entries


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


# Conditions


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
    from cnn_symbolic.code.arrays import broadcast, expanded, symbols_for
    from cnn_symbolic.code.memory import Loop
    from cnn_symbolic.expressions.formulas import substitute

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
