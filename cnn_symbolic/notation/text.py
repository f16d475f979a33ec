"""How formulas are written as text: names of bound indices, sums, entries, operations.

Bound indices get the letters of the axis that they run along (`r, c` in a feature map, `i, j` in an
overlay), with primes where a letter is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Opaque, symbols_of
from cnn_symbolic.expressions.heads import (
    Bracket,
    Ceiling,
    Comparison,
    Conjunction,
    Delta,
    Disjunction,
    Floor,
    Inverse,
    Maximum,
    Minimum,
    Negation,
    Remainder,
    Where,
    has_entries,
)
from cnn_symbolic.expressions.printing import SIGNS
from cnn_symbolic.expressions.rules import as_quotient
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.expressions.values import plain
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Call, Leaf, Named, Tensor

__all__ = ["INFIX", "Text", "free_letter", "letters_of"]

Letters = Mapping[str, Sequence[str]]


def letters_of(*tensors: Tensor | ShapeOf) -> dict[str, tuple[str, ...]]:
    """Return the index letters of all tensors with names that the given tensors are made from."""
    found: dict[str, tuple[str, ...]] = {}
    for x in tensors:
        for name, part in (x.tensor if isinstance(x, ShapeOf) else x).names().items():
            if isinstance(part.source, Leaf | Named) and part.source.indices:
                found[name] = part.source.indices
    return found


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
    return isinstance(factor.base if isinstance(factor, sp.Pow) else factor, Inverse)


def is_of_sizes(factor: sp.Expr) -> bool:
    """Tell whether a factor of a product is a number made from sizes and indices, which a fraction may have in it."""
    return not factor.has(sp.Sum, sp.Derivative, Delta, Bracket) and not has_entries(factor)


def above_and_below(number: sp.Rational, factors: Sequence[sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """Return the numerator and the denominator of a product of a number and factors in sizes."""
    top = [sp.Integer(number.p), *(factor for factor in factors if not is_divided_by(factor))]
    bottom = [sp.Integer(number.q)]
    for base, exponent in (factor.as_base_exp() for factor in factors if is_divided_by(factor)):
        bottom.append(base.args[0] ** exponent)
    return sp.Mul(*top), sp.Mul(*bottom)


class Text:
    """Writes formulas as plain text: `Σ{r=0..M-I} a_prev[i + r]·δ[r]`."""

    times, minus = "·", " - "
    relations: Mapping[str, str] = SIGNS

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    def formula(self, e: sp.Expr, index: Mapping[sp.Symbol, str]) -> str:
        """Return a formula, the names of its free indices being given."""
        return self.expr(e, {symbol: self.symbol(name) for symbol, name in index.items()})

    def expr(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula in a scope of index names."""
        e = sp.Integer(e) if isinstance(e, int) else plain(e)
        if e in names:
            return names[e]
        if isinstance(e, sp.Rational):
            return self.fraction(str(abs(e.p)), str(e.q), e < 0)
        if isinstance(e, sp.Symbol):
            return self.symbol(e.name)
        if isinstance(e, sp.Add):
            return self.add(e, names)
        if isinstance(e, sp.Mul) or is_divided_by(e):
            return self.mul(e, names)
        if isinstance(e, sp.Pow):
            return self.power(self.tight(e.base, names), self.expr(e.exp, names))
        if isinstance(e, sp.Indexed):
            return self.entry(self.symbol(str(e.base.label)), [self.expr(i, names) for i in e.indices])
        if isinstance(e, sp.Sum):
            return self.sum(e, names)
        if isinstance(e, Delta):
            return self.delta(*(self.expr(part, names) for part in e.args))
        if isinstance(e, Bracket):
            return f"[{self.condition(e.args[0], names)}]"
        if isinstance(e, Opaque):
            return self.call(self.symbol(e.name) + self.primes(e.order), [self.expr(e.argument, names)])
        if isinstance(e, sp.Derivative):
            return self.derivative(self.expr(e.variables[0], names), self.tight(e.expr, names))
        if isinstance(e, Floor | Ceiling):
            return self.rounded(self.quotient(e.args[0], names), isinstance(e, Floor))
        if isinstance(e, Where):
            return self.cases(list(self.alternatives(e, names)))
        if isinstance(e, Remainder):
            return self.mod(self.tight(e.args[0], names), self.divisor(e.args[1], names))
        if isinstance(e, Maximum | Minimum):
            return self.call(self.operator(e.sign), [self.expr(part, names) for part in e.args])
        return self.call(self.operator(type(e).__name__.lower()), [self.expr(part, names) for part in e.args])

    def quotient(self, e: sp.Expr, names: Mapping[Any, str]) -> str:
        """Return a rational expression as one fraction."""
        top, bottom = as_quotient(e)
        return self.expr(top, names) if bottom == 1 else f"{self.tight(top, names)}/{self.divisor(bottom, names)}"

    def alternatives(self, e: sp.Expr, names: Mapping[Any, str]) -> Iterator[tuple[str, str | None]]:
        """Yield the values of a formula with cases, and their conditions; None for the last one."""
        while isinstance(e, Where):
            holds, value, e = e.args
            yield self.expr(value, names), self.condition(holds, names)
        yield self.expr(e, names), None

    def add(self, e: sp.Add, names: Mapping[Any, str]) -> str:
        """Return a sum of terms: positive ones first, then negative ones, then the number; sums before entries."""
        scope = list(names)
        parts = []
        for part in e.args:
            outermost = scope.index(part) if part in names else len(scope)
            place = (part.is_Rational, part.could_extract_minus_sign(), not part.has(sp.Sum), outermost)
            parts.append((*place, self.expr(part, names), part))
        written = ""
        for _, negative, _, _, text, part in sorted(parts, key=lambda placed: placed[:-1]):
            if negative and written:
                written += self.minus + self.tight(-part, names)
            else:
                written += (" + " if written else "") + text
        return written

    def mul(self, e: sp.Expr, names: Mapping[Any, str]) -> str:
        """Return a product: a number, the sizes with what they are divided by, deltas and entries, sums last."""
        number, rest = e.as_coeff_Mul()
        factors = list(sp.Mul.make_args(rest))
        factors.sort(key=lambda f: (f.has(sp.Derivative), isinstance(f, sp.Sum), not isinstance(f, Delta)))
        written = []
        if any(map(is_divided_by, factors)):
            among_sizes = [factor for factor in factors if is_of_sizes(factor)]
            factors = [factor for factor in factors if not is_of_sizes(factor)]
            written.append(self.over(*above_and_below(abs(number), among_sizes), names))
        elif abs(number) != 1:
            written.append(self.fraction(str(abs(number.p)), str(number.q)))
        for k, factor in enumerate(factors):
            last = k == len(factors) - 1 and isinstance(factor, sp.Sum)
            written.append(self.expr(factor, names) if last else self.tight(factor, names))
        product = self.times.join(written)
        return f"-{product}" if number < 0 else product

    def tight(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula as a factor: with parentheses where it needs them."""
        written = self.expr(e, names)
        loose = isinstance(e, sp.Add | sp.Sum) or (isinstance(e, sp.Mul) and e.could_extract_minus_sign())
        return self.parenthesised(written) if loose and e not in names else written

    def divisor(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return what is divided by: a product stands in parentheses, too."""
        product = isinstance(e, sp.Mul) and e not in names
        return self.parenthesised(self.expr(e, names)) if product else self.tight(e, names)

    def over(self, top: sp.Expr, bottom: sp.Expr, names: Mapping[Any, str]) -> str:
        """Return a fraction of two formulas."""
        return f"{self.tight(top, names)}/{self.divisor(bottom, names)}"

    def sum(self, e: sp.Sum, names: Mapping[Any, str]) -> str:
        """Return a sum with its bounds, its indices named after the axes that they run along."""
        scope = dict(names)
        runs = []
        free = {self.symbol(s.name) for s in symbols_of(e)}
        for variable, low, high in reversed(e.limits):
            taken = set(scope.values()) | free
            wanted = axis_letters(e.function, variable, self.letters) or variable.name
            bounds = self.expr(low, scope), self.expr(high, scope)
            scope[variable] = self.symbol(free_letter(wanted, {t.replace("'", "′") for t in taken}))
            runs.append((scope[variable], *bounds))
        body = self.expr(e.function, scope)
        return self.sigma(runs) + (self.parenthesised(body) if isinstance(e.function, sp.Add) else body)

    def condition(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a condition on indices and sizes."""
        e = plain(e)
        if isinstance(e, Conjunction | Disjunction):
            return self.connective(isinstance(e, Conjunction)).join(sorted(self.part(p, names) for p in e.args))
        if isinstance(e, Negation):
            return self.negated(self.condition(e.args[0], names))
        if isinstance(e, Comparison):
            return f"{self.expr(e.lhs, names)} {self.relations[e.sign]} {self.expr(e.rhs, names)}"
        return str(e)

    def part(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a condition as a part of another one: one of several parts stands in parentheses."""
        written = self.condition(e, names)
        return self.parenthesised(written) if isinstance(e, Conjunction | Disjunction) else written

    # What differs between text and LaTeX

    def symbol(self, name: str) -> str:
        """Return a name."""
        return name

    def operator(self, name: str) -> str:
        """Return the name of an operation."""
        return name

    def primes(self, count: int) -> str:
        """Return the marks of a derivative."""
        return "′" * count

    def power(self, base: str, exponent: str) -> str:
        """Return a power."""
        return f"{base}^{exponent}"

    def parenthesised(self, text: str) -> str:
        """Return a formula in parentheses."""
        return f"({text})"

    def fraction(self, top: str, bottom: str, negative: bool = False) -> str:
        """Return a fraction of two numbers."""
        return ("-" if negative else "") + (top if bottom == "1" else f"{top}/{bottom}")

    def entry(self, tensor: str, index: Sequence[str]) -> str:
        """Return a tensor's entry."""
        return f"{tensor}[{', '.join(index)}]"

    def delta(self, a: str, b: str) -> str:
        """Return a Kronecker delta."""
        return f"[{a} = {b}]"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Return a function at its arguments."""
        return f"{function}({', '.join(arguments)})"

    def derivative(self, variable: str, body: str) -> str:
        """Return a derivative that is not carried out."""
        return f"∂/∂{variable} {body}"

    def rounded(self, text: str, down: bool) -> str:
        """Return a number rounded down or up."""
        return f"⌊{text}⌋" if down else f"⌈{text}⌉"

    def mod(self, a: str, b: str) -> str:
        """Return a remainder."""
        return f"({a} mod {b})"

    def cases(self, values: Sequence[tuple[str, str | None]]) -> str:
        """Return values with the conditions under which they are taken; None for the one that is taken otherwise."""
        written = (value if condition is None else f"{value} if {condition}" for value, condition in values)
        return f"({', else '.join(written)})"

    def sigma(self, runs: Sequence[tuple[str, str, str]]) -> str:
        """Return the signs of a sum over indices with their bounds."""
        return f"Σ{{{', '.join(f'{name}={low}..{high}' for name, low, high in runs)}}} "

    def connective(self, conjunction: bool) -> str:
        """Return "and" or "or"."""
        return " and " if conjunction else " or "

    def negated(self, text: str) -> str:
        """Return a negation."""
        return f"not ({text})"

    def tensor(self, x: Tensor | ShapeOf | Sequence[Any], index: Sequence[str] = ()) -> str:
        """Return a tensor as an operation on tensors, or one entry of it."""
        if isinstance(x, ShapeOf):
            return f"shape({x.tensor})"
        written = str(x) if isinstance(x, Tensor) else format_shape([self.expr(n, {}) for n in x])
        if not index:
            return written
        infix = isinstance(x, Tensor) and isinstance(x.source, Call) and x.source.operation in INFIX
        return self.entry(f"({written})" if infix else written, index)


INFIX = {"add", "multiply", "scale", "broadcast", "sum_family"}
