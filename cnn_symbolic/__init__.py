"""Proves the gradients of convolutional networks for every shape at once, and refutes wrong ones.

What every derivation needs is importable from here; `cnn_symbolic.layers` has the layers, `cnn_symbolic.claims` claims
as text and many claims at once, `cnn_symbolic.backward` backward passes that are code. Names are loaded when they are
first used, so that importing the package costs nothing.
"""

from typing import Any

from cnn_symbolic.ground.display import PRESENTED
from cnn_symbolic.ground.names import load, topic

__getattr__, __dir__, __all__ = topic(__name__)

PRESENTED.update(
    show=lambda *given: load("present.notebook", "bundle")(*given),
    run=lambda *given, **options: load("command_line.claim_results", "run_derivations")(*given, **options),
)


def load_ipython_extension(shell: Any) -> None:
    """Have IPython know the magics %%claims and %%prove: this is what `%load_ext cnn_symbolic` calls."""
    load("command_line.plugins.magics", "load")(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Have IPython forget them."""
    load("command_line.plugins.magics", "unload")(shell)
