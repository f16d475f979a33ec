"""The attacks on soundness: random pairs against brute force, and every theorem's formula mutated."""

from collections import Counter

import pytest

from cnn_symbolic.checking.mistakes import changes
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
ONE_ENTRY = "the result has one entry, which is its own mirror image and transpose"
WHOLE_SUM = "the sum of all entries does not depend on where they stand"
COMMUTES = "a full convolution commutes"
SAME_SHAPE = "a valid cross-correlation of two tensors of one shape is their dot product, which commutes"
EQUIVALENT = {
    "bias_gradient_is_sum": {
        "δ rotated by 180°": WHOLE_SUM,
        "δ flipped along axis 0": WHOLE_SUM,
        "δ flipped along axis 1": WHOLE_SUM,
        "δ transposed": WHOLE_SUM,
        "sum_axes(δ, axes=(0, 1), keepdims=True) rotated by 180°": ONE_ENTRY,
        "sum_axes(δ, axes=(0, 1), keepdims=True) flipped along axis 0": ONE_ENTRY,
        "sum_axes(δ, axes=(0, 1), keepdims=True) flipped along axis 1": ONE_ENTRY,
        "sum_axes(δ, axes=(0, 1), keepdims=True) transposed": ONE_ENTRY,
    },
    "bias_gradient": {
        "the arguments of correlate exchanged": SAME_SHAPE,
        "correlate(σ′(z), ∂C/∂a, mode='valid') rotated by 180°": ONE_ENTRY,
        "correlate(σ′(z), ∂C/∂a, mode='valid') flipped along axis 0": ONE_ENTRY,
        "correlate(σ′(z), ∂C/∂a, mode='valid') flipped along axis 1": ONE_ENTRY,
        "correlate(σ′(z), ∂C/∂a, mode='valid') transposed": ONE_ENTRY,
    },
    "bias_gradient_swapped": {
        "the arguments of correlate exchanged": SAME_SHAPE,
        "correlate(∂C/∂a, σ′(z), mode='valid') rotated by 180°": ONE_ENTRY,
        "correlate(∂C/∂a, σ′(z), mode='valid') flipped along axis 0": ONE_ENTRY,
        "correlate(∂C/∂a, σ′(z), mode='valid') flipped along axis 1": ONE_ENTRY,
        "correlate(∂C/∂a, σ′(z), mode='valid') transposed": ONE_ENTRY,
    },
    "input_gradient": {"the arguments of convolve exchanged": COMMUTES},
    "input_gradient_swapped": {"the arguments of convolve exchanged": COMMUTES},
}
PROVED = [c for c in select([]) if c.derivation.expected == "proved" and isinstance(c.derivation.right, Tensor)]


@pytest.mark.parametrize("claim", PROVED, ids=[claim.id for claim in PROVED])
def test_every_mutant_of_a_theorem_is_refuted_or_explained(claim):
    derivation = claim.derivation
    count = Counter()
    equivalent = {}
    for change in changes(derivation.right):
        verdict = decide(state(derivation.left, change.formula, derivation.assuming))
        count[type(verdict)] += 1
        if isinstance(verdict, Theorem):
            equivalent[change.name] = change.formula
    print(f"{claim.id}: {count[Refutation]} refuted, {len(equivalent)} equivalent")
    assert set(equivalent) == set(EQUIVALENT.get(claim.id, {}))
    assert set(count) <= {Theorem, Refutation}
    assert count[Refutation] >= 5
