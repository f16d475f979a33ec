"""Whole numbers that are made from sizes and indices: signs, quotients, equal ones. Trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from cnn_symbolic.code.state.bounds import follows
from cnn_symbolic.code.state.cells import multiple
from cnn_symbolic.code.state.paths import Paths
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import Equal, Floor, Remainder
from cnn_symbolic.expressions.rules import is_plain_size


@dataclass
class Integers(Paths):
    """Questions about whole numbers."""

    def simplified(self, e: sp.Expr) -> sp.Expr:
        """Return a size as equations of this path give it: I = 2, and H = I·⌊H/I⌋ where H mod I = 0."""
        known: dict[sp.Expr, sp.Expr] = {}
        for holds in (*self.domain, *self.path):
            for part in rules.conjuncts(holds):
                if isinstance(part, Equal):
                    a, b = part.args
                    if is_plain_size(a) and (b.is_Integer or is_plain_size(b)):
                        known[a] = b
                    elif is_plain_size(b) and a.is_Integer:
                        known[b] = a
                    elif isinstance(a, Remainder) and b == 0 and is_plain_size(a.args[0]):
                        known[a.args[0]] = a.args[1] * rules.floor(rules.divide(*a.args))
        return rules.over_atoms(e, lambda atom: known.get(atom, atom)) if known else e

    def quotient(self, a: sp.Expr, b: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Return ⌊a/b⌋ and a mod b: of b·q + r with 0 ≤ r < b they are q and r."""
        q: sp.Expr = sp.S.Zero
        r = a
        for written in dict.fromkeys((a, sp.expand(a))):
            multiples: list[sp.Expr] = []
            rest: list[sp.Expr] = []
            for term in sp.Add.make_args(written):
                factors = list(sp.Mul.make_args(term))
                share = multiple(term, b) if b not in factors else sp.Mul(*without(factors, b))
                (rest if share is None else multiples).append(term if share is None else share)
            q, r = sp.Add(*multiples), sp.Add(*rest)
            inside = rules.all_of(rules.compare(">=", r, sp.S.Zero), rules.compare("<", r, b))
            plain, extra = self.without_choices(inside)
            if r == 0 or follows(plain, (*self.moment, *extra), (*self.domain, *self.path)):
                return q, r
        return q + rules.floor(rules.divide(r, b)), rules.remainder(r, b)

    def normal(self, e: sp.Expr) -> sp.Expr:
        """Return a size with whole numbers drawn out of its quotients: ⌊(a − b)/b⌋ = ⌊a/b⌋ − 1."""

        def drawn_out(atom: sp.Expr) -> sp.Expr:
            if not isinstance(atom, Floor):
                return atom
            top, bottom = rules.as_quotient(atom.args[0])
            return self.quotient(top, bottom)[0] if rules.at_least(bottom, 1) and rules.is_whole(top) else atom

        return rules.over_atoms(e, drawn_out)

    def cell(self, at: sp.Expr, dim: Sequence[sp.Expr]) -> list[sp.Expr]:
        """Return the index of the cell with a number in a group of sizes."""
        index: list[sp.Expr] = []
        for n in reversed(dim[1:]):
            at, inner = self.quotient(at, n)
            index.insert(0, inner)
        return [at, *index]

    def sign(self, e: sp.Expr) -> int | None:
        """Return 1 for a number that is proved to be at least zero, −1 for one below zero, None for others."""
        if self.holds(rules.compare(">=", e, sp.S.Zero)):
            return 1
        return -1 if self.holds(rules.compare("<", e, sp.S.Zero)) else None

    def unknown_length(self) -> sp.Symbol:
        """Return a number of passes of which nothing is known."""
        return sp.Dummy("passes", integer=True)

    def is_size(self, n: sp.Expr) -> bool:
        """Tell whether a number follows to be at least zero from bounds alone."""
        return self.plainly(rules.compare(">=", n, sp.S.Zero))

    def same(self, a: sp.Expr, b: sp.Expr) -> bool:
        """Tell whether two sizes are proved to be equal."""
        return a == b or sp.expand(a - b) == 0 or self.holds(rules.compare("=", a, b))


def without(factors: list[sp.Expr], one: sp.Expr) -> list[sp.Expr]:
    """Return factors, one of them left out."""
    at = factors.index(one)
    return [*factors[:at], *factors[at + 1 :]]
