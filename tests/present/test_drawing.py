"""Pictures as people get them: in notebooks, and in files of three kinds, with whatever program makes a PNG."""

import os
import re
import shutil
import stat
from xml.etree import ElementTree

import pytest

import cnn_symbolic
from cnn_symbolic import draw
from cnn_symbolic.ground.errors import ExportError, MissingPackageError, OperandError
from cnn_symbolic.present.figures.pictures import PICTURES, picture
from cnn_symbolic.present.figures.svg import fixed

PNG = b"\x89PNG\r\n\x1a\n"
CONVERTERS = ("chromium", "chromium-browser", "google-chrome", "rsvg-convert", "inkscape")


def program(folder, name, body):
    """Put a program of that name into a folder; it gets the names of its files as real converters do."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def copying(name):
    """What a converter does that writes a PNG where it is asked to, found among its arguments."""
    return (
        f'for a in "$@"; do case "$a" in *picture.png) out="${{a##*=}}";; esac; done; printf "\\211PNG {name}" > "$out"'
    )


def test_a_drawing_shows_itself_in_a_notebook_as_svg_that_shares_no_id_with_another():
    one, other = draw("overlay", shape=(4, 4), padding=((1, 0),)), draw("overlay", shape=(4, 4), padding=((0, 1),))
    roots = [ElementTree.fromstring(drawn._repr_svg_()) for drawn in (one, other, draw("overlay", still=True))]
    ids = [e.attrib["id"] for root in roots for e in root.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    assert "animation" in one.svg()
    assert one._repr_html_() == one._repr_svg_() == one.svg()
    assert all(theme in one.svg() for theme in ("[data-jp-theme-light=false] #", ".vscode-dark #"))
    assert "animation" not in draw("overlay", still=True).svg()
    assert one.svg() == draw("overlay", shape=(4, 4), padding=((1, 0),)).svg()
    assert cnn_symbolic.draw is draw


def test_files_are_of_the_kind_that_their_name_says(tmp_path):
    drawn = draw("upsampling")
    assert drawn.save(tmp_path / "a.svg").read_text(encoding="utf-8") == drawn.svg()
    assert drawn.save(str(tmp_path / "a.tex")).read_text(encoding="utf-8") == drawn.tikz()
    for name, message in [("a.gif", "FILE.svg, FILE.tex or FILE.png, found"), ("no/a.svg", "cannot be written")]:
        with pytest.raises(ExportError, match=message):
            drawn.save(tmp_path / name)
    with pytest.raises(OperandError, match="no picture 'overlai': did you mean overlay"):
        draw("overlai")
    assert sorted(os.listdir(tmp_path)) == ["a.svg", "a.tex"]


@pytest.mark.parametrize("name", CONVERTERS)
def test_a_png_is_made_by_whichever_program_is_found(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, name, copying(name))
    made = draw("upsampling").save(tmp_path / "a.png").read_bytes()
    assert made == b"\x89PNG " + name.encode()


def test_a_program_that_fails_is_passed_over_and_named_if_none_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "rsvg-convert", "exit 1")
    program(tmp_path, "inkscape", "exit 0")  # but it writes nothing
    with pytest.raises(ExportError, match="no PNG could be made: rsvg-convert and inkscape failed"):
        draw("upsampling").save(tmp_path / "a.png")
    program(tmp_path, "chromium", copying("third"))
    assert draw("upsampling").save(tmp_path / "a.png").read_bytes() == b"\x89PNG third"


def test_where_no_program_is_found_it_says_which_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "cairosvg", None)
    with pytest.raises(MissingPackageError, match="one of rsvg-convert, inkscape, chromium and cairosvg, and none is"):
        draw("upsampling").save(tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not any(map(shutil.which, CONVERTERS)), reason="no program that makes a PNG is installed")
def test_a_png_has_the_size_of_the_picture_twice(tmp_path):
    data = draw("upsampling").save(tmp_path / "a.png").read_bytes()
    _, width, height = fixed(picture("upsampling"))
    assert data.startswith(PNG)
    assert [int.from_bytes(data[k : k + 4], "big") for k in (16, 20)] == [2 * width, 2 * height]


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_converted_needs_no_variables_media_or_animation(name):
    text, width, height = fixed(picture(name))
    root = ElementTree.fromstring(text)
    assert (int(root.attrib["width"]), int(root.attrib["height"])) == (width, height)
    assert not re.search(r"var\(|--|@media|@keyframes|data-theme|animation", text)
    rules = dict(re.findall(r"#figure \.([\w-]+)\{fill:(#\w+)\}", text))
    filled = {c for e in root.iter() for c in e.attrib.get("class", "").split() if c.startswith("f-")}
    assert filled <= rules.keys()
