"""Claims about tensors with several axes: separable overlays, exchanged axes, stacks and shuffled channels."""

import numpy as np

from tests.support.written_claims.arrays import full, valid
from tests.support.written_claims.entering import conditional, holding, proved, refuted


@proved("""
x = tensor(M, N)
u = tensor(I)
v = tensor(J)
claim(correlate(x, outer(u, v)) == correlate(correlate(x, wrap(u, axis=1)), wrap(v)))
""")
def separable_overlay(draw, M, N, I, J):
    if I > M or J > N:
        return None
    x, u, v = draw(M, N), draw(I), draw(J)
    return valid(x, np.outer(u, v)), valid(valid(x, u[:, None]), v[None])


SOBEL = """
x = tensor(M, N)
sobel = literal(values=[[1, 0, -1], [2, 0, -2], [1, 0, -1]])
"""


@proved(
    f"{SOBEL}smooth = correlate(x, literal(values=[[1], [2], [1]]))\n"
    "claim(correlate(x, sobel) == correlate(smooth, literal(values=[[1, 0, -1]])))"
)
def sobel_is_separable(draw, M, N):
    if M < 3 or N < 3:
        return None
    x = draw(M, N)
    smooth = x[:-2] + 2 * x[1:-1] + x[2:]
    return valid(x, np.outer([1, 2, 1], [1, 0, -1])), smooth[:, :-2] - smooth[:, 2:]


@refuted(f"{SOBEL}claim(correlate(x, sobel) == convolve(x, sobel, mode='valid'))", holds_when="never")
def sobel_is_symmetric(draw, M, N):
    if M < 3 or N < 3:
        return None
    x, sobel = draw(M, N), np.outer([1, 2, 1], [1, 0, -1])
    return valid(x, sobel), valid(x, np.flip(sobel))


@proved("""
x = tensor(M, N)
claim(convolve(convolve(x, literal(values=[[1, 1]])), literal(values=[[1], [1]])) == convolve(x, ones(2, 2)))
""")
def box_of_two_by_two(draw, M, N):
    x = draw(M, N)
    wide = np.pad(x, ((0, 0), (0, 1))) + np.pad(x, ((0, 0), (1, 0)))
    return np.pad(wide, ((0, 1), (0, 0))) + np.pad(wide, ((1, 0), (0, 0))), full(x, np.ones((2, 2), dtype=int))


@proved("""
x, w = tensor(L, M, N, name="x"), tensor(H, I, J, name="w")
turn = (2, 0, 1)
claim(transpose(correlate(x, w), axes=turn) == correlate(transpose(x, axes=turn), transpose(w, axes=turn)))
""")
def axes_exchanged_before_and_after(draw, L, M, N, H, I, J):
    if H > L or I > M or J > N:
        return None
    x, w = draw(L, M, N), draw(H, I, J)
    return valid(x, w).transpose(2, 0, 1), valid(x.transpose(2, 0, 1), w.transpose(2, 0, 1))


@conditional(
    """
x = tensor(L, M, N)
claim(transpose(transpose(x, axes=(1, 2, 0)), axes=(1, 2, 0)) == x)
""",
    assuming="L == 1, M == 1, N == 1",
)
def axes_exchanged_twice(draw, L, M, N):
    x = draw(L, M, N)
    return x.transpose(1, 2, 0).transpose(1, 2, 0), x


@conditional(
    """
u = tensor(M)
v = tensor(N)
claim(outer(u, v) == outer(v, u))
""",
    assuming="M == 1, N == 1",
)
def outer_product_exchanged(draw, M, N):
    u, v = draw(M), draw(N)
    return np.outer(u, v), np.outer(v, u)


@proved("""
a, b = tensor(M, N, name="a"), tensor(M, N, name="b")
c = tensordot(a, b, axes=((1,), (1,)))
claim(sum(a[i, j] * b[i, j], over=(i, j)) == sum(c[i, i], over=i))
""")
def trace_of_a_product(draw, M, N):
    a, b = draw(M, N), draw(M, N)
    return (a * b).sum(), np.trace(a @ b.T)


@proved("""
x, y = tensor(M, N, name="x"), tensor(M, N, name="y")
claim(take(stack(x, y), at=(1,)) == y)
""")
def second_of_two(draw, M, N):
    x, y = draw(M, N), draw(M, N)
    return np.stack([x, y])[1], y


@proved("""
x, w = tensor(M, name="x"), tensor(K, I, name="w")
claim(summed(K, lambda k: convolve(x, take(w, at=(k,)))) == convolve(x, sum_axes(w, axes=(0,))))
""")
def sum_of_convolutions(draw, M, K, I):
    x, w = draw(M), draw(K, I)
    return sum(np.convolve(x, overlay) for overlay in w), np.convolve(x, w.sum(axis=0))


SHUFFLED = """
x = tensor(G*C, M)
y = merge_axes(transpose(split_axis(x, axis=0, into=(G, C)), axes=(1, 0, 2)), axis=0)
"""


def shuffled(x, G, C):
    return x.reshape(G, C, -1).transpose(1, 0, 2).reshape(G * C, -1)


@holding(f"{SHUFFLED}claim(merge_axes(transpose(split_axis(y, axis=0, into=(C, G)), axes=(1, 0, 2)), axis=0) == x)")
def channels_shuffled_and_back(draw, G, C, M):
    x = draw(G * C, M)
    return shuffled(shuffled(x, G, C), C, G), x


@refuted(
    f"{SHUFFLED}claim(merge_axes(transpose(split_axis(y, axis=0, into=(G, C)), axes=(1, 0, 2)), axis=0) == x)",
    holds_when="G = 1 or C = 1 or G = C",
)
def channels_shuffled_twice(draw, G, C, M):
    x = draw(G * C, M)
    return shuffled(shuffled(x, G, C), G, C), x
