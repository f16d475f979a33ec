"""A convolutional layer of K maps over D maps, and its gradients. (Article: "Chaining Convolutional Layers".)"""

from cnn_symbolic import (
    convolve,
    correlate,
    count,
    ones,
    prove,
    refute,
    sizes,
    stacked,
    sum_axes,
    summed,
    take,
    tensor,
    wrap,
)
from cnn_symbolic.layers import ConvolutionalLayer

K, D, M, N, I, J = sizes("K D M N I J")
layer = ConvolutionalLayer(input_shape=(D, M, N), overlay_shape=(I, J), maps=K)
a, w, delta = layer.a_prev, layer.w, layer.delta

maps_from_stacks = prove(
    "Each map is the 3-D cross-correlation of the stacked input with its stacked filters, of depth 1, plus its bias",
    layer.z,
    equals=stacked(K, lambda k: take(correlate(a, take(w, at=(k,)), mode="valid"), at=(0,)) + take(layer.b, at=(k,))),
    article="C1 C2",
)

stacks_summed = prove(
    "Correlating the 3-D stacks gives the sum of the 2-D cross-correlations, with depth 1",
    correlate(a, tensor(D, I, J, name="f"), mode="valid"),
    equals=wrap(
        summed(D, lambda d: correlate(take(a, at=(d,)), take(tensor(D, I, J, name="f"), at=(d,)), mode="valid"))
    ),
    article="C2",
)

number_of_filters = prove(
    "A layer of K maps over D maps has K·D filters",
    count(sum_axes(w, axes=(2, 3))),
    equals=ones() * (K * D),
    article="C1",
)

six_filters = prove(
    "From three maps into two: six filters",
    count(sum_axes(ConvolutionalLayer((3, M, N), (I, J), maps=2).w, axes=(2, 3))),
    equals=ones() * 6,
    article="C1",
)

biases = prove(
    "The bias gradient of each map is the sum of its components",
    layer.gradient(layer.b),
    equals=sum_axes(delta, axes=(1, 2)),
    article="C3",
)

filters = prove(
    "The gradient of a map's filters is the valid 3-D cross-correlation of the input with its wrapped components",
    layer.gradient(w),
    equals=stacked(K, lambda k: correlate(a, wrap(take(delta, at=(k,))), mode="valid")),
    article="C3",
)

filter_slices = prove(
    "Slice d of that gradient is the 2-D cross-correlation of map d with the components",
    layer.gradient(w),
    equals=stacked(
        K,
        lambda k: stacked(D, lambda d: correlate(take(a, at=(d,)), take(delta, at=(k,)), mode="valid")),
    ),
    article="C3",
)

inputs = prove(
    "The input gradient is the sum over the maps of the full 3-D convolutions of their filters with their components",
    layer.gradient(a),
    equals=summed(K, lambda k: convolve(take(w, at=(k,)), wrap(take(delta, at=(k,))), mode="full")),
    article="C4",
)

input_slices = prove(
    "Slice d of the input gradient is the sum of the full 2-D convolutions",
    layer.gradient(a),
    equals=stacked(D, lambda d: summed(K, lambda k: convolve(take(w, at=(k, d)), take(delta, at=(k,)), mode="full"))),
    article="C4",
)

unrotated_filters = refute(
    "Without the rotation the sum is not the input gradient",
    layer.gradient(a),
    equals=summed(K, lambda k: correlate(take(w, at=(k,)), wrap(take(delta, at=(k,))), mode="full")),
    article="C4",
)

if __name__ == "__main__":
    filters.main()
