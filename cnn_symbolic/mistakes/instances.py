"""Numbers at which formulas are compared before anything is proved: most changes are passed over by these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.evaluation import Function, Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN, derivative
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.ground.errors import EvaluationError
from cnn_symbolic.kernel.search.confirming import is_inside
from cnn_symbolic.kernel.search.replay import T, derivatives
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.mistakes.terms import Summand, Terms
from cnn_symbolic.tensors.sources import Call, Leaf
from cnn_symbolic.tensors.tensor import Tensor

# Known functions of which only what is said of their derivatives is used: any values will do that agree with that.
MODELLED = {"exp", "sigmoid", "tanh", "softplus", "relu", "step"}
ATTEMPTS, MOST_VALUES, MOST_PLACES = 200, 600, 20_000


@dataclass(frozen=True)
class Instance:
    """Numbers for the sizes, tensors and functions of a formula, and the value that it has there."""

    sizes: Mapping[sp.Symbol, int]
    values: Mapping[str, np.ndarray]
    functions: Mapping[str, Sequence[Function]]
    value: np.ndarray
    everything: dict[str, np.ndarray] = field(default_factory=dict)
    kept: dict[Any, np.ndarray] = field(default_factory=dict)

    def agrees(self, formula: Tensor) -> bool:
        """Tell whether another formula has the same value; raise EvaluationError or ShapeError if it has none."""
        if tuple(evaluate_size(n, self.sizes) for n in formula.lengths) != self.value.shape:
            return False
        self.check_has({call.options["function"] for call in functions_in(formula)})
        return bool(np.array_equal(formula.evaluate(self.values, self.functions, self.sizes), self.value))

    def check_has(self, functions: set[str]) -> None:
        """Raise EvaluationError unless there are whole numbers for all of some functions."""
        if missing := functions - set(self.functions):
            raise EvaluationError(f"there are no whole numbers for {', '.join(sorted(missing))}")

    def has_value_of(self, terms: Terms) -> bool:
        """Tell whether a sum of terms has the same value."""
        return bool(np.array_equal(self.value_of(terms), self.value))

    def has_multiple_of(self, terms: Terms) -> bool:
        """Tell whether a sum of terms has a multiple of the value that is neither that nor zero."""
        value, at = self.value_of(terms), np.unravel_index(np.argmax(self.value != 0), self.value.shape)
        one, other = value[at], self.value[at]
        return bool(one != 0 and one != other and np.array_equal(value * other, self.value * one))

    def value_of(self, terms: Terms) -> np.ndarray:
        """Return the value of a sum of terms; what its factors are is computed once."""
        total: Any = 0
        for term in terms.terms:
            number = value_of(term.number, self.sizes.__getitem__)
            number = int(number) if number == int(number) else Fraction(number)
            total = total + number * self.sum_of(term, terms)
        return np.broadcast_to(total, self.value.shape)

    def sum_of(self, term: Summand, terms: Terms) -> np.ndarray:
        """Return the sum of a term's products."""
        symbols = (*terms.index, *(u for u, _ in term.bound))
        lengths = [*self.value.shape, *(evaluate_size(n, self.sizes) for _, n in term.bound)]
        if prod(lengths) > MOST_PLACES:
            raise OverflowError
        parts: list[Any] = []
        for part in term.multiplied:
            axes = [k for k, s in enumerate(symbols) if part.has(s)]
            parts += [self.array_of(part, [symbols[k] for k in axes], [lengths[k] for k in axes], terms), axes]
        alone = set(range(len(symbols))).difference(*parts[1::2])
        for axis in alone:
            parts += [np.ones(lengths[axis], dtype=np.int64), [axis]]
        return np.asarray(np.einsum(*parts, [*range(len(terms.index))]) if parts else np.int64(1))

    def array_of(self, part: sp.Expr, symbols: Sequence[sp.Symbol], lengths: Sequence[int], terms: Terms) -> np.ndarray:
        """Return the values of a factor at all values of the indices in it."""
        key = part, *symbols, *lengths
        if key not in self.kept:
            self.check_has({applied.name for applied in part.atoms(Opaque)})
            for name, x in terms.names.items():
                if name not in self.everything:
                    self.everything[name] = x.evaluate(self.values, self.functions, self.sizes)
            values = Values(self.sizes, self.everything, self.functions, object)
            self.kept[key] = evaluate_formula(part, symbols, lengths, values).astype(np.int64)
        return self.kept[key]


def random_instances(x: Tensor, assuming: Sequence[Any]) -> Iterator[Instance]:
    """Yield instances at small random sizes at which a formula is defined; functions are polynomials there."""
    statement = state(x, x, assuming)
    names = {call.options["function"] for call in functions_in(x)}
    names |= set(KNOWN) if names & set(KNOWN) else set()
    functions = derivatives({name: T**3 + (k + 2) * T**2 - T for k, name in enumerate(sorted(names))})
    functions |= {name: [partial(modelled, name, k) for k in range(4)] for name in MODELLED & names}
    leaves = {name: part.lengths for name, part in x.names().items() if isinstance(part.source, Leaf)}
    for seed in range(ATTEMPTS):
        random = np.random.default_rng(seed)
        sizes = {s: int(random.integers(least(s) + (seed % 4 > 0), 5)) for s in sorted(statement.sizes, key=str)}
        if is_inside(statement, {str(s): n for s, n in sizes.items()}):
            shapes = {name: tuple(evaluate_size(n, sizes) for n in shape) for name, shape in leaves.items()}
            values = {name: random.integers(-9, 10, shape).astype(object) for name, shape in shapes.items()}
            if sum(v.size for v in values.values()) <= MOST_VALUES:
                yield Instance(sizes, values, functions, x.evaluate(values, functions, sizes))


def modelled(name: str, order: int, t: Any) -> Any:
    """Return a value of a known function, or of a derivative: whole numbers that fulfil what is known of these."""
    if order:
        terms = derivative(name, order).items()
        return sum((int(c) * prod((modelled(f, 0, t) for f in factors), start=t**0) for factors, c in terms), 0 * t)
    if name in ("relu", "step"):
        return (t > 0) * (t if name == "relu" else t**0)
    k = sorted(MODELLED).index(name)
    return (t * (k + 3) + k) % 11 - 5


def functions_in(x: Tensor) -> list[Call]:
    """Return the functions that are applied entry by entry in a formula."""
    return [p.source for p in x.parts() if isinstance(p.source, Call) and "function" in p.source.options]
