"""Indices and groups of sizes: the number of a cell, and the cell with a number; flattening and taking apart.

Trusted. A flattened axis is a group of several sizes, in row-major order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import rules

Index = Sequence[sp.Expr]


Dim = tuple[sp.Expr, ...]


def length_of(dim: Dim) -> sp.Expr:
    """Return the length of an axis."""
    return sp.Mul(*dim)


def is_one(dim: Dim) -> bool:
    """Tell whether an axis has the length one at all sizes."""
    return all(n == 1 for n in dim)


def symbols_for(lengths: Sequence[Any]) -> tuple[sp.Dummy, ...]:
    """Return a fresh index for every length."""
    return tuple(sp.Dummy("ijklpq"[k % 6], integer=True) for k in range(len(lengths)))


def position(index: Index, dim: Dim) -> sp.Expr:
    """Return the number of a cell in a group of sizes, in row-major order."""
    at: sp.Expr = sp.S.Zero
    for i, n in zip(index, dim, strict=True):
        at = at * n + i
    return at


def cell(at: sp.Expr, dim: Dim) -> list[sp.Expr]:
    """Return the index of the cell with a number in a group of sizes."""
    index: list[sp.Expr] = []
    for k in range(len(dim)):
        inner = sp.Mul(*dim[k + 1 :])
        i = at if inner == 1 else rules.floor(rules.divide(sp.expand(at), inner))
        index.append(i if k == 0 else rules.remainder(i, dim[k]))
    return index


def translated(index: Index, dim: Dim, mine: Dim) -> list[sp.Expr]:
    """Return the index of a cell in one group of sizes as that in another group with the same number of cells."""
    if len(mine) == len(dim) and all(sp.expand(x - y) == 0 for x, y in zip(mine[1:], dim[1:], strict=True)):
        return list(index)
    groups, back = regrouped(mine, dim)
    if groups is None or back is None:
        return cell(position(index, dim), mine)
    parts = zip(index, groups, strict=True)
    return back([i for at, group in parts for i in ([at] if len(group) == 1 else cell(at, group))])


def regrouped(
    atoms: Dim, target: Sequence[sp.Expr]
) -> tuple[tuple[Dim, ...] | None, Callable[[Index], list[sp.Expr]] | None]:
    """Return the axes of a reshaped array as groups of atomic sizes, and the way back; None if they do not match."""
    queue: list[tuple[sp.Expr, Any]] = [(n, ("own", k)) for k, n in enumerate(atoms) if n != 1]
    splits: list[tuple[Any, sp.Expr]] = []
    dims: list[Dim] = []
    sources: list[Any] = []
    for length in target:
        group: list[sp.Expr] = []
        left = length
        while left != 1:
            if not queue:
                return None, None
            n, source = queue.pop(0)
            if (rest := divided(left, n)) is not None:
                group.append(n)
                sources.append(source)
                left = rest
            elif (rest := divided(n, left)) is not None:
                number = len(splits)
                splits.append((source, rest))
                group.append(left)
                sources.append(("high", number))
                queue.insert(0, (rest, ("low", number)))
                left = sp.S.One
            else:
                return None, None
        if not group:
            group.append(sp.S.One)
            sources.append(None)
        dims.append(tuple(group))
    if queue:
        return None, None

    def back(index: Index) -> list[sp.Expr]:
        known = {source: i for source, i in zip(sources, index, strict=True) if source is not None}

        def value(source: Any) -> sp.Expr:
            if source in known:
                return known[source]
            number = next((k for k, (of, _) in enumerate(splits) if of == source), None)
            if number is None:
                return sp.S.Zero
            return value(("high", number)) * splits[number][1] + value(("low", number))

        return [value(("own", k)) if n != 1 else sp.S.Zero for k, n in enumerate(atoms)]

    return tuple(dims), back


def powers_in(n: sp.Expr) -> list[sp.Expr]:
    """Return the factors of a size, powers one by one, sums and numbers as they are."""
    return [part for factor in sp.Mul.make_args(n) for part in rules.powers_of(factor)] if not n.is_number else [n]


def divided(a: sp.Expr, b: sp.Expr) -> sp.Expr | None:
    """Return a/b if it is a polynomial with whole coefficients, else None; where b is zero so is a, without cells."""
    if b == 1 or sp.expand(a - b) == 0:
        return a if b == 1 else sp.S.One
    if a.is_Integer and b.is_Integer:
        return a / b if b != 0 and a % b == 0 else None
    factors = powers_in(a)
    for factor in powers_in(b):
        match = next((f for f in factors if sp.expand(f - factor) == 0), None)
        if match is None:
            break
        factors.remove(match)
    else:
        return sp.Mul(*factors)
    if (found := multiple(sp.expand(a), b)) is not None:
        return found
    guess = sp.cancel(sp.expand(a) / sp.expand(b))  # which is multiplied out again
    terms = sp.Add.make_args(sp.expand(guess))
    exact = all(term.as_coeff_Mul()[0].is_Integer for term in terms) and sp.expand(guess * b - a) == 0
    return sp.expand(guess) if exact and sp.fraction(guess)[1] == 1 else None


def multiple(e: sp.Expr, of: sp.Expr) -> sp.Expr | None:
    """Return e/of if every term of e is a multiple of it."""
    if of == 1:
        return e
    found = []
    for term in sp.Add.make_args(sp.expand(e)):
        if of.is_Integer:
            number, rest = term.as_coeff_Mul()
            if number % of != 0:
                return None
            found.append(number / of * rest)
        elif of in (factors := list(sp.Mul.make_args(term))):
            factors.remove(of)
            found.append(sp.Mul(*factors))
        elif term != 0:
            return None
    return sp.Add(*found)
