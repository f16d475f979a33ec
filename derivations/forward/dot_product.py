"""A feature neuron is a dot product of overlay and underlay. (Article: "Feature Map Activation".)"""

from cnn_symbolic import FeatureMap, crop, dot, from_entries, prove, sizes

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))


def neuron(r, c):
    """The dot product of the overlay with the block of the input that it covers at (r, c), plus the bias."""
    underlay = crop(layer.a_prev, start=(r, c), shape=(I, J))
    return dot(underlay, layer.w)[()] + layer.b[0, 0]


dot_product = prove(
    "A feature neuron is the dot product of the underlay at its place with the overlay, plus the bias",
    layer.z,
    equals=from_entries((M - I + 1, N - J + 1), neuron, using=[layer.a_prev, layer.w, layer.b]),
    article="F1",
)

if __name__ == "__main__":
    dot_product.main()
