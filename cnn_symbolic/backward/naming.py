"""The name of a mistake: the one of the catalogue that explains what a function returned, at every shape tried.

Besides, whether the function is the backward pass of something else: of another stride, padding or dilation, or of the
same layer with its arrays in another layout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, permutations
from random import Random

import numpy as np

from cnn_symbolic.backward.calling import Layout
from cnn_symbolic.backward.examining import Checker
from cnn_symbolic.backward.findings import Call
from cnn_symbolic.backward.strategies import EXACT, Problem, drawn, free_sizes, resized, typical
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.stages import Compute, Unfit

# What does not fit the arrays of an example, or options of a layer.
UNFIT = (Unfit, ValueError, IndexError, KeyError, CnnSymbolicError)
# The other values of options that a function may have been written for, how many shapes tell, and how many at least.
OTHERS = {"stride": (1, 2, 3), "padding": (0, 1, 2, "same", "full"), "dilation": (1, 2)}
SHAPES, FEWEST = 20, 5


def mistake(checker: Checker, name: str) -> str | None:
    """Return the name of the mistake in a result: it explains all examples that fail, and those that pass.

    Where shapes were given, neighbours of theirs are tried too: at a batch of two, half of a sum is also its mean.
    """
    calls = sorted(checker.records[name][0], key=lambda made: -sum(value.size for value in made[0].values.values()))
    calls += checker.records[name][1]
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
    single = np.array_equal(made[1][name], made[1][name].astype("f4"))
    return agrees(checker, made, name, right, "float32") and ((large and single) or not fails)


def neighbouring(checker: Checker, problem: Problem, name: str) -> Iterator[Call]:
    """Yield calls at shapes with one more example, channel or cell than those that were given, where they return."""
    for key, size in free_sizes(problem).items():
        wider = resized(problem, problem.forward, {key: size + 1})
        if wider is not None:
            trial = replace(checker.fresh(), thorough=False)
            trial.examine(wider, probe=False)
            yield from (made for some in trial.records.get(name, ()) for made in some)


# Right for something else.


def otherwise(checker: Checker) -> str:
    """Return a sentence that says for which other layer or layout all gradients are right, empty if for none."""
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
    changes = [{name: value} for name, values in known.items() for value in values]
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
