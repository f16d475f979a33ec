"""Which sizes to take for factors: those whose values make a statement affine."""

from __future__ import annotations

from collections import Counter

import sympy as sp

from cnn_symbolic.expressions.heads import Equal
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.factors import assumed, upper_bound
from cnn_symbolic.kernel.trusted.polynomials import (
    Relation,
    polynomials_in,
)
from cnn_symbolic.kernel.trusted.reader import NotReadable, read_sides
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason


def factors_of(statement: Statement) -> tuple[sp.Symbol, ...]:
    """Return the factors, whose values make a statement affine; raise NotReadable where there are none."""
    draft = Draft()
    shapes = [*statement.left.shape, *statement.right.shape]
    sides = [statement.conditions, statement.right.conditions]
    draft.conditions = [draft.condition(holds) for conditions in sides for holds in conditions]
    some = sp.Dummy("n", integer=True)
    draft.conditions += [draft.condition(Equal(some, length)) for length in shapes]
    for term in (term for terms in read_sides(statement) for term in terms):
        draft.conditions += [draft.condition(holds) for holds in term.conditions]
        draft.conditions += [Relation(">=", draft.polynomial(e)) for f in term.factors for e in f.index]
    products = [m for p in polynomials_in(draft.all_conditions()) for m in p if len(m) > 1]
    bounded = {s for s in statement.sizes if upper_bound(assumed(statement), s) is not None}
    chosen: dict[sp.Symbol, None] = {}
    for monomial in products:
        others = [s for s in monomial if not is_plain_size(s)]
        if len(others) > 1:
            raise NotReadable(Reason.NOT_AFFINE, f"{'·'.join(s.name for s in others)} is a product of indices")
        if others:
            chosen |= dict.fromkeys(s for s in monomial if is_plain_size(s))
    while left := [rest for m in products if len(rest := [s for s in m if s not in chosen]) > 1]:
        count = Counter(s for rest in left for s in rest)
        chosen[max(count, key=lambda s: (s in bounded, count[s], statement.sizes.index(s)))] = None
    return tuple(s for s in statement.sizes if s in chosen)
