"""Layers as tensors: at every size and option they have the numbers of the numeric layers."""

from dataclasses import replace
from math import prod
from random import Random

import numpy as np
import pytest

from cnn_symbolic import Theorem, from_entries, sizes, sum_over, widths
from cnn_symbolic.backward import conv2d, linear, max_pool2d, own_layer, read_forward
from cnn_symbolic.backward.forwards import CONSTRUCTORS
from cnn_symbolic.backward.strategies import drawn
from cnn_symbolic.claims import decide, state
from cnn_symbolic.ground.errors import CnnSymbolicError, FragmentError, OperandError, ShapeError
from cnn_symbolic.layers.definitions import Setting, definition
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


def at_values(layer):
    """The layer at every combination of a few values of what is left open, with these values."""
    for at in assignments(layer.open):
        one = replace(layer, **{name: closed(value, at) for name, value in layer.options.items()})
        if is_defined(one):
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
    shapes, setting = dict(problem.inputs), Setting(layer)
    first, second = shapes["w"][:2] if "w" in shapes else (shapes["x"][1],) * 2
    named = dict(zip(layer.filters, (first // layer.groups, second), strict=True))
    return {**at, str(setting.size("K")): named["O"], str(setting.size("C")): named["I"]}


def disagreement(problem, layer, made, at):
    """The results of a definition that differ from the numeric layer's in a problem."""
    given, expected = numbers_of(problem, made)
    found = {"y": made.y, **made.gradients}
    known = sizes_at(problem, layer, at)
    arrays = {name: x.evaluate({**given}, RECIPROCAL, known) for name, x in found.items()}
    return [name for name, array in arrays.items() if not agree(array, expected[name])]


def agree(found, expected):
    """Whether two arrays have one shape and the same numbers."""
    return found.shape == expected.shape and np.allclose(found.astype(float), expected, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("text", LAYERS)
def test_a_definition_has_the_numbers_of_the_layer(text):
    layer, random = read_forward(text), Random(7)
    made, cases = definition(layer), list(at_values(layer))
    assert cases
    assert set(made.gradients) == {f"d{name}" for name in layer.inputs}
    for at, one in random.sample(cases, min(len(cases), 6)):
        problem = min((drawn(one, (), random) for _ in range(8)), key=lambda p: sum(prod(s) for _, s in p.inputs))
        assert disagreement(problem, layer, made, at) == [], problem
