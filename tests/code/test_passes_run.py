"""The corpus of backward passes is what its tables say: right ones are right, and planted mistakes are wrong."""

import re
from collections import Counter

import pytest

from tests.support.passes.right import BY_KEY, RIGHT
from tests.support.passes.trying import axes_of_maps, checked, deviations, holds, normalised_at, shapes_of_maps
from tests.support.passes.wrong import WRONG
from tests.support.thorough import every, share

NORMALISATIONS = [right for right in RIGHT if right.arguments]
LAYERS = [right for right in RIGHT if not right.arguments]
PLANTED = [wrong for wrong in WRONG if not BY_KEY[wrong.of].arguments]
# What is in memory that is not set to zero is a matter of chance at a single shape.
CONDITIONED = [wrong for wrong in PLANTED if wrong.condition and "not set to zero" not in wrong.mistake]
IN_NORMALISATIONS = [wrong for wrong in WRONG if BY_KEY[wrong.of].arguments]


def name_of(case):
    return getattr(case, "key", "") or f"{case.of}-{case.result}-{case.mistake}".replace(" ", "_")


@pytest.mark.parametrize("right", every(5, LAYERS, ids=name_of))
def test_right_passes_are_right(right):
    report = checked(right, right.load(), examples=share(8, 20))
    assert report.outcome == "right", str(report)
    assert bool(report.refuses) <= bool(right.domain), report.refuses


@pytest.mark.parametrize("wrong", every(4, PLANTED[::4], ids=name_of))
def test_planted_mistakes_are_wrong(wrong, tmp_path):
    right = BY_KEY[wrong.of]
    report = checked(right, wrong.load(right, tmp_path), examples=share(8, 12))
    assert report.outcome == "wrong"
    assert wrong.result in {finding.gradient for finding in report.findings} or report.kind == "exception"


@pytest.mark.parametrize("wrong", every(4, CONDITIONED[::8], ids=name_of))
def test_planted_mistakes_are_right_where_their_condition_holds(wrong, tmp_path):
    right = BY_KEY[wrong.of]
    assert list(deviations(right, wrong.load(right, tmp_path), wrong.condition, share(15, 60))) == []


@pytest.mark.parametrize("right", NORMALISATIONS, ids=name_of)
def test_normalisations_are_those_of_differences(right):
    function = right.load()
    for shape in shapes_of_maps(right):
        assert all(normalised_at(right, function, shape).values()), shape


@pytest.mark.parametrize("wrong", IN_NORMALISATIONS, ids=name_of)
def test_planted_normalisations_are_wrong_but_where_their_condition_holds(wrong, tmp_path):
    right = BY_KEY[wrong.of]
    function = wrong.load(right, tmp_path)
    for shape in shapes_of_maps(right):
        expected = holds(wrong.condition, axes_of_maps(right, shape))
        assert normalised_at(right, function, shape)[wrong.result] == expected, shape


def test_every_change_is_made_at_one_place():
    assert [name_of(wrong) for wrong in WRONG if BY_KEY[wrong.of].source.count(wrong.old) != 1] == []
    assert [
        name_of(wrong) for wrong in WRONG if wrong.text(BY_KEY[wrong.of]).count(wrong.new) < (wrong.new != "")
    ] == []
    assert [key for key, n in Counter(right.key for right in RIGHT).items() if n > 1] == []


def test_the_corpus_has_many_passes_of_every_kind_of_layer():
    layers = Counter(re.match(r"[a-z_]+", right.of)[0] for right in LAYERS)
    assert layers.keys() == {"conv", "conv_transpose", "max_pool", "avg_pool", "upsample_nearest", "linear"}
    assert (len(RIGHT) >= 32, len(WRONG) >= 48) == (True, True)
