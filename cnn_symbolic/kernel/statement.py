"""What the kernel decides: two entry formulas with their shapes, and the sizes they are compared at.

A statement is about its left side. It says: at all sizes that satisfy the assumptions and at which the
left side is defined, the right side is defined too, has the same shape, and has the same entries,
whatever the entries of the tensors. It holds SymPy expressions only; where they come from (operations,
differentiation, a file) makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from cnn_symbolic.errors import NameConflictError, OperandError, ShapeError
from cnn_symbolic.formulas import Shape, condition, fresh, is_size
from cnn_symbolic.shapes import format_shape
from cnn_symbolic.tensors import Named, ShapeOf, Tensor, merge_name

__all__ = ["Declaration", "Side", "Statement", "state"]


@dataclass(frozen=True)
class Declaration:
    """A tensor that formulas mention: its shape and, for an intermediate result, its entry formula at `index`."""

    shape: Shape
    index: tuple[sp.Symbol, ...] = ()
    definition: sp.Expr | None = None


@dataclass(frozen=True)
class Side:
    """One side of a statement: its shape, its entry formula, and the conditions under which it is defined.

    Sizes or a formula that are written by hand have no conditions of their own: `requirements` is None,
    and the side counts as defined where the other one is.
    """

    text: str
    shape: Shape
    formula: sp.Expr
    requirements: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Statement:
    """Two sides that are said to be equal, at the entries `index`, under the assumptions."""

    left: Side
    right: Side
    index: tuple[sp.Symbol, ...]
    tensors: Mapping[str, Declaration]
    assumptions: tuple[Any, ...] = ()

    @cached_property
    def sizes(self) -> tuple[sp.Symbol, ...]:
        """All size symbols, in the order in which they appear in the tensors, sides and assumptions."""
        found: dict[sp.Symbol, None] = {}
        declared = [d.shape for d in self.tensors.values()]
        formulas = [d.definition for d in self.tensors.values() if d.definition is not None]
        parts: list[Any] = [s for shape in declared for s in shape]
        for side in (self.left, self.right):
            parts += [*side.shape, *(side.requirements or ()), side.formula]
        for part in [*parts, *formulas, *self.assumptions]:
            for symbol in sorted(getattr(part, "free_symbols", ()), key=str):
                if is_size(symbol):
                    found[symbol] = None
        return tuple(found)

    def describe(self) -> str:
        """Return the statement as one line of text."""
        return f"{self.left.text} = {self.right.text}"


def state(left: Tensor | ShapeOf, right: Tensor | ShapeOf | Iterable[Any], assuming: Iterable[Any] = ()) -> Statement:
    """Return the statement that two tensors, or the shape of a tensor and some sizes, are equal.

    Raises ShapeError when the two sides do not have equally many axes, NameConflictError when they
    use one name for two tensors.
    """
    if not isinstance(assuming, Iterable):
        raise OperandError(f"assumptions are a list of conditions, such as assuming=[M >= I], found {assuming!r}")
    stated = tuple(assuming)
    if any(isinstance(a, bool) for a in stated):
        raise OperandError("an assumption is True or False already: Python's == compares at once, use sympy.Eq")
    names: dict[str, Tensor] = {}
    for side in (left, right):
        part = side.tensor if isinstance(side, ShapeOf) else side
        if isinstance(part, Tensor):
            for named_part in part.names().values():
                merge_name(names, named_part)
    rank = len(left.shape)
    if isinstance(right, Tensor | ShapeOf):
        shape = right.shape
    else:
        shape = tuple(sp.Integer(n) if isinstance(n, int) else n for n in right)
    if rank != len(shape) or isinstance(left, Tensor) != isinstance(right, Tensor):
        written = right if isinstance(right, Tensor) else format_shape(shape)
        raise ShapeError(
            f"{left if isinstance(left, Tensor) else format_shape(left.shape)} of shape {format_shape(left.shape)} "
            f"cannot be compared with {written} of shape {format_shape(shape)}: both sides need equally many axes"
        )
    index = fresh("ijkl"[a] if a < 4 else f"i{a}" for a in range(rank))
    statement = Statement(
        left=make_side(left, index),
        right=make_side(right if isinstance(right, Tensor | ShapeOf) else shape, index),
        index=index,
        tensors={name: declare(part) for name, part in names.items()},
        assumptions=tuple(condition(a) for a in stated),
    )
    check_names(statement)
    return statement


def check_names(statement: Statement) -> None:
    """Raise NameConflictError if a name stands for both a size and a tensor."""
    clash = {str(s) for s in statement.sizes} & set(statement.tensors)
    if clash:
        raise NameConflictError(f"{', '.join(sorted(clash))} names both a size and a tensor: rename one of them")


def make_side(side: Tensor | ShapeOf | Shape, index: tuple[sp.Symbol, ...]) -> Side:
    """Return a tensor as a side; a shape is the side whose entries are all zero."""
    if isinstance(side, Tensor):
        return Side(str(side), side.shape, side.formula(index), side.requirements())
    if isinstance(side, ShapeOf):
        return Side(f"shape({side.tensor})", side.shape, sp.S.Zero, side.tensor.requirements())
    return Side(format_shape(side), side, sp.S.Zero)


def declare(part: Tensor) -> Declaration:
    """Return what formulas have to know of a tensor with a name."""
    if isinstance(part.source, Named):
        index = fresh("i" * part.rank)
        return Declaration(part.shape, index, part.source.definition.formula(index))
    return Declaration(part.shape)
