"""The vocabulary of entry formulas: what may stand in the SymPy expression of one tensor entry.

An entry formula is built from `Sum`, tensor entries, rational numbers, sizes, indices, the heads of `expressions` and
`Opaque`. A tensor entry `x[i, j]` is zero wherever `(i, j)` lies outside the tensor's shape, so sums need no case at a
border. Bound indices are SymPy dummies: no name can be captured.
"""

from __future__ import annotations

import inspect
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.heads import Bracket, Opaque, Where
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.rules import (
    NOT_NEGATIVE,
    POSITIVE,
    all_of,
    any_of,
    bracket,
    compare,
    delta,
    is_plain_size,
    negation,
    rebuilt,
)
from cnn_symbolic.expressions.values import Number
from cnn_symbolic.ground.errors import OperandError

Index = tuple[sp.Expr, ...]
Shape = tuple[sp.Expr, ...]


class Entry(sp.Indexed):
    """`x[i, j]`, an entry of the tensor x. Its derivative by `x[k, l]` is `[i = k]·[j = l]`, which nothing decides."""

    def _eval_derivative(self, wrt: Any) -> sp.Expr:
        if not isinstance(wrt, sp.Indexed) or wrt.base != self.base:
            return sp.S.Zero
        return sp.Mul(*(delta(i, k) for i, k in zip(self.indices, wrt.indices, strict=True)))


# Words of the formulas and conditions that are printed.
WORDS = {"always", "and", "floor", "for", "if", "max", "min", "mod", "never", "not", "or", "otherwise", "sum"}


def as_name(given: Any, primes: str = "'′") -> str:
    """Return an identifier as Python reads it, in its normal form (NFKC), with primes after it; "" for what is none."""
    found = unicodedata.normalize("NFKC", given) if isinstance(given, str) else ""
    return found if found.rstrip(primes).isidentifier() and found not in WORDS else ""


def size_name(given: str) -> str:
    """Return the name of a size; raise OperandError if it could not be told apart in a printed condition."""
    if not (found := as_name(given, "′")):
        raise OperandError(f"a size has a name of letters, digits and underscores, such as M or M_in, found {given!r}")
    return found


def size(name: str) -> sp.Symbol:
    """Return the symbol of the size called `name`, which is at least one. Raises OperandError for other signs in it."""
    return sp.Symbol(size_name(name), **POSITIVE)


def sizes(names: str) -> tuple[Number, ...]:
    """Return one size per name, the names being separated by spaces or commas.

    A size is an integer, one or more. Raises OperandError for a name that is no identifier.

    >>> from cnn_symbolic import sizes
    >>> M, N = sizes("M N")
    >>> M, (M - N) // 2, M % N >= 1
    (M, ⌊(M - N)/2⌋, M mod N ≥ 1)
    """
    return tuple(named_number(size(name)) for name in names.replace(",", " ").split())


def width(name: str) -> sp.Symbol:
    """Return the width called `name`: a size that may be zero, such as a padding."""
    return sp.Symbol(size_name(name), **NOT_NEGATIVE)


def widths(names: str) -> tuple[Number, ...]:
    """Return one width per name: integers that are zero or more, such as paddings.

    Raises OperandError for a name that is no identifier.

    >>> from cnn_symbolic import sizes, widths
    >>> (M,), (P, Q) = sizes("M"), widths("P Q")
    >>> P + M + Q
    M + P + Q
    """
    return tuple(named_number(width(name)) for name in names.replace(",", " ").split())


def named_number(symbol: sp.Symbol) -> Number:
    """Return a size or an index as something to calculate with."""
    return Number(symbol, "symbol", (symbol,))


def fresh(prefixes: Iterable[str]) -> tuple[sp.Dummy, ...]:
    """Return new index symbols, one per prefix, different from every other symbol."""
    return tuple(sp.Dummy(prefix, integer=True) for prefix in prefixes)


def numbered(indices: Iterable[sp.Symbol]) -> tuple[Number, ...]:
    """Return indices as something to calculate with."""
    return tuple(map(named_number, indices))


def entry(name: str, index: Sequence[Any]) -> sp.Expr:
    """Return the symbol of one entry of the tensor `name`: `name[index]`, or a scalar without an index."""
    if not index:
        return sp.Symbol(name, real=True)
    return Entry(sp.IndexedBase(name), *index)


def without_cases(relation: Any) -> Any:
    """Return a condition that is equivalent to a comparison of sizes and has one `Where` or bracket less in it."""
    chosen = min(relation.atoms(Where, Bracket), key=str)
    holds, value, otherwise = chosen.args if isinstance(chosen, Where) else (*chosen.args, sp.S.One, sp.S.Zero)
    return any_of(
        all_of(holds, relation.xreplace({chosen: value})),
        all_of(negation(holds), relation.xreplace({chosen: otherwise})),
    )


def inside(index: Sequence[Any], shape: Sequence[Any]) -> Any:
    """Return the condition that `index` lies in a tensor of that shape: `0 ≤ i < M` on each axis."""
    pairs = zip(index, shape, strict=True)
    return all_of(*(bound for i, n in pairs for bound in (compare(">=", i, sp.S.Zero), compare("<", i, n))))


def indices_of(function: Callable[..., Any]) -> tuple[sp.Dummy, ...]:
    """Return a fresh index for each parameter of a function that has no default, called as the parameter is."""
    if not callable(function):
        raise OperandError(f"expected a function of indices, such as lambda i, j: …, found {function!r}")
    parameters = inspect.signature(function).parameters.values()
    return fresh(p.name for p in parameters if p.default is inspect.Parameter.empty)


def alpha_key(e: Any, scope: Mapping[Any, Any], counter: Iterator[int] | None = None) -> Any:
    """Return a value that is equal for formulas that differ in the names of bound indices only.

    `scope` gives the free indices values of their own, which must not be numbers.
    """
    numbers = itertools.count() if counter is None else counter
    if e in scope:
        return scope[e]
    if isinstance(e, sp.Sum):
        inner = dict(scope)
        limits = []
        for variable, low, high in reversed(e.limits):
            limits.append((alpha_key(low, inner, numbers), alpha_key(high, inner, numbers)))
            inner[variable] = ("bound", next(numbers))
        return ("Sum", *limits, alpha_key(e.function, inner, numbers))
    return (type(e).__name__, *(alpha_key(part, scope, numbers) for part in e.args)) if e.args else e


def symbols_of(e: sp.Basic) -> set[sp.Symbol]:
    """Return the free symbols of a formula, the names of tensors among them.

    SymPy's `free_symbols` are these and the tensor entries; it builds every sum again to find them.
    """
    if isinstance(e, sp.Symbol):
        return {e}
    if isinstance(e, sp.Sum):
        found = symbols_of(e.function)
        for variable, *bounds in e.limits:
            found.discard(variable)
            found.update(*map(symbols_of, bounds))
        return found
    parts = (e.expr, *(count for _, count in e.variable_count)) if isinstance(e, sp.Derivative) else e.args
    return set().union(*map(symbols_of, parts))


@lru_cache(maxsize=64)
def derivative(e: sp.Expr, variable: sp.Expr) -> sp.Expr:
    """Return the derivative by a tensor entry, carried out by SymPy; indices bound in `e` get fresh names before."""
    return substitute(e, {}).diff(variable)


def stray_symbols(formula: sp.Expr, index: Sequence[sp.Symbol]) -> set[sp.Symbol]:
    """Return the free symbols of a definition that are neither its indices, nor sizes, nor names of tensors."""
    names = {at.base.label for at in formula.atoms(sp.Indexed)} | {f.args[0] for f in formula.atoms(Opaque)}
    symbols = symbols_of(formula) - names - set(index)
    return {s for s in symbols if not is_plain_size(s) and s != entry(s.name, ())}


@lru_cache(maxsize=1024)
def functions_in(formula: sp.Expr) -> frozenset[Opaque]:
    """Return the functions of tensor entries that occur in a formula."""
    return frozenset(formula.atoms(Opaque))


def presumed(formulas: Iterable[sp.Expr]) -> dict[str, str]:
    """Return where the known functions in some formulas are valid, by the tensor they are applied to: {"v": ">"}."""
    found: dict[str, str] = {}
    for f in sorted((f for e in formulas for f in functions_in(e)), key=str):
        where = KNOWN[f.name].where if f.name in KNOWN else ""
        if where and found.get(f.tensor) != ">":
            found[f.tensor] = where
    return found


def with_argument(e: Any, name: str, index: Index, shape: Shape, becomes: tuple[str, Index]) -> Any:
    """Return a formula in which f(u)[i] is [i lies in the shape of u]·f(o)[g(i)], for every function f.

    `name`, `index` and `shape` say what u[i] is, `becomes` what o[g(i)] is.
    """
    found = {}
    for f in (f for f in e.atoms(Opaque) if f.tensor == name):
        there = entry(becomes[0], [substitute(i, dict(zip(index, f.index, strict=True))) for i in becomes[1]])
        found[f] = bracket(inside(f.index, shape)) * Opaque(f.name, f.order, there)
    return e.xreplace(found)


def bound_sum(body: sp.Expr, indices: Sequence[sp.Symbol], shape: Sequence[Any]) -> sp.Expr:
    """Return `Σ body` over all `indices` in a tensor of that shape."""
    if not indices:
        return body
    return sp.Sum(body, *((i, 0, n - 1) for i, n in reversed(list(zip(indices, shape, strict=True)))))


def substitute(formula: sp.Basic, values: Mapping[Any, sp.Expr]) -> sp.Basic:
    """Replace free symbols, or expressions in sizes, by others, written by the rules; bound indices get fresh names."""
    if formula in values or not formula.args:
        return values.get(formula, formula)
    if isinstance(formula, sp.Sum):
        if not symbols_of(formula):
            return formula
        scope = dict(values)
        limits = []
        for variable, low, high in reversed(formula.limits):
            renamed = sp.Dummy(variable.name, integer=True)
            limits.append((renamed, substitute(low, scope), substitute(high, scope)))
            scope[variable] = renamed
        return sp.Sum(substitute(formula.function, scope), *reversed(limits))
    if isinstance(formula, sp.Derivative):
        variables = [(substitute(v, values), count) for v, count in formula.variable_count]
        return sp.Derivative(substitute(formula.expr, values), *variables, evaluate=False)
    if isinstance(formula, sp.Indexed):
        return Entry(formula.base, *(substitute(i, values) for i in formula.indices))
    parts = [substitute(part, values) for part in formula.args]
    unchanged = all(new is old for new, old in zip(parts, formula.args, strict=True))
    return formula if unchanged else rebuilt(formula, parts)
