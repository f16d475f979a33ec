"""The command line as a process, for tests."""

import os
import subprocess
import sys


def without_columns():
    """Return the environment, without how wide somebody's terminal is."""
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"}


def run(*arguments, cwd=None, **environment):
    """Run `cnn-symbolic` with arguments and more variables of the environment."""
    return subprocess.run(
        [sys.executable, "-m", "cnn_symbolic.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**without_columns(), "PYTHONIOENCODING": "utf-8", **environment},
    )
