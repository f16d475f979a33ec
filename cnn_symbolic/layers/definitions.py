"""What every layer computes, as tensors of arbitrary sizes: its result, and the gradients that are derived from it.

    definition(conv2d(stride=S, padding=P)).gradients["dx"]

Options that are left open are sizes there: what is proved of a definition holds for all of their values. The layouts
are those of `forward`. A layer is defined by the symbolic operation that it is, where there is one; groups of channels,
which lie one after the other on one axis, and a bias of its own for every position are written entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from math import prod
from typing import Any

from cnn_symbolic.expressions.formulas import fresh, named_number, numbered, size, width
from cnn_symbolic.expressions.functions import And, Iverson, Or
from cnn_symbolic.expressions.values import Number, Truth, number, plain
from cnn_symbolic.ground.errors import FragmentError, OperandError, ShapeError
from cnn_symbolic.layers.convolutions import Conv, ConvTranspose, Filtering, Linear
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import OVERLAY, SPATIAL, at_sizes, closed, depends
from cnn_symbolic.layers.poolings import AveragePooling, MaxPooling, NearestUpsampling
from cnn_symbolic.tensors.arithmetic import scale
from cnn_symbolic.tensors.entries import by_entries, sum_of
from cnn_symbolic.tensors.gradients import gradient
from cnn_symbolic.tensors.making import named, tensor
from cnn_symbolic.tensors.operations.convolutions import conv, conv_transpose, upsample_nearest
from cnn_symbolic.tensors.operations.functions import reciprocal
from cnn_symbolic.tensors.operations.geometry import conv_size, pad_widths
from cnn_symbolic.tensors.operations.pooling import pool_size, select_pool, sum_pool, window_counts
from cnn_symbolic.tensors.tensor import Tensor

# The letters of the indices of these axes, of those of an overlay, and of the positions of windows.
CELLS, ENTRIES, POSITIONS = "mop", "iju", "rtv"


@dataclass(frozen=True)
class LayerDefinition:
    """A layer as tensors of arbitrary sizes.

    `inputs` are x and, where there are such, w and b; `y` is the result, with that name, and `dy` what arrives there.
    `given` has what the result is made from besides: the selection s of max pooling, which is 1 where a window has its
    maximum. `options` are those that a backward pass is given, with sizes for what is left open. `gradients` are dx, dw
    and db. `assumptions` are conditions on the sizes besides those under which these tensors are defined.
    """

    layer: Forward
    inputs: dict[str, Tensor]
    y: Tensor
    dy: Tensor
    given: dict[str, Tensor]
    options: dict[str, Any]
    gradients: dict[str, Tensor]
    assumptions: tuple[Truth, ...]


@dataclass(frozen=True)
class Result:
    """The inputs of a layer and what it makes of them; conditions may be such that hold at all sizes."""

    inputs: dict[str, Tensor]
    y: Tensor
    given: dict[str, Tensor] = field(default_factory=dict)
    conditions: Sequence[Any] = ()


class LayerSizes:
    """The sizes of a layer, none of which is called as one of its open options, and its options made of sizes."""

    def __init__(self, layer: Forward) -> None:
        self.layer, self.rank = layer, layer.rank
        parts = layer.open.items()
        self.open = {name: named_number((size if min(values) else width)(name)) for name, values in parts}
        self.batch, self.spatial = self.size("B"), tuple(map(self.size, SPATIAL[: self.rank]))
        given: dict[str, Any] = {name: closed(value, self.open) for name, value in layer.settings.items()}
        window = given.get("window")
        self.overlay = tuple(map(self.size, OVERLAY[: self.rank])) if window is None else self.each(window)
        self.options = self.of_overlay(given) if any(map(depends, given.values())) else given

    def size(self, letter: str) -> Number:
        """Return the size with a letter, with a prime where an option has that name."""
        while letter in self.open:
            letter += "′"
        return named_number(size(letter))

    def each(self, value: Any) -> tuple[Any, ...]:
        """Return an option for every spatial axis."""
        return value if isinstance(value, tuple) else (value,) * self.rank

    def of_overlay(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return options with numbers for what is made of the sizes of the overlay, the stride and the dilation."""
        known = dict(zip(OVERLAY, map(number, self.overlay), strict=False))
        for letter, name in (("S", "stride"), ("D", "dilation")):
            if not isinstance(value := options.get(name), tuple | None):
                known[letter] = number(value)
        try:
            return {name: at_sizes(value, known) for name, value in options.items()}
        except KeyError as missing:
            raise ShapeError(f"{self.layer}: {missing.args[0]} differs between the axes") from None

    def letters(self, first: str, axes: str) -> str:
        """Return the letters of axes, those of the spatial ones behind the first."""
        return " ".join(first + axes[: self.rank])

    def input(self, channels: Any) -> Tensor:
        """Return x with so many channels."""
        return tensor(self.batch, channels, *self.spatial, name="x", indices=self.letters("nc", CELLS))

    def filters(self, first: Any, second: Any) -> Tensor:
        """Return w with channels on the first two axes."""
        letters = self.letters("kc" if self.layer.filters == "OI" else "ck", ENTRIES)
        return tensor(first, second, *self.overlay, name="w", indices=letters)

    def bias(self, channels: Any, positions: Sequence[Any]) -> Tensor:
        """Return b, with an entry for every channel of the result, or for every position if it is untied."""
        untied = isinstance(self.layer, Filtering) and self.layer.untied_bias
        axes = (channels, *positions) if untied else (channels,)
        return tensor(*axes, name="b", indices=self.letters("k", POSITIONS) if untied else "k")

    @property
    def axes(self) -> list[tuple[Any, ...]]:
        """The input's size, the overlay's, the stride, the padding before and after, and the dilation of each axis."""
        stride, dilation = (self.each(self.options.get(name, 1)) for name in ("stride", "dilation"))
        widths = pad_widths(self.options["padding"], self.spatial, self.overlay, stride, dilation)
        return list(zip(self.spatial, self.overlay, stride, widths, dilation, strict=True))

    def cells(self, r: Sequence[Number], u: Sequence[Number]) -> list[Any]:
        """Return which cell the entry u of the window r is on every axis: s·r + d·u − p."""
        axes = zip(r, u, self.axes, strict=True)
        return [stride * p + dilation * v - before for p, v, (_, _, stride, (before, _), dilation) in axes]


def definition(layer: Forward) -> LayerDefinition:
    """Return what a layer computes, for all sizes and all values of what is left open in its options.

    Raises FragmentError, with the reason, for a layer that is tested only, OperandError for one with `any_of` values
    (those of `layer.chosen()` have none), and ShapeError for one that is defined at no sizes.
    """
    if next(layer.chosen()) != layer:
        raise OperandError(f"{layer} varies: a definition is of a layer with one value for every option")
    sizes = LayerSizes(layer) if layer.rank >= 0 else None
    if sizes is None or (make := defined.dispatch(type(layer))) is defined.dispatch(object):
        raise FragmentError(f"{layer} has no definition in symbols: it is tested only")
    result = make(layer, sizes)
    letters = sizes.letters("nk" if "w" in layer.inputs else "nc", POSITIONS)
    y = named("y", result.y, indices=letters)
    dy = tensor(*y.shape, name="dy", indices=letters)
    gradients = {f"d{name}": gradient(y, wrt=wrt, cotangent=dy) for name, wrt in result.inputs.items()}
    if isinstance(layer, Filtering) and layer.reduction == "mean":
        gradients |= {name: scale(gradients[name], factor=1 / sizes.batch) for name in ("dw", "db")}
    assumptions = tuple(open_ones(result.conditions, layer))
    return LayerDefinition(layer, result.inputs, y, dy, result.given, sizes.options, gradients, assumptions)


def open_ones(conditions: Iterable[Truth], layer: Forward) -> Iterable[Truth]:
    """Yield the conditions that do not hold at all sizes; raise ShapeError if one holds at none."""
    for condition in {each.formula: each for each in conditions}.values():
        if condition.formula not in (True, False):
            yield condition
        elif not condition:
            raise ShapeError(f"{layer} is defined at no sizes: its padding is too large")


@singledispatch
def defined(layer: Any, at: LayerSizes) -> Result:
    """Return the inputs and the result of a layer."""
    raise FragmentError(f"{layer} has no definition in symbols")


@defined.register
def of_conv(layer: Conv, at: LayerSizes) -> Result:
    """y[n, k, r] = Σ_{c,u} x[n, g·C + c, s·r + d·u − p] · w[k, c, u] + b[k], for k of the group g of K maps."""
    groups, c, k = layer.groups, at.size("C"), at.size("K")
    x, w = at.input(groups * c), at.filters(groups * k, c)
    positions = [conv_size(m, i, stride=s, padding=p, dilation=d) for m, i, s, p, d in at.axes]
    b = at.bias(groups * k, positions)

    def entry(u: Sequence[Number], n: Number, channel: Number, *r: Number) -> Any:
        inner, *within = u
        cells = at.cells(r, within)
        inputs = [x[n, g * c + inner, *cells] * in_group(channel, g, k, groups) for g in range(groups)]
        return sum(inputs[1:], inputs[0]) * w[channel, inner, *within]

    if groups == 1 and not layer.untied_bias:
        options = {name: value for name, value in at.options.items() if name != "groups"}
        y = conv(x, w, b, **options)
    else:
        y = summed_up(at, (at.batch, groups * k, *positions), f"c{ENTRIES[: at.rank]}", w.shape[1:], entry, (x, w, b))
    return Result({"x": x, "w": w, "b": b}, y)


@defined.register
def of_conv_transpose(layer: ConvTranspose, at: LayerSizes) -> Result:
    """y[n, k, m] = Σ_{c,r,u} [s·r + d·u − p = m] · x[n, c, r] · w[c, k − g·K, u] + b[k], for c in the group g of C."""
    groups, c, k = layer.groups, at.size("C"), at.size("K")
    x, w = at.input(groups * c), at.filters(groups * c, k)
    extra = at.each(at.options["output_padding"])
    axes = list(zip(at.axes, extra, strict=True))
    lengths = [(m - 1) * s + d * (i - 1) + 1 - p - q + more for (m, i, s, (p, q), d), more in axes]
    b = at.bias(groups * k, lengths)

    def entry(u: Sequence[Number], n: Number, channel: Number, *m: Number) -> Any:
        inner, r, within = u[0], u[1 : 1 + at.rank], u[1 + at.rank :]
        meets = And(*(cell == to for cell, to in zip(at.cells(r, within), m, strict=True)))
        maps = [(g * c + inner, channel - g * k) for g in range(groups)]
        products = [x[n, one, *r] * w[one, other, *within] for one, other in maps]
        return Iverson(meets) * sum(products[1:], products[0])

    if groups == 1 and not layer.untied_bias:
        options = {name: value for name, value in at.options.items() if name != "groups"}
        y = conv_transpose(x, w, b, **options)
    else:
        inner = f"c{POSITIONS[: at.rank]}{ENTRIES[: at.rank]}"
        ranges = (c, *at.spatial, *at.overlay)
        y = summed_up(at, (at.batch, groups * k, *lengths), inner, ranges, entry, (x, w, b))
    conditions = [Or(number(s) > more, number(d) > more) for (_, _, s, _, d), more in axes]
    return Result({"x": x, "w": w, "b": b}, y, conditions=conditions)


def in_group(channel: Number, group: int, each: Number, groups: int) -> Any:
    """Return 1 if a channel is one of a group of so many each, else 0."""
    return Iverson(And(channel >= group * each, channel < (group + 1) * each)) if groups > 1 else 1


def summed_up(
    at: LayerSizes,
    shape: Sequence[Any],
    inner: str,
    ranges: Sequence[Any],
    entry: Callable[..., Any],
    made_from: tuple[Tensor, Tensor, Tensor],
) -> Tensor:
    """Return the tensor whose entries are sums of `entry(inner, *index)` over the inner indices, plus the bias."""
    index, bias = fresh(f"nk{POSITIONS[: at.rank]}"), made_from[2]

    def formula(*outer: Number) -> Any:
        bound = fresh(inner)
        total = sum_of(entry(numbered(bound), *outer), bound, ranges, str(at.layer))
        return total + bias[outer[1 : 1 + bias.rank]]

    return by_entries(shape, index, formula, made_from)


@defined.register
def of_linear(layer: Linear, at: LayerSizes) -> Result:
    """y[n, k] = Σ_c x[n, c] · w[k, c] + b[k]."""
    c, k = at.size("C"), at.size("K")
    x, w, b = at.input(c), at.filters(k, c), at.bias(k, ())

    def entry(u: Sequence[Number], n: Number, channel: Number) -> Any:
        return x[n, u[0]] * w[channel, u[0]]

    return Result({"x": x, "w": w, "b": b}, summed_up(at, (at.batch, k), "c", (c,), entry, (x, w, b)))


@defined.register
def of_max_pooling(layer: MaxPooling, at: LayerSizes) -> Result:
    """y[n, c, r] = Σ_u s[n, c, r, u] · x[n, c, s·r + d·u − p], whatever is selected."""
    if layer.ties not in ("distinct", "first"):
        raise FragmentError(f"{layer} is tested only: of a maximum one entry is selected in symbols, of equal ones too")
    x, mode = at.input(at.size("C")), layer.ceil_mode
    windows = [pool_size(m, i, stride=s, padding=p, dilation=d, ceil_mode=mode) for m, i, s, p, d in at.axes]
    letters = " ".join("nc" + POSITIONS[: at.rank] + ENTRIES[: at.rank])
    s = tensor(*x.shape[:2], *windows, *at.overlay, name="s", indices=letters)
    options = {name: at.options[name] for name in ("stride", "padding", "dilation")}
    return Result({"x": x}, select_pool(x, s, **options), {"s": s})


@defined.register
def of_average_pooling(layer: AveragePooling, at: LayerSizes) -> Result:
    """y[n, c, r] = Σ_u x[n, c, s·r + u − p] / n[r], where n counts the cells of a window, all of them in floor mode.

    It is assumed that no window has nothing but padding: where the cells of x are counted alone the padding is smaller
    than the window, and in ceil mode, where all are counted, it is not larger behind x.
    """
    x = at.input(at.size("C"))
    options = {name: at.options[name] for name in ("window", "stride", "padding", "ceil_mode")}
    total = sum_pool(x, **options)
    if layer.count_include_pad and not layer.ceil_mode:
        cells = prod(map(number, at.overlay), start=number(1))
        return Result({"x": x}, scale(total, factor=1 / cells))
    counts = window_counts(shape=at.spatial, count_padding=layer.count_include_pad, **options)
    if layer.count_include_pad:
        conditions = [number(plain(after)) <= i for _, i, _, (_, after), _ in at.axes]
    else:
        conditions = [number(plain(side)) < i for _, i, _, sides, _ in at.axes for side in sides]
    return Result({"x": x}, total * reciprocal(named("n", counts)), conditions=conditions)


@defined.register
def of_upsampling(layer: NearestUpsampling, at: LayerSizes) -> Result:
    """y[n, c, m] = x[n, c, ⌊m/f⌋]."""
    x = at.input(at.size("C"))
    return Result({"x": x}, upsample_nearest(x, **at.options))
