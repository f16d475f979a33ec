"""Formulas as numbers: bounds, guards, roundings and what cannot be evaluated."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic.errors import EvaluationError
from cnn_symbolic.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.formulas import Iverson, Opaque, entry, sizes

M = sizes("M")[0]
i, u, v = sp.symbols("i u v", integer=True)
VALUES = Values({M: 4}, {"x": np.array([1, 10, 100, 1000])})


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
    assert value(sp.floor((i - 3) / sp.Integer(2))) == [-2, -1, -1, 0]
    assert value(sp.ceiling((i - 3) / sp.Integer(2))) == [-1, -1, 0, 0]
    assert value(sp.Mod(i - 3, 2)) == [1, 0, 1, 0]
    assert value(sp.Max(i, 2) + sp.Min(i, 1)) == [2, 3, 3, 4]


def test_conditions():
    assert value(Iverson(sp.Or(sp.Eq(i, 0), sp.Not(sp.Le(i, 2))))) == [1, 0, 0, 1]
    assert value(Iverson(sp.And(sp.Ne(i, 0), sp.Lt(i, 2)))) == [0, 1, 0, 0]
    assert value(sp.KroneckerDelta(i, 2)) == [0, 0, 1, 0]


def test_fractions_and_powers_are_exact():
    assert value(entry("x", (i,)) ** 2 / 3)[1] == Fraction(100, 3)
    assert value(entry("x", (i,)) / M)[0] == Fraction(1, 4)


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
    with pytest.raises(EvaluationError, match="is not a condition"):
        value(Iverson(sp.Contains(i, sp.S.Naturals, evaluate=False)))
    with pytest.raises(EvaluationError, match=r"the size M/3 is not an integer here: it is 4/3"):
        evaluate_size(M / 3, {M: 4})
