"""Formulas multiplied out, as the Coq library multiplies them out: sums over boxes of products under conditions.

Not trusted: this follows `slope` and `flatten` of the library step by step, to know which term stands where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from cnn_symbolic.certificates.trusted.expressions import (
    CoqEntry,
    CoqFunction,
    CoqInverse,
    Expression,
    Guard,
    Integer,
    Plus,
    Sum,
    Times,
)
from cnn_symbolic.expressions.formulas import Opaque
from cnn_symbolic.expressions.heads import AtLeast, Equal, Less
from cnn_symbolic.expressions.rules import conjuncts

__all__ = ["Factor", "Flat", "depends", "flatten", "is_affine", "next_function", "slope"]

Factor = CoqEntry | CoqFunction | Integer | CoqInverse


@dataclass(frozen=True)
class Same(Expression):
    """`body` where the index is the entry `at` that a formula is differentiated by, else 0."""

    body: Expression
    index: tuple[sp.Expr, ...]
    at: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Flat:
    """One term: the bound indices with their bounds, the conditions, the factors."""

    box: tuple[tuple[sp.Symbol, sp.Expr, sp.Expr], ...]
    conditions: tuple[Guard | Same, ...]
    factors: tuple[Factor, ...]

    @property
    def bound(self) -> tuple[sp.Symbol, ...]:
        """The bound indices, the outermost first."""
        return tuple(index for index, _, _ in self.box)

    @property
    def relations(self) -> list[Any]:
        """The conditions as comparisons of indices and sizes, without the bounds of the box."""
        found: list[Any] = []
        for c in self.conditions:
            if isinstance(c, Same):
                found += [Equal(a, b) for a, b in zip(c.index, c.at, strict=True)]
            elif c.index is None:
                found += conjuncts(c.holds)
            else:
                for i, n in zip(c.index, c.shape, strict=True):
                    found += [AtLeast(i, sp.S.Zero), Less(i, n)]
        return found

    @property
    def signature(self) -> tuple[Any, ...]:
        """Which tensors and functions of tensors are multiplied."""
        return tuple(sorted(key for f in self.factors if (key := key_of(f)) is not None))

    def renamed(self, names: Mapping[sp.Symbol, sp.Expr]) -> Flat:
        """Return the term with other symbols; the box keeps its indices."""
        return Flat(
            tuple((names.get(i, i), put(low, names), put(high, names)) for i, low, high in self.box),
            tuple(put_condition(c, names) for c in self.conditions),
            tuple(put_factor(f, names) for f in self.factors),
        )


def put(e: Any, names: Mapping[sp.Symbol, sp.Expr]) -> Any:
    """Return an expression with other symbols."""
    return e.xreplace(dict(names))


def put_condition(c: Guard | Same, names: Mapping[sp.Symbol, sp.Expr]) -> Guard | Same:
    """Return a condition with other symbols."""
    if isinstance(c, Same):
        return replace(c, index=tuple(put(i, names) for i in c.index), at=tuple(put(i, names) for i in c.at))
    index = None if c.index is None else tuple(put(i, names) for i in c.index)
    return replace(c, holds=put(c.holds, names), shape=tuple(put(n, names) for n in c.shape), index=index)


def put_factor(f: Factor, names: Mapping[sp.Symbol, sp.Expr]) -> Factor:
    """Return a factor with other symbols."""
    if isinstance(f, CoqEntry):
        return replace(f, index=tuple(put(i, names) for i in f.index))
    if isinstance(f, CoqFunction):
        return replace(f, argument=replace(f.argument, index=tuple(put(i, names) for i in f.argument.index)))
    if isinstance(f, Integer):
        return Integer(put(f.value, names))
    return CoqInverse(put(f.of, names))


def key_of(f: Factor) -> tuple[Any, ...] | None:
    """Return what a factor is an entry of; None for a number."""
    if isinstance(f, CoqEntry):
        return (f.tensor, "", 0)
    if isinstance(f, CoqFunction):
        return (f.argument.tensor, f.name, f.order)
    return None


def index_of(f: Factor) -> tuple[sp.Expr, ...]:
    """Return the index of the entry that a factor is; () for a number."""
    if isinstance(f, CoqEntry):
        return f.index
    return f.argument.index if isinstance(f, CoqFunction) else ()


def depends(e: Expression) -> bool:
    """Tell whether an expression has entries of the tensor in it that it is differentiated by."""
    if isinstance(e, Plus | Times):
        return depends(e.left) or depends(e.right)
    if isinstance(e, Guard | Sum | Same):
        return depends(e.body)
    return (isinstance(e, CoqEntry) and e.derived) or (isinstance(e, CoqFunction) and e.argument.derived)


def is_affine(e: Expression) -> bool:
    """Tell whether an expression is affine in the tensor that it is differentiated by."""
    if isinstance(e, Times):
        return is_affine(e.left) and is_affine(e.right) and not (depends(e.left) and depends(e.right))
    if isinstance(e, Plus):
        return is_affine(e.left) and is_affine(e.right)
    if isinstance(e, Guard | Sum):
        return is_affine(e.body)
    return not (isinstance(e, CoqFunction) and e.argument.derived)


def slope(e: Expression, at: Sequence[sp.Expr]) -> Expression | None:
    """Return the derivative by the entry `at`; None if there is nothing to differentiate."""
    if not depends(e):
        return None
    if isinstance(e, CoqEntry):
        return Same(Integer(sp.S.One), e.index, tuple(at))
    if isinstance(e, CoqFunction):
        name, order = next_function(e.name, e.order)
        return Same(CoqFunction(name, order, e.argument), e.argument.index, tuple(at))
    if isinstance(e, Guard | Sum):
        inner = slope(e.body, at)
        return None if inner is None else replace(e, body=inner)
    if not isinstance(e, Plus | Times):
        return None
    left, right = slope(e.left, at), slope(e.right, at)
    if isinstance(e, Times):
        left = None if left is None else Times(left, e.right)
        right = None if right is None else Times(e.left, right)
    return Plus(left, right) if left is not None and right is not None else left or right


def next_function(name: str, order: int) -> tuple[str, int]:
    """Return the name and order of the derivative of a function."""
    made = Opaque(name, order + 1, sp.Symbol("x"))
    return made.name, made.order


def flatten(e: Expression) -> list[Flat]:
    """Return the terms whose sum an expression is."""
    if isinstance(e, Plus):
        return flatten(e.left) + flatten(e.right)
    if isinstance(e, Times):
        return [
            Flat(a.box + b.box, a.conditions + b.conditions, a.factors + b.factors)
            for a in flatten(e.left)
            for b in flatten(e.right)
        ]
    if isinstance(e, Guard | Same):
        return [replace(t, conditions=(e, *t.conditions)) for t in flatten(e.body)]
    if isinstance(e, Sum):
        return [replace(t, box=((e.index, e.low, e.high), *t.box)) for t in flatten(e.body)]
    return [Flat((), (), (e,))] if isinstance(e, CoqEntry | CoqFunction | Integer | CoqInverse) else []
