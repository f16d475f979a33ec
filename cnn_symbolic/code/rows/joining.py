"""Rows of the table: arrays put together, repeated, padded and split.

Trusted. Source: the documentation of NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, as_array, broadcast, computed, stacked
from cnn_symbolic.code.arrays.indexing import Slice, indexed
from cnn_symbolic.code.arrays.numbers import as_number
from cnn_symbolic.code.arrays.reshaping import axes_of, permuted, reshaped
from cnn_symbolic.code.rows.making import whole, whole_or_real
from cnn_symbolic.code.rows.shapes import EVERYTHING, moveaxis
from cnn_symbolic.code.rows.table import known
from cnn_symbolic.code.state.cells import cell, length_of
from cnn_symbolic.code.state.memory import Loop
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import bound_sum


def check_same(world: World, arrays: Sequence[Array], what: str) -> None:
    """Require that arrays have the same shape."""
    for a in arrays[1:]:
        if a.rank != arrays[0].rank:
            raise world.raised(f"ValueError: {what}: arrays with {arrays[0].rank} and {a.rank} axes")
        for n, m in zip(arrays[0].lengths, a.lengths, strict=True):
            if not world.same(n, m):
                world.require(rules.compare("=", n, m), f"ValueError: {what}: the sizes {n} and {m} of an axis differ")


@known("numpy.concatenate")
def concatenate(world: World, arrays: Any, axis: Any = sp.S.Zero) -> Array:
    """Return arrays one after the other along an axis."""
    if isinstance(arrays, Array) and arrays.rank > 1:  # its parts along the first axis
        (k,) = axes_of(world, axis, arrays.rank - 1)
        moved = permuted(arrays, [*range(1, k + 1), 0, *range(k + 1, arrays.rank)])
        joined = [*moved.dims[:k], (*moved.dims[k], *moved.dims[k + 1]), *moved.dims[k + 2 :]]
        return moved.view(joined, list).copy()
    if not isinstance(arrays, list | tuple):
        raise world.refuse("np.concatenate of arrays whose number is not known")
    parts = [as_array(world, part) for part in arrays]
    (k,) = axes_of(world, axis, parts[0].rank)
    if any(part.rank != parts[0].rank for part in parts):
        raise world.raised("ValueError: concatenate: arrays with different numbers of axes")
    lengths = [length_of(part.dims[k]) for part in parts]
    others = [part.view([(sp.S.One,) if n == k else dim for n, dim in enumerate(part.dims)], list) for part in parts]
    check_same(world, others, "concatenate")
    around = broadcast(world, others, "concatenate")
    dims = [(sp.expand(sp.Add(*lengths)),) if n == k else dim for n, dim in enumerate(around)]
    before = sum(len(dim) for dim in dims[:k])
    entries = [part.reading() for part in parts]

    def value(index: Sequence[sp.Expr]) -> Any:
        i, total, start = index[before], sp.S.Zero, sp.S.Zero
        for part, entry, n in zip(parts, entries, lengths, strict=True):
            own = sp.expand(i - start)
            inside = rules.all_of(rules.compare(">=", own, sp.S.Zero), rules.compare("<", own, n))
            total = total + rules.bracket(inside) * entry(
                [*index[:before], *cell(own, part.dims[k]), *index[before + 1 :]]
            )
            start = sp.expand(start + n)
        return total

    return computed(world, dims, value)


@known("numpy.stack")
def stack(world: World, arrays: Any, axis: Any = sp.S.Zero) -> Array:
    """Return arrays as the members of a new axis."""
    if isinstance(arrays, Array):  # of a list of symbolic length, along the first axis
        return moveaxis(world, arrays, sp.S.Zero, axis)
    parts = [as_array(world, part) for part in arrays]
    return stacked(world, parts, axes_of(world, axis, parts[0].rank + 1)[0])


@known("numpy.repeat", "ndarray.repeat")
def repeat(world: World, a: Any, repeats: Any, axis: Any = None) -> Array:
    """Return every cell so many times along an axis."""
    a = as_array(world, a)
    if axis is None:
        a = reshaped(a, [sp.S.NegativeOne])
    ((k,),) = (axes_of(world, sp.S.Zero if axis is None else axis, a.rank),)
    n = whole(world, repeats, "the number of repetitions")
    at = sum(len(dim) for dim in a.dims[: k + 1])
    entry = a.reading()
    dims = [(*dim, n) if i == k else dim for i, dim in enumerate(a.dims)]
    return computed(world, dims, lambda index: entry([*index[:at], *index[at + 1 :]]), a.kind, True)


@known("numpy.tile")
def tile(world: World, A: Any, reps: Any) -> Array:
    """Return an array so many times along its axes."""
    a = as_array(world, A)
    times = [whole(world, n, "a number of repetitions") for n in (reps if isinstance(reps, list | tuple) else [reps])]
    while len(times) < a.rank:
        times.insert(0, sp.S.One)
    while a.rank < len(times):
        a = indexed(a, (None, Ellipsis))
    entry = a.reading()
    dims = [dim if n == 1 else (n, *dim) for n, dim in zip(times, a.dims, strict=True)]

    def value(index: Sequence[sp.Expr]) -> Any:
        rest, at = list(index), []
        for n, dim in zip(times, a.dims, strict=True):
            rest = rest if n == 1 else rest[1:]
            at += rest[: len(dim)]
            rest = rest[len(dim) :]
        return entry(at)

    return computed(world, dims, value, a.kind, True)


@known("numpy.pad")
def pad(world: World, array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = sp.S.Zero) -> Array:
    """Return an array with cells around it: a number, or what the mode says."""
    a = as_array(world, array)
    widths = pad_widths(world, pad_width, a.rank)
    for width in (w for pair in widths for w in pair):
        world.require(rules.compare(">=", width, sp.S.Zero), f"ValueError: pad: the width {width} is below zero")
    entry = a.reading()
    constants = constant_values if isinstance(constant_values, tuple | list) else [constant_values]
    if not constants or any(isinstance(n, tuple | list) or n != constants[0] for n in constants):
        raise world.refuse("np.pad with several constants")
    filled = whole_or_real(world, constants[0])
    dims = [
        dim if low == high == 0 else (sp.expand(low + length_of(dim) + high),)
        for dim, (low, high) in zip(a.dims, widths, strict=True)
    ]
    check_reflections(world, mode, a, widths)

    def value(index: Sequence[sp.Expr]) -> Any:
        rest, at, conditions = list(index), [], []
        for dim, pair in zip(a.dims, widths, strict=True):
            if pair == (0, 0):
                at += rest[: len(dim)]
                rest = rest[len(dim) :]
                continue
            n, i = length_of(dim), sp.expand(rest.pop(0) - pair[0])
            if mode == "constant":
                conditions += [rules.compare(">=", i, sp.S.Zero)] if pair[0] != 0 else []
                conditions += [rules.compare("<", i, n)] if pair[1] != 0 else []
            else:
                i = mirrored(world, str(mode), i, n)
            at += cell(i, dim)
        inside = rules.all_of(*conditions)
        if filled == 0:
            return rules.bracket(inside) * entry(at)
        return rules.bracket(inside) * entry(at) + rules.bracket(rules.negation(inside)) * filled

    return computed(world, dims, value, a.kind, a.in_order)


def pad_widths(world: World, given: Any, rank: int) -> list[tuple[sp.Expr, sp.Expr]]:
    """Return the widths before and after every axis: a number, one pair for all, or one for each."""
    if not isinstance(given, list | tuple):
        width = whole(world, given, "a width")
        return [(width, width)] * rank
    rows: Sequence[Any] = given if isinstance(given[0], list | tuple) else [given]
    pairs = []
    for row in rows:
        parts = [whole(world, part, "a width") for part in (row if isinstance(row, list | tuple) else [row])]
        if len(parts) not in (1, 2):
            raise world.raised(f"ValueError: pad: {len(parts)} widths for an axis")
        pairs.append((parts[0], parts[-1]))
    if len(pairs) == 1:
        pairs *= rank
    if len(pairs) != rank:
        raise world.raised(f"ValueError: pad: {len(pairs)} pairs of widths for an array with {rank} axes")
    return pairs


def check_reflections(world: World, mode: Any, a: Array, widths: Sequence[tuple[sp.Expr, sp.Expr]]) -> None:
    """Refuse modes that are not known, and paddings that reflect more than once."""
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise world.refuse(f"np.pad with the mode {mode!r}")
    least = {"reflect": 1, "symmetric": 0}.get(str(mode))
    for dim, (low, high) in zip(a.dims, widths, strict=True):
        if mode != "constant" and (low, high) != (0, 0):
            extends = rules.any_of(
                rules.compare(">=", length_of(dim), sp.S.One), rules.compare("=", sp.expand(low + high), sp.S.Zero)
            )
            world.require(extends, f"ValueError: pad: the mode {mode} of an axis without cells")
    for dim, pair in zip(a.dims, widths, strict=True):
        for width in pair if least is not None else ():
            if not world.holds(rules.compare("<=", sp.expand(width + least), length_of(dim))):
                raise world.refuse(f"np.pad that reflects an axis more than once: {width} may be too large")


def mirrored(world: World, mode: str, i: sp.Expr, n: sp.Expr) -> sp.Expr:
    """Return the cell of an axis that a cell of the padding repeats."""
    if mode == "edge":
        return rules.minimum(rules.maximum(i, sp.S.Zero), n - 1)
    if mode == "wrap":
        return rules.remainder(i, n)
    off = 0 if mode == "reflect" else 1
    below, above = rules.compare("<", i, sp.S.Zero), rules.compare(">=", i, n)
    return rules.where(below, -i - off, rules.where(above, 2 * (n - 1) + off - i, i))


@known("numpy.insert")
def insert(world: World, arr: Any, obj: Any, values: Any, axis: Any = None) -> Array:
    """Return an array with zeros inserted, so many before each of some cells of an axis that follow each other.

    Cell j is at j + b·(how many of the cells before which something is inserted are not after it).
    """
    a, places = as_array(world, arr), as_array(world, obj)
    if axis is None or as_number(world, values) != 0 or places.rank > 1 or len(places.atoms) > 2:
        raise world.refuse("np.insert, but of zeros before cells of one axis that follow each other")
    (k,) = axes_of(world, axis, a.rank)
    index, at = places.written()
    count, each = (*places.atoms, sp.S.One, sp.S.One)[:2]
    first = sp.expand(at - index[0]) if index else at
    if set(index) & first.free_symbols or world.varies(first):
        raise world.refuse("np.insert before cells that do not follow each other")
    n, before = length_of(a.dims[k]), sum(len(dim) for dim in a.dims[:k])
    entry, j = a.reading(), sp.Dummy("j", integer=True)
    with world.within(Loop(j, n)):
        passed = sp.expand(j - first + 1)
        passed = passed if world.sign(passed) == 1 else rules.maximum(passed, sp.S.Zero)
        within = world.holds(rules.compare("<=", passed, count))
        place = sp.expand(j + each * (passed if within else rules.minimum(passed, count)))

    def value(here: Sequence[sp.Expr]) -> Any:
        inner = [*here[:before], *cell(j, a.dims[k]), *here[before + 1 :]]
        return bound_sum(rules.delta(here[before], place) * entry(inner), (j,), (n,))

    dims = [(sp.expand(n + count * each),) if i == k else dim for i, dim in enumerate(a.dims)]
    return computed(world, dims, value)


@known("numpy.split")
def split(world: World, ary: Any, indices_or_sections: Any, axis: Any = sp.S.Zero) -> list[Any]:
    """Return the parts of an array along an axis, so many of one size."""
    a, n = as_array(world, ary), as_number(world, indices_or_sections)
    (k,) = axes_of(world, axis, a.rank)
    if not isinstance(n, sp.Integer) or n < 1:
        raise world.refuse("np.split into a number of parts that is not written out")
    length = length_of(a.dims[k])
    size, left = world.quotient(length, n)
    world.require(rules.compare("=", left, sp.S.Zero), f"ValueError: split: {length} cells are no multiple of {n}")
    return [
        indexed(a, (*[EVERYTHING] * k, Slice(sp.expand(i * size), sp.expand((i + 1) * size), None)))
        for i in range(int(n))
    ]
