"""Consecutive updates equal one update with the sum. (Article: "Bias Gradient".)

`B[k]` and `W[k]` are the parameter after k updates, as the sum of the first k components says. They start at the
parameter, each entry follows from the one before by one update, so they are what the consecutive updates
give; and after T updates they are the parameter after one update with the sum.
"""

from cnn_symbolic import Iverson, crop, from_entries, named, prove, scalar, sizes, sum_axes, sum_over, take, tensor

T, I, J = sizes("T I J")
step_size = scalar("η")


def bias_history(k):
    """The bias after k updates."""
    return b[()] - step_size[()] * sum_over(lambda t: c[t] * before(t, k), (T,))


def weight_history(k, i, j):
    """The weight at (i, j) after k updates."""
    return w[i, j] - step_size[()] * sum_over(lambda t: g[t, i, j] * before(t, k), (T,))


def before(t, k):
    """1 for the updates t that come before the k-th state, else 0."""
    return Iverson(t < k)


b, c = scalar("b"), tensor(T, name="c")
w, g = tensor(I, J, name="w"), tensor(T, I, J, name="g")
biases = named("B", from_entries((T + 1,), bias_history, using=[b, c, step_size]))
weights = named("W", from_entries((T + 1, I, J), weight_history, using=[w, g, step_size]))

consecutive_updates = [
    prove("No update leaves the bias as it is", take(biases, at=(0,)), equals=b, article="B4"),
    prove(
        "Each state of the bias follows from the one before by one update",
        crop(biases, start=(1,), shape=(T,)),
        equals=crop(biases, start=(0,), shape=(T,)) - step_size * c,
        article="B4",
    ),
    prove(
        "After all updates the bias is as after one update with the sum",
        take(biases, at=(T,)),
        equals=b - step_size * sum_axes(c, axes=(0,)),
        article="B4",
    ),
    prove("No update leaves the weights as they are", take(weights, at=(0,)), equals=w, article="B4"),
    prove(
        "Each state of the weights follows from the one before by one update",
        crop(weights, start=(1, 0, 0), shape=(T, I, J)),
        equals=crop(weights, start=(0, 0, 0), shape=(T, I, J)) - step_size * g,
        article="B4",
    ),
    prove(
        "After all updates the weights are as after one update with the sum",
        take(weights, at=(T,)),
        equals=w - step_size * sum_axes(g, axes=(0,)),
        article="B4",
    ),
]

if __name__ == "__main__":
    consecutive_updates[2].main()
