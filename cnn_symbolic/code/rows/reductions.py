"""Rows of the table: sums, products and maxima over axes.

Trusted. Source: the documentation of NumPy.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays import contractions, sums
from cnn_symbolic.code.arrays.arrays import WHOLE, Array, as_array, computed
from cnn_symbolic.code.arrays.indexing import Mask, assign
from cnn_symbolic.code.arrays.maxima import maxima
from cnn_symbolic.code.arrays.numbers import arithmetic, as_number, is_number
from cnn_symbolic.code.arrays.reshaping import axes_of
from cnn_symbolic.code.rows.entries import square
from cnn_symbolic.code.rows.making import whole
from cnn_symbolic.code.rows.table import TABLE, known
from cnn_symbolic.code.state.world import World

# How many axes `np.tensordot` sums over where nothing is said.
TWO = sp.Integer(2)


@known("numpy.sum", "ndarray.sum")
def sum_(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the sum over axes."""
    if isinstance(a, Mask):
        a = a.array
    return sums.summed(world, as_array(world, a), axis, bool(keepdims))


@known("numpy.mean", "ndarray.mean", "numpy.average")
def mean(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the mean over axes."""
    return sums.mean(world, as_array(world, a), axis, bool(keepdims))


@known("numpy.var", "ndarray.var")
def var(world: World, a: Any, axis: Any = None, ddof: Any = sp.S.Zero, keepdims: Any = False) -> Any:
    """Return the mean of the squares of the distances from the mean, over axes."""
    if ddof != 0:
        raise world.refuse("np.var with ddof")
    a = as_array(world, a)
    away = arithmetic(world, "Sub", a, sums.mean(world, a, axis, True))
    return sums.mean(world, square(world, away), axis, bool(keepdims))


@known("numpy.std", "ndarray.std")
def std(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the square root of the variance."""
    return TABLE["numpy.sqrt"](world, var(world, a, axis, sp.S.Zero, keepdims))


@known("numpy.prod", "ndarray.prod", "math.prod")
def prod(world: World, a: Any) -> Any:
    """Return the product of some numbers."""
    if not isinstance(a, list | tuple):
        raise world.refuse("np.prod of an array")
    return sp.Mul(*(whole(world, n, "a factor") for n in a))


@known("numpy.dot", "ndarray.dot")
def dot(world: World, a: Any, b: Any) -> Any:
    """Return the product of matrices or vectors."""
    return sums.dot(world, as_array(world, a), as_array(world, b))


@known("numpy.tensordot")
def tensordot(world: World, a: Any, b: Any, axes: Any = None) -> Any:
    """Return the sum of products over pairs of axes."""
    return contractions.tensordot(world, as_array(world, a), as_array(world, b), TWO if axes is None else axes)


@known("numpy.einsum")
def einsum(world: World, subscripts: Any, *operands: Any) -> Any:
    """Return the sum of products that a text describes."""
    if not isinstance(subscripts, str):
        raise world.refuse("np.einsum without a text")
    return contractions.einsum(world, subscripts, [as_array(world, a) for a in operands])


@known("numpy.outer")
def outer(world: World, a: Any, b: Any) -> Any:
    """Return the products of all pairs of entries."""
    return sums.outer(world, as_array(world, a), as_array(world, b))


@known("numpy.kron")
def kron(world: World, a: Any, b: Any) -> Any:
    """Return every entry of one array times all of the other."""
    return sums.kron(world, a, b)


@known("numpy.add.at")
def add_at(world: World, a: Any, indices: Any, b: Any) -> None:
    """Add to entries, to one that occurs twice twice."""
    if not isinstance(a, Array):
        raise world.refuse("np.add.at of what is no array")
    assign(a, indices, b, True, every=True)


@known("numpy.max", "ndarray.max", "numpy.amax")
def max_(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the maximum over axes, which are those of a window of max pooling."""
    a = as_array(world, a)
    if a.kind == WHOLE and a.rank == 0:
        return a
    axes = axes_of(world, axis, a.rank)
    dims = [(sp.S.One,) if k in axes else dim for k, dim in enumerate(a.dims) if keepdims or k not in axes]
    return maxima(world, a, axes, dims, bool(keepdims), False)


@known("numpy.argmax", "ndarray.argmax")
def argmax(world: World, a: Any, axis: Any = None) -> Any:
    """Return the number of the cell that has the maximum over an axis, or over all."""
    a = as_array(world, a)
    axes = axes_of(world, axis, a.rank)
    return maxima(world, a, axes, [dim for k, dim in enumerate(a.dims) if k not in axes], False, True)


@known("numpy.unravel_index")
def unravel_index(world: World, indices: Any, shape: Any) -> tuple[Any, ...]:
    """Return the index of a cell with a number."""
    lengths = tuple(whole(world, n, "a size") for n in (shape if isinstance(shape, list | tuple) else [shape]))
    value = as_number(world, indices)
    if is_number(value):
        return tuple(world.place(value, lengths))
    a = as_array(world, value)
    entry = a.reading()
    return tuple(
        computed(world, a.dims, partial(lambda k, index: world.place(entry(index), lengths)[k], k), WHOLE)
        for k in range(len(lengths))
    )


@known("numpy.ravel_multi_index")
def ravel_multi_index(world: World, multi_index: Any, dims: Any) -> Any:
    """Return the number of the cell at an index."""
    lengths = tuple(whole(world, n, "a size") for n in dims)
    total: Any = sp.S.Zero
    for i, n in zip(multi_index, lengths, strict=True):
        total = arithmetic(world, "Add", arithmetic(world, "Mult", total, n), i)
    return total
