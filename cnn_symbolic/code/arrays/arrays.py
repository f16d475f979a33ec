"""Arrays of the code that is read: views of buffers, indexed, cut, broadcast and reshaped as NumPy does.

Trusted. The axes of a view are groups of atomic sizes: flattening makes a group of several, which reshaping takes apart
again, so that no quotients arise. `at` leads from an index, one number for each atomic size, to that of the buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sympy as sp

from cnn_symbolic.code.state.cells import Dim, Index, is_one, length_of, symbols_for, translated
from cnn_symbolic.code.state.memory import Buffer, Update, is_injective
from cnn_symbolic.code.state.paths import closed
from cnn_symbolic.code.state.values import Float
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import bound_sum, substitute
from cnn_symbolic.expressions.heads import has_entries

Entry = Callable[[Index], Any]


# What the entries of an array are: real numbers, integers made from sizes and indices, or conditions on these.
REAL, WHOLE, TRUTH = "real", "whole", "truth"


@dataclass(frozen=True, eq=False)
class Array:
    """A view of a buffer."""

    world: World
    buffer: Buffer
    dims: tuple[Dim, ...]
    at: Callable[[Index], Sequence[sp.Expr]]
    kind: str = REAL
    in_order: bool = False

    def __post_init__(self) -> None:
        for dim in self.dims:  # of which sizes those that are flattened consist is remembered
            if len(dim) > 1:
                self.world.groups.setdefault(length_of(dim), dim)

    @property
    def atoms(self) -> Dim:
        """The atomic sizes of all axes."""
        return tuple(n for dim in self.dims for n in dim)

    @property
    def lengths(self) -> tuple[sp.Expr, ...]:
        """The lengths of the axes."""
        return tuple(map(length_of, self.dims))

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.dims)

    def split(self, index: Index) -> list[list[sp.Expr]]:
        """Return an index, one number for each atomic size, by axes."""
        found, rest = [], list(index)
        for dim in self.dims:
            found.append(rest[: len(dim)])
            rest = rest[len(dim) :]
        return found

    def reading(self) -> Entry:
        """Return what the array holds now, as a function of the index."""
        entry, at = self.world.reading(self.buffer), self.at
        return lambda index: entry(tuple(at(index)))

    def written(self) -> tuple[tuple[sp.Symbol, ...], Any]:
        """Return an index and the entry there."""
        index = symbols_for(self.atoms)
        return index, self.reading()(index)

    def view(self, dims: Sequence[Dim], back: Callable[[Index], Sequence[sp.Expr]], in_order: bool = False) -> Array:
        """Return another view of the same memory; `back` leads from its index to that of this array."""
        at = self.at
        return replace(self, dims=tuple(dims), at=lambda index: at(back(index)), in_order=in_order)

    def copy(self, in_order: bool = False) -> Array:
        """Return a copy."""
        return computed(self.world, self.dims, self.reading(), self.kind, in_order)

    def update(self, adds: bool, value: Any) -> None:
        """Assign a number or an array to all entries, or add it to them."""
        self.write(self.dims, lambda index: index, adds, value, True)

    def write(
        self,
        dims: Sequence[Dim],
        back: Callable[[Index], Sequence[sp.Expr]],
        adds: bool,
        value: Any,
        whole: bool = False,
        every: bool = False,
    ) -> None:
        """Assign a number or an array to the entries that `back` leads to, or add it to them.

        With `every`, an entry that is hit twice is added to twice; else that must not happen.
        """
        world, source = self.world, as_array(self.world, value)
        if self.kind == TRUTH or source.kind == TRUTH:
            raise world.refuse("an update of an array of truth values, or by one")
        if self.kind == WHOLE and source.kind != WHOLE:
            raise world.refuse("real numbers are written into an array of integers, which would cut them")
        lengths = [n for dim in dims for n in dim]
        index = symbols_for(lengths)
        entry = expanded(source, dims, "an update")(index)
        target = tuple(self.at(back(index)))
        everything = whole and tuple(self.buffer.shape) == self.atoms and target == index
        if not every and not is_injective(target, index):
            self.check_different(index, lengths, target)
        world.update(
            self.buffer,
            Update(adds, world.moment, index, tuple(lengths), target, entry, everything, world.line),
            self.kind == WHOLE,
        )

    def check_different(self, index: Index, lengths: Sequence[sp.Expr], target: Index) -> None:
        """Note that no cell may be hit twice by one update, as only one of the values would count."""
        other = symbols_for(lengths)
        second = [substitute(t, dict(zip(index, other, strict=True))) for t in target]
        equal = [rules.compare("=", x, y) for x, y in zip(target, second, strict=True)]
        differ = rules.any_of(*(rules.compare("!=", x, y) for x, y in zip(index, other, strict=True)))
        plain, extra = self.world.without_choices(rules.all_of(*equal, differ))
        never = bound_sum(rules.bracket(plain), (*index, *other), (*lengths, *lengths))
        self.world.must_vanish(closed(never, (*self.world.moment, *extra)), "an update hits one entry twice")


def computed(world: World, dims: Sequence[Dim], entry: Entry, kind: str = REAL, in_order: bool = False) -> Array:
    """Return a new array with these entries, which are written once and then only substituted in."""
    atoms = [n for dim in dims for n in dim]
    index = symbols_for(atoms)
    formula = entry(index)

    def first(at: Index) -> Any:
        return substitute(formula, dict(zip(index, at, strict=True))) if isinstance(formula, sp.Basic) else formula

    buffer = world.buffer(atoms, first, in_order)
    return Array(world, buffer, tuple(dims), lambda at: at, kind, in_order)


def constant(world: World, lengths: Sequence[sp.Expr], value: sp.Expr | None, kind: str = REAL) -> Array:
    """Return a new array with the same number everywhere; None for whatever is in memory."""
    first = None if value is None else lambda _: value
    world.single.update(n for n in lengths if n not in world.groups)
    dims = tuple(world.groups.get(n, (n,)) for n in lengths)
    shape = [n for dim in dims for n in dim]
    return Array(world, world.buffer(shape, first, True), dims, lambda at: at, kind, True)


def as_array(world: World, value: Any) -> Array:
    """Return a value as an array: a number has no axes, a list has one more than its members."""
    if isinstance(value, Array):
        return value
    if isinstance(value, Float):
        return computed(world, [], lambda _: value.value)
    if isinstance(value, bool):
        value = sp.true if value else sp.false
    if isinstance(value, list | tuple):
        return stacked(world, [as_array(world, part) for part in value], 0)
    if isinstance(value, sp.Expr):
        kind = WHOLE if rules.is_whole(value) and not has_entries(value) else REAL
        return Array(world, world.buffer((), lambda _: value, True), (), lambda at: at, kind, True)
    if rules.is_condition(value):
        return Array(world, world.buffer((), lambda _: value, True), (), lambda at: at, TRUTH, True)
    raise world.refuse(f"an array or a number was expected, found {describe(value)}")


def describe(value: Any) -> str:
    """Return what a value is, in a word or two."""
    names = {type(None): "None", str: "a text", dict: "a table", tuple: "a tuple", list: "a list"}
    return names.get(type(value), type(value).__name__)


def as_real(a: Array) -> Array:
    """Return an array of truth values as numbers."""
    entry = a.reading()
    return computed(a.world, a.dims, lambda index: rules.bracket(entry(index)), WHOLE)


# Broadcasting


def broadcast(world: World, arrays: Sequence[Array], what: str) -> tuple[Dim, ...]:
    """Return the axes of several arrays together, as NumPy broadcasts them."""
    rank = max(a.rank for a in arrays)
    dims: list[Dim] = [(sp.S.One,)] * rank
    for a in arrays:
        for k, dim in enumerate(a.dims, rank - a.rank):
            dims[k] = together(world, dims[k], dim, what)
    return tuple(dims)


def together(world: World, one: Dim, other: Dim, what: str) -> Dim:
    """Return an axis that two axes are broadcast to; where they do not fit the code ends with an exception."""
    if is_one(one) or one == other:
        return other
    if is_one(other):
        return one
    a, b = length_of(one), length_of(other)
    if not world.same(a, b):
        is_single = [world.holds(rules.compare("=", n, sp.S.One)) for n in (a, b)]
        if any(is_single):
            return other if is_single[0] else one
        equal = rules.compare("=", a, b)
        if world.varies(equal) or not world.choose(equal):
            if not world.varies(a) and world.choose(rules.compare("=", a, sp.S.One)):
                return other
            if not world.varies(b) and world.choose(rules.compare("=", b, sp.S.One)):
                return one
            if world.varies(equal):
                single = [rules.compare("=", n, sp.S.One) for n in (a, b)]
                world.need(rules.any_of(equal, *single), f"ValueError: {what}: the sizes {a} and {b} of an axis differ")
                world.need(equal, f"{what}: an axis of size {a} or {b} may have one cell, which is repeated")
            else:
                raise world.raised(f"ValueError: {what}: the sizes {a} and {b} of an axis do not fit together")
    return one if len(one) >= len(other) else other


def behind_zeros(count: int, index: Index) -> list[sp.Expr]:
    """Return an index behind so many zeros."""
    return [sp.S.Zero] * count + list(index)


def expanded(a: Array, dims: Sequence[Dim], what: str) -> Entry:
    """Return what an array holds, as a function of the index of an array of larger shape that it is broadcast to."""
    world, entry, missing = a.world, a.reading(), len(dims) - a.rank
    while missing < 0 and is_one(a.dims[0]):  # leading axes of one cell are left out
        a = a.view(a.dims[1:], partial(behind_zeros, len(a.dims[0])))
        entry, missing = a.reading(), missing + 1
    if missing < 0:
        raise world.raised(f"ValueError: {what}: an array with {a.rank} axes does not fit one with {len(dims)}")
    single = [is_one(mine) and not is_one(dim) for mine, dim in zip(a.dims, dims[missing:], strict=True)]
    for k, (mine, dim) in enumerate(zip(a.dims, dims[missing:], strict=True)):
        if not single[k] and mine != dim:
            n, m = length_of(mine), length_of(dim)
            if not world.same(n, m):
                if not world.varies(n) and world.choose(rules.compare("=", n, sp.S.One)):
                    single[k] = True
                    continue
                equal, one = rules.compare("=", n, m), rules.compare("=", n, sp.S.One)
                fails = f"ValueError: {what}: an axis of size {n} does not fit one of size {m}"
                if world.varies(n):
                    world.need(rules.any_of(equal, one), fails)
                    world.need(equal, f"{what}: an axis of size {n} may have one cell, which is repeated")
                else:
                    world.require(equal, fails)
    sizes = [len(dim) for dim in dims]

    def read(index: Index) -> Any:
        rest, at = list(index), []
        for k, count in enumerate(sizes):
            here, rest = rest[:count], rest[count:]
            if k < missing:
                continue
            mine, dim = a.dims[k - missing], dims[k]
            if single[k - missing]:
                at += [sp.S.Zero] * len(mine)
            else:
                at += translated(here, dim, mine)
        return entry(at)

    return read


def elementwise(world: World, function: Callable[..., Any], *values: Any, kind: str = REAL, what: str = "") -> Array:
    """Return a function of arrays that are broadcast, entry by entry."""
    arrays = [as_array(world, value) for value in values]
    dims = broadcast(world, arrays, what)
    entries = [expanded(a, dims, what) for a in arrays]
    return computed(world, dims, lambda index: function(*(entry(index) for entry in entries)), kind)


def stacked(world: World, arrays: Sequence[Array], axis: int) -> Array:
    """Return arrays of one shape as the members of a new axis."""
    if not arrays:
        raise world.refuse("an array of no members")
    for a in arrays[1:]:
        if a.rank != arrays[0].rank:
            raise world.raised(f"ValueError: members with {arrays[0].rank} and {a.rank} axes")
        for n, m in zip(arrays[0].lengths, a.lengths, strict=True):
            if not world.same(n, m):
                world.require(rules.compare("=", n, m), f"ValueError: members: the sizes {n} and {m} of an axis differ")
    dims = broadcast(world, arrays, "members")
    entries, before = [expanded(a, dims, "members") for a in arrays], sum(len(dim) for dim in dims[:axis])
    kinds = {a.kind for a in arrays}

    def entry(index: Index) -> Any:
        rest, k = [*index[:before], *index[before + 1 :]], index[before]
        return sp.Add(*(rules.delta(k, sp.Integer(n)) * each(rest) for n, each in enumerate(entries)))

    if TRUTH in kinds:
        raise world.refuse("an array made of truth values")
    shape = (*dims[:axis], (sp.Integer(len(arrays)),), *dims[axis:])
    return computed(world, shape, entry, WHOLE if kinds == {WHOLE} else REAL, True)
