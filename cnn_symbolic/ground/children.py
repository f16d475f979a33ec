"""Child processes that talk to their parent in frames of bytes, and are ended from outside.

isl, SymPy and code in C do not listen to signals, and code of others need not: so a deadline is kept by the parent,
which ends the child by force, and a limit on memory by the system. Processes are forked: a child has all that its
parent has. `CAN_FORK` says where that can be done.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import selectors
import signal
import socket
import struct
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Self

from cnn_symbolic.ground.errors import TimeLimitError

CAN_FORK = "fork" in multiprocessing.get_all_start_methods()
if CAN_FORK:
    import resource
ON_LINUX = sys.platform == "linux"
# The length before each frame, how long one may be, and up to which length a part is sent together with it.
LENGTH, LONGEST_FRAME, SHORT = struct.Struct(">Q"), 2**31, 2**16
# Seconds for a process to be gone after it has been ended, between two looks at one, and to say why it has ended.
GONE, LOOK, WHY = 5.0, 0.05, 0.5
# Linux's number for prctl: a signal at the parent's death.
PR_SET_PDEATHSIG = 1


class ChildEnded(Exception):
    """A child that has ended before its work was done, or has done what ends it; the message says what."""


class Channel:
    """The child's end: frames from the parent, and to it."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end

    def send(self, *parts: bytes | memoryview) -> None:
        """Send the parts as one frame."""
        for part in framed(parts):
            self.socket.sendall(part)

    def receive(self) -> bytes:
        """Return the next frame; raise EOFError when the parent has closed its end."""
        return self.exactly(LENGTH.unpack(self.exactly(LENGTH.size))[0])

    def exactly(self, count: int) -> bytes:
        """Return so many bytes."""
        found = bytearray()
        while len(found) < count:
            if not (some := self.socket.recv(min(count - len(found), 2**20))):
                raise EOFError("the parent has closed its end")
            found += some
        return bytes(found)


def framed(parts: Sequence[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """Yield what is sent for a frame of these parts, the length in front, with the first part if that is short."""
    length = LENGTH.pack(sum(memoryview(part).nbytes for part in parts))
    if parts and memoryview(parts[0]).nbytes <= SHORT:
        yield length + bytes(parts[0])
        yield from parts[1:]
    else:
        yield length
        yield from parts


Target = Callable[[Channel], Any]


class Child:
    """A forked process that runs `target(channel)` and ends when that returns.

    It may take up `memory` bytes, all that it shares with its parent included (on Linux). As a context it is ended.
    """

    def __init__(self, target: Target, memory: int | None = None) -> None:
        self.target, self.memory = target, memory
        ours, theirs = socket.socketpair()
        self.socket = ours
        try:
            self.pid = self.forked(ours, theirs)
        finally:
            theirs.close()
        ours.setblocking(False)
        self.status: int | None = None

    def forked(self, ours: socket.socket, theirs: socket.socket) -> int:
        """Fork, and return the number of the process that is to be waited for."""
        parent = os.getpid()
        if (pid := fork()) != 0:
            return pid
        ours.close()
        return run_and_end(lambda: self.inside(theirs, parent))

    def inside(self, theirs: socket.socket, parent: int) -> None:
        """Do the work of the child."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # that is for the parent, which ends its children
        end_with(parent, signal.SIGTERM)
        limit_memory(self.memory)
        self.target(Channel(theirs))

    def fileno(self) -> int:
        """Return what can be waited for: it is readable when the child has answered or ended."""
        return self.socket.fileno()

    def send(self, *parts: bytes | memoryview, seconds: float | None = None) -> None:
        """Send the parts as one frame; raise ChildEnded, or TimeLimitError if it is not read in time."""
        end = None if seconds is None else time.monotonic() + seconds
        for part in framed(parts):
            rest = memoryview(part).cast("B")
            while rest:
                try:
                    rest = rest[self.socket.send(rest) :]
                except BlockingIOError:
                    self.wait(selectors.EVENT_WRITE, end, seconds)
                except (BrokenPipeError, ConnectionResetError):
                    raise ChildEnded(self.why()) from None

    def receive(self, seconds: float | None = None, longest: int = LONGEST_FRAME) -> bytes:
        """Return the next frame; raise ChildEnded, or TimeLimitError if there is none within so many seconds.

        A frame that is longer than may be is no answer.
        """
        end = None if seconds is None else time.monotonic() + seconds
        (length,) = LENGTH.unpack(self.exactly(LENGTH.size, end, seconds))
        if length > longest:
            raise ChildEnded("it wrote to the connection on which it should answer")
        return self.exactly(length, end, seconds)

    def exactly(self, count: int, end: float | None, seconds: float | None) -> bytes:
        """Return so many bytes."""
        found = bytearray()
        while len(found) < count:
            if end is not None and time.monotonic() > end:  # also of one that never stops writing
                raise TimeLimitError(f"not done after {seconds:g} s")
            try:
                some = self.socket.recv(min(count - len(found), 2**20))
            except BlockingIOError:
                self.wait(selectors.EVENT_READ, end, seconds)
                continue
            except ConnectionResetError:
                some = b""
            if not some:
                raise ChildEnded(self.why())
            found += some
        return bytes(found)

    def wait(self, event: int, end: float | None, seconds: float | None) -> None:
        """Wait until the connection can be read from, or written to; raise TimeLimitError at the end of the time."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, event)
            self.watch(selector)
            while True:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeLimitError(f"not done after {seconds:g} s")
                for key, _ in selector.select(left):
                    if key.data is None:
                        return
                    key.data(selector)

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Have what else comes from the child waited for; the data of a key is what is to be done then."""

    def why(self) -> str:
        """Return in words how the child has ended."""
        wait_until(lambda: self.reaped() is not None, WHY)
        return "it closed its connection" if self.status is None else ended_how(self.status)

    def reaped(self) -> int | None:
        """Return the status with which the process has ended; None while it runs."""
        if self.status is None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self.status = status if pid else None
        return self.status

    def end(self, patience: float = 0.0) -> None:
        """End the process: by force, or in order if it has some seconds for that."""
        self.socket.close()
        if patience and self.reaped() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            wait_until(lambda: self.reaped() is not None, patience)
        if self.reaped() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            wait_until(lambda: self.reaped() is not None, GONE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


# In a child


def fork() -> int:
    """Fork; what there is now is not looked through for garbage in the child, so that both share it untouched."""
    pid = -1
    gc.freeze()
    try:
        with warnings.catch_warnings():
            for about_threads in (DeprecationWarning, RuntimeWarning):  # of Python and JAX: no child needs theirs
                warnings.simplefilter("ignore", about_threads)
            pid = os.fork()
    finally:
        if pid:
            gc.unfreeze()
    return pid


def run_and_end(work: Callable[[], Any]) -> NoReturn:
    """Do the work of this process and end it, whatever happens; what its parent has begun is not finished here."""
    status = 1
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: S110 - the end of the process tells the parent
        pass
    finally:
        os._exit(status & 0xFF)


def end_with(parent: int, number: int) -> None:
    """Have this process end by a signal when its parent does (on Linux)."""
    set_process(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def set_process(option: int, value: int) -> None:
    """Call Linux's prctl, where there is one."""
    if ON_LINUX:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def limit_memory(memory: int | None) -> None:
    """Limit what this process may take up to so many bytes, all that it has already included (on Linux).

    What counts is memory of its own that it may write to, not the addresses that it reserves: JAX reserves six times
    as many, and PyTorch with a GPU far more.
    """
    if memory is None or not ON_LINUX:
        return
    pages = [int(count) * resource.getpagesize() for count in Path("/proc/self/statm").read_text().split()]
    resident, data = pages[1], pages[5]
    most = max(memory - resident, 0) + data
    with suppress(ValueError, OSError):  # a limit that is lower already stays
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# In the parent


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds, at most so many seconds."""
    end, pause = time.monotonic() + seconds, 0.0005
    while not holds() and time.monotonic() < end:
        time.sleep(pause)
        pause = min(2 * pause, LOOK)


def ended_how(status: int) -> str:
    """Return in words how a process has ended, by the status that the system gives.

    >>> ended_how(0), ended_how(3 << 8), ended_how(9)
    ('it ended the process with status 0', 'it ended the process with status 3', 'it was ended by the signal SIGKILL')
    """
    if os.WIFSIGNALED(status):
        with suppress(ValueError):
            return f"it was ended by the signal {signal.Signals(os.WTERMSIG(status)).name}"
        return f"it was ended by the signal {os.WTERMSIG(status)}"
    return f"it ended the process with status {os.WEXITSTATUS(status)}"
