"""The symbolic convolutions and their gradients, exactly, against the numeric ones and NumPy.

Lengths are symbols throughout; strides, dilations and paddings are numbers in one half of the examples, and
symbols in the other.
"""

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import gradient, merge_axes, sizes, split_axis, subsample, tensor, tensordot, widths
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.layers import (
    Convolution,
    conv,
    conv_size,
    conv_transpose,
    fold,
    pad_widths,
    pixel_shuffle,
    pixel_unshuffle,
    unfold,
    upsample_nearest,
)
from cnn_symbolic.witnesses import arrays as witness
from cnn_symbolic.witnesses import convolutions as numeric
from cnn_symbolic.witnesses import poolings as numeric_poolings
from tests.support.problems import (
    PAIRS,
    Problem,
    arrays,
    assert_entries,
    convolutions,
    enlargements,
    same,
    shapes,
    transposing,
)
from tests.support.problems import fold as folded_numbers
from tests.support.problems import unfold as unfolded_numbers

B, G, C, K = sizes("B G C K")
LENGTHS, OVERLAY, EXTRA = sizes("M N O"), sizes("I J H"), widths("Y Z L")
fitting = convolutions(paddings=(0, PAIRS, PAIRS, "valid", "full", "same", "same_lower", "causal"))


def case(problem, group_axis, maps):
    """Leaves for an input, an overlay and a bias, the option of a group axis, and how arrays are made to fit.

    `maps` are the channels of the input, and the overlay's first and second axis of channels. Groups have an
    axis of their own if there are several, or with `group_axis`; in the numeric layout it is part of the axis of
    channels that `fit` is told. `fit_all` takes an input, an overlay and a bias.
    """
    rank, groups = len(problem.overlay), (G,) if problem.groups > 1 or group_axis else ()
    own, first, second = maps
    x = tensor(B, *groups, own, *LENGTHS[:rank], name="x")
    w = tensor(*groups, first, second, *OVERLAY[:rank], name="w")
    b = tensor(*groups, K, name="b")

    def fit(array, axis):
        return array.reshape(*array.shape[:axis], problem.groups, -1, *array.shape[axis + 1 :]) if groups else array

    def fit_all(x, w, b):
        return fit(x, 1), fit(w, 0), fit(b, 0)

    return (x, w, b), {"group_axis": bool(groups)}, fit, fit_all


def derived(z, leaves, values, known, gradient=gradient):
    """The gradients in the leaves, for the cotangent g."""
    g = tensor(*z.shape, name="g")
    return [gradient(z, wrt=leaf, cotangent=g).evaluate(values, sizes=known) for leaf in leaves]


def all_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        same(one, other)


def adjoint(function, shape, g):
    """The gradient of a linear function of an array: Σ g · (what becomes of each unit)."""
    dx = np.zeros(shape, int)
    for at in np.ndindex(*shape):
        unit = np.zeros(shape, int)
        unit[at] = 1
        dx[at] = np.sum(g * function(unit))
    return dx


# Convolutions.


def check_conv(problem, symbolic=False, group_axis=False, conv=conv, gradient=gradient):
    leaves, own_axis, fit, fit_all = case(problem, group_axis, (C, K, C))
    options, known = problem.stated(symbolic)
    z = conv(*leaves, **options, **own_axis)
    x, w, b, g = problem.convolution()
    values = {**dict(zip("xwb", fit_all(x, w, b), strict=True)), "g": fit(g, 1)}
    assert_entries(z, fit(numeric.conv(x, w, b, **problem.grouped_options), 1), values, known)
    expected = fit_all(*numeric.conv_gradients(g, x, w, **problem.grouped_options))
    all_same(derived(z, leaves, values, known, gradient), expected)


@given(fitting, st.booleans(), st.booleans())
def test_the_convolution_and_its_gradients_are_the_numeric_ones(problem, symbolic, group_axis):
    check_conv(problem, symbolic, group_axis)


@given(fitting, st.booleans())
def test_the_layer_has_the_gradients_of_the_numeric_convolution(problem, symbolic):
    (x, w, _), own_axis, fit, fit_all = case(problem, False, (C, K, C))
    options, known = problem.stated(symbolic)
    layer = Convolution(x.shape, w.shape, **options, **own_axis)
    x, w, b, g = problem.convolution()
    values = {**dict(zip("xwb", fit_all(x, w, b), strict=True)), "∂C/∂z": fit(g, 1)}
    same(layer.z.evaluate(values, sizes=known), fit(numeric.conv(x, w, b, **problem.grouped_options), 1))
    found = [layer.gradient(leaf).evaluate(values, sizes=known) for leaf in (layer.x, layer.w, layer.b)]
    all_same(found, fit_all(*numeric.conv_gradients(g, x, w, **problem.grouped_options)))


@given(fitting)
def test_a_convolution_without_bias_has_a_bias_of_zeros(problem):
    (x, w, _), own_axis, fit, fit_all = case(problem, False, (C, K, C))
    x_values, w_values, b_values, _ = problem.convolution()
    values = dict(zip("xw", fit_all(x_values, w_values, b_values), strict=False))
    expected = fit(numeric.conv(x_values, w_values, **problem.grouped_options), 1)
    same(conv(x, w, **problem.options, **own_axis).evaluate(values), expected)


def test_one_number_stands_for_all_axes():
    x, w = tensor(1, 1, 7, 8, name="x"), tensor(1, 1, 2, 3, name="w")
    z = conv(x, w, stride=2, dilation=(2, 1), padding=1)
    assert z.shape == conv(x, w, stride=(2, 2), dilation=[2, 1], padding=[(1, 1), 1]).shape == (1, 1, 4, 4)
    assert upsample_nearest(x, factors=2).shape == upsample_nearest(x, factors=(2, 2)).shape == (1, 1, 14, 16)


def test_where_no_overlay_fits_nothing_is_defined():
    x, w = tensor(1, 1, LENGTHS[0], name="x"), tensor(1, 1, OVERLAY[0], name="w")
    z = conv(x, w, dilation=2)
    assert z.evaluate({"x": np.ones((1, 1, 3), int), "w": np.ones((1, 1, 2), int)}).tolist() == [[[2]]]
    with pytest.raises(ShapeError, match=r"conv\(x, w, dilation=2\) is not defined at M = 2, I = 2: its shape .*0\)"):
        z.evaluate({"x": np.ones((1, 1, 2), int), "w": np.ones((1, 1, 2), int)})


# Transposed convolutions.


def check_transposed(problem, symbolic=False, group_axis=False, conv_transpose=conv_transpose):
    leaves, own_axis, fit, fit_all = case(problem, group_axis, (C, C, K))
    y, w, b, g, result, numbers = transposing(problem)
    options, known = result.stated(symbolic)
    extra = EXTRA[: len(problem.overlay)] if symbolic else numbers["output_padding"]
    known |= dict(zip(extra, numbers["output_padding"], strict=True)) if symbolic else {}
    z = conv_transpose(*leaves, **options, output_padding=extra, **own_axis)
    values = {**dict(zip("xwb", fit_all(y, w, b), strict=True)), "g": fit(g, 1)}
    assert_entries(z, fit(numeric.conv_transpose(y, w, b, **numbers), 1), values, known, margin=1)
    all_same(derived(z, leaves, values, known), fit_all(*numeric.conv_transpose_gradients(g, y, w, **numbers)))


@given(convolutions(paddings=(0, PAIRS)), st.booleans(), st.booleans())
def test_the_transposed_convolution_and_its_gradients_are_the_numeric_ones(problem, symbolic, group_axis):
    check_transposed(problem, symbolic, group_axis)


# Unfold and fold: each is the gradient of the other.


def check_unfold(problem, symbolic=False, unfold=unfold, fold=fold):
    lengths, overlay = LENGTHS[: len(problem.spatial)], OVERLAY[: len(problem.overlay)]
    options, known = problem.stated(symbolic)
    known |= dict(zip((*lengths, *overlay), (*problem.spatial, *problem.overlay), strict=True))
    x = tensor(B, C, *lengths, name="x")
    unfolded = unfold(x, overlay=overlay, **options)
    y = tensor(*unfolded.shape, name="y")
    folded = fold(y, shape=lengths, **options)

    x_values = problem.maps()
    windows = unfolded_numbers(x_values, overlay=problem.overlay, **problem.options)
    y_values = problem.numbers(*windows.shape)
    values, total = {"x": x_values, "y": y_values}, folded_numbers(y_values, shape=problem.spatial, **problem.options)
    assert_entries(unfolded, windows, values, known, margin=1)
    assert_entries(folded, total, values, known, margin=1)
    same(gradient(unfolded, wrt=x, cotangent=y).evaluate(values, sizes=known), total)
    same(gradient(folded, wrt=y, cotangent=x).evaluate(values, sizes=known), windows)


@given(fitting, st.booleans())
def test_unfold_and_fold_and_their_gradients_are_the_numeric_ones(problem, symbolic):
    check_unfold(problem, symbolic)


# How many positions there are, and how wide a padding is.


@given(fitting, st.booleans())
def test_the_positions_are_as_many_as_one_counts(problem, symbolic):
    options, known = problem.stated(symbolic)
    for axis, (m, i, s, d, pads) in enumerate(problem.axes):
        lengths, one = (m, i), {"stride": s, "padding": pads, "dilation": d}
        if symbolic:
            lengths, one = (LENGTHS[axis], OVERLAY[axis]), {key: option[axis] for key, option in options.items()}
            known |= dict(zip(lengths, (m, i), strict=True))
        if isinstance(problem.padding, str):
            one["padding"] = problem.padding
        assert evaluate_size(conv_size(*lengths, **one), known) == problem.positions[axis]


def check_padding(problem, pad_widths=pad_widths):
    lengths, overlay = LENGTHS[: len(problem.spatial)], OVERLAY[: len(problem.overlay)]
    options, known = problem.stated(True)
    known |= dict(zip((*lengths, *overlay), (*problem.spatial, *problem.overlay), strict=True))
    pairs = pad_widths(options["padding"], lengths, overlay, options["stride"], options["dilation"], "a test")
    assert [tuple(evaluate_size(side, known) for side in pair) for pair in pairs] == problem.pads


@given(fitting)
def test_the_padding_is_what_its_name_says(problem):
    check_padding(problem)


# Enlarging, taking every d-th, and axes.


@pytest.mark.parametrize(("steps", "spatial"), [((3,), (4,)), ((2, 3), (3, 2)), ((1, 2, 2), (2, 1, 3))])
def test_shuffling_is_the_witnesses(steps, spatial):
    factors = sizes("S T U")[: len(steps)]
    known = {C: 2, **dict(zip(factors, steps, strict=True))}
    x = tensor(B, C * prod(factors), *LENGTHS[: len(spatial)], name="x")
    z = pixel_shuffle(x, factors=factors)
    values = np.arange(2 * 2 * prod(steps) * prod(spatial)).reshape(2, 2 * prod(steps), *spatial)
    shuffled = witness.OPERATIONS["pixel_shuffle"](values.astype(object), factors=steps)
    assert np.array_equal(z.evaluate({"x": values}, sizes=known), shuffled)
    back = pixel_unshuffle(z, factors=factors)
    assert back.lengths == x.lengths
    assert np.array_equal(back.evaluate({"x": values}, sizes=known), values)


def test_what_is_no_multiple_is_not_shuffled():
    M, N = sizes("M N")
    x = tensor(B, C, M, N, name="x")
    with pytest.raises(ShapeError, match="pixel_shuffle: C is not written as a multiple of 4"):
        pixel_shuffle(x, factors=2)
    with pytest.raises(ShapeError, match="pixel_unshuffle: M is not written as a multiple of S"):
        pixel_unshuffle(x, factors=sizes("S T"))
    with pytest.raises(ShapeError, match=r"takes an input of shape \(batch, channels, \*spatial\), found x"):
        pixel_shuffle(tensor(B, C, name="x"), factors=())
    assert pixel_shuffle(tensor(1, 4 * C + 8, M, N, name="x"), factors=2).lengths[1] == (C + 2).formula


@given(enlargements(), st.booleans())
def test_nearest_upsampling_and_its_gradient_are_the_numeric_ones(enlargement, symbolic):
    x_values, factors = enlargement
    x = tensor(B, C, *LENGTHS[: x_values.ndim - 2], name="x")
    stated = sizes("S T U")[: len(factors)] if symbolic else factors
    known = dict(zip(stated, factors, strict=True)) if symbolic else {}
    z = upsample_nearest(x, factors=stated)
    expected = numeric_poolings.upsample_nearest(x_values, factors=factors)
    g = np.arange(expected.size).reshape(expected.shape)
    values = {"x": x_values, "g": g}
    assert_entries(z, expected, values, known)
    all_same(derived(z, [x], values, known), [numeric_poolings.upsample_nearest_gradient(g, factors=factors)])


@given(st.data(), st.booleans())
def test_subsampling_and_its_gradient_are_numpys(data, symbolic):
    x_values = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3)), most=4))))
    factors = tuple(data.draw(st.integers(1, 4)) for _ in x_values.shape)
    stated = sizes("S T U")[: len(factors)] if symbolic else factors
    known = dict(zip(stated, factors, strict=True)) if symbolic else {}
    x = tensor(*LENGTHS[: len(factors)], name="x")
    z = subsample(x, factors=stated)

    def every(array):
        return array[tuple(slice(None, None, f) for f in factors)]

    values = {"x": x_values, "g": np.arange(every(x_values).size).reshape(every(x_values).shape)}
    assert_entries(z, every(x_values), values, known)
    all_same(derived(z, [x], values, known), [adjoint(every, x_values.shape, values["g"])])


@given(st.data())
def test_split_and_merged_axes_and_their_gradients_are_numpys_reshape(data):
    before, (outer, inner), after = (data.draw(shapes(n, most=3)) for n in (data.draw(st.integers(0, 1)), 2, 1))
    split_values = data.draw(arrays((*before, outer, inner, *after)))
    merged_values = data.draw(arrays((*before, outer * inner, *after)))
    axis, known = len(before), {G: outer, C: inner}
    lengths = LENGTHS[:axis], LENGTHS[axis : axis + 1]
    split = tensor(*lengths[0], G, C, *lengths[1], name="split")
    merged = tensor(*lengths[0], G * C, *lengths[1], name="merged")
    values = {"split": split_values, "merged": merged_values}
    to_two, to_one = merged_values.reshape(split_values.shape), split_values.reshape(merged_values.shape)
    into_two, into_one = split_axis(merged, axis=axis, into=(G, C)), merge_axes(split, axis=axis)
    assert_entries(into_two, to_two, values, known)
    assert_entries(into_one, to_one, values, known)
    same(gradient(into_two, wrt=merged, cotangent=split).evaluate(values, sizes=known), to_one)
    same(gradient(into_one, wrt=split, cotangent=merged).evaluate(values, sizes=known), to_two)


@given(st.data())
def test_sums_over_pairs_of_axes_and_their_gradients_are_numpys(data):
    ranks = [data.draw(st.integers(1, 3)) for _ in "xy"]
    count = data.draw(st.integers(0, min(ranks)))
    axes = [data.draw(st.permutations(range(rank)))[:count] for rank in ranks]
    lengths = [list(data.draw(shapes(rank, most=3))) for rank in ranks]
    symbols = [list(sizes(" ".join(f"{name}{k}" for k in range(rank)))) for name, rank in zip("XY", ranks, strict=True)]
    for a, b in zip(*axes, strict=True):
        lengths[1][b], symbols[1][b] = lengths[0][a], symbols[0][a]
    arrays_ = [data.draw(arrays(tuple(shape))) for shape in lengths]
    x, y = (tensor(*shape, name=name) for shape, name in zip(symbols, "xy", strict=True))
    z = tensordot(x, y, axes=axes)
    expected = np.tensordot(*arrays_, axes=axes)
    g = np.arange(expected.size).reshape(expected.shape)
    values = {"x": arrays_[0], "y": arrays_[1], "g": g}
    assert_entries(z, expected, values)
    by_x = adjoint(lambda unit: np.tensordot(unit, arrays_[1], axes=axes), arrays_[0].shape, g)
    by_y = adjoint(lambda unit: np.tensordot(arrays_[0], unit, axes=axes), arrays_[1].shape, g)
    all_same(derived(z, [x, y], values, {}), [by_x, by_y])


# The checks are not blind: each refuses a planted bug.

ROUGH = Problem((6, 8), (2, 3), (2, 1), (1, 2), [(1, 0), 1], [(1, 0), (1, 1)], groups=2, channels=(1, 2), batch=2)
EVEN = Problem((5,), (2,), (1,), (1,), "same", [(0, 1)])


def swapped(operation):
    """The operation with stride and dilation exchanged."""
    return lambda *leaves, stride, dilation, **rest: operation(*leaves, stride=dilation, dilation=stride, **rest)


def on_the_other_side(operation):
    def wrong(*leaves, padding, **rest):
        return operation(*leaves, padding=[p[::-1] if isinstance(p, tuple) else p for p in padding], **rest)

    return wrong


def not_guarded(operation):
    """The operation without the zeros outside its shape."""
    return lambda *leaves, **options: replace(operation(*leaves, **options), confined=True)


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(
    ("check", "problem", "bug"),
    [
        (check_conv, ROUGH, {"conv": swapped(conv)}),
        (check_conv, ROUGH, {"conv": on_the_other_side(conv)}),
        (check_conv, ROUGH, {"conv": not_guarded(conv)}),
        (check_conv, ROUGH, {"conv": lambda x, w, b, **options: conv(x, w, **options)}),
        (check_conv, ROUGH, {"gradient": lambda z, **given: -gradient(z, **given)}),
        (check_transposed, ROUGH, {"conv_transpose": swapped(conv_transpose)}),
        (check_transposed, ROUGH, {"conv_transpose": on_the_other_side(conv_transpose)}),
        (check_unfold, ROUGH, {"unfold": on_the_other_side(unfold)}),
        (check_unfold, ROUGH, {"fold": on_the_other_side(fold)}),
    ],
    ids=[
        "stride and dilation exchanged",
        "the padding on the other side",
        "entries outside of the shape",
        "no bias",
        "the sign of the gradient",
        "stride and dilation of the transposed convolution exchanged",
        "the padding of the transposed convolution on the other side",
        "the padding of unfold on the other side",
        "the padding of fold on the other side",
    ],
)
def test_a_planted_bug_is_found(check, problem, bug, symbolic):
    check(problem, symbolic)
    with pytest.raises((AssertionError, ShapeError)):
        check(problem, symbolic, **bug)


def test_an_odd_cell_on_the_wrong_side_is_found():
    check_padding(EVEN)
    with pytest.raises(AssertionError):
        check_padding(EVEN, pad_widths=lambda _, *sizes: pad_widths("same_lower", *sizes))
