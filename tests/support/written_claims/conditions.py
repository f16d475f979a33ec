"""Claims that are true under a condition on several sizes."""

import numpy as np

from tests.support.written_claims.arrays import array, at, dilated, padded, strided
from tests.support.written_claims.entering import conditional, proved, refuted


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


@proved("x = tensor(M)\nclaim(dilate(dilate(x, factors=(S,)), factors=(T,)) == dilate(x, factors=(S*T,)))")
def dilated_twice(draw, M, S, T):
    x = draw(M)
    return dilated(dilated(x, S), T), dilated(x, S * T)


ROLLED = """
x = tensor(M)
rolled = from_entries((M,), lambda i: x[(i + K) % M], using=[x])
"""


@proved(f"{ROLLED}claim(from_entries((M,), lambda i: rolled[(i - K) % M], using=[rolled]) == x)")
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
