"""What people calculate with: sizes, indices, entries of tensors, and the numbers and conditions made from them.

SymPy would evaluate `N*(2*M + 2) % 6` before this package sees it. So these are objects of its own: what `+ - * / //
%`, comparisons, `minimum` and `maximum` make of them is written down twice. `formula` is the SymPy expression, built by
`rules`, that the proofs are about. `at(point)` computes the same in Python's integers, from the very operations that
were written, which shares nothing with the formula: the witness of every verdict. `presumed` is what has to be at least
one, such as everything that was divided by on the way, whether or not something cancelled.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from numbers import Integral
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.exact import (
    as_fraction,
    divided,
    floor_divided,
    opposite,
    remainder_of,
    whole,
)
from cnn_symbolic.expressions.foreign import INSTEAD, foreign_part
from cnn_symbolic.expressions.heads import has_entries
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.points import STANDING, Point
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.ground.errors import FragmentError, OperandError

Reading = Callable[["Point"], Any]


class Calculated:
    """A formula with its reading in Python's integers."""

    __slots__ = ("formula", "presumed", "reading")

    def __init__(self, formula: Any, reading: Reading, presumed: frozenset[sp.Expr] = frozenset()) -> None:
        self.formula = formula
        self.reading = reading
        self.presumed = presumed

    def at(self, point: Point) -> Any:
        """Return the value at a point; raise UndefinedError where a divisor is less than one."""
        key = id(self)
        if key not in point.memo:
            point.memo[key] = self.reading(point), self  # kept alive, so that nothing else gets its id
        return point.memo[key][0]

    def __hash__(self) -> int:
        if indices := self.formula.atoms(sp.Dummy):
            raise OperandError(
                f"{self} varies with the index {min(i.name for i in indices)}, so that no set or dict can look it up: "
                "use where(…) or Iverson(…) in a formula"
            )
        return hash(self.formula)

    def __str__(self) -> str:
        return written(self.formula)

    __repr__ = __str__


class Truth(Calculated):
    """A condition on sizes and indices; for an equation, `sides` are what it says to be equal."""

    __slots__ = ("sides",)

    def __init__(
        self,
        formula: Any,
        reading: Reading,
        presumed: frozenset[sp.Expr] = frozenset(),
        sides: tuple[Any, Any] | None = None,
    ) -> None:
        super().__init__(formula, reading, presumed)
        self.sides = sides

    def __bool__(self) -> bool:
        if self.formula in (sp.true, sp.false):
            return bool(self.formula)
        raise OperandError(
            f"whether {self} depends on the sizes and indices: use where(…) or Iverson(…) in a formula, and "
            "And(…) in place of a chain of comparisons"
        )

    def __eq__(self, other: Any) -> Any:
        if is_number(other):
            raise OperandError(f"{self} is a condition, which is compared with conditions only, found {other!r}")
        if not isinstance(other, Truth | bool) and not rules.is_condition(other):
            return NotImplemented
        return joined(rules.equivalent, lambda values: values[0] == values[1], (self, other))

    def __ne__(self, other: Any) -> Any:
        same = self.__eq__(other)
        return same if same is NotImplemented else ~same

    __hash__ = Calculated.__hash__

    def __and__(self, other: Any) -> Any:
        return joined(rules.all_of, all, (self, other))

    def __or__(self, other: Any) -> Any:
        return joined(rules.any_of, any, (self, other))

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Any:
        return joined(rules.negation, opposite, (self,))


class Number(Calculated):
    """A size, an index, an entry of a tensor, or what is calculated from these."""

    __slots__ = ()
    _op_priority = 100.0  # SymPy's operators leave what stands beside a number to the number

    def __add__(self, other: Any) -> Any:
        return arithmetic(operator.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return arithmetic(operator.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return arithmetic(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        return arithmetic(operator.sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return arithmetic(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return arithmetic(operator.mul, other, self)

    def __truediv__(self, other: Any) -> Any:
        if type(other) is Number and other.formula.is_Rational:
            other = other.formula
        if isinstance(other, Integral | Fraction | sp.Rational) and not isinstance(other, bool):
            share = 1 / as_fraction(other)
            return arithmetic(operator.mul, self, share)
        return made(rules.divide, divided, self, other, divisor=1)

    def __rtruediv__(self, other: Any) -> Any:
        return made(rules.divide, divided, other, self, divisor=1)

    def __floordiv__(self, other: Any) -> Any:
        return made(quotient, floor_divided, self, other, divisor=1)

    def __rfloordiv__(self, other: Any) -> Any:
        return made(quotient, floor_divided, other, self, divisor=1)

    def __mod__(self, other: Any) -> Any:
        return made(rules.remainder, remainder_of, self, other, divisor=1)

    def __rmod__(self, other: Any) -> Any:
        return made(rules.remainder, remainder_of, other, self, divisor=1)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, bool) or not isinstance(exponent, int) or exponent < 0:
            raise FragmentError(f"a power of {self} has an exponent from 0 on that is an integer, found {exponent!r}")
        return arithmetic(lambda a: a**exponent, self)

    def __neg__(self) -> Any:
        return arithmetic(operator.neg, self)

    def __pos__(self) -> Any:
        return self

    def __eq__(self, other: Any) -> Any:
        return compared("=", operator.eq, self, other)

    def __ne__(self, other: Any) -> Any:
        return compared("!=", operator.ne, self, other)

    def __ge__(self, other: Any) -> Any:
        return compared(">=", operator.ge, self, other)

    def __gt__(self, other: Any) -> Any:
        return compared(">", operator.gt, self, other)

    def __le__(self, other: Any) -> Any:
        return compared("<=", operator.le, self, other)

    def __lt__(self, other: Any) -> Any:
        return compared("<", operator.lt, self, other)

    __hash__ = Calculated.__hash__

    def __bool__(self) -> bool:
        if not self.formula.is_Rational:
            raise OperandError(f"whether {self} is zero depends on the sizes and indices: compare it with a number")
        return bool(self.formula != 0)

    def __index__(self) -> int:
        if not self.formula.is_Integer:
            raise TypeError(f"{self} is not a literal integer")
        return int(self.formula)


class Standing(Number):
    """A number where sizes stand for integers: an integer, a fraction, or an entry of an array."""

    __slots__ = ()

    def __init__(self, value: Any) -> None:
        self.formula, self.presumed = value, frozenset()

    def at(self, point: Point) -> Any:
        """Return the number, which is the same everywhere."""
        return self.formula

    def __bool__(self) -> bool:
        return bool(self.formula != 0)

    def __index__(self) -> int:
        return operator.index(self.formula)

    def __hash__(self) -> int:
        return hash(self.formula)

    def __str__(self) -> str:
        return str(self.formula)

    __repr__ = __str__


def is_number(value: Any) -> bool:
    """Tell whether one can calculate with a value: a number of this package, of Python or of SymPy."""
    if isinstance(value, float):
        raise FragmentError(f"{value} is not exact: write a fraction, such as Rational(1, 2)")
    return not isinstance(value, bool) and isinstance(value, Number | Integral | Fraction | sp.Expr)


def plain(value: Any) -> Any:
    """Return a value, or the tuple of values, with the SymPy expressions that its numbers and conditions are."""
    if isinstance(value, Calculated):
        return value.formula
    if isinstance(value, tuple | list):
        return type(value)(map(plain, value))
    return value


def read_at(value: Any, point: Point) -> Any:
    """Return a value, or the tuple of values, in Python's integers at a point."""
    if isinstance(value, Calculated):
        return value.at(point)
    if isinstance(value, tuple | list):
        return tuple(read_at(part, point) for part in value)
    if isinstance(value, sp.Basic):
        return whole(value_of(value, point.symbol))
    return value


def presumed_of(value: Any) -> frozenset[sp.Expr]:
    """Return what a value, or a tuple of values, presumes to be at least one."""
    if isinstance(value, Calculated):
        return value.presumed
    if isinstance(value, tuple | list):
        return frozenset().union(*map(presumed_of, value))
    return frozenset()


def as_formula(value: Any, owner: str) -> sp.Expr:
    """Return the SymPy expression of a number; raise FragmentError for what is no number.

    A foreign SymPy expression may hold ring arithmetic only: everything else SymPy may already have simplified.
    """
    if isinstance(value, Standing):
        value = value.formula
    if isinstance(value, Number):
        return value.formula
    if isinstance(value, Integral) and not isinstance(value, bool):
        return sp.Integer(int(value))
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if not isinstance(value, sp.Expr):
        raise FragmentError(f"{owner} takes numbers, such as a size, an entry x[i] or an integer; found {value!r}")
    if (foreign := foreign_part(value)) is not None:
        if isinstance(foreign, sp.Symbol):
            raise FragmentError(
                f"{owner}: the summation index {foreign} has assumptions of its own, by which SymPy may already have "
                "simplified the formula: use sum_over, or a symbol that is an integer and nothing else"
            )
        instead = INSTEAD.get(type(foreign).__name__, "what sizes(…) gives and the functions of cnn_symbolic")
        raise FragmentError(
            f"{owner}: {foreign} is made by SymPy ({type(foreign).__name__}), which may have simplified it wrongly: "
            f"write {instead}"
        )
    return value


def as_condition(value: Any) -> Any:
    """Return a condition as a SymPy object; Python truth values are allowed. Raises FragmentError for others."""
    if isinstance(value, Truth):
        return value.formula
    if isinstance(value, bool):
        return sp.true if value else sp.false
    if not rules.is_condition(value):
        raise FragmentError(f"a condition compares indices and sizes, such as i <= M; found {value!r}")
    if (foreign := foreign_part(value)) is not None:
        raise FragmentError(
            f"{foreign} is made by SymPy ({type(foreign).__name__}), which may have simplified it wrongly: compare "
            "sizes(…) with == != < <= > >=, and join conditions by And, Or, Not of cnn_symbolic"
        )
    return value


def number(value: Any) -> Number:
    """Return a value as a number: an integer, a fraction, or a SymPy expression, which is read as it stands."""
    if isinstance(value, Number):
        return value
    formula = as_formula(value, "a calculation")
    if formula.is_Rational:
        exact = whole(Fraction(int(formula.p), int(formula.q)))
        return Number(formula, lambda _: exact)
    return Number(formula, lambda point: value_of(formula, point.symbol))


def truth(value: Any) -> Truth:
    """Return a value as a condition."""
    if isinstance(value, Truth):
        return value
    formula = as_condition(value)
    return Truth(formula, lambda point: value_of(formula, point.symbol))


def made(
    build: Callable[..., sp.Expr], calculate: Callable[..., Any], *operands: Any, divisor: int | None = None
) -> Any:
    """Return what a function makes of numbers: the formula, and its reading; a plain number where sizes stand for some.

    `divisor` says which operand is divided by.
    """
    if not all(map(is_number, operands)):
        return NotImplemented
    if (point := STANDING.get()) is not None:
        return Standing(calculate(*(read_at(operand, point) for operand in operands)))
    numbers = [number(operand) for operand in operands]
    found = frozenset().union(*(n.presumed for n in numbers))
    if divisor is not None:
        by = numbers[divisor].formula
        if has_entries(by):
            raise FragmentError(f"nothing is divided by entries, found the divisor {numbers[divisor]}")
        if by.is_Rational and by < 1:
            raise FragmentError(f"a divisor is at least one, found {by}")
        if not rules.at_least(by, 1):
            found |= {by}
    formula = build(*(n.formula for n in numbers))
    return Number(formula, lambda point: calculate(*[n.at(point) for n in numbers]), found)


def arithmetic(calculate: Callable[..., Any], *operands: Any) -> Any:
    """Return what ring arithmetic makes of numbers, which SymPy does as Python does."""
    return made(calculate, lambda *numbers: whole(calculate(*numbers)), *operands)


def compared(sign: str, compare: Callable[[Any, Any], bool], a: Any, b: Any) -> Any:
    """Return the condition that two numbers compare so."""
    if not is_number(a) or not is_number(b):
        return NotImplemented
    if (point := STANDING.get()) is not None:
        return decided(compare(read_at(a, point), read_at(b, point)))
    left, right = number(a), number(b)
    formula = rules.compare(sign, left.formula, right.formula)
    sides = (left, right) if sign == "=" else None
    return Truth(formula, lambda point: compare(left.at(point), right.at(point)), left.presumed | right.presumed, sides)


def decided(value: bool) -> Truth:
    """Return a truth value as a condition."""
    return Truth(sp.true if value else sp.false, lambda _: value)


def joined(build: Callable[..., Any], decide: Callable[..., bool], conditions: tuple[Any, ...]) -> Any:
    """Return several conditions as one."""
    if (point := STANDING.get()) is not None:
        return decided(decide([read_at(condition, point) for condition in conditions]))
    parts = [truth(condition) for condition in conditions]
    found: frozenset[sp.Expr] = frozenset().union(*(part.presumed for part in parts))
    return Truth(
        build(*(part.formula for part in parts)), lambda point: decide([part.at(point) for part in parts]), found
    )


def quotient(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return ⌊a/b⌋ as a formula."""
    return rules.floor(rules.divide(a, b))
