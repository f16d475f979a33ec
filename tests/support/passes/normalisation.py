"""Batch normalisation, with its forward passes: per feature, and per channel of maps."""

import numpy as np


def batchnorm_forward(x, gamma, beta):
    eps = 1e-5
    mean = x.mean(axis=0)
    var = ((x - mean) ** 2).mean(axis=0)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta


def batchnorm_backward(dout, x, gamma):
    """Node by node of the graph."""
    eps = 1e-5
    N, D = x.shape
    mu = 1.0 / N * np.sum(x, axis=0)
    xmu = x - mu
    var = 1.0 / N * np.sum(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    return dx1 + dx2, dgamma, dbeta


def batchnorm_backward_short(dout, x, gamma):
    n = len(x)
    centred = x - x.mean(axis=0)
    std = np.sqrt((centred * centred).mean(axis=0) + 1e-5)
    x_hat = centred / std
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx = gamma / (n * std) * (n * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta


def batchnorm_backward_means(dout, x, gamma):
    mean, var = x.mean(0), x.var(0)
    x_hat = (x - mean) / np.sqrt(var + 1e-5)
    g = dout * gamma
    dx = (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / np.sqrt(var + 1e-5)
    return dx, np.sum(dout * x_hat, 0), np.sum(dout, 0)


def spatial_forward(x, gamma, beta):
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=(0, 2, 3), keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + 1e-5)
    return gamma.reshape(1, -1, 1, 1) * x_hat + beta.reshape(1, -1, 1, 1)


def spatial_backward(dout, x, gamma):
    N, C, H, W = x.shape
    flat_x = x.transpose(0, 2, 3, 1).reshape(-1, C)
    flat_dout = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    flat_dx, dgamma, dbeta = batchnorm_backward_short(flat_dout, flat_x, gamma)
    return flat_dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


def spatial_backward_direct(dout, x, gamma):
    axes = (0, 2, 3)
    count = x.shape[0] * x.shape[2] * x.shape[3]
    mean = np.mean(x, axis=axes, keepdims=True)
    istd = 1 / np.sqrt(np.var(x, axis=axes, keepdims=True) + 1e-5)
    x_hat = (x - mean) * istd
    dgamma = np.sum(dout * x_hat, axis=axes)
    dbeta = np.sum(dout, axis=axes)
    scale = (gamma / count).reshape(1, -1, 1, 1) * istd
    dx = scale * (count * dout - dbeta[None, :, None, None] - x_hat * dgamma[None, :, None, None])
    return dx, dgamma, dbeta


def maps_last_forward(x, gamma, beta):
    mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(var + 1e-5) + beta


def maps_last_backward(dout, x, gamma):
    m = x.shape[0] * x.shape[1] * x.shape[2]
    mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    x_hat = (x - mean) / np.sqrt(var + 1e-5)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mean), axis=(0, 1, 2)) * -0.5 * (var + 1e-5) ** -1.5
    dmean = np.sum(-dx_hat / np.sqrt(var + 1e-5), axis=(0, 1, 2)) + dvar * np.mean(-2 * (x - mean), axis=(0, 1, 2))
    dx = dx_hat / np.sqrt(var + 1e-5) + dvar * 2 * (x - mean) / m + dmean / m
    return dx, np.sum(dout * x_hat, axis=(0, 1, 2)), np.sum(dout, axis=(0, 1, 2))
