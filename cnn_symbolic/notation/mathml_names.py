"""The names and words of a formula in LaTeX, each of which is one token of MathML with its own characters.

They are taken out before the formula is read, with a private character in their place.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.notation.latex import SPECIAL

__all__ = ["FIRST_PRIVATE", "PRIMES", "unescaped", "without_names"]

FIRST_PRIVATE, LAST_PRIVATE = 0xE000, 0xF8FF
NAME = re.compile(r"\\(operatorname|mathrm|mathit|mathbf|mathsf|text)\s*\{")
COMMAND_OR_CHARACTER = re.compile(r"\\[A-Za-z]+(?:\{\})?|\\.|.", re.DOTALL)
CHARACTERS = {written: character for character, written in SPECIAL.items()} | {"\\ ": " ", "\\,": "\u2009"}
STYLED = re.compile(r"\\text(it|rm)\{(.*)\}", re.DOTALL)  # how names with letters beyond ASCII are written
ENVIRONMENTS = {"matrix", "pmatrix", "bmatrix", "cases"}
PRIMES = "′″‴⁗"
BOLD = {chr(c): chr(0x1D7CE + c - 0x30) for c in range(0x30, 0x3A)}
BOLD |= {chr(c): chr(0x1D400 + c - 0x41) for c in range(0x41, 0x5B)}
BOLD |= {chr(c): chr(0x1D41A + c - 0x61) for c in range(0x61, 0x7B)}


def without_names(latex: str, names: list[ET.Element]) -> str:
    """Return a formula with a private character in place of each name, word and prime, which go to `names`."""
    parts, end = [], 0
    while found := NAME.search(latex, end):
        inside, after = argument(latex, found.end())
        if len(names) > LAST_PRIVATE - FIRST_PRIVATE:
            raise ExportError(f"the formula {latex!r} has too many names")
        parts += [latex[end : found.start()], "{", chr(FIRST_PRIVATE + len(names)), "}"]
        command = found.group(1)
        if command == "text" and (styled := STYLED.fullmatch(inside)):
            command, inside = f"math{styled.group(1)}", styled.group(2)
        names.append(named(command, unescaped(inside)))
        end = after

    def primed(marks: re.Match[str]) -> str:
        sign = ET.Element("mo")
        sign.text = PRIMES[len(marks[1]) - 1] if len(marks[1]) <= len(PRIMES) else PRIMES[0] * len(marks[1])
        names.append(sign)
        return "^{" + chr(FIRST_PRIVATE + len(names) - 1) + ("" if marks[2] else "}")

    kept = re.sub(r"('+)\s*(\^\s*\{)?", primed, "".join([*parts, latex[end:]]))
    if len(re.findall("[\ue000-\uf8ff]", kept)) > len(names) or balance(kept):
        raise ExportError(f"the formula {latex!r} has private characters, or braces without their counterparts")
    for environment in re.findall(r"\\(?:begin|end)\{(.*?)\}", kept):
        if environment not in ENVIRONMENTS:
            raise ExportError(f"the formula {latex!r} has the unknown environment {environment!r}")
    return kept


def balance(latex: str) -> int:
    """Return the number of braces that are open at the end, or that close what was never opened."""
    depth = 0
    for token in COMMAND_OR_CHARACTER.findall(latex):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            break
    return depth


def argument(latex: str, start: int) -> tuple[str, int]:
    """Return what stands between an opening brace and its counterpart, and where the formula goes on."""
    depth = 1
    for token in COMMAND_OR_CHARACTER.finditer(latex, start):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return latex[start : token.start()], token.end()
    raise ExportError(f"the formula {latex!r} has a brace without its counterpart")


def unescaped(text: str) -> str:
    """Return the text that `latex_notation.escape` has written for LaTeX; raise ExportError for a command."""
    plain = ""
    at = 0
    while at < len(text):
        token = COMMAND_OR_CHARACTER.match(text, at)
        written = token.group() if token else text[at]
        if written not in CHARACTERS and written[0] in "\\{}^_$#%&~":
            raise ExportError(f"the name {text!r} is not plain text")
        plain += CHARACTERS.get(written, written)
        at += len(written)
    return plain


def named(command: str, text: str) -> ET.Element:
    """Return the token of a name or of words."""
    text = text.replace(" ", "\u00a0")
    if command == "text":
        made = ET.Element("mtext")
    elif command == "mathbf":
        made = ET.Element("mn" if re.fullmatch(r"[\d./−-]+", text) else "mi")
        text = "".join(BOLD.get(c, c) for c in text)
    elif command == "mathit":
        made = ET.Element("mi", {} if len(text) == 1 and text.isascii() else {"class": "it"})
    else:
        made = ET.Element("mi", {"mathvariant": "normal"} if len(text) == 1 else {})
    made.text = text or "\u200b"
    return made
