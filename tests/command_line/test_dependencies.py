"""The lowest and the newest versions of all dependencies that are allowed: the main job, and every help."""

import re
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from cnn_symbolic.command_line.cli import application
from tests.support.commands import run
from tests.support.outside import UNREACHED, ran

COMMANDS = get_command(application()).commands
ROOT = Path(__file__).parents[2]
RESOLUTIONS = ["lowest-direct", "highest"]


def environment_at(folder, resolution, extra=""):
    """Make an environment with the project, not editable, and with its dependencies at these versions."""
    from uv import find_uv_bin

    made = ran(find_uv_bin(), "venv", "--python", sys.executable, folder)
    assert made.returncode == 0, made.stderr
    options = ["--python", folder, "--resolution", resolution, "--refresh-package", "cnn-symbolic"]
    made = ran(find_uv_bin(), "pip", "install", *options, f"{ROOT}{extra}")
    if made.returncode and UNREACHED.search(made.stderr):
        pytest.skip(f"no registry of packages is reached: {made.stderr.strip().splitlines()[-1]}")
    assert made.returncode == 0, made.stderr
    return folder / "bin"


@pytest.mark.slow
@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_the_main_job_is_done_with_every_allowed_version(resolution, tmp_path):
    programs = environment_at(tmp_path / "venv", resolution)
    proved = ran(programs / "cnn-symbolic", "prove", cwd=tmp_path, env={"XDG_CACHE_HOME": str(tmp_path)})
    assert (proved.returncode, proved.stderr) == (0, "")
    stated = re.search(r"(\d+) of (\d+) as stated", proved.stdout)
    assert int(stated[1]) == int(stated[2]) > 200
    for name in ["", *COMMANDS]:
        words = [name] if name else []
        shown = ran(programs / "cnn-symbolic", *words, "--help", cwd=tmp_path)
        assert (shown.returncode, shown.stderr) == (0, ""), name
        assert shown.stdout.startswith(" ".join(["Usage: cnn-symbolic", *words, "[OPTIONS]"]))
        assert shown.stdout == run(*words, "--help").stdout


@pytest.mark.slow
def test_tests_pass_with_the_lowest_versions(tmp_path):
    programs = environment_at(tmp_path / "venv", RESOLUTIONS[0], extra="[test]")
    chosen = [
        "tests/kernel/test_decide.py",
        "tests/command_line/test_helping.py",
        "tests/command_line/test_printing.py",
    ]
    tested = ran(programs / "python", "-m", "pytest", "-q", "-n", "0", *chosen, cwd=ROOT)
    assert tested.returncode == 0, tested.stdout
