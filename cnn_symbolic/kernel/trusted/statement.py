"""What the kernel decides: two entry formulas with their shapes, and the sizes they are compared at.

A statement is about its left side. It says: at all sizes that satisfy the assumptions and at which the
left side is defined, the right side is defined too, has the same shape, and has the same entries,
whatever the entries of the tensors. It holds SymPy expressions only; where they come from (operations,
differentiation, a file) makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.divisors import required
from cnn_symbolic.expressions.formulas import Shape, fresh, substitute, symbols_of
from cnn_symbolic.expressions.heads import AtLeast
from cnn_symbolic.expressions.rules import is_plain_size, least
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.expressions.values import presumed_of
from cnn_symbolic.tensors.comparing import check_names, comparable, written_shape
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Named
from cnn_symbolic.tensors.tensor import Tensor


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
    and the side counts as defined where the other one is, and where its `divisors` are at least one.
    """

    text: str
    shape: Shape
    formula: sp.Expr
    requirements: tuple[Any, ...] | None = None
    divisors: tuple[Any, ...] = ()

    @property
    def conditions(self) -> tuple[Any, ...]:
        """All conditions under which the side is defined."""
        return (*(self.requirements or ()), *self.divisors)


@dataclass(frozen=True)
class Origin:
    """What a statement was made from: its sides and assumptions as they were written, with their readings."""

    left: Any
    right: Any
    assuming: tuple[Any, ...]


@dataclass(frozen=True)
class Statement:
    """Two sides that are said to be equal, at the entries `index`, under the assumptions."""

    left: Side
    right: Side
    index: tuple[sp.Symbol, ...]
    tensors: Mapping[str, Declaration]
    assumptions: tuple[Any, ...] = ()
    origin: Origin | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))

    def parts(self) -> Iterator[Any]:
        """Yield what the statement is made of, down to what cannot be changed."""
        yield from (self.left, self.right, self.index, self.tensors, self.assumptions, self.origin, self.sizes)
        for part in (self.left, self.right, *self.tensors.values()):
            yield part
            yield from vars(part).values()

    @cached_property
    def sizes(self) -> tuple[sp.Symbol, ...]:
        """All size symbols, in the order in which they appear in the tensors, sides and assumptions."""
        found: dict[sp.Symbol, None] = {}
        declared = [d.shape for d in self.tensors.values()]
        parts: list[Any] = [s for shape in declared for s in shape]
        for side in (self.left, self.right):
            parts += [*side.shape, *side.conditions, side.formula]
        sides = (self.origin.left, self.origin.right) if self.origin is not None else ()
        made_from = [x for side in sides if isinstance(side, Tensor) for x in side.parts()]
        inner = [length for x in made_from for length in x.lengths]
        for part in [*parts, *self.formulas, *self.assumptions, *inner]:
            if isinstance(part, sp.Basic):
                found |= dict.fromkeys(sorted(filter(is_plain_size, symbols_of(part)), key=attrgetter("name")))
        return tuple(found)

    @property
    def formulas(self) -> tuple[sp.Expr, ...]:
        """The entry formulas of both sides, and the definitions."""
        defined = [d.definition for d in self.tensors.values() if d.definition is not None]
        return (self.left.formula, self.right.formula, *defined)

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The conditions on the sizes at which the statement is about its sides."""
        return (*self.assumptions, *self.subject.conditions, *self.left.divisors)

    @property
    def subject(self) -> Side:
        """The side that the statement is about: the left one, unless only the right one says where it is defined."""
        by_hand = self.left.requirements is None and self.right.requirements is not None
        return self.right if by_hand else self.left

    def at(self, values: Mapping[Any, int | sp.Expr]) -> Statement:
        """Return the statement at values of sizes, or of expressions in them; that of a size is assumed to be one."""
        exact = {s: sp.Integer(value) if isinstance(value, int) else value for s, value in values.items()}
        is_size = tuple(
            AtLeast(e, sp.Integer(least(s))) for s, e in exact.items() if is_plain_size(s) and not e.is_Integer
        )
        found = self.changed(lambda e: substitute(e, exact))
        return replace(found, assumptions=(*found.assumptions, *is_size))

    def changed(self, change: Callable[[Any], Any]) -> Statement:
        """Return the statement with every expression and condition in it changed."""

        def fixed(e: Any) -> Any:
            if isinstance(e, tuple):
                return tuple(map(fixed, e))
            if isinstance(e, Side | Declaration):
                return replace(e, **{part.name: fixed(getattr(e, part.name)) for part in fields(e)})
            return change(e) if isinstance(e, sp.Basic) else e

        tensors = {name: fixed(declared) for name, declared in self.tensors.items()}
        return Statement(fixed(self.left), fixed(self.right), self.index, tensors, fixed(self.assumptions))

    def describe(self) -> str:
        """Return the statement as one line of text."""
        return f"{self.left.text} = {self.right.text}"


def state(
    left: Tensor | ShapeOf | Iterable[Any], right: Tensor | ShapeOf | Iterable[Any], assuming: Iterable[Any] = ()
) -> Statement:
    """Return the statement that two tensors, or two shapes, are equal; a shape may be written by its sizes.

    Raises ShapeError when the two sides do not have equally many axes, NameConflictError when they
    use one name for two tensors.
    """
    stated = tuple(assuming) if isinstance(assuming, Iterable) else assuming
    compared = comparable(left, right, stated)
    index = fresh("ijkl"[a] if a < 4 else f"i{a}" for a in range(len(compared.shapes[0])))
    sides = [make_side(side, index) for side in compared.sides]
    statement = Statement(
        left=sides[0],
        right=sides[1],
        index=index,
        tensors={name: declare(part) for name, part in compared.names.items()},
        assumptions=compared.assumptions,
        origin=Origin(*compared.sides, stated),
    )
    check_names(statement.sizes, statement.tensors)
    return statement


def make_side(side: Any, index: tuple[sp.Symbol, ...]) -> Side:
    """Return a tensor as a side; a shape is the side whose entries are all zero."""
    if isinstance(side, Tensor):
        return Side(str(side), side.lengths, side.formula(index), side.requirements())
    if isinstance(side, ShapeOf):
        return Side(f"shape({side.tensor})", side.lengths, sp.S.Zero, side.tensor.requirements())
    divisors = required(sorted(presumed_of(side), key=str), {})
    return Side(format_shape(side), written_shape(side), sp.S.Zero, None, divisors)


def declare(part: Tensor) -> Declaration:
    """Return what formulas have to know of a tensor with a name."""
    if isinstance(part.source, Named):
        index = fresh("i" * part.rank)
        return Declaration(part.lengths, index, part.source.definition.formula(index))
    return Declaration(part.lengths)
