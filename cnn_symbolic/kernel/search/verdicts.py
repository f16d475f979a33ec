"""The verdicts that are no theorems: refuted, true at literal values only, or undecided and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.kernel.trusted.verdicts import Reason, Verdict, listed

V = TypeVar("V", bound=Verdict)


@dataclass(frozen=True)
class Monomial:
    """A product of tensor entries, such as `δ[0, 1]·w[0, 0]`: names (with primes) and indices."""

    factors: tuple[tuple[str, tuple[int, ...]], ...]

    def __str__(self) -> str:
        return "·".join(f"{name}[{', '.join(map(str, at))}]" if at else name for name, at in self.factors) or "1"


@dataclass(frozen=True, eq=False, slots=True)
class HoldsForLiterals(Verdict):
    """The two sides are equal at literal values of the factors, such as strides; about others nothing is proved.

    The claim is about all values. `factors` names those that have the literal `values` here; `tried` counts the random
    points, with sizes and factors up to `largest`, at which no difference was found.

    >>> from cnn_symbolic import HoldsForLiterals, claim, sizes
    >>> M, S, T = sizes("M S T")
    >>> found = claim(M // S // T == M // T // S).verdict
    >>> isinstance(found, HoldsForLiterals), found.evidence
    (True, 'holds for S and T in {1, 2, 3, 4}')
    """

    domain: tuple[Boolean, ...]
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


@dataclass(frozen=True, eq=False, slots=True)
class Refutation(Verdict):
    """The two sides differ. `least` says that at no smaller total size they do.

    `kind` is "entry", "shape" or "defined": what differs at `sizes`. For an entry, `index` is where, `monomial` the
    product of tensor entries whose coefficients differ (None where the difference was found by trying), and the replay
    shows both sides as NumPy computes them from `values`. `holds_when` is the weakest assumption under which the
    statement does hold, `false` if it never does, None where it could not be computed; `given` lists values of sizes
    such as strides, if it is the condition for these values only. Else it is proved to suffice at all sizes, and no
    others are known to do at the values of strides listed in `necessary_at`, if there are any; without, it is proved
    that there are none. With `given`, `holds_if` is proved to suffice at all sizes, if it is not None. `holds_at`
    decides the condition while the verdict is confirmed.

    >>> from cnn_symbolic import Refutation, claim, flip, sizes, tensor
    >>> x = tensor(*sizes("M"), name="x")
    >>> found = claim(flip(x, axes=(0,)) == x).verdict
    >>> isinstance(found, Refutation), dict(found.sizes), found.index, found.holds_when
    (True, {'M': 2}, (0,), M == 1)
    >>> str(found.monomial), found.left_coefficient, found.right_coefficient
    ('x[0]', Fraction(0, 1), Fraction(1, 1))
    """

    kind: str
    least: bool
    domain: tuple[Boolean, ...]
    sizes: Mapping[str, int]
    holds_when: Boolean | None
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
    necessary_at: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    holds_if: Boolean | None = None
    holds_at: Callable[[Mapping[str, int]], bool] | None = field(default=None, repr=False, compare=False)

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        return "refuted"

    @property
    def necessary(self) -> str:
        """At which values of sizes the condition is known to be necessary, if only at these: "S in {1, 2}"."""
        named: dict[tuple[int, ...], list[str]] = {}
        for name, values in self.necessary_at.items():
            named.setdefault(values, []).append(name)
        return " and ".join(f"{listed(tuple(n))} in {{{', '.join(map(str, v))}}}" for v, n in named.items())


@dataclass(frozen=True, eq=False, slots=True)
class Undecided(Verdict):
    """The kernel cannot tell: which kind of reason, and what exactly stood in the way.

    >>> from cnn_symbolic import Undecided, claim, from_entries, sizes, tensor
    >>> x = tensor(*sizes("M"), name="x")
    >>> one, other = (lambda i: x[i * i - i]), (lambda i: x[i * (i - 1)])
    >>> found = claim(from_entries(x.shape, one, [x]) == from_entries(x.shape, other, [x])).verdict
    >>> isinstance(found, Undecided), str(found.reason)
    (True, 'an index or a condition is not affine')
    """

    reason: Reason
    detail: str

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        return "undecided"


def amended(verdict: V, **changes: Any) -> V:
    """Return a verdict of the search with other fields; a theorem is changed by the rules of the kernel only."""
    kept = {part.name: getattr(verdict, part.name) for part in fields(verdict) if part.name not in changes}
    return type(verdict)(**kept, **changes)


def unwritable(array: np.ndarray) -> np.ndarray:
    """Return an array that cannot be written to, nor be made so."""
    copied = array.copy()
    copied.setflags(write=False)
    return copied.view()
