"""Statements with products of sizes: proved for every value of the factors, or decided at literal ones."""

import pytest

from cnn_symbolic import (
    Iverson,
    Or,
    Refutation,
    Theorem,
    Undecided,
    ceiling,
    crop,
    dilate,
    dot,
    floor,
    from_entries,
    gradient,
    named,
    ones,
    shape,
    sizes,
    subsample,
    sum_axes,
    sum_over,
    tensor,
    widths,
)
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.ground.errors import NameConflictError, VacuousClaimError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.search.factor_choice import factors_of
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals
from cnn_symbolic.layers import conv, conv_transpose, sum_pool, upsample_nearest
from tests.support.kernel.attack import kernel_alone

M, N, I, S, D, T = sizes("M N I S D T")
(P,) = widths("P")
x, w = tensor(M, name="x"), tensor(I, name="w")
image, overlay = tensor(1, 1, M, name="x"), tensor(1, 1, I, name="w")


def verdict(left, right, **options):
    return decide(state(left, right, **options))


def test_a_theorem_names_the_factors_that_it_holds_for_every_value_of():
    found = verdict(subsample(dilate(x, factors=(S,)), factors=(S,)), x)
    assert isinstance(found, Theorem)
    assert found.evidence == "all shapes, every S"
    assert written_together(found.domain) == ""
    assert found.smallest == {"M": 1, "S": 1}
    assert found.factors == ("S",)
    assert found.values == ()


def test_the_domain_is_written_with_products_and_without_what_follows_from_the_rest():
    z = conv(image, overlay, stride=S, dilation=D, padding=P)
    assert written_together(verdict(z, 1 * z).domain) == "D·(I - 1) < M + 2·P"
    same = conv(image, overlay, stride=S, padding="same")
    assert verdict(same, 1 * same).domain == ()
    either = verdict(z, 1 * z, assuming=[Or(N == 1, M >= S * N), D * (I - 1) + 1 <= M])
    assert written_together(either.domain) == "(N = 1 or N·S ≤ M) and D·(I - 1) < M"


def test_a_padding_may_be_zero_and_a_size_may_not():
    found = verdict(shape(conv(image, overlay, padding=P)), (1, 1, M - I + 1))
    assert isinstance(found, Refutation)
    assert found.sizes["P"] == 1
    assert verdict(ones(M + P), ones(M), assuming=[P < 1]).evidence == "all shapes"
    with pytest.raises(VacuousClaimError):
        verdict(x, x, assuming=[M < 1])


def test_a_refutation_is_found_at_literal_values_and_its_condition_is_said_for_every_value():
    found = verdict(subsample(dilate(x, factors=(S,)), factors=(D,)), x)
    assert isinstance(found, Refutation)
    assert found.least
    assert found.sizes == {"M": 2, "D": 1, "S": 2}
    assert found.given == {}
    assert (written(found.holds_when), set(found.necessary_at)) == ("M = 1 or D = S", {"D", "S"})


def test_a_counterexample_beyond_the_literal_values_is_found_by_trying():
    five = from_entries((M,), lambda i: x[i] * Iverson(S < 5), using=[x])
    product = from_entries((M,), lambda i: x[i] * Iverson(Or(S * i >= i, S > 9)), using=[x])
    alone = kernel_alone(state(product, five))
    assert isinstance(alone, HoldsForLiterals)
    assert alone.evidence == "holds for S in {1, 2, 3, 4}"
    found = verdict(product, five)
    assert isinstance(found, Refutation)
    assert (dict(found.sizes), found.least, found.kind) == ({"M": 1, "S": 5}, True, "entry")
    assert found.holds_when is None
    assert found.left_value[found.index] != found.right_value[found.index]


def test_what_is_true_for_literal_values_only_is_no_theorem():
    twice = dilate(dilate(x, factors=(S,)), factors=(T,))
    found = verdict(twice, dilate(dilate(x, factors=(T,)), factors=(S,)))
    assert isinstance(found, HoldsForLiterals)
    assert found.evidence == "holds for S and T in {1, 2, 3, 4}"
    assert (found.factors, found.values, written_together(found.domain)) == (("S", "T"), (1, 2, 3, 4), "")
    assert found.smallest == {"M": 1, "S": 1, "T": 1}
    assert found.tried >= 100
    assert found.largest >= 8
    assert found.search == f"no difference at {found.tried} points, sizes and factors up to {found.largest}"
    assert not is_proved(state(twice, dilate(dilate(x, factors=(T,)), factors=(S,))))


TWICE = dilate(dilate(x, factors=(S,)), factors=(T,)), dilate(dilate(x, factors=(T,)), factors=(S,))


@pytest.mark.parametrize("assuming", [[S <= 3, T <= 2], [(S <= 3) & (T <= 2)], [(S == 1) | (S == 3), 2 * T <= 5]])
def test_a_claim_about_a_few_values_of_its_factors_is_a_theorem_if_it_holds_for_all_of_them(assuming):
    found = verdict(*TWICE, assuming=assuming)
    assert isinstance(found, Theorem)
    assert found.values == (1, 2, 3)
    assert found.evidence == "all shapes, S and T in {1, 2, 3}"


def test_a_claim_about_a_few_values_of_one_factor_only_is_no_theorem():
    found = verdict(*TWICE, assuming=[S <= 3])
    assert isinstance(found, HoldsForLiterals)


def test_literal_values_are_decided_on_request():
    statement = state(sum_pool(upsample_nearest(image, factors=S), window=S), S * image)
    assert decide(statement, literally=(1, 3)).evidence == "all shapes, S in {1, 3}"


def test_what_is_not_proved_for_every_value_is_never_refuted_for_that():
    nested = sum_axes(from_entries((M,), lambda i: Iverson(i % (S * T) == 0), using=[]), axes=(0,))
    assert not isinstance(verdict(nested, ones() * ceiling(M / (S * T))), Refutation)


def test_products_of_indices_stay_undecided():
    strided, same = (
        from_entries((M,), lambda i, at=at: sum_over(lambda u: x[at(i, u)], (S,)), using=[x])
        for at in (lambda i, u: i * u, lambda i, u: (i + 1) * u - u)
    )
    assert "product of indices" in kernel_alone(state(strided, x)).detail
    assert isinstance(verdict(strided, x), Refutation)
    found = verdict(strided, same)
    assert isinstance(found, Undecided)
    assert "product of indices" in found.detail


def test_a_stride_passes_through_named_intermediates_and_their_gradients():
    z = named("z", subsample(x, factors=(S,)))
    g = tensor(*z.shape, name="g")
    spread = crop(dilate(g, factors=(S,)), start=(0,), shape=(M,))
    assert (
        verdict(
            gradient(dot(z, z), wrt=x, cotangent=tensor(name="c")),
            2 * crop(dilate(subsample(x, factors=(S,)), factors=(S,)), start=(0,), shape=(M,)) * tensor(name="c"),
        ).evidence
        == "all shapes, every S"
    )
    assert verdict(gradient(z, wrt=x, cotangent=g), spread).evidence == "all shapes, every S"


def test_the_order_of_a_stride_and_a_flip_matters_by_the_remainder():
    turned = subsample(from_entries((M,), lambda i: x[M - 1 - i], using=[x]), factors=(S,))
    other = subsample(x, factors=(S,))
    length = other.shape[0]
    back = from_entries((length,), lambda i: other[length - 1 - i], using=[x])
    assert isinstance(verdict(turned, back), Refutation)
    assert verdict(turned, back, assuming=[(M - 1) % S == 0]).evidence == "all shapes, every S"


def test_quotients_of_quotients_are_quotients_by_the_product():
    assert verdict((M // S // T + 1,), (M // (S * T) + 1,)).evidence == ("all shapes, every S and T")
    assert isinstance(verdict((ceiling(M / S),), (floor(M / S) + 1,)), Refutation)
    assert verdict((ceiling(M / S),), ((M - 1) // S + 1,)).evidence == "all shapes, every S"


def test_factors_are_what_has_to_have_a_value():
    assert factors_of(state(subsample(x, factors=(S,)), subsample(x, factors=(S,)))) == (S.formula,)
    assert set(factors_of(state((S * T,), (T * S,)))) <= {S.formula, T.formula}
    assert len(factors_of(state((S * T,), (T * S,)))) == 1


def test_a_statement_is_proved_or_not_without_a_search_for_a_counterexample():
    spread = dilate(x, factors=(S,))
    assert is_proved(state(subsample(spread, factors=(S,)), x))
    assert not is_proved(state(subsample(spread, factors=(D,)), x))
    assert is_proved(state(x, x))
    assert not is_proved(state(x, 2 * x))


def test_a_size_and_a_width_of_one_name_are_an_error():
    with pytest.raises(NameConflictError, match="P names both a size and a width"):
        state(tensor(sizes("P")[0], name="x"), tensor(P + 1, name="y"))


def test_the_output_padding_below_the_stride_is_unique():
    z = conv(image, overlay, stride=S)
    remainder = (M - I) % S
    assert (
        verdict(
            shape(conv_transpose(z, overlay, stride=S, output_padding=P)), (1, 1, M), assuming=[remainder == P]
        ).evidence
        == "all shapes, every S"
    )


def test_a_claim_about_large_strides_only_is_not_vacuous():
    found = verdict(subsample(dilate(x, factors=(S,)), factors=(S,)), x, assuming=[S >= 7])
    assert (found.evidence, found.smallest) == ("all shapes, every S", {"M": 1, "S": 7})
    with pytest.raises(VacuousClaimError, match="no sizes satisfy the assumptions"):
        verdict(subsample(dilate(x, factors=(S,)), factors=(S,)), x, assuming=[M < 1])
