"""Every command and output in the README is run, and must come out as it is printed there.

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
from pathlib import Path

from tests.support import commands

ROOT = Path(__file__).parent.parent
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.S | re.M)


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


def test_the_commands_print_what_the_readme_says(tmp_path):
    for block in blocks("python"):
        if found := re.match(r"# (\w+\.(?:py|txt))\n", block):
            tmp_path.joinpath(found.group(1)).write_text(block, encoding="utf-8")
    ran = 0
    for block in blocks("console"):
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
            ran += 1
            if " certify " in command and shutil.which("coqc") is None:
                continue
            if command.startswith("cnn-symbolic ") and not re.search("[|<>&;]", command):
                done = commands.run(*shlex.split(command)[1:], cwd=tmp_path)
            else:
                done = in_a_shell(command, tmp_path)
            assert done.stderr == "", command
            assert matches(expected, done.stdout), f"{command} prints\n{done.stdout}"
    assert ran == 19


def test_the_sessions_in_the_readme_are_right():
    sessions = [block for block in blocks("python") if block.startswith(">>>")]
    assert sessions
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for session in sessions:
        runner.run(parser.get_doctest(session, {}, "README.md", "README.md", 0))
    assert runner.failures == 0


def test_the_comparison_can_fail():
    assert matches("a\n...\nb 3 ms", "a\nx\ny\nb  27 ms")
    assert not matches("a\n...\nb", "a\nx")
    assert not matches("a", "b")


def test_continuous_integration_runs_the_readmes_own_commands():
    main_job, tests = blocks("sh")[:2]
    assert main_job.endswith("cnn-symbolic prove\n")
    assert tests.endswith("-m pytest\n")
    script = ROOT.joinpath(".ci/run").read_text(encoding="utf-8")
    assert 'bash -c "$(readme_command 1)"' in script
    assert 'bash -c "$(readme_command 2)"' in script


def test_every_field_of_the_document_and_every_operation_is_named_in_the_readme():
    import cnn_symbolic
    from cnn_symbolic.kernel.trusted.verdicts import Reason
    from cnn_symbolic.library.loading import select
    from cnn_symbolic.present.document import document
    from cnn_symbolic.tensors.operations.basic import __all__ as operations
    from cnn_symbolic.tensors.operations.stacking import __all__ as families
    from tests.support.settled import value

    (claim,) = document([value(one) for one in select(["feature_map_forward"])])["claims"]
    missing = [name for name in [*claim, *operations, *families] if f"`{name}`" not in README]
    assert missing == []
    flat = " ".join(README.split())
    assert [reason for reason in Reason if reason.split(" in the sizes")[0] not in flat] == []
    assert cnn_symbolic.__version__ in ROOT.joinpath("CITATION.cff").read_text(encoding="utf-8")
