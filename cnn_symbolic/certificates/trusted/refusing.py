"""Refuses the text of a proof, before Coq sees it, for commands that a proof does not need.

This is the belt to the braces of the check: no proof is accepted because of it. It refuses what would assume the claim,
switch a check of Coq's kernel off, change what the check itself reads, hide an axiom in a module, load code, or write
files.
"""

from __future__ import annotations

import re

COMMANDS = (
    # what assumes something
    r"Axioms?", r"Conjectures?", r"Parameters?", r"Primitive", r"Symbols?", r"Rewrite\s+Rules?", r"Admitted",
    r"[Aa]dmit", r"give_up", r"Declare\s+(?:Instance|Module|Morphism)",
    # what switches checks off
    r"(?:Set|Unset)\s+(?:Guard|Universe|Positivity)\s+Checking", r"Definitional\s+UIP", r"bypass_check",
    # what reaches out of the file: into the check, or to names that look like those of other files
    r"[Gg]lobal", r"Module", r"Include", r"Register",
    # what loads code, or finds files elsewhere
    r"Declare\s+ML", r"Load", r"Add\s+(?:Rec\s+)?(?:LoadPath|ML)", r"Remove\s+LoadPath", r"Cd",
    # what writes files
    r"Redirect", r"Extraction", r"Extract", r"Print", r"Profile", r"Profiling", r"(?:Write|Restore)\s+State", r"Dump",
)  # fmt: skip
FORBIDDEN = re.compile(rf"\b(?:{'|'.join(COMMANDS)})\b")
MARK = re.compile(r'\(\*|\*\)|"')
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def refusal(proof: str) -> str | None:
    """Return why the text of a proof is refused, or None if it may be compiled."""
    if CONTROL.search(proof):
        return "the proof holds control characters"
    text = without_comments(proof)
    if text is None:
        return "the proof has a comment or a text that does not end"
    if (found := FORBIDDEN.search(text)) is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    return f"the proof says {' '.join(found.group().split())} in line {line}, which no proof may"


def without_comments(text: str) -> str | None:
    """Return a text of Coq with only the line ends of its comments; None if a comment or a quoted text does not end.

    Comments nest, and a quotation mark inside of a comment starts a quoted text there too, as Coq reads them.
    """
    kept: list[str] = []
    depth, quoted, at = 0, False, 0
    for mark in MARK.finditer(text):
        piece = text[at : mark.start()]
        kept.append(piece if not depth else "\n" * piece.count("\n"))
        at = mark.end()
        if mark.group() == '"':
            quoted = not quoted
            kept.append("" if depth else '"')
        elif quoted:
            kept.append("" if depth else mark.group())
        elif mark.group() == "(*":
            depth += 1
            kept.append(" ")
        elif depth:
            depth -= 1
        else:
            kept.append(mark.group())
    return None if depth or quoted else "".join([*kept, text[at:]])
