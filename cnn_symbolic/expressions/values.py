"""What people calculate with: sizes, indices, entries of tensors, and the numbers and conditions made from them.

SymPy would evaluate `N*(2*M + 2) % 6` before this package sees it. So these are objects of its own: what `+ - * / //
%`, comparisons, `minimum` and `maximum` make of them is written down twice. `formula` is the SymPy expression, built by
`rules`, that the proofs are about. `by` and `of` are the operation that was written and its operands: `at(point)`
computes it from these in Python's integers, which shares nothing with the formula and is the witness of every verdict.
`presumed` is what has to be at least one, such as everything that was divided by on the way, whether or not something
cancelled.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from fractions import Fraction
from numbers import Integral
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.calculations import CALCULATIONS, DIVISIONS, READINGS, as_fraction, whole
from cnn_symbolic.expressions.foreign import INSTEAD, foreign_part
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.points import STANDING, Point
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.ground.errors import FragmentError, OperandError


class Calculated:
    """A formula, with the name of the operation that made it and its operands."""

    __slots__ = ("by", "formula", "of", "presumed")

    def __init__(self, formula: Any, by: str, of: tuple[Any, ...], presumed: frozenset[sp.Expr] = frozenset()) -> None:
        self.formula = formula
        self.by = by
        self.of = of
        self.presumed = presumed

    def at(self, point: Point) -> Any:
        """Return the value at a point; raise UndefinedError where a divisor is less than one."""
        key = id(self)
        if key not in point.memo:
            if (row := CALCULATIONS.get(self.by)) is not None:
                value = whole(row.calculate(*[part.at(point) for part in self.of]))
            else:
                value = READINGS[self.by](point, *self.of)
            point.memo[key] = value, self  # kept alive, so that nothing else gets its id
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
    """A condition on sizes and indices."""

    __slots__ = ()

    @property
    def sides(self) -> tuple[Any, ...] | None:
        """What an equation says to be equal; None of another condition."""
        return self.of if self.by == "=" else None

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
        return joined("same", self, other)

    def __ne__(self, other: Any) -> Any:
        same = self.__eq__(other)
        return same if same is NotImplemented else ~same

    __hash__ = Calculated.__hash__

    def __and__(self, other: Any) -> Any:
        return joined("and", self, other)

    def __or__(self, other: Any) -> Any:
        return joined("or", self, other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Any:
        return joined("not", self)


class Number(Calculated):
    """A size, an index, an entry of a tensor, or what is calculated from these."""

    __slots__ = ()
    _op_priority = 100.0  # SymPy's operators leave what stands beside a number to the number

    def __add__(self, other: Any) -> Any:
        return made("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return made("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return made("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return made("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return made("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return made("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        if type(other) is Number and other.formula.is_Rational:
            other = other.formula
        if isinstance(other, Integral | Fraction | sp.Rational) and not isinstance(other, bool):
            share = 1 / as_fraction(other)
            return made("*", self, share)
        return made("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return made("/", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return made("//", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return made("//", other, self)

    def __mod__(self, other: Any) -> Any:
        return made("%", self, other)

    def __rmod__(self, other: Any) -> Any:
        return made("%", other, self)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, bool) or not isinstance(exponent, int) or exponent < 0:
            raise FragmentError(f"a power of {self} has an exponent from 0 on that is an integer, found {exponent!r}")
        return made("**", self, exponent)

    def __neg__(self) -> Any:
        return made("neg", self)

    def __pos__(self) -> Any:
        return self

    def __eq__(self, other: Any) -> Any:
        return compared("=", self, other)

    def __ne__(self, other: Any) -> Any:
        return compared("!=", self, other)

    def __ge__(self, other: Any) -> Any:
        return compared(">=", self, other)

    def __gt__(self, other: Any) -> Any:
        return compared(">", self, other)

    def __le__(self, other: Any) -> Any:
        return compared("<=", self, other)

    def __lt__(self, other: Any) -> Any:
        return compared("<", self, other)

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
        return Number(formula, "literal", (whole(Fraction(int(formula.p), int(formula.q))),))
    return Number(formula, "formula", (formula,))


def truth(value: Any) -> Truth:
    """Return a value as a condition."""
    if isinstance(value, Truth):
        return value
    formula = as_condition(value)
    return Truth(formula, "formula", (formula,))


def made(name: str, *operands: Any, kind: type[Calculated] = Number) -> Any:
    """Return what an operation makes of numbers, by its name; a plain number where sizes stand for some."""
    if not all(map(is_number, operands)):
        return NotImplemented
    return combined(kind, name, operands, [number] * len(operands))


def compared(sign: str, a: Any, b: Any) -> Any:
    """Return the condition that two numbers compare so."""
    return made(sign, a, b, kind=Truth)


def joined(name: str, *conditions: Any) -> Any:
    """Return several conditions as one."""
    return combined(Truth, name, conditions, [truth] * len(conditions))


def combined(kind: type[Calculated], name: str, operands: Sequence[Any], as_parts: Sequence[Any]) -> Any:
    """Return what an operation makes of operands, each of which is made a number or a condition before."""
    build, calculate = CALCULATIONS[name]
    if (point := STANDING.get()) is not None:
        value = whole(calculate(*(read_at(operand, point) for operand in operands)))
        return Standing(value) if kind is Number else Truth(sp.true if value else sp.false, "literal", (value,))
    parts = tuple(as_part(operand) for as_part, operand in zip(as_parts, operands, strict=True))
    formulas = [part.formula for part in parts]
    presumed = presumed_of(parts)
    if name in DIVISIONS and not rules.at_least(formulas[1], 1):
        presumed |= {formulas[1]}
    return kind(build(*formulas), name, parts, presumed)
