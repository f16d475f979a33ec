"""Backward passes that are right, in the styles in which they are written by hand, and what a check says of each.

Arrays are (N, C, *spatial) and filters (K, C/groups, *overlay) unless a layout is given.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from scipy import fft, ndimage, signal


@dataclass(frozen=True)
class Correct:
    """A backward pass, the layer it is meant for, and the outcome: "right", or "tested" where it rounds."""

    function: Callable
    of: str
    outcome: str
    arguments: dict


CORRECT: list[Correct] = []


def correct(of, outcome="right", **arguments):
    """Enter a function into the list."""

    def enter(function):
        CORRECT.append(Correct(function, of, outcome, arguments))
        return function

    return enter


def right_gradients(dy, x, w):
    """All gradients of a two-dimensional convolution without options."""
    dx, i, j = np.zeros_like(x), *w.shape[2:]
    for r, c in np.ndindex(dy.shape[2:]):
        dx[:, :, r : r + i, c : c + j] += np.einsum("nk,kcij->ncij", dy[:, :, r, c], w)
    windows = sliding_window_view(x, (i, j), axis=(2, 3))
    return dx, np.einsum("nkpq,ncpqij->kcij", dy, windows), dy.sum(axis=(0, 2, 3))


@correct("conv2d(stride=2, padding=1)")
def nested_loops(x, w, dy):
    (n, k, p, q), (_, c, i, j) = dy.shape, w.shape
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(k)
    for b, f, r, s in np.ndindex(n, k, p, q):
        db[f] += dy[b, f, r, s]
        for d, u, v in np.ndindex(c, i, j):
            row, column = 2 * r + u - 1, 2 * s + v - 1
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                dx[b, d, row, column] += w[f, d, u, v] * dy[b, f, r, s]
                dw[f, d, u, v] += x[b, d, row, column] * dy[b, f, r, s]
    return dx, dw, db


@correct("conv2d(stride=2, padding=1, dilation=2)")
def im2col(dy, x, w):
    (n, c, height, width), (k, _, i, j), (_, _, p, q) = x.shape, w.shape, dy.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    channels, rows, columns = np.ogrid[:c, : 2 * i : 2, : 2 * j : 2]
    rows = rows.reshape(1, i, 1, 1, 1) + 2 * np.arange(p).reshape(p, 1)
    columns = columns.reshape(1, 1, j, 1, 1) + 2 * np.arange(q)
    cells = (slice(None), channels.reshape(c, 1, 1, 1, 1), rows, columns)
    matrix = padded[cells].reshape(n, c * i * j, p * q)
    dy_matrix = dy.reshape(n, k, p * q)
    dw = (dy_matrix @ matrix.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    back = (w.reshape(k, -1).T @ dy_matrix).reshape(n, c, i, j, p, q)
    dx = np.zeros_like(padded)
    np.add.at(dx, cells, back)
    return dx[:, :, 1 : 1 + height, 1 : 1 + width], dw, dy_matrix.sum(axis=(0, 2))


@correct("conv2d(padding=((1, 2), (0, 1)))")
def einsum_over_windows(dy, x, w):
    i, j = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 2), (0, 1)))
    dw = np.einsum("nkpq,ncpqij->kcij", dy, sliding_window_view(padded, (i, j), axis=(2, 3)))
    full = np.pad(dy, ((0, 0), (0, 0), (i - 1, i - 1), (j - 1, j - 1)))
    around = sliding_window_view(full, (i, j), axis=(2, 3))
    dx = np.einsum("nkmlij,kcij->ncml", around, w[:, :, ::-1, ::-1])
    return dx[:, :, 1:-2, :-1], dw, np.einsum("nkpq->k", dy)


@correct("conv2d()", outcome="tested")
def fourier(dy, x, w):
    size = x.shape[2:]
    dy_hat, x_hat, w_hat = (fft.rfft2(a, size) for a in (dy, x, w))
    dx = fft.irfft2(np.einsum("nkpq,kcpq->ncpq", dy_hat, w_hat), size)
    dw = fft.irfft2(np.einsum("nkpq,ncpq->kcpq", dy_hat.conj(), x_hat), size)
    return dx, dw[:, :, : w.shape[2], : w.shape[3]], dy.sum(axis=(0, 2, 3))


@correct("conv1d(stride=2, dilation=3)")
def scatter_with_add_at(dy, x, w):
    dx, dw, i = np.zeros_like(x), np.zeros_like(w), w.shape[2]
    cells = 2 * np.arange(dy.shape[2])[:, None] + 3 * np.arange(i)
    np.add.at(dx, (slice(None), slice(None), cells), np.tensordot(dy, w, axes=(1, 0)).transpose(0, 2, 1, 3))
    np.add.at(dw, (slice(None), slice(None), np.arange(i)), np.einsum("nkp,ncpi->kci", dy, x[:, :, cells]))
    return dx, dw, dy.sum(axis=2).sum(axis=0)


@correct("conv3d(stride=(1, 2, 1), padding=1)")
def tensordot_over_taps(dy, x, w):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1), (1, 1)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for tap in np.ndindex(w.shape[2:]):
        each = zip(tap, (1, 2, 1), dy.shape[2:], strict=True)
        cells = (slice(None), slice(None), *(slice(t, t + s * (n - 1) + 1, s) for t, s, n in each))
        own = (slice(None), slice(None), *tap)
        dw[own] = np.tensordot(dy, padded[cells], axes=([0, 2, 3, 4], [0, 2, 3, 4]))
        dx[cells] += np.moveaxis(np.tensordot(dy, w[own], axes=(1, 0)), -1, 1)
    return {"dw": dw, "dx": dx[:, :, 1:-1, 1:-1, 1:-1], "db": dy.sum(axis=(0, 2, 3, 4))}


@correct("conv2d(stride=(2, 1))", layout="NHWC", filters="HWIO")
def channels_last(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    i, j = w.shape[:2]
    for r, c in np.ndindex(dy.shape[1:3]):
        dx[:, 2 * r : 2 * r + i, c : c + j] += np.einsum("nk,ijck->nijc", dy[:, r, c], w)
        dw += np.einsum("nk,nijc->ijck", dy[:, r, c], x[:, 2 * r : 2 * r + i, c : c + j])
    return dx, dw, dy.sum(axis=(0, 1, 2))


@correct("conv2d()", flipped=True)
def a_true_convolution(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, k, c in np.ndindex(len(x), *w.shape[:2]):
        dx[n, c] += signal.correlate2d(dy[n, k], w[k, c], mode="full")
        dw[k, c] += signal.correlate2d(x[n, c], dy[n, k], mode="valid")[::-1, ::-1]
    return dx, dw, dy.sum(axis=(0, 2, 3))


def forward_with_cache(x, w, b, settings):
    stride, pad = settings["stride"], settings["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncpqij,kcij->nkpq", windows, w) + b[:, None, None], (x, w, b, settings)


def backward_from_cache(dout, cache):
    x, w, _, settings = cache
    stride, pad = settings["stride"], settings["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx, dw, db = np.zeros_like(padded), np.zeros_like(w), dout.sum(axis=(0, 2, 3))
    for n, f, r, c in np.ndindex(dout.shape):
        top, left = r * stride, c * stride
        window = (n, slice(None), slice(top, top + w.shape[2]), slice(left, left + w.shape[3]))
        dw[f] += padded[window] * dout[n, f, r, c]
        dx[window] += w[f] * dout[n, f, r, c]
    return dx[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, db


@correct("conv2d(stride=2, padding=1)", signature="dout, x, w, b -> dx, dw, db")
def with_a_cache(dout, x, w, b):
    _, cache = forward_with_cache(x, w, b, {"stride": 2, "pad": 1})
    return backward_from_cache(dout, cache)


class Layer:
    """A layer that remembers its input between the passes."""

    def __init__(self, w, b, stride):
        self.w, self.b, self.stride = w, b, stride

    def forward(self, x):
        self.x, self.windows = x, sliding_window_view(x, self.w.shape[2], axis=2)[:, :, :: self.stride]
        return np.einsum("ncpi,kci->nkp", self.windows, self.w) + self.b[:, None]

    def backward(self, dy):
        dx = np.zeros_like(self.x)
        for p in range(dy.shape[2]):
            at = p * self.stride
            dx[:, :, at : at + self.w.shape[2]] += np.einsum("nk,kci->nci", dy[:, :, p], self.w)
        self.dw, self.db = np.einsum("nkp,ncpi->kci", dy, self.windows), dy.sum(axis=(0, 2))
        return dx


@correct("conv1d(stride=3)", signature="x, w, b, dy -> y, dx, dw, db")
def forward_and_backward_of_a_class(x, w, b, dy):
    layer = Layer(w, b, stride=3)
    y = layer.forward(x)
    return [y, layer.backward(dy), layer.dw, layer.db]


@correct("conv2d()", signature="g, x, w -> grad_input, grad_weight, grad_bias")
def scipy_per_channel(g, x, w):
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for n in range(g.shape[0]):
        for k in range(g.shape[1]):
            for c in range(x.shape[1]):
                dx[n, c] += signal.convolve2d(g[n, k], w[k, c])
                dw[k, c] += signal.correlate2d(x[n, c], g[n, k], mode="valid")
    return dx, dw, g.sum((0, 2, 3))


@correct("conv2d()", signature="dy, x, w -> dx, dw")
def scipy_over_the_batch(dy, x, w):
    dx = np.stack([[sum(map(signal.convolve2d, g, f)) for f in w.swapaxes(0, 1)] for g in dy])
    dw = np.zeros_like(w)
    for k, c in np.ndindex(w.shape[:2]):
        dw[k, c] = signal.correlate(x[:, c], dy[:, k], mode="valid", method="direct")[0]
    return dx, dw


@correct("conv2d()", outcome="tested", signature="dy, x, w -> dx, dw")
def scipy_with_fourier_transforms(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, k, c in np.ndindex(len(x), *w.shape[:2]):
        dx[n, c] += signal.fftconvolve(dy[n, k], w[k, c])
        dw[k, c] += signal.correlate(x[n, c], dy[n, k], mode="valid", method="fft")
    return dx, dw


@correct("conv2d(padding='same')", signature="dy, x, w -> dx")
def ndimage_correlation(dy, x, w):
    # Of an even number of taps, ndimage centres on the upper one of the middle two.
    dx = np.zeros_like(x)
    origin = [0 if n % 2 else -1 for n in w.shape[2:]]
    for n, k, c in np.ndindex(len(x), *w.shape[:2]):
        dx[n, c] += ndimage.convolve(dy[n, k].copy(), w[k, c], mode="constant", origin=origin)
    return dx


@correct("conv2d(padding=1, stride=2)", dtype="float32")
def single_precision(dy, x, w):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::2, ::2]
    dx, back = np.zeros_like(padded), np.tensordot(dy, w, axes=(1, 0))
    for p, q in np.ndindex(dy.shape[2:]):
        rows, columns = slice(2 * p, 2 * p + w.shape[2]), slice(2 * q, 2 * q + w.shape[3])
        dx[:, :, rows, columns] += back[:, p, q]
    return dx[:, :, 1:-1, 1:-1], np.tensordot(dy, windows, axes=([0, 2, 3], [0, 2, 3])), dy.sum(axis=(0, 2, 3))


@correct("conv2d(padding=1)", layout="HW", filters="HW", signature="dy, x, w -> dx, dw")
def a_single_map(dy, x, w):
    return signal.convolve2d(dy, w)[1:-1, 1:-1], signal.correlate2d(np.pad(x, 1), dy, mode="valid")


@correct(
    "conv2d(stride=any_of(1, 2, 3), padding=any_of(0, 1, 2), dilation=any_of(1, 2))",
    signature="dy, x, w, stride, padding, dilation -> dx, dw, db",
)
def options_are_passed(dy, x, w, stride, padding, dilation):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for (r, c), (i, j) in product(np.ndindex(dy.shape[2:]), np.ndindex(w.shape[2:])):
        m, n = stride * r + dilation * i, stride * c + dilation * j
        dx[:, :, m, n] += dy[:, :, r, c] @ w[:, :, i, j]
        dw[:, :, i, j] += dy[:, :, r, c].T @ padded[:, :, m, n]
    inner = [slice(padding, padding + n) for n in x.shape[2:]]
    return dx[:, :, inner[0], inner[1]], dw, dy.sum(axis=(0, 2, 3))


@correct("conv1d(stride=2, padding=1)", dtype="int64")
def integers(dy, x, w):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for p, i in np.ndindex(dy.shape[2], w.shape[2]):
        dx[..., 2 * p + i] += dy[..., p] @ w[..., i]
        dw[..., i] += dy[..., p].T @ padded[..., 2 * p + i]
    return dx[..., 1:-1], dw, dy.sum(axis=(0, 2))


@correct("conv2d(groups=2, padding=1)")
def one_group_after_the_other(dy, x, w):
    halves = zip(np.split(dy, 2, axis=1), np.split(x, 2, axis=1), np.split(w, 2), strict=True)
    each = [backward_from_cache(g, (m, f, None, {"stride": 1, "pad": 1})) for g, m, f in halves]
    dx, dw, db = zip(*each, strict=True)
    return np.concatenate(dx, axis=1), np.concatenate(dw), np.concatenate(db)


@correct("conv2d(stride=2)", signature="dy, w, x_shape -> dx")
def from_the_shape_of_x(dy, w, x_shape):
    n, k, p, q = dy.shape
    spread = np.zeros((n, k, *x_shape[2:]))
    spread[:, :, : 2 * p : 2, : 2 * q : 2] = dy
    dx = np.zeros(x_shape)
    for i, j in np.ndindex(w.shape[2:]):
        shifted = np.zeros_like(spread)
        shifted[:, :, i:, j:] = spread[:, :, : spread.shape[2] - i, : spread.shape[3] - j]
        dx += np.einsum("nkml,kc->ncml", shifted, w[:, :, i, j])
    return dx


@correct("conv2d(stride=2)", signature="x, w, b -> y")
def a_forward_pass(x, w, b):
    n, c, p, q = x.strides
    positions = [(m - i) // 2 + 1 for m, i in zip(x.shape[2:], w.shape[2:], strict=True)]
    windows = as_strided(x, (*x.shape[:2], *positions, *w.shape[2:]), (n, c, 2 * p, 2 * q, p, q), writeable=False)
    return np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2) + b[:, None, None]


@correct("conv_transpose2d(stride=2, padding=1)")
def transposed(dy, x, w):
    padded = np.pad(dy, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::2, ::2]
    dx = np.einsum("nkpqij,ckij->ncpq", windows, w)
    return dx, np.einsum("ncpq,nkpqij->ckij", x, windows), dy.sum(axis=(0, 2, 3))


@correct("max_pool2d(3, stride=2)")
def places_of_the_maxima(dy, x):
    windows = sliding_window_view(x, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    rows, columns = np.divmod(windows.reshape(*dy.shape, 9).argmax(axis=-1), 3)
    n, c, p, q = np.indices(dy.shape)
    dx = np.zeros_like(x)
    np.add.at(dx, (n, c, 2 * p + rows, 2 * q + columns), dy)
    return dx


@correct("max_pool2d(2)")
def mask_without_ties(dy, x):
    n, c, p, q = dy.shape
    cut = x[:, :, : 2 * p, : 2 * q].reshape(n, c, p, 2, q, 2)
    mask = cut == cut.max(axis=(3, 5), keepdims=True)
    dx = np.zeros_like(x)
    dx[:, :, : 2 * p, : 2 * q] = (mask * dy[:, :, :, None, :, None]).reshape(n, c, 2 * p, 2 * q)
    return dx


@correct("max_pool1d(3, stride=1, padding=1, ties='first')", signature="dy, x_shape, places -> dx")
def from_remembered_places(dy, x_shape, places):
    dx = np.zeros(x_shape)
    for n, c, p in np.ndindex(dy.shape):
        dx[n, c, places[n, c, p]] += dy[n, c, p]
    return dx


@correct("avg_pool2d(3, stride=2, padding=1, count_include_pad=False)")
def means_of_the_real_cells(dy, x):
    dx = np.zeros_like(x)
    for p, q in np.ndindex(dy.shape[2:]):
        rows, columns = slice(max(2 * p - 1, 0), 2 * p + 2), slice(max(2 * q - 1, 0), 2 * q + 2)
        count = x[0, 0, rows, columns].size
        dx[:, :, rows, columns] += dy[:, :, p, q, None, None] / count
    return dx


@correct("avg_pool3d(2)")
def repeated_means(dy, x):
    dx = np.zeros_like(x)
    p, q, r = dy.shape[2:]
    dx[:, :, : 2 * p, : 2 * q, : 2 * r] = dy.repeat(2, axis=2).repeat(2, axis=3).repeat(2, axis=4) / 8
    return dx


@correct("upsample_nearest2d((2, 3))", signature="dy -> dx")
def sums_of_the_copies(dy):
    n, c, height, width = dy.shape
    return dy.reshape(n, c, height // 2, 2, width // 3, 3).sum(axis=(3, 5))
