"""Entry formulas as sums, products, guards and entries of tensors, which statements are written from.

Trusted, as the statement of a certificate is made here, straight from the SymPy formula: it shares nothing with the
kernel's reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.integers import from_right
from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import entry, substitute
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.rules import conjuncts, is_plain_size, is_whole
from cnn_symbolic.kernel.trusted.statement import Declaration


class Expression:
    """An entry formula, made of sums, products, guards and entries of tensors."""


class CoqFactor(Expression):
    """A formula without sums, products and guards."""

    @property
    def entry(self) -> CoqEntry | None:
        """The entry of a tensor that it is, or is a function of; None for a number."""
        return None


@dataclass(frozen=True)
class CoqEntry(CoqFactor):
    """`x[i, j]` without its support; `derived` says that the formula is differentiated by this tensor."""

    tensor: str
    index: tuple[sp.Expr, ...]
    derived: bool = False

    @property
    def entry(self) -> CoqEntry:
        """The entry itself."""
        return self


@dataclass(frozen=True)
class Made:
    """What the entry at `index` of an intermediate result is made from; it depends on what is differentiated by."""

    index: tuple[sp.Symbol, ...]
    body: Expression


@dataclass(frozen=True)
class CoqFunction(CoqFactor):
    """`f⁽ⁿ⁾(x[i, j])`; `made` says what the tensor is made from, if it is differentiated, too."""

    name: str
    order: int
    argument: CoqEntry
    made: Made | None = None

    @property
    def entry(self) -> CoqEntry:
        """The entry that the function is applied to."""
        return self.argument

    @property
    def inner(self) -> Expression:
        """What the function is applied to, as a formula."""
        if self.made is None:
            return self.argument
        return moved(self.made.body, dict(zip(self.made.index, self.argument.index, strict=True)))

    @property
    def held(self) -> CoqFunction:
        """The function at the same entry, which is not differentiated."""
        return CoqFunction(self.name, self.order, self.argument)


@dataclass(frozen=True)
class Integer(CoqFactor):
    """An integer, or an expression in sizes and indices, as an element of the ring."""

    value: sp.Expr


@dataclass(frozen=True)
class CoqInverse(CoqFactor):
    """The reciprocal of a positive integer expression."""

    of: sp.Expr


@dataclass(frozen=True)
class Plus(Expression):
    """`a + b`."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Times(Expression):
    """`a · b`."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Square(Expression):
    """`a · a`, for what is differentiated."""

    body: Expression


@dataclass(frozen=True)
class Guard(Expression):
    """`a` where the condition holds, else 0. An `index` inside a `shape` is the condition of an entry's support."""

    body: Expression
    holds: Any = sp.true
    shape: tuple[sp.Expr, ...] = ()
    index: tuple[sp.Expr, ...] | None = None

    @property
    def conditions(self) -> tuple[Any, ...]:
        """What has to hold, one condition after the other."""
        if self.index is None:
            return conjuncts(self.holds)
        pairs = zip(self.index, self.shape, strict=True)
        return tuple(bound for i, n in pairs for bound in (heads.AtLeast(i, sp.S.Zero), heads.Less(i, n)))


@dataclass(frozen=True)
class Sum(Expression):
    """The sum over `low ≤ index < high`."""

    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr
    body: Expression


@dataclass
class Translator:
    """Translates formulas over the declared tensors; `derived` is the tensor that is differentiated by, if any.

    With `through`, so are the intermediate results that are made from it; `made` says how, the first ones first.
    """

    tensors: Mapping[str, Declaration]
    derived: str | None = None
    through: bool = False
    unfolding: list[str] = field(default_factory=list)
    made: dict[str, Made] = field(default_factory=dict)

    def expression(self, e: sp.Expr) -> Expression:
        """Return a formula as an expression. Raises NotCertified for what has no counterpart."""
        if e.is_Rational:
            number: Expression = Integer(sp.Integer(e.p))
            return number if e.is_Integer else Times(number, CoqInverse(sp.Integer(e.q)))
        if e.is_Symbol:
            if is_plain_size(e) or e.name not in self.tensors or e != entry(e.name, ()):
                return Integer(e)
            return self.entry(e.name, ())
        if isinstance(e, sp.Add):
            return from_right(Plus, [self.expression(part) for part in e.args])
        if isinstance(e, sp.Mul):
            return from_right(Times, [self.expression(part) for part in e.args])
        if isinstance(e, sp.Pow):
            return self.power(e)
        if isinstance(e, sp.Indexed):
            return self.entry(str(e.base.label), tuple(e.indices))
        if isinstance(e, sp.Sum):
            return self.sum(e)
        if isinstance(e, heads.Delta):
            return Guard(Integer(sp.S.One), heads.Equal(*e.args))
        if isinstance(e, heads.Bracket):
            return Guard(Integer(sp.S.One), e.args[0])
        if isinstance(e, Opaque):
            return self.function(e)
        if isinstance(e, heads.Inverse):
            return self.inverse(e.args[0])
        if isinstance(e, heads.Floor | heads.Ceiling | heads.Remainder | heads.Maximum | heads.Minimum):
            return Integer(e)
        if isinstance(e, sp.Derivative):
            raise NotCertified("a derivative stands in the formula without being carried out")
        raise NotCertified(f"{e} ({type(e).__name__}) is not part of an entry formula")

    def power(self, e: sp.Pow) -> Expression:
        """Return a power with a literal exponent."""
        if not e.exp.is_Integer or not 0 < e.exp <= 16:
            raise NotCertified(f"{e} is not a power with a small exponent")
        base = self.expression(e.base)
        if e.exp == 2 and depends(base):
            return Square(base)
        return from_right(Times, [base, *(self.expression(e.base) for _ in range(int(e.exp) - 1))])

    def inverse(self, divisor: sp.Expr) -> Expression:
        """Return 1/b for an integer b made from sizes. That b is positive is stated beside the claim."""
        if not all(map(is_plain_size, divisor.free_symbols)) or not is_whole(divisor):
            raise NotCertified(f"1/({divisor}) is the reciprocal of what is not a positive integer")
        return CoqInverse(divisor)

    def entry(self, name: str, index: tuple[sp.Expr, ...]) -> Expression:
        """Return an entry of a tensor, zero outside of its shape; of an intermediate result, its definition there."""
        declared = self.tensors[name]
        body: Expression
        if declared.definition is None or name == self.derived:
            body = CoqEntry(name, index, name == self.derived)
        else:
            body = self.unfolded(name, index)
        return Guard(body, shape=declared.shape, index=index)

    def unfolded(self, name: str, index: tuple[sp.Expr, ...]) -> Expression:
        """Return the definition of an intermediate result at an index."""
        declared = self.tensors[name]
        if name in self.unfolding:
            raise NotCertified(f"{name} is defined by itself")
        self.unfolding.append(name)
        outside, self.derived = self.derived, self.derived if self.through else None
        body = self.expression(substitute(declared.definition, dict(zip(declared.index, index, strict=True))))
        self.derived = outside
        self.unfolding.pop()
        return body

    def sum(self, e: sp.Sum) -> Expression:
        """Return a sum; every index gets a symbol of its own."""
        body, fresh = e.function, []
        scope: dict[sp.Symbol, sp.Expr] = {}
        for variable, low, high in reversed(e.limits):
            renamed = sp.Dummy(variable.name, integer=True)
            fresh.append((renamed, substitute(low, scope), substitute(high, scope) + 1))
            scope[variable] = renamed
        made = self.expression(substitute(body, scope))
        for variable, low, high in reversed(fresh):
            made = Sum(variable, low, high, made)
        return made

    def function(self, e: Opaque) -> Expression:
        """Return an opaque function at an entry, whose tensor is not unfolded: an intermediate result is any tensor.

        Where one is differentiated, too, it is the one that it is.
        """
        at = e.argument
        name, index = (str(at.base.label), tuple(at.indices)) if isinstance(at, sp.Indexed) else (at.name, ())
        inner, declared = CoqEntry(name, index, name == self.derived), self.tensors[name]
        is_made = self.through and self.derived not in (None, name) and declared.definition is not None
        if is_made and name not in self.made:
            places = tuple(sp.Dummy(i.name, integer=True) for i in declared.index)
            made = Made(places, self.unfolded(name, places))
            if depends(made.body):
                self.made[name] = made
        return Guard(CoqFunction(e.name, e.order, inner, self.made.get(name)), shape=declared.shape, index=index)


def summed(body: Expression, index: Sequence[sp.Symbol], shape: Sequence[sp.Expr]) -> Expression:
    """Return the sum of an expression over the indices of a shape."""
    for i, length in reversed(list(zip(index, shape, strict=True))):
        body = Sum(i, sp.S.Zero, length, body)
    return body


def moved(
    e: Expression, values: Mapping[sp.Symbol, sp.Expr], leaf: Callable[[Any, Any], Expression] | None = None
) -> Expression:
    """Return a formula at other indices, its sums over indices of their own; `leaf` does so for a single factor."""
    if isinstance(e, Plus | Times):
        return type(e)(moved(e.left, values, leaf), moved(e.right, values, leaf))
    if isinstance(e, Square):
        return Square(moved(e.body, values, leaf))
    if isinstance(e, Sum):
        own = sp.Dummy(e.index.name, integer=True)
        low, high = renamed((e.low, e.high), values)
        return Sum(own, low, high, moved(e.body, {**values, e.index: own}, leaf))
    if isinstance(e, Guard):
        body = moved(e.body, values, leaf)
        return Guard(body, renamed(e.holds, values), e.shape, renamed(e.index, values))
    return (leaf or renamed)(e, values)


def renamed(part: Any, names: Mapping[sp.Symbol, sp.Expr]) -> Any:
    """Return an expression, or what one is made of, with others in the place of symbols."""
    if isinstance(part, sp.Basic):
        return part.xreplace(dict(names))
    if isinstance(part, tuple):
        return tuple(renamed(each, names) for each in part)
    if isinstance(part, CoqFactor):
        return type(part)(*(renamed(each, names) for each in vars(part).values()))
    return part


def depends(e: Expression) -> bool:
    """Tell whether an expression has entries of the tensor in it that it is differentiated by."""
    return any(f.entry is not None and f.entry.derived for f in leaves(e))


def leaves(e: Expression) -> Iterator[CoqFactor]:
    """Yield the single factors of an expression, and those of what its functions are applied to."""
    if isinstance(e, Plus | Times):
        yield from leaves(e.left)
        yield from leaves(e.right)
    elif isinstance(e, Guard | Sum | Square):
        yield from leaves(e.body)
    elif isinstance(e, CoqFactor):
        yield e
        if isinstance(e, CoqFunction) and e.made is not None:
            yield from leaves(e.made.body)
