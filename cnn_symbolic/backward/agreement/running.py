"""Functions of others, run at small shapes with integers, and what they return as arrays.

Whatever a function returns is taken apart: the members of tuples, lists and tables, one after the other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.backward.calls.answers import CallArguments, Misbehaviour
from cnn_symbolic.backward.calls.callees import Callee, Here
from cnn_symbolic.backward.calls.elsewhere import At, Elsewhere
from cnn_symbolic.backward.calls.importing import about
from cnn_symbolic.backward.opening import loaded, told
from cnn_symbolic.code.arguments import ReadArguments
from cnn_symbolic.ground.errors import OperandError

# The magnitude of the integers, and how many bytes a result has at most that is looked at.
MAGNITUDE, MOST = 3, 2**24
# How far results of the same numbers may be apart, by rounding: in float64, and in less.
ROUNDING = {True: (1e-7, 1e-9), False: (1e-3, 1e-5)}


def parts_of(value: Any) -> Iterator[np.ndarray]:
    """Yield the arrays and numbers in what a function returns, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        for part in value:
            yield from parts_of(part)
    elif value is not None and not isinstance(value, str):
        yield np.asarray(value)


def taken_apart(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that returns the arrays in what another one returns."""

    @wraps(function)
    def flat(*arguments: Any, **named: Any) -> Any:
        return list(parts_of(function(*arguments, **named)))

    return flat


def open_apart(request: Mapping[str, Any], at: At) -> tuple[dict[str, Any], Callable[..., Any]]:
    """Return a description of a function, and the function, its results taken apart."""
    function = loaded(request["function"], at)
    if not callable(function):
        raise OperandError(f"{request['function']} is no function")
    return told(about(function)), taken_apart(function)


def elsewhere(named: str, timeout: float, memory: int, end: float) -> Elsewhere:
    """Return a function that a text such as "mine.py:f" names, in a child."""
    child = Elsewhere(open_apart, {"function": named}, timeout, memory, end)
    child.begin()
    return child


def here(function: Callable[..., Any], timeout: float) -> Here:
    """Return a function of this process."""
    return Here(taken_apart(function), about(function), timeout)


@dataclass(frozen=True)
class RunOfBoth:
    """What two functions did at some sizes, with these arguments: the arrays that they returned, or a sentence."""

    sizes: Mapping[str, int]
    arguments: Mapping[str, Any]
    answers: tuple[list[np.ndarray] | str, list[np.ndarray] | str]

    @property
    def difference(self) -> str:
        """In what the answers differ, "" if in nothing but rounding."""
        a, b = self.answers
        if isinstance(a, str) or isinstance(b, str):
            if isinstance(a, str) and isinstance(b, str):
                return ""
            said = (each if isinstance(each, str) else "the function returns" for each in self.answers)
            return "one: {}; the other: {}".format(*said)
        if len(a) != len(b):
            return f"{len(a)} results in one, {len(b)} in the other"
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            if text := apart(x, y):
                return f"result {k}: {text}" if len(a) > 1 else text
        return ""

    @property
    def has_no_number(self) -> bool:
        """Whether infinity, or what is no number, is among the results: a function outside of its domain."""
        arrays = [x for answer in self.answers if not isinstance(answer, str) for x in answer]
        return any(not np.isfinite(x.astype(float)).all() for x in arrays)


def apart(a: np.ndarray, b: np.ndarray) -> str:
    """Return in what two arrays differ, "" if in nothing but rounding."""
    if a.shape != b.shape:
        return f"the shape {a.shape} in one, {b.shape} in the other"
    relative, absolute = ROUNDING[all(x.dtype.kind in "biu" or x.dtype.itemsize >= 8 for x in (a, b))]
    with np.errstate(all="ignore"):
        near = np.isclose(a.astype(float), b.astype(float), relative, absolute, equal_nan=True)
    if near.all():
        return ""
    at = tuple(int(i) for i in np.argwhere(~near)[0])
    where = f"[{', '.join(map(str, at))}]" if at else ""
    return f"{where} is {number(a[at])} in one, {number(b[at])} in the other".strip()


def number(value: Any) -> str:
    """Return a number as it is written, an integer without a point."""
    found = float(value)
    return str(int(found)) if np.isfinite(found) and found == int(found) else f"{found:.10g}"


def arguments_at(
    arguments: ReadArguments, sizes: Mapping[str, int], values: Mapping[str, np.ndarray], seed: int
) -> dict[str, Any]:
    """Return the arguments of a call at some sizes: the arrays that are given, random integers in the others."""
    random = np.random.default_rng(seed)
    made: dict[str, Any] = {}
    for name, lengths in arguments.arrays.items():
        shape = tuple(int(option_at(n, sizes)) for n in lengths)
        drawn = random.integers(-MAGNITUDE, MAGNITUDE + 1, shape).astype(float)
        given = values.get(name)
        array = given.astype(float) if given is not None and given.shape == shape else drawn
        made[name] = array if shape else float(array)
    return {**made, **{name: option_at(value, sizes) for name, value in arguments.options.items()}}


def option_at(value: Any, sizes: Mapping[str, int]) -> Any:
    """Return the value of an option, or a size, at some sizes."""
    if isinstance(value, tuple):
        return tuple(option_at(part, sizes) for part in value)
    if isinstance(value, list):
        return [option_at(part, sizes) for part in value]
    if isinstance(value, sp.Symbol):
        return int(sizes[value.name])
    if isinstance(value, sp.Mul):
        return prod(option_at(part, sizes) for part in value.args)
    if isinstance(value, sp.Rational):
        return int(value) if value.q == 1 else float(value)
    return value


def run(callees: Sequence[Callee], nodes: Sequence[ast.FunctionDef], arguments: Mapping[str, Any]) -> Any:
    """Return the answers of functions to the same arguments: arrays, or the sentence that says what one did instead."""
    answers: list[list[np.ndarray] | str] = []
    for callee, node in zip(callees, nodes, strict=True):
        places = [each.arg for each in node.args.posonlyargs if each.arg in arguments]
        named = [(name, name) for name in arguments if name not in places]
        copied = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
        try:
            found = callee.call(CallArguments(copied, places, named, most=MOST))
        except Misbehaviour as stopped:
            answers.append(stopped.detail)
            continue
        arrays = [value for value in found.values if isinstance(value, np.ndarray)]
        odd = next((value.detail for value in found.values if not isinstance(value, np.ndarray)), "")
        answers.append(f"a result {odd}" if odd else arrays)
    return tuple(answers)
