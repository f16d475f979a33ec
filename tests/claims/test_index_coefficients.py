"""Sums with an index as a coefficient: weights of an upsampling, of positions, of moments; near misses are refuted."""

import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem

UPSAMPLED = """
x = tensor(2)
y = from_entries((10,), lambda j: (9 - j) / 9 * x[0] + j / 9 * x[1], using=[x])
g = cotangent(y)
claim(gradient(y, wrt=x)[m] == sum(g[j] * ({} * Iverson(Eq(m, 0)) + {} * Iverson(Eq(m, 1))), over={{j: {}}}))
"""
WEIGHTED = """
t = tensor(M)
p = from_entries((M,), lambda j: {} * t[j], using=[t])
claim(gradient(p, wrt=t)[m] == {} * cotangent(p)[m])
"""
MOMENT = """
t = tensor(M)
c = from_entries((1,), lambda i: sum({} * t[j], over={{j: M}}), using=[t])
claim(gradient(c, wrt=t)[m] == {} * cotangent(c)[0])
"""
GRID = """
t = tensor(M)
w = from_entries((M, N), lambda i, j: (i + 2*j) * t[i], using=[t])
claim(gradient(w, wrt=t)[i] == {})
"""
SUMMED = """
t = tensor(M)
r = from_entries((M,), lambda i: sum({} * t[i], over={{j: 5}}), using=[t])
claim(r == {})
"""

PROVED = {
    "bilinear upsampling": UPSAMPLED.format("(9 - j) / 9", "j / 9", 10),
    "weights of positions": WEIGHTED.format("j", "m"),
    "their squares": WEIGHTED.format("j * j", "m**2"),
    "times a size": WEIGHTED.format("M * j", "(m * M)"),
    "of a quotient": WEIGHTED.format("(j // 2)", "(m // 2)"),
    "a first moment": MOMENT.format("j", "m"),
    "another origin": MOMENT.format("(2*j - M)", "(2*m - M)"),
    "two indices": GRID.format("sum((i + 2*j) * cotangent(w)[i, j], over={j: N})"),
    "two sums": GRID.format("i * sum(cotangent(w)[i, j], over={j: N}) + 2 * sum(j * cotangent(w)[i, j], over={j: N})"),
    "a literal range": SUMMED.format("j", "10 * t"),
    "of squares": SUMMED.format("j * j", "30 * t"),
    "of remainders": SUMMED.format("(j % 3)", "4 * t"),
    "beside the entry's index": (
        "t = tensor(M)\nr = from_entries((M,), lambda i: sum(max(i, j) * t[i], over={j: 3}), using=[t])\n"
        "claim(r[i] == (max(i, 0) + max(i, 1) + max(i, 2)) * t[i])"
    ),
}


@pytest.mark.parametrize("name", PROVED)
def test_an_index_as_a_coefficient_is_decided(name):
    (made,) = read_claims(PROVED[name]).values()
    assert isinstance(made.verdict, Theorem), made.verdict


REFUTED = {
    "an upsampling off by one": UPSAMPLED.format("(8 - j) / 9", "j / 9", 10),
    "another divisor": UPSAMPLED.format("(9 - j) / 8", "j / 9", 10),
    "weights exchanged": UPSAMPLED.format("j / 9", "(9 - j) / 9", 10),
    "one term less": UPSAMPLED.format("(9 - j) / 9", "j / 9", 9),
    "weights of positions off by one": WEIGHTED.format("j", "(m + 1)"),
    "turned weights": WEIGHTED.format("j", "(M - 1 - m)"),
    "squares for twice": WEIGHTED.format("j * j", "2 * m"),
    "a moment off by one": MOMENT.format("j", "(m - 1)"),
    "the indices exchanged": GRID.format("sum((2*i + j) * cotangent(w)[i, j], over={j: N})"),
    "a literal range, one more": SUMMED.format("j", "15 * t"),
    "a sum of squares": SUMMED.format("j * j", "29 * t"),
    "a sum of remainders": SUMMED.format("(j % 3)", "5 * t"),
}


@pytest.mark.parametrize("name", REFUTED)
def test_a_near_miss_is_refuted(name):
    (made,) = read_claims(REFUTED[name]).values()
    assert isinstance(made.verdict, Refutation), made.verdict
    assert made.verdict.left_value is not None
