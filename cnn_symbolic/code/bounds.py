"""Conditions that follow from bounds alone: what most questions about slices and indices need, without the kernel.

Trusted: an index is put to the end of its loop at which the condition is hardest, if its coefficient has one sign.

    0 ≤ t ≤ n − 1,  c ≥ 0   ⟹   c·t ≥ 0,   −c·t ≥ −c·(n − 1)            c·⌊a/c⌋ ≤ a
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.memory import Loop, Moment
from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.rules import as_quotient, at_least, is_whole


def follows(condition: Any, moment: Moment, domain: Sequence[Any]) -> bool:
    """Tell whether a condition follows from the bounds of the loops of a moment and one condition on the sizes."""
    if isinstance(condition, heads.Conjunction):
        return all(follows(part, moment, domain) for part in condition.args)
    lows = [low for holds in domain for known in at_least_zero(holds) for low in (known, *rounded(known))]
    loops = [part for part in moment if isinstance(part, Loop)]
    claims = list(at_least_zero(condition))
    if isinstance(condition, heads.Equal):
        return bool(sp.expand(condition.lhs - condition.rhs) == 0)
    return bool(claims) and all(is_never_negative(e, loops, lows) for e in claims)


def at_least_zero(holds: Any) -> Iterable[sp.Expr]:
    """Yield what a comparison of whole numbers says to be at least zero."""
    if isinstance(holds, heads.Conjunction):
        for part in holds.args:
            yield from at_least_zero(part)
    elif isinstance(holds, heads.Comparison) and is_whole(holds.lhs) and is_whole(holds.rhs):
        difference = holds.lhs - holds.rhs
        if isinstance(holds, heads.AtLeast | heads.Equal):
            yield difference
        elif isinstance(holds, heads.Greater):
            yield difference - 1
        elif isinstance(holds, heads.AtMost):
            yield -difference
        elif isinstance(holds, heads.Less):
            yield -difference - 1


def rounded(low: sp.Expr) -> Iterable[sp.Expr]:
    """Yield a for ⌊a/b⌋ of at least zero."""
    if isinstance(low, heads.Floor):
        yield as_quotient(low.args[0])[0]


def is_never_negative(e: sp.Expr, loops: Sequence[Loop], lows: Sequence[sp.Expr]) -> bool:
    """Tell whether a number is at least zero at every pass of loops where `lows` are at least zero."""
    if isinstance(e, sp.Mul) and all(is_never_negative(factor, loops, lows) for factor in e.args):
        return True
    written = sp.expand(e)
    for loop in reversed(loops):
        coefficient = written.coeff(loop.index, 1)
        rest = sp.expand(written - coefficient * loop.index)
        if rest.has(loop.index) or coefficient.has(loop.index):
            return False
        if at_least(coefficient, 0):
            written = rest
        elif at_least(-coefficient, 0):
            written = sp.expand(rest + coefficient * (loop.length - 1))
        else:
            return False
    if at_least(without_roundings(written), 0):
        return True
    return any(at_least(without_roundings(sp.expand(written - low)), 0) for low in lows)


def without_roundings(e: sp.Expr) -> sp.Expr:
    """Return a number that is not greater: −c·⌊a/c⌋ ≥ −a for c of at least one."""
    kept = []
    for term in sp.Add.make_args(e):
        kept.append(term)
        for factor in sp.Mul.make_args(term):
            if isinstance(factor, heads.Floor):
                top, bottom = as_quotient(factor.args[0])
                share = sp.Mul(*(f for f in sp.Mul.make_args(term) if f is not factor))
                if sp.expand(share + bottom) == 0:
                    kept[-1] = -top
    return sp.expand(sp.Add(*kept))
