"""The parts of a function that a wrong result is made by, and what is known there by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cnn_symbolic.code.mending.texts import CodeText

OPTIONS = re.compile(r"stride|strides|step|pad|padding|dilation|factors?|window|pool|s|p|d|pad_?[hw]|stride_?[hw]")
WHOLE_FUNCTIONS = {"len", "int", "max", "min"}


@dataclass(frozen=True)
class Anchor:
    """A statement, or the head of a loop or branch, that a result is made by: the parts of it to be changed.

    `shared` says that results that are right are made by it, too.
    """

    function: ast.FunctionDef
    statement: ast.stmt
    parts: tuple[ast.AST, ...]
    shared: bool


@dataclass
class Names:
    """The whole numbers that have names in a function: sizes, indices of loops and options; which stand side by side.

    `spatial` are the sizes of arrays as they are unpacked, with their places.
    """

    sizes: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)
    tuples: list[list[str]] = field(default_factory=list)
    shapes: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def whole(self) -> list[str]:
        """All of them."""
        return list(dict.fromkeys([*self.loops, *self.sizes, *self.options, *self.others]))

    def kind(self, name: str) -> list[str]:
        """Return the names of the same kind."""
        return next((k for k in (self.loops, self.options, self.sizes, self.others, self.arrays) if name in k), [])

    def near(self, name: str) -> list[str]:
        """Return the names that are given values together with a name, nearest first."""
        found: dict[str, int] = {}
        for group in self.tuples:
            for k, other in enumerate(group):
                if name in group and other != name:
                    distance = abs(k - group.index(name))
                    found[other] = min(distance, found.get(other, distance))
        return sorted(found, key=lambda other: found[other])


def names_of(function: ast.FunctionDef, options: Sequence[str]) -> Names:
    """Return what is known by name in a function; `options` are parameters that are options of the layer."""
    found = Names(options=list(options))
    parameters = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
    found.options += [name for name in parameters if OPTIONS.fullmatch(name) and name not in options]
    found.arrays += [name for name in parameters if name not in found.options and name not in ("self", "cls")]
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and OPTIONS.fullmatch(node.attr) and is_plain(node):
            add(found.options, ast.unparse(node))
        elif isinstance(node, ast.For | ast.comprehension):
            enter_loop(node.target, node.iter, found)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                enter(target, node.value, found)
    shapes = [names for _, names in found.shapes]
    grouped = [list(group) for group in zip(*shapes, strict=False)] if len(shapes) > 1 else []
    found.tuples += [*shapes, list(found.loops)] + [sorted(set(group) - {"_"}) for group in grouped]
    return found


def enter_loop(target: ast.expr, over: ast.expr, found: Names) -> None:
    """Note the names of the indices of a loop."""
    called = ast.unparse(over.func) if isinstance(over, ast.Call) else ""
    names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    if called == "enumerate":
        names, values = names[:1], names[1:]
        for name in values:
            add(found.arrays, name)
    elif called not in ("range", "np.ndindex", "numpy.ndindex", "product", "itertools.product", "np.arange"):
        for name in names:
            add(found.arrays, name)
        return
    for name in names:
        if name != "_":
            add(found.loops, name)


def enter(target: ast.expr, value: ast.expr, found: Names) -> None:
    """Note the names that an assignment gives values."""
    if isinstance(target, ast.Tuple):
        names = [part.id if isinstance(part, ast.Name) else "" for part in target.elts]
        of_shape = [part for part in ast.walk(value) if isinstance(part, ast.Attribute) and part.attr == "shape"]
        if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
            for each, part in zip(target.elts, value.elts, strict=True):
                enter(each, part, found)
            found.tuples.append([name for name in names if name])
        elif of_shape:
            for name in names:
                if name and name != "_":
                    add(found.sizes, name)
            start = 0
            if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Slice):
                lower = value.slice.lower
                start = lower.value if isinstance(lower, ast.Constant) and isinstance(lower.value, int) else 0
                start = max(start, 0)
            found.shapes.append((ast.unparse(of_shape[0].value), ["_"] * start + [name or "_" for name in names]))
        else:
            for name in names:
                if OPTIONS.fullmatch(name):
                    add(found.options, name)
                elif name:
                    add(found.arrays, name)
    elif isinstance(target, ast.Name) and target.id not in found.whole:
        is_option = isinstance(value, ast.Name | ast.Attribute) and ast.unparse(value) in found.options
        is_key = isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant)
        key = getattr(getattr(value, "slice", None), "value", None) if is_key else None
        if is_option or (isinstance(key, str) and OPTIONS.fullmatch(key)):
            add(found.options, target.id)
        elif is_size(value):
            add(found.sizes, target.id)
        elif is_whole_number(value, found):
            add(found.others, target.id)
        else:
            add(found.arrays, target.id)


def add(names: list[str], name: str) -> None:
    """Add a name that is not there."""
    if name not in names:
        names.append(name)


def is_plain(node: ast.Attribute) -> bool:
    """Tell whether an attribute is one of an object with a name."""
    return isinstance(node.value, ast.Name) and node.value.id not in ("np", "numpy", "math")


def is_size(node: ast.expr) -> bool:
    """Tell whether an expression is a size of an array, as `x.shape[0]` or `len(x)`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "len"
    if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice):
        return False
    return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"


def is_whole_number(node: ast.expr, known: Names) -> bool:
    """Tell whether an expression is made from whole numbers only."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int)
    if isinstance(node, ast.Name | ast.Attribute):
        return ast.unparse(node) in known.whole
    if isinstance(node, ast.BinOp):
        return is_whole_number(node.left, known) and is_whole_number(node.right, known)
    if isinstance(node, ast.UnaryOp):
        return is_whole_number(node.operand, known)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WHOLE_FUNCTIONS:
        return node.func.id in ("len", "int") or all(is_whole_number(each, known) for each in node.args)
    return is_size(node)


def anchors(code: CodeText, within: Mapping[str, Sequence[str]], wrong: Sequence[str]) -> Iterator[Anchor]:
    """Yield the parts that wrong results are made by, of functions and of those of the file that these call.

    `within` has the names of what the functions return; if it has none all parts of them are yielded.
    """
    at_top = {node.name: node for node in code.tree.body if isinstance(node, ast.FunctionDef)}
    functions = functions_in(code.tree) | at_top
    seen: set[ast.stmt] = set()
    for called, outputs in within.items():
        outer, _, name = called.rpartition(".")
        classes = [node for node in code.tree.body if isinstance(node, ast.ClassDef) and node.name == outer]
        own = functions | {n: f for node in classes for n, f in functions_in(node).items()}
        if name in own:
            yield from anchors_of(own[name], own, outputs, wrong if outputs else (), seen)


def returned_by(program: str, function: str, wrong: Sequence[str]) -> Sequence[str]:
    """Return what a program calls that which a function returns, if all wrong results are among that, else nothing."""
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            target = node.targets[0]
            names = [ast.unparse(part) for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
            if ast.unparse(node.value.func) == function and wrong and set(wrong) <= set(names):
                return names
    return ()


def functions_in(tree: ast.AST) -> dict[str, ast.FunctionDef]:
    """Return the functions in a part of a file by name, the last one of several."""
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def anchors_of(
    function: ast.FunctionDef,
    functions: dict[str, ast.FunctionDef],
    outputs: Sequence[str],
    wrong: Sequence[str],
    seen: set[ast.stmt],
) -> Iterator[Anchor]:
    """Yield the parts of a function, and then those of the functions that they call."""
    pieces = list(pieces_of(function.body, ()))
    made_by = {name: sources(pieces, name, outputs) for name in outputs}
    asked = set().union(*(made_by[name] for name in wrong)) if wrong else set(range(len(pieces)))
    fine = set().union(*(made_by[name] for name in outputs if name not in wrong), set()) if wrong else set()
    helpers: dict[str, bool] = {}
    for k in sorted(asked):
        statement, parts, _ = pieces[k]
        if statement in seen:
            continue
        seen.add(statement)
        parts = tuple(returned(statement, outputs, wrong)) or parts
        yield Anchor(function, statement, parts, k in fine)
        for name in called_in(parts):
            helpers[name] = helpers.get(name, True) and k in fine
    for name, shared in helpers.items():
        if name in functions and functions[name] is not function:
            for found in anchors_of(functions[name], functions, (), (), seen):
                yield Anchor(found.function, found.statement, found.parts, shared or found.shared)


def called_in(parts: Sequence[ast.AST]) -> list[str]:
    """Return the names of what is called."""
    calls = [node for part in parts for node in ast.walk(part) if isinstance(node, ast.Call)]
    return [call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "") for call in calls]


def returned(statement: ast.stmt, outputs: Sequence[str], wrong: Sequence[str]) -> list[ast.AST]:
    """Return the parts of a return statement that are wrong results, if it says which they are."""
    value = statement.value if isinstance(statement, ast.Return) else None
    if isinstance(value, ast.Tuple) and len(value.elts) == len(outputs):
        return [each for each, name in zip(value.elts, outputs, strict=True) if name in wrong]
    return []


Piece = tuple[ast.stmt, tuple[ast.AST, ...], tuple[int, ...]]


def pieces_of(body: Sequence[ast.stmt], inside: tuple[ast.stmt, ...]) -> Iterator[Piece]:
    """Yield simple statements and the heads of others; each with its parts and the lines of what it is in."""
    lines = tuple(each.lineno for each in inside)
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield from pieces_of(node.body, inside)
        elif isinstance(node, ast.For):
            yield node, (node.iter,), lines
            yield from pieces_of(node.body, (*inside, node))
        elif isinstance(node, ast.If):
            yield node, (node.test,), lines
            yield from pieces_of([*node.body, *node.orelse], (*inside, node))
        elif isinstance(node, ast.With | ast.While | ast.Try):
            yield from pieces_of(node.body, (*inside, node))
        else:
            yield node, (node,), lines


def sources(pieces: Sequence[Piece], output: str, outputs: Sequence[str]) -> set[int]:
    """Return which pieces a result is made by: those that store what it is made from, and what they are in."""
    wanted: set[str] = set()
    found: set[int] = set()
    for k, (statement, parts, _) in enumerate(pieces):
        if isinstance(statement, ast.Return):
            own = returned(statement, outputs, [output]) or parts
            wanted |= names_read(own)
            found.add(k)
    heads = {
        statement.lineno: k for k, (statement, _, _) in enumerate(pieces) if isinstance(statement, ast.For | ast.If)
    }
    before = -1
    while before != len(found) + len(wanted):
        before = len(found) + len(wanted)
        for k, (statement, parts, inside) in enumerate(pieces):
            if isinstance(statement, ast.Return):
                continue
            if isinstance(statement, ast.Assign) and base(statement.value) & wanted:  # may be a view of it
                wanted |= names_stored(statement)
            if k in found or names_stored(statement) & wanted or leaves(statement, inside, pieces, found):
                found |= {k, *(heads[line] for line in inside if line in heads)}
                wanted |= names_read(parts) - {"np"}
    return found


def leaves(statement: ast.stmt, inside: Sequence[int], pieces: Sequence[Piece], found: set[int]) -> bool:
    """Tell whether a statement ends a pass of a loop in which something is wanted."""
    if not isinstance(statement, ast.Continue | ast.Break):
        return False
    return any(inside[:1] == other[:1] for k, (_, _, other) in enumerate(pieces) if k in found)


def names_read(parts: Sequence[ast.AST]) -> set[str]:
    """Return the names in parts, also those of attributes of an object."""
    found: set[str] = set()
    for node in (each for part in parts for each in ast.walk(part)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            found.add(f"self.{node.attr}")
    return found - {"self"}


def names_stored(statement: ast.stmt) -> set[str]:
    """Return the names whose values a statement may change."""
    targets: list[ast.AST] = []
    if isinstance(statement, ast.Assign):
        targets += statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For):
        targets.append(statement.target)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        targets += call.args[:1] if call.args else []
        targets.append(call.func)
        targets += [each.value for each in call.keywords if each.arg == "out"]
    found: set[str] = set()
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
            found |= base(part)
    return found


def base(node: ast.AST) -> set[str]:
    """Return the name of what a target is a part of."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            return {f"self.{node.attr}"}
        node = node.value
    if isinstance(node, ast.Tuple | ast.List):
        return set().union(*map(base, node.elts))
    return {node.id} if isinstance(node, ast.Name) else set()
