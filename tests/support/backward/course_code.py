"""Pairs and classes as courses, books and repositories have them, all of them right; tests make them wrong."""

import numpy as np

# Pairs whose cache is a tuple, and options in a table.


def conv_forward_naive(x, w, b, conv_param):
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    rows, cols = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.zeros((N, F, rows, cols))
    for n in range(N):
        for f in range(F):
            for i in range(rows):
                for j in range(cols):
                    window = padded[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, F, rows, cols = dout.shape
    HH, WW = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    db = dout.sum(axis=(0, 2, 3))
    for n in range(N):
        for f in range(F):
            for i in range(rows):
                for j in range(cols):
                    at = (n, slice(None), slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW))
                    dw[f] += padded[at] * dout[n, f, i, j]
                    dpadded[at] += w[f] * dout[n, f, i, j]
    dx = dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))
    for i, j in np.ndindex(out.shape[2:]):
        window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
        out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x[n, c, i * stride : i * stride + height, j * stride : j * stride + width]
        k, m = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + k, j * stride + m] += dout[n, c, i, j]
    return dx


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, _b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    return dx, dw, dout.sum(axis=0)


# Channels last, hyperparameters in a table, a bias of four axes.


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant")


def conv_forward(A_prev, W, b, hparameters):
    (m, n_H_prev, n_W_prev, _) = A_prev.shape
    (f, g, _, n_C) = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    n_H, n_W = (n_H_prev - f + 2 * pad) // stride + 1, (n_W_prev - g + 2 * pad) // stride + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    a_slice = A_prev_pad[i, h * stride : h * stride + f, w * stride : w * stride + g, :]
                    Z[i, h, w, c] = np.sum(a_slice * W[:, :, :, c]) + float(b[:, :, :, c].item())
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):
    (A_prev, W, _b, hparameters) = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    (f, g, _n_C_prev, n_C) = W.shape
    (m, n_H, n_W, n_C) = dZ.shape
    dW, db = np.zeros(W.shape), np.zeros((1, 1, 1, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = np.zeros_like(A_prev_pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                rows, cols = slice(h * stride, h * stride + f), slice(w * stride, w * stride + g)
                for c in range(n_C):
                    dA_prev_pad[i, rows, cols, :] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += A_prev_pad[i, rows, cols, :] * dZ[i, h, w, c]
                    db[:, :, :, c] += dZ[i, h, w, c]
    dA_prev = dA_prev_pad[:, pad : pad + A_prev.shape[1], pad : pad + A_prev.shape[2], :]
    return dA_prev, dW, db


def pool_forward(A_prev, hparameters, mode="max"):
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = (A_prev.shape[1] - f) // stride + 1, (A_prev.shape[2] - f) // stride + 1
    A = np.zeros((len(A_prev), n_H, n_W, A_prev.shape[3]))
    for h, w in np.ndindex(n_H, n_W):
        a_slice = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f]
        A[:, h, w] = a_slice.max(axis=(1, 2)) if mode == "max" else a_slice.mean(axis=(1, 2))
    return A, (A_prev, hparameters)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        at = (i, slice(h * stride, h * stride + f), slice(w * stride, w * stride + f), c)
        mask = A_prev[at] == A_prev[at].max() if mode == "max" else np.full((f, f), 1 / f**2)
        dA_prev[at] += mask * dA[i, h, w, c]
    return dA_prev


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, _b = cache
    return W.T @ dZ, dZ @ A_prev.T, np.sum(dZ, axis=1, keepdims=True)


# Layers made with their filters; columns and back.


def im2col(x, height, width, stride=1, pad=0):
    N, C, H, W = x.shape
    rows, cols = (H + 2 * pad - height) // stride + 1, (W + 2 * pad - width) // stride + 1
    image = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    col = np.zeros((N, C, height, width, rows, cols))
    for i in range(height):
        for j in range(width):
            col[:, :, i, j] = image[:, :, i : i + stride * rows : stride, j : j + stride * cols : stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * rows * cols, -1)


def col2im(col, shape, height, width, stride=1, pad=0):
    N, C, H, W = shape
    rows, cols = (H + 2 * pad - height) // stride + 1, (W + 2 * pad - width) // stride + 1
    col = col.reshape(N, rows, cols, C, height, width).transpose(0, 3, 4, 5, 1, 2)
    image = np.zeros((N, C, H + 2 * pad + stride - 1, W + 2 * pad + stride - 1))
    for i in range(height):
        for j in range(width):
            image[:, :, i : i + stride * rows : stride, j : j + stride * cols : stride] += col[:, :, i, j]
    return image[:, :, pad : H + pad, pad : W + pad]


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.x = self.col = self.col_W = self.dW = self.db = None

    def forward(self, x):
        FN, _, FH, FW = self.W.shape
        N, _, H, W = x.shape
        rows = 1 + (H + 2 * self.pad - FH) // self.stride
        cols = 1 + (W + 2 * self.pad - FW) // self.stride
        self.x, self.col = x, im2col(x, FH, FW, self.stride, self.pad)
        self.col_W = self.W.reshape(FN, -1).T
        out = np.dot(self.col, self.col_W) + self.b
        return out.reshape(N, rows, cols, -1).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.col.T, dout).transpose(1, 0).reshape(FN, C, FH, FW)
        return col2im(np.dot(dout, self.col_W.T), self.x.shape, FH, FW, self.stride, self.pad)


class Pooling:
    def __init__(self, pool_h, pool_w, stride=2, pad=0):
        self.pool_h, self.pool_w, self.stride, self.pad = pool_h, pool_w, stride, pad

    def forward(self, x):
        N, C, H, W = x.shape
        rows, cols = 1 + (H - self.pool_h) // self.stride, 1 + (W - self.pool_w) // self.stride
        col = im2col(x, self.pool_h, self.pool_w, self.stride, self.pad).reshape(-1, self.pool_h * self.pool_w)
        self.x, self.arg_max = x, np.argmax(col, axis=1)
        return np.max(col, axis=1).reshape(N, rows, cols, C).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1)
        size = self.pool_h * self.pool_w
        dmax = np.zeros((dout.size, size))
        dmax[np.arange(self.arg_max.size), self.arg_max.flatten()] = dout.flatten()
        dcol = dmax.reshape(dout.shape[0] * dout.shape[1] * dout.shape[2], -1)
        return col2im(dcol, self.x.shape, self.pool_h, self.pool_w, self.stride, self.pad)


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW, self.db = np.dot(self.x.T, dout), np.sum(dout, axis=0)
        return np.dot(dout, self.W.T)


# Layers made with sizes.


class Conv2D:
    """One number is the size of the filters; the gradients are in a table."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        k = kernel_size
        self.params = {"W": np.random.randn(out_channels, in_channels, k, k) * 0.01, "b": np.zeros(out_channels)}
        self.grads = {}
        self.k, self.stride, self.padding = k, stride, padding

    def forward(self, x):
        p, s, k = self.padding, self.stride, self.k
        self.padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        rows, cols = (self.padded.shape[2] - k) // s + 1, (self.padded.shape[3] - k) // s + 1
        out = np.zeros((len(x), len(self.params["b"]), rows, cols))
        for i in range(rows):
            for j in range(cols):
                window = self.padded[:, None, :, i * s : i * s + k, j * s : j * s + k]
                out[:, :, i, j] = (window * self.params["W"]).sum(axis=(2, 3, 4)) + self.params["b"]
        return out

    def backward(self, grad_output):
        p, s, k = self.padding, self.stride, self.k
        dpadded, dW = np.zeros(self.padded.shape), np.zeros(self.params["W"].shape)
        for n, o, i, j in np.ndindex(grad_output.shape):
            at = (n, slice(None), slice(i * s, i * s + k), slice(j * s, j * s + k))
            dW[o] += grad_output[n, o, i, j] * self.padded[at]
            dpadded[at] += grad_output[n, o, i, j] * self.params["W"][o]
        self.grads["W"], self.grads["b"] = dW, grad_output.sum(axis=(0, 2, 3))
        h, w = dpadded.shape[2:]
        return dpadded[:, :, p : h - p, p : w - p]


class Convolutional:
    """One example at a time, a bias of every pixel, and a step of gradient descent in the backward pass."""

    def __init__(self, input_shape, kernel_size, depth):
        input_depth, input_height, input_width = input_shape
        self.depth, self.input_depth, self.input_shape = depth, input_depth, input_shape
        self.output_shape = (depth, input_height - kernel_size + 1, input_width - kernel_size + 1)
        self.kernels = np.random.randn(depth, input_depth, kernel_size, kernel_size)
        self.biases = np.random.randn(*self.output_shape)

    def forward(self, input):
        self.input = input
        self.output = np.copy(self.biases)
        k = self.kernels.shape[2]
        for i in range(self.depth):
            for r, c in np.ndindex(self.output_shape[1:]):
                self.output[i, r, c] += np.sum(input[:, r : r + k, c : c + k] * self.kernels[i])
        return self.output

    def backward(self, output_gradient, learning_rate):
        kernels_gradient, input_gradient = np.zeros(self.kernels.shape), np.zeros(self.input_shape)
        k = self.kernels.shape[2]
        for i, r, c in np.ndindex(output_gradient.shape):
            kernels_gradient[i] += output_gradient[i, r, c] * self.input[:, r : r + k, c : c + k]
            input_gradient[:, r : r + k, c : c + k] += output_gradient[i, r, c] * self.kernels[i]
        self.kernels -= learning_rate * kernels_gradient
        self.biases -= learning_rate * output_gradient
        return input_gradient


class Dense:
    """A bias in a row, and a step of gradient descent in the backward pass."""

    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(input_size, output_size)
        self.bias = np.random.randn(1, output_size)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.bias

    def backward(self, output_error, learning_rate):
        input_error = output_error @ self.weights.T
        self.weights = self.weights - learning_rate * (self.inputs.T @ output_error)
        self.bias = self.bias - learning_rate * output_error.sum(axis=0, keepdims=True)
        return input_error


class ConvWithCache:
    """The forward pass returns a cache; the results are a table."""

    def __init__(self, num_filters, in_channels, filter_size):
        self.filters = np.zeros((num_filters, in_channels, *filter_size))
        self.bias = np.zeros((num_filters, 1))

    def forward(self, X, training=True):
        col = im2col(X, *self.filters.shape[2:])
        h, w = (X.shape[k] - self.filters.shape[k] + 1 for k in (2, 3))
        out = self.filters.reshape(len(self.filters), -1) @ col.T + self.bias
        return out.reshape(-1, len(X), h, w).transpose(1, 0, 2, 3), {"col": col, "shape": X.shape}

    def backward(self, dZ, cache):
        flat = dZ.transpose(1, 0, 2, 3).reshape(len(self.filters), -1)
        d_col = flat.T @ self.filters.reshape(len(self.filters), -1)
        return {
            "dX": col2im(d_col, cache["shape"], *self.filters.shape[2:]),
            "dW": (flat @ cache["col"]).reshape(self.filters.shape),
            "db": flat.sum(axis=1, keepdims=True),
        }


class AvgPool2D:
    def __init__(self, kernel_size, stride=None):
        self.size, self.stride = kernel_size, stride or kernel_size

    def __call__(self, x):
        self.shape, k, s = x.shape, self.size, self.stride
        rows, cols = (x.shape[2] - k) // s + 1, (x.shape[3] - k) // s + 1
        out = np.zeros((*x.shape[:2], rows, cols))
        for i, j in np.ndindex(rows, cols):
            out[:, :, i, j] = x[:, :, i * s : i * s + k, j * s : j * s + k].mean(axis=(2, 3))
        return out

    def backward(self, grad):
        dx, k, s = np.zeros(self.shape), self.size, self.stride
        for i, j in np.ndindex(grad.shape[2:]):
            dx[:, :, i * s : i * s + k, j * s : j * s + k] += grad[:, :, i, j, None, None] / k**2
        return dx


# A context, and two results in another order.


class ConvFunction:
    @staticmethod
    def forward(ctx, x, weight, bias=None, stride=1):
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return conv_forward_naive(x, weight, bias, {"stride": stride, "pad": 0})[0]

    @staticmethod
    def backward(ctx, grad_output):
        x, weight = ctx.saved_tensors
        cache = (x, weight, None, {"stride": ctx.stride, "pad": 0})
        grad_x, grad_weight, grad_bias = conv_backward_naive(grad_output, cache)
        return grad_x, grad_weight, grad_bias, None


def fwd(x, W):
    return conv_forward_naive(x, W, np.zeros(len(W)), {"stride": 1, "pad": 0})


def bwd(dY, memory):
    dx, dw, _ = conv_backward_naive(dY, memory)
    return dw, dx
