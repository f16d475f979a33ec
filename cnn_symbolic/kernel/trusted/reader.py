"""Reads an entry formula as a sum of monomials: coefficient, tensor entries, conditions, bound indices.

Trusted. Each tensor entry brings its support as a condition, an intermediate result is replaced by its
definition (except inside a function), products of sums are multiplied out with fresh indices, and products of known
functions of one entry are written as their laws say. Symbols are resolved through a scope, never by substitution into
a sum, so no index can be captured. What it does not understand raises `NotReadable`; nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import Entry, Shape, derivative, entry, stray_symbols
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import LAWFUL, by_laws
from cnn_symbolic.expressions.rules import added_where, is_plain, is_plain_size
from cnn_symbolic.kernel.trusted.statement import Declaration, Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason

MOST_TERMS, MOST_FACTORS = 1000, 64
Scope = Mapping[sp.Symbol, sp.Expr]


class NotReadable(Exception):
    """The formula cannot be read, for a reason that becomes the verdict *undecided*; bound indices print as `i`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = re.sub(r"\b_(?=[^\W\d_])", "", detail)


@dataclass(frozen=True)
class Factor:
    """One tensor entry in a monomial; `function` is () or the name and order of a function of it."""

    tensor: str
    index: tuple[sp.Expr, ...]
    function: tuple[str, int] | tuple[()] = ()

    @property
    def known(self) -> str:
        """The name of the function of the entry, if there are laws for it; else ""."""
        return self.function[0] if self.function and self.function[0] in LAWFUL else ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What the entry is an entry of."""
        return (self.tensor, *self.function)


@dataclass(frozen=True)
class Term:
    """`number · Π size-expression^power · Π factors`, summed over the bound indices where the conditions hold."""

    number: sp.Rational
    powers: tuple[tuple[sp.Expr, int], ...] = ()
    factors: tuple[Factor, ...] = ()
    conditions: tuple[Any, ...] = ()
    bound: tuple[sp.Symbol, ...] = ()

    def times(self, other: Term) -> Term:
        """Return the product of two terms, whose bound indices are different symbols."""
        return Term(
            self.number * other.number,
            self.powers + other.powers,
            self.factors + other.factors,
            self.conditions + other.conditions,
            self.bound + other.bound,
        )

    def settled(self) -> Term:
        """Return the term with the indices of its entries as equations give them: [j = e]·a(j) = [j = e]·a(e)."""
        factors = self.factors
        for holds in (c for c in self.conditions * 2 if isinstance(c, heads.Equal)):
            j, e = holds.args if holds.args[0] in self.bound else holds.args[::-1]
            if j in self.bound and not e.has(j):
                factors = tuple(replace(f, index=tuple(i.xreplace({j: e}) for i in f.index)) for f in factors)
        return replace(self, factors=factors)


ONE = Term(sp.S.One)


class FormulaReader:
    """Reads formulas over the declared tensors."""

    def __init__(self, tensors: Mapping[str, Declaration]) -> None:
        self.tensors = tensors
        self.unfolding: list[str] = []
        for name, declared in tensors.items():
            if declared.definition is not None and (stray := stray_symbols(declared.definition, declared.index)):
                raise NotReadable(Reason.OUTSIDE, f"the definition of {name} mentions {', '.join(map(str, stray))}")

    def read(self, e: sp.Expr, scope: Scope) -> list[Term]:
        """Return the terms whose sum the formula is; `scope` says what its free indices stand for."""
        return limited(self._terms(e, scope))

    def by_laws(self, terms: list[Term]) -> list[Term]:
        """Return terms with their products of known functions written as the laws say."""
        return limited([made for term in terms for made in self._by_laws(term)])

    def _terms(self, e: sp.Expr, scope: Scope) -> list[Term]:
        if e.is_Rational:
            return [Term(e)] if e != 0 else []
        if e.is_Symbol:
            return self._symbol(e, scope)
        if isinstance(e, sp.Add):
            return [term for part in e.args for term in self.read(part, scope)]
        if isinstance(e, sp.Mul):
            return self._multiply([self.read(part, scope) for part in e.args])
        if isinstance(e, sp.Pow):
            return self._power(e, scope)
        if isinstance(e, sp.Indexed):
            return self._entry(*self._place(e, scope))
        if isinstance(e, sp.Sum):
            return self._sum(e, scope)
        if isinstance(e, heads.Delta):
            return self._guard(heads.Equal(resolve(e.args[0], scope), resolve(e.args[1], scope)))
        if isinstance(e, heads.Bracket):
            return self._guard(resolve(e.args[0], scope))
        if isinstance(e, Opaque):
            return self._applied(e, scope)
        if isinstance(e, sp.Derivative):
            return self._derivative(e, scope)
        if isinstance(e, heads.Floor | heads.Ceiling | heads.Remainder | heads.Maximum | heads.Minimum):
            return [Term(sp.S.One, ((resolve(e, scope), 1),))]
        if isinstance(e, heads.Inverse):
            return [Term(sp.S.One, ((self._size(e.args[0]), -1),))]
        if isinstance(e, heads.Where):
            return self.read(added_where(*e.args), scope)
        raise NotReadable(Reason.OUTSIDE, f"{e} ({type(e).__name__}) is not a sum of products of tensor entries")

    def _symbol(self, symbol: sp.Symbol, scope: Scope) -> list[Term]:
        if symbol in scope:
            return [Term(sp.S.One, ((scope[symbol], 1),))]
        if is_plain_size(symbol):
            return [Term(sp.S.One, ((symbol, 1),))]
        if symbol == entry(symbol.name, ()) and symbol.name in self.tensors and not self.tensors[symbol.name].shape:
            return self._entry(symbol.name, ())
        raise NotReadable(Reason.OUTSIDE, f"{symbol} is neither a size, nor an index, nor a tensor of the statement")

    def _multiply(self, parts: list[list[Term]]) -> list[Term]:
        """Return the product of sums: (Σ_i a)·(Σ_j b) = Σ_{i, j} a·b, since their indices are different symbols."""
        made = [ONE]
        for part in parts:
            if len(made) * len(part) > MOST_TERMS:
                raise NotReadable(Reason.LIMIT, f"the product has more than {MOST_TERMS} terms when multiplied out")
            made = [a.times(b) for a, b in product(made, part)]
            if any(len(term.factors) > MOST_FACTORS for term in made):
                raise NotReadable(Reason.LIMIT, f"a product has more than {MOST_FACTORS} factors")
        return made

    def _power(self, e: sp.Pow, scope: Scope) -> list[Term]:
        base, exponent = e.base, e.exp
        if not exponent.is_Integer:
            raise NotReadable(Reason.OUTSIDE, f"{e}: the exponent is not an integer")
        if isinstance(base, heads.Inverse) and 0 < exponent <= MOST_FACTORS:
            return [Term(sp.S.One, ((self._size(base.args[0]), -int(exponent)),))]
        if set(map(is_plain_size, base.free_symbols)) == {True} and not base.has(heads.Inverse, heads.Where):
            if not 0 <= exponent <= MOST_FACTORS:
                raise NotReadable(Reason.LIMIT, f"{e} has an exponent above {MOST_FACTORS}, or below 0")
            return [Term(sp.S.One, ((base, int(exponent)),))]
        if exponent < 0 or exponent > 16:
            raise NotReadable(Reason.OUTSIDE, f"{e}: a tensor entry has an exponent from 0 to 16")
        return self._multiply([self.read(base, scope) for _ in range(int(exponent))])

    def _size(self, base: sp.Expr) -> sp.Expr:
        """Return what is divided by, which is made from sizes."""
        if not all(map(is_plain_size, base.free_symbols)) or base.has(heads.Inverse):
            raise NotReadable(Reason.OUTSIDE, f"a formula divides by {base}, which is not made from sizes")
        return base

    def _entry(self, name: str, index: tuple[sp.Expr, ...]) -> list[Term]:
        """Return the entry of a tensor, with its support; of an intermediate result, the definition there.

        x[i] = [0 ≤ i < M]·x[i]          z[i] = [0 ≤ i < M]·e(i)  where z is defined by e
        """
        declared = self._declared(name, index)
        inside = Term(sp.S.One, conditions=support(index, declared.shape))
        if declared.definition is None:
            return [inside.times(Term(sp.S.One, factors=(Factor(name, index),)))]
        if name in self.unfolding:
            raise NotReadable(Reason.OUTSIDE, f"{name} is defined by itself")
        self.unfolding.append(name)
        unfolded = self.read(declared.definition, dict(zip(declared.index, index, strict=True)))
        self.unfolding.pop()
        return [inside.times(term) for term in unfolded]

    def _place(self, at: sp.Expr, scope: Scope, refused: str = "") -> tuple[str, tuple[sp.Expr, ...]]:
        """Return the tensor and the index of an entry; a tensor without axes is its own entry."""
        if isinstance(at, Entry) and at.base == sp.IndexedBase(str(at.base.label)):
            return str(at.base.label), tuple(resolve(i, scope) for i in at.indices)
        if at.is_Symbol and at == entry(at.name, ()):
            return at.name, ()
        if isinstance(at, sp.Indexed):
            refused = f"{at} is not an entry of the tensor {at.base.label}: write tensor[index]"
        raise NotReadable(Reason.OUTSIDE, refused)

    def _declared(self, name: str, index: tuple[sp.Expr, ...]) -> Declaration:
        if name not in self.tensors:
            raise NotReadable(Reason.OUTSIDE, f"{name} is not a tensor of the statement")
        declared = self.tensors[name]
        if len(declared.shape) != len(index):
            raise NotReadable(Reason.OUTSIDE, f"{name} has {len(declared.shape)} axes, but is indexed with {index}")
        return declared

    def _sum(self, e: sp.Sum, scope: Scope) -> list[Term]:
        """Return a sum with fresh indices: Σ_{i=a..b} e(i) = Σ_j [a ≤ j ≤ b]·e(j), over all integers j."""
        inner = dict(scope)
        limits = ONE
        for limit in reversed(e.limits):
            variable, low, high = limit[0], resolve(limit[1], inner), resolve(limit[2], inner)
            if not is_plain(variable):
                raise NotReadable(Reason.OUTSIDE, f"the sum over {variable}: a summation index has no assumptions")
            renamed = sp.Dummy(variable.name, integer=True)
            inner[variable] = renamed
            within = (heads.AtLeast(renamed, low), heads.AtMost(renamed, high))
            limits = limits.times(Term(sp.S.One, conditions=within, bound=(renamed,)))
        return [limits.times(term) for term in self.read(e.function, inner)]

    def _guard(self, holds: Any) -> list[Term]:
        """Return a bracket or a delta as a condition: [false] = 0, and [p] is 1 where p holds."""
        return [] if holds == sp.false else [Term(sp.S.One, conditions=(holds,))]

    def _applied(self, e: Opaque, scope: Scope) -> list[Term]:
        """Return the entry of the tensor f(z): f(z[i]) inside the shape of z, at 0 along an axis of size 1."""
        name, index = self._place(e.argument, scope, f"{e}: a function is applied to one tensor entry")
        shape = self._declared(name, index).shape
        at = tuple(sp.S.Zero if n == 1 else i for i, n in zip(index, shape, strict=True))
        return [Term(sp.S.One, factors=(Factor(name, at, (e.name, e.order)),), conditions=support(index, shape))]

    def _by_laws(self, term: Term) -> list[Term]:
        """Return a term with products of known functions of one entry t[i] written as the laws say.

        Where t[i] is itself a product of entries, these count as t[i]; where the laws leave t[i], it is put in.
        The laws presume that t[i] is not zero.
        """
        term = term.settled() if any(f.known for f in term.factors) else term
        for name, index in dict.fromkeys((f.tensor, f.index) for f in term.factors if f.known):
            terms, left = self._entry(name, index), Counter(term.factors)
            bare = [replace(part, factors=(), conditions=()) for part in terms]
            own = Counter(terms[0].factors if bare == [ONE] else ())
            applied = [f for f in left if f.known and (f.tensor, f.index) == (name, index)]
            counts = Counter({f.known: left.pop(f) for f in applied})
            while own and own <= left:
                left, counts["t"] = left - own, counts["t"] + 1
            if (written := by_laws(counts)) != counts:
                arguments = [self._entry(name, index) for _ in range(written.pop("t", 0))]
                left += Counter({Factor(name, index, (f, 0)): n for f, n in written.items()})
                return self.by_laws(self._multiply([[replace(term, factors=(*left.elements(),))], *arguments]))
        return [term]

    def _derivative(self, e: sp.Derivative, scope: Scope) -> list[Term]:
        """Carry out ∂/∂w[k, l], every other tensor and intermediate result being held fixed.

        ∂w[i, j]/∂w[k, l] = [i = k]·[j = l]·[(k, l) lies in the shape of w],  with the sum and product rules
        """
        if len(e.variable_count) != 1 or e.variable_count[0][1] != 1:
            raise NotReadable(Reason.OUTSIDE, f"{e}: one first derivative at a time")
        variable = e.variable_count[0][0]
        refused = f"{e}: a derivative is taken with respect to a tensor entry"
        name, index = self._place(variable, scope, refused)
        inside = Term(sp.S.One, conditions=support(index, self._declared(name, index).shape))
        return [inside.times(term) for term in self.read(derivative(e.expr, variable), scope)]


def read_sides(statement: Statement) -> list[tuple[Term, ...]]:
    """Return the terms of both sides at the statement's index."""
    tensors = tuple(statement.tensors.items())
    return [read_side(side.formula, statement.index, tensors) for side in (statement.left, statement.right)]


@lru_cache(maxsize=8)
def read_side(
    formula: sp.Expr, index: tuple[sp.Symbol, ...], tensors: tuple[tuple[str, Declaration], ...]
) -> tuple[Term, ...]:
    """Return the terms of one side of a statement.

    One reading serves the statements in which a line of a proof is the right side, then the left one, and all
    who ask within one decision. The terms of sides are compared, never multiplied: it does not matter that they have
    the same bound indices wherever they are used.
    """
    reader = FormulaReader(dict(tensors))
    return tuple(reader.by_laws(reader.read(formula, {i: i for i in index})))


def limited(terms: list[Term]) -> list[Term]:
    """Return terms; raise NotReadable if there are too many."""
    if len(terms) > MOST_TERMS:
        raise NotReadable(Reason.LIMIT, f"the formula has more than {MOST_TERMS} terms when multiplied out")
    return terms


def support(index: tuple[sp.Expr, ...], shape: Shape) -> tuple[Any, ...]:
    """Return the conditions `0 ≤ i < M` that an index lies in a tensor of that shape, as they stand."""
    return (
        *(heads.AtLeast(i, sp.S.Zero) for i in index),
        *(heads.Less(i, n) for i, n in zip(index, shape, strict=True)),
    )


def resolve(e: Any, scope: Scope) -> Any:
    """Return an index expression or condition with its indices resolved through the scope."""
    if e.has(sp.Sum, sp.Indexed, heads.Delta, heads.Bracket, Opaque):
        raise NotReadable(Reason.NOT_AFFINE, f"{e} is not affine in indices and sizes")
    if stray := {s for s in e.free_symbols if s not in scope and not is_plain_size(s)}:
        raise NotReadable(Reason.OUTSIDE, f"{', '.join(map(str, stray))} in {e} is neither a size nor an index")
    return e.xreplace(dict(scope))
