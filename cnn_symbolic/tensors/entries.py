"""Tensors written by hand, entry by entry."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from itertools import product
from types import CellType, FunctionType
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.calculations import READINGS
from cnn_symbolic.expressions.divisors import least_over
from cnn_symbolic.expressions.formulas import Index, bound_sum, indices_of, numbered, substitute
from cnn_symbolic.expressions.points import STANDING, Point, standing_at
from cnn_symbolic.expressions.shapes import check_shape, format_shape
from cnn_symbolic.expressions.values import Number, Standing, as_formula, number, presumed_of, read_at
from cnn_symbolic.ground.errors import CnnSymbolicError, FragmentError, ShapeError
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.tensor import Tensor, check_tensor


def from_entries(lengths: Sequence[Any], formula: Callable[..., Any], using: Sequence[Tensor]) -> Tensor:
    """Return the tensor of the given shape whose entry at `i, j` is `formula(i, j)`, written by hand.

    `using` lists the tensors whose entries the formula mentions. Raises ShapeError unless the formula has one index per
    axis, FragmentError if it mentions another tensor.

    >>> from cnn_symbolic import from_entries, sizes, tensor
    >>> M, N = sizes("M N")
    >>> x = tensor(M, N, name="x")
    >>> from_entries((N, M), lambda i, j: 2 * x[j, i], using=[x])
    <Tensor [2·x[j, i]] of shape (N, M)>
    """
    return by_entries(lengths, indices_of(formula), formula, using, formula if inspect.isfunction(formula) else None)


def by_entries(
    lengths: Sequence[Any],
    index: Sequence[sp.Symbol],
    formula: Callable[..., Any],
    using: Sequence[Tensor],
    called: Callable[..., Any] | None = None,
) -> Tensor:
    """Return the tensor of the given shape whose entry at an index is the formula; `called` computes it in integers."""
    target = check_shape(tuple(lengths), "from_entries")
    if len(index) != len(target):
        raise ShapeError(f"the shape {format_shape(target)} has {len(target)} axes, the formula {len(index)} indices")
    made = formula(*numbered(index))
    written = as_formula(made, "from_entries")
    known = {name: part.rank for x in using for name, part in check_tensor(x, "from_entries: using").names().items()}
    for at in sorted(written.atoms(sp.Indexed), key=str):
        name = str(at.base.label)
        if name not in known:
            raise FragmentError(f"the formula mentions {name}, which using=[…] does not list")
        if known[name] != len(at.indices):
            raise ShapeError(f"{name} has {known[name]} axes, but the formula has {at}")
    return entries_of(written, index, tuple(lengths), using, EntryReading(number(made), index, called))


class EntryReading:
    """How an entry is computed in Python's integers: by calling the function again, or from what it has made."""

    def __init__(self, made: Number, index: Sequence[sp.Symbol], function: Callable[..., Any] | None = None) -> None:
        self.made, self.index = made, tuple(index)
        self.function = None if function is None else as_it_stands(function)

    def at(self, index: Sequence[int], point: Point) -> Any:
        """Return the entry at an index."""
        if self.function is None:
            return self.made.at(point.with_indices(dict(zip(self.index, index, strict=True))))
        try:
            with standing_at(point):
                return read_at(self.function(*map(Standing, index)), point)
        except CnnSymbolicError:
            raise
        except Exception as error:
            at = ", ".join(f"{i.name} = {k}" for i, k in zip(self.index, index, strict=True))
            raise FragmentError(
                f"an entry written as a function fails at {at}, where it is called with integers: "
                f"{type(error).__name__}: {error}"
            ) from error


def as_it_stands(function: Any) -> Callable[..., Any]:
    """Return a copy of a function that keeps the variables around it as they are now, such as the index of a loop."""
    cells = tuple(CellType(cell.cell_contents) for cell in function.__closure__ or ())
    around = dict(function.__globals__)
    copied = FunctionType(function.__code__, around, function.__name__, function.__defaults__, cells)
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied


def entries_of(
    written: sp.Expr,
    index: Sequence[sp.Symbol],
    lengths: Sequence[Any],
    using: Sequence[Tensor],
    reading: EntryReading | None = None,
) -> Tensor:
    """Return the tensor whose entry at `index` is the formula; it is written once, and then only substituted in."""

    def entry_at(at: Index) -> sp.Expr:
        return substitute(written, dict(zip(index, at, strict=True)))

    target = check_shape(tuple(lengths), "from_entries")
    entry = number(written) if reading is None else reading.made
    source = Entries(written, tuple(index), tuple(using), tuple(lengths), entry, reading)
    return Tensor(target, entry_at, False, source)


def sum_over(formula: Callable[..., Any], lengths: Sequence[Any]) -> Any:
    """Return `Σ formula(u, v)` over `0 ≤ u < I, 0 ≤ v < J` for the lengths `(I, J)`; the names print the indices.

    Raises ShapeError unless the formula has one index per length.

    >>> from cnn_symbolic import sizes, sum_over, tensor
    >>> M, I = sizes("M I")
    >>> x, w = tensor(M, name="x"), tensor(I, name="w")
    >>> sum_over(lambda u: x[2 + u] * w[u], (I,))
    Σ{u=0..I - 1} w[u]·x[u + 2]
    """
    if len(index := indices_of(formula)) != len(lengths):
        raise ShapeError(f"sum_over: the formula has {len(index)} indices, found {len(lengths)} lengths: {lengths}")
    if (point := STANDING.get()) is not None:
        runs = product(*(range(n) for n in read_at(tuple(lengths), point)))
        return Standing(sum(read_at(formula(*map(Standing, at)), point) for at in runs))
    return sum_of(number(formula(*numbered(index))), index, lengths, "sum_over")


def sum_of(body: Number, index: Sequence[sp.Symbol], lengths: Sequence[Any], owner: str) -> Number:
    """Return the sum of a number over `0 ≤ u < I` for each of its indices."""
    runs = check_shape(tuple(lengths), owner)
    ranges = dict(zip(index, runs, strict=True))
    presumed = {least_over(e, ranges) for e in body.presumed}
    of = body, tuple(index), tuple(lengths)
    return Number(bound_sum(body.formula, index, runs), "sum", of, frozenset(presumed) | presumed_of(of[2]))


def summed_at(point: Point, body: Number, index: Sequence[sp.Symbol], lengths: Sequence[Any]) -> Any:
    """Return the value of a sum at a point."""
    places = product(*(range(n) for n in read_at(lengths, point)))
    return sum(body.at(point.with_indices(dict(zip(index, at, strict=True)))) for at in places)


READINGS["sum"] = summed_at
