"""Formulas with products of sizes and indices, such as a stride times a position, made affine.

Trusted. Presburger arithmetic has no products of unknowns. But a coefficient function depends on its
*visible* symbols only, which are the sizes, the output index and the accessed entries, and so does every
product, quotient or maximum of visible symbols: it is given a name, as one more coordinate, of which nothing
is known but its definition. Two coefficient functions that agree for all values of these unknowns agree where
the unknowns have their real values: for every stride and dilation at once. The converse does not hold, so
that from here nothing is ever refuted.

A summation index may not stand inside an unknown, since its values could then not be counted. First it is
removed: an equation that determines it (an access, a delta, a remainder that is zero) is solved for it;
otherwise an inequality `s·b ≤ e` is divided, `b ≤ ⌊e/s⌋`. Quotients, remainders, maxima and minima become
symbols with their defining conditions, each of which has exactly one solution: no term is lost or doubled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.kernel.trusted.drafts import DefinedSymbol, Draft
from cnn_symbolic.kernel.trusted.polynomials import Condition, Monomial, Polynomial, changed, symbols_in
from cnn_symbolic.kernel.trusted.reader import NotReadable, Term
from cnn_symbolic.kernel.trusted.verdicts import Reason


@dataclass
class Frame:
    """Visible symbols: coordinates, then the unknowns that are products or functions of visible symbols.

    `facts` are the defining conditions of the functions, `divisors` those of the quotients.
    """

    coordinates: tuple[sp.Symbol, ...]
    products: dict[sp.Symbol, Monomial] = field(default_factory=dict)
    functions: dict[Any, sp.Symbol] = field(default_factory=dict)
    divisors: dict[sp.Symbol, Monomial] = field(default_factory=dict)
    unknowns: list[sp.Symbol] = field(default_factory=list)
    facts: list[Condition] = field(default_factory=list)

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """All symbols, in the order in which they become dimensions."""
        return (*self.coordinates, *self.unknowns)

    def monomials(self) -> list[Monomial]:
        """Return what each symbol stands for: a product, or itself."""
        return [self.products.get(symbol, (symbol,)) for symbol in self.symbols]


class Lowering:
    """Makes the conditions and terms of one statement affine; they share the unknowns made from sizes alone."""

    def __init__(self, sizes: Sequence[sp.Symbol], index: Sequence[sp.Symbol]) -> None:
        self.sizes = Frame(tuple(sizes))
        self.index = tuple(index)

    def conditions(self, given: Iterable[Any]) -> tuple[Condition, ...]:
        """Return conditions on the sizes."""
        draft = Draft()
        draft.conditions = [draft.condition(holds) for holds in given]
        self.finish(draft, Frame(()))
        return tuple(draft.conditions)

    def term(self, term: Term, access: Sequence[sp.Expr], shape: Sequence[sp.Expr], frame: Frame) -> Draft:
        """Return a term inside a shape, with the entries that it accesses at the frame's coordinates."""
        draft = Draft.of_term(term, access, frame.coordinates, self.index, shape)
        self.name_functions(draft, frame)
        while solved := next(draft.solutions(), None):
            draft.put(*solved)
            self.name_functions(draft, frame)
        for symbol in draft.in_products():
            draft.divide(symbol)
        self.finish(draft, frame)
        return draft

    def finish(self, draft: Draft, frame: Frame) -> None:
        """Name the products and functions of visible symbols in a draft, which is affine then."""
        self.name_functions(draft, frame)

        def linear(p: Polynomial) -> Polynomial:
            return self.linear(p, frame, draft.bound)

        draft.conditions = [changed(c, linear) for c in draft.all_conditions()]
        draft.powers = [(linear(base), exponent) for base, exponent in draft.powers]
        draft.defined = []

    def name_functions(self, draft: Draft, frame: Frame) -> None:
        """Put unknowns for the functions of visible symbols into a draft."""
        while (visible := self.visible_function(draft)) is not None:
            draft.defined.remove(visible)
            (symbol,) = symbols_in(visible.value)
            draft.put(symbol, Polynomial.of(self.function(visible, frame)))

    def visible_function(self, draft: Draft) -> DefinedSymbol | None:
        """Return a function whose arguments are all visible, if there is one."""
        bound = set(draft.bound)
        for defined in draft.defined:
            own = any(defined.value == Polynomial.of(symbol) for symbol in bound)
            if own and not symbols_in(*defined.arguments) & bound:
                return defined
        return None

    def home(self, symbols: Iterable[sp.Symbol], frame: Frame) -> Frame:
        """Return the frame of what is made from these symbols."""
        return self.sizes if set(symbols) <= set(self.sizes.symbols) else frame

    def function(self, defined: DefinedSymbol, frame: Frame) -> sp.Symbol:
        """Return the unknown for a function of visible symbols, the same for equal definitions."""
        home = self.home(symbols_in(*defined.arguments), frame)
        if defined.key() not in home.functions:
            symbol = sp.Dummy(defined.kind, integer=True)
            home.functions[defined.key()] = symbol
            home.unknowns.append(symbol)
            facts = DefinedSymbol(defined.kind, Polynomial.of(symbol), defined.arguments).conditions()
            home.facts += [changed(fact, lambda p: self.linear(p, home, ())) for fact in facts]
            if defined.kind == "quotient" and len(defined.arguments[1]) == 1:
                (home.divisors[symbol],) = defined.arguments[1]
            for inner in symbols_in(*defined.arguments) if defined.kind == "largest" else ():
                if inner in home.divisors:
                    self.linear(Polynomial.of(*home.divisors[inner]) * Polynomial.of(symbol), home, ())
        return home.functions[defined.key()]

    def complete(self, frame: Frame) -> None:
        """Name the multiples of quotients by each divisor that their own divisor divides, as ⌊⌊a/s⌋/t⌋ needs them."""
        divisors = dict.fromkeys([*self.sizes.divisors.values(), *frame.divisors.values()])
        for quotient, own in list(frame.divisors.items()):
            for divisor in divisors:
                if len(divisor) > len(own) and all(divisor.count(s) >= own.count(s) for s in own):
                    self.linear(Polynomial.of(*divisor) * Polynomial.of(quotient), frame, ())

    def linear(self, p: Polynomial, frame: Frame, bound: Sequence[sp.Symbol]) -> Polynomial:
        """Return a polynomial with an unknown for each product of two or more symbols."""
        made = Polynomial()
        known_symbols = {*self.sizes.symbols, *self.index, *frame.symbols, *bound}
        for monomial, coefficient in p.items():
            if stray := [s for s in monomial if s not in known_symbols]:
                raise NotReadable(Reason.OUTSIDE, f"{stray[0]} is neither a size nor an index")
            if len(monomial) < 2:
                made += Polynomial({monomial: coefficient})
                continue
            if inner := [s for s in monomial if s in bound]:
                written = "·".join(s.name for s in monomial)
                raise NotReadable(
                    Reason.NOT_AFFINE, f"the summation index {inner[0]} in {written} is not determined by an entry"
                )
            home = self.home(monomial, frame)
            known = {m: s for s, m in home.products.items()}
            if monomial not in known:
                known[monomial] = sp.Dummy("p", integer=True)
                home.products[known[monomial]] = monomial
                home.unknowns.append(known[monomial])
            made += Polynomial({(known[monomial],): coefficient})
        return made
