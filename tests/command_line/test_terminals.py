"""What is written to a terminal, and what where there is none: colours, lines without blanks at their ends."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnn_symbolic.ground.printable import plainly
from tests.support.commands import run, without_columns
from tests.support.thorough import every

ROOT = Path(__file__).parents[2]
COLOURS, CONTROLS = r"\x1b\[(?:[\d;]*;)?[39]\d[\d;]*m", r"\x1b\[[\d;]*[A-Za-z]|\x1b\[\?25[lh]"


def on_a_terminal(*arguments, **environment):
    """Run the command line with a terminal for both of its outputs, and return what comes there."""
    ours, theirs = pty.openpty()
    environment = {**without_columns(), "PYTHONPATH": str(ROOT), "TERM": "xterm", **environment}
    command = [sys.executable, "-m", "cnn_symbolic", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        shown = b""
        try:
            while some := os.read(ours, 2**16):
                shown += some
        except OSError:  # as Linux says that the other end is closed
            pass
    os.close(ours)
    assert running.returncode == 0
    return shown.decode()


def test_a_terminal_has_colours_and_a_bar_of_progress():
    shown = on_a_terminal("prove", "B8", "B10")
    assert re.search(COLOURS, shown)
    assert "deciding" in shown


def test_a_terminal_has_no_colours_where_they_are_not_wanted():
    assert re.search(COLOURS, on_a_terminal("prove", "B8", "B10", NO_COLOR="1")) is None


def test_a_terminal_that_cannot_move_its_cursor_is_not_told_to():
    shown = on_a_terminal("prove", "B8", "B10", TERM="dumb")
    assert re.search(CONTROLS, shown) is None
    assert shown.lstrip(" ").startswith("Claim")


def test_colours_that_are_wanted_are_there_without_a_terminal():
    ran = run("prove", "B8", "B10", FORCE_COLOR="1")
    assert re.search(COLOURS, ran.stdout)
    assert ran.stderr == ""
    ran = run("prove", "B8", "B10", FORCE_COLOR="1", NO_COLOR="1")
    assert re.search(COLOURS, ran.stdout) is None


@pytest.mark.parametrize(
    "arguments",
    every(
        2,
        [
            ["prove", "B8", "B10"], ["prove", "B8", "--steps"], ["list"], ["article"], ["guide"], ["guide", "layer"],
            ["draw"], ["--help"], ["check", "--let", "x = tensor(M)", "--claim", "x == 2*x"],
            ["draw", "overlay"], ["inputs", "--output", "3", "--overlay", "2"],
        ],
        ids=" ".join,
    ),
)  # fmt: skip
def test_no_line_ends_with_blanks_where_there_is_no_terminal(arguments):
    ran = run(*arguments)
    assert [line for line in ran.stdout.splitlines() if line != line.rstrip()] == []
    assert re.search(CONTROLS, ran.stdout) is None


PAGES = every(3, ["cp1252", "ascii", "cp437", "cp850", "latin-1"])
ESCAPE = r"\\(x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8})"


@pytest.mark.parametrize("encoding", PAGES)
def test_what_the_readme_and_the_guide_print_is_readable_in_every_code_page(encoding):
    texts = [ROOT / "README.md", *(ROOT / "cnn_symbolic" / "guide").glob("*.md")]
    for path in texts:
        for block in re.findall(r"^```console\n(.*?)^```$", path.read_text(encoding="utf-8"), re.S | re.M):
            shown = plainly(block, encoding)
            assert re.findall(ESCAPE, shown) == [], path.stem
            assert shown.encode(encoding).decode(encoding) == shown


@pytest.mark.parametrize("encoding", PAGES)
def test_commands_are_readable_in_every_code_page(encoding):
    for arguments in (
        ["prove", "B8", "B10", "--steps"],
        ["article"],
        ["list"],
        ["draw"],
        ["--help"],
        ["guide", "trust"],
    ):
        environment = {**without_columns(), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding}
        ran = subprocess.run([sys.executable, "-m", "cnn_symbolic", *arguments], capture_output=True, env=environment)
        shown = ran.stdout.decode(encoding)
        assert (ran.returncode, ran.stderr) == (0, b"")
        assert re.findall(ESCAPE, shown.replace("\\u0430", "")) == [], arguments


def test_columns_stay_below_each_other_where_signs_are_written_plainly(tmp_path):
    environment = {**without_columns(), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "cnn_symbolic", "prove", "B8", "B10"]
    head, *lines = subprocess.run(command, capture_output=True, env=environment).stdout.decode("ascii").splitlines()
    rows = [line for line in lines if line.startswith("ok")]
    assert len(rows) == 3
    for line in rows:
        assert {line.find("all shapes"), line.find("refuted")} == {-1, head.index("Evidence")}
        assert line.index("I <= M and J <= N") == head.index("Assumptions")
