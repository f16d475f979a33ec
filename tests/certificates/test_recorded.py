"""Many certificates at a time: what is recorded, what is compiled again, and what cannot be certified."""

import dataclasses
import json
import os
import re
from pathlib import Path

import pytest
import sympy

from cnn_symbolic.certificates import certifying
from cnn_symbolic.certificates.certifying import certify
from cnn_symbolic.certificates.trusted import compiling
from cnn_symbolic.certificates.trusted.compiling import compiled, find_coq, library_texts
from cnn_symbolic.ground.errors import CnnSymbolicError, ExportError, MissingPackageError
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.proofs.check import check, identity
from tests.support import certifying as shared
from tests.support.certificates import PROOF, WRONG, by_hand, claims, emit, needs_coq
from tests.support.certifying import REAL_AXIOMS, coqc
from tests.support.commands import run

LIBRARY = compiling.LIBRARY

# Fixtures.
small_library = shared.small_library


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


@pytest.fixture
def quick_coq(tmp_path_factory, monkeypatch):
    """A coqc that accepts everything but WRONG, at once: where it does not matter what is proved."""
    folder = tmp_path_factory.mktemp("quick")
    coqc(folder, QUICK)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


# Many at a time


@needs_coq
def test_certificates_are_written_checked_and_recorded(tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF, "two": WRONG, "four": PROOF})
    folder = tmp_path / "deep" / "certificates"
    chosen = claims("one", "two", "three", "four")
    seen = []
    found = certify(chosen, folder, jobs=2, watch=lambda outcomes: seen.extend(outcomes) or ())
    assert [one.claim for one in found] == ["one", "two", "three", "four"]
    assert [one.status for one in found] == ["certified", "no proof found", "not emitted", "certified"]
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
        "c_two": "no proof found",
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
    assert found.status == "not run"
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
        Claim(made.title, made, Path("mine.py"))
        for made in (check("fi", statement="", by=lambda: ""), identity("id", sympy.S.One, sympy.S.One))
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
    assert found.status == "not run"
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
        assert (found.status, found.detail) == ("not run", "S_x.v: coqc was ended by signal 9")
        coq = compiling.Coq(str(coqc(tmp_path, "exit 0")), "8.16.1")
        found = compiled(by_hand(), coq, library, 60)
        assert (found.status, found.detail) == (
            "rejected",
            "a compiled file of x cannot be read: No such file or directory",
        )
        coq = compiling.Coq(str(coqc(tmp_path, "echo broken >&2; exit 1")), "8.16.1")
        found = compiled(by_hand(), coq, library, 60)
        assert (found.status, found.detail) == ("not run", "S_x.v: broken")
        coq = compiling.Coq(str(coqc(tmp_path, "echo Error: Out of memory. >&2; exit 1")), "8.16.1")
        found = compiled(by_hand(), coq, library, 60)
        assert (found.status, found.detail) == ("not run", "S_x.v: Out of memory.")


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
