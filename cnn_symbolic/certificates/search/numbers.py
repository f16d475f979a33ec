"""Proofs of claims at fixed numbers: without sizes and tensors both sides are integers, and Coq computes them.

Not trusted: Coq checks every step.
"""

from __future__ import annotations

from cnn_symbolic.certificates.trusted.expressions import Integer
from cnn_symbolic.certificates.trusted.integers import integer_text
from cnn_symbolic.certificates.trusted.statements import Proposition, binder


def is_number(claim: Proposition) -> bool:
    """Tell whether a claim has no sizes and no tensors, so that both sides of each entry are integers."""
    return not claim.sizes and claim.wrt is None and all(isinstance(part, Integer) for part in claim.all_leaves)


def number_proof(claim: Proposition, name: str) -> str:
    """Return the proof that the entries are equal, for the statement S_<name> of a claim at fixed numbers."""
    places = "".join(f" {k}" for k in claim.indices.values())
    header = f"(R : ring){binder(claim.indices.values())}"
    lengths = f"[{'; '.join(integer_text(n, {}) for n in claim.statement.left.shape)}]"
    zero, zeros = "(fun _ => zero)", "(fun _ => zero : integers)"
    sides = (f"(value {zeros} ({side} integers{places}) [])" for side in ("left", "right"))
    equals = f"fun l => match l with {claim.place} => Z.eqb {' '.join(sides)} | _ => false end"
    return "\n".join(
        [
            f"Definition left {header} : @expression R :=\n  {claim.writer.taken_apart(claim.left)}.",
            f"Definition right {header} : @expression R :=\n  {claim.writer.taken_apart(claim.right)}.",
            f"Definition computed : everywhere {lengths}%Z ({equals}) = true.\nProof. vm_compute. reflexivity. Qed.",
            f"Section Equal.\nVariable R : ring.\nTheorem equal : S_{name}.equal R.\nProof.",
            f"  unfold S_{name}.equal, S_{name}.left, S_{name}.right. intros _{places}. intros.",
            f"  change (value {zero} (left R{places}) [] = value {zero} (right R{places}) []).",
            f"  apply (equal_images _ {zeros} _ _ (left integers{places}) (right integers{places})).",
            "  - unfold left; images.",
            "  - unfold right; images.",
            f"  - apply Z.eqb_eq, (everywhere_at _ _ computed {claim.place}). cbn [places]; auto.",
            "Qed.\nEnd Equal.",
        ]
    )
