"""Claims about tensors with one axis: correlations, convolutions, shifts, paddings and sums."""

import numpy as np

from tests.support.written_claims.arrays import array, at, dilated, full, same, slope
from tests.support.written_claims.entering import conditional, proved, refuted


@proved("""
x, f, g = tensor(M, name="x"), tensor(I, name="f"), tensor(J, name="g")
claim(convolve(convolve(x, f), g) == convolve(x, convolve(f, g)))
""")
def convolution_is_associative(draw, M, I, J):
    x, f, g = draw(M), draw(I), draw(J)
    return np.convolve(np.convolve(x, f), g), np.convolve(x, np.convolve(f, g))


@conditional(
    """
x = tensor(M)
w = tensor(I)
claim(correlate(x, w, mode="full") == correlate(w, x, mode="full"))
""",
    assuming="M == 1, I == 1",
)
def arguments_of_a_correlation_exchanged(draw, M, I):
    x, w = draw(M), draw(I)
    return np.correlate(x, w, "full"), np.correlate(w, x, "full")


@proved("""
x = tensor(M)
w = tensor(I)
claim(correlate(x, w, mode="full") == rot180(correlate(w, x, mode="full")))
""")
def arguments_exchanged_and_turned(draw, M, I):
    x, w = draw(M), draw(I)
    return np.correlate(x, w, "full"), np.correlate(w, x, "full")[::-1]


@conditional(
    """
x = tensor(M)
w = tensor(I)
everything = correlate(x, w, mode="full")
claim(correlate(x, w, mode="same") == crop(everything, start=[I // 2], shape=[M]))
""",
    assuming="I % 2 == 1",
)
def same_mode_starts_at_half_of_the_overlay(draw, M, I):
    x, w = draw(M), draw(I)
    everything = full(x, w[::-1])
    return same(x, w), array((M,), lambda i: at(everything, i + I // 2))


@proved("""
p = tensor(M)
q = tensor(N)
product = convolve(p, q)
claim(product[k] == sum(p[u] * q[k - u], over=u))
""")
def product_of_polynomials(draw, M, N):
    p, q = draw(M), draw(N)
    return np.polymul(p, q), array((M + N - 1,), lambda k: sum(p[u] * at(q, k - u) for u in range(M)))


@proved("""
x = tensor(M)
w = tensor(I)
matrix = from_entries((M - I + 1, M), lambda r, m: w[m - r], using=[w])
claim(tensordot(matrix, x, axes=((1,), (0,))) == correlate(x, w))
""")
def correlation_as_a_matrix(draw, M, I):
    if I > M:
        return None
    x, w = draw(M), draw(I)
    return array((M - I + 1, M), lambda r, m: at(w, m - r)) @ x, np.correlate(x, w, "valid")


@proved("""
x = tensor(M)
w = tensor(M)
y = from_entries((M,), lambda i: sum_over(lambda u: x[(i + u) % M] * w[u], (M,)), using=[x, w])
claim(y == from_entries((M,), lambda i: sum_over(lambda u: x[u] * w[(u - i) % M], (M,)), using=[x, w]))
""")
def circular_correlation(draw, M):
    x, w = draw(M), draw(M)
    return [(np.roll(x, -i) * w).sum() for i in range(M)], [(x * np.roll(w, i)).sum() for i in range(M)]


@proved("""
x = tensor(M)
claim(subsample(dilate(x, factors=(S,)), factors=(S,)) == x)
""")
def every_s_th_of_what_was_dilated(draw, M, S):
    x = draw(M)
    return dilated(x, S)[::S], x


@refuted(
    """
x = tensor(M)
claim(dilate(subsample(x, factors=(S,)), factors=(S,)) == x)
""",
    holds_when="M = 1 or S = 1",
)
def dilated_what_was_subsampled(draw, M, S):
    x = draw(M)
    return dilated(x[::S], S), x


def shifted(x, offset):
    return array(x.shape, lambda i: at(x, i - offset))


@proved("""
x = tensor(M)
claim(shift(shift(x, offsets=(P,)), offsets=(Q,)) == shift(x, offsets=(P + Q,)))
""")
def shifts_add_up(draw, M, P, Q):
    x = draw(M)
    return shifted(shifted(x, P), Q), shifted(x, P + Q)


@refuted(
    """
x = tensor(M)
claim(shift(shift(x, offsets=(P,)), offsets=(-P,)) == x)
""",
    holds_when="never",
)
def shifted_there_and_back(draw, M, P):
    x = draw(M)
    return shifted(shifted(x, P), -P), x


@proved("""
P, Q = widths("P Q")
x = tensor(M)
claim(crop(pad(x, widths=((P, Q),)), start=(P,), shape=(M,)) == x)
""")
def padding_is_cut_off(draw, M, P, Q):
    x = draw(M)
    return np.pad(x, (P, Q))[P : P + M], x


@proved("""
x = tensor(M)
difference = correlate(x, literal(values=[-1, 1]))
claim(sum(difference[u], over=u) == x[M - 1] - x[0])
""")
def differences_telescope(draw, M):
    x = draw(M)
    return (np.diff(x).sum(), x[M - 1] - x[0]) if M > 1 else None


PREFIX = """
x = tensor(M)
lower = from_entries((M, M), lambda i, j: Iverson(j <= i), using=[])
prefix = tensordot(lower, x, axes=((1,), (0,)))
"""


@proved(f"{PREFIX}claim(correlate(prefix, literal(values=[-1, 1])) == crop(x, start=(1,), shape=(M - 1,)))")
def differences_of_prefix_sums(draw, M):
    x = draw(M)
    return (np.diff(np.cumsum(x)), x[1:]) if M > 1 else None


@proved(
    f"{PREFIX}g = cotangent(prefix)\nclaim(gradient(prefix, wrt=x)[m] == sum(g[i] * Iverson(m <= i), over=i))",
)
def gradient_of_prefix_sums(draw, M):
    x, g = draw(M), draw(M)
    return slope(np.cumsum, x, g), [g[m:].sum() for m in range(M)]


@proved("""
x = tensor(M)
odd = subsample(crop(x, start=(1,), shape=(M - 1,)), factors=(2,))
claim(sum_axes(subsample(x, factors=(2,)), axes=(0,)) + sum_axes(odd, axes=(0,)) == sum_axes(x, axes=(0,)))
""")
def even_and_odd_entries(draw, M):
    x = draw(M)
    return (x[::2].sum() + x[1::2].sum(), x.sum()) if M > 1 else None


@conditional(
    """
x = tensor(M)
even = subsample(x, factors=(2,))
twice = from_entries((2 * ((M + 1) // 2),), lambda i: even[i // 2], using=[even])
claim(twice == from_entries((M,), lambda i: x[i - i % 2], using=[x]))
""",
    assuming="M % 2 == 0",
)
def every_even_entry_twice(draw, M):
    x = draw(M)
    return np.repeat(x[::2], 2), [x[i - i % 2] for i in range(M)]


@proved("""
x = tensor(M)
claim(sum(x[u], over={u: 3}) == x[0] + x[1] + x[2])
""")
def first_three_entries(draw, M):
    x = draw(M)
    return x[:3].sum(), at(x, 0) + at(x, 1) + at(x, 2)


@proved("""
fits = from_entries((M,), lambda i: sum_over(lambda u: Iverson(i + u < M), (I,)), using=[])
claim(fits == from_entries((M,), lambda i: min(I, M - i), using=[]))
""")
def cells_of_a_window_that_fit(draw, M, I):
    return [sum(i + u < M for u in range(I)) for i in range(M)], [min(I, M - i) for i in range(M)]


SAME = """
x = tensor(M)
w = tensor(I)
y = tensor(M)
"""


@conditional(
    f"{SAME}claim(dot(correlate(x, w, mode='same'), y) == dot(x, convolve(y, w, mode='same')))",
    assuming="I % 2 == 1",
)
def adjoint_of_same_mode(draw, M, I):
    x, w, y = draw(M), draw(I), draw(M)
    return (same(x, w) * y).sum(), (x * same(y, w[::-1])).sum()


@refuted(
    f"{SAME}claim(dot(correlate(x, w, mode='same'), y) == dot(x, correlate(y, w, mode='same')))",
    holds_when="I = 1 or M = 1",
)
def same_mode_is_symmetric(draw, M, I):
    x, w, y = draw(M), draw(I), draw(M)
    return (same(x, w) * y).sum(), (x * same(y, w)).sum()


@conditional(
    """
x = tensor(M)
y = tensor(N)
claim(convolve(x, y, mode="same") == convolve(y, x, mode="same"))
""",
    assuming="M == N",
)
def same_mode_is_commutative(draw, M, N):
    x, y = draw(M), draw(N)
    return same(x, y[::-1]), same(y, x[::-1])


@proved("""
x, w, v = tensor(M, name="x"), tensor(I, name="w"), tensor(I, name="v")
η = scalar()
claim(correlate(x, w - η*v) == correlate(x, w) - η*correlate(x, v))
""")
def a_step_along_the_overlay(draw, M, I):
    if I > M:
        return None
    x, w, v, eta = draw(M), draw(I), draw(I), draw()
    return np.correlate(x, w - eta * v, "valid"), np.correlate(x, w, "valid") - eta * np.correlate(x, v, "valid")


@proved("claim(convolve(literal(values=[1, 1]), literal(values=[1, 1])) == literal(values=[1, 2, 1]))")
def binomials(draw):
    return np.convolve([1, 1], [1, 1]), [1, 2, 1]
