"""Where the source text of a backward pass is: in a file, which is read and never run here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, TypeGuard

from cnn_symbolic.backward.calls.signatures import CONTEXT
from cnn_symbolic.backward.proofs.as_written import NotAsWritten, check_file, function_in
from cnn_symbolic.backward.proofs.in_cells import CELL, code_of, text_in_cells
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.files import decoded

# The largest file that is read.
MOST_BYTES = 2**21
# The function that a program of two passes is, what it calls besides these, and the methods of arrays that it calls.
PROGRAM, HELPERS, METHODS = "both_passes", ("Context",), ("copy", "reshape", "zeros")
# How long the steps are that a program has a layer make: a number that is written out to be read.
STEP = "2.0**200  #"
# What a program of two passes is written with.
WRITTEN = (
    *(ast.Assign, ast.Expr, ast.Return, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Call, ast.Tuple),
    *(ast.List, ast.Dict, ast.keyword, ast.Slice, ast.BinOp, ast.UnaryOp, ast.Sub, ast.Div, ast.Pow, ast.USub),
    *(ast.Load, ast.Store),
)


class NoSource(Exception):
    """There is no source text that could be read; the message says why."""


@dataclass(frozen=True)
class SourcePlace:
    """A place in a file: line and column from 1 on, 0 where they are not known."""

    file: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(map(str, filter(None, (self.file, self.line, self.column))))

    def on(self, line: int) -> SourcePlace:
        """Return where a line of the file begins, behind the space in front of it."""
        with suppress(NoSource, IndexError):
            text = text_of(self.file).split("\n")[line - 1]
            return SourcePlace(self.file, line, len(text) - len(text.lstrip()) + 1)
        return SourcePlace(self.file, line)


@dataclass(frozen=True)
class Source:
    """The text of a file and what it is called, the function that is called, and what of the file that is about.

    A pair, a class or a function with a cache are called by a program: then `function` is the name of the function
    that it defines, and `told` names the backward pass in the file, such as "Conv.backward".
    """

    text: str
    file: str
    function: str
    told: str
    program: str = ""

    @property
    def passes(self) -> tuple[str, ...]:
        """The functions that make the results: what is called last, and what a program calls before."""
        return tuple(dict.fromkeys([self.told, *reversed(called_by(self.program, self.told.partition(".")[0]))]))

    @property
    def lines(self) -> tuple[int, int] | None:
        """The first and the last line of the backward pass."""
        body: list[ast.stmt] = ast.parse(self.text).body
        found: tuple[int, int] | None = None
        for part in self.told.split("."):
            node = next((n for n in reversed(body) if getattr(n, "name", None) == part), None)
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                return None
            found, body = (node.lineno, node.end_lineno or node.lineno), node.body
        return found


def named_source(named: str, program: str, calls: Collection[str]) -> Source:
    """Return the source of what a text such as "mine.py:backward" or "package.module:backward" names.

    A `program` calls it; it may call nothing but what `calls` names.
    """
    module, _, name = named.rpartition(":")
    file = file_of(module)
    if program:
        return Source(text_of(file), file.name, PROGRAM, told_by(program, next(iter(calls))), strictly(program, calls))
    if not all(part.isidentifier() for part in name.split(".")):
        raise NoSource(f"{name} is not called as it stands")
    return Source(text_of(file), file.name, name, name)


def place_of(named: str) -> SourcePlace:
    """Return where a text such as "mine.py:backward", "mine.py:Conv" or "mine.py:forward,backward" leads to."""
    module, _, names = named.rpartition(":")
    try:
        file = file_of(module)
        told = names.split(",")[-1].strip()
        lines = Source(text_of(file), file.name, told, told).lines
    except NoSource:
        return SourcePlace(Path(module))
    return SourcePlace(file) if lines is None else SourcePlace(file).on(lines[0])


def told_by(program: str, made: str) -> str:
    """Return what the backward pass that a program calls last is called in its file; `made` is the class of a layer."""
    return (called_by(program, made) or [made])[-1]


def called_by(program: str, made: str) -> list[str]:
    """Return what a program calls, in order; `made` is the class of a layer."""
    calls = [ast.unparse(call.func) for node in ast.parse(program).body for call in ast.walk(node) if is_call(call)]
    each = [name.partition(".") for name in calls if name.rpartition(".")[2] not in METHODS]
    return [f"{made if first == 'layer' else first}{dot}{rest}" for first, dot, rest in each]


def file_of(module: str) -> Path:
    """Return the file of a module that is named as on the command line, without importing anything."""
    if module.endswith(".py"):
        return Path(module)
    parts = module.split(".")
    for folder in (Path.cwd(), *map(Path, sys.path)):
        for file in (folder.joinpath(*parts).with_suffix(".py"), folder.joinpath(*parts, "__init__.py")):
            if file.is_file():
                return file
    raise NoSource(f"there is no file with the source of {module}")


def text_of(file: Path) -> str:
    """Return the text of a file."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise NoSource(f"{file.name} is too long to be read")
        text = decoded(file.read_bytes())
        ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NoSource(f"{file.name} cannot be read: {error}") from None
    return text


def source_of(objects: Mapping[str, Any], function: str, told: str, program: str = "") -> Source:
    """Return the source of objects of this process, which have these names in one file, or in cells of a notebook."""
    if any(code_of(found) for found in objects.values()):
        try:
            return Source(text_in_cells(objects), CELL, function, told, with_steps(program))
        except NotAsWritten as reason:
            raise NoSource(str(reason)) from None
    files = {file_with(name, found) for name, found in objects.items()}
    if len(files) != 1:
        raise NoSource(f"{' and '.join(objects)} are in different files")
    (file,) = files
    text = text_of(file)
    try:
        check_file(str(file), text, objects)
    except NotAsWritten as reason:
        raise NoSource(str(reason)) from None
    return Source(text, file.name, function, told, with_steps(program))


def file_with(name: str, found: Any) -> Path:
    """Return the file in which a function or a class has its name, at the top."""
    inside = function_in(found if isinstance(found, FunctionType) else type_of(found))
    names = {} if inside is None else inside.__globals__
    file = names.get("__file__")
    if not isinstance(file, str) or not file.endswith(".py") or names.get(name) is not found or inside is None:
        raise NoSource(f"{name} is no function or class at the top of a file")
    return Path(file)


def type_of(found: Any) -> type:
    """Return a class as it is, and the class of anything else."""
    return found if isinstance(found, type) else type(found)


def strictly(program: str, calls: Collection[str]) -> str:
    """Return a program of two passes; raise OperandError unless it does nothing but to call what `calls` names."""
    try:
        nodes = ast.parse(program).body
        if len(nodes) == 2 and ast.dump(nodes[0]) == ast.dump(ast.parse(CONTEXT).body[0]):
            del nodes[0]
        (defined,) = nodes
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise OperandError("a program that calls two passes cannot be read") from None
    plain = isinstance(defined, ast.FunctionDef) and defined.name == PROGRAM and not defined.decorator_list
    if not plain or not isinstance(defined, ast.FunctionDef) or not are_plain(defined.args):
        raise OperandError("a program that calls two passes is one function of arrays and options")
    for node in [inner for statement in defined.body for inner in ast.walk(statement)]:
        if not isinstance(node, WRITTEN) or (is_call(node) and not is_allowed(node, calls)):
            raise OperandError(f"a program that calls two passes does something else: {ast.unparse(node)[:100]}")
    return with_steps(program)


def with_steps(program: str) -> str:
    """Return a program with the length of the steps that it has a layer make written out, as an integer."""
    return program.replace(STEP, f"{2**200}  #", 1)


def is_call(node: ast.AST) -> TypeGuard[ast.Call]:
    """Tell whether a node is a call."""
    return isinstance(node, ast.Call)


def are_plain(parameters: ast.arguments) -> bool:
    """Tell whether parameters are names, without defaults and the like."""
    names = [parameter.arg for parameter in parameters.args if parameter.annotation is None]
    return ast.unparse(parameters) == ", ".join(names)


def is_allowed(call: ast.Call, calls: Collection[str]) -> bool:
    """Tell whether a program of two passes may have a call: of what is checked, or of a method that copies."""
    called = ast.unparse(call.func)
    first, _, last = called.rpartition(".")
    return called.split(".")[0] in (*calls, *HELPERS, "layer") or (bool(first) and last in METHODS)
