"""The commands that certify: what they print and write, and that nothing runs on when they are ended."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cnn_symbolic.command_line.cli import application
from tests.support import certifying as shared
from tests.support.certificates import ENDLESS, OTHER, PROOF, WRONG, emit, needs_coq
from tests.support.certifying import VERSION, coqc

# Fixtures.
small_library = shared.small_library

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
        return CliRunner().invoke(application(), [*arguments.split(), "mine.py"])

    return invoke


@needs_coq
@pytest.mark.parametrize(
    ("proofs", "more", "status", "shown"),
    [
        ({"one": PROOF, "two": PROOF}, "", 0, "1 of 1 theorems and 1 of 1 refutations certified by Coq"),
        ({"one": PROOF, "two": OTHER}, "", 1, "two: rejected: K_c_two.v, line 8: "),
        (
            {"one": PROOF, "two": WRONG},
            "",
            3,
            "two: no proof found: P_c_two.v, line 6: the proof of certified stops at",
        ),
        ({"one": PROOF, "two": ENDLESS}, "", 3, "two: not run: P_c_two.v was not compiled within 2 s"),
        ({"one": PROOF}, "", 3, "two: not emitted: there is no such proof"),
        ({"one": PROOF, "two": PROOF}, CHECKED, 3, "at_one: not emitted: a numerical check, not a theorem"),
        ({"one": PROOF, "two": PROOF, "wrong": PROOF}, OPPOSITE, 1, "1 of 1 theorems and 2 of 2 refutations certified"),
    ],
    ids=["all", "rejected", "not found", "timeout", "not emitted", "a check", "opposite"],
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
    assert command("prove --certify", {"one": PROOF, "two": OTHER}).exit_code == 1
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
        "2 certificates written to certificates and not run: there is no coqc: install Coq (Debian and Ubuntu: "
        "apt install coq; opam: opam install coq), and run the command again"
    ) in " ".join(ran.output.split())
    assert ran.output.count("there is no coqc") == 1
    assert re.search(r"–  one +identity +all shapes; not run", ran.output)


@needs_coq
def test_certify_says_what_is_only_recorded(command, monkeypatch, tmp_path):
    assert command("certify", {"one": PROOF, "two": WRONG}).exit_code == 3
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = command("certify", {"one": PROOF, "two": WRONG})
    assert ran.exit_code == 3
    assert "not run (1 recorded as accepted there, not checked in this run): there is no coqc" in ran.output
    assert re.search(r"–  one +identity +all shapes; recorded, not checked in this run", ran.output)
    assert re.search(r"–  two +identity +refuted; not run", ran.output)
    assert "certified" not in ran.output


STUCK = """
case "$1" in -print-version|-where) echo 8.16.1; exit;; esac
for file; do :; done
case "$file" in *Definitions.v) : > "${file}o"; exit;; esac
echo $$ >> "$(dirname "$0")/pids"
exec sleep 600
"""
ENDED = """
import signal
import sys
from pathlib import Path
import pytest
from cnn_symbolic.certificates.trusted import compiling
from cnn_symbolic.certificates.certifying import certify
from tests.support.certificates import PROOF, claims, emit
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a program in the background does without
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
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not pids.exists() or len(pids.read_text().splitlines()) < jobs:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running = [int(line) for line in pids.read_text().splitlines()]
    started.send_signal(with_signal)
    assert started.wait(timeout=30) not in (0, None)
    deadline = time.monotonic() + 30
    while any(map(alive, running)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, running))
