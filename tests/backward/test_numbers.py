"""The kinds of numbers, of memory and of problems that a backward pass is tried on: each finds what no other does."""

import subprocess
import sys

import numpy as np
import pytest

from cnn_symbolic.backward import any_of, check_backward, conv2d, examining, max_pool2d
from cnn_symbolic.backward import check as checks
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.witnesses.convolutions import conv_gradients
from tests.support.thorough import every


def rounds_to_integers(dy, x, w):
    return tuple(np.round(result) for result in conv_gradients(dy, x, w))


def clips_what_is_large(dy, x, w):
    return tuple(np.clip(result, -(2.0**60), 2.0**60) for result in conv_gradients(dy, x, w))


def changes_the_sign_at_zeros(dy, x, w):
    dx, dw, db = conv_gradients(dy, x, w)
    return np.where(x == 0, -dx, dx), dw, db


def drops_what_is_small_beside_others(dy, x, w):
    kept = x * ((abs(x) > 4) | (abs(x).max() < 1e5))
    dx, dw, db = conv_gradients(dy, kept, w)
    return dx, dw, db


def takes_differences_of_one_for_none(dy, x, w):
    """The sum of squares less that of the mean is zero, or less, where entries are close: then dx is zero."""
    spread = np.ptp(x) > 8 or x.size < 4
    dx, dw, db = conv_gradients(dy, x, w)
    return dx * (spread or abs(x).max() < 1000), dw, db


def of_windows(dy, x, place):
    """The gradient of a maximum of 2 by 2, with the places of the maxima in a map from a function."""
    dx = np.zeros(x.shape)
    for n, c, r, q in np.ndindex(dy.shape):
        for at in place(x[n, c], 2 * r, 2 * q):
            dx[(n, c, *at)] += dy[n, c, r, q]
    return dx


def begins_at_a_million_below_zero(dy, x):
    def place(x, r, q):
        best, at = -1e6, (r, q)
        for i, j in np.ndindex(2, 2):
            if x[r + i, q + j] > best:
                best, at = x[r + i, q + j], (r + i, q + j)
        return [at]

    return of_windows(dy, x, place)


def looks_in_the_whole_map(dy, x):
    return of_windows(dy, x, lambda x, r, q: np.argwhere(x == x[r : r + 2, q : q + 2].max())[:1])


def takes_close_ones_for_the_maximum(dy, x):
    def place(x, r, q):
        part, most = x[r : r + 2, q : q + 2], x[r : r + 2, q : q + 2].max()
        near = abs(part - most) <= 1e-5 * abs(most) if abs(most) < 1e6 else part == most
        return np.argwhere(near) + np.array([r, q])

    return of_windows(dy, x, place)


def drops_what_is_tiny(dy, x, w):
    dx, dw, db = conv_gradients(dy, x, w)
    return np.where(abs(dx) < 1e-8, 0, dx), dw, db


def takes_tiny_differences_for_none(dy, x):
    def place(x, r, q):
        part = x[r : r + 2, q : q + 2]
        return np.argwhere(part >= part.max() - 1e-12) + np.array([r, q])

    return of_windows(dy, x, place)


PLANTED = [
    ("integers / 2^k or tiny", rounds_to_integers, conv2d()),
    ("tiny", drops_what_is_tiny, conv2d()),
    ("tiny", takes_tiny_differences_for_none, max_pool2d(2)),
    ("integers · 2^k", clips_what_is_large, conv2d()),
    ("many zeros", changes_the_sign_at_zeros, conv2d()),
    ("one large", drops_what_is_small_beside_others, conv2d()),
    ("close", takes_differences_of_one_for_none, conv2d()),
    ("all negative", begins_at_a_million_below_zero, max_pool2d(2)),
    ("repeated", looks_in_the_whole_map, max_pool2d(2)),
    ("close", takes_close_ones_for_the_maximum, max_pool2d(2)),
]


@pytest.mark.parametrize(("kind", "function", "layer"), every(3, PLANTED, ids=lambda row: row[1].__name__))
def test_each_kind_of_numbers_finds_what_no_other_does(kind, function, layer, monkeypatch):
    found = check_backward(function, of=layer)
    assert (found.outcome, found.kind) == ("wrong", "value")
    for name in ("AS_INTEGERS", "OTHERS", "ALONE"):
        kept = tuple(each for each in getattr(examining, name) if each not in kind.split(" or "))
        monkeypatch.setattr(examining, name, kept)
    without = check_backward(function, of=layer)
    assert without.outcome == "right"
    assert not set(kind.split(" or ")) & set(without.values)


@pytest.mark.parametrize(("kind", "function", "layer"), every(4, PLANTED, ids=lambda row: row[1].__name__))
def test_what_a_kind_finds_is_reproduced_by_the_program(kind, function, layer, tmp_path):
    report = check_backward(function, of=layer)
    (tmp_path / "shown.py").write_text(report.snippet, encoding="utf-8")
    run = subprocess.run([sys.executable, "shown.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    found, expected = (line.split(" ", 1)[1] for line in run.stdout.splitlines())
    assert found != expected, run.stderr
    assert eval(expected) == (report.expected.tolist() if report.expected.size <= 64 else report.expected[report.entry])


def test_a_right_one_says_which_kinds_were_tried():
    report = check_backward(conv_gradients, of="conv2d()", examples=10)
    assert report.outcome == "right"
    kinds = "integers, integers / 2^k, integers · 2^k, many zeros, all negative, one large, repeated, close, tiny"
    assert f"values: {kinds}" in str(report)


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_kinds_are_exact_in_other_dtypes(dtype):
    report = check_backward(conv_gradients, of="conv2d()", dtype=dtype)
    assert report.outcome == "right"
    assert ("integers / 2^k" in report.values) == (dtype == "float32")


def test_a_mistake_that_integers_show_is_shown_with_integers():
    report = check_backward(lambda dy, x, w: (-conv_gradients(dy, x, w)[0], *conv_gradients(dy, x, w)[1:]), of=conv2d())
    assert report.mistake == "negated"
    assert report.data["dy"].tolist() == report.data["w"].tolist() == [[[[1]]]]


# Arrays in memory.


def in_order_of_memory(dy, x, w):
    return conv_gradients(dy.ravel(order="A").reshape(dy.shape), x, w)


def reads_forwards(dy, x, w):
    backwards = [k for k, stride in enumerate(x.strides) if stride < 0]
    return conv_gradients(dy, np.flip(x, backwards), w)


def refuses_negative_strides(dy, x, w):
    if min(x.strides) < 0:
        raise ValueError("negative strides are not supported")
    return conv_gradients(dy, x, w)


@pytest.mark.parametrize(("order", "function"), [("fortran", in_order_of_memory), ("reversed", reads_forwards)])
def test_arrays_of_other_orders_are_tried(order, function, monkeypatch):
    report = check_backward(function, of="conv2d()")
    assert (report.outcome, report.kind) == ("wrong", "layout")
    assert examining.IN_MEMORY[order] in str(report)
    monkeypatch.setattr(examining, "ORDERS", tuple(each for each in examining.ORDERS if each != order))
    assert check_backward(function, of="conv2d()").outcome == "right"


def test_a_function_may_refuse_negative_strides():
    assert check_backward(refuses_negative_strides, of="conv2d()").outcome == "right"


held = {}


def fills_one_buffer(dy, x, w):
    dx, dw, db = conv_gradients(dy, x, w)
    buffer = held.setdefault(db.shape, np.empty(db.shape))
    buffer[...] = db
    return dx, dw, buffer


def test_a_result_is_held_while_the_next_is_computed(tmp_path):
    report = check_backward(fills_one_buffer, of="conv2d()")
    assert (report.outcome, report.kind, report.gradient) == ("wrong", "state", "db")
    assert "overwritten by the next" in str(report)
    (tmp_path / "shown.py").write_text(report.snippet, encoding="utf-8")
    run = subprocess.run([sys.executable, "shown.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    found, expected = (line.split(" ", 1)[1] for line in run.stdout.splitlines())
    assert found != expected, run.stderr


# Problems.


def right_for_three_channels(dy, x, w):
    dx, dw, db = conv_gradients(dy, x, w)
    dx[:, 3:] = 0
    return dx, dw, db


def test_many_channels_are_tried_and_shrink(monkeypatch):
    report = check_backward(right_for_three_channels, of="conv2d()")
    assert report.outcome == "wrong"
    assert report.shapes["x"] == (1, 4, 1, 1)
    monkeypatch.setattr(checks, "larger", checks.typical)
    assert check_backward(right_for_three_channels, of="conv2d()").outcome == "right"


def test_every_combination_of_options_is_tried():
    called = set()

    def backward(dy, x, w, stride, padding, groups):
        called.add((stride, padding, groups))
        return conv_gradients(dy, x, w, stride=stride, padding=padding, groups=groups)

    of = conv2d(stride=any_of(1, 2, 3), padding=any_of(0, 1), groups=any_of(1, 2))
    assert check_backward(backward, of=of, examples=12).outcome == "right"
    assert len(called) == 12
    report = check_backward(backward, of=of, examples=3)
    assert "combinations of options untried, up to x" in report.evidence


# Results.


def test_a_function_without_db_is_right_and_says_so():
    report = check_backward(lambda dZ, A_prev, W: conv_gradients(dZ, A_prev, W)[:2], of="conv2d()", examples=10)
    assert report.outcome == "right"
    assert report.signature == "dy, x, w -> dx, dw (from the parameters' names; db was not given)"


def test_results_in_a_table_are_read_by_their_names():
    def table(X, W, dZ):
        return dict(zip(("db", "dW", "dX"), reversed(conv_gradients(dZ, X, W)), strict=True))

    assert check_backward(table, of="conv2d()", examples=10).outcome == "right"


def test_a_table_is_read_by_the_program_too():
    def negated(dy, x, w):
        return dict(zip(("grad_input", "dW"), (-conv_gradients(dy, x, w)[0], conv_gradients(dy, x, w)[1]), strict=True))

    assert "returned['grad_input']" in check_backward(negated, of="conv2d()", examples=10).snippet


def test_what_is_left_out_of_a_given_signature_is_missed():
    report = check_backward(
        lambda dy, x, w: conv_gradients(dy, x, w)[:2], of="conv2d()", signature="dy, x, w -> dx, dw, db", examples=10
    )
    assert (report.outcome, report.kind) == ("wrong", "outputs")
    assert "returns 2 values" in str(report)


def test_results_in_another_order_are_told_by_their_shapes():
    report = check_backward(lambda dy, x, w: conv_gradients(dy, x, w)[::-1], of="conv2d()", examples=10)
    assert report.outcome == "right"
    assert report.signature.startswith("dy, x, w -> db, dw, dx (")


def test_results_that_are_too_many_are_refused():
    with pytest.raises(OperandError, match="returns 4 values, expected dx, dw, db"):
        check_backward(lambda dy, x, w: (*conv_gradients(dy, x, w), 0), of="conv2d()")
