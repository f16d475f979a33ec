"""A backward pass is proved of a forward pass that is read, and both are run: what was read has to be what they do.

The proof is found in a process of its own, which answers with texts and with examples: arguments, what was read of
every result for these, and the gradient there. The two passes are called with them elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import islice
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.backward.calls.answers import CallArguments, Misbehaviour
from cnn_symbolic.backward.calls.callees import Callee
from cnn_symbolic.backward.calls.signatures import canonical_name
from cnn_symbolic.backward.proofs.proving import agreeing, in_words
from cnn_symbolic.backward.proofs.report import OPEN, PROVED, REFUTED, BackwardProof
from cnn_symbolic.backward.proofs.sources import Source
from cnn_symbolic.claims.of_sizes import read_with
from cnn_symbolic.code.arguments import ReadArguments, atoms
from cnn_symbolic.code.calling import PassCall
from cnn_symbolic.code.forwards import ForwardProof, call_of, is_known, prove_against_forward, read_call
from cnn_symbolic.code.given import arguments_of, free_entries, node_of
from cnn_symbolic.code.proving import PathClaim
from cnn_symbolic.code.reading import File, Path
from cnn_symbolic.code.sampling import drawn, hold
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import named_number, size, width
from cnn_symbolic.expressions.values import as_condition
from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError, OperandError
from cnn_symbolic.ground.limits import Limits
from cnn_symbolic.ground.processes import in_processes
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.reader import NotReadable

# At how many shapes both passes are run besides those of counterexamples, and the largest size of these.
SHAPES, LARGEST, TRIED = 5, 4, 400
# How far results may be apart, of the largest entry; how many bytes one has at most.
ROUNDING, MOST = 1e-7, 2**24
STOPPED = (CnnSymbolicError, NotReadable, ArithmeticError, ValueError, TypeError, KeyError, RecursionError)


@dataclass(frozen=True)
class AgainstForward:
    """A backward pass to prove of a forward pass: where both are, what the forward pass is given, the call."""

    forward: Source
    backward: Source
    arguments: ReadArguments
    call: PassCall
    assuming: Sequence[str] = ()


@dataclass(frozen=True)
class RunOfPasses:
    """Arguments for both passes at some sizes, what was read of y and of the results there, and the gradients.

    Where the code was read to end with an exception, `fails` says with which.
    """

    sizes: Mapping[str, int]
    values: Mapping[str, Any]
    dy: Any
    read: Mapping[str, np.ndarray] = field(default_factory=dict)
    right: Mapping[str, np.ndarray] = field(default_factory=dict)
    fails: str = ""


@dataclass(frozen=True)
class PassDifference:
    """A result that is not the gradient, or an exception, in one run of both passes."""

    name: str | None
    detail: str
    run: RunOfPasses


@dataclass(frozen=True)
class ForwardReply:
    """What was proved, what the layer is called, how many values the forward pass keeps, and runs to be compared."""

    proof: BackwardProof
    layer: str = ""
    kept: int = 0
    runs: tuple[RunOfPasses, ...] = ()


def question_of(
    forward: Source, backward: Source, arguments: str | None, signature: str | None, assuming: Sequence[str]
) -> AgainstForward:
    """Return what is to be proved; raise OperandError for arguments or a signature that do not fit."""
    known = arguments_of(File(forward.text, forward.file), forward.function, arguments)
    node = node_of(File(backward.text, backward.file), backward.function)
    call = read_call(signature) if signature else named_call(node, known)
    return AgainstForward(forward, backward, known, call, assuming)


def named_call(node: ast.FunctionDef, known: ReadArguments) -> PassCall:
    """Return how a backward pass is called, where its parameters may have other usual names than the arguments."""
    names = {canonical_name(name): name for name in known.arrays}
    node = deepcopy(node)
    spec = node.args
    parameters = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    before = [each.arg for each in parameters]
    for each in parameters:
        word = canonical_name(each.arg)
        own = names.get(word)
        if (
            own
            and (len(each.arg) > 1 or each.arg.casefold() == word)
            and own not in before
            and not is_known(each.arg, known)
        ):
            each.arg = own
    words = {each.arg: word for each, word in zip(parameters, before, strict=True)}
    call = call_of(node, known)
    return replace(call, named=[(words[name], given) for name, given in call.named])


def read_against(question: AgainstForward, limits: Limits) -> ForwardReply:
    """Return what is proved of a backward pass and a forward pass, by a process of its own."""

    def task(_: int) -> Iterator[ForwardReply]:
        return answers(question)

    def stopped(_: int, reason: str) -> ForwardReply:
        return ForwardReply(BackwardProof(reason=reason))

    ((_, answer),) = in_processes(task, 1, 1, limits, stopped)
    reply: ForwardReply = answer
    return reply


def answers(question: AgainstForward) -> Iterator[ForwardReply]:
    """Yield what is proved, in this process."""
    forward, backward, known = question.forward, question.backward, question.arguments
    file = File(forward.text, forward.file)
    home = file if backward.text == forward.text else File(backward.text, backward.file)
    sizes = {name: named_number(symbol) for name, symbol in known.sizes.items()}
    try:
        assuming = [as_condition(read_with(each, sizes, "--assuming")) for each in question.assuming]
        proof = prove_against_forward(file, forward.function, backward.function, known, question.call, assuming, home)
    except CnnSymbolicError as stopped:
        yield ForwardReply(BackwardProof(reason=str(stopped)))
        return
    kept = max((len(each.kept) for each in proof.layers.values()), default=0)
    runs = tuple(runs_of(proof, known, assuming))
    yield ForwardReply(in_words(proof, backward.lines), str(proof.definition.layer), kept, runs)


# Examples


def runs_of(proof: ForwardProof, known: ReadArguments, assuming: Sequence[Any]) -> Iterator[RunOfPasses]:
    """Yield runs where something is wrong, as was read, and at a few small shapes on every path."""
    for failing in proof.failing:
        sizes = {name: failing.sizes.get(name, 1) for name in known.sizes}
        found = run_at(proof, failing.path, known, sizes, 0) if id(failing.path.world) in proof.layers else None
        values = arguments_at(known, sizes, np.random.default_rng(0), True) if found is None else found.values
        dy = None if found is None else found.dy
        yield RunOfPasses(sizes, values, dy, fails=failing.what)
    wrong = [r.wrong.verdict for r in proof.results if r.outcome == "refuted" and r.wrong is not None]
    small = [{name: v.sizes.get(name, 1) for name in known.sizes} for v in wrong if isinstance(v, Refutation)]
    others = islice(drawn(list(known.sizes.values()), tried=TRIED), TRIED)
    small += [{s.name: min(n, LARGEST) for s, n in sizes.items()} for sizes in others]
    computing = [path for path in proof.read if path.raised is None and path.refused is None]
    count = dict.fromkeys(map(id, computing), 0)
    for k, sizes in enumerate({tuple(each.items()): each for each in small}.values()):
        symbols = {symbol: sizes[name] for name, symbol in known.sizes.items()}
        conditions = [*known.conditions, *assuming]
        there = [p for p in computing if hold([*conditions, *p.world.domain, *p.conditions], symbols)]
        if len(there) == 1 and count[id(there[0])] < SHAPES + len(wrong):
            found = run_at(proof, there[0], known, sizes, k)
            if found is not None:
                count[id(there[0])] += 1
                yield found


def run_at(
    proof: ForwardProof, path: Path, known: ReadArguments, sizes: Mapping[str, int], seed: int
) -> RunOfPasses | None:
    """Return a run at some sizes on a path: with numbers of both signs, or with positive ones where it needs such."""
    made = proof.layers[id(path.world)]
    try:
        shape = [evaluate_size(n, known_of(n, sizes)) for n in made.y.lengths]
        lengths = [evaluate_size(n, known_of(n, sizes)) for n in made.array.lengths]
    except STOPPED:
        return None
    for positive in (False, True):
        random = np.random.default_rng(seed)
        values = arguments_at(known, sizes, random, positive)
        dy = signed(random, shape)
        leaves = {**leaves_of(known, values, sizes), made.dy.name or "dy": dy}
        read, right = {"y": evaluated(made.y, leaves, sizes, path.world)}, {}
        for result in proof.results:
            right[result.name] = evaluated(made.gradients[result.name], leaves, sizes, path.world)
            claim = claim_on(result.claims, path)
            read[result.name] = None if claim is None else evaluated(claim.formula, leaves, sizes, path.world)
        if all(np.isfinite(a).all() for a in (*read.values(), *right.values()) if a is not None):
            arrives = dy.reshape(lengths) if lengths else float(dy)
            return RunOfPasses(dict(sizes), values, arrives, without_none(read), without_none(right))
    return None


def evaluated(tensor: Any, leaves: Mapping[str, Any], sizes: Mapping[str, int], world: World) -> np.ndarray | None:
    """Return the values of a tensor; None if they are not known.

    What a maximum selects is not looked for: the values are known if they are the same for two selections.
    """
    used = {name: leaves[name] for name in tensor.names() if name in leaves}
    chosen = [name for name in world.selected.values() if name in tensor.names()]
    known = {make(name): n for name, n in sizes.items() for make in (size, width)}
    found: np.ndarray | None = None
    try:
        for k in range(2 if chosen else 1):
            for name in chosen:
                shape = [evaluate_size(n, known_of(n, sizes)) for n in world.tensors[name].lengths]
                used[name] = k * np.random.default_rng(k).integers(0, 2, shape)
            with np.errstate(all="ignore"):
                before, found = found, np.asarray(tensor.evaluate(used, sizes=known), dtype=float)
            if before is not None and apart(before, found):
                return None
    except STOPPED:
        return None
    return found


def known_of(length: Any, sizes: Mapping[str, int]) -> dict[sp.Symbol, int]:
    """Return the sizes in a length."""
    return {s: sizes[s.name] for s in length.free_symbols}


def without_none(arrays: Mapping[str, np.ndarray | None]) -> dict[str, np.ndarray]:
    """Return the arrays that there are."""
    return {name: array for name, array in arrays.items() if array is not None}


def claim_on(claims: Sequence[PathClaim], path: Path) -> PathClaim | None:
    """Return the claim about the entries on a path."""
    return next((claim for claim in claims if claim.path is path and claim.formula is not None), None)


def at_sizes_of(value: Any, sizes: Mapping[str, int]) -> Any:
    """Return the value of an option, or of a size, at some sizes."""
    if isinstance(value, tuple | list):
        return type(value)(at_sizes_of(part, sizes) for part in value)
    if isinstance(value, sp.Symbol):
        return int(sizes[value.name])
    if isinstance(value, sp.Mul):
        return prod(at_sizes_of(part, sizes) for part in value.args)
    if isinstance(value, sp.Expr):
        found = value.xreplace({s: sp.Integer(sizes[s.name]) for s in value.free_symbols})
        return int(found) if found.is_Integer else float(found)
    return value


def signed(random: np.random.Generator, shape: Sequence[int], positive: bool = False) -> np.ndarray:
    """Return numbers that are not zero, and all different in most cases."""
    found = random.integers(1, 1 + 2**10, tuple(shape)) / 2**8
    return found if positive else found * random.choice([-1, 1], tuple(shape))


def arguments_at(
    known: ReadArguments, sizes: Mapping[str, int], random: np.random.Generator, positive: bool
) -> dict[str, Any]:
    """Return arguments of the forward pass at some sizes."""
    values: dict[str, Any] = {}
    for name, lengths in known.arrays.items():
        shape = [int(at_sizes_of(n, sizes)) for n in lengths]
        if name in known.labels:
            count = known.labels[name]
            rows = shape if count is not None else shape[:-1]
            classes = shape[-1] if count is None else int(at_sizes_of(count, sizes))
            drawn_labels = random.integers(0, classes, rows)
            values[name] = np.eye(classes)[drawn_labels] if count is None else drawn_labels
        else:
            array = signed(random, shape, positive)
            values[name] = array if shape else float(array)
    return {**values, **{name: at_sizes_of(value, sizes) for name, value in known.options.items()}}


def leaves_of(known: ReadArguments, values: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, Any]:
    """Return the arrays under the names that they have in formulas, with the axes that they have there."""
    leaves: dict[str, Any] = {}
    for name, lengths in known.arrays.items():
        array = np.asarray(values[name])
        count = known.labels.get(name)
        if count is not None:
            array = np.eye(int(at_sizes_of(count, sizes)))[array]
        parts = [int(at_sizes_of(part, sizes)) for n in lengths for part in atoms(n)]
        axes = [*parts, array.shape[-1]] if count is not None else parts
        leaves[free_entries(name) if name in known.labels else name] = array.reshape(axes)
    return leaves


# Running


def compared(
    question: AgainstForward, reply: ForwardReply, callee: Callee
) -> tuple[BackwardProof, list[PassDifference]]:
    """Return a proof of those results that were compared, and where results are not the gradients when they are run.

    Raises DisagreementError where both passes do not return what was read, and OperandError where of a result nothing
    is known at all.
    """
    names, tested = set[str](), set[str]()
    differences: list[PassDifference] = []
    for run in reply.runs:
        at = ", ".join(f"{name} = {n}" for name, n in run.sizes.items())
        answer = called(callee, question, run)
        if isinstance(answer, str):
            if not (run.fails or not reply.proof.proved):
                raise DisagreementError(f"{question.backward.told}: {answer} at {at}, where it was read to compute")
            differences.append(PassDifference(None, answer, run))
            continue
        if run.fails:
            raise DisagreementError(f"{question.backward.told} computes at {at}, where it was read to end: {run.fails}")
        for name, read in run.read.items():
            if name not in answer:
                continue
            if text := apart(answer[name], read):
                raise DisagreementError(f"{question.backward.told} was read wrongly: {name}{text} was read, at {at}")
            names.add(name)
        for name, right in run.right.items():
            if name not in answer:
                continue
            tested.add(name)
            if text := apart(answer[name], right):
                differences.append(PassDifference(name, f"{name}{text} is expected", run))
    proof = agreeing(reply.proof, names)
    wrong = {each.name for each in differences}
    proved = {each.name for each in proof.results if each.outcome == PROVED}
    if both := sorted(name for name in wrong & proved if name):
        raise DisagreementError(f"{both[0]} was read to be right, but is found to be wrong by running both passes")
    unknown = [r for r in proof.results if r.outcome != PROVED and r.name not in tested]
    if unknown and not differences:
        raise OperandError(f"of {unknown[0].name} nothing is known: {unknown[0].reason or 'it could not be compared'}")
    reason = "what was read differs from the gradient, but not where both passes were run"
    results = [
        replace(r, outcome=OPEN, reason=reason) if r.outcome == REFUTED and not wrong & {r.name, None} else r
        for r in proof.results
    ]
    return replace(proof, results=tuple(results)), differences


def called(callee: Callee, question: AgainstForward, run: RunOfPasses) -> dict[str, np.ndarray] | str:
    """Return what both passes return, by name, or the sentence that says what they do instead."""
    named = [(name, name) for name in run.values]
    given = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in run.values.items()}
    dy = np.asarray(1.0 if run.dy is None else run.dy)
    try:
        values = callee.call(CallArguments({"dy′": dy.copy(), **given}, ("dy′",), named, most=MOST)).values
    except Misbehaviour as stopped:
        return stopped.detail
    outputs = ("y", *question.call.outputs)
    if len(values) != len(outputs):
        return f"{len(values) - 1} results are returned, where {len(outputs) - 1} are expected"
    return {name: value for name, value in zip(outputs, values, strict=True) if isinstance(value, np.ndarray)}


def apart(found: np.ndarray, expected: np.ndarray) -> str:
    """Return where an array differs from another one, "" if in nothing but rounding; the axes may be taken apart."""
    if found.size != expected.size:
        return f" has the shape {found.shape}, where {expected.shape}"
    flat, wanted = found.astype(float).ravel(), expected.astype(float).ravel()
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    near = np.abs(flat - wanted) <= ROUNDING * scale
    if near.all():
        return ""
    k = int(np.argmin(near))
    at = [int(i) for i in np.unravel_index(k, found.shape)]
    return f"{at if at else ''} is {flat[k]:.6g}, where {wanted[k]:.6g}"
