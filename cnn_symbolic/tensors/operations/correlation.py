"""Tensors that slide over each other: the docstring's first line is the entry formula.

Conventions are SciPy's. `correlate` and `convolve` are `scipy.signal.correlate` and `convolve`: in
mode `"same"` both keep the block of the full result that starts at ⌊(I−1)/2⌋. (`correlate2d` starts
at ⌊I/2⌋ instead, so that SciPy disagrees with itself on even overlays.) In mode `"valid"` the second
tensor must fit into the first, unless the exchange of the two is stated that SciPy makes where the first
fits into the second. Everything is real, so that nothing is conjugated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, Shape, bound_sum, fresh
from cnn_symbolic.expressions.rules import at_least, floor, maximum, minimum
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors import writing
from cnn_symbolic.tensors.operation import Definition, Proposal, given, operation
from cnn_symbolic.tensors.sources import Call
from cnn_symbolic.tensors.tensor import Tensor

MODES = ("valid", "full", "same")
LETTERS = "uvst"


@dataclass(frozen=True)
class Window:
    """The shape that a mode keeps, where in the full result the kept block starts, and what is presumed besides."""

    shape: Shape
    start: Shape
    presumed: tuple[sp.Expr, ...] = ()


def window(x: Tensor, f: Tensor, mode: str, exchange: bool, owner: str) -> Window:
    """Return the block of the full result that a mode keeps."""
    if mode not in MODES:
        raise ModeError(f"{owner} has no mode {mode!r}: it takes 'valid', 'full' or 'same'")
    if not isinstance(exchange, bool):
        raise ModeError(f"{owner}: exchange is True or False, found {exchange!r}")
    if exchange and mode != "valid":
        raise ModeError(f"{owner} exchanges its arguments in mode 'valid' only, found exchange=True in mode {mode!r}")
    if x.rank != f.rank or x.rank == 0:
        raise ShapeError(
            f"{owner} takes two tensors with equally many axes, found {x} of shape {format_shape(x.lengths)} "
            f"and {f} of shape {format_shape(f.lengths)}: wrap() adds an axis of size 1"
        )
    pairs = list(zip(x.lengths, f.lengths, strict=True))
    presumed: tuple[sp.Expr, ...] = ()
    if exchange and not all(at_least(sp.expand(m - i), 0) for m, i in pairs):
        kept, presumed = exchanged(pairs)
    elif mode == "valid":
        kept = [(m - i + 1, i - 1) for m, i in pairs]
    elif mode == "full":
        kept = [(m + i - 1, sp.S.Zero) for m, i in pairs]
    else:
        kept = [(m, floor((i - 1) / sp.Integer(2))) for m, i in pairs]
    return Window(tuple(sp.expand(length) for length, _ in kept), tuple(start for _, start in kept), presumed)


def exchanged(pairs: Sequence[tuple[sp.Expr, sp.Expr]]) -> tuple[list[tuple[sp.Expr, sp.Expr]], tuple[sp.Expr, ...]]:
    """Return which sizes mode "valid" keeps where the shorter tensor slides over the longer one, and from where on.

    The shorter one is so on every axis: this is presumed. Both orders keep the same block of the full convolution, or
    of the full correlation, which is max(M, I) − min(M, I) + 1 from min(M, I) − 1 on. Source: `scipy.signal`.
    """
    longer = [sp.expand(i - m) for m, i in pairs]
    if all(at_least(more, 0) for more in longer):
        return [(i - m + 1, m - 1) for m, i in pairs], ()
    one_way = maximum(minimum(*(-more for more in longer)), minimum(*longer)) + 1
    kept = [(maximum(m, i) - minimum(m, i) + 1, minimum(m, i) - 1) for m, i in pairs]
    return kept, (one_way,) if len(pairs) > 1 else ()


def letters(rank: int, of: Tensor | None = None) -> tuple[sp.Dummy, ...]:
    """Return bound indices for the axes of an overlay, named after its own letters if it has some."""
    return fresh(
        (of is not None and of.source.indices) or (LETTERS[k] if k < len(LETTERS) else f"u{k}" for k in range(rank))
    )


def laid_otherwise(call: Call) -> Iterator[Proposal]:
    """Yield the other way to lay an overlay, the other order of the two tensors, and the other modes."""
    for other in (correlate, convolve):
        if other.__name__ != call.operation:
            makes, mends = (f"{a} in place of {b}" for a, b in permutations((other.__name__, call.operation)))
            flipped = "the filter is flipped" if call.operation == convolve.__name__ else "the filter is not flipped"
            yield Proposal(makes, partial(other, *call.operands, **call.given), f"{flipped} ({mends})")
    said = f"the arguments of {call.operation} exchanged"
    yield Proposal(said, partial(call.again, call.operands[::-1]), said)
    for mode in MODES:
        if mode != call.options["mode"]:
            makes, mends = (f"mode {a!r} in place of {b!r}" for a, b in permutations((mode, call.options["mode"])))
            yield Proposal(makes, partial(call.again, call.operands, mode=mode, exchange=False), mends)


OVERLAID = tuple(given(s.grid, s.overlay, mode=mode) for mode in MODES)


@operation("cross-correlation", "r c", *OVERLAID, written=writing.filtering("⋆"), mistakes=laid_otherwise)
def correlate(x: Tensor, f: Tensor, *, mode: str = "valid", exchange: bool = False) -> Definition:
    """correlate(x, f)[i] = Σ_u x[i + u] · f[u] in mode "valid"; "full" and "same" start earlier.

    Shapes, per axis: M−I+1 valid, M+I−1 full, M same. With `exchange` mode "valid" is also defined where x fits into
    f: it is rot180(correlate(f, x)), of size I−M+1 per axis. Source: `scipy.signal.correlate`, which always exchanges.
    Raises ShapeError unless both have equally many axes, ModeError for another mode.

    >>> from cnn_symbolic import correlate, sizes, tensor
    >>> M, I = sizes("M I")
    >>> z = correlate(tensor(M, name="x"), tensor(I, name="w"))
    >>> z.shape, z[2]
    ((M - I + 1,), [2 < M - I + 1]·Σ{u=0..I - 1} w[u]·x[u + 2])
    """
    kept = window(x, f, mode, exchange, "correlate")
    offset = [s - (length - 1) for s, length in zip(kept.start, f.lengths, strict=True)]

    def formula(index: Index) -> sp.Expr:
        u = letters(f.rank, f)
        at = tuple(i + o + k for i, o, k in zip(index, offset, u, strict=True))
        return bound_sum(x.at(at) * f.formula(u), u, f.lengths)

    return Definition(kept.shape, formula, confined=mode == "full", presumed=kept.presumed)


@operation("convolution", "r c", *OVERLAID, written=writing.filtering("∗"), mistakes=laid_otherwise)
def convolve(x: Tensor, f: Tensor, *, mode: str = "full", exchange: bool = False) -> Definition:
    """convolve(x, f)[i] = Σ_u x[i − u] · f[u] in mode "full"; "valid" and "same" start later.

    Shapes, per axis: M−I+1 valid, M+I−1 full, M same. With `exchange` mode "valid" is also defined where x fits into
    f: it is convolve(f, x), of size I−M+1 per axis. Source: `scipy.signal.convolve`, which always exchanges. Raises
    ShapeError unless both have equally many axes, ModeError for another mode.

    >>> from cnn_symbolic import convolve, sizes, tensor
    >>> M, I = sizes("M I")
    >>> z = convolve(tensor(M, name="x"), tensor(I, name="w"))
    >>> z.shape, z[2]
    ((I + M - 1,), Σ{u=0..I - 1} w[u]·x[-u + 2])
    """
    kept = window(x, f, mode, exchange, "convolve")

    def formula(index: Index) -> sp.Expr:
        u = letters(f.rank, f)
        at = tuple(i + s - k for i, s, k in zip(index, kept.start, u, strict=True))
        return bound_sum(x.at(at) * f.formula(u), u, f.lengths)

    return Definition(kept.shape, formula, confined=mode == "full", presumed=kept.presumed)
