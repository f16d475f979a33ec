"""Derivations: lines that are all checked, wrong steps, what can be declared."""

from itertools import pairwise
from pathlib import Path

import pytest
import sympy as sp

from cnn_symbolic import (
    Iverson,
    Refutation,
    Step,
    Theorem,
    convolve,
    correlate,
    from_entries,
    literal,
    pad,
    prove,
    refute,
    rot180,
    shape,
    sizes,
    stacked,
    sum_over,
    summed,
    take,
    tensor,
)
from cnn_symbolic.claims import decide
from cnn_symbolic.ground.errors import DerivationFileError, FragmentError, OperandError, ShapeError
from cnn_symbolic.proofs.collecting import collecting
from tests.support.bundle import derivations
from tests.support.problems import M, N, feature_map
from tests.support.thorough import every

layer = feature_map()
x = tensor(M, N, name="x")


def texts(derivation):
    return [derivation.written(line) for line in derivation.lines]


def test_the_weight_gradient_is_derived_line_by_line():
    derivation = prove("…", layer.gradient(layer.w), equals=correlate(layer.a_prev, layer.delta))
    assert texts(derivation) == [
        "∂C/∂w[i, j]",
        "Σ{r=0..M - I, c=0..N - J} σ′(z[r, c])·∂C/∂a[r, c]·∂/∂w[i, j] "
        "(Σ{i′=0..I - 1, j′=0..J - 1} a_prev[r + i′, c + j′]·w[i′, j′] + b[0, 0])",
        "Σ{r=0..M - I, c=0..N - J} σ′(z[r, c])·∂C/∂a[r, c]·"
        "Σ{i′=0..I - 1, j′=0..J - 1} [i = i′]·[j = j′]·a_prev[r + i′, c + j′]",
        "Σ{r=0..M - I, c=0..N - J} a_prev[i + r, j + c]·σ′(z[r, c])·∂C/∂a[r, c]",
        "Σ{r=0..M - I, c=0..N - J} a_prev[i + r, j + c]·δ[r, c]",
        "correlate(a_prev, δ, mode='valid')[i, j]",
    ]
    assert [line.because for line in derivation.lines] == [
        "",
        "the chain rule",
        "differentiate: ∂w/∂w is 1 where the indices agree, else 0",
        "each bracket picks the one term of its sum where it holds",
        "with δ = σ′(z)·∂C/∂a",
        "the definition of the valid cross-correlation",
    ]


CLAIMS = derivations("proved")


@pytest.mark.parametrize("claim", every(6, CLAIMS, ids=lambda claim: claim.id))
def test_every_line_of_the_bundle_is_a_theorem_about_the_line_before(claim):
    lines = claim.derivation.lines
    for before, line in pairwise(lines):
        assert isinstance(line.checked, Theorem)
        assert line.checked.statement.left.formula == before.formula
        assert line.checked.statement.right.formula == line.formula
    if lines:
        assert len(lines) >= 2
        assert lines[0].formula == claim.derivation.statement.left.formula
        last, right = map(claim.derivation.side, (lines[-1].formula, claim.derivation.statement.right.formula))
        assert isinstance(decide(claim.derivation.step_statement(last, right)), Theorem)


def test_a_step_that_does_not_follow_spoils_the_proof():
    f = tensor(*sizes("I J"), name="f")
    wrong = Step(lambda i, j: 2 * x[i, j], "wishful thinking")
    derivation = prove("…", convolve(x, f), equals=correlate(x, rot180(f), mode="full"), steps=[wrong])
    assert isinstance(derivation.claim_verdict, Theorem)
    assert derivation.outcome == "proved"
    assert not derivation.as_expected
    assert derivation.wrong_step[0] is wrong
    assert derivation.lines == ()


def test_a_step_outside_the_fragment_leaves_the_claim_undecided():
    outside = Step(lambda i, j: 2 * x[i, j] * Iverson(i * j >= 0), "no")
    derivation = prove("…", x + x, equals=2 * x, steps=[outside])
    assert derivation.outcome == "undecided"
    assert not derivation.as_expected
    assert derivation.wrong_step[0] is outside
    assert derivation.lines == ()


def test_a_wrong_step_outside_the_fragment_is_refuted():
    derivation = prove("…", x + x, equals=2 * x, steps=[Step(lambda i, j: 2 * x[i, j] * Iverson(i * j >= 1), "no")])
    assert derivation.outcome == "proved"
    assert not derivation.as_expected
    assert isinstance(derivation.wrong_step[1], Refutation)


def test_a_step_that_sympy_made_is_refused():
    step = Step(lambda i, j: sp.exp(x.at((i.formula, j.formula))), "no")
    derivation = prove("…", x + x, equals=2 * x, steps=[step])
    with pytest.raises(FragmentError, match=r"the step 'no': exp\(x\[_?i, _?j\]\) is made by SymPy \(exp\)"):
        _ = derivation.outcome


def test_a_refuted_claim_has_no_lines():
    derivation = refute("…", x + x, equals=x)
    assert derivation.outcome == "refuted"
    assert derivation.as_expected
    assert derivation.lines == ()
    assert not prove("…", x + x, equals=x).as_expected
    assert not refute("…", x + x, equals=2 * x).as_expected


def test_nothing_is_decided_by_declaring():
    derivation = prove("…", x + x, equals=2 * x)
    assert "decided" not in vars(derivation)
    assert derivation.outcome == "proved"
    assert "decided" in vars(derivation)


def test_claims_of_a_loop_are_about_the_values_that_they_were_declared_with():
    made = {}
    for k in (2, 3):
        by_entries = from_entries(x.shape, lambda i, j: k * x[i, j], using=[x])  # noqa: B023 - that is the question
        rows = stacked(M, lambda i: k * take(x, at=(i,)))  # noqa: B023 - as above
        total = summed(1, lambda i: k * x)  # noqa: B023 - as above
        for left in (by_entries, rows, total):
            made[left] = prove(f"{k} times", left, equals=k * x), refute("three times", left, equals=3 * x), k
    k = 7
    for right, tripled, factor in made.values():
        assert right.outcome == "proved"
        assert tripled.outcome == ("proved" if factor == 3 else "refuted")


def test_letters_for_the_entry_can_be_given():
    derivation = prove("…", x + x, equals=2 * x, indices="p q")
    assert texts(derivation) == ["(x + x)[p, q]", "2·x[p, q]", "(2·x)[p, q]"]


def test_a_claim_is_written_as_one_line():
    flipped = from_entries((M, N), lambda i, j: x[M - 1 - i, N - 1 - j], using=[x])
    assert prove("…", rot180(x), equals=flipped).written_claim == "rot180(x)[i, j] = x[M - i - 1, N - j - 1]"
    assert prove("…", x + x, equals=2 * x).written_claim == "x + x = 2·x"
    assert prove("…", shape(layer.z), equals=shape(layer.delta)).written_claim == "shape(z) = shape(δ)"
    assert refute("…", shape(x), equals=(N, M)).written_claim == "shape(x) ≠ (N, M)"


def test_formulas_written_by_hand_are_the_last_line_themselves():
    flipped = from_entries((M, N), lambda i, j: x[M - 1 - i, N - 1 - j], using=[x])
    assert texts(prove("…", rot180(x), equals=flipped)) == ["rot180(x)[i, j]", "x[M - i - 1, N - j - 1]"]


def test_what_cannot_be_declared_is_rejected_at_once():
    with pytest.raises(
        OperandError, match=r"'…': a claim is about a tensor, shape\(tensor\) or a tuple of sizes, found 3"
    ):
        prove("…", 3, equals=x)
    with pytest.raises(OperandError, match=r"equals= is a tensor of shape \(M, N\), or sizes for a shape, found 3"):
        prove("…", x, equals=3)
    with pytest.raises(ShapeError, match="both sides need equally many axes"):
        prove("…", x, equals=tensor(M, name="y"))
    assert prove("…", shape(x), equals=(M, N)).outcome == "proved"


def test_declarations_are_collected_in_order_and_not_across_files():
    with collecting(Path("mine.py")) as collected:
        first, second = prove("…", x, equals=x), refute("…", x, equals=2 * x)
    assert [one.made for one in collected] == [first, second]
    assert [one.column for one in collected] == [25, 50]
    assert len({one.line for one in collected}) == 1
    here = Path("mine.py")
    with collecting(here), pytest.raises(DerivationFileError, match="cannot load another"), collecting(here):
        pass


def test_sums_that_share_their_letters_get_primes():
    f = tensor(*sizes("I J"), name="f", indices="i j")
    total = from_entries((M, N), lambda i, j: sum_over(lambda i, j: x[i, j], (M, N)) * f[i, j], using=[x, f])
    derivation = prove("…", total, equals=total)
    assert "Σ{i′=0..M - 1, j′=0..N - 1} x[i′, j′]" in texts(derivation)[0]


def test_who_changes_a_list_later_changes_nothing():
    values, widths, assuming, lengths = [[1, 2], [3, 4]], [1, 2], [M >= N], [M, N]
    claims = [
        prove("…", literal(values=values), equals=literal(values=values)),
        prove("…", pad(x, widths=widths), equals=pad(x, widths=widths), assuming=assuming),
        prove("…", shape(x), equals=lengths),
    ]
    written = [claim.written_claim for claim in claims]
    values[0][0], widths[0], lengths[0] = 9, 7, N
    assuming.append(M < N)
    assert [claim.written_claim for claim in claims] == written
    assert [claim.outcome for claim in claims] == ["proved"] * 3
    assert claims[1].assuming == (assuming[0],)
    for table in (claims[1].left.source.options, claims[1].left.source.given):
        with pytest.raises(TypeError):
            table["widths"] = (7, 7)
