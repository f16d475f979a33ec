"""Limits that are no limits are refused, wherever they are given."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from cnn_symbolic import prove, sizes, tensor
from cnn_symbolic.backward import check_backward
from cnn_symbolic.certificates.certifying import certify
from cnn_symbolic.claims import settle_many
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.limits import check_count, check_seconds

NOT_SECONDS = [math.nan, math.inf, -math.inf, 0, -1, 1e-300, 1e300, 10**400, True, "60", None, Decimal(1), 1j]
(M,) = sizes("M")
X = tensor(M, name="x")


@pytest.mark.parametrize("value", NOT_SECONDS, ids=str)
def test_what_is_no_time_is_refused(value):
    with pytest.raises(OperandError, match=r"^wait is a number of seconds from 0.001 to 1,000,000, found "):
        check_seconds(value, "wait")


@pytest.mark.parametrize("value", [1, 0.001, 1e6, Fraction(1, 3), np.float32(2), np.int64(5)])
def test_what_is_a_time_is_not(value):
    check_seconds(value)


@pytest.mark.parametrize("value", [0, -1, 11, 10**400, 1.0, math.nan, True, "5", None])
def test_what_counts_nothing_is_refused(value):
    with pytest.raises(OperandError, match=r"^examples is a whole number from 1 to 10, found "):
        check_count(value, "examples", 10)


@pytest.mark.parametrize("value", [math.nan, -1, math.inf])
def test_every_function_with_a_limit_checks_it(value, tmp_path):
    claim = prove("x", X, equals=X)
    for call in (
        lambda: settle_many([claim], timeout=value),
        lambda: check_backward(lambda dy: dy, of="upsample_nearest2d(2)", timeout=value),
        lambda: certify([], tmp_path / "certificates", timeout=value),
    ):
        with pytest.raises(OperandError, match="timeout is a number of seconds"):
            call()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OperandError, match="expected an error between 0 and 1, found"):
        check_backward(lambda dy: dy, of="upsample_nearest2d(2)", error=value)


def backward(dy, x, w):
    return dy, x, w


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shapes": {"x": (10**30, 1, 3, 3), "w": (1, 1, 2, 2)}}, "at most 268,435,456 entries can be tried at once"),
        ({"shapes": {"x": (1, 1, 10**5, 10**5), "w": (1, 1, 2, 2)}}, "at most 268,435,456 entries"),
        ({"of": "conv2d(padding=1000000)"}, "at most 268,435,456 entries"),
        ({"of": f"conv2d(stride={10**24})"}, "stride is at most 1,000,000 where it is tried"),
        ({"of": f"conv2d(padding=((0, {10**9}), (0, 0)))"}, "padding is at most 1,000,000 where it is tried"),
        ({"examples": 10**12}, "examples is a whole number from 1 to 1,000,000"),
    ],
)
def test_what_no_memory_holds_is_refused_before_it_is_made(options, message):
    with pytest.raises((OperandError, ValueError), match=message):
        check_backward(backward, **{"of": "conv2d"} | options)
