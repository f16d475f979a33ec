"""Claims about unfolding, folding, pooling and upsampling."""

from fractions import Fraction

import numpy as np

from tests.support.written_claims.arrays import array, at, slope, underlays
from tests.support.written_claims.entering import conditional, proved, refuted

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


@proved("""
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
