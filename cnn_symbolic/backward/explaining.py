"""What explains a failure: the smallest shape that has it, the simplest data at that shape, and the mistake's name.

A name is given only if the mistake that it is makes everything that the function returned, at every shape tried. A
function that is right for something else is called so: for another stride, padding, dilation, or layout of its arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, permutations, product
from math import prod
from random import Random
from typing import Any

import numpy as np

from cnn_symbolic.backward.calling import Layout
from cnn_symbolic.backward.calls.answers import Misbehaviour
from cnn_symbolic.backward.examining import Checker
from cnn_symbolic.backward.findings import FORMULA, STOPPING, Call, Failure
from cnn_symbolic.backward.strategies import EXACT, Problem, drawn, free_sizes, resized, smaller, typical
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.layers.forward import OPERANDS, Forward
from cnn_symbolic.layers.stages import Arrays, Compute, Unfit

# With how many combinations of options the smallest example is looked for, and how many pairs of entries are tried.
STARTS, PAIRS = 4, 300
# The kinds of failures that take too long to be looked for again.
LONG = ("timeout", "spent")
# The magnitudes of the data that a failure is looked for with, to show it.
BOUNDS = (1, 3, 9, 999)
# What does not fit the arrays of an example, or options of a layer.
UNFIT = (Unfit, ValueError, IndexError, KeyError, CnnSymbolicError)
# The other values of options that a function may have been written for, how many shapes tell, and how many at least.
OTHERS = {"stride": (1, 2, 3), "padding": (0, 1, 2, "same", "full"), "dilation": (1, 2)}
SHAPES, FEWEST = 20, 5

# The smallest shape


def smallest(checker: Checker, failure: Failure, admits: Callable[[Problem], bool]) -> Failure:
    """Return the failure at the smallest shape that was found, or is found from there by making sizes smaller."""
    same = sorted((f for f in checker.failures if f.key == failure.key), key=entries)
    if checker.given or failure.kind in LONG:
        return same[0]
    starts = {f.example.forward: f for f in reversed(same)}  # the smallest with every combination of the options
    return min((descended(checker, start, admits) for start in list(starts.values())[-STARTS:]), key=entries)


def entries(failure: Failure) -> tuple[int, tuple[tuple[str, Sequence[int]], ...]]:
    """Return how many entries the arrays of an example have, and then their shapes."""
    problem = failure.example.problem
    return sum(map(prod, problem.shapes.values())), problem.inputs


def descended(checker: Checker, failure: Failure, admits: Callable[[Problem], bool]) -> Failure:
    """Return the same failure at a shape of which no size, and no two sizes, can be made smaller."""
    seen: set[Problem] = set()
    while True:
        problem = failure.example.problem
        of = next(each for each in checker.forward.varied() if each.at(dict(problem.inputs)) == problem.forward)
        for less in sorted(smaller(problem, of), key=lambda p: sum(map(prod, p.shapes.values()))):
            if less in seen or not admits(less):
                continue
            seen.add(less)
            trial = checker.fresh()
            trial.examine(less, probe=failure.kind in ("layout", "state"))
            found = next((f for f in trial.failures if f.key == failure.key), None)
            if found is not None:
                failure = found
                break
        else:
            return failure


# The simplest data


def simplest(checker: Checker, failure: Failure) -> Failure:
    """Return the failure with the simplest data at its shape: one entry of each operand, or small integers."""
    if failure.kind in STOPPING:
        return failure
    problem, name = failure.example.problem, failure.gradient or ""
    if failure.example.how == "after another call":  # what the function remembers now is not what a new one would
        example = checker.example(problem, problem.values(checker.seed, BOUNDS[1]))
        right = checker.layout.to_user(name, example.right[name])
        return replace(failure, example=replace(example, how=failure.example.how), found=None, expected=right)
    simple = (problem.values(checker.seed, bound, (kind,)) for kind in checker.numbers for bound in BOUNDS)
    failure = first_again(checker, failure, simple) or failure
    pairs = one_hot_pairs(checker, failure) if failure.kind in FORMULA else iter(())
    return first_again(checker, failure, pairs) or failure


def first_again(checker: Checker, failure: Failure, trials: Iterator[Arrays]) -> Failure | None:
    """Return the same failure with the first data that have it, None if none has."""
    return next((found for values in trials if (found := again(checker, failure, values)) is not None), None)


def again(checker: Checker, failure: Failure, values: Arrays) -> Failure | None:
    """Return the same failure with other data at its shape, None if it is not there."""
    trial = checker.fresh()
    example = trial.example(failure.example.problem, values)
    try:
        results = trial.attempt(example)
        wrong = trial.judge(example, results)
        if not wrong and failure.kind in ("layout", "state"):
            trial.probe(example)
        elif failure.kind == "state":
            wrong = trial.stateful(example, results, None)
    except Misbehaviour as found:
        wrong = [trial.misbehaved(found, example, some=not trial.total)]
    return next((f for f in (*trial.failures, *wrong) if f.key == failure.key), None)


def one_hot_pairs(checker: Checker, failure: Failure) -> Iterator[Arrays]:
    """Yield data with one nonzero entry in each operand of a result, all of them if there are few."""
    fixed, operands = failure.example.problem.forward.fixed, OPERANDS.get(failure.gradient or "dx")
    operands = operands or ("dy", *failure.example.problem.forward.inputs)
    names = [name for name in operands if name in failure.example.values and name not in fixed]
    values = {k: v if k in (*fixed, *names) else np.zeros_like(v) for k, v in failure.example.values.items()}
    sizes = [values[name].size for name in names]
    if prod(sizes) > PAIRS:
        yield halved(checker, failure, names, values)
    else:
        for at in product(*map(range, sizes)):
            yield failure.example.problem.one_hot(values, dict(zip(names, at, strict=True)))


def halved(checker: Checker, failure: Failure, names: Sequence[str], values: Arrays) -> Arrays:
    """Return data with one nonzero entry in each operand, found by halving: one half of a wrong sum is wrong."""
    at = {}
    for name in names:
        whole, kept = values[name], np.arange(values[name].size)
        while len(kept) > 1:
            half, other = np.array_split(kept, 2)
            wrong = again(checker, failure, {**values, name: masked(whole, half)}) is not None
            kept = half if wrong else other
        at[name], values = int(kept[0]), {**values, name: masked(whole, kept)}
    return failure.example.problem.one_hot(values, at)


def masked(array: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return an array with zeros in place of all entries but those with some flat indices."""
    masked = np.zeros_like(array)
    masked.flat[kept] = array.flat[kept]
    return masked


# The name of the mistake


def mistake(checker: Checker, name: str, shown: Failure) -> str | None:
    """Return the name of the mistake in a result: it explains what is shown, all that failed, and what passed.

    Where shapes were given, neighbours of theirs are tried too: at a batch of two, half of a sum is also its mean.
    """
    calls = sorted(checker.records[name][0], key=lambda made: -sum(value.size for value in made[0].values.values()))
    calls += checker.records[name][1]
    if shown.found is not None:
        calls.append((shown.example, {name: shown.found}))
    if checker.given:
        calls += [made for problem in list(checker.examined) for made in neighbouring(checker, problem, name)]

    def explains(compute: Compute) -> bool:
        try:
            return all(agrees(checker, made, name, np.asarray(compute(made[0]))) for made in calls)
        except UNFIT:
            return False

    title = next((title for title, compute in checker.forward.mistakes(name) if explains(compute)), None)
    failing = len(checker.records[name][0])
    if title is None and all(in_single_precision(checker, made, name, k < failing) for k, made in enumerate(calls)):
        return "computed in single precision"
    return title


def agrees(checker: Checker, made: Call, name: str, candidate: np.ndarray, dtype: str = "") -> bool:
    """Return whether a result is the candidate, up to the rounding of the result's own precision or of `dtype`."""
    found, explained = made[1][name], checker.layout.to_user(name, candidate)
    if explained.shape != found.shape or not np.isfinite(found).all():
        return False
    widest = "float64" if checker.dtype == "int64" else checker.dtype
    coarsest = max(
        dtype or widest, found.dtype.name if found.dtype.kind == "f" else widest, key=lambda d: np.finfo(d).eps
    )
    most = np.abs(explained).max(initial=0)
    return bool(np.abs(found - explained).max(initial=0) <= 64 * np.finfo(coarsest).eps * most)


def in_single_precision(checker: Checker, made: Call, name: str, fails: bool) -> bool:
    """Return whether a result is the right one but for the digits that single precision does not have."""
    right = made[0].right[name]
    large = np.abs(right).max(initial=0) > EXACT["float32"] or not np.array_equal(right, right.astype("f4"))
    with np.errstate(over="ignore"):
        single = np.array_equal(made[1][name], made[1][name].astype("f4"))
    return agrees(checker, made, name, right, "float32") and ((large and single) or not fails)


def neighbouring(checker: Checker, problem: Problem, name: str) -> Iterator[Call]:
    """Yield calls at shapes with an example, a channel or a cell more or less than there are, where they return."""
    sizes = free_sizes(problem) if problem.forward.rank >= 0 else {}
    for key, size in sizes.items():
        for other in (size + 1, max(1, size - 1)):
            if (near := resized(problem, problem.forward, {key: other})) is None:
                continue
            trial = replace(checker.fresh(), thorough=False)
            trial.examine(near, probe=False)
            yield from (made for some in trial.records.get(name, ()) for made in some)


# Right for something else.


def otherwise(checker: Checker) -> str:
    """Return a sentence that says for which other layer or layout all gradients are right, empty if for none."""
    if checker.forward.rank < 0:  # which shapes fit it is not known
        return ""
    for other in others(checker.forward, checker.signature.taken):
        if right_for(checker, other, checker.layout):
            return f"all gradients are right for {other}"
    for layout in layouts(checker.layout):
        if right_for(checker, checker.forward, layout):
            return f"all gradients are right for {layout}"
    return ""


def others(forward: Forward, taken: tuple[str, ...]) -> Iterator[Forward]:
    """Yield the layers with another value of one option that the function is not told, then of two."""
    known = {name: OTHERS[name] for name in OTHERS if name in forward.options and name not in taken}
    changes: list[dict[str, Any]] = [{name: value} for name, values in known.items() for value in values]
    pairs = [one | other for one in changes for other in changes if next(iter(one)) < next(iter(other))]
    for change in (*changes, *pairs):
        try:
            if (other := replace(forward, **change)) != forward:
                yield other
        except CnnSymbolicError:
            continue


def layouts(layout: Layout) -> Iterator[Layout]:
    """Yield the other layouts with the same axes: flipped, and with the channels or filters in another order."""
    yield replace(layout, flipped=not layout.flipped)
    batch, channels, outer, inner = (
        letter if letter in written else ""
        for letter, written in zip("NCOI", (*[layout.features] * 2, *[layout.filters] * 2), strict=True)
    )
    spatial = layout.canonical_filters[2:]
    for features in (f"{batch}{channels}{spatial}", f"{batch}{spatial}{channels}"):
        for filters in map("".join, permutations((outer, inner, spatial))):
            other = replace(layout, features=features, filters=filters)
            if other != layout:
                yield other


def right_for(checker: Checker, forward: Forward, layout: Layout) -> bool:
    """Return whether a function is right for a layer in a layout: at a middle size first, then at drawn ones."""
    trial, random = replace(checker.fresh(), forward=forward, layout=layout, thorough=False), Random(checker.seed)
    try:
        problems = chain(
            (typical(each, layout.ones) for each in forward.varied()),
            (drawn(forward, layout.ones, random) for _ in range(SHAPES)),
        )
        return not any(trial.examine(problem, probe=False) for problem in problems) and len(trial.examined) > FEWEST
    except UNFIT:
        return False
