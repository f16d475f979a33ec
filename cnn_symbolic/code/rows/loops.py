"""Rows of the table: what loops run over.

Trusted. Source: the documentation of Python and NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, describe
from cnn_symbolic.code.arrays.indexing import indexed
from cnn_symbolic.code.rows.making import passes, whole
from cnn_symbolic.code.rows.table import known
from cnn_symbolic.code.state.cells import cell, length_of, position
from cnn_symbolic.code.state.values import Family, LoopPasses
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import substitute


def members(world: World, value: Any) -> Sequence[Any]:
    """Return what a value consists of, where it is known how many there are."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, LoopPasses) and len(value.lengths) == 1 and value.lengths[0].is_Integer:
        return [value.element((sp.Integer(k),)) for k in range(max(0, int(value.lengths[0])))]
    if isinstance(value, Array) and value.rank and length_of(value.dims[0]).is_Integer:
        return [indexed(value, sp.Integer(k)) for k in range(int(length_of(value.dims[0])))]
    raise world.refuse(f"the members of {describe(value)}, whose number is not known")


@known("builtins.range")
def range_(world: World, start: Any, stop: Any = None, step: Any = sp.S.One) -> LoopPasses:
    """Return numbers at equal distances."""
    first, last = (sp.S.Zero, start) if stop is None else (start, stop)
    a, b, d = (whole(world, n, "a bound of range") for n in (first, last, step))
    return LoopPasses((passes(world, a, b, d),), lambda at: a + d * at[0])


@known("numpy.ndindex")
def ndindex(world: World, *shape: Any) -> LoopPasses:
    """Return all indices of a shape."""
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
    return LoopPasses(tuple(whole(world, n, "a size") for n in given), tuple)


@known("itertools.product")
def product(world: World, *iterables: Any) -> LoopPasses:
    """Return all tuples of members, the last one changing first."""
    each = [as_passes(world, one) for one in iterables]
    counts = [len(one.lengths) for one in each]

    def element(at: tuple[sp.Expr, ...]) -> Any:
        rest, found = list(at), []
        for one, n in zip(each, counts, strict=True):
            found.append(one.element(tuple(rest[:n])))
            rest = rest[n:]
        return tuple(found)

    return LoopPasses(tuple(n for one in each for n in one.lengths), element)


@known("builtins.enumerate")
def enumerate_(world: World, iterable: Any, start: Any = sp.S.Zero) -> LoopPasses:
    """Return the members with their numbers."""
    inner = as_passes(world, iterable)
    return LoopPasses(inner.lengths, lambda at: (start + position(at, inner.lengths), inner.element(at)))


@known("builtins.zip")
def zip_(world: World, *iterables: Any) -> Any:
    """Return members at the same places together."""
    if all(isinstance(one, list | tuple) for one in iterables):
        return list(zip(*iterables, strict=False))
    each = [as_passes(world, one) for one in iterables]
    first = each[0]
    for one in each[1:]:
        pairs = zip_longest(one.lengths, first.lengths, fillvalue=sp.S.Zero)
        if not all(world.same(n, m) for n, m in pairs):
            raise world.refuse("zip of what has different numbers of members")
    return LoopPasses(first.lengths, lambda at: tuple(one.element(at) for one in each))


@known("builtins.reversed")
def reversed_(world: World, sequence: Any) -> Any:
    """Return the members from the last to the first."""
    if isinstance(sequence, list | tuple):
        return list(reversed(sequence))
    inner = as_passes(world, sequence)
    if len(inner.lengths) != 1:
        raise world.refuse("reversed of several loops")
    return LoopPasses(inner.lengths, lambda at: inner.element((inner.lengths[0] - 1 - at[0],)))


def as_passes(world: World, value: Any) -> LoopPasses:
    """Return what a loop over a value runs over."""
    if isinstance(value, LoopPasses):
        return value
    if isinstance(value, Array) and value.rank:
        return LoopPasses((length_of(value.dims[0]),), lambda at: row_of(value, at[0]))
    if isinstance(value, Family) and isinstance(value.member, sp.Expr):
        return LoopPasses(value.lengths, lambda at: substitute(value.member, dict(zip(value.index, at, strict=True))))
    if isinstance(value, list | tuple):
        raise world.refuse("a loop over a list together with one of symbolic length")
    raise world.refuse(f"a loop over {describe(value)}")


def row_of(a: Array, i: sp.Expr) -> Any:
    """Return the part of an array at a number of its first axis."""
    row = a.view(a.dims[1:], lambda index: [*cell(i, a.dims[0]), *index])
    return row if row.rank else row.reading()(())
