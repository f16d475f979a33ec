"""Several processes for one list of tasks, which they have from their parent: forked, where the system can do that."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from cnn_symbolic.ground.errors import CnnSymbolicError

T = TypeVar("T")
# Seconds for a process to end in order.
PATIENCE = 5
# What a forked process does.
TASK: list[Callable[[int], Any]] = []


def cores() -> int:
    """Return how many processes may run at the same time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(task: Callable[[int], T], count: int, jobs: int) -> Generator[tuple[int, T], None, None]:
    """Yield k and `task(k)` for every k below the count, each as soon as it is done by one of so many processes.

    The task may be any function: forked processes have it, and all that it works on, from their parent. With one job,
    or where processes cannot be forked, everything is done here, in order. If this ends early, so do the processes:
    whatever a task cleans up in a `finally` is cleaned up.
    """
    if jobs < 2 or count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        with ended_in_order():
            yield from ((k, task(k)) for k in range(count))
        return
    others = set(multiprocessing.active_children())
    fork = multiprocessing.get_context("fork")
    with (
        warnings.catch_warnings(),
        frozen(),
        ended_in_order(),
        ProcessPoolExecutor(jobs, fork, begin, (task,)) as pool,
    ):
        for about_threads in (DeprecationWarning, RuntimeWarning):  # of Python and JAX: a fork needs none of theirs
            warnings.simplefilter("ignore", about_threads)
        try:
            futures = {pool.submit(until_ended, k): k for k in range(count)}
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise CnnSymbolicError("a process ended before its work was done, perhaps for want of memory") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all(set(multiprocessing.active_children()) - others)
            raise


def end_all(children: Collection[BaseProcess]) -> None:
    """Have processes end in order, and end those by force that do not: a signal can be lost while one starts."""
    for child in children:
        child.terminate()
    for child in children:
        child.join(PATIENCE)
        if child.is_alive():
            child.kill()
            child.join()


def end_in_order(*_: Any) -> None:
    """End this process by an exception, as Python otherwise does not when it is told to terminate."""
    sys.exit(128 + signal.SIGTERM)


@contextmanager
def frozen() -> Iterator[None]:
    """While this lasts, what there is now is not looked through for garbage: a forked process shares it untouched."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """While this lasts, a process that is told to terminate first ends what it started."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end_in_order)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def begin(task: Callable[[int], Any]) -> None:
    """Give a new process its task, and leave it to its parent whether an interruption at the keyboard ends it."""
    TASK[:] = [task]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end_in_order)


def until_ended(k: int) -> Any:
    """Return what this process's task gives for k; one that is told to terminate does nothing else afterwards."""
    try:
        return TASK[0](k)
    except SystemExit:
        os._exit(128 + signal.SIGTERM)
