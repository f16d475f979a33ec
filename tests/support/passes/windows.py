"""Convolutions by views of all windows (sliding_window_view, as_strided), and by the correlations of SciPy."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from scipy import signal


def conv2d_full_padding(dy, x, w, padding):
    p, (I, J), (H, W) = padding, w.shape[2:], x.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    dw = np.einsum("nkrs,ncijrs->kcij", dy, sliding_window_view(xp, dy.shape[2:], axis=(2, 3)))
    wide = np.pad(dy, ((0, 0), (0, 0), (I - 1, I - 1), (J - 1, J - 1)))
    dxp = np.einsum("nkmoij,kcij->ncmo", sliding_window_view(wide, (I, J), axis=(2, 3)), w[:, :, ::-1, ::-1])
    return dxp[:, :, p : p + H, p : p + W], dw, dy.sum(axis=(0, 2, 3))


def conv2d_windows_with_stride(dy, x, w, stride):
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    dw = np.tensordot(dy, windows, axes=((0, 2, 3), (0, 2, 3)))
    dx = np.zeros_like(x)
    dwindows = sliding_window_view(dx, w.shape[2:], axis=(2, 3), writeable=True)[:, :, ::stride, ::stride]
    for r in range(dy.shape[2]):
        for c in range(dy.shape[3]):
            dwindows[:, :, r, c] += np.tensordot(dy[:, :, r, c], w, axes=1)
    return dx, dw


def conv_nhwc_strided(dZ, A_prev, W, stride):
    m, H, Wd, C = A_prev.shape
    f, g, _, K = W.shape
    n_H, n_W = dZ.shape[1], dZ.shape[2]
    sm, sh, sw, sc = A_prev.strides
    views = as_strided(A_prev, (m, n_H, n_W, f, g, C), (sm, sh * stride, sw * stride, sh, sw, sc), writeable=False)
    dW = np.tensordot(views, dZ, axes=([0, 1, 2], [0, 1, 2]))
    dA = np.zeros((m, H, Wd, C))
    spread = np.tensordot(dZ, W, axes=([3], [3]))
    for h in range(n_H):
        for w in range(n_W):
            dA[:, h * stride : h * stride + f, w * stride : w * stride + g] += spread[:, h, w]
    return dA, dW, dZ.sum(axis=(0, 1, 2))


def conv1d_strided(dy, x, w, stride, dilation):
    n, c, _ = x.shape
    k, _, size = w.shape
    length = dy.shape[2]
    a, b, step = x.strides
    shape, strides = (n, c, length, size), (a, b, step * stride, step * dilation)
    windows = as_strided(x, shape=shape, strides=strides)
    return np.einsum("nkr,ncri->kci", dy, windows)


def conv1d_windows(dy, x, w):
    size = w.shape[-1]
    windows = sliding_window_view(x, size, axis=-1)
    dw = np.einsum("nkr,ncri->kci", dy, windows)
    padded = np.pad(dy, [(0, 0), (0, 0), (size - 1, size - 1)])
    dx = np.einsum("nkmi,kci->ncm", sliding_window_view(padded, size, axis=-1), np.flip(w, axis=-1))
    return dx, dw, dy.sum(axis=(0, -1))


def conv2d_by_scipy(dy, x, w):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for n in range(x.shape[0]):
        for k in range(w.shape[0]):
            for c in range(x.shape[1]):
                dw[k, c] += signal.correlate2d(x[n, c], dy[n, k], mode="valid")
                dx[n, c] += signal.convolve2d(dy[n, k], w[k, c], mode="full")
    return dx, dw, dy.sum(axis=(0, 2, 3))


class Convolutional:
    def __init__(self, input_shape, kernel_size, depth):
        input_depth, input_height, input_width = input_shape
        self.depth = depth
        self.input_depth = input_depth
        self.input_shape = input_shape
        self.output_shape = (depth, input_height - kernel_size + 1, input_width - kernel_size + 1)
        self.kernels_shape = (depth, input_depth, kernel_size, kernel_size)
        self.kernels = np.random.randn(*self.kernels_shape)
        self.biases = np.random.randn(depth)

    def forward(self, input):
        self.input = input
        out = np.zeros((len(input), *self.output_shape))
        for n in range(len(input)):
            for i in range(self.depth):
                out[n, i] = self.biases[i]
                for j in range(self.input_depth):
                    out[n, i] += signal.correlate2d(self.input[n, j], self.kernels[i, j], "valid")
        return out

    def backward(self, output_gradient, learning_rate):
        kernels_gradient = np.zeros(self.kernels_shape)
        input_gradient = np.zeros(self.input.shape)
        for n in range(len(self.input)):
            for i in range(self.depth):
                for j in range(self.input_depth):
                    kernels_gradient[i, j] += signal.correlate2d(self.input[n, j], output_gradient[n, i], "valid")
                    input_gradient[n, j] += signal.convolve2d(output_gradient[n, i], self.kernels[i, j], "full")
        self.kernels -= learning_rate * kernels_gradient
        self.biases -= learning_rate * output_gradient.sum(axis=(0, 2, 3))
        return input_gradient


def conv2d_one_map_by_scipy(grad, image, kernel):
    return signal.convolve2d(grad, kernel), signal.correlate2d(image, grad, "valid")


def conv3d_windows(dy, x, w):
    pads = [(0, 0), (0, 0)] + [(size - 1, size - 1) for size in w.shape[2:]]
    views = sliding_window_view(np.pad(dy, pads), w.shape[2:], axis=(2, 3, 4))
    dx = np.einsum("nkdhwabc,kmabc->nmdhw", views, w[:, :, ::-1, ::-1, ::-1])
    dw = np.einsum("nkdhw,nmabcdhw->kmabc", dy, sliding_window_view(x, dy.shape[2:], axis=(2, 3, 4)))
    return dx, dw, dy.sum(axis=(0, 2, 3, 4))
