"""Formulas as numbers: bounds, guards, roundings and what cannot be evaluated."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.formulas import entry, size
from cnn_symbolic.expressions.heads import Head, Opaque
from cnn_symbolic.expressions.rules import (
    all_of,
    any_of,
    bracket,
    ceiling,
    compare,
    delta,
    divide,
    floor,
    maximum,
    minimum,
    negation,
    remainder,
    where,
)
from cnn_symbolic.ground.errors import EvaluationError, TooLargeError, UndefinedError

M = size("M")
i, u, v = sp.symbols("i u v", integer=True)
VALUES = Values({M: 4}, {"x": np.array([1, 10, 100, 1000])})


class Unknown(Head):
    """A head that nothing knows the meaning of."""


def value(formula, values=VALUES, length=4):
    return evaluate_formula(formula, [i], [length], values).tolist()


def test_bounds_may_depend_on_other_indices():
    triangle = sp.Sum(entry("x", (u,)), (u, 0, i))
    assert value(triangle) == [1, 11, 111, 1111]
    nested = sp.Sum(sp.Sum(entry("x", (v,)), (v, 0, u)), (u, 0, i))
    assert value(nested) == [1, 12, 123, 1234]


def test_an_empty_range_counts_nothing():
    assert value(sp.Sum(entry("x", (u,)), (u, 2, i - 3))) == [0, 0, 0, 0]
    assert value(sp.Sum(entry("x", (u,)), (u, 3, -5))) == [0, 0, 0, 0]


def test_a_sum_over_an_index_that_the_body_does_not_use_counts_it():
    assert value(sp.Sum(entry("x", (i,)), (u, 0, M - 1))) == [4, 40, 400, 4000]


def test_entries_outside_the_shape_are_zero():
    assert value(entry("x", (i - 2,))) == [0, 0, 1, 10]


def test_roundings_are_floors_for_negative_numbers_too():
    two = sp.Integer(2)
    assert value(floor((i - 3) / two)) == [-2, -1, -1, 0]
    assert value(ceiling((i - 3) / two)) == [-1, -1, 0, 0]
    assert value(remainder(i - 3, two)) == [1, 0, 1, 0]
    assert value(maximum(i, two) + minimum(i, sp.S.One)) == [2, 3, 3, 4]


def test_roundings_of_quotients_by_sizes_and_nested_remainders_are_pythons():
    assert value(floor(divide(i - 3, M) + sp.Rational(1, 2))) == [(2 * (k - 3) + 4) // 8 for k in range(4)]
    assert value(ceiling(divide(3 * i, M - 1))) == [0, 1, 2, 3]
    assert value(remainder(2 * remainder(i, M), M)) == [2 * (k % 4) % 4 for k in range(4)]
    assert value(remainder(-i, M)) == [-k % 4 for k in range(4)]


def test_conditions():
    zero, two = sp.S.Zero, sp.Integer(2)
    assert value(bracket(any_of(compare("=", i, zero), negation(compare("<=", i, two))))) == [1, 0, 0, 1]
    assert value(bracket(all_of(compare("!=", i, zero), compare("<", i, two)))) == [0, 1, 0, 0]
    assert value(bracket(negation(all_of(compare(">=", i, sp.S.One), compare("<", i, two))))) == [1, 0, 1, 1]
    assert value(delta(i, two)) == [0, 0, 1, 0]
    assert value(where(compare(">", i, sp.S.One), i, -M)) == [-4, -4, 2, 3]


def test_fractions_and_powers_are_exact():
    assert value(entry("x", (i,)) ** 2 / 3)[1] == Fraction(100, 3)
    assert value(divide(entry("x", (i,)), M))[0] == Fraction(1, 4)
    assert value(divide(entry("x", (i,)), M) ** 2)[0] == Fraction(1, 16)


def test_a_divisor_is_at_least_one():
    for e in (divide(i, M - 4), remainder(i, M - 4), floor(divide(i, M - 5))):
        with pytest.raises(UndefinedError, match=r"M - [45] is less than one, but something is divided by it"):
            value(e)
    with pytest.raises(UndefinedError, match="a divisor is at least one"):
        evaluate_size(floor(divide(M, M - 5)), {M: 4})


def test_standing_derivatives_are_carried_out():
    x = entry("x", (i,))
    assert value(sp.Derivative(x**2, x, evaluate=False)) == [2, 20, 200, 2000]


def test_what_is_missing_is_named():
    with pytest.raises(EvaluationError, match="no value is given for the tensor y"):
        value(entry("y", (i,)))
    with pytest.raises(EvaluationError, match="no value is given for k"):
        value(sp.Symbol("k"))
    with pytest.raises(EvaluationError, match="no value is given for f′: pass functions="):
        value(Opaque("f", 1, entry("x", (i,))))
    with pytest.raises(EvaluationError, match="is not part of an entry formula"):
        value(sp.exp(i))
    with pytest.raises(EvaluationError, match="is not part of an entry formula"):
        value(sp.Max(i, 2))
    with pytest.raises(EvaluationError, match="is not part of an entry formula"):
        value(Unknown(i))
    with pytest.raises(EvaluationError, match="is not a condition"):
        value(bracket(sp.Contains(i, sp.S.Naturals, evaluate=False)))
    with pytest.raises(EvaluationError, match="is not a condition"):
        value(bracket(sp.Ge(i, M)))
    with pytest.raises(EvaluationError, match=r"the size M/3 is not an integer here: it is 4/3"):
        evaluate_size(M / 3, {M: 4})


def test_sums_of_too_many_terms_are_not_computed():
    with pytest.raises(TooLargeError, match="sums of more than 200000000 terms are not computed"):
        value(sp.Sum(entry("x", (u,)), (u, 0, 10**9)))
    with pytest.raises(TooLargeError):
        value(sp.Sum(entry("x", (u,)) * entry("x", (v,)), (u, 0, 10**5), (v, 0, 10**5)))
