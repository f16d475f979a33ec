"""The table of NumPy's functions: a row each, with its meaning as entries and the conditions under which it has one.

    @known("numpy.expand_dims")
    def expand_dims(world, a, axis): …

The parameters are those of the function as it is documented; an argument that is not among them is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from cnn_symbolic.code.state.world import World

TABLE: dict[str, Callable[..., Any]] = {}


# Parameters that say nothing about the numbers in an array.
IGNORED = {
    "dtype",
    "order",
    "copy",
    "optimize",
    "casting",
    "subok",
    "like",
    "file",
    "end",
    "sep",
    "writeable",
    "flush",
    "strict",
}


Row = Callable[..., Any]
R = TypeVar("R", bound=Row)


def known(*names: str) -> Callable[[R], R]:
    """Enter a function under its full names, such as "numpy.pad"."""

    def enter(row: R) -> R:
        for name in names:
            TABLE[name] = row
        return row

    return enter


def call(world: World, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    """Return what a function of the table makes of arguments."""
    row = TABLE.get(name)
    if row is None:
        raise world.refuse(f"{written(name)} is not known")
    if named.get("order", "C") not in ("C", None):
        raise world.refuse(f"{written(name)} with another order than that of the rows")
    if named.get("copy", True) is not True and "copy" not in inspect.signature(row).parameters:
        raise world.refuse(f"{written(name)} with copy=, which may be the same memory")
    parameters = inspect.signature(row).parameters
    kept = {key: value for key, value in named.items() if key in parameters or key not in IGNORED}
    try:
        bound = inspect.signature(row).bind(world, *arguments, **kept)
    except TypeError as error:
        raise world.refuse(f"{written(name)}: {error}") from None
    return row(*bound.args, **bound.kwargs)


def written(name: str) -> str:
    """Return a full name as people write it."""
    return name.removeprefix("builtins.").replace("numpy.", "np.", 1)
