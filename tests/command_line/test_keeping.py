"""What is proved of a backward pass is kept: as certificates, and as a book of its code with its formulas."""

import pytest
from typer.testing import CliRunner

from cnn_symbolic.backward import prove_backward
from cnn_symbolic.certificates.certifying import emitted
from cnn_symbolic.command_line.cli import application
from cnn_symbolic.command_line.keeping import claims_of, others
from cnn_symbolic.present.book.html import html_book
from cnn_symbolic.present.book.latex import latex_book
from cnn_symbolic.present.content.assembly import assemble
from tests.support.certificates import needs_coq
from tests.support.passes import loops

DENSE = """import numpy as np


def dense_backward(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(x.shape[0]):
        for o in range(w.shape[0]):
            dx[n] += dy[n, o] * w[o]
            dw[o] += dy[n, o] * x[n]  # 100 % of {it} & "that"
    return dx, dw
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in a folder with a backward pass."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "dense.py").write_text(DENSE)
    (tmp_path / "false.py").write_text(DENSE.replace("* w[o]", "* x[n]"))

    def command(*options, file="dense.py"):
        return CliRunner().invoke(
            application(),
            ["check-backward", f"{file}:dense_backward", "--of", "linear()", "--examples", "10", *options],
        )

    return command


def strided():
    return prove_backward(loops.conv1d_entry_by_entry, of="conv1d(stride=S)", examples=10)


def test_the_claims_of_a_pass_are_its_gradients_and_what_was_read():
    as_read, shown = claims_of(strided())
    assert [claim.id for claim in as_read] == [claim.id for claim in shown] == ["dx", "dw", "db"]
    assert "[m = S·r + i]" in as_read[0].derivation.written_claim
    assert shown[0].derivation.written_claim.endswith("dy[n, k, r]·w[k, c, m - S·r]")
    assert [claim.derivation.outcome for claim in (*as_read, *shown)] == ["proved"] * 6
    assert shown[0].group.startswith("loops.py, lines ")
    assert shown[0].evidence("all shapes") == "all shapes, read from the code"


def test_a_book_has_the_code_and_says_what_was_read():
    _, shown = claims_of(strided())
    book = assemble(shown, 1)
    (chapter,) = book.chapters
    assert chapter.title == shown[0].code.title
    assert len(chapter.entries) == 3
    page, document = html_book(book), latex_book(book)
    assert "def conv1d_entry_by_entry(dy, x, w, stride):" in page
    assert r"\providecommand{\cnnlisting}" in document
    for text in (page, document):
        assert text.count("read from the code") == 3


def test_certificates_are_of_what_was_read_and_of_what_is_printed():
    as_read, shown = claims_of(strided())
    assert emitted(as_read[0].derivation, "dx").kind == "gradient"
    assert others(as_read, ()) == as_read
    assert [claim.id for claim in others(as_read, shown)] == ["dx_as_read", "dw_as_read", "db_as_read"]
    assert others(shown, shown) == []


def test_nothing_is_kept_of_a_pass_that_is_wrong():
    report = prove_backward(loops.conv1d_entry_by_entry, of="conv1d(stride=S, dilation=2)", examples=10)
    assert not report.right
    assert claims_of(report) == ([], [])


def test_the_command_writes_a_book(run, tmp_path, monkeypatch):
    monkeypatch.setattr("cnn_symbolic.present.book.publishing.compile_pdf", lambda source: b"%PDF")
    done = run("--book", "out")
    assert done.exit_code == 0, done.output
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"book.tex", "book.html", "book.pdf"}
    assert "dense_backward" in (tmp_path / "out" / "book.html").read_text()


@needs_coq
def test_the_command_has_coq_check_what_was_read(run, tmp_path):
    done = run("--certify", "--signature", "dy, x, w -> dx, dw")
    assert done.exit_code == 0, done.output
    assert "2 of 2 theorems certified by Coq" in done.stdout
    assert "read from the code, certified by Coq" in " ".join(done.stdout.split())


def test_the_command_keeps_nothing_where_nothing_is_proved(run, tmp_path):
    done = run("--book", "out", "--certify", file="false.py")
    assert done.exit_code == 1
    assert not (tmp_path / "certificates" / "certificates.json").exists()


@pytest.mark.parametrize("option", ["--json", "--no-prove"])
def test_a_book_is_not_for_what_prints_or_proves_nothing(run, option):
    done = run("--book", "out", option)
    assert done.exit_code == 2
    assert "--no-prove" in done.output
