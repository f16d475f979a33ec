"""The lines of a proof for print. Every line must have been decided equal to the line before it.

Size expressions that occur again and again, such as the number of positions of an overlay, get names of their
own, `\\ell_1`, and are written out once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.heads import Ceiling, Floor, Maximum, Minimum, Remainder
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.layout import Layout, Scripts, Sign, Token, integer, joined, name, row, sign, spelled
from cnn_symbolic.present.content.definitions import SHOWN
from cnn_symbolic.present.content.prose import Formula, Prose, prose
from cnn_symbolic.proofs.citations import is_instance
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.proofs.lines import Line, folded, naming
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Gradient, Leaf, Named
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.tensors.writing import Notation

LONG, TWICE = 60, 24


@dataclass(frozen=True)
class ProofRow:
    """A line of a proof, why it is equal to the line before it, and what says so: a definition, or a theorem."""

    formula: Layout
    because: Prose = ()
    definition: str = ""
    theorem: str = ""


def checked(derivation: Derivation) -> tuple[Line, ...]:
    """Return the lines of a proof; raise ExportError if the kernel has not decided one equal to the line before."""
    lines = derivation.lines
    for before, line in pairwise(lines):
        proved = line.checked
        if not isinstance(proved, Theorem) or not all(
            side.formula == one.formula and one.sizes in (None, side.shape)
            for side, one in ((proved.statement.left, before), (proved.statement.right, line))
        ):
            raise ExportError(f"a line of {derivation.title!r} was not checked: {line.because}")
    left = derivation.statement.left
    if lines and (
        lines[0].formula != left.formula
        or lines[0].sizes not in (None, left.shape)
        or not derivation.ends_with(lines[-1])
    ):
        raise ExportError(f"the lines of {derivation.title!r} do not lead from its left side to its right side")
    return lines if len(lines) > 1 else ()


@dataclass(frozen=True, eq=False)
class Writer:
    """Lays out one claim and the lines of its proof."""

    derivation: Derivation
    lines: tuple[Line, ...] = ()
    others: tuple[Tensor, ...] = ()

    @cached_property
    def abbreviated(self) -> dict[sp.Expr, Layout]:
        """The size expressions that get a name: long ones, and shorter ones that occur twice; inner ones first."""
        occurring = Counter(e for part in self.parts() for e in quotients(part))
        written = {e: latex(Notation({}).expr(e, {})) for e in occurring}
        count = Counter[str]()
        for e, n in occurring.items():
            count[written[e]] += n
        kept = sorted((t for t, n in count.items() if len(t) > (TWICE if n > 1 else LONG)), key=lambda t: (len(t), t))
        names = {text: Scripts(sign("ℓ"), integer(k)) for k, text in enumerate(kept, start=1)}
        return {e: names[t] for e, t in sorted(written.items(), key=lambda pair: (len(pair[1]), pair[1])) if t in names}

    @property
    def abbreviations(self) -> tuple[Layout, ...]:
        """What the names stand for: intermediate results, then sizes, each written with the names before it."""
        before: dict[sp.Expr, Layout] = {}
        written = [
            row(name(called), Sign("∈"), self.numbers(x))
            for called, x in self.tensors.items()
            if isinstance(x.source, Leaf) and not called.startswith("∂")
        ]
        written += [row(name(called), Sign("="), self.notation.tensor(x)) for called, x in self.definitions.items()]
        for e, short in self.abbreviated.items():
            if short not in before.values():
                written.append(row(short, Sign("="), Notation({}, dict(before)).expr(e, {})))
            before[e] = short
        return tuple(written)

    def numbers(self, x: Tensor) -> Layout:
        """Return ℝ with the shape of a tensor as its exponent."""
        reals = Token("R", "blackboard")
        return (
            Scripts(reals, None, joined((self.notation.tight(length, {}) for length in x.lengths), Sign("×")))
            if x.lengths
            else reals
        )

    def parts(self) -> Iterator[Any]:
        """Yield all formulas that are printed, and the options of all operations."""
        sides = (self.derivation.left, self.derivation.right, *self.others)
        yield from (e for line in self.lines if line.folded is None for e in (line.formula, *(line.sizes or ())))
        for side in [*sides, *self.definitions.values(), *(line.folded for line in self.lines)]:
            yield from options_of(side)
        yield from (length for x in self.tensors.values() if isinstance(x.source, Leaf) for length in x.lengths)
        if self.derivation.by_hand:
            yield from (s.formula for s in (self.derivation.statement.left, self.derivation.statement.right))

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors with names that the claim and the lines are made from."""
        sides = [self.derivation.left, self.derivation.right, *self.others, *(line.folded for line in self.lines)]
        found: dict[str, Tensor] = {}
        for side in sides:
            part = side.tensor if isinstance(side, ShapeOf) else side
            if isinstance(part, Tensor):
                found |= part.names()
        return found

    @cached_property
    def definitions(self) -> dict[str, Tensor]:
        """The intermediate results among them, and the cost if it is one of them, with what they stand for."""
        found = {name: x.source.definition for name, x in self.tensors.items() if isinstance(x.source, Named)}
        costs = [g.output for g in self.gradients if g.cotangent.name is None]
        return ({"C": costs[0]} if costs and not self.explicit else {}) | found

    @cached_property
    def gradients(self) -> tuple[Gradient, ...]:
        """The gradients in the claim and the lines."""
        sides = [self.derivation.left, self.derivation.right, *self.others, *(line.folded for line in self.lines)]
        return tuple(g for side in sides for g in gradients_in(side))

    @property
    def explicit(self) -> bool:
        """Whether there are several costs, so that each gradient has to say of what it is one."""
        return len({str(g.output) for g in self.gradients}) > 1

    @cached_property
    def notation(self) -> Notation:
        """The notation of this claim; raise ExportError if two things would be written alike."""
        named: dict[Layout, str] = {}
        for called in [*self.tensors, *map(str, self.derivation.statement.sizes)]:
            if (other := named.setdefault(spelled(called), called)) != called:
                raise ExportError(
                    f"{self.derivation.title!r}: {other} and {called} are written alike, rename one of them"
                )
        return Notation(self.derivation.index_letters, self.abbreviated, self.explicit)

    def formula(self, line: Line) -> Layout:
        """Return a line."""
        names = self.derivation.index_names
        if line.sizes is not None:
            return self.notation.tensor(line.sizes if line.folded is None else line.folded)
        if line.folded is not None:
            return self.notation.tensor(line.folded, [*names.values()])
        return self.notation.formula(line.formula, names)

    def statement(self, by: Sign, other: Tensor | None = None) -> Layout:
        """Return the claim, its sides with a sign between them; with `other` for its right side."""
        derivation = self.derivation
        right = derivation.right if other is None else other
        if not derivation.by_hand:
            return joined(derivation.sides(self.notation, right), by)
        formula = other.formula(derivation.statement.index) if other else derivation.statement.right.formula
        sides = [
            Line(derivation.statement.left.formula, None, folded(derivation.left)),
            Line(formula, None, folded(right)),
        ]
        return joined(map(self.formula, sides), by)

    def rows(self, theorems: Mapping[str, Derivation]) -> tuple[ProofRow, ...]:
        """Return the lines for print, with the operation that a reason is the definition of, or the theorem it cites.

        A theorem that is not among those given is not referred to. Raises ExportError if a line is no instance of it.
        """
        rows = []
        for before, line in zip((None, *self.lines), self.lines, strict=False):
            operation = "" if line.reason is None else line.reason.operation
            cited = theorems.get(line.using)
            if before is not None and cited is not None:
                self.check_citation(before, line, cited)
            rows.append(
                ProofRow(
                    self.formula(line),
                    self.reason(before, line),
                    operation if operation in SHOWN else "",
                    line.using if cited is not None else "",
                )
            )
        return tuple(rows)

    def reason(self, before: Line | None, line: Line) -> Prose:
        """Return why a line equals the one before it: of an author's words, what reads like a formula is one."""
        if before is None or line.reason is None or line.reason.kind == "author":
            return prose(line.because)
        names = naming(self.notation, self.derivation.index_names, before, line)
        parts = line.reason.laid_out(self.notation, names)
        return tuple(part if isinstance(part, str) else Formula(part) for part in parts)

    def check_citation(self, before: Line, line: Line, cited: Derivation) -> None:
        """Raise ExportError unless a line is an instance of the theorem that its author cites."""
        if not isinstance(cited.verdict, Theorem):
            raise ExportError(
                f"{self.derivation.title!r}: the step {line.because!r} cites {line.using}, which is not proved"
            )
        assumed = self.derivation.statement.assumptions
        apt = (
            isinstance(before.folded, Tensor)
            and isinstance(line.folded, Tensor)
            and is_instance(before.folded, line.folded, cited, assumed)
        )
        if not apt:
            raise ExportError(
                f"{self.derivation.title!r}: the step {line.because!r} is no instance of the theorem {line.using}"
            )


def gradients_in(side: Any) -> Iterator[Gradient]:
    """Yield the gradients that a side of a claim is written with, up to its intermediate results."""
    part = side.tensor if isinstance(side, ShapeOf) else side
    if isinstance(part, Tensor) and part.name is None:
        if isinstance(part.source, Gradient):
            yield part.source
        for operand in part.source.made_from:
            yield from gradients_in(operand)


def options_of(side: Any) -> Iterator[Any]:
    """Yield the size expressions among the options of the operations that a side of a claim is written with."""
    if isinstance(side, ShapeOf):
        yield from options_of(side.tensor)
    elif isinstance(side, Tensor) and side.name is None:
        for value in side.source.options.values() if isinstance(side.source, Call) else ():
            yield from flat(value)
        for operand in side.source.made_from:
            yield from options_of(operand)
    elif isinstance(side, tuple):
        yield from side


def flat(value: Any) -> Iterator[Any]:
    """Yield the expressions of nested tuples."""
    if isinstance(value, tuple):
        for part in value:
            yield from flat(part)
    elif isinstance(value, sp.Basic):
        yield value


def quotients(formula: Any) -> Iterator[sp.Expr]:
    """Yield the quotients, remainders, maxima and minima of sizes in a formula, every time that they occur."""
    for e in sp.preorder_traversal(formula):
        if isinstance(e, Floor | Ceiling | Maximum | Minimum | Remainder) and all(map(is_plain_size, e.free_symbols)):
            yield e
