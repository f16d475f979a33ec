"""What can be printed: a text of unknown origin with everything in it shown, and nothing in it obeyed.

Titles, reasons, messages of other people's errors and names of files may hold what a terminal obeys (escape sequences,
a carriage return, a backspace), what turns the direction of writing, or what no encoding has.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

# Controls, format characters, surrogates, private and unassigned code points, separators of lines and paragraphs.
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
NOT_ASCII = re.compile(r"[^\x20-\x7e]")
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


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


def json_text(value: Any) -> str:
    """Return a value as JSON in one line, which is UTF-8: characters that are not drawn are escaped in its texts."""
    return NOT_ASCII.sub(
        lambda at: json.dumps(at[0])[1:-1] if is_unseen(at[0]) else at[0], json.dumps(value, ensure_ascii=False)
    )
