"""What reading code gets wrong easily is read as it runs, or refused."""

import pytest

from tests.support.code_reading import compared, points
from tests.support.code_traps import TRAPS

POINTS = points(14)


@pytest.mark.parametrize(("fate", "text"), [trap[1:] for trap in TRAPS], ids=[trap[0] for trap in TRAPS])
def test_a_trap_is_read_as_it_runs_or_refused(fate, text):
    outcome = compared(text, POINTS)
    assert outcome.differences == []
    assert outcome.read or fate == "refused", outcome.refusals


def test_the_traps_have_different_names():
    names = [name for name, _, _ in TRAPS]
    assert len(set(names)) == len(names)
