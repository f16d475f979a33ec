"""Heads are inert: nothing evaluates them, and a value is what they mean, or that there is none."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from sympy.core.sympify import SympifyError

from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.heads import (
    COMPARISONS,
    Bracket,
    Ceiling,
    Conjunction,
    Delta,
    Disjunction,
    Equal,
    Floor,
    Greater,
    Head,
    Inverse,
    Less,
    Maximum,
    Minimum,
    Negation,
    Remainder,
    Where,
    divisors,
)
from cnn_symbolic.ground.errors import EvaluationError, FragmentError, UndefinedError
from tests.support.recipes import HALF, POINTS, RECIPES, M, N, P, built, i, made, many, value, values_of

# Heads are inert

SEVEN, THREE = sp.Integer(7), sp.Integer(3)
INERT = [
    Floor(HALF),
    Ceiling(HALF),
    Floor(SEVEN),
    Remainder(SEVEN, THREE),
    Remainder(2 * Remainder(SEVEN, THREE), THREE),
    Maximum(SEVEN, THREE),
    Minimum(SEVEN, SEVEN),
    Maximum(SEVEN),
    Delta(SEVEN, SEVEN),
    Delta(SEVEN, THREE),
    Bracket(sp.true),
    Bracket(Equal(SEVEN, SEVEN)),
    Where(sp.false, SEVEN, THREE),
    Where(Less(THREE, SEVEN), THREE, THREE),
    Inverse(SEVEN),
    Inverse(sp.S.One),
]
CONDITIONS_INERT = [
    *(kind(SEVEN, THREE) for kind in COMPARISONS.values()),
    *(kind(THREE, THREE) for kind in COMPARISONS.values()),
    Conjunction(sp.true, Less(THREE, SEVEN)),
    Conjunction(sp.true),
    Disjunction(sp.false, sp.true, sp.true),
    Negation(sp.true),
    Negation(Negation(Less(THREE, SEVEN))),
    Negation(Less(THREE, SEVEN)),
]


def generalized(e):
    """The expression with the symbols M and i in the place of 7 and 3."""
    return e.xreplace({SEVEN: M, THREE: i})


@pytest.mark.parametrize("e", [*INERT, *CONDITIONS_INERT], ids=str)
def test_no_way_of_building_it_again_evaluates_a_head(e):
    back = {M: SEVEN, i: THREE}
    assert e.func(*e.args) == e
    assert type(e.func(*e.args)) is type(e)
    for change in (
        lambda g: g.xreplace(back),
        lambda g: g.subs(back),
        lambda g: g.subs(M, 7).subs(i, 3),
        lambda g: g.replace(M, SEVEN).replace(i, THREE),
    ):
        changed = change(generalized(e))
        assert (type(changed), changed.args) == (type(e), e.args)
        assert changed == e
    for same in (e.xreplace({N: P}), sp.sympify(e), e.copy()):
        assert (type(same), same.args) == (type(e), e.args)


@pytest.mark.parametrize("e", INERT, ids=str)
def test_no_calculation_evaluates_a_head(e):
    assert sp.Add(e, 0) == sp.Mul(e, 1) == sp.expand(e) == e
    assert e + e == 2 * e
    assert (e * e).args == (e, sp.Integer(2))
    expanded = sp.expand((M + 1) * (e + 1))
    assert expanded == M * e + M + e + 1
    assert {type(h) for h in expanded.atoms(Head)} == {type(h) for h in e.atoms(Head)}
    assert sp.diff(e, M) == generalized(e).diff(M) == 0
    assert sp.diff(e * entry("x", (i,)), entry("x", (i,))) == e
    assert sp.Sum(e, (i, 0, 3)).function == e


def test_arguments_of_heads_are_expanded_but_never_decided():
    assert sp.expand(Floor((M + 1) * (M - 1) / 2)) == Floor(M**2 / 2 - HALF)
    assert sp.expand(Remainder(M * (N + 1), M)) == Remainder(M * N + M, M)
    assert sp.expand(Delta(M * (N + 1), M * N + M)) == Delta(M * N + M, M * N + M)


@many
@given(RECIPES)
def test_replacing_and_expanding_keep_the_value(recipe):
    e = made(built, recipe)
    expanded, exact = sp.expand(e), {M: sp.Integer(3), i: sp.Integer(-2)}
    for point, expected in values_of(recipe):
        assert value(expanded, point) == expected
        if (point["M"], point["i"]) == (3, -2):
            assert value(e.xreplace(exact), point) == value(e.subs(exact), point) == expected


def test_only_what_is_of_sizes_and_indices_is_constant():
    x, c = entry("x", (i,)), entry("c", ())
    for head, at in ((Floor(x), x), (Bracket(Greater(x, 0)), x), (Maximum(c, 1), c), (Where(Less(i, 2), c, x), x)):
        with pytest.raises(FragmentError, match="cannot be differentiated: it is of sizes and indices only"):
            head.diff(at)


def test_a_text_is_never_evaluated():
    for make in (lambda: Floor("1+1"), lambda: Equal(M, "1"), lambda: Conjunction("True")):
        with pytest.raises(SympifyError):
            make()


def test_the_divisors_of_an_expression_are_found_wherever_they_stand():
    e = Floor(M * Inverse(N)) + Remainder(i, P + 1) * Inverse(Inverse(M)) + Bracket(Less(Remainder(i, 3), Inverse(P)))
    assert set(divisors(e)) == {N, P + 1, Inverse(M), M, P}
    assert list(divisors(M / 2 + Remainder(M, 5))) == []


# Meaning


@pytest.mark.parametrize(
    "e", [sp.Max(M, 2), sp.floor(M / 2), sp.Mod(M, 2), sp.sqrt(M), sp.Ge(M, 2), sp.And(sp.Ge(M, 2), sp.Ge(N, 2)), sp.pi]
)
def test_what_is_no_expression_of_this_package_has_no_value(e):
    with pytest.raises(EvaluationError, match="is not an expression in sizes and indices"):
        value(e, POINTS[0])


@pytest.mark.parametrize(
    "e", [Inverse(M - 1), Remainder(i, M - 1), Floor(Inverse(-M)), Bracket(Less(Inverse(M - 3), 1))]
)
def test_a_divisor_below_one_has_no_value(e):
    with pytest.raises(UndefinedError, match=r"a divisor is at least one, found -?[0-9]"):
        value(e, {"M": 1, "i": 2})


def test_a_value_is_exact():
    third = value(M * Inverse(N) + sp.Rational(1, 6), {"M": 1, "N": 6})
    assert (third, type(third)) == (Fraction(1, 3), Fraction)
    huge = value(Remainder(M**50 + 1, M), {"M": 10**9})
    assert (huge, type(huge)) == (1, int)
