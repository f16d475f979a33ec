"""The command line for tests: in this process, which is quick, or in one of its own."""

import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from unittest.mock import patch

from cnn_symbolic import cli


def without_columns():
    """Return the environment, without how wide somebody's terminal is."""
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"}


def run(*arguments, cwd=None, **environment):
    """Run `cnn-symbolic` with arguments and more variables of the environment, in this process."""
    command = ["cnn-symbolic", *map(str, arguments)]
    streams = [TextIOWrapper(BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    with (
        patch.object(sys, "argv", command),
        patch.dict(os.environ, {**without_columns(), **environment}, clear=True),
        chdir(cwd or os.curdir),
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
    ):
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code or 0
    for stream in streams:
        stream.flush()
    return subprocess.CompletedProcess(command, status, *(stream.buffer.getvalue().decode() for stream in streams))


def run_process(*arguments, cwd=None, **environment):
    """Run `cnn-symbolic` with arguments and more variables of the environment, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cnn_symbolic.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**without_columns(), "PYTHONIOENCODING": "utf-8", **environment},
    )
