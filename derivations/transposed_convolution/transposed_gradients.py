"""A transposed convolution and its three gradients: it is to a convolution what the convolution is to it."""

from cnn_symbolic import (
    cotangent,
    crop,
    dilate,
    flip,
    gradient,
    named,
    prove,
    sizes,
    sum_axes,
    tensor,
    transpose,
    widths,
)
from cnn_symbolic.layers import conv, conv_transpose

B, C, K = sizes("B C K")
LENGTHS, OVERLAY, STRIDE, DILATION = (sizes(names) for names in ("R L", "I J", "S T", "D E"))
PADDING, EXTRA = widths("P Q"), widths("U V")


def exchanged(x):
    """The tensor with its first two axes exchanged, such as batch and channels."""
    return transpose(x, axes=(1, 0, *range(2, x.rank)))


def claims(rank):
    """The forward pass and the three gradients for one spatial rank."""
    y = tensor(B, K, *LENGTHS[:rank], name="y")
    w = tensor(K, C, *OVERLAY[:rank], name="w")
    b = tensor(C, name="b")
    options = {"stride": STRIDE[:rank], "padding": PADDING[:rank], "dilation": DILATION[:rank]}
    z = named("z", conv_transpose(y, w, b, output_padding=EXTRA[:rank], **options))
    g = cotangent(z)
    spatial = tuple(range(2, 2 + rank))
    full = conv(
        dilate(y, factors=(1, 1, *STRIDE[:rank])),
        flip(exchanged(w), axes=spatial),
        b,
        padding="full",
        dilation=DILATION[:rank],
    )
    if rank == 1:
        yield prove(
            "A transposed convolution is a convolution of the dilated input with the flipped overlays, channels "
            "exchanged, where the output padding does not reach beyond it",
            z,
            equals=crop(full, start=(0, 0, *PADDING[:rank]), shape=z.shape),
            assuming=[PADDING[0] >= EXTRA[0]],
        )
    yield prove(
        f"{rank}-D: the bias gradient sums over the batch and all positions",
        gradient(z, wrt=b, cotangent=g),
        equals=sum_axes(g, axes=(0, *spatial)),
    )
    yield prove(
        f"{rank}-D: the input gradient is the convolution of what arrives, cut to the input where the output padding "
        "exceeds the stride",
        gradient(z, wrt=y, cotangent=g),
        equals=crop(conv(g, w, **options), start=[0] * y.rank, shape=y.shape),
    )
    exchanged_roles = conv(
        exchanged(g), exchanged(y), stride=DILATION[:rank], padding=PADDING[:rank], dilation=STRIDE[:rank]
    )
    yield prove(
        f"{rank}-D: the weight gradient is the convolution of what arrives with the input, stride and dilation "
        "exchanged, cut to the overlay",
        gradient(z, wrt=w, cotangent=g),
        equals=crop(exchanged(exchanged_roles), start=[0] * w.rank, shape=w.shape),
    )


transposed_convolution = [claim for rank in (1, 2) for claim in claims(rank)]

if __name__ == "__main__":
    transposed_convolution[2].main()
