"""Whether a step of a proof is an instance of a theorem that it cites: the theorem's left side replaced by its right.

Nothing here is trusted: a step is decided by the kernel whatever it cites. What is found out here is whether the
citation is apt, that is, whether the two lines differ in one place, and there by the theorem with other tensors
and sizes in place of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.derivation import Derivation
from cnn_symbolic.sources import Call, Leaf, Named
from cnn_symbolic.tensors import Tensor

__all__ = ["is_instance"]


def is_instance(before: Tensor, after: Tensor, theorem: Derivation) -> bool:
    """Tell whether one application of a theorem, from either side to the other, leads from a tensor to another."""
    sides = (theorem.left, theorem.right)
    if not all(isinstance(side, Tensor) for side in sides):
        return False
    return any(
        Match().both(pairs)
        for one, other in differing(before, after)
        for pairs in (((sides[0], one), (sides[1], other)), ((sides[1], one), (sides[0], other)))
    )


def differing(before: Tensor, after: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the pairs of parts, from the whole inwards, whose exchange is all that two tensors differ in."""
    yield before, after
    a, b = before.source, after.source
    if not isinstance(a, Call) or not isinstance(b, Call):
        return
    if a.operation != b.operation or len(a.operands) != len(b.operands) or not Match().options(a, b):
        return
    unequal = [(x, y) for x, y in zip(a.operands, b.operands, strict=True) if str(x) != str(y)]
    if len(unequal) == 1:
        yield from differing(*unequal[0])


@dataclass
class Match:
    """What stands for the tensors and the sizes of a theorem in an instance of it."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    sizes: dict[sp.Symbol, Any] = field(default_factory=dict)

    def both(self, pairs: Any) -> bool:
        """Tell whether every pattern fits its tensor, with the same tensors and sizes for all."""
        return all(self.fits(pattern, x) for pattern, x in pairs)

    def fits(self, pattern: Tensor, x: Tensor) -> bool:
        """Tell whether a tensor is the pattern with other tensors and sizes in place of its own."""
        source = pattern.source
        if isinstance(source, Leaf):
            if source.name in self.tensors:
                return str(self.tensors[source.name]) == str(x)
            self.tensors[source.name] = x
            return len(pattern.shape) == len(x.shape) and all(map(self.size_fits, pattern.shape, x.shape))
        if isinstance(source, Named):
            return isinstance(x.source, Named) and self.fits(source.definition, x.source.definition)
        if not isinstance(x.source, Call) or source.operation != x.source.operation:
            return False
        if len(source.operands) != len(x.source.operands):
            return False
        operands = zip(source.operands, x.source.operands, strict=True)
        return all(self.fits(p, y) for p, y in operands) and self.options(source, x.source)

    def options(self, pattern: Call, call: Call) -> bool:
        """Tell whether the options of an operation are those of the pattern, with the sizes that stand for its own."""
        if pattern.options.keys() != call.options.keys():
            return False
        return all(self.value_fits(pattern.options[key], call.options[key]) for key in pattern.options)

    def value_fits(self, pattern: Any, value: Any) -> bool:
        """Tell whether an option has the value of the pattern."""
        if isinstance(pattern, tuple) and isinstance(value, tuple):
            return len(pattern) == len(value) and all(map(self.value_fits, pattern, value))
        if isinstance(pattern, sp.Expr) and isinstance(value, sp.Expr | int):
            return self.size_fits(pattern, value)
        return bool(pattern == value)

    def size_fits(self, pattern: Any, value: Any) -> bool:
        """Tell whether a size fits; a size of the theorem that stands alone is given what it stands for."""
        if isinstance(pattern, sp.Symbol) and pattern not in self.sizes:
            self.sizes[pattern] = value
            return True
        return bool(sp.expand(pattern.xreplace(self.sizes) - value) == 0)
