"""Claims about convolutions with batch and channels, plain, causal, transposed, residual and by groups."""

import numpy as np

from tests.support.written_claims.arrays import array, at, laid, padded, slope, strided, valid
from tests.support.written_claims.entering import conditional, proved, refuted

CONV = """
P, Q = widths("P Q")
x, w, b = tensor(B, C, M, N, name="x"), tensor(K, C, I, J, name="w"), tensor(K, name="b")
z = conv(x, w, b, stride=S, padding=(P, Q), dilation=D)
"""


def entries_of_conv(sign, draw, B, C, K, M, N, I, J, P, Q, S, D):
    """A convolution, and its entries with the padding added or taken away."""
    x, w, b = draw(B, C, M, N), draw(K, C, I, J), draw(K)
    z = strided(padded(x, (P, P), (Q, Q)), w, (S, S), (D, D))
    if z is None:
        return None

    def entry(n, k, r, c):
        met = [(d, i, j, S * r + D * i + sign * P, S * c + D * j + sign * Q) for d, i, j in np.ndindex(C, I, J)]
        return b[k] + sum(at(x, n, d, m, o) * w[k, d, i, j] for d, i, j, m, o in met)

    return z + b[:, None, None], array(z.shape, entry)


@proved(
    f"{CONV}claim(z[n, k, r, c] == b[k] + sum(x[n, d, S*r + D*i - P, S*c + D*j - Q] * w[k, d, i, j], over=(d, i, j)))"
)
def entries_of_a_convolution(draw, B, C, K, M, N, I, J, P, Q, S, D):
    return entries_of_conv(-1, draw, B, C, K, M, N, I, J, P, Q, S, D)


@conditional(
    f"{CONV}claim(z[n, k, r, c] == b[k] + sum(x[n, d, S*r + D*i + P, S*c + D*j + Q] * w[k, d, i, j], over=(d, i, j)))",
    assuming="P == 0, Q == 0",
)
def entries_of_a_convolution_with_the_padding_added(draw, B, C, K, M, N, I, J, P, Q, S, D):
    return entries_of_conv(1, draw, B, C, K, M, N, I, J, P, Q, S, D)


def both_same(draw, B, C, K, M, I, D):
    """Convolutions with "same" padding, the odd column behind and before."""
    x, w = draw(B, C, M), draw(K, C, I)
    small, large = D * (I - 1) // 2, D * (I - 1) - D * (I - 1) // 2
    return strided(padded(x, (small, large)), w, (1,), (D,)), strided(padded(x, (large, small)), w, (1,), (D,))


@conditional(
    """
x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")
claim(conv(x, w, padding="same") == conv(x, w, padding="same_lower"))
""",
    assuming="I % 2 == 1",
)
def same_and_same_lower(draw, B, C, K, M, I):
    return both_same(draw, B, C, K, M, I, 1)


@proved("""
x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")
claim(conv(x, w, padding="same", dilation=2) == conv(x, w, padding="same_lower", dilation=2))
""")
def same_and_same_lower_with_every_second(draw, B, C, K, M, I):
    return both_same(draw, B, C, K, M, I, 2)


@conditional(
    """
x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")
claim(conv(x, w, padding="same", dilation=D) == conv(x, w, padding="same_lower", dilation=D))
""",
    assuming="D * (I - 1) % 2 == 0",
)
def same_and_same_lower_dilated(draw, B, C, K, M, I, D):
    return both_same(draw, B, C, K, M, I, D)


CAUSAL = """
x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")
y = conv(x, w, padding="causal", dilation=D)
"""


def causal(x, w, D):
    return strided(padded(x, (D * (w.shape[2] - 1), 0)), w, (1,), (D,))


@proved(f"{CAUSAL}claim(y[n, k, t] == sum(x[n, c, t - D*(I - 1 - u)] * w[k, c, u], over=(c, u)))")
def causal_convolution(draw, B, C, K, M, I, D):
    x, w = draw(B, C, M), draw(K, C, I)
    met = list(np.ndindex(C, I))
    right = array((B, K, M), lambda n, k, t: sum(at(x, n, c, t - D * (I - 1 - u)) * w[k, c, u] for c, u in met))
    return causal(x, w, D), right


@conditional(
    f"{CAUSAL}claim(y[n, k, t] == sum(x[n, c, t - D*u] * w[k, c, u], over=(c, u)))",
    assuming="I == 1",
)
def causal_convolution_with_the_newest_first(draw, B, C, K, M, I, D):
    x, w = draw(B, C, M), draw(K, C, I)
    met = list(np.ndindex(C, I))
    right = array((B, K, M), lambda n, k, t: sum(at(x, n, c, t - D * u) * w[k, c, u] for c, u in met))
    return causal(x, w, D), right


@proved(
    f"{CAUSAL}g = cotangent(y)\n"
    "claim(gradient(y, wrt=x)[n, c, m] == sum(g[n, k, m + D*(I - 1 - u)] * w[k, c, u], over=(k, u)))"
)
def gradient_of_a_causal_convolution(draw, B, C, K, M, I, D):
    x, w, g = draw(B, C, M), draw(K, C, I), draw(B, K, M)
    met = list(np.ndindex(K, I))
    right = array((B, C, M), lambda n, c, m: sum(at(g, n, k, m + D * (I - 1 - u)) * w[k, c, u] for k, u in met))
    return slope(lambda v: causal(v, w, D), x, g), right


TRANSPOSED = """
P, = widths("P")
y, w = tensor(B, K, R, name="y"), tensor(K, C, I, name="w")
z = conv_transpose(y, w, stride=S)
cut = conv_transpose(y, w, stride=S, padding=P)
total = tensordot(sum_axes(y, axes=(2,)), sum_axes(w, axes=(2,)), axes=((1,), (0,)))
"""


@proved(f"{TRANSPOSED}claim(sum_axes(z, axes=(2,)) == total)")
def total_of_a_transposed_convolution(draw, B, K, R, C, I, S):
    y, w = draw(B, K, R), draw(K, C, I)
    return laid(y, w, S).sum(axis=2), y.sum(axis=2) @ w.sum(axis=2)


@conditional(f"{TRANSPOSED}claim(sum_axes(cut, axes=(2,)) == total)", assuming="P == 0")
def total_of_a_transposed_convolution_cut(draw, B, K, R, C, I, S, P):
    y, w = draw(B, K, R), draw(K, C, I)
    z = laid(y, w, S)
    kept = z[:, :, P : z.shape[2] - P]
    return (kept.sum(axis=2), y.sum(axis=2) @ w.sum(axis=2)) if z.shape[2] > 2 * P else None


@refuted(f"{TRANSPOSED}claim(gradient(z, wrt=y) == conv(cotangent(z), w))", holds_when="S = 1 or R = 1")
def gradient_of_a_transposed_convolution_without_its_stride(draw, B, K, R, C, I, S):
    y, w, g = draw(B, K, R), draw(K, C, I), draw(B, C, (R - 1) * S + I)
    return slope(lambda v: laid(v, w, S), y, g), strided(g, w, (1,), (1,))


RESIDUAL = """
x, w = tensor(1, C, M, N, name="x"), tensor(C, C, 3, 3, name="w")
y = x + conv(x, w, padding=1)
g = cotangent(y)
"""


def residual(draw, C, M, N, right):
    """The gradient of a residual block, and another one made from g, a convolution of it, and the turned overlay."""
    x, w, g = draw(1, C, M, N), draw(C, C, 3, 3), draw(1, C, M, N)

    def convolved(v, overlay):
        return strided(padded(v, (1, 1), (1, 1)), overlay, (1, 1), (1, 1))

    left = slope(lambda v: v + convolved(v, w), x, g)
    return left, right(g, lambda overlay: convolved(g, overlay), w[:, :, ::-1, ::-1])


@proved(f"{RESIDUAL}claim(gradient(y, wrt=x) == g + conv_transpose(g, w, padding=1))")
def residual_block(draw, C, M, N):
    return residual(draw, C, M, N, lambda g, convolved, turned: g + convolved(turned.transpose(1, 0, 2, 3)))


@refuted(f"{RESIDUAL}claim(gradient(y, wrt=x) == conv_transpose(g, w, padding=1))", holds_when="never")
def residual_block_without_the_shortcut(draw, C, M, N):
    return residual(draw, C, M, N, lambda g, convolved, turned: convolved(turned.transpose(1, 0, 2, 3)))


@conditional(f"{RESIDUAL}claim(gradient(y, wrt=x) == g + conv(g, flip(w, axes=(2, 3)), padding=1))", assuming="C == 1")
def residual_block_without_exchanging_channels(draw, C, M, N):
    return residual(draw, C, M, N, lambda g, convolved, turned: g + convolved(turned))


@proved("""
x, w = tensor(B, G, 1, M, N, name="x"), tensor(G, 1, 1, I, J, name="w")
z = conv(x, w, group_axis=True)
claim(z[n, g, k, r, c] == sum(x[n, g, 0, r + i, c + j] * w[g, 0, 0, i, j], over={i: I, j: J}))
""")
def depthwise_convolution(draw, B, G, M, N, I, J):
    if I > M or J > N:
        return None
    x, w = draw(B, G, 1, M, N), draw(G, 1, 1, I, J)
    left = np.array([[[valid(x[n, g, 0], w[g, 0, 0])] for g in range(G)] for n in range(B)])

    def entry(n, g, k, r, c):
        return sum(x[n, g, 0, r + i, c + j] * w[g, 0, 0, i, j] for i, j in np.ndindex(I, J))

    return left, array(left.shape, entry)
