"""Settling claims: everything about one is computed once, and what goes wrong in one is its own; here and elsewhere."""

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from cnn_symbolic import FeatureMap, Step, check, correlate, prove, refute, rot180, sizes, subsample, tensor
from cnn_symbolic.claims import read_claims, settle_many
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.kernel.search import confirming
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.witness import Found
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.book.html import html_fragment
from cnn_symbolic.present.book.latex import latex_fragment
from cnn_symbolic.present.cards import card_of
from cnn_symbolic.present.content.assembly import printed
from cnn_symbolic.proofs import derivation as deriving
from cnn_symbolic.proofs import settling
from cnn_symbolic.proofs.settling import REPORT, settle, settled_so_far
from tests.support.commands import run
from tests.support.settled import value, view

M, N, K, L, S = sizes("M N K L S")
x = tensor(M, name="x")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(K, L))
SLOW = "slow = tensor(M)\nclaim(slow + slow == 2*slow)\n"


@pytest.fixture
def slowly(monkeypatch):
    """Statements about the tensor `slow` take longer than all others."""

    def wait(statement, literally=()):
        while "slow" in statement.tensors:
            pass
        return decide(statement, literally)

    for module in (deriving, settling):
        monkeypatch.setattr(module, "decide", wait)


def weight_gradient():
    right = correlate(layer.a_prev, layer.delta, mode="valid")
    return prove("The weight gradient", layer.gradient(layer.w), equals=right)


def unrotated():
    return refute("No rotation", layer.gradient(layer.a_prev), equals=correlate(layer.w, layer.delta, mode="full"))


def test_a_proved_claim_has_its_lines_and_a_refuted_one_its_mistake():
    proved, refuted = settle(weight_gradient()), settle(unrotated())
    assert (proved.outcome, proved.as_expected, proved.mistake, proved.wrong_step) == ("proved", True, None, None)
    assert len(proved.lines) > 3
    assert all(isinstance(line.checked, Theorem) for line in proved.lines[1:])
    assert (refuted.outcome, refuted.as_expected, refuted.lines) == ("refuted", True, ())
    assert refuted.mistake.name == "the filter is not flipped (correlate in place of convolve)"


def test_what_is_not_called_for_is_left_out():
    proved, refuted = settle(weight_gradient(), whole=False), settle(unrotated(), whole=False)
    assert (proved.lines, refuted.mistake) == ((), None)
    wrong = prove("No rotation", layer.gradient(layer.a_prev), equals=correlate(layer.w, layer.delta, mode="full"))
    assert settle(wrong, whole=False).mistake.name == "the filter is not flipped (correlate in place of convolve)"


def test_a_step_that_does_not_follow_is_in_the_record():
    made = prove("Twice", x + x, equals=2 * x, steps=[Step(lambda i: 3 * x[i], "three of them")])
    step, verdict = settle(made).wrong_step
    assert (step.because, verdict.evidence) == ("three of them", "refuted")


def test_a_check_has_what_it_found():
    settled = settle(check("One", statement="1 = 1", evidence="fixed shape", by=lambda: "1 is 1"))
    assert (settled.outcome, settled.verdict.detail) == ("ran", "1 is 1")


def test_the_verdict_is_there_before_the_name_of_the_mistake(monkeypatch):
    def endless(*_):
        while True:
            pass

    monkeypatch.setattr(deriving, "named_mistake", endless)
    first = next(settled_so_far(unrotated()))
    assert (first.outcome, first.mistake) == ("refuted", None)


def test_the_verdict_is_there_before_its_condition_for_every_stride(monkeypatch):
    def endless(*_):
        while True:
            pass

    M, S = sizes("M S")
    x = tensor(M, name="x")
    wrong = refute("It is not subsampled", subsample(x, factors=(S,)), equals=x)
    monkeypatch.setattr(deriving, "with_condition", endless)
    first = next(settled_so_far(wrong))
    assert (first.outcome, first.as_expected, dict(first.verdict.given)) == ("refuted", True, {"S": 2})


def test_no_other_change_is_tried_when_the_time_for_names_is_over(monkeypatch):
    monkeypatch.setattr("cnn_symbolic.mistakes.named.LONGEST", -1.0)
    settled = settle(unrotated())
    assert (settled.outcome, settled.mistake) == ("refuted", None)


def test_an_error_of_this_package_in_one_claim_is_the_outcome_of_that(monkeypatch):
    monkeypatch.setattr(deriving, "decide", lambda *_: 1 // 0)
    settled = settle(prove("Twice", x + x, equals=2 * x))
    assert (settled.outcome, settled.as_expected) == ("error", False)
    assert settled.verdict.detail.startswith(f"{REPORT}: ZeroDivisionError: integer")
    monkeypatch.setattr(deriving, "decide", lambda *_: deepest())
    assert settle(prove("Twice", x + x, equals=2 * x)).verdict.detail.endswith("nested too deeply")


def deepest():
    return deepest()


def test_what_is_wrong_with_a_claim_is_its_outcome():
    settled = settle(prove("Never", x, equals=x, assuming=[M < 1]))
    assert (settled.outcome, settled.as_expected) == ("failed", False)
    assert settled.verdict.detail.startswith("no sizes satisfy the assumptions")


def test_two_results_that_differ_are_no_outcome(monkeypatch):
    monkeypatch.setattr(confirming, "compare_at", lambda *_: Found("shape", (1,), (2,)))
    with pytest.raises(DisagreementError):
        settle(prove("Twice", x + x, equals=2 * x))
    with pytest.raises(DisagreementError):
        settle_many([prove("Twice", x + x, equals=2 * x)])


def test_one_claim_does_not_take_the_others_with_it(slowly, tmp_path):
    path = tmp_path / "own.txt"
    path.write_text(
        f"{SLOW}y = tensor(M)\nclaim(y + y == 2*y)\nclaim(y == y, assuming=[M > N, N > M])\n", encoding="utf-8"
    )
    done = run("check", path, "--timeout", "2")
    assert done.returncode == 2
    assert "undecided: the computation was stopped at its limit: not done after 2 s" in " ".join(done.stdout.split())
    assert "✓ proved: all shapes" in done.stdout
    assert "✗ failed: no sizes satisfy" in done.stdout
    assert "1 proved, 1 undecided, 1 failed; 1 of 3 as stated" in done.stdout


CLAIMS = {
    "proved": weight_gradient,
    "refuted": unrotated,
    "a wrong step": lambda: prove("Twice", x + x, equals=2 * x, steps=[Step(lambda i: 3 * x[i], "three")]),
    "a check": lambda: check("One", statement="1 = 1", evidence="fixed shape", by=lambda: "1 is 1"),
}


@pytest.mark.parametrize("made", CLAIMS.values(), ids=CLAIMS)
def test_views_only_read(made, monkeypatch):
    claim = Claim("own", made(), Path("own.py"), 1, 1)
    settled = settle(claim.derivation)

    def forbidden(*_, **__):
        raise AssertionError("a view decides")

    for module in ("kernel.search.decide", "kernel.search.refuting", "proofs.derivation", "mistakes.named"):
        for name in ("decide", "decide_affine", "is_proved", "named_mistake", "correction"):
            monkeypatch.setattr(f"cnn_symbolic.{module}.{name}", forbidden, raising=False)
    assert view(claim, steps=True)
    assert value(claim)["verdict"] == settled.outcome
    assert card_of(claim)
    entry = printed([claim], 0, settled)
    if settled.wrong_step is None:
        assert latex_fragment(entry)
        assert html_fragment(entry)


def test_the_place_of_a_claim_is_in_its_document(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "from cnn_symbolic import prove, sizes, tensor\nM, = sizes('M')\nσ = tensor(M, name='σ')\n"
        "own = [\n    prove('δ', σ, equals=σ), prove(\n        'two', σ + σ, equals=2 * σ)]\n",
        encoding="utf-8",
    )
    text = tmp_path / "own.txt"
    text.write_text("δ = tensor(M)\nclaim(δ == δ)\none = claim(δ + δ == 2*δ)\n", encoding="utf-8")
    from cnn_symbolic.library.loading import select

    assert [(one.line, one.column) for one in select([str(path)])] == [(5, 5), (5, 30)]
    assert [(one.line, one.column) for one in select([str(text)])] == [(2, 1), (3, 7)]
    assert value(select([str(text)])[1])["line"] == 3


# Elsewhere


def sweep():
    """Claims of all outcomes: the last one is wrong in itself."""
    return [
        weight_gradient(),
        unrotated(),
        prove("Wrong", rot180(x), equals=x),
        prove("Shapes", (M, N), equals=(M, K)),
        prove("Never", x, equals=x, assuming=[M < 1]),
    ]


def same(found):
    assert [one.outcome for one in found] == ["proved", "refuted", "refuted", "refuted", "failed"]
    assert [one.as_expected for one in found] == [True, True, False, False, False]
    assert (found[0].evidence, found[0].assumptions) == ("all shapes", "K ≤ M and L ≤ N")
    assert found[1].sizes == {"M": 1, "N": 2, "K": 1, "L": 1}
    assert (found[2].index, found[2].left, found[2].right, found[2].holds_when) == ((0,), 0, 1, "M = 1")
    assert (found[3].left, found[3].right) == ((1, 1), (1, 2))
    assert found[4].reason.startswith("no sizes satisfy the assumptions")
    assert pickle.loads(pickle.dumps(found)) == found


def test_many_claims_are_settled_here():
    same(settle_many(sweep()))


def test_the_witness_computes_the_operations_of_a_claim_wherever_it_is_decided(monkeypatch):
    """What is exported has formulas only: a wrong formula of an operation would pass elsewhere."""
    made = prove("Turned twice", rot180(rot180(x)), equals=x)
    wrong = replace(made.statement.origin, right=x + x)
    monkeypatch.setitem(made.__dict__, "statement", replace(made.statement, origin=wrong))
    with ThreadPoolExecutor(1) as threads:
        for executor in (None, threads):
            with pytest.raises(DisagreementError):
                settle_many([made], executor)


def test_steps_that_do_not_follow_are_found_wherever_a_claim_is_decided():
    steps = [Step(rot180(x), "turning changes nothing"), Step(x, "as it was")]
    made = prove("Nothing is what it is", x, equals=x, steps=steps)
    with ThreadPoolExecutor(1) as threads:
        for executor in (None, threads):
            (record,) = settle_many([made], executor)
            assert (record.outcome, record.as_expected) == ("proved", False)
            assert record.wrong_step == "turning changes nothing: refuted"
    (right,) = settle_many([prove("Twice turned", x, equals=x, steps=[Step(rot180(rot180(x)), "turned twice")])])
    assert (right.outcome, right.as_expected, right.wrong_step) == ("proved", True, "")


def test_many_claims_are_settled_by_threads_and_by_processes():
    with ThreadPoolExecutor(2) as threads:
        same(settle_many(sweep(), threads, timeout=60))
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        same(settle_many(sweep(), processes, timeout=60))


def test_many_claims_are_settled_by_a_cluster():
    distributed = pytest.importorskip("distributed", reason="needs cnn-symbolic[cluster]")
    with (
        distributed.LocalCluster(n_workers=2, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        same(settle_many(sweep(), client.get_executor(), timeout=60))


def test_a_sweep_has_a_limit_for_each_claim(slowly):
    (slow,) = read_claims(SLOW).values()
    first, second = settle_many([slow, weight_gradient()], timeout=2)
    assert (first.outcome, first.reason) == (
        "undecided",
        "the computation was stopped at its limit: not done after 2 s",
    )
    assert second.outcome == "proved"


def test_claims_at_literal_values_are_sent_with_them():
    (made,) = read_claims("x = tensor(M)\nclaim(subsample(x, factors=[S]) == subsample(x, factors=[S]))").values()
    (record,) = settle_many([made])
    assert record.evidence == "all shapes, every S"
