"""A tensor's entry as a sum of terms: numbers, entries at index maps and conditions, summed over bound indices.

This is what mistakes are changes of, however the formula was written. Nothing here is trusted: what a change leads to
is a tensor again, which the kernel decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, bound_sum, entry, fresh, symbols_of
from cnn_symbolic.expressions.heads import Opaque, has_entries
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.expressions.values import plain
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.tensor import Tensor

MOST_TERMS = 12


@dataclass(frozen=True)
class EntryFactor:
    """The entry of a tensor, or a derivative of a function of it: its name and order."""

    tensor: str
    index: Index
    function: tuple[str, int] | None = None

    @property
    def formula(self) -> sp.Expr:
        """The factor as an expression."""
        at = entry(self.tensor, self.index)
        return at if self.function is None else Opaque(*self.function, at)

    @property
    def called(self) -> str:
        """What the factor is called, without its index: `z`, or `σ′(z)`."""
        if self.function is None:
            return self.tensor
        name, order = self.function
        return f"{name}{'′' * order}({self.tensor})"


@dataclass(frozen=True)
class Summand:
    """`number · Π factors · Π weights`, summed over the bound indices; weights are conditions, and what else is there.

    `bound` gives the length of each bound index.
    """

    number: sp.Expr = sp.S.One
    factors: tuple[EntryFactor, ...] = ()
    weights: tuple[sp.Expr, ...] = ()
    bound: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()

    def times(self, other: Summand) -> Summand:
        """Return the product of two terms, whose bound indices are different symbols."""
        return Summand(
            self.number * other.number,
            self.factors + other.factors,
            self.weights + other.weights,
            self.bound + other.bound,
        )

    def with_factor(self, k: int, *factors: EntryFactor) -> Summand:
        """Return the term with other factors, or none, in the place of one."""
        return replace(self, factors=(*self.factors[:k], *factors, *self.factors[k + 1 :]))

    @property
    def multiplied(self) -> tuple[sp.Expr, ...]:
        """What depends on indices."""
        return (*(f.formula for f in self.factors), *self.weights)

    @property
    def formula(self) -> sp.Expr:
        """The term as an expression."""
        body = sp.Mul(*self.multiplied)
        return self.number * bound_sum(body, [u for u, _ in self.bound], [n for _, n in self.bound])


@dataclass(frozen=True)
class Terms:
    """An entry at `index` as the sum of terms; `names` are the tensors that it may mention, `shape` its sizes."""

    index: tuple[sp.Symbol, ...]
    shape: tuple[Any, ...]
    terms: tuple[Summand, ...]
    names: Mapping[str, Tensor]

    def with_term(self, k: int, *terms: Summand) -> Terms:
        """Return the sum with other terms in the place of one."""
        return replace(self, terms=(*self.terms[:k], *terms, *self.terms[k + 1 :]))

    @property
    def lengths(self) -> tuple[sp.Expr, ...]:
        """The sizes of the axes as SymPy expressions."""
        return tuple(sp.sympify(plain(n), strict=True) for n in self.shape)

    @property
    def tensor(self) -> Tensor:
        """The tensor with these entries, written by hand."""
        formula = sp.Add(*(term.formula for term in self.terms))
        found = {f.tensor for term in self.terms for f in term.factors}
        for weight in (w for term in self.terms for w in term.weights):
            found |= {str(at.base.label) for at in weight.atoms(sp.Indexed)}
        return entries_of(formula, self.index, self.shape, [self.names[name] for name in sorted(found)])


class NoTerms(Exception):
    """A formula that is no sum of such terms."""


def terms_of(x: Tensor, names: Mapping[str, Tensor]) -> Terms | None:
    """Return a tensor's entry as a sum of terms; None if it is none, or of too many."""
    index = x.source.index if isinstance(x.source, Entries) else fresh(x.source.indices or axis_names(x.rank))
    formula = x.source.formula if isinstance(x.source, Entries) else x.formula(index)
    try:
        found = tuple(read(formula))
    except NoTerms:
        return None
    if len(found) > MOST_TERMS or any(len({u for u, _ in t.bound}) < len(t.bound) for t in found):
        return None
    return Terms(tuple(index), x.shape, found, {**names, **x.names()})


def axis_names(rank: int) -> Iterable[str]:
    """Return letters for the axes of a tensor: in PyTorch's layout as it is used here, else in alphabetical order."""
    return {3: "ncm", 4: "ncmo"}.get(rank, "ijklpquv"[:rank]) if rank <= 8 else [f"i{a}" for a in range(rank)]


def read(e: sp.Expr) -> Iterator[Summand]:
    """Yield the terms of a formula; raise NoTerms if it is no sum of them."""
    if isinstance(e, sp.Add):
        yield from chain.from_iterable(map(read, e.args))
    elif isinstance(e, sp.Mul):
        for parts in product(*(list(read(part)) for part in e.args)):
            made = Summand()
            for part in parts:
                made = made.times(part)
            yield made
    elif isinstance(e, sp.Pow) and e.exp.is_Integer and 1 < e.exp <= 4 and has_entries(e.base):
        yield from read(sp.Mul(*[e.base] * int(e.exp), evaluate=False))
    elif isinstance(e, sp.Sum):
        if any(low != 0 or not is_of_sizes(high) for _, low, high in e.limits):
            raise NoTerms
        runs = tuple((u, high + 1) for u, _, high in reversed(e.limits))
        yield from (replace(term, bound=runs + term.bound) for term in read(e.function))
    elif (factor := factor_of(e)) is not None:
        yield Summand(factors=(factor,))
    elif is_of_sizes(e):
        yield Summand(number=e)
    elif e.has(sp.Sum, sp.Derivative):
        raise NoTerms
    else:
        yield Summand(weights=(e,))


def factor_of(e: sp.Expr) -> EntryFactor | None:
    """Return the entry of a tensor or of a function of one, if a formula is one."""
    if isinstance(e, Opaque):
        return EntryFactor(e.tensor, tuple(e.index), (e.name, e.order))
    if isinstance(e, sp.Indexed):
        return EntryFactor(str(e.base.label), tuple(e.indices))
    return EntryFactor(e.name, ()) if isinstance(e, sp.Symbol) and e == entry(e.name, ()) else None


def is_of_sizes(e: sp.Expr) -> bool:
    """Tell whether a number is made from sizes only."""
    return not has_entries(e) and all(map(is_plain_size, symbols_of(e)))
