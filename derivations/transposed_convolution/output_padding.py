"""Which output padding gives back which size: a strided convolution maps S sizes to one, and S − 1 are lost."""

from cnn_symbolic import prove, refute, shape, sizes, tensor, widths
from cnn_symbolic.layers import conv, conv_transpose

B, C, K, M, I, S, D = sizes("B C K M I S D")
P, U = widths("P U")
x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")
OPTIONS = {"stride": S, "padding": P, "dilation": D}
z = conv(x, w, **OPTIONS)
remainder = (M + 2 * P - D * (I - 1) - 1) % S

recovered = prove(
    "The size comes back with output padding (M + 2P − D(I−1) − 1) mod S, for every input",
    shape(conv_transpose(z, w, output_padding=remainder, **OPTIONS)),
    equals=shape(x),
)

lost = refute(
    "Without output padding the size does not come back",
    shape(conv_transpose(z, w, **OPTIONS)),
    equals=shape(x),
)

recovered_without = prove(
    "Without output padding it comes back where the stride leaves no remainder",
    shape(conv_transpose(z, w, **OPTIONS)),
    equals=shape(x),
    assuming=[remainder == 0],
)

only_one = prove(
    "Of the output paddings below the stride, only that one gives the size back",
    (U,),
    equals=(remainder,),
    assuming=[
        U <= S - 1,
        conv_transpose(z, w, output_padding=U, **OPTIONS).shape[2] == M,
        z.shape[2] >= 1,
    ],
)

y = tensor(B, K, M, name="y")
back_and_forth = prove(
    "The other way round nothing is lost: a convolution gives back the size of a transposed convolution's input",
    shape(conv(conv_transpose(y, w, output_padding=U, **OPTIONS), w, **OPTIONS)),
    equals=shape(y),
    assuming=[U <= S - 1],
)

if __name__ == "__main__":
    recovered.main()
