"""The rules that build expressions, each alone and in recipes, and what they conclude: values are those of Python."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import entry, substitute
from cnn_symbolic.expressions.heads import (
    COMPARISONS,
    AtLeast,
    Bracket,
    Ceiling,
    Conjunction,
    Delta,
    Disjunction,
    Equal,
    Floor,
    Greater,
    Inverse,
    Less,
    Maximum,
    Minimum,
    Negation,
    Remainder,
    Where,
)
from cnn_symbolic.expressions.rules import as_quotient, at_least, conjuncts, is_whole, negation
from cnn_symbolic.ground.errors import FragmentError
from tests.support.recipes import (
    CONDITIONS,
    HALF,
    RECIPES,
    SIGNS,
    SYMBOLS,
    M,
    N,
    assert_value,
    built,
    i,
    made,
    many,
    numbers,
    value,
    values_of,
)

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
    assert (type(opposite), opposite.args) == (COMPARISONS[rules.OPPOSITE[sign]], (M, N))


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
