"""Sentences: what in them is mathematics, and that everything else stays as it is."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.library.loading import select
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.present.content.prose import Code, Formula, prose, tidy


def shown(text):
    """The sentence with its formulas in dollar signs."""
    return "".join(part if isinstance(part, str) else f"${latex(part.layout)}$" for part in prose(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an M×N grid with an I×J overlay", r"an $M\times N$ grid with an $I\times J$ overlay"),
        ("with δ = σ′(z)·∂C/∂a", r"with $\delta = \sigma'(z) \, \partial C/\partial a$"),
        ("The gradient is Wᵀ·δ, in its shape", r"The gradient is $W^{\mathsf{T}} \, \delta$, in its shape"),
        ("K maps over D maps", "$K$ maps over $D$ maps"),
        ("at ⌊(M−I)/2⌋ + 1 positions", r"at $\lfloor (M-I)/2 \rfloor + 1$ positions"),
        ("½ Σ (a − y)²", r"$\tfrac{1}{2}\ \sum \ (a - y)^{2}$"),
        ("∂C/∂a_prev = Σ_k w_k", r"$\partial C/\partial a^{\mathrm{prev}} = \sum_{k} \ w_{k}$"),
        ("the definition of b", "the definition of $b$"),
        ("⟨conv(x), y⟩", r"$\langle \operatorname{conv}(x), y \rangle$"),
        ("every S-th entry", "every $S$-th entry"),
        ("every D, S and T", "every $D, S$ and $T$"),
        ("the definition of z_1", "the definition of $z_{1}$"),
        ("∂w_2/∂w_2 is 1", r"$\partial w_{2}/\partial w_{2}$ is 1"),
        ("∂δ_12/∂δ_12 is 1", r"$\partial \delta_{12}/\partial \delta_{12}$ is 1"),
        ("∂alpha/∂alpha is 1", r"$\partial \mathit{alpha}/\partial \mathit{alpha}$ is 1"),
    ],
)
def test_mathematics_is_found(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A grid, and a map",
        "2-D: the bias gradient (for 3 maps)",
        "Appendix B: the first result",
        "the layer's own size",
        "ReLU and PyTorch's layout",
        "50% of a_b & {c} # <d> \\e ~ ^ $",
        "[0, 1, 2]",
    ],
)
def test_other_text_is_left_alone(text):
    assert prose(text) == (text,)


@given(st.text(max_size=40))
def test_words_are_never_lost(text):
    parts = prose(text)
    left = tidy(text)
    for part in parts:
        if isinstance(part, str):
            assert part in left
            left = left[left.index(part) + len(part) :]
    assert not any(isinstance(part, Formula) and not latex(part.layout) for part in parts)


UNPRINTABLE = ["\x00", "\x1b", "\x7f", "\x9b", "\ud800", "\udfff", "\ufdd0", "\ufffe", "\uffff", "\U0010ffff"]
UNPRINTABLE += [chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


@pytest.mark.parametrize("character", UNPRINTABLE)
def test_what_no_document_can_have_is_replaced(character):
    text = f"a{character}b"
    assert tidy(text) == Code(text).text == "a\ufffdb"
    assert prose(text) == ("a\ufffdb",)


def test_white_space_is_single_blanks():
    text = " on\r\ntwo \t lines\u2028and\x85\xa0more\n"
    assert tidy(text) == shown(text) == Code(text).text == "on two lines and more"
    assert prose("") == prose(" \n") == ()


def test_other_characters_are_kept():
    text = "\ufffd \ue000 \u200e é 数 \U0001f600 _%&#{}<>\\~^$"
    assert tidy(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_a_tidied_text_can_be_a_part_of_xml_and_is_tidy(text):
    made = tidy(text)
    assert tidy(made) == made
    assert re.search("[\ud800-\udfff\n]", made) is None
    root = ET.Element("p")
    root.text = made
    assert (ET.fromstring(ET.tostring(root)).text or "") == made


def test_every_title_of_the_bundle_can_be_shown():
    for claim in select(["feature_map", "forward"]):
        title = claim.derivation.title
        words = [word for word in title.split() if word.isalpha() and word.islower() and len(word) > 2]
        assert all(word in shown(title) for word in words)
