"""Checks: identities, instances and runs, and that each of them can fail."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic import check, identity, strict_orderings
from cnn_symbolic.ground.errors import CnnSymbolicError, ShapeError
from cnn_symbolic.proofs.check import Check, Orderings
from cnn_symbolic.proofs.collecting import collecting
from cnn_symbolic.witnesses import article_run
from cnn_symbolic.witnesses.explicit import settle_orderings
from cnn_symbolic.witnesses.numeric import MaxPoolingMap
from tests.support.problems import feature_map

t = sp.Symbol("t", real=True)
sigmoid = 1 / (1 + sp.exp(-t))


def fails():
    raise AssertionError("no")


def test_an_identity_of_exponentials_is_decided():
    right = identity("…", sp.diff(sigmoid, t), sigmoid * (1 - sigmoid))
    assert (right.outcome, right.verdict.evidence) == ("proved", "identity")
    wrong = identity("…", sp.diff(sigmoid, t), sigmoid * (1 + sigmoid))
    assert (wrong.outcome, wrong.as_expected) == ("refuted", False)
    assert "the difference is" in wrong.verdict.detail


def test_an_identity_outside_its_fragment_is_refused():
    for side in (sp.tanh(t), sp.Float(1) + t, sp.sqrt(sp.sin(t))):
        with pytest.raises(CnnSymbolicError, match="an identity is about rational functions of exponentials"):
            identity("…", side, t)
    standing = identity("…", sp.Derivative(sp.exp(t), t), sp.exp(t))
    assert standing.outcome == "proved"


def test_what_somebody_has_written_ran_and_is_not_proved():
    for said in ("", "tested (3 examples)", "fixed shape", "identity", "all shapes"):
        passed = check("P = NP", statement="P = NP", evidence=said, by=lambda: "ok")
        assert (passed.outcome, passed.expected, passed.as_expected) == ("ran", "ran", True)
        assert passed.verdict.evidence == (f"ran ({said}, says its author)" if said else "ran")
    failed = check("…", statement="…", evidence="fixed shape", by=fails)
    assert (failed.outcome, failed.as_expected, failed.verdict.detail) == ("refuted", False, "no")


def test_no_kind_of_check_of_a_user_is_exact():
    for kind in (Check, type("Mine", (Check,), {}), type("Theirs", (Orderings,), {})):
        made = kind.__new__(kind)
        Check.__init__(made, "P = NP", "P = NP", lambda: "ok")
        assert made.outcome == "ran"
    with pytest.raises(TypeError):
        replace(identity("…", t, t), by=lambda: "ok", statement_text="P = NP")


def test_what_the_package_computes_is_exact():
    made = strict_orderings("Each ordering", shape=(1, 3), windows=(1, 2))
    assert (made.outcome, made.verdict.evidence, made.verdict.detail) == (
        "proved",
        "fixed shape",
        "6 orderings settled",
    )
    assert "all 3! orderings of a 1×3 grid" in made.written_claim


@pytest.mark.parametrize(("shape", "windows"), [((2, 2), (3, 3)), ((2, 2), (1, 3)), ((0, 2), (1, 1)), ((2, 2), (0, 1))])
def test_orderings_without_a_window_say_nothing_and_are_refused(shape, windows):
    with pytest.raises(ShapeError, match=r"does not lie in a grid of .*: nothing would be pooled"):
        strict_orderings("Each ordering", shape, windows)


def test_checks_are_collected_with_the_derivations():
    with collecting(Path("mine.py")) as collected:
        made = check("…", statement="…", evidence="fixed shape", by=fails, article="P1")
    assert [one.made for one in collected] == [made]
    assert made.article == ("P1",)


def test_every_ordering_is_settled():
    assert settle_orderings((2, 2), (2, 2)) == "24 orderings settled"
    assert settle_orderings((1, 3), (1, 2)) == "6 orderings settled"


def test_a_run_that_differs_from_the_formulas_is_refused():
    layer, run = feature_map(), article_run.feature_map()
    assert article_run.compare(run, {"a": layer.a}) == "equal in every entry: a"
    with pytest.raises(AssertionError, match="a is"):
        article_run.compare(run, {"a": layer.z})


def test_the_articles_pooling_grid():
    pooled = MaxPoolingMap(article_run.POOLING_INPUT, (2, 2)).feed_forward()
    assert pooled.tolist() == [[10, 11, 14, 17], [16, 19, 19, 17], [16, 19, 19, 18]]


def test_the_listings_run_is_printed(capsys):
    article_run.main()
    shown = capsys.readouterr().out
    assert "FeatureMap on arange(20) as 4×5, overlay 2×2: 3×4" in shown
    assert "FullyConnectedLayer of 10 neurons on the 4×5: 1×10" in shown
    assert np.isfinite(article_run.fully_connected().computed["a"]).all()
