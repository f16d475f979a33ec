"""Certificates: what Coq accepts, and what is rejected however a proof cheats."""

import dataclasses
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.certificates.trusted import compiling
from cnn_symbolic.certificates.trusted.certificate import mangled
from cnn_symbolic.certificates.trusted.compiling import compile_library, compiled, library_texts, objection
from cnn_symbolic.certificates.trusted.coqc import find_coq
from cnn_symbolic.certificates.trusted.refusing import refusal
from tests.support import certifying as shared
from tests.support.certificates import ENDLESS, OTHER, PROOF, WRONG, by_hand, needs_coq
from tests.support.certifying import REAL_AXIOMS, VERSION
from tests.support.thorough import every

# Fixtures.
small_library = shared.small_library


@pytest.fixture(scope="module")
def compiler(tmp_path_factory):
    """Coq, and its library of definitions in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "LIBRARY", ("Definitions",))
        coq = find_coq()
        return coq, compile_library(coq, library_texts(), tmp_path_factory.mktemp("library"))


# The names of certificates


@given(st.sets(st.text(), min_size=2, max_size=4))
def test_names_differ_even_where_the_case_of_letters_does_not_count(ids):
    names = {mangled(one) for one in ids}
    assert len({name.lower() for name in names}) == len(ids)
    assert all(re.fullmatch(r"[a-z]_[a-z0-9_]*", name) for name in names)


def test_names_are_as_readable_as_that_allows():
    assert mangled("weight_gradient") == "c_weight__gradient"
    assert mangled("a.b") == "c_a_2eb"
    assert mangled("A") == "c__41"
    assert len(mangled("x" * 1000)) < 100
    assert mangled("x" * 1000) != mangled("x" * 1001)
    assert mangled("\ud800") == "c__ed_a0_80"


# What is refused without asking Coq


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Axiom a : False.", "Axiom"),
        ("Parameters a b : False.", "Parameters"),
        ("Conjecture a : False.", "Conjecture"),
        ("Proof. Admitted.", "Admitted"),
        ("Proof. admit. Qed.", "admit"),
        ("Unset  Guard Checking.", "Unset Guard Checking"),
        ("Unset (* not *) Universe\nChecking.", "Unset Universe Checking"),
        ("Unset Positivity Checking.", "Unset Positivity Checking"),
        ("#[bypass_check(guard)] Fixpoint f (n : nat) : False := f n.", "bypass_check"),
        ("#[global] Set Printing All.", "global"),
        ('Declare ML Module "ltac_plugin".', "Declare ML"),
        ("Declare Instance a : False.", "Declare Instance"),
        ('Redirect "S_x" Print nat.', "Redirect"),
        ('Print Universes "S_x.vo".', "Print"),
        ('Extraction "S_x" nat.', "Extraction"),
        ('Load "other".', "Load"),
        ('Add LoadPath "/" as Certificates.', "Add LoadPath"),
        ("Module S_x. End S_x.", "Module"),
        ("Axiom\u00a0a : False.", "Axiom"),
    ],
)
def test_a_proof_is_refused_for_what_no_proof_needs(line, said):
    assert refusal(PROOF) is None
    assert refusal(PROOF + line) == f"the proof says {said} in line 7, which no proof may"
    assert refusal(f"(* {line} *)\n{PROOF}") is None


@pytest.mark.parametrize("text", ["(* (* *)", '"', '(* " *) Axiom a : False. (* *)', "(*) *"])
def test_a_proof_is_refused_if_its_comments_do_not_end(text):
    assert refusal(text) == "the proof has a comment or a text that does not end"


def test_comments_are_read_as_coq_reads_them():
    assert "Axiom" in refusal('(* " (* " *) Axiom a : False.')
    assert "Axiom" in refusal('Definition a := "(*". Axiom a : False. (* *)')
    assert "Axiom" in refusal('Definition a := "(* "" ". Axiom a : False. (* *)')
    assert refusal('(* "*)" Axiom a : False. *)') is None
    assert refusal("Definition a := \x08.") == "the proof holds control characters"


# What Coq accepts


@needs_coq
def test_a_right_certificate_is_certified(compiler):
    found = compiled(by_hand(), *compiler, timeout=60)
    assert found.status == "certified"
    assert VERSION.fullmatch(found.detail)
    assert 0 < found.seconds < 60


FAKE = """\
Goal True. idtac "P_x.certified : S_x.claim". idtac "Closed under the global context". exact I. Qed.
"""
RIGHT = PROOF.replace("{name}", "x")
CHEATS = {
    "an axiom": "Axiom certified : S_x.claim.",
    "an axiom behind a lemma": "Axiom a : S_x.claim.\nTheorem certified : S_x.claim. Proof. exact a. Qed.",
    "admitted": "Theorem certified : S_x.claim. Admitted.",
    "a variable": "Variable certified : S_x.claim.",
    "an instance": "Existing Class S_x.claim.\nDeclare Instance certified : S_x.claim.",
    "another claim": "Theorem certified : forall n : nat, n = n. Proof. reflexivity. Qed.",
    "a weaker claim": "Theorem certified : S_x.claim -> S_x.claim. Proof. exact (fun H => H). Qed.",
    "nothing": "Definition other := 0.",
    "no guard": "Unset Guard Checking.\nFixpoint f (n : nat) : False := f n.\n"
    "Theorem certified : S_x.claim. Proof. destruct (f 0). Qed.",
    "no guard in the check": "#[global] Unset Guard Checking.\nFixpoint f (n : nat) : False := f n.\n"
    "Theorem certified : S_x.claim. Proof. destruct (f 0). Qed.",
    "no guard, as an attribute": "#[bypass_check(guard)] Fixpoint f (n : nat) : False := f n.\n"
    "Theorem certified : S_x.claim. Proof. destruct (f 0). Qed.",
    "no universes": f"#[global] Unset Universe Checking.\n{RIGHT}",
    "no positivity": "Unset Positivity Checking.\nInductive t := c (f : t -> False).\n"
    "Definition no (x : t) : False := match x with c f => f x end.\n"
    "Theorem certified : S_x.claim. Proof. destruct (no (c no)). Qed.",
    "a module of the statement's name": "Module Certificates. Module S_x. Definition claim := True. End S_x. "
    "End Certificates.\nModule S_x. Definition claim := True. End S_x.\n"
    "Theorem certified : S_x.claim. Proof. exact I. Qed.",
    "a module of the library's name": "Module CnnSymbolic. Module Definitions. Record ring := {}. End Definitions. "
    "End CnnSymbolic.\nTheorem certified : forall R : CnnSymbolic.Definitions.ring, R = R. Proof. reflexivity. Qed.",
    "a sealed axiom": "Module Type T. Parameter a : S_x.claim. End T.\n"
    "Module M (X : T) : T. Definition a := X.a. End M.\n"
    "Declare Module X : T.\nModule N := M X.\nDefinition certified := N.a.",
    "an axiom of another name": "Module ClassicalDedekindReals. Axiom sig_not_dec : S_x.claim. "
    "End ClassicalDedekindReals.\nDefinition certified := ClassicalDedekindReals.sig_not_dec.",
    "another name": "Notation claim := True.\nNotation certified := I.",
    "a notation": 'Axiom certified : S_x.claim.\n'
    'Notation "\'Closed\' \'under\' \'the\' \'global\' \'context\'" := S_x.claim.',
    "flags of printing": "#[global] Set Printing Width 30.\n#[global] Set Printing All.\nAxiom certified : S_x.claim.",
    "silence": "#[global] Set Silent.\nAxiom certified : S_x.claim.",
    "programs": "#[global] Set Program Mode.\nDefinition certified := I.",
    "a fake report": f"{FAKE}Axiom certified : S_x.claim.",
    "a coercion": "Axiom a : True -> S_x.claim.\nCoercion a : True >-> S_x.claim.\nDefinition certified := I.",
    "only rings of sets": RIGHT.replace("Theorem", "Definition small (R : ring) : Set := carrier R.\nTheorem"),
}  # fmt: skip


@needs_coq
@pytest.mark.parametrize("name", every(3, CHEATS, ids=str))
def test_a_proof_that_cheats_is_rejected_even_where_no_command_is_refused(name, compiler, monkeypatch):
    cheat = by_hand(proof=f"From Certificates Require S_x.\n{CHEATS[name]}\n")
    stops = name == "only rings of sets"
    assert compiled(cheat, *compiler, timeout=60).status == ("no proof found" if stops else "rejected")
    monkeypatch.setattr(compiling, "refusal", lambda text: None)
    found = compiled(cheat, *compiler, timeout=60)
    assert found.status == ("no proof found" if stops else "rejected")
    assert found.detail.startswith(("K_x.v: the proof rests on ", "K_x.v, line 8: ")) != stops


@needs_coq
def test_every_way_of_writing_files_is_rejected(compiler, monkeypatch):
    coq, library = compiler
    definitions = library.folder / "Definitions.vo"
    whole = definitions.read_bytes()
    cheat = by_hand(proof=PROOF + f'Print Universes "{definitions}".\n')
    assert "Print" in compiled(cheat, coq, library, 60).detail
    assert definitions.read_bytes() == whole
    monkeypatch.setattr(compiling, "refusal", lambda text: None)
    found = compiled(cheat, coq, library, 60)
    written = definitions.read_bytes()
    definitions.write_bytes(whole)
    assert written != whole
    assert (found.status, found.detail) == ("rejected", "P_x.v changed the compiled library")
    found = compiled(by_hand(proof=PROOF + f'Redirect "{definitions}" Print nat.\n'), coq, library, 60)
    definitions.with_suffix(".vo.out").unlink()
    assert (found.status, found.detail) == ("rejected", "P_x.v changed the compiled library")
    here = 'Redirect "K_x" Print nat.\nPrint Universes "S_x.vo".\nRedirect "../K_x" Print nat.\n'
    assert compiled(by_hand(proof=PROOF + here), coq, library, 60).status == "certified"


@needs_coq
@pytest.mark.parametrize(("during", "status"), [("P", "rejected"), ("K", "rejected"), ("S", "certified")])
def test_a_statement_that_changes_while_it_is_used_is_rejected(during, status, compiler, monkeypatch):
    run = compiling.run

    def meddling(coq, file, *rest):
        printed = run(coq, file, *rest)
        if file.name == f"{during}_x.v":
            file.with_name("S_x.vo" if during != "S" else "S_x.v").write_bytes(b"Definition claim := True.")
        return printed

    monkeypatch.setattr(compiling, "run", meddling)
    found = compiled(by_hand(), *compiler, timeout=60)
    assert found.status == status
    if during != "S":
        assert found.detail == f"{during}_x.v changed a compiled file that it requires"


@needs_coq
def test_the_check_has_to_be_the_one_that_is_agreed_on(compiler):
    for check in ("Check 0.", by_hand().check + "Print Assumptions checked.\n"):
        found = compiled(dataclasses.replace(by_hand(), check=check), *compiler, timeout=60)
        assert (found.status, found.detail) == ("rejected", "K_x.v does not end with the check that is agreed on")
    named = dataclasses.replace(by_hand(), check=f"(** {{}} *)\n{by_hand().check}")
    assert compiled(named, *compiler, timeout=60).status == "certified"
    assert compiled(dataclasses.replace(by_hand(), name="../x"), *compiler, timeout=60).status == "rejected"


REAL = "From Coq Require Import Reals.\nDefinition claim : Prop := forall x : R, (x + 0 = x)%R.\n"
REAL_PROOF = (
    "From Coq Require Import Reals Lra.\nFrom Certificates Require S_x.\n"
    "Theorem certified : S_x.claim.\nProof. intros x. lra. Qed.\n"
)


@needs_coq
def test_the_axioms_of_the_reals_may_be_named_and_no_others(compiler):
    assert compiled(by_hand(axioms=REAL_AXIOMS), *compiler, timeout=60).status == "certified"
    real = by_hand(statement=REAL, proof=REAL_PROOF, axioms=REAL_AXIOMS)
    assert compiled(real, *compiler, timeout=60).status == "certified"
    for some in ((), REAL_AXIOMS[1:]):
        found = compiled(dataclasses.replace(real, axioms=some), *compiler, timeout=60)
        assert found.status == "rejected"
        assert found.detail.startswith("K_x.v: the proof rests on ClassicalDedekindReals.sig_forall_dec")
    found = compiled(by_hand(axioms=("P_x.a",)), *compiler, timeout=60)
    assert found.detail == "the certificate would rest on P_x.a: only the axioms of the reals may be named"


CLOSED = "Closed under the global context\n"


@pytest.mark.parametrize(
    ("printed", "status"),
    [
        (f"P.c : S.c\n     : S.c\n{CLOSED}{CLOSED}", None),
        (f"P.c : S.c\n{CLOSED}", "not run"),
        ("", "not run"),
        (f"{CLOSED}{CLOSED}{CLOSED}", "not run"),
        (f"{CLOSED}{CLOSED}more", "rejected"),
        (f"{CLOSED}more\n{CLOSED}", "rejected"),
        (f"{CLOSED}Axioms:\na : True\n", None),
        ("Axioms:\na\n  : True\n    True\nAxioms:\na : True\n", None),
        (f"Axioms:\nb : True\n{CLOSED}", "rejected"),
        (f"Axioms:\na : True\nb\n  : True\n{CLOSED}", "rejected"),
        (f"Axioms:\na is assumed to be guarded.\n{CLOSED}", "rejected"),
        (f"Axioms:\na : True\nTheory:\nSet is impredicative\n{CLOSED}", "rejected"),
        (f"Axioms:\n{CLOSED[:-1]} : True\n{CLOSED}", "rejected"),
    ],
)
def test_the_lists_of_assumptions_are_read_to_the_last_line(printed, status):
    found = objection(printed, ("a",))
    assert (found and found[0]) == status


@needs_coq
def test_a_proof_has_a_time_limit(compiler):
    start = time.perf_counter()
    found = compiled(by_hand(proof=ENDLESS), *compiler, timeout=2)
    assert (found.status, found.detail) == ("not run", "P_x.v was not compiled within 2 s")
    assert time.perf_counter() - start < 15


@needs_coq
def test_a_proof_that_stops_is_none_and_says_where_and_why(compiler):
    found = compiled(by_hand(proof=WRONG), *compiler, timeout=60)
    assert found.status == "no proof found"
    assert re.match(
        r"P_x\.v, line 6: the proof of certified stops at `reflexivity`: .*[Uu]nable to unify", found.detail
    )
    assert "\n" not in found.detail
    unfinished = PROOF.replace(" apply (Radd_0_l (laws R)).", "")
    found = compiled(by_hand(proof=unfinished), *compiler, timeout=60)
    assert found.status == "no proof found"
    assert "stops at `Qed.`" in found.detail


@needs_coq
def test_a_rejection_says_where_and_why(compiler):
    found = compiled(by_hand(proof=OTHER), *compiler, timeout=60)
    assert (found.status, found.detail.partition(": ")[0]) == ("rejected", "K_x.v, line 8")
    # What its tactics claim to be a proof, and Coq's kernel refuses at the end.
    circular = PROOF.replace(
        "rewrite (Radd_comm (laws R)). apply (Radd_0_l (laws R)).",
        "assert (F : nat -> add x zero = x). { fix F 1. intros n. exact (F n). } exact (F O).",
    )
    found = compiled(by_hand(proof=circular), *compiler, timeout=60)
    assert found.status == "rejected"
    assert found.detail.startswith("P_x.v, line 6: ")
    found = compiled(by_hand(statement="Definition claim : Prop := 0.\n"), *compiler, timeout=60)
    assert found.status == "rejected"
    assert found.detail.startswith("S_x.v, line 1: The term")
