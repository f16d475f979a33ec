"""Closed forms that are often written and wrong, each refuted by its smallest counterexample."""

from _layers import DILATION, LENGTHS, OVERLAY, STRIDE, B, C, G, K, exchanged, symbolic

from cnn_symbolic import crop, dilate, flip, merge_axes, refute, shape, split_axis, tensor, transpose
from cnn_symbolic.layers import Convolution, conv, conv_transpose, pad_widths

layer = symbolic(1, padding=0)
x, w, g = layer.x, layer.w, layer.z_gradient
S, D = STRIDE[0], DILATION[0]
M, I = LENGTHS[0], OVERLAY[0]
OPTIONS = {"stride": S, "dilation": D}

not_exchanged = refute(
    "The weight gradient with stride and dilation as in the forward pass",
    layer.gradient(w),
    equals=crop(exchanged(conv(exchanged(x), exchanged(g), **OPTIONS)), start=(0, 0, 0), shape=w.shape),
)

swapped = refute(
    "The input gradient with stride and dilation swapped",
    layer.gradient(x),
    equals=crop(
        conv(dilate(g, factors=(1, 1, D)), flip(exchanged(w), axes=(2,)), padding="full", dilation=S),
        start=(0, 0, 0),
        shape=x.shape,
    ),
)

output_padding_forgotten = refute(
    "The input gradient without the output padding that the stride's remainder needs",
    layer.gradient(x),
    equals=conv_transpose(g, w, **OPTIONS),
)

strided = symbolic(1, padding=0, dilation=1)
cropped_at_the_wrong_end = refute(
    "The weight gradient cut to the overlay's size at the wrong end: its last rows",
    strided.gradient(strided.w),
    equals=crop(
        exchanged(conv(exchanged(strided.x), exchanged(strided.z_gradient), dilation=S)),
        start=(0, 0, (M - I) % S),
        shape=strided.w.shape,
    ),
)

same = symbolic(1, stride=1, dilation=1, padding="same")
same_on_the_wrong_side = refute(
    "The input gradient of SAME padding with the odd column on the other side",
    same.gradient(same.x),
    equals=conv_transpose(same.z_gradient, same.w, padding=pad_widths("same_lower", (M,), (I,), (1,), (1,), "same")),
)

square = Convolution((B, C, M), (C, C, I), **OPTIONS)
channels_not_exchanged = refute(
    "The input gradient without exchanging input and output channels",
    square.gradient(square.x),
    equals=crop(
        conv(dilate(square.z_gradient, factors=(1, 1, S)), flip(square.w, axes=(2,)), padding="full", dilation=D),
        start=(0, 0, 0),
        shape=square.x.shape,
    ),
)

grouped_x, grouped_w = tensor(B, G * C, M, name="x"), tensor(G * K, C, I, name="w")


def grouped(split_x):
    """The grouped convolution in PyTorch's layout, its input split in some way into groups and channels."""
    return merge_axes(conv(split_x, split_axis(grouped_w, axis=0, into=(G, K)), group_axis=True), axis=1)


groups_in_the_wrong_order = refute(
    "Input channels reshaped to (C, G) in place of (G, C)",
    grouped(split_axis(grouped_x, axis=1, into=(G, C))),
    equals=grouped(transpose(split_axis(grouped_x, axis=1, into=(C, G)), axes=(0, 2, 1, 3))),
)

dilated_size_forgotten = refute(
    "The number of positions with the overlay's own size in place of the dilated one",
    shape(layer.z),
    equals=(B, K, (M - I) // S + 1),
)

if __name__ == "__main__":
    output_padding_forgotten.main()
