"""The command line `cnn-symbolic`. Heavy imports are made inside the commands, so that `--help` is quick."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
from io import TextIOWrapper

from cnn_symbolic.command_line import deciding, showing, writing
from cnn_symbolic.command_line.app import app
from cnn_symbolic.command_line.claim_results import guarded
from cnn_symbolic.ground.processes import end_in_order

# The modules whose commands the application has, in the order of its help.
COMMANDS = (deciding, showing, writing)


def main() -> None:
    """Run the command line; characters that the terminal cannot show become question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, end_in_order)
    gc.set_threshold(50_000)  # formulas are small objects without end: looking for circles among them takes a tenth
    atexit.register(gc.freeze)  # nor are they looked through once more at the end
    raise SystemExit(guarded(app))


if __name__ == "__main__":
    main()
