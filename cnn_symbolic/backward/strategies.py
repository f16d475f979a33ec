"""Hypothesis strategies for convolutions and poolings: shapes that fit, at the edges often, and that shrink.

    @given(convolution_problems(of="conv2d(stride=any_of(1, 2))"))
    def test_mine(problem):
        arrays = problem.values(seed=0)
        gradients = problem.forward.evaluate(arrays)

Sizes of one, overlays as large as the padded input, odd and even sizes and remainders of the stride are among them.
Needs Hypothesis (`cnn-symbolic[check]`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import isqrt, prod
from typing import Any

import numpy as np

from cnn_symbolic.backward.forwards import Forward, Shape, read_forward
from cnn_symbolic.ground.errors import MissingPackageError, ShapeError
from cnn_symbolic.witnesses.windows import axes_over, pad_widths, per_axis

__all__ = ["Problem", "convolution_problems", "hypothesis", "integer_arrays", "shapes"]

# The overlays that are drawn along an axis, by the number of spatial axes, and the batches.
OVERLAYS = {1: (1, 2, 3, 4, 5, 7), 2: (1, 2, 3, 4, 5, 7), 3: (1, 2, 3)}
BATCHES = (1, 2, 3, 5)
RESULTS = ("y", "dx", "dw", "db")
# The magnitude below which every integer, and so every sum of integers, is exact.
EXACT = {"float64": 2**53, "float32": 2**24, "int64": 2**53}


def hypothesis() -> Any:
    """Return the module hypothesis; raise MissingPackageError, which names the extra, if there is none."""
    try:
        return import_module("hypothesis")
    except ImportError as error:
        raise MissingPackageError(
            "a search over shapes needs Hypothesis: python -m pip install 'cnn-symbolic[check]'"
        ) from error


@dataclass(frozen=True)
class Problem:
    """A layer with fixed options, and the shapes of its inputs as pairs: x, and of a convolution w."""

    forward: Forward
    inputs: tuple[tuple[str, Shape], ...]

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of x, dy and y, and of a convolution w and b."""
        shapes = dict(self.inputs)
        y = self.forward.result_shape(shapes)
        bias = {"b": y[1:2]} if self.forward.is_convolution else {}
        return {**shapes, **bias, "y": y, "dy": y}

    def bound(self, dtype: str = "float64", results: Collection[str] = RESULTS) -> int:
        """Return the largest magnitude of data, in its unit, with which every sum in these results is exact."""
        shapes = dict(self.inputs)
        share = (EXACT[dtype] - 1) // self.forward.terms(shapes, results)
        return max(1, isqrt(share) if self.forward.is_convolution else share // self.forward.unit(shapes))

    def values(self, seed: Any = 0, bound: int | None = None) -> dict[str, np.ndarray]:
        """Return random integers, none of them zero, as x and dy, and for a convolution w and b, in float64.

        Data of an average are multiples of the windows' sizes, so that the means are integers. The input of a
        maximum has no equal entries in a map, or many with ties="first".
        """
        random, most = np.random.default_rng(seed), self.bound() if bound is None else bound
        arrays = {name: nonzero(random, shape, most) for name, shape in self.shapes.items() if name != "y"}
        if self.forward.family == "max_pool":
            arrays["x"] = ordered(random, arrays["x"].shape, self.forward.options["ties"] == "first")
        if (unit := self.forward.unit(dict(self.inputs))) > 1:
            arrays = {name: array * unit for name, array in arrays.items()}
        return arrays


def nonzero(random: np.random.Generator, shape: Shape, bound: int) -> np.ndarray:
    """Return random integers from −bound to bound without zero, each as likely, as float64."""
    drawn = random.integers(0, 2 * bound, shape)
    return np.where(drawn < bound, drawn - bound, drawn - bound + 1).astype(float)


def ordered(random: np.random.Generator, shape: Shape, ties: bool) -> np.ndarray:
    """Return maps of distinct numbers in random order, or of a few numbers with ties; of any sign, or of one."""
    maps, size = prod(shape[:2]), prod(shape[2:])
    each = random.integers(0, 2, (maps, size)) if ties else np.array([random.permutation(size) for _ in range(maps)])
    below = random.choice([-1, size // 2, size + 1])
    ordered: np.ndarray = (each - below).reshape(shape).astype(float)
    return ordered


def shapes(rank: int, most: int = 5) -> Any:
    """Return a strategy for shapes of so many axes, with sizes from 1 to `most`."""
    st = hypothesis().strategies
    return st.tuples(*[st.integers(1, most)] * rank)


def integer_arrays(shape: Shape, bound: int = 9) -> Any:
    """Return a strategy for arrays of nonzero integers from −bound to bound, as float64."""
    seeds = hypothesis().strategies.integers(0, 2**32 - 1)
    return seeds.map(lambda seed: nonzero(np.random.default_rng(seed), shape, bound))


def convolution_problems(of: Forward | str = "conv2d()", *, ones: Collection[str] = ()) -> Any:
    """Return a strategy for a layer with its shapes (`Problem`), poolings and upsampling too.

    `of` is the layer or its text; options that are `any_of` vary. `ones` are the letters of axes that have size
    one: N for the batch, C for all channels, O and I for the channels of the filters.
    """
    forward = read_forward(of) if isinstance(of, str) else of
    st: Any = hypothesis().strategies
    choices = list(forward.varied())

    def small(letter: str) -> Any:
        return st.just(1) if letter in ones else st.integers(1, 3)

    def problems(draw: Any) -> Problem:
        chosen = draw(st.sampled_from(choices))
        batch = 1 if "N" in ones else draw(st.sampled_from(BATCHES))
        if not chosen.is_convolution:
            sizes = [draw(st.sampled_from(fitting_sizes(chosen, k, 1))) for k in range(forward.rank)]
            return Problem(chosen, (("x", (batch, draw(small("C")), *sizes)),))
        groups = chosen.options["groups"]
        first, second = (1, 1) if "C" in ones else (draw(small("O")), draw(small("I")))
        overlay = [draw(st.sampled_from(OVERLAYS[forward.rank])) for _ in range(forward.rank)]
        sizes = [draw(st.sampled_from(fitting_sizes(chosen, k, i))) for k, i in enumerate(overlay)]
        if forward.family == "conv":
            filters, channels = (groups * first, second), groups * second
        else:
            filters, channels = (groups * second, first), groups * second
        return Problem(chosen, (("x", (batch, channels, *sizes)), ("w", (*filters, *overlay))))

    return st.composite(problems)()


@cache
def fitting_sizes(forward: Forward, axis: int, overlay: int) -> list[int]:
    """Return the sizes of a spatial axis of x, up to four windows, for which the layer is defined."""
    o, rank = forward.options, forward.rank
    if forward.family == "upsample_nearest":
        return [1, 2, 3, 4]
    entries = o.get("window", overlay)
    i = per_axis(entries, rank, "overlay", 1)[axis]
    s, d = (per_axis(value, rank, "option", 1)[axis] for value in (forward.stride, o.get("dilation", 1)))
    padding = o["padding"]
    pads = (0, 0) if isinstance(padding, str) else pad_widths(padding, (1,) * rank, 1)[axis]
    extent = d * (i - 1) + 1
    if forward.family == "conv_transpose":
        lacking = sum(pads) + 1 - extent - per_axis(o["output_padding"], rank, "output_padding", 0)[axis]
        least = 1 + max(0, -(-lacking // s))
        return list(range(least, least + 4))
    last = 3 * s + 1 + max(extent - sum(pads), 1)
    along = padding if isinstance(padding, str) else [pads]
    return [m for m in range(1, last + 1) if fits(forward, m, i, s, along, d)]


def fits(forward: Forward, m: int, i: int, s: int, padding: Any, d: int) -> bool:
    """Return whether an axis of m cells has a window, and a pooling has none of nothing but padding."""
    o = forward.options
    try:
        (axis,) = axes_over([m], [i], [s], padding, [d], o.get("ceil_mode", False))
    except ShapeError:
        return False
    if forward.is_convolution:
        return True
    low, high = (-axis.before, m + axis.after) if o.get("count_include_pad") else (0, m)
    cells = s * np.arange(axis.positions)[:, None] + d * np.arange(i) - axis.before
    return bool(((low <= cells) & (cells < high)).any(axis=1).all())
