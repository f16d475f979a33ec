"""Is a backward pass written by hand right? Exact comparison at many small shapes, and the mistake by name.

    check_backward(backward, of=conv2d(stride=2, padding=1))

Shapes come from Hypothesis, which also finds the smallest that fails; the data at it are made as simple as they can
be, and `backward_mistakes` looks for the mistake that explains everything that the function returned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from math import ceil, prod
from random import Random
from typing import Any

import numpy as np

from cnn_symbolic.backward.calling import Layout, Misbehaviour, answer, read_layout
from cnn_symbolic.backward.examining import Checker, first
from cnn_symbolic.backward.findings import FORMULA, KINDS, BackwardError, BackwardReport, Call, Failure, Finding
from cnn_symbolic.backward.forwards import as_layer
from cnn_symbolic.backward.one_hot import decide_pairs
from cnn_symbolic.backward.programs import as_function, read_places
from cnn_symbolic.backward.signatures import canonical_name, returning, signature_of
from cnn_symbolic.backward.snippets import snippet
from cnn_symbolic.backward.strategies import EXACT, Problem, convolution_problems, hypothesis, larger, typical
from cnn_symbolic.ground.errors import CnnSymbolicError, ModeError, OperandError, ShapeError
from cnn_symbolic.layers.forward import OPERANDS, Forward
from cnn_symbolic.layers.stages import Arrays, Compute, Unfit

__unittest = True  # unittest leaves the frames of this module out of a traceback

# How many failing and passing examples tell mistakes apart, how many findings are reported, how many pairs are tried.
FAILING, PASSING, REPORTED, PAIRS = 8, 4, 4, 300
# The magnitudes of the data that a failure is looked for with, to show it.
BOUNDS = (1, 3, 9, 999)


def check_backward(
    function: Callable[..., Any] | Sequence[Callable[..., Any]],
    *,
    of: Forward | Callable[..., Any] | str,
    signature: str | None = None,
    parameters: Mapping[str, str] | None = None,
    gradients: Mapping[str, str] | None = None,
    layout: str | None = None,
    filters: str | None = None,
    flipped: bool = False,
    dtype: str = "float64",
    shapes: Mapping[str, Sequence[int]] | None = None,
    examples: int = 60,
    error: float = 2.0**-64,
    one_hot: bool = False,
    timeout: float = 10.0,
    seed: int = 0,
) -> BackwardReport:
    """Return whether a function is the backward pass of a layer, and if not, what is wrong with it.

    `of` is the layer, `conv2d(stride=2)` or its text, or a forward pass that is linear in each of its arrays, as a
    function or "mine.py:forward"; then `shapes` are those of all of them. `signature` names the arguments and the
    results of the function, "dy, x, w -> dx, dw, db"; without it the names of its parameters and what it returns tell,
    db may be missing.
    A pair (forward, backward), a class with both, and a function whose cache comes from a forward pass beside it are
    called together; `parameters` and `gradients` say where a layer has them, {"w": "self.W"}, if its names do not.
    `layout` and `filters` name the axes of its arrays, as "NHWC" and "HWIO"; with `flipped` the forward pass convolves.
    `shapes` of x and w, in that layout, are checked in place of `examples` random ones. At each, a wrong polynomial of
    degree ≤ 2 passes with a probability of `error` at most; `one_hot` decides small shapes by all one-hot inputs. A
    call that takes longer than `timeout` seconds is a hang.
    """
    start = time.perf_counter()
    forward = as_layer(of)
    if dtype not in EXACT:
        raise ModeError(f"dtype is one of {', '.join(EXACT)}, found {dtype!r}")
    if not 0 < error < 1 or examples < 1 or timeout <= 0:
        raise OperandError("expected an error between 0 and 1, and at least one example and some time for a call")
    if one_hot and forward.rank < 0:
        raise OperandError(f"one-hot inputs decide the layers that are known, not {forward}")
    arrays = read_layout(forward, layout, filters, flipped)
    given = given_problems(forward, arrays, shapes) if shapes is not None else []
    places = read_places(parameters, "parameters"), read_places(gradients, "gradients")
    function, forward = as_function(function, forward, arrays, signature, given, places, timeout, dtype)
    called = signature_of(function, forward, signature)
    checker = Checker(function, forward, called, arrays, dtype, error, timeout, seed)
    if called.assumed:
        adapt(checker, given[0] if given else typical(next(forward.varied()), arrays.ones))
    strategy = None
    if shapes is None:
        strategy = convolution_problems(forward, ones=arrays.ones)
        search(checker, strategy, examples)
        further = (typical(each, arrays.ones) for each in untried(checker))
        for problem in (larger(forward, arrays.ones), *islice(further, examples)):
            if not checker.stopped:
                checker.examine(problem, probe=False)
    else:
        checker.thorough = True
        for problem in given:
            checker.examine(problem, probe=True, small_first=False)
    exact = not checker.failures and checker.worst is None
    decided = decide_pairs(checker, limited=shapes is None) if one_hot and exact else None
    return reported(checker, strategy, examples, decided, start)


def assert_backward(function: Callable[..., Any], **options: Any) -> BackwardReport:
    """Raise BackwardError, with the report, if a function is not the backward pass of a layer; see check_backward."""
    __tracebackhide__ = True
    report = check_backward(function, **options)
    if report.outcome == "wrong":
        raise BackwardError(str(report)) from None
    return report


def given_problems(forward: Forward, layout: Layout, shapes: Mapping[str, Sequence[int]]) -> list[Problem]:
    """Return the problems with shapes in the user's layout, one for each combination of options."""
    expected = forward.inputs if forward.rank < 0 else forward.inputs[:2]
    shapes = {canonical_name(name): shape for name, shape in shapes.items()}
    if set(shapes) != set(expected):
        raise ShapeError(f"shapes has the shapes of {' and '.join(expected)}, found {', '.join(shapes) or 'none'}")
    inputs = tuple((name, layout.to_canonical(name, tuple(shapes[name]))) for name in expected)
    problems = [Problem(each, inputs) for each in forward.varied()]
    for problem in problems:
        problem.forward.result_shape(dict(inputs))
    return problems


def adapt(checker: Checker, problem: Problem) -> None:
    """Call the function once, and leave results that it does not have out of the signature; raise OperandError."""
    example = checker.example(problem, checker.values(problem, 0))
    title = getattr(checker.function, "__qualname__", repr(checker.function))
    try:
        returned = answer(checker.function, checker.signature, checker.arguments(example), checker.timeout)
    except Misbehaviour as found:
        if found.kind == "timeout":
            checker.failures.append(Failure(found.kind, found.gradient, found.detail, example))
            checker.examined[problem] = False
        return
    checker.last[problem] = example.values
    sizes = {name: checker.layout.to_user(name, array).shape for name, array in example.right.items()}
    checker.signature = returning(checker.signature, returned, sizes, title)


# Searching


def search(checker: Checker, strategy: Any, examples: int) -> None:
    """Examine as many problems as asked for, every fourth with other layouts in memory."""
    hyp = hypothesis()

    def run(problem: Problem) -> None:
        if not checker.stopped and problem not in checker.examined:
            checker.examine(problem, probe=len(checker.examined) % 4 == 0)

    quiet(examples)(hyp.seed(checker.seed)(hyp.given(strategy)(run)))()


def untried(checker: Checker) -> list[Forward]:
    """Return the combinations of the options with which the function was not called."""
    tried = {problem.forward for problem in checker.examined}
    return [each for each in checker.forward.varied() if each not in tried]


def smallest(checker: Checker, failure: Failure, strategy: Any, examples: int) -> Failure:
    """Return the failure at the smallest shape that Hypothesis finds."""
    same = [f for f in checker.failures if f.key == failure.key]
    best = min(same, key=lambda f: sum(prod(shape) for shape in f.example.problem.shapes.values()))
    if strategy is None or failure.kind == "timeout":
        return best
    hyp, trial, found = hypothesis(), checker.fresh(), {}
    if best.example.problem == larger(checker.forward, checker.layout.ones):
        strategy = convolution_problems(checker.forward, ones=checker.layout.ones, wide=True)

    def fails(problem: Problem) -> bool:
        if not trial.stopped and problem not in found:
            failures = trial.examine(problem, probe=failure.kind in ("layout", "state"))
            found[problem] = next((f for f in failures if f.key == failure.key), None)
        return found.get(problem) is not None

    try:
        problem = hyp.find(strategy, fails, settings=quiet(examples), random=Random(checker.seed))
    except hyp.errors.HypothesisException:
        return best
    return found.get(problem) or best


def quiet(examples: int) -> Any:
    """Return settings of Hypothesis that depend on nothing of the user's, and print and keep nothing."""
    hyp = hypothesis()
    return hyp.settings(
        max_examples=examples,
        derandomize=False,
        database=None,
        deadline=None,
        suppress_health_check=list(hyp.HealthCheck),
        phases=[hyp.Phase.generate, hyp.Phase.shrink],
        verbosity=hyp.Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
    )


# Simplifying


def simplest(checker: Checker, failure: Failure) -> Failure:
    """Return the failure with the simplest data at its shape: one entry of each operand, or small integers."""
    if failure.kind == "timeout":
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
        wrong = [Failure(found.kind, found.gradient, found.detail, example)]
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


# Reporting


def reported(checker: Checker, strategy: Any, examples: int, decided: str | None, start: float) -> BackwardReport:
    """Return the report on everything that a checker found."""
    judged = checker.signature.judged
    order = {name: k for k, name in enumerate((None, *judged))}
    by_key: dict[tuple[str, str | None], Failure] = {}
    for failure in sorted(checker.failures, key=lambda f: (KINDS.index(f.kind), order[f.gradient])):
        by_key.setdefault(failure.key, failure)
    if any(kind == "state" for kind, _ in by_key):  # what is wrong then is so because of an earlier call
        by_key = {key: failure for key, failure in by_key.items() if key[0] != "formula"}
    findings = tuple(
        finding(checker, simplest(checker, smallest(checker, failure, strategy, examples)))
        for failure in list(by_key.values())[:REPORTED]
    )
    wrong = {failure.gradient for failure in checker.failures}
    whole = any(kind in ("timeout", "exception", "outputs", "state") for kind, _ in by_key)
    exact = checker.worst is None and checker.bound < 0
    return BackwardReport(
        **vars(findings[0] if findings else Finding()),
        outcome="wrong" if findings else "right" if exact else "tested",
        evidence=evidence(checker, bool(findings), decided),
        findings=findings,
        also_right={name: name not in wrong and name in checker.records and not whole for name in judged},
        function=getattr(checker.function, "__name__", repr(checker.function)),
        forward=checker.forward,
        signature=f"{checker.signature} ({checker.signature.origin})",
        layout=str(checker.layout),
        values=tuple(kind for kind in checker.numbers if kind in checker.tried),
        examples=len(checker.examined),
        seconds=time.perf_counter() - start,
    )


def evidence(checker: Checker, wrong: bool, decided: str | None) -> str:
    """Return what a verdict rests on."""
    n = len(checker.examined)
    places = f"{n} shape{'s' if n != 1 else ''}"
    if wrong:
        return f"wrong at {sum(not passed for passed in checker.examined.values())} of {places}"
    if left := untried(checker):
        places += f", {len(left)} combinations of options untried,"
    places += f" up to {largest_shapes(checker)}"
    if checker.worst is not None:
        return f"tested to a tolerance at {places}; {checker.worst[1]}"
    if checker.bound >= 0:
        return f"tested at {places}: sums are too long for a bound in {checker.dtype}"
    orders = "".join(f", for the orders of {name} that were tried" for name in checker.forward.fixed)
    identity = f"random identity at {places}, error ≤ 2^{ceil(checker.bound)} at each{orders}"
    return f"{decided}; {identity}" if decided else identity


def largest_shapes(checker: Checker) -> str:
    """Return the largest size of every axis of x, and of w, among the shapes examined (canonical layout)."""
    inputs = [dict(problem.inputs) for problem in checker.examined]
    each = {name: zip(*(shapes[name] for shapes in inputs), strict=True) for name in inputs[0]}
    return ", ".join(f"{name} {'×'.join(str(max(sizes)) for sizes in axes)}" for name, axes in each.items())


def finding(checker: Checker, failure: Failure) -> Finding:
    """Return a failure as it is reported, with the mistake's name and the program that shows it."""
    name, arguments = failure.gradient, checker.arguments(failure.example)
    data = {key: value for key, value in arguments.items() if isinstance(value, np.ndarray)}
    entry: tuple[int, ...] = ()
    if failure.found is not None and failure.expected is not None and failure.found.shape == failure.expected.shape:
        differs = failure.found != failure.expected
        entry = first(differs) if differs.any() else ()
    made = Finding(
        **{key: value for key, value in vars(failure).items() if key != "example"},
        entry=entry,
        shapes={key: value.shape for key, value in data.items()},
        options=failure.example.forward.options,
        data=data,
        mistake=mistake(checker, name) if name and failure.kind in FORMULA else None,
    )
    return replace(made, snippet=snippet(checker.function, checker.signature, arguments, made, failure.example.how))


def mistake(checker: Checker, name: str) -> str | None:
    """Return the name of the mistake in a result: it explains failing examples, and passing ones too."""
    failing, passing = checker.records[name]
    largest = sorted(failing, key=lambda made: -sum(value.size for value in made[0].values.values()))[:FAILING]
    calls, rounding = [*largest, *passing[:PASSING]], "float64" if checker.dtype == "int64" else checker.dtype

    def agrees(made: Call, candidate: np.ndarray, dtype: str = rounding) -> bool:
        found, explained = made[1][name], checker.layout.to_user(name, candidate)
        if explained.shape != found.shape or not np.isfinite(found).all():
            return False
        most = np.abs(explained).max(initial=0)
        return bool(np.abs(found - explained).max(initial=0) <= 64 * np.finfo(dtype).eps * most)

    def in_single_precision(made: Call, fails: bool) -> bool:
        right = made[0].right[name]
        large = np.abs(right).max(initial=0) > EXACT["float32"] or not np.array_equal(right, right.astype("f4"))
        with np.errstate(over="ignore"):
            single = np.array_equal(made[1][name], made[1][name].astype("f4"))
        return agrees(made, right, "float32") and ((large and single) or not fails)

    def explains(compute: Compute) -> bool:
        try:
            return all(agrees(made, np.asarray(compute(made[0]))) for made in calls)
        except (Unfit, ValueError, IndexError, KeyError, CnnSymbolicError):
            return False

    title = next((title for title, compute in checker.forward.mistakes(name) if explains(compute)), None)
    if title is None and all(in_single_precision(made, k < len(largest)) for k, made in enumerate(calls)):
        return "computed in single precision"
    return title
