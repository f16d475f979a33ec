"""The layer without spatial axes, y = x·wᵀ + b: right backward passes, wrong ones by name, PyTorch's own."""

import numpy as np
import pytest

from cnn_symbolic.backward import check_backward, linear, of_torch, read_forward


def right(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=0)


WRONG = {
    "the weights are not transposed": (lambda dy, x, w: (dy @ w, x.T @ dy, dy.sum(0)), "dw", "the channel axes of dw"),
    "a mean": (lambda dy, x, w: (dy @ w, dy.T @ x / len(x), dy.sum(0)), "dw", "divided by the batch size"),
    "a mean of the bias": (lambda dy, x, w: (dy @ w, dy.T @ x, dy.mean(0)), "db", "divided by the batch size"),
    "twice": (lambda dy, x, w: (2 * dy @ w, dy.T @ x, dy.sum(0)), "dx", "doubled"),
    "turned weights": (lambda dy, x, w: (dy @ w[::-1], dy.T @ x, dy.sum(0)), "dx", None),
}


def test_a_right_one_is_right_in_either_layout():
    report = check_backward(right, of=linear())
    assert report.right
    assert report.layout == "layout NC, filters OI"
    assert check_backward(lambda dy, x, w: (dy @ w.T, x.T @ dy, dy.sum(0)), of="linear()", filters="IO").right
    assert check_backward(lambda dy, x, w: (w.T @ dy, x @ dy.T, dy.sum(1)), of="linear", layout="CN").right is False


@pytest.mark.parametrize(("function", "gradient", "mistake"), WRONG.values(), ids=WRONG)
def test_a_wrong_one_is_wrong_by_name(function, gradient, mistake):
    report = check_backward(function, of=linear())
    assert (report.right, report.gradient) == (False, gradient)
    assert report.mistake is None if mistake is None else mistake in report.mistake, report.mistake


def test_what_is_given_and_returned_is_the_layers():
    assert str(read_forward("linear()")) == str(linear()) == "linear()"
    values = {
        "x": np.array([[1.0, 2]]),
        "w": np.array([[3.0, 4], [5, 6]]),
        "b": np.array([7.0, 8]),
        "dy": np.ones((1, 2)),
    }
    found = linear().evaluate(values)
    assert found["y"].tolist() == [[18, 25]]
    assert (found["dx"].tolist(), found["dw"].tolist(), found["db"].tolist()) == ([[8, 10]], [[1, 2], [1, 2]], [1, 1])


def test_pytorchs_own_is_right():
    torch = pytest.importorskip("torch", reason="needs cnn-symbolic[torch]")
    assert check_backward(of_torch(torch.nn.functional.linear), of=linear()).right
