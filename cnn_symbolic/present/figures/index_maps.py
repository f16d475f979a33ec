"""Which entries of which tensors an entry is made from: the kernel's reading of a formula, at concrete sizes.

Every position in every picture comes from here. The terms are those that the kernel's reader reads from the entry
formula, so that a picture shows what is proved; here their indices and conditions are merely counted through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import prod

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.evaluation import Values, check_defined, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.heads import AtLeast, AtMost
from cnn_symbolic.expressions.rules import bracket
from cnn_symbolic.ground.errors import EvaluationError, FragmentError, OperandError, ShapeError
from cnn_symbolic.kernel.trusted.affine import label
from cnn_symbolic.kernel.trusted.reader import FormulaReader, NotReadable, Term
from cnn_symbolic.kernel.trusted.statement import Declaration, state
from cnn_symbolic.tensors.tensor import Tensor

Position = tuple[int, ...]
Factors = tuple[tuple[str, Position], ...]
Contribution = tuple[Fraction, Factors]
Contributions = dict[Position, list[Contribution]]

MOST_COMBINATIONS = 2_000_000


def contributions(x: Tensor, keep: Iterable[str] = ()) -> Contributions:
    """Return, for each index of a tensor, the products of entries that it is the sum of, with their coefficients.

    A product lists the names and indices of its entries, in the order of their names; under an opaque function the
    name is that of the whole, such as `σ′(z)`. An intermediate result is replaced by its definition unless `keep` names
    it. Raises EvaluationError where a size is no number, FragmentError for a formula that the kernel cannot read.

    >>> from cnn_symbolic import correlate, tensor
    >>> found = contributions(correlate(tensor(3, name="x"), tensor(2, name="w")))
    >>> found[1,]
    [(Fraction(1, 1), (('w', (0,)), ('x', (1,)))), (Fraction(1, 1), (('w', (1,)), ('x', (2,))))]
    """
    statement = state(x, x)
    if statement.sizes:
        raise EvaluationError(f"{x} has the sizes {', '.join(map(str, statement.sizes))}: give numbers in their place")
    for part in x.parts():
        check_defined(str(part), part.lengths, {})
    kept = set(keep)
    if missing := kept - set(statement.tensors):
        raise OperandError(f"{x} is not made from {', '.join(sorted(missing))}, which is to be kept as it is")
    declared = {
        name: Declaration(of.shape) if name in kept else Declaration(of.shape, of.index, of.definition)
        for name, of in statement.tensors.items()
    }
    shape = tuple(evaluate_size(length, {}) for length in statement.left.shape)
    try:
        terms = FormulaReader(declared).read(statement.left.formula, {symbol: symbol for symbol in statement.index})
    except NotReadable as error:
        raise FragmentError(f"{x} cannot be drawn: {error.detail}") from None
    found: dict[Position, dict[Factors, Fraction]] = {at: {} for at in np.ndindex(*shape)}
    for term in terms:
        for at, coefficient, factors in products(term, statement.index, shape):
            found[at][factors] = found[at].get(factors, Fraction(0)) + coefficient
    return {at: [(c, factors) for factors, c in sums.items() if c != 0] for at, sums in found.items()}


def products(
    term: Term, index: Sequence[sp.Symbol], shape: Sequence[int]
) -> Iterator[tuple[Position, Fraction, Factors]]:
    """Yield the products that a term adds up at each index of that shape, one for each value of its bound indices."""
    low, high = zip(*(bounds(term, symbol) for symbol in term.bound), strict=True) if term.bound else ((), ())
    symbols = (*index, *term.bound)
    lengths = (*shape, *(max(b - a + 1, 0) for a, b in zip(low, high, strict=True)))
    if prod(lengths) > MOST_COMBINATIONS:
        raise ShapeError(f"the tensor has {prod(lengths)} products of entries: at most {MOST_COMBINATIONS} are drawn")
    shifted = {symbol: symbol + least for symbol, least in zip(term.bound, low, strict=True)}
    numbers = Values({}, {}, integers=object)

    def at_all(e: sp.Expr) -> np.ndarray:
        return evaluate_formula(e, symbols, lengths, numbers)

    holds = np.ones(lengths, dtype=bool)
    for condition in term.conditions:
        holds &= at_all(bracket(condition.xreplace(shifted))).astype(bool)
    coefficient = at_all(sp.Mul(term.number, *(base**power for base, power in term.powers)).xreplace(shifted))
    named = sorted(term.factors, key=lambda factor: label(factor.key))
    places = [(label(factor.key), [at_all(i.xreplace(shifted)) for i in factor.index]) for factor in named]
    for where in map(tuple, np.argwhere(holds)):
        factors = ((label, tuple(int(axis[where]) for axis in axes)) for label, axes in places)
        yield tuple(map(int, where[: len(shape)])), Fraction(coefficient[where]), tuple(sorted(factors))


def bounds(term: Term, symbol: sp.Symbol) -> tuple[int, int]:
    """Return the least and the greatest value of a bound index that the conditions state as numbers."""
    at_least = [c.rhs for c in term.conditions if isinstance(c, AtLeast) and c.lhs == symbol and c.rhs.is_Integer]
    at_most = [c.rhs for c in term.conditions if isinstance(c, AtMost) and c.lhs == symbol and c.rhs.is_Integer]
    if not at_least or not at_most:
        raise FragmentError(f"the sum over {symbol.name} has no bounds that are numbers at these sizes")
    return int(max(at_least)), int(min(at_most))


def gathered(found: Contributions, name: str, definition: Contributions) -> Contributions:
    """Return contributions with the entries of a named product, such as δ = σ′(z)·∂C/∂a, in place of its factors.

    `definition` are the contributions of the product itself. Raises FragmentError where it is not a single product,
    or where a term does not have its factors.
    """
    wholes: dict[Factors, Position] = {}
    for at, terms in definition.items():
        if len(terms) != 1 or terms[0][0] != 1:
            raise FragmentError(f"{name} is not a product of entries")
        wholes[terms[0][1]] = at

    def replaced(factors: Factors) -> Factors:
        for parts, at in wholes.items():
            if set(parts) <= set(factors):
                return tuple(sorted([*(f for f in factors if f not in parts), (name, at)]))
        raise FragmentError(f"a term does not have the factors of {name}")

    return {at: [(c, replaced(factors)) for c, factors in terms] for at, terms in found.items()}
