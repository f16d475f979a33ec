"""A convolution with stride, padding and dilation, in terms of plain cross-correlations."""

from _layers import DILATION, LENGTHS, OVERLAY, STRIDE, C, K, paddings, symbolic

from cnn_symbolic import correlate, dilate, pad, prove, stacked, subsample, summed, take, tensor, wrap
from cnn_symbolic.layers import ConvolutionalLayer, conv


def as_correlations(layer, rank):
    """Every S-th entry of the valid cross-correlations of the padded maps with the dilated overlays, summed."""

    def one_map(n, k):
        def one(c):
            padded = pad(take(layer.x, at=(n, c)), widths=paddings(rank))
            dilated = dilate(take(layer.w, at=(k, c)), factors=DILATION[:rank])
            return subsample(correlate(padded, dilated, mode="valid"), factors=STRIDE[:rank])

        bias = take(layer.b, at=(k,))
        for _ in range(rank):
            bias = wrap(bias)
        return summed(C, one) + bias

    return stacked(layer.x.shape[0], lambda n: stacked(K, lambda k: one_map(n, k)))


forward = [
    prove(
        f"A {rank}-D convolution is every S-th entry of the sum of the cross-correlations of the padded maps with the "
        "dilated overlays, plus the bias",
        (layer := symbolic(rank)).z,
        equals=as_correlations(layer, rank),
    )
    for rank in (1, 2)
]

x = tensor(1, C, *LENGTHS[:2], name="x")
article = ConvolutionalLayer(take(x, at=(0,)), OVERLAY[:2], maps=K)
as_in_the_article = prove(
    "With stride 1, without padding and dilation, it is the article's convolutional layer",
    article.z,
    equals=take(conv(x, article.w, article.b), at=(0,)),
)

if __name__ == "__main__":
    forward[0].main()
