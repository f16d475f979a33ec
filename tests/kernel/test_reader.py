"""The reader: what an entry formula is made of, and what it refuses."""

from dataclasses import replace

import pytest
import sympy as sp

from cnn_symbolic.formulas import Iverson, Opaque, entry, fresh, sizes
from cnn_symbolic.kernel.decide import decide
from cnn_symbolic.kernel.reader import Factor, NotReadable, Reader, read_sides
from cnn_symbolic.kernel.statement import Declaration, Side, Statement
from cnn_symbolic.kernel.verdicts import Reason, Refutation, Theorem

M, N = sizes("M N")
i, u = fresh("iu")
k = fresh("k")[0]
TENSORS = {
    "x": Declaration((M,)),
    "c": Declaration(()),
    "z": Declaration((M,), (k,), 2 * entry("x", (k + 1,))),
    "loop": Declaration((M,), (k,), entry("loop", (k,))),
}


def read(formula):
    return Reader(TENSORS).read(formula, {i: i})


def test_an_entry_brings_its_support():
    (term,) = read(entry("x", (i + 1,)))
    assert term.factors == (Factor("x", (i + 1,)),)
    assert sp.And(*term.conditions) == sp.And(sp.Ge(i + 1, 0), sp.Lt(i + 1, M))


def test_a_sum_brings_bounds_and_a_fresh_index():
    (term,) = read(sp.Sum(entry("x", (u,)), (u, 2, N)))
    (bound,) = term.bound
    assert bound != u
    assert sp.Ge(bound, 2) in term.conditions
    assert sp.Le(bound, N) in term.conditions


def test_an_intermediate_is_unfolded_with_its_support_but_not_inside_a_function():
    (term,) = read(entry("z", (i - 1,)))
    assert term.number == 2
    assert term.factors == (Factor("x", (i,)),)
    assert sp.And(*term.conditions).subs(M, 5).subs(i, 0) == sp.false
    (term,) = read(Opaque("f", 1, entry("z", (i,))))
    assert term.factors == (Factor("z", (i,), ("f", 1)),)
    assert term.factors[0].label == "f′(z)"


def states(left, right):
    tensors = {"x": TENSORS["x"]}
    return Statement(Side("left", (M,), left, ()), Side("right", (M,), right), (i,), tensors)


def test_a_side_is_read_once_and_its_products_have_indices_of_their_own():
    total = sp.Sum(entry("x", (u,)), (u, 0, i))
    square, cube = states(total, total**2), states(total**2, total**3)
    assert read_sides(square)[1] is read_sides(cube)[0]
    (term,) = read_sides(cube)[1]
    assert len(set(term.bound)) == 3
    assert isinstance(decide(square), Refutation)
    assert isinstance(decide(states(total**2, total * total)), Theorem)


def test_a_product_of_equal_derivatives_has_indices_of_its_own():
    total = sp.Sum(entry("x", (u,)) ** 2 / 2, (u, 0, M - 1))
    derived = sp.Derivative(total, entry("x", (i,)), evaluate=False)
    (term,) = read(derived**2)
    assert len(set(term.bound)) == 2
    assert isinstance(decide(states(derived**2, entry("x", (i,)) ** 2)), Theorem)


def test_a_delta_is_decided_where_no_index_is_in_its_difference():
    delta = sp.KroneckerDelta(i, k)
    reader = Reader(TENSORS)
    assert reader.read(delta, {i: u, k: u + 1}) == []
    assert reader.read(delta, {i: u + M, k: M + u})[0].conditions == (sp.true,)
    assert reader.read(delta, {i: M, k: sp.S.Zero}) == []
    assert reader.read(delta, {i: 2 * u, k: 2 * u + M}) == []
    (term,) = reader.read(delta, {i: 2 * u, k: 2 * i + 1})
    assert term.conditions == (sp.Eq(2 * u, 2 * i + 1, evaluate=False),)


def test_a_delta_that_never_holds_makes_no_difference():
    (m,) = fresh("m")
    same = Declaration((2 * M, 2 * M), (k, m), sp.KroneckerDelta(k, m))
    odd = sp.Sum(entry("same", (2 * i, 2 * u + 1)) * entry("x", (u,)), (u, 0, M - 1))
    statement = states(odd, sp.S.Zero)
    assert isinstance(decide(replace(statement, tensors={"x": TENSORS["x"], "same": same})), Theorem)


def test_products_of_sums_are_multiplied_out_with_indices_of_their_own():
    (term,) = read(sp.Sum(entry("x", (u,)), (u, 0, M - 1)) ** 2)
    assert len(set(term.bound)) == 2
    assert len(read((entry("x", (i,)) + entry("c", ())) ** 3)) == 8


def test_numbers_sizes_and_their_powers_are_coefficients():
    (term,) = read(sp.Rational(2, 3) * M**2 / N * entry("c", ()))
    assert term.number == sp.Rational(2, 3)
    assert dict(term.powers) == {M: 2, N: -1}
    assert read(sp.Integer(0)) == []
    assert read(sp.floor(M / 2))[0].powers == ((sp.floor(M / 2), 1),)


def test_a_bracket_is_a_condition():
    (term,) = read(Iverson(sp.Le(i, 2)) * sp.KroneckerDelta(i, N))
    assert set(term.conditions) == {sp.Le(i, 2), sp.Eq(i, N)}


REFUSED = [
    (entry("x", (i, i)), Reason.OUTSIDE, "x has 1 axes, but is indexed with"),
    (entry("y", (i,)), Reason.OUTSIDE, "y is not a tensor of the statement"),
    (entry("loop", (i,)), Reason.OUTSIDE, "loop is defined by itself"),
    (entry("x", (i,)) ** -1, Reason.OUTSIDE, "an exponent from 0 to 16"),
    (entry("x", (i,)) ** 17, Reason.OUTSIDE, "an exponent from 0 to 16"),
    (entry("x", (i,)) ** M, Reason.OUTSIDE, "the exponent is not an integer"),
    (sp.sin(entry("x", (i,))), Reason.OUTSIDE, "not a sum of products"),
    (sp.Piecewise((entry("x", (i,)), i > 0), (0, True)), Reason.OUTSIDE, "Piecewise"),
    (sp.pi * entry("x", (i,)), Reason.OUTSIDE, "Pi"),
    (Opaque("f", 0, entry("x", (i,)) + 1), Reason.OUTSIDE, "applied to one tensor entry"),
    (
        sp.Derivative(entry("x", (i,)) ** 2, (entry("x", (i,)), 2), evaluate=False),
        Reason.OUTSIDE,
        "one first derivative",
    ),
    (sp.Product(entry("x", (u,)), (u, 0, M)), Reason.OUTSIDE, "Product"),
]


@pytest.mark.parametrize(("formula", "reason", "detail"), REFUSED, ids=[r[2] for r in REFUSED])
def test_what_is_not_understood_is_refused_with_the_reason(formula, reason, detail):
    with pytest.raises(NotReadable, match=detail) as refused:
        read(formula)
    assert refused.value.reason is reason
