"""The vocabulary of entry formulas."""

import pytest
import sympy as sp

from cnn_symbolic.formulas import (
    Iverson,
    Opaque,
    bound_sum,
    condition,
    entry,
    fresh,
    inside,
    is_size,
    sizes,
    substitute,
)

M, N = sizes("M, N")
i, j = sp.symbols("i j", integer=True)


def test_sizes_are_positive_integers():
    assert (M.name, N.name) == ("M", "N")
    assert is_size(M)
    assert not is_size(i)
    assert not is_size(3)


def test_a_decided_bracket_is_a_number():
    assert Iverson(sp.Ge(M, 1)) == 1
    assert Iverson(sp.Lt(M, 1)) == 0
    assert Iverson(True) == 1
    assert Iverson(False) == 0
    assert str(Iverson(sp.Ge(i, 2))) == "[i >= 2]"


def test_a_bracket_is_constant_under_differentiation():
    x = entry("x", (i,))
    assert (Iverson(sp.Ge(i, 0)) * x).diff(x) == Iverson(sp.Ge(i, 0))


def test_an_opaque_function_differentiates_by_the_chain_rule():
    f = Opaque("f", 0, entry("z", (i,)))
    assert f.diff(entry("z", (j,))) == Opaque("f", 1, entry("z", (i,))) * sp.KroneckerDelta(i, j)
    assert str(f.diff(entry("z", (i,)))) == "f′(z[i])"


def test_substitution_does_not_capture_a_bound_index():
    u = sp.Symbol("u", integer=True)
    total = sp.Sum(entry("x", (u + i,)), (u, 0, M - 1))
    moved = substitute(total, {i: u})
    bound = moved.limits[0][0]
    assert bound != u
    assert moved.function == entry("x", (u + bound,))


def test_substitution_reaches_bounds_conditions_and_standing_derivatives():
    u = fresh("u")[0]
    formula = sp.Sum(Iverson(sp.Le(u, i)) * entry("x", (u,)), (u, 0, i))
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
    assert condition(True) is sp.true
    assert inside((i, j), (M, N)) == sp.And(sp.Ge(i, 0), sp.Lt(i, M), sp.Ge(j, 0), sp.Lt(j, N))
    with pytest.raises(ValueError, match="zip"):
        inside((i,), (M, N))
