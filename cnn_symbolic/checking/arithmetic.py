"""What the operators of claims that are given as text do, and how their operands are called in messages."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.checking.vocabulary import LAYERS, parts_of
from cnn_symbolic.derivation import Derivation
from cnn_symbolic.errors import FragmentError, OperandError
from cnn_symbolic.formulas import Opaque
from cnn_symbolic.shapes import format_shape, format_size
from cnn_symbolic.tensors import ShapeOf, Tensor

__all__ = [
    "check_arguments",
    "check_comparison",
    "check_number",
    "check_numbers",
    "checked_condition",
    "combined",
    "compared",
    "described",
    "is_false",
    "is_side",
    "negated",
]

MOST_SHOWN = 80
# The parameters that take a text.
TEXTS = ("activation", "article", "because", "function", "indices", "mode", "name", "names", "padding", "title")
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: sp.Rational(a, b) if isinstance(a, int) and isinstance(b, int) else a / b,
    ast.FloorDiv: lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) else sp.floor(a / b),
    ast.Mod: lambda a, b: sp.Mod(a, b),
    ast.Pow: lambda a, b: a**b,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: sp.Eq,
    ast.NotEq: sp.Ne,
    ast.Lt: sp.Lt,
    ast.LtE: sp.Le,
    ast.Gt: sp.Gt,
    ast.GtE: sp.Ge,
}


def combined(operator: ast.operator, left: Any, right: Any) -> Any:
    """Return what an arithmetic operator makes of two operands; raise FragmentError if they do not fit."""
    if isinstance(operator, ast.MatMult):
        raise FragmentError("a matrix product is written tensordot(x, y, axes=((1,), (0,)))")
    if type(operator) not in ARITHMETIC:
        raise FragmentError("claims compute with + - * / // % **, and with and, or, not")
    left, right = entry_beside(left, right), entry_beside(right, left)
    tensors = isinstance(left, Tensor), isinstance(right, Tensor)
    if isinstance(operator, ast.Add | ast.Sub) and tensors.count(True) == 1:
        raise FragmentError("a number is added to every entry of a tensor as ones(…): x + 2*ones(*x.shape)")
    if isinstance(operator, ast.Div | ast.FloorDiv | ast.Mod):
        if tensors[1] or (tensors[0] and not isinstance(operator, ast.Div)):
            raise FragmentError(
                "a tensor is divided by a number or a size, with /; 1/x: apply(x, function='reciprocal')"
            )
        if right == 0:
            raise FragmentError("nothing is divided by zero")
    if isinstance(operator, ast.Pow) and (tensors[0] or not isinstance(right, int) or not 0 <= right <= 4):
        raise FragmentError("a power is of a number, a size or an entry, and its exponent an integer from 0 to 4")
    return ARITHMETIC[type(operator)](left, right)


def entry_beside(value: Any, other: Any) -> Any:
    """Return a number with a name as an entry if the other operand is one; else the value."""
    is_number = isinstance(value, Tensor) and value.rank == 0
    return value[()] if is_number and isinstance(other, sp.Expr) and has_entries(other) else value


def has_entries(e: sp.Expr) -> bool:
    """Tell whether an expression has entries of tensors in it."""
    return bool(e.has(sp.Indexed, Opaque) or any(s.is_integer is None for s in e.free_symbols))


def negated(operator: ast.unaryop, value: Any) -> Any:
    """Return −x, +x, or the opposite of a condition."""
    if isinstance(operator, ast.Not):
        return sp.Not(checked_condition(value))
    check_number(value)
    if not isinstance(operator, ast.USub | ast.UAdd):
        raise FragmentError("claims compute with + - * / // % **, and with and, or, not")
    return -value if isinstance(operator, ast.USub) else value


def checked_condition(value: Any) -> Any:
    """Return a condition; raise OperandError for another value."""
    if not is_condition(value):
        raise OperandError(f"expected a condition such as M >= I, found {described(value)}")
    return value


def check_comparison(operator: ast.cmpop) -> None:
    """Raise FragmentError for an operator that does not compare sizes."""
    if type(operator) not in COMPARISONS:
        raise FragmentError("claims compare with == != < <= > >=")


def compared(operator: ast.cmpop, left: Any, right: Any) -> Any:
    """Return the condition that two sizes or indices compare in that way."""
    return COMPARISONS[type(operator)](left, right)


def check_number(value: Any) -> None:
    """Raise OperandError unless one can compute with a value."""
    if isinstance(value, bool) or not isinstance(value, int | sp.Expr | Tensor):
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
    """Raise OperandError for arguments of SymPy's functions that are no numbers: these would evaluate texts."""
    fits = {"Rational": lambda v: isinstance(v, int), "And": is_condition, "Or": is_condition, "Not": is_condition}
    check = fits.get(name, lambda v: isinstance(v, int | sp.Expr))
    if options or not positional or not all(check(value) and not isinstance(value, bool) for value in positional):
        kind = {"Rational": "integers"}.get(name, "conditions" if name in fits else "numbers, sizes and indices")
        raise OperandError(f"{name} takes {kind}, found {described([*positional, *options.values()])}")


def is_condition(value: Any) -> bool:
    """Tell whether a value is a condition; in SymPy every symbol is a truth value too."""
    return isinstance(value, Boolean | bool) and not isinstance(value, sp.Expr)


def is_false(value: Any) -> bool:
    """Tell whether a condition holds for no sizes at all, as SymPy sees by itself."""
    return value is False or value is sp.false


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
    if callable(value) and not isinstance(value, sp.Expr):
        return f"the function {getattr(value, '__name__', value)}"
    if isinstance(value, sp.Expr):
        value = value.xreplace({symbol: sp.Symbol(symbol.name) for symbol in value.atoms(sp.Dummy)})
    return f"the text {value!r}" if isinstance(value, str) else format_size(value)[:MOST_SHOWN]
