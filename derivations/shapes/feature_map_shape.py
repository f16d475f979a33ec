"""The shape of a feature map: (M − I + 1) × (N − J + 1). (Article: "Introducing Convolutions".)

The article prints (M − I + 1) × (J − N + 1), which is right only where N = J.
"""

from cnn_symbolic import FeatureMap, convolve, prove, refute, shape, sizes, tensor

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))

feature_map_shape = prove(
    "A valid overlay sweep of an M×N grid with an I×J overlay gives an (M−I+1)×(N−J+1) grid",
    shape(layer.a),
    equals=(M - I + 1, N - J + 1),
    article="S1",
)

printed_shape = refute(
    "The grid is not (M−I+1)×(J−N+1), as the article prints",
    shape(layer.a),
    equals=(M - I + 1, J - N + 1),
    article="S2",
)

INSTANCES = [((4, 5), (2, 2), (3, 4)), ((28, 28), (4, 4), (25, 25)), ((7, 3), (2, 3), (6, 1)), ((3, 3), (2, 2), (2, 2))]
instances = [
    prove(
        f"A {m}×{n} grid with a {i}×{j} overlay gives a {r}×{s} grid",
        shape(FeatureMap(input_shape=(m, n), overlay_shape=(i, j)).a),
        equals=(r, s),
        article="S7" if m == 3 else "S3",
    )
    for (m, n), (i, j), (r, s) in INSTANCES
]

overlay_of_the_inputs_size = prove(
    "An overlay of the input's own size gives a 1×1 grid",
    shape(FeatureMap(input_shape=(M, N), overlay_shape=(M, N)).a),
    equals=(1, 1),
    article="S3",
)

full_shape = prove(
    "The full convolution of a 2×2 overlay with 2×2 components is 3×3 again",
    shape(convolve(tensor(2, 2, name="w"), tensor(2, 2, name="δ"), mode="full")),
    equals=(3, 3),
    article="S7",
)

if __name__ == "__main__":
    feature_map_shape.main()
