"""Every gradient has the shape of what it is the gradient of. (Article: "Backpropagation through a Feature Map".)"""

from cnn_symbolic import convolve, correlate, prove, shape, sizes
from cnn_symbolic.layers import ConvolutionalLayer, FeatureMap

K, D, M, N, I, J = sizes("K D M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
maps = ConvolutionalLayer((D, M, N), (I, J), maps=K)

arriving_gradient_shape = prove(
    "The gradient ∂C/∂a that arrives has the shape of the feature map",
    shape(layer.a_gradient),
    equals=shape(layer.z),
    article="S6",
)

weight_gradient_shape = prove(
    "The valid cross-correlation of the input with the components has the shape of the overlay",
    shape(correlate(layer.a_prev, layer.delta, mode="valid")),
    equals=shape(layer.w),
    article="S6 B6",
)

input_gradient_shape = prove(
    "The full convolution of the overlay with the components has the shape of the input",
    shape(convolve(layer.w, layer.delta, mode="full")),
    equals=shape(layer.a_prev),
    article="S6 B8",
)

bias_gradient_shape = prove(
    "The valid cross-correlation of σ′(z) with ∂C/∂a is 1×1",
    shape(correlate(layer.activation_slope, layer.a_gradient, mode="valid")),
    equals=(1, 1),
    article="S6 B3",
)

derived_shapes = [
    prove(
        f"The derived gradient with respect to {x} has its shape, in a convolutional layer",
        shape(maps.gradient(x)),
        equals=x.shape,
        article="S6",
    )
    for x in (maps.w, maps.b, maps.a_prev)
]

if __name__ == "__main__":
    weight_gradient_shape.main()
