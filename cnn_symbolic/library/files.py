"""Derivation files: where the bundled ones lie, in which order they come, and texts of claims."""

from __future__ import annotations

import errno
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from cnn_symbolic.ground.errors import DerivationFileError
from cnn_symbolic.ground.files import decoded
from cnn_symbolic.library.article import SECTIONS

# The folders of the bundled derivations: the article's sections, then the convolutions that people use.
GROUPS = SECTIONS | {
    "shape_laws": "Shape laws",
    "convolution": "Convolutions with stride, padding, dilation and groups",
    "transposed_convolution": "Transposed convolutions",
    "unfolding": "Unfold and fold",
    "pooling": "Pooling and upsampling",
    "rewriting": "Convolutions written as others",
}
# More than any text of claims has, whose characters are counted where it is read.
MOST_BYTES = 100_000


def bundled_folder() -> Path:
    """Return the folder of the bundled derivations: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "derivations", package.parent / "derivations"):
        if folder.is_dir():
            return folder
    raise DerivationFileError("the bundled derivations are missing: install cnn-symbolic again")


def derivation_files(folder: Path) -> list[Path]:
    """Return the Python files of a folder and the folders in it, the bundled groups in their order."""
    sections = list(GROUPS)

    def place(file: Path) -> tuple[int, Path]:
        name = file.parent.name
        return (sections.index(name) if name in sections else len(sections), file)

    return sorted(visible_files(folder, ".py"), key=place)


def visible_files(folder: Path, suffix: str) -> list[Path]:
    """Return what a folder and the folders in it have whose name ends so, but for what begins with _ or a dot."""
    hidden = ("_", ".")
    inside = folder.rglob(f"*{suffix}")
    return sorted(file for file in inside if not any(p.startswith(hidden) for p in file.relative_to(folder).parts))


def read_text(path: Path) -> str:
    """Return the text of a file, or of standard input for `-`, of which no more is read than a text of claims has.

    Raises DerivationFileError if it is not there, too long, or no text.
    """
    try:
        with nullcontext(standard_input()) if str(path) == "-" else path.open("rb") as file:
            found = file.read(MOST_BYTES + 1)
        if len(found) > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES} bytes")
        return decoded(found)
    except (OSError, ValueError) as error:
        where = "standard input" if str(path) == "-" else path
        raise DerivationFileError(f"{where} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def standard_input() -> BinaryIO:
    """Return standard input; raise OSError if it is closed."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer
