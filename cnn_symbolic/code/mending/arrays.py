"""Edits of operations on arrays: their axes, their order, what is summed, multiplied and divided, and which array."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import combinations, permutations

from cnn_symbolic.code.mending.scene import CodeScene, last_name
from cnn_symbolic.code.mending.texts import CodeEdit

# Functions one of which stands in the place of the other.
PAIRED = (("sum", "mean"), ("convolve2d", "correlate2d"), ("convolve", "correlate"), ("flipud", "fliplr"))
PAIRED_NAMES = {a: b for pair in PAIRED for a, b in (pair, pair[::-1])} | {
    "max": "sum",
    "empty": "zeros",
    "empty_like": "zeros_like",
    "ones": "zeros",
    "ones_like": "zeros_like",
}
REDUCING = {"sum", "mean", "max", "argmax", "flip", "rot90", "concatenate", "stack", "repeat", "tensordot", "einsum"}
MOST_PERMUTED = 4


def array_edits(scene: CodeScene, node: ast.AST) -> Iterator[CodeEdit]:
    """Yield the edits of one part of an expression."""
    if isinstance(node, ast.Call):
        yield from other_functions(scene, node)
        yield from other_axes(scene, node)
        yield from turned(scene, node)
        yield from ordered(scene, node)
        if last_name(node.func) == "einsum":
            yield from letters(scene, node)
    if isinstance(node, ast.BinOp) and not (scene.is_index(node) and scene.is_whole(node)):
        yield from factors(scene, node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not scene.is_index(node):
        yield scene.edit(node, scene.of(node.operand), "negated", 3)
    if isinstance(node, ast.Subscript):
        yield from reversals(scene, node)
    if isinstance(node, ast.Name | ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from used(scene, node)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield scene.edit(node, scene.of(node.value), f"{scene.of(node.value)} is transposed", 3)


def other_functions(scene: CodeScene, node: ast.Call) -> Iterator[CodeEdit]:
    """Yield the sum in the place of the mean, a convolution in that of a correlation, and the like."""
    name = last_name(node.func)
    if (other := PAIRED_NAMES.get(name)) is not None:
        start, end = scene.code.span(node.func)
        words = f"{name} in place of {other}"
        new = scene.code.text[start : end - len(name)] + other
        cost = 2 if name in ("sum", "mean", "convolve2d", "correlate2d", "empty", "empty_like") else 4
        shown = scene.code.span(node) if len(scene.of(node)) < 60 else (start, end)
        yield CodeEdit(((start, end, new),), shown, words, cost, ("function",), frozenset({"count"}))
    for each in (*node.args, *(keyword.value for keyword in node.keywords)):
        if isinstance(each, ast.Constant) and each.value in ("full", "valid", "same"):
            for mode in ("full", "valid", "same"):
                if mode != each.value:
                    yield scene.edit(each, f'"{mode}"', f"the mode {each.value} in place of {mode}", 4)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str) and name != "einsum":
            for text in sorted(compared_texts(scene) - {each.value}):
                yield scene.edit(each, f'"{text}"', f"{each.value} in place of {text}", 3)


def compared_texts(scene: CodeScene) -> set[str]:
    """Return the texts that something is compared with in the file."""
    found = set()
    for node in ast.walk(scene.code.tree):
        if isinstance(node, ast.Compare):
            found |= {c.value for c in node.comparators if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    return found


def other_axes(scene: CodeScene, node: ast.Call) -> Iterator[CodeEdit]:
    """Yield other axes of a sum, a flip, a product or a concatenation."""
    name = last_name(node.func)
    own = [keyword.value for keyword in node.keywords if keyword.arg in ("axis", "axes")]
    method = isinstance(node.func, ast.Attribute) and scene.of(node.func.value) not in ("np", "numpy")
    if not own and name in REDUCING:
        own = node.args[0 if method else 1 :][:2] if name != "tensordot" else node.args[2:3]
    for axes in own:
        yield from axes_in(scene, axes)
    yield from same_axes(scene, node, own)
    if name in ("sum", "mean", "max") and not own:
        text = scene.of(node)
        for axis in ("0", "1", "(0, 2, 3)", "(0, 2)", "(2, 3)"):
            new = f"{text[:-1]}{'' if text.endswith('(') or text[-2] == '(' else ', '}axis={axis})"
            yield scene.edit(node, new, f"summed over all axes, not over {axis}", 4)


def same_axes(scene: CodeScene, node: ast.Call, own: list[ast.expr]) -> Iterator[CodeEdit]:
    """Yield another axis at once for sums of sums, each over the same one."""
    inner = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    axes = [word.value for call in inner for word in call.keywords if word.arg == "axis" and is_axis(word.value)]
    if len(axes) > 1 and len({scene.of(axis) for axis in axes}) == 1 and own:
        for other in range(4):
            words = f"axis {scene.of(axes[0])} in place of axis {other}"
            yield scene.several([(axis, str(other)) for axis in axes], node, words, 3, None, ("axis",))


def axes_in(scene: CodeScene, axes: ast.expr) -> Iterator[CodeEdit]:
    """Yield other axes in the place of some."""
    parts = list(axes.elts) if isinstance(axes, ast.Tuple | ast.List) else []
    nested = [part for part in parts if isinstance(part, ast.Tuple | ast.List)]
    for inner in nested:
        yield from axes_in(scene, inner)
        for a, b in combinations([e for e in inner.elts if is_axis(e)], 2):
            words = "axes are exchanged"
            yield scene.several([(a, scene.of(b)), (b, scene.of(a))], inner, words, 3)
    if nested:
        return
    for part in parts or [axes]:
        if not is_axis(part):
            continue
        now = int(ast.literal_eval(part))
        for other in range(4) if now >= 0 else range(-4, 0):
            if other not in [int(ast.literal_eval(p)) for p in parts or [part] if is_axis(p)]:
                words = f"axis {now} in place of axis {other}"
                yield scene.edit(part, str(other), words, 2.5, ("axis",), ("axis",))
    values = [int(ast.literal_eval(part)) for part in parts or [axes] if is_axis(part)]
    if len(values) != len(parts or [axes]):
        return
    candidates = {tuple(c) for n in (1, 2, 3) for c in combinations(range(4), n)} | {(2, 3, 4), (0, 2, 3, 4), (3, 5)}
    near = sorted(candidates - {tuple(values)}, key=lambda c: (len(set(c) ^ set(values)), c))
    for k, chosen in enumerate(near):
        new = str(chosen) if len(chosen) > 1 else str(chosen[0])
        words = f"axes {values} in place of {list(chosen)}".replace("[", "").replace("]", "")
        yield scene.edit(axes, new, words, 3 + k / 8, None, ("axis",), False)


def is_axis(node: ast.AST) -> bool:
    """Tell whether a part is a number that is written out."""
    inner = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    return isinstance(inner, ast.Constant) and isinstance(inner.value, int) and not isinstance(inner.value, bool)


def ordered(scene: CodeScene, node: ast.Call) -> Iterator[CodeEdit]:
    """Yield other orders of axes, in a transposition, and before or after a reshape."""
    name = last_name(node.func)
    if name == "transpose" and isinstance(node.func, ast.Attribute):
        given = node.args
        shown = scene.of(node.func.value) in ("np", "numpy")
        if shown and len(given) == 2 and isinstance(given[1], ast.Tuple | ast.List):
            given = given[1].elts
        elif len(given) == 1 and isinstance(given[0], ast.Tuple | ast.List):
            given = given[0].elts
        if given and all(map(is_axis, given)) and len(given) <= MOST_PERMUTED:
            now = [int(ast.literal_eval(each)) for each in given]
            others = [p for p in permutations(range(len(now))) if list(p) != now]
            for p in sorted(others, key=lambda p: sum(a != b for a, b in zip(p, now, strict=True))):
                moves = sum(a != b for a, b in zip(p, now, strict=True))
                changes = [(each, str(k)) for each, k in zip(given, p, strict=True)]
                words = f"the axes are in the order {', '.join(map(str, now))}"
                yield scene.several(changes, node, words, 1 + moves / 2, None, ("axis",))
            if isinstance(node.func, ast.Attribute) and not shown:
                yield scene.edit(node, scene.of(node.func.value), "transposed", 4)
    if name == "reshape" and isinstance(node.func, ast.Attribute):
        owner, sizes = node.func.value, node.args
        if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple):
            sizes = list(sizes[0].elts)
        if scene.of(owner) in ("np", "numpy"):
            return
        for count in (4, 3, 2):
            for p in [p for p in permutations(range(count)) if list(p) != list(range(count))]:
                new = f"{scene.of(owner)}.transpose({', '.join(map(str, p))})"
                common = p in ((0, 2, 3, 1), (1, 2, 3, 0), (1, 0), (0, 2, 1), (0, 3, 1, 2), (1, 0, 2, 3))
                words = f"{scene.of(owner)} is not transposed"
                cost = 3.5 if common else 7.5
                start, end = scene.code.span(owner)
                yield CodeEdit(((start, end, new),), (start, scene.code.span(node)[1]), words, cost)
        for p in permutations(range(len(sizes))) if 2 <= len(sizes) <= MOST_PERMUTED else ():
            if list(p) == list(range(len(sizes))):
                continue
            inverse = [p.index(k) for k in range(len(p))]
            written = ", ".join(scene.of(sizes[k]) for k in p)
            new = f"{scene.of(owner)}.reshape({written}).transpose({', '.join(map(str, inverse))})"
            common = p in ((0, 2, 3, 1), (1, 2, 3, 0), (1, 0), (0, 2, 1), (2, 0, 1), (3, 0, 1, 2))
            yield scene.edit(node, new, "reshaped in the wrong order", 4 if common else 8)


def letters(scene: CodeScene, node: ast.Call) -> Iterator[CodeEdit]:
    """Yield other letters in one operand of an einsum."""
    first = node.args[0] if node.args else None
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return
    text = first.value
    words = "the axes of an operand are exchanged"
    for group in re.finditer(r"[A-Za-z]+", text):
        for a, b in combinations(range(group.start(), group.end()), 2):
            changed = list(text)
            changed[a], changed[b] = changed[b], changed[a]
            yield scene.edit(first, f'"{"".join(changed)}"', words, 3 + (b - a) / 10, None, ("axis",))
    for k, letter in enumerate(text):
        for other in sorted(set(filter(str.isalpha, text)) - {letter}) if letter.isalpha() else ():
            new = f'"{text[:k]}{other}{text[k + 1 :]}"'
            yield scene.edit(first, new, f"{letter} in place of {other}", 5, None, ("axis",))


def turned(scene: CodeScene, node: ast.Call) -> Iterator[CodeEdit]:
    """Yield other flips of filters."""
    name, args = last_name(node.func), node.args
    if name in ("flip", "rot90", "flipud", "fliplr") and args:
        array = scene.of(args[0])
        for new in (
            f"np.flip({array}, (2, 3))",
            f"np.flip({array}, (0, 1))",
            f"np.rot90({array}, 2)",
            f"np.flip({array})",
        ):
            if new.replace(" ", "") != scene.of(node).replace(" ", ""):
                yield scene.edit(node, new, f"{array} is not flipped along its spatial axes", 2)
        if name in ("flipud", "fliplr"):
            other = PAIRED_NAMES[name]
            yield scene.edit(node, f"np.{name}(np.{other}({array}))", f"{array} is flipped along one axis only", 1.8)
        yield scene.edit(node, array, f"{array} is flipped", 2.5)


def reversals(scene: CodeScene, node: ast.Subscript) -> Iterator[CodeEdit]:
    """Yield an index without its reversals, or with one more."""
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    text = [scene.of(part).replace(" ", "") for part in parts]
    if any(part == "::-1" for part in text):
        kept = [":" if part == "::-1" else part for part in text]
        new = scene.of(node.value) if set(kept) <= {":", "..."} else f"{scene.of(node.value)}[{', '.join(kept)}]"
        yield scene.edit(node, new, f"{scene.of(node.value)} is flipped", 2)
        more = f"{scene.of(node.value)}[{', '.join([*text, '::-1'])}]"
        yield scene.edit(node, more, f"one axis of {scene.of(node.value)} is not flipped", 2)
        for k, part in enumerate(text):
            changed = [*text[:k], "::-1" if part == ":" else ":" if part == "::-1" else part, *text[k + 1 :]]
            if changed != text:
                words = f"axis {k} of {scene.of(node.value)} is {'not ' if part == ':' else ''}flipped"
                yield scene.edit(node, f"{scene.of(node.value)}[{', '.join(changed)}]", words, 2.2)


def used(scene: CodeScene, node: ast.Name | ast.Subscript | ast.Attribute) -> Iterator[CodeEdit]:
    """Yield an array flipped, transposed, or another array in its place."""
    outer = scene.code.parents[node]
    if isinstance(outer, ast.Attribute | ast.Subscript) and getattr(outer, "value", None) is node:
        return
    if isinstance(node, ast.Attribute | ast.Subscript) and not scene.is_array(node):
        return
    name = ast.unparse(node)
    if not scene.is_array(node) or (scene.is_index(node) and isinstance(node, ast.Name)):
        return
    text = scene.of(node)
    filters = re.match(r"(self\.)?(w|weights?|kernels?|filters?|f|k)\b", name, re.IGNORECASE) is not None
    for ending in scene.ending():
        yield scene.edit(node, f"{text}{ending}", f"{text} is not flipped", 2.5 if filters else 6, None, ("flip",))
    yield scene.edit(node, f"{text}.T", f"{text} is not transposed", 4, None, ("axis",))
    if isinstance(node, ast.Name):
        for other in scene.names.arrays:
            if other != name:
                near = 3.5 if name in scene.names.near(other) or name[:2] == other[:2] else 5.5
                yield scene.edit(node, other, f"{name} in place of {other}", near, None, ("array",))
    if isinstance(node, ast.Subscript):
        yield from indexed_backwards(scene, node)


def indexed_backwards(scene: CodeScene, node: ast.Subscript) -> Iterator[CodeEdit]:
    """Yield an index counted from the other end, at all axes where it is one of an overlay."""
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    for part in parts:
        if isinstance(part, ast.Name) and part.id in scene.names.loops:
            for size in scene.names.sizes:
                new = f"{size} - 1 - {part.id}"
                yield scene.edit(part, new, f"{scene.of(node.value)} is not flipped", 5.5, ("flip",), ("flip",))
            continue
        found = [b for b in ast.walk(part) if isinstance(b, ast.BinOp) and isinstance(b.op, ast.Sub)]
        for each in found:
            inner = each.left
            if not (isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub) and scene.of(inner.right) == "1"):
                continue
            start, words = inner.left, f"{scene.of(node.value)} is flipped"
            if isinstance(start, ast.BinOp) and isinstance(start.op, ast.Add):  # r·S + taps − 1 − i
                new = f"{scene.of(start.left)} + {scene.of(each.right)}"
                yield scene.edit(each, new, words, 2, ("flip",), ("flip",))
            else:
                yield scene.several([(each, scene.of(each.right))], part, words, 2, ("flip",), ("flip",))


def factors(scene: CodeScene, node: ast.BinOp) -> Iterator[CodeEdit]:
    """Yield a product or a quotient without one of its parts, and with another number."""
    left, right = scene.of(node.left), scene.of(node.right)
    if isinstance(node.op, ast.Div | ast.Mult):
        done = "divided by" if isinstance(node.op, ast.Div) else "multiplied by"
        about = ("count",)
        plain = isinstance(node.right, ast.Constant) or scene.is_whole(node.right)
        yield scene.edit(node, left, f"{done} {right}", 2 if plain or isinstance(node.op, ast.Div) else 5, None, about)
        if isinstance(node.op, ast.Mult):
            cost = 2 if isinstance(node.left, ast.Constant) or scene.is_whole(node.left) else 5
            yield scene.edit(node, right, f"multiplied by {left}", cost, None, about)
    for part in (node.left, node.right):
        if isinstance(part, ast.Constant) and isinstance(part.value, float) and isinstance(node.op, ast.Mult | ast.Div):
            for factor, words in ((0.5, "doubled"), (2, "halved"), (-1, "the sign")):
                yield scene.edit(part, str(part.value * factor), words, 2.5, None, about)
        if isinstance(part, ast.Constant) and isinstance(node.op, ast.Pow) and part is node.right:
            for value in (1, 2, 3):
                if value != part.value:
                    yield scene.edit(part, str(value), f"the exponent {scene.of(part)} in place of {value}", 3)


def whole_values(scene: CodeScene, node: ast.stmt) -> Iterator[CodeEdit]:
    """Yield what a statement assigns or adds with a number as a factor: a sign, two, a size."""
    value = getattr(node, "value", None)
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.Return) or not isinstance(value, ast.expr):
        return
    if isinstance(value, ast.Tuple) or (scene.is_whole(value) and not isinstance(node, ast.Return)):
        return
    yield from multiplied(scene, value)


def multiplied(scene: CodeScene, value: ast.expr) -> Iterator[CodeEdit]:
    """Yield a value with another factor."""
    text = scene.of(value)
    inner = f"({text})" if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub) else text
    yield scene.edit(value, f"-{inner}", "the sign", 3.5, None, ("never",))
    yield scene.edit(value, f"2 * {inner}", "halved", 4.5, None, ("never",))
    yield scene.edit(value, f"{inner} / 2", "doubled", 4.5, None, ("never",))
    for size in scene.names.whole:
        if size not in scene.names.loops:
            squared = size in scene.names.options
            yield scene.edit(value, f"{inner} / {size}", f"not divided by {size}", 5, None, ("count",))
            yield scene.edit(value, f"{inner} * {size}", f"divided by {size}", 5, None, ("count",))
            if squared:
                words = "not divided by the number of cells of a window"
                yield scene.edit(value, f"{inner} / ({size} * {size})", words, 4.5, None, ("count",))
    if isinstance(value, ast.Name | ast.Subscript | ast.Call) and scene.names.options:
        for option in scene.names.options:
            yield scene.edit(value, f"{text} / {option}**2", f"not divided by {option}²", 7, None, ("count",))
