"""Gradients that are scattered to index arrays, and transposed convolutions."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv1d_add_at(dy, x, w, stride, padding, dilation):
    size, length = w.shape[2], dy.shape[2]
    rows = stride * np.arange(length)[:, None] + dilation * np.arange(size)[None, :]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    dpadded = np.zeros_like(padded)
    np.add.at(dpadded, (slice(None), slice(None), rows), np.einsum("nkr,kci->ncri", dy, w))
    dw = np.einsum("nkr,ncri->kci", dy, padded[:, :, rows])
    return dpadded[:, :, padding : padding + x.shape[2]], dw, np.einsum("nkr->k", dy)


def conv2d_ix(dy, x, w, stride):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    samples, channels = np.arange(x.shape[0]), np.arange(x.shape[1])
    for r in range(dy.shape[2]):
        for c in range(dy.shape[3]):
            rows = np.arange(w.shape[2]) + stride * r
            cols = np.arange(w.shape[3]) + stride * c
            cells = np.ix_(samples, channels, rows, cols)
            dx[cells] += np.einsum("nk,kmij->nmij", dy[:, :, r, c], w)
            dw += np.einsum("nk,nmij->kmij", dy[:, :, r, c], x[cells])
    return dx, dw


def conv2d_add_at_taps(dy, x, w, stride, padding):
    """For each tap, the cells of the padded input that it meets."""
    p = padding
    dxp = np.zeros((x.shape[0], x.shape[1], x.shape[2] + 2 * p, x.shape[3] + 2 * p))
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = i + stride * np.arange(dy.shape[2])
            cols = j + stride * np.arange(dy.shape[3])
            part = np.einsum("nkrs,kc->ncrs", dy, w[:, :, i, j])
            np.add.at(dxp, (slice(None), slice(None), rows[:, None], cols[None, :]), part)
    return dxp[:, :, p : p + x.shape[2], p : p + x.shape[3]]


def conv1d_two_groups(dy, x, w, stride):
    dxs, dws = [], []
    for g, v, f in zip(np.split(dy, 2, axis=1), np.split(x, 2, axis=1), np.split(w, 2, axis=0), strict=True):
        dv, df = np.zeros_like(v), np.zeros_like(f)
        for r in range(g.shape[2]):
            here = slice(r * stride, r * stride + f.shape[2])
            df += np.einsum("nk,nci->kci", g[:, :, r], v[:, :, here])
            dv[:, :, here] += np.einsum("nk,kci->nci", g[:, :, r], f)
        dxs.append(dv)
        dws.append(df)
    return np.concatenate(dxs, axis=1), np.concatenate(dws, axis=0)


def conv_transpose2d_windows(dy, x, w, stride, padding):
    p = padding
    wide = np.pad(dy, ((0, 0), (0, 0), (p, p), (p, p)))
    views = sliding_window_view(wide, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    dx = np.einsum("nkmoij,ckij->ncmo", views, w)
    dw = np.einsum("nkmoij,ncmo->ckij", views, x)
    return dx, dw, dy.sum(axis=(0, 2, 3))


def conv_transpose1d_loops(dy, x, w, stride):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(x.shape[0]):
        for m in range(x.shape[2]):
            piece = dy[n, :, m * stride : m * stride + w.shape[2]]
            for c in range(x.shape[1]):
                dx[n, c, m] = np.sum(piece * w[c])
                dw[c] += piece * x[n, c, m]
    db = dy.sum(axis=2).sum(axis=0)
    return dx, dw, db


class ConvTranspose2d:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1):
        self.weight = np.random.rand(in_channels, out_channels, kernel_size, kernel_size)
        self.bias = np.zeros(out_channels)
        self.stride = stride

    def forward(self, x):
        self.x = x
        n, _, h, w = x.shape
        _, k, i, j = self.weight.shape
        s = self.stride
        out = np.zeros((n, k, (h - 1) * s + i, (w - 1) * s + j))
        for r in range(h):
            for c in range(w):
                out[:, :, r * s : r * s + i, c * s : c * s + j] += np.tensordot(x[:, :, r, c], self.weight, axes=1)
        return out + self.bias.reshape(1, -1, 1, 1)

    def backward(self, dout):
        _, _, h, w = self.x.shape
        i, j = self.weight.shape[2:]
        s = self.stride
        self.dweight = np.zeros_like(self.weight)
        dx = np.zeros_like(self.x)
        for r in range(h):
            for c in range(w):
                block = dout[:, :, r * s : r * s + i, c * s : c * s + j]
                dx[:, :, r, c] = np.tensordot(block, self.weight, axes=([1, 2, 3], [1, 2, 3]))
                self.dweight += np.tensordot(self.x[:, :, r, c], block, axes=([0], [0]))
        self.dbias = dout.sum(axis=(0, 2, 3))
        return dx
