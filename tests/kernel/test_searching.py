"""Where the kernel cannot decide, small counterexamples are searched for, and a search says how far it went."""

from itertools import islice, takewhile
from random import Random

import pytest
import sympy as sp

from cnn_symbolic import (
    Iverson,
    Refutation,
    Theorem,
    exp,
    from_entries,
    function,
    log,
    maximum,
    minimum,
    named,
    reciprocal,
    sizes,
    sum_axes,
    sum_over,
    tensor,
)
from cnn_symbolic.claims import decide, state
from cnn_symbolic.kernel.search import confirming
from cnn_symbolic.kernel.search.confirming import in_order
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Undecided
from cnn_symbolic.kernel.trusted.verdicts import Reason
from tests.support.thorough import every

M, N, K, I, S = sizes("M N K I S")
x = tensor(M, name="x")

# Both sides of a claim about sizes that is false, as functions of the sizes, and the sizes.
SEARCHED = {
    "a square and a remainder": (lambda m: m * m % 7, lambda m: m % 7, (M,)),
    "two sizes": (lambda m, n: (m * n) % 5, lambda m, n: (m * n) % 4, (M, N)),
    "a factor beyond the literal values": (lambda m, s: m % s * (s // 6), lambda m, s: 0 * m * s, (M, S)),
    "a product of two": (lambda m, n: maximum_of(m * n, 12), lambda m, n: 12 + 0 * m * n, (M, N)),
    "nested remainders": (lambda m, n: (m * n % 6) * (m % 6) % 4, lambda m, n: m * n * m % 4, (M, N)),
    "a size far out": (lambda m: m * m % 100000, lambda m: minimum_of(m * m, 1600), (M,)),
    "three sizes far out": (
        lambda m, n, k: m * n // (k * k),
        lambda m, n, k: minimum_of(m * n // (k * k), 800),
        (M, N, K),
    ),
    "three squares far out": (
        lambda m, n, k: minimum_of(m * m // 400, 1) * minimum_of(n * n // 400, 1) * minimum_of(k * k // 400, 1),
        lambda m, n, k: 0 * m * n * k,
        (M, N, K),
    ),
    "a square far out": (lambda m: minimum_of(m * m // 3001, 1), lambda m: 0 * m, (M,)),
}


def maximum_of(*values):
    return max(values) if all(isinstance(v, int) for v in values) else maximum(*values)


def minimum_of(*values):
    return min(values) if all(isinstance(v, int) for v in values) else minimum(*values)


@pytest.mark.parametrize(("left", "right", "of"), every(3, SEARCHED.values(), ids=SEARCHED))
def test_where_the_kernel_cannot_decide_a_small_counterexample_is_found(left, right, of):
    found = decide(state((left(*of),), (right(*of),)))
    assert isinstance(found, Refutation)
    at = [found.sizes[str(size)] for size in of]
    assert left(*at) != right(*at)
    assert (found.kind, found.left_shape, found.right_shape) == ("shape", (left(*at),), (right(*at),))
    if found.least:
        for point in takewhile(lambda p: sum(p.values()) < sum(at), in_order(dict.fromkeys(map(str, of), 1))):
            assert left(*point.values()) == right(*point.values())
    for k, value in enumerate(at):
        for less in range(1, value):
            fewer = [*at[:k], less, *at[k + 1 :]]
            assert left(*fewer) == right(*fewer), "one size alone could be smaller"


def test_what_differs_beyond_all_that_is_tried_stays_undecided():
    found = decide(state((Iverson(M * M > 9_000_000) + M * M % 2,), (M * M % 2,)))
    assert isinstance(found, Undecided | HoldsForLiterals)


def test_a_claim_about_tensors_is_searched_with_entries():
    strided = from_entries((M,), lambda i: sum_over(lambda u: x[i * u], (S,)), using=[x])
    found = decide(state(strided, 2 * x))
    assert isinstance(found, Refutation)
    assert dict(found.sizes) == {"M": 1, "S": 1}
    assert found.least
    assert found.left_value[found.index] != found.right_value[found.index]
    assert set(found.values) == {"x"}
    again = strided.evaluate(found.values, sizes=found.sizes and {S: found.sizes["S"]})
    assert list(again) == list(found.left_value)


def test_what_a_search_finds_can_be_replayed_with_its_functions():
    σ = function("σ")
    strided = from_entries((M,), lambda i: sum_over(lambda u: σ(x)[i * u], (S,)), using=[x])
    found = decide(state(strided, σ(x)))
    assert isinstance(found, Refutation)
    t = sp.Symbol("t")
    of = [int(found.functions["σ"].subs(t, int(v))) for v in found.values["x"]]
    assert list(found.right_value) == of


def test_what_is_true_of_exp_and_log_by_a_law_that_is_not_known_is_undecided():
    inside = named("e", exp(x))
    assert isinstance(decide(state(log(inside), x)), Undecided)
    other = sum_axes(tensor(1, M, name="o"), axes=(0,))
    assert isinstance(decide(state(inside * reciprocal(inside), other)), Refutation)


def test_a_search_says_how_far_it_went():
    found = decide(state((M // S // I,), (M // I // S,)))
    assert isinstance(found, HoldsForLiterals)
    assert found.search == f"no difference at {found.tried} points, sizes and factors up to {found.largest}"
    assert found.tried > 500
    assert found.largest > 20


def test_sizes_are_tried_in_the_order_of_their_totals():
    tried = list(islice(in_order({"M": 1, "P": 0}), 300))
    totals = [sum(at.values()) for at in tried]
    assert totals == sorted(totals)
    assert len({tuple(at.values()) for at in tried}) == 300
    assert tried[:3] == [{"M": 1, "P": 0}, {"M": 1, "P": 1}, {"M": 2, "P": 0}]
    assert list(islice(in_order({}), 5)) == [{}]
    far = list(islice(confirming.far_points({"M": 1, "N": 1}, Random(0)), 200))
    assert all(1 <= n <= 50 for at in far for n in at.values())
    assert any(at["M"] > 30 for at in far)
    assert any(at["M"] == at["N"] > 9 for at in far)


def test_the_reason_of_the_kernel_is_kept_where_nothing_is_found():
    found = decide(
        state(
            from_entries((M,), lambda i: x[i * i], using=[x]), from_entries((M,), lambda i: x[i * i + 0 * i], using=[x])
        )
    )
    assert isinstance(found, Undecided | Theorem)
    odd = decide(state(((M * S) % 2,), ((M % 2) * (S % 2),)))
    assert isinstance(odd, Undecided | HoldsForLiterals)
    assert not isinstance(odd, Undecided) or odd.reason is Reason.NOT_AFFINE
