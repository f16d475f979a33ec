"""Pictures of forward passes: the overlay that slides, shared weights, transposed convolutions, chained maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.values import plain
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.layers.catalogue import FeatureMap
from cnn_symbolic.present.figures.colours import HUES, hue
from cnn_symbolic.present.figures.index_maps import Contribution, Contributions, Position, contributions
from cnn_symbolic.present.figures.labels import Label, entry, inline, joined, number, sign, words
from cnn_symbolic.present.figures.options import (
    Pair,
    check_at_most,
    check_fits,
    is_row,
    padding_of,
    pair,
    positive,
    said,
    written,
)
from cnn_symbolic.present.figures.scene import (
    Curve,
    Picture,
    PictureBlock,
    PictureFrame,
    below,
    beside,
    entries,
    even,
    frame,
    grid,
    nothing,
    outlines,
    text,
)
from cnn_symbolic.present.figures.typesetting import measure
from cnn_symbolic.tensors.making import named, tensor
from cnn_symbolic.tensors.operations.convolutions import conv
from cnn_symbolic.tensors.operations.geometry import pad_widths
from cnn_symbolic.tensors.operations.padding import pad
from cnn_symbolic.tensors.tensor import Tensor

LABELLED, LONGEST = 5, 11.5
LARGEST_ROW = (1, 16)


def planes(found: Contributions, lead: int = 2) -> Contributions:
    """Return contributions to one image, of one channel, without the indices of batch and channel."""
    return {at[lead:]: [(c, tuple((n, i[lead:]) for n, i in fs)) for c, fs in terms] for at, terms in found.items()}


def at_entry(term: Contribution, name: str) -> Position:
    """Return the index of a tensor's entry in a product."""
    return dict(term[1])[name]


def covers(terms: list[Contribution], below_name: str, name: str) -> dict[Position, Position]:
    """Return which entry of an overlay lies over each entry that it covers."""
    return {at_entry(term, below_name): at_entry(term, name) for term in terms}


def padded_input(x: Tensor, widths: list[tuple[int, int]]) -> tuple[Tensor, dict[Position, Position]]:
    """Return a tensor with its padding, named `padded`, and which of its cells hold which entry of the tensor."""
    padded = named("padded", pad(x, widths=widths))
    cells = contributions(padded)
    lead = x.rank - 2
    return padded, {at[lead:]: at_entry(terms[0], x.name or "")[lead:] for at, terms in cells.items() if terms}


def equation(target: Label, terms: list[Label]) -> Label:
    """Return `target = term + term`, or how many terms there are where that would be too long."""
    total: Label = (*inline(target), *sign("="), *joined(terms or [number(0)], "+"))
    return total if measure(total, 0.4) <= LONGEST else summed(target, terms)


def summed(target: Label, terms: list[Label]) -> Label:
    """Return in words how many terms an entry is the sum of."""
    return (*inline(target), *words(f", the sum of {counted(len(terms), 'term')}"))


def product_of(name: str, cell: Position, overlay_name: str, weight: Position) -> Label:
    """Return the product of two entries as a label."""
    return (*entry(name, cell), *sign("·"), *entry(overlay_name, weight))


def overlay(shape: Any, overlay: Any, stride: Any, padding: Any, dilation: Any) -> Picture:
    """Return the picture of an overlay that slides over an input."""
    (m, n), (i, j) = pair(shape, "overlay: shape"), pair(overlay, "overlay: overlay")
    steps, spread = pair(stride, "overlay: stride"), pair(dilation, "overlay: dilation")
    row = is_row((m, n), (i, j))
    given = padding_of(padding, "overlay: padding", row)
    lengths, small, by, far = (tuple(map(sp.Integer, p)) for p in ((m, n), (i, j), steps, spread))
    widths = [(int(plain(a)), int(plain(b))) for a, b in pad_widths(given, lengths, small, by, far, "overlay")]
    size = (m + sum(widths[0]), n + sum(widths[1]))
    check_at_most("an input with its padding", size, LARGEST_ROW if row else (10, 10), "overlay")
    x, w = tensor(1, 1, m, n, name="x"), tensor(1, 1, i, j, name="w")
    padded, cells = padded_input(x, [(0, 0), (0, 0), *widths])
    try:
        z = conv(padded, w, stride=steps, dilation=spread)
    except ShapeError:
        apart = f" with dilation {said(dilation)}" if spread != (1, 1) else ""
        raise ShapeError(
            f"overlay: an overlay of {written((i, j))}{apart} does not fit into {written((m, n))} with the padding "
            f"{said(padding)}"
        ) from None
    found = planes(contributions(z, keep=["padded"]))
    labelled = row or (max(size) <= LABELLED and max(i, j) <= 3)
    frames = [sliding(at, found, size, cells, (i, j), labelled) for at in found]
    how = [f"stride {said(stride)}"] * (steps != (1, 1)) + [f"padding {said(padding)}"] * any(map(any, widths))
    how += [f"dilation {said(dilation)}"] * (spread != (1, 1))
    with_what = f", with {' and '.join(how)}" if how else ""
    rows, columns = max(found)
    return Picture(
        "overlay",
        f"An overlay of {written((i, j))} slides over an input of {written((m, n))}{with_what}",
        f"On the left an input of {m} by {n} cells{', with padding cells dashed around it' * any(map(any, widths))}. "
        f"An overlay of {i} by {j} cells lies over it, at one position in each frame"
        f"{', its cells spread apart' * (spread != (1, 1))}; the cells that it covers are highlighted. On the right "
        f"the output of {rows + 1} by {columns + 1} cells: the entry that the covered cells make is highlighted.",
        even(frames),
    )


def sliding(
    at: Position, found: Contributions, size: Pair, cells: dict[Position, Position], small: Pair, labelled: bool
) -> PictureFrame:
    """Return the frame of one position of the overlay."""
    over = covers(found[at], "padded", "w")
    real = {cell: weight for cell, weight in over.items() if cell in cells}

    def role(cell: Position) -> str:
        return "covered" if cell in over else "input" if cell in cells else "zero"

    def label(cell: Position) -> Label:
        return (entry("x", cells[cell]) if cell in cells else number(0)) if labelled else ()

    def corner(cell: Position) -> Label:
        return entry("w", over[cell]) if labelled and cell in over else ()

    bare: dict[str, Any] = {} if labelled else {"label": nothing}
    padding: dict[str, Any] = {"corner": corner, "dashed": lambda cell: cell not in cells}
    left = entries("x", size, role, label=label, **padding, cell=(1.15, 1.15) if labelled else (1, 1))
    right = entries("z", output_shape(found), so_far(at), **bare)
    weights = entries("w", small, "weight", **bare)
    if is_row(size, small):
        block = below([weights, left, right], 0.4)
    elif left.width + weights.width + right.width <= 12.5:
        block = beside([left, text(sign("⋆")), weights, text(sign("=")), right], 0.3)
    else:
        block = beside([left, text(sign("→")), right], 0.3)
    marks = [*outlines(block, "x", over, "covered"), *outlines(block, "z", [at], "active")]
    terms = [product_of("x", cells[cell], "w", weight) for cell, weight in real.items()]
    return frame(block.plus(marks), equation(entry("z", at), terms) if labelled else summed(entry("z", at), terms))


def so_far(at: Position) -> Callable[[Position], str]:
    """Return the roles of a result's cells while they are made one after the other, now the one at this index."""
    return lambda cell: "active" if cell == at else "output" if cell < at else "blank"


def output_shape(found: Iterable[Position]) -> Pair:
    """Return the shape of the matrix that has these indices."""
    rows, columns = (max(axis) + 1 for axis in zip(*found, strict=True))
    return rows, columns


def shared_weights(shape: Any, overlay: Any) -> Picture:
    """Return the picture of a feature map whose neurons share their weights."""
    size, small = pair(shape, "shared-weights: shape"), pair(overlay, "shared-weights: overlay")
    check_fits(size, small, "shared-weights")
    check_at_most("an input", size, (5, 5), "shared-weights")
    if small[0] * small[1] > HUES:
        raise ShapeError(f"shared-weights: {small[0] * small[1]} weights cannot be told apart by colour, {HUES} can")
    layer = FeatureMap(size, small)
    found = contributions(layer.z)
    frames = []
    for at, terms in found.items():
        over = covers([t for t in terms if any(name == "w" for name, _ in t[1])], "a_prev", "w")
        bias = [entry(name) for _, factors in terms for name, _ in factors if len(factors) == 1]
        frames.append(shared(at, over, bias, size, small, output_shape(found)))
    return Picture(
        "shared-weights",
        f"The {len(found)} neurons of a feature map share {small[0] * small[1]} weights",
        f"On the left the weights of an overlay of {small[0]} by {small[1]}, each in its own colour. In the middle the "
        f"input of {size[0]} by {size[1]}; in each frame the activations that one feature neuron is connected to have "
        "the colours of their weights, and a curve in that colour runs from each of them to the neuron on the right. "
        "The same weights come back in every frame, over other activations.",
        even(frames),
    )


def shared(
    at: Position, over: dict[Position, Position], bias: list[Label], size: Pair, small: Pair, result: Pair
) -> PictureFrame:
    """Return the frame of one feature neuron: its curves run along lanes above the labels of the cells."""
    colour = {weight: hue(k) for k, weight in enumerate(np.ndindex(*small))}
    lane, lanes, landings = 0.15, small[1] * 0.15 + 0.08, len(over) * 0.15 + 0.08
    weights = entries("w", small, lambda cell: colour[cell])
    under = entries(
        "a_prev",
        size,
        lambda cell: colour[over[cell]] if cell in over else "blank",
        cell=(1.15, 0.85 + lanes),
        drop=lanes / 2,
    )
    neurons = entries(
        "z",
        result,
        lambda cell: "active" if cell == at else "blank",
        cell=(1.1, 0.75 + landings),
        drop=landings / 2,
    )
    block = beside([weights, under, PictureBlock(0.6, 0.1, 0.05), neurons], 0.6)
    x, y, _, _ = block.anchors["z", at]
    left = block.anchors["z", (at[0], 0)][0]
    columns = sorted({cell[1] for cell in over})
    edge_x, _, edge_wide, _ = block.anchors["a_prev", (0, size[1] - 1)]
    curves = []
    for k, (cell, weight) in enumerate(over.items()):
        a, b, wide, _ = block.anchors["a_prev", cell]
        start = b + 0.04 + lane * (len(columns) - columns.index(cell[1]))
        landing = y + 0.04 + lane * (k + 1)
        curves.append(Curve(a + wide / 2, start, x, landing, colour[weight], edge_x + edge_wide, left - 0.1))
    marks = [*outlines(block, "a_prev", over, "ink"), *outlines(block, "z", [at], "active")]
    products = [product_of("a_prev", cell, "w", weight) for cell, weight in over.items()]
    return frame(block.plus([*marks, *curves]), equation(entry("z", at), [*products, *bias]))


def chaining(maps: Any, next_maps: Any, groups: Any, shape: Any, overlay: Any) -> Picture:
    """Return the picture of the feature maps of one layer that become those of the next."""
    depth, count = positive(maps, "chaining: maps"), positive(next_maps, "chaining: next_maps")
    size, small = pair(shape, "chaining: shape"), pair(overlay, "chaining: overlay")
    check_fits(size, small, "chaining")
    check_at_most("a map", size, (6, 6), "chaining")
    if depth > 4 or count > 4:
        raise ShapeError(f"chaining: {depth} maps into {count} cannot be drawn readably, 4 into 4 at most can")
    apart = positive(groups, "chaining: groups")
    if depth % apart or count % apart:
        raise ShapeError(f"chaining: {depth} maps and {count} next maps are not {apart} groups of equal size")
    each, made = depth // apart, count // apart
    previous = tensor(1, apart, each, *size, name="a_prev")
    found = contributions(
        conv(
            previous,
            tensor(apart, made, each, *small, name="w"),
            tensor(apart, made, name="b"),
            group_axis=True,
        )
    )
    frames = []
    for k in range(count):
        at = (k, 0, 0)
        over: dict[int, list[Position]] = {}
        filters: dict[int, Position] = {}
        for term in found[0, k // made, k % made, 0, 0]:
            if len(term[1]) == 2:
                (_, g, c, *cell), (_, i, j, *_) = at_entry(term, "a_prev"), at_entry(term, "w")
                over.setdefault(g * each + c, []).append(tuple(cell))
                filters[g * each + c] = (g * made + i, j)
        frames.append(chained(at, depth, count, size, small, output_shape(planes(found, 3)), over, filters))
    return Picture(
        "chaining",
        f"{counted(depth, 'feature map')} of one layer and {counted(count, 'feature map')} of the next, connected by "
        f"{counted(each * count, 'filter')}{f', in {apart} groups' * (apart > 1)}",
        f"On the left {counted(depth, 'feature map')} of one layer, on the right {count} of the next. Each frame shows "
        f"one next map: every map on the left{' of its group' * (apart > 1)} goes through a filter of its own into it, "
        "and the results are added. Highlighted are the cells that the first entry of the next map is made from.",
        even(frames),
    )


def counted(number: int, what: str) -> str:
    """Return how many of something there are, in words."""
    return f"{number} {what}{'s' * (number > 1)}"


def chained(
    at: Position,
    depth: int,
    count: int,
    size: Pair,
    small: Pair,
    result: Pair,
    over: dict[int, list[Position]],
    filters: dict[int, Position],
) -> PictureFrame:
    """Return the frame of one next map."""
    cell = (0.55, 0.55)

    def previous(d: int) -> PictureBlock:
        covered = set(over.get(d, ()))
        block = grid(f"a{d}", size, role=lambda c: hue(d) if c in covered else "blank", cell=cell)
        return beside([text(entry("a_prev", (d,)), 0.46), block.plus(outlines(block, f"a{d}", covered, hue(d)))], 0.25)

    def filtered(d: int) -> PictureBlock:
        block = grid(f"w{d}", small, role=hue(d), cell=cell)
        return beside([block, text(entry("w", filters[d]), 0.46)], 0.2)

    def following(k: int) -> PictureBlock:
        chosen = k == at[0]
        block = grid(f"z{k}", result, role=lambda c: "active" if chosen and c == at[1:] else "blank", cell=cell)
        marks = outlines(block, f"z{k}", [at[1:]], "active") if chosen else []
        return beside([block.plus(marks), text(entry("z", (k,)), 0.46)], 0.25)

    columns = [
        below([previous(d) for d in range(depth)], 0.6),
        below([filtered(d) for d in filters], 0.9),
        below([following(k) for k in range(count)], 0.9),
    ]
    block = beside(columns, 1.6)
    curves = []
    to, _, middle = sides(block, f"z{at[0]}", result)
    for d in filters:
        _, x, y = sides(block, f"a{d}", size)
        a, right, b = sides(block, f"w{d}", small)
        u = right + 0.35 + measure(entry("w", filters[d]), 0.46)
        curves.append(Curve(x, y, a - 0.04, b, hue(d), x, a - 0.24))
        curves.append(Curve(u, b, to - 0.04, middle, hue(d), u, to - 0.24))
    k = at[0]
    run = [(*entry("a_prev", (d,)), *sign("⋆"), *entry("w", w)) for d, w in filters.items()]
    return frame(block.plus(curves), equation(entry("z", (k,)), [*run, entry("b", (k,))]))


def sides(block: PictureBlock, name: str, shape: Pair) -> tuple[float, float, float]:
    """Return where a grid begins and ends from left to right, and its middle from top to bottom."""
    left, top, _, _ = block.anchors[name, (0, 0)]
    x, y, wide, high = block.anchors[name, (shape[0] - 1, shape[1] - 1)]
    return left, x + wide, (top + y + high) / 2
