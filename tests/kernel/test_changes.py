"""Equations that are put in, divisors that are sizes in other words, and cases of quotients: for every stride."""

import pytest
import sympy as sp

from cnn_symbolic import Refutation, Theorem, gradient, named, sizes, tensor
from cnn_symbolic.claims import decide, read_claims, state
from cnn_symbolic.expressions.formulas import size
from cnn_symbolic.expressions.heads import AtMost, Floor, Inverse
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.expressions.rules import remainder
from cnn_symbolic.ground.errors import DisagreementError, VacuousClaimError
from cnn_symbolic.kernel.search.changes import ChangeOfSizes, changes
from cnn_symbolic.kernel.search.decide import verdict_on
from cnn_symbolic.kernel.trusted.concluding import concluded, in_other_sizes
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.layers import conv, conv_transpose

B, C, K, M, I, S, D, L = sizes("B C K M I S D L")
LINE = """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S)
columns = merge_axes(unfold(x, overlay=(I,), stride=S), axis=1)
claim(z[n, k, l] == sum(merge_axes(w, axis=1)[k, q] * {columns}, over=q))
"""
PLANE = """x = tensor(B, C, M, N)
w = tensor(K, C, I, J)
z = conv(x, w{stride})
flat = merge_axes(merge_axes(w, axis=2), axis=1)
rows = merge_axes(merge_axes(merge_axes(unfold(x, overlay=(I, J){stride}), axis=2), axis=1), axis=2)
claim(merge_axes(z, axis=2)[n, k, l] == sum(flat[k, q] * {rows}, over=q))
"""


def verdict(text):
    (claim,) = read_claims(text).values()
    return claim.verdict


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (LINE.format(columns="columns[n, q, l]"), "all shapes, every I and S"),
        (PLANE.format(stride="", rows="rows[n, q, l]"), "all shapes, every N, I and J"),
        (PLANE.format(stride=", stride=S", rows="rows[n, q, l]"), "all shapes, every N, I, J and S"),
    ],
)
def test_columns_of_windows_with_flattened_axes_are_for_every_size(text, evidence):
    found = verdict(text)
    assert isinstance(found, Theorem)
    assert found.evidence == evidence
    assert "J ≤ N and I ≤ M" in written_together(found.domain) or written_together(found.domain) == "I ≤ M"


@pytest.mark.parametrize(
    "text", [LINE.format(columns="columns[n, q, l + 1]"), PLANE.format(stride="", rows="rows[n, l, q]")]
)
def test_columns_that_are_taken_wrongly_are_refuted(text):
    assert isinstance(verdict(text), Refutation)


def test_a_quotient_by_a_sum_is_decided_and_said_of_the_sizes_that_it_is_made_from():
    true = decide(state(((M + 5) // (M - I + 1),), (1 + (I + 4) // (M - I + 1),)))
    assert (true.evidence, written_together(true.domain)) == ("all shapes, every I and M", "I ≤ M")
    assert set(true.smallest) == {"I", "M"}
    wrong = decide(state(((M + 5) // (M - I + 1),), (1 + (I + 3) // (M - I + 1),)))
    assert isinstance(wrong, Refutation)
    assert wrong.sizes["M"] >= wrong.sizes["I"]


def premise_by(statement, change):
    return in_other_sizes(statement, change.values, change.meanings, change.conditions)


n, r = size("n"), size("r")
m, i, s = M.formula, I.formula, S.formula
QUOTIENT = Floor((m - i) * Inverse(s))


@pytest.mark.parametrize(
    "change",
    [
        ChangeOfSizes({m: n + i}, {n: m - i + 1}),
        ChangeOfSizes({m: n + i - 1}, {n: m - i}),
        ChangeOfSizes({m: n + i}, {n: m - i}),
        ChangeOfSizes({m: n + i - 1}, {n: m - i + 1}, (AtMost(n, sp.Integer(7)),)),
        ChangeOfSizes({m: s * (n - 1) + r + i}, {n: QUOTIENT + 1, r: remainder(m - i, s) + 1}),
        ChangeOfSizes({m: s * (n - 1) + r - 1 + i}, {n: QUOTIENT + 1, r: remainder(m - i, s) + 1}, (AtMost(r, s - 1),)),
        ChangeOfSizes({QUOTIENT: n}, {n: QUOTIENT + 1}),
    ],
    ids=["value", "meaning", "may be zero", "bound", "remainder", "remainder's bound", "quotient"],
)
def test_a_change_that_does_not_follow_is_refused(change):
    statement = state(((M - I) // S + 1,), ((M - I) // S + 1,), [M >= I])
    with pytest.raises(NotReadable, match="not seen to agree"):
        premise_by(statement, change)


def test_a_new_size_has_a_new_name():
    statement = state(((M + 5) // (M - I + 1),), ((M + 5) // (M - I + 1),))
    (change,) = changes(statement)
    assert not set(change.meanings) & set(statement.sizes)
    with pytest.raises(NotReadable, match="a name that is new"):
        premise_by(statement, ChangeOfSizes({m: i}, {i: m}))


RIGHT = """
claim(((L - S)//S) % (S + 1) + L == ceiling((L - 2*S + 1)/S) % (S + 1) + L)
claim(H % (S + T) == (H + S + T) % (S + T))
claim(((S + T)*(L*M) + T) % (S + T) == T)
claim(L % (S*T) % S == L % S)
claim(L % S == 0, assuming=[L % (S*T) == 0])
claim((L + H) % S == 0, assuming=[L % S == 0, H % S == 0])
claim((L//S)*T == (L*T)//S, assuming=[L % S == 0])
claim(max(ceiling(L/S)*S - L, 0) == (S - L % S) % S)
claim(ceiling(L/S) - L//S == Iverson(L % S != 0))
claim(pool_size(pool_size(M, S, stride=S), T + 1, stride=T + 1) == M//(S*(T + 1)))
claim(ceiling(M/S)*ceiling(N/S) == ((M - 1)//S + 1)*((N - 1)//S + 1))
claim(L//(S - 1) == H, assuming=[L == H*(S - 1)])
claim(rot180(dilate(tensor(M, name="x"), factors=[S])) == dilate(rot180(tensor(M, name="x")), factors=[S]))
claim(dilate(dilate(tensor(M, name="x"), factors=[S]), factors=[H]) == dilate(tensor(M, name="x"), factors=[S*H]))
claim(rot180(merge_axes(tensor(M, N, name="y"), axis=0)) == merge_axes(rot180(tensor(M, N, name="y")), axis=0))
""".strip().splitlines()
NEAR = """
claim(((L - S)//S) % (S + 1) + L == ceiling((L - 2*S)/S) % (S + 1) + L)
claim(H % (S + T) == (H + S) % (S + T))
claim(((S + T)*(L*M) + T) % (S + T) == S)
claim(L % (S*T) % S == L % T)
claim(L % S == 0, assuming=[L % (S + T) == 0])
claim((L + H) % S == 0, assuming=[L % S == 0, H % S == 1])
claim((L//S)*T == (L*T)//S, assuming=[L % T == 0])
claim(max(ceiling(L/S)*S - L, 0) == S - L % S)
claim(ceiling(L/S) - L//S == Iverson(L % S != 1))
claim(pool_size(pool_size(M, S, stride=S), T + 1, stride=T + 1) == M//(S*T))
claim(ceiling(M/S)*ceiling(N/S) == (M//S + 1)*((N - 1)//S + 1))
claim(L//(S - 1) == H, assuming=[L == H*(S - 1) + 1])
claim(rot180(dilate(tensor(M, name="x"), factors=[S])) == dilate(tensor(M, name="x"), factors=[S]))
claim(dilate(dilate(tensor(M, name="x"), factors=[S]), factors=[H]) == dilate(tensor(M, name="x"), factors=[S + H - 1]))
claim(rot180(merge_axes(tensor(M, N, name="y"), axis=0)) == merge_axes(tensor(M, N, name="y"), axis=0))
""".strip().splitlines()


@pytest.mark.parametrize("text", RIGHT)
def test_roundings_in_other_words_are_for_every_size(text):
    found = verdict(text)
    assert isinstance(found, Theorem)
    assert found.values == ()
    assert set(found.smallest) == {str(s) for s in found.statement.sizes}


@pytest.mark.parametrize("text", NEAR)
def test_roundings_that_differ_somewhere_are_refuted(text):
    assert isinstance(verdict(text), Refutation)


TRANSPOSED = """x = tensor(B, C, L)
w = tensor(K, C, I)
(P,) = widths("P")
z = conv(x, w, stride=S, padding=P, dilation=D)
R = (L + 2*P - D*(I - 1) - 1) / S
u = conv_transpose(z, w, stride=S, padding=P, dilation=D, output_padding=ceiling(R) - floor(R))
claim(shape(u) == shape(x), assuming=[S > 1, (L + 2*P - D*(I - 1) - 1) % S <= {most}])
"""
SAME = """x = tensor(B, C, L)
w = tensor(K, C, I)
z = conv(x, w, stride=S, padding="same")
claim(shape(z) == (B, K, (L + 2*(I // 2) - I)//S + {more}), assuming=[I % 2 == 1])
"""
TRUE = {
    "a remainder of one": "claim(s*ceiling(L/s) - s + 1 == L, assuming=[L % s == 1])",
    "SAME padding, divided": "claim(max(k - s, 0) == max((ceiling(L/s) - 1)*s + k - L, 0), assuming=[L % s == 0])",
    "SAME padding": "claim(max(k - L % s, 0) == max((ceiling(L/s) - 1)*s + k - L, 0), assuming=[L % s != 0])",
    "SAME pooling": 'claim(pool_size(L, k, stride=s, padding="same") == (L - 1)//s + 1)',
    "SAME with dilation": 'claim(conv_size(L, k, stride=s, dilation=d, padding="same") == (L + s - 1)//s)',
    "remainders of remainders": "claim((k + (L + k) % s) % s == ((L + k) % s + k % s) % s)",
    "a transposed size": TRANSPOSED.format(most=1),
    "an odd overlay": SAME.format(more=1),
}
WRONG = {
    "a remainder of one": "claim(s*ceiling(L/s) - s + 2 == L, assuming=[L % s == 1])",
    "SAME padding, divided": "claim(max(k - s, 0) == max((ceiling(L/s) - 1)*s + k - L, 0), assuming=[L % s <= 1])",
    "SAME padding": "claim(max(k - L % s, 0) == max((ceiling(L/s) - 1)*s + k - L, 0))",
    "SAME pooling": 'claim(pool_size(L, k, stride=s, padding="same") == L//s + 1)',
    "SAME with dilation": 'claim(conv_size(L, k, stride=s, dilation=d, padding="same") == (L + s)//s)',
    "remainders of remainders": "claim((k + (L + k) % s) % s == (L + k) % s + k % s)",
    "a transposed size": TRANSPOSED.format(most=2),
    "an odd overlay": SAME.format(more=2),
}


@pytest.mark.parametrize("text", TRUE.values(), ids=TRUE.keys())
def test_what_cases_of_quotients_show_is_for_every_stride(text):
    found = verdict(f's, k, d = sizes("s k d")\n{text}\n')
    assert isinstance(found, Theorem)
    assert found.evidence.startswith("all shapes, every ")


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_in_one_case_is_refuted(text):
    assert isinstance(verdict(f's, k, d = sizes("s k d")\n{text}\n'), Refutation)


# Assumptions that give a size a value

x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")
z = named("z", conv(x, w, stride=S))
g = tensor(*z.shape, name="g")
back = gradient(z, wrt=x, cotangent=g), conv_transpose(g, w, stride=S)


def test_a_stride_with_a_value_is_that_value():
    found = decide(state(*back, [S == 5, (M - I) % 5 == 0]))
    assert isinstance(found, Theorem)
    assert (found.evidence, written_together(found.domain)) == ("all shapes", "5 divides M - I and I ≤ M and S = 5")
    assert found.smallest["S"] == 5
    assert list(found.smallest) == [str(s) for s in found.statement.sizes]


def test_a_refutation_names_the_size_and_the_condition_at_its_value():
    found = decide(state(*back, [S == 16]))
    assert isinstance(found, Refutation)
    assert (found.sizes["S"], written(found.holds_when)) == (16, "16 divides M - I")
    assert found.statement.assumptions == state(*back, [S == 16]).assumptions


def test_equal_factors_are_one():
    y = conv(x, w, stride=S, dilation=D)
    found = decide(state((y.shape[2],), ((M - S * (I - 1) - 1) // S + 1,), [S == D]))
    assert isinstance(found, Theorem)
    assert found.evidence == "all shapes, every D"
    assert found.smallest["S"] == found.smallest["D"]


@pytest.mark.parametrize(
    ("left", "right", "assuming", "evidence"),
    [
        (L * S, 3 * L * K, [S == 3 * K], "all shapes"),
        (L * S, 3 * L * K, [3 * K == S, L == K], "all shapes"),
        (L * S, L * (K - 1), [S == K - 1], "all shapes"),
        (L * S, L * K, [S == 3 * K], "refuted"),
        (L * S, 3 * L, [S == 3], "all shapes"),
        (L * S, 3 * L, [S == 4], "refuted"),
    ],
)
def test_a_value_may_be_an_expression(left, right, assuming, evidence):
    assert decide(state((left,), (right,), assuming)).evidence == evidence


def test_what_stands_for_a_size_is_a_size():
    """S = K - 1 is at least one, and so K at least two."""
    found = decide(state((L * S,), (L * (K - 1),), [S == K - 1]))
    assert written_together(found.domain) == "K ≥ 2 and S = K - 1"
    assert found.smallest == {"L": 1, "S": 1, "K": 2}
    with pytest.raises(VacuousClaimError):
        decide(state((L * S,), (L * K,), [S == K - 1, K == 1]))


def test_only_a_counterexample_of_least_total_is_called_the_smallest():
    """With S = K + 2 the sizes D = 2, K = 1 have a smaller total than D = 1, K = 2, which come first without S."""
    found = decide(state((S // D,), (L * 0 + 3,), [S == K + 2]))
    assert isinstance(found, Refutation)
    assert not found.least or sum(found.sizes.values()) == 6
    assert decide(state((L * S,), (3 * L,), [S == 4])).least


def test_a_size_that_cancels_has_its_least_value():
    found = decide(state((L * S - K * S + K * D,), (L * D,), [S == D]))
    assert (found.evidence, found.smallest) == ("all shapes", {"L": 1, "S": 1, "K": 1, "D": 1})


def test_only_what_is_assumed_is_put_in():
    statement = state((L * S,), (L * 3,), [S >= 3])
    assert list(changes(statement)) == []
    with pytest.raises(NotReadable, match="not seen to agree"):
        premise_by(statement, ChangeOfSizes({S.formula: (L * 0 + 3).formula}))


def test_a_theorem_about_another_statement_is_none_about_this_one():
    statement, other = state((L * S,), (L * 3,), [S == 3]), state((L,), (L,))
    three = ChangeOfSizes({S.formula: (L * 0 + 3).formula})
    premise = premise_by(statement, three)
    for about in (decide(other), decide(statement)):
        with pytest.raises(DisagreementError, match=r"is not what .* follows from"):
            concluded(about, premise, ())
    assert concluded(verdict_on(premise.statement), premise, ()).statement is statement


def test_roundings_that_are_equal_are_no_conditions():
    found = verdict("claim(ceiling(M/S)*ceiling(N/S) == ((M - 1)//S + 1)*((N - 1)//S + 1))")
    assert isinstance(found, Theorem)
    assert not [holds for holds in found.domain if holds.has(Floor)]
