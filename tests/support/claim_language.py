"""Texts in the language of claims, short and long ones, and what becomes of a text."""

import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.ground.errors import ClaimTextError

X, XY = "x = tensor(M)\n", 'x, y = tensor(M, name="x"), tensor(M, name="y")\n'
CONV = 'x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")\n'


def outcomes(text):
    """Return what is decided about each of the claims of a text."""
    return {name: claim.outcome for name, claim in read_claims(text).items()}


def error_of(text):
    """Return the message about a text that cannot be read, its first line and the lines that show the place."""
    with pytest.raises(ClaimTextError) as caught:
        read_claims(text)
    return str(caught.value).split("\n")


LONG = {
    "a layer": """
from cnn_symbolic import FeatureMap, convolve, correlate, prove, refute, shape, sizes

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
right = prove("right", layer.gradient(layer.a_prev), equals=convolve(layer.w, layer.delta, mode="full"))
wrong = refute("wrong", layer.gradient(layer.a_prev), equals=correlate(layer.w, layer.delta, mode="full"))
size = prove("size", shape(layer.a), equals=(M - I + 1, N - J + 1))

if __name__ == "__main__":
    right.main()
""",
    "options": """
from cnn_symbolic import prove, refute, sizes, widths
from cnn_symbolic.layers import Convolution, conv_transpose

B, C, K, M, I, S = sizes("B C K M I S")
(P,) = widths("P")
options = {"stride": S, "padding": P}
layer = Convolution((B, C, M), (K, C, I), **options)
rest = (M + 2 * P - I) % S
right = prove("right", layer.gradient(layer.x),
              equals=conv_transpose(layer.z_gradient, layer.w, output_padding=rest, **options))
wrong = refute("wrong", layer.gradient(layer.x), equals=conv_transpose(layer.z_gradient, layer.w, **options))
""",
    "assumptions": """
from cnn_symbolic import And, Eq, Ne, floor
from cnn_symbolic import claim, convolve, correlate, crop, from_entries, named, rot180, sizes, sum_over, tensor

M, I = sizes("M I")
x, w = tensor(M, name="x", indices="m"), tensor(I, name="w")
everything = named("everything", correlate(x, w, mode="full"), indices="k")
half = named("half", crop(everything, start=(floor(I / 2),), shape=(M,)))
same = named("same", correlate(x, w, mode="same"))
odd = claim(same == half, assuming=[Eq(I % 2, 1)])
even = claim(same == half, assuming=[And(Eq(I % 2, 0), Ne(M, 3))])
always = claim(same == half)
by_hand = claim(
    convolve(x, w) == from_entries((M + I - 1,), lambda i: sum_over(lambda u: x[u] * w[i - u], (M,)), using=[x, w])
)
turned = claim(rot180(rot180(x)) == x, title="Turned twice")
""",
    "unknown functions": """
from cnn_symbolic import apply, correlate, function, gradient, named, refute, prove, sizes, tensor
from cnn_symbolic import Rational

M, I = sizes("M I")
x, w, g = tensor(M, name="x"), tensor(I, name="w"), tensor(M - I + 1, name="g")
σ = function("σ")
z = named("z", correlate(x, w))
a = named("a", σ(z))
half = Rational(1, 2)
right = prove("right", gradient(a, wrt=w, cotangent=g) * half, equals=correlate(x, σ(z, order=1) * g) * half)
wrong = refute("wrong", gradient(a, wrt=w, cotangent=g), equals=correlate(x, apply(z, function="σ") * g))
""",
}
