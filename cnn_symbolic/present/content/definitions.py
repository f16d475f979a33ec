"""The definitions that a book states once: of every operation its shape and entry formula, printed from itself.

Each is shown on tensors of general shape, most along one axis, with the options that change it; `cotangent`
tensors, sizes and indices have the letters of the claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from cnn_symbolic.notation.layout import Layout, Sign, joined
from cnn_symbolic.present.content.prose import Prose, prose
from cnn_symbolic.tensors import arithmetic
from cnn_symbolic.tensors.operation import RECORDS
from cnn_symbolic.tensors.operations import basic, convolutions, correlation, functions, padding, pooling, stacking
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Named
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.tensors.writing import Notation, letters_of


@dataclass(frozen=True)
class OperationDefinition:
    """An operation: what it is called, and its formulas, each the entry with its value, and the shape."""

    operation: str
    name: Prose
    formulas: tuple[tuple[Layout, Layout], ...]


# The modules that define operations, in the order in which these are shown.
MODULES = (correlation, basic, functions, padding, arithmetic, stacking, convolutions, pooling)
NAMES = [name for module in MODULES for name in RECORDS if RECORDS[name].make.__module__ == module.__name__]
SHOWN = {name: RECORDS[name] for name in NAMES if RECORDS[name].given()}


def definitions(operations: Iterable[str]) -> tuple[OperationDefinition, ...]:
    """Return the definitions of the operations, in the order of the table."""
    wanted = set(operations)
    return tuple(defined(operation) for operation in SHOWN if operation in wanted)


def defined(operation: str) -> OperationDefinition:
    """Return the definition of one operation: each variant's entry, and its shape."""
    record = SHOWN[operation]
    formulas = tuple(entry_formula(shown, record.letters) for shown in record.examples())
    return OperationDefinition(operation, prose(record.says.removeprefix("the ")), formulas)


def entry_formula(x: Tensor, letters: Sequence[str]) -> tuple[Layout, Layout]:
    """Return the entry of a tensor with its formula, and the shape; a named one is what its name stands for."""
    meant = x.source.definition if isinstance(x.source, Named) else x
    index = [sp.Dummy(letter, integer=True) for letter in letters]
    names = dict(zip(index, letters, strict=True))
    notation = Notation(letters_of(meant))
    sides = notation.tensor(x, letters), notation.formula(meant.formula(tuple(index)), names)
    return joined(sides, Sign("=")), notation.tensor(x.shape)


def operations_in(side: Any) -> Iterator[str]:
    """Yield the operations that a side of a claim is made from, those in intermediate results too."""
    pending, seen = [side.tensor if isinstance(side, ShapeOf) else side], set[int]()
    while pending:
        x = pending.pop()
        if not isinstance(x, Tensor) or id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x.source, Call):
            yield x.source.operation
        pending += x.source.made_from
