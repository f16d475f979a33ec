"""Writes a book to a folder: as LaTeX, as PDF where there is a TeX, and as HTML; or a single claim of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cnn_symbolic.ground.errors import MissingPackageError
from cnn_symbolic.ground.files import check_folder, check_target, make_folder, write
from cnn_symbolic.present.book.html import html_book, html_fragment
from cnn_symbolic.present.book.latex import latex_book, latex_fragment
from cnn_symbolic.present.book.pdf import compile_pdf
from cnn_symbolic.present.content.contents import Book, BookEntry


def publish(book: Book, folder: Path, kinds: frozenset[str], warn: Callable[[str], None]) -> Iterator[Path]:
    """Write the book in the wanted kinds (of "latex", "pdf" and "html") and yield the files, each as it is there.

    Where no TeX is installed, the PDF is passed over with a warning; if nothing else is wanted, that is an error.
    """
    make_folder(folder)
    made = files(folder)
    if kinds & {"latex", "pdf"}:
        source = latex_book(book)
    if "latex" in kinds:
        yield written(made["latex"], source)
    if "html" in kinds:
        yield written(made["html"], html_book(book))
    if "pdf" in kinds:
        try:
            yield written(made["pdf"], compile_pdf(source))
        except MissingPackageError as missing:
            if kinds == {"pdf"}:
                raise
            warn(f"no book.pdf: {missing}")


def publish_one(entry: BookEntry, folder: Path, kinds: frozenset[str]) -> Iterator[Path]:
    """Write one claim as fragments, for a paper and a page of one's own, and yield the files."""
    make_folder(folder)
    made = files(folder, entry.id)
    if "latex" in kinds:
        yield written(made["latex"], latex_fragment(entry))
    if "html" in kinds:
        yield written(made["html"], html_fragment(entry))


def files(folder: Path, name: str = "book") -> dict[str, Path]:
    """Return the file of each kind."""
    endings = {"latex": "tex", "html": "html", "pdf": "pdf"}
    return {kind: folder / f"{name.replace('/', '_')}.{ending}" for kind, ending in endings.items()}


def check_files(files: Mapping[str, Path], kinds: frozenset[str]) -> None:
    """Raise ExportError if files of the wanted kinds cannot be written, as far as that can be seen before."""
    for kind in kinds:
        check_folder(files[kind].parent)
        if files[kind].parent.is_dir():
            check_target(files[kind])


def written(path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all, and return its path."""
    write(path, content)
    return path
