"""The terms of an entry formula at small sizes, written out one by one: the reasons of proofs are read against them."""

from collections import Counter
from fractions import Fraction
from itertools import product
from math import ceil, floor

import sympy as sp

from cnn_symbolic.expressions import heads as h

ARITHMETIC = {
    sp.Add: sum,
    h.Maximum: max,
    h.Minimum: min,
    h.Conjunction: all,
    h.Disjunction: any,
}
RELATIONS = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
}


def number(e, point):
    """The value of an expression or a condition in sizes and indices."""
    if e in point:
        return point[e]
    if e in (sp.true, sp.false):
        return e == sp.true
    if isinstance(e, sp.Rational):
        return Fraction(int(e.p), int(e.q))
    if isinstance(e, h.Where):
        return number(e.args[1] if number(e.args[0], point) else e.args[2], point)
    values = [number(part, point) for part in e.args]
    if isinstance(e, sp.Mul):
        total = Fraction(1)
        for value in values:
            total *= value
        return total
    if isinstance(e, sp.Pow):
        return values[0] ** values[1]
    if isinstance(e, h.Floor | h.Ceiling):
        return Fraction(floor(values[0]) if isinstance(e, h.Floor) else ceil(values[0]))
    if isinstance(e, h.Remainder):
        return values[0] % values[1]
    if isinstance(e, h.Inverse):
        return 1 / values[0]
    if isinstance(e, h.Delta):
        return Fraction(values[0] == values[1])
    if isinstance(e, h.Bracket):
        return Fraction(bool(values[0]))
    if isinstance(e, h.Comparison):
        return RELATIONS[e.sign](*values)
    if isinstance(e, h.Negation):
        return not values[0]
    return ARITHMETIC[type(e)](values)


class Reader:
    """Writes out formulas; entries of the named tensors are those of their definitions where `named` says so."""

    def __init__(self, shapes, named=()):
        self.shapes, self.named = shapes, dict(named)

    def terms(self, e, point):
        """Every term of a formula: what stands before it, and its entries in order; those of zero as well."""
        if isinstance(e, sp.Add):
            return [term for part in e.args for term in self.terms(part, point)]
        if isinstance(e, sp.Mul) or (isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp > 0):
            parts = e.args if isinstance(e, sp.Mul) else [e.base] * int(e.exp)
            found = [(Fraction(1), ())]
            for part in parts:
                inner = self.terms(part, point)
                found = [(a * b, tuple(sorted((*x, *y)))) for a, x in found for b, y in inner]
            return found
        if isinstance(e, sp.Sum):
            return [term for at in self.places(e, point) for term in self.terms(e.function, at)]
        if isinstance(e, h.Where):
            return self.terms(e.args[1] if number(e.args[0], point) else e.args[2], point)
        base = str(getattr(e, "base", e))
        if base in self.named and not isinstance(e, h.Opaque):
            x = self.named[base]
            index = tuple(sp.Integer(int(number(i, point))) for i in getattr(e, "indices", ()))
            return self.terms(x.source.definition.formula(index), point)
        if isinstance(e, sp.Indexed | h.Opaque) or h.has_entries(e):
            return [(Fraction(1), (self.entry(e, point),))]
        return [(number(e, point), ())]

    def places(self, e, point):
        """The values of the indices of a sum."""
        found = [point]
        for variable, low, high in reversed(e.limits):
            runs = [(at, range(int(number(low, at)), int(number(high, at)) + 1)) for at in found]
            found = [{**at, variable: Fraction(k)} for at, run in runs for k in run]
        return found

    def entry(self, e, point):
        """The name of an entry with its index; of a function of one, with the function's name before it."""
        if isinstance(e, h.Opaque):
            return (f"{e.name}{'′' * e.order}", *self.entry(e.argument, point))
        return (str(getattr(e, "base", e)), *(number(i, point) for i in getattr(e, "indices", ())))

    def inside(self, entries):
        """Whether no entry lies outside its tensor."""
        return all(
            0 <= i < n
            for called in entries
            for k, part in enumerate(called)
            if part in self.shapes
            for i, n in zip(called[k + 1 :], self.shapes[part], strict=True)
        )

    def seen(self, terms):
        """The terms that are not zero, neither by a bracket nor by an entry outside of its tensor."""
        return Counter(term for term in terms if term[0] != 0 and self.inside(term[1]))

    def total(self, terms):
        """The coefficient of every product of entries."""
        found = Counter()
        for coefficient, entries in terms:
            if self.inside(entries):
                found[entries] += coefficient
        return {entries: c for entries, c in found.items() if c != 0}


def points(statement, smallest, most):
    """Small sizes at which a statement is meant, the smallest first."""
    sizes = list(statement.sizes)
    first = {s: Fraction(smallest[str(s)]) for s in sizes}
    found = [first]
    for more in product((0, 1, 2), repeat=min(len(sizes), 4)):
        for shift in range(max(1, len(sizes) - 3)):
            point = dict(first)
            for size, n in zip(sizes[shift:], more, strict=False):
                point[size] += n
            if point not in found and all(number(c, point) for c in statement.conditions):
                found.append(point)
            if len(found) == most:
                return found
    return found
