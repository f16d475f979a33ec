"""What a tensor is: a function on ℤᵈ that is zero outside its shape, given by its entry formula.

A tensor is a leaf with a name, a named intermediate result, or the result of an operation. Its shape
is symbolic; `x[i, j]` is the entry formula; `x.evaluate(values)` is NumPy. A tensor is *defined* at
the sizes where every size of every tensor it is made from, and every size expression that it divides
by, is at least one: for a valid correlation this says that the overlay fits into the input.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec

import numpy as np
import sympy as sp

from cnn_symbolic.display import Displayed
from cnn_symbolic.errors import FragmentError, NameConflictError, OperandError, ShapeError
from cnn_symbolic.evaluation import Function, Values, check_defined, evaluate_formula, evaluate_size, infer_sizes
from cnn_symbolic.formulas import (
    Index,
    Iverson,
    Shape,
    alpha_key,
    as_formula,
    entry,
    fresh,
    inside,
    is_size,
    stray_symbols,
)
from cnn_symbolic.shapes import check_letters, check_name, check_shape, format_shape
from cnn_symbolic.sources import Call, Leaf, Named, format_call

__all__ = [
    "OPERATIONS",
    "Definition",
    "Equation",
    "ShapeOf",
    "Tensor",
    "add",
    "broadcast",
    "multiply",
    "named",
    "operation",
    "scalar",
    "scale",
    "shape",
    "tensor",
]

P = ParamSpec("P")
Formula = Callable[[Index], sp.Expr]


@dataclass(frozen=True)
class Definition:
    """What an operation defines: a shape, and the entry formula at indices inside that shape.

    `confined` says that the formula is zero by itself outside the shape, so that no guard is needed.
    """

    shape: Shape
    formula: Formula
    confined: bool = False


@dataclass(frozen=True, eq=False)
class Equation(Displayed):
    """`left == right`, as a claim states it. As a condition in Python it tells whether both are the same object."""

    left: Any
    right: Any

    def __bool__(self) -> bool:
        return self.left is self.right


@dataclass(frozen=True, eq=False)
class ShapeOf(Displayed):
    """The shape of a tensor as an object of claims, with the conditions under which it is defined."""

    tensor: Tensor

    def __eq__(self, other: Any) -> Equation:  # type: ignore[override]
        """Return the equation of two shapes; the other one may be a tuple of sizes."""
        return Equation(self, other)

    __hash__ = object.__hash__

    def __iter__(self) -> Iterator[sp.Expr]:
        return iter(self.tensor.shape)

    def __str__(self) -> str:
        return f"shape({self.tensor})"

    @property
    def shape(self) -> Shape:
        """The sizes of the axes."""
        return self.tensor.shape


@dataclass(frozen=True, eq=False)
class Tensor(Displayed):
    """A finitely supported function on ℤᵈ with a symbolic shape."""

    shape: Shape
    formula: Formula
    confined: bool
    source: Leaf | Named | Call

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def name(self) -> str | None:
        """The tensor's own name, or None for the result of an operation."""
        return None if isinstance(self.source, Call) else self.source.name

    __iter__ = None  # an entry of every index is there: Python would count without end

    def __getitem__(self, index: Any) -> sp.Expr:
        """Return the entry formula at `index`, any integer expressions: zero outside the shape.

        Raises ShapeError unless there is one index per axis.
        """
        index = index if isinstance(index, tuple) else (index,)
        if len(index) != self.rank:
            raise ShapeError(
                f"{self} has {self.rank} axes, of shape {format_shape(self.shape)}, "
                f"but was indexed with {len(index)}: {format_shape(index)}"
            )
        index = tuple(sp.Integer(i) if isinstance(i, int) else i for i in index)
        if not all(isinstance(i, sp.Expr) and i.is_integer is not False for i in index):
            raise ShapeError(f"{self} is indexed with integers and expressions in indices, found {format_shape(index)}")
        formula = self.formula(index)
        return formula if self.confined else formula * Iverson(inside(index, self.shape))

    def parts(self) -> Iterator[Tensor]:
        """Yield every tensor that this one is made from, each after its own parts, and then itself."""
        done: set[int] = set()

        def walk(part: Tensor) -> Iterator[Tensor]:
            if id(part) in done:
                return
            done.add(id(part))
            if isinstance(part.source, Call):
                for operand in part.source.operands:
                    yield from walk(operand)
            elif isinstance(part.source, Named):
                yield from walk(part.source.definition)
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
        conditions: dict[Any, None] = {}
        for part in self.parts():
            for length in (n for size in part.shape for n in (size.args if isinstance(size, sp.Min) else (size,))):
                required = sp.Ge(sp.expand(length), 1)
                if required != sp.true:
                    conditions[required] = None
            if isinstance(part.source, Call) and part.source.operation == "scale":
                for divisor in divisors(part.source.options["factor"]):
                    conditions[sp.Ge(divisor, 1)] = None
        return tuple(conditions)

    def evaluate(
        self,
        values: Mapping[str, Any],
        functions: Mapping[str, Sequence[Function]] | None = None,
        sizes: Mapping[sp.Symbol, int] | None = None,
    ) -> np.ndarray:
        """Return the tensor as a NumPy array, computed from its entry formula.

        `values` gives every leaf by name, `functions` every opaque function with its derivatives in
        order, `sizes` the sizes that no leaf's shape shows. Integer arrays are computed exactly (as
        int64, which can overflow; with `dtype=object`, without bound). Raises EvaluationError when a
        value is missing or does not fit its shape, ShapeError where the tensor is not defined.
        """
        names = self.names()
        leaves = {name: part.shape for name, part in names.items() if isinstance(part.source, Leaf)}
        known = infer_sizes(leaves, values, sizes or {})
        for part in self.parts():
            check_defined(str(part), part.shape, known)
        arrays: dict[str, np.ndarray] = {}
        exact = any(np.asarray(value).dtype == object for value in values.values())
        state = Values(known, arrays, functions or {}, object if exact else int)
        for name, part in names.items():
            if isinstance(part.source, Named):
                arrays[name] = _evaluate(part.source.definition, state)
            else:
                arrays[name] = np.asarray(values[name])
        return _evaluate(self, state)

    def __str__(self) -> str:
        return self.source.name if not isinstance(self.source, Call) else format_call(self.source)

    def __repr__(self) -> str:
        return f"<Tensor {self} of shape {format_shape(self.shape)}>"

    def __eq__(self, other: Any) -> Equation:  # type: ignore[override]
        """Return the equation of two tensors, as the object of a claim."""
        return Equation(self, other)

    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Tensor:
        return add(self, other)

    def __sub__(self, other: Any) -> Tensor:
        return add(self, scale(other, factor=-1)) if isinstance(other, Tensor) else NotImplemented

    def __neg__(self) -> Tensor:
        return scale(self, factor=-1)

    def __mul__(self, other: Any) -> Tensor:
        return multiply(self, other) if isinstance(other, Tensor) else scale(self, factor=other)

    def __rmul__(self, other: Any) -> Tensor:
        return scale(self, factor=other)

    def __truediv__(self, other: Any) -> Tensor:
        return NotImplemented if isinstance(other, Tensor) else scale(self, factor=1 / as_formula(other, "a quotient"))


def _evaluate(part: Tensor, state: Values) -> np.ndarray:
    lengths = [evaluate_size(length, state.sizes) for length in part.shape]
    index = fresh("i" * part.rank)
    return evaluate_formula(part.formula(index), index, lengths, state)


def same(x: Tensor, y: Tensor) -> bool:
    """Tell whether two tensors with names have the same shape and, if they are intermediates, the same definition.

    The tensors inside of the definitions count as the same if they have the same names.
    """
    if x is y:
        return True
    if x.shape != y.shape or type(x.source) is not type(y.source):
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
            f"the name {name} stands for two different tensors, of shapes {format_shape(known.shape)} and "
            f"{format_shape(part.shape)}: give each its own name"
        )


def tensor(*lengths: Any, name: str, indices: str = "") -> Tensor:
    """Return a tensor with arbitrary entries and the given sizes; `indices` are letters to print its axes with.

    >>> from cnn_symbolic import sizes
    >>> M, N = sizes("M N")
    >>> tensor(M, N, name="x").shape
    (M, N)
    """
    shape = check_shape(lengths, f"tensor {name}")
    source = Leaf(check_name(name), check_letters(indices, len(shape), name))
    return Tensor(shape, lambda index: entry(name, index), True, source)


def scalar(name: str) -> Tensor:
    """Return an arbitrary number as a tensor without axes, such as a step size."""
    return tensor(name=name)


def named(name: str, definition: Tensor, indices: str = "") -> Tensor:
    """Give an intermediate result a name of its own: formulas then show `z[r, c]` for its entries."""
    check_tensor(definition, f"named({name!r}, …)")
    index = fresh("i" * definition.rank)
    if stray := stray_symbols(definition.formula(index), index):
        written = ", ".join(sorted(s.name for s in stray))
        raise FragmentError(
            f"the definition of {name} mentions {written}, which is neither a size nor a tensor: "
            "an intermediate result inside of a family is named as a whole, outside of it"
        )
    source = Named(check_name(name), definition, check_letters(indices, definition.rank, name))
    return Tensor(definition.shape, lambda index: entry(name, index), True, source)


def shape(of: Tensor) -> ShapeOf:
    """Return the shape of a tensor as something to state claims about."""
    return ShapeOf(check_tensor(of, "shape(…)"))


def check_tensor(value: Any, owner: str) -> Tensor:
    """Return the value if it is a tensor, else raise OperandError."""
    if not isinstance(value, Tensor):
        raise OperandError(f"{owner} takes a tensor, found {value!r} of type {type(value).__name__}")
    return value


OPERATIONS: dict[str, Callable[..., Tensor]] = {}


def operation(define: Callable[P, Definition]) -> Callable[P, Tensor]:
    """Make an operation on tensors out of its definition; the result remembers operands and options."""
    signature = inspect.signature(define)

    @functools.wraps(define)
    def make(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        operands: list[Tensor] = []
        options: dict[str, Any] = {}
        for key, parameter in signature.parameters.items():
            value = bound.arguments[key]
            if parameter.annotation in ("Tensor", "Tensor | None"):
                given = value if parameter.kind is inspect.Parameter.VAR_POSITIONAL else (value,)
                given = () if value is None and parameter.default is None else given
                operands += [check_tensor(v, f"{define.__name__}: {key}") for v in given]
            elif value is not None:
                options[key] = tuple(value) if isinstance(value, list) else value
        made = define(*args, **kwargs)
        result = Tensor(made.shape, made.formula, made.confined, Call(define.__name__, tuple(operands), options))
        if any(length.is_Integer and length < 1 for length in made.shape):
            shapes = ", ".join(f"{x} of shape {format_shape(x.shape)}" for x in operands)
            raise ShapeError(f"{result} would have the empty shape {format_shape(made.shape)}, made from {shapes}")
        return result

    OPERATIONS[define.__name__] = make
    return make


@operation
def broadcast(x: Tensor, *, shape: Sequence[Any]) -> Definition:
    """broadcast(x)[i, j] = x[i or 0, j or 0]: the axes of size 1 are repeated; without axes, the number is."""
    target = check_shape(tuple(shape), "broadcast")
    if x.rank == 0:
        return Definition(target, lambda index: x[()])
    fits = len(target) == x.rank and all(
        sp.expand(a) in (sp.expand(b), 1) for a, b in zip(x.shape, target, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{x} of shape {format_shape(x.shape)} does not broadcast to {format_shape(target)}: "
            "each axis must have the same size, or size 1"
        )

    def formula(index: Index) -> sp.Expr:
        return x.formula(tuple(sp.S.Zero if sp.expand(a) == 1 else i for a, i in zip(x.shape, index, strict=True)))

    return Definition(target, formula)


def common_shape(operands: Sequence[Tensor], owner: str) -> list[Tensor]:
    """Return the operands broadcast to their common shape; raise ShapeError if there is none."""
    rank = max(x.rank for x in operands)
    full = [x for x in operands if x.rank]
    if any(x.rank != rank for x in full):
        found = ", ".join(f"{x} of shape {format_shape(x.shape)}" for x in full)
        raise ShapeError(f"{owner} takes tensors with equally many axes, found {found}")
    target: list[Any] = [1] * rank
    for axis in range(rank):
        for x in full:
            length = sp.expand(x.shape[axis])
            if target[axis] == 1:
                target[axis] = length
            elif length not in (1, target[axis]):
                shapes = " and ".join(f"{x} of shape {format_shape(x.shape)}" for x in full)
                raise ShapeError(f"{owner}: the shapes differ along axis {axis}: {shapes}")
    same = [tuple(map(sp.expand, x.shape)) == tuple(target) for x in operands]
    return [x if s else broadcast(x, shape=tuple(target)) for x, s in zip(operands, same, strict=True)]


@operation
def add(*terms: Tensor) -> Definition:
    """add(x, y)[i] = x[i] + y[i]; axes of size 1 and numbers are broadcast."""
    if not terms:
        raise OperandError("add takes at least one tensor")
    parts = common_shape(terms, "a sum")
    confined = all(x.confined for x in parts)
    return Definition(parts[0].shape, lambda index: sp.Add(*(x.formula(index) for x in parts)), confined)


@operation
def scale(x: Tensor, *, factor: Any) -> Definition:
    """scale(x)[i] = factor · x[i], the factor being a rational number or an expression in sizes."""
    number = sp.Integer(factor) if isinstance(factor, int) else factor
    exact = isinstance(number, sp.Expr) and not number.atoms(sp.Float) and number.is_finite is not False
    if exact and (number.is_Rational or (number.free_symbols and all(map(is_size, number.free_symbols)))):
        return Definition(x.shape, lambda index: number * x.formula(index), x.confined)
    raise OperandError(
        f"a factor is an exact rational number (such as sympy.Rational(1, 2)) or made from sizes, found {factor!r}; "
        "for an arbitrary number use scalar('η')"
    )


@operation
def multiply(x: Tensor, y: Tensor) -> Definition:
    """multiply(x, y)[i] = x[i] · y[i]; axes of size 1 and numbers are broadcast."""
    left, right = common_shape([x, y], "an elementwise product")
    confined = left.confined or right.confined
    return Definition(left.shape, lambda index: left.formula(index) * right.formula(index), confined)


def divisors(factor: Any) -> list[sp.Expr]:
    """Return the size expressions that a factor divides by and that are not positive by themselves."""
    bottom = sp.fraction(sp.together(factor))[1]
    return [base for base in sp.Mul.make_args(bottom) if base.as_base_exp()[0].is_positive is not True]
