"""Two rules about functions of tensors: equal arguments have equal values, and nothing is lost by a factor ≠ 0.

Trusted. Each returns a statement from which another one follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, entry, inside, presumed, with_argument
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.rules import bracket
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement


def with_equal_arguments(
    statement: Statement, name: str, other: str, at: Index, prove: Callable[[Statement], bool]
) -> Statement | None:
    """Return the statement with functions of one tensor read as those of another; None unless `prove` says that it may.

    u[i] = o[g(i)]  and  g(i) lies in the shape of o,  for every i in the shape of u
    ────────────────────────────────────────────────────────────────────────────────
                  f(u)[i] = [i lies in the shape of u]·f(o)[g(i)]

    A derivative that is left standing holds other tensors fixed: there it may not.
    """
    declared, standing = statement.tensors[name], any(e.has(sp.Derivative) for e in statement.formulas)
    left = Side(name, declared.shape, entry(name, declared.index), statement.conditions)
    equation = Statement(left, Side(other, left.shape, entry(other, at), ()), declared.index, statement.tensors)
    if standing or not prove(located(equation, other, at)):
        return None
    return statement.changed(
        partial(with_argument, name=name, index=declared.index, shape=left.shape, becomes=(other, at))
    )


def multiplied(statement: Statement, name: str, index: Index, power: int) -> Statement | None:
    """Return what a statement follows from: its sides, multiplied by a power of √t[φ]; None if t[φ] may be zero.

    left·√t[φ]ⁿ = right·√t[φ]ⁿ     φ lies in the shape of t, where a function is applied that presumes t ≠ 0
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────
                                              left = right
    """
    root = Opaque("sqrt", 0, entry(name, index)) ** power
    left, right = (replace(side, formula=side.formula * root) for side in (statement.left, statement.right))
    within = located(replace(statement, left=left, right=right), name, index)
    return within if name in presumed(statement.formulas) else None


def located(statement: Statement, name: str, at: Index) -> Statement:
    """Return the statement that both sides are equal and `at` lies in the shape of a tensor, as one equation.

    left + c = right + c·[at lies in the shape],  for a number c without a name, which no statement has otherwise
    """
    c, within = entry("", ()), bracket(inside(at, statement.tensors[name].shape))
    left = replace(statement.left, formula=statement.left.formula + c)
    right = replace(statement.right, formula=statement.right.formula + c * within)
    return replace(statement, left=left, right=right, tensors={**statement.tensors, c.name: Declaration(())})
