"""Where a statement from a file is about its sides, and its right side defined, computed from its formulas.

What a file says of it can only be more: conditions are added to those that are computed, and none is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.heads import Inverse, Minimum, Remainder
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import at_least, compare, is_plain_size
from cnn_symbolic.ground.errors import FragmentError
from cnn_symbolic.kernel.exported.decoding import mentioned
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement

Limits = Sequence[tuple[sp.Symbol, sp.Expr, sp.Expr]]


def defined(statement: Statement) -> Statement:
    """Return a statement with all conditions under which its sides are defined.

    Raises FragmentError where a formula divides by something whose least value cannot be seen.
    """
    left, right = (side_defined(side, statement) for side in (statement.left, statement.right))
    return replace(statement, left=left, right=right)


def side_defined(side: Side, statement: Statement) -> Side:
    """Return a side with all conditions: its sizes and those of its tensors, and its divisors, are at least one."""
    divisors = added(divided_by(side, statement), side.divisors)
    if side.requirements is None:
        return replace(side, divisors=divisors)
    names = used(side.formula, statement.tensors)
    shapes = [side.shape, *(statement.tensors[name].shape for name in names)]
    lengths = [n for shape in shapes for size in shape for n in (size.args if isinstance(size, Minimum) else (size,))]
    requirements = added([*lengths, *divided_by(side, statement)], side.requirements)
    return replace(side, requirements=requirements, divisors=side.divisors)


def line_defined(line: Side, statement: Statement) -> Side:
    """Return a line of a proof with the conditions on what it divides by."""
    return replace(line, divisors=added(divided_by(line, statement), line.divisors))


def added(lengths: Iterable[sp.Expr], stated: Sequence[Any]) -> tuple[Any, ...]:
    """Return the conditions that expressions are at least one, and those that are stated, each once."""
    needed = (compare(">=", n, sp.S.One) for n in dict.fromkeys(map(sp.expand, lengths)) if not at_least(n, 1))
    return tuple(dict.fromkeys([*(holds for holds in needed if holds not in stated), *stated]))


def used(e: sp.Expr, tensors: Mapping[str, Declaration]) -> set[str]:
    """Return the names of the tensors in a formula, and in the definitions of these."""
    found, pending = set[str](), mentioned(e)
    while pending:
        name = pending.pop()
        found.add(name)
        pending |= mentioned(tensors[name].definition) - found
    return found


def divided_by(side: Side, statement: Statement) -> list[sp.Expr]:
    """Return the least values of what a side divides by, and the definitions of its tensors."""
    formulas = [(side.formula, ranges(statement.index, side.shape)), *((n, ()) for n in side.shape)]
    for name in sorted(used(side.formula, statement.tensors)):
        declared = statement.tensors[name]
        formulas += [(n, ()) for n in declared.shape]
        if declared.definition is not None:
            formulas.append((declared.definition, ranges(declared.index, declared.shape)))
    conditions = [*(side.requirements or ()), *side.divisors]
    return [least for e, scope in (*formulas, *((holds, ()) for holds in conditions)) for least in divisors(e, scope)]


def ranges(index: Sequence[sp.Symbol], shape: Sequence[sp.Expr]) -> Limits:
    """Return the limits of the indices of an entry."""
    return [(i, sp.S.Zero, n - 1) for i, n in zip(index, shape, strict=True)]


def divisors(e: Any, scope: Limits) -> Iterator[sp.Expr]:
    """Yield the least value of whatever an expression or condition divides by, over the indices in scope."""
    if isinstance(e, sp.Sum):
        inner = list(scope)
        for limit in reversed(e.limits):
            yield from (least for bound in limit[1:] for least in divisors(bound, inner))
            inner.append(tuple(limit))
        yield from divisors(e.function, inner)
        return
    if isinstance(e, Inverse | Remainder):
        yield least_value(e.args[-1], scope)
    for part in e.args if isinstance(e, sp.Basic) else ():
        yield from divisors(part, scope)


def least_value(e: sp.Expr, scope: Limits) -> sp.Expr:
    """Return the least value of an expression over the indices in scope, in each of which it is affine."""
    found = sp.expand(e)
    for index, low, high in reversed(scope):
        if index not in found.free_symbols:
            continue
        slope = found.coeff(index)
        if not slope.is_Rational or index in (found - slope * index).free_symbols:
            raise FragmentError(f"a formula divides by {written(e)}: the index {index} has to stand in it by itself")
        found = sp.expand(found - slope * index + slope * (low if slope > 0 else high))
    if stray := {s for s in found.free_symbols if not is_plain_size(s)}:
        raise FragmentError(f"a formula divides by {written(e)}, which is not made from sizes: {stray.pop()}")
    return found
