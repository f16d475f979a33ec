"""Sums, multiples and products of tensors, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.expressions.shapes import (
    check_shape,
    format_shape,
)
from cnn_symbolic.expressions.values import as_formula, plain
from cnn_symbolic.ground.errors import FragmentError, OperandError, ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors import writing
from cnn_symbolic.tensors.operation import Definition, Proposal, given, operation
from cnn_symbolic.tensors.sources import Call
from cnn_symbolic.tensors.tensor import Tensor


@operation("repeating axes of size 1", written=writing.same)
def broadcast(x: Tensor, *, shape: Sequence[Any]) -> Definition:
    """broadcast(x)[i, j] = x[i or 0, j or 0]: the axes of size 1 are repeated; without axes, the number is.

    Raises ShapeError unless every axis has the size that is wanted, or size 1.

    >>> from cnn_symbolic import broadcast, sizes, tensor
    >>> M, N = sizes("M N")
    >>> z = broadcast(tensor(1, N, name="b"), shape=(M, N))
    >>> z.shape, z[1, 0]
    ((M, N), [1 < M and 0 < N]·b[0, 0])
    """
    target = check_shape(tuple(shape), "broadcast")
    if x.rank == 0:
        return Definition(target, lambda index: x.at(()))
    fits = len(target) == x.rank and all(
        sp.expand(a) in (sp.expand(b), 1) for a, b in zip(x.lengths, target, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{x} of shape {format_shape(x.lengths)} does not broadcast to {format_shape(target)}: "
            "each axis must have the same size, or size 1"
        )

    def formula(index: Index) -> sp.Expr:
        return x.formula(tuple(sp.S.Zero if sp.expand(a) == 1 else i for a, i in zip(x.lengths, index, strict=True)))

    return Definition(target, formula)


def common_shape(operands: Sequence[Tensor], owner: str) -> list[Tensor]:
    """Return the operands broadcast to their common shape; raise ShapeError if there is none."""
    rank = max(x.rank for x in operands)
    full = [x for x in operands if x.rank]
    if any(x.rank != rank for x in full):
        found = ", ".join(f"{x} of shape {format_shape(x.lengths)}" for x in full)
        raise ShapeError(f"{owner} takes tensors with equally many axes, found {found}")
    target: list[Any] = [1] * rank
    for axis in range(rank):
        for x in full:
            length, known = sp.expand(x.lengths[axis]), sp.expand(plain(target[axis]))
            if known == 1:
                target[axis] = x.shape[axis]
            elif length not in (1, known):
                shapes = " and ".join(f"{x} of shape {format_shape(x.lengths)}" for x in full)
                raise ShapeError(f"{owner}: the shapes differ along axis {axis}: {shapes}")
    common = [sp.expand(plain(n)) for n in target]
    same = [[sp.expand(n) for n in x.lengths] == common for x in operands]
    return [x if s else broadcast(x, shape=tuple(target)) for x, s in zip(operands, same, strict=True)]


def other_terms(call: Call) -> Iterator[Proposal]:
    """Yield a sum without one of its terms, or with one of them twice."""
    for k, term in enumerate(call.operands if len(call.operands) > 1 else ()):
        rest = [*call.operands[:k], *call.operands[k + 1 :]]
        yield Proposal(f"the term {term} dropped", partial(add, *rest), f"the term {term} is too much")
        twice = partial(add, *rest, scale(term, factor=2))
        yield Proposal(f"the term {term} doubled", twice, f"the term {term} is halved")


@operation("the sum of tensors", "m", given(s.x, s.y), written=writing.terms, mistakes=other_terms, adds=True)
def add(*terms: Tensor) -> Definition:
    """add(x, y)[i] = x[i] + y[i]; axes of size 1 and numbers are broadcast.

    The result has the common shape. Raises ShapeError if there is none.

    >>> from cnn_symbolic import add, sizes, tensor
    >>> M, N = sizes("M N")
    >>> z = add(tensor(M, N, name="x"), tensor(1, N, name="b"))
    >>> z.shape, z[1, 0]
    ((M, N), (b[0, 0] + x[1, 0])·[1 < M and 0 < N])
    """
    if not terms:
        raise OperandError("add takes at least one tensor")
    parts = common_shape(terms, "a sum")
    confined = all(x.confined for x in parts)
    return Definition(parts[0].lengths, lambda index: sp.Add(*(x.formula(index) for x in parts)), confined)


@operation("a multiple", "m", given(s.x, factor=s.N), written=writing.multiple)
def scale(x: Tensor, *, factor: Any) -> Definition:
    """scale(x)[i] = factor · x[i], the factor being a rational number or an expression in sizes.

    The shape stays. Raises OperandError for other factors, such as floating-point numbers.

    >>> from cnn_symbolic import scale, sizes, tensor
    >>> M, N = sizes("M N")
    >>> z = scale(tensor(M, name="x"), factor=1 / N)
    >>> z, z[0]
    (<Tensor 1/N·x of shape (M,)>, 1/N·x[0])
    """
    reason = ""
    try:
        exact = as_formula(factor, "a factor")
    except FragmentError as error:
        exact, reason = sp.nan, f" ({error})" if isinstance(factor, sp.Expr) else ""
    if exact.is_Rational or (exact.free_symbols and all(map(is_plain_size, exact.free_symbols))):
        return Definition(x.lengths, lambda index: exact * x.formula(index), x.confined)
    raise OperandError(
        f"a factor is an exact rational number (such as Rational(1, 2)) or made from sizes, found {factor!r}{reason}; "
        "for an arbitrary number use scalar('η')"
    )


def other_factors(call: Call) -> Iterator[Proposal]:
    """Yield a product without one of its factors."""
    for kept, dropped in (call.operands, call.operands[::-1]):
        alone = partial(lambda factor: factor, kept)
        yield Proposal(f"the factor {dropped} dropped", alone, f"the factor {dropped} is too much")


@operation("the elementwise product", "m", given(s.x, s.y), written=writing.product, mistakes=other_factors)
def multiply(x: Tensor, y: Tensor) -> Definition:
    """multiply(x, y)[i] = x[i] · y[i]; axes of size 1 and numbers are broadcast.

    The result has the common shape. Raises ShapeError if there is none.

    >>> from cnn_symbolic import multiply, sizes, tensor
    >>> M, N = sizes("M N")
    >>> z = multiply(tensor(M, N, name="x"), tensor(1, N, name="y"))
    >>> z.shape, z[1, 0]
    ((M, N), x[1, 0]·y[0, 0])
    """
    left, right = common_shape([x, y], "an elementwise product")
    confined = left.confined or right.confined
    return Definition(left.lengths, lambda index: left.formula(index) * right.formula(index), confined)
