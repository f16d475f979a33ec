"""Sentences with mathematics in them: which parts of a title or a reason are formulas, and how these are set.

Titles are written as plain text, `The input gradient is Wᵀ·δ, in the input's shape`. What reads as
mathematics becomes a formula, everything else stays the text that it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnn_symbolic.notation.latex import GREEK
from cnn_symbolic.notation.layout import Layout
from cnn_symbolic.notation.reading import read, read_name

# What no document can have or show: control characters but white space, halves of characters, non-characters, and
# what reverses the text behind it.
UNPRINTABLE = re.compile(
    "[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufdd0-\\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)


def tidy(text: str) -> str:
    """Return a text that every document can have: U+FFFD for what cannot be printed, single blanks for white space.

    >>> tidy("two\\n lines\\x00")
    'two lines�'
    """
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """Return a text with its white space, and U+FFFD for what cannot be printed."""
    return UNPRINTABLE.sub("\ufffd", text)


@dataclass(frozen=True)
class Formula:
    """Mathematics within a sentence."""

    layout: Layout


@dataclass(frozen=True)
class Code:
    """A part of a sentence that is a program's text, which is tidied."""

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", tidy(self.text))


Prose = tuple[str | Formula | Code, ...]

GREEK_LETTERS = "".join(GREEK)
STRONG = set("×−·=≤≥≠⌊⌈∂′ᵀ½⟨∞Σ+") | set(GREEK_LETTERS)
LETTER = f"[A-Za-zé{GREEK_LETTERS}]"
ENDS = rf"(?!{LETTER}|[\w'’](?<![ᵀ½²])|-(?!th\b|[A-Z\d]))"
TOKEN = re.compile(
    rf"""(?P<sum>Σ(?:_[a-z]\b)?)
    | (?P<derivative>∂[^\W\d]\w*′*/∂[^\W\d]\w*′*)
    | (?P<function>(?<!\w){LETTER}{{2,}}\d*(?=ᵀ?\())
    | (?P<name>(?<![^\W\d]|['’])(?<!\d-)(?<!Appendix\ )(?!A\ |a\ (?![−=+])){LETTER}(?:_[a-z]+|_?\d+)?{ENDS})
    | (?P<number>(?<![\w.])\d+(?:(?=[A-Z]\b)|(?!-[A-Z]){ENDS}))
    | (?P<sign>[×−·≤≥⌊⌋⌈⌉⟨⟩≠ᵀ½²∞…∂>=+/′!(),\[\]]|(?<=[A-Z])-(?=[A-Z\d]))""",
    re.VERBOSE,
)


def prose(text: str) -> Prose:
    """Return a sentence with its formulas, tidied; an empty one has no parts.

    >>> from cnn_symbolic.notation.latex import latex
    >>> [part if isinstance(part, str) else latex(part.layout) for part in prose("The shape is M×N")]
    ['The shape is ', 'M\\\\times N']
    """
    parts: list[str | Formula | Code] = []
    text, end = tidy(text), 0
    for tokens in runs(text):
        kept = trimmed(tokens)
        if not kept or not is_mathematics(kept):
            continue
        if words := text[end : kept[0].start()]:
            parts.append(words)
        end = kept[-1].end()
        parts.append(Formula(read(text[kept[0].start() : end], read_name)))
    return (*parts, text[end:]) if text[end:] else tuple(parts)


def runs(text: str) -> list[list[re.Match[str]]]:
    """Return the sequences of mathematical tokens with at most a blank between them."""
    found: list[list[re.Match[str]]] = []
    for token in TOKEN.finditer(text):
        if found and text[found[-1][-1].end() : token.start()] in ("", " "):
            found[-1].append(token)
        else:
            found.append([token])
    return found


def trimmed(tokens: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return the tokens without the punctuation at their ends that belongs to the sentence."""
    kept = list(tokens)
    while kept and (kept[-1].group() in (",", "(", "[", "!") or unmatched(kept, ")", "(", kept[-1])):
        kept.pop()
    while kept and (kept[0].group() in (",", ")", "]") or unmatched(kept, "(", ")", kept[0])):
        kept.pop(0)
    return kept


def unmatched(tokens: list[re.Match[str]], one: str, other: str, token: re.Match[str]) -> bool:
    """Tell whether a token is a parenthesis of which there are more than of its counterpart."""
    written = [t.group() for t in tokens]
    return token.group() == one and written.count(one) > written.count(other)


def is_mathematics(tokens: list[re.Match[str]]) -> bool:
    """Tell whether tokens are mathematics: they have a sign or a Greek letter, or are a capital letter alone."""
    text = "".join(t.group() for t in tokens)
    if STRONG & set(text):
        return True
    if all(t["name"] or t.group() == "," for t in tokens) and any(t.group().isupper() for t in tokens):
        return True
    defined = tokens[0].string[: tokens[0].start()].endswith("the definition of ")
    return len(tokens) == 1 and tokens[0]["name"] is not None and defined
