"""How many parameters a layer has. (Article: the introduction, and "Feature Map Activation".)"""

from cnn_symbolic import count, ones, prove, sizes
from cnn_symbolic.layers import ConvolutionalLayer, FeatureMap, FullyConnectedLayer

K, D, M, N, I, J = sizes("K D M N I J")


def parameters(layer):
    """The number of weights and biases of a layer."""
    return count(layer.w) + count(layer.b)


fully_connected_parameters = prove(
    "K neurons over an M×N input have K·M·N weights and K biases",
    parameters(FullyConnectedLayer((M, N), neurons=K)),
    equals=ones() * (K * M * N + K),
    article="S5",
)

feature_map_parameters = prove(
    "A feature map with an I×J overlay has I·J shared weights and one bias",
    parameters(FeatureMap((M, N), (I, J))),
    equals=ones() * (I * J + 1),
    article="S5",
)

convolutional_parameters = prove(
    "K maps over D maps with I×J overlays have K·D·I·J weights and K biases",
    parameters(ConvolutionalLayer((D, M, N), (I, J), maps=K)),
    equals=ones() * (K * D * I * J + K),
    article="S5 C1",
)

instances = [
    prove(title, parameters(layer), equals=ones() * number, article="S5")
    for title, layer, number in [
        (
            "784 inputs fully connected to 30 neurons: 23,550 parameters",
            FullyConnectedLayer((28, 28), neurons=30),
            23550,
        ),
        ("One feature map with a 4×4 overlay: 16 weights and 1 bias", FeatureMap((28, 28), (4, 4)), 17),
        ("Sixteen feature maps: 272 parameters", ConvolutionalLayer((1, 28, 28), (4, 4), maps=16), 272),
    ]
]

if __name__ == "__main__":
    convolutional_parameters.main()
