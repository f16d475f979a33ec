"""How formulas are written as text: names of bound indices, sums, entries, operations.

Bound indices get the letters of the axis that they run along (`r, c` in a feature map, `i, j` in an
overlay), with primes where a letter is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.formulas import Iverson, Opaque, as_quotient, symbols_of
from cnn_symbolic.shapes import format_shape
from cnn_symbolic.sources import Call, Leaf, Named
from cnn_symbolic.tensors import ShapeOf, Tensor

__all__ = ["INFIX", "RELATIONS", "Text", "free_letter", "letters_of"]

Letters = Mapping[str, Sequence[str]]
RELATIONS = {sp.Eq: "=", sp.Ne: "≠", sp.Ge: "≥", sp.Gt: ">", sp.Le: "≤", sp.Lt: "<"}


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


class Text:
    """Writes formulas as plain text: `Σ{r=0..M-I} a_prev[i + r]·δ[r]`."""

    times, minus = "·", " - "
    relations: Mapping[Any, str] = RELATIONS

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    def formula(self, e: sp.Expr, index: Mapping[sp.Symbol, str]) -> str:
        """Return a formula, the names of its free indices being given."""
        return self.expr(e, {symbol: self.symbol(name) for symbol, name in index.items()})

    def expr(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula in a scope of index names."""
        if e in names:
            return names[e]
        if isinstance(e, sp.Rational):
            return self.fraction(str(abs(e.p)), str(e.q), e < 0)
        if isinstance(e, sp.Symbol):
            return self.symbol(e.name)
        if isinstance(e, sp.Add):
            return self.add(e, names)
        if isinstance(e, sp.Mul):
            return self.mul(e, names)
        if isinstance(e, sp.Pow):
            if e.exp == -1:
                return self.fraction("1", self.divisor(e.base, names))
            return self.power(self.tight(e.base, names), self.expr(e.exp, names))
        if isinstance(e, sp.Indexed):
            return self.entry(self.symbol(str(e.base.label)), [self.expr(i, names) for i in e.indices])
        if isinstance(e, sp.Sum):
            return self.sum(e, names)
        if isinstance(e, sp.KroneckerDelta):
            return self.delta(*(self.expr(part, names) for part in e.args))
        if isinstance(e, Iverson):
            return f"[{self.condition(e.args[0], names)}]"
        if isinstance(e, Opaque):
            return self.call(self.symbol(e.name) + self.primes(e.order), [self.expr(e.argument, names)])
        if isinstance(e, sp.Derivative):
            return self.derivative(self.expr(e.variables[0], names), self.tight(e.expr, names))
        if isinstance(e, sp.floor | sp.ceiling):
            top, bottom = as_quotient(e.args[0])
            inner = f"{self.tight(top, names)}/{self.divisor(bottom, names)}" if bottom != 1 else self.expr(top, names)
            return self.rounded(inner, isinstance(e, sp.floor))
        if isinstance(e, sp.Piecewise):
            conditions = [None if holds == True else self.condition(holds, names) for _, holds in e.args]  # noqa: E712
            return self.cases([(self.expr(value, names), c) for (value, _), c in zip(e.args, conditions, strict=True)])
        if isinstance(e, sp.Mod):
            return self.mod(self.tight(e.args[0], names), self.divisor(e.args[1], names))
        return self.call(self.operator(type(e).__name__.lower()), [self.expr(part, names) for part in e.args])

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

    def mul(self, e: sp.Mul, names: Mapping[Any, str]) -> str:
        """Return a product: a number, what is divided by, deltas and entries, sums last."""
        number, rest = e.as_coeff_Mul()
        factors = list(sp.Mul.make_args(rest))
        factors.sort(key=lambda f: (f.has(sp.Derivative), isinstance(f, sp.Sum), not isinstance(f, sp.KroneckerDelta)))
        written = []
        for k, factor in enumerate(factors):
            last = k == len(factors) - 1 and isinstance(factor, sp.Sum)
            written.append(self.expr(factor, names) if last else self.tight(factor, names))
        product = self.times.join(written)
        if abs(number) != 1:
            product = self.times.join([self.fraction(str(abs(number.p)), str(number.q)), product])
        return f"-{product}" if number < 0 else product

    def tight(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a formula as a factor: with parentheses where it needs them."""
        written = self.expr(e, names)
        loose = isinstance(e, sp.Add | sp.Sum) or (isinstance(e, sp.Mul) and e.could_extract_minus_sign())
        return self.parenthesised(written) if loose and e not in names else written

    def divisor(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return what is divided by: a product stands in parentheses, too."""
        written = self.tight(e, names)
        return self.parenthesised(written) if isinstance(e, sp.Mul) and e not in names else written

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
        if isinstance(e, sp.And | sp.Or):
            return self.connective(isinstance(e, sp.And)).join(sorted(self.part(p, names) for p in e.args))
        if isinstance(e, sp.Not):
            return self.negated(self.condition(e.args[0], names))
        for relation, sign in self.relations.items():
            if isinstance(e, relation):
                return f"{self.expr(e.lhs, names)} {sign} {self.expr(e.rhs, names)}"
        return str(e)

    def part(self, e: Any, names: Mapping[Any, str]) -> str:
        """Return a condition as a part of another one: one of several parts stands in parentheses."""
        written = self.condition(e, names)
        return self.parenthesised(written) if isinstance(e, sp.And | sp.Or) else written

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
        """Return a fraction of two formulas."""
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
