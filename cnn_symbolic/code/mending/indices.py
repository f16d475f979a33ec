"""Edits of index arithmetic: names, strides and paddings, bounds and slices, signs, quotients and conditions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import permutations

from cnn_symbolic.code.mending.scene import CodeScene, last_name
from cnn_symbolic.code.mending.texts import CodeEdit

COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
OPPOSITE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


def index_edits(scene: CodeScene, node: ast.AST) -> Iterator[CodeEdit]:
    """Yield the edits of one part of an expression."""
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from other_names(scene, node)
        yield from missing_factors(scene, node)
    if isinstance(node, ast.Subscript):
        yield from other_sizes(scene, node)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple | ast.Slice):
        yield from cut_paddings(scene, node)
    if isinstance(node, ast.Slice):
        yield from sliced(scene, node)
    if isinstance(node, ast.Call) and last_name(node.func) == "slice" and len(node.args) >= 2:
        yield from called_slices(scene, node)
    if isinstance(node, ast.BinOp):
        yield from sums(scene, node)
        yield from quotients(scene, node)
    if isinstance(node, ast.Compare):
        yield from comparisons(scene, node)
    if isinstance(node, ast.expr):
        yield from offsets(scene, node)
    if isinstance(node, ast.Tuple | ast.BinOp | ast.Slice | ast.Call):
        yield from exchanged(scene, node)
    if isinstance(node, ast.Call) and last_name(node.func) in ("divmod", "unravel_index"):
        yield from places(scene, node)


def other_names(scene: CodeScene, node: ast.Name | ast.Attribute) -> Iterator[CodeEdit]:
    """Yield other names of whole numbers in the place of one, those that stand beside it elsewhere first."""
    names, name = scene.names, ast.unparse(node)
    if name not in names.whole or isinstance(scene.code.parents[node], ast.Attribute):
        return
    near, kind = names.near(name), names.kind(name)
    statement = scene.code.statement(node)
    simple = not isinstance(statement, ast.For | ast.If | ast.FunctionDef)
    same = [part for part in ast.walk(statement) if is_read(part, name)] if simple else []
    for other in names.whole:
        if other == name:
            continue
        words = f"{name} in place of {other}"
        if len(same) > 1 and node is same[0] and other in (near or kind):
            yield scene.several([(part, other) for part in same], statement, words, 3, None, ("exchange",))
        if other in near:
            yield scene.edit(node, other, words, 2 + min(near.index(other), 3) / 2, ("name",), ("exchange",))
        elif other in kind:
            yield scene.edit(node, other, words, 3.5, ("name",), ("exchange",))
        else:
            yield scene.edit(node, other, words, 6, ("name",), ("exchange",))


def is_read(part: ast.AST, name: str) -> bool:
    """Tell whether a part is a name whose value is asked for."""
    return isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id == name


def other_sizes(scene: CodeScene, node: ast.Subscript) -> Iterator[CodeEdit]:
    """Yield the size of another axis, or of another array."""
    if not (isinstance(node.value, ast.Attribute) and node.value.attr == "shape"):
        return
    owner = scene.of(node.value.value)
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
        axis = node.slice.value
        nearest = sorted({axis ^ 1, axis + 1, axis - 1, *range(4)} - {axis}, key=lambda k: abs(k - axis))
        for other in nearest:
            if other >= 0 or axis < 0:
                words = f"{owner}.shape[{axis}] in place of {owner}.shape[{other}]"
                cost = 2.5 if abs(other - axis) == 1 else 4
                yield scene.edit(node.slice, str(other), words, cost, ("size",), ("exchange",))
        for array in scene.names.arrays:
            if array != owner:
                new = f"{array}.shape[{axis}]"
                yield scene.edit(node, new, f"{scene.of(node)} in place of {new}", 5, ("size",), ("exchange",))


def missing_factors(scene: CodeScene, node: ast.Name | ast.Attribute) -> Iterator[CodeEdit]:
    """Yield a stride or dilation before an index, at once wherever it stands in the bounds of a slice."""
    name = ast.unparse(node)
    names, outer = scene.names, scene.code.parents[node]
    if name not in names.whole or name in names.options or isinstance(outer, ast.Attribute):
        return
    if not scene.is_index(node) or (isinstance(outer, ast.BinOp) and not isinstance(outer.op, ast.Add | ast.Sub)):
        return
    gap = spacing(scene, node)
    usual = 1.5 if name in names.loops else 4.5
    text = scene.of(scene.code.statement(node)).replace(" ", "")
    within = next((each for each in scene.around(node) if isinstance(each, ast.Slice | ast.stmt)), None)
    for option in names.options:
        cost = usual + (2.0 if called(option) == "padding" else 0.0)
        cost -= 0.6 if f"*{option}" in text or f"{option}*" in text else 0.0  # it is there on another axis
        new, words, about = f"{name}{gap}*{gap}{option}", f"the {called(option)} is forgotten", (called(option),)
        if isinstance(within, ast.Slice):
            same = [
                part for part in ast.walk(within) if isinstance(part, ast.expr) and ast.dump(part) == ast.dump(node)
            ]
            if node is same[0]:
                changes = [(part, new) for part in same]
                yield scene.several(changes, within, words, cost, ("factor", option), about)
            if len(same) == 1:
                continue
        yield scene.edit(node, new, words, cost + 0.5, ("factor", option), about)


def sums(scene: CodeScene, node: ast.BinOp) -> Iterator[CodeEdit]:
    """Yield a product without one of its factors, and a sum with other signs, or without one of its terms."""
    index = scene.is_index(node) and scene.is_whole(node)
    left, right = scene.of(node.left), scene.of(node.right)
    if isinstance(node.op, ast.Mult) and index:
        for kept, dropped in ((node.left, node.right), (node.right, node.left)):
            name = scene.of(dropped)
            if name in scene.names.options:
                words = f"multiplied by the {called(name)} {name}"
                yield scene.edit(node, scene.of(kept), words, 3, ("no factor", name), (called(name),))
            elif isinstance(dropped, ast.Constant):
                yield scene.edit(node, scene.of(kept), f"multiplied by {name}", 5, ("no factor",))
    if isinstance(node.op, ast.Add | ast.Sub) and (index or not scene.is_index(node)):
        sign, other = ("+", "-") if isinstance(node.op, ast.Add) else ("-", "+")
        gap = spacing(scene, node)
        words = f"{sign} in place of {other} before {right}"
        yield scene.edit(node, f"{left}{gap}{other}{gap}{right}", words, 3.5, ("sign",), ("sign",))
        yield scene.edit(node, left, f"{right} is {'added' if sign == '+' else 'subtracted'}", 5, ("term",))
        yield scene.edit(node, right, f"{left} too much", 6.5, ("term",))
        if sign == "-":
            yield scene.edit(node, f"{right}{gap}-{gap}{left}", "the operands of a difference are exchanged", 4)
        inner = node.left
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add | ast.Sub):
            a, b = ("-" if isinstance(inner.op, ast.Add) else "+"), other
            new = f"{scene.of(inner.left)}{gap}{a}{gap}{scene.of(inner.right)}{gap}{b}{gap}{right}"
            words = f"the signs of {scene.of(inner.right)} and {right}"
            yield scene.edit(node, new, words, 3.8, ("signs",), ("sign",))


def quotients(scene: CodeScene, node: ast.BinOp) -> Iterator[CodeEdit]:
    """Yield the remainder in the place of the quotient, and a quotient that is rounded up."""
    left, right = scene.of(node.left), scene.of(node.right)
    if isinstance(node.op, ast.FloorDiv):
        yield scene.edit(node, f"{left} % {right}", "the quotient in place of the remainder", 3, ("quotient",))
        yield scene.edit(node, f"-(-{grouped(left)} // {right})", "rounded down, not up", 4.5, ("quotient",))
    if isinstance(node.op, ast.Mod):
        yield scene.edit(node, f"{left} // {right}", "the remainder in place of the quotient", 2.5, ("quotient",))
        for other in scene.names.whole:
            if other != right:
                new = f"{left} // {other}"
                yield scene.edit(node, new, f"the remainder by {right} in place of a quotient", 6, ("quotient",))


def places(scene: CodeScene, node: ast.Call) -> Iterator[CodeEdit]:
    """Yield another number of columns by which the number of a cell is divided, or the shape of a block."""
    if len(node.args) != 2:
        return
    found = [part.args[0] for part in ast.walk(node.args[0]) if isinstance(part, ast.Call) and part.args]
    for array in found:
        if last_name(node.func) == "divmod":
            for k in (1, -1):
                new = f"{scene.of(array)}.shape[{k}]"
                yield scene.edit(node.args[1], new, f"divided by {scene.of(node.args[1])} in place of {new}", 2.5)
        else:
            new = f"{scene.of(array)}.shape"
            yield scene.edit(node.args[1], new, f"{scene.of(node.args[1])} in place of {new}", 2.5)


def comparisons(scene: CodeScene, node: ast.Compare) -> Iterator[CodeEdit]:
    """Yield other comparisons, and a bound from below or above that is missing."""
    operands = [node.left, *node.comparators]
    for k, operator in enumerate(node.ops):
        sign = COMPARISONS.get(type(operator))
        if sign is None:
            continue
        a, b = operands[k], operands[k + 1]
        start, end = scene.code.span(a)[1], scene.code.span(b)[0]
        new = scene.code.text[start:end].replace(sign, OPPOSITE[sign], 1)
        words = f"{sign} in place of {OPPOSITE[sign]}"
        yield CodeEdit(((start, end, new),), scene.code.span(node), words, 2.5, ("comparison",))
        for other in ("==", "!="):
            new = scene.code.text[start:end].replace(sign, other, 1)
            words = f"{sign} in place of {other}"
            yield CodeEdit(((start, end, new),), scene.code.span(node), words, 6, ("comparison",))
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.Lt | ast.LtE):
        words = f"{scene.of(node.left)} may be below zero, which counts from the end"
        yield scene.edit(node, f"0 <= {scene.of(node)}", words, 2, ("below",), ("pad",), False)
        yield from divisible(scene, node)
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.Gt | ast.GtE):
        left = scene.of(node.left)
        words = f"{left} may be below zero, which counts from the end"
        if not (isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value == 0):
            yield scene.edit(node, f"{left} < 0 or {scene.of(node)}", words, 2, ("below",), ("pad",), False)
        yield from divisible(scene, node)


def divisible(scene: CodeScene, node: ast.Compare) -> Iterator[CodeEdit]:
    """Yield that the stride divides a number, in the place of a comparison and beside it."""
    for option in scene.names.options:
        new = f"{scene.of(node.left)} % {option} == 0"
        words = f"it is not asked whether {option} divides {scene.of(node.left)}"
        yield scene.edit(node, new, words, 3, ("divides",), (called(option),), False)
        yield scene.edit(node, f"{scene.of(node)} and {new}", words, 4, ("divides",), (called(option),), False)


def offsets(scene: CodeScene, node: ast.expr) -> Iterator[CodeEdit]:
    """Yield one more and one less, where a bound or an index stands."""
    outer = scene.code.parents.get(node)
    whole = scene.is_whole(node) and not isinstance(node, ast.Constant)
    bound = isinstance(outer, ast.Slice) and node is not outer.step
    argument = isinstance(outer, ast.Call) and last_name(outer.func) in ("range", "arange", "slice")
    member = isinstance(outer, ast.Tuple | ast.Assign | ast.Subscript | ast.Compare) and scene.is_index(node)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, int) and not isinstance(node.value, bool) and isinstance(outer, ast.BinOp):
            yield from constants(scene, node, outer)
        return
    if not (whole and (bound or argument or member)) or isinstance(getattr(node, "ctx", None), ast.Store):
        return
    gap, text = spacing(scene, node), scene.of(node)
    cost = 4 if bound or argument else 5
    for sign, words in (("+", "one too few"), ("-", "one too many")):
        yield scene.edit(node, f"{text}{gap}{sign}{gap}1", words, cost, ("offset", sign), ("offset",))


def constants(scene: CodeScene, node: ast.Constant, outer: ast.BinOp) -> Iterator[CodeEdit]:
    """Yield other numbers in the place of one, and none."""
    value = int(node.value) if isinstance(node.value, int) else 0
    if isinstance(outer.op, ast.Add | ast.Sub) and node is outer.right and value == 1:
        words = "one too many" if isinstance(outer.op, ast.Add) else "one too few"
        yield scene.edit(outer, scene.of(outer.left), words, 3.5, ("offset",), ("offset",))
    for other in (value + 1, value - 1):
        if other > 0:
            yield scene.edit(node, str(other), f"{value} in place of {other}", 4.5, ("number",), ("offset",))


def exchanged(scene: CodeScene, node: ast.AST) -> Iterator[CodeEdit]:
    """Yield two whole numbers, or members of a tuple, in the places of one another."""
    if isinstance(node, ast.Tuple):
        for k, (a, b) in enumerate(zip(node.elts, node.elts[1:], strict=False)):
            if ast.dump(a) != ast.dump(b) and not isinstance(a, ast.Starred) and not isinstance(node.ctx, ast.Store):
                words = f"{scene.of(a)} and {scene.of(b)} are exchanged"
                cost = 2.5 + k / 10
                yield scene.several([(a, scene.of(b)), (b, scene.of(a))], node, words, cost, None, ("exchange",))
        return
    parts = [
        p for p in ast.walk(node) if isinstance(p, ast.Name | ast.Attribute) and ast.unparse(p) in scene.names.whole
    ]
    names = list(dict.fromkeys(map(ast.unparse, parts)))
    if not 2 <= len(names) <= 4 or (isinstance(node, ast.Call) and last_name(node.func) not in ("range", "divmod")):
        return
    outer = scene.code.parents[node]
    if isinstance(outer, ast.BinOp) and isinstance(node, ast.BinOp):
        return
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            swap = {one: other, other: one}
            changes: list[tuple[ast.AST, str]] = [(p, swap[ast.unparse(p)]) for p in parts if ast.unparse(p) in swap]
            words = f"{one} and {other} are exchanged"
            yield scene.several(changes, node, words, 3, ("exchange", one, other), ("exchange",))


# Slices


def sliced(scene: CodeScene, node: ast.Slice) -> Iterator[CodeEdit]:
    """Yield a slice with another step, alone or with a stride in its upper bound."""
    gap = spacing(scene, node)
    lower, upper, step = ("" if b is None else scene.of(b) for b in (node.lower, node.upper, node.step))
    for option in scene.names.options:
        if called(option) == "padding":
            continue
        about, key = (called(option),), ("step", option)
        words = f"the {called(option)} is forgotten"
        if not step:
            new = f"{lower}:{upper}:{option}"
            yield scene.edit(node, new, words, 2.5, key, about, False)
        if step in ("", "1") and isinstance(node.upper, ast.BinOp) and lower and upper.startswith(lower):
            count = scene.of(node.upper.right)
            plain = count if isinstance(node.upper.right, ast.Name | ast.Subscript | ast.Attribute) else f"({count})"
            new = f"{lower}{gap}:{gap}{lower} + {option} * {plain}{gap}:{gap}{option}"
            yield scene.edit(node, new, words, 2.8, key, about, False)
        if step == option:
            new = f"{lower}:{upper}"
            yield scene.edit(node, new, f"every {called(option)} only", 4, ("no step",), about, False)
    for option in scene.names.whole:
        if step and step != option and step != "-1" and node.step is not None:
            words = f"{step} in place of {option} as a step"
            yield scene.edit(node.step, option, words, 3, ("step",), ("exchange",))


def called_slices(scene: CodeScene, node: ast.Call) -> Iterator[CodeEdit]:
    """Yield `slice(i, i + n, 1)` with a stride."""
    lower, upper = map(scene.of, node.args[:2])
    for option in scene.names.options:
        if (
            isinstance(node.args[1], ast.BinOp)
            and upper.startswith(lower)
            and (len(node.args) == 2 or scene.of(node.args[2]) == "1")
        ):
            count = scene.of(node.args[1].right)
            new = f"slice({lower}, {lower} + ({count} - 1) * {option} + 1, {option})"
            words = f"the {called(option)} is forgotten"
            yield scene.edit(node, new, words, 2.8, ("step", option), (called(option),))


def cut_paddings(scene: CodeScene, node: ast.Subscript) -> Iterator[CodeEdit]:
    """Yield `[p:p + H, p:p + W]` where a padding is cut off in another way, with the sizes of an array."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    cut = [k for k, part in enumerate(parts) if is_cut(scene, part)]
    if not cut or not isinstance(node.slice, ast.Tuple | ast.Slice):
        return
    gap = spacing(scene, node)
    written = "".join(scene.of(parts[k]) for k in cut)
    paddings = [name for name in scene.names.options if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written)]
    paddings = paddings or [name for name in scene.names.options if re.search(r"pad|(^|\.)p$", name)]
    for padding in paddings:
        for sizes in sizes_for(scene, cut, len(parts)):
            changes: list[tuple[ast.AST, str]] = []
            for k, n in zip(cut, sizes, strict=True):
                changes.append((parts[k], f"{padding}{gap}:{gap}{padding} + {n}"))
            words = "the padding is not cut off before and behind"
            if any(isinstance(getattr(parts[k], "upper", None), ast.UnaryOp) for k in cut):
                words = f"without padding, [{padding}:-{padding}] is empty"
            yield scene.several(changes, node.slice, words, 2, None, ("pad",))
        changes = [(parts[k], f"{padding}{gap}:{gap}-{padding}") for k in cut]
        yield scene.several(changes, node.slice, "the padding is not cut off before and behind", 2.5, None, ("pad",))


def is_cut(scene: CodeScene, part: ast.expr) -> bool:
    """Tell whether a slice may be meant to cut a padding off."""
    if not isinstance(part, ast.Slice) or part.step is not None or (part.lower is None and part.upper is None):
        return False
    lower = part.lower is None or scene.of(part.lower) in scene.names.options or isinstance(part.lower, ast.Constant)
    named = set() if part.upper is None else {ast.unparse(p) for p in ast.walk(part.upper) if isinstance(p, ast.expr)}
    return lower and not named & set(scene.names.loops)


def sizes_for(scene: CodeScene, cut: list[int], count: int) -> Iterator[list[str]]:
    """Yield the sizes that the axes of an array may have after its padding was cut off."""
    seen = set()
    for _, names in scene.names.shapes:
        for shift in (0, 1, -1):
            places = [k + shift for k in cut]
            if all(0 <= k < len(names) and names[k] != "_" for k in places) and places:
                sizes = tuple(names[k] for k in places)
                if sizes not in seen:
                    seen.add(sizes)
                    yield list(sizes)
    for array in [name for name in scene.names.arrays if len(name) <= 6][:6]:
        yield [f"{array}.shape[{k}]" for k in cut]
    if len(cut) == 2 and count:
        for a, b in permutations([n for n in scene.names.sizes if n in ("H", "W", "h", "w")], 2):
            if (a, b) not in seen:
                yield [a, b]


def called(option: str) -> str:
    """Return what an option is, by its name."""
    name = option.rpartition(".")[2]
    for start, what in (("s", "stride"), ("d", "dilation"), ("p", "padding"), ("w", "window"), ("f", "factor")):
        if name.startswith(start):
            return "window" if name.startswith("pool") else what
    return name


def grouped(text: str) -> str:
    """Return a text that an operator before it is about as a whole."""
    return text if re.fullmatch(r"[\w.]+", text) else f"({text})"


def spacing(scene: CodeScene, node: ast.AST) -> str:
    """Return what stands around operators there: a space or nothing."""
    return "" if re.search(r"\w[*+]\w", scene.of(scene.code.statement(node))) else " "
