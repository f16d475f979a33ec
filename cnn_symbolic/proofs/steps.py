"""Rewriting of entry formulas into the next line of a derivation. Nothing here is trusted.

Every function proposes a formula; the kernel decides whether it is equal to the line before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sympy as sp

from cnn_symbolic.expressions.formulas import derivative, substitute
from cnn_symbolic.expressions.heads import Delta, has_entries
from cnn_symbolic.tensors.gradients import Stage
from cnn_symbolic.tensors.tensor import Tensor


def standing_derivative(stages: tuple[Stage, ...], wrt: sp.Expr) -> sp.Expr:
    """Return the chain rule, `Σ cotangent · ∂body/∂wrt`, with the derivatives left standing."""
    return sp.Add(*(stage.objective(False, wrt) for stage in tidy(stages)))


def differentiated(standing: sp.Expr) -> sp.Expr:
    """Return a formula with its derivatives carried out by SymPy: shared weights give Kronecker deltas."""
    return standing.xreplace({at: derivative(at.expr, at.variables[0]) for at in standing.atoms(sp.Derivative)})


def tidy(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return the stages with the deltas in their cotangents collapsed, for legibility."""

    def collapsed(cotangent: Tensor) -> Tensor:
        return replace(cotangent, formula=lambda index: collapse_deltas(cotangent.formula(index)))

    return tuple(replace(stage, cotangent=collapsed(stage.cotangent)) for stage in stages)


def gather_sums(e: sp.Expr) -> sp.Expr:
    """Return the formula with sums drawn out of products: `x·Σ y = Σ x·y`, `Σ (x + y) = Σ x + Σ y`."""
    if isinstance(e, sp.Add):
        return sp.Add(*(gather_sums(part) for part in e.args))
    if isinstance(e, sp.Sum):
        body = gather_sums(e.function)
        return sp.Add(*(sp.Sum(part, *e.limits) for part in sp.Add.make_args(body)))
    if isinstance(e, sp.Mul):
        products: list[list[sp.Expr]] = [[]]
        for part in e.args:
            alternatives = sp.Add.make_args(substitute(gather_sums(part), {}))
            products = [[*done, one] for done in products for one in alternatives]
        return sp.Add(*(draw_out(factors) for factors in products))
    return e


def draw_out(factors: list[sp.Expr]) -> sp.Expr:
    """Return a product of factors, the sums among them drawn out to the front."""
    limits: list[sp.Tuple] = []
    bodies = []
    for factor in factors:
        if isinstance(factor, sp.Sum):
            bodies.append(factor.function)
            limits = [*factor.limits, *limits]
        else:
            bodies.append(factor)
    body = sp.Mul(*bodies)
    return sp.Sum(body, *limits) if limits else body


def collapse_deltas(e: sp.Expr, every: bool = True) -> sp.Expr:
    """Return the formula with `Σ_u [u = a]·f(u)` replaced by `f(a)`.

    It counts on the support of a tensor to be zero where `a` does not lie between the bounds of the sum; unless in
    `every` case, only where there is an entry at `u`, or where `a` is an index.
    """
    gathered = gather_sums(e)
    return sp.Add(*(collapse_term(term, every) for term in sp.Add.make_args(gathered)))


def collapse_term(term: sp.Expr, every: bool) -> sp.Expr:
    """Collapse the deltas of one sum of products."""
    if not isinstance(term, sp.Sum):
        return term
    limits, factors = list(term.limits), list(sp.Mul.make_args(term.function))
    while True:
        found = next(
            (
                (limit, factor, solution)
                for limit in limits
                for factor in factors
                if isinstance(factor, Delta)
                and (solution := solve_for(limit[0], factor.args[0] - factor.args[1])) is not None
                and (
                    every
                    or isinstance(solution, sp.Symbol | sp.Integer)
                    or any(limit[0] in f.free_symbols for f in entries(factors))
                )
            ),
            None,
        )
        if found is None:
            break
        limit, delta, solution = found
        limits.remove(limit)
        factors.remove(delta)
        chosen = {limit[0]: solution}
        factors = [f for part in factors for f in sp.Mul.make_args(substitute(part, chosen))]
        limits = [sp.Tuple(v, substitute(low, chosen), substitute(high, chosen)) for v, low, high in limits]
    body = sp.Mul(*factors)
    return sp.Sum(body, *limits) if limits else body


def entries(factors: Iterable[sp.Expr]) -> list[sp.Expr]:
    """Return the factors that are tensor entries, or functions of them."""
    return [factor for factor in factors if has_entries(factor)]


def solve_for(variable: sp.Symbol, zero: sp.Expr) -> sp.Expr | None:
    """Return the value of the variable at which an affine expression is zero, where its coefficient is ±1."""
    coefficient = sp.expand(zero).coeff(variable)
    if coefficient not in (1, -1):
        return None
    return sp.expand(variable - zero / coefficient)
