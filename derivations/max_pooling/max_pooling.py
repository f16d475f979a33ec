"""Max pooling, given which entry each window selects. (Article: "Max Pooling".)

Selecting the maximum is linear in the input once it is known where each window has it: s[r, c, i, j] is 1
there and 0 elsewhere. Where two entries of a window are equal, the first in row-major order is selected;
that is a valid choice of subgradient, because a maximum is at least each of its entries:
max(y) ≥ y[k] = max(x) + (y[k] − x[k]) for the selected k.
"""

from cnn_symbolic import from_entries, prove, refute, shape, sizes, sum_over
from cnn_symbolic.layers import FeatureMap, MaxPoolingMap

M, N, I, J = sizes("M N I J")
pool = MaxPoolingMap(input_shape=(M, N), overlay_shape=(I, J))
s, g = pool.selection, pool.a_gradient

pooled_shape = prove(
    "A max-pooling map has the shape of a feature map with the same overlay",
    shape(pool.a),
    equals=shape(FeatureMap((M, N), (I, J)).z),
    article="P1",
)

selected = prove(
    "Each pooled neuron is the entry of the input that its window selects",
    pool.a,
    equals=from_entries(
        (M - I + 1, N - J + 1),
        lambda r, c: sum_over(lambda i, j: s[r, c, i, j] * pool.a_prev[r + i, c + j], (I, J)),
        using=[s, pool.a_prev],
    ),
    article="P1",
)

passed_back = prove(
    "Each entry of the input receives ∂C/∂a of the windows that select it, added up, and 0 from the others",
    pool.gradient(pool.a_prev),
    equals=from_entries(
        (M, N),
        lambda m, n: sum_over(lambda r, c: g[r, c] * s[r, c, m - r, n - c], pool.a.shape),
        using=[g, s, pool.a_prev],
    ),
    article="P2 P3",
)

# Windows of two: an entry lies in two of them, and assigning keeps what the later one passes back.
pair = MaxPoolingMap(input_shape=(N,), overlay_shape=(2,))
t, h = pair.selection, pair.a_gradient

assigned = refute(
    "Assigning what a window passes back, in place of adding it, is wrong where windows overlap",
    pair.gradient(pair.a_prev),
    equals=from_entries(
        (N,), lambda n: h[n] * t[n, 0] + h[n - 1] * t[n - 1, 1] * (1 - t[n, 0]), using=[h, t, pair.a_prev]
    ),
    article="P3",
)

if __name__ == "__main__":
    passed_back.main()
