"""What a formula looks like, in no language: tokens, rows, scripts, fractions, fences and tables.

Every writer has this tree alone to go by. Names stay as their authors wrote them, `a_prev`; `spelled` says what
they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

OPENING, CLOSING = "([⌊⌈⟨", ")]⌋⌉⟩"


@dataclass(frozen=True)
class Token:
    """A name, a number or a word.

    `kind` is "name" for a name as its author wrote it, "number", or how letters are set: "italic", "upright", "bold",
    "sans", "blackboard", "function" for the name of an operation, and "words".
    """

    text: str
    kind: str = "name"


@dataclass(frozen=True)
class Sign:
    """An operator, a relation, punctuation or a blank; a `tight` one has no space around it in a line of text.

    Of a bracket that stands alone, `size` is that of the fence that it belongs to.
    """

    text: str
    tight: bool = False
    size: str = ""


@dataclass(frozen=True)
class Row:
    """What stands side by side; no part is a row."""

    parts: tuple[Layout, ...]


@dataclass(frozen=True)
class Scripts:
    """A base with what stands below and above at its right, and primes: `x_{i}`, `a^{prev}`, a sum with its bounds."""

    base: Layout
    below: Layout | None = None
    above: Layout | None = None
    primes: int = 0


@dataclass(frozen=True)
class Ratio:
    """A fraction, a `small` one as high as a line of text."""

    top: Layout
    bottom: Layout
    small: bool = True


@dataclass(frozen=True)
class Fenced:
    """A formula in brackets: of the size of text, "big", "bigger", or "grown" as high as what they enclose.

    A "whole" one is Iverson's bracket, which is not broken into lines if it is short.
    """

    opening: str
    body: Layout
    closing: str
    size: str = ""


@dataclass(frozen=True)
class Table:
    """Formulas in rows and columns between parentheses, or as cases behind a brace."""

    rows: tuple[tuple[Layout, ...], ...]
    cases: bool = False


Layout = Token | Sign | Row | Scripts | Ratio | Fenced | Table


def parts_of(x: Layout) -> tuple[Layout, ...]:
    """Return what stands side by side in a formula."""
    return x.parts if isinstance(x, Row) else (x,)


def row(*parts: Layout) -> Layout:
    """Return formulas side by side, as one row."""
    flat = tuple(part for x in parts for part in parts_of(x))
    return flat[0] if len(flat) == 1 else Row(flat)


def name(text: str) -> Token:
    """Return a name."""
    return Token(text)


def sign(text: str) -> Sign:
    """Return a sign that has no space around it in a line of text."""
    return Sign(text, tight=True)


def integer(text: object) -> Layout:
    """Return a whole number."""
    written = str(text)
    digits = Token(written.lstrip("-"), "number")
    return row(sign("-"), digits) if written.startswith("-") else digits


def joined(parts: Iterable[Layout], by: Layout) -> Layout:
    """Return formulas with a sign between them."""
    return row(*(x for k, part in enumerate(parts) for x in ((by, part) if k else (part,))))


def listed(parts: Iterable[Layout]) -> Layout:
    """Return formulas in parentheses with commas between them."""
    return Fenced("(", joined(parts, Sign(",")), ")")


def enclosed(x: Layout) -> Fenced:
    """Return a formula in parentheses, larger ones around a sum with its bounds."""
    return Fenced("(", x, ")", "bigger" if has_sum(x) else "")


def has_sum(x: Layout) -> bool:
    """Tell whether there is the sign of a sum in a formula, at any depth."""
    if isinstance(x, Scripts):
        return any(part is not None and has_sum(part) for part in (x.base, x.below, x.above))
    if isinstance(x, Ratio):
        return has_sum(x.top) or has_sum(x.bottom)
    if isinstance(x, Fenced):
        return has_sum(x.body)
    if isinstance(x, Table):
        return any(has_sum(cell) for cells in x.rows for cell in cells)
    return any(map(has_sum, x.parts)) if isinstance(x, Row) else x == sign("∑")


def entry(tensor: Layout, index: Sequence[Layout]) -> Layout:
    """Return a tensor's entry; a quotient stands in parentheses."""
    seen = lowered(tensor)
    return Scripts(Fenced("(", seen, ")", "big") if isinstance(seen, Ratio) else tensor, joined(index, sign(",")))


def lowered(x: Layout) -> Layout:
    """Return a formula, a quotient as a small one."""
    seen = spelled(x.text) if isinstance(x, Token) and x.kind == "name" else x
    return Ratio(seen.top, seen.bottom) if isinstance(seen, Ratio) else x


def summation(below: Layout, above: Layout | None = None) -> Layout:
    """Return the sign of a sum with its bounds."""
    return Scripts(sign("∑"), below, above)


def spelled(text: str) -> Layout:
    """Return what a name looks like: `w12` and `x_1` with an index, `a_prev` with a superscript, ∂C/∂a a quotient."""
    if derivative := re.fullmatch("∂(.+)/∂(.+)", text):
        top, bottom = (row(sign("∂"), name(part)) for part in derivative.groups())
        return Ratio(top, bottom, small=False)
    bare = text.rstrip("′")
    head, _, tail = bare.partition("_")
    numbered = re.fullmatch(r"(\D)([0-9]+)", head)
    base = Token(numbered[1] if numbered else head, "italic")
    below = Token(numbered[2], "number") if numbered else None
    above: Layout | None = Token(tail, "upright") if tail else None
    if tail.isdecimal():
        base_with_index = Scripts(base, below) if below is not None else base
        return Scripts(base_with_index, Token(tail, "number"), None, len(text) - len(bare))
    if below is None and above is None and len(text) == len(bare):
        return base
    return Scripts(base, below, above, len(text) - len(bare))


def scripted(x: Scripts) -> Scripts:
    """Return scripts as they are set: below beside a superscript of the base, which a power puts in parentheses."""
    base = spelled(x.base.text) if isinstance(x.base, Token) and x.base.kind == "name" else x.base
    if isinstance(base, Scripts):
        base = scripted(base)
        if x.above is None and base.below is None and not x.primes:
            return Scripts(base.base, x.below, base.above, base.primes)
        if x.above is not None and base.above is not None:
            base = Fenced("(", base, ")")
        elif x.below is None and base.above is None:
            return Scripts(base.base, base.below, x.above, base.primes + x.primes)
    return Scripts(base, x.below, x.above, x.primes)


def matrix(array: Any) -> Layout:
    """Return an array of exact numbers as a matrix; beyond two axes, as a list of matrices."""
    if array.ndim == 0:
        return quotient(array[()])
    if array.ndim > 2:
        return Fenced("[", joined(map(matrix, array), Sign(",")), "]", "grown")
    rows = array.reshape((1, -1)) if array.ndim == 1 else array
    return Table(tuple(tuple(map(quotient, each)) for each in rows))


def quotient(value: object) -> Layout:
    """Return an exact number, a fraction on one line."""
    return joined(map(integer, str(value).split("/")), sign("/"))


def matched(parts: Iterable[Layout]) -> Layout:
    """Return a row in which brackets that belong together are fences."""
    done: list[list[Layout]] = [[]]
    for part in parts:
        at = part.base if isinstance(part, Scripts) else part
        if isinstance(part, Sign) and part.text in OPENING:
            done.append([part])
        elif isinstance(at, Sign) and at.text in CLOSING and done[-1][:1] == [sign(OPENING[CLOSING.index(at.text)])]:
            fence = Fenced(OPENING[CLOSING.index(at.text)], row(*done.pop()[1:]), at.text)
            done[-1].append(replace(part, base=fence) if isinstance(part, Scripts) else fence)
        else:
            done[-1].append(part)
    return row(*(part for each in done for part in each))
