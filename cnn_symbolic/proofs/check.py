"""Checks that are not about all sizes: identities of elementary functions, fixed instances, numeric runs.

A check stands beside the derivations under the same interface. It never claims more than its evidence:
`identity` is exact, `fixed shape` is exact at the shapes it names, `tested (…)` proves nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from cnn_symbolic.ground.display import Runnable
from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError, FragmentError
from cnn_symbolic.proofs.collecting import collect


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: whether it passed, what it found, and how strong that is."""

    passed: bool
    evidence: str
    detail: str
    seconds: float


@dataclass(frozen=True, eq=False)
class Check(Runnable):
    """Something to be checked by running it; `by` returns what it found and raises AssertionError if it fails.

    `sides` are what an identity says to be equal.
    """

    title: str
    statement_text: str
    strength: str
    by: Callable[[], str]
    article: tuple[str, ...] = ()
    expected: str = "proved"
    sides: tuple[sp.Expr, sp.Expr] | None = None

    @cached_property
    def verdict(self) -> Checked:
        """The outcome; the check is run when it is first asked for."""
        start = time.perf_counter()
        try:
            passed, detail = True, self.by()
        except DisagreementError:
            raise
        except AssertionError as failed:
            passed, detail = False, str(failed)
        return Checked(passed, self.strength if passed else "refuted", detail, time.perf_counter() - start)

    @property
    def outcome(self) -> str:
        """`proved` for an exact check that passed, `tested` for a test that passed, else `refuted`."""
        if not self.verdict.passed:
            return "refuted"
        return "tested" if self.strength.startswith("tested") else "proved"

    @property
    def as_expected(self) -> bool:
        """Whether the check passed."""
        return self.verdict.passed

    @property
    def written_claim(self) -> str:
        """What is checked, as one line of text."""
        return self.statement_text


def check(title: str, *, statement: str, evidence: str, by: Callable[[], str], article: str = "") -> Check:
    """Declare something that is checked by running `by`, which returns what it found.

    `evidence` is `fixed shape` or `tested (…)`; a failed check raises AssertionError with the difference.
    """
    if not (evidence == "fixed shape" or evidence.startswith("tested (")):
        raise CnnSymbolicError(
            f"{title!r}: the evidence of a check is 'fixed shape' or 'tested (…)', found {evidence!r}"
        )
    return declared(Check(title, statement, evidence, by, tuple(article.split())))


def identity(title: str, left: sp.Expr, right: sp.Expr, *, article: str = "") -> Check:
    """Declare that two rational functions of variables and exponentials are equal, derivatives included.

    Decided by SymPy's `diff` and `cancel`, whose normal form of a rational function is exact. Raises
    FragmentError for other functions and for floating-point numbers.
    """
    if not isinstance(left, sp.Expr) or not isinstance(right, sp.Expr):
        raise FragmentError(f"{title!r}: an identity is about SymPy expressions, found {left!r} and {right!r}")
    sides = [carried_out(side) for side in (left, right)]
    for side in sides:
        outside = {f for f in side.atoms(sp.Function) if not isinstance(f, sp.exp)} | side.atoms(sp.Float)
        if outside:
            raise FragmentError(
                f"{title!r}: an identity is about rational functions of exponentials, found {outside.pop()}"
            )

    def by() -> str:
        difference = sp.cancel(sp.together(sides[0] - sides[1]))
        if difference != 0:
            raise AssertionError(f"the difference is {difference}")
        return f"{left} - ({right}) cancels to 0"

    return declared(Check(title, f"{left} = {right}", "identity", by, tuple(article.split()), sides=(left, right)))


def carried_out(e: sp.Expr) -> sp.Expr:
    """Return the expression with its standing derivatives carried out."""
    return e.xreplace({d: d.expr.diff(*d.variables) for d in e.atoms(sp.Derivative)})


def declared(made: Check) -> Check:
    """Return a check after handing it to whoever is collecting declarations."""
    collect(made)
    return made
