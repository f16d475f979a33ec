"""Lists of claims as people would type them: how a claim is entered, with its verdict and its sides in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A claim as text, its verdict, and both sides in NumPy.

    `holds_when` is the condition that the refutation of a false claim has to state, None if none can be stated;
    `assuming` is what makes a false claim a theorem, as one would type it into `assuming=[…]`.
    """

    text: str
    verdict: str
    sides: Callable
    holds_when: str | None = None
    assuming: str | None = None


WRITTEN: list[Written] = []


def entering(text, verdict, holds_when=None, assuming=None):
    """Enter a claim into the list, with the function that computes its sides."""

    def enter(sides):
        WRITTEN.append(Written(text, verdict, sides, holds_when, assuming))
        return sides

    return enter


def proved(text):
    """Enter a true claim."""
    return entering(text, "proved")


def holding(text):
    """Enter a true claim that is decided at literal values of its strides and other factors only."""
    return entering(text, "holds")


def undecided(text):
    """Enter a claim that is outside of what can be decided."""
    return entering(text, "undecided")


def refuted(text, holds_when):
    """Enter a false claim, and when it is true nevertheless, None where that is not found."""
    return entering(text, "refuted", holds_when)


def conditional(text, assuming):
    """Enter a claim that is false, but true under an assumption."""
    return entering(text, "refuted", assuming.replace(", ", " and "), assuming)
