"""Whether a step of a proof is an instance of a theorem that it cites: the theorem's left side replaced by its right.

Nothing here is trusted: a step is decided by the kernel whatever it cites. What is found out here is whether the
citation is apt, that is, whether the two lines differ in one place, and there by the theorem with other tensors
and sizes in place of its own, at which its assumptions are among those of the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import alpha_key, fresh, substitute
from cnn_symbolic.expressions.rules import at_least, conjuncts, is_plain_size, is_whole, least
from cnn_symbolic.expressions.values import as_condition
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.proofs.matching import canonical
from cnn_symbolic.tensors.sources import Call, Entries, Leaf, Source
from cnn_symbolic.tensors.tensor import Tensor, same


def is_instance(before: Tensor, after: Tensor, theorem: Derivation, assuming: Iterable[Any] = ()) -> bool:
    """Tell whether one application of a theorem, from either side to the other, leads from a tensor to another.

    `assuming` are the assumptions of the proof that cites it: those of the theorem, at the sizes of the instance, have
    to be among them, or to hold at all sizes. What is proved at listed factors only has no instances.
    """
    sides = (theorem.left, theorem.right)
    if not all(isinstance(side, Tensor) for side in sides):
        return False
    if not isinstance(theorem.verdict, Theorem) or theorem.verdict.values:
        return False
    given = {canonical(part) for one in assuming for part in conjuncts(as_condition(one))}
    for one, other in differing(before, after):
        for pairs in (((sides[0], one), (sides[1], other)), ((sides[1], one), (sides[0], other))):
            match = Match()
            if match.both(pairs) and match.assumed(theorem.statement.assumptions, given):
                return True
    return False


def alike(x: Tensor, y: Tensor) -> bool:
    """Tell whether two tensors are the same: same shape, same entry formula, same tensors with names inside.

    The names of bound indices do not matter, nor what the two are written as.
    """
    if x is y:
        return True
    if tuple(map(sp.expand, x.lengths)) != tuple(map(sp.expand, y.lengths)):
        return False
    index = fresh("i" * x.rank)
    numbered = {symbol: ("index", k) for k, symbol in enumerate(index)}
    first, second = x.names(), y.names()
    return (
        first.keys() == second.keys()
        and all(same(first[name], second[name]) for name in first)
        and bool(alpha_key(x.formula(index), numbered) == alpha_key(y.formula(index), numbered))
    )


def differing(before: Tensor, after: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the pairs of parts, from the whole inwards, whose exchange is all that two tensors differ in."""
    yield before, after
    a, b = before.source, after.source
    if not isinstance(a, Call) or not isinstance(b, Call):
        return
    if a.operation != b.operation or len(a.operands) != len(b.operands) or dict(a.options) != dict(b.options):
        return
    pairs = list(zip(a.operands, b.operands, strict=True))
    # Operands with one entry formula may still be written as two operations, and differ in that.
    unequal = [(x, y) for x, y in pairs if not alike(x, y)] or [(x, y) for x, y in pairs if str(x) != str(y)]
    if len(unequal) == 1:
        yield from differing(*unequal[0])


@dataclass
class Match:
    """What stands for the tensors and the sizes of a theorem in an instance of it.

    `owed` are the expressions in sizes that have to agree once it is known what stands for each size.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    sizes: dict[sp.Symbol, Any] = field(default_factory=dict)
    owed: list[tuple[Any, Any]] = field(default_factory=list)

    def both(self, pairs: Any) -> bool:
        """Tell whether every pattern fits its tensor, with the same tensors and sizes for all."""
        return all(self.fits(pattern, x) for pattern, x in pairs) and all(
            sp.expand(substitute(pattern, self.sizes) - value) == 0 for pattern, value in self.owed
        )

    def assumed(self, assumptions: Iterable[Any], given: set[Any]) -> bool:
        """Tell whether the assumptions, at the sizes of the instance, are among the given ones or hold anyway."""
        parts = (part for one in assumptions for part in conjuncts(substitute(one, self.sizes)))
        return all(part == sp.true or canonical(part) in given for part in parts)

    def fits(self, pattern: Tensor, x: Tensor) -> bool:
        """Tell whether a tensor is the pattern with other tensors and sizes in place of its own."""
        source = pattern.source
        if isinstance(source, Leaf):
            if source.name in self.tensors:
                return alike(self.tensors[source.name], x)
            self.tensors[source.name] = x
            return len(pattern.lengths) == len(x.lengths) and all(map(self.length_fits, pattern.lengths, x.lengths))
        if type(source) is not type(x.source) or len(source.made_from) != len(x.source.made_from):
            return False
        parts = zip(source.made_from, x.source.made_from, strict=True)
        return all(self.fits(p, y) for p, y in parts) and self.value_fits(stated(source), stated(x.source))

    def value_fits(self, pattern: Any, value: Any) -> bool:
        """Tell whether an option has the value of the pattern; a size of the theorem takes values of sizes only."""
        if isinstance(pattern, tuple) and isinstance(value, tuple):
            return len(pattern) == len(value) and all(map(self.value_fits, pattern, value))
        if isinstance(pattern, sp.Expr) and isinstance(value, sp.Expr | int):
            exact = sp.Integer(value) if isinstance(value, int) else value
            if isinstance(pattern, sp.Symbol) and pattern not in self.sizes and not admits(pattern, exact):
                return False
            return self.length_fits(pattern, exact)
        return bool(pattern == value)

    def length_fits(self, pattern: Any, value: Any) -> bool:
        """Tell whether a size may fit; a size of the theorem that stands alone is given what it stands for."""
        if isinstance(pattern, sp.Symbol) and pattern not in self.sizes:
            self.sizes[pattern] = value
        else:
            self.owed.append((pattern, value))
        return True


def stated(source: Source) -> tuple[Any, ...]:
    """Return what a tensor is made by, besides the tensors that it is made from."""
    if isinstance(source, Call):
        return (source.operation, *sorted(source.options.items()))
    return (source.index, source.formula) if isinstance(source, Entries) else ()


def admits(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Tell whether a size, or a bound index, can stand for a value wherever the value is defined."""
    if not is_plain_size(symbol):
        return isinstance(value, sp.Symbol) and not is_plain_size(value)
    return is_whole(value) and at_least(value, least(symbol))
