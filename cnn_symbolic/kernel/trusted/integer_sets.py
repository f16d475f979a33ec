"""Sets of sizes and indices, written for isl and computed by it.

Trusted. Linear constraints are handed over as matrices, everything else as text. Symbols are written as p0, i0, b0, …,
so no name of the user's reaches isl.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any, TypeAlias

import islpy as isl
import sympy as sp

from cnn_symbolic.expressions.rules import least
from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.polynomials import AllOf, Condition, Polynomial, Relation, symbols_in
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

    def part(self, holds: Any, names: Mapping[sp.Symbol, str]) -> Linear | str:
        """Return a condition as a linear constraint, which isl takes without parsing it; any other one as a text."""
        draft = Draft()
        return self.linear_part(draft.condition(holds), self.with_functions(draft, names))

    def with_functions(self, draft: Draft, names: Mapping[sp.Symbol, str]) -> Mapping[sp.Symbol, str]:
        """Return the names with those of the functions that a draft defines, which are their texts."""
        known = dict(names)
        for defined in draft.defined:
            (symbol,) = symbols_in(defined.value)
            texts = [self.linear(p, known) for p in defined.arguments]
            if defined.kind == "largest":
                known[symbol] = reduce(lambda a, b: f"max({a}, {b})", texts)
            elif set(defined.arguments[1]) == {()}:
                known[symbol] = f"floor(({texts[0]}) / {texts[1]})"
            else:
                raise NotReadable(Reason.NOT_AFFINE, f"a division by {texts[1]}")
        return known

    def linear(self, p: Polynomial, names: Mapping[sp.Symbol, str]) -> str:
        """Return a polynomial of degree one as isl writes it."""
        numbers = self.numbers(p, names)
        return " + ".join(f"{n} * {name}" if name else str(n) for name, n in numbers.items()) or "0"

    def numbers(self, p: Polynomial, names: Mapping[sp.Symbol, str]) -> dict[str, int]:
        """Return the numbers before the names in a polynomial of degree one; raise NotReadable for any other one."""
        found: dict[str, int] = {}
        for monomial, number in p.items():
            if len(monomial) > 1 or number.denominator != 1 or not all(s in names for s in monomial):
                term = sp.Mul(sp.Rational(number.numerator, number.denominator), *monomial)
                raise NotReadable(Reason.NOT_AFFINE, f"{term} is not a number times a size or an index")
            found[names[monomial[0]] if monomial else ""] = int(number)
        return found

    def holds(self, condition: Condition, names: Mapping[sp.Symbol, str]) -> str:
        """Return a condition as isl writes it."""
        if isinstance(condition, Relation):
            return f"({self.linear(condition.polynomial, names)} {condition.sign} 0)"
        word, empty = (" and ", "0 = 0") if isinstance(condition, AllOf) else (" or ", "0 = 1")
        return f"({word.join(self.holds(part, names) for part in condition.parts) or empty})"

    def linear_part(self, condition: Condition, names: Mapping[sp.Symbol, str]) -> Linear | str:
        """Return a condition as a linear constraint; one that is none as a text."""
        if not isinstance(condition, Relation) or condition.sign == "!=":
            return self.holds(condition, names)
        numbers = self.numbers(condition.polynomial, names)
        return (condition.sign, numbers) if "(" not in "".join(numbers) else self.holds(condition, names)

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

    # Numbers and limits

    def number(self, value: int) -> isl.Val:
        """Return an integer of any size as isl's."""
        return isl.Val.read_from_str(self.context, str(value))

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
