"""Problems for convolutions and poolings: shapes that fit, at the edges often; and a strategy of Hypothesis for them.

    @given(convolution_problems(of="conv2d(stride=any_of(1, 2))"))
    def test_mine(problem):
        arrays = problem.values(seed=0)
        gradients = problem.forward.evaluate(arrays)

Sizes of one, overlays as large as the padded input, odd and even sizes and remainders of the stride are among them.
The strategy needs Hypothesis (`cnn-symbolic[check]`), nothing else does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from random import Random
from typing import Any

import numpy as np

from cnn_symbolic.backward.forwards import read_forward
from cnn_symbolic.ground.errors import MissingPackageError, ShapeError
from cnn_symbolic.ground.limits import check_entries
from cnn_symbolic.layers.forward import Forward, Shape
from cnn_symbolic.layers.mistakes import RESULTS
from cnn_symbolic.layers.values import PLAIN, scaled

# The magnitude below which every integer, and so every sum of integers, is exact.
EXACT = {"float64": 2**53, "float32": 2**24, "int64": 2**53}
# How many more examples and channels the largest problem has than any other, and the pixels along its axes.
WIDER, CHANNELS, PIXELS = 2, 6, {0: 1, 1: 16, 2: 13, 3: 8}


def hypothesis() -> Any:
    """Return the module hypothesis; raise MissingPackageError, which names the extra, if there is none."""
    try:
        return import_module("hypothesis")
    except ImportError as error:
        raise MissingPackageError("a strategy needs Hypothesis: python -m pip install 'cnn-symbolic[check]'") from error


@dataclass(frozen=True)
class Problem:
    """A layer with fixed options, and the shapes of its inputs as pairs: x, and of a convolution w."""

    forward: Forward
    inputs: tuple[tuple[str, Shape], ...]

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of x, dy and y, and of a layer with filters w and b."""
        shapes = dict(self.inputs)
        y = self.forward.result_shape(shapes)
        bias = {"b": self.forward.bias_shape(y)} if "b" in self.forward.inputs and "b" not in shapes else {}
        return {**shapes, **bias, "y": y, "dy": y}

    def bound(self, dtype: str = "float64", results: Collection[str] = RESULTS) -> int:
        """Return the largest magnitude of data, in its unit, with which every sum in these results is exact."""
        return self.forward.largest(EXACT[dtype] - 1, dict(self.inputs), results)

    def values(self, seed: Any = 0, bound: int | None = None, kinds: Sequence[str] = PLAIN) -> dict[str, np.ndarray]:
        """Return random numbers as x and dy, and for filters w and b, in float64: integers without zero, or `kinds`.

        Each array has the next of the kinds (`layers.values`). Data of an average are multiples of the windows' sizes,
        so that the means are exact. The input of a maximum has no equal entries in a window, or many with ties="first".
        """
        check_entries(shapes := self.shapes)
        random = np.random.default_rng(seed)
        arrays = self.forward.data(random, shapes, self.bound() if bound is None else bound, kinds)
        return scaled(random, arrays, kinds)

    def one_hot(self, values: Mapping[str, np.ndarray], at: Mapping[str, int]) -> dict[str, np.ndarray]:
        """Return data with the unit at a flat index of some arrays, in place of all that is in them."""
        arrays, unit = {name: array.copy() for name, array in values.items()}, self.forward.unit(dict(self.inputs))
        for name, k in at.items():
            arrays[name][...] = 0
            arrays[name].flat[k] = unit
        return arrays


def convolution_problems(of: Forward | str = "conv2d()", *, ones: Collection[str] = ()) -> Any:
    """Return a strategy for a layer with its shapes (`Problem`), poolings and upsampling too.

    `of` is the layer or its text; options that are `any_of` vary. `ones` are the letters of axes that have size
    one: N for the batch, C for all channels, O and I for the channels of the filters. Raises MissingPackageError
    without Hypothesis.

    >>> from hypothesis import find
    >>> from cnn_symbolic.backward import conv1d, convolution_problems
    >>> simplest = find(convolution_problems(conv1d(stride=2)), lambda problem: problem.shapes["y"][2] > 1)
    >>> simplest.shapes
    {'x': (1, 1, 3), 'w': (1, 1, 1), 'b': (1,), 'y': (1, 1, 2), 'dy': (1, 1, 2)}
    """
    forward = read_forward(of) if isinstance(of, str) else of
    st: Any = hypothesis().strategies
    choices = list(forward.varied())

    def problems(draw: Any) -> Problem:
        def pick(letters: str, values: Sequence[int]) -> int:
            return 1 if set(letters) & set(ones) else int(draw(st.sampled_from(values)))

        chosen = draw(st.sampled_from(choices))
        return posed(chosen, chosen.draw(pick))

    return st.composite(problems)()


def posed(forward: Forward, shapes: Mapping[str, Shape]) -> Problem:
    """Return the problem of a layer with shapes; options that depend on the overlay become integers."""
    check_entries(shapes)
    return Problem(forward.at(shapes), tuple(shapes.items()))


def drawn(forward: Forward, ones: Collection[str], random: Random) -> Problem:
    """Return a problem of the kind that `convolution_problems` draws, without Hypothesis."""

    def pick(letters: str, values: Sequence[int]) -> int:
        return 1 if set(letters) & set(ones) else random.choice(values)

    chosen = random.choice(list(forward.varied()))
    return posed(chosen, chosen.draw(pick))


def free_sizes(problem: Problem) -> dict[tuple[str, int], int]:
    """Return the sizes of a problem that nothing else decides, by array and axis; channels are those of a group."""
    forward, shapes = problem.forward, dict(problem.inputs)
    free = {("x", k): size for k, size in enumerate(shapes["x"])}
    free |= {("w", k): size for k, size in enumerate(shapes.get("w", ())) if k != forward.filters.index("I")}
    shared = [("x", 1), *([("w", 0)] if ("w", 0) in free else [])]
    return free | {key: free[key] // forward.groups for key in shared}


def resized(problem: Problem, of: Forward, change: Mapping[tuple[str, int], int]) -> Problem | None:
    """Return a problem with other free sizes, None if it is not defined; `of` is the layer as it was given."""
    new, shapes = {**free_sizes(problem), **change}, dict(problem.inputs)
    x = (new["x", 0], of.groups * new["x", 1], *(new["x", k] for k in range(2, len(shapes["x"]))))
    first, *rest = [new.get(("w", k), new["x", 1]) for k in range(len(shapes.get("w", ())))] or [0]
    try:
        found = posed(of, {"x": x, "w": (of.groups * first, *rest)} if rest else {"x": x})
        found.forward.result_shape(dict(found.inputs))
    except ShapeError:
        return None
    return found


def smaller(problem: Problem, of: Forward) -> Iterator[Problem]:
    """Yield the problems in which a free size is one, and those in which one or two are less by one."""
    sizes = free_sizes(problem)
    less = [{key: size - 1} for key, size in sizes.items() if size > 1]
    pairs = [one | other for one, other in combinations(less, 2)]
    for change in (*({key: 1} for key, size in sizes.items() if size > 2), *less, *pairs):
        if (found := resized(problem, of, change)) is not None:
            yield found


def typical(forward: Forward, ones: Collection[str]) -> Problem:
    """Return a problem of middle size for a layer whose options do not vary."""

    def pick(letters: str, values: Sequence[int]) -> int:
        return 1 if set(letters) & set(ones) else values[len(values) // 2]

    return posed(forward, forward.draw(pick))


def larger(forward: Forward, ones: Collection[str]) -> Problem:
    """Return a problem with a larger batch, and more channels and pixels, than those that are drawn for a layer."""

    def pick(letters: str, values: Sequence[int]) -> int:
        if not letters:
            return values[min(1, len(values) - 1)]
        return 1 if set(letters) & set(ones) else values[-1] + (WIDER if letters == "N" else CHANNELS)

    first = next(forward.varied())
    shapes = first.draw(pick)
    wide = {**shapes, "x": (*shapes["x"][:2], *(max(PIXELS[first.rank], size) for size in shapes["x"][2:]))}
    try:
        first.at(wide).result_shape(wide)
    except ShapeError:
        wide = shapes
    return posed(first, wide)
