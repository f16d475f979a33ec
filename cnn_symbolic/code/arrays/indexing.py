"""Indices and slices, as NumPy reads them: what counts from the end, what is cut silently, what is copied.

Trusted. A bound of a slice that is below zero counts from the end by its value, and is then cut to the axis: where it
is not proved that nothing is cut, the cut is in the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import WHOLE, Array, as_array, broadcast, computed, elementwise, expanded
from cnn_symbolic.code.state.cells import Dim, Index, cell, divided, length_of, multiple, symbols_for
from cnn_symbolic.code.state.memory import Loop
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import substitute

Back = Callable[[Index], list[sp.Expr]]


@dataclass(frozen=True)
class Slice:
    """`start:stop:step`, each a number or None."""

    start: Any
    stop: Any
    step: Any


@dataclass(frozen=True)
class Mask:
    """An array of zeros and ones that is used as a truth value, entry by entry."""

    array: Array


@dataclass(frozen=True)
class Part:
    """One part of an index: the axes that it makes, and how it leads from their index to that of its own axis."""

    dims: tuple[Dim, ...]
    back: Back
    takes: int  # how many axes of the array it is about
    advanced: bool = False


def indexed(a: Array, key: Any) -> Any:
    """Return what `a[key]` is: a view or, by arrays of integers, a copy; the number in an array without axes."""
    found = resolved(a, key)
    if found.advanced:
        entry = a.view(found.dims, found.back).reading()
        return computed(a.world, found.dims, entry, a.kind)
    made = a.view(found.dims, found.back)
    if found.dims or any(part is Ellipsis for part in (key if isinstance(key, tuple) else (key,))):
        return made
    return made.reading()(())  # a number, which does not change with the array


def assign(a: Array, key: Any, value: Any, adds: bool, every: bool = False) -> None:
    """Carry out `a[key] = value` or `a[key] += value`; with `every`, an index that occurs twice counts twice."""
    if isinstance(key, Mask):
        assign_where(a, check_mask(a, key.array, value), value, adds)
        return
    found = resolved(a, key)
    if not found.dims and isinstance(value, Array) and value.rank:
        raise a.world.refuse("an array is assigned to one entry, where a number is understood")
    whole = not found.advanced and found.dims == a.dims and key_is_everything(key)
    a.write(found.dims, found.back, adds, value, whole, every)


def assign_where(a: Array, mask: Array, value: Any, adds: bool) -> None:
    """Assign a number, or the entries of an array at the same places, where a mask is 1, or add them there."""
    new = product(a.world, mask, value)
    if not adds:
        new = total(a.world, new, product(a.world, complement(mask), a.copy()))
    a.write(a.dims, lambda index: list(index), adds, new)


def check_mask(a: Array, mask: Array, value: Any) -> Array:
    """Return a mask if it has the shape of an array, and is given one number."""
    if (isinstance(value, Array) and value.rank) or isinstance(value, list | tuple | Mask):
        raise a.world.refuse("an assignment of an array where a condition holds, of which the places are not known")
    same = mask.rank == a.rank and all(a.world.same(n, m) for n, m in zip(mask.lengths, a.lengths, strict=True))
    if not same:
        raise a.world.refuse("a condition on entries as an index of an array of another shape")
    return mask


def key_is_everything(key: Any) -> bool:
    """Tell whether a key takes all of an array."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is Ellipsis or part == Slice(None, None, None) for part in parts)


def product(world: World, a: Any, b: Any) -> Array:
    """Return the product of two arrays."""
    return elementwise(world, lambda x, y: x * y, a, b, what="*")


def total(world: World, a: Any, b: Any) -> Array:
    """Return the sum of two arrays."""
    return elementwise(world, lambda x, y: x + y, a, b, what="+")


def complement(a: Array) -> Array:
    """Return one minus an array."""
    return elementwise(a.world, lambda x: 1 - x, a)


def resolved(a: Array, key: Any) -> Part:
    """Return the axes that an index makes of an array, and how they lead to its own."""
    world = a.world
    parts = list(key) if isinstance(key, tuple) else [key]
    parts = [spread(world, part) for part in parts]
    taken = sum(1 for part in parts if part is not None and part is not Ellipsis)
    if taken > a.rank:
        raise world.raised(f"IndexError: {taken} indices for an array with {a.rank} axes")
    if Ellipsis in [part if part is Ellipsis else None for part in parts]:
        at = next(k for k, part in enumerate(parts) if part is Ellipsis)
        if any(part is Ellipsis for part in parts[at + 1 :]):
            raise world.raised("IndexError: an index has two ellipses")
        parts[at : at + 1] = [Slice(None, None, None)] * (a.rank - taken)
    else:
        parts += [Slice(None, None, None)] * (a.rank - taken)
    arrays = [part for part in parts if isinstance(part, Array)]
    return mixed(a, parts, arrays) if arrays else basic(a, parts)


def spread(world: World, part: Any) -> Any:
    """Return a part of an index as None, Ellipsis, a slice, a whole number, or an array of whole numbers."""
    if part is None or part is Ellipsis or isinstance(part, Slice):
        return part
    if isinstance(part, list):
        part = as_array(world, part)
    if isinstance(part, Array):
        if part.kind != WHOLE:
            raise world.refuse("an index by an array of real numbers or truth values, where one of integers is known")
        return part.reading()(()) if part.rank == 0 else part
    if isinstance(part, sp.Expr) and rules.is_whole(part):
        return part
    raise world.refuse("an index is a whole number, a slice, None, … or an array of integers")


def basic(a: Array, parts: Sequence[Any]) -> Part:
    """Return what an index of numbers and slices makes."""
    made: list[Part] = []
    axis = 0
    for part in parts:
        if part is None:
            made.append(Part(((sp.S.One,),), lambda index: [], 0))
            continue
        made.append(of_slice(a, axis, part) if isinstance(part, Slice) else of_number(a, axis, part))
        axis += 1
    return joined(made)


def joined(parts: Sequence[Part]) -> Part:
    """Return parts of an index one after the other."""
    sizes = [sum(len(dim) for dim in part.dims) for part in parts]

    def back(index: Index) -> list[sp.Expr]:
        rest, found = list(index), []
        for part, count in zip(parts, sizes, strict=True):
            found += part.back(rest[:count])
            rest = rest[count:]
        return found

    return Part(tuple(dim for part in parts for dim in part.dims), back, sum(part.takes for part in parts))


def of_number(a: Array, axis: int, i: sp.Expr) -> Part:
    """Return the cell at a number, which counts from the end below zero."""
    world, dim = a.world, a.dims[axis]
    n = length_of(dim)
    at = from_the_end(world, i, n)
    inside = rules.all_of(rules.compare(">=", at, sp.S.Zero), rules.compare("<", at, n))
    world.require(inside, f"IndexError: the index {i} is outside of an axis of size {n}")
    place = world.cell(at, dim)
    return Part((), lambda _: place, 1)


def from_the_end(world: World, i: sp.Expr, n: sp.Expr) -> sp.Expr:
    """Return a number that counts from the end where it is below zero."""
    sign = world.sign(i)
    if sign is None and not world.varies(i):
        sign = 1 if world.choose(rules.compare(">=", i, sp.S.Zero)) else -1
    if sign is None:
        return rules.where(rules.compare("<", i, sp.S.Zero), i + n, i)
    return i if sign > 0 else i + n


def of_slice(a: Array, axis: int, part: Slice) -> Part:
    """Return the cells of a slice."""
    world, dim = a.world, a.dims[axis]
    n = length_of(dim)
    start, stop, step = (whole(world, value) for value in (part.start, part.stop, part.step))
    if (start is None or start == 0) and (stop is None or stop == n) and (step is None or step == 1):
        return Part((dim,), lambda index: list(index), 1)
    step = sp.S.One if step is None else step
    forwards = world.sign(step - 1)
    if forwards is None or (forwards < 0 and not world.holds(rules.compare("<", step, sp.S.Zero))):
        world.require(rules.compare("!=", step, sp.S.Zero), "ValueError: the step of a slice is zero")
        raise world.refuse(f"a slice with the step {step}, of which it is not known whether it is above zero")
    if forwards < 0:
        return backwards(a, axis, start, stop, step)
    first = sp.S.Zero if start is None else from_the_end(world, start, n)
    if stop is not None and (number := uncut(world, first, stop, step, n)) is not None:
        return Part(((number,),), lambda index: cell(first + step * index[0], dim), 1)
    low = sp.S.Zero if start is None else cut(world, first, n)
    high = n if stop is None else cut(world, from_the_end(world, stop, n), n)
    span = sp.expand(high - low)
    count = divided(span, step) or rules.floor(rules.divide(sp.expand(span - 1), step)) + 1
    if not world.holds(rules.compare(">=", span, sp.S.Zero)):
        count = rules.maximum(count, sp.S.Zero)
    return Part(((count,),), lambda index: cell(low + step * index[0], dim), 1)


def uncut(world: World, low: sp.Expr, stop: sp.Expr, step: sp.Expr, n: sp.Expr) -> sp.Expr | None:
    """Return c for a slice low:low + step·c:step whose last cell is proved to be on the axis; None for others.

    low ≥ 0,  c ≥ 0,  low + step·(c − 1) ≤ n − 1   ⟹   range(min(low, n), min(low + step·c, n), step) has c numbers
    """
    count = multiple(sp.expand(stop - low), step)
    if step == 1 or count is None:
        return None
    last = sp.expand(low + step * (count - 1))
    inside = [rules.compare(">=", e, sp.S.Zero) for e in (low, count)]
    return count if all(map(world.holds, [*inside, rules.compare("<", last, n)])) else None


def backwards(a: Array, axis: int, start: Any, stop: Any, step: sp.Expr) -> Part:
    """Return the cells of a slice that goes backwards: `::-1`, or from a number on."""
    world, dim = a.world, a.dims[axis]
    n = length_of(dim)
    first = n - 1 if start is None else rules.minimum(from_the_end(world, start, n), n - 1)
    if start is not None and world.holds(rules.compare("<=", from_the_end(world, start, n), n - 1)):
        first = from_the_end(world, start, n)
    last = sp.S.NegativeOne if stop is None else rules.maximum(from_the_end(world, stop, n), sp.S.NegativeOne)
    span = sp.expand(first - last)
    count = span if step == -1 else rules.ceiling(rules.divide(span, sp.expand(-step)))
    if not world.holds(rules.compare(">=", span, sp.S.Zero)):
        count = rules.maximum(count, sp.S.Zero)
    return Part(((count,),), lambda index: cell(first + step * index[0], dim), 1)


def whole(world: World, value: Any) -> Any:
    """Return a bound of a slice as a number or None."""
    if isinstance(value, Array) and value.rank == 0 and value.kind == WHOLE:
        value = value.reading()(())
    if value is None or (isinstance(value, sp.Expr) and rules.is_whole(value)):
        return value
    raise world.refuse("a bound of a slice is a whole number")


def cut(world: World, bound: sp.Expr, n: sp.Expr) -> sp.Expr:
    """Return a bound of a slice cut to an axis of size n."""
    if not world.holds(rules.compare(">=", bound, sp.S.Zero)):
        bound = rules.maximum(bound, sp.S.Zero)
    if not world.holds(rules.compare("<=", bound, n)):
        bound = rules.minimum(bound, n)
    return bound


def mixed(a: Array, parts: Sequence[Any], arrays: Sequence[Array]) -> Part:
    """Return what an index with arrays of integers makes: their axes stand together, else in front of the others."""
    world = a.world
    dims = broadcast(world, arrays, "an index")
    places = [k for k, part in enumerate(parts) if isinstance(part, Array | sp.Expr)]
    together = places == list(range(places[0], places[-1] + 1))
    made: list[Part | None] = []
    entries: dict[int, Callable[[Index], Any]] = {}
    axis = 0
    for k, part in enumerate(parts):
        if part is None:
            made.append(Part(((sp.S.One,),), lambda index: [], 0))
            continue
        if isinstance(part, Array):
            entries[k] = chosen(a, axis, part, dims)
            made.append(None)
        else:
            made.append(of_slice(a, axis, part) if isinstance(part, Slice) else of_number(a, axis, part))
        axis += 1
    before = [p for p in made[: places[0]] if p is not None] if together else []
    after = [p for p in made[len(before) :] if p is not None and p.dims] if together else []
    others = [p for p in made if p is not None]
    order = (*(d for p in before for d in p.dims), *dims, *(d for p in after for d in p.dims))
    if not together:
        order = (*dims, *(d for p in others for d in p.dims))
    ahead = sum(len(d) for p in before for d in p.dims)
    count = sum(len(d) for d in dims)

    def back(index: Index) -> list[sp.Expr]:
        chosen_at = index[ahead : ahead + count]
        rest = [*index[:ahead], *index[ahead + count :]]
        found: list[sp.Expr] = []
        for k, part in enumerate(made):
            if part is None:
                found += entries[k](chosen_at)
            else:
                size = sum(len(dim) for dim in part.dims)
                found += part.back(rest[:size])
                rest = rest[size:]
        return found

    return Part(tuple(order), back, a.rank, True)


def chosen(a: Array, axis: int, part: Array, dims: Sequence[Dim]) -> Callable[[Index], list[sp.Expr]]:
    """Return the cells of an axis that an array of integers chooses, as a function of the index of all such arrays."""
    world, dim = a.world, a.dims[axis]
    n = length_of(dim)
    entry = expanded(part, dims, "an index")
    lengths = [size for d in dims for size in d]
    index = symbols_for(lengths)
    with world.within(*(Loop(i, size) for i, size in zip(index, lengths, strict=True))):
        value = entry(index)
        at = from_the_end(world, value, n)
        inside = rules.all_of(rules.compare(">=", at, sp.S.Zero), rules.compare("<", at, n))
        world.need(inside, f"IndexError: an index of an array is outside of an axis of size {n}")

    def found(here: Index) -> list[sp.Expr]:
        return cell(substitute(at, dict(zip(index, here, strict=True))), dim)

    return found
