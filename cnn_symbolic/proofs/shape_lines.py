"""The lines of a claim about shapes: every shape by the definition of its operation, then the arithmetic.

As everywhere, a line that the kernel does not accept is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Shape
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.proofs import reasons as why
from cnn_symbolic.proofs.lines import Letters, Line, written
from cnn_symbolic.proofs.reasons import StepReason
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Gradient, Named
from cnn_symbolic.tensors.writing import Notation


@dataclass
class ShapeCalculation:
    """The lines that lead from one shape to another, as far as they are `made`."""

    shapes: tuple[Shape, Shape]
    sides: tuple[Any, Any]
    letters: Letters
    decide: Callable[[Shape, Shape], Verdict]
    made: list[Line] = field(default_factory=list)

    def lines(self) -> tuple[Line, ...]:
        """Return all lines, from the left side to the right one."""
        left, right = (list(unfolded(*pair)) for pair in zip(self.sides, self.shapes, strict=True))
        self.made = [left[0][0]]
        for line, reason in left[1:]:
            self.add(replace(line, reason=reason))
        ends = self.made[-1].sizes or (), right[-1][0].sizes or ()
        multiplied = all(sp.expand(a - b) == 0 for a, b in zip(*ends, strict=True))
        self.add(replace(right[-1][0], reason=why.MULTIPLY_OUT if multiplied else why.WHOLE_NUMBERS))
        for k in range(len(right) - 1, 0, -1):
            self.add(replace(right[k - 1][0], reason=right[k][1]))
        return tuple(self.made)

    def add(self, line: Line) -> None:
        """Add a line if it follows from the last one and does not read like it."""
        before, after = (written(one, self.letters, {}) for one in (self.made[-1], line))
        if before == after:
            return
        verdict = self.decide(self.made[-1].sizes or (), line.sizes or ())
        if isinstance(verdict, Theorem):
            because = "" if line.reason is None else line.reason.written(Notation(self.letters, line=True), {})
            self.made.append(replace(line, checked=verdict, because=because))


def unfolded(side: Any, shape: Shape) -> Iterator[tuple[Line, StepReason | None]]:
    """Yield a side, and what it is by definitions, each with the definition."""
    line = Line(sp.S.Zero, folded=side if isinstance(side, ShapeOf) else None, sizes=shape)
    yield line, None
    if not isinstance(side, ShapeOf):
        return
    source = side.tensor.source
    if isinstance(source, Named):
        inner = unfolded(ShapeOf(source.definition), source.definition.lengths)
        yield next(inner)[0], why.definition_reason(side.tensor)
        yield from inner
    else:
        yield replace(line, folded=None), shape_reason(side, [x.lengths for x in source.made_from])


def shape_reason(side: ShapeOf, shapes: Sequence[Shape]) -> StepReason:
    """Return why a tensor has its shape: the definition of its operation, of operands of these shapes."""
    source = side.tensor.source
    if isinstance(source, Gradient):
        return StepReason("definition", ("the gradient by ", source.wrt, " has its shape"))
    if not isinstance(source, Call):
        return StepReason("definition", ("the shape of ", side.tensor))
    operands = [part for shape in shapes if shape for part in (" and ", list(shape))][1:]
    of = (" of the shape " if len(operands) == 1 else " of the shapes ", *operands) if operands else ()
    definition = why.definition_reason(side.tensor)
    return replace(definition, parts=(*definition.parts, *of))
