"""Names that can be told apart by eye: of letters of one script, all of them drawn, and no two of them drawn alike.

Which letters are drawn alike is a table, and not that of Unicode: in mathematics α and a, ν and v, ρ and p are
different letters, and Greek ones stand beside Latin ones everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cnn_symbolic.ground.errors import NameConflictError

# Letters of other scripts, each before the Latin or Greek letter that it is drawn as.
ALIKE = (
    "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoͿJϳj",
    "АAВBЕEЅSІIЈJКKМMНHОOРPСCТTУYХXҮYԌGԚQԜWѴVаaеeоoрpсcуyхxѕsіiјjһhԁdԛqԝwѵvӏlГΓПΠФΦѲΘкκфφѳθєε",
    "ՍUՏSՕOԼLօoսuոnհhցgյj",
    "ᎠDᎡRᎢTᎪAᎫJᎬEᎳWᎷMᎻHᏀGᏃZᏒRᏔWᏙVᏚSᏞLᏟCᏢPᏦK",
    "ꓐBꓑPꓓDꓔTꓖGꓗKꓙJꓚCꓜZꓝFꓟMꓠNꓡLꓢSꓣRꓦVꓧHꓪWꓫXꓬYꓮAꓰEꓲIꓳOꓴU",
    "ɑαßβɛεɣγɩιʋυɸφꞵβꭓχɡgıi",
    "'′",
)
DRAWN = {a: b for row in ALIKE for a, b in zip(row[::2], row[1::2], strict=True)}
# Scripts that are written together.
TOGETHER = ({"LATIN", "GREEK"}, {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
# What is counted among the letters and marks and is not drawn, or is drawn as a sign.
NO_LETTER = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01efǀ-ǃꞋꞌꞏꟷꟾꟿ]"
)
MOST_MARKS = 2


def shown(name: str) -> str:
    """Return a name with the letters in it that are not of ASCII, by their numbers and names.

    >>> shown("а1")
    'а1 (U+0430 CYRILLIC SMALL LETTER A)'
    """
    letters = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, '?')}" for c in name if not c.isascii())
    return f"{name} ({letters})" if letters else f"{name} (all of ASCII)"


def drawn(name: str) -> str:
    """Return what a name is drawn as: the same text for names that look alike."""
    digits = (str(unicodedata.decimal(c, c)) for c in name)
    return unicodedata.normalize("NFC", "".join(DRAWN.get(c, c) for c in digits))


def scripts(name: str) -> set[str]:
    """Return the scripts that the letters of a name belong to, as Unicode's names of them begin."""
    return {unicodedata.name(c, "?").split()[0].split("-")[0] for c in name if unicodedata.category(c)[0] == "L"}


def fault(name: str) -> str | None:
    """Return why a name cannot be read as what it is, or None: it has a sign in it, or letters of two scripts."""
    if not name.rstrip("'′").isidentifier():
        return "a name is letters, digits and underscores"
    marks = 0
    for before, c in zip(f" {name}", name, strict=False):
        kind = unicodedata.category(c)
        marks = marks + 1 if kind[0] == "M" else 0
        if NO_LETTER.match(c) or not (kind[0] in "LM" or kind == "Nd" or c in "_'′"):
            return f"U+{ord(c):04X} {unicodedata.name(c, '?')} is no letter that can be seen"
        if marks > MOST_MARKS or (marks == 1 and unicodedata.category(before)[0] != "L"):
            return f"U+{ord(c):04X} {unicodedata.name(c, '?')} has no letter that it stands at"
    found = scripts(name)
    if "MODIFIER" in found or (len(found) > 1 and not any(found <= together for together in TOGETHER)):
        return f"it mixes letters of different scripts: {shown(name)}"
    if len(found) > 1 and any(c in DRAWN and "GREEK" in unicodedata.name(c) for c in name):
        return f"a Greek letter in it is drawn as a Latin one: {shown(name)}"
    return None


def check_letters(names: Iterable[str], before: dict[str, str] | None = None) -> None:
    """Raise NameConflictError for a name that cannot be read as what it is, and for two that are drawn alike.

    Names are also compared with those `before`, and become some of them.
    """
    seen = {} if before is None else before
    for name in names:
        if (wrong := fault(name)) is not None:
            raise NameConflictError(f"the name {name} cannot be read: {wrong}")
        other = seen.setdefault(drawn(name), name)
        if other != name:
            raise NameConflictError(f"two names are drawn alike: {shown(other)} and {shown(name)}: rename one of them")
