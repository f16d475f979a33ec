"""The attacks on soundness: random pairs against brute force, and every theorem's formula mutated."""

from collections import Counter
from itertools import islice

import pytest

from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.factor_choice import factors_of
from cnn_symbolic.kernel.search.refuting import decide_affine
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.factors import prove_every
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem
from cnn_symbolic.mistakes.changes import changes
from cnn_symbolic.tensors.tensor import Tensor
from tests.support.bundle import derivations
from tests.support.kernel.attack import attack
from tests.support.kernel.attack_factors import attack_factors
from tests.support.thorough import every, share

PAIRS, PARTS = 2400, 8
FACTOR_PAIRS = 40
# Values of strides and other factors at which every mutant shows whether it differs.
PROBES = [(2, 3, 2, 3, 2, 3), (3, 2, 3, 2, 3, 2)]


@pytest.mark.parametrize("part", every(8, range(PARTS)))
def test_the_kernel_agrees_with_brute_force_on_random_pairs(part):
    tally = attack(PAIRS // PARTS, seed=part)
    print(dict(tally.verdicts), {reason.name: n for reason, n in tally.undecided.items()})
    assert tally.disagreements == []
    assert sum(tally.verdicts.values()) == PAIRS // PARTS
    assert tally.verdicts["Theorem"] >= 90
    assert tally.verdicts["Refutation"] >= 90
    assert set(tally.undecided) <= {Reason.MULTIPLICITY, Reason.COEFFICIENT}
    assert tally.verdicts["Undecided"] <= 30


@pytest.mark.parametrize("seed", every(3, range(3)))
def test_the_kernel_agrees_with_brute_force_on_random_pairs_with_strides(seed):
    tally = attack_factors(FACTOR_PAIRS, seed=seed)
    print(dict(tally.verdicts))
    assert tally.disagreements == []
    assert tally.verdicts["every"] >= FACTOR_PAIRS // 4
    assert tally.verdicts["Refutation"] >= FACTOR_PAIRS // 4
    assert tally.verdicts["Undecided"] <= FACTOR_PAIRS // 10


# The changes of a right formula that make no difference, and why.
WHOLE_SUM = "a sum over an axis does not depend on where the entries stand along it"
COMMUTES = "a full convolution commutes"
SAME_SHAPE = "a valid cross-correlation of two tensors of one shape is their dot product, which commutes"
CORNER = "the entry [0, 0] lies on the diagonal"
ALL_ALIKE = "all members along that axis are the same tensor"
MIRRORED = "flipping takes the second of the two places to the first"
EXPONENTIAL = "exp′ = exp"
CONVOLVE = "the arguments of convolve exchanged"
UNDERLAYS = "the block of equal underlays may start anywhere"
EQUIVALENT = {
    "equal_underlays": {"z flipped along axis 1": MIRRORED, "cut from the start of axis 1 on": UNDERLAYS},
    "bias_gradient_1": {
        "∂C/∂z flipped along axis 0": WHOLE_SUM,
        "∂C/∂z flipped along axis 2": WHOLE_SUM,
        "∂C/∂z transposed": WHOLE_SUM,
    },
    "transposed_convolution_2": {
        "∂C/∂z flipped along axis 0": WHOLE_SUM,
        "∂C/∂z flipped along axis 2": WHOLE_SUM,
        "∂C/∂z transposed": WHOLE_SUM,
    },
    "stacked_convolutions_1": {CONVOLVE: COMMUTES},
    "convolved_by_map_1": {CONVOLVE: COMMUTES},
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
# The wrong variants of theorems about every stride that are not refuted at the tried strides; none of them is proved.
COUNTED = {
    "n is flipped",
    "n is flipped along axis 2",
    "n is flipped along axis 3",
    "the factor reciprocal(n) is missing",
}
NEITHER = {
    **dict.fromkeys(("average_pool.backward_2", "backward_3", "backward_4"), frozenset(COUNTED)),
    "all_cells": frozenset({"not multiplied by I", "not multiplied by J"}),
}
PROVED = [claim for claim in derivations("proved") if isinstance(claim.derivation.right, Tensor)]
# Claims with more factors are the same on more axes. There are about a hundred variants of each.
MOST_FACTORS, EVERY = 2, share(6, 2)


@pytest.mark.parametrize("claim", every(40, PROVED, ids=lambda claim: claim.id))
def test_every_mutant_of_a_theorem_is_refuted_or_explained(claim):
    """Of a theorem about every stride, none that is refuted at some stride is proved for every stride."""
    derivation = claim.derivation
    if isinstance(decide_affine(derivation.statement), Theorem):
        check_mutants(claim)
    elif len(factors := factors_of(derivation.statement)) <= MOST_FACTORS:
        check_mutants_with_factors(claim, factors)


def check_mutants(claim):
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


def check_mutants_with_factors(claim, factors):
    derivation = claim.derivation
    probes = [dict(zip(factors, values, strict=False)) for values in PROBES]
    refuted = 0
    equivalent, neither = set(), set()
    for change in islice(changes(derivation.right, fixed=derivation.left.names()), 0, None, EVERY):
        try:
            statement = state(derivation.left, change.formula, derivation.assuming)
        except ShapeError:
            continue
        at_probes = (decide_affine(statement.at(probe)) for probe in probes)
        is_refuted = any(isinstance(verdict, Refutation) for verdict in at_probes)
        try:
            prove_every(statement, factors)
        except NotReadable:
            refuted += is_refuted
            if not is_refuted:
                neither.add(change.name)
            continue
        assert not is_refuted, change.name
        equivalent.add(change.name)
    print(f"{claim.id}: {refuted} refuted, {len(equivalent)} equivalent")
    # Of a tensor of ones all entries are alike, however it is turned.
    assert {name for name in equivalent if "ones(" not in name} <= set(EQUIVALENT.get(claim.id, {}))
    assert neither <= NEITHER.get(claim.id, set())
    assert refuted >= 2
