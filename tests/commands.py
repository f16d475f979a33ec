"""The command line as a process, for tests."""

import os
import subprocess
import sys


def run(*arguments, cwd=None, **environment):
    """Run `cnn-symbolic` with arguments and more variables of the environment."""
    return subprocess.run(
        [sys.executable, "-m", "cnn_symbolic.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )
