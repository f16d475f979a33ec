"""What options have from pyproject.toml, and what a shell completes."""

import os
import subprocess
import sys

import pytest
from typer.main import get_command

from cnn_symbolic.command_line import completing
from cnn_symbolic.command_line.cli import application
from cnn_symbolic.command_line.defaults import options
from tests.support.commands import run

TEXT = "x = tensor(M)\nclaim(x == x + x)\n"


@pytest.fixture
def project(tmp_path):
    """A project with a text of claims; returns what writes its pyproject.toml."""
    tmp_path.joinpath("inside").mkdir()
    tmp_path.joinpath("inside", "mine.claims").write_text(TEXT, encoding="utf-8")

    def written(text):
        tmp_path.joinpath("pyproject.toml").write_text(text, encoding="utf-8")
        return tmp_path / "inside"

    return written


def test_an_option_has_what_the_nearest_project_says(project):
    folder = project('[tool.cnn-symbolic]\noutput-format = "github"\n')
    shown = run("check", "mine.claims", cwd=folder)
    assert shown.stdout.startswith("::error file=mine.claims,line=2")
    folder.joinpath("pyproject.toml").write_text("[tool.other]\n")
    assert run("check", "mine.claims", cwd=folder).stdout.startswith("::error")
    folder.joinpath("pyproject.toml").write_text('[tool.cnn-symbolic.check]\noutput-format = "junit"\n')
    assert run("check", "mine.claims", cwd=folder).stdout.startswith("<?xml")


def test_what_the_command_line_says_goes_before(project):
    folder = project('[tool.cnn-symbolic]\noutput-format = "github"\n')
    assert run("check", "mine.claims", "--output-format", "junit", cwd=folder).stdout.startswith("<?xml")


def test_a_table_is_for_its_command_only(project):
    folder = project('[tool.cnn-symbolic.prove]\noutput-format = "github"\n')
    assert run("check", "mine.claims", cwd=folder).stdout.startswith("x == x + x\n")
    assert run("prove", "mine.claims", cwd=folder).stdout.startswith("::error")


def test_an_option_that_a_command_needs_and_lists_may_come_from_the_project(project):
    folder = project(
        '[tool.cnn-symbolic.check-backward]\nof = "conv2d()"\nassuming = ["I == J", "M == N"]\nexamples = 3\n'
    )
    folder.joinpath("mine.py").write_text("def backward(dy, x, w): raise ValueError('no')\n")
    shown = run("check-backward", "mine.py:backward", cwd=folder)
    assert "backward refuses" in shown.stderr
    assert "--of" not in shown.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.cnn-symbolic]\ntimeuot = 3\n", "[tool.cnn-symbolic] has 'timeuot', which is no option: did you mean"),
        ("[tool.cnn-symbolic.check]\nliteral = 3\n", "[tool.cnn-symbolic.check] has 'literal', which is no option of"),
        ("[tool.cnn-symbolic]\nchek = {steps = true}\n", "has 'chek', which is no option: did you mean check?"),
        ("[tool.cnn-symbolic]\nwatch = true\n", "has 'watch', which is no option"),
        ("[tool.cnn-symbolic]\nsteps = 1\n", "steps: expected true or false, found 1"),
        ("[tool.cnn-symbolic]\njobs = true\n", "jobs: expected a text or a number, found True"),
        ('[tool.cnn-symbolic]\nassuming = "I == J"\n', "assuming: expected a list of texts, found 'I == J'"),
        ("[tool.cnn-symbolic]\ntimeout = [1]\n", "timeout: expected no list, found [1]"),
        (
            "[tool.cnn-symbolic]\ntimeout = {}\n",
            "timeout: expected a text, a number, true or false, or a list of texts",
        ),
        ("[tool.cnn-symbolic]\ntimeout = [\n", "cannot be read: "),
        ("[tool]\ncnn-symbolic = 3\n", "expected a table [tool.cnn-symbolic]"),
        ('[tool.cnn-symbolic]\ntimeout = "soon"\n', "pyproject.toml: [tool.cnn-symbolic] timeout: "),
        ("[tool.cnn-symbolic]\ntimeout = -3\n", "pyproject.toml: [tool.cnn-symbolic] timeout: "),
        ('[tool.cnn-symbolic]\noutput-format = "githb"\n', "pyproject.toml: [tool.cnn-symbolic] output-format: "),
    ],
)
def test_what_is_wrong_in_a_project_is_said(project, text, said):
    shown = run("check", "mine.claims", cwd=project(text))
    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in shown.stderr


@pytest.mark.parametrize(
    "text", ["x = [", "tool = 3", "[tool]\nother = 3", "\ufeff[tool.cnn-symbolic]\nsteps = true\n"]
)
def test_a_file_that_says_nothing_of_this_program_is_left_alone(project, text):
    assert run("check", "mine.claims", cwd=project(text)).returncode == 1


def test_every_option_of_a_project_is_known_to_a_command():
    group = get_command(application())
    known = {name: options(command) for name, command in group.commands.items()}
    assert known["prove"]["output-format"].name == "output"
    assert known["check-backward"]["prove"].is_flag
    assert not {"watch", "help", "claim"} & {option for each in known.values() for option in each}


# The shell


def completed(line, cwd=None):
    """What bash is told at the end of a line."""
    words = line.split(" ")
    environment = {**os.environ, "_CNN_SYMBOLIC_COMPLETE": "complete_bash", "COMP_WORDS": line}
    called = "import sys; sys.argv[0] = 'cnn-symbolic'; from cnn_symbolic.command_line.cli import main; main()"
    program = [sys.executable, "-c", called]
    done = subprocess.run(
        program, env={**environment, "COMP_CWORD": str(len(words) - 1)}, cwd=cwd, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_shell_completes_commands_and_what_they_take(project):
    folder = project("")
    assert completed("cnn-symbolic check-") == ["check-backward"]
    assert completed("cnn-symbolic check --output-format s") == ["sarif"]
    assert completed("cnn-symbolic guide tru") == ["trust"]
    assert "conv_transpose2d" in completed("cnn-symbolic check-backward mine.py:f --of conv_t")
    assert completed("cnn-symbolic prove min", cwd=folder) == ["mine.claims"]
    assert completed("cnn-symbolic draw max-pooling-") == ["max-pooling-gradient"]


def test_names_of_claims_are_completed_once_their_index_is_kept(tmp_path, monkeypatch):
    run("list")
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("weights").mkdir()
    found = [name for name, _ in completing.names("weight")]
    assert "weight_gradient" in found
    assert found[-1] == "weights/"
    assert {name for name, _ in completing.names("B1")} >= {"B1", "B10", "B11"}
    assert completing.files("missing/") == []
    assert completing.files(f"{tmp_path}/w") == [(f"{tmp_path}/weights/", "")]
