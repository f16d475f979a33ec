"""Tensors written by hand, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.errors import FragmentError, ShapeError
from cnn_symbolic.formulas import Index, Shape, as_formula, bound_sum, indices_of, substitute
from cnn_symbolic.shapes import check_shape, format_shape
from cnn_symbolic.sources import Call
from cnn_symbolic.tensors import Tensor, check_tensor

__all__ = ["entries_of", "from_entries", "sum_over"]


def from_entries(lengths: Sequence[Any], formula: Callable[..., Any], using: Sequence[Tensor]) -> Tensor:
    """Return the tensor of the given shape whose entry at `i, j` is `formula(i, j)`, written by hand.

    `using` lists the tensors whose entries the formula mentions.
    """
    target = check_shape(tuple(lengths), "from_entries")
    index = indices_of(formula)
    if len(index) != len(target):
        raise ShapeError(f"the shape {format_shape(target)} has {len(target)} axes, the formula {len(index)} indices")
    written = as_formula(formula(*index), "from_entries")
    known = {name: part.rank for x in using for name, part in check_tensor(x, "from_entries: using").names().items()}
    for at in sorted(written.atoms(sp.Indexed), key=str):
        name = str(at.base.label)
        if name not in known:
            raise FragmentError(f"the formula mentions {name}, which using=[…] does not list")
        if known[name] != len(at.indices):
            raise ShapeError(f"{name} has {known[name]} axes, but the formula has {at}")
    return entries_of(written, index, target, using)


def entries_of(written: sp.Expr, index: Sequence[sp.Symbol], target: Shape, using: Sequence[Tensor]) -> Tensor:
    """Return the tensor whose entry at `index` is the formula; it is written once, and then only substituted in."""

    def entry_at(at: Index) -> sp.Expr:
        return substitute(written, dict(zip(index, at, strict=True)))

    return Tensor(
        target, entry_at, False, Call("from_entries", tuple(using), {"entry": written, "index": tuple(index)})
    )


def sum_over(formula: Callable[..., Any], lengths: Sequence[Any]) -> sp.Expr:
    """Return `Σ formula(u, v)` over `0 ≤ u < I, 0 ≤ v < J` for the lengths `(I, J)`; the names print the indices."""
    index = indices_of(formula)
    return bound_sum(as_formula(formula(*index), "sum_over"), index, check_shape(tuple(lengths), "sum_over"))
