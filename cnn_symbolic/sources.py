"""How a tensor came about: as a leaf, as a named intermediate result, or by an operation; and how that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.values import as_formula
from cnn_symbolic.shapes import format_option, format_shape

if TYPE_CHECKING:
    from cnn_symbolic.tensors import Tensor

__all__ = ["UNSTATED", "Call", "Leaf", "Named", "format_call", "is_of_cost", "stated_options"]


@dataclass(frozen=True)
class Leaf:
    """A tensor with arbitrary entries. `indices` are the letters that print its axes, `given` its sizes as written."""

    name: str
    indices: tuple[str, ...] = ()
    given: tuple[Any, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Named:
    """An intermediate result with a name of its own, such as `z`."""

    name: str
    definition: Tensor
    indices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """The result of an operation on tensors. `given` are the options as they were written, with their readings."""

    operation: str
    operands: tuple[Tensor, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict, compare=False)


LOOSE = {"add", "scale", "multiply", "sum_family"}


def format_call(call: Call) -> str:
    """Return an operation as it is written: infix where there is a sign for it, else as a call."""
    operands = [str(x) for x in call.operands]
    if call.operation == "gradient":
        return f"∂C/∂{operands[1]}" if is_of_cost(call) else f"∂⟨{operands[2]}, {operands[0]}⟩/∂{operands[1]}"
    if call.operation == "apply":
        return f"{call.options['function']}{'′' * call.options['order']}({operands[0]})"
    if call.operation == "from_entries":
        plain = {symbol: sp.Symbol(symbol.name) for symbol in call.options["entry"].atoms(sp.Dummy)}
        return f"[{written(call.options['entry'].xreplace(plain))}]"
    tight = [
        f"({text})" if isinstance(x.source, Call) and x.source.operation in LOOSE else text
        for x, text in zip(call.operands, operands, strict=True)
    ]
    if call.operation == "broadcast":
        return operands[0]
    if call.operation == "take":
        return f"{tight[0]}[{', '.join(map(format_option, call.options['at']))}]"
    if call.operation in ("stack_family", "sum_family"):
        run = f"{call.options['index'].name}<{format_option(call.options['length'])}"
        return f"[{operands[0]} for {run}]" if call.operation == "stack_family" else f"Σ{{{run}}} {tight[0]}"
    if call.operation == "add":
        return " + ".join(operands).replace(" + -", " - ")
    if call.operation == "multiply":
        return f"{tight[0]}·{tight[1]}"
    if call.operation == "scale":
        factor = as_formula(call.options["factor"], "scale")
        number = f"({written(factor)})" if isinstance(factor, sp.Add) else written(factor)
        return f"-{tight[0]}" if factor == -1 else number if tight[0] == "1" else f"{number}·{tight[0]}"
    if call.operation == "constant":
        value, lengths = call.options["value"], call.options["shape"]
        return f"{'ones' if value else 'zeros'}{format_shape(lengths)}" if lengths else str(value)
    options = [f"{key}={format_option(value)}" for key, value in stated_options(call)]
    return f"{call.operation}({', '.join([*operands, *options])})"


def is_of_cost(gradient: Call) -> bool:
    """Tell whether a gradient is ∂C/∂x: the output is C itself, or what arrives there is called ∂C/∂output.

    Every other one is ∂⟨v, z⟩/∂x, the gradient of the dot product of what arrives with the output.
    """
    output, _, arriving = gradient.operands
    if isinstance(arriving.source, Call):
        return arriving.source.operation == "constant" and not arriving.shape and arriving.source.options["value"] == 1
    name = f"∂C/∂{output.name}" if output.name is not None else "∂C/∂"
    return isinstance(arriving.source, Leaf) and (
        arriving.name == name or (output.name is None and str(arriving.name).startswith(name))
    )


UNSTATED = {
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "output_padding": 0,
    "group_axis": False,
    "ceil_mode": False,
    "keepdims": False,
}


def stated_options(call: Call) -> list[tuple[str, Any]]:
    """Return the options of an operation that are written in a call: those that are not the usual ones."""
    return [(key, value) for key, value in call.options.items() if UNSTATED.get(key) != value]
