"""Signals that end a process: they raise an exception, so that nothing is left behind, and wait where that matters."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ended(BaseException):
    """A signal that ends the process has come: no handler of errors takes this for one of its own."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def ended_by_exception() -> Iterator[None]:
    """While this lasts, a signal that would end the process raises Ended; what is ignored or handled stays so."""

    def end(number: int, _: FrameType | None) -> None:
        raise Ended(number)

    usual = signal.SIG_DFL, signal.default_int_handler
    with handling([number for number in ENDS if signal.getsignal(number) in usual], end):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """While this lasts, signals that end this process wait: what is started is known before anything ends."""
    waiting: list[int] = []
    try:
        with handling(ENDS, lambda number, _: waiting.append(number)):
            yield
    finally:
        for number in waiting:
            signal.raise_signal(number)


@contextmanager
def handling(numbers: Iterable[int], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """While this lasts, signals go to a handler; no others than the main thread can have one, and none comes there."""
    here = threading.current_thread() is threading.main_thread()
    before = [(number, signal.signal(number, handler)) for number in numbers if here]
    try:
        yield
    finally:
        for number, earlier in before:
            signal.signal(number, earlier or signal.SIG_DFL)  # None: it is not one of Python's
