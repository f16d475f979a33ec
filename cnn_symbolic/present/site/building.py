"""Makes the site of its pages: Sphinx reads them in a process of its own, and what it made becomes a folder as a whole.

A folder that is there is replaced if it is such a site, and nothing else is in it: the site lists its own files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from cnn_symbolic.ground.ending import uninterrupted
from cnn_symbolic.ground.errors import ExportError, MissingPackageError
from cnn_symbolic.ground.files import check_folder, explained, followed, temporary_folder

# What the site is made with, by the names that they are imported by; the file that lists those of the site.
NEEDED = ("sphinx", "myst_nb", "furo")
LIST = "cnn-symbolic-site.txt"
MOST_SECONDS = 1800


def check_packages() -> None:
    """Raise MissingPackageError unless all is installed that the site is made with."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise MissingPackageError(
            f"the site is made with {', '.join(missing)}, not installed: python -m pip install 'cnn-symbolic[docs]'"
        )


def check_site(folder: Path) -> None:
    """Raise ExportError if a site cannot be written to a folder: it is neither new, nor empty, nor a site alone."""
    check_folder(folder, parents=True)
    inside = files_in(folder)
    if not inside:
        return
    if LIST not in inside:
        raise ExportError(f"{folder} is there, and no site of this guide: choose a folder that is new, or empty")
    own = {LIST, *folder.joinpath(LIST).read_text(encoding="utf-8").splitlines()}
    if others := sorted(inside - own):
        raise ExportError(f"{folder} has files that are not of the site, such as {others[0]}: move them away first")


def files_in(folder: Path) -> set[str]:
    """Return the paths of all files in a folder, with those of the folders in it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


def build(pages: Mapping[str, str], folder: Path, warn: Callable[[str], None]) -> None:
    """Write the site of these pages to a folder, whole or not at all.

    What Sphinx warns of is passed on. Raises MissingPackageError without Sphinx, and ExportError where it fails, or
    where the folder is no site.
    """
    check_site(folder)
    check_packages()
    with temporary_folder() as work:
        source, made = work / "source", work / "made"
        for name, text in pages.items():
            file = source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        run_sphinx(source, made, warn)
        made.joinpath(LIST).write_text("\n".join(sorted(files_in(made))) + "\n", encoding="utf-8")
        check_site(folder)
        with explained(folder, "written"):
            put(made, followed(folder))


def run_sphinx(source: Path, made: Path, warn: Callable[[str], None]) -> None:
    """Have Sphinx make HTML of a folder of pages."""
    warnings = made.with_name("warnings.txt")
    command = [
        sys.executable, "-m", "sphinx", "--builder", "html", "--quiet", "--no-color", "--jobs", "auto",
        "--warning-file", str(warnings), "--conf-dir", str(Path(__file__).parent),
        "--doctree-dir", str(made.with_name("read")), str(source), str(made),
    ]  # fmt: skip
    paths = [str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments that are all ours, and no shell
            command, env=environment, capture_output=True, encoding="utf-8", timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ExportError(f"Sphinx did not end within {MOST_SECONDS} s") from None
    if done.returncode:
        raise ExportError(f"Sphinx failed: {done.stderr.strip()[-2000:]}")
    for line in warnings.read_text(encoding="utf-8").splitlines():
        warn(line.replace(f"{source}{os.sep}", ""))


def put(made: Path, folder: Path) -> None:
    """Put a folder in the place of one that is there, if there is any."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    name = f".cnn-symbolic-{os.urandom(8).hex()}"
    new, old = folder.with_name(name), folder.with_name(f"{name}-before")
    with uninterrupted():
        try:
            shutil.copytree(made, new)
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        except BaseException:
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise
        finally:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
