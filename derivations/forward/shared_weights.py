"""Equal underlays give equal activations, a shifted input a shifted map. (Article: "Feature Map Activation".)

The article calls this translational invariance; what holds is equivariance: the map shifts with its input.
"""

from cnn_symbolic import FeatureMap, correlate, crop, named, pad, prove, refute, sizes, tensor

M, N, I, J, P, Q = sizes("M N I J P Q")
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")
shifted = pad(x, widths=[(P, 0), (Q, 0)])

# The same underlay v twice, side by side, with P columns h of anything in between.
v, h = tensor(I, J, name="v"), tensor(I, P, name="h")
twice = named(
    "x2",
    pad(v, widths=[(0, 0), (0, P + J)]) + pad(h, widths=[(0, 0), (J, J)]) + pad(v, widths=[(0, 0), (J + P, 0)]),
)
layer = FeatureMap(twice, overlay_shape=(I, J))

equal_underlays = prove(
    "Two feature neurons with equal underlays have equal raw activations, hence equal activations",
    crop(layer.z, start=(0, 0), shape=(1, 1)),
    equals=crop(layer.z, start=(0, J + P), shape=(1, 1)),
    article="F3",
)

shifted_input = prove(
    "Shifting the input by P rows and Q columns shifts the feature map",
    crop(correlate(shifted, w, mode="valid"), start=(P, Q), shape=(M - I + 1, N - J + 1)),
    equals=correlate(x, w, mode="valid"),
    article="F3",
)

shifted_input_full = prove(
    "In full mode as well, with nothing cut off",
    correlate(shifted, w, mode="full"),
    equals=pad(correlate(x, w, mode="full"), widths=[(P, 0), (Q, 0)]),
    article="F3",
)

unshifted_map = refute(
    "The feature map does not stay as it is when the input is shifted",
    crop(correlate(shifted, w, mode="valid"), start=(0, 0), shape=(M - I + 1, N - J + 1)),
    equals=correlate(x, w, mode="valid"),
    article="F3",
)

if __name__ == "__main__":
    shifted_input.main()
