"""What is decided at literal values of strides and other factors only: proved only if the claim is about these."""

from dataclasses import replace

import pytest

from cnn_symbolic import And, Iverson, Or, claim, prove, sizes, tensor, widths
from cnn_symbolic.claims import read_claims
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.kernel.search.factor_choice import lower_bound, upper_bound
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals
from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.factors import combinations, theorem_for_cases
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Theorem

L, S, D, K, M = sizes("L S D K M")
(P,) = widths("P")


@pytest.mark.parametrize("condition", ["M*M == 2*N*N", "M*M == 61*N*N + 1", "M*M*M + N*N*N == L*L*L"])
def test_where_no_small_sizes_satisfy_the_assumptions_nothing_is_decided(condition):
    """The second has solutions, beyond all that is tried."""
    (made,) = read_claims(f"claim(M == N, assuming=[{condition}])").values()
    assert made.outcome == "undecided"
    assert made.verdict.detail.startswith("no sizes that satisfy the assumptions were found for small values of")


def test_what_is_proved_at_listed_values_is_compared_at_these_only():
    x = tensor(M, name="x")
    made = replace(prove("one only", Iverson(S * S == S) * x, equals=x), literally=(1,))
    assert (made.outcome, made.verdict.evidence) == ("proved", "all shapes, S in {1}")
    assert replace(made, literally=(1, 2)).outcome == "refuted"


def exchanged(assuming=(), **options):
    """Quotients can be exchanged: true for all divisors, but the kernel finds it at literal ones only."""
    return claim(L // S // D == L // D // S, assuming=assuming, **options)


def test_a_claim_about_every_stride_that_is_decided_at_literal_ones_is_not_proved():
    made = exchanged()
    assert made.outcome == "holds"
    assert not made.as_expected
    verdict = made.verdict
    assert isinstance(verdict, HoldsForLiterals)
    assert not isinstance(verdict, Theorem)
    assert verdict.evidence == "holds for D and S in {1, 2, 3, 4}"
    assert verdict.tried >= 100
    assert verdict.largest >= 20
    assert made.lines == ()


def test_it_is_proved_where_the_claim_is_about_these_values_only():
    made = exchanged(assuming=[S <= 3, D <= 2])
    assert made.outcome == "proved"
    assert made.verdict.evidence == "all shapes, D and S in {1, 2, 3}"


@pytest.mark.parametrize(
    ("assuming", "evidence"),
    [
        ([S >= 5], "holds for D and S in {1, 2, 3, 4, 5, 6, 7, 8}"),
        ([D <= 4, S % 2 == 0], "holds for D and S in {1, 2, 3, 4}"),
        ([D != 2, S % 2 == 0], "holds for D and S in {1, 2, 3, 4}"),
    ],
)
def test_the_values_that_are_named_are_those_that_the_assumptions_leave(assuming, evidence):
    assert exchanged(assuming).verdict.evidence == evidence


@pytest.mark.parametrize(
    ("condition", "bound"),
    [
        (S >= 3, 3),
        (S > 3, 4),
        (2 * S >= 7, 4),
        (-S <= -6, 6),
        (And(S >= 2, S >= 4), 4),
        (Or(S >= 2, S >= 4), 2),
        (Or(S >= 2, D >= 4), 1),
        (S <= 3, 1),
        (S != 1, 1),
        (S >= D, 1),
    ],
)
def test_lower_bounds_are_read_from_the_assumptions(condition, bound):
    assert lower_bound(Draft().condition(condition.formula), S.formula) == bound


def test_a_width_may_be_zero_and_the_other_factors_may_not():
    def made(*assuming):
        return claim((L + P) // S // (P + 1) == (L + P) // (P + 1) // S, assuming=assuming)

    proved = made(S <= 2, P <= 2).verdict
    assert (proved.evidence, proved.smallest) == ("all shapes, P and S in {0, 1, 2}", {"L": 1, "P": 0, "S": 1})
    assert made(S <= 2, P <= 2, P >= 1).verdict.evidence == "all shapes, P and S in {1, 2}"
    assert made().verdict.evidence == "holds for P and S in {0, 1, 2, 3, 4}"
    for values in ((1, 2), (0, 1, 2)):
        chosen = list(combinations((S.formula, P.formula), values))
        assert len(chosen) == 6
        assert {(c[S.formula], c[P.formula]) for c in chosen} == {(s, p) for s in (1, 2) for p in (0, 1, 2)}


def test_assumptions_that_no_literal_values_satisfy_prove_nothing():
    with pytest.raises(NotReadable):
        theorem_for_cases(exchanged([S >= 9]).statement, (S.formula,), (1, 2))


def test_one_factor_that_may_be_anything_leaves_it_unproved():
    assert exchanged(assuming=[S <= 3]).outcome == "holds"


def test_an_author_may_state_it_as_what_it_is():
    made = exchanged(expect="holds for literal values")
    assert made.expected == "holds"
    assert made.as_expected


def test_more_than_was_stated_is_as_stated_too():
    made = claim(L // S == (L - L % S) // S, expect="holds for literal values")
    assert made.outcome == "proved"
    assert made.as_expected


def test_other_words_are_refused():
    with pytest.raises(OperandError, match="expect= is 'proved' or 'holds for literal values', found 'maybe'"):
        prove("", (L,), equals=(L,), expect="maybe")


def test_a_text_may_state_it():
    (made,) = read_claims('claim(L // S // D == L // D // S, expect="holds for literal values")').values()
    assert made.outcome == "holds"
    assert made.as_expected


@pytest.mark.parametrize(
    ("condition", "bound"),
    [
        (S <= 3, 3),
        (S < 4, 3),
        (2 * S <= 7, 3),
        (S == 5, 5),
        (S - 4 < 0, 3),
        (-S >= -6, 6),
        (S + 1 < 4, 2),
        (Or(S == 2, S == 4), 4),
        (Or(S == 2, D == 4), None),
        (S >= 2, None),
        (S != 3, None),
        (D <= 3, None),
        (S <= D, None),
    ],
)
def test_bounds_are_read_from_the_assumptions(condition, bound):
    assert upper_bound(Draft().condition(condition.formula), S.formula) == bound
