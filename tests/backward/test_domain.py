"""Functions that refuse shapes, or are wrong at some: where; and no wrong one is right where it does not refuse."""

import re

import numpy as np
import pytest

from cnn_symbolic.backward import any_of, check_backward, conv2d, domain, of_torch
from cnn_symbolic.ground.errors import ClaimTextError, OperandError
from cnn_symbolic.witnesses.convolutions import conv_gradients
from tests.support import commands
from tests.support.thorough import every

STRIDES = conv2d(stride=any_of(1, 2, 3), padding=any_of(0, 1, 2))


def refusing(refuses, change=lambda dy, x, w, dx, dw, db: (dx, dw, db), error=ValueError):
    """A backward pass that refuses some x, w, stride and padding, and changes its results elsewhere."""

    def backward(dy, x, w, stride, padding):
        if refuses(x, w, stride, padding):
            raise error("not these")
        return change(dy, x, w, *conv_gradients(dy, x, w, stride=stride, padding=padding))

    return backward


@pytest.mark.parametrize(
    ("refuses", "condition"),
    every(
        3,
        [
            (lambda x, w, s, p: w.shape[2] != w.shape[3], "I ≠ J"),
            (lambda x, w, s, p: x.shape[2] != x.shape[3], "M ≠ N"),
            (lambda x, w, s, p: s > 1, "S > 1"),
            (lambda x, w, s, p: p > 0, "P > 0"),
            (lambda x, w, s, p: p == 0, "P = 0"),
            (lambda x, w, s, p: len(x) > 1, "B > 1"),
            (lambda x, w, s, p: w.shape[2] % 2 == 0, "I is even"),
            (lambda x, w, s, p: x.shape[1] != w.shape[0], "C ≠ K"),
            (lambda x, w, s, p: w.shape[2] > 4, "I > 4"),
            (lambda x, w, s, p: x.shape[2] % s, "M mod S ≠ 0"),
            (
                lambda x, w, s, p: any((m + 2 * p - i) % s for m, i in zip(x.shape[2:], w.shape[2:], strict=True)),
                "(M + 2·P - I) mod S ≠ 0 or (N + 2·P - J) mod S ≠ 0",
            ),
        ],
    ),
)
def test_the_condition_of_a_refusal_is_said(refuses, condition):
    report = check_backward(refusing(refuses), of=STRIDES, examples=30)
    assert report.outcome == "right", str(report)
    assert f"it refuses where {condition}\n" in report.refuses
    assert "✓" in str(report)
    assert "wherever it does not refuse" in str(report).splitlines()[0]
    assert "ValueError: not these" in report.refuses


def test_every_reason_has_its_condition():
    def backward(dy, x, w):
        assert w.shape[2] == w.shape[3], "square overlays"
        if x.shape[1] < 2:
            raise NotImplementedError("one channel")
        return conv_gradients(dy, x, w)

    report = check_backward(backward, of="conv2d()", examples=30)
    assert report.outcome == "right"
    assert "where I ≠ J" in report.refuses
    assert "where C = 1" in report.refuses
    assert "square overlays" in report.refuses
    assert "one channel" in report.refuses


def test_a_refusal_without_a_simple_condition_has_an_example():
    strange = refusing(lambda x, w, s, p: (x.shape[2] * len(w) + len(x)) % 3 == 1)
    report = check_backward(strange, of=STRIDES, examples=30)
    assert report.outcome == "right"
    assert "it refuses e.g. at stride" in report.refuses


# Wrong ones.


def twice_dx(where):
    return lambda dy, x, w, dx, dw, db: (dx * (2 if where(x, w) else 1), dw, db)


@pytest.mark.parametrize(
    "where",
    every(
        3,
        [
            lambda x, w: True,
            lambda x, w: w.shape[2] == 4,
            lambda x, w: len(x) == 5,
            lambda x, w: x.shape[1] == 3 and len(w) == 1,
            lambda x, w: x.shape[2] > 8,
            lambda x, w: x.shape[2] == w.shape[2],
            lambda x, w: (x < 0).all() and x.size > 1,
            lambda x, w: (w == 0).any(),
        ],
    ),
)
@pytest.mark.parametrize("error", [AssertionError, ValueError])
def test_a_wrong_one_that_refuses_is_wrong_and_shown_where_it_does_not_refuse(where, error):
    def square(x, w, s, p):
        return w.shape[2] != w.shape[3]

    report = check_backward(refusing(square, twice_dx(where), error), of=STRIDES)
    assert (report.outcome, report.kind, report.gradient) == ("wrong", "value", "dx")
    assert report.refuses == ""
    assert report.shapes["w"][2] == report.shapes["w"][3]


@pytest.mark.parametrize(
    "refuses",
    [
        lambda x, w, s, p: x.sum() < 0,
        lambda x, w, s, p: (x == 0).any(),
        lambda x, w, s, p: w.flat[0] > 0,
    ],
)
def test_to_refuse_some_numbers_is_wrong(refuses):
    report = check_backward(refusing(refuses), of=STRIDES)
    assert (report.outcome, report.kind) == ("wrong", "exception")
    assert "refuses some numbers at shapes at which it takes others" in str(report)


def tired():
    calls = []

    def backward(dy, x, w):
        calls.append(1)
        if len(calls) % 7 == 0:
            raise ValueError("tired")
        return conv_gradients(dy, x, w)

    return backward


def entry_of(n):
    return [1, 2, 3][n]


def too_wide(dy, x, w):
    entry_of(w.shape[3])
    return conv_gradients(dy, x, w)


def broadcasts(dy, x, w):
    return conv_gradients(dy, x, w + np.zeros((1, 1, 1, len(w.T)))[..., :2])


def fails_with_a_type(dy, x, w):
    if w.shape[2] > 2:
        raise TypeError("no")
    return conv_gradients(dy, x, w)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (tired(), "tired"),
        (too_wide, "line .*return \\[1, 2, 3\\]\\[n\\]"),
        (broadcasts, "could not be broadcast .*np.zeros"),
        (fails_with_a_type, "TypeError: no"),
        (lambda dy, x, w: conv_gradients(dy, x[:, :, 1:], w), "ShapeError.*test_domain.py.* lambda"),
    ],
)
def test_what_is_no_refusal_is_an_error_at_the_users_line(function, text):
    report = check_backward(function, of="conv2d()", examples=20)
    assert (report.outcome, report.kind) == ("wrong", "exception")
    assert re.search(text, report.detail)


# All of them, and conditions on them.


def test_to_refuse_everything_is_an_error_with_the_refusal():
    with pytest.raises(OperandError, match=r"refuses \d+ of \d+ shapes tried, .*ValueError: not these"):
        check_backward(refusing(lambda *_: True), of=STRIDES, examples=5)
    with pytest.raises(OperandError, match="--assuming"):
        check_backward(refusing(lambda x, w, s, p: x.shape != (5, 3, 7, 5)), of=STRIDES, examples=5)


def test_a_total_function_does_not_refuse():
    report = check_backward(refusing(lambda x, w, s, p: s > 1), of=STRIDES, total=True, examples=20)
    assert (report.outcome, report.kind) == ("wrong", "exception")
    assert "not these" in report.detail
    assert check_backward(refusing(lambda *_: False), of=STRIDES, total=True, examples=20).outcome == "right"


def test_what_is_assumed_holds_at_every_shape():
    seen = []

    def recorded(dy, x, w):
        seen.append((*x.shape, *w.shape))
        return conv_gradients(dy, x, w)

    report = check_backward(recorded, of="conv2d()", assuming=["I == J", "M > N or B == 1"], examples=20)
    assert report.outcome == "right"
    assert "assuming I == J and M > N or B == 1" in str(report).splitlines()[0]
    assert all(i == j and (m > n or b == 1) for b, _, m, n, _, _, i, j in seen)
    assert len(set(seen)) >= 20


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("I == X", ClaimTextError, "there is no size X here, but B, C, M, N, K, I, J"),
        ("I - J", ClaimTextError, "expected a condition such as I == J"),
        ("I ==", ClaimTextError, "no Python syntax"),
        ("__import__('os')", ClaimTextError, "there is no __import__"),
        ("I > 100", OperandError, "none of the shapes tried satisfies"),
    ],
)
def test_what_cannot_be_assumed_is_explained(text, error, message):
    with pytest.raises(error, match=message):
        check_backward(conv_gradients, of="conv2d()", signature="dy, x, w -> dx, dw, db", assuming=[text], examples=3)


def test_several_shapes_are_checked_in_one_run_and_some_may_be_refused():
    function = refusing(lambda x, w, s, p: w.shape[2] != w.shape[3])
    fits = {"x": (1, 2, 4, 5), "w": (3, 2, 2, 2)}
    refused = {"x": (1, 2, 4, 5), "w": (3, 2, 2, 3)}
    report = check_backward(function, of="conv2d()", shapes=[fits, refused])
    assert (report.outcome, report.examples) == ("right", 1)
    assert "it refuses e.g. at x (1, 2, 4, 5), w (3, 2, 2, 3)" in report.refuses
    with pytest.raises(OperandError, match="refuses 1 of 1 shapes tried"):
        check_backward(function, of="conv2d()", shapes=refused)


def test_what_pytorch_says_of_shapes_is_a_refusal_and_what_a_backward_pass_says_is_none():
    torch = pytest.importorskip("torch")

    def in_pairs(x):
        return x.reshape(-1, 2).reshape(x.shape) * 1  # of an even number of entries

    class Backward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dy):
            return in_pairs(dy)

    report = check_backward(of_torch(in_pairs), of="avg_pool2d(1)")
    assert report.outcome == "right"
    assert "RuntimeError: shape" in report.refuses
    report = check_backward(of_torch(Backward), of="avg_pool2d(1)")
    assert (report.outcome, report.kind) == ("wrong", "exception")


@pytest.fixture
def command(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from cnn_symbolic.witnesses.convolutions import conv_gradients\n"
        "from beside import limit\n"
        "def square(dy, x, w):\n"
        "    assert w.shape[2] == w.shape[3], limit\n"
        "    return conv_gradients(dy, x, w)\n"
        "def nothing(dy, x, w):\n    raise NotImplementedError('later')\n",
        encoding="utf-8",
    )
    (tmp_path / "beside.py").write_text("limit = 'square overlays only'\n", encoding="utf-8")
    return lambda *arguments: commands.run("check-backward", "--of", "conv2d()", *arguments, cwd=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["mine.py:square"], 0, "it refuses where I ≠ J\n  refused x"),
        (["mine.py:square", "--total"], 1, "square overlays only"),
        (["mine.py:square", "--total", "--assuming", "I == J"], 0, "assuming I == J"),
        (["mine.py:nothing"], 2, "NotImplementedError: later"),
        (
            [
                "mine.py:square",
                *["--shape", "x=1,1,3,3", "--shape", "w=1,1,2,2", "--shape", "x=1,1,4,4", "--shape", "w=1,1,3,3"],
            ],
            0,
            "at 2 shapes",
        ),
    ],
)
def test_the_command_line_and_nothing_is_left_behind(command, tmp_path, arguments, status, text):
    done = command(*arguments)
    assert done.returncode == status, done.stderr
    assert text in done.stdout + done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["beside.py", "mine.py"]


# Where a function is wrong.


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
