"""Points: the smallest ones of sets and functions, of least total size, then in order; and many at once, as columns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import islpy as isl
import numpy as np
import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.meaning import COMPARE
from cnn_symbolic.expressions.rules import as_quotient
from cnn_symbolic.ground.errors import EvaluationError
from cnn_symbolic.kernel.trusted.integer_sets import KIND, Sets

MOST_POINTS = 400


@dataclass(frozen=True)
class Nonzero:
    """Where a coefficient function is not zero.

    `exact` is the set of points of its affine pieces, `found` the smallest point known on the others;
    `settled` says that on those no smaller point exists, or none at all if none was found.
    """

    exact: isl.Set | None
    found: tuple[int, ...] | None
    settled: bool


def smallest(sets: Sets, points: isl.Set) -> tuple[int, ...] | None:
    """Return the point (sizes, then coordinates) of least total size, the first in order; None if empty."""
    if points.is_empty():
        return None
    count = len(sets.sizes)
    flat = points.move_dims(KIND.set, 0, KIND.param, 0, count) if count else points
    flat = flat.insert_dims(KIND.set, 0, 1)
    total = isl.Constraint.alloc_equality(isl.LocalSpace.from_space(flat.get_space()))
    total = total.set_coefficient_val(KIND.set, 0, isl.Val.int_from_si(sets.context, -1))
    for k in range(count):
        total = total.set_coefficient_val(KIND.set, 1 + k, isl.Val.int_from_si(sets.context, 1))
    point = flat.add_constraint(total).lexmin().sample_point()
    dims = flat.dim(KIND.set)
    return tuple(int(point.get_coordinate_val(KIND.set, k).to_str()) for k in range(1, dims))


def point(sets: Sets, coordinates: Sequence[int], like: Any) -> isl.Point:
    """Return the point (sizes, then coordinates) in the space of a coefficient function."""
    made = isl.Point.zero(like.get_domain_space())
    for k, number in enumerate(coordinates):
        kind, at = (KIND.param, k) if k < len(sets.sizes) else (KIND.set, k - len(sets.sizes))
        made = made.set_coordinate_val(kind, at, sets.number(number))
    return made


def at_sizes(sets: Sets, sizes: Sequence[int], like: isl.Set) -> isl.Set:
    """Return all points with the given sizes, in the space of another set."""
    points = isl.Set.universe(like.get_space())
    for k, number in enumerate(sizes):
        points = points.fix_val(KIND.param, k, sets.number(number))
    return points


def accesses(sets: Sets, points: isl.Set) -> isl.Map:
    """Return the map from the entries to what is accessed in them, for points that have both."""
    return isl.Map.from_range(points).move_dims(KIND.in_, 0, KIND.out, 0, len(sets.index))


def value(sets: Sets, function: Any, coordinates: Sequence[int]) -> Fraction:
    """Return a coefficient function at a point."""
    return Fraction(function.eval(point(sets, coordinates, function)).to_str())


def nonzero(sets: Sets, function: Any) -> Nonzero:
    """Return where a function is not zero.

    Pieces that are affine in sizes and indices contribute to the exact set. On the others, points
    are tried in the order of their total size, each size once where only the sizes matter.
    """
    exact: isl.Set | None = None
    found: list[tuple[int, ...]] = []
    settled = True
    for domain, piece in function.get_pieces():
        reduced = piece.gist(domain)
        if reduced.is_zero():
            continue
        if reduced.isa_aff():
            where = isl.PwAff.from_aff(reduced.as_aff()).non_zero_set().intersect(domain)
            exact = where if exact is None else exact.union(where)
            continue
        done, at = first_nonzero(sets, function, reduced, domain)
        settled = settled and done
        found += [at] if at is not None else []
    count = len(sets.sizes)
    first = min(found, key=lambda at: (sum(at[:count]), at), default=None)
    return Nonzero(None if exact is None or exact.is_empty() else exact, first, settled)


def first_nonzero(sets: Sets, function: Any, piece: Any, domain: isl.Set) -> tuple[bool, tuple[int, ...] | None]:
    """Return whether a piece is settled, and its smallest point that is not zero, if one was found."""
    depends = piece.involves_dims(KIND.in_, 0, piece.dim(KIND.in_))
    left = domain
    for _ in range(MOST_POINTS):
        at = smallest(sets, left)
        if at is None:
            return True, None
        if value(sets, function, at) != 0:
            return True, at
        same_sizes = at_sizes(sets, at[: len(sets.sizes)], domain)
        left = left.subtract(isl.Set.from_point(point(sets, at, function)) if depends else same_sizes)
    return False, None


# Many points


class Columns:
    """Integers for sizes, at many points at once; `defined` says at which of them no divisor is less than one."""

    def __init__(self, of: Mapping[sp.Symbol, Any]) -> None:
        self.of = of
        self.count = max((len(column) for column in of.values()), default=1)
        self.defined = np.ones(self.count, dtype=bool)

    def holds(self, conditions: Iterable[Any]) -> Any:
        """Return where all conditions hold, and are defined."""
        found = np.ones(self.count, dtype=bool)
        for condition in conditions:
            found = found & self.value(condition)
        return found & self.defined

    def value(self, e: Any) -> Any:
        """Return the values of an expression in whole numbers, or of a condition; raise EvaluationError for others."""
        if isinstance(e, sp.Symbol):
            return self.of[e]
        if isinstance(e, sp.Integer):
            return int(e)
        if e in (sp.true, sp.false):
            return np.bool_(e == sp.true)
        if isinstance(e, heads.Floor | heads.Ceiling):
            top, bottom = map(self.value, as_quotient(e.args[0]))
            return top // self.divisor(bottom) if isinstance(e, heads.Floor) else -(-top // self.divisor(bottom))
        if isinstance(e, heads.Remainder):
            top, bottom = map(self.value, e.args)
            return top % self.divisor(bottom)
        if isinstance(e, heads.Comparison):
            return COMPARE[e.sign](*map(self.value, e.args))
        if isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp >= 0:
            return self.value(e.base) ** int(e.exp)
        if type(e) in JOINED:
            return reduce(JOINED[type(e)], map(self.value, e.args))
        raise EvaluationError(f"{e} ({type(e).__name__}) has no columns of values")

    def divisor(self, bottom: Any) -> Any:
        """Return a divisor, one in place of what is less."""
        self.defined &= bottom >= 1
        return np.maximum(bottom, 1)


JOINED: dict[type, Callable[[Any, Any], Any]] = {
    sp.Add: operator.add,
    sp.Mul: operator.mul,
    heads.Maximum: np.maximum,
    heads.Minimum: np.minimum,
    heads.Conjunction: np.logical_and,
    heads.Disjunction: np.logical_or,
}
