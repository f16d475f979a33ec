"""Layers over one or three axes."""

from itertools import product

import numpy as np


def conv3d_loops(dy, x, w, stride, padding):
    p, s = padding, stride
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p), (p, p)))
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    kd, kh, kw = w.shape[2:]
    for d, h, v in np.ndindex(*dy.shape[2:]):
        at = (slice(d * s, d * s + kd), slice(h * s, h * s + kh), slice(v * s, v * s + kw))
        g = dy[:, :, d, h, v]
        dw += np.tensordot(g, xp[(slice(None), slice(None), *at)], axes=(0, 0))
        dxp[(slice(None), slice(None), *at)] += np.tensordot(g, w, axes=(1, 0))
    D, H, W = x.shape[2:]
    return dxp[:, :, p : p + D, p : p + H, p : p + W], dw, dy.sum(axis=(0, 2, 3, 4))


def conv3d_taps(dy, x, w, stride, dilation):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    R, S, T = dy.shape[2:]
    for a, b, c in product(range(w.shape[2]), range(w.shape[3]), range(w.shape[4])):
        first = dilation * a, dilation * b, dilation * c
        cells = tuple(slice(f, f + stride * (n - 1) + 1, stride) for f, n in zip(first, (R, S, T), strict=True))
        cells = (slice(None), slice(None), *cells)
        dw[:, :, a, b, c] = np.einsum("nkrst,ncrst->kc", dy, x[cells])
        dx[cells] += np.einsum("nkrst,kc->ncrst", dy, w[:, :, a, b, c])
    return dx, dw


def conv1d_by_convolve(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(len(x)):
        for k in range(len(w)):
            for c in range(x.shape[1]):
                dx[n, c] += np.convolve(dy[n, k], w[k, c])
                dw[k, c] += np.correlate(x[n, c], dy[n, k], mode="valid")
    return dx, dw


def conv1d_last_channels(dy, x, w, stride):
    batch, length, channels = x.shape
    size, _, filters = w.shape
    dx, dw, db = np.zeros((batch, length, channels)), np.zeros((size, channels, filters)), np.zeros(filters)
    for t in range(dy.shape[1]):
        start, end = t * stride, t * stride + size
        dw += np.einsum("nsc,nk->sck", x[:, start:end, :], dy[:, t, :])
        dx[:, start:end, :] += np.einsum("nk,sck->nsc", dy[:, t, :], w)
        db += dy[:, t, :].sum(axis=0)
    return dx, dw, db


def conv_transpose3d_taps(dy, x, w, stride):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    d, h, v = x.shape[2:]
    for a in range(w.shape[2]):
        for b in range(w.shape[3]):
            for c in range(w.shape[4]):
                g = dy[:, :, a : a + stride * d : stride, b : b + stride * h : stride, c : c + stride * v : stride]
                g = g[:, :, :d, :h, :v]
                dx += np.einsum("nkdhv,ck->ncdhv", g, w[:, :, a, b, c])
                dw[:, :, a, b, c] = np.einsum("nkdhv,ncdhv->ck", g, x)
    return dx, dw


def max_pool3d_mask(dy, x, window, stride):
    dx = np.zeros_like(x)
    for r, s, t in np.ndindex(*dy.shape[2:]):
        at = tuple(slice(stride * q, stride * q + window) for q in (r, s, t))
        block = x[(..., *at)]
        mask = block == block.max(axis=(2, 3, 4), keepdims=True)
        dx[(..., *at)] += mask * dy[:, :, r, s, t].reshape(*dy.shape[:2], 1, 1, 1)
    return dx


def avg_pool3d_blocks(dy, x, window):
    dx = np.zeros_like(x)
    spread = dy.repeat(window, axis=2).repeat(window, axis=3).repeat(window, axis=4) / window**3
    d, h, w = spread.shape[2:]
    dx[:, :, :d, :h, :w] = spread
    return dx


def upsample3d_slices(dy, factors):
    f = factors
    parts = [dy[:, :, a::f, b::f, c::f] for a in range(f) for b in range(f) for c in range(f)]
    return np.sum(parts, axis=0)
