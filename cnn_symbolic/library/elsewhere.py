"""Derivation files of the user's own, which run in a process of their own: what they declare comes back as data.

Whatever such a file does to Python, to this package or to other libraries, it does there. Everything is made again and
decided here, where its code never ran.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from cnn_symbolic.ground.children import Channel, ChildEnded
from cnn_symbolic.ground.deadline import within
from cnn_symbolic.ground.errors import DerivationFileError, DisagreementError, TimeLimitError
from cnn_symbolic.ground.foreign import Foreign
from cnn_symbolic.ground.limits import LIMITS, Limits
from cnn_symbolic.ground.printable import printable
from cnn_symbolic.library.decoding import decode_declarations
from cnn_symbolic.library.encoding import encode_declarations
from cnn_symbolic.library.importing import DeclaredClaim, declarations, describe

# How many bytes an answer may have, how many signs of a message are shown, and how deep Python's calls may be nested.
LONGEST_ANSWER, MOST_SHOWN, DEEPEST = 2**24, 500, 20_000


def declared_elsewhere(path: Path, limits: Limits = LIMITS) -> list[DeclaredClaim]:
    """Return what a derivation file declares, made again here; raise DerivationFileError if it cannot be imported."""

    def written() -> dict[str, Any]:
        return encode_declarations(declarations(path))

    answer = asked(path, "failed to import", written, limits)
    run = partial(run_check, path, limits)
    try:
        if limits.seconds is None:
            return decode_declarations(answer, path, run)
        return within(limits.seconds, lambda: decode_declarations(answer, path, run))
    except TimeLimitError as error:
        raise DerivationFileError(f"{path} declares what cannot be made again: {error}") from None


def run_check(path: Path, limits: Limits, number: int) -> str:
    """Return what a check of a derivation file found, by its number; raise AssertionError if it fails."""

    def found() -> dict[str, Any]:
        made = declarations(path)[number].made
        try:
            return {"passed": True, "detail": str(made.by())}  # type: ignore[union-attr]  # one that has none fails
        except DisagreementError:
            raise
        except AssertionError as error:
            return {"passed": False, "detail": str(error)}

    answer = asked(path, "failed to run a check", found, limits)
    if not isinstance(answer.get("detail"), str) or not isinstance(answer.get("passed"), bool):
        raise DerivationFileError(f"{path} gave no answer to a check")
    detail = one_line(answer["detail"])
    if not answer["passed"]:
        raise AssertionError(detail)
    return detail


def asked(path: Path, failed: str, work: Callable[[], dict[str, Any]], limits: Limits) -> dict[str, Any]:
    """Return what work on a derivation file gives in a process of its own; what that prints goes to standard error.

    Raises DerivationFileError, which says what has `failed`, if it gives nothing, or not in time; DisagreementError if
    two computations disagree there.
    """

    def target(channel: Channel) -> None:
        sys.setrecursionlimit(DEEPEST)
        try:
            answer = work()
        except DisagreementError as error:
            answer = {"disagreement": str(error)}
        except BaseException as error:  # whatever code of others raises
            place = (error.line, error.what) if isinstance(error, DerivationFileError) else (0, "")
            answer = {"error": describe(error), "place": place}
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        channel.send(json.dumps(answer).encode())

    child = Foreign(target, limits.memory)
    try:
        with child:
            frame = child.receive(limits.seconds, LONGEST_ANSWER)
    except (ChildEnded, TimeLimitError) as error:
        raise DerivationFileError(f"{path} {failed}: {error}") from None
    finally:
        show_output(path, child)
    try:
        answer = json.loads(frame)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise DerivationFileError(f"{path} wrote to the connection on which its claims are sent")
    if "disagreement" in answer:
        raise DisagreementError(f"{path}: {one_line(str(answer['disagreement']))}")
    if "error" in answer:
        message = str(answer["error"])
        stopped = DerivationFileError(one_line(message if message.startswith(str(path)) else f"{path}: {message}"))
        match answer.get("place"):
            case [int(line), str(what)]:
                stopped.line, stopped.what = max(line, 0), one_line(what)
        raise stopped
    return answer


def show_output(path: Path, child: Foreign) -> None:
    """Write what a derivation file has printed to standard error, each line with the name of the file before it."""
    lines = child.output.decode(errors="replace").splitlines()
    if child.printed > len(child.output):
        lines.append(f"… and {child.printed - len(child.output)} bytes more")
    for line in lines:
        print(f"{path.name}: {printable(line)}", file=sys.stderr)


def one_line(text: str) -> str:
    """Return a text as one line that can be printed, without its end if it is long."""
    line = printable(text)
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}…"
