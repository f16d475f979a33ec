"""Padding by the tensor's own entries: circular, replicated, reflected; and where their gradients go."""

from cnn_symbolic import Iverson, crop, from_entries, gradient, pad, prove, refute, sizes, sum_over, tensor, widths

(M,) = sizes("M")
P, Q = widths("P Q")
x = tensor(M, name="x")
padded = {mode: pad(x, widths=[(P, Q)], mode=mode) for mode in ("circular", "replicate", "reflect")}
g = tensor(M + P + Q, name="g")

cut_again = [
    prove(f"What {mode} padding adds can be cut off again", crop(larger, start=[P], shape=[M]), equals=x)
    for mode, larger in padded.items()
]

replicate_gradient = prove(
    "The outermost entries of a replicated tensor collect the gradients of their copies",
    gradient(padded["replicate"], wrt=x, cotangent=g),
    equals=from_entries(
        (M,),
        lambda i: (
            g[i + P]
            + Iverson(i == 0) * sum_over(lambda u: g[u], (P,))
            + Iverson(i == M - 1) * sum_over(lambda u: g[M + P + u], (Q,))
        ),
        using=[g],
    ),
    assuming=[P >= 1, Q >= 1],
)

reflect_gradient = prove(
    "An entry of a reflected tensor collects the gradients of its reflections",
    gradient(padded["reflect"], wrt=x, cotangent=g),
    equals=from_entries(
        (M,),
        lambda i: (
            g[i + P]
            + Iverson(i >= 1) * Iverson(i <= P) * g[P - i]
            + Iverson(i >= M - 1 - Q) * Iverson(i <= M - 2) * g[P + 2 * (M - 1) - i]
        ),
        using=[g],
    ),
)

cut_off = refute(
    "The gradient of circular padding is cut off, as that of zeros",
    gradient(padded["circular"], wrt=x, cotangent=g),
    equals=crop(g, start=[P], shape=[M]),
)

if __name__ == "__main__":
    reflect_gradient.main()
