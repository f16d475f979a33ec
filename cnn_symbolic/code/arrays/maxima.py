"""Maxima over the windows of max pooling, and the places that have them. Trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import REAL, WHOLE, Array, computed
from cnn_symbolic.code.arrays.labels import own_maximum
from cnn_symbolic.code.state import selections
from cnn_symbolic.code.state.cells import position
from cnn_symbolic.code.state.memory import Loop
from cnn_symbolic.code.state.selections import Chosen, SelectedPlace
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import substitute


def maxima(world: World, a: Array, axes: Sequence[int], dims: Sequence[Any], keepdims: bool, places: bool) -> Any:
    """Return the maxima of windows of max pooling, or the numbers of the cells that have them."""

    if world.selects and not places:
        return own_maximum(world, a, axes, dims, keepdims)
    index = tuple(sp.Dummy("mnpq"[k % 4], integer=True) for k in range(len(a.atoms)))
    split = a.split(index)
    within = [i for k in axes for i in split[k]]
    lengths = [n for k in axes for n in a.dims[k]]
    kept = [i for k in range(a.rank) if k not in axes for i in split[k]]
    loops = tuple(Loop(i, n) for i, n in zip(index, a.atoms, strict=True))
    with world.within(*loops):
        found = selections.cell_of(a.reading()(index), world.windows.x) if world.windows is not None else None
        if found is None or world.windows is None:
            raise world.refuse("a maximum that is not of entries of a window of x, the input of max pooling")
        cell, inside = found
        if not world.holds(inside):
            raise world.refuse("a maximum of a window with zeros of the padding in it, which may be the greatest")
    selected = world.windows.selected(cell.indices, within, lengths)
    if selected is None:
        raise world.refuse("a maximum over cells that are not a window of this max pooling")
    if places:
        made_at = [s for s in selections.places(selected) if s not in within]
        world.choices.append(SelectedPlace(tuple(made_at), tuple(within), tuple(lengths), selected))
        number = sp.Integer(len(world.choices) - 1)
        chosen = [Chosen(number, sp.Integer(k), *made_at) for k in range(len(within))]
        value, kind = position(chosen, tuple(lengths)), WHOLE
    else:
        value, kind = selections.maximum(selected, cell, within, lengths), REAL

    def entry_at(at: Sequence[sp.Expr]) -> Any:
        rest = list(at)
        if keepdims:
            rest = [i for k, part in enumerate(grouped(at, dims)) if k not in axes for i in part]
        return substitute(value, dict(zip(kept, rest, strict=True)))

    return computed(world, dims, entry_at, kind)


def grouped(index: Sequence[sp.Expr], dims: Sequence[Any]) -> list[list[sp.Expr]]:
    """Return an index, one number for each atomic size, by axes."""
    rest, found = list(index), []
    for dim in dims:
        found.append(rest[: len(dim)])
        rest = rest[len(dim) :]
    return found
