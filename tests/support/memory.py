"""How much memory this process has."""

import os
from pathlib import Path


def resident():
    """How many bytes of memory this process has, which a child of it shares."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
