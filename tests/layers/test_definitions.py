"""Layers as tensors: at every size and option they have the numbers of the numeric layers."""

from dataclasses import replace
from math import prod
from random import Random

import numpy as np
import pytest

from cnn_symbolic import And, Iverson, Theorem, from_entries, sum_over, widths
from cnn_symbolic.backward import any_of, conv2d, read_forward
from cnn_symbolic.backward.forwards import CONSTRUCTORS, own_layer
from cnn_symbolic.backward.strategies import drawn
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.points import Point
from cnn_symbolic.ground.errors import FragmentError, OperandError, ShapeError
from cnn_symbolic.layers.definitions import LayerSizes, definition
from cnn_symbolic.layers.forward import is_defined
from cnn_symbolic.layers.options import assignments, closed
from cnn_symbolic.witnesses.windows import gather

LAYERS = [
    "conv1d()",
    "conv1d(stride=S, padding=P, dilation=D)",
    "conv1d(stride=2, padding='same')",
    "conv1d(stride=S, padding='same', dilation=D)",
    "conv1d(padding='causal', dilation=L)",
    "conv1d(padding='same_lower')",
    "conv1d(padding='full', stride=3)",
    "conv1d(groups=2, stride=S, padding=P)",
    "conv1d(groups=3, padding='same', untied_bias=True)",
    "conv1d(padding=D*(I - 1)//2, dilation=T)",
    "conv1d(padding=S - 1, stride=N)",
    "conv2d(stride=(S, 2), padding=((P, 1), (0, R)), dilation=(1, D))",
    "conv2d(padding=(P, 1), reduction='mean')",
    "conv2d(stride=S, untied_bias=True, reduction='mean')",
    "conv2d(groups=2, dilation=(2, 1))",
    "conv2d(stride=S, padding=S)",
    "conv3d(stride=(1, S, 2))",
    "conv_transpose1d(stride=S, padding=P, output_padding=Q, dilation=D)",
    "conv_transpose1d(stride=K, padding=((C, 1),))",
    "conv_transpose1d(padding=I - 1)",
    "conv_transpose1d(groups=2, stride=S, output_padding=1, reduction='mean')",
    "conv_transpose1d(groups=2, dilation=D, untied_bias=True)",
    "conv_transpose2d(stride=(S, 3), output_padding=(0, Q))",
    "conv_transpose3d(stride=S)",
    "linear()",
    "linear(reduction='mean', untied_bias=True)",
    "max_pool1d(I, stride=S, padding=P, dilation=D, ceil_mode=True)",
    "max_pool1d(W, ties='first')",
    "max_pool1d(3, stride=2, padding='same')",
    "max_pool2d((2, J), stride=(S, 1), padding=(1, 0))",
    "max_pool3d(2)",
    "avg_pool1d(I, stride=S, padding=P)",
    "avg_pool1d(I, stride=S, padding=P, ceil_mode=True)",
    "avg_pool1d(I, stride=S, padding=P, count_include_pad=False)",
    "avg_pool1d(3, stride=S, padding=1, count_include_pad=False, ceil_mode=True)",
    "avg_pool2d((2, I))",
    "avg_pool2d(2, padding=((0, 1), (1, 0)), count_include_pad=False)",
    "avg_pool3d(2, stride=1)",
    "upsample_nearest1d(F)",
    "upsample_nearest2d((F, 2))",
    "upsample_nearest3d(2)",
]
RECIPROCAL = {"reciprocal": [lambda t: 1 / t, lambda t: -1 / t**2]}


def at_values(layer, assumptions):
    """The layer at every combination of a few values of what is left open, with these values, as far as assumed."""
    for at in assignments(layer.open):
        one = replace(layer, **{name: closed(value, at) for name, value in layer.options.items()})
        if is_defined(one) and all(condition.at(Point(at)) for condition in assumptions):
            yield at, one


def numbers_of(problem, made):
    """Random integers for the leaves of a definition, and what the numeric layer makes of them."""
    layer, values = problem.forward, {k: v.astype(int) for k, v in problem.values(bound=9).items()}
    expected = layer.evaluate(values)
    given = {name: values[name] for name in (*made.inputs, "dy")}
    if made.given:
        axes = layer.axes(dict(problem.inputs))
        cells = gather(np.arange(1, values["x"][0, 0].size + 1).reshape(1, 1, *values["x"].shape[2:]), axes) - 1
        cells = np.moveaxis(cells, range(2, 2 + layer.rank), range(-layer.rank, 0))
        given["s"] = (cells == np.expand_dims(expected["places"], tuple(range(-layer.rank, 0)))).astype(int)
    return given, expected


def sizes_at(problem, layer, at):
    """The sizes of a problem that no axis shows by itself: those of options, and the channels of a group."""
    shapes, setting = dict(problem.inputs), LayerSizes(layer)
    first, second = shapes["w"][:2] if "w" in shapes else (shapes["x"][1],) * 2
    named = dict(zip(layer.filters, (first // layer.groups, second), strict=True))
    channels = {setting.size("K").formula: named["O"], setting.size("C").formula: named["I"]}
    return channels | {setting.open[name].formula: value for name, value in at.items()}


def disagreement(problem, layer, made, at):
    """The results of a definition that differ from the numeric layer's in a problem."""
    given, expected = numbers_of(problem, made)
    found = {"y": made.y, **made.gradients}
    known = sizes_at(problem, layer, at)
    arrays = {name: x.evaluate(given, RECIPROCAL, known) for name, x in found.items()}
    return [name for name, array in arrays.items() if not agree(array, expected[name])]


def agree(found, expected):
    """Whether two arrays have one shape and the same numbers."""
    return found.shape == expected.shape and np.allclose(
        found.astype(float), expected.astype(float), rtol=1e-12, atol=1e-9
    )


@pytest.mark.parametrize("text", LAYERS)
def test_a_definition_has_the_numbers_of_the_layer(text):
    layer, random = read_forward(text), Random(7)
    made = definition(layer)
    cases = list(at_values(layer, made.assumptions))
    assert cases
    assert set(made.gradients) == {f"d{name}" for name in layer.inputs}
    for at, one in random.sample(cases, min(len(cases), 6)):
        problem = min((drawn(one, (), random) for _ in range(8)), key=lambda p: sum(prod(s) for _, s in p.inputs))
        assert disagreement(problem, layer, made, at) == [], problem


@pytest.mark.parametrize("text", ["conv1d(stride=S, padding=P)", "conv_transpose1d(groups=2)", "max_pool1d(I)"])
def test_another_layer_in_its_place_is_found(text):
    """A planted bug: the windows of the definition lie one cell further."""
    layer, random = read_forward(text), Random(7)
    made = definition(layer)
    x, y = made.inputs["x"], made.y
    moved = from_entries(y.shape, lambda n, k, r: y[n, k, r + 1], using=[y])
    other = replace(made, y=moved, gradients={"dx": from_entries(x.shape, lambda n, c, m: x[n, c, m], using=[x])})
    at, one = list(at_values(layer, ()))[-1]
    assert set(disagreement(drawn(one, (), random), layer, other, at)) == {"y", "dx"}


def test_every_layer_has_a_definition():
    assert {read_forward(text).name for text in LAYERS} == CONSTRUCTORS.keys()
    for name in CONSTRUCTORS:
        window = "(2)" if "pool" in name or "upsample" in name else ""
        assert definition(read_forward(name + window)).assumptions == ()


def test_sizes_are_called_as_no_option():
    made = definition(read_forward("conv3d(stride=B, dilation=D, padding=(K, N, W))"))
    assert str(made.inputs["x"].shape) == "(B′, C, M, N′, O)"
    assert str(made.inputs["w"].shape) == "(K′, C, I, J, Q)"
    assert {name: str(value) for name, value in made.options.items()} == {
        "stride": "B",
        "padding": "(K, N, W)",
        "dilation": "D",
        "groups": "1",
    }


def test_what_the_frameworks_refuse_at_some_sizes_is_assumed_away():
    def assumed(text):
        return [str(condition) for condition in definition(read_forward(text)).assumptions]

    assert assumed("conv_transpose1d(stride=S, output_padding=1)") == ["S > 1"]
    assert assumed("conv_transpose2d(stride=2, output_padding=1)") == []
    assert assumed("avg_pool2d(2, padding=P)") == []
    assert assumed("avg_pool2d(2, padding=P, count_include_pad=False)") == ["P < 2"]
    assert assumed("avg_pool2d(I, padding=P, ceil_mode=True)") == ["P ≤ I"]


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        ("max_pool2d(2, ties='all')", FragmentError, "ties='all'.* is tested only"),
        ("conv2d(stride=any_of(1, 2))", OperandError, "varies: a definition is of a layer with one value"),
        ("conv_transpose2d(output_padding=1)", ShapeError, "is defined at no sizes"),
        ("conv2d(stride=(1, 2), padding=S - 1)", ShapeError, "S differs between the axes"),
        (own_layer(lambda x: 2 * x), FragmentError, "has no definition in symbols: it is tested only"),
    ],
)
def test_a_layer_without_a_definition_says_why(layer, error, message):
    with pytest.raises(error, match=message):
        definition(read_forward(layer) if isinstance(layer, str) else layer)


def test_the_choices_of_a_layer_leave_open_what_is_so():
    layers = list(conv2d(stride=any_of(1, 2), padding=widths("P")[0]).chosen())
    assert list(map(str, layers)) == ["conv2d(padding=P)", "conv2d(stride=2, padding=P)"]
    assert str(definition(layers[1]).y.shape[2]) == "P + ⌊(M - I)/2⌋ + 1"


def test_the_input_gradient_of_a_convolution_is_proved_for_every_stride_padding_and_dilation():
    made = definition(read_forward("conv2d(stride=S, padding=P, dilation=D)"))
    x, w, dy = made.inputs["x"], made.inputs["w"], made.dy
    S, P, D = (made.options[name] for name in ("stride", "padding", "dilation"))
    K, _, I, J = w.shape

    def entry(n, c, h, v):
        def reached(k, i, j):
            a, b = h + P - D * i, v + P - D * j
            return Iverson(And(a % S == 0, b % S == 0)) * dy[n, k, a // S, b // S] * w[k, c, i, j]

        return sum_over(reached, (K, I, J))

    assert isinstance(decide(state(made.gradients["dx"], from_entries(x.shape, entry, using=[dy, w]))), Theorem)
