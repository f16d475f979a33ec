"""Arguments of the wrong kind, what is not rational, and forged statements: all are refused or undecided."""

from dataclasses import replace

import pytest
import sympy as sp

from cnn_symbolic import (
    Iverson,
    Rational,
    Step,
    Theorem,
    Undecided,
    crop,
    from_entries,
    literal,
    ones,
    prove,
    scale,
    shift,
    stacked,
    tensor,
)
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.heads import Bracket, Equal, Greater
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.expressions.rules import bracket
from cnn_symbolic.ground.errors import CnnSymbolicError, FragmentError, OperandError, ShapeError
from cnn_symbolic.kernel.exported.decoding import decode_statement
from cnn_symbolic.kernel.exported.encoding import encode_statement
from cnn_symbolic.layers import cross_entropy_of_softmax
from tests.support.kernel.two_sides import M, N, by_hand, u, verdict, x

REFUSED = [
    (lambda: from_entries((M,), lambda i: "x", using=[x]), FragmentError, "from_entries takes numbers, such as .* 'x'"),
    (
        lambda: from_entries((M,), lambda i: sp.Indexed("x", i.formula, i.formula), using=[x]),
        ShapeError,
        "x has 1 axes, but the",
    ),
    (lambda: state(x, x, assuming=[(M % 2).formula == 0]), OperandError, "an assumption is True or False already"),
    (lambda: Iverson("i > 0"), FragmentError, "a condition compares indices and sizes"),
    (lambda: Iverson(1), FragmentError, "a condition compares indices and sizes"),
    (lambda: state(x, x, assuming=M >= 2), OperandError, "assumptions are a list of conditions"),
    (lambda: x[u + sp.I], ShapeError, "indexed with integers and expressions"),
    (lambda: x[0.5], ShapeError, "indexed with integers and expressions"),
    (lambda: scale(x, factor=sp.zoo), OperandError, "exact rational number"),
    (lambda: scale(x, factor=sp.Float(2)), OperandError, "exact rational number"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED, ids=[str(k) for k in range(len(REFUSED))])
def test_arguments_of_the_wrong_kind_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


HALF = sp.Float(0.5)
NOT_RATIONAL = [
    x.at((u,)) * Bracket(Greater(u, HALF)),
    x.at((u,)) * bracket(sp.Gt(u, HALF)),
    x.at((u,)) * bracket(sp.Eq(sp.Gt(M.formula, 2), sp.Gt(N.formula, 2), evaluate=False)),
    sp.Sum(x.at((u,)), (sp.Symbol("v", integer=True), 0, sp.oo)),
    sp.Sum(x.at((sp.Symbol("v", integer=True),)), (sp.Symbol("v", integer=True), 0, M.formula * HALF)),
]


@pytest.mark.parametrize("formula", NOT_RATIONAL, ids=str)
def test_what_is_not_rational_and_finite_is_refused_where_it_is_written_and_undecided_for_the_kernel(formula):
    with pytest.raises(FragmentError, match="is made by SymPy"):
        by_hand(lambda i: formula.xreplace({u: i.formula}))
    statement = state(x, x)
    (i,) = statement.index
    written = replace(statement.right, formula=formula.xreplace({u: i}))
    assert isinstance(decide(replace(statement, right=written, origin=None)), Undecided)


def test_an_equation_of_conditions_is_undecided():
    malformed = Equal(Greater(M.formula, 2), Greater(N.formula, 2))
    assert isinstance(verdict(by_hand(lambda i: x[i] * Bracket(malformed)), x), Undecided)


@pytest.mark.parametrize("holds", [lambda i: i > 0.5, lambda i: M / 2 == 0.5, lambda i: i >= 0.5, lambda i: i != 0.5])
def test_what_is_compared_with_a_floating_point_number_is_refused(holds):
    with pytest.raises(FragmentError, match=r"0\.5 is not exact: write a fraction, such as Rational\(1, 2\)"):
        by_hand(lambda i: x[i] * Iverson(holds(i)))


def test_integers_are_formulas():
    assert isinstance(verdict(from_entries((M,), lambda i: 1, using=[]), ones(M)), Theorem)
    for bound in (2 * M >= 5, sp.Rational(5, 2) <= M, Rational(5, 2) <= M):
        assert written_together(verdict(x, x, bound).domain) == "M ≥ 3"


FORGED = [
    ["mod", 1, 0],
    ["entry", "x"],
    ["^", ["^", 10, 100000], 1000],
    ["iverson", ["=", True, ["=", ["index", "i0"], ["size", "M"]]]],
    ["sum", [["k", True, 3]], 1],
    ["derivative", ["=", 1, 2], ["entry", "x", ["index", "i0"]]],
    ["+", True, 1],
]


@pytest.mark.parametrize("formula", FORGED, ids=str)
def test_a_forged_formula_is_rejected_or_undecided(formula):
    value = encode_statement(state(x, x))
    value["left"]["formula"] = formula
    try:
        found = decide(decode_statement(value))
    except CnnSymbolicError:
        return
    assert not isinstance(found, Theorem)


def test_a_forged_rank_name_or_shape_is_rejected():
    for change in ({"rank": 10**8}, {"rank": 2}, {"rank": True}, {"tensors": {"": {"shape": [1]}}}):
        with pytest.raises(CnnSymbolicError):
            decode_statement({**encode_statement(state(x, x)), **change})
    value = encode_statement(state(x, x))
    value["left"]["shape"] = [True]
    with pytest.raises(CnnSymbolicError):
        decode_statement(value)


WRONG_KINDS = [
    (lambda: crop(ones(M), start=(M / 2,), shape=(M,)), ShapeError, "takes 1 integers or integer expressions"),
    (lambda: shift(x, offsets=(M / 2,)), ShapeError, "takes 1 integers or integer expressions"),
    (lambda: stacked(M, lambda k, m: x), OperandError, "takes a function of one index"),
    (lambda: stacked(M, x), OperandError, "takes a function of one index"),
    (lambda: literal(values=[True]), OperandError, "integers or rational numbers"),
    (lambda: x / "1", FragmentError, "takes numbers"),
    (lambda: cross_entropy_of_softmax(x, tensor(1, name="y")), ShapeError, "targets have the shape of x"),
    (lambda: prove("t", x, equals=x, steps=[Step(lambda i: "a", "b")]).outcome, FragmentError, "the step 'b' takes"),
    (lambda: prove("t", x, equals=x, steps=[Step(lambda: 0, "b")]).outcome, OperandError, "a function of 1 indices"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG_KINDS, ids=[str(k) for k in range(len(WRONG_KINDS))])
def test_more_arguments_of_the_wrong_kind_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
