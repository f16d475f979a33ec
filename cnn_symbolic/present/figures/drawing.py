"""Pictures for people: made by name and options, shown in notebooks, and written as SVG, TikZ or PNG.

A PNG is made by whichever program there is that turns an SVG into one.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cnn_symbolic.ground.errors import ExportError, MissingPackageError
from cnn_symbolic.ground.files import check_target, temporary_folder, write
from cnn_symbolic.present.figures.pictures import picture
from cnn_symbolic.present.figures.scene import Picture
from cnn_symbolic.present.figures.svg import fixed, svg
from cnn_symbolic.present.figures.tikz import tikz

ENDINGS = (".svg", ".tex", ".png")
SCALE, MOST_SECONDS = 2, 120
MISSING = (
    "a PNG needs one of rsvg-convert, inkscape, chromium and cairosvg, and none is installed (Debian: apt-get install "
    "librsvg2-bin; or python -m pip install cairosvg)"
)


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture, which a notebook shows: it moves, unless it is `still`; then all positions stand side by side."""

    picture: Picture
    still: bool = False

    @property
    def name(self) -> str:
        """An id that differs from that of other pictures, so that several can stand in one page."""
        return f"{self.picture.name}-{sha256(repr((self.picture, self.still)).encode()).hexdigest()[:8]}"

    def __repr__(self) -> str:
        return f"<Drawing: {self.picture.title}>"

    def _repr_html_(self) -> str:
        return self._repr_svg_()  # in the page, where it follows the notebook's theme, as an image does not

    def _repr_svg_(self) -> str:
        return svg(self.picture, not self.still, self.name)

    def svg(self) -> str:
        """Return the picture as an SVG, which needs no other file."""
        return self._repr_svg_()

    def tikz(self) -> str:
        """Return the picture as a `tikzpicture`, all positions side by side."""
        return tikz(self.picture)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to FILE.svg, to FILE.tex as TikZ, or to FILE.png, and return the path.

        Raises ExportError for other names, and where it cannot be written; MissingPackageError for a PNG where no
        program is found that makes one.
        """
        target = Path(path)
        if target.suffix not in ENDINGS:
            raise ExportError(f"a picture is written to FILE.svg, FILE.tex or FILE.png, found {target}")
        check_target(target)
        writers: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg,
            ".tex": self.tikz,
            ".png": lambda: png(self.picture),
        }
        write(target, writers[target.suffix]())
        return target


def draw(what: str, *, still: bool = False, **options: Any) -> Drawing:
    """Return a picture by its name and options: `draw("overlay", shape=(5, 5), stride=2, padding="causal")`.

    The names and options are those of `cnn-symbolic draw`, with `_` for `-`. A padding is a number, one for each axis,
    pairs of what is before and after, or a name. Raises OperandError for a picture or an option that there is not,
    ShapeError for numbers that do not fit or are too large to be drawn readably.

    >>> from cnn_symbolic import draw
    >>> drawn = draw("overlay", shape=(1, 5), overlay=(1, 2), padding=((1, 0),))
    >>> drawn.picture.title
    'An overlay of 1×2 slides over an input of 1×5, with padding 1+0'
    """
    return Drawing(picture(what, **options), still)


def png(drawn: Picture) -> bytes:
    """Return a picture as a PNG in light colours, all positions side by side.

    Raises MissingPackageError where no program is found that makes one, ExportError where those that are found fail.
    """
    source, width, height = fixed(drawn)
    failed = []
    with temporary_folder() as folder:
        given, made = folder / "picture.svg", folder / "picture.png"
        given.write_text(source, encoding="utf-8")
        for program, command in commands(given, made, width, height).items():
            if (found := shutil.which(program)) is None:
                continue
            with suppress(subprocess.TimeoutExpired, OSError):
                done = subprocess.run(  # noqa: S603 - a list of arguments that are all ours, and no shell
                    [found, *command], cwd=folder, capture_output=True, timeout=MOST_SECONDS, check=False
                )
                if not done.returncode and made.is_file():
                    return made.read_bytes()
            failed.append(program)
    with suppress(ImportError, OSError):  # OSError, where the library that it needs is missing
        convert: Callable[..., bytes] = importlib.import_module("cairosvg").svg2png
        return convert(bytestring=source.encode(), scale=SCALE)
    if failed:
        raise ExportError(f"no PNG could be made: {' and '.join(failed)} failed")
    raise MissingPackageError(MISSING)


def commands(given: Path, made: Path, width: int, height: int) -> dict[str, list[str]]:
    """Return the programs that make a PNG from an SVG of that size, in pixels, each with its arguments."""
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    browser = [
        "--headless", "--disable-gpu", "--hide-scrollbars", *alone, f"--window-size={width},{height}",
        f"--force-device-scale-factor={SCALE}", f"--user-data-dir={given.parent / 'profile'}", f"--screenshot={made}",
        given.as_uri(),
    ]  # fmt: skip
    return {
        "rsvg-convert": ["--zoom", str(SCALE), "--output", str(made), str(given)],
        "inkscape": [str(given), f"--export-filename={made}", f"--export-dpi={96 * SCALE}"],
        **dict.fromkeys(("chromium", "chromium-browser", "google-chrome"), browser),
    }
