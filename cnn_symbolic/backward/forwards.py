"""What a backward pass is the backward of: a layer, made by its name in Python, read from a text, or one's own.

    conv2d(stride=2, padding=1)
    max_pool2d(2, stride=any_of(1, 2))
    read_forward("conv_transpose1d(stride=2, output_padding=1)")
    own_layer(mine.forward)

An option may be left open: the stride of `read_forward("conv2d(stride=S)")` is any one, as it is in Python with a size,
`conv2d(stride=S)` for `S, = sizes("S")`. The names of layers are those of all classes, `conv1d`, `conv2d` and so on:
they are attributes of this module.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from inspect import Parameter, Signature, signature
from math import ceil, prod
from typing import Any, ClassVar

import numpy as np

from cnn_symbolic.backward.calling import load_function
from cnn_symbolic.backward.calls.answers import CallArguments, Misbehaviour, Odd
from cnn_symbolic.backward.calls.callees import Callee, Here
from cnn_symbolic.backward.calls.importing import about
from cnn_symbolic.backward.calls.signatures import canonical_name
from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError, ModeError, OperandError, ShapeError
from cnn_symbolic.layers import convolutions, poolings  # noqa: F401 (the classes of layers)
from cnn_symbolic.layers.forward import LAYERS, Forward, Shape, Shapes
from cnn_symbolic.layers.mistakes import RESULTS, of_any
from cnn_symbolic.layers.options import OVERLAY, OfOverlay, Open, any_of, frozen, near
from cnn_symbolic.layers.stages import Arrays, Candidate
from cnn_symbolic.layers.values import PLAIN


def constructor(kind: type[Forward], rank: int) -> Callable[..., Forward]:
    """Return the function that makes a layer in so many axes, with the options as parameters."""
    name, (_, *options) = kind.title.format(rank), signature(kind).parameters.values()
    known = Signature([option.replace(annotation=Parameter.empty) for option in options])

    def make(*values: Any, **named: Any) -> Forward:
        if (unknown := next((key for key in named if key not in known.parameters), None)) is not None:
            has = f"the options {', '.join(known.parameters)}" if options else "no options"
            raise ModeError(f"{name} has {has}, found {unknown}{near(unknown, known.parameters)}")
        try:
            bound = known.bind(*values, **named)
        except TypeError as error:
            raise OperandError(f"{name}{known}: {error}") from None
        return kind(rank, **{key: frozen(value) for key, value in bound.arguments.items()})

    make.__name__ = make.__qualname__ = name
    means = inspect.getdoc(kind) or ""
    shown = next((f"{option.name}=2" for option in options if option.name in ("window", "factors", "stride")), "")
    make.__doc__ = (
        f"Return the layer {name}{known}: {means[:1].lower()}{means[1:]}\n\n"
        "Options may be `any_of(…)` values, and numbers may be left open: a size, such as S = sizes('S')[0]. Raises\n"
        "ModeError for an option that there is not, ShapeError or OperandError for a value that it cannot have.\n\n"
        f">>> from cnn_symbolic.backward import {name}\n>>> print({name}({shown}))\n{name}({shown})\n"
        f">>> {name}({shown}).signature\n{kind.signature!r}"
    )
    make.__signature__ = known  # type: ignore[attr-defined]  # which `inspect` reads of a function
    return make


# The magnitude below which every integer is exact in float64; how many bytes the result of a forward pass has at most.
EXACT, MOST = 2**53, 2**26
# Seconds for a call of a function.
SECONDS = 10.0
# The layers by name.
CONSTRUCTORS = {kind.title.format(rank): constructor(kind, rank) for kind in LAYERS for rank in kind.ranks}


def __getattr__(name: str) -> Callable[..., Forward]:
    if name not in CONSTRUCTORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return CONSTRUCTORS[name]


def read_forward(text: str) -> Forward:
    """Return the layer that a text such as "conv2d(stride=2, padding=1)" describes; the text is read, never run.

    A name as the value of an option leaves it open. In arithmetic I, J, Q are the sizes of the overlay, S and D the
    stride and the dilation. Raises OperandError for what is no layer, ModeError for an option that it does not have.

    >>> from cnn_symbolic.backward import read_forward
    >>> print(read_forward("conv2d(stride=any_of(1, 2), padding=((1, 0), (0, 1)))"))
    conv2d(stride=any_of(1, 2), padding=((1, 0), (0, 1)))
    >>> print(read_forward("conv2d(stride=(S, T), padding=(I - 1) // 2)"))
    conv2d(stride=(S, T), padding=(I - 1) // 2)
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise OperandError(f'a layer is written as "conv2d(stride=2)", found {text!r}: {error}') from None
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    if not isinstance(call.func, ast.Name):
        raise OperandError(f'a layer is written as "conv2d(stride=2)", found {text!r}')
    name = call.func.id
    if name not in CONSTRUCTORS:
        raise OperandError(f"unknown layer {name!r}{near(name, CONSTRUCTORS)} Known are {', '.join(CONSTRUCTORS)}")
    if any(keyword.arg is None for keyword in call.keywords):
        raise OperandError(f"{text}: options are written one by one, found **")
    values = [literal(value, text) for value in call.args]
    options = {str(keyword.arg): literal(keyword.value, text) for keyword in call.keywords}
    try:
        return CONSTRUCTORS[name](*values, **options)
    except CnnSymbolicError as error:
        raise type(error)(f"{text}: {error}") from None


def literal(node: ast.expr, text: str) -> Any:
    """Return the value of an option: a number, a name in quotes, True, False, None, tuples of them, or any_of(…).

    A name without quotes leaves the option open.
    """
    if isinstance(node, ast.Name):
        return Open(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | str | None):
        return node.value
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(literal(each, text) for each in node.elts)
    is_choice = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "any_of"
    if is_choice and isinstance(node, ast.Call) and not node.keywords:
        return any_of(*(literal(each, text) for each in node.args))
    if isinstance(node, ast.BinOp | ast.UnaryOp) and any(isinstance(part, ast.Name) for part in ast.walk(node)):
        from cnn_symbolic.claims.of_sizes import read_integer  # the language of claims takes half a second to load

        written = ast.unparse(node)
        try:
            return OfOverlay(written, read_integer(written, (*OVERLAY, "S", "D"), text))
        except ClaimTextError as error:
            raise OperandError(str(error)) from None
    raise OperandError(
        f"{text}: the value of an option is an int, a name in quotes, True, False, None, a name that leaves it open, "
        f"a tuple of these, any_of(…), or a padding such as (I - 1) // 2, found {ast.unparse(node)}"
    )


def as_layer(of: Forward | Callable[..., Any] | str, timeout: float = SECONDS) -> Forward:
    """Return the layer that is meant: one of the known, its text, or a forward pass of one's own."""
    if isinstance(of, str):
        return own_layer(load_function(of), timeout) if ":" in of else read_forward(of)
    if isinstance(of, Forward):
        return of
    if callable(of) and not isinstance(of, type):
        return own_layer(of, timeout)
    raise OperandError(f'of is a layer, as conv2d(stride=2) or its text "conv2d(stride=2)", found {of!r}')


# A forward pass of one's own


class OwnLayer(Forward):
    """A forward pass that is linear in each of its arrays, with shapes that are given; made by `own_layer`.

    ∂C/∂w[k] = Σ g · (y(w + e_k) − y(w)), taken at w = 0, the other arrays held fixed: exact in float64 on integers.
    That y is linear in w, and that nothing was rounded, is checked at every point: the differences, times w, add up to
    y(w) − y(0) in every entry.
    """

    callee: ClassVar[Callee]
    whole = True

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.callee.about.name

    def __str__(self) -> str:
        """Return the name of the function."""
        return self.name

    @property
    def untried(self) -> str:
        """What was checked of the function itself."""
        return f"{self.name} was linear in each of {', '.join(self.inputs)} at all points that were tried"

    # Shapes and numbers

    def result(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Return what the function returns, the first of several results; raise OperandError if that is no array."""
        given = {name: array.copy() for name, array in zip(self.inputs, arrays, strict=True)}
        try:
            values = self.callee.call(CallArguments(given, self.inputs, most=MOST)).values
        except Misbehaviour as found:
            raise OperandError(f"{self.name} fails as the layer: {found.detail}") from None
        y = values[0] if values else Odd("outputs", "is missing")
        if isinstance(y, Odd):
            raise OperandError(f"{self.name} fails as the layer: y {y.detail}")
        return y.astype(float)

    def result_shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result for inputs of these shapes."""
        return self.shape(shapes)

    def shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result for inputs of these shapes."""
        y = self.result([np.zeros(shapes[name]) for name in self.inputs]).shape
        for name, axes in {**shapes, "y": y}.items():
            if not axes or min(axes) < 1:
                raise ShapeError(f"{self.name} as the layer has arrays with entries, found {name} of the shape {axes}")
        return y

    def evaluate(self, values: Mapping[str, np.ndarray], bias: bool = True, result: bool = True) -> Arrays:
        """Return the result y, with b = 0 unless `bias`, and the gradient of every input.

        Raises OperandError if the result is not linear in one of them at these values, or not exact.
        """
        arrays = [np.asarray(values[name], float) * (bias or name != "b") for name in self.inputs]
        y, results = self.result(arrays), dict[str, np.ndarray]()
        for k, name in enumerate(self.inputs):
            results[f"d{name}"] = self.gradient(arrays, k, y, values["dy"])
        return {**results, "y": y}

    def gradient(self, arrays: Sequence[np.ndarray], k: int, y: np.ndarray, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of one input by the differences that its unit vectors make."""
        array, gradient, total = arrays[k], np.zeros(arrays[k].size), np.zeros(y.shape)

        def at(values: np.ndarray) -> np.ndarray:
            return self.result([*arrays[:k], values.reshape(array.shape), *arrays[k + 1 :]])

        zero, largest = at(np.zeros(array.size)), 0.0
        for j in range(array.size):
            unit = np.zeros(array.size)
            unit[j] = 1
            difference = at(unit) - zero
            total += array.flat[j] * difference
            gradient[j] = (dy * difference).sum()
            largest = max(largest, np.abs(dy * difference).sum())
        if not np.array_equal(total, y - zero) or largest >= EXACT:
            raise OperandError(
                f"{self.name} is not the layer of an exact check: its result is not linear in {self.inputs[k]}, the "
                f"others held fixed, or is rounded, at the shape {array.shape}"
            )
        return gradient.reshape(array.shape)

    def terms(self, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return how many products may be added up in one entry: every entry of y times every one of an input."""
        return prod(self.shape(shapes)) * max(prod(shapes[name]) for name in self.inputs)

    @property
    def wider(self) -> int:
        """How many times as many values the data have as is said: a higher degree has as many more zeros."""
        return ceil(self.degree / 2)

    def largest(self, exact: int, shapes: Shapes, results: Collection[str] = RESULTS) -> int:
        """Return the magnitude of data with which no sum of products of all inputs is beyond `exact`."""
        return max(1, int((exact // self.terms(shapes)) ** (1 / self.degree)) // self.wider)

    def data(self, random: np.random.Generator, shapes: Shapes, bound: int, kinds: Sequence[str] = PLAIN) -> Arrays:
        """Return random integers in arrays of these shapes (all but y)."""
        return super().data(random, shapes, bound * self.wider, kinds)

    def draw(self, pick: Any) -> dict[str, Shape]:
        """Raise ShapeError: it is not known which shapes fit together."""
        example = " ".join(f"--shape {name}=2,3" for name in self.inputs)
        raise ShapeError(
            f"{self.name} as the layer needs the shapes of {', '.join(self.inputs)}, for example {example}; or, to be "
            f"read, its arguments: --arguments '{', '.join(f'{name} (N, D)' for name in self.inputs)}'"
        )

    def mistakes(self, name: str) -> Iterator[Candidate]:
        """Yield the mistakes that have nothing to do with windows."""
        yield from of_any(name) if name in RESULTS else ()


def read_layer(title: str, inputs: Sequence[str]) -> Forward:
    """Return a forward pass that was read as a layer to be reported on, which is not called."""
    named = {"inputs": tuple(inputs), "name": title, "untried": "", "__str__": lambda _: title, "__doc__": title}
    made: Forward = type("ReadLayer", (OwnLayer,), named)(-1)
    return made


def own_layer(function: Callable[..., Any], timeout: float = SECONDS) -> Forward:
    """Return a forward pass as a layer: the parameters that it needs are arrays, those with a default stay as they are.

    Of several results, y and a cache for example, the first is the layer's. A call has `timeout` seconds.
    """
    return layer_of(Here(function, about(function), timeout), arrays_of(function))


def arrays_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arrays that a forward pass takes."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise OperandError(f"{function!r} as the layer does not say which arrays it takes") from None
    inputs = tuple(canonical_name(p.name) for p in parameters if p.default is p.empty)
    if not inputs or len(set(inputs)) < len(inputs) or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        raise OperandError(f"a forward pass as the layer takes arrays by name, found ({', '.join(inputs)})")
    return inputs


def layer_of(callee: Callee, inputs: tuple[str, ...]) -> Forward:
    """Return a forward pass, wherever it runs, as a layer with these inputs."""
    signature = f"dy, {', '.join(inputs)} -> {', '.join(f'd{name}' for name in inputs)}"
    named = {"inputs": inputs, "signature": signature, "degree": max(2, len(inputs)), "__doc__": OwnLayer.__doc__}
    kind: Any = type("OwnLayerOfFunction", (OwnLayer,), {**named, "callee": callee})
    layer: Forward = kind(-1)
    return layer
