"""Sizes, indices and conditions as Coq writes them: integers, booleans for a statement, propositions for assumptions.

Trusted, as the statement of a certificate is made here: ⌊a/b⌋ is Coq's `a / b`, the remainder its `mod`, both
defined as Euclid does for positive divisors; that every divisor is positive is stated and proved beside the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, TypeVar

import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import without_cases
from cnn_symbolic.expressions.rules import as_quotient, at_least

T = TypeVar("T")
Names = Mapping[sp.Symbol, str]
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron "
    "pi rho sigma tau upsilon phi chi psi omega"
)
LETTERS = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", GREEK.split(), strict=True)) | {"∂": "d", "′": "_prime", "/": "_by_"}
# The comparison, its boolean, its constructor among the conditions of a proof, and its sign as a proposition.
RELATIONS: dict[type[heads.Comparison], tuple[str, str, str]] = {
    heads.AtMost: ("<=?", "LessEqual", "<="),
    heads.Less: ("<?", "Less", "<"),
    heads.Equal: ("=?", "Equal", "="),
}
MIRRORED: dict[type[heads.Comparison], type[heads.Comparison]] = {
    heads.AtLeast: heads.AtMost,
    heads.Greater: heads.Less,
}


def from_right(join: Callable[[T, T], T], parts: Sequence[T]) -> T:
    """Return parts joined two by two, from the right: a and (b and c)."""
    return reduce(lambda later, part: join(part, later), reversed(parts[:-1]), parts[-1])


def identifier(prefix: str, name: str, taken: Iterable[str]) -> str:
    """Return a Coq identifier for a name, with a prefix that no word of Coq has, and none that is taken."""
    spelled = "".join(LETTERS.get(c, c if c.isascii() and (c.isalnum() or c == "_") else f"_{ord(c):x}") for c in name)
    chosen, number = f"{prefix}_{spelled}", 1
    used = set(taken)
    while chosen in used:
        number += 1
        chosen = f"{prefix}_{spelled}_{number}"
    return chosen


def integer_text(e: Any, names: Names) -> str:
    """Return an integer expression in sizes and indices as Coq writes it."""
    e = sp.Integer(e) if isinstance(e, int) else e
    if e.is_Integer:
        return str(e) if e >= 0 else f"({e})"
    if e.is_Symbol:
        if e not in names:
            raise NotCertified(f"{e} is neither a size nor an index")
        return names[e]
    if isinstance(e, sp.Add):
        first, *rest = sorted(e.args, key=taken_away)
        signs = (" - " if taken_away(part) else " + " for part in rest)
        texts = (integer_text(-part if taken_away(part) else part, names) for part in rest)
        return f"({integer_text(first, names)}{''.join(map(''.join, zip(signs, texts, strict=True)))})"
    if isinstance(e, sp.Mul) and e.args[0] == -1:
        return f"(- {integer_text(-e, names)})"
    if isinstance(e, sp.Mul) and not has_fraction(e):
        return f"({' * '.join(integer_text(part, names) for part in e.args)})"
    if isinstance(e, sp.Pow) and e.exp.is_Integer and 1 < e.exp <= 8:
        return f"({' * '.join([integer_text(e.base, names)] * int(e.exp))})"
    if isinstance(e, heads.Floor | heads.Ceiling):
        top, bottom = as_quotient(e.args[0])
        if isinstance(e, heads.Ceiling):
            return f"(- ({integer_text(sp.expand(-top), names)} / {integer_text(bottom, names)}))"
        return f"({integer_text(top, names)} / {integer_text(bottom, names)})"
    if isinstance(e, heads.Remainder):
        return f"({integer_text(e.args[0], names)} mod {integer_text(e.args[1], names)})"
    if isinstance(e, heads.Maximum | heads.Minimum):
        word = "Z.max" if isinstance(e, heads.Maximum) else "Z.min"
        return from_right(f"({word} {{}} {{}})".format, [integer_text(part, names) for part in e.args])
    if isinstance(e, heads.Where):
        holds, chosen, other = e.args
        return f"(if {boolean_text(holds, names)} then {integer_text(chosen, names)} else {integer_text(other, names)})"
    raise NotCertified(f"{e} ({type(e).__name__}) is not an integer expression")


def taken_away(part: sp.Expr) -> bool:
    """Tell whether a term of a sum is written with a minus sign."""
    return bool(part.could_extract_minus_sign())


def has_fraction(e: sp.Expr) -> bool:
    """Tell whether an expression divides outside of ⌊ ⌋, ⌈ ⌉ and mod."""
    if isinstance(e, heads.Floor | heads.Ceiling | heads.Remainder):
        return False
    if e.is_Rational:
        return not e.is_Integer
    return isinstance(e, heads.Inverse) or any(map(has_fraction, e.args))


def relation_of(holds: Any) -> tuple[type[heads.Comparison], sp.Expr, sp.Expr]:
    """Return a comparison as ≤, < or =, with its two sides; fractions are multiplied out, by positive divisors only."""
    kind = type(holds)
    if kind not in RELATIONS and kind not in MIRRORED:
        raise NotCertified(f"{holds} is not a condition on indices and sizes")
    left, right = holds.lhs, holds.rhs
    if kind in MIRRORED:
        kind, left, right = MIRRORED[kind], right, left
    if has_fraction(left) or has_fraction(right):
        top, bottom = as_quotient(left - right)
        if not at_least(bottom, 1):
            raise NotCertified(f"{holds} divides by {bottom}, whose sign is not known")
        left, right = sp.expand(top), sp.S.Zero
    return kind, left, right


def boolean_text(holds: Any, names: Names) -> str:
    """Return a condition as a boolean, which guards can be given."""
    if holds in (sp.true, sp.false):
        return "true" if holds == sp.true else "false"
    if isinstance(holds, heads.Conjunction | heads.Disjunction):
        word = "&&" if isinstance(holds, heads.Conjunction) else "||"
        return from_right(f"({{}} {word} {{}})".format, [boolean_text(part, names) for part in holds.args])
    if isinstance(holds, heads.Negation):
        return f"negb {boolean_text(holds.args[0], names)}".join("()")
    if holds.has(heads.Where):
        return boolean_text(without_cases(holds), names)
    if isinstance(holds, heads.Unequal):
        return f"(negb {boolean_text(heads.Equal(holds.lhs, holds.rhs), names)})"
    kind, left, right = relation_of(holds)
    return f"({integer_text(left, names)} {RELATIONS[kind][0]} {integer_text(right, names)})"


def condition_text(holds: Any, names: Names, scope: Callable[[str], str]) -> str:
    """Return a condition as one of the proof's conditions, whose test is the boolean of `boolean_text`.

    `scope` makes an integer expression a function of the bound indices.
    """
    if holds in (sp.true, sp.false):
        return "Yes" if holds == sp.true else "(Not Yes)"
    if isinstance(holds, heads.Conjunction | heads.Disjunction):
        word = "And" if isinstance(holds, heads.Conjunction) else "Or"
        return from_right(f"({word} {{}} {{}})".format, [condition_text(part, names, scope) for part in holds.args])
    if isinstance(holds, heads.Negation):
        return f"(Not {condition_text(holds.args[0], names, scope)})"
    if holds.has(heads.Where):
        return condition_text(without_cases(holds), names, scope)
    if isinstance(holds, heads.Unequal):
        return f"(Not {condition_text(heads.Equal(holds.lhs, holds.rhs), names, scope)})"
    kind, left, right = relation_of(holds)
    return f"({RELATIONS[kind][1]} {scope(integer_text(left, names))} {scope(integer_text(right, names))})"


def proposition_text(holds: Any, names: Names) -> str:
    """Return a condition as a proposition, which assumptions and requirements are."""
    if holds in (sp.true, sp.false):
        return "True" if holds == sp.true else "False"
    if isinstance(holds, heads.Conjunction | heads.Disjunction):
        word = " /\\ " if isinstance(holds, heads.Conjunction) else " \\/ "
        return f"({word.join(proposition_text(part, names) for part in holds.args)})"
    if isinstance(holds, heads.Negation):
        return f"(~ {proposition_text(holds.args[0], names)})"
    if holds.has(heads.Where):
        return proposition_text(without_cases(holds), names)
    if isinstance(holds, heads.Unequal):
        return f"({integer_text(holds.lhs, names)} <> {integer_text(holds.rhs, names)})"
    kind, left, right = relation_of(holds)
    return f"({integer_text(left, names)} {RELATIONS[kind][2]} {integer_text(right, names)})"
