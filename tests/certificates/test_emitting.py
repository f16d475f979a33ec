"""Certificates of the bundle: each claim has one; Coq accepts one of each kind, and none that is tampered with."""

from dataclasses import replace

import pytest

from cnn_symbolic import (
    And,
    Not,
    Or,
    Rational,
    apply,
    ceiling,
    correlate,
    from_entries,
    gradient,
    maximum,
    minimum,
    named,
    ones,
    prove,
    shape,
    sizes,
    tensor,
    where,
)
from cnn_symbolic.certificates.search import emitting
from cnn_symbolic.certificates.search.emitting import certificate
from cnn_symbolic.certificates.trusted.certificate import NoProofFound, NotCertified, mangled
from cnn_symbolic.certificates.trusted.compiling import compiled
from cnn_symbolic.certificates.trusted.integers import boolean_text, identifier, integer_text
from cnn_symbolic.certificates.trusted.propositions import proposition
from tests.support.bundle import derivations
from tests.support.certificates import needs_coq
from tests.support.thorough import every

M, N, I = sizes("M N I")
x = tensor(M, name="x")
SECONDS = 300
ONE_OF_EACH_KIND = {
    "weight_gradient": ("gradient", "reals"),
    "bias_gradient_components": ("gradient", "reals"),
    "quadratic_cost_gradient": ("gradient",),
    "full_convolution": ("identity",),
    "weight_gradient_1": ("gradient", "reals"),
    "average_pool.backward_1": ("gradient", "reals"),
    "consecutive_updates_2": ("identity",),
    "all_cells": ("identity",),
    "six_filters": ("number",),
    "same_sizes_1": ("shape",),
    "dilated_overlay": ("counterexample",),
    "bias_gradient_without_slope": ("counterexample",),
}


@pytest.fixture(scope="module")
def bundle():
    """The bundled claims that the kernel decides, by their ids."""
    return {claim.id: claim.derivation for claim in derivations()}


@pytest.mark.slow
def test_every_claim_of_the_bundle_has_a_certificate(bundle):
    kinds, over_rings_only = {}, []
    with pytest.raises(NotCertified, match="it rests on laws of functions"):
        certificate(bundle["probabilities_sum_to_one"], "probabilities_sum_to_one")
    for id, made in bundle.items():
        if id == "probabilities_sum_to_one":
            continue
        parts = certificate(made, mangled(id)).parts
        kinds.setdefault(parts[0].kind, []).append(id)
        if len(parts) == 1 and parts[0].kind == "gradient":
            over_rings_only.append(id)
    # Nothing that SymPy differentiated stands in any of them.
    assert set(kinds) == {"gradient", "identity", "number", "shape", "counterexample"}
    over_a_cost = ["any_targets", "quadratic_cost_gradient", "regularised_weight_gradient", "softmax_gradient"]
    assert sorted(over_rings_only) == over_a_cost
    assert len(kinds["counterexample"]) == sum(made.expected == "refuted" for made in bundle.values())


@needs_coq
@pytest.mark.parametrize("id", every(5, ONE_OF_EACH_KIND, ids=str))
def test_coq_accepts_one_of_each_kind(bundle, coq, id):
    made = certificate(bundle[id], mangled(id))
    assert tuple(part.kind for part in made.parts) == ONE_OF_EACH_KIND[id]
    answer = compiled(made, *coq, SECONDS)
    assert answer.status == "certified", answer.detail


@needs_coq
def test_coq_multiplies_literal_numbers(coq):
    x, g = tensor(M, name="x"), tensor(M, name="g")
    z = named("z", 2 * x)
    right = prove("right", gradient(z + z, wrt=x, cotangent=g), equals=4 * g)
    made = certificate(right, "c_right")
    assert tuple(part.kind for part in made.parts) == ("gradient", "reals")
    assert compiled(made, *coq, SECONDS).status == "certified"
    assert compiled(changed(made, "integer 2%Z", "integer 3%Z"), *coq, SECONDS).status == "no proof found"


# Sides that are equal as numbers are multiplied with their reciprocals, and what divides them.
DIVIDED = {
    "cancelled": (M * (x / M), x),
    "cancelled twice": (M * N * ((x / M) / N), x),
    "a product": (x / (2 * M), Rational(1, 2) * (x / M)),
    "halves": (x / (2 * M) + x / (2 * M), x / M),
    "distributed": (from_entries((M,), lambda i: x[i] * (M + 1) / M, using=[x]), x + x / M),
    "a difference": (x / (M - I), x / (M - I)),
    "a difference that is cancelled": ((M - I) * (x / (M - I)), x),
    "rounded": (from_entries((M,), lambda i: x[i * (I - 1) // (I - 1)], using=[x]), x),
}


@needs_coq
@pytest.mark.parametrize("kind", every(4, DIVIDED, ids=str))
def test_coq_multiplies_numbers_with_their_reciprocals(coq, kind):
    left, right = DIVIDED[kind]
    made = certificate(prove(kind, left, equals=right), "c")
    answer = compiled(made, *coq, SECONDS)
    assert answer.status == "certified", answer.detail


@needs_coq
@pytest.mark.parametrize(
    ("left", "right", "assuming", "assumed", "defined"),
    every(
        3,
        [
            ((M - I) * (x / (M - I)), x, [], True, False),
            ((M - I) * (x / (M - I)), x / (M - I) * (M - I), [], True, True),
            (x, (M - I) * (x / (M - I)), [M >= I + 2], False, True),
            (shape(x), ((M - I) * M // (M - I),), [M >= I + 2], False, True),
            (((M - I) * M // (M - I),), shape(x), [], True, False),
            (((M - I) * M // (M - I),), (M,), [], True, False),
        ],
    ),
)
def test_a_divisor_that_has_cancelled_is_assumed_or_stated(coq, left, right, assuming, assumed, defined):
    made = certificate(prove("divided", left, equals=right, assuming=assuming), "c")
    before, _, behind = made.statement.partition("Definition possible")
    positive = "(1 <= (n_M - n_I))"
    assert (positive in before) == assumed
    assert (positive in behind.partition("Definition left")[0]) == defined
    assert compiled(made, *coq, SECONDS).status == "certified"


def test_a_divisor_that_depends_on_an_index_is_not_stated_to_be_positive():
    read = from_entries((M,), lambda i: x[N // (i + 1)], using=[x])
    stated = proposition(prove("by an index", read, equals=x))
    assert "0 < " not in stated.refuted_text.partition("Definition left")[0]
    with pytest.raises(NotCertified, match="depends on an index"):
        _ = stated.text


def changed(made, old, new):
    """A certificate with something else in its proof."""
    assert old in made.proof
    return replace(made, proof=made.proof.replace(old, new), derivative=None)


@needs_coq
@pytest.mark.parametrize(
    ("old", "new", "status"),
    every(
        3,
        [
            ("=> [b1; b2; k1; k2]", "=> [b1; b2; k2; k1]", "no proof found"),
            ("b4] => [b1; b2]", "b4] => [b2; b1]", "no proof found"),
            ("pair 0%nat 0%nat", "pair 0%nat 1%nat", "no proof found"),
            ("=> [i_i; i_j]%Z", "=> [i_j; i_i]%Z", "no proof found"),
            ("=> (i_m + i_i)", "=> (i_m + i_i + 1)", "no proof found"),
            ("Theorem possible", "Axiom cheat : False.\nTheorem possible", "rejected"),
            ("add_up.\nQed.", "Admitted.", "rejected"),
        ],
    ),
)
def test_coq_accepts_no_proof_that_is_tampered_with(bundle, coq, old, new, status):
    made = certificate(bundle["weight_gradient"], mangled("weight_gradient"))
    assert compiled(changed(made, old, new), *coq, SECONDS).status == status


def test_what_is_not_decided_or_only_for_listed_values_has_no_certificate(bundle):
    listed = replace(bundle["weight_gradient_1"], literally=(1, 2))
    with pytest.raises(NotCertified, match="listed values of D, S only"):
        certificate(listed, "listed")


def test_a_derivative_that_sympy_carried_out_is_called_derived():
    x, v = tensor(M, name="x"), tensor(M, name="v")
    zero = prove("zero", gradient(v, wrt=x, cotangent=x), equals=0 * x)
    half = prove("half", 2 * x, equals=gradient(x * x, wrt=x, cotangent=ones(M)))
    whole = prove("whole", gradient(x * v, wrt=x, cotangent=v), equals=v * v)
    z = named("z", x + x)
    arriving = prove(
        "arriving", gradient(apply(z, function="σ") * v, wrt=x, cotangent=x), equals=2 * x * v * slope_of(z)
    )
    made = [certificate(one, "c") for one in (zero, half, whole, arriving)]
    assert [one.kind for one in made] == ["derived identity", "derived identity", "gradient", "derived gradient"]


def slope_of(z):
    """σ′(z)."""
    return apply(z, function="σ", order=1)


def test_without_a_proof_of_the_whole_one_by_steps_is_called_derived(monkeypatch):
    x, v = tensor(M, name="x"), tensor(M, name="v")
    z = named("z", x + x)
    claim = prove("chain", gradient(named("a", apply(z, function="σ")), wrt=x, cotangent=v), equals=2 * v * slope_of(z))
    assert certificate(claim, "c").kind == "gradient"
    made = emitting.proof_text

    def not_whole(stated, *given):
        if stated.made:
            raise NoProofFound("it is not found")
        return made(stated, *given)

    monkeypatch.setattr(emitting, "proof_text", not_whole)
    assert [part.kind for part in certificate(claim, "c").parts] == ["derived gradient", "reals"]
    assert "f_sigma_prime (" in certificate(claim, "c").statement.partition("Definition after")[0]
    monkeypatch.setattr(emitting, "proof_text", lambda stated, *given: not_whole(replace(stated, made={"z": 0})))
    with pytest.raises(NoProofFound, match="it is not found"):
        certificate(claim, "c")


def test_reads_that_lie_inside_are_stated_and_no_others():
    x, w = tensor(M, name="x"), tensor(I, name="w")
    valid = prove("valid", correlate(x, w, mode="valid"), equals=correlate(x, w, mode="valid"))
    full = prove("full", correlate(x, w, mode="full"), equals=correlate(x, w, mode="full"))
    assert "reads_inside" in proposition(valid).text
    assert "reads_inside" not in proposition(full).text
    assert "reads_inside" not in proposition(prove("shape", shape(x), equals=(M,))).text


# Integers and conditions, and how Coq writes them: `/` rounds down there, and `mod` is at least zero.
INTEGERS = {
    maximum(M, N, I): "(Z.max n_M (Z.max n_N n_I))",
    minimum(M - N, 7, I): "(Z.min (n_M - n_N) (Z.min n_I 7))",
    -(-M // N): "(- ((- n_M) / n_N))",
    M // (N * I): "(n_M / (n_I * n_N))",
    (M - 2 * N) % 3: "((n_M - (2 * n_N)) mod 3)",
    ceiling(M / 3): "(- ((- n_M) / 3))",
    where(M > N, M, N * N): "(if (n_N <? n_M) then n_M else (n_N * n_N))",
}
BOOLEANS = {
    Or(M > N, And(N != I, M >= 2, I < 5)): "((n_N <? n_M) || ((negb (n_N =? n_I)) && ((2 <=? n_M) && (n_I <? 5))))",
    Not(M == N): "(negb (n_M =? n_N))",
}


def test_integers_and_conditions_are_written_as_coq_reads_them():
    names = {size.formula: f"n_{size}" for size in (M, N, I)}
    assert {e: integer_text(e.formula, names) for e in INTEGERS} == INTEGERS
    assert {holds: boolean_text(holds.formula, names) for holds in BOOLEANS} == BOOLEANS


def test_names_are_mangled():
    taken = []
    for name in ("δ", "delta", "∂C/∂a", "w′", "w_prime", "forall", "x y", "中"):
        taken.append(identifier("t", name, taken))
    assert len(set(taken)) == len(taken)
    assert all(name.isascii() and name.isidentifier() and name.startswith("t_") for name in taken)


def test_a_title_cannot_leave_its_comment():
    made = prove('*) Axiom a : False. (* "', tensor(M, name="x"), equals=tensor(M, name="x"))
    text = proposition(made).text
    assert "(** . ) Axiom a : False. ( . *)" in text
    assert text.count("*)") == 1
