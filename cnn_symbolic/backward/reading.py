"""A backward pass that was checked is read, too: what is proved of it agrees with what it does, or there is no verdict.

Where the reading finds it wrong it is called, at the sizes that the reading names: they are among those examined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from cnn_symbolic.backward.examining import Checker
from cnn_symbolic.backward.findings import FORMULA, STOPPING, Failure
from cnn_symbolic.backward.opening import UserCode
from cnn_symbolic.backward.programs import Squares
from cnn_symbolic.backward.proofs.reading import Question, Ran, Reply, Wrong, is_small, read_and_prove
from cnn_symbolic.backward.proofs.report import OPEN, PROVED, REFUTED, BackwardProof
from cnn_symbolic.backward.proofs.sources import NoSource
from cnn_symbolic.backward.strategies import posed
from cnn_symbolic.ground.errors import DisagreementError, ShapeError
from cnn_symbolic.ground.limits import LIMITS, Limits

# Seconds for reading and proving one function.
SECONDS = 20.0
# Whether a function is read if nothing is said of that.
BY_DEFAULT = [True]
# The arrays that may have a layout.
ARRAYS = ("x", "dx", "y", "dy", "w", "dw")
# What a function may do besides, so that it does not return what its text says.
OTHERWISE = ("state", "mutation", "nan", "layout", "dtype", "ended", "timeout", "spent")


def proof_of(
    checker: Checker, code: UserCode, assuming: Sequence[str], prove: bool | None = None
) -> BackwardProof | None:
    """Return what is proved of a function that was checked; raise DisagreementError if it does something else.

    None if it is not to be read.
    """
    if not (BY_DEFAULT[0] if prove is None else prove):
        return None
    if checker.forward.rank < 0:
        return BackwardProof(reason="a forward pass of one's own is not read")
    if checker.given:
        return BackwardProof(reason="it is proved for all shapes or for none, and these are given")
    if not checker.records:
        return BackwardProof(reason="it returned no results where it was called")
    if checker.stopped:
        return BackwardProof(reason="it cannot be called again")
    try:
        source = code.source()
    except NoSource as missing:
        return BackwardProof(reason=str(missing))
    layout = checker.layout
    letters = {name: layout.letters(name) for name in ARRAYS}
    sound = not any(failure.kind in OTHERWISE for failure in checker.failures)
    question = Question(
        source,
        checker.forward,
        checker.signature,
        {name: both for name, both in letters.items() if both is not None},
        layout.flipped,
        tuple(assuming),
        isinstance(checker.forward, Squares),
        list(ran_of(checker)),
        sound,
    )
    from cnn_symbolic.backward.proofs.proving import answers  # which takes a second to load

    answer = read_and_prove(question, answers, Limits(SECONDS, LIMITS.memory))
    before = list(checker.failures)
    proof = called_there(checker, answer)
    if sound:
        check_agreement(proof, before)
    return proof


def ran_of(checker: Checker) -> Iterator[Ran]:
    """Yield what the function returned where it was called, in the layout of the layer, and where it refused."""
    seen: dict[int, tuple[Any, dict[str, Any]]] = {}
    for groups in checker.records.values():
        for example, results in (call for group in groups for call in group):
            seen[id(example)] = example, results
    for example, results in seen.values():
        returned = {k: checker.layout.to_layer(k, array) for k, array in results.items() if k.startswith("d")}
        yield Ran(example.forward, example.values, returned)
    for failure in checker.refused.values():
        yield Ran(failure.example.forward, failure.example.values, None)


def called_there(checker: Checker, answer: Reply) -> BackwardProof:
    """Return a proof after the function was called where it is wrong, as was read."""
    doubtful: list[str | None] = []
    for wrong in answer.wrong:
        if not checker.stopped and not is_wrong_at(checker, wrong):
            if "places" not in checker.forward.given:  # a maximum selects less than what can be selected
                raise DisagreementError(
                    f"{wrong.name or checker.callee.about.title} was read to be wrong at {wrong.shapes} of "
                    f"{wrong.layer(checker.forward)}, where nothing wrong is found by calling it"
                )
            doubtful.append(wrong.name)
    return answer.proof if not doubtful else without(answer.proof, doubtful)


def is_wrong_at(checker: Checker, wrong: Wrong) -> bool:
    """Tell whether a function is wrong where it was read to be: it is called there, if it was not before."""
    try:
        problem = posed(wrong.layer(checker.forward), wrong.shapes)
        problem.forward.result_shape(dict(problem.inputs))
    except ShapeError:
        return False
    if problem not in checker.examined:
        checker.examine(problem, probe=False)
    return any(failure.example.problem == problem for failure in checker.failures)


def without(proof: BackwardProof, names: Sequence[str | None]) -> BackwardProof:
    """Return a proof in which results that are wrong for other selections than those of numbers are open."""
    reason = "what was read differs for another selection of entries than numbers have"
    results = [
        replace(each, outcome=OPEN, reason=reason, mend=None)
        if each.outcome == REFUTED and each.name in names
        else each
        for each in proof.results
    ]
    return replace(proof, results=tuple(results))


def check_agreement(proof: BackwardProof, failures: Sequence[Failure]) -> None:
    """Raise DisagreementError if a result that is proved was found to be wrong, with small integers."""
    proved = {each.name for each in proof.results if each.outcome == PROVED}
    for failure in failures:
        wrong = failure.kind in FORMULA and failure.gradient in proved
        wrong = wrong or (failure.kind == "exception" and proof.proved and failure.kind not in STOPPING)
        if wrong and is_small(failure.example.values):
            raise DisagreementError(
                f"{failure.gradient or 'the function'} was read to be right, but is found to be wrong by calling it: "
                f"{failure.detail}"
            )
