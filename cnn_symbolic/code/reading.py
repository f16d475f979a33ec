"""A function of a file, read: what it returns, on every path, as formulas.

The text of the file is parsed and interpreted over symbolic sizes; nothing of it is run. What cannot be read is said
with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from cnn_symbolic.code.arrays.arrays import Array
from cnn_symbolic.code.language.importing import check_names
from cnn_symbolic.code.language.mangling import mangled
from cnn_symbolic.code.language.statements import Statements
from cnn_symbolic.code.language.syntax import imported, member_of, names_in
from cnn_symbolic.code.state.paths import NotUnderstood, Obligation, Raised
from cnn_symbolic.code.state.values import Poison, Scope
from cnn_symbolic.code.state.world import World
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.trusted.reader import NotReadable

MOST_PATHS = 64


@dataclass(frozen=True, eq=False)
class Path:
    """One way through the code: the conditions on the sizes under which it is taken, and what comes out.

    `result` is what is returned, as numbers, arrays, tuples and tables; `raised` is the exception that it ends with
    instead, `refused` what is not understood.
    """

    conditions: tuple[Any, ...]
    result: Any = None
    obligations: tuple[Obligation, ...] = ()
    raised: Raised | None = None
    refused: NotUnderstood | None = None
    world: World = field(default_factory=lambda: World(()))


class File:
    """The text of a Python file, with the names that it defines."""

    def __init__(self, text: str, name: str) -> None:
        try:
            self.tree = mangled(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise CnnSymbolicError(f"{name} cannot be read as Python: {error}") from None
        self.name = name
        self.text = text

    def scope(self, reader: Statements) -> Scope:
        """Return the names of the file, each of which is read when it is asked for."""
        found = Scope()
        reader.file = found
        for node in self.tree.body:
            for name, make in definitions(node, found, reader):
                again = Poison(f"the name {name} is given a value more than once in the file")
                is_function = isinstance(node, ast.FunctionDef | ast.ClassDef)
                found.names[name] = make if name not in found.names or is_function else again
        check_names(self.tree, found)
        return found


def definitions(node: ast.stmt, scope: Scope, reader: Statements) -> list[tuple[str, Callable[[], Any]]]:
    """Return the names that a statement of a file defines, and how what they stand for is found."""
    if isinstance(node, ast.Import):
        return [(a.asname or a.name.partition(".")[0], partial(imported, a)) for a in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(a.asname or a.name, partial(member_of, node, a)) for a in node.names if a.name != "*"]
    if isinstance(node, ast.FunctionDef):
        return [(node.name, lambda: reader.defined(node, scope))]
    if isinstance(node, ast.ClassDef):
        return [(node.name, lambda: reader.class_of(node, scope))]
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        value = node.value
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if len(targets) == 1 and isinstance(targets[0], ast.Name):
            return [(targets[0].id, lambda: reader.value(value, scope))]
    reason = "{} is given a value by a statement of the file that is not read"
    return [(name, lambda: Poison(reason)) for name in names_in([node])]


def paths(
    file: File,
    run: Callable[[Statements, Scope], Any],
    world: World,
) -> list[Path]:
    """Return all paths of a reading: it is repeated with the other answer wherever a condition was not settled."""
    found: list[Path] = []
    todo: list[tuple[bool, ...]] = [()]
    known: set[Any] = set()
    while todo:
        decisions = todo.pop()
        here = fresh(world, decisions)
        reader = Statements(here, Scope())
        result: Any = None
        raised: Raised | None = None
        refused: NotUnderstood | None = None
        try:
            result = run(reader, file.scope(reader))
        except Raised as ended:
            raised = ended
        except NotUnderstood as stopped:
            refused = stopped
        except (NotReadable, CnnSymbolicError, RecursionError) as stopped:
            refused = here.refuse(f"{type(stopped).__name__}: {stopped}")
        missed = here.single & set(here.groups)
        if missed and not known >= missed:  # what sizes consist of was seen too late: read once more
            known |= missed
            world = replace(world, groups={n: here.groups[n] for n in known if n in here.groups})
            found, todo = [], [()]
            continue
        found.append(Path(tuple(here.path), result, tuple(here.obligations.values()), raised, refused, here))
        for k in range(len(decisions), len(here.taken)):
            todo.append((*here.taken[:k], not here.taken[k]))
        if len(found) > MOST_PATHS:
            stopped_at = here.refuse(f"more than {MOST_PATHS} paths, for different sizes")
            return [*found[:-1], replace(found[-1], refused=stopped_at)]
    return found


def fresh(world: World, decisions: tuple[bool, ...]) -> World:
    """Return a world in which nothing has been read yet."""
    told = {name: getattr(world, name) for name in ("windows", "exact", "selects")}
    return World(world.domain, decisions, tensors=dict(world.tensors), groups=dict(world.groups), **told)


def arrays_in(value: Any) -> Mapping[str, Array]:
    """Return the arrays in a result, by their places."""
    if isinstance(value, Array):
        return {"": value}
    if isinstance(value, tuple | list):
        return {f"[{k}]{inner}": a for k, each in enumerate(value) for inner, a in arrays_in(each).items()}
    return {}
