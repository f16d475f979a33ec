"""Replays a counterexample in NumPy: both sides computed from random integers, from the formulas alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.formulas import functions_in, substitute
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.ground.errors import EvaluationError, FunctionDomainError
from cnn_symbolic.kernel.search.verdicts import Refutation, amended, unwritable
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason
from cnn_symbolic.witnesses import duals

TRIES, TRIES_WITH_KNOWN_FUNCTIONS = 16, 6
T = sp.Symbol("t")
# What a function is in a counterexample that one can check by hand, the first that shows it; how many entries it has.
SIMPLE, MOST_SIMPLIFIED = (T, T**2, T**2 + T, T**3), 64
MOST_ENTRIES, MOST_VALUES = 4096, 1_000_000
# Derivatives are there up to the order after this one, whatever the degree of a polynomial.
LEAST_DEGREE = 4
# The entries of tensors in claims about known functions.
ARGUMENTS = ((1, 2, 3), (-3, -2, -1, 1, 2, 3))


def replay(refutation: Refutation, sizes: Mapping[sp.Symbol, int]) -> Refutation | None:
    """Return the refutation with values at which both sides differ in its entry; None if none is found."""
    statement = refutation.statement
    for seed in range(TRIES_WITH_KNOWN_FUNCTIONS if has_known_functions(statement) else TRIES):
        try:
            values, functions = random_values(statement, sizes, np.random.default_rng(seed), large=seed >= TRIES // 2)
            if (found := shown(refutation, values, functions)) is not None:
                return found
        except OverflowError:
            raise NotReadable(Reason.LIMIT, "an index is beyond 64 bits at the counterexample") from None
        except FunctionDomainError:
            continue
    return None


def shown(refutation: Refutation, values: Values, functions: Mapping[str, sp.Expr]) -> Refutation | None:
    """Return the refutation with values at which both sides differ in its entry; None if they do not."""
    statement = refutation.statement
    left, right = (side_value(side, statement, refutation.index, values) for side in two(statement))
    at = refutation.index if left.shape else ()
    if not duals.differ(left[at], right[at]):
        return None
    given = {name: unwritable(a) for name, a in values.tensors.items() if statement.tensors[name].definition is None}
    return amended(refutation, values=given, functions=functions, left_value=rounded(left), right_value=rounded(right))


def simplified(refutation: Refutation) -> Refutation:
    """Return the refutation with entries that are 0, 1 or -1 and functions such as t², as far as these show it.

    The entries in the product of tensors whose coefficients differ are tried first, then those that are there; of what
    shows the difference, one entry after the other is made 0, else 1, else -1. Each is replayed as the first one was.
    """
    entries = sum(map(np.size, refutation.values.values()))
    if refutation.kind != "entry" or not 0 < entries <= MOST_SIMPLIFIED:
        return refutation
    found = refutation
    for functions in (*(dict.fromkeys(refutation.functions, f) for f in SIMPLE), refutation.functions):
        tries = (again(refutation, given, functions) for given in (entries_named(refutation), refutation.values))
        if (simple := next((one for one in tries if one is not None), None)) is not None:
            found = simple
            break
    for name in refutation.values:
        for at in np.ndindex(refutation.values[name].shape):
            for number in (0, 1, -1):
                if found.values[name][at] == number:
                    break
                changed = found.values[name].copy()
                changed[at] = number
                if (simple := again(found, {**found.values, name: changed}, found.functions)) is not None:
                    found = simple
                    break
    return found


def entries_named(refutation: Refutation) -> dict[str, np.ndarray]:
    """Return entries that are 1 where the product of tensors whose coefficients differ has them, else 0."""
    given = {name: np.full(array.shape, 0, dtype=object) for name, array in refutation.values.items()}
    for label, at in refutation.monomial.factors if refutation.monomial else ():
        name = label.partition("(")[2].rstrip(")") or label
        if name in given:
            given[name][at] = 1
    return given


def again(
    refutation: Refutation, given: Mapping[str, np.ndarray], functions: Mapping[str, sp.Expr]
) -> Refutation | None:
    """Return the refutation with other entries and functions, if both sides can be computed and differ there."""
    statement = refutation.statement
    sizes = {s: refutation.sizes[str(s)] for s in statement.sizes}
    try:
        return shown(refutation, with_definitions(statement, sizes, given, applied(statement, functions)), functions)
    except (EvaluationError, FunctionDomainError, NotReadable, OverflowError):
        return None


def rounded(array: Any) -> Any:
    """Return an array with the real numbers in it rounded to be shown; integers and fractions are exact."""

    def shown(number: Any) -> Any:
        return sp.Float(str(number), 15) if isinstance(number, duals.REAL.mpf) else number

    return unwritable(np.array(np.frompyfunc(shown, 1, 1)(array), dtype=object))


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
    """Return random integers for every tensor, and a random polynomial for every function that is not known.

    Small numbers and quadratics make a counterexample that one can check by hand; large ones and
    quintics tell sides apart that agree on those by chance. For known functions the numbers are small, not zero, and in
    half of the tries positive.
    """
    degree, most = (5, 99) if large else (2, 3)
    names = function_names(statement)
    arguments = ARGUMENTS[int(random.integers(len(ARGUMENTS)))] if has_known_functions(statement) else None
    polynomials = {
        name: sum(int(c) * T**k for k, c in enumerate(random.integers(1, most, degree + 1)))
        for name in names
        if name not in KNOWN
    }
    given: dict[str, np.ndarray] = {}
    for name, declared in statement.tensors.items():
        shape = tuple(evaluate_size(n, sizes) for n in declared.shape)
        if prod(shape) > MOST_VALUES:
            raise NotReadable(Reason.LIMIT, f"{name} has more than {MOST_VALUES} entries at the counterexample")
        if declared.definition is None:
            low, high = (-most, most + 1) if shape else (1, most)
            drawn = random.integers(low, high, shape) if arguments is None else random.choice(arguments, shape)
            given[name] = np.array(drawn, dtype=object)
    return with_definitions(statement, sizes, given, applied(statement, polynomials)), polynomials


def function_names(statement: Statement) -> list[str]:
    """Return the names of the functions in a statement."""
    return sorted({o.name for e in statement.formulas for o in functions_in(e)})


def applied(statement: Statement, polynomials: Mapping[str, sp.Expr]) -> dict[str, list[Callable[[Any], Any]]]:
    """Return the functions in a statement on arrays, with their derivatives: known ones, and polynomials."""
    found = derivatives(polynomials)
    for name in function_names(statement):
        if name in KNOWN:
            found[name] = [np.vectorize(duals.KNOWN[name], otypes=[object])]
    return found


def with_definitions(
    statement: Statement,
    sizes: Mapping[sp.Symbol, int],
    given: Mapping[str, np.ndarray],
    functions: Mapping[str, list[Callable[[Any], Any]]],
) -> Values:
    """Return the given tensors, and those that are computed from these."""
    arrays: dict[str, np.ndarray] = {}
    values = Values(sizes, arrays, functions, object)
    for name, declared in statement.tensors.items():
        if declared.definition is None:
            arrays[name] = given[name]
        else:
            shape = tuple(evaluate_size(n, sizes) for n in declared.shape)
            arrays[name] = evaluate_formula(declared.definition, declared.index, shape, values).astype(object)
    return values


def has_known_functions(statement: Statement) -> bool:
    """Tell whether a statement is about known functions, such as exp."""
    return any(f.name in KNOWN for e in statement.formulas for f in functions_in(e))


def derivatives(polynomials: Mapping[str, sp.Expr]) -> dict[str, list[Callable[[Any], Any]]]:
    """Return polynomials in t with all of their derivatives as functions on arrays of Python integers."""
    orders = {name: max(int(sp.degree(p, T)), LEAST_DEGREE) + 2 for name, p in polynomials.items()}
    return {name: [polynomial(sp.diff(p, T, n)) for n in range(orders[name])] for name, p in polynomials.items()}


def polynomial(expression: sp.Expr) -> Callable[[Any], Any]:
    """Return a polynomial with integer coefficients as a function on arrays of Python integers."""
    coefficients = [int(c) for c in sp.Poly(expression, T).all_coeffs()]

    def value(array: Any) -> Any:
        total: Any = 0
        for coefficient in coefficients:
            total = total * array + coefficient
        return total

    return value
