"""Formulas while they are made affine: sizes and indices as polynomials, quotients and maxima as defined symbols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import without_cases
from cnn_symbolic.expressions.rules import as_quotient, at_least, conjuncts, is_plain_size
from cnn_symbolic.kernel.trusted.polynomials import (
    OPPOSITE,
    RELATIONS,
    AllOf,
    AnyOf,
    Condition,
    Monomial,
    Polynomial,
    Relation,
    changed,
    is_factor,
    polynomials_in,
    symbols_in,
    whole,
)
from cnn_symbolic.kernel.trusted.reader import NotReadable, Term, support
from cnn_symbolic.kernel.trusted.verdicts import Reason

MOST_CHOSEN = 6


@dataclass(frozen=True)
class DefinedSymbol:
    """`value = ⌊a/b⌋` for the arguments a, b ("quotient"), or the greatest of the arguments ("largest")."""

    kind: str
    value: Polynomial
    arguments: tuple[Polynomial, ...]

    def conditions(self) -> tuple[Condition, ...]:
        """Return the conditions that determine the value.

        q = ⌊a/b⌋  ⇔  0 ≤ a − b·q ≤ b − 1  for b ≥ 1          m = max(a, …)  ⇔  m ≥ a, … and m = a or …
        """
        if self.kind == "quotient":
            top, bottom = self.arguments
            rest = top - bottom * self.value
            return Relation(">=", rest), Relation(">=", bottom - rest - 1)
        above = [self.value - p for p in self.arguments]
        return (*(Relation(">=", p) for p in above), AnyOf(tuple(Relation("=", p) for p in above)))

    def key(self) -> tuple[Any, ...]:
        """Return what is equal for equal definitions."""
        return (self.kind, *(frozenset(p.items()) for p in self.arguments))

    def put(self, symbol: sp.Symbol, value: Polynomial) -> DefinedSymbol:
        """Return the definition with a symbol replaced."""
        arguments = tuple(p.put(symbol, value) for p in self.arguments)
        return DefinedSymbol(self.kind, self.value.put(symbol, value), arguments)


class Draft:
    """A term, or some conditions on the sizes, while it is being made affine."""

    def __init__(self) -> None:
        self.number: sp.Rational = sp.S.One
        self.bound: list[sp.Symbol] = []
        self.conditions: list[Condition] = []
        self.powers: list[tuple[Polynomial, int]] = []
        self.defined: list[DefinedSymbol] = []

    @classmethod
    def of_term(
        cls,
        term: Term,
        access: Sequence[sp.Expr],
        coordinates: Sequence[sp.Symbol],
        index: Sequence[sp.Symbol],
        shape: Sequence[sp.Expr],
    ) -> Draft:
        """Return a term inside a shape, with the entries that it accesses at the coordinates."""
        draft = cls()
        draft.number, draft.bound = term.number, list(term.bound)
        given = (*term.conditions, *support(tuple(index), tuple(shape)))
        draft.conditions = [draft.condition(part) for holds in given for part in conjuncts(holds)]
        for x, e in zip(coordinates, access, strict=True):
            draft.conditions.append(Relation("=", draft.integer(e) - Polynomial.of(x)))
        draft.powers = [(draft.polynomial(base), exponent) for base, exponent in term.powers]
        return draft

    # Reading SymPy's formulas

    def polynomial(self, e: Any) -> Polynomial:
        """Return an index or a size as a polynomial; its functions become symbols that are defined."""
        if e.is_Rational:
            return Polynomial.number(sp.Rational(e))
        if e.is_Symbol:
            return Polynomial.of(e)
        if isinstance(e, sp.Add):
            return sum(map(self.polynomial, e.args), Polynomial())
        if isinstance(e, sp.Mul) or (isinstance(e, sp.Pow) and e.exp.is_Integer and 0 < e.exp <= 8):
            product = Polynomial.of()
            for factor in e.args if isinstance(e, sp.Mul) else [e.base] * int(e.exp):
                product = product * self.polynomial(factor)
            return product
        if isinstance(e, heads.Floor | heads.Ceiling):
            top, bottom = as_quotient(e.args[0])
            sign = -1 if isinstance(e, heads.Ceiling) else 1
            quotient = self.quotient(self.polynomial(sp.expand(sign * top)), self.polynomial(bottom))
            return quotient if sign == 1 else -quotient
        if isinstance(e, heads.Remainder):
            top, bottom = (self.polynomial(part) for part in e.args)
            return top - bottom * self.quotient(top, bottom)
        if isinstance(e, heads.Maximum | heads.Minimum):
            sign = 1 if isinstance(e, heads.Maximum) else -1
            parts = tuple(self.integer(sp.expand(sign * part)) for part in e.args)
            largest = self.define("largest", tuple(sorted(parts, key=str)))
            return largest if sign == 1 else -largest
        raise NotReadable(Reason.NOT_AFFINE, f"{e} is not made from sizes and indices by +, ·, floor, mod, min, max")

    def integer(self, e: sp.Expr) -> Polynomial:
        """Return an expression as a polynomial with integer coefficients; raise NotReadable if it has fractions."""
        p = self.polynomial(e)
        if any(n.denominator != 1 for n in p.values()):
            raise NotReadable(Reason.NOT_AFFINE, f"{e} has fractions as coefficients")
        return p

    def difference(self, left: sp.Expr, right: sp.Expr) -> Polynomial:
        """Return left − right, multiplied by what it divides by, if that is at least one for all sizes."""
        if not isinstance(left, sp.Expr) or not isinstance(right, sp.Expr):
            raise NotReadable(Reason.NOT_AFFINE, f"{left} and {right} are not numbers")
        if not (left.has(heads.Inverse) or right.has(heads.Inverse)):
            return self.polynomial(left) - self.polynomial(right)
        top, bottom = as_quotient(left - right)
        if not at_least(bottom, 1):
            raise NotReadable(Reason.NOT_AFFINE, f"a comparison with a division by {bottom}")
        return self.polynomial(top)

    def quotient(self, top: Polynomial, bottom: Polynomial) -> Polynomial:
        """Return ⌊top/bottom⌋ as a symbol; the divisor is a sum of products of sizes, and so at least one.

        Sizes and functions of sizes are drawn out of it, but not indices: their products are needed as they are.

        ⌊(a + n·d·r)/(t·d)⌋ = ⌊n/t⌋·r + ⌊(a + (n mod t)·d·r)/(t·d)⌋    for a product d, a number t ≥ 1, an integer r
        """
        if not is_positive(bottom):
            raise NotReadable(
                Reason.NOT_AFFINE, f"a division by {sp.Add(*(n * sp.Mul(*m) for m, n in bottom.items()))}"
            )
        top, bottom = whole(top, bottom)
        if len(bottom) > 1:
            return self.define("quotient", (top, bottom))
        ((divisor, times_it),) = bottom.items()
        multiples = ((n, others) for m, n in top.items() if (others := without(m, divisor)) is not None)
        drawn_out = ((int(n // times_it), others) for n, others in multiples if self.is_of_sizes(others))
        whole_part = Polynomial({others: n for n, others in drawn_out if n})
        top -= whole_part * bottom
        return self.define("quotient", (top, bottom)) + whole_part if top else whole_part

    def is_of_sizes(self, symbols: Iterable[sp.Symbol]) -> bool:
        """Tell whether symbols are sizes, or stand for functions of sizes."""
        made_from = {next(iter(symbols_in(d.value))): symbols_in(*d.arguments) for d in self.defined}
        return all(is_plain_size(s) or (s in made_from and self.is_of_sizes(made_from[s])) for s in symbols)

    def define(self, kind: str, arguments: tuple[Polynomial, ...]) -> Polynomial:
        """Return a symbol that is defined so, the same for the same definition."""
        new = DefinedSymbol(kind, Polynomial.of(sp.Dummy("q", integer=True)), arguments)
        for known in self.defined:
            if known.key() == new.key():
                return known.value
        self.defined.append(new)
        self.bound += symbols_in(new.value)
        return new.value

    def condition(self, holds: Any, negated: bool = False) -> Condition:
        """Return a condition, its negations drawn inwards."""
        if holds in (sp.true, sp.false):
            return AllOf(()) if (holds == sp.true) != negated else AnyOf(())
        if isinstance(holds, heads.Negation):
            return self.condition(holds.args[0], not negated)
        if isinstance(holds, heads.Conjunction | heads.Disjunction):
            parts = tuple(self.condition(part, negated) for part in holds.args)
            return AllOf(parts) if isinstance(holds, heads.Conjunction) != negated else AnyOf(parts)
        if isinstance(holds, heads.Comparison) and (chosen := holds.atoms(heads.Where, heads.Bracket)):
            if len(chosen) > MOST_CHOSEN:
                raise NotReadable(Reason.LIMIT, f"a comparison has more than {MOST_CHOSEN} brackets in it")
            return self.condition(without_cases(holds), negated)
        if isinstance(holds, heads.Comparison):
            sign, direction, strict = RELATIONS[holds.sign]
            (p,) = whole(self.difference(holds.lhs, holds.rhs))
            if sign != ">=":
                return Relation(OPPOSITE[sign] if negated else sign, p)
            if negated:
                direction, strict = -direction, 1 - strict
            return Relation(">=", (p if direction > 0 else -p) - strict)
        raise NotReadable(Reason.NOT_AFFINE, f"{holds} is not a condition on indices and sizes")

    # Removing bound symbols

    @property
    def functions(self) -> set[sp.Symbol]:
        """The symbols that stand for quotients and maxima."""
        return symbols_in(*(defined.value for defined in self.defined))

    def put_determined(self) -> None:
        """Put in the values of bound symbols that equations without functions determine."""
        while solved := next(
            (s for s in self.solved_for(self.bound) if not {s[0], *symbols_in(s[1])} & self.functions), None
        ):
            self.put(*solved)

    def all_conditions(self) -> list[Condition]:
        """Return the conditions together with the definitions."""
        return [*self.conditions, *(c for d in self.defined for c in d.conditions())]

    def in_products(self) -> list[sp.Symbol]:
        """Return the bound symbols that stand in a product with another symbol, or in a coefficient."""
        polynomials = list(polynomials_in(self.all_conditions()))
        found = {s for p in polynomials for m in p if len(m) > 1 for s in m} | symbols_in(*(p for p, _ in self.powers))
        return [s for s in self.bound if s in found]

    def put(self, symbol: sp.Symbol, value: Polynomial) -> None:
        """Replace a bound symbol by its value."""
        self.bound.remove(symbol)
        self.conditions = [changed(c, lambda p: p.put(symbol, value)) for c in self.conditions]
        self.powers = [(p.put(symbol, value), exponent) for p, exponent in self.powers]
        self.defined = [d.put(symbol, value) for d in self.defined]

    def solutions(self) -> Iterator[tuple[sp.Symbol, Polynomial]]:
        """Yield bound symbols that an equation determines, with their values.

        First those in products, then those in functions, then those in an equation with one in a product.
        """
        in_products = self.in_products()
        in_functions = symbols_in(*(p for d in self.defined for p in d.arguments))
        yield from self.solved_for(in_products)
        yield from self.solved_for(s for s in self.bound if s in in_functions)
        beside = symbols_in(*(p for p in self.equations() if symbols_in(p) & set(in_products)))
        yield from self.solved_for(s for s in self.bound if s in beside)

    def equations(self) -> list[Polynomial]:
        """Return the polynomials that conditions say to be zero."""
        return [c.polynomial for c in self.conditions if isinstance(c, Relation) and c.sign == "="]

    def solved_for(self, symbols: Iterable[sp.Symbol]) -> Iterator[tuple[sp.Symbol, Polynomial]]:
        """Yield those of the bound symbols that an equation determines, with their values."""
        wanted = list(symbols)
        for p in self.equations():
            for symbol in wanted:
                coefficient = p.get((symbol,), 0)
                if abs(coefficient) == 1 and sum(symbol in m for m in p) == 1:
                    rest = Polynomial({m: n for m, n in p.items() if m != (symbol,)})
                    yield symbol, (-rest if coefficient == 1 else rest)

    def divide(self, symbol: sp.Symbol) -> None:
        """Put in ⌊e/s⌋ for b where `s·b = e`, or turn `s·b ≤ e` into `b ≤ ⌊e/s⌋`, for visible e.

        s·b = e    s ≥ 1                   s·b ≤ e    s ≥ 1
        ────────────────────────           ────────────────
        b = ⌊e/s⌋  and  s·b = e               b ≤ ⌊e/s⌋       both ways
        """
        relations = [c for c in self.conditions if isinstance(c, Relation) and c.sign != "!="]
        divisible = [(c, found) for c in relations if (found := self.multiple(c.polynomial, symbol)) is not None]
        for condition, (rest, bottom, upper) in divisible:
            if condition.sign == "=":
                quotient = self.quotient(rest, bottom)
                self.put(symbol, quotient if upper else -quotient)
                return
        for condition, (rest, bottom, upper) in divisible:
            quotient = self.quotient(rest, bottom)
            own = Polynomial.of(symbol)
            edge = quotient - own if upper else quotient + own
            self.conditions[self.conditions.index(condition)] = Relation(">=", edge)

    def multiple(self, p: Polynomial, symbol: sp.Symbol) -> tuple[Polynomial, Polynomial, bool] | None:
        """Return e, s and True for a polynomial e - s·b, or False for e + s·b; None for others.

        s is a product of factors, and e is visible.
        """
        inside = [m for m in p if symbol in m]
        if len(inside) != 1 or len(inside[0]) == 1:
            return None
        factor = tuple(s for s in inside[0] if s != symbol)
        rest = Polynomial({m: n for m, n in p.items() if m != inside[0]})
        if len(factor) != len(inside[0]) - 1 or not all(map(is_factor, factor)) or symbols_in(rest) & set(self.bound):
            return None
        upper = p[inside[0]] < 0
        return rest, Polynomial({factor: abs(p[inside[0]])}), upper


def without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """Return a product without the symbols of another one; None if it is no multiple of it."""
    left = Counter(monomial)
    left.subtract(divisor)
    return None if any(n < 0 for n in left.values()) else tuple(left.elements())


def is_positive(p: Polynomial) -> bool:
    """Tell whether a polynomial is at least one for all sizes: a sum of products, one of them without widths."""
    positive = all(n > 0 and all(map(is_plain_size, m)) for m, n in p.items())
    return positive and any(n >= 1 and all(map(is_factor, m)) for m, n in p.items())
