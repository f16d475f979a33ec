"""What is handed on: the source distribution, the wheel, how both are described, and the container of the guide."""

import os
import re
import shutil
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from cnn_symbolic.ground.version import __version__
from cnn_symbolic.library.guide import page
from tests.support.outside import UNREACHED, ran

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text(encoding="utf-8"))["project"]
# What the sources have besides folders.
FILES = {
    ".gitignore",
    ".ci/run",
    ".pre-commit-hooks.yaml",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "README.md",
    "pyproject.toml",
}


def sources():
    """The files of the project, without what tools leave beside them, as paths from its folder."""
    folders = [ROOT / name for name in ("cnn_symbolic", "derivations", "tests")]
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    inside = {path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".pyc"}
    return FILES | {name for name in inside if not re.search(r"/\.|__pycache__|/certificates/.*\.(vo|glob)", name)}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A folder with the source distribution, unpacked, and the wheel."""
    from uv import find_uv_bin

    folder = tmp_path_factory.mktemp("packages")
    built = ran(find_uv_bin(), "build", "--python", sys.executable, "--out-dir", folder, ROOT)
    if built.returncode and UNREACHED.search(built.stderr):
        pytest.skip(f"no registry of packages is reached: {built.stderr.strip().splitlines()[-1]}")
    assert built.returncode == 0, built.stderr
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_the_version_is_the_same_everywhere():
    cited = re.findall(r"^version: (.+)$", ROOT.joinpath("CITATION.cff").read_text(encoding="utf-8"), re.M)
    assert [__version__] == cited == [PROJECT["version"]]


def test_no_address_is_named_that_nobody_answers_at():
    assert PROJECT["urls"].keys() == {"Article"}
    assert PROJECT["urls"]["Article"] in ROOT.joinpath("README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_source_distribution_is_complete_and_its_tests_run(packages):
    folder = packages / f"cnn_symbolic-{__version__}"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == sources() | {"PKG-INFO"}
    tests = [
        "tests/test_structure.py",
        "tests/test_readme.py::test_links_lead_somewhere",
        "tests/kernel/test_decide.py",
    ]
    tested = ran(sys.executable, "-m", "pytest", "-q", "-n", "0", *tests, cwd=folder, env={"PYTHONPATH": str(folder)})
    assert tested.returncode == 0, tested.stdout


@pytest.mark.slow
def test_the_wheel_has_what_is_run_and_no_links_to_what_it_has_not(packages):
    with zipfile.ZipFile(next(packages.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        described = Parser().parsestr(wheel.read(next(n for n in names if n.endswith("/METADATA"))).decode())
    package = {name for name in sources() if name.startswith("cnn_symbolic/")}
    derivations = {f"cnn_symbolic/{name}" for name in sources() if name.startswith("derivations/")}
    assert {name for name in names if not name.startswith(f"cnn_symbolic-{__version__}.dist-info/")} == (
        package | derivations
    )
    text = described.get_payload()
    assert "Is your backward pass right" in text
    assert [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("https://")] == []


@pytest.mark.slow
def test_the_container_of_the_guide_does_the_main_job(packages, tmp_path):
    """Its lines are done in a folder, since no registry of images is reached: all but those that make a user."""
    (block,) = re.findall(r"^```dockerfile\n(.*?)^```$", page("commands"), re.S | re.M)
    assert block.startswith("FROM python:3.13-slim\n")
    assert block.index("\nUSER user\n") < block.index("\nCOPY") < block.index("\nRUN python ")
    shutil.copytree(packages / f"cnn_symbolic-{__version__}", tmp_path / "source")
    python = Path(sys.executable).parent
    environment = {"HOME": str(tmp_path), "PATH": f"{python}{os.pathsep}{os.environ['PATH']}"}
    for line in re.findall(r"^RUN (python .*)$", block, re.M):
        done = ran("sh", "-c", line, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stderr
    (path,) = re.findall(r'^ENV PATH="(.*)"$', block, re.M)
    environment["PATH"] = path.replace("/home/user", str(tmp_path)).replace("$PATH", os.environ["PATH"])
    (program,), (argument,) = (re.findall(rf'^{word} \["(.*)"\]$', block, re.M) for word in ("ENTRYPOINT", "CMD"))
    done = ran("sh", "-c", f"exec {program} {argument}", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    stated = re.search(r"(\d+) of (\d+) as stated", done.stdout)
    assert int(stated[1]) == int(stated[2]) > 200
