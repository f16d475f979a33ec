"""Expressions and conditions are printed as what they are: the printed text is read back by Python."""

import math
import re
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given

from cnn_symbolic import And, Iverson, Not, Or, Rational, ceiling, maximum, minimum, where
from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.heads import AtLeast, Bracket, Delta, Floor, Greater, Inverse, Remainder, Where
from cnn_symbolic.expressions.printing import written
from tests.support.recipes import CONDITIONS, RECIPES, M, N, built, i, m, made, many, n, p, values_of

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
    "M % (2*N) == 0": "2·N divides M",
    "-M % N": "((-M) mod N)",
    "ceiling(M/(N + 1)) - 1": "⌈M/(N + 1)⌉ - 1",
    "M/(M + Iverson(M == N))": "M/(M + [M = N])",
    "max(M - N, 0) * 2": "2·max(M - N, 0)",
    "min(M, N, 3)": "min(M, N, 3)",
    "Iverson(M >= N) * Iverson(M == N)": "[M = N]·[M ≥ N]",
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


ENTRY = entry("x", (0,))


def derivative(of):
    return sp.Derivative(of, ENTRY, evaluate=False)


@pytest.mark.parametrize(
    ("formula", "printed"),
    [
        (derivative(ENTRY), "∂/∂x[0] x[0]"),
        (derivative(ENTRY**2), "∂/∂x[0] (x[0]^2)"),
        (derivative(ENTRY) ** 2, "(∂/∂x[0] x[0])^2"),
        (derivative(2 * ENTRY), "∂/∂x[0] (2·x[0])"),
        (2 * derivative(ENTRY), "2·∂/∂x[0] x[0]"),
        (derivative(ENTRY) * derivative(ENTRY**2), "(∂/∂x[0] (x[0]^2))·∂/∂x[0] x[0]"),
        (derivative(ENTRY) * sp.Sum(ENTRY, (i, 0, 1)), "(Σ{i=0..1} x[0])·∂/∂x[0] x[0]"),
    ],
    ids=str,
)
def test_a_derivative_is_of_what_stands_in_its_parentheses_or_of_one_entry(formula, printed):
    assert written(formula) == printed
