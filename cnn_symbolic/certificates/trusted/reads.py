"""Which entries a formula reads always lie inside of their tensors: facts that a certificate states and proves.

Outside of a tensor there are zeros, so that an index that is off by one need not be seen in a sum. That no zero is
read in this way is therefore a statement of its own. Which facts are stated is tried out at some small sizes, which
need not be trusted: Coq rejects the certificate where a fact does not hold at all sizes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.certificates.trusted.expressions import CoqEntry, CoqFunction, Expression, Guard, Plus, Sum, Times
from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.formulas import inside
from cnn_symbolic.expressions.heads import AtLeast, Less
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import all_of, bracket, negation
from cnn_symbolic.ground.errors import CnnSymbolicError, UndefinedError

TRIALS, FEWEST, MOST_POINTS, SEED = 12, 4, 200_000, 1


@dataclass(frozen=True)
class Read:
    """An entry that is read: the tensor's shape, the index, the sums around it, and the conditions on their indices."""

    shape: tuple[sp.Expr, ...]
    index: tuple[sp.Expr, ...]
    runs: tuple[tuple[sp.Symbol, sp.Expr, sp.Expr], ...]
    conditions: tuple[Any, ...]


def reads_of(e: Expression, runs: tuple[Any, ...] = (), conditions: tuple[Any, ...] = ()) -> Iterator[Read]:
    """Yield the entries that a formula reads."""
    if isinstance(e, Plus | Times):
        sides = (e.left, e.right) if isinstance(e, Times) else ()
        guards = [side.holds for side in sides if isinstance(side, Guard) and side.index is None]
        for side in (e.left, e.right):
            yield from reads_of(side, runs, (*conditions, *guards))
    elif isinstance(e, Sum):
        yield from reads_of(e.body, (*runs, (e.index, e.low, e.high)), conditions)
    elif isinstance(e, Guard):
        if e.index is None:
            yield from reads_of(e.body, runs, (*conditions, e.holds))
            return
        if e.index:
            yield Read(e.shape, e.index, runs, conditions)
        if not isinstance(e.body, CoqEntry | CoqFunction):
            yield from reads_of(e.body, runs, (*conditions, inside(e.index, e.shape)))


def always_inside(
    read: Read, free: Mapping[sp.Symbol, sp.Expr], smallest: Mapping[sp.Symbol, int], assumptions: Sequence[Any]
) -> bool:
    """Tell whether a read lies inside of its tensor at some sizes near the smallest ones; `free` are other indices.

    Each free index is less than the size given for it.
    """
    rng = random.Random(SEED)
    tried = 0
    for trial in range(4 * TRIALS):
        sizes = {size: n + (rng.randrange(4) if trial else 0) for size, n in smallest.items()}
        try:
            if not hold_at(assumptions, sizes):
                continue
            found = is_inside_at(read, free, sizes)
        except CnnSymbolicError:
            return False
        if found is False:
            return False
        tried += found is True
        if tried == TRIALS:
            break
    return tried >= FEWEST or not smallest


def hold_at(conditions: Sequence[Any], sizes: Mapping[sp.Symbol, int]) -> bool:
    """Tell whether conditions hold at given sizes; where a divisor is less than one, not all of them do."""
    try:
        return all(value_of(holds, sizes.__getitem__) for holds in conditions)
    except UndefinedError:
        return False


def is_inside_at(read: Read, free: Mapping[sp.Symbol, sp.Expr], sizes: Mapping[sp.Symbol, int]) -> bool | None:
    """Tell whether a read lies inside of its tensor at given sizes, for all values of the indices.

    None stands for more values than are tried.
    """
    index = [*free, *(i for i, _, _ in read.runs)]
    lengths = [evaluate_size(n, sizes) for n in free.values()]
    conditions = list(read.conditions)
    for i, low, high in read.runs:
        own = not high.free_symbols & set(index)
        lengths.append(max(evaluate_size(high, sizes), 0) if own else max(sizes.values(), default=0) + 4)
        conditions += [AtLeast(i, low), Less(i, high)]
    if np.prod(lengths, dtype=float) > MOST_POINTS:
        return None
    wrong = all_of(*conditions, negation(inside(read.index, read.shape)))
    return not bool(np.any(evaluate_formula(bracket(wrong), index, lengths, Values(dict(sizes), {}))))
