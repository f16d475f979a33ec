"""Pairs and classes that refuse shapes: right wherever they do not refuse, and wrong ones are found there."""

import pytest

from cnn_symbolic.backward import check_backward
from cnn_symbolic.backward.calling import load_function
from cnn_symbolic.ground.errors import OperandError
from tests.support.backward import refusing_passes
from tests.support.backward.refusing_passes import Conv, Dense, conv_backward, conv_forward, pool_backward, pool_forward
from tests.support.thorough import every

SOURCE = refusing_passes.__file__


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load something of these passes, with a piece of it replaced, from a file."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def loaded(name, old, new):
        with open(SOURCE, encoding="utf-8") as file:
            source = file.read()
        assert source.count(old) == 1
        (tmp_path / "refusing.py").write_text(source.replace(old, new), encoding="utf-8")
        return load_function(f"{tmp_path / 'refusing.py'}:{name}")

    return loaded


# What is checked, the layer and the options, where it refuses, a change that makes it wrong, and the result that is.
CASES = [
    (
        "conv_backward",
        "conv2d(stride=any_of(1, 2, 3))",
        {},
        "(N - J) mod S ≠ 0, or where (M - I) mod S ≠ 0",
        ("c * stride : c * stride + kw]\n", "c : c + kw]\n"),
        "y",
    ),
    (
        "conv_backward",
        "conv2d(stride=3)",
        {},
        "(N - J) mod S ≠ 0, or where (M - I) mod S ≠ 0",
        ("dx, dw, dout.sum(axis=(0, 2, 3))", "dx, dw, dout.sum(axis=(0, 2, 3)) * (dout.shape[2] < 3)"),
        "db",
    ),
    (
        "pool_backward",
        "max_pool2d(3)",
        {},
        "(M - I) mod S ≠ 0 or (N - J) mod S ≠ 0",
        ("mask = (out == windows)", "mask = (out >= abs(windows))"),
        "dx",
    ),
    ("Conv", "conv2d(padding=any_of(0, 1))", {}, "M ≠ N", ("self.dW += ", "self.dW = "), "dw"),
    ("Conv", "conv2d(padding=(I - 1) // 2)", {}, "M ≠ N", ("p : p + side, p : p + side", ":side, :side"), "dx"),
    ("Dense", "linear()", {"filters": "IO"}, "B = 1", ("self.x.T", "abs(self.x.T)"), "dw"),
]


@pytest.mark.parametrize(("name", "of", "options", "where", "change", "wrong"), every(3, CASES))
def test_what_refuses_shapes_is_right_elsewhere_and_with_a_mistake_it_is_wrong(
    load, name, of, options, where, change, wrong
):
    report = check_backward(getattr(refusing_passes, name), of=of, examples=20, **options)
    assert report.outcome == "right", str(report)
    assert f"it refuses where {where}" in report.refuses
    assert refusing_passes.__name__.rpartition(".")[2] in report.refuses  # the line is one of the user's code
    mistaken = check_backward(load(name, *change), of=of, examples=20, **options)
    assert mistaken.outcome == "wrong"
    assert [result for result, right in mistaken.also_right.items() if not right] == [wrong]


def test_passes_are_total_where_it_is_assumed_that_they_do_not_refuse():
    fits = ["(M - I) % S == 0", "(N - J) % S == 0"]
    assert check_backward((conv_forward, conv_backward), of="conv2d(stride=2)", assuming=fits, total=True).right
    report = check_backward(conv_backward, of="conv2d(stride=2)", total=True, examples=10)
    assert (report.outcome, report.kind) == ("wrong", "exception")
    assert "does not fit" in report.detail
    assert check_backward(Conv, of="conv2d()", assuming=["M == N"], total=True, examples=10).right
    assert check_backward(Conv, of="conv2d()", assuming=["M == 13"], examples=5).right
    assert check_backward(Conv, of="conv2d()", total=True, examples=10).kind == "exception"


def test_several_shapes_of_passes_some_of_which_are_refused():
    taken, refused = {"x": (1, 2, 5, 5), "w": (3, 2, 3, 3)}, {"x": (1, 2, 6, 5), "w": (3, 2, 3, 3)}
    for shapes in ([taken, refused], [refused, taken]):
        report = check_backward(conv_backward, of="conv2d(stride=2)", shapes=shapes)
        assert report.outcome == "right"
        assert "at the 1 shape tried; it refuses e.g. at x (1, 2, 6, 5), w (3, 2, 3, 3)" in report.refuses
    with pytest.raises(OperandError, match="conv_backward refuses 1 of 1 shapes tried"):
        check_backward(conv_backward, of="conv2d(stride=2)", shapes=refused)
    assert check_backward(conv_backward, of="conv2d(stride=2)", shapes=refused, total=True).kind == "exception"


@pytest.mark.parametrize(
    ("function", "of", "options", "message"),
    [
        (Conv, "conv2d()", {"assuming": ["M > N"]}, r"square images only.*--assuming .* restricts the shapes"),
        (Conv, "conv2d()", {"assuming": ["M > 99"]}, "no shape satisfies what is assumed"),
        ((pool_forward, pool_backward), "max_pool2d((2, 3))", {}, "one size and no overlaps.*--shape names them"),
        (Dense, "linear()", {"filters": "IO", "assuming": ["B == 1"]}, "a batch of two at least"),
    ],
)
def test_what_refuses_everything_is_not_called_wrong(function, of, options, message):
    with pytest.raises(OperandError, match=f"(?s)cannot be called: .*{message}"):
        check_backward(function, of=of, **options)


def test_an_error_of_the_code_is_no_refusal(load):
    wrong = load("Dense", 'raise ValueError("a batch of two at least")', "inputs = inputs + np.zeros((2, 99))")
    report = check_backward(wrong, of="linear()", filters="IO")
    assert (report.outcome, report.kind) == ("wrong", "exception")
    assert "ValueError: matmul" in report.detail
    assert "inputs @ self.weights" in report.detail


def test_what_is_between_the_passes_is_no_refusal(load):
    wrong = load(
        "conv_backward", "return out, (x, w, conv_param)", "return (out, (x, w, conv_param), 1)[: 2 + (len(x) == 1)]"
    )
    report = check_backward(wrong, of="conv2d()", examples=20)
    assert (report.outcome, report.kind) == ("wrong", "exception")
    assert "ValueError: too many values to unpack" in report.detail
