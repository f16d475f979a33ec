"""Grouped convolutions: each group of channels has overlays of its own. Depthwise: one channel per group.

With an axis of their own the groups stay symbolic, and so do the channels per group. In PyTorch's layout the
two are one axis, channel γ of group g being number C·g + γ.
"""

from _layers import (
    AFTER,
    BEFORE,
    DILATION,
    LENGTHS,
    OVERLAY,
    STRIDE,
    B,
    C,
    G,
    K,
    paddings,
    remainders,
    symbolic,
)

from cnn_symbolic import (
    Step,
    cotangent,
    crop,
    from_entries,
    gradient,
    merge_axes,
    named,
    prove,
    split_axis,
    stacked,
    sum_axes,
    sum_over,
    take,
    tensor,
    transpose,
)
from cnn_symbolic.layers import Convolution, conv, conv_transpose

grouped = symbolic(2, group_axis=True)
x, w, b, g = grouped.x, grouped.w, grouped.b, grouped.z_gradient
OPTIONS = {"stride": STRIDE[:2], "padding": paddings(2), "dilation": DILATION[:2]}

group_by_group = prove(
    "Each group is a convolution of its own",
    transpose(grouped.z, axes=(1, 0, 2, 3, 4)),
    equals=stacked(
        G,
        lambda i: conv(
            take(transpose(x, axes=(1, 0, 2, 3, 4)), at=(i,)), take(w, at=(i,)), take(b, at=(i,)), **OPTIONS
        ),
    ),
)

group_bias_gradient = prove(
    "2-D, grouped: the bias gradient sums ∂C/∂z over the batch and all positions",
    grouped.gradient(b),
    equals=sum_axes(g, axes=(0, 3, 4)),
)


def roles_exchanged(layer):
    """The weight gradient: in every group, batch and channels, stride and dilation change places."""
    full = conv(
        transpose(layer.x, axes=(2, 1, 0, 3, 4)),
        transpose(layer.z_gradient, axes=(1, 2, 0, 3, 4)),
        stride=DILATION[:2],
        dilation=STRIDE[:2],
        padding=paddings(2),
        group_axis=True,
    )
    return crop(transpose(full, axes=(1, 2, 0, 3, 4)), start=[0] * 5, shape=layer.w.shape)


group_weight_gradient = prove(
    "2-D, grouped: the weight gradient exchanges stride and dilation in every group",
    grouped.gradient(w),
    equals=roles_exchanged(grouped),
)

group_input_gradient = prove(
    "2-D, grouped: the input gradient is the grouped transposed convolution",
    grouped.gradient(x),
    equals=conv_transpose(g, w, output_padding=remainders(2), group_axis=True, **OPTIONS),
)

depthwise = Convolution((B, G, 1, *LENGTHS[:2]), (G, 1, 1, *OVERLAY[:2]), group_axis=True, **OPTIONS)

depthwise_weight_gradient = prove(
    "2-D, depthwise: the weight gradient of a channel needs this channel only",
    depthwise.gradient(depthwise.w),
    equals=roles_exchanged(depthwise),
    steps=[Step(roles_exchanged(depthwise), "groups of one channel each", using="group_weight_gradient")],
)

depthwise_input_gradient = prove(
    "2-D, depthwise: the input gradient of a channel needs this channel only",
    depthwise.gradient(depthwise.x),
    equals=(
        scattered := conv_transpose(
            depthwise.z_gradient, depthwise.w, output_padding=remainders(2), group_axis=True, **OPTIONS
        )
    ),
    steps=[Step(scattered, "groups of one channel each", using="group_input_gradient")],
)

# PyTorch's layout: G·C input channels and G·K output channels, each along one axis.
M, I, S, D, P, V = LENGTHS[0], OVERLAY[0], STRIDE[0], DILATION[0], BEFORE[0], AFTER[0]
flat_x, flat_w = tensor(B, G * C, M, name="x"), tensor(G * K, C, I, name="w")
split_w = split_axis(flat_w, axis=0, into=(G, K))
line = {"stride": S, "padding": [(P, V)], "dilation": D, "group_axis": True}
flat_z = named("z", merge_axes(conv(split_axis(flat_x, axis=1, into=(G, C)), split_w, **line), axis=1))
flat_g = cotangent(flat_z)
split_g = split_axis(flat_g, axis=1, into=(G, K))

flat_layout = prove(
    "1-D, PyTorch's layout: output channel k reads the C input channels of group ⌊k/K⌋",
    flat_z,
    equals=from_entries(
        flat_z.shape,
        lambda n, k, r: sum_over(lambda c, u: flat_x[n, C * (k // K) + c, S * r + D * u - P] * flat_w[k, c, u], (C, I)),
        using=[flat_x, flat_w],
    ),
)

flat_input_gradient = prove(
    "1-D, PyTorch's layout: the input gradient, groups split off and merged again",
    gradient(flat_z, wrt=flat_x, cotangent=flat_g),
    equals=merge_axes(conv_transpose(split_g, split_w, output_padding=remainders(1), **line), axis=1),
)

if __name__ == "__main__":
    flat_layout.main()
