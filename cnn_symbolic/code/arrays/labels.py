"""Classes and maxima in a forward pass of one's own: what is selected is arbitrary, and adds up to one.

Trusted. Labels t[n], integers below C, are read through the rows o[n, c] = [t[n] = c]: an entry a[n, t[n]] is
Σ_c o[n, c]·a[n, c]. Of o nothing is used but that a row adds up to one: for an arbitrary o′,

    o[n, c] = o′[n, c] + [c = 0]·(1 − Σ_u o′[n, u])

is every array of such rows. A maximum over axes is Σ_u s[…, u]·a[…, u] for a selection s that adds up to one over u.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import REAL, WHOLE, computed
from cnn_symbolic.code.state.naming import definition_of
from cnn_symbolic.code.state.selections import LOWEST, Chosen, SelectedPlace
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import alpha_key, bound_sum, entry, substitute, symbols_of
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.values import number
from cnn_symbolic.tensors.making import tensor
from cnn_symbolic.tensors.tensor import Tensor


def rows_of_one(name: str, index: Sequence[sp.Expr], classes: sp.Expr) -> sp.Expr:
    """Return the entry of an array whose rows along the last axis add up to one; `name` has the arbitrary entries."""
    return adding_up(name, tuple(index), (len(index) - 1,), (classes,))


def adding_up(name: str, index: tuple[sp.Expr, ...], axes: Sequence[int], lengths: Sequence[sp.Expr]) -> sp.Expr:
    """Return the entry of an array that adds up to one over axes of these lengths."""
    others = [sp.Dummy("u", integer=True) for _ in axes]
    at = list(index)
    for axis, other in zip(axes, others, strict=True):
        at[axis] = other
    first = sp.Mul(*(rules.delta(index[axis], sp.S.Zero) for axis in axes))
    return entry(name, index) + first * (1 - bound_sum(entry(name, tuple(at)), others, lengths))


def labels(world: Any, name: str, lengths: Sequence[sp.Expr], classes: sp.Expr) -> Any:
    """Return an array of labels: integers from 0 to classes − 1, of which nothing is known."""
    made_at = tuple(sp.Dummy("nmk"[k % 3], integer=True) for k in range(len(lengths)))
    within = sp.Dummy("c", integer=True)
    selected = rows_of_one(name, (*made_at, within), classes)
    world.choices.append(SelectedPlace(made_at, (within,), (classes,), selected))
    choice = sp.Integer(len(world.choices) - 1)
    dims = [(n,) for n in lengths]
    return computed(world, dims, lambda index: Chosen(choice, sp.S.Zero, *index), WHOLE)


def own_maximum(world: Any, a: Any, axes: Sequence[int], dims: Sequence[Any], keepdims: bool) -> Any:
    """Return a maximum over axes, given which cell has it; the same maximum twice is the same selection."""
    index = tuple(sp.Dummy("mnpq"[k % 4], integer=True) for k in range(len(a.atoms)))
    split = a.split(index)
    formula = a.reading()(index)
    if a.kind != REAL or formula.has(LOWEST) or formula.has(sp.oo):
        raise world.refuse("a maximum of what are no real numbers")
    key = (alpha_key(formula, {i: ("index", k) for k, i in enumerate(index)}), tuple(a.atoms), tuple(axes))
    if key not in world.selected:
        name, count = "s", 1
        while name in world.tensors:
            name, count = f"s{count}", count + 1
        world.tensors[name] = tensor(*map(number, a.atoms), name=name)
        world.selected[key] = name
    within = [i for k in axes for i in split[k]]
    lengths = [n for k in axes for n in a.dims[k]]
    places = [index.index(i) for i in within]
    value = bound_sum(adding_up(world.selected[key], index, places, lengths) * formula, within, lengths)
    kept = [i for k in range(a.rank) if k not in axes for i in split[k]]

    def entry_at(at: Sequence[sp.Expr]) -> Any:
        rest = list(at)
        if keepdims:
            parts, rest = [], list(at)
            for k, dim in enumerate(dims):
                parts.append((k, rest[: len(dim)]))
                rest = rest[len(dim) :]
            rest = [i for k, part in parts if k not in axes for i in part]
        return substitute(value, dict(zip(kept, rest, strict=True)))

    return computed(world, dims, entry_at, REAL)


def at_any_cell(world: Any, e: sp.Expr, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """Return a function of an expression with chosen cells in it: f(a[t]) is what f(a[c]) is at c = t."""
    extra, _, exact = world.choices_in((e,))
    back = {exact(chosen): chosen for chosen in e.atoms(Chosen)}
    with world.within(*extra):
        found: sp.Expr = function(exact(e))
    return substitute(found, back)


def summed(world: Any, e: Any) -> Any:
    """Return an expression with sums over all cells in the place of those that are chosen: f(t) = Σ_c o[c]·f(c)."""
    if not isinstance(e, sp.Basic) or not e.atoms(Chosen):
        return e
    return sp.Add(*(over_cells(world, inner(world, term), None) for term in sp.Add.make_args(e)))


def inner(world: Any, e: Any) -> Any:
    """Return an expression in whose sums everything is summed that is chosen at their indices."""
    if not e.atoms(Chosen):
        return e
    if isinstance(e, sp.Sum):
        bound = {limit[0] for limit in e.limits}
        terms = [over_cells(world, inner(world, term), bound) for term in sp.Add.make_args(e.function)]
        return sp.Sum(sp.Add(*terms), *e.limits)
    if isinstance(e, sp.Mul | sp.Add | sp.Pow):
        return e.func(*(inner(world, part) for part in e.args))
    return e


def over_cells(world: Any, e: Any, bound: set[sp.Symbol] | None) -> Any:
    """Return a term summed over the cells that are chosen in it: those at some indices, or all."""
    found = sorted({c for c in e.atoms(Chosen) if bound is None or symbols_of(c) & bound}, key=str)
    known: dict[Any, Any] = {}
    places: dict[Any, tuple[sp.Symbol, ...]] = {}
    ranges: list[tuple[sp.Symbol, sp.Expr]] = []
    weight: sp.Expr = sp.S.One
    for chosen in found:
        choice, axis, *place = chosen.args
        if (key := (choice, *place)) not in places:
            places[key], lengths, selected = world.choices[int(choice)].at(place)
            ranges += list(zip(places[key], lengths, strict=True))
            weight = weight * selected
        known[chosen] = places[key][int(axis)]
    return bound_sum(weight * substitute(e, known), [i for i, _ in ranges], [n for _, n in ranges]) if known else e


def is_affine(e: Any, names: Collection[str], tensors: Mapping[str, Tensor]) -> bool:
    """Tell whether an expression is seen to be of degree one, at most, in the entries of some tensors together.

    If both sides of an equation are, and it fails for some rows that add up to one, it fails for some with a single 1.
    """
    return degree(e, names, tensors) <= 1


def degree(e: Any, names: Collection[str], tensors: Mapping[str, Tensor]) -> int:
    """Return the degree in the entries of some tensors; 2 for whatever is no polynomial of degree one."""
    if isinstance(e, sp.Add):
        return max(degree(part, names, tensors) for part in e.args)
    if isinstance(e, sp.Mul):
        return min(2, sum(degree(part, names, tensors) for part in e.args))
    if isinstance(e, sp.Sum):
        return degree(e.function, names, tensors)
    if isinstance(e, sp.Indexed | sp.Symbol):
        name, index = (str(e.base.label), e.indices) if isinstance(e, sp.Indexed) else (e.name, ())
        known = definition_of(name, tensors, index)
        return int(name in names) if known is None else degree(known, names, tensors)
    if isinstance(e, sp.Pow | Opaque):
        return 2 if degree(e.base if isinstance(e, sp.Pow) else e.argument, names, tensors) else 0
    return 2 if e.has(*map(sp.IndexedBase, names)) else 0
