"""Certificates: what Coq accepts, what is rejected however a proof cheats, and what is compiled again."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cnn_symbolic.certificates import certifying, compiling
from cnn_symbolic.certificates.certificate import mangled
from cnn_symbolic.certificates.certifying import certify
from cnn_symbolic.certificates.compiling import compile_library, compiled, find_coq, library_texts, objection
from cnn_symbolic.certificates.refusing import refusal
from cnn_symbolic.checks import Check
from cnn_symbolic.cli import app
from cnn_symbolic.errors import CnnSymbolicError, ExportError, MissingPackageError
from cnn_symbolic.library.loading import Claim
from tests.support.certificates import ENDLESS, PROOF, WRONG, by_hand, claims, emit, needs_coq
from tests.support.commands import run

LIBRARY = compiling.LIBRARY
VERSION = re.compile(r"certified by Coq \d+\.\d+")


@pytest.fixture(autouse=True)
def small_library(monkeypatch):
    """Only the definitions: the rest of the library takes a while, and nothing here needs it."""
    monkeypatch.setattr(compiling, "LIBRARY", ("Definitions",))


@pytest.fixture(scope="module")
def compiler(tmp_path_factory):
    """Coq, and its library of definitions in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "LIBRARY", ("Definitions",))
        coq = find_coq()
        kept, folder = tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("library")
        return coq, compile_library(coq, library_texts(), kept, folder)


@pytest.fixture
def runs(monkeypatch):
    """The names of the files that Coq compiles, as far as this process has them compiled."""
    names = []
    run = compiling.run

    def counted(coq, file, *rest, **options):
        names.append(file.name)
        return run(coq, file, *rest, **options)

    monkeypatch.setattr(compiling, "run", counted)
    return names


QUICK = """
if [ "$1" = -print-version ]; then echo 8.16.1; exit; fi
for file; do :; done
if grep -q reflexivity "$file"; then exit 1; fi
: > "${file}o"
case "$file" in */K_*) echo Closed under the global context; echo Closed under the global context;; esac
"""


def coqc(folder, script):
    """A coqc of one's own on the path."""
    path = folder / "coqc"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def quick_coq(tmp_path_factory, monkeypatch):
    """A coqc that accepts everything but WRONG, at once: where it does not matter what is proved."""
    folder = tmp_path_factory.mktemp("quick")
    coqc(folder, QUICK)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


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
@pytest.mark.parametrize("name", CHEATS)
def test_a_proof_that_cheats_is_rejected_even_where_no_command_is_refused(name, compiler, monkeypatch):
    cheat = by_hand(proof=f"From Certificates Require S_x.\n{CHEATS[name]}\n")
    assert compiled(cheat, *compiler, timeout=60).status == "rejected"
    monkeypatch.setattr(compiling, "refusal", lambda text: None)
    found = compiled(cheat, *compiler, timeout=60)
    assert found.status == "rejected"
    assert found.detail.startswith(("K_x.v: the proof rests on ", "K_x.v, line 8: ")) != (name == "only rings of sets")


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
REAL_AXIOMS = ("ClassicalDedekindReals.sig_forall_dec", "FunctionalExtensionality.functional_extensionality_dep")


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
    ("printed", "accepted"),
    [
        (f"P.c : S.c\n     : S.c\n{CLOSED}{CLOSED}", True),
        (f"P.c : S.c\n{CLOSED}", False),
        ("", False),
        (f"{CLOSED}{CLOSED}{CLOSED}", False),
        (f"{CLOSED}{CLOSED}more", False),
        (f"{CLOSED}more\n{CLOSED}", False),
        (f"{CLOSED}Axioms:\na : True\n", True),
        ("Axioms:\na\n  : True\n    True\nAxioms:\na : True\n", True),
        (f"Axioms:\nb : True\n{CLOSED}", False),
        (f"Axioms:\na : True\nb\n  : True\n{CLOSED}", False),
        (f"Axioms:\na is assumed to be guarded.\n{CLOSED}", False),
        (f"Axioms:\na : True\nTheory:\nSet is impredicative\n{CLOSED}", False),
        (f"Axioms:\n{CLOSED[:-1]} : True\n{CLOSED}", False),
    ],
)
def test_the_lists_of_assumptions_are_read_to_the_last_line(printed, accepted):
    assert (objection(printed, ("a",)) is None) is accepted


@needs_coq
def test_a_proof_has_a_time_limit(compiler):
    start = time.perf_counter()
    found = compiled(by_hand(proof=ENDLESS), *compiler, timeout=2)
    assert (found.status, found.detail) == ("timeout", "P_x.v was not compiled within 2 s")
    assert time.perf_counter() - start < 15


@needs_coq
def test_a_rejection_says_where_and_why(compiler):
    found = compiled(by_hand(proof=WRONG), *compiler, timeout=60)
    assert found.status == "rejected"
    assert re.match(r"P_x\.v, line 6: .*[Uu]nable to unify", found.detail)
    assert "\n" not in found.detail
    found = compiled(by_hand(statement="Definition claim : Prop := 0.\n"), *compiler, timeout=60)
    assert found.detail.startswith("S_x.v, line 1: The term")


# Many at a time


@needs_coq
def test_certificates_are_written_checked_and_recorded(tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF, "two": WRONG, "four": PROOF})
    folder = tmp_path / "deep" / "certificates"
    chosen = claims("one", "two", "three", "four")
    seen = []
    found = certify(chosen, folder, jobs=2, watch=lambda outcomes: seen.extend(outcomes) or ())
    assert [one.claim for one in found] == ["one", "two", "three", "four"]
    assert [one.status for one in found] == ["certified", "rejected", "not emitted", "certified"]
    assert found[2].detail == "there is no such proof"
    assert found[0].evidence("all shapes") == f"all shapes, {found[0].detail}"
    assert found[1].evidence("all shapes") == "all shapes"
    assert sorted(one.claim for one in seen) == ["four", "one", "three", "two"]
    names = sorted(path.name for path in folder.iterdir())
    texts = [f"{kind}_c_{name}.v" for kind in "KPS" for name in ("four", "one", "two")]
    assert names == sorted(["_CoqProject", "certificates.json", "library", *texts])
    assert "Theorem certified : S_c_one.claim." in (folder / "P_c_one.v").read_text()
    record = json.loads((folder / "certificates.json").read_text())
    assert {name: one["status"] for name, one in record["certificates"].items()} == {
        "c_one": "certified",
        "c_two": "rejected",
        "c_four": "certified",
    }
    assert {"Definitions.v", "Definitions.vo", "library.json"} == {f.name for f in folder.joinpath("library").iterdir()}


@pytest.mark.usefixtures("quick_coq")
def test_what_was_certified_is_not_compiled_again(tmp_path, monkeypatch, runs):
    emit(monkeypatch, {"one": PROOF, "two": WRONG})
    first = certify(claims("one", "two"), tmp_path, jobs=1)
    assert runs == ["Definitions.v", "S_c_one.v", "P_c_one.v", "K_c_one.v", "S_c_two.v", "P_c_two.v"]
    runs.clear()
    second = certify(claims("one"), tmp_path, jobs=1)
    assert runs == []
    assert (second[0].status, second[0].detail) == ("certified", first[0].detail)
    assert second[0].seconds == pytest.approx(first[0].seconds, abs=0.001)
    assert set(json.loads((tmp_path / "certificates.json").read_text())["certificates"]) == {"c_one", "c_two"}
    certify(claims("one", "two"), tmp_path, jobs=1)
    assert runs == ["S_c_two.v", "P_c_two.v"]
    runs.clear()
    certify(claims("one"), tmp_path, jobs=1, again=True)
    assert runs == ["Definitions.v", "S_c_one.v", "P_c_one.v", "K_c_one.v"]


STALE = {
    "another proof": (lambda folder, patch: emit(patch, {"one": PROOF + "\n"}), False),
    "another statement": (
        lambda folder, patch: patch.setattr(
            "tests.support.certificates.by_hand.__defaults__",
            (*by_hand.__defaults__[:2], by_hand.__defaults__[2] + "\n", ()),
        ),
        False,
    ),
    "more axioms": (
        lambda folder, patch: patch.setattr(
            "tests.support.certificates.by_hand.__defaults__", (*by_hand.__defaults__[:3], REAL_AXIOMS)
        ),
        False,
    ),
    "another library": (
        lambda folder, patch: patch.setattr(
            certifying, "library_texts", lambda: {k: f"{v}\n" for k, v in library_texts().items()}
        ),
        True,
    ),
    "a compiled library that is not the same": (
        lambda folder, patch: folder.joinpath("library", "Definitions.vo").write_bytes(b"x"),
        True,
    ),
    "no record": (lambda folder, patch: (folder / "certificates.json").unlink(), False),
    "a record that is not JSON": (lambda folder, patch: (folder / "certificates.json").write_text("{"), False),
    "a record of other things": (lambda folder, patch: (folder / "certificates.json").write_text("[1]"), False),
    "a record of another version": (
        lambda folder, patch: rewrite(folder, '"schema_version": 1', '"schema_version": 0'),
        False,
    ),
    "a record without seconds": (lambda folder, patch: rewrite(folder, '"seconds": ', '"seconds": "x", "s": '), False),
    "a rejection in the record": (
        lambda folder, patch: rewrite(folder, '"status": "certified"', '"status": "rejected"'),
        False,
    ),
}


def rewrite(folder, before, after):
    path = folder / "certificates.json"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


@pytest.mark.usefixtures("quick_coq")
@pytest.mark.parametrize("change", STALE)
def test_a_record_of_something_else_does_not_count(change, tmp_path, monkeypatch, runs):
    emit(monkeypatch, {"one": PROOF})
    certify(claims("one"), tmp_path, jobs=1)
    runs.clear()
    make, library_too = STALE[change]
    make(tmp_path, monkeypatch)
    (found,) = certify(claims("one"), tmp_path, jobs=1)
    assert found.status == "certified"
    again = ["S_c_one.v", "P_c_one.v", "K_c_one.v"]
    same = change == "a compiled library that is not the same"
    assert runs == (["Definitions.v"] if library_too else []) + ([] if same else again)


@pytest.mark.usefixtures("quick_coq")
def test_another_version_of_coq_compiles_everything_again(tmp_path, monkeypatch, runs):
    emit(monkeypatch, {"one": PROOF})
    certify(claims("one"), tmp_path, jobs=1)
    runs.clear()
    other = dataclasses.replace(find_coq(), version="99.1.2")
    monkeypatch.setattr(certifying, "find_coq", lambda: other)
    (found,) = certify(claims("one"), tmp_path, jobs=1)
    assert found.detail == "certified by Coq 99.1"
    assert runs == ["Definitions.v", "S_c_one.v", "P_c_one.v", "K_c_one.v"]


@pytest.mark.usefixtures("quick_coq")
def test_files_that_lie_in_the_folder_are_never_used(tmp_path, monkeypatch):
    emit(monkeypatch, {"one": WRONG})
    weak = "Definition claim : Prop := True.\n"
    (tmp_path / "S_c_one.v").write_text(weak)
    (tmp_path / "S_c_one.vo").write_bytes(b"x")
    (tmp_path / "K_c_one.v").write_text("Check 0.")
    (tmp_path / "P_c_one.v").write_text(
        "From Certificates Require S_c_one.\nDefinition certified : S_c_one.claim := I.\n"
    )
    (found,) = certify(claims("one"), tmp_path)
    assert found.status == "rejected"
    assert (tmp_path / "S_c_one.v").read_text() != weak
    assert (tmp_path / "P_c_one.v").read_text() == WRONG.replace("{name}", "c_one")


@needs_coq
def test_a_library_that_does_not_compile_is_an_error(tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF})
    monkeypatch.setattr(certifying, "library_texts", lambda: {"Definitions": "Definition a : nat := True.\n"})
    with pytest.raises(ExportError, match=r"the library of certificates is not accepted by Coq .*line 1: The term"):
        certify(claims("one"), tmp_path)
    assert not (tmp_path / "library" / "library.json").exists()


def test_the_library_is_compiled_in_an_order_that_works():
    folder = Path(compiling.__file__).parent / "coq"
    assert {file.stem for file in folder.glob("*.v")} == set(LIBRARY)
    for k, name in enumerate(LIBRARY):
        required = re.findall(
            r"From CnnSymbolic Require (?:Import|Export)? ?([\w ]+)\.", (folder / f"{name}.v").read_text()
        )
        assert {one for line in required for one in line.split()} <= set(LIBRARY[:k])


# What cannot be certified


def test_what_has_no_certificate_says_why(tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF})
    monkeypatch.setenv("PATH", str(tmp_path))
    (right,) = claims("one")
    listed = dataclasses.replace(right, id="listed", derivation=dataclasses.replace(right.derivation, literally=(1, 2)))
    numerical, exact = (
        Claim(strength[:2], Check(strength, "", strength, lambda: ""), Path("mine.py"))
        for strength in ("fixed shape", "identity")
    )
    found = certify([listed, numerical, exact], tmp_path / "out")
    assert {one.status for one in found} == {"not emitted"}
    assert [one.detail for one in found] == [
        "decided at listed values only, and certificates are for all values",
        "a numerical check, not a theorem",
        "an identity of functions that SymPy decides, not a theorem about tensors",
    ]
    with pytest.raises(CnnSymbolicError, match="the ids of the claims have to differ"):
        certify([right, right], tmp_path / "out")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "there is no coqc: install Coq (Debian and Ubuntu: apt install coq; opam: opam install coq)"),
        ("echo 8.15.2 4.13.1", "coqc is of Coq 8.15.2, and it takes 8.16 or newer: install Coq"),
        ("echo nonsense", "coqc does not say its version, but 'nonsense\\n': install Coq"),
    ],
)
def test_without_coq_certificates_are_written_only(script, message, tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF})
    monkeypatch.setenv("PATH", str(tmp_path))
    if script is not None:
        coqc(tmp_path, script)
    with pytest.raises(MissingPackageError) as missing:
        find_coq()
    assert message in str(missing.value)
    (found,) = certify(claims("one"), tmp_path / "out")
    assert found.status == "not checked"
    assert message in found.detail
    assert (tmp_path / "out" / "K_c_one.v").read_text() == found.certificate.check
    assert (tmp_path / "out" / "library" / "Definitions.v").is_file()


def test_newer_versions_are_not_too_old(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    coqc(tmp_path, "echo 9.0.0 5.1")
    assert find_coq().name == "Coq 9.0"
    coqc(tmp_path, "echo 8.20+rc1 5.1")
    assert find_coq().name == "Coq 8.20+rc1"


def test_a_compiler_that_is_killed_rejects_nothing(tmp_path):
    library = compiling.Library(tmp_path, "", compiling.hashes(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "hashes", lambda folder: library.hashes)
        coq = compiling.Coq(str(coqc(tmp_path, "kill -9 $$")), "8.16.1")
        found = compiled(by_hand(), coq, library, 60)
        assert (found.status, found.detail) == ("not checked", "S_x.v: coqc was ended by signal 9")
        coq = compiling.Coq(str(coqc(tmp_path, "exit 0")), "8.16.1")
        found = compiled(by_hand(), coq, library, 60)
        assert (found.status, found.detail) == (
            "rejected",
            "a compiled file of x cannot be read: No such file or directory",
        )
        coq = compiling.Coq(str(coqc(tmp_path, "echo broken >&2; exit 1")), "8.16.1")
        assert compiled(by_hand(), coq, library, 60).detail == "S_x.v: broken"


@pytest.mark.parametrize("command", [["certify", "-o"], ["prove", "--certify", "--certificates"]])
def test_a_folder_that_cannot_be_used_is_one_message(command, tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    ran = run(*command, path, "feature_map_shape")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"cnn-symbolic: {path} is a file, and certificates are written to a folder\n"
    ran = run(*command, path / "below", "feature_map_shape")
    assert (ran.returncode, ran.stderr) == (2, f"cnn-symbolic: {path}/below cannot be made: Not a directory\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_one_message(tmp_path):
    tmp_path.chmod(0o500)
    ran = run("certify", "-o", tmp_path / "below", "feature_map_shape")
    assert (ran.returncode, ran.stderr) == (2, f"cnn-symbolic: {tmp_path}/below cannot be made: Permission denied\n")


# The commands


MINE = """
from cnn_symbolic import prove, refute, sizes, tensor
(M,) = sizes("M")
x, y = tensor(M, name="x"), tensor(M, name="y")
one = prove("one", x, equals=x)
two = refute("two", x, equals=y)
"""
OPPOSITE = 'wrong = prove("wrong", x, equals=y)\n'
CHECKED = (
    'from cnn_symbolic import check\nat_one = check("at one", statement="", evidence="fixed shape", by=lambda: "")\n'
)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run a command in an empty folder, with proofs written by hand for the claims of `mine.py`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")

    def invoke(arguments, proofs, more=""):
        emit(monkeypatch, proofs)
        Path("mine.py").write_text(MINE + more)
        return CliRunner().invoke(app, [*arguments.split(), "mine.py"])

    return invoke


@needs_coq
@pytest.mark.parametrize(
    ("proofs", "more", "status", "shown"),
    [
        ({"one": PROOF, "two": PROOF}, "", 0, "1 of 1 theorems and 1 of 1 refutations certified by Coq"),
        ({"one": PROOF, "two": WRONG}, "", 1, "two: rejected: P_c_two.v, line 6: "),
        ({"one": PROOF, "two": ENDLESS}, "", 3, "two: timeout: P_c_two.v was not compiled within 2 s"),
        ({"one": PROOF}, "", 3, "two: not emitted: there is no such proof"),
        ({"one": PROOF, "two": PROOF}, CHECKED, 3, "at_one: not emitted: a numerical check, not a theorem"),
        ({"one": PROOF, "two": PROOF, "wrong": PROOF}, OPPOSITE, 1, "1 of 1 theorems and 2 of 2 refutations certified"),
    ],
    ids=["all", "rejected", "timeout", "not emitted", "a check", "opposite"],
)
def test_certify_prints_what_became_of_each_claim(command, proofs, more, status, shown):
    ran = command("certify --timeout 2", proofs, more)
    assert ran.exit_code == status, ran.output
    assert shown in ran.output
    assert re.search(r"✓  one +identity +all shapes, certified by Coq \d+\.\d+ +\d\.\d s", ran.output)
    assert re.search(r"\(slowest: \w+ \d\.\d s\)", ran.output)
    assert Path("certificates", "S_c_one.v").is_file()


@needs_coq
def test_prove_certifies_on_demand(command):
    ran = command("prove --certify --certificates out", {"one": PROOF, "two": PROOF})
    assert ran.exit_code == 0, ran.output
    assert re.search(r"all shapes, certified by Coq \d+\.\d+", ran.output)
    assert re.search(r"refuted, certified by Coq \d+\.\d+", ran.output)
    assert "2 of 2 as stated" in ran.output
    assert "1 of 1 theorems and 1 of 1 refutations certified by Coq" in ran.output
    assert sorted(path.name for path in Path().iterdir()) == ["mine.py", "out"]
    assert command("prove --certify", {"one": PROOF, "two": WRONG}).exit_code == 1
    assert command("prove --certify", {"one": PROOF}).exit_code == 3
    ran = command("prove", {})
    assert ran.exit_code == 0
    assert "certified" not in ran.output


@needs_coq
@pytest.mark.parametrize("arguments", ["certify --json", "prove --certify --json"])
def test_the_document_says_what_became_of_the_certificates(command, arguments):
    ran = command(arguments, {"one": PROOF})
    assert ran.exit_code == 3
    one, two = json.loads(ran.stdout)["claims"]
    assert re.fullmatch(r"all shapes, certified by Coq \d+\.\d+", one["evidence"])
    assert set(one["certificate"]) == {"status", "detail", "statement", "kind", "seconds"}
    assert (one["certificate"]["status"], one["certificate"]["kind"]) == ("certified", "identity")
    assert VERSION.fullmatch(one["certificate"]["detail"])
    assert one["certificate"]["statement"].startswith("From CnnSymbolic Require Import Definitions.")
    assert one["certificate"]["seconds"] > 0
    assert two["evidence"] == "refuted"
    assert two["certificate"] == {
        "status": "not emitted",
        "detail": "there is no such proof",
        "statement": None,
        "kind": None,
        "seconds": 0,
    }
    assert json.loads(command("prove --json", {}).stdout)["claims"][0]["certificate"] is None


def test_certify_without_coq_says_how_to_check(command, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = command("certify", {"one": PROOF, "two": PROOF})
    assert ran.exit_code == 3
    assert (
        "2 certificates written to certificates and not checked: there is no coqc: install Coq (Debian and Ubuntu: "
        "apt install coq; opam: opam install coq). Then run the command again"
    ) in " ".join(ran.output.split())
    assert ran.output.count("there is no coqc") == 1
    assert re.search(r"–  one +identity +all shapes; not checked", ran.output)


STUCK = """
if [ "$1" = -print-version ]; then echo 8.16.1; exit; fi
for file; do :; done
case "$file" in *Definitions.v) : > "${file}o"; exit;; esac
echo $$ >> "$PIDS"
exec sleep 600
"""
ENDED = """
import sys
from pathlib import Path
import pytest
from cnn_symbolic.certificates import compiling
from cnn_symbolic.certificates.certifying import certify
from tests.support.certificates import PROOF, claims, emit
compiling.LIBRARY = ("Definitions",)
emit(pytest.MonkeyPatch(), dict.fromkeys("abcd", PROOF))
certify(claims(*"abcd"), Path(sys.argv[1]), jobs=int(sys.argv[2]))
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_nothing_runs_on_when_the_command_is_ended(with_signal, jobs, tmp_path):
    coqc(tmp_path, STUCK)
    pids = tmp_path / "pids"
    started = subprocess.Popen(
        [sys.executable, "-c", ENDED, tmp_path / "out", str(jobs)],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PIDS": str(pids)},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not pids.exists() or len(pids.read_text().splitlines()) < jobs:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running = [int(line) for line in pids.read_text().splitlines()]
    started.send_signal(with_signal)
    assert started.wait(timeout=30) not in (0, None)
    deadline = time.monotonic() + 5
    while any(map(alive, running)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, running))
