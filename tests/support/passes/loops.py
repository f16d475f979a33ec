"""Convolutions whose gradients are collected in loops, over windows, over taps, or over single entries."""

import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    H_out = 1 + (H + 2 * pad - HH) // stride
    W_out = 1 + (W + 2 * pad - WW) // stride
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = x_pad[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, H_out, W_out = dout.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    dx_pad = np.zeros_like(x_pad)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            db[f] += np.sum(dout[n, f])
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    dw[f] += x_pad[n, :, top : top + HH, left : left + WW] * dout[n, f, i, j]
                    dx_pad[n, :, top : top + HH, left : left + WW] += w[f] * dout[n, f, i, j]
    dx = dx_pad[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant", constant_values=0)


def conv_forward(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f_w, n_C_prev, n_C) = W.shape
    assert f == f_w, "square filters"
    n_H = int((n_H_prev - f + 2 * pad) / stride) + 1
    n_W = int((n_W_prev - f + 2 * pad) / stride) + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert, horiz = h * stride, w * stride
                    a_slice = A_prev_pad[i, vert : vert + f, horiz : horiz + f, :]
                    Z[i, h, w, c] = np.sum(a_slice * W[:, :, :, c]) + b[0, 0, 0, c]
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f_w, n_C_prev, n_C) = W.shape
    assert f == f_w, "square filters"
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    (m, n_H, n_W, n_C) = dZ.shape
    dA_prev = np.zeros((m, n_H_prev, n_W_prev, n_C_prev))
    dW = np.zeros((f, f, n_C_prev, n_C))
    db = np.zeros((1, 1, 1, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = zero_pad(dA_prev, pad)
    for i in range(m):
        a_prev_pad = A_prev_pad[i]
        da_prev_pad = dA_prev_pad[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride
                    vert_end = vert_start + f
                    horiz_start = w * stride
                    horiz_end = horiz_start + f
                    a_slice = a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]
                    da_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += a_slice * dZ[i, h, w, c]
                    db[:, :, :, c] += dZ[i, h, w, c]
        if pad:
            dA_prev[i, :, :, :] = da_prev_pad[pad:-pad, pad:-pad, :]
        else:
            dA_prev[i, :, :, :] = da_prev_pad
    return dA_prev, dW, db


def conv1d_entry_by_entry(dy, x, w, stride):
    batch, channels, _ = x.shape
    filters, _, taps = w.shape
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(filters)
    for n in range(batch):
        for k in range(filters):
            for r, g in enumerate(dy[n, k]):
                db[k] += g
                for c in range(channels):
                    for i in range(taps):
                        dx[n, c, r * stride + i] += g * w[k, c, i]
                        dw[k, c, i] += g * x[n, c, r * stride + i]
    return dx, dw, db


def conv2d_inside_only(dy, x, w, stride, padding):
    _, _, height, width = x.shape
    kh, kw = w.shape[2], w.shape[3]
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for r in range(dy.shape[2]):
        for c in range(dy.shape[3]):
            g = dy[:, :, r, c]
            for i in range(kh):
                for j in range(kw):
                    row = r * stride - padding + i
                    col = c * stride - padding + j
                    if row < 0 or row >= height or col < 0 or col >= width:
                        continue
                    dx[:, :, row, col] += g @ w[:, :, i, j]
                    dw[:, :, i, j] += g.T @ x[:, :, row, col]
    return dx, dw, dy.sum(axis=(0, 2, 3))


def conv2d_tap_by_tap(dy, x, w, stride, padding):
    p = padding
    rows, cols = dy.shape[2:]
    xp = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
    dxp = np.zeros_like(xp)
    dw = np.empty_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            down = slice(i, i + (rows - 1) * stride + 1, stride)
            across = slice(j, j + (cols - 1) * stride + 1, stride)
            dw[:, :, i, j] = np.einsum("nkrc,nmrc->km", dy, xp[:, :, down, across])
            dxp[:, :, down, across] += np.einsum("nkrc,km->nmrc", dy, w[:, :, i, j])
    if padding == 0:
        return dxp, dw
    return dxp[:, :, p:-p, p:-p], dw


def conv2d_dilated_taps(grad_output, x, weight, dilation):
    dx = np.zeros_like(x)
    dw = np.zeros_like(weight)
    out_h, out_w = grad_output.shape[-2:]
    for i, j in np.ndindex(*weight.shape[2:]):
        y0, x0 = dilation * i, dilation * j
        patch = x[:, :, y0 : y0 + out_h, x0 : x0 + out_w]
        dw[:, :, i, j] = np.tensordot(grad_output, patch, axes=([0, 2, 3], [0, 2, 3]))
        back = np.tensordot(grad_output, weight[:, :, i, j], axes=([1], [0]))
        dx[:, :, y0 : y0 + out_h, x0 : x0 + out_w] += back.transpose(0, 3, 1, 2)
    return dx, dw, grad_output.sum((0, 2, 3))


def conv2d_two_groups(dy, x, w, stride):
    N, C, H, W = x.shape
    K, half, kh, kw = w.shape
    per_group = K // 2
    dx, dw = np.zeros((N, C, H, W)), np.zeros((K, half, kh, kw))
    for k in range(K):
        first = (k // per_group) * half
        for r in range(dy.shape[2]):
            for s in range(dy.shape[3]):
                at_r, at_s = r * stride, s * stride
                for n in range(N):
                    window = x[n, first : first + half, at_r : at_r + kh, at_s : at_s + kw]
                    dw[k] += dy[n, k, r, s] * window
                    dx[n, first : first + half, at_r : at_r + kh, at_s : at_s + kw] += dy[n, k, r, s] * w[k]
    return dx, dw


def conv1d_gathered(dy, x, w, stride, padding):
    """Every entry of dx asks which outputs it has a part in."""
    positions = dy.shape[2]
    dx = np.zeros(x.shape)
    for m in range(x.shape[2]):
        for i in range(w.shape[2]):
            offset = m + padding - i
            if offset % stride == 0:
                r = offset // stride
                if 0 <= r < positions:
                    dx[:, :, m] += dy[:, :, r].dot(w[:, :, i])
    return dx


def conv2d_with_counters(delta, inputs, kernel, stride):
    kh, kw = kernel.shape[2:]
    d_inputs = np.zeros(inputs.shape)
    d_kernel = np.zeros(kernel.shape)
    out_y = 0
    for y in range(0, inputs.shape[2] - kh + 1, stride):
        out_x = 0
        for x in range(0, inputs.shape[3] - kw + 1, stride):
            region = inputs[:, :, y : y + kh, x : x + kw]
            for n in range(len(inputs)):
                for k in range(len(kernel)):
                    d_kernel[k] += delta[n, k, out_y, out_x] * region[n]
                    d_inputs[n, :, y : y + kh, x : x + kw] += delta[n, k, out_y, out_x] * kernel[k]
            out_x += 1
        out_y += 1
    return d_inputs, d_kernel


def conv2d_one_map(dy, x, w):
    (kh, kw), (rows, cols) = w.shape, dy.shape
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for i in range(kh):
        for j in range(kw):
            dw[i, j] = (dy * x[i : i + rows, j : j + cols]).sum()
    for r in range(rows):
        for c in range(cols):
            dx[r : r + kh, c : c + kw] += dy[r, c] * w
    return dx, dw


def conv2d_filters_in_turn(dout, x, w, stride):
    """As a closure that adds the part of one filter."""
    n, _, _, _ = x.shape
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))

    def add(k, sample):
        for r, row in enumerate(dout[sample, k]):
            for c, g in enumerate(row):
                at = (sample, slice(None), slice(r * stride, r * stride + w.shape[2]))
                at = (*at, slice(c * stride, c * stride + w.shape[3]))
                dw[k] += g * x[at]
                dx[at] += g * w[k]
                db[k] += g

    for sample in range(n):
        for k in range(len(w)):
            add(k, sample)
    return dx, dw, db


def conv2d_bias_in_loops(dy):
    db = np.zeros(dy.shape[1])
    for k in range(dy.shape[1]):
        total = 0.0
        for n in range(dy.shape[0]):
            total += dy[n, k, :, :].sum()
        db[k] = total
    return db


def conv_nhwc_bias(dZ):
    return np.sum(np.sum(np.sum(dZ, axis=0), axis=0), axis=0)
