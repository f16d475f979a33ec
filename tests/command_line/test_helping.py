"""The help of every command: readable at every width and in a pipe, with nothing that only programmers read."""

import re

import pytest
from typer.main import get_command

from cnn_symbolic.command_line.cli import application
from cnn_symbolic.command_line.helping import filled
from tests.support.commands import run

COMMANDS = get_command(application()).commands


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_a_help_is_plain_lines_that_are_broken_between_words(name, columns):
    words = [name] if name else []
    ran = run(*words, "--help", COLUMNS=str(columns))
    usage, _, rest = ran.stdout.partition("\n\n")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert usage.startswith(" ".join(["Usage: cnn-symbolic", *words, "[OPTIONS]"]))
    assert re.findall(r"<\w+>|\bx[<>]=|[{}\[╭│]|\bNone\b|\bTrue\b|\bFalse\b", rest) == []
    lines = ran.stdout.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert max(map(len, lines)) <= max(columns, 80)  # examples stay as they are
    wide = run(*words, "--help", COLUMNS="200").stdout.split()
    assert ran.stdout.split() == wide  # no word is broken


def test_no_name_is_broken_at_a_hyphen(monkeypatch):
    for columns in range(40, 60):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert set(filled("all-one-hot --no-prove " * 20, "  ", "  ").split()) == {"all-one-hot", "--no-prove"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_says_of_every_parameter_what_it_is_for(name):
    shown = run(name, "--help", COLUMNS="100").stdout
    for each in COMMANDS[name].params:
        assert each.help, each.name
        names = [each.metavar] if each.param_type_name == "argument" else each.opts
        assert all(re.search(rf"^  (-., )?{re.escape(one)}( |$|, )", shown, re.M) for one in names), each.name
        assert each.metavar is not None or each.is_flag, each.name


def test_a_list_of_commands_has_what_each_is_for():
    shown = " ".join(run("--help").stdout.split())
    assert all(f" {name} {' '.join(each.help.split())[:60]}" in shown for name, each in COMMANDS.items())


def test_usage_errors_are_plain_lines():
    ran = run("prove", "--jobs", "0")
    assert ran.returncode == 2
    assert ran.stderr.startswith("Usage: cnn-symbolic prove [OPTIONS] [NAME-OR-PATH]...\n")
    assert re.search(r"^Error: Invalid value for '--jobs'", ran.stderr, re.M)
    assert run("prov").stderr.endswith("Did you mean 'prove'?\n")
