"""Texts of Coq, line by line, in both documents: a line that is too long is broken, and goes on further right."""

from __future__ import annotations

import re

from markupsafe import Markup

from cnn_symbolic.notation.latex import SPECIAL, escape

DEEPEST = 12
LONGEST, PIECE = 24, 8
# What has a meaning in LaTeX, by its number, and what fonts would join to other signs.
CHARACTERS = {c: rf"{{\char{ord(c)}}}" for c in SPECIAL} | {c: f"{{{c}}}" for c in '-<>,"'}
CHARACTERS |= {"'": r"{\textquotesingle}", "`": r"{\textasciigrave}"}
BREAK = r"\cnnbreak "


def latex_listing(text: str) -> str:
    """Return a text as a listing of LaTeX, which `certificates.tex` sets."""
    return "\n".join([r"\cnnlisting{%", *map(latex_line, lines(text)), "}"])


def latex_line(line: str) -> str:
    """Return one line, with how far it is indented."""
    if not line.strip():
        return r"\cnnblank"
    written = [verbatim(part) if part.strip() else blanks(part) for part in re.split("( +)", line.strip())]
    return rf"\cnnline{{{depth(line)}}}{{{''.join(written)}}}"


def blanks(run: str) -> str:
    """Return blanks between words."""
    return " " if len(run) == 1 else r"\ " * len(run)


def verbatim(word: str) -> str:
    """Return a word as it is, which may be broken if it is long."""
    return broken(["".join(CHARACTERS.get(c, c) for c in piece) for piece in pieces(word)])


def latex_words(text: str) -> str:
    """Return a sentence, the long words of which may be broken."""
    return " ".join(broken([escape(piece) for piece in pieces(word)]) for word in text.split())


def pieces(word: str) -> list[str]:
    """Return the pieces of a word that it may be broken into: one, unless it is long."""
    return [word] if len(word) <= LONGEST else [word[k : k + PIECE] for k in range(0, len(word), PIECE)]


def broken(written: list[str]) -> str:
    """Return pieces of LaTeX with the places between them at which they may be broken."""
    return BREAK.join(written)


def html_listing(text: str) -> Markup:
    """Return a text as an element of HTML."""
    row = Markup('<span style="--deep: {}">{}\n</span>')
    return Markup('<pre tabindex="0">{}</pre>').format(
        Markup("").join(row.format(depth(line), line) for line in lines(text))
    )


def lines(text: str) -> list[str]:
    """Return the lines of a text, without blanks at their ends."""
    return [line.rstrip() for line in text.expandtabs().strip("\n").split("\n")]


def depth(line: str) -> int:
    """Return how many blanks a line starts with, as far as that is shown."""
    return min(len(line) - len(line.lstrip()), DEEPEST)
