"""The language of claims that are given as text: true claims in every part of it are proved, and what they mean."""

import ast

import pytest

from cnn_symbolic.claims.expressions import Expressions
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.proofs.derivation import Derivation
from tests.support.claim_language import CONV, LONG, XY, X, outcomes

TRUE = {
    # Literals
    "an integer": "claim(3 == 3)",
    "a fraction": f"{X}claim(1/2 * x + x / 2 == x)",
    "a fraction that was given a name": f"{X}third = 1/3\nclaim(third * x == x / 3)",
    "a text as an option": f"{X}claim(correlate(x, x, mode='full') == correlate(x, x, mode=\"full\"))",
    "a text that stands alone": f'"""Claims."""\n{X}"more"\nclaim(x == x)',
    "a truth value as an option": f"{X}claim(sum_axes(x, axes=(0,), keepdims=True)[i] == sum(x[u], over=u))",
    "nothing as an option": f"{CONV}claim(conv(x, w, None) == conv(x, w))",
    # Lists, tuples, tables
    "a list": f"{X}claim(crop(x, start=[0], shape=[M]) == x)",
    "a tuple": "claim((M, N) == (M, N))",
    "a list against a tuple": "claim([M, N] == (M, N))",
    "the items of a list": "x = tensor(*[M, N])\nclaim(shape(x) == (M, N))",
    "the items of a shape": f"{X}claim(zeros(*x.shape) == x - x)",
    "options from a table": f"options = {{'stride': S}}\n{CONV}claim(conv(x, w, **options) == conv(x, w, stride=S))",
    "one of several": "pair = (M, N)\nclaim(pair[1] == N)",
    "the last of several": "pair = (M, N)\nclaim(pair[-1] == N)",
    # Names
    "several names": "A, B = sizes('A B')\nclaim(A + B == B + A)",
    "one name in a tuple": "P, = widths('P')\nclaim(max(P, 0) == P)",
    "a size with a suffix": "x = tensor(C_in, W2)\nclaim(shape(x) == (C_in, W2))",
    "a size with a value": "M = 3\nx = tensor(M)\nclaim(shape(x) == (3,))",
    "names within names": "(A, (B, L)), P = (M, (N, K)), M\nclaim(A * B * L == K * M * N)",
    "tensors named by a tuple": "x, y = tensor(M), tensor(M)\nclaim(x + y == y + x)",
    "one tensor that is made twice": 'claim(tensor(M, name="x") == tensor(M, name="x"))',
    "a lower-case size": "height, = sizes('height')\nx = tensor(height)\nclaim(shape(x) == (height,))",
    "Greek letters": "σ, δ = function('σ'), tensor(M, name='δ')\nclaim(σ(δ) == apply(δ, function='σ'))",
    # Arithmetic
    "a sign": "claim(-M == -(+M))",
    "all of the operators": "claim(M + 2*N - M - N * 2 == M // 1 - M % 1 - M ** 1)",
    "quotients of numbers": "claim(7 // 2 == 3)",
    "quotients of negative numbers": "claim(-7 // 2 == -4)",
    "remainders of negative numbers": "claim(-M % 3 == 2 * M % 3)",
    "a square of a size": "claim(M ** 2 == M * M)",
    "a square of an entry": f"{X}claim((x * x)[i] == x[i] ** 2)",
    "a quotient rounded down": "claim(floor(M / 2) == M // 2)",
    "a quotient rounded up": "claim(ceiling(M / 2) == -(-M // 2))",
    "a remainder": "claim(Mod(M, 2) == M % 2)",
    "the larger of two": "claim(max(M, N) == Max(N, M))",
    "the smaller of two": "claim(min(M, N) == Min(N, M))",
    "a fraction by name": "claim(Rational(1, 2) * M + M / 2 == M)",
    "a number before a tensor": f"{X}claim(2 * x == x + x)",
    "a size before a tensor": f"{X}claim(N * x == x * N)",
    # Conditions
    "an equation as an assumption": "claim(M % 2 == 0, assuming=[M == 2 * N])",
    "all of the comparisons": f"{X}claim(x == x, assuming=[M < 9, M <= 9, M > 1, M >= 1, M != 5, M == N])",
    "a chain of comparisons": f"{X}claim(x == x, assuming=[1 < M <= 2*N])",
    "and, or, not": f"{X}claim(x == x, assuming=[M > 1 and (N > 1 or not M == 7)])",
    "the same from SymPy": f"{X}claim(x == x, assuming=[And(M > 1, Or(N > 1, Not(Eq(M, 7))), Ne(M, 3))])",
    "a bracket": f"{X}claim(x[i] == sum(x[j] * Iverson(i == j), over=j))",
    # Tensors and their parts
    "a shape": f"{X}claim(shape(x) == x.shape)",
    "a size of a shape": f"{X}claim(x.shape[0] == M)",
    "a shape that is a size": f"{X}claim(shape(x)[0] == M)",
    "the last size of a shape": "x = tensor(M, N)\nclaim(shape(x)[-1] == N)",
    "a rank": "x = tensor(M, N)\nclaim(x.rank == 2)",
    "an entry": f"{X}claim(x[0] - x[M - 1] == x[1 - 1] - rot180(x)[0])",
    "an entry of a number": "c = scalar()\nclaim((c + c)[()] == 2 * c[()])",
    "a number instead of a tensor": f"{X}claim(x - x == 0)",
    "a size instead of a tensor": "claim(N * ones(M) == N)",
    "an entry for a tensor without axes": f"{X}claim(sum_axes(x, axes=(0,)) == sum(x[u], over=u))",
    "an entry for a number with a name": f"{X}s = sum_axes(x, axes=(0,))\nclaim(s == sum(x[u], over=u))",
    "a tensor without axes for an entry": f"{X}claim(sum(x[u], over=u) == sum_axes(x, axes=(0,)))",
    "a number times an entry": f"{X}c = scalar()\nclaim((c * x)[i] == c * x[i])",
    "a number plus an entry": f"{X}c = scalar()\nclaim(c + x[0] == x[0] + c)",
    "an entry at free indices": "x = tensor(M, N)\nclaim(transpose(x)[i, j] == x[j, i])",
    "a formula without entries": "claim(ones(M)[i] == 1)",
    "an entry of a sum": f"{XY}claim((x + y)[i] == x[i] + y[i])",
    "entries of a layer": "layer = FeatureMap((M,), (I,))\nclaim(layer.z[r] == layer.b[0] + "
    "sum(layer.a_prev[r + i] * layer.w[i], over=i))",
    "the softmax by its entries": 'z, y = tensor(K, name="z"), tensor(K, name="y")\n'
    "cost, p = cross_entropy_of_softmax(z, y)\n"
    "claim(sum_axes(p * y, axes=(0,))[()] == sum(p[k] * y[k], over={k: K}))",
    "a gradient of a layer": "layer = FeatureMap((M,), (I,))\nclaim(shape(layer.gradient(layer.w)) == shape(layer.w))",
    "a cotangent with entries": f"{X}y = 2 * x\nclaim(gradient(y, wrt=x)[i] == 2 * cotangent(y)[i])",
    # Sums
    "a sum with a range that is seen": f"{XY}claim(sum(x[u] * y[u], over=u) == sum(y[t] * x[t], over=t))",
    "a sum over several indices": "x = tensor(M, N)\nclaim(sum(x[i, j], over=(i, j)) == sum(x[i, j], over=[j, i]))",
    "a sum with a range that is given": f"{X}claim(sum(x[u], over={{u: M}}) == sum(x[u], over=u))",
    "a sum of sums": f"{XY}claim(sum(x[i] + y[i], over=i) == sum(x[i], over=i) + sum(y[i], over=i))",
    "a sum in a sum": "x = tensor(M, N)\nclaim(sum(sum(x[i, j], over=j), over=i) == sum(x[i, j], over=(i, j)))",
    "a sum of squares": f"{X}claim(sum(x[i] ** 2, over=i) == sum(x[i] * x[i], over=i))",
    "a sum of an unknown function": f"{X}σ = function()\nclaim(sum(2 * σ(x)[i], over=i) == 2 * sum(σ(x)[i], over=i))",
    "a sum of an operation's entries": f"{X}claim(sum(rot180(x)[u], over={{u: M}}) == sum(x[u], over=u))",
    # Choices, and remainders as Python has them
    "the greatest of several": "claim(maximum(M, N, 1) == max(N, M))",
    "the least of several": "claim(minimum(M, N, M + N) == Min(N, M))",
    "one size or another": "claim(where(M > N, M, N) == max(M, N))",
    "one index or another": f"{X}claim(x[i] == x[i] * Iverson(where(i > 0, i, 0) == i))",
    "a remainder of a remainder": "claim((M % 6) % 3 == M % 3)",
    "a multiple of a remainder": "claim((3 * (M % 5)) % 5 == (3 * M) % 5)",
    "a quotient of a product": "claim((M * N) // N == M)",
    "a quotient of a difference": "claim((M - N)/(M - N) == 1)",
    "a condition that is negated": f"{X}claim(x == x, assuming=[not (M > 2 and M % 2 == 1)])",
    "a literal divisor of any sign": f"{X}claim(x / -2 == -x / 2)",
    "what is expected": f"{X}claim(x == x, expect='proved')",
    # Windows
    "the shape of two windows in turn": "x = tensor(B, C, M)\nonce = sum_pool(x, window=I, stride=1)\n"
    "claim(shape(sum_pool(once, window=J, stride=1)) == shape(sum_pool(x, window=I + J - 1, stride=1)))",
    "a window of two sizes less one": "x = tensor(B, 1, M)\n"
    "claim(sum_pool(x, window=I + J - 1, stride=1) == conv(x, ones(1, 1, I + J - 1)))",
    # Functions of indices
    "entries by a function": f"{X}claim(from_entries((M,), lambda i: x[M - 1 - i], using=[x]) == rot180(x))",
    "sums by a function": f"{X}claim(from_entries((1,), lambda i: sum_over(lambda u: x[u], (M,)), using=[x])[i] == "
    "sum(x[u], over=u) * Iverson(i == 0))",
    "a member of a family": "x = tensor(K, M)\nclaim(summed(K, lambda k: take(x, at=(k,))) == sum_axes(x, axes=(0,)))",
}


@pytest.mark.parametrize("text", TRUE.values(), ids=TRUE)
def test_true_claims_in_every_part_of_the_language_are_proved(text):
    assert list(outcomes(text).values()) == ["proved"]


def test_every_kind_of_node_that_is_read_occurs_in_a_true_claim():
    from cnn_symbolic.claims.reading import ClaimReader

    read = {name.removeprefix("visit_") for name in dir(ClaimReader) if name.startswith("visit_")}
    texts = [*TRUE.values(), *LONG.values()]
    found = {type(node).__name__ for text in texts for node in ast.walk(ast.parse(text))}
    assert read <= found


ENTRY = f"{X}w = tensor(I)\n"


def test_an_entry_of_an_operation_is_there_where_the_operation_is():
    (claim,) = read_claims(f"{ENTRY}claim(correlate(x, w)[0] == sum(x[u] * w[u], over=u))").values()
    assert (claim.outcome, written_together(claim.verdict.domain)) == ("proved", "I ≤ M")


def test_a_side_that_is_not_there_where_the_other_one_is_is_refuted():
    text = f"{ENTRY}claim(x[i] == x[i] + correlate(x, w)[i] * Iverson(M < I)"
    (claim,) = read_claims(f"{text})").values()
    assert isinstance(claim.verdict, Refutation)
    assert (claim.verdict.kind, claim.verdict.sizes, written(claim.verdict.holds_when)) == (
        "defined",
        {"M": 1, "I": 2},
        "I ≤ M",
    )
    assert outcomes(f"{text}, assuming=[M >= I])") == {"line_3": "proved"}


def test_two_windows_in_turn_count_cells_several_times():
    text = "x = tensor(B, C, M)\nonce = sum_pool(x, window=I, stride=1)\n"
    text += "claim(sum_pool(once, window=J, stride=1) == sum_pool(x, window=I + J - 1, stride=1))"
    (claim,) = read_claims(text).values()
    assert claim.outcome == "refuted"
    assert min(claim.verdict.sizes[window] for window in ("I", "J")) > 1


def test_reading_decides_nothing_and_gives_derivations():
    (claim,) = read_claims(f"{X}claim(x == x)").values()
    assert isinstance(claim, Derivation)
    assert "decided" not in vars(claim)
    assert issubclass(ClaimTextError, CnnSymbolicError)
    assert issubclass(Expressions, ast.NodeVisitor)


def test_one_width_pads_all_axes_and_a_shape_is_a_list_of_sizes():
    padded = "claim(pad(x, widths=2) == pad(x, widths=[(2, 2)]))"
    repeated = "claim(broadcast(scalar('s'), shape=shape(x)) == scalar('s')*ones(*shape(x)))"
    assert set(outcomes(f"{X}{padded}\n{repeated}").values()) == {"proved"}
