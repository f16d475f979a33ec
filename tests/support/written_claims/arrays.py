"""Arrays by hand, for the sides of claims: correlations, convolutions, derivatives and functions in plain NumPy."""

from fractions import Fraction
from itertools import product

import numpy as np


def at(x, *index):
    """The entry of an array, zero outside of it."""
    return x[index] if all(0 <= i < n for i, n in zip(index, x.shape, strict=True)) else 0


def array(shape, entry):
    """The array with these entries."""
    made = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        made[index] = entry(*index)
    return made


def full(x, w):
    """The full convolution of two arrays with equally many axes."""
    made = np.zeros([m + i - 1 for m, i in zip(x.shape, w.shape, strict=True)], dtype=np.result_type(x, w))
    for u in np.ndindex(*w.shape):
        made[tuple(slice(k, k + m) for k, m in zip(u, x.shape, strict=True))] += x * w[u]
    return made


def valid(x, w):
    """The valid cross-correlation of two arrays; the overlay has to fit."""
    lengths = [m - i + 1 for m, i in zip(x.shape, w.shape, strict=True)]
    made = np.zeros(lengths, dtype=np.result_type(x, w))
    for u in np.ndindex(*w.shape):
        made += x[tuple(slice(k, k + n) for k, n in zip(u, lengths, strict=True))] * w[u]
    return made


def same(x, w):
    """The 1-D cross-correlation in mode "same", which starts at ⌊(I − 1)/2⌋."""
    start = (len(w) - 1) // 2
    return full(x, w[::-1])[start : start + len(x)]


def padded(x, *widths):
    """The array with zeros around its last axes, (before, after) for each."""
    return np.pad(x, [(0, 0)] * (x.ndim - len(widths)) + list(widths))


def strided(x, w, stride, dilation):
    """The convolution of (B, C, *spatial) with (K, C, *overlay), strides and dilations by axis; None if none fits."""
    axes = list(zip(x.shape[2:], w.shape[2:], stride, dilation, strict=True))
    count = [(m - d * (i - 1) - 1) // s + 1 for m, i, s, d in axes]
    if min(count) < 1:
        return None
    made = np.zeros((len(x), len(w), *count), dtype=np.result_type(x, w))
    for u in np.ndindex(*w.shape[2:]):
        starts = [d * k for k, d in zip(u, dilation, strict=True)]
        met = [slice(a, a + s * (n - 1) + 1, s) for a, n, s in zip(starts, count, stride, strict=True)]
        made += np.einsum("nc...,kc->nk...", x[(..., *met)], w[(..., *u)])
    return made


def laid(y, w, stride):
    """The transposed convolution of (B, K, R) with (K, C, I), nothing cut off."""
    made = np.zeros((len(y), w.shape[1], (y.shape[2] - 1) * stride + w.shape[2]), dtype=int)
    for r, u in product(range(y.shape[2]), range(w.shape[2])):
        made[:, :, stride * r + u] += y[:, :, r] @ w[:, :, u]
    return made


def underlays(x, count, window, stride, padding):
    """The entries of (B, C, M) that each of the windows meets, zero outside: (B, C, count, window)."""
    reach = stride * (count - 1) + window
    wide = np.pad(x, ((0, 0), (0, 0), (padding, max(0, reach - padding - x.shape[2]))))
    return wide[:, :, stride * np.arange(count)[:, None] + np.arange(window)]


STENCILS = {1: {1: 1}, 2: {1: 1, -1: -1}, 6: {1: 45, -1: -45, 2: -9, -2: 9, 3: 1, -3: -1}}
SCALES = {1: 1, 2: 2, 6: 60}


def slope(function, x, arriving, degree=1):
    """The derivative of ⟨arriving, function(x)⟩ by every entry of x: exact for polynomials of that degree."""
    x = x.astype(object) if degree > 2 else x
    before = np.sum(np.asarray(function(x)) * arriving)
    made = np.empty(x.shape, dtype=object)
    for index in np.ndindex(*x.shape):
        total = -before if degree == 1 else 0
        for step, weight in STENCILS[degree].items():
            moved = x.copy()
            moved[index] += step
            total += weight * np.sum(np.asarray(function(moved)) * arriving)
        made[index] = total if SCALES[degree] == 1 else Fraction(total) / SCALES[degree]
    return made


def sigma(t, order=0):
    """A function that is not zero at zero, with its derivatives."""
    return [t**3 + 2 * t**2 - 5 * t + 3, 3 * t**2 + 4 * t - 5, 6 * t + 4][order]


def tau(t, order=0):
    """Another one."""
    return [2 * t**2 + t - 7, 4 * t + 1][order]


def centred(x):
    """The array less its mean, in fractions."""
    mean = Fraction(sum(map(Fraction, x.tolist()))) / len(x)
    return np.array([v - mean for v in x.tolist()], dtype=object)


def dilated(x, S):
    made = np.zeros((len(x) - 1) * S + 1, dtype=int)
    made[::S] = x
    return made
