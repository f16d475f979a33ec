"""The command line `cnn-symbolic`. Heavy imports are made inside the commands, so that `--help` is quick."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typer import Typer


def main() -> None:
    """Run the command line, and exit with its status."""
    try:
        from cnn_symbolic.command_line.exits import exit_status
    except KeyboardInterrupt:  # before anything hears of it otherwise
        print("cnn-symbolic: interrupted", file=sys.stderr)
        raise SystemExit(128 + signal.SIGINT) from None
    open_streams()
    gc.set_threshold(50_000)  # formulas are small objects without end: looking for circles among them takes a tenth
    atexit.register(gc.freeze)  # nor are they looked through once more at the end
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_DFL)  # then there is nothing left to be said
    raise SystemExit(exit_status(lambda: application()(prog_name="cnn-symbolic")))


def open_streams() -> None:
    """Have something open where standard streams are closed: the next file would be taken for one of them."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


def application() -> Typer:
    """Return the application with its commands; the modules that have them are in the order of its help."""
    from cnn_symbolic.command_line.app import app

    for name in ("deciding", "examining", "comparing", "showing", "writing"):  # they add their commands to it
        import_module(f"cnn_symbolic.command_line.{name}")
    return app


if __name__ == "__main__":
    main()
