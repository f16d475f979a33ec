"""The name of a mistake: the change, from the catalogue, that the kernel proves to make a wrong formula right."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.evaluation import Function, evaluate_size
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.confirming import is_inside
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.search.exchanges import as_exchanged
from cnn_symbolic.kernel.search.replay import T, derivatives
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.mistakes.changes import Change, built, changes
from cnn_symbolic.mistakes.forgotten import fitted, forgotten
from cnn_symbolic.tensors.sources import Call, Leaf
from cnn_symbolic.tensors.tensor import Tensor

LONGEST, INSTANCES, ATTEMPTS, MOST_VALUES = 12.0, 3, 200, 600


def correction(
    left: Tensor, wrong: Tensor, assuming: Sequence[object] = (), refutation: Refutation | None = None
) -> Change | None:
    """Return the change that makes a wrong formula right, proved by the kernel; None if none does.

    A change that does not make the two sides equal at the counterexample of `refutation`, or at other random
    numbers, is passed over. After some seconds no other change is tried.
    """
    end = time.monotonic() + LONGEST
    instances = list(islice(random_instances(left, assuming), INSTANCES))
    slopes = [call.again(call.operands, order=call.options["order"] + 1) for call in functions_in(left)]
    fitting = built(fitted(wrong, left.lengths))
    for change in chain(fitting, changes(wrong, slopes, left.names()), forgotten(wrong, left)):
        if time.monotonic() > end:
            return None
        try:
            if refutation is not None and not agrees(change.formula, refutation):
                continue
            if not all(instance.agrees(change.formula) for instance in instances):
                continue
            formula = as_exchanged(left, change.formula, assuming)
            if is_proved(state(left, formula, assuming)):
                return replace(change, formula=formula)
        except CnnSymbolicError:
            continue
    return None


def agrees(formula: Tensor, refutation: Refutation) -> bool:
    """Tell whether a formula has the values of the left side at a counterexample."""
    known = {s: refutation.sizes[str(s)] for s in refutation.statement.sizes}
    if tuple(evaluate_size(n, known) for n in formula.lengths) != refutation.left_shape:
        return False
    applied = {call.options["function"] for call in functions_in(formula)}
    known_functions = applied - set(refutation.functions)
    if refutation.left_value is None or known_functions:
        return True
    value = formula.evaluate(dict(refutation.values), derivatives(refutation.functions), known)
    return bool(np.array_equal(value, refutation.left_value))


@dataclass(frozen=True)
class Instance:
    """Numbers for the sizes, tensors and functions of a formula, and the value that it has there."""

    sizes: Mapping[sp.Symbol, int]
    values: Mapping[str, np.ndarray]
    functions: Mapping[str, Sequence[Function]]
    value: np.ndarray

    def agrees(self, formula: Tensor) -> bool:
        """Tell whether another formula has the same value; raise EvaluationError or ShapeError if it has none."""
        if tuple(evaluate_size(n, self.sizes) for n in formula.lengths) != self.value.shape:
            return False
        return bool(np.array_equal(formula.evaluate(self.values, self.functions, self.sizes), self.value))


def random_instances(x: Tensor, assuming: Sequence[Any]) -> Iterator[Instance]:
    """Yield instances at small random sizes at which a formula is defined; none if it has elementary functions."""
    names = {call.options["function"] for call in functions_in(x)}
    if names & set(KNOWN):
        return
    statement = state(x, x, assuming)
    functions = derivatives({name: T**3 + (k + 2) * T**2 - T for k, name in enumerate(sorted(names))})
    leaves = {name: part.lengths for name, part in x.names().items() if isinstance(part.source, Leaf)}
    for seed in range(ATTEMPTS):
        random = np.random.default_rng(seed)
        sizes = {s: int(random.integers(least(s) + (seed % 4 > 0), 5)) for s in sorted(statement.sizes, key=str)}
        if is_inside(statement, {str(s): n for s, n in sizes.items()}):
            shapes = {name: tuple(evaluate_size(n, sizes) for n in shape) for name, shape in leaves.items()}
            values = {name: random.integers(-9, 10, shape).astype(object) for name, shape in shapes.items()}
            if sum(v.size for v in values.values()) <= MOST_VALUES:
                yield Instance(sizes, values, functions, x.evaluate(values, functions, sizes))


def functions_in(x: Tensor) -> list[Call]:
    """Return the functions that are applied entry by entry in a formula."""
    return [p.source for p in x.parts() if isinstance(p.source, Call) and "function" in p.source.options]


def named_mistake(left: Any, right: Any, assuming: Sequence[object], refutation: object) -> Change | None:
    """Return the change that makes the right side of a refuted claim right, if the catalogue has it."""
    if not (isinstance(left, Tensor) and isinstance(right, Tensor) and isinstance(refutation, Refutation)):
        return None
    return correction(left, right, assuming, refutation)
