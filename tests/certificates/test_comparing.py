"""What would be certified is compared with numbers: right statements agree, planted bugs are found, none is written."""

from dataclasses import replace

import pytest
import sympy as sp

from cnn_symbolic import (
    apply,
    claim,
    correlate,
    cotangent,
    gradient,
    named,
    refute,
    shape,
    sizes,
    sum_axes,
    tensor,
    transpose,
)
from cnn_symbolic.certificates.certifying import certify
from cnn_symbolic.certificates.search.emitting import certificate
from cnn_symbolic.certificates.trusted import comparing, expressions, propositions
from cnn_symbolic.certificates.trusted.chains import chain_of
from cnn_symbolic.certificates.trusted.comparing import check_statement
from cnn_symbolic.certificates.trusted.expressions import Integer, Plus, Sum, Times, Translator
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.layers import FeatureMap, sum_pool
from tests.support.certificates import claims

ONE, TWO = Integer(sp.S.One), Integer(sp.Integer(2))
M, N, I = sizes("M N I")
x, y, w = tensor(M, name="x"), tensor(M, name="y"), tensor(I, name="w")
u, v = tensor(M, N, name="u"), tensor(N, M, name="v")
z, square = named("z", 2 * x), named("q", 3 * u)
batch = tensor(1, 1, M, name="b")
a = named("a", apply(z, function="σ"))
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, I))
CLAIMS = {
    "identity": correlate(x, w, mode="full") == correlate(x, w, mode="full"),
    "definition turned": transpose(square) == 3 * transpose(u),
    "reciprocals": x / M + x / (2 * M) == 3 * x / (2 * M),
    "windows": sum_pool(batch, window=I, stride=1) == sum_pool(batch, window=I, stride=1),
    "shape": shape(correlate(x, w)) == (M - I + 1,),
    "affine": gradient(layer.z, wrt=layer.w) == correlate(layer.a_prev, cotangent(layer.z)),
    "two paths": gradient(z * x, wrt=x, cotangent=y) == 4 * x * y,
    "functions": gradient(a, wrt=x, cotangent=y) == 2 * apply(z, function="σ", order=1) * y,
    "known functions": gradient(apply(x, function="log"), wrt=x, cotangent=y) == y * apply(x, function="reciprocal"),
    "what arrives depends on the tensor": gradient(x * y, wrt=x, cotangent=x) == x * y,
    "by an intermediate result": gradient(z * x, wrt=z, cotangent=z) == z * x,
    "fixed sizes": 2 * tensor(2, 3, name="t") == tensor(2, 3, name="t") + tensor(2, 3, name="t"),
}


def check(label, change=lambda made: made, chain=lambda made: made):
    """Compare what is stated of a claim, after a change to it."""
    made = claim(CLAIMS[label], title=label)
    stated = proposition(made)
    steps = chain_of(made, stated)
    check_statement(made, change(stated), None if steps is None else chain(steps), made.claim_verdict.smallest)


@pytest.mark.parametrize("label", CLAIMS)
def test_statements_of_right_claims_agree(label):
    check(label)


def test_the_sides_of_a_refuted_claim_agree_each_with_its_own_numbers():
    for wrong in (
        refute("entries", x + y, equals=x - y),
        refute("gradient", gradient(a, wrt=x, cotangent=y), equals=y * z),
        refute("undefined", x, equals=x + sum_axes(correlate(x, w), axes=(0,)) * x),
        refute("shapes", shape(x), equals=(M + 1,)),
    ):
        check_statement(wrong, proposition(wrong), None, wrong.claim_verdict.sizes)


def test_every_statement_is_compared_at_some_sizes(monkeypatch):
    compared, made = [], comparing.check_at
    monkeypatch.setattr(comparing, "check_at", lambda *given: compared.append(made(*given)))
    for label in CLAIMS:
        before = len(compared)
        check(label)
        assert len(compared) > before, label


@pytest.mark.parametrize("label", [label for label in CLAIMS if label != "shape"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_side_that_is_something_else_is_found(label, side):
    with pytest.raises(DisagreementError, match=rf"^what would be certified of '{label}' says that .* by NumPy at"):
        check(label, lambda made: replace(made, **{side: Times(TWO, getattr(made, side))}))
    if side == "right" or made_affine(label):
        with pytest.raises(DisagreementError):
            check(label, lambda made: replace(made, **{side: shifted(getattr(made, side))}))


def made_affine(label):
    """Whether the left side is no functional: adding a number changes it."""
    return not label.startswith(("affine", "two", "functions", "known", "what", "by"))


def shifted(e):
    """An expression and one more."""
    return Plus(e, ONE)


def test_another_shape_is_found():
    def longer(made):
        left = replace(made.statement.left, shape=(made.statement.left.shape[0] + 1,))
        return replace(made, statement=replace(made.statement, left=left))

    with pytest.raises(DisagreementError, match="the shape of"):
        check("shape", longer)


def test_an_assumption_that_is_dropped_is_found():
    made = claim(x == x + 0 * sum_axes(correlate(x, w), axes=(0,)), assuming=[M >= I])
    stated = proposition(made)
    without = replace(stated, statement=replace(stated.statement, assumptions=()))
    check_statement(made, stated, None, {"M": 1, "I": 1})
    with pytest.raises(DisagreementError, match="it is about these sizes"):
        check_statement(made, without, None, {"M": 1, "I": 2})


def test_another_step_to_the_output_is_found():
    def doubled(chain):
        first, *rest = chain.steps
        return replace(chain, steps=(replace(first, body=Times(TWO, first.body)), *rest))

    for label in ("affine", "functions"):
        with pytest.raises(DisagreementError, match="z at"):
            check(label, chain=doubled)


def late_end(monkeypatch):
    """A sum runs one too far."""
    made = Translator.sum

    def wrong(self, e):
        found = made(self, e)
        return Sum(found.index, found.low, found.high + 1, found.body) if isinstance(found, Sum) else found

    monkeypatch.setattr(Translator, "sum", wrong)


def dropped_support(monkeypatch):
    """An entry is read without the condition that it lies inside of its tensor."""
    made = Translator.entry
    monkeypatch.setattr(Translator, "entry", lambda self, name, index: made(self, name, index).body)


def forgotten_path(monkeypatch):
    """Only the path to the tensor that leads through no intermediate result is in the functional."""
    monkeypatch.setattr(
        propositions, "Translator", lambda tensors, derived=None, through=False: Translator(tensors, derived)
    )


def differentiated_cotangent(monkeypatch):
    """What arrives is differentiated too."""
    monkeypatch.setattr(
        propositions, "Translator", lambda tensors, derived=None, through=False: Translator(tensors, "x", through)
    )


def forgotten_prime(monkeypatch):
    """The derivative of a function is stated as the function."""
    made = Translator.function
    monkeypatch.setattr(Translator, "function", lambda self, e: made(self, type(e)(e.args[0], 0, e.argument)))


def definition_at_another_place(monkeypatch):
    """An intermediate result is unfolded at the indices in another order."""
    made = expressions.substitute

    def wrong(e, values):
        names = list(values)
        turned = len(names) == 2 and all(str(i) == "_i" for i in names)
        return made(e, dict(zip(names, list(values.values())[::-1], strict=True)) if turned else values)

    monkeypatch.setattr(expressions, "substitute", wrong)


def next_divisor(monkeypatch):
    """What is divided by is one more."""
    made = Translator.inverse
    monkeypatch.setattr(Translator, "inverse", lambda self, b: made(self, b + 1))


PLANTED = {
    late_end: "windows",
    dropped_support: "identity",
    forgotten_path: "two paths",
    differentiated_cotangent: "what arrives depends on the tensor",
    forgotten_prime: "functions",
    definition_at_another_place: "definition turned",
    next_divisor: "reciprocals",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_bugs_in_what_makes_the_statements_are_found(plant, monkeypatch):
    made = claim(CLAIMS[PLANTED[plant]])
    assert certificate(made, "c").statement
    plant(monkeypatch)
    with pytest.raises(DisagreementError, match="mistake of cnn_symbolic"):
        certificate(made, "c")


def test_what_disagrees_is_not_written(monkeypatch, tmp_path):
    monkeypatch.setattr(Translator, "entry", lambda *_: ONE)
    for equal in (True, False):
        with pytest.raises(DisagreementError):
            certify(claims("mine", equal=equal), tmp_path, jobs=1)
    assert not list(tmp_path.glob("[SPK]_*"))


def test_sums_of_too_many_terms_are_passed_over(monkeypatch):
    monkeypatch.setattr(comparing, "MOST_TERMS", 0)
    check("affine", lambda made: replace(made, left=Times(TWO, made.left), right=made.left), lambda _: None)
