"""Formulas multiplied out, as the Coq library multiplies them out: sums over boxes of products under conditions.

Not trusted: this follows `slope` and `flatten` of the library step by step, to know which term stands where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.expressions import (
    CoqEntry,
    CoqFactor,
    CoqFunction,
    Expression,
    Guard,
    Integer,
    Plus,
    Square,
    Sum,
    Times,
    depends,
    moved,
    renamed,
)
from cnn_symbolic.expressions.heads import Equal, Opaque
from cnn_symbolic.expressions.rules import all_of

ONE, TWO = Integer(sp.S.One), Integer(sp.Integer(2))


@dataclass(frozen=True)
class Flat:
    """One term: the bound indices with their bounds, the conditions besides these, the factors."""

    box: tuple[tuple[sp.Symbol, sp.Expr, sp.Expr], ...]
    relations: tuple[Any, ...]
    factors: tuple[CoqFactor, ...]

    @property
    def bound(self) -> tuple[sp.Symbol, ...]:
        """The bound indices, the outermost first."""
        return tuple(index for index, _, _ in self.box)

    @property
    def zeros(self) -> list[sp.Expr]:
        """What the equations among the conditions say to be zero."""
        return [holds.lhs - holds.rhs for holds in self.relations if isinstance(holds, Equal)]

    @property
    def signature(self) -> tuple[Any, ...]:
        """Which tensors and functions of tensors are multiplied."""
        return tuple(sorted(key for f in self.factors if (key := key_of(f)) is not None))

    def renamed(self, names: Mapping[sp.Symbol, sp.Expr]) -> Flat:
        """Return the term with other symbols."""
        return Flat(*(renamed(part, names) for part in (self.box, self.relations, self.factors)))


def key_of(f: CoqFactor) -> tuple[Any, ...] | None:
    """Return what a factor is an entry of; None for a number."""
    if isinstance(f, CoqEntry):
        return (f.tensor, "", 0)
    if isinstance(f, CoqFunction):
        return (f.argument.tensor, f.name, f.order)
    return None


def index_of(f: CoqFactor) -> tuple[sp.Expr, ...]:
    """Return the index of the entry that a factor is; () for a number."""
    return () if f.entry is None else f.entry.index


def is_affine(e: Expression) -> bool:
    """Tell whether an expression is affine in the tensor that it is differentiated by."""
    if isinstance(e, Times):
        return is_affine(e.left) and is_affine(e.right) and not (depends(e.left) and depends(e.right))
    if isinstance(e, Plus):
        return is_affine(e.left) and is_affine(e.right)
    if isinstance(e, Guard | Sum):
        return is_affine(e.body)
    return not (isinstance(e, CoqFunction | Square) and depends(e))


def slope(e: Expression, at: Sequence[sp.Expr]) -> Expression | None:
    """Return the derivative by the entry `at`; None if there is nothing to differentiate."""
    if not depends(e):
        return None
    if isinstance(e, CoqEntry):
        return Guard(ONE, all_of(*(Equal(i, k) for i, k in zip(e.index, at, strict=True))))
    if isinstance(e, CoqFunction):
        inner = slope(e.inner, at)
        return None if inner is None else Times(CoqFunction(*next_function(e.name, e.order), e.argument), inner)
    if isinstance(e, Square):
        inner = slope(e.body, at)
        return None if inner is None else Times(Times(TWO, moved(e.body, {})), inner)
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


def slope_terms(e: Expression, at: Sequence[sp.Expr]) -> list[Flat]:
    """Return the terms whose sum is the derivative by the entry `at`."""
    derived = slope(e, at)
    return [] if derived is None else flatten(derived)


def next_function(name: str, order: int) -> tuple[str, int]:
    """Return the name and order of the derivative of a function; raise NotCertified if it is not one function."""
    made = Opaque(name, order + 1, sp.Symbol("x"))
    if not isinstance(made, Opaque):
        raise NotCertified(f"the derivative of {name} is {made}, for which certificates have no lemma")
    return made.name, made.order


def flatten(e: Expression) -> list[Flat]:
    """Return the terms whose sum an expression is."""
    if isinstance(e, Plus):
        return flatten(e.left) + flatten(e.right)
    if isinstance(e, Times):
        return [
            Flat(a.box + b.box, a.relations + b.relations, a.factors + b.factors)
            for a in flatten(e.left)
            for b in flatten(e.right)
        ]
    if isinstance(e, Guard):
        return [replace(t, relations=(*e.conditions, *t.relations)) for t in flatten(e.body)]
    if isinstance(e, Sum):
        return [replace(t, box=((e.index, e.low, e.high), *t.box)) for t in flatten(e.body)]
    if isinstance(e, Square):
        return flatten(Times(e.body, moved(e.body, {})))
    return [Flat((), (), (e.held if isinstance(e, CoqFunction) else e,))] if isinstance(e, CoqFactor) else []
