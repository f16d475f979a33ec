"""What is printed of texts of unknown origin: everything is shown, nothing is obeyed."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.ground.letters import fault
from cnn_symbolic.ground.printable import SIGNS, json_text, plainly, printable

# All code points, halves of surrogate pairs among them.
TEXTS = st.text(st.characters(codec=None))
ESCAPES = {
    "\x1b[2K": r"\x1b[2K",
    "a\r\n\tb\x00": r"a\r\n\tb\x00",
    "\x7f\x85\x9b": r"\x7f\x85\x9b",
    "\u202e\u2066\u200b\u00ad\ufeff": r"\u202e\u2066\u200b\xad\ufeff",
    "\ud800": r"\ud800",
    "\ue000\U000e0001": r"\ue000\U000e0001",
    "\u2028\u2029": r"\u2028\u2029",
    "δ = σ′(z)·∂C/∂a ⌊M/2⌋ 数 é \xa0 [red]": "δ = σ′(z)·∂C/∂a ⌊M/2⌋ 数 é \xa0 [red]",
}


@pytest.mark.parametrize(("given", "shown"), ESCAPES.items(), ids=range(len(ESCAPES)))
def test_what_is_not_drawn_is_escaped_and_everything_else_is_as_it_was(given, shown):
    assert printable(given) == shown


@given(TEXTS)
def test_what_is_printed_is_printable_and_printing_it_again_changes_nothing(text):
    found = printable(text)
    assert all(c.isprintable() or unicodedata.category(c) == "Zs" for c in found)
    assert printable(found) == found
    found.encode()


@given(TEXTS)
def test_every_character_that_is_escaped_can_be_read_back(text):
    without = text.replace("\\", "/")
    kept = "".join(c if c.isascii() else f"\\U{ord(c):08x}" for c in printable(without))
    assert kept.encode().decode("unicode_escape") == without


@given(TEXTS)
def test_kept_characters_stay(text):
    assert printable(text, "\n\t").count("\n") == text.count("\n")


@given(st.recursive(TEXTS | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_json_is_utf_8_that_can_be_shown_and_reads_as_the_value(value):
    found = json_text(value)
    found.encode()
    assert printable(found) == found
    assert json.loads(found) == joined(value)


def joined(value):
    """A value as JSON has it: two halves of a surrogate pair, one behind the other, are one character."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if isinstance(value, list):
        return list(map(joined, value))
    return {joined(key): joined(one) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("✓ σ′(z[r, c])·∂C/∂a ≤ ⌊M/2⌋", r"ok \sigma'(z[r, c])*dC/da <= floor(M/2)"),
        ("Σ{r=0..M - I} Σ Λ λ", r"Sum{r=0..M - I} \Sigma \Lambda \lambda"),
        ("10⁻⁸ Wᵀ x₁₂ 3² 2ⁿ", "10^-8 W^T x_1_2 3^2 2^n"),
        ("а ö ς 数", r"\u0430 \xf6 \u03c2 \u6570"),
    ],
)
def test_what_an_encoding_does_not_have_is_written_plainly_or_as_its_escape(text, shown):
    assert plainly(text, "ascii") == shown
    assert plainly(text, "utf-8") == text


def test_no_letter_that_a_name_may_have_is_written_as_another():
    assert [c for c in SIGNS if fault(f"a{c}") is None] == ["′"]  # which is drawn like '
    assert all(text.isascii() for text in SIGNS.values())


@given(TEXTS, st.sampled_from(["ascii", "cp1252", "cp437", "utf-16-le"]))
def test_every_text_can_be_written_plainly_in_every_encoding(text, encoding):
    shown = plainly(printable(text), encoding)
    assert shown.encode(encoding).decode(encoding) == shown
