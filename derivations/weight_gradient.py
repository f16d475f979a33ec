"""The weight gradient of a feature map is a valid cross-correlation. (Article: "Weight Gradient".)"""

from cnn_symbolic import FeatureMap, convolve, correlate, prove, refute, sizes

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))

weight_gradient = prove(
    "The weight gradient is the valid cross-correlation of the input with the components of the bias gradient",
    layer.gradient(layer.w),
    equals=correlate(layer.a_prev, layer.delta, mode="valid"),
)

convolved_weight_gradient = refute(
    "The weight gradient is not the valid convolution of the input with those components",
    layer.gradient(layer.w),
    equals=convolve(layer.a_prev, layer.delta, mode="valid"),
)

if __name__ == "__main__":
    weight_gradient.main()
