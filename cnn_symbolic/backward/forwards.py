"""What a backward pass is the backward of: a layer, made by its name in Python or read from a text.

    conv2d(stride=2, padding=1)
    max_pool2d(2, stride=any_of(1, 2))
    read_forward("conv_transpose1d(stride=2, output_padding=1)")

The names are those of all classes of layers, `conv1d`, `conv2d` and so on: they are attributes of this module.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any

from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError, ModeError, OperandError
from cnn_symbolic.layers import convolutions, poolings  # noqa: F401 (the classes of layers)
from cnn_symbolic.layers.forward import LAYERS, Forward
from cnn_symbolic.layers.options import OVERLAY, OfOverlay, any_of, frozen, near


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
    means = (kind.__doc__ or "").strip()
    make.__doc__ = (
        f"Return the layer {name}{known}: {means[:1].lower()}{means[1:]}\n\nOptions may be `any_of(…)` values."
    )
    make.__signature__ = known  # type: ignore[attr-defined]  # which `inspect` reads of a function
    return make


# The layers by name.
CONSTRUCTORS = {kind.title.format(rank): constructor(kind, rank) for kind in LAYERS for rank in kind.ranks}


def __getattr__(name: str) -> Callable[..., Forward]:
    if name not in CONSTRUCTORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return CONSTRUCTORS[name]


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
    """Return the value of an option: a number, a name in quotes, True, False, None, tuples of them, or any_of(…)."""
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
        f"{text}: the value of an option is an int, a name in quotes, True, False, None, a tuple of these, any_of(…), "
        f"or a padding such as (I - 1) // 2, found {ast.unparse(node)}"
    )
