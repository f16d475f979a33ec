"""Where long formulas may be broken into lines: before relations, terms and factors, and within brackets.

Browsers do not break a formula, so it is cut into pieces that are shown one behind the other. What belongs
together stands in one part: a formula consists of the sides of a relation, these of terms, these of factors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Part", "Piece", "parts", "width"]

SHORT = 2.5
WIDEST = 15.5  # what fits beside the margins of a telephone, in the unit of `width`
TOKEN = re.compile(
    r"""\\text\{\ (?:and|or)\ \}
    | \\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])\s*(?:\\[A-Za-z]+|\\?.)
    | \\(?:begin|end)\{\w+\}
    | \\[A-Za-z]+
    | \\.
    | .""",
    re.DOTALL | re.VERBOSE,
)
HARD = {"{": 1, "}": -1}
SOFT = {"(": 1, ")": -1, "[": 1, "]": -1, r"\lfloor": 1, r"\rfloor": -1, r"\lceil": 1, r"\rceil": -1}
SOFT |= {r"\langle": 1, r"\rangle": -1}
RELATIONS = {"=", "<", ">", r"\neq", r"\circeq", r"\le", r"\ge", r"\leq", r"\geq"}
CONNECTIVES = {r"\wedge", r"\vee", r"\text{ and }", r"\text{ or }"}
PRODUCTS = {r"\star", "*", r"\odot", r"\times", r"\cdot", r"\bmod"}
# From the outermost to the innermost: what a part begins with, or for commas ends with.
LEVELS: tuple[set[str], ...] = (
    {",", ";"}, CONNECTIVES, RELATIONS, {"+", "-"}, PRODUCTS, {r"\,", r"\sum"},
)  # fmt: skip
OPERATORS = {*RELATIONS, *CONNECTIVES, *PRODUCTS, "+", "-", ",", ";", r"\,", r"\ ", r"\neg"}


@dataclass(frozen=True)
class Piece:
    """What stays together on a line, and whether the operator at its start has an operand before it."""

    latex: str
    continued: bool = False


Part = Piece | tuple["Part", ...]


@lru_cache(maxsize=4096)
def parts(latex: str, widest: float = WIDEST) -> Part:
    """Return a formula as nested parts, each piece about as wide as `widest` at most where it can be cut at all.

    >>> parts("a + b", widest=2)
    (Piece(latex='a ', continued=False), Piece(latex='+ b', continued=True))
    """
    return divided(latex, False, widest)


def divided(latex: str, continued: bool, widest: float) -> Part:
    """Return a part of a formula as nested parts."""
    if width(latex) <= widest:
        return Piece(latex, continued)
    outside = {mark for mark, _, _, hard, soft in tokens(latex) if hard == soft == 0}
    for level in LEVELS:
        cuts = list(cut(latex, level)) if outside & level else []
        if len(cuts) > 1:
            infix = "," not in level
            made = [divided(c, continued if k == 0 else infix, widest) for k, c in enumerate(cuts)]
            made = joined(made, widest)
            return tuple(made) if len(made) > 1 else made[0]
    return opened(latex, continued, widest)


@lru_cache(maxsize=4096)
def tokens(latex: str) -> tuple[tuple[str, int, int, int, int], ...]:
    """Return the tokens with their places, and how many braces and brackets are open before them."""
    found = []
    hard = soft = 0
    for match in TOKEN.finditer(latex):
        mark = match.group()
        hard_change, soft_change = depth_change(mark)
        hard += min(hard_change, 0)
        soft += min(soft_change, 0)
        found.append((mark, match.start(), match.end(), hard, soft))
        hard += max(hard_change, 0)
        soft += max(soft_change, 0)
    return tuple(found)


@lru_cache(maxsize=4096)
def depth_change(mark: str) -> tuple[int, int]:
    """Return how many braces and how many brackets a mark opens, or closes if negative."""
    if mark in HARD:
        return HARD[mark], 0
    if mark.startswith((r"\begin", r"\left")) and not mark.startswith(r"\leftarrow"):
        return 1, 0
    if mark.startswith((r"\end", r"\right")):
        return -1, 0
    return 0, SOFT.get(sign(mark), 0)


@lru_cache(maxsize=4096)
def sign(mark: str) -> str:
    """Return a mark without what says how large it is."""
    return re.sub(r"^\\(?:left|right|[bB]igg?[lr]?)\s*(?=[^A-Za-z])", "", mark) or mark


def cut(latex: str, level: set[str]) -> Iterator[str]:
    """Yield what a formula consists of between the operators of a level, outside of all brackets."""
    start = 0
    before = ""
    for mark, at, end, hard, soft in tokens(latex):
        if mark.isspace():
            continue
        if (hard, soft) == (0, 0) and mark in level:
            if mark in (",", ";"):
                yield latex[start:end]
                start = end
            elif before and before not in OPERATORS and not opens(before):
                yield latex[start:at]
                start = at
        before = mark
    if latex[start:].strip():
        yield latex[start:]


def opens(mark: str) -> bool:
    """Tell whether a mark opens a bracket."""
    return depth_change(mark)[1] == 1


def opened(latex: str, continued: bool, widest: float) -> Part:
    """Return a formula that is one factor, divided within its widest brackets; a piece if it has none."""
    bare = re.fullmatch(r"(\s*)\{(.*)\}(_\{.*)", latex, re.DOTALL)
    if bare and bare.group(2).endswith((")", "]")) and not any(h for *_, h, _ in tokens(bare.group(2)) if h < 0):
        latex = "".join(bare.groups())
    inside: list[tuple[int, int]] = []
    start = -1
    for mark, at, end, hard, soft in tokens(latex):
        if (hard, soft) == (0, 0) and opens(mark) and start < 0:
            start = end
        elif (hard, soft) == (0, 0) and start >= 0 and depth_change(mark)[1] == -1:
            inside.append((start, at))
            start = -1
    if not inside:
        return Piece(latex, continued)
    start, end = max(inside, key=lambda place: width(latex[slice(*place)]))
    inner = divided(latex[start:end], False, widest)
    if width(latex[start:end]) < LETTER:
        return Piece(latex, continued)
    if width(latex[:start]) + width(first(inner).latex) > widest:
        return (Piece(latex[:start], continued), closed(inner, latex[end:]))
    return closed(begun(inner, latex[:start], continued), latex[end:])


def begun(part: Part, before: str, continued: bool) -> Part:
    """Return a part with something before its first piece."""
    if isinstance(part, Piece):
        return Piece(before + part.latex, continued)
    return (begun(part[0], before, continued), *part[1:])


def closed(part: Part, after: str) -> Part:
    """Return a part with something behind its last piece."""
    if isinstance(part, Piece):
        return Piece(part.latex + after, part.continued)
    return (*part[:-1], closed(part[-1], after))


def joined(made: list[Part], widest: float) -> list[Part]:
    """Return parts, the short ones and the signs of sums together with what follows them where there is room."""
    together: list[Part] = []
    for part in reversed(made):
        if isinstance(part, Piece) and together and (width(part.latex) < SHORT or only_a_sum(part.latex)):
            following = first(together[0])
            if width(part.latex) + width(following.latex) <= widest:
                together[0] = begun(together[0], part.latex, part.continued)
                continue
        together.insert(0, part)
    return together


def first(part: Part) -> Piece:
    """Return the first piece."""
    return part if isinstance(part, Piece) else first(part[0])


def only_a_sum(latex: str) -> bool:
    """Tell whether a part is the sign of a sum with its bounds."""
    return re.match(r"(?:\s|\\,|[+-])*\\sum", latex) is not None and not re.search(r"\}\s*[^\s_^{}]", bare_of(latex))


def bare_of(latex: str) -> str:
    """Return a formula without what stands in braces."""
    return "".join(mark for mark, _, _, hard, _ in tokens(latex) if hard == 0)


LETTER, SIGN, RELATION = 0.55, 0.3, 1.1
NAMES = {r"\operatorname", r"\mathrm", r"\mathit", r"\mathbf", r"\mathsf", r"\text", r"\textit", r"\textrm"}
WIDTHS = dict.fromkeys(NAMES, 0.0)
WIDTHS |= dict.fromkeys([*RELATIONS, *CONNECTIVES, *PRODUCTS, "+", "-"], RELATION)
WIDTHS |= {r"\,": 0.17, " ": 0, ",": SIGN, ";": SIGN, "'": SIGN, r"\sum": 1.5, r"\bmod": 2.0, r"\ ": 0.25}
WIDTHS |= dict.fromkeys([*SOFT, "/"], 0.4)


@lru_cache(maxsize=4096)
def width(latex: str) -> float:
    """Return about how wide a formula is, in heights of its letters."""
    return measured(re.findall(TOKEN, latex)[::-1], "")


def measured(left: list[str], until: str) -> float:
    """Return the width of the tokens up to one, taking them from the end of the list."""
    total = scripted = limits = 0.0
    while left:
        mark = left.pop()
        if mark == until:
            break
        if mark in "_^" and left:
            script = 0.72 * following(left)
            wider = max(0.0, script - limits) if limits else max(0.0, script - scripted)
            total += wider
            scripted, limits = scripted + wider, limits + wider if limits else 0.0
            continue
        scripted = limits = 0.0
        if mark == r"\sum":
            limits = WIDTHS[mark]
        if mark in (r"\frac", r"\tfrac"):
            scale = 0.75 if mark == r"\tfrac" else 1
            total += scale * max(following(left), following(left)) + 0.2
        elif mark == "{":
            total += measured(left, "}")
        elif mark.startswith((r"\begin", r"\end")):
            total += 1
        elif mark not in "}":
            total += 0.0 if mark.isspace() else WIDTHS.get(sign(mark), LETTER)
    return total


def following(left: list[str]) -> float:
    """Return the width of the next argument."""
    while left and left[-1].isspace():
        left.pop()
    if not left:
        return 0.0
    mark = left.pop()
    return measured(left, "}") if mark == "{" else measured([mark], "")
