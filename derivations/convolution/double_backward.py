"""The second derivatives of a convolution: its gradients are bilinear, so that theirs are convolutions again.

v stands for what arrives at the input gradient, h for what arrives at the weight gradient.
"""

from _layers import DILATION, STRIDE, exchanged, paddings, remainders, symbolic

from cnn_symbolic import crop, gradient, prove, tensor
from cnn_symbolic.layers import conv, conv_transpose

layer = symbolic(2)
x, w, g = layer.x, layer.w, layer.z_gradient
v, h = tensor(*x.shape, name="v"), tensor(*w.shape, name="h")
OPTIONS = {"stride": STRIDE[:2], "padding": paddings(2), "dilation": DILATION[:2]}
EXCHANGED = {"stride": DILATION[:2], "padding": paddings(2), "dilation": STRIDE[:2]}
input_gradient, weight_gradient = layer.gradient(x), layer.gradient(w)

through_the_input = prove(
    "The input gradient, differentiated by ∂C/∂z: the convolution of what arrives",
    gradient(input_gradient, wrt=g, cotangent=v),
    equals=conv(v, w, **OPTIONS),
)

weights_through_the_input = prove(
    "The input gradient, differentiated by the weights: a weight gradient with what arrives in place of the input",
    gradient(input_gradient, wrt=w, cotangent=v),
    equals=crop(exchanged(conv(exchanged(v), exchanged(g), **EXCHANGED)), start=[0] * 4, shape=w.shape),
)

through_the_weights = prove(
    "The weight gradient, differentiated by ∂C/∂z: the convolution with what arrives as overlay",
    gradient(weight_gradient, wrt=g, cotangent=h),
    equals=conv(x, h, **OPTIONS),
)

input_through_the_weights = prove(
    "The weight gradient, differentiated by the input: the transposed convolution with what arrives as overlay",
    gradient(weight_gradient, wrt=x, cotangent=h),
    equals=conv_transpose(g, h, output_padding=remainders(2), **OPTIONS),
)

if __name__ == "__main__":
    through_the_input.main()
