"""Derivation files of the user's own that do what they should not: errors about the file, or the true verdicts."""

import os
import time

import pytest

from cnn_symbolic.ground.children import CAN_FORK
from cnn_symbolic.ground.errors import CnnSymbolicError, DerivationFileError
from cnn_symbolic.ground.foreign import children_of
from cnn_symbolic.ground.limits import Limits
from cnn_symbolic.library import elsewhere, loading
from cnn_symbolic.library.loading import load_file
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.settling import settle
from tests.support.thorough import every

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork processes")
LIMITS, SHORT = Limits(60.0, 2**32), Limits(1.0, 2**32)

BEFORE = "import os, sys, time\n"
CLAIMS = """
from cnn_symbolic import prove, refute, sizes, tensor
M, = sizes("M")
x = tensor(M, name="x")
right = prove("right", x + x, equals=2 * x)
wrong = prove("wrong", x + x, equals=3 * x)
"""
OUTCOMES = {"right": "proved", "wrong": "refuted"}


def loaded(folder, text, limits=LIMITS):
    path = folder / "mine.py"
    path.write_text(BEFORE + text, encoding="utf-8")
    before = children_of(os.getpid())
    try:
        return load_file(path, limits)
    finally:
        assert children_of(os.getpid()) == before


def outcomes(claims):
    return {claim.id: settle(claim.derivation).outcome for claim in claims}


# What ends or stops a file, and what is said of it
ERRORS = {
    "ends the process": ("os._exit(0)", "failed to import: it ended the process with status 0"),
    "runs another program": ("os.execvp('true', ['true'])", "failed to import: it ended the process with status 0"),
    "is ended by a signal": ("os.kill(os.getpid(), 11)", "failed to import: it was ended by the signal SIGSEGV"),
    "is interrupted": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "leaves": ("sys.exit(0)", "failed to import at line 2: SystemExit: 0"),
    "asks for input": ("input()", "failed to import at line 2: EOFError"),
    "recurses": ("def f(): f()\nf()", "failed to import at line 2: RecursionError"),
    "takes all memory": ("x = bytearray(2**36)", "failed to import at line 2: MemoryError"),
    "floods its output": ("while True: print('x' * 10000)", "failed to import: it printed more than 16 MiB"),
    "closes everything": ("os.closerange(0, 1000)", "failed to import: it ended the process with status 1"),
    "ends its guard": ("os.kill(os.getppid(), 9); time.sleep(60)", "failed to import: it closed its connection"),
    "cannot print its error": (
        "class E(Exception):\n    def __str__(self): raise E\nraise E",
        "failed to import at line 4: E",
    ),
    "an error of several lines": (
        "raise ValueError('a\\nb\\x1b[2J')",
        r"failed to import at line 2: ValueError: a\\nb\\x1b\[2J",
    ),
    "an endless error": ("raise ValueError('a' * 10**6)", "failed to import at line 2: ValueError: a{200,}…"),
    "forgets all modules": ("sys.modules.clear()\nimport nothing", "mine.py"),
    "writes on every connection": (
        "import socket\nfor n in range(3, 1000):\n    try: os.write(n, b'\\x00' * 7 + b'\\x0dgood: [proved]')\n"
        "    except OSError: pass\n",
        "mine.py wrote to the connection on which its claims are sent",
    ),
    "writes a long frame": (
        "for n in range(3, 1000):\n    try: os.write(n, bytes(4) + b'\\xff' * 4)\n    except OSError: pass\n",
        "failed to import: it wrote to the connection on which it should answer",
    ),
    "answers something else": ("import json\njson.dumps = lambda _: '[[[]]]'", "wrote to the connection"),
    "answers deeply": ("import json\njson.dumps = lambda _: '[' * 10**6", "wrote to the connection"),
    "answers at length": ("import json\njson.dumps = lambda _: ' ' * 2**25", "it wrote to the connection on which"),
    "answers without claims": ("import json\njson.dumps = lambda _: '{}'", "declares what cannot be made again"),
    "answers with rows that are none": (
        "import json\njson.dumps = lambda _: '{\"rows\": [[\"call\", 7, 8, 9]], \"declared\": []}'",
        "declares what cannot be made again: a row is made from rows above it",
    ),
    "nests a formula": (
        CLAIMS + "n = M\nfor k in range(999): n = n // 2 + M\nprove('deep', (n,), equals=(M,))",
        "declares what cannot be made again: it is nested at most",
    ),
    "raises while it is told what": (
        "from cnn_symbolic.library import encoding\ndel encoding.Encoder.row\n" + CLAIMS,
        "mine.py: AttributeError",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), every(3, ERRORS.values(), ids=ERRORS))
def test_what_goes_wrong_in_a_file_is_an_error_about_it_in_one_line(tmp_path, text, message):
    with pytest.raises(DerivationFileError, match=message) as caught:
        loaded(tmp_path, text)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 1000


ENDLESS = {
    "a loop that catches everything": "while True:\n    try: time.sleep(0.01)\n    except BaseException: pass",
    "signals that are ignored": "import signal\nfor n in (1, 2, 14, 15): signal.signal(n, 1)\ntime.sleep(60)",
    "claims without end": CLAIMS + "while True: prove('again', x, equals=x)",
    "an answer that is not sent": "import json\njson.dumps = lambda _: time.sleep(60)",
    "an error without end": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
}


@pytest.mark.parametrize("text", every(3, ENDLESS.values(), ids=ENDLESS))
def test_what_does_not_end_is_ended(tmp_path, text):
    with pytest.raises(DerivationFileError, match=r"mine.py failed to import: not done after 1 s$"):
        loaded(tmp_path, text, SHORT)


# What a file does to Python and to this package, there
PATCHES = {
    "decide": "import cnn_symbolic.kernel.search.decide as d\nd.decide = lambda *_: None",
    "theorems": "import cnn_symbolic as c\nc.Theorem.__eq__ = lambda *_: True\nc.Refutation = c.Theorem",
    "the kernel": (
        "import sys, types\nimport cnn_symbolic.claims\nfor name, m in list(sys.modules.items()):\n"
        "    for key in dir(m) if '.kernel.' in name else ():\n"
        "        if isinstance(getattr(m, key), types.FunctionType): setattr(m, key, lambda *_, **__: True)\n"
    ),
    "SymPy": "import sympy as sp\nsp.Add.__eq__ = sp.Mul.__eq__ = lambda *_: True\nsp.expand = lambda *_: sp.S.Zero",
    "NumPy": "import numpy as np\nnp.array_equal = np.all = lambda *_: True\nnp.ndindex = lambda *_: iter(())",
    "Python": "import builtins\nbuiltins.all = builtins.any = lambda _: True",
}


@pytest.mark.parametrize("patch", every(3, PATCHES.values(), ids=PATCHES))
def test_what_a_file_patches_changes_no_verdict(tmp_path, patch):
    assert outcomes(loaded(tmp_path, f"{CLAIMS}\n{patch}\n")) == OUTCOMES
    try:
        found = outcomes(loaded(tmp_path, f"{patch}\n{CLAIMS}\n"))
    except DerivationFileError:
        found = OUTCOMES
    assert found == OUTCOMES


def test_a_file_cannot_say_more_than_its_claims(tmp_path, capfd):
    text = CLAIMS + "print('✓  wrong  all shapes\\x1b[2A')\nos.write(1, b'1 proved')\nos.close(1)\nos.close(2)\n"
    assert outcomes(loaded(tmp_path, text)) == OUTCOMES
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "mine.py: ✓  wrong  all shapes\\x1b[2A\nmine.py: 1 proved\n"


def test_long_output_is_cut(tmp_path, capfd):
    loaded(tmp_path, CLAIMS + "print('x' * 100_000)")
    assert capfd.readouterr().err.endswith("x\nmine.py: … and 34465 bytes more\n")


STARTED = """
import subprocess, atexit
started = [subprocess.Popen(["sleep", "600"], start_new_session=True).pid]
if (pid := os.fork()) == 0:
    os.setsid()
    time.sleep(600)
atexit.register(time.sleep, 600)
started.append(pid)
open("started.txt", "w").write(" ".join(map(str, started)))
"""


def test_what_a_file_has_started_ends_with_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [claim.id for claim in loaded(tmp_path, CLAIMS + STARTED)] == ["right", "wrong"]
    for pid in map(int, (tmp_path / "started.txt").read_text(encoding="utf-8").split()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_names_are_those_of_variables_or_numbered(tmp_path):
    text = CLAIMS + "several = [0, prove('a', x, equals=x)]\nglobals()['../../a b'] = prove('b', x, equals=x)\n"
    text += "import numpy\nothers = [numpy.zeros(2), x, prove('c', x, equals=x)]\n"
    assert [claim.id for claim in loaded(tmp_path, text)] == ["right", "wrong", "several_2", "mine_4", "others_3"]


def test_the_place_is_that_of_the_declaration(tmp_path):
    assert [(c.line, c.column) for c in loaded(tmp_path, CLAIMS)] == [(6, 9), (7, 9)]


def test_modules_beside_a_file_are_imported_there_only(tmp_path):
    (tmp_path / "beside.py").write_text("import cnn_symbolic\ncnn_symbolic.changed = 1\n", encoding="utf-8")
    import cnn_symbolic

    assert outcomes(loaded(tmp_path, "import beside\n" + CLAIMS)) == OUTCOMES
    assert "changed" not in vars(cnn_symbolic)
    assert [p.name for p in tmp_path.iterdir() if p.name != "mine.py"] == ["beside.py"]


# Checks

CHECKS = """
from cnn_symbolic import check, identity
import sympy as sp
def fails(): raise AssertionError("one\\ntwo")
def breaks(): raise TypeError("no")
tested = "tested (1 example)"
passing = check("passing", statement="it runs", evidence=tested, by=lambda: "fine", article="P1")
failing = check("failing", statement="it runs", evidence=tested, by=fails)
breaking = check("breaking", statement="it runs", evidence=tested, by=breaks)
leaving = check("leaving", statement="it runs", evidence=tested, by=lambda: os._exit(0))
t = sp.Symbol("t", real=True)
s = 1 / (1 + sp.exp(-t))
same = identity("same", sp.Derivative(s, t), s * (1 - s))
other = identity("other", sp.diff(s, t), s * (1 + s))
sp.cancel = lambda *_: 0
"""


def test_checks_run_there_and_identities_are_decided_here(tmp_path):
    checks = {claim.id: claim.derivation for claim in loaded(tmp_path, CHECKS)}
    assert all(isinstance(made, Check) for made in checks.values())
    assert [made.strength for made in checks.values()] == ["ran"] * 4 + ["identity"] * 2
    assert (checks["passing"].verdict.detail, checks["passing"].article) == ("fine", ("P1",))
    assert (checks["failing"].verdict.passed, checks["failing"].verdict.detail) == (False, "one\\ntwo")
    with pytest.raises(CnnSymbolicError, match=r"mine\.py: TypeError: no"):
        _ = checks["breaking"].verdict
    with pytest.raises(CnnSymbolicError, match=r"mine\.py failed to run a check: it ended the process with status 0"):
        _ = checks["leaving"].verdict
    assert [checks[name].outcome for name in ("same", "other")] == ["proved", "refuted"]
    assert checks["same"].statement_text.startswith("Derivative(1/(1 + exp(-t)), t) = ")


# Elsewhere and here


def test_bundled_files_are_loaded_here(monkeypatch):
    monkeypatch.setattr(elsewhere, "declared_elsewhere", None)
    assert [c.id for c in load_file(loading.bundled_folder() / "feature_map" / "sigmoid.py")]


def test_without_forking_a_file_is_loaded_here(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "CAN_FORK", False)
    monkeypatch.setattr(elsewhere, "declared_elsewhere", None)
    assert outcomes(loaded(tmp_path, CLAIMS)) == OUTCOMES


def test_making_claims_again_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(elsewhere, "decode_declarations", lambda *_: time.sleep(20))
    with pytest.raises(DerivationFileError, match="declares what cannot be made again: not done after"):
        loaded(tmp_path, CLAIMS, Limits(3.0, None))
