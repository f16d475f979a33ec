"""Many certificates at a time: what is written and recorded for readers, and what cannot be certified."""

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
from cnn_symbolic.certificates.trusted.coqc import find_coq
from cnn_symbolic.ground.errors import CnnSymbolicError, ExportError, MissingPackageError
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.proofs.check import check, identity
from tests.support import certifying as shared
from tests.support.certificates import PROOF, WRONG, claims, emit, needs_coq
from tests.support.certifying import coqc
from tests.support.commands import run

LIBRARY = compiling.LIBRARY

# Fixtures.
small_library, quick_coq, runs = shared.small_library, shared.quick_coq, shared.runs


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
    assert {"Definitions.v", "Definitions.vo"} == {f.name for f in folder.joinpath("library").iterdir()}


@pytest.mark.usefixtures("quick_coq")
def test_files_that_lie_in_the_folder_are_never_used(tmp_path, monkeypatch, runs):
    emit(monkeypatch, {"one": PROOF, "two": WRONG})
    (tmp_path / "library").mkdir()
    weak = "Definition claim : Prop := True.\n"
    for kind in "SPK":
        (tmp_path / f"{kind}_c_two.v").write_text(weak)
        for suffix in ("vo", "vos", "vok", "vio", "glob", "aux"):
            (tmp_path / f"{kind}_c_two.{suffix}").write_bytes(b"x")
            (tmp_path / "library" / f"Definitions.{suffix}").write_bytes(b"x")
    (tmp_path / "library" / "library.json").write_text("{}")
    one, two = certify(claims("one", "two"), tmp_path, jobs=1)
    assert (one.status, two.status) == ("certified", "not run")
    assert runs == ["Definitions.v", "S_c_one.v", "P_c_one.v", "K_c_one.v", "S_c_two.v", "P_c_two.v"]
    assert (tmp_path / "S_c_two.v").read_text() == two.certificate.statement
    assert (tmp_path / "P_c_two.v").read_text() == WRONG.replace("{name}", "c_two")
    assert (tmp_path / "library" / "Definitions.vo").read_bytes() == b""


def forged(path, **changes):
    """Change what the record in a folder says of every certificate."""
    record = json.loads(path.read_text())
    for one in record["certificates"].values():
        one |= changes
    path.write_text(json.dumps(record))


@pytest.mark.usefixtures("quick_coq")
def test_what_a_record_says_is_never_certified(tmp_path, monkeypatch, runs):
    emit(monkeypatch, {"one": WRONG, "two": PROOF})
    record = tmp_path / "certificates.json"
    assert [one.status for one in certify(claims("one", "two"), tmp_path, jobs=1)] == ["not run", "certified"]
    forged(record, status="certified", detail="certified by Coq 8.16", seconds=1.0)
    runs.clear()
    (one,) = certify(claims("one"), tmp_path, jobs=1)
    assert (one.status, one.detail) == ("recorded", "P_c_one.v: coqc ended with status 1, and did not say why")
    assert one.evidence("all shapes") == "all shapes"
    assert runs == ["S_c_one.v", "P_c_one.v"]
    monkeypatch.setenv("PATH", "")
    found = certify(claims("one", "two"), tmp_path, jobs=1)
    assert [one.status for one in found] == ["recorded", "recorded"]
    assert all(one.detail.startswith("there is no coqc") for one in found)
    before = record.read_bytes()
    certify(claims("one", "two"), tmp_path, jobs=1)
    assert record.read_bytes() == before


UNLIKE = {
    "another proof": lambda path, patch: emit(patch, {"one": PROOF + "\n"}),
    "another library": lambda path, patch: patch.setattr(certifying, "library_texts", lambda: {"Definitions": ""}),
    "no record": lambda path, patch: path.unlink(),
    "no JSON": lambda path, patch: path.write_text("{"),
    "other things": lambda path, patch: path.write_text("[1]"),
    "no names": lambda path, patch: path.write_text('{"schema_version": 1, "certificates": {"\\ud800": 1}}'),
    "too deep": lambda path, patch: path.write_text("[" * 100_000),
    "another version": lambda path, patch: path.write_text(path.read_text().replace('version": 1', 'version": 0')),
    "another digest": lambda path, patch: forged(path, source="0" * 64),
    "a rejection": lambda path, patch: forged(path, status="rejected"),
    "a list": lambda path, patch: path.write_text('{"schema_version": 1, "certificates": {"c_one": ["certified"]}}'),
}


@pytest.mark.usefixtures("quick_coq")
@pytest.mark.parametrize("change", UNLIKE)
def test_a_record_of_something_else_does_not_count(change, tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF})
    certify(claims("one"), tmp_path, jobs=1)
    UNLIKE[change](tmp_path / "certificates.json", monkeypatch)
    monkeypatch.setenv("PATH", "")
    (found,) = certify(claims("one"), tmp_path, jobs=1)
    assert found.status == "not run"
    assert json.loads((tmp_path / "certificates.json").read_text())["certificates"]["c_one"]["status"] == "not run"


@pytest.mark.usefixtures("quick_coq")
@pytest.mark.parametrize("name", ["certificates.json", "S_c_one.v"])
def test_a_pipe_in_the_place_of_a_file_is_an_error_and_not_waited_for(name, tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF})
    os.mkfifo(tmp_path / name)
    with pytest.raises(ExportError, match=f"{name} cannot be written: it is there, and no file"):
        certify(claims("one"), tmp_path, jobs=1)


@needs_coq
def test_a_library_that_does_not_compile_is_why_nothing_is_run(tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF})
    monkeypatch.setattr(certifying, "library_texts", lambda: {"Definitions": "Definition a : nat := True.\n"})
    (found,) = certify(claims("one"), tmp_path)
    assert found.status == "not run"
    assert re.match(
        r"the library of certificates is not compiled by Coq [\d.]+: Definitions\.v, line 1: The term", found.detail
    )


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


@pytest.mark.parametrize("command", [["certify", "-o"], ["prove", "--certify", "--certificates"]])
def test_a_folder_that_cannot_be_used_is_one_message(command, tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    ran = run(*command, path, "feature_map_shape")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"cnn-symbolic: {path} cannot be made: File exists\n"
    ran = run(*command, path / "below", "feature_map_shape")
    assert (ran.returncode, ran.stderr) == (2, f"cnn-symbolic: {path}/below cannot be made: Not a directory\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_one_message(tmp_path):
    tmp_path.chmod(0o500)
    ran = run("certify", "-o", tmp_path / "below", "feature_map_shape")
    assert (ran.returncode, ran.stderr) == (2, f"cnn-symbolic: {tmp_path}/below cannot be made: Permission denied\n")
