"""Pages of the book on paper: no heading stands alone at the foot of one, and pictures stand below their heading."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cnn_symbolic import correlate, prove, refute, rot180, sizes, tensor
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.book.html import html_book
from cnn_symbolic.present.book.latex import latex_book
from cnn_symbolic.present.book.pdf import compile_pdf
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.headings import Heading

HEADING = re.compile(
    r"(Theorem|Refutation|Definition) \d|Proof\.?$|Smallest counterexample$|The mistake$|\d+ +[A-Z]\w+$"
)
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_text = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@pytest.fixture(scope="module")
def book():
    m, i = sizes("M I")
    x, f = tensor(m, name="x"), tensor(i, name="f")
    claims = []
    for k in range(14):
        title = "A title that takes a line " * (k % 4) + f"number {k}"
        made = (
            prove(title, rot180(correlate(x, f)), equals=correlate(rot180(x), rot180(f)))
            if k % 3
            else refute(title, correlate(x, f), equals=correlate(x, rot180(f)))
        )
        claims.append(Claim(f"claim_{k}", made, Path("own.py")))
    return assemble(claims, jobs=1, heading=Heading(pictures=("upsampling", "max-pooling")))


def alone(pdf, folder, numbered):
    """The headings that are the last line of a page, the number of the page aside."""
    folder.joinpath("pages.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", "pages.pdf", "-"], cwd=folder, capture_output=True, check=True)
    pages = [[line.strip() for line in page.splitlines() if line.strip()] for page in done.stdout.decode().split("\f")]
    assert len(pages) > 4
    feet = [page[-2 if numbered else -1] for page in pages if len(page) > 1]
    return [foot for foot in feet if HEADING.match(re.sub(" +", " ", foot))]


def on_paper(page, folder, height):
    """What a browser prints of a page, on paper of that height."""
    size = f"@page {{ size: 210mm {height}mm; margin: 15mm; }}"
    folder.joinpath("book.html").write_text(page.replace("</style>", f"{size}</style>", 1), encoding="utf-8")
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = ["--headless", "--disable-gpu", *alone, "--no-pdf-header-footer", f"--user-data-dir={folder / 'profile'}"]
    target = folder / "book.pdf"
    command = [BROWSER, *options, f"--print-to-pdf={target}", folder.joinpath("book.html").as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    return target.read_bytes()


@pytest.mark.slow
@needs_text
@needs_browser
def test_no_heading_stands_alone_at_the_foot_of_a_printed_page(book, tmp_path):
    page = html_book(book)
    heights = (180, 200, 225, 250, 297)
    assert [alone(on_paper(page, tmp_path, height), tmp_path, numbered=False) for height in heights] == [[]] * 5
    planted = re.sub(r"break-(after|inside): avoid;", "", page)
    assert any(alone(on_paper(planted, tmp_path, height), tmp_path, numbered=False) for height in heights)


@needs_text
@needs_tex
@pytest.mark.parametrize("height", [14, 19])
def test_no_heading_stands_alone_at_the_foot_of_a_page_of_latex(book, tmp_path, height):
    document = latex_book(book)
    assert document.count("margin=2.2cm") == 1
    paper = document.replace("margin=2.2cm", f"margin=2.2cm,textheight={height}cm")
    assert alone(compile_pdf(paper), tmp_path, numbered=True) == []


def test_pictures_stand_below_the_heading_that_they_belong_to(book):
    document = latex_book(book)
    assert r"\begin{figure}" not in document
    places = [document.index(text) for text in (r"\section*{Introduction}", r"\begin{cnnfigure}", r"\section{")]
    assert places == sorted(places)
    assert document.count(r"\begin{cnnfigure}") == 2
