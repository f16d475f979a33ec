"""A trial: two passes are read into a program, line by line, by running it at one example whose sizes all differ.

What a parameter means, and where a layer has its parameters and gradients, follows from the names; shapes confirm it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import numpy as np

from cnn_symbolic.backward.calling import Layout, Passes, RunLine, Unread, arrays_in, resolved, value_at
from cnn_symbolic.backward.calls.signatures import (
    CACHES,
    CONTEXT,
    IGNORED,
    IN_TABLES,
    SIZES,
    TABLES,
    canonical_name,
    role,
)
from cnn_symbolic.backward.strategies import Problem
from cnn_symbolic.ground.errors import TimeLimitError
from cnn_symbolic.ground.raising import failure_of
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import depends, varies
from cnn_symbolic.witnesses.windows import per_axis

# The shapes that a bias may have, the usual one first.
BIASES: Sequence[tuple[int, ...]] = ((-1,), (-1, 1), (1, -1), (1, 1, 1, -1), (1, -1, 1, 1), (-1, 1, 1))
# A learning rate so large that w - rate * dw is exactly -rate * dw, but where dw is 0.
RATE = 2.0**200
SQUARE = "one number is the size of an overlay: only square ones were tried"
RATE_LINE = "rate = 2.0**200  # so large that w - rate * dw has every digit of dw"


@dataclass(frozen=True)
class Meaning:
    """What can be read in several ways: an overlay as a tuple or one number, a word like filters as a number, and b."""

    tuples: bool = True
    arrays: bool = False
    bias: tuple[int, ...] = BIASES[0]


@dataclass
class Trial:
    """A program that is run while it is written: its lines, and what it takes and returns.

    `asked` are the fields of the reading that mattered, `left` the parameters that kept a default whose meaning is not
    known, `notes` what is not checked. `parameters` and `gradients` say where a layer has them, as "layer.W".
    """

    passes: Passes
    layer: Forward
    layout: Layout
    problem: Problem
    meaning: Meaning
    run_line: RunLine
    parameters: Mapping[str, str]
    gradients: Mapping[str, str]
    lines: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    upstream: str | None = None

    def __post_init__(self) -> None:
        self.values = self.problem.values(0, 4)
        self.given = {name: self.layout.to_user(name, array) for name, array in self.values.items()}
        self.settings = self.problem.forward.settings
        self.names: dict[str, Any] = {"np": np, **self.passes.objects, **self.settings}
        self.names |= {name: array.copy() for name, array in self.given.items()}
        self.bias, b = self.meaning.bias, self.given.get("b", np.zeros(1))
        self.biases = {form: b.reshape(form).shape if b.ndim == 1 else b.shape for form in BIASES}

    def run(self) -> None:
        """Write the program and run it; raise Unread if it cannot be read how the passes are called."""
        if self.passes.context:
            self.add(CONTEXT)
            self.add("ctx = Context()")
        if self.passes.made is not None:
            self.make(self.passes.made)
        self.name_result(self.call(self.passes.forward))
        before = {path: (value, value.copy()) for path, value in self.places()}
        self.upstream = self.lone(resolved(self.names, self.passes.backward))
        self.name_gradients(self.call(self.passes.backward))
        for name in [f"d{name}" for name in self.layer.inputs if f"d{name}" not in self.found]:
            self.look_for(name, before)
        if "dw" not in self.found and "w" in self.layer.inputs:
            raise Unread(f"dw was not found: {self.arrays()}. Name its place, as --gradients w=self.dW")
        if not self.found:
            raise Unread("no gradient was found")
        if "db" in self.found and len(self.bias) > 1 and fits(self.names["db"], self.bias_shape):
            self.add("db = np.reshape(db, -1)")

    @property
    def inputs(self) -> list[str]:
        """What the program takes."""
        first, *others = self.layer.inputs
        return ["dy", first, *(name for name in (*others, *self.settings) if name in self.taken)]

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """The shape in which the bias is given."""
        return self.biases[self.bias]

    # Running

    def add(self, line: str) -> None:
        """Add a line and run it; raise Unread, with the line, if that fails."""
        own = resolved(self.passes.objects, self.passes)
        try:  # the line is made here, of names in the user's code
            failed = self.run_line(line, lambda: failure_of(lambda: exec(line, self.names), own))  # noqa: S102 (see above)
        except TimeLimitError as late:
            raise Unread(f"{line}: {late}") from None
        if failed is not None:
            raise Unread(f"{line} raised {failed[1]}", failed[0] == "refusal")
        self.lines.append(line)

    def call(self, name: str) -> Any:
        """Add the call of a pass, whose result is `returned`, and return that."""
        self.add(f"returned = {name}({self.arguments(resolved(self.names, name), name)})")
        return self.names["returned"]

    def unpack(self, targets: Sequence[str], values: Sequence[Any]) -> None:
        """Have the last line give these names to what it returns."""
        comma = "," if isinstance(self.names["returned"], tuple | list) and len(targets) == 1 else ""
        self.lines[-1] = f"{', '.join(targets)}{comma} = {self.lines[-1].removeprefix('returned = ')}"
        self.names |= dict(zip(targets, values, strict=True))

    # Parameters

    def arguments(self, function: Callable[..., Any], title: str, making: bool = False) -> str:
        """Return the arguments for the parameters of a function; raise Unread unless all that are needed are known."""
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            raise Unread(f"{title} does not say which parameters it has") from None
        written, understood, unknown = list[str](), list[str](), list[str]()
        named = making
        for p in parameters:
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                named = named or p.kind is p.VAR_POSITIONAL
                continue
            value = self.argument(p.name, p.default, making)
            if value is not None:
                understood.append(f"{p.name} as {value}")
                written.append(f"{p.name}={value}" if named or p.kind is p.KEYWORD_ONLY else value)
            elif p.default is p.empty:
                unknown.append(p.name)
            else:
                named = True
                self.left += [] if p.default is None or isinstance(p.default, bool) else [f"{p.name}={p.default!r}"]
        if unknown:
            each = ", ".join(understood) or "none"
            raise Unread(f"{title}: parameters understood: {each}; not understood: {', '.join(unknown)}")
        return ", ".join(written)

    def lone(self, function: Callable[..., Any]) -> str | None:
        """Return the one parameter of a backward pass without a known name, if none is dy: it can be nothing else."""
        needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        names = [p.name for p in needed if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        unknown = [name for name in names if self.argument(name, inspect.Parameter.empty, False) is None]
        return unknown[0] if len(unknown) == 1 and "dy" not in map(canonical_name, names) else None

    def argument(self, word: str, default: Any, making: bool) -> str | None:
        """Return what is given for a parameter, None for one that is not known, and for one that is a switch."""
        key, name = word.casefold(), canonical_name(word)
        size = SIZES.get(key)
        if isinstance(default, bool):
            return None
        if "window" in self.settings and (size or "").startswith("overlay"):
            name = str(size).replace("overlay", "window")
        if name in self.settings:
            words = isinstance(default, str) and not isinstance(self.settings[name], str)
            return None if words else self.option(name)
        if name in ("window_height", "window_width"):
            window, k = self.settings["window"], 0 if name == "window_height" else -1
            if varies(self.layer.settings["window"]):
                return self.option("window") if isinstance(window, int) else f"{self.option('window')}[{k}]"
            return repr(per_axis(window, self.layer.rank, "window", 1)[k])
        if key in TABLES:
            return self.table()
        if key in CACHES or key.endswith("cache"):
            return next((known for known in ("ctx", "cache") if known in self.names), None)
        array = "dy" if word == self.upstream else name if name in (*self.layer.inputs, "dy") else None
        if array and size and making:
            self.asked.add("arrays")
        if array and not (size and making and not self.meaning.arrays):
            return self.array(array)
        return self.size(size) if size and (making or size == "rate") else None

    def array(self, name: str) -> str:
        """Return an array as it is given: a copy, if the layer changes its parameters."""
        self.taken.add(name)
        self.asked |= {"bias"} if name == "b" else set()
        shaped = f"b.reshape{self.bias}" if name == "b" and len(self.bias) > 1 else name
        return f"{shaped}.copy()" if name in ("w", "b") and self.updates else shaped

    @property
    def updates(self) -> bool:
        """Whether a layer makes steps of gradient descent."""
        if self.passes.made is None:
            return False
        made = self.passes.objects[self.passes.made]
        both = (made, getattr(made, self.passes.backward.removeprefix("layer.")))
        return any(SIZES.get(p.casefold()) == "rate" for f in both for p in inspect.signature(f).parameters)

    def option(self, name: str) -> str:
        """Return an option as it is written: its value, or its name if it varies."""
        value = self.layer.settings[name]
        if varies(value) or depends(value):
            self.taken.add(name)
            return name
        return repr(value)

    def table(self) -> str:
        """Return all options in a table, under the words that such tables have for them."""
        words = [(word, name) for name in self.settings for word in IN_TABLES.get(name, (name,))]
        entries = [f"{word!r}: {self.option(name)}" for word, name in words]
        if "window" in self.settings and self.layer.rank > 1:
            entries += [f"{word!r}: {self.argument(word, None, True)}" for word in ("pool_height", "pool_width")]
        return f"{{{', '.join(entries)}}}"

    def size(self, size: str) -> str | None:
        """Return one of the sizes that a layer is made with, None if it has no such."""
        features, filters = self.layout.features, self.layout.filters
        spatial = self.layout.canonical_filters[2:] if "w" in self.layer.inputs else ""
        axis = {"height": "H", "width": "W"}.get(size.rpartition("_")[2], "")
        if size == "rate" and self.passes.made is not None:
            self.names["rate"] = RATE
            self.lines = [RATE_LINE, *(line for line in self.lines if line != RATE_LINE)]
            return "rate"
        if size == "x_shape" and features:
            return "x.shape[1:]" if features.startswith("N") else "x.shape"
        if size == "overlay" and spatial:
            self.asked.add("tuples")
            if len(spatial) > 1 and not self.meaning.tuples:
                self.notes.append(SQUARE)
            each = [f"w.shape[{filters.index(letter)}]" for letter in spatial]
            return f"({', '.join(each)})" if self.meaning.tuples and len(each) > 1 else each[0]
        if size.startswith("overlay_") and axis in spatial:
            return f"w.shape[{filters.index(axis)}]"
        letter = {"in_channels": "C", "out_channels": "C", "batch": "N", "in_height": "H", "in_width": "W"}.get(size)
        if not letter or letter not in features:
            return "1" if features and letter in ("C", "N") else None
        return f"{'dy' if size == 'out_channels' else 'x'}.shape[{features.index(letter)}]"

    # A layer

    def make(self, name: str) -> None:
        """Make a layer and set its parameters, unless it was made with them."""
        self.add(f"layer = {name}({self.arguments(self.passes.objects[name], name, making=True)})")
        for parameter in self.layer.inputs[1:]:
            if parameter not in self.taken:
                self.set(parameter)

    def set(self, name: str) -> None:
        """Set a parameter of the layer, under all its names; one that has no bias is left without."""
        paths = [self.parameters[name]] if name in self.parameters else self.named(name)
        if not paths and name == "b":
            return
        if not paths:
            raise Unread(f"w was not found: {self.arrays()}. Name its place, as --parameters w=self.W")
        value = self.at(paths[0])
        if any(self.at(path) is not value for path in paths):
            raise Unread(f"{' and '.join(paths)} may both be {name}: name its place, as --parameters {name}=self.W")
        shape, right = np.shape(value), self.given[name].shape
        if name == "b":
            forms = [form for form in BIASES if self.biases[form] == shape]
            if not forms:
                self.add(f"{paths[0]} = np.zeros({shape})" if value is None else f"{paths[0]}[...] = 0")
                self.notes.append(f"{paths[0]} of shape {shape} is no bias of every channel, 0 here: not checked")
                return
            self.bias = forms[0]
        elif shape != right:
            raise Unread(f"{paths[0]} has the shape {shape}, expected {right}, {self.layout.filters}: see --filters")
        also = [path for path, array in self.places() if array is value and path not in paths]
        self.add(" = ".join([*paths, *also, self.array(name)]))

    def places(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the arrays of the layer by where they are."""
        return arrays_in(self.names.get("layer"), "layer")

    def named(self, name: str) -> list[str]:
        """Return the places that are named after a parameter or a gradient."""
        return [path for path, _ in self.places() if role(path) == name]

    def at(self, path: str) -> Any:
        """Return what is in a place; raise Unread if there is none."""
        try:
            return value_at(path, self.names)
        except Exception as error:
            raise Unread(f"{path} was not found: {error}") from None

    def arrays(self) -> str:
        """Return what arrays the layer has, as a sentence."""
        each = ", ".join(f"{path} {value.shape}" for path, value in self.places())
        return f"the layer's arrays are {each}" if each else "there is no array with such a name"

    # Results

    def name_result(self, returned: Any) -> None:
        """Give the result of the forward pass its name, and the cache beside it."""
        right = self.given["dy"].shape
        if isinstance(returned, tuple | list) and len(returned) == 2:
            last = fits(returned[1], right) and not fits(returned[0], right)
            self.unpack(["cache", "y"] if last else ["y", "cache"], returned)
        elif hasattr(returned, "shape"):
            self.unpack(["y"], [returned])
        elif returned is None and (paths := [path for path in self.named("y") if fits(self.at(path), right)]):
            self.lines[-1] = self.lines[-1].removeprefix("returned = ")
            self.add(f"y = {paths[0]}")
        else:
            many = f" of {len(returned)}" if isinstance(returned, tuple | list) else ""
            raise Unread(f"{self.passes.forward} returns a {type(returned).__name__}{many}, expected y or y, cache")
        if (found := np.shape(self.names["y"])) != right:
            raise Unread(
                f"y has the shape {found}, expected {right} for {self.problem.forward}: are the options its own?"
            )

    def name_gradients(self, returned: Any) -> None:
        """Give the gradients that the backward pass returns their names: those in a table, or by their places."""
        names = [f"d{name}" for name in self.layer.inputs]
        if isinstance(returned, Mapping):
            keys = {role(f"grads[{key!r}]"): key for key in returned}
            self.found = [name for name in names if name in keys]
            for name in self.found:
                self.add(f"{name} = returned[{keys[name]!r}]")
        elif isinstance(returned, tuple | list):
            kept = [value for value in returned if value is not None]
            self.found = self.order(kept, names)
            each = iter(self.found)
            self.unpack([IGNORED if value is None else next(each) for value in returned], returned)
        elif returned is None:
            self.lines[-1] = self.lines[-1].removeprefix("returned = ")
        else:
            self.unpack(["dx"], [returned])
            self.found = ["dx"]

    def order(self, values: Sequence[Any], names: Sequence[str]) -> list[str]:
        """Return the names of gradients: in the usual order, unless their shapes fit another one only."""
        if len(values) > len(names):
            expected = f"expected {', '.join(names)}"
            raise Unread(f"{self.passes.backward} returns {len(values)} values, {expected}")
        shapes = {f"d{name}": self.given[name].shape for name in self.layer.inputs}
        orders = [
            order
            for order in permutations(names, len(values))
            if all(
                fits(v, shapes[k]) or (k == "db" and fits(v, self.bias_shape))
                for k, v in zip(order, values, strict=True)
            )
        ]
        return list(orders[0] if orders else names[: len(values)])

    def look_for(self, name: str, before: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Find a gradient in the layer: in its place, or in the step that the layer has made with a parameter."""
        paths, parameter = self.named(name), name[1:]
        if parameter in self.gradients:
            paths = [self.gradients[parameter]]
        new = [path for path in paths if path not in before or self.at(path) is not before[path][0]]
        paths = new or [p for p in paths if p in before and not np.array_equal(*before[p])] or paths
        if any(not np.array_equal(self.at(path), self.at(paths[0])) for path in paths):
            raise Unread(f"{' and '.join(paths)} may both be {name}: name it, as --gradients {parameter}=self.dW")
        if paths:
            self.add(f"{name} = {paths[0]}")
        elif step := self.step(parameter) if "rate" in self.names and parameter in self.taken else None:
            self.add(f"{name} = {step}")
            self.updated.append(name)
        else:
            self.notes.append(f"{name} was not given")
            return
        self.found.append(name)

    def step(self, parameter: str) -> str | None:
        """Return the gradient as the difference that a step has made, None if it has made none."""
        paths = [self.parameters[parameter]] if parameter in self.parameters else self.named(parameter)
        before = self.array(parameter).removesuffix(".copy()")
        shape = self.bias_shape if parameter == "b" else self.given[parameter].shape
        for path in paths:
            if fits(self.at(path), shape) and not np.array_equal(self.at(path), self.given[parameter].reshape(shape)):
                return f"({before} - {path}) / rate"
        return None


def fits(value: Any, shape: tuple[int, ...]) -> bool:
    """Return whether a value is an array of a shape."""
    return getattr(value, "shape", None) == shape
