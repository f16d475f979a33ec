"""The third witness: a claim computed at small sizes by NumPy, without entry formulas.

It shares with the kernel neither SymPy's expressions nor their reader. Every operation has an implementation of its own
(`witnesses`), sizes and conditions are read in Python's integers from the operations that were written (`values`),
gradients come from dual numbers, known functions have their real values, and all others are random polynomials. Only
what was written as a formula (a line of a proof, a statement from a file) is computed from its expression, by
`evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from math import prod
from random import Random
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.calculations import whole
from cnn_symbolic.expressions.evaluation import Values, evaluate_formula
from cnn_symbolic.expressions.formulas import functions_in
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.points import Point
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.expressions.values import read_at
from cnn_symbolic.ground.errors import EvaluationError, FunctionDomainError, ShapeError, UndefinedError
from cnn_symbolic.kernel.search.replay import ARGUMENTS, has_known_functions
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Entries, Gradient, Leaf, Named
from cnn_symbolic.tensors.tensor import Tensor, index_ranges
from cnn_symbolic.witnesses import arrays, duals

MOST_ENTRIES = 1_000_000
# The largest value of a size that no formula of a statement mentions: it has cancelled, or stands elsewhere.
LARGEST_UNMENTIONED = 5
MOST, DEGREE = 7, 3
ENTRIES = range(-MOST, MOST + 1)
TAGS = count()


@dataclass
class Numbers:
    """Random integers for the tensors and random polynomials for the functions of a scene, made when asked for."""

    random: Random
    entries: Sequence[int] = ENTRIES
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    functions: dict[str, list[int]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def tensor(self, name: str, shape: Sequence[int]) -> np.ndarray:
        """Return the entries of a tensor."""
        if name not in self.tensors:
            entries = self.random.choices(self.entries, k=prod(shape))
            self.tensors[name] = np.array(entries, dtype=object).reshape(tuple(shape))
        return self.tensors[name]

    def size(self, name: str) -> int:
        """Return the value of a size that a statement does not mention."""
        return self.sizes.setdefault(name, self.random.randint(1, LARGEST_UNMENTIONED))

    def function(self, name: str) -> list[int]:
        """Return the coefficients of a function that is not a known one, from the constant one on."""
        return self.functions.setdefault(name, [self.random.randint(1, MOST) for _ in range(DEGREE + 1)])


@dataclass(frozen=True)
class Scene(Point):
    """A point with arrays for tensors. `seeded` are the tensors, by name, that are differentiated by.

    `fixed` keeps the arrays of tensors without indices of families in them, `free` the indices that tensors have.
    """

    numbers: Numbers = field(default_factory=lambda: Numbers(Random(0)))
    seeded: Mapping[str, np.ndarray] = field(default_factory=dict)
    fixed: dict[int, Any] = field(default_factory=dict)
    free: dict[int, frozenset[sp.Symbol]] = field(default_factory=dict)

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays of the tensors with arbitrary entries."""
        return self.numbers.tensors

    @property
    def functions(self) -> dict[str, list[int]]:
        """The coefficients of the opaque functions."""
        return self.numbers.functions

    def symbol(self, symbol: sp.Symbol) -> Any:
        """Return the integer that a size or an index stands for."""
        if symbol in self.indices:
            return self.indices[symbol]
        if not is_plain_size(symbol):
            raise EvaluationError(f"{symbol} is neither a size nor an index")
        return self.sizes[symbol.name] if symbol.name in self.sizes else self.numbers.size(symbol.name)

    def array(self, tensor: Tensor) -> np.ndarray:
        """Return the array that a tensor stands for; raise UndefinedError where it is not defined."""
        key = id(tensor)
        kept = self.memo if self.indices and self.free_indices(tensor) else self.fixed
        if key not in kept:
            kept[key] = self.computed(tensor), tensor
        found: np.ndarray = kept[key][0]
        return found

    def free_indices(self, tensor: Tensor) -> frozenset[sp.Symbol]:
        """Return the indices of families that a tensor is a member at; a result with a name is none."""
        source = tensor.source
        if isinstance(source, Leaf | Named):
            return frozenset()
        if id(tensor) not in self.free:
            options = flat(tuple(source.options.values())) if isinstance(source, Call) else ()
            found = {s for part in options if isinstance(part, sp.Basic) for s in part.atoms(sp.Dummy)}
            if isinstance(source, Entries):
                found = source.formula.atoms(sp.Dummy)
            within = frozenset().union(*(self.free_indices(part) for part in source.made_from))
            self.free[id(tensor)] = (within | found) - set(index_ranges(tensor))
        return self.free[id(tensor)]

    def computed(self, tensor: Tensor) -> np.ndarray:
        """Return the array of a tensor, by how it came about."""
        source = tensor.source
        if source.name is not None and source.name in self.seeded:
            return self.seeded[source.name]
        if isinstance(source, Leaf):
            return self.leaf(tensor, source)
        if isinstance(source, Named):
            return self.array(source.definition)
        if isinstance(source, Gradient):
            return self.gradient(source)
        if isinstance(source, Entries):
            return self.entries(source)
        given = source.given or source.options
        if "index" in given:
            return arrays.OPERATIONS[source.operation](self.members(source))
        operands = [self.array(part) for part in source.operands]
        options = {key: read_at(value, self) for key, value in given.items()}
        if "function" in options:
            if options["function"] not in duals.KNOWN:
                self.numbers.function(options["function"])
            options["functions"] = self.functions
        return checked(arrays.OPERATIONS[source.operation](*operands, **options))

    def leaf(self, tensor: Tensor, source: Leaf) -> np.ndarray:
        """Return a tensor with arbitrary entries."""
        shape = shape_of(read_at(source.given or tensor.lengths, self), source.name)
        found = self.numbers.tensor(source.name, shape)
        if found.shape != shape:
            raise ShapeError(f"{source.name} has the shapes {found.shape} and {shape}")
        return found

    def entries(self, source: Entries) -> np.ndarray:
        """Return a tensor that is written entry by entry."""
        shape = shape_of(read_at(source.lengths, self), "a tensor written entry by entry")
        for part in source.using:  # what is used is defined, wherever its entries are read
            self.array(part)
        if source.reading is None:
            return self.formula(source.formula, source.index, shape, source.using)
        found = np.empty(shape, dtype=object)
        for at in np.ndindex(*shape):
            found[at] = source.reading.at(at, self)
        return found

    def formula(
        self, formula: sp.Expr, index: Sequence[sp.Symbol], shape: tuple[int, ...], using: Sequence[Tensor]
    ) -> np.ndarray:
        """Return a tensor that is given by the expression of its entry only."""
        known = {name: self.array(part) for x in using for name, part in x.names().items()}
        sizes = {s: self.symbol(s) for s in formula.free_symbols if isinstance(s, sp.Symbol) and s.name in self.sizes}
        names = {o.name for o in functions_in(formula)}
        return evaluate_formula(formula, index, shape, Values(sizes, known, self.callables(names), object))

    def callables(self, names: set[str]) -> dict[str, list[Any]]:
        """Return functions and their derivatives, on arrays."""

        def of(name: str, order: int) -> Any:
            if name in duals.KNOWN:
                return np.frompyfunc(lambda element: duals.KNOWN[name](element, order), 1, 1)
            return lambda array: duals.applied(self.functions[name], order, array)

        for name in names - set(duals.KNOWN):
            self.numbers.function(name)
        return {name: [of(name, order) for order in range(DEGREE + 3)] for name in names}

    def members(self, source: Call) -> list[np.ndarray]:
        """Return the members of a family."""
        (member,), index = source.operands, source.options["index"]
        (length,) = shape_of((read_at(source.given["length"], self),), "a family")
        return [self.with_indices({index: k}).array(member) for k in range(length)]

    def gradient(self, source: Gradient) -> np.ndarray:
        """Return Σ cotangent · ∂output/∂wrt, by dual numbers; what arrives is held fixed."""
        cotangent, value = self.array(source.cotangent), self.array(source.wrt)
        tag = next(TAGS)
        moved = {**self.seeded, source.wrt.name or "": duals.seeded(value, tag)}
        derived = replace(self, seeded=moved, memo={}, fixed={}).array(source.output)
        if derived.shape != cotangent.shape:
            raise UndefinedError(f"what arrives has the shape {cotangent.shape}, the output {derived.shape}")
        parts = duals.coefficients(derived, tag, value.size)
        total = [np.asarray(cotangent * part, dtype=object).sum() for part in parts]
        return np.array(total, dtype=object).reshape(value.shape)


def flat(value: Any) -> list[Any]:
    """Return an option, or the parts of a tuple of them."""
    return [part for inner in value for part in flat(inner)] if isinstance(value, tuple) else [value]


def checked(array: Any) -> np.ndarray:
    """Return an array, unless it has too many entries."""
    found = np.asarray(array, dtype=object)
    if found.size > MOST_ENTRIES:
        raise EvaluationError(f"an array of shape {found.shape} is too large to be compared")
    return found


def shape_of(lengths: Sequence[Any], name: object) -> tuple[int, ...]:
    """Return sizes as integers; raise UndefinedError if one is less than one."""
    if any(n < 1 for n in lengths):
        raise UndefinedError(f"{name} would have the shape {tuple(lengths)}")
    if prod(lengths) > MOST_ENTRIES:
        raise EvaluationError(f"{name} of shape {tuple(lengths)} is too large to be compared")
    return tuple(int(n) for n in lengths)


# Comparing the sides of a statement


def is_about_sizes(statement: Statement) -> bool:
    """Tell whether a statement compares sizes, or shapes, and no entries."""
    return statement.left.formula == 0 == statement.right.formula and not statement.tensors


@dataclass(frozen=True)
class Found:
    """What a statement is at a point: "outside" of what it is about, "same", or how its sides differ.

    `index` is the first entry that differs; the arrays or shapes of both sides stand beside.
    """

    kind: str
    left: Any = None
    right: Any = None
    index: tuple[int, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the statement is wrong there."""
        return self.kind in ("defined", "shape", "entry")


def scene_at(statement: Statement, sizes: Mapping[str, int], random: Random) -> Scene:
    """Return a scene for a statement: integers for all of its sizes, random entries and functions."""
    entries = random.choice(ARGUMENTS) if has_known_functions(statement) else ENTRIES
    return Scene({s.name: sizes[s.name] for s in statement.sizes}, numbers=Numbers(random, entries))


def compare_at(statement: Statement, scene: Scene) -> Found:
    """Return what a statement is at a point; raise FunctionDomainError where a function such as 1/t has no value."""
    origin = statement.origin
    if origin is None:
        return compare_formulas(statement, scene)
    try:
        if not all(read_at(assumed, scene) for assumed in origin.assuming):
            return Found("outside")
        left = side_at(origin.left, scene)
    except FunctionDomainError:
        raise
    except UndefinedError:
        return Found("outside")
    try:
        right = side_at(origin.right, scene)
    except FunctionDomainError:
        raise
    except UndefinedError:
        # Sizes that are written by hand are about where the other side is defined.
        about_right = isinstance(origin.left, tuple) and not isinstance(origin.right, tuple)
        return Found("outside" if about_right else "defined", left)
    return compared(left, right)


def side_at(side: Any, scene: Scene) -> Any:
    """Return a side: a tensor as an array, a shape as a tuple of integers."""
    if isinstance(side, Tensor):
        return scene.array(side)
    return tuple(scene.array(side.tensor).shape) if isinstance(side, ShapeOf) else read_at(side, scene)


def compared(left: Any, right: Any) -> Found:
    """Return how two arrays, or two shapes, differ."""
    if isinstance(left, tuple):
        return Found("same" if left == right else "shape", left, right)
    if left.shape != right.shape:
        return Found("shape", left, right)
    for at in np.ndindex(*left.shape):
        if duals.differ(left[at], right[at]):
            return Found("entry", left, right, at)
    return Found("same", left, right)


def compare_formulas(statement: Statement, scene: Scene) -> Found:
    """Return what a statement of formulas alone is at a point: they are computed from their expressions."""
    known = {s: scene.sizes[s.name] for s in statement.sizes}
    try:
        inside = all(value_of(holds, known.__getitem__) for holds in statement.conditions)
        left = lengths_at(statement.left.shape, known)
    except UndefinedError:
        return Found("outside")
    if not inside:
        return Found("outside")
    try:
        if not all(value_of(holds, known.__getitem__) for holds in statement.right.conditions):
            return Found("defined", left)
        right = lengths_at(statement.right.shape, known)
    except UndefinedError:
        return Found("defined", left)
    if left != right or is_about_sizes(statement):
        return compared(left, right)
    if any(n < 1 for n in left):
        return Found("outside")
    values = declared_values(statement, scene, known)
    sides = [statement.left, statement.right]
    return compared(*(evaluate_formula(side.formula, statement.index, left, values) for side in sides))


def lengths_at(shape: Sequence[Any], known: Mapping[sp.Symbol, int]) -> tuple[Any, ...]:
    """Return sizes in Python's integers."""
    return tuple(whole(value_of(n, known.__getitem__)) for n in shape)


def declared_values(statement: Statement, scene: Scene, known: Mapping[sp.Symbol, int]) -> Values:
    """Return arrays for the tensors that a statement declares, and its functions."""
    names = {o.name for e in statement.formulas for o in functions_in(e)}
    found: dict[str, np.ndarray] = {}
    values = Values(known, found, scene.callables(names), object)
    for name, declared in statement.tensors.items():
        shape = shape_of([value_of(n, known.__getitem__) for n in declared.shape], name)
        if declared.definition is None:
            found[name] = scene.numbers.tensor(name, shape)
        else:
            found[name] = checked(evaluate_formula(declared.definition, declared.index, shape, values))
    return values
