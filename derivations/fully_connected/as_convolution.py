"""A fully connected layer is a convolutional layer whose maps are all 1×1. (Article: "Code".)

The overlays have the input's own size. On the right sides stand the formulas of a fully connected layer,
for the one input map and the filters taken out of their stacks.
"""

from cnn_symbolic import dot, prove, shape, sizes, stacked, summed, take, wrap
from cnn_symbolic.layers import ConvolutionalLayer

K, M, N = sizes("K M N")
maps = ConvolutionalLayer(input_shape=(1, M, N), overlay_shape=(M, N), maps=K)
a = take(maps.a_prev, at=(0,))


def weights(k):
    """The weights of neuron k."""
    return take(maps.w, at=(k, 0))


def component(k):
    """δ of neuron k."""
    return take(maps.delta, at=(k, 0, 0))


one_by_one = prove(
    "With overlays of the input's own size, all feature maps are 1×1",
    shape(maps.a),
    equals=(K, 1, 1),
    article="L2",
)

same_forward = prove(
    "The raw activations are those of the fully connected layer, W·a + b",
    maps.z,
    equals=stacked(K, lambda k: wrap(wrap(dot(weights(k), a) + take(maps.b, at=(k,))))),
    article="L2",
)

same_bias_gradient = prove(
    "The bias gradient is that of the fully connected layer, δ",
    maps.gradient(maps.b),
    equals=stacked(K, component),
    article="L2",
)

same_weight_gradient = prove(
    "The weight gradient is that of the fully connected layer, δ·aᵀ",
    maps.gradient(maps.w),
    equals=stacked(K, lambda k: wrap(component(k) * a)),
    article="L2",
)

same_input_gradient = prove(
    "The input gradient is that of the fully connected layer, Wᵀ·δ in the input's shape",
    maps.gradient(maps.a_prev),
    equals=wrap(summed(K, lambda k: component(k) * weights(k))),
    article="L2",
)

if __name__ == "__main__":
    same_weight_gradient.main()
