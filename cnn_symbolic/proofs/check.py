"""Checks that are not about all sizes: identities of elementary functions, fixed instances, numeric runs.

A check stands beside the derivations under the same interface. It never claims more than its evidence: `identity` and
`fixed shape` are computed by this package, and exact; what anybody else's function has found only *ran*.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import sympy as sp

from cnn_symbolic.ground.display import Runnable
from cnn_symbolic.ground.errors import DisagreementError, FragmentError, OperandError, ShapeError
from cnn_symbolic.proofs.collecting import collect
from cnn_symbolic.witnesses.explicit import settle_orderings


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: whether it passed, what it found, and how strong that is."""

    passed: bool
    evidence: str
    detail: str
    seconds: float


@dataclass(frozen=True, eq=False)
class Check(Runnable):
    """Something that is checked by running it: what that found is what its author says, and nothing more.

    `by` returns what it found, and raises AssertionError with the difference if it fails; `said` are the author's words
    about how strong that is.
    """

    title: str
    statement_text: str
    by: Callable[[], str]
    article: tuple[str, ...] = ()
    said: str = ""

    def __post_init__(self) -> None:
        collect(self)

    @property
    def made_from(self) -> tuple[Any, ...]:
        """What this package computes something exact from."""
        return self.by.args if isinstance(self.by, partial) and type(self) in EXACT else ()

    @property
    def strength(self) -> str:
        """How strong the check is: what this package computes by itself is exact, everything else was run."""
        return EXACT.get(type(self), "ran")

    @property
    def expected(self) -> str:
        """`ran`, or `proved` for what is exact."""
        return "proved" if type(self) in EXACT else "ran"

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
        evidence = f"{self.strength} ({self.said}, says its author)" if self.said else self.strength
        return Checked(passed, evidence if passed else "refuted", detail, time.perf_counter() - start)

    @property
    def outcome(self) -> str:
        """`proved` for an exact check that passed, `ran` for any other one that passed, else `refuted`."""
        return self.expected if self.verdict.passed else "refuted"

    @property
    def as_expected(self) -> bool:
        """Whether the check passed."""
        return self.verdict.passed

    @property
    def written_claim(self) -> str:
        """What is checked, as one line of text."""
        return self.statement_text


class Identity(Check):
    """An identity of rational functions of exponentials."""

    def __init__(self, title: str, left: sp.Expr, right: sp.Expr, article: tuple[str, ...]) -> None:
        super().__init__(title, f"{left} = {right}", partial(cancelled, left, right), article)


class Orderings(Check):
    """Max pooling at a fixed shape, every strict ordering of the entries of its input settled."""

    def __init__(self, title: str, shape: tuple[int, int], windows: tuple[int, int], article: tuple[str, ...]) -> None:
        (m, n), (i, j) = shape, windows
        text = f"∂/∂x Σ g·max({i}×{j} window) = Σ g·s, for all {m * n}! orderings of a {m}×{n} grid"
        super().__init__(title, text, partial(settle_orderings, (m, n), (i, j)), article)


# What is exact, and what its evidence is called.
EXACT: dict[type[Check], str] = {Identity: "identity", Orderings: "fixed shape"}


def check(title: str, *, statement: str, by: Callable[[], str], evidence: str = "", article: str = "") -> Check:
    """Declare something that is checked by running `by`, which returns what it found.

    A failed check raises AssertionError with the difference. One that passed *ran*: nobody else knows what that shows.
    `evidence` is what its author says about it, such as `fixed shape` or `tested (100 examples)`. Raises OperandError
    for a title, statement or evidence that is no text.

    >>> from cnn_symbolic import check
    >>> made = check("Squares", statement="n² ≥ n", by=lambda: f"{sum(n * n >= n for n in range(9))} of 9")
    >>> made.outcome, made.verdict.detail
    ('ran', '9 of 9')
    """
    if not isinstance(title, str) or not isinstance(statement, str) or not isinstance(evidence, str):
        raise OperandError(f"a check's title, statement and evidence are texts, found {(title, statement, evidence)}")
    return Check(title, statement, by, tuple(article.split()), evidence)


def strict_orderings(title: str, shape: tuple[int, int], windows: tuple[int, int], *, article: str = "") -> Check:
    """Declare that max pooling selects the largest entry of each window and passes gradients back to it, as stated.

    Exact, at one shape: `settle_orderings` settles every strict ordering of the entries with SymPy. Raises ShapeError
    unless the window fits into the grid.

    >>> from cnn_symbolic import strict_orderings
    >>> made = strict_orderings("Max pooling", (2, 2), (1, 2))
    >>> made.outcome, made.verdict.evidence, made.verdict.detail
    ('proved', 'fixed shape', '24 orderings settled')
    """
    if any(not 1 <= i <= m for m, i in zip(shape, windows, strict=True)):
        (grid, window) = ("×".join(map(str, sides)) for sides in (shape, windows))
        raise ShapeError(f"{title!r}: a window of {window} does not lie in a grid of {grid}: nothing would be pooled")
    return Orderings(title, shape, windows, tuple(article.split()))


def identity(title: str, left: sp.Expr, right: sp.Expr, *, article: str = "") -> Check:
    """Declare that two rational functions of variables and exponentials are equal, derivatives included.

    Decided by SymPy's `diff` and `cancel`, whose normal form of a rational function is exact. Raises
    FragmentError for other functions and for floating-point numbers.

    >>> from sympy import Symbol, exp
    >>> from cnn_symbolic import identity
    >>> t = Symbol("t")
    >>> identity("tanh in exponentials", 1 - 2 / (exp(2 * t) + 1), (exp(2 * t) - 1) / (exp(2 * t) + 1)).outcome
    'proved'
    """
    if not isinstance(left, sp.Expr) or not isinstance(right, sp.Expr):
        raise FragmentError(f"{title!r}: an identity is about SymPy expressions, found {left!r} and {right!r}")
    for side in (carried_out(left), carried_out(right)):
        outside = {f for f in side.atoms(sp.Function) if not isinstance(f, sp.exp)} | side.atoms(sp.Float)
        if outside:
            raise FragmentError(
                f"{title!r}: an identity is about rational functions of exponentials, found {outside.pop()}"
            )
    return Identity(title, left, right, tuple(article.split()))


def cancelled(left: sp.Expr, right: sp.Expr) -> str:
    """Return what the difference of two functions cancels to, which is 0; raise AssertionError if it is not."""
    difference = sp.cancel(sp.together(carried_out(left) - carried_out(right)))
    if difference != 0:
        raise AssertionError(f"the difference is {difference}")
    return f"{left} - ({right}) cancels to 0"


def carried_out(e: sp.Expr) -> sp.Expr:
    """Return the expression with its standing derivatives carried out."""
    return e.xreplace({d: d.expr.diff(*d.variables) for d in e.atoms(sp.Derivative)})
