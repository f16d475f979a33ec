"""Claims with options that may be below their least value: strides, dilations, factors, overlays and windows.

They are about the sizes only at which the options have at least that value.
"""

import numpy as np

from tests.support.written_claims.arrays import array, at, dilated, laid, strided, underlays
from tests.support.written_claims.entering import proved, refuted

CONV = "x, w = tensor(B, C, M, name='x'), tensor(K, C, I, name='w')\n"


def stepped(draw, sizes, stride, dilation, entry_stride, entry_dilation):
    """A convolution, and its entries with a stride and a dilation that may be other ones; None if it has none."""
    B, C, K, M, I = sizes
    x, w = draw(B, C, M), draw(K, C, I)
    z = strided(x, w, (stride,), (dilation,)) if min(stride, dilation) > 0 else None
    if z is None:
        return None

    def entry(n, k, r):
        return sum(at(x, n, c, entry_stride * r + entry_dilation * u) * w[k, c, u] for c, u in np.ndindex(C, I))

    return z, array(z.shape, entry)


@proved(f"{CONV}claim(conv(x, w, stride=S - 1)[n, k, r] == sum(x[n, c, (S - 1)*r + u]*w[k, c, u], over=(c, u)))")
def a_stride_of_one_less(draw, B, C, K, M, I, S):
    return stepped(draw, (B, C, K, M, I), S - 1, 1, S - 1, 1)


@refuted(
    f"{CONV}claim(conv(x, w, stride=S - 1)[n, k, r] == sum(x[n, c, S*r + u]*w[k, c, u], over=(c, u)))",
    holds_when=None,
)
def another_stride_than_one_less(draw, B, C, K, M, I, S):
    return stepped(draw, (B, C, K, M, I), S - 1, 1, S, 1)


@proved(f"{CONV}claim(conv(x, w, dilation=D - 1)[n, k, r] == sum(x[n, c, r + (D - 1)*u]*w[k, c, u], over=(c, u)))")
def a_dilation_of_one_less(draw, B, C, K, M, I, D):
    return stepped(draw, (B, C, K, M, I), 1, D - 1, 1, D - 1)


@proved(
    f"{CONV}P, = widths('P')\nclaim(conv(x, w, dilation=P)[n, k, r] == sum(x[n, c, r + P*u]*w[k, c, u], over=(c, u)))"
)
def a_width_as_a_dilation(draw, B, C, K, M, I, P):
    return stepped(draw, (B, C, K, M, I), 1, P, 1, P)


LAID = "y, w = tensor(B, K, R, name='y'), tensor(K, C, I, name='w')\n"


@proved(
    f"{LAID}claim(conv_transpose(y, w, stride=S - 1)[n, c, m] == "
    "sum(y[n, k, r]*w[k, c, u]*Iverson((S - 1)*r + u == m), over=(k, r, u)))"
)
def laid_at_a_stride_of_one_less(draw, B, C, K, R, I, S):
    if S == 1:
        return None
    y, w = draw(B, K, R), draw(K, C, I)
    z = laid(y, w, S - 1)
    return z, z


@proved("x = tensor(M)\nclaim(dilate(x, factors=S - 1)[i] == where(i % (S - 1) == 0, x[i // (S - 1)], 0))")
def dilated_by_one_less(draw, M, S):
    x = draw(M)
    return (dilated(x, S - 1), dilated(x, S - 1)) if S > 1 else None


@refuted(
    "x = tensor(M)\nclaim(dilate(x, factors=S - 1)[i] == where(i % S == 0, x[i // S], 0))",
    holds_when=None,
)
def dilated_by_another_factor(draw, M, S):
    if S == 1:
        return None
    x = draw(M)
    wide = dilated(x, S - 1)
    return wide, array(wide.shape, lambda i: 0 if i % S else at(x, i // S))


@proved("x = tensor(M)\nclaim(subsample(x, factors=S - T)[i] == x[(S - T)*i])")
def every_entry_of_a_difference(draw, M, S, T):
    x = draw(M)
    return (x[:: S - T], x[:: S - T]) if S > T else None


@refuted("x = tensor(M)\nclaim(x == subsample(dilate(x, factors=S - 1), factors=S - 1))", holds_when=None)
def a_right_side_that_is_not_everywhere(draw, M, S):
    x = draw(M)
    return x, x if S > 1 else None


INPUT = "x = tensor(B, C, M)\n"


@proved(f"{INPUT}claim(upsample_nearest(x, factors=S - 1)[n, c, m] == x[n, c, m // (S - 1)])")
def repeated_once_less(draw, B, C, M, S):
    x = draw(B, C, M)
    return (np.repeat(x, S - 1, axis=2),) * 2 if S > 1 else None


@proved(f"{INPUT}claim(unfold(x, overlay=I - 1)[n, c, u, r] == x[n, c, u + r])")
def an_overlay_of_one_less(draw, B, C, M, I):
    x = draw(B, C, M)
    if not 1 < I <= M + 1:
        return None
    columns = np.moveaxis(underlays(x, M - I + 2, I - 1, 1, 0), 2, 3)
    return columns, array(columns.shape, lambda n, c, u, r: x[n, c, u + r])


def windowed(draw, B, C, M, I, step):
    """The sums of windows that lie side by side, and of windows of that size at another step."""
    if not 1 < I <= M + 1:
        return None
    x, count = draw(B, C, M), (M - I + 1) // (I - 1) + 1
    sums = underlays(x, count, I - 1, I - 1, 0).sum(axis=3)
    return sums, array(sums.shape, lambda n, c, r: sum(at(x, n, c, step * r + u) for u in range(I - 1)))


WINDOWS = f"{INPUT}claim(sum_pool(x, window=(I - 1,))[n, c, r] == "


@proved(f"{WINDOWS}sum(x[n, c, (I - 1)*r + u], over={{u: I - 1}}))")
def a_window_of_one_less(draw, B, C, M, I):
    return windowed(draw, B, C, M, I, I - 1)


@refuted(f"{WINDOWS}sum(x[n, c, I*r + u], over={{u: I - 1}}))", holds_when=None)
def a_window_at_another_step(draw, B, C, M, I):
    return windowed(draw, B, C, M, I, I)


@proved("claim(pool_size(M, I - 1, stride=S - 1) == (M - I + 1)//(S - 1) + 1)")
def positions_of_a_window_of_one_less(draw, M, I, S):
    if S == 1 or not 1 < I <= M + 1:
        return None
    return (len(range(0, M - I + 2, S - 1)),), ((M - I + 1) // (S - 1) + 1,)


@refuted("claim(conv_size(M, I - 1) == M - I + 1)", holds_when="never")
def positions_of_an_overlay_of_one_less(draw, M, I):
    return ((M - I + 2,), (M - I + 1,)) if 1 < I <= M + 1 else None


SHUFFLED = "x = tensor(B, (F - 1)*C, M)\n"


@proved(f"{SHUFFLED}claim(pixel_unshuffle(pixel_shuffle(x, factors=F - 1), factors=F - 1) == x)")
def shuffled_by_one_less(draw, B, C, F, M):
    if F == 1:
        return None
    x = draw(B, (F - 1) * C, M)
    return x, x
