"""Claims about layers: what their weights, biases and targets get."""

from fractions import Fraction

import numpy as np

from tests.support.written_claims.arrays import padded, sigma, slope, strided, tau, valid
from tests.support.written_claims.entering import conditional, proved, refuted


@proved("""
layer = FeatureMap((L, M, N), (H, I, J))
claim(layer.gradient(layer.b) == sum_axes(layer.delta, axes=(0, 1, 2), keepdims=True))
""")
def bias_of_three_axes(draw, L, M, N, H, I, J):
    if H > L or I > M or J > N:
        return None
    z, b = valid(draw(L, M, N), draw(H, I, J)), draw(1, 1, 1)
    g = draw(*z.shape)
    return slope(lambda v: sigma(z + v), b, g, degree=6), (sigma(z + b, 1) * g).sum(keepdims=True)


@conditional(
    """
layer = FeatureMap((L, M, N), (H, I, J))
claim(layer.gradient(layer.w) == convolve(layer.a_prev, layer.delta, mode="valid"))
""",
    assuming="H == L, I == M, J == N",
)
def weights_of_three_axes_by_a_convolution(draw, L, M, N, H, I, J):
    if H > L or I > M or J > N:
        return None
    x, w, b = draw(L, M, N), draw(H, I, J), draw(1, 1, 1)
    delta = sigma(valid(x, w) + b, 1) * draw(L - H + 1, M - I + 1, N - J + 1)
    return slope(lambda v: valid(x, v), w, delta), valid(x, np.flip(delta))


DENSE = """
first = FullyConnectedLayer((N,), H, name="1")
second = FullyConnectedLayer(first.a, K, activation="τ", name="2")
slope = apply(first.z, function="σ", order=1)
back = tensordot(second.delta, second.w, axes=((0,), (0,)))
"""


def dense(draw, N, H, K):
    """The weights' gradient two layers back, what arrives behind the first layer, its slope, and its input."""
    x, w, b, v, c, g = draw(N), draw(H, N), draw(H), draw(K, H), draw(K), draw(K)
    z = w @ x + b
    delta = tau(v @ sigma(z) + c, 1) * g
    return slope(lambda u: tau(v @ sigma(u @ x + b) + c), w, g, degree=6), delta @ v, sigma(z, 1), x


@proved(f"{DENSE}claim(second.gradient(first.w) == outer(back * slope, first.a_prev))")
def weights_two_layers_back(draw, N, H, K):
    left, back, steepness, x = dense(draw, N, H, K)
    return left, np.outer(back * steepness, x)


@refuted(f"{DENSE}claim(second.gradient(first.w) == outer(back, first.a_prev))", holds_when="never")
def weights_two_layers_back_without_the_slope(draw, N, H, K):
    left, back, _, x = dense(draw, N, H, K)
    return left, np.outer(back, x)


@proved("""
a, y = tensor(K, name="a"), tensor(K, name="y")
cost = quadratic_cost(a, y)
claim(gradient(cost, wrt=y, cotangent=ones()) == y - a)
""")
def quadratic_cost_by_the_target(draw, K):
    a, y = draw(K), draw(K)
    return slope(lambda v: Fraction(int(((a - v) ** 2).sum()), 2), y, 1, degree=2), y - a


@refuted(
    """
z, y = tensor(K, name="z"), tensor(K, name="y")
cost, p = cross_entropy_of_softmax(z, y)
claim(gradient(cost, wrt=y, cotangent=ones()) == -z)
""",
    holds_when=None,
)
def cross_entropy_by_the_target(draw, K):
    z = draw(K).astype(float)
    return np.log(np.exp(z).sum()) - z, -z


@proved("""
P, = widths("P")
layer = Convolution((B, C, M), (K, C, I), stride=S, padding=P)
claim(layer.gradient(layer.b) == sum_axes(layer.z_gradient, axes=(0, 2)))
""")
def bias_of_a_convolution(draw, B, C, M, K, I, S, P):
    z, b = strided(padded(draw(B, C, M), (P, P)), draw(K, C, I), (S,), (1,)), draw(K)
    if z is None:
        return None
    g = draw(*z.shape)
    return slope(lambda v: z + v[:, None], b, g), g.sum(axis=(0, 2))
