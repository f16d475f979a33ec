"""Claims about known functions and equal arguments: what is proved is true in real numbers, what is refuted is not."""

import re

import pytest

from cnn_symbolic import function
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.expressions.formulas import sizes
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.ground.errors import ClaimTextError, OperandError
from cnn_symbolic.kernel.exported.decoding import decode_statement
from cnn_symbolic.kernel.exported.encoding import encode_statement
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.layers import FeatureMap
from cnn_symbolic.library import guide
from tests.support.real_claims import are_true

# Each text, with what becomes of its claims in turn: p(roved), r(efuted) or u(ndecided).
CLAIMS = {
    "sigmoid": (
        "pprrr",
        """
z = tensor(N)
a = sigmoid(z)
claim(gradient(a, wrt=z) == cotangent(a) * a * (ones(N) - a))
claim(gradient(a, wrt=z) == cotangent(a) * a - cotangent(a) * sigmoid(z) * a)
claim(gradient(a, wrt=z) == cotangent(a) * a * (ones(N) + a))
claim(gradient(a, wrt=z) == cotangent(a) * z * (ones(N) - z))
claim(gradient(a, wrt=z) == a * (ones(N) - a))
""",
    ),
    "tanh": (
        "prrr",
        """
z = tensor(N)
a = tanh(z)
claim(gradient(a, wrt=z) == cotangent(a) * (ones(N) - a * a))
claim(gradient(a, wrt=z) == cotangent(a) * (ones(N) - a))
claim(gradient(a, wrt=z) == cotangent(a) * a * (ones(N) - a))
claim(gradient(a, wrt=z) == cotangent(a) * (ones(N) - z * z))
""",
    ),
    "reciprocal": (
        "pppprrrr",
        """
z = tensor(N)
e = exp(z)
r = reciprocal(e)
x = tensor(N)
i = reciprocal(x)
l = log(x)
claim(r * e == ones(N))
claim(x * i == ones(N))
claim(gradient(i, wrt=x) == -cotangent(i) * i * i)
claim(x * gradient(l, wrt=x) == cotangent(l))
claim(r * e == e)
claim(r * z == ones(N))
claim(gradient(i, wrt=x) == cotangent(i) * i * i)
claim(gradient(l, wrt=x) == cotangent(l) * l)
""",
    ),
    "roots": (
        "ppppprrrr",
        """
x = tensor(N)
q = sqrt(x)
r = rsqrt(x)
claim(q * q == x)
claim(q * r == ones(N))
claim(r * r * x == ones(N))
claim(gradient(q, wrt=x) == cotangent(q) * r / 2)
claim(gradient(r, wrt=x) == -cotangent(r) * r * r * r / 2)
claim(q * q == x * x)
claim(q == x * r * r)
claim(gradient(q, wrt=x) == cotangent(q) * r)
claim(gradient(r, wrt=x) == -cotangent(r) * r * r / 2)
""",
    ),
    "relu": (
        "ppppprrr",
        """
z = tensor(N)
a = relu(z)
claim(gradient(a, wrt=z) == cotangent(a) * step(z))
claim(a == z * step(z))
claim(a * step(z) == a)
claim(a * a == z * a)
claim(step(z) * step(z) == step(z))
claim(gradient(a, wrt=z) == cotangent(a))
claim(gradient(a, wrt=z) == cotangent(a) * a)
claim(a == z)
""",
    ),
    "softmax": (
        "pppprrrrr",
        """
z = tensor(K)
y = tensor(K)
e = exp(z)
s = sum_axes(e, axes=(0,))
p = e * reciprocal(s)
l = log(p)
cost = named("cost", log(s) * sum_axes(y, axes=(0,)) - dot(y, z))
other = named("other", -dot(y, l))
claim(sum_axes(p, axes=(0,)) == ones())
claim(gradient(cost, wrt=z, cotangent=ones()) == p * sum_axes(y, axes=(0,)) - y)
claim(gradient(other, wrt=z, cotangent=ones()) == p * sum_axes(y, axes=(0,)) - y)
claim(gradient(p, wrt=z) == p * (cotangent(p) - sum_axes(p * cotangent(p), axes=(0,)) * ones(K)))
claim(gradient(cost, wrt=z, cotangent=ones()) == p - y)
claim(gradient(cost, wrt=z, cotangent=ones()) == e * sum_axes(y, axes=(0,)) - y)
claim(gradient(other, wrt=z, cotangent=ones()) == y - p * sum_axes(y, axes=(0,)))
claim(sum_axes(p * p, axes=(0,)) == ones())
claim(gradient(p, wrt=z) == p * cotangent(p) * (ones(K) - p))
""",
    ),
    "softmax of rows": (
        "pprr",
        """
x = tensor(B, D)
e = exp(x)
s = sum_axes(e, axes=(1,), keepdims=True)
p = e * reciprocal(s)
claim(sum_axes(p, axes=(1,)) == ones(B))
claim(gradient(p, wrt=x) == p * (cotangent(p) - sum_axes(p * cotangent(p), axes=(1,), keepdims=True)))
claim(sum_axes(p, axes=(0,)) == ones(D))
claim(gradient(p, wrt=x) == p * (cotangent(p) - sum_axes(p * cotangent(p), axes=(0,), keepdims=True)))
""",
    ),
    "batch normalisation": (
        "pprrr",
        """
x = tensor(B, D)
eps = scalar()
c = x - sum_axes(x, axes=(0,), keepdims=True) / B
v = sum_axes(c * c, axes=(0,), keepdims=True) / B + eps * ones(1, D)
i = rsqrt(v)
n = c * i
g = cotangent(n)
m = g - sum_axes(g, axes=(0,), keepdims=True) / B
t = sum_axes(g * n, axes=(0,), keepdims=True) / B
claim(gradient(n, wrt=x) == i * (m - n * t))
claim(sum_axes(n * n, axes=(0,), keepdims=True) == B * ones(1, D) - B * eps * i * i)
claim(gradient(n, wrt=x) == i * m)
claim(gradient(n, wrt=x) == i * (m - c * t))
claim(sum_axes(n * n, axes=(0,), keepdims=True) == B * ones(1, D))
""",
    ),
    "quadratic cost": (
        "prrr",
        """
x = tensor(M)
w = tensor(I)
t = tensor(M - I + 1)
z = correlate(x, w)
a = sigmoid(z)
cost = named("cost", dot(a - t, a - t) / 2)
d = (a - t) * a * (ones(M - I + 1) - a)
claim(gradient(cost, wrt=w, cotangent=ones()) == correlate(x, d))
claim(gradient(cost, wrt=w, cotangent=ones()) == correlate(x, a - t))
claim(gradient(cost, wrt=w, cotangent=ones()) == correlate(x, rot180(d)))
claim(gradient(cost, wrt=w, cotangent=ones()) == 2 * correlate(x, d))
""",
    ),
    "equal arguments": (
        "pppprrrr",
        """
x = tensor(K)
f = function()
u = x * 2 - x
r = rot180(x)
v = r * x
w = rot180(v)
d = x * 3 - x
image = f(x)
b = pad(x, widths=((1, 0),))
claim(f(u) == f(x))
claim(f(r) == rot180(f(x)))
claim(f(w) == rot180(f(v)))
claim(exp(u) * reciprocal(u) == exp(x) * reciprocal(x))
claim(f(d) == f(x))
claim(f(r) == f(x))
claim(f(b) == pad(image, widths=((1, 0),)))
claim(exp(r) == exp(x))
""",
    ),
    "true by a law that is not in the table": (
        "uuuuu",
        """
z = tensor(N)
m = -z
e = exp(z)
claim(exp(z) * exp(m) == ones(N))
claim(log(e) == z)
claim(softplus(z) - softplus(m) == z)
claim(sigmoid(z) + sigmoid(m) == ones(N))
claim(tanh(z) + tanh(m) == 0 * z)
""",
    ),
}


LONG = {"batch normalisation"}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.slow if kind in LONG else ()) for kind in CLAIMS]
)
def test_what_is_proved_is_true_in_real_numbers_and_what_is_refuted_is_not(kind):
    expected, text = CLAIMS[kind]
    found = [claim.outcome[0] for claim in read_claims(text).values()]
    assert "".join(found) == expected
    assert are_true(text) == [outcome != "r" for outcome in expected]


def test_what_is_proved_says_where_its_functions_are_valid():
    found = read_claims(CLAIMS["softmax"][1]).values()
    assert [str(c) for c in next(iter(found)).verdict.domain] == ["s != 0"]
    (log,) = read_claims("x = tensor(N)\nclaim(log(x) == log(x))").values()
    assert [str(c) for c in log.verdict.domain] == ["x > 0"]


@pytest.mark.parametrize("zero", ["x - x", "-exp(x)"])
def test_a_claim_about_functions_that_have_no_value_is_not_proved(zero):
    (claim,) = read_claims(f"x = tensor(N)\nz = {zero}\nclaim(rsqrt(z) * rsqrt(z) * z == ones(N))").values()
    assert claim.outcome == "undecided"


@pytest.mark.parametrize("kind", ["softmax", "equal arguments"])
def test_a_claim_from_a_file_is_decided_as_the_one_that_was_written(kind):
    expected, text = CLAIMS[kind]
    for outcome, claim in zip(expected, read_claims(text).values(), strict=True):
        again = decide(decode_statement(encode_statement(claim.statement)))
        assert isinstance(again, Theorem) == (outcome == "p")


def test_equal_arguments_are_not_concluded_under_a_derivative_that_stands():
    steps = read_claims("""
x = tensor(K)
f = function()
u = x * 2 - x
y = f(u)
claim(gradient(y, wrt=u) == cotangent(y) * f(x, order=1))
claim(gradient(y, wrt=x) == cotangent(y) * f(x, order=1))
claim(gradient(y, wrt=x) == cotangent(y) * f(x))
""").values()
    assert [claim.outcome for claim in steps] == ["proved", "proved", "refuted"]


@pytest.mark.parametrize("name", KNOWN)
def test_the_name_of_a_known_function_stands_for_no_other(name):
    with pytest.raises(OperandError, match=f"{name} is a known function"):
        function(name)
    with pytest.raises(ClaimTextError, match=rf"write {name}\(x\), without function"):
        read_claims(f"{name} = function()")


@pytest.mark.parametrize(
    ("word", "hint"),
    {
        "softmax": "p = e * reciprocal(s)",
        "ReLU": "there is relu",
        "Conv2D": "there is conv",
        "swish": "z * sigmoid(z)",
        "concat": "stack, and pad",
        "BatchNorm": "c * rsqrt(v)",
        "gelu": "z * f(z)",
        "Sigmoid": "there is sigmoid",
    }.items(),
)
def test_an_unknown_word_has_a_hint(word, hint):
    with pytest.raises(ClaimTextError, match=f"there is no {word}; .*{re.escape(hint)}"):
        read_claims(f"x = tensor(M)\ny = {word}(x)\nclaim(y == x)")


def test_layers_have_known_functions_as_activations():
    M, N, I, J = sizes("M N I J")
    layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J), activation="tanh")
    z = layer.z
    assert str(layer.activation_slope) == "tanh′(z)"
    assert z.evaluate({"a_prev": [[1.0]], "w": [[2.0]], "b": [[0.5]]}).tolist() == [[2.5]]


def test_the_guide_has_the_table_of_known_functions():
    page = guide.page("formulas")
    for name, row in KNOWN.items():
        assert f"| `{name}` | {row.definition} |" in page
