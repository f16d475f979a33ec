"""The book of proofs as a page of HTML: one file that needs no network, no script and no other file.

Every text reaches the page escaped. The page is XML too, so that any XML parser can read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cnn_symbolic.ground.version import __version__
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.reading import read
from cnn_symbolic.present.book.formula_html import formula_html, inline, inline_formula, named
from cnn_symbolic.present.book.latex import text as sentence
from cnn_symbolic.present.content.contents import Book, BookEntry
from cnn_symbolic.present.content.listings import html_listing
from cnn_symbolic.present.content.prose import prose, tidy
from cnn_symbolic.present.content.words import in_words

KINDS = {"theorem": "Theorem", "refutation": "Refutation", "check": "Check", "holds": "Holds for literal values"}
# What the evidence of a claim means, in the order in which it is explained and offered as a filter.
STRENGTHS = {
    "all shapes": "proved for every size that satisfies the assumptions",
    "every factor": "proved for every size, and for every value of the strides, dilations and other factors named",
    "listed factors": "proved for every size, at the listed values of the factors",
    "fixed shape": "proved or computed exactly for the sizes in the claim",
    "identity": "functions that are equal, because their difference cancels",
    "literal values": "not proved: equal for every size at listed values of the factors, and where others were tried",
    "ran": "a check that somebody has written, which ran: it proves nothing",
    "refuted": "wrong, with numbers for which the two sides differ",
}
CONTRADICTED = {
    ("theorem", "refuted"): "Its file states that this formula is wrong; it is proved.",
    ("refutation", "proved"): "Its file states this formula as a theorem; it is refuted.",
    ("refutation", "holds"): "Its file states that this formula holds for literal values; it is refuted.",
}
RESERVED = ("def-", "chapter-", "article-", "show-", "page-")  # how the ids of the page itself begin


@dataclass(frozen=True)
class PagePlace:
    """Where an entry stands: its number, such as 2.3, and the id of its element."""

    number: str
    anchor: str


@cache
def environment() -> Environment:
    """Return the templates."""
    made = Environment(
        loader=PackageLoader("cnn_symbolic", "present/book/templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        autoescape=True,
    )
    made.globals |= {
        "contradicted": CONTRADICTED,
        "counted": counted,
        "formula_html": formula_html,
        "in_words": in_words,
        "inline": inline,
        "inline_formula": inline_formula,
        "kinds": KINDS,
        "listing": html_listing,
        "named": named,
        "prose": prose,
        "read": read,
        "slug": slug,
        "tex_source": tex_source,
    }
    made.filters["tidy"] = tidy
    return made


def html_book(book: Book) -> str:
    """Return the page."""
    entries = [entry for chapter in book.chapters for entry in chapter.entries]
    places = placed(book)
    strengths = Counter(entry.strength for entry in entries)
    unknown = {strength: "" for strength in strengths if strength not in STRENGTHS}
    return (
        environment()
        .get_template("book.html")
        .render(
            version=__version__,
            book=book,
            places=places,
            counts=Counter(entry.kind for entry in entries),
            strengths=[(s, meaning, strengths[s]) for s, meaning in (STRENGTHS | unknown).items() if strengths[s]],
            total=len(entries),
            defined=definition_anchors(book),
            definition_numbers={d.operation: f"1.{k}" for k, d in enumerate(book.definitions, start=1)},
            links=article_links(book),
            pictures=pictures(book),
        )
    )


def entry_html(entry: BookEntry, number: str = "", standalone: bool = False, **context: Any) -> Markup:
    """Return one entry: its statement, and its proof, its counterexample or what was found.

    `number` stands behind its kind, as in "Theorem 2.3"; a standalone entry links to nothing outside itself.
    """
    module = environment().get_template("entry.html").module
    place = context.get("place") or PagePlace(number, anchor(entry.id))
    render: Any = module.entry_article  # type: ignore[attr-defined]  # a macro of the template
    defined: Mapping[str, str] = {} if standalone else context.get("defined", {})
    return Markup(render(entry, place, defined, context.get("links", frozenset())))  # noqa: S704 - escaped by Jinja


def html_fragment(entry: BookEntry) -> str:
    """Return one entry to be pasted into another page, with its own style and without a script."""
    return (
        environment().get_template("fragment.html").render(entry=entry, place=PagePlace("", f"cnn-{anchor(entry.id)}"))
    )


def placed(book: Book) -> dict[str, PagePlace]:
    """Return the place of each entry; the notation is chapter 1. No id of an element is given twice."""
    taken: set[str] = set()
    places = {}
    for number, chapter in enumerate(book.chapters, start=2):
        for k, entry in enumerate(chapter.entries, start=1):
            name = unique(anchor(entry.id), taken)
            places[entry.id] = PagePlace(f"{number}.{k}", name)
            taken |= {name, f"{name}-title"}
    return places


def anchor(name: str) -> str:
    """Return a claim's id as the id of an element, which has the same form in a link to it."""
    written = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else f"-u{ord(c):x}-" for c in name)
    return written if written[:1].isalpha() and not written.startswith(RESERVED) else f"claim-{written}"


def unique(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken: the given one, or it with a number."""
    found, k = name, 1
    while found in taken or f"{found}-title" in taken:
        k += 1
        found = f"{name}-{k}"
    return found


def definition_anchors(book: Book) -> dict[str, str]:
    """Return the id of each operation's definition."""
    return {d.operation: f"def-{d.operation}" for d in book.definitions}


def article_links(book: Book) -> frozenset[str]:
    """Return the ids of the article's claims that the page has a table of."""
    return frozenset(one.id for one in book.article)


def pictures(book: Book) -> list[list[Any]]:
    """Return the pictures of each chapter; one that stands in two chapters is shown in the first."""
    shown: set[str] = set()
    found = []
    for chapter in book.chapters:
        found.append([picture for picture in chapter.pictures if picture.svg not in shown])
        shown |= {picture.svg for picture in chapter.pictures}
    return found


def counted(number: int, word: str) -> str:
    """Return a number of things."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def slug(text: str) -> str:
    """Return a word or two as part of a class name."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text).split()) or "other"


def tex_source(entry: BookEntry) -> str:
    """Return the LaTeX source of an entry's formulas: the statement, and the lines of the proof with their reasons."""
    return "\n\n".join(tex_displays(entry))


def tex_displays(entry: BookEntry) -> Iterator[str]:
    """Yield the displayed formulas of an entry as LaTeX."""
    if entry.statement:
        yield rf"\[ {latex(entry.statement)} \]"
    if entry.abbreviations:
        yield r"\[ " + r", \quad ".join(map(latex, entry.abbreviations)) + r" \]"
    if entry.rows:
        lines = [rf"& {latex(entry.rows[0].formula)}"]
        lines += [rf"={{}}& {latex(row.formula)} && \text{{{sentence(row.because)}}}" for row in entry.rows[1:]]
        yield "\n".join([r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}"])
    if entry.corrected:
        yield rf"\[ {latex(entry.corrected)} \]"
