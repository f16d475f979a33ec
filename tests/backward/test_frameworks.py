"""The functions over NumPy arrays that `of_torch` and `of_jax` return: results, signatures, what is refused."""

import sys
from functools import partial

import numpy as np
import pytest

from cnn_symbolic.backward import of_jax, of_torch
from cnn_symbolic.ground.errors import CnnSymbolicError, MissingPackageError, OperandError, ShapeError
from cnn_symbolic.witnesses.convolutions import conv, conv_gradients
from tests.support.backward.frameworks import X_W, X_W_B, X, arrays, is_right, jax_convolution
from tests.support.problems import same


@pytest.fixture(params=["torch", "jax"])
def adapted(request):
    """The adapter of a framework, and a convolution of that framework."""
    module = request.getfixturevalue(request.param)
    if request.param == "torch":
        return of_torch, module.nn.functional.conv2d
    return of_jax, partial(jax_convolution, module, {"stride": (1, 1)})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_result_and_the_gradients_are_returned_in_the_precision_of_the_arrays(adapted, dtype):
    adapter, function = adapted
    dy, x, w, b = arrays(dtype)
    found = adapter(lambda x, w, b: function(x, w, b))(dy, x, w, b)
    for ours, theirs in zip((conv(x, w, b), *conv_gradients(dy, x, w)), found, strict=True):
        same(ours, theirs)
        assert theirs.dtype == dtype


def test_the_number_of_gradients_is_that_of_the_arguments(adapted):
    adapter, function = adapted
    dy, x, w, b = arrays()
    assert len(adapter(lambda x, w, b=None: function(x, w, b))(dy, x, w, b)) == 4
    assert len(adapter(lambda x, w, b=None: function(x, w, b))(dy, x, w)) == 3
    assert len(adapter(lambda x: 2 * x)(x, x)) == 2


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (lambda x, w, b: x, X_W_B),
        (lambda x, w, bias=None: x, X_W_B),
        (lambda x, w, stride=1: x, X_W),
        (lambda x, w, *, b=None: x, X_W),
        (partial(lambda x, w, stride: x, stride=2), X_W),
        (lambda x, size=2: x, X),
        (lambda *inputs: inputs[0], X_W_B),
        (max, X_W_B),  # a built-in function without a signature
    ],
)
def test_the_signature_follows_the_parameters(adapted, function, signature):
    assert adapted[0](function).signature == signature


def test_the_name_of_the_function_is_kept(torch):
    assert repr(of_torch(is_right)) == "of_torch(is_right)"
    assert repr(of_torch(partial(torch.nn.functional.conv2d, padding=1))) == "of_torch(conv2d)"
    assert repr(of_torch(torch.nn.Conv2d(1, 1, 1))) == "of_torch(Conv2d)"


@pytest.mark.parametrize(
    ("function", "found"),
    [(lambda: 0, r"\(\)"), (lambda x, w, stride, padding: x, r"\(x, w, stride, padding\)"), (3, "3")],
)
def test_functions_of_other_parameters_are_refused(adapted, function, found):
    with pytest.raises(OperandError, match=f"expected a function of x.*{found}"):
        adapted[0](function)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((1, 1), int), r"dy is a NumPy array of float16, float32, float64 in of_\w+\(.*\), found int64"),
        ([[1.0]], "found list"),
    ],
)
def test_arrays_of_other_kinds_are_refused(adapted, wrong, message):
    with pytest.raises(OperandError, match=message):
        adapted[0](lambda x: x)(wrong, np.zeros((1, 1)))


def test_a_result_of_another_shape_is_named(adapted):
    with pytest.raises(ShapeError, match=r"dy has the shape of the function's result, \(2, 2\), found \(2, 1\)"):
        adapted[0](lambda x: x)(np.ones((2, 1)), np.ones((2, 2)))


def test_several_results_are_refused(adapted):
    with pytest.raises(OperandError, match=r"the function returns one (tensor|array).*, found tuple"):
        adapted[0](lambda x: (x, x))(np.ones(2), np.ones(2))


@pytest.mark.parametrize(("name", "adapter"), [("torch", of_torch), ("jax", of_jax)])
def test_a_missing_framework_is_named_with_its_extra(monkeypatch, name, adapter):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackageError, match=rf"needs .*pip install 'cnn-symbolic\[{name}\]'") as caught:
        adapter(lambda x: x)
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, CnnSymbolicError)
