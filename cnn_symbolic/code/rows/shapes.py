"""Rows of the table: other shapes and orders of arrays.

Trusted. Source: the documentation of NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, as_array, computed, expanded
from cnn_symbolic.code.arrays.indexing import Slice, indexed
from cnn_symbolic.code.arrays.reshaping import axes_of, permuted, reshaped
from cnn_symbolic.code.rows.making import shape_of, whole
from cnn_symbolic.code.rows.table import known
from cnn_symbolic.code.state.cells import cell, length_of, position
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules

EVERYTHING = Slice(None, None, None)


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
    if not 0 <= place <= a.rank:
        raise world.refuse("np.rollaxis to a place that is counted from the end")
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
    found: Array = indexed(a, (*(sp.S.Zero if k in chosen else EVERYTHING for k in range(a.rank)), Ellipsis))
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
    if len(shifts) != len(moved) or len(set(moved)) < len(moved):
        raise world.refuse("np.roll of the same axis twice, or with other shifts than one for each axis")
    by = dict(zip(moved, shifts, strict=True))
    entry = a.reading()

    def value(index: Sequence[sp.Expr]) -> Any:
        at: list[sp.Expr] = []
        for k, (own, dim) in enumerate(zip(a.split(index), a.dims, strict=True)):
            turned = rules.remainder(sp.expand(position(own, dim) - by.get(k, 0)), length_of(dim)) if k in by else None
            at += own if turned is None else cell(turned, dim)
        return entry(at)

    return computed(world, a.dims, value, a.kind)
