"""Rows of the table: windows and grids.

Trusted. Source: the documentation of NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, as_array, computed, expanded
from cnn_symbolic.code.arrays.indexing import indexed
from cnn_symbolic.code.arrays.numbers import is_number
from cnn_symbolic.code.arrays.reshaping import axes_of, reshaped
from cnn_symbolic.code.rows.making import shape_of, whole
from cnn_symbolic.code.rows.shapes import EVERYTHING
from cnn_symbolic.code.rows.table import known
from cnn_symbolic.code.state.cells import cell, length_of
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules


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
