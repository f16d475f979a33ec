"""The name of a mistake: the change, from the catalogue, that the kernel proves to make a wrong formula right.

Changes are tried in numbers first, and only those that agree there are proved. What is written as operations is
changed as such, and then as a sum of terms; what is written entry by entry, as a sum of terms, by one change or by two.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

import numpy as np

from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.search.exchanges import as_exchanged
from cnn_symbolic.kernel.search.replay import derivatives, has_known_functions
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.mistakes.changes import Change, built, changes
from cnn_symbolic.mistakes.forgotten import fitted, forgotten
from cnn_symbolic.mistakes.index_maps import TermChange, number_changes, term_changes
from cnn_symbolic.mistakes.instances import MODELLED, Instance, functions_in, random_instances
from cnn_symbolic.mistakes.roles import Roles, roles_in
from cnn_symbolic.mistakes.sizes import named_sizes
from cnn_symbolic.mistakes.terms import terms_of
from cnn_symbolic.mistakes.wording import is_opposite
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.tensor import Tensor

# Seconds of computing after which no other change is tried, and after which no pair is.
LONGEST, LONGEST_PAIRS = 1.6, 1.0
INSTANCES = 3


def correction(
    left: Tensor, wrong: Tensor, assuming: Sequence[object] = (), refutation: Refutation | None = None
) -> Change | None:
    """Return the change that makes a wrong formula right, proved by the kernel; None if none does.

    A change that does not make the two sides equal at the counterexample of `refutation`, or at other random
    numbers, is passed over. After some seconds no other change is tried.
    """
    start = time.process_time()
    instances = list(islice(random_instances(left, assuming), INSTANCES))
    roles = roles_in(left, wrong)
    by_operations = as_operations(left, wrong, instances, refutation, roles)
    by_terms = as_terms(left, wrong, instances, roles)
    by_hand = isinstance(wrong.source, Entries)
    for change in chain(by_terms, by_operations) if by_hand else chain(by_operations, by_terms):
        if time.process_time() > start + LONGEST:
            return None
        if change is None:
            continue
        try:
            formula = as_exchanged(left, change.formula, assuming)
            if is_proved(state(left, formula, assuming)):
                return replace(change, name=change.mends, formula=formula)
        except CnnSymbolicError:
            continue
    return None


def as_operations(
    left: Tensor, wrong: Tensor, instances: Sequence[Instance], refutation: Refutation | None, roles: Roles
) -> Iterator[Change | None]:
    """Yield the changes of operations after which both sides have the same numbers; None for every other one."""
    slopes = [call.again(call.operands, order=call.options["order"] + 1) for call in functions_in(left)]
    fitting = built(fitted(wrong, left.lengths))
    lawful = any(call.options["function"] in set(KNOWN) - MODELLED for call in functions_in(left))
    for change in chain(fitting, changes(wrong, slopes, left.names(), roles), forgotten(wrong, left, roles)):
        try:
            agreed = refutation is None or agrees(change.formula, refutation)
            agreed = agreed and (lawful or all(instance.agrees(change.formula) for instance in instances))
        except CnnSymbolicError:
            agreed = False
        yield change if agreed else None


def agrees(formula: Tensor, refutation: Refutation) -> bool:
    """Tell whether a formula has the values of the left side at a counterexample."""
    known = {s: refutation.sizes[str(s)] for s in refutation.statement.sizes}
    if tuple(evaluate_size(n, known) for n in formula.lengths) != refutation.left_shape:
        return False
    applied = {call.options["function"] for call in functions_in(formula)}
    lawful = has_known_functions(refutation.statement) or applied - set(refutation.functions)
    if refutation.left_value is None or lawful:
        return True
    value = formula.evaluate(dict(refutation.values), derivatives(refutation.functions), known)
    return bool(np.array_equal(value, refutation.left_value))


def as_terms(left: Tensor, wrong: Tensor, instances: Sequence[Instance], roles: Roles) -> Iterator[Change | None]:
    """Yield the changes of terms, one or two at once, after which both sides have the same numbers; else None."""
    start = time.process_time()
    terms = terms_of(wrong, left.names())
    if terms is None or not instances:
        return
    terms = replace(terms, shape=left.shape)
    small_first = sorted(instances, key=lambda instance: instance.value.size)
    once = list(term_changes(terms, roles))
    for change in once:
        yield agreeing(change, small_first)
    firsts = [first for first in once if not first.alone]
    nearly = [first for first in firsts if is_nearly(first, small_first[0])]
    pairs = ((first, second) for first in nearly for second in number_changes(first.terms, roles))
    others = ((first, second) for first in firsts for second in term_changes(first.terms, roles) if not second.alone)
    for first, second in chain(pairs, others):
        if time.process_time() > start + LONGEST_PAIRS:
            return
        if is_opposite(first.mends, second.mends):
            continue
        both = replace(second, mends=f"{first.mends}, and {second.mends}", makes=f"{first.makes}, and {second.makes}")
        yield agreeing(both, small_first)


def is_nearly(change: TermChange, instance: Instance) -> bool:
    """Tell whether the terms after a change have a multiple of the left side's value."""
    try:
        return instance.has_multiple_of(change.terms)
    except (CnnSymbolicError, OverflowError):
        return False


def agreeing(change: TermChange, instances: Sequence[Instance]) -> Change | None:
    """Return a change if the left side has the values of its terms; not one that makes a term vanish."""
    try:
        agreed = all(instance.has_value_of(change.terms) for instance in instances)
        agreed = agreed and all(
            any(instance.sum_of(term, change.terms).any() for instance in instances) for term in change.terms.terms
        )
        return Change(change.makes, change.terms.tensor, change.mends) if agreed else None
    except (CnnSymbolicError, OverflowError):
        return None


def named_mistake(left: Any, right: Any, assuming: Sequence[object], refutation: object) -> Change | None:
    """Return the change that makes the right side of a refuted claim right, if the catalogue has it."""
    if not isinstance(refutation, Refutation):
        return None
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return correction(left, right, assuming, refutation)
    statement = refutation.statement
    if isinstance(left, Tensor) or isinstance(right, Tensor) or refutation.kind != "shape":
        return None
    name = named_sizes(statement, roles_in(left, right))
    return None if name is None else Change(name, tuple(left))
