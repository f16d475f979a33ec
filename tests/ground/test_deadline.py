"""A limit on the time that a computation may take."""

import signal
import threading
import time
from contextvars import ContextVar

import pytest

from cnn_symbolic.ground.deadline import Worker, within
from cnn_symbolic.ground.errors import CnnSymbolicError, TimeLimitError

SOON, LATER = 0.05, 30.0


def test_what_is_done_in_time_is_returned():
    assert within(LATER, lambda: 3) == 3
    assert within(LATER, lambda: None) is None
    assert within(float("inf"), lambda: 3) == 3


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, SystemExit])
def test_an_error_of_the_computation_is_handed_on(error):
    def compute():
        raise error("x")

    with pytest.raises(error, match="x"):
        within(LATER, compute)


def test_the_error_is_one_of_the_package_and_a_timeout():
    assert issubclass(TimeLimitError, CnnSymbolicError)
    assert issubclass(TimeLimitError, TimeoutError)


def test_a_computation_that_goes_on_after_every_error_ends():
    ended = threading.Event()

    def compute():
        try:
            while True:
                try:
                    time.sleep(0.001)
                    raise ValueError
                except Exception:  # what is under test is that this does not catch the limit
                    continue
        finally:
            ended.set()

    start = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"^not done after 0\.05 s$"):
        within(SOON, compute)
    assert SOON <= time.monotonic() - start < LATER / 2
    assert ended.wait(LATER)


def test_a_computation_that_catches_everything_is_given_up_in_a_thread_that_keeps_no_process_alive():
    done, threads = threading.Event(), []

    def compute():
        threads.append(threading.current_thread())
        while not done.is_set():
            try:
                done.wait(SOON)
            except BaseException:  # what is under test is that this does not help
                continue

    with pytest.raises(TimeLimitError):
        within(SOON, compute)
    assert threads[0].is_alive()
    assert threads[0].daemon
    done.set()
    threads[0].join(LATER)
    assert not threads[0].is_alive()


def test_a_worker_keeps_its_thread_and_has_another_after_one_that_took_too_long():
    worker, done = Worker(), threading.Event()
    first = worker.run(LATER, threading.get_ident)
    assert worker.run(LATER, threading.get_ident) == first
    with pytest.raises(TimeLimitError):
        worker.run(SOON, lambda: done.wait(LATER))
    assert worker.run(LATER, threading.get_ident) not in (first, threading.get_ident())
    done.set()


def test_the_thread_of_a_worker_ends_with_it():
    worker = Worker()
    thread = worker.run(LATER, threading.current_thread)
    del worker
    thread.join(LATER)
    assert not thread.is_alive()


def test_a_computation_may_have_a_limit_inside():
    def compute():
        with pytest.raises(TimeLimitError, match=r"0\.05"):
            within(SOON, lambda: time.sleep(1))
        return within(LATER, lambda: 3)

    assert within(LATER, compute) == 3


def test_a_computation_has_the_context_of_its_caller_and_does_not_change_it():
    variable = ContextVar("variable", default=0)
    variable.set(1)

    def compute():
        found = variable.get()
        variable.set(2)
        return found

    worker = Worker()
    assert [worker.run(LATER, compute) for _ in range(2)] == [1, 1]
    assert variable.get() == 1


def test_a_computation_has_its_callers_mode_of_gradients():
    torch = pytest.importorskip("torch")
    worker = Worker()
    with torch.no_grad():
        assert not worker.run(LATER, torch.is_grad_enabled)
    assert worker.run(LATER, torch.is_grad_enabled)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
def test_no_handler_and_no_timer_of_the_caller_is_touched(monkeypatch):
    def refuse(*_):
        raise AssertionError("a signal is touched")

    for name in ("signal", "setitimer", "alarm"):
        monkeypatch.setattr(signal, name, refuse)
    assert within(LATER, lambda: 3) == 3
    with pytest.raises(TimeLimitError):
        within(SOON, lambda: time.sleep(1))
