"""Claims with remainders, quotients, maxima and minima, and with what is divided by and cancels."""

from fractions import Fraction

from tests.support.written_claims.arrays import at
from tests.support.written_claims.entering import proved, refuted

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


@proved("claim((M % (2*S)) % S == M % S)")
def a_remainder_of_a_remainder(draw, M, S):
    return (M % (2 * S) % S,), (M % S,)


@proved("x = tensor(M)\nclaim((x/N)/S == x/(N*S))")
def divided_twice(draw, M, N, S):
    x = draw(M)
    return [Fraction(int(v), N) / S for v in x], [Fraction(int(v), N * S) for v in x]
