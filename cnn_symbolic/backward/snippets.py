"""The program that reproduces what is wrong with a backward pass, with NumPy alone."""

from __future__ import annotations

import importlib
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any

import numpy as np

from cnn_symbolic.backward.findings import Finding
from cnn_symbolic.backward.signatures import Signature
from cnn_symbolic.notation.matrices import integers

# The largest array that is printed whole, and the most nonzero entries that are written one by one.
PRINTED, SPARSE = 64, 16
# How arrays get the layout in memory that shows a mistake.
IN_MEMORY = {
    "strided": "np.repeat({}.T, 2, axis=-1).T[::2]  # not contiguous",
    "fortran": "np.asfortranarray({})",
    "reversed": "np.flip(np.flip({}).copy())",
}


def snippet(
    function: Callable[..., Any], signature: Signature, arguments: Mapping[str, Any], finding: Finding, how: str
) -> str:
    """Return a program that calls the function as it was called, and prints what it returns and what is right."""
    lines, name = imported(function)
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


def imported(function: Callable[..., Any]) -> tuple[list[str], str]:
    """Return the lines that import a function, and the expression for it."""
    if isinstance(function, partial):
        lines, inner = imported(function.func)
        given = [*map(repr, function.args), *(f"{k}={v!r}" for k, v in function.keywords.items())]
        return ["from functools import partial", *lines], f"partial({', '.join([inner, *given])})"
    framework = getattr(function, "framework", None)
    if framework in ("torch", "jax") and hasattr(function, "function"):
        lines, inner = imported(function.function)
        return [f"from cnn_symbolic import of_{framework}", *lines], f"of_{framework}({inner})"
    if source := getattr(function, "source", None):
        return [*made_of(getattr(function, "objects", {})), "", "", *source.splitlines(), "", ""], "both_passes"
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module and name.isidentifier() and resolves(module, name, function):
        file = getattr(sys.modules.get(module), "__file__", None)
        if module != "__main__" and (file is None or is_named(module, file)):
            return [*path_of(module, file), f"from {module} import {name}"], name
        if file is not None:
            return loaded(file, name), name
    return ["# put the function that was checked here", "backward = ..."], "backward"


def made_of(objects: Mapping[str, Any]) -> list[str]:
    """Return the lines that import objects under their names."""
    lines = list[str]()
    for name, each in objects.items():
        more, inner = imported(each)
        lines += more if inner == name else [*more, f"{name} = {inner}"]
    return list(dict.fromkeys(lines))


def resolves(module: str, name: str, function: Any) -> bool:
    """Return whether a module has the function under its name."""
    found = sys.modules.get(module)
    if found is None:
        try:
            found = importlib.import_module(module)
        except ImportError:
            return False
    return getattr(found, name, None) is function


def path_of(module: str, file: str | None) -> list[str]:
    """Return the lines that let a module be imported from anywhere, none for one that is installed."""
    if file is None or "site-packages" in file or module in sys.stdlib_module_names:
        return []
    root = Path(file).resolve().parents[module.count(".") + (Path(file).stem == "__init__")]
    return ["import sys", f"sys.path.insert(0, {str(root)!r})"]


def is_named(module: str, file: str) -> bool:
    """Return whether a file is imported under its module's name, which is not that of another module."""
    words = module.split(".")
    own = Path(file).stem in (words[-1], "__init__")
    hidden = words[0] in sys.stdlib_module_names and not Path(file).is_relative_to(sysconfig.get_path("stdlib"))
    return own and not hidden and all(word.isidentifier() and not iskeyword(word) for word in words)


def loaded(file: str, name: str) -> list[str]:
    """Return the lines that run a file, with its folder importable, for a function in it."""
    path = Path(file).resolve()
    home = [f"sys.path.insert(0, {str(path.parent)!r})", f"home = run_path({str(path)!r})", f"{name} = home[{name!r}]"]
    return ["import sys", "from runpy import run_path", *home]
