"""Edits of whole statements: what is assigned or added, where an accumulator begins, what is done before what."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cnn_symbolic.code.mending.scene import CodeScene, last_name
from cnn_symbolic.code.mending.texts import CodeEdit

MADE = {"zeros", "zeros_like", "empty", "empty_like", "ones", "ones_like"}


def statement_edits(scene: CodeScene, node: ast.stmt) -> Iterator[CodeEdit]:
    """Yield the edits of a statement, each as it is usual."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        yield from assigned(scene, node)
    elif isinstance(node, ast.AugAssign):
        yield from added(scene, node)
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr):
        yield from moved(scene, node)


def assigned(scene: CodeScene, node: ast.Assign) -> Iterator[CodeEdit]:
    """Yield += in the place of =, and a beginning with zeros."""
    target = node.targets[0]
    looped = any(isinstance(outer, ast.For) for outer in scene.around(node))
    end, start = scene.code.span(target)[1], scene.code.span(node.value)[0]
    between = scene.code.text[end:start]
    shown = scene.code.span(target)[0], scene.code.span(node)[1]
    is_name = isinstance(target, ast.Name)
    if not isinstance(target, ast.Tuple) and looped and scene.of(target) not in scene.names.whole:
        words = f"{scene.of(target)} is overwritten: = in place of +="
        new = between.replace("=", "+=", 1)
        yield CodeEdit(((end, start, new),), shown, words, 3.5 if is_name else 1, "assigned", frozenset({"sum"}))
    if isinstance(node.value, ast.Call) and last_name(node.value.func).startswith("empty"):
        func = node.value.func
        new = scene.of(func).replace("empty", "zeros")
        yield scene.edit(func, new, f"{scene.of(target)} does not begin with zeros", 1)


def added(scene: CodeScene, node: ast.AugAssign) -> Iterator[CodeEdit]:
    """Yield = in the place of +=, the other sign, and an addition at every index of an array of indices."""
    end, start = scene.code.span(node.target)[1], scene.code.span(node.value)[0]
    between = scene.code.text[end:start]
    if scene.is_whole(node.value) and not isinstance(node.value, ast.Constant):
        yield scene.edit(node.value, "1", f"{scene.of(node.target)} grows by {scene.of(node.value)}, not by one", 2)
    if isinstance(node.op, ast.Add | ast.Sub):
        sign, other = ("+=", "-=") if isinstance(node.op, ast.Add) else ("-=", "+=")
        new = between.replace(sign, other)
        yield CodeEdit(((end, start, new),), scene.code.span(node), f"{sign} in place of {other}", 5)
        new = between.replace(sign, "=")
        yield CodeEdit(((end, start, new),), scene.code.span(node), f"{sign} in place of =", 4)
    if isinstance(node.op, ast.Add) and isinstance(node.target, ast.Subscript):
        index = node.target.slice
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        if any(not isinstance(part, ast.Slice | ast.Constant) for part in parts):
            at = ", ".join(map(as_object, parts))
            at = f"({at})" if isinstance(index, ast.Tuple) else at
            new = f"np.add.at({scene.of(node.target.value)}, {at}, {scene.of(node.value)})"
            words = f"cells of {scene.of(node.target.value)} that are met several times are counted once"
            yield CodeEdit(((*scene.code.span(node), new),), scene.code.span(node), words, 3, None, frozenset({"sum"}))


def as_object(part: ast.expr) -> str:
    """Return an index as it is written outside of brackets."""
    if isinstance(part, ast.Slice):
        bounds = [part.lower, part.upper, part.step]
        written = ["None" if b is None else ast.unparse(b) for b in bounds]
        return "slice(None)" if written == ["None"] * 3 else f"slice({', '.join(written)})"
    return ast.unparse(part)


def moved(scene: CodeScene, node: ast.stmt) -> Iterator[CodeEdit]:
    """Yield a statement at another place: out of its loop, into one, earlier, or nowhere."""
    code = scene.code
    outer = code.parents[node]
    body = next((b for b in (getattr(outer, f, None) for f in ("body", "orelse")) if b and node in b), None)
    if body is None:
        return
    first, last = code.rows_of(node)
    own = code.text[first:last]
    shown = code.span(node)
    place = body.index(node)
    if begins(node):
        what = scene.of(node.targets[0]) if isinstance(node, ast.Assign) else ""
        if isinstance(outer, ast.For):
            start = code.rows_of(outer)[0]
            new = indented(own, node.col_offset - outer.col_offset, False)
            parts = ((start, start, new), (first, last, ""))
            words = f"{what} is begun anew in every pass of the loop"
            yield CodeEdit(parts, (start, code.span(node)[1]), words, 3, "moved", frozenset({"sum"}))
            if len(body) > 1:
                yield CodeEdit(((first, last, ""),), shown, words, 3.2, "removed", frozenset({"sum"}))
        for after in body[place + 1 :]:
            if isinstance(after, ast.For) and after.body:
                within = after.body[0]
                start = code.rows_of(within)[0]
                parts = ((first, last, ""), (start, start, indented(own, within.col_offset - node.col_offset, True)))
                words = f"{what} is not begun anew in every pass of the loop"
                yield CodeEdit(parts, (first, start), words, 3, "moved", frozenset({"sum"}))
                break
        yield from counters(scene, node, body[place + 1 :])
    for k in range(place):
        start = code.rows_of(body[k])[0]
        parts = ((start, start, own), (first, last, ""))
        words = "what is done before is done too early"
        yield CodeEdit(parts, (start, shown[1]), words, 8 + k / 10, None)


def counters(scene: CodeScene, node: ast.stmt, after: list[ast.stmt]) -> Iterator[CodeEdit]:
    """Yield the beginning of one of several counters in the loop behind, where they begin together."""
    code = scene.code
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    loop = next((each for each in after if isinstance(each, ast.For)), None)
    if not isinstance(target, ast.Tuple) or loop is None:
        return
    start = code.rows_of(loop.body[0])[0]
    for part in target.elts:
        new = " " * loop.body[0].col_offset + f"{scene.of(part)} = 0\n"
        words = f"{scene.of(part)} is not begun anew in every pass of the loop"
        yield CodeEdit(((start, start, new),), code.span(loop.body[0]), words, 3)


def begins(node: ast.stmt) -> bool:
    """Tell whether a statement gives something zeros to begin with."""
    if not isinstance(node, ast.Assign):
        return False
    values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    return all(
        (isinstance(value, ast.Constant) and value.value == 0)
        or (isinstance(value, ast.Call) and last_name(value.func) in MADE)
        for value in values
    )


def indented(text: str, by: int, more: bool) -> str:
    """Return lines with more or less space in front."""
    rows = text.splitlines(keepends=True)
    return "".join(" " * by + row if more else row[by:] for row in rows)
