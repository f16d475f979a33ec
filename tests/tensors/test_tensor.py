"""Tensors: names, shapes, entries, definedness, evaluation."""

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic import FeatureMap, correlate, from_entries, named, rot180, scalar, shape, sizes, sum_over, tensor
from cnn_symbolic.expressions.formulas import Entry
from cnn_symbolic.ground.errors import EvaluationError, FragmentError, NameConflictError, OperandError, ShapeError
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.tensor import merge_name, same

M, N, I, J = sizes("M N I J")
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")


def test_an_entry_is_a_formula_guarded_by_the_shape():
    i, j = sp.symbols("i j", integer=True)
    assert x.at((i, j)) == x[i, j].formula == Entry("x", i, j)
    assert isinstance(x.at((i, j)), Entry)
    assert correlate(x, w).at((sp.S.Zero, sp.S.Zero)).has(sp.Sum)
    assert str(correlate(x, w)[i, j]).startswith("[")
    assert str(correlate(x, w).at((i, j))).startswith("[")


def test_an_entry_needs_one_index_per_axis():
    with pytest.raises(ShapeError, match=r"x has 2 axes, of shape \(M, N\), but was indexed with 1: \(3,\)"):
        x[3]


def test_a_tensor_is_written_as_the_call_that_makes_it():
    z = named("z", correlate(x, w, mode="valid"))
    assert str(z) == "z"
    assert str(correlate(x, rot180(w), mode="full")) == "correlate(x, rot180(w), mode='full')"
    assert str(2 * (x + x) * x) == "(2·(x + x))·x"
    assert repr(x) == "<Tensor x of shape (M, N)>"


def test_a_valid_correlation_is_defined_where_the_overlay_fits():
    assert correlate(x, w).requirements() == ((M - I + 1 >= 1).formula, (N - J + 1 >= 1).formula)
    assert x.requirements() == ()


def test_evaluation_infers_the_sizes_and_computes_intermediates():
    z = named("z", correlate(x, w))
    got = (z * z).evaluate({"x": np.arange(6).reshape(2, 3), "w": np.array([[1, 1]])})
    assert got.tolist() == [[1, 9], [49, 81]]


def test_evaluation_says_what_is_missing_or_does_not_fit():
    with pytest.raises(EvaluationError, match=r"no value is given for the tensor w of shape \(I, J\)"):
        correlate(x, w).evaluate({"x": np.ones((2, 2))})
    with pytest.raises(EvaluationError, match=r"x has shape \(M, N\), but its value has 1 axes: \(3,\)"):
        x.evaluate({"x": np.ones(3)})
    square = tensor(M, M, name="s")
    with pytest.raises(EvaluationError, match=r"s has shape \(M, M\) = \(2, 2\) at M = 2, but its value has shape"):
        square.evaluate({"s": np.ones((2, 3))})
    with pytest.raises(EvaluationError, match="give a value for N"):
        from_entries((N,), lambda i: sp.Integer(1), using=[]).evaluate({})
    with pytest.raises(ShapeError, match=r"is not defined at M = 1, N = 1, I = 2, J = 1: its shape"):
        correlate(x, w).evaluate({"x": np.ones((1, 1)), "w": np.ones((2, 1))})


def test_one_name_for_two_tensors_is_rejected():
    with pytest.raises(NameConflictError, match=r"the name x stands for two different tensors, of shapes \(M, N\) and"):
        correlate(x, tensor(I, J, name="x")).names()
    with pytest.raises(NameConflictError):
        (named("z", x + x) + named("z", x - x)).names()
    assert list((named("z", x + x) + named("z", x + x)).names()) == ["x", "z"]


def test_two_ways_to_build_the_same_tensor_are_the_same():
    assert same(correlate(x, w), correlate(tensor(M, N, name="x"), w))
    assert not same(correlate(x, w), correlate(x, w, mode="full"))
    assert not same(x, x + x)
    layers = [FeatureMap((M, N), (I, J)) for _ in range(2)]
    assert same(layers[0].delta, layers[1].delta)
    table = layers[0].delta.names()
    merge_name(table, layers[1].delta)


def test_entries_written_by_hand():
    total = from_entries((M,), lambda i: sum_over(lambda j: x[i, j], (N,)), using=[x])
    assert total.evaluate({"x": np.array([[1, 2], [3, 4]])}).tolist() == [3, 7]
    assert isinstance(total.source, Entries)
    with pytest.raises(FragmentError, match=r"the formula mentions w, which using=\[…\] does not list"):
        from_entries((M,), lambda i: w[i, i], using=[x])
    with pytest.raises(ShapeError, match=r"the shape \(M, N\) has 2 axes, the formula 1 indices"):
        from_entries((M, N), lambda i: x[i, i], using=[x])
    with pytest.raises(ShapeError, match=r"sum_over: the formula has 1 indices, found 2 lengths: \(M, N\)"):
        sum_over(lambda i: x[i, i], (M, N))


def test_numbers_are_tensors_without_axes():
    eta = scalar("η")
    assert eta.rank == 0
    assert (eta * x).evaluate({"η": np.array(3), "x": np.array([[1]])}).tolist() == [[3]]


def test_shape_is_an_object_of_claims():
    assert shape(correlate(x, w)).shape == (M - I + 1, N - J + 1)
    with pytest.raises(OperandError, match="takes a tensor"):
        shape((M, N))
