"""Runs a command again whenever a file changes, each time as a new process, which has nothing left of the last one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGINT

from cnn_symbolic.command_line.exits import say
from cnn_symbolic.ground.ending import Ended
from cnn_symbolic.ground.errors import MissingPackageError, OperandError

# Which files are watched beside those that are named: what these may import, and texts of claims.
SUFFIXES = (".py", ".claims")
# How many seconds a run has to end by itself, once it is interrupted.
PATIENCE = 5


def decide_again(paths: Sequence[Path]) -> int:
    """Run the command that was called, without --watch, now and whenever a file beside its own files changes.

    It ends as an interrupted command does. Raises OperandError if nothing can be watched, MissingPackageError without
    watchfiles.
    """
    try:
        from watchfiles import watch
    except ImportError:
        raise MissingPackageError("--watch needs watchfiles: pip install 'cnn-symbolic[watch]'") from None
    missing = [path for path in paths if not path.exists()]
    if missing or not paths:
        what = f"there is no file {missing[0]}" if missing else "no file of your own is named"
        raise OperandError(f"--watch looks at files, but {what}")
    named = {str(path.resolve()) for path in paths}
    folders = {path if path.is_dir() else path.parent for path in (Path(name) for name in named)}
    command = [sys.executable, "-m", "cnn_symbolic", *(each for each in sys.argv[1:] if each != "--watch")]
    changes = watch(*folders, watch_filter=lambda _, path: path in named or path.endswith(SUFFIXES))
    running = subprocess.Popen(command)  # noqa: S603 - the command that the user has called
    try:
        for changed in changes:
            end(running)
            say(f"again, since {', '.join(sorted({Path(path).name for _, path in changed}))} changed; Ctrl-C ends")
            running = subprocess.Popen(command)  # noqa: S603 - as above
    except KeyboardInterrupt:  # so watchfiles says that a signal has come
        end(running)
        if running.returncode == 128 + SIGINT:  # it has said that it was interrupted
            return running.returncode
        raise Ended(SIGINT) from None
    finally:
        end(running)
    raise RuntimeError("the changes of files have an end")


def end(running: subprocess.Popen[bytes]) -> None:
    """Interrupt a run that is not done, and wait until it has ended."""
    running.send_signal(SIGINT)
    with suppress(subprocess.TimeoutExpired):
        running.wait(PATIENCE)
        return
    running.kill()
    running.wait()
