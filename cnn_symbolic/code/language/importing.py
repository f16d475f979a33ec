"""What the statements of a file do when it is imported: which names it changes in ways that are not read.

Trusted. A name of a file stands for what its one definition gives it. A file can change that: it can patch a module,
write into the table of its names, import what is not known over them, or change data in a function that it calls.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cnn_symbolic.code.state.values import Poison, Scope

# Names and attributes by which any name of a file, a module or Python itself can be given another value.
REACHING = {"globals", "locals", "vars", "exec", "eval", "compile", "delattr", "setattr", "builtins", "importlib"}
HIDDEN = {"__builtins__", "__import__", "__dict__", "__globals__", "__setattr__", "__delattr__", "__code__"}
HIDDEN |= {"__setitem__", "__defaults__", "__kwdefaults__", "__closure__", "f_globals", "f_locals"}
# What `import *` gives names from modules that are known.
STARRED: Mapping[str, set[str]] = {"numpy": set(np.__all__), "math": {n for n in dir(math) if not n.startswith("_")}}
Definition = ast.FunctionDef | ast.ClassDef


def check_names(tree: ast.Module, scope: Scope) -> None:
    """Take the values of the names of a file that it changes when it is imported."""
    reason = "the file changes {}"
    for name in (*patched(tree), *changed_members(tree), *declared_global(tree), *redefined(tree)):
        if name in scope.names:
            scope.names[name] = Poison(reason)
    for name in starred(tree):
        scope.names[name] = Poison("{} may be another one, from `import *`")
    if what := reaches_names(tree):
        for name in [*scope.names, *dir(builtins)]:
            scope.names[name] = Poison(f"the file may change {{}}, by {what}")


def own_part(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a file, those left out that it has only where it is run itself."""
    for node in ast.iter_child_nodes(tree):
        if not is_of_main(node):
            yield node
            yield from own_part(node)


def is_of_main(node: ast.AST) -> bool:
    """Tell whether a statement is what a file does only where it is run itself: `if __name__ == "__main__"`."""
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and not node.orelse):
        return False
    test = node.test
    sides = [test.left, *test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    main = any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
    return len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq) and named and main


def reaches_names(tree: ast.Module) -> str:
    """Return by what a file can change names without naming them; nothing if by nothing."""
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call) and is_plain_setattr(n)}
    hidden = HIDDEN | ({"modules"} if "sys" in imported_modules(tree) else set())
    for node in own_part(tree):
        if isinstance(node, ast.Name) and node.id in REACHING | HIDDEN and id(node) not in called:
            return node.id
        if isinstance(node, ast.Attribute) and root(node) not in OWN and node.attr in hidden:
            return node.attr
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in HIDDEN:
            return node.value
        if isinstance(node, ast.ImportFrom) and node.module == "sys" and "modules" in [a.name for a in node.names]:
            return "sys.modules"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in REACHING and is_used(alias, tree):
                    return alias.name
    modules = module_names(tree)
    stores = any(
        isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load) and root(n) not in OWN for n in own_part(tree)
    )
    if stores and (passed := sorted(modules & bare_names(tree))):
        return f"{passed[0]}, which it hands on"
    return ""


OWN = ("self", "cls")


def is_used(node: ast.alias, tree: ast.Module) -> bool:
    """Tell whether a file does more with an imported module than to take names from it."""
    name = node.asname or node.name.partition(".")[0]
    return any(isinstance(part, ast.Name) and part.id == name for part in own_part(tree))


def is_plain_setattr(node: ast.Call) -> bool:
    """Tell whether a call changes an attribute of something that has a name."""
    return (
        isinstance(node.func, ast.Name)
        and node.func.id == "setattr"
        and bool(node.args)
        and isinstance(node.args[0], ast.Name)
    )


def imported_modules(tree: ast.Module) -> set[str]:
    """Return the modules that a file imports, by their own names."""
    return {a.name.partition(".")[0] for n in own_part(tree) if isinstance(n, ast.Import) for a in n.names}


def module_names(tree: ast.Module) -> set[str]:
    """Return the names of modules that a file imports."""
    imports = [n for n in own_part(tree) if isinstance(n, ast.Import)]
    return {a.asname or a.name.partition(".")[0] for n in imports for a in n.names}


def bare_names(tree: ast.Module) -> set[str]:
    """Return the names that stand for themselves, and not before an attribute."""
    before = {id(n.value) for n in own_part(tree) if isinstance(n, ast.Attribute)}
    return {n.id for n in own_part(tree) if isinstance(n, ast.Name) and id(n) not in before}


def root(node: ast.expr) -> str:
    """Return the name at the beginning of attributes and members."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def patched(tree: ast.Module) -> set[str]:
    """Return the names with attributes that a file gives values, and all names from a module that it so changes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found.add(root(node))
        if isinstance(node, ast.Call) and is_plain_setattr(node):
            found |= {each.id for each in node.args[:1] if isinstance(each, ast.Name)}
    found -= {*OWN, ""}
    homes: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            homes |= {a.asname or a.name.partition(".")[0]: a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            homes |= {a.asname or a.name: node.module.partition(".")[0] for a in node.names}
    changed = {homes[name] for name in found if name in homes}
    return found | {name for name, home in homes.items() if home in changed}


def declared_global(tree: ast.Module) -> set[str]:
    """Return the names of a file that its functions give values."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def starred(tree: ast.Module) -> set[str]:
    """Return the names that `import *` may give other values: those before it, and those of Python itself."""
    defined: set[str] = set()
    found: set[str] = set()
    for node in tree.body:
        given = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        given |= {n.name for n in ast.walk(node) if isinstance(n, Definition)}
        for part in ast.walk(node):
            if isinstance(part, ast.Import | ast.ImportFrom):
                given |= {a.asname or a.name.partition(".")[0] for a in part.names if a.name != "*"}
        stars = [n for n in ast.walk(node) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
        for star in stars:
            may_be = defined | given | set(dir(builtins))
            known = STARRED.get(star.module or "") if star.level == 0 else None
            found |= may_be if known is None else may_be & known
        if not stars:
            defined |= given
            found -= given
    return found


# Names that are given a value twice, and data that changes


def redefined(tree: ast.Module) -> set[str]:
    """Return the functions that are defined twice, where statements in between may use the first one."""
    defined = {node.name for node in tree.body if isinstance(node, Definition)}
    found: set[str] = set()
    first: dict[str, int] = {}
    for k, node in enumerate(tree.body):
        if not isinstance(node, Definition):
            continue
        start = first.setdefault(node.name, k)
        between = tree.body[start + 1 : k + 1] if start < k else []
        if any(defined & set(loaded_at_once(each)) for each in between):
            found.add(node.name)
    return found


def loaded_at_once(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement uses when it is carried out, those in the body of a function left out."""
    if isinstance(node, ast.Name):
        yield node.id
    for part in at_once(node):
        yield from loaded_at_once(part)


def at_once(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a statement that are carried out with it: of a function its decorators and defaults."""
    parts: Sequence[ast.AST | None] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
    elif isinstance(node, ast.Lambda):
        parts = [*node.args.defaults, *node.args.kw_defaults]
    return [part for part in parts if part is not None]


def changed_members(tree: ast.Module) -> set[str]:
    """Return the names of data that statements of a file may change in its memory, outside of its functions."""
    data = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    functions = {node.name: node for node in tree.body if isinstance(node, Definition)}
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if is_of_main(node):
            return
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            for part in at_once(node):
                visit(part)
            return
        changes = isinstance(node, ast.Expr | ast.AugAssign | ast.Delete | ast.With | ast.For | ast.While) or (
            isinstance(node, ast.Assign) and any(not isinstance(target, ast.Name) for target in node.targets)
        )
        if changes:
            found.update(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
        if isinstance(node, ast.Call) and (name := root(node.func)) in {*functions, *data}:
            found.add(name)
            found.update(
                part.id
                for each in (*node.args, *node.keywords)
                for part in ast.walk(each)
                if isinstance(part, ast.Name)
            )
        for part in ast.iter_child_nodes(node):
            visit(part)

    visit(tree)
    inside: dict[str, ast.AST] = {**data, **functions}
    while more := {n.id for k in found & set(inside) for n in ast.walk(inside[k]) if isinstance(n, ast.Name)} - found:
        found |= more
    return {name for name in found & set(data) if not is_plain(data[name])}


def is_plain(node: ast.AST) -> bool:
    """Tell whether an expression is made of numbers and texts, which nothing changes."""
    plain = ast.Constant | ast.UnaryOp | ast.BinOp | ast.operator | ast.unaryop | ast.Tuple | ast.expr_context
    return all(isinstance(part, plain) for part in ast.walk(node))
