"""The gradient of the quadratic cost. (Article: "Discussion".)"""

from cnn_symbolic import gradient, ones, prove, sizes, tensor
from cnn_symbolic.layers import quadratic_cost

M, N = sizes("M N")
a, y = tensor(M, N, name="a"), tensor(M, N, name="y")

quadratic_cost_gradient = prove(
    "With the cost ½ Σ (a − y)², the gradient ∂C/∂a is a − y",
    gradient(quadratic_cost(a, y), wrt=a, cotangent=ones()),
    equals=a - y,
    article="X1",
)

if __name__ == "__main__":
    quadratic_cost_gradient.main()
