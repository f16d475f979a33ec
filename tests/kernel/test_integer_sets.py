"""Integer sets: counting, writing for isl, describing conditions, least points."""

from itertools import product

import islpy as isl
import numpy as np
import pytest
import sympy as sp

from cnn_symbolic.formulas import sizes
from cnn_symbolic.kernel.integer_sets import MOST_ARRANGEMENTS, Sets, arrangements
from cnn_symbolic.kernel.reader import NotReadable
from cnn_symbolic.kernel.verdicts import Reason

M, N, s = sizes("M N s")
i = sp.Symbol("i", integer=True)


def make(index=()):
    return Sets((M, N), index)


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
            for k, value in enumerate((m, n)):
                fibre = fibre.fix_val(isl.dim_type.param, k, isl.Val.int_from_si(sets.context, value))
            for k, value in enumerate(at):
                fibre = fibre.fix_val(isl.dim_type.in_, k, isl.Val.int_from_si(sets.context, value))
            assert sets.value(counted, (m, n, *at)) == fibre.range().count_val().to_python(), (m, n, at)


@pytest.mark.parametrize("text", NOT_COUNTED.values(), ids=NOT_COUNTED.keys())
def test_what_is_not_counted_is_refused_or_left_to_barvinok(text):
    if BARVINOK:
        test_coinciding_terms_are_counted_exactly(text)
        return
    sets = make()
    with pytest.raises(NotReadable) as refused:
        sets.count(ways_of(sets, text))
    assert refused.value.reason is Reason.MULTIPLICITY


def test_quasi_affine_expressions_mean_the_same_to_isl():
    expressions = [
        sp.floor((i - 3) / sp.Integer(2)) + M,
        sp.ceiling((2 * i - N) / sp.Integer(3)),
        sp.Mod(i - N, 3) - 2 * sp.Mod(i, 2),
        sp.Max(i, N, 2) - sp.Min(i, M),
        3 * (i - 2 * (N - M)),
        sp.floor(i / sp.Integer(2) + sp.Rational(1, 3)),
    ]
    sets = make((i,))
    for expression in expressions:
        text = f"{sets.parameters}{{ [i0] -> [{sets.affine(expression, sets.names)}] }}"
        function = isl.PwAff.read_from_str(sets.context, text)
        for m, n, at in product(range(1, 4), range(1, 4), range(-5, 6)):
            expected = int(expression.subs({M: m, N: n, i: at}))
            point = isl.Point.zero(function.domain().get_space())
            for kind, k, value in ((isl.dim_type.param, 0, m), (isl.dim_type.param, 1, n), (isl.dim_type.set, 0, at)):
                point = point.set_coordinate_val(kind, k, isl.Val.int_from_si(sets.context, value))
            assert function.eval(point).to_python() == expected, expression


@pytest.mark.parametrize("expression", [M * N, i / 2, M**2, sp.Mod(i, M), sp.sqrt(M), s, sp.floor(M * N / 2)])
def test_what_is_not_affine_is_refused(expression):
    sets = make((i,))
    with pytest.raises(NotReadable) as refused:
        sets.affine(expression, sets.names)
    assert refused.value.reason is Reason.NOT_AFFINE


def test_conditions_with_fractions_are_scaled():
    sets = make()
    half = sets.sizes_where([sp.Le(M / 2, sp.Rational(3, 2))])
    assert sets.describe(half.gist(sets.sizes_where([]))) == "M ≤ 3"


def test_conditions_read_well():
    sets = make()
    plain = sets.sizes_where([])

    def written(*conditions):
        return sets.describe(sets.sizes_where(conditions).gist(plain))

    assert written(sp.Ge(M, N)) == "N ≤ M"
    assert written(sp.Eq(M, N + 1)) == "N = M - 1"
    assert written(sp.Ge(M, N - 3)) == "N ≤ M + 3"
    assert written(sp.Ge(2 * M, 3 * N)) == "3·N ≤ 2·M"
    assert written(sp.Eq(sp.Mod(M, 2), 1)) == "(M + 1) mod 2 = 0"
    assert written(sp.Or(sp.Eq(M, 1), sp.Gt(N, 4))) == "N ≥ 5 or M = 1"
    assert written() == ""


def test_the_weakest_condition_is_relative_to_what_is_assumed():
    sets = make()
    everything = sets.sizes_where([])
    assert sets.weakest(everything, sets.sizes_where([sp.Gt(M, N)])) == "M ≤ N"
    assert sets.weakest(everything, everything) == "never"
    assert sets.weakest(everything, sets.sizes_where([sp.Gt(M, N), sp.Lt(M, N)])) == "always"


def test_the_smallest_point_has_the_least_total_size():
    sets = make()
    assert sets.smallest(sets.sizes_where([sp.Ge(M + N, 5), sp.Ge(N, 2)])) == (1, 4)
    assert sets.smallest(sets.sizes_where([sp.Ge(M, 10)])) == (10, 1)
    assert sets.smallest(sets.sizes_where([sp.Lt(M, N), sp.Lt(N, M)])) is None


def test_equal_tensors_are_arranged_in_every_order_and_others_keep_their_place():
    assert list(arrangements((("a",), ("a",), ("b",)))) == [(0, 1, 2), (1, 0, 2)]
    assert list(arrangements(())) == [()]
    with pytest.raises(NotReadable):
        list(arrangements((("a",),) * 6))
    assert MOST_ARRANGEMENTS == 120


def test_exact_numbers_come_back_from_isl():
    sets = make()
    function = sets.constant(sets.sizes_where([]), sp.Rational(-7, 3))
    assert sets.value(function, (1, 1)) == sp.Rational(-7, 3)
    assert np.isclose(float(sets.value(function, (2, 5))), -7 / 3)
