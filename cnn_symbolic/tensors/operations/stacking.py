"""Families of tensors: slices, stacks and sums of a symbolic number of members, windows, printed arrays.

As in `operations`, the docstring's first line is the entry formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.formulas import Index, bound_sum, fresh, indices_of, numbered, substitute, symbols_of
from cnn_symbolic.expressions.rules import delta
from cnn_symbolic.expressions.shapes import check_integers, check_shape, format_shape
from cnn_symbolic.expressions.values import as_formula, number, plain
from cnn_symbolic.ground.errors import OperandError, ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors import writing
from cnn_symbolic.tensors.operation import Definition, given, operation
from cnn_symbolic.tensors.operations.basic import ones, sum_axes
from cnn_symbolic.tensors.tensor import Tensor, check_tensor


@operation("a slice", "n", given(s.grid, at=(s.k,)), written=writing.part)
def take(x: Tensor, *, at: Sequence[Any]) -> Definition:
    """take(x, at=(k,))[i, j] = x[k, i, j]: the slice at the given indices of the first axes.

    As everywhere, an index outside the shape gives zeros; negative ones do not count from the end. Raises ShapeError
    for more indices than axes.

    >>> from cnn_symbolic import sizes, take, tensor
    >>> M, N = sizes("M N")
    >>> z = take(tensor(M, N, name="x"), at=(1,))
    >>> z, z[2]
    (<Tensor x[1] of shape (N,)>, x[1, 2])
    """
    if not 0 < len(at) <= x.rank:
        raise ShapeError(f"take: {x} has {x.rank} axes, found {len(at)} indices {format_shape(tuple(at))}")
    first = check_integers(at, len(at), f"take: the index into {x}")
    return Definition(x.lengths[len(at) :], lambda index: x.at(first + index), confined=True)


def stacked(length: Any, member: Callable[[sp.Symbol], Tensor]) -> Tensor:
    """Return the tensors `member(k)`, for `0 ≤ k < length`, stacked along a new first axis.

    All members have one shape (M, …); that of the result is (length, M, …). Raises ShapeError if it depends on k.

    >>> from cnn_symbolic import sizes, stacked, take, tensor
    >>> K, M = sizes("K M")
    >>> x = tensor(K, M, name="x")
    >>> stacked(K, lambda k: 2 * take(x, at=(k,)))
    <Tensor [2·x[k] for k<K] of shape (K, M)>
    """
    sample, index = sample_member("stacked", member)
    check_shape((length,), "stacked")
    return stack_family(sample, index=index, length=number(length))


def summed(length: Any, member: Callable[[sp.Symbol], Tensor]) -> Tensor:
    """Return the sum of the tensors `member(k)` over `0 ≤ k < length`.

    The result has the shape of the members. Raises ShapeError if it depends on k.

    >>> from cnn_symbolic import sizes, summed, take, tensor
    >>> K, M = sizes("K M")
    >>> z = summed(K, lambda k: take(tensor(K, M, name="x"), at=(k,)))
    >>> z, z[0]
    (<Tensor Σ{k<K} x[k] of shape (M,)>, Σ{k=0..K - 1} x[k, 0])
    """
    sample, index = sample_member("summed", member)
    check_shape((length,), "summed")
    return sum_family(sample, index=index, length=number(length))


def sample_member(owner: str, member: Callable[[sp.Symbol], Tensor]) -> tuple[Tensor, sp.Symbol]:
    """Return the member at a fresh index, and that index."""
    if not callable(member) or len(indices_of(member)) != 1:
        raise OperandError(f"{owner} takes a function of one index that returns a tensor, found {member!r}")
    (index,) = indices_of(member)
    sample = check_tensor(member(*numbered([index])), owner)
    taken = {s.name for s in symbols_of(sample.formula(fresh("i" * sample.rank))) - {index}}
    if index.name in taken:
        # Within another family, or beside a size of that name: printed, the letter would stand for two things.
        letter = index.name
        while letter in taken:
            letter += "′"
        (index,) = fresh([letter])
        sample = check_tensor(member(*numbered([index])), owner)
    if any(index in length.free_symbols for length in sample.lengths):
        raise ShapeError(f"{owner}: all members have one shape, found {format_shape(sample.lengths)}")
    return sample, index


@operation(
    "the stack",
    "k n",
    lambda: [given(take(s.grid, at=(s.k,)), index=s.k, length=s.M)],
    written=writing.stacked,
)
def stack_family(member: Tensor, *, index: sp.Symbol, length: Any) -> Definition:
    """stack_family(member)[k, i] = member(k)[i], for 0 ≤ k < length."""

    def formula(at: Index) -> sp.Expr:
        return substitute(member.formula(at[1:]), {index: at[0]})

    return Definition((*check_shape((length,), "stacked"), *member.lengths), formula)


@operation(
    "the sum of a family",
    "n",
    lambda: [given(take(s.grid, at=(s.k,)), index=s.k, length=s.M)],
    written=writing.summed,
)
def sum_family(member: Tensor, *, index: sp.Symbol, length: Any) -> Definition:
    """sum_family(member)[i] = Σ_k member(k)[i], over 0 ≤ k < length."""
    shape = check_shape((length,), "summed")

    def formula(at: Index) -> sp.Expr:
        bound = fresh([index.name])
        return bound_sum(substitute(member.formula(at), {index: bound[0]}), bound, shape)

    return Definition(member.lengths, formula, member.confined, shape)


@operation("windows", "r u", given(s.x, shape=(s.I,)))
def windows(x: Tensor, *, shape: Sequence[Any]) -> Definition:
    """windows(x)[r, c, i, j] = x[r + i, c + j]: the underlay of an overlay of that shape, at every position.

    The result has shape (M−I+1, N−J+1, I, J). Source: `numpy.lib.stride_tricks.sliding_window_view`. Raises ShapeError
    for an overlay with another number of axes.

    >>> from cnn_symbolic import literal, windows
    >>> windows(literal(values=[1, 2, 3, 4]), shape=(2,)).evaluate({})
    array([[1, 2],
           [2, 3],
           [3, 4]])
    """
    overlay = check_shape(tuple(shape), "windows")
    if len(overlay) != x.rank:
        raise ShapeError(f"windows: {x} has {x.rank} axes, found the window {format_shape(overlay)}")
    positions = tuple(sp.expand(m - i + 1) for m, i in zip(x.lengths, overlay, strict=True))

    def formula(index: Index) -> sp.Expr:
        return x.at(tuple(r + i for r, i in zip(index[: x.rank], index[x.rank :], strict=True)))

    return Definition((*positions, *overlay), formula)


@operation("literal", written=writing.array)
def literal(*, values: Any) -> Definition:
    """literal[i, j] = the number that is written there: an array of integers or fractions as a tensor.

    Raises OperandError for floating-point numbers.

    >>> from cnn_symbolic import correlate, literal
    >>> correlate(literal(values=[1, 2, 4]), literal(values=[-1, 1])).evaluate({})
    array([1, 2])
    """
    array = np.array(plain(values), dtype=object)
    if not all(isinstance(v, int | sp.Rational | Fraction) and not isinstance(v, bool) for v in array.flat):
        raise OperandError(f"a literal array holds integers or rational numbers, found {values!r}")

    def formula(index: Index) -> sp.Expr:
        terms = []
        for at, value in np.ndenumerate(array):
            deltas = [delta(i, sp.Integer(k)) for i, k in zip(index, at, strict=True)]
            terms.append(sp.Mul(as_formula(value, "literal"), *deltas))
        return sp.Add(*terms)

    return Definition(check_shape(array.shape, "literal"), formula, confined=True)


def count(x: Tensor) -> Tensor:
    """Return the number of entries of a tensor, as a tensor without axes.

    >>> from cnn_symbolic import claim, count, ones, sizes, tensor
    >>> M, N = sizes("M N")
    >>> claim(count(tensor(M, N, name="x")) == M * N * ones()).outcome
    'proved'
    """
    return sum_axes(ones(*check_tensor(x, "count").shape), axes=tuple(range(x.rank)))
