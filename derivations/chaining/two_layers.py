"""Two chained layers: the first one's gradients through the second. (Article: "Chaining Convolutional Layers".)

Each stage is a closed form; composed, they are the derivatives of the cost behind the second layer.
"""

from cnn_symbolic import Step, convolve, correlate, gradient, named, prove, sizes, stacked, sum_axes, summed, take, wrap
from cnn_symbolic.layers import ConvolutionalLayer

L, K, D, M, N, I, J, U, V = sizes("L K D M N I J U V")
first = ConvolutionalLayer(input_shape=(D, M, N), overlay_shape=(I, J), maps=K, name="1")
second = ConvolutionalLayer(input_shape=first.a, overlay_shape=(U, V), maps=L, name="2")


def behind(layer, delta):
    """The gradient that arrives behind a layer with these components, in front of it."""
    maps = layer.w.shape[0]
    return summed(maps, lambda k: convolve(take(layer.w, at=(k,)), wrap(take(delta, at=(k,))), mode="full"))


arriving = behind(second, second.delta)
delta = named("δ", first.activation_slope * arriving, indices="k r c")


def through_both(wrt):
    """The derivative of the cost behind the second layer."""
    return gradient(second.a, wrt=wrt, cotangent=second.a_gradient)


first_activations = prove(
    "What arrives at the first layer is the second layer's input gradient",
    through_both(first.a),
    equals=arriving,
    steps=[Step(arriving, "the input gradient of the second layer", using="convolutional_layer.inputs")],
    article="C5",
)

first_biases = prove(
    "The first layer's bias gradient is the sum of δ = σ′(z1) times what arrives",
    through_both(first.b),
    equals=sum_axes(delta, axes=(1, 2)),
    article="C5",
)

first_filters = prove(
    "The first layer's filters' gradient is the valid cross-correlation of its input with δ",
    through_both(first.w),
    equals=stacked(K, lambda k: correlate(first.a_prev, wrap(take(delta, at=(k,))), mode="valid")),
    article="C5",
)

first_inputs = prove(
    "The gradient of the first layer's input is the sum of full convolutions of its filters with δ",
    through_both(first.a_prev),
    equals=behind(first, delta),
    article="C5",
)

if __name__ == "__main__":
    first_filters.main()
