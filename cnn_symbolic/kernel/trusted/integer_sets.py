"""Sets of sizes and indices, written for isl and computed by it.

Trusted. Linear constraints are handed over as matrices, everything else as text. Symbols are written as p0, i0, b0, …,
so no name of the user's reaches isl.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import lcm
from typing import Any, TypeAlias

import islpy as isl
import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import without_cases
from cnn_symbolic.expressions.rules import as_quotient, at_least, least
from cnn_symbolic.kernel.trusted.polynomials import RELATIONS
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason

KIND = isl.dim_type
MOST_OPERATIONS = 10_000_000
IntegerSet: TypeAlias = isl.Set
# A linear constraint: "=" or ">=", and the numbers before the names, that before "" alone; it is `… = 0` or `… ≥ 0`.
Linear: TypeAlias = tuple[str, dict[str, int]]


class Sets:
    """Integer sets over fixed sizes (the parameters) and output indices, in an isl context of its own."""

    def __init__(
        self, sizes: Sequence[sp.Symbol], index: Sequence[sp.Symbol], unknowns: Sequence[sp.Symbol] = ()
    ) -> None:
        self.context = isl.Context()
        self.context.set_max_operations(MOST_OPERATIONS)
        self.sizes = (*sizes, *unknowns)
        self.index = tuple(index)
        self.declared = tuple(sizes)
        self.names = {size: f"p{k}" for k, size in enumerate(self.sizes)} | {i: f"i{k}" for k, i in enumerate(index)}
        self.parameters = f"[{', '.join(self.names[s] for s in self.sizes)}] -> "

    # Writing formulas for isl

    def affine(self, e: Any, names: Mapping[sp.Symbol, str]) -> str:
        """Return a quasi-affine expression as isl writes it; raise NotReadable if it is not one."""
        if not isinstance(e, sp.Expr):
            raise NotReadable(Reason.NOT_AFFINE, f"{e} is not a number")
        if e.is_Integer:
            return str(int(e))
        if e.is_Symbol and e in names:
            return names[e]
        if isinstance(e, sp.Add):
            return f"({' + '.join(self.affine(part, names) for part in e.args)})"
        if isinstance(e, sp.Mul):
            number, rest = e.as_coeff_Mul()
            if number.is_Integer and not rest.is_number and not isinstance(rest, sp.Mul):
                return f"({int(number)} * {self.affine(rest, names)})"
        if isinstance(e, heads.Floor | heads.Ceiling):
            inner = sp.expand(e.args[0])
            divisor = denominator(inner)
            up = -1 if isinstance(e, heads.Ceiling) else 1
            return f"({up} * floor(({self.affine(sp.expand(up * divisor * inner), names)}) / {divisor}))"
        if isinstance(e, heads.Remainder) and e.args[1].is_Integer and e.args[1] > 0:
            return f"(({self.affine(e.args[0], names)}) mod {int(e.args[1])})"
        if isinstance(e, heads.Maximum | heads.Minimum):
            name = "max" if isinstance(e, heads.Maximum) else "min"
            text = self.affine(e.args[0], names)
            for part in e.args[1:]:
                text = f"{name}({text}, {self.affine(part, names)})"
            return text
        expanded = sp.expand(e)
        if expanded != e:
            return self.affine(expanded, names)
        raise NotReadable(Reason.NOT_AFFINE, f"{e} is not affine in indices and sizes with integer coefficients")

    def condition(self, holds: Any, names: Mapping[sp.Symbol, str]) -> str:
        """Return a condition as isl writes it."""
        if holds == sp.true:
            return "0 = 0"
        if holds == sp.false:
            return "0 = 1"
        if isinstance(holds, heads.Conjunction | heads.Disjunction):
            word = " and " if isinstance(holds, heads.Conjunction) else " or "
            return f"({word.join(self.condition(part, names) for part in holds.args)})"
        if isinstance(holds, heads.Negation):
            return f"(not {self.condition(holds.args[0], names)})"
        if isinstance(holds, heads.Comparison) and holds.has(heads.Where):
            return self.condition(without_cases(holds), names)
        if isinstance(holds, heads.Comparison):
            left, right = holds.lhs, holds.rhs
            if holds.has(heads.Inverse):
                left, bottom = as_quotient(left - right)
                right = sp.S.Zero
                if not at_least(bottom, 1):
                    raise NotReadable(Reason.NOT_AFFINE, f"{holds} divides by {bottom}")
            scale = denominator(left, right)
            written = [self.affine(scale * side, names) for side in (left, right)]
            return f"({written[0]} {holds.sign} {written[1]})"
        raise NotReadable(Reason.NOT_AFFINE, f"{holds} is not a condition on indices and sizes")

    def part(self, holds: Any, names: Mapping[sp.Symbol, str]) -> Linear | str:
        """Return a condition as a linear constraint, which isl takes without parsing it; any other one as a text."""
        if isinstance(holds, heads.Comparison):
            sign, direction, strict = RELATIONS[holds.sign]
            sides = [numbers_in(side, names) for side in (holds.lhs, holds.rhs)]
            if sign != "!=" and sides[0] is not None and sides[1] is not None:
                return sign, weighted_sum((sides[0], direction), (sides[1], -direction), ({"": -1}, strict))
        return self.condition(holds, names)

    def limited(self, name: str, sign: str, e: sp.Expr, names: Mapping[sp.Symbol, str]) -> Linear | str:
        """Return that a coordinate is "=" or "<" an expression in integers; raise NotReadable if it has fractions."""
        if (numbers := numbers_in(e, names)) is None:
            return f"{name} {sign} {self.affine(e, names)}"
        relation, _, strict = RELATIONS[sign]
        return relation, weighted_sum((numbers, 1), ({name: -1}, 1), ({"": -1}, strict))

    # Sets of sizes

    def sizes_where(self, conditions: Iterable[Any]) -> isl.Set:
        """Return the sizes that satisfy all conditions; each is at least one, a width at least zero."""
        return self.sizes_satisfying([self.part(c, self.names) for c in conditions])

    def sizes_satisfying(self, parts: Sequence[Linear | str]) -> isl.Set:
        """Return the sizes that satisfy conditions."""
        lowest: list[Linear] = [(">=", {self.names[s]: 1, "": -least(s)}) for s in self.declared]
        made = isl.Set.read_from_str(self.context, f"{self.parameters}{{ : {texts_of(parts)} }}")
        basic = isl.BasicSet.from_constraint_matrices(
            made.get_space(), *self.matrices([*lowest, *parts]), KIND.param, KIND.set, KIND.cst, KIND.div
        )
        return made.intersect(isl.Set.from_basic_set(basic))

    def matrices(self, parts: Sequence[Linear | str], coordinates: Sequence[str] = ()) -> list[isl.Mat]:
        """Return the equations and the inequalities among conditions as matrices, the constants in the last column."""
        columns = [*(self.names[s] for s in self.sizes), *coordinates, ""]
        place = {name: k for k, name in enumerate(columns)}
        rows: dict[str, list[list[int]]] = {"=": [], ">=": []}
        for part in parts:
            if not isinstance(part, str):
                sign, numbers = part
                row = [0] * len(columns)
                for name, number in numbers.items():
                    row[place[name]] = number
                rows[sign].append(row)
        return [self.matrix(made, len(columns)) for made in rows.values()]

    def matrix(self, rows: Sequence[Sequence[int]], width: int) -> isl.Mat:
        """Return rows of integers as isl's matrix."""
        made = isl.Mat.alloc(self.context, 0, width).add_zero_rows(len(rows))
        for at, row in enumerate(rows):
            for k, value in enumerate(row):
                if value:
                    made = made.set_element_val(at, k, self.number(value))
        return made

    def smallest(self, points: isl.Set) -> tuple[int, ...] | None:
        """Return the point (sizes, then coordinates) of least total size, the first in order; None if empty."""
        if points.is_empty():
            return None
        count = len(self.sizes)
        flat = points.move_dims(KIND.set, 0, KIND.param, 0, count) if count else points
        flat = flat.insert_dims(KIND.set, 0, 1)
        total = isl.Constraint.alloc_equality(isl.LocalSpace.from_space(flat.get_space()))
        total = total.set_coefficient_val(KIND.set, 0, isl.Val.int_from_si(self.context, -1))
        for k in range(count):
            total = total.set_coefficient_val(KIND.set, 1 + k, isl.Val.int_from_si(self.context, 1))
        point = flat.add_constraint(total).lexmin().sample_point()
        dims = flat.dim(KIND.set)
        return tuple(int(point.get_coordinate_val(KIND.set, k).to_str()) for k in range(1, dims))

    # Numbers and points

    def number(self, value: int) -> isl.Val:
        """Return an integer of any size as isl's."""
        return isl.Val.read_from_str(self.context, str(value))

    def point(self, coordinates: Sequence[int], like: Any) -> isl.Point:
        """Return the point (sizes, then coordinates) in the space of a coefficient function."""
        point = isl.Point.zero(like.get_domain_space())
        for k, value in enumerate(coordinates):
            kind, at = (KIND.param, k) if k < len(self.sizes) else (KIND.set, k - len(self.sizes))
            point = point.set_coordinate_val(kind, at, self.number(value))
        return point

    def at_sizes(self, sizes: Sequence[int], like: isl.Set) -> isl.Set:
        """Return all points with the given sizes, in the space of another set."""
        points = isl.Set.universe(like.get_space())
        for k, value in enumerate(sizes):
            points = points.fix_val(KIND.param, k, self.number(value))
        return points

    @contextmanager
    def within_limits(self) -> Iterator[None]:
        """Raise NotReadable if what is computed inside needs more operations, depth or memory than it is given."""
        spent = NotReadable(Reason.LIMIT, "isl needed more operations than it is given")
        try:
            yield
        except (RecursionError, MemoryError):
            raise NotReadable(Reason.LIMIT, "a formula is nested too deeply, or its numbers are too large") from None
        except (isl.Error, AttributeError, TypeError):
            if self.exhausted():
                raise spent from None
            raise
        if self.exhausted():
            raise spent

    def exhausted(self) -> bool:
        """Tell whether isl has used up the operations that it is given: then its answers are not to be trusted."""
        try:
            return isl.Set.read_from_str(self.context, "{ [i] : 0 <= i <= 1 }").lexmin() is None
        except isl.Error:
            return True


def texts_of(parts: Sequence[Linear | str]) -> str:
    """Return those conditions that are texts as one."""
    return " and ".join(part for part in parts if isinstance(part, str)) or "0 = 0"


def numbers_in(e: Any, names: Mapping[sp.Symbol, str]) -> dict[str, int] | None:
    """Return the numbers before the names in a linear expression; None for any other one."""
    if isinstance(e, sp.Integer):
        return {"": int(e)}
    if isinstance(e, sp.Symbol):
        return {names[e]: 1} if e in names else None
    if isinstance(e, sp.Mul):
        number, rest = e.as_coeff_Mul()
        return {names[rest]: int(number)} if number.is_Integer and rest in names else None
    parts = [numbers_in(part, names) for part in e.args] if isinstance(e, sp.Add) else [None]
    return None if None in parts else weighted_sum(*((part, 1) for part in parts if part is not None))


def weighted_sum(*parts: tuple[Mapping[str, int], int]) -> dict[str, int]:
    """Return the sum of multiples of linear expressions."""
    total: dict[str, int] = {}
    for numbers, factor in parts:
        for name, number in numbers.items():
            total[name] = total.get(name, 0) + factor * number
    return total


def denominator(*expressions: sp.Expr) -> int:
    """Return the least common denominator of the coefficients in sums; raise NotReadable if one is not rational."""
    numbers = []
    for e in expressions:
        parts = sp.Add.make_args(sp.expand(e)) if isinstance(e, sp.Expr) else ()
        numbers += [part.as_coeff_Mul()[0] for part in parts]
        if not parts or not all(number.is_Rational for number in numbers):
            raise NotReadable(Reason.NOT_AFFINE, f"{e} is not affine with rational coefficients")
    return lcm(*(int(number.q) for number in numbers))
