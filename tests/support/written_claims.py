"""Claims as people would type them, each with both of its sides computed by hand in plain NumPy.

Every function takes `draw(*shape)`, which returns an array of random integers, and the sizes that its claim
is about. It returns both sides; None where the claim says nothing, because the left side is not defined there.
Nothing here knows the package.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np


@dataclass(frozen=True)
class Written:
    """A claim as text, its verdict, and both sides in NumPy.

    `holds_when` is the condition that the refutation of a false claim has to state, None if none can be stated;
    `assuming` is what makes a false claim a theorem, as one would type it into `assuming=[…]`.
    """

    text: str
    verdict: str
    sides: Callable
    holds_when: str | None = None
    assuming: str | None = None


WRITTEN: list[Written] = []


def entering(text, verdict, holds_when=None, assuming=None):
    """Enter a claim into the list, with the function that computes its sides."""

    def enter(sides):
        WRITTEN.append(Written(text, verdict, sides, holds_when, assuming))
        return sides

    return enter


def proved(text):
    """Enter a true claim."""
    return entering(text, "proved")


def holding(text):
    """Enter a true claim that is decided at literal values of its strides and other factors only."""
    return entering(text, "holds")


def undecided(text):
    """Enter a claim that is outside of what can be decided."""
    return entering(text, "undecided")


def refuted(text, holds_when):
    """Enter a false claim, and when it is true nevertheless."""
    return entering(text, "refuted", holds_when)


def conditional(text, assuming):
    """Enter a claim that is false, but true under an assumption."""
    return entering(text, "refuted", assuming.replace(", ", " and "), assuming)


# Arrays by hand.


def at(x, *index):
    """The entry of an array, zero outside of it."""
    return x[index] if all(0 <= i < n for i, n in zip(index, x.shape, strict=True)) else 0


def array(shape, entry):
    """The array with these entries."""
    made = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        made[index] = entry(*index)
    return made


def full(x, w):
    """The full convolution of two arrays with equally many axes."""
    made = np.zeros([m + i - 1 for m, i in zip(x.shape, w.shape, strict=True)], dtype=np.result_type(x, w))
    for u in np.ndindex(*w.shape):
        made[tuple(slice(k, k + m) for k, m in zip(u, x.shape, strict=True))] += x * w[u]
    return made


def valid(x, w):
    """The valid cross-correlation of two arrays; the overlay has to fit."""
    lengths = [m - i + 1 for m, i in zip(x.shape, w.shape, strict=True)]
    made = np.zeros(lengths, dtype=np.result_type(x, w))
    for u in np.ndindex(*w.shape):
        made += x[tuple(slice(k, k + n) for k, n in zip(u, lengths, strict=True))] * w[u]
    return made


def same(x, w):
    """The 1-D cross-correlation in mode "same", which starts at ⌊(I − 1)/2⌋."""
    start = (len(w) - 1) // 2
    return full(x, w[::-1])[start : start + len(x)]


def padded(x, *widths):
    """The array with zeros around its last axes, (before, after) for each."""
    return np.pad(x, [(0, 0)] * (x.ndim - len(widths)) + list(widths))


def strided(x, w, stride, dilation):
    """The convolution of (B, C, *spatial) with (K, C, *overlay), strides and dilations by axis; None if none fits."""
    axes = list(zip(x.shape[2:], w.shape[2:], stride, dilation, strict=True))
    count = [(m - d * (i - 1) - 1) // s + 1 for m, i, s, d in axes]
    if min(count) < 1:
        return None
    made = np.zeros((len(x), len(w), *count), dtype=np.result_type(x, w))
    for u in np.ndindex(*w.shape[2:]):
        starts = [d * k for k, d in zip(u, dilation, strict=True)]
        met = [slice(a, a + s * (n - 1) + 1, s) for a, n, s in zip(starts, count, stride, strict=True)]
        made += np.einsum("nc...,kc->nk...", x[(..., *met)], w[(..., *u)])
    return made


def laid(y, w, stride):
    """The transposed convolution of (B, K, R) with (K, C, I), nothing cut off."""
    made = np.zeros((len(y), w.shape[1], (y.shape[2] - 1) * stride + w.shape[2]), dtype=int)
    for r, u in product(range(y.shape[2]), range(w.shape[2])):
        made[:, :, stride * r + u] += y[:, :, r] @ w[:, :, u]
    return made


def underlays(x, count, window, stride, padding):
    """The entries of (B, C, M) that each of the windows meets, zero outside: (B, C, count, window)."""
    reach = stride * (count - 1) + window
    wide = np.pad(x, ((0, 0), (0, 0), (padding, max(0, reach - padding - x.shape[2]))))
    return wide[:, :, stride * np.arange(count)[:, None] + np.arange(window)]


STENCILS = {1: {1: 1}, 2: {1: 1, -1: -1}, 6: {1: 45, -1: -45, 2: -9, -2: 9, 3: 1, -3: -1}}
SCALES = {1: 1, 2: 2, 6: 60}


def slope(function, x, arriving, degree=1):
    """The derivative of ⟨arriving, function(x)⟩ by every entry of x: exact for polynomials of that degree."""
    x = x.astype(object) if degree > 2 else x
    before = np.sum(np.asarray(function(x)) * arriving)
    made = np.empty(x.shape, dtype=object)
    for index in np.ndindex(*x.shape):
        total = -before if degree == 1 else 0
        for step, weight in STENCILS[degree].items():
            moved = x.copy()
            moved[index] += step
            total += weight * np.sum(np.asarray(function(moved)) * arriving)
        made[index] = total if SCALES[degree] == 1 else Fraction(total) / SCALES[degree]
    return made


def sigma(t, order=0):
    """A function that is not zero at zero, with its derivatives."""
    return [t**3 + 2 * t**2 - 5 * t + 3, 3 * t**2 + 4 * t - 5, 6 * t + 4][order]


def tau(t, order=0):
    """Another one."""
    return [2 * t**2 + t - 7, 4 * t + 1][order]


def centred(x):
    """The array less its mean, in fractions."""
    mean = Fraction(sum(map(Fraction, x.tolist()))) / len(x)
    return np.array([v - mean for v in x.tolist()], dtype=object)


# One axis.


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


def dilated(x, S):
    made = np.zeros((len(x) - 1) * S + 1, dtype=int)
    made[::S] = x
    return made


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


# Sizes.


@proved("claim(conv_size(M, 4, stride=2, padding=1) == M // 2)")
def an_overlay_of_four_halves(draw, M):
    return ((len(range(-1, M + 1 - 3, 2)),), (M // 2,)) if M > 1 else None


@conditional("claim(conv_size(M, 3, stride=2, padding=1) == M // 2)", assuming="M % 2 == 0")
def an_overlay_of_three_halves(draw, M):
    return (len(range(-1, M + 1 - 2, 2)),), (M // 2,)


@proved("claim((M - 1) // S + 1 == (M + S - 1) // S)")
def rounding_up(draw, M, S):
    return (len(range(0, M, S)),), ((M + S - 1) // S,)


@proved("claim(((M - 1) // 2) // 2 + 1 == (M + 3) // 4)")
def every_second_of_every_second(draw, M):
    return (len(range(M)[::2][::2]),), ((M + 3) // 4,)


@proved("claim((M // S) * S + M % S == M)")
def quotient_and_remainder(draw, M, S):
    return (len(range(S, M + 1, S)) * S + M % S,), (M,)


@conditional("claim(-(-M // S) == M // S)", assuming="M % S == 0")
def rounding_up_and_down(draw, M, S):
    return (len(range(0, M, S)),), (len(range(S, M + 1, S)),)


@proved("claim(max(M, N) + min(M, N) == M + N)")
def larger_and_smaller(draw, M, N):
    return (sum(sorted([M, N])),), (M + N,)


@proved("claim(max(M - N, 0) == M - min(M, N))")
def what_is_left(draw, M, N):
    return (len(range(N, M)),), (M - sorted([M, N])[0],)


@conditional("claim(pool_size(M, 3, stride=2, ceil_mode=True) == pool_size(M, 3, stride=2))", assuming="M % 2 == 1")
def ceil_mode_has_no_further_window(draw, M):
    inside = [r for r in range(0, M, 2) if r + 3 <= M]
    reaching_out = [r for r in range(0, M, 2) if r - 2 + 3 < M]
    return ((len(reaching_out),), (len(inside),)) if reaching_out else None


@proved("claim(pool_size(M, I, stride=I, ceil_mode=True) == ceiling(M / I))")
def windows_side_by_side(draw, M, I):
    return (len(range(0, M, I)),), (-(-M // I),)


@conditional(
    """
x = tensor(M)
y = tensor(N)
claim(shape(correlate(x, y)) == (N - M + 1,))
""",
    assuming="M == N",
)
def shape_of_a_correlation_turned_round(draw, M, N):
    return None if N > M else (np.correlate(draw(M), draw(N), "valid").shape, (N - M + 1,))


@proved("""
x = tensor(2, 3, 8, 9, 10)
w = tensor(4, 3, 3, 3, 3)
claim(shape(conv(x, w, stride=2, padding=1)) == (2, 4, 4, 5, 5))
""")
def three_axes_with_numbers(draw):
    made = strided(padded(draw(2, 3, 8, 9, 10), *[(1, 1)] * 3), draw(4, 3, 3, 3, 3), (2, 2, 2), (1, 1, 1))
    return made.shape, (2, 4, 4, 5, 5)


@proved("""
y = tensor(B, K, M)
w = tensor(K, C, 4)
claim(shape(conv_transpose(y, w, stride=2, padding=1)) == (B, C, 2*M))
""")
def an_overlay_of_four_doubles(draw, B, C, K, M):
    return laid(draw(B, K, M), draw(K, C, 4), 2)[:, :, 1:-1].shape, (B, C, 2 * M)


@refuted(
    """
y = tensor(B, K, M)
w = tensor(K, C, 3)
claim(shape(conv_transpose(y, w, stride=2, padding=1)) == (B, C, 2*M))
""",
    holds_when="never",
)
def an_overlay_of_three_doubles(draw, B, C, K, M):
    return laid(draw(B, K, M), draw(K, C, 3), 2)[:, :, 1:-1].shape, (B, C, 2 * M)


@proved("""
P, Q = widths("P Q")
x, w, b = tensor(B, C, M, N, name="x"), tensor(K, C, I, J, name="w"), tensor(K, name="b")
z = conv(x, w, b, stride=(S, T), padding=(P, Q), dilation=(D, E))
claim(shape(z) == (B, K, (M + 2*P - D*(I - 1) - 1)//S + 1, (N + 2*Q - E*(J - 1) - 1)//T + 1))
""")
def two_strides_and_two_dilations(draw, B, K, C, M, N, I, J, P, Q, S, T, D, E):
    z = strided(padded(draw(B, C, M, N), (P, P), (Q, Q)), draw(K, C, I, J), (S, T), (D, E))
    size = (M + 2 * P - D * (I - 1) - 1) // S + 1, (N + 2 * Q - E * (J - 1) - 1) // T + 1
    return None if z is None else (z.shape, (B, K, *size))


@proved("""
x = tensor(L, M, N)
claim(count(x) == L*M*N)
""")
def number_of_entries(draw, L, M, N):
    return draw(L, M, N).size, L * M * N


# Several axes.


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


# Gradients.


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


@undecided("""
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


# Layers.


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


# Convolutions with batch and channels.


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


# Unfold, fold, pooling, upsampling.


COLUMNS = """
x = tensor(B, C, M)
columns = unfold(x, overlay=I, stride=S, dilation=D)
"""


def unfolded(x, I, S, D):
    """The underlays of a dilated overlay: (B, C, I, count); None if it does not fit."""
    count = (x.shape[2] - D * (I - 1) - 1) // S + 1
    return x[:, :, D * np.arange(I)[:, None] + S * np.arange(count)] if count > 0 else None


@proved(
    f"{COLUMNS}y = tensor(B, C, I, (M - D*(I - 1) - 1)//S + 1)\n"
    "claim(dot(columns, y) == dot(x, fold(y, shape=(M,), stride=S, dilation=D)))"
)
def fold_is_adjoint_to_unfold(draw, B, C, M, I, S, D):
    x = draw(B, C, M)
    columns = unfolded(x, I, S, D)
    if columns is None:
        return None
    y, folded = draw(*columns.shape), np.zeros((B, C, M), dtype=int)
    for u, r in np.ndindex(*y.shape[2:]):
        folded[:, :, S * r + D * u] += y[:, :, u, r]
    return (columns * y).sum(), (x * folded).sum()


@refuted(
    f"{COLUMNS}claim(columns[n, c, u, r] == x[n, c, D*r + S*u])",
    holds_when="S = D or (I = 1 and M <= S)",
)
def stride_and_dilation_exchanged_in_unfold(draw, B, C, M, I, S, D):
    x = draw(B, C, M)
    columns = unfolded(x, I, S, D)
    if columns is None:
        return None
    return columns, array(columns.shape, lambda n, c, u, r: at(x, n, c, D * r + S * u))


@conditional(
    """
P, = widths("P")
y = tensor(B, C, I, (M + 2*P - I)//S + 1)
z = fold(y, shape=(M,), stride=S, padding=P)
claim(sum_axes(z, axes=(0, 1, 2)) == sum_axes(y, axes=(0, 1, 2, 3)))
""",
    assuming="P == 0",
)
def fold_loses_nothing(draw, B, C, I, M, P, S):
    count = (M + 2 * P - I) // S + 1
    if count < 1:
        return None
    y = draw(B, C, I, count)
    kept = [y[:, :, u, r].sum() for u in range(I) for r in range(count) if 0 <= S * r + u - P < M]
    return sum(kept), y.sum()


MAX_POOL = """
P, = widths("P")
pool = MaxPool((B, C, M), I, stride=S, padding=P)
"""


@proved(
    f"{MAX_POOL}by_selection = gradient(pool.a, wrt=pool.selection, cotangent=pool.a_gradient)\n"
    "claim(by_selection[n, c, r, u] == pool.a_gradient[n, c, r] * pool.x[n, c, S*r + u - P])"
)
def max_pooling_by_its_selection(draw, B, C, M, I, P, S):
    R = (M + 2 * P - I) // S + 1
    if R < 1:
        return None
    x, s, g = draw(B, C, M), draw(B, C, R, I), draw(B, C, R)
    right = array(s.shape, lambda n, c, r, u: g[n, c, r] * at(x, n, c, S * r + u - P))
    return slope(lambda v: (v * underlays(x, R, I, S, P)).sum(axis=3), s, g), right


@conditional(
    f"{MAX_POOL}passed = sum_axes(pool.selection, axes=(3,)) * pool.a_gradient\n"
    "claim(sum_axes(pool.gradient(pool.x), axes=(2,)) == sum_axes(passed, axes=(2,)))",
    assuming="P == 0",
)
def max_pooling_passes_everything_back(draw, B, C, M, I, P, S):
    R = (M + 2 * P - I) // S + 1
    if R < 1:
        return None
    x, s, g = draw(B, C, M), draw(B, C, R, I), draw(B, C, R)
    left = slope(lambda v: (s * underlays(v, R, I, S, P)).sum(axis=3), x, g)
    return left.sum(axis=2), (s.sum(axis=3) * g).sum(axis=2)


@conditional(
    """
P, = widths("P")
pool = AveragePool((B, C, M), I, stride=S, padding=P)
claim(sum_axes(pool.gradient(pool.x), axes=(2,)) == sum_axes(pool.a_gradient, axes=(2,)))
""",
    assuming="P == 0",
)
def average_pooling_passes_everything_back(draw, B, C, M, I, P, S):
    R = (M + 2 * P - I) // S + 1
    if R < 1:
        return None
    x, g = draw(B, C, M), draw(B, C, R)
    summed_up = slope(lambda v: underlays(v, R, I, S, P).sum(axis=3), x, g)
    return summed_up.sum(axis=2) * Fraction(1, I), g.sum(axis=2)


GLOBAL = """
x = tensor(B, C, M, N)
y = sum_pool(x, window=(M, N)) / (M*N)
g = cotangent(y)
"""


def global_average(draw, B, C, M, N):
    """The gradient of the average over all positions, and what arrives."""
    x, g = draw(B, C, M, N), draw(B, C, 1, 1)
    return slope(lambda v: v.sum(axis=(2, 3), keepdims=True), x, g) * Fraction(1, M * N), g


@proved(f"{GLOBAL}claim(gradient(y, wrt=x) == broadcast(g, shape=x.shape) / (M*N))")
def gradient_of_a_global_average(draw, B, C, M, N):
    left, g = global_average(draw, B, C, M, N)
    return left, array(left.shape, lambda b, c, m, n: Fraction(int(g[b, c, 0, 0]), M * N))


@refuted(f"{GLOBAL}claim(gradient(y, wrt=x) == broadcast(g, shape=x.shape))", holds_when="M = 1 and N = 1")
def gradient_of_a_global_average_not_divided(draw, B, C, M, N):
    left, g = global_average(draw, B, C, M, N)
    return left, np.broadcast_to(g, left.shape)


@proved("""
P, = widths("P")
counts = window_counts(shape=M, window=I, stride=1, padding=P, count_padding=False)
claim(counts == sum_pool(ones(1, 1, M), window=I, stride=1, padding=P))
""")
def cells_counted_by_ones(draw, M, I, P):
    R = M + 2 * P - I + 1
    if R < 1:
        return None
    counted = array((1, 1, R), lambda n, c, r: sum(0 <= r + u - P < M for u in range(I)))
    return counted, np.correlate(np.pad(np.ones(M), P), np.ones(I), "valid")[None, None]


@refuted(
    """
P, = widths("P")
counts = window_counts(shape=M, window=I, stride=S, padding=P, ceil_mode=True)
claim(counts == I * ones(1, 1, pool_size(M, I, stride=S, padding=P, ceil_mode=True)))
""",
    holds_when="(M + 2*P - I) % S = 0 or (M + 2*P - I + S - 1) // S * S >= M + P",
)
def cells_counted_in_ceil_mode(draw, M, I, P, S):
    R = min(-(-(M + 2 * P - I) // S) + 1, -(-(M + P) // S))
    if R < 1:
        return None
    return array((1, 1, R), lambda n, c, r: sum(S * r + u < M + 2 * P for u in range(I))), np.full((1, 1, R), I)


@conditional(
    """
x = tensor(B, C, M)
claim(sum_axes(sum_pool(x, window=I), axes=(2,)) == sum_axes(x, axes=(2,)))
""",
    assuming="M % I == 0",
)
def windows_side_by_side_see_everything(draw, B, C, M, I):
    if I > M:
        return None
    x = draw(B, C, M)
    return x[:, :, : M // I * I].reshape(B, C, M // I, I).sum(axis=(2, 3)), x.sum(axis=2)


@holding("""
x = tensor(B, C, M)
once = upsample_nearest(x, factors=F)
claim(upsample_nearest(once, factors=G) == upsample_nearest(x, factors=F*G))
""")
def enlarged_twice(draw, B, C, M, F, G):
    x = draw(B, C, M)
    return x.repeat(F, axis=2).repeat(G, axis=2), x.repeat(F * G, axis=2)


@proved("""
x = tensor(B, C, M, N)
claim(flip(upsample_nearest(x, factors=2), axes=(2, 3)) == upsample_nearest(flip(x, axes=(2, 3)), factors=2))
""")
def enlarged_and_turned(draw, B, C, M, N):
    x = draw(B, C, M, N)
    left = x.repeat(2, axis=2).repeat(2, axis=3)[:, :, ::-1, ::-1]
    return left, x[:, :, ::-1, ::-1].repeat(2, axis=2).repeat(2, axis=3)


# Conditions on several sizes.


@conditional(
    "x = tensor(M)\nclaim(rot180(subsample(x, factors=(S,))) == subsample(rot180(x), factors=(S,)))",
    assuming="(M - 1) % S == 0",
)
def turned_before_subsampling(draw, M, S):
    x = draw(M)
    return x[::S][::-1], x[::-1][::S]


@refuted(
    "x = tensor(M)\nclaim(sum_axes(subsample(x, factors=(S,)), axes=(0,)) == sum_axes(x, axes=(0,)))",
    holds_when="M = 1 or S = 1",
)
def total_of_every_s_th(draw, M, S):
    x = draw(M)
    return x[::S].sum(), x.sum()


@proved("x = tensor(M)\nclaim(subsample(subsample(x, factors=(S,)), factors=(T,)) == subsample(x, factors=(S*T,)))")
def subsampled_twice(draw, M, S, T):
    x = draw(M)
    return x[::S][::T], x[:: S * T]


@holding("x = tensor(M)\nclaim(dilate(dilate(x, factors=(S,)), factors=(T,)) == dilate(x, factors=(S*T,)))")
def dilated_twice(draw, M, S, T):
    x = draw(M)
    return dilated(dilated(x, S), T), dilated(x, S * T)


ROLLED = """
x = tensor(M)
rolled = from_entries((M,), lambda i: x[(i + K) % M], using=[x])
"""


@holding(f"{ROLLED}claim(from_entries((M,), lambda i: rolled[(i - K) % M], using=[rolled]) == x)")
def rolled_and_back(draw, M, K):
    x = draw(M)
    return np.roll(np.roll(x, -K), K), x


@proved(f"{ROLLED}claim(sum_axes(rolled, axes=(0,)) == sum_axes(x, axes=(0,)))")
def total_of_what_was_rolled(draw, M, K):
    x = draw(M)
    return np.roll(x, -K).sum(), x.sum()


@refuted(f"{ROLLED}claim(rolled == x)", holds_when="K % M = 0")
def rolled_once(draw, M, K):
    x = draw(M)
    return np.roll(x, -K), x


@proved("claim(conv_size(conv_size(M, I, stride=S), J, stride=T) == conv_size(M, I + S*(J - 1), stride=S*T))")
def positions_of_two_overlays(draw, M, I, S, J, T):
    if I > M or (M - I) // S + 1 < J:
        return None
    return (((M - I) // S + 1 - J) // T + 1,), ((M - (I + S * (J - 1))) // (S * T) + 1,)


@refuted(
    "claim(conv_size(conv_size(M, I, stride=S), J, stride=T) == conv_size(M, I + J - 1, stride=S*T))",
    holds_when="((M - I) // S + 1 - J) // T = (M - I - J + 1) // (S * T)",
)
def positions_of_two_overlays_as_if_not_strided(draw, M, I, S, J, T):
    if I > M or (M - I) // S + 1 < J:
        return None
    return (((M - I) // S + 1 - J) // T + 1,), ((M - (I + J - 1)) // (S * T) + 1,)


@refuted(
    "claim(pool_size(M, I, stride=S, padding=1, ceil_mode=True) == pool_size(M, I, stride=S, padding=1))",
    holds_when="min((M + 2 - I + S - 1) // S + 1, (M + 1 + S - 1) // S) = (M + 2 - I) // S + 1",
)
def ceil_mode_with_padding(draw, M, I, S):
    windows = min(-((I - M - 2) // S) + 1, -((-M - 1) // S))
    return ((windows,), ((M + 2 - I) // S + 1,)) if windows > 0 else None


def by_pairs(x, w, before, after):
    return strided(padded(x, (before, after)), w, (2,), (1,))


def same_widths(M, I):
    """What "same" pads altogether at stride 2, for ⌈M/2⌉ positions."""
    return max(2 * ((M + 1) // 2 - 1) + I - M, 0)


SAME_CONV = 'x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")\n'


@refuted(
    f"{SAME_CONV}claim(conv(x, w, stride=2, padding='same') == conv(x, w, stride=2, padding='same_lower'))",
    holds_when="(M + I) % 2 = 0 or (I = 1 and M % 2 = 0)",
)
def same_and_same_lower_with_a_stride(draw, B, C, K, M, I):
    x, w, both = draw(B, C, M), draw(K, C, I), same_widths(M, I)
    return by_pairs(x, w, both // 2, both - both // 2), by_pairs(x, w, both - both // 2, both // 2)


@refuted(
    f"{SAME_CONV}z = conv(x, w, stride=2, padding='same')\n"
    "claim(z[n, k, r] == sum(x[n, c, 2*r + u - I // 2] * w[k, c, u], over=(c, u)))",
    holds_when="I = 1 or (M % 2 = 1 and I % 2 = 1)",
)
def same_begins_half_an_overlay_before(draw, B, C, K, M, I):
    x, w, both = draw(B, C, M), draw(K, C, I), same_widths(M, I)
    left, met = by_pairs(x, w, both // 2, both - both // 2), list(np.ndindex(C, I))

    def entry(n, k, r):
        return sum(at(x, n, c, 2 * r + u - I // 2) * w[k, c, u] for c, u in met)

    return left, array(left.shape, entry)


# One side is not defined where the other one is.


@refuted(
    """
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")
claim(correlate(x, w) == correlate(x, transpose(w)))
""",
    holds_when="I = 1 and J = 1",
)
def overlay_transposed(draw, M, N, I, J):
    if I > M or J > N:
        return None
    x, w = draw(M, N), draw(I, J)
    return valid(x, w), valid(x, w.T) if I <= N and J <= M else None


@refuted(
    """
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")
claim(correlate(x, w, mode="same") == correlate(x, w))
""",
    holds_when="I = 1 and J = 1",
)
def same_mode_is_valid_mode(draw, M, N, I, J):
    x, w = draw(M, N), draw(I, J)
    top, left = (I - 1) // 2, (J - 1) // 2
    kept = full(x, np.flip(w))[top : top + M, left : left + N]
    return kept, valid(x, w) if I <= M and J <= N else None


FUNCTION = """
σ = function()
x, w = tensor(M, name="x"), tensor(I, name="w")
z = correlate(x, w)
turned = correlate(x, rot180(w))
"""


@refuted(f"{FUNCTION}claim(σ(z, order=1) == σ(z))", holds_when="never")
def a_function_and_its_derivative(draw, M, I):
    if I > M:
        return None
    z = valid(draw(M), draw(I))
    return sigma(z, 1), sigma(z)


@refuted(f"{FUNCTION}claim(σ(z) == σ(turned))", holds_when=None)
def a_function_of_a_correlation_and_of_a_convolution(draw, M, I):
    if I > M:
        return None
    x, w = draw(M), draw(I)
    return sigma(valid(x, w)), sigma(valid(x, w[::-1]))


# Remainders, quotients, maxima and minima that SymPy simplifies wrongly while it builds them.

HALVED = """
x = tensor(M, 2, 4)
y = subsample(merge_axes(merge_axes(x, axis=1), axis=0), factors=(2,))
"""


@refuted(f"{HALVED}claim(take(y, at=(2,)) == 0 * take(y, at=(2,)))", holds_when="never")
def the_third_of_every_second(draw, M):
    x = draw(M, 2, 4)
    return x.reshape(-1)[::2][2], 0


@proved(f"{HALVED}claim(y == subsample(merge_axes(merge_axes(x, axis=0), axis=0), factors=(2,)))")
def merged_in_another_order(draw, M):
    x = draw(M, 2, 4)
    return x.reshape(M, 8).reshape(-1)[::2], x.reshape(2 * M, 4).reshape(-1)[::2]


@refuted("claim((3*(M % 5)) % 5 == 3*(M % 5))", holds_when="3*(M % 5) < 5")
def a_multiple_of_a_remainder(draw, M):
    return (3 * (M % 5) % 5,), (3 * (M % 5),)


@refuted("claim((N*(2*M + 2)) % 6 == 0)", holds_when="N*(M + 1) % 3 = 0")
def an_even_multiple_and_six(draw, M, N):
    return (N * (2 * M + 2) % 6,), (0,)


@refuted("claim(((2*K + 2)*(2*M + 2)) % 12 == 0)", holds_when="(K + 1)*(M + 1) % 3 = 0")
def two_even_numbers_and_twelve(draw, K, M):
    return ((2 * K + 2) * (2 * M + 2) % 12,), (0,)


@refuted("claim((2*(M % 4)) % 3 == (2*(M % 4)*(M % 4)) % 3)", holds_when=None)
def a_remainder_and_its_square(draw, M):
    return (2 * (M % 4) % 3,), (2 * (M % 4) ** 2 % 3,)


@refuted("P, = widths('P')\nclaim((-P) % (3*P) == -P)", holds_when=None)
def a_negative_remainder(draw, P):
    return ((-P % (3 * P),), (-P,)) if P else None


@refuted("claim(min(4 // (S*D), 4) == 4)", holds_when="S*D = 1")
def the_smaller_of_a_quotient_and_four(draw, S, D):
    return (min(4 // (S * D), 4),), (4,)


@refuted("claim(max(3 // (S*D), 2) == 3 // (S*D))", holds_when="S*D = 1")
def the_larger_of_a_quotient_and_two(draw, S, D):
    return (max(3 // (S * D), 2),), (3 // (S * D),)


@refuted("claim(max(ceiling(4/(S*D)), 4) == ceiling(4/(S*D)))", holds_when="S*D = 1")
def the_larger_of_a_quotient_rounded_up_and_four(draw, S, D):
    return (max(-(-4 // (S * D)), 4),), (-(-4 // (S * D)),)


@refuted(
    "v = tensor(L)\nclaim(take(v, at=(min(4 // (S*D), 4),)) == take(v, at=(4,)))",
    holds_when="S*D = 1 or L ≤ min(4 // (S*D), 4)",
)
def the_entry_at_a_quotient(draw, L, S, D):
    v = draw(L)
    return at(v, min(4 // (S * D), 4)), at(v, 4)


@refuted(
    "v = tensor(L)\nz = v * v\nclaim(z[i] == v[i]*v[i] + Iverson(2*(M + N)/(2*N + 1) == L)*v[i])",
    holds_when="2*(M + N) != L*(2*N + 1)",
)
def a_bracket_around_a_quotient(draw, L, M, N):
    v = draw(L)
    return v * v, v * v + int(Fraction(2 * (M + N), 2 * N + 1) == L) * v


@refuted(
    "v = tensor(L)\nz = v * v\nclaim(z[i] == v[i]*v[i]*Iverson((-i) % (3*i) == -i))",
    holds_when="never",
)
def a_remainder_by_an_index_from_zero_on(draw, L):
    v = draw(L)
    return v * v, []


@proved("claim(S*max(3 // (S*D), 2) == max(S*(3 // (S*D)), S*2))")
def a_multiple_of_the_larger(draw, S, D):
    return (S * max(3 // (S * D), 2),), (max(S * (3 // (S * D)), S * 2),)


@proved("q = tensor(4)\nclaim(sum(q[(3*(i % 4)) % 4], over={i: 4*I}) == I*(q[0] + q[1] + q[2] + q[3]))")
def round_and_round_backwards(draw, I):
    q = draw(4)
    return sum(q[3 * (i % 4) % 4] for i in range(4 * I)), I * q.sum()


@refuted("claim(ceiling(4*M/5) % (3*M) == M)", holds_when=None)
def most_of_it_rounded_up(draw, M):
    return (-(-4 * M // 5) % (3 * M),), (M,)


@refuted("claim(max(S % (S*M), 6) == 6)", holds_when=None)
def the_larger_of_a_remainder_and_six(draw, M, S):
    return (max(S % (S * M), 6),), (6,)


@refuted("claim(max(1, 12 % S) == max(1, 4 % S))", holds_when=None)
def remainders_of_twelve_and_of_four(draw, S):
    return (max(1, 12 % S),), (max(1, 4 % S),)


@refuted("claim((S % (S*S) + max(4, S)) % S == (S % (S*S) + 4) % S)", holds_when=None)
def a_remainder_of_a_sum_with_the_larger(draw, S):
    return ((S % (S * S) + max(4, S)) % S,), ((S % (S * S) + 4) % S,)


@refuted("claim((M // 3) % (S*S) % (M*N) == (M // 3) % S % (M*N))", holds_when=None)
def a_remainder_by_a_square(draw, M, N, S):
    return (M // 3 % (S * S) % (M * N),), (M // 3 % S % (M * N),)


# What is divided by is at least one, whatever cancels.


@proved("claim((M*(N - 1)) // (N - 1) == M)")
def a_multiple_divided_again(draw, M, N):
    return ((M,), (M,)) if N > 1 else None


@proved("claim((M - N)/(M - N) == 1)")
def a_difference_divided_by_itself(draw, M, N):
    return ((1,), (1,)) if M > N else None


@proved("x = tensor(M)\nclaim(x*(M - N)/(M - N) == x)")
def a_tensor_times_a_difference_divided_again(draw, M, N):
    x = draw(M)
    return (x, x) if M > N else None


@proved("claim(M == M, assuming=[3/(S*D) <= 1])")
def assumed_of_a_quotient(draw, M, S, D):
    return ((M,), (M,)) if S * D >= 3 else None


@refuted("claim(where(M > N, M - N, N - M) == M - N)", holds_when="M ≥ N")
def a_distance(draw, M, N):
    return (abs(M - N),), (M - N,)


@proved("claim(where(M > N, M - N, N - M) == maximum(M, N) - minimum(M, N))")
def a_distance_from_the_smaller_to_the_larger(draw, M, N):
    return (abs(M - N),), (max(M, N) - min(M, N),)


@holding("claim((M % (2*S)) % S == M % S)")
def a_remainder_of_a_remainder(draw, M, S):
    return (M % (2 * S) % S,), (M % S,)


@proved("x = tensor(M)\nclaim((x/N)/S == x/(N*S))")
def divided_twice(draw, M, N, S):
    x = draw(M)
    return [Fraction(int(v), N) / S for v in x], [Fraction(int(v), N * S) for v in x]
