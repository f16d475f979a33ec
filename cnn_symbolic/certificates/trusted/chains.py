"""The steps from a tensor to the output that it enters, where they form a chain, and the cotangents between them.

Not trusted, but for `Step`, which the statement about the real numbers is made from: what a step does is read off the
same formulas that the claim about every ring is made from. A step is affine in the tensor before it, or applies one
function to every entry of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.expressions import (
    CoqEntry,
    CoqFunction,
    Expression,
    Guard,
    Times,
    Translator,
    moved,
    renamed,
    summed,
)
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.certificates.trusted.terms import is_affine, next_function
from cnn_symbolic.expressions.formulas import Shape, entry, fresh
from cnn_symbolic.kernel.trusted.statement import Declaration
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.tensors.gradients import Stage, derivative_of, mentions
from cnn_symbolic.tensors.sources import Gradient, Leaf, Named
from cnn_symbolic.tensors.tensor import Tensor

UNNAMED = "output"
Index = tuple[sp.Symbol, ...]
Applied = tuple[str, int]


@dataclass(frozen=True)
class ChainStep:
    """What makes the tensor `name` from the tensor `before`: its entry `body` at `index`.

    `functions` are what is applied to every entry, and its derivative; None where the step is affine. `cotangent` is
    the name of an arbitrary tensor of the shape, and `slope` the formula of ∂/∂before Σ cotangent·body at `at`.
    """

    name: str
    before: str
    shape: Shape
    index: Index
    body: Expression
    functions: tuple[Applied, Applied] | None
    cotangent: str
    at: Index
    slope: Expression

    @property
    def objective(self) -> Expression:
        """Σ cotangent·body."""
        arriving = Guard(CoqEntry(self.cotangent, self.index), shape=self.shape, index=self.index)
        return summed(Times(arriving, self.body), self.index, self.shape)


@dataclass(frozen=True)
class Chain:
    """The steps from the tensor `wrt` to the output, the first one first; `arriving` is the output's cotangent."""

    wrt: str
    shape: Shape
    arriving: str
    steps: tuple[ChainStep, ...]

    def lengths(self, position: int) -> Shape:
        """Return the shape of the tensor after so many steps."""
        return self.steps[position - 1].shape if position else self.shape

    def cotangent(self, position: int, at: Sequence[sp.Expr]) -> Expression:
        """Return the cotangent of the tensor after so many steps, at an index inside its shape."""
        if position == len(self.steps):
            return CoqEntry(self.arriving, tuple(at))
        step = self.steps[position]
        if step.functions is not None:
            slope = CoqFunction(*step.functions[1], CoqEntry(step.before, tuple(at)))
            return Times(self.cotangent(position + 1, at), slope)

        def leaf(e: Expression, values: Mapping[sp.Symbol, sp.Expr]) -> Expression:
            if isinstance(e, CoqEntry) and e.tensor == step.cotangent:
                return self.cotangent(position + 1, renamed(e.index, values))
            return cast(Expression, renamed(e, values))

        return moved(step.slope, dict(zip(step.at, at, strict=True)), leaf)


def chain_of(derivation: Derivation, claim: Proposition) -> Chain | None:
    """Return the chain of a claim about a gradient.

    None for what is no gradient, and where the tensor enters the output other than by a chain of steps that are affine
    or apply a function to every entry.
    """
    left = derivation.left
    if claim.wrt is None or not isinstance(left, Tensor) or not isinstance(left.source, Gradient):
        return None
    output, wrt, arriving = left.source.made_from
    if not isinstance(arriving.source, Leaf) or wrt.name is None or arriving.name in (None, wrt.name):
        return None
    made = (t for t in output.names().values() if isinstance(t.source, Named))
    dependent = [t for t in made if t.name != wrt.name and wrt.name in t.names()]
    name, body = output.name or UNNAMED, output
    if isinstance(output.source, Named) and output.name != wrt.name:
        body = output.source.definition
    steps: list[ChainStep] = []
    while True:
        through = [t for t in (*dependent, wrt) if mentions(body, t)]
        if len(through) != 1:
            return None
        (before,) = through
        step = step_from(claim, name, before, body)
        if step is None:
            return None
        steps.insert(0, step)
        if before.name == wrt.name:
            if any(step.name == wrt.name for step in steps):
                return None
            return Chain(wrt.name, wrt.lengths, arriving.name or "", tuple(steps))
        if not isinstance(before.source, Named):
            return None
        name, body = before.source.name, before.source.definition


def step_from(claim: Proposition, name: str, before: Tensor, body: Tensor) -> ChainStep | None:
    """Return the step from a tensor to a formula that it enters; None if it is neither affine nor a function."""
    own = before.name or ""
    tensors = {**claim.statement.tensors, own: Declaration(before.lengths)}
    index = fresh("mnpqst"[k] if k < 6 else f"m{k}" for k in range(body.rank))
    at = fresh("ijkl"[k] if k < 4 else f"i{k}" for k in range(before.rank))
    arriving = f"∂C/∂{name}"
    while arriving in tensors:
        arriving += "′"
    leaf = Tensor(body.lengths, lambda index: entry(arriving, index), True, Leaf(arriving, given=body.shape))
    declared = {**tensors, arriving: Declaration(body.lengths)}
    try:
        made = Translator(tensors, own).expression(body.formula(index))
        slope = Translator(declared).expression(
            derivative_of((Stage(leaf, body),), Gradient(body, before, leaf)).formula(at)
        )
    except NotCertified:
        return None
    functions = applied(made, index)
    if functions is None and not is_affine(made):
        return None
    return ChainStep(name, own, body.lengths, index, made, functions, arriving, at, slope)


def applied(e: Expression, index: Index) -> tuple[Applied, Applied] | None:
    """Return the function that is applied to the entry at `index` of the tensor before, and its derivative."""
    inner = e.body if isinstance(e, Guard) and e.index == index else e
    if isinstance(inner, CoqFunction) and inner.argument.derived and inner.argument.index == index:
        return (inner.name, inner.order), next_function(inner.name, inner.order)
    return None
