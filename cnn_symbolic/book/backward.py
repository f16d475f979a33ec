"""The report on a backward pass as text, and the program that reproduces what is wrong."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnn_symbolic.book.matrices import named_matrix

if TYPE_CHECKING:
    from rich.text import Text

    from cnn_symbolic.checking.backward import BackwardReport, Finding
    from cnn_symbolic.checking.calling import Signature

__all__ = ["backward_view", "report_text", "snippet"]

# The largest array that is printed whole, and the most nonzero entries that are written one by one.
PRINTED, SPARSE = 64, 16
FORMULA = ("shape", "value")


def report_text(report: BackwardReport) -> str:
    """Return the report as lines of text."""
    return "\n".join([headline(report), *(f"  {line}".rstrip() for line in body(report))])


def backward_view(report: BackwardReport) -> Text:
    """Return the report for a terminal."""
    from rich.text import Text

    first, *rest = report_text(report).splitlines(keepends=True)
    return Text.assemble((first, "green" if report.right else "bold red"), *rest)


def headline(report: BackwardReport) -> str:
    """Return the verdict."""
    is_it = f"{report.function} is {'' if report.right else 'not '}the backward pass of {report.forward}"
    return {"right": f"✓ {is_it}", "tested": f"✓ {is_it} up to rounding", "wrong": f"✗ {is_it}"}[report.outcome]


def body(report: BackwardReport) -> Iterator[str]:
    """Yield the lines below the first."""
    yield f"{report.evidence} ({report.seconds:.1f} s)"
    if report.outcome == "right":
        yield "provided that each result is a polynomial of degree ≤ 2 in the inputs"
    yield f"signature {report.signature}; {report.layout}"
    for finding in report.findings:
        yield ""
        yield from described(finding)
    if not report.right:
        right = [name for name, is_right in report.also_right.items() if is_right]
        if right:
            yield ""
            yield f"right: {', '.join(right)}"
        yield ""
        yield "to reproduce it:"
        yield from (f"    {line}" for line in report.snippet.splitlines())


def described(finding: Finding) -> Iterator[str]:
    """Yield what is wrong, with the smallest example."""
    where = f"{finding.gradient} is wrong" if finding.kind in FORMULA else finding.kind
    yield f"{where}: {finding.mistake}" if finding.mistake else where
    yield f"  {finding.detail}"
    if finding.shapes:
        yield f"  smallest example: {', '.join(f'{name} {shape}' for name, shape in finding.shapes.items())}"
    if finding.kind not in (*FORMULA, "nan", "layout", "state") or finding.found is None or finding.expected is None:
        return
    shown = {name: array for name, array in finding.data.items() if array.any()}
    if all(array.size <= PRINTED for array in (*shown.values(), finding.found, finding.expected)):
        for name, array in shown.items():
            yield from named_matrix(name, integers(array)).splitlines()
        same_shape = finding.found.shape == finding.expected.shape
        marked = finding.found != finding.expected if same_shape else None
        yield from named_matrix("found   ", integers(finding.found), marked).splitlines()
        yield from named_matrix("expected", integers(finding.expected), marked).splitlines()


def integers(array: Any) -> np.ndarray:
    """Return an array of numbers with integers where they are."""
    return np.array([int(v) if float(v).is_integer() else float(v) for v in np.ravel(array)], dtype=object).reshape(
        np.shape(array)
    )


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
    if how == "after another call":
        negated = [f"-{given}" if isinstance(arguments[given], np.ndarray) else given for given in signature.inputs]
        lines.append(f"{name}({', '.join([*negated, *given_by_name])})  # another call before")
    return "\n".join(["import numpy as np", *lines, *printed(call, signature, finding, how), ""])


def printed(call: str, signature: Signature, finding: Finding, how: str) -> Iterator[str]:
    """Yield the lines that make a call and print what is found and what is expected."""
    if finding.kind == "mutation":
        changed = finding.detail.split()[-1]
        yield from (f"before = {changed}.copy()", call, f"found, expected = {changed}, before")
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
    if len(signature.outputs) == 1:
        return f"returned[{name!r}] if isinstance(returned, dict) else returned"
    return f"returned[{name!r}] if isinstance(returned, dict) else returned[{signature.outputs.index(name)}]"


def written(name: str, array: np.ndarray, how: str) -> list[str]:
    """Return the lines that make an array: its entries, or zeros and the entries that are not."""
    dtype, at = f"np.{array.dtype.name}", np.argwhere(array)
    if how == "broadcast" and name == "dy":
        return [f"dy = np.broadcast_to({dtype}({array.flat[0].item():g}), {array.shape})"]
    if array.size > PRINTED and len(at) <= SPARSE:
        entries = [f"{name}{list(map(int, k))} = {array[tuple(k)].item():g}" for k in at]
        lines = [f"{name} = np.zeros({array.shape}, {dtype})", *entries]
    else:
        lines = [f"{name} = np.array({integers(array).tolist()!r}, {dtype})"]
    return [*lines, f"{name} = np.repeat({name}.T, 2, axis=-1).T[::2]  # not contiguous"] if how == "strided" else lines


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
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module and name.isidentifier() and resolves(module, name, function):
        file = getattr(sys.modules.get(module), "__file__", None)
        if module == "__main__" or (file is not None and Path(file).stem not in (module.split(".")[-1], "__init__")):
            return loaded(file, name)
        return [*path_of(module, file), f"from {module} import {name}"], name
    return ["# put the function that was checked here", "backward = ..."], "backward"


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


def loaded(file: str | None, name: str) -> tuple[list[str], str]:
    """Return the lines that run a file for a function in it."""
    if file is None:
        return ["# put the function that was checked here", "backward = ..."], "backward"
    return ["from runpy import run_path", f"{name} = run_path({str(Path(file).resolve())!r})[{name!r}]"], name
