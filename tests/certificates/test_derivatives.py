"""Gradients over the real numbers: claims of every kind are accepted by Coq, and wrong ones are rejected."""

import re

import pytest

from cnn_symbolic import (
    FeatureMap,
    apply,
    convolve,
    correlate,
    cotangent,
    from_entries,
    gradient,
    named,
    prove,
    sizes,
    sum_axes,
    sum_over,
    tensor,
)
from cnn_symbolic.certificates.search.derivatives import RealProof
from cnn_symbolic.certificates.search.proofs import proof_text
from cnn_symbolic.certificates.trusted.chains import chain_of
from cnn_symbolic.certificates.trusted.coqc import NotAccepted, run
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.certificates.trusted.real_claims import RealClaim
from cnn_symbolic.certificates.trusted.refusing import refusal
from cnn_symbolic.layers.catalogue import Convolution
from tests.support.certificates import needs_coq
from tests.support.thorough import every

B, C, M, N, I, J, K = sizes("B C M N I J K")
AXIOMS = {"ClassicalDedekindReals.sig_forall_dec", "FunctionalExtensionality.functional_extensionality_dep"}
SECONDS = 300
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
strided = Convolution((B, C, M), (K, C, I), stride=2, padding=1)
first = FeatureMap(input_shape=(M,), overlay_shape=(I,), name="1")
second = FeatureMap(input_shape=first.a, overlay_shape=(J,), activation="τ", name="2")
delta = named("δ", first.activation_slope * convolve(second.w, second.delta, mode="full"))
x, w, u = tensor(M, name="x"), tensor(I, name="w"), tensor(J, name="u")
outer = named("o", correlate(named("y", correlate(x, w)), u))
z = named("z", x + x)


def strided_entries(k, c, i):
    """The weight gradient of a convolution with a stride, entry by entry."""
    batch, _, places = strided.z.shape
    return sum_over(lambda n, r: strided.z_gradient[n, k, r] * strided.x[n, c, 2 * r + i - 1], (batch, places))


CLAIMS = {
    "bias": (layer.gradient(layer.b), sum_axes(layer.delta, axes=(0, 1), keepdims=True)),
    "weight": (layer.gradient(layer.w), correlate(layer.a_prev, layer.delta, mode="valid")),
    "input": (layer.gradient(layer.a_prev), convolve(layer.w, layer.delta, mode="full")),
    "components": (layer.gradient(layer.z), layer.activation_slope * layer.a_gradient),
    "strided": (
        strided.gradient(strided.w),
        from_entries(strided.w.shape, strided_entries, using=[strided.x, strided.z_gradient]),
    ),
    "two affine steps": (gradient(outer, wrt=x), convolve(w, convolve(u, cotangent(outer), mode="full"), mode="full")),
    "components behind a layer": (
        gradient(second.a, wrt=first.z, cotangent=second.a_gradient),
        first.activation_slope * convolve(second.w, second.delta, mode="full"),
    ),
    "layers": (gradient(second.a, wrt=first.w, cotangent=second.a_gradient), correlate(first.a_prev, delta)),
}
# What is changed in the statement of a right claim, so that it is wrong.
WRONG = {
    "the indices of the entry exchanged": ("weight", r" k1 k2\)\.", " k2 k1)."),
    "a slope that is none": ("weight", r"\(f_sigma_prime \(t_z v\)\)", "(f_sigma (t_z v))"),
    "a cost that is not differentiable": ("weight", r"\n *differentiable [^>]*->", ""),
    "another bias": ("bias", r"\(entry \[1; 1\]%Z x", "(one + one) * (entry [1; 1]%Z x"),
    "the derivatives of another cost": ("strided", "cost t_z t_dC_by_dz ->", "cost t_z t_w ->"),
    "a step that is not affine": ("strided", r"\(entry (\[[^]]*\])%Z x", r"(entry \1%Z x \1%Z) * (entry \1%Z x"),
}
# The tensor enters twice, or is not the only one that changes; or there is no arbitrary cost.
NOT_CHAINS = {
    "two branches": gradient(named("s", apply(z, function="σ") + x), wrt=x),
    "a square": gradient(named("s", x * x), wrt=x),
    "a function of a product": gradient(named("s", apply(z, function="σ") * z), wrt=x),
    "what arrives is made": gradient(z, wrt=x, cotangent=named("g", x + x)),
}


def texts(kind):
    """The texts of the four files of a claim."""
    left, right = CLAIMS[kind]
    claim = prove(kind, left, equals=right)
    stated = proposition(claim)
    own = [stated.text, proof_text(stated, "x", claim.claim_verdict.smallest)]
    real = RealClaim("x", stated, chain_of(claim, stated))
    return [*own, real.text, RealProof(real).text]


@pytest.fixture(scope="module")
def compiled(coq, tmp_path_factory):
    """Compiles texts under the names of a claim's files, and returns what the last one prints."""
    folders = {}
    found, library = coq

    def of(kind, real=None):
        if kind not in folders:
            folders[kind] = tmp_path_factory.mktemp("certificates")
            for stem, text in zip(("S_x", "P_x"), texts(kind), strict=False):
                file = folders[kind] / f"{stem}.v"
                file.write_text(text, encoding="utf-8")
                run(found, file, [(library.folder, "CnnSymbolic"), (file.parent, "Certificates")], SECONDS)
        printed = ""
        for stem, text in zip(("S_x_real", "P_x_real"), real or texts(kind)[2:], strict=True):
            file = folders[kind] / f"{stem}.v"
            file.write_text(text, encoding="utf-8")
            printed = run(found, file, [(library.folder, "CnnSymbolic"), (file.parent, "Certificates")], SECONDS)
        return printed

    return of


@needs_coq
@pytest.mark.parametrize("kind", every(7, CLAIMS, ids=str))
def test_derivatives_over_the_reals_are_accepted(kind, compiled):
    *_, statement, proof = texts(kind)
    assert refusal(proof) is None
    printed = compiled(kind, (statement, f"{proof}Print Assumptions certified.\n"))
    assert set(re.findall(r"^([\w.]+)", printed.split("Axioms:")[1], re.MULTILINE)) == AXIOMS


@needs_coq
@pytest.mark.parametrize(("kind", "old", "new"), every(3, WRONG.values(), ids=WRONG))
def test_wrong_derivatives_are_rejected(kind, old, new, compiled):
    *_, statement, proof = texts(kind)
    changed, count = re.subn(old, new, statement, count=1)
    assert count == 1
    with pytest.raises(NotAccepted, match="P_x_real"):
        compiled(kind, (changed, proof))


@pytest.mark.parametrize("left", NOT_CHAINS.values(), ids=NOT_CHAINS)
def test_what_is_no_chain_of_steps_has_no_derivative(left):
    claim = prove("no chain", left, equals=left)
    assert chain_of(claim, proposition(claim)) is None


def test_identities_have_no_derivative():
    claim = prove("an identity", x + x, equals=2 * x)
    assert chain_of(claim, proposition(claim)) is None


def test_a_statement_says_how_the_output_is_made_from_the_tensor():
    statement = texts("layers")[2]
    inner = "(to_a1 f_sigma (to_z1 n_M n_I n_J t_b1 t_a_prev (bump t_w1 [k1] t)))"
    output = f"(to_a2 f_tau (to_z2 n_M n_I n_J t_b2 t_w2 {inner}))"
    assert f"derivable_pt_lim (fun t => cost {output}) 0%R" in statement
    assert "derivable_pt_lim f_tau (t_z2 v) (f_tau_prime (t_z2 v))" in statement
    assert "derivable_pt_lim f_sigma (t_z1 v) (f_sigma_prime (t_z1 v))" in statement
    assert cotangent(second.a).name == "∂C/∂a2"
    assert "cost t_a2 t_dC_by_da2 ->" in statement
