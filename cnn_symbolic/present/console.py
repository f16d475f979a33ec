"""The console, and the tables of what is known without a decision: these need no SymPy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from cnn_symbolic.library.article import ERRATA
from cnn_symbolic.library.index import ListedClaim
from cnn_symbolic.present.content.words import in_words

__all__ = ["MARKS", "errata_table", "listing", "make_console", "pages", "rendered"]

MARKS = {True: ("✓", "green"), False: ("✗", "bold red")}


def make_console(stderr: bool = False) -> Console:
    """Return a console: colours on a terminal only, honouring NO_COLOR; 100 columns where nothing says how many."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        wide = int(columns) if (columns := os.environ.get("COLUMNS", "")).isdigit() and int(columns) else 100
        return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=wide, color_system=None)
    return console


def listing(rows: Sequence[ListedClaim]) -> Table:
    """Return the table of `list`: id, what the file says, title."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in ("Id", "Stated as", "Claim"):
        table.add_column(name, overflow="fold", no_wrap=name == "Id")
    for row in rows:
        table.add_row(row.id, in_words(row.expected), row.title)
    return table


def errata_table() -> Table:
    """Return the article's errata, with the corrections."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in ("Where", "Printed", "Correct", "Why"):
        table.add_column(name, overflow="fold")
    for erratum in ERRATA:
        table.add_row(erratum.where, erratum.printed, erratum.correct, erratum.why)
    return table


def pages(titles: Mapping[str, str]) -> Table:
    """Return the table of the pages of the guide."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("Page", no_wrap=True)
    table.add_column("About", overflow="fold")
    for name, title in titles.items():
        table.add_row(name, title)
    return table


def rendered(text: str) -> Markdown:
    """Return a page of the guide as it is read on a terminal."""
    return Markdown(text, hyperlinks=False)
