"""Several processes for one list of tasks: their results, and that none is left when one of them fails."""

import multiprocessing
import signal
import time

import pytest

from cnn_symbolic.ground import processes
from cnn_symbolic.ground.processes import in_processes


def doubled(k):
    return 2 * k


def fails_beside_a_deaf_one(k):
    """The first task hears no signal, as a process does that is only starting; the second one fails."""
    if k:
        time.sleep(0.5)
        raise ValueError("the second one")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_task_is_done(jobs):
    assert dict(in_processes(doubled, 7, jobs)) == {k: 2 * k for k in range(7)}


def test_no_process_is_left_when_one_fails(monkeypatch):
    monkeypatch.setattr(processes, "PATIENCE", 0.5)
    before, start = set(multiprocessing.active_children()), time.perf_counter()
    with pytest.raises(ValueError, match="the second one"):
        list(in_processes(fails_beside_a_deaf_one, 2, 2))
    assert set(multiprocessing.active_children()) <= before
    assert time.perf_counter() - start < 30
