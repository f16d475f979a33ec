"""What a command prints of texts that others wrote: everything is shown, nothing is obeyed, an error is one line."""

import json
import unicodedata
from io import BytesIO, TextIOWrapper

import pytest

from tests.support.commands import run

ODD = "ok\x1b[2K\x1b[1A✓ [red]x[/red] \u202eabc\r\x08\x00\ud800\nfake ✓ proved"
SHOWN = r"ok\x1b[2K\x1b[1A✓ [red]x[/red] \u202eabc\r\x08\x00\ud800\nfake ✓ proved"
CLAIMS = f"""from cnn_symbolic import prove, sizes, tensor
M, = sizes("M")
x = tensor(M, name="x")
one = prove({ODD!r}, x + x, equals=2 * x)
"""


def written(path, text):
    """A file with a text in it."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def check_shown(output):
    """Fail if there is a character that a terminal does not draw, but for the ends of lines."""
    assert [c for c in output if c != "\n" and not (c.isprintable() or unicodedata.category(c) == "Zs")] == []


@pytest.mark.parametrize("command", [["list"], ["prove"], ["prove", "--steps"]], ids=" ".join)
def test_a_title_is_shown_as_it_is_in_one_line(command, tmp_path):
    result = run(*command, written(tmp_path / "own.py", CLAIMS), COLUMNS="300")
    check_shown(result.stdout)
    assert SHOWN in result.stdout


def test_json_can_be_shown_and_has_the_title_itself(tmp_path):
    result = run("prove", "--json", written(tmp_path / "own.py", CLAIMS))
    check_shown(result.stdout)
    assert json.loads(result.stdout)["claims"][0]["title"] == ODD


def test_an_error_of_somebody_elses_code_is_one_line(tmp_path):
    result = run("prove", written(tmp_path / "odd\x1b[2K\nname.py", f"raise ValueError({ODD!r})"))
    check_shown(result.stderr)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert rf"odd\x1b[2K\nname.py failed to import at line 1: ValueError: {SHOWN}" in result.stderr


def test_a_text_with_an_odd_name_shows_its_place(tmp_path):
    result = run("check", written(tmp_path / "odd\x1b\nname.txt", "x = tensor(M)\nclaim(x == y)"))
    check_shown(result.stderr)
    assert r"odd\x1b\nname.txt, line 2, column 12: there is no y" in result.stderr
    assert result.stderr.endswith("\n    claim(x == y)\n               ^\n")


@pytest.mark.parametrize("name", ["-", "long.txt"])
def test_no_more_is_read_than_a_text_may_have(name, tmp_path, monkeypatch):
    text = "M\n" * 10**5
    file = "-" if name == "-" else written(tmp_path / name, text)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(text.encode())))
    result = run("check", file)
    assert result.returncode == 2
    assert "cannot be read: it is longer than 100000 bytes" in result.stderr


@pytest.mark.parametrize("name", ["-", "bytes.txt"])
def test_what_is_no_text_is_said_to_be_none(name, tmp_path, monkeypatch):
    (tmp_path / "bytes.txt").write_bytes(b"\xff")
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"\xff")))
    result = run("check", name if name == "-" else tmp_path / name)
    assert (result.returncode, "cannot be read: line 1, column 1: it is not UTF-8" in result.stderr) == (2, True)
