"""The bias gradient of a convolution is the sum of ∂C/∂z over the batch and all positions."""

from _layers import RANKS, spatial, symbolic

from cnn_symbolic import prove, sum_axes

bias_gradient = [
    prove(
        f"{rank}-D: the bias gradient sums ∂C/∂z over the batch and all positions",
        (layer := symbolic(rank)).gradient(layer.b),
        equals=sum_axes(layer.z_gradient, axes=(0, *spatial(rank))),
    )
    for rank in RANKS
]

if __name__ == "__main__":
    bias_gradient[0].main()
