"""What a verdict is, and the one that is a theorem. It is made by the kernel only; so are the others.

What the kernel makes is *sealed*: it is known by its identity, together with that of everything it is made of. A copy
of it, one with a part exchanged, or one that was not made by a rule has no seal, and whoever reads anything of it is
told so. That guards against accidents and against what a user of the library may try, not against a program that
rewrites the kernel while it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import is_
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, final
from weakref import WeakKeyDictionary

from sympy.logic.boolalg import Boolean

from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.errors import CnnSymbolicError, OperandError
from cnn_symbolic.kernel.trusted.statement import Statement

T = TypeVar("T")
# What everything that is sealed was made of.
SEALS: WeakKeyDictionary[Any, tuple[Any, ...]] = WeakKeyDictionary()


class Reason(StrEnum):
    """Why a statement is undecided."""

    NOT_AFFINE = "an index or a condition is not affine"
    OUTSIDE = "a formula is outside the fragment"
    MULTIPLICITY = "terms coincide in a way that is not counted"
    COEFFICIENT = "a coefficient is a polynomial in the sizes that is neither shown to be zero nor found to differ"
    LIMIT = "the computation was stopped at its limit"
    REPLAY = "the two sides differ as formulas, but no numbers were found that tell them apart"


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Sealed:
    """What is made in the rooms of its `makers` only, of immutable parts, and never changed or copied."""

    makers: ClassVar[str] = "cnn_symbolic.kernel.trusted."

    def __init_subclass__(cls) -> None:
        if not cls.__module__.startswith("cnn_symbolic.kernel."):
            raise CnnSymbolicError(f"{cls.__name__}: there are no other kinds of verdicts than those of the kernel")

    def __post_init__(self) -> None:
        name = str((maker := sys._getframe(2).f_globals).get("__name__"))
        if not name.startswith(type(self).makers) or maker is not getattr(sys.modules.get(name), "__dict__", None):
            raise CnnSymbolicError(f"a {type(self).__name__} is made by deciding a statement, not by hand")
        for part in fields(self):
            if isinstance(value := object.__getattribute__(self, part.name), Mapping):
                object.__setattr__(self, part.name, MappingProxyType(dict(value)))
        SEALS[self] = tuple(parts_of(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise OperandError(f"a {type(self).__name__} is neither copied nor sent: what is sent is decided again there")

    if not TYPE_CHECKING:  # every attribute has the type that its field says

        def __getattribute__(self, name: str) -> Any:
            return object.__getattribute__(self if name.startswith("_") else sealed(self), name)


def parts_of(made: Any) -> Iterator[Any]:
    """Yield what something sealed is made of, down to what cannot be changed."""
    yield type(made)
    for name in type(made).__match_args__:
        yield (part := object.__getattribute__(made, name))
        yield from part.parts() if isinstance(part, Statement) else ()


def sealed(made: T) -> T:
    """Return what the kernel has made; raise CnnSymbolicError if it has not, or if it was changed since."""
    if not all(map(is_, SEALS.get(made, (None,)), parts_of(made))):
        raise CnnSymbolicError(f"this {type(made).__name__} was made or changed by hand: it is not what was decided")
    return made


@dataclass(frozen=True, eq=False, slots=True)
class Verdict(Displayed, Sealed):
    """What was decided about a statement, and in how many seconds. Made by the kernel only."""

    makers: ClassVar[str] = "cnn_symbolic.kernel."
    statement: Statement
    seconds: float

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        raise NotImplementedError


@final
@dataclass(frozen=True, eq=False, slots=True)
class Theorem(Verdict):
    """Both sides are equal at all sizes that satisfy the assumptions: the conditions of the statement.

    `coefficients` gives, per product of tensors, the coefficient function of both sides as isl writes it, over the
    sizes p0, p1, … (in the order of `statement.sizes`); `smallest` are the smallest sizes that satisfy the conditions,
    which shows that the theorem is not vacuous; `domain` are the conditions as people read them, simplified.
    `factors` names the sizes that others are multiplied with or divided by, such as strides: proved for every value of
    them, or for all combinations of the `values` listed, if there are any: then the claim itself is about these only.
    With factors, the coefficient functions are left out.

    >>> from cnn_symbolic import Theorem, claim, correlate, shape, sizes, tensor
    >>> M, I = sizes("M I")
    >>> z = correlate(tensor(M, name="x"), tensor(I, name="w"))
    >>> found = claim(shape(z) == (M - I + 1,)).verdict
    >>> isinstance(found, Theorem), found.evidence, found.domain, dict(found.smallest)
    (True, 'all shapes', (I <= M,), {'M': 1, 'I': 1})
    """

    makers: ClassVar[str] = Sealed.makers
    domain: tuple[Boolean, ...]
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
        which = f"{names} in {{{', '.join(map(str, self.values))}}}" if self.values else f"every {names}"
        return f"all shapes, {which}" if names else "all shapes"


def listed(names: tuple[str, ...]) -> str:
    """Return names as they are said: "S", "S and D"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
