"""A convolution is a matrix product of the overlays with the unfolded input (im2col)."""

from cnn_symbolic import merge_axes, prove, sizes, tensor, tensordot, transpose, widths
from cnn_symbolic.layers import conv, unfold

B, C, K = sizes("B C K")
LENGTHS, OVERLAY, STRIDE, DILATION = (sizes(names) for names in ("M N", "I J", "S T", "D E"))
PADDING = widths("P Q")


def exchanged(x):
    """The tensor with its first two axes exchanged."""
    return transpose(x, axes=(1, 0, *range(2, x.rank)))


def problem(rank):
    """The input, the overlays and the options of a convolution."""
    x, w = tensor(B, C, *LENGTHS[:rank], name="x"), tensor(K, C, *OVERLAY[:rank], name="w")
    return x, w, {"stride": STRIDE[:rank], "padding": PADDING[:rank], "dilation": DILATION[:rank]}


def summed_together(rank):
    """The product that takes channel and overlay entries as one axis."""
    x, w, options = problem(rank)
    columns = unfold(x, overlay=OVERLAY[:rank], **options)
    axes = tuple(range(1, 2 + rank))
    return conv(x, w, **options), exchanged(tensordot(w, columns, axes=(axes, axes)))


matrix_product = [
    prove(
        f"{rank}-D: the overlays times the unfolded input, channels and overlay entries taken as one axis",
        summed_together(rank)[0],
        equals=summed_together(rank)[1],
    )
    for rank in (1, 2)
]

x, w, options = problem(1)
rows = merge_axes(w, axis=1)
columns = merge_axes(unfold(x, overlay=OVERLAY[:1], **options), axis=1)
merged = prove(
    "1-D, as matrices: K × C·I times C·I × positions, entry u of channel c in row I·c + u",
    conv(x, w, **options),
    equals=exchanged(tensordot(rows, columns, axes=((1,), (1,)))),
)

if __name__ == "__main__":
    matrix_product[0].main()
