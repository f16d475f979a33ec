"""The statements of certificates say what the claims say: Coq and NumPy compute the same from both, in numbers.

Coq evaluates the definitions of a statement over the integers, over the rationals where reciprocals occur, and over
numbers a + b·ε with ε² = 0 where a gradient is not affine. NumPy evaluates the kernel's statement. For a gradient, what
Coq computes is the functional where the tensor has grown by t at one entry, less the functional, and what NumPy
computes is the kernel's derivative. All of this is one run of Coq.
"""

import re
from collections import Counter

import pytest

from cnn_symbolic.certificates.trusted import statements
from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.library.loading import load_text
from cnn_symbolic.proofs.derivation import Derivation
from tests.support import statement_numbers
from tests.support.bundle import derivations
from tests.support.certificates import needs_coq
from tests.support.statement_numbers import SAMPLES, differences, put
from tests.support.unusual_claims import unusual
from tests.support.written_claims import WRITTEN

# Fixtures.
printed, undecided = statement_numbers.printed, statement_numbers.undecided

# Claims of the bundle with formulas of every kind: what is special about each.
CHOSEN = {
    "derived_shapes_1": "a shape of a group of maps",
    "parameters.instances_1": "fixed numbers only",
    "positions_3": "a bracket with a quotient",
    "same_convolution": "mode same",
    "shifted_input": "a shift",
    "equal_underlays": "entries read at shifted places",
    "bias_gradient_components": "a function of what is differentiated",
    "bias_gradient_is_sum": "a bias with axes of length one",
    "input_gradient_components": "brackets",
    "weight_gradient": "a cotangent made by a function",
    "starting_position": "no index",
    "consecutive_updates_5": "a scalar",
    "filters": "a bank of filters",
    "first_activations": "the gradient by an intermediate result",
    "same_input_gradient": "a fixed size of the overlay",
    "flat_inputs": "a matrix",
    "quadratic_cost_gradient": "a literal reciprocal, and a square",
    "regularised_weight_gradient": "two paths to the tensor, a scalar, a square",
    "softmax_gradient": "known functions, targets that add up to one",
    "probabilities_sum": "functions of an intermediate result without axes",
    "appendix_a.printed_arrays_1": "fixed arrays",
    "appendix_b.printed_arrays_4": "fixed arrays, brackets",
    "positions": "two quotients",
    "dilated_overlay": "a dilation",
    "same_sizes_1": "a maximum, a ceiling",
    "dropped": "a case distinction, a minimum",
    "starts_inside": "ceilings in an assumption",
    "at_most_one_more": "all of them",
    "adjoint.adjoint": "strides, dilations, remainders",
    "bias_gradient_1": "a stride",
    "convolved_1": "remainders",
    "gathered": "a condition on a remainder",
    "weight_gradient_1": "a stride in a gradient",
    "through_the_input": "a gradient whose cotangent is a gradient",
    "weights_through_the_input": "a gradient whose cotangent is a gradient, by the weights",
    "group_input_gradient": "groups",
    "depthwise_weight_gradient": "groups of one channel",
    "padded_5": "padding at one side",
    "padded_6": "padding at one side, remainders",
    "recovered": "a remainder in a shape",
    "only_one": "a remainder with an assumption",
    "transposed_convolution_1": "a transposed convolution",
    "gradient_of_fold": "a fold",
    "counts": "a fold of ones",
    "merged": "axes merged",
    "average_pool.backward_1": "reciprocals of sizes",
    "backward_3": "a function, ceil mode",
    "real_cells": "cells counted",
    "clipped_cells": "cells counted in ceil mode",
    "max_pool.backward_2": "a selection in ceil mode",
    "sums_of_copies": "upsampling",
}  # fmt: skip


def of_the_bundle():
    """The chosen claims of the bundle."""
    return {c.id: c.derivation for c in derivations() if c.id in CHOSEN}


def given_as_text():
    """The claims that are given as text, if they are about tensors or shapes, and whether each is refuted."""
    found = {}
    for written in WRITTEN:
        if written.verdict != "undecided":
            (one,) = load_text(written.text, "claims.txt")
            found[written.sides.__name__] = one.derivation, written.verdict == "refuted"
    return {name: (made, wrong) for name, (made, wrong) in found.items() if isinstance(made, Derivation)}


@pytest.mark.slow
@needs_coq
def test_coq_and_numpy_compute_the_same_from_a_statement(printed):
    bundled, given = of_the_bundle(), given_as_text()
    assert set(bundled) == set(CHOSEN)
    written, without = [], set()
    all_of_them = [(label, derivation, SAMPLES, False) for label, derivation in (bundled | unusual()).items()]
    all_of_them += [(label, derivation, None, refuted) for label, (derivation, refuted) in given.items()]
    for label, derivation, samples, refuted in all_of_them:
        try:
            options = {"refuted": refuted} if samples is None else {}
            written.append(put(label, derivation, *([] if samples is None else [samples]), **options))
        except NotCertified:
            without.add(label)
    assert differences(written, printed) == {}
    choices = {"chosen_by_a_factor", "chosen_by_the_opposite_factor", "weighed_by_a_choice"}
    assert without == {"softmax_gradient", "known functions", *choices}
    holds = Counter(holds for one in written for _, holds in one.conditions)
    assert min(holds.values()) >= 150
    assert sum(len(case.points) for one in written for case in one.cases) >= 500


@pytest.mark.parametrize(
    ("title", "comment"),
    [
        ("(x + y)*z ≤ w′", "(x + y) . z <= w'"),
        ("∂C/∂w ≠ σ′(z)·δ", "dC/dw <> sigma'(z) . delta"),
        ('*) Axiom a : False. (* "', ". ) Axiom a : False. ( ."),
        ("the\nlayer’s\tbias", "the layer s bias"),
        ("⌊M/S⌋", "floor(M/S)"),
    ],
)
def test_a_title_reads_the_same_in_a_comment_and_cannot_end_it(title, comment):
    assert statements.plain(title) == comment
    assert not re.search(r'[*"]', statements.plain(title * 2))


# The texts of what is equal, whole: what is assumed of what, and for which indices.
EQUAL = {
    "known functions": """\
Definition equal (R : ring) : Prop := forall n_M : Z,
  forall (t_g : tensor R),
  forall (t_x : tensor R),
  forall (f_exp : R -> R),
  forall (f_log : R -> R),
  forall (f_reciprocal : R -> R),
  assumed n_M -> derivative f_exp f_exp -> derivative f_log f_reciprocal ->
  forall k1 : Z, (0 <= k1 < n_M)%Z ->
  forall t : R, t * t = zero -> before R n_M t_g t_x f_exp f_log f_reciprocal (bump t_x [k1] t) =
    before R n_M t_g t_x f_exp f_log f_reciprocal t_x + t * after R n_M t_g t_x f_exp f_log f_reciprocal k1.
Definition claim : Prop := possible /\\ defined /\\ (forall R : ring, equal R).
""",
    "by an intermediate result": """\
Definition equal (R : ring) : Prop := forall n_M : Z,
  forall (t_z : tensor R),
  forall (t_x : tensor R),
  assumed n_M ->
  forall k1 : Z, (0 <= k1 < n_M)%Z ->
  forall t : R, before R n_M t_z t_x (bump t_z [k1] t) =
    before R n_M t_z t_x t_z + t * after R n_M t_z t_x k1.
Definition claim : Prop := possible /\\ defined /\\ (forall R : ring, equal R).
""",
    "powers": """\
Definition equal (R : ring) : Prop := forall n_M n_S : Z,
  forall (t_x : tensor R),
  forall (inverse : Z -> R),
  assumed n_M n_S -> reciprocals inverse ->
  forall k1 : Z, (0 <= k1 < n_M)%Z ->
  left R n_M n_S t_x inverse k1 = right R n_M n_S t_x inverse k1.
Definition claim : Prop := possible /\\ defined /\\ (forall R : ring, equal R).
""",
}


@pytest.mark.parametrize("label", EQUAL)
def test_what_is_equal_is_assumed_of_the_right_things(label):
    text = proposition(unusual()[label]).text
    assert text[text.index("Definition equal") :].split() == EQUAL[label].split()
    assert "Definition possible : Prop := exists n_M" in text


@needs_coq
def test_words_of_a_statement_are_those_of_the_definitions(printed):
    words = ("ring", "zero", "one", "add", "mul", "tensor", "guard", "sum", "inside", "entry", "bump", "integer")
    words += ("reciprocals", "derivative")
    header = proposition(unusual()["turned"]).text.partition("(**")[0]
    checks = [f"Check (eq_refl : @{word} = @CnnSymbolic.Definitions.{word})." for word in words if word != "ring"]
    assert printed("\n".join([header, "Check (fun R : ring => R : CnnSymbolic.Definitions.ring).", *checks, ""]))
