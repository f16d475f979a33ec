"""What was read of a backward pass, proved equal to the gradients of its layer, on every path.

A path of the code that computes is a claim for each result, under the conditions of the path: what could go wrong on
the way does not happen, the shape is that of the gradient, and so is every entry. A path on which the code refuses on
purpose narrows the domain; one on which it fails otherwise, at any sizes, is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array
from cnn_symbolic.code.calling import PassCall, argument, known_numpy, results_of, sp_name, world_of
from cnn_symbolic.code.language.statements import Statements
from cnn_symbolic.code.reading import File, Path, paths
from cnn_symbolic.code.sampling import found_where
from cnn_symbolic.code.state.cells import cell
from cnn_symbolic.code.state.paths import NotUnderstood
from cnn_symbolic.code.state.selections import LOWEST
from cnn_symbolic.code.state.values import Scope
from cnn_symbolic.code.state.world import UNKNOWN, World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import substitute, symbols_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.expressions.values import as_condition, number
from cnn_symbolic.ground.errors import CnnSymbolicError, VacuousClaimError
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.verdicts import Refutation, amended
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.layers.definitions import LayerDefinition
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.operations.basic import zeros
from cnn_symbolic.tensors.shapes import shape
from cnn_symbolic.tensors.sources import Leaf
from cnn_symbolic.tensors.tensor import Tensor

# How many orders of the entries of x are tried, where maxima are selected.
ORDERS = 8


@dataclass(frozen=True)
class PathClaim:
    """One result on one path: the tensor that was read, None where no shape was known, and the verdict.

    `what` says what is claimed: the entries, the shape, or something that must not happen, at a line of the code.
    """

    path: Path
    what: str
    verdict: Verdict
    formula: Tensor | None = None
    line: int = 0


@dataclass(frozen=True)
class DecidedResult:
    """What is proved of one result, such as dx: "proved", "refuted" or "open", in how many seconds, and why.

    `claims` are those of all paths, `wrong` is the refuted one at the smallest sizes, `reason` says why it is open.
    """

    name: str
    outcome: str
    claims: tuple[PathClaim, ...]
    seconds: float
    reason: str = ""
    line: int = 0

    @property
    def wrong(self) -> PathClaim | None:
        """The refuted claim at the smallest sizes."""
        found = [claim for claim in self.claims if isinstance(claim.verdict, Refutation)]
        return min(found, key=total_size, default=None)

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        if self.outcome == "proved":
            return max(
                (c.verdict.evidence for c in self.claims if c.formula is not None), key=len, default="all shapes"
            )
        return "refuted" if self.outcome == "refuted" else "not proved"

    @property
    def said(self) -> str:
        """What was found, as half a sentence."""
        if self.wrong is not None and isinstance(self.wrong.verdict, Refutation):
            return f"refuted at {', '.join(f'{name} = {n}' for name, n in self.wrong.verdict.sizes.items())}"
        where = f"line {self.line}: " if self.line else ""
        return f"proved for {self.evidence}" if self.outcome == "proved" else f"{self.outcome}: {where}{self.reason}"


@dataclass(frozen=True)
class Failing:
    """A path on which the code ends with an exception that is not meant, at these smallest sizes."""

    path: Path
    what: str
    line: int
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Proof:
    """What was proved of a function: its results, where it refuses on purpose, and where it fails."""

    file: File
    function: str
    definition: LayerDefinition
    results: tuple[DecidedResult, ...]
    read: tuple[Path, ...]
    refuses: tuple[Any, ...]
    failing: tuple[Failing, ...]
    seconds: float

    @property
    def outcome(self) -> str:
        """Whether all results are proved, or any is refuted, or neither."""
        outcomes = {result.outcome for result in self.results}
        if self.failing or "refuted" in outcomes:
            return "refuted"
        return "proved" if outcomes == {"proved"} else "open"

    def __repr__(self) -> str:
        """Return what was found of each result; the formulas and paths would fill pages."""
        found = ", ".join(f"{each.name} {each.said}" for each in self.results)
        return f"<Proof of {self.function}: {found or self.outcome}>"


def total_size(claim: PathClaim) -> int:
    """Return the sum of the sizes at which a claim is wrong."""
    return sum(claim.verdict.sizes.values()) if isinstance(claim.verdict, Refutation) else 0


def prove(
    file: File,
    function: str,
    definition: LayerDefinition,
    call: PassCall,
    program: str = "",
    assuming: Sequence[Any] = (),
) -> Proof:
    """Return what is proved of a function of a file as a backward pass of a layer, where conditions on sizes hold.

    `program` is the text of a function that calls what is in the file; then `function` is its name.
    """
    *_, last = proofs(file, function, definition, call, program, assuming)
    return last


def proofs(
    file: File,
    function: str,
    definition: LayerDefinition,
    call: PassCall,
    program: str = "",
    assuming: Sequence[Any] = (),
) -> Iterator[Proof]:
    """Yield what is proved, one more result each time, the quick ones first; those that follow are open."""
    start = time.perf_counter()
    found = read_function(file, function, definition, call, program, assuming)
    names = [name for name in call.outputs if name in definition.gradients]
    if not names:
        raise CnnSymbolicError(f"{function} returns no gradient of {definition.layer}")
    yield from decided_paths(file, function, definition, names, found, lambda path: definition.gradients, start)


def decided_paths(
    file: File,
    function: str,
    definition: LayerDefinition,
    names: Sequence[str],
    found: Sequence[Path],
    gradients: Callable[[Path], Mapping[str, Tensor]],
    start: float,
) -> Iterator[Proof]:
    """Yield what is proved of the results of paths, each of which has right gradients of its own, as in `proofs`."""
    read = time.perf_counter() - start
    existing = [path for path in found if (path.refused or path.raised) is None or exists(path)]
    failing = []
    for k, path in enumerate(existing):
        if path.raised is not None and not path.raised.meant:
            what, line = path.raised.what, path.raised.line
            if sizes := smallest_of(path):
                failing.append(Failing(path, what, line, sizes))
            else:
                unknown = NotUnderstood(line, f"it is not known whether it ends at any sizes with {what}")
                existing[k] = replace(path, refused=unknown)
    refuses = tuple(
        rules.all_of(*path.conditions) for path in existing if path.raised is not None and path.raised.meant
    )
    results = {name: DecidedResult(name, "open", (), 0.0, "there was no time to decide it") for name in names}
    for name in reversed(names):
        results[name] = decided(name, existing, gradients, read / len(names))
        each, seconds = tuple(results.values()), time.perf_counter() - start
        yield Proof(file, function, definition, each, tuple(existing), refuses, tuple(failing), seconds)


def read_function(
    file: File,
    function: str,
    definition: LayerDefinition,
    call: PassCall,
    program: str = "",
    assuming: Sequence[Any] = (),
) -> list[Path]:
    """Return all paths of a function of a file, or of a program, that is called as a backward pass of a layer."""
    world = world_of(definition, call, tuple(map(as_condition, assuming)))
    return paths(file, running(function, definition, call, program), world)


def running(
    function: str, definition: LayerDefinition, call: PassCall, program: str = ""
) -> Callable[[Statements, Scope], dict[str, Any]]:
    """Return what calls a function, or a program, with the arguments of a backward pass, and returns its results."""

    def run(reader: Statements, scope: Scope) -> dict[str, Any]:
        home = scope
        if program:
            home = File(program, "the program").scope(reader)
            home.outer = scope
            home.names.setdefault("np", scope.names.get("np", known_numpy))
        arguments = [argument(reader.world, definition, call, name) for name in call.inputs]
        named = {word: argument(reader.world, definition, call, name) for word, name in call.named}
        called: Any = home
        reader.world.line = 0
        for k, part in enumerate(function.split(".")):
            called = reader.value(sp_name(part), home) if k == 0 else reader.attribute(called, part)
        returned = reader.called(called, arguments, named)
        return results_of(reader.world, returned, call)

    return run


def exists(path: Path) -> bool:
    """Tell whether there are sizes at which a path is taken, as far as is known."""
    try:
        decide(state(zeros(), zeros(), assuming=(*path.world.domain, *path.conditions)))
    except VacuousClaimError:
        return False
    except CnnSymbolicError:
        return True
    return True


def smallest_of(path: Path) -> Mapping[str, int]:
    """Return the smallest sizes at which a path is taken, or small ones; none if they are not found."""
    conditions = (*path.world.domain, *path.conditions)
    with suppress(CnnSymbolicError):
        verdict = decide(state(zeros(), zeros(), assuming=conditions))
        if isinstance(verdict, Theorem):
            return verdict.smallest
    return found_where(conditions) or {}


def decided(
    name: str, found: Sequence[Path], gradients: Callable[[Path], Mapping[str, Tensor]], reading: float
) -> DecidedResult:
    """Return what is proved of one result on all paths."""
    start = time.perf_counter()
    claims: list[PathClaim] = []
    reason, line = "", 0
    for path in found:
        if path.refused is not None:
            reason, line = path.refused.reason, path.refused.line
        elif path.raised is None:
            if name not in path.result:
                reason = f"{name} is not among the results"
                continue
            try:
                claims += claims_of(name, path, gradients(path)[name])
            except VacuousClaimError:
                continue
            except (CnnSymbolicError, RecursionError) as stopped:
                reason = str(stopped)
    refuted = any(isinstance(claim.verdict, Refutation) for claim in claims)
    open_claims = [claim for claim in claims if not isinstance(claim.verdict, Theorem | Refutation)]
    if open_claims and not reason:
        first = open_claims[0]
        reason, line = f"{first.what}: {detail_of(first.verdict)}", first.line
    if not claims and not reason:
        reason = "no path of the code computes it"
    outcome = "refuted" if refuted else "open" if reason else "proved"
    return DecidedResult(name, outcome, tuple(claims), time.perf_counter() - start + reading, reason, line)


def detail_of(verdict: Verdict) -> str:
    """Return why a statement is not decided."""
    return getattr(verdict, "detail", "") or verdict.evidence


def claims_of(name: str, path: Path, gradient: Tensor) -> list[PathClaim]:
    """Return the claims about one result on one path; what depends on one that is refuted is left out."""
    world, assuming = path.world, (*path.world.domain, *path.conditions)
    claims = list(obliged(path))
    if any(isinstance(claim.verdict, Refutation) for claim in claims):
        return claims
    array, (index, value) = path.result[name]
    if array.rank != gradient.rank:
        raise CnnSymbolicError(f"{name} has {array.rank} axes, where the gradient has {gradient.rank}")
    pairs = zip(gradient.lengths, array.lengths, strict=True)
    if any(sp.expand(a - b) != 0 for a, b in pairs):
        verdict = decide(state(shape(gradient), tuple(map(number, array.lengths)), assuming=assuming))
        claims.append(PathClaim(path, f"the shape of {name}", verdict, None))
        if not isinstance(verdict, Theorem):
            return claims
    if value.has(LOWEST) or value.has(sp.oo):
        raise CnnSymbolicError(f"{name} has −∞ in it")
    formula = entries_at(array, index, value, gradient, world)
    verdict = decide(state(gradient, formula, assuming=assuming))
    if isinstance(verdict, Refutation) and any(str(s).startswith(UNKNOWN) for s in symbols_of(value)):
        raise CnnSymbolicError("it depends on numbers that are not read, such as random ones or roots of sizes")
    if isinstance(verdict, Refutation) and world.windows is not None:
        verdict = of_maxima(gradient, formula, verdict, world, assuming)
    claims.append(PathClaim(path, name, verdict, formula))
    return claims


def of_maxima(
    gradient: Tensor, formula: Tensor, verdict: Refutation, world: World, assuming: Sequence[Any]
) -> Refutation:
    """Return a refutation for selections that are those of maxima, where one for arbitrary selections is known.

    It is looked for where windows have more than one cell, too: there is no choice in others. Where the results are
    equal for arbitrary selections is not where they are equal for those of maxima: nothing is said of that.
    """
    windows = () if world.windows is None else world.windows.overlay
    larger = [rules.compare(">", n, sp.S.One) for n in windows]
    for conditions in ((), larger):
        with suppress(VacuousClaimError):
            found = decide(state(gradient, formula, assuming=(*assuming, *conditions))) if conditions else verdict
            if isinstance(found, Refutation) and differs(gradient, formula, found, world):
                least = found.least and not conditions
                return amended(found, least=least, holds_when=None, holds_if=None, given={}, necessary_at={})
    raise CnnSymbolicError("it differs for arbitrary selections, but not where maxima are selected")


@lru_cache(maxsize=64)
def obliged(path: Path) -> tuple[PathClaim, ...]:
    """Return the claims that nothing goes wrong on a path, up to the first that is refuted."""
    claims: list[PathClaim] = []
    for each in path.obligations:
        claims.append(PathClaim(path, each.what, decide(path.world.statement(each.never)), None, each.line))
        if isinstance(claims[-1].verdict, Refutation):
            if not each.is_failure:
                raise NotUnderstood(each.line, f"{each.what}, at some sizes or passes")
            break
    return tuple(claims)


def differs(gradient: Tensor, formula: Tensor, verdict: Refutation, world: World) -> bool:
    """Tell whether two formulas differ for a selection that is one of maxima, at the sizes of a counterexample."""
    if world.windows is None:
        return True
    known = {s: verdict.sizes[s.name] for s in verdict.statement.sizes}
    shapes = {
        name: [evaluate_size(n, known) for n in each.lengths]
        for name, each in world.tensors.items()
        if isinstance(each.source, Leaf)
    }
    for seed in range(ORDERS):
        rng = np.random.default_rng(seed)
        values = {name: rng.integers(1, 9, size) for name, size in shapes.items()}
        values["x"] = rng.permutation(int(np.prod(shapes["x"]))).reshape(shapes["x"]) + 1
        values["s"] = world.windows.maxima(values["x"], shapes["s"], lambda e: evaluate_size(e, known))
        one, other = (each.evaluate(values, sizes=known) for each in (gradient, formula))
        if not np.array_equal(one, other):
            return True
    return False


def entries_at(array: Array, index: Sequence[sp.Symbol], value: Any, gradient: Tensor, world: World) -> Tensor:
    """Return an array that was read as a tensor of the shape of the gradient, which it is proved to have."""
    own = tuple(sp.Dummy("ijklpq"[k % 6], integer=True) for k in range(array.rank))
    at = [i for k, dim in zip(own, array.dims, strict=True) for i in cell(k, dim)]
    formula = substitute(value, dict(zip(index, at, strict=True)))
    return entries_of(formula, own, tuple(map(number, gradient.lengths)), tuple(world.tensors.values()))


def condition_text(conditions: Sequence[Any]) -> str:
    """Return conditions as people read them."""
    return " and ".join(written(each) for each in conditions)


def sizes_in(e: Any) -> set[sp.Symbol]:
    """Return the sizes that an expression is made from."""
    return {s for s in symbols_of(e) if is_plain_size(s)}
