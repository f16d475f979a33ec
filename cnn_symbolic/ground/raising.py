"""What a function raised: whether it refuses what it was given, and the line of the user's code that it comes from.

A refusal is a `raise` or an `assert` in the user's code itself, of one of `REFUSALS`, or what PyTorch says of the
shapes and arguments of a forward pass. Whatever else is raised is a mistake. What is raised may be anything: a message
that cannot be printed is said to be one.
"""

from __future__ import annotations

import dis
import inspect
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

REFUSALS = (AssertionError, NotImplementedError, ValueError)
# Folders of code that is not the user's, and files of installed code.
LIBRARIES = (*(sysconfig.get_path(name) for name in ("stdlib", "platstdlib")), str(Path(__file__).parents[1]))
INSTALLED = re.compile(r"^<(frozen |__array_function__)|[/\\](site|dist)-packages[/\\]")
# The package in which an installed file lies.
PACKAGE = re.compile(r"(.*[/\\](?:site|dist)-packages[/\\][^/\\]+[/\\]).*")
# What an error of PyTorch is about that says nothing of shapes and arguments.
NOT_SHAPES = re.compile(r"grad|graph|in-?place|memory", re.IGNORECASE)
# How many characters of a message are told.
LONGEST = 4000


def raised(error: BaseException, function: Callable[..., Any]) -> tuple[str, str]:
    """Return whether an error is a "refusal" or an "exception", and its type, its message and the user's line."""
    try:
        places, home = list(places_of(error.__traceback__)), home_of(function)
        own = [k for k, place in enumerate(places) if is_own(place.tb_frame.f_code.co_filename, home)]
        last = traceback.extract_tb(error.__traceback__)[own[-1] if own else -1]
        line = f": {last.line}" if last.line else ""
        kind = "refusal" if is_refusal(error, places, own) else "exception"
        return kind, f"{said(error)} ({last.filename}, line {last.lineno}{line})"
    except BaseException:  # of the error itself, or of the function
        return "exception", said(error)


def failure_of(compute: Callable[[], Any], function: Callable[..., Any]) -> tuple[str, str] | None:
    """Return what a computation raises, whatever that is, as `raised` does; None if it raises nothing."""
    try:
        compute()
    except BaseException as error:
        return raised(error, function)
    return None


def said(error: BaseException) -> str:
    """Return the type of an error and its message."""
    try:
        message = str.__getitem__(str(error), slice(LONGEST))
    except BaseException as worse:  # of the error itself
        message = f"its message cannot be printed, which raises {type_name(worse)}"
    return f"{type_name(error)}: {message}"


def type_name(value: object) -> str:
    """Return the name of the type of a value, whatever that says of itself."""
    name: str = type.__dict__["__name__"].__get__(type(value))
    return name


def places_of(place: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the places of a traceback, the innermost last."""
    while place is not None:
        yield place
        place = place.tb_next


def home_of(function: Callable[..., Any]) -> str:
    """Return the file of a function, of an installed one the folder of its package."""
    own = inspect.unwrap(function)
    while not hasattr(own, "__code__") and (hasattr(own, "func") or hasattr(own, "function")):
        own = own.func if hasattr(own, "func") else own.function
    file = own.__code__.co_filename if hasattr(own, "__code__") else "<none>"
    return PACKAGE.sub(r"\1", file)


def is_own(file: str, home: str) -> bool:
    """Tell whether a file is the user's: that of the function, or of no library."""
    return file.startswith(home) or not (file.startswith(LIBRARIES) or INSTALLED.search(file))


def is_refusal(error: BaseException, places: list[TracebackType], own: list[int]) -> bool:
    """Tell whether an error is a refusal; `own` are the numbers of the places in the user's code."""
    innermost = places[-1]
    stated = innermost.tb_frame.f_code.co_code[innermost.tb_lasti] == dis.opmap["RAISE_VARARGS"]
    if stated and own[-1:] == [len(places) - 1]:
        return isinstance(error, REFUSALS)
    in_torch = str(innermost.tb_frame.f_globals.get("__name__")).partition(".")[0] == "torch"
    of_torch = type(error) is RuntimeError and not stated and "torch" in sys.modules
    backwards = any(places[k].tb_frame.f_code.co_name == "backward" for k in own)
    if not (of_torch or (in_torch and isinstance(error, (*REFUSALS, RuntimeError)))):
        return False
    return not backwards and not NOT_SHAPES.search(str(error))
