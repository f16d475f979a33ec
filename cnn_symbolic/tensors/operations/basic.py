"""The operations on tensors, one definition each: the docstring's first line is the entry formula.

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
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, Shape, bound_sum, fresh
from cnn_symbolic.expressions.rules import at_least, delta, divide, floor, maximum, minimum, remainder
from cnn_symbolic.expressions.shapes import check_integers, check_shape, format_shape
from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors import writing
from cnn_symbolic.tensors.arithmetic import common_shape
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
    f: it is convolve(f, x), of size I−M+1 per axis. Source: `scipy.signal.convolve`, which always exchanges.
    """
    kept = window(x, f, mode, exchange, "convolve")

    def formula(index: Index) -> sp.Expr:
        u = letters(f.rank, f)
        at = tuple(i + s - k for i, s, k in zip(index, kept.start, u, strict=True))
        return bound_sum(x.at(at) * f.formula(u), u, f.lengths)

    return Definition(kept.shape, formula, confined=mode == "full", presumed=kept.presumed)


def check_axes(axes: Sequence[int], x: Tensor, owner: str) -> tuple[int, ...]:
    """Return axes counted from 0; raise ShapeError if one does not exist or occurs twice."""
    if not all(isinstance(a, int) and -x.rank <= a < x.rank for a in axes):
        raise ShapeError(f"{owner}: {x} has the axes 0 to {x.rank - 1}, found {list(axes)}")
    counted = tuple(a % x.rank for a in axes)
    if len(set(counted)) != len(counted):
        raise ShapeError(f"{owner}: an axis occurs twice in {list(axes)}")
    return counted


@operation("flip", "m n", given(s.grid, axes=(0,)))
def flip(x: Tensor, *, axes: Sequence[int]) -> Definition:
    """flip(x)[i, j] = x[M − 1 − i, j], here along axis 0. Source: `numpy.flip`."""
    turned = check_axes(axes, x, "flip")

    def formula(index: Index) -> sp.Expr:
        return x.at(tuple(x.lengths[a] - 1 - i if a in turned else i for a, i in enumerate(index)))

    return Definition(x.lengths, formula, confined=True)


def unturned(call: Call) -> Iterator[Proposal]:
    """Yield the tensor as it is, not rotated."""
    (x,) = call.operands
    yield Proposal(f"{x} not rotated", lambda: x, f"{x} is flipped")


@operation("rot180", "m n", given(s.grid), mistakes=unturned)
def rot180(x: Tensor) -> Definition:
    """rot180(x)[i, j] = x[M − 1 − i, N − 1 − j]: every axis is reversed. Source: `numpy.flip`."""
    return Definition(
        x.lengths, lambda index: x.at(tuple(n - 1 - i for n, i in zip(x.lengths, index, strict=True))), confined=True
    )


@operation("dilation", "m", given(s.x, factors=(s.D,)))
def dilate(x: Tensor, *, factors: Sequence[Any]) -> Definition:
    """dilate(x)[i] = x[i / d] where d divides i, and 0 elsewhere; the size is (M − 1)·d + 1.

    `factors` lists one positive integer or size per axis.
    """
    steps = check_factors(factors, x, "dilate")
    shape = tuple(sp.expand((n - 1) * d + 1) for n, d in zip(x.lengths, steps, strict=True))

    def formula(index: Index) -> sp.Expr:
        divides = [delta(remainder(i, d), sp.S.Zero) for i, d in zip(index, steps, strict=True)]
        return sp.Mul(*divides, x.at(tuple(floor(divide(i, d)) for i, d in zip(index, steps, strict=True))))

    return Definition(shape, formula, True, steps)


@operation("keeping every n-th entry", "r", given(s.x, factors=(s.S,)))
def subsample(x: Tensor, *, factors: Sequence[Any]) -> Definition:
    """subsample(x)[i] = x[d·i]: every d-th entry, the size is ⌊(M − 1)/d⌋ + 1. Source: NumPy slicing, `x[::d]`.

    `factors` lists one positive integer or size per axis.
    """
    steps = check_factors(factors, x, "subsample")
    shape = tuple(floor(divide(sp.expand(n - 1), d)) + 1 for n, d in zip(x.lengths, steps, strict=True))
    return Definition(shape, lambda index: x.at(tuple(d * i for d, i in zip(steps, index, strict=True))), True, steps)


def check_factors(factors: Sequence[Any], x: Tensor, owner: str) -> tuple[sp.Expr, ...]:
    """Return one integer or size expression per axis, at least one somewhere; raise ShapeError for others."""
    given = tuple(factors) if isinstance(factors, tuple | list) else (factors,)
    try:
        exact = check_integers(given, x.rank, owner)
    except ShapeError:
        exact = ()
    if len(exact) != x.rank or any(at_least(-d, 0) for d in exact):
        raise ShapeError(
            f"{owner} takes one positive integer or size per axis; {x} has {x.rank} axes, found {factors!r}"
        )
    return exact


@operation("shift", "m", given(s.x, offsets=(s.P,)))
def shift(x: Tensor, *, offsets: Sequence[Any]) -> Definition:
    """shift(x)[i] = x[i − offset]: the shape stays, what leaves it is lost, zeros come in."""
    moved = check_integers(offsets, x.rank, f"shift: the offset of {x}, which has {x.rank} axes,")
    return Definition(x.lengths, lambda index: x.at(tuple(i - o for i, o in zip(index, moved, strict=True))))


def split_otherwise(call: Call) -> Iterator[Proposal]:
    """Yield an axis that was split and then transposed, split into the sizes in the other order."""
    inner, axes = call.operands[0].source, tuple(call.options.get("axes", ()))
    if isinstance(inner, Call) and "into" in inner.options:
        k, into = inner.options["axis"], inner.options["into"]
        if axes[k : k + 2] == (k + 1, k):
            makes, mends = (
                f"axis {k} split into {format_shape(a)} in place of {format_shape(b)}"
                for a, b in permutations((into[::-1], into))
            )
            yield Proposal(makes, partial(inner.again, inner.operands, into=into[::-1]), mends)


@operation("transpose", "n m", given(s.grid), mistakes=split_otherwise)
def transpose(x: Tensor, *, axes: Sequence[int] | None = None) -> Definition:
    """transpose(x)[i, j] = x[j, i]; `axes` lists, as in `numpy.transpose`, where each axis comes from."""
    order = check_axes(tuple(reversed(range(x.rank))) if axes is None else axes, x, "transpose")
    if len(order) != x.rank:
        raise ShapeError(f"transpose takes all {x.rank} axes of {x}, found {axes}")
    shape = tuple(x.lengths[a] for a in order)
    return Definition(shape, lambda index: x.formula(tuple(index[order.index(a)] for a in range(x.rank))), x.confined)


@operation("the sum over axes", "n", given(s.grid, axes=(0,)), written=writing.over_axes)
def sum_axes(x: Tensor, *, axes: Sequence[int], keepdims: bool = False) -> Definition:
    """sum_axes(x)[j] = Σ_i x[i, j], here over axis 0. Source: `numpy.sum`."""
    summed = check_axes(axes, x, "sum_axes")
    kept = [a for a in range(x.rank) if a not in summed]
    shape = tuple(sp.S.One if a in summed else x.lengths[a] for a in range(x.rank) if keepdims or a in kept)

    def formula(index: Index) -> sp.Expr:
        bound = dict(zip(summed, letters(len(summed)), strict=True))
        free = dict(zip(range(x.rank) if keepdims else kept, index, strict=True))
        at = tuple(bound.get(a, free.get(a)) for a in range(x.rank))
        return bound_sum(x.formula(at), tuple(bound.values()), tuple(x.lengths[a] for a in summed))

    return Definition(shape, formula, x.confined and not keepdims)


@operation("the dot product", "", given(s.x, s.y))
def dot(x: Tensor, y: Tensor) -> Definition:
    """dot(x, y) = Σ_i x[i] · y[i], a number: the dot product of the flattened tensors."""
    left, right = common_shape([x, y], "a dot product")
    if left.rank == 0:
        raise ShapeError("a dot product takes tensors with at least one axis: multiply numbers with *")

    def formula(_: Index) -> sp.Expr:
        u = letters(left.rank, left)
        return bound_sum(left.formula(u) * right.formula(u), u, left.lengths)

    return Definition((), formula, confined=True)


@operation("the tensor product, summed over axes", "m k", given(s.grid, s.weights, axes=((1,), (0,))))
def tensordot(x: Tensor, y: Tensor, *, axes: Sequence[Sequence[int]]) -> Definition:
    """tensordot(x, y)[i, j] = Σ_u x[i, u] · y[u, j]: the sum over pairs of axes. Source: `numpy.tensordot`.

    `axes` lists the axes of x and those of y that are summed together; what is left of x comes first. With
    axes of several letters taken as one this is a matrix product.
    """
    if not isinstance(axes, tuple | list) or len(axes) != 2 or not all(isinstance(a, tuple | list) for a in axes):
        raise ShapeError(f"tensordot takes the axes of {x} and those of {y}, such as axes=((1,), (0,)); found {axes!r}")
    first, second = check_axes(axes[0], x, "tensordot"), check_axes(axes[1], y, "tensordot")
    pairs = list(zip(first, second, strict=False))
    if len(first) != len(second) or any(sp.expand(x.lengths[a] - y.lengths[b]) != 0 for a, b in pairs):
        raise ShapeError(
            f"tensordot sums pairs of axes of equal size, found {tuple(axes)} of {x} of shape "
            f"{format_shape(x.lengths)} and {y} of shape {format_shape(y.lengths)}"
        )
    left = [a for a in range(x.rank) if a not in first]
    right = [a for a in range(y.rank) if a not in second]

    def formula(index: Index) -> sp.Expr:
        u = letters(len(first))
        in_x = dict(zip(left, index, strict=False)) | dict(zip(first, u, strict=True))
        in_y = dict(zip(right, index[len(left) :], strict=True)) | dict(zip(second, u, strict=True))
        body = x.formula(tuple(in_x[a] for a in range(x.rank))) * y.formula(tuple(in_y[a] for a in range(y.rank)))
        return bound_sum(body, u, tuple(x.lengths[a] for a in first))

    shape = (*(x.lengths[a] for a in left), *(y.lengths[a] for a in right))
    return Definition(shape, formula, x.confined and y.confined)


@operation("the outer product", "m u", given(s.x, s.f))
def outer(x: Tensor, y: Tensor) -> Definition:
    """outer(x, y)[i, j] = x[i] · y[j]: all axes of x, then all axes of y. Source: `numpy.multiply.outer`."""
    return Definition(
        x.lengths + y.lengths,
        lambda index: x.formula(index[: x.rank]) * y.formula(index[x.rank :]),
        x.confined and y.confined,
    )


@operation("an axis of size 1", "k m", given(s.x))
def wrap(x: Tensor, *, axis: int = 0) -> Definition:
    """wrap(x)[0, i] = x[i]: one more axis, of size 1, as in `[δ]`. Source: `numpy.expand_dims`."""
    if not -x.rank - 1 <= axis <= x.rank:
        raise ShapeError(f"wrap: the new axis of {x} is 0 to {x.rank}, found {axis}")
    at = axis % (x.rank + 1)
    return Definition((*x.lengths[:at], sp.S.One, *x.lengths[at:]), lambda i: x.formula(i[:at] + i[at + 1 :]))


@operation("stack", "k m", given(s.x, s.y), adds=True)
def stack(*layers: Tensor, axis: int = 0) -> Definition:
    """stack(x, y)[k, i] = x[i] for k = 0, y[i] for k = 1: equal shapes along a new axis. Source: `numpy.stack`."""
    if not layers or any(tuple(map(sp.expand, x.lengths)) != tuple(map(sp.expand, layers[0].lengths)) for x in layers):
        found = ", ".join(f"{x} of shape {format_shape(x.lengths)}" for x in layers) or "none"
        raise ShapeError(f"stack takes tensors of one shape, found {found}")
    rank = layers[0].rank
    if not -rank - 1 <= axis <= rank:
        raise ShapeError(f"stack: the new axis is 0 to {rank}, found {axis}")
    at = axis % (rank + 1)

    def formula(index: Index) -> sp.Expr:
        rest = index[:at] + index[at + 1 :]
        return sp.Add(*(delta(index[at], sp.Integer(k)) * x.formula(rest) for k, x in enumerate(layers)))

    shape = layers[0].lengths
    return Definition((*shape[:at], sp.Integer(len(layers)), *shape[at:]), formula, all(x.confined for x in layers))


def zeros(*lengths: Any) -> Tensor:
    """Return the tensor zeros[i] = 0."""
    return constant(value=0, shape=lengths)


def ones(*lengths: Any) -> Tensor:
    """Return the tensor ones[i] = 1 inside its shape."""
    return constant(value=1, shape=lengths)


@operation("constant", "m", given(value=1, shape=(s.M,)), written=writing.constant)
def constant(*, value: int, shape: Sequence[Any]) -> Definition:
    """constant[i] = value inside the shape."""
    return Definition(check_shape(tuple(shape), "constant"), lambda _: sp.Integer(value), value == 0)
