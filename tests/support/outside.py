"""Programs that run outside of these sources, as of somebody who has installed the project."""

import re
import subprocess

from tests.support.commands import without_columns

# What uv says where a registry of packages is not reached.
UNREACHED = re.compile(r"error sending request|dns error|Connection refused|timed out|tunnel error", re.IGNORECASE)


def ran(*command, **options):
    """Run a command, not with these sources, and return what became of it."""
    left_out = {"PYTHONPATH", "VIRTUAL_ENV"}
    environment = {name: value for name, value in without_columns().items() if name not in left_out}
    environment |= options.pop("env", {})
    command = [str(word) for word in command]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, **options)
