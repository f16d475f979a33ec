"""The derivative of ReLU, away from 0. (Article: "Discussion".)"""

from sympy import Max, Symbol, diff, sign

from cnn_symbolic import identity

above, below = Symbol("t", positive=True), Symbol("t", negative=True)

relu_slope_above = identity(
    "Above 0, the derivative of ReLU is 1 = [z > 0]", diff(Max(above, 0), above), (1 + sign(above)) / 2, article="X3"
)

relu_slope_below = identity(
    "Below 0, the derivative of ReLU is 0 = [z > 0]", diff(Max(below, 0), below), (1 + sign(below)) / 2, article="X3"
)

if __name__ == "__main__":
    relu_slope_above.main()
