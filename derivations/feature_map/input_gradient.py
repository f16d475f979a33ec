"""The input gradient of a feature map is a full convolution. (Article: "Activation Gradient for Previous Layer".)"""

from cnn_symbolic import (
    FeatureMap,
    Step,
    convolve,
    correlate,
    from_entries,
    pad,
    prove,
    refute,
    rot180,
    sizes,
    sum_over,
    take,
)

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))


def overlays_summed(m, n):
    """The sum over all feature neurons (r, c) of δ times the overlay laid at its place, zero elsewhere."""

    def laid(r, c):
        return pad(layer.w, widths=[(r, M - I - r), (c, N - J - c)])[m, n]

    return sum_over(lambda r, c: layer.delta[r, c] * laid(r, c), layer.shape)


input_gradient_components = prove(
    "The input gradient is the sum over the feature neurons of δ times the overlay laid at its place",
    layer.gradient(layer.a_prev),
    equals=from_entries((M, N), overlays_summed, using=[layer.delta, layer.w, layer.a_prev]),
    article="B7",
)

input_gradient = prove(
    "The input gradient is the full convolution of the overlay with the components of the bias gradient",
    layer.gradient(layer.a_prev),
    equals=convolve(layer.w, layer.delta, mode="full"),
    article="B8",
)

input_gradient_rotated = prove(
    "The input gradient is the full cross-correlation of the overlay with the rotated components",
    layer.gradient(layer.a_prev),
    equals=correlate(layer.w, rot180(layer.delta), mode="full"),
    steps=[
        Step(convolve(layer.w, layer.delta, mode="full"), "the theorem on the input gradient", using="input_gradient"),
        Step(
            correlate(layer.w, rot180(layer.delta), mode="full"),
            "a full convolution is a cross-correlation with the rotated filter",
            using="full_convolution",
        ),
    ],
    article="B9",
)

input_gradient_swapped = prove(
    "In the full convolution the two arguments may be exchanged",
    convolve(layer.w, layer.delta, mode="full"),
    equals=convolve(layer.delta, layer.w, mode="full"),
    article="B9",
)

input_gradient_unrotated = refute(
    "Without the rotation, the full cross-correlation is not the input gradient",
    layer.gradient(layer.a_prev),
    equals=correlate(layer.w, layer.delta, mode="full"),
    article="B10",
)

starting_position = prove(
    "The full convolution starts with the first component over the first weight",
    take(convolve(layer.w, layer.delta, mode="full"), at=(0, 0)),
    equals=take(layer.w, at=(0, 0)) * take(layer.delta, at=(0, 0)),
    article="B12",
)

if __name__ == "__main__":
    input_gradient.main()
