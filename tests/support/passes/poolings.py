"""Max and average poolings, and upsampling by repetition."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def max_pool_mask(dout, x, pool_size, stride):
    """All cells that are as large as the maximum get the gradient."""
    N, C, H, W = x.shape
    _, _, H_out, W_out = dout.shape
    dx = np.zeros((N, C, H, W))
    for n in range(N):
        for c in range(C):
            for h in range(H_out):
                for w in range(W_out):
                    top, left = h * stride, w * stride
                    window = x[n, c, top : top + pool_size, left : left + pool_size]
                    mask = window == np.max(window)
                    dx[n, c, top : top + pool_size, left : left + pool_size] += mask * dout[n, c, h, w]
    return dx


def max_pool_argmax(dy, x, window, stride):
    dx = np.zeros_like(x)
    for n, c, r, s in np.ndindex(*dy.shape):
        block = x[n, c, r * stride : r * stride + window, s * stride : s * stride + window]
        i, j = np.unravel_index(np.argmax(block), block.shape)
        dx[n, c, r * stride + i, s * stride + j] += dy[n, c, r, s]
    return dx


def max_pool_divided(dy, x, window, stride):
    """Equal maxima share the gradient."""
    dx = np.zeros_like(x)
    for r in range(dy.shape[2]):
        for s in range(dy.shape[3]):
            rows = slice(r * stride, r * stride + window)
            cols = slice(s * stride, s * stride + window)
            block = x[:, :, rows, cols]
            mask = block == block.max(axis=(2, 3), keepdims=True)
            share = mask / mask.sum(axis=(2, 3), keepdims=True)
            dx[:, :, rows, cols] += share * dy[:, :, r, s][:, :, None, None]
    return dx


def max_pool_blocks(dy, x, window):
    """Windows beside each other, as axes of their own; what is left over has no part."""
    N, C, H, W = x.shape
    rows, cols = H // window, W // window
    kept = x[:, :, : rows * window, : cols * window]
    blocks = kept.reshape(N, C, rows, window, cols, window)
    top = blocks.max(axis=(3, 5), keepdims=True)
    spread = (blocks == top) * dy.reshape(N, C, rows, 1, cols, 1)
    dx = np.zeros_like(x)
    dx[:, :, : rows * window, : cols * window] = spread.reshape(N, C, rows * window, cols * window)
    return dx


def max_pool_repeated(dy, x, window):
    n, c, h, w = x.shape
    assert h % window == 0 and w % window == 0, "windows that fill the map"
    out = x.reshape(n, c, h // window, window, w // window, window).max(axis=5).max(axis=3)
    wide = out.repeat(window, axis=2).repeat(window, axis=3)
    wide_dy = dy.repeat(window, axis=2).repeat(window, axis=3)
    return np.where(x == wide, wide_dy, 0)


def max_pool1d_padded(dy, x, window, stride, padding):
    lowest = np.full((x.shape[0], x.shape[1], padding), -np.inf)
    padded = np.concatenate([lowest, x, lowest], axis=2)
    dpadded = np.zeros(padded.shape)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for r in range(dy.shape[2]):
                best = r * stride
                for m in range(r * stride, r * stride + window):
                    if padded[n, c, m] > padded[n, c, best]:
                        best = m
                dpadded[n, c, best] += dy[n, c, r]
    return dpadded[:, :, padding : padding + x.shape[2]]


def max_pool_flat_argmax(dy, x, window, stride):
    views = sliding_window_view(x, (window, window), axis=(2, 3))[:, :, ::stride, ::stride]
    place = views.reshape(*dy.shape, window * window).argmax(axis=-1)
    n, c, r, s = np.indices(dy.shape)
    dx = np.zeros_like(x)
    np.add.at(dx, (n, c, r * stride + place // window, s * stride + place % window), dy)
    return dx


def create_mask_from_window(x):
    return x == np.max(x)


def distribute_value(dz, shape):
    (n_H, n_W) = shape
    average = dz / (n_H * n_W)
    return np.ones(shape) * average


def pool_backward(dA, A_prev, pool_size, stride, mode="max"):
    f = pool_size
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        a_prev = A_prev[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start, horiz_start = h * stride, w * stride
                    vert_end, horiz_end = vert_start + f, horiz_start + f
                    if mode == "max":
                        a_slice = a_prev[vert_start:vert_end, horiz_start:horiz_end, c]
                        mask = create_mask_from_window(a_slice)
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += mask * dA[i, h, w, c]
                    elif mode == "average":
                        value = distribute_value(dA[i, h, w, c], (f, f))
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += value
    return dA_prev


def average_pool_backward(dA, A_prev, pool_size, stride):
    return pool_backward(dA, A_prev, pool_size, stride, mode="average")


def avg_pool_repeated(dy, x, window):
    dx = np.zeros_like(x)
    spread = np.repeat(np.repeat(dy, window, axis=2), window, axis=3) / window**2
    dx[:, :, : spread.shape[2], : spread.shape[3]] = spread
    return dx


def avg_pool_kron(dy, x, window):
    rest_h, rest_w = x.shape[2] - window * dy.shape[2], x.shape[3] - window * dy.shape[3]
    spread = np.kron(dy, np.ones((1, 1, window, window))) / (window * window)
    return np.pad(spread, ((0, 0), (0, 0), (0, rest_h), (0, rest_w)))


def avg_pool_taps(dy, x, window, stride):
    dx = np.zeros_like(x)
    share = dy / (window * window)
    for i in range(window):
        for j in range(window):
            dx[:, :, i : i + stride * dy.shape[2] : stride, j : j + stride * dy.shape[3] : stride] += share
    return dx


def avg_pool_framed(dy, x, stride):
    """Windows of three by three over a frame of one zero."""
    n, c, h, w = x.shape
    framed = np.zeros((n, c, h + 2, w + 2))
    for r in range(dy.shape[2]):
        for s in range(dy.shape[3]):
            framed[:, :, r * stride : r * stride + 3, s * stride : s * stride + 3] += dy[:, :, r : r + 1, s : s + 1] / 9
    return framed[:, :, 1:-1, 1:-1]


def avg_pool1d_loops(dy, x, window, stride):
    dx = np.zeros(x.shape)
    for r in range(dy.shape[2]):
        for i in range(window):
            dx[:, :, r * stride + i] += dy[:, :, r] / window
    return dx


def upsample2d_blocks(dy, x, factors):
    n, c, h, w = x.shape
    return dy.reshape(n, c, h, factors, w, factors).sum(axis=(3, 5))


def upsample2d_slices(dy, factors):
    f = factors
    n, c, h, w = dy.shape
    dx = np.zeros((n, c, h // f, w // f))
    for i in range(f):
        for j in range(f):
            dx += dy[:, :, i::f, j::f]
    return dx


def upsample1d_cells(dy, x, factors):
    dx = np.zeros(x.shape)
    for m in range(dy.shape[2]):
        dx[:, :, m // factors] += dy[:, :, m]
    return dx
