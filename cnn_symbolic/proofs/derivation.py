"""Derivations: claims with the lines that lead from one side to the other, each checked by the kernel.

`prove` and `refute` declare a claim; nothing is decided until the verdict is asked for. The lines are
proposed by `steps` (or written by the author of the derivation) and every one is decided against the
line before it, for all sizes: a line that does not follow is never part of a printed proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.divisors import required
from cnn_symbolic.expressions.formulas import Shape, indices_of, numbered
from cnn_symbolic.expressions.names import check_told_apart
from cnn_symbolic.expressions.printing import free_letter
from cnn_symbolic.expressions.values import as_formula, presumed_of
from cnn_symbolic.ground.display import Runnable
from cnn_symbolic.ground.errors import CnnSymbolicError, OperandError
from cnn_symbolic.kernel.search.decide import decide, decided_first, has_open_condition, with_condition
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.statement import Side, Statement, state
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict, sealed
from cnn_symbolic.mistakes.changes import Change
from cnn_symbolic.mistakes.named import named_mistake
from cnn_symbolic.proofs.collecting import collect
from cnn_symbolic.proofs.lines import EntryCalculation, Line, folded, written
from cnn_symbolic.proofs.reasons import author
from cnn_symbolic.proofs.shape_lines import ShapeCalculation
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Entries, Gradient
from cnn_symbolic.tensors.tensor import Tensor, index_ranges
from cnn_symbolic.tensors.writing import Notation, Text, letters_of

Sizes = tuple[Any, ...]
OUTCOMES = {Theorem: "proved", Refutation: "refuted", Undecided: "undecided", HoldsForLiterals: "holds"}


@dataclass(frozen=True)
class Step:
    """A line written by the author, and why it equals the line before: its entry formula at given indices, or a tensor.

    `using` is the id of a theorem that the step is an instance of. Where the first step is a tensor, the proof is
    about tensors: no entries are written out.

    >>> from cnn_symbolic import Step, prove, rot180, sizes, tensor
    >>> M, N = sizes("M N")
    >>> x = tensor(M, N, name="x")
    >>> steps = [Step(rot180(x), "one half turn is as good as two")]
    >>> made = prove("Two half turns are none", rot180(rot180(x)), equals=x, steps=steps)
    >>> made.verdict.evidence, made.as_expected, made.wrong_step[0].because
    ('all shapes', False, 'one half turn is as good as two')
    """

    formula: Callable[..., Any] | Tensor
    because: str
    using: str = ""


@dataclass(frozen=True)
class AsText:
    """How a claim stands in a text: what is before its left side, that side, and what is after its right side.

    `is_indexed` says that it is about entries, which the left side has the indices of; `names` is what the text calls
    sizes, tensors and functions, `taken` what else has a name in it.
    """

    before: str
    left: str
    after: str
    is_indexed: bool
    names: Mapping[str, str]
    taken: frozenset[str]


@dataclass(frozen=True, eq=False)
class Derivation(Runnable):
    """A claim with what its author expects of it: `proved`, `refuted`, or `holds` (for literal values).

    `literally` lists values of strides and other factors to decide it at, in place of every value at once; `as_text`
    is how it stands in a text, if it was read from one.

    A derivation is made by `claim`, `prove` or `refute`, and decided when its outcome or its verdict is asked for.

    >>> from cnn_symbolic import Derivation, claim, flip, sizes, tensor
    >>> x = tensor(*sizes("M"), name="x")
    >>> made = claim(flip(x, axes=(0,)) == x)
    >>> isinstance(made, Derivation), made.expected, made.outcome, made.as_expected
    (True, 'proved', 'refuted', False)
    """

    title: str
    left: Tensor | ShapeOf | Sizes
    right: Tensor | ShapeOf | Sizes
    expected: str
    assuming: tuple[Any, ...] = ()
    steps: tuple[Step, ...] = ()
    letters: tuple[str, ...] = ()
    article: tuple[str, ...] = ()
    literally: tuple[int, ...] = ()
    as_text: AsText | None = None

    def __post_init__(self) -> None:
        collect(self)

    @cached_property
    def statement(self) -> Statement:
        """The claim as the kernel decides it."""
        made = state(self.left, self.right, self.assuming)
        letters = (letter for of in (self.letters, *self.index_letters.values()) for letter in of)
        sides = [side for side in (self.left, self.right) if isinstance(side, Tensor)]
        indices = {index.name for side in sides for part in side.parts() for index in index_ranges(part)}
        check_told_apart(made.sizes, made.tensors, made.formulas, indices, letters)
        return made

    @cached_property
    def decided_first(self) -> Verdict:
        """What the kernel has decided, kept; of a refutation, its condition may be for some values of strides only."""
        return decided_first(self.statement, self.literally)

    @cached_property
    def decided(self) -> Verdict:
        """What the kernel has decided, kept, a refutation with its condition for every value where one is found."""
        return with_condition(self.decided_first) if self.has_open_condition else self.decided_first

    @property
    def has_open_condition(self) -> bool:
        """Whether a condition for every value is still to be looked for."""
        return not self.literally and has_open_condition(self.decided_first)

    @property
    def claim_verdict(self) -> Verdict:
        """The kernel's verdict on the claim itself; raise CnnSymbolicError if the claim is another one by now."""
        found, of = sealed(self.decided), self.statement.origin
        sides = (None, None) if of is None else (of.left, of.right)
        if found.statement is not self.statement or sides[0] is not self.left or sides[1] is not self.right:
            raise CnnSymbolicError(f"{self.title!r} was changed after it was decided: declare it as it is meant")
        return found

    @cached_property
    def wrong_step(self) -> tuple[Step, Verdict] | None:
        """The first step written by the author that does not follow, with the kernel's verdict on it."""
        for step, statement in self.step_statements():
            verdict = decide(statement)
            if not isinstance(verdict, Theorem):
                return step, verdict
        return None

    def step_statements(self) -> Iterator[tuple[Step, Statement]]:
        """Yield what has to be true for the steps written by the author to follow, one from the other."""
        before = self.statement.left.formula
        for step in self.steps:
            formula = self.step_formula(step)
            yield step, self.step_statement(self.side(before), self.side(formula, self.presumed_by(step)))
            if isinstance(step.formula, Tensor):
                yield step, state(self.left, step.formula, self.assuming)
            before = formula

    @property
    def verdict(self) -> Verdict:
        """The kernel's verdict on the claim; a step of its proof that does not follow is `wrong_step`."""
        return self.claim_verdict

    @property
    def outcome(self) -> str:
        """`proved`, `refuted`, `holds` (for literal values only) or `undecided`; also undecided if a step is."""
        if isinstance(self.verdict, Theorem) and self.wrong_step is not None:
            return "undecided" if isinstance(self.wrong_step[1], Undecided | HoldsForLiterals) else "proved"
        return OUTCOMES[type(self.verdict)]

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the author states, or more, and every step of a proof follows."""
        accepted = ("holds", "proved") if self.expected == "holds" else (self.expected,)
        return self.outcome in accepted and (self.expected == "refuted" or self.wrong_step is None)

    @cached_property
    def mistake(self) -> Change | None:
        """The change that makes the right side of a refuted claim right, proved; None if none is known."""
        return named_mistake(self.left, self.right, self.assuming, self.verdict)

    @cached_property
    def index_names(self) -> dict[sp.Symbol, str]:
        """The letters that print the entry's indices: those of the left side's tensor, else i, j, k."""
        of = self.left.tensor if isinstance(self.left, ShapeOf) else self.left
        if not isinstance(of, Tensor):
            return dict(zip(self.statement.index, "ijklpq", strict=False))
        if isinstance(of.source, Gradient):
            of = of.source.wrt
        given = self.letters or of.source.indices
        taken = {*map(str, self.statement.sizes), *self.statement.tensors}
        names = [free_letter(letter, taken) for letter in (*given, *"ijklpq"[len(given) :])]
        return dict(zip(self.statement.index, names, strict=False))

    @cached_property
    def index_letters(self) -> dict[str, tuple[str, ...]]:
        """The letters of the axes of every tensor in the claim."""
        written = [self.left, self.right, *(step.formula for step in self.steps)]
        sides = [side for side in written if isinstance(side, Tensor | ShapeOf)]
        return letters_of(*sides)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The checked lines, from the left side to the right one; none unless the claim is proved for symbolic sizes.

        A proposed line that the kernel does not accept, or that reads like the one before, is left out.
        """
        if not self.statement.sizes or not isinstance(self.verdict, Theorem) or self.wrong_step is not None:
            return ()
        if not isinstance(self.left, Tensor) or not isinstance(self.right, Tensor):
            return self.shape_lines()

        def decided(one: sp.Expr, other: sp.Expr) -> Verdict:
            return decide(self.step_statement(self.side(one), self.side(other)))

        steps = [self.step_line(step) for step in self.steps]
        sides = self.statement, self.left, self.right
        return EntryCalculation(*sides, steps, self.index_letters, self.index_names, decided).lines()

    def shape_lines(self) -> tuple[Line, ...]:
        """Return the lines of a claim about the shape of a tensor; two tuples of sizes are equal without any."""
        if isinstance(self.left, tuple) and isinstance(self.right, tuple):
            return ()

        def decided(one: Shape, other: Shape) -> Verdict:
            sides = (replace(self.side(sp.S.Zero), shape=shape) for shape in (one, other))
            return decide(self.step_statement(*sides))

        shapes = self.statement.left.shape, self.statement.right.shape
        return ShapeCalculation(shapes, (self.left, self.right), self.index_letters, decided).lines()

    def ends_with(self, line: Line) -> bool:
        """Tell whether a line is the right side; of one written by hand, a line that the kernel proves equal to it."""
        right = self.statement.right.formula
        if line.sizes is not None:
            return line.sizes == self.statement.right.shape
        if self.written(replace(line, folded=None)) == self.written(Line(right)):
            return True
        if folded(self.right) is not None:
            return False
        return isinstance(decide(self.step_statement(self.side(line.formula), self.side(right))), Theorem)

    @property
    def by_hand(self) -> bool:
        """Whether a side is an entry formula written by hand, which has no other name than itself."""
        sources = [side.source for side in (self.left, self.right) if isinstance(side, Tensor)]
        return any(isinstance(s, Entries) for s in sources)

    @property
    def written_claim(self) -> str:
        """The claim as one line of text, with `≠` if the author says that it is wrong."""
        sign = "≠" if self.expected == "refuted" else "="
        text = Text(self.index_letters)
        if not self.by_hand:
            return f" {sign} ".join(self.sides(text, self.right))
        sides = [Line(self.statement.left.formula, None, folded(self.left))]
        sides.append(Line(self.statement.right.formula, None, folded(self.right)))
        return f" {sign} ".join(self.written(side) for side in sides)

    def sides(self, text: Text | Notation, right: Tensor | ShapeOf | Sizes) -> tuple[Any, Any]:
        """Return both sides as text or as layouts; two sizes as they are, not as shapes of one axis."""
        left = self.left
        if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right) == 1:
            return text.formula(left[0], {}), text.formula(right[0], {})
        return text.tensor(left), text.tensor(right)

    def written(self, line: Line) -> str:
        """Return a line as plain text."""
        return written(line, self.index_letters, self.index_names)

    def step_line(self, step: Step) -> Line:
        """Return a step as a line; a tensor is printed as the operation that it is."""
        tensor = step.formula if isinstance(step.formula, Tensor) else None
        shown = folded(tensor) if tensor is not None else None
        return Line(self.step_formula(step), author(step.because), shown, step.using, because=step.because)

    def step_formula(self, step: Step) -> sp.Expr:
        """Return the entry formula of a step at the claim's indices."""
        expected = len(self.statement.index)
        if isinstance(step.formula, Tensor):
            if step.formula.rank != expected:
                raise OperandError(f"{self.title!r}: the step {step.because!r} is a tensor of {expected} axes")
            return step.formula.formula(self.statement.index)
        if len(indices_of(step.formula)) != expected:
            raise OperandError(f"{self.title!r}: the step {step.because!r} is a function of {expected} indices")
        return as_formula(step.formula(*numbered(self.statement.index)), f"the step {step.because!r}")

    def presumed_by(self, step: Step) -> tuple[Any, ...]:
        """Return the conditions on what a step divides by."""
        if isinstance(step.formula, Tensor):
            return step.formula.requirements()
        index = self.statement.index
        ranges = dict(zip(index, self.statement.left.shape, strict=True))
        return required(sorted(presumed_of(step.formula(*numbered(index))), key=str), ranges)

    def side_of(self, line: Line) -> Side:
        """Return a line as one side of a statement of this claim."""
        side = self.side(line.formula)
        return side if line.sizes is None else replace(side, text=self.written(line), shape=line.sizes)

    def side(self, formula: sp.Expr, divisors: tuple[Any, ...] = ()) -> Side:
        """Return an entry formula as one side of a statement of this claim."""
        text = Text(self.index_letters).formula(formula, self.index_names)
        return Side(text, self.statement.left.shape, formula, None, divisors)

    def step_statement(self, before: Side, after: Side) -> Statement:
        """Return the statement that two entry formulas are equal where the claim's left side is defined."""
        claim = self.statement
        return replace(claim, left=before, right=after, assumptions=claim.conditions, origin=None)
