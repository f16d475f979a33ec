"""The named mistake of every wrong formula in the bundle that has one."""

import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.tensors.tensor import Tensor
from tests.support.bundle import derivations
from tests.support.thorough import every

NOT_FLIPPED = "the filter is not flipped (correlate in place of convolve)"
NAMED = {
    "unrotated_convolution": NOT_FLIPPED,
    "rotated_input": NOT_FLIPPED,
    "bias_gradient_without_slope": "the slope σ′(z) is missing",
    "input_gradient_unrotated": NOT_FLIPPED,
    "convolved_weight_gradient": "the filter is flipped (convolve in place of correlate)",
    "unrotated_filters": NOT_FLIPPED,
    "untransposed": "w is not transposed",
    "not_exchanged": "stride and dilation are exchanged",
    "swapped": "D and S are exchanged",
    "output_padding_forgotten": "the output padding is missing",
    "cropped_at_the_wrong_end": "the start of axis 2 is cut off",
    "same_on_the_wrong_side": "the paddings before and after are exchanged",
    "channels_not_exchanged": "the axes 0 and 1 of the filter w are not exchanged",
    "groups_in_the_wrong_order": "axis 1 split into (C, G) in place of (G, C)",
    "dilation_forgotten": "the dilation is missing in the condition",
    "dilated_size_forgotten": "the dilation is left out in the size of axis 2",
    "dilated_overlay": "off by one, and I in place of I - 1",
    "fold.assigned": "the term with y is too much",
    "max_pooling.assigned": "the term with s·∂C/∂a·s is too much",
    "lost": "the rounding down is left out in the size of axis 2",
}
REFUTED = derivations("refuted")


@pytest.mark.parametrize("claim", every(3, REFUTED, ids=lambda claim: claim.id))
def test_the_mistake_is_named_and_its_correction_is_proved(claim):
    found = claim.derivation.mistake
    assert (found.name if found else None) == NAMED.get(claim.id)
    if found is not None and isinstance(found.formula, Tensor):
        right = Derivation(claim.id, claim.derivation.left, found.formula, "proved", claim.derivation.assuming)
        assert isinstance(right.verdict, Theorem)


# What has been forgotten, in texts

CONV = "x, w, b = tensor(B, C, M), tensor(K, C, I), tensor(K)\n"
FORGOTTEN = {
    "the stride": (
        f"{CONV}z = conv(x, w, stride=S)\n"
        "claim(gradient(z, wrt=x) == conv_transpose(cotangent(z), w), assuming=[(M - I) % S == 0])",
        "the stride S is missing",
        "conv_transpose(∂C/∂z, w, stride=S)",
    ),
    "the dilation": (
        f"{CONV}z = conv(x, w, dilation=D)\nclaim(gradient(z, wrt=x) == conv_transpose(cotangent(z), w))",
        "the dilation D is missing",
        "conv_transpose(∂C/∂z, w, dilation=D)",
    ),
    "the stride and the output padding": (
        f"{CONV}z = conv(x, w, stride=S)\nclaim(gradient(z, wrt=x) == conv_transpose(cotangent(z), w))",
        "the stride S and the output padding are missing",
        "conv_transpose(∂C/∂z, w, stride=S, output_padding=(M - I - S·⌊(M - I)/S⌋,))",
    ),
    "that it is a sum and no mean": (
        f"{CONV}z = conv(x, w, b)\nclaim(gradient(z, wrt=b) == sum_axes(cotangent(z), axes=(0, 2)) / B)",
        "divided by the batch size",
        "sum_axes(∂C/∂z, axes=(0, 2))",
    ),
    "that it is a mean and no sum": (
        f"{CONV}mean = sum_axes(x, axes=(0,), keepdims=True) / B\n"
        "claim(gradient(mean, wrt=x) == broadcast(cotangent(mean), shape=(B, C, M)))",
        "not divided by B",
        "1/B·∂C/∂mean",
    ),
    "the dilation of the cotangent": (
        "x, f = tensor(M), tensor(I)\nz = subsample(correlate(x, f), factors=[S])\n"
        "claim(gradient(z, wrt=f) == crop(correlate(x, cotangent(z)), start=[0], shape=[I]))",
        "∂C/∂z is not dilated by (S,)",
        "crop(correlate(x, dilate(∂C/∂z, factors=(S,)), mode='valid'), start=(0,), shape=(I,))",
    ),
}


@pytest.mark.parametrize(("text", "name", "formula"), FORGOTTEN.values(), ids=FORGOTTEN)
def test_what_was_forgotten_is_named_and_the_formula_with_it_is_proved(text, name, formula):
    (claim,) = read_claims(text).values()
    assert claim.outcome == "refuted"
    found = claim.mistake
    assert (found.name, str(found.formula)) == (name, formula)
    assert isinstance(Derivation("…", claim.left, found.formula, "proved", claim.assuming).verdict, Theorem)


ENTRIES = """
x = tensor(M)
w = tensor(I)
z = correlate(x, w)
dz = cotangent(z)
a = tensor(N, N)
"""


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("claim(gradient(z, wrt=x)[i] == sum(w[u]*dz[i + u], over={u: I}))", "the sign of u in the index of ∂C/∂z"),
        ("claim(transpose(a)[i, j] == a[i, j])", "a is transposed"),
        ("claim(z[i] == sum(x[i + u + 1]*w[u], over=u))", "the index of x is off by one"),
    ],
)
def test_a_wrong_index_is_named(claim, name):
    (made,) = read_claims(ENTRIES + claim).values()
    change = made.mistake
    assert change is not None
    assert change.name == name
    assert isinstance(decide(state(made.left, change.formula)), Theorem)
