"""The one walk over formulas, conditions and tensors: what they look like, as a layout.

Bound indices get the letters of the axis that they run along (`r, c` in a feature map, `i, j` in an
overlay), with primes where a letter is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, permutations
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import heads as h
from cnn_symbolic.expressions.rules import as_quotient
from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.layout import Layout, Sign, Token, joined, listed, name, row, sign
from cnn_symbolic.notation.text import text

Letters = Mapping[str, Sequence[str]]
SIGNS = {"=": "=", "!=": "≠", ">=": "≥", ">": ">", "<=": "≤", "<": "<"}
Names = Mapping[Any, Layout]
# How it is said whether a remainder is zero: by two or another number, and whether it is.
DIVISIBILITY = {
    (True, True): " is even",
    (True, False): " is odd",
    (False, True): " divides ",
    (False, False): " does not divide ",
}
# More cases than these are a list with a heading.
MOST_CASES = 3
FLOOR, CEILING = ("⌊", "⌋"), ("⌈", "⌉")


def axis_letters(e: sp.Basic, variable: sp.Symbol, letters: Letters) -> str | None:
    """Return the letter of an axis that is indexed by exactly `variable` somewhere in the formula."""
    found = []
    for at in e.atoms(sp.Indexed):
        named = zip(letters.get(str(at.base.label), ()), at.indices, strict=False)
        if (given := next((letter for letter, index in named if index == variable), None)) is not None:
            found.append((at, given))
    if len({given for _, given in found}) < 2:
        return found[0][1] if found else None
    return min(found, key=lambda pair: str(pair[0]))[1]


def free_letter(wanted: str, taken: set[str]) -> str:
    """Return the wanted letter, with as many primes as it takes to differ from the taken ones."""
    while wanted in taken:
        wanted += "′"
    return wanted


def is_divided_by(factor: sp.Expr) -> bool:
    """Tell whether a factor of a product is something that is divided by: `1/S`, or a power of that."""
    return isinstance(factor.base if isinstance(factor, sp.Pow) else factor, h.Inverse)


def is_of_sizes(factor: sp.Expr) -> bool:
    """Tell whether a factor of a product is a number made from sizes and indices, which a fraction may have in it."""
    return not factor.has(sp.Sum, sp.Derivative, h.Delta, h.Bracket) and not h.has_entries(factor)


def above_and_below(number: sp.Rational, factors: Sequence[sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """Return the numerator and the denominator of a product of a number and factors in sizes."""
    top = [sp.Integer(number.p), *(factor for factor in factors if not is_divided_by(factor))]
    bottom = [sp.Integer(number.q)]
    for base, exponent in (factor.as_base_exp() for factor in factors if is_divided_by(factor)):
        bottom.append(base.args[0] ** exponent)
    return sp.Mul(*top), sp.Mul(*bottom)


def place_of_factor(f: sp.Expr) -> tuple[bool, ...]:
    """Return where a factor stands: deltas first, then entries, of these last what arrives from behind, then sums."""
    is_last = f.has(sp.Derivative), isinstance(f, sp.Sum)
    return *is_last, not isinstance(f, h.Delta), str(getattr(f, "base", "")).startswith("∂")


def rational(number: sp.Rational) -> Layout:
    """Return a positive number."""
    return la.integer(number.p) if number.q == 1 else la.Ratio(la.integer(number.p), la.integer(number.q))


def iverson(condition: Layout) -> Layout:
    """Return Iverson's bracket."""
    return la.Fenced("[", condition, "]", "whole")


def is_chain(e: Any) -> bool:
    """Tell whether a condition is written as one chain of inequalities, such as `2 ≤ M ≤ 5`."""
    upwards = isinstance(e, h.Conjunction) and all(isinstance(part, h.Less | h.AtMost) for part in e.args)
    return upwards and all(a.rhs == b.lhs for a, b in pairwise(e.args))


def without_number(x: Layout) -> Layout:
    """Return a product without the number before it."""
    parts = la.parts_of(x)
    numbered = len(parts) > 2 and isinstance(parts[0], Token) and parts[0].kind == "number" and parts[1] == Sign("·")
    return row(*parts[2:]) if numbered else x


class Formulas:
    """Lays out formulas, some size expressions by the names that `abbreviations` gives them."""

    both, either = Sign("∧"), Sign("∨")

    def __init__(self, letters: Letters, abbreviations: Mapping[sp.Expr, Layout] | None = None) -> None:
        self.letters, self.abbreviations = letters, abbreviations or {}
        # What the bound indices were called that have been laid out.
        self.chosen: dict[sp.Symbol, Layout] = {}

    def formula(self, e: sp.Expr, index: Mapping[sp.Symbol, str]) -> Layout:
        """Return a formula, the names of its free indices being given."""
        return self.expr(e, {symbol: name(given) for symbol, given in index.items()})

    def expr(self, e: Any, names: Names) -> Layout:
        """Return a formula in a scope of index names."""
        e = sp.Integer(e) if isinstance(e, int) else getattr(e, "formula", e)
        if (known := self.abbreviations.get(e, names.get(e))) is not None:
            return known
        if isinstance(e, sp.Rational):
            return row(sign("-"), rational(-e)) if e < 0 else rational(e)
        if isinstance(e, sp.Symbol):
            return name(e.name)
        if isinstance(e, sp.Add):
            return self.add(e, names)
        if isinstance(e, sp.Mul) or is_divided_by(e):
            return self.mul(e, names)
        if isinstance(e, sp.Pow):
            return la.Scripts(self.tight(e.base, names), None, self.expr(e.exp, names))
        if isinstance(e, sp.Indexed):
            return la.entry(name(str(e.base.label)), self.all(e.indices, names))
        if isinstance(e, sp.Sum):
            return self.sum(e, names)
        if isinstance(e, h.Delta):
            sides = [self.side(part, names) for part in e.args]
            sides.sort(key=lambda x: isinstance(x, Token) and x.kind == "number")
            return iverson(joined(sides, Sign("=")))
        if isinstance(e, h.Bracket):
            return iverson(self.condition(e.args[0], names))
        if isinstance(e, h.Opaque):
            return row(name(e.name + "′" * e.order), listed([self.expr(e.argument, names)]))
        if isinstance(e, sp.Derivative):
            by = row(sign("∂"), self.expr(e.variables[0], names))
            loose = isinstance(e.expr, sp.Add | sp.Sum | sp.Mul | sp.Pow | sp.Derivative)
            return row(la.Ratio(sign("∂"), by, small=False), sign(" "), self.factor(e.expr, names, loose))
        if isinstance(e, h.Floor | h.Ceiling):
            opening, closing = FLOOR if isinstance(e, h.Floor) else CEILING
            return la.Fenced(opening, self.quotient(e.args[0], names), closing)
        if isinstance(e, h.Where):
            return la.Table(tuple(self.alternatives(e, names)), cases=True)
        if isinstance(e, h.Remainder):
            return la.Fenced("(", self.side(e, names), ")")
        if not e.args:
            return name(str(e))
        called = e.sign if isinstance(e, h.Maximum | h.Minimum) else type(e).__name__.lower()
        return row(Token(called, "function"), listed(self.all(e.args, names)))

    def all(self, several: Iterable[Any], names: Names) -> list[Layout]:
        """Return several formulas."""
        return [self.expr(e, names) for e in several]

    def quotient(self, e: sp.Expr, names: Names) -> Layout:
        """Return a rational expression as one fraction on a line."""
        top, bottom = as_quotient(e)
        if bottom == 1:
            return self.expr(top, names)
        return row(self.tight(top, names), sign("/"), self.divisor(bottom, names))

    def alternatives(self, e: sp.Expr, names: Names) -> Iterator[tuple[Layout, Layout]]:
        """Yield the values of a formula with cases, and their conditions in words."""
        while isinstance(e, h.Where):
            holds, value, e = e.args
            yield self.expr(value, names), row(Token("if ", "words"), self.condition(holds, names))
        yield self.expr(e, names), Token("otherwise", "words")

    def add(self, e: sp.Add, names: Names) -> Layout:
        """Return a sum of terms: positive ones first, then negative ones, then the number; sums before entries.

        Among those, multiples of indices come first, then indices, the outermost before the others, then sizes.
        """

        def place(term: tuple[sp.Expr, bool, Layout]) -> tuple[Any, ...]:
            part, negative, layout = term
            outermost = min((k for k, symbol in enumerate(names) if part.has(symbol)), default=len(names))
            kind = part.is_Rational, negative, not part.has(sp.Sum), outermost == len(names), part in names
            return *kind, outermost, text(without_number(layout))

        return self.signed(sorted(self.terms(e.args, names), key=place))

    def terms(self, parts: Iterable[sp.Expr], names: Names) -> Iterator[tuple[sp.Expr, bool, Layout]]:
        """Yield terms, whether they are taken away, and what they are without their sign."""
        for part in parts:
            negative = bool(part.could_extract_minus_sign())
            yield part, negative, self.tight(-part, names) if negative else self.expr(part, names)

    def signed(self, terms: Iterable[tuple[sp.Expr, bool, Layout]]) -> Layout:
        """Return terms, added or taken away in their order."""
        written: list[Layout] = []
        for _, negative, layout in terms:
            first = [sign("-")] * negative if not written else [Sign("-" if negative else "+")]
            written += [*first, layout]
        return row(*written)

    def mul(self, e: sp.Expr, names: Names) -> Layout:
        """Return a product: a number, the sizes with what they are divided by, deltas and entries, sums last.

        Of the entries, what arrives from behind comes last.
        """
        number, rest = e.as_coeff_Mul()
        factors = list(sp.Mul.make_args(rest))
        factors.sort(key=place_of_factor)
        written: list[Layout] = []
        if any(map(is_divided_by, factors)) or (number.q != 1 and factors and all(map(is_of_sizes, factors))):
            among_sizes = [factor for factor in factors if is_of_sizes(factor) or is_divided_by(factor)]
            factors = [factor for factor in factors if factor not in among_sizes]
            top, bottom = self.all(above_and_below(abs(number), among_sizes), names)
            written.append(la.Ratio(top, bottom))
        elif abs(number) != 1:
            written.append(rational(abs(number)))
        for k, factor in enumerate(factors):
            last = k == len(factors) - 1 and isinstance(factor, sp.Sum | sp.Derivative)
            written.append(self.expr(factor, names) if last else self.tight(factor, names))
        product = joined(written, Sign("·"))
        return row(sign("-"), product) if number < 0 else product

    def tight(self, e: Any, names: Names) -> Layout:
        """Return a formula as a factor: with parentheses where it needs them."""
        is_negative = isinstance(e, sp.Mul) and e.could_extract_minus_sign()
        return self.factor(e, names, is_negative or isinstance(e, sp.Add | sp.Sum | sp.Derivative))

    def divisor(self, e: Any, names: Names) -> Layout:
        """Return what is divided by: a product stands in parentheses, too."""
        return self.factor(e, names, True) if isinstance(e, sp.Mul) else self.tight(e, names)

    def factor(self, e: Any, names: Names, loose: bool) -> Layout:
        """Return a formula, a loose one that is not known by a name in parentheses."""
        written = self.expr(e, names)
        return la.enclosed(written) if loose and e not in names and e not in self.abbreviations else written

    def sum(self, e: sp.Sum, names: Names) -> Layout:
        """Return a sum with its bounds, its indices named after the axes that they run along."""
        scope = dict(names)
        runs = []
        free = {s.name for s in e.free_symbols if isinstance(s, sp.Symbol) and s not in names}
        for variable, low, high in reversed(e.limits):
            wanted = axis_letters(e.function, variable, self.letters) or variable.name
            bounds = self.all((low, high), scope)
            letter = name(free_letter(wanted, {text(known) for known in scope.values()} | free))
            if variable in scope:  # an index of the same name stays out of sight, and keeps its letter
                scope[sp.Dummy()] = scope[variable]
            scope[variable] = self.chosen[variable] = letter
            runs.append(la.summation(row(letter, sign("="), bounds[0]), bounds[1]))
        body = self.expr(e.function, scope)
        return row(*runs, la.enclosed(body) if isinstance(e.function, sp.Add) else body)

    def condition(self, e: Any, names: Names) -> Layout:
        """Return a condition on indices and sizes."""
        e = getattr(e, "formula", e)
        if is_chain(e):
            bounds = [(Sign(SIGNS[part.sign]), self.side(part.rhs, names)) for part in e.args]
            return row(self.side(e.args[0].lhs, names), *(x for bound in bounds for x in bound))
        if isinstance(e, h.Conjunction):
            return joined(self.chained(e.args, names), self.both)
        if isinstance(e, h.Disjunction):
            return joined(self.ordered(e.args, names), self.either)
        if isinstance(e, h.Negation):
            return row(sign("¬"), la.Fenced("(", self.condition(e.args[0], names), ")"))
        if isinstance(e, h.Comparison):
            return joined([self.side(part, names) for part in e.args], Sign(SIGNS[e.sign]))
        return name("always" if e == sp.true else "never")

    def side(self, e: Any, names: Names) -> Layout:
        """Return a side of a comparison: a remainder without parentheses."""
        if not isinstance(e, h.Remainder) or e in names or e in self.abbreviations:
            return self.expr(e, names)
        return row(self.tight(e.args[0], names), Sign("mod"), self.divisor(e.args[1], names))

    def chained(self, conditions: Sequence[Any], names: Names) -> list[Layout]:
        """Return conditions that hold together, those that form a chain of inequalities as one: `0 ≤ i < M`."""
        return self.ordered(chains(conditions), names)

    def ordered(self, conditions: Sequence[Any], names: Names) -> list[Layout]:
        """Return conditions as parts of one, in the order of what is written."""
        return sorted((self.part(p, names) for p in conditions), key=text)

    def part(self, e: Any, names: Names) -> Layout:
        """Return a condition as a part of another one: one of several parts stands in parentheses."""
        written = self.condition(e, names)
        compound = isinstance(e, h.Conjunction | h.Disjunction) and not is_chain(e)
        return la.Fenced("(", written, ")") if compound else written


class AsStated(Formulas):
    """Lays out conditions in the order in which they stand, each by itself, with words between them."""

    both, either = Sign("and"), Sign("or")

    def ordered(self, conditions: Sequence[Any], names: Names) -> list[Layout]:
        """Return conditions as parts of one."""
        return [self.part(p, names) for p in conditions]


class InWords(AsStated):
    """Lays out conditions as one says them: `I is odd`, `S divides M - I`, `2 ≤ I ≤ J`, many cases as a list."""

    def expr(self, e: Any, names: Names) -> Layout:
        """Return an expression; conditions within it are formulas."""
        return AsStated({}).expr(e, names)

    def condition(self, e: Any, names: Names) -> Layout:
        """Return a condition on sizes."""
        e = getattr(e, "formula", e)
        if (kind := divisibility(e)) is not None:
            number, divisor = self.all(e.lhs.args, names)
            verb = DIVISIBILITY[kind]
            return row(number, Token(verb, "words")) if kind[0] else row(divisor, Token(verb, "words"), number)
        if is_list(e):
            cases = joined((self.condition(case, names) for case in e.args), Token("; ", "words"))
            return row(Token(f"in one of these {len(e.args)} cases: ", "words"), cases)
        if isinstance(e, h.Conjunction) and is_list(e.args[-1]) and not any(map(is_list, e.args[:-1])):
            *common, several = e.args
            heading = self.condition(h.Conjunction(*common) if len(common) > 1 else common[0], names)
            return row(heading, Token(", ", "words"), self.condition(several, names))
        return super().condition(e, names)


def divisibility(e: Any) -> tuple[bool, bool] | None:
    """Return whether a condition is about being even or odd, and whether it says that a remainder is zero.

    None for one that is about no remainder, or about other remainders.
    """
    if not isinstance(e, h.Equal | h.Unequal) or not isinstance(e.lhs, h.Remainder):
        return None
    by_two, is_equal = e.lhs.args[1] == 2, isinstance(e, h.Equal)
    return (by_two, is_equal == (e.rhs == 0)) if e.rhs == 0 or (by_two and e.rhs == 1) else None


def is_list(e: Any) -> bool:
    """Tell whether a condition has so many cases that they are listed."""
    return isinstance(e, h.Disjunction) and len(e.args) > MOST_CASES


def upward(p: Any) -> Any:
    """Return `b ≤ a` for `a ≥ b`; another condition as it is."""
    opposite = {h.AtLeast: h.AtMost, h.Greater: h.Less}.get(type(p))
    return p if opposite is None else opposite(p.rhs, p.lhs)


def meet(p: Any, q: Any) -> bool:
    """Tell whether two inequalities are a chain: I ≤ M and M < N."""
    low, high = upward(p), upward(q)
    both = isinstance(low, h.Less | h.AtMost) and isinstance(high, h.Less | h.AtMost)
    return both and low.rhs == high.lhs and not low.rhs.is_Integer and low.lhs != high.rhs


def chains(conditions: Sequence[Any]) -> list[Any]:
    """Return conditions in their order, inequalities that meet in an expression as one condition: I ≤ M, M ≤ N."""
    found = [[p] for p in conditions]
    while pair := next(((a, b) for a, b in permutations(found, 2) if meet(a[-1], b[0])), None):
        first, second = pair
        found = [c for c in found if c is not second]
        first += second
    return [h.Conjunction(*map(upward, chain)) if len(chain) > 1 else chain[0] for chain in found]


def conditions(stated: Sequence[Any]) -> tuple[Layout, ...]:
    """Return conditions that hold together, as one formula each, or as one for a chain of inequalities."""
    plain, formulas = InWords({}), [getattr(e, "formula", e) for e in stated]
    return tuple(plain.chained(formulas, {}) if len(formulas) > 1 else [plain.condition(e, {}) for e in formulas])


def written(e: Any) -> str:
    """Return an expression or condition as text."""
    if not isinstance(e, sp.Basic):
        return str(e)
    return text(AsStated({}).expr(e, {}) if isinstance(e, sp.Expr) else InWords({}).condition(e, {}))


def written_together(conditions: Sequence[Any]) -> str:
    """Return conditions that hold together as text; nothing for none."""
    return written(h.Conjunction(*conditions) if len(conditions) > 1 else (*conditions, "")[0])
