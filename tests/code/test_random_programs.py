"""Random programs over NumPy: what is read of them is what running them returns, at all sizes that are tried."""

import pytest

from tests.support import thorough
from tests.support.code_reading import compared, points
from tests.support.random_programs import program

POINTS = points(10)
GROUPS, PROGRAMS = 20, 24
LEAST_READ, LEAST_COMPARED = 0.5, 0.4


@pytest.mark.parametrize("group", thorough.every(10, range(GROUPS)))
def test_what_is_read_of_random_programs_is_what_they_do(group):
    read, ran = 0, 0
    for seed in range(group * PROGRAMS, (group + 1) * PROGRAMS):
        outcome = compared(program(seed), POINTS, seed)
        assert outcome.differences == [], program(seed)
        read += outcome.read
        ran += outcome.compared > 0
    assert read >= LEAST_READ * PROGRAMS
    assert ran >= LEAST_COMPARED * PROGRAMS


def test_programs_are_the_same_in_every_run():
    assert program(7) == program(7)
    assert len({program(seed) for seed in range(50)}) == 50


def test_a_reading_that_is_wrong_is_found():
    right = "import numpy as np\n\ndef f(x, w, v, P, S):\n    return x[:, P:]\n"
    assert compared(right, POINTS).differences == []
    found = compared(right, POINTS, runs=right.replace("P:", "-P:"))
    assert found.differences
    assert "was read" in found.differences[0]
