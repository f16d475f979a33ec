"""What the operators of claims that are given as text do, and how their operands are called in messages."""

from __future__ import annotations

import ast
import inspect
import operator
from collections.abc import Callable
from typing import Any

import sympy as sp

from cnn_symbolic.claims.vocabulary import LAYERS, parts_of
from cnn_symbolic.expressions.functions import Not, Rational
from cnn_symbolic.expressions.heads import Comparison, Conjunction, has_entries
from cnn_symbolic.expressions.rules import at_least
from cnn_symbolic.expressions.shapes import format_shape, format_size
from cnn_symbolic.expressions.values import Number, Truth
from cnn_symbolic.ground.errors import FragmentError, OperandError
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Tensor

MOST_SHOWN = 80
# The parameters that take a text.
TEXTS = (
    "activation",
    "article",
    "because",
    "expect",
    "function",
    "indices",
    "mode",
    "name",
    "names",
    "padding",
    "title",
)
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: Rational(a, b) if isinstance(a, int) and isinstance(b, int) else a / b,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def combined(sign: ast.operator, left: Any, right: Any) -> Any:
    """Return what an arithmetic operator makes of two operands; raise FragmentError if they do not fit."""
    if isinstance(sign, ast.MatMult):
        raise FragmentError("a matrix product is written tensordot(x, y, axes=((1,), (0,)))")
    if type(sign) not in ARITHMETIC:
        raise FragmentError("claims compute with + - * / // % **, and with and, or, not")
    left, right = entry_beside(left, right), entry_beside(right, left)
    tensors = isinstance(left, Tensor), isinstance(right, Tensor)
    if isinstance(sign, ast.Add | ast.Sub) and tensors.count(True) == 1:
        raise FragmentError("a number is added to every entry of a tensor as ones(…): x + 2*ones(*x.shape)")
    if isinstance(sign, ast.Div | ast.FloorDiv | ast.Mod):
        if tensors[1] or (tensors[0] and not isinstance(sign, ast.Div)):
            raise FragmentError("a tensor is divided by a number or a size, with /; x/y: x * reciprocal(y)")
        if isinstance(right, int) and right == 0:
            raise FragmentError("nothing is divided by zero")
    if isinstance(sign, ast.Pow) and (tensors[0] or not isinstance(right, int) or not 0 <= right <= 4):
        raise FragmentError("a power is of a number, a size or an entry, and its exponent an integer from 0 to 4")
    return ARITHMETIC[type(sign)](left, right)


def entry_beside(value: Any, other: Any) -> Any:
    """Return a number with a name as an entry if the other operand is one; else the value."""
    is_number = isinstance(value, Tensor) and value.rank == 0
    return value[()] if is_number and isinstance(other, Number) and has_entries(other.formula) else value


def negated(sign: ast.unaryop, value: Any) -> Any:
    """Return −x, +x, or the opposite of a condition."""
    if isinstance(sign, ast.Not):
        return Not(checked_condition(value))
    check_number(value)
    if not isinstance(sign, ast.USub | ast.UAdd):
        raise FragmentError("claims compute with + - * / // % **, and with and, or, not")
    return -value if isinstance(sign, ast.USub) else value


def checked_condition(value: Any) -> Any:
    """Return a condition; raise OperandError for another value."""
    if not is_condition(value):
        raise OperandError(f"expected a condition such as M >= I, found {described(value)}")
    return value


def check_number(value: Any) -> None:
    """Raise OperandError unless one can compute with a value."""
    if isinstance(value, bool) or not isinstance(value, int | Number | Tensor):
        raise OperandError(f"expected a tensor, an entry, a size or a number, found {described(value)}")


def check_arguments(name: str, bound: inspect.BoundArguments) -> None:
    """Raise OperandError for texts where none belongs, and for anything but a tensor where one belongs.

    SymPy would evaluate a text that it is given for a number, also inside of a tuple.
    """
    for key, value in bound.arguments.items():
        parameter = bound.signature.parameters[key]
        several = value if parameter.kind is parameter.VAR_POSITIONAL else (value,)
        wanted = {"Tensor": Tensor, "Tensor | None": Tensor | None}.get(parameter.annotation, object)
        for one in several:
            if not isinstance(one, wanted):
                raise OperandError(f"{name}: {key} takes a tensor, found {described(one)}")
            if key in TEXTS and isinstance(one, str):
                continue
            if isinstance(one, dict) or any(isinstance(part, str) for part in parts_of(one)):
                raise OperandError(f"{name}: {key} takes no text, found {described(one)}")


def check_numbers(name: str, positional: list[Any], options: dict[str, Any]) -> None:
    """Raise OperandError for arguments of functions of numbers and conditions that are none."""
    fits = {"Rational": lambda v: isinstance(v, int), **dict.fromkeys(("And", "Or", "Not", "Iverson"), is_condition)}
    check = fits.get(name, lambda v: isinstance(v, int | Number))
    numbers = positional
    if name == "where" and len(positional) == 3 and is_condition(positional[0]):
        numbers = positional[1:]
    if options or not numbers or not all(check(value) and not isinstance(value, bool) for value in numbers):
        kind = {"Rational": "integers"}.get(name, "conditions" if name in fits else "numbers, sizes and indices")
        raise OperandError(f"{name} takes {kind}, found {described([*positional, *options.values()])}")


def is_condition(value: Any) -> bool:
    """Tell whether a value is a condition."""
    return isinstance(value, Truth | bool)


def is_false(value: Any) -> bool:
    """Tell whether a condition holds for no sizes at all, as it is written."""
    return value is False or (isinstance(value, Truth) and never(value.formula))


def never(holds: Any) -> bool:
    """Tell whether a comparison fails at all sizes, as its coefficients show, or one of several joined by and does."""
    if isinstance(holds, Conjunction):
        return any(map(never, holds.args))
    if not isinstance(holds, Comparison):
        return bool(holds == sp.false)
    above, below = holds.lhs - holds.rhs, holds.rhs - holds.lhs
    fails = {
        ">=": at_least(below, 1),
        ">": at_least(below, 0),
        "<=": at_least(above, 1),
        "<": at_least(above, 0),
        "=": at_least(above, 1) or at_least(below, 1),
    }
    return fails.get(holds.sign, False)


def is_side(value: Any) -> bool:
    """Tell whether a value is one side of a claim by itself: a tensor, a shape, or a tuple of sizes."""
    return isinstance(value, Tensor | ShapeOf | tuple | list)


def described(value: Any) -> str:
    """Return what a value is, in a few words."""
    if isinstance(value, Tensor):
        return f"the tensor {value}"
    if isinstance(value, LAYERS):
        return f"a {type(value).__name__}"
    if isinstance(value, Derivation):
        return "a claim"
    if is_condition(value):
        return f"the condition {value}"
    if isinstance(value, tuple | list):
        return format_shape(tuple(map(described, value))) if value else "nothing"
    if callable(value):
        return f"the function {getattr(value, '__name__', value)}"
    if isinstance(value, Number):
        value = value.formula.xreplace({symbol: sp.Symbol(symbol.name) for symbol in value.formula.atoms(sp.Dummy)})
    return f"the text {value!r}" if isinstance(value, str) else format_size(value)[:MOST_SHOWN]
