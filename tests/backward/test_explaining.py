"""What explains a failure: names that are so at every shape, the smallest example, and what a function is right for."""

import numpy as np
import pytest

from cnn_symbolic.backward import check_backward
from cnn_symbolic.witnesses.convolutions import conv, conv_gradients
from tests.support.thorough import every

SHAPES = {"x": (2, 3, 4, 5), "w": (4, 3, 2, 2)}


def changed(**changes):
    """A backward pass that returns y, dx, dw, db, each of which may be changed by a function of all arrays."""

    def backward(dy, x, w, b):
        names = ("dx", "dw", "db")
        right = {"y": conv(x, w, b), **dict(zip(names, conv_gradients(dy, x, w), strict=True))}
        given = {"dy": dy, "x": x, "w": w, "b": b, **right}
        return tuple(changes.get(name, lambda a, name=name: a[name])(given) for name in right)

    backward.signature = "dy, x, w, b -> y, dx, dw, db"
    return backward


def rotated(array):
    return array[:, :, ::-1, ::-1]


def updated(rate):
    return changed(dx=lambda a: conv_gradients(a["dy"], a["x"], a["w"] - rate * a["dw"])[0])


def per_map(b):
    return b[None, :, None, None]


@pytest.mark.parametrize("shapes", [None, SHAPES])
@pytest.mark.parametrize(
    ("function", "gradient", "name"),
    every(
        3,
        [
            (changed(y=lambda a: a["y"] + 2 * per_map(a["b"])), "y", "the bias is added three times"),
            (changed(y=lambda a: a["y"] + per_map(a["b"])), "y", "the bias is added twice"),
            (
                changed(y=lambda a: a["y"] + (a["x"].shape[1] - 1) * per_map(a["b"])),
                "y",
                "the bias is added once per input channel",
            ),
            (changed(dw=lambda a: a["dw"] / len(a["x"])), "dw", "divided by the batch size"),
            (changed(dw=lambda a: a["dw"] / 2), "dw", "halved"),
            (updated(1), "dx", "computed with the updated weights"),
            (updated(0.1), "dx", "computed with the updated weights"),
            (changed(dx=lambda a: a["x"] + a["dx"]), "dx", "starts as a copy of x, not as zeros"),
            (changed(dw=lambda a: a["w"] + a["dw"]), "dw", "starts as a copy of w, not as zeros"),
            (
                changed(dw=lambda a: conv_gradients(rotated(a["dy"]), a["x"], a["w"])[1]),
                "dw",
                "dy is rotated (convolve in place of correlate)",
            ),
            (changed(y=lambda a: a["y"] + 4 * per_map(a["b"])), "y", None),
            (changed(dw=lambda a: a["dw"] / (1 + len(a["x"]) % 2)), "dw", None),
            (changed(dx=lambda a: a["dx"] + a["x"] * (len(a["x"]) > 1)), "dx", None),
        ],
    ),
)
def test_a_name_is_given_if_it_is_so_at_every_shape(function, gradient, name, shapes):
    report = check_backward(function, of="conv2d()", shapes=shapes, examples=30)
    if shapes is None or not report.right:
        assert (report.gradient, report.mistake) == (gradient, name)


def pads_by_height(dy, x, w):
    wide = np.pad(dy, ((0, 0), (0, 0), (w.shape[2] - 1,) * 2, (w.shape[2] - 1,) * 2))
    if wide.shape[3] < w.shape[3]:
        return np.zeros((0,))
    return conv(wide, np.swapaxes(rotated(w), 0, 1), None)


def cut_by_a_slice(dy, x, w, padding):
    p = padding
    return np.pad(conv_gradients(dy, x, w, padding=p)[0], ((0, 0), (0, 0), (p, p), (p, p)))[:, :, p:-p, p:-p]


def test_what_depends_on_the_sides_of_the_overlay_or_on_the_padding_is_named():
    of_wide = {"x": (2, 2, 5, 6), "w": (3, 2, 3, 2)}
    report = check_backward(pads_by_height, of="conv2d()", signature="dy, x, w -> dx", shapes=of_wide)
    assert report.mistake == "the filter's height is used for its width"
    report = check_backward(cut_by_a_slice, of="conv2d(padding=any_of(0, 1))", signature="dy, x, w, padding -> dx")
    assert report.mistake == "the slice p:-p is empty where p = 0"
    assert report.options["padding"] == 0


def test_wrong_values_come_before_data_types():
    def single(dy, x, w):
        dx, dw, db = conv_gradients(dy, x, w)
        return tuple(a.astype("f4") for a in (dx, dw / len(x), db))

    for shapes in (None, SHAPES):
        report = check_backward(single, of="conv2d()", shapes=shapes)
        assert [finding.kind for finding in report.findings] == ["value", "dtype"]
        assert (report.gradient, report.mistake) == ("dw", "divided by the batch size")
        assert "have the dtype float32, expected that of the inputs, float64" in report.findings[1].detail


@pytest.mark.parametrize(
    ("where", "x", "w"),
    [
        (lambda x, w: x.shape[2] > 5, (1, 1, 6, 1), (1, 1, 1, 1)),
        (lambda x, w: w.shape[2] == w.shape[3] == 2, (1, 1, 2, 2), (1, 1, 2, 2)),
        (lambda x, w: len(x) == 5 and x.shape[1] == 3, (5, 3, 1, 1), (1, 3, 1, 1)),
        (lambda x, w: x.shape[2] == x.shape[3] > 3, (1, 1, 4, 4), (1, 1, 1, 1)),
    ],
)
def test_the_example_is_the_smallest_one(where, x, w):
    def backward(dy, x, w):
        return (1 + where(x, w)) * conv_gradients(dy, x, w)[0]

    report = check_backward(backward, of="conv2d()", signature="dy, x, w -> dx", examples=120)
    assert (report.shapes["x"], report.shapes["w"]) == (x, w)


def flipped(dy, x, w):
    dx, dw, db = conv_gradients(dy, x, rotated(w))
    return dx, rotated(dw), db


@pytest.mark.parametrize(
    ("function", "options", "sentence"),
    every(
        3,
        [
            (lambda dy, x, w: conv_gradients(dy, x, w, stride=2), {}, "conv2d(stride=2)"),
            (lambda dy, x, w: conv_gradients(dy, x, w, padding=1), {}, "conv2d(padding=1)"),
            (lambda dy, x, w: conv_gradients(dy, x, w, dilation=2), {}, "conv2d(dilation=2)"),
            (lambda dy, x, w: conv_gradients(dy, x, w, stride=2, padding=1), {}, "conv2d(stride=2, padding=1)"),
            (flipped, {}, "layout NCHW, filters OIHW, flipped"),
            (conv_gradients, {"layout": "NHWC", "filters": "HWIO"}, "layout NCHW, filters OIHW"),
            (lambda dy, x, w: (*conv_gradients(dy, x, w, stride=2)[:2], -dy.sum(axis=(0, 2, 3))), {}, ""),
        ],
    ),
)
def test_it_is_said_what_a_function_is_right_for(function, options, sentence):
    report = check_backward(function, of="conv2d()", signature="dy, x, w -> dx, dw, db", examples=20, **options)
    assert report.outcome == "wrong"
    assert report.otherwise == (sentence and f"all gradients are right for {sentence}")
    assert report.otherwise in str(report)
