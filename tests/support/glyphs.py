"""Makes the outlines of the letters of pictures, `present/figures/glyphs.json`, from KaTeX's fonts (MIT licence).

    python -m tests.support.glyphs FOLDER

FOLDER has KaTeX_Main-Regular.ttf and KaTeX_Math-Italic.ttf, as in the npm package katex, and its LICENSE. It needs
fontTools.
"""

import json
import string
import sys
from pathlib import Path

FONTS = {"roman": "KaTeX_Main-Regular.ttf", "italic": "KaTeX_Math-Italic.ttf"}
ROMAN = string.ascii_letters + string.digits + "+=()[],.:;/'−×→∂…∗⋆⊙⋅′!?<>-"
ITALIC = string.ascii_letters + "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
TARGET = Path(__file__).parents[2] / "cnn_symbolic" / "present" / "figures" / "glyphs.json"


def outline(font, character):
    """Return the advance, the box and the outline of a character, in thousandths of its size, y downwards."""
    from fontTools.pens.basePen import BasePen
    from fontTools.pens.boundsPen import BoundsPen

    class Pen(BasePen):
        def __init__(self, glyphs):
            super().__init__(glyphs)
            self.path = ""

        def add(self, letter, *points):
            self.path += letter + " ".join(f"{round(x)} {round(-y)}" for x, y in points)

        def _moveTo(self, at):
            self.add("M", at)

        def _lineTo(self, to):
            self.add("L", to)

        def _curveToOne(self, one, other, to):
            self.add("C", one, other, to)

        def _qCurveToOne(self, by, to):
            self.add("Q", by, to)

        def _closePath(self):
            self.path += "Z"

    glyphs, name = font.getGlyphSet(), font.getBestCmap()[ord(character)]
    pen, bounds = Pen(glyphs), BoundsPen(glyphs)
    glyphs[name].draw(pen)
    glyphs[name].draw(bounds)
    left, bottom, right, top = map(round, bounds.bounds)
    return [round(glyphs[name].width), left, -top, right, -bottom, pen.path]


def main():
    from fontTools.ttLib import TTFont

    folder = Path(sys.argv[1])
    made = {"licence": folder.joinpath("LICENSE").read_text(encoding="utf-8"), "source": "the fonts of KaTeX"}
    for (style, file), characters in zip(FONTS.items(), (ROMAN, ITALIC), strict=True):
        font = TTFont(folder / file)
        assert font["head"].unitsPerEm == 1000
        known = font.getBestCmap()
        missing = [c for c in characters if ord(c) not in known]
        assert not missing, (style, missing)
        made[style] = {c: outline(font, c) for c in characters}
    TARGET.write_text(json.dumps(made, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
