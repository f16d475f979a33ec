"""What a picture is, without any device: boxes, outlines, curves and labels in frames; and how parts are put together.

Lengths are in cells: a cell of a grid is about 1 wide. `x` runs to the right and `y` downwards. A block is a part of
a frame, and remembers where the cells of its grids lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, Self

import numpy as np

from cnn_symbolic.present.figures.labels import Label, entry, sign, stacked
from cnn_symbolic.present.figures.typesetting import PlacedLabel, Rectangle, measure, set_label, within

LABEL_SIZE, TITLE_SIZE, SIGN_SIZE, CORNER_SIZE, CAPTION_SIZE = 0.4, 0.46, 0.56, 0.29, 0.4
MARGIN, CAPTION_HEIGHT, INSET = 0.2, 0.95, 0.09
Cell = tuple[str, tuple[int, ...]]
Anchors = Mapping[Cell, Rectangle]


@dataclass(frozen=True)
class Placed:
    """What stands somewhere in a frame."""

    x: float
    y: float

    def moved(self, x: float, y: float) -> Self:
        """Return the same, moved."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True)
class Box(Placed):
    """A cell: its role says which colour it has; `corner` is a small second label; padding is dashed.

    `drop` is how far the label stands below the middle.
    """

    width: float
    height: float
    role: str
    label: Label = ()
    corner: Label = ()
    dashed: bool = False
    drop: float = 0.0


@dataclass(frozen=True)
class Outline(Placed):
    """A strong rectangle around cells: where an overlay lies."""

    width: float
    height: float
    role: str


@dataclass(frozen=True)
class Curve(Placed):
    """A curve from a point to a point, with an arrowhead: it runs straight to `leave`, and straight from `land` on."""

    to_x: float
    to_y: float
    role: str
    leave: float
    land: float

    def moved(self, x: float, y: float) -> Curve:
        """Return the curve, moved at both ends."""
        to = replace(self, to_x=self.to_x + x, to_y=self.to_y + y, leave=self.leave + x, land=self.land + x)
        return super(Curve, to).moved(x, y)


@dataclass(frozen=True)
class Words(Placed):
    """A label on its own, around a point."""

    label: Label
    size: float


Element = Box | Outline | Curve | Words


@dataclass(frozen=True)
class PictureBlock:
    """A part of a frame; operators beside it stand at the height of its `axis`."""

    width: float
    height: float
    axis: float
    elements: tuple[Element, ...] = ()
    anchors: Anchors = field(default_factory=dict)

    def plus(self, elements: Iterable[Element]) -> PictureBlock:
        """Return the block with more elements on top."""
        return replace(self, elements=(*self.elements, *elements))

    def moved(self, x: float, y: float) -> PictureBlock:
        """Return the block with its elements and anchors moved inside of it."""
        return replace(
            self,
            elements=tuple(e.moved(x, y) for e in self.elements),
            anchors={key: (a + x, b + y, w, h) for key, (a, b, w, h) in self.anchors.items()},
        )


@dataclass(frozen=True)
class PictureFrame:
    """One state of a picture, with the caption below it."""

    width: float
    height: float
    elements: tuple[Element, ...]
    caption: Label = ()


@dataclass(frozen=True)
class Picture:
    """Frames of one size, a title, and in words what is to be seen; `name` is that of the catalogue."""

    name: str
    title: str
    description: str
    frames: tuple[PictureFrame, ...]

    def relabelled(self, change: Callable[[Label], Label]) -> Picture:
        """Return the picture with all labels changed."""

        def changed(e: Element) -> Element:
            if isinstance(e, Box):
                return replace(e, label=change(e.label), corner=change(e.corner))
            return replace(e, label=change(e.label)) if isinstance(e, Words) else e

        frames = (replace(f, elements=tuple(map(changed, f.elements)), caption=change(f.caption)) for f in self.frames)
        return replace(self, frames=tuple(frames))

    @property
    def labelled(self) -> bool:
        """Whether cells have labels in them, so that they must not become small."""
        return any(isinstance(e, Box) and (e.label or e.corner) for frame in self.frames for e in frame.elements)


def nothing(_: tuple[int, ...]) -> Any:
    """Return no label and no mark for any cell."""
    return ()


def grid(
    name: str,
    shape: Sequence[int],
    *,
    role: Callable[[tuple[int, ...]], str] | str,
    label: Callable[[tuple[int, ...]], Label] = nothing,
    corner: Callable[[tuple[int, ...]], Label] = nothing,
    dashed: Callable[[tuple[int, ...]], bool] = lambda _: False,
    title: Label = (),
    cell: tuple[float, float] = (1.0, 1.0),
    drop: float = 0.0,
) -> PictureBlock:
    """Return a grid of cells with its title above; its anchors are `(name, index)`."""
    rows, columns = shape
    wide, high = cell
    width = max(columns * wide, measure(title, TITLE_SIZE))
    left, top = (width - columns * wide) / 2, title_height(title)
    boxes, anchors = list[Element](), dict[Cell, Rectangle]()
    for at in np.ndindex(rows, columns):
        x, y = left + at[1] * wide, top + at[0] * high
        kind = role if isinstance(role, str) else role(at)
        boxes.append(Box(x, y, wide, high, kind, label(at), corner(at), dashed(at), drop))
        anchors[name, at] = (x, y, wide, high)
    over: list[Element] = [Words(width / 2, top / 2 - 0.04, title, TITLE_SIZE)] if title else []
    return PictureBlock(width, top + rows * high, top + rows * high / 2, (*over, *boxes), anchors)


def entries(
    name: str, shape: Sequence[int], role: Callable[[tuple[int, ...]], str] | str, **options: Any
) -> PictureBlock:
    """Return the grid of a tensor, called as it is, with its entries as labels unless there are others."""
    return grid(name, shape, role=role, **{"label": lambda at: entry(name, at), "title": entry(name), **options})


def title_height(title: Label) -> float:
    """Return how much room a title takes."""
    return (1.24 if stacked(title) else 0.72) if title else 0.0


def text(label: Label, size: float = SIGN_SIZE) -> PictureBlock:
    """Return an operator or a formula as a block; the small signs of products are enlarged."""
    if label in (sign("⋆"), sign("·")):
        size *= 1.5
    height = size * (2.6 if stacked(label) else 1.2)
    width = 0.7 * size if len(label) == 1 and label in map(sign, "=+−⋆∗⊙·→") else measure(label, size)
    return PictureBlock(width, height, height / 2, (Words(width / 2, height / 2, label, size),))


def beside(blocks: Sequence[PictureBlock], gap: float = 0.4) -> PictureBlock:
    """Return blocks in a row, their axes at one height."""
    axis = max(block.axis for block in blocks)
    height = axis + max(block.height - block.axis for block in blocks)
    lefts = list(accumulate((block.width + gap for block in blocks), initial=0.0))
    placed = [block.moved(x, axis - block.axis) for x, block in zip(lefts, blocks, strict=False)]
    return together(lefts[-1] - gap, height, axis, placed)


def below(blocks: Sequence[PictureBlock], gap: float = 0.5) -> PictureBlock:
    """Return blocks one below the other."""
    width = max(block.width for block in blocks)
    tops = list(accumulate((block.height + gap for block in blocks), initial=0.0))
    placed = [block.moved((width - block.width) / 2, y) for y, block in zip(tops, blocks, strict=False)]
    return together(width, tops[-1] - gap, (tops[-1] - gap) / 2, placed)


def together(width: float, height: float, axis: float, placed: Sequence[PictureBlock]) -> PictureBlock:
    """Return one block of that size with the elements of all, each where it is."""
    anchors = {cell: at for block in placed for cell, at in block.anchors.items()}
    return PictureBlock(width, height, axis, tuple(e for block in placed for e in block.elements), anchors)


def flow(parts: Sequence[tuple[str, PictureBlock]], width: float = 12.5) -> PictureBlock:
    """Return blocks with the sign before each, in as many rows as it takes to stay within the width.

    Where there are signs, a block without one has room for it, so that blocks of one size stand in columns.
    """
    rows: list[list[PictureBlock]] = [[]]
    signs = any(before for before, _ in parts)
    for before, block in parts:
        first = text(sign(before)) if before else PictureBlock(0.7 * SIGN_SIZE, 0, 0)
        item = beside([first, block], 0.2) if signs else block
        if rows[-1] and sum(b.width + 0.3 for b in rows[-1]) + item.width > width:
            rows.append([])
        rows[-1].append(item)
    return below([beside(row, 0.3) for row in rows], 0.5)


def outlines(block: PictureBlock, name: str, cells: Iterable[tuple[int, ...]], role: str) -> list[Outline]:
    """Return the outline around cells of a grid: one rectangle if they fill it, else one around each."""
    found = [block.anchors[name, at] for at in cells]
    if not found:
        return []
    left, top = min(x for x, _, _, _ in found), min(y for _, y, _, _ in found)
    right, bottom = max(x + w for x, _, w, _ in found), max(y + h for _, y, _, h in found)
    if abs((right - left) * (bottom - top) - sum(w * h for _, _, w, h in found)) < 1e-6:
        return [Outline(left, top, right - left, bottom - top, role)]
    return [Outline(*rectangle, role) for rectangle in found]


def frame(block: PictureBlock, caption: Label = ()) -> PictureFrame:
    """Return a block as a frame with a margin, at least as wide as its caption."""
    wide = max(block.width, measure(caption, CAPTION_SIZE))
    placed = block.moved(MARGIN + (wide - block.width) / 2, MARGIN)
    return PictureFrame(wide + 2 * MARGIN, block.height + 2 * MARGIN, placed.elements, caption)


def even(frames: Iterable[PictureFrame]) -> tuple[PictureFrame, ...]:
    """Return frames that are all as large as the largest, what is in them in the middle."""
    given = list(frames)
    width, height = max(f.width for f in given), max(f.height for f in given)
    return tuple(
        PictureFrame(width, height, tuple(e.moved((width - f.width) / 2, 0) for e in f.elements), f.caption)
        for f in given
    )


def labels_of(frame: PictureFrame, least: float = 0.0) -> list[tuple[Element | None, PlacedLabel]]:
    """Return the labels of a frame where they stand, each with what it belongs to, and its caption with nothing.

    No letters are smaller than `least`, unless there is no room for them.
    """
    placed: list[tuple[Element | None, PlacedLabel]] = []
    for e in frame.elements:
        if isinstance(e, Box):
            placed += [(e, one) for one in cell_labels(e, least)]
        elif isinstance(e, Words) and e.label:
            placed.append((e, PlacedLabel(e.label, e.x, e.y, e.size)))
    if frame.caption:
        room = (0.0, frame.height, frame.width, 0.7 * CAPTION_HEIGHT)
        placed.append((None, within(frame.caption, room, max(CAPTION_SIZE, least))))
    return placed


def cell_labels(e: Box, least: float = 0.0) -> list[PlacedLabel]:
    """Return the labels of a cell: the small one in its corner has up to half of it, and its own what is above."""
    left, top, width, height = e.x + INSET, e.y + INSET, e.width - 2 * INSET, e.height - 2 * INSET
    placed = []
    if e.corner:
        size = max(CORNER_SIZE, least)
        small = set_label(e.corner, size)
        high, wide = min(small.bottom - small.top, (height - INSET) / 2), min(small.width, width)
        placed.append(within(e.corner, (left + width - wide, top + height - high, wide, high), size))
        height -= high + INSET
    if e.label:
        room = (left, top + 2 * e.drop, width, height - 2 * e.drop)
        placed.append(within(e.label, room, max(LABEL_SIZE, least), e.role == "zero"))
    return placed
