"""Where tensors come from: a name, a definition, an operation, a formula written by hand, a gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

import sympy as sp

from cnn_symbolic.expressions.formulas import Index
from cnn_symbolic.notation.layout import Layout, name
from cnn_symbolic.tensors.writing import FORMS, Notation

# A tensor; `tensor`, which is made of this module, defines it.
Tensor: TypeAlias = Any
# Every operation by its name.
OPERATIONS: dict[str, Callable[..., Tensor]] = {}
# The options that are not written in a call.
UNSTATED = {
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "output_padding": 0,
    "group_axis": False,
    "ceil_mode": False,
    "keepdims": False,
    "exchange": False,
}


@dataclass(frozen=True)
class Leaf:
    """A tensor with arbitrary entries. `indices` are the letters that print its axes, `given` its sizes as written."""

    name: str
    indices: tuple[str, ...] = ()
    given: tuple[Any, ...] = field(default=(), compare=False)
    made_from: ClassVar[tuple[Tensor, ...]] = ()

    @property
    def as_written(self) -> tuple[Any, ...]:
        """What the source is written with, to calculate with."""
        return self.given

    def written(self, _to: Notation) -> Layout:
        """Return the name."""
        return name(self.name)


@dataclass(frozen=True)
class Named:
    """An intermediate result with a name of its own, such as `z`."""

    name: str
    definition: Tensor
    indices: tuple[str, ...] = ()
    as_written: ClassVar[tuple[Any, ...]] = ()

    @property
    def made_from(self) -> tuple[Tensor, ...]:
        """The tensors that this one is made from."""
        return (self.definition,)

    def written(self, _to: Notation) -> Layout:
        """Return the name."""
        return name(self.name)


@dataclass(frozen=True)
class Nameless:
    """A source that gives the tensor no name, and no letters for its axes."""

    name: ClassVar[None] = None
    indices: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Call(Nameless):
    """The result of an operation on tensors. `given` are the options as they were written, with their readings."""

    operation: str
    operands: tuple[Tensor, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for table in ("options", "given"):
            frozen = {key: immutable(value) for key, value in getattr(self, table).items()}
            object.__setattr__(self, table, MappingProxyType(frozen))

    def again(self, operands: Sequence[Tensor], **options: Any) -> Tensor:
        """Return the result of the operation with other operands, or other options."""
        return OPERATIONS[self.operation](*operands, **{**self.given, **options})

    @property
    def made_from(self) -> tuple[Tensor, ...]:
        """The tensors that this one is made from."""
        return self.operands

    @property
    def as_written(self) -> tuple[Any, ...]:
        """What the source is written with, to calculate with."""
        return tuple(self.given.values())

    def written(self, to: Notation) -> Layout:
        """Return the operation as its record says, else as a call."""
        return FORMS[self.operation](self, to) if self.operation in FORMS else to.call(self)

    def stated_options(self) -> list[tuple[str, Any]]:
        """Return the options that are written in a call: those that are not the usual ones."""
        return [(key, value) for key, value in self.options.items() if UNSTATED.get(key) != value]


@dataclass(frozen=True)
class Entries(Nameless):
    """Entries written by hand: the formula at `index`, which mentions the tensors of `using`.

    `lengths` are the sizes as written, `number` is the formula to calculate with, and `reading` computes it.
    """

    formula: sp.Expr
    index: Index
    using: tuple[Tensor, ...]
    lengths: tuple[Any, ...] = field(default=(), compare=False)
    number: Any = field(default=None, compare=False)
    reading: Any = field(default=None, compare=False)

    @property
    def made_from(self) -> tuple[Tensor, ...]:
        """The tensors that this one is made from."""
        return self.using

    @property
    def as_written(self) -> tuple[Any, ...]:
        """What the source is written with, to calculate with."""
        return (self.number, self.lengths)

    def written(self, to: Notation) -> Layout:
        """Return the formula, in print with its indices."""
        return to.by_hand(self.formula, self.index)


@dataclass(frozen=True)
class Gradient(Nameless):
    """Σ cotangent · ∂output/∂wrt: what arrives at the output, times how it changes with each entry of `wrt`."""

    output: Tensor
    wrt: Tensor
    cotangent: Tensor
    as_written: ClassVar[tuple[Any, ...]] = ()

    @property
    def made_from(self) -> tuple[Tensor, ...]:
        """The tensors that this one is made from."""
        return (self.output, self.wrt, self.cotangent)

    def written(self, to: Notation) -> Layout:
        """Return ∂C/∂wrt, or what it is the gradient of."""
        return to.gradient(self.output, self.wrt, self.cotangent, self.is_of_cost)

    @property
    def is_of_cost(self) -> bool:
        """Whether it is ∂C/∂x: the output is C itself, or what arrives there is called ∂C/∂output.

        Every other one is ∂⟨v, z⟩/∂x, the gradient of the dot product of what arrives with the output.
        """
        arriving = self.cotangent.source
        if isinstance(arriving, Call):
            return arriving.options.get("value") == 1 and not self.cotangent.shape
        return self.output.name is not None and arriving.name == f"∂C/∂{self.output.name}"


def immutable(value: Any) -> Any:
    """Return a value with the lists in it as tuples: whoever changes theirs later changes nothing."""
    return tuple(map(immutable, value)) if type(value) in (list, tuple) else value


Source = Leaf | Named | Call | Entries | Gradient
