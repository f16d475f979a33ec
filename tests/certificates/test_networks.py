"""Small networks under a cost: Coq accepts each gradient as a whole, and there is no proof of a wrong one."""

import re
from dataclasses import replace
from itertools import islice

import pytest

from cnn_symbolic import (
    Iverson,
    convolve,
    correlate,
    dot,
    from_entries,
    function,
    gradient,
    named,
    ones,
    outer,
    prove,
    sizes,
    sum_axes,
    sum_over,
    tensor,
    tensordot,
    widths,
)
from cnn_symbolic.certificates.search.emitting import certificate
from cnn_symbolic.certificates.search.proofs import proof_text
from cnn_symbolic.certificates.trusted.certificate import Certificate, NoProofFound, check_text
from cnn_symbolic.certificates.trusted.compiling import compiled
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.layers import conv, conv_transpose, exp, log, quadratic_cost, reciprocal, sum_pool
from cnn_symbolic.mistakes.changes import changes
from tests.support.certificates import needs_coq
from tests.support.thorough import every

B, C, H, I, J, K, M, N, S, D = sizes("B C H I J K M N S D")
(P,) = widths("P")
σ, τ = function("σ"), function("τ")
SECONDS, MUTANTS = 300, 3


def of_cost(cost, wrt):
    """∂C/∂wrt of a cost C."""
    return gradient(cost, wrt=wrt, cotangent=ones())


def output_layer():
    z, y = tensor(M, N, name="z"), tensor(M, N, name="y")
    a = named("a", σ(z))
    yield "activations", of_cost(quadratic_cost(a, y), z), (a - y) * σ(z, order=1)


def dense_layer():
    w, x, b, y = tensor(K, M, name="w"), tensor(M, name="x"), tensor(K, name="b"), tensor(K, name="y")
    z = named("z", tensordot(w, x, axes=((1,), (0,))) + b)
    a = named("a", σ(z))
    cost, δ = quadratic_cost(a, y), named("δ", (a - y) * σ(z, order=1))
    yield "inputs", of_cost(cost, x), tensordot(w, δ, axes=((0,), (0,)))
    yield "weights", of_cost(cost, w), outer(δ, x)
    yield "bias", of_cost(cost, b), δ


def two_dense_layers():
    w, v, x, y = tensor(K, M, name="w"), tensor(H, K, name="v"), tensor(M, name="x"), tensor(H, name="y")
    z1 = named("z1", tensordot(w, x, axes=((1,), (0,))))
    a1 = named("a1", σ(z1))
    z2 = named("z2", tensordot(v, a1, axes=((1,), (0,))))
    a2 = named("a2", τ(z2))
    cost, δ2 = quadratic_cost(a2, y), named("δ2", (a2 - y) * τ(z2, order=1))
    δ1 = named("δ1", tensordot(v, δ2, axes=((0,), (0,))) * σ(z1, order=1))
    yield "first weights", of_cost(cost, w), outer(δ1, x)
    yield "second weights", of_cost(cost, v), outer(δ2, a1)


def batch_of_products():
    x, w, y = tensor(B, M, name="x"), tensor(M, K, name="w"), tensor(B, K, name="y")
    z = named("z", tensordot(x, w, axes=((1,), (0,))))
    a = named("a", σ(z))
    o = named("o", τ(a))
    δ = named("δ", (o - y) * τ(a, order=1) * σ(z, order=1))
    yield "weights", of_cost(quadratic_cost(o, y), w), tensordot(x, δ, axes=((0,), (0,)))


def strided_convolution():
    x, w, b = tensor(B, C, M, name="x"), tensor(K, C, I, name="w"), tensor(K, name="b")
    z = named("z", conv(x, w, b, stride=S, padding=P, dilation=D))
    a = named("a", σ(z))
    y = tensor(*a.shape, name="y")
    cost, δ, R = quadratic_cost(a, y), named("δ", (a - y) * σ(z, order=1)), z.shape[2]
    yield "bias", of_cost(cost, b), sum_axes(δ, axes=(0, 2))
    weights = from_entries(
        w.shape, lambda k, c, i: sum_over(lambda n, r: δ[n, k, r] * x[n, c, S * r + D * i - P], (B, R)), using=[δ, x]
    )
    yield "weights", of_cost(cost, w), weights


def two_convolutions():
    x, v, w = tensor(M, N, name="x"), tensor(I, J, name="v"), tensor(K, H, name="w")
    z1 = named("z1", correlate(x, v, mode="valid"))
    a1 = named("a1", σ(z1))
    z2 = named("z2", correlate(a1, w, mode="valid"))
    a2 = named("a2", τ(z2))
    y = tensor(*a2.shape, name="y")
    cost, δ2 = quadratic_cost(a2, y), named("δ2", (a2 - y) * τ(z2, order=1))
    δ1 = named("δ1", σ(z1, order=1) * convolve(w, δ2, mode="full"))
    yield "first weights", of_cost(cost, v), correlate(x, δ1, mode="valid")


def two_causal_layers():
    x, w, v = tensor(B, C, M, name="x"), tensor(K, C, I, name="w"), tensor(H, K, J, name="v")
    z1 = named("z1", conv(x, w, stride=2, padding="causal"))
    a1 = named("a1", σ(z1))
    z2 = named("z2", conv(a1, v, padding="causal"))
    a2 = named("a2", τ(z2))
    y = tensor(*a2.shape, name="y")
    δ2 = named("δ2", (a2 - y) * τ(z2, order=1))
    δ1 = named("δ1", conv_transpose(δ2, v, padding=((J - 1, 0),)) * σ(z1, order=1))
    inputs = conv_transpose(δ1, w, stride=2, padding=((I - 1, 0),), output_padding=(M - 1) % 2)
    yield "inputs", of_cost(quadratic_cost(a2, y), x), inputs


def transposed_convolution():
    x, w = tensor(B, K, N, name="x"), tensor(K, C, I, name="w")
    z = named("z", conv_transpose(x, w, stride=2))
    a = named("a", σ(z))
    y = tensor(*a.shape, name="y")
    yield "inputs", of_cost(quadratic_cost(a, y), x), conv(named("δ", (a - y) * σ(z, order=1)), w, stride=2)


def pooling():
    z = tensor(B, C, M, name="z")
    a = named("a", σ(z))
    p = named("p", sum_pool(a, window=(2,)))
    y, slope = tensor(*p.shape, name="y"), σ(z, order=1)
    passed_back = from_entries(
        z.shape,
        lambda n, c, m: (
            sum_over(lambda r, i: Iverson(2 * r + i == m) * (p - y)[n, c, r], (p.shape[2], 2)) * slope[n, c, m]
        ),
        using=[p - y, slope],
    )
    yield "activations", of_cost(quadratic_cost(p, y), z), passed_back


def two_uses():
    x, w, y = tensor(M, name="x"), tensor(M, M, name="w"), tensor(M, name="y")
    z = named("z", tensordot(w, x, axes=((1,), (0,))) + x)
    a = named("a", σ(z))
    δ = named("δ", (a - y) * σ(z, order=1))
    yield "around a product", of_cost(quadratic_cost(a, y), x), tensordot(w, δ, axes=((0,), (0,))) + δ
    s = named("s", σ(x))
    gate = named("g", s * x)
    yield "gate", of_cost(quadratic_cost(gate, y), x), (gate - y) * (s + x * σ(x, order=1))
    yield "two costs", of_cost(quadratic_cost(s, y) + dot(x, x) / 2, x), (s - y) * σ(x, order=1) + x


def without_names():
    x, w = tensor(M, name="x"), tensor(I, name="w")
    z = correlate(x, w, mode="valid")
    y = tensor(*z.shape, name="y")
    yield "inputs", of_cost(quadratic_cost(z, y), x), convolve(w, z - y, mode="full")
    yield "weights", of_cost(quadratic_cost(z, y), w), correlate(x, z - y, mode="valid")
    yield "no labels", of_cost(dot(z, z) / 2, x), convolve(w, z, mode="full")


def known_functions():
    x, y = tensor(M, name="x"), tensor(M, name="y")
    e = named("e", exp(x))
    total = named("total", sum_axes(e, axes=(0,)))
    cost = log(total) - dot(x, y)
    yield "softmax", of_cost(cost, x), e * reciprocal(total) - y


def feature_map():
    x, w, b = tensor(M, N, name="x"), tensor(I, J, name="w"), tensor(1, name="b")
    z = named("z", correlate(x, w, mode="valid") + dot(b, ones(1)))
    a = named("a", σ(z))
    y, slope = tensor(*a.shape, name="y"), σ(z, order=1)
    sums = from_entries(
        (1,), lambda _: sum_over(lambda r, c: (a - y)[r, c] * slope[r, c], a.shape), using=[a - y, slope]
    )
    yield "bias", of_cost(quadratic_cost(a, y), b), sums


NETWORKS = (
    two_causal_layers, output_layer, dense_layer, two_dense_layers, batch_of_products, strided_convolution,
    two_convolutions, transposed_convolution, pooling, two_uses, without_names, known_functions, feature_map,
)  # fmt: skip
GRADIENTS = {
    f"{network.__name__}: {label}": prove(label, left, equals=right)
    for network in NETWORKS
    for label, left, right in network()
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_nothing_that_sympy_differentiated_stands_in_a_statement(name):
    claim = GRADIENTS[name]
    assert isinstance(claim.claim_verdict, Theorem)
    stated = proposition(claim)
    assert (stated.by_steps, stated.derived) == (False, False)
    before = stated.text.partition("Definition before")[2].partition("Definition after")[0]
    assert not re.search(r"_prime \(", before)
    assert certificate(claim, "c").kind == "gradient"


@needs_coq
@pytest.mark.parametrize("name", every(6, GRADIENTS, ids=str))
def test_the_gradient_of_a_network_is_certified(name, coq):
    answer = compiled(certificate(GRADIENTS[name], "c"), *coq, SECONDS)
    assert answer.status == "certified", answer.detail


@needs_coq
@pytest.mark.parametrize("name", every(12, GRADIENTS, ids=str))
def test_of_wrong_gradients_no_proof_is_found(name, coq):
    right = GRADIENTS[name]
    made = (replace(right, right=c.formula) for c in changes(right.right, fixed=right.left.names()))
    wrong = list(islice((w for w in made if isinstance(w.claim_verdict, Refutation)), MUTANTS))
    assert len(wrong) == MUTANTS
    for claim in wrong:
        try:
            proof = proof_text(proposition(claim), "c", right.claim_verdict.smallest)
        except NoProofFound:
            continue
        made = Certificate("c", "gradient", proposition(claim).text, proof, check_text("c"))
        assert compiled(made, *coq, SECONDS).status == "no proof found"
