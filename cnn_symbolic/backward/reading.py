"""A backward pass that was checked is read, too: what is proved of it agrees with what it does, or there is no verdict.

Where the reading finds it wrong it is called, at the sizes that the reading names: they are among those examined.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnn_symbolic.backward.calls.callees import Callee
from cnn_symbolic.backward.calls.signatures import IGNORED
from cnn_symbolic.backward.examining import Checker
from cnn_symbolic.backward.findings import FORMULA, STOPPING, BackwardReport, Failure, Finding
from cnn_symbolic.backward.forwards import read_layer
from cnn_symbolic.backward.opening import UserCode
from cnn_symbolic.backward.programs import Squares
from cnn_symbolic.backward.proofs.reading import Question, Ran, Reply, Wrong, is_small, read_and_prove
from cnn_symbolic.backward.proofs.report import OPEN, PROVED, REFUTED, BackwardProof
from cnn_symbolic.backward.proofs.sources import NoSource
from cnn_symbolic.backward.strategies import posed
from cnn_symbolic.ground.errors import DisagreementError, OperandError, ShapeError
from cnn_symbolic.ground.limits import LIMITS, Limits

if TYPE_CHECKING:
    from cnn_symbolic.backward.proofs.against import AgainstForward, ForwardReply, PassDifference

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
        return BackwardProof(reason=f"{checker.forward} is read with its arguments, as --arguments 'x (N, D)'")
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

    def kept() -> list[Any]:
        from cnn_symbolic.backward.proofs.keeping import kept_claims

        return kept_claims(question, [each.name for each in proof.results if each.outcome == PROVED])

    return replace(proof, code=source.text, kept=kept)


def against_forward(
    code: UserCode, of: Any, arguments: str | None, signature: str | None, assuming: Sequence[str], timeout: float
) -> BackwardReport | None:
    """Return the report on a backward pass of a forward pass that is read, which both are run to be compared with.

    None if the text does not say what the arguments are, and they are not given, or if there is no text: raises
    OperandError for arguments that do not fit, and where the forward pass that has these is not understood.
    """
    from cnn_symbolic.backward.proofs.against import compared, question_of, read_against  # they take a second to load

    start = time.perf_counter()
    try:
        forward, backward = code.passes(of)
        question = question_of(forward, backward, arguments, signature, assuming)
    except (NoSource, OperandError) as unknown:
        if arguments is not None:
            raise OperandError(str(unknown)) from None
        return None
    reply = read_against(question, Limits(SECONDS, LIMITS.memory))
    if not reply.runs:
        reasons = [reply.proof.reason, *(each.reason for each in reply.proof.results), "no small shapes fit"]
        raise OperandError(f"{forward.told} as a layer that is read: {next(filter(None, reasons))}")
    callee = code.both_passes(of, question.call, timeout)
    proof, differences = compared(question, reply, callee)
    layer = read_layer(reply.layer, question.arguments.differentiated)
    count = f"{len(reply.runs)} shape{'s' if len(reply.runs) > 1 else ''}"
    judged = [name for name in question.call.outputs if name != IGNORED]
    findings = tuple(found(question, reply, each, callee) for each in first_of_each(differences))
    wrong = {each.name for each in differences}
    return BackwardReport(
        **vars(findings[0] if findings else Finding()),
        outcome="wrong" if findings else "right" if proof.proved else "tested",
        evidence=f"both passes were run at {count}, and compared with what was read",
        findings=findings,
        also_right={name: not wrong & {name, None} for name in judged},
        function=backward.told,
        forward=layer,
        signature=f"{', '.join(given_to(question))} -> {', '.join(question.call.outputs)}",
        layout="arrays as they are",
        values=("fractions of both signs",),
        examples=len(reply.runs),
        seconds=time.perf_counter() - start,
        assuming=tuple(assuming),
        where=callee.where,
        proof=replace(proof, code=backward.text),
    )


def given_to(question: AgainstForward) -> list[str]:
    """Return what a backward pass is given, with the names of parameters that are called otherwise."""
    named = [word if word == name else f"{word}={name}" for word, name in question.call.named]
    return [*question.call.inputs, *named]


def first_of_each(differences: Sequence[PassDifference]) -> list[PassDifference]:
    """Return the difference at the smallest sizes for every result, at most."""
    ordered = sorted(differences, key=lambda each: sum(each.run.sizes.values()))
    return list({each.name: each for each in reversed(ordered)}.values())[::-1]


def found(question: AgainstForward, reply: ForwardReply, each: PassDifference, callee: Callee) -> Finding:
    """Return a difference as it is reported, with a program that shows it."""
    data = {name: array for name, array in each.run.values.items() if isinstance(array, np.ndarray)}
    if isinstance(each.run.dy, np.ndarray):
        data = {"dy": each.run.dy, **data}
    mistake = next((r.mistake for r in reply.proof.results if r.name == each.name and r.mistake), None)
    return Finding(
        kind="value" if each.name else "exception",
        gradient=each.name,
        detail=each.detail,
        shapes={name: array.shape for name, array in data.items()},
        options={},
        data=data,
        mistake=mistake,
        snippet=program_of(question, reply, each, callee),
    )


def program_of(question: AgainstForward, reply: ForwardReply, each: PassDifference, callee: Callee) -> str:
    """Return a program that calls both passes where a difference was found."""
    forward, backward, call = question.forward, question.backward, question.call
    given = each.run.values
    keeps = "returned[1]" if reply.kept == 1 else "returned[1:]"
    known = {"dy": "dy", "y": "returned[0]" if reply.kept else "returned", "cache": keeps}
    known |= {f"cache[{k}]": f"returned[{k + 1}]" for k in range(reply.kept)}
    known |= {f"{name}_shape": f"{name}.shape" for name in given} | {name: name for name in given}
    names = [known[name] for name in call.inputs] + [f"{word}={known[name]}" for word, name in call.named]
    lines = ["import numpy as np", *callee.about.imports]
    if Path(forward.file).stem.isidentifier() and forward.text == backward.text:
        lines = ["import numpy as np", "", f"from {Path(forward.file).stem} import {forward.function}, {backward.told}"]
    values = {**({} if each.run.dy is None else {"dy": each.run.dy}), **given}
    lines += ["", *(f"{name} = {as_written(value)}" for name, value in values.items())]
    lines += [f"returned = {forward.function}({', '.join(f'{name}={name}' for name in given)})"]
    return "\n".join([*lines, f"print({backward.told}({', '.join(names)}))  # {each.detail}"])


def as_written(value: Any) -> str:
    """Return a value as it is written in a program."""
    return f"np.array({value.tolist()})" if isinstance(value, np.ndarray) else repr(value)


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
