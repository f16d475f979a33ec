"""Integer sets: counting, writing for isl, describing conditions, least points."""

import ast
from itertools import product

import islpy as isl
import numpy as np
import pytest
import sympy as sp

from cnn_symbolic.expressions.formulas import size
from cnn_symbolic.expressions.heads import AtMost, Greater
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.expressions.rules import (
    all_of,
    any_of,
    ceiling,
    divide,
    floor,
    maximum,
    minimum,
    negation,
    remainder,
    where,
)
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.kernel.search import conditions
from cnn_symbolic.kernel.search.conditions import conditions_of, weakest
from cnn_symbolic.kernel.search.points import at_sizes, smallest, value
from cnn_symbolic.kernel.trusted.coefficients import MOST_ARRANGEMENTS, CoefficientSets, arrangements
from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason
from tests.support.kernel.attack import holds

M, N, s = size("M"), size("N"), size("s")
i = sp.Symbol("i", integer=True)


def make(index=()):
    return CoefficientSets((M, N), index)


COUNTED = {
    "an unused index": "{ [] -> [u] : 0 <= u < p0 }",
    "a box": "{ [] -> [u, v] : 0 <= u < p0 and 2 <= v <= p1 }",
    "a diagonal": "{ [x] -> [u, v] : x = u + v and 0 <= u < p0 and 0 <= v < p1 }",
    "a stretched diagonal": "{ [x] -> [u, v] : x = u + 2v and 0 <= u < p0 and 0 <= v < p1 }",
    "a determined index": "{ [x] -> [u] : x = 2u and 0 <= u < p0 }",
    "a determined one and a free one": "{ [x] -> [u, v] : x = u + 3 and 0 <= u < p0 and -1 <= v < p1 }",
    "two of three determined": "{ [x] -> [u, v, t] : x = u and v = u + t and 0 <= u < p0 and 0 <= t < p1 }",
}
COUNTED |= {
    "even numbers": "{ [] -> [u] : 0 <= u < p0 and u mod 2 = 0 }",
    "every third number from a place on": "{ [x] -> [u] : 0 <= u < p0 + p1 and (u + 2x) mod 3 = 1 }",
    "positions of a stride that meet an entry": "{ [x] -> [r, u] : 2r + 3u = x and 0 <= r < p0 and 0 <= u < p1 }",
    "positions of an overlay": "{ [x] -> [u, r] : x = 2r + u and 0 <= r < p0 and 0 <= u < p1 }",
}
BARVINOK = hasattr(isl.Map, "card")
NOT_COUNTED = {
    "a triangle": "{ [] -> [u, v] : 0 <= u <= v < p0 }",
    "a plane in a box": "{ [x] -> [u, v, t] : x = u + v + t and 0 <= u, v, t < p0 }",
}


def ways_of(sets, text):
    return isl.Map.read_from_str(sets.context, f"{sets.parameters}{text}").intersect_params(sets.sizes_where([]))


@pytest.mark.parametrize("text", COUNTED.values(), ids=COUNTED.keys())
def test_coinciding_terms_are_counted_exactly(text):
    sets = make()
    ways = ways_of(sets, text)
    counted = sets.count(ways)
    inputs = ways.dim(isl.dim_type.in_)
    for m, n in product(range(1, 5), repeat=2):
        for at in product(range(-1, 9), repeat=inputs):
            fibre = ways
            for k, number in enumerate((m, n)):
                fibre = fibre.fix_val(isl.dim_type.param, k, isl.Val.int_from_si(sets.context, number))
            for k, number in enumerate(at):
                fibre = fibre.fix_val(isl.dim_type.in_, k, isl.Val.int_from_si(sets.context, number))
            assert value(sets, counted, (m, n, *at)) == fibre.range().count_val().to_python(), (m, n, at)


@pytest.mark.parametrize("text", NOT_COUNTED.values(), ids=NOT_COUNTED.keys())
def test_what_is_not_counted_is_refused_or_left_to_barvinok(text):
    if BARVINOK:
        test_coinciding_terms_are_counted_exactly(text)
        return
    sets = make()
    with pytest.raises(NotReadable) as refused:
        sets.count(ways_of(sets, text))
    assert refused.value.reason is Reason.MULTIPLICITY


def affine(sets, expression):
    draft = Draft()
    return sets.linear(draft.polynomial(expression), sets.with_functions(draft, sets.names))


def test_quasi_affine_expressions_mean_the_same_to_isl():
    two, three = sp.Integer(2), sp.Integer(3)
    expressions = [
        floor((i - 3) / two) + M,
        ceiling((2 * i - N) / three),
        remainder(i - N, three) - 2 * remainder(i, two),
        remainder(2 * remainder(i, sp.Integer(4)), sp.Integer(4)),
        maximum(i, N, two) - minimum(i, M),
        3 * (i - 2 * (N - M)),
        floor(i / two + sp.Rational(1, 3)),
        floor(floor(i / two) / three + M / 2),
        -ceiling(-i / two - N / 3),
    ]
    sets = make((i,))
    for expression in expressions:
        text = f"{sets.parameters}{{ [i0] -> [{affine(sets, expression)}] }}"
        function = isl.PwAff.read_from_str(sets.context, text)
        for m, n, at in product(range(1, 4), range(1, 4), range(-5, 6)):
            expected = value_of(expression, {M: m, N: n, i: at}.__getitem__)
            point = isl.Point.zero(function.domain().get_space())
            for kind, k, number in ((isl.dim_type.param, 0, m), (isl.dim_type.param, 1, n), (isl.dim_type.set, 0, at)):
                point = point.set_coordinate_val(kind, k, isl.Val.int_from_si(sets.context, number))
            assert function.eval(point).to_python() == expected, expression


NOT_AFFINE = [
    *(M * N, i / 2, M**2, s, sp.sqrt(M), floor(M * N / 2), remainder(i, M), divide(M, N), floor(divide(i, M))),
    *(where(holds(M, ">", N), M, N), sp.Max(i, 2), sp.Mod(i, 2), holds(M, ">", N)),
]


@pytest.mark.parametrize("expression", NOT_AFFINE, ids=str)
def test_what_is_not_affine_is_refused(expression):
    sets = make((i,))
    with pytest.raises(NotReadable) as refused:
        affine(sets, expression)
    assert refused.value.reason is Reason.NOT_AFFINE


def test_conditions_with_fractions_are_scaled():
    sets = make()
    half = sets.sizes_where([holds(M / 2, "<=", sp.Rational(3, 2))])
    assert written_together(conditions_of(sets, half.gist(sets.sizes_where([])))) == "M ≤ 3"


CONDITIONS = [
    holds(divide(M, N), ">=", 2),
    holds(divide(M, N) + 1, "=", divide(3 * sp.S.One, N)),
    holds(where(holds(M, ">", N), M, 2 * N), "<=", 3),
    holds(where(holds(M, ">", 2), 1, 0) + where(holds(N, "=", 2), 3, 1), "=", 2),
    negation(all_of(holds(M, "<", 3), any_of(holds(N, "!=", 2), holds(remainder(M + N, sp.Integer(2)), "=", 0)))),
    any_of(holds(M, "=", N), holds(floor(M / 2), ">", N)),
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_conditions_mean_the_same_to_isl(condition):
    sets = make()
    points = sets.sizes_where([condition])
    for m, n in product(range(1, 6), repeat=2):
        found = not points.intersect(at_sizes(sets, (m, n), points)).is_empty()
        assert found == value_of(condition, {M: m, N: n}.__getitem__), (m, n)


@pytest.mark.parametrize(
    "condition", [sp.Ge(M, N), sp.And(M >= 1, N >= M), M, holds(divide(M, M - N), ">=", 1)], ids=str
)
def test_what_is_no_condition_of_this_package_is_refused(condition):
    with pytest.raises(NotReadable) as refused:
        make().sizes_where([condition])
    assert refused.value.reason is Reason.NOT_AFFINE


def test_conditions_read_well():
    sets = make()
    plain = sets.sizes_where([])

    def written(*conditions):
        return written_together(conditions_of(sets, sets.sizes_where(conditions).gist(plain)))

    assert written(holds(M, ">=", N)) == "N ≤ M"
    assert written(holds(M, "=", N + 1)) == "N = M - 1"
    assert written(holds(M, ">=", N - 3)) == "N ≤ M + 3"
    assert written(holds(2 * M, ">=", 3 * N)) == "3·N ≤ 2·M"
    assert written(holds(remainder(M, sp.Integer(2)), "=", 1)) == "M + 1 is even"
    equal = holds(remainder(M, sp.Integer(2)), "=", remainder(N, sp.Integer(2)))
    assert written(equal) == "N mod 2 = M mod 2"
    assert written(any_of(holds(M, "=", 1), holds(N, ">", 4))) == "N ≥ 5 or M = 1"
    assert written() == ""


def test_the_weakest_condition_is_relative_to_what_is_assumed():
    sets = make()
    everything = sets.sizes_where([])
    assert weakest(sets, everything, sets.sizes_where([holds(M, ">", N)])) == AtMost(M, N)
    assert weakest(sets, everything, everything) == sp.false
    assert weakest(sets, everything, sets.sizes_where([holds(M, ">", N), holds(M, "<", N)])) == sp.true


SETS = [
    "2 <= p0 <= 5 and p1 > p0",
    "(p0 = 1 or (p1 = 2 and p0 >= 2p1 - 3)) and (p0 + p1) mod 2 = 0",
    "exists e: p0 <= 3e <= p0 + 1 and p1 >= 3",
    "p0 - 3*floor(p0/3) >= 1 and 2*floor(p0/2) + 3 >= p1",
    "exists e, f: p0 = 2e + 3f and 0 <= e <= p1 and 0 <= f <= p1",
    "p0 - 2*floor(p0/2) + 3p1 != 7",
    "-p0 < -3 and 1 = 0",
]


@pytest.mark.parametrize("text", SETS)
def test_a_set_of_sizes_is_read_as_the_conditions_that_say_it(text):
    sets = make()
    points = sets.sizes_where([]).intersect(isl.Set.read_from_str(sets.context, f"[p0, p1] -> {{ : {text} }}"))
    found_conditions = conditions_of(sets, points)
    for m, n in product(range(1, 9), repeat=2):
        found = not points.intersect(at_sizes(sets, (m, n), points)).is_empty()
        assert found == all(value_of(c, {M: m, N: n}.__getitem__) for c in found_conditions), (m, n)


def test_conditions_in_words_that_are_not_known_are_not_readable(monkeypatch):
    monkeypatch.setattr(conditions, "PYTHON", ())
    with pytest.raises(NotReadable):
        conditions_of(make(), make().sizes_where([holds(2 * M, ">=", 3 * N)]))


def test_conditions_that_say_another_set_are_an_error(monkeypatch):
    monkeypatch.setitem(conditions.COMPARISONS, ast.GtE, Greater)
    with pytest.raises(DisagreementError, match="other ones than those"):
        conditions_of(make(), make().sizes_where([holds(M, ">=", 2 * N)]))


def test_the_smallest_point_has_the_least_total_size():
    sets = make()
    assert smallest(sets, sets.sizes_where([holds(M + N, ">=", 5), holds(N, ">=", 2)])) == (1, 4)
    assert smallest(sets, sets.sizes_where([holds(M, ">=", 10)])) == (10, 1)
    assert smallest(sets, sets.sizes_where([holds(M, "<", N), holds(N, "<", M)])) is None


def test_equal_tensors_are_arranged_in_every_order_and_others_keep_their_place():
    assert list(arrangements((("a",), ("a",), ("b",)))) == [(0, 1, 2), (1, 0, 2)]
    assert list(arrangements(())) == [()]
    with pytest.raises(NotReadable):
        list(arrangements((("a",),) * 6))
    assert MOST_ARRANGEMENTS == 120


def test_exact_numbers_come_back_from_isl():
    sets = make()
    function = sets.constant(sets.sizes_where([]), sp.Rational(-7, 3))
    assert value(sets, function, (1, 1)) == sp.Rational(-7, 3)
    assert np.isclose(float(value(sets, function, (2, 5))), -7 / 3)
