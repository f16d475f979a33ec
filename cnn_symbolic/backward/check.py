"""Is a backward pass written by hand right? Exact comparison at many small shapes, and the mistake by name.

    check_backward(backward, of=conv2d(stride=2, padding=1))

Shapes are drawn; `explaining` looks for the smallest that fails, the simplest data at it, and the mistake
that explains everything that the function returned. Shapes that it refuses are not its `domain`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import ceil
from numbers import Real
from random import Random
from typing import Any, TypeVar

import numpy as np

from cnn_symbolic.backward.calls.answers import Misbehaviour, returning
from cnn_symbolic.backward.domain import ANYTHING, Key, refuses, sharpen_refusals, shown, wrong_where
from cnn_symbolic.backward.examining import Checker, first
from cnn_symbolic.backward.explaining import mistake, otherwise, simplest, smallest
from cnn_symbolic.backward.findings import (
    FORMULA,
    KINDS,
    STOPPING,
    BackwardError,
    BackwardReport,
    Failure,
    Finding,
)
from cnn_symbolic.backward.one_hot import decide_pairs
from cnn_symbolic.backward.opening import CodeHere, Setting, UserCode, with_unchecked
from cnn_symbolic.backward.programs import HINT
from cnn_symbolic.backward.reading import against_forward, proof_of
from cnn_symbolic.backward.snippets import snippet
from cnn_symbolic.backward.strategies import EXACT, Problem, drawn, larger, typical
from cnn_symbolic.ground.errors import ModeError, OperandError, TimeLimitError
from cnn_symbolic.ground.limits import MOST_EXAMPLES, MOST_SEED, check_count, check_seconds
from cnn_symbolic.layers.forward import Forward

__unittest = True  # unittest leaves the frames of this module out of a traceback

T = TypeVar("T")
# How many findings are reported; how many shapes are drawn for each that is to be examined, and at how many at least a
# function computes that does not refuse nearly everything.
REPORTED, MANY, FEWEST = 4, 20, 5


def check_backward(
    function: Callable[..., Any] | Sequence[Callable[..., Any]] | UserCode,
    *,
    of: Forward | Callable[..., Any] | str,
    signature: str | None = None,
    parameters: Mapping[str, str] | None = None,
    gradients: Mapping[str, str] | None = None,
    layout: str | None = None,
    filters: str | None = None,
    flipped: bool = False,
    dtype: str = "float64",
    arguments: str | None = None,
    shapes: Mapping[str, Sequence[int]] | Sequence[Mapping[str, Sequence[int]]] | None = None,
    assuming: Sequence[str] = (),
    total: bool = False,
    examples: int = 60,
    error: float = 2.0**-64,
    one_hot: bool = False,
    timeout: float = 10.0,
    seed: int = 0,
    prove: bool | None = None,
) -> BackwardReport:
    """Return whether a function is the backward pass of a layer, and if not, what is wrong with it.

    `of` is the layer, `conv2d(stride=2)` or its text, or a forward pass, as a function or "mine.py:forward". Of that
    `arguments` are the arrays with their sizes and the options, "x (N, D), gamma (D)", with which it is read, and the
    backward pass proved of it; without, its text may say them. Or it is run, at the `shapes` of all of its arrays, in
    each of which it is linear then. `signature` names the arguments and the
    results of the function, "dy, x, w -> dx, dw, db"; without it the names of its parameters and what it returns tell,
    db may be missing.
    A pair (forward, backward), a class with both, and a function whose cache comes from a forward pass beside it are
    called together; `parameters` and `gradients` say where a layer has them, {"w": "self.W"}, if its names do not.
    `layout` and `filters` name the axes of its arrays, as "NHWC" and "HWIO"; with `flipped` the forward pass convolves.
    `shapes` of x and w, in that layout, one set or several, are checked in place of `examples` random ones, which
    satisfy the conditions `assuming`, such as "I == J"; the same `seed` draws the same shapes and numbers. At each, a
    wrong polynomial of degree ≤ 2 passes with a probability of `error` at most; `one_hot` decides small shapes by all
    one-hot inputs. A call that takes longer than `timeout` seconds is a hang. Shapes that the function refuses are not
    its domain; if it is to be `total`, to refuse is wrong. The source text of the function is read, too, and its
    results are proved for all shapes where that can be done within some seconds, unless `prove` is False. Raises
    OperandError if it refuses everything.

    >>> from cnn_symbolic.backward import avg_pool1d, check_backward
    >>> report = check_backward(lambda dy, x: dy.repeat(2, axis=2) / 2, of=avg_pool1d(2), examples=10)
    >>> report.outcome, report.gradient, report.wrong_where
    ('wrong', 'dx', 'M is odd')
    >>> report.mistake
    'the remainder of the stride is forgotten'
    """
    start = time.perf_counter()
    code = function if isinstance(function, UserCode) else CodeHere(function)
    is_own = (isinstance(of, str) and ":" in of) or (callable(of) and not isinstance(of, type | Forward))
    if arguments is not None and not is_own:
        raise OperandError("arguments are those of a forward pass of one's own: of is such a one, as mine.py:forward")
    if is_own and prove is not False and (arguments is not None or shapes is None):
        found = against_forward(code, of, arguments, signature, assuming, timeout)
        if found is not None:
            return found
    forward = code.layer(of, timeout)
    if dtype not in EXACT:
        raise ModeError(f"dtype is one of {', '.join(EXACT)}, found {dtype!r}")
    if not isinstance(error, Real) or not 0 < error < 1:
        raise OperandError(f"expected an error between 0 and 1, found {error!r}")
    check_count(examples, "examples", MOST_EXAMPLES)
    check_count(seed, "seed", MOST_SEED, least=0)
    check_seconds(timeout)
    if forward.rank < 0 and (one_hot or assuming):
        raise OperandError(f"one-hot inputs and assumptions are for the layers that are known, not {forward}")
    asked = forward, signature, parameters, gradients, layout, filters, flipped, dtype, shapes, tuple(assuming), timeout
    setting = Setting(*asked)
    arrays, given, admits = setting.arrays, setting.given, setting.admits
    _ = setting.conditions  # which say what is wrong with them
    callee, forward, called = code.opened(setting)
    if signature is None:
        called = with_unchecked(called, forward)
    checker = Checker(callee, forward, called, arrays, dtype, error, seed, total, given=shapes is not None)
    try:
        decided = observe(checker, given, admits, examples, one_hot)
    except TimeLimitError as late:
        if not checker.failures:
            n = len(checker.examined)
            raise TimeLimitError(f"{late}; nothing wrong was found at {n} shape{'s' if n != 1 else ''}") from None
        decided = None
    proof = proof_of(checker, code, tuple(assuming), prove)
    report = reported(checker, admits, decided, start)
    return replace(report, assuming=tuple(assuming), proof=proof, seconds=time.perf_counter() - start)


def prove_backward(function: Callable[..., Any] | Sequence[Callable[..., Any]], **options: Any) -> BackwardReport:
    """Return what is proved of a backward pass by reading it, and found by calling it; see check_backward.

    `proof` of the report has every result with its outcome, and `proved` says whether all of them are.

    >>> from pathlib import Path
    >>> from runpy import run_path
    >>> from cnn_symbolic.backward import linear, prove_backward
    >>> _ = Path("written.py").write_text("def backward(dy, x, w): return dy @ w, dy.T @ x, dy.sum(axis=0)")
    >>> report = prove_backward(run_path("written.py")["backward"], of=linear(), examples=5)
    >>> report.proved, [(result.name, result.outcome) for result in report.proof.results]
    (True, [('dx', 'proved'), ('dw', 'proved'), ('db', 'proved')])
    """
    return check_backward(function, **options, prove=True)


def assert_backward(function: Callable[..., Any], *, proved: bool = False, **options: Any) -> BackwardReport:
    """Raise BackwardError, with the report, if a function is not the backward pass of a layer; see check_backward.

    With `proved` it is raised, too, if a result is not proved for all shapes; without, nothing is read.

    >>> from cnn_symbolic.backward import assert_backward
    >>> wrong = lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum(axis=1))
    >>> assert_backward(wrong, of="linear()", examples=5)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    cnn_symbolic.backward.findings.BackwardError: ✗ <lambda> is not the backward pass of linear()
    ...
    """
    __tracebackhide__ = True
    report = check_backward(function, **{"prove": proved, **options})
    if report.outcome == "wrong" or (proved and not report.proved):
        raise BackwardError(str(report)) from None
    return report


def adapt(checker: Checker, problems: Iterable[Problem]) -> None:
    """Leave results that a function does not have out of its signature; raise OperandError if the others do not fit.

    It is called at the first of the problems that it does not refuse.
    """
    for problem in problems:
        example = checker.example(problem, checker.values(problem, 0))
        try:
            answer = checker.answer(example)
        except Misbehaviour as found:
            if found.kind == "refusal":
                continue
            if found.kind in STOPPING:
                checker.failures.append(Failure(found.kind, found.gradient, found.detail, example))
                checker.examined[problem] = False
            return
        checker.last[problem] = example.values
        sizes = {name: checker.layout.to_user(name, array).shape for name, array in example.right.items()}
        checker.signature = returning(checker.signature, answer, sizes, checker.callee.about.title)
        return


# Searching


def observe(
    checker: Checker, given: Sequence[Problem], admits: Callable[[Problem], bool], examples: int, one_hot: bool
) -> str | None:
    """Call the function at the shapes that are given, or at many, and return what one-hot inputs decide, if asked."""
    if checker.signature.assumed:
        adapt(checker, given or filter(admits, some(checker, examples)))
    if not checker.given:
        search(checker, admits, examples)
    checker.thorough = checker.given
    for problem in given:
        if not checker.stopped:
            checker.examine(problem, probe=True, small_first=False)
    check_domain(checker)
    exact = not checker.failures and checker.worst is None
    return decide_pairs(checker, limited=not checker.given) if one_hot and exact else None


def search(checker: Checker, admits: Callable[[Problem], bool], examples: int) -> None:
    """Examine as many problems as asked for, every fourth with other layouts in memory, and what they leave out.

    That is a larger one, every combination of the options, and where it refuses, shapes that tell why. Of those that it
    refuses, or that are not assumed, there are others in their place; a function that refuses some has twice as many.
    """
    forward, ones = checker.forward, checker.layout.ones

    def run(problem: Problem, probe: bool) -> None:
        fresh = problem not in checker.examined and problem not in checker.refused
        if fresh and not checker.stopped and admits(problem):
            checker.examine(problem, probe)

    for problem in some(checker, examples):
        called = len(checker.examined) + (len(checker.refused) if checker.failures else 0)
        if called >= (2 * examples if checker.refused else examples):
            break
        run(problem, probe=len(checker.examined) % 4 == 0)
    further = (typical(each, ones) for each in untried(checker))
    for problem in (larger(forward, ones), *islice(further, examples)):
        run(problem, probe=False)
    if checker.refused and checker.examined and not checker.failures:
        sharpen_refusals(checker, admits)


def some(checker: Checker, examples: int) -> Iterator[Problem]:
    """Yield a problem of middle size, and many that are drawn."""
    random = Random(checker.seed)
    yield typical(next(checker.forward.varied()), checker.layout.ones)
    for _ in range(MANY * examples):
        yield drawn(checker.forward, checker.layout.ones, random)


def check_domain(checker: Checker) -> None:
    """Raise OperandError unless the function computes at some shapes, or is wrong."""
    few = len(checker.examined) < FEWEST and len(checker.refused) >= MANY * len(checker.examined)
    if checker.failures or not few:
        return
    called = len(checker.refused) + len(checker.examined)
    tried = f"{checker.callee.about.title} refuses {len(checker.refused)} of {called} shapes tried"
    if checker.refused:
        failure = next(iter(checker.refused.values()))
        hint = "" if checker.given else HINT
        raise OperandError(f"{tried}, {shown(checker, failure)}: {failure.detail}{hint}")
    if not checker.examined:  # nothing was called
        raise OperandError("none of the shapes tried satisfies what is assumed: --shape names shapes")


def untried(checker: Checker) -> list[Forward]:
    """Return the combinations of the options with which the function was not called."""
    tried = [*checker.examined, *checker.refused]
    return [
        each
        for each in checker.forward.varied()
        if not any(each.at(dict(problem.inputs)) == problem.forward for problem in tried)
    ]


# Reporting


def reported(checker: Checker, admits: Callable[[Problem], bool], decided: str | None, start: float) -> BackwardReport:
    """Return the report on everything that a checker found."""
    judged = checker.signature.judged
    order = {name: k for k, name in enumerate((None, *judged))}
    by_key: dict[tuple[str, str | None], Failure] = {}
    for failure in sorted(checker.failures, key=lambda f: (KINDS.index(f.kind), order[f.gradient])):
        by_key.setdefault(failure.key, failure)
    if any(kind == "state" for kind, _ in by_key):  # what is wrong then is so because of an earlier call
        by_key = {key: failure for key, failure in by_key.items() if key[0] != "formula"}

    stopped = any(kind in STOPPING for kind, _ in by_key)
    conditions: dict[Key, str] = {}
    if by_key and not (checker.given or stopped or checker.forward.rank < 0):
        conditions = in_time(lambda: wrong_where(checker, admits), conditions)

    def shown_best(failure: Failure) -> Finding:
        best = in_time(lambda: simplest(checker, smallest(checker, failure, admits)), failure)
        return finding(checker, best, conditions.get(failure.key, ""))

    first = list(by_key.values())[:REPORTED]
    # What ends a process is looked for last: a process is begun again a few times only.
    findings = tuple(map(shown_best, reversed(first)))[::-1]
    wrong = {failure.gradient for failure in checker.failures}
    whole = any(kind in (*STOPPING, "exception", "outputs", "state") for kind, _ in by_key)
    exact = checker.worst is None and checker.bound < 0
    formula = any(failure.kind in (*FORMULA, "exception") for failure in by_key.values())
    return BackwardReport(
        **{**vars(findings[0] if findings else Finding()), "wrong_where": conditions.get(ANYTHING, "")},
        outcome="wrong" if findings else "right" if exact else "tested",
        evidence=evidence(checker, bool(findings), decided),
        findings=findings,
        also_right={name: name not in wrong and name in checker.records and not whole for name in judged},
        function=checker.callee.about.name,
        forward=checker.forward,
        signature=f"{checker.signature} ({checker.signature.origin})",
        layout=str(checker.layout),
        values=tuple(kind for kind in checker.numbers if kind in checker.tried),
        examples=len(checker.examined),
        seconds=time.perf_counter() - start,
        where=checker.callee.where,
        seed=checker.seed,
        refuses="" if findings else refuses(checker),
        otherwise=in_time(lambda: otherwise(checker), "") if formula else "",
    )


def in_time(compute: Callable[[], T], otherwise: T) -> T:
    """Return what is computed, or something else at the end of the time for everything."""
    try:
        return compute()
    except TimeLimitError:
        return otherwise


def evidence(checker: Checker, wrong: bool, decided: str | None) -> str:
    """Return what a verdict rests on."""
    n = len(checker.examined)
    places = f"{n} shape{'s' if n != 1 else ''}"
    if wrong:
        refused = f"; it refuses {len(checker.refused)} others" if checker.refused else ""
        return f"wrong at {sum(not passed for passed in checker.examined.values())} of {places}{refused}"
    if left := untried(checker):
        places += f", {len(left)} combinations of options untried,"
    places += f" up to {largest_shapes(checker)}"
    if checker.worst is not None:
        return f"tested to a tolerance at {places}; {checker.worst[1]}"
    if checker.bound >= 0:
        return f"tested at {places}: sums are too long for a bound in {checker.dtype}"
    orders = "".join(f", for the orders of {name} that were tried" for name in checker.forward.fixed)
    identity = (
        f"random identity at {places}{orders}: a mistake is missed with a chance ≤ 2^{ceil(checker.bound)} at each"
    )
    return f"{decided}; {identity}" if decided else identity


def largest_shapes(checker: Checker) -> str:
    """Return the largest size of every axis of x, and of w, among the shapes examined (canonical layout)."""
    inputs = [dict(problem.inputs) for problem in checker.examined]
    each = {name: zip(*(shapes[name] for shapes in inputs), strict=True) for name in inputs[0]}
    return ", ".join(f"{name} {'×'.join(str(max(sizes)) for sizes in axes)}" for name, axes in each.items())


def finding(checker: Checker, failure: Failure, wrong_where: str) -> Finding:
    """Return a failure as it is reported, with the mistake's name and the program that shows it."""
    name, arguments = failure.gradient, checker.arguments(failure.example)
    data = {key: value for key, value in arguments.items() if isinstance(value, np.ndarray)}
    entry: tuple[int, ...] = ()
    if failure.found is not None and failure.expected is not None and failure.found.shape == failure.expected.shape:
        differs = failure.found != failure.expected
        entry = first(differs) if differs.any() else ()
    made = Finding(
        **{key: value for key, value in vars(failure).items() if key not in ("example", "detail")},
        detail=of_dtypes(checker) if failure.kind == "dtype" and failure.found is not None else failure.detail,
        entry=entry,
        shapes={key: value.shape for key, value in data.items()},
        options=failure.example.forward.options,
        data=data,
        wrong_where=wrong_where,
        mistake=in_time(lambda: mistake(checker, name, failure), None) if name and failure.kind in FORMULA else None,
    )
    return replace(made, snippet=snippet(checker.callee.about, checker.signature, arguments, made, failure.example.how))


def of_dtypes(checker: Checker) -> str:
    """Return which results have which wrong dtype."""
    named: dict[str, list[str]] = {}
    for failure in checker.failures:
        if failure.kind == "dtype" and failure.found is not None:
            names = named.setdefault(failure.detail, [])
            names += [str(failure.gradient)] if failure.gradient not in names else []
    each = (f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} {what}" for what, names in named.items())
    return "; ".join(each)
