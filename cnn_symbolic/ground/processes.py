"""Several processes for one list of tasks, which they have from their parent, each task with its limits."""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cnn_symbolic.ground.children import CAN_FORK, Channel, Child, ChildEnded
from cnn_symbolic.ground.errors import CnnSymbolicError, TimeLimitError
from cnn_symbolic.ground.limits import NO_LIMITS, Limits, in_words

# Seconds for a process to end in order.
PATIENCE = 5.0
# What a worker answers: a result; one that a better one may follow, and that none does; an error; no memory was left.
DONE, SO_FAR, THAT_WAS_ALL, RAISED, NO_MEMORY = range(5)


@dataclass
class Working:
    """A task that a process works at: which, until when, and what it has found so far."""

    task: int
    end: float | None
    so_far: list[Any]


def cores() -> int:
    """Return how many processes may run at the same time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(
    task: Callable[[int], Any],
    count: int,
    jobs: int,
    limits: Limits | None = None,
    stopped: Callable[[int, str], Any] | None = None,
) -> Generator[tuple[int, Any], None, None]:
    """Yield k and `task(k)` for every k below the count, each as soon as it is done by one of so many processes.

    The task may be any function: forked processes have it, and all that it works on, from their parent. It may yield
    results, each better than the one before: the last is taken. With limits, a task that meets one has the best result
    that it has yielded, else what `stopped` makes of it and of what has stopped it; its process is ended. Without
    limits and with one job, or where processes cannot be forked, everything is done here, in order. If this ends early,
    or its own process does (on Linux), so do the processes: without a limit on time, whatever a task cleans up in a
    `finally` is cleaned up.
    """
    if not CAN_FORK or (limits is None and (jobs < 2 or count < 2)):
        yield from ((k, last(task(k))) for k in range(count))
    else:
        with Pool(task, limits, stopped) as pool:
            yield from pool.results(count, max(1, min(jobs, count)))


class Pool:
    """Processes that do tasks by number, one after the other."""

    def __init__(self, task: Callable[[int], Any], limits: Limits | None, stopped: Callable[[int, str], Any] | None):
        self.task, self.stopped = task, stopped
        self.limits = limits or NO_LIMITS
        self.busy: dict[Child, Working] = {}
        self.idle: list[Child] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes: those whose tasks have no limit on time in order, as they may have to clean up."""
        in_order = [] if self.limits.seconds else [*self.busy]
        for child in in_order:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGTERM)
        for child in (*self.busy, *self.idle):
            child.end(PATIENCE if child in in_order else 0)

    def results(self, count: int, jobs: int) -> Iterator[tuple[int, Any]]:
        """Yield the number of every task below the count with its result."""
        waiting = deque(range(count))
        while waiting or self.busy:
            while waiting and len(self.busy) < jobs:
                self.start(waiting.popleft())
            for child in self.ready():
                if (found := self.answered(child)) is not None:
                    yield found

    def start(self, k: int) -> None:
        """Have a process do a task."""
        child = self.idle.pop() if self.idle else Child(self.work, self.limits.memory)
        end = None if self.limits.seconds is None else time.monotonic() + self.limits.seconds
        self.busy[child] = Working(k, end, [])
        with suppress(ChildEnded):  # which is found out when it does not answer
            child.send(str(k).encode())

    def ready(self) -> list[Child]:
        """Wait for an answer or for the end of a task's time, and return the processes that this is of."""
        ends = [working.end for working in self.busy.values() if working.end is not None]
        with selectors.DefaultSelector() as selector:
            for child in self.busy:
                selector.register(child, selectors.EVENT_READ, child)
            found = [key.data for key, _ in selector.select(max(0.0, min(ends) - time.monotonic()) if ends else None)]
        now = time.monotonic()
        late = [child for child, w in self.busy.items() if w.end is not None and w.end <= now and child not in found]
        return [*found, *late]

    def answered(self, child: Child) -> tuple[int, Any] | None:
        """Return what a process has found, with the number of its task; None if it goes on."""
        working = self.busy[child]
        left = None if working.end is None else max(0.001, working.end - time.monotonic())
        try:
            kind, value = pickle.loads(child.receive(left))  # noqa: S301 - from a process of this package's own code
        except TimeLimitError:
            return self.given_up(child, f"not done after {self.limits.seconds:g} s")
        except ChildEnded as ended:
            return self.given_up(child, f"the process that worked at it is gone, perhaps for want of memory: {ended}")
        if kind == NO_MEMORY:
            return self.given_up(child, f"it takes more memory than {in_words(self.limits.memory or 0)}")
        if kind == SO_FAR:
            working.so_far[:] = [value]
            return None
        del self.busy[child]
        self.idle.append(child)
        if kind == RAISED:
            raise value
        return working.task, working.so_far[0] if kind == THAT_WAS_ALL else value

    def given_up(self, child: Child, reason: str) -> tuple[int, Any]:
        """End a process whose task has met a limit, and return what there is of the task; raise it without limits."""
        working = self.busy.pop(child)
        child.end()
        if working.so_far:
            return working.task, working.so_far[0]
        if self.stopped is None:
            raise CnnSymbolicError(f"a process ended before its work was done: {reason}")
        return working.task, self.stopped(working.task, reason)

    def work(self, channel: Channel) -> None:
        """Do tasks, in a process of the pool, as their numbers come."""
        signal.signal(signal.SIGTERM, end_in_order)
        with suppress(EOFError):
            while True:
                k = int(channel.receive())
                try:
                    for found in steps_of(self.task(k)):
                        channel.send(pickle.dumps(found))
                except MemoryError:
                    channel.send(pickle.dumps((NO_MEMORY, None)))
                except Exception as error:
                    error.add_note(f"In a process of its own:\n{''.join(traceback.format_exception(error))}".rstrip())
                    channel.send(pickle.dumps((RAISED, error)))


def steps_of(found: Any) -> Iterator[tuple[int, Any]]:
    """Yield what a worker answers for what a task returns, or for what it yields."""
    if not isinstance(found, Iterator):
        yield DONE, found
        return
    yield from ((SO_FAR, value) for value in found)
    yield THAT_WAS_ALL, None


def last(found: Any) -> Any:
    """Return what a task returns, or the last that it yields."""
    return deque(found, 1)[0] if isinstance(found, Iterator) else found


def end_in_order(*_: Any) -> None:
    """End this process by an exception, as Python otherwise does not when it is told to terminate."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # being told twice shall not stop what is cleaned up
    sys.exit(128 + signal.SIGTERM)
