"""What an expression or condition is at integers: computed in Python, from the expression as it stands."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.ground.errors import EvaluationError, UndefinedError

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def value_of(e: sp.Basic, symbol: Callable[[sp.Symbol], Any]) -> Any:
    """Return the integer, fraction or truth value of an expression, `symbol` giving the integers of its symbols.

    Raises UndefinedError where a divisor is less than one, EvaluationError for what is no expression in sizes.
    """

    def value(e: sp.Basic) -> Any:
        if isinstance(e, sp.Integer):
            return e.p
        if isinstance(e, sp.Symbol):
            return symbol(e)
        if isinstance(e, sp.Add):
            return sum(value(part) for part in e.args)
        if isinstance(e, sp.Mul):
            return math.prod(value(part) for part in e.args)
        if isinstance(e, sp.Rational):
            return Fraction(int(e.p), int(e.q))
        if isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp >= 0:
            return value(e.base) ** int(e.exp)
        if isinstance(e, heads.Inverse):
            return Fraction(1, divisor(e.args[0]))
        if isinstance(e, heads.Floor | heads.Ceiling):
            return (math.floor if isinstance(e, heads.Floor) else math.ceil)(value(e.args[0]))
        if isinstance(e, heads.Remainder):
            return value(e.args[0]) % divisor(e.args[1])
        if isinstance(e, heads.Maximum | heads.Minimum):
            return (max if isinstance(e, heads.Maximum) else min)(value(part) for part in e.args)
        if isinstance(e, heads.Comparison) and isinstance(e.lhs, sp.Expr) and isinstance(e.rhs, sp.Expr):
            return COMPARE[e.sign](value(e.lhs), value(e.rhs))
        if isinstance(e, heads.Delta):
            return int(value(e.args[0]) == value(e.args[1]))
        if isinstance(e, heads.Bracket):
            return int(value(e.args[0]))
        if isinstance(e, heads.Where):
            holds, chosen, other = map(value, e.args)
            return chosen if holds else other
        if isinstance(e, heads.Conjunction | heads.Disjunction):
            return (all if isinstance(e, heads.Conjunction) else any)([value(part) for part in e.args])
        if isinstance(e, heads.Negation):
            return not value(e.args[0])
        if e in (sp.true, sp.false):
            return e == sp.true
        raise EvaluationError(f"{e} ({type(e).__name__}) is not an expression in sizes and indices")

    def divisor(e: sp.Basic) -> Any:
        found = value(e)
        if found < 1:
            raise UndefinedError(f"a divisor is at least one, found {found}")
        return found

    return value(e)
