"""Wrong claims that people make: when they hold, compared at all small sizes, and whether the mistake has its name."""

from itertools import islice, product
from random import Random

import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.ground.errors import UndefinedError
from cnn_symbolic.proofs.settling import settle
from tests.support.thorough import every
from tests.support.wrong_claims import WRONG_CLAIMS

POINTS = 3000
# What is said at some literal values of stride and dilation only, or not at all: laws of functions would be needed.
NOT_GENERAL = {
    "tanh_slope_not_squared",
    "cross_entropy_slope_twice",
    "relu_input_exchanged",
    "softmax_diagonal_only",
}
NOT_NAMED = {"pixel_shuffle_channel_order", "softmax_diagonal_only"}


def settled(name, line):
    """What becomes of one line after the declarations."""
    *_, made = read_claims(f"{WRONG_CLAIMS[name].setup}\n{line}").values()
    return settle(made)


def points(claim):
    """Sizes that a claim is about, in any order."""
    ranges = [range(0 if size == "P" else 1, most + 1) for size, most in claim.sizes.items()]
    every_one = [dict(zip(claim.sizes, at, strict=True)) for at in product(*ranges)]
    Random(1).shuffle(every_one)
    return islice(filter(claim.domain, every_one), POINTS)


def truth(condition, at):
    """Whether a condition holds at sizes; where it divides by less than one it does not."""
    try:
        return bool(value_of(condition, lambda size: at[str(size)]))
    except UndefinedError:
        return False


@pytest.mark.parametrize("name", every(10, WRONG_CLAIMS))
def test_the_condition_is_the_one_on_paper_and_the_mistake_has_its_name(name):
    claim = WRONG_CLAIMS[name]
    found = settled(name, claim.wrong)
    refuted = found.verdict
    assert found.outcome == "refuted"
    assert (name in NOT_GENERAL) == (refuted.holds_when is None or bool(refuted.given))
    if refuted.holds_when is not None:
        here = [at for at in points(claim) if all(at[size] == n for size, n in refuted.given.items())]
        assert [at for at in here if truth(refuted.holds_when, at) != bool(claim.holds(at))] == []
    assert (name in NOT_NAMED) == (found.mistake is None)


@pytest.mark.parametrize("name", every(10, WRONG_CLAIMS))
def test_the_right_one_is_proved(name):
    assert settled(name, WRONG_CLAIMS[name].right).outcome == "proved"


def test_there_are_many_of_each_kind():
    assert len(WRONG_CLAIMS) == 60
    about = [claim.about for claim in WRONG_CLAIMS.values()]
    assert min(map(about.count, ("entries", "sizes", "functions", "operations"))) >= 12
    assert set(WRONG_CLAIMS) > NOT_GENERAL | NOT_NAMED
