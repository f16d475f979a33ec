"""The weight gradient of a feature map is a valid cross-correlation. (Article: "Weight Gradient".)"""

from cnn_symbolic import FeatureMap, convolve, correlate, crop, from_entries, prove, refute, sizes, sum_over

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))


def underlays_summed(i, j):
    """The sum over all feature neurons (r, c) of δ times the underlay of the neuron."""
    return sum_over(lambda r, c: layer.delta[r, c] * crop(layer.a_prev, start=(r, c), shape=(I, J))[i, j], layer.shape)


weight_gradient_components = prove(
    "The weight gradient is the sum over the feature neurons of δ times the neuron's underlay",
    layer.gradient(layer.w),
    equals=from_entries((I, J), underlays_summed, using=[layer.delta, layer.a_prev]),
    article="B5",
)

weight_gradient = prove(
    "The weight gradient is the valid cross-correlation of the input with the components of the bias gradient",
    layer.gradient(layer.w),
    equals=correlate(layer.a_prev, layer.delta, mode="valid"),
    article="B6",
)

convolved_weight_gradient = refute(
    "The weight gradient is not the valid convolution of the input with those components",
    layer.gradient(layer.w),
    equals=convolve(layer.a_prev, layer.delta, mode="valid"),
)

if __name__ == "__main__":
    weight_gradient.main()
