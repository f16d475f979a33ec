"""Layers as classes that keep what their backward pass needs."""

import numpy as np


class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.weights = np.random.randn(out_channels, in_channels, kernel_size, kernel_size) * 0.1
        self.bias = np.zeros(out_channels)

    def pad_input(self, x):
        if self.padding == 0:
            return x
        p = self.padding
        return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="constant")

    def iterate_regions(self, height, width):
        for i in range(height):
            for j in range(width):
                yield i, j, i * self.stride, j * self.stride

    def forward(self, x):
        self.input_shape = x.shape
        self.x_padded = self.pad_input(x)
        n, _, h, w = self.x_padded.shape
        k = self.kernel_size
        out_h, out_w = (h - k) // self.stride + 1, (w - k) // self.stride + 1
        out = np.zeros((n, self.out_channels, out_h, out_w))
        for i, j, top, left in self.iterate_regions(out_h, out_w):
            region = self.x_padded[:, :, top : top + k, left : left + k]
            out[:, :, i, j] = np.tensordot(region, self.weights, axes=([1, 2, 3], [1, 2, 3])) + self.bias
        return out

    def backward(self, d_out):
        k, p = self.kernel_size, self.padding
        d_weights = np.zeros_like(self.weights)
        d_x = np.zeros_like(self.x_padded)
        for i, j, top, left in self.iterate_regions(d_out.shape[2], d_out.shape[3]):
            region = self.x_padded[:, :, top : top + k, left : left + k]
            grad = d_out[:, :, i, j]
            d_weights += np.tensordot(grad, region, axes=([0], [0]))
            d_x[:, :, top : top + k, left : left + k] += np.tensordot(grad, self.weights, axes=([1], [0]))
        self.d_weights = d_weights
        self.d_bias = np.sum(d_out, axis=(0, 2, 3))
        if p == 0:
            return d_x
        return d_x[:, :, p:-p, p:-p]


class Conv1D:
    def __init__(self, n_in, n_out, kernel_size, stride=1):
        self.params = {"W": np.random.randn(n_out, n_in, kernel_size), "b": np.zeros(n_out)}
        self.grads = {}
        self.stride = stride

    def _index(self, length):
        taps = np.arange(self.params["W"].shape[2])
        return (self.stride * np.arange(length)).reshape(-1, 1) + taps

    def forward(self, x):
        W = self.params["W"]
        length = (x.shape[2] - W.shape[2]) // self.stride + 1
        self.x = x
        self.patches = x[:, :, self._index(length)]
        return np.einsum("ncri,kci->nkr", self.patches, W) + self.params["b"][None, :, None]

    def backward(self, dout):
        W = self.params["W"]
        self.grads["W"] = np.einsum("nkr,ncri->kci", dout, self.patches)
        self.grads["b"] = dout.sum(axis=(0, 2))
        dpatches = np.einsum("nkr,kci->ncri", dout, W)
        dx = np.zeros(self.x.shape)
        for r in range(dout.shape[2]):
            start = r * self.stride
            dx[:, :, start : start + W.shape[2]] += dpatches[:, :, r, :]
        return dx


class MaxPool2D:
    def __init__(self, pool_size=2, stride=2):
        self.pool_size = pool_size
        self.stride = stride
        self.cache = {}

    def forward(self, x):
        n, c, h, w = x.shape
        size, s = self.pool_size, self.stride
        out_h, out_w = (h - size) // s + 1, (w - size) // s + 1
        out = np.zeros((n, c, out_h, out_w))
        where = np.zeros((n, c, out_h, out_w), dtype=int)
        for i in range(out_h):
            for j in range(out_w):
                flat = x[:, :, i * s : i * s + size, j * s : j * s + size].reshape(n, c, -1)
                where[:, :, i, j] = flat.argmax(axis=2)
                out[:, :, i, j] = flat.max(axis=2)
        self.cache["shape"] = x.shape
        self.cache["where"] = where
        return out

    def backward(self, dout):
        dx = np.zeros(self.cache["shape"])
        where = self.cache["where"]
        n, c, out_h, out_w = dout.shape
        for b in range(n):
            for ch in range(c):
                for i in range(out_h):
                    for j in range(out_w):
                        down, across = divmod(where[b, ch, i, j], self.pool_size)
                        dx[b, ch, i * self.stride + down, j * self.stride + across] += dout[b, ch, i, j]
        return dx


class AvgPool2D:
    def __init__(self, pool_size, stride):
        self.pool_size = pool_size
        self.stride = stride

    def forward(self, x):
        self.x_shape = x.shape
        n, c, h, w = x.shape
        k, s = self.pool_size, self.stride
        out = np.zeros((n, c, (h - k) // s + 1, (w - k) // s + 1))
        for i, j in np.ndindex(*out.shape[2:]):
            out[:, :, i, j] = x[:, :, i * s : i * s + k, j * s : j * s + k].mean(axis=(2, 3))
        return out

    def backward(self, dout):
        k, s = self.pool_size, self.stride
        dx = np.zeros(self.x_shape)
        for i, j in np.ndindex(*dout.shape[2:]):
            share = dout[:, :, i, j] / (k * k)
            dx[:, :, i * s : i * s + k, j * s : j * s + k] += share[:, :, None, None]
        return dx


class FullyConnected:
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(input_size, output_size)
        self.bias = np.zeros((1, output_size))

    def forward(self, input_data):
        self.input = input_data
        self.output = np.dot(self.input, self.weights) + self.bias
        return self.output

    def backward(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        weights_error = np.dot(self.input.T, output_error)
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * np.sum(output_error, axis=0, keepdims=True)
        return input_error
