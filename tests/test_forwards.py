"""Layers as data: read from a text, with the results and gradients of the numeric layers, and strategies for them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.backward import (
    any_of,
    avg_pool2d,
    conv2d,
    conv_transpose1d,
    max_pool2d,
    read_forward,
    upsample_nearest3d,
)
from cnn_symbolic.backward.strategies import convolution_problems, integer_arrays, ordered, shapes
from cnn_symbolic.ground.errors import ModeError, OperandError, ShapeError
from cnn_symbolic.witnesses import convolutions, poolings
from tests.support.problems import same

LAYERS = [
    "conv1d(stride=any_of(1, 2, 3), padding=any_of('same', 'full', 'causal', 0, 2))",
    "conv2d(stride=(2, 1), padding=((1, 0), (0, 2)), dilation=any_of(1, 2), groups=any_of(1, 2))",
    "conv3d(padding=1)",
    "conv_transpose1d(stride=3, output_padding=2, padding=any_of(0, 4))",
    "conv_transpose2d(stride=any_of(1, 2), dilation=(1, 2), groups=any_of(1, 3))",
]
POOLINGS = [
    "max_pool2d(any_of(2, (1, 3)), stride=any_of(None, 1), padding=0, ceil_mode=any_of(True, False))",
    "max_pool1d(3, stride=2, padding=1, dilation=2, ties='first')",
    "avg_pool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=any_of(True, False))",
    "avg_pool3d(2)",
    "upsample_nearest2d((2, 3))",
]


@given(st.sampled_from(LAYERS).flatmap(convolution_problems))
def test_results_of_convolutions_are_those_of_the_numeric_layers(problem):
    values, forward = problem.values(bound=9), problem.forward
    dy, x, w, b = (values[name].astype(int) for name in ("dy", "x", "w", "b"))
    found = forward.evaluate(values)
    family = getattr(convolutions, forward.family), getattr(convolutions, f"{forward.family}_gradients")
    same(found["y"], family[0](x, w, b, **forward.options))
    same(forward.evaluate(values, bias=False)["y"], family[0](x, w, **forward.options))
    for name, expected in zip(("dx", "dw", "db"), family[1](dy, x, w, **forward.options), strict=True):
        same(found[name], expected)
    assert found["y"].shape == problem.shapes["y"]


@given(st.sampled_from(POOLINGS).flatmap(convolution_problems))
def test_results_of_poolings_are_those_of_the_numeric_layers(problem):
    values, forward = problem.values(bound=9), problem.forward
    dy, x = (values[name].astype(int) for name in ("dy", "x"))
    found, options, spatial = forward.evaluate(values), forward.options, x.shape[2:]
    if forward.family == "max_pool":
        del options["ties"]
        y, places = poolings.max_pool(x, **options)
        same(found["places"], places)
        expected = poolings.max_pool_gradient(dy, places, shape=spatial)
    elif forward.family == "avg_pool":
        y, expected = poolings.avg_pool(x, **options), poolings.avg_pool_gradient(dy, shape=spatial, **options)
    else:
        y, expected = poolings.upsample_nearest(x, **options), poolings.upsample_nearest_gradient(dy, **options)
    same(found["y"], y)
    same(found["dx"], expected)


@given(st.sampled_from(LAYERS + POOLINGS).flatmap(convolution_problems), st.sampled_from(["float64", "float32"]))
def test_sums_are_exact_within_the_bound(problem, dtype):
    most = problem.bound(dtype)
    values = {name: np.full_like(array, most) for name, array in problem.values(bound=1).items()}
    scale = problem.forward.unit(dict(problem.inputs))
    largest = max(np.abs(array).max() for array in problem.forward.evaluate(values).values())
    assert scale * largest < {"float64": 2**53, "float32": 2**24}[dtype]


@pytest.mark.parametrize("text", LAYERS + POOLINGS)
def test_the_text_of_a_layer_is_read_back(text):
    forward = read_forward(text)
    assert read_forward(str(forward)) == forward


def test_constructors_and_texts_agree():
    assert read_forward("conv2d") == read_forward("conv2d()") == conv2d()
    assert read_forward("conv2d([2, 1], padding='same')") == conv2d((2, 1), padding="same")
    assert read_forward("max_pool2d(2, stride=any_of(1, 2))") == max_pool2d(2, stride=any_of(1, 2))
    assert str(conv_transpose1d(2, output_padding=1)) == "conv_transpose1d(stride=2, output_padding=1)"
    assert str(upsample_nearest3d((1, 2, 3))) == "upsample_nearest3d(factors=(1, 2, 3))"


def test_options_vary_over_all_combinations():
    layers = [str(layer) for layer in conv2d(stride=any_of(1, 2), padding=any_of(0, "same")).varied()]
    assert layers == ["conv2d()", "conv2d(padding='same')", "conv2d(stride=2)", "conv2d(stride=2, padding='same')"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("conv2(stride=2)", OperandError, "unknown layer 'conv2', did you mean conv2d?"),
        ("conv2d(strides=2)", ModeError, "has the options stride, padding.*did you mean stride?"),
        ("conv2d(stride=0)", ShapeError, "stride: expected an int ≥ 1 or 2 of them, found 0"),
        ("conv2d(padding='sme')", ModeError, "found 'sme'"),
        ("conv_transpose2d(padding='same')", ModeError, "takes its padding as ints or pairs"),
        ("conv2d(groups=(1, 2))", ShapeError, "groups: expected an int"),
        ("max_pool2d()", OperandError, "missing a required argument: 'window'"),
        ("max_pool2d(2, ties='frist')", ModeError, "did you mean first?"),
        ("avg_pool2d(2, ceil_mode=1)", ModeError, "ceil_mode is True or False, found 1"),
        ("conv2d(stride=2", OperandError, "was never closed"),
        ("conv2d(stride=2.0)", OperandError, "the value of an option is an int.*found 2.0"),
        ("conv2d(stride=__import__('os'))", OperandError, "found __import__"),
        ("conv2d(stride=any_of())", OperandError, "any_of expects the values"),
        ("conv2d(**{'stride': 2})", OperandError, r"found \*\*"),
        ("x.conv2d()", OperandError, "a layer is written as"),
        ("conv2d(conv2d())", OperandError, r"found conv2d\(\)"),
    ],
)
def test_a_text_that_is_no_layer_is_explained(text, error, message):
    with pytest.raises(error, match=message):
        read_forward(text)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match=r"takes filters that fit x of shape \(1, 3, 5, 5\), found w of shape"):
        conv2d().result_shape({"x": (1, 3, 5, 5), "w": (2, 2, 3, 3)})
    with pytest.raises(ShapeError, match="takes x of 4 axes"):
        avg_pool2d(2).result_shape({"x": (3, 5, 5)})


@given(shapes(2).flatmap(integer_arrays))
def test_integer_arrays_have_no_zeros(array):
    assert array.dtype == np.float64
    assert (array == array.astype(int)).all()
    assert array.all()
    assert np.abs(array).max() <= 9


def test_the_input_of_a_maximum_has_ties_or_none():
    random = np.random.default_rng(0)
    assert len(set(ordered(random, (1, 1, 4, 5), ties=False).flat)) == 20
    assert len(set(ordered(random, (1, 1, 4, 5), ties=True).flat)) == 2


def test_edges_occur_among_the_problems():
    seen = []

    @given(convolution_problems(of="conv2d(stride=any_of(1, 2), padding=1)", ones="N"))
    def collect(problem):
        seen.append(problem)

    collect()
    shapes = [problem.shapes for problem in seen]
    assert all(s["x"][0] == 1 for s in shapes)
    assert any(s["x"][2] != s["x"][3] for s in shapes)
    assert any(s["w"][2] == s["x"][2] + 2 for s in shapes)  # as large as the padded input
    assert any(s["x"][2] == 1 for s in shapes)
    assert any((s["x"][2] + 2 - s["w"][2]) % p.forward.options["stride"] for p, s in zip(seen, shapes, strict=True))
