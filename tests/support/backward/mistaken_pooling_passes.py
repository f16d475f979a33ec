"""Backward passes of poolings with one mistake each, as they are written by hand."""

import numpy as np

from tests.support.backward.mistaken_backward_passes import Mistaken, entering

POOLINGS: list[Mistaken] = []
mistaken = entering(POOLINGS, "dy, x")


@mistaken("max_pool2d(2, ties='first')", "dx", "every maximum of a tie gets dy")
def mask_of_all_maxima(dy, x):
    n, c, p, q = dy.shape
    cut = x[:, :, : 2 * p, : 2 * q].reshape(n, c, p, 2, q, 2)
    mask = cut == cut.max(axis=(3, 5), keepdims=True)
    dx = np.zeros_like(x)
    dx[:, :, : 2 * p, : 2 * q] = (mask * dy[:, :, :, None, :, None]).reshape(n, c, 2 * p, 2 * q)
    return dx


@mistaken("max_pool1d(3, ties='first')", "dx", "the last maximum gets dy")
def keeps_a_later_equal_one(dy, x):
    dx = np.zeros_like(x)
    for n, c, p in np.ndindex(dy.shape):
        best = 3 * p
        for m in range(3 * p, 3 * p + 3):
            if x[n, c, m] >= x[n, c, best]:
                best = m
        dx[n, c, best] += dy[n, c, p]
    return dx


@mistaken("max_pool2d(3, stride=2)", "dx", "assigned, not accumulated")
def a_shared_maximum_gets_the_last_one(dy, x):
    dx = np.zeros_like(x)
    for n, c, p, q in np.ndindex(dy.shape):
        i, j = divmod(int(x[n, c, 2 * p : 2 * p + 3, 2 * q : 2 * q + 3].argmax()), 3)
        dx[n, c, 2 * p + i, 2 * q + j] = dy[n, c, p, q]
    return dx


@mistaken("max_pool2d(2)", "dx", "dy is spread over the window")
def every_cell_gets_dy(dy, x):
    dx = np.zeros_like(x)
    for p, q in np.ndindex(dy.shape[2:]):
        dx[:, :, 2 * p : 2 * p + 2, 2 * q : 2 * q + 2] += dy[:, :, p, q, None, None]
    return dx


@mistaken("max_pool1d(2, stride=3)", "dx", "the stride is forgotten")
def looks_at_neighbouring_windows(dy, x):
    dx = np.zeros_like(x)
    for n, c, p in np.ndindex(dy.shape):
        dx[n, c, p + x[n, c, p : p + 2].argmax()] += dy[n, c, p]
    return dx


@mistaken("max_pool3d(2)", "dx", "off by one along axis")
def depth_counted_from_one(dy, x):
    dx = np.zeros_like(x)
    for n, c, p, q, r in np.ndindex(dy.shape):
        window = x[n, c, 2 * p : 2 * p + 2, 2 * q : 2 * q + 2, 2 * r : 2 * r + 2]
        i, j, h = np.unravel_index(window.argmax(), window.shape)
        if 2 * p + i + 1 < x.shape[2]:
            dx[n, c, 2 * p + i + 1, 2 * q + j, 2 * r + h] += dy[n, c, p, q, r]
    return dx


@mistaken("avg_pool2d(2)", "dx", "not divided by the window")
def the_gradient_of_a_sum(dy, x):
    dx = np.zeros_like(x)
    p, q = dy.shape[2:]
    dx[:, :, : 2 * p, : 2 * q] = np.kron(dy, np.ones((2, 2)))
    return dx


@mistaken("avg_pool2d(3, padding=1, count_include_pad=False)", "dx", "divided by the wrong count")
def counts_the_padding(dy, x):
    dx = np.zeros((*x.shape[:2], x.shape[2] + 2, x.shape[3] + 2))
    for i, j in np.ndindex(3, 3):
        dx[:, :, i : i + 3 * dy.shape[2] : 3, j : j + 3 * dy.shape[3] : 3] += dy / 9
    return dx[:, :, 1:-1, 1:-1]


@mistaken("avg_pool3d(2, stride=1)", "dx", "assigned, not accumulated")
def later_means_overwrite(dy, x):
    dx = np.zeros_like(x)
    for p, q, r in np.ndindex(dy.shape[2:]):
        dx[:, :, p : p + 2, q : q + 2, r : r + 2] = dy[:, :, p, q, r, None, None, None] / 8
    return dx


@mistaken("max_pool2d((3, 2))", "dx", "the window's height is used for its width in the place of a maximum")
def divides_the_place_by_the_height(dy, x):
    dx = np.zeros((*x.shape[:2], x.shape[2] + 3, x.shape[3] + 3))
    for n, c, p, q in np.ndindex(dy.shape):
        i, j = divmod(int(x[n, c, 3 * p : 3 * p + 3, 2 * q : 2 * q + 2].argmax()), 3)
        dx[n, c, 3 * p + i, 2 * q + j] += dy[n, c, p, q]
    return dx[:, :, : x.shape[2], : x.shape[3]]
