"""What a layer is: its options, its shapes, its numbers, how problems for it are drawn, and the usual mistakes.

A layer is one subclass of `Forward`; that is all there is to write for a new one. Its name, its options with their
defaults and the values that they may have are the fields of the class. Arrays are (N, C, *spatial), filters
(out_channels, in_channels/groups, *overlay) or, of a transposed convolution, (in_channels, out_channels/groups,
*overlay). The numbers come from `witnesses.convolutions` and `witnesses.poolings`, in float64 and with matrix
products: they are exact where every sum is below 2^53.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product
from typing import Any, ClassVar

import numpy as np

from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.layers.mistakes import RESULTS, of_any, of_axes
from cnn_symbolic.layers.options import (
    OVERLAY,
    alternatives,
    assignments,
    at_sizes,
    check_option,
    choices,
    closed,
    depends,
    open_parts,
    ranging,
)
from cnn_symbolic.layers.stages import Arrays, Candidate
from cnn_symbolic.layers.values import PLAIN, drawn
from cnn_symbolic.witnesses.windows import Axis

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
# Returns one of some sizes, drawn at random; for an axis with one of these letters 1 if such axes have size one.
Pick = Callable[[str, Sequence[int]], int]

# What a result is a product of; a layer without filters has no w.
OPERANDS = {"y": ("x", "w"), "dx": ("dy", "w"), "dw": ("dy", "x"), "db": ("dy",)}
# The largest size of an axis at which a layer is looked at.
LARGEST = 1000
# The batches that are drawn, and the channels.
BATCHES, SMALL = (1, 2, 3, 5), (1, 2, 3)
# All layers, in the order in which they are written.
LAYERS: list[type[Forward]] = []


@dataclass(frozen=True)
class Forward(ABC):
    """A layer in so many spatial axes, with its options; made by `conv2d(stride=2)` and its like."""

    rank: int

    # The name, with a place for the number of spatial axes, and the numbers of axes that there are layers for.
    title: ClassVar[str]
    ranks: ClassVar[Sequence[int]] = (1, 2, 3)
    # What the layer takes, and those of these of which only the order of the entries counts: they are never changed.
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    fixed: ClassVar[tuple[str, ...]] = ()
    # What else a backward pass may be given, and how it is called where nothing says otherwise.
    given: ClassVar[tuple[str, ...]] = ()
    signature: ClassVar[str] = "dy, x -> dx"
    # The out- and in-channels of the filters in the order of their axes, and in how many groups they are.
    filters: ClassVar[str] = "OI"
    groups = 1
    # The degree of the results as polynomials in the inputs, and whether the layer is tried with integers alone.
    degree: ClassVar[int] = 2
    whole: ClassVar[bool] = False
    # The mistakes in dx that are those of this layer.
    usual: ClassVar[Sequence[Candidate]] = ()

    def __init_subclass__(cls) -> None:
        if "title" in vars(cls):
            LAYERS.append(cls)

    def __post_init__(self) -> None:
        for option in fields(self)[1:]:
            given = ranging(getattr(self, option.name), option.metadata.get("open", ()), option.name)
            object.__setattr__(self, option.name, given)
            for value in alternatives(given):
                if value is not option.default:
                    option.metadata["check"](value, option.name, self.rank, self.name)
                    check_option(value, option.name)

    @property
    def name(self) -> str:
        """The name of its constructor, such as "conv2d"."""
        return self.title.format(self.rank)

    @property
    def options(self) -> dict[str, Any]:
        """The options by name."""
        return {option.name: getattr(self, option.name) for option in fields(self)[1:]}

    @property
    def settings(self) -> dict[str, Any]:
        """The options as the numeric layer takes them, and a backward pass."""
        return self.options

    def __str__(self) -> str:
        """Return the call that makes it, without the options that have their defaults."""
        values = [(option.name, getattr(self, option.name), option.default) for option in fields(self)[1:]]
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value, default in values if value != default)})"

    @property
    def open(self) -> dict[str, tuple[int, ...]]:
        """What is left open in the options, by name, with the values that it is tried with."""
        return open_parts(tuple(self.options.values()))

    def chosen(self) -> Iterator[Forward]:
        """Yield the layer for every combination of its `any_of` values; what is left open stays so."""
        for values in product(*map(choices, self.options.values())):
            yield replace(self, **dict(zip(self.options, values, strict=True)))

    def varied(self) -> Iterator[Forward]:
        """Yield the layer for every combination of the values of its options.

        Of what is left open these are a few, without those at which the layer is never defined.
        """
        for one in self.chosen():
            made = [replace(one, **{k: closed(v, at) for k, v in one.options.items()}) for at in assignments(one.open)]
            yield from [each for each in made if len(made) == 1 or is_defined(each)] or made[:1]

    def bias_shape(self, y: Shape) -> Shape:
        """Return the shape of the bias for a result of some shape."""
        return y[1:2]

    def overlay(self, shapes: Shapes) -> Shape:
        """Return the sizes of the overlay, or of the window, none of a layer that has none."""
        return shapes["w"][2:] if "w" in shapes else ()

    def at(self, shapes: Shapes) -> Forward:
        """Return the layer with integers for the options that depend on the overlay; raise ShapeError if unfit."""
        changing = {name: value for name, value in self.options.items() if depends(value)}
        sizes = dict(zip(OVERLAY, self.overlay(shapes) if changing else (), strict=False))
        for letter, name in (("S", "stride"), ("D", "dilation")):
            if isinstance(value := self.settings.get(name), int):
                sizes[letter] = value
        try:
            return replace(self, **{name: at_sizes(value, sizes) for name, value in changing.items()})
        except KeyError as missing:
            raise ShapeError(f"{self}: {missing.args[0]} differs between the axes") from None

    def along(self, axis: int) -> Forward:
        """Return the layer that this one is along one of its spatial axes."""
        alone = {k: v[axis : axis + 1] if isinstance(v, tuple) else v for k, v in self.options.items()}
        return replace(self, rank=1, **alone)

    # Shapes and numbers

    def axes(self, shapes: Shapes) -> list[Axis]:
        """Return the windows along every axis for inputs of these shapes, none of a layer that has none.

        Raises ShapeError if the shapes do not fit together.
        """
        return []

    def result_shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result; raise ShapeError unless the inputs fit together."""
        x = shapes["x"]
        if len(x) != self.rank + 2 or min(x) < 1:
            raise ShapeError(f"{self.name} takes x of {self.rank + 2} axes, none of them empty, found the shape {x}")
        return self.shape(shapes)

    @abstractmethod
    def shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result for an x with the right number of axes."""

    @abstractmethod
    def evaluate(self, values: Mapping[str, np.ndarray], bias: bool = True, result: bool = True) -> Arrays:
        """Return the result y and the gradients dx, dw, db; of a maximum also the places.

        `values` has x, dy of the shape of the result and, for filters, w and b, which `bias` adds. Without `result`,
        y may be left out, which takes time.
        """

    @abstractmethod
    def terms(self, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return a bound on how many products, or entries, are added up in one entry of the results."""

    def unit(self, shapes: Shapes) -> int:
        """Return the number whose multiples, as data, have integers as results."""
        return 1

    def largest(self, exact: int, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return the largest magnitude of data, in its unit, with which no sum in these results is beyond `exact`."""
        return max(1, exact // self.terms(shapes, results) // self.unit(shapes))

    # Problems

    def draw(self, pick: Pick) -> dict[str, Shape]:
        """Return shapes of the inputs (but b) that fit together."""
        batch = pick("N", BATCHES)
        sizes = [pick("", fitting_sizes(self.at({}), axis, ())) for axis in range(self.rank)]
        return {"x": (batch, pick("C", SMALL), *sizes)}

    def tried(self, overlay: Shape) -> int:
        """Return how many sizes of a single spatial axis of x are tried, with an overlay of one axis or none."""
        return 4

    def data(self, random: np.random.Generator, shapes: Shapes, bound: int, kinds: Sequence[str] = PLAIN) -> Arrays:
        """Return random integers of some kinds (`values`), in the unit, in arrays of these shapes (all but y)."""
        arrays = drawn(random, {name: shape for name, shape in shapes.items() if name != "y"}, bound, kinds)
        return {name: self.unit(shapes) * array for name, array in arrays.items()}

    @property
    def untried(self) -> str:
        """A sentence about what no problem has, empty if there is nothing."""
        return ""

    # Mistakes

    def mistakes(self, name: str) -> Iterator[Candidate]:
        """Yield the mistakes in one result that people make, the likely ones first."""
        yield from of_any(name)
        yield from self.usual if name == "dx" else ()
        yield from of_axes(name)


@cache
def is_defined(layer: Forward) -> bool:
    """Return whether there are sizes for which a layer is defined, with the smallest overlay that is drawn."""
    try:
        layer.draw(lambda letters, values: values[0])
    except ShapeError:
        return False
    return True


@cache
def fitting_sizes(layer: Forward, axis: int, overlay: Shape) -> list[int]:
    """Return the smallest sizes of a spatial axis of x for which the layer is defined; raise ShapeError if none is."""
    one, sizes = layer.along(axis), list[int]()
    for m in range(1, LARGEST + 1):
        try:
            one.shape({"x": (1, one.groups, m), "w": (one.groups, 1, *overlay)})
        except ShapeError:
            if m == LARGEST and not sizes:
                raise
        else:
            sizes.append(m)
        if len(sizes) == one.tried(overlay):
            break
    return sizes
