"""How the frames of a picture are laid out side by side, for a page of a given size."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from cnn_symbolic.present.figures.scene import CAPTION_HEIGHT, Picture, PictureFrame

GAP = 0.6
STILLS = (9, 6, 4, 2, 1)


@dataclass(frozen=True)
class Sheet:
    """Frames in rows: where each stands, in cells, the size of the whole, and how large a cell is."""

    places: tuple[tuple[float, float, PictureFrame], ...]
    width: float
    height: float
    unit: float


def sheet(picture: Picture, width: float, height: float, largest: float, smallest: float) -> Sheet:
    """Return frames laid out in few rows on a page of that size, cells being `smallest` to `largest` wide.

    At most nine frames are shown, and fewer where they would not fit: evenly chosen, with the first and the last.
    """
    counts = [n for n in STILLS if n < len(picture.frames)]
    tried = [len(picture.frames)] * (len(picture.frames) <= STILLS[0]) + counts
    found = [laid_out(chosen(picture.frames, n), width, height, largest, smallest) for n in tried]
    return next((s for s in found if s.unit >= smallest - 1e-9), found[-1])


def chosen(frames: tuple[PictureFrame, ...], count: int) -> tuple[PictureFrame, ...]:
    """Return that many frames, evenly chosen."""
    return tuple(frames[round(k * (len(frames) - 1) / max(count - 1, 1))] for k in range(count))


def laid_out(frames: tuple[PictureFrame, ...], width: float, height: float, largest: float, smallest: float) -> Sheet:
    """Return the frames in as few rows as keep cells large enough, or else as large as they can be."""
    across, down = max(f.width for f in frames), max(map(tall, frames))

    def size(columns: int) -> tuple[float, float]:
        rows = ceil(len(frames) / columns)
        return columns * across + (columns - 1) * GAP, rows * down + (rows - 1) * GAP

    def unit(columns: int) -> float:
        wide, high = size(columns)
        return min(largest, width / wide, height / high)

    def rank(columns: int) -> tuple[float, float]:
        enough = unit(columns) >= smallest - 1e-9
        return (-ceil(len(frames) / columns) if enough else -len(frames) - 1, unit(columns))

    columns = max(range(1, len(frames) + 1), key=rank)
    places = []
    for k, frame in enumerate(frames):
        row, column = divmod(k, columns)
        places.append((column * (across + GAP) + (across - frame.width) / 2, row * (down + GAP), frame))
    return Sheet(tuple(places), *size(columns), unit(columns))


def tall(frame: PictureFrame) -> float:
    """Return the height of a frame with its caption."""
    return frame.height + (CAPTION_HEIGHT if frame.caption else 0)
