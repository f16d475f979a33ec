"""What can be printed: a text of unknown origin with everything in it shown, and nothing in it obeyed.

Titles, reasons, messages of other people's errors and names of files may hold what a terminal obeys (escape sequences,
a carriage return, a backspace), what turns the direction of writing, or what no encoding has. Signs that are printed
everywhere, and that the encoding of an output does not have, are written plainly.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
import unicodedata
from typing import Any

# Controls, format characters, surrogates, private and unassigned code points, separators of lines and paragraphs.
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
NOT_ASCII = re.compile(r"[^\x20-\x7e]")
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Signs, each with what is written where an encoding does not have it. No two names become alike by that: what can be in
# a name is not in here, but for what is drawn alike anyway.
SIGNS = {
    "✓": "ok", "✗": "x", "○": "o", "•": "*", "→": "->", "←": "<-", "↦": "->", "⇔": "<=>", "⟺": "<=>", "⟹": "=>",
    "≤": "<=", "≥": ">=", "≠": "!=", "≟": "=?", "≗": "=", "∧": "and", "∨": "or", "¬": "not ", "∈": "in",
    "·": "*", "⋅": "*", "⊙": ".*", "×": "x", "−": "-", "±": "+-", "½": "1/2", "√": "sqrt", "∞": "inf", "°": " deg",
    "∂": "d", "∑": "Sum", "⌊": "floor(", "⌋": ")", "⌈": "ceiling(", "⌉": ")", "⟨": "<", "⟩": ">", "ℝ": "R", "ℤ": "Z",
    "′": "'", "″": "''", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "–": "-", "—": "--", "\u00a0": " ",
    "─": "-", "━": "-", "╺": "-", "╸": "-", "│": "|", **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
}  # fmt: skip
GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z]+)")
# The name of what writes signs plainly, among Python's handlers of what an encoding does not have.
PLAINLY = "cnn_symbolic.plainly"


def is_unseen(c: str) -> bool:
    """Tell whether a character is none that is drawn, or leaves a space."""
    return unicodedata.category(c) in UNSEEN


def escaped(c: str) -> str:
    """Return a character as Python writes it in a text: `\\n`, `\\x1b`, `\\u202e`."""
    if c in SHORT:
        return SHORT[c]
    kind, digits = ("x", 2) if ord(c) < 16**2 else ("u", 4) if ord(c) < 16**4 else ("U", 8)
    return f"\\{kind}{ord(c):0{digits}x}"


def printable(text: object, kept: str = "") -> str:
    """Return a text in one line, with an escape in place of every character that is not drawn, but for those `kept`.

    >>> printable("a\\x1b[2Kb\\n")
    'a\\\\x1b[2Kb\\\\n'
    """
    return NOT_ASCII.sub(lambda at: at[0] if at[0] in kept or not is_unseen(at[0]) else escaped(at[0]), str(text))


def plainly(text: str, encoding: str | None = None) -> str:
    """Return a text as it is written in an encoding: what this does not have is written plainly, or as its escape.

    Where none is given it is that of standard output.

    >>> plainly("✓ σ′(z)·∂C/∂a ≤ ⌊M²/2⌋", "ascii")
    "ok \\\\sigma'(z)*dC/da <= floor(M^2/2)"
    """
    known = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(known, PLAINLY).decode(known)


def without(error: UnicodeError) -> tuple[str, int]:
    """Return what is written in place of characters that an encoding does not have, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end + 1]
    parts = [plain(c, after) for c, after in zip(found, [*found[1:], ""], strict=True)][: error.end - error.start]
    return re.sub(r"(?<=\^)([^^]+)\^(?=[-\d])", r"\1", "".join(parts)), error.end


codecs.register_error(PLAINLY, without)


def plain(c: str, after: str = "") -> str:
    """Return what is written for a character, of which another may come after: `\\alpha` for α, `^T` for ᵀ."""
    if c in SIGNS:
        return SIGNS[c]
    if c == "Σ" and after == "{":
        return "Sum"
    name = unicodedata.name(c, "")
    if (letter := GREEK.fullmatch(name)) is not None:
        word = letter[2].lower().replace("lamda", "lambda")
        return f"\\{word.capitalize() if letter[1] == 'CAPITAL' else word}"
    kind, _, base = unicodedata.decomposition(c).partition(" ")
    if kind in ("<super>", "<sub>") and " " not in base:
        return f"{'^' if kind == '<super>' else '_'}{''.join(plain(one) for one in chr(int(base, 16)))}"
    return c if c.isascii() else escaped(c)


def json_text(value: Any) -> str:
    """Return a value as JSON in one line, which is UTF-8: characters that are not drawn are escaped in its texts."""
    return NOT_ASCII.sub(
        lambda at: json.dumps(at[0])[1:-1] if is_unseen(at[0]) else at[0], json.dumps(value, ensure_ascii=False)
    )
