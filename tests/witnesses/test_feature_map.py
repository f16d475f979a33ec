"""The witnesses against the proved formulas, and against wrong ones."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import convolve, correlate
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.witnesses import explicit, numeric
from cnn_symbolic.witnesses.explicit import ExplicitFeatureMap, same_entries
from tests.support.problems import feature_map, integers, pairs

layer = feature_map()
PROVED = {
    "b": correlate(layer.activation_slope, layer.a_gradient, mode="valid"),
    "w": correlate(layer.a_prev, layer.delta, mode="valid"),
    "a_prev": convolve(layer.w, layer.delta, mode="full"),
}
SHAPES = [((3, 3), (2, 2)), ((1, 1), (1, 1)), ((2, 3), (2, 3)), ((4, 2), (1, 2)), ((2, 4), (2, 1)), ((3, 4), (2, 3))]


@pytest.mark.parametrize("cost", ["arbitrary", "quadratic"])
@pytest.mark.parametrize("activation", [explicit.opaque, explicit.sigmoid], ids=["opaque", "sigmoid"])
@pytest.mark.parametrize(("input_shape", "overlay_shape"), SHAPES)
def test_the_derivatives_of_the_cost_are_the_proved_formulas(input_shape, overlay_shape, activation, cost):
    witness = ExplicitFeatureMap(input_shape, overlay_shape, activation, cost)
    functions = witness.functions(activation)
    assert same_entries(witness.z, layer.z.evaluate(witness.values(), functions))
    assert same_entries(witness.a, layer.a.evaluate(witness.values(), functions))
    for name, formula in PROVED.items():
        derived = witness.gradient(getattr(witness, name))
        assert same_entries(derived, formula.evaluate(witness.values(), functions)), name


def test_the_explicit_witness_rejects_a_wrong_formula():
    witness = ExplicitFeatureMap((3, 3), (2, 2))
    derived = witness.gradient(witness.a_prev)
    unrotated = correlate(layer.w, layer.delta, mode="full").evaluate(witness.values(), witness.functions())
    assert derived.shape == unrotated.shape
    assert not same_entries(derived, unrotated)
    assert not same_entries(derived, derived[:1])


def test_the_explicit_witness_knows_the_quadratic_cost():
    witness = ExplicitFeatureMap((2, 2), (2, 2), explicit.sigmoid, "quadratic")
    assert witness.cost == (witness.a[0, 0] - witness.y[0, 0]) ** 2 / 2
    assert sp.diff(witness.cost, witness.y[0, 0]) == witness.y[0, 0] - witness.a[0, 0]


def test_the_explicit_witness_says_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"an overlay of shape \(3, 1\) does not fit into \(2, 2\)"):
        ExplicitFeatureMap((2, 2), (3, 1))
    with pytest.raises(ShapeError, match="the cost is 'arbitrary' or 'quadratic', found 'hinge'"):
        ExplicitFeatureMap((2, 2), (1, 1), cost="hinge")


# σ(t) = t² + t keeps integers integers, so that the comparison is exact.
INTEGRAL = (lambda t: t**2 + t, lambda t: 2 * t + 1)


def propagate(a_prev, w, b, a_gradient, activation, step_size=1):
    """The numeric feature map after one step, and what the proved formulas say for the same numbers."""
    numbers = numeric.FeatureMap(a_prev, w.shape, activation=activation)
    numbers.w, numbers.b = w, b
    forward = numbers.feed_forward()
    numbers.propagate_backward(a_gradient, step_size)
    values = {"a_prev": a_prev, "w": w, "b": b, "∂C/∂a": a_gradient}
    proved = {name: f.evaluate(values, {"σ": list(activation)}) for name, f in PROVED.items()}
    return numbers, forward, proved, layer.a.evaluate(values, {"σ": list(activation)})


@given(pairs(fitting=True, ranks=(2,)), st.integers(0, 2**32 - 1))
def test_the_numeric_feature_map_agrees_exactly_on_integers(pair, seed):
    a_prev, w = pair
    random = np.random.default_rng(seed)
    b = integers((1, 1), random)
    shape = tuple(m - i + 1 for m, i in zip(a_prev.shape, w.shape, strict=True))
    numbers, forward, proved, a = propagate(a_prev, w, b, integers(shape, random), INTEGRAL)
    np.testing.assert_array_equal(forward, a)
    for name, expected in proved.items():
        np.testing.assert_array_equal(getattr(numbers, f"{name}_gradient"), expected)
    np.testing.assert_array_equal(numbers.w, w - proved["w"])
    np.testing.assert_array_equal(numbers.b, b - proved["b"])


@given(pairs(fitting=True, ranks=(2,)), st.integers(0, 2**32 - 1))
def test_the_numeric_feature_map_agrees_with_the_sigmoid_to_a_relative_error_of_1e_12(pair, seed):
    a_prev, w = pair
    random = np.random.default_rng(seed)
    shape = tuple(m - i + 1 for m, i in zip(a_prev.shape, w.shape, strict=True))
    sigmoid = (numeric.sigmoid, numeric.sigmoid_prime)
    numbers, forward, proved, a = propagate(
        a_prev / 9, w / 9, random.standard_normal((1, 1)), random.standard_normal(shape), sigmoid, 0.1
    )
    np.testing.assert_allclose(forward, a, rtol=1e-12)
    for name, expected in proved.items():
        scale = np.abs(expected).max() + 1e-300
        np.testing.assert_allclose(getattr(numbers, f"{name}_gradient"), expected, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize(
    ("a_prev", "overlay_shape"),
    [(np.arange(20).reshape(4, 5), (2, 2)), (np.random.default_rng(0).integers(0, 256, (28, 28)), (4, 4))],
    ids=["arange(20) as 4×5 with 2×2", "a 28×28 image with 4×4"],
)
def test_on_the_articles_data_the_numeric_gradients_equal_the_proved_formulas_exactly(a_prev, overlay_shape):
    random = np.random.default_rng(1)
    shape = tuple(m - i + 1 for m, i in zip(a_prev.shape, overlay_shape, strict=True))
    w, b = integers(overlay_shape, random), integers((1, 1), random)
    numbers, forward, proved, a = propagate(a_prev, w, b, integers(shape, random), INTEGRAL)
    np.testing.assert_array_equal(forward, a)
    for name, expected in proved.items():
        np.testing.assert_array_equal(getattr(numbers, f"{name}_gradient"), expected)


def test_the_numeric_witness_disagrees_with_a_wrong_formula():
    random = np.random.default_rng(2)
    a_prev, w, b = integers((4, 5), random), integers((2, 2), random), integers((1, 1), random)
    a_gradient = integers((3, 4), random)
    numbers, *_ = propagate(a_prev, w, b, a_gradient, INTEGRAL)
    values = {"a_prev": a_prev, "w": w, "b": b, "∂C/∂a": a_gradient}
    wrong = correlate(layer.w, layer.delta, mode="full").evaluate(values, {"σ": list(INTEGRAL)})
    assert (numbers.a_prev_gradient != wrong).any()


def test_the_numeric_feature_map_says_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"an overlay of shape \(5, 1\) does not fit into an input of shape \(4, 5\)"):
        numeric.FeatureMap(np.ones((4, 5)), (5, 1))
    with pytest.raises(ShapeError, match="does not fit"):
        numeric.FeatureMap(np.ones((4, 5)), (2,))
    one = numeric.FeatureMap(np.ones((4, 5)), (2, 2), np.random.default_rng(0))
    with pytest.raises(ShapeError, match="call feed_forward first"):
        one.propagate_backward(np.ones((3, 4)), 0.1)
    one.feed_forward()
    with pytest.raises(ShapeError, match=r"the shape \(3, 4\) of the activations, found \(4, 3\)"):
        one.propagate_backward(np.ones((4, 3)), 0.1)


def test_the_sigmoid_does_not_overflow():
    with np.errstate(over="raise", invalid="raise"):
        assert numeric.sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]
