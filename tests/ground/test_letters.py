"""Which names can be told apart by eye."""

import unicodedata

import pytest

from cnn_symbolic.ground.errors import NameConflictError
from cnn_symbolic.ground.letters import DRAWN, check_letters, drawn, fault

READABLE = [
    *("x", "a_prev", "W_", "_w", "x1", "x'", "x′", "M_in", "δ", "ẑ", "z̃", "Δx", "w_δ", "größe_λ", "σ_max", "ñ", "ð"),
    *("ядро", "вес_1", "重み", "가중치", "κ", "ν", "ρ", "Ω", "مصفوفة", "भार", "ℵ", "データ", "一"),
]
UNREADABLE = {
    "аx": "different scripts: аx (U+0430 CYRILLIC SMALL LETTER A)",
    "ядро_w": "different scripts",
    "xδя": "different scripts",
    "a\u0561": "different scripts",
    "x一": "different scripts",
    "xᐧy": "different scripts",
    "xˆ": "different scripts",
    "ˆ": "different scripts",
    "Αx": "a Greek letter in it is drawn as a Latin one",
    "wο": "a Greek letter in it is drawn as a Latin one",
    "x·y": "U+00B7 MIDDLE DOT is no letter",
    "x\ufe0f": "U+FE0F VARIATION SELECTOR-16 is no letter",
    "\u3164": "U+3164 HANGUL FILLER is no letter",
    "x\u034f": "U+034F COMBINING GRAPHEME JOINER is no letter",
    "xǃ": "U+01C3 LATIN LETTER RETROFLEX CLICK is no letter",
    "aꞏb": "U+A78F LATIN LETTER SINOLOGICAL DOT is no letter",
    "aꟷb": "U+A7F7 LATIN EPIGRAPHIC LETTER SIDEWAYS I is no letter",
    "_\u0303": "U+0303 COMBINING TILDE has no letter that it stands at",
    "x1\u0303": "U+0303 COMBINING TILDE has no letter that it stands at",
    "z\u0303\u0303\u0303": "U+0303 COMBINING TILDE has no letter that it stands at",
    "0": "letters, digits and underscores",
    "x y": "letters, digits and underscores",
    "rot180(x)": "letters, digits and underscores",
    "x\u200b": "letters, digits and underscores",
}
ALIKE = [
    *(("a", "а"), ("x", "х"), ("A", "Α"), ("A", "А"), ("Α", "А"), ("o", "ο"), ("o", "о"), ("ο", "о"), ("x'", "x′")),
    *(("вес1", "вес١"), ("exp", "ехр"), ("cop", "сор"), ("α", "ɑ"), ("Γ", "Г"), ("D", "Ꭰ"), ("B", "ꓐ"), ("s", "ѕ")),
]
DIFFERENT = [
    *(("a", "α"), ("v", "ν"), ("w", "ω"), ("p", "ρ"), ("n", "η"), ("k", "κ"), ("y", "γ"), ("u", "μ"), ("x", "χ")),
    *(("z", "ẑ"), ("x", "x′"), ("w", "W"), ("a1", "a2"), ("β", "B"), ("o", "O"), ("и", "u")),
]


@pytest.mark.parametrize("name", READABLE)
def test_names_of_letters_of_one_script_or_of_latin_and_greek_ones_are_readable(name):
    assert fault(unicodedata.normalize("NFKC", name)) is None


@pytest.mark.parametrize(("name", "why"), UNREADABLE.items(), ids=map(ascii, UNREADABLE))
def test_what_cannot_be_read_as_a_name_is_none(name, why):
    assert why in fault(name)
    with pytest.raises(NameConflictError):
        check_letters([name])


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_two_names_that_are_drawn_alike_are_refused_by_the_numbers_of_their_letters(one, other):
    check_letters([one])
    with pytest.raises(NameConflictError, match="two names are drawn alike") as refused:
        check_letters([one, "m", other])
    assert all(f"U+{ord(c):04X} " in str(refused.value) for c in one + other if not c.isascii())


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_letters_that_mathematics_tells_apart_are_different(one, other):
    check_letters([one, other, one])


def test_the_table_leads_to_letters_that_are_no_keys_of_it():
    assert {drawn(b) for b in DRAWN.values()} == set(DRAWN.values())
