"""Whether two tensors, or two shapes, can be said to be equal: checked before anything is stated or decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.divisors import required
from cnn_symbolic.expressions.formulas import Shape
from cnn_symbolic.expressions.rules import is_whole
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.expressions.values import as_condition, as_formula, presumed_of
from cnn_symbolic.ground.errors import FragmentError, NameConflictError, OperandError, ShapeError
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Tensor, merge_name


@dataclass(frozen=True)
class Compared:
    """What a statement is made from, once both sides can be compared: sides, shapes, names and assumptions."""

    sides: tuple[Any, Any]
    shapes: tuple[Shape, Shape]
    names: Mapping[str, Tensor]
    assumptions: tuple[Any, ...]


def comparable(left: Any, right: Any, assuming: Iterable[Any] = ()) -> Compared:
    """Return what a statement is made from, without its entry formulas.

    Raises ShapeError when the two sides do not have equally many axes, NameConflictError when they
    use one name for two tensors.
    """
    if not isinstance(assuming, Iterable):
        raise OperandError(f"assumptions are a list of conditions, such as assuming=[M >= I], found {assuming!r}")
    stated = tuple(assuming)
    if any(isinstance(a, bool) for a in stated):
        raise OperandError("an assumption is True or False already: it compares no sizes, such as M >= I")
    names: dict[str, Tensor] = {}
    for side in (left, right):
        part = side.tensor if isinstance(side, ShapeOf) else side
        if isinstance(part, Tensor):
            for named_part in part.names().values():
                merge_name(names, named_part)
    left, right = (side if isinstance(side, Tensor | ShapeOf) else tuple(side) for side in (left, right))
    shapes = tuple(
        side.lengths if isinstance(side, Tensor | ShapeOf) else written_shape(side) for side in (left, right)
    )
    if len(shapes[0]) != len(shapes[1]) or isinstance(left, Tensor) != isinstance(right, Tensor):
        written = [
            side if isinstance(side, Tensor) else format_shape(shape)
            for side, shape in zip((left, right), shapes, strict=True)
        ]
        raise ShapeError(
            f"{written[0]} of shape {format_shape(shapes[0])} cannot be compared with {written[1]} of shape "
            f"{format_shape(shapes[1])}: both sides need equally many axes"
        )
    lengths = (n for shape in (*shapes, *(x.lengths for x in names.values())) for n in shape)
    check_names({s for n in lengths for s in n.free_symbols}, names)
    presumed = required(sorted(presumed_of(stated), key=str), {})
    return Compared((left, right), (shapes[0], shapes[1]), names, (*(as_condition(a) for a in stated), *presumed))


def written_shape(sizes: Iterable[Any]) -> Shape:
    """Return a shape that is written by its sizes; raise OperandError for what is not a size."""
    given = tuple(sizes)
    try:
        exact = tuple(as_formula(n, "a shape") for n in given)
    except FragmentError as error:
        raise OperandError(f"a shape is written by its sizes, such as (M - I + 1, M // 2): {error}") from None
    if not all(map(is_whole, exact)):
        raise OperandError(f"a shape is written by its sizes, integers such as (M - I + 1, M // 2), found {given!r}")
    return exact


def check_names(sizes: Iterable[sp.Symbol], tensors: Mapping[str, Any]) -> None:
    """Raise NameConflictError if a name stands for both a size and a tensor, or for two sizes."""
    names = [str(s) for s in sizes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise NameConflictError(f"{', '.join(sorted(twice))} names both a size and a width: rename one of them")
    clash = set(names) & set(tensors)
    if clash:
        raise NameConflictError(f"{', '.join(sorted(clash))} names both a size and a tensor: rename one of them")
