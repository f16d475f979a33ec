"""Conditions for every value of the factors: claims with the condition that a person would give."""

from itertools import islice
from random import Random

import pytest
import sympy as sp

from cnn_symbolic import sizes as named_sizes
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.expressions.heads import Equal
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.kernel.search import every_factor
from cnn_symbolic.kernel.search.confirming import difference, far_points, is_inside, least_of, volume
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.present.terminal import holds
from tests.support.thorough import every, share

(S,) = named_sizes("S")
LAYER = """
(P,) = widths("P")
x = tensor(M)
w = tensor(I)
xx = wrap(wrap(x))
ww = wrap(wrap(w))
"""
STRIDED = f"{LAYER}z = conv(xx, ww, stride=S)\ndz = cotangent(z)\n"
DILATED = f"{LAYER}z = conv(xx, ww, stride=S, dilation=D)\ndz = cotangent(z)\n"
PADDED = f"{LAYER}z = conv(xx, ww, stride=S, padding=P)\ndz = cotangent(z)\n"
FULL = f"{LAYER}z = conv(xx, ww, stride=S, dilation=D, padding=P)\ndz = cotangent(z)\n"
POOLED = "x = tensor(M)\nxx = wrap(wrap(x))\ny = sum_pool(xx, window=I, stride=S)\ndy = cotangent(y)\n"

# A claim, and when it holds, in Python.
CONDITIONS = [
    # sizes
    (
        f"{FULL}claim(shape(conv_transpose(z, ww, stride=S, dilation=D, padding=P)) == (1, 1, M))",
        "(M + 2*P - D*(I - 1) - 1) % S == 0",
    ),
    ("claim(M // S == (M + S - 1) // S)", "M % S == 0"),
    ("claim(M % S == M)", "M < S"),
    ("claim(M % S == 0)", "M % S == 0"),
    ('claim(conv_size(M, I, stride=S, padding="same") == M)', "S == 1 or M == 1"),
    ("claim(ceiling((M - I) / S) == (M - I) // S, assuming=[I <= M])", "(M - I) % S == 0"),
    (f"{LAYER}claim(shape(conv(xx, ww, dilation=D)) == (1, 1, M - I + 1))", "D == 1 or I == 1"),
    (f"{LAYER}claim(shape(conv(xx, ww, stride=S)) == (1, 1, M - I + 1))", "S == 1 or M == I"),
    ("claim((M - I) // S // S == (M - I) // S, assuming=[I <= M])", "S == 1 or M - I < S"),
    ("claim(ceiling(M / S) * S == M)", "M % S == 0"),
    ("claim(M - min(D, 2)*(I - 1) == M - D*(I - 1))", "D <= 2 or I == 1"),
    ("claim(max(S*M - M, M) == S*M - M)", "S >= 2"),
    ("claim((M // S) // D == M // D)", "S == 1 or M < D"),
    (
        "x = tensor(B, C, M, N)\nw = tensor(K, C, I, J)\nz = conv(x, w, stride=S)\n"
        "claim(shape(conv_transpose(z, w, stride=S)) == (B, C, M, N))",
        "(M - I) % S == 0 and (N - J) % S == 0",
    ),
    ("claim(S*D == S)", "D == 1"),
    # entries
    ("x = tensor(M)\nclaim(subsample(x, factors=S) == x)", "M == 1 or S == 1"),
    ("x = tensor(M)\nclaim(dilate(x, factors=S) == x)", "M == 1 or S == 1"),
    ("x = tensor(M)\nclaim(subsample(dilate(x, factors=S), factors=D) == x)", "M == 1 or D == S"),
    (
        "x = tensor(M)\nclaim(flip(subsample(x, factors=S), axes=(0,)) == subsample(flip(x, axes=(0,)), factors=S))",
        "(M - 1) % S == 0",
    ),
    ("x = tensor(M)\nz = subsample(x, factors=S)\nclaim(z[i] == x[D*i])", "S == D or M <= S"),
    (f"{DILATED}claim(z[n, k, r] == sum(xx[n, k, r + D*u] * w[u], over=u))", "S == 1 or M - D*(I - 1) - 1 < S"),
    (
        "x = tensor(B, C, M)\ncolumns = unfold(x, overlay=I, stride=S, dilation=D)\n"
        "claim(columns[n, c, u, r] == x[n, c, D*r + S*u])",
        "S == D or (I == 1 and M <= S)",
    ),
    # gradients
    (
        f"{DILATED}claim(gradient(z, wrt=w)[u] == sum(dz[0, 0, r] * x[D*r + S*u], over=r))",
        "S == D or (I == 1 and M <= S)",
    ),
    (f"{PADDED}claim(gradient(z, wrt=xx) == conv_transpose(dz, ww, stride=S, padding=P))", "(M + 2*P - I) % S == 0"),
    (
        f"{DILATED}claim(gradient(z, wrt=xx) == conv_transpose(dz, ww, stride=S))",
        "(D == 1 or I == 1) and (M - D*(I - 1) - 1) % S == 0",
    ),
    (
        f"{DILATED}claim(gradient(z, wrt=w)[u] == sum(dz[0, 0, r] * x[r + D*u], over=r))",
        "S == 1 or M - D*(I - 1) - 1 < S",
    ),
    (
        "x = tensor(M)\nz = subsample(x, factors=S)\ng = cotangent(z)\nclaim(gradient(z, wrt=x)[m] == g[m // S])",
        "S == 1 or M == 1",
    ),
    (f"{POOLED}claim(gradient(y, wrt=xx)[b, c, m] == dy[b, c, m // I])", "S == I or M - I < S"),
    # without factors
    (
        f'{LAYER}claim(convolve(x, w, mode="same") == crop(convolve(x, w, mode="full"), start=(I // 2,), shape=(M,)))',
        "I % 2 == 1",
    ),
    ("claim((M + 1) // 3 == M // 3)", "M % 3 != 2"),
    ("claim(M // 2 * 2 == M)", "M % 2 == 0"),
    ("claim((M + I) // 2 == M // 2 + I // 2)", "M % 2 == 0 or I % 2 == 0"),
    ("claim((M % 3) * 2 == 2)", "M % 3 == 1"),
]

# What is neither sizes nor entries of few tensors, or has no short condition: as at literal values.
OPEN = f"{FULL}claim(gradient(z, wrt=w)[u] == sum(dz[0, 0, r] * x[D*r + S*u - P], over=r))"
# The size is no multiple of any stride up to five, and of others it is: the literal values do not show it.
CHANGES_AT_SIX = "claim(M % S == where(S > 5, 1, 0))"


def verdict_on(text):
    (claim,) = read_claims(text).values()
    return decide(claim.statement)


def far(statement, seed, most=40, farthest=12):
    """Some sizes that a statement is about, with factors beyond the literal values too."""
    proposed = islice(far_points(least_of(statement), Random(seed), farthest), 100 * most)
    inside = (sizes for sizes in proposed if is_inside(statement, sizes) and volume(statement, sizes) <= 150)
    return list(islice(inside, most))


def is_true(condition, statement, sizes):
    known = {s: sizes[str(s)] for s in statement.sizes}
    return bool(value_of(condition, known.__getitem__))


def check_by_computing(found, seed=0):
    """Hold a condition that is said for all sizes against NumPy, at sizes far beyond the literal values."""
    statement, random = found.statement, Random(seed)
    for sizes in far(statement, seed):
        said = is_true(found.holds_when, statement, sizes)
        computed = difference(statement, sizes, random, tries=8)
        if computed is not None and computed.kind != "outside":
            assert said != computed.differs, (written(found.holds_when), sizes)


@pytest.mark.parametrize(("text", "condition"), every(3, CONDITIONS))
def test_a_condition_is_said_for_every_value_of_the_factors(text, condition):
    found = verdict_on(text)
    assert isinstance(found, Refutation)
    assert (found.given, found.holds_if) == ({}, None)
    for sizes in far(found.statement, 5, most=300):
        assert is_true(found.holds_when, found.statement, sizes) == eval(condition, {}, dict(sizes)), sizes
    check_by_computing(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claim(M // S == (M + S - 1) // S)", "holds exactly when S divides M"),
        (
            "x = tensor(M)\nz = subsample(x, factors=S)\nclaim(z[i] == x[D*i])",
            "for every S and D it holds when D = S or M ≤ S; necessary at S and D in {1, 2, 3, 4}",
        ),
        (
            OPEN,
            "for every D and S it holds when D = S; for D = 1, S = 2 it holds exactly when (I = 1 and P = 0 and "
            "M ≤ 2) or (M = 1 and P = 3 and 2 ≤ I ≤ 3)",
        ),
        (
            "x = tensor(M)\nz = subsample(x, factors=S)\nclaim(z[i] == 2*x[S*i])",
            "for S in {1, 2, 3, 4, 5} it never holds",
        ),
    ],
)
def test_what_is_proved_for_every_value_and_what_is_known_at_some_is_told_apart(text, said):
    assert holds(verdict_on(text)) == said


def test_necessity_is_proved_where_the_shapes_show_it():
    found = verdict_on("x = tensor(M)\nclaim(subsample(x, factors=S) == x)")
    assert (written(found.holds_when), found.necessary_at) == ("S = 1 or M = 1", {})
    entries = verdict_on("x = tensor(M)\nz = subsample(x, factors=S)\nclaim(z[i] == x[i])")
    assert (written(entries.holds_when), entries.necessary_at) == ("S = 1 or M ≤ S", {"S": (1, 2, 3, 4, 5)})


def test_where_literal_values_are_all_there_are_the_condition_is_exact():
    found = verdict_on("x = tensor(M)\nz = subsample(x, factors=S)\nclaim(z[i] == x[i], assuming=[S <= 3])")
    assert (written(found.holds_when), found.necessary_at) == ("S = 1 or M ≤ S", {})


# Attacks: wrong conditions that agree at the literal values


def test_a_condition_that_fails_beyond_the_literal_values_is_not_said():
    found = verdict_on(CHANGES_AT_SIX)
    assert (found.given, written(found.holds_when)) == ({"S": 2}, "M is even")


def test_a_condition_that_is_not_tried_beyond_the_literal_values_is_not_proved(monkeypatch):
    monkeypatch.setattr(every_factor, "points_beyond", lambda statement: iter(()))
    tried = []
    proved = every_factor.Cases.suffices
    monkeypatch.setattr(every_factor.Cases, "suffices", lambda self, c: tried.append(proved(self, c)) or tried[-1])
    found = verdict_on(CHANGES_AT_SIX)
    assert (found.given, written(found.holds_when)) == ({"S": 2}, "M is even")
    assert tried
    assert not any(tried)


def test_a_condition_that_is_said_to_be_exact_everywhere_is_not_proved(monkeypatch):
    monkeypatch.setattr(every_factor, "candidates", lambda *_: iter([Equal(S.formula, sp.S.One)]))
    monkeypatch.setattr(every_factor, "is_same", lambda place, condition: True)
    found = verdict_on("claim((M + 1) // S == M // S)")
    assert found.given
    assert found.holds_if is None


SIZES, OFFSETS = ("S", "D", "1", "2"), ("", " + 1", " - 1", " + S", " + D - 1")


def random_claim(random):
    """A claim with strides that is wrong in some way, or right."""
    a, b, c, d = (random.choice(SIZES) for _ in range(4))
    offset = random.choice(OFFSETS)
    return random.choice(
        [
            f"x = tensor(B, C, M)\nu = unfold(x, overlay=I, stride={a}, dilation={b})\n"
            f"claim(u[n, c, i, r] == x[n, c, {c}*r + {d}*i{offset}])",
            f"claim((M{offset}) // {a} // {b} == M // {c})",
            f"claim((M + {a}*I{offset}) // S == M // S + {b}, assuming=[I <= M])",
            f"x = tensor(M)\nclaim(subsample(dilate(x, factors={a}), factors={b}) == subsample(x, factors={c}))",
            f"x = tensor(1, 1, M)\nw = tensor(1, 1, I)\nz = conv(x, w, stride={a}, dilation={b})\n"
            f"claim(gradient(z, wrt=x) == conv_transpose(cotangent(z), w, stride={c}, dilation={d}))",
        ]
    )


@pytest.mark.parametrize("seed", range(share(2, 40)))
def test_random_conditions_are_right_beyond_the_literal_values(seed):
    random, refuted = Random(seed), 0
    while refuted < 3:
        found = verdict_on(random_claim(random))
        if isinstance(found, Refutation) and found.holds_when is not None and not found.given:
            refuted += 1
            check_by_computing(found, seed)
