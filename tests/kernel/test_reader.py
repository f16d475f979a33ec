"""The reader: what an entry formula is made of, and what it refuses."""

from dataclasses import replace

import pytest
import sympy as sp

from cnn_symbolic.expressions.formulas import entry, fresh, size
from cnn_symbolic.expressions.heads import AtLeast, AtMost, Bracket, Delta, Equal, Less, Opaque
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import all_of, bracket, divide, floor, maximum, where
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.affine import label
from cnn_symbolic.kernel.trusted.reader import Factor, FormulaReader, NotReadable, read_sides
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem
from tests.support.kernel.attack import holds

M, N = size("M"), size("N")
i, u = fresh("iu")
k = fresh("k")[0]
TENSORS = {
    "x": Declaration((M,)),
    "c": Declaration(()),
    "z": Declaration((M,), (k,), 2 * entry("x", (k + 1,))),
    "loop": Declaration((M,), (k,), entry("loop", (k,))),
}


def read(formula):
    return FormulaReader(TENSORS).read(formula, {i: i})


def test_an_entry_brings_its_support():
    (term,) = read(entry("x", (i + 1,)))
    assert term.factors == (Factor("x", (i + 1,)),)
    assert term.conditions == (AtLeast(i + 1, 0), Less(i + 1, M))


def test_a_sum_brings_bounds_and_a_fresh_index():
    (term,) = read(sp.Sum(entry("x", (u,)), (u, 2, N)))
    (bound,) = term.bound
    assert bound != u
    assert AtLeast(bound, 2) in term.conditions
    assert AtMost(bound, N) in term.conditions


def test_an_intermediate_is_unfolded_with_its_support_but_not_inside_a_function():
    (term,) = read(entry("z", (i - 1,)))
    assert term.number == 2
    assert term.factors == (Factor("x", (i,)),)
    inside = [value_of(all_of(*term.conditions), {M: 5, i: at}.__getitem__) for at in range(-1, 8)]
    assert inside == [1 <= at < 5 for at in range(-1, 8)]
    (term,) = read(Opaque("f", 1, entry("z", (i,))))
    assert term.factors == (Factor("z", (i,), ("f", 1)),)
    assert label(term.factors[0].key) == "f′(z)"


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
    reader = FormulaReader(TENSORS)
    for left, right in ((u, u + 1), (u + M, M + u), (M, sp.S.Zero), (2 * u, 2 * u + M), (2 * u, 2 * i + 1)):
        (term,) = reader.read(Delta(i, k), {i: left, k: right})
        assert term.conditions == (Equal(left, right),)
    assert reader.read(bracket(holds(u, "=", u + 1)), {u: u}) == []
    assert reader.read(bracket(holds(u, "=", u)), {u: u})[0].conditions == ()
    for left, right, expected in ((u, u + 1, "zero"), (u + M, M + u, "one"), (M, sp.S.Zero, "zero")):
        (symbol,) = fresh("u")
        delta = Delta(left, right).xreplace({u: symbol})
        found = decide(replace(states(delta, sp.S(int(expected == "one"))), index=(symbol,)))
        assert isinstance(found, Theorem), (left, right)


def test_a_delta_that_never_holds_makes_no_difference():
    (m,) = fresh("m")
    same = Declaration((2 * M, 2 * M), (k, m), Delta(k, m))
    odd = sp.Sum(entry("same", (2 * i, 2 * u + 1)) * entry("x", (u,)), (u, 0, M - 1))
    statement = states(odd, sp.S.Zero)
    assert isinstance(decide(replace(statement, tensors={"x": TENSORS["x"], "same": same})), Theorem)


def test_products_of_sums_are_multiplied_out_with_indices_of_their_own():
    (term,) = read(sp.Sum(entry("x", (u,)), (u, 0, M - 1)) ** 2)
    assert len(set(term.bound)) == 2
    assert len(read((entry("x", (i,)) + entry("c", ())) ** 3)) == 8


def test_numbers_sizes_and_their_powers_are_coefficients():
    (term,) = read(sp.Rational(2, 3) * divide(M**2, N) * entry("c", ()))
    assert term.number == sp.Rational(2, 3)
    assert dict(term.powers) == {M: 2, N: -1}
    (term,) = read(divide(M, N + 1) ** 2)
    assert dict(term.powers) == {M: 2, N + 1: -2}
    assert read(sp.Integer(0)) == []
    assert read(floor(M / 2))[0].powers == ((floor(M / 2), 1),)
    assert read(maximum(M, i))[0].powers == ((maximum(M, i), 1),)


def test_a_bracket_is_a_condition():
    (term,) = read(bracket(holds(i, "<=", 2)) * Delta(i, N))
    assert set(term.conditions) == {AtMost(i, 2), Equal(i, N)}


def test_a_choice_is_read_as_both_of_its_values_each_where_it_is_chosen():
    condition, opposite = holds(i, "<", N), holds(i, ">=", N)
    for power in (1, 2):
        of_both = read(where(condition, M, sp.Integer(3)) ** power * entry("x", (i,)))
        met = sorted((t for t in of_both if not {condition, opposite} <= set(t.conditions)), key=lambda t: t.number)
        assert [(t.number, t.powers) for t in met] == [(1, ((M, 1),) * power), (3**power, ())]
        assert [{condition, opposite} & set(t.conditions) for t in met] == [{condition}, {opposite}]


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
    (sp.Max(M, N), Reason.OUTSIDE, "Max"),
    (sp.Mod(i, 2), Reason.OUTSIDE, "Mod"),
    (sp.floor(i / 2), Reason.OUTSIDE, "floor"),
    (sp.KroneckerDelta(i, N), Reason.OUTSIDE, "KroneckerDelta"),
    (1 / M, Reason.LIMIT, "1/M has an exponent above 64, or below 0"),
    (where(holds(i, ">", 0), sp.sin(i), sp.S.Zero), Reason.OUTSIDE, "not a sum of products"),
    (divide(entry("x", (i,)), i + 1), Reason.OUTSIDE, r"divides by _?i \+ 1, which is not made from sizes"),
    (sp.Indexed("x", i), Reason.OUTSIDE, r"x\[_?i\] is not an entry of the tensor x: write tensor"),
    (entry("x", (entry("c", ()),)), Reason.OUTSIDE, "c in c is neither a size nor an index"),
    (bracket(holds(entry("x", (i,)), ">", 0)), Reason.NOT_AFFINE, r"x\[_?i\] > 0 is not affine"),
    (floor(divide(Bracket(holds(i, ">", 0)), M)), Reason.NOT_AFFINE, "is not affine in indices and sizes"),
]


@pytest.mark.parametrize(("formula", "reason", "detail"), REFUSED, ids=[r[2] for r in REFUSED])
def test_what_is_not_understood_is_refused_with_the_reason(formula, reason, detail):
    with pytest.raises(NotReadable, match=detail) as refused:
        read(formula)
    assert refused.value.reason is reason
