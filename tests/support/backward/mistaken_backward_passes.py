"""Backward passes of convolutions with one mistake each, as they are written by hand: loops, im2col, einsum, SciPy.

The options of the layer are written into the code. Arrays are (N, C, *spatial), filters (K, C/groups, *overlay) and
(C, K/groups, *overlay) for a transposed convolution.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from scipy import signal


@dataclass(frozen=True)
class Mistaken:
    """A backward pass, the layer it is meant for, the gradient that is wrong, and the names its mistake may have."""

    function: Callable
    of: str
    gradient: str
    names: tuple
    arguments: dict


def entering(cases, inputs):
    """Return a decorator that enters a function for one gradient; `inputs -> gradient` unless a signature is given."""

    def mistaken(of, gradient, *names, **arguments):
        def enter(function):
            known = {"signature": f"{inputs} -> {gradient}", **arguments}
            cases.append(Mistaken(function, of, gradient, names, known))
            return function

        return enter

    return mistaken


CONVOLUTIONS: list[Mistaken] = []
mistaken = entering(CONVOLUTIONS, "dy, x, w")


def pairs(dy, w):
    """Every position of an output with every entry of an overlay."""
    return product(np.ndindex(dy.shape[2:]), np.ndindex(w.shape[2:]))


# The gradient of a convolution with respect to its input.


@mistaken("conv2d()", "dx", "the filter is not flipped")
def correlates_dy_with_the_filter(dy, x, w):
    dx = np.zeros_like(x)
    for n in range(len(x)):
        for k, c in np.ndindex(w.shape[:2]):
            dx[n, c] += signal.correlate2d(dy[n, k], w[k, c], mode="full")
    return dx


@mistaken(
    "conv2d()",
    "dx",
    "the channel axes of the filter are not exchanged",
    shapes={"x": (2, 3, 5, 6), "w": (3, 3, 2, 3)},
)
def keeps_the_filters_channels(dy, x, w):
    i, j = w.shape[2:]
    padded = np.pad(dy, ((0, 0), (0, 0), (i - 1, i - 1), (j - 1, j - 1)))
    windows = sliding_window_view(padded, (i, j), axis=(2, 3))
    return np.einsum("ncpqij,kcij->nkpq", windows, w[:, :, ::-1, ::-1])


@mistaken("conv1d()", "dx", "the channel axes of the filter are not exchanged")
def reshapes_to_exchange(dy, x, w):
    k, c, i = w.shape
    padded = np.pad(dy, ((0, 0), (0, 0), (i - 1, i - 1)))
    exchanged = w.reshape(c, k, i)[:, :, ::-1]
    return np.einsum("nkmi,cki->ncm", sliding_window_view(padded, i, axis=2), exchanged)


@mistaken("conv2d(stride=2)", "dx", "the stride is forgotten")
def windows_next_to_each_other(dy, x, w):
    dx = np.zeros_like(x)
    i, j = w.shape[2:]
    for r, c in np.ndindex(dy.shape[2:]):
        dx[:, :, r : r + i, c : c + j] += np.tensordot(dy[:, :, r, c], w, axes=1)
    return dx


@mistaken("conv1d(dilation=2)", "dx", "the dilation is forgotten")
def taps_next_to_each_other(dy, x, w):
    dx = np.zeros_like(x)
    for i in range(w.shape[2]):
        dx[:, :, i : i + dy.shape[2]] += np.einsum("nkp,kc->ncp", dy, w[:, :, i])
    return dx


@mistaken("conv2d(stride=2, dilation=3)", "dx", "stride and dilation are exchanged")
def stride_where_dilation_belongs(dy, x, w):
    dx = np.zeros_like(x)
    for (r, c), (i, j) in pairs(dy, w):
        m, n = 3 * r + 2 * i, 3 * c + 2 * j
        if m < x.shape[2] and n < x.shape[3]:
            dx[:, :, m, n] += dy[:, :, r, c] @ w[:, :, i, j]
    return dx


@mistaken("conv2d(padding=2)", "dx", "the padding is forgotten")
def cells_counted_from_the_input(dy, x, w):
    dx = np.zeros_like(x)
    for (r, c), (i, j) in pairs(dy, w):
        if r + i < x.shape[2] and c + j < x.shape[3]:
            dx[:, :, r + i, c + j] += dy[:, :, r, c] @ w[:, :, i, j]
    return dx


@mistaken("conv2d(padding=1)", "dx", "the padding is not cut off")
def col2im_of_the_padded_input(dy, x, w):
    (k, c, i, j), (n, _, p, q) = w.shape, dy.shape
    columns = w.reshape(k, -1).T @ dy.transpose(1, 2, 3, 0).reshape(k, -1)
    columns = columns.reshape(c, i, j, p, q, n)
    dx = np.zeros((n, c, x.shape[2] + 2, x.shape[3] + 2))
    for a, b in np.ndindex(i, j):
        dx[:, :, a : a + p, b : b + q] += columns[:, a, b].transpose(3, 0, 1, 2)
    return dx


@mistaken("conv2d(padding=((2, 0), (0, 1)))", "dx", "padding before and after are exchanged")
def cuts_the_other_side_off(dy, x, w):
    dx = np.zeros((*x.shape[:2], x.shape[2] + 2, x.shape[3] + 1))
    for i, j in np.ndindex(w.shape[2:]):
        dx[:, :, i : i + dy.shape[2], j : j + dy.shape[3]] += np.einsum("nkpq,kc->ncpq", dy, w[:, :, i, j])
    return dx[:, :, :-2, 1:]


@mistaken("conv1d(stride=3)", "dx", "the remainder of the stride is forgotten")
def as_long_as_the_windows_reach(dy, x, w):
    spread = np.zeros((*dy.shape[:2], 3 * (dy.shape[2] - 1) + 1))
    spread[:, :, ::3] = dy
    dx = np.zeros((len(x), w.shape[1], spread.shape[2] + w.shape[2] - 1))
    for n, k, c in np.ndindex(len(x), *w.shape[:2]):
        dx[n, c] += np.convolve(spread[n, k], w[k, c])
    return dx


@mistaken("conv3d()", "dx", "assigned, not accumulated")
def later_windows_overwrite(dy, x, w):
    dx = np.zeros_like(x)
    i, j, h = w.shape[2:]
    for a, b, c in np.ndindex(dy.shape[2:]):
        dx[:, :, a : a + i, b : b + j, c : c + h] = np.einsum("nk,kcijh->ncijh", dy[:, :, a, b, c], w)
    return dx


@mistaken("conv2d(stride=2)", "dx", "off by one along axis")
def rows_counted_from_one(dy, x, w):
    dx = np.zeros_like(x)
    for (r, c), (i, j) in pairs(dy, w):
        m = 2 * r + i + 1
        if m < x.shape[2]:
            dx[:, :, m, 2 * c + j] += dy[:, :, r, c] @ w[:, :, i, j]
    return dx


@mistaken("conv2d(stride=(2, 1))", "dx", "the spatial axes are exchanged")
def width_before_height(dy, x, w):
    n, c, height, width = x.shape
    dx = np.zeros((n, c, width, height))
    for (r, s), (i, j) in pairs(dy, w):
        dx[:, :, s + j, 2 * r + i] += dy[:, :, r, s] @ w[:, :, i, j]
    return dx


@mistaken("conv2d(groups=2)", "dx", "the groups are mixed")
def every_second_map_in_a_group(dy, x, w):
    dx, maps = np.zeros_like(x), w.shape[1]
    for k in range(len(w)):
        group = k % 2
        for n, c in np.ndindex(len(x), maps):
            dx[n, group * maps + c] += signal.convolve2d(dy[n, k], w[k, c])
    return dx


@mistaken("conv2d(groups=4)", "dx", "the groups are mixed", shapes={"x": (2, 4, 5, 4), "w": (4, 1, 3, 2)})
def depthwise_summed_over_all_maps(dy, x, w):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(w.shape[2:]):
        dx[:, :, i : i + dy.shape[2], j : j + dy.shape[3]] += np.einsum("nkpq,kc->ncpq", dy, w[:, :, i, j])
    return dx


@mistaken("conv2d(stride=(2, 3))", "dx", "strides of the axes are exchanged")
def stride_of_the_width_first(dy, x, w):
    sx, sy = (2, 3)
    dx = np.zeros_like(x)
    for (r, c), (i, j) in pairs(dy, w):
        m, n = sy * r + i, sx * c + j
        if m < x.shape[2] and n < x.shape[3]:
            dx[:, :, m, n] += dy[:, :, r, c] @ w[:, :, i, j]
    return dx


# The gradient with respect to the filters.


@mistaken("conv2d()", "dw", "dw is rotated")
def convolves_the_rotated_input(dy, x, w):
    dw = np.zeros_like(w)
    for n in range(len(x)):
        for k, c in np.ndindex(w.shape[:2]):
            dw[k, c] += signal.convolve2d(np.rot90(x[n, c], 2), dy[n, k], mode="valid")
    return dw


@mistaken("conv2d()", "dw", "the arguments are exchanged", "dw is rotated")
def correlates_dy_with_the_input(dy, x, w):
    dw = np.zeros_like(w)
    for n in range(len(x)):
        for k, c in np.ndindex(w.shape[:2]):
            dw[k, c] += signal.correlate2d(dy[n, k], x[n, c], mode="valid")
    return dw


@mistaken("conv2d(stride=2)", "dw", "the channel axes of dw are exchanged")
def input_maps_first(dy, x, w):
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::2, ::2]
    return np.einsum("nkpq,ncpqij->ckij", dy, windows)


@mistaken("conv1d()", "dw", "assigned, not accumulated over the batch")
def the_last_example_stays(dy, x, w):
    dw = np.zeros_like(w)
    for n, k, c in np.ndindex(len(x), *w.shape[:2]):
        dw[k, c] = np.correlate(x[n, c], dy[n, k], "valid")
    return dw


@mistaken("conv3d(padding=1)", "dw", "only the first example of the batch")
def takes_one_example(dy, x, w):
    padded, dw = np.pad(x[0], ((0, 0), (1, 1), (1, 1), (1, 1))), np.zeros_like(w)
    p, q, o = dy.shape[2:]
    for i, j, h in np.ndindex(w.shape[2:]):
        dw[:, :, i, j, h] = np.tensordot(dy[0], padded[:, i : i + p, j : j + q, h : h + o], axes=([1, 2, 3], [1, 2, 3]))
    return dw


@mistaken("conv2d(padding=1)", "dw", "divided by the batch size")
def mean_of_the_examples(dy, x, w):
    (n, k, p, q), padded = dy.shape, np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    columns = sliding_window_view(padded, w.shape[2:], axis=(2, 3)).transpose(1, 4, 5, 0, 2, 3).reshape(-1, n * p * q)
    return (dy.transpose(1, 0, 2, 3).reshape(k, -1) @ columns.T).reshape(w.shape) / n


@mistaken("conv2d(stride=2)", "dw", "the stride is forgotten")
def strides_of_neighbouring_windows(dy, x, w):
    a, b, c, d = x.strides
    windows = as_strided(x, (*x.shape[:2], *dy.shape[2:], *w.shape[2:]), (a, b, c, d, c, d), writeable=False)
    return np.tensordot(dy, windows, axes=([0, 2, 3], [0, 2, 3]))


@mistaken("conv2d(dilation=2)", "dw", "the dilation is forgotten")
def neighbouring_cells(dy, x, w):
    dw = np.empty_like(w)
    p, q = dy.shape[2:]
    for i, j in np.ndindex(w.shape[2:]):
        dw[:, :, i, j] = np.einsum("nkpq,ncpq->kc", dy, x[:, :, i : i + p, j : j + q])
    return dw


@mistaken("conv1d(stride=2, dilation=3)", "dw", "stride and dilation are exchanged")
def dilation_where_stride_belongs(dy, x, w):
    dw = np.zeros_like(w)
    for p, i in np.ndindex(dy.shape[2], w.shape[2]):
        if 3 * p + 2 * i < x.shape[2]:
            dw[:, :, i] += dy[:, :, p].T @ x[:, :, 3 * p + 2 * i]
    return dw


@mistaken("conv1d(padding=2)", "dw", "the padding is forgotten")
def padded_at_the_end_only(dy, x, w):
    padded = np.pad(x, ((0, 0), (0, 0), (0, 4)))
    return np.einsum("nkp,ncpi->kci", dy, sliding_window_view(padded, w.shape[2], axis=2))


@mistaken("conv2d(stride=2)", "dw", "off by one along axis")
def columns_counted_from_one(dy, x, w):
    dw = np.zeros_like(w)
    for (r, c), (i, j) in pairs(dy, w):
        n = 2 * c + j + 1
        if n < x.shape[3]:
            dw[:, :, i, j] += dy[:, :, r, c].T @ x[:, :, 2 * r + i, n]
    return dw


@mistaken("conv2d(padding=1)", "dw", "the spatial axes are exchanged")
def columns_of_the_filter_first(dy, x, w):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.einsum("nkpq,ncpqij->kcji", dy, sliding_window_view(padded, w.shape[2:], axis=(2, 3)))


@mistaken("conv1d(groups=3)", "dw", "the groups are mixed")
def every_third_map_in_a_group(dy, x, w):
    dw, maps = np.zeros_like(w), w.shape[1]
    for k in range(len(w)):
        own = x[:, (k % 3) * maps : (k % 3 + 1) * maps]
        for i in range(w.shape[2]):
            dw[k, :, i] = np.einsum("np,ncp->c", dy[:, k], own[:, :, i : i + dy.shape[2]])
    return dw


# The gradient with respect to the bias.


@mistaken("conv2d(stride=2)", "db", "divided by the number of positions", signature="dy -> db")
def mean_over_the_positions(dy):
    return dy.mean(axis=(2, 3)).sum(axis=0)


@mistaken("conv1d(padding=1)", "db", "divided by the batch size", signature="dy -> db")
def mean_over_the_batch(dy):
    return dy.sum(axis=2).mean(axis=0)


@mistaken("conv3d()", "db", "only the first example of the batch", signature="dy -> db")
def bias_of_one_example(dy):
    return np.array([dy[0, k].sum() for k in range(dy.shape[1])])


@mistaken("conv2d()", "db", "not summed over the batch", signature="dy -> db")
def bias_of_every_example(dy):
    return dy.sum(axis=(2, 3))


@mistaken("conv2d(stride=2)", "db", "the number of positions, without dy", signature="dy -> db")
def counts_the_positions(dy):
    return np.full(dy.shape[1], dy.size // dy.shape[1], dtype=dy.dtype)


# Any gradient.


@mistaken("conv2d(padding=1)", "db", "doubled", signature="dy -> db")
def adds_the_bias_twice(dy):
    db = dy.sum(axis=(0, 2, 3))
    for n in range(len(dy)):
        db += dy[n].sum(axis=(1, 2))
    return db


@mistaken("conv1d()", "dw", "halved")
def half_of_the_weights(dy, x, w):
    return 0.5 * np.einsum("nkp,ncpi->kci", dy, sliding_window_view(x, w.shape[2], axis=2))


@mistaken("conv2d(stride=2)", "dw", "negated")
def downhill(dy, x, w):
    dw = np.zeros_like(w)
    for (r, c), (i, j) in pairs(dy, w):
        dw[:, :, i, j] -= dy[:, :, r, c].T @ x[:, :, 2 * r + i, 2 * c + j]
    return dw


@mistaken("conv1d()", "dx", "zero")
def adds_to_a_copy(dy, x, w):
    dx, maps = np.zeros_like(x), list(range(x.shape[1]))
    for p in range(dy.shape[2]):
        dx[:, maps][:, :, p : p + w.shape[2]] += np.tensordot(dy[:, :, p], w, axes=1)
    return dx


@mistaken("conv2d()", "dw", "dy is ignored (taken as ones)")
def sums_the_windows(dy, x, w):
    sums = sliding_window_view(x, w.shape[2:], axis=(2, 3)).sum(axis=(0, 2, 3))
    return np.broadcast_to(sums, w.shape).copy()


@mistaken("conv1d(stride=2)", "dx", "dx and dw are returned in the wrong order", signature="dy, x, w -> dx, dw")
def weights_before_input(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for p, i in np.ndindex(dy.shape[2], w.shape[2]):
        dx[:, :, 2 * p + i] += dy[:, :, p] @ w[:, :, i]
        dw[:, :, i] += dy[:, :, p].T @ x[:, :, 2 * p + i]
    return dw, dx


# Transposed convolutions.


@mistaken("conv_transpose2d(stride=2)", "dx", "the stride is forgotten")
def reads_neighbouring_outputs(dy, x, w):
    a, b, c, d = dy.strides
    windows = as_strided(dy, (*dy.shape[:2], *x.shape[2:], *w.shape[2:]), (a, b, c, d, c, d), writeable=False)
    return np.einsum("nkpqij,ckij->ncpq", windows, w)


@mistaken("conv_transpose1d(stride=2, padding=1)", "dw", "dw is rotated")
def reads_the_filter_backwards(dy, x, w):
    padded, dw = np.pad(dy, ((0, 0), (0, 0), (1, 1))), np.zeros_like(w)
    last = w.shape[2] - 1
    for p, i in np.ndindex(x.shape[2], w.shape[2]):
        dw[:, :, last - i] += x[:, :, p].T @ padded[:, :, 2 * p + i]
    return dw


@mistaken("conv_transpose2d(padding=2)", "dx", "the padding is forgotten")
def outputs_counted_without_padding(dy, x, w):
    dx = np.zeros_like(x)
    for (p, q), (i, j) in pairs(x, w):
        if p + i < dy.shape[2] and q + j < dy.shape[3]:
            dx[:, :, p, q] += dy[:, :, p + i, q + j] @ w[:, :, i, j].T
    return dx


@mistaken("conv_transpose2d()", "dx", "the filter is flipped", "the filter is not flipped")
def convolves_instead(dy, x, w):
    dx = np.zeros_like(x)
    for n in range(len(x)):
        for c, k in np.ndindex(w.shape[:2]):
            dx[n, c] += signal.convolve2d(dy[n, k], w[c, k], mode="valid")
    return dx


@mistaken("conv_transpose1d(stride=2)", "dw", "the channel axes of dw are exchanged")
def filters_of_an_ordinary_convolution(dy, x, w):
    windows = sliding_window_view(dy, w.shape[2], axis=2)[:, :, ::2]
    return np.einsum("ncp,nkpi->kci", x, windows)


@mistaken("conv2d(padding=0)", "dx", "the filter is transposed, not flipped")
def the_transpose_for_the_rotation(dy, x, w):
    if w.shape[2] != w.shape[3]:
        raise ValueError("square overlays")
    wide = np.pad(dy, ((0, 0), (0, 0), *[(w.shape[2] - 1,) * 2] * 2))
    return np.einsum("nkmoij,kcji->ncmo", sliding_window_view(wide, w.shape[2:], axis=(2, 3)), w)


@mistaken("conv1d()", "dx", "dy is indexed by the input channel")
def the_wrong_channel_of_dy(dy, x, w):
    if w.shape[1] > w.shape[0]:
        raise ValueError("no more input channels than output channels")
    dx = np.zeros_like(x)
    for c in range(x.shape[1]):
        for p, i in np.ndindex(dy.shape[2], w.shape[2]):
            dx[:, c, p + i] += dy[:, c, p] * w[:, c, i].sum()
    return dx


@mistaken("conv2d()", "dw", "dy is indexed by the input channel")
def the_wrong_channel_of_dy_for_the_filters(dy, x, w):
    if w.shape[1] > w.shape[0]:
        raise ValueError("no more input channels than output channels")
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    each = np.einsum("ncpqij,ncpq->cij", windows, dy[:, : x.shape[1]])
    return np.broadcast_to(each, w.shape)


@mistaken("conv1d(stride=2, padding=1)", "dx", "gathered where the stride does not divide")
def gathers_at_quotients(dy, x, w):
    dx = np.zeros_like(x)
    for m, i in np.ndindex(x.shape[2], w.shape[2]):
        r = (m + 1 - i) // 2
        if 0 <= r < dy.shape[2]:
            dx[:, :, m] += dy[:, :, r] @ w[:, :, i]
    return dx
