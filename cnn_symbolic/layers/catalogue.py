"""Symbolic layers: forward definitions from which every gradient is derived.

A layer uses the article's names for its tensors (`a_prev`, `w`, `b`, `z`, `a`) and has an arbitrary
cost C behind it, which enters only through `∂C/∂a`. The input is a shape, or the activations of the
layer before; then gradients flow through both. `name` is put behind the names of the layer's own
tensors, to tell the layers of a chain apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.expressions.values import number
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.tensors.arithmetic import scale
from cnn_symbolic.tensors.gradients import cotangent, gradient
from cnn_symbolic.tensors.making import named, tensor
from cnn_symbolic.tensors.operations.basic import dot, ones, sum_axes
from cnn_symbolic.tensors.operations.convolutions import conv
from cnn_symbolic.tensors.operations.correlation import correlate
from cnn_symbolic.tensors.operations.functions import apply, exp, log, reciprocal
from cnn_symbolic.tensors.operations.geometry import per_axis
from cnn_symbolic.tensors.operations.pooling import select_pool, sum_pool, window_counts, windows_of
from cnn_symbolic.tensors.operations.stacking import stacked, summed, take, windows
from cnn_symbolic.tensors.tensor import Tensor, check_tensor

SPATIAL_LETTERS = "m q o"
INPUT_LETTERS, OVERLAY_LETTERS, MAP_LETTERS = "m n p", "i j q", "r c s"
SAME_RANK = "an input and an overlay with equally many axes"
Input = Tensor | Sequence[Any]


class Differentiable:
    """What all layers have: a named result, and what arrives at it from an arbitrary cost C."""

    def result(self, name: str, definition: Tensor, indices: str) -> tuple[Tensor, Tensor]:
        """Return the result of the layer, with its name, and the arriving ∂C/∂result."""
        made = named(name, definition, indices=indices)
        self.output = made, cotangent(made)
        return self.output

    def gradient(self, wrt: Tensor) -> Tensor:
        """Return ∂C/∂wrt for an arbitrary cost of this layer's result."""
        result, arriving = self.output
        return gradient(result, wrt=wrt, cotangent=arriving)


class Layer(Differentiable):
    """What all layers with an activation have: `a = σ(z)`, the arriving `∂C/∂a`, and `δ = σ′(z)·∂C/∂a`."""

    def __init__(self, z: Tensor, activation: str, name: str, indices: str) -> None:
        self.activation = activation
        self.z = named(f"z{name}", z, indices=indices)
        self.a, self.a_gradient = self.result(f"a{name}", apply(self.z, function=activation), indices)
        self.delta = named(f"δ{name}", self.activation_slope * self.a_gradient, indices=indices)

    @property
    def activation_slope(self) -> Tensor:
        """The tensor σ′(z)."""
        return apply(self.z, function=self.activation, order=1)

    @property
    def shape(self) -> tuple[sp.Expr, ...]:
        """The shape of the activations."""
        return self.a.shape


class FeatureMap(Layer):
    """A feature map: one overlay of shared weights that slides over the input, with stride 1.

    The forward pass is `z = correlate(a_prev, w, valid) + b` and `a = σ(z)`, with an arbitrary
    differentiable activation σ. For an input of shape (M, N) and an overlay of shape (I, J) the feature
    map has shape (M−I+1, N−J+1). Any number of axes. Source: the article, "Feature Map Activation". Raises ShapeError
    for an overlay with another number of axes.

    >>> from cnn_symbolic import claim, correlate, sizes
    >>> from cnn_symbolic.layers import FeatureMap
    >>> layer = FeatureMap(sizes("M N"), sizes("I J"))
    >>> claim(layer.gradient(layer.w) == correlate(layer.a_prev, layer.delta)).outcome
    'proved'
    """

    def __init__(self, input_shape: Input, overlay_shape: Sequence[Any], activation: str = "σ", name: str = "") -> None:
        self.a_prev = input_tensor(input_shape, INPUT_LETTERS)
        rank = self.a_prev.rank
        if rank == 0 or len(overlay_shape) != rank:
            raise unfit(f"a feature map takes {SAME_RANK}", self.a_prev.shape, overlay_shape)
        self.w = tensor(*overlay_shape, name=f"w{name}", indices=letters(OVERLAY_LETTERS, rank))
        self.b = tensor(*[1] * rank, name=f"b{name}")
        z = correlate(self.a_prev, self.w, mode="valid") + self.b
        super().__init__(z, activation, name, letters(MAP_LETTERS, rank))


class ConvolutionalLayer(Layer):
    """K feature maps over D maps: each next map sums the correlations of all previous ones with its own filters.

    `z[k] = Σ_d correlate(a_prev[d], w[k, d], valid) + b[k]` and `a = σ(z)`. The input has shape
    (D, M, N), the weights (K, D, I, J), the biases (K,), the activations (K, M−I+1, N−J+1). Any number
    of axes behind the first. Source: the article, "Chaining Convolutional Layers". Raises ShapeError for an overlay
    with another number of axes.

    >>> from cnn_symbolic import sizes
    >>> from cnn_symbolic.layers import ConvolutionalLayer
    >>> D, M, N, I, J, K = sizes("D M N I J K")
    >>> layer = ConvolutionalLayer((D, M, N), (I, J), K)
    >>> layer.a.shape, layer.gradient(layer.w).shape
    ((K, M - I + 1, N - J + 1), (K, D, I, J))
    """

    def __init__(
        self, input_shape: Input, overlay_shape: Sequence[Any], maps: Any, activation: str = "σ", name: str = ""
    ) -> None:
        self.a_prev = input_tensor(input_shape, f"d {INPUT_LETTERS}")
        rank = self.a_prev.rank - 1
        if rank < 1 or len(overlay_shape) != rank:
            takes = "an input with one axis of maps before those of the overlay"
            raise unfit(f"a convolutional layer takes {takes}", self.a_prev.shape, overlay_shape)
        depth = self.a_prev.shape[0]
        filters = letters(f"k d {OVERLAY_LETTERS}", rank + 2)
        self.w = tensor(maps, depth, *overlay_shape, name=f"w{name}", indices=filters)
        self.b = tensor(maps, name=f"b{name}", indices="k")
        z = stacked(maps, lambda k: self.correlations(k) + take(self.b, at=(k,)))
        super().__init__(z, activation, name, letters(f"k {MAP_LETTERS}", rank + 1))

    def correlations(self, k: Any) -> Tensor:
        """Return the sum over the previous maps of their correlations with the filters of map k."""
        depth = self.a_prev.shape[0]
        return summed(depth, lambda d: correlate(take(self.a_prev, at=(d,)), take(self.w, at=(k, d)), mode="valid"))


class FullyConnectedLayer(Layer):
    """K neurons, each connected to every entry of the input: `z[k] = Σ w[k, m, n]·a_prev[m, n] + b[k]`, `a = σ(z)`.

    The weights have the shape (K, M, N) of one input each; flattening the last axes gives the matrix
    `W` of the textbooks, with `z = W·a + b`. Any number of axes. Source: the article, "Code". Raises ShapeError for an
    input without axes.

    >>> from cnn_symbolic import claim, outer, sizes
    >>> from cnn_symbolic.layers import FullyConnectedLayer
    >>> layer = FullyConnectedLayer(sizes("M N"), *sizes("K"))
    >>> claim(layer.gradient(layer.w) == outer(layer.delta, layer.a_prev)).outcome
    'proved'
    """

    def __init__(self, input_shape: Input, neurons: Any, activation: str = "σ", name: str = "") -> None:
        self.a_prev = input_tensor(input_shape, INPUT_LETTERS)
        rank = self.a_prev.rank
        self.w = tensor(neurons, *self.a_prev.shape, name=f"w{name}", indices=letters(f"k {INPUT_LETTERS}", rank + 1))
        self.b = tensor(neurons, name=f"b{name}", indices="k")
        z = stacked(neurons, lambda k: dot(take(self.w, at=(k,)), self.a_prev) + take(self.b, at=(k,)))
        super().__init__(z, activation, name, "k")


class MaxPoolingMap(Differentiable):
    """Max pooling with overlapping windows, given which entry each window selects.

    `s[r, c, i, j]` is 1 where the window at (r, c) has its maximum and 0 elsewhere; on ties it is the
    first maximum in row-major order. Given the selection, the forward pass is linear in the input:
    `a[r, c] = Σ s[r, c, i, j]·a_prev[r + i, c + j]`, and where all entries of a window differ the
    selection does not change near the input. Source: the article, "Max Pooling". Raises ShapeError for an overlay with
    another number of axes.

    >>> from cnn_symbolic import sizes
    >>> from cnn_symbolic.layers import MaxPoolingMap
    >>> layer = MaxPoolingMap(sizes("M N"), (2, 2))
    >>> layer.a.shape, layer.gradient(layer.a_prev)
    ((M - 1, N - 1), <Tensor ∂C/∂a_prev of shape (M, N)>)
    """

    def __init__(self, input_shape: Input, overlay_shape: Sequence[Any], name: str = "") -> None:
        self.a_prev = input_tensor(input_shape, INPUT_LETTERS)
        rank = self.a_prev.rank
        self.windows = windows(self.a_prev, shape=tuple(overlay_shape))
        maps, overlay = letters(MAP_LETTERS, rank), letters(OVERLAY_LETTERS, rank)
        self.selection = tensor(*self.windows.shape, name=f"s{name}", indices=f"{maps} {overlay}")
        within = tuple(range(rank, 2 * rank))
        pooled = sum_axes(self.selection * self.windows, axes=within)
        self.a, self.a_gradient = self.result(f"a{name}", pooled, maps)


class Convolution(Differentiable):
    """A convolution as people use it: batch, channels, stride, dilation, padding, groups; any spatial rank.

    `z = conv(x, w, b)`, with the arriving gradient ∂C/∂z, `z_gradient`, for an arbitrary cost C. The input has shape
    (B, C, *spatial), the overlay (K, C, *overlay); with a `groups` axis (B, G, C, …), (G, K, C, …). Options
    are those of `conv`. Raises ShapeError for an overlay with another number of axes.

    >>> from cnn_symbolic import claim, sizes, sum_axes
    >>> from cnn_symbolic.layers import Convolution
    >>> B, C, K, M, I, S = sizes("B C K M I S")
    >>> layer = Convolution((B, C, M), (K, C, I), stride=S)
    >>> claim(layer.gradient(layer.b) == sum_axes(layer.z_gradient, axes=(0, 2))).outcome
    'proved'
    """

    def __init__(
        self,
        input_shape: Sequence[Any],
        overlay_shape: Sequence[Any],
        *,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        group_axis: bool = False,
    ) -> None:
        rank = spatial_axes("a convolution", input_shape, 3 if group_axis else 2)
        if len(overlay_shape) != len(input_shape):
            raise unfit(f"a convolution takes {SAME_RANK}", input_shape, overlay_shape)
        group = "g " if group_axis else ""
        self.x = tensor(*input_shape, name="x", indices=after(f"n {group}d", SPATIAL_LETTERS, rank))
        self.w = tensor(*overlay_shape, name="w", indices=after(f"{group}k d", OVERLAY_LETTERS, rank))
        self.b = tensor(*overlay_shape[: 2 if group_axis else 1], name="b", indices=f"{group}k")
        z = conv(self.x, self.w, self.b, stride=stride, padding=padding, dilation=dilation, group_axis=group_axis)
        self.z, self.z_gradient = self.result("z", z, after(f"n {group}k", MAP_LETTERS, rank))


class MaxPool(Differentiable):
    """Max pooling with stride, padding (−∞), dilation and ceil mode, given which entry each window selects.

    `s[n, c, r, u]` is 1 where window r has its maximum, the first in row-major order on ties, and 0 elsewhere;
    `a = select_pool(x, s)`. The input has shape (B, C, *spatial). Options are those of `select_pool`. Raises ShapeError
    for an input without spatial axes.

    >>> from cnn_symbolic import sizes
    >>> from cnn_symbolic.layers import MaxPool
    >>> layer = MaxPool(sizes("B C M N"), 3, stride=2, padding=1)
    >>> layer.a.shape, layer.selection.shape
    ((B, C, ⌊(M - 1)/2⌋ + 1, ⌊(N - 1)/2⌋ + 1), (B, C, ⌊(M - 1)/2⌋ + 1, ⌊(N - 1)/2⌋ + 1, 3, 3))
    """

    def __init__(
        self,
        input_shape: Sequence[Any],
        window: Any,
        *,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> None:
        rank = spatial_axes("max pooling", input_shape, 2)
        self.x = tensor(*input_shape, name="x", indices=after("n d", SPATIAL_LETTERS, rank))
        sides, count, _ = windows_of(self.x.lengths[2:], window, stride, padding, dilation, ceil_mode, "max pooling")
        windows = after("n d", MAP_LETTERS, rank)
        within = f"{windows} {letters(OVERLAY_LETTERS, rank)}" if windows else ""
        self.selection = tensor(*input_shape[:2], *count, *sides, name="s", indices=within)
        pooled = select_pool(self.x, self.selection, stride=stride, padding=padding, dilation=dilation)
        self.a, self.a_gradient = self.result("a", pooled, windows)


class AveragePool(Differentiable):
    """Average pooling with stride, padding (counted or not) and ceil mode.

    `a[n, c, r] = Σ_u x[n, c, s·r + u − p] / n[r]`, where `n` counts the cells: see `window_counts`. `share` is
    1/n, of shape (1, 1, *windows): a number in floor mode with the padding counted, where n is the window's
    size, else the reciprocal of `counts`. What arrives is `a_gradient`. Raises ShapeError for an input without spatial
    axes.

    >>> from cnn_symbolic import sizes
    >>> from cnn_symbolic.layers import AveragePool
    >>> layer = AveragePool(sizes("B C M"), 2)
    >>> layer.a.shape, layer.share
    ((B, C, ⌊M/2⌋), <Tensor 1/2·ones(1, 1, ⌊M/2⌋) of shape (1, 1, ⌊M/2⌋)>)
    """

    def __init__(
        self,
        input_shape: Sequence[Any],
        window: Any,
        *,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_padding: bool = True,
    ) -> None:
        rank = spatial_axes("average pooling", input_shape, 2)
        options: dict[str, Any] = {"window": window, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
        self.x = tensor(*input_shape, name="x", indices=after("n d", SPATIAL_LETTERS, rank))
        self.counts = named("n", window_counts(shape=input_shape[2:], count_padding=count_padding, **options))
        if count_padding and not ceil_mode:
            cells = prod(map(number, per_axis(window, rank, "average pooling: window")))
            self.share = scale(ones(*self.counts.shape), factor=1 / number(cells))
        else:
            self.share = reciprocal(self.counts)
        pooled = sum_pool(self.x, **options) * self.share
        self.a, self.a_gradient = self.result("a", pooled, after("n d", MAP_LETTERS, rank))


def quadratic_cost(a: Tensor, y: Tensor) -> Tensor:
    """Return C = ½ Σ (a − y)², a number. Source: the article, "Discussion".

    Raises ShapeError unless their shapes fit, as in `add`.

    >>> from cnn_symbolic import claim, gradient, ones, sizes, tensor
    >>> from cnn_symbolic.layers import quadratic_cost
    >>> a, y = (tensor(*sizes("K"), name=name) for name in "ay")
    >>> claim(gradient(quadratic_cost(a, y), wrt=a, cotangent=ones()) == a - y).outcome
    'proved'
    """
    difference = check_tensor(a, "quadratic_cost: a") - check_tensor(y, "quadratic_cost: y")
    return scale(dot(difference, difference), factor=sp.Rational(1, 2))


def cross_entropy_of_softmax(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return C = −Σ y·log p for the softmax p = exp(z) / Σ exp(z), and p itself.

    `z` is a tensor with a name and the axis of classes. Written with the normaliser S = Σ exp(z):
    log p = z − log S, so that C = (Σ y)·log S − Σ y·z. Trusted: exp′ = exp and log′(S) = 1/S. Raises
    ShapeError unless the targets `y` have the shape of `z`.

    >>> from cnn_symbolic import claim, gradient, ones, sizes, sum_axes, tensor
    >>> from cnn_symbolic.layers import cross_entropy_of_softmax
    >>> z, y = (tensor(*sizes("K"), name=name) for name in "zy")
    >>> cost, p = cross_entropy_of_softmax(z, y)
    >>> claim(gradient(cost, wrt=z, cotangent=ones()) == sum_axes(y, axes=(0,)) * p - y).outcome
    'proved'
    """
    exponentials = exp(z)
    if tuple(map(sp.expand, y.lengths)) != tuple(map(sp.expand, z.lengths)):
        raise ShapeError(f"targets have the shape of {z}, {format_shape(z.shape)}; found {format_shape(y.shape)}")
    everywhere = tuple(range(z.rank))
    normaliser = named("S", sum_axes(exponentials, axes=everywhere))
    cost = sum_axes(y, axes=everywhere) * log(normaliser) - dot(y, z)
    letter = " ".join(getattr(z.source, "indices", ()))
    return cost, named("p", exponentials * reciprocal(normaliser), indices=letter)


def input_tensor(given: Input, of: str) -> Tensor:
    """Return the activations of the layer before, or an arbitrary input of the given shape."""
    if isinstance(given, Tensor):
        return given
    return tensor(*given, name="a_prev", indices=letters(of, len(given)))


def unfit(takes: str, input_shape: Sequence[Any], overlay_shape: Sequence[Any]) -> ShapeError:
    """Return the error for an input and an overlay that do not fit together."""
    return ShapeError(
        f"{takes}, found the shapes {' and '.join(format_shape(tuple(s)) for s in (input_shape, overlay_shape))}"
    )


def spatial_axes(owner: str, input_shape: Sequence[Any], before: int) -> int:
    """Return the number of spatial axes; raise ShapeError if there are none behind batch, groups and channels."""
    if len(input_shape) <= before:
        layout = "(batch, channels, *spatial)" if before == 2 else "(batch, groups, channels, *spatial)"
        raise ShapeError(f"{owner} takes an input of shape {layout}, found {format_shape(tuple(input_shape))}")
    return len(input_shape) - before


def after(first: str, spatial: str, rank: int) -> str:
    """Return the letters of the first axes and of the spatial ones, or none where there are too few."""
    found = letters(spatial, rank)
    return f"{first} {found}" if found else ""


def letters(of: str, rank: int) -> str:
    """Return as many index letters as there are axes, or none where there are too few."""
    return " ".join(of.split()[:rank]) if rank <= len(of.split()) else ""
