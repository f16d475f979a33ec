"""Makes the propositions that Coq is asked about from claims: of a gradient, before anything is differentiated.

Trusted, as `statements`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import sympy as sp

from cnn_symbolic.certificates.trusted.expressions import Expression, Plus, Times, Translator, depends, summed
from cnn_symbolic.certificates.trusted.integers import from_right
from cnn_symbolic.certificates.trusted.reads import Read, always_inside, reads_of
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.tensors.gradients import Stage, stages
from cnn_symbolic.tensors.sources import Gradient
from cnn_symbolic.tensors.tensor import Tensor


def proposition(derivation: Derivation, whole: bool = True) -> Proposition:
    """Return a claim as Coq is asked about it; of a gradient, if not as a whole, by the steps that its tensor enters.

    Raises NotCertified for what has no counterpart in Coq.
    """
    statement = derivation.statement
    left = derivation.left
    made = None
    if isinstance(left, Tensor) and isinstance(left.source, Gradient):
        made = gradient_proposition(derivation, left.source, whole)
    if made is None:
        translator = Translator(statement.tensors)
        sides = translator.expression(statement.left.formula), translator.expression(statement.right.formula)
        derived = any(has_gradient(side) for side in (left, derivation.right) if isinstance(side, Tensor))
        is_shape = not isinstance(left, Tensor)
        made = Proposition(derivation.title, statement, *sides, is_shape=is_shape, derived=derived)
    verdict = derivation.claim_verdict
    if made.is_shape or not isinstance(verdict, Theorem) or verdict.factors:
        return made
    smallest = {size: verdict.smallest[size.name] for size in statement.sizes}
    return replace(made, reads=tuple(stated_reads(made, smallest)))


def stated_reads(claim: Proposition, smallest: Mapping[sp.Symbol, int]) -> Iterator[Read]:
    """Yield the entries that the right side reads inside of their tensors, where that is not plain to see."""
    statement = claim.statement
    free = dict(zip(statement.index, statement.left.shape, strict=True))
    seen = set()
    for read in reads_of(claim.right):
        runs = {i: (low, high) for i, low, high in read.runs} | {i: (sp.S.Zero, n) for i, n in free.items()}
        plain_to_see = all(runs.get(i) == (0, n) for i, n in zip(read.index, read.shape, strict=True))
        if plain_to_see or (read.index, read.shape) in seen:
            continue
        seen.add((read.index, read.shape))
        if always_inside(read, free, smallest, statement.conditions):
            yield read


def gradient_proposition(derivation: Derivation, of: Gradient, whole: bool) -> Proposition | None:
    """Return the claim about a gradient, before differentiation; None where the tensor does not enter the output."""
    statement = derivation.statement
    name, arriving = of.wrt.name or "", of.cotangent
    tensors = dict(statement.tensors)
    if name in tensors and tensors[name].definition is not None:
        tensors[name] = type(tensors[name])(tensors[name].shape)
    derived = has_gradient(arriving) or (isinstance(derivation.right, Tensor) and has_gradient(derivation.right))
    entered = stages(of)
    by_steps = any(stage.cotangent is not arriving for stage in entered)
    translator = Translator(tensors, name)
    if whole and by_steps and name not in arriving.names():
        entered, by_steps = (Stage(arriving, of.output),), False
        translator = Translator(tensors, name, through=True)
    parts: list[Expression] = []
    for stage in entered:
        m = fresh("mnpqst"[k] if k < 6 else f"m{k}" for k in range(stage.body.rank))
        cotangent = Translator(tensors).expression(stage.cotangent.formula(m))
        parts.append(summed(Times(cotangent, translator.expression(stage.body.formula(m))), m, stage.body.lengths))
    if not any(map(depends, parts)):
        return None
    functional = from_right(Plus, parts)
    right = Translator(tensors).expression(statement.right.formula)
    return Proposition(
        derivation.title, statement, functional, right, name, made=translator.made, derived=derived, by_steps=by_steps
    )


def has_gradient(made: Tensor) -> bool:
    """Tell whether a tensor is made from a gradient, which its formula has carried out."""
    return isinstance(made.source, Gradient) or any(map(has_gradient, made.source.made_from))
