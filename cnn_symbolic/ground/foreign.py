"""A child process that runs code of others: what it prints is captured, and whatever it has started ends with it.

A guard between the child and its parent does that, on Linux also with what has left the child's group. It is no
sandbox: such code may do whatever its user may, to files, to the network, and to processes.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from cnn_symbolic.ground.children import (
    CAN_FORK,
    GONE,
    LOOK,
    ON_LINUX,
    WHY,
    Channel,
    Child,
    ChildEnded,
    Target,
    end_with,
    ended_how,
    fork,
    limit_memory,
    run_and_end,
    set_process,
    wait_until,
)

if CAN_FORK:
    import fcntl

# How much of what a foreign child prints is kept, and how much is a flood; what is read at a time.
MEBIBYTE = 2**20
KEPT_OUTPUT, FLOOD, AT_ONCE = 2**16, 16 * MEBIBYTE, 2**16
# Linux's number for prctl: orphans below this process become its children.
PR_SET_CHILD_SUBREAPER = 36


class Foreign(Child):
    """A child that runs code of others, in a session of its own, without standard input.

    `output` is the beginning of what it has printed. Whatever it has started ends with it.
    """

    def __init__(self, target: Target, memory: int | None = None) -> None:
        self.output = bytearray()
        self.printed = 0
        self.child_status: int | None = None
        super().__init__(target, memory)

    def forked(self, ours: socket.socket, theirs: socket.socket) -> int:
        """Fork a guard, which forks the child; return the number of the guard."""
        control, held = socket.socketpair()
        report, reported = os.pipe()
        printed, printing = os.pipe()
        parent = os.getpid()
        if (pid := fork()) != 0:
            control.close()
            for other in (reported, printing):
                os.close(other)
            self.held, self.report, self.pipe = held, report, printed
            os.set_blocking(printed, False)
            return pid

        def guarded() -> None:
            close_others(control.fileno(), reported, theirs.fileno(), printing)
            begin_guard(parent)
            guard = os.getpid()
            if (child := fork()) == 0:
                run_and_end(lambda: self.alone(theirs, printing, guard))
            close_others(control.fileno(), reported)
            keep_guard(child, control.fileno(), reported)

        return run_and_end(guarded)

    def alone(self, theirs: socket.socket, printing: int, guard: int) -> None:
        """Do the work of the child, with nothing open but the connection and what it prints to."""
        os.setsid()
        kept, written = (fcntl.fcntl(end, fcntl.F_DUPFD, 3) for end in (theirs.detach(), printing))
        for number, end in enumerate((os.open(os.devnull, os.O_RDONLY), written, written)):
            os.dup2(end, number)
        close_others(kept)
        sys.stdin = os.fdopen(0, encoding="utf-8", errors="replace", closefd=False)
        sys.stdout, sys.stderr = (
            os.fdopen(number, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False) for number in (1, 2)
        )
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for ends in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(ends, signal.SIG_DFL)
        end_with(guard, signal.SIGKILL)
        limit_memory(self.memory)
        self.target(Channel(socket.socket(fileno=kept)))
        for stream in (sys.stdout, sys.stderr):
            stream.flush()

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Have what the child prints read."""
        if self.pipe >= 0:
            selector.register(self.pipe, selectors.EVENT_READ, self.read_output)

    def read_output(self, selector: selectors.BaseSelector | None = None) -> bool:
        """Read some of what the child has printed, and tell whether there was any; raise ChildEnded at a flood."""
        try:
            some = os.read(self.pipe, AT_ONCE)
        except BlockingIOError:
            return False
        if not some and selector is not None:
            selector.unregister(self.pipe)
        self.printed += len(some)
        self.output += some[: max(0, KEPT_OUTPUT - len(self.output))]
        if self.printed > FLOOD:
            raise ChildEnded(f"it printed more than {FLOOD // MEBIBYTE} MiB")
        return bool(some)

    def why(self) -> str:
        """Return in words how the child has ended."""
        if self.child_status is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self.report, selectors.EVENT_READ)
                found = os.read(self.report, 4) if selector.select(WHY) else b""
            if len(found) < 4:
                return "it closed its connection"
            (self.child_status,) = struct.unpack("i", found)
        return ended_how(self.child_status)

    def end(self, patience: float = 0.0) -> None:
        """End the child and whatever it has started, and read what is left of its output."""
        if self.pipe < 0:
            return
        self.held.shutdown(socket.SHUT_RDWR)  # which tells the guard, whatever other process has this end, too
        self.held.close()
        self.socket.close()
        wait_until(lambda: self.reaped() is not None, GONE)
        super().end()
        with suppress(ChildEnded):
            while self.read_output():
                pass
        os.close(self.report)
        os.close(self.pipe)
        self.pipe = -1


def close_others(*kept: int) -> None:
    """Close what this process has from its parent, but for standard streams and those that are kept."""
    ends = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for before, after in pairwise(ends):
        os.closerange(before + 1, after)


def begin_guard(parent: int) -> None:
    """Make this process a guard: what ends its parent's work does not end its own, and orphans come to it."""
    for ends in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ends, signal.SIG_IGN)
    os.setsid()
    set_process(PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:
        os._exit(1)


def keep_guard(child: int, control: int, reported: int) -> None:
    """Wait until the child ends or the parent closes its end; report the child's status, and end all that is left."""
    look, pid, status = LOOK, 0, 0
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        if hasattr(os, "pidfd_open"):
            with suppress(OSError):
                selector.register(os.pidfd_open(child), selectors.EVENT_READ)
                look = GONE
        while not pid and not any(key.fd == control for key, _ in selector.select(look)):
            pid, status = os.waitpid(child, os.WNOHANG)
    if not pid:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    end_descendants()
    with suppress(OSError):
        os.write(reported, struct.pack("i", status))


def end_descendants() -> None:
    """End all processes below this one, to which those come whose parents have ended (on Linux)."""
    end = time.monotonic() + GONE
    while (found := children_of(os.getpid())) and time.monotonic() < end:
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in found:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def children_of(parent: int) -> list[int]:
    """Return the processes that a process is the parent of (on Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat") if ON_LINUX else ():
        with suppress(OSError, ValueError, IndexError):
            if int(entry.read_bytes().rpartition(b")")[2].split()[1]) == parent:
                found.append(int(entry.parent.name))
    return found
