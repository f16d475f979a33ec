"""Formulas as MathML: what the notation writes in LaTeX, in the part of MathML that browsers show by themselves.

latex2mathml reads the LaTeX. Names and words are kept from it, so that each stays one token with its own
characters. What it passes on unread, such as a command that it does not know, makes an error.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert_to_element

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.notation.mathml_names import FIRST_PRIVATE, PRIMES, without_names

__all__ = ["CORE", "mathml"]

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ENTITY = re.compile(r"&#x[0-9A-Fa-f]+;")
UNREAD = re.compile(r"[\\{}^_$#%~&\ue000-\uf8ff]")

OPENING, CLOSING = "([{⌊⌈⟨", ")]}⌋⌉⟩"
OPERATORS = OPENING + CLOSING + "¬,;:!"
INFIX = "+−=<>≤≥≠⋆∗⊙∧∨×"
LARGE = "∑∏"
BIG = "1.2em"  # of \bigl; the brackets that it makes are as high as what they enclose
ARITY = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3, "mroot": 2}
CORE = {*ARITY, "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msqrt", "mstyle", "mtable", "mtr", "mtd"}
KEPT = {"form", "stretchy", "minsize", "maxsize", "displaystyle", "scriptlevel", "width"}


def mathml(latex: str, display: bool = False, continued: bool = False) -> str:
    """Return a formula as one `<math>` element; raise ExportError if not all of it could be read.

    `display` gives sums their bounds above and below. `continued` says that an operator at the start has an
    operand before it, in another element.

    >>> mathml("I = 1")
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>I</mi><mo>=</mo><mn>1</mn></math>'
    """
    return converted(latex, display, continued)


@lru_cache(maxsize=65536)
def converted(latex: str, display: bool, continued: bool) -> str:
    """Return a formula as MathML, from the cache where it was met before."""
    names: list[ET.Element] = []
    try:
        root = convert_to_element(without_names(latex, names))
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(f"the formula {latex!r} cannot be read: {type(error).__name__}") from error
    try:
        content = Tidy(names).row(list(root), display, script=False, continued=continued)
    except ValueError as error:
        raise ExportError(f"the formula {latex!r} cannot be shown as MathML: {error}") from error
    made = ET.Element("math", {"xmlns": NAMESPACE} | ({"displaystyle": "true"} if display else {}))
    made.extend(sized(content))
    text = ET.tostring(made, encoding="unicode")
    try:
        ET.fromstring(text)  # noqa: S314 - written above
    except ET.ParseError as error:
        raise ExportError(f"the formula {latex!r} has a character that no XML can have") from error
    return text


class Tidy:
    """Rewrites what latex2mathml made: names in their places, operators with their forms, only MathML Core."""

    def __init__(self, names: list[ET.Element]) -> None:
        self.names = names

    def row(self, children: list[ET.Element], display: bool, script: bool, continued: bool = False) -> list[ET.Element]:
        """Return the elements of a row; rows within it that have one element or none are dissolved."""
        made: list[ET.Element] = []
        for child in children:
            if child.tag == "mrow" and (len(child) < 2 or len(children) == 1):
                made += self.row(list(child), display, script, continued and child is children[0])
            else:
                made.append(self.element(child, display, script))
        for k, element in enumerate(made):
            before = core(made[k - 1]) if k else None
            spaced(core(element), before, first=k == 0 and not continued, script=script)
        if continued and made and (core(made[0]).text or " ") in INFIX:
            core(made[0]).set("form", "infix")
        return sized(fenced(made)) if len(children) > 1 else made

    def one(self, child: ET.Element, display: bool, script: bool) -> ET.Element:
        """Return an argument as one element."""
        made = self.row([child], display, script)
        if len(made) == 1:
            return made[0]
        row = ET.Element("mrow")
        row.extend(made)
        return row

    def element(self, x: ET.Element, display: bool, script: bool) -> ET.Element:
        """Return one element."""
        if x.tag not in CORE or "linebreak" in x.attrib:
            raise ValueError(f"<{x.tag}> is not in MathML Core")
        if len(x) != ARITY.get(x.tag, len(x)):
            raise ValueError(f"<{x.tag}> has {len(x)} arguments")
        if x.tag in ("mi", "mn", "mo", "mtext"):
            return self.token(x)
        attributes = {k: v for k, v in x.attrib.items() if k in KEPT}
        if x.tag in ("msub", "msup", "msubsup"):
            return self.scripts(x, display, script)
        made = ET.Element(x.tag, attributes)
        if x.tag in ARITY:
            made.extend([self.one(child, display and x.tag != "mfrac", script or x.tag != "mfrac") for child in x])
        elif x.tag == "mstyle" and len(x) == 1 and x[0].tag == "mfrac":
            made = self.element(x[0], False, script)
            made.attrib |= {k: v for k, v in attributes.items() if k == "displaystyle"}
        else:
            inner = display and attributes.get("displaystyle") != "false" and x.tag != "mtable"
            made.extend(self.row(list(x), inner, script))
        return made

    def scripts(self, x: ET.Element, display: bool, script: bool) -> ET.Element:
        """Return an element with indices, a sum in a displayed formula with its bounds above and below."""
        base = self.one(x[0], display, script)
        tag = x.tag
        if base.tag == "mo" and (base.text or " ") in LARGE and display and not script:
            tag = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}[x.tag]
            base.set("movablelimits", "false")
        scripts = [self.one(child, False, script=True) for child in x[1:]]
        if tag in ("msup", "msubsup"):
            base, scripts = with_primes(base, scripts)
            tag = {0: "", 1: tag if tag == "msup" else "msub", 2: "msubsup"}[len(scripts)]
        if not tag:
            return base
        made = ET.Element(tag)
        made.extend([base, *scripts])
        return made

    def token(self, x: ET.Element) -> ET.Element:
        """Return a name, number or operator; raise ValueError for text that was passed on unread."""
        raw = x.text or ""
        if len(x) == 0 and len(raw) == 1 and 0 <= ord(raw) - FIRST_PRIVATE < len(self.names):
            name = self.names[ord(raw) - FIRST_PRIVATE]
            return copy_of(name)
        if unread := UNREAD.search(ENTITY.sub("", raw)):
            raise ValueError(f"{unread.group()!r} is left over in {raw!r}")
        text = html.unescape(raw).replace("*", "∗")
        if not text or len(x):
            raise ValueError(f"an empty <{x.tag}>")
        tag = x.tag
        if tag == "mi" and text in OPERATORS:
            tag = "mo"
        elif (tag == "mo" and text.isalpha() and len(text) > 1 and text != "mod") or text == "∂":
            tag = "mi"
        made = ET.Element(tag, {k: v for k, v in x.attrib.items() if k in KEPT} if tag == "mo" else {})
        if tag == "mi" and x.tag == "mi" and len(text) == 1 and x.get("mathvariant") == "normal":
            made.set("mathvariant", "normal")
        made.text = text
        if tag == "mo" and text in OPENING + CLOSING + "|" and "stretchy" not in made.attrib and x.tag == "mi":
            made.set("stretchy", "false")
        return made


def with_primes(base: ET.Element, scripts: list[ET.Element]) -> tuple[ET.Element, list[ET.Element]]:
    """Return a base and its scripts, primes beside the base: as a script their signs, which are raised, are too small.

    The last one of the scripts is the superscript.
    """
    upper = scripts[-1]
    inside = list(upper) if upper.tag == "mrow" else [upper]
    primes = [x for x in inside if x.tag == "mo" and x.text and x.text[0] in PRIMES]
    if not primes:
        return base, scripts
    rest = [x for x in inside if x not in primes]
    whole = ET.Element("mrow")
    whole.extend([base, *primes])
    if not rest:
        return whole, scripts[:-1]
    if len(rest) > 1:
        upper = ET.Element("mrow")
        upper.extend(rest)
    return whole, [*scripts[:-1], upper if len(rest) > 1 else rest[0]]


def sized(row: list[ET.Element]) -> list[ET.Element]:
    """Return a row, larger brackets with what they enclose by themselves; one without its counterpart is not larger.

    Then an index behind the bracket belongs to the whole, since browsers do not enlarge a bracket with an index.
    """
    open_rows: list[list[ET.Element]] = [[]]
    for x in row:
        bracket = core(x)
        if bracket.tag != "mo" or "minsize" not in bracket.attrib:
            open_rows[-1].append(x)
        elif (bracket.text or "") in OPENING:
            open_rows.append([x])
        elif len(open_rows) > 1:
            whole = ET.Element("mrow")
            inner = open_rows.pop()
            whole.extend([*inner, bracket])
            if bracket.get("minsize") == BIG:
                for each in (core(inner[0]), bracket):
                    del each.attrib["minsize"]
                    each.set("maxsize", "1.6em")
            if x is bracket:
                x = whole
            else:
                holder = x
                while holder[0] is not bracket:
                    holder = holder[0]
                holder[0] = whole
            open_rows[-1].append(x)
        else:
            open_rows[-1].append(x)
            if x is not bracket or bracket.get("minsize") == BIG:
                usual(bracket)
    for unmatched in open_rows[1:]:
        if core(unmatched[0]).get("minsize") == BIG:
            usual(core(unmatched[0]))
    return [x for each in open_rows for x in each]


def usual(bracket: ET.Element) -> None:
    """Give a bracket the size of its text."""
    for attribute in ("minsize", "maxsize"):
        bracket.attrib.pop(attribute, None)
    bracket.set("stretchy", "false")


def fenced(row: list[ET.Element]) -> list[ET.Element]:
    """Return a row, each matrix in it with its parentheses by itself, so that only they are as high as it is."""
    made: list[ET.Element] = []
    for k, x in enumerate(row):
        if k >= 2 and row[k - 1].tag == "mtable" and x.tag == row[k - 2].tag == "mo" and len(row) > 3:
            whole = ET.Element("mrow")
            whole.extend([*made[-2:], x])
            made[-2:] = [whole]
        else:
            made.append(x)
    return made


def copy_of(x: ET.Element) -> ET.Element:
    """Return a token once more."""
    made = ET.Element(x.tag, dict(x.attrib))
    made.text = x.text
    return made


def core(x: ET.Element) -> ET.Element:
    """Return the operator that an element with indices is built on; of any other, the element itself."""
    while x.tag in ARITY and x.tag != "mfrac" and len(x):
        x = x[0]
    return x


def spaced(x: ET.Element, before: ET.Element | None, first: bool, script: bool) -> None:
    """Give an operator its form from what stands before it, and within indices less space."""
    text: Any = x.text
    if x.tag != "mo" or not text:
        return
    if text[0] in PRIMES:
        x.attrib |= {"lspace": "0", "rspace": "0"}
    elif text in "+−":
        unary = first if before is None else before.tag == "mo" and (before.text or "") not in CLOSING + "!"
        if unary:
            x.set("form", "prefix")
        if script and not unary:
            x.attrib |= {"lspace": ".1em", "rspace": ".1em"}
    elif text == "/":
        x.attrib |= {"lspace": "0", "rspace": "0"}
    elif text in CLOSING and before is not None and before.tag == "mi" and (before.text or "").isupper():
        x.set("lspace", ".05em")  # a slanted capital would touch it
    elif text in ",;":
        x.attrib |= {"form": "infix", "lspace": "0", "rspace": ".12em" if script else ".26em"}
    elif text in INFIX:
        if script:
            x.attrib |= {"lspace": ".14em", "rspace": ".14em"}
    elif text == "mod":
        x.attrib |= {"lspace": ".22em", "rspace": ".22em"}
