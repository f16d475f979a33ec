"""What a derivation file says of itself in its docstring: a title, who wrote it and when, an introduction, pictures.

The first sentence is the title. Lines such as `Author: A. Person`, `Date: May 2026` and `Picture: overlay, shape 5x5,
stride 2` may stand anywhere below it, and everything else is the introduction, in paragraphs. The file is parsed for
that, never run.
"""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.library.loading import is_bundled
from cnn_symbolic.present.content.prose import tidy
from cnn_symbolic.present.figures.options import read_pair
from cnn_symbolic.present.figures.pictures import picture
from cnn_symbolic.present.figures.scene import Picture

FIELD = re.compile(r"(Author|Date|Picture):\s*(\S.*)")


@dataclass(frozen=True)
class Heading:
    """What stands at the head of a book, or of a chapter: texts, the pictures each with what it was asked for by."""

    title: str = ""
    author: str = ""
    date: str = ""
    introduction: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()

    def __or__(self, other: Heading) -> Heading:
        """Return the heading with what another one has in place of its own; the pictures are those of both."""
        return Heading(
            other.title or self.title,
            other.author or self.author,
            other.date or self.date,
            other.introduction or self.introduction,
            self.pictures + other.pictures,
        )


def heading_of(file: Path) -> Heading:
    """Return what a derivation file of the user's own says of itself; nothing of a text, or a bundled file."""
    with suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        if file.suffix == ".py" and not is_bundled(file):
            return read_heading(ast.get_docstring(ast.parse(file.read_bytes())) or "")
    return Heading()


def read_heading(text: str) -> Heading:
    """Return the heading that a docstring is.

    >>> read_heading("My layers.\\n\\nAuthor: A. Person\\n\\nThey are\\nmine.")
    Heading(title='My layers', author='A. Person', date='', introduction=('They are mine.',), pictures=())
    """
    found: dict[str, list[str]] = {"Author": [], "Date": [], "Picture": []}
    lines = []
    for line in text.splitlines():
        if match := FIELD.fullmatch(line.strip()):
            found[match[1]].append(tidy(match[2]))
        else:
            lines.append(line)
    first, *others = paragraphs("\n".join(lines)) or [""]
    title, *more = re.split(r"(?<=[.!?]) (?=[A-Z])", first, maxsplit=1)
    author, date = (", ".join(found[name]) for name in ("Author", "Date"))
    return Heading(title.removesuffix("."), author, date, (*more, *others), tuple(found["Picture"]))


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which stand apart by empty lines."""
    return [one for part in re.split(r"\n\s*\n", text) if (one := tidy(part))]


def read_picture(text: str) -> Picture:
    """Return the picture that is asked for as its name and its options: `overlay, shape 5x5, stride 2`.

    Raises OperandError or ShapeError, with the text, for what is no picture.
    """
    name, *given = (part.strip() for part in text.split(","))
    options = {}
    for one in given:
        key, _, value = one.replace("=", " ").partition(" ")
        if not value.strip():
            raise OperandError(
                f"the picture {text!r}: an option is a name and a value, such as stride 2; found {one!r}"
            )
        options[key.replace("-", "_")] = read_pair(value.strip(), f"the picture {text!r}: {key}")
    return picture(name, **options)
