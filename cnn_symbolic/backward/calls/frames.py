"""Calls and answers as frames of bytes: a line of JSON, then the bytes of the arrays that it lists.

What is read may have been written by code of others: nothing is taken that is not what was expected, and a text is
shown without the characters that a terminal obeys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod
from typing import Any, TypeVar

import numpy as np

from cnn_symbolic.backward.calls.answers import (
    FORMS,
    MOST_VALUES,
    TABLE,
    CallArguments,
    Called,
    Misbehaviour,
    Odd,
    Returned,
    placed,
)
from cnn_symbolic.ground.printable import printable

T = TypeVar("T")
# How long the line of JSON, a text in it, and an axis of an array may be.
LONGEST_LINE, LONGEST_TEXT, LONGEST_AXIS = 2**20, 20_000, 2**40
# The dtypes of arrays that are sent.
DTYPE = re.compile(r"[<>|=][biuf]\d{1,2}")
# What a function is said to have done by the process that it runs in.
SAID = ("refusal", "exception", "outputs")


class Unreadable(Exception):
    """A frame that is not what was expected."""


# Frames


def written(header: Mapping[str, Any], arrays: Sequence[np.ndarray] = ()) -> bytes:
    """Return a frame."""
    listed = [[array.dtype.str, list(array.shape)] for array in arrays]
    line = json.dumps({**header, "arrays": listed}).encode()
    return b"".join([line, b"\n", *(array.tobytes() for array in arrays)])


def read(frame: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return the header of a frame and its arrays, which share its memory; raise Unreadable if it has another form."""
    line, _, _ = frame[:LONGEST_LINE].partition(b"\n")
    begin, arrays = len(line) + 1, list[np.ndarray]()
    try:
        header = json.loads(line)
        for dtype, shape in header.pop("arrays"):
            if not (DTYPE.fullmatch(dtype) and all(type(n) is int and 0 <= n <= LONGEST_AXIS for n in shape)):
                raise Unreadable(f"an array of the dtype {dtype!r} and the shape {shape!r}")
            kind = np.dtype(dtype)
            end = begin + kind.itemsize * prod(shape)
            arrays.append(np.ndarray(tuple(shape), kind, frame[begin:end]))
            begin = end
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    if begin != len(frame):
        raise Unreadable(f"{len(frame)} bytes in place of {begin}")
    return header, arrays


def taken(header: Mapping[str, Any], key: str, kind: type[T]) -> T:
    """Return an entry of a header that has exactly this type; raise Unreadable if there is no such."""
    value = header.get(key)
    if type(value) is not kind:
        raise Unreadable(f"{key} is {value!r:.80}")
    return value


def text(value: Any) -> str:
    """Return a text that came in a header, as it can be shown; raise Unreadable if it is none, or endless."""
    if type(value) is not str or len(value) > LONGEST_TEXT:
        raise Unreadable(f"{value!r:.80} in place of a text")
    return printable(value, "\n")


def texts(header: Mapping[str, Any], key: str, among: Collection[str] | None = None) -> list[str]:
    """Return a list of texts in a header, each of them one of these; raise Unreadable otherwise."""
    each = [text(value) for value in taken(header, key, list)[: MOST_VALUES * MOST_VALUES]]
    if among is not None and not set(each) <= set(among):
        raise Unreadable(f"{key} is {each!r:.80}")
    return each


# A call


def call_of(given: CallArguments) -> bytes:
    """Return a call as a frame."""
    others = {name: value for name, value in given.arguments.items() if name not in given.arrays}
    header = {
        "names": list(given.arrays),
        "others": others,
        "inputs": list(given.inputs),
        "named": [list(pair) for pair in given.named],
        "how": given.how,
        "most": given.most,
    }
    return written(header, list(given.arrays.values()))


def read_call(frame: bytes) -> CallArguments:
    """Return the call that a frame has; its arrays lie in memory as it says."""
    header, arrays = read(frame)
    each = {name: placed(array, name, header["how"]) for name, array in zip(header["names"], arrays, strict=True)}
    each |= {name: as_tuples(value) for name, value in header["others"].items()}
    return CallArguments(
        each, header["inputs"], [tuple(pair) for pair in header["named"]], header["how"], header["most"]
    )


def as_tuples(value: Any) -> Any:
    """Return a value of an option, in which lists were tuples."""
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


# An answer


def answer_of(called: Called, given: CallArguments) -> bytes:
    """Return what a function answers to a call as a frame."""
    try:
        answer = called(given)
    except Misbehaviour as found:
        return written({"number": called.number, "misbehaved": [found.kind, found.detail]})
    odd = [
        [k, value.kind, value.detail, value.shape] for k, value in enumerate(answer.values) if isinstance(value, Odd)
    ]
    arrays = [value for value in answer.values if not isinstance(value, Odd)]
    place, now = answer.overwritten or (None, None)
    header = {
        "number": answer.number,
        "form": answer.form,
        "count": answer.count,
        "odd": odd,
        "keys": answer.keys,
        "changed": answer.changed,
        "overwritten": place,
    }
    return written(header, arrays if now is None else [*arrays, now])


def read_answer(frame: bytes, number: int, given: CallArguments) -> Returned:
    """Return the answer to the call of this number that a frame has; raise Misbehaviour if that is one.

    Raises Unreadable for anything else.
    """
    header, arrays = read(frame)
    if taken(header, "number", int) != number:
        raise Unreadable("the answer to another call")
    if "misbehaved" in header:
        kind, *detail = texts(header, "misbehaved")
        if kind not in SAID or len(detail) != 1:
            raise Unreadable(f"misbehaviour of the kind {kind!r}")
        raise Misbehaviour(kind, *detail)
    form, count, place = taken(header, "form", str), taken(header, "count", int), header.get("overwritten")
    if form not in FORMS:
        raise Unreadable(f"the form {form!r}")
    overwritten = None
    if place is not None and arrays:
        overwritten = taken(header, "overwritten", int), arrays.pop()
        if not 0 <= overwritten[0] < MOST_VALUES:
            raise Unreadable(f"a value at {place}")
    odd, each = dict(odd_values(header)), iter(arrays)
    n = len(arrays) + len(odd)
    if not set(odd) <= set(range(n)):
        raise Unreadable("values without a place")
    values = tuple(odd[k] if k in odd else next(each) for k in range(n))
    keys = tuple(key if type(key) is int else text(key) for key in taken(header, "keys", list))
    if not n <= MOST_VALUES or count < n or n < min(count, MOST_VALUES) or len(keys) != (n if form == TABLE else 0):
        raise Unreadable(f"{count} values, of which there are {n} with {len(keys)} keys")
    return Returned(number, form, count, values, keys, tuple(texts(header, "changed", given.arrays)), overwritten)


def odd_values(header: Mapping[str, Any]) -> Iterator[tuple[int, Odd]]:
    """Yield the values of an answer that are no arrays, by their places."""
    for entry in taken(header, "odd", list):
        try:
            place, kind, detail, shape = entry
            known = None if shape is None else tuple(shape)
        except (TypeError, ValueError):
            raise Unreadable(f"{entry!r:.80} in place of a value") from None
        if type(place) is not int or kind not in (*SAID, "dtype"):
            raise Unreadable(f"{entry!r:.80} in place of a value")
        if known is not None and not all(type(n) is int for n in known):
            raise Unreadable(f"{shape!r:.80} in place of a shape")
        yield place, Odd(kind, text(detail), known)
