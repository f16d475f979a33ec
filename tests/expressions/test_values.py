"""Numbers made from sizes: they are their formulas, Python computes the same, and what has no truth value says so."""

import json
import re
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import cnn_symbolic as cs
from cnn_symbolic import (
    And,
    Eq,
    Iverson,
    Mod,
    Ne,
    Not,
    Or,
    Rational,
    ceiling,
    claim,
    floor,
    from_entries,
    maximum,
    minimum,
    tensor,
    where,
    zeros,
)
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import (
    AtLeast,
    AtMost,
    Conjunction,
    Disjunction,
    Equal,
    Floor,
    Greater,
    Inverse,
    Maximum,
    Remainder,
    Unequal,
)
from cnn_symbolic.expressions.points import Point, standing_at
from cnn_symbolic.expressions.values import Number, Standing, Truth, number
from cnn_symbolic.ground.errors import CnnSymbolicError, FragmentError, OperandError, UndefinedError
from tests.support.recipes import (
    CONDITIONS,
    POINTS,
    RECIPES,
    SYMBOLS,
    M,
    N,
    NoValue,
    calculated,
    computed,
    i,
    k,
    m,
    made,
    many,
    n,
    value,
    values_of,
)


def defined(e, point):
    """Whether an expression is at least one at a point; what has no value is not."""
    try:
        return value(e, point) >= 1
    except UndefinedError:
        return False


@many
@given(RECIPES)
def test_a_number_is_its_formula_and_python_computes_the_same(recipe):
    made_of = made(calculated, recipe)
    found = made_of if isinstance(made_of, Number) else number(made_of)
    for point in POINTS:
        here = Point(point, {i: point["i"]})
        try:
            read = found.at(here)
        except UndefinedError:
            with pytest.raises(NoValue):
                computed(recipe, point)
            assert not all(defined(e, point) for e in found.presumed), "it has no value, but nothing says so"
            continue
        assert all(defined(e, point) for e in found.presumed), "it has a value, but a condition says that it has none"
        assert read == value(found.formula, point)
        assert not (isinstance(read, Fraction) and read.denominator == 1), "an index and a size are integers of Python"
        try:
            assert read == computed(recipe, point)
        except NoValue:
            assert any(divisor < 1 for divisor in literal_divisors(recipe))


def literal_divisors(recipe):
    """The literal numbers that a recipe divides by with `/`: these may be negative."""
    if isinstance(recipe, tuple):
        if recipe[0] == "/" and not re.search("[MNPi]", json.dumps(recipe[2], default=str)):
            yield computed(recipe[2], {})
        for part in recipe[1:]:
            yield from literal_divisors(part)


@many
@given(CONDITIONS)
def test_a_condition_is_its_formula_and_python_computes_the_same(recipe):
    holds = made(calculated, recipe)
    holds = holds if isinstance(holds, Truth) else And(holds)
    for point, expected in values_of(recipe):
        here = Point(point, {i: point["i"]})
        assert bool(holds.at(here)) == bool(value(holds.formula, point)) == expected
        assert all(defined(e, point) for e in holds.presumed)


@given(RECIPES, st.sampled_from(POINTS))
def test_what_is_calculated_where_sizes_stand_for_integers_is_the_same(recipe, point):
    symbolic = made(calculated, recipe)
    here = Point(point, {i: point["i"]})
    try:
        expected = symbolic.at(here) if isinstance(symbolic, Number) else symbolic
    except UndefinedError:
        with standing_at(here), pytest.raises(UndefinedError):
            calculated(recipe)
        return
    with standing_at(here):
        found = calculated(recipe)
    assert isinstance(found, Standing) or recipe in SYMBOLS or not isinstance(found, Number)
    assert (found.at(here) if isinstance(found, Number) else found) == expected
    assert not isinstance(found, float)


def test_numbers_of_python_numpy_and_sympy_stand_beside_sizes():
    assert str(2 * m + np.int64(3) - Fraction(1, 2)) == "2·M + 5/2"
    assert str(np.int64(7) // m) == str(sp.Integer(7) // m) == str(7 // m) == "⌊7/M⌋"
    assert str(sp.Integer(7) % m) == str(7 % m) == str(np.int64(7) % m) == "(7 mod M)"
    assert str(i / m) == str(k / m) == "i/M"
    assert (i * m).formula == (k * m).formula == i * M
    assert (sp.Integer(3) <= m).formula == (m >= 3).formula == AtLeast(M, 3)
    assert [str(e) for e in np.array([1, 2]) * m] == ["M", "2·M"]
    assert sum([m, n, 1]).formula == M + N + 1
    assert m**2 == m * m
    assert (+m).formula == M
    assert (-m).formula == -M


def test_the_functions_are_those_of_the_operators():
    assert Mod(m, n).formula == (m % n).formula == Remainder(M, N)
    assert Eq(m, n).formula == (m == n).formula == Equal(M, N)
    assert Ne(m, n).formula == (m != n).formula == Unequal(M, N)
    assert cs.Max is maximum
    assert cs.Min is minimum
    assert maximum(m, 2, n).formula == Maximum(M, N, 2)
    assert floor(m / n).formula == (m // n).formula == Floor(M * Inverse(N))
    assert And(m > 1, n > 1).formula == ((m > 1) & (n > 1)).formula == Conjunction(Greater(M, 1), Greater(N, 1))
    assert Or(m > 1, n > 1).formula == ((m > 1) | (n > 1)).formula == Disjunction(Greater(M, 1), Greater(N, 1))
    assert Not(m > 1).formula == (~(m > 1)).formula == AtMost(M, 1)
    assert (True & (m > 1)).formula == Greater(M, 1)
    assert Iverson(m == n).formula == rules.delta(M, N)
    assert Rational(4, 6).formula == sp.Rational(2, 3)


def test_an_undecided_comparison_has_no_truth_value():
    said = r"whether M > N depends on the sizes and indices: use where\(…\) or Iverson\(…\) in a formula, and And"
    for ask in (
        lambda: bool(m > n),
        lambda: m if m > n else n,
        lambda: not m > n,
        lambda: (m > n) and (n > 1),
        lambda: m > n > 1,
        lambda: [1, 2][m > n] if m > n else 0,
    ):
        with pytest.raises(OperandError, match=said):
            ask()
    for ask in (lambda: max(m, n), lambda: sorted([m, n]), lambda: m in [n], lambda: [n].index(m)):
        with pytest.raises(OperandError, match="depends on the sizes and indices"):
            ask()
    assert m + 1 > m
    assert bool(m == m + 1) is False
    assert (m, n, 2 * m) == (m, n, m + m)
    assert m in [m, n]


@pytest.mark.parametrize("value", [m, m - n, k, m % 2, Iverson(m > n), tensor(m, name="x")[k]], ids=str)
def test_a_number_that_is_not_literal_has_no_truth_value(value):
    for ask in (lambda: bool(value), lambda: not value, lambda: 1 if value else 2, lambda: value and 1):
        with pytest.raises(OperandError, match="depends on the sizes and indices"):
            ask()
    assert bool(m - m) is False
    assert bool(m - m + 2) is True


def test_a_branch_on_an_index_is_refused_however_it_is_written():
    x = tensor(m, name="x")
    for formula in (
        lambda i: x[i] if i == 0 else 2 * x[i],
        lambda i: x[i] if i else 2 * x[i],
        lambda i: x[i] if i % 2 else 2 * x[i],
        lambda i: x[i] if not i else 2 * x[i],
        lambda i: x[i] * (i and 1),
        lambda i: x[i] if i in (0, 1) else 2 * x[i],
        lambda i: x[max(i, 1)],
    ):
        with pytest.raises(OperandError, match=r"whether [^_]*depends on the sizes and indices"):
            from_entries((m,), formula, using=[x])
    for formula in (
        lambda i: x[i] if i in {7} else 0,
        lambda i: x[i] if i + 1 in {m, 7} else 0,
        lambda i: {7: x[i]}.get(i, 0),
        lambda i: x[i] if (i > m) in {i > 7} else 0,
        lambda i: x[i] if x[i] in {0: 1} else 0,
    ):
        with pytest.raises(OperandError, match="varies with the index i, so that no set or dict can look it up: use"):
            from_entries((m,), formula, using=[x])


def test_conditions_are_compared_as_conditions():
    outcomes = {}
    for one, other in ((k >= 0, k >= 70), (k >= m, k < n), (k >= m, k >= m), (k == m, m == k), (k > 0, True)):
        same, differ = one == other, one != other
        assert isinstance(same, Truth)
        assert isinstance(differ, Truth)
        for point in POINTS:
            here = Point(point, {i: point["i"]})
            a, b = (bool(side.at(here)) if isinstance(side, Truth) else side for side in (one, other))
            assert (value(same.formula, point), same.at(here)) == (a == b, a == b)
            assert (value(differ.formula, point), differ.at(here)) == (a != b, a != b)
            outcomes.setdefault(a == b, set()).add((a, b))
    assert outcomes == {True: {(True, True), (False, False)}, False: {(True, False), (False, True)}}
    assert ((k >= m) == (k >= m)).formula == sp.true
    for compare in (lambda: (m >= 3) == 1, lambda: (m >= 3) != 1, lambda: m == (n >= 3)):
        with pytest.raises(OperandError, match="a condition"):
            compare()
    assert (m >= 3) != "M >= 3"


def test_a_claim_with_compared_conditions_is_about_all_sizes():
    late = from_entries((m,), lambda i: Iverson((i >= 0) == (i >= 70)), using=())
    found = claim(late == zeros(m)).verdict
    assert dict(found.sizes) == {"M": 71}
    between = from_entries((m,), lambda i: Iverson((i >= 3) != (i >= 7)), using=())
    assert claim(between == from_entries((m,), lambda i: Iverson(And(i >= 3, i < 7)), using=())).outcome == "proved"


@pytest.mark.parametrize("wrong", ["M", None, 1j, True, [1], tensor(m, name="x")], ids=str)
def test_what_is_no_number_is_no_operand(wrong):
    for calculate in (lambda: m - wrong, lambda: m % wrong, lambda: wrong // m, lambda: m < wrong):
        with pytest.raises((TypeError, OperandError)):
            calculate()
    for function in (maximum, minimum, floor, ceiling, Mod, Eq):
        with pytest.raises((OperandError, TypeError), match=r"takes numbers, sizes and indices, found|argument"):
            function(*[wrong, wrong][: 1 if function in (floor, ceiling) else 2])


def test_a_power_and_a_fraction_are_of_integers():
    for exponent in (-1, 0.5, m, True):
        with pytest.raises((FragmentError, TypeError)):
            _ = m**exponent
    for calculate in (lambda: m * 0.5, lambda: 0.5 + m, lambda: m == 0.5, lambda: m // 2.0, lambda: np.float64(2) >= m):
        with pytest.raises(FragmentError, match=r"is not exact: write a fraction, such as Rational\(1, 2\)"):
            calculate()
    assert (m / Rational(1, 2)).formula == (m / Fraction(1, 2)).formula == 2 * M
    with pytest.raises(FragmentError, match="a power of M has an exponent from 0 on that is an integer, found -1"):
        _ = m**-1
    with pytest.raises(CnnSymbolicError, match="divided by zero"):
        Rational(1, 0)


def test_nothing_is_rounded_compared_or_divided_by_entries():
    x = tensor(m, name="x")
    for calculate in (lambda: 1 / x[k], lambda: m // x[k], lambda: m % x[k], lambda: m / (x[k] + 1)):
        with pytest.raises(FragmentError, match="nothing is divided by entries, found the divisor"):
            calculate()
    choices = (lambda: maximum(x[k], 0), lambda: minimum(1, x[k]), lambda: floor(x[k]), lambda: ceiling(x[k] / 2))
    for choose in choices:
        with pytest.raises(FragmentError, match=r"are of sizes and indices, found the entries in (x|1/2·x)"):
            choose()
    assert str(x[k] / m) == "1/M·x[i]"


def test_a_choice_between_entries_is_the_sum_of_what_is_chosen():
    x = tensor(m, name="x")
    chosen = where(k > 0, x[k], x[k + 1] + 2)
    assert chosen.formula == (Iverson(k > 0) * x[k] + Iverson(Not(k > 0)) * (x[k + 1] + 2)).formula
    assert (where(k > 0, 0, x[k]).formula, where(m > 0, x[k], 0).formula) == (
        (Iverson(Not(k > 0)) * x[k]).formula,
        (Iverson(m > 0) * x[k]).formula,
    )
