"""How a backward pass that is read is called: its arguments, and its results, in the layouts of code and layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, as_array
from cnn_symbolic.code.arrays.numbers import as_number, literal
from cnn_symbolic.code.rows.shapes import flip
from cnn_symbolic.code.state.selections import Windows
from cnn_symbolic.code.state.values import Known
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.values import Number, number, plain
from cnn_symbolic.layers.definitions import LayerDefinition
from cnn_symbolic.tensors.tensor import Tensor


@dataclass(frozen=True)
class PassCall:
    """How a function is called: what its arguments are by place and by name, and what it returns, in canonical names.

    `axes` are the axes of an array as the layer has them and as the code has them, by letters, such as
    ("NCHW", "NHWC"); `flipped` says that filters are those of a true convolution. `keys` are the names of the results
    in a table.
    """

    inputs: Sequence[str]
    outputs: Sequence[str]
    named: Sequence[tuple[str, str]] = ()
    axes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    flipped: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)


def known_numpy() -> Any:
    """Return NumPy, as a program names it."""
    return Known("numpy")


def sp_name(name: str) -> Any:
    """Return a name as an expression."""
    import ast

    return ast.Name(name, ast.Load(), lineno=0)


def world_of(definition: LayerDefinition, call: PassCall, assuming: tuple[Any, ...]) -> World:
    """Return what is known before anything is read: where the layer is defined, and axes that the code leaves out."""
    conditions: list[Any] = [
        *definition.y.requirements(),
        *(each.formula for each in definition.assumptions),
        *assuming,
    ]
    for name, (canonical, own) in call.axes.items():
        tensor = leaves(definition).get(name)
        if tensor is not None:
            left_out = [n for letter, n in zip(canonical, tensor.lengths, strict=True) if letter not in own]
            conditions += [rules.compare("=", n, sp.S.One) for n in left_out]
    given = [each for each in dict.fromkeys(conditions) if each != sp.true]
    tensors = {tensor.name or "": tensor for tensor in leaves(definition).values()}
    return World(tuple(given), tensors=tensors, windows=windows_of(definition))


def leaves(definition: LayerDefinition) -> dict[str, Tensor]:
    """Return the tensors with arbitrary entries that a layer is about."""
    return {**definition.inputs, **definition.given, "dy": definition.dy}


def windows_of(definition: LayerDefinition) -> Windows | None:
    """Return the windows of max pooling, None of another layer."""
    if "s" not in definition.given:
        return None
    rank, options = definition.layer.rank, definition.options

    def each(value: Any) -> tuple[sp.Expr, ...]:
        parts = value if isinstance(value, tuple) else (value,) * rank
        return tuple(plain(number(part[0] if isinstance(part, tuple) else part)) for part in parts)

    overlay = each(options["window"])
    stride = overlay if options.get("stride") is None else each(options["stride"])
    return Windows("x", "s", stride, each(options["padding"]), each(options.get("dilation", 1)), overlay)


def argument(world: World, definition: LayerDefinition, call: PassCall, name: str) -> Any:
    """Return an argument: an array of the layer in the layout of the code, a shape, or an option."""
    tensors = leaves(definition)
    if name in tensors:
        return own_layout(world, as_view(world, tensors[name]), name, call)
    if name == "y":
        formula = definition.y.source.made_from[0].formula
        index = tuple(sp.Dummy("i", integer=True) for _ in definition.y.lengths)
        array = replace(as_view(world, definition.dy), buffer=world.buffer(definition.y.lengths, formula))
        return own_layout(world, array, name, call) if index else array
    if name.endswith("_shape") and name[:-6] in tensors:
        array = own_layout(world, as_view(world, tensors[name[:-6]]), name[:-6], call)
        return tuple(array.lengths)
    if name in definition.options:
        return option(definition.options[name])
    raise world.refuse(f"the argument {name}, which is not known before the code runs")


def option(value: Any) -> Any:
    """Return an option of the layer as the code is given it."""
    if isinstance(value, tuple):
        return tuple(map(option, value))
    return value.formula if isinstance(value, Number) else literal(value)


def as_view(world: World, tensor: Tensor) -> Array:
    """Return a tensor with arbitrary entries as an array of the code."""
    name = tensor.name or ""
    buffer = world.buffer(tensor.lengths, lambda index: entry(name, tuple(index)))
    return Array(world, buffer, tuple((world.normal(n),) for n in tensor.lengths), lambda index: index)


def own_layout(world: World, array: Array, name: str, call: PassCall) -> Array:
    """Return an array of the layer as the code has it: its axes in another order, some left out, filters flipped."""
    canonical, own = call.axes.get(name, ("", ""))
    if call.flipped and name in ("w", "dw"):
        array = flip(world, array, tuple(sp.Integer(k) for k in range(2, array.rank)))
    if not canonical or canonical == own:
        return array
    places = [canonical.index(letter) for letter in own]

    def back(index: Sequence[sp.Expr]) -> list[sp.Expr]:
        at = [sp.S.Zero] * len(canonical)
        for place, i in zip(places, index, strict=True):
            at[place] = i
        return at

    return array.view([array.dims[place] for place in places], back)


def layer_layout(world: World, array: Array, name: str, call: PassCall) -> Array:
    """Return a result of the code as the layer has it."""
    canonical, own = call.axes.get(name, ("", ""))
    if canonical and canonical != own:
        if array.rank != len(own):
            raise world.raised(f"{name} has {array.rank} axes, where {own} are expected")
        kept = [letter for letter in canonical if letter in own]
        order = [own.index(letter) for letter in kept]
        parts = array

        def back(index: Sequence[sp.Expr]) -> list[sp.Expr]:
            groups: dict[str, list[sp.Expr]] = {}
            rest = list(index)
            for letter in canonical:
                count = len(parts.dims[own.index(letter)]) if letter in own else 1
                groups[letter], rest = rest[:count], rest[count:]
            return [i for letter in own for i in groups[letter]]

        dims = [parts.dims[own.index(letter)] if letter in own else (sp.S.One,) for letter in canonical]
        array = parts.view(dims, back) if order else parts
    if call.flipped and name in ("w", "dw"):
        array = flip(world, array, tuple(sp.Integer(k) for k in range(2, array.rank)))
    return array


def results_of(world: World, returned: Any, call: PassCall) -> dict[str, Any]:
    """Return the results by their names, each with its shape, and the entry at an index."""
    outputs = list(call.outputs)
    if isinstance(returned, dict):
        keys = {name: call.keys.get(name, name) for name in outputs}
        values = {name: returned[key] for name, key in keys.items() if key in returned}
    elif isinstance(returned, tuple | list) and not (len(outputs) == 1 and len(returned) != 1):
        if len(returned) != len(outputs):
            raise world.raised(f"{len(returned)} results are returned, where {len(outputs)} are expected")
        values = dict(zip(outputs, returned, strict=True))
    else:
        values = {outputs[0]: returned}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name.startswith("d"):
            array = layer_layout(world, as_array(world, as_number(world, value)), name, call)
            found[name] = array, array.written()
    return found
