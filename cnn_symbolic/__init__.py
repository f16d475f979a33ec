"""Proves the gradients of convolutional networks for every shape at once, and refutes wrong ones.

Everything public is importable from here; it is loaded when it is first used, so that importing the
package costs nothing.
"""

from importlib import import_module
from typing import Any

from cnn_symbolic.ground.display import PRESENTED
from cnn_symbolic.ground.names import HOMES
from cnn_symbolic.ground.version import __version__

HOME_OF = {name: module for module, names in HOMES.items() for name in names.split()}
__all__ = sorted([*HOME_OF, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)


def later(module: str, name: str) -> Any:
    """Return a function that is imported when it is called."""
    return lambda *given, **options: getattr(import_module(f"{__name__}.{module}"), name)(*given, **options)


PRESENTED.update(show=later("present.notebook", "bundle"), run=later("command_line.running", "run_derivations"))
