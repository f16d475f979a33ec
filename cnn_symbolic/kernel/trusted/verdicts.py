"""What a verdict is, and the one that is a theorem. It is made by the kernel only; so are the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sympy.logic.boolalg import Boolean

from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.trusted.statement import Statement

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
    """Both sides are equal at all sizes that satisfy the assumptions: the conditions of the statement.

    `coefficients` gives, per product of tensors, the coefficient function of both sides as isl writes it, over the
    sizes p0, p1, … (in the order of `statement.sizes`); `smallest` are the smallest sizes that satisfy the conditions,
    which shows that the theorem is not vacuous; `domain` are the conditions as people read them, simplified.
    `factors` names the sizes that others are multiplied with or divided by, such as strides: proved for every value of
    them, or for all combinations of the `values` listed, if there are any: then the claim itself is about these only.
    With factors, the coefficient functions are left out.
    """

    smallest: Mapping[str, int]
    coefficients: Mapping[str, str]
    factors: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    domain: tuple[Boolean, ...] = ()

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


def listed(names: tuple[str, ...]) -> str:
    """Return names as they are said: "S", "S and D"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
