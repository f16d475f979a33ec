"""Lemmas over every ring that a proof over the real numbers needs, with proofs made like those of certificates.

Not trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp

from cnn_symbolic.certificates.search.proofs import pairs
from cnn_symbolic.certificates.trusted.expressions import Expression
from cnn_symbolic.certificates.trusted.real_claims import RealClaim, operands
from cnn_symbolic.certificates.trusted.statements import binder, binders
from cnn_symbolic.certificates.trusted.terms import flatten, slope_terms
from cnn_symbolic.certificates.trusted.writing import CoqWriter
from cnn_symbolic.expressions.formulas import Shape


@dataclass(frozen=True)
class Lemma:
    """An equation over every ring, at the entries `index` of a tensor of a shape.

    `left` and `right` are equal; or, if there is a tensor to differentiate by, `right` is the slope of `left`.
    `tensors` are the identifiers of tensors that are the lemma's own.
    """

    claim: RealClaim
    label: str
    left: Expression
    right: Expression
    index: tuple[sp.Symbol, ...]
    shape: Shape
    tensors: Mapping[str, str] = field(default_factory=dict)
    is_slope: bool = False

    @cached_property
    def given(self) -> list[tuple[str, str]]:
        """What both sides are functions of, besides the ring, sizes and indices: identifiers with their types."""
        return operands((self.left, self.right), {**self.claim.tensors, **self.tensors}, self.claim.functions)

    @property
    def places(self) -> dict[sp.Symbol, str]:
        """The identifiers of the indices."""
        return {index: f"p{position}" for position, index in enumerate(self.index, 1)}

    @property
    def place(self) -> str:
        """The index as a list."""
        return f"[{'; '.join(self.places.values())}]"

    def value(self, side: str, x: str, values: Mapping[str, str]) -> str:
        """Return the value of a side at the indices, over the reals, for values of what it is a function of."""
        operands = (values.get(name, name) for name, _ in self.given)
        given = " ".join(["reals", *self.claim.sizes.values(), *operands, *self.places.values()])
        return f"value {x} ({side}_{self.label} {given}) []"

    def applied(self, x: str, values: Mapping[str, str], places: Iterable[str] | None = None) -> str:
        """Return the lemma over the reals, where `ok` and `in_p` are the facts about the sizes and each index p."""
        at = list(self.places.values() if places is None else places)
        given = ["reals", *self.claim.sizes.values(), *(values.get(name, name) for name, _ in self.given), x, *at]
        facts = ["ok", *(f"in_{p}" for p in at), *(["t"] if self.is_slope else [])]
        return " ".join([f"lemma_{self.label}", *given, *facts])

    @property
    def text(self) -> str:
        """The lemma with its proof."""
        claim, label = self.claim, self.label
        writer = CoqWriter({**claim.sizes, **self.places}, {**claim.tensors, **self.tensors}, claim.functions)
        bound = claim.claim.sized + binders((name, kind.format("R")) for name, kind in self.given)
        header = f"(R : ring){bound}{binder(self.places.values())} : @expression R"
        sides = " ".join(["R", *claim.sizes.values(), *(name for name, _ in self.given), *self.places.values()])
        left, right = f"(left_{label} {sides}) []", f"(right_{label} {sides}) []"
        facts = [f"S_{claim.name}.assumed {' '.join(claim.sizes.values())}".rstrip()]
        facts += [f"(0 <= {k} < {writer.integer(n)})%Z" for k, n in zip(self.places.values(), self.shape, strict=True)]
        if self.is_slope:
            equation = f"forall t : R, value (bump x {self.place} t) {left} = value x {left} + t * value x {right}"
            start = "rewrite slope_affine by reflexivity; slopes."
            terms = slope_terms(self.left, self.index)
        else:
            equation = f"value x {left} = value x {right}"
            start = "rewrite 2 flatten_value."
            terms = flatten(self.left)
        return "\n".join(
            [
                f"Definition left_{label} {header} :=\n  {writer.taken_apart(self.left)}.",
                f"Definition right_{label} {header} :=\n  {writer.taken_apart(self.right)}.",
                f"Section Lemma_{label}.\nVariable R : ring.\nAdd Ring ring_for_{label} : (laws R).",
                f"Lemma lemma_{label} : forall{bound} (x : tensor R){binder(self.places.values())},",
                f"  {' -> '.join(facts)} ->\n  {equation}.",
                f"Proof.\n  unfold S_{claim.name}.assumed; intros; break.\n  {start}",
                f"  unfold left_{label}, right_{label}; written_out.",
                *pairs(terms, flatten(self.right), {**claim.sizes, **self.places}),
                f"  add_up.\nQed.\nEnd Lemma_{label}.",
            ]
        )
