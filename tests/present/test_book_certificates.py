"""Certificates in the book: what Coq checked, as it was checked, and why what is not certified is not."""

import re
import shutil
import subprocess
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from cnn_symbolic.certificates.certifying import Outcome
from cnn_symbolic.certificates.trusted import compiling
from cnn_symbolic.certificates.trusted.compiling import library_texts
from cnn_symbolic.command_line.cli import application
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.library.loading import select
from cnn_symbolic.notation.reading import read
from cnn_symbolic.present.book.html import html_book, html_fragment
from cnn_symbolic.present.book.latex import latex_book, latex_fragment, portable
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.certified import Certified, Stated, trusted
from cnn_symbolic.present.content.contents import Omitted
from cnn_symbolic.present.content.listings import latex_listing
from tests.present.test_html import H, book_of, by_id, entry, is_legible, measured, page, text
from tests.present.test_latex import compile_latex, needs_tex
from tests.support.certificates import OTHER, PROOF, WRONG, by_hand, claims, emit, needs_coq
from tests.support.commands import run

STATEMENT = """\
From CnnSymbolic Require Import Definitions.

(** Two sides: a <b> & "c" \\frac{1}{2} $x_1^2$ #~ 50% 'd' `e` -- << >> ,, ?` </pre> <script>alert(1)</script> *)

Definition claim (n_M : Z) : Prop :=
  ((1 <= n_M) /\\
   (2 <= n_M))%Z /\\ forall (R : ring) (t_x : tensor R),
        sum 0 (1 + n_M)   (fun i_m => entry [n_M; n_M]%Z t_x [i_m; i_m]%Z) = """
STATEMENT += " + ".join(f"(t_x [(1 + n_M - {k}); n_M]%Z)" for k in range(40)) + ".\n"
STATEMENT += f"Definition {'a_long_name_' * 40} := {'(' * 150}0{')' * 150}.\n"
HEADING = "Statement checked by Coq: a gradient, over every commutative ring"
ACCEPTED = Certified("certified", "certified by Coq 8.16", (Stated("gradient", STATEMENT),))
REAL = """\
From CnnSymbolic Require Import Definitions Differentiation Reals.

Definition claim : Prop := forall (cost : tensor reals -> R) (x D : tensor reals),
  differentiable (positions []) cost x D -> True.
"""
REASON = r"S_x.v, line 3: there is no 100% _&#{}<b>\x^~$ in " + "/a/very/long_path" * 30
REFUSED = Certified("rejected", REASON)
MINE = """\
from cnn_symbolic import from_entries, prove, refute, sizes, tensor
(M,) = sizes("M")
x, y = tensor(M, name="x"), tensor(M, name="y")
one, two = prove("one", x, equals=x), refute("two", x, equals=y)
"""
ODD = 'odd = prove("odd", x, equals=from_entries((M,), lambda i: x[i + i * (i + 1) % 2], using=[x]))\n'


def made(**changes):
    return entry(evidence=("all shapes, certified by Coq 8.16",), certificate=ACCEPTED, **changes)


def book(*made):
    statements = [one for x in made if x.certificate for one in x.certificate.statements]
    return replace(book_of(*made), trusted=trusted(statements))


def packed(shown):
    """A text without white space."""
    return re.sub(r"\s", "", shown)


def details(root):
    """The folded texts of Coq, by what stands above them."""
    found = [x for x in root.iter() if x.tag.endswith("details") and x.get("class") == "coq"]
    return {text(x[0]): text(x[1]) for x in found}


def test_the_page_folds_the_statement_as_it_was_checked_and_the_definitions():
    root = page(book(made(statement=read("a = b")), entry(id="other")))
    assert details(by_id(root, "made")) == {HEADING: STATEMENT}
    assert details(by_id(root, "other")) == {}
    assert details(by_id(root, "page-coq")) == {"Definitions.v": library_texts()["Definitions"]}
    badge = next(x for x in by_id(root, "made").iter() if "badge" in x.get("class", ""))
    assert text(badge) == "Evidence: all shapes, certified by Coq 8.16"
    assert "Certified by Coq: 1 of 2." in text(root)
    assert len(list(root.iter(f"{H}script"))) == 1


def test_how_to_read_a_statement_is_explained_and_names_every_definition():
    reading = text(by_id(page(book(made())), "page-reading"))
    assert "every commutative ring" in reading
    document = latex_book(book(made()))
    assert r"$L(x + t \, e) = L(x) + t \, G$" in document
    for name in ("ring", "tensor", "guard", "sum", "inside", "entry", "bump", "reciprocals", "derivative"):
        assert re.search(rf"\b{name}\b", reading), name
        assert rf"\texttt{{{name}}}" in document


def test_a_statement_about_real_numbers_brings_the_definitions_that_it_needs():
    both = replace(ACCEPTED, statements=(*ACCEPTED.statements, Stated("reals", REAL)))
    root = page(book(replace(made(), certificate=both)))
    second = "Statement checked by Coq: the derivative of every differentiable cost, over the real numbers"
    assert details(by_id(root, "made")) == {HEADING: STATEMENT, second: REAL}
    shown = details(by_id(root, "page-coq"))
    assert list(shown) == ["Definitions.v", "Differentiation.v, in part", "Reals.v, in part"]
    texts = library_texts()
    for name, words in {"Differentiation": "differentiable step size sum_over", "Reals": "reals positions"}.items():
        excerpt = shown[f"{name}.v, in part"]
        assert set(words.split()) <= set(re.findall(r"^(?:Definition|Fixpoint|Canonical) (\w+)", excerpt, re.MULTILINE))
        assert all(part.strip() in texts[name] for part in excerpt.split("\n\n"))
        assert not re.search("Proof|Lemma|Theorem", excerpt)
    assert "about real numbers" in text(by_id(root, "page-reading"))
    assert "about real numbers" not in text(by_id(page(book(made())), "page-reading"))
    document = latex_book(book(replace(made(), certificate=both)))
    assert document.count(r"\cnnlisting{%") == 5


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("rejected", "Rejected by Coq: for <this> & that_reason."),
        ("no proof found", "No proof in Coq was found: for <this> & that_reason."),
        ("not emitted", "Not certified by Coq: for <this> & that_reason."),
        ("not run", "Coq was not run: for <this> & that_reason."),
        ("recorded", "Recorded as accepted by Coq, not checked in this run: for <this> & that_reason."),
    ],
)
def test_what_is_not_certified_says_why_and_shows_no_statement(status, sentence):
    one = entry(certificate=Certified(status, "for <this> & that_reason"))
    root = page(book(one))
    assert [text(x) for x in by_id(root, "made").iter() if x.get("class") == "uncertified"] == [sentence]
    assert details(by_id(root, "made")) == {}
    assert "Certified by Coq: 0 of 1." in text(root)
    escaped = sentence.replace("<this> & that_", r"\textless{}this\textgreater{} \& that\_")
    assert rf"\cnndata{{{escaped}}}" in latex_book(book(one))
    assert r"\cnnchecked{Statement" not in latex_book(book(one))


def test_signs_of_latex_are_printed_by_their_numbers_and_nothing_is_joined():
    assert latex_listing("a_b /\\ {c}\n\n  x  <- --\n") == (
        "\\cnnlisting{%\n\\cnnline{0}{a{\\char95}b /{\\char92} {\\char123}c{\\char125}}\n\\cnnblank\n"
        "\\cnnline{2}{x\\ \\ {<}{-} {-}{-}}\n}"
    )
    assert latex_listing("x" * 25).count(r"\cnnbreak ") == 3
    assert r"\cnnbreak" not in latex_listing("x" * 24)
    assert latex_listing(" " * 40 + "x") == "\\cnnlisting{%\n\\cnnline{12}{x}\n}"


@needs_tex
def test_the_document_compiles_without_overfull_boxes_and_prints_the_statement(tmp_path):
    whole = book(
        made(statement=read("a = b")),
        made(id="check", kind="check"),
        entry(id="refused", certificate=REFUSED),
        entry(id="foreign", certificate=Certified("not emitted", "Жü ∂C/∂a 数")),
    )
    log = compile_latex(latex_book(whole), tmp_path)
    assert "Overfull" not in log
    assert "undefined" not in log
    assert "Missing character" not in log
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed, which would read the document")
    command = ["pdftotext", "-layout", "-nopgbrk", tmp_path / "book.pdf", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed = re.sub(r"\n +\d+\n", "\n", done.stdout)
    assert packed(printed).count(packed(STATEMENT)) == 2
    assert packed(library_texts()["Definitions"].split("Section")[1]).replace("…", "...") in packed(printed)


@needs_tex
def test_fragments_stand_alone_with_their_statements(tmp_path):
    some = [made(statement=read("a = b")), entry(id="refused", certificate=REFUSED)]
    for columns in ("", "twocolumn"):
        start = rf"\documentclass[{columns}]{{article}}\usepackage{{amsmath,amssymb,amsthm}}\begin{{document}}"
        fragments = [latex_fragment(one) for one in some]
        log = compile_latex("\n".join([start, *fragments, r"\end{document}"]), tmp_path)
        assert "Overfull" not in log
    accepted, refused = (ET.fromstring(html_fragment(one)) for one in some)
    assert details(accepted) == {HEADING: STATEMENT}
    assert f"Rejected by Coq: {REASON}." in text(refused)


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_a_browser_shows_the_statements_and_never_scrolls_sideways(width, dark, tmp_path):
    whole = book(made(statement=read("a = b")), entry(id="refused", certificate=REFUSED))
    is_legible(measured(whole, tmp_path, width, dark), width)


def test_an_entry_has_the_certificate_of_its_claim(tmp_path):
    (tmp_path / "mine.py").write_text(MINE + ODD)
    some = select([str(tmp_path / "mine.py")])
    found = [
        Outcome("one", by_hand("c_one"), "certified", "certified by Coq 8.16", 1.0),
        Outcome("two", by_hand("c_two"), "not run", "too slow\x00", 1.0),
        Outcome("odd", None, "not emitted", "undecided", 0.0),
    ]
    whole = assemble(some, jobs=1, outcomes=found)
    assert [type(x) for x in whole.omitted] == [Omitted]
    (one, two) = (e for chapter in whole.chapters for e in chapter.entries)
    assert one.evidence == ("all shapes", ", certified by Coq 8.16")
    assert one.certificate == Certified(
        "certified", "certified by Coq 8.16", (Stated("identity", by_hand("c_one").statement),)
    )
    assert two.evidence == ("refuted",)
    assert two.certificate == Certified("not run", "too slow\ufffd")
    assert whole.certified == 1
    with pytest.raises(ExportError, match="not those of the claims"):
        assemble(some, jobs=1, outcomes=[found[1], found[0], found[2]])
    with pytest.raises(ExportError, match="not those of the claims"):
        assemble(some, jobs=1, outcomes=found[:2])


def test_certificates_only_add_to_a_book():
    some = claims("one")
    before = assemble(some, jobs=1)
    after = assemble(some, jobs=1, outcomes=[Outcome("one", by_hand(), "certified", "certified by Coq 8.16", 1.0)])
    wanted = {
        html_book: ["1 theorem", "Notation and definitions", "all shapes"],
        latex_book: ["Evidence: all shapes"],
    }
    for written, lines in wanted.items():
        assert "coq" not in written(before).lower()
        compared = unified_diff(written(before).splitlines(), written(after).splitlines(), n=0)
        changed = [line for line in compared if re.match("-[^-]", line)]
        assert len(changed) == len(lines)
        assert all(words in line for words, line in zip(lines, changed, strict=True))


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Write a book in a folder of its own with these proofs, by title, and with definitions as the whole library."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compiling, "LIBRARY", ("Definitions",))

    def invoke(arguments, proofs, more=""):
        emit(monkeypatch, proofs)
        Path("mine.py").write_text(MINE + more)
        return CliRunner().invoke(application(), ["book", "out", "mine.py", *arguments.split()])

    return invoke


@needs_coq
@pytest.mark.parametrize(
    ("proofs", "more", "status", "counted"),
    [
        ({"one": PROOF, "two": PROOF}, "", 0, 2),
        ({"one": PROOF, "two": OTHER}, "", 1, 1),
        ({"one": PROOF, "two": WRONG}, "", 3, 1),
        ({"one": PROOF}, "", 3, 1),
        ({"one": PROOF, "two": PROOF}, ODD, 3, 2),
    ],
)
def test_the_command_certifies_first_and_its_status_is_that_of_both(proofs, more, status, counted, invoke):
    done = invoke("--html --certify --certificates kept --timeout 60 --jobs 1", proofs, more)
    assert done.exit_code == status, done.output
    assert done.stdout.split() == [str(Path("out", "book.html"))]
    assert "certified by Coq" in done.stderr
    root = ET.parse("out/book.html").getroot()
    statements = [shown for where, shown in details(root).items() if where != "Definitions.v"]
    assert statements == [by_hand().statement] * min(counted, 1)
    assert len([x for x in root.iter() if x.get("class") == "coq"]) == counted + 1
    assert Path("kept", "certificates.json").exists()
    assert not Path("certificates").exists()


def test_without_coq_the_book_says_so(invoke, monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = invoke("--html --latex --certify --jobs 1", {"one": PROOF, "two": PROOF})
    assert done.exit_code == 3, done.output
    assert "2 certificates written to certificates and not run: there is no coqc" in done.stderr
    root = ET.parse("out/book.html").getroot()
    reasons = [text(x) for x in root.iter() if x.get("class") == "uncertified"]
    assert len(reasons) == 2
    assert all(reason.startswith("Coq was not run: there is no coqc: install Coq") for reason in reasons)
    assert "Certified by Coq: 0 of 2." in Path("out/book.tex").read_text("utf-8")


@needs_coq
def test_what_is_only_recorded_is_not_certified_in_a_book(invoke, monkeypatch):
    assert invoke("--html --certify --jobs 1", {"one": PROOF, "two": PROOF}).exit_code == 0
    monkeypatch.setenv("PATH", "")
    done = invoke("--html --latex --certify --jobs 1", {"one": PROOF, "two": PROOF + "\n"})
    assert done.exit_code == 3, done.output
    said = (
        "2 certificates written to certificates and not run (1 recorded as accepted there, not checked in this run): "
    )
    assert said in done.stderr
    root = ET.parse("out/book.html").getroot()
    reasons = [text(x).partition(":")[0] for x in root.iter() if x.get("class") == "uncertified"]
    assert reasons == ["Recorded as accepted by Coq, not checked in this run", "Coq was not run"]
    written = Path("out/book.tex").read_text("utf-8")
    assert "Certified by Coq: 0 of 2." in written
    assert "certified by Coq 8" not in written


@needs_coq
def test_one_claim_is_certified_alone(invoke):
    assert invoke("--one one --certify --jobs 1", {"one": PROOF}).exit_code == 0
    assert details(ET.parse("out/one.html").getroot()) != {}
    assert r"\cnnlisting{" in Path("out/one.tex").read_text("utf-8")
    assert [x.name for x in Path("certificates").glob("S_*")] == ["S_c_one.v"]


def test_without_the_option_nothing_is_certified_and_nothing_is_printed_of_it(invoke):
    done = invoke("--html --latex --jobs 1", {"one": PROOF, "two": PROOF})
    assert (done.exit_code, done.stderr) == (0, "")
    assert sorted(x.name for x in Path().iterdir()) == ["mine.py", "out"]
    assert all("coq" not in x.read_text("utf-8").lower() for x in Path("out").iterdir())


def test_the_folder_of_the_certificates_is_tried_first(tmp_path):
    (tmp_path / "kept").write_text("")
    done = run("book", tmp_path / "out", "bias_gradient", "--certify", "--certificates", tmp_path / "kept")
    assert done.returncode == 2
    assert "kept cannot be made: File exists" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_listing_has_every_sign_in_every_document():
    signs = "".join(map(chr, range(32, 127)))
    assert portable(latex_listing(signs)).isascii()
    root = page(book(replace(made(), certificate=replace(ACCEPTED, statements=(Stated("gradient", signs + "\n"),)))))
    assert details(by_id(root, "made"))[HEADING].strip() == signs.strip()
