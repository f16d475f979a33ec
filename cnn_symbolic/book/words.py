"""How verdicts are called where people read them, and the signs between the sides of a claim that say which it is."""

from __future__ import annotations

from cnn_symbolic.errors import UndefinedError
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.kernel.verdicts import HoldsForLiterals, Refutation, Theorem, Undecided, Verdict

__all__ = ["HOLDS", "SIGNS", "UNDEFINED", "in_words", "literal_values", "not_defined", "unmet"]

HOLDS = "holds for literal values"
UNDEFINED = "a divisor less than one, an empty axis, or a negative padding"
SIGNS: dict[type[Verdict], str] = {
    Theorem: "=",
    Refutation: r"\neq",
    Undecided: r"\overset{?}{=}",
    HoldsForLiterals: r"\circeq",
}


def in_words(outcome: str) -> str:
    """Return the outcome of a claim, or what its author expects, in words."""
    return HOLDS if outcome == "holds" else outcome


def literal_values(verdict: HoldsForLiterals) -> str:
    """Return the values that a claim holds for: "S in {1, 2, 3, 4}"."""
    return verdict.evidence.removeprefix("holds for ")


def not_defined(refutation: Refutation) -> bool:
    """Tell whether the shapes at a counterexample do not show why the right side is not defined there."""
    return refutation.kind == "defined" and refutation.right_shape in ((), refutation.left_shape)


def unmet(refutation: Refutation) -> str:
    """Return a condition under which the right side is defined that does not hold at the counterexample, or ""."""
    known = {size: refutation.sizes[str(size)] for size in refutation.statement.sizes}
    for condition in refutation.statement.right.conditions:
        try:
            if not value_of(condition, known.__getitem__):
                return written(condition)
        except UndefinedError:  # it has a divisor of its own, which another condition is about
            continue
    return ""
