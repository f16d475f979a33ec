"""The text of a function that is defined in a cell of a notebook, and of what it uses: it is read, and never run here.

What cells define stays in the session, whichever were run, in whatever order, and how often. So the text is made of
what names stand for now: of functions and classes the lines in their cells, which Python keeps for its tracebacks, of
modules and of what is in them the imports, of numbers and texts how they are written. What may differ from its lines is
refused.
"""

from __future__ import annotations

import ast
import dis
import linecache
import sys
from collections.abc import Iterator, Mapping
from math import isfinite
from types import CodeType, FunctionType, ModuleType
from typing import Any

CELL = "the cell"
Node = ast.FunctionDef | ast.ClassDef
# The kinds of values that are written into a text as they are.
PLAIN = (bool, int, float, str, type(None))
# The instructions of Python that have the value of a name of the session.
GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME")


class NotInCells(Exception):
    """Something is not what the lines of a cell say, or is in no cell; the message says what."""


def text_in_cells(objects: Mapping[str, Any]) -> str:
    """Return a text that defines what the cells of a session do, with all that this uses; raise NotInCells if none can.

    The lines of the cell with the last object have the numbers that they have there; what else is used stands below.
    """
    lines: dict[str, list[str]] = {}
    others: list[str] = []
    known: set[str] = set()

    def add(name: str, found: Any, names: Mapping[str, Any]) -> None:
        if name in known:
            return
        known.add(name)
        if (function := code_of(found)) is None or function.__globals__ is not names:
            others.append(line_of(name, found))
            return
        file = function.__code__.co_filename
        node = node_of(name, found, file)
        texts = linecache.getlines(file)
        own = lines.setdefault(file, ["\n"] * len(texts))
        own[node.lineno - 1 : node.end_lineno] = texts[node.lineno - 1 : node.end_lineno]
        for used in [*names_used(found), *(base.id for base in bases_of(node))]:
            if used in names:
                add(used, names[used], names)

    for name, found in reversed([*objects.items()]):
        if (function := code_of(found)) is None or function.__globals__.get(name) is not found:
            raise NotInCells(f"{name} is no function or class at the top of a cell")
        add(name, found, function.__globals__)
    return "".join(line if line.endswith("\n") else f"{line}\n" for each in [*lines.values(), others] for line in each)


def code_of(found: Any) -> FunctionType | None:
    """Return a function, or one that a class is written with, if Python has kept the lines of its cell."""
    inside = vars(found).values() if isinstance(found, type) else [found]
    function = next((part for part in inside if isinstance(part, FunctionType)), None)
    if function is None or "__file__" in function.__globals__:
        return None
    return function if linecache.getlines(function.__code__.co_filename) else None


def names_used(found: Any) -> Iterator[str]:
    """Yield the names of the session that a function uses, or the functions of a class."""
    parts = vars(found).values() if isinstance(found, type) else [found]
    codes = [part.__code__ for part in parts if isinstance(part, FunctionType)]
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        yield from (str(each.argval) for each in dis.get_instructions(code) if each.opname in GLOBAL)


def bases_of(node: Node) -> list[ast.Name]:
    """Return the names in what a class is derived from."""
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return [part for base in bases for part in ast.walk(base) if isinstance(part, ast.Name)]


def node_of(name: str, found: Any, file: str) -> Node:
    """Return the lines of a cell that define a function or class; raise NotInCells if it may be another one by now."""
    try:
        body = ast.parse("".join(linecache.getlines(file))).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotInCells(f"the cell of {name} cannot be read: {error}") from None
    nodes = [node for node in body if isinstance(node, Node) and node.name == name]
    if not nodes or not is_made_by(found, nodes[-1], file):
        raise NotInCells(f"{name} is not what the lines of its cell define: other code has made or changed it")
    return nodes[-1]


def is_made_by(found: Any, node: Node, file: str) -> bool:
    """Tell whether a function or a class is what its lines define, with defaults and attributes as written there."""
    if node.decorator_list:
        return False
    if isinstance(node, ast.ClassDef):
        parts = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
        others = [part for part in node.body if not isinstance(part, ast.FunctionDef) and not is_docstring(part)]
        own = {name: part for name, part in vars(found).items() if isinstance(part, FunctionType)}
        made = {name for name in vars(found) if not name.startswith("__")} - own.keys()
        is_whole = own.keys() == parts.keys() and not (others or made or node.keywords)
        return is_whole and all(is_made_by(own[name], part, file) for name, part in parts.items())
    code, spec = found.__code__, node.args
    defaults = [*spec.defaults, *(each for each in spec.kw_defaults if each is not None)]
    given = [*(found.__defaults__ or ()), *(found.__kwdefaults__ or {}).values()]
    return (
        (code.co_filename, code.co_name, code.co_firstlineno) == (file, node.name, node.lineno)
        and (found.__closure__ is None or code.co_freevars == ("__class__",))
        and not vars(found)
        and list(map(written, given)) == [literal(each) for each in defaults]
    )


def is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement is a text, or does nothing."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def literal(node: ast.expr) -> str:
    """Return a default of a parameter as it is written, if it is a number, a text or a tuple of these; else nothing."""
    try:
        return written(ast.literal_eval(node)) or ""
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""


def written(value: Any) -> str | None:
    """Return a number, a text or a tuple of these as it is written; None for anything else."""
    if type(value) is tuple and all(written(part) is not None for part in value):
        return repr(value)
    return repr(value) if type(value) in PLAIN and (type(value) is not float or isfinite(value)) else None


def line_of(name: str, found: Any) -> str:
    """Return the line that gives a name what it stands for; raise NotInCells if no line does."""
    if isinstance(found, ModuleType) and sys.modules.get(found.__name__) is found:
        return f"import {found.__name__} as {name}" if found.__name__ != name else f"import {name}"
    home, own = str(getattr(found, "__module__", "")), str(getattr(found, "__name__", ""))
    for module in (public(home), home):
        if module != "__main__" and getattr(sys.modules.get(module), own, None) is found:
            return f"from {module} import {own} as {name}"
    if (text := written(found)) is not None:
        return f"{name} = {text}"
    what = "a function without a text" if isinstance(found, FunctionType) else f"of the kind {type(found).__name__}"
    raise NotInCells(f"it uses {name}, {what}: of what cells define, functions, classes, numbers and texts are read")


def public(module: str) -> str:
    """Return the module that people import from: up to the first part of its name that is private.

    >>> public("scipy.signal._signaltools")
    'scipy.signal'
    """
    parts = module.split(".")
    private = next((k for k, part in enumerate(parts) if part.startswith("_")), len(parts))
    return ".".join(parts[: private or len(parts)])
