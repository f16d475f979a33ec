"""Maxima of windows: which cell has it is an arbitrary selection, as in the definition of max pooling.

Trusted. The selection s of a layer is 1 at the cell of each window of x that has its maximum, and 0 elsewhere. The
maximum of what is proved to be such a window is Σ s·x, `x == maximum` is s, and `argmax` is the place of the 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.code.state.cells import multiple
from cnn_symbolic.expressions import heads, rules
from cnn_symbolic.expressions.formulas import Entry, bound_sum, entry, substitute, symbols_of

# What the padding of max pooling is filled with.
LOWEST = sp.Symbol("−∞", real=True)


class Chosen(heads.Whole):
    """The index along one axis of the cell that a selection selects: its number, the axis, and where it is made."""

    sign = "chosen"


@dataclass(frozen=True)
class Windows:
    """The windows of a layer: window r has the cells `stride·r + dilation·u − padding` of x, and s selects one."""

    x: str
    selection: str
    stride: tuple[sp.Expr, ...]
    padding: tuple[sp.Expr, ...]
    dilation: tuple[sp.Expr, ...]
    overlay: tuple[sp.Expr, ...]
    before: int = 2

    def selected(self, index: Sequence[sp.Expr], within: Sequence[sp.Symbol], lengths: Sequence[sp.Expr]) -> Any:
        """Return s at the window whose cells `within` are x[index]; None if it is no window of the layer."""
        if len(within) != len(self.overlay) or len(index) != self.before + len(within):
            return None
        if any(sp.expand(n - m) != 0 for n, m in zip(lengths, self.overlay, strict=True)):
            return None
        at = []
        for k, u in enumerate(within):
            start = sp.expand(index[self.before + k] + self.padding[k] - self.dilation[k] * u)
            number = multiple(start, self.stride[k])
            if number is None or symbols_of(number) & set(within):
                return None
            at.append(number)
        if any(symbols_of(i) & set(within) for i in index[: self.before]):
            return None
        return entry(self.selection, (*index[: self.before], *at, *within))

    def maxima(self, x: np.ndarray, shape: Sequence[int], size: Callable[[sp.Expr], int]) -> np.ndarray:
        """Return the selection of the maximum of every window of an array, of distinct numbers."""
        found = np.zeros(shape, dtype=int)
        rank = len(self.overlay)
        axes = [(size(s), size(d), size(p)) for s, d, p in zip(self.stride, self.dilation, self.padding, strict=True)]
        for window in np.ndindex(*shape[: self.before + rank]):
            best = None
            for cell in np.ndindex(*shape[self.before + rank :]):
                places = zip(window[self.before :], cell, axes, strict=True)
                at = (*window[: self.before], *(s * r + d * u - p for r, u, (s, d, p) in places))
                if all(0 <= i < n for i, n in zip(at, x.shape, strict=True)) and (best is None or x[at] > best[0]):
                    best = x[at], cell
            if best is not None:
                found[(*window, *best[1])] = 1
        return found


@dataclass(frozen=True)
class SelectedPlace:
    """The place of the 1 of a selection: what it is made at, the indices of the cells, and s there."""

    made_at: tuple[sp.Symbol, ...]
    within: tuple[sp.Symbol, ...]
    lengths: tuple[sp.Expr, ...]
    selected: sp.Expr

    def at(self, place: Sequence[sp.Expr]) -> tuple[tuple[sp.Symbol, ...], tuple[sp.Expr, ...], sp.Expr]:
        """Return fresh indices of the cells, their ranges, and the selection, for another place."""
        renamed: dict[Any, Any] = {u: sp.Dummy(u.name, integer=True) for u in self.within}
        known = {**dict(zip(self.made_at, place, strict=True)), **renamed}
        lengths = tuple(substitute(n, known) for n in self.lengths)
        return tuple(renamed.values()), lengths, substitute(self.selected, known)


def cell_of(e: sp.Expr, x: str) -> tuple[sp.Expr, Any] | None:
    """Return the entry of x that an expression is where a condition holds, and the condition; None for others.

    Where it does not hold the expression is zero; it is true if it is −∞ there, which is no maximum.
    """
    lowest = [term for term in sp.Add.make_args(e) if term.has(LOWEST)]
    rest = [term for term in sp.Add.make_args(e) if not term.has(LOWEST)]
    if len(rest) != 1:
        return None
    factors = sp.Mul.make_args(rest[0])
    cells = [f for f in factors if isinstance(f, Entry) and str(f.base.label) == x]
    brackets = [f for f in factors if isinstance(f, heads.Bracket | heads.Delta)]
    if len(cells) != 1 or len(cells) + len(brackets) != len(factors):
        return None
    holds = rules.all_of(*(f.args[0] if isinstance(f, heads.Bracket) else heads.Equal(*f.args) for f in brackets))
    if lowest and sp.Add(*lowest) == rules.bracket(rules.negation(holds)) * LOWEST:
        return cells[0], sp.true
    return None if lowest else (cells[0], holds)


def maximum(selected: sp.Expr, cell: sp.Expr, within: Sequence[sp.Symbol], lengths: Sequence[sp.Expr]) -> sp.Expr:
    """Return the maximum of a window."""
    return bound_sum(selected * cell, within, lengths)


def is_maximum_there(cell: sp.Expr, greatest: sp.Expr, windows: Windows) -> sp.Expr | None:
    """Return s at a cell of the window that an expression is the maximum of; None if it is not seen to be that."""
    if not isinstance(greatest, sp.Sum) or not isinstance(greatest.function, sp.Mul):
        return None
    factors = greatest.function.args
    names = {str(f.base.label): f for f in factors if isinstance(f, Entry)}
    if len(factors) != 2 or set(names) != {windows.x, windows.selection}:
        return None
    s, x = names[windows.selection], names[windows.x]
    within = [limit[0] for limit in reversed(greatest.limits)]
    start = dict.fromkeys(within, sp.S.Zero)
    at: dict[Any, Any] = {}
    for k, (i, j) in enumerate(zip(cell.indices, x.indices, strict=True)):
        difference = sp.expand(i - substitute(j, start))
        if k < windows.before:
            if difference != 0:
                return None
        else:
            number = multiple(difference, windows.dilation[k - windows.before])
            if number is None:
                return None
            at[within[k - windows.before]] = number
    return substitute(s, at) if len(at) == len(within) else None


def places(e: Any) -> list[sp.Symbol]:
    """Return the indices that an expression varies with, in a fixed order."""
    return sorted(
        (s for s in symbols_of(e) if isinstance(s, sp.Dummy)),
        key=lambda s: (str(s), getattr(s, "dummy_index", 0)),
    )
