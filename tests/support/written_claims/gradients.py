"""Claims about gradients, first and second ones, by inputs, overlays and what arrives."""

import numpy as np

from tests.support.written_claims.arrays import centred, full, sigma, slope, tau, valid
from tests.support.written_claims.entering import conditional, proved, refuted

NORM = """
x = tensor(L, M, N)
C = dot(x, x)
"""


@proved(f"{NORM}claim(gradient(C, wrt=x) == 2*x*cotangent(C))")
def gradient_of_the_squared_norm(draw, L, M, N):
    x, g = draw(L, M, N), draw()
    return slope(lambda v: (v * v).sum(), x, g, degree=2), 2 * x * g


@refuted(f"{NORM}claim(gradient(C, wrt=x) == x*cotangent(C))", holds_when="never")
def gradient_of_the_squared_norm_without_two(draw, L, M, N):
    x, g = draw(L, M, N), draw()
    return slope(lambda v: (v * v).sum(), x, g, degree=2), x * g


@proved("""
x = tensor(M)
d = x - sum_axes(x, axes=(0,), keepdims=True) / M
V = dot(d, d) / 2
claim(gradient(V, wrt=x) == d*cotangent(V))
""")
def gradient_of_the_variance(draw, M):
    x, g = draw(M), int(draw())
    return slope(lambda v: (centred(v) ** 2).sum() / 2, x, g, degree=2), centred(x) * g


@proved("""
x = tensor(M, N)
d = x - sum_axes(x, axes=(1,), keepdims=True) / N
claim(d - sum_axes(d, axes=(1,), keepdims=True) / N == d)
""")
def centred_twice(draw, M, N):
    once = np.array([centred(row) for row in draw(M, N)])
    return np.array([centred(row) for row in once]), once


FORM = """
x = tensor(M)
A = tensor(M, M)
q = dot(x, tensordot(A, x, axes=((1,), (0,))))
"""


@conditional(f"{FORM}claim(gradient(q, wrt=x) == 2*tensordot(A, x, axes=((1,), (0,)))*cotangent(q))", assuming="M == 1")
def quadratic_form_as_if_symmetric(draw, M):
    x, A, g = draw(M), draw(M, M), draw()
    return slope(lambda v: v @ A @ v, x, g, degree=2), 2 * A @ x * g


@proved(f"{FORM}claim(gradient(q, wrt=x) == tensordot(A + transpose(A), x, axes=((1,), (0,)))*cotangent(q))")
def quadratic_form(draw, M):
    x, A, g = draw(M), draw(M, M), draw()
    return slope(lambda v: v @ A @ v, x, g, degree=2), (A + A.T) @ x * g


ATTENTION = """
q, k = tensor(T, D, name="q"), tensor(T, D, name="k")
scores = tensordot(q, k, axes=((1,), (1,)))
g = cotangent(scores)
"""


@proved(f"{ATTENTION}claim(gradient(scores, wrt=k) == tensordot(g, q, axes=((0,), (0,))))")
def gradient_of_attention_scores(draw, T, D):
    q, k, g = draw(T, D), draw(T, D), draw(T, T)
    return slope(lambda keys: q @ keys.T, k, g), g.T @ q


@conditional(f"{ATTENTION}claim(gradient(scores, wrt=k) == tensordot(g, q, axes=((1,), (0,))))", assuming="T == 1")
def gradient_of_attention_scores_not_transposed(draw, T, D):
    q, k, g = draw(T, D), draw(T, D), draw(T, T)
    return slope(lambda keys: q @ keys.T, k, g), g @ q


TWICE = """
x, w = tensor(M, name="x"), tensor(I, name="w")
y = correlate(x, w)
z = correlate(y, w)
g = cotangent(z)
"""


@proved(f"{TWICE}claim(gradient(z, wrt=w) == correlate(y, g) + correlate(x, convolve(g, w)))")
def one_overlay_used_twice(draw, M, I):
    if 2 * I - 1 > M:
        return None
    x, w, g = draw(M), draw(I), draw(M - 2 * I + 2)
    return slope(lambda v: valid(valid(x, v), v), w, g, degree=2), valid(valid(x, w), g) + valid(x, full(g, w))


@refuted(f"{TWICE}claim(gradient(z, wrt=w) == correlate(y, g))", holds_when="never")
def one_overlay_used_twice_counted_once(draw, M, I):
    if 2 * I - 1 > M:
        return None
    x, w, g = draw(M), draw(I), draw(M - 2 * I + 2)
    return slope(lambda v: valid(valid(x, v), v), w, g, degree=2), valid(valid(x, w), g)


CHAIN = """
σ = function()
τ = function()
x = tensor(M, N)
a = σ(x)
h = τ(a)
g = tensor(M, N)
"""


@proved(f"{CHAIN}claim(gradient(h, wrt=x, cotangent=g) == τ(a, order=1) * σ(x, order=1) * g)")
def function_of_a_function(draw, M, N):
    x, g = draw(M, N), draw(M, N)
    return slope(lambda v: tau(sigma(v)), x, g, degree=6), tau(sigma(x), 1) * sigma(x, 1) * g


@refuted(f"{CHAIN}claim(gradient(h, wrt=x, cotangent=g) == τ(a, order=1) * g)", holds_when="never")
def function_of_a_function_without_the_inner_slope(draw, M, N):
    x, g = draw(M, N), draw(M, N)
    return slope(lambda v: tau(sigma(v)), x, g, degree=6), tau(sigma(x), 1) * g


@refuted(
    """
P, = widths("P")
σ = function()
x = tensor(M)
wider = pad(x, widths=(P,))
claim(pad(σ(x), widths=(P,)) == σ(wider))
""",
    holds_when=None,
)
def padding_before_the_activation(draw, M, P):
    x = draw(M)
    return np.pad(sigma(x), P), sigma(np.pad(x, P))


@proved("""
σ = function()
x = tensor(M)
turned = flip(x, axes=(0,))
claim(flip(σ(x), axes=(0,)) == σ(turned))
""")
def turning_before_the_activation(draw, M):
    x = draw(M)
    return sigma(x)[::-1], sigma(x[::-1])


SECOND = """
σ = function()
x, w = tensor(M, name="x"), tensor(I, name="w")
g, v = tensor(M - I + 1, name="g"), tensor(M, name="v")
z = correlate(x, w)
a = σ(z)
dx = gradient(a, wrt=x, cotangent=g)
"""


def backward(x, w, g):
    """The gradient of a feature map by its input: δ, each times the overlay laid at its place."""
    return full(sigma(valid(x, w), 1) * g, w)


@proved(f"{SECOND}claim(gradient(dx, wrt=g, cotangent=v) == σ(z, order=1) * correlate(v, w))")
def gradient_by_what_arrives(draw, M, I):
    if I > M:
        return None
    x, w, g, v = draw(M), draw(I), draw(M - I + 1), draw(M)
    return slope(lambda arriving: backward(x, w, arriving), g, v), sigma(valid(x, w), 1) * valid(v, w)


@proved(f"{SECOND}claim(gradient(dx, wrt=x, cotangent=v) == convolve(w, σ(z, order=2) * g * correlate(v, w)))")
def second_derivative_by_the_input(draw, M, I):
    if I > M:
        return None
    x, w, g, v = draw(M), draw(I), draw(M - I + 1), draw(M)
    right = full(sigma(valid(x, w), 2) * g * valid(v, w), w)
    return slope(lambda moved: backward(moved, w, g), x, v, degree=2), right


STACKED = """
x, w, g = tensor(M, name="x"), tensor(K, I, name="w"), tensor(K, M - I + 1, name="g")
y = stacked(K, lambda k: correlate(x, take(w, at=(k,))))
"""


@proved(
    f"{STACKED}"
    "claim(gradient(y, wrt=x, cotangent=g) == summed(K, lambda k: convolve(take(w, at=(k,)), take(g, at=(k,)))))"
)
def input_gradient_of_a_stack(draw, M, K, I):
    if I > M:
        return None
    x, w, g = draw(M), draw(K, I), draw(K, M - I + 1)
    return slope(lambda v: [valid(v, overlay) for overlay in w], x, g), sum(map(full, w, g))


@conditional(
    f"{STACKED}"
    "claim(gradient(y, wrt=w, cotangent=g) == stacked(K, lambda k: correlate(take(g, at=(k,)), x, mode='full')))",
    assuming="M == 1, I == 1",
)
def weight_gradient_of_a_stack_in_full_mode(draw, M, K, I):
    if I > M:
        return None
    x, w, g = draw(M), draw(K, I), draw(K, M - I + 1)
    left = slope(lambda v: [valid(x, overlay) for overlay in v], w, g)
    return left, np.array([full(arriving, x[::-1]) for arriving in g])
