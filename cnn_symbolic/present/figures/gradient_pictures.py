"""Pictures of the gradients of a feature map: contributions laid in place and added up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.layers.catalogue import FeatureMap
from cnn_symbolic.present.figures.colours import HUES, hue
from cnn_symbolic.present.figures.convolution_pictures import (
    at_entry,
    covers,
    equation,
    output_shape,
    padded_input,
    product_of,
    so_far,
)
from cnn_symbolic.present.figures.index_maps import Contributions, Position, contributions, gathered
from cnn_symbolic.present.figures.labels import Label, Quotient, Symbol, entry, number, sign, words
from cnn_symbolic.present.figures.options import Pair, check_at_most, check_fits, pair, written
from cnn_symbolic.present.figures.scene import (
    LABEL_SIZE,
    Picture,
    PictureBlock,
    PictureFrame,
    below,
    beside,
    entries,
    even,
    flow,
    frame,
    grid,
    outlines,
    text,
)
from cnn_symbolic.present.figures.typesetting import measure
from cnn_symbolic.tensors.making import tensor
from cnn_symbolic.tensors.operations.basic import rot180
from cnn_symbolic.tensors.operations.correlation import convolve
from cnn_symbolic.tensors.tensor import Tensor


def feature_map(owner: str, shape: Any, overlay: Any, largest: Pair) -> FeatureMap:
    """Return the feature map of a picture, checked to be small enough."""
    size, small = pair(shape, f"{owner}: shape"), pair(overlay, f"{owner}: overlay")
    check_fits(size, small, owner)
    check_at_most("an input", size, largest, owner)
    layer = FeatureMap(size, small)
    rows, columns = sizes_of(layer.z)
    neurons = rows * columns
    if neurons > HUES:
        raise ShapeError(f"{owner}: the contributions of {neurons} neurons cannot be drawn readably, {HUES} can")
    return layer


def sizes_of(x: Tensor) -> Pair:
    """Return the shape of a matrix as numbers."""
    rows, columns = (int(n) for n in x.lengths)
    return rows, columns


def in_terms_of_delta(layer: FeatureMap, wrt: Tensor) -> Contributions:
    """Return what a gradient is made from, with δ for σ′(z)·∂C/∂a."""
    return gathered(contributions(layer.gradient(wrt)), "δ", contributions(layer.delta))


def cell_for(labels: list[Label]) -> tuple[float, float]:
    """Return the size of a cell that has room for each of the labels."""
    quotients = [part for label in labels for part in label if isinstance(part, Quotient)]
    above = any(isinstance(part, Symbol) and part.above for quotient in quotients for part in quotient.bottom)
    tall = 1.65 if above else 1.35 if quotients else 1.0
    return max(1.0, *(measure(label, LABEL_SIZE) + 0.24 for label in labels)), tall


def matrix(
    name: str, shape: Pair, role: Any, label: Callable[[Position], Label] | None = None, title: Label | None = None
) -> PictureBlock:
    """Return a grid whose cells have room for their labels: the entries of the tensor of that name, unless given."""
    shown = (lambda at: entry(name, at)) if label is None else label
    cell = cell_for([shown(at) for at in np.ndindex(*shape)])
    return entries(name, shape, role, label=shown, cell=cell, **({} if title is None else {"title": title}))


def bias_gradient(shape: Any, overlay: Any) -> Picture:
    """Return the picture of the bias gradient: the sum of the components of δ."""
    layer = feature_map("bias-gradient", shape, overlay, (6, 6))
    size, small = sizes_of(layer.delta), sizes_of(layer.w)
    factors = {at: [part for _, parts in terms for part in parts] for at, terms in contributions(layer.delta).items()}
    colour = {at: hue(k) for k, at in enumerate(factors)}
    names = list(dict.fromkeys(name for parts in factors.values() for name, _ in parts))
    owners = {part: at for at, parts in factors.items() for part in parts}

    def factor(name: str) -> PictureBlock:
        return matrix(name, size, lambda at: colour[owners[name, at]])

    def product(at: Position) -> Label:
        return tuple(s for k, part in enumerate(factors[at]) for s in (*(sign("·") if k else ()), *entry(*part)))

    summands = [dict(parts)["δ"] for _, parts in in_terms_of_delta(layer, layer.b)[0, 0]]
    products = matrix("δ", size, lambda at: colour[at], product)
    cells = [single(entry("δ", at), colour[at]) for at in summands]
    total = [("", text(entry("∂C/∂b"), 0.5)), *(("+" if k else "=", cell) for k, cell in enumerate(cells))]
    block = below(
        [
            beside([factor(names[0]), text(sign("⊙")), *(factor(name) for name in names[1:])]),
            beside([text(sign("=")), products]),
            flow(total, 11),
        ]
    )
    return Picture(
        "bias-gradient",
        f"The bias gradient is the sum of the components of δ, here {written(size)}",
        f"Above, two matrices of {size[0]} by {size[1]}: the slopes σ′(z) and the arriving gradient ∂C/∂a. Below them "
        "their product entry by entry, δ, each entry in its own colour. At the bottom ∂C/∂b is the sum of all entries "
        f"of δ: the one bias is shared by all neurons of the map that an overlay of {written(small)} makes.",
        (frame(block),),
    )


def single(label: Label, role: str) -> PictureBlock:
    """Return one cell with its label."""
    return grid("single", (1, 1), role=role, label=lambda _: label)


def weight_gradient(shape: Any, overlay: Any) -> Picture:
    """Return the picture of the weight gradient: for each neuron δ times its underlay, added up."""
    layer = feature_map("weight-gradient", shape, overlay, (5, 5))
    return added_up(
        "weight-gradient",
        layer,
        layer.w,
        layer.a_prev,
        f"The weight gradient is the sum of δ times the underlay, over {written(sizes_of(layer.delta))} neurons",
        "For each feature neuron one matrix of the overlay's shape: its δ times the entries of the input that lie "
        "under the overlay there, every entry written out as a product. At the bottom their sum, ∂C/∂w.",
    )


def input_gradient(shape: Any, overlay: Any) -> Picture:
    """Return the picture of the input gradient: for each neuron δ times the overlay, laid in place and added up."""
    layer = feature_map("input-gradient", shape, overlay, (4, 4))
    return added_up(
        "input-gradient",
        layer,
        layer.a_prev,
        layer.w,
        f"The input gradient is the sum of δ times the overlay at its place, over {written(sizes_of(layer.delta))} "
        "neurons",
        "For each feature neuron one matrix of the input's shape: its δ times the overlay, laid where the neuron's "
        "underlay is, every entry written out as a product, and 0 elsewhere. At the bottom their sum, ∂C/∂a_prev.",
    )


def added_up(name: str, layer: FeatureMap, wrt: Tensor, other: Tensor, title: str, description: str) -> Picture:
    """Return the picture of a gradient as the sum of what each neuron contributes."""
    found = in_terms_of_delta(layer, wrt)
    size, neurons = sizes_of(wrt), list(np.ndindex(*sizes_of(layer.delta)))
    colour = {at: hue(k) for k, at in enumerate(neurons)}
    factor, target = other.name or "", wrt.name or ""

    def part(neuron: Position) -> PictureBlock:
        mine = {at: term for at, terms in found.items() for term in terms if at_entry(term, "δ") == neuron}

        def label(at: Position) -> Label:
            return product_of("δ", neuron, factor, at_entry(mine[at], factor)) if at in mine else number(0)

        return matrix(f"δ{neuron}", size, lambda at: colour[neuron] if at in mine else "zero", label, title=())

    given = beside(
        [
            matrix("δ", sizes_of(layer.delta), lambda at: colour[at]),
            matrix(factor, sizes_of(other), "weight" if factor == "w" else "input"),
        ],
        1.0,
    )
    gradient = f"∂C/∂{target}"
    result = matrix(gradient, size, "output", title=())
    parts = [("+" if k else "", part(neuron)) for k, neuron in enumerate(neurons)]
    block = below([given, flow(parts, 14), beside([text(sign("=")), result], 0.3)], 0.6)
    return Picture(
        name, title, f"Above, δ and {factor}, each entry of δ in its own colour. {description}", (frame(block),)
    )


def full_convolution(shape: Any, overlay: Any) -> Picture:
    """Return the picture of the full convolution of the overlay with δ, whose entries are the input gradient's."""
    owner = "full-convolution"
    layer = feature_map(owner, shape, overlay, (4, 4))
    small, size, result = sizes_of(layer.delta), sizes_of(layer.w), sizes_of(layer.a_prev)
    delta = tensor(*small, name="δ")
    padded, cells = padded_input(layer.w, [(n - 1, n - 1) for n in small])
    found = contributions(convolve(padded, delta, mode="valid"), keep=["padded"])
    turned = {at: at_entry(terms[0], "δ") for at, terms in contributions(rot180(delta)).items()}
    frames = tuple(
        turning(at, covers(terms, "padded", "δ"), cells, turned, sizes_of(padded), result)
        for at, terms in found.items()
    )
    return Picture(
        owner,
        f"The full convolution of an overlay of {written(size)} with δ of {written(small)}, from its starting position",
        f"On the left the overlay w of {size[0]} by {size[1]} with zeros around it, dashed. Over it lies δ, rotated by "
        "180 degrees, at one position in each frame; at the starting position the first component of δ lies over the "
        f"first weight. On the right the input gradient of {result[0]} by {result[1]}: highlighted is the entry that "
        "the covered products add up to.",
        even(frames),
    )


def turning(
    at: Position,
    over: dict[Position, Position],
    cells: dict[Position, Position],
    turned: dict[Position, Position],
    padded: Pair,
    result: Pair,
) -> PictureFrame:
    """Return the frame of one position of the rotated δ over the overlay."""
    target = "∂C/∂a_prev"
    weights = entries(
        "w",
        padded,
        lambda cell: "passed" if cell in over else "weight" if cell in cells else "zero",
        label=lambda cell: entry("w", cells[cell]) if cell in cells else number(0),
        corner=lambda cell: entry("δ", over[cell]) if cell in over else (),
        dashed=lambda cell: cell not in cells,
        cell=(1.1, 1.1),
    )
    title = (*words("rot180("), *entry("δ"), *words(")"))
    rotated = matrix("rot180", output_shape(turned), "gradient", lambda cell: entry("δ", turned[cell]), title)
    gradient = matrix(target, result, so_far(at), title=())
    row = [weights, text(sign("⋆")), rotated, text(sign("=")), gradient]
    wide = sum(block.width for block in row) > 14
    block = below([beside(row[:3], 0.3), beside(row[3:], 0.3)]) if wide else beside(row, 0.3)
    marks = [*outlines(block, "w", over, "passed"), *outlines(block, target, [at], "active")]
    products = [product_of("w", cells[cell], "δ", over[cell]) for cell in over if cell in cells]
    return frame(block.plus(marks), equation(entry(target, at), products))
