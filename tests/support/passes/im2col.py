"""Convolutions as matrix products: the windows as columns or rows of a matrix, and back."""

import numpy as np


def column_indices(x_shape, field_height, field_width, padding, stride):
    _, C, H, W = x_shape
    out_height = (H + 2 * padding - field_height) // stride + 1
    out_width = (W + 2 * padding - field_width) // stride + 1
    i0 = np.tile(np.repeat(np.arange(field_height), field_width), C)
    i1 = stride * np.repeat(np.arange(out_height), out_width)
    j0 = np.tile(np.arange(field_width), field_height * C)
    j1 = stride * np.tile(np.arange(out_width), out_height)
    i = i0.reshape(-1, 1) + i1.reshape(1, -1)
    j = j0.reshape(-1, 1) + j1.reshape(1, -1)
    k = np.repeat(np.arange(C), field_height * field_width).reshape(-1, 1)
    return k, i, j


def conv_backward_by_indices(dout, x, w, stride, padding):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    p = padding
    k, i, j = column_indices(x.shape, HH, WW, p, stride)
    x_padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="constant")
    cols = x_padded[:, k, i, j].transpose(1, 2, 0).reshape(C * HH * WW, -1)
    dout_reshaped = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    db = np.sum(dout_reshaped, axis=1)
    dw = dout_reshaped.dot(cols.T).reshape(w.shape)
    dcols = w.reshape(F, -1).T.dot(dout_reshaped)
    dcols = dcols.reshape(C * HH * WW, -1, N).transpose(2, 0, 1)
    dx_padded = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=dcols.dtype)
    np.add.at(dx_padded, (slice(None), k, i, j), dcols)
    if p == 0:
        return dx_padded, dw, db
    return dx_padded[:, :, p:-p, p:-p], dw, db


def to_columns(images, filter_h, filter_w, stride, pad):
    N, C, H, W = images.shape
    out_h = (H + 2 * pad - filter_h) // stride + 1
    out_w = (W + 2 * pad - filter_w) // stride + 1
    img = np.pad(images, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    col = np.zeros((N, C, filter_h, filter_w, out_h, out_w))
    for y in range(filter_h):
        y_max = y + stride * out_h
        for x in range(filter_w):
            x_max = x + stride * out_w
            col[:, :, y, x, :, :] = img[:, :, y:y_max:stride, x:x_max:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * out_h * out_w, -1)


def to_images(col, input_shape, filter_h, filter_w, stride, pad):
    N, C, H, W = input_shape
    out_h = (H + 2 * pad - filter_h) // stride + 1
    out_w = (W + 2 * pad - filter_w) // stride + 1
    col = col.reshape(N, out_h, out_w, C, filter_h, filter_w).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2 * pad + stride - 1, W + 2 * pad + stride - 1))
    for y in range(filter_h):
        y_max = y + stride * out_h
        for x in range(filter_w):
            x_max = x + stride * out_w
            img[:, :, y:y_max:stride, x:x_max:stride] += col[:, :, y, x, :, :]
    return img[:, :, pad : H + pad, pad : W + pad]


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W = W
        self.b = b
        self.stride = stride
        self.pad = pad
        self.x = None
        self.col = None
        self.col_W = None
        self.dW = None
        self.db = None

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        out_h = 1 + (H + 2 * self.pad - FH) // self.stride
        out_w = 1 + (W + 2 * self.pad - FW) // self.stride
        col = to_columns(x, FH, FW, self.stride, self.pad)
        col_W = self.W.reshape(FN, -1).T
        out = np.dot(col, col_W) + self.b
        self.x, self.col, self.col_W = x, col, col_W
        return out.reshape(N, out_h, out_w, -1).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.col.T, dout)
        self.dW = self.dW.transpose(1, 0).reshape(FN, C, FH, FW)
        dcol = np.dot(dout, self.col_W.T)
        return to_images(dcol, self.x.shape, FH, FW, self.stride, self.pad)


def conv_backward_by_patches(dy, x, w, stride):
    """A row of the matrix for every window, collected in a list."""
    N, C, H, W = x.shape
    K, _, I, J = w.shape
    R, S = dy.shape[2], dy.shape[3]
    rows = [x[:, :, r * stride : r * stride + I, s * stride : s * stride + J] for r in range(R) for s in range(S)]
    patches = np.stack(rows, axis=1).reshape(N * R * S, C * I * J)
    dy_flat = dy.reshape(N, K, R * S).transpose(0, 2, 1).reshape(N * R * S, K)
    dw = (dy_flat.T @ patches).reshape(K, C, I, J)
    dpatches = (dy_flat @ w.reshape(K, C * I * J)).reshape(N, R * S, C, I, J)
    dx = np.zeros((N, C, H, W))
    for at in range(R * S):
        r, s = at // S, at % S
        dx[:, :, r * stride : r * stride + I, s * stride : s * stride + J] += dpatches[:, at]
    return dx, dw, dy_flat.sum(axis=0)


def conv1d_by_index_matrix(dy, x, w, stride):
    n, c, _ = x.shape
    k, _, size = w.shape
    length = dy.shape[-1]
    index = np.arange(size)[:, None] + stride * np.arange(length)[None, :]
    columns = x[:, :, index].reshape(n, c * size, length)
    dw = np.matmul(dy, columns.transpose(0, 2, 1)).sum(axis=0).reshape(k, c, size)
    dcolumns = np.matmul(w.reshape(k, c * size).T, dy).reshape(n, c, size, length)
    dx = np.zeros_like(x)
    for tap in range(size):
        dx[:, :, tap : tap + stride * (length - 1) + 1 : stride] += dcolumns[:, :, tap]
    return dx, dw, dy.sum(axis=2).sum(axis=0)


def conv_nhwc_rows(dZ, A_prev, W, stride, pad):
    m, h_prev, w_prev, c_prev = A_prev.shape
    f_h, f_w, _, c_out = W.shape
    _, h_out, w_out, _ = dZ.shape
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    d_padded = np.zeros(padded.shape)
    W_col = W.reshape(-1, c_out)
    dW_col = np.zeros(W_col.shape)
    for h in range(h_out):
        for w in range(w_out):
            hs, ws = h * stride, w * stride
            rows = padded[:, hs : hs + f_h, ws : ws + f_w, :].reshape(m, -1)
            g = dZ[:, h, w, :]
            dW_col += rows.T @ g
            d_padded[:, hs : hs + f_h, ws : ws + f_w, :] += (g @ W_col.T).reshape(m, f_h, f_w, c_prev)
    dA = d_padded[:, pad : pad + h_prev, pad : pad + w_prev, :]
    return dA, dW_col.reshape(W.shape), dZ.sum(axis=(0, 1, 2))


def pointwise_conv(dy, x, w):
    assert w.shape[2] == 1 and w.shape[3] == 1, "filters of one pixel"
    N, C, H, W = x.shape
    K = w.shape[0]
    flat_w = w.reshape(K, C)
    flat_x = x.reshape(N, C, H * W)
    flat_dy = dy.reshape(N, K, H * W)
    dx = np.matmul(flat_w.T, flat_dy).reshape(N, C, H, W)
    dw = np.einsum("nkp,ncp->kc", flat_dy, flat_x).reshape(K, C, 1, 1)
    return dx, dw, flat_dy.sum(axis=(0, 2))
