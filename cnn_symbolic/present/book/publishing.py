"""Writes a book to a folder: as LaTeX, as PDF where there is a TeX, and as HTML; or a single claim of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from cnn_symbolic.ground.errors import ExportError, MissingPackageError
from cnn_symbolic.ground.files import write
from cnn_symbolic.present.book.html import html_book, html_fragment
from cnn_symbolic.present.book.latex import latex_book, latex_fragment
from cnn_symbolic.present.book.pdf import compile_pdf
from cnn_symbolic.present.content.contents import Book, BookEntry


def publish(book: Book, folder: Path, kinds: frozenset[str], warn: Callable[[str], None]) -> Iterator[Path]:
    """Write the book in the wanted kinds (of "latex", "pdf" and "html") and yield the files, each as it is there.

    Where no TeX is installed, the PDF is passed over with a warning; if nothing else is wanted, that is an error.
    """
    make(folder)
    if kinds & {"latex", "pdf"}:
        source = latex_book(book)
    if "latex" in kinds:
        yield written(folder / "book.tex", source)
    if "html" in kinds:
        yield written(folder / "book.html", html_book(book))
    if "pdf" in kinds:
        try:
            yield written(folder / "book.pdf", compile_pdf(source))
        except MissingPackageError as missing:
            if kinds == {"pdf"}:
                raise
            warn(f"no book.pdf: {missing}")


def publish_one(entry: BookEntry, folder: Path, kinds: frozenset[str]) -> Iterator[Path]:
    """Write one claim as fragments, for a paper and a page of one's own, and yield the files."""
    make(folder)
    name = entry.id.replace("/", "_")
    if "latex" in kinds:
        yield written(folder / f"{name}.tex", latex_fragment(entry))
    if "html" in kinds:
        yield written(folder / f"{name}.html", html_fragment(entry))


def make(folder: Path) -> None:
    """Make the folder, unless it is there; raise ExportError if that fails."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ExportError(f"{folder} cannot be made: {error.strerror or error}") from error


def written(path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all, and return its path."""
    write(path, content)
    return path
