"""The convolutions in numbers against their definitions, written as loops, and against wrong ones."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given

from cnn_symbolic.ground.errors import ModeError, OperandError, ShapeError
from cnn_symbolic.witnesses import convolutions as layers
from cnn_symbolic.witnesses.windows import pad_widths
from tests.support.problems import PAIRS, Problem, convolutions, fold, many, same, transposing, unfold

# The slow definitions: one product at a time.


def defined_convolution(x, w, b, g, problem):
    """z, ∂x, ∂w, ∂b of a convolution, one product at a time."""
    z = np.zeros((len(x), len(w), *problem.positions), x.dtype) + b.reshape(-1, *[1] * len(problem.spatial))
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    per_group, outputs = w.shape[1], len(w) // problem.groups
    for position, entries in problem.windows():
        for n, k in product(range(len(x)), range(len(w))):
            arriving = g[(n, k, *position)]
            db[k] += arriving
            for c, (offset, cell) in product(range(per_group), entries):
                if problem.has(cell):
                    source, weight = (n, k // outputs * per_group + c, *cell), (k, c, *offset)
                    z[(n, k, *position)] += w[weight] * x[source]
                    dx[source] += w[weight] * arriving
                    dw[weight] += x[source] * arriving
    return z, dx, dw, db


def defined_transposed(y, w, b, g, problem):
    """z, ∂y, ∂w, ∂b of a transposed convolution whose result has the spatial sizes of the problem."""
    outputs = w.shape[1]
    z = np.zeros((len(y), outputs * problem.groups, *problem.spatial), y.dtype)
    z += b.reshape(-1, *[1] * len(problem.spatial))
    dy, dw, db = np.zeros_like(y), np.zeros_like(w), np.array([g[:, k].sum() for k in range(len(b))])
    for n, c, k in product(range(len(y)), range(len(w)), range(outputs)):
        target = c // (len(w) // problem.groups) * outputs + k
        for position in product(*map(range, y.shape[2:])):
            for offset in product(*map(range, w.shape[2:])):
                each = zip(position, offset, problem.stride, problem.dilation, problem.pads, strict=True)
                cell = tuple(s * p + d * i - a for p, i, s, d, (a, _) in each)
                if problem.has(cell):
                    z[(n, target, *cell)] += w[(c, k, *offset)] * y[(n, c, *position)]
                    dy[(n, c, *position)] += w[(c, k, *offset)] * g[(n, target, *cell)]
                    dw[(c, k, *offset)] += y[(n, c, *position)] * g[(n, target, *cell)]
    return z, dy, dw, db


def dot(a, b):
    return (a.astype(object) * b.astype(object)).sum()


# The convolutions.


def check_padding(problem, pad_widths=pad_widths):
    found = pad_widths(problem.padding, problem.spatial, problem.overlay, problem.stride, problem.dilation)
    assert found == problem.pads


def check_conv(problem, conv=layers.conv, conv_gradients=layers.conv_gradients):
    x, w, b, g = problem.convolution()
    z, *gradients = defined_convolution(x, w, b, g, problem)
    options = problem.grouped_options
    same(conv(x, w, b, **options), z)
    for found, expected in zip(conv_gradients(g, x, w, **options), gradients, strict=True):
        same(found, expected)


def check_transposed(problem, conv_transpose=layers.conv_transpose, gradients=layers.conv_transpose_gradients):
    y, w, b, g, result, options = transposing(problem)
    z, *expected_gradients = defined_transposed(y, w, b, g, result)
    same(conv_transpose(y, w, b, **options), z)
    for found, expected in zip(gradients(g, y, w, **options), expected_gradients, strict=True):
        same(found, expected)


def check_unfold(problem, unfold=unfold, fold=fold):
    x = problem.maps()
    windows = np.zeros((problem.batch, 2, *problem.overlay, *problem.positions), int)
    y, folded = problem.numbers(*windows.shape), np.zeros_like(x)
    for position, entries in problem.windows():
        for n, c, (offset, cell) in product(range(problem.batch), range(2), entries):
            if problem.has(cell):
                windows[(n, c, *offset, *position)] = x[(n, c, *cell)]
                folded[(n, c, *cell)] += y[(n, c, *offset, *position)]
    same(unfold(x, overlay=problem.overlay, **problem.options), windows)
    same(fold(y, shape=problem.spatial, **problem.options), folded)


@many
@given(convolutions())
def test_the_padding_is_what_its_name_says(problem):
    check_padding(problem)


@many
@given(convolutions())
def test_the_convolution_and_its_gradients_are_the_definition(problem):
    check_conv(problem)


@many
@given(convolutions(paddings=(0, PAIRS)))
def test_the_transposed_convolution_and_its_gradients_are_the_definition(problem):
    check_transposed(problem)


@many
@given(convolutions())
def test_unfold_and_fold_are_the_definition(problem):
    check_unfold(problem)


@many
@given(convolutions())
def test_the_gradients_are_adjoint_to_the_convolution(problem):
    x, w, b, g = problem.convolution()
    options = problem.grouped_options
    z, (dx, dw, db) = layers.conv(x, w, **options), layers.conv_gradients(g, x, w, **options)
    assert dot(z, g) == dot(x, dx) == dot(w, dw)
    assert dot(layers.conv(x, w, b, **options) - z, g) == dot(b, db)
    y = unfold(x, overlay=problem.overlay, **problem.options)
    h = problem.numbers(*y.shape)
    assert dot(y, h) == dot(x, fold(h, shape=problem.spatial, **problem.options))


@many
@given(convolutions(paddings=(0, PAIRS)))
def test_the_gradients_are_adjoint_to_the_transposed_convolution(problem):
    y, w, b, g, _, options = transposing(problem)
    z, (dy, dw, db) = layers.conv_transpose(y, w, **options), layers.conv_transpose_gradients(g, y, w, **options)
    assert dot(z, g) == dot(y, dy) == dot(w, dw)
    assert dot(layers.conv_transpose(y, w, b, **options) - z, g) == dot(b, db)


@many
@given(convolutions(paddings=(0, PAIRS)))
def test_the_transposed_convolution_is_the_gradient_of_the_convolution_in_its_input(problem):
    x, w, _, g = problem.convolution()
    remainder = [(m + a + z - d * (i - 1) - 1) % s for m, i, s, d, (a, z) in problem.axes]
    options = problem.grouped_options
    dx, _, _ = layers.conv_gradients(g, x, w, **options)
    same(layers.conv_transpose(g, w, output_padding=remainder, **options), dx)


# The numbers.


def test_objects_keep_their_arithmetic_and_large_integers_do_not_overflow():
    x = np.array([[[2**70, 1, Fraction(1, 3)]]], dtype=object)
    w = np.array([[[3, Fraction(1, 2)]]], dtype=object)
    g = np.array([[[1, 6]]], dtype=object)
    assert layers.conv(x, w).tolist() == [[[3 * 2**70 + Fraction(1, 2), 3 + Fraction(1, 6)]]]
    dx, dw, db = layers.conv_gradients(g, x, w)
    assert (dx.tolist(), dw.tolist(), db.tolist()) == ([[[3, Fraction(37, 2), 3]]], [[[2**70 + 6, 3]]], [7])
    assert layers.conv_transpose(g, w).tolist() == [[[3, Fraction(37, 2), 3]]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, bool])
def test_small_integers_do_not_overflow(dtype):
    x = np.full((1, 1, 3), 255).astype(dtype)
    assert layers.conv(x, x).tolist() == [[[3 * int(x[0, 0, 0]) ** 2]]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_stay_floats(dtype):
    x = np.arange(8, dtype=dtype).reshape(1, 2, 4)
    w = np.ones((2, 2, 2), dtype)
    g = np.ones((1, 2, 3), dtype)
    results = [layers.conv(x, w), *layers.conv_gradients(g, x, w), layers.conv_transpose(x, w)]
    assert {result.dtype for result in results} == {np.dtype(dtype)}


def test_an_empty_batch_stays_empty():
    x, w, g = np.zeros((0, 2, 4)), np.ones((3, 2, 2)), np.zeros((0, 3, 3))
    assert layers.conv(x, w).shape == (0, 3, 3)
    dx, dw, db = layers.conv_gradients(g, x, w)
    assert (dx.shape, dw.any(), db.any()) == ((0, 2, 4), False, False)


def test_the_inputs_are_left_alone():
    problem = Problem((4, 5), (1, 1), (1, 1), (1, 1), 0, [(0, 0)] * 2)
    x, w, _, _ = problem.convolution()
    before = x.copy()
    result = layers.conv(x, w)
    result += 1
    same(x, before)


# The oracles are not blind: each refuses a planted bug.

ROUGH = Problem((7, 8), (2, 3), (2, 1), (1, 2), [(1, 0), 1], [(1, 0), (1, 1)], groups=2, channels=(2, 1), batch=2)
REMAINDER = Problem((6,), (2,), (3,), (1,), 0, [(0, 0)], channels=(1, 1))
# Two windows either way.
EXCHANGEABLE = Problem((4,), (2,), (2,), (1,), 0, [(0, 0)])
EVEN = Problem((5,), (2,), (1,), (1,), "same", [(0, 1)])


def swapped(layer):
    """The layer with stride and dilation exchanged."""
    return lambda *arrays, stride, dilation, **options: layer(*arrays, stride=dilation, dilation=stride, **options)


def on_the_other_side(layer):
    return lambda *arrays, padding, **options: layer(*arrays, padding=[pair[::-1] for pair in padding], **options)


def without_remainder(g, x, w, **options):
    """Gradients whose ∂x ends with the last window."""
    dx, dw, db = layers.conv_gradients(g, x, w, **options)
    return dx[..., :-1], dw, db


def with_the_remainder_before(g, x, w, **options):
    dx, dw, db = layers.conv_gradients(g, x, w, **options)
    return np.roll(dx, 1, axis=-1), dw, db


def rotated(layer):
    return lambda y, w, *b, **options: layer(y, w[:, :, ::-1, ::-1], *b, **options)


def interleaved(x, w, b, *, groups, **options):
    """A convolution whose groups take every other channel."""
    per_group = x.shape[1] // groups
    return layers.conv(x[:, np.arange(x.shape[1]).reshape(per_group, groups).T.ravel()], w, b, groups=groups, **options)


def overwriting(y, *, shape, stride, padding, dilation):
    """A fold in which the last window wins."""
    ones = fold(np.ones_like(y), shape=shape, stride=stride, padding=padding, dilation=dilation)
    return fold(y, shape=shape, stride=stride, padding=padding, dilation=dilation) // np.maximum(ones, 1)


PAIRED = replace(ROUGH, padding=ROUGH.pads)
CONVOLUTION_BUGS = {
    "stride and dilation exchanged": (check_conv, ROUGH, {"conv": swapped(layers.conv)}),
    "stride and dilation exchanged backward": (
        check_conv,
        EXCHANGEABLE,
        {"conv_gradients": swapped(layers.conv_gradients)},
    ),
    "the padding on the other side": (check_conv, PAIRED, {"conv": on_the_other_side(layers.conv)}),
    "the overlay rotated": (check_conv, ROUGH, {"conv": rotated(layers.conv)}),
    "groups of every other channel": (check_conv, ROUGH, {"conv": interleaved}),
    "no remainder": (check_conv, REMAINDER, {"conv_gradients": without_remainder}),
    "the remainder before": (check_conv, REMAINDER, {"conv_gradients": with_the_remainder_before}),
    "the odd cell before, by name": (
        check_conv,
        EVEN,
        {"conv": lambda *arrays, padding, **options: layers.conv(*arrays, padding="same_lower", **options)},
    ),
    "the odd cell before, in numbers": (
        check_padding,
        EVEN,
        {"pad_widths": lambda padding, *sizes: pad_widths("same_lower", *sizes)},
    ),
    "no dilation in the padding": (
        check_padding,
        Problem((5,), (3,), (1,), (2,), "causal", [(4, 0)]),
        {"pad_widths": lambda padding, *sizes: pad_widths(padding, *sizes[:-1])},
    ),
    "a transposed convolution that rotates": (
        check_transposed,
        ROUGH,
        {"conv_transpose": rotated(layers.conv_transpose)},
    ),
    "a transposed convolution with stride and dilation exchanged": (
        check_transposed,
        replace(ROUGH, padding=0, pads=[(0, 0)] * 2),
        {"conv_transpose": swapped(layers.conv_transpose)},
    ),
    "windows in another order": (
        check_unfold,
        replace(ROUGH, spatial=(5, 5), overlay=(2, 2), stride=(1, 1), dilation=(1, 1), padding=0, pads=[(0, 0)] * 2),
        {"unfold": lambda x, **options: unfold(x, **options).swapaxes(2, 3)},
    ),
    "a fold that does not add up": (check_unfold, ROUGH, {"fold": overwriting}),
}


@pytest.mark.parametrize("bug", CONVOLUTION_BUGS)
def test_the_definition_refuses_a_wrong_convolution(bug):
    check, problem, planted = CONVOLUTION_BUGS[bug]
    check(problem)
    with pytest.raises(AssertionError):
        check(problem, **planted)


# What does not fit.

X = np.ones((2, 4, 5, 6), int)
W = np.ones((6, 2, 3, 3), int)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.conv(X, W), "w of shape (6, 2, 3, 3) in 1 groups takes 2 channels, x: (2, 4, 5, 6)"),
        (lambda: layers.conv(X, W, groups=4), "groups divide the 6 channels of w's first axis, found 4"),
        (lambda: layers.conv(X, W, groups=0), "groups: expected an int ≥ 1 or 1 of them, found 0"),
        (
            lambda: layers.conv(X[0, 0], W),
            "x has the shape (N, C, *spatial) with at least one spatial axis, found (5, 6)",
        ),
        (lambda: layers.conv(X, W[0], groups=2), "*overlay) with 2 spatial axes, found (2, 3, 3)"),
        (
            lambda: layers.conv(X, W, [1, 2], groups=2),
            "b has the shape (6,), one entry for each out-channel, found (2,)",
        ),
        (lambda: layers.conv(X, W, stride=0, groups=2), "stride: expected an int ≥ 1 or 2 of them, found 0"),
        (
            lambda: layers.conv(X, W, stride=(1, 2, 3), groups=2),
            "stride: expected an int ≥ 1 or 2 of them, found (1, 2, 3)",
        ),
        (lambda: layers.conv(X, W, stride=1.5, groups=2), "stride: expected an int ≥ 1 or 2 of them, found 1.5"),
        (lambda: layers.conv(X, W, dilation=0, groups=2), "dilation: expected an int ≥ 1 or 2 of them, found 0"),
        (
            lambda: layers.conv(X, W, dilation=(1, 3), padding=(0, (0, 0)), groups=2),
            "an overlay of 3 with dilation 3 covers 7 cells, but spatial axis 1 has 6, padded by 0 and 0",
        ),
        (
            lambda: layers.conv(X, W, padding=-1, groups=2),
            "the padding of an axis: expected an int ≥ 0 or 2 of them, found -1",
        ),
        (
            lambda: layers.conv(X, W, padding=[1], groups=2),
            "padding is a name, an int, or 2 ints or (before, after) pairs, found [1]",
        ),
        (
            lambda: layers.conv(X, W, padding=[1, (1, 2, 3)], groups=2),
            "the padding of an axis: expected an int ≥ 0 or 2 of them, found (1, 2, 3)",
        ),
        (
            lambda: layers.conv_gradients(X, X, W, groups=2),
            "g has the shape (2, 6, 3, 4) of the result, found (2, 4, 5, 6)",
        ),
        (lambda: layers.conv_transpose(X, W), "w of shape (6, 2, 3, 3) takes 6 channels, y: (2, 4, 5, 6)"),
        (
            lambda: layers.conv_transpose(X, W[:4], output_padding=1),
            "output_padding is smaller than the stride 1 or the dilation 1, found 1",
        ),
        (lambda: layers.conv_transpose(X, W[:4], padding=4), "5 windows, padded by 4 and 4, leave -1 cells on axis 0"),
        (
            lambda: layers.conv_transpose_gradients(X, X, W[:4]),
            "g has the shape (2, 2, 7, 8) of the result, found (2, 4, 5, 6)",
        ),
        (
            lambda: layers.conv(X, np.ones((1, 4, 6, 1), int)),
            "an overlay of 6 with dilation 1 covers 6 cells, but spatial axis 0 has 5",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ShapeError) as error:
        call()
    assert message in str(error.value)


def test_an_unknown_padding_and_a_strange_array_are_named():
    with pytest.raises(ModeError, match=r"one of 'valid', 'full', 'same', .*'causal', found 'sane'"):
        layers.conv(X, W, padding="sane", groups=2)
    with pytest.raises(ModeError, match="takes its padding as ints or pairs, found 'same'"):
        layers.conv_transpose(X, W[:4], padding="same")
    with pytest.raises(OperandError, match="x has integers that fit into int64, floats or objects, found complex128"):
        layers.conv(X * 1j, W, groups=2)
    with pytest.raises(OperandError, match="found uint64"):
        layers.conv(X.astype(np.uint64), W, groups=2)
