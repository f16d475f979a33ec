"""What valid and full mode read at the border. (Article: "Activation Gradient for Previous Layer".)"""

from cnn_symbolic import correlate, crop, pad, prove, sizes, tensor

M, N, I, J, P, Q = sizes("M N I J P Q")
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")
surroundings = tensor(M + 2 * P, N + 2 * Q, name="y")

valid_reads_inside = prove(
    "Valid mode never reads outside the input: whatever surrounds it, the result is the same",
    crop(correlate(surroundings, w, mode="valid"), start=(P, Q), shape=(M - I + 1, N - J + 1)),
    equals=correlate(crop(surroundings, start=(P, Q), shape=(M, N)), w, mode="valid"),
    assuming=[I <= M, J <= N],
    article="F5",
)

full_reads_zeros = prove(
    "Full mode reads zeros outside the input: it is valid mode on the input with zeros around it",
    correlate(x, w, mode="full"),
    equals=correlate(pad(x, widths=[(I - 1, I - 1), (J - 1, J - 1)]), w, mode="valid"),
    article="F5",
)

if __name__ == "__main__":
    full_reads_zeros.main()
