"""Where a function is wrong, as a condition on its sizes and options; and no condition that is not so."""

import numpy as np
import pytest

from cnn_symbolic.backward import any_of, check_backward, conv2d, domain
from cnn_symbolic.witnesses.convolutions import conv_gradients
from tests.support.thorough import every

STRIDES = conv2d(stride=any_of(1, 2, 3), padding=any_of(0, 1, 2))


def wrong(dx=lambda x, w, s, p: False, dw=lambda x, w, s, p: False):
    """A backward pass whose dx and dw are doubled at some x, w, stride and padding."""

    def backward(dy, x, w, stride, padding):
        right = conv_gradients(dy, x, w, stride=stride, padding=padding)
        twice = (1 + bool(dx(x, w, stride, padding)), 1 + bool(dw(x, w, stride, padding)), 1)
        return tuple(n * array for n, array in zip(twice, right, strict=True))

    return backward


CONDITIONS = [
    (lambda x, w, s, p: s > 1, "S > 1"),
    (lambda x, w, s, p: p == 0, "P = 0"),
    (lambda x, w, s, p: p > 0, "P > 0"),
    (lambda x, w, s, p: w.shape[2] % 2 == 0, "I is even"),
    (lambda x, w, s, p: w.shape[2] != w.shape[3], "I ≠ J"),
    (lambda x, w, s, p: x.shape[2] != x.shape[3], "M ≠ N"),
    (lambda x, w, s, p: len(x) > 1, "B > 1"),
    (lambda x, w, s, p: len(w) != x.shape[1], "C ≠ K"),
    (lambda x, w, s, p: (x.shape[2] + 2 * p - w.shape[2]) % s != 0, "(M + 2·P - I) mod S ≠ 0"),
    (lambda x, w, s, p: s > 1 and p == 0, "S > 1 and P = 0"),
    (lambda x, w, s, p: s == 3 or p == 2, "P > 1 or S > 2"),
]


@pytest.mark.parametrize(("where", "condition"), every(4, CONDITIONS))
def test_the_condition_is_said(where, condition):
    report = check_backward(wrong(where), of=STRIDES)
    assert (report.outcome, report.gradient) == ("wrong", "dx")
    assert sorted(report.wrong_where.split()) == sorted(condition.split())
    assert f", exactly where {report.wrong_where} (" in str(report).splitlines()[1]


def test_options_that_are_always_the_same_are_not_spoken_of():
    def backward(dy, x, w):
        dx, dw, db = conv_gradients(dy, x, w)
        return dx, dw * (1 + (w.shape[2] != 1)), db

    assert check_backward(backward, of="conv2d()").wrong_where == "I > 1"


def test_each_result_has_its_condition():
    report = check_backward(wrong(lambda x, w, s, p: p == 0, lambda x, w, s, p: s > 1), of=STRIDES)
    assert {found.gradient: found.wrong_where for found in report.findings} == {"dx": "P = 0", "dw": "S > 1"}
    assert report.wrong_where in ("S > 1 or P = 0", "P = 0 or S > 1")
    assert "at the shapes tried, exactly where P = 0" in str(report)


def test_an_error_hides_what_else_is_wrong():
    """Where I ≠ J nothing is known of dx, which elsewhere is wrong where there are several examples."""

    def backward(dy, x, w):
        dx, dw, db = conv_gradients(dy, x, w)
        return dx / len(x), dw + (np.zeros((w.shape[2], 1)) @ np.zeros((1, w.shape[2]))), db

    report = check_backward(backward, of="conv2d()")
    assert {found.kind: found.wrong_where for found in report.findings}["value"] == "B > 1"


def only_if_zero(dy, x, w):
    dx, dw, db = conv_gradients(dy, x, w)
    return dx * (2 if (w == 0).any() else 1), dw, db


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (wrong(lambda x, w, s, p: True), {}),
        (wrong(lambda x, w, s, p: (len(x) * x.shape[2] + 3 * w.shape[2] + x.shape[3] * len(w)) % 7 < 3), {}),
        (wrong(lambda x, w, s, p: p == 0), {"shapes": {"x": (1, 1, 4, 4), "w": (1, 1, 2, 2)}}),
    ],
    ids=["everywhere", "without a simple condition", "at shapes that are given"],
)
def test_where_there_is_none_none_is_said(function, options):
    report = check_backward(function, of=STRIDES, **options)
    assert (report.outcome, report.wrong_where) == ("wrong", "")
    assert "exactly where" not in str(report)


def test_numbers_that_are_special_are_no_matter_of_shapes():
    report = check_backward(only_if_zero, of="conv2d()")
    assert (report.outcome, report.wrong_where) == ("wrong", "")


def test_a_condition_that_agrees_by_chance_is_told_from_the_right_one(monkeypatch):
    monkeypatch.setattr(domain, "ROUNDS", 0)
    hasty = [check_backward(wrong(where), of=STRIDES, examples=8).wrong_where for where, _ in CONDITIONS[3:7]]
    assert hasty != [condition for _, condition in CONDITIONS[3:7]]
