"""Expressions and conditions that SymPy makes are refused, with what to write instead."""

import pytest
import sympy as sp
from sympy.core.sympify import SympifyError

from cnn_symbolic import And, Iverson, Not, claim, from_entries, maximum, tensor, where
from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.heads import Conjunction, Equal, Floor, Less
from cnn_symbolic.ground.errors import FragmentError, ShapeError
from tests.support.recipes import M, N, i, m, n

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
