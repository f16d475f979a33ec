"""Replays a counterexample in NumPy: both sides computed from random integers, from the formulas alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.formulas import substitute
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason

TRIES = 16
T = sp.Symbol("t")
KNOWN_FUNCTIONS = {"exp": sp.exp(T), "log": sp.log(T), "reciprocal": 1 / T}
MOST_ENTRIES, MOST_VALUES = 4096, 1_000_000


def replay(refutation: Refutation, sizes: Mapping[sp.Symbol, int]) -> Refutation | None:
    """Return the refutation with values at which both sides differ in its entry; None if none is found."""
    statement = refutation.statement
    for seed in range(TRIES):
        values, functions = random_values(statement, sizes, np.random.default_rng(seed), large=seed >= TRIES // 2)
        try:
            left, right = (side_value(side, statement, refutation.index, values) for side in two(statement))
        except OverflowError:
            raise NotReadable(Reason.LIMIT, "an index is beyond 64 bits at the counterexample") from None
        at = refutation.index if left.shape else ()
        if differ(left[at], right[at]):
            given = {name: a for name, a in values.tensors.items() if statement.tensors[name].definition is None}
            return replace(refutation, values=given, functions=functions, left_value=left, right_value=right)
    return None


def differ(left: Any, right: Any) -> bool:
    """Tell whether two exact numbers differ; expressions of known functions, by 30 digits of their difference."""
    difference = left - right
    if not isinstance(difference, sp.Expr) or difference.is_Rational:
        return bool(difference != 0)
    if not difference.is_finite or not difference.is_real:
        return False
    return bool(abs(sp.N(difference, 30, maxn=1000)) > sp.Float("1e-20"))


def two(statement: Statement) -> tuple[Side, Side]:
    """Return both sides."""
    return statement.left, statement.right


def side_value(side: Side, statement: Statement, index: tuple[int, ...], values: Values) -> np.ndarray:
    """Return a side as an array, or only its entry at `index` where the array would be large."""
    lengths = [evaluate_size(n, values.sizes) for n in side.shape]
    if prod(lengths) <= MOST_ENTRIES:
        return evaluate_formula(side.formula, statement.index, lengths, values)
    at = {symbol: sp.Integer(i) for symbol, i in zip(statement.index, index, strict=True)}
    return evaluate_formula(substitute(side.formula, at), (), (), values)


def random_values(
    statement: Statement, sizes: Mapping[sp.Symbol, int], random: np.random.Generator, large: bool
) -> tuple[Values, dict[str, sp.Expr]]:
    """Return random integers for every tensor, and a random polynomial for every opaque function.

    Small numbers and quadratics make a counterexample that one can check by hand; large ones and
    quintics tell sides apart that agree on those by chance.
    """
    degree, most = (5, 99) if large else (2, 3)
    names = sorted({o.name for e in all_formulas(statement) for o in e.atoms(Opaque)})
    polynomials: dict[str, sp.Expr] = {}
    functions: dict[str, list[Callable[[Any], Any]]] = {}
    for name in names:
        if name in KNOWN_FUNCTIONS:
            functions[name] = [known(sp.diff(KNOWN_FUNCTIONS[name], T, n)) for n in range(degree + 2)]
            continue
        polynomials[name] = sum(int(c) * T**k for k, c in enumerate(random.integers(1, most, degree + 1)))
        functions |= derivatives({name: polynomials[name]})
    arrays: dict[str, np.ndarray] = {}
    values = Values(sizes, arrays, functions, object)
    for name, declared in statement.tensors.items():
        shape = tuple(evaluate_size(n, sizes) for n in declared.shape)
        if prod(shape) > MOST_VALUES:
            raise NotReadable(Reason.LIMIT, f"{name} has more than {MOST_VALUES} entries at the counterexample")
        if declared.definition is None:
            arrays[name] = (
                random.integers(-most, most + 1, shape).astype(object)
                if shape
                else np.array(int(random.integers(1, most)), dtype=object)
            )
        else:
            arrays[name] = evaluate_formula(declared.definition, declared.index, shape, values).astype(object)
    return values, polynomials


def derivatives(polynomials: Mapping[str, sp.Expr]) -> dict[str, list[Callable[[Any], Any]]]:
    """Return polynomials in t with all of their derivatives as functions on arrays of Python integers."""
    return {
        name: [polynomial(sp.diff(p, T, n)) for n in range(int(sp.degree(p, T)) + 2)] for name, p in polynomials.items()
    }


def all_formulas(statement: Statement) -> list[sp.Expr]:
    """Return every entry formula in a statement."""
    defined = [d.definition for d in statement.tensors.values() if d.definition is not None]
    return [statement.left.formula, statement.right.formula, *defined]


def known(expression: sp.Expr) -> Callable[[Any], Any]:
    """Return an elementary function as one on arrays of exact numbers."""
    function: Callable[[Any], Any] = np.vectorize(lambda value: expression.subs(T, value), otypes=[object])
    return function


def polynomial(expression: sp.Expr) -> Callable[[Any], Any]:
    """Return a polynomial with integer coefficients as a function on arrays of Python integers."""
    coefficients = [int(c) for c in sp.Poly(expression, T).all_coeffs()]

    def value(array: Any) -> Any:
        total: Any = 0
        for coefficient in coefficients:
            total = total * array + coefficient
        return total

    return value
