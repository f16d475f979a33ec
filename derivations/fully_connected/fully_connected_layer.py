"""A fully connected layer and its gradients. (Article: "Code".)

The weights have one slice of the input's shape per neuron; flattening the last axes gives the matrix W.
"""

from cnn_symbolic import outer, prove, refute, sizes, stacked, sum_axes, summed, take, tensor, transpose
from cnn_symbolic.layers import FullyConnectedLayer

K, M, N = sizes("K M N")
layer = FullyConnectedLayer(input_shape=(M, N), neurons=K)
flat = FullyConnectedLayer(input_shape=(N,), neurons=K)

forward = prove(
    "On a flattened input, the raw activations are W·a + b",
    flat.z,
    equals=sum_axes(flat.w * stacked(K, lambda k: flat.a_prev), axes=(1,)) + flat.b,
    article="L1",
)

components = prove(
    "The bias gradient is δ = σ′(z)·∂C/∂a",
    layer.gradient(layer.b),
    equals=layer.activation_slope * layer.a_gradient,
    article="L1",
)

weights = prove(
    "The weight gradient is the outer product of δ with the input: δ·aᵀ where the input is flattened",
    layer.gradient(layer.w),
    equals=outer(layer.delta, layer.a_prev),
    article="L1",
)

inputs = prove(
    "The input gradient is Wᵀ·δ, in the input's shape",
    layer.gradient(layer.a_prev),
    equals=summed(K, lambda k: take(layer.delta, at=(k,)) * take(layer.w, at=(k,))),
    article="L1",
)

flat_inputs = prove(
    "On a flattened input, the input gradient is Wᵀ·δ",
    flat.gradient(flat.a_prev),
    equals=sum_axes(transpose(flat.w) * stacked(N, lambda n: flat.delta), axes=(1,)),
    article="L1",
)

untransposed = refute(
    "With as many neurons as inputs, W·δ in place of Wᵀ·δ is wrong",
    FullyConnectedLayer((N,), neurons=N).gradient(tensor(N, name="a_prev", indices="m")),
    equals=sum_axes(
        FullyConnectedLayer((N,), neurons=N).w * stacked(N, lambda n: FullyConnectedLayer((N,), neurons=N).delta),
        axes=(1,),
    ),
    article="L1",
)

if __name__ == "__main__":
    weights.main()
