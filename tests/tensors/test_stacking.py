"""Slices, stacks and sums of families, windows and literal arrays against NumPy, exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import correlate, count, literal, sizes, stacked, summed, take, tensor, windows
from cnn_symbolic.ground.errors import OperandError, ShapeError
from tests.support.problems import arrays, shapes

from .test_operations import assert_equal, leaf

K, M, N = sizes("K M N")


@given(st.data())
def test_slices_are_numpys_and_zero_outside(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    depth = data.draw(st.integers(1, x.ndim))
    at = tuple(data.draw(st.integers(0, n - 1)) for n in x.shape[:depth])
    assert_equal(take(leaf("x", x), at=at), x[at], x=x)
    assert not take(leaf("x", x), at=(x.shape[0],)).evaluate({"x": x}).any()


@given(st.data())
def test_families_are_stacked_and_summed_member_by_member(data):
    x = data.draw(arrays(data.draw(shapes(3, most=3))))
    w = data.draw(arrays((x.shape[0], 1, x.shape[2])))
    a, b = tensor(K, M, N, name="x"), tensor(K, 1, N, name="w")

    def member(k):
        return correlate(take(a, at=(k,)), take(b, at=(k,)))

    members = [np.array([[np.sum(row * wk[0])] for row in xk]) for xk, wk in zip(x, w, strict=True)]
    assert_equal(stacked(K, member), np.stack(members), x=x, w=w)
    assert_equal(summed(K, member), np.sum(members, axis=0), x=x, w=w)


@given(st.data())
def test_nested_families_keep_their_indices_apart(data):
    x = data.draw(arrays(data.draw(shapes(2))))
    a = tensor(M, N, name="x")
    transposed = stacked(N, lambda k: stacked(M, lambda k_: take(a, at=(k_, k))))
    assert_equal(transposed, x.T, x=x)
    assert_equal(summed(M, lambda k: summed(N, lambda k_: take(a, at=(k, k_)))), x.sum(), x=x)


@given(st.data())
def test_windows_are_numpys(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    overlay = tuple(data.draw(st.integers(1, n)) for n in x.shape)
    assert_equal(windows(leaf("x", x), shape=overlay), np.lib.stride_tricks.sliding_window_view(x, overlay), x=x)


@given(st.data())
def test_literal_arrays_are_what_is_written(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3)), most=3))))
    assert_equal(literal(values=x.tolist()), x)


@given(st.data())
def test_counting_counts_entries(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    assert count(leaf("x", x)).evaluate({}, sizes=dict(zip(leaf("x", x).shape, x.shape, strict=True))) == x.size


REJECTED = [
    (lambda: take(tensor(M, name="x"), at=(0, 0)), ShapeError, "take: x has 1 axes, found 2 indices"),
    (lambda: take(tensor(M, name="x"), at=()), ShapeError, "take: x has 1 axes, found 0 indices"),
    (lambda: stacked(K, lambda k: 3), OperandError, "stacked takes a tensor, found 3"),
    (lambda: summed(0, lambda k: tensor(M, name="x")), ShapeError, "a size is at least 1"),
    (lambda: windows(tensor(M, name="x"), shape=(M, N)), ShapeError, "windows: x has 1 axes, found the window"),
    (lambda: literal(values=[0.5]), OperandError, "holds integers or rational numbers"),
]


@pytest.mark.parametrize(("call", "error", "message"), REJECTED, ids=[r[2][:30] for r in REJECTED])
def test_what_does_not_fit_is_rejected(call, error, message):
    with pytest.raises(error, match=message):
        call()
