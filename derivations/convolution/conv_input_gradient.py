"""The input gradient of a convolution: in scatter form, in gather form, and as a transposed convolution.

Rows at the end that no overlay reaches, where the stride leaves a remainder, receive zero: that is the output
padding of the transposed convolution.
"""

from _layers import BEFORE, DILATION, RANKS, STRIDE, B, C, K, exchanged, paddings, remainders, spatial, symbolic

from cnn_symbolic import Iverson, convolve, crop, dilate, flip, from_entries, prove, stacked, sum_over, summed, take
from cnn_symbolic.layers import conv, conv_transpose


def as_transposed(layer, rank):
    """The transposed convolution of ∂C/∂z with the overlays; what the stride leaves over is padded."""
    options = {"stride": STRIDE[:rank], "padding": paddings(rank), "dilation": DILATION[:rank]}
    return conv_transpose(layer.z_gradient, layer.w, output_padding=remainders(rank), **options)


def as_convolution(layer, rank):
    """The full convolution of the dilated ∂C/∂z with the flipped overlays, channels exchanged, from the padding on."""
    spread = dilate(layer.z_gradient, factors=(1, 1, *STRIDE[:rank]))
    turned = flip(exchanged(layer.w), axes=spatial(rank))
    full = conv(spread, turned, padding="full", dilation=DILATION[:rank])
    return crop(full, start=(0, 0, *BEFORE[:rank]), shape=layer.x.shape)


def as_full_convolutions(layer, rank):
    """The same with the mathematicians' convolution, map by map."""

    def one(n, k, c):
        dilated = dilate(take(layer.w, at=(k, c)), factors=DILATION[:rank])
        spread = dilate(take(layer.z_gradient, at=(n, k)), factors=STRIDE[:rank])
        return crop(convolve(dilated, spread, mode="full"), start=BEFORE[:rank], shape=layer.x.shape[2:])

    return stacked(B, lambda n: stacked(C, lambda c: summed(K, lambda k: one(n, k, c))))


transposed = [
    prove(
        f"{rank}-D: the input gradient is the transposed convolution of ∂C/∂z, with the remainder as output padding",
        (layer := symbolic(rank)).gradient(layer.x),
        equals=as_transposed(layer, rank),
    )
    for rank in RANKS
]

convolved = [
    prove(
        f"{rank}-D: the input gradient is the full convolution of the dilated ∂C/∂z with the flipped overlays, "
        "channels exchanged, cut to the input",
        (layer := symbolic(rank)).gradient(layer.x),
        equals=as_convolution(layer, rank),
    )
    for rank in RANKS
]

convolved_by_map = [
    prove(
        f"{rank}-D: map by map it is a full convolution of the dilated overlay with the dilated ∂C/∂z",
        (layer := symbolic(rank)).gradient(layer.x),
        equals=as_full_convolutions(layer, rank),
    )
    for rank in (1, 2)
]

line = symbolic(1)
x, w, g = line.x, line.w, line.z_gradient
S, D, P, I = STRIDE[0], DILATION[0], BEFORE[0], w.shape[2]

gathered = prove(
    "1-D, gather form: each input gathers ∂C/∂z from the positions where an overlay's entry meets it",
    line.gradient(x),
    equals=from_entries(
        x.shape,
        lambda n, c, m: sum_over(
            lambda k, u: Iverson((m + P - D * u) % S == 0) * g[n, k, (m + P - D * u) // S] * w[k, c, u],
            (K, I),
        ),
        using=[x, w, g],
    ),
)

scattered = prove(
    "1-D, scatter form: each ∂C/∂z is laid, times the overlay, at the entries that the overlay meets",
    line.gradient(x),
    equals=from_entries(
        x.shape,
        lambda n, c, m: sum_over(
            lambda k, r, u: Iverson(S * r + D * u - P == m) * g[n, k, r] * w[k, c, u], (K, g.shape[2], I)
        ),
        using=[x, w, g],
    ),
)

if __name__ == "__main__":
    gathered.main()
