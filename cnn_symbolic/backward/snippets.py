"""The program that reproduces what is wrong with a backward pass, with NumPy alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnn_symbolic.backward.calls.callees import About
from cnn_symbolic.backward.calls.signatures import Signature
from cnn_symbolic.backward.findings import Finding
from cnn_symbolic.notation.matrices import integers

# The largest array that is printed whole, and the most nonzero entries that are written one by one.
PRINTED, SPARSE = 64, 16
# How arrays get the layout in memory that shows a mistake.
IN_MEMORY = {
    "strided": "np.repeat({}.T, 2, axis=-1).T[::2]  # not contiguous",
    "fortran": "np.asfortranarray({})",
    "reversed": "np.flip(np.flip({}).copy())",
}


def snippet(function: About, signature: Signature, arguments: Mapping[str, Any], finding: Finding, how: str) -> str:
    """Return a program that calls the function as it was called, and prints what it returns and what is right."""
    lines, name = list(function.imports), function.expression
    for given in dict.fromkeys(signature.taken):
        value = arguments[given]
        lines += written(given, value, how) if isinstance(value, np.ndarray) else [f"{given} = {value!r}"]
    given_by_name = [f"{parameter}={given}" for parameter, given in signature.named]
    call = f"{name}({', '.join([*signature.inputs, *given_by_name])})"
    if how == "held":
        lines += [f"returned = {call}", f"held = {taken(signature, finding.gradient or '')}", "before = held.copy()"]
        changed = next(given for given in signature.inputs if isinstance(arguments[given], np.ndarray))
        lines.append(f"{changed} = 2 * {changed}")
    if how == "after another call":
        negated = [f"-{given}" if isinstance(arguments[given], np.ndarray) else given for given in signature.inputs]
        lines.append(f"{name}({', '.join([*negated, *given_by_name])})  # another call before")
    return "\n".join(["import numpy as np", *lines, *printed(call, signature, finding, how), ""])


def printed(call: str, signature: Signature, finding: Finding, how: str) -> Iterator[str]:
    """Yield the lines that make a call and print what is found and what is expected."""
    if finding.kind == "mutation":
        changed = finding.detail.split()[-1]
        yield from (f"before = {changed}.copy()", call, f"found, expected = {changed}, before")
    elif how == "held":
        yield from (f"{call}  # another call", "found, expected = held.tolist(), before.tolist()")
    elif how == "repeated":
        yield from (f"expected = {call}", f"found = {call}")
    elif finding.gradient is None or finding.expected is None:
        yield from (f"found = {call}", f"expected = {', '.join(signature.outputs)!r}")
    else:
        yield f"returned = {call}"
        yield f"found = np.asarray({taken(signature, finding.gradient)})"
        if finding.kind == "dtype":
            yield f"found, expected = found.dtype, {str(finding.expected.dtype)!r}"
        elif finding.expected.size <= PRINTED or how == "after another call":
            yield f"found, expected = found.tolist(), {finding.expected.tolist()!r}"
        elif finding.entry:
            yield f"found, expected = found{list(finding.entry)}.item(), {finding.expected[finding.entry].item()!r}"
        else:
            yield f"found, expected = found.shape, {finding.expected.shape!r}"
    yield from ('print("found", found)', 'print("expected", expected)')


def taken(signature: Signature, name: str) -> str:
    """Return the expression for one of the results in `returned`."""
    if signature.keys:
        return f"returned[{dict(signature.keys)[name]!r}]"
    if len(signature.outputs) == 1:
        return f"returned[{name!r}] if isinstance(returned, dict) else returned"
    return f"returned[{name!r}] if isinstance(returned, dict) else returned[{signature.outputs.index(name)}]"


def written(name: str, array: np.ndarray, how: str) -> list[str]:
    """Return the lines that make an array: its entries, or zeros and the entries that are not."""
    dtype, at = f"np.{array.dtype.name}", np.argwhere(array)
    if how == "broadcast" and name == "dy":
        return [f"dy = np.broadcast_to({dtype}({exact(array.flat[0])}), {array.shape})"]
    if array.size > PRINTED and len(at) <= SPARSE:
        entries = [f"{name}{list(map(int, k))} = {exact(array[tuple(k)])}" for k in at]
        lines = [f"{name} = np.zeros({array.shape}, {dtype})", *entries]
    else:
        lines = [f"{name} = np.array({integers(array).tolist()!r}, {dtype})"]
    return [*lines, f"{name} = {IN_MEMORY[how].format(name)}"] if how in IN_MEMORY and array.ndim else lines


def exact(value: Any) -> str:
    """Return a number of an array as it is written, with all its digits and integers without a point."""
    return repr(integers(value).item())
