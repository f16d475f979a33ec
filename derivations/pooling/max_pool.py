"""Max pooling with stride, padding, dilation and ceil mode, given which entry each window selects.

The padding counts as −∞: a window selects real cells only. On ties the first maximum in row-major order is
selected. Where the maximum of every window is unique, the selection does not change near the input, and the
gradient of the pooled values is that of what is selected.
"""

from cnn_symbolic import Iverson, broadcast, from_entries, prove, refute, sizes, sum_over, transpose, widths, wrap
from cnn_symbolic.layers import MaxPool, fold

B, C, M, N, I, J, S, T, D, E = sizes("B C M N I J S T D E")
P, Q = widths("P Q")
OPTIONS = {"stride": (S, T), "padding": (P, Q), "dilation": (D, E)}
floor_mode = MaxPool((B, C, M, N), (I, J), **OPTIONS)
ceil_mode = MaxPool((B, C, M, N), (I, J), ceil_mode=True, **OPTIONS)


def selected(pool):
    """What each window selects, entry by entry."""
    s, x = pool.selection, pool.x
    return from_entries(
        pool.a.shape,
        lambda n, c, r, q: sum_over(
            lambda i, j: s[n, c, r, q, i, j] * x[n, c, S * r + D * i - P, T * q + E * j - Q], (I, J)
        ),
        using=[s, x],
    )


def passed_back(pool):
    """Each window passes ∂C/∂a back to the entry that it selects; what arrives there is added up."""
    s, g, x = pool.selection, pool.a_gradient, pool.x
    return from_entries(
        x.shape,
        lambda n, c, m, o: sum_over(
            lambda r, q, i, j: (
                Iverson(S * r + D * i - P == m)
                * Iverson(T * q + E * j - Q == o)
                * (g[n, c, r, q] * s[n, c, r, q, i, j])
            ),
            (*g.shape[2:], I, J),
        ),
        using=[s, g, x],
    )


pooled = [
    prove(f"2-D, {mode} mode: each pooled value is the entry that its window selects", pool.a, equals=selected(pool))
    for mode, pool in (("floor", floor_mode), ("ceil", ceil_mode))
]

backward = [
    prove(
        f"2-D, {mode} mode: ∂C/∂a of each window is added to the entry that it selects, and to no other",
        pool.gradient(pool.x),
        equals=passed_back(pool),
    )
    for mode, pool in (("floor", floor_mode), ("ceil", ceil_mode))
]

window_gradients = wrap(wrap(floor_mode.a_gradient, axis=4), axis=5)
folded = prove(
    "2-D: that is the fold of the selections, each times ∂C/∂a",
    floor_mode.gradient(floor_mode.x),
    equals=fold(
        transpose(
            floor_mode.selection * broadcast(window_gradients, shape=floor_mode.selection.shape),
            axes=(0, 1, 4, 5, 2, 3),
        ),
        shape=(M, N),
        **OPTIONS,
    ),
)

dilated = MaxPool((B, C, M), (I,), stride=S, dilation=D)
dilation_forgotten = refute(
    "The gradient passed back to neighbouring cells, as if the window were not dilated",
    dilated.gradient(dilated.x),
    equals=from_entries(
        (B, C, M),
        lambda n, c, m: sum_over(
            lambda r, i: Iverson(S * r + i == m) * dilated.a_gradient[n, c, r] * dilated.selection[n, c, r, i],
            (dilated.a.shape[2], I),
        ),
        using=[dilated.a_gradient, dilated.selection, dilated.x],
    ),
)

if __name__ == "__main__":
    backward[0].main()
