"""One shape at a time: calls the function at random points, compares exactly, and names misbehaviour as such.

Data are random integers so small that every sum is exact. At a random point a wrong polynomial of degree ≤ 2 agrees
with probability ≤ 2/S, S the number of values of an entry (Schwartz, JACM 27 (1980); Zippel, EUROSAM 1979); the
points are repeated until the product is small enough. Some of these points are times powers of two. Points with other
kinds of numbers follow, such as zeros, for the mistakes that are no polynomials.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import ceil, log2, prod
from typing import Any
from zlib import crc32

import numpy as np

from cnn_symbolic.backward.calling import Layout
from cnn_symbolic.backward.calls.answers import IN_MEMORY, CallArguments, Misbehaviour, Returned, named_results, placed
from cnn_symbolic.backward.calls.callees import Callee
from cnn_symbolic.backward.calls.signatures import Signature
from cnn_symbolic.backward.findings import FORMULA, STOPPING, Call, Example, Failure
from cnn_symbolic.backward.strategies import Problem
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.stages import Arrays
from cnn_symbolic.layers.values import ALONE, AS_INTEGERS, NUMBERS, OTHERS, PLAIN, WHOLE

# The magnitude of the data of the first point: rounding cannot hide a difference there.
SMALL = 4
# How many numbers of small data are not right by chance.
ENOUGH = 6
# How many points of other kinds a shape has, and the number of entries up to which one that is given has all of them.
FURTHER, FEW = 2, 4000
# At how many refused shapes other numbers are tried.
TELLING = 60
# The orders in memory of which one is tried at a time.
ORDERS = ("fortran", "reversed")
STATE = "it keeps state between calls"
# How many times as many bytes as the largest right result one may have that is looked at, and how many more.
TIMES, MORE = 64, 2**20
# An example, what the function answered, and its results by name.
Held = tuple[Example, Returned, Arrays]


@dataclass
class Checker:
    """A function, how it is called, and everything that was observed of it."""

    callee: Callee
    forward: Forward
    signature: Signature
    layout: Layout
    dtype: str
    error: float
    seed: int
    total: bool = False
    given: bool = False
    examined: dict[Problem, bool] = field(default_factory=dict)
    refused: dict[Problem, Failure] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    records: dict[str, tuple[list[Call], list[Call]]] = field(default_factory=dict)
    last: dict[Problem, Arrays] = field(default_factory=dict)
    bound: float = 0.0
    worst: tuple[float, str] | None = None
    thorough: bool = False
    tried: set[str] = field(default_factory=set)
    held: Held | None = None

    def fresh(self) -> Checker:
        """Return a checker of the same function that has observed nothing, and tries all kinds at every shape."""
        nothing: dict[str, Any] = {"examined": {}, "refused": {}, "records": {}, "last": {}}
        return replace(self, **nothing, failures=[], tried=set(), bound=0.0, worst=None, held=None, thorough=True)

    @property
    def stopped(self) -> bool:
        """Whether the function hangs, or has ended its process: it is not called again."""
        return any(failure.kind in STOPPING for failure in self.failures)

    @property
    def numbers(self) -> Sequence[str]:
        """The kinds of numbers that the dtype has."""
        return WHOLE if self.dtype == "int64" or self.forward.whole else tuple(NUMBERS)

    # Calling

    def example(self, problem: Problem, values: Arrays) -> Example:
        """Return an example with the right results: y with the bias where the function has it."""
        result = "y" in self.signature.taken or "y" in self.signature.judged
        right = problem.forward.evaluate(values, bias="b" in self.signature.taken, result=result)
        return Example(problem.forward, values, right, problem)

    def arguments(self, example: Example) -> dict[str, Any]:
        """Return everything the signature may name, in the user's layout: arrays of their own for every call."""
        given: dict[str, Any] = example.forward.settings
        arrays = example.values | {name: array for name, array in example.right.items() if name in ("y", "places")}
        for name in self.signature.taken:
            if name in arrays:
                dtype = "int64" if name == "places" else self.dtype
                given[name] = placed(self.layout.to_user(name, arrays[name]).astype(dtype), name, example.how)
            elif name.endswith("_shape"):
                of = name.removesuffix("_shape")
                given[name] = self.layout.to_user(of, example.values[of]).shape
        return given

    def attempt(self, example: Example) -> Arrays:
        """Return copies of what the function returns; raise Misbehaviour if it returns no arrays, or changes one."""
        answer = self.answer(example)
        by_name = named_results(answer, self.signature)
        self.failures += overwritten(self.held, answer)
        self.held = example, answer, by_name
        self.last[example.problem] = example.values
        for name in answer.changed:
            self.failures.append(Failure("mutation", None, f"the function changes its input {name}", example))
        return by_name

    def answer(self, example: Example) -> Returned:
        """Return what the function answers when it is called with an example."""
        most = MORE + TIMES * max(array.nbytes for array in example.right.values())
        given = CallArguments(self.arguments(example), self.signature.inputs, self.signature.named, example.how, most)
        return self.callee.call(given)

    # Judging

    def judge(self, example: Example, results: Arrays) -> list[Failure]:
        """Return what is wrong with the results of one call."""
        wrong = []
        for name, found in results.items():
            expected = self.layout.to_user(name, example.right[name])
            if name == "db" and found.shape != expected.shape and found.squeeze().shape == expected.squeeze().shape:
                found = found.reshape(expected.shape)  # a column of biases is one of the usual forms
            kind, detail = self.difference(example, name, found, expected)
            if kind:
                wrong.append(Failure(kind, name, detail, example, found, expected))
        return wrong

    def difference(self, example: Example, name: str, found: np.ndarray, expected: np.ndarray) -> tuple[str, str]:
        """Return the kind of the difference between a result and the right one, and a sentence; empty if none."""
        if found.shape != expected.shape:
            return "shape", f"{name} has the shape {found.shape}, expected {expected.shape}"
        if not np.isfinite(found).all():
            at = first(~np.isfinite(found))
            return "nan", f"{name}{list(at)} is {found[at]}, expected {number(expected[at])}"
        if not np.array_equal(found, expected):
            off, coarse = np.abs(found - expected), is_coarse(found, self.dtype)
            if self.dtype == "int64" or off.max() > self.tolerance(example, name, coarse or self.dtype):
                at = first(found != expected)
                return "value", f"{name}{list(at)} is {number(found[at])}, expected {number(expected[at])}"
            if not coarse:
                self.rounded(name, off, expected)
        if found.dtype != self.dtype:
            return "dtype", f"the dtype {found.dtype}, expected that of the inputs, {self.dtype} (option dtype)"
        return "", ""

    def tolerance(self, example: Example, name: str, dtype: str) -> float:
        """Return the rounding that floating-point sums of these terms may have: eps · (terms + 8) · the largest sum.

        That is of the largest entries: a transform spreads the rounding of a large entry over all others.
        """
        problem, kept = example.problem, example.forward.fixed
        largest = {k: v if k in kept else np.full_like(v, np.abs(v).max()) for k, v in example.values.items()}
        sizes = self.example(problem, largest).right
        terms = problem.forward.terms(dict(problem.inputs))
        return float((terms + 8) * np.finfo(dtype).eps * np.abs(sizes[name]).max())

    def rounded(self, name: str, off: np.ndarray, expected: np.ndarray) -> None:
        """Note how far a result is from the right one that it equals up to rounding."""
        relative = float(off.max() / max(np.abs(expected).max(), 1))
        if self.worst is None or relative > self.worst[0]:
            at = [int(k) for k in np.unravel_index(off.argmax(), off.shape)]
            self.worst = (relative, f"worst entry {name}{at}, off by {relative:.1e} of the largest")

    # Examining one shape

    def points(self, problem: Problem) -> int:
        """Return how many random points bring the error at a shape below what is asked for, and note the bound."""
        each = 1 - log2(2 * problem.bound(self.dtype, self.signature.judged))  # log2(2/S)
        needed = max(2, ceil(log2(self.error) / each)) if each < 0 else 4
        self.bound = max(self.bound, needed * each) if self.examined else needed * each
        return needed

    def values(self, problem: Problem, point: int, kinds: Sequence[str] = PLAIN) -> Arrays:
        """Return the data of one point, the same in every call for the same shapes; of the first they are small."""
        seed = (self.seed, crc32(repr(problem).encode()), point % 2**32)
        self.tried.update(kinds)
        return problem.values(seed, SMALL if point == 0 else problem.bound(self.dtype, self.signature.judged), kinds)

    def kinds(self, problem: Problem) -> list[Sequence[str]]:
        """Return the kinds of the arrays at every point of a shape: those of the bound, and further ones in turn."""
        bounding, others = ([kind for kind in some if kind in self.numbers] for some in (AS_INTEGERS, OTHERS))
        turn, count = FURTHER * len(self.examined), 2 * len(others) if self.all_of(problem) else FURTHER
        in_turn = [[others[(turn + k + j) % len(others)] for j in range(len(others))] for k in range(count)]
        alone = [(kind,) for kind in ALONE if kind in self.numbers]
        return [*((bounding[k % len(bounding)],) for k in range(self.points(problem))), *in_turn, *alone]

    def all_of(self, problem: Problem) -> bool:
        """Return whether a shape has points of all kinds, twice, rather than the next of them."""
        return self.thorough and sum(map(prod, problem.shapes.values())) <= FEW

    def examine(self, problem: Problem, probe: bool, small_first: bool = True) -> list[Failure]:
        """Compare the function at one shape, at as many points as the bound needs, and note what is wrong.

        The point of small data comes first, or, to save time, last and only if the function rounds. A shape at which
        the function refuses all data is not examined, but noted as refused, unless the function is to be `total`.
        """
        noted, returned = len(self.failures), False
        points = list(enumerate(self.kinds(problem), 1))
        for point, kinds in ((0, PLAIN), *points) if small_first else (*points, (0, PLAIN)):
            if point == 0 and not small_first and self.worst is None:
                break
            example = self.example(problem, self.values(problem, point, kinds))
            before = self.last.get(problem)
            try:
                results = self.attempt(example)
                returned = True
                wrong = self.judge(example, results)
                if any(failure.kind in FORMULA for failure in wrong):
                    wrong = self.stateful(example, results, before) or wrong
                self.failures += wrong
                self.record((example, results), {failure.gradient for failure in wrong})
                if probe and point == 1 and len(self.failures) == noted:
                    self.probe(example)
            except Misbehaviour as found:
                told = len(self.refused) >= TELLING  # by then it is known that it does not refuse numbers
                if not returned and self.refuses(found) and (told or all(map(self.refuses, self.others(problem)))):
                    self.refused[problem] = self.misbehaved(found, example)
                    return []
                self.failures.append(self.misbehaved(found, example, some=not self.total))
            if len(self.failures) > noted:
                break
        self.examined[problem] = len(self.failures) == noted
        return self.failures[noted:]

    def refuses(self, found: Misbehaviour | None) -> bool:
        """Return whether something that a function did is a refusal, and may be one."""
        return found is not None and found.kind == "refusal" and not self.total

    def others(self, problem: Problem) -> Iterator[Misbehaviour | None]:
        """Yield what the function does with other data of the same shapes; None where it returns results."""
        for point, kinds in ((-1, PLAIN), (-2, OTHERS)):
            try:
                self.attempt(self.example(problem, self.values(problem, point, kinds[:1])))
                yield None
            except Misbehaviour as found:
                yield found

    def misbehaved(self, found: Misbehaviour, example: Example, some: bool = False) -> Failure:
        """Return what a function did as a failure; a refusal is an exception here, `some` if of some numbers only."""
        if found.kind != "refusal":
            return Failure(found.kind, found.gradient, found.detail, example)
        numbers = "refuses some numbers at shapes at which it takes others: " if some else ""
        return Failure("exception", found.gradient, f"{numbers}{found.detail}", example)

    def record(self, made: Call, wrong: set[str | None]) -> None:
        """Keep a call, for every result among those that fail or, one of each shape, those that pass."""
        for name in made[1]:
            failing, passing = self.records.setdefault(name, ([], []))
            kept = failing if name in wrong else passing
            if kept is failing or not passing or passing[-1][0].problem != made[0].problem:
                kept.append(made)

    def stateful(self, example: Example, results: Arrays, before: Arrays | None) -> list[Failure]:
        """Return the failure of a function whose wrong results come from an earlier call, if they do."""
        repeated = self.attempt(example)
        if (name := differing(results, repeated)) is not None:
            return [changing(example, name, repeated, results)]
        if before is None or too_little(before, results):
            return []
        for old in stale_inputs(example.problem):
            if self.uses_earlier(example, results, before, old) and all(
                self.uses_earlier(*self.another(example.problem, point), before, old) for point in range(3)
            ):
                detail = f"the function uses {' and '.join(old)} of an earlier call: {STATE}"
                wrong = self.judge(replace(example, how="after another call"), results)
                return [replace(failure, kind="state", detail=detail) for failure in wrong]
        return []

    def another(self, problem: Problem, point: int) -> Call:
        """Return further data for a shape, and what the function returns for them."""
        example = self.example(problem, self.values(problem, -1 - point))
        return example, self.attempt(example)

    def uses_earlier(self, example: Example, results: Arrays, before: Arrays, old: tuple[str, ...]) -> bool:
        """Return whether results are right for some of the inputs of an earlier call."""
        mixed = {name: before[name] if name in old else array for name, array in example.values.items()}
        earlier = self.example(example.problem, mixed).right
        telling = any(earlier[k].any() for k in results)  # zeros are right for many inputs
        return telling and all(np.array_equal(self.layout.to_user(k, earlier[k]), v) for k, v in results.items())

    def probe(self, example: Example) -> None:
        """Note state, and inputs in memory that the function cannot read."""
        self.in_memory(replace(example, how="strided"))
        constant = np.full_like(example.values["dy"], example.values["dy"].flat[0])
        self.in_memory(replace(self.example(example.problem, {**example.values, "dy": constant}), how="broadcast"))
        turn = len(self.examined) // 4 % len(ORDERS)
        next_one = () if self.thorough else ORDERS[turn : turn + 1]
        for order in ORDERS if self.all_of(example.problem) else next_one:
            self.in_memory(replace(example, how=order))

    def in_memory(self, example: Example) -> None:
        """Note a failure that only arrays of another layout in memory have, or the second call with equal inputs."""
        try:
            wrong = self.judge(example, self.attempt(example))
        except Misbehaviour as found:
            if found.kind in STOPPING:
                raise
            if example.how == "reversed":  # to refuse negative strides is no mistake in a formula
                return
            wrong = [self.misbehaved(found, example)]
        if not wrong:
            return
        usual = replace(example, how="contiguous")
        again = self.attempt(usual)
        if not (also := self.judge(usual, again)):
            detail = f"right for contiguous arrays, but wrong for {IN_MEMORY[example.how]}: {wrong[0].detail}"
            self.failures.append(replace(wrong[0], kind="layout", detail=detail))
        elif example.how == "strided":  # right when it was called first
            correct = {name: self.layout.to_user(name, example.right[name]) for name in again}
            self.failures.append(changing(usual, also[0].gradient or "", again, correct))


def is_coarse(found: np.ndarray, dtype: str) -> str:
    """Return the dtype of a result that has less precision than the inputs, empty if it has not."""
    less = found.dtype.kind == "f" and dtype != "int64" and np.finfo(found.dtype).eps > np.finfo(dtype).eps
    return found.dtype.name if less else ""


def changing(example: Example, name: str, found: Arrays, before: Arrays) -> Failure:
    """Return the failure of a function that returns something else when it is called again."""
    detail = f"two calls with equal inputs return different {name}: {STATE}"
    return Failure("state", name, detail, replace(example, how="repeated"), found[name], before[name])


def overwritten(held: Held | None, answer: Returned) -> list[Failure]:
    """Return the failure of a function whose last call changes the results of the one before, which were held."""
    if held is None or answer.overwritten is None or answer.number != held[1].number + 1:
        return []
    example, before, by_name = held
    place, now = answer.overwritten
    of_place = before.values[place : place + 1]
    name = next((name for name, array in by_name.items() if any(array is value for value in of_place)), None)
    if name is None:
        return []
    detail = f"the {name} that one call returns is overwritten by the next: {STATE}"
    return [Failure("state", name, detail, replace(example, how="held"), now, by_name[name])]


def too_little(before: Arrays, results: Arrays) -> bool:
    """Tell whether results may be right for an earlier call by chance: few numbers, of small data."""
    small = all(np.abs(array).max(initial=0) <= SMALL for array in before.values())
    return small and sum(array.size for array in results.values()) < ENOUGH


def stale_inputs(problem: Problem) -> list[tuple[str, ...]]:
    """Return the sets of inputs that may be those of an earlier call, the small ones first.

    Not x of a maximum: there is too little in the place of a maximum to tell which x it is of.
    """
    names = [name for name in problem.shapes if name not in ("y", *problem.forward.fixed)]
    return [some for count in range(1, len(names) + 1) for some in combinations(names, count)]


def differing(one: Arrays, other: Arrays) -> str | None:
    """Return the first result that differs between two calls."""
    return next((k for k in one if not np.array_equal(one[k], other[k], equal_nan=True)), None)


def first(mask: np.ndarray) -> tuple[int, ...]:
    """Return the first place in a mask."""
    return tuple(int(k) for k in np.argwhere(mask)[0])


def number(value: Any) -> str:
    """Return a number as it is written, integers without a point."""
    return str(int(value)) if float(value).is_integer() else f"{float(value):.17g}"
