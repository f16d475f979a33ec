"""A convolution is a cross-correlation with the rotated filter. (Article: "Feature Map Activation", Appendix A.)

SciPy's `correlate2d` keeps another block in mode "same" than its `correlate`: it starts at ⌊I/2⌋ of the
full result, not at ⌊(I−1)/2⌋. With that block the identity fails for every filter with an even size.
"""

from cnn_symbolic import Step, convolve, correlate, crop, prove, refute, rot180, sizes, sum_over, tensor

M, N, I, J = sizes("M N I J")
x = tensor(M, N, name="x", indices="m n")
f = tensor(I, J, name="f", indices="u v")


def backwards(start):
    """The convolution's sum with both summation indices run backwards, for the block that begins at `start`."""

    def entry(i, j):
        def term(u, v):
            return x[i + start(I) - (I - 1 - u), j + start(J) - (J - 1 - v)] * f[I - 1 - u, J - 1 - v]

        return sum_over(term, (I, J))

    return Step(entry, "run both summation indices backwards: I − 1 − u for u, J − 1 − v for v")


valid_convolution = prove(
    "In valid mode, a convolution is the cross-correlation with the rotated filter",
    convolve(x, f, mode="valid"),
    equals=correlate(x, rot180(f), mode="valid"),
    steps=[backwards(lambda length: length - 1)],
    article="F2",
)

full_convolution = prove(
    "In full mode, a convolution is the cross-correlation with the rotated filter",
    convolve(x, f, mode="full"),
    equals=correlate(x, rot180(f), mode="full"),
    steps=[backwards(lambda length: 0)],
    article="F2",
)

same_convolution = prove(
    "In same mode, a convolution is the cross-correlation with the rotated filter",
    convolve(x, f, mode="same"),
    equals=correlate(x, rot180(f), mode="same"),
    steps=[backwards(lambda length: (length - 1) // 2)],
    article="F2",
)

unrotated_convolution = refute(
    "A convolution is not the cross-correlation with the filter as it is",
    convolve(x, f, mode="full"),
    equals=correlate(x, f, mode="full"),
)

correlate2d_same = refute(
    "With the block that SciPy's correlate2d keeps in same mode, the identity does not hold",
    convolve(x, f, mode="same"),
    equals=crop(correlate(x, rot180(f), mode="full"), start=(I // 2, J // 2), shape=(M, N)),
)

if __name__ == "__main__":
    full_convolution.main()
