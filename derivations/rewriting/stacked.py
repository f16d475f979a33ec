"""Two convolutions, one behind the other without an activation between them, are one convolution."""

from cnn_symbolic import convolve, dilate, prove, sizes, stacked, summed, take, tensor
from cnn_symbolic.layers import conv

B, C, D, K, M, N = sizes("B C D K M N")
FIRST, SECOND, STRIDE, NEXT = (sizes(names) for names in ("I J", "U V", "S T", "X Y"))


def combined(first, second, rank):
    """The overlay of the two: the full convolutions of the first ones with the second ones, dilated by the stride."""

    def one(k, c, d):
        return convolve(take(first, at=(d, c)), dilate(take(second, at=(k, d)), factors=STRIDE[:rank]), mode="full")

    return stacked(K, lambda k: stacked(C, lambda c: summed(D, lambda d: one(k, c, d))))


def both(rank):
    """The two convolutions, and the one that equals them."""
    x = tensor(B, C, *(M, N)[:rank], name="x")
    first, second = tensor(D, C, *FIRST[:rank], name="w"), tensor(K, D, *SECOND[:rank], name="v")
    after = conv(conv(x, first, stride=STRIDE[:rank]), second, stride=NEXT[:rank])
    strides = [s * t for s, t in zip(STRIDE, NEXT, strict=True)][:rank]
    return after, conv(x, combined(first, second, rank), stride=strides)


stacked_convolutions = [
    prove(
        f"{rank}-D: two convolutions with strides are one, whose stride is the product and whose overlay is the full "
        "convolution of the first with the dilated second",
        both(rank)[0],
        equals=both(rank)[1],
    )
    for rank in (1, 2)
]

if __name__ == "__main__":
    stacked_convolutions[0].main()
