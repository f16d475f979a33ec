"""The named mistake of every wrong formula in the bundle that has one."""

import pytest

from cnn_symbolic.checking.mistakes import named_mistake
from cnn_symbolic.derivation import Derivation
from cnn_symbolic.kernel.verdicts import Theorem
from cnn_symbolic.library import select

NAMED = {
    "unrotated_convolution": "convolve in place of correlate",
    "rotated_input": "convolve in place of correlate",
    "bias_gradient_without_slope": "the factor σ′(z) added to ∂C/∂a",
    "input_gradient_unrotated": "convolve in place of correlate",
    "convolved_weight_gradient": "correlate in place of convolve",
    "unrotated_filters": "convolve in place of correlate",
    "untransposed": "w transposed",
    "not_exchanged": "stride and dilation of conv exchanged",
    "swapped": "D and S exchanged",
    "output_padding_forgotten": "the output padding (D + M - D·I - S·⌊(D + M - D·I - 1)/S⌋ - 1,)",
    "cropped_at_the_wrong_end": "cut from the start of axis 2 on",
    "same_on_the_wrong_side": "the padding before and after exchanged",
    "channels_not_exchanged": "axes 0 and 1 of flip(w, axes=(2,)) exchanged",
    "groups_in_the_wrong_order": "axis 1 split into (G, C) in place of (C, G)",
}
REFUTED = [c for c in select([]) if isinstance(c.derivation, Derivation) and c.derivation.expected == "refuted"]


@pytest.mark.parametrize("claim", REFUTED, ids=[c.id for c in REFUTED])
def test_the_mistake_is_named_and_its_correction_is_proved(claim):
    found = named_mistake(claim.derivation)
    assert (found.name if found else None) == NAMED.get(claim.id)
    if found is not None:
        right = type(claim.derivation)(
            claim.id, claim.derivation.left, found.formula, "proved", claim.derivation.assuming
        )
        assert isinstance(right.verdict, Theorem)
