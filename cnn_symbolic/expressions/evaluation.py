"""Entry formulas as NumPy: what a formula says, computed at given sizes and values.

Relies on NumPy and on the meaning of the vocabulary in `formulas`; shares nothing with the kernel, so
that a counterexample replayed here is independent evidence. Integers stay exact: `int64` as long as
nothing overflows, and arrays of Python integers (`dtype=object`) without any bound.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import Shape, entry, substitute
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.meaning import COMPARE, value_of
from cnn_symbolic.expressions.rules import as_quotient, is_plain_size
from cnn_symbolic.expressions.shapes import format_shape, format_size
from cnn_symbolic.expressions.values import as_formula, plain
from cnn_symbolic.ground.errors import EvaluationError, ShapeError, TooLargeError, UndefinedError

Function = Callable[[Any], Any]
MOST_TERMS = 200_000_000
REDUCED: dict[type[sp.Basic], Callable[[Any, Any], Any]] = {
    sp.Add: operator.add,
    sp.Mul: operator.mul,
    heads.Maximum: np.maximum,
    heads.Minimum: np.minimum,
    heads.Conjunction: np.logical_and,
    heads.Disjunction: np.logical_or,
}


@dataclass(frozen=True)
class Values:
    """What the symbols of a formula stand for.

    `functions[name]` lists an opaque function and its derivatives, in order, each acting on arrays.
    `integers` is the type of integer arrays: `int`, or `object` for integers without bound.
    """

    sizes: Mapping[sp.Symbol, int]
    tensors: Mapping[str, np.ndarray]
    functions: Mapping[str, Sequence[Function]] = field(default_factory=dict)
    integers: type = int


def evaluate_size(expression: Any, sizes: Mapping[sp.Symbol, int]) -> int:
    """Return a size expression at the given sizes; raise EvaluationError if it is no integer there."""
    formula = as_formula(expression, "a size")
    known = {plain(name): number for name, number in sizes.items()}
    if missing := ", ".join(sorted(str(s) for s in formula.free_symbols - set(known))):
        raise EvaluationError(f"the size {format_size(formula)} is not an integer here: give a value for {missing}")
    value = value_of(formula, known.__getitem__)
    if value != int(value):
        raise EvaluationError(f"the size {format_size(formula)} is not an integer here: it is {value}")
    return int(value)


def infer_sizes(
    shapes: Mapping[str, Shape], values: Mapping[str, Any], sizes: Mapping[sp.Symbol, int]
) -> dict[sp.Symbol, int]:
    """Return the sizes that arrays for tensors of these shapes show.

    Raises EvaluationError if an array is missing or does not fit, or if two of them contradict.
    """
    known = dict(sizes)
    for name, shape in shapes.items():
        if name not in values:
            raise EvaluationError(f"no value is given for the tensor {name} of shape {format_shape(shape)}")
        found = np.shape(values[name])
        if len(found) != len(shape):
            raise EvaluationError(
                f"{name} has shape {format_shape(shape)}, but its value has {len(found)} axes: {found}"
            )
        for length, number in zip(shape, found, strict=True):
            if is_plain_size(length):
                known.setdefault(length, number)
    for name, shape in shapes.items():
        wanted = tuple(evaluate_size(length, known) for length in shape)
        if wanted != np.shape(values[name]):
            raise EvaluationError(
                f"{name} has shape {format_shape(shape)} = {wanted} at {format_sizes(known)}, "
                f"but its value has shape {np.shape(values[name])}"
            )
    return known


def format_sizes(sizes: Mapping[sp.Symbol, int]) -> str:
    """Return sizes as they are written: `M = 3, N = 4`."""
    return ", ".join(f"{name} = {number}" for name, number in sizes.items())


def check_defined(tensor: str, shape: Shape, sizes: Mapping[sp.Symbol, int], presumed: Shape = ()) -> None:
    """Raise ShapeError where a tensor of that shape would have an empty axis, or what is presumed is below one."""
    lengths = tuple(evaluate_size(length, sizes) for length in shape)
    if any(length < 1 for length in lengths):
        raise ShapeError(
            f"{tensor} is not defined at {format_sizes(sizes)}: its shape {format_shape(shape)} would be {lengths}"
        )
    for e in presumed:
        if e.free_symbols <= set(sizes) and evaluate_size(e, sizes) < 1:
            raise ShapeError(f"{tensor} is not defined at {format_sizes(sizes)}: {format_size(e)} is to be at least 1")


def evaluate_formula(
    formula: sp.Expr, indices: Sequence[sp.Symbol], shape: Sequence[int], values: Values
) -> np.ndarray:
    """Return the array whose entry at `indices` is the formula, for all indices inside `shape`."""
    grid: dict[sp.Symbol, Any] = {
        index: np.arange(length).reshape([-1 if k == axis else 1 for k in range(len(shape))])
        for axis, (index, length) in enumerate(zip(indices, shape, strict=True))
    }
    evaluator = _Evaluator(values)
    return np.array(np.broadcast_to(evaluator.array(evaluator.value(formula, grid)), tuple(shape)))


class _Evaluator:
    """Evaluates formulas; every bound index becomes one more array axis, which its sum then removes."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.exact = not any(np.issubdtype(array.dtype, np.inexact) for array in values.tensors.values())

    def value(self, e: sp.Expr, grid: Mapping[sp.Symbol, Any]) -> Any:
        if e.is_Rational:
            if e.is_Integer:
                return int(e)
            return Fraction(int(e.p), int(e.q)) if self.exact else int(e.p) / int(e.q)
        if e.is_Symbol:
            return self.symbol(e, grid)
        if isinstance(e, sp.Indexed):
            return self.lookup(*self.place(e, grid))
        if type(e) in REDUCED:
            return reduce(REDUCED[type(e)], [self.value(part, grid) for part in e.args])
        if isinstance(e, sp.Pow) and e.exp.is_Integer:
            return self.power(self.value(e.base, grid), int(e.exp))
        if isinstance(e, sp.Sum):
            return self.sum(e.function, list(e.limits), grid)
        if isinstance(e, heads.Delta):
            return self.one_or_zero(np.equal(self.value(e.args[0], grid), self.value(e.args[1], grid)))
        if isinstance(e, heads.Bracket):
            return self.one_or_zero(self.holds(e.args[0], grid))
        if isinstance(e, Opaque):
            return self.apply(e, grid)
        if isinstance(e, sp.Derivative):
            return self.derivative(e, grid)
        if isinstance(e, heads.Floor | heads.Ceiling):
            numerator, denominator = as_quotient(e.args[0])
            up = -1 if isinstance(e, heads.Ceiling) else 1
            return up * ((up * self.value(numerator, grid)) // self.divisor(denominator, grid))
        if isinstance(e, heads.Remainder):
            return self.value(e.args[0], grid) % self.divisor(e.args[1], grid)
        if isinstance(e, heads.Inverse):
            return self.power(self.divisor(e.args[0], grid), -1)
        if isinstance(e, heads.Where):
            holds, value, otherwise = self.holds(e.args[0], grid), *(self.value(part, grid) for part in e.args[1:])
            return np.where(holds, value, otherwise)
        raise EvaluationError(f"{e} cannot be evaluated: {type(e).__name__} is not part of an entry formula")

    def divisor(self, e: sp.Expr, grid: Mapping[sp.Symbol, Any]) -> Any:
        """Return a divisor; raise UndefinedError where it is less than one."""
        value = self.value(e, grid)
        if np.any(np.less(value, 1)):
            raise UndefinedError(f"{format_size(e)} is less than one, but something is divided by it")
        return value

    def one_or_zero(self, holds: Any) -> np.ndarray:
        """Return 1 where a condition holds, else 0."""
        return np.asarray(holds).astype(int).astype(self.values.integers)

    def array(self, value: Any) -> np.ndarray:
        """Return a value as an array, of Python integers where these are to be exact."""
        return np.asarray(value, dtype=object) if self.values.integers is object else np.asarray(value)

    def symbol(self, symbol: sp.Symbol, grid: Mapping[sp.Symbol, Any]) -> Any:
        if symbol in grid:
            return grid[symbol]
        if symbol in self.values.sizes:
            return self.values.sizes[symbol]
        if symbol.name in self.values.tensors:
            return self.values.tensors[symbol.name][()]
        raise EvaluationError(f"no value is given for {symbol}")

    def place(self, e: sp.Indexed, grid: Mapping[sp.Symbol, Any]) -> tuple[str, list[Any]]:
        """Return the name of an entry's tensor, and its index as arrays."""
        return str(e.base.label), [self.value(i, grid) for i in e.indices]

    def lookup(self, name: str, index: list[Any]) -> Any:
        """Return the entries of a tensor at arrays of indices: zero outside its shape."""
        return self.within(name, index, self.nearest(name, index))

    def nearest(self, name: str, index: list[Any]) -> Any:
        """Return the entries of a tensor at arrays of indices: outside its shape those at the border."""
        if name not in self.values.tensors:
            raise EvaluationError(f"no value is given for the tensor {name}")
        array = self.values.tensors[name]
        return array[tuple(np.clip(i, 0, length - 1) for i, length in zip(index, array.shape, strict=True))]

    def within(self, name: str, index: list[Any], value: Any) -> Any:
        """Return a value where the indices lie inside the shape of a tensor, else zero."""
        held: Any = np.True_
        for i, length in zip(index, self.values.tensors[name].shape, strict=True):
            held = held & (np.asarray(i) >= 0) & (np.asarray(i) < length)
        return np.where(held, self.array(value), 0)

    def apply(self, e: Opaque, grid: Mapping[sp.Symbol, Any]) -> Any:
        """Return a function at a tensor entry: zero outside the tensor's shape. Known ones need no values."""
        functions = self.values.functions.get(e.name, [KNOWN[e.name].value] if e.name in KNOWN else [])
        if len(functions) <= e.order:
            raise EvaluationError(
                f"no value is given for {e.name}{'′' * e.order}: pass functions={{{e.name!r}: [f, its derivative, …]}}"
            )
        if not isinstance(e.argument, sp.Indexed):
            return functions[e.order](self.value(e.argument, grid))
        name, index = self.place(e.argument, grid)
        return self.within(name, index, functions[e.order](self.nearest(name, index)))

    def derivative(self, e: sp.Derivative, grid: Mapping[sp.Symbol, Any]) -> Any:
        """Return a derivative that was left standing; with respect to an entry outside its tensor it is zero."""
        if any(isinstance(v, sp.Symbol) and v != entry(v.name, ()) for v in e.variables):
            raise EvaluationError(f"{e} is no derivative by the entry of a tensor")
        derived = self.value(substitute(e.expr, {}).diff(*e.variables), grid)
        for variable in e.variables:
            if isinstance(variable, sp.Indexed):
                derived = self.within(*self.place(variable, grid), derived)
        return derived

    def power(self, base: Any, exponent: int) -> Any:
        if exponent >= 0:
            return base**exponent
        one = Fraction(1) if self.exact else 1.0
        return one / base ** (-exponent)

    def sum(self, body: sp.Expr, limits: list[Any], grid: Mapping[sp.Symbol, Any]) -> Any:
        if not limits:
            return self.value(body, grid)
        variable, low, high = limits[-1]
        deeper = {symbol: np.asarray(array)[..., None] for symbol, array in grid.items()}
        least, most = self.value(low, deeper), self.value(high, deeper)
        depth = max((array.ndim for array in deeper.values()), default=1)
        empty = np.size(least) == 0 or np.size(most) == 0
        total = 0 if empty else prod([int(np.max(most)) - int(np.min(least)) + 1, *map(np.size, deeper.values())])
        if total > MOST_TERMS:
            raise TooLargeError(f"sums of more than {MOST_TERMS} terms are not computed")
        reach = np.arange(0 if empty else int(np.min(least)), 0 if empty else int(np.max(most)) + 1)
        run = reach.reshape([1] * (depth - 1) + [len(reach)])
        terms = self.sum(body, limits[:-1], {**deeper, variable: run})
        return np.where((run >= least) & (run <= most), self.array(terms), 0).sum(axis=-1)

    def holds(self, condition: Any, grid: Mapping[sp.Symbol, Any]) -> Any:
        if condition in (sp.true, sp.false):
            return bool(condition)
        if type(condition) in REDUCED:
            return reduce(REDUCED[type(condition)], [self.holds(part, grid) for part in condition.args])
        if isinstance(condition, heads.Negation):
            return np.logical_not(self.holds(condition.args[0], grid))
        if isinstance(condition, heads.Comparison):
            return COMPARE[condition.sign](self.value(condition.lhs, grid), self.value(condition.rhs, grid))
        raise EvaluationError(f"{condition} is not a condition on indices and sizes")
