"""Sets of sizes as conditions, as isl simplifies them: the text that isl gives of a set, read as formulas."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Mapping, Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions.heads import (
    AtLeast,
    AtMost,
    Comparison,
    Conjunction,
    Disjunction,
    Equal,
    Floor,
    Greater,
    Less,
    Remainder,
    Unequal,
)
from cnn_symbolic.expressions.rules import conjuncts
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet, Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason

__all__ = ["conditions_of", "weakest"]

MOST_OPERATIONS = 1_000_000
# From isl's notation to Python's: `2p1 >= 5 and p0 mod 2 = 0` becomes `2*p1 >= 5 and p0 % 2 == 0`.
PYTHON = ((r"\b(\d+)(?=[a-z(])", r"\1*"), (r"\bmod\b", "%"), (r"(?<![<>!])=", "=="), (r"\bfalse\b", "False"))
COMPARISONS: Mapping[type, type[Comparison]] = {
    ast.Eq: Equal, ast.NotEq: Unequal, ast.GtE: AtLeast, ast.Gt: Greater, ast.LtE: AtMost, ast.Lt: Less,
}  # fmt: skip

ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def conditions_of(sets: Sets, sizes: IntegerSet) -> tuple[Boolean, ...]:
    """Return the conditions that say which sizes are in a set: none for all, `false` for no sizes.

    Raises DisagreementError if they are those of another set.
    """
    found = sizes.coalesce()
    text = found.to_str() if "exists" not in found.to_str() else found.compute_divs().coalesce().to_str()
    python = text[text.index("{") + 1 : text.rindex("}")].strip().removeprefix(":").strip()
    if not python:
        return ()
    for pattern, replacement in PYTHON:
        python = re.sub(pattern, replacement, python)
    condition = Reading(sets.sizes).condition(ast.parse(f"({python})", mode="eval").body)
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
                head = Conjunction if isinstance(node.op, ast.And) else Disjunction
                return head(*map(self.condition, node.values))
            case ast.Constant():
                return sp.true if node.value else sp.false
            case ast.Compare():
                values = [self.number(part) for part in (node.left, *node.comparators)]
                signs = [COMPARISONS[type(sign)] for sign in node.ops]
                parts = [sign(a, b) for sign, a, b in zip(signs, values, values[1:], strict=False)]
                return turned(parts[0]) if len(parts) == 1 else Conjunction(*parts)
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
                return Floor(self.number(node.args[0]))
            case ast.BinOp(op=ast.Mod()):
                return Remainder(self.number(node.left), self.number(node.right))
            case ast.BinOp():
                left, right = self.number(node.left), self.number(node.right)
                quotient, number = right.as_coeff_Mul()[::-1]
                if isinstance(node.op, ast.Sub) and quotient == Floor(left / number):
                    return Remainder(left, number)
                return ARITHMETIC[type(node.op)](left, right)
        raise unread(node)


def turned(comparison: Comparison) -> Comparison:
    """Return `q ≤ p` for `p ≥ q` between two sizes, else the comparison as it is."""
    sizes = all(isinstance(side, sp.Symbol) for side in comparison.args)
    return AtMost(comparison.rhs, comparison.lhs) if sizes and isinstance(comparison, AtLeast) else comparison


def unread(node: ast.expr) -> NotReadable:
    """Return the error for a part of isl's text that is none of those known here."""
    return NotReadable(Reason.LIMIT, f"a set of sizes is written with {ast.unparse(node)}")


def weakest(sets: Sets, domain: IntegerSet, bad: IntegerSet) -> Boolean | None:
    """Return the condition under which sizes of the domain are not bad, simplified against it.

    `false` is never. None where it takes too long: the condition has operations of its own, and does without them.
    """
    if sets.exhausted():
        return None
    try:
        with sets.with_operations(MOST_OPERATIONS), sets.within_limits():
            good = domain.subtract(bad)
            parts = (sp.false,) if good.is_empty() else conditions_of(sets, good.coalesce().gist(domain))
            return Conjunction(*parts) if len(parts) > 1 else (*parts, sp.true)[0]
    except NotReadable:
        return None
