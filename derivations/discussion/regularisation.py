"""L2 regularisation of the weights. (Article: "Discussion".)

The cost behind the layer enters through its arriving gradient, so that its part is Σ ∂C/∂a·a; the
regularisation adds ½·λ·Σ w².
"""

from cnn_symbolic import FeatureMap, correlate, dot, gradient, ones, prove, scalar, sizes

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
strength = scalar("λ")
cost = dot(layer.a_gradient, layer.a) + strength * dot(layer.w, layer.w) / 2

regularised_weight_gradient = prove(
    "L2 regularisation with strength λ adds λ·w to the weight gradient",
    gradient(cost, wrt=layer.w, cotangent=ones()),
    equals=correlate(layer.a_prev, layer.delta, mode="valid") + strength * layer.w,
    article="X4",
)

if __name__ == "__main__":
    regularised_weight_gradient.main()
