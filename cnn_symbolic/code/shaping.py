"""Rows of the table: arrays that are made, and other shapes, orders and copies of them.

Trusted. Source: the documentation of NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays import (
    REAL,
    WHOLE,
    Array,
    as_array,
    axes_of,
    broadcast,
    cell,
    computed,
    constant,
    describe,
    expanded,
    length_of,
    permuted,
    position,
    remembered,
    reshaped,
    stacked,
)
from cnn_symbolic.code.indexing import Slice, indexed
from cnn_symbolic.code.memory import Loop
from cnn_symbolic.code.numbers import as_number, is_number
from cnn_symbolic.code.table import known
from cnn_symbolic.code.values import Family, Known
from cnn_symbolic.code.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import bound_sum, substitute
from cnn_symbolic.expressions.formulas import entry as entry_of

EVERYTHING = Slice(None, None, None)
WHOLE_TYPES = {
    *("int", "int8", "int16", "int32", "int64", "intp", "whole", "builtins.int"),
    *(f"numpy.{name}" for name in ("int", "int_", "int8", "int16", "int32", "int64", "intp", "uint8")),
}
REAL_TYPES = {
    *("float", "double", "float32", "float64", "real", "builtins.float"),
    *(f"numpy.{name}" for name in ("float", "float_", "float16", "float32", "float64", "double")),
}


def whole(world: World, value: Any, what: str) -> sp.Expr:
    """Return a value as a whole number."""
    found = as_number(world, value)
    if not is_number(found) or not rules.is_whole(found):
        raise world.refuse(f"{what} is a whole number, found {describe(found) if not is_number(found) else found}")
    return found


def shape_of(world: World, value: Any) -> list[sp.Expr]:
    """Return a shape: a number, or a tuple or list of numbers, none below zero."""
    parts = value if isinstance(value, list | tuple) else [value]
    lengths = [whole(world, part, "a size") for part in parts]
    for n in lengths:
        if n != -1:
            world.require(rules.compare(">=", n, sp.S.Zero), f"ValueError: the size {n} is below zero")
    return lengths


def kind_of(world: World, dtype: Any) -> str:
    """Return what entries of a data type are: real numbers or integers."""
    name = dtype.name if isinstance(dtype, Known) else dtype
    if name is None or name in REAL_TYPES:
        return REAL
    if name in WHOLE_TYPES:
        return WHOLE
    raise world.refuse("a data type other than real numbers and integers")


@known("numpy.zeros")
def zeros(world: World, shape: Any, dtype: Any = None) -> Array:
    """Return zeros."""
    return constant(world, shape_of(world, shape), sp.S.Zero, kind_of(world, dtype))


@known("numpy.ones")
def ones(world: World, shape: Any, dtype: Any = None) -> Array:
    """Return ones."""
    return constant(world, shape_of(world, shape), sp.S.One, kind_of(world, dtype))


@known("numpy.empty")
def empty(world: World, shape: Any, dtype: Any = None) -> Array:
    """Return whatever is in memory: every entry that is read has to be written before."""
    return constant(world, shape_of(world, shape), None, kind_of(world, dtype))


@known("numpy.full")
def full(world: World, shape: Any, fill_value: Any, dtype: Any = None) -> Array:
    """Return the same number everywhere."""
    value = as_number(world, fill_value)
    if not is_number(value):
        raise world.refuse("np.full with an array")
    kind = kind_of(world, dtype) if dtype is not None else WHOLE if rules.is_whole(value) else REAL
    return constant(world, shape_of(world, shape), value, kind)


def like(world: World, a: Any, value: sp.Expr | None, dtype: Any) -> Array:
    """Return an array of the shape of another one."""
    a = as_array(world, a)
    kind = a.kind if dtype is None else kind_of(world, dtype)
    buffer = world.buffer(a.atoms, None if value is None else lambda _: value)
    return Array(world, buffer, a.dims, lambda at: at, kind, False)


@known("numpy.zeros_like")
def zeros_like(world: World, a: Any, dtype: Any = None) -> Array:
    """Return zeros of the shape of an array."""
    return like(world, a, sp.S.Zero, dtype)


@known("numpy.ones_like")
def ones_like(world: World, a: Any, dtype: Any = None) -> Array:
    """Return ones of the shape of an array."""
    return like(world, a, sp.S.One, dtype)


@known("numpy.empty_like")
def empty_like(world: World, a: Any, dtype: Any = None) -> Array:
    """Return whatever is in memory, in the shape of an array."""
    return like(world, a, None, dtype)


@known("numpy.full_like")
def full_like(world: World, a: Any, fill_value: Any, dtype: Any = None) -> Array:
    """Return the same number everywhere in the shape of an array."""
    return like(world, a, whole_or_real(world, fill_value), dtype)


def whole_or_real(world: World, value: Any) -> sp.Expr:
    """Return a value as a number."""
    found = as_number(world, value)
    if not is_number(found):
        raise world.refuse(f"a number was expected, found {describe(found)}")
    return found


@known("numpy.eye", "numpy.identity")
def eye(world: World, N: Any, M: Any = None, dtype: Any = None) -> Array:
    """Return ones on the diagonal, zeros elsewhere."""
    n = whole(world, N, "a size")
    m = n if M is None else whole(world, M, "a size")
    return computed(world, [(n,), (m,)], lambda index: rules.delta(*index), REAL, True)


@known("numpy.arange")
def arange(world: World, start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Array:
    """Return whole numbers at equal distances."""
    first, last = (sp.S.Zero, start) if stop is None else (start, stop)
    a, b = whole(world, first, "the start"), whole(world, last, "the end")
    d = sp.S.One if step is None else whole(world, step, "the step")
    count = passes(world, a, b, d)
    kind = WHOLE if dtype is None else kind_of(world, dtype)
    return computed(world, [(count,)], lambda index: a + d * index[0], kind, True)


def passes(world: World, start: sp.Expr, stop: sp.Expr, step: sp.Expr) -> sp.Expr:
    """Return how many numbers a range has: ⌈(stop − start)/step⌉, and none where that is below zero."""
    if world.sign(step - 1) == 1:
        span = stop if start == 0 else sp.expand(stop - start)
    elif world.holds(rules.compare("<", step, sp.S.Zero)):
        span, step = sp.expand(start - stop), sp.expand(-step)
    else:
        raise world.refuse(f"a range with the step {step}, of which it is not known whether it is above zero")
    count = span if step == 1 else rules.floor(rules.divide(sp.expand(span - 1), step)) + 1
    return count if world.holds(rules.compare(">=", span, sp.S.Zero)) else rules.maximum(count, sp.S.Zero)


@known("numpy.array", "numpy.copy")
def array(world: World, object: Any, dtype: Any = None) -> Array:
    """Return an array of numbers or of arrays, a copy."""
    given = as_array(world, object)
    made = given.copy(given.in_order)
    return made if dtype is None else astype(world, made, dtype)


@known("numpy.asarray", "numpy.asanyarray")
def asarray(world: World, a: Any, dtype: Any = None) -> Array:
    """Return an array as it is, anything else as an array."""
    return a if isinstance(a, Array) and dtype is None else array(world, a, dtype)


@known("numpy.ascontiguousarray")
def ascontiguousarray(world: World, a: Any, dtype: Any = None) -> Array:
    """Return an array as it is if it lies in order, or a copy."""
    return remembered(a, a) if isinstance(a, Array) and dtype is None else array(world, a, dtype)


def of_family(world: World, members: Family) -> Array:
    """Return the members of a list of symbolic length along a new first axis."""
    member = members.member
    if isinstance(member, Family):
        member = of_family(world, member)
    each = as_array(world, member)
    entry = each.reading()
    n = len(members.index)

    def value(index: Sequence[sp.Expr]) -> Any:
        return substitute(entry(index[n:]), dict(zip(members.index, index[:n], strict=True)))

    return computed(world, (tuple(members.lengths), *each.dims), value, each.kind)


@known("ndarray.astype")
def astype(world: World, a: Array, dtype: Any) -> Array:
    """Return an array of another data type; real numbers become no integers."""
    if isinstance(dtype, Known) and dtype.name in ("builtins.bool", "numpy.bool_"):
        raise world.refuse("a conversion to truth values")
    kind = kind_of(world, dtype)
    if a.kind == REAL and kind == WHOLE:
        raise world.refuse("a conversion of real numbers to integers")
    if a.kind not in (REAL, WHOLE):
        from cnn_symbolic.code.numbers import as_real

        return as_real(a)
    return computed(world, a.dims, a.reading(), kind)


@known("ndarray.copy")
def copy(world: World, a: Array) -> Array:
    """Return a copy."""
    return a.copy(in_order=True)


@known("ndarray.flatten")
def flatten(world: World, a: Array) -> Array:
    """Return a copy with one axis."""
    return reshaped(a.copy(in_order=True), [sp.S.NegativeOne])


@known("numpy.ravel", "ndarray.ravel")
def ravel(world: World, a: Any) -> Array:
    """Return all cells along one axis."""
    return reshaped(as_array(world, a), [sp.S.NegativeOne])


@known("numpy.reshape")
def reshape(world: World, a: Any, shape: Any) -> Array:
    """Return an array with other axes."""
    return reshaped(as_array(world, a), shape_of(world, shape))


@known("ndarray.reshape")
def reshape_method(world: World, a: Array, *shape: Any) -> Array:
    """Return an array with other axes."""
    return reshaped(a, shape_of(world, shape[0] if len(shape) == 1 else shape))


@known("numpy.transpose")
def transpose(world: World, a: Any, axes: Any = None) -> Array:
    """Return the axes in another order, or in the opposite one."""
    a = as_array(world, a)
    order = tuple(reversed(range(a.rank))) if axes is None else axes_of(world, axes, a.rank)
    if sorted(order) != list(range(a.rank)):
        raise world.raised(f"ValueError: transpose: the axes {order} of an array with {a.rank} axes")
    return permuted(a, order)


@known("ndarray.transpose")
def transpose_method(world: World, a: Array, *axes: Any) -> Array:
    """Return the axes in another order."""
    given = axes[0] if len(axes) == 1 else axes
    return transpose(world, a, None if not axes or given is None else given)


@known("numpy.swapaxes", "ndarray.swapaxes")
def swapaxes(world: World, a: Any, axis1: Any, axis2: Any) -> Array:
    """Return two axes exchanged."""
    a = as_array(world, a)
    order = list(range(a.rank))
    (i,), (j,) = (axes_of(world, axis, a.rank) for axis in (axis1, axis2))
    order[i], order[j] = order[j], order[i]
    return permuted(a, order)


@known("numpy.moveaxis")
def moveaxis(world: World, a: Any, source: Any, destination: Any) -> Array:
    """Return axes moved to other places."""
    a = as_array(world, a)
    taken, put = axes_of(world, source, a.rank), axes_of(world, destination, a.rank)
    order = [k for k in range(a.rank) if k not in taken]
    for place, axis in sorted(zip(put, taken, strict=True)):
        order.insert(place, axis)
    return permuted(a, order)


@known("numpy.rollaxis")
def rollaxis(world: World, a: Any, axis: Any, start: Any = sp.S.Zero) -> Array:
    """Return an axis moved in front of another one."""
    a = as_array(world, a)
    ((k,),) = (axes_of(world, axis, a.rank),)
    place = int(whole(world, start, "start"))
    order = [n for n in range(a.rank) if n != k]
    order.insert(place - 1 if place > k else place, k)
    return permuted(a, order)


@known("numpy.expand_dims")
def expand_dims(world: World, a: Any, axis: Any) -> Array:
    """Return new axes of one cell."""
    a = as_array(world, a)
    given = axis if isinstance(axis, list | tuple) else (axis,)
    places = axes_of(world, tuple(given), a.rank + len(given))
    key = tuple(None if k in places else EVERYTHING for k in range(a.rank + len(given)))
    found: Array = indexed(a, key)
    return found


@known("numpy.squeeze", "ndarray.squeeze")
def squeeze(world: World, a: Any, axis: Any = None) -> Array:
    """Return an array without its axes of one cell."""
    a = as_array(world, a)
    if axis is None and any(not dim_is_one(a, k) and not is_more(world, a, k) for k in range(a.rank)):
        raise world.refuse("np.squeeze without axis, of axes that have one cell at some sizes only")
    chosen = [k for k in range(a.rank) if dim_is_one(a, k)] if axis is None else axes_of(world, axis, a.rank)
    for k in chosen:
        n = length_of(a.dims[k])
        world.require(rules.compare("=", n, sp.S.One), f"ValueError: squeeze: an axis of size {n}")
    found: Array = indexed(a, tuple(sp.S.Zero if k in chosen else EVERYTHING for k in range(a.rank)))
    return found


def dim_is_one(a: Array, axis: int) -> bool:
    """Tell whether an axis has one cell at all sizes."""
    return all(n == 1 for n in a.dims[axis])


def is_more(world: World, a: Array, axis: int) -> bool:
    """Tell whether an axis is proved to have more than one cell."""
    return world.holds(rules.compare(">=", length_of(a.dims[axis]), sp.Integer(2)))


@known("numpy.broadcast_to")
def broadcast_to(world: World, a: Any, shape: Any) -> Array:
    """Return an array repeated along axes, which nobody may change."""
    a = as_array(world, a)
    dims = [(n,) for n in shape_of(world, shape)]
    return computed(world, dims, expanded(a, dims, "broadcast_to"), a.kind)


@known("numpy.atleast_1d")
def atleast_1d(world: World, a: Any) -> Array:
    """Return an array with at least one axis."""
    a = as_array(world, a)
    return a if a.rank else reshaped(a, [sp.S.One])


@known("numpy.flip")
def flip(world: World, m: Any, axis: Any = None) -> Array:
    """Return axes in the opposite direction."""
    a = as_array(world, m)
    turned = axes_of(world, axis, a.rank)
    backwards = Slice(None, None, sp.S.NegativeOne)
    found: Array = indexed(a, tuple(backwards if k in turned else EVERYTHING for k in range(a.rank)))
    return found


@known("numpy.flipud")
def flipud(world: World, m: Any) -> Array:
    """Return the first axis in the opposite direction."""
    return flip(world, m, sp.S.Zero)


@known("numpy.fliplr")
def fliplr(world: World, m: Any) -> Array:
    """Return the second axis in the opposite direction."""
    return flip(world, m, sp.S.One)


@known("numpy.rot90")
def rot90(world: World, m: Any, k: Any = sp.S.One, axes: Any = (sp.S.Zero, sp.S.One)) -> Array:
    """Return an array turned by so many right angles."""
    a, number = as_array(world, m), whole(world, k, "k")
    first, second = axes_of(world, axes, a.rank)
    if not number.is_Integer:
        raise world.refuse("np.rot90 by a number of right angles that is not written out")
    exchanged = swapaxes(world, a, sp.Integer(first), sp.Integer(second)) if number % 2 else a
    if number % 4 == 0:
        return a
    if number % 4 == 2:
        return flip(world, a, axes)
    return flip(world, exchanged, sp.Integer(first if number % 4 == 1 else second))


@known("numpy.roll")
def roll(world: World, a: Any, shift: Any, axis: Any = None) -> Array:
    """Return the cells moved along axes, those at the end to the beginning."""
    a = as_array(world, a)
    if axis is None:
        raise world.refuse("np.roll without axis")
    moved = axes_of(world, axis, a.rank)
    shifts = [whole(world, n, "a shift") for n in (shift if isinstance(shift, list | tuple) else [shift] * len(moved))]
    by = dict(zip(moved, shifts, strict=True))
    entry = a.reading()

    def value(index: Sequence[sp.Expr]) -> Any:
        at: list[sp.Expr] = []
        for k, (own, dim) in enumerate(zip(a.split(index), a.dims, strict=True)):
            turned = rules.remainder(sp.expand(position(own, dim) - by.get(k, 0)), length_of(dim)) if k in by else None
            at += own if turned is None else cell(turned, dim)
        return entry(at)

    return computed(world, a.dims, value, a.kind)


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
    ((k,),) = (axes_of(world, axis, parts[0].rank),)
    lengths = [length_of(part.dims[k]) for part in parts]
    others = [part.view([(sp.S.One,) if n == k else dim for n, dim in enumerate(part.dims)], list) for part in parts]
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
    filled = whole_or_real(world, constant_values[0] if isinstance(constant_values, tuple) else constant_values)
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


@known("numpy.random.randn", "numpy.random.rand")
def randn(world: World, *shape: Any) -> Array:
    """Return arbitrary numbers."""
    return random(world, shape)


@known("numpy.random.normal", "numpy.random.uniform")
def normal(world: World, loc: Any = None, scale: Any = None, size: Any = ()) -> Array:
    """Return arbitrary numbers."""
    return random(world, size)


@known("numpy.random.random", "numpy.random.standard_normal")
def random(world: World, size: Any = ()) -> Array:
    """Return arbitrary numbers."""
    lengths = shape_of(world, size)
    name = world.arbitrary(lengths)
    return computed(world, [(n,) for n in lengths], lambda index: entry_of(name, tuple(index)), REAL, True)


@known("numpy.random.seed", "random.seed")
def seed(world: World, *seeds: Any) -> None:
    """Do nothing: random numbers are arbitrary."""


@known("numpy.ix_")
def ix_(world: World, *args: Any) -> tuple[Any, ...]:
    """Return arrays of integers as the axes of a grid."""
    made = []
    for k, each in enumerate(args):
        a = as_array(world, each)
        made.append(indexed(a, tuple(EVERYTHING if n == k else None for n in range(len(args)))))
    return tuple(made)


@known("numpy.meshgrid")
def meshgrid(world: World, *xi: Any, indexing: Any = "xy") -> list[Array]:
    """Return the coordinates of a grid."""
    arrays = [as_array(world, each) for each in xi]
    places = [k if indexing == "ij" or k > 1 else 1 - k for k in range(len(arrays))]
    if len(arrays) < 2:
        places = list(range(len(arrays)))
    dims = [arrays[places.index(n)].dims[0] for n in range(len(arrays))]
    grids = []
    for k, a in enumerate(arrays):
        column = indexed(a, tuple(EVERYTHING if n == places[k] else None for n in range(len(arrays))))
        grids.append(computed(world, dims, expanded(column, dims, "meshgrid"), a.kind, True))
    return grids


@known("numpy.lib.stride_tricks.sliding_window_view")
def sliding_window_view(world: World, x: Any, window_shape: Any, axis: Any = None) -> Array:
    """Return all windows: the axes of the places, then those within."""
    a = as_array(world, x)
    axes = axes_of(world, axis, a.rank)
    sizes = [
        whole(world, n, "a window")
        for n in (window_shape if isinstance(window_shape, list | tuple) else [window_shape])
    ]
    if len(axes) != len(sizes):
        raise world.raised("ValueError: sliding_window_view: as many windows as axes are needed")
    by = dict(zip(axes, sizes, strict=True))
    dims: list[Any] = []
    for k, dim in enumerate(a.dims):
        count = sp.expand(length_of(dim) - by[k] + 1) if k in by else None
        if count is not None:
            world.require(rules.compare(">=", count, sp.S.One), f"ValueError: the window {by[k]} does not fit an axis")
        dims.append(dim if count is None else (count,))
    dims += [(n,) for n in sizes]

    def back(index: Sequence[sp.Expr]) -> list[sp.Expr]:
        rest, at = list(index), []
        inner = dict(zip(axes, index[len(index) - len(sizes) :], strict=True))
        for k, dim in enumerate(a.dims):
            if k in by:
                at += cell(rest.pop(0) + inner[k], dim)
            else:
                at += rest[: len(dim)]
                rest = rest[len(dim) :]
        return at

    return a.view(dims, back)


@known("numpy.lib.stride_tricks.as_strided")
def as_strided(world: World, x: Any, shape: Any = None, strides: Any = None) -> Array:
    """Return a view whose steps in memory are sums of those of an array: index k of it moves along these axes."""
    a = as_array(world, x)
    lengths = shape_of(world, shape)
    if not isinstance(strides, list | tuple) or len(strides) != len(lengths):
        raise world.refuse("np.lib.stride_tricks.as_strided with other strides than those made of x.strides")
    steps = world.strides_of(a)
    moves = []
    for stride in strides:
        written = sp.expand(stride) if is_number(stride) else None
        by = [written.coeff(step, 1) for step in steps] if written is not None else []
        if written is None or sp.expand(written - sp.Add(*(n * s for n, s in zip(by, steps, strict=True)))) != 0:
            raise world.refuse("a stride that is not a sum of those of the array, x.strides")
        moves.append(by)

    def back(index: Sequence[sp.Expr]) -> list[sp.Expr]:
        at: list[sp.Expr] = []
        for k, dim in enumerate(a.dims):
            at += cell(sp.Add(*(i * by[k] for i, by in zip(index, moves, strict=True))), dim)
        return at

    for k, dim in enumerate(a.dims):
        furthest = sp.Add(*((n - 1) * by[k] for n, by in zip(lengths, moves, strict=True)))
        world.require(
            rules.compare("<", sp.expand(furthest), length_of(dim)), "as_strided: a cell outside of the array"
        )
        for by in moves:
            world.require(rules.compare(">=", by[k], sp.S.Zero), "as_strided: a negative stride")
    return a.view([(n,) for n in lengths], back)


@known("numpy.put_along_axis", "numpy.take_along_axis")
def along_axis(world: World, *args: Any) -> Array:
    """Refuse what is not known, with what is."""
    raise world.refuse("np.take_along_axis and np.put_along_axis, where an index with arrays is understood")


@known("numpy.take")
def take(world: World, a: Any, indices: Any, axis: Any = None) -> Any:
    """Return the cells of an axis at some numbers."""
    a = as_array(world, a)
    if axis is None:
        a = reshaped(a, [sp.S.NegativeOne])
    (k,) = axes_of(world, sp.S.Zero if axis is None else axis, a.rank)
    return indexed(a, (*[EVERYTHING] * k, indices))
