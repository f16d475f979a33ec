"""The mistakes that people make, by name, in claims as text; the corrected line is proved where it is pasted."""

from itertools import combinations

import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.claims.writing import corrected_claim
from cnn_symbolic.mistakes.wording import is_opposite
from cnn_symbolic.present.content.counterexamples import right_sizes
from tests.support.thorough import every

LINE = """
x = tensor(B, C, M)
w = tensor(K, C, I)
b = tensor(K)
z = conv(x, w, b)
dz = cotangent(z)
"""
PLANE = """
x = tensor(B, C, M, N)
w = tensor(K, C, I, J)
b = tensor(K)
z = conv(x, w, b, stride=S, dilation=D, padding=P)
dz = cotangent(z)
y = conv(x, w, b)
dy = cotangent(y)
t = conv(x, w, b, stride=S)
dt = cotangent(t)
e = conv(x, w, b, dilation=D)
de = cotangent(e)
h = conv(x, w, stride=2, padding=1)
dh = cotangent(h)
"""
GRID = """
a = tensor(M, N)
f = tensor(I, J)
g = correlate(a, f)
dg = cotangent(g)
"""
FUNCTIONS = """
x = tensor(M)
f = tensor(I)
b = scalar()
sigma = function()
z = named("z", correlate(x, f) + b*ones(M - I + 1))
v = sigma(z)
dv = cotangent(v)
u = tensor(M)
h = sigma(u)
dh = cotangent(h)
"""
DENSE = """
x = tensor(B, C)
w = tensor(K, C)
z = tensordot(x, w, axes=((1,), (1,)))
dz = cotangent(z)
"""
LAYER = "layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))\n"
# Of a claim: what stands before it, its sides, and the name of the mistake.
OVER_RQ = "over=(n, r, q)"
BATCH_AND_SIGN = "the padding is added in place of subtracted in the index of x, and divided by the batch size"
IN_ENTRIES = [
    (LINE, "gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, m + i] * w[k, c, i], over=(k, i))",
     "the sign of i in the index of ∂C/∂z"),
    (LINE, "gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, m - I + 1 + i] * w[k, c, i], over=(k, i))",
     "the filter w is not flipped"),
    (LINE, "z[n, k, r] == sum(x[n, c, r + i] * w[k, c, I - 1 - i], over={c: C, i: I}) + b[k]",
     "the filter w is flipped"),
    (LINE, "gradient(z, wrt=w)[k, c, i] == sum(dz[n, k, r] * x[n, c, r - i], over=(n, r))",
     "the sign of i in the index of x"),
    (LINE, "gradient(z, wrt=w)[k, c, i] == sum(dz[n, k, r] * x[n, c, r + i + 1], over=(n, r))",
     "the index of x is off by one"),
    (LINE, "gradient(z, wrt=w)[k, c, i] == sum(dz[n, c, r] * x[n, k, r + i], over=(n, r))", "k and c are exchanged"),
    (LINE, "gradient(z, wrt=b)[k] == sum(dz[n, k, r], over=(n, r)) / B", "divided by the batch size"),
    (LINE, "gradient(z, wrt=b)[k] == sum(dz[0, k, r], over=r)", "not summed over the batch"),
    (LINE, "gradient(z, wrt=x)[n, c, m] == sum(dz[l, k, m - i] * w[k, c, i], over=(l, k, i))",
     "summed over the batch, by l in place of n"),
    (LINE, "gradient(z, wrt=w)[k, c, i] == -sum(dz[n, k, r] * x[n, c, r + i], over=(n, r))", "the sign is wrong"),
    (LINE, "gradient(z, wrt=w)[k, c, i] == 2 * sum(dz[n, k, r] * x[n, c, r + i], over=(n, r))",
     "the result is doubled"),
    (LINE, "z[n, k, r] == sum(sum(x[n, c, r + i] * w[k, c, i], over=i) + b[k], over={c: C})",
     "b is added once per channel"),
    (GRID, "gradient(g, wrt=f)[i, j] == sum(dg[r, c] * a[c + j, r + i], over=(r, c))", "a is transposed"),
    (GRID, "g[r, c] == sum(a[r + i, c + j] * f[j, i], over=(i, j))", "the filter f is transposed"),
    (GRID, "gradient(g, wrt=a)[m, n] == sum(dg[m - i, n + j] * f[i, j], over=(i, j))",
     "the sign of j in the index of ∂C/∂g along axis 1"),
    (LAYER, "layer.gradient(layer.w)[i, j] == sum(layer.a_prev[r + j, c + i] * layer.delta[r, c], over=(r, c))",
     "i and j are exchanged"),
]  # fmt: skip
WITH_STRIDES = [
    (PLANE, f"gradient(t, wrt=w)[k, c, u, v] == sum(dt[n, k, r, q] * x[n, c, r + u, q + v], {OVER_RQ})",
     "the stride is missing in the index of x"),
    (PLANE, f"gradient(e, wrt=w)[k, c, u, v] == sum(de[n, k, r, q] * x[n, c, r + u, q + v], {OVER_RQ})",
     "the dilation is missing in the index of x"),
    (PLANE, f"gradient(e, wrt=w)[k, c, u, v] == sum(de[n, k, r, q] * x[n, c, D*r + u, D*q + v], {OVER_RQ})",
     "the dilation stands before r and q in place of u and v in the index of x"),
    (PLANE, f"gradient(h, wrt=w)[k, c, u, v] == sum(dh[n, k, r, q] * x[n, c, r + u - 1, q + v - 1], {OVER_RQ})",
     "the stride is missing in the index of x"),
    (PLANE,
     f"gradient(z, wrt=w)[k, c, u, v] == sum(dz[n, k, r, q] * x[n, c, D*r + S*u - P, D*q + S*v - P], {OVER_RQ})",
     "stride and dilation are exchanged in the index of x"),
    (PLANE, f"gradient(z, wrt=w)[k, c, u, v] == sum(dz[n, k, r, q] * x[n, c, S*r + D*u, S*q + D*v], {OVER_RQ})",
     "the padding is not subtracted in the index of x"),
    (PLANE,
     f"gradient(z, wrt=w)[k, c, u, v] == sum(dz[n, k, r, q] * x[n, c, S*r + D*u - P, q + D*v - P], {OVER_RQ})",
     "the stride is missing in the index of x along axis 3"),
    (PLANE,
     "gradient(t, wrt=x)[n, c, m, o] == sum(dt[n, k, r, q] * w[k, c, i, j] * Iverson(r + i == m)"
     " * Iverson(q + j == o), over=(k, r, q, i, j))",
     "the stride is missing in the conditions"),
    (PLANE, "gradient(e, wrt=x) == conv_transpose(de, w)", "the dilation D is missing"),
    (PLANE, "gradient(t, wrt=x) == conv_transpose(dt, w, stride=S, dilation=S, "
     "output_padding=((M - I) % S, (N - J) % S))", "the dilation is too much"),
    (PLANE, f"gradient(t, wrt=w)[k, c, u, v] == sum(dt[n, k, r, q] * x[n, c, S*r + u, S*q + v], {OVER_RQ})"
     " / (B * ((M - I)//S + 1) * ((N - J)//S + 1))", "divided by the batch size and the number of positions"),
    (PLANE,
     f"gradient(z, wrt=w)[k, c, u, v] == sum(dz[n, k, r, q] * x[n, c, S*r + D*u + P, S*q + D*v + P], {OVER_RQ}) / B",
     BATCH_AND_SIGN),
    (PLANE, f"gradient(z, wrt=w)[k, c, u, v] == sum(dz[n, k, r, q] * x[n, c, D*r + S*u, D*q + S*v], {OVER_RQ})",
     "stride and dilation are exchanged in the index of x, and the padding is not subtracted in the index of x"),
]  # fmt: skip
AS_OPERATIONS = [
    (PLANE, "gradient(y, wrt=x) == conv(dy, transpose(w, axes=(1, 0, 2, 3)), padding=((I - 1, I - 1), (J - 1, J - 1)))",
     "the filter w is not flipped"),
    (PLANE, "gradient(y, wrt=b) == sum_axes(dy, axes=(0, 2, 3)) / B", "divided by the batch size"),
    (GRID, "gradient(g, wrt=a) == correlate(f, dg, mode='full')",
     "the filter is not flipped (correlate in place of convolve)"),
    (FUNCTIONS, "gradient(h, wrt=u) == dh", "the slope sigma′(u) is missing"),
    (FUNCTIONS, "gradient(h, wrt=u) == dh * sigma(u)", "sigma in place of sigma′"),
    (FUNCTIONS, "gradient(h, wrt=u) == u * sigma(u, order=1)", "u in place of ∂C/∂h"),
    (FUNCTIONS, "gradient(v, wrt=f) == correlate(x, dv)", "the slope sigma′(z) is missing"),
    (FUNCTIONS, "gradient(v, wrt=b) == sum_axes(dv * sigma(z, order=1), axes=(0,)) / (M - I + 1)",
     "divided by the number of positions"),
    (DENSE, "gradient(z, wrt=w) == tensordot(dz, x, axes=((0,), (0,))) / B", "divided by B"),
]  # fmt: skip
DIVISIBLE = "(m - D*u)//S, (o - D*v)//S"
PLANE_X = "x[n, c, S*r + D*u, S*q + D*v]"
QUOTIENTS = """
x = tensor(B, C, M, N)
w = tensor(K, C, I, J)
b = tensor(K)
z = conv(x, w, b, stride=S, dilation=D)
dz = cotangent(z)
y = upsample_nearest(x, factors=(R, S))
"""
CONSTANTS_AND_QUOTIENTS = [
    (QUOTIENTS, f"gradient(z, wrt=w)[k, c, u, v] == sum(dz[0, k, r, q] * {PLANE_X.replace('n', '0')}, over=(r, q))",
     "not summed over the batch"),
    (QUOTIENTS, f"gradient(z, wrt=w)[k, c, u, v] == sum(dz[n, k, r, q] * {PLANE_X.replace('n', '0')}, {OVER_RQ})",
     "the index n of x is missing"),
    (QUOTIENTS, f"z[n, k, r, q] == sum({PLANE_X.replace('c', '0')} * w[k, 0, u, v], over=(u, v)) + b[k]",
     "not summed over the input channels"),
    (QUOTIENTS, f"z[n, k, r, q] == sum({PLANE_X} * w[k, c, u, v], over=(c, u, v)) + b[0]",
     "the index k of b is missing"),
    (QUOTIENTS, f"gradient(z, wrt=x)[n, c, m, o] == sum(dz[n, k, {DIVISIBLE}] * w[k, c, u, v], over=(k, u, v))",
     "the conditions that S divides m - D·u and that S divides o - D·v are missing"),
    (QUOTIENTS, f"gradient(z, wrt=x)[n, c, m, o] == sum(dz[n, k, {DIVISIBLE}] * w[k, c, u, v]"
     " * Iverson((m - D*u) % S == 0), over=(k, u, v))", "the condition that S divides o - D·v is missing"),
    (QUOTIENTS, "y[n, c, m, o] == x[n, c, m % M, o // S]", "the remainder in place of the quotient in the index of x"),
    (QUOTIENTS, "y[n, c, m, o] == x[n, c, m // R, o // N]", "divided by N in place of S in the index of x"),
]  # fmt: skip
TURNED = "conv(dz, flip(transpose(w, axes=(1, 0, 2)), axes={}), padding=I - 1)"
FLIPS = [
    (LINE.replace("w, b)", "w, stride=S, dilation=D)"),
     "z[n, k, r] == sum(x[n, c, S*r + D*(I - 1 - i)] * w[k, c, i], over=(c, i))", "the filter w is flipped"),
    (LINE, "gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, r] * w[k, c, I - 1 - m + r], over=(k, r))",
     "the filter w is not flipped"),
    (LINE, "gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, r] * w[k, c, I - 1 - i] * Iverson(r + i == m),"
     " over={k: K, r: M - I + 1, i: I})", "the filter w is not flipped"),
    (LINE, "gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, m - i] * w[K - 1 - k, C - 1 - c, i], over=(k, i))",
     "the filter w is flipped along the axes 0 and 1, too"),
    (LINE, "gradient(z, wrt=w)[k, c, i] == sum(dz[n, k, r] * x[n, c, r + I - 1 - i], over=(n, r))",
     "the result is flipped"),
    (GRID, "g[r, c] == sum(a[r + i, c + J - 1 - j] * f[i, j], over=(i, j))", "the filter f is flipped along axis 1"),
    *((LINE, f"gradient(z, wrt=x) == {TURNED.format(axes)}", f"the filter w is flipped along {said}")
      for axes, said in (("(0, 1, 2)", "the axes 0 and 1, too"), ("(0, 2)", "axis 0, too"),
                         ("(0, 1)", "the axes 0 and 1 in place of axis 2"), ("(1,)", "axis 1 in place of axis 2"))),
]  # fmt: skip
CENTRED = """
x = tensor(B, C)
c = named("c", x - sum_axes(x, axes=(0,), keepdims=True) / B)
g = cotangent(c)
a = tanh(x)
da = cotangent(a)
"""
POOL = "pool = AveragePool((B, C, M), R, stride=S)\nx = pool.x\na = pool.a\nda = cotangent(a)\n"
SKIP = "x = tensor(M)\nσ = function()\no = named('o', σ(x) + x)\ndo = cotangent(o)\n"
SUMMANDS = [
    (CENTRED, "gradient(c, wrt=x) == g - sum_axes(g, axes=(0,), keepdims=True)", "not divided by B"),
    (CENTRED, "gradient(c, wrt=x) == g - sum_axes(g, axes=(0,), keepdims=True) / C", "divided by C in place of B"),
    (CENTRED, "gradient(c, wrt=x)[n, k] == g[n, k] - sum(g[m, k], over=m)", "not divided by B in the term with ∂C/∂c"),
    (CENTRED, "gradient(a, wrt=x) == da * (ones() - a)", "a in place of a·a"),
    (CENTRED, "gradient(a, wrt=x)[n, k] == da[n, k] * (1 - a[n, k])", "a in place of a·a"),
    (SKIP, "gradient(o, wrt=x) == do * σ(x, order=1)", "the summand ∂C/∂o is missing"),
    (SKIP, "gradient(o, wrt=x)[m] == do[m] * σ(x, order=1)[m]", "the summand ∂C/∂o is missing"),
    (POOL, "gradient(a, wrt=x)[n, c, m] == sum(da[n, c, r] * Iverson(S*r <= m and m < S*r + R) / S, over=r)",
     "divided by the stride in place of R"),
]  # fmt: skip
# Functions that the left side does not have, and that have no value at some whole numbers.
STRANGE = [
    (FUNCTIONS, f"gradient(h, wrt=u)[m] == dh[m] * sigma(u, order=1)[m] * {called}(u)[m]",
     f"the factor {called}(u) is too much")
    for called in ("reciprocal", "log", "sqrt", "rsqrt")
] + [
    (FUNCTIONS, f"gradient(h, wrt=u) == dh * sigma(u, order=1) * {called}(u)", f"the factor {called}(u) is too much")
    for called in ("reciprocal", "tanh")
] + [
    (FUNCTIONS, "gradient(h, wrt=u)[m] == dh[m] * sigma(u, order=1)[m] * sigma(x, order=1)[m]",
     "the factor sigma′(x) is too much"),
]  # fmt: skip
BOTH = "in the sizes of the axes 2 and 3"
SIZES = [
    (PLANE, "shape(y) == (B, K, M - I, N - J)", f"off by one {BOTH}"),
    (PLANE, "shape(y) == (B, K, M, N)", "the size of the input is kept in the axes 2 and 3"),
    (PLANE, "shape(y) == (B, K, N - J + 1, M - I + 1)",
     "the size of another axis is taken for the sizes of the axes 2 and 3"),
    (PLANE, "shape(e) == (B, K, M - I + 1, N - J + 1)", f"the dilation is left out {BOTH}"),
    (PLANE, "shape(e) == (B, K, M - D*I + 1, N - D*J + 1)",
     "D·I in place of D·(I - 1) + 1 in the size of axis 2; D·J in place of D·(J - 1) + 1 in the size of axis 3"),
    (PLANE, "shape(z) == (B, K, (M + P - D*(I - 1) - 1)//S + 1, (N + P - D*(J - 1) - 1)//S + 1)",
     f"the padding is counted once in place of twice {BOTH}"),
    (PLANE, "shape(z) == (B, K, (M + P - I)//S + 1, (N + P - J)//S + 1)",
     f"the dilation is left out, and the padding is counted once in place of twice {BOTH}"),
    (PLANE, "shape(z) == (B, C, (M + 2*P - D*(I - 1) - 1)//S + 1, (N + 2*P - D*(J - 1) - 1)//S + 1)",
     "the number of input channels is taken for the size of axis 1"),
    (PLANE, "shape(t) == (B, K, (M - I + 1)//S, (N - J + 1)//S)", f"1 is added before it is divided, not after {BOTH}"),
    (PLANE, "shape(t) == (B, K, -((I - M)//S) + 1, -((J - N)//S) + 1)", f"rounded up in place of down {BOTH}"),
    (PLANE, "shape(t) == (B, K, (M - I)//(S*S) + 1, (N - J)//(S*S) + 1)", f"divided by the stride twice {BOTH}"),
    (PLANE, "shape(y) == (B, K, M - I + 1, N - I + 1)", "I in place of J in the size of axis 3"),
    (PLANE, "shape(y) == (B, K*C, M - I + 1, N - J + 1)", "multiplied by C in the size of axis 1"),
    (LINE + "q = conv(x, w, stride=S, padding='same')\n", "shape(q) == (B, K, M//S)",
     "rounded down in place of up in the size of axis 2"),
    (LINE + "q = conv(x, w, padding=I // 2)\n", "shape(q) == (B, K, M + I//2 - I + 1)",
     "the padding is counted once in place of twice in the size of axis 2"),
    (LINE + "q = conv(x, w, stride=2, padding=P)\n", "shape(q) == (B, K, (M + P - I)//2 + 1)",
     "the padding is counted once in place of twice in the size of axis 2"),
    ("a = MaxPool((B, C, M), R).a\n", "shape(a) == (B, C, M - R + 1)", "the stride is left out in the size of axis 2"),
    ("x = tensor(B, C*R*R, M, N)\ny = pixel_shuffle(x, factors=(R, R))\n", "shape(y) == (B, C*R, R*M, N)",
     "multiplied by R in the size of axis 1; not multiplied by R in the size of axis 3"),
    ("(P,) = widths('P')\n", "conv_size(M, I, stride=S, padding=P) == (M + P - I)//S + 1",
     "the padding is counted once in place of twice"),
]  # fmt: skip
ALL = [
    (("(P,) = widths('P')\n" if "P" in before and "widths" not in before else "") + before, sides, name)
    for before, sides, name in [
        *IN_ENTRIES,
        *WITH_STRIDES,
        *FLIPS,
        *CONSTANTS_AND_QUOTIENTS,
        *AS_OPERATIONS,
        *SUMMANDS,
        *STRANGE,
        *SIZES,
    ]
]


@pytest.mark.parametrize(("before", "sides", "name"), every(4, ALL, ids=[f"{k}" for k in range(len(ALL))]))
def test_the_mistake_is_named_and_the_corrected_line_is_proved_where_it_is_pasted(before, sides, name):
    (made,) = read_claims(f"{before}claim({sides})\n").values()
    assert made.outcome == "refuted"
    assert made.mistake.name == name
    (pasted,) = read_claims(f"{before}{corrected_claim(made, made.mistake)}\n").values()
    assert pasted.outcome == "proved"
    assert pasted.title.startswith(sides.split("[")[0].split(" == ")[0])


@pytest.mark.parametrize(
    ("before", "sides"),
    [
        (GRID, "gradient(g, wrt=a) == zeros(M, N)"),
        (GRID, "gradient(g, wrt=f)[i, j] == sum(dg[r, c], over=(r, c))"),
        (LINE, "gradient(z, wrt=w)[k, c, i] == sum(dz[n, k, r] * dz[n, k, r] * x[n, c, r], over=(n, r))"),
        (LINE, "shape(z) == (B, K, M + 3*I)"),
        # What would make another formula of this one by taking a term away and adding another one has no name.
        ("x = tensor(N)\ny = tanh(x)\ndy = cotangent(y)\n", "gradient(y, wrt=x) == x * (ones(N) + y)"),
    ],
)
def test_what_is_far_from_right_has_no_name(before, sides):
    (made,) = read_claims(f"{before}claim({sides})\n").values()
    assert (made.outcome, made.mistake) == ("refuted", None)


def test_options_stay_and_refute_becomes_claim():
    text = f"{GRID}claim(g == convolve(a, f, mode='valid'), assuming=[M >= I, N >= J], title='forward')\n"
    (made,) = read_claims(text).values()
    line = "claim(g == correlate(a, f, mode='valid'), assuming=[M >= I, N >= J], title='forward')"
    assert corrected_claim(made, made.mistake) == line
    (made,) = read_claims(f"{GRID}wrong = refute(g == convolve(a, f, mode='valid'))\n").values()
    assert corrected_claim(made, made.mistake) == "claim(g == correlate(a, f, mode='valid'))"


def test_the_corrected_line_has_the_names_of_the_text():
    text = """
m, i = sizes("m i")
(left,) = widths("p")
signal = tensor(m, name="x")
taps = tensor(i, name="w")
out = correlate(signal, taps)
claim(gradient(out, wrt=signal)[k] == sum(cotangent(out)[k + u] * taps[u], over=u))
"""
    (made,) = read_claims(text).values()
    line = corrected_claim(made, made.mistake)
    assert line == "claim(gradient(out, wrt=signal)[k] == sum(taps[u] * cotangent(out)[k - u], over=u))"
    *before, _ = text.strip().split("\n")
    (pasted,) = read_claims("\n".join([*before, line])).values()
    assert pasted.outcome == "proved"


def test_the_right_size_is_printed_beside_a_wrong_one():
    (made,) = read_claims(f"{LINE}claim(shape(z) == (B, K, M + 3*I))\n").values()
    assert list(right_sizes(made.verdict)) == ["the size of axis 2 is M - I + 1, not 3·I + M"]
    sides = "gradient(z, wrt=x) == conv(dz, transpose(w, axes=(1, 0, 2)))"
    (made,) = read_claims(f"{LINE}claim({sides}, assuming=[M >= 2*I])\n").values()
    assert list(right_sizes(made.verdict)) == ["the size of axis 2 is M, not M - 2·I + 2"]
    (made,) = read_claims("claim(conv_size(M, I) == M)\n").values()
    assert list(right_sizes(made.verdict)) == ["the size is M - I + 1, not M"]


def test_no_two_mistakes_named_together_say_the_opposite_of_one_another():
    assert is_opposite("the filter w is flipped", "the filter w is not flipped")
    assert is_opposite("the padding is added in the index of x", "the padding is not subtracted in the index of x")
    assert not is_opposite("the filter w is flipped", "x is flipped")
    for *_, name in ALL:
        parts = name.split(", and ")
        assert not any(is_opposite(a, b) for a, b in combinations(parts, 2))
