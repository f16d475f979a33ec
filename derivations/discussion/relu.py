"""The derivative of ReLU, away from 0: how much it rises from one number to another. (Article: "Discussion".)

With the positive integers in the unit 1/n, for any n, these are all positive fractions: ReLU is homogeneous.
"""

from cnn_symbolic import claim, maximum, sizes

Z, H = sizes("Z H")


def relu(z):
    """ReLU, max(z, 0)."""
    return maximum(z, 0)


relu_slope_above = claim(
    relu(Z + H) - relu(Z) == H,
    title="Above 0, ReLU rises by as much as its argument: its derivative is 1 = [z > 0]",
    article="X3",
)

relu_slope_below = claim(
    relu(-Z) - relu(-Z - H) == 0,
    title="Below 0, ReLU does not rise: its derivative is 0 = [z > 0]",
    article="X3",
)

if __name__ == "__main__":
    relu_slope_above.main()
