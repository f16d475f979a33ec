"""The cross-check names what differs between the reading of a function and running it."""

import numpy as np

from tests.support.code_checking import disagreement, evaluated, path_at
from tests.support.code_reading import read

SIZES = {"N": 3, "M": 2, "K": 1, "L": 1, "P": 0, "S": 2}
X = np.arange(6.0).reshape(3, 2)
ARRAYS = {"x": X, "w": np.ones((1, 1)), "v": np.ones(3)}
START = "import numpy as np\n\ndef f(x, w, v, P, S):\n    N, M = x.shape\n"


def read_of(body):
    return read(START + f"    {body}\n")


def test_what_was_read_is_computed():
    found = read_of("return x.T, S * v")
    path = path_at(found, SIZES)
    computed = evaluated(path.result, path, SIZES, ARRAYS)
    assert np.array_equal(computed["[0]"], X.T)
    assert np.array_equal(computed["[1]"], [2, 2, 2])
    assert disagreement(found, SIZES, ARRAYS, {"[0]": X.T, "[1]": np.full(3, 2.0)}) == ""


def test_the_first_entry_that_differs_is_named():
    wrong = X.copy()
    wrong[1, 1] = 9
    found = disagreement(read_of("return x"), SIZES, ARRAYS, {"": wrong})
    assert "was read as 3.0 at [1, 1], where running gives 9.0, on the path of all sizes, at N = 3" in found


def test_a_shape_that_differs_is_named():
    assert "was read with the shape (3, 2), and has the shape (2, 3)" in disagreement(
        read_of("return x"), SIZES, ARRAYS, {"": X.T}
    )


def test_a_difference_on_one_path_is_found_on_it_only():
    found = read_of("return x if N > 2 else 2 * x")
    assert disagreement(found, SIZES, ARRAYS, {"": X}) == ""
    assert "on the path N > 2" in disagreement(found, SIZES, ARRAYS, {"": 2 * X})


def test_an_exception_that_was_not_read_is_a_difference():
    assert "the code ends with KeyError ('a'), which was not read" in disagreement(
        read_of("return x"), SIZES, ARRAYS, None, KeyError("a")
    )


def test_an_exception_that_does_not_come_is_a_difference():
    found = read_of("return x[5]")
    assert disagreement(found, SIZES, ARRAYS, None, IndexError()) == ""
    assert "it was read that the code ends with" in disagreement(found, SIZES, ARRAYS, {"": X})


def test_what_is_refused_and_what_is_void_says_nothing():
    assert disagreement(read_of("return x ** N"), SIZES, ARRAYS, {"": X}) == ""
    found = read_of("return np.empty((N,))")
    assert disagreement(found, SIZES, ARRAYS, {"": np.ones(3)}) == ""


def test_the_precision_of_a_run_is_allowed_for():
    found = read_of("return x / 3")
    assert disagreement(found, SIZES, ARRAYS, {"": (X / 3).astype(np.float32)}) == ""
    assert disagreement(found, SIZES, ARRAYS, {"": (X / 3 + 1e-3).astype(np.float64)}) != ""
