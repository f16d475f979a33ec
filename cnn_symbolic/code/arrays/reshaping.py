"""Axes in another order, and other axes with the same cells in row-major order. Trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array
from cnn_symbolic.code.state.cells import Index, cell, divided, position, regrouped
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules


def permuted(a: Array, axes: Sequence[int]) -> Array:
    """Return a view with the axes in another order."""

    def back(index: Index) -> list[sp.Expr]:
        rest, parts = list(index), {}
        for axis in axes:
            count = len(a.dims[axis])
            parts[axis], rest = rest[:count], rest[count:]
        return [i for axis in range(a.rank) for i in parts[axis]]

    return a.view([a.dims[axis] for axis in axes], back, a.in_order and list(axes) == list(range(a.rank)))


def reshaped(a: Array, lengths: Sequence[sp.Expr]) -> Array:
    """Return an array with other axes and the same cells in row-major order; a view of memory that is in order."""
    world = a.world
    a = replace(a, dims=tuple(tuple(map(world.simplified, dim)) for dim in a.dims))
    target = [world.simplified(n) for n in lengths]
    if sum(n == -1 for n in target) > 1:
        raise world.raised("ValueError: reshape: only one axis may be -1")
    total = sp.Mul(*a.atoms)
    if any(n == -1 for n in target):
        rest = sp.Mul(*(n for n in target if n != -1))
        target[target.index(sp.Integer(-1))] = quotient(world, total, rest)
    dims, plan = regrouped(a.atoms, target)
    if dims is None or plan is None:
        world.require(
            rules.compare("=", total, sp.Mul(*target)),
            f"ValueError: reshape: {total} cells do not fit the shape ({', '.join(map(str, target))})",
        )
        atoms, sizes = a.atoms, tuple(target)
        dims, plan = tuple((n,) for n in target), lambda index: cell(position(index, sizes), atoms)
    return remembered(a, a.view(dims, plan, a.in_order))


def remembered(a: Array, view: Array) -> Array:
    """Return a view of memory that is in order; else a copy that nobody may change, as it may be a view."""
    if a.in_order:
        return view
    made = view.copy()
    made.buffer.source = a.buffer, len(a.buffer.updates)
    return made


def quotient(world: World, total: sp.Expr, rest: sp.Expr) -> sp.Expr:
    """Return total/rest, which has to be a whole number."""
    exact = divided(total, rest)
    if exact is None:
        exact = rules.floor(rules.divide(sp.expand(total), sp.expand(rest)))
        equal = rules.compare("=", exact * rest, total)
        world.require(equal, f"ValueError: reshape: {total} cells are no multiple of {rest}")
    return exact


def axes_of(world: World, axis: Any, rank: int) -> tuple[int, ...]:
    """Return axes as numbers from 0; None for all."""
    if axis is None:
        return tuple(range(rank))
    given: Iterable[Any] = axis if isinstance(axis, list | tuple) else (axis,)
    found = []
    for each in given:
        if not isinstance(each, sp.Integer) or not -rank <= each < rank:
            raise world.raised(f"AxisError: an array with {rank} axes has no axis {each}")
        found.append(int(each) % rank)
    return tuple(found)
