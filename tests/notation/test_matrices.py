"""Small matrices of exact numbers as text."""

import ast
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import claim, correlate, from_entries, function, refute, rot180, shape, sizes, tensor
from cnn_symbolic.claims import state
from cnn_symbolic.kernel.search.verdicts import amended
from cnn_symbolic.layers import conv
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.matrices import matrix, named_matrix
from cnn_symbolic.present.content.counterexamples import counterexample, counterexample_lines, differing
from cnn_symbolic.present.document import counterexample as counterexample_value
from cnn_symbolic.present.terminal import difference

M, N, S = sizes("M N S")
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
    axes = tuple(data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    count = int(np.prod(axes))
    value = exact(data.draw(st.lists(st.integers(-(10**6), 10**6), min_size=count, max_size=count))).reshape(axes)
    marked = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count))).reshape(axes)
    text = matrix(value, marked)
    assert ast.literal_eval(text.replace("⟨", " ").replace("⟩", " ")) == value.tolist()
    assert text.count("⟨") == text.count("⟩") == marked.sum()
    rows = [line.strip().strip("[],") for line in text.split("\n")]
    assert len(set(map(len, rows))) == 1
    assert len(rows) == count // axes[-1]


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


# Refutations that were found by trying: no product of tensors is known whose coefficient differs


def first_wrong_at_six(s):
    """A number that is zero for s below six, which the kernel cannot tell."""
    return (s * (s * s + 5) + s // 6) % 6


def found_by_trying(at):
    x = tensor(*at, name="x")
    return refute("…", x, equals=(first_wrong_at_six(S) + 1) * x)


def sentence(prose):
    """A sentence with its formulas as LaTeX."""
    return "".join(part if isinstance(part, str) else latex(part.layout) for part in prose)


def test_of_what_was_found_by_trying_the_two_values_are_shown():
    for at, entry, index in (((M,), "in entry [0], ", [0]), ((M, N), "in entry [0, 0], ", [0, 0]), ((), "", [])):
        wrong = found_by_trying(at).verdict
        assert (wrong.kind, wrong.monomial, wrong.sizes["S"], list(wrong.index)) == ("entry", None, 6, index)
        value = int(wrong.left_value[wrong.index])
        assert differing(wrong) == (str(value), str(2 * value))
        assert difference(wrong) == f"{entry}the left side is {value}, the right side {2 * value}"
        shown = sentence(counterexample(wrong).difference)
        there = f", in the entry ({','.join(map(str, index))}), the" if index else " the"
        assert shown == f"There{there} left side is {value}, the right side {2 * value}."
        exported = counterexample_value(wrong)
        assert (exported.left_entry, exported.right_entry, exported.index) == (value, 2 * value, index)
        assert (exported.monomial, exported.left_coefficient) == (None, None)
        assert "None" not in printed(wrong)


def test_of_a_large_counterexample_that_was_found_by_trying_too():
    wrong = found_by_trying((11, 10)).verdict
    value = int(wrong.left_value[wrong.index])
    assert value != 0
    assert difference(wrong) == f"in entry {list(wrong.index)}, the left side is {value}, the right side {2 * value}"
    assert counterexample_value(wrong).left_entry == value


def test_a_coefficient_is_named_where_it_is_known():
    x = tensor(M, name="x")
    wrong = refute("…", x, equals=2 * x).verdict
    assert differing(wrong) is None
    assert difference(wrong) == "in entry [0], x[0] has the coefficient 1 on the left, 2 on the right"
    exported = counterexample_value(wrong)
    assert exported.right_entry == 2 * exported.left_entry


def test_sizes_are_compared_as_numbers_and_shapes_as_shapes():
    assert difference(claim(M // 2 == M // 3).verdict) == "the left side is 1, the right side 0"
    assert difference(claim(first_wrong_at_six(S) == M - M).verdict) == "the left side is 1, the right side 0"
    assert difference(claim(shape(tensor(M, name="x")) == (2,)).verdict) == "the left side is 1, the right side 2"
    assert difference(claim(shape(tensor(M, M, name="x")) == (M, 2)).verdict) == "the shapes are (1, 1) and (1, 2)"
    wrong = claim(M // 2 == M // 3).verdict
    assert sentence(counterexample(wrong).difference) == ("There the left side is 1, the right side 0.")


def test_a_side_that_is_not_defined_is_said_to_need_what_does_not_hold():
    x = tensor(M, name="x")
    divided = from_entries((M,), lambda i: x[i] * (first_wrong_at_six(S) // (6 - S) + 1), using=[x])
    by_trying = refute("…", from_entries((M,), lambda i: x[i], using=[x]), equals=divided).verdict
    assert (by_trying.kind, by_trying.left_shape, by_trying.right_shape) == ("defined", (1,), ())
    assert difference(by_trying) == "the right side is not defined there: it needs S ≤ 5, that is 6 ≤ 5"
    exported = counterexample_value(by_trying)
    assert (exported.left_shape, exported.right_shape) == ([1], None)
    cancelled = claim(M == M * (N - 3) // (N - 3)).verdict
    assert (cancelled.kind, cancelled.left_shape, cancelled.right_shape) == ("defined", (1,), (1,))
    assert difference(cancelled) == "the right side is not defined there: it needs N ≥ 4, that is 1 ≥ 4"
    shown = sentence(counterexample(cancelled).difference)
    assert shown == r"There the right side is not defined: it needs N \ge 4, that is 1 \ge 4."
    unknown = amended(cancelled, statement=state((M,), (M,)), sizes={"M": 1})
    assert difference(unknown) == (
        "the right side is not defined there (a divisor less than one, an empty axis, or a negative padding)"
    )
    assert "a divisor less than one, an empty axis" in sentence(counterexample(unknown).difference)
    assert exported.not_defined == "the right side: it needs S ≤ 5, that is 6 ≤ 5"


def test_the_operation_that_is_not_defined_is_named():
    x = tensor(1, 1, M, name="x")
    short = refute("…", x, equals=1 * conv(x, tensor(1, 1, N, name="f")), assuming=[N >= 2]).verdict
    assert difference(short) == "the right side is not defined there: conv(x, f) needs N ≤ M, that is 2 ≤ 1"
    shown = sentence(counterexample(short).difference)
    assert shown.endswith(r"needs N \le M, that is 2 \le 1.")
    assert counterexample_value(short).not_defined == "the right side: conv(x, f) needs N ≤ M, that is 2 ≤ 1"
    assert counterexample_value(refute("…", x, equals=2 * x).verdict).not_defined is None


def printed(refutation):
    """What a notebook shows of a refutation."""
    return "".join(refutation._repr_mimebundle_().values())
