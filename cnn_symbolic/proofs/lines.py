"""The lines of a derivation: which are proposed, in which order, and the kernel's theorem that each equals the last.

A line that the kernel does not accept is never part of a proof, nor is one that reads like the line before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from cnn_symbolic.expressions.formulas import Shape, entry
from cnn_symbolic.ground.errors import FragmentError
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.trusted.statement import Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.notation.layout import Layout, name
from cnn_symbolic.proofs import reasons as why
from cnn_symbolic.proofs.matching import Limits
from cnn_symbolic.proofs.moves import Move, connection, entries_in, fewest_guards, written_out
from cnn_symbolic.proofs.reasons import StepReason
from cnn_symbolic.proofs.steps import collapse_deltas, differentiated, standing_derivative
from cnn_symbolic.tensors.gradients import stages
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Entries, Gradient, Named
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.tensors.writing import Notation, Text

Letters = Mapping[str, tuple[str, ...]]
IndexNames = Mapping[sp.Symbol, str]


@dataclass(frozen=True)
class Line:
    """One line of a derivation: an entry formula, and why it is equal to the line before it; the first has no reason.

    `folded` is the tensor to print in place of the formula, where the line is an operation by name.
    `using` is the id of the theorem that the author cites for it.
    `checked` is the kernel's theorem that the line equals the one before; None on the first line.
    `because` is the reason as text. A line about a shape has `sizes`, and no entries.
    """

    formula: sp.Expr
    reason: StepReason | None = None
    folded: Tensor | ShapeOf | None = None
    using: str = ""
    checked: Theorem | None = None
    because: str = ""
    sizes: Shape | None = None


def folded(side: Tensor | ShapeOf | tuple[object, ...]) -> Tensor | None:
    """Return a side that is written as an operation; None for a formula written by hand."""
    return side if isinstance(side, Tensor) and not isinstance(side.source, Entries) else None


def written(line: Line, letters: Letters, index: IndexNames) -> str:
    """Return a line as plain text."""
    text = Text(letters)
    if line.sizes is not None:
        return text.tensor(line.sizes if line.folded is None else line.folded)
    if line.folded is not None:
        return text.tensor(line.folded, list(index.values()))
    return text.formula(line.formula, index)


def naming(notation: Notation, index: IndexNames, *lines: Line) -> dict[sp.Symbol, Layout]:
    """Return what the indices are called, in a notation, that are free or bound in some lines."""
    for line in lines:
        notation.formula(line.formula, index)
    return notation.chosen | {symbol: name(letter) for symbol, letter in index.items()}


@dataclass
class EntryCalculation:
    """The lines that lead from a tensor's entry to another one, as far as they are `made`.

    `steps` are the author's own lines, `letters` and `index` say how lines are printed, and `decide` is the kernel's
    verdict on whether one formula equals another wherever the left side is defined.
    """

    statement: Statement
    left: Tensor
    right: Tensor
    steps: Sequence[Line]
    letters: Letters
    index: IndexNames
    decide: Callable[[sp.Expr, sp.Expr], Verdict]
    made: list[Line] = field(default_factory=list)

    def lines(self) -> tuple[Line, ...]:
        """Return all lines, from the left side to the right one."""
        self.made = [Line(self.statement.left.formula, None, folded(self.left))]
        last = Line(self.statement.right.formula, why.definition_reason(self.right), folded(self.right))
        about_tensors = bool(self.steps) and self.steps[0].folded is not None
        if not about_tensors:
            self.begin()
        for step in self.steps:
            self.add_of_author(step)
        if about_tensors:
            self.add(replace(last, reason=why.COMPARE))
            return tuple(self.made)
        source = self.right.source
        target = source.definition.formula(self.statement.index) if isinstance(source, Named) else last.formula
        self.lead_to(target)
        if last.folded is not None:
            self.add(last)
        else:
            self.end_with(self.bare(last.formula))
        return tuple(self.made)

    @property
    def current(self) -> sp.Expr:
        """The formula of the last line."""
        return self.made[-1].formula

    def equals(self, one: sp.Expr, other: sp.Expr) -> bool:
        """Tell whether the kernel proves two formulas equal."""
        return isinstance(self.decide(one, other), Theorem)

    def written(self, line: Line) -> str:
        """Return what a line reads like."""
        return written(line, self.letters, self.index)

    def add(self, line: Line) -> bool:
        """Add a line; tell whether it is one now, or reads like the last one. It follows, or is left out."""
        read = self.written(self.made[-1])
        if self.written(line) in (read, f"({read})"):
            return True
        verdict = self.decide(self.current, line.formula)
        if isinstance(verdict, Theorem):
            self.made.append(replace(line, checked=verdict, because=self.because(self.made[-1], line)))
        return isinstance(verdict, Theorem)

    def add_of_author(self, step: Line) -> None:
        """Add a line of the author's; where it reads like the last one, that has the author's reason."""
        count = len(self.made)
        if self.add(step) and len(self.made) == count > 1:
            last = self.made[-1]
            because = self.because(self.made[-2], replace(last, reason=step.reason))
            self.made[-1] = replace(last, reason=step.reason, because=because, using=step.using)

    def because(self, before: Line, line: Line) -> str:
        """Return why a line equals the one before it, as text."""
        if line.reason is None:
            return ""
        notation = Notation(self.letters, line=True)
        return line.reason.written(notation, naming(notation, self.index, before, line))

    def begin(self) -> None:
        """Add the lines that the left side's definition gives, as an entry formula with no brackets to spare."""
        source = self.left.source
        if isinstance(source, Gradient):
            places = stages(source)
            standing = standing_derivative(places, entry(source.wrt.name or "", self.statement.index))
            derived = differentiated(standing)
            if places:
                self.add(Line(standing, why.CHAIN_RULE))
            self.add(Line(derived, why.differentiation_reason(source.wrt)))
            if not self.add(Line(collapse_deltas(derived), why.BRACKETS)):
                self.add(Line(collapse_deltas(derived, every=False), why.BRACKETS))
        elif isinstance(source, Named):
            self.add(Line(self.bare(source.definition.formula(self.statement.index)), why.definition_reason(self.left)))
        elif self.left.name is None:
            self.add(Line(self.bare(self.current), why.definition_reason(self.left)))

    def bare(self, formula: sp.Expr) -> sp.Expr:
        """Return a formula without the brackets that it does not take to be equal to the last line."""
        return fewest_guards(formula, lambda lighter: self.equals(self.current, lighter))

    def lead_to(self, target: sp.Expr) -> None:
        """Add the lines from the last one to a formula, or to what it is with other letters.

        An intermediate result that occurs in one of the two only is written as what it is.
        """
        target = self.bare(target)
        self.write_out(target)
        there = [Line(target)]
        while named := [x for x in self.named_in(there[-1].formula) if x not in self.named_in(self.current)]:
            there[-1] = replace(there[-1], reason=why.meaning(named))
            there.append(Line(self.bare(written_out(there[-1].formula, named))))
        moves = self.moves_to(there[-1].formula)
        if moves is None and (both := self.named_in(self.current)):
            self.add(Line(self.bare(written_out(self.current, both)), why.meaning(both)))
            there[-1] = replace(there[-1], reason=why.meaning(both))
            there.append(Line(self.bare(written_out(there[-1].formula, both))))
            moves = self.moves_to(there[-1].formula)
        plain = there.pop().formula
        if moves is None or not all(self.add(Line(move.formula, move.reason)) for move in moves):
            self.add(Line(plain, why.COMPARE if plain.has(sp.Indexed) or self.current.has(sp.Indexed) else why.COUNT))
        for line in reversed(there):
            self.add(line)

    def moves_to(self, target: sp.Expr) -> list[Move] | None:
        """Return the moves that lead from the last line to a formula; None if none are found, or one has no meaning."""
        try:
            return connection(self.current, target, self.lengths, self.within)
        except FragmentError:
            return None

    def write_out(self, target: sp.Expr) -> None:
        """Add the last line with the intermediate results that do not occur in a formula written as what they are."""
        while named := [x for x in self.named_in(self.current) if x not in self.named_in(target)]:
            before = len(self.made)
            self.add(Line(self.bare(written_out(self.current, named)), why.meaning(named)))
            if len(self.made) == before:
                return

    def within(self, one: sp.Expr, other: sp.Expr, limits: Limits) -> bool:
        """Tell whether the kernel proves two indices equal for all values of the free and the bound indices."""
        claim = self.statement
        if any(low != 0 for _, low, _ in limits):
            return False
        shape = (*claim.left.shape, *(high + 1 for _, _, high in limits))
        sides = [Side("", shape, e) for e in (one, other)]
        index = (*claim.index, *(variable for variable, _, _ in limits))
        changed = replace(claim, left=sides[0], right=sides[1], index=index, assumptions=claim.conditions, origin=None)
        return isinstance(decide(changed), Theorem)

    def named_in(self, e: sp.Expr) -> list[Tensor]:
        """Return the intermediate results that occur in a formula."""
        named = {called: x for side in (self.left, self.right) for called, x in side.names().items()}
        found = {str(at.base.label) if isinstance(at, sp.Indexed) else str(at) for at in entries_in(e)}
        return [x for called, x in named.items() if called in found and isinstance(x.source, Named)]

    @property
    def lengths(self) -> dict[sp.Symbol, sp.Expr]:
        """How long the axes are that the entry's indices run along."""
        return dict(zip(self.statement.index, self.statement.left.shape, strict=True))

    def end_with(self, formula: sp.Expr) -> None:
        """Write the last line with the letters of the right side, which is a formula written by hand."""
        line = replace(self.made[-1], formula=formula, folded=None)
        if line.reason is None:
            self.add(replace(line, reason=why.definition_reason(self.right)))
        elif self.written(line) != self.written(self.made[-1]):
            last = self.made.pop()
            if not self.add(line):
                self.made.append(last)
