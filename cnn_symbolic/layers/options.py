"""The options of layers: which values each kind of option may have, and values that vary or are left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product
from typing import Any

from cnn_symbolic.ground.errors import ModeError, NameConflictError, OperandError, ShapeError
from cnn_symbolic.ground.limits import MOST_OPTION
from cnn_symbolic.witnesses.windows import pad_widths, per_axis

# The metadata of a field that is an option of a layer. "check" raises an error that names the option unless its value
# is allowed, of (value, option, number of spatial axes, layer's name); a default is not checked. "open" has the values
# that the option is run with where it is left open, none for one that cannot be.
Checked = dict[str, Any]

# What the sizes of x along its axes are called, and those of an overlay or a window.
SPATIAL, OVERLAY = "MNO", "IJQ"
# What an option that is left open is not called: the arrays of layers, and the paddings, which stand in quotes.
ARRAYS = ("x", "w", "b", "y", "dy", "s", "dx", "dw", "db")
QUOTED = ("valid", "full", "same", "same_upper", "same_lower", "causal")
# The values with which an open option is run, by the least one that it may have.
RUN = {0: (0, 1, 2), 1: (1, 2, 3)}


@dataclass(frozen=True)
class OfOverlay:
    """An option such as the padding (I - 1) // 2: `value` computes it from I, J, Q, S and D, integers or all sizes."""

    text: str
    value: Callable[[Mapping[str, Any]], Any] = field(compare=False)

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


@dataclass(frozen=True)
class Open:
    """An option that is left open, such as the stride S: any integer from a least one on; `values` are those tried."""

    name: str
    values: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.name in QUOTED:
            raise OperandError(f"{self.name} as an option is written in quotes, as {self.name!r}")
        if self.name in ARRAYS:
            raise NameConflictError(f"an option that is left open is called as no array of a layer, found {self.name}")

    def __repr__(self) -> str:
        """Return the name."""
        return self.name


def any_of(*values: Any) -> Choice:
    """Return the value of an option that varies: `conv2d(stride=any_of(1, 2, 3))`.

    Raises OperandError without values.

    >>> from cnn_symbolic.backward import any_of, conv2d
    >>> print(conv2d(stride=any_of(1, 2, 3), padding=1))
    conv2d(stride=any_of(1, 2, 3), padding=1)
    """
    if not values:
        raise OperandError("any_of expects the values of an option, found none")
    return Choice(tuple(frozen(value) for value in values))


def frozen(value: Any) -> Any:
    """Return a value of an option with tuples for lists, and as left open what is a size, such as S = sizes("S")[0]."""
    if isinstance(value, list | tuple):
        return tuple(frozen(each) for each in value)
    return Open(str(value)) if getattr(value, "by", None) == "symbol" else value


def ranging(value: Any, values: tuple[int, ...], option: str) -> Any:
    """Return an option with the values that its open parts are tried with; raise OperandError if it cannot be open."""
    if isinstance(value, Open) and not values:
        raise OperandError(
            f"{option} cannot be left open, found {value}: names are in quotes, and any_of(…) has several values"
        )
    if isinstance(value, Open):
        return Open(value.name, values)
    if isinstance(value, Choice):
        return Choice(tuple(ranging(each, values, option) for each in value.values))
    return tuple(ranging(part, values, option) for part in value) if isinstance(value, tuple) else value


def open_parts(value: Any) -> dict[str, tuple[int, ...]]:
    """Return what is left open in an option, or in a tuple of options, by name, with the values that all uses allow."""
    if isinstance(value, Open):
        return {value.name: value.values}
    found = dict[str, tuple[int, ...]]()
    for part in value.values if isinstance(value, Choice) else value if isinstance(value, tuple) else ():
        for name, values in open_parts(part).items():
            found[name] = tuple(n for n in values if n in found.get(name, values))
    return found


def closed(value: Any, at: Mapping[str, Any]) -> Any:
    """Return an option with values for what is left open in it."""
    if isinstance(value, tuple):
        return tuple(closed(part, at) for part in value)
    return at[value.name] if isinstance(value, Open) else value


def assignments(parts: Mapping[str, tuple[int, ...]]) -> list[dict[str, int]]:
    """Return all combinations of the values of what is left open; a single empty one of nothing."""
    return [dict(zip(parts, values, strict=True)) for values in product(*parts.values())]


def choices(value: Any) -> tuple[Any, ...]:
    """Return the values of an option that is `any_of` some, the only one of another."""
    return value.values if isinstance(value, Choice) else (value,)


def alternatives(value: Any) -> tuple[Any, ...]:
    """Return the values that an option varies over, or is tried with; the only one if it does not vary."""
    return tuple(closed(one, at) for one in choices(value) for at in assignments(open_parts(one)))


def varies(value: Any) -> bool:
    """Return whether an option has several values: those of `any_of`, or of what is left open in it."""
    return isinstance(value, Choice) or bool(open_parts(value))


def depends(value: Any) -> bool:
    """Return whether an option, or a part of it, depends on the overlay."""
    return isinstance(value, OfOverlay) or (isinstance(value, tuple) and any(map(depends, value)))


def at_sizes(value: Any, sizes: Mapping[str, Any]) -> Any:
    """Return an option with what parts of it are for an overlay of some sizes: integers, or numbers made of sizes."""
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


def at_least(least: int, tried: tuple[int, ...] = ()) -> Checked:
    """Return the metadata of an int, or one for each spatial axis; left open it is `tried` with some values."""

    def check(value: Any, name: str, rank: int, layer: str) -> None:
        per_axis(value, rank, name, least)

    return {"check": check, "open": tried or RUN[least]}


def pads(named: bool = False) -> Checked:
    """Return the metadata of a padding: ints, pairs and, if `named`, a name; all of them may depend on the overlay."""

    def check(value: Any, name: str, rank: int, layer: str) -> None:
        if isinstance(value, str) and not named:
            raise ModeError(f"{layer} takes its padding as ints or pairs, found {value!r}")
        if not depends(value):
            pad_widths(value, (1,) * rank, 1)

    return {"check": check, "open": RUN[0]}


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
