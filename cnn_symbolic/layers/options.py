"""The options of layers: which values each kind of option may have, and values that vary from example to example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from cnn_symbolic.ground.errors import ModeError, OperandError, ShapeError
from cnn_symbolic.ground.limits import MOST_OPTION
from cnn_symbolic.witnesses.windows import pad_widths, per_axis

# The metadata of a field that is an option of a layer: a check, which raises an error that names the option unless its
# value is allowed, of (value, option, number of spatial axes, layer's name). A default is not checked.
Checked = dict[str, Callable[[Any, str, int, str], None]]


# What the sizes of x along its axes are called, and those of an overlay or a window.
SPATIAL, OVERLAY = "MNO", "IJQ"


@dataclass(frozen=True)
class OfOverlay:
    """An option such as the padding (I - 1) // 2: `value` computes it from I, J, Q, S and D."""

    text: str
    value: Callable[[Mapping[str, int]], int] = field(compare=False)

    def __repr__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True)
class Choice:
    """The values of an option that varies from example to example."""

    values: tuple[Any, ...]

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"any_of({', '.join(map(repr, self.values))})"


def any_of(*values: Any) -> Choice:
    """Return the value of an option that varies: `conv2d(stride=any_of(1, 2, 3))`."""
    if not values:
        raise OperandError("any_of expects the values of an option, found none")
    return Choice(tuple(frozen(value) for value in values))


def frozen(value: Any) -> Any:
    """Return a value of an option with tuples for lists."""
    return tuple(frozen(each) for each in value) if isinstance(value, list | tuple) else value


def alternatives(value: Any) -> tuple[Any, ...]:
    """Return the values that an option varies over, the only one if it does not vary."""
    return value.values if isinstance(value, Choice) else (value,)


def depends(value: Any) -> bool:
    """Return whether an option, or a part of it, depends on the overlay."""
    return isinstance(value, OfOverlay) or (isinstance(value, tuple) and any(map(depends, value)))


def at_sizes(value: Any, sizes: Mapping[str, int]) -> Any:
    """Return an option with the integers that parts of it are for an overlay of some sizes."""
    if isinstance(value, tuple):
        return tuple(at_sizes(part, sizes) for part in value)
    return value.value(sizes) if isinstance(value, OfOverlay) else value


def check_option(value: Any, name: str) -> None:
    """Raise OperandError for an option with a number that is too large to be tried."""
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, tuple):
            check_option(part, name)
        elif isinstance(part, int) and abs(part) > MOST_OPTION:
            raise OperandError(f"{name} is at most {MOST_OPTION:,} where it is tried, found {value!r}")


def near(word: str, known: Iterable[str]) -> str:
    """Return ", did you mean …?" if a word is close to one that is known, and a full stop otherwise."""
    close = get_close_matches(word, list(known), 1, 0.5)
    return f", did you mean {close[0]}?" if close else "."


def at_least(least: int) -> Checked:
    """Return the metadata of an int, or one for each spatial axis."""

    def check(value: Any, name: str, rank: int, layer: str) -> None:
        per_axis(value, rank, name, least)

    return {"check": check}


def pads(named: bool = False) -> Checked:
    """Return the metadata of a padding: ints, pairs and, if `named`, a name; all of them may depend on the overlay."""

    def check(value: Any, name: str, rank: int, layer: str) -> None:
        if isinstance(value, str) and not named:
            raise ModeError(f"{layer} takes its padding as ints or pairs, found {value!r}")
        if not depends(value):
            pad_widths(value, (1,) * rank, 1)

    return {"check": check}


def count() -> Checked:
    """Return the metadata of a number of things."""

    def check(value: Any, name: str, rank: int, layer: str) -> None:
        if type(value) is not int or value < 1:
            raise ShapeError(f"{name}: expected an int ≥ 1, found {value!r}")

    return {"check": check}


def among(*allowed: Any) -> Checked:
    """Return the metadata of an option that has one of a few values, all of one type."""

    def check(value: Any, name: str, rank: int, layer: str) -> None:
        if not isinstance(value, type(allowed[0])) or value not in allowed:
            hint = near(value, allowed) if isinstance(value, str) else ""
            raise ModeError(f"{name} is {' or '.join(map(repr, allowed))}, found {value!r}{hint}")

    return {"check": check}
