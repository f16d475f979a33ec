"""Every command and output in the README and the guide is run, and must come out as it is printed there.

Numbers of milliseconds and seconds are not compared, nor those that depend on the shapes that Hypothesis draws; a line
`...` stands for any lines.
"""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from cnn_symbolic.backward import reading
from cnn_symbolic.present.console import rendered
from tests.support import commands

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "cnn_symbolic" / "guide"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted(GUIDE.glob("*.md")))}
README = TEXTS["README"]
EVERYTHING = "\n".join(TEXTS.values())
# How many commands and sessions there are, so that none is lost unnoticed.
COMMANDS = {
    "README": 5, "article": 2, "backward": 13, "book": 4, "certificates": 3, "convolutions": 2, "course": 3,
    "derivations": 1, "formulas": 1, "layer": 9, "mistakes": 1, "paper": 4, "proofs": 4, "pull_requests": 2,
    "same": 4, "trust": 1,
}  # fmt: skip
SESSIONS = {"convolutions": 1, "derivations": 2, "formulas": 3, "same": 2, "sweeps": 1}


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)


def sessions(text):
    return [block for block in blocks(text, "python") if block.startswith(">>>")]


def commands_of(text):
    """The commands of a text with what they print."""
    found = (re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M) for block in blocks(text, "console"))
    return [one for several in found for one in several]


def plain(text):
    """The text without times and draws, and without the spaces that align what stands before and after them."""
    without_times = re.sub(r"\s*[\d.]+ ?(ms|s)\b", " TIME", text)
    without_times = re.sub(r"\bCoq [\d.]+\b", "COQ", without_times)
    without_times = re.sub(r"wrong at \d+ of|shapes up to [^;]*? at each", "DRAWN", without_times)
    return re.sub(r" {2,}", "  ", "\n".join(line.rstrip() for line in without_times.splitlines())).strip()


def matches(expected, got):
    parts = [re.escape(part) for part in re.split(r"^\.\.\.$", plain(expected), flags=re.M)]
    return re.fullmatch(".*".join(parts), plain(got), re.S) is not None


def in_a_shell(command, folder):
    """Run a command as people type it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**commands.without_columns(), "PATH": path, "PYTHONIOENCODING": "utf-8"},
    )


def test_every_text_has_the_commands_and_sessions_that_it_should_have():
    assert {name: n for name, text in TEXTS.items() if (n := len(commands_of(text)))} == COMMANDS
    assert {name: n for name, text in TEXTS.items() if (n := len(sessions(text)))} == SESSIONS
    assert len(README.splitlines()) <= 200


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_print_what_is_said(name, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BY_DEFAULT", [True])
    for block in [*blocks(TEXTS[name], "python"), *blocks(TEXTS[name], "toml")]:
        if found := re.match(r"# (\w+\.(?:py|txt|claims|toml))\n", block):
            tmp_path.joinpath(found.group(1)).write_text(block, encoding="utf-8")
    for command, expected in commands_of(TEXTS[name]):
        if re.search("certify |coqc ", command) and shutil.which("coqc") is None:
            continue
        if command.startswith("cnn-symbolic ") and not re.search("[|<>&;]", command):
            done = commands.run(*shlex.split(command)[1:], cwd=tmp_path)
        else:
            done = in_a_shell(command, tmp_path)
        assert done.stderr == "", command
        assert matches(expected, done.stdout), f"{command} prints\n{done.stdout}"


@pytest.mark.parametrize("name", SESSIONS)
def test_the_sessions_are_right(name):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for session in sessions(TEXTS[name]):
        runner.run(parser.get_doctest(session, {}, f"{name}.md", f"{name}.md", 0))
    assert runner.failures == 0


def test_the_workflow_and_the_hooks_of_the_guide_do_what_they_should(tmp_path):
    workflow, hooks = map(yaml.safe_load, blocks(TEXTS["pull_requests"], "yaml"))
    (claims,) = (block for block in blocks(TEXTS["pull_requests"], "python") if block.startswith("# layer.claims"))
    tmp_path.joinpath("layer.claims").write_text(claims, encoding="utf-8")
    (mine,) = (block for block in blocks(README, "python") if block.startswith("# mine.py"))
    tmp_path.joinpath("mine.py").write_text(mine, encoding="utf-8")
    steps = [shlex.split(step.get("run", "")) for step in workflow["jobs"]["gradients"]["steps"]]
    ran = [commands.run(*step[1:], cwd=tmp_path) for step in steps if step[:1] == ["cnn-symbolic"]]
    assert [(one.returncode, one.stdout.count("::error file=")) for one in ran] == [(1, 1), (1, 1)]
    known = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    for hook in hooks["repos"][0]["hooks"]:
        command = [*shlex.split(known[hook["id"]]["entry"])[1:], *hook.get("args", ["layer.claims"])]
        assert commands.run(*command, cwd=tmp_path).returncode == 1


def test_links_lead_somewhere():
    for name, text in TEXTS.items():
        folder = ROOT if name == "README" else GUIDE
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            assert target.startswith("https://") or folder.joinpath(target).exists(), (name, target)


def test_the_readme_and_the_command_name_every_page(capsys):
    pages = {path.stem for path in GUIDE.glob("*.md")}
    assert set(re.findall(r"cnn_symbolic/guide/(\w+)\.md", README)) == pages
    shown = commands.run("guide").stdout
    assert all(f"\n{name} " in shown for name in pages)
    for name in pages:
        assert commands.run("guide", name).stdout == TEXTS[name]
    wrong = commands.run("guide", "trst")
    assert (wrong.returncode, "no page trst: did you mean trust?" in wrong.stderr) == (2, True)


def test_a_page_is_rendered_on_a_terminal():
    console = Console(file=StringIO(), width=80, force_terminal=True)
    for name in TEXTS:
        console.print(rendered(TEXTS[name]))
    shown = re.sub(r"\x1b\[[\d;]*m", "", console.file.getvalue())
    assert "How it is attacked" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_functions_that_are_read_are_all_named():
    from cnn_symbolic.code import reading  # noqa: F401 - it fills the table
    from cnn_symbolic.code.rows.table import TABLE
    from tests.code.test_rows import REFUSING

    written = {"numpy.": "np.", "ndarray.": ".", "builtins.": ""}
    only_refused = {name for name in REFUSING.values() if name.rpartition(".")[2] not in ("max", "amax", "argmax")}
    known = {name for name in TABLE if ".signaltools." not in name} - only_refused
    listed = TEXTS["layer"].partition("these functions:\n")[2].partition("\nThe rest is refused")[0]
    assert sorted(re.findall(r"`(.+?)`", listed)) == sorted(
        re.sub(r"^(numpy|ndarray|builtins)\.", lambda found: written[found[0]], name) for name in known
    )


def test_the_comparison_can_fail():
    assert matches("a\n...\nb 3 ms", "a\nx\ny\nb  27 ms")
    assert not matches("a\n...\nb", "a\nx")
    assert not matches("a", "b")


def test_continuous_integration_runs_the_readmes_own_commands():
    main_job, tests = blocks(README, "sh")[:2]
    assert main_job.endswith("cnn-symbolic prove\n")
    assert tests.endswith("-m pytest\n")
    script = ROOT.joinpath(".ci/run").read_text(encoding="utf-8")
    assert 'bash -c "$(readme_command 1)"' in script
    assert 'bash -c "$(readme_command 2)"' in script


def test_every_field_of_the_document_and_every_operation_is_named():
    import cnn_symbolic
    from cnn_symbolic.ground.names import HOMES
    from cnn_symbolic.kernel.trusted.verdicts import Reason
    from cnn_symbolic.library.loading import select
    from cnn_symbolic.present.document import document
    from cnn_symbolic.tensors.operation import RECORDS
    from tests.support.settled import value

    (claim,) = document([value(one) for one in select(["feature_map_forward"])])["claims"]
    missing = [name for name in [*claim, *sorted(RECORDS.keys() & HOMES)] if f"`{name}`" not in EVERYTHING]
    assert missing == []
    flat = " ".join(EVERYTHING.split())
    assert [reason for reason in Reason if reason.split(" in the sizes")[0] not in flat] == []
    assert cnn_symbolic.__version__ in ROOT.joinpath("CITATION.cff").read_text(encoding="utf-8")
