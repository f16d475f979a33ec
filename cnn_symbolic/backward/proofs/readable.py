"""Formulas that were read from code, as people write them: without brackets that hold, and deltas that pick a term.

Nothing here is trusted: what is proposed is shown only where the kernel proves it equal to what was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import Bracket, Delta
from cnn_symbolic.ground.deadline import within
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.proofs.matching import SummedProduct, products
from cnn_symbolic.proofs.steps import collapse_deltas, gather_sums, solve_for
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.tensor import Tensor

# Seconds for one formula: it is read as it is if they are not enough.
SECONDS = 3.0


def readable(read: Tensor, assuming: Sequence[Any]) -> Tensor:
    """Return a tensor that was read, with an entry formula that is proved equal to its own and easier to read.

    It is the tensor itself where none is found in some seconds.
    """
    if not isinstance(read.source, Entries):
        return read
    with suppress(CnnSymbolicError, RecursionError):
        return within(SECONDS, lambda: first_proved(read, assuming))
    return read


def first_proved(read: Tensor, assuming: Sequence[Any]) -> Tensor:
    """Return the first of the proposals that is proved equal to what was read."""
    index = read.source.index if isinstance(read.source, Entries) else ()
    formula = read.formula(index)
    for proposed in dict.fromkeys(proposals(formula, index, read.lengths)):
        if proposed == formula:
            return read
        made = entries_of(proposed, index, read.shape, tuple(read.names().values()))
        if is_proved(state(read, made, assuming=tuple(assuming))):
            return made
    return read


def proposals(formula: sp.Expr, index: Sequence[sp.Symbol], lengths: Sequence[sp.Expr]) -> Iterator[sp.Expr]:
    """Yield what a formula may be written as, the shortest first."""
    bare = without_true(formula, index, lengths)
    gathered = gather_sums(bare)
    collapsed = collapse_deltas(sp.Add(*(bounded(term).formula for term in products(gathered))), every=False)
    for proposed in (without_true(collapsed, index, lengths), collapse_deltas(bare, every=False), bare):
        yield without_brackets(proposed)
        yield proposed


def without_brackets(formula: sp.Expr) -> sp.Expr:
    """Return a formula without any condition: entries outside of a tensor are zero, which may say the same."""
    return formula.xreplace(dict.fromkeys(formula.atoms(Bracket), sp.S.One))


def without_true(formula: sp.Expr, index: Sequence[sp.Symbol], lengths: Sequence[sp.Expr]) -> sp.Expr:
    """Return a formula without the conditions that the ranges of its indices say."""
    ranges = [(i, sp.S.Zero, n - 1) for i, n in zip(index, lengths, strict=True)]
    ranges += [tuple(limit) for found in formula.atoms(sp.Sum) for limit in found.limits]
    known = {
        condition
        for i, low, high in ranges
        for condition in (
            rules.compare("<=", low, i),
            rules.compare(">=", i, low),
            rules.compare("<", i, high + 1),
            rules.compare("<=", i, high),
        )
    }
    brackets = {
        guard: rules.bracket(rules.all_of(*(part for part in rules.conjuncts(guard.args[0]) if part not in known)))
        for guard in formula.atoms(Bracket)
    }
    return formula.xreplace(brackets)


def bounded(term: SummedProduct) -> SummedProduct:
    """Return a term with Σ_u [u = a]·f, where no entry has u in its index, as [low ≤ a ≤ high]·f."""
    for delta in [factor for factor in term.factors if isinstance(factor, Delta)]:
        for variable, low, high in term.limits:
            value = solve_for(variable, delta.args[0] - delta.args[1])
            others = [factor for factor in term.factors if factor != delta]
            if value is None or any(variable in factor.free_symbols for factor in others):
                continue
            holds = rules.all_of(rules.compare("<=", low, value), rules.compare("<=", value, high))
            limits = tuple(limit for limit in term.limits if limit[0] != variable)
            if any(variable in bound.free_symbols for limit in limits for bound in limit[1:]):
                continue
            return bounded(SummedProduct(limits, (rules.bracket(holds), *others)))
    return term
