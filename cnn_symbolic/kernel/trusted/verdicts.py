"""The four verdicts. A `Theorem` is made by the kernel's `decide` only; so are the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.trusted.statement import Statement

__all__ = ["HoldsForLiterals", "Monomial", "Reason", "Refutation", "Theorem", "Undecided", "Verdict"]

SEAL = object()


class Reason(StrEnum):
    """Why a statement is undecided."""

    NOT_AFFINE = "an index or a condition is not affine"
    OUTSIDE = "a formula is outside the fragment"
    MULTIPLICITY = "terms coincide in a way that is not counted"
    COEFFICIENT = "a coefficient is a polynomial in the sizes that is neither shown to be zero nor found to differ"
    LIMIT = "the computation was stopped at its limit"
    REPLAY = "the two sides differ as formulas, but no numbers were found that tell them apart"


@dataclass(frozen=True)
class Monomial:
    """A product of tensor entries, such as `δ[0, 1]·w[0, 0]`: names (with primes) and indices."""

    factors: tuple[tuple[str, tuple[int, ...]], ...]

    def __str__(self) -> str:
        return "·".join(f"{name}[{', '.join(map(str, at))}]" if at else name for name, at in self.factors) or "1"


@dataclass(frozen=True)
class Verdict(Displayed):
    """What was decided about a statement, and in how many seconds. Made by the kernel only."""

    statement: Statement
    seconds: float
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not SEAL:
            raise CnnSymbolicError(f"a {type(self).__name__} is made by deciding a statement, not by hand")

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        raise NotImplementedError


@dataclass(frozen=True)
class Theorem(Verdict):
    """Both sides are equal at all sizes that satisfy the assumptions.

    `coefficients` gives, per product of tensors, the coefficient function of both sides as isl writes it, over the
    sizes p0, p1, … (in the order of `statement.sizes`); `domain` is the condition on the sizes, `smallest` the smallest
    sizes that satisfy it, which shows that the theorem is not vacuous. `factors` names the sizes that others are
    multiplied with or divided by, such as strides: proved for every value of them, or for all combinations of the
    `values` listed, if there are any: then the claim itself is about these only. With factors, the coefficient
    functions have further parameters for products and quotients; at literal values they are left out.
    """

    domain: str
    smallest: Mapping[str, int]
    coefficients: Mapping[str, str]
    factors: tuple[str, ...] = ()
    values: tuple[int, ...] = ()

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        if not self.statement.sizes:
            return "fixed shape"
        names = listed(self.factors)
        if not names:
            return "all shapes"
        return (
            f"all shapes, {names} in {{{', '.join(map(str, self.values))}}}"
            if self.values
            else f"all shapes, every {names}"
        )


@dataclass(frozen=True)
class HoldsForLiterals(Verdict):
    """The two sides are equal at literal values of the factors, such as strides; about others nothing is proved.

    The claim is about all values. `factors` names those that have the literal `values` here; `tried` counts the random
    points, with sizes and factors up to `largest`, at which no difference was found.
    """

    domain: str
    smallest: Mapping[str, int]
    factors: tuple[str, ...]
    values: tuple[int, ...]
    tried: int = 0
    largest: int = 0

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        return f"holds for {listed(self.factors)} in {{{', '.join(map(str, self.values))}}}"

    @property
    def search(self) -> str:
        """What was tried: points with the literal values, and beyond."""
        return f"no difference at {self.tried} points, sizes and factors up to {self.largest}"


def listed(names: tuple[str, ...]) -> str:
    """Return names as they are said: "S", "S and D"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


@dataclass(frozen=True)
class Refutation(Verdict):
    """The two sides differ. `least` says that at no smaller total size they do.

    `kind` is "entry", "shape" or "defined": what differs at `sizes`. For an entry, `index` is where, `monomial` the
    product of tensor entries whose coefficients differ (None where the difference was found by trying), and the replay
    shows both sides as NumPy computes them from `values`. `holds_when` is the weakest assumption under which the
    statement does hold: a condition, "never", or None where it could not be computed; `given` lists values of sizes
    such as strides, if it is the condition for these values only. `holds_at` decides it while the verdict is confirmed.
    """

    kind: str
    least: bool
    domain: str
    sizes: Mapping[str, int]
    holds_when: str | None
    left_shape: tuple[int, ...]
    right_shape: tuple[int, ...]
    index: tuple[int, ...] = ()
    monomial: Monomial | None = None
    left_coefficient: Fraction | None = None
    right_coefficient: Fraction | None = None
    values: Mapping[str, np.ndarray] = field(default_factory=dict)
    functions: Mapping[str, sp.Expr] = field(default_factory=dict)
    left_value: Any = None
    right_value: Any = None
    given: Mapping[str, int] = field(default_factory=dict)
    holds_at: Callable[[Mapping[str, int]], bool] | None = field(default=None, repr=False, compare=False)

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        return "refuted"


@dataclass(frozen=True)
class Undecided(Verdict):
    """The kernel cannot tell: which kind of reason, and what exactly stood in the way."""

    reason: Reason
    detail: str

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        return "undecided"
