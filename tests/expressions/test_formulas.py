"""The vocabulary of entry formulas."""

import math
from itertools import product

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import Iverson, claim, prove, tensor
from cnn_symbolic.expressions.formulas import (
    bound_sum,
    derivative,
    entry,
    fresh,
    inside,
    size,
    sizes,
    substitute,
    symbols_of,
    width,
    widths,
)
from cnn_symbolic.expressions.heads import AtLeast, Bracket, Delta, Floor, Opaque
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import (
    all_of,
    as_quotient,
    at_least,
    bracket,
    ceiling,
    compare,
    delta,
    divide,
    floor,
    is_plain_size,
    least,
    maximum,
    minimum,
    remainder,
)
from cnn_symbolic.expressions.values import Number, as_condition
from cnn_symbolic.ground.errors import FragmentError, OperandError

M, N, P = size("M"), size("N"), width("P")
i, j = sp.symbols("i j", integer=True)


def at_zero(sign, e):
    return compare(sign, e, sp.S.Zero)


def test_sizes_are_positive_integers():
    assert [s.formula for s in sizes("M, N")] == [M, N]
    assert [s.formula for s in widths("P Q")] == [P, width("Q")]
    assert all(isinstance(s, Number) for s in sizes("M, N"))
    assert is_plain_size(M)
    assert is_plain_size(P)
    assert (least(M), least(P)) == (1, 0)
    assert not is_plain_size(i)
    assert not is_plain_size(3)
    assert not is_plain_size(sp.Symbol("M"))
    assert not is_plain_size(sp.Symbol("M", integer=True, positive=True, even=True))


def test_a_decided_bracket_is_a_number():
    (m,) = sizes("M")
    assert Iverson(m >= m - 1).formula == 1
    assert Iverson(m < m).formula == 0
    assert Iverson(True).formula == 1
    assert Iverson(False).formula == 0
    assert bracket(sp.true) == 1
    assert bracket(sp.false) == 0
    assert str(bracket(compare(">=", i, sp.Integer(2)))) == "[i >= 2]"


def test_a_bracket_is_decided_by_a_difference_that_is_a_number_and_by_nothing_else():
    assert bracket(compare(">=", M, sp.S.One)) == Bracket(AtLeast(M, 1))
    assert bracket(compare(">=", M + 1, M)) == 1
    assert bracket(compare("=", i, j)) == Delta(i, j) == delta(j, i)
    assert bracket(compare("=", i + 1, i)) == 0


def test_a_bracket_is_constant_under_differentiation():
    x, holds = entry("x", (i,)), bracket(at_zero(">=", i))
    assert (holds * x).diff(x) == holds


def test_an_opaque_function_differentiates_by_the_chain_rule():
    f = Opaque("f", 0, entry("z", (i,)))
    assert f.diff(entry("z", (j,))) == Opaque("f", 1, entry("z", (i,))) * Delta(i, j)
    assert str(f.diff(entry("z", (i,)))) == "f′(z[i])"


def test_the_derivative_of_an_entry_by_an_entry_is_a_delta_that_nothing_decides():
    x = entry("x", (floor(i / 2), j))
    assert x.diff(entry("x", (i, sp.S.Zero))) == delta(floor(i / 2), i) * Delta(j, 0)
    assert x.diff(entry("x", (floor(i / 2), j))) == 1
    assert x.diff(entry("y", (i, j))) == 0
    assert x.diff(entry("x", (floor(i / 2), j + 1))) == 0


def test_the_free_symbols_of_a_formula_are_those_that_sympy_finds():
    x, f = entry("x", (i + j,)), Opaque("f", 0, entry("z", (j,)))
    formulas = [
        x * f + P,
        sp.Sum(x * f, (i, j, M - 1)),
        sp.Sum(x, (i, 0, j), (j, 0, N)) * Delta(i, 2),
        sp.Sum(i, (i, i, M)),
        sp.Sum(sp.Symbol("u"), (i, 0, 3)),
        sp.Derivative(sp.Sum(x, (i, 0, M)), entry("x", (N,)), evaluate=False),
        bracket(compare(">=", floor(i / 2), maximum(j, P))),
        sp.Integer(3),
    ]
    for formula in formulas:
        assert symbols_of(formula) == {s for s in formula.free_symbols if isinstance(s, sp.Symbol)}


def test_a_quotient_has_one_denominator():
    assert as_quotient(M / 2 + N / 3) == (3 * M + 2 * N, 6)
    assert as_quotient(divide(M, N) / 2 + divide(i, 3 * N)) == (3 * M + 2 * i, 6 * N)
    assert as_quotient(divide(M, N) + divide(i, M - N)) == (M * (M - N) + N * i, N * (M - N))
    assert as_quotient(divide(M, N) ** 2) == (M**2, N**2)
    assert as_quotient(i - 1) == (i - 1, 1)


def test_an_index_of_the_entry_is_not_captured_by_a_derivative():
    total = sp.Sum(entry("x", (i,)) ** 2, (i, 0, M - 1))
    by_entry = derivative(total, entry("x", (i,)))
    (bound,) = by_entry.variables
    assert bound != i
    assert by_entry.function.xreplace({bound: j}) == 2 * entry("x", (j,)) * Delta(j, i)


def test_what_is_not_changed_by_a_substitution_is_left_as_it_stands():
    undecided = AtLeast(M, M)
    assert substitute(undecided, {i: j}) is undecided
    assert substitute(undecided, {M: N}) == sp.true
    assert substitute(Floor(M + sp.Rational(1, 2)), {i: j}) == Floor(M + sp.Rational(1, 2))
    assert substitute(Floor(M + sp.Rational(1, 2)), {M: N}) == N


def test_substitution_does_not_capture_a_bound_index():
    u = sp.Symbol("u", integer=True)
    total = sp.Sum(entry("x", (u + i,)), (u, 0, M - 1))
    moved = substitute(total, {i: u})
    bound = moved.limits[0][0]
    assert bound != u
    assert moved.function == entry("x", (u + bound,))


def test_substitution_reaches_bounds_conditions_and_standing_derivatives():
    u = fresh("u")[0]
    formula = sp.Sum(bracket(compare("<=", u, i)) * entry("x", (u,)), (u, 0, i))
    assert i not in substitute(formula, {i: j}).free_symbols
    standing = sp.Derivative(entry("x", (i,)), entry("x", (i,)), evaluate=False)
    assert substitute(standing, {i: j}) == sp.Derivative(entry("x", (j,)), entry("x", (j,)), evaluate=False)


def test_nested_sums_over_the_same_name_are_kept_apart():
    u = sp.Symbol("u", integer=True)
    nested = sp.Sum(sp.Sum(entry("x", (u,)), (u, 0, u)), (u, 0, M - 1))
    inner, outer = substitute(nested, {}).limits
    assert inner[2] == outer[0]
    assert inner[0] != outer[0]


def test_a_sum_over_no_index_is_its_body():
    assert bound_sum(entry("x", ()), (), ()) == entry("x", ())


def test_conditions():
    assert as_condition(True) is sp.true
    within = (at_zero(">=", i), compare("<", i, M), at_zero(">=", j), compare("<", j, N))
    assert inside((i, j), (M, N)) == all_of(*within)
    assert inside((), ()) == sp.true
    with pytest.raises(ValueError, match="zip"):
        inside((i,), (M, N))


SYMBOLS = [M, sp.Symbol("b"), sp.Dummy("b"), sp.Symbol("b", integer=True), M + 1]


@pytest.mark.parametrize("wrong", [*SYMBOLS, 3, "M > 2", None], ids=str)
def test_a_symbol_is_no_condition_nor_is_a_number_or_a_text(wrong):
    with pytest.raises(FragmentError, match="a condition compares indices and sizes, such as i <= M; found"):
        as_condition(wrong)


def test_a_bracket_and_the_opposite_of_a_condition_take_conditions_only():
    m, n = sizes("M N")
    assert as_condition((m >= 2) & ~(n == 3)) == ((m >= 2) & (n != 3)).formula
    with pytest.raises(FragmentError, match="found M"):
        Iverson(m)
    with pytest.raises(FragmentError, match="found M"):
        _ = ~(n == 3) & m


@pytest.mark.parametrize("condition", [sp.Ge(i, M), sp.And(sp.Ge(i, M), i <= 3), sp.Not(sp.Eq(i, M)), sp.Ne(N, 2)])
def test_a_condition_that_sympy_made_is_refused(condition):
    with pytest.raises(FragmentError, match=r"is made by SymPy .* compare sizes\(…\) with == != < <= > >="):
        as_condition(condition)


m, n = sizes("M N")


@pytest.mark.parametrize("assuming", [[m], [m > 2, m], [sp.Symbol("b")], (n,), [M]], ids=str)
def test_a_size_is_no_assumption(assuming):
    x = tensor(M, N, name="x")
    found = f"found {assuming[-1]}$"
    with pytest.raises(FragmentError, match=found):
        claim(x == x, assuming=assuming)
    with pytest.raises(FragmentError, match=found):
        prove("…", x, equals=x, assuming=assuming)


# Lower bounds


def grown(inner):
    """Return a strategy for expressions made of two others."""
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda ab: ab[0] + ab[1]),
        two.map(lambda ab: ab[0] - ab[1]),
        two.map(lambda ab: ab[0] * ab[1]),
        two.map(lambda ab: maximum(*ab)),
        two.map(lambda ab: minimum(*ab)),
        st.tuples(inner, st.integers(2, 3)).map(lambda an: floor(an[0] / an[1])),
        st.tuples(inner, st.integers(2, 3)).map(lambda an: ceiling(an[0] / an[1])),
        st.tuples(inner, st.integers(2, 3)).map(lambda an: remainder(an[0], sp.Integer(an[1]))),
        st.tuples(inner, st.integers(2, 3)).map(lambda an: an[0] / an[1]),
        st.tuples(inner, st.sampled_from([M, N, M + N])).map(lambda an: divide(*an)),
        st.tuples(inner, st.sampled_from([M, N, M * N])).map(lambda an: remainder(*an)),
    )


EXPRESSIONS = st.recursive(st.sampled_from([M, N, P]) | st.integers(-3, 3).map(sp.Integer), grown, max_leaves=6)


def values(e, most):
    """Yield the values of an expression at all small sizes."""
    symbols = sorted(e.free_symbols, key=str)
    for found in product(*(range(least(s), most + 1) for s in symbols)):
        yield value_of(e, dict(zip(symbols, found, strict=True)).__getitem__)


@given(EXPRESSIONS, st.integers(-2, 2))
def test_a_lower_bound_that_is_shown_holds_for_all_small_sizes(e, beside):
    smallest = min(values(e, 5))
    low = math.floor(smallest) + beside
    assert not at_least(e, low) or smallest >= low


@given(*(st.integers(-1, 3) for _ in range(3)), st.integers(-9, 9), st.integers(-2, 2))
def test_a_lower_bound_of_a_linear_expression_is_shown_exactly_if_it_holds(a, b, c, d, beside):
    e = sp.Integer(d) + a * M + b * N + c * P
    low = int(e.xreplace({s: sp.Integer(least(s)) for s in (M, N, P)})) + beside
    assert at_least(e, low) == (beside <= 0 and min(a, b, c) >= 0)


@pytest.mark.parametrize(
    ("e", "low", "shown"),
    [
        (sp.Integer(3), 3, True),
        (sp.Integer(3), 4, False),
        (M, 1, True),
        (P, 1, False),
        (P + 1, 1, True),
        (M + N - 1, 1, True),
        (M - N, 0, False),
        (M * N - N, 0, True),
        (2 * M * M - M, 1, True),
        (M / 2, 0, True),
        (floor(M / 2), 0, True),
        (floor(M / 2), 1, False),
        (floor(M / 2) + 1, 1, True),
        (ceiling(divide(M, N)), 0, True),
        (maximum(M - 5, sp.S.One), 1, True),
        (minimum(M, N + 2), 1, True),
        (minimum(M, P), 1, False),
        (remainder(M, sp.Integer(2)), 0, True),
        (remainder(-M, N), 0, True),
        (remainder(M, sp.Integer(2)) - 1, 0, False),
        (delta(M, N), 0, True),
        (divide(M, N), 0, True),
        (divide(M - N, N), 0, False),
    ],
    ids=str,
)
def test_lower_bounds(e, low, shown):
    assert at_least(e, low) is shown


@pytest.mark.parametrize("e", [i, M + i, M * i + 2], ids=str)
def test_nothing_is_shown_about_an_index(e):
    assert not at_least(e, 0)


@pytest.mark.parametrize("name", ["%", "a-b", "1x", "and", "mod", "x^2", "\\input{x}", "", "<b>"])
def test_a_size_has_a_name_that_conditions_can_be_printed_with(name):
    for made in (size, width):
        with pytest.raises(OperandError, match="a size has a name of letters, digits and underscores"):
            made(name)
