"""Labels of pictures: set by their outlines, and never one over another or out of its cell, whatever is drawn how."""

import itertools
import re
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.present.figures import scene
from cnn_symbolic.present.figures.labels import Symbol, entry, number, sign, words
from cnn_symbolic.present.figures.pictures import picture
from cnn_symbolic.present.figures.scene import Box, Words, labels_of
from cnn_symbolic.present.figures.svg import svg
from cnn_symbolic.present.figures.typesetting import measure, outlines, set_label, within
from tests.present.test_figures import VARIANTS
from tests.support.thorough import every

LEAST = (0.0, 0.3, 0.45)  # the smallest letters, in cells: those of SVG, and up to what small pictures have in TeX
SVG = "{http://www.w3.org/2000/svg}"


def box_of(placed):
    boxes = np.array([ink.box for ink in placed.set.inks])
    return (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))


def apart(a, b):
    return a[2] <= b[0] + 1e-9 or b[2] <= a[0] + 1e-9 or a[3] <= b[1] + 1e-9 or b[3] <= a[1] + 1e-9


def collisions(frame, least=0.0):
    """The labels that lie over others, over a cell that is not theirs, or outside of their own or of the frame."""
    placed = [(of, one, box_of(one)) for of, one in labels_of(frame, least) if one.set.inks]
    found = [(a.label, b.label) for (_, a, p), (_, b, q) in itertools.combinations(placed, 2) if not apart(p, q)]
    cells = [(e, (e.x, e.y, e.x + e.width, e.y + e.height)) for e in frame.elements if isinstance(e, Box)]
    for of, one, (left, top, right, bottom) in placed:
        if isinstance(of, Box):
            inside = of.x <= left and of.y <= top and right <= of.x + of.width and bottom <= of.y + of.height
        else:
            inside = left >= 0 and top >= 0 and right <= frame.width + 1e-9
            inside &= all(apart(cell, (left, top, right, bottom)) for _, cell in cells)
        found += [] if inside else [(one.label, of)]
    return found


@pytest.mark.parametrize(("name", "options"), every(3, VARIANTS))
def test_labels_never_lie_over_one_another_or_out_of_their_cells(name, options):
    for frame, least in itertools.product(picture(name, **options).frames, LEAST):
        assert collisions(frame, least) == []


def test_a_collision_would_be_noticed(monkeypatch):
    frame = picture("overlay", shape=5, stride=2).frames[0]
    assert collisions(frame) == []
    monkeypatch.setattr(scene, "INSET", -0.2)
    assert collisions(frame)
    monkeypatch.undo()
    wide = (Words(1.0, 1.0, words("over everything"), 0.6), *frame.elements)
    assert collisions(scene.PictureFrame(frame.width, frame.height, wide))


def test_the_letters_of_an_svg_are_where_they_were_set():
    drawn = picture("overlay", shape=5, stride=2)
    root = ElementTree.fromstring(svg(drawn, animated=False, identifier="f"))
    glyphs = {one.attrib["id"]: one.attrib["d"] for one in root.iterfind(f"{SVG}defs/{SVG}path")}
    boxes = []
    for label in root.iterfind(f".//{SVG}g[@class='label']"):
        corners = []
        for use in label.iterfind(f"{SVG}use"):
            x, y, scale = map(float, re.findall(r"[-\d.]+", use.attrib["transform"]))
            points = np.array(re.findall(r"(-?\d+) (-?\d+)", glyphs[use.attrib["href"][1:]]), dtype=float)
            corners += [*(points.min(axis=0) * scale + (x, y)), *(points.max(axis=0) * scale + (x, y))]
        boxes.append((min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2])))
    frame = drawn.frames[0]
    expected = [np.array(box_of(placed)) * 40 for _, placed in labels_of(frame) if not placed.muted]
    first = np.array(boxes[: len(expected)])
    shift = first[0] - expected[0]
    assert np.allclose(first - expected, shift, atol=0.7)


LABELS = [
    entry("x", (10, 11)), entry("a_prev", (0, 1)), entry("∂C/∂a_prev", (1, 2)), entry("σ′(z)", (0, 0)),
    number(Fraction(-17, 4)), (*entry("w"), *sign("⋆"), *entry("x")), words("the maximum of its window"),
]  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_letters_stand_one_behind_the_other_within_the_width(label):
    made = set_label(label, 2.0)
    assert measure(label, 2.0) == made.width == pytest.approx(2 * measure(label))
    assert all(ink.box[0] >= -0.15 and ink.box[2] <= made.width + 0.15 for ink in made.inks)
    for a, b in itertools.combinations(made.inks, 2):
        overlap = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
        assert overlap < 0.25 or apart(a.box, b.box), (a, b)


def test_a_label_fits_its_room_in_both_directions():
    for width, height in [(0.5, 3.0), (3.0, 0.2), (9.0, 9.0)]:
        placed = within(LABELS[2], (1.0, 2.0, width, height), 0.4)
        left, top, right, bottom = box_of(placed)
        assert left >= 1 - 0.02
        assert top >= 2 - 1e-9
        assert right <= 1 + width + 0.02
        assert bottom <= 2 + height + 1e-9
        assert (placed.size == 0.4) == (width == 9)


def test_a_letter_without_an_outline_is_refused():
    with pytest.raises(OperandError, match="'数' is none of them"):
        measure((Symbol("数"),))
    assert len(outlines()) > 150
