"""The forward pass of a feature map, entry by entry. (Article: "Feature Map Activation".)"""

from cnn_symbolic import FeatureMap, from_entries, prove, sizes, sum_over

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))


def raw_activation(r, c):
    """The dot product of the overlay with its underlay at (r, c), plus the bias."""
    return sum_over(lambda i, j: layer.w[i, j] * layer.a_prev[r + i, c + j], (I, J)) + layer.b[0, 0]


feature_map_forward = prove(
    "The raw activation is the dot product of the overlay with its underlay, plus the bias",
    layer.z,
    equals=from_entries((M - I + 1, N - J + 1), raw_activation, using=[layer.w, layer.a_prev, layer.b]),
    article="F1",
)

if __name__ == "__main__":
    feature_map_forward.main()
