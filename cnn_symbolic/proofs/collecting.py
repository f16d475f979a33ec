"""Collects what is declared while a derivation file is loaded, and where it is declared."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import RLock, Thread, current_thread
from threading import enumerate as enumerate_threads
from types import FrameType
from typing import Any

from cnn_symbolic.ground.errors import DerivationFileError

# What lies between a declaration in a file and what collects it.
PASSED_OVER = ("cnn_symbolic.", "dataclasses")


@dataclass(frozen=True)
class Declared:
    """A declaration, and the line and column at which it begins, from 1 on."""

    made: Any
    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Collection:
    """What a derivation file declares while it is loaded, and the lines at which it is not known what declares.

    `modules` and `threads` are those that were there before.
    """

    file: str
    declared: list[Declared] = field(default_factory=list)
    stray: list[int] = field(default_factory=list)
    modules: frozenset[str] = field(default_factory=lambda: frozenset(sys.modules))
    threads: frozenset[Thread] = field(default_factory=lambda: frozenset(enumerate_threads()))

    def owns(self, frame: FrameType | None) -> bool:
        """Tell whether what a frame does is called by the file, or by a module beside it that it has loaded."""
        beside = (f for f in stack(frame) if os.path.dirname(file_of(f)) == os.path.dirname(self.file))
        return any(f.f_globals.get("__name__") not in self.modules for f in beside)


COLLECTED: ContextVar[Collection | None] = ContextVar("collected", default=None)
# What is being loaded, and the files that were.
LOADING: set[Collection] = set()
LOADED: set[str] = set()
ONE_AT_A_TIME = RLock()


def collect(made: Any) -> None:
    """Hand a declaration to the file that makes it, in whatever thread; raise DerivationFileError if it is too late.

    What a new thread declares by functions of others may be a claim of the file that is being loaded: it is refused.
    """
    line, column = caller()
    if (own := COLLECTED.get()) is None and (LOADING or LOADED):
        frame = sys._getframe(1)
        if late := [
            file_of(f) for f in stack(frame) if file_of(f) in LOADED and f.f_globals["__name__"] not in sys.modules
        ]:
            raise DerivationFileError(f"{late[0]} declares a claim at line {line}, after it was loaded")
        own = next((one for one in list(LOADING) if one.owns(frame)), None)
        for one in [one for one in list(LOADING) if own is None and current_thread() not in one.threads]:
            one.stray.append(line)
            raise DerivationFileError(f"it is not known whether {one.file} declares the claim in this thread")
    if own is not None:
        own.declared.append(Declared(made, line, column))


@contextmanager
def aside() -> Iterator[None]:
    """Keep what is made inside the `with` block from whoever is collecting: it is not declared, but used by the way."""
    token = COLLECTED.set(Collection(""))
    try:
        yield
    finally:
        COLLECTED.reset(token)


def stack(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame, and those that it was called by."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def file_of(frame: FrameType) -> str:
    """Return the file of what a frame does."""
    return os.path.abspath(frame.f_code.co_filename)


def caller() -> tuple[int, int]:
    """Return the line and the column of the call into this package that is being made."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(PASSED_OVER):
        frame = frame.f_back
    _, _, offset, _ = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return frame.f_lineno, column_of(text, offset or 0)


def column_of(line: str, offset: int) -> int:
    """Return the column of a line, from 1 on, at an offset into its UTF-8 bytes, which Python counts in."""
    return len(line.encode()[:offset].decode(errors="ignore")) + 1


@contextmanager
def collecting(path: Path) -> Iterator[list[Declared]]:
    """Collect everything that a file declares inside the `with` block, in order.

    Raises DerivationFileError where a claim may be lost: a thread of the file is still running, or it is not known
    whether one has declared a claim of the file. One file after the other is loaded, whatever thread asks for it.
    """
    if COLLECTED.get() is not None or any(one.owns(sys._getframe(1)) for one in list(LOADING)):
        raise DerivationFileError("a derivation file cannot load another one")
    with ONE_AT_A_TIME:
        own = Collection(os.path.abspath(path))
        token = COLLECTED.set(own)
        LOADING.add(own)
        LOADED.discard(own.file)
        try:
            yield own.declared
            frames = sys._current_frames()
            for thread in set(enumerate_threads()) - own.threads:
                if own.owns(frames.get(thread.ident or 0)):
                    raise DerivationFileError(f"the thread {thread.name} is still running when the file ends")
            if own.stray:
                raise DerivationFileError(f"a thread declares a claim at line {own.stray[0]} of another file")
        finally:
            COLLECTED.reset(token)
            LOADING.remove(own)
            LOADED.add(own.file)
