"""Refutations in Coq: counterexamples of every kind are accepted, and of numbers that are none there is no proof."""

import re

import pytest

from cnn_symbolic import (
    Ne,
    Or,
    Rational,
    apply,
    convolve,
    correlate,
    cotangent,
    from_entries,
    gradient,
    named,
    ones,
    refute,
    shape,
    sizes,
    sum_axes,
    tensor,
)
from cnn_symbolic.certificates.search import counterexamples
from cnn_symbolic.certificates.search.counterexamples import refutation_proof
from cnn_symbolic.certificates.trusted.certificate import Certificate, NotCertified, check_text
from cnn_symbolic.certificates.trusted.compiling import compiled
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.kernel.search.verdicts import Refutation, amended
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from tests.support.certificates import needs_coq
from tests.support.thorough import every

M, I = sizes("M I")
x, y, w = tensor(M, name="x"), tensor(M, name="y"), tensor(I, name="w")
fixed = tensor(3, name="u")
z = named("z", Rational(1, 3) * x)
a = named("a", apply(z, function="f"))
windows = named("c", correlate(x, w))
spread = convolve(windows, w, mode="full")
e = named("e", apply(x, function="exp"))
total = sum_axes(x * x, axes=(0,))


def refutation_texts(claim, verdict, name):
    """The texts of the statement that a claim is false, and of its proof."""
    return claim.refuted_text, refutation_proof(claim, verdict, name)


def slope_of(cost):
    """The gradient of a number by x."""
    return gradient(cost, wrt=x, cotangent=ones())


# A wrong claim of every kind, and a right one in the same terms: its left side, the wrong side, the right one, and
# what is assumed.
CLAIMS = {
    "shape": (shape(correlate(x, w)), (M - I,), (M - I + 1,), [M >= I]),
    "shape at fixed sizes": (shape(fixed), (4,), (3,), []),
    "shape with quotients and cases": (shape(x), (2 * (M // 2),), (2 * (M // 2) + M % 2,), [Or(M > 5, Ne(M % 4, 1))]),
    "defined": (x, x + spread - spread, x, []),
    "entry": (x + y, x - y, y + x, [M > 1]),
    "entry at fixed sizes": (fixed + fixed, 3 * fixed, 2 * fixed, []),
    "entry with reciprocals": (1 / M * x + 1 / M * x, 1 / (M + 1) * x, 2 / M * x, []),
    "gradient": (
        gradient(windows, wrt=x),
        correlate(cotangent(windows), w, mode="full"),
        convolve(cotangent(windows), w, mode="full"),
        [],
    ),
    "gradient with functions": (
        gradient(a, wrt=x, cotangent=y),
        y * apply(z, function="f", order=1),
        Rational(1, 3) * y * apply(z, function="f", order=1),
        [],
    ),
    "gradient that is not affine": (slope_of(total), x, 2 * x, []),
    "gradient of a function": (
        gradient(apply(x, function="f"), wrt=x, cotangent=y),
        y * apply(x, function="f"),
        y * apply(x, function="f", order=1),
        [],
    ),
    "gradient of a known function": (gradient(e, wrt=x, cotangent=y), y, y * apply(x, function="exp"), []),
    "gradient with reciprocals that is not affine": (slope_of(1 / M * total), 1 / M * x, 2 / M * x, []),
}
each_kind = pytest.mark.parametrize("kind", CLAIMS)


@pytest.fixture
def accepts(coq):
    """What Coq says to the texts of a statement and its proof: "certified", or why not."""

    def answer(statement, proof):
        found = compiled(Certificate("c", "counterexample", statement, proof, check_text("c")), *coq, 120)
        return found.status if found.status == "certified" else f"{found.status}: {found.detail}"

    return answer


def wrong_and_right(kind):
    """The wrong claim of a kind and the right one."""
    left, wrong, right, assuming = CLAIMS[kind]
    claims = [refute(kind, left, equals=side, assuming=assuming) for side in (wrong, right)]
    assert [type(claim.claim_verdict) for claim in claims] == [Refutation, Theorem]
    return claims


@needs_coq
@pytest.mark.parametrize("kind", every(6, CLAIMS, ids=str))
def test_a_counterexample_is_accepted_for_the_wrong_claim_only(kind, accepts):
    wrong, right = wrong_and_right(kind)
    statement, proof = refutation_texts(proposition(wrong), wrong.claim_verdict, "c")
    assert accepts(statement, proof) == "certified"
    other = proposition(right).refuted_text
    assert other != statement
    assert re.match(r"no proof found: P_c.v, line \d+: the proof of certified stops at ", accepts(other, proof))


@needs_coq
def test_numbers_that_are_no_counterexample_are_rejected(accepts):
    wrong, _ = wrong_and_right("entry")
    statement, proof = refutation_texts(proposition(wrong), wrong.claim_verdict, "c")
    assert proof.count("2 (* n_M *)") == 1
    for pattern, changed in ((r"\[.*\]\)\) \(\* t_y", "[0; 0])) (* t_y"), (r"2 \(\* n_M", "1 (* n_M")):
        other, times = re.subn(pattern, changed, proof)
        assert times == 1
        assert accepts(statement, other).startswith("no proof found: P_c.v, line ")


@each_kind
def test_the_statement_is_the_one_that_would_be_proved_but_for_the_claim(kind):
    wrong, _ = wrong_and_right(kind)
    statement, _ = refutation_texts(proposition(wrong), wrong.claim_verdict, "c")
    body, mark, claim = statement.partition("Definition claim : Prop := ")
    assert proposition(wrong).text.partition(mark)[0] == body
    shapes = "shape" in kind
    assert claim == ("~ defined.\n" if shapes else "~ (defined /\\ (forall R : ring, equal R)).\n")


def test_kinds_are_what_they_are_called():
    verdicts = {kind: wrong_and_right(kind)[0].claim_verdict for kind in CLAIMS}
    for kind, verdict in verdicts.items():
        assert verdict.kind == ("entry" if kind.startswith("gradient") else kind.split()[0]), kind
    affine = {kind: proposition(wrong_and_right(kind)[0]).is_affine for kind in CLAIMS if kind.startswith("gradient")}
    assert [kind for kind, is_affine in affine.items() if is_affine] == ["gradient"]


def test_large_counterexamples_are_not_written_down(monkeypatch):
    monkeypatch.setattr(counterexamples, "MOST_ENTRIES", 3)
    wrong, _ = wrong_and_right("entry")
    with pytest.raises(NotCertified, match="more than 3 entries"):
        refutation_texts(proposition(wrong), wrong.claim_verdict, "c")


@needs_coq
def test_a_tensor_that_is_not_read_needs_no_numbers(accepts):
    wrong = refute("unread", from_entries((M,), lambda i: 2 * x[i], using=[x, w]), equals=x)
    values = {name: array for name, array in wrong.claim_verdict.values.items() if name != "w"}
    found = refutation_texts(proposition(wrong), amended(wrong.claim_verdict, values=values), "c")
    assert accepts(*found) == "certified"


def test_other_numbers_are_tried_where_a_known_function_is_not_1(monkeypatch):
    claim = refute("…", apply(x, function="exp"), equals=apply(x, function="log"))
    _, proof = refutation_texts(proposition(claim), claim.claim_verdict, "c")
    functions = re.findall(r"\(polynomial (\[.*?\])\)", proof)
    assert len(set(functions)) == 2
    assert "[1]" not in functions
    equal = amended(claim.claim_verdict, statement=refute("…", x, equals=x).statement)
    monkeypatch.setattr(counterexamples, "TRIES", 1)
    with pytest.raises(NotCertified, match="with any exp, log"):
        refutation_texts(proposition(claim), equal, "c")
