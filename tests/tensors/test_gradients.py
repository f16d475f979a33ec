"""Gradients by SymPy against exact differences: the cost is a polynomial, so integers decide."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_symbolic import (
    apply,
    convolve,
    correlate,
    dilate,
    dot,
    gradient,
    named,
    outer,
    pad,
    rot180,
    scalar,
    sizes,
    stack,
    sum_axes,
    tensor,
    transpose,
    zeros,
)
from cnn_symbolic.ground.errors import FragmentError, ShapeError
from tests.support.problems import integers
from tests.support.thorough import every

M, N, I, J = sizes("M N I J")
x, w, c = tensor(M, N, name="x"), tensor(I, J, name="w"), scalar("c")
z = named("z", correlate(x, w))
y = named("y", apply(z, function="f"))
OUTPUTS = {
    "valid correlation": correlate(x, w),
    "full convolution": convolve(x, w),
    "same correlation": correlate(x, w, mode="same"),
    "rotation and padding": pad(rot180(x), widths=[(1, 2), (-1, 3)]),
    "dilation": dilate(x, factors=(2, 3)),
    "a square": correlate(x, x, mode="full"),
    "a number times a tensor": c * x,
    "sums over axes": sum_axes(x * x, axes=(0,)),
    "dot product": dot(x, x + x),
    "outer product": outer(x, w),
    "transpose and stack": stack(transpose(x), transpose(2 * x)),
    "an opaque function": apply(z, function="f"),
    "two stages": correlate(y, w, mode="full"),
    "a stage used twice": apply(named("u", z + z * z), function="f"),
    "a stage and its input": y * z,
}
FUNCTIONS = {"f": [lambda t: t**2 + 3 * t, lambda t: 2 * t + 3, lambda t: 0 * t + 2]}


def exact_gradient(cost, values, name):
    """The derivative of a polynomial cost at integers, from exact differences of order up to eight."""
    derivative = np.zeros(np.shape(values[name]), dtype=object)
    t = sp.Symbol("t")
    for at in np.ndindex(*derivative.shape):
        points = []
        for step in range(-4, 5):
            moved = {k: np.array(v, dtype=object) for k, v in values.items()}
            moved[name][at] += step
            points.append((step, int(cost(moved))))
        derivative[at] = sp.diff(sp.interpolate(points, t), t).subs(t, 0)
    return derivative


@pytest.mark.parametrize("output", every(3, OUTPUTS.values(), ids=OUTPUTS))
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_gradient_is_the_derivative_of_the_cost(output, seed):
    random = np.random.default_rng(seed)
    m, n, i, j = (int(random.integers(2, 4)), 2, int(random.integers(1, 3)), 1)
    given_shapes = {"x": (m, n), "w": (i, j), "c": ()}
    needed = [name for name in output.names() if name in given_shapes]
    values = {name: integers(given_shapes[name], random, 3).astype(object) for name in needed}
    values = {name: np.array(v, dtype=object) for name, v in values.items()}
    arriving = integers(np.shape(output.evaluate(values, FUNCTIONS)), random, 3)
    g = tensor(*output.shape, name="g")

    def cost(at):
        return np.sum(output.evaluate(at, FUNCTIONS) * arriving)

    wrt = {"x": x, "w": w, "c": c}[needed[seed % len(needed)]]
    got = gradient(output, wrt=wrt, cotangent=g).evaluate({**values, "g": arriving}, FUNCTIONS)
    np.testing.assert_array_equal(got, exact_gradient(cost, values, wrt.name))


def test_the_oracle_of_this_test_can_fail():
    values = {"x": np.array([[2, 3]], dtype=object)}
    assert exact_gradient(lambda at: np.sum(at["x"] ** 2), values, "x").tolist() == [[4, 6]]


def test_the_cotangent_is_held_fixed_even_if_it_is_made_from_the_variable():
    quadratic = gradient(x + zeros(M, N), wrt=x, cotangent=x)
    values = {"x": np.array([[2, 3]])}
    assert quadratic.evaluate(values).tolist() == [[2, 3]]


def test_a_gradient_has_the_shape_of_its_variable():
    g = tensor(*z.shape, name="g")
    assert gradient(z, wrt=w, cotangent=g).shape == w.shape
    assert gradient(z, wrt=z, cotangent=g).shape == z.shape


def test_a_gradient_with_respect_to_what_does_not_enter_is_zero():
    g = tensor(M, N, name="g")
    values = {"x": np.ones((2, 2), int), "w": np.ones((1, 1), int), "g": np.ones((2, 2), int)}
    assert not gradient(x + zeros(M, N), wrt=w, cotangent=g).evaluate(values).any()


def test_what_does_not_fit_is_rejected():
    with pytest.raises(ShapeError, match=r"the cotangent w has shape \(I, J\), but x has shape \(M, N\)"):
        gradient(x, wrt=x, cotangent=w)
    with pytest.raises(FragmentError, match="with respect to a tensor with a name"):
        gradient(x, wrt=x + x, cotangent=x)
