"""The derivative of the sigmoid. (Article: "Code".)"""

from sympy import Symbol, diff, exp

from cnn_symbolic import identity

t = Symbol("t", real=True)
sigmoid = 1 / (1 + exp(-t))

sigmoid_slope = identity(
    "The derivative of the sigmoid is σ·(1 − σ)", diff(sigmoid, t), sigmoid * (1 - sigmoid), article="B11"
)

if __name__ == "__main__":
    sigmoid_slope.main()
