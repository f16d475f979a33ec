"""How commands end: without their output, at signals, by errors of the tool itself; and what is then left."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

from cnn_symbolic.command_line.exits import STATUSES, TRACEBACK, where
from cnn_symbolic.library.guide import page
from cnn_symbolic.proofs import settling
from tests.support.commands import run, run_file, without_columns
from tests.support.thorough import every

GREEK = "α = tensor(M)\nβ = tensor(M)\ndifferent = claim(α == β)\n"
MINE = """
import os, signal, sys, time
from cnn_symbolic import prove, sizes, tensor
(M,) = sizes("M")
x = tensor(M, name="x")
twice = prove("twice", x + x, equals=2 * x)
"""
MAIN = 'if __name__ == "__main__":\n    twice.main()\n'


@pytest.fixture
def greek(tmp_path):
    path = tmp_path / "greek.txt"
    path.write_text(GREEK, encoding="utf-8")
    return path


@pytest.fixture
def mine(tmp_path):
    def write(more=""):
        path = tmp_path / "mine.py"
        path.write_text(MINE + more, encoding="utf-8")
        return path

    return write


def process(*arguments, cwd=None, before=(), stdout=subprocess.PIPE, **environment):
    """Run the command line as a process of its own, behind other words, and return its status and what it writes."""
    return subprocess.run(
        [*before, sys.executable, "-m", "cnn_symbolic", *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**without_columns(), "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
    )


@pytest.mark.parametrize("encoding", every(2, ["ascii", "latin-1", "utf-16", "ascii:ignore", "utf-8"]))
def test_json_is_utf_8_whatever_the_terminal_has(greek, encoding):
    ran = process("check", greek, "--json", LC_ALL="C", PYTHONIOENCODING=encoding)
    assert ran.stdout.endswith(b"}\n")
    claim = json.loads(ran.stdout.decode())["claims"][0]
    assert (claim["title"], claim["verdict"]) == ("α == β", "refuted")


def test_names_that_a_terminal_does_not_have_stay_apart(greek):
    shown = process("check", greek, PYTHONIOENCODING="ascii").stdout.decode("ascii")
    assert r"\alpha == \beta" in shown
    assert "?" not in shown


def test_a_picture_has_its_letters_whatever_the_terminal_has():
    shown = process("draw", "bias-gradient", PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stdout) == (0, run("draw", "bias-gradient").stdout.encode())


# Runs a command with its standard output closed.
CLOSED = ("sh", "-c", 'exec "$@" >&-', "sh")


@pytest.mark.parametrize("arguments", [["list"], ["check", "greek.txt", "--json"], ["--help"]], ids=" ".join)
def test_output_that_is_lost_is_one_line_and_status_2(greek, arguments):
    ran = process(*arguments, cwd=greek.parent, before=CLOSED)
    assert (ran.returncode, ran.stderr) == (
        2,
        b"cnn-symbolic: standard output cannot be written: Bad file descriptor\n",
    )
    with open("/dev/full", "wb") as full:
        ran = process(*arguments, cwd=greek.parent, stdout=full)
    assert (ran.returncode, ran.stderr) == (
        2,
        b"cnn-symbolic: standard output cannot be written: No space left on device\n",
    )


@pytest.mark.parametrize("arguments", [["list"], ["check", "greek.txt", "--json"], ["--help"]], ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_nobody_reads_ends_the_command_quietly(greek, arguments, unbuffered):
    read, write = os.pipe()
    os.close(read)
    ran = process(*arguments, cwd=greek.parent, stdout=write, PYTHONUNBUFFERED=unbuffered)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_input_that_is_no_text_is_an_error_with_its_place(tmp_path):
    (tmp_path / "latin.txt").write_bytes("# α\nx = tensor(M)  # caf".encode() + b"\xe9\n")
    ran = run("check", "latin.txt", cwd=tmp_path)
    message = "cnn-symbolic: latin.txt cannot be read: line 2, column 21: it is not UTF-8, but has the byte 0xe9\n"
    assert (ran.returncode, ran.stderr) == (2, message)
    (tmp_path / "marked.txt").write_bytes(b"\xef\xbb\xbfx = tensor(M)\r\nclaim(x == x)\r\n")
    assert run("check", "marked.txt", cwd=tmp_path).returncode == 0
    (tmp_path / "wide.json").write_text("{}", encoding="utf-16")
    ran = run("replay", "wide.json", cwd=tmp_path)
    assert (ran.returncode, "wide.json is not JSON: line 1, column 1: it is not UTF-8" in ran.stderr) == (2, True)


def test_a_byte_order_mark_is_no_part_of_what_is_read(tmp_path):
    def marked(name, text):
        tmp_path.joinpath(name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    marked("claims.txt", "x = tensor(M)\nclaim(x == x)\n")
    marked("mine.py", MINE)
    marked("passes.py", "def forward(x):\n    return 2 * x\n\n\ndef backward(dy, x):\n    return 2 * dy\n")
    marked("about.txt", "What this is about.\n")
    marked("document.json", run("prove", "mine.py", "--json", cwd=tmp_path).stdout)
    for arguments in (
        ["check", "claims.txt"],
        ["list", "mine.py"],
        ["prove", "mine.py"],
        ["replay", "document.json"],
        ["check-backward", "passes.py:backward", "--of", "passes.py:forward", "--arguments", "x (N)"],
        ["same", "passes.py:forward", "passes.py:forward", "--arguments", "x (N)"],
        ["book", "out", "mine.py", "claims.txt", "--latex", "--introduction", "about.txt"],
    ):
        ran = run(*arguments, cwd=tmp_path)
        assert (ran.returncode, ran.stderr) == (0, ""), arguments
    assert "\nWhat this is about." in tmp_path.joinpath("out", "book.tex").read_text(encoding="utf-8")


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("when", ["while it is loaded", "while it is decided", "by itself"])
def test_a_signal_ends_a_command_with_one_line_and_nothing_left(mine, tmp_path, monkeypatch, name, when):
    send = f"os.kill({os.getpid()}, signal.{name})\ntime.sleep(9)\n"  # to the process of the command
    path = mine(send if when == "while it is loaded" else MAIN)
    if when != "while it is loaded":
        own = os.getpid()
        monkeypatch.setattr(settling, "computed", lambda *_: os.kill(own, getattr(signal, name)) or time.sleep(9))
    empty, temporary = tmp_path / "empty", tmp_path / "temporary"
    empty.mkdir()
    temporary.mkdir()
    if when == "by itself":
        ran = run_file(path)
    else:
        ran = run("prove", path, "--latex", "x.tex", cwd=empty, TMPDIR=str(temporary))
    number = getattr(signal, name)
    said = "interrupted" if name == "SIGINT" else f"ended by {name}"
    assert (ran.returncode, ran.stdout) == (128 + number, "")
    assert ran.stderr in (f"cnn-symbolic: {said}\n", "" if name == "SIGTERM" else None)
    assert list(empty.iterdir()) == list(temporary.iterdir()) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty", "mine.py", "temporary"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_command_that_is_interrupted_before_it_has_begun_says_so(monkeypatch):
    class Interrupted(ModuleType):
        def __getattr__(self, _):
            raise KeyboardInterrupt

    name = "cnn_symbolic.command_line.exits"
    monkeypatch.setitem(sys.modules, name, Interrupted(name))
    ran = run("list")
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "cnn-symbolic: interrupted\n")


PASSES = "def forward(x):\n    return 2 * x\n\n\ndef backward(dy, x):\n    return 2 * dy\n"
LONG = [
    ["prove", "--jobs", "1"],
    ["prove", "--jobs", "2", "--latex", "x.tex"],
    ["certify", "weight_gradient", "--again", "-o", "certificates"],
    ["book", "out", "--html"],
    ["check-backward", "passes.py:backward", "--of", "passes.py:forward", "--arguments", "x (N)"],
]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5, 2, 4, 8])
@pytest.mark.parametrize("arguments", LONG, ids=lambda each: " ".join(each[:3]))
def test_an_interrupt_ends_a_command_with_all_of_its_processes_at_once(arguments, seconds, tmp_path):
    (tmp_path / "passes.py").write_text(PASSES, encoding="utf-8")
    command = [sys.executable, "-m", "cnn_symbolic", *arguments]
    environment = {**without_columns(), "PYTHONPATH": str(Path(__file__).parents[2])}
    running = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=-1, stderr=-1, start_new_session=True, restore_signals=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    begun = time.monotonic()
    _, said = running.communicate(timeout=60)
    assert time.monotonic() - begun < 2
    assert (running.returncode, said) in ((130, b"cnn-symbolic: interrupted\n"), (0, b""))
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
    assert [path.name for path in tmp_path.rglob("*.tex")] == []


def test_a_signal_that_is_ignored_stays_so(mine):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("prove", mine(f"os.kill({os.getpid()}, signal.SIGHUP)\n")).returncode == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    "error",
    every(
        3,
        [KeyError("a bug"), RecursionError("too deep"), AssertionError(), EOFError(), RuntimeError("1")],
        ids=lambda error: type(error).__name__,
    ),
)
@pytest.mark.parametrize("by_itself", [False, True])
def test_an_error_of_the_tool_itself_is_no_verdict_and_says_how_to_report_it(mine, monkeypatch, error, by_itself):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(settling, "settled_so_far", fail)
    ran = run_file(mine(MAIN)) if by_itself else run("prove", mine(), "--jobs", 1)
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.startswith("cnn-symbolic: an error of the tool itself, and no verdict: ")
    assert type(error).__name__ in ran.stderr
    assert re.search(r"Please report it to the maintainers, with what the command reads and these lines:\n", ran.stderr)
    assert re.search(rf"cnn-symbolic \S+, Python .*\n  command: .*mine\.py.*\n(.*\n)*.*{TRACEBACK}=1", ran.stderr)
    assert "Traceback" not in ran.stderr
    monkeypatch.setenv(TRACEBACK, "1")
    ran = run_file(mine(MAIN)) if by_itself else run("prove", mine(), "--jobs", 1)
    assert (ran.returncode, "Traceback (most recent call last)" in ran.stderr) == (4, True)


def test_an_error_of_the_tool_itself_in_one_claim_is_no_verdict_on_that(mine, monkeypatch):
    def fail(*_):
        raise KeyError("a bug")

    monkeypatch.setattr(settling, "computed", fail)
    ran = run("prove", mine())
    assert (ran.returncode, "0 of 1 as stated" in ran.stdout) == (4, True)
    assert "an error of the tool itself: KeyError: 'a bug' (test_exits.py," in " ".join(ran.stdout.split())
    assert ran.stderr.startswith("cnn-symbolic: an error of the tool itself, and no verdict: it is said of twice\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["prove", "mine.py", "--latex", "mine"],
        ["check", "greek.txt", "--latex", "absent/x.tex"],
        ["prove", "mine.py", "--latex", "mine.py"],
        ["book", "out", "mine.py"],
        ["book", "out", "mine.py", "--one", "twice"],
        ["certify", "mine.py", "-o", "out"],
        ["prove", "mine.py", "--certify", "--certificates", "mine.py"],
        ["book", "new", "mine.py", "--certify", "--certificates", "greek.txt/x"],
        ["draw", "overlay", "-o", "out/book.tex"],
        ["check-backward", "mine.py:f", "--of", "conv2d", "--book", "greek.txt"],
        ["check-backward", "mine.py:f", "--of", "conv2d", "--certify", "--certificates", "greek.txt"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_said_before_the_work(mine, greek, monkeypatch, arguments):
    def worked(*_, **__):
        raise AssertionError("the work was begun")

    monkeypatch.setattr(settling, "settled_so_far", worked)
    folder, path = greek.parent, mine()
    (folder / "mine").mkdir()
    for name in ("book.tex", "twice.html", "certificates.json"):
        (folder / "out" / name).mkdir(parents=True)
    before = sorted(folder.rglob("*"))
    ran = run(*arguments, cwd=folder)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(r"cnn-symbolic: \S+ cannot be (written|made): [\w ]+\n", ran.stderr), ran.stderr
    assert sorted(folder.rglob("*")) == before
    assert path.read_text(encoding="utf-8") == MINE


@pytest.mark.parametrize(
    "arguments",
    [
        *(["check", "greek.txt", "--timeout", value] for value in ("nan", "inf", "-inf", "1e400", "-1", "0", "1e-9")),
        ["certify", "--timeout", "nan"],
        ["book", "out", "--timeout", "inf"],
        ["check-backward", "mine.py:f", "--of", "conv2d", "--timeout", "nan"],
        ["check-backward", "mine.py:f", "--of", "conv2d", "--examples", "1000000000000"],
        ["prove", "--jobs", "1000000000"],
        ["certify", "--jobs", "1000000000"],
        ["prove", "--literal", "1000000000"],
    ],
    ids=" ".join,
)
def test_limits_that_are_none_are_usage_errors(greek, arguments):
    ran = run(*arguments, cwd=greek.parent, COLUMNS="200")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Invalid value for '--" in ran.stderr
    assert [each.name for each in greek.parent.iterdir()] == ["greek.txt"]


def test_errors_are_reported_where_the_package_says(monkeypatch):
    def named(*urls):
        described = Message()
        for url in urls:
            described["Project-URL"] = url
        monkeypatch.setattr("importlib.metadata.metadata", lambda _: described)

    named("Article, https://example.org/article")
    assert where() == "the maintainers"
    named("Article, https://example.org/article", "Issues, https://example.org/issues")
    assert where() == "https://example.org/issues"


def test_the_guide_and_the_help_say_what_each_status_means():
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page("commands"), re.MULTILINE)
    assert {int(number): meaning for number, meaning in rows} == STATUSES
    shown = " ".join(run("--help").stdout.split())
    assert all(f"{number} {meaning}" in shown for number, meaning in STATUSES.items())
    assert TRACEBACK in shown
    assert TRACEBACK in page("commands")
