"""A limit on the time that a computation may take."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from cnn_symbolic.ground.errors import TimeLimitError

T = TypeVar("T")
# Seconds until an outer limit that has passed meanwhile, and between two signals that the time is over.
SOON, AGAIN = 0.001, 0.1


class OutOfTime(BaseException):
    """What interrupts a computation: no handler of errors inside of it takes this for one of its own."""


def within(seconds: float, compute: Callable[[], T]) -> T:
    """Return what `compute` returns; raise TimeLimitError if that takes longer.

    In the main thread of a POSIX system the computation is interrupted, by a signal, as soon as it is back in
    Python; elsewhere it is left running in a thread of its own that does not keep the process alive.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        return interrupted(seconds, compute)
    return abandoned(seconds, compute)


def interrupted(seconds: float, compute: Callable[[], T]) -> T:
    """Return what `compute` returns, interrupted by a signal when its time is over.

    The signal comes again and again: what it raises while an object is finalised is lost.
    """
    waiting = True

    def stop(*_: Any) -> None:
        if waiting:
            raise OutOfTime

    before, start = signal.signal(signal.SIGALRM, stop), time.monotonic()
    outer, _ = signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, min(seconds, outer or seconds), AGAIN)
    try:
        try:
            return compute()
        finally:
            waiting = False
    except OutOfTime:
        raise TimeLimitError(f"not done after {seconds:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - start), SOON), AGAIN)


def abandoned(seconds: float, compute: Callable[[], T]) -> T:
    """Return what `compute` returns, in a thread that is given up when its time is over."""
    outcome: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(compute())
        except BaseException as error:  # handed on to the caller
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not outcome:
        raise TimeLimitError(f"not done after {seconds:g} s")
    return outcome[0]
