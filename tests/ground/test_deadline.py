"""A limit on the time that a computation may take."""

import signal
import threading
import time

import pytest

from cnn_symbolic.ground.deadline import within
from cnn_symbolic.ground.errors import CnnSymbolicError, TimeLimitError

SOON, LATER = 0.05, 30.0
ALARM = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")


def in_main_thread(function):
    """Return what a function returns."""
    return function()


def in_other_thread(function):
    """Return what a function returns in a thread of its own; raise what it raises."""
    outcome = []

    def run():
        try:
            outcome.append((function(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(LATER)
    assert outcome, "no answer"
    returned, error = outcome[0]
    if error is not None:
        raise error
    return returned


def endless(done):
    """Return a computation that goes on after every error, until it is told to stop."""

    def compute():
        while not done.is_set():
            try:
                time.sleep(0.001)
                raise ValueError
            except Exception:  # what is under test is that this does not catch the limit
                continue

    return compute


THREADS = pytest.mark.parametrize("run", [in_main_thread, in_other_thread])


@THREADS
def test_what_is_done_in_time_is_returned(run):
    assert run(lambda: within(LATER, lambda: 3)) == 3
    assert run(lambda: within(LATER, lambda: None)) is None


@THREADS
def test_an_error_of_the_computation_is_handed_on(run):
    def compute():
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        run(lambda: within(LATER, compute))


@THREADS
def test_a_computation_that_goes_on_after_every_error_is_ended_in_time(run):
    done = threading.Event()
    start = time.monotonic()
    try:
        with pytest.raises(TimeLimitError, match=r"^not done after 0\.05 s$"):
            run(lambda: within(SOON, endless(done)))
    finally:
        done.set()
    assert SOON <= time.monotonic() - start < LATER / 2


def test_the_error_is_one_of_the_package_and_a_timeout():
    assert issubclass(TimeLimitError, CnnSymbolicError)
    assert issubclass(TimeLimitError, TimeoutError)


@ALARM
def test_a_computation_of_the_main_thread_is_interrupted():
    ended = []

    def compute():
        try:
            while True:
                sum(range(100))
        finally:
            ended.append(True)

    with pytest.raises(TimeLimitError):
        within(SOON, compute)
    assert ended


@ALARM
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_alarm_that_is_lost_while_an_object_is_finalised_comes_again():
    class Held:
        def __del__(self):
            time.sleep(0.3)

    def endless():
        held = Held()
        del held
        while True:
            pass

    with pytest.raises(TimeLimitError):
        within(0.1, endless)


def test_a_computation_of_another_thread_is_left_in_one_that_keeps_no_process_alive():
    done, threads = threading.Event(), []

    def compute():
        threads.append(threading.current_thread())
        done.wait(LATER)

    with pytest.raises(TimeLimitError):
        in_other_thread(lambda: within(SOON, compute))
    assert threads[0].is_alive()
    assert threads[0].daemon
    done.set()
    threads[0].join(LATER)
    assert not threads[0].is_alive()


@ALARM
@pytest.mark.parametrize("ending", ["returns", "raises", "takes too long"])
def test_the_handler_of_the_signal_is_the_same_afterwards_and_no_alarm_is_left(ending):
    def handler(*_):
        raise AssertionError("an alarm was left")

    def compute():
        if ending == "raises":
            raise KeyError
        if ending == "takes too long":
            time.sleep(LATER)

    before = signal.signal(signal.SIGALRM, handler)
    try:
        if ending == "returns":
            within(SOON, compute)
        else:
            with pytest.raises(KeyError if ending == "raises" else TimeLimitError):
                within(SOON, compute)
        assert signal.getsignal(signal.SIGALRM) is handler
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        time.sleep(2 * SOON)
    finally:
        signal.signal(signal.SIGALRM, before)
