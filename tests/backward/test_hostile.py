"""Hostile code: never right if it is wrong, no traceback, no hang, nothing is left of it; and frames, strictly read."""

import json
import os
import sys
import threading
import time
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.backward import check_backward
from cnn_symbolic.backward.calls import elsewhere
from cnn_symbolic.backward.calls.answers import IN_MEMORY, CallArguments, Called, Misbehaviour, Odd
from cnn_symbolic.backward.calls.frames import (
    Unreadable,
    answer_of,
    call_of,
    read_answer,
    read_call,
)
from cnn_symbolic.ground.children import CAN_FORK
from cnn_symbolic.ground.foreign import children_of
from tests.support.backward.hostile import ACTS, HARMLESS, PLACES, RETURNED, file_of, returning_file
from tests.support.commands import run
from tests.support.thorough import every

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork processes")
# Seconds that a hostile function may keep the check busy, on a machine with much else to do.
LATER = 120
# Every act at two of the places, those in turn.
ATTACKS = [(act, PLACES[place % len(PLACES)]) for k, act in zip(count(), ACTS) for place in (k, k + 2)]


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Check a text with a backward pass, and see what is left of it."""
    monkeypatch.setattr(elsewhere, "IMPORT", 5.0)

    def check(text, *options):
        (tmp_path / "hostile.py").write_text(text, encoding="utf-8")
        before, start = set(children_of(os.getpid())), time.monotonic()
        usual = ("hostile.py:backward", "--of", "linear()", "--examples", "5", "--memory", "2G")
        done = run("check-backward", *usual, *(options or ("--timeout", "1")), cwd=tmp_path)
        assert time.monotonic() - start < LATER
        assert "Traceback" not in done.stdout
        assert set(children_of(os.getpid())) <= before
        assert [file.name for file in tmp_path.iterdir()] == ["hostile.py"]
        return done

    return check


def is_not_right(done):
    assert done.returncode in (1, 2), done.stdout + done.stderr
    assert "✓" not in done.stdout
    return True


@pytest.mark.parametrize(("act", "place"), every(6, ATTACKS))
def test_a_wrong_pass_is_never_right_whatever_it_does(check, act, place):
    assert is_not_right(check(file_of(ACTS[act], place)))


@pytest.mark.parametrize("returned", every(3, RETURNED))
def test_what_is_no_array_of_numbers_is_never_right(check, returned):
    assert is_not_right(check(returning_file(RETURNED[returned])))


@pytest.mark.parametrize("act", every(3, HARMLESS))
def test_a_right_pass_that_does_something_harmless_is_right(check, act):
    done = check(file_of(HARMLESS[act], PLACES[len(act) % len(PLACES)], factor=1), "--timeout", "10")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("✓")


FINDINGS = [
    ("_exit(0)", "later", "ended", "the function ended the process with status 0"),
    ("kill", "first", "ended", "the function was ended by the signal SIGKILL"),
    ("endless", "later", "timeout", "the function did not return within 0.5 s"),
    ("flood", "first", "ended", "the function printed more than 16 MiB"),
    ("noise", "later", "ended", "the function wrote to the connection on which it should answer"),
    ("an error without words", "first", "exception", "Silent: its message cannot be printed, which raises ValueError"),
    ("memory", "first", "exception", "MemoryError: "),
]


@pytest.mark.parametrize(("act", "place", "kind", "detail"), FINDINGS)
def test_the_finding_names_what_it_did_and_the_shape(check, act, place, kind, detail):
    done = check(file_of(ACTS[act], place, factor=1), "--timeout", "0.5" if kind == "timeout" else "10")
    lines = done.stdout.splitlines()
    k = lines.index(f"  {kind}")
    assert done.returncode == 1
    assert lines[k + 1].startswith(f"    {detail}")
    assert lines[k + 2].startswith("    smallest example: dy (")


FILES = [
    ("_exit(0)", "import", "hostile.py cannot be imported: it ended the process with status 0"),
    ("sleep", "import", "hostile.py cannot be imported: not done after 5 s"),
    ("flood", "import", "hostile.py cannot be imported: it printed more than 16 MiB"),
    ("GeneratorExit", "import", "hostile.py cannot be imported: GeneratorExit: "),
    ("an error without words", "import", "hostile.py cannot be imported: Silent: its message cannot be printed"),
    ("_exit(0)", "class", "hostile.py:backward cannot be called: returned = layer.backward(dy): it ended the process"),
    ("sleep", "pair", "hostile.py:backward cannot be called: returned = forward(x, w, b): not done after 1 s"),
]


@pytest.mark.parametrize(("act", "place", "message"), every(2, FILES))
def test_what_is_wrong_with_the_file_is_one_clear_line(check, act, place, message):
    done = check(file_of(ACTS[act], place, factor=1))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"cnn-symbolic: {message}")


def test_what_is_printed_goes_to_standard_error_without_what_a_terminal_obeys(check):
    done = check(file_of("print('out \\x1b[31m'); os.write(2, b'err')", "import", factor=1), "--json")
    assert done.stderr == "out \\x1b[31m\nerr\n"
    assert done.stdout.startswith("{")


def test_the_time_for_everything_is_limited(check):
    done = check(file_of("time.sleep(0.2)", "first", factor=1), "--time-limit", "1")
    assert done.returncode == 2
    assert "not done within the time for all calls together: --time-limit gives more; nothing wrong" in done.stderr
    done = check(file_of("time.sleep(0.2)", "first"), "--time-limit", "2")
    assert done.returncode == 1
    assert "dw is wrong" in done.stdout


def test_the_layer_of_ones_own_runs_in_another_process_than_the_function(check, tmp_path):
    text = """
import sys


def scale(x, gamma):
    return factor * x * gamma


def backward(dy, x, gamma):
    global factor
    factor = 2
    return 2 * dy * gamma, 2 * (dy * x).sum(axis=0)


factor = 1
"""
    done = check(text, "--of", "hostile.py:scale", "--shape", "x=2,3", "--shape", "gamma=3")
    assert done.returncode == 1


# In the process of the caller


class Silent(Exception):
    def __str__(self):
        raise ValueError


class Strange:
    def __getattribute__(self, name):
        raise GeneratorExit


def raising(error):
    def backward(dy, x, w):
        raise error

    return backward


@pytest.mark.parametrize(
    ("function", "kind", "detail"),
    [
        (raising(Silent()), "exception", "Silent: its message cannot be printed, which raises ValueError"),
        (raising(KeyboardInterrupt()), "exception", "KeyboardInterrupt: "),
        (raising(SystemExit(0)), "exception", "SystemExit: 0"),
        (lambda dy, x, w: Strange(), "outputs", "returns a Strange that cannot be read: GeneratorExit: "),
        (lambda dy, x, w: (Strange(), dy, dy), "outputs", "dx cannot be made an array: GeneratorExit: "),
    ],
)
def test_a_function_of_this_process_has_the_same_findings(function, kind, detail):
    report = check_backward(function, of="linear()", examples=5)
    assert (report.outcome, report.kind) == ("wrong", kind)
    assert report.detail.startswith(detail)
    assert "; called in this process" in str(report)


def test_a_function_of_this_process_that_catches_everything_is_given_up():
    done = threading.Event()

    def backward(dy, x, w):
        while not done.is_set():
            try:
                done.wait(0.01)
            except BaseException:  # what is under test is that this does not help
                continue

    report = check_backward(backward, of="linear()", timeout=0.1)
    done.set()
    assert (report.outcome, report.kind) == ("wrong", "timeout")


def test_a_function_of_this_process_keeps_what_is_local_to_its_thread():
    local = threading.local()

    def backward(dy, x, w):
        x, local.x = getattr(local, "x", x), x
        return dy @ w, dy.T @ x if len(x) == len(dy) else np.zeros(w.shape), dy.sum(axis=0)

    assert check_backward(backward, of="linear()", shapes={"x": (2, 3), "w": (4, 3)}).kind == "state"


def test_the_callers_path_is_left_alone(check):
    before = list(sys.path)
    check(file_of("pass", "first", factor=1))
    assert sys.path == before
    assert "hostile" not in sys.modules


# Frames

GIVEN = CallArguments({"dy": np.ones((2, 3)), "x": np.arange(6.0).reshape(2, 3), "stride": (1, 2)}, ("dy", "x"))


@pytest.mark.parametrize("how", ["contiguous", *IN_MEMORY])
def test_a_call_goes_there_with_its_arrays_as_they_lie_in_memory(how):
    found = read_call(call_of(CallArguments(GIVEN.arguments, ("x",), (("s", "stride"),), how, 9)))
    assert (found.inputs, found.named, found.how, found.most) == (["x"], [("s", "stride")], how, 9)
    assert found.arguments["stride"] == (1, 2)
    for name in GIVEN.arrays:
        np.testing.assert_array_equal(found.arguments[name], GIVEN.arguments[name])
    assert found.arguments["x"].flags.c_contiguous == (how in ("contiguous", "broadcast"))
    assert (found.arguments["dy"].strides == (0, 0)) == (how == "broadcast")


def answered(function, given=GIVEN):
    called = Called(function)
    return read_answer(answer_of(called, given), called.number, given)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f8", "i1", "u8", "?", np.longdouble])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3)])
def test_arrays_come_back_as_they_are(dtype, shape):
    array = np.ones(shape, dtype)
    (found,) = answered(lambda dy, x: array).values
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_what_was_returned_is_said_whatever_it_is():
    table = answered(lambda dy, x: {"dx": dy, 3: None, (1,): [1.0]})
    assert (table.form, table.count, table.keys) == ("table", 3, ("dx", 3, "(1,)"))
    assert table.values[1:] == (
        Odd("outputs", "is not an array, found NoneType", ()),
        Odd("outputs", "is not an array, found list", (1,)),
    )
    assert answered(lambda dy, x: None).form == "none"
    assert answered(lambda dy, x: [dy] * 1000).count == 1000
    with pytest.raises(Misbehaviour, match="ZeroDivisionError"):
        answered(lambda dy, x: 1 / 0)


def test_what_a_call_changes_is_said():
    def doubled(dy, x):
        x *= 2
        return held

    held, called = np.zeros(2), Called(doubled)
    given = read_call(call_of(GIVEN))
    assert called(given).changed == ("x",)
    held += 1
    place, now = called(given).overwritten
    assert (place, now.tolist()) == (0, [1, 1])
    assert called(given).overwritten is None


def test_a_result_that_is_too_large_is_not_looked_at():
    (found,) = answered(lambda dy, x: np.broadcast_to(1.0, (10**9, 10**9))).values
    assert found.kind == "outputs"
    assert found.shape == (10**9, 10**9)


RIGHT = {
    "number": 1,
    "form": "several",
    "count": 1,
    "odd": [],
    "keys": [],
    "changed": [],
    "overwritten": None,
    "arrays": [["<f8", [2]]],
}
WRONG = [
    {"number": 2},
    {"number": True},
    {"form": "one"},
    {"count": 0},
    {"count": "1"},
    {"odd": [[0, "value", "dx", None]]},
    {"odd": [[1, "outputs", 3, None]]},
    {"odd": [[5, "outputs", "is odd", None]]},
    {"odd": 3},
    {"keys": ["dx"]},
    {"form": "table"},
    {"form": "table", "keys": [[]]},
    {"changed": ["w"]},
    {"overwritten": "0"},
    {"overwritten": -1},
    {"arrays": [["<f8", [3]]]},
    {"arrays": [["<f8", [1]]]},
    {"arrays": [["<f8", [-2]]]},
    {"arrays": [["<f8", [2.0]]]},
    {"arrays": [["<f8", [10**30, 0]]]},
    {"arrays": [["O", [2]]]},
    {"arrays": [["<f3", [2]]]},
    {"arrays": [["<f8", [1] * 100]]},
    {"arrays": None},
    {"misbehaved": ["value", "dx"]},
    {"misbehaved": ["outputs"]},
    {"misbehaved": "outputs"},
]


def frame(header):
    return json.dumps(header).encode() + b"\n" + bytes(16)


def test_an_answer_is_taken_and_what_is_none_is_not():
    assert read_answer(frame(RIGHT), 1, GIVEN).values[0].tolist() == [0, 0]
    for change in WRONG:
        with pytest.raises(Unreadable):
            read_answer(frame({**RIGHT, **change}), 1, GIVEN)
    for line in (b"", b"\n", b"[]\n", b"[" * 10**5, b"\xff\n", b'{"arrays": []', b"NaN\n" + bytes(16)):
        with pytest.raises(Unreadable):
            read_answer(line, 1, GIVEN)


@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_noise_is_an_answer(noise, at):
    right = frame(RIGHT)
    try:
        read_answer(right[:at] + noise + right[at + len(noise) :], 1, GIVEN)
    except (Unreadable, Misbehaviour):
        return


STEPS = """
import os, socket, struct
line = b'{"at": "x", "long": true, "arrays": []}\\n'
steps = (struct.pack(">Q", len(line)) + line) * 1000
for number in range(3, 64):
    try:
        end = socket.socket(fileno=os.dup(number))
    except OSError:
        continue
    while True:
        end.sendall(steps)
"""
WITHOUT_ORIGIN = """
from cnn_symbolic.backward.calls import elsewhere
whole = elsewhere.written
elsewhere.written = lambda header, arrays=(): whole({k: v for k, v in header.items() if k != "origin"}, arrays)
def backward(dy, x, w): return dy, x, w
"""


@pytest.mark.parametrize("code", [STEPS, WITHOUT_ORIGIN], ids=["steps without end", "a description that is none"])
def test_what_is_no_answer_while_code_is_opened_is_said(code, tmp_path):
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    ran = run("check-backward", f"{tmp_path / 'mine.py'}:backward", "--of", "conv2d()", "--time-limit", 20)
    assert (ran.returncode, "it wrote to the connection on which it should answer" in ran.stderr) == (2, True)


def test_what_a_function_says_of_the_origin_of_its_signature_is_not_read(tmp_path):
    code = """
from cnn_symbolic.witnesses.convolutions import conv_gradients
def backward(dy, x, w): return (None, *conv_gradients(dy, x, w)[1:])
backward.signature, backward.origin = "dy, x, w -> _, dw, db", "as given; dx was not given"
"""
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    ran = run("check-backward", f"{tmp_path / 'mine.py'}:backward", "--of", "conv2d()", "--examples", 5)
    assert "signature dy, x, w -> _, dw, db (of the function; dx not checked)" in ran.stdout
