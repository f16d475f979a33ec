"""Backward passes that misbehave, are wrong without a named mistake, or are SciPy's; of conv2d() unless said."""

import sys
import time

import numpy as np
from scipy import ndimage, signal

from tests.support.backward.backward_passes import right_gradients

# Mistakes without a name, and such as show at few shapes or values only.


def mean_over_batch_and_positions(dy, x, w):
    return *right_gradients(dy, x, w)[:2], dy.mean(axis=(0, 2, 3))


def convolves_dy_for_the_filters(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    for k, c in np.ndindex(w.shape[:2]):
        dw[k, c] = sum(signal.convolve2d(m[c], g[k], mode="valid") for m, g in zip(x, dy, strict=True))
    return dx, dw, db


def wrong_for_three_maps(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    return dx + (w.shape[1] == 3), dw, db


def wrong_if_the_overlay_is_the_input(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    return dx, dw * (1 + (w.shape[2:] == x.shape[2:])), db


def wrong_unless_square(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    return (dx if x.shape[2] == x.shape[3] else dx[..., ::-1]), dw, db


def wrong_for_even_overlays(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    return dx, (dw if w.shape[2] % 2 else np.roll(dw, 1, axis=2)), db


def positive_ones_only(dy, x, w):
    return right_gradients(np.maximum(dy, 0), x, w)[0], *right_gradients(dy, x, w)[1:]


def clipped(dy, x, w):
    return right_gradients(dy.clip(-100, 100), x, w)[0], *right_gradients(dy, x, w)[1:]


def in_half_the_precision(dy, x, w):
    return tuple(a.astype(np.float64) for a in right_gradients(*(a.astype(np.float32) for a in (dy, x, w))))


def adds_a_little(dy, x, w):
    return tuple(a + 1e-9 for a in right_gradients(dy, x, w))


def loses_the_last_row(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    dx[:, :, -1] = 0
    return dx, dw, db


# SciPy's functions, for one map, with the gradients dx and dw.


def correlate2d_and_convolve2d(dy, x, w):
    return signal.convolve2d(dy, w, mode="full"), signal.correlate2d(x, dy, mode="valid")


def flipped_convolve2d(dy, x, w):
    return signal.correlate2d(dy, w, mode="full"), signal.convolve2d(x, dy[::-1, ::-1], mode="valid")[::-1, ::-1]


def direct_convolve(dy, x, w):
    return signal.convolve(dy, w, method="direct"), signal.correlate(x, dy, "valid", "direct")


def ndimage_convolve(dy, x, w):
    before = [(n - 1) // 2 for n in w.shape]
    padded = np.pad(x, [(b, n - 1 - b) for b, n in zip(before, w.shape, strict=True)])
    origin = [0 if n % 2 else -1 for n in w.shape]
    return ndimage.convolve(dy.copy(), w, mode="constant", origin=origin), signal.correlate2d(padded, dy, "valid")


def ndimage_convolve_without_origin(dy, x, w):
    return ndimage.convolve(dy.copy(), w, mode="constant"), ndimage_convolve(dy, x, w)[1]


def ndimage_correlate(dy, x, w):
    return ndimage.correlate(dy.copy(), w, mode="constant"), ndimage_convolve(dy, x, w)[1]


def ndimage_without_a_copy(dy, w):
    return ndimage.convolve(dy, w, mode="constant", origin=[0 if n % 2 else -1 for n in w.shape])


# Maxima of windows of two cells, wrong for some orders of their entries.


def takes_zero_for_the_least(dy, x):
    dx = np.zeros_like(x)
    for n, c, p in np.ndindex(dy.shape):
        best, place = 0.0, 2 * p
        for m in (2 * p, 2 * p + 1):
            if x[n, c, m] > best:
                best, place = x[n, c, m], m
        dx[n, c, place] += dy[n, c, p]
    return dx


# Misbehaviour.


def scales_dy_in_place(dy, x, w):
    dy *= 1.0
    dx, dw, db = right_gradients(dy, x, w)
    dy[...] = 0
    return dx, dw, db


def zeroes_its_input(dy, x, w):
    result = right_gradients(dy, x, w)
    x[:, :, 0] = 0
    return result


def accumulating():
    total = {}

    def accumulates(dy, x, w):
        dx, dw, db = right_gradients(dy, x, w)
        total[w.shape] = total.get(w.shape, 0) + dw
        return dx, total[w.shape].copy(), db

    return accumulates


def dropping_out():
    random = np.random.default_rng(0)

    def drops_out(dy, x, w):
        dx, dw, db = right_gradients(dy, x, w)
        return dx * random.integers(0, 2, dx.shape), dw, db

    return drops_out


def single_precision(dy, x, w):
    return tuple(a.astype(np.float32) for a in right_gradients(dy, x, w))


def flat_filters(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    return dx, dw.reshape(len(w), -1), db


def bias_as_a_column(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    return dx, dw, db[:, None]


def divides_zero_by_zero(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    with np.errstate(invalid="ignore"):
        return dx, dw * (np.zeros_like(dw) / 0.0), db


def reads_memory_from_the_start(dy, x, w):
    owner = dy
    while not dy.flags.c_contiguous and isinstance(owner.base, np.ndarray):
        owner = owner.base
    return right_gradients(np.resize(owner.ravel(order="K"), dy.shape), x, w)


def flattens_in_the_order_of_memory(dy, x, w):
    return right_gradients(dy.flatten(order="K").reshape(dy.shape), x, w)


def insists_on_contiguous(dy, x, w):
    return right_gradients(np.frombuffer(dy).reshape(dy.shape), x, w)


def divides_by_a_stride(dy, x, w):
    if dy.strides[2] // dy.strides[3] < 0:
        return None
    return right_gradients(dy, x, w)


def out_of_range(dy, x, w):
    dx, dw, db = right_gradients(dy, x, w)
    dx[:, :, x.shape[2]] += 1
    return dx, dw, db


def leaves_the_program(dy, x, w):
    sys.exit("not implemented")


def never_ends(dy, x, w):
    while True:
        pass


def sleeps(dy, x, w):
    time.sleep(30)


def returns_nothing(dy, x, w):
    right_gradients(dy, x, w)


def leaves_one_out(dy, x, w):
    return right_gradients(dy, x, w)[:2]


def returns_text(dy, x, w):
    return "dx", "dw", "db"
