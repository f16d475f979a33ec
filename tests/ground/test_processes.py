"""Several processes for one list of tasks: their results, their limits, and that none is left."""

import os
import signal
import time

import pytest

from cnn_symbolic.ground import children, processes
from cnn_symbolic.ground.children import CAN_FORK, ON_LINUX
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.ground.limits import Limits, in_words
from cnn_symbolic.ground.processes import in_processes
from tests.support.memory import resident

FORKS = pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork processes")
LONG, NONE = Limits(60.0, None), None


def doubled(k):
    return 2 * k


def here(task, count, limits=LONG, jobs=2):
    """Return the results of tasks with limits, by number, and "…" with the reason for those that met one."""
    return dict(in_processes(task, count, jobs, limits, lambda k, reason: f"{k}: {reason}"))


@pytest.mark.parametrize("limits", [NONE, LONG])
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_task_is_done(jobs, limits):
    assert dict(in_processes(doubled, 7, jobs, limits)) == {k: 2 * k for k in range(7)}


@pytest.mark.parametrize("limits", [NONE, LONG])
def test_of_what_a_task_yields_the_last_is_taken(limits):
    assert dict(in_processes(lambda k: iter([k, k + 1, k + 2]), 3, 1, limits)) == {0: 2, 1: 3, 2: 4}


def goes_on(k):
    """Answer at once, or go on after every error."""
    while k == 1:
        try:
            time.sleep(0.001)
        except BaseException:  # what is under test is that this does not help
            continue
    return k


@FORKS
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_task_that_is_not_done_in_time_is_given_up_and_the_others_are_done(jobs):
    start = time.monotonic()
    assert here(goes_on, 4, Limits(0.3, None), jobs) == {0: 0, 1: "1: not done after 0.3 s", 2: 2, 3: 3}
    assert time.monotonic() - start < 10


@FORKS
def test_what_was_found_before_the_end_of_the_time_counts():
    def finds_and_goes_on(k):
        yield "first"
        yield "second"
        goes_on(1)
        yield "never"

    assert here(finds_and_goes_on, 1, Limits(0.3, None)) == {0: "second"}


@FORKS
@pytest.mark.skipif(not ON_LINUX, reason="limits on memory are Linux's")
def test_a_task_that_takes_too_much_memory_is_given_up():
    most = resident() + 2**28
    found = here(lambda k: len(bytearray(2**30 if k == 1 else 1)), 3, Limits(60.0, most))
    assert found == {0: 1, 1: f"1: it takes more memory than {in_words(most)}", 2: 1}


@FORKS
def test_a_task_whose_process_ends_is_given_up():
    found = here(lambda k: os.kill(os.getpid(), signal.SIGKILL) if k == 1 else k, 3)
    reason = "the process that worked at it is gone, perhaps for want of memory: it was ended by the signal SIGKILL"
    assert found == {0: 0, 1: f"1: {reason}", 2: 2}
    with pytest.raises(CnnSymbolicError, match=r"^a process ended before its work was done: .* SIGKILL$"):
        list(in_processes(lambda _: os.kill(os.getpid(), signal.SIGKILL), 2, 2))


def fails_beside_a_deaf_one(k):
    """The first task hears no signal, as a process does that is only starting; the second one fails."""
    if k:
        time.sleep(0.3)
        raise ValueError("the second one")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


@FORKS
@pytest.mark.parametrize("limits", [NONE, LONG])
def test_no_process_is_left_when_one_fails(monkeypatch, limits):
    started = []
    monkeypatch.setattr(processes, "PATIENCE", 0.3)
    monkeypatch.setattr(children, "fork", lambda fork=children.fork: started.append(fork()) or started[-1])
    start = time.perf_counter()
    with pytest.raises(ValueError, match="the second one"):
        list(in_processes(fails_beside_a_deaf_one, 2, 2, limits))
    assert len(started) == 2
    for pid in started:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    assert time.perf_counter() - start < 30


@FORKS
def test_without_limits_a_process_that_is_ended_cleans_up(tmp_path):
    def cleans_up(k):
        if k:
            while not (tmp_path / "begun").exists():
                time.sleep(0.01)
            raise ValueError("the second one")
        try:
            (tmp_path / "begun").touch()
            time.sleep(60)
        finally:
            time.sleep(0.1)
            (tmp_path / "cleaned").touch()

    with pytest.raises(ValueError, match="the second one"):
        list(in_processes(cleans_up, 2, 2))
    assert (tmp_path / "cleaned").exists()


@FORKS
def test_the_handlers_of_the_caller_are_not_touched():
    numbers = signal.SIGTERM, signal.SIGINT, signal.SIGALRM
    before = [signal.getsignal(number) for number in numbers]
    for _ in in_processes(doubled, 3, 2, LONG):
        assert [signal.getsignal(number) for number in numbers] == before
