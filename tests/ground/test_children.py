"""Child processes: what they answer, how they end, and that nothing is left of them."""

import os
import signal
import subprocess
import sys
import time

import pytest

from cnn_symbolic.ground.children import CAN_FORK, GONE, Child, ChildEnded, ended_how
from cnn_symbolic.ground.errors import TimeLimitError
from cnn_symbolic.ground.foreign import Foreign
from tests.support.memory import resident

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork processes")
BOTH = pytest.mark.parametrize("kind", [Child, Foreign])
SOON, LATER = 0.2, 20.0


def asked(kind, work, *parts, memory=None, seconds=LATER):
    """Return what a child answers whose work is a function of the frame that it is sent, and the child."""
    with kind(lambda channel: channel.send(work(channel.receive())), memory) as child:
        child.send(*parts, seconds=LATER)
        answer = child.receive(seconds)
    return answer, child


def endless(_):
    while True:
        try:
            time.sleep(0.001)
        except BaseException:  # what is under test is that this does not help
            continue


@BOTH
@pytest.mark.parametrize("size", [0, 1, 2**20 + 1])
def test_frames_of_any_length_go_there_and_back(kind, size):
    answer, _ = asked(kind, bytes.upper, b"a" * size, memoryview(b"bc"))
    assert answer == b"A" * size + b"BC"


@BOTH
def test_what_does_not_answer_in_time_is_ended(kind):
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"^not done after 0\.2 s$"):
        asked(kind, endless, b"", seconds=SOON)
    assert time.monotonic() - start < SOON + 5


@BOTH
def test_what_is_not_read_in_time_is_an_error(kind):
    with kind(endless) as child, pytest.raises(TimeLimitError):
        child.send(bytes(2**24), seconds=SOON)


ENDS = [
    (lambda _: os._exit(0), "it ended the process with status 0"),
    (lambda _: sys.exit(3), "it ended the process with status 3"),
    (lambda _: 1 / 0, "it ended the process with status 1"),
    (lambda _: os.kill(os.getpid(), signal.SIGUSR1), "it was ended by the signal SIGUSR1"),
]


@BOTH
@pytest.mark.parametrize(("work", "how"), ENDS)
def test_an_end_without_an_answer_is_said(kind, work, how):
    with pytest.raises(ChildEnded, match=f"^{how}$"):
        asked(kind, work, b"")


@BOTH
@pytest.mark.skipif(sys.platform != "linux", reason="limits on memory are Linux's")
def test_memory_has_a_limit_that_counts_what_there_is_already(kind):
    def takes(frame):
        try:
            return str(len(bytearray(int(frame)))).encode()
        except MemoryError:
            return b"no"

    assert asked(kind, takes, b"100000000", memory=resident() + 2**29)[0] == b"100000000"
    assert asked(kind, takes, b"9000000000", memory=resident() + 2**29)[0] == b"no"


def test_what_a_foreign_child_prints_is_kept_and_has_no_standard_input():
    def prints(frame):
        print("out", sys.stdin.read())
        subprocess.run(["echo", "by another program"], check=True)
        print("err", file=sys.stderr)
        return frame

    assert bytes(asked(Foreign, prints, b"")[1].output) == b"out \nby another program\nerr\n"


def test_a_flood_of_output_is_an_end():
    def floods(_):
        while True:
            print("x" * 1000)

    with pytest.raises(ChildEnded, match=r"^it printed more than 16 MiB$"):
        asked(Foreign, floods, b"")


def test_noise_on_the_connection_is_no_answer():
    with Foreign(lambda channel: channel.socket.sendall(b"\xff" * 100)) as child, pytest.raises(ChildEnded):
        child.receive(LATER)


def starts_a_daemon(_):
    """Start a process that leaves the group, and answer with its number."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            os.execvp("sleep", ["sleep", "600"])
        os._exit(0)
    return os.read(read, 20)


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="what has left its group is found on Linux only")
def test_what_a_foreign_child_has_started_ends_with_it():
    answer, _ = asked(Foreign, starts_a_daemon, b"")
    assert not runs(int(answer))


@pytest.mark.skipif(sys.platform != "linux", reason="what has left its group is found on Linux only")
def test_foreign_children_beside_each_other_end_at_once_with_what_they_have_started():
    """Each process has the descriptors that its parent had: an end that another one holds is not closed."""
    started = []

    def target(channel):
        channel.send(starts_a_daemon(b""))
        endless(b"")

    start = time.monotonic()
    with Foreign(target) as first, Foreign(target) as second, Child(lambda channel: endless(b"")):
        started = [int(child.receive(LATER)) for child in (first, second)]
        first.end()
        assert not runs(started[0])
    assert not any(map(runs, started))
    assert time.monotonic() - start < GONE


@BOTH
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a child of its parent's end")
def test_a_child_ends_with_its_parent(kind):
    def parent_that_is_killed(channel):
        child = kind(lambda inner: endless(inner.send(str(os.getpid()).encode())))
        channel.send(child.receive(LATER))
        os.kill(os.getpid(), signal.SIGKILL)

    with Child(parent_that_is_killed) as outer:
        pid = int(outer.receive(LATER))
        end = time.monotonic() + LATER
        while runs(pid) and time.monotonic() < end:
            time.sleep(0.01)
        assert not runs(pid)


def test_the_caller_keeps_its_handlers_and_has_no_child_left():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)]
    _, child = asked(Foreign, bytes.upper, b"")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)] == before
    with pytest.raises(ChildProcessError):
        os.waitpid(child.pid, os.WNOHANG)


def test_an_unknown_signal_is_said_by_its_number():
    assert ended_how(63) == "it was ended by the signal 63"
