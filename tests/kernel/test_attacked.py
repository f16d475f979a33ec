"""Ways to make the kernel say something wrong that were tried and found, each of them closed."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic import (
    And,
    Iverson,
    Refutation,
    Step,
    Theorem,
    Undecided,
    apply,
    broadcast,
    correlate,
    dot,
    flip,
    from_entries,
    gradient,
    named,
    ones,
    outer,
    prove,
    scalar,
    scale,
    shift,
    sizes,
    stacked,
    sum_axes,
    sum_over,
    take,
    tensor,
    where,
)
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.expressions.rules import bracket, compare, floor, remainder
from cnn_symbolic.ground.errors import ExportError, FragmentError, NameConflictError, OperandError, ShapeError
from cnn_symbolic.kernel.exported.encoding import encode_statement
from cnn_symbolic.kernel.trusted.verdicts import Reason
from tests.support.kernel.attack import kernel_alone
from tests.support.kernel.two_sides import I, M, N, by_hand, c, f, g, u, verdict, x


def test_a_piece_that_is_settled_does_not_hide_one_that_is_not():
    large = tensor(400, name="X")
    late = (M - 3) ** 2 * Iverson(M >= 3)

    def first(i):
        return (M - 1) * (M - 2) * Iverson((M <= 2) & (i == 0))

    left = from_entries((400,), lambda i: large[i] * (late + first(i)), using=[large])
    found = verdict(left, scale(large, factor=0))
    assert isinstance(found, Refutation)
    assert dict(found.sizes) == {"M": 4}


def test_a_counterexample_is_called_the_smallest_only_if_it_is():
    large = tensor(3, name="X")
    band = And(M <= N, N <= M + M // 1000)
    hidden = from_entries((3,), lambda i: large[i] * (M - N) ** 2 * Iverson(band), using=[large])
    obvious = from_entries((3,), lambda i: large[0] ** 2 * Iverson(M >= 5000), using=[large])
    assert verdict(hidden, scale(large, factor=0)).reason is Reason.COEFFICIENT
    found = verdict(hidden + obvious, scale(large, factor=0))
    assert dict(found.sizes) == {"M": 5000, "N": 1}
    assert not found.least
    assert found.holds_when is None
    assert verdict(obvious, scale(large, factor=0)).least


def test_a_summation_index_with_assumptions_is_refused():
    odd, m = sp.Symbol("k", integer=True, odd=True), M.formula
    for total in (
        sp.Sum(m**2, (m, 0, 3)),
        sp.Sum(floor(m / 2) * x.at((m,)), (m, 0, 3)),
        sp.Sum(x.at((odd,)) * remainder(odd, sp.Integer(2)), (odd, 0, m)),
    ):
        with pytest.raises(FragmentError, match="has assumptions of its own"):
            by_hand(lambda i, total=total: total)
        statement = state(x, x)
        written = replace(statement, right=replace(statement.right, formula=total), origin=None)
        assert kernel_alone(written).reason is Reason.OUTSIDE
        assert isinstance(decide(written), Undecided | Refutation)


def test_a_weight_that_is_used_in_two_layers_is_not_counted_twice():
    assert isinstance(verdict(gradient(x * x, wrt=x, cotangent=g * x), 2 * (g * x * x)), Theorem)
    z = named("z", correlate(x, f))
    y = correlate(z, f)
    cotangent = tensor(*y.shape, name="h")
    values = {"x": np.arange(1, 6), "f": np.array([1, 2]), "h": np.array([1, -1, 2])}
    assert gradient(y, wrt=f, cotangent=cotangent).evaluate(values).tolist() == [38, 50]


def test_one_intermediate_built_twice_is_one_intermediate():
    twins = named("z", 2 * x), named("z", 2 * x)
    assert isinstance(verdict(gradient(twins[0] + twins[1], wrt=x, cotangent=g), 4 * g), Theorem)


def test_the_gradient_of_a_tensor_with_respect_to_itself_is_what_arrives():
    z = named("z", 2 * x)
    assert isinstance(verdict(gradient(z, wrt=z, cotangent=g), g), Theorem)
    assert isinstance(verdict(gradient(x, wrt=x, cotangent=g), g), Theorem)


def test_a_formula_written_by_hand_is_written_once():
    def smooth(i):
        return sp.Sum(x.at((i.formula - u,)) * f.at((u,)), (u, 0, I.formula - 1))

    smoothed = from_entries((M,), smooth, using=[x, f])
    total = from_entries((), lambda: sp.Sum(smoothed.at((u,)) * g.at((u,)), (u, 0, M.formula - 1)), using=[smoothed, g])
    assert isinstance(verdict(total, dot(smoothed, g)), Theorem)


def test_a_formula_written_by_hand_does_not_branch_on_its_index():
    with pytest.raises(OperandError, match=r"whether _?i ≠ 0 depends on the sizes and indices: use where"):
        from_entries((1,), lambda i: x[0] if i != 0 else 5 * x[0], using=[x])
    with pytest.raises(OperandError, match="depends on the sizes and indices"):
        by_hand(lambda i: x[i] if M > N else g[i])
    chosen = from_entries((1,), lambda i: Iverson(i != 0) * x[0] + Iverson(i == 0) * 5 * x[0], using=[x])
    assert isinstance(verdict(broadcast(chosen, shape=(1,)), chosen), Theorem)
    assert isinstance(verdict(chosen, 5 * broadcast(take(x, at=(0,)), shape=(1,))), Theorem)


def test_symbols_that_only_look_like_sizes_scalars_or_tensors_are_refused():
    even = sp.Symbol("M", integer=True, positive=True, even=True)
    with pytest.raises(ShapeError, match="made from sizes"):
        tensor(even, name="y")
    with pytest.raises(ShapeError, match="made from sizes"):
        tensor(sp.Dummy("M", integer=True, positive=True), name="y")
    assert isinstance(verdict(by_hand(lambda i: sp.Symbol("c") * x[i]), c * x), Undecided)
    real = sp.IndexedBase("x", real=True)
    assert isinstance(verdict(by_hand(lambda i: real[i.formula]), x), Undecided)

    def derived(i):
        return sp.Derivative(c.at(()) * x.at((i.formula,)), sp.Symbol("c"))

    with pytest.raises(ExportError, match="not part of an entry formula"):
        encode_statement(state(by_hand(derived), x))


def test_a_replay_does_not_overflow():
    many = scale(sum_axes(outer(ones(M), ones(M)), axes=(1,)), factor=10**4)
    first = named("z1", many)
    second = named("z2", many + (flip(correlate(flip(x, axes=(0,)), ones(1)), axes=(0,)) - x))
    assert isinstance(verdict(first, second), Theorem)
    assert isinstance(verdict(apply(first, function="s"), apply(second, function="s")), Theorem)


def test_the_weakest_assumption_is_left_open_where_intermediates_may_agree():
    first, second = named("z1", x), named("z2", shift(x, offsets=(2 - M,)))
    assert written(verdict(first, second).holds_when) == "M = 2"
    assert verdict(apply(first, function="s"), apply(second, function="s")).holds_when is None
    same_entries = named("z3", broadcast(c, shape=(M,)))
    slopes = apply(same_entries, function="s") * x
    assert verdict(slopes, flip(apply(same_entries, function="s"), axes=(0,)) * 2 * x).holds_when is None
    apart = named("z4", x + broadcast(c, shape=(M,)))
    assert (
        written(verdict(apply(apart, function="s"), flip(apply(apart, function="s"), axes=(0,))).holds_when) == "M = 1"
    )


def test_standing_derivatives_mean_the_same_in_numbers():
    def standing(e):
        return sp.Derivative(e, e, evaluate=False)

    before = by_hand(lambda i: standing(x.at((i.formula - 1,))))
    inside = by_hand(lambda i: Iverson(i >= 1))
    assert isinstance(verdict(before, inside), Theorem)
    assert before.evaluate({"x": np.arange(3), "g": np.arange(3), "f": [1], "c": 1}).tolist() == [0, 1, 1]
    k, bounds = sp.Symbol("k", integer=True), (0, M.formula - 1)
    entry_of_x = x.at((k,))
    shadowed = sp.Sum(sp.Derivative(sp.Sum(entry_of_x, (k, *bounds)), entry_of_x, evaluate=False), (k, *bounds))
    total = from_entries((), lambda: shadowed, using=[x])
    assert total.evaluate({"x": np.arange(3)}).tolist() == 3


@pytest.mark.parametrize("operations", [50, 500, 2000])
def test_running_out_of_operations_is_undecided(operations, monkeypatch):
    f_full = correlate(x, f, mode="full")
    assert isinstance(verdict(f_full, f_full), Theorem)
    monkeypatch.setattr("cnn_symbolic.kernel.trusted.integer_sets.MOST_OPERATIONS", operations)
    assert verdict(f_full, f_full).reason is Reason.LIMIT
    assert kernel_alone(state(f_full, 2 * f_full)).reason is Reason.LIMIT
    assert dict(verdict(f_full, 2 * f_full).sizes) == {"M": 1, "I": 1}


@pytest.mark.slow
def test_a_product_with_very_many_factors_is_undecided():
    z = x
    for k in range(16):
        z = named(f"z{k}", z * z)
    assert verdict(z, z + 0 * x).reason is Reason.LIMIT
    for left, right, sizes_ in ((z, 2 * z, {"M": 1}), (scale(x, factor=M**100), x, {"M": 2})):
        assert kernel_alone(state(left, right)).reason is Reason.LIMIT
        found = verdict(left, right)
        assert (dict(found.sizes), found.least, found.holds_when) == (sizes_, True, None)


def test_large_numbers_are_exact_or_undecided():
    assert verdict(x, 2 * x, M >= 10**20).reason is Reason.LIMIT


def test_two_definitions_under_one_name_are_told_apart():
    grid = tensor(N, M, name="X")
    first = from_entries((M,), lambda i: x[0], using=[x])
    v = sp.Symbol("v", integer=True)

    def nested(a, b):
        return sp.Sum(sp.Sum(sp.Sum(bracket(compare("<", a, b)), (v, 0, 2)), (u, 0, 3)), (u, 0, 1))

    pairs = [
        (from_entries((M,), lambda i: x[i], using=[x]), first),
        (take(grid, at=(0,)), from_entries((M,), lambda i: grid[i, i], using=[grid])),
        (from_entries((), lambda: x[0] + x[1], using=[x]), from_entries((), lambda: 2 * x[1], using=[x])),
        (from_entries((), lambda: nested(u, v), using=[]), from_entries((), lambda: nested(v, u), using=[])),
    ]
    for left, right in pairs:
        with pytest.raises(NameConflictError, match="stands for two different tensors"):
            state(named("z", left), named("z", right))
        state(named("z", left), named("z", left))


def test_an_intermediate_result_cannot_hide_the_index_of_a_family():
    grid = tensor(N, M, name="X")
    with pytest.raises(FragmentError, match="the definition of z mentions k"):
        stacked(2, lambda k: apply(named("z", take(grid, at=(k,))), function="σ"))
    statement = state(named("z", x), x)
    hidden = replace(statement.tensors["z"], definition=entry("x", (sp.Symbol("k", integer=True),)))
    forged = replace(statement, tensors={**statement.tensors, "z": hidden})
    assert decide(forged).reason is Reason.OUTSIDE
    assert decide(replace(forged, origin=None)).reason is Reason.OUTSIDE


def test_coefficients_beyond_64_bits_are_exact():
    assert isinstance(verdict(scale(x, factor=10**19 * M**2), scale(x, factor=0), M <= 3), Refutation)
    high = verdict(scale(x, factor=M**64), scale(x, factor=0), M >= 3, M <= 4)
    assert isinstance(high, Refutation)
    assert verdict(scale(x, factor=10**30), x).left_coefficient == 10**30
    assert verdict(scale(x, factor=sp.Rational(1, 10**30)), x).left_coefficient == sp.Rational(1, 10**30)
    one = tensor(1, name="y")
    cube = from_entries((1,), lambda i: one[0] ** 3, using=[one])
    assert cube.evaluate({"y": np.array([10**10], dtype=object)}).tolist() == [10**30]
    twins = [apply(named(name, 10**10 * one), function="s") for name in ("z1", "z2")]
    assert isinstance(verdict(broadcast(take(twins[0], at=(0,)), shape=(1,)), twins[1]), Theorem)


def test_the_weakest_assumption_is_open_where_one_intermediate_may_equal_another():
    y = tensor(M, name="y")
    first = named("z1", x + y)
    later = from_entries((M,), lambda i: y[i] + x[i] * Iverson(M >= 2), using=[x, y])
    found = verdict(apply(first, function="s"), apply(named("z2", later), function="s"))
    assert found.holds_when is None


def test_known_functions_are_replayed_as_what_they_are():
    exponential = named("e", apply(x, function="exp"))
    total = named("S", sum_axes(apply(x, function="exp"), axes=(0,)))
    assert isinstance(verdict(total * apply(total, function="reciprocal"), ones()), Theorem)
    true = [
        (apply(exponential, function="log"), x),
        (apply(x, function="exp") * apply(named("m", -x), function="exp"), ones(M)),
    ]
    for left, right in true:
        assert isinstance(verdict(left, right), Undecided)
    found = verdict(apply(x, function="exp"), x)
    assert isinstance(found, Refutation)
    assert found.holds_when is None


def test_divisors_are_part_of_where_a_tensor_is_defined():
    found = verdict(scale(x, factor=1 / (M - N)), 2 * scale(x, factor=1 / (2 * M - 2 * N)))
    assert isinstance(found, Theorem)
    assert written_together(found.domain) == "N < M"


def test_a_wrong_step_with_an_integer_formula_is_found():
    assert prove("t", x - x, equals=0 * x, steps=[Step(lambda i: 0, "nothing")]).outcome == "proved"
    assert prove("t", x - x, equals=0 * x, steps=[Step(lambda i: 1, "something")]).wrong_step is not None
    assert take(x, at=(np.int64(0),)).rank == 0


def test_a_number_in_a_condition_is_not_taken_for_an_integer():
    c = scalar("c")
    left = from_entries((M,), lambda i: x[i] * Iverson(c[()] * M > M), using=[x, c])
    right = from_entries((M,), lambda i: x[i] * Iverson(c[()] * M >= M + 1), using=[x, c])
    assert isinstance(verdict(left, right), Undecided)
    for one in (left, right):
        assert kernel_alone(state(one, x)).reason is Reason.OUTSIDE
        assert isinstance(verdict(one, x), Refutation)


def test_a_broadcast_axis_may_have_a_size_that_only_expands_to_one():
    (D,) = sizes("D")
    y = tensor(D * (N - 1) - D * N + D + 1, name="y")
    values = {"y": np.array([5]), "x": np.array([1, 2, 3])}
    np.testing.assert_array_equal((y + x).evaluate(values, sizes={D: 1, N: 2}), [6, 7, 8])


def test_what_is_solved_for_has_the_coefficient_one():
    (S,) = sizes("S")
    half = from_entries((M,), lambda i: x[i] * sum_over(lambda u: Iverson(2 * u == S * i), (S * M,)), using=[x])
    always = from_entries((M,), lambda i: x[i] * Iverson(S * i == S * i + 0 * i), using=[x])
    found = verdict(half, always)
    assert isinstance(found, Refutation)
    assert dict(found.sizes) == {"M": 2, "S": 1}


def test_indices_beyond_64_bits_and_cases_in_conditions_are_no_crash():
    far = from_entries((M,), lambda i: x[10**20 * i], using=[x])
    assert isinstance(verdict(far, x), Undecided | Refutation)
    cases = where(M > 3, 2 * M, N)
    left, right = (from_entries((M,), lambda i, n=n: x[i] * Iverson(cases >= n), using=[x]) for n in (3, 4))
    found = verdict(left, right)
    assert isinstance(found, Refutation)
    assert dict(found.sizes) == {"M": 1, "N": 3}


def test_the_smallest_sizes_of_a_theorem_are_the_smallest_also_for_large_strides():
    (S,) = sizes("S")
    strided = from_entries((M,), lambda i: x[S * i], using=[x])
    guarded = from_entries((M,), lambda i: x[S * i] * Iverson(S * i >= 0), using=[x])
    found = decide(state(strided, guarded, [M + 20 * S >= 101]))
    assert (found.evidence, found.smallest) == ("all shapes, every S", {"M": 1, "S": 5})
    assert decide(state(strided, guarded), literally=(2, 3)).smallest == {"M": 1, "S": 2}
    assert dict(kernel_alone(state(strided, 2 * guarded, [S >= 5])).sizes) == {"M": 1, "S": 5}
    assert dict(decide(state(strided, 2 * guarded, [S >= 5])).sizes) == {"M": 1, "S": 5}
