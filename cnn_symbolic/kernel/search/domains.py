"""The conditions on the sizes that a claim is about, as people read them: those that follow from others left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from math import ceil, floor, gcd
from operator import neg
from typing import Any, TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.heads import Floor, Maximum
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import all_of, any_of, compare, divide, remainder
from cnn_symbolic.kernel.trusted.drafts import DefinedSymbol, Draft
from cnn_symbolic.kernel.trusted.factors import products_of
from cnn_symbolic.kernel.trusted.polynomials import (
    AllOf,
    Condition,
    Polynomial,
    Relation,
    symbols_in,
    whole,
)
from cnn_symbolic.kernel.trusted.products import Lowering
from cnn_symbolic.kernel.trusted.unknowns import Coordinates, UnknownSets

# The functions that symbols stand for.
Defined: TypeAlias = Mapping[sp.Symbol, DefinedSymbol]
# How many multiples of a congruence are looked at, to write it with the smallest numbers.
MOST_UNITS = 40
# How many terms a rounding counts as, and how many times the letters a formula without it may have.
ROUNDING, TIMES_LONGER = 16, 2


@lru_cache(maxsize=64)
def stated_domain(
    sizes: tuple[sp.Symbol, ...], conditions: tuple[sp.Basic, ...], factors: tuple[sp.Symbol, ...]
) -> tuple[Boolean, ...]:
    """Return the conditions on the sizes as inequalities of sums, such as `D·(I - 1) ≤ M + P`.

    Those that follow from the others are left out.
    """
    lowering = Lowering(sizes, ())
    stated = list(dict.fromkeys(conditions))
    lowered = [lowering.conditions([holds]) for holds in stated]
    sets = UnknownSets(sizes, (), lowering.sizes.unknowns)
    monomials = lowering.sizes.monomials()
    of_sizes = Coordinates(sets, monomials, products_of(factors, [monomials]))
    kept = list(range(len(stated)))
    with sets.within_limits():
        everywhere = sets.sizes_where_all(lowering.sizes.facts)
        where = [everywhere.intersect(sets.sizes_where_all(holding)) for holding in lowered]
        for k in range(len(stated)):
            others = reduce(lambda a, b: a.intersect(b), (where[j] for j in kept if j != k), everywhere)
            if of_sizes.impossible(others.subtract(where[k])):
                kept.remove(k)
    return tuple(dict.fromkeys(multiplied_out(stated[k]) for k in kept))


@lru_cache(maxsize=4096)
def multiplied_out(holds: Any) -> Boolean:
    """Return a condition as people write it, the same at all sizes.

    Comparisons are between sums of products, `a ≤ b`; `⌊a/b⌋ ≥ n` becomes `n·b ≤ a`, and `b·⌊a/b⌋ = a` a remainder.

    >>> from cnn_symbolic.expressions.formulas import size
    >>> M, I, S = map(size, "MIS")
    >>> print(multiplied_out(compare(">=", S * I - M, S)))
    M <= S*(I - 1)
    """
    draft = Draft()
    return formula_of(draft.condition(holds), draft)


def formula_of(lowered: Condition, draft: Draft) -> Boolean:
    """Return a condition as a formula, with the functions that a draft has defined for it."""
    if not isinstance(lowered, Relation):
        parts = [formula_of(part, draft) for part in lowered.parts]
        made: Boolean = (all_of if isinstance(lowered, AllOf) else any_of)(*parts)
        return made
    defined = {next(iter(symbols_in(d.value))): d for d in draft.defined}
    sign, p = lowered.sign, without_common(lowered)
    quotients = [s for s in symbols_in(p) if s in defined and defined[s].kind == "quotient"]
    if len(quotients) == 2 and sign != ">=" and (found := of_two(sign, p, [defined[s] for s in quotients], defined)):
        return found
    if len(quotients) == 1:
        if (found := of_remainder(sign, p, quotients[0], defined)) is not None:
            return found
        number = p.get((quotients[0],), 0)
        others = p - Polynomial({(quotients[0],): number})
        if abs(number) == 1 and not symbols_in(others) & set(defined) and sign == ">=":
            top, bottom = defined[quotients[0]].arguments
            p = top + bottom * others if number == 1 else bottom * others + bottom - top - 1
            p = without_common(Relation(sign, p))
    return comparison(sign, p, defined)


def without_common(relation: Relation) -> Polynomial:
    """Return the polynomial of a relation divided by what is common to its numbers: `2·M ≥ 3` is `M ≥ 2`."""
    p = relation.polynomial
    common = gcd(*(int(n) for m, n in p.items() if m)) or 1
    constant = Fraction(p.get((), 0), common)
    if relation.sign != ">=" and constant.denominator > 1:
        return p
    return Polynomial({m: int(n) // common for m, n in p.items() if m}) + floor(constant)


def comparison(sign: str, p: Polynomial, defined: Defined) -> Boolean:
    """Return `p ≥ 0`, `p = 0` or `p ≠ 0` between sums, the smaller side first, a number last.

    There are no minus signs but in `U ≤ M - I + 1`, which is about one size.
    """
    terms = factored(p, defined)
    below, above = (sp.Add(*(t for t in side if not t.could_extract_minus_sign())) for side in (map(neg, terms), terms))
    if sign != ">=":
        one, other = sorted((below, above), key=lambda e: (e.is_Integer, not e.is_Symbol, len(e.args), str(e)))
        return compare(sign, one, other)
    if below.is_Integer:
        return compare(">=", above, below)
    of_two = isinstance(below, sp.Add) and len(below.args) == 2 and all(part.is_Symbol for part in below.args)
    if of_two and not above.is_Integer:
        other, below = sorted(below.args, key=str)
        above -= other
    strict = below.as_coeff_Add()[0] == 1 and not above.is_Integer
    return compare("<", below - 1, above) if strict else compare("<=", below, above)


def factored(p: Polynomial, defined: Defined) -> list[sp.Expr]:
    """Return the terms of a polynomial, `D·I - D` as `D·(I - 1)`."""
    left, terms = dict(p), []
    for m, n in sorted(p.items(), key=lambda term: str(term[0])):
        for at, last in enumerate(m if len(m) > 1 else ()):
            others = m[:at] + m[at + 1 :]
            if m in left and left.get(others) == -n:
                del left[m], left[others]
                terms.append(n * sp.Mul(sum_of(Polynomial({others: 1}), defined), value_of(last, defined) - 1))
    return [*terms, *(sum_of(Polynomial({m: n}), defined) for m, n in left.items())]


def of_remainder(sign: str, p: Polynomial, quotient: sp.Symbol, defined: Defined) -> Boolean | None:
    """Return a relation in which `b·⌊a/b⌋` occurs in terms of `a mod b`; None where it is no simpler so."""
    top, bottom = defined[quotient].arguments
    if any(m.count(quotient) > 1 for m in p):
        return None
    factor = Polynomial({tuple(s for s in m if s != quotient): n for m, n in p.items() if quotient in m})
    ratio = Fraction(factor.get(next(iter(bottom)), 0), bottom[next(iter(bottom))])
    if factor != times(bottom, ratio):
        return None
    rest = p - Polynomial({m: n for m, n in p.items() if quotient in m}) + times(top, ratio)
    value = times(rest, 1 / ratio)  # what the remainder is compared with
    if not symbols_in(value):
        return remainder_is(
            sign if sign != ">=" else "<=" if ratio > 0 else ">=", top, bottom, value.get((), 0), defined
        )
    if sign != "=" or len(value) > 1 or value != whole(value)[0]:
        return None
    return compare(
        "=", sum_of(value, defined), heads.Remainder(*(sp.Add(*factored(q, defined)) for q in (top, bottom)))
    )


def of_two(sign: str, p: Polynomial, both: Sequence[DefinedSymbol], defined: Defined) -> Boolean | None:
    """Return `a mod n = b mod n`, or ≠, as `(a - b) mod n = 0`; None for other relations."""
    (one, bottom), (other, other_bottom) = (d.arguments for d in both)
    first, second = (top - bottom * d.value for top, d in zip((one, other), both, strict=True))
    if bottom != other_bottom or p not in (first - second, second - first):
        return None
    return remainder_is(sign, one - other, bottom, 0, defined)


def times(p: Polynomial, ratio: Fraction) -> Polynomial:
    """Return a multiple of a polynomial."""
    return Polynomial({m: n * ratio for m, n in p.items()})


def remainder_is(sign: str, top: Polynomial, bottom: Polynomial, value: Any, defined: Defined) -> Boolean | None:
    """Return how the remainder of a quotient compares with a number, as an equation or ≠ where it is one."""
    literal = int(bottom[()]) if set(bottom) == {()} else None
    value = floor(value) if sign == "<=" else ceil(value) if sign == ">=" else value
    if sign == "<=" and literal is not None and value == literal - 2:
        sign, value = "!=", literal - 1
    elif sign == ">=" and value == 1:
        sign, value = "!=", 0
    elif (sign, value) == ("<=", 0) or (sign == ">=" and literal is not None and value == literal - 1):
        sign = "="
    if value.denominator != 1 or value < 0 or (literal is not None and value >= literal):
        return None
    if literal is not None and sign in ("=", "!="):
        return residue_is(sign, top, literal, int(value), defined)
    signs = [n > 0 for _, n in sorted((str(m), n) for m, n in top.items() if m)]
    if value == 0 and (sum(signs) * 2, signs[-1:]) < (len(signs), [True]):
        top = -top
    return compare(sign, remainder_of(top, bottom, defined), sp.Integer(value))


def remainder_of(top: Polynomial, bottom: Polynomial, defined: Defined) -> sp.Expr:
    """Return the remainder of a division as an expression."""
    return remainder(*(sp.Add(*factored(p, defined)) for p in (top, bottom)))


def residue_is(sign: str, top: Polynomial, n: int, value: int, defined: Defined) -> Boolean:
    """Return `top mod n = value`, or ≠, with the smallest numbers: `M mod 3 = 2`, `(M - I + 1) mod 3 = 0`."""
    value = int(value - top.get((), 0)) % n
    numbers = {m: int(k) for m, k in top.items() if m}
    common = gcd(n, *numbers.values())
    if value % common:
        return sp.false if sign == "=" else sp.true
    n, value, numbers = n // common, value // common, {m: k // common for m, k in numbers.items()}
    units = [u for u in range(1, max(n, 2)) if gcd(u, n) == 1][:MOST_UNITS]

    def centred(k: int) -> int:
        return (k + (n - 1) // 2) % n - (n - 1) // 2

    def cost(u: int) -> tuple[int, int]:
        found = [centred(u * k) for k in numbers.values()]
        return sum(map(abs, found)), sum(k < 0 for k in found)

    unit = min(units, key=cost)
    p, value = (
        Polynomial({m: k for m, k in ((m, centred(unit * k)) for m, k in numbers.items()) if k}),
        unit * value % n,
    )
    if n == 2 and sign == "!=":
        sign, value = "=", 1 - value
    if n > 2 and value and (len(p) > 1 or 1 not in p.values()):
        p, value = p + centred(-value), 0
    return compare(sign, remainder(sum_of(p, defined), sp.Integer(n)), sp.Integer(value))


def sum_of(p: Polynomial, defined: Defined) -> sp.Expr:
    """Return a polynomial as an expression, with the functions that its symbols stand for."""
    return sp.Add(*(n * sp.Mul(*(value_of(s, defined) for s in monomial)) for monomial, n in p.items()))


def value_of(symbol: sp.Symbol, defined: Defined) -> sp.Expr:
    """Return a size, or the function that a symbol stands for."""
    if symbol not in defined:
        return symbol
    arguments = [sp.Add(*factored(p, defined)) for p in defined[symbol].arguments]
    if defined[symbol].kind == "quotient":
        top, bottom = arguments
        return Floor(divide(top, bottom))
    return Maximum(*arguments)


# How long formulas are


@lru_cache(maxsize=4096)
def length(condition: Boolean) -> tuple[int, int]:
    """Return what formulas for the same sizes are compared by: roundings, terms and inequalities, then letters.

    Many terms in one comparison count more than in several: `I = 1 and J = 1` is shorter than `I + J = 2`.
    """
    text = written(condition)
    return ROUNDING * text.count("⌊") + sum(map(weight, comparisons(condition))), len(text)


def is_shorter(one: Boolean, other: Boolean) -> bool:
    """Tell whether a formula has less than another one: letters, or roundings without many more letters."""
    letters, others = written(one), written(other)
    fewer = letters.count("⌊") < others.count("⌊")
    return length(one) < length(other) and len(letters) <= len(others) * (TIMES_LONGER if fewer else 1)


def weight(part: Boolean) -> int:
    """Return what the terms of a comparison count, a second remainder as a rounding."""
    remainders = [side for side in part.args if isinstance(side, heads.Remainder)]
    terms = sum(len(sp.Add.make_args(side.args[0] if side in remainders else side)) for side in part.args)
    unequal = not isinstance(part, heads.Equal)
    return 2 * max(terms - 1, 1) ** 2 + unequal + ROUNDING * (len(remainders) > 1)


def order(condition: Boolean) -> tuple[Any, ...]:
    """Return what cases are sorted by: the short ones first, remainders last, numbers by what they are."""
    pieces = re.split(r"(\d+)", written(condition))
    parts = len(comparisons(condition)), condition.has(heads.Remainder), length(condition)
    return *parts, [*zip(pieces[::2], map(int, [*pieces[1::2], "0"]), strict=True)]


def comparisons(condition: Boolean) -> list[Boolean]:
    """Return the comparisons that a condition is made from."""
    if not isinstance(condition, heads.Connective):
        return [condition]
    return [each for part in condition.args for each in comparisons(part)]
