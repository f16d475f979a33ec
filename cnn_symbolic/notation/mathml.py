"""Layouts as MathML Core, the part of MathML that browsers show by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase, ascii_uppercase, digits
from xml.etree import ElementTree as ET

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.latex import GREEK
from cnn_symbolic.notation.layout import Layout, Sign, Token, parts_of, scripted, spelled

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
RELATIONS = "=<>≤≥≠≗≟∈⋆∗⊙∧∨×"
SIGNS = {"-": "−", "*": "∗"}
LETTERS = "∂∞ℓ…"  # signs that take no space, as letters do
SPACES = {"·": "0.167em", " ": "", "\u00a0": "0.25em", "\u2002": "0.278em"}
PRIMES = "′″‴⁗"
BLACKBOARD = {"R": "ℝ", "Z": "ℤ"}
ALPHABETS = ((digits, 0x1D7CE), (ascii_uppercase, 0x1D400), (ascii_lowercase, 0x1D41A))
BOLD = {letter: chr(first + k) for alphabet, first in ALPHABETS for k, letter in enumerate(alphabet)}
SIZES = {
    "": {"stretchy": "false"},
    "whole": {"stretchy": "false"},
    "big": {"stretchy": "true", "maxsize": "1.6em"},
    "bigger": {"stretchy": "true", "minsize": "1.623em", "maxsize": "1.623em"},
    "grown": {"stretchy": "true"},
}  # fmt: skip


def mathml(x: Layout, display: bool = False, continued: bool = False) -> str:
    """Return a formula as one `<math>` element; raise ExportError for a character that no XML can have.

    `display` gives sums their bounds above and below. `continued` says that an operator at the start has an
    operand before it, in another element.

    >>> mathml(Token("I"))
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>I</mi></math>'
    """
    made = ET.Element("math", {"xmlns": NAMESPACE} | ({"displaystyle": "true"} if display else {}))
    made.extend(Typesetting(display).line(parts_of(x), continued))
    written = ET.tostring(made, encoding="unicode")
    try:
        ET.fromstring(written)  # noqa: S314 - written above
    except ET.ParseError as error:
        raise ExportError(f"the formula {written!r} has a character that no XML can have") from error
    return written


def element(tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Return an element with a text."""
    made = ET.Element(tag, attributes)
    made.text = text
    return made


@dataclass(frozen=True)
class Typesetting:
    """How formulas are set at a place: `display` with bounds above and below sums, `script` as an index."""

    display: bool = False
    script: bool = False

    def line(self, parts: Sequence[Layout], continued: bool = False) -> list[ET.Element]:
        """Return what stands side by side."""
        made: list[ET.Element] = []
        for k, part in enumerate(parts):
            unary = takes_operand(core(parts[k - 1])) if k else not continued
            made += self.elements(part, unary, k == 0 and continued)
        return made

    def one(self, x: Layout) -> ET.Element:
        """Return a formula as one element."""
        return grouped(self.line(parts_of(x)))

    def elements(self, x: Layout, unary: bool = False, continued: bool = False) -> list[ET.Element]:
        """Return the elements of a part of a formula: several for brackets as high as text."""
        match x:
            case Token():
                return [token(x)] if x.kind != "name" else self.elements(spelled(x.text))
            case Sign():
                return self.sign(x, unary, continued)
            case la.Row():
                return self.line(x.parts)
            case la.Scripts():
                return [self.scripts(scripted(x), continued)]
            case la.Ratio():
                made = element("mfrac", **({"displaystyle": "false"} if x.small else {}))
                inner = Typesetting(False, self.script)
                made.extend([inner.one(x.top), inner.one(x.bottom)])
                return [made]
            case la.Fenced():
                return self.fenced(x)
            case la.Table():
                return [self.table(x)]

    def sign(self, x: Sign, unary: bool, continued: bool) -> list[ET.Element]:
        """Return a sign with its form, and within indices with less space."""
        text = SIGNS.get(x.text, x.text)
        if text in SPACES:
            return [element("mspace", width=SPACES[text])] if SPACES[text] else []
        if text in LETTERS:
            return [element("mi", text)]
        made = element("mo", text)
        if text in la.OPENING + la.CLOSING:
            made.attrib |= SIZES["" if x.size == "big" else x.size]
        elif text in PRIMES or text == "/":
            made.attrib |= {"lspace": "0", "rspace": "0"}
        elif text == ",":
            made.attrib |= {"form": "infix", "lspace": "0", "rspace": ".12em" if self.script else ".26em"}
        elif text == "mod":
            made.attrib |= {"lspace": ".22em", "rspace": ".22em"}
        elif text in "+−" and unary:
            made.set("form", "prefix")
        elif self.script and text in "+−":
            made.attrib |= {"lspace": ".1em", "rspace": ".1em"}
        elif self.script and text in RELATIONS:
            made.attrib |= {"lspace": ".14em", "rspace": ".14em"}
        if continued and text in "+−" + RELATIONS:
            made.set("form", "infix")
        return [made]

    def scripts(self, x: la.Scripts, continued: bool) -> ET.Element:
        """Return a base with its scripts; primes are beside it, since their signs are raised by themselves."""
        base, below, inner = x.base, x.below, x.base
        if isinstance(inner, la.Scripts) and inner.above is None and below is None:
            base, below = replace(inner, below=None), inner.below  # a power of an entry
        made = grouped(self.elements(base, continued=continued))
        if x.primes:
            made = grouped([made, element("mo", primes(x.primes), lspace="0", rspace="0")])
        small = Typesetting(False, True)
        given = [small.one(part) for part in (below, x.above) if part is not None]
        tag = ("sub" if below is not None else "") + ("sup" if x.above is not None else "")
        if base == la.sign("∑") and self.display and not self.script:
            tag = tag.replace("sub", "under").replace("sup", "over")
            made.set("movablelimits", "false")
        if not tag:
            return made
        whole = element(f"m{tag}")
        whole.extend([made, *given])
        return whole

    def fenced(self, x: la.Fenced) -> list[ET.Element]:
        """Return a formula in brackets; larger ones are an element with what they enclose."""
        opening, closing = (element("mo", c, **SIZES[x.size]) for c in (x.opening, x.closing))
        inner = parts_of(x.body)
        last = core(inner[-1]) if inner else None
        if isinstance(last, Token) and last.text.isupper() and x.size in ("", "whole"):
            closing.set("lspace", ".05em")  # a slanted capital would touch it
        made = [opening, *self.line(inner), closing]
        return made if x.size in ("", "whole") else [grouped(made)]

    def table(self, x: la.Table) -> ET.Element:
        """Return a matrix in parentheses that are as high as it is, or cases behind a brace."""
        table = element("mtable")
        for cells in x.rows:
            line = ET.SubElement(table, "mtr")
            for cell in cells:
                ET.SubElement(line, "mtd").extend(Typesetting(False, self.script).line(parts_of(cell)))
        if x.cases:
            return grouped([element("mo", "{", stretchy="true", form="prefix"), table])
        return grouped([element("mo", "("), table, element("mo", ")")])


def grouped(elements: list[ET.Element]) -> ET.Element:
    """Return elements as one."""
    if len(elements) == 1:
        return elements[0]
    whole = element("mrow")
    whole.extend(elements)
    return whole


def core(x: Layout) -> Layout:
    """Return what scripts are attached to; of anything else, it itself."""
    while isinstance(x, la.Scripts) or (isinstance(x, Token) and x.kind == "name"):
        x = x.base if isinstance(x, la.Scripts) else spelled(x.text)
    return x


def takes_operand(x: Layout) -> bool:
    """Tell whether a part of a formula is a sign behind which an operand stands."""
    return isinstance(x, Sign) and x.text not in la.CLOSING + "!" + LETTERS


def primes(count: int) -> str:
    """Return so many primes."""
    return PRIMES[count - 1] if count <= len(PRIMES) else PRIMES[0] * count


def token(x: Token) -> ET.Element:
    """Return a name, a number or words."""
    text = x.text.replace(" ", "\u00a0") or "\u200b"
    if x.kind in ("number", "words"):
        return element("mn" if x.kind == "number" else "mtext", text)
    if x.kind == "bold":
        return element("mn" if text.isdecimal() else "mi", "".join(BOLD.get(c, c) for c in text))
    if x.kind == "blackboard":
        return element("mi", BLACKBOARD[text])
    if x.kind == "italic":
        return element("mi", text, **({} if len(text) == 1 and (text.isascii() or text in GREEK) else {"class": "it"}))
    return element("mi", text, **({"mathvariant": "normal"} if len(text) == 1 else {}))
