"""What Coq's compiler could not do is told from what it refused, and it loads nothing but what it is given."""

import os
from pathlib import Path

import pytest

from cnn_symbolic.certificates.certifying import certify
from cnn_symbolic.certificates.trusted import compiling
from cnn_symbolic.certificates.trusted.compiling import Library, compile_library, compiled
from cnn_symbolic.certificates.trusted.coqc import Coq, NotAccepted, failure, run
from tests.support import certifying as shared
from tests.support.certificates import PROOF, WRONG, by_hand, claims, emit
from tests.support.certifying import coqc
from tests.support.thorough import every

# Fixtures.
small_library = shared.small_library

ERROR = 'printf \'File "%s", line 1, characters 0-4:\\nError: {}\\n\' "{}" >&2; exit {}'
LAST = "for file; do :; done; "
UNANSWERED = {
    "a signal": ("kill -9 $$", "S_x.v: coqc was ended by signal 9"),
    "a status": ("exit 1", "S_x.v: coqc ended with status 1, and did not say why"),
    "a signal in between": ("sh -c 'kill -9 $$'", "S_x.v: Killed"),
    "nothing": ("exit 0", "S_x.v: coqc ended without an error, and compiled nothing"),
    "garbage": ("head -c 3000 /dev/zero | tr '\\0' '\\377' >&2; exit 1", "S_x.v: \ufffd"),
    "words": ("echo broken >&2; exit 1", "S_x.v: broken"),
    "an error at no place": ("echo Error: Out of memory. >&2; exit 1", "S_x.v: Out of memory."),
    "an error of something else": (ERROR.format("No.", "/x/S_x.v", 1), "S_x.v: No."),
    "an error with another status": (LAST + ERROR.format("No.", "$file", 2), "S_x.v: No."),
    "an error where a file is loaded": (LAST + ERROR.format("No.", "$file", 1), "S_x.v, line 1: No."),
    "no lists": (LAST + ': > "${file}o"', "K_x.v: two lists of assumptions were expected, and 0 printed"),
    "more lists": (
        LAST + ': > "${file}o"; yes Closed under the global context | head -n 3',
        "K_x.v: two lists of assumptions were expected, and 3 printed",
    ),
}


@pytest.mark.parametrize("script", UNANSWERED)
def test_what_is_no_answer_of_coq_rejects_and_accepts_nothing(script, tmp_path):
    text, said = UNANSWERED[script]
    (tmp_path / "library").mkdir()
    coq = Coq(str(coqc(tmp_path, text)), "8.16.1")
    found = compiled(by_hand(), coq, Library(tmp_path / "library", {}), 60)
    assert found.status == "not run"
    assert found.detail.startswith(said)


@pytest.mark.parametrize("make", [lambda path: path.write_text("#!/not/there\n"), lambda path: path.unlink()])
def test_a_compiler_that_does_not_start_is_not_run(make, tmp_path):
    (tmp_path / "library").mkdir()
    path = coqc(tmp_path, "exit 0")
    make(path)
    found = compiled(by_hand(), Coq(str(path), "8.16.1"), Library(tmp_path / "library", {}), 60)
    assert (found.status, found.detail) == ("not run", "x: No such file or directory")


def test_a_disk_that_is_full_is_not_run(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    monkeypatch.setattr("pathlib.Path.write_text", full)
    found = compiled(by_hand(), Coq("coqc", "8.16.1"), Library(tmp_path, {}), 60)
    assert (found.status, found.detail) == ("not run", "x: No space left on device")
    with pytest.raises(NotAccepted, match=r"is not compiled by Coq 8\.16: .*No space left"):
        compile_library(Coq("coqc", "8.16.1"), {"Definitions": ""}, tmp_path)


SAID = 'File "{file}", line {line}, characters {start}-{stop}:\nError: {message}\n\nMore.'


@pytest.mark.parametrize(
    ("stem", "at", "message", "status"),
    [
        ("S_x", "Definition", "No.", "rejected"),
        ("K_x", "Definition", "No.", "rejected"),
        ("P_x", "Definition", "No.", "no proof found"),
        ("P_x", "Qed.", "No.", "rejected"),
        ("P_x", "Qed.", "Attempt to save an incomplete proof", "no proof found"),
        *((stem, "From A", "Cannot find it.", "not run") for stem in ("S_x", "P_x", "K_x")),
        *(("K_x", "Definition", message, "not run") for message in ("Out of memory.", "Stack overflow.", "Anomaly")),
        ("P_x", "Qed.", "Stack overflow.", "not run"),
    ],
)
def test_what_coq_says_at_a_place_is_read_with_what_stands_there(stem, at, message, status, tmp_path):
    file = tmp_path / f"{stem}.v"
    file.write_text("From A Require B.\nDefinition a := 0.\nQed.\n")
    line = [words.startswith(at) for words in file.read_text().splitlines()].index(True) + 1
    said = SAID.format(file=file, line=line, start=0, stop=len(at), message=message)
    assert failure(file, 1, said)[0] == status
    assert failure(file, 1, said.replace(f"line {line}", "line 99"))
    assert failure(file, 1, said.replace(f"line {line}", f"line {'9' * 5000}"))[0] == "not run"
    for other in (129, 2, 137, -9):
        assert failure(file, other, said)[0] == "not run"
    assert failure(file, 1, said.replace(str(file), "/elsewhere/x.v"))[0] == "not run"


@pytest.fixture
def own_coq():
    """Coq's own program, and not the one of the tests, which would remember what is not to be remembered."""
    for folder in os.environ["PATH"].split(os.pathsep):
        path = Path(folder, "coqc")
        if path.is_file() and not path.read_bytes().startswith(b"#!"):
            return path
    return pytest.skip("coqc is not installed")


@pytest.mark.parametrize("limit", every(3, ["-v 100000", "-f 8", "-t 0"]))
def test_limits_of_the_system_reject_nothing(limit, own_coq, tmp_path):
    coq, folder = Coq(str(own_coq), "8.16.1"), tmp_path / "library"
    folder.mkdir()
    library = compile_library(coq, compiling.library_texts(), folder)
    limited = Coq(str(coqc(tmp_path, f'ulimit {limit}; exec "{own_coq}" "$@"')), "8.16.1")
    for proof in (PROOF, WRONG):
        assert compiled(by_hand(proof=proof), limited, library, 60).status == "not run"
    assert compiled(by_hand(), coq, library, 60).status == "certified"


def test_without_its_standard_library_coq_is_not_run(own_coq, tmp_path, monkeypatch):
    emit(monkeypatch, {"one": PROOF})
    monkeypatch.setenv("PATH", str(own_coq.parent))
    monkeypatch.setenv("COQLIB", "/nonexistent")
    (found,) = certify(claims("one"), tmp_path, jobs=1)
    assert found.status == "not run"
    assert found.detail.startswith("the library of certificates is not compiled by Coq ")
    assert found.detail.endswith(
        ": Definitions.v: Cannot find a physical path bound to logical path Prelude with prefix Coq."
    )


def test_nothing_is_loaded_that_is_not_given(own_coq, tmp_path, monkeypatch):
    coq = Coq(str(own_coq), "8.16.1")
    planted = tmp_path / "home" / ".local" / "share" / "coq" / "Certificates"
    planted.mkdir(parents=True)
    (planted / "S_x.v").write_text("Definition claim := True.\n")
    run(coq, planted / "S_x.v", [(planted, "Certificates")], 60)
    (tmp_path / "home" / ".coqrc").write_text("Axiom no : False.\n")
    (tmp_path / "own").mkdir()
    file = tmp_path / "own" / "P_x.v"
    file.write_text("From Certificates Require S_x.\nPrint S_x.claim.\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("COQPATH", "ROCQPATH", "XDG_DATA_HOME", "XDG_DATA_DIRS"):
        monkeypatch.setenv(name, str(planted.parents[name.startswith("XDG")]))
    monkeypatch.setenv("OCAMLRUNPARAM", "v=0x400")
    monkeypatch.chdir(planted)
    with pytest.raises(NotAccepted, match=r"P_x\.v, line 1: Cannot find a physical path") as stopped:
        run(coq, file, [(tmp_path / "own", "Certificates")], 60)
    assert stopped.value.status == "not run"
