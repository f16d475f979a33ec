"""Claims about sizes and shapes: quotients, remainders, maxima, and how many positions an overlay has."""

import numpy as np

from tests.support.written_claims.arrays import laid, padded, strided
from tests.support.written_claims.entering import conditional, proved, refuted


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
