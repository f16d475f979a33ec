"""The article: every claim settled, and the small network learns."""

from runpy import run_path

import pytest

from cnn_symbolic import Refutation, Theorem
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.library.article import ARTICLE, ERRATA, SECTIONS
from cnn_symbolic.library.files import bundled_folder
from cnn_symbolic.present.terminal import article_table
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.witnesses import digits
from tests.support.bundle import bundle
from tests.support.settled import said

CLAIMS = bundle()
KNOWN = {claim.id for claim in ARTICLE}


def settling(name):
    return [c.derivation for c in CLAIMS if name in c.derivation.article]


def decided_claims():
    return [said(claim) for claim in CLAIMS if claim.derivation.article]


def test_every_claim_is_settled_and_every_id_is_known():
    _, still_open = article_table(decided_claims())
    assert still_open == []
    assert {name for c in CLAIMS for name in c.derivation.article} == KNOWN
    assert [claim.section for claim in ARTICLE] == sorted((c.section for c in ARTICLE), key=list(SECTIONS).index)


def test_an_open_claim_is_reported():
    without = [one for one in decided_claims() if "B8" not in one.article]
    _, still_open = article_table(without)
    assert "B8" in still_open


def test_the_claims_for_all_shapes_are_proved_for_all_shapes():
    exact = {"S3", "S7", "A1", "A2", "A3", "A4", "B11", "X3"}
    for name in sorted(KNOWN - exact):
        strong = [d for d in settling(name) if isinstance(d, Derivation) and d.statement.sizes]
        assert strong, name
        assert all(isinstance(d.verdict, Theorem | Refutation) for d in strong), name


def test_what_the_article_has_wrong_is_refuted_with_the_smallest_counterexample():
    smallest = {}
    for name in ("S2", "F4", "B10", "P3", "X2"):
        (refuted,) = [d for d in settling(name) if d.expected == "refuted"]
        assert isinstance(refuted.verdict, Refutation)
        assert refuted.verdict.least
        smallest[name] = (dict(refuted.verdict.sizes), written_together([refuted.verdict.holds_when]))
    assert smallest == {
        "S2": ({"M": 1, "N": 2, "I": 1, "J": 1}, "J = N"),
        "F4": ({"M": 1, "N": 2, "I": 1, "J": 2}, "I = 1 and J = 1"),
        "B10": ({"M": 1, "N": 2, "I": 1, "J": 1}, "I = M and J = N"),
        "P3": ({"N": 3}, "N = 2"),
        "X2": ({"K": 1}, "None"),
    }


def test_errata_say_what_is_right():
    assert all(e.printed != e.correct and e.why for e in ERRATA)
    assert any(e.printed == "(M-I+1)×(J-N+1)" for e in ERRATA)


def test_the_check_of_the_errata_is_about_what_they_print_and_correct():
    names = run_path(str(bundled_folder() / "listings" / "errata.py"))["NAMES"]
    for _, wrong, right in names:
        assert any(wrong in erratum.printed and right in erratum.correct for erratum in ERRATA), wrong


@pytest.mark.slow
def test_the_network_learns_the_digits(capsys):
    _, accuracy = digits.train()
    assert accuracy >= 0.97
    assert "round 12 of 12" in capsys.readouterr().out
