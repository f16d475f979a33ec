"""Symbolic layers: their forward pass in NumPy, what they are made from, and what does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import Theorem, gradient, ones, sizes, tensor
from cnn_symbolic.claims import decide, state
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.layers import (
    ConvolutionalLayer,
    FeatureMap,
    FullyConnectedLayer,
    MaxPoolingMap,
    cross_entropy_of_softmax,
    quadratic_cost,
)
from cnn_symbolic.witnesses import numeric
from cnn_symbolic.witnesses.article_run import INTEGRAL
from tests.support.problems import integers

K, D, M, N, I, J = sizes("K D M N I J")
FUNCTIONS = {"σ": list(INTEGRAL)}
maps = ConvolutionalLayer((D, M, N), (I, J), maps=K)
connected = FullyConnectedLayer((M, N), neurons=K)
pool = MaxPoolingMap((M, N), (I, J))


def proved(layer):
    """The derived gradients of a layer by the names of the numeric ones."""
    named = {"a_prev_gradient": layer.a_prev, "w_gradient": layer.w, "b_gradient": layer.b}
    return {name: layer.gradient(wrt) for name, wrt in named.items()}


def agree(numbers, arriving, values, layer):
    """The numeric layer's forward pass, gradients and step are exactly the symbolic ones."""
    np.testing.assert_array_equal(numbers.a, layer.a.evaluate(values, FUNCTIONS).reshape(numbers.a.shape))
    w, b = numbers.w, numbers.b
    numbers.propagate_backward(arriving, 2)
    for name, formula in proved(layer).items():
        expected = formula.evaluate(values, FUNCTIONS)
        np.testing.assert_array_equal(getattr(numbers, name), expected.reshape(getattr(numbers, name).shape))
    np.testing.assert_array_equal(numbers.w, w - 2 * numbers.w_gradient)
    np.testing.assert_array_equal(numbers.b, b - 2 * numbers.b_gradient)


@given(st.data(), st.integers(0, 2**32 - 1))
def test_the_numeric_convolutional_layer_agrees_exactly(data, seed):
    random = np.random.default_rng(seed)
    k, d, m, n = (data.draw(st.integers(1, 4)) for _ in range(4))
    i, j = data.draw(st.integers(1, m)), data.draw(st.integers(1, n))
    a_prev = integers((d, m, n), random)
    numbers = numeric.ConvolutionalLayer(a_prev, (i, j), k, random, INTEGRAL)
    numbers.w, numbers.b = integers((k, d, i, j), random), integers((k,), random)
    arriving = integers(numbers.feed_forward().shape, random)
    agree(numbers, arriving, {"a_prev": a_prev, "w": numbers.w, "b": numbers.b, "∂C/∂a": arriving}, maps)


@given(st.data(), st.integers(0, 2**32 - 1))
def test_the_numeric_fully_connected_layer_agrees_exactly(data, seed):
    random = np.random.default_rng(seed)
    k, m, n = (data.draw(st.integers(1, 4)) for _ in range(3))
    a_prev = integers((m, n), random)
    numbers = numeric.FullyConnectedLayer(a_prev, k, random, INTEGRAL)
    numbers.w, numbers.b = integers((k, m * n), random), integers((k, 1), random)
    numbers.feed_forward()
    arriving = integers((k,), random)
    values = {"a_prev": a_prev, "w": numbers.w.reshape(k, m, n), "b": numbers.b[:, 0], "∂C/∂a": arriving}
    agree(numbers, arriving[:, None], values, connected)


@given(st.data(), st.integers(0, 2**32 - 1))
def test_the_numeric_max_pooling_map_agrees_exactly_ties_included(data, seed):
    random = np.random.default_rng(seed)
    shape = tuple(data.draw(st.integers(1, 5)) for _ in range(2))
    overlay = tuple(data.draw(st.integers(1, n)) for n in shape)
    a_prev = integers(shape, random, 3)
    numbers = numeric.MaxPoolingMap(a_prev, overlay)
    pooled = numbers.feed_forward()
    windows = np.lib.stride_tricks.sliding_window_view(a_prev, overlay)
    np.testing.assert_array_equal(pooled, windows.max(axis=(2, 3)))
    size = int(np.prod(overlay))
    selection = (numbers.max_positions[..., None] == np.arange(size)).reshape((*pooled.shape, *overlay)).astype(int)
    for at in np.ndindex(*pooled.shape):
        first = next(u for u in np.ndindex(*overlay) if windows[at][u] == pooled[at])
        assert selection[at][first] == 1
    arriving = integers(pooled.shape, random)
    values = {"a_prev": a_prev, "s": selection, "∂C/∂a": arriving}
    np.testing.assert_array_equal(pooled, pool.a.evaluate(values))
    np.testing.assert_array_equal(numbers.propagate_backward(arriving), pool.gradient(pool.a_prev).evaluate(values))


def test_pooling_takes_further_axes_one_by_one():
    stack = integers((3, 4, 5), np.random.default_rng(0))
    together = numeric.MaxPoolingMap(stack, (2, 3))
    pooled = together.feed_forward()
    arriving = integers(pooled.shape, np.random.default_rng(1))
    back = together.propagate_backward(arriving)
    for k in range(3):
        one = numeric.MaxPoolingMap(stack[k], (2, 3))
        np.testing.assert_array_equal(one.feed_forward(), pooled[k])
        np.testing.assert_array_equal(one.propagate_backward(arriving[k]), back[k])


def test_layers_are_chained_by_giving_one_the_activations_of_another():
    first = FeatureMap((M, N), (I, J), name="1")
    second = FullyConnectedLayer(first.a, neurons=K, name="2")
    assert {name for name in second.a.names() if name.startswith("w")} == {"w1", "w2"}
    through = gradient(second.a, wrt=first.w, cotangent=second.a_gradient)
    assert through.shape == (I, J)


def test_costs_and_activations():
    a, y = tensor(K, name="a"), tensor(K, name="y")
    values = {"a": np.array([3, 1]), "y": np.array([1, 0])}
    assert quadratic_cost(a, y).evaluate(values) == 2.5
    z = tensor(K, name="z")
    cost, p = cross_entropy_of_softmax(z, y)
    numbers = {"z": np.array([0.5, -1.0, 2.0]), "y": np.array([0.0, 1.0, 0.0])}
    functions = {"exp": [np.exp], "log": [np.log], "reciprocal": [lambda t: 1 / t]}
    softmax = np.exp(numbers["z"]) / np.exp(numbers["z"]).sum()
    np.testing.assert_allclose(p.evaluate(numbers, functions), softmax)
    np.testing.assert_allclose(cost.evaluate(numbers, functions), -np.log(softmax[1]))
    derived = gradient(cost, wrt=z, cotangent=ones()).evaluate(numbers, functions)
    np.testing.assert_allclose(derived, softmax - numbers["y"])


def test_a_layer_with_any_number_of_axes_has_the_same_gradients():
    from cnn_symbolic import convolve, correlate

    for rank in (1, 3):
        lengths = sizes(" ".join(f"M{k}" for k in range(rank)))
        overlay = sizes(" ".join(f"I{k}" for k in range(rank)))
        layer = FeatureMap(lengths, overlay)
        weights = correlate(layer.a_prev, layer.delta, mode="valid")
        assert isinstance(decide(state(layer.gradient(layer.w), weights)), Theorem)
        inputs = convolve(layer.w, layer.delta, mode="full")
        assert isinstance(decide(state(layer.gradient(layer.a_prev), inputs)), Theorem)


REJECTED = [
    (lambda: FeatureMap((M, N), (I,)), "equally many axes"),
    (lambda: FeatureMap((3, 3), (4, 2)), "would have the empty shape"),
    (lambda: ConvolutionalLayer((M,), (I,), maps=K), "one axis of maps before those of the overlay"),
    (lambda: ConvolutionalLayer((D, M, N), (I,), maps=K), "one axis of maps before those of the overlay"),
    (lambda: MaxPoolingMap((M, N), (I,)), "windows: a_prev has 2 axes"),
    (lambda: numeric.ConvolutionalLayer(np.ones((3, 3)), (2, 2), 1), "an input of shape"),
    (lambda: numeric.ConvolutionalLayer(np.ones((1, 3, 3)), (4, 2), 1), "does not fit into maps of shape"),
    (lambda: numeric.FullyConnectedLayer(np.ones(3), 0), "at least one neuron"),
    (lambda: numeric.MaxPoolingMap(np.ones((2, 2)), (3, 1)), "does not fit"),
    (lambda: numeric.MaxPoolingMap(np.ones((2, 2)), (1, 1)).propagate_backward(np.ones((2, 2))), "feed_forward first"),
    (lambda: numeric.FeatureMap(np.ones((2, 2)), (1, 1)).feed_forward(np.ones((2, 3))), "the layer's input has shape"),
]


@pytest.mark.parametrize(("call", "message"), REJECTED, ids=[r[1][:30] for r in REJECTED])
def test_what_does_not_fit_is_rejected(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_a_pooling_map_rejects_a_gradient_of_another_shape():
    numbers = numeric.MaxPoolingMap(np.ones((3, 3)), (2, 2))
    numbers.feed_forward()
    with pytest.raises(ShapeError, match=r"the shape \(2, 2\) of the maxima, found \(3, 3\)"):
        numbers.propagate_backward(np.ones((3, 3)))


def test_the_rectifier_and_its_slope():
    z = np.array([-1.0, 0.0, 2.0])
    assert numeric.relu(z).tolist() == [0, 0, 2]
    assert numeric.relu_prime(z).tolist() == [0, 0, 1]
