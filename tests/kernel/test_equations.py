"""Assumptions that give a size a value: it is put in, and the verdict is about the statement as it was written."""

import pytest

from cnn_symbolic import Refutation, Theorem, gradient, named, sizes, tensor
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.search.changes import changes
from cnn_symbolic.kernel.search.decide import verdict_on
from cnn_symbolic.kernel.trusted.factors import Change, verdict_after
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.layers import conv, conv_transpose

B, C, K, M, I, S, D, L = sizes("B C K M I S D L")
x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")
z = named("z", conv(x, w, stride=S))
g = tensor(*z.shape, name="g")
back = gradient(z, wrt=x, cotangent=g), conv_transpose(g, w, stride=S)


def test_a_stride_with_a_value_is_that_value():
    found = decide(state(*back, [S == 5, (M - I) % 5 == 0]))
    assert isinstance(found, Theorem)
    assert (found.evidence, written_together(found.domain)) == ("all shapes", "(I - M) mod 5 = 0 and I ≤ M and S = 5")
    assert found.smallest["S"] == 5
    assert list(found.smallest) == [str(s) for s in found.statement.sizes]


def test_a_refutation_names_the_size_and_the_condition_at_its_value():
    found = decide(state(*back, [S == 16]))
    assert isinstance(found, Refutation)
    assert (found.sizes["S"], written(found.holds_when)) == (16, "(I - M) mod 16 = 0")
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
        verdict_after(statement, Change({S.formula: (L * 0 + 3).formula}), verdict_on)


def test_a_theorem_about_another_statement_is_none_about_this_one():
    statement, other = state((L * S,), (L * 3,), [S == 3]), state((L,), (L,))
    three = Change({S.formula: (L * 0 + 3).formula})
    found = verdict_after(statement, three, lambda _: decide(other))
    assert isinstance(found, Theorem)
    assert found.statement is not statement
    assert verdict_after(statement, three, verdict_on).statement is statement
