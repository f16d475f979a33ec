"""The gradient of the input as a full correlation: dy with zeros between its entries, and the filters turned."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def dilate(dy, stride, height, width):
    """Put zeros between the entries, and behind them up to the given sizes."""
    wide = np.zeros((*dy.shape[:2], height, width), dtype=dy.dtype)
    wide[:, :, : (dy.shape[2] - 1) * stride + 1 : stride, : (dy.shape[3] - 1) * stride + 1 : stride] = dy
    return wide


def conv2d_full_correlation(dy, x, w, stride, padding):
    N, C, H, W = x.shape
    K, _, I, J = w.shape
    height, width = H + 2 * padding - I + 1, W + 2 * padding - J + 1
    spaced = dilate(dy, stride, height, width)
    framed = np.pad(spaced, ((0, 0), (0, 0), (I - 1, I - 1), (J - 1, J - 1)))
    turned = np.rot90(w, 2, axes=(2, 3))
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for m in range(H + 2 * padding):
        for o in range(W + 2 * padding):
            dx[:, :, m, o] = np.einsum("nkij,kcij->nc", framed[:, :, m : m + I, o : o + J], turned)
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros_like(w)
    for i in range(I):
        for j in range(J):
            dw[:, :, i, j] = np.einsum("nkmo,ncmo->kc", spaced, xp[:, :, i : i + height, j : j + width])
    return dx[:, :, padding : padding + H, padding : padding + W], dw


def conv1d_inserted_zeros(dy, x, w, stride):
    size, length = w.shape[2], x.shape[2]
    places = np.repeat(np.arange(1, dy.shape[2]), stride - 1)
    spaced = np.insert(dy, places, 0, axis=2)
    rest = length - (spaced.shape[2] + size - 1)
    framed = np.pad(spaced, ((0, 0), (0, 0), (size - 1, size - 1 + rest)))
    flipped = w[:, :, ::-1]
    dx = np.zeros_like(x)
    for m in range(length):
        dx[:, :, m] = np.tensordot(framed[:, :, m : m + size], flipped, axes=([1, 2], [0, 2]))
    return dx


def conv2d_kron(dy, x, w, stride):
    corner = np.zeros((1, 1, stride, stride))
    corner[0, 0, 0, 0] = 1
    spaced = np.kron(dy, corner)
    dx = np.zeros((*x.shape[:2], spaced.shape[2] + w.shape[2] - 1, spaced.shape[3] + w.shape[3] - 1))
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            part = np.einsum("nkmo,kc->ncmo", spaced, w[:, :, i, j])
            dx[:, :, i : i + spaced.shape[2], j : j + spaced.shape[3]] += part
    whole = np.zeros_like(x)
    h, v = min(dx.shape[2], x.shape[2]), min(dx.shape[3], x.shape[3])
    whole[:, :, :h, :v] = dx[:, :, :h, :v]
    return whole


def conv2d_dilated_filters(dy, x, w, dilation):
    """The filters with zeros between their entries, as those of a layer without dilation."""
    K, C, I, J = w.shape
    wide = np.zeros((K, C, dilation * (I - 1) + 1, dilation * (J - 1) + 1))
    wide[:, :, ::dilation, ::dilation] = w
    height, width = wide.shape[2] - 1, wide.shape[3] - 1
    framed = np.pad(dy, ((0, 0), (0, 0), (height, height), (width, width)))
    views = sliding_window_view(framed, wide.shape[2:], axis=(2, 3))
    dx = np.einsum("nkmoij,kcij->ncmo", views, np.flip(wide, (2, 3)))
    every = np.einsum("nkrs,ncijrs->kcij", dy, sliding_window_view(x, dy.shape[2:], axis=(2, 3)))
    return dx, every[:, :, ::dilation, ::dilation]


def conv_nhwc_turned(dZ, A_prev, W, stride):
    m, n_H, n_W, n_C = dZ.shape
    _, h_prev, w_prev, c_prev = A_prev.shape
    f, g = W.shape[0], W.shape[1]
    spaced = np.zeros((m, h_prev + f - 1, w_prev + g - 1, n_C))
    for h in range(n_H):
        for w in range(n_W):
            spaced[:, f - 1 + h * stride, g - 1 + w * stride, :] = dZ[:, h, w, :]
    turned = np.rot90(W, 2)
    dA = np.zeros(A_prev.shape)
    for a in range(h_prev):
        for b in range(w_prev):
            block = spaced[:, a : a + f, b : b + g, :]
            dA[:, a, b, :] = np.tensordot(block, turned, axes=([1, 2, 3], [0, 1, 3]))
    return dA


def full(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h - 1, h - 1), (w - 1, w - 1)))
    out = np.zeros((image.shape[0] + h - 1, image.shape[1] + w - 1))
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[r, c] = np.sum(padded[r : r + h, c : c + w] * kernel)
    return out


def conv2d_one_map_turned(dy, x, w):
    return full(dy, np.flipud(np.fliplr(w)))
