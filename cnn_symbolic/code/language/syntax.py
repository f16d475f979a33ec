"""What the syntax of statements tells: the names that they give values, what they add to, what they divide by."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cnn_symbolic.code.state.values import Known, Poison

FORBIDDEN = (ast.Global, ast.Nonlocal, ast.YieldFrom, ast.Await, ast.AsyncFunctionDef, ast.Delete)


CARRIED = "the name {} carries a value from one pass of a loop to the next, other than by adding to it"


LAST = "the name {} has its value from the last pass of a loop"


def addition(target: ast.expr, value: ast.expr) -> tuple[str, ast.expr] | None:
    """Return what `target = target + value` and its like do to the target; None for another assignment."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add | ast.Sub):
        return None
    written = ast.unparse(target)
    if ast.unparse(value.left) == written:
        return type(value.op).__name__, value.right
    if isinstance(value.op, ast.Add) and ast.unparse(value.right) == written:
        return "Add", value.left
    return None


def names_in(body: Sequence[ast.AST]) -> list[str]:
    """Return the names that statements give values, functions and comprehensions in them left out."""
    found: dict[str, None] = {}

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = None
            return
        if isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp):
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        if isinstance(node, ast.alias):
            found[node.asname or node.name] = None
        for part in ast.iter_child_nodes(node):
            visit(part)

    for node in body:
        visit(node)
    return list(found)


def is_added_to(name: str, body: Sequence[ast.AST]) -> bool:
    """Tell whether statements do nothing to a name but add to it.

    An array that is added to by `a = a + e` must not be mentioned otherwise, as the others would see a new one.
    """
    added, rebound = 0, False
    mentions = 0
    for node in (part for statement in body for part in ast.walk(statement)):
        if isinstance(node, ast.Name) and node.id == name:
            mentions += 1
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            if not isinstance(node.op, ast.Add | ast.Sub):
                return False
            added += 1
        elif isinstance(node, ast.Assign) and any(name in names_in([t]) for t in node.targets):
            target = node.targets[0]
            if len(node.targets) > 1 or not isinstance(target, ast.Name) or addition(target, node.value) is None:
                return False
            added, rebound = added + 1, True
            mentions -= 1
        elif isinstance(node, ast.For) and name in names_in([node.target]):
            return False
    return added > 0 and (not rebound or mentions == added)


def is_rebound(name: str, body: Sequence[ast.AST]) -> bool:
    """Tell whether statements add to a name by `a = a + e`, which makes a new array every time."""
    nodes = (part for statement in body for part in ast.walk(statement) if isinstance(part, ast.Assign))
    return any(isinstance(t, ast.Name) and t.id == name for node in nodes for t in node.targets)


def divisors(body: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    """Yield what statements divide by with // and %."""
    for node in (part for statement in body for part in ast.walk(statement)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Mod):
            yield node.right
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "divmod":
            yield from node.args[1:2]


def has_break(node: ast.For) -> bool:
    """Tell whether a loop, not one inside of it, is left by break."""

    def visit(part: ast.AST) -> bool:
        if isinstance(part, ast.Break):
            return True
        if isinstance(part, ast.For | ast.While | ast.FunctionDef):
            return False
        return any(map(visit, ast.iter_child_nodes(part)))

    return any(map(visit, node.body))


def is_same(source: Iterable[Any], before: Sequence[Any]) -> bool:
    """Tell whether a list or table has the members that it had."""
    now = list(source)
    return len(now) == len(before) and all(a is b for a, b in zip(now, before, strict=True))


def without_last_continue(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """Return the body of a loop without a `continue` as its last statement."""
    return body[:-1] if body and isinstance(body[-1], ast.Continue) else body


def letters(target: ast.expr, count: int) -> list[str]:
    """Return the names of a loop's target for its indices."""
    names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    return names if len(names) == count else [names[0] if names else "t"] * count


def imported(alias: ast.alias) -> Known:
    """Return the module that an import gives a name."""
    return Known(alias.name if alias.asname else alias.name.partition(".")[0])


def member_of(node: ast.ImportFrom, alias: ast.alias) -> Any:
    """Return what is imported from a module."""
    if alias.name == "*":
        return Poison("a name from `import *`")
    if node.level or node.module is None:
        return Poison("{} is imported from a file beside this one")
    return Known(f"{node.module}.{alias.name}")


class Skipped(Exception):
    """The rest of a pass is skipped."""


class FunctionReturn(Exception):
    """A function returns a value."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value
