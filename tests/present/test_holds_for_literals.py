"""What holds for literal values only is not proved: a verdict with its own sign, word, number and status everywhere."""

import json
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cnn_symbolic import Step, claim, from_entries, prove, sizes, subsample, tensor
from cnn_symbolic.certificates.certifying import certify
from cnn_symbolic.claims import decide, state
from cnn_symbolic.command_line import cli as command_line
from cnn_symbolic.command_line.claim_results import (
    AS_STATED,
    INTERNAL,
    OPPOSITE,
    UNDECIDED,
    book_status,
    claims_status,
    guarded,
    run_derivations,
    status,
)
from cnn_symbolic.ground.errors import DisagreementError, ExportError
from cnn_symbolic.kernel.search import confirming
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals
from cnn_symbolic.kernel.search.witness import Found
from cnn_symbolic.library.loading import Claim, load_file, row_of
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.present.book.html import html_book, html_fragment
from cnn_symbolic.present.book.latex import latex_book, latex_fragment
from cnn_symbolic.present.certificates import certificates_table, certified_lines
from cnn_symbolic.present.console import listing, make_console
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.contents import Omitted, entry_of
from cnn_symbolic.present.document import document
from cnn_symbolic.present.document_reading import read_document
from cnn_symbolic.present.replaying import replayed
from cnn_symbolic.present.terminal import claims_table, summary
from tests.support.settled import said, value, view

M, N, S, T = sizes("M N S T")
x = tensor(M, name="x")
LITERALLY = "holds for literal values"
VALUES = "S and T in {1, 2, 3, 4}"


def exchanged(**options):
    """A claim about every S and T that is true, and that the kernel decides at literal ones only."""
    left, right = (from_entries((M,), lambda i, a=a, b=b: x[i // a // b], using=[x]) for a, b in ((S, T), (T, S)))
    return prove("Quotients can be exchanged", left, equals=right, assuming=[M >= S], **options)


@cache
def open_claim():
    return Claim("open", exchanged(), Path("own.py"))


@cache
def expected():
    return Claim("expected", exchanged(expect=LITERALLY), Path("own.py"))


@cache
def called_wrong():
    return Claim("called_wrong", replace(exchanged(), expected="refuted"), Path("own.py"))


def other(derivation, name="other"):
    return Claim(name, derivation, Path("own.py"))


@cache
def proved():
    return other(prove("Twice", x + x, equals=2 * x), "proved")


@cache
def more_than_stated():
    return other(claim(M // S * S + M % S == M, expect=LITERALLY), "more")


@cache
def less_than_stated():
    return other(prove("Wrong", x, equals=2 * x, expect=LITERALLY), "less")


def printed(what, width=100):
    """What is printed of something, in one line."""
    console = make_console()
    console.width = width
    with console.capture() as captured:
        console.print(what)
    return " ".join(captured.get().split())


def command(monkeypatch, capsys, *arguments):
    """Run the command line in this process: its status, output and messages."""
    monkeypatch.setattr(sys, "argv", ["cnn-symbolic", *map(str, arguments)])
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return (ended.value.code, *capsys.readouterr())


# The terminal


def test_it_has_a_sign_of_its_own_that_says_whether_its_author_expected_it():
    assert isinstance(open_claim().derivation.verdict, HoldsForLiterals)
    signs = {one: said(one()).mark for one in (open_claim, called_wrong, expected, proved, less_than_stated)}
    assert signs == {
        open_claim: ("○", "yellow"),
        called_wrong: ("○", "yellow"),
        expected: ("○", "green"),
        proved: ("✓", "green"),
        less_than_stated: ("✗", "bold red"),
    }


def test_the_verdict_says_for_which_values_under_which_assumptions_and_what_was_tried():
    shown = printed(view(open_claim()))
    search = open_claim().derivation.verdict.search
    assert f"○ holds for {VALUES} if S ≤ M, not proved: {search} (" in shown
    assert re.search(r"no difference at \d+ points, sizes and factors up to \d+", search)
    assert "✓" not in shown
    assert "✗" not in shown
    assert "the file says refuted" in printed(view(called_wrong()))
    assert "the file says" not in printed(view(expected())) + printed(view(more_than_stated()))


def test_the_table_has_its_evidence_its_assumptions_and_what_was_tried():
    row = printed(claims_table([said(open_claim())]), width=200)
    assert "○" in row
    assert f"holds for {VALUES} S ≤ M" in row
    assert f"not proved: {open_claim().derivation.verdict.search}" in row
    assert "the file says proved" in row
    assert "the file says" not in printed(claims_table([said(expected())]))
    assert f"the file says {LITERALLY}" in printed(claims_table([said(less_than_stated())]))
    assert f"expected {LITERALLY} Quotients" in printed(listing([row_of(expected())]))


def test_it_is_counted_by_itself():
    claims = [said(one()) for one in (proved, open_claim, expected, less_than_stated)]
    assert summary(claims, 0).startswith("1 proved, 2 hold for literal values, 1 refuted; 2 of 4 as stated")
    assert summary([said(expected())], 0).startswith("1 holds for literal values; 1 of 1 as stated")


def test_a_step_that_holds_for_literal_values_is_no_step_of_a_proof():
    doubled = 2 * x
    step = prove("Twice", x + x, equals=doubled, steps=[Step(lambda i: 2 * x[i + S * (S + 1) % 2], "one is even")])
    assert isinstance(step.wrong_step[1], HoldsForLiterals)
    assert not step.lines
    shown = printed(view(other(step)))
    assert "the step holds for S in {1, 2, 3, 4}, and is not proved: one is even" in shown
    row = printed(claims_table([said(other(step))]))
    assert "a step holds for S in {1, 2, 3, 4}, and is not proved: one is even" in row
    squared = Step(lambda i: 2 * x[i + i * (i + 1) % 2], "i squared")
    undecided = other(prove("Twice", x + x, equals=doubled, steps=[squared]))
    assert "the step is undecided: i squared" in printed(view(undecided))
    assert 'class="proof"' not in step._repr_html_()
    assert "This step of its proof holds for S in {1, 2, 3, 4}: “one is even”." in words(step._repr_html_())


# The status


@pytest.mark.parametrize(
    ("stated", "found", "wanted"),
    [
        ("proved", "holds", UNDECIDED),
        ("refuted", "holds", UNDECIDED),
        ("holds", "holds", AS_STATED),
        ("holds", "proved", AS_STATED),
        ("holds", "refuted", OPPOSITE),
        ("holds", "undecided", UNDECIDED),
        ("proved", "refuted", OPPOSITE),
        ("proved", "undecided", UNDECIDED),
    ],
)
def test_the_status_is_that_of_an_undecided_claim_unless_it_is_expected(stated, found, wanted):
    assert status([(stated, found)]) == wanted
    assert status([("proved", "proved"), (stated, found)]) == wanted
    assert status([("proved", "refuted"), (stated, found)]) == OPPOSITE


def test_the_status_of_claims():
    assert claims_status([said(open_claim())]) == UNDECIDED
    assert claims_status([said(called_wrong())]) == UNDECIDED
    assert claims_status([said(expected()), said(more_than_stated())]) == AS_STATED
    assert claims_status([said(expected()), said(less_than_stated())]) == OPPOSITE


def test_claims_of_a_text(monkeypatch, capsys, tmp_path):
    text = tmp_path / "own.txt"
    text.write_text(f"x = tensor(M)\nclaim(M // S // T == M // T // S, expect='{LITERALLY}')\n", encoding="utf-8")
    code, out, _ = command(monkeypatch, capsys, "check", text)
    assert (code, f"○ holds for {VALUES}, not proved: no difference at" in out) == (AS_STATED, True)
    code, out, _ = command(monkeypatch, capsys, "check", "--claim", "M // S // T == M // T // S")
    assert (code, "○ holds for" in out) == (UNDECIDED, True)


# JSON


def test_json_has_the_verdict_with_what_was_tried_and_it_can_be_replayed(monkeypatch, capsys, tmp_path):
    found = value(open_claim())
    search = open_claim().derivation.verdict.search
    assert (found["verdict"], found["expected"]) == ("holds", "proved")
    assert (found["evidence"], found["assumptions"]) == (f"holds for {VALUES}", "S ≤ M")
    assert found["reason"] == f"not proved: {search}"
    assert found["steps"] == []
    path = tmp_path / "own.json"
    path.write_text(json.dumps(document([value(expected()), value(proved())])), encoding="utf-8")
    assert [replayed(one).confirmed for one in read_document(path)] == [True, True]
    code, out, _ = command(monkeypatch, capsys, "replay", path)
    assert (code, out.count("✓"), out.count("○")) == (AS_STATED, 1, 1)
    assert f"○ expected: {LITERALLY}: holds for {VALUES}: not proved:" in " ".join(out.split())
    path.write_text(json.dumps(document([value(open_claim())])), encoding="utf-8")
    assert command(monkeypatch, capsys, "replay", path)[0] == UNDECIDED
    tampered = document([value(open_claim())])
    tampered["claims"][0]["verdict"] = "proved"
    path.write_text(json.dumps(tampered), encoding="utf-8")
    code, out, _ = command(monkeypatch, capsys, "replay", path)
    assert code == OPPOSITE
    assert "verdict: recorded proved; found holds" in out


# The book


@cache
def book():
    return assemble([proved(), open_claim(), expected(), called_wrong(), more_than_stated()], jobs=1)


def words(html):
    """The text of HTML, without its styles and with one blank for each space."""
    tree = ET.fromstring(html.removeprefix("<!DOCTYPE html>"))
    for style in [e for e in tree.iter() if e.tag.split("}")[-1] in ("style", "script")]:
        style.text = ""
    return " ".join("".join(tree.itertext()).split())


def test_it_is_printed_as_what_it_is_where_its_author_expects_it_and_left_out_elsewhere():
    kinds = {entry.id: entry.kind for chapter in book().chapters for entry in chapter.entries}
    assert kinds == {"proved": "theorem", "expected": "holds", "more": "theorem"}
    assert book().omitted == (Omitted("open", "proved", "holds"), Omitted("called_wrong", "refuted", "holds"))
    assert book_status(book()) == UNDECIDED
    assert book_status(assemble([expected(), more_than_stated()], jobs=1)) == AS_STATED
    assert book_status(assemble([less_than_stated()], jobs=1)) == OPPOSITE
    with pytest.raises(ExportError, match="open is not proved, so there is no proof of it to print"):
        entry_of(open_claim())


def test_an_entry_of_it_has_no_lines_and_says_what_was_tried():
    entry = entry_of(expected())
    assert (entry.strength, entry.rows, entry.counterexample) == ("literal values", (), None)
    assert r" \circeq " in latex(entry.statement)
    assert tuple(map(latex, entry.assumptions)) == (r"S \le M",)
    assert "".join(map(str, entry.found)).startswith("no difference at")


def test_the_page_counts_explains_and_filters_it():
    page = html_book(book())
    shown = words(page)
    assert "2 theorems, 0 refutations and 0 checks. 1 claim that holds for literal values only, not proved." in shown
    assert re.search("literal values ?not proved: equal for every size at listed values of the factors", shown)
    assert "What holds for literal values is no theorem" in shown
    assert "equal at the literal values that are named" in shown
    assert "Holds for literal values 2.2" in shown
    assert "Not proved for other values: no difference at" in shown
    assert f"open: stated as proved, found {LITERALLY}" in shown
    assert 'id="show-literal-values"' in page
    article = next(e for e in ET.fromstring(page.removeprefix("<!DOCTYPE html>")).iter() if e.get("id") == "expected")
    assert "Theorem" not in "".join(article.itertext())
    assert "Proof" not in "".join(article.itertext())
    without = html_book(assemble([proved()], jobs=1))
    assert "literal values" not in words(without)
    refuted = words(html_book(assemble([less_than_stated()], jobs=1)))
    assert f"Its file states that this formula {LITERALLY}; it is refuted." in refuted


def test_the_document_counts_explains_and_sets_it():
    text = " ".join(latex_book(book()).split())
    assert "0 checks. 1 claim that holds for literal values only, not proved. Each theorem was" in text
    assert r"\emph{holds for} $S$ in a list of values, not proved" in text
    assert r"\newtheorem{literally}[theorem]{Holds for literal values}" in text
    entry = text[text.index(r"\begin{literally}") : text.index(r"\end{literally}")]
    assert r"\circeq" in entry
    assert "Not proved for other values: no difference at" in entry
    assert r"Evidence: holds for $S$ and $T$ in \{1, 2, 3, 4\}, if $S \le M$." in entry
    assert r"\begin{proof}" not in entry
    assert "literal" not in latex_book(assemble([proved()], jobs=1))
    assert "Its file states that this holds for literal values." in latex_book(assemble([less_than_stated()], jobs=1))
    assert r"\newtheorem{literally}" in latex_fragment(entry_of(expected()))
    assert "Holds for literal values" in words(html_fragment(entry_of(expected())))


def test_it_cannot_be_cited():
    once = subsample(x, factors=(S,))
    theorem = prove(
        "Strides can be exchanged",
        subsample(once, factors=(T,)),
        equals=subsample(subsample(x, factors=(T,)), factors=(S,)),
        expect=LITERALLY,
    )
    y = tensor(N, name="y")
    before = subsample(subsample(y, factors=(2,)), factors=(3,))
    after = subsample(subsample(y, factors=(3,)), factors=(2,))
    citing = prove("An instance", before, equals=after, steps=[Step(after, "exchange", using="strides")])
    assert theorem.outcome == "holds"
    assert citing.outcome == "proved"
    with pytest.raises(ExportError, match="the step 'exchange' cites strides, which is not proved"):
        assemble([other(theorem, "strides"), other(citing, "citing")], jobs=1)


# Notebooks


def test_a_card_has_its_word_its_sign_and_what_was_tried():
    for one, stated in ((open_claim(), "It was stated as a theorem."), (expected(), "")):
        plain, latex, html = one._repr_mimebundle_().values()
        shown = words(html)
        assert re.findall(r'class="verdict (\w+)"', html) == ["holds"]
        assert f"{LITERALLY} {VALUES} if S≤M" in shown
        assert "Not proved for other values: no difference at" in shown
        assert stated in shown
        assert "○ holds for" in plain
        assert r"\circeq" in latex
        assert rf"\boxed{{\text{{{LITERALLY}}}}}" in latex
        assert "aligned" not in latex
        assert 'class="proof"' not in html
        assert "undecided" not in plain + latex + shown
    assert "It was stated to hold for literal values." in words(less_than_stated()._repr_html_())


def test_the_card_of_a_verdict():
    verdict = decide(state((M // S // T,), (M // T // S,)))
    plain, latex, html = verdict._repr_mimebundle_().values()
    assert plain.splitlines()[1] == f"  holds for {VALUES}, not proved: {verdict.search}"
    assert re.findall(r'class="verdict (\w+)"', html) == ["holds"]
    assert "Not proved for other values:" in words(html)
    assert r"\circeq" in latex


# Certificates


def test_a_certificate_is_not_made_and_it_is_not_called_a_theorem(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    outcomes = certify([expected()], tmp_path / "certificates", jobs=1)
    assert [one.status for one in outcomes] == ["not emitted"]
    found = [replace(said(expected()), certificate=outcome) for outcome in outcomes]
    lines = [str(line) for line in certified_lines(found, tmp_path, 1)]
    assert "theorem" not in lines[0]
    assert f"holds for {VALUES}; not emitted" in printed(certificates_table(found), width=200)


# A witness that disagrees

OWN = """
from cnn_symbolic import prove, sizes, tensor
M, N = sizes("M N")
x, y = tensor(M, name="x"), tensor(N, name="y")
one = prove("one", x + x, equals=2 * x)
two = prove("two", y + y, equals=2 * y)
"""
EARLY = OWN + "one.verdict\n"
COMMANDS = [
    ("prove", "{file}"),
    ("prove", "{file}", "--steps"),
    ("prove", "{file}", "--json"),
    ("prove", "{file}", "--latex", "{folder}/own.tex"),
    ("prove", "{file}", "--certify", "--certificates", "{folder}/certificates"),
    ("check", "--let", "x = tensor(M)", "--claim", "x + x == 2 * x"),
    ("check", "--let", "x = tensor(M)", "--claim", "x + x == 2 * x", "--json"),
    ("book", "{folder}", "{file}", "--html"),
    ("book", "{folder}", "{file}", "--latex", "--jobs", "2"),
    ("certify", "{file}", "--out", "{folder}/certificates"),
]


@pytest.fixture
def disagrees(monkeypatch):
    """A witness that finds the two sides of every claim unequal."""
    monkeypatch.setattr(confirming, "compare_at", lambda *_: Found("shape", (1,), (2,)))


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_what_the_witness_disagrees_with_is_a_message_and_status_4_and_never_a_verdict(
    arguments, disagrees, monkeypatch, capsys, tmp_path
):
    file, folder = tmp_path / "own.py", tmp_path / "out"
    file.write_text(OWN, encoding="utf-8")
    folder.mkdir()
    given = [argument.format(file=file, folder=folder) for argument in arguments]
    code, out, err = command(monkeypatch, capsys, *given)
    assert code == INTERNAL == 4
    assert err.startswith("cnn-symbolic: ")
    assert re.search(r"(own\.py: one|line_\d+|: \S+): .* is said to be proved, but computed by NumPy", err), err
    assert "please report it" in err
    assert out == ""
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_replay_says_so_too(monkeypatch, capsys, tmp_path):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(document([value(proved())])), encoding="utf-8")
    monkeypatch.setattr(confirming, "compare_at", lambda *_: Found("shape", (1,), (2,)))
    code, out, err = command(monkeypatch, capsys, "replay", path)
    assert (code, out) == (INTERNAL, "")
    assert "is said to be proved, but" in err


def test_a_file_that_decides_while_it_is_imported_is_no_input_error(disagrees, monkeypatch, capsys, tmp_path):
    file = tmp_path / "own.py"
    file.write_text(EARLY, encoding="utf-8")
    with pytest.raises(DisagreementError):
        load_file(file)
    assert command(monkeypatch, capsys, "prove", file)[0] == INTERNAL


def test_a_running_file_and_a_notebook_do_not_show_a_verdict(disagrees, capsys):
    fresh = prove("Twice", x + x, equals=2 * x)
    assert run_derivations([fresh], steps=True) == INTERNAL
    out, err = capsys.readouterr()
    assert (out, "is said to be proved" in err) == ("", True)
    with pytest.raises(DisagreementError):
        fresh._repr_html_()
    with pytest.raises(DisagreementError):
        decide(state(x, x))


def test_an_error_on_purpose_is_still_an_input_error(capsys):
    def fails():
        raise ExportError("no")

    assert guarded(fails) == 2
    assert capsys.readouterr().err == "cnn-symbolic: no\n"


def test_the_help_names_the_verdict_and_the_status(monkeypatch, capsys):
    code, out, _ = command(monkeypatch, capsys, "--help")
    shown = " ".join(out.split())
    assert code == 0
    assert "3 one is undecided, or holds for literal values only 4 an error of the tool itself" in shown
    for name in ("prove", "book", "certify"):
        _, out, _ = command(monkeypatch, capsys, name, "--help")
        assert re.search("holds for (these|literal)", " ".join(out.split())), name
