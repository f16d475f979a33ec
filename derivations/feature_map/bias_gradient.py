"""The bias gradient of a feature map and its components. (Article: "Bias Gradient".)"""

from cnn_symbolic import FeatureMap, correlate, prove, refute, sizes, sum_axes

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))

bias_gradient_components = prove(
    "The components of the bias gradient are σ′(z)·∂C/∂a, entry by entry",
    layer.gradient(layer.z),
    equals=layer.activation_slope * layer.a_gradient,
    article="B1",
)

bias_gradient_is_sum = prove(
    "The bias gradient is the sum of its components",
    layer.gradient(layer.b),
    equals=sum_axes(layer.delta, axes=(0, 1), keepdims=True),
    article="B2",
)

bias_gradient = prove(
    "The bias gradient is the valid cross-correlation of σ′(z) with ∂C/∂a",
    layer.gradient(layer.b),
    equals=correlate(layer.activation_slope, layer.a_gradient, mode="valid"),
    article="B3",
)

bias_gradient_swapped = prove(
    "In that cross-correlation the two arguments may be exchanged",
    correlate(layer.activation_slope, layer.a_gradient, mode="valid"),
    equals=correlate(layer.a_gradient, layer.activation_slope, mode="valid"),
    article="B3",
)

bias_gradient_without_slope = refute(
    "The bias gradient is not the sum of ∂C/∂a alone, without σ′(z)",
    layer.gradient(layer.b),
    equals=sum_axes(layer.a_gradient, axes=(0, 1), keepdims=True),
)

if __name__ == "__main__":
    bias_gradient.main()
