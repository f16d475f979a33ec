"""How a command ends: with a status of its own; at a signal; without its output; or by an error of the tool itself."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

from cnn_symbolic.ground.ending import Ended, ended_by_exception
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.ground.printable import PLAINLY, printable
from cnn_symbolic.ground.version import __version__

AS_STATED, OPPOSITE, USAGE, UNDECIDED, INTERNAL = 0, 1, 2, 3, 4
UNREAD = 128 + 13  # as of a program that SIGPIPE ends, where there is one
STATUSES = {
    AS_STATED: "every claim has the verdict that its file states",
    OPPOSITE: "one has the opposite verdict",
    USAGE: "usage or input error, or output that cannot be written",
    UNDECIDED: "one is undecided, or holds for literal values only",
    INTERNAL: "an error of the tool itself, such as two ways to compute the same thing that disagree",
    128 + signal.SIGINT: "interrupted at the keyboard (other signals: 128 and their number)",
    UNREAD: "nobody reads the output any more",
}
# Who errors are reported to where there is no address for that.
MAINTAINERS = "the maintainers"
# The variable of the environment that asks for the whole traceback of an error of the tool, and the lines without it.
TRACEBACK, LAST_LINES = "CNN_SYMBOLIC_TRACEBACK", 6


def exit_status(command: Callable[[], Any]) -> int:
    """Return the status that a command returns, or that of what ends it otherwise, which is said on standard error."""
    try:
        with ended_by_exception(), standard_output():
            return command() or AS_STATED
    except (Ended, KeyboardInterrupt) as end:
        number = end.number if isinstance(end, Ended) else signal.SIGINT
        say("interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}")
        return 128 + number
    except OutputLost as lost:
        if lost.number == errno.EPIPE:
            return UNREAD
        say(f"standard output cannot be written: {os.strerror(lost.number)}")
        return USAGE
    except OSError as error:  # of what says what went wrong
        say(str(error))
        return USAGE
    except Exception as error:
        say(report(error), kept="\n")
        return INTERNAL


def say(about: object, kept: str = "") -> None:
    """Say what went wrong on standard error, in one line but for the characters kept, if that can be written."""
    with suppress(OSError):
        print(f"cnn-symbolic: {printable(about, kept)}", file=sys.stderr, flush=True)


# Standard output


class OutputLost(BaseException):
    """Standard output cannot be written: for the whole command, whatever wrote to it, and no error of that."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Output(FileIO):
    """Standard output: the first error in writing to it ends the command, and what comes later is dropped."""

    lost = False

    def write(self, data: Any) -> int:
        """Write some bytes, and return how many were taken."""
        if self.lost:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except OSError as error:
            self.lost = True
            raise OutputLost(error.errno or errno.EIO) from error


@contextmanager
def standard_output() -> Iterator[None]:
    """While this lasts, an error in writing to standard output raises OutputLost.

    A character that it, or standard error, does not have is written plainly, or as its escape.
    """
    before = sys.stdout
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(errors=PLAINLY)
    if before is None:
        raise OutputLost(errno.EBADF)
    if isinstance(before, TextIOWrapper):
        before.reconfigure(errors=PLAINLY)
        if isinstance(getattr(before.buffer, "raw", before.buffer), FileIO):
            at_once = before.line_buffering or before.write_through
            raw = BufferedWriter(Output(before.fileno(), "w", closefd=False))
            sys.stdout = TextIOWrapper(raw, before.encoding, PLAINLY, line_buffering=at_once)
            before.flush()
    try:
        yield
    finally:
        now, sys.stdout = sys.stdout, before
        now.flush()


# Errors of the tool itself


def report(error: Exception) -> str:
    """Return what is said of an error of the tool itself: what it is, and what to send to whom."""
    import traceback

    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
    what = str(error) if isinstance(error, DisagreementError) else f"{type(error).__name__}: {error}".rstrip(": ")
    if os.environ.get(TRACEBACK):
        return request(what, lines)
    return request(what, [*lines[-LAST_LINES:], f"({TRACEBACK}=1 in the environment shows the whole traceback)"])


def request(what: str, lines: Sequence[str] = ()) -> str:
    """Return the request to report an error of the tool itself, with some lines about it."""
    import platform

    return "\n  ".join(
        [
            f"an error of the tool itself, and no verdict: {what}",
            f"Please report it to {where()}, with what the command reads and these lines:",
            f"cnn-symbolic {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"command: {shlex.join(sys.argv)}",
            *lines,
        ]
    )


def where() -> str:
    """Return where errors are reported: the address that the package names "Issues", if it names one."""
    from importlib.metadata import PackageNotFoundError, metadata

    with suppress(PackageNotFoundError):
        addresses = [str(each).partition(", ") for each in metadata("cnn-symbolic").get_all("Project-URL") or []]
        return next((address for name, _, address in addresses if name.lower() == "issues"), MAINTAINERS)
    return MAINTAINERS
