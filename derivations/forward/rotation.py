"""Convolutional layers do not handle rotation. (Article: "Discussion".)"""

from cnn_symbolic import correlate, prove, refute, rot180, sizes, tensor

M, N, I, J = sizes("M N I J")
x, w = tensor(M, N, name="x"), tensor(I, J, name="w")

rotated_input = refute(
    "Rotating the input does not rotate the feature map",
    correlate(rot180(x), w, mode="valid"),
    equals=rot180(correlate(x, w, mode="valid")),
    article="F4",
)

rotated_input_and_overlay = prove(
    "Rotating the input and the overlay rotates the feature map",
    rot180(correlate(x, w, mode="valid")),
    equals=correlate(rot180(x), rot180(w), mode="valid"),
    article="F4",
)

if __name__ == "__main__":
    rotated_input_and_overlay.main()
