"""How far the sums in claims that are given as text run: up to where nothing is left to be added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.claims.arithmetic import described
from cnn_symbolic.expressions.heads import Bracket, Less, Opaque
from cnn_symbolic.expressions.rules import compare, conjuncts, is_plain_size
from cnn_symbolic.expressions.values import Number, number, plain
from cnn_symbolic.ground.errors import FragmentError
from cnn_symbolic.tensors.entries import sum_of
from cnn_symbolic.tensors.tensor import Tensor


def ranged_sum(body: Any, index: Sequence[sp.Symbol], lengths: Sequence[Any], tensors: Mapping[str, Tensor]) -> Number:
    """Return the sum of a formula over `0 <= u < length` for each index; a length that is None is found.

    Raises FragmentError where it cannot be found, or is not made from sizes.
    """
    made = number(body)
    found = [extent(made.formula, u, tensors) if n is None else n for u, n in zip(index, lengths, strict=True)]
    for u, length in zip(index, found, strict=True):
        if length is None:
            raise FragmentError(
                f"{u.name} indexes no axis of every term by itself, so that its range is not known: "
                f"write over={{{u.name}: I}} for 0 <= {u.name} < I"
            )
        formula = plain(length)
        if not isinstance(formula, int | sp.Expr) or not all(map(is_plain_size, sp.S(formula).free_symbols)):
            raise FragmentError(
                f"the length of a sum is made from sizes, found {described(length)}; for {u.name} <= i, the sum runs "
                f"over all {u.name} and each term is multiplied with Iverson({u.name} <= i)"
            )
    return sum_of(made, index, found, "sum")


def extent(e: sp.Expr, index: sp.Symbol, tensors: Mapping[str, Tensor]) -> Any:
    """Return a length such that a formula is zero unless the index is in its range; None if none is seen."""
    if isinstance(e, sp.Indexed) and index in e.indices and str(e.base.label) in tensors:
        return tensors[str(e.base.label)].lengths[e.indices.index(index)]
    if isinstance(e, Bracket):
        parts = conjuncts(e.args[0])
        bounds = [part for part in parts if isinstance(part, Less) and part.lhs == index]
        below = [part.rhs for part in bounds if all(map(is_plain_size, part.rhs.free_symbols))]
        return below[0] if below and compare(">=", index, sp.S.Zero) in parts else None
    if isinstance(e, sp.Add):
        lengths = {extent(part, index, tensors) for part in e.args}
        return lengths.pop() if len(lengths) == 1 else None
    if isinstance(e, sp.Mul):
        lengths = {extent(part, index, tensors) for part in e.args} - {None}
        return min(lengths, key=str, default=None)
    if isinstance(e, sp.Sum | sp.Pow | Opaque):
        inner = {sp.Sum: 0, sp.Pow: 0, Opaque: 2}[type(e)]
        return extent(e.args[inner], index, tensors)
    return None


def entry_names(e: Any) -> set[str]:
    """Return the names of the tensors and numbers whose entries a formula has."""
    e = plain(e)
    if not isinstance(e, sp.Expr):
        return set()
    scalars = {s.name for s in e.free_symbols if isinstance(s, sp.Symbol) and s == sp.Symbol(s.name, real=True)}
    return {str(at.base.label) for at in e.atoms(sp.Indexed)} | scalars
