"""Softmax with the cross-entropy cost. (Article: "Discussion".)

p = exp(z)/S with the normaliser S = Σ exp(z), and C = −Σ y·log p = (Σ y)·log S − Σ y·z. Trusted: exp′ = exp
and log′(S) = 1/S. The targets with Σ y = 1 are exactly those of the form y = h + e·(1 − Σ h), with e = 1 in
class 0 and 0 elsewhere, for an arbitrary h: such a y sums to 1, and a y that does is got from h = y.
"""

from cnn_symbolic import Iverson, from_entries, gradient, named, ones, prove, refute, sizes, sum_axes, tensor
from cnn_symbolic.layers import cross_entropy_of_softmax, exp, reciprocal

(K,) = sizes("K")
z = tensor(K, name="z", indices="k")
y, h = tensor(K, name="y", indices="k"), tensor(K, name="h", indices="k")
first = from_entries((K,), lambda k: Iverson(k == 0), using=[])
target = named("y1", h + first - first * sum_axes(h, axes=(0,)), indices="k")

cost, p = cross_entropy_of_softmax(z, y)
target_cost, _ = cross_entropy_of_softmax(z, target)
normaliser = named("S", sum_axes(exp(z), axes=(0,)))

any_targets = prove(
    "For arbitrary targets, the gradient of the cross-entropy of the softmax is (Σ y)·p − y",
    gradient(cost, wrt=z, cotangent=ones()),
    equals=sum_axes(y, axes=(0,)) * p - y,
    article="X2",
)

targets_sum_to_one = prove(
    "Targets of the form h + e·(1 − Σ h) sum to 1",
    sum_axes(target, axes=(0,)),
    equals=ones(),
    article="X2",
)

probabilities_sum = prove(
    "The probabilities sum to S·(1/S), which is 1",
    sum_axes(p, axes=(0,)),
    equals=normaliser * reciprocal(normaliser),
    article="X2",
)

probabilities_sum_to_one = prove(
    "The probabilities sum to 1",
    sum_axes(p, axes=(0,)),
    equals=ones(),
    article="X2",
)

softmax_gradient = prove(
    "For targets that sum to 1, the gradient of the cross-entropy of the softmax is p − y",
    gradient(target_cost, wrt=z, cotangent=ones()),
    equals=p - target,
    article="X2",
)

softmax_gradient_for_any_targets = refute(
    "For targets that do not sum to 1, it is not",
    gradient(cost, wrt=z, cotangent=ones()),
    equals=p - y,
    article="X2",
)

if __name__ == "__main__":
    softmax_gradient.main()
