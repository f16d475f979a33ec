"""SciPy's exchange of arguments on the right side of a claim: where it may take place, the operation there says so.

A claim is about its left side, and there mode "valid" presupposes that the second tensor fits into the first one. The
right side has to be what SciPy computes at those sizes, so that `exchange=True` is stated of each of its operations
whose second tensor is not always the shorter one, and of no other: it is the same formula where it always is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, islice
from random import Random
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.divisors import required
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.names import check_told_apart
from cnn_symbolic.expressions.rules import all_of, at_least, compare, is_plain_size, least
from cnn_symbolic.expressions.values import as_condition, presumed_of
from cnn_symbolic.ground.errors import CnnSymbolicError, UndefinedError
from cnn_symbolic.kernel.search.confirming import far_points, in_order
from cnn_symbolic.kernel.trusted import statement
from cnn_symbolic.kernel.trusted.integer_sets import Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.tensors.comparing import comparable
from cnn_symbolic.tensors.making import named
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Named
from cnn_symbolic.tensors.tensor import Tensor

MOST_POINTS = 100


def state(left: Any, right: Any, assuming: Iterable[Any] = ()) -> Statement:
    """Return the statement that two tensors, or two shapes, are equal; a shape may be written by its sizes.

    In mode "valid" the right side exchanges arguments as SciPy does. Raises ShapeError when the two sides do not have
    equally many axes, NameConflictError when they use one name for two tensors.

    >>> from cnn_symbolic import convolve, sizes, tensor
    >>> from cnn_symbolic.claims import decide, state
    >>> M, I = sizes("M I")
    >>> x, w = tensor(M, name="x"), tensor(I, name="w")
    >>> decide(state(convolve(x, w), convolve(w, x))).evidence
    'all shapes'
    """
    given = tuple(assuming) if isinstance(assuming, Iterable) else assuming
    comparable(left, right, given)
    made = statement.state(left, as_exchanged(left, right, given), given)
    check_told_apart(made.sizes, made.tensors, made.formulas)
    return made


def as_exchanged(left: Any, right: Any, assuming: Iterable[Any] = ()) -> Any:
    """Return the right side of a claim with the exchange of arguments stated where it may take place.

    Left as they are: what the left side's results with names are made from, what is written entry by entry, and
    gradients. So is a right side that cannot be built otherwise, or that the claim is about, since its left side is
    written by its sizes.
    """
    about, of = (side.tensor if isinstance(side, ShapeOf) else side for side in (left, right))
    if not isinstance(about, Tensor) or not isinstance(of, Tensor) or not any(map(is_valid, of.parts())):
        return right
    given = tuple(assuming)
    conditions = [*map(as_condition, given), *required(presumed_of(given), {}), *about.requirements()]
    fixed = set(about.names())
    for part in of.parts():
        if not isinstance(part.source, Call | Named):
            fixed |= set(part.names())

    @cache
    def stated(x: Tensor) -> Any:
        if isinstance(x.source, Named) and x.name not in fixed:
            definition = stated(x.source.definition)
            made = named(x.source.name, definition, " ".join(x.source.indices))
            return x if definition is x.source.definition else made
        if not isinstance(x.source, Call):
            return x
        operands = [stated(part) for part in x.source.operands]
        options = {"exchange": not fits(operands, conditions)} if is_valid(x) else {}
        unchanged = all(a is b for a, b in zip(operands, x.source.operands, strict=True))
        if unchanged and all(x.source.options[key] == value for key, value in options.items()):
            return x
        return x.source.again(operands, **options)

    try:
        found = stated(of)
    except CnnSymbolicError:
        return right
    return ShapeOf(found) if isinstance(right, ShapeOf) else found


def is_valid(x: Tensor) -> bool:
    """Tell whether a tensor is the result of an operation in mode "valid", which may exchange its arguments."""
    return isinstance(x.source, Call) and "exchange" in x.source.options and x.source.options["mode"] == "valid"


def fits(operands: Sequence[Tensor], conditions: Sequence[Any]) -> bool:
    """Tell whether the second tensor fits into the first one wherever the conditions hold and both are defined."""
    pairs = zip(*(x.lengths for x in operands), strict=True)
    longer = [sp.expand(m - i) for m, i in pairs]
    if all(at_least(more, 0) for more in longer):
        return True
    fitting = all_of(*(compare(">=", more, sp.S.Zero) for more in longer))
    given = [*conditions, *(holds for x in operands for holds in x.requirements())]
    sizes = sorted({s for holds in (fitting, *given) for s in holds.free_symbols if is_plain_size(s)}, key=str)
    sets = Sets(sizes, ())
    try:
        with sets.within_limits():
            return bool(sets.sizes_where(given).is_subset(sets.sizes_where([fitting])))
    except NotReadable:
        return all(holds_at(fitting, p) or not all(holds_at(g, p) for g in given) for p in points(sizes))


def points(sizes: Sequence[sp.Symbol]) -> Iterable[dict[sp.Symbol, int]]:
    """Yield some sizes: those of small totals, and random ones."""
    lowest = {s.name: least(s) for s in sizes}
    few = (islice(found, MOST_POINTS) for found in (in_order(lowest), far_points(lowest, Random(5), 12)))
    yield from ({s: point[s.name] for s in sizes} for point in chain(*few))


def holds_at(condition: Any, point: dict[sp.Symbol, int]) -> bool:
    """Tell whether a condition holds at some sizes; not where it has no meaning."""
    try:
        return bool(value_of(condition, point.__getitem__))
    except UndefinedError:
        return False
