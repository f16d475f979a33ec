"""Convolutions with everything symbolic, in one, two and three dimensions, for the files beside this one."""

from cnn_symbolic import sizes, transpose, widths
from cnn_symbolic.layers import Convolution

B, C, K, G = sizes("B C K G")
LENGTHS, OVERLAY, STRIDE, DILATION = (sizes(names) for names in ("M N O", "I J H", "S T U", "D E F"))
BEFORE, AFTER = widths("P Q R"), widths("V W X")
RANKS = (1, 2, 3)


def symbolic(rank, **options):
    """The convolution of that spatial rank; options replace what is symbolic."""
    given = {"stride": STRIDE[:rank], "padding": paddings(rank), "dilation": DILATION[:rank]} | options
    outer, inner = ((B, G, C), (G, K, C)) if options.get("group_axis") else ((B, C), (K, C))
    return Convolution((*outer, *LENGTHS[:rank]), (*inner, *OVERLAY[:rank]), **given)


def paddings(rank):
    """The padding before and after each axis."""
    return list(zip(BEFORE, AFTER, strict=True))[:rank]


def remainders(rank):
    """How many rows at the end no overlay reaches, along each axis."""
    axes = zip(LENGTHS, BEFORE, AFTER, DILATION, OVERLAY, STRIDE, strict=True)
    return [(m + p + v - d * (i - 1) - 1) % s for m, p, v, d, i, s in axes][:rank]


def exchanged(x):
    """The tensor with its first two axes exchanged, such as batch and channels."""
    return transpose(x, axes=(1, 0, *range(2, x.rank)))


def spatial(rank):
    """The spatial axes."""
    return tuple(range(2, 2 + rank))
