"""A limit on the time that a computation in this process may take: in a thread, which is given up when it is over.

No signal is sent and no handler or timer is touched: those are the caller's. What is given up is told to end, by an
exception in its thread that arrives as soon as it is back in Python; what catches that, or is in C code for ever,
goes on until the process ends.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import weakref
from collections.abc import Callable
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

from cnn_symbolic.ground.errors import TimeLimitError

T = TypeVar("T")
# How often a computation is told that its time is over, and the seconds between: it may catch what says so.
TIMES, AGAIN = 5, 0.1


class OutOfTime(BaseException):
    """What ends a computation: no handler of errors inside of it takes this for one of its own."""


class Task:
    """A computation and the context that it is made in; afterwards its value or its error."""

    def __init__(self, compute: Callable[[], Any]) -> None:
        self.compute, self.context = compute, copy_context()
        self.grad_mode = getattr(sys.modules.get("torch"), "is_grad_enabled", lambda: None)()
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Do the computation."""
        try:
            if self.grad_mode is not None:
                sys.modules["torch"].set_grad_enabled(self.grad_mode)
            self.value = self.context.run(self.compute)
        except BaseException as error:  # handed on to the caller
            self.error = error
        self.done.set()


class Worker:
    """A thread for computations, one after the other, each within a time; what is local to the thread stays.

    A computation runs in a copy of its caller's context, and with its caller's mode of gradients in PyTorch. One that
    takes longer keeps its thread, which does not keep the process alive; the next has a new one.
    """

    def __init__(self) -> None:
        self.queue: SimpleQueue[Task | None] | None = None
        self.thread: threading.Thread | None = None

    def run(self, seconds: float, compute: Callable[[], T]) -> T:
        """Return what `compute` returns; raise TimeLimitError if that takes longer, and what it raises."""
        if self.queue is None:
            self.queue = SimpleQueue()
            self.thread = threading.Thread(target=work, args=(self.queue,), daemon=True)
            self.thread.start()
            weakref.finalize(self, self.queue.put, None)
        task, in_time = Task(compute), False
        self.queue.put(task)
        try:
            in_time = task.done.wait(min(seconds, threading.TIMEOUT_MAX))
        finally:
            if not in_time:
                self.give_up(task)
        if not in_time:
            raise TimeLimitError(f"not done after {seconds:g} s")
        if task.error is not None:
            raise task.error
        value: T = task.value
        return value

    def give_up(self, task: Task) -> None:
        """Leave the thread to what runs in it, and tell that to end."""
        thread, queue = self.thread, self.queue
        self.thread = self.queue = None
        if thread is None or thread.ident is None or queue is None:
            return
        queue.put(None)
        for _ in range(TIMES):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(OutOfTime))
            if task.done.wait(AGAIN):
                return


def work(queue: SimpleQueue[Task | None]) -> None:
    """Do what comes, until nothing does."""
    try:
        while (task := queue.get()) is not None:
            task.run()
            del task
    except OutOfTime:  # which came when it was done
        return


def within(seconds: float, compute: Callable[[], T]) -> T:
    """Return what `compute` returns, in a thread of its own; raise TimeLimitError if that takes longer."""
    return Worker().run(seconds, compute)
