"""Pictures of pooling, with numbers: what is passed on, and what is passed back; of what makes inputs larger."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd, prod
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import OperandError, ShapeError
from cnn_symbolic.layers.catalogue import AveragePool
from cnn_symbolic.present.figures.colours import HUES, hue
from cnn_symbolic.present.figures.convolution_pictures import LARGEST_ROW, at_entry, output_shape, planes, so_far
from cnn_symbolic.present.figures.index_maps import Contributions, Position, contributions
from cnn_symbolic.present.figures.labels import Label, entry, joined, number, sign, stacked, words
from cnn_symbolic.present.figures.options import (
    Pair,
    check_at_most,
    check_fits,
    is_row,
    padding_of,
    pair,
    said,
    written,
)
from cnn_symbolic.present.figures.scene import (
    Picture,
    PictureBlock,
    PictureFrame,
    below,
    beside,
    entries,
    even,
    flow,
    frame,
    nothing,
    outlines,
    text,
)
from cnn_symbolic.present.figures.typesetting import measure
from cnn_symbolic.tensors.gradients import gradient
from cnn_symbolic.tensors.making import named, tensor
from cnn_symbolic.tensors.operations.convolutions import conv_transpose, unfold, upsample_nearest
from cnn_symbolic.tensors.operations.pooling import select_pool
from cnn_symbolic.tensors.operations.stacking import literal
from cnn_symbolic.tensors.tensor import Tensor

GRID = ((8, 0, 11, 1, 6), (10, 2, 4, 14, 17), (5, 16, 19, 15, 7), (12, 13, 9, 18, 3))  # the article's
Numbers = Mapping[Position, int]


def numbers(shape: Pair) -> dict[Position, int]:
    """Return different numbers for the cells of an input: the article's, if they suffice."""
    rows, columns = shape
    if rows <= len(GRID) and columns <= len(GRID[0]):
        return {at: GRID[at[0]][at[1]] for at in np.ndindex(*shape)}
    cells = rows * columns
    step = next(k for k in range(cells * 2 // 5, cells + 2) if gcd(k, cells) == 1)
    return {at: (k * step + 3) % cells for k, at in enumerate(np.ndindex(*shape))}


class Pooling:
    """The windows of a pooling, and which entry of the input each selects: the first of its greatest numbers."""

    def __init__(self, owner: str, shape: Any, window: Any, stride: Any) -> None:
        self.size, self.window = pair(shape, f"{owner}: shape"), pair(window, f"{owner}: overlay")
        self.stride = self.window if stride is None else pair(stride, f"{owner}: stride")
        check_fits(self.size, self.window, owner)
        check_at_most("an input", self.size, (1, 12) if is_row(self.size, self.window) else (6, 6), owner)
        self.x = tensor(1, 1, *self.size, name="x")
        self.values = numbers(self.size)
        self.windows: dict[Position, dict[Position, Position]] = {}
        for at, terms in contributions(unfold(self.x, overlay=self.window, stride=self.stride)).items():
            self.windows.setdefault(at[4:], {})[at[2:4]] = at_entry(terms[0], "x")[2:]
        cells = [cell for window in self.windows.values() for cell in window.values()]
        self.apart = len(cells) == len(set(cells)) and len(self.windows) <= HUES
        self.colour = {at: hue(k) for k, at in enumerate(self.windows)} if self.apart else {}

    @property
    def selected(self) -> Tensor:
        """The pooled values as a tensor with a name, the selection being that of the numbers."""
        rows, columns = output_shape(self.windows)
        chosen = np.zeros((1, 1, rows, columns, *self.window), dtype=object)
        for at, cells in self.windows.items():
            first = max(cells, key=lambda within: self.values[cells[within]])
            chosen[(0, 0, *at, *first)] = 1
        return named("a", select_pool(self.x, literal(values=chosen.tolist()), stride=self.stride))

    def role(self, cell: Position) -> str:
        """Return the colour of a cell of the input: that of its window."""
        return next(
            (self.colour[at] for at, cells in self.windows.items() if self.apart and cell in cells.values()), "blank"
        )

    def role_of(self, at: Position) -> str:
        """Return the colour of a window."""
        return self.colour[at] if self.apart else "output"


def combined(terms: list[tuple[Fraction, Position]], values: Numbers) -> Fraction:
    """Return the number that products with a tensor's entries add up to."""
    return sum((c * values[at] for c, at in terms), Fraction(0))


def linear(found: Contributions, name: str) -> dict[Position, list[tuple[Fraction, Position]]]:
    """Return, for each entry, the coefficients and indices of the tensor that it is linear in."""
    return {at: [(c, dict(factors)[name]) for c, factors in terms] for at, terms in planes(found).items()}


def pooled(name: str, title: str, pooling: Pooling, output: Tensor, description: str, how: str) -> Picture:
    """Return the picture of a pooling's forward pass, in one frame if no windows overlap."""
    made = linear(contributions(output), "x")
    results = {at: combined(terms, pooling.values) for at, terms in made.items()}
    selects = all(len(terms) == 1 for terms in made.values()) and prod(pooling.window) > 1
    shape = output_shape(made)

    def state(at: Position | None) -> PictureFrame:
        window = set(pooling.windows[at].values()) if at is not None else set()
        chosen = {cell for place in ([at] if at is not None else made) for _, cell in made[place]} if selects else set()

        def role(cell: Position) -> str:
            if at is None:
                return pooling.role(cell)
            return "covered" if cell in window else "input"

        left = entries("x", pooling.size, role, label=lambda c: number(pooling.values[c]))
        right = entries(
            "a",
            shape,
            pooling.role_of if at is None else so_far(at),
            label=lambda c: number(results[c]) if at is None or c <= at else (),
            cell=cell_of([number(v) for v in results.values()]),
        )
        block = beside([left, text(sign("→")), right], 0.4)
        marks = [*outlines(block, "x", window, "covered"), *(outlines(block, "a", [at], "active") if at else [])]
        marks += [mark for cell in sorted(chosen) for mark in outlines(block, "x", [cell], "ink")]
        if at is None:
            return frame(block.plus(marks))
        inside = joined([number(pooling.values[c]) for c in sorted(window)], ", ")
        return frame(block.plus(marks), (*entry("a", at), *sign("="), *words(f"{how} "), *inside))

    frames = (state(None),) if pooling.apart else even(state(at) for at in made)
    return Picture(name, title, description, frames)


def cell_of(labels: list[Label]) -> tuple[float, float]:
    """Return the size of a cell that has room for each of the labels."""
    tall = 1.25 if any(map(stacked, labels)) else 1.0
    return max(1.0, *(measure(label, 0.4) + 0.3 for label in labels)), tall


def max_pooling(shape: Any, overlay: Any, stride: Any) -> Picture:
    """Return the picture of max pooling."""
    pooling = Pooling("max-pooling", shape, overlay, stride)
    return pooled(
        "max-pooling",
        f"Max pooling of an input of {written(pooling.size)} with windows of {written(pooling.window)}",
        pooling,
        pooling.selected,
        f"On the left an input of {pooling.size[0]} by {pooling.size[1]} numbers. {windows_of(pooling)} The greatest "
        "number of a window has a strong outline; it is the window's entry in the output on the right.",
        "the maximum of",
    )


def windows_of(pooling: Pooling) -> str:
    """Return in words how windows are shown."""
    rows, columns = pooling.window
    if pooling.apart:
        return f"Each window of {rows} by {columns} numbers has its own colour."
    return f"A window of {rows} by {columns} numbers slides over it, one position in each frame."


def average_pooling(shape: Any, overlay: Any, stride: Any) -> Picture:
    """Return the picture of average pooling."""
    pooling = Pooling("average-pooling", shape, overlay, stride)
    layer = AveragePool((1, 1, *pooling.size), pooling.window, stride=pooling.stride)
    return pooled(
        "average-pooling",
        f"Average pooling of an input of {written(pooling.size)} with windows of {written(pooling.window)}",
        pooling,
        layer.a,
        f"On the left an input of {pooling.size[0]} by {pooling.size[1]} numbers. {windows_of(pooling)} The average of "
        "a window is its entry in the output on the right.",
        "the average of",
    )


def passed_back(name: str, title: str, pooling: Pooling, output: Tensor, scale: int, description: str) -> Picture:
    """Return the picture of a pooling's backward pass."""
    back = linear(contributions(gradient(output, wrt=pooling.x)), "∂C/∂a")
    forward = linear(contributions(output), "x")
    arriving = {at: scale * (k % 9 + 1) for k, at in enumerate(pooling.windows)}
    chosen = {terms[0][1] for terms in forward.values() if len(terms) == 1}

    def label(cell: Position) -> Label:
        summands = [number(c * arriving[at]) for c, at in back[cell]]
        together = joined(summands, "+") or number(0)
        return together if measure(together, 0.4) < 1.9 else number(combined(back[cell], arriving))

    def role(cell: Position) -> str:
        if not back[cell]:
            return "zero"
        return pooling.colour[back[cell][0][1]] if pooling.apart else "passed"

    left = entries("x", pooling.size, pooling.role, label=lambda c: number(pooling.values[c]))
    middle = entries(
        "∂C/∂a",
        output_shape(forward),
        lambda at: pooling.colour[at] if pooling.apart else "gradient",
        label=lambda at: number(arriving[at]),
    )
    right = entries("∂C/∂x", pooling.size, role, label=label, cell=cell_of([label(c) for c in back]))
    left = left.plus(mark for cell in sorted(chosen) for mark in outlines(left, "x", [cell], "ink"))
    right = right.plus(mark for cell in sorted(chosen) for mark in outlines(right, "∂C/∂x", [cell], "ink"))
    block = flow([("", beside([left, middle], 0.7)), ("→", right)], 14.5)
    return Picture(name, title, description, (frame(block),))


def max_pooling_gradient(shape: Any, overlay: Any, stride: Any) -> Picture:
    """Return the picture of what max pooling passes back."""
    pooling = Pooling("max-pooling-gradient", shape, overlay, stride)
    return passed_back(
        "max-pooling-gradient",
        f"Max pooling passes the gradient back to the maximum of each window of {written(pooling.window)}",
        pooling,
        pooling.selected,
        1,
        "On the left the input, the maximum of each window with a strong outline. In the middle ∂C/∂a, one number for "
        "each window. On the right ∂C/∂x: each number of ∂C/∂a stands where its window has its maximum; numbers that "
        "arrive at one place are added, and everywhere else is 0.",
    )


def average_pooling_gradient(shape: Any, overlay: Any, stride: Any) -> Picture:
    """Return the picture of what average pooling passes back."""
    pooling = Pooling("average-pooling-gradient", shape, overlay, stride)
    layer = AveragePool((1, 1, *pooling.size), pooling.window, stride=pooling.stride)
    pooling.x = layer.x
    return passed_back(
        "average-pooling-gradient",
        f"Average pooling spreads the gradient evenly over each window of {written(pooling.window)}",
        pooling,
        layer.a,
        prod(pooling.window),
        "On the left the input. In the middle ∂C/∂a, one number for each window. On the right ∂C/∂x: each number of "
        f"∂C/∂a is divided by the {prod(pooling.window)} cells of its window and stands in all of them; shares that "
        "arrive at one place are added.",
    )


def upsampling(shape: Any, factor: Any) -> Picture:
    """Return the picture of upsampling to the nearest entry."""
    size, factors = pair(shape, "upsampling: shape"), pair(factor, "upsampling: factor")
    check_at_most("an input", size, (3, 3), "upsampling")
    output = upsample_nearest(tensor(1, 1, *size, name="x"), factors=factors)
    result = (int(output.lengths[2]), int(output.lengths[3]))
    check_at_most("an output", result, (9, 9), "upsampling")
    made = linear(contributions(output), "x")
    colour = {at: hue(k) for k, at in enumerate(np.ndindex(*size))}
    source = {cell: terms[0][1] for cell, terms in made.items()}
    left = entries("x", size, lambda at: colour[at])
    shown: dict[str, Any] = {"label": lambda c: entry("x", source[c]), "title": words("upsampled")}
    right = entries("y", result, lambda c: colour[source[c]], **shown)
    block: PictureBlock = beside([left, text(sign("→")), right], 0.4)
    for at in colour:
        block = block.plus(outlines(block, "y", [c for c, of in source.items() if of == at], "ink"))
    return Picture(
        "upsampling",
        f"Upsampling of an input of {written(size)} by the factors {written(factors)} repeats every entry",
        f"On the left an input of {size[0]} by {size[1]}, each entry in its own colour. On the right the output of "
        f"{result[0]} by {result[1]}: each entry of the input fills a block of {factors[0]} by {factors[1]} cells.",
        (frame(block),),
    )


def transposed_convolution(
    shape: Any, overlay: Any, stride: Any, padding: Any, dilation: Any, output_padding: Any
) -> Picture:
    """Return the picture of a transposed convolution: every entry lays its multiple of the overlay at its place."""
    owner = "transposed-convolution"
    size, small = pair(shape, f"{owner}: shape"), pair(overlay, f"{owner}: overlay")
    steps, spread = pair(stride, f"{owner}: stride"), pair(dilation, f"{owner}: dilation")
    row = is_row(size, small)
    cut = padding_of(padding, f"{owner}: padding", row)
    if isinstance(cut, str):
        raise OperandError(f"{owner}: the padding is a number of cells that are cut off, found {cut!r}")
    more = pair(output_padding, f"{owner}: output_padding", 0)
    extra = (0, more[1]) if row and isinstance(output_padding, int) else more
    check_at_most("an input", size, (1, 8) if row else (5, 5), owner)
    y, w = tensor(1, 1, *size, name="y"), tensor(1, 1, *small, name="w")
    options: dict[str, Any] = {"stride": steps, "dilation": spread, "output_padding": extra}
    try:
        z = conv_transpose(y, w, padding=cut, **options)
    except ShapeError:
        raise ShapeError(f"{owner}: the padding {said(padding)} leaves nothing of the output") from None
    whole = planes(contributions(conv_transpose(y, w, **options)))
    kept, result = (int(z.lengths[2]), int(z.lengths[3])), output_shape(whole)
    check_at_most("an output with what is cut off", result, LARGEST_ROW if row else (10, 10), owner)
    first = [int(kept_from) for kept_from, _ in cut]
    frames, seen = [], frozenset[Position]()
    for at in np.ndindex(*size):
        laid = {cell: at_entry(t, "w") for cell, terms in whole.items() for t in terms if at_entry(t, "y") == at}
        roles = {
            cell: "active" if cell in laid else "output" if cell in seen else "blank" if whole[cell] else "zero"
            for cell in whole
        }
        dashed = {c for c in whole if not all(a <= k < a + n for k, a, n in zip(c, first, kept, strict=True))}
        frames.append(laying(at, laid, roles, dashed, size, small, result))
        seen |= frozenset(laid)
    return Picture(
        owner,
        f"A transposed convolution lays an overlay of {written(small)} for each entry of an input of {written(size)}",
        f"On the left an input of {size[0]} by {size[1]}, one entry of it highlighted in each frame. On the right the "
        f"output of {kept[0]} by {kept[1]}{', and dashed what the padding cuts off' * (kept != result)}: highlighted "
        "is where that entry's multiple of the overlay is laid. Where overlays of several entries lie over one cell, "
        "their products add up.",
        even(frames),
    )


def laying(
    at: Position, laid: dict[Position, Position], roles: dict[Position, str], dashed: set[Position],
    size: Pair, small: Pair, result: Pair,
) -> PictureFrame:  # fmt: skip
    """Return the frame of one entry, which lays its multiple of the overlay at its place."""
    row = is_row(size, small)
    labelled = row or max(result) <= 6
    bare: dict[str, Any] = {} if labelled else {"label": nothing}

    def label(cell: Position) -> Label:
        return entry("w", laid[cell]) if cell in laid else number(0) if roles[cell] == "zero" else ()

    inputs = entries("y", size, lambda cell: "covered" if cell == at else "input", **bare)
    weights = entries("w", small, "weight", **bare)
    outputs = entries("z", result, roles.__getitem__, label=label if labelled else nothing, dashed=dashed.__contains__)
    if row:
        block = below([beside([inputs, text(sign("·")), weights], 0.3), outputs], 0.4)
    elif inputs.width + weights.width + outputs.width > 12.5:
        block = beside([inputs, text(sign("→")), outputs], 0.3)
    else:
        block = beside([inputs, text(sign("·")), weights, text(sign("→")), outputs], 0.3)
    marks = [*outlines(block, "y", [at], "covered"), *outlines(block, "z", laid, "active")]
    caption = (*words("adds "), *entry("y", at), *sign("·"), *entry("w"), *words(" at its place"))
    return frame(block.plus(marks), caption)
