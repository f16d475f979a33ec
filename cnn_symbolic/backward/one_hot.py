"""All one-hot inputs: they decide a backward pass at a fixed shape, if it is bilinear, which is tested beforehand.

dx is bilinear in (dy, w), dw in (dy, x), and db is linear in dy; a bilinear function is determined by its values at
all pairs of unit vectors. That a function is additive in each argument, and independent of the others, is tested at
random points.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from cnn_symbolic.backward.calls.answers import Misbehaviour
from cnn_symbolic.backward.examining import Checker
from cnn_symbolic.backward.strategies import Problem
from cnn_symbolic.layers.forward import OPERANDS
from cnn_symbolic.layers.stages import Arrays

# How many pairs are tried at all shapes that were drawn, at one that was given, and how many points test bilinearity.
DRAWN, GIVEN, POINTS = 5_000, 50_000, 2


def decide_pairs(checker: Checker, limited: bool) -> str | None:
    """Examine all shapes that are small enough at all pairs of one-hot inputs; return the evidence, None if none is."""
    smallest = sorted(checker.examined, key=count)
    if limited:
        problems = [p for p, total in zip(smallest, accumulate(map(count, smallest)), strict=True) if total <= DRAWN]
    else:
        problems = [p for p in smallest if count(p) <= GIVEN]
    for problem in problems:
        try:
            for point in range(POINTS):
                bilinear(checker, problem, point)
            for values in pairs(problem):
                example = checker.example(problem, values)
                checker.failures += checker.judge(example, checker.attempt(example))
        except Misbehaviour as found:
            example = checker.example(problem, checker.values(problem, 0))
            checker.failures.append(checker.misbehaved(found, example, some=True))
        if checker.failures:
            checker.examined[problem] = False
            return None
    if not problems:
        return None
    shapes = f"{len(problems)} shape{'s' if len(problems) != 1 else ''}"
    return f"fixed shape, all one-hot pairs (if bilinear: tested at {POINTS} points) at {shapes}"


def operands(problem: Problem) -> list[str]:
    """Return the inputs that the gradients are linear in."""
    return [name for name in ("x", "w") if name in problem.shapes and name not in problem.forward.fixed]


def count(problem: Problem) -> int:
    """Return how many pairs there are."""
    sizes = {name: int(np.prod(shape)) for name, shape in problem.shapes.items()}
    return sizes["dy"] * max([sizes[name] for name in operands(problem)], default=1)


def pairs(problem: Problem) -> Iterator[Arrays]:
    """Yield data with one unit in dy and one in x and in w, every pair with dy at least once."""
    values, others = problem.values(0), operands(problem)
    for k in range(values["dy"].size):
        for j in range(max([values[name].size for name in others], default=1)):
            yield problem.one_hot(values, {"dy": k, **{name: j % values[name].size for name in others}})


def bilinear(checker: Checker, problem: Problem, point: int) -> None:
    """Raise Misbehaviour unless every gradient is additive in its operands and independent of the other inputs."""
    one, two = (problem.values((checker.seed, point, k), 9) for k in range(2))
    for name in ("dy", *operands(problem)):
        sides = [{**one, name: side} for side in (one[name], two[name], one[name] + two[name])]
        f, g, both = (checker.attempt(checker.example(problem, side)) for side in sides)
        for result in set(f) - {"y"}:
            expected = f[result] + g[result] if name in OPERANDS[result] else f[result]
            if not np.array_equal(both[result], expected):
                how = "additive in" if name in OPERANDS[result] else "independent of"
                raise Misbehaviour("value", f"{result} is not {how} {name}", result)
