"""Conditions that follow from bounds alone: what most questions about slices and indices need, without the kernel.

Trusted. A number is at least zero where one of these leads to one that is:

    ⌊a/b⌋ + r ≥ 0  ⟺  a + b·r ≥ 0          r − ⌊a/b⌋ ≥ 0  ⟺  b·r + b − 1 − a ≥ 0          for b ≥ 1 and whole a, r
    ⌈a/b⌉ + r ≥ 0  ⟺  a + b·r + b − 1 ≥ 0  r − ⌈a/b⌉ ≥ 0  ⟺  b·r − a ≥ 0
    0 ≤ t ≤ n − 1,  c ≥ 0   ⟹   c·t ≥ 0,   −c·t ≥ −c·(n − 1)                    0 ≤ a mod b ≤ b − 1
    max(a, b) ≥ a           −c·⌊a/c⌋ ≥ −a           e − d ≥ 0,  d ≥ 0   ⟹   e ≥ 0           a, b ≥ 0  ⟹  a·b ≥ 0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.state.memory import Loop, Moment, OnlyIf
from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.rules import all_of, any_of, as_quotient, at_least, is_whole, negation

DEEPEST = 4


def follows(condition: Any, moment: Moment, domain: Sequence[Any]) -> bool:
    """Tell whether a condition follows from the loops and guards of a moment and the conditions on the sizes."""
    condition = without_negations(condition)
    if isinstance(condition, heads.Conjunction):
        return all(follows(part, moment, domain) for part in condition.args)
    if isinstance(condition, heads.Disjunction):
        return any(follows(part, moment, domain) for part in condition.args)
    guards = [part.holds for part in moment if isinstance(part, OnlyIf)]
    lows = [low for holds in (*domain, *guards) for known in at_least_zero(holds) for low in (known, *rounded(known))]
    loops = [part for part in moment if isinstance(part, Loop)]
    claims = list(at_least_zero(condition))
    return bool(claims) and all(is_never_negative(e, loops, lows, DEEPEST) for e in claims)


def without_negations(holds: Any) -> Any:
    """Return a condition whose parts are not negated: not (a or b) = not a and not b, and so on."""
    if isinstance(holds, heads.Negation):
        inner = without_negations(holds.args[0])
        if isinstance(inner, heads.Conjunction | heads.Disjunction):
            join = any_of if isinstance(inner, heads.Conjunction) else all_of
            return join(*(without_negations(negation(part)) for part in inner.args))
        return negation(inner)
    if isinstance(holds, heads.Conjunction | heads.Disjunction):
        join = all_of if isinstance(holds, heads.Conjunction) else any_of
        return join(*map(without_negations, holds.args))
    return holds


def at_least_zero(holds: Any) -> Iterator[sp.Expr]:
    """Yield what a comparison of whole numbers says to be at least zero."""
    holds = without_negations(holds)
    if isinstance(holds, heads.Conjunction):
        for part in holds.args:
            yield from at_least_zero(part)
    elif isinstance(holds, heads.Comparison) and is_whole(holds.lhs) and is_whole(holds.rhs):
        difference = holds.lhs - holds.rhs
        if isinstance(holds, heads.AtLeast | heads.Equal):
            yield difference
        if isinstance(holds, heads.AtMost | heads.Equal):
            yield -difference
        if isinstance(holds, heads.Greater):
            yield difference - 1
        if isinstance(holds, heads.Less):
            yield -difference - 1


def rounded(low: sp.Expr) -> Iterable[sp.Expr]:
    """Yield a for ⌊a/b⌋ of at least zero."""
    if isinstance(low, heads.Floor):
        yield as_quotient(low.args[0])[0]


def is_never_negative(e: sp.Expr, loops: Sequence[Loop], lows: Sequence[sp.Expr], depth: int) -> bool:
    """Tell whether a number is at least zero at every pass of loops where `lows` are at least zero."""
    if isinstance(e, sp.Mul) and depth and all(is_never_negative(f, loops, lows, depth - 1) for f in e.args):
        return True
    written = sp.expand(e)
    if any(is_above(low, lows) for low in lowest(written, loops, lows)):
        return True
    if any(at_least(low, 0) for known in lows for low in lowest(sp.expand(written - known), loops, lows)):
        return True
    return bool(depth) and any(
        all(is_never_negative(part, loops, lows, depth - 1) for part in parts) for parts in unrounded(written)
    )


def is_above(e: sp.Expr, lows: Sequence[sp.Expr]) -> bool:
    """Tell whether a number without roundings is at least zero by its coefficients, or not below one of some lows."""
    return at_least(e, 0) or any(at_least(without_roundings(sp.expand(e - low)), 0) for low in lows)


def lowest(written: sp.Expr, loops: Sequence[Loop], lows: Sequence[sp.Expr]) -> Iterator[sp.Expr]:
    """Yield numbers that one is not below: with every loop at the pass at which it is least, and without roundings."""
    for loop in reversed(loops):
        coefficient = written.coeff(loop.index, 1)
        rest = sp.expand(written - coefficient * loop.index)
        if rest.has(loop.index) or coefficient.has(loop.index):
            return
        if is_above(coefficient, lows):
            written = rest
        elif is_above(-coefficient, lows):
            written = sp.expand(rest + coefficient * (loop.length - 1))
        else:
            return
    yield without_roundings(written)


def unrounded(written: sp.Expr) -> Iterator[list[sp.Expr]]:
    """Yield numbers that are all at least zero only if one is, with a quotient, remainder or maximum less in it."""
    for head in sorted(
        written.atoms(heads.Floor, heads.Ceiling, heads.Remainder, heads.Maximum, heads.Minimum), key=str
    ):
        coefficient = written.coeff(head, 1)
        rest = sp.expand(written - coefficient * head)
        if rest.has(head) or coefficient not in (1, -1):
            continue
        above = coefficient == 1
        if isinstance(head, heads.Remainder):
            yield [rest if above else sp.expand(rest - head.args[1] + 1)]
        elif isinstance(head, heads.Maximum | heads.Minimum):
            parts = [sp.expand(rest + coefficient * part) for part in head.args]
            if isinstance(head, heads.Maximum) == above:
                yield from ([part] for part in parts)
            else:
                yield parts
        elif is_whole(rest):
            top, bottom = as_quotient(head.args[0])
            if is_whole(top) and at_least(bottom, 1):
                slack = bottom - 1 if isinstance(head, heads.Ceiling) == above else sp.S.Zero
                yield [sp.expand(coefficient * top + bottom * rest + slack)]


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
