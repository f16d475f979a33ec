"""The input gradient of a feature map is a full convolution. (Article: "Activation Gradient for Previous Layer".)"""

from cnn_symbolic import FeatureMap, Step, convolve, correlate, prove, refute, rot180, sizes, sum_over

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))


def scattered(m, n):
    """The components, each times the overlay laid at its place."""
    return sum_over(lambda r, c: layer.w[m - r, n - c] * layer.delta[r, c], layer.shape)


input_gradient = prove(
    "The input gradient is the full convolution of the overlay with the components of the bias gradient",
    layer.gradient(layer.a_prev),
    equals=convolve(layer.w, layer.delta, mode="full"),
)

input_gradient_rotated = prove(
    "The input gradient is the full cross-correlation of the overlay with the rotated components",
    layer.gradient(layer.a_prev),
    equals=correlate(layer.w, rot180(layer.delta), mode="full"),
    steps=[Step(scattered, "with δ = σ′(z)·∂C/∂a")],
)

input_gradient_swapped = prove(
    "In the full convolution the two arguments may be exchanged",
    convolve(layer.w, layer.delta, mode="full"),
    equals=convolve(layer.delta, layer.w, mode="full"),
)

input_gradient_unrotated = refute(
    "Without the rotation, the full cross-correlation is not the input gradient",
    layer.gradient(layer.a_prev),
    equals=correlate(layer.w, layer.delta, mode="full"),
)

if __name__ == "__main__":
    input_gradient.main()
