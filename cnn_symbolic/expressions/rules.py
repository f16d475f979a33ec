"""Builds expressions and conditions: the few rules by which one is written more simply, each with its identity.

Trusted, as what is built here is what a statement says. Every rule is an identity of integers for all sizes at which
the divisors are at least one; a rule that drops a divisor does not drop the condition on it, which whoever divides
keeps (see `values`). Everything that no rule applies to stands as it is written.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache, reduce
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions import heads
from cnn_symbolic.ground.errors import FragmentError

POSITIVE, NOT_NEGATIVE = {"integer": True, "positive": True}, {"integer": True, "nonnegative": True}
OPPOSITE = {"=": "!=", "!=": "=", ">=": "<", "<": ">=", ">": "<=", "<=": ">"}


@lru_cache(maxsize=4096)
def is_plain_size(symbol: Any) -> bool:
    """Tell whether a symbol is a size or a width, with these assumptions and no others."""
    return isinstance(symbol, sp.Symbol) and any(
        symbol == sp.Symbol(symbol.name, **kind) for kind in (POSITIVE, NOT_NEGATIVE)
    )


def is_plain(variable: sp.Symbol) -> bool:
    """Tell whether nothing is assumed of an index but that it is an integer."""
    return variable.assumptions0 in (sp.Symbol("u", integer=True).assumptions0, sp.Symbol("u").assumptions0)


def least(symbol: sp.Symbol) -> int:
    """Return the least value of a size, 1, or of a width, 0."""
    return 1 if symbol.is_positive else 0


def is_whole(e: Any) -> bool:
    """Tell whether an expression is an integer by the way it is written, wherever it is defined.

    >>> from cnn_symbolic.expressions.formulas import size
    >>> is_whole(size("M") * 2 - 1), is_whole(size("M") / 2)
    (True, False)
    """
    if isinstance(e, sp.Add | sp.Mul):
        return all(map(is_whole, e.args))
    if isinstance(e, sp.Pow):
        return bool(e.exp.is_Integer and e.exp >= 0) and is_whole(e.base)
    if isinstance(e, heads.Maximum | heads.Minimum | heads.Remainder):
        return all(map(is_whole, e.args))
    if isinstance(e, heads.Where):
        return all(map(is_whole, e.args[1:]))
    return isinstance(e, sp.Integer | heads.Whole) or (isinstance(e, sp.Symbol) and e.is_integer is True)


# Numbers


def floor(e: sp.Expr) -> sp.Expr:
    """Return ⌊e⌋. Rules: ⌊n⌋ = n and ⌊n + a⌋ = n + ⌊a⌋ for an integer n; a literal number is rounded."""
    return rounded(e, heads.Floor, math.floor)


def ceiling(e: sp.Expr) -> sp.Expr:
    """Return ⌈e⌉. Rules: ⌈n⌉ = n and ⌈n + a⌉ = n + ⌈a⌉ for an integer n; a literal number is rounded."""
    return rounded(e, heads.Ceiling, math.ceil)


def rounded(e: sp.Expr, head: type[heads.Whole], round_number: Callable[[Any], int]) -> sp.Expr:
    """Return a rational expression rounded, its integer terms drawn out."""
    whole: list[sp.Expr] = []
    rest: list[sp.Expr] = []
    for term in sp.Add.make_args(e):
        (whole if is_whole(term) else rest).append(term)
    inner = sp.Add(*rest)
    return sp.Add(*whole, sp.Integer(round_number(inner)) if inner.is_Rational else head(inner))


def divide(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return a/b. Rules: a·b/b = a, and a/(b·c) = a/b/c (all at least one); literal divisors are fractions.

    Raises FragmentError for zero.
    """
    if b.is_Rational:
        if b == 0:
            raise FragmentError("nothing is divided by zero")
        return a / b
    factors = list(sp.Mul.make_args(a))
    if b in factors:
        factors.remove(b)
        return sp.Mul(*factors)
    parts = [part for factor in sp.Mul.make_args(b) for part in powers_of(factor)]
    if len(parts) > 1 and all(at_least(part, 1) for part in parts):
        return reduce(divide, parts, a)
    return a * heads.Inverse(b)


def powers_of(e: sp.Expr) -> list[sp.Expr]:
    """Return the factors of a power, each as often as it occurs."""
    return [e.base] * int(e.exp) if isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp > 1 else [e]


def remainder(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return a mod b. Rules: numbers are computed; 0 mod b = 0; n mod 1 = 0 for an integer n. Raises for b < 1."""
    if b.is_Rational and (not b.is_Integer or b < 1):
        raise FragmentError(f"the divisor of a remainder is an integer of at least one, found {b}")
    if a.is_Rational and b.is_Integer:
        return a - b * math.floor(a / b)
    if a == 0 or (b == 1 and is_whole(a)):
        return sp.S.Zero
    return heads.Remainder(a, b)


def maximum(*parts: sp.Expr) -> sp.Expr:
    """Return the greatest. Rules: max(max(a, b), c) = max(a, b, c); max(a, a) = a; numbers are compared."""
    return extremum(heads.Maximum, max, parts)


def minimum(*parts: sp.Expr) -> sp.Expr:
    """Return the least. Rules: min(min(a, b), c) = min(a, b, c); min(a, a) = a; numbers are compared."""
    return extremum(heads.Minimum, min, parts)


def extremum(head: type[sp.Expr], choose: Callable[[Any], Any], parts: tuple[sp.Expr, ...]) -> sp.Expr:
    """Return the greatest or least of some expressions."""
    if not parts:
        raise FragmentError("a maximum or minimum has at least one argument")
    flat = dict.fromkeys(inner for part in parts for inner in (part.args if isinstance(part, head) else (part,)))
    numbers = [part for part in flat if part.is_Rational]
    kept = [part for part in flat if not part.is_Rational] + ([choose(numbers)] if numbers else [])
    return kept[0] if len(kept) == 1 else head(*kept)


def delta(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return [a = b]. Rules: it is decided where a − b is a literal number; [a = b] = [b = a]."""
    difference = a - b
    if difference.is_Rational:
        return sp.S.One if difference == 0 else sp.S.Zero
    exchanged = a.is_Rational or (not b.is_Rational and sp.default_sort_key(b) < sp.default_sort_key(a))
    return heads.Delta(b, a) if exchanged else heads.Delta(a, b)


def bracket(holds: Any) -> sp.Expr:
    """Return [condition]. Rules: [true] = 1, [false] = 0; for an equation it is Kronecker's delta."""
    if holds in (sp.true, sp.false):
        return sp.S.One if holds == sp.true else sp.S.Zero
    return delta(*holds.args) if isinstance(holds, heads.Equal) else heads.Bracket(holds)


def where(holds: Any, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return a where the condition holds, else b. Rules: a condition that is decided chooses; equal ones are one."""
    if holds in (sp.true, sp.false):
        return a if holds == sp.true else b
    return a if a == b else heads.Where(holds, a, b)


def added_where(holds: Any, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return a where the condition holds, else b, as the sum [condition]·a + [not condition]·b."""
    return bracket(holds) * a + bracket(negation(holds)) * b


# Conditions


def compare(sign: str, a: sp.Expr, b: sp.Expr) -> Any:
    """Return the condition `a sign b`. Rule: it is decided where a − b is a literal number."""
    difference = a - b
    if difference.is_Rational:
        facts = {"=": difference == 0, "!=": difference != 0, ">=": difference >= 0, "<=": difference <= 0}
        facts |= {">": difference > 0, "<": difference < 0}
        return sp.true if facts[sign] else sp.false
    return heads.COMPARISONS[sign](a, b)


def all_of(*parts: Any) -> Any:
    """Return the conjunction. Rules: nested ones are one, true is left out, a condition counts once, false decides."""
    return connected(heads.Conjunction, sp.true, sp.false, parts)


def any_of(*parts: Any) -> Any:
    """Return the disjunction. Rules: nested ones are one, false is left out, a condition counts once, true decides."""
    return connected(heads.Disjunction, sp.false, sp.true, parts)


def connected(head: type[heads.Connective], neutral: Any, decisive: Any, parts: tuple[Any, ...]) -> Any:
    """Return several conditions as one."""
    flat = dict.fromkeys(inner for part in parts for inner in (part.args if isinstance(part, head) else (part,)))
    flat.pop(neutral, None)
    if decisive in flat:
        return decisive
    return head(*flat) if len(flat) > 1 else next(iter(flat), neutral)


def negation(holds: Any) -> Any:
    """Return the opposite. Rules: not not a = a; not (a < b) = (a ≥ b), and so on; true and false are exchanged."""
    if holds in (sp.true, sp.false):
        return sp.false if holds == sp.true else sp.true
    if isinstance(holds, heads.Negation):
        return holds.args[0]
    if isinstance(holds, heads.Comparison):
        return heads.COMPARISONS[OPPOSITE[holds.sign]](*holds.args)
    return heads.Negation(holds)


def equivalent(a: Any, b: Any) -> Any:
    """Return the condition that both hold or neither. Rule: a condition is equivalent to itself."""
    return sp.true if a == b else any_of(all_of(a, b), all_of(negation(a), negation(b)))


def conjuncts(holds: Any) -> tuple[Any, ...]:
    """Return the conditions that hold together, if a condition is a conjunction; else itself."""
    return holds.args if isinstance(holds, heads.Conjunction) else (holds,)


BUILDERS: dict[type[sp.Basic], Callable[..., Any]] = {
    heads.Floor: floor,
    heads.Ceiling: ceiling,
    heads.Remainder: lambda a, b: heads.Remainder(a, b) if b.is_Rational and b < 1 else remainder(a, b),
    heads.Maximum: maximum,
    heads.Minimum: minimum,
    heads.Delta: delta,
    heads.Bracket: bracket,
    heads.Where: where,
    heads.Inverse: lambda b: heads.Inverse(b) if b.is_Rational and b <= 0 else divide(sp.S.One, b),
    heads.Conjunction: all_of,
    heads.Disjunction: any_of,
    heads.Negation: negation,
    **{kind: (lambda a, b, sign=sign: compare(sign, a, b)) for sign, kind in heads.COMPARISONS.items()},
}


def rebuilt(e: sp.Basic, parts: list[Any]) -> Any:
    """Return an expression or condition with other parts, written by the rules."""
    return BUILDERS.get(type(e), e.func)(*parts)


# What an expression is written as


@lru_cache(maxsize=4096)
def as_quotient(e: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return the numerator and the denominator of an expression, whose terms are put over one denominator.

    >>> from cnn_symbolic.expressions.formulas import size
    >>> as_quotient(divide(size("M"), size("S")) + 1)
    (M + S, S)
    """
    top, number, factors = over_one(e)
    return top, sp.Mul(number, *(base**exponent for base, exponent in factors.items()))


def over_one(e: sp.Expr) -> tuple[sp.Expr, int, dict[sp.Expr, int]]:
    """Return the numerator of an expression, and its denominator as an integer times powers of divisors."""
    if isinstance(e, sp.Rational):
        return sp.Integer(e.p), int(e.q), {}
    if isinstance(e, heads.Inverse):
        return sp.S.One, 1, {e.args[0]: 1}
    if isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp > 0:
        top, number, factors = over_one(e.base)
        power = int(e.exp)
        return top**power, number**power, {base: n * power for base, n in factors.items()}
    if not isinstance(e, sp.Add | sp.Mul):
        return e, 1, {}
    parts = list(map(over_one, e.args))
    counts = [Counter(factors) for _, _, factors in parts]
    if isinstance(e, sp.Mul):
        number = math.prod(inner for _, inner, _ in parts)
        return sp.Mul(*(top for top, _, _ in parts)), number, sum(counts, Counter())
    number, common = math.lcm(*(inner for _, inner, _ in parts)), reduce(operator.or_, counts)
    tops = []
    for top, inner, factors in parts:
        missing = (base ** (n - factors.get(base, 0)) for base, n in common.items())
        tops.append(sp.Mul(number // inner, top, *missing))
    return sp.Add(*tops), number, common


@lru_cache(maxsize=4096)
def at_least(e: sp.Expr, low: int) -> bool:
    """Tell whether an expression is `low` or more at all sizes, as its coefficients show.

    Every size is its least value and something more, every head whose least value is known as well; where no
    coefficient of what is left over is negative, the expression is at least its constant.

    >>> from cnn_symbolic.expressions.formulas import size
    >>> at_least(size("I") + size("J") - 1, 1), at_least(size("I") - size("J"), 0)
    (True, False)
    """
    unknown = False

    def shifted(atom: sp.Expr) -> sp.Expr:
        nonlocal unknown
        bound = lower_bound(atom)
        unknown = unknown or bound is None
        return sp.Dummy() + (bound or 0)

    known: dict[sp.Expr, sp.Expr] = {}
    rest = sp.expand(over_atoms(e, lambda atom: known.setdefault(atom, shifted(atom))) - low)
    if unknown:
        return False
    return all(term.as_coeff_Mul()[0] >= 0 for term in sp.Add.make_args(rest))


def clearly_defined(conditions: Iterable[Any]) -> tuple[Any, ...]:
    """Return those of some conditions or sizes that divide by nothing but what `at_least` sees to be one or more."""
    return tuple(holds for holds in conditions if all(at_least(e, 1) for e in heads.divisors(holds)))


def over_atoms(e: sp.Expr, change: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """Return a polynomial with the symbols and heads that it is made from replaced, but not those inside of heads."""
    if isinstance(e, sp.Rational):
        return e
    if isinstance(e, sp.Add | sp.Mul) or (isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp > 0):
        return e.func(*(part if part.is_Rational else over_atoms(part, change) for part in e.args))
    return change(e)


# Whether a head is at least an integer where all of its parts are, or where any is.
NEEDED: dict[type[sp.Basic], Callable[[Iterable[bool]], bool]] = {
    heads.Floor: all,
    heads.Ceiling: all,
    heads.Maximum: any,
    heads.Minimum: all,
    heads.Where: all,
}


def lower_bound(atom: sp.Expr) -> int | None:
    """Return a number that a size or head is never below, wherever it is defined; None if none is seen."""
    if is_plain_size(atom):
        return least(atom)
    if isinstance(atom, heads.Remainder | heads.Delta | heads.Bracket | heads.Inverse):
        return 0
    if (needed := NEEDED.get(type(atom))) is None:
        return None
    parts = atom.args[1:] if isinstance(atom, heads.Where) else atom.args
    return next((bound for bound in (1, 0) if needed(at_least(part, bound) for part in parts)), None)


def is_condition(value: Any) -> bool:
    """Tell whether a value is a condition; in SymPy every symbol is a truth value too."""
    return isinstance(value, Boolean) and not isinstance(value, sp.Expr)
