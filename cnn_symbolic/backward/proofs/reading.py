"""A backward pass is read and proved, and what was read is compared with what the function returned.

All of it is done in a process of its own, within a limit of time, by `read_and_prove`; what comes back are plain texts
and numbers. Where the reading and the function do not agree there is no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnn_symbolic.backward.calls.signatures import Signature
from cnn_symbolic.backward.proofs.report import OPEN, PROVED, BackwardProof, CodeMend
from cnn_symbolic.backward.proofs.sources import Source
from cnn_symbolic.ground.errors import DisagreementError, ShapeError
from cnn_symbolic.ground.limits import Limits
from cnn_symbolic.ground.processes import in_processes
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import assignments, closed

Arrays = Mapping[str, np.ndarray]
Shapes = Mapping[str, tuple[int, ...]]
# At how many examples what was read of one combination of options is computed, and of how many entries they are.
COMPARED, MOST_ENTRIES = 6, 2000
COMBINATIONS = "combinations of options"
# The largest number of an example that is compared: sums of products of these are exact.
LARGEST = 2**12


@dataclass(frozen=True)
class Ran:
    """What a function returned for arrays, by name, both in the layout of the layer; None if it refused them."""

    layer: Forward
    values: Arrays
    returned: Arrays | None


@dataclass(frozen=True)
class Question:
    """A function to read: its source, the layer, how it is called, and what it returned where it was called.

    `axes` are those of every array as the layer and as the code have them, `assuming` conditions as texts, `square`
    says that overlays are as high as wide. `sound` says that calls of the function found nothing but wrong values.
    """

    source: Source
    layer: Forward
    signature: Signature
    axes: Mapping[str, tuple[str, str]]
    flipped: bool
    assuming: Sequence[str]
    square: bool
    ran: Sequence[Ran]
    sound: bool = True


@dataclass(frozen=True)
class Wrong:
    """Where something is wrong, as was read: the layer there and the shapes of its inputs.

    The layer is one of the combinations of options, by its number, with values for what is left open in it.
    """

    name: str | None
    chosen: int
    options: Mapping[str, int]
    shapes: Shapes

    def layer(self, of: Forward) -> Forward:
        """Return the layer at which something is wrong; `of` is the one that was asked about."""
        return with_options(list(of.chosen())[self.chosen], self.options)


@dataclass(frozen=True)
class Reply:
    """What was proved, where the function has to be wrong then, and what disagrees; and whether it always refuses."""

    proof: BackwardProof
    wrong: tuple[Wrong, ...] = ()
    disagrees: str = ""
    refused: bool = False


def read_and_prove(question: Question, answers: Callable[[Question], Iterator[Reply]], limits: Limits) -> Reply:
    """Return what is proved of a function; raise DisagreementError if what was read is not what it does.

    `answers` reads and proves, in a process of its own: each answer says more than the one before.
    """

    def task(_: int) -> Iterator[Reply]:
        return answers(question)

    def stopped(_: int, reason: str) -> Reply:
        return open_reply(reason)

    ((_, answer),) = in_processes(task, 1, 1, limits, stopped)
    found: Reply = answer
    if found.disagrees and question.sound:
        raise DisagreementError(f"{question.source.told} was read wrongly: {found.disagrees}")
    if found.disagrees:
        return open_reply(f"it does not return what was read: {found.disagrees}")
    return found


def compared(ran: Sequence[Ran], layer: Forward) -> list[tuple[Ran, dict[str, int]]]:
    """Return examples of a layer to compare with, small ones of other options each, and what is open in these."""
    found: dict[tuple[Any, ...], list[tuple[Ran, dict[str, int]]]] = {}
    for each in sorted(ran, key=lambda one: sum(array.size for array in one.values.values())):
        if sum(array.size for array in each.values.values()) > MOST_ENTRIES or not is_small(each.values):
            continue
        at = opened_at(layer, each)
        if at is not None:
            found.setdefault((*at.items(), each.returned is None), []).append((each, at))
    turns = max(map(len, found.values()), default=0)
    in_turn = [several[k] for k in range(turns) for several in found.values() if k < len(several)]
    return in_turn[: max(COMPARED, len(found))]


def is_small(values: Arrays) -> bool:
    """Tell whether arrays have small integers in them, and nothing else."""
    return all(bool(np.all(a == np.round(a))) and np.abs(a).max(initial=0) <= LARGEST for a in values.values())


def opened_at(layer: Forward, ran: Ran) -> dict[str, int] | None:
    """Return the values of what is open in a layer at which it is the one that was run, None if it is not."""
    shapes = {name: ran.values[name].shape for name in layer.inputs if name in ran.values}
    for at in assignments(layer.open):
        try:
            if with_options(layer, at).at(shapes) == ran.layer:
                return at
        except ShapeError:
            continue
    return None


def with_options(layer: Forward, at: Mapping[str, int]) -> Forward:
    """Return a layer with values for what is left open."""
    return replace(layer, **{name: closed(value, at) for name, value in layer.options.items()})


def in_chosen(layer: Forward, answers: Callable[[Forward], Iterator[Reply]]) -> Iterator[Reply]:
    """Yield what is proved of all combinations of options so far; the first that is not proved is the last.

    With those that the code refuses altogether nothing is to be proved.
    """
    chosen = list(layer.chosen())
    proofs: list[BackwardProof] = []
    refused: list[Forward] = []
    for k, one in enumerate(chosen, 1):
        found = open_reply("nothing was proved")
        for found in answers(one):
            if len(chosen) == 1 or found.disagrees:
                yield found
        if found.refused and k - len(proofs) < len(chosen):
            refused.append(one)
            continue
        proofs.append(found.proof)
        if not found.proof.proved or found.disagrees:
            if len(chosen) > 1:
                yield replace(found, proof=of_one(found.proof, one))
            return
        if k < len(chosen):
            done = f"only {k} of {len(chosen)} {COMBINATIONS} were done in time"
            yield Reply(unfinished(found.proof, done))
    yield Reply(together(proofs, refused))


def of_one(proof: BackwardProof, layer: Forward) -> BackwardProof:
    """Return a proof that says for which combination of options it is."""
    results = []
    for each in proof.results:
        if each.outcome == PROVED:
            results.append(replace(each, outcome=OPEN, reason=f"proved for {layer}, not for all {COMBINATIONS}"))
        elif each.outcome == OPEN:
            results.append(replace(each, reason=f"{each.reason} ({layer})"))
        else:
            what = "; ".join(filter(None, [f"for {layer}", each.what]))
            results.append(replace(each, what=what, mend=mend_for(each.mend, layer)))
    return replace(proof, results=tuple(results), mend=mend_for(proof.mend, layer))


def mend_for(mend: CodeMend | None, layer: Forward) -> CodeMend | None:
    """Return a change of the code that says for which combination of options it is."""
    return None if mend is None else replace(mend, layer=str(layer))


def unfinished(proof: BackwardProof, reason: str) -> BackwardProof:
    """Return what is known when only some of the combinations of options were proved."""
    return replace(proof, results=tuple(replace(r, outcome=OPEN, reason=reason, formula=()) for r in proof.results))


def together(proofs: Sequence[BackwardProof], refused: Sequence[Forward]) -> BackwardProof:
    """Return what is proved if every combination of options is proved, or refused."""
    count = len(proofs) + len(refused)
    if count == 1:
        return proofs[0]
    which = f"all {count} {COMBINATIONS}" if not refused else f"{len(proofs)} of {count} {COMBINATIONS}"
    results = []
    for several in zip(*(proof.results for proof in proofs), strict=True):
        evidence = f"{max((r.evidence for r in several), key=len)} and {which}"
        results.append(replace(several[0], evidence=evidence, seconds=sum(r.seconds for r in several)))
    where = [proof.refuses for proof in proofs if proof.refuses] + [f"it refuses {layer}" for layer in refused]
    return BackwardProof(tuple(results), sum(proof.seconds for proof in proofs), "; ".join(dict.fromkeys(where)))


def open_reply(reason: str) -> Reply:
    """Return the answer that nothing was read."""
    return Reply(BackwardProof(reason=reason))
