"""The weight gradient of a convolution is a convolution in which stride and dilation, batch and channels change places.

Where the stride leaves a remainder, that convolution has too many rows; the first I are the gradient.
"""

from _layers import BEFORE, DILATION, OVERLAY, RANKS, STRIDE, B, C, K, exchanged, paddings, symbolic

from cnn_symbolic import correlate, crop, dilate, from_entries, pad, prove, stacked, subsample, sum_over, summed, take
from cnn_symbolic.layers import conv


def as_convolution(layer, rank):
    """The input with ∂C/∂z as its overlay: the stride has become the dilation, and the dilation the stride."""
    x, g = exchanged(layer.x), exchanged(layer.z_gradient)
    full = conv(x, g, stride=DILATION[:rank], dilation=STRIDE[:rank], padding=paddings(rank))
    return crop(exchanged(full), start=[0] * (2 + rank), shape=layer.w.shape)


def as_correlations(layer, rank):
    """Every D-th entry of the valid cross-correlations of the padded input with the dilated ∂C/∂z, over the batch."""

    def one(n, k, c):
        padded = pad(take(layer.x, at=(n, c)), widths=paddings(rank))
        spread = dilate(take(layer.z_gradient, at=(n, k)), factors=STRIDE[:rank])
        lags = subsample(correlate(padded, spread, mode="valid"), factors=DILATION[:rank])
        return crop(lags, start=[0] * rank, shape=OVERLAY[:rank])

    return stacked(K, lambda k: stacked(C, lambda c: summed(B, lambda n: one(n, k, c))))


weight_gradient = [
    prove(
        f"{rank}-D: the weight gradient is the convolution of the input with ∂C/∂z, stride and dilation exchanged, "
        "cut to the overlay's shape",
        (layer := symbolic(rank)).gradient(layer.w),
        equals=as_convolution(layer, rank),
    )
    for rank in RANKS
]

weight_gradient_correlations = [
    prove(
        f"{rank}-D: the weight gradient is every D-th entry of the valid cross-correlations of the padded input with "
        "the dilated ∂C/∂z, summed over the batch",
        (layer := symbolic(rank)).gradient(layer.w),
        equals=as_correlations(layer, rank),
    )
    for rank in (1, 2)
]

line = symbolic(1)
x, g = line.x, line.z_gradient
S, D, P = STRIDE[0], DILATION[0], BEFORE[0]
weight_gradient_entries = prove(
    "1-D: each weight receives the sum over batch and positions of ∂C/∂z times the entry that it meets",
    line.gradient(line.w),
    equals=from_entries(
        line.w.shape,
        lambda k, c, u: sum_over(lambda n, r: g[n, k, r] * x[n, c, S * r + D * u - P], (B, g.shape[2])),
        using=[x, g, line.w],
    ),
)

if __name__ == "__main__":
    weight_gradient_entries.main()
