"""Sets labels: where each letter of them stands, and how much room they take, by the outlines of the letters.

Pictures are drawn with these outlines, which are KaTeX's, so that they are the same wherever they are shown, whatever
fonts there are. Lengths are in cells, as in scenes; `y` runs downwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.present.figures.labels import Label, Quotient, Symbol

SCRIPT, FRACTION = 0.68, 0.9  # the size of sub- and superscripts, and of what stands above and below a bar
AXIS = 0.27  # how high above the foot of the letters the middle of a line is: where bars and signs are
RAISED, LOWERED, BAR_GAP, OVERHANG = 0.46, 0.24, 0.13, 0.05
SPACES = dict.fromkeys("+−=⋆∗⊙→", 0.2) | {"·": 0.05, ",": 0.06}
Rectangle = tuple[float, float, float, float]
DRAWN_AS = {"·": "⋅", "’": "′"}


@dataclass(frozen=True)
class GlyphOutline:
    """The outline of a letter, in thousandths of its size: how far the next one is, its box, and its path."""

    advance: int
    left: int
    top: int
    right: int
    bottom: int
    path: str


@cache
def outlines() -> dict[tuple[str, str], GlyphOutline]:
    """Return the outlines by style and letter."""
    read = json.loads((files("cnn_symbolic") / "present/figures/glyphs.json").read_text(encoding="utf-8"))
    return {(style, letter): GlyphOutline(*one) for style in ("roman", "italic") for letter, one in read[style].items()}


@dataclass(frozen=True)
class Ink:
    """A letter, by its style and itself, or a bar without one: where it starts, and its size or width."""

    x: float
    y: float
    size: float
    style: str = ""
    letter: str = ""

    @property
    def box(self) -> Rectangle:
        """Left, top, right and bottom."""
        if not self.letter:
            return (self.x, self.y - 0.015, self.x + self.size, self.y + 0.015)
        of, k = outlines()[self.style, self.letter], self.size / 1000
        return (self.x + of.left * k, self.y + of.top * k, self.x + of.right * k, self.y + of.bottom * k)


@dataclass(frozen=True)
class SetLabel:
    """The letters of a label, its middle line at 0, and its width."""

    inks: tuple[Ink, ...]
    width: float

    def moved(self, x: float, y: float) -> SetLabel:
        """Return the label, moved."""
        return replace(self, inks=tuple(replace(ink, x=ink.x + x, y=ink.y + y) for ink in self.inks))

    @property
    def top(self) -> float:
        """The upper end of its letters."""
        return min((ink.box[1] for ink in self.inks), default=0.0)

    @property
    def bottom(self) -> float:
        """The lower end of its letters."""
        return max((ink.box[3] for ink in self.inks), default=0.0)


def set_label(label: Label, size: float) -> SetLabel:
    """Return a label with letters of the given size, its left end and its middle line at 0.

    Raises OperandError for a letter that pictures have no outline of.
    """
    return beside([quotient(part, size) if isinstance(part, Quotient) else symbol(part, size) for part in label])


def measure(label: Label, size: float = 1.0) -> float:
    """Return how wide a label is, with letters of the given size."""
    return set_label(label, size).width


def beside(parts: Iterable[SetLabel]) -> SetLabel:
    """Return labels one behind the other."""
    inks, width = list[Ink](), 0.0
    for part in parts:
        inks += part.moved(width, 0).inks
        width += part.width
    return SetLabel(tuple(inks), width)


def symbol(part: Symbol, size: float) -> SetLabel:
    """Return a symbol with what stands below and above on its right."""
    base = letters(part.text, "italic" if part.style == "italic" else "roman", size, part.style != "words")
    below, above = (set_label(label, size * SCRIPT) for label in (part.below, part.above))
    inks = (
        *base.inks,
        *below.moved(base.width, size * LOWERED).inks,
        *above.moved(base.width, -size * RAISED).inks,
    )
    return SetLabel(inks, base.width + max(below.width, above.width))


def letters(text: str, style: str, size: float, spaced: bool) -> SetLabel:
    """Return letters in a row, with space around signs; a letter without an italic outline is upright."""
    inks, x = list[Ink](), 0.0
    for letter in text:
        drawn, room = DRAWN_AS.get(letter, letter), SPACES.get(letter, 0) * size if spaced else 0
        if letter in " \xa0":
            x += 0.3 * size
            continue
        found = style if (style, drawn) in outlines() else "roman" if ("roman", drawn) in outlines() else "italic"
        if (found, drawn) not in outlines():
            raise OperandError(f"a picture has letters of mathematics, and {letter!r} is none of them")
        x += room if letter != "," else 0
        raised, scale = (RAISED, SCRIPT) if drawn == "′" else (0, 1)
        inks.append(Ink(x, size * (AXIS - raised), size * scale, found, drawn))
        x += outlines()[found, drawn].advance * size * scale / 1000 + room
    return SetLabel(tuple(inks), x)


def quotient(part: Quotient, size: float) -> SetLabel:
    """Return a fraction, its bar on the middle line."""
    small, gap = size * FRACTION, size * BAR_GAP
    top, bottom = set_label(part.top, small), set_label(part.bottom, small)
    wide = max(top.width, bottom.width) + 2 * OVERHANG * size
    above = top.moved((wide - top.width) / 2, -gap - top.bottom)
    under = bottom.moved((wide - bottom.width) / 2, gap - bottom.top)
    margin = OVERHANG * size
    return beside(
        [SetLabel((), margin), SetLabel((Ink(0, 0, wide), *above.inks, *under.inks), wide), SetLabel((), margin)]
    )


@dataclass(frozen=True)
class PlacedLabel:
    """A label with its middle at a point, the size of its letters, and whether it is of less weight."""

    label: Label
    x: float
    y: float
    size: float
    muted: bool = False

    @property
    def set(self) -> SetLabel:
        """The label where it stands."""
        made = set_label(self.label, self.size)
        return made.moved(self.x - made.width / 2, self.y)


def within(label: Label, room: Rectangle, size: float, muted: bool = False) -> PlacedLabel:
    """Return a label in the middle of a room, given by its left, top, width and height; smaller where it has to be.

    Its middle line is that of the room, unless its letters would leave the room above or below.
    """
    left, top, width, height = room
    made = set_label(label, size)
    scale = min(1.0, width / (made.width or 1), height / ((made.bottom - made.top) or 1))
    y = min(max(top + height / 2, top - scale * made.top), top + height - scale * made.bottom)
    return PlacedLabel(label, left + width / 2, y, size * scale, muted)
