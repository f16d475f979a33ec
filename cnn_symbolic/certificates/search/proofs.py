"""Proofs of claims, for Coq to check: both sides multiplied out, and the maps between the indices of equal terms.

Not trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from cnn_symbolic.certificates.search.counting import counting_tactics, mappings
from cnn_symbolic.certificates.search.numbers import is_number, number_proof
from cnn_symbolic.certificates.trusted.certificate import NoProofFound
from cnn_symbolic.certificates.trusted.integers import from_right
from cnn_symbolic.certificates.trusted.statements import Proposition, binder, binders
from cnn_symbolic.certificates.trusted.terms import Flat, flatten, slope_terms


def proof_text(claim: Proposition, name: str, smallest: Mapping[str, int]) -> str:
    """Return the text of the proof's file, for the statement S_<name>; `smallest` are sizes that are possible."""
    parts = [
        f"From CnnSymbolic Require Import Tactics Counting Numbers.\nFrom Certificates Require S_{name}.",
        "Local Open Scope Z_scope.\nLocal Open Scope ring_scope.",
        possible(claim, name, smallest),
        defined(claim, name),
    ]
    lemmas = ["possible", "defined"]
    if claim.reads:
        parts.append(
            f"Theorem reads_inside : S_{name}.reads_inside.\n"
            f"Proof. unfold S_{name}.reads_inside, S_{name}.assumed; intros; break; solve_reads. Qed."
        )
        lemmas.append("reads_inside")
    if not claim.is_shape:
        parts.append(number_proof(claim, name) if is_number(claim) else equal(claim, name))
        lemmas.append("equal")
    proved = from_right("(conj {} {})".format, lemmas)
    parts.append(f"Theorem certified : S_{name}.claim.\nProof. exact {proved}. Qed.")
    return "\n\n".join([*parts, ""])


def possible(claim: Proposition, name: str, smallest: Mapping[str, int]) -> str:
    """Return the proof that there are sizes as they are assumed."""
    values = [str(smallest[size.name]) for size in claim.sizes]
    exists = f"exists {', '.join(values)}; " if values else ""
    return (
        f"Theorem possible : S_{name}.possible.\n"
        f"Proof. unfold S_{name}.possible, S_{name}.assumed; {exists}repeat split; solve_sizes. Qed."
    )


def defined(claim: Proposition, name: str) -> str:
    """Return the proof that shapes are equal and the right side is defined."""
    return (
        f"Theorem defined : S_{name}.defined.\n"
        f"Proof. unfold S_{name}.defined, S_{name}.assumed; intros; break; solve_shapes. Qed."
    )


def equal(claim: Proposition, name: str) -> str:
    """Return the proof that the entries are equal."""
    places = "".join(f" {k}" for k in claim.indices.values())
    header = f"(R : ring){claim.sized}{binders(claim.values)}{binder(claim.indices.values())}"
    applied = " ".join(["R", *claim.all_given]) + places
    at_first = " ".join(["R", *claim.given, *([claim.tensors[claim.wrt]] if claim.wrt else [])])
    made = [(claim.tensors[one], f"S_{name}.{maker} {at_first}") for one, maker in claim.makers.items()]
    before, after = claim.names
    unfolded = f"S_{name}.{before}, S_{name}.{after}"
    x = claim.tensors[claim.wrt] if claim.wrt else ""
    lines = [
        f"Definition left {header} : @expression R :=\n  {claim.writer.taken_apart(claim.left)}.",
        f"Definition right {header} : @expression R :=\n  {claim.writer.taken_apart(claim.right)}.",
        "Section Equal.\nVariable R : ring.\nAdd Ring ring_of_R : (laws R).",
        f"Theorem equal : S_{name}.equal R.\nProof.\n  unfold S_{name}.equal, S_{name}.assumed, {unfolded}.",
        f"  intros{''.join(f' {name}' for name in claim.given)}; intros; break.",
        *(f"  pose ({one} := {value})." for one, value in made),
    ]
    if claim.wrt:
        at = [sp.Symbol(index) for index in claim.indices.values()]
        names = dict(zip(at, claim.indices.values(), strict=True))
        smooth = "slope_dual by (first [assumption | unfold left; smoothly])"
        by = "slope_affine by reflexivity" if claim.is_affine else smooth
        lines += [
            f"  change (value (bump {x} {claim.place} t) (left {applied}) [] = "
            f"value {x} (left {applied}) [] + t * value {x} (right {applied}) []).",
            f"  rewrite {by}; slopes.",
            *([f"  clearbody {' '.join(one for one, _ in made)}."] if made else []),
        ]
        left = slope_terms(claim.left, at)
    else:
        names = {}
        zero = "(fun _ => zero)"
        lines += [
            f"  change (value {zero} (left {applied}) [] = value {zero} (right {applied}) []).",
            "  rewrite 2 flatten_value.",
        ]
        left = flatten(claim.left)
    right = [t.renamed(dict(zip(claim.indices, names, strict=True))) if names else t for t in flatten(claim.right)]
    lines.append("  unfold left, right; written_out.")
    lines += terms_equal(left, right, claim, {**claim.sizes, **claim.indices, **names})
    return "\n".join([*lines, "Qed.", "End Equal."])


def terms_equal(
    left: Sequence[Flat], right: Sequence[Flat], claim: Proposition, names: Mapping[sp.Symbol, str]
) -> list[str]:
    """Return the tactics that prove that the terms of both sides add up to the same."""
    try:
        return [*pairs(left, right, names), "  add_up."]
    except NoProofFound:
        found = counting_tactics(left, right, claim, names)
        if found is None:
            raise
        return found


def pairs(left: Sequence[Flat], right: Sequence[Flat], names: Mapping[sp.Symbol, str]) -> list[str]:
    """Return the tactics that pair the terms of both sides."""
    free = list(range(len(right)))
    found = []
    for i, term in enumerate(left):
        for j in free:
            if (maps := mappings(term, right[j], names)) is not None:
                found.append(f"  pair {i}%nat {j}%nat {maps}.")
                free.remove(j)
                break
        else:
            raise NoProofFound(f"no map was found from the indices of {spelled(term)} on the left to those of a term")
    if free:
        raise NoProofFound(f"no map was found to the indices of {spelled(right[free[0]])} on the right")
    return found


def spelled(term: Flat) -> str:
    """Return the entries that a term multiplies, by the names of their tensors."""
    factors = (f"{name}{'′' * order}({tensor})" if name else tensor for tensor, name, order in term.signature)
    return "·".join(factors) or "a number"
