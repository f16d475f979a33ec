"""The gradients of JAX through `of_jax`: its own, planted mistakes, its precision.

JAX compiles every shape anew, so that there are few shapes.
"""

from functools import partial

import numpy as np
import pytest

from cnn_symbolic.backward import of_jax
from cnn_symbolic.backward.check import check_backward
from cnn_symbolic.ground.errors import ShapeError
from tests.support.backward.frameworks import CONVOLUTIONS, X_W, is_right, jax_convolution, layer
from tests.support.thorough import every


def jax_transposed(jax, stride, y, w):
    """A transposed convolution of JAX, over two axes, in the layout of PyTorch."""
    pads = [(size - 1, size - 1) for size in w.shape[2:]]
    layouts = ("NCHW", "OIHW", "NCHW")
    return jax.lax.conv_transpose(y, w, stride, pads, dimension_numbers=layouts, transpose_kernel=True)


def jax_pooling(jax, name, window, stride, x):
    sizes = ((1, 1, *window), (1, 1, *stride), "VALID")
    if name.startswith("max"):
        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, *sizes)
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, *sizes) / np.prod(window).item()


@pytest.mark.parametrize(("name", "options"), every(2, CONVOLUTIONS[1::2]))
def test_convolutions_of_jax_are_right(jax, name, options):
    backward = of_jax(lambda x, w, b: jax_convolution(jax, options, x, w, b))
    assert is_right(check_backward(backward, of=layer(name, **options), examples=5))


def test_a_transposed_convolution_of_jax_is_right(jax):
    backward = of_jax(partial(jax_transposed, jax, (2, 1)))
    assert backward.signature == X_W
    assert is_right(check_backward(backward, of="conv_transpose2d(stride=(2, 1))", examples=5))


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_poolings_of_jax_are_right(jax, name):
    backward = of_jax(lambda x: jax_pooling(jax, name, (3, 2), (2, 1), x))
    assert is_right(check_backward(backward, of=layer(name, window=(3, 2), stride=(2, 1)), examples=5))


def custom_convolution(jax, pull_back):
    """A convolution of JAX with a backward pass of its own."""

    @jax.custom_vjp
    def convolution(x, w):
        return jax_convolution(jax, {"stride": 2}, x, w)

    def forward(x, w):
        return convolution(x, w), (x, w)

    convolution.defvjp(forward, pull_back)
    return convolution


def right_pull_back(jax, saved, dy):
    return jax.vjp(partial(jax_convolution, jax, {"stride": 2}), *saved)[1](dy)


def test_a_right_custom_gradient_of_jax_is_right(jax):
    backward = of_jax(custom_convolution(jax, partial(right_pull_back, jax)))
    assert backward.signature == X_W
    assert is_right(check_backward(backward, of="conv2d(stride=2)", examples=5))


def test_the_mistake_of_a_custom_gradient_of_jax_is_named(jax):
    def rotated(saved, dy):
        dx, dw = right_pull_back(jax, saved, dy)
        return dx, dw[:, :, ::-1, ::-1]

    report = check_backward(of_jax(custom_convolution(jax, rotated)), of="conv2d(stride=2)", examples=5)
    assert (report.outcome, report.kind, report.gradient) == ("wrong", "value", "dw")
    assert report.mistake.startswith("dw is rotated")
    assert report.also_right["dx"]


@pytest.mark.parametrize("enabled", [False, True])
def test_the_precision_of_jax_is_restored(jax, enabled):
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", enabled)
    try:
        for dtype in (np.float64, np.float32):
            found = of_jax(lambda x: 2 * x)(np.ones(2, dtype), np.ones(2, dtype))
            assert {array.dtype for array in found} == {np.dtype(dtype)}
        with pytest.raises(ShapeError):
            of_jax(lambda x: x)(np.ones(1), np.ones(2))
        assert jax.config.jax_enable_x64 == enabled
    finally:
        jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_constants_of_a_function_of_jax_have_the_precision_of_the_arrays(jax, dtype):
    found = of_jax(lambda x: x * jax.numpy.arange(2.0))(np.ones(2, dtype), np.ones(2, dtype))
    assert {array.dtype for array in found} == {np.dtype(dtype)}
    assert found[1].tolist() == [0, 1]
