"""How an operation is made out of its definition."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec

import sympy as sp

from cnn_symbolic.expressions.formulas import Shape
from cnn_symbolic.expressions.shapes import (
    format_shape,
)
from cnn_symbolic.expressions.values import plain
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import OPERATIONS, Call
from cnn_symbolic.tensors.tensor import EntryFormula, Tensor, check_tensor
from cnn_symbolic.tensors.writing import FORMS, Form

P = ParamSpec("P")


class Proposal(NamedTuple):
    """What a change is called as a mistake, how to make it, and the mistake that it mends in a wrong formula."""

    makes: str
    build: Callable[[], Tensor]
    mends: str


@dataclass(frozen=True)
class Definition:
    """What an operation defines: a shape, and the entry formula at indices inside that shape.

    `confined` says that the formula is zero by itself outside the shape, so that no guard is needed. `presumed` has
    to be at least one, besides the sizes of the shape.
    """

    shape: Shape
    formula: EntryFormula
    confined: bool = False
    presumed: tuple[sp.Expr, ...] = ()


@dataclass(frozen=True)
class Given:
    """Operands and options of an operation."""

    operands: tuple[Tensor, ...]
    options: Mapping[str, Any]


def given(*operands: Tensor, **options: Any) -> Given:
    """Return operands and options of an operation, as an example of it."""
    return Given(operands, options)


@dataclass(frozen=True)
class Operation:
    """What is said of an operation: how it is called, the letters of its result's axes, and examples of it.

    One without examples is written out wherever it occurs, and has no definition to be shown. `mistakes` are its own
    ones, besides those that can be made with any; `adds` says that the terms of its operands add up in its entries.
    """

    make: Callable[..., Tensor]
    says: str
    letters: tuple[str, ...]
    given: Callable[[], Sequence[Given]]
    mistakes: Callable[[Call], Iterable[Proposal]]
    adds: bool

    def examples(self) -> list[Tensor]:
        """Return the operation on general tensors, each variant of it."""
        return [self.make(*one.operands, **one.options) for one in self.given()]


# Every operation by its name, in the order in which they are defined.
RECORDS: dict[str, Operation] = {}


def operation(
    says: str,
    letters: str = "",
    *examples: Given | Callable[[], Sequence[Given]],
    written: Form | None = None,
    mistakes: Callable[[Call], Iterable[Proposal]] = lambda _: (),
    adds: bool = False,
) -> Callable[[Callable[P, Definition]], Callable[P, Tensor]]:
    """Make an operation on tensors out of its definition; the result remembers operands and options.

    `written` says how it is written where that is not as a call: with which method of a writer.
    """

    def known() -> list[Given]:
        return [one for few in examples for one in ([few] if isinstance(few, Given) else few())]

    def made(define: Callable[P, Definition]) -> Callable[P, Tensor]:
        OPERATIONS[define.__name__] = make = remembering(define)
        if written is not None:
            FORMS[define.__name__] = written
        RECORDS[define.__name__] = Operation(make, says, tuple(letters.split()), known, mistakes, adds)
        return make

    return made


def remembering(define: Callable[P, Definition]) -> Callable[P, Tensor]:
    """Return the function on tensors that a definition is of."""
    signature = inspect.signature(define)

    @functools.wraps(define)
    def make(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        operands: list[Tensor] = []
        options: dict[str, Any] = {}
        for key, parameter in signature.parameters.items():
            value = bound.arguments[key]
            if parameter.annotation in ("Tensor", "Tensor | None"):
                several = value if parameter.kind is inspect.Parameter.VAR_POSITIONAL else (value,)
                several = () if value is None and parameter.default is None else several
                operands += [check_tensor(v, f"{define.__name__}: {key}") for v in several]
            elif value is not None:
                options[key] = tuple(value) if isinstance(value, list | ShapeOf) else value
        made = define(*args, **kwargs)
        source = Call(define.__name__, tuple(operands), {key: plain(value) for key, value in options.items()}, options)
        result = Tensor(made.shape, made.formula, made.confined, source, made.presumed)
        if any(length.is_Integer and length < 1 for length in made.shape):
            shapes = ", ".join(f"{x} of shape {format_shape(x.lengths)}" for x in operands)
            raise ShapeError(f"{result} would have the empty shape {format_shape(made.shape)}, made from {shapes}")
        return result

    return make
