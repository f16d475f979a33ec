"""Two functions of files, proved to return the same at all sizes, on every pair of their paths that happen together.

Both are read in one world: a question about the sizes that one of them asks is settled for both. Where one raises on
purpose nothing is claimed; where one fails otherwise, and the other does not, they are not the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from cnn_symbolic.code.arguments import ReadArguments
from cnn_symbolic.code.arrays.arrays import TRUTH, Array, as_array, describe
from cnn_symbolic.code.given import arguments_of, called, function_named, given, node_of, world_with
from cnn_symbolic.code.language.statements import Statements
from cnn_symbolic.code.proving import detail_of, exists, smallest_of
from cnn_symbolic.code.reading import File, Path, paths
from cnn_symbolic.code.sampling import sizes_of
from cnn_symbolic.code.state.cells import cell
from cnn_symbolic.code.state.paths import Raised
from cnn_symbolic.code.state.selections import LOWEST
from cnn_symbolic.code.state.values import Scope, UserObject
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import substitute, symbols_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.expressions.values import as_condition, number
from cnn_symbolic.ground.errors import CnnSymbolicError, OperandError, VacuousClaimError
from cnn_symbolic.kernel.search.decide import decide, is_proved
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.operations.basic import zeros
from cnn_symbolic.tensors.tensor import Tensor


@dataclass(frozen=True)
class ReadFunction:
    """A function of a file, and the line on which it begins."""

    file: File
    function: str
    line: int

    def __str__(self) -> str:
        """Return the file and the function."""
        return f"{self.file.name}:{self.function}"


@dataclass(frozen=True)
class ReadPair:
    """What a path returns at one place, "" for the only result, as tensors of both sides; None where it is no array."""

    place: str
    tensors: tuple[Tensor, Tensor] | None = None
    difference: str = ""


@dataclass(frozen=True)
class Agreement:
    """What was decided about one result on one path, or about the path as a whole.

    `what` says what is claimed, `difference` why they are not the same where no formulas are compared; then `sizes` are
    the smallest ones at which that is so. `line` is where in the code of `side` that is. What is `presumed` has to hold
    for one of the functions to do what was read: where it fails, nothing is known.
    """

    path: Path
    what: str
    verdict: Verdict | None = None
    difference: str = ""
    sizes: Mapping[str, int] | None = None
    side: ReadFunction | None = None
    line: int = 0
    presumed: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether the functions are not the same there."""
        return bool(self.difference) or (isinstance(self.verdict, Refutation) and not self.presumed)

    @property
    def at(self) -> Mapping[str, int]:
        """The smallest sizes at which they are not the same."""
        return self.verdict.sizes if isinstance(self.verdict, Refutation) else self.sizes or {}


@dataclass(frozen=True)
class ReadPath:
    """What both functions return on one path: their results, and which of them raises there on purpose.

    One of them may be `failing` where the other one returns arrays with entries, which they have under `conditions`.
    """

    results: tuple[ReadPair, ...]
    refusing: tuple[ReadFunction, ...] = ()
    failing: tuple[tuple[ReadFunction, Raised], ...] = ()
    conditions: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Correspondence:
    """What was decided about two functions: "proved", "refuted" or "open", and why."""

    sides: tuple[ReadFunction, ReadFunction]
    arguments: ReadArguments
    claims: tuple[Agreement, ...]
    read: tuple[Path, ...]
    reason: str
    line: int
    seconds: float

    @property
    def outcome(self) -> str:
        """Whether they are proved to be the same, or refuted, or neither."""
        if any(claim.is_wrong for claim in self.claims):
            return "refuted"
        return "open" if self.reason else "proved"

    @property
    def wrong(self) -> Agreement | None:
        """Where they are not the same, at the smallest sizes."""
        found = [claim for claim in self.claims if claim.is_wrong]
        return min(found, key=lambda claim: (claim.verdict is None, sum(claim.at.values())), default=None)

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        if self.outcome != "proved":
            return "refuted" if self.outcome == "refuted" else "not proved"
        return max((c.verdict.evidence for c in self.claims if c.verdict is not None), key=len, default="all shapes")

    @property
    def domain(self) -> tuple[Any, ...]:
        """The conditions under which they are proved to be the same: one list for each path."""
        verdicts = [claim.verdict for claim in self.claims if isinstance(claim.verdict, Theorem)]
        return tuple(dict.fromkeys(rules.all_of(*verdict.domain) for verdict in verdicts))


def compare(
    first: tuple[File, str],
    second: tuple[File, str],
    arguments: str | ReadArguments | None = None,
    assuming: Sequence[Any] = (),
) -> Correspondence:
    """Return whether two functions return the same for the same arguments, as far as they can be read.

    Raises OperandError for arguments that do not fit both.
    """
    start = time.perf_counter()
    sides = tuple(ReadFunction(file, name, node_of(file, name).lineno) for file, name in (first, second))
    known = arguments_of(*first, arguments)
    arguments_of(*second, known)
    if known.labels:
        raise OperandError(f"labels, such as {next(iter(known.labels))}, are arguments of forward passes alone")
    refused: dict[int, ReadFunction] = {}
    partial: dict[int, ReadFunction] = {}

    def run(reader: Statements, scope: Scope) -> Any:
        returned: list[Any] = []
        ended: list[tuple[ReadFunction, Raised]] = []
        for side in sides:
            partial[id(reader.world)] = side
            home = scope if side.file is first[0] else side.file.scope(reader)
            try:
                answer = called(reader, function_named(reader, home, side.function), given(reader.world, known))
                returned.append(frozen(reader.world, answer))
            except Raised as stopped:
                ended.append((side, stopped))
        del partial[id(reader.world)]
        if ended:
            meant = tuple(side for side, stopped in ended if stopped.meant)
            failing = () if len(ended) == 2 or meant else tuple(ended)
            refusing = () if failing else tuple(side for side, _ in ended)
            return ReadPath((), refusing, failing, tuple(not_empty(returned)))
        return ReadPath(tuple(compared(reader.world, "", *returned)))

    world = world_with(known)
    world.exact = True
    world.domain = (*world.domain, *map(as_condition, assuming))
    found = paths(first[0], run, world)
    refused.update({id(path.world): partial[id(path.world)] for path in found if id(path.world) in partial})
    claims: list[Agreement] = []
    reason, line = "", 0
    existing = []
    for path in found:
        if path.refused is not None:
            if exists(path):
                existing.append(path)
                side = refused.get(id(path.world))
                reason, line = f"{side or 'the results'}: {path.refused.reason}", path.refused.line
            continue
        try:
            claims += decided(path)
        except CnnSymbolicError as stopped:
            reason = str(stopped)
        existing.append(path)
    for claim in claims:
        if not claim.is_wrong and not isinstance(claim.verdict, Theorem) and claim.verdict is not None and not reason:
            fails = "it fails" if isinstance(claim.verdict, Refutation) else detail_of(claim.verdict)
            reason, line = f"{claim.what}: {fails}", claim.line
    if not claims and not reason:
        reason = "there is no path on which both functions return"
    seconds = time.perf_counter() - start
    return Correspondence((sides[0], sides[1]), known, tuple(claims), tuple(existing), reason, line, seconds)


def decided(path: Path) -> Iterator[Agreement]:
    """Yield what is decided of one path; what depends on something that is refuted is left out."""
    world, reading = path.world, path.result
    for side, stopped in reading.failing:
        what = f"{side.function} raises {stopped.what}, where the other function returns"
        there = replace(path, conditions=(*path.conditions, *reading.conditions))
        if exists(there):
            yield different(there, what, side, stopped.line)
        return
    if reading.refusing:
        return
    for each in path.obligations:
        verdict = decide(world.statement(each.never))
        yield Agreement(path, each.what, verdict, "", None, None, each.line, True)
        if isinstance(verdict, Refutation):
            return
    for result in reading.results:
        what = f"result{result.place}" if result.place else "the result"
        if result.difference:
            if exists(path):
                yield different(path, f"{what}: {result.difference}")
            continue
        if result.tensors is None:
            continue
        try:
            yield from equal(path, what, *result.tensors)
        except VacuousClaimError:  # the path is taken nowhere, or its results have no entries wherever it is
            continue


def equal(path: Path, what: str, a: Tensor, b: Tensor) -> Iterator[Agreement]:
    """Yield what is decided of two arrays: every size, also where they have no entries, and then the entries.

    Raises CnnSymbolicError if they have entries where some array that they are made from has none: that is not decided.
    """
    assuming = (*path.world.domain, *path.conditions)
    for n, m in zip(a.lengths, b.lengths, strict=True):
        if sp.expand(n - m) != 0:
            verdict = decide(path.world.statement(n - m))
            yield Agreement(path, f"the shape of {what}", verdict)
            if not isinstance(verdict, Theorem):
                return
    yield Agreement(path, what, decide(state(a, b, assuming=assuming)))
    not_empty = [rules.compare(">=", n, sp.S.One) for n in a.lengths]
    for needed in dict.fromkeys((*a.requirements(), *b.requirements())):
        fails = entries_of(rules.bracket(rules.negation(needed)), (), (), ())
        if not is_proved(state(fails, zeros(), assuming=(*assuming, *not_empty))):
            raise CnnSymbolicError(f"{what} is decided only where {written(needed)}")


def different(path: Path, what: str, side: ReadFunction | None = None, line: int = 0) -> Agreement:
    """Return a difference on a path; raise CnnSymbolicError if no sizes are found at which the path is taken."""
    sizes = smallest_of(path)
    if not sizes and sizes_of((*path.world.domain, *path.conditions)):
        raise CnnSymbolicError(f"it is not known whether at any sizes {what}")
    others = {s: least(s) for tensor in path.world.tensors.values() for n in tensor.lengths for s in symbols_of(n)}
    sizes = {**{s.name: n for s, n in others.items()}, **sizes}
    return Agreement(path, what, None, what, sizes, side, line)


# Results


def frozen(world: World, value: Any) -> Any:
    """Return a result with its arrays as they are now, whatever is done to them later."""
    if isinstance(value, tuple | list):
        return tuple(frozen(world, part) for part in value)
    if isinstance(value, dict):
        return {key: frozen(world, part) for key, part in value.items()}
    if isinstance(value, Array):
        index, formula = value.written()
        return Held(value, index, formula)
    return value


def not_empty(value: Any) -> Iterator[Any]:
    """Yield the conditions under which all arrays of a result have entries."""
    if isinstance(value, Held):
        yield from (rules.compare(">=", n, sp.S.One) for n in value.array.lengths if not rules.at_least(n, 1))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from not_empty(part)
    elif isinstance(value, dict):
        yield from not_empty(list(value.values()))


@dataclass(frozen=True)
class Held:
    """An array with what it held when it was returned."""

    array: Array
    index: tuple[sp.Symbol, ...]
    formula: Any

    def at(self, index: Sequence[sp.Expr]) -> Any:
        """Return an entry."""
        return substitute(self.formula, dict(zip(self.index, index, strict=True)))


def compared(world: World, place: str, a: Any, b: Any) -> Iterator[ReadPair]:
    """Yield what two results are to be compared by, place by place."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b):
            yield ReadPair(place, None, f"{len(a)} values in one, {len(b)} in the other")
            return
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from compared(world, f"{place}[{k}]", x, y)
    elif isinstance(a, dict) and isinstance(b, dict):
        if set(a) != set(b):
            yield ReadPair(
                place, None, f"the keys {', '.join(map(str, a))} in one, {', '.join(map(str, b))} in the other"
            )
            return
        for key in a:
            yield from compared(world, f"{place}[{key!r}]", a[key], b[key])
    elif is_numeric(a) and is_numeric(b):
        yield numeric(world, place, as_entries(world, a), as_entries(world, b))
    elif isinstance(a, str | type(None)) and isinstance(b, str | type(None)):
        yield ReadPair(place, None, "" if a == b else f"{a!r} in one, {b!r} in the other")
    elif any(isinstance(value, UserObject) or not is_plain(value) for value in (a, b)):
        raise world.refuse(f"a result that is {described(a)}, and {described(b)}")
    else:
        yield ReadPair(place, None, f"{described(a)} in one, {described(b)} in the other")


def is_plain(value: Any) -> bool:
    """Tell whether a value is one that can be compared."""
    return is_numeric(value) or isinstance(value, tuple | dict | str | type(None))


def is_numeric(value: Any) -> bool:
    """Tell whether a value is a number, a truth value, or an array of these."""
    return isinstance(value, Held | sp.Expr | bool) or rules.is_condition(value)


def described(value: Any) -> str:
    """Return what a result is, in a word or two."""
    if isinstance(value, Held):
        return f"an array with {value.array.rank} axes"
    return "a number" if is_numeric(value) else describe(value)


def as_entries(world: World, value: Any) -> Held:
    """Return a number as an array without axes."""
    if isinstance(value, Held):
        return value
    array = as_array(world, value)
    return Held(array, *array.written())


def numeric(world: World, place: str, a: Held, b: Held) -> ReadPair:
    """Return two arrays as tensors: of atomic sizes where both have the same, else of those of their axes."""
    if a.array.rank != b.array.rank:
        return ReadPair(place, None, f"{a.array.rank} axes in one, {b.array.rank} in the other")
    made = [tensor_of(world, each, a.array.dims == b.array.dims) for each in (a, b)]
    return ReadPair(place, (made[0], made[1]))


def tensor_of(world: World, each: Held, atomic: bool) -> Tensor:
    """Return an array that was read as a tensor."""
    if isinstance(each.formula, sp.Basic) and (each.formula.has(LOWEST) or each.formula.has(sp.oo)):
        raise world.refuse("a result with −∞ in it")
    index = tuple(
        sp.Dummy("ijklpq"[k % 6], integer=True) for k in range(len(each.index) if atomic else each.array.rank)
    )
    at: list[sp.Expr] = list(index)
    if not atomic:
        at = [i for k, dim in zip(index, each.array.dims, strict=True) for i in cell(k, dim)]
    formula = each.at(at)
    if each.array.kind == TRUTH:
        formula = rules.bracket(formula)
    lengths = tuple(map(number, each.array.atoms if atomic else each.array.lengths))
    return entries_of(formula, index, lengths, tuple(world.tensors.values()))
