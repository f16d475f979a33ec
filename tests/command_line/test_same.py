"""The command that compares two functions, as a process."""

import json

import pytest

from tests.support.commands import run

MEAN = "def mean(x):\n    return x.sum(0) / len(x)\n"


@pytest.fixture
def functions(tmp_path):
    (tmp_path / "a.py").write_text(MEAN)
    (tmp_path / "b.py").write_text("import numpy as np\ndef mean(x):\n    return np.mean(x, axis=0)\n")
    (tmp_path / "c.py").write_text(MEAN.replace("sum(0)", "sum(1)"))
    (tmp_path / "d.py").write_text("import numpy as np\ndef mean(x):\n    return np.median(x, 0) * 0 + np.mean(x, 0)\n")
    return tmp_path


def compared(functions, first, second, *options):
    return run("same", f"{functions / first}:mean", f"{functions / second}:mean", *options)


@pytest.mark.parametrize(("second", "status", "mark"), [("b.py", 0, "✓"), ("c.py", 1, "✗"), ("d.py", 3, "○")])
def test_the_status_says_whether_two_functions_are_the_same(functions, second, status, mark):
    found = compared(functions, "a.py", second, "--arguments", "x (N, C)")
    assert (found.returncode, found.stdout[0]) == (status, mark)


def test_the_report_is_json(functions):
    found = json.loads(compared(functions, "a.py", "c.py", "--arguments", "x (N, C)", "--json").stdout)
    assert found["outcome"] == "refuted"
    assert found["counterexample"]["sizes"] == {"N": 2, "C": 1}


def test_without_the_sizes_it_is_said_what_to_write(functions):
    found = compared(functions, "a.py", "b.py")
    assert found.returncode == 2
    assert "write --arguments 'x (…)'" in found.stderr
