"""The rules that lead from one theorem to another; nothing else makes a theorem out of one.

Trusted. What a statement follows from is a `Premise`, made by a rule that checks that it does; once that is proved,
the statement is. What is said of a theorem besides, where it holds and at which sizes, is checked before it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, entry, inside, presumed, substitute, with_argument
from cnn_symbolic.expressions.heads import AtLeast, Equal, Opaque
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import bracket, clearly_defined, is_plain_size, least
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.kernel.trusted.factors import prove_every
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Sealed, Theorem, sealed


@dataclass(frozen=True, eq=False, slots=True)
class Premise(Sealed):
    """A statement from which another one follows, the `conclusion`."""

    statement: Statement
    conclusion: Statement


# What statements follow from


def in_other_sizes(
    statement: Statement, values: Mapping[Any, sp.Expr], meanings: Mapping[sp.Symbol, sp.Expr], also: Sequence[Any]
) -> Premise:
    """Return a statement in terms of other sizes: s = e(n), where n = b; s may be an expression, too.

    `values` are the e(n), `meanings` the b, and `also` conditions c on the new sizes.

         Γ  ⊢  s = e(b),  b is a size,  c(b)       ⊢ (L = R)[s := e(n)]  where  Γ[s := e(n)],  c(n),  e(n) is a size
        ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
                                             ⊢ L = R  where  Γ

    Raises NotReadable if what stands above the line on the left is not seen to be so.
    """
    if set(meanings) & set(statement.sizes):
        raise NotReadable(Reason.OUTSIDE, "a size that is new has to have a name that is new")
    back = [Equal(s, substitute(e, meanings)) for s, e in values.items()]
    back += [AtLeast(b, sp.Integer(least(n))) for n, b in meanings.items()]
    follows = (*back, *(substitute(c, meanings) for c in also))
    # Conditions that are not clearly defined may not be readable before the change.
    prove_every(implication(clearly_defined(statement.conditions), follows), statement.sizes)
    changed = statement.at(values)
    return Premise(replace(changed, assumptions=(*changed.assumptions, *also)), statement)


def with_equal_arguments(
    statement: Statement, name: str, other: str, at: Index, prove: Callable[[Statement], Theorem | None]
) -> Premise | None:
    """Return the statement with functions of one tensor read as those of another; None unless that is proved.

    u[i] = o[g(i)]  and  g(i) lies in the shape of o,  for every i in the shape of u
    ────────────────────────────────────────────────────────────────────────────────
                  f(u)[i] = [i lies in the shape of u]·f(o)[g(i)]

    A derivative that is left standing holds other tensors fixed: there it may not.
    """
    declared, standing = statement.tensors[name], any(e.has(sp.Derivative) for e in statement.formulas)
    left = Side(name, declared.shape, entry(name, declared.index), statement.conditions)
    equation = Statement(left, Side(other, left.shape, entry(other, at), ()), declared.index, statement.tensors)
    proved = None if standing else prove(equation := located(equation, other, at))
    if not isinstance(proved, Theorem) or sealed(proved).statement is not equation or proved.values:
        return None
    read = partial(with_argument, name=name, index=declared.index, shape=left.shape, becomes=(other, at))
    return Premise(statement.changed(read), statement)


def multiplied(statement: Statement, name: str, index: Index, power: int) -> Premise | None:
    """Return a statement, its sides multiplied by a power of √t[φ]; None if t[φ] may be zero.

    left·√t[φ]ⁿ = right·√t[φ]ⁿ     φ lies in the shape of t, where a function is applied that presumes t ≠ 0
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────
                                              left = right
    """
    root = Opaque("sqrt", 0, entry(name, index)) ** power
    left, right = (replace(side, formula=side.formula * root) for side in (statement.left, statement.right))
    within = located(replace(statement, left=left, right=right), name, index)
    return Premise(within, statement) if name in presumed(statement.formulas) else None


def located(statement: Statement, name: str, at: Index) -> Statement:
    """Return the statement that both sides are equal and `at` lies in the shape of a tensor, as one equation.

    left + c = right + c·[at lies in the shape],  for a number c without a name, which no statement has otherwise
    """
    c, within = entry("", ()), bracket(inside(at, statement.tensors[name].shape))
    left = replace(statement.left, formula=statement.left.formula + c)
    right = replace(statement.right, formula=statement.right.formula + c * within)
    return replace(statement, left=left, right=right, tensors={**statement.tensors, c.name: Declaration(())})


# What follows from theorems


def concluded(of: Theorem, premise: Premise, factors: Sequence[str]) -> Theorem:
    """Return the theorem that follows from one about a premise, with the factors as they are called in it.

    P  ⊢  C      ⊢ P
    ─────────────────
          ⊢ C

    Raises NotReadable where the factors have some values only, and are not the same in both.
    """
    conclusion, is_theorem = sealed(premise).conclusion, isinstance(sealed(of), Theorem)
    if not is_theorem or of.statement is not premise.statement or not set(factors) <= set(map(str, conclusion.sizes)):
        raise DisagreementError(f"{of.statement.describe()} is not what {conclusion.describe()} follows from")
    if of.values and set(factors) != set(of.factors):
        raise NotReadable(Reason.NOT_AFFINE, "it is proved for some values of sizes that are not its own")
    return Theorem(conclusion, of.seconds, conclusion.conditions, {}, of.coefficients, tuple(factors), of.values)


def where(of: Theorem, domain: Sequence[Any], suffices: Theorem | None) -> Theorem:
    """Return a theorem with the conditions D as people read them; raise DisagreementError if they may not suffice.

    ⊢ L = R  where  Γ      D  ⊢  Γ
    ──────────────────────────────
          ⊢ L = R  where  D
    """
    given = tuple(holds for holds in domain if all(map(is_plain_size, holds.free_symbols)))
    wanted = implication(given, sealed(of).statement.conditions)
    proved = isinstance(suffices, Theorem) and sealed(suffices).statement == wanted and not suffices.values
    if not proved and not set(of.domain) <= set(domain):
        raise DisagreementError(f"{of.statement.describe()} is not shown to hold where {domain}")
    return Theorem(of.statement, of.seconds, tuple(domain), of.smallest, of.coefficients, of.factors, of.values)


def implication(given: Sequence[Any], wanted: Sequence[Any]) -> Statement:
    """Return the statement that conditions on the sizes follow from others: the right side is defined where they hold.

    [given] ⊢ [wanted]   ⇔   0 = 0,  the left side defined where `given` holds, the right one where `wanted` does
    """
    left, right = (Side("", (), sp.S.Zero, tuple(conditions)) for conditions in (given, wanted))
    return Statement(left, right, (), {})


def at_smallest(of: Theorem, sizes: Mapping[str, int]) -> Theorem:
    """Return a theorem with sizes that it is about; raise DisagreementError if it is not.

    ⊢ L = R  where  Γ        Γ(n)
    ─────────────────────────────────────
    ⊢ L = R  where  Γ,  and there are some
    """
    known = {s: sizes[s.name] for s in of.statement.sizes}
    listed = all(sizes[name] in of.values for name in of.factors) or not of.values
    met = listed and all(n >= least(s) for s, n in known.items())
    if not met or not all(value_of(holds, known.__getitem__) for holds in of.statement.conditions):
        raise DisagreementError(f"{of.statement.describe()} is not about the sizes {dict(sizes)}")
    return Theorem(sealed(of).statement, of.seconds, of.domain, sizes, of.coefficients, of.factors, of.values)


def timed(of: Theorem, seconds: float) -> Theorem:
    """Return a theorem with the time that it took.

    ⊢ L = R
    ───────
    ⊢ L = R
    """
    return Theorem(sealed(of).statement, seconds, of.domain, of.smallest, of.coefficients, of.factors, of.values)
