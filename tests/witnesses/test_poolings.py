"""The poolings in numbers against their definitions, written as loops, and against wrong ones."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.witnesses import poolings as layers
from tests.support.problems import Problem, enlargements, many, poolings, same

# The slow definitions: one cell at a time.


def defined_max_pool(x, problem):
    """The maxima and their places."""
    shape = (*x.shape[:2], *problem.positions)
    values, places = np.zeros(shape, x.dtype), np.zeros(shape, int)
    flat = {cell: number for number, cell in enumerate(product(*map(range, problem.spatial)))}
    for position, entries in problem.windows():
        real = [cell for _, cell in entries if problem.has(cell)]
        for n, c in product(*map(range, x.shape[:2])):
            best = max(real, key=lambda cell: x[(n, c, *cell)])  # max returns the first one
            values[(n, c, *position)], places[(n, c, *position)] = x[(n, c, *best)], flat[best]
    return values, places


def defined_avg_pool(x, g, problem, count_include_pad):
    """The means, what each divides by, and ∂x, as fractions."""
    z, counts = np.zeros((*x.shape[:2], *problem.positions), object), np.zeros(problem.positions, int)
    dx = np.zeros(x.shape, object)
    for position, entries in problem.windows():
        cells = [cell for _, cell in entries]
        real = [cell for cell in cells if problem.has(cell)]
        within = [
            cell
            for cell in cells
            if all(-a <= c < m + z for c, m, (a, z) in zip(cell, problem.spatial, problem.pads, strict=True))
        ]
        counts[position] = len(within if count_include_pad else real)
        for n, c, cell in product(*map(range, x.shape[:2]), real):
            z[(n, c, *position)] += Fraction(int(x[(n, c, *cell)]), int(counts[position]))
            dx[(n, c, *cell)] += Fraction(int(g[(n, c, *position)]), int(counts[position]))
    return z, counts, dx


def dot(a, b):
    return (a.astype(object) * b.astype(object)).sum()


def check_max_pool(problem, bound=2, max_pool=layers.max_pool, max_pool_gradient=layers.max_pool_gradient):
    """Of integers up to `bound`: a small one makes ties."""
    x = problem.maps(bound) - bound
    values, places = defined_max_pool(x, problem)
    found = max_pool(x, **problem.pooling_options)
    same(found[0], values)
    same(found[1], places)
    g = problem.numbers(*values.shape)
    dx = np.zeros(x.shape, int)
    for n, c, *position in product(*map(range, g.shape)):
        dx[n, c].ravel()[places[(n, c, *position)]] += g[(n, c, *position)]
    same(max_pool_gradient(g, places, shape=problem.spatial), dx)


def check_avg_pool(problem, include, avg_pool=layers.avg_pool, gradient=layers.avg_pool_gradient):
    options = {**problem.averaging_options, "count_include_pad": include}
    x = problem.maps()
    g = problem.numbers(problem.batch, 2, *problem.positions)
    z, counts, dx = defined_avg_pool(x, g, problem, include)
    same(layers.window_counts(shape=problem.spatial, **options), counts)
    same(avg_pool(x, **options), z)
    same(gradient(g, shape=problem.spatial, **options), dx)


@many
@given(poolings(), st.sampled_from([0, 1, 9, 999]))
def test_max_pooling_and_its_gradient_are_the_definition(problem, bound):
    check_max_pool(problem, bound)


@many
@given(poolings(most_dilation=1), st.booleans())
def test_average_pooling_and_its_gradient_are_the_definition(problem, include):
    check_avg_pool(problem, include)


@many
@given(poolings(), st.booleans())
def test_the_gradients_are_adjoint_to_the_poolings(problem, include):
    x = problem.maps()
    values, places = layers.max_pool(x, **problem.pooling_options)
    g = problem.numbers(*values.shape)
    assert dot(values, g) == dot(x, layers.max_pool_gradient(g, places, shape=problem.spatial))
    options = {**problem.averaging_options, "count_include_pad": include}
    means = layers.avg_pool(x, **options)
    h = problem.numbers(*means.shape)
    assert dot(means, h) == dot(x, layers.avg_pool_gradient(h, shape=problem.spatial, **options))


def check_upsampling(x, factors, upsample=layers.upsample_nearest, gradient=layers.upsample_nearest_gradient):
    shape = tuple(f * m for f, m in zip(factors, x.shape[2:], strict=True))
    z, dx = np.zeros((*x.shape[:2], *shape), int), np.zeros_like(x)
    g = np.arange(z.size).reshape(z.shape)
    for n, c, *cell in product(*map(range, z.shape)):
        source = (n, c, *(m // f for m, f in zip(cell, factors, strict=True)))
        z[(n, c, *cell)] = x[source]
        dx[source] += g[(n, c, *cell)]
    same(upsample(x, factors=factors), z)
    same(gradient(g, factors=factors), dx)


@many
@given(enlargements())
def test_upsampling_and_its_gradient_are_the_definition(enlargement):
    check_upsampling(*enlargement)


# The numbers.


def test_objects_keep_their_arithmetic_and_large_integers_do_not_overflow():
    x = np.array([[[2**70, 1, Fraction(1, 3)]]], dtype=object)
    values, places = layers.max_pool(x, window=2, stride=1, padding=1)
    assert values.tolist() == [[[2**70, 2**70, 1, Fraction(1, 3)]]]
    assert places.tolist() == [[[0, 0, 1, 2]]]
    g = np.array([[[2**70, 2**70]]], dtype=object)
    assert layers.max_pool_gradient(g, [[[1, 1]]], shape=2).tolist() == [[[0, 2**71]]]
    assert layers.avg_pool(x, window=3).tolist() == [[[Fraction(2**70 + 1, 3) + Fraction(1, 9)]]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, bool])
def test_small_integers_do_not_overflow(dtype):
    x = np.full((1, 1, 3), 255).astype(dtype)
    assert layers.avg_pool(x, window=3).tolist() == [[[int(x[0, 0, 0])]]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_stay_floats(dtype):
    x = np.arange(8, dtype=dtype).reshape(1, 2, 4)
    results = [layers.max_pool(x, window=2)[0], layers.avg_pool(x, window=2), layers.upsample_nearest(x, factors=2)]
    assert {result.dtype for result in results} == {np.dtype(dtype)}


def test_minus_infinity_is_selected_before_padding_and_nan_before_everything():
    x = np.array([[[-np.inf, -np.inf, 1.0, np.nan, 2.0]]])
    values, places = layers.max_pool(x, window=2, stride=1, padding=(1,))
    same(values, [[[-np.inf, -np.inf, 1, np.nan, np.nan, 2]]])
    same(places, [[[0, 0, 2, 3, 3, 4]]])


def test_the_smallest_integer_is_selected_before_padding():
    x = np.full((1, 1, 2), np.iinfo(np.int64).min)
    values, places = layers.max_pool(x, window=2, padding=1)
    same(values, x)
    same(places, [[[0, 1]]])


def test_an_empty_batch_stays_empty():
    values, places = layers.max_pool(np.zeros((0, 2, 4)), window=2)
    assert layers.max_pool_gradient(values, places, shape=4).shape == (0, 2, 4)


def test_the_input_is_left_alone():
    x = np.arange(20).reshape(1, 1, 4, 5)
    for result in (*layers.max_pool(x, window=1), layers.upsample_nearest(x, factors=1)):
        result += 1
    same(x, np.arange(20).reshape(1, 1, 4, 5))


# The oracles are not blind: each refuses a planted bug.


def padded_with_zeros(x, *, padding, **options):
    """A maximum that can be one of the padding's zeros."""
    values, places = layers.max_pool(x, padding=padding, **options)
    return np.maximum(values, 0), places


def last_of_the_largest(x, **options):
    """The last maximum in row-major order: the first one of the reversed input (without padding and remainder)."""
    values, places = layers.max_pool(x[:, :, ::-1], **options)
    return values[:, :, ::-1], x.shape[2] - 1 - places[:, :, ::-1]


LINE = Problem((6,), (2,), (2,), (1,), [(0, 0)], [(0, 0)])
EDGE = Problem((5,), (3,), (2,), (1,), [(1, 1)], [(1, 1)])
CEIL = Problem((6,), (3,), (2,), (1,), [(1, 1)], [(1, 1)], ceil_mode=True)


@pytest.mark.parametrize(
    ("check", "arguments", "bug"),
    [
        (check_max_pool, (EDGE,), {"max_pool": padded_with_zeros}),
        (check_max_pool, (LINE, 0), {"max_pool": last_of_the_largest}),
        (check_max_pool, (CEIL,), {"max_pool": lambda x, **o: layers.max_pool(x, **{**o, "ceil_mode": False})}),
        (
            check_max_pool,
            (replace(LINE, stride=(1,)),),
            {"max_pool_gradient": lambda g, places, **shape: layers.max_pool_gradient(g, places[..., ::-1], **shape)},
        ),
        (
            check_avg_pool,
            (EDGE, True),
            {"avg_pool": lambda x, **o: layers.avg_pool(x, **{**o, "count_include_pad": False})},
        ),
        (
            check_avg_pool,
            (CEIL, True),
            {"avg_pool": lambda x, **o: layers.avg_pool(x, **{**o, "padding": [(1, 2)], "ceil_mode": False})},
        ),
        (
            check_avg_pool,
            (EDGE, False),
            {"gradient": lambda g, **o: layers.avg_pool_gradient(g, **{**o, "count_include_pad": True})},
        ),
    ],
    ids=[
        "zeros as padding",
        "the last of equal maxima",
        "no ceil mode",
        "places in another order",
        "the padding not counted",
        "beyond the padding counted",
        "the padding counted backward",
    ],
)
def test_the_definition_refuses_a_wrong_pooling(check, arguments, bug):
    check(*arguments)
    with pytest.raises(AssertionError):
        check(*arguments, **bug)


def test_the_definition_refuses_a_wrong_upsampling():
    x = np.arange(6).reshape(1, 1, 2, 3)
    check_upsampling(x, (2, 3))
    with pytest.raises(AssertionError):
        check_upsampling(x, (2, 3), upsample=lambda x, factors: np.tile(x, factors))
    with pytest.raises(AssertionError):
        check_upsampling(
            x, (2, 3), gradient=lambda g, factors: layers.upsample_nearest_gradient(g, factors=factors) // 6
        )


# What does not fit.

X = np.ones((2, 4, 5, 6), int)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.max_pool(X, window=(2, 2), padding=2), "found only padding at position (0, 0)"),
        (
            lambda: layers.max_pool(X, window=(7, 1)),
            "an overlay of 7 with dilation 1 covers 7 cells, but spatial axis 0 has 5",
        ),
        (
            lambda: layers.max_pool_gradient(X, X[:1], shape=(9, 9)),
            "g has the shape (1, 4, 5, 6) of places, found (2, 4, 5, 6)",
        ),
        (
            lambda: layers.max_pool_gradient(X, X, shape=(1, 1)),
            "places are ints from 0 to 0 for an input of shape (1, 1), found 1",
        ),
        (lambda: layers.max_pool_gradient(X, X * 1.0, shape=(9, 9)), "for an input of shape (9, 9), found float64"),
        (
            lambda: layers.avg_pool(X, window=2, padding=2, count_include_pad=False),
            "found only padding at position (0, 0)",
        ),
        (lambda: layers.avg_pool_gradient(X, shape=(5, 6), window=2), "g has the shape (2, 4, 2, 3) of the result"),
        (lambda: layers.window_counts(shape=5, window=2), "shape: expected one int for each axis, found 5"),
        (lambda: layers.upsample_nearest(X, factors=(2, 0)), "factors: expected an int ≥ 1 or 2 of them, found (2, 0)"),
        (
            lambda: layers.upsample_nearest_gradient(X, factors=2),
            "the factors (2, 2) divide the spatial sizes of g, found (5, 6)",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ShapeError) as error:
        call()
    assert message in str(error.value)


def test_an_unknown_padding_is_named():
    with pytest.raises(ModeError, match=r"one of 'valid', 'full', 'same', .*'causal', found 'sane'"):
        layers.max_pool(X, window=2, padding="sane")
