"""What type checkers read of the package's face: `python -m tests.support.stub` writes it."""

from pathlib import Path

import cnn_symbolic
from cnn_symbolic.ground.names import HOMES

STUB = Path(cnn_symbolic.__file__).with_suffix(".pyi")


def stub():
    """The public names, each imported from its module."""
    lines = ["from cnn_symbolic.ground.version import __version__ as __version__"]
    for module, names in HOMES.items():
        lines += [f"from cnn_symbolic.{module} import {name} as {name}" for name in names.split()]
    return "\n".join([*sorted(lines), ""])


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
