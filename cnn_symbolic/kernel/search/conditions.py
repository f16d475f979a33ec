"""Sets of sizes as conditions: the text that isl gives of a set, read as formulas, and the shortest that are found.

What is said is the same set within a domain as what isl gives; isl is asked so of every formula.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from itertools import chain, product
from math import prod

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.printing import divisibility, is_list, written
from cnn_symbolic.expressions.rules import all_of, any_of, as_quotient, conjuncts, negation
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.kernel.search.domains import is_shorter, length, multiplied_out, order
from cnn_symbolic.kernel.trusted.integer_sets import MOST_OPERATIONS as DECIDING
from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet, Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason

MOST_OPERATIONS = TO_SHORTEN = 1_000_000
# How many cases are looked at, by which numbers a division is told apart in cases; bounds that many cases share.
MOST_CASES, LARGEST_DIVISOR, MOST_SHARED = 16, 6, 2
# From isl's notation to Python's: `2p1 >= 5 and p0 mod 2 = 0` becomes `2*p1 >= 5 and p0 % 2 == 0`.
PYTHON = ((r"\b(\d+)(?=[a-z(])", r"\1*"), (r"\bmod\b", "%"), (r"(?<![<>!])=", "=="), (r"\bfalse\b", "False"))
COMPARISONS: dict[type, type[heads.Comparison]] = {
    ast.Eq: heads.Equal,
    ast.NotEq: heads.Unequal,
    ast.GtE: heads.AtLeast,
    ast.Gt: heads.Greater,
    ast.LtE: heads.AtMost,
    ast.Lt: heads.Less,
}
ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def conditions_of(sets: Sets, sizes: IntegerSet) -> tuple[Boolean, ...]:
    """Return the conditions that say which sizes are in a set: none for all, `false` for no sizes.

    Raises DisagreementError if they are those of another set, NotReadable if isl writes them in a way that is not read.
    """
    found = sizes.coalesce()
    text = found.to_str() if "exists" not in found.to_str() else found.compute_divs().to_str()
    python = text[text.index("{") + 1 : text.rindex("}")].strip().removeprefix(":").strip()
    if not python:
        return ()
    for pattern, replacement in PYTHON:
        python = re.sub(pattern, replacement, python)
    try:
        parsed = ast.parse(f"({python})", mode="eval").body
    except (SyntaxError, MemoryError, RecursionError):
        raise NotReadable(Reason.LIMIT, f"the sizes {text[:200]} have no conditions that are read here") from None
    condition = Reading(sets.sizes).condition(parsed)
    if not sets.sizes_where([condition]).is_equal(sizes.intersect(sets.sizes_where([]))):
        raise DisagreementError(f"the sizes {text} are other ones than those where {condition}")
    return tuple(conjuncts(condition))


class Reading:
    """Reads conditions in Python's notation on the sizes p0, p1, …"""

    def __init__(self, sizes: Sequence[sp.Symbol]) -> None:
        self.sizes = {f"p{k}": size for k, size in enumerate(sizes)}

    def condition(self, node: ast.expr) -> Boolean:
        """Return a condition."""
        match node:
            case ast.BoolOp():
                head = heads.Conjunction if isinstance(node.op, ast.And) else heads.Disjunction
                return head(*map(self.condition, node.values))
            case ast.Constant():
                return sp.true if node.value else sp.false
            case ast.Compare():
                values = [self.number(part) for part in (node.left, *node.comparators)]
                signs = [COMPARISONS[type(sign)] for sign in node.ops]
                parts = [sign(a, b) for sign, a, b in zip(signs, values, values[1:], strict=False)]
                return parts[0] if len(parts) == 1 else heads.Conjunction(*parts)
        raise unread(node)

    def number(self, node: ast.expr) -> sp.Expr:
        """Return an integer expression, `p - n⌊p/n⌋` as a remainder."""
        match node:
            case ast.Constant():
                return sp.Integer(node.value)
            case ast.Name():
                return self.sizes[node.id]
            case ast.UnaryOp():
                return -self.number(node.operand)
            case ast.Call():
                return heads.Floor(self.number(node.args[0]))
            case ast.BinOp(op=ast.Mod()):
                return heads.Remainder(self.number(node.left), self.number(node.right))
            case ast.BinOp():
                left, right = self.number(node.left), self.number(node.right)
                quotient, number = right.as_coeff_Mul()[::-1]
                if isinstance(node.op, ast.Sub) and quotient == heads.Floor(left / number):
                    return heads.Remainder(left, number)
                return ARITHMETIC[type(node.op)](left, right)
        raise unread(node)


def unread(node: ast.expr) -> NotReadable:
    """Return the error for a part of isl's text that is none of those known here."""
    return NotReadable(Reason.LIMIT, f"a set of sizes is written with {ast.unparse(node)}")


@contextmanager
def operations(sets: Sets, most: int) -> Iterator[None]:
    """Give what is computed inside operations of its own, and leave the others as they are."""
    sets.context.reset_operations()
    sets.context.set_max_operations(most)
    try:
        yield
    finally:
        sets.context.reset_operations()
        sets.context.set_max_operations(DECIDING)


def weakest(sets: Sets, domain: IntegerSet, bad: IntegerSet) -> Boolean | None:
    """Return the condition under which sizes of the domain are not bad, as it is said within that.

    `false` is never. None where it takes too long: the condition has operations of its own, and does without them.
    """
    if sets.exhausted():
        return None
    try:
        with operations(sets, MOST_OPERATIONS), sets.within_limits():
            good = domain.subtract(bad)
            found = sp.false if good.is_empty() else all_of(*conditions_of(sets, good.coalesce().gist(domain)))
    except NotReadable:
        return None
    return shortest(sets, domain, found)


def as_said(sets: Sets, points: IntegerSet) -> tuple[Boolean, ...]:
    """Return the conditions that say which sizes are in a set, as they are said; raise NotReadable if none are read."""
    everywhere = sets.sizes_where([])
    if points.is_empty():
        return (sp.false,)
    condition = shortest(sets, everywhere, all_of(*conditions_of(sets, points.coalesce().gist(everywhere))))
    return () if condition == sp.true else tuple(conjuncts(condition))


# The shortest way to say it

# A case is conditions that hold together, none of them made of others.
Case = tuple[Boolean, ...]


def shortest(sets: Sets, domain: IntegerSet, condition: Boolean) -> Boolean:
    """Return the shortest formula that is found for the same sizes of a domain; the condition itself if it is that.

    What follows from the domain is left out, and so are cases that follow from others. Each formula is compared with
    the condition, as sets; one that takes too long to be compared is not looked at.
    """
    try:
        with operations(sets, TO_SHORTEN), sets.within_limits():
            within = Within(sets, domain)
            good = within.where(condition)
            said = multiplied_out(condition)
            fits = length(said) <= length(condition) and len(written(said)) <= len(written(condition))
            if fits and within.where(said).is_equal(good):
                condition = said
            while True:
                found = [each for each in within.formulas(condition) if within.where(each).is_equal(good)]
                best = min([condition, *(each for each in found if is_shorter(each, condition))], key=length)
                if length(best) == length(condition):
                    said = within.finished(within.headed(best), domain)
                    best = said if within.where(said).is_equal(good) else best
                    if length(best) >= length(condition):
                        return best
                condition = best
    except NotReadable:
        return condition


def cases_of(condition: Boolean) -> list[Case]:
    """Return the cases of a condition, of which one has to hold; raise NotReadable if there are too many."""
    if condition in (sp.true, sp.false):
        return [()] if condition == sp.true else []
    if isinstance(condition, heads.Disjunction):
        found = [case for part in condition.args for case in cases_of(part)]
    elif isinstance(condition, heads.Conjunction):
        each = [cases_of(part) for part in condition.args]
        if prod(map(len, each)) > MOST_CASES:
            raise NotReadable(Reason.LIMIT, "a condition has too many cases")
        found = [tuple(dict.fromkeys(chain(*parts))) for parts in product(*each)]
    elif (said := multiplied_out(condition)) != condition:
        return cases_of(said)
    else:
        return cases_of(apart) if (apart := by_remainder(condition)) is not None else [(condition,)]
    if len(found) > MOST_CASES:
        raise NotReadable(Reason.LIMIT, "a condition has too many cases")
    return list(dict.fromkeys(found))


def by_remainder(holds: Boolean) -> Boolean | None:
    """Return a comparison that rounds a quotient by a small number in cases, one for each remainder; None for others.

    ⌊e/n⌋ = (e - r)/n    where e mod n = r
    """
    quotients = [q for q in holds.atoms(heads.Floor) if not q.args[0].has(heads.Floor)]
    for quotient in sorted(quotients, key=str):
        top, bottom = as_quotient(quotient.args[0])
        if bottom.is_Integer and bottom <= LARGEST_DIVISOR:
            n = int(bottom)
            sides = [[side.xreplace({quotient: (top - r) / n}) for side in holds.args] for r in range(n)]
            return any_of(
                *(
                    all_of(heads.Equal(heads.Remainder(top, bottom), sp.Integer(r)), holds.func(*(n * e for e in both)))
                    for r, both in enumerate(sides)
                )
            )
    return None


def formula_of(cases: Sequence[Case]) -> Boolean:
    """Return the condition that one of the cases holds, what they have in common once, all in a fixed order."""
    ordered = [sorted(case, key=place) for case in cases]
    common = [part for part in ordered[0] if all(part in case for case in ordered)] if len(ordered) > 1 else []
    others = [all_of(*(part for part in case if part not in common)) for case in ordered]
    return all_of(*common, any_of(*sorted(others, key=order)))


def place(part: Boolean) -> tuple[int, str]:
    """Return what the conditions of a case are sorted by: equations first, remainders last."""
    return (2 if part.has(heads.Remainder) else 0 if isinstance(part, heads.Equal) else 1), written(part)


class Within:
    """Conditions on the sizes of a domain, compared as sets."""

    def __init__(self, sets: Sets, domain: IntegerSet) -> None:
        self.sets, self.domain = sets, domain
        self.known: dict[Boolean, IntegerSet] = {}

    def where(self, condition: Boolean) -> IntegerSet:
        """Return the sizes of the domain at which a condition holds."""
        if condition not in self.known:
            self.known[condition] = self.domain.intersect(self.sets.sizes_where([condition]))
        return self.known[condition]

    def at(self, case: Iterable[Boolean]) -> IntegerSet:
        """Return the sizes of the domain at which all conditions of a case hold."""
        return reduce(lambda a, b: a.intersect(b), map(self.where, case), self.domain)

    def at_one_of(self, cases: Iterable[Case]) -> IntegerSet:
        """Return the sizes of the domain at which one of the cases holds."""
        return reduce(lambda a, b: a.union(b), map(self.at, cases), self.domain.subtract(self.domain))

    def formulas(self, condition: Boolean) -> Iterator[Boolean]:
        """Yield formulas for the sizes at which a condition holds: by cases, and as the opposite of the other cases."""
        good = self.where(condition)
        if not isinstance(condition, heads.Connective) and not condition.has(heads.Floor):
            yield from self.equated((condition,))
            return
        for points, opposite in ((good, False), (self.domain.subtract(good), True)):
            texts = [] if opposite else [condition]
            with suppress(NotReadable):
                texts.append(all_of(*conditions_of(self.sets, points.coalesce().gist(self.domain))))
            for text in texts:
                with suppress(NotReadable):
                    cases = cases_of(text)
                    for weakened in (False, True) if len(cases) > 1 else (False,):
                        found = self.fewest(cases, points, weakened)
                        yield opposite_of(found) if opposite else formula_of(found) if found else sp.false

    def fewest(self, cases: Sequence[Case], points: IntegerSet, weakened: bool) -> list[Case]:
        """Return cases of which none follows from the others, with as few conditions each, for the same points."""
        kept = [self.needed(case, points, weakened) for case in cases if not self.at(case).is_empty()]
        kept = sorted(dict.fromkeys(kept), key=lambda case: (len(case), sum(len(written(part)) for part in case)))
        for case in reversed(kept[:]):
            others = [other for other in kept if other is not case]
            if self.at(case).is_subset(self.at_one_of(others)):
                kept = others
        for k, case in enumerate(kept):
            kept[k] = self.equated(case, self.at_one_of([*kept[:k], *kept[k + 1 :]]))
        return kept

    def needed(self, case: Case, points: IntegerSet, weakened: bool) -> Case:
        """Return the conditions of a case without those that it needs none of to be among the points."""
        kept = list(case)
        for part in sorted(case, key=lambda part: len(written(part)), reverse=True):
            others = [other for other in kept if other is not part]
            if self.at(others).is_subset(points):
                kept = others
            elif weakened and isinstance(part, heads.Equal) and not part.has(heads.Remainder):
                wider = (multiplied_out(head(*part.args)) for head in (heads.AtLeast, heads.AtMost))
                kept = next(([*others, w] for w in wider if self.at([*others, w]).is_subset(points)), kept)
        return tuple(kept)

    def equated(self, case: Case, covered: IntegerSet | None = None) -> Case:
        """Return a case with `=` for `≤` or `≥` where only sizes that are covered are lost, and numbers put in."""
        found = list(case)
        for k, part in enumerate(case):
            others = [*found[:k], *found[k + 1 :]]
            if isinstance(part, heads.AtMost | heads.AtLeast | heads.Less):
                edge = part.rhs - 1 if isinstance(part, heads.Less) else part.rhs
                equal = multiplied_out(heads.Equal(part.lhs, edge))
                kept = self.at([*others, equal])
                if self.at(found).is_subset(kept if covered is None else kept.union(covered)):
                    found[k] = equal
        equations = [part for part in found if isinstance(part, heads.Equal) and part.lhs.is_Symbol]
        for one in (part for part in equations if part.rhs.is_Integer):
            found = [p if p == one else multiplied_out(p.xreplace({one.lhs: one.rhs})) for p in found]
        return tuple(part for part in dict.fromkeys(found) if part != sp.true)

    def turned(self, part: Boolean, points: IntegerSet) -> Boolean:
        """Return a condition on a remainder of a difference that is not negative at some sizes: `M - I is even`."""
        if divisibility(part) is None:
            return part
        number, divisor = part.lhs.args
        terms = [-t if t.could_extract_minus_sign() else t for t in sp.Add.make_args(number)]
        either = (number, -number)
        if divisor == 2 and len(terms) == 2:
            either = (terms[0] - terms[1], terms[1] - terms[0])
        for e in either:
            if points.is_subset(self.where(heads.AtLeast(e, sp.S.Zero))):
                return part.func(heads.Remainder(e, divisor), part.rhs)
        return part

    def finished(self, condition: Boolean, points: IntegerSet) -> Boolean:
        """Return a condition, within some sizes, with `=` and differences that are not negative where it can be so."""
        if isinstance(condition, heads.Connective):
            if isinstance(condition, heads.Conjunction):
                others = [part for part in condition.args if divisibility(part) is None]
                points = points.intersect(self.at(others))
            return condition.func(*(self.finished(part, points) for part in condition.args))
        if condition in (sp.true, sp.false):
            return condition
        (equated,) = self.equated((condition,))
        return self.turned(equated, points)

    def headed(self, condition: Boolean) -> Boolean:
        """Return a condition that has many cases with bounds that all of them satisfy before them."""
        points = self.where(condition)
        if not is_list(conjuncts(condition)[-1]):
            return condition
        hull = IntegerSet.from_basic_set(points.simple_hull()).gist(self.domain)
        bounds = [part for found in conditions_of(self.sets, hull) for part in conjuncts(multiplied_out(found))]
        shared = self.equated(tuple(sorted(bounds, key=order)[:MOST_SHARED]))
        if not shared:
            return condition
        within = Within(self.sets, self.at(shared))
        cases = within.fewest(cases_of(condition), points, False)
        headed = all_of(*shared, formula_of(cases))
        return headed if self.where(headed).is_equal(points) else condition


def opposite_of(cases: Sequence[Case]) -> Boolean:
    """Return the condition that none of the cases holds."""
    said = [any_of(*(multiplied_out(negation(part)) for part in case)) for case in cases]
    return all_of(*sorted(said, key=order))
