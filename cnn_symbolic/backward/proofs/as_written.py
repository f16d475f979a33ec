"""Whether what this process has is what a text says: functions and classes as they are compiled from it, once more.

A session and the modules in it can be changed by anything, and a file by an editor: what is read of a text is said of a
function only if that has the code that the text has, with the defaults, attributes and base classes that stand there,
and with Python's and NumPy's own functions. Nothing is run for that.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import sys
import warnings
from abc import ABCMeta
from collections.abc import Iterator, Mapping
from importlib import import_module
from math import isfinite
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast

Node = ast.FunctionDef | ast.ClassDef
# The kinds of values that are written into a text as they are.
PLAIN = (bool, int, float, str, type(None))
# The instructions of Python that have the value of a global name.
GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME")
# What Python gives every class.
OF_EVERY_CLASS = {
    *("__module__", "__dict__", "__weakref__", "__doc__", "__annotations__", "__qualname__"),
    *("__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl", "__annotate_func__"),
    *("__annotations_cache__", "__hash__"),
}
FUTURE = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})
# Python's own functions that are read, and the packages whose functions are.
OWN = ("abs", "bool", "divmod", "enumerate", "float", "int", "isinstance", "len", "max", "min", "range", "reversed",
       "slice", "sum", "zip")  # fmt: skip
LIBRARIES = ("numpy", "scipy", "math", "itertools", "builtins")


class NotAsWritten(Exception):
    """Something of this process is not what its text says; the message says what."""


class Compiled:
    """A text that functions may have been compiled from, with the code of all functions in it.

    It is compiled as a whole, as of a file, and each statement by itself, as of a cell: Python takes a member of a name
    in another way where it sees that the name is imported.
    """

    def __init__(self, text: str, file: str, flags: int) -> None:
        def code_of(part: ast.Module) -> CodeType:
            found = compile(part, file, "exec", flags & FUTURE | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            return cast(CodeType, found)

        try:
            self.tree = ast.parse(text)
            pending = [code_of(part) for part in (self.tree, *(ast.Module([node], []) for node in self.tree.body))]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise NotAsWritten(f"{file} cannot be read: {error}") from None
        self.codes: set[CodeType] = set()
        while pending:
            code = pending.pop()
            self.codes.add(code)
            pending += [inner for inner in code.co_consts if isinstance(inner, CodeType)]

    def node(self, name: str) -> Node | None:
        """Return what defines a function or a class at the top of the text, the last if there are several."""
        nodes = [node for node in self.tree.body if isinstance(node, Node) and node.name == name]
        return nodes[-1] if nodes else None


def function_in(found: Any) -> FunctionType | None:
    """Return a function, or one that a class is written with; None for anything else."""
    inside = vars(found).values() if isinstance(found, type) else [found]
    return next((part for part in map(unwrapped, inside) if isinstance(part, FunctionType)), None)


def unwrapped(part: Any) -> Any:
    """Return the function in what a class has for it: a static one, one of the class, a property."""
    if isinstance(part, staticmethod | classmethod):
        return part.__func__
    return part.fget if isinstance(part, property) else part


def check_made_by(found: Any, node: Node, text: Compiled, names: Mapping[str, Any]) -> None:
    """Raise NotAsWritten unless a function or a class is what a text defines, its names being those of a module."""
    if isinstance(node, ast.ClassDef):
        is_made = class_is_made_by(found, node, text, names)
    else:
        is_made = function_is_made_by(found, node, text, names)
    if not is_made:
        raise NotAsWritten(f"{node.name} is not what its lines define: other code has made or changed it")


def function_is_made_by(found: Any, node: Any, text: Compiled, names: Mapping[str, Any]) -> bool:
    """Tell whether a function has the code that a text has for it, the defaults, and the names."""
    if not isinstance(found, FunctionType) or found.__code__ not in text.codes or vars(found):
        return False
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    usual = names.get("__builtins__", builtins) in (builtins, vars(builtins))
    by_name = {arg.arg: each for arg, each in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if each}
    given = found.__kwdefaults__ or {}
    return (
        found.__code__.co_firstlineno == first
        and not any(isinstance(each, ast.Name) and each.id in names for each in node.decorator_list)
        and (found.__closure__ is None or found.__code__.co_freevars == ("__class__",))
        and usual
        and found.__globals__ is names
        and are_written(found.__defaults__ or (), node.args.defaults)
        and given.keys() == by_name.keys()
        and all(are_written([given[name]], [each]) for name, each in by_name.items())
    )


def are_written(values: Any, nodes: Any) -> bool:
    """Tell whether defaults are those that are written, each a number, a text or a tuple of these."""
    return len(values) == len(nodes) and all(
        (text := written(value)) is not None and text == literal(node)
        for value, node in zip(values, nodes, strict=True)
    )


def class_is_made_by(found: Any, node: ast.ClassDef, text: Compiled, names: Mapping[str, Any]) -> bool:
    """Tell whether a class has the functions that a text has for it, nothing else, and the base classes."""
    if type(found) not in (type, ABCMeta):
        return False
    parts = {name_in(node, part.name): part for part in node.body if isinstance(part, ast.FunctionDef)}
    values = dict(assigned(node))
    own = {name: value for name, value in vars(found).items() if name not in OF_EVERY_CLASS or name in parts}
    bases = tuple(named(base, names) for base in node.bases) or (object,)
    return (
        found.__bases__ == bases
        and own.keys() == parts.keys() | values.keys()
        and all(function_is_made_by(unwrapped(own[name]), part, text, names) for name, part in parts.items())
        and all(type(own[name]).__name__ == kind_of(part) for name, part in parts.items())
        and all(written(own[name]) == literal(value) != "" for name, value in values.items())
    )


def kind_of(part: ast.FunctionDef) -> str:
    """Return of which type a member of a class is that is written so: a function, or what its decorator makes."""
    return ast.unparse(part.decorator_list[0]) if part.decorator_list else "function"


def name_in(node: ast.ClassDef, name: str) -> str:
    """Return a name of a class as Python has it: one that is private with that of the class in front."""
    private = name.startswith("__") and not name.endswith("__")
    return f"_{node.name.lstrip('_')}{name}" if private else name


def assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the attributes that a class has by assignments to names."""
    for part in node.body:
        targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
        value = getattr(part, "value", None)
        if isinstance(part, ast.Assign | ast.AnnAssign) and value is not None:
            yield from ((name_in(node, each.id), value) for each in targets if isinstance(each, ast.Name))


def named(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return what a name, or a name in a module, stands for; None if that is not known."""
    if isinstance(node, ast.Name):
        return names.get(node.id, getattr(builtins, node.id, None))
    if isinstance(node, ast.Attribute) and isinstance(module := named(node.value, names), ModuleType):
        return getattr(module, node.attr, None)
    return None


def names_used(found: Any) -> Iterator[str]:
    """Yield the names of the notebook that a function uses, or the functions of a class."""
    parts = map(unwrapped, vars(found).values()) if isinstance(found, type) else [found]
    codes = [part.__code__ for part in parts if isinstance(part, FunctionType)]
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        yield from (str(each.argval) for each in dis.get_instructions(code) if each.opname in GLOBAL)


def names_of_bases(node: Node) -> Iterator[str]:
    """Yield the names in what a class is derived from."""
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    yield from (part.id for base in bases for part in ast.walk(base) if isinstance(part, ast.Name))


def literal(node: ast.expr) -> str:
    """Return a value as it is written, if it is a number, a text or a tuple of these; else nothing."""
    try:
        return written(ast.literal_eval(node)) or ""
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""


def written(value: Any) -> str | None:
    """Return a number, a text or a tuple of these as it is written; None for anything else, and what is too long."""
    try:
        if type(value) is tuple and len(value) <= 100 and all(written(part) is not None for part in value):
            return repr(value)
        return repr(value) if type(value) in PLAIN and (type(value) is not float or isfinite(value)) else None
    except (ValueError, RecursionError):
        return None


def check_file(file: str, text: str, objects: Mapping[str, Any]) -> None:
    """Raise NotAsWritten unless functions and classes of a module are what its file says, and what they use.

    Of what they use, functions and classes are compared with the file, and names that it assigns a number, a text, a
    list or the like once, with that.
    """
    compiled = Compiled(text, file, 0)
    literals = {
        node.targets[0].id: node.value
        for node in compiled.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    known: set[str] = set()

    def check(name: str, found: Any, names: Mapping[str, Any]) -> None:
        if name in known:
            return
        known.add(name)
        if (node := compiled.node(name)) is not None:
            check_made_by(found, node, compiled, names)
            for used in (*names_used(found), *names_of_bases(node)):
                if used in names:
                    check(used, names[used], names)
        elif name in literals and not is_value_of(found, literals[name]):
            raise NotAsWritten(f"{name} is not what its file says: other code has changed it")

    for name, found in objects.items():
        check(name, found, getattr(function_in(found), "__globals__", {}))
    check_libraries()


def is_value_of(found: Any, node: ast.expr) -> bool:
    """Tell whether a value is the one that is written, where only a number, a text, or a list of these is."""
    try:
        return type(value := ast.literal_eval(node)) is type(found) and repr(value) == repr(found)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return True


def check_libraries() -> None:
    """Raise NotAsWritten if a function of Python or of NumPy is one that other code has put there."""
    from cnn_symbolic.code import reading  # noqa: F401 - it fills the table
    from cnn_symbolic.code.rows.table import TABLE

    for name in [*TABLE, *(f"builtins.{each}" for each in OWN)]:
        package, _, rest = name.partition(".")
        if package not in LIBRARIES:
            continue
        found: Any = sys.modules.get(package) or import_module(package)
        with warnings.catch_warnings(action="ignore"):  # of names that are no more
            for part in rest.split("."):
                found = getattr(found, part, None)
        home = getattr(found, "__module__", None) or package
        if found is not None and str(home).partition(".")[0] not in (*LIBRARIES, "_operator", "random"):
            raise NotAsWritten(f"{name} is not {package}'s own: other code has put another function there")
