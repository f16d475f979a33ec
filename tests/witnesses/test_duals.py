"""Dual numbers against matrices that multiply as they do, closed forms, and exact differences."""

from fractions import Fraction
from functools import reduce
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_symbolic.expressions import known_functions
from cnn_symbolic.ground.errors import FunctionDomainError
from cnn_symbolic.witnesses.duals import (
    KNOWN,
    Dual,
    applied,
    coefficients,
    differ,
    exp,
    log,
    normal,
    part,
    reciprocal,
    seeded,
)
from tests.support.exact_arrays import gradient

TAGS, PLACES = ("a", "b"), (0, 1)
MONOMIALS = [
    frozenset((tag, place) for tag, place in zip(TAGS, places, strict=True) if place is not None)
    for places in product((None, *PLACES), repeat=len(TAGS))
]
numbers = st.one_of(st.integers(-5, 5), st.fractions(-3, 3, max_denominator=5))
elements = st.dictionaries(st.sampled_from(MONOMIALS), numbers, max_size=6).map(normal)
polynomials = st.lists(st.integers(-4, 4), max_size=5)


def infinitesimal(tag, place=0):
    return seeded([0] * (place + 1), tag)[place]


def matrix(element):
    """The matrix by which an element multiplies: for every tag a factor with the basis 1, ε(tag, 0), ε(tag, 1)."""
    total = np.zeros((9, 9), dtype=object)
    terms = element.terms if isinstance(element, Dual) else {frozenset(): element}
    for monomial, coefficient in terms.items():
        factors = []
        for tag in TAGS:
            places = [place for name, place in monomial if name == tag]
            factor = np.eye(3, dtype=int) if not places else np.zeros((3, 3), dtype=int)
            for place in places:
                factor[0, 1 + place] = 1
            factors.append(factor)
        total = total + reduce(np.kron, factors).astype(object) * coefficient
    return total


def is_normal(element):
    """No zeros, no whole fractions, and plain numbers plain."""
    found = element.terms.values() if isinstance(element, Dual) else [element]
    plain = isinstance(element, Dual) and set(element.terms) <= {frozenset()}
    zeros = isinstance(element, Dual) and 0 in found
    return not plain and not zeros and all(type(c) is int or getattr(c, "denominator", 2) > 1 for c in found)


# Arithmetic.


@given(elements, elements)
def test_arithmetic_is_that_of_the_matrices(x, y):
    assume(isinstance(x, Dual) or isinstance(y, Dual))
    assert (matrix(x + y) == matrix(x) + matrix(y)).all()
    assert (matrix(x - y) == matrix(x) - matrix(y)).all()
    assert (matrix(x * y) == matrix(x) @ matrix(y)).all()
    assert all(map(is_normal, (x + y, x - y, x * y, -x, x)))


@given(elements, st.integers(0, 4))
def test_powers_are_repeated_products(x, exponent):
    assume(isinstance(x, Dual))
    assert (matrix(x**exponent) == reduce(np.matmul, [matrix(x)] * exponent, np.eye(9, dtype=int).astype(object))).all()


@given(elements, elements)
def test_quotients_undo_products(x, y):
    assume(isinstance(x, Dual) and np.diag(matrix(y))[0] != 0)
    assert x / y * y == x
    if isinstance(y, Dual):
        assert (1 / y) * y == 1
        assert Fraction(3, 2) / y == reciprocal(y) * Fraction(3, 2)
    assert is_normal(x / y)


def test_the_same_tag_squares_to_zero_and_different_tags_do_not():
    a, other, b = infinitesimal("a"), infinitesimal("a", 1), infinitesimal("b")
    assert a * a == 0
    assert a * other == 0
    assert a * b != 0
    assert a * b == b * a
    assert part(a * b, "a", 0) == b
    assert a * b * (a + b) == 0


def test_what_has_no_infinitesimals_left_is_a_plain_number():
    a = infinitesimal("a")
    for element, number in ((3 + a - a, 3), ((a + Fraction(1, 2)) * 2 - 2 * a, 1), (a * 0, 0), (a**0, 1), (0 * a, 0)):
        assert element == number
        assert type(element) is int


def test_elements_are_equal_where_their_terms_are():
    a, b = infinitesimal("a"), infinitesimal("b")
    assert 1 + a == a + 1
    assert 1 + a != 1 + b
    assert 1 + a != 1
    assert 1 + a != "1 + a"
    assert a * Fraction(4, 2) == 2 * a


def test_an_element_prints_its_terms():
    a, b = infinitesimal("a"), infinitesimal("b", 2)
    assert repr(3 + 2 * a + a * b * Fraction(1, 2)) == "3 + 2·ε(a, 0) + 1/2·ε(a, 0)·ε(b, 2)"


@pytest.mark.parametrize("operation", [lambda a: a + "1", lambda a: a * None, lambda a: a**-1, lambda a: a**a])
def test_other_operands_are_type_errors(operation):
    with pytest.raises(TypeError):
        operation(infinitesimal("a"))


# As elements of arrays.


@given(st.lists(elements, min_size=6, max_size=6), st.lists(elements, min_size=6, max_size=6))
def test_numpy_computes_with_them(first, second):
    x, y = np.empty((2, 3), dtype=object), np.empty((3, 2), dtype=object)
    x.flat, y.flat = first, second
    expected = np.empty((2, 2), dtype=object)
    for i, j in np.ndindex(2, 2):
        expected[i, j] = sum((x[i, k] * y[k, j] for k in range(3)), start=0)
    assert (np.tensordot(x, y, axes=(1, 0)) == expected).all()
    assert (np.einsum("ij,jk->ik", x, y) == expected).all()
    assert (np.multiply(x, y.T) == x * y.T).all()
    assert np.sum(x) == sum(first, start=0)
    assert (np.pad(x, 1)[1:-1, 1:-1] == x).all()
    assert ((x - y.T) + y.T == x).all()


def test_an_element_and_an_array_make_an_array():
    a, x = infinitesimal("a"), np.array([1, Fraction(1, 2)], dtype=object)
    for made in (a * x, x * a):
        assert made.tolist() == [a, a / 2]
    assert (a - x).tolist() == [a - 1, a - Fraction(1, 2)]


def test_entries_are_seeded_at_their_flat_index():
    x = np.arange(6).reshape(2, 3)
    seen = seeded(x, "x")
    assert seen.shape == x.shape
    assert seen.dtype == object
    for place, (at, value) in enumerate(np.ndenumerate(x)):
        assert seen[at] - infinitesimal("x", place) == value
        assert [part(seen[at], "x", k) for k in range(6)] == [int(k == place) for k in range(6)]
    assert seeded(5, "x").shape == ()


# Derivatives.


@given(polynomials, st.integers(0, 5), numbers)
def test_derivatives_of_polynomials_are_those_of_numpy(polynomial, order, value):
    derived = np.polynomial.Polynomial(polynomial or [0]).deriv(order).coef if order else polynomial
    assert applied(polynomial, order, value) == sum(int(c) * value**k for k, c in enumerate(derived))


@given(polynomials, numbers, st.integers(0, 2))
def test_infinitesimals_carry_the_central_difference_that_is_exact_up_to_degree_four(polynomial, value, order):
    def f(t):
        return applied(polynomial, order, t)

    difference = Fraction(8 * (f(value + 1) - f(value - 1)) - (f(value + 2) - f(value - 2)), 12)
    assert part(f(seeded(value, "t")[()]), "t", 0) == difference
    assert applied(polynomial, order + 1, value) == difference


@given(polynomials, elements)
def test_polynomials_of_elements_are_those_of_the_matrices(polynomial, element):
    power, total = np.eye(9, dtype=int).astype(object), np.zeros((9, 9), dtype=object)
    for coefficient in polynomial:
        total, power = total + power * coefficient, power @ matrix(element)
    assert (matrix(applied(polynomial, 0, element)) == total).all()


def test_arrays_of_elements_are_applied_to_at_once():
    x = seeded([1, 2, 3], "x")
    assert applied([1, 0, 2], 0, x).tolist() == [applied([1, 0, 2], 0, element) for element in x]
    assert applied([1, 0, 2], 4, x).tolist() == [0, 0, 0]


@given(numbers)
def test_nested_tags_give_the_second_and_third_derivative_of_a_cubic(value):
    t = value + infinitesimal("a") + infinitesimal("b") + infinitesimal("c")
    cubic = 2 * t**3 - 5 * t**2 + t
    first = part(cubic, "a", 0)
    assert part(first, "b", 0) == part(part(cubic, "b", 0), "a", 0)
    second = part(first, "b", 0)
    assert second - part(second, "c", 0) * infinitesimal("c") == 12 * value - 10
    assert part(second, "c", 0) == 12


def test_an_inner_derivative_does_not_see_the_outer_variable():
    """d/dx (x · d/dy (x + y)) is 1 at x = 1; with one infinitesimal for both it would be 2."""
    x = seeded(1, "x")[()]
    inner = part(x + seeded(1, "y")[()], "y", 0)
    assert inner == 1
    assert part(x * inner, "x", 0) == 1


def test_the_gradient_of_a_sum_of_squares_is_twice_the_array():
    x = np.array([[1, -2], [3, Fraction(1, 2)]], dtype=object)
    assert (gradient(np.sum(seeded(x, "x") ** 2), "x", x.shape) == 2 * x).all()
    assert gradient(7, "x", (2, 1)).tolist() == [[0], [0]]


def test_the_weight_gradient_of_a_correlation_is_a_correlation():
    x, g = np.array([3, 1, 4, 1, 5, 9], dtype=object), np.array([2, 7, 1, 8], dtype=object)
    w = seeded([6, -2, 3], "w")
    z = np.array([np.sum(x[r : r + 3] * w) for r in range(4)], dtype=object)
    expected = np.correlate(x.astype(int), g.astype(int), "valid")
    assert gradient(np.sum(g * z), "w", (3,)).tolist() == expected.tolist()
    parts = coefficients(z, "w", 3)
    assert [p.tolist() for p in parts] == [x[k : k + 4].tolist() for k in range(3)]


def test_coefficients_of_one_tag_are_elements_in_the_others():
    x, w = seeded([1, 2], "x"), seeded([3, 4], "w")
    hessian = [coefficients(row, "w", 2) for row in coefficients(np.sum(x**2 * w**2), "x", 2)]
    values = np.array([[part(second[()], "v", 0) for second in row] for row in hessian])
    assert not values.any()
    by_x = gradient(np.sum(x**2 * w**2), "x", (2,))
    assert [part(by_x[k], "w", k) for k in (0, 1)] == [4 * 1 * 3, 4 * 2 * 4]
    assert [part(by_x[k], "w", 1 - k) for k in (0, 1)] == [0, 0]
    assert coefficients(np.zeros((2, 1), dtype=object), "x", 1)[0].shape == (2, 1)


# Known functions.


def number_of(element):
    return element.terms.get(frozenset(), 0) if isinstance(element, Dual) else element


@given(numbers)
def test_the_known_functions_have_the_derivatives_they_should(value):
    t = seeded(value, "t")[()]
    assert part(exp(t), "t", 0) == exp(value) > 0
    if value:
        assert part(reciprocal(t), "t", 0) == -1 / Fraction(value) ** 2
        assert reciprocal(value, 3) == -6 / Fraction(value) ** 4
    if value > 0:
        assert part(log(t), "t", 0) == Fraction(1) / value == log(value, 1)
        assert log(value, 3) == 2 / Fraction(value) ** 3


@pytest.mark.parametrize("name", KNOWN)
@given(value=numbers, order=st.integers(0, 3))
def test_every_order_is_the_derivative_of_the_one_before(name, value, order):
    function = KNOWN[name]
    assume(value > 0 or (value < 0 and name not in ("log", "sqrt", "rsqrt")))
    assert not differ(part(function(seeded(value, "t")[()], order), "t", 0), function(value, order + 1))
    assert name not in ("exp", "log", "reciprocal") or is_normal(function(value, order))


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("value", [Fraction(1, 3), 2, -1, Fraction(-5, 2)])
def test_the_known_functions_have_the_values_and_derivatives_of_the_table(name, value):
    row = known_functions.KNOWN[name]
    if value < 0 and row.where == ">":
        with pytest.raises(FunctionDomainError):
            KNOWN[name](value, 0)
        return
    assert float(KNOWN[name](value, 0)) == pytest.approx(float(row.value(float(value))))
    for order in (1, 2, 3):
        terms = known_functions.derivative(name, order).items()
        expected = sum(prod(KNOWN[f](value, 0) for f in names) * number for names, number in terms)
        assert not differ(KNOWN[name](value, order), expected)


@pytest.mark.parametrize("law", known_functions.LAWS, ids=str)
@pytest.mark.parametrize("value", [Fraction(1, 3), 2, -1])
def test_the_laws_of_the_table_are_true(law, value):
    assume_positive = any(known_functions.KNOWN[f].where == ">" for f in [*law[0], *law[1]] if f != "t")
    value = abs(value) if assume_positive else value
    sides = [prod(value if f == "t" else KNOWN[f](value, 0) for f in side.elements()) for side in law]
    assert not differ(*sides)


@given(st.integers(-3, 3), st.integers(-3, 3), elements, elements)
def test_exponentials_of_sums_are_products(v, w, x, y):
    x, y = x - number_of(x) + v, y - number_of(y) + w
    assert not differ(exp(x + y), exp(x) * exp(y))


@given(elements, elements)
def test_logarithms_of_products_are_sums_of_logarithms(x, y):
    x, y = x - number_of(x) + 2, y - number_of(y) + 3
    assert not differ(log(x * y), log(x) + log(y))


@given(elements)
def test_logarithms_undo_exponentials(x):
    assert not differ(log(exp(x)), x)


def test_numbers_that_differ_by_rounding_only_are_the_same():
    assert not differ(exp(1) * exp(1), exp(2))
    assert differ(exp(1) * exp(1), exp(2) + Fraction(1, 10**50))
    assert differ(Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**90))
    assert [exp(0), log(1), reciprocal(Fraction(1, 3)), type(reciprocal(1))] == [1, 0, 3, int]


def test_what_is_too_large_has_no_value():
    with pytest.raises(FunctionDomainError, match="too large to compute with"):
        exp(1000)


@pytest.mark.parametrize(
    "undefined",
    [
        lambda: reciprocal(0),
        lambda: reciprocal(infinitesimal("a")),
        lambda: reciprocal(0, 2),
        lambda: log(0),
        lambda: log(-1),
        lambda: KNOWN["sqrt"](-1, 0),
        lambda: KNOWN["rsqrt"](0, 0),
        lambda: KNOWN["step"](0, 0),
        lambda: log(infinitesimal("a")),
        lambda: log(0, 1),
        lambda: 1 / infinitesimal("a"),
        lambda: (1 + infinitesimal("a")) / 0,
        lambda: (1 + infinitesimal("a")) / infinitesimal("b"),
    ],
)
def test_division_by_zero_is_undefined(undefined):
    with pytest.raises(FunctionDomainError, match=r"not zero|positive"):
        undefined()
