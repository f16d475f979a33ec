"""Claims of which one side is not defined where the other one is, and two about functions of a correlation."""

import numpy as np

from tests.support.written_claims.arrays import full, sigma, valid
from tests.support.written_claims.entering import refuted


@refuted(
    """
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")
claim(correlate(x, w) == correlate(x, transpose(w)))
""",
    holds_when="I = 1 and J = 1",
)
def overlay_transposed(draw, M, N, I, J):
    if I > M or J > N:
        return None
    x, w = draw(M, N), draw(I, J)
    return valid(x, w), valid(x, w.T) if I <= N and J <= M else None


@refuted(
    """
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")
claim(correlate(x, w, mode="same") == correlate(x, w))
""",
    holds_when="(I = 1 and J = 1) or (I = 2·M - 1 and J = 2·N - 1)",
)
def same_mode_is_valid_mode(draw, M, N, I, J):
    x, w = draw(M, N), draw(I, J)
    top, left = (I - 1) // 2, (J - 1) // 2
    kept = full(x, np.flip(w))[top : top + M, left : left + N]
    if I >= M and J >= N:
        return kept, np.flip(valid(w, x))
    return kept, valid(x, w) if I <= M and J <= N else None


FUNCTION = """
σ = function()
x, w = tensor(M, name="x"), tensor(I, name="w")
z = correlate(x, w)
turned = correlate(x, rot180(w))
"""


@refuted(f"{FUNCTION}claim(σ(z, order=1) == σ(z))", holds_when="never")
def a_function_and_its_derivative(draw, M, I):
    if I > M:
        return None
    z = valid(draw(M), draw(I))
    return sigma(z, 1), sigma(z)


@refuted(f"{FUNCTION}claim(σ(z) == σ(turned))", holds_when=None)
def a_function_of_a_correlation_and_of_a_convolution(draw, M, I):
    if I > M:
        return None
    x, w = draw(M), draw(I)
    return sigma(valid(x, w)), sigma(valid(x, w[::-1]))
