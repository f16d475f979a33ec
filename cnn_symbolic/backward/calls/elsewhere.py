"""A function of others in a child process, which is begun again, a few times, after it has ended.

The child has the function; it is told what to do, and says what the function did. Whether that is right is decided in
this process, where nothing of theirs ever runs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from cnn_symbolic.backward.calls.answers import CallArguments, Called, Misbehaviour, Returned
from cnn_symbolic.backward.calls.callees import About, Callee, late
from cnn_symbolic.backward.calls.frames import (
    Unreadable,
    answer_of,
    call_of,
    read,
    read_answer,
    read_call,
    text,
    texts,
    written,
)
from cnn_symbolic.ground.children import Channel, ChildEnded
from cnn_symbolic.ground.errors import CnnSymbolicError, OperandError, TimeLimitError
from cnn_symbolic.ground.foreign import Foreign
from cnn_symbolic.ground.printable import printable
from cnn_symbolic.ground.raising import said

# Seconds that an import may take; how often a child is begun again; how many steps it may take to open code.
IMPORT, AGAIN, MOST_STEPS = 60.0, 5, 10_000
# How many results of the largest size an answer may have, and how many bytes beside them.
RESULTS, BESIDE = 16, 2**20
NOISE = "it wrote to the connection on which it should answer"

# Says in the child what cannot be done if it ends now, and whether that may take as long as an import.
At = Callable[[str, bool], None]
# What opens code of others in the child, for a request: it returns a description of it, and the function.
Opening = Callable[[Mapping[str, Any], At], tuple[dict[str, Any], Callable[..., Any]]]


class Elsewhere(Callee):
    """Code of others in a child that may take up `memory` bytes: opened at a request, then called.

    Each call has `timeout` seconds, and all there is has until `end`, by the monotonic clock. `description` is what the
    child says of it, `printed` the beginning of what it has printed; `close` ends it.
    """

    def __init__(self, opening: Opening, request: Mapping[str, Any], timeout: float, memory: int, end: float) -> None:
        self.opening, self.request, self.timeout, self.memory, self.end = opening, request, timeout, memory, end
        self.child: Foreign | None = None
        self.left, self.number, self.printed = AGAIN, 0, b""

    def begin(self) -> dict[str, Any]:
        """Open the code, and return the description of it; raise OperandError if it cannot be opened."""
        self.description = self.open()
        try:
            name, title, expression = map(printable, texts(self.description, "about"))
            self.about = About(name, title, tuple(texts(self.description, "imports")), expression)
        except (Unreadable, ValueError):
            raise OperandError(NOISE) from None
        return self.description

    def open(self) -> dict[str, Any]:
        """Begin the child and return its description of what it has; raise OperandError if there is none."""
        self.check_time()
        doing, seconds = "a process for the code cannot be begun", IMPORT
        self.child, self.number = Foreign(self.serve, self.memory), 0
        try:
            self.child.send(written(self.request), seconds=self.within(IMPORT))
            steps = count()
            while "at" in (header := read(self.child.receive(self.within(seconds), BESIDE))[0]):
                if next(steps) > MOST_STEPS:
                    raise Unreadable("more steps than a reading has")
                doing, seconds = text(header["at"]), IMPORT if header.get("long") is True else self.timeout
            if "raised" not in header and "refused" not in header:
                return header
            self.close()
            refused = header.get("refused")
            raise OperandError(f"{doing}: {text(header['raised'])}" if refused is None else text(refused))
        except TimeLimitError:
            self.check_time()
            reason = f"not done after {seconds:g} s"
        except ChildEnded as ended:
            reason = str(ended)
        except Unreadable:
            reason = NOISE
        self.close()
        raise OperandError(f"{doing}: {reason}") from None

    def call(self, given: CallArguments) -> Returned:
        """Return what a call answers; raise Misbehaviour if it does not, and TimeLimitError at the end of all time."""
        self.check_time()
        child = self.child or self.again()
        self.number += 1
        try:
            child.send(call_of(given), seconds=self.within(self.timeout))
            frame = child.receive(self.within(self.timeout), RESULTS * given.most + BESIDE)
            return read_answer(frame, self.number, given)
        except TimeLimitError:
            self.close()
            self.check_time()
            raise Misbehaviour(*late(self.timeout)) from None
        except (ChildEnded, Unreadable) as ended:
            self.close()
            what = NOISE if isinstance(ended, Unreadable) else str(ended)
            raise Misbehaviour("ended", f"the function {what.removeprefix('it ')}") from None

    def again(self) -> Foreign:
        """Begin the child again; raise Misbehaviour if it was begun too often, or is not what it was."""
        try:
            self.left -= 1
            if self.left >= 0 and self.open() == self.description and self.child is not None:
                return self.child
        except OperandError:
            self.left = 0
        self.close()
        raise Misbehaviour("spent", "the function is not begun again")

    def within(self, seconds: float) -> float:
        """Return how many of these seconds there are."""
        return min(seconds, max(self.end - time.monotonic(), 0))

    def check_time(self) -> None:
        """Raise TimeLimitError at the end of all time."""
        if time.monotonic() >= self.end:
            raise TimeLimitError("not done within the time for all calls together: --time-limit gives more")

    def close(self) -> None:
        """End the child, and keep what it has printed."""
        if self.child is not None:
            self.child.end()
            self.printed += bytes(self.child.output)
            self.child = None

    # In the child

    def serve(self, channel: Channel) -> None:
        """Open what is requested, and answer calls."""
        here = os.getpid()

        def send(frame: bytes) -> None:
            if os.getpid() != here:  # code of others has forked, and went on in both
                os._exit(0)
            channel.send(frame)

        def at(doing: str, long: bool = False) -> None:
            send(written({"at": doing, "long": long}))

        try:
            description, function = self.opening(read(channel.receive())[0], at)
        except BaseException as error:  # whatever is raised, the parent says it
            key, what = "raised", said(error)
            if isinstance(error, CnnSymbolicError):
                key, what = "refused", what.partition(": ")[2]
            return send(written({key: what}))
        send(written(description))
        called = Called(function)
        while True:
            send(answer_of(called, read_call(channel.receive())))
