"""The command line for tests, and Python files as programs: in this process, which is quick."""

import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from runpy import run_path
from unittest.mock import patch

from cnn_symbolic.command_line import cli


def without_columns():
    """Return the environment, without how wide somebody's terminal is."""
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"}


def run(*arguments, cwd=None, **environment):
    """Run `cnn-symbolic` with arguments and more variables of the environment, in this process."""
    return captured(cli.main, ["cnn-symbolic", *map(str, arguments)], cwd, environment)


def run_file(path):
    """Run a Python file as a program, in this process."""
    known = set(sys.modules)
    try:
        with patch.object(sys, "path", [str(path.parent), *sys.path]):
            return captured(lambda: run_path(str(path), run_name="__main__"), [str(path)])
    finally:
        for name in set(sys.modules) - known:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == path.parent:
                del sys.modules[name]


def captured(program, command, cwd=None, environment=None):
    """Call a program with the words of a command, and return its status and what it writes."""
    streams = [TextIOWrapper(BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    status = 0
    with (
        patch.object(sys, "argv", command),
        patch.dict(os.environ, {**without_columns(), **(environment or {})}, clear=True),
        chdir(cwd or os.curdir),
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
    ):
        try:
            program()
        except SystemExit as ended:
            status = ended.code or 0
    for stream in streams:
        stream.flush()
    return subprocess.CompletedProcess(command, status, *(stream.buffer.getvalue().decode() for stream in streams))
