"""The shape of a feature map: (M − I + 1) × (N − J + 1). (Article: "Introducing Convolutions".)

The article prints (M − I + 1) × (J − N + 1), which is right only where N = J.
"""

from cnn_symbolic import FeatureMap, prove, refute, shape, sizes

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))

feature_map_shape = prove(
    "A valid overlay sweep of an M×N grid with an I×J overlay gives an (M−I+1)×(N−J+1) grid",
    shape(layer.a),
    equals=(M - I + 1, N - J + 1),
)

printed_shape = refute(
    "The grid is not (M−I+1)×(J−N+1), as the article prints",
    shape(layer.a),
    equals=(M - I + 1, J - N + 1),
)

if __name__ == "__main__":
    feature_map_shape.main()
