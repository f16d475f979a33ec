"""What a tensor is: a function on ℤᵈ that is zero outside its shape, given by its entry formula.

A tensor is a leaf with a name, a named intermediate result, or the result of an operation. Its shape
is symbolic; `x[i, j]` is the entry formula; `x.evaluate(values)` is NumPy. A tensor is *defined* at
the sizes where every size of every tensor it is made from, and every size expression that it divides
by, is at least one: for a valid correlation this says that the overlay fits into the input.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.calculations import READINGS
from cnn_symbolic.expressions.divisors import least_over, required
from cnn_symbolic.expressions.evaluation import (
    Function,
    Values,
    check_defined,
    evaluate_formula,
    evaluate_size,
    infer_sizes,
)
from cnn_symbolic.expressions.formulas import Index, Shape, alpha_key, fresh, inside
from cnn_symbolic.expressions.heads import Minimum
from cnn_symbolic.expressions.points import STANDING
from cnn_symbolic.expressions.rules import at_least, bracket
from cnn_symbolic.expressions.shapes import check_integers, format_shape
from cnn_symbolic.expressions.values import Number, Standing, number, plain, presumed_of, read_at
from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.errors import NameConflictError, OperandError, ShapeError
from cnn_symbolic.notation.layout import Layout
from cnn_symbolic.notation.text import text
from cnn_symbolic.tensors.sources import OPERATIONS, Call, Entries, Leaf, Named, Source
from cnn_symbolic.tensors.writing import LINE, Notation

EntryFormula = Callable[[Index], sp.Expr]


@dataclass(frozen=True, eq=False)
class Equation(Displayed):
    """`left == right`, as a claim states it. As a condition in Python it tells whether both are the same object."""

    left: Any
    right: Any

    def __bool__(self) -> bool:
        return self.left is self.right


@dataclass(frozen=True, eq=False)
class Tensor(Displayed):
    """A finitely supported function on ℤᵈ with a symbolic shape.

    `lengths` are the sizes of its axes as SymPy expressions, `formula` gives its entry at indices inside of them.
    Tensors are made by `tensor`, `named` and the operations, among them +, - and *; `==` is the equation of a claim.

    >>> from cnn_symbolic import sizes, tensor
    >>> M, N = sizes("M N")
    >>> x, y = tensor(M, name="x"), tensor(M, name="y")
    >>> 2 * x - y, (2 * x - y)[N], (2 * x - y).evaluate({"x": [1, 2], "y": [5, 5]})
    (<Tensor 2·x - y of shape (M,)>, 2·x[N] - y[N], array([-3, -1]))
    """

    lengths: Shape
    formula: EntryFormula
    confined: bool
    source: Source
    presumed: tuple[sp.Expr, ...] = ()

    @functools.cached_property
    def shape(self) -> tuple[Number, ...]:
        """The sizes of the axes, to calculate with."""
        return tuple(Number(length, "length", (self, axis), self.needed) for axis, length in enumerate(self.lengths))

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.lengths)

    @property
    def name(self) -> str | None:
        """The tensor's own name, or None for the result of an operation."""
        return self.source.name

    __iter__ = None  # an entry of every index is there: Python would count without end

    def __getitem__(self, index: Any) -> Any:
        """Return the entry at `index`, any integers, sizes and indices: zero outside the shape.

        Raises ShapeError unless there is one index per axis.
        """
        given = index if isinstance(index, tuple) else (index,)
        if len(given) != self.rank:
            raise ShapeError(
                f"{self} has {self.rank} axes, of shape {format_shape(self.lengths)}, "
                f"but was indexed with {len(given)}: {format_shape(given)}"
            )
        if (point := STANDING.get()) is not None:
            return Standing(point.entry(self, read_at(given, point)))
        try:
            at = check_integers(given, self.rank, f"{self}, indexed,")
        except ShapeError as error:
            reason = f" ({error})" if any(isinstance(i, sp.Expr) for i in given) else ""
            raise ShapeError(
                f"{self} is indexed with integers and expressions in indices, found {format_shape(given)}{reason}"
            ) from None
        return Number(self.at(at), "entry", (self, given), presumed_of(given) | self.needed)

    def at(self, index: Index) -> sp.Expr:
        """Return the entry formula at any integer expressions, as SymPy's: zero outside the shape."""
        formula = self.formula(index)
        return formula if self.confined else formula * bracket(inside(index, self.lengths))

    def parts(self) -> Iterator[Tensor]:
        """Yield every tensor that this one is made from, each after its own parts, and then itself."""
        done: set[int] = set()

        def walk(part: Tensor) -> Iterator[Tensor]:
            if id(part) in done:
                return
            done.add(id(part))
            for operand in part.source.made_from:
                yield from walk(operand)
            yield part

        return walk(self)

    def names(self) -> dict[str, Tensor]:
        """Return the leaves and named intermediates by name, each after those it is made from.

        Raises NameConflictError when one name stands for two different tensors or for a size.
        """
        found: dict[str, Tensor] = {}
        for part in self.parts():
            if part.name is not None:
                merge_name(found, part)
        return found

    def requirements(self) -> tuple[Any, ...]:
        """Return the conditions on the sizes under which this tensor is defined."""
        return required(*self.presumptions())

    @functools.cached_property
    def needed(self) -> frozenset[sp.Expr]:
        """What has to be at least one for this tensor to be defined."""
        presumed, ranges = self.presumptions()
        lowest = (sp.expand(least_over(e, ranges)) for e in presumed)
        return frozenset(e for e in lowest if not at_least(e, 1))

    def presumptions(self) -> tuple[dict[sp.Expr, None], dict[sp.Symbol, sp.Expr]]:
        """Return what has to be at least one, and the numbers of values of the indices in it."""
        ranges: dict[sp.Symbol, sp.Expr] = {}
        presumed: dict[sp.Expr, None] = {}
        for part in self.parts():
            lengths = (n for size in part.lengths for n in (size.args if isinstance(size, Minimum) else (size,)))
            presumed |= dict.fromkeys([*lengths, *part.presumed])
            ranges |= index_ranges(part)
            presumed |= dict.fromkeys(sorted(presumed_of(part.source.as_written), key=str))
        return presumed, ranges

    def evaluate(
        self,
        values: Mapping[str, Any],
        functions: Mapping[str, Sequence[Function]] | None = None,
        sizes: Mapping[Any, int] | None = None,
    ) -> np.ndarray:
        """Return the tensor as a NumPy array, computed from its entry formula.

        `values` gives every leaf by name, `functions` every opaque function with its derivatives in
        order, `sizes` the sizes that no leaf's shape shows. Integer arrays are computed exactly (as
        int64, which can overflow; with `dtype=object`, without bound). Raises EvaluationError when a
        value is missing or does not fit its shape, ShapeError where the tensor is not defined.
        """
        names = self.names()
        leaves = {name: part.lengths for name, part in names.items() if isinstance(part.source, Leaf)}
        known = infer_sizes(leaves, values, {plain(name): n for name, n in (sizes or {}).items()})
        for part in self.parts():
            check_defined(str(part), part.lengths, known, part.presumed)
        arrays: dict[str, np.ndarray] = {}
        exact = any(np.asarray(value).dtype == object for value in values.values())
        state = Values(known, arrays, functions or {}, object if exact else int)
        for called, part in names.items():
            if isinstance(part.source, Named):
                arrays[called] = _evaluate(part.source.definition, state)
            else:
                arrays[called] = np.asarray(values[called])
        return _evaluate(self, state)

    def __str__(self) -> str:
        return text(self.written(LINE))

    def written(self, to: Notation) -> Layout:
        """Return what the tensor looks like: its name, or the operation that it is the result of."""
        return self.source.written(to)

    def __repr__(self) -> str:
        return f"<Tensor {self} of shape {format_shape(self.lengths)}>"

    def __eq__(self, other: Any) -> Equation:  # type: ignore[override]  # no truth value
        """Return the equation of two tensors, as the object of a claim."""
        return Equation(self, other)

    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Tensor:
        return applied("add", self, other)

    def __sub__(self, other: Any) -> Tensor:
        return self + -other if isinstance(other, Tensor) else NotImplemented

    def __neg__(self) -> Tensor:
        return applied("scale", self, factor=-1)

    def __mul__(self, other: Any) -> Tensor:
        return applied("multiply", self, other) if isinstance(other, Tensor) else self.__rmul__(other)

    def __rmul__(self, other: Any) -> Tensor:
        return applied("scale", self, factor=other)

    def __truediv__(self, other: Any) -> Tensor:
        if isinstance(other, Tensor):
            return NotImplemented
        number(other)  # raises for what is none; a literal divisor stays one, which may be negative
        return applied("scale", self, factor=number(1) / other)


READINGS["length"] = lambda point, x, axis: point.array(x).shape[axis]
READINGS["entry"] = lambda point, x, index: point.entry(x, read_at(index, point))


def applied(operation: str, *operands: Tensor, **options: Any) -> Tensor:
    """Return the result of an operation that is defined elsewhere."""
    made: Tensor = OPERATIONS[operation](*operands, **options)
    return made


def check_tensor(value: Any, owner: str) -> Tensor:
    """Return the value if it is a tensor, else raise OperandError."""
    if not isinstance(value, Tensor):
        raise OperandError(f"{owner} takes a tensor, found {value!r} of type {type(value).__name__}")
    return value


def index_ranges(x: Tensor) -> dict[sp.Symbol, sp.Expr]:
    """Return the numbers of values of the indices that a tensor's entries or its members are written with."""
    if isinstance(x.source, Entries):
        return dict(zip(x.source.index, x.lengths, strict=True))
    runs = isinstance(x.source, Call) and "index" in x.source.options
    return {x.source.options["index"]: x.source.options["length"]} if isinstance(x.source, Call) and runs else {}


def _evaluate(part: Tensor, state: Values) -> np.ndarray:
    lengths = [evaluate_size(length, state.sizes) for length in part.lengths]
    index = fresh("i" * part.rank)
    return evaluate_formula(part.formula(index), index, lengths, state)


def same(x: Tensor, y: Tensor) -> bool:
    """Tell whether two tensors with names have the same shape and, if they are intermediates, the same definition.

    The tensors inside of the definitions count as the same if they have the same names.
    """
    if x is y:
        return True
    if x.lengths != y.lengths or type(x.source) is not type(y.source):
        return False
    if not (isinstance(x.source, Named) and isinstance(y.source, Named)):
        return True
    index = fresh("i" * x.rank)
    numbered = {symbol: ("index", k) for k, symbol in enumerate(index)}
    first, second = (alpha_key(source.definition.formula(index), numbered) for source in (x.source, y.source))
    return bool(first == second)


def merge_name(names: dict[str, Tensor], part: Tensor) -> None:
    """Add a named tensor to a table; raise NameConflictError if the name already stands for another one."""
    name = part.name or ""
    known = names.setdefault(name, part)
    if not same(known, part):
        raise NameConflictError(
            f"the name {name} stands for two different tensors, of shapes {format_shape(known.lengths)} and "
            f"{format_shape(part.lengths)}: give each its own name"
        )
