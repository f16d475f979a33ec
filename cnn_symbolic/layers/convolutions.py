"""The layers with filters and a bias: convolutions, transposed ones, and linear layers.

Source: the definitions in the documentation of PyTorch (`torch.nn.functional`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import isqrt, prod
from typing import Any, ClassVar

import numpy as np

from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.layers.forward import BATCHES, SMALL, Forward, Pick, Shape, Shapes, fitting_sizes
from cnn_symbolic.layers.mistakes import BIAS, OF_FILTERS, OTHER_OPERANDS, RESULT, RESULTS, changing, of_any, of_axes
from cnn_symbolic.layers.options import among, at_least, count, pads
from cnn_symbolic.layers.stages import Arrays, Candidate, Case, Filtered
from cnn_symbolic.layers.values import PLAIN
from cnn_symbolic.witnesses import convolutions as numeric
from cnn_symbolic.witnesses.windows import Axis, axes_over, per_axis

# The overlays that are drawn along an axis, by the number of spatial axes.
OVERLAYS = {1: (1, 2, 3, 4, 5, 7), 2: (1, 2, 3, 4, 5, 7), 3: (1, 2, 3)}


@dataclass(frozen=True)
class Filtering(Forward):
    """A layer with filters w and a bias b: every window of x is multiplied by them, or with `sides` exchanged of y.

    With the `reduction` "mean", dw and db are averaged over the batch, not summed. An `untied_bias` has an entry for
    every position of the result.
    """

    reduction: Any = field(default="sum", kw_only=True, metadata=among("sum", "mean"))
    untied_bias: Any = field(default=False, kw_only=True, metadata=among(True, False))

    inputs = ("x", "w", "b")
    given = ("w_shape",)
    signature = "dy, x, w -> dx, dw, db"
    # Its numbers, forward and backward.
    forward: ClassVar[Callable[..., np.ndarray]]
    backward: ClassVar[Callable[..., tuple[np.ndarray, ...]]]
    # What the windows are over, what belongs to their positions, and which product each result is (`stages`).
    sides: ClassVar[tuple[str, str]] = ("x", "dy")
    products: ClassVar[Mapping[str, str]] = {"y": "correlated", "dx": "spread", "dw": "weights"}

    @property
    def settings(self) -> dict[str, Any]:
        """The options as the numeric layer takes them: without the conventions of its gradients."""
        return {name: value for name, value in self.options.items() if name not in ("reduction", "untied_bias")}

    def bias_shape(self, y: Shape) -> Shape:
        """Return the shape of the bias."""
        return y[1:] if self.untied_bias else y[1:2]

    def shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result: its channels, and as many cells or positions as there are windows for."""
        x, w = shapes["x"], shapes["w"]
        channels = dict(zip(self.filters, (w[0], w[1] * self.groups), strict=True)) if len(w) == self.rank + 2 else {}
        if not channels or min(w) < 1 or w[0] % self.groups or channels["I"] != x[1]:
            raise ShapeError(f"{self} takes filters that fit x of shape {x}, found w of shape {w}")
        sizes = [a.positions if self.sides[1] == "dy" else a.size for a in self.axes(shapes)]
        return (x[0], channels["O"], *sizes)

    def evaluate(self, values: Mapping[str, np.ndarray], bias: bool = True, result: bool = True) -> Arrays:
        """Return the result y and the gradients dx, dw, db; y has the bias b unless `bias` is False."""
        x, w, dy, options = values["x"], values["w"], values["dy"], self.settings
        results = dict(zip(("dx", "dw", "db"), self.backward(dy, x, w, **options), strict=True))
        if self.untied_bias:
            results["db"] = dy.sum(axis=0)
        if self.reduction == "mean":
            results |= {name: results[name] / len(dy) for name in ("dw", "db")}
        if result:
            tied = bias and not self.untied_bias
            results["y"] = self.forward(x, w, values["b"] if tied else None, **options)
            results["y"] = results["y"] + values["b"] if bias and self.untied_bias else results["y"]
        return results

    def terms(self, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return a bound on how many products are added up in one entry of the results."""
        x, w, y = shapes["x"], shapes["w"], self.result_shape(shapes)
        entries, windows = prod(w[2:]), prod(a.positions for a in self.axes(shapes))
        terms = {
            "y": x[1] // self.groups * entries + 1,
            "dx": y[1] // self.groups * entries,
            "dw": x[0] * windows,
            "db": x[0] * prod(y[2:]),
        }
        return int(max(terms[name] for name in results))

    def largest(self, exact: int, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return the largest magnitude of data with which no sum of products of two is beyond `exact`."""
        return max(1, isqrt(exact // self.terms(shapes, results) // self.multiple(shapes["x"])))

    def multiple(self, x: Shape) -> int:
        """Return the number of which dy has multiples, so that means over the batch are integers."""
        return x[0] if self.reduction == "mean" else 1

    def data(self, random: np.random.Generator, shapes: Shapes, bound: int, kinds: Sequence[str] = PLAIN) -> Arrays:
        """Return random integers of some kinds."""
        arrays = super().data(random, shapes, bound, kinds)
        return {**arrays, "dy": self.multiple(shapes["x"]) * arrays["dy"]}

    def draw(self, pick: Pick) -> dict[str, Shape]:
        """Return shapes of x and w that fit together."""
        batch, channels = pick("N", BATCHES), {letter: pick(f"C{letter}", SMALL) for letter in "OI"}
        overlay = [pick("", OVERLAYS[self.rank]) for _ in range(self.rank)]
        here = self.at({"w": (1, 1, *overlay)})
        sizes = [pick("", fitting_sizes(here, axis, (i,))) for axis, i in enumerate(overlay)]
        first, second = (channels[letter] for letter in self.filters)
        x = (batch, self.groups * channels["I"], *sizes)
        return {"x": x, "w": (self.groups * first, second, *overlay)}

    def setting(self, case: Case, name: str) -> Filtered:
        """Return the operands and the windows of y, dx or dw."""
        axes, (fine, coarse) = self.axes({k: v.shape for k, v in case.values.items()}), self.sides
        values = {**self.summed(case, name).values}
        if name == "y":
            values["dy"] = np.zeros_like(values["dy"])
        return Filtered(self.products[name], axes, self.groups, values[fine], values[coarse], values["w"])

    def summed(self, case: Case, name: str) -> Case:
        """Return an example of which dw or db is a sum over the batch, with the dy that it is of."""
        if self.reduction != "mean" or name not in ("dw", "db"):
            return case
        return replace(case, values={**case.values, "dy": case.values["dy"] / case.batch})

    def mistakes(self, name: str) -> Iterator[Candidate]:
        """Yield the mistakes that people make with filters and a bias."""
        yield from RESULT if name == "y" else ()
        for title, compute in BIAS if name == "db" else ():
            yield title, partial(lambda case, compute: compute(self.summed(case, "db")), compute=compute)
        if self.reduction == "mean" and name in ("dw", "db"):
            yield "summed over the batch, not averaged", lambda case: case.batch * case.right[name]
        yield from of_any(name)
        yield from OTHER_OPERANDS.get(name, ())
        yield from of_axes(name) if name == "dw" else ()
        yield from () if name == "db" else ((title, changing(name, change)) for title, change in OF_FILTERS)
        yield from of_axes(name) if name in ("y", "dx") else ()


@dataclass(frozen=True)
class Conv(Filtering):
    """Every window of x times the filters, plus b.

    Shapes: x (N, C, *spatial), w (O, C/groups, *overlay), b (O), y (N, O, *positions), with `conv_size` positions along
    every axis. Source: `torch.nn.functional.conv2d`.
    """

    stride: Any = field(default=1, metadata=at_least(1))
    padding: Any = field(default=0, metadata=pads(named=True))
    dilation: Any = field(default=1, metadata=at_least(1))
    groups: Any = field(default=1, metadata=count())

    title = "conv{}d"
    forward, backward = staticmethod(numeric.conv), staticmethod(numeric.conv_gradients)

    def axes(self, shapes: Shapes) -> list[Axis]:
        """Return the windows over x."""
        return axes_over(shapes["x"][2:], shapes["w"][2:], self.stride, self.padding, self.dilation)

    def tried(self, overlay: Shape) -> int:
        """Return how many sizes of a single axis of x are tried: those with up to four windows, and some inside."""
        s, d = (per_axis(value, 1, "option", 1)[0] for value in (self.stride, self.dilation))
        return 3 * s + 2 + (d * (overlay[0] - 1) if isinstance(self.padding, str) else 0)


@dataclass(frozen=True)
class ConvTranspose(Filtering):
    """The gradient of a convolution as a layer: x times the filters, added to the windows of the result, plus b.

    Shapes: x (N, C, *positions), w (C, O/groups, *overlay), b (O), y (N, O, *spatial). Source:
    `torch.nn.functional.conv_transpose2d`.
    """

    stride: Any = field(default=1, metadata=at_least(1))
    padding: Any = field(default=0, metadata=pads())
    output_padding: Any = field(default=0, metadata=at_least(0, (0, 1)))
    dilation: Any = field(default=1, metadata=at_least(1))
    groups: Any = field(default=1, metadata=count())

    title = "conv_transpose{}d"
    filters = "IO"
    forward, backward = staticmethod(numeric.conv_transpose), staticmethod(numeric.conv_transpose_gradients)
    sides = ("dy", "x")
    products: ClassVar[Mapping[str, str]] = {"y": "spread", "dx": "correlated", "dw": "weights"}

    def axes(self, shapes: Shapes) -> list[Axis]:
        """Return the windows over the result."""
        x, w = (np.broadcast_to(0.0, shapes[name]) for name in ("x", "w"))
        return numeric.transposed(x, w, **self.settings)[2]


@dataclass(frozen=True)
class Linear(Filtering):
    """y = x·wᵀ + b for x (N, in) and w (out, in).

    Shapes of the others: b (out), y (N, out). Source: `torch.nn.functional.linear`.
    """

    title, ranks = "linear", (0,)
    forward, backward = staticmethod(numeric.linear), staticmethod(numeric.linear_gradients)
