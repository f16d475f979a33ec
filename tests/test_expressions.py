"""Expressions in sizes and indices: heads that nothing evaluates, the rules that build them, numbers, and printing.

A recipe is an expression as a tree of tuples. It is read in three ways: built by the rules, calculated with numbers,
and computed in Python's integers and fractions by the oracle here, which knows none of the package.
"""

import json
import math
import operator
import re
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy.core.sympify import SympifyError

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
    sizes,
    sum_over,
    tensor,
    where,
    widths,
    zeros,
)
from cnn_symbolic.errors import (
    CnnSymbolicError,
    EvaluationError,
    FragmentError,
    OperandError,
    ShapeError,
    UndefinedError,
)
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import (
    COMPARISONS,
    AtLeast,
    AtMost,
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
    Unequal,
    Where,
    divisors,
)
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import as_quotient, at_least, conjuncts, is_whole, negation
from cnn_symbolic.expressions.values import Number, Point, Standing, Truth, number, presumed_of, standing_at
from cnn_symbolic.formulas import entry, named_number, size, substitute, width

M, N, P = size("M"), size("N"), width("P")
i, HALF = sp.Symbol("i", integer=True), sp.Rational(1, 2)
SYMBOLS = {"M": M, "N": N, "P": P, "i": i}
m, n, p, k = (*sizes("M N"), *widths("P"), named_number(i))
NUMBERS = {"M": m, "N": n, "P": p, "i": k}
LOW = {"M": 1, "N": 1, "P": 0, "i": -4}
POINTS = [dict(zip(LOW, at, strict=True)) for at in product((1, 2, 3, 6), (1, 2, 5), (0, 2), (-3, 0, 4))]

# Recipes, and the oracle.

SIGNS = {"=": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


class NoValue(Exception):
    """Something is divided by less than one."""


def by(divisor):
    if divisor < 1:
        raise NoValue
    return divisor


ORACLE = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "neg": operator.neg,
    "power": operator.pow,
    "/": lambda a, b: Fraction(a) / by(b),
    "//": lambda a, b: a // by(b),
    "%": lambda a, b: a % by(b),
    "floor": math.floor,
    "ceiling": math.ceil,
    "max": max,
    "min": min,
    "bracket": int,
    "where": lambda holds, a, b: a if holds else b,
    "and": lambda *parts: all(parts),
    "or": lambda *parts: any(parts),
    "not": operator.not_,
    **SIGNS,
}
RULES = {
    "+": sp.Add,
    "-": operator.sub,
    "*": sp.Mul,
    "neg": operator.neg,
    "power": sp.Pow,
    "/": rules.divide,
    "//": lambda a, b: rules.floor(rules.divide(a, b)),
    "%": rules.remainder,
    "floor": rules.floor,
    "ceiling": rules.ceiling,
    "max": rules.maximum,
    "min": rules.minimum,
    "bracket": rules.bracket,
    "where": rules.where,
    "and": rules.all_of,
    "or": rules.any_of,
    "not": rules.negation,
    **{sign: lambda a, b, sign=sign: rules.compare(sign, a, b) for sign in SIGNS},
}
CALCULATED = {
    **{sign: getattr(operator, name) for sign, name in (("+", "add"), ("-", "sub"), ("*", "mul"), ("%", "mod"))},
    "neg": operator.neg,
    "power": operator.pow,
    "/": operator.truediv,
    "//": operator.floordiv,
    "floor": floor,
    "ceiling": ceiling,
    "max": maximum,
    "min": minimum,
    "bracket": Iverson,
    "where": where,
    "and": And,
    "or": Or,
    "not": Not,
    **SIGNS,
}
TRUTHS = {"true": True, "false": False}


def computed(recipe, point):
    """What a recipe is at a point, for Python; raises NoValue where something is divided by less than one."""
    if not isinstance(recipe, tuple):
        return point.get(recipe, TRUTHS.get(recipe, recipe)) if isinstance(recipe, str) else recipe
    return ORACLE[recipe[0]](*(computed(part, point) for part in recipe[1:]))


def built(recipe):
    """The SymPy expression of a recipe, built by the rules."""
    if isinstance(recipe, str):
        return {**SYMBOLS, "true": sp.true, "false": sp.false}[recipe]
    if not isinstance(recipe, tuple):
        return sp.Rational(recipe.numerator, recipe.denominator)
    return RULES[recipe[0]](*map(built, recipe[1:]))


def calculated(recipe):
    """The number of a recipe, made by Python's operators from sizes."""
    if isinstance(recipe, str):
        return NUMBERS.get(recipe, TRUTHS.get(recipe))
    if not isinstance(recipe, tuple):
        return recipe
    parts = [calculated(part) for part in recipe[1:]]
    if recipe[0] == "/" and not any(isinstance(part, Number) for part in parts):
        return number(parts[0]) / parts[1]
    if recipe[0] in ("//", "%", *SIGNS) and not any(isinstance(part, Number) for part in parts):
        parts[0] = number(parts[0])
    return CALCULATED[recipe[0]](*parts)


def made(make, recipe):
    """What a recipe makes; it is left out if it divides by a literal number that is less than one."""
    try:
        return make(recipe)
    except FragmentError as error:
        assume(not re.search(r"a divisor is at least one|nothing is divided by zero|the divisor of a rem", str(error)))
        raise


def value(e, point):
    """What an expression or condition is at a point, by `meaning`."""
    return value_of(e, lambda symbol: point[symbol.name])


def values_of(recipe):
    """The points at which a recipe has a value for the oracle, with that value."""
    for point in POINTS:
        try:
            yield point, computed(recipe, point)
        except NoValue:
            continue


LEAVES = st.one_of(
    st.sampled_from(list(SYMBOLS)),
    st.sampled_from(list(SYMBOLS)),
    st.integers(-3, 7),
    st.builds(Fraction, st.integers(-5, 5), st.integers(2, 3)),
)
MADE_OF_TWO = ["+", "+", "-", "*", "*", "/", "//", "%", "%", "max", "min"]
MADE_OF_OTHERS = [*MADE_OF_TWO, "floor", "ceiling", "neg", "power", "three", "bracket", "where"]


@st.composite
def numbers(draw, depth=3):
    """A recipe of a number."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(LEAVES)
    word, inner = draw(st.sampled_from(MADE_OF_OTHERS)), numbers(depth - 1)
    if word == "power":
        return (word, draw(inner), draw(st.integers(0, 3)))
    if word == "three":
        return (draw(st.sampled_from(["max", "min"])), draw(inner), draw(inner), draw(inner))
    if word in ("bracket", "where"):
        others = [draw(inner), draw(inner)] if word == "where" else []
        return (word, draw(truths(depth - 1)), *others)
    return (word, *(draw(inner) for _ in range(2 if word in MADE_OF_TWO else 1)))


@st.composite
def truths(draw, depth=2):
    """A recipe of a condition."""
    word = draw(st.sampled_from([*SIGNS, *SIGNS, "and", "or", "not", "literal"]))
    if word in SIGNS or depth == 0:
        return (draw(st.sampled_from(list(SIGNS))), draw(numbers(depth)), draw(numbers(depth)))
    if word == "literal":
        return draw(st.sampled_from(list(TRUTHS)))
    inner = truths(depth - 1)
    return (word, *([draw(inner)] if word == "not" else draw(st.lists(inner, min_size=1, max_size=3))))


RECIPES, CONDITIONS = numbers(), truths()
many = settings(max_examples=5 * settings.default.max_examples)


def assert_value(e, recipe):
    """Assert that an expression is what the oracle computes, wherever that has a value."""
    for point, expected in values_of(recipe):
        assert value(e, point) == expected, (point, e)


# The rules


@many
@given(RECIPES)
def test_what_the_rules_build_is_what_python_computes(recipe):
    assert_value(made(built, recipe), recipe)


@many
@given(CONDITIONS)
def test_conditions_that_the_rules_build_are_what_python_computes(recipe):
    e = made(built, recipe)
    assert_value(e, recipe)
    assert_value(negation(e), ("not", recipe))
    assert negation(negation(e)) == e
    assert_value(rules.all_of(*conjuncts(e)), recipe)


RULE_ALONE = {
    "an integer is drawn out of a floor": (("floor", ("+", "M", ("/", "i", 2))), M + Floor(i / 2)),
    "an integer is drawn out of a ceiling": (("ceiling", ("-", ("/", "i", 3), "M")), Ceiling(i / 3) - M),
    "a floor of an integer": (("floor", ("*", 3, "M")), 3 * M),
    "a floor of a number": (("floor", Fraction(-5, 2)), sp.Integer(-3)),
    "a ceiling of a number": (("ceiling", Fraction(-5, 2)), sp.Integer(-2)),
    "a floor of a floor": (("floor", ("floor", ("/", "i", 2))), Floor(i / 2)),
    "a remainder of a fraction is rounded": (
        ("floor", ("%", ("/", "M", 2), 2)),
        Floor(Remainder(M / 2, 2)),
    ),
    "a factor is divided by": (("/", ("*", "M", "N"), "N"), M),
    "a factor is divided by once": (("/", ("*", ("*", "N", ("-", "M", 1)), "M"), "N"), M * (M - 1)),
    "a power stands": (("/", ("power", "N", 2), "N"), N**2 * Inverse(N)),
    "a sum is divided by itself": (("/", ("-", "M", "N"), ("-", "M", "N")), sp.S.One),
    "a divisor stands": (("/", "M", "N"), M * Inverse(N)),
    "a literal divisor": (("/", "M", 2), M / 2),
    "a remainder of numbers": (("%", -7, 3), sp.Integer(2)),
    "zero": (("%", 0, "M"), sp.S.Zero),
    "a remainder by one": (("%", "i", 1), sp.S.Zero),
    "a remainder by one of a fraction stands": (("%", ("/", "i", 2), 1), Remainder(i / 2, 1)),
    "a remainder of a remainder stands": (
        ("%", ("*", 2, ("%", "i", 4)), 4),
        Remainder(2 * Remainder(i, 4), 4),
    ),
    "a remainder by itself stands": (("%", "M", "M"), Remainder(M, M)),
    "maxima are one": (("max", ("max", "M", "N"), "i", "M"), Maximum(M, N, i)),
    "numbers in a maximum are compared": (("max", 3, "M", 5), Maximum(M, 5)),
    "a maximum of one": (("max", "M", "M"), M),
    "a maximum with a bound that is known stands": (("max", "M", 1), Maximum(M, 1)),
    "minima are one": (("min", ("min", "M", 2), 1), Minimum(M, 1)),
    "a maximum in a minimum stands": (("min", ("max", "M", "N"), "M"), Minimum(Maximum(M, N), M)),
    "an equation as a bracket": (("bracket", ("=", "M", "i")), rules.delta(M, i)),
    "a bracket": (("bracket", (">=", "i", 0)), Bracket(AtLeast(i, 0))),
    "true": (("bracket", ("=", "M", "M")), sp.S.One),
    "false": (("bracket", (">", "M", ("+", "M", 1))), sp.S.Zero),
    "a decided choice": (("where", (">", "M", ("-", "M", 1)), "N", "i"), N),
    "a choice between equals": (("where", (">", "M", 1), "N", "N"), N),
    "a choice": (("where", (">", "M", 1), "N", "i"), Where(Greater(M, 1), N, i)),
    "a comparison with a bound that is known stands": (("bracket", (">=", "M", 1)), Bracket(AtLeast(M, 1))),
    "conditions are one": (
        ("bracket", ("and", (">", "M", 1), ("and", (">", "N", 1), "true"), (">", "M", 1))),
        Bracket(Conjunction(Greater(M, 1), Greater(N, 1))),
    ),
    "false decides": (("bracket", ("and", (">", "M", 1), "false")), sp.S.Zero),
    "true decides": (("bracket", ("or", (">", "M", 1), "true")), sp.S.One),
    "one condition": (("bracket", ("or", (">", "M", 1), "false")), Bracket(Greater(M, 1))),
    "the opposite of a comparison": (("bracket", ("not", ("<", "M", "N"))), Bracket(AtLeast(M, N))),
    "the opposite of several": (
        ("bracket", ("not", ("or", ("<", "M", "N"), ("=", "i", 0)))),
        Bracket(Negation(Disjunction(Less(M, N), Equal(i, 0)))),
    ),
}


@pytest.mark.parametrize(("recipe", "expected"), RULE_ALONE.values(), ids=RULE_ALONE)
def test_each_rule(recipe, expected):
    e = built(recipe)
    assert e == expected
    assert type(e) is type(expected)
    assert_value(e, recipe)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_comparison_and_its_opposite_are_decided_where_the_difference_is_a_number(sign):
    for difference in (-1, 0, 1, Fraction(1, 2)):
        recipe = (sign, ("+", "M", difference), "M")
        decided = SIGNS[sign](difference, 0)
        assert built(recipe) == (sp.true if decided else sp.false)
        assert built(("not", recipe)) == (sp.false if decided else sp.true)
    opposite = negation(rules.compare(sign, M, N))
    assert (type(opposite), opposite.args) == (rules.OPPOSITE[COMPARISONS[sign]], (M, N))


@pytest.mark.parametrize("divisor", [0, -1, Fraction(1, 2)])
def test_a_literal_divisor_of_a_remainder_is_at_least_one(divisor):
    with pytest.raises(FragmentError, match="the divisor of a remainder is an integer of at least one, found"):
        rules.remainder(M, sp.S(divisor))


def test_nothing_is_divided_by_zero_and_a_maximum_is_of_something():
    with pytest.raises(FragmentError, match="nothing is divided by zero"):
        rules.divide(M, sp.S.Zero)
    for extremum in (rules.maximum, rules.minimum):
        with pytest.raises(FragmentError, match="a maximum or minimum has at least one argument"):
            extremum()


@many
@given(RECIPES, st.sampled_from(["M", "N", "P", "i"]), numbers(depth=1))
def test_what_is_substituted_is_computed(recipe, name, inside):
    """Substituting applies the rules again: the value is that of the recipe with the other one in its place."""

    def put(part):
        if isinstance(part, tuple):
            return (part[0], *map(put, part[1:]))
        return inside if part == name else part

    assume(all(found == int(found) for _, found in values_of(inside)))
    e, by_value = made(built, recipe), made(built, inside)
    assert_value(substitute(e, {SYMBOLS[name]: by_value}), put(recipe))


# What the rules conclude


@many
@given(RECIPES, st.integers(-2, 2))
def test_a_lower_bound_that_is_shown_holds_at_all_points(recipe, low):
    e = made(built, recipe)
    if at_least(e, low):
        assert all(found >= low for _, found in values_of(recipe)), e


@many
@given(RECIPES)
def test_what_is_called_whole_is_an_integer_at_all_points(recipe):
    e = made(built, recipe)
    if is_whole(e):
        assert all(found == int(found) for _, found in values_of(recipe)), e


@many
@given(RECIPES)
def test_a_quotient_is_its_numerator_by_its_denominator(recipe):
    top, bottom = as_quotient(made(built, recipe))
    for point, expected in values_of(recipe):
        assert Fraction(value(top, point)) / value(bottom, point) == expected, (point, top, bottom)


def test_wholes_and_others():
    whole = [M, i, M * N - i**2, Floor(i / 2), Remainder(i, M), Delta(i, M), Bracket(Less(i, M)), Maximum(M, i)]
    whole += [Where(Less(i, M), M, i), sp.Integer(-3), Minimum(Floor(M / 2), N)]
    others = [M / 2, M * Inverse(N), Inverse(N), Maximum(M / 2, N), Where(Less(i, M), M / 2, i), sp.Rational(1, 2)]
    others += [Remainder(M / 2, 2), Remainder(M, HALF), Remainder(HALF, M), Maximum(Remainder(M / 2, N), 1)]
    others += [sp.Symbol("r", real=True), entry("x", (i,)), entry("c", ()), sp.Symbol("q")]
    assert all(map(is_whole, whole))
    assert not any(map(is_whole, others))


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


# Numbers


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


FOREIGN = {
    "Max": (sp.Max(M, 2), r"Max\(2, M\) is made by SymPy \(Max\), .*: write maximum\(…\) of cnn_symbolic"),
    "Min": (sp.Min(M, N), r"is made by SymPy \(Min\), .*: write minimum\(…\) of cnn_symbolic"),
    "Mod": (sp.Mod(M, 2), r"is made by SymPy \(Mod\), .*: write a % b with sizes\(…\) of cnn_symbolic"),
    "floor": (sp.floor(M / 2), r"is made by SymPy \(floor\), .*: write a // b, or floor\(…\) of cnn_symbolic"),
    "ceiling": (sp.ceiling(M / 2), r"is made by SymPy \(ceiling\), .*: write ceiling\(…\) of cnn_symbolic"),
    "a delta": (sp.KroneckerDelta(i, M), r"is made by SymPy \(KroneckerDelta\), .*: write Iverson\(i == j\)"),
    "cases": (
        sp.Piecewise((M, i > 0), (0, True)),
        r"is made by SymPy \(Piecewise\), .*: write where\(condition, a, b\)",
    ),
    "a quotient": (M / N, r"1/N is made by SymPy \(Pow\), .*: write a / b with sizes\(…\) of cnn_symbolic"),
    "a root": (sp.sqrt(M), r"is made by SymPy \(Pow\)"),
    "a floating-point number": (M * sp.Float(0.5), r"is made by SymPy \(Float\), .*: write an exact fraction, such as"),
    "a number that is not rational": (sp.pi + M, r"pi is made by SymPy \(Pi\)"),
    "a function": (sp.exp(i), r"is made by SymPy \(exp\), .*: write what sizes\(…\) gives and the functions of cnn_"),
    "inside of a head": (Floor(sp.Max(M, 2) / 2), r"Max\(2, M\) is made by SymPy \(Max\)"),
    "in an index": (entry("x", (sp.Mod(i, 2),)), r"is made by SymPy \(Mod\)"),
    "in a bound": (sp.Sum(i, (i, 0, sp.floor(M / 2))), r"is made by SymPy \(floor\)"),
    "an infinite number": (sp.oo, r"oo is made by SymPy \(Infinity\)"),
    "no number": (sp.nan, r"nan is made by SymPy \(NaN\)"),
}


@pytest.mark.parametrize(("foreign", "message"), FOREIGN.values(), ids=FOREIGN)
def test_what_sympy_may_have_simplified_is_refused_with_what_to_write_instead(foreign, message):
    for calculate in (
        lambda: m + foreign,
        lambda: m * foreign,
        lambda: m // foreign,
        lambda: m == foreign,
        lambda: maximum(m, foreign),
        lambda: from_entries((m,), lambda _: foreign, using=[tensor(m, name="x")]),
    ):
        with pytest.raises(FragmentError, match=message):
            calculate()
    with pytest.raises((FragmentError, ShapeError), match=message):
        tensor(foreign, name="x")


@pytest.mark.parametrize(
    "condition",
    [sp.Ge(M, N), sp.Eq(M, 2 * N), sp.Ne(M, N), sp.And(sp.Ge(M, N), sp.Ge(N, 2)), sp.Not(sp.And(sp.Ge(M, N), N >= 2)),
     Conjunction(sp.Ge(M, N), Less(M, N)), Equal(sp.Mod(M, 2), 0)],
    ids=str,
)  # fmt: skip
def test_a_condition_of_sympy_is_refused_with_what_to_write_instead(condition):
    x = tensor(m, name="x")
    for use in (
        lambda: Iverson(condition),
        lambda: And(m > 1, condition),
        lambda: Not(condition),
        lambda: where(condition, m, n),
        lambda: claim(x == x, assuming=[condition]),
    ):
        with pytest.raises(
            FragmentError, match=r"is made by SymPy .* compare sizes\(…\) with == != < <= > >=, and join"
        ):
            use()


SYMPYS = [
    sp.Max,
    sp.Min,
    sp.Mod,
    sp.floor,
    sp.ceiling,
    sp.Eq,
    sp.Ne,
    sp.exp,
    sp.sqrt,
    sp.Abs,
    sp.KroneckerDelta,
    sp.Add,
]


@pytest.mark.parametrize("function", SYMPYS, ids=lambda f: f.__name__)
def test_a_function_of_sympy_takes_no_number(function):
    count = 1 if function in (sp.floor, sp.ceiling, sp.exp, sp.sqrt, sp.Abs) else 2
    with pytest.raises(SympifyError):
        function(*[m, n][:count])


@pytest.mark.parametrize("relation", [sp.Ge, sp.Gt, sp.Le, sp.Lt], ids=lambda f: f.__name__)
def test_an_inequality_of_sympy_makes_no_condition_of_numbers(relation):
    with pytest.raises((SympifyError, FragmentError)):
        Iverson(relation(m, n))


@pytest.mark.parametrize("connective", [sp.And, sp.Or, sp.Not], ids=lambda f: f.__name__)
def test_a_connective_of_sympy_takes_no_condition(connective):
    with pytest.raises(SympifyError):
        connective(m > 1)


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
    for choose in (*choices, lambda: where(k > 0, x[k], 0), lambda: where(k > 0, 0, x[k])):
        with pytest.raises(FragmentError, match="are of sizes and indices, found the entries in x"):
            choose()
    assert str(x[k] / m) == "x[i]/M"


# What is divided by is at least one


@pytest.mark.parametrize(
    ("made_of", "expected"),
    [
        ((m - n) / (m - n), {M - N}),
        ((m * p) // p, {P}),
        (m / n, set()),
        (m % (n + p), set()),
        (m % p - m % p, {P}),
        ((m // p) // (n - 1), {P, N - 1}),
        (m // (n // p), {P, Floor(N * Inverse(P))}),
        (0 * (m / (n - 2)), {N - 2}),
        (maximum(m // p, n % (n - 1)), {P, N - 1}),
        (Iverson(m // p > 1), {P}),
        (where(m // p > 1, m % (m - 1), 2), {P, M - 1}),
        (floor(m / p) - ceiling(n / p), {P}),
        (m / (2 * n - 1), set()),
        (m / -2, set()),
        ((m // p)**0, {P}),
        (And(m // p > 1, n > 1), {P}),
        (Not(Or(m // p > 1, m % (n - 1) == 0)), {P, N - 1}),
        (Eq(m // p, m // p), {P}),
    ],
    ids=str,
)  # fmt: skip
def test_what_was_divided_by_is_kept_even_if_it_cancels(made_of, expected):
    assert presumed_of(made_of) == expected


def test_a_tensor_and_a_claim_keep_what_was_divided_by():
    x = tensor(m, name="x")
    quotient = from_entries((m,), lambda i: x[i] * (m - n) / (m - n), using=[x])
    assert quotient.requirements() == (AtLeast(M - N, 1),)
    assert tensor((m * (m - n)) // (m - n), name="y").requirements() == (AtLeast(M - N, 1),)
    assert (x * ((m - n) / (m - n))).requirements() == (AtLeast(M - N, 1),)
    assert (x / (m - n) * (m - n)).requirements() == (AtLeast(M - N, 1),)
    proved = claim(quotient == x)
    assert (proved.outcome, proved.verdict.domain) == ("proved", "N < M")
    assert claim(x == quotient).verdict.kind == "defined"
    assert claim((m - n) / (m - n) == 1).verdict.domain == "N < M"
    assert claim(x == x, assuming=[(m - n) / (m - n) == 1]).verdict.domain == "N < M"


def test_a_divisor_that_depends_on_an_index_is_at_least_one_on_its_range():
    x = tensor(m, name="x")

    def requirements(formula):
        return from_entries((m,), formula, using=[x]).requirements()

    assert requirements(lambda i: x[i] / (i + 1)) == ()
    assert requirements(lambda i: x[i] * Iverson(n % (m - i) == 0)) == ()
    assert requirements(lambda i: x[i] * Iverson(n % (m - i - 1) == 0)) == (sp.false,)
    assert requirements(lambda i: x[i] * Iverson(n % (2 * n - i) == 0)) == (AtLeast(2 * N - M + 1, 1),)
    assert requirements(lambda i: x[i] * ((i - n) // (i - n))) == (AtLeast(-N, 1),)
    total = sum_over(lambda u: x[u] / (n - u), (p + 1,))
    assert total.presumed == {N - P}
    nested = sum_over(lambda u: sum_over(lambda v: x[u] / (n + u - v), (p + 1,)), (m,))
    assert nested.presumed == {N - P}
    with pytest.raises(FragmentError, match=r"divides by .*: the index _?i has to stand in it by itself"):
        requirements(lambda i: x[i] * Iverson(n % (i * i + 1) == 0))
    with pytest.raises(FragmentError, match=r"the index _?i has to stand in it by itself"):
        requirements(lambda i: x[i] * Iverson(n % (m * i + 1) == 0))


# Printing


MEANT = {
    "·": "*",
    "^": "**",
    "⌊": "floor(",
    "⌋": ")",
    "⌈": "ceil(",
    "⌉": ")",
    " mod ": " % ",
    ", else": " else",
    "≠": "!=",
    "≥": ">=",
    "≤": "<=",
    "[": "int(",
    "]": ")",
}


def to_python(text):
    """A printed expression or condition as one of Python: `⌊(M - N)/2⌋` as `floor((M - N)/F(2))`."""
    text = re.sub(r"\d+", lambda digits: f"F({digits[0]})", text)
    for sign, meant in MEANT.items():
        text = text.replace(sign, meant)
    return re.sub(r"(?<![<>=!])=(?!=)", "==", text).replace("**F(", "**int(")


def read_back(text, point):
    """The value of a printed expression or condition; true and false are printed as SymPy does."""
    known = {name: Fraction(number) for name, number in point.items()}
    functions = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min, "int": int, "F": Fraction}
    return eval(to_python(text), {"__builtins__": {}}, {**known, **functions})


@many
@given(RECIPES)
def test_an_expression_is_printed_as_what_it_is(recipe):
    text = written(made(built, recipe))
    for point, expected in values_of(recipe):
        assert read_back(text, point) == expected, (text, point)


@many
@given(CONDITIONS)
def test_a_condition_is_printed_as_what_it_is(recipe):
    e = made(built, recipe)
    if e in (sp.true, sp.false):
        return
    for point, expected in values_of(recipe):
        assert read_back(written(e), point) == expected, (written(e), point)


PRINTED = {
    "(M - N)//P + 1": "⌊(M - N)/P⌋ + 1",
    "M % (2*N) == 0": "(M mod (2·N)) = 0",
    "-M % N": "(-M mod N)",
    "ceiling(M/(N + 1)) - 1": "⌈M/(N + 1)⌉ - 1",
    "max(M - N, 0) * 2": "2·max(M - N, 0)",
    "min(M, N, 3)": "min(M, N, 3)",
    "Iverson(M >= N) * Iverson(M == N)": "[M ≥ N]·[M = N]",
    "where(M > N, M, N) + 1": "(M if M > N, else N) + 1",
    "M/N + 1/2": "M/N + 1/2",
    "M**2 - 3*M*N": "M^2 - 3·M·N",
    "1 - M": "-M + 1",
    "N - M": "N - M",
    "M*(N + 1)": "M·(N + 1)",
    "M/3": "M/3",
    "-M/3": "-M/3",
    "(M - N)/(P + 1)/2": "(M - N)/(2·P + 2)",
}


@pytest.mark.parametrize(("text", "expected"), PRINTED.items(), ids=PRINTED)
def test_how_an_expression_is_printed(text, expected):
    names = {"M": m, "N": n, "P": p, "max": maximum, "min": minimum, "ceiling": ceiling, "Iverson": Iverson}
    made_of = eval(text.replace("1/2", "Rational(1, 2)"), {**names, "where": where, "Rational": Rational})
    assert str(made_of) == repr(made_of) == written(made_of.formula) == expected


def test_how_a_condition_is_printed():
    either = Or(n != 2, Not(And(m > 2, n < 3)))
    assert str(And(m > 1, either)) == "M > 1 and (N ≠ 2 or not (M > 2 and N < 3))"
    assert str(either.formula) == "N != 2 or (not (M > 2 and N < 3))"
    assert str(Floor(M * Inverse(N)) + Remainder(i, 2)) == "floor(M*1/N) + mod(i, 2)"
    assert str(Where(Greater(M, N), M, N)) == "where(M > N, M, N)"
    assert str(Bracket(AtLeast(M, 2)) * Delta(i, M)) == "[M >= 2]*delta(i, M)"
