"""Small matrices of exact numbers as text."""

import ast
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import correlate, function, refute, rot180, sizes, tensor
from cnn_symbolic.matrices import counterexample_lines, matrix, named_matrix

M, N = sizes("M N")
TABLE = np.array([[1, -20], [3, 4]])


def exact(value):
    """Return an array of Python's own numbers."""
    return np.array(value, dtype=object)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        ([], "[]"),
        ([1, -20], "[1, -20]"),
        ([[1, -20]], "[[1, -20]]"),
        ([[1], [-20]], "[[  1],\n [-20]]"),
        ([[1, -20], [3, 4]], "[[  1, -20],\n [  3,   4]]"),
        ([[Fraction(1, 2), 3], [1, 1]], "[[1/2,   3],\n [  1,   1]]"),
        ([[[1, 2], [3, 40]], [[5, 6], [7, 8]]], "[[[ 1,  2],\n  [ 3, 40]],\n [[ 5,  6],\n  [ 7,  8]]]"),
    ],
)
def test_entries_stand_below_each_other(value, text):
    assert matrix(exact(value)) == text


def test_an_array_without_entries_has_its_rows():
    assert matrix(np.zeros((2, 0))) == "[[],\n []]"
    assert matrix(np.zeros((0, 2))) == "[]"


@pytest.mark.parametrize(
    ("value", "marked", "text"),
    [
        (5, True, "⟨5⟩"),
        (5, False, "5"),
        ([1, -20], [False, True], "[1, ⟨-20⟩]"),
        ([[1, -20]], [[True, False]], "[[⟨1⟩, -20]]"),
        ([[1, -20], [3, 4]], [[False, True], [True, False]], "[[   1 , ⟨-20⟩],\n [  ⟨3⟩,    4 ]]"),
        ([[1, -20], [3, 4]], False, "[[  1, -20],\n [  3,   4]]"),
        ([[1, 2], [3, 4]], True, "[[⟨1⟩, ⟨2⟩],\n [⟨3⟩, ⟨4⟩]]"),
        ([[1, 2], [3, 4]], [True, False], "[[⟨1⟩,  2 ],\n [⟨3⟩,  4 ]]"),
    ],
)
def test_marked_entries_stand_in_brackets_and_the_others_below_their_digits(value, marked, text):
    assert matrix(exact(value), np.array(marked)) == text


@given(st.data())
def test_a_matrix_says_each_of_its_entries_and_its_rows_are_equally_long(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    count = int(np.prod(shape))
    value = exact(data.draw(st.lists(st.integers(-(10**6), 10**6), min_size=count, max_size=count))).reshape(shape)
    marked = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count))).reshape(shape)
    text = matrix(value, marked)
    assert ast.literal_eval(text.replace("⟨", " ").replace("⟩", " ")) == value.tolist()
    assert text.count("⟨") == text.count("⟩") == marked.sum()
    rows = [line.strip().strip("[],") for line in text.split("\n")]
    assert len(set(map(len, rows))) == 1
    assert len(rows) == count // shape[-1]


def test_later_rows_are_indented_below_the_first():
    first, second = named_matrix("x", TABLE).split("\n")
    assert first == "  x = [[  1, -20],"
    assert second == "       [  3,   4]]"
    assert named_matrix("x", TABLE, TABLE < 0).split("\n")[1].index("3") == first.index("1") + 1


def test_of_a_long_number_its_beginning_and_its_length_are_shown():
    assert matrix(exact([10**59, -(10**58)])) == f"[{10**59}, -{10**58}]"
    assert matrix(exact([10**60, 1])) == "[10000000000000000000… (61 digits), 1]"
    assert matrix(exact(10**5000)) == "a number of thousands of digits"
    assert (
        matrix(exact([Fraction(10**5000, 3), 1]), np.array([True, False])) == "[⟨a number of thousands of digits⟩, 1]"
    )


def test_a_counterexample_is_its_tensors_and_both_sides_with_marks_where_they_differ():
    x = tensor(M, name="x")
    lines = list(counterexample_lines(refute("…", x, equals=rot180(x)).verdict))
    assert [line.partition(" = ")[0] for line in lines] == ["  x", "  left ", "  right"]
    values = [ast.literal_eval(line.partition(" = ")[2].replace("⟨", "").replace("⟩", "")) for line in lines]
    assert values[0] == values[1] == values[2][::-1]
    assert [line.count("⟨") for line in lines] == [0, 2, 2]


def test_the_functions_of_a_counterexample_come_first_and_are_written_as_polynomials():
    x, σ = tensor(M, name="x"), function("σ")
    first, *_ = counterexample_lines(refute("…", σ(x), equals=σ(x, order=1)).verdict)
    assert first.startswith("  σ(t) = ")
    assert "*" not in first


def test_sides_of_different_shapes_have_no_values():
    x, y = tensor(M, name="x"), tensor(N, name="y")
    wrong = refute("…", correlate(x, y), equals=correlate(x, y, mode="full")).verdict
    assert (wrong.kind, wrong.left_value) == ("shape", None)
    assert [line.partition(" = ")[0] for line in counterexample_lines(wrong)] == [f"  {name}" for name in wrong.values]


def test_of_a_large_counterexample_the_entry_is_shown():
    x = tensor(20, 20, name="x")
    lines = list(counterexample_lines(refute("…", x, equals=rot180(x)).verdict))
    assert lines[0] == "  x: 20×20 numbers"
    assert [line.partition("]")[0] for line in lines[1:]] == ["  left[0, 0", "  right[0, 0"]
