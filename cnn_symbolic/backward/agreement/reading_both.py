"""Whether two functions return the same: read and decided for all sizes, and run at small ones, always.

What was read is compared with what runs: a difference between them is an error of the tool, and no verdict.
"""

from __future__ import annotations

import ast
import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.backward.agreement.running import RunOfBoth, apart, arguments_at, elsewhere, here, run
from cnn_symbolic.backward.calling import load_function
from cnn_symbolic.backward.calls.callees import Callee
from cnn_symbolic.backward.calls.elsewhere import Elsewhere
from cnn_symbolic.backward.proofs.as_written import NotAsWritten, check_file
from cnn_symbolic.backward.proofs.in_cells import CELL, code_of, text_in_cells
from cnn_symbolic.code.arguments import ReadArguments
from cnn_symbolic.code.given import arguments_of, node_of
from cnn_symbolic.code.reading import File
from cnn_symbolic.code.reading import Path as CodePath
from cnn_symbolic.code.same import Correspondence, ReadPath, compare
from cnn_symbolic.code.sampling import drawn, hold
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import named_number, symbols_of
from cnn_symbolic.expressions.values import as_condition
from cnn_symbolic.ground.children import CAN_FORK
from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError, OperandError
from cnn_symbolic.ground.files import decoded
from cnn_symbolic.ground.limits import LIMITS
from cnn_symbolic.kernel.search.verdicts import Refutation

# How many shapes are run besides that of a counterexample, and among how many of them these are looked for.
SHAPES, LOOKED_AT = 4, 600
# The largest size of a shape that is run, of more than a few sizes; twice that of few.
LARGEST, FEW = 3, 3
# Seconds for a call, and for all of them together.
CALL, ALL = 10.0, 600.0


@dataclass(frozen=True)
class Sameness(Displayed):
    """What is known of two functions: what was read of them, and how they ran.

    `shown` is the run at the counterexample, or one at which they were found to differ.
    """

    comparison: Correspondence
    runs: tuple[RunOfBoth, ...]
    shown: RunOfBoth | None
    seconds: float

    @property
    def outcome(self) -> str:
        """Whether they are proved to be the same for all sizes, or refuted, or neither."""
        found = self.comparison.outcome
        return "refuted" if found == "open" and self.shown is not None else found

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        if self.comparison.outcome == "open" and self.shown is not None:
            return "refuted by running"
        return self.comparison.evidence


def same(
    f: str | Callable[..., Any],
    g: str | Callable[..., Any],
    arguments: str | ReadArguments | None = None,
    *,
    assuming: Sequence[Any] = (),
    timeout: float = CALL,
    time_limit: float = ALL,
    memory: int = LIMITS.memory or 2**32,
) -> Sameness:
    r"""Return whether two functions, such as "mine.py:fast" and "mine.py:slow", return the same for the same arguments.

    `arguments` are those of both, such as "x (N, C), w (C, K), stride=S". Functions that are named run in processes of
    their own, those of this process here. Raises OperandError for what is no function of a file, or arguments that do
    not fit, and DisagreementError where what was read is not what runs.

    >>> from pathlib import Path
    >>> from cnn_symbolic.backward.agreement import same
    >>> _ = Path("written.py").write_text("def f(x, w): return x @ w\ndef g(x, w): return (w.T @ x.T).T\n")
    >>> found = same("written.py:f", "written.py:g", "x (N, D), w (D, K)")
    >>> found.outcome, found.evidence
    ('proved', 'all shapes')
    """
    start = time.monotonic()
    sources = [source_of(function) for function in (f, g)]
    known = arguments_of(*sources[0], arguments)
    conditions = tuple(condition(each, known) for each in assuming)
    comparison = compare(sources[0], sources[1], known, conditions)
    callees: list[Callee] = []
    try:
        for function in (f, g):
            callees.append(callee_of(function, timeout, memory, start + time_limit))
        runs, shown = tried(comparison, callees, conditions)
    finally:
        for callee in callees:
            if isinstance(callee, Elsewhere):
                callee.close()
    return Sameness(comparison, tuple(runs), shown, time.monotonic() - start)


def condition(given: Any, arguments: ReadArguments) -> Any:
    """Return a condition on the sizes of the arguments, which may be written as text, as a formula."""
    if not isinstance(given, str):
        return as_condition(given)
    from cnn_symbolic.claims.of_sizes import read_with  # the language of claims takes a second to load

    sizes = {name: named_number(symbol) for name, symbol in arguments.sizes.items()}
    return as_condition(read_with(given, sizes, "--assuming"))


def source_of(function: str | Callable[..., Any]) -> tuple[File, str]:
    """Return the file that a function is written in, or the cells of a notebook, and its name there."""
    if isinstance(function, str):
        name, colon, inner = function.rpartition(":")
        if not colon or not name.endswith(".py") or not inner:
            raise OperandError(f"a function to be read is named as mine.py:function, found {function!r}")
        file = Path(name)
    elif code_of(function) is not None:
        try:
            return File(text_in_cells({function.__name__: function}), CELL), function.__name__
        except NotAsWritten as reason:
            raise OperandError(str(reason)) from None
    else:
        try:
            file, inner = Path(inspect.getsourcefile(function) or ""), function.__qualname__
        except (TypeError, AttributeError):
            raise OperandError(f"{function!r} is no function that is written in a file") from None
    try:
        text = decoded(file.read_bytes())
    except (OSError, ValueError) as error:
        raise OperandError(f"{file} cannot be read: {error}") from None
    if not isinstance(function, str) and inner in getattr(function, "__globals__", {}):
        try:
            check_file(str(file), text, {inner: function})
        except NotAsWritten as reason:
            raise OperandError(str(reason)) from None
    return File(text, str(file) if isinstance(function, str) else file.name), inner


def callee_of(function: str | Callable[..., Any], timeout: float, memory: int, end: float) -> Callee:
    """Return a function as it is called: a named one in a child, where the system can fork one."""
    if isinstance(function, str):
        return elsewhere(function, timeout, memory, end) if CAN_FORK else here(load_function(function), timeout)
    return here(function, timeout)


def tried(
    comparison: Correspondence, callees: Sequence[Callee], assuming: Sequence[Any]
) -> tuple[list[RunOfBoth], RunOfBoth | None]:
    """Return how both functions ran at a few shapes, and the run that shows that they differ, if they do."""
    nodes = [node_of(side.file, side.function) for side in comparison.sides]
    wrong = comparison.wrong
    runs: list[RunOfBoth] = []
    shown: RunOfBoth | None = None
    if wrong is not None:
        values = wrong.verdict.values if isinstance(wrong.verdict, Refutation) else {}
        shown = ran(comparison, callees, nodes, wrong.at, values, 0)
        runs.append(shown)
    for number, sizes in enumerate(shapes_for(comparison, assuming), 1):
        one = ran(comparison, callees, nodes, sizes, {}, number)
        runs.append(one)
        if one.difference and not (comparison.outcome == "proved" and one.has_no_number):
            if comparison.outcome == "proved":
                raise DisagreementError(
                    f"{comparison.sides[0]} and {comparison.sides[1]} are read as the same, but do not run the same at "
                    f"{said(sizes)}: {one.difference}"
                )
            shown = shown or one
    return runs, shown


def ran(
    comparison: Correspondence,
    callees: Sequence[Callee],
    nodes: Sequence[ast.FunctionDef],
    sizes: Mapping[str, int],
    values: Mapping[str, np.ndarray],
    seed: int,
) -> RunOfBoth:
    """Return how both functions ran at some sizes; raise DisagreementError where that is not what was read."""
    arguments = arguments_at(comparison.arguments, sizes, values, seed)
    one = RunOfBoth(dict(sizes), arguments, run(callees, nodes, arguments))
    symbols = {symbol: sizes[name] for name, symbol in comparison.arguments.sizes.items()}
    for path in comparison.read:
        if isinstance(path.result, ReadPath) and hold((*path.world.domain, *path.conditions), symbols):
            check(comparison, path, one)
    return one


def check(comparison: Correspondence, path: CodePath, one: RunOfBoth) -> None:
    """Compare what was read on a path with what ran; raise DisagreementError where it differs."""
    ending = {str(side) for side in path.result.refusing} | {str(side) for side, _ in path.result.failing}
    arrays = {name: np.asarray(one.arguments[name]) for name in comparison.arguments.arrays}
    tensors = [result.tensors for result in path.result.results if result.tensors is not None]
    for k, (side, answer) in enumerate(zip(comparison.sides, one.answers, strict=True)):
        if isinstance(answer, str):
            if not (ending or path.obligations or "did not return within" in answer or is_empty(path, one.sizes)):
                raise disagreement(side, one, f"it {answer}, where it was read to return")
            continue
        if str(side) in ending and comparison.sides[0] != comparison.sides[1]:
            if not path.result.results and len(ending) == 1:
                raise disagreement(side, one, "it returns, where it was read to raise")
            continue
        if len(answer) != len(tensors):
            continue
        for pair, found in zip(tensors, answer, strict=True):
            with suppress(CnnSymbolicError, ArithmeticError), np.errstate(all="ignore"):
                used = pair[k].names()
                given = {name: arrays[name] for name in used if name in arrays}
                known = {symbol.name: one.sizes[symbol.name] for symbol in comparison.arguments.sizes.values()}
                expected = pair[k].evaluate(given, sizes=known)
                if text := apart(np.asarray(expected), found):
                    raise disagreement(side, one, f"read and run differ: {text}")


def is_empty(path: CodePath, sizes: Mapping[str, int]) -> bool:
    """Tell whether a result of a path has no entries: NumPy raises here and there what it would not of others."""
    pairs = [result.tensors for result in path.result.results if result.tensors is not None]
    lengths = [rules.compare(">=", n, sp.S.One) for pair in pairs for n in pair[0].lengths]
    symbols = {s: sizes[s.name] for condition in lengths for s in symbols_of(condition)}
    return not hold(lengths, symbols)


def disagreement(side: Any, one: RunOfBoth, what: str) -> DisagreementError:
    """Return the error where what was read is not what runs."""
    return DisagreementError(f"{side} at {said(one.sizes)}: {what}")


def said(sizes: Mapping[str, int]) -> str:
    """Return sizes as people say them."""
    return ", ".join(f"{name} = {n}" for name, n in sizes.items()) or "no sizes"


def shapes_for(comparison: Correspondence, assuming: Sequence[Any]) -> Iterator[dict[str, int]]:
    """Yield a few small shapes at which both functions return, as far as that was read."""
    symbols = list(comparison.arguments.sizes.values())
    conditions = (*comparison.arguments.conditions, *assuming)
    returning = [path for path in comparison.read if isinstance(path.result, ReadPath) and path.result.results]
    left, count = list(returning), 0
    seen: list[dict[str, int]] = []
    for sizes in islice(drawn(symbols, tried=LOOKED_AT), LOOKED_AT):
        small = {s: min(n, LARGEST if len(symbols) > FEW else 2 * LARGEST) for s, n in sizes.items()}
        by_name = {s.name: n for s, n in small.items()}
        if by_name in seen or not hold(conditions, small):
            continue
        seen.append(by_name)
        there = [path for path in returning if hold((*path.world.domain, *path.conditions), small)]
        there = [path for path in there if not is_empty(path, by_name)]
        is_new = any(path in left for path in there)
        if is_new or (count < SHAPES and bool(there) == bool(returning)):
            left = [path for path in left if path not in there]
            count += 1
            yield by_name
