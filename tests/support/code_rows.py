"""Calls of every row of the table of functions, and every form of an index, as results of f(x, w, v, P, S)."""

import ast

IMPORTS = """import itertools
import logging
import math
import warnings

import numpy as np
import scipy.signal
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from scipy.signal import convolve, convolve2d, correlate, correlate2d, fftconvolve, oaconvolve
from scipy.special import expit


def f(x, w, v, P, S):
    N, M = x.shape
    K, L = w.shape
    z = np.ones((N, 2, M)) * x[:, None] + np.arange(2)[:, None]
"""

MAKING = """
np.zeros((N, P)), np.zeros(N), np.ones((N, 2)), np.full((N, M), 2.5), np.full(N, S)
np.zeros_like(x), np.ones_like(x.T), np.full_like(x, 7), np.zeros((N, M), dtype=int), np.zeros((N,), float)
np.eye(N), np.eye(N, M), np.identity(M) @ x.T, np.empty((0, N))
np.arange(N), np.arange(P, N), np.arange(0, N, S), np.arange(N, 0, -1), np.arange(N, P, -2), np.arange(2, N, 3)
np.array([v, 2 * v]), np.array([[N, M], [1, 2]]), np.array(x), np.copy(x.T), np.array(N), np.array([x[0], x[-1]])
np.asarray(v), np.asanyarray(x), np.ascontiguousarray(x.T), np.atleast_1d(v), np.atleast_1d(x)
np.array([[1.0, N], [2, 3]]).T, np.asarray([1, 2]), np.ascontiguousarray([[N]]), x.copy(), x.astype(float)
np.arange(N).astype(float) / 2, np.arange(N).astype(np.float32) + v, (np.arange(N) > 1).astype(int)
np.array([x[i] for i in range(N)]), np.array([[x[i, j] for j in range(M)] for i in range(N)])
np.stack([x[:, j] for j in range(M)], axis=1), np.stack([v * j for j in range(M)], axis=-1)
np.indices((N, M))[0], np.indices((N, M))[1], np.meshgrid(np.arange(N), np.arange(M), indexing="ij")[1]
np.meshgrid(np.arange(N), np.arange(M))[0], np.meshgrid(np.arange(N), np.arange(M))[1]
"""

SHAPES = """
np.insert(x, np.repeat(np.arange(1, M), S - 1), 0, axis=1), np.insert(x, 1, 0, axis=0)
np.insert(x, np.arange(N), 0, axis=0)
np.insert(x, np.repeat(np.arange(M), P), 0, axis=1), np.insert(x, np.arange(N)[1:], 0, axis=0)
x.T, np.transpose(x), z.transpose(2, 0, 1), z.transpose((1, 0, 2)), np.transpose(z, (0, 2, 1)), z.T
np.swapaxes(z, 0, 2), z.swapaxes(1, -1), np.moveaxis(z, 0, -1), np.moveaxis(z, (0, 1), (2, 0))
np.moveaxis(z, -1, 0)
np.rollaxis(z, 2), np.rollaxis(z, 2, 1), np.rollaxis(z, 0, 3)
np.expand_dims(x, 0), np.expand_dims(x, -1), np.expand_dims(x, (0, 3)), x[:, None], x[..., None], x[None, :, None]
np.squeeze(x[:, :1], 1), np.squeeze(v[None, :, None], axis=(0, 2)), v[None].squeeze(0)
np.broadcast_to(v, (M, N)), np.broadcast_to(v[:, None], (N, 3)), np.broadcast_to(N, (2, M))
np.reshape(x, (M, N)), x.reshape(-1), x.reshape(N * M, 1), x.reshape(1, N, -1), z.reshape(N, -1)
z.reshape(2 * N, M)
z.reshape(N * 2 * M), z.reshape(N, 2 * M).T, x.T.reshape(N, M), z.reshape(M, 2, N)
z.transpose(1, 0, 2).reshape(2 * N, M)
x.ravel(), np.ravel(x.T), x.flatten(), z.transpose(1, 2, 0).reshape(2 * M, -1), np.reshape(z, -1)
np.zeros((6, N)).reshape(2, 3 * N), np.arange(N * M).reshape(N, M), np.arange(6 * N).reshape(2, N, 3)
np.flip(x), np.flip(x, 0), np.flip(z, (0, 2)), np.flipud(x), np.fliplr(x), np.flip(x, axis=-1)
np.rot90(x), np.rot90(x, 2), np.rot90(x, 3), np.rot90(x, -1), np.rot90(z, 1, (1, 2)), np.rot90(z, k=2, axes=(0, 2))
np.rot90(x, 4), np.rot90(z, 3, axes=(2, 0)), np.rot90(x, -2)
np.roll(x, 1, axis=0), np.roll(x, -P, axis=1), np.roll(x, (1, 2), axis=(0, 1)), np.roll(v, N + 1, 0)
np.roll(x, 3, axis=(0, 1))
np.concatenate([x, 2 * x]), np.concatenate((x, x[:, :1], x[:, 1:]), axis=1)
np.concatenate([v, np.zeros(P), v[::-1]])
np.concatenate([x, np.ones((N, 1))], axis=-1), np.concatenate([z, z[:, :1]], 1)
np.stack([x, x]), np.stack([x, 2 * x], axis=-1), np.stack((v, v), 1), np.stack([x, x, x], axis=1)
np.repeat(x, 2, axis=0), np.repeat(x, S, axis=1), np.repeat(x, 3), v.repeat(2), np.repeat(v, P), x.repeat(2, 1)
np.repeat(np.repeat(x, S, axis=0), 2, axis=1), np.kron(x, np.ones((2, S))), np.kron(x, w), np.kron(v, v)
np.tile(x, 2), np.tile(x, (2, 1)), np.tile(x, (2, 1, S)), np.tile(v, (3,)), np.tile(v, (2, 2)), np.tile(z, (1, 3))
sliding_window_view(np.pad(x, ((1, 0), (0, 0))), (2, 1)), sliding_window_view(np.pad(v, 1), 2)
sliding_window_view(np.pad(x, ((0, 0), (1, 1))), 2, axis=1), np.lib.stride_tricks.sliding_window_view(x, (1, M))
sliding_window_view(np.pad(z, ((0, 0), (0, 0), (0, 2))), (2, 3), axis=(1, 2))
as_strided(x, (N, M), x.strides), as_strided(x, (M, N), x.strides[::-1]), as_strided(v, (N, 1), v.strides * 2)
np.take(v, [0, -1]), np.take(x, 0, axis=1), np.take(x, np.arange(M)[::-1], axis=1), np.take(x, 0)
np.ix_(np.arange(N), np.arange(M))[1] * x, x[np.ix_(np.arange(N)[::-1], [0, -1])]
np.unravel_index(np.arange(N * M), (N, M))[0], np.unravel_index(N * M - 1, (N, M))[1] + v
np.ravel_multi_index((np.arange(N), 0), (N, M)), np.ravel_multi_index((N - 1, M - 1), (N, M)) * v
np.shape(x)[1] * v, np.size(x) * v, np.ndim(z) * v, x.ndim * x.size * v
"""

PADDING = """
np.pad(x, 1), np.pad(x, P), np.pad(x, (1, 2)), np.pad(x, ((P, 0), (1, P))), np.pad(v, (P, 2))
np.pad(x, [(0, 0), (P, P)])
np.pad(x, ((1,), (2,))), np.pad(x, 1, "constant"), np.pad(x, P, mode="constant", constant_values=3)
np.pad(x, ((1, 2),))
np.pad(x, 2, mode="edge"), np.pad(x, ((P, 1), (0, 3)), "edge"), np.pad(x, 3, mode="wrap")
np.pad(v, (P, 5), mode="wrap")
np.pad(np.pad(v, 2), (2, 1), mode="reflect"), np.pad(np.pad(x, 1), 2, mode="symmetric")
np.pad(v, 1, mode="symmetric")
np.pad(np.pad(x, ((2, 0), (0, 2))), ((2, 1), (1, 2)), mode="reflect")
"""

SUMS = """
np.sum(x), np.sum(x, 0), np.sum(x, axis=1, keepdims=True), x.sum(), x.sum(-1), z.sum((0, 2)), np.sum(z, axis=(-1,))
np.sum(x, axis=None, keepdims=True), z.sum(axis=(0, 1, 2)), np.sum([v, v]), np.sum([x, x], axis=0)
np.mean(x), x.mean(0), np.mean(z, axis=(0, 2), keepdims=True), np.average(x, axis=1), np.mean(x / 2)
np.var(x), x.var(axis=0), np.std(x + 3, axis=1) ** 2, np.var(x, axis=(0, 1), keepdims=True)
x.std(0) ** 2, np.prod(x.shape) * v, np.prod([N, S, 2]) * v, math.prod((N, M)) * v
np.dot(x, x.T), np.dot(v, x), np.dot(v, v), np.dot(x, 2), x.dot(x.T), np.dot(z, x.T)
np.dot(x, z.transpose(0, 2, 1))
x @ x.T, v @ x, x.T @ v, v @ v, z @ x.T, x @ z.transpose(0, 2, 1), np.matmul(z, z.transpose(0, 2, 1)), z @ x[0]
v[None] @ x, np.matmul(z[:, None], z.transpose(0, 2, 1)[None])[0], x[0] @ z.transpose(0, 2, 1)
np.tensordot(x, x, axes=0).sum(axis=(1, 3)), np.tensordot(x, x, axes=2), np.tensordot(x, x.T, 1)
np.tensordot(x, x, ([0], [0]))
np.tensordot(z, z, axes=([0, 2], [0, 2])), np.tensordot(z, x, axes=((2, 0), (1, 0)))
np.tensordot(x, x, axes=(1, 1))
np.tensordot(z, x, axes=[0, 0])
np.einsum("ij->ji", x), np.einsum("ij,ij->", x, x), np.einsum("ij,kj->ik", x, x), np.einsum("ij,kl->ikjl", x, w)
np.einsum("ij,jk", x, x.T), np.einsum("ba", x), np.einsum("ii->i", x @ x.T), np.einsum("ii", x @ x.T)
np.einsum("i,i", v, v)
np.einsum("...j,...j->...", z, z), np.einsum("i...->...", z), np.einsum("...ij,jk->...ik", z, x.T)
np.einsum("i...,i->...", z, v)
np.einsum("ij,j->i", x, x[0], optimize=True), np.einsum("n...m->m...n", z)
np.einsum("...i,...i", x, z.transpose(1, 0, 2))
np.einsum("ijk,ik->j", z, x), np.einsum("i,j,k->kji", v, v, x[0]), np.einsum("zya,Yz->aY", z, x.T)
np.outer(v, v), np.outer(x, w), np.outer(x[0], v)
"""

ENTRIES = """
np.add(x, 1), np.subtract(x, x[0]), np.multiply(x, v[:, None]), np.divide(x, 2), np.true_divide(x, S)
np.negative(x)
np.power(x, 2), x ** 3, np.square(x), x / N, x / (N + M), np.reciprocal(x), 1 / x, x / x[:1], (x + 1.5) ** 0
x ** -1, x ** -2
np.floor_divide(np.arange(N), 2), np.mod(np.arange(N), S + 1), np.remainder(np.arange(N), 3), np.arange(N) // S
np.arange(N) % 2
(np.arange(N) - 2) // 2, (np.arange(N) - 3) % 2, -np.arange(N) // 3
np.exp(x), np.tanh(x / 4), expit(x), 1 / (1 + np.exp(-x)), np.log(np.square(x)), np.sqrt(np.square(x))
np.square(x) ** 0.5
math.exp(0) * x, math.sqrt(4) * x, math.tanh(v[0]) * v, math.log(np.square(v[0])) * x
np.exp(x.sum(axis=0)) / np.exp(x.sum(axis=0))
np.maximum(x, 0), np.maximum(0, x), np.maximum(N, M) * v, np.minimum(N, M) * v, np.maximum(x * 2, 0.0)
x * (x > 0), x * (x <= 0), np.where(x > 0, x, 2 * x), np.where(np.arange(N) > 1, v, 0), np.where(N > 2, x, 2 * x)
np.where(np.arange(N) % 2 == 0, np.arange(N), -1), np.where(x < 0, 0, 1)
x * (np.arange(M) < P), (x > 0).sum(axis=0), ~(x > 0) * x, np.logical_not(x > 0) * x, np.sum(x > 0)
np.equal(np.arange(N), 1) * v, np.equal(N, M) * v, np.logical_not(N > 2) * v
v * (np.arange(N) >= 1) * (np.arange(N) != 2), v * ((np.arange(N) > 0) & (np.arange(N) < 3))
v * ((np.arange(N) > 1) | (np.arange(N) < 1))
np.abs(N - 3) * v, abs(-S) * v, np.floor(N / 2) * v, np.ceil(N / 2) * v, math.floor(-N / 2) * v
math.ceil(N / S) * v
"""

SCIPY = """
np.convolve(v, v), np.convolve(v, v, "valid"), np.convolve(np.pad(v, 3), np.arange(4) + v[0], "same")
np.convolve(np.pad(v, 3), np.arange(3) + v[0], mode="same"), np.correlate(v, v), np.correlate(v, v, "full")
np.correlate(np.pad(v, 3), np.arange(4) + v[0], "same"), np.correlate(np.pad(v, 3), np.arange(3) + v[0], mode="valid")
convolve(x, x), convolve(x, x, "valid"), convolve(x, np.ones((1, 1)), mode="same"), convolve(v, v, "full")
convolve(v, v)
convolve(np.pad(x, 3), np.ones((2, 3)), "same"), convolve(np.pad(v, 2), np.arange(4) + v[0], "same")
convolve2d(x, w)
convolve(np.pad(x, 3), np.arange(6).reshape(2, 3) * v[0], "valid")
convolve2d(np.pad(x, 2), np.ones((3, 4)), "same")
correlate(x, x), correlate(x, x, "valid"), correlate(np.pad(x, 3), np.arange(6).reshape(2, 3) * v[0], "same")
correlate(v, v)
correlate(np.pad(v, 2), np.arange(4) + v[0], "same"), correlate(np.pad(v, 2), np.arange(3) + v[0], "same")
correlate2d(x, w), correlate2d(np.pad(x, 2), np.arange(12).reshape(3, 4) * v[0], "same")
correlate2d(x, x, mode="valid")
correlate(np.pad(x, 3), np.arange(8).reshape(4, 2) * v[0], "valid"), correlate(z, z), convolve(z, z, "full")
fftconvolve(x, w), fftconvolve(np.pad(x, 2), np.arange(6).reshape(3, 2) * v[0], mode="same")
oaconvolve(x, x, "valid")
scipy.signal.convolve2d(x, w, "full"), scipy.signal.correlate(x, w), fftconvolve(x, x, mode="valid")
oaconvolve(x, w)
"""

PYTHON = """
len(x) * v, len(v) * v, len((1, 2, 3)) * v, len([N]) * v, len("abc") * v, len({"a": 1}) * v, len(x.T) * v
int(N / 2) * v, int(-N / 2) * v, int(2.7) * v, int(-2.7) * v, int(N > 2) * v, np.int64(N) * v, np.int32(2) * v
np.intp(M) * v
float(N) * v, np.float64(N) / 2 * v, np.float32(0.5) * v, bool(P) * v, bool(N > 2) * v, int() * v
abs(N - M) * v, min(N, M) * v, min([N, 2, M]) * v, max(N, M, 2) * v, max((P, 1)) * v, sum([N, M]) * v
sum((v, v, 1)), sum(x)
sum([v * i for i in range(3)]), sum(x[i] for i in range(N)), sum([i for i in range(N)]) * v, sum(x, 1)
tuple([N, 2])[0] * v, list((N, 2))[1] * v, list(range(3))[2] * v, tuple(range(2))[0] * v, [*range(3)][1] * v
[a + b for a, b in zip([1, 2], (3, 4, 5))][1] * v, [a for a in reversed([1, 2])][0] * v
dict(a=1, b=N)["b"] * v, {**dict({"a": 2}), "c": 3}["a"] * v, v[slice(1, None)], x[slice(None), slice(0, P)]
x[slice(1)]
isinstance(x, np.ndarray) * v, isinstance(N, int) * v, isinstance(v, (tuple, list)) * v, isinstance("a", str) * v
isinstance(None, int) * v, isinstance((1,), tuple) * v, isinstance([1], (list, tuple)) * v, isinstance({}, dict) * v
isinstance(True, int) * v, isinstance(N / 1, int) * v, isinstance(0.5, float) * v
x[0, 0].item() * v, np.sum(x).item() * v, [logging.info("a"), logging.debug("b"), x][2]
[[i, j] for i in range(2) for j in range(2)][3][0] * v
"""

INDICES = """
v[0], v[-1], v[N - 1], v[-N], x[0], x[-1, 0], x[:, 0], x[..., 0], x[0, ...], z[0, 1], z[:, -1], z[0, ..., 0], x[()]
x[...]
v[:], v[1:], v[:-1], v[:1], v[P:], v[:P], v[-P:], v[:-P], v[P:-P], v[P:N - P], v[P:P + 2], v[-2:], v[:-2], v[-9:9]
v[9:], v[:-9]
v[::2], v[1::2], v[::S], v[P::S], v[:N:3], v[1:-1:2], v[:P:2], v[-3::2], v[N:], v[N - 1:], v[2:1], v[-1:0]
v[::-1], v[::-2], v[::-S], v[N - 1::-1], v[N::-1], v[9::-1], v[P::-1], v[-2::-1], v[:0:-1], v[:P:-1], v[-1:0:-1]
v[1:3:-1], v[3:1:-1]
v[-9::-1], v[:-9:-1], v[-1:-N - 1:-1], v[2::-2], v[:-2:-1], v[:1:-2]
x[::-1, ::-1], x[1:, :-1], x[P:, ::S], x[None, 0], x[:, None, 0], x[None, ..., None], x[:, :, None][:, 0]
x[1:][::-1][:, 0]
x[::2][::2], x[:, 1:][:, :1], x.T[1:].T, z[:, ::-1, P:], z[..., ::-1][..., 0], v[1:][-1:], v[::-1][P:], v[P:][::-1]
v[[0, -1]], v[np.arange(N)[::-1]], x[[0]], x[:, [0, -1]], x[np.arange(N), 0], x[0, np.arange(M)]
x[np.arange(N), np.zeros(N, int)]
v[np.arange(N)[:, None] * 0], v[np.arange(N) // 2], v[np.arange(N) - 1], v[np.arange(N * M) % N]
v[np.arange(2)[:, None] * np.arange(N)[:1]]
x[np.arange(N)[:, None], np.arange(M)], x[np.arange(N)[:, None], np.arange(M)[None, ::-1]]
x[np.arange(N)[:, None, None], [0]]
z[:, 0, np.arange(M)], z[0, :, np.arange(M)], z[np.arange(N), :, 0], z[np.arange(N), 1], z[:, [0, 1], 0]
z[:, [1, 0]], z[..., np.arange(M)]
z[[0], :, [0, -1]], z[:, None, [0, 1]], z[None, [0], 1], z[np.arange(N), :, np.arange(N) * 0], z[0, [0, 1]]
z[[0, -1], ..., 0]
x[1:, [0]], x[[0], ::-1], z[::-1, [1], P:], np.pad(v, 1)[np.arange(N)[:, None] + np.arange(3)], v[N // 2]
x[N // 2, -1 - M // 2]
"""

STATEMENTS = """
a, b = np.split(np.pad(x, ((0, N), (0, 0))), 2); a += 1; x += a; x -= b
a, b = np.split(z, 2, axis=1); b[:] = 7; v += a[:, 0, 0]
x += 0 * np.random.randn(N, M) + 0 * np.random.normal(0, 1, (N, M)) + 0 * np.random.random((N, M))
q, r = divmod(N, S + 1); v *= q; v += r
y = np.empty_like(x); y[:] = v[:, None]; x += y
warnings.warn("w"); print(N); x += 1
np.add.at(v, np.arange(N) // 2, 2)
np.add.at(v, [0, 0, -1], [1, 2, 3])
np.add.at(x, (np.arange(N), 0), v)
np.add.at(x, (slice(None), [0, 0]), 1)
np.add.at(x, np.arange(N)[::-1], x.copy())
np.add.at(z, (np.arange(N)[:, None], [0, 1]), 3)
x.fill(3)
v.fill(N)
x[:] = v[:, None]
x[...] = 2
x[0] = 5
x[:, -1] += v
x[1:] -= x[:-1]
x[::-1] += x
x[:, ::2] *= 2
x /= 2
x[P:] = 0
x[:-P] = 7
v[-P:] += 1
v[[0, -1]] = [4, 5]
v[np.arange(N)[::-1]] = np.arange(N)
v[np.arange(N) // 2] = np.arange(N)
x[np.arange(N), 0] += 1
x[np.arange(N), np.arange(N) % M] = 9
x[:, [0]] = v[:, None]
x[x > 0] = 1
z[:, 1] = x
z[..., 0] = 4
z[0, :, 1:] += 1
z[:, [1, 0]] = z.copy()
x.T[0] = 8
x[:, None][0] += 1
v[v.shape[0] // 2] = 0
np.random.seed(7); v[0] = 2
for i, j in np.ndindex(N, M): x[i, j] += i * v[i]
for i, j in np.ndindex(x.shape): x[i, j] -= 2 * j
for i, j in itertools.product(range(N), range(M)): x[i, j] += i - j
for i in reversed(range(N)): v[i] += 2 * i
for i in reversed(range(0, N, 2)): v[i] += 1
for k, i in enumerate(range(P, N)): v[i] += k
for k, (i, j) in enumerate(np.ndindex(N, M)): x[i, j] += k
for i, a in enumerate(w[:, 0]): v[0] += i * a
for a, b in zip(w[:, 0], w[:, -1]): v[0] += a * b
for a, i in zip(range(N), range(1, N + 1)): v[i - 1] += a
for row in w: x[0] += row[0]
for i in range(N, 0, -1): v[i - 1] += i
for i in range(0, N - P, S): v[i] += i
for i in range(P, -1, -1): v[0] += i
"""


def lines(text):
    return text.strip().split("\n")


RESULTS = {
    name: lines(text)
    for name, text in {
        "making": MAKING, "shapes": SHAPES, "padding": PADDING, "sums": SUMS, "entries": ENTRIES, "scipy": SCIPY,
        "python": PYTHON, "indices": INDICES,
    }.items()
}  # fmt: skip


def separate(line):
    """The results that a line names, one by one, as a tuple of Python is read."""
    tree = ast.parse(line.strip(), mode="eval").body
    return [ast.unparse(each) for each in tree.elts] if isinstance(tree, ast.Tuple) else [ast.unparse(tree)]


EXPRESSIONS = [(topic, each) for topic, found in RESULTS.items() for line in found for each in separate(line)]
CHANGES = lines(STATEMENTS)


def of_expression(text):
    return f"{IMPORTS}    return {text}\n"


def of_statement(text):
    return f"{IMPORTS}    {text}\n    return x, v, z\n"
