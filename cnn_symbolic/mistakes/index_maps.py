"""The mistakes in a sum of terms, each as data: what it is called, and the terms that it makes of others.

Every change can be read both ways: `mends` is the mistake that is in the terms before it, `makes` the one that is in
those after it. Changes of an index map are made on one axis, and on all axes of an entry at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, combinations
from operator import mul

import sympy as sp

from cnn_symbolic.expressions.formulas import entry, fresh
from cnn_symbolic.expressions.heads import Bracket, Delta, Equal, Floor, Inverse, Opaque, Remainder
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import as_quotient, divide, floor, remainder
from cnn_symbolic.mistakes.edits import AT, Edit, edits_of, reversed_along
from cnn_symbolic.mistakes.roles import Roles
from cnn_symbolic.mistakes.terms import EntryFactor, Summand, Terms
from cnn_symbolic.mistakes.wording import and_joined, of_axes


@dataclass(frozen=True)
class TermChange:
    """A mistake: what it is called where it is mended, and where it is made, and the terms after the change.

    One that is `alone` says nothing together with another one: two of them make anything of anything.
    """

    mends: str
    makes: str
    terms: Terms
    alone: bool = False


def term_changes(terms: Terms, roles: Roles) -> Iterator[TermChange]:
    """Yield what one mistake makes of a sum of terms, if it makes something else of it."""
    yield from (change for change in every_change(terms, roles) if change.terms.terms != terms.terms)


def every_change(terms: Terms, roles: Roles) -> Iterator[TermChange]:
    """Yield what one mistake makes of a sum of terms."""
    for k, term in enumerate(terms.terms):
        for mends, makes, changed in chain(constant_changes(term, terms, roles), index_changes(term, terms, roles)):
            yield TermChange(mends, makes, terms.with_term(k, changed))
    for k, term in enumerate(terms.terms):
        for mends, makes, changed in sum_changes(term, terms, roles):
            yield TermChange(mends, makes, terms.with_term(k, changed))
        for mends, makes, changed in factor_changes(term, terms, roles):
            fewer = len(changed.factors) < len(term.factors)
            yield TermChange(mends, makes, terms.with_term(k, changed), alone=fewer)
    yield from number_changes(terms, roles)
    if len(terms.terms) > 1:
        for k, term in enumerate(terms.terms):
            said = "·".join(f.tensor for f in term.factors) or "the number"
            ways = f"the term with {said} is too much", f"the term with {said} is missing"
            yield TermChange(*ways, terms.with_term(k), alone=True)
            for mends, makes, number in numbers_beside([term.number], roles):
                changed = replace(term, number=number(term.number))
                where, alone = f" in the term with {said}", not changed.number.free_symbols <= term.number.free_symbols
                yield TermChange(mends + where, makes + where, terms.with_term(k, changed), alone)
    if terms.terms:
        yield from more_terms(terms)


def more_terms(terms: Terms) -> Iterator[TermChange]:
    """Yield a sum with one tensor more, added or subtracted."""
    for name, x in terms.names.items():
        if x.rank == len(terms.shape) and all(
            sp.expand(n - m) == 0 for n, m in zip(x.lengths, terms.lengths, strict=True)
        ):
            ways = f"the summand {name} is missing", f"the summand {name} is too much"
            for number in (sp.S.One, sp.S.NegativeOne):
                summand = Summand(number, (EntryFactor(name, terms.index),))
                yield TermChange(*ways, replace(terms, terms=(*terms.terms, summand)), alone=True)


# Index maps

REST = ("remainder", "quotient")


def constant_changes(term: Summand, terms: Terms, roles: Roles) -> Iterator[tuple[str, str, Summand]]:
    """Yield a term with an index where a number stands in entries, in all of them at once and in each: one that is
    there already, or another one that is summed over."""
    found: dict[tuple[sp.Expr, sp.Expr], list[tuple[int, int]]] = {}
    for k, factor in enumerate(term.factors):
        for a, (e, length) in enumerate(zip(factor.index, terms.names[factor.tensor].lengths, strict=True)):
            if e.is_Integer and length != 1:
                found.setdefault((e, length), []).append((k, a))
    known = (*zip(terms.index, terms.lengths, strict=True), *term.bound)
    for (_, length), every in found.items():
        for places in [every] + [[place] for place in every] * (len(every) > 1):
            tensors = " and ".join(dict.fromkeys(roles.tensor(term.factors[k].tensor) for k, _ in places))
            for s in (s for s, n in known if sp.expand(n - length) == 0):
                said = f"the index {s.name} of {tensors} is"
                yield f"{said} missing", f"{said} too much", with_indices(term, dict.fromkeys(places, s))
            (k, a), *_ = places
            (u,) = fresh("n" if a == 0 else "u")
            summed = with_indices(replace(term, bound=((u, length), *term.bound)), dict.fromkeys(places, u))
            axis = roles.along(length)
            axis = axis if axis.startswith("the ") else f"axis {a} of {term.factors[k].tensor}"
            yield f"not summed over {axis}", f"summed over {axis}", summed


def with_indices(term: Summand, new: Mapping[tuple[int, int], sp.Expr]) -> Summand:
    """Return a term with other indices in some of its entries, each given by its factor and axis."""
    return replace(
        term,
        factors=tuple(
            replace(f, index=tuple(new.get((k, a), e) for a, e in enumerate(f.index)))
            for k, f in enumerate(term.factors)
        ),
    )


def index_changes(term: Summand, terms: Terms, roles: Roles) -> Iterator[tuple[str, str, Summand]]:
    """Yield a term with other index maps: those of one entry on one axis, or on several at once, or two exchanged."""
    symbols = (*terms.index, *(u for u, _ in term.bound))
    bound, spatial = {u for u, _ in term.bound}, spatial_symbols(term, symbols)
    for k, factor in enumerate(term.factors):
        lengths = terms.names[factor.tensor].lengths
        places = list(enumerate(factor.index))

        def put(new: Mapping[int, sp.Expr], k: int = k, factor: EntryFactor = factor) -> Summand:
            index = tuple(new.get(a, e) for a, e in enumerate(factor.index))
            return term.with_factor(k, replace(factor, index=index))

        said = roles.tensor(factor.tensor)
        edits = {a: [*edits_of(e, symbols, bound, roles)] for a, e in places}
        kept = [a for a, e in places if e.free_symbols & spatial]
        mirrored = [a for a, e in places if a not in kept and is_mirrored(e, symbols)]
        kept, mirrored = (kept, mirrored) if kept else (mirrored, [])
        flipped = {a: is_flipped(term, k, a, lengths[a], bound) for a in kept}
        for a in kept:
            edits[a] += [reversed_along(factor.index[a], lengths[a], said, flipped[a])]
        for axes in [mirrored] * (len(mirrored) > 1) + [[a] for a in mirrored]:
            mends, makes = (f"{said} is {way}flipped along {of_axes(axes)}, too" for way in ("", "not "))
            yield mends, makes, put({a: sp.expand(lengths[a] - 1 - factor.index[a]) for a in axes})
        yield from together(edits, kept, factor.tensor, put)
        for a, b in combinations(range(len(factor.index)), 2):
            if factor.index[a] != factor.index[b]:
                among = f"the axes {a} and {b} of {said} are exchanged"
                turned = f"{said} is transposed" if len(factor.index) == 2 or kept == [a, b] else among
                changed = put({a: factor.index[b], b: factor.index[a]})
                yield turned, turned, changed
                runs = {factor.index[b]: lengths[a], factor.index[a]: lengths[b]}
                runs_so = tuple((u, runs.get(u, n)) for u, n in term.bound)
                if runs_so != term.bound:
                    yield turned, turned, replace(changed, bound=runs_so)
    ends = {s: n - 1 - s for s, n in zip(terms.index, terms.lengths, strict=True) if s in spatial}
    for several in [list(ends)] * (len(ends) > 1) + [[s] for s in ends]:
        along = f" along {of_axes([terms.index.index(s) for s in several])}" * (len(ends) > len(several))
        said, of_ends = f"the result is flipped{along}", {s: ends[s] for s in several}
        yield said, said, substituted(term, of_ends)
    for i, j in combinations(terms.index, 2):
        said = f"{i.name} and {j.name} are exchanged"
        yield said, said, substituted(term, {i: j, j: i})
    yield from condition_changes(term, symbols, roles)
    yield from quotient_changes(term, roles)


def is_mirrored(e: sp.Expr, symbols: Sequence[sp.Symbol]) -> bool:
    """Tell whether an index map is one index, counted from the end."""
    found = [s for s in symbols if e.has(s)]
    return len(found) == 1 and sp.expand(e).coeff(found[0]) == -1


def is_flipped(term: Summand, k: int, a: int, length: sp.Expr, bound: set[sp.Symbol]) -> bool:
    """Tell whether an entry of a term runs along an axis against another one: as that of the filter in a convolution,
    not in a correlation. Without such a one: whether its index is shorter from the other end."""
    e = sp.expand(term.factors[k].index[a])
    others = [sp.expand(f) for j, factor in enumerate(term.factors) if j != k for f in factor.index]
    for u in e.free_symbols & bound:
        along = [f.coeff(u) for f in others if f.coeff(u) != 0]
        for t in bound - {u}:
            ways = [sp.expand(p - q) for p, q in map(sides_of, filter(is_equation, term.weights))]
            slopes = [-way.coeff(t) / way.coeff(u) for way in ways if way.coeff(u) != 0 != way.coeff(t)]
            along += [f.coeff(t) / slope for f in others if f.coeff(t) != 0 for slope in slopes]
        if along:
            return bool((e.coeff(u) * along[0]).could_extract_minus_sign())
    return len(sp.Add.make_args(sp.expand(length - 1 - e))) < len(sp.Add.make_args(e))


def sides_of(equation: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return the sides of an equation that is a weight."""
    left, right = equation.args if isinstance(equation, Delta) else equation.args[0].args
    return left, right


def quotient_changes(term: Summand, roles: Roles) -> Iterator[tuple[str, str, Summand]]:
    """Yield a term with another quotient in the index of an entry, or one for a remainder; or only where what is
    divided in its indices is divisible."""
    divided = {}
    for k, factor in enumerate(term.factors):
        at = f"in the index of {factor.tensor}"
        for a, e in enumerate(factor.index):
            if isinstance(e, Remainder):
                mends, makes = (f"the {x} in place of the {y} {at}" for x, y in (REST, REST[::-1]))
                for step in roles.steps:
                    yield mends, makes, with_indices(term, {(k, a): floor(divide(e.args[0], step))})
            if isinstance(e, Floor):
                above, below = as_quotient(e.args[0])
                for step in roles.steps:
                    this, that = written(below), written(step)
                    mends, makes = (f"divided by {x} in place of {y} {at}" for x, y in ((this, that), (that, this)))
                    yield mends, makes, with_indices(term, {(k, a): floor(divide(above, step))})
                if (condition := Delta(remainder(above, below), sp.S.Zero)) not in term.weights:
                    divided[condition] = f"{written(below)} divides {written(above)}"
    for conditions in [list(divided)] + [[condition] for condition in divided] * (len(divided) > 1):
        said, many = " and that ".join(divided[condition] for condition in conditions), len(conditions) > 1
        said = f"the conditions that {said} are" if many else f"the condition that {said} is"
        yield f"{said} missing", f"{said} too much", replace(term, weights=(*term.weights, *conditions))


def condition_changes(term: Summand, symbols: Sequence[sp.Symbol], roles: Roles) -> Iterator[tuple[str, str, Summand]]:
    """Yield a term with other index maps in the equations that it is summed over."""
    equations = {k: sides_of(e) for k, e in enumerate(term.weights) if is_equation(e)}
    bound = {u for u, _ in term.bound}
    sides = {k: int(len(b.free_symbols) > len(a.free_symbols)) for k, (a, b) in equations.items()}

    def put(new: Mapping[int, sp.Expr]) -> Summand:
        weights = list(term.weights)
        for k, e in new.items():
            pair = list(equations[k])
            pair[sides[k]] = e
            weights[k] = Delta(*pair) if isinstance(weights[k], Delta) else Bracket(Equal(*pair))
        return replace(term, weights=tuple(weights))

    edits = {k: [*edits_of(pair[sides[k]], symbols, bound, roles)] for k, pair in equations.items()}
    yield from together(edits, list(edits), "", put)


def is_equation(e: sp.Expr) -> bool:
    """Tell whether a weight is 1 where two index maps are equal, else 0."""
    return isinstance(e, Delta) or (isinstance(e, Bracket) and isinstance(e.args[0], Equal))


def spatial_symbols(term: Summand, symbols: Sequence[sp.Symbol]) -> set[sp.Symbol]:
    """Return the indices that are added up with others somewhere: those of filters and positions."""
    maps = [e for f in term.factors for e in f.index]
    maps += [side for w in term.weights if is_equation(w) for side in sides_of(w)]
    found = [e.free_symbols & set(symbols) for e in maps]
    return {s for several in found if len(several) > 1 for s in several}


def together(
    edits: Mapping[int, Sequence[Edit]],
    spatial: Sequence[int],
    tensor: str,
    put: Callable[[Mapping[int, sp.Expr]], Summand],
) -> Iterator[tuple[str, str, Summand]]:
    """Yield the same edit on all axes where it can be made, then each by itself."""
    of = f"the index of {tensor}" if tensor else "the condition" + "s" * (len(spatial) > 1)
    for key in dict.fromkeys(edit.key for a in spatial for edit in edits[a]):
        found = {a: edit for a in spatial for edit in edits[a] if edit.key == key}
        if len(found) > 1:
            each = list(found.values())
            mends, makes = (and_joined([getattr(e, way) for e in each]) for way in ("mends", "makes"))
            yield mends.replace(AT, of), makes.replace(AT, of), put({a: e.index for a, e in found.items()})
    for a, several in edits.items():
        many = len(spatial) > 1 or a not in spatial
        where = f"{of} along axis {a}" if many and tensor else of
        for edit in several:
            along = f" along axis {a}" if many and AT not in edit.mends else ""
            yield edit.mends.replace(AT, where) + along, edit.makes.replace(AT, where) + along, put({a: edit.index})


# Sums


def sum_changes(term: Summand, terms: Terms, roles: Roles) -> Iterator[tuple[str, str, Summand]]:
    """Yield a term that is summed over other axes: over fewer of those that it does not depend on, or over one more."""
    used = set().union(*(e.free_symbols for e in term.multiplied)) if term.multiplied else set()
    idle = [u for u, _ in term.bound if u not in used]
    said = "·".join(f.tensor for f in term.factors) or "a number"
    for count in range(len(idle), 0, -1):
        for dropped in combinations(idle, count):
            bound = tuple((u, n) for u, n in term.bound if u not in dropped)
            each = " and ".join(one_of(roles.along(n)) for u, n in term.bound if u in dropped)
            yield f"{said} is added once per {each}", f"{said} is added once", replace(term, bound=bound)
    lengths = {**dict(zip(terms.index, terms.lengths, strict=True)), **dict(term.bound)}
    for u, n in term.bound:
        for other, m in lengths.items():
            if other is not u and u in used and sp.expand(m - n) == 0:
                bound = tuple((v, k) for v, k in term.bound if v is not u)
                changed = substituted(replace(term, bound=bound), {u: other})
                axis = roles.along(n)
                yield f"summed over {axis}, by {u.name} in place of {other.name}", f"not summed over {axis}", changed


def one_of(several: str) -> str:
    """Return one of what a sum runs over."""
    words = {"the batch": "example", "the input channels": "channel", "the output channels": "channel"}
    return words.get(several, several.removeprefix("the ").replace("entries", "entry").replace("positions", "position"))


def substituted(term: Summand, new: Mapping[sp.Symbol, sp.Expr]) -> Summand:
    """Return a term with other indices."""
    factors = tuple(replace(f, index=tuple(e.xreplace(new) for e in f.index)) for f in term.factors)
    return replace(term, factors=factors, weights=tuple(w.xreplace(new) for w in term.weights))


# Factors and numbers


def factor_changes(term: Summand, terms: Terms, roles: Roles) -> Iterator[tuple[str, str, Summand]]:
    """Yield a term with a factor more or less, with another tensor, or with another derivative of a function."""
    applied = dict.fromkeys(
        (f.options["function"], f.options["order"], f.operands[0].name or "")
        for f in roles.calls
        if "function" in f.options and f.operands
    )
    for k, factor in enumerate(term.factors):
        lengths = terms.names[factor.tensor].lengths
        for name, order, z in applied:
            if z in terms.names and terms.names[z].lengths == lengths:
                slope = Opaque(name, order + 1, entry(z, factor.index))
                said = f"the slope {name}{'′' * (order + 1)}({z})"
                yield f"{said} is missing", f"{said} is too much", replace(term, weights=(*term.weights, slope))
        if factor.function is not None:
            name, order = factor.function
            for found in {order + 1, max(order - 1, 0)} - {order}:
                this, that = (f"{name}{'′' * n}" for n in (order, found))
                changed = term.with_factor(k, replace(factor, function=(name, found)))
                yield f"{this} in place of {that}", f"{that} in place of {this}", changed
        shown = factor.called
        if len(terms.terms) > 1:
            ways = f"{shown} in place of {shown}·{shown}", f"{shown}·{shown} in place of {shown}"
            yield *ways, term.with_factor(k, factor, factor)
        if len(term.factors) > 1:
            yield f"the factor {shown} is too much", f"the factor {shown} is missing", term.with_factor(k)
        for name, x in terms.names.items():
            if name != factor.tensor and x.rank == len(factor.index) and factor.function is None:
                mends, makes = (f"{a} in place of {b}" for a, b in ((factor.tensor, name), (name, factor.tensor)))
                yield mends, makes, term.with_factor(k, replace(factor, tensor=name))


SIGN = ("the sign is wrong", "the sign is wrong")
TWICE = ("the result is halved", "the result is doubled")
NUMBERS = ((SIGN, sp.S.NegativeOne), (TWICE[::-1], sp.S.Half), (TWICE, sp.Integer(2)))


def number_changes(terms: Terms, roles: Roles) -> Iterator[TermChange]:
    """Yield all terms with another number before them: another sign, doubled or halved, or divided by a size."""
    for mends, makes, number in numbers_beside(tuple(t.number for t in terms.terms), roles):
        made = tuple(replace(t, number=number(t.number)) for t in terms.terms)
        yield TermChange(mends, makes, replace(terms, terms=made))


def numbers_beside(numbers: Sequence[sp.Expr], roles: Roles) -> Iterator[tuple[str, str, Callable[[sp.Expr], sp.Expr]]]:
    """Yield what one mistake makes of the numbers before terms."""
    for ways, number in NUMBERS:
        yield *ways, partial(mul, number)
    every = [sp.Mul.make_args(n) for n in numbers]
    common = [f for f in every[0] if not f.is_Rational and all(f in factors for factors in every)] if every else []
    below = [f for f in common if isinstance(f, Inverse)]
    for factors in ([below] if len(below) > 1 else []) + [[f] for f in below]:
        said = roles.size(sp.Mul(*(f.args[0] for f in factors)))
        yield f"divided by {said}", f"not divided by {said}", partial(without, factors)
    for f in below:
        for size in (n for n in roles.sizes if n != f.args[0]):
            this, that = (roles.steps.get(n, roles.size(n)) for n in (f.args[0], size))
            ways = f"divided by {this} in place of {that}", f"divided by {that} in place of {this}"
            yield *ways, partial(mul_without, f, divide(sp.S.One, size))
    for f in common:
        if f not in below:
            yield f"multiplied by {roles.size(f)}", f"not multiplied by {roles.size(f)}", partial(without, [f])
    counted = {**roles.lengths, **{n: written(n) for n in roles.sizes if n not in roles.lengths}}
    for size, said in counted.items():
        yield f"not divided by {said}", f"divided by {said}", partial(mul, divide(sp.S.One, size))
        yield f"not multiplied by {said}", f"multiplied by {said}", partial(mul, size)


def mul_without(factor: sp.Expr, by: sp.Expr, number: sp.Expr) -> sp.Expr:
    """Return a number with another factor in the place of one."""
    return without([factor], number) * by


def without(factors: Sequence[sp.Expr], number: sp.Expr) -> sp.Expr:
    """Return a number without some of its factors."""
    left = list(sp.Mul.make_args(number))
    for factor in factors:
        left.remove(factor)
    return sp.Mul(*left)
