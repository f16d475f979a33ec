"""Sentences: what in them is mathematics, and that everything else stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.book.prose import Formula, plain, prose
from cnn_symbolic.library import select


def shown(text):
    """The sentence with its formulas in dollar signs."""
    return "".join(part if isinstance(part, str) else f"${part.latex}$" for part in prose(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an M×N grid with an I×J overlay", r"an $M\times N$ grid with an $I\times J$ overlay"),
        ("with δ = σ′(z)·∂C/∂a", r"with $\delta=\sigma'(z) \, \partial C/\partial a$"),
        ("The gradient is Wᵀ·δ, in its shape", r"The gradient is $W^{\mathsf{T}} \, \delta$, in its shape"),
        ("K maps over D maps", "$K$ maps over $D$ maps"),
        ("at ⌊(M−I)/2⌋ + 1 positions", r"at $\lfloor (M-I)/2\rfloor +1$ positions"),
        ("½ Σ (a − y)²", r"$\tfrac{1}{2}\ \sum\ (a-y)^{2}$"),
        ("∂C/∂a_prev = Σ_k w_k", r"$\partial C/\partial a^{\mathrm{prev}}=\sum_k\ w_{k}$"),
        ("the definition of b", "the definition of $b$"),
        ("⟨conv(x), y⟩", r"$\langle \operatorname{conv}(x),y\rangle$"),
        ("every S-th entry", "every $S$-th entry"),
        ("every D, S and T", "every $D,S$ and $T$"),
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
    left = text
    for part in parts:
        if isinstance(part, str):
            assert part in left
            left = left[left.index(part) + len(part) :]
    assert not any(isinstance(part, Formula) and not part.latex for part in parts)


def test_every_title_of_the_bundle_can_be_shown():
    for claim in select(["feature_map", "forward"]):
        title = claim.derivation.title
        words = [word for word in title.split() if word.isalpha() and word.islower() and len(word) > 2]
        assert all(word in plain(prose(title)) for word in words)
