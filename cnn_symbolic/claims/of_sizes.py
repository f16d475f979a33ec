"""Conditions and integers that are made of known sizes, read from a text: what claims may assume, without tensors."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cnn_symbolic.claims.expressions import Expressions
from cnn_symbolic.expressions.formulas import widths
from cnn_symbolic.expressions.points import Point
from cnn_symbolic.expressions.values import Number, truth
from cnn_symbolic.ground.errors import ClaimTextError, UndefinedError

Sizes = Mapping[str, int]


def read_condition(text: str, known: Collection[str], where: str) -> Callable[[Sizes], bool]:
    """Return a condition on known sizes, such as "I == J"; it does not hold where a divisor in it is below one.

    Raises ClaimTextError, which says what was expected, for a text that is none.
    """
    stated = read(text, known, where)
    if not isinstance(stated, bool) and isinstance(stated, int | str | None | Number):
        raise ClaimTextError(f"{where}: expected a condition such as I == J, found {text!r}")
    condition = truth(stated)

    def holds(sizes: Sizes) -> bool:
        try:
            return bool(condition.at(Point(sizes)))
        except UndefinedError:
            return False

    return holds


def read_integer(text: str, known: Collection[str], where: str) -> Callable[[Mapping[str, Any]], Any]:
    """Return an integer made of known sizes, such as "(I - 1) // 2", as a function of these.

    Of integers it is one, of sizes as in formulas a number made of these; without one of those in it KeyError is
    raised. Raises ClaimTextError for a text that is no integer.
    """
    stated = read(text, known, where)
    if isinstance(stated, bool) or not isinstance(stated, int | Number):
        raise ClaimTextError(f"{where}: expected an integer such as (I - 1) // 2, found {text!r}")

    def value(sizes: Mapping[str, Any]) -> Any:
        if not isinstance(stated, Number):
            return stated
        if missing := {str(symbol) for symbol in stated.formula.free_symbols} - sizes.keys():
            raise KeyError(min(missing))
        symbolic = any(isinstance(size, Number) for size in sizes.values())
        return read_with(text, sizes, where) if symbolic else stated.at(Point(sizes))

    return value


def read(text: str, known: Collection[str], where: str) -> Any:
    """Return what a text says about known sizes."""
    return read_with(text, dict(zip(known, widths(" ".join(known)), strict=True)), where)


def read_with(text: str, sizes: Mapping[str, Any], where: str) -> Any:
    """Return what a text says about sizes that are given by name."""
    reader = Expressions(text.strip(), where)
    reader.names = ChainMap(dict(sizes))
    found = reader.value(reader.parsed("eval").body)
    if reader.implied:
        raise ClaimTextError(f"{where}: there is no size {min(reader.implied)} here, but {', '.join(sizes)}")
    return found
