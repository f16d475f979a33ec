"""The attacks on soundness: random pairs against brute force, and every theorem's formula mutated."""

from collections import Counter

import pytest

from cnn_symbolic.checking.mistakes import changes
from cnn_symbolic.derivation import Derivation
from cnn_symbolic.errors import ShapeError
from cnn_symbolic.kernel.decide import decide
from cnn_symbolic.kernel.statement import state
from cnn_symbolic.kernel.verdicts import Reason, Refutation, Theorem
from cnn_symbolic.library import select
from cnn_symbolic.tensors import Tensor

from .attack import attack

PAIRS, PARTS = 2400, 8


@pytest.mark.parametrize("part", range(PARTS))
def test_the_kernel_agrees_with_brute_force_on_random_pairs(part):
    tally = attack(PAIRS // PARTS, seed=part)
    print(dict(tally.verdicts), {reason.name: n for reason, n in tally.undecided.items()})
    assert tally.disagreements == []
    assert sum(tally.verdicts.values()) == PAIRS // PARTS
    assert tally.verdicts["Theorem"] >= 90
    assert tally.verdicts["Refutation"] >= 90
    assert set(tally.undecided) <= {Reason.MULTIPLICITY, Reason.COEFFICIENT}
    assert tally.verdicts["Undecided"] <= 30


# The changes of a right formula that make no difference, and why.
WHOLE_SUM = "a sum over an axis does not depend on where the entries stand along it"
COMMUTES = "a full convolution commutes"
SAME_SHAPE = "a valid cross-correlation of two tensors of one shape is their dot product, which commutes"
CORNER = "the entry [0, 0] lies on the diagonal"
ALL_ALIKE = "all members along that axis are the same tensor"
MIRRORED = "flipping takes the second of the two places to the first"
EXPONENTIAL = "exp′ = exp"
CONVOLVE = "the arguments of convolve exchanged"
EQUIVALENT = {
    "equal_underlays": {"z flipped along axis 1": MIRRORED},
    "bias_gradient_is_sum": {
        "δ rotated by 180°": WHOLE_SUM,
        "δ flipped along axis 0": WHOLE_SUM,
        "δ flipped along axis 1": WHOLE_SUM,
        "δ transposed": WHOLE_SUM,
    },
    "bias_gradient": {"the arguments of correlate exchanged": SAME_SHAPE},
    "bias_gradient_swapped": {"the arguments of correlate exchanged": SAME_SHAPE},
    "input_gradient": {CONVOLVE: COMMUTES},
    "input_gradient_swapped": {CONVOLVE: COMMUTES},
    "starting_position": {"w transposed": CORNER, "δ transposed": CORNER},
    "consecutive_updates_3": {"c flipped along axis 0": WHOLE_SUM},
    "consecutive_updates_6": {"g flipped along axis 0": WHOLE_SUM},
    "biases": {"δ flipped along axis 1": WHOLE_SUM, "δ flipped along axis 2": WHOLE_SUM},
    "convolutional_layer.inputs": {CONVOLVE: COMMUTES},
    "input_slices": {CONVOLVE: COMMUTES},
    "first_activations": {CONVOLVE: COMMUTES},
    "first_biases": {
        CONVOLVE: COMMUTES,
        "δ flipped along axis 1": WHOLE_SUM,
        "δ flipped along axis 2": WHOLE_SUM,
    },
    "first_filters": {CONVOLVE: COMMUTES},
    "first_inputs": {CONVOLVE: COMMUTES},
    "forward": {
        "[a_prev for k<K] flipped along axis 0": ALL_ALIKE,
        "w·[a_prev for k<K] flipped along axis 1": WHOLE_SUM,
    },
    "flat_inputs": {
        "[δ for n<N] flipped along axis 0": ALL_ALIKE,
        "transpose(w)·[δ for n<N] flipped along axis 1": WHOLE_SUM,
    },
    "any_targets": {"y flipped along axis 0": WHOLE_SUM, "exp′ in place of exp": EXPONENTIAL},
    "softmax_gradient": {"exp′ in place of exp": EXPONENTIAL},
}
PROVED = [
    claim
    for claim in select([])
    if isinstance(claim.derivation, Derivation)
    and claim.derivation.expected == "proved"
    and isinstance(claim.derivation.right, Tensor)
]


@pytest.mark.parametrize("claim", PROVED, ids=[claim.id for claim in PROVED])
def test_every_mutant_of_a_theorem_is_refuted_or_explained(claim):
    derivation = claim.derivation
    count = Counter()
    equivalent = set()
    for change in changes(derivation.right, fixed=derivation.left.names()):
        try:
            verdict = decide(state(derivation.left, change.formula, derivation.assuming))
        except ShapeError:
            count["another number of axes"] += 1
            continue
        count[type(verdict)] += 1
        if isinstance(verdict, Theorem):
            equivalent.add(change.name)
    print(f"{claim.id}: {count[Refutation]} refuted, {len(equivalent)} equivalent")
    assert equivalent == set(EQUIVALENT.get(claim.id, {}))
    assert set(count) <= {Theorem, Refutation, "another number of axes"}
    assert count[Refutation] >= 3
