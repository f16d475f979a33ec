"""Operations on axes, and products: the docstring's first line is the entry formula.

Axes are turned, stretched, thinned, moved, added and summed over. Everything is real, so that nothing is conjugated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, bound_sum
from cnn_symbolic.expressions.rules import at_least, delta, divide, floor, remainder
from cnn_symbolic.expressions.shapes import check_integers, check_shape, format_shape
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors import writing
from cnn_symbolic.tensors.arithmetic import common_shape
from cnn_symbolic.tensors.operation import Definition, Proposal, given, operation
from cnn_symbolic.tensors.operations.correlation import letters
from cnn_symbolic.tensors.sources import Call
from cnn_symbolic.tensors.tensor import Tensor


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
    """flip(x)[i, j] = x[M − 1 − i, j], here along axis 0. Source: `numpy.flip`.

    The shape stays. Raises ShapeError for an axis that there is not, or that occurs twice.

    >>> from cnn_symbolic import flip, sizes, tensor
    >>> M, N = sizes("M N")
    >>> flip(tensor(M, N, name="x"), axes=(0,))[0, 0]
    x[M - 1, 0]
    """
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
    """rot180(x)[i, j] = x[M − 1 − i, N − 1 − j]: every axis is reversed. Source: `numpy.flip`.

    The shape stays.

    >>> from cnn_symbolic import rot180, sizes, tensor
    >>> M, N = sizes("M N")
    >>> rot180(tensor(M, N, name="x"))[0, 0]
    x[M - 1, N - 1]
    """
    return Definition(
        x.lengths, lambda index: x.at(tuple(n - 1 - i for n, i in zip(x.lengths, index, strict=True))), confined=True
    )


@operation("dilation", "m", given(s.x, factors=(s.D,)))
def dilate(x: Tensor, *, factors: Sequence[Any]) -> Definition:
    """dilate(x)[i] = x[i / d] where d divides i, and 0 elsewhere; the size is (M − 1)·d + 1.

    `factors` lists one positive integer or size per axis. Raises ShapeError for other factors.

    >>> from cnn_symbolic import dilate, literal, sizes, tensor
    >>> M, D = sizes("M D")
    >>> dilate(tensor(M, name="x"), factors=(D,)).shape
    (D·M - D + 1,)
    >>> dilate(literal(values=[1, 2, 3]), factors=(2,)).evaluate({})
    array([1, 0, 2, 0, 3])
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

    `factors` lists one positive integer or size per axis. Raises ShapeError for other factors.

    >>> from cnn_symbolic import sizes, subsample, tensor
    >>> M, S = sizes("M S")
    >>> z = subsample(tensor(M, name="x"), factors=(S,))
    >>> z.shape, z[2]
    ((⌊(M - 1)/S⌋ + 1,), x[2·S])
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
    """shift(x)[i] = x[i − offset]: the shape stays, what leaves it is lost, zeros come in.

    `offsets` lists one integer or size expression per axis. Raises ShapeError for others.

    >>> from cnn_symbolic import literal, shift
    >>> shift(literal(values=[1, 2, 3]), offsets=(1,)).evaluate({})
    array([0, 1, 2])
    """
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
    """transpose(x)[i, j] = x[j, i]; `axes` lists, as in `numpy.transpose`, where each axis comes from.

    Shapes: x (M, N), result (N, M). Raises ShapeError unless `axes` has every axis once.

    >>> from cnn_symbolic import sizes, tensor, transpose
    >>> M, N = sizes("M N")
    >>> z = transpose(tensor(M, N, name="x"))
    >>> z.shape, z[0, 1]
    ((N, M), x[1, 0])
    """
    order = check_axes(tuple(reversed(range(x.rank))) if axes is None else axes, x, "transpose")
    if len(order) != x.rank:
        raise ShapeError(f"transpose takes all {x.rank} axes of {x}, found {axes}")
    shape = tuple(x.lengths[a] for a in order)
    return Definition(shape, lambda index: x.formula(tuple(index[order.index(a)] for a in range(x.rank))), x.confined)


@operation("the sum over axes", "n", given(s.grid, axes=(0,)), written=writing.over_axes)
def sum_axes(x: Tensor, *, axes: Sequence[int], keepdims: bool = False) -> Definition:
    """sum_axes(x)[j] = Σ_i x[i, j], here over axis 0. Source: `numpy.sum`.

    Shapes: x (M, N), result (N,), or (1, N) with `keepdims`. Raises ShapeError for an axis that there is not.

    >>> from cnn_symbolic import sizes, sum_axes, tensor
    >>> M, N = sizes("M N")
    >>> z = sum_axes(tensor(M, N, name="x"), axes=(0,))
    >>> z.shape, z[1]
    ((N,), Σ{u=0..M - 1} x[u, 1])
    """
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
    """dot(x, y) = Σ_i x[i] · y[i], a number: the dot product of the flattened tensors.

    Raises ShapeError unless both have the same shape, up to axes of size 1.

    >>> from cnn_symbolic import dot, sizes, tensor
    >>> M, N = sizes("M N")
    >>> z = dot(tensor(M, N, name="x"), tensor(M, N, name="y"))
    >>> z.shape, z[()]
    ((), Σ{u=0..M - 1, v=0..N - 1} x[u, v]·y[u, v])
    """
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
    axes of several letters taken as one this is a matrix product. Shapes: x (M, N), y (N, K), result (M, K). Raises
    ShapeError for pairs of different sizes.

    >>> from cnn_symbolic import sizes, tensor, tensordot
    >>> M, N, K = sizes("M N K")
    >>> z = tensordot(tensor(M, N, name="x"), tensor(N, K, name="y"), axes=((1,), (0,)))
    >>> z.shape, z[0, 1]
    ((M, K), Σ{u=0..N - 1} x[0, u]·y[u, 1])
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
    """outer(x, y)[i, j] = x[i] · y[j]: all axes of x, then all axes of y. Source: `numpy.multiply.outer`.

    Shapes: x (M,), y (I,), result (M, I).

    >>> from cnn_symbolic import outer, sizes, tensor
    >>> M, I = sizes("M I")
    >>> z = outer(tensor(M, name="x"), tensor(I, name="y"))
    >>> z.shape, z[1, 2]
    ((M, I), x[1]·y[2])
    """
    return Definition(
        x.lengths + y.lengths,
        lambda index: x.formula(index[: x.rank]) * y.formula(index[x.rank :]),
        x.confined and y.confined,
    )


@operation("an axis of size 1", "k m", given(s.x))
def wrap(x: Tensor, *, axis: int = 0) -> Definition:
    """wrap(x)[0, i] = x[i]: one more axis, of size 1, as in `[δ]`. Source: `numpy.expand_dims`.

    Shapes: x (M,), result (1, M), or (M, 1) with `axis=1`. Raises ShapeError for an axis beyond these.

    >>> from cnn_symbolic import sizes, tensor, wrap
    >>> M, N = sizes("M N")
    >>> z = wrap(tensor(M, N, name="x"), axis=1)
    >>> z.shape, z[1, 0, 2]
    ((M, 1, N), [1 < M and 2 < N]·x[1, 2])
    """
    if not -x.rank - 1 <= axis <= x.rank:
        raise ShapeError(f"wrap: the new axis of {x} is 0 to {x.rank}, found {axis}")
    at = axis % (x.rank + 1)
    return Definition((*x.lengths[:at], sp.S.One, *x.lengths[at:]), lambda i: x.formula(i[:at] + i[at + 1 :]))


@operation("stack", "k m", given(s.x, s.y), adds=True)
def stack(*layers: Tensor, axis: int = 0) -> Definition:
    """stack(x, y)[k, i] = x[i] for k = 0, y[i] for k = 1: equal shapes along a new axis. Source: `numpy.stack`.

    Shapes: each (M,), result (2, M). Raises ShapeError for tensors of different shapes.

    >>> from cnn_symbolic import sizes, stack, tensor
    >>> M, N = sizes("M N")
    >>> z = stack(tensor(M, N, name="x"), tensor(M, N, name="y"))
    >>> z.shape, z[1, 0, 0]
    ((2, M, N), y[0, 0])
    """
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
    """Return the tensor zeros[i] = 0.

    Raises ShapeError for a size below one.

    >>> from cnn_symbolic import claim, sizes, tensor, zeros
    >>> M, N = sizes("M N")
    >>> x = tensor(M, N, name="x")
    >>> claim(x - x == zeros(M, N)).outcome
    'proved'
    """
    return constant(value=0, shape=lengths)


def ones(*lengths: Any) -> Tensor:
    """Return the tensor ones[i] = 1 inside its shape.

    Raises ShapeError for a size below one.

    >>> from cnn_symbolic import claim, correlate, ones, sizes
    >>> M, I = sizes("M I")
    >>> claim(correlate(ones(M), ones(I)) == I * ones(M - I + 1)).outcome
    'proved'
    """
    return constant(value=1, shape=lengths)


@operation("constant", "m", given(value=1, shape=(s.M,)), written=writing.constant)
def constant(*, value: int, shape: Sequence[Any]) -> Definition:
    """constant[i] = value inside the shape."""
    return Definition(check_shape(tuple(shape), "constant"), lambda _: sp.Integer(value), value == 0)
