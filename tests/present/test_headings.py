"""What a book has of its author: from the docstring of a derivation file, from options, and by whose side it wins."""

import re
import xml.etree.ElementTree as ET

import pytest

from cnn_symbolic.ground.errors import OperandError, ShapeError
from cnn_symbolic.library.files import bundled_folder
from cnn_symbolic.library.loading import select
from cnn_symbolic.present.book.html import html_book
from cnn_symbolic.present.book.latex import latex_book
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.contents import TITLE
from cnn_symbolic.present.content.headings import Heading, heading_of, read_heading, read_picture

CLAIM = """
from cnn_symbolic import prove, refute, sizes, tensor
x = tensor(*sizes("M"), name="x")
{name} = prove("Doubled", x + x, equals=2 * x)
{name}_wrong = refute("Not tripled", x + x, equals=3 * x)
"""
DOCSTRING = '''"""The gradients of {name}.

Author: A. Person & Co
Date: May 2026
Picture: overlay, shape 5x5, overlay 3x3, stride 2

All sizes M×N of
100% <b>of</b> them.

A second paragraph.
"""'''


@pytest.fixture
def written(tmp_path):
    def write(name, docstring=""):
        path = tmp_path / f"{name}.py"
        path.write_text(docstring.replace("{name}", name) + CLAIM.replace("{name}", name), encoding="utf-8")
        return str(path)

    return write


def book_of(*paths, **options):
    return assemble(select(list(paths)), jobs=1, **options)


def test_one_file_is_a_book_with_its_title_author_date_introduction_and_picture(written):
    book = book_of(written("mine", DOCSTRING))
    assert (book.title, book.author, book.date) == ("The gradients of mine", "A. Person & Co", "May 2026")
    assert [chapter.title for chapter in book.chapters] == ["Results"]
    page, document = html_book(book), latex_book(book)
    root = ET.fromstring(page)
    assert root.find(".//{*}title").text == book.title
    assert "".join(root.find(".//{*}h1").itertext()) == book.title
    introduction = root.find(".//*[@id='page-introduction']")
    assert "100% <b>of</b> them." in "".join(introduction.itertext())
    assert len(introduction.findall(".//{*}svg")) == 1
    assert r"\title{The gradients of mine}" in document
    assert r"\author{A. Person \& Co}" in document
    assert r"\date{May 2026}" in document
    assert re.search(r"\\section\*\{Introduction\}\s+All sizes \$M\\times N\$ of 100\\% .*them\.", document)
    assert document.count(r"\begin{tikzpicture}") == 1


def test_files_are_chapters_with_their_own_titles_and_introductions(written):
    book = book_of(written("one", DOCSTRING), written("two"), written("three", '"""Threes."""'))
    assert (book.title, book.author) == (TITLE, "")
    assert [chapter.title for chapter in book.chapters] == ["The gradients of one", "two", "Threes"]
    assert [len(chapter.introduction) for chapter in book.chapters] == [2, 0, 0]
    assert [len(chapter.pictures) for chapter in book.chapters] == [1, 0, 0]
    assert "A second paragraph." in html_book(book)
    assert "A second paragraph." in latex_book(book)


def test_files_with_one_title_are_one_chapter(written):
    same = DOCSTRING.replace("{name}", "both")
    book = book_of(written("one", same), written("two", same))
    assert [(c.title, len(c.entries), len(c.introduction), len(c.pictures)) for c in book.chapters] == [
        ("The gradients of both", 4, 4, 2)
    ]
    ids = re.findall(r'<svg [^>]*id="([^"]*)"', html_book(book))
    assert len(ids) == len(set(ids)) > 0


def test_a_picture_that_cannot_be_drawn_is_named_with_its_file_before_anything_is_decided(written):
    path = written("mine", DOCSTRING.replace("shape 5x5", "shape 50x50"))
    with pytest.raises(ShapeError, match=r"mine\.py: overlay: .* cannot be drawn readably"):
        book_of(path, watch=lambda _: pytest.fail("decided"))


def test_what_is_given_goes_before_what_the_file_says(written):
    given = Heading(title="Mine", introduction=("Instead.",), pictures=("upsampling",))
    book = book_of(written("mine", DOCSTRING), heading=given)
    assert (book.title, book.author, len(book.pictures)) == ("Mine", "A. Person & Co", 2)
    assert book.introduction == (("Instead.",),)


def test_statements_alone_have_no_proofs_and_the_same_verdicts(written):
    path = written("mine")
    book, whole = book_of(path, proofs=False), book_of(path)
    for write in (html_book, latex_book):
        assert not re.search(r"begin\{proof\}|>Proof<|pmatrix|class=\"matri", write(book))
        assert re.search(r"begin\{proof\}|>Proof<", write(whole))
        assert "Equality never holds" in write(whole)
        assert "Equality never holds" in write(book)
    assert [e.statement for c in book.chapters for e in c.entries] == [
        e.statement for c in whole.chapters for e in c.entries
    ]


def test_bundled_files_and_texts_have_no_heading(tmp_path):
    assert heading_of(bundled_folder() / "feature_map" / "weight_gradient.py") == Heading()
    assert heading_of(tmp_path / "absent.py") == heading_of(tmp_path / "-") == Heading()
    (tmp_path / "broken.py").write_text('"""A title."""\nif', encoding="utf-8")
    assert heading_of(tmp_path / "broken.py") == Heading()


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("", Heading()),
        ("Author: Me", Heading(author="Me")),
        ("T\nAuthor: A\nAuthor: B", Heading("T", "A, B")),
        ("One. Two, e.g. b. Three.\n\nFour.", Heading("One", introduction=("Two, e.g. b. Three.", "Four."))),
        ("T.\n\nThe author: me\nDate:\nx", Heading("T", introduction=("The author: me Date: x",))),
    ],
)
def test_docstrings_are_read(text, heading):
    assert read_heading(text) == heading


def test_a_picture_is_its_name_and_its_options():
    assert read_picture("chaining, maps 2, next-maps 1").name == "chaining"
    assert len(read_picture("overlay, shape=5x5, stride=2").frames) == 4
    for text, error, message in [
        ("overlai", OperandError, "no picture 'overlai': did you mean overlay"),
        ("overlay, stride", OperandError, "an option is a name and a value, such as stride 2; found 'stride'"),
        ("overlay, stride two!", OperandError, "overlay, stride two!': stride is a whole number or two"),
        ("overlay, shape 90x90", ShapeError, "cannot be drawn readably"),
        ("", OperandError, "no picture ''"),
    ]:
        with pytest.raises(error, match=re.escape(message)):
            read_picture(text)
