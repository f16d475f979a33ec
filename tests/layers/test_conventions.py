"""Conventions of gradients as options of the layers, against definitions entry by entry."""

import numpy as np
import pytest
from hypothesis import given

from cnn_symbolic.backward import check_backward, convolution_problems, read_forward
from cnn_symbolic.ground.errors import CnnSymbolicError, ShapeError
from cnn_symbolic.witnesses.convolutions import conv, conv_gradients


@given(convolution_problems(of="conv2d(reduction='mean', untied_bias=True, stride=any_of(1, 2))"))
def test_means_over_the_batch_and_untied_biases(problem):
    values, stride = problem.values(bound=9), problem.forward.stride
    found = problem.forward.evaluate(values)
    dx, dw, _ = conv_gradients(values["dy"], values["x"], values["w"], stride=stride)
    np.testing.assert_array_equal(found["dx"], dx)
    np.testing.assert_array_equal(found["dw"], dw / len(dx))
    np.testing.assert_array_equal(found["db"], sum(values["dy"]) / len(dx))
    np.testing.assert_array_equal(found["y"], conv(values["x"], values["w"], None, stride=stride) + values["b"])
    assert all(np.array_equal(array, np.rint(array)) for array in found.values())
    assert values["b"].shape == found["db"].shape == problem.shapes["y"][1:]


def selected(window, dy, ties):
    """What the entries of one window get."""
    best = np.flatnonzero(window == window.max())
    share = {"first": best[:1], "last": best[-1:]}.get(ties, best)
    found = np.zeros(window.size)
    found[share] = dy / len(share) if ties == "shared" else dy
    return found.reshape(window.shape)


@pytest.mark.parametrize("ties", ["first", "last", "all", "shared"])
@given(problem=convolution_problems(of="max_pool2d((2, 3), stride=any_of(1, 2))"))
def test_ties_of_maxima(ties, problem):
    forward = read_forward(f"max_pool2d((2, 3), stride={problem.forward.stride}, ties={ties!r})")
    problem = type(problem)(forward, problem.inputs)
    values = problem.values()
    x, dy, s = values["x"], values["dy"], problem.forward.stride
    expected = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dy.shape):
        at = (n, c, slice(i * s, i * s + 2), slice(j * s, j * s + 3))
        expected[at] += selected(x[at], dy[n, c, i, j], ties)
    np.testing.assert_array_equal(forward.evaluate(values)["dx"], expected)


@pytest.mark.parametrize("convention", ["reduction='mean'", "untied_bias=True"])
def test_the_other_convention_is_named(convention):
    report = check_backward(conv_gradients, of=f"conv2d({convention})", signature="dy, x, w -> dx, dw, db", examples=9)
    assert report.outcome == "wrong"
    assert report.mistake in ("summed over the batch, not averaged", "summed over the positions")
    assert report.also_right["dx"]


def test_a_padding_may_depend_on_the_overlay():
    def backward(dy, x, w):
        return conv_gradients(dy, x, w, padding=(((w.shape[2] - 1) // 2,) * 2, (w.shape[3] // 2,) * 2))

    of = "conv2d(padding=((I - 1) // 2, J // 2))"
    report = check_backward(backward, of=of, examples=20)
    assert (report.outcome, str(report.forward)) == ("right", of)
    report = check_backward(backward, of="conv2d(padding=(I - 1) // 2)", examples=20)
    assert report.outcome == "wrong"
    assert check_backward(lambda dy, x: dy, of="avg_pool2d(1, padding='same')", signature="dy, x -> dx", examples=9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv2d(padding=(M - 1) // 2)", "there is no size M here, but I, J, Q, S, D"),
        ("conv2d(padding=I == 1)", "the value of an option is"),
        ("conv2d(padding=(I - i))", "there is no i"),
        ("conv2d(stride=I + 1)", "stride: expected an int"),
        ("conv2d(reduction='average')", "reduction is 'sum' or 'mean'"),
        ("max_pool2d(2, ties='none')", "ties is"),
    ],
)
def test_what_is_no_convention_is_explained(text, message):
    with pytest.raises(CnnSymbolicError, match=message):
        read_forward(text)


def test_a_padding_that_is_negative_is_an_error():
    with pytest.raises(ShapeError, match="expected an int ≥ 0"):
        read_forward("conv2d(padding=I - 2)").at({"w": (1, 1, 1, 1)})
