"""The kinds of numbers: each is what it is called, and the sums of products of every two of them are exact."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.backward import avg_pool2d, conv2d, convolution_problems, max_pool2d
from cnn_symbolic.backward.strategies import EXACT
from cnn_symbolic.layers.values import (
    ALONE,
    AS_INTEGERS,
    NUMBERS,
    OTHERS,
    close,
    negative,
    one_large,
    repeated,
    sparse,
)

RANDOM = np.random.default_rng
LAYERS = [conv2d(padding=1), avg_pool2d(3, stride=2), max_pool2d(2, stride=1), max_pool2d(3, ties="first", dilation=2)]
kinds = st.lists(st.sampled_from(list(NUMBERS)), min_size=1, max_size=4)


def digits(array):
    """The entries in multiples of the largest power of two that divides them all."""
    whole = [Fraction(value) for value in array.flat]
    unit = Fraction(1, max(value.denominator for value in whole))
    while all((value / unit) % 2 == 0 for value in whole) and any(whole):
        unit *= 2
    return [int(value / unit) for value in whole]


def test_the_kinds_are_what_they_are_called():
    shape = (30, 40)
    assert 0.4 < np.mean(sparse(RANDOM(0), shape, 9) == 0) < 0.6
    assert negative(RANDOM(0), shape, 9).max() == -1
    assert sorted(np.unique(abs(one_large(RANDOM(0), shape, 999)))) == [1, 2, 3, 4, 999]
    assert len(np.unique(repeated(RANDOM(0), shape, 999))) == 2
    assert np.unique(close(RANDOM(0), shape, 999)).tolist() == [996, 997, 998, 999]
    assert {*AS_INTEGERS, *OTHERS, *ALONE} == set(NUMBERS)


@pytest.mark.parametrize("layer", LAYERS, ids=str)
@given(st.data())
def test_sums_are_exact_and_the_data_those_of_the_seed(layer, data):
    problem, chosen, seed = data.draw(convolution_problems(layer)), data.draw(kinds), data.draw(st.integers(0, 99))
    values = problem.values(seed, kinds=chosen)
    again = problem.values(seed, kinds=chosen)
    assert all(np.array_equal(values[name], again[name]) for name in values)
    unit = problem.forward.unit(dict(problem.inputs))
    for name in set(values) - set(problem.forward.fixed):
        assert max(map(abs, digits(values[name]))) <= problem.bound() * unit
    assert problem.bound() * unit <= EXACT["float64"]


@given(st.data())
def test_the_bias_is_added_without_rounding(data):
    problem, chosen = data.draw(convolution_problems(conv2d())), data.draw(kinds)
    values = problem.values(0, kinds=chosen)
    y, without = (problem.forward.evaluate(values, bias=bias)["y"] for bias in (True, False))
    bias = np.broadcast_to(values["b"][:, None, None], y.shape)
    assert all(
        Fraction(a) == Fraction(b) + Fraction(c) for a, b, c in zip(y.flat, without.flat, bias.flat, strict=True)
    )


@pytest.mark.parametrize("kind", NUMBERS)
@given(st.data())
def test_the_entries_of_a_window_of_a_maximum_are_distinct(kind, data):
    layer = max_pool2d((2, 3), stride=data.draw(st.integers(1, 3)), dilation=data.draw(st.integers(1, 2)))
    problem = data.draw(convolution_problems(layer))
    x = problem.values(data.draw(st.integers(0, 99)), kinds=(kind,))["x"]
    d, sizes = layer.dilation, problem.shapes["y"][2:]
    for n, c, r, q in np.ndindex(*x.shape[:2], *sizes):
        part = x[n, c, r * layer.stride :: d, q * layer.stride :: d][:2, :3]
        assert len(np.unique(part)) == part.size


def test_repeated_maxima_are_the_same_in_windows_that_do_not_overlap_at_other_places_below():
    x = max_pool2d(2).data(RANDOM(0), {"x": (1, 1, 6, 6), "dy": (1, 1, 3, 3)}, 9, ("repeated",))["x"]
    assert (x[..., :2, :2] == x[..., :2, 4:]).all()
    assert (x[..., :2, :2] == x[..., 2:4, 1:3]).all()
    windows = np.lib.stride_tricks.sliding_window_view(x[0, 0], (2, 2)).reshape(-1, 4)
    assert all(len(set(window)) == 4 for window in windows)
