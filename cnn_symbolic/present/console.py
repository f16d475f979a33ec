"""The console, and the tables of what is known without a decision: these need no SymPy."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cnn_symbolic.ground.printable import plainly, printable
from cnn_symbolic.library.article import ERRATA
from cnn_symbolic.library.index import ListedClaim
from cnn_symbolic.present.content.words import in_words

MARKS = {True: ("✓", "green"), False: ("✗", "bold red")}
# What text on a terminal has that is not drawn; rich writes spaces for tabs.
KEPT = "\n\t"
BLANKS = re.compile(r" +$", re.MULTILINE)


def shown(text: str) -> str:
    """Return a text as it is drawn, which is how wide it is: as standard output has it."""
    return plainly(printable(text, KEPT))


class Styled(Text):
    """A text with styles, with an escape in place of what is not drawn."""

    def __init__(self, text: str = "", *styles: Any, **options: Any) -> None:
        super().__init__(shown(text), *styles, **options)

    def append(self, text: Text | str, style: Any = None) -> Text:
        """Add a text, or one with styles of its own."""
        return super().append(text if isinstance(text, Text) else shown(text), style)


class PrintingConsole(Console):
    """A console on which a text is shown as it is, with an escape in place of what is not drawn.

    Away from a terminal, lines end without blanks.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """Print some objects."""
        if self.is_terminal:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        super().print(BLANKS.sub("", captured.get()), end="", soft_wrap=True)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text that stands in a table, or is printed by itself."""
        return super().render_str(shown(text), **options)


def make_console(stderr: bool = False) -> Console:
    """Return a console: colours on a terminal only, honouring NO_COLOR; 100 columns where nothing says how many."""
    console = PrintingConsole(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        wide = int(columns) if (columns := os.environ.get("COLUMNS", "")).isdigit() and int(columns) else 100
        return PrintingConsole(stderr=stderr, highlight=False, markup=False, emoji=False, width=wide, color_system=None)
    return console


def as_text(view: RenderableType, columns: int = 100) -> str:
    """Return what a console of so many columns prints, without colours and blanks at the ends of lines."""
    printed = StringIO()
    console = PrintingConsole(
        file=printed, width=columns, force_jupyter=False, color_system=None, highlight=False, markup=False, emoji=False
    )
    console.print(view)
    return "\n".join(line.rstrip() for line in printed.getvalue().splitlines()).strip()


def plain_table(*names: str, whole: str = "", ratios: Mapping[str, int] | None = None) -> Table:
    """Return a table without lines that has these columns and no rows; `whole` names one that is never wrapped.

    With `ratios`, it is as wide as the console, and these columns share what the others leave.
    """
    shares = ratios or {}
    table = Table(box=None, expand=bool(shares), padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name == whole, ratio=shares.get(name))
    if names[-1] == "Time":
        table.columns[-1].justify, table.columns[-1].min_width = "right", 8
    return table


def listing(rows: Sequence[ListedClaim]) -> Table:
    """Return the table of `list`: id, what the file says, title."""
    table = plain_table("Id", "Stated as", "Claim", whole="Id")
    for row in rows:
        table.add_row(printable(row.id), in_words(row.expected), printable(row.title))
    return table


def errata_table() -> Table:
    """Return the article's errata, with the corrections."""
    table = plain_table("Where", "Printed", "Correct", "Why")
    for erratum in ERRATA:
        table.add_row(erratum.where, erratum.printed, erratum.correct, erratum.why)
    return table


def pages(titles: Mapping[str, str]) -> Table:
    """Return the table of the pages of the guide."""
    table = plain_table("Page", "About", whole="Page")
    for name, title in titles.items():
        table.add_row(name, title)
    return table


def rendered(text: str) -> RenderableType:
    """Return a page of the guide as it is read on a terminal."""
    from rich.markdown import Markdown  # what it loads takes time, and only pages of the guide need it

    return Markdown(text, hyperlinks=False)
