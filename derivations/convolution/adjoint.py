"""Convolution and transposed convolution are adjoint: ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩."""

from _layers import DILATION, STRIDE, paddings, remainders, symbolic

from cnn_symbolic import crop, dot, prove, tensor
from cnn_symbolic.layers import conv, conv_transpose

layer = symbolic(2)
x, w, y = layer.x, layer.w, tensor(*layer.z.shape, name="y")
OPTIONS = {"stride": STRIDE[:2], "padding": paddings(2), "dilation": DILATION[:2]}
transposed = conv_transpose(y, w, output_padding=remainders(2), **OPTIONS)

adjoint = prove(
    "⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩, with the remainder as output padding",
    dot(conv(x, w, **OPTIONS), y),
    equals=dot(x, crop(transposed, start=[0] * 4, shape=x.shape)),
)

if __name__ == "__main__":
    adjoint.main()
