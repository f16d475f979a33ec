"""Sums, means and products of whole arrays. Trusted."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import TRUTH, Array, as_array, as_real, computed
from cnn_symbolic.code.arrays.contractions import contracted, tensordot
from cnn_symbolic.code.arrays.numbers import arithmetic
from cnn_symbolic.code.arrays.reshaping import axes_of, reshaped
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import bound_sum, fresh


def summed(world: World, a: Array, axis: Any, keepdims: bool) -> Array:
    """Return the sum over some axes."""
    if a.kind == TRUTH:
        a = as_real(a)
    axes = axes_of(world, axis, a.rank)
    entry = a.reading()
    dims = [(sp.S.One,) if k in axes else dim for k, dim in enumerate(a.dims) if keepdims or k not in axes]
    over = [n for k in axes for n in a.dims[k]]

    def value(index: Sequence[sp.Expr]) -> Any:
        rest = list(index)
        bound = list(fresh("uvwxyz"[k % 6] for k in range(len(over))))
        own: dict[int, list[sp.Expr]] = {}
        left = list(bound)
        for k in axes:
            own[k], left = left[: len(a.dims[k])], left[len(a.dims[k]) :]
        at: list[sp.Expr] = []
        for k, dim in enumerate(a.dims):
            if k in axes:
                at += own[k]
                rest = rest[1:] if keepdims else rest
            else:
                at += rest[: len(dim)]
                rest = rest[len(dim) :]
        body = entry(at)
        return sp.S.One if world.is_selection(body, bound) else bound_sum(body, bound, over)

    return computed(world, dims, value, a.kind)


def mean(world: World, a: Array, axis: Any, keepdims: bool) -> Any:
    """Return the mean over some axes."""
    count = sp.Mul(*(n for k in axes_of(world, axis, a.rank) for n in a.dims[k]))
    return arithmetic(world, "Div", summed(world, a, axis, keepdims), sp.expand(count))


def dot(world: World, a: Array, b: Array) -> Any:
    """Return `np.dot`: over the last axis of one array and the last but one of the other."""
    if a.rank == 0 or b.rank == 0:
        return arithmetic(world, "Mult", a, b)
    return tensordot(world, a, b, ((sp.Integer(a.rank - 1),), (sp.Integer(max(b.rank - 2, 0)),)))


def outer(world: World, a: Array, b: Array) -> Array:
    """Return the products of all pairs of entries."""
    one, other = (reshaped(x, [sp.S.NegativeOne]) for x in (a, b))
    return contracted(world, ["i", "j"], "ij", {"i": one.dims[0], "j": other.dims[0]}, [one, other])


def kron(world: World, a: Array, b: Array) -> Array:
    """Return the Kronecker product: every entry of one array times all of the other."""
    a, b = as_array(world, a), as_array(world, b)
    if a.rank != b.rank:
        raise world.refuse("kron of arrays with different numbers of axes")
    letters = ascii_letters[: 2 * a.rank]
    one, other = letters[::2], letters[1::2]
    sizes = dict(zip(one, a.dims, strict=True)) | dict(zip(other, b.dims, strict=True))
    made = contracted(world, [one, other], letters, sizes, [a, b])
    dims = [x + y for x, y in zip(made.dims[::2], made.dims[1::2], strict=True)]
    return made.view(dims, lambda index: list(index))
