"""What a backward pass is the backward of: convolutions, poolings and upsampling, with their options.

    conv2d(stride=2, padding=1)
    max_pool2d(2, stride=any_of(1, 2))
    read_forward("conv_transpose1d(stride=2, output_padding=1)")

Arrays are (N, C, *spatial), filters (out_channels, in_channels/groups, *overlay), of a transposed convolution
(in_channels, out_channels/groups, *overlay). The numbers come from `witnesses.convolutions` and
`witnesses.poolings`, in float64 and with matrix products: they are exact where every sum is below 2^53. Source: the
definitions in the documentation of PyTorch (`torch.nn.functional`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from inspect import Parameter, Signature
from itertools import product
from math import lcm, prod
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import CnnSymbolicError, ModeError, OperandError, ShapeError
from cnn_symbolic.witnesses.convolutions import (
    conv,
    conv_gradients,
    conv_transpose,
    conv_transpose_gradients,
    linear_gradients,
)
from cnn_symbolic.witnesses.convolutions import linear as linear_result
from cnn_symbolic.witnesses.convolutions import transposed as transposed_windows
from cnn_symbolic.witnesses.poolings import (
    avg_pool,
    avg_pool_gradient,
    max_pool,
    max_pool_gradient,
    upsample_nearest,
    upsample_nearest_gradient,
    window_counts,
)
from cnn_symbolic.witnesses.windows import Axis, axes_over, pad_widths, per_axis

__all__ = [
    "Choice",
    "Forward",
    "any_of",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "linear",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "read_forward",
    "upsample_nearest1d",
    "upsample_nearest2d",
    "upsample_nearest3d",
]

Shape = tuple[int, ...]
Arrays = dict[str, np.ndarray]

REQUIRED = Parameter.empty
# The options of every family, with their defaults.
FAMILIES: dict[str, dict[str, Any]] = {
    "conv": {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    "conv_transpose": {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1},
    "max_pool": {
        "window": REQUIRED,
        "stride": None,
        "padding": 0,
        "dilation": 1,
        "ceil_mode": False,
        "ties": "distinct",
    },
    "avg_pool": {"window": REQUIRED, "stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True},
    "upsample_nearest": {"factors": REQUIRED},
}
LEAST = {"stride": 1, "dilation": 1, "window": 1, "factors": 1, "output_padding": 0}
FLAGS = ("ceil_mode", "count_include_pad")
TIES = ("distinct", "first")
CONVOLUTIONS = ("conv", "conv_transpose")


@dataclass(frozen=True)
class Choice:
    """The values of an option that varies from example to example."""

    values: tuple[Any, ...]

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"any_of({', '.join(map(repr, self.values))})"


def any_of(*values: Any) -> Choice:
    """Return the value of an option that varies: `conv2d(stride=any_of(1, 2, 3))`."""
    if not values:
        raise OperandError("any_of expects the values of an option, found none")
    return Choice(tuple(frozen(value) for value in values))


@dataclass(frozen=True)
class Forward:
    """A layer in so many spatial axes, with all its options as pairs; made by `conv2d(stride=2)` and its like."""

    family: str
    rank: int
    settings: tuple[tuple[str, Any], ...]

    @property
    def name(self) -> str:
        """The name of its constructor, such as "conv2d"; a convolution without spatial axes is linear."""
        return f"{self.family}{self.rank}d" if self.rank else "linear"

    @property
    def options(self) -> dict[str, Any]:
        """The options by name."""
        return dict(self.settings)

    @property
    def is_convolution(self) -> bool:
        """Whether it has filters and a bias: a convolution or a transposed one."""
        return self.family in CONVOLUTIONS

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of what the layer takes: x, and w and b of a convolution."""
        return ("x", "w", "b") if self.is_convolution else ("x",)

    @property
    def stride(self) -> Any:
        """The stride, of a pooling without one the window."""
        return self.options["window"] if self.options["stride"] is None else self.options["stride"]

    def __str__(self) -> str:
        """Return the call that makes it, without the options that have their defaults."""
        given = [f"{key}={value!r}" for key, value in self.settings if FAMILIES[self.family][key] != value]
        return f"{self.name}({', '.join(given)})"

    def varied(self) -> Iterator[Forward]:
        """Yield the layer for every combination of the values of its options."""
        values = [v.values if isinstance(v, Choice) else (v,) for _, v in self.settings]
        for chosen in product(*values):
            yield Forward(
                self.family, self.rank, tuple((k, v) for (k, _), v in zip(self.settings, chosen, strict=True))
            )

    def axes(self, shapes: Mapping[str, Shape]) -> list[Axis]:
        """Return the windows along every axis for inputs of these shapes, of a transposed convolution over its result.

        Raises ShapeError if the shapes do not fit together. Not for upsampling, which has no windows.
        """
        o, x = self.options, shapes["x"]
        if self.family == "conv":
            return axes_over(x[2:], shapes["w"][2:], o["stride"], o["padding"], o["dilation"])
        if self.family == "conv_transpose":
            y, w = (np.broadcast_to(0.0, shapes[name]) for name in ("x", "w"))
            return transposed_windows(y, w, **o)[2]
        return axes_over(x[2:], o["window"], self.stride, o["padding"], o.get("dilation", 1), o["ceil_mode"])

    def result_shape(self, shapes: Mapping[str, Shape]) -> Shape:
        """Return the shape of the result; raise ShapeError unless the inputs fit together."""
        x, o = shapes["x"], self.options
        if len(x) != self.rank + 2 or min(x) < 1:
            raise ShapeError(f"{self.name} takes x of {self.rank + 2} axes, none of them empty, found the shape {x}")
        if self.family == "upsample_nearest":
            factors = per_axis(o["factors"], self.rank, "factors", 1)
            return (*x[:2], *(m * f for m, f in zip(x[2:], factors, strict=True)))
        if not self.is_convolution:
            self.counts(shapes)
            return (*x[:2], *(a.positions for a in self.axes(shapes)))
        w, groups = shapes["w"], o["groups"]
        taken = w[1] * groups if self.family == "conv" else w[0]
        if len(w) != self.rank + 2 or min(w) < 1 or w[0] % groups or taken != x[1]:
            raise ShapeError(f"{self} takes filters that fit x of shape {x}, found w of shape {w}")
        sizes = [a.positions if self.family == "conv" else a.size for a in self.axes(shapes)]
        return (x[0], w[0] if self.family == "conv" else w[1] * groups, *sizes)

    def counts(self, shapes: Mapping[str, Shape]) -> np.ndarray:
        """Return what the windows of a pooling are divided by, ones for a maximum; raise ShapeError if one is empty."""
        o = self.options
        if self.family == "max_pool" and per_axis(o["dilation"], self.rank, "dilation", 1) != (1,) * self.rank:
            reach = max_pool(np.broadcast_to(0.0, shapes["x"]), **self.pooling)[1]
            return np.ones(reach.shape[2:], dtype=int)
        include = o.get("count_include_pad", False)
        names = ("window", "padding", "ceil_mode")
        given = {name: o[name] for name in names}
        counts = window_counts(shape=shapes["x"][2:], stride=self.stride, count_include_pad=include, **given)
        return np.ones_like(counts) if self.family == "max_pool" else counts

    def unit(self, shapes: Mapping[str, Shape]) -> int:
        """Return the number that every window's divisor divides: multiples of it have integers as means."""
        return lcm(*map(int, self.counts(shapes).flat)) if self.family == "avg_pool" else 1

    def terms(self, shapes: Mapping[str, Shape], results: Collection[str] = ("y", "dx", "dw", "db")) -> int:
        """Return a bound on how many products, or entries, are added up in one entry of the results."""
        if not self.is_convolution:
            key = "factors" if self.family == "upsample_nearest" else "window"
            return prod(per_axis(self.options[key], self.rank, key, 1))
        x, w, y = shapes["x"], shapes["w"], self.result_shape(shapes)
        groups, entries, positions = self.options["groups"], prod(w[2:]), prod((x if self.family != "conv" else y)[2:])
        terms = {
            "y": x[1] // groups * entries + 1,
            "dx": y[1] // groups * entries,
            "dw": x[0] * positions,
            "db": x[0] * prod(y[2:]),
        }
        return int(max(terms[name] for name in results))

    @property
    def pooling(self) -> dict[str, Any]:
        """The options of a pooling as the numeric layers take them."""
        return {key: value for key, value in self.settings if key != "ties"}

    def evaluate(self, values: Mapping[str, np.ndarray], bias: bool = True, result: bool = True) -> Arrays:
        """Return the result y and the gradients dx, dw, db; of a maximum also the places.

        `values` has x, dy of the shape of the result and, for a convolution, w and b, which `bias` adds. Without
        `result`, y may be left out, which takes time.
        """
        o, x, dy = self.options, values["x"], values["dy"]
        if self.is_convolution:
            forward, backward = CONVOLVING[self.family if self.rank else "linear"]
            given = o if self.rank else {}
            gradients = dict(zip(("dx", "dw", "db"), backward(dy, x, values["w"], **given), strict=True))
            if not result:
                return gradients
            return gradients | {"y": forward(x, values["w"], values["b"] if bias else None, **given)}
        if self.family == "max_pool":
            y, places = max_pool(x, **self.pooling)
            return {"y": y, "dx": max_pool_gradient(dy, places, shape=x.shape[2:]), "places": places}
        if self.family == "avg_pool":
            return {"y": avg_pool(x, **o), "dx": avg_pool_gradient(dy, shape=x.shape[2:], **o)}
        return {"y": upsample_nearest(x, **o), "dx": upsample_nearest_gradient(dy, **o)}


CONVOLVING: dict[str, tuple[Callable[..., np.ndarray], Callable[..., tuple[np.ndarray, ...]]]] = {
    "conv": (conv, conv_gradients),
    "conv_transpose": (conv_transpose, conv_transpose_gradients),
    "linear": (linear_result, linear_gradients),
}


def constructor(family: str, rank: int) -> Callable[..., Forward]:
    """Return the function that makes a layer of a family in so many axes, with the options as parameters."""
    name, kind = f"{family}{rank}d", Parameter.POSITIONAL_OR_KEYWORD
    signature = Signature([Parameter(key, kind, default=value) for key, value in FAMILIES[family].items()])

    def make(*values: Any, **options: Any) -> Forward:
        if (unknown := next((key for key in options if key not in FAMILIES[family]), None)) is not None:
            known = FAMILIES[family]
            raise ModeError(f"{name} has the options {', '.join(known)}, found {unknown}{near(unknown, known)}")
        try:
            bound = signature.bind(*values, **options)
        except TypeError as error:
            raise OperandError(f"{name}{signature}: {error}") from None
        bound.apply_defaults()
        forward = Forward(family, rank, tuple((key, frozen(value)) for key, value in bound.arguments.items()))
        for one in forward.varied():
            check_options(one)
        return forward

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Return the layer {name}{signature}; every option may be `any_of(…)` values."
    make.__signature__ = signature  # type: ignore[attr-defined]  # which `inspect` reads of a function
    return make


def check_options(forward: Forward) -> None:
    """Raise an error that names the option unless every option has a value that it may have."""
    for key, value in forward.settings:
        if key in LEAST and not (key == "stride" and value is None):
            per_axis(value, forward.rank, key, LEAST[key])
        elif key == "groups":
            per_axis(value, 1, key, 1)
            if not isinstance(value, int):
                raise ShapeError(f"groups: expected an int ≥ 1, found {value!r}")
        elif key == "padding":
            if isinstance(value, str) and forward.family != "conv":
                raise ModeError(f"{forward.name} takes its padding as ints or pairs, found {value!r}")
            pad_widths(value, (1,) * forward.rank, 1)
        elif key in FLAGS and not isinstance(value, bool):
            raise ModeError(f"{key} is True or False, found {value!r}")
        elif key == "ties" and value not in TIES:
            raise ModeError(f"ties is 'distinct' or 'first', found {value!r}{near(str(value), TIES)}")


def frozen(value: Any) -> Any:
    """Return a value of an option with tuples for lists."""
    return tuple(frozen(each) for each in value) if isinstance(value, list | tuple) else value


def near(word: str, known: Iterable[str]) -> str:
    """Return ", did you mean …?" if a word is close to one that is known, and a full stop otherwise."""
    close = get_close_matches(word, list(known), 1, 0.5)
    return f", did you mean {close[0]}?" if close else "."


conv1d, conv2d, conv3d = (constructor("conv", rank) for rank in (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = (constructor("conv_transpose", rank) for rank in (1, 2, 3))
max_pool1d, max_pool2d, max_pool3d = (constructor("max_pool", rank) for rank in (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = (constructor("avg_pool", rank) for rank in (1, 2, 3))
upsample_nearest1d, upsample_nearest2d, upsample_nearest3d = (constructor("upsample_nearest", r) for r in (1, 2, 3))


def linear() -> Forward:
    """Return the layer linear(): y = x·wᵀ + b for x (N, in) and w (out, in), a convolution without spatial axes."""
    return Forward("conv", 0, tuple(FAMILIES["conv"].items()))


@cache
def constructors() -> dict[str, Callable[..., Forward]]:
    """Return the layers by name."""
    spatial = {f"{family}{rank}d": globals()[f"{family}{rank}d"] for family in FAMILIES for rank in (1, 2, 3)}
    return {**spatial, "linear": linear}


def read_forward(text: str) -> Forward:
    """Return the layer that a text such as "conv2d(stride=2, padding=1)" describes; the text is read, never run.

    >>> print(read_forward("conv2d(stride=any_of(1, 2), padding=((1, 0), (0, 1)))"))
    conv2d(stride=any_of(1, 2), padding=((1, 0), (0, 1)))
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise OperandError(f'a layer is written as "conv2d(stride=2)", found {text!r}: {error}') from None
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    if not isinstance(call.func, ast.Name):
        raise OperandError(f'a layer is written as "conv2d(stride=2)", found {text!r}')
    known, name = constructors(), call.func.id
    if name not in known:
        raise OperandError(f"unknown layer {name!r}{near(name, known)} Known are {', '.join(known)}")
    values, options = arguments(call, text)
    try:
        return known[name](*values, **options)
    except CnnSymbolicError as error:
        raise type(error)(f"{text}: {error}") from None


def arguments(call: ast.Call, text: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call by position and by name."""
    if any(keyword.arg is None for keyword in call.keywords):
        raise OperandError(f"{text}: options are written one by one, found **")
    named = {keyword.arg: literal(keyword.value, text) for keyword in call.keywords if keyword.arg is not None}
    return [literal(value, text) for value in call.args], named


def literal(node: ast.expr, text: str) -> Any:
    """Return the value of an option: a number, a name in quotes, True, False, None, tuples of them, or any_of(…)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | str | None):
        return node.value
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(literal(each, text) for each in node.elts)
    is_choice = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "any_of"
    if is_choice and isinstance(node, ast.Call) and not node.keywords:
        return any_of(*(literal(each, text) for each in node.args))
    raise OperandError(
        f"{text}: the value of an option is an int, a name in quotes, True, False, None, a tuple of these or "
        f"any_of(…), found {ast.unparse(node)}"
    )
