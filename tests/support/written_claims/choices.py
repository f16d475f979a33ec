"""Claims with choices by a condition: between sizes, and between entries of tensors."""

import numpy as np

from tests.support.written_claims.arrays import array, at
from tests.support.written_claims.entering import conditional, proved, refuted

EVERY = "x = tensor(M)\nz = subsample(x, factors=[S])\ndy = cotangent(z)\n"
SPREAD = f"{EVERY}claim(gradient(z, wrt=x)[i] == "


def spread(draw, M, S, chosen):
    """The gradient of every S-th entry, and an array of the input's shape that is chosen from what arrives."""
    g = draw(len(range(0, M, S)))
    laid = np.zeros(M, dtype=int)
    laid[::S] = g
    return laid, array((M,), lambda i: chosen(i, g))


@proved(f"{SPREAD}where(i % S == 0, dy[i // S], 0))")
def spread_where_the_factor_divides(draw, M, S):
    return spread(draw, M, S, lambda i, g: 0 if i % S else g[i // S])


@proved(f"{SPREAD}where(not (i % S == 0 and i >= 0), 0, dy[i // S]))")
def spread_by_the_opposite_condition(draw, M, S):
    return spread(draw, M, S, lambda i, g: 0 if i % S else g[i // S])


@conditional(f"{SPREAD}where(i % S == 0, dy[i // S], dy[i]))", assuming="S == 1 or M <= S")
def spread_and_something_elsewhere(draw, M, S):
    return spread(draw, M, S, lambda i, g: at(g, i) if i % S else g[i // S])


@refuted(f"{SPREAD}where(i % S == 1, dy[i // S], 0))", holds_when="never")
def spread_one_entry_later(draw, M, S):
    return spread(draw, M, S, lambda i, g: g[i // S] if i % S == 1 else 0)


@proved(f"{EVERY}claim(z[i] == where(i*S >= M, 0, 1)*x[S*i])")
def chosen_by_a_factor(draw, M, S):
    x = draw(M)
    return x[::S], x[::S]


@refuted(f"{EVERY}claim(z[i] == where(i*S >= M, 1, 0)*x[S*i])", holds_when="never")
def chosen_by_the_opposite_factor(draw, M, S):
    x = draw(M)
    return x[::S], 0 * x[::S]


@conditional("x = tensor(M)\nclaim(x[i] == where(i < 3, 1, 2)**2*x[i])", assuming="M <= 3")
def weighed_by_a_choice(draw, M):
    x = draw(M)
    return x, array((M,), lambda i: (1 if i < 3 else 2) ** 2 * x[i])


@proved("x = tensor(M)\nclaim(x[i] == where(i % 2 == 0 or i >= 3, x[i], where(i < 3, x[i], 5)))")
def a_choice_in_a_choice(draw, M):
    x = draw(M)
    return x, x
