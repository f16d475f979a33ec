"""Formulas that are given as one line of text: `0 ≤ i < M`, `L(x + t·e) = L(x) + t·G`."""

from __future__ import annotations

import re
from collections.abc import Callable

from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.layout import Layout, Sign, Token, integer, name, row, sign

TOKEN = re.compile(
    r"""(?P<sum>Σ(?:_[a-z]\b)?)
    | (?P<name>[^\W\dᵀ½²][^\Wᵀ½²]*′*)
    | (?P<number>\d+)
    | (?P<sign>\S)""",
    re.VERBOSE,
)
SIGNS = {"−": "-", "*": "∗", "not": "¬"}
OPERATORS = {*"×·=+-≤≥≠><⋆∗,", "and", "or", "mod"}
NO_BLANK_BEHIND = {*OPERATORS, *la.OPENING, "¬"}
ABOVE: dict[str, Layout] = {"ᵀ": Token("T", "sans"), "²": integer(2)}


def read_name(text: str) -> Layout:
    """Return a name in a sentence: a short index of letters stands below it, a word is the name of a function."""
    head, _, tail = text.partition("_")
    if len(tail) not in (1, 2) or tail.isdecimal():
        return Token(text, "function") if len(text) > 1 and text.isalpha() else name(text)
    return la.Scripts(name(head), row(*(Token(letter, "italic") for letter in tail)))


def read(text: str, named: Callable[[str], Layout] = name) -> Layout:
    """Return a formula that is given as text, its names laid out by `named`.

    A sign with blanks around it has space around it, and blanks between operands are kept.
    """
    parts: list[Layout] = []
    for token in TOKEN.finditer(text):
        word = SIGNS.get(token.group(), token.group())
        blank_before, after = text[: token.start()].endswith(" "), text[token.end() :]
        if word in OPERATORS:
            spaced = word == "·" or (after.startswith(" ") and (blank_before or word == ","))
            parts.append(Sign(word, tight=not spaced))
            continue
        if blank_before and parts and not (isinstance(parts[-1], Sign) and parts[-1].text in NO_BLANK_BEHIND):
            parts.append(sign("\u00a0"))
        if token["sum"]:
            parts.append(la.summation(Token(word[2:], "italic")) if word[1:] else sign("∑"))
        elif token["name"] and word != "¬":
            function = after.startswith(("(", "ᵀ(")) and len(word.rstrip("′0123456789")) > 1 and "_" not in word
            differentiated = parts[-1:] == [sign("∂")] and "_" not in word
            parts.append(Token(word, "function") if function else (name if differentiated else named)(word))
        elif token["number"]:
            parts.append(integer(word))
        elif word in ABOVE:
            parts.append(la.Scripts(parts.pop() if parts else la.Row(()), None, ABOVE[word]))
        else:
            parts.append(la.Ratio(integer(1), integer(2)) if word == "½" else sign(word))
    return la.matched(parts)
