"""The text of a function that is defined in a cell of a notebook, and of what it uses: it is read, and never run here.

What cells define stays in the notebook, whichever were run, in whatever order, and how often. So the text is made of
what names stand for now: of functions and classes the lines in their cells, which Python keeps for its tracebacks, of
modules and of what is in them the imports, of numbers and texts how they are written. What may differ from its lines is
refused.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

from cnn_symbolic.backward.proofs.as_written import (
    Compiled,
    Node,
    NotAsWritten,
    check_libraries,
    check_made_by,
    function_in,
    names_of_bases,
    names_used,
    written,
)

CELL = "the cell"
# How much of a session is read with a function.
MOST_NAMES = 200


def text_in_cells(objects: Mapping[str, Any]) -> str:
    """Return a text that defines what the cells of a session do, with all that this uses.

    The lines of the cell with the last object have the numbers that they have there; what else is used stands below.
    Raises NotAsWritten if there is no such text.
    """
    lines: dict[str, list[str]] = {}
    others: list[str] = []
    known: set[str] = set()
    pending: list[tuple[str, Any, Mapping[str, Any]]] = []
    check_libraries()
    for name, found in objects.items():
        if (function := code_of(found)) is None or function.__globals__.get(name) is not found:
            raise NotAsWritten(f"{name} is no function or class at the top of a cell")
        pending.append((name, found, function.__globals__))
    while pending:
        name, found, names = pending.pop()
        if name in known:
            continue
        known.add(name)
        if len(known) > MOST_NAMES:
            raise NotAsWritten(f"it uses more than {MOST_NAMES} names of the notebook")
        if (function := code_of(found)) is None or function.__globals__ is not names:
            others.append(line_of(name, found))
            continue
        file = function.__code__.co_filename
        node = node_of(name, found, file, names)
        texts = linecache.getlines(file)
        own = lines.setdefault(file, ["\n"] * len(texts))
        own[node.lineno - 1 : node.end_lineno] = texts[node.lineno - 1 : node.end_lineno]
        used = dict.fromkeys([*names_used(found), *names_of_bases(node)])
        pending += [(each, names[each], names) for each in reversed(used) if each in names]
    return "".join(line if line.endswith("\n") else f"{line}\n" for each in [*lines.values(), others] for line in each)


def code_of(found: Any) -> FunctionType | None:
    """Return a function, or one that a class is written with, if it is of a cell whose lines Python has kept."""
    function = function_in(found)
    if function is None:
        return None
    file = function.__code__.co_filename
    is_of_file = os.path.abspath(file) == os.path.abspath(str(function.__globals__.get("__file__", "")))
    return function if not is_of_file and linecache.getlines(file) else None


def node_of(name: str, found: Any, file: str, names: Mapping[str, Any]) -> Node:
    """Return the lines of a cell that define a function or class; raise NotAsWritten if it is another one by now."""
    function = function_in(found)
    flags = 0 if function is None else function.__code__.co_flags
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in linecache.getlines(file))
    compiled = Compiled(text, file, flags)
    node = compiled.node(name)
    if node is None or node.decorator_list or (isinstance(node, ast.ClassDef) and node.keywords):
        raise NotAsWritten(f"{name} is not what its lines define: other code has made or changed it")
    check_made_by(found, node, compiled, names)
    return node


def line_of(name: str, found: Any) -> str:
    """Return the line that gives a name what it stands for; raise NotAsWritten if no line does."""
    if (text := written(found)) is not None:
        return f"{name} = {text}"
    if isinstance(found, ModuleType) and sys.modules.get(found.__name__) is found:
        return f"import {found.__name__} as {name}" if found.__name__ != name else f"import {name}"
    home, own = str(getattr(found, "__module__", "")), str(getattr(found, "__name__", ""))
    for module in (public(home), home):
        if own and module != "__main__" and getattr(sys.modules.get(module), own, None) is found:
            return f"from {module} import {own} as {name}"
    what = "a function without a text" if isinstance(found, FunctionType) else f"of the kind {type(found).__name__}"
    raise NotAsWritten(f"it uses {name}, {what}: of what cells define, functions, classes, numbers and texts are read")


def public(module: str) -> str:
    """Return the module that people import from: up to the first part of its name that is private.

    >>> public("scipy.signal._signaltools")
    'scipy.signal'
    """
    parts = module.split(".")
    private = next((k for k, part in enumerate(parts) if part.startswith("_")), len(parts))
    return ".".join(parts[: private or len(parts)])
