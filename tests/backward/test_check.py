"""check_backward on backward passes as they are written by hand: with a named mistake, right, and unusual."""

import inspect
import re
import subprocess
import sys
import time
from functools import partial
from math import log2

import numpy as np
import pytest
from hypothesis import settings

from cnn_symbolic.backward.check import BackwardError, assert_backward, check_backward
from tests.support.backward import unusual_backward_passes as unusual
from tests.support.backward.backward_passes import CORRECT, right_gradients
from tests.support.backward.mistaken_backward_passes import CONVOLUTIONS
from tests.support.backward.mistaken_pooling_passes import POOLINGS
from tests.support.thorough import every

MISTAKEN = [*CONVOLUTIONS, *POOLINGS]

check = partial(check_backward, examples=25)


def named(cases):
    return every(3, cases, ids=lambda case: case.function.__name__)


# Mistakes with a name.


@pytest.mark.parametrize("case", named(MISTAKEN))
def test_a_mistake_is_found_and_named(case):
    report = check(case.function, of=case.of, **case.arguments)
    assert (report.outcome, report.right) == ("wrong", False)
    assert report.gradient == case.gradient
    assert report.mistake is not None
    assert report.mistake.startswith(case.names)
    assert report.mistake in str(report)


def test_the_catalogue_has_many_mistakes_of_every_kind_of_layer():
    assert len({name for case in MISTAKEN for name in case.names}) >= 28
    layers = {re.match(r"[a-z_]+\d", case.of)[0] for case in MISTAKEN}
    assert layers >= {"conv1", "conv2", "conv3", "max_pool2", "avg_pool2", "conv_transpose1", "conv_transpose2"}


def test_every_gradient_is_judged_by_itself():
    def two_wrong(dy, x, w):
        dx, dw, db = right_gradients(dy, x, w)
        return -dx, dw, db / len(x)

    report = check(two_wrong, of="conv2d()")
    assert report.outcome == "wrong"
    assert report.also_right["dw"] is True
    assert not report.also_right.get("db", False)
    assert re.search(r"dx.*negated", str(report), re.DOTALL)
    assert re.search(r"db.*divided by the batch size", str(report), re.DOTALL)


def test_one_wrong_gradient_leaves_the_others_right():
    def wrong_bias(dy, x, w):
        return *right_gradients(dy, x, w)[:2], 2 * dy.sum(axis=(0, 2, 3))

    report = check(wrong_bias, of="conv2d()")
    assert (report.gradient, report.kind) == ("db", "value")
    assert report.mistake.startswith("doubled")
    assert (report.also_right["dx"], report.also_right["dw"]) == (True, True)


# Mistakes without a name, and such as show at few shapes only.


@pytest.mark.parametrize(
    ("function", "gradient"),
    [
        (unusual.mean_over_batch_and_positions, "db"),
        (unusual.convolves_dy_for_the_filters, "dw"),
        (unusual.wrong_for_three_maps, "dx"),
        (unusual.wrong_if_the_overlay_is_the_input, "dw"),
        (unusual.wrong_unless_square, "dx"),
        (unusual.wrong_for_even_overlays, "dw"),
        (unusual.positive_ones_only, "dx"),
        (unusual.clipped, "dx"),
        (unusual.in_half_the_precision, "dx"),
        (unusual.loses_the_last_row, "dx"),
    ],
)
def test_a_mistake_without_a_name_is_found(function, gradient):
    report = check(function, of="conv2d()")
    assert (report.outcome, report.kind, report.gradient) == ("wrong", "value", gradient)
    assert not np.array_equal(report.found, report.expected)


@pytest.mark.parametrize(
    "function",
    [
        unusual.wrong_for_three_maps,
        unusual.positive_ones_only,
        unusual.clipped,
        unusual.loses_the_last_row,
        unusual.adds_a_little,
    ],
)
def test_no_name_is_given_to_a_mistake_that_has_none(function):
    assert check(function, of="conv2d()").mistake is None


def test_a_maximum_that_fails_for_negative_entries_only_is_found():
    report = check(unusual.takes_zero_for_the_least, of="max_pool1d(2)")
    assert (report.outcome, report.kind, report.gradient) == ("wrong", "value", "dx")


# What a report shows.


@pytest.fixture(scope="module")
def unrotated():
    case = next(case for case in MISTAKEN if case.function.__name__ == "correlates_dy_with_the_filter")
    return case, check(case.function, of=case.of, **case.arguments)


def test_the_counterexample_is_as_small_as_can_be(unrotated):
    _, report = unrotated
    assert sorted(report.shapes["w"]) == [1, 1, 1, 2]
    assert sorted(report.shapes["x"]) == [1, 1, 1, 2]


def test_the_counterexample_holds_of_its_own_data(unrotated):
    case, report = unrotated
    found = case.function(*(report.data[name] for name in ("dy", "x", "w")))
    np.testing.assert_array_equal(found, report.found)
    assert found[report.entry] != report.expected[report.entry]


def test_the_snippet_is_a_program_that_shows_it(unrotated, tmp_path):
    _, report = unrotated
    assert "hypothesis" not in report.snippet
    file = tmp_path / "snippet.py"
    file.write_text(report.snippet, encoding="utf-8")
    run = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [f"found {report.found.tolist()}", f"expected {report.expected.tolist()}"]


def test_a_second_check_finds_the_same(unrotated):
    case, report = unrotated
    again = check(case.function, of=case.of, **case.arguments)
    same = ("outcome", "gradient", "kind", "entry", "shapes", "mistake", "snippet")
    assert [getattr(again, name) for name in same] == [getattr(report, name) for name in same]


def test_an_assertion_says_what_the_report_says(unrotated):
    case, report = unrotated
    with pytest.raises(BackwardError, match="the filter is not flipped") as error:
        assert_backward(case.function, of=case.of, examples=25, **case.arguments)
    assert report.gradient in str(error.value)
    assert_backward(right_gradients, of="conv2d()", examples=5)


@pytest.mark.parametrize("function", [unusual.flattens_in_the_order_of_memory, unusual.loses_the_last_row])
def test_the_data_of_a_counterexample_are_small(function):
    report = check(function, of="conv2d()")
    assert max(np.abs(array).max() for array in report.data.values()) <= 9


def test_a_check_prints_nothing_and_leaves_the_settings_of_hypothesis(capfd):
    before = settings.default
    assert not check(unusual.loses_the_last_row, of="conv2d()").right
    assert settings.default is before
    assert capfd.readouterr() == ("", "")


# Right ones.


@pytest.mark.parametrize("case", named(CORRECT))
def test_a_right_one_is_not_accused(case):
    report = check(case.function, of=case.of, **case.arguments)
    assert report.outcome == case.outcome, str(report)
    assert report.mistake is None
    assert report.right
    if case.outcome == "right":
        assert error_bound(report.evidence) <= 2**-64
    else:
        assert "tolerance" in report.evidence
        assert "chance" not in report.evidence


def test_the_evidence_for_a_maximum_does_not_speak_for_every_order_of_the_entries():
    evidence = check(next(case.function for case in CORRECT if "max_pool2d(2)" in case.of), of="max_pool2d(2)").evidence
    assert "order" in evidence


def error_bound(evidence):
    """The bound that the evidence states, as 2^-n."""
    return 2.0 ** -int(re.search(r"chance ≤ 2\^-(\d+)", evidence)[1])


def test_right_ones_are_right_at_every_pair_of_one_hot_arrays():
    report = check(right_gradients, of="conv2d()", one_hot=True, examples=5)
    assert report.outcome == "right"
    assert "one-hot" in report.evidence


def test_a_right_one_is_checked_at_given_shapes_only():
    seen = set()

    def recorded(dy, x, w):
        seen.add((x.shape, w.shape))
        return right_gradients(dy, x, w)

    shapes = {"x": (2, 8, 14, 12), "w": (4, 8, 3, 2)}
    report = check(recorded, of="conv2d()", shapes=shapes)
    assert report.outcome == "right"
    assert seen == {(shapes["x"], shapes["w"])}


def test_as_many_points_are_tried_as_the_bound_needs():
    tried = {}

    def recorded(dy, x, w):
        if len(np.unique(dy)) > 1:
            tried[dy.tobytes()] = log2(np.abs(dy).max())
        return right_gradients(dy, x, w)

    report = check(recorded, of="conv2d()", shapes={"x": (2, 3, 9, 8), "w": (3, 3, 2, 3)})
    # A point with the entries ±1 … ±B is passed by chance with a probability of 1/B at most, and B is hardly above
    # the largest of the entries.
    assert sum(tried.values()) >= 64
    assert error_bound(report.evidence) >= 2.0 ** -(sum(tried.values()) + 1)


# SciPy's own functions, for one map.


single_map = partial(check, layout="HW", filters="HW", signature="dy, x, w -> dx, dw")


@pytest.mark.parametrize(
    ("function", "of", "flipped"),
    [
        (unusual.correlate2d_and_convolve2d, "conv2d()", False),
        (unusual.flipped_convolve2d, "conv2d()", True),
        (unusual.direct_convolve, "conv2d()", False),
        (unusual.ndimage_convolve, "conv2d(padding='same')", False),
    ],
)
def test_scipy_is_right(function, of, flipped):
    report = single_map(function, of=of, flipped=flipped)
    assert report.outcome == "right"
    assert error_bound(report.evidence) <= 2**-64


@pytest.mark.parametrize(
    ("function", "of", "flipped"),
    [
        (unusual.correlate2d_and_convolve2d, "conv2d()", True),
        (unusual.flipped_convolve2d, "conv2d()", False),
        (unusual.ndimage_correlate, "conv2d(padding='same')", False),
        (unusual.ndimage_convolve_without_origin, "conv2d(padding='same')", False),
    ],
)
def test_scipy_used_wrongly_is_refuted(function, of, flipped):
    report = single_map(function, of=of, flipped=flipped)
    assert (report.outcome, report.gradient, report.kind) == ("wrong", "dx", "value")


def test_ndimage_on_a_broadcast_array_is_judged_as_it_is():
    dy, w = np.broadcast_to(1.0, (4, 5)), np.ones((3, 3))
    sound = np.array_equal(unusual.ndimage_without_a_copy(dy, w), unusual.ndimage_without_a_copy(dy.copy(), w))
    report = check(
        unusual.ndimage_without_a_copy,
        of="conv2d(padding='same')",
        layout="HW",
        filters="HW",
        signature="dy, w -> dx",
    )
    assert (report.outcome, report.kind) == (("right", None) if sound else ("wrong", "layout"))


# Misbehaving ones: named as what they do, without an accusation of the formula.


MISBEHAVING = [
    (unusual.scales_dy_in_place, "mutation", "dy"),
    (unusual.zeroes_its_input, "mutation", "x"),
    (unusual.accumulating(), "state", "calls"),
    (unusual.dropping_out(), "state", "calls"),
    (unusual.single_precision, "dtype", "float32"),
    (unusual.flat_filters, "shape", "dw"),
    (unusual.divides_zero_by_zero, "nan", "dw"),
    (unusual.reads_memory_from_the_start, "layout", "contiguous"),
    (unusual.flattens_in_the_order_of_memory, "layout", "contiguous"),
    (unusual.insists_on_contiguous, "layout", "contiguous"),
    (unusual.divides_by_a_stride, "layout", "zero strides"),
    (unusual.out_of_range, "exception", "IndexError"),
    (unusual.leaves_the_program, "exception", "SystemExit"),
    (unusual.returns_nothing, "outputs", "None"),
    (unusual.returns_text, "outputs", "str"),
]


def test_biases_may_be_a_column():
    assert check(unusual.bias_as_a_column, of="conv2d()").outcome == "right"


@pytest.mark.parametrize(("function", "kind", "word"), [pytest.param(*row, id=row[0].__name__) for row in MISBEHAVING])
def test_misbehaviour_is_named_as_such(function, kind, word):
    report = check(function, of="conv2d()")
    assert (report.outcome, report.kind) == ("wrong", kind)
    assert report.mistake is None or kind == "shape"
    assert re.search(rf"\b{word}\b", str(report))


@pytest.mark.parametrize("function", [unusual.never_ends, unusual.sleeps])
def test_what_does_not_return_is_stopped(function):
    started = time.monotonic()
    report = check(function, of="conv2d()", timeout=0.3)
    assert (report.outcome, report.kind) == ("wrong", "timeout")
    assert "0.3" in str(report)
    assert time.monotonic() - started < 20


def test_an_exception_is_shown_with_its_message_and_line():
    text = str(check(unusual.out_of_range, of="conv2d()"))
    lines, first = inspect.getsourcelines(unusual.out_of_range)
    raising = first + next(number for number, line in enumerate(lines) if "+= 1" in line)
    assert "out of bounds" in text
    assert re.search(rf"unusual_backward_passes\.py\D+{raising}\b", text)


def test_a_wrong_shape_is_shown_beside_the_expected_one():
    report = check(unusual.flat_filters, of="conv2d()", shapes={"x": (1, 2, 5, 5), "w": (3, 2, 3, 3)})
    assert "(3, 18)" in str(report)
    assert "(3, 2, 3, 3)" in str(report)


def test_an_exception_at_unequal_channels_only_is_found():
    case = next(case for case in MISTAKEN if case.function.__name__ == "keeps_the_filters_channels")
    report = check(case.function, of=case.of, signature="dy, x, w -> dx")
    assert report.outcome == "wrong"
    assert report.kind in ("exception", "value")
