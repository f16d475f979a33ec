"""The layers without filters: poolings and upsampling.

Source: the definitions in the documentation of PyTorch (`torch.nn.functional`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import lcm, prod
from typing import Any

import numpy as np

from cnn_symbolic.layers.forward import Forward, Shape, Shapes
from cnn_symbolic.layers.mistakes import RESULTS
from cnn_symbolic.layers.options import among, at_least, pads
from cnn_symbolic.layers.pooling_mistakes import AVERAGE, MAXIMUM, UPSAMPLING, chosen, divided
from cnn_symbolic.layers.stages import Arrays, Case, Masked
from cnn_symbolic.layers.values import NUMBERS, PLAIN
from cnn_symbolic.witnesses import poolings as numeric
from cnn_symbolic.witnesses.windows import Axis, axes_over, per_axis

# Which of equal maxima get dy, and the number of cells up to which shares are computed exactly.
TIES, SHARES = ("distinct", "first", "last", "all", "shared"), 16


@dataclass(frozen=True)
class Windowed(Forward):
    """A layer that makes one number of each window of a map."""

    window: Any = field(metadata=at_least(1))
    stride: Any = field(default=None, metadata=at_least(1))
    padding: Any = field(default=0, metadata=pads(named=True))

    dilation = 1
    ceil_mode = False
    # Whether the cells of the padding are counted as cells of a window.
    count_include_pad = False

    @property
    @abstractmethod
    def mask(self) -> Callable[..., np.ndarray]:
        """The share that every cell of a window has in its result."""

    @property
    def settings(self) -> dict[str, Any]:
        """The options as the numeric layer takes them, with the window as the stride if there is none."""
        return {**self.options, "stride": self.window if self.stride is None else self.stride}

    def overlay(self, shapes: Shapes) -> Shape:
        """Return the sizes of the window."""
        return per_axis(self.window, self.rank, "window", 1)

    def axes(self, shapes: Shapes) -> list[Axis]:
        """Return the windows over x."""
        stride = self.settings["stride"]
        return axes_over(shapes["x"][2:], self.window, stride, self.padding, self.dilation, self.ceil_mode)

    def counts(self, shapes: Shapes) -> np.ndarray:
        """Return how many cells each window has; raise ShapeError if one has none."""
        return numeric.divisors(self.axes(shapes), real=not self.count_include_pad)

    def shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result; raise ShapeError if a window has nothing but padding."""
        return (*shapes["x"][:2], *self.counts(shapes).shape)

    def terms(self, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return the number of entries of a window."""
        return prod(per_axis(self.window, self.rank, "window", 1))

    def setting(self, case: Case, name: str) -> Masked:
        """Return what dx is computed from."""
        return Masked("spread", self.axes({"x": case.values["x"].shape}), case, self.mask)

    def tried(self, overlay: Shape) -> int:
        """Return how many sizes of a single axis of x are tried: those with up to four windows."""
        return 3 * per_axis(self.settings["stride"], 1, "stride", 1)[0] + 2


@dataclass(frozen=True)
class MaxPooling(Windowed):
    """The maximum of every window; the padding is never one.

    `ties` says which of equal ones get dy: the "first", the "last", "all", or all their share ("shared"); none are
    "distinct".

    Shapes: x (N, C, *spatial), y (N, C, *windows), with `pool_size` windows along every axis. The stride is that of the
    window unless it is given. Source: `torch.nn.functional.max_pool2d`.
    """

    dilation: Any = field(default=1, metadata=at_least(1))
    ceil_mode: Any = field(default=False, metadata=among(True, False))
    ties: Any = field(default="distinct", metadata=among(*TIES))

    title = "max_pool{}d"
    fixed = ("x",)
    given = ("places",)
    usual = MAXIMUM

    @property
    def mask(self) -> Callable[..., np.ndarray]:
        """The maxima that get dy, or their shares."""
        return partial(chosen, which="first" if self.ties == "distinct" else self.ties)

    @property
    def settings(self) -> dict[str, Any]:
        """The options as the numeric layer takes them: `ties` is about the data."""
        return {name: value for name, value in super().settings.items() if name != "ties"}

    def evaluate(self, values: Mapping[str, np.ndarray], bias: bool = True, result: bool = True) -> Arrays:
        """Return the maxima y, the gradient dx, and the places of the maxima."""
        x = values["x"]
        y, places = numeric.max_pool(x, **self.settings)
        if self.ties in ("distinct", "first"):
            dx = numeric.max_pool_gradient(values["dy"], places, shape=x.shape[2:])
        else:
            dx = self.setting(Case(self, dict(values), {}), "dx").result()
        return {"y": y, "dx": dx, "places": places}

    def unit(self, shapes: Shapes) -> int:
        """Return the number of which dy has multiples, so that shares are integers, but for large windows."""
        cells = prod(per_axis(self.window, self.rank, "window", 1))
        return lcm(*range(1, cells + 1)) if self.ties == "shared" and cells <= SHARES else 1

    def data(self, random: np.random.Generator, shapes: Shapes, bound: int, kinds: Sequence[str] = PLAIN) -> Arrays:
        """Return random integers, as x maps of distinct ones in random order, or of a few ones with ties.

        Repeated ones are distinct in every window, and stand at other places of the next one below.
        """
        arrays, write = super().data(random, shapes, bound, kinds), NUMBERS[kinds[0]].write
        ties = self.ties != "distinct"
        if kinds[0] == "repeated":
            periods = [min(a.extent, a.size) for a in self.axes(shapes)]
            tile = ordered(random, (*shapes["x"][:2], *periods), ties)
            at = list(np.meshgrid(*map(np.arange, shapes["x"]), indexing="ij"))
            if len(periods) > 1:
                at[-1] = at[-1] + at[-2] // periods[-2]
            x = tile[tuple(k % n for k, n in zip(at, tile.shape, strict=True))]
        elif write is not None:
            x = write(ranks(random, shapes["x"], ties).astype(float), bound)
        else:
            x = ordered(random, shapes["x"], ties)
        return {**arrays, "x": x}

    @property
    def untried(self) -> str:
        """Whether ties are missing, as a sentence."""
        others = " or ".join(f'"{which}"' for which in TIES[1:])
        return f"equal entries in a window were not tried: ties={others} does" if self.ties == "distinct" else ""


@dataclass(frozen=True)
class AveragePooling(Windowed):
    """The mean of every window, over its cells in the padded input or, not `count_include_pad`, in the input.

    Shapes: x (N, C, *spatial), y (N, C, *windows), with `pool_size` windows along every axis. The stride is that of the
    window unless it is given. Source: `torch.nn.functional.avg_pool2d`.
    """

    ceil_mode: Any = field(default=False, metadata=among(True, False))
    count_include_pad: Any = field(default=True, metadata=among(True, False))

    title = "avg_pool{}d"
    usual = AVERAGE

    @property
    def mask(self) -> Callable[..., np.ndarray]:
        """The share of a cell in the mean."""
        return divided

    def evaluate(self, values: Mapping[str, np.ndarray], bias: bool = True, result: bool = True) -> Arrays:
        """Return the means y and the gradient dx."""
        x, options = values["x"], self.settings
        dx = numeric.avg_pool_gradient(values["dy"], shape=x.shape[2:], **options)
        return {"y": numeric.avg_pool(x, **options), "dx": dx}

    def unit(self, shapes: Shapes) -> int:
        """Return the number that every window's divisor divides: multiples of it have integers as means."""
        return lcm(*map(int, self.counts(shapes).flat))


@dataclass(frozen=True)
class NearestUpsampling(Forward):
    """Every cell of x, so many times along every axis.

    Shapes: x (N, C, M, …), y (N, C, M·factor, …). Source: `torch.nn.functional.interpolate`, mode "nearest".
    """

    factors: Any = field(metadata=at_least(1))

    title = "upsample_nearest{}d"
    signature = "dy -> dx"
    usual = UPSAMPLING

    def shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result."""
        x, factors = shapes["x"], per_axis(self.factors, self.rank, "factors", 1)
        return (*x[:2], *(m * f for m, f in zip(x[2:], factors, strict=True)))

    def evaluate(self, values: Mapping[str, np.ndarray], bias: bool = True, result: bool = True) -> Arrays:
        """Return the copies y and the gradient dx."""
        y = numeric.upsample_nearest(values["x"], factors=self.factors)
        return {"y": y, "dx": numeric.upsample_nearest_gradient(values["dy"], factors=self.factors)}

    def terms(self, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return the number of copies of a cell."""
        return prod(per_axis(self.factors, self.rank, "factors", 1))


def ordered(random: np.random.Generator, shape: Shape, ties: bool) -> np.ndarray:
    """Return maps of distinct numbers in random order, or of a few numbers with ties; of any sign, or of one."""
    size = prod(shape[2:])
    each = ranks(random, shape, ties)
    return np.asarray(each - random.choice([-1, size // 2, size + 1]), dtype=float)


def ranks(random: np.random.Generator, shape: Shape, ties: bool) -> np.ndarray:
    """Return maps of the numbers from 0 in random order, or of zeros and ones with ties."""
    maps, size = prod(shape[:2]), prod(shape[2:])
    each = random.integers(0, 2, (maps, size)) if ties else np.array([random.permutation(size) for _ in range(maps)])
    return np.asarray(each).reshape(shape)
