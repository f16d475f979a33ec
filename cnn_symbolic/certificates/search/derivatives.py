"""Proofs of gradients over the real numbers: the certificate over every ring, carried over step by step.

Not trusted. From the output back to the tensor, every step hands on that the cost is differentiable: a function that
is applied to every entry by `activation_rule`, an affine step by `transfer_all_linear`, and the first step by
`transfer_linear`, with the certificate of the claim itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from cnn_symbolic.certificates.search.lemmas import Lemma
from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.expressions import Expression, Sum, Times
from cnn_symbolic.certificates.trusted.integers import identifier
from cnn_symbolic.certificates.trusted.real_claims import RealClaim


@dataclass(frozen=True)
class RealProof:
    """The proof of a claim over the real numbers, on the files S_<name> and P_<name> of the claim over every ring.

    Raises NotCertified where a map of indices is not found.
    """

    claim: RealClaim

    @property
    def length(self) -> int:
        """The number of steps."""
        return len(self.claim.chain.steps)

    @cached_property
    def first_cotangent(self) -> tuple[tuple[sp.Symbol, ...], Expression]:
        """The cotangent of what the first step makes, as it stands in the claim over every ring, and its indices."""
        index: list[sp.Symbol] = []
        part = self.claim.claim.left
        while isinstance(part, Sum) and len(index) < len(self.claim.chain.lengths(1)):
            index.append(part.index)
            part = part.body
        if not isinstance(part, Times):
            raise NotCertified("the claim is not about the output of one step")
        return tuple(index), part.left

    @cached_property
    def slopes(self) -> dict[int, Lemma]:
        """The lemmas about the affine steps behind the first one, by their position."""
        found = {}
        for position, step in enumerate(self.claim.chain.steps):
            if position and step.functions is None:
                own = {step.cotangent: identifier("t", step.cotangent, self.claim.tensors.values())}
                lengths = self.claim.chain.lengths(position)
                label = f"step_{position + 1}"
                found[position] = Lemma(
                    self.claim, label, step.objective, step.slope, step.at, lengths, own, is_slope=True
                )
        return found

    @cached_property
    def equality(self) -> Lemma | None:
        """The lemma that a cotangent, as it is found step by step, is the one in the claim over every ring."""
        chain = self.claim.chain
        if chain.steps[0].functions is not None:
            at = self.claim.claim.statement.index
            left, right = chain.cotangent(0, at), self.claim.claim.right
            return Lemma(self.claim, "cotangents", left, right, at, chain.shape)
        if self.length == 1:
            return None
        index, right = self.first_cotangent
        return Lemma(self.claim, "cotangents", chain.cotangent(1, index), right, index, chain.lengths(1))

    @property
    def values(self) -> dict[str, str]:
        """The tensors that the steps make, by their identifiers."""
        made = range(1, self.length + 1)
        return {self.claim.value(k): self.claim.made_from(self.claim.parameter, 0, k) for k in made}

    def value(self, position: int) -> str:
        """Return the tensor after so many steps."""
        return self.claim.made_from(self.claim.parameter, 0, position)

    def cost(self, position: int) -> str:
        """Return the cost as a function of the tensor after so many steps."""
        return f"(fun y => cost {self.claim.made_from('y', position, self.length)})"

    def cotangent(self, position: int) -> str:
        """Return the derivatives of the cost in the tensor after so many steps."""
        chain = self.claim.chain
        if position == self.length:
            return self.claim.tensors[chain.arriving]
        step = chain.steps[position]
        if step.functions is not None:
            slope = self.claim.functions[step.functions[1]]
            return f"(fun v => Rmult ({self.cotangent(position + 1)} v) ({slope} ({self.value(position)} v)))"
        lemma = self.slopes[position]
        entry = lemma.value("right", self.value(position), self.inserted(position))
        return f"(fun v => match v with {lemma.place} => {entry} | _ => zero end)"

    def inserted(self, position: int) -> dict[str, str]:
        """Return the values of what the lemma about a step is about."""
        own = self.slopes[position].tensors[self.claim.chain.steps[position].cotangent]
        return {**self.values, own: self.cotangent(position + 1)}

    def differentiable(self, position: int) -> list[str]:
        """Return the tactics that prove the cost differentiable as a function of the tensor after so many steps."""
        chain = self.claim.chain
        if position == self.length:
            return ["exact outer."]
        step, value = chain.steps[position], self.value(position)
        cost, later, shape = self.cost(position + 1), self.cotangent(position + 1), self.claim.shape(position)
        if step.functions is not None:
            f, slope = (self.claim.functions[function] for function in step.functions)
            first = f"refine (activation_rule {shape} {cost} {f} {slope} {value} {later} _ smooth_{position})."
            return [first, *self.differentiable(position + 1)]
        lemma = self.slopes[position]
        args = f"{shape} {self.claim.shape(position + 1)} ({self.claim.step_applied(position)}) {value}"
        return [
            f"refine (transfer_all_linear {cost} {later}\n    {args}\n    {self.cotangent(position)} _ _ _).",
            "2: { " + everywhere(lemma, lemma.applied(value, self.inserted(position))) + " }",
            "2: { affine. }",
            *self.differentiable(position + 1),
        ]

    @property
    def certificate(self) -> str:
        """The claim over every ring, at the reals."""
        claim = self.claim.claim
        operands = (self.values.get(name, name) for name, _ in claim.operands)
        facts = ["ok", *(["inverses"] if claim.has_inverses else []), *claim.indices.values()]
        facts += [f"in_{k}" for k in claim.indices.values()]
        given = " ".join(["reals", *claim.sizes.values(), *operands, *facts])
        return f"in_every_ring {given}"

    @property
    def in_every_ring(self) -> str:
        """The lemma that is the part of the certificate about every ring."""
        name = self.claim.name
        return (
            f"Lemma in_every_ring : forall R : ring, S_{name}.equal R.\n"
            f"Proof. assert (known := P_{name}.certified); unfold S_{name}.claim in known; break; assumption. Qed."
        )

    @property
    def tactics(self) -> list[str]:
        """The tactics of the proof, behind the introduction of what the claim is about."""
        claim, equality = self.claim, self.equality
        x, place = claim.parameter, claim.claim.place
        if equality is not None and claim.chain.steps[0].functions is not None:
            return [
                f"refine (eq_ind _ (fun G : R => derivable_pt_lim _ 0%R G) _ _\n"
                f"    ({equality.applied(x, self.values, claim.indices)})).",
                f"refine (partial_derivative {claim.shape(0)} {self.cost(0)} {x}\n"
                f"    {self.cotangent(0)} {place} _ _).",
                "1: { repeat (apply inside_cons; split; [assumption|]); reflexivity. }",
                *self.differentiable(0),
            ]
        cotangent, certificate, steps = self.cotangent(1), f"exact ({self.certificate} t).", self.differentiable(1)
        if equality is not None:
            kept = f"(fun v => {claim.by_entries(*self.first_cotangent, self.values)})"
            agree = f"apply everywhere_inside; {everywhere(equality, equality.applied(x, self.values))}"
            steps = [
                f"refine (differentiable_inside {claim.shape(1)} _ _ {cotangent}\n    {kept} _ _).",
                f"1: {{ {agree} }}",
                *steps,
            ]
            cotangent, certificate = kept, f"rewrite !total_entry; {certificate}"
        return [
            f"refine (transfer_linear {self.cost(1)} {cotangent}\n    {claim.shape(1)} ({claim.step_applied(0)}) "
            f"{x} {place} _ _ _ _).",
            f"2: {{ intros t; {certificate} }}",
            "2: { affine. }",
            *steps,
        ]

    @property
    def text(self) -> str:
        """The text of the proof's file."""
        claim = self.claim
        lemmas = [lemma.text for lemma in (*self.slopes.values(), self.equality) if lemma is not None]
        names = [*claim.sizes.values(), *(name for name, _ in claim.given), "cost", "ok"]
        names += ["inverses"] if claim.has_inverses else []
        names += ["outer", *(f"smooth_{k}" for k, step in enumerate(claim.chain.steps) if step.functions is not None)]
        names += [*claim.indices, *(f"in_{k}" for k in claim.indices)]
        parts = [
            "From Coq Require Import Reals.\nFrom CnnSymbolic Require Import Tactics Differentiation Reals.\n"
            f"From Certificates Require S_{claim.name} P_{claim.name}.\n"
            f"From Certificates Require Import S_{claim.name}_real.",
            "Local Open Scope Z_scope.\nLocal Open Scope bool_scope.\nLocal Open Scope ring_scope.",
            *([self.in_every_ring] if claim.chain.steps[0].functions is None else []),
            *lemmas,
            f"Theorem certified : S_{claim.name}_real.claim.\nProof.\n  unfold S_{claim.name}_real.claim; cbv zeta.\n"
            f"  intros {' '.join(names)}.",
        ]
        return "\n\n".join(parts) + "\n" + "".join(f"  {line}\n" for line in self.tactics) + "Qed.\n"


def everywhere(lemma: Lemma, proof: str) -> str:
    """Return the tactics that prove a lemma at all positions of its shape."""
    names = "".join(f" {k} in_{k}" for k in lemma.places.values()) + (" t" if lemma.is_slope else "")
    return f"cbn [everywhere];{f' intros{names};' if names else ''} cbv beta iota; exact ({proof})."
