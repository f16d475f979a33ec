"""Compares what a certificate states with numbers, before Coq sees it: its expressions at small sizes, entry by entry.

The trees that a statement is written from are interpreted here, in Python's integers and fractions. What they are
compared with is the third witness (`kernel.witness`), which computes the sides of a claim by NumPy, operation by
operation, and has neither the entry formulas nor SymPy's derivatives. Of a gradient, the functional L is computed at
x + Σ tₖ·eₖ, where eₖ is 1 at one entry and the tₖ multiply to zero: the multiple of tₖ is the entry of the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from random import Random
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.certificates.trusted.chains import Chain
from cnn_symbolic.certificates.trusted.expressions import (
    CoqEntry,
    CoqFunction,
    CoqInverse,
    Expression,
    Guard,
    Integer,
    Plus,
    Square,
    Sum,
    Times,
)
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.ground.errors import DisagreementError, EvaluationError, FunctionDomainError, UndefinedError
from cnn_symbolic.kernel.search.confirming import random_points
from cnn_symbolic.kernel.search.witness import Scene, compare_at, scene_at
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.tensors.sources import Gradient
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.witnesses.duals import Dual, differ, part

# How many random sizes are tried besides the given ones, how many entries of each side, and how many terms at most.
POINTS, ENTRIES, MOST_TERMS = 2, 5, 50_000
TRIES, SEED, TAG = 8, 5, "t"
MISTAKE = "this is a mistake of cnn_symbolic, not of the claim: please report it"
Place = tuple[int, ...]


@dataclass(frozen=True)
class Interpreter:
    """Computes expressions in a scene; `tensors` are those that they name, `x` what a functional is a function of.

    Indices are arrays, and every sum adds an axis in which its own index runs.
    """

    scene: Scene
    tensors: Mapping[str, Tensor]
    x: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=object))

    def value(self, e: Expression, at: Mapping[sp.Symbol, Any], terms: int) -> Any:
        """Return an expression at arrays of indices, with so many places in all."""
        if isinstance(e, Plus):
            return self.value(e.left, at, terms) + self.value(e.right, at, terms)
        if isinstance(e, Times):
            return self.value(e.left, at, terms) * self.value(e.right, at, terms)
        if isinstance(e, Guard):
            held = np.broadcast_arrays(*(self.number(holds, at) for holds in (sp.true, *e.conditions)))
            within = np.logical_and.reduce(held).astype(bool)
            return np.where(within, self.value(e.body, at, terms), 0) if within.any() else 0
        if isinstance(e, Sum):
            return self.sum(e, at, terms)
        if isinstance(e, CoqEntry):
            array = self.x if e.derived else self.scene.array(self.tensors[e.tensor])
            index = (np.asarray(self.number(i, at), dtype=int) for i in e.index)
            return array[tuple(np.clip(i, 0, n - 1) for i, n in zip(index, array.shape, strict=True))]
        if isinstance(e, CoqFunction):
            inner: Expression = e.argument
            if e.made is not None:
                index = (self.number(i, at) for i in e.argument.index)
                inner, at = e.made.body, {**at, **dict(zip(e.made.index, index, strict=True))}
            return self.scene.callables({e.name})[e.name][e.order](self.value(inner, at, terms))
        if isinstance(e, Square):
            root = self.value(e.body, at, terms)
            return root * root
        if isinstance(e, Integer | CoqInverse):
            return self.number(e.value if isinstance(e, Integer) else heads.Inverse(e.of), at)
        raise EvaluationError(f"{type(e).__name__} is not part of a statement")

    def sum(self, e: Sum, at: Mapping[sp.Symbol, Any], terms: int) -> Any:
        """Return a sum at arrays of indices; raise EvaluationError if it has too many terms."""
        outer = {i: np.asarray(values)[..., None] for i, values in at.items()}
        low, high = (np.asarray(self.number(bound, outer)) for bound in (e.low, e.high))
        run = np.arange(np.min(low), np.max(high)).astype(object)
        if (terms := terms * len(run)) > MOST_TERMS:
            raise EvaluationError(f"the statement is a sum of more than {MOST_TERMS} terms at these sizes")
        inner = self.value(e.body, {**outer, e.index: run}, terms)
        return np.where((low <= run) & (run < high), inner, 0).sum(axis=-1)

    def number(self, e: Any, at: Mapping[sp.Symbol, Any]) -> Any:
        """Return an expression or condition in sizes and indices, for all values of the indices that occur in it."""
        indices = [i for i in at if i in symbols_in(e)]

        def of(*values: int) -> Any:
            known = dict(zip(indices, values, strict=True))
            return value_of(e, lambda symbol: known[symbol] if symbol in known else self.scene.symbol(symbol))

        return np.frompyfunc(of, len(indices), 1)(*(at[i] for i in indices)) if indices else of()

    def entries(self, e: Expression, index: Sequence[sp.Symbol], places: Sequence[Place]) -> list[Any]:
        """Return an expression at some values of its indices."""
        at = {i: np.array(values, dtype=object) for i, values in zip(index, zip(*places, strict=True), strict=True)}
        return list(np.broadcast_to(np.asarray(self.value(e, at, len(places)), dtype=object), len(places)))

    def derivatives(self, functional: Expression, places: Sequence[Place]) -> list[Any]:
        """Return the derivatives of a functional by the entries of x at these places."""
        grown = self.x.copy()
        for k, at in enumerate(places):
            grown[at] = grown[at] + Dual({frozenset({(TAG, k)}): 1})
        (value,) = replace(self, x=grown).entries(functional, (), [()])
        return [part(value, TAG, k) for k in range(len(places))]


@lru_cache(maxsize=4096)
def symbols_in(e: Any) -> set[sp.Basic]:
    """Return the symbols of an expression or condition."""
    found: set[sp.Basic] = e.free_symbols
    return found


def check_statement(derivation: Derivation, claim: Proposition, chain: Chain | None, sizes: Mapping[str, int]) -> None:
    """Compare what is stated of a claim at these sizes, and at some random ones; raise DisagreementError.

    Sizes at which there are too many terms are passed over. `chain` are the steps that the statement about the real
    numbers is made of, if there is one.
    """
    random = Random(SEED)
    for point in [dict(sizes), *islice(random_points(claim.statement, random), POINTS)]:
        for _ in range(TRIES):
            try:
                check_at(derivation, claim, chain, scene_at(claim.statement, point, random), random)
            except FunctionDomainError:
                continue  # other random entries may have a logarithm
            except (EvaluationError, UndefinedError):
                pass  # too many terms, or a divisor that is positive only where a guard holds
            break


def check_at(derivation: Derivation, claim: Proposition, chain: Chain | None, scene: Scene, random: Random) -> None:
    """Compare what is stated with what the witness computes in a scene; raise DisagreementError where it differs."""
    statement, found = claim.statement, compare_at(claim.statement, scene)
    if found.kind == "outside":
        raise disagreement(claim, scene, "it is about these sizes", "it is not")
    made = [side for side in (derivation.left, derivation.right) if isinstance(side, Tensor)]
    numbers = Interpreter(scene, {name: tensor for side in made for name, tensor in side.names().items()})
    for side, e, computed in ((statement.left, claim.left, found.left), (statement.right, claim.right, found.right)):
        if computed is None:
            continue
        shape = computed if isinstance(computed, tuple) else computed.shape
        agree(claim, scene, f"the shape of {side.text}", [numbers.number(n, {}) for n in side.shape], shape)
        if isinstance(computed, tuple):
            continue
        places = some_places(computed.shape, random)
        if side is statement.left and claim.wrt is not None:
            stated = replace(numbers, x=scene.array(numbers.tensors[claim.wrt])).derivatives(e, places)
        else:
            stated = numbers.entries(e, statement.index, places)
        agree(claim, scene, f"{side.text} at {places}", stated, [computed[at] for at in places])
    if chain is not None and isinstance(derivation.left, Tensor) and isinstance(derivation.left.source, Gradient):
        check_chain(claim, chain, derivation.left.source.output, numbers, random)


def check_chain(claim: Proposition, chain: Chain, output: Tensor, numbers: Interpreter, random: Random) -> None:
    """Compare the steps from the tensor to the output with what the witness computes."""
    for step in chain.steps:
        computed = numbers.scene.array(output if step is chain.steps[-1] else numbers.tensors[step.name])
        places = some_places(computed.shape, random)
        before = replace(numbers, x=numbers.scene.array(numbers.tensors[step.before]))
        stated = before.entries(step.body, step.index, places)
        agree(claim, numbers.scene, f"{step.name} at {places}", stated, [computed[at] for at in places])


def some_places(shape: Sequence[int], random: Random) -> list[Place]:
    """Return some indices inside of a shape, the last one among them."""
    drawn = {tuple(random.randrange(n) for n in shape) for _ in range(ENTRIES - 1)}
    return sorted({*drawn, tuple(n - 1 for n in shape)})


def agree(claim: Proposition, scene: Scene, what: str, stated: Sequence[Any], computed: Sequence[Any]) -> None:
    """Raise DisagreementError unless what is stated is what is computed."""
    if len(stated) != len(computed) or any(map(differ, stated, computed)):
        raise disagreement(claim, scene, f"{what} is {list(stated)}", f"it is {list(computed)}")


def disagreement(claim: Proposition, scene: Scene, stated: str, computed: str) -> DisagreementError:
    """Return the error that says what is stated, and what is computed."""
    at = ", ".join(f"{name} = {n}" for name, n in scene.sizes.items())
    return DisagreementError(
        f"what would be certified of {claim.title!r} says that {stated}, but computed by NumPy at {at or 'its sizes'} "
        f"{computed}: {MISTAKE}"
    )
