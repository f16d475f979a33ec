"""Recipes of expressions in sizes and indices, for tests of the rules, the heads, numbers and printing.

A recipe is an expression as a tree of tuples. It is read in three ways: built by the rules, calculated with numbers,
and computed in Python's integers and fractions by the oracle here, which knows none of the package.
"""

import math
import operator
import re
from fractions import Fraction
from itertools import product

import sympy as sp
from hypothesis import assume, settings
from hypothesis import strategies as st

from cnn_symbolic import And, Iverson, Not, Or, ceiling, floor, maximum, minimum, sizes, where, widths
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import named_number, size, width
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.values import Number, number
from cnn_symbolic.ground.errors import FragmentError

M, N, P = size("M"), size("N"), width("P")
i, HALF = sp.Symbol("i", integer=True), sp.Rational(1, 2)
SYMBOLS = {"M": M, "N": N, "P": P, "i": i}
m, n, p, k = (*sizes("M N"), *widths("P"), named_number(i))
NUMBERS = {"M": m, "N": n, "P": p, "i": k}
LOW = {"M": 1, "N": 1, "P": 0, "i": -4}
POINTS = [dict(zip(LOW, at, strict=True)) for at in product((1, 2, 3, 6), (1, 2, 5), (0, 2), (-3, 0, 4))]

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
