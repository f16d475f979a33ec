"""A convolution with a 1×1 overlay is a matrix product over the channels."""

from cnn_symbolic import prove, sizes, tensor, tensordot, transpose, wrap
from cnn_symbolic.layers import conv

B, C, K, M, N = sizes("B C K M N")
x, matrix = tensor(B, C, M, N, name="x"), tensor(K, C, name="w")

pointwise = prove(
    "A 1×1 convolution multiplies the channels of every pixel by the matrix of weights",
    conv(x, wrap(wrap(matrix, axis=2), axis=3)),
    equals=transpose(tensordot(matrix, x, axes=((1,), (1,))), axes=(1, 0, 2, 3)),
)

if __name__ == "__main__":
    pointwise.main()
