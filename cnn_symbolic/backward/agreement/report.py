"""What is said of two functions that were compared: as text, and as a value for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.backward.agreement.reading_both import Sameness
from cnn_symbolic.backward.agreement.running import RunOfBoth
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.tensors.sources import Named

# How many entries of an array are shown.
SHOWN = 12


def text_of(found: Sameness) -> str:
    """Return a report on two functions; its first line has the verdict."""
    return "\n".join(lines_of(found))


def lines_of(found: Sameness) -> Iterator[str]:
    """Yield the lines of the report."""
    comparison = found.comparison
    first, second = map(str, comparison.sides)
    if found.outcome == "proved":
        yield f"✓ {first} and {second} return the same: {comparison.evidence} ({found.seconds:.1f} s)"
    elif found.outcome == "refuted":
        yield f"✗ {first} and {second} do not return the same ({found.seconds:.1f} s)"
    else:
        yield f"○ {first} and {second}: not proved to return the same ({found.seconds:.1f} s)"
    yield f"  {comparison.arguments}"
    if found.outcome == "proved":
        yield from (f"  where {written(each)}" for each in comparison.domain if each != sp.true)
        yield from (f"  with {name} = {text}" for name, text in named_results(found).items())
    if (wrong := comparison.wrong) is not None:
        yield f"  {wrong.difference or wrong.what + ' differs'}, first at {sizes_text(wrong.at)}"
        holds = wrong.verdict.holds_when if isinstance(wrong.verdict, Refutation) else None
        path = " and ".join(map(written, wrong.path.conditions))
        if path:
            yield f"  on the path where {path}"
        if holds is not None:
            there = " there" if path else ""
            yield f"  the same{there} {'at no sizes' if holds == sp.false else f'exactly where {written(holds)}'}"
    if comparison.reason:
        yield f"  not proved: {comparison.reason}{f' (line {comparison.line})' if comparison.line else ''}"
    for side in comparison.sides:
        yield f"  {side}: line {side.line}"
    if found.shown is not None:
        yield from run_lines(found.shown)
    others = [run for run in found.runs if run is not found.shown]
    if others:
        differ = sum(bool(run.difference) for run in others)
        what = f"{differ} of them differ" if differ else "no difference"
        yield f"  run at {len(others)} shapes{' more' if found.shown else ''}: {what}"


def run_lines(run: RunOfBoth) -> Iterator[str]:
    """Yield what both functions were given, and in what they differ."""
    yield f"  run at {sizes_text(run.sizes)}: {run.difference or 'no difference'}"
    yield from (f"    {name} = {shown(value)}" for name, value in run.arguments.items())


def shown(value: Any) -> str:
    """Return an argument as it is written, a large array as its shape."""
    if isinstance(value, np.ndarray):
        if value.size > SHOWN:
            return f"an array of the shape {value.shape}"
        return str(value.astype(int).tolist() if (value == value.astype(int)).all() else value.tolist())
    return repr(value)


def sizes_text(sizes: Mapping[str, int]) -> str:
    """Return sizes as people say them."""
    return ", ".join(f"{name} = {n}" for name, n in sizes.items()) or "all sizes"


def named_results(found: Sameness) -> dict[str, str]:
    """Return the results that the conditions of a proof are about, by name."""
    named: dict[str, str] = {}
    told = " ".join(written(each) for each in found.comparison.domain)
    for path in found.comparison.read:
        for name, tensor in path.world.tensors.items():
            if isinstance(tensor.source, Named) and name in told.replace(",", " ").split():
                named[name] = str(tensor.source.definition)
    return named


def value_of(found: Sameness) -> dict[str, Any]:
    """Return the report as a value for JSON."""
    comparison, wrong = found.comparison, found.comparison.wrong
    return {
        "functions": [{"function": str(side), "line": side.line} for side in comparison.sides],
        "arguments": str(comparison.arguments),
        "outcome": found.outcome,
        "evidence": found.evidence,
        "domain": [written(each) for each in comparison.domain],
        "reason": comparison.reason,
        "line": comparison.line,
        "counterexample": None if wrong is None else wrong_value(wrong),
        "runs": [run_value(run) for run in found.runs],
        "seconds": round(found.seconds, 3),
    }


def wrong_value(wrong: Any) -> dict[str, Any]:
    """Return where two functions differ as a value for JSON."""
    verdict = wrong.verdict if isinstance(wrong.verdict, Refutation) else None
    holds = None if verdict is None or verdict.holds_when is None else written(verdict.holds_when)
    return {
        "what": wrong.difference or wrong.what,
        "sizes": dict(wrong.at),
        "index": list(verdict.index) if verdict is not None else [],
        "holds_when": holds,
        "conditions": [written(each) for each in wrong.path.conditions],
        "line": wrong.line,
    }


def run_value(run: RunOfBoth) -> dict[str, Any]:
    """Return a run as a value for JSON."""
    return {"sizes": dict(run.sizes), "difference": run.difference}
