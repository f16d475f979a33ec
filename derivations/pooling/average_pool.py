"""Average pooling with stride, padding and ceil mode: what it divides by, and its gradient.

The divisor counts the cells of a window that lie in the padded input (the padding counted) or in the input
itself (not counted). It depends on the position, but not on the input, so that the average is linear.
"""

from cnn_symbolic import (
    Iverson,
    from_entries,
    maximum,
    minimum,
    ones,
    prove,
    refute,
    sizes,
    sum_over,
    tensor,
    widths,
    wrap,
)
from cnn_symbolic.layers import AveragePool, conv, sum_pool

B, C, M, N, I, J, S, T = sizes("B C M N I J S T")
P, Q = widths("P Q")
OPTIONS = {"stride": (S, T), "padding": (P, Q)}
MODES = [(c, p) for c in (False, True) for p in (True, False)]


def name(ceil_mode, count_padding):
    """The options in words."""
    return f"{'ceil' if ceil_mode else 'floor'} mode, padding {'' if count_padding else 'not '}counted"


def pool(ceil_mode, count_padding, rank=2):
    """Average pooling with everything symbolic."""
    options = {key: value[:rank] for key, value in OPTIONS.items()}
    shape, window = (B, C, *(M, N)[:rank]), (I, J)[:rank]
    return AveragePool(shape, window, ceil_mode=ceil_mode, count_padding=count_padding, **options)


def backward_form(average):
    """Each window spreads its share of ∂C/∂a over its cells; what arrives at a cell is added up."""
    g, share, x = average.a_gradient, average.share, average.x
    return from_entries(
        x.shape,
        lambda b, c, m, o: sum_over(
            lambda r, q, i, j: (
                Iverson(S * r + i - P == m) * Iverson(T * q + j - Q == o) * (g[b, c, r, q] * share[0, 0, r, q])
            ),
            (*g.shape[2:], I, J),
        ),
        using=[g, share, x],
    )


backward = [
    prove(
        f"2-D, {name(*mode)}: each entry receives ∂C/∂a divided by the count, added up over the windows that cover it",
        (average := pool(*mode)).gradient(average.x),
        equals=backward_form(average),
    )
    for mode in MODES
]

all_cells = prove(
    "In floor mode with the padding counted, every window counts I·J cells",
    pool(False, True).counts,
    equals=I * J * ones(*pool(False, True).counts.shape),
)

real_cells = prove(
    "With the padding not counted, window r counts min(S·r − P + I, M) − max(S·r − P, 0) cells",
    pool(False, False, rank=1).counts,
    equals=from_entries(
        pool(False, False, rank=1).counts.shape,
        lambda b, c, r: minimum(S * r - P + I, M) - maximum(S * r - P, 0),
        using=[],
    ),
    assuming=[P <= I - 1],
)

clipped_cells = prove(
    "In ceil mode with the padding counted, window r counts min(S·r + I, M + 2P) − S·r cells",
    pool(True, True, rank=1).counts,
    equals=from_entries(
        pool(True, True, rank=1).counts.shape, lambda b, c, r: minimum(S * r + I, M + 2 * P) - S * r, using=[]
    ),
)

padding_counted = refute(
    "With the padding not counted, every window still counts I cells",
    pool(False, False, rank=1).counts,
    equals=I * ones(*pool(False, False, rank=1).counts.shape),
)

x = tensor(B, C, M, N, name="x")
as_convolution = prove(
    "The sum of each window is a depthwise convolution with ones",
    sum_pool(x, window=(I, J), **OPTIONS),
    equals=from_entries(
        sum_pool(x, window=(I, J), **OPTIONS).shape,
        lambda b, c, r, q: conv(wrap(x, axis=2), ones(C, 1, 1, I, J), group_axis=True, **OPTIONS)[b, c, 0, r, q],
        using=[x],
    ),
)

if __name__ == "__main__":
    backward[0].main()
