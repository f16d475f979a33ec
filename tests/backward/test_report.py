"""The report on a backward pass: what it says, the program that reproduces it, options, and the command line."""

import json
import re
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from cnn_symbolic.backward import any_of, check_backward, conv2d, convolution_problems
from cnn_symbolic.ground.errors import MissingPackageError, ModeError, OperandError, ShapeError
from cnn_symbolic.witnesses.convolutions import conv_gradients
from cnn_symbolic.witnesses.poolings import max_pool, max_pool_gradient
from tests.support import commands

check = partial(check_backward, examples=20)


def right(dy, x, w):
    return conv_gradients(dy, x, w, stride=2)


def rotated(dy, x, w):
    dx, dw, db = right(dy, x, w)
    return dx, dw[:, :, ::-1, ::-1], db


def without_batch(dy, x, w):
    return *right(dy, x, w)[:2], dy.sum(axis=(2, 3))


def changes_x(dy, x, w):
    results = right(dy, x, w)
    x *= 2
    return results


calls = []
cache = {}


def counts_its_calls(dy, x, w):
    calls.append(1)
    dx, dw, db = right(dy, x, w)
    return dx + len(calls), dw, db


def remembers_x(dy, x, w):
    return right(dy, cache.setdefault(x.shape, x), w)


def takes_dy_for_contiguous(dy, x, w):
    if 0 in dy.strides:
        return right(dy, x, w)
    return right(np.lib.stride_tricks.as_strided(dy, dy.shape, np.empty(dy.shape).strides), x, w)


def test_a_seed_is_reported_and_draws_the_same_again():
    def drawn(seed):
        shapes = []

        def noted(dy, x, w):
            shapes.append((dy.shape, x.tolist(), w.tolist()))
            return right(dy, x, w)

        report = check(noted, of=conv2d(stride=2), seed=seed)
        return shapes, str(report).replace(f"({report.seconds:.1f} s)", "")

    assert drawn(7) == drawn(7)
    assert drawn(7)[0] != drawn(8)[0]
    assert "; seed 7\n" in drawn(7)[1]
    assert "seed" not in drawn(0)[1]
    with pytest.raises(OperandError, match="seed is a whole number from 0 to 4,294,967,295, found -1"):
        check(right, of=conv2d(stride=2), seed=-1)


def test_the_command_has_a_seed(tmp_path):
    text = "def backward(dy, x, w):\n    return 0 * x, 0 * w, 0 * dy.sum((0, 2, 3))\n"
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    arguments = ["check-backward", "mine.py:backward", "--of", "conv2d", "--no-prove", "--examples", "5"]
    ran = commands.run(*arguments, "--seed", "7", cwd=tmp_path)
    assert (ran.returncode, "; seed 7\n" in ran.stdout) == (1, True)
    found = json.loads(commands.run(*arguments, "--seed", "7", "--json", cwd=tmp_path).stdout)
    assert found["seed"] == 7
    assert commands.run(*arguments, "--seed", "-1", cwd=tmp_path).returncode == 2


def needs_strides(dy, x, w):
    return np.array(1 // dy.strides[-1]) + right(dy, x, w)[0], *right(dy, x, w)[1:]


def single(dy, x, w):
    return tuple(result.astype(np.float32) for result in right(dy, x, w))


def fails_at_three_maps(dy, x, w):
    if len(w) == 3:
        raise IndexError("three")
    return right(dy, x, w)


def large(dy, x, w):
    dx, dw, db = right(dy, x, w)
    dx[:, 5] *= 1 + (w[:, 5] != 0).any()
    return dx, dw, db


def run(snippet, tmp_path):
    """Run a program away from here, and return what it found and what it expected."""
    (tmp_path / "program.py").write_text(snippet, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        return done.stderr, None
    found, expected = done.stdout.split("expected")
    return found.removeprefix("found").strip(), expected.strip()


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (rotated, "value"),
        (without_batch, "shape"),
        (changes_x, "mutation"),
        (counts_its_calls, "state"),
        (remembers_x, "state"),
        (takes_dy_for_contiguous, "layout"),
        (single, "dtype"),
    ],
)
def test_the_program_reproduces_what_is_wrong(function, kind, tmp_path):
    report = check(function, of="conv2d(stride=2)")
    assert (report.outcome, report.kind) == ("wrong", kind)
    assert "hypothesis" not in report.snippet
    found, expected = run(report.snippet, tmp_path)
    assert expected is not None, found
    assert found != expected


@pytest.mark.parametrize(("function", "text"), [(fails_at_three_maps, "three"), (needs_strides, "ZeroDivisionError")])
def test_the_program_of_an_exception_raises_it(function, text, tmp_path):
    report = check(function, of="conv2d(stride=2)")
    assert report.kind in ("exception", "layout")
    assert text in str(report)
    error, expected = run(report.snippet, tmp_path)
    assert expected is None
    assert text in error


def test_the_program_at_a_large_shape_is_short(tmp_path):
    report = check(large, of="conv2d(stride=2)", shapes={"x": (2, 8, 21, 20), "w": (9, 8, 3, 4)})
    assert report.gradient == "dx"
    assert len(report.snippet) < 1500
    assert [int(np.count_nonzero(report.data[name])) for name in ("dy", "w")] == [1, 1]
    found, expected = run(report.snippet, tmp_path)
    assert (float(found), float(expected)) == (2, 1)


def test_the_program_makes_a_partial_and_functions_by_file(tmp_path):
    (tmp_path / "by_file.py").write_text(
        "from cnn_symbolic.witnesses.convolutions import conv_gradients\n"
        "def backward(dy, x, w, factor):\n    return factor * conv_gradients(dy, x, w)[0]\n",
        encoding="utf-8",
    )
    sys.path.insert(0, str(tmp_path))
    try:
        from by_file import backward
    finally:
        sys.path.remove(str(tmp_path))
    report = check(partial(backward, factor=2), of="conv2d()", signature="dy, x, w -> dx")
    assert report.mistake == "doubled"
    assert "partial(backward, factor=2)" in report.snippet
    found, expected = run(report.snippet, tmp_path)
    assert found != expected


def test_a_function_that_cannot_be_imported_leaves_its_place():
    report = check(lambda dy, x, w: -right(dy, x, w)[0], of="conv2d(stride=2)", signature="dy, x, w -> dx")
    assert "# put the function that was checked here" in report.snippet


def test_the_text_names_the_mistake_the_example_and_the_signature():
    report = check(rotated, of="conv2d(stride=2)")
    text = str(report)
    for part in (
        "✗ rotated is not the backward pass of conv2d(stride=2)",
        "dw is wrong: dw is rotated",
        "dy, x, w -> dx, dw, db (from the parameters' names)",
        "right: dx, db",
        f"dw{list(report.entry)} is ",
    ):
        assert part in text
    assert report.found[report.entry] != report.expected[report.entry]
    assert report.also_right == {"dx": True, "dw": False, "db": True}
    assert report.options["stride"] == 2


def test_a_right_one_says_what_it_rests_on():
    report = check(right, of=conv2d(stride=2))
    assert (report.outcome, report.kind, report.gradient, report.mistake) == ("right", None, None, None)
    assert re.match(
        r"random identity at 21 shapes up to x \d+(×\d+){3}, w \d+(×\d+){3}: a mistake is missed with a chance ≤ 2\^-",
        report.evidence,
    )
    assert report
    assert "polynomial of degree ≤ 2" in str(report)


def test_the_bound_is_that_of_the_points():
    for error in (2.0**-20, 2.0**-64, 2.0**-200):
        report = check(right, of="conv2d(stride=2)", error=error)
        assert 2.0 ** int(report.evidence.split("2^")[1].split()[0]) <= error


def channels_last(dy, x, w):
    dx, dw, db = right(dy.transpose(0, 3, 1, 2), x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1)[:, :, ::-1, ::-1])
    return dx.transpose(0, 2, 3, 1), dw[:, :, ::-1, ::-1].transpose(2, 3, 1, 0), db


def test_other_layouts_and_flipped_filters():
    layout = {"layout": "NHWC", "filters": "HWIO", "flipped": True}
    assert check(channels_last, of="conv2d(stride=2)", **layout).outcome == "right"
    shapes = {"x": (2, 5, 6, 3), "w": (2, 3, 3, 4)}
    assert check(channels_last, of="conv2d(stride=2)", shapes=shapes, **layout).outcome == "right"
    layout["flipped"] = False
    report = check(channels_last, of="conv2d(stride=2)", **layout)
    assert report.mistake == "the filter is not flipped"
    assert report.shapes["w"] in ((1, 2, 1, 1), (2, 1, 1, 1))


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_other_dtypes(dtype):
    assert check(right, of="conv2d(stride=2)", dtype=dtype).outcome == "right"
    assert check(rotated, of="conv2d(stride=2)", dtype=dtype).mistake == "dw is rotated"


def test_options_that_vary_are_passed_by_name():
    assert check(conv_gradients, of=conv2d(stride=any_of(1, (2, 1)), groups=any_of(1, 2))).outcome == "right"


def test_rounding_is_said_and_hides_nothing():
    def rounding(dy, x, w):
        return tuple(result / 49 * 49 for result in right(dy, x, w))

    report = check(rounding, of="conv2d(stride=2)")
    assert report.outcome == "tested"
    assert re.match(r"tested to a tolerance at 21 shapes up to x [^;]*; worst entry d", report.evidence)
    assert "up to rounding" in str(report)
    assert check(lambda *a: [r + 1e-6 for r in right(*a)], of="conv2d(stride=2)").outcome == "wrong"


def test_one_hot_pairs_find_what_random_points_do_not():
    def wrong_for_zeros(dy, x, w):
        return right(dy, x, w) if w.all() or x.all() else rotated(dy, x, w)

    assert check(wrong_for_zeros, of="conv2d(stride=2)").outcome == "right"
    report = check(wrong_for_zeros, of="conv2d(stride=2)", one_hot=True)
    assert (report.outcome, report.gradient) == ("wrong", "dw")
    shapes = {"x": (1, 2, 3, 3), "w": (2, 2, 2, 2)}
    report = check(right, of="conv2d(stride=2)", one_hot=True, shapes=shapes)
    assert report.evidence.startswith("fixed shape, all one-hot pairs (if bilinear: tested at 2 points) at 1 shape")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"of": 3}, OperandError, "of is a layer"),
        ({"of": "conv2d()", "dtype": "float16"}, ModeError, "dtype is one of float64, float32, int64"),
        ({"of": "conv2d()", "shapes": {"x": (1, 1, 3, 3)}}, ShapeError, "shapes has the shapes of x and w, found x"),
        ({"of": "conv2d()", "shapes": {"x": (1, 1, 3), "w": (1, 1, 2, 2)}}, ShapeError, "x has the axes NCHW"),
        ({"of": "conv2d()", "shapes": {"x": (1, 1, 3, 3), "w": (1, 1, 4, 4)}}, ShapeError, "covers 4 cells"),
        ({"of": "conv2d()", "error": 0}, OperandError, "an error between 0 and 1"),
    ],
)
def test_arguments_that_do_not_fit_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        check_backward(right, **arguments)


def test_hypothesis_is_needed_for_the_strategy_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingPackageError, match=r"needs Hypothesis: python -m pip install 'cnn-symbolic\[check\]'"):
        convolution_problems(of="conv2d(stride=2)")
    assert check(right, of="conv2d(stride=2)").outcome == "right"


def test_nothing_is_printed_and_nothing_is_kept(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(rotated, of="conv2d(stride=2)")
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


# The command line.


@pytest.fixture
def command(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from cnn_symbolic.witnesses.convolutions import conv_gradients\n"
        "def right(dy, x, w):\n    return conv_gradients(dy, x, w, stride=2)\n"
        "def wrong(dy, x, w):\n    return 2 * right(dy, x, w)[0]\n",
        encoding="utf-8",
    )

    return lambda *arguments: commands.run("check-backward", *arguments, cwd=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["mine:right", "--of", "conv2d(stride=2)", "--examples", "9"], 0, "✓ right is the backward pass"),
        (["mine.py:wrong", "--of", "conv2d(stride=2)", "--signature", "dy, x, w -> dx"], 1, "dx is wrong: doubled"),
        (["mine.py:right", "--of", "conv2d(stride=2)", "--shape", "x=1,2,9,9", "--shape", "w=1,2,2,2"], 0, "1 shape"),
        (["mine.py:rihgt", "--of", "conv2d(stride=2)"], 2, "has no 'rihgt', did you mean right?"),
        (["mine.py:right", "--of", "conv2d(strid=2)"], 2, "did you mean stride?"),
        (["mine.py:right", "--of", "conv2d()", "--torch", "--jax"], 2, "not both"),
    ],
)
def test_the_command_line(command, arguments, status, text, monkeypatch):
    monkeypatch.delitem(sys.modules, "mine", raising=False)  # of another test, from which this process is made
    done = command(*arguments)
    assert done.returncode == status, done.stderr
    assert text in done.stdout + done.stderr


def test_the_sizes_that_were_tried_are_said():
    report = check_backward(right, of=conv2d(stride=2), shapes={"x": (1, 2, 9, 8), "w": (3, 2, 3, 1)})
    assert "at 1 shape up to x 1×2×9×8, w 3×2×3×1: a mistake is missed" in report.evidence


def test_a_wrong_report_is_false_and_names_the_option_that_varies():
    def doubled(dy, x, w, stride):
        return tuple(2 * d for d in conv_gradients(dy, x, w, stride=stride))

    report = check_backward(doubled, of="conv2d(stride=any_of(2, 3))", examples=10)
    assert not report
    assert "smallest example: stride 2, dy" in str(report)


def test_of_a_maximum_it_is_said_that_ties_were_not_tried():
    def backward(dy, x):
        return max_pool_gradient(dy, max_pool(x, window=2)[1], shape=x.shape[2:])

    text = str(check_backward(backward, of="max_pool2d(2)", examples=10))
    assert 'equal entries in a window were not tried: ties="first" or "last" or "all" or "shared" does' in text
    assert "degree ≤ 2 in dy" in text
    assert "not tried" not in str(check_backward(backward, of='max_pool2d(2, ties="first")', examples=10))


def test_the_document_says_how_the_passes_were_called(tmp_path):
    (tmp_path / "pair.py").write_text(
        "def forward(x, w):\n    return x @ w.T, (x, w)\n"
        "def backward(dout, cache):\n    x, w = cache\n    return dout @ w, 2 * dout.T @ x\n"
        "def scale(x, s):\n    return x * s\ndef scaled(dy, x, s):\n    return dy * s, (dy * x).sum(0)\n",
        encoding="utf-8",
    )
    done = commands.run("check-backward", "pair.py:backward", "--of", "linear()", "--json", cwd=tmp_path)
    value = json.loads(done.stdout)
    assert (done.returncode, value["verdict"], value["function"]) == (1, "wrong", "backward")
    assert "y, cache = forward(x, w); dx, dw = backward(dy, cache)" in value["called"]
    assert [(found["result"], found["mistake"]) for found in value["findings"]] == [("dw", "doubled")]
    assert "from pair import forward" in value["findings"][0]["program"]
    shapes = ["--shape", "x=4,3", "--shape", "s=3"]
    done = commands.run("check-backward", "pair.py:scaled", "--of", "pair.py:scale", *shapes, "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["layer"]) == (0, "scale")
    done = commands.run("check-backward", "pair.py:scaled", "--of", "pair.py:scale", cwd=tmp_path)
    assert done.returncode == 2
    assert "for example --shape x=2,3 --shape s=2,3" in done.stderr
