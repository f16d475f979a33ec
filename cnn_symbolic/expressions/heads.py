"""The heads of integer expressions and conditions: what SymPy may not touch.

They are SymPy objects, so that they stand inside sums, substitute, print and are constant under differentiation; but
no constructor, `xreplace`, `subs`, `func(*args)`, `expand` or `diff` ever evaluates them. What may be written more
simply is written by `rules` before an expression is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions.known_functions import KNOWN, derivative
from cnn_symbolic.ground.errors import FragmentError


def has_entries(e: sp.Basic) -> bool:
    """Tell whether tensor entries occur in an expression: with or without indices, or under a function."""
    if isinstance(e, sp.Symbol):
        return e.is_integer is None and e.is_real is True
    return isinstance(e, sp.Indexed) or any(map(has_entries, e.args))


def exact(value: Any) -> sp.Basic:
    """Return an expression, or a Python number as one; a text is never evaluated."""
    return sp.sympify(value, strict=True)


class Head(sp.Expr):
    """A function of sizes and indices that stands as it is built; constant under differentiation."""

    is_commutative = True
    sign: ClassVar[str] = ""

    def __new__(cls, *args: Any) -> Head:
        """Return the expression with these arguments, unevaluated."""
        made: Head = sp.Expr.__new__(cls, *map(exact, args))
        return made

    def _eval_derivative(self, _variable: Any) -> sp.Expr:
        if has_entries(self):
            raise FragmentError(f"{self} cannot be differentiated: it is of sizes and indices only")
        return sp.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return f"{self.sign}({', '.join(map(printer.doprint, self.args))})"


class Whole(Head):
    """A head whose values are integers."""

    is_integer = True


class Floor(Whole):
    """`⌊a⌋`, the greatest integer that is not greater than a rational number; ⌊a/b⌋ is `Floor(a * Inverse(b))`."""

    sign = "floor"


class Ceiling(Whole):
    """`⌈a⌉`, the least integer that is not less than a rational number."""

    sign = "ceiling"


class Remainder(Whole):
    """`a mod b = a − b·⌊a/b⌋`, for a divisor b of at least one."""

    sign = "mod"


class Delta(Whole):
    """`[a = b]`: 1 where a and b are equal, else 0 (Kronecker's delta)."""

    sign = "delta"


class Bracket(Whole):
    """`[condition]`: 1 where the condition on indices and sizes holds, else 0 (Iverson's bracket)."""

    def _sympystr(self, printer: Any) -> str:
        return f"[{printer.doprint(self.args[0])}]"


class Maximum(Head):
    """The greatest of the arguments."""

    sign = "max"


class Minimum(Head):
    """The least of the arguments."""

    sign = "min"


class Where(Head):
    """`Where(condition, a, b)`: a where the condition holds, else b."""

    sign = "where"


class Inverse(Head):
    """`1/b` for a divisor b of at least one. Nothing cancels it: `b * Inverse(b)` is about b ≥ 1 only."""

    def _sympystr(self, printer: Any) -> str:
        inner = printer.doprint(self.args[0])
        return f"1/({inner})" if isinstance(self.args[0], sp.Add | sp.Mul) else f"1/{inner}"


class Opaque(sp.Expr):
    """`f⁽ⁿ⁾(x[i])`: the n-th derivative of an arbitrary differentiable function at a tensor entry.

    Read as the entry of a tensor with the shape of `x`: zero outside that shape, as every tensor. The derivative of a
    known function is made as what it is, a polynomial in known functions at the entry: σ′(x[i]) = σ(x[i]) − σ(x[i])².
    """

    is_commutative = True

    def __new__(cls, name: Any, order: Any, argument: Any) -> Any:
        """Return the function called `name`, differentiated `order` times, at a tensor entry."""
        name = sp.Symbol(name) if isinstance(name, str) else name
        if order and name.name in KNOWN:
            terms = derivative(name.name, int(order)).items()
            return sp.Add(*(sp.Mul(sp.Rational(n), *(cls(f, 0, argument) for f in names)) for names, n in terms))
        return super().__new__(cls, name, sp.Integer(order), argument)

    @property
    def name(self) -> str:
        """The function's name, without primes."""
        return str(self.args[0].name)

    @property
    def order(self) -> int:
        """How often the function is differentiated."""
        return int(self.args[1])

    @property
    def argument(self) -> sp.Expr:
        """The tensor entry that the function is applied to."""
        return self.args[2]

    @property
    def tensor(self) -> str:
        """The tensor whose entry that is."""
        return str(self.argument.base.label if isinstance(self.argument, sp.Indexed) else self.argument.name)

    @property
    def index(self) -> tuple[sp.Expr, ...]:
        """The index of that entry."""
        return self.argument.indices if isinstance(self.argument, sp.Indexed) else ()

    def _eval_derivative(self, variable: Any) -> sp.Expr:
        made: sp.Expr = Opaque(self.args[0], self.order + 1, self.argument) * self.argument.diff(variable)
        return made

    def _sympystr(self, printer: Any) -> str:
        return f"{self.name}{'′' * self.order}({printer.doprint(self.argument)})"


# Conditions


class Comparison(Boolean):
    """`left sign right`, for two numbers; stands as it is built."""

    sign: ClassVar[str] = ""
    written: ClassVar[str] = ""

    def __new__(cls, left: Any, right: Any) -> Comparison:
        """Return the comparison of two expressions, undecided."""
        made: Comparison = Boolean.__new__(cls, exact(left), exact(right))
        return made

    @property
    def lhs(self) -> sp.Expr:
        """The left side."""
        return self.args[0]

    @property
    def rhs(self) -> sp.Expr:
        """The right side."""
        return self.args[1]

    def _sympystr(self, printer: Any) -> str:
        return f"{printer.doprint(self.lhs)} {self.written} {printer.doprint(self.rhs)}"


class Equal(Comparison):
    """`a = b`."""

    sign, written = "=", "=="


class Unequal(Comparison):
    """`a ≠ b`."""

    sign, written = "!=", "!="


class AtLeast(Comparison):
    """`a ≥ b`."""

    sign = written = ">="


class Greater(Comparison):
    """`a > b`."""

    sign = written = ">"


class AtMost(Comparison):
    """`a ≤ b`."""

    sign = written = "<="


class Less(Comparison):
    """`a < b`."""

    sign = written = "<"


COMPARISONS: dict[str, type[Comparison]] = {
    kind.sign: kind for kind in (Equal, Unequal, AtLeast, Greater, AtMost, Less)
}


class Connective(Boolean):
    """Several conditions made into one; stands as it is built."""

    word: ClassVar[str] = ""

    def __new__(cls, *parts: Any) -> Connective:
        """Return the condition made of these ones."""
        made: Connective = Boolean.__new__(cls, *map(exact, parts))
        return made

    def _sympystr(self, printer: Any) -> str:
        parts = (printer.doprint(p) for p in self.args)
        return self.word.join(
            f"({text})" if isinstance(part, Connective) else text for part, text in zip(self.args, parts, strict=True)
        )


class Conjunction(Connective):
    """All of the conditions hold."""

    word = " and "


class Disjunction(Connective):
    """At least one of the conditions holds."""

    word = " or "


class Negation(Connective):
    """The condition does not hold."""

    def _sympystr(self, printer: Any) -> str:
        return f"not ({printer.doprint(self.args[0])})"


def divisors(e: Any) -> Iterator[sp.Expr]:
    """Yield what an expression or condition divides by, literal numbers left out."""
    if isinstance(e, Inverse):
        yield e.args[0]
    elif isinstance(e, Remainder) and not e.args[1].is_Integer:
        yield e.args[1]
    for part in e.args if isinstance(e, sp.Basic) else ():
        yield from divisors(part)
