"""Certificates written by hand, for tests of what Coq accepts."""

import shutil
import sys
from types import SimpleNamespace

import pytest

from cnn_symbolic.certificates.trusted.certificate import Certificate, NotCertified, check_text
from cnn_symbolic.library.loading import load_text

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

STATEMENT = """\
From CnnSymbolic Require Import Definitions.
Definition claim : Prop := forall (R : ring) (x : R), add x zero = x.
"""
PROOF = """\
(** A proof without any Axiom. *)
From Coq Require Import Ring_theory.
From CnnSymbolic Require Import Definitions.
From Certificates Require S_{name}.
Theorem certified : S_{name}.claim.
Proof. intros R x. rewrite (Radd_comm (laws R)). apply (Radd_0_l (laws R)). Qed.
"""
WRONG = PROOF.replace("apply (Radd_0_l (laws R))", "reflexivity")
OTHER = PROOF.replace("S_{name}.claim", "forall (R : ring) (x : R), add zero x = x").replace(
    "rewrite (Radd_comm (laws R)). ", ""
)
ENDLESS = """\
From Certificates Require S_{name}.
Theorem certified : S_{name}.claim.
Proof. do 1000000000 (do 1000000000 idtac). Qed.
"""


def by_hand(name="x", proof=PROOF, statement=STATEMENT, axioms=()):
    """A certificate with texts in which {name} stands for its name."""
    texts = (text.replace("{name}", name) for text in (statement, proof))
    return Certificate(name, "identity", *texts, check_text(name), axioms)


def emit(monkeypatch, proofs):
    """Have the certificates of claims made from these proofs, by title; a claim without one has no certificate."""

    def certificate(derivation, name):
        if (proof := proofs.get(derivation.title)) is None:
            raise NotCertified("there is no such proof")
        return by_hand(name, proof)

    module = "cnn_symbolic.certificates.search.emitting"
    monkeypatch.setitem(sys.modules, module, SimpleNamespace(certificate=certificate))


def claims(*names, equal=True):
    """Claims of these names, all of them right, or all of them wrong."""
    text = "x = tensor(M)\ny = tensor(M)\n"
    for name in names:
        text += f'{name} = claim(x == {"x" if equal else "y"}, title="{name}")\n'
    return load_text(text, "mine.txt")
