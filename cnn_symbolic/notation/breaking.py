"""Where long formulas may be broken into lines: before relations, terms and factors, and within brackets.

Browsers do not break a formula, so it is cut into pieces that are shown one behind the other. What belongs
together stands in one part: a formula consists of the sides of a relation, these of terms, these of factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.layout import Layout, Sign, Token, parts_of, row, scripted, spelled

SHORT, SHORT_BRACKET = 2.5, 10.0
WIDEST = 15.5  # what fits beside the margins of a telephone, in the unit of `width`
RELATIONS, CONNECTIVES, PRODUCTS = set("=<>≠≗≟≤≥"), {*"∧∨", "and", "or"}, {*"⋆∗⊙×", "mod"}
# From the outermost to the innermost: what a part begins with, or for commas ends with.
LEVELS: tuple[set[str], ...] = ({","}, CONNECTIVES, RELATIONS, {"+", "-", "−"}, PRODUCTS, {"·", "∑"})


@dataclass(frozen=True)
class Piece:
    """What stays together on a line, and whether the operator at its start has an operand before it."""

    layout: Layout
    continued: bool = False


Part = Piece | tuple["Part", ...]


def parts(x: Layout, widest: float = WIDEST) -> Part:
    """Return a formula as nested parts, each piece about as wide as `widest` at most where it can be cut at all.

    >>> parts(Token("a"), widest=2)
    Piece(layout=Token(text='a', kind='name'), continued=False)
    """
    return divided(x, False, widest)


def divided(x: Layout, continued: bool, widest: float) -> Part:
    """Return a part of a formula as nested parts."""
    if width(x) <= widest:
        return Piece(x, continued)
    for level in LEVELS:
        cuts = list(cut(parts_of(x), level))
        if len(cuts) > 1:
            infix = "," not in level
            made = joined([divided(c, continued if k == 0 else infix, widest) for k, c in enumerate(cuts)], widest)
            return tuple(made) if len(made) > 1 else made[0]
    return opened(parts_of(x), continued, widest)


def cut(inside: Sequence[Layout], level: set[str]) -> Iterator[Layout]:
    """Yield what a formula consists of between the operators of a level, outside of all brackets."""
    start = 0
    for k, part in enumerate(inside):
        mark = sign_of(part)
        if mark not in level:
            continue
        if mark == ",":
            yield row(*inside[start : k + 1])
            start = k + 1
        elif k > start and is_operand(inside[k - 1]):
            yield row(*inside[start:k])
            start = k
    if inside[start:]:
        yield row(*inside[start:])


def sign_of(x: Layout) -> str:
    """Return the sign that a part of a formula is, with or without scripts; "" for any other."""
    at = x.base if isinstance(x, la.Scripts) else x
    return at.text if isinstance(at, Sign) else ""


def is_operand(x: Layout) -> bool:
    """Tell whether what stands behind a part of a formula may be an infix operator."""
    return not any(sign_of(x) in level for level in LEVELS[:-1]) and sign_of(x) not in ("·", "¬", *la.OPENING)


def opened(inside: Sequence[Layout], continued: bool, widest: float) -> Part:
    """Return a formula that is one factor, divided within its widest brackets; a piece if it has none."""
    fences = [(width(fence.body), k, fence) for k, x in enumerate(inside) if (fence := fence_of(x)) is not None]
    wide, k, fence = max(fences, key=lambda found: found[0], default=(0.0, 0, None))
    if fence is None or wide < LETTER:
        return Piece(row(*inside), continued)
    x, closing = inside[k], Sign(fence.closing, True, fence.size)
    before = row(*inside[:k], Sign(fence.opening, True, fence.size))
    after = row(replace(x, base=closing) if isinstance(x, la.Scripts) else closing, *inside[k + 1 :])
    inner = divided(fence.body, False, widest)
    if width(before) + width(first(inner).layout) > widest:
        return (Piece(before, continued), closed(inner, after))
    return closed(begun(inner, before, continued), after)


def fence_of(x: Layout) -> la.Fenced | None:
    """Return the brackets that a part of a formula is, with or without scripts; not those that are to stay whole."""
    at = x.base if isinstance(x, la.Scripts) else x
    short = isinstance(at, la.Fenced) and at.size == "whole" and width(at) < SHORT_BRACKET
    return at if isinstance(at, la.Fenced) and not short else None


def begun(part: Part, before: Layout, continued: bool) -> Part:
    """Return a part with something before its first piece."""
    if isinstance(part, Piece):
        return Piece(row(before, part.layout), continued)
    return (begun(part[0], before, continued), *part[1:])


def closed(part: Part, after: Layout) -> Part:
    """Return a part with something behind its last piece."""
    if isinstance(part, Piece):
        return Piece(row(part.layout, after), part.continued)
    return (*part[:-1], closed(part[-1], after))


def joined(made: list[Part], widest: float) -> list[Part]:
    """Return parts, the short ones and the signs of sums together with what follows them where there is room."""
    together: list[Part] = []
    for part in reversed(made):
        if isinstance(part, Piece) and together and (width(part.layout) < SHORT or only_a_sum(part.layout)):
            following = first(together[0])
            if width(part.layout) + width(following.layout) <= widest:
                together[0] = begun(together[0], part.layout, part.continued)
                continue
        together.insert(0, part)
    return together


def first(part: Part) -> Piece:
    """Return the first piece."""
    return part if isinstance(part, Piece) else first(part[0])


def only_a_sum(x: Layout) -> bool:
    """Tell whether a part is the sign of a sum with its bounds."""
    marks = [sign_of(part) for part in parts_of(x)]
    return marks[-1] == "∑" and all(mark in ("∑", "·", "+", "-") for mark in marks)


LETTER, OF_SIGN, OF_RELATION = 0.55, 0.3, 1.1
WIDTHS = dict.fromkeys([*RELATIONS, *CONNECTIVES, *PRODUCTS, "+", "-", "−"], OF_RELATION)
WIDTHS |= {"·": 0.17, " ": 0, ",": OF_SIGN, "′": OF_SIGN, "∑": 1.5, "mod": 2.0, "\u00a0": 0.25}
WIDTHS |= dict.fromkeys([*la.OPENING, *la.CLOSING, "/"], 0.4)


def width(x: Layout) -> float:
    """Return about how wide a formula is, in heights of its letters."""
    match x:
        case Token():
            return width(spelled(x.text)) if x.kind == "name" else LETTER * len(x.text)
        case Sign():
            return WIDTHS.get(x.text, LETTER)
        case la.Row():
            return sum(map(width, x.parts))
        case la.Scripts():
            set_as = scripted(x)
            scripts = max(0.72 * width(part) if part is not None else 0.0 for part in (set_as.below, set_as.above))
            if set_as.base == la.sign("∑"):
                return max(WIDTHS["∑"], scripts)
            return width(set_as.base) + OF_SIGN * x.primes + scripts
        case la.Ratio():
            return (0.75 if x.small else 1.0) * max(width(x.top), width(x.bottom)) + 0.2
        case la.Fenced():
            return 0.8 + width(x.body)
        case la.Table():
            return 2.0 + sum(max(map(width, column)) for column in zip(*x.rows, strict=True))
