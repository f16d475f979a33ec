"""Proofs of gradients over the real numbers: the certificate over every ring, carried over step by step.

Not trusted. From the output back to the tensor, every step hands on that the cost is differentiable: a function that
is applied to every entry by `activation_rule`, an affine step by `transfer_all_linear`. Where there is one step, and it
is affine, `transfer_linear` takes the certificate of the claim itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cnn_symbolic.certificates.search.lemmas import Lemma
from cnn_symbolic.certificates.trusted.integers import identifier
from cnn_symbolic.certificates.trusted.real_claims import RealClaim


@dataclass(frozen=True)
class RealProof:
    """The proof of a claim over the real numbers, on the files S_<name> and P_<name> of the claim over every ring.

    Raises NoProofFound where a map of indices is not found.
    """

    claim: RealClaim

    @property
    def length(self) -> int:
        """The number of steps."""
        return len(self.claim.chain.steps)

    @property
    def is_affine(self) -> bool:
        """Whether there is one step, and it is affine."""
        return self.length == 1 and self.claim.chain.steps[0].functions is None

    @cached_property
    def slopes(self) -> dict[int, Lemma]:
        """The lemmas about the affine steps, by their position."""
        found = {}
        for position, step in enumerate(self.claim.chain.steps):
            if step.functions is None:
                own = {step.cotangent: identifier("t", step.cotangent, self.claim.tensors.values())}
                lengths = self.claim.chain.lengths(position)
                label = f"step_{position + 1}"
                found[position] = Lemma(
                    self.claim, label, step.objective, step.slope, step.at, lengths, own, is_slope=True
                )
        return found

    @cached_property
    def equality(self) -> Lemma:
        """The lemma that the derivative, as it is found step by step, is the one that is claimed."""
        chain, at = self.claim.chain, self.claim.claim.statement.index
        return Lemma(self.claim, "cotangents", chain.cotangent(0, at), self.claim.claim.right, at, chain.shape)

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
        claim = self.claim
        x, place = claim.parameter, claim.claim.place
        if self.is_affine:
            return [
                f"refine (transfer_linear {self.cost(1)} {self.cotangent(1)}\n    {claim.shape(1)} "
                f"({claim.step_applied(0)}) {x} {place} _ _ _ _).",
                f"2: {{ intros t; exact ({self.certificate} t). }}",
                "2: { affine. }",
                *self.differentiable(1),
            ]
        return [
            f"refine (eq_ind _ (fun G : R => derivable_pt_lim _ 0%R G) _ _\n"
            f"    ({self.equality.applied(x, self.values, claim.indices)})).",
            f"refine (partial_derivative {claim.shape(0)} {self.cost(0)} {x}\n    {self.cotangent(0)} {place} _ _).",
            "1: { repeat (apply inside_cons; split; [assumption|]); reflexivity. }",
            *self.differentiable(0),
        ]

    @property
    def text(self) -> str:
        """The text of the proof's file."""
        claim = self.claim
        lemmas = [self.in_every_ring] if self.is_affine else [x.text for x in (*self.slopes.values(), self.equality)]
        names = [*claim.sizes.values(), *(name for name, _ in claim.given), "cost", "ok"]
        names += ["inverses"] if claim.has_inverses else []
        names += ["outer", *(f"smooth_{k}" for k, step in enumerate(claim.chain.steps) if step.functions is not None)]
        names += [*claim.indices, *(f"in_{k}" for k in claim.indices)]
        parts = [
            "From Coq Require Import Reals.\nFrom CnnSymbolic Require Import Tactics Differentiation Reals.\n"
            f"From Certificates Require S_{claim.name} P_{claim.name}.\n"
            f"From Certificates Require Import S_{claim.name}_real.",
            "Local Open Scope Z_scope.\nLocal Open Scope bool_scope.\nLocal Open Scope ring_scope.",
            *lemmas,
            f"Theorem certified : S_{claim.name}_real.claim.\nProof.\n  unfold S_{claim.name}_real.claim; cbv zeta.\n"
            f"  intros {' '.join(names)}.",
        ]
        return "\n\n".join(parts) + "\n" + "".join(f"  {line}\n" for line in self.tactics) + "Qed.\n"


def everywhere(lemma: Lemma, proof: str) -> str:
    """Return the tactics that prove a lemma at all positions of its shape."""
    names = "".join(f" {k} in_{k}" for k in lemma.places.values()) + (" t" if lemma.is_slope else "")
    return f"cbn [everywhere];{f' intros{names};' if names else ''} cbv beta iota; exact ({proof})."
