"""The corpus is read: right passes are proved for all values of their options, and planted mistakes never are.

Which of the right ones are open, and why, is a table here, as is which mistakes are not refuted; one that is missing
there, or there without need, fails. Where mistakes do no harm is told as the corpus has it.
"""

import pytest

from tests.support.passes.reading import told
from tests.support.passes.right import BY_KEY, RIGHT
from tests.support.passes.wrong import WRONG
from tests.support.thorough import every

PROVED, REFUTED, OPEN = "proved", "refuted", "open"
# Why right passes are open.
OPEN_RIGHT = {}
# Why mistakes are open, and of those that take too long whether they are decided is a matter of the machine.
OPEN_WRONG = {}
LATE = {}
# Mistakes of which it is not told where they do no harm as the corpus has it.
OTHERWISE = {}


def name_of(case):
    return getattr(case, "key", "") or f"{case.of}-{case.result}-{case.mistake}".replace(" ", "_")


@pytest.mark.parametrize("right", every(6, RIGHT, ids=name_of))
def test_right_passes_are_proved_for_all_options(right):
    found = told(right)
    expected = OPEN_RIGHT.get(right.key)
    assert found.outcome == (OPEN if expected else PROVED), found
    assert (expected or "") in found.reason


@pytest.mark.parametrize("wrong", every(12, WRONG, ids=name_of))
def test_planted_mistakes_are_refuted_and_never_proved(wrong):
    name, found = name_of(wrong), told(BY_KEY[wrong.of], wrong)
    assert found.outcome != PROVED, found
    assert found.results.get(wrong.result) != PROVED or found.failing, found
    assert (found.deviating == ()) is (name not in OTHERWISE), found
    if name not in LATE:
        expected = OPEN_WRONG.get(name)
        assert found.outcome == (OPEN if expected else REFUTED), found
        assert (expected or "") in found.reason


def test_the_tables_are_of_the_corpus():
    right, wrong = set(map(name_of, RIGHT)), set(map(name_of, WRONG))
    assert set(OPEN_RIGHT) <= right
    assert {*OPEN_WRONG, *LATE, *OTHERWISE} <= wrong
