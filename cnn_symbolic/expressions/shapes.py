"""Shapes, names and index letters of tensors: what is allowed, and how shapes are written."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Shape, as_name
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import is_plain_size, is_whole
from cnn_symbolic.expressions.values import Number, as_formula, plain
from cnn_symbolic.ground.errors import FragmentError, NameConflictError, ShapeError


def format_shape(shape: Sequence[Any]) -> str:
    """Return a shape as it is written: `(M, N)`, `(M,)`, `()`."""
    return f"({', '.join(map(format_size, shape))}{',' if len(shape) == 1 else ''})"


def format_size(size: Any) -> str:
    """Return a size as it is written: `M - I + 1`, what is added before what is taken away, and the number last."""
    return written(plain(size))


def format_option(value: Any) -> str:
    """Return an operation's option as it is written in a call."""
    value = plain(value)
    if isinstance(value, sp.Dummy):
        return str(value.name)
    if isinstance(value, tuple):
        return f"({', '.join(map(format_option, value))}{',' if len(value) == 1 else ''})"
    return repr(value) if isinstance(value, str) else format_size(value)


def check_shape(lengths: Sequence[Any], owner: str) -> Shape:
    """Return the lengths as SymPy expressions; raise ShapeError unless each is an integer expression ≥ 1."""
    if len(lengths) == 1 and isinstance(lengths[0], tuple | list):
        lengths = lengths[0]
    checked = []
    for length in lengths:
        value = size_formula(length, owner)
        if value.is_Integer and value < 1:
            raise ShapeError(f"{owner}: a size is at least 1, found {length}")
        checked.append(value)
    return tuple(checked)


def size_formula(length: Any, owner: str) -> sp.Expr:
    """Return the SymPy expression of a size; raise ShapeError unless it is an integer that is made from sizes."""
    if isinstance(length, Number | Integral | sp.Expr) and not isinstance(length, bool):
        value = as_formula(length, owner)
        if is_whole(value) and all(map(is_plain_size, value.free_symbols)):
            return value
    raise ShapeError(
        f"{owner}: a size is a positive integer or made from sizes, such as M, N = sizes('M N'); found {length!r}"
    )


def check_name(given: str, owner: str = "a tensor", primes: str = "'′") -> str:
    """Return the name in its normal form; raise NameConflictError if it is not that of an arbitrary tensor.

    What is printed as a name is one: no number, no formula, no known function, and none that the package gives.
    """
    if not (found := as_name(given, primes)) or found in KNOWN:
        hint = ": what arrives at z is cotangent(z)" if str(given).startswith("∂") else ""
        kind = "that of a known function" if found else "letters, digits and underscores, such as x or a_prev"
        raise NameConflictError(f"the name of {owner} is {'not ' * bool(found)}{kind}, found {given!r}{hint}")
    return found


def check_integers(values: Sequence[Any], count: int, owner: str) -> tuple[sp.Expr, ...]:
    """Return integers and integer expressions as they stand in formulas; raise ShapeError unless there are `count`."""
    try:
        exact = tuple(as_formula(v, owner) for v in values)
    except FragmentError as error:
        if any(isinstance(v, sp.Expr) for v in values):
            raise ShapeError(str(error)) from None
        exact = ()
    if len(exact) != count or not all(map(is_whole, exact)):
        raise ShapeError(f"{owner} takes {count} integers or integer expressions, found {format_shape(tuple(values))}")
    return exact


def check_letters(letters: str, rank: int, name: str) -> tuple[str, ...]:
    """Return the letters, separated by spaces; raise ShapeError unless there is none or one per axis."""
    split = tuple(check_name(one, f"an index of {name}") for one in letters.replace(",", " ").split())
    if len(split) not in (0, rank) or len(set(split)) != len(split):
        raise ShapeError(f"{name} has {rank} axes, but the letters {letters!r} for them")
    return split
