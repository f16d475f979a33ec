"""No claim of a derivation file is lost: it is collected, or refused with an error."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from cnn_symbolic import prove, sizes, tensor
from cnn_symbolic.ground.errors import DerivationFileError
from cnn_symbolic.library.importing import declarations
from cnn_symbolic.library.loading import load_file

HEAD = """import atexit, threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from cnn_symbolic import prove, sizes, tensor
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.derivation import Derivation
M, N = sizes("M N")
x = tensor(M, N, name="x")
"""
COLLECTED = {
    "overwritten": ('a = prove("one", x, equals=x)\na = prove("two", x, equals=2 * x)\n', ["one", "two"]),
    "in a thread": (
        """
def declare():
    prove("one", x, equals=2 * x)
thread = threading.Thread(target=declare)
thread.start()
thread.join()
""",
        ["one"],
    ),
    "by the class": ('a = Derivation("one", x, 2 * x, "proved")\nCheck("two", "1 = 1", lambda: "")\n', ["one", "two"]),
    "replaced": ('a = prove("one", x, equals=x)\nb = replace(a, right=2 * x, title="two")\n', ["one", "two"]),
    "in a nested function": (
        """
def outer():
    def inner():
        return prove("one", x, equals=x)
    return inner
kept = outer()
kept()
""",
        ["one"],
    ),
}
REFUSED = {
    "in a thread that goes on": (
        """
go_on = threading.Event()
def declare():
    go_on.wait(30)
    prove("one", x, equals=2 * x)
threading.Thread(target=declare, daemon=True, name="mine").start()
prove("two", x, equals=x)
""",
        "the thread mine is still running",
    ),
    "in a pool of threads": (
        """
with ThreadPoolExecutor(1) as pool:
    pool.submit(prove, "one", x, equals=2 * x)
prove("two", x, equals=x)
""",
        "a thread declares a claim at line",
    ),
}


def written(folder, text, name="mine.py"):
    file = folder / name
    file.write_text(HEAD + text, encoding="utf-8")
    return file


@pytest.mark.parametrize(("text", "titles"), COLLECTED.values(), ids=COLLECTED)
def test_every_claim_of_a_file_is_collected(text, titles, tmp_path):
    assert [one.derivation.title for one in load_file(written(tmp_path, text))] == titles


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_may_lose_a_claim_is_refused(text, why, tmp_path):
    with pytest.raises(DerivationFileError, match=why):
        load_file(written(tmp_path, text))


def test_a_claim_that_is_declared_too_late_is_refused_with_its_line(tmp_path):
    text = """
def by():
    prove("late", x, equals=2 * x)
    return "fine"
made = Check("one", "1 = 1", by)
"""
    (claim,) = load_file(written(tmp_path, text))
    with pytest.raises(DerivationFileError, match=r"mine\.py declares a claim at line 11, after it was loaded"):
        _ = claim.derivation.verdict


def test_files_that_are_loaded_at_once_do_not_mix(tmp_path):
    files = [
        written(tmp_path, "\n".join(f'prove("{k}.{n}", x, equals=x)' for n in range(20)), f"file_{k}.py")
        for k in range(4)
    ]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(load_file, files))
    assert [[one.derivation.title for one in claims] for claims in found] == [
        [f"{k}.{n}" for n in range(20)] for k in range(4)
    ]


def test_what_others_declare_meanwhile_is_none_of_a_files(tmp_path):
    x = tensor(*sizes("M N"), name="x")
    started, ended = threading.Event(), threading.Event()
    made = []

    def declare():
        started.wait(30)
        made.append(prove("mine", x, equals=x))
        ended.set()

    other = threading.Thread(target=declare)
    other.start()
    sys.modules["meanwhile"] = Meanwhile(started, ended)
    try:
        text = 'import sys\nsys.modules["meanwhile"].wait()\nprove("one", x, equals=x)\n'
        assert [one.made.title for one in declarations(written(tmp_path, text))] == ["one"]
    finally:
        del sys.modules["meanwhile"]
        other.join()
    assert [one.title for one in made] == ["mine"]


@dataclass
class Meanwhile:
    """Lets another thread go on while a file is being loaded."""

    started: threading.Event
    ended: threading.Event

    def wait(self):
        self.started.set()
        assert self.ended.wait(30)
