"""The symbolic poolings and their gradients, exactly, against the numeric ones and sums written as loops.

Lengths are symbols throughout; strides, dilations and paddings are numbers in one half of the examples, and
symbols in the other. Averages are fractions.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import gradient, sizes, tensor
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.layers import AveragePool, MaxPool, pool_size, select_pool, sum_pool, window_counts
from cnn_symbolic.witnesses import poolings as numeric
from cnn_symbolic.witnesses.windows import pad_widths
from tests.support.problems import Problem, assert_entries, poolings, same

B, C = sizes("B C")
LENGTHS, WINDOW = sizes("M N O"), sizes("I J H")


@np.vectorize(otypes=[object])
def reciprocal(n):
    """1/n; whatever stands outside of a tensor counts as zero."""
    return Fraction(1, int(n)) if n else 0


# The reciprocal and its derivatives, of which the gradient in the input needs none: the counts do not change.
FUNCTIONS = {"reciprocal": [reciprocal]}


def stated(problem, symbolic, *left_out):
    """The shape of an input, the window, and the options, in numbers or symbols; and what the symbols are."""
    rank = len(problem.overlay)
    options, known = problem.stated(symbolic)
    known |= dict(zip((*LENGTHS[:rank], *WINDOW[:rank]), (*problem.spatial, *problem.overlay), strict=True))
    options = {key: option for key, option in options.items() if key not in left_out}
    return (B, C, *LENGTHS[:rank]), WINDOW[:rank], options, known


def selection(problem, places):
    """The tensor of shape (N, C, *positions, *window) that is 1 at the entry whose cell is the place of the maximum."""
    chosen = np.zeros((*places.shape, *problem.overlay), int)
    for position, entries in problem.windows():
        for offset, cell in entries:
            if problem.has(cell):
                at = (slice(None), slice(None), *position)
                chosen[(*at, *offset)] = places[at] == np.ravel_multi_index(cell, problem.spatial)
    return chosen


def test_every_window_selects_one_entry():
    problem = Problem((4, 3), (2, 2), (2, 1), (1, 1), [(1, 0), (0, 1)], [(1, 0), (0, 1)])
    values, places = numeric.max_pool(problem.maps(), **problem.pooling_options)
    chosen = selection(problem, places)
    assert chosen.shape == (*values.shape, 2, 2)
    same(chosen.sum(axis=(-2, -1)), np.ones(values.shape, int))


# How many windows there are.


@given(poolings(), st.booleans())
def test_the_windows_are_as_many_as_one_counts(problem, symbolic):
    options, known = problem.stated(symbolic)
    for axis, (m, i, s, d, pads) in enumerate(problem.axes):
        lengths, one = (m, i), {"stride": s, "padding": pads, "dilation": d}
        if symbolic:
            lengths, one = (LENGTHS[axis], WINDOW[axis]), {key: option[axis] for key, option in options.items()}
            known |= dict(zip(lengths, (m, i), strict=True))
        assert evaluate_size(pool_size(*lengths, **one, ceil_mode=problem.ceil_mode), known) == problem.positions[axis]


# Maxima.


def check_max_pool(problem, symbolic=False, select_pool=select_pool, gradient=gradient):
    shape, window, options, known = stated(problem, symbolic)
    x_values = problem.maps(bound=2)
    expected, places = numeric.max_pool(x_values, **problem.pooling_options)
    g = problem.numbers(*expected.shape)
    x, windows = tensor(*shape, name="x"), sizes("X Y Z")[: len(window)]
    s, cotangent = tensor(B, C, *windows, *window, name="s"), tensor(B, C, *windows, name="g")
    z = select_pool(x, s, **options)
    values = {"x": x_values, "s": selection(problem, places), "g": g}
    assert_entries(z, expected, values, known, margin=1)
    dx = gradient(z, wrt=x, cotangent=cotangent).evaluate(values, sizes=known)
    same(dx, numeric.max_pool_gradient(g, places, shape=problem.spatial))


@given(poolings(), st.booleans())
def test_what_is_selected_is_the_numeric_maximum_and_so_is_its_gradient(problem, symbolic):
    check_max_pool(problem, symbolic)


@given(poolings(), st.booleans())
def test_the_layer_has_the_gradient_of_the_numeric_maximum(problem, symbolic):
    shape, window, options, known = stated(problem, symbolic)
    layer = MaxPool(shape, window, ceil_mode=problem.ceil_mode, **options)
    x = problem.maps(bound=2)
    expected, places = numeric.max_pool(x, **problem.pooling_options)
    g = problem.numbers(*expected.shape)
    values = {"x": x, "s": selection(problem, places), "∂C/∂a": g}
    same(layer.a.evaluate(values, sizes=known), expected)
    dx = layer.gradient(layer.x).evaluate(values, sizes=known)
    same(dx, numeric.max_pool_gradient(g, places, shape=problem.spatial))


# Sums and averages.


def defined_sum(problem, x, g):
    """The sum of every window, and its gradient, one cell at a time."""
    z, dx = np.zeros((*x.shape[:2], *problem.positions), int), np.zeros_like(x)
    for position, entries in problem.windows():
        for cell in (cell for _, cell in entries if problem.has(cell)):
            z[(slice(None), slice(None), *position)] += x[(slice(None), slice(None), *cell)]
            dx[(slice(None), slice(None), *cell)] += g[(slice(None), slice(None), *position)]
    return z, dx


def check_sum(problem, symbolic=False, sum_pool=sum_pool):
    shape, window, options, known = stated(problem, symbolic)
    x = tensor(*shape, name="x")
    z = sum_pool(x, window=window, ceil_mode=problem.ceil_mode, **options)
    values = {"x": problem.maps(), "g": problem.numbers(problem.batch, 2, *problem.positions)}
    expected, dx = defined_sum(problem, values["x"], values["g"])
    assert_entries(z, expected, values, known, margin=1)
    cotangent = tensor(*z.shape, name="g")
    same(gradient(z, wrt=x, cotangent=cotangent).evaluate(values, sizes=known), dx)


@given(poolings(), st.booleans())
def test_sums_of_windows_and_their_gradient_are_the_definition(problem, symbolic):
    check_sum(problem, symbolic)


@pytest.mark.parametrize("name", ["valid", "full", "same", "same_lower", "causal"])
def test_a_padding_with_a_name_is_the_numeric_one(name):
    ((before, after),) = pad_widths(name, (7,), 4, 3)
    x = tensor(1, 1, LENGTHS[0], name="x")
    values = {"x": np.arange(7).reshape(1, 1, 7)}
    found, expected = (sum_pool(x, window=(4,), stride=3, padding=given) for given in (name, [(before, after)]))
    same(found.evaluate(values), expected.evaluate(values))
    counts = [window_counts(shape=(7,), window=(4,), stride=3, padding=given) for given in (name, [(before, after)])]
    same(*(count.evaluate({}) for count in counts))


def check_counts(problem, symbolic=False, include=True, window_counts=window_counts):
    shape, window, options, known = stated(problem, symbolic, "dilation")
    options |= {"ceil_mode": problem.ceil_mode, "count_padding": include}
    counts = window_counts(shape=shape[2:], window=window, **options)
    expected = numeric.window_counts(shape=problem.spatial, **problem.averaging_options, count_include_pad=include)
    assert_entries(counts, expected[None, None], {}, known, margin=1)


@given(poolings(most_dilation=1), st.booleans(), st.booleans())
def test_the_cells_of_a_window_are_counted_as_the_numeric_ones(problem, symbolic, include):
    check_counts(problem, symbolic, include)


def check_average(problem, symbolic=False, include=True, layer=AveragePool):
    shape, window, options, known = stated(problem, symbolic, "dilation")
    average = layer(shape, window, ceil_mode=problem.ceil_mode, count_padding=include, **options)
    x, numbers = problem.maps(), {**problem.averaging_options, "count_include_pad": include}
    expected = numeric.avg_pool(x, **numbers)
    g = problem.numbers(*expected.shape)
    values = {"x": x.astype(object), "∂C/∂a": g.astype(object)}
    assert_entries(average.a, expected, values, known, FUNCTIONS, margin=1)
    dx = average.gradient(average.x).evaluate(values, FUNCTIONS, known)
    same(dx, numeric.avg_pool_gradient(g, shape=problem.spatial, **numbers))


@given(poolings(most_dilation=1), st.booleans(), st.booleans())
def test_the_average_and_its_gradient_are_the_numeric_ones(problem, symbolic, include):
    check_average(problem, symbolic, include)


def test_the_stride_is_the_window_unless_given():
    x = tensor(1, 1, 7, 8, name="x")
    s = tensor(1, 1, 3, 2, 2, 3, name="s")
    assert sum_pool(x, window=(2, 3)).shape == (1, 1, 3, 2)
    assert window_counts(shape=(7, 8), window=(2, 3)).shape == (1, 1, 3, 2)
    assert MaxPool((1, 1, 7, 8), (2, 3)).a.shape == AveragePool((1, 1, 7, 8), (2, 3)).a.shape == (1, 1, 3, 2)
    values = {"x": np.arange(56).reshape(1, 1, 7, 8), "s": np.ones((1, 1, 3, 2, 2, 3), int)}
    same(select_pool(x, s).evaluate(values), sum_pool(x, window=(2, 3)).evaluate(values))


# The checks are not blind: each refuses a planted bug.

UNEVEN = Problem((7, 8), (2, 3), (3, 2), (1, 2), [(1, 0), (0, 1)], [(1, 0), (0, 1)])
CEIL = Problem((6,), (3,), (2,), (1,), [(1, 1)], [(1, 1)], ceil_mode=True)


def changed(operation, **changes):
    """The operation with some options replaced."""
    return lambda *leaves, **options: operation(*leaves, **{**options, **changes})


def on_the_other_side(operation):
    def wrong(*leaves, padding, **options):
        return operation(*leaves, padding=[pair[::-1] for pair in padding], **options)

    return wrong


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(
    ("check", "problem", "bug"),
    [
        (check_max_pool, UNEVEN, {"select_pool": on_the_other_side(select_pool)}),
        (check_max_pool, UNEVEN, {"select_pool": changed(select_pool, dilation=1)}),
        (check_max_pool, UNEVEN, {"select_pool": changed(select_pool, stride=2)}),
        (check_max_pool, UNEVEN, {"gradient": lambda z, **given: -gradient(z, **given)}),
        (check_sum, UNEVEN, {"sum_pool": on_the_other_side(sum_pool)}),
        (check_sum, CEIL, {"sum_pool": changed(sum_pool, ceil_mode=False)}),
        (check_sum, UNEVEN, {"sum_pool": lambda *x, **options: replace(sum_pool(*x, **options), confined=True)}),
        (check_counts, CEIL, {"window_counts": changed(window_counts, count_padding=False)}),
        (check_counts, CEIL, {"window_counts": changed(window_counts, padding=[(1, 2)], ceil_mode=False)}),
        (check_average, CEIL, {"layer": changed(AveragePool, count_padding=False)}),
        (check_average, CEIL, {"layer": changed(AveragePool, padding=[(1, 2)], ceil_mode=False)}),
    ],
    ids=[
        "the padding on the other side",
        "no dilation",
        "another stride",
        "the sign of the gradient",
        "the padding of sums on the other side",
        "no ceil mode",
        "entries outside of the shape",
        "the padding not counted",
        "what is beyond the padding counted",
        "the padding of the average not counted",
        "what is beyond the padding of the average counted",
    ],
)
def test_a_planted_bug_is_found(check, problem, bug, symbolic):
    check(problem, symbolic)
    with pytest.raises((AssertionError, ShapeError)):
        check(problem, symbolic, **bug)


# What does not fit.

M, I = LENGTHS[0], WINDOW[0]
x, short = tensor(B, C, M, M, name="x"), tensor(B, C, name="x")
s = tensor(B, C, M, M, I, I, name="s")
REJECTED = [
    (
        lambda: select_pool(x, x),
        "select_pool takes an input (batch, channels, *spatial) and a selection (batch, channels, *windows, *window), "
        "found x of shape (B, C, M, M) and x of shape (B, C, M, M)",
    ),
    (lambda: select_pool(short, short), "found x of shape (B, C) and x of shape (B, C)"),
    (lambda: select_pool(x, s, stride=0), "select_pool: stride is at least 1, found 0"),
    (lambda: sum_pool(short, window=()), "sum_pool takes an input of shape (batch, channels, *spatial), found x"),
    (
        lambda: sum_pool(x, window=(I,)),
        "sum_pool: window is an integer or a size, or one per axis for 2 axes; found (I,)",
    ),
    (lambda: sum_pool(x, window=(I, 0)), "sum_pool: window is at least 1, found (I, 0)"),
    (
        lambda: sum_pool(x, window=(I, I), padding=(1, 1, 1)),
        "or pair (before, after) per axis for 2 axes; found (1, 1, 1)",
    ),
    (lambda: sum_pool(x, window=(I, I), dilation=0), "sum_pool: dilation is at least 1, found 0"),
    (
        lambda: window_counts(shape=(M, M), window=(I,)),
        "window_counts: window is an integer or a size, or one per axis for 2 axes; found (I,)",
    ),
    (lambda: window_counts(shape=(), window=()), "window_counts takes an input of shape (batch, channels, *spatial)"),
    (lambda: window_counts(shape=(0,), window=(I,)), "window_counts: a size is at least 1, found 0"),
    (lambda: pool_size(M, 0, stride=1), "pool_size: a size is at least 1, found 0"),
    (lambda: pool_size(M, I, stride=0), "pool_size: stride is at least 1, found 0"),
    (lambda: pool_size(M, I, stride=1, padding=-1), "pool_size: padding is at least 0, found (-1, -1)"),
    (
        lambda: MaxPool((B, C, M), (I, I)),
        "max pooling: window is an integer or a size, or one per axis for 1 axes; found (I, I)",
    ),
    (
        lambda: AveragePool((B, C, M), (I, I)),
        "window is an integer or a size, or one per axis for 1 axes; found (I, I)",
    ),
]


@pytest.mark.parametrize(("call", "message"), REJECTED, ids=[r[1][:40] for r in REJECTED])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ShapeError) as error:
        call()
    assert message in str(error.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: select_pool(x, s, padding="sane"),
        lambda: sum_pool(x, window=(I, I), padding="sane"),
        lambda: window_counts(shape=(M,), window=(I,), padding="sane"),
    ],
)
def test_a_padding_without_such_a_name_is_named(call):
    with pytest.raises(
        ModeError, match="has no padding 'sane': it takes a width or valid, full, same, same_upper, same_lower"
    ):
        call()
