"""What is divided by is at least one, in numbers, tensors, claims and sums, even if it cancels."""

import pytest
import sympy as sp

from cnn_symbolic import (
    And,
    Eq,
    Iverson,
    Not,
    Or,
    ceiling,
    claim,
    floor,
    from_entries,
    maximum,
    sum_over,
    tensor,
    where,
)
from cnn_symbolic.expressions.heads import AtLeast, Floor, Inverse
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.expressions.values import presumed_of
from cnn_symbolic.ground.errors import FragmentError
from tests.support.recipes import M, N, P, m, n, p


@pytest.mark.parametrize(
    ("made_of", "expected"),
    [
        ((m - n) / (m - n), {M - N}),
        ((m * p) // p, {P}),
        (m / n, set()),
        (m % (n + p), set()),
        (m % p - m % p, {P}),
        ((m // p) // (n - 1), {P, N - 1}),
        (m // (n // p), {P, Floor(N * Inverse(P))}),
        (0 * (m / (n - 2)), {N - 2}),
        (maximum(m // p, n % (n - 1)), {P, N - 1}),
        (Iverson(m // p > 1), {P}),
        (where(m // p > 1, m % (m - 1), 2), {P, M - 1}),
        (floor(m / p) - ceiling(n / p), {P}),
        (m / (2 * n - 1), set()),
        (m / -2, set()),
        ((m // p)**0, {P}),
        (And(m // p > 1, n > 1), {P}),
        (Not(Or(m // p > 1, m % (n - 1) == 0)), {P, N - 1}),
        (Eq(m // p, m // p), {P}),
    ],
    ids=lambda value: None if isinstance(value, set) else str(value),  # sets have no order that lasts
)  # fmt: skip
def test_what_was_divided_by_is_kept_even_if_it_cancels(made_of, expected):
    assert presumed_of(made_of) == expected


def test_a_tensor_and_a_claim_keep_what_was_divided_by():
    x = tensor(m, name="x")
    quotient = from_entries((m,), lambda i: x[i] * (m - n) / (m - n), using=[x])
    assert quotient.requirements() == (AtLeast(M - N, 1),)
    assert tensor((m * (m - n)) // (m - n), name="y").requirements() == (AtLeast(M - N, 1),)
    assert (x * ((m - n) / (m - n))).requirements() == (AtLeast(M - N, 1),)
    assert (x / (m - n) * (m - n)).requirements() == (AtLeast(M - N, 1),)
    proved = claim(quotient == x)
    assert (proved.outcome, written_together(proved.verdict.domain)) == ("proved", "N < M")
    assert claim(x == quotient).verdict.kind == "defined"
    assert written_together(claim((m - n) / (m - n) == 1).verdict.domain) == "N < M"
    assert written_together(claim(x == x, assuming=[(m - n) / (m - n) == 1]).verdict.domain) == "N < M"


def test_a_divisor_that_depends_on_an_index_is_at_least_one_on_its_range():
    x = tensor(m, name="x")

    def requirements(formula):
        return from_entries((m,), formula, using=[x]).requirements()

    assert requirements(lambda i: x[i] / (i + 1)) == ()
    assert requirements(lambda i: x[i] * Iverson(n % (m - i) == 0)) == ()
    assert requirements(lambda i: x[i] * Iverson(n % (m - i - 1) == 0)) == (sp.false,)
    assert requirements(lambda i: x[i] * Iverson(n % (2 * n - i) == 0)) == (AtLeast(2 * N - M + 1, 1),)
    assert requirements(lambda i: x[i] * ((i - n) // (i - n))) == (AtLeast(-N, 1),)
    total = sum_over(lambda u: x[u] / (n - u), (p + 1,))
    assert total.presumed == {N - P}
    nested = sum_over(lambda u: sum_over(lambda v: x[u] / (n + u - v), (p + 1,)), (m,))
    assert nested.presumed == {N - P}
    with pytest.raises(FragmentError, match=r"divides by .*: the index _?i has to stand in it by itself"):
        requirements(lambda i: x[i] * Iverson(n % (i * i + 1) == 0))
    with pytest.raises(FragmentError, match=r"the index _?i has to stand in it by itself"):
        requirements(lambda i: x[i] * Iverson(n % (m * i + 1) == 0))
