"""Sentences and formulas as HTML: formulas as MathML, in pieces that a browser sets one behind the other in lines."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from cnn_symbolic.notation.breaking import Part, Piece, parts, width
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.layout import Layout, Sign, row
from cnn_symbolic.notation.mathml import mathml
from cnn_symbolic.present.content.prose import Code, Formula, Prose

WIDEST_INLINE = 16.0
LONG_NAME = 15
WITHIN_NAME = re.compile(r"(?<=\w[._(])(?=\w)")
LONG = Markup('<span class="long">{}</span>')
BREAK = Markup("<wbr/>")
OPENING = re.compile(r"[(\[„“‘]+$")
CLOSING = re.compile(r"^[.,;:!?)\]’”]+")


def inline(prose: Prose) -> Markup:
    """Return a sentence: its text escaped, its formulas as MathML, together with the punctuation next to them."""
    made: list[Markup] = []
    texts = [part if isinstance(part, str) else "" for part in prose]
    for k, part in enumerate(prose):
        if isinstance(part, Code):
            made.append(Markup("<code>{}</code>").format(words(part.text)))
        elif isinstance(part, Formula):
            before = OPENING.search(texts[k - 1]) if k else None
            after = CLOSING.search(texts[k + 1]) if k + 1 < len(prose) else None
            made.append(inline_formula(part.layout, before.group() if before else "", after.group() if after else ""))
        else:
            text = CLOSING.sub("", part) if k and isinstance(prose[k - 1], Formula) else part
            text = OPENING.sub("", text) if k + 1 < len(prose) and isinstance(prose[k + 1], Formula) else text
            made.append(words(text))
    return Markup("").join(made)


def words(text: str) -> Markup:
    """Return a text; a program's name that is long may be broken at its dots and underscores."""
    return Markup("").join(
        BREAK.join(map(escape, WITHIN_NAME.split(word))) if len(word) > LONG_NAME else escape(word)
        for word in re.split(r"(\s+)", text)
    )


def inline_formula(x: Layout, before: str = "", after: str = "") -> Markup:
    """Return a formula within a sentence, with the punctuation that stays on a line with it."""
    pieces = list(flat(parts(x, WIDEST_INLINE)))
    made = [
        LONG.format(element(piece, display=False)) if width(piece.layout) > WIDEST_INLINE else element(piece, False)
        for piece in pieces
    ]
    if before:
        made[0] = kept(escape(before) + made[0])
    if after:
        made[-1] = kept(made[-1] + escape(after))
    return BREAK.join(made)


def named(x: Layout) -> Layout:
    """Return a name with the sign behind it that stands before its value."""
    return row(x, Sign("="))


def formula_html(x: Layout) -> Markup:
    """Return a displayed formula that is broken into lines where it has to be; its LaTeX is in `data-tex`."""
    whole = parts(x)
    return Markup('<div class="formula" data-tex="{}">{}</div>').format(latex(x), nested(whole, 0))


def nested(part: Part, depth: int) -> Markup:
    """Return a part: on a line of its own if it fits there, else in several lines, indented but the first."""
    if isinstance(part, Piece):
        return element(part, display=True)
    inner = BREAK.join(nested(p, depth + 1) for p in part)
    return Markup('<span class="part"><span>{}</span></span>').format(inner) if 0 < depth < 3 else inner


def flat(part: Part) -> list[Piece]:
    """Return the pieces of a part."""
    return [part] if isinstance(part, Piece) else [piece for p in part for piece in flat(p)]


def element(piece: Piece, display: bool) -> Markup:
    """Return a piece as MathML."""
    return Markup(mathml(piece.layout, display, piece.continued))  # noqa: S704 - serialised XML


def kept(markup: Markup) -> Markup:
    """Return markup that is not broken into lines."""
    return Markup('<span class="kept">{}</span>').format(markup)
