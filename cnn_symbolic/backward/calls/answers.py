"""What a function of others does when it is called: facts only, as arrays by value, which are judged elsewhere.

Whatever it returns may be hostile: nothing is asked of it but what it takes to have an array of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, permutations
from typing import Any

import numpy as np

from cnn_symbolic.backward.calls.signatures import IGNORED, Signature, canonical_name
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.raising import raised, said, type_name

# How a function may return its results: not at all, in a table, in a tuple or list, or as the only one.
FORMS = NONE, TABLE, SEVERAL, ALONE = ("none", "table", "several", "alone")
# How many of the values that are returned are looked at, and how many characters of a key.
MOST_VALUES, LONGEST_KEY = 64, 200
# How many results more than are expected are named in a message.
FEW = 4
# How many bytes a result has at most that is looked at, if nothing else is said.
MORE = 2**20


class Misbehaviour(Exception):
    """What a function did instead of returning gradients: the kind, a sentence, and the gradient if it is about one."""

    def __init__(self, kind: str, detail: str, gradient: str | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.gradient = kind, detail, gradient


@dataclass(frozen=True)
class Odd:
    """A value that is no array of numbers: the kind of misbehaviour, what is wrong with it, and its shape if known."""

    kind: str
    detail: str
    shape: tuple[int, ...] | None = None


Value = np.ndarray | Odd


@dataclass(frozen=True)
class Returned:
    """What one call returned, the call's number, and what it did besides.

    `count` is how many values were returned, `keys` are those of a table. `changed` are the arguments that the call
    has changed, `overwritten` is the first value of the call before that it has, by its place, as it is now.
    """

    number: int
    form: str
    count: int
    values: tuple[Value, ...]
    keys: tuple[str | int, ...] = ()
    changed: tuple[str, ...] = ()
    overwritten: tuple[int, np.ndarray] | None = None


# What is given

# What the arrays of a call are like in memory, in words.
IN_MEMORY = {
    "strided": "inputs that are not contiguous",
    "broadcast": "a dy of zero strides, which is one number that is broadcast",
    "fortran": "inputs in Fortran order",
    "reversed": "inputs of negative strides",
}


def placed(array: np.ndarray, name: str, how: str) -> np.ndarray:
    """Return an array with its entries in memory as usual or as in IN_MEMORY."""
    if how == "broadcast" and name == "dy":
        return np.lib.stride_tricks.as_strided(array.reshape(-1)[:1].copy(), array.shape, (0,) * array.ndim)
    if how == "strided" and array.ndim:
        return np.repeat(array.T, 2, axis=-1).T[::2]
    if how == "fortran":
        return np.array(array, order="F")
    if how == "reversed" and array.ndim:
        return np.flip(np.array(np.flip(array), order="C"))
    return np.array(array, order="C")


@dataclass(frozen=True)
class CallArguments:
    """The arguments of a call: by name, which of them in their order, and the parameters of the others.

    A value is an array, or a size or an option. `how` the arrays lie in memory is a word of IN_MEMORY, or another one.
    A result of more than `most` bytes is not looked at.
    """

    arguments: Mapping[str, Any]
    inputs: Sequence[str]
    named: Sequence[tuple[str, str]] = ()
    how: str = "contiguous"
    most: int = MORE

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arguments that are arrays."""
        return {name: value for name, value in self.arguments.items() if isinstance(value, np.ndarray)}


# What is returned


class Called:
    """A function as it is called: what it returned last is held, to see whether the next call changes it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.number = function, 0
        self.held: list[tuple[int, np.ndarray, np.ndarray]] = []

    def __call__(self, given: CallArguments) -> Returned:
        """Call the function and return its answer; raise Misbehaviour if it raises anything or cannot be read."""
        self.number += 1
        held, self.held = self.held, []
        before = {name: snapshot(array) for name, array in given.arrays.items()}
        by_place = [given.arguments[name] for name in given.inputs]
        by_name = {parameter: given.arguments[name] for parameter, name in given.named}
        try:
            returned = self.function(*by_place, **by_name)
        except BaseException as error:
            raise Misbehaviour(*raised(error, self.function)) from None
        try:
            form, count, keys, each = values_of(returned)
        except BaseException as error:
            detail = f"returns a {type_name(returned)} that cannot be read: {said(error)}"
            raise Misbehaviour("outputs", detail) from None
        arrays = [as_array(value, given.most) for value in each]
        overwritten = ((k, snapshot(live)) for k, live, copy in held if not same(live, copy))
        answer = Returned(
            self.number,
            form,
            count,
            tuple(array if isinstance(array, Odd) else snapshot(array) for array in arrays),
            keys,
            tuple(name for name, array in before.items() if not same(given.arguments[name], array)),
            next(overwritten, None),
        )
        for k, (live, copy) in enumerate(zip(arrays, answer.values, strict=True)):
            if not (isinstance(live, Odd) or isinstance(copy, Odd)):
                self.held.append((k, live, copy))
        return answer


def snapshot(array: np.ndarray) -> np.ndarray:
    """Return a copy of an array, in C order, that nothing changes."""
    return np.ndarray(array.shape, array.dtype, array.tobytes())


def same(live: np.ndarray, copy: np.ndarray) -> bool:
    """Tell whether an array is still the same as its copy, bit for bit."""
    return live.shape == copy.shape and live.dtype == copy.dtype and live.tobytes() == copy.tobytes()


def values_of(returned: Any) -> tuple[str, int, tuple[str | int, ...], list[Any]]:
    """Return the form of what a function returns, how many values there are, and the first of them, with their keys."""
    if returned is None:
        return NONE, 0, (), []
    if isinstance(returned, Mapping):
        some = list(islice(returned.items(), MOST_VALUES))
        keys = tuple(key_of(key) for key, _ in some)
        return TABLE, len(returned), keys, [value for _, value in some]
    if isinstance(returned, tuple | list):
        each = list(islice(returned, MOST_VALUES))
        return SEVERAL, max(len(each), len(returned) if len(each) == MOST_VALUES else 0), (), each
    return ALONE, 1, (), [returned]


def key_of(key: Any) -> str | int:
    """Return a key of a table as it is written in a program, or as a text."""
    if type(key) is int and abs(key) < 2**63:
        return key
    return str.__getitem__(str(key), slice(LONGEST_KEY))


def as_array(value: Any, most: int) -> np.ndarray | Odd:
    """Return an array of numbers that shares the memory of what was returned, or what is odd about it."""
    try:
        if not isinstance(value, np.ndarray | np.generic) and not hasattr(value, "__array__"):
            return Odd("outputs", f"is not an array, found {type_name(value)}", shape_of(value))
        array = np.asarray(value)
    except BaseException as error:
        return Odd("outputs", f"cannot be made an array: {said(error)}")
    if type(array) is not np.ndarray:
        return Odd("outputs", f"is not an array, found {type_name(array)}")
    if array.dtype.kind not in "biuf":
        return Odd("dtype", f"has the dtype {array.dtype}, expected real numbers", array.shape)
    if array.nbytes > most:
        return Odd("outputs", f"has the shape {array.shape}: too many entries to be a gradient here", array.shape)
    return array


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape that NumPy sees in a value that is no array, None if there is none."""
    try:
        shape: tuple[int, ...] = np.shape(value)
        return shape
    except Exception:
        return None


# What is made of it


def named_results(answer: Returned, signature: Signature) -> dict[str, np.ndarray]:
    """Return the arrays of an answer by name: of a tuple, a list, a table, or one array for one name."""
    names = signature.outputs
    values: Sequence[Value | None] = answer.values
    if answer.form == TABLE:
        by_name = {canonical_name(str(key)): value for key, value in zip(answer.keys, answer.values, strict=True)}
        if missing := [name for name in signature.judged if name not in by_name]:
            found = ", ".join(map(str, answer.keys))
            raise Misbehaviour("outputs", f"the dict has no {', '.join(missing)}, found {found}")
        values = [by_name.get(name) for name in names]
    elif answer.count != len(names) or answer.form == NONE:
        n = answer.count
        found = "None" if answer.form == NONE else f"{n} {'value' if n == 1 else 'values'}"
        raise Misbehaviour("outputs", f"returns {found}, expected {len(names)} ({', '.join(names)})")
    return {name: array(value, name) for name, value in zip(names, values, strict=True) if name != IGNORED}


def array(value: Value | None, name: str) -> np.ndarray:
    """Return the array of a result; raise Misbehaviour if it is none."""
    if isinstance(value, np.ndarray):
        return value
    odd = value or Odd("outputs", "is not an array")
    raise Misbehaviour(odd.kind, f"{name} {odd.detail}", name)


def returning(signature: Signature, answer: Returned, shapes: Mapping[str, tuple[int, ...]], title: str) -> Signature:
    """Return an assumed signature with the results that a function returns: without db where it has no such.

    Results in a tuple are in the usual order, unless their shapes fit another one only. `shapes` are those of the right
    results. Raises OperandError if the number of results, or the keys, do not fit.
    """
    expected, without = signature.outputs, tuple(name for name in signature.outputs if name != "db")
    if answer.form == NONE:
        return signature
    if answer.form == TABLE:
        keys: tuple[tuple[str, Any], ...] = tuple((canonical_name(str(key)), key) for key in answer.keys)
        signature = replace(signature, keys=keys)
        names = {name for name, _ in signature.keys}
        order = next((some for some in (expected, without) if names.issuperset(some)), None)
        found, written = f"a table of {', '.join(map(str, answer.keys)) or 'nothing'}", list(expected)
    else:
        found_shapes, n = [value.shape for value in answer.values], answer.count
        orders = (order for some in (expected, without) for order in permutations(some))
        order = next((order for order in orders if [shapes[name] for name in order] == found_shapes), None)
        order = expected if order is None and n == len(expected) else order
        found, written = f"{n} {'value' if n == 1 else 'values'}", [*expected, *[IGNORED] * FEW][:n]
    if order is not None:
        missing = "; db was not given" if "db" in expected and "db" not in order else ""
        return replace(signature, outputs=order, origin=f"{signature.origin}{missing}")
    taken = str(signature).split(" ->", maxsplit=1)[0]
    raise OperandError(
        f"{title} returns {found}, expected {', '.join(expected)}: name what it returns, {IGNORED} for what is none of "
        f"these, as --signature '{taken} -> {', '.join(written)}'"
    )
