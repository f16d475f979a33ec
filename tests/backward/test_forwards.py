"""Layers as data: read from a text, with the results and gradients of the numeric layers, and strategies for them."""

import ast
import inspect
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnn_symbolic.backward
from cnn_symbolic import sizes, widths
from cnn_symbolic.backward import (
    any_of,
    avg_pool2d,
    check_backward,
    conv2d,
    conv_transpose1d,
    max_pool2d,
    read_forward,
    upsample_nearest3d,
)
from cnn_symbolic.backward.forwards import CONSTRUCTORS, own_layer
from cnn_symbolic.backward.strategies import Problem, convolution_problems
from cnn_symbolic.ground.errors import CnnSymbolicError, ModeError, NameConflictError, OperandError, ShapeError
from cnn_symbolic.layers import forward as layers
from cnn_symbolic.layers.forward import Forward, fitting_sizes
from cnn_symbolic.layers.poolings import ordered
from cnn_symbolic.layers.values import nonzero
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
    kind = forward.title.removesuffix("{}d")
    compute, gradients = getattr(convolutions, kind), getattr(convolutions, f"{kind}_gradients")
    same(found["y"], compute(x, w, b, **forward.settings))
    same(forward.evaluate(values, bias=False)["y"], compute(x, w, **forward.settings))
    for name, expected in zip(("dx", "dw", "db"), gradients(dy, x, w, **forward.settings), strict=True):
        same(found[name], expected)
    assert found["y"].shape == problem.shapes["y"]


@given(st.sampled_from(POOLINGS).flatmap(convolution_problems))
def test_results_of_poolings_are_those_of_the_numeric_layers(problem):
    values, forward = problem.values(bound=9), problem.forward
    dy, x = (values[name].astype(int) for name in ("dy", "x"))
    found, options, spatial = forward.evaluate(values), forward.options, x.shape[2:]
    if "ties" in options:
        del options["ties"]
        y, places = poolings.max_pool(x, **options)
        same(found["places"], places)
        expected = poolings.max_pool_gradient(dy, places, shape=spatial)
    elif "window" in options:
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


OPEN = [
    ("conv2d(stride=S, padding=P, dilation=D)", {"S": (1, 2, 3), "P": (0, 1, 2), "D": (1, 2, 3)}, 27),
    ("conv2d(stride=(S, T), padding=((S, 1), (0, 2)))", {"S": (1, 2), "T": (1, 2, 3)}, 6),
    ("conv1d(stride=any_of(S, 4), padding=(I - 1) // 2)", {"S": (1, 2, 3)}, 4),
    ("conv_transpose1d(stride=S, output_padding=Q)", {"S": (1, 2, 3), "Q": (0, 1)}, 5),
    ("max_pool2d(window=I, padding=P)", {"I": (1, 2, 3), "P": (0, 1, 2)}, 6),
]


@pytest.mark.parametrize(("text", "parts", "defined"), OPEN)
def test_an_open_option_is_tried_with_a_few_values_at_which_the_layer_is_defined(text, parts, defined):
    layer = read_forward(text)
    assert (str(layer), layer.open) == (text, parts)
    assert read_forward(str(layer)) == layer
    layers = list(layer.varied())
    assert len(set(layers)) == len(layers) == defined
    assert not any(one.open for one in layers)


def test_a_size_as_an_option_leaves_it_open():
    S, P = *sizes("S"), *widths("P")
    assert conv2d(stride=[S, 1], padding=P) == read_forward("conv2d(stride=(S, 1), padding=P)")
    assert conv2d(stride=any_of(S, 4)) == read_forward("conv2d(stride=any_of(S, 4))")


def test_a_backward_pass_is_tried_at_all_values_of_what_is_open():
    def for_small_strides(dy, x, w, stride, padding):
        gradients = convolutions.conv_gradients(dy, x, w, stride=stride, padding=padding)
        return gradients if stride < 3 else [2 * array for array in gradients]

    report = check_backward(for_small_strides, of="conv1d(stride=S, padding=P)")
    assert (report.outcome, report.wrong_where) == ("wrong", "S > 2")


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
        ("conv2d(groups=G)", OperandError, r"groups cannot be left open, found G: .* any_of\(…\) has several values"),
        ("max_pool2d(2, ties=first)", OperandError, "ties cannot be left open, found first: names are in quotes"),
        ("conv2d(padding=same)", OperandError, "same as an option is written in quotes"),
        ("conv2d(stride=w)", NameConflictError, "called as no array of a layer, found w"),
        ("conv1d(stride=(S, T))", ShapeError, "stride: expected an int ≥ 1 or 1 of them"),
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


def test_integer_data_have_no_zeros_and_every_other_value():
    array = nonzero(np.random.default_rng(0), (30, 40), 9)
    assert array.dtype == np.float64
    assert set(array.flat) == {*range(-9, 0), *range(1, 10)}


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


@pytest.mark.parametrize(
    ("text", "overlay", "sizes"),
    [
        ("conv1d(stride=2)", (3,), range(3, 11)),
        ("conv1d(padding='same')", (7,), range(1, 12)),  # some are wider than the overlay
        ("conv_transpose1d(padding=4)", (1,), range(9, 13)),
        ("max_pool1d(3)", (), range(3, 14)),
        ("upsample_nearest1d(2)", (), range(1, 5)),
    ],
)
def test_sizes_begin_with_the_smallest_for_which_a_layer_is_defined(text, overlay, sizes):
    assert fitting_sizes(read_forward(text), 0, overlay) == list(sizes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv_transpose1d(output_padding=2)", "output_padding is smaller than the stride"),
        ("max_pool2d(1, padding=1)", "found only padding"),
    ],
)
def test_a_layer_that_is_never_defined_says_why(text, message):
    with pytest.raises(ShapeError, match=message):
        check_backward(lambda dy, x: dy, of=text, signature="dy, x -> dx", examples=3)


def test_options_of_an_axis_are_its_own():
    layer = conv2d(stride=(2, 1), padding=((1, 0), (0, 2)), dilation=3)
    assert str(layer.along(1)) == "conv1d(stride=(1,), padding=((0, 2),), dilation=3)"


# A layer is one class.


@pytest.fixture
def doubling(monkeypatch):
    """A layer that is in no list of the package: y = 2·x."""
    monkeypatch.setattr(layers, "LAYERS", [])

    @dataclass(frozen=True)
    class Doubling(Forward):
        title = "doubling{}d"

        def shape(self, shapes):
            return shapes["x"]

        def evaluate(self, values, bias=True, result=True):
            return {"y": 2 * values["x"], "dx": 2 * values["dy"]}

        def terms(self, shapes, results=()):
            return 2

    return Doubling


def test_a_class_is_all_that_a_new_layer_needs(doubling):
    assert [doubling] == layers.LAYERS
    report = check_backward(lambda dy, x: 2 * dy, of=doubling(2))
    assert (report.outcome, report.forward.name) == ("right", "doubling2d")
    assert check_backward(lambda dy: dy, of=doubling(1), signature="dy -> dx").mistake == "halved"


def test_every_layer_is_public():
    assert set(CONSTRUCTORS) <= set(cnn_symbolic.backward.__all__)
    assert len(CONSTRUCTORS) == 16


def names_of_layers(text):
    """The strings in a program that are names of layers, with their numbers of axes or without."""
    names = {*CONSTRUCTORS, *(kind.title.removesuffix("{}d") for kind in layers.LAYERS)}
    constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return [value for value in constants if value in names]


def test_no_other_module_knows_a_layer_by_its_name():
    for folder in ("backward", "layers"):
        for file in (Path(cnn_symbolic.__file__).parent / folder).glob("*.py"):
            assert names_of_layers(file.read_text(encoding="utf-8")) in ([], ["linear"] * (file.stem == "convolutions"))
    assert names_of_layers("if family == 'max_pool': pass") == ["max_pool"]


# A forward pass of one's own.


def scaled(x, gamma, beta):
    return x * gamma + beta


def scaled_gradients(dout, x, gamma):
    return dout * gamma, (dout * x).sum(0), dout.sum(0)


def depthwise(x, w):
    rows = len(x) - len(w) + 1
    return sum(x[k : k + rows] * w[k] for k in range(len(w))), "a cache"


def depthwise_gradients(dy, x, w):
    dx = sum(np.pad(dy * w[k], ((k, len(w) - 1 - k), (0, 0))) for k in range(len(w)))
    return dx, np.stack([(dy * x[k : k + len(dy)]).sum(0) for k in range(len(w))])


def thrice(x, u, v):
    return (x @ u) * v


def thrice_gradients(dy, x, u, v):
    return (dy * v) @ u.T, x.T @ (dy * v), ((x @ u) * dy).sum(0)


OWN = [
    (scaled, scaled_gradients, {"x": (5, 3), "gamma": (3,), "beta": (3,)}, 3),
    (depthwise, depthwise_gradients, {"x": (7, 3), "w": (4, 3)}, 2),
    (thrice, thrice_gradients, {"x": (5, 3), "u": (3, 2), "v": (2,)}, 3),
    (
        lambda x, w, b: x @ w + b,
        lambda dy, x, w: (dy @ w.T, x.T @ dy, dy.sum(0)),
        {"x": (2, 3), "w": (3, 4), "b": (4,)},
        3,
    ),
]


@pytest.mark.parametrize(("forward", "backward", "shapes", "degree"), OWN)
def test_a_forward_pass_of_ones_own_is_a_layer(forward, backward, shapes, degree):
    report = check_backward(backward, of=forward, shapes=shapes)
    assert report.outcome == "right", str(report)
    assert f"polynomial of degree ≤ {degree} in the inputs" in str(report)
    assert "was linear in each of" in str(report)
    for k in range(len(shapes)):
        results = [f"d{name}" for name in shapes]

        def wrong(dy, *arrays, k=k):
            gradients = list(backward(dy, *arrays))
            gradients[k] = 2 * gradients[k]
            return gradients

        names = list(inspect.signature(backward).parameters)
        signature = f"{', '.join(names)} -> {', '.join(results)}"
        report = check_backward(wrong, of=forward, shapes=shapes, signature=signature)
        assert [name for name, right in report.also_right.items() if not right] == [results[k]]


def test_the_gradients_of_ones_own_convolution_are_those_of_the_layer():
    layer, shapes = (
        own_layer(lambda x, w, b: convolutions.conv(x, w, b)),
        {"x": (2, 3, 5, 4), "w": (4, 3, 2, 3), "b": (4,)},
    )
    values = Problem(layer, tuple(shapes.items())).values()
    right = conv2d().evaluate(values)
    for name, found in layer.evaluate(values).items():
        np.testing.assert_array_equal(found, right[name])


@pytest.mark.parametrize(
    ("forward", "shapes", "message"),
    [
        (lambda x, w: np.maximum(x @ w, 0), {"x": (3, 2), "w": (2, 2)}, "not linear in x, the others held fixed"),
        (
            lambda x, w: x + 0.1 * w,
            {"x": (3, 2), "w": (3, 2)},
            "not linear in x, .* or is rounded|linear in w, .* or is",
        ),
        (lambda x: x**2, {"x": (3,)}, "not linear in x"),
        (lambda x: x[1:], {"x": (1,)}, r"found y of the shape \(0,\)"),
        (lambda x: x.sum(), {"x": (1,)}, r"found y of the shape \(\)"),
        (lambda x: x.nothing, {"x": (1,)}, "fails as the layer: AttributeError"),
        (lambda x: x, {"w": (1,)}, "shapes has the shapes of x, found w"),
        (lambda x: x, None, r"needs the shapes of x, for example --shape x=2,3"),
        (lambda *x: x, {"x": (1,)}, "takes arrays by name"),
        (lambda: 1, {"x": (1,)}, "takes arrays by name"),
    ],
)
def test_a_forward_pass_that_is_no_such_layer_is_refused_with_the_reason(forward, shapes, message):
    with pytest.raises(CnnSymbolicError, match=message):
        check_backward(lambda dy, x: dy, of=forward, shapes=shapes)


def test_options_of_known_layers_are_refused_for_ones_own():
    for option in ({"layout": "NC"}, {"flipped": True}, {"one_hot": True}, {"assuming": ["M > 1"]}):
        with pytest.raises(CnnSymbolicError, match=r"leave layout|one-hot inputs and assumptions"):
            check_backward(depthwise_gradients, of=depthwise, shapes={"x": (7, 3), "w": (4, 3)}, **option)
