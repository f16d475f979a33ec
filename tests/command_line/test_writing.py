"""`cnn-symbolic book` and `cnn-symbolic draw` as their users meet them: as processes, with their files and messages."""

import os
import shutil
import xml.etree.ElementTree as ET

import pytest

from tests.support.commands import run

MINE = """
from cnn_symbolic import Step, correlate, from_entries, prove, refute, rot180, sizes, tensor
M, I = sizes("M I")
x, f = tensor(M, name="x"), tensor(I, name="f")
right = prove("Rotating both", rot180(correlate(x, f)), equals=correlate(rot180(x), rot180(f)))
"""
WRONG = 'wrong = prove("stated wrongly", x + x, equals=x)\n'
UNDECIDED = 'odd = prove("odd", x, equals=from_entries((M,), lambda i: x[i + i * (i + 1) % 2], using=[x]))\n'
TEXT = "x = tensor(M)\nf = tensor(I)\nclaim(correlate(x, f) == convolve(x, f, mode='valid'), assuming=[I == 1])\n"


@pytest.fixture
def file(tmp_path):
    def write(*parts):
        path = tmp_path / "mine.py"
        path.write_text(MINE + "".join(parts), encoding="utf-8")
        return path

    return write


def test_a_book_of_ones_own_claims(file, tmp_path):
    out = tmp_path / "out"
    done = run("book", out, file(), "--latex", "--html")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [str(out / "book.tex"), str(out / "book.html")]
    assert r"\operatorname{rot180}" in (out / "book.tex").read_text(encoding="utf-8")
    ET.parse(out / "book.html")
    assert sorted(path.name for path in out.iterdir()) == ["book.html", "book.tex"]


def test_claims_that_are_neither_proved_nor_refuted_are_left_out_and_named(file, tmp_path):
    done = run("book", tmp_path / "out", file(UNDECIDED), "--html")
    assert done.returncode == 3
    assert f"left out of {tmp_path / 'out'}, not proved as stated: odd" in done.stderr
    assert run("book", tmp_path / "out", file(WRONG), "--html").returncode == 1
    page = (tmp_path / "out" / "book.html").read_text(encoding="utf-8")
    assert "Refutation" in page
    assert "stated wrongly" in page


def test_a_text_of_claims_can_be_a_book(tmp_path):
    (tmp_path / "mine.txt").write_text(TEXT, encoding="utf-8")
    assert run("book", tmp_path, tmp_path / "mine.txt", "--latex").returncode == 0
    assert r"\texttt{correlate(x, f) == convolve(x, f, mode='valid')}" in (tmp_path / "book.tex").read_text("utf-8")


def test_one_claim_is_written_as_fragments(file, tmp_path):
    done = run("book", tmp_path, file(WRONG), "--one", "right")
    assert done.returncode == 0
    assert done.stdout.split() == [str(tmp_path / "right.tex"), str(tmp_path / "right.html")]
    fragment = (tmp_path / "right.tex").read_text(encoding="utf-8")
    assert r"\begin{theorem}" in fragment
    assert r"\documentclass" not in fragment
    assert not (tmp_path / "wrong.tex").exists()
    several = run("book", tmp_path, file(WRONG), "--one", "wrong", "--one", "right", "--one", "wrong", "--latex")
    assert several.stdout.split() == [str(tmp_path / "right.tex"), str(tmp_path / "wrong.tex")]
    assert run("book", tmp_path, "--one", "weight_gradient", "--html").returncode == 0
    assert (tmp_path / "weight_gradient.html").exists()


def test_a_book_is_its_authors(file, tmp_path):
    (tmp_path / "intro.txt").write_text("First.\n\nSecond, of M×N.\n", encoding="utf-8")
    given = ["--title", "My  2×2 book", "--author", "Me", "--date", "Today", "--introduction", tmp_path / "intro.txt"]
    asked = [*given, "--statements", "--picture", "overlay, stride 2, shape 5x5", "--latex", "--html"]
    done = run("book", tmp_path / "out", file(), *asked)
    assert (done.returncode, done.stderr) == (0, "")
    document = (tmp_path / "out" / "book.tex").read_text(encoding="utf-8")
    page = (tmp_path / "out" / "book.html").read_text(encoding="utf-8")
    assert r"\title{My $2\times 2$ book}" in document
    assert "<title>My 2×2 book</title>" in page
    for text in (document, page):
        assert all(word in text for word in ("Me", "Today", "First.", "Second, of "))
    assert r"\begin{tikzpicture}" in document
    assert "<svg" in page
    assert r"\begin{proof}" not in document


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_a_pdf_is_made_where_there_is_a_tex(file, tmp_path):
    assert run("book", tmp_path / "out", file()).returncode == 0
    assert (tmp_path / "out" / "book.pdf").read_bytes().startswith(b"%PDF")


def test_without_a_tex_the_rest_is_written_and_the_message_says_what_to_install(file, tmp_path):
    done = run("book", tmp_path / "out", file(), PATH="")
    assert done.returncode == 0
    assert "no book.pdf: a PDF needs a TeX" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["book.html", "book.tex"]
    alone = run("book", tmp_path / "out", file(), "--pdf", PATH="")
    assert alone.returncode == 2
    assert alone.stderr.startswith("cnn-symbolic: a PDF needs a TeX")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["book"], "Missing argument 'OUT'"),
        (["book", "mine.py"], "mine.py cannot be made: File exists"),
        (["book", "absent/out", "mine.py"], "absent/out cannot be made: No such file or directory"),
        (["book", "out", "wieght_gradient"], "did you mean weight_gradient"),
        (["book", "out", "mine.py", "--one", "rihgt"], "there is no claim 'rihgt'"),
        (["book", "out", "mine.py", "--one", "right", "--pdf"], "one claim is written as LaTeX and HTML"),
        (["book", "out", "mine.py", "--one", "right", "--one", "rihgt"], "no claim 'rihgt': did you mean right?"),
        (["book", "out", "mine.py", "--title", " "], "--title has no text"),
        (
            ["book", "out", "mine.py", "--one", "right", "--date", "x"],
            "title, author, date, introduction and pictures are of a book",
        ),
        (["book", "out", "mine.py", "--author", ""], "--author has no text"),
        (["book", "out", "mine.py", "--introduction", "no.txt"], "no.txt cannot be read: No such file or directory"),
        (["book", "out", "mine.py", "--introduction", os.devnull], "--introduction: there is no text in"),
        (["book", "out", "mine.py", "--picture", "overlai"], "no picture 'overlai': did you mean overlay"),
        (["book", "out", "mine.py", "--picture", "overlay, size 3"], "the picture overlay has no size"),
        (["draw", "overlai"], "did you mean overlay?"),
        (["draw", "overlay", "--shape", "3by3"], "--shape is a whole number or two, such as 5 or 5x4; found '3by3'"),
        (["draw", "overlay", "--overlay", "9x9"], "does not fit"),
        (["draw", "upsampling", "--stride", "2"], "has no stride"),
        (["draw", "overlay", "-o", "picture.gif"], "FILE.svg, FILE.tex or FILE.png, found picture.gif"),
        (["draw", "overlay", "-o", "absent/x.svg"], "absent/x.svg cannot be written"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(arguments, message, file, tmp_path):
    file()
    done = run(*arguments, cwd=tmp_path, COLUMNS="300")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_draw_lists_the_pictures_and_draws_them(tmp_path):
    listed = run("draw")
    assert "input-gradient" in listed.stdout
    svg = run("draw", "overlay", "--shape", "5x5", "--overlay", "3x3", "--stride", "2").stdout
    assert ET.fromstring(svg).tag.endswith("svg")
    assert run("draw", "overlay", "--still", "-o", tmp_path / "still.svg").returncode == 0
    still = (tmp_path / "still.svg").read_text(encoding="utf-8")
    assert "animation" in svg
    assert "animation" not in still
    written = run("draw", "chaining", "--maps", "4", "--groups", "2", "-o", tmp_path / "chaining.tex")
    assert written.stdout.strip() == str(tmp_path / "chaining.tex")
    asked = ["--shape", "1x6", "--overlay", "1x3", "--padding", "2+0", "--stride", "2"]
    assert "padding 2+0" in run("draw", "overlay", *asked).stdout
    asked = ["--stride", "2", "--padding", "1", "--output-padding", "1"]
    assert "what the padding cuts off" in run("draw", "transposed-convolution", *asked).stdout
    missing = run("draw", "overlay", "-o", tmp_path / "a.png", PATH="")
    assert missing.returncode == 2
    assert missing.stderr.startswith("cnn-symbolic: a PNG needs one of rsvg-convert")
    assert r"\begin{tikzpicture}" in (tmp_path / "chaining.tex").read_text(encoding="utf-8")
