"""Coefficient functions: which number stands before each product of entries, as piecewise polynomials on integer sets.

Trusted. A term becomes a function on (output index, accessed indices), with the sizes as parameters: its coefficient
there, times the number of ways in which the bound indices reach that access.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial, reduce
from itertools import groupby, permutations, product
from math import factorial, prod
from typing import Any

import islpy as isl
import sympy as sp

from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.integer_sets import KIND, Linear, Sets, texts_of
from cnn_symbolic.kernel.trusted.reader import NotReadable, Term
from cnn_symbolic.kernel.trusted.verdicts import Reason

MOST_POINTS, MOST_ARRANGEMENTS, MOST_VALUES = 400, 120, 64
Signature = tuple[tuple[Any, ...], ...]


class CoefficientSets(Sets):
    """Integer sets, and functions on them."""

    def coefficient(self, terms: Sequence[Term], domain: isl.Set, shape: Sequence[Any]) -> dict[Signature, list[Any]]:
        """Return, per product of tensors, functions whose sum is the coefficient function of terms inside a shape."""
        functions: dict[Signature, list[Any]] = {}
        for term in terms:
            for signature, access in arranged(term):
                functions.setdefault(signature, []).append(self.term(term, access, domain, shape))
        return functions

    def term(self, term: Term, access: Sequence[sp.Expr], domain: isl.Set, shape: Sequence[Any]) -> Any:
        """Return the coefficient function of one term."""
        coordinates = [sp.Dummy("x", integer=True) for _ in access]
        draft = Draft.of_term(term, access, coordinates, self.index, shape)
        draft.put_determined()
        return self.function(draft, coordinates, domain)

    def function(self, draft: Draft, coordinates: Sequence[sp.Symbol], domain: isl.Set) -> Any:
        """Return the coefficient function of a draft of a term over the output index and the coordinates."""
        bound = [b for b in draft.bound if b not in draft.functions]
        names = self.names | {b: f"b{k}" for k, b in enumerate(bound)}
        names |= {x: f"x{k}" for k, x in enumerate(coordinates)}
        at, inner = ([names[i] for i in symbols] for symbols in ((*self.index, *coordinates), bound))
        written = self.with_functions(draft, names)
        parts = [self.linear_part(c, written) for c in draft.conditions]
        start = f"{self.parameters}{{ [[{', '.join(at)}] -> [{', '.join(inner)}]] -> "
        powers: tuple[list[Any], ...] = [], []
        for base, exponent in draft.powers:
            text = self.linear(base, written)
            summed = [b for b in inner if re.search(rf"\b{b}\b", text)]
            powers[bool(summed)].append(([f"{start}[{e}] }}" for e in (text, *summed)] if summed else text, exponent))
        count = partial(self.weighted, at=at, number=draft.number, powers=powers[0])
        return self.summed(self.ways(at, inner, parts, domain), powers[1], count)

    def summed(self, ways: isl.Map, powers: Sequence[tuple[list[str], int]], count: Callable[[isl.Map], Any]) -> Any:
        """Return the coefficient function of a term with powers of what is made from bound indices.

        What has one value in all of the ways to reach a point is a function of the point; else the ways are counted
        for each of its values by themselves, or of those of an index in it, if these are few. The maps say what they
        are; `count` is what ways count without the powers.

            v(a, b) = w(a) for all b ∈ B(a)                   u(a, b) ∈ U for all a and b ∈ B(a)
            ───────────────────────────────────────     ────────────────────────────────────────────────
            Σ_{b ∈ B(a)} v(a, b)ⁿ = w(a)ⁿ · #B(a)       Σ_{b ∈ B(a)} … = Σ_{c ∈ U} Σ_{b ∈ B(a), u = c} …
        """
        if not powers:
            return count(ways)
        (maps, exponent), *others = powers
        for text in maps:
            reached = isl.Map.read_from_str(self.context, text).intersect_domain(ways.wrap())
            values = reached.domain_factor_domain()
            if text == maps[0] and values.is_single_valued():
                value = isl.PwQPolynomial.from_pw_aff(isl.PwMultiAff.from_map(values).get_pw_aff(0))
                return self.summed(ways, others, count).mul(value.pow(exponent))
            low, high = values.range().dim_min_val(0), values.range().dim_max_val(0)
            if low.is_int() and high.is_int() and 0 < (last := high.sub(low).to_python()) < MOST_VALUES:
                cases = (isl.Set.read_from_str(self.context, f"{{ [{low.to_python() + c}] }}") for c in range(last + 1))
                each = (self.summed(reached.intersect_range(c).domain().unwrap(), powers, count) for c in cases)
                return reduce(isl.PwQPolynomial.add, each)
        raise NotReadable(Reason.OUTSIDE, f"a summation index with more than {MOST_VALUES} values is a coefficient")

    def ways(self, at: Sequence[str], bound: Sequence[str], parts: Sequence[Linear | str], domain: isl.Set) -> isl.Map:
        """Return the map from coordinates to the bound indices that reach them."""
        text = f"{self.parameters}{{ [{', '.join(at)}] -> [{', '.join(bound)}] : {texts_of(parts)} }}"
        made = isl.Map.read_from_str(self.context, text)
        basic = isl.BasicMap.from_constraint_matrices(
            made.get_space(), *self.matrices(parts, [*at, *bound]), KIND.param, KIND.in_, KIND.out, KIND.cst, KIND.div
        )
        return made.intersect(isl.Map.from_basic_map(basic)).intersect_params(domain)

    def weighted(self, ways: isl.Map, at: Sequence[str], number: sp.Rational, powers: Sequence[tuple[str, int]]) -> Any:
        """Return the coefficient function: a number, times powers of sizes, times the number of ways."""
        function = self.constant(ways.domain(), number)
        for base, exponent in powers:
            size = isl.PwAff.read_from_str(self.context, f"{self.parameters}{{ [{', '.join(at)}] -> [{base}] }}")
            function = function.mul(isl.PwQPolynomial.from_pw_aff(size).pow(exponent))
        return function if ways.is_single_valued() else function.mul(self.count(ways))

    def constant(self, domain: isl.Set, number: sp.Rational) -> Any:
        """Return the function that is a constant on a set."""
        value = isl.Val.read_from_str(self.context, f"{number.p}/{number.q}")
        return isl.PwQPolynomial.from_pw_aff(isl.PwAff.val_on_domain(domain, value))

    def count(self, ways: isl.Map) -> Any:
        """Return the number of images of each point: in how many ways the bound indices reach an access.

        A bound index that the access and the other bound indices determine is dropped. One that is independent
        of the others and runs through an interval, or every n-th number of one, counts how many these are.
        Whatever order of the indices leads to an end is taken. If none does, the Barvinok build of islpy counts,
        where it is installed; else NotReadable is raised.

            b is a function of (a, c)             (b, c) reach a  ⇔  b ∈ B(a) and c ∈ C(a)
            ─────────────────────────             ────────────────────────────────────────
               #(b, c) = #c                                #(b, c) = #B · #C
        """
        dims = ways.dim(KIND.out)
        if ways.is_single_valued():
            return self.constant(ways.domain(), sp.S.One)
        for k in range(dims):
            rest = ways.project_out(KIND.out, k, 1)
            with suppress(NotReadable):
                if self.is_determined(ways, k):
                    return self.count(rest)
        for k in range(dims):
            if (length := self.independent_length(ways, k)) is not None:
                counted = self.count(ways.project_out(KIND.out, k, 1))
                return counted.mul(isl.PwQPolynomial.from_pw_aff(length))
        if hasattr(ways, "card"):
            return ways.card()
        raise NotReadable(Reason.MULTIPLICITY, "several summation indices reach the same entries, and not as a box")

    def is_determined(self, ways: isl.Map, k: int) -> bool:
        """Tell whether a bound index is a function of the access and the other bound indices."""
        out, into = KIND.out, KIND.in_
        dims = ways.dim(out)
        moved = ways.move_dims(into, ways.dim(into), out, 0, k)
        return bool(moved.move_dims(into, moved.dim(into), out, 1, dims - k - 1).is_single_valued())

    def independent_length(self, ways: isl.Map, k: int) -> isl.PwAff | None:
        """Return how many values a bound index has, if these do not depend on the others and are equally spaced."""
        out = KIND.out
        dims = ways.dim(out)
        alone = ways.project_out(out, k + 1, dims - k - 1).project_out(out, 0, k)
        others = ways.project_out(out, k, 1).insert_dims(out, k, 1)
        if not others.intersect(alone.insert_dims(out, 0, k).insert_dims(out, k + 1, dims - k - 1)).is_equal(ways):
            return None
        step = alone.get_range_stride_info(0).get_stride()
        upward = f"{self.parameters}{{ [a] -> [b] : b >= a and (b - a) mod {step} = 0 }}"
        spaced = alone.lexmin().apply_range(isl.Map.read_from_str(self.context, upward))
        downward = isl.Map.read_from_str(self.context, f"{self.parameters}{{ [a] -> [b] : b <= a }}")
        if not spaced.intersect(alone.lexmax().apply_range(downward)).is_equal(alone):
            return None
        span = alone.dim_max(0).sub(alone.dim_min(0))
        return span.scale_down_val(step).floor().add_constant_val(isl.Val.int_from_si(self.context, 1))

    def vanishes(self, function: Any) -> bool:
        """Tell whether a function is zero: as a polynomial on each of its pieces, or at all points if they are few."""
        tried = 0
        for domain, piece in function.get_pieces():
            reduced = piece.gist(domain)
            left = domain
            if reduced.isa_aff():
                left = isl.PwAff.from_aff(reduced.as_aff()).non_zero_set().intersect(domain)
            while not left.is_empty():
                at = left.sample_point()
                tried += 1
                if tried > MOST_POINTS or not function.eval(at).is_zero():
                    return False
                left = left.subtract(isl.Set.from_point(at))
        return True


def total(functions: Iterable[Any], taken: Iterable[Any] = ()) -> Any:
    """Return the sum of coefficient functions, less that of others.

    Those with the same domain are added first: there they may cancel, and are not cut into pieces by each other.
    """
    found: list[tuple[isl.Set, Any]] = []
    for one in (*functions, *(function.neg() for function in taken)):
        where = one.domain()
        place = next((k for k, (domain, _) in enumerate(found) if domain.is_equal(where)), None)
        if place is None:
            found.append((where, one))
        else:
            found[place] = where, found[place][1].add(one)
    return reduce(lambda a, b: a.add(b), (function for _, function in found))


def arranged(term: Term) -> Iterator[tuple[Signature, list[sp.Expr]]]:
    """Yield the product of tensors of a term, with the indices it accesses, in every order of equal tensors.

    a[i]·a[j] = a[j]·a[i]:  two sides are equal  ⇔  their sums over all orders are
    """
    ordered = sorted(term.factors, key=lambda f: (f.key[0], len(f.key), f.key))
    signature = tuple(f.key for f in ordered)
    for arrangement in arrangements(signature):
        yield signature, [i for k in arrangement for i in ordered[k].index]


def arrangements(signature: Signature) -> Iterator[tuple[int, ...]]:
    """Yield the orders of the factors that permute equal tensors only: a·a commutes, and is made symmetric."""
    groups = [list(group) for _, group in groupby(range(len(signature)), key=lambda k: signature[k])]
    if prod(factorial(len(group)) for group in groups) > MOST_ARRANGEMENTS:
        raise NotReadable(Reason.LIMIT, "a tensor occurs too often in one product")
    for arranged in product(*(permutations(group) for group in groups)):
        yield tuple(k for group in arranged for k in group)
