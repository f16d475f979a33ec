"""Rows of the table: convolutions and correlations.

Trusted. Source: the documentation of NumPy and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import as_array, computed
from cnn_symbolic.code.rows.table import TABLE, known
from cnn_symbolic.code.state.cells import cell, length_of
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import bound_sum


def same_convolved(m: sp.Expr) -> sp.Expr:
    """Return where "same" begins in "full" of a convolution, and of scipy.signal.correlate: ⌊(m − 1)/2⌋."""
    return rules.floor((m - 1) / sp.Integer(2))


def same_correlated(m: sp.Expr) -> sp.Expr:
    """Return where "same" begins in "full" of scipy.signal.correlate2d: ⌊m/2⌋."""
    return rules.floor(m / sp.Integer(2))


def sliding(flipped: bool, same: Callable[[sp.Expr], sp.Expr] = same_convolved) -> Callable[..., Any]:
    """Return the row of a correlation, or of a convolution, of arrays with equally many axes."""

    def row(world: World, in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
        a, b = as_array(world, in1), as_array(world, in2)
        if method not in ("auto", "direct", "fft"):
            raise world.refuse(f"a convolution with the method or boundary {method!r}")
        if a.rank != b.rank or mode not in ("full", "valid", "same"):
            raise world.refuse(f"a convolution with the mode {mode!r} of arrays with {a.rank} and {b.rank} axes")
        sizes = [(length_of(x), length_of(y)) for x, y in zip(a.dims, b.dims, strict=True)]
        for n, m in sizes if mode != "full" else ():
            if not world.holds(rules.compare(">=", n, m)):
                raise world.refuse("a convolution whose second array may be larger than the first")
        offsets, dims = [], []
        for n, m in sizes:
            start = {"full": sp.S.Zero, "valid": m - 1, "same": same(m)}[mode]
            offsets.append(start)
            dims.append({"full": n + m - 1, "valid": n - m + 1, "same": n}[mode])
        first, second = a.reading(), b.reading()
        bound = [sp.Dummy("uvw"[k % 3], integer=True) for k in range(a.rank)]

        def value(index: Sequence[sp.Expr]) -> Any:
            here, there, inside = [], [], []
            for i, start, u, (n, m), dx, dy in zip(index, offsets, bound, sizes, a.dims, b.dims, strict=True):
                j = sp.expand(i + start - u)
                inside += [rules.compare(">=", j, sp.S.Zero), rules.compare("<", j, n)]
                here += cell(j, dx)
                there += cell(u if flipped else sp.expand(m - 1 - u), dy)
            body = rules.bracket(rules.all_of(*inside)) * first(here) * second(there)
            return bound_sum(body, bound, [m for _, m in sizes])

        return computed(world, [(sp.expand(n),) for n in dims], value)

    return row


@known("numpy.convolve")
def convolve(world: World, a: Any, v: Any, mode: Any = "full") -> Any:
    """Return the convolution of two vectors."""
    if as_array(world, a).rank != 1 or as_array(world, v).rank != 1:
        raise world.refuse("np.convolve of other arrays than vectors")
    return sliding(True, same_convolved)(world, a, v, mode)


@known("numpy.correlate")
def correlate(world: World, a: Any, v: Any, mode: Any = "valid") -> Any:
    """Return the cross-correlation of two vectors."""
    if as_array(world, a).rank != 1 or as_array(world, v).rank != 1:
        raise world.refuse("np.correlate of other arrays than vectors")
    return sliding(False)(world, a, v, mode)


for _module in ("scipy.signal.", "scipy.signal.signaltools."):
    for _name in ("convolve", "convolve2d", "fftconvolve", "oaconvolve"):
        TABLE[_module + _name] = sliding(True, same_convolved)
    TABLE[_module + "correlate"] = sliding(False, same_convolved)
    TABLE[_module + "correlate2d"] = sliding(False, same_correlated)
