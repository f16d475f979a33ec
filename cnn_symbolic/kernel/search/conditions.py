"""Sets of sizes as conditions, as isl simplifies them: the text that isl gives of a set, read as formulas."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.rules import conjuncts
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.kernel.trusted.integer_sets import MOST_OPERATIONS as DECIDING
from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet, Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason

MOST_OPERATIONS = 1_000_000
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
                return turned(parts[0]) if len(parts) == 1 else heads.Conjunction(*parts)
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


def turned(comparison: heads.Comparison) -> heads.Comparison:
    """Return `q ≤ p` for `p ≥ q` between two sizes, else the comparison as it is."""
    sizes = all(isinstance(side, sp.Symbol) for side in comparison.args)
    return (
        heads.AtMost(comparison.rhs, comparison.lhs) if sizes and isinstance(comparison, heads.AtLeast) else comparison
    )


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
    """Return the condition under which sizes of the domain are not bad, simplified against it.

    `false` is never. None where it takes too long: the condition has operations of its own, and does without them.
    """
    if sets.exhausted():
        return None
    try:
        with operations(sets, MOST_OPERATIONS), sets.within_limits():
            good = domain.subtract(bad)
            parts = (sp.false,) if good.is_empty() else conditions_of(sets, good.coalesce().gist(domain))
            return heads.Conjunction(*parts) if len(parts) > 1 else (*parts, sp.true)[0]
    except NotReadable:
        return None
