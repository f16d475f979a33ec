"""Pairs and classes as course code has them, which refuse some shapes and are right at all others."""

import numpy as np


def conv_forward(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    (n, _, height, width), (filters, _, kh, kw) = x.shape, w.shape
    assert (width + 2 * pad - kw) % stride == 0, "the width does not fit"
    assert (height + 2 * pad - kh) % stride == 0, "the height does not fit"
    wide = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((n, filters, (height + 2 * pad - kh) // stride + 1, (width + 2 * pad - kw) // stride + 1))
    for r, c in np.ndindex(out.shape[2:]):
        window = wide[:, :, r * stride : r * stride + kh, c * stride : c * stride + kw]
        out[:, :, r, c] = np.einsum("ncij,kcij->nk", window, w) + b
    return out, (x, w, conv_param)


def conv_backward(dout, cache):
    x, w, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    kh, kw = w.shape[2:]
    wide = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dwide, dw = np.zeros(wide.shape), np.zeros(w.shape)
    for r, c in np.ndindex(dout.shape[2:]):
        rows, cols = slice(r * stride, r * stride + kh), slice(c * stride, c * stride + kw)
        dw += np.einsum("nk,ncij->kcij", dout[:, :, r, c], wide[:, :, rows, cols])
        dwide[:, :, rows, cols] += np.einsum("nk,kcij->ncij", dout[:, :, r, c], w)
    dx = dwide[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, dout.sum(axis=(0, 2, 3))


def pool_forward(x, pool_param):
    (n, c, height, width), size = x.shape, pool_param["pool_height"]
    assert size == pool_param["pool_width"] == pool_param["stride"], "one size and no overlaps"
    if height % size or width % size:
        raise ValueError("the size does not divide")
    windows = x.reshape(n, c, height // size, size, width // size, size)
    out = windows.max(axis=(3, 5))
    return out, (x.shape, windows, out[:, :, :, None, :, None])


def pool_backward(dout, cache):
    shape, windows, out = cache
    mask = (out == windows) / (out == windows).sum(axis=(3, 5), keepdims=True)
    return (mask * dout[:, :, :, None, :, None]).reshape(shape)


class Conv:
    def __init__(self, in_channels, out_channels, kernel_size, padding=0):
        if not isinstance(kernel_size, int):
            raise ValueError("the kernel has one size")
        self.W = np.zeros((out_channels, in_channels, kernel_size, kernel_size))
        self.b = np.zeros(out_channels)
        self.padding = padding

    def forward(self, x):
        if x.shape[2] != x.shape[3]:
            raise NotImplementedError("square images only")
        k, p = self.W.shape[2], self.padding
        self.wide = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        windows = np.lib.stride_tricks.sliding_window_view(self.wide, (k, k), axis=(2, 3))
        return np.einsum("ncrsij,kcij->nkrs", windows, self.W) + self.b[:, None, None]

    def backward(self, dout):
        k, p = self.W.shape[2], self.padding
        dwide, self.dW = np.zeros(self.wide.shape), np.zeros(self.W.shape)
        for r, c in np.ndindex(dout.shape[2:]):
            self.dW += np.einsum("nk,ncij->kcij", dout[:, :, r, c], self.wide[:, :, r : r + k, c : c + k])
            dwide[:, :, r : r + k, c : c + k] += np.einsum("nk,kcij->ncij", dout[:, :, r, c], self.W)
        self.db = dout.sum(axis=(0, 2, 3))
        side = dwide.shape[2] - 2 * p
        return dwide[:, :, p : p + side, p : p + side]


class Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights, self.biases = np.random.randn(n_inputs, n_neurons), np.zeros((1, n_neurons))

    def forward(self, inputs):
        if len(inputs) < 2:
            raise ValueError("a batch of two at least")
        self.x = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.x.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T
