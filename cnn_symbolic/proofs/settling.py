"""Settles claims: everything about one is computed here, once; what shows it only reads the record.

What goes wrong in one claim is the outcome of that claim. Claims can also be settled elsewhere: of each, its statement
goes out as plain data and what was decided comes back as plain data, by any executor of Python's kind.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError, TooLargeError
from cnn_symbolic.ground.limits import Limits, check_seconds
from cnn_symbolic.ground.processes import in_processes
from cnn_symbolic.kernel.exported.decoding import decode_statement
from cnn_symbolic.kernel.exported.encoding import encode_statement
from cnn_symbolic.kernel.search.confirming import check_proved
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem, Verdict
from cnn_symbolic.mistakes.changes import Change
from cnn_symbolic.proofs.check import Check, Checked
from cnn_symbolic.proofs.derivation import OUTCOMES, Derivation, Step
from cnn_symbolic.proofs.lines import Line

# Why a step of a proof should follow, and the verdict that it does not.
WrongStep = tuple[str, Verdict]
# The outcomes of claims that something is wrong with, and of none that is only open.
BROKEN = ("failed", "error")
REPORT = "an error of the tool itself"


@dataclass(frozen=True)
class Stopped:
    """What stands in place of a verdict, and why.

    It is `undecided` at a limit, `failed` if there is a mistake in a claim, `error` if there is one in this package.
    """

    outcome: str
    detail: str
    seconds: float

    @property
    def evidence(self) -> str:
        """How strong the verdict is."""
        return self.outcome


@dataclass(frozen=True)
class Settled:
    """Everything about a claim: the verdict, the first step of its proof that does not follow, the lines of its proof,
    and the name of the mistake in it.
    """

    outcome: str
    as_expected: bool
    verdict: Verdict | Checked | Stopped
    wrong_step: tuple[Step, Verdict] | None = None
    lines: tuple[Line, ...] = ()
    mistake: Change | None = None


def settle(
    made: Derivation | Check, *, whole: bool = True, theorems: Mapping[str, Derivation] | None = None
) -> Settled:
    """Return everything about a claim.

    Unless it is called for as a whole, the lines of its proof are left out, and so is the name of the mistake in a
    claim that is refuted as its author states. `theorems` are those that its steps may cite, by their ids. Raises
    DisagreementError if the witness computes something else than the kernel says: that is no claim's mistake.
    """
    *_, settled = settled_so_far(made, whole=whole, theorems=theorems)
    return settled


def settled_so_far(
    made: Derivation | Check, *, whole: bool = True, theorems: Mapping[str, Derivation] | None = None
) -> Iterator[Settled]:
    """Yield everything about a claim, then more of it that can take long.

    First without the name of its mistake, and if it is refuted with its condition at some values of strides only; then
    with its condition for every value; then with the name.
    """
    start = time.perf_counter()
    try:
        if isinstance(made, Derivation) and made.has_open_condition:
            yield Settled("refuted", made.expected == "refuted", made.decided_first)
        settled = computed(made, whole, theorems or {})
        yield settled
        if isinstance(made, Derivation) and (whole or not made.as_expected) and made.mistake is not None:
            yield replace(settled, mistake=made.mistake)
    except DisagreementError:
        raise
    except TooLargeError as error:
        yield at_limit(str(error), time.perf_counter() - start)
    except CnnSymbolicError as error:
        yield stopped("failed", str(error), time.perf_counter() - start)
    except RecursionError:
        yield at_limit("its formulas are nested too deeply", time.perf_counter() - start)
    except MemoryError:
        raise
    except Exception as error:
        yield stopped("error", f"{REPORT}: {innermost(error)}", time.perf_counter() - start)


def innermost(error: Exception) -> str:
    """Return an error with the place at which it was raised, in one line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"


def stopped(outcome: str, detail: str, seconds: float) -> Settled:
    """Return what is known of a claim that has no verdict."""
    return Settled(outcome, False, Stopped(outcome, detail, seconds))


def at_limit(reason: str, seconds: float) -> Settled:
    """Return what is known of a claim that has met a limit."""
    return stopped("undecided", f"{Reason.LIMIT}: {reason}", seconds)


def computed(made: Derivation | Check, whole: bool, theorems: Mapping[str, Derivation]) -> Settled:
    """Return everything about a claim but the name of its mistake."""
    verdict = made.verdict
    if isinstance(made, Check):
        return Settled(made.outcome, made.as_expected, verdict)
    for step in made.steps:
        if (cited := theorems.get(step.using)) is not None:
            _ = cited.verdict
    return Settled(made.outcome, made.as_expected, verdict, made.wrong_step, made.lines if whole else ())


# Elsewhere


@dataclass(frozen=True)
class Record:
    """What was decided about a claim, as plain data that any process can hand to another.

    `sizes`, `index`, `left` and `right` are the counterexample: where the sides differ, and the coefficients or shapes
    that differ there; `holds_when` is the weakest assumption under which a refuted claim holds, for the values of
    strides that are `given`, if there are any, or known to be the weakest where they have those in `necessary_at`;
    `holds_if` suffices for all values, where some are `given`; `wrong_step` says of the first step of a proof that does
    not follow why it should, and what was found.
    """

    title: str
    expected: str
    outcome: str
    evidence: str = ""
    assumptions: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    index: tuple[int, ...] = ()
    left: Any = None
    right: Any = None
    holds_when: str | None = None
    given: Mapping[str, int] = field(default_factory=dict)
    necessary_at: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    holds_if: str | None = None
    reason: str = ""
    wrong_step: str = ""
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """Whether the outcome is the one that the claim states, or more, and every step of a proof follows."""
        found = self.outcome == self.expected or (self.outcome, self.expected) == ("proved", "holds")
        return found and not self.wrong_step


def settle_many(
    claims: Iterable[Derivation], executor: Executor | None = None, timeout: float | None = None
) -> list[Record]:
    r"""Decide many claims and return a record of each, in their order; what goes wrong in one is the outcome of that.

    An `executor` is what `concurrent.futures` has for processes, or what a cluster has in its place: the statements of
    a claim and of the steps of its proof go out, the record comes back, and what is proved is compared here with what
    NumPy computes of the claim's own operations. Without one, everything is done here. `timeout` is for each claim, in
    seconds: it is decided in a process of its own then, which is ended (where processes cannot be forked, there is no
    limit). Raises DisagreementError as `settle` does.

    >>> from cnn_symbolic.claims import read_claims, settle_many
    >>> made = read_claims("x = tensor(M)\nclaim(x + x == 2*x)\nclaim(flip(x, axes=(0,)) == x)")
    >>> [(record.title, record.outcome, record.holds_when) for record in settle_many(made.values())]
    [('x + x == 2*x', 'proved', None), ('flip(x, axes=(0,)) == x', 'refuted', 'M = 1')]
    """
    if timeout is not None:
        check_seconds(timeout)
    waiting: list[Callable[[], Record]] = []
    for made in claims:
        try:
            steps = [(step.because, statement) for step, statement in made.step_statements()]
            if executor is None:
                asked = partial(found, made.statement, made.literally, steps)
                waiting.append(partial(recorded, made.title, made.expected, asked, timeout))
                continue
            exported = encode_statement(made.statement), [(why, encode_statement(s)) for why, s in steps]
            sent = made.title, made.expected, *exported, made.literally, timeout
            waiting.append(partial(witnessed, made, executor.submit(record, *sent).result))
        except CnnSymbolicError as error:
            outcome = "undecided" if isinstance(error, TooLargeError) else "failed"
            waiting.append(partial(Record, made.title, made.expected, outcome, reason=str(error)))
    return [answer() for answer in waiting]


def witnessed(made: Derivation, answer: Callable[[], Record]) -> Record:
    """Return what was found elsewhere, of formulas alone, after the witness has computed the claim itself."""
    record = answer()
    if record.outcome == "proved" and not made.literally:
        check_proved(made.statement)
    return record


def record(
    title: str,
    expected: str,
    exported: Mapping[str, Any],
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    literally: tuple[int, ...],
    timeout: float | None,
) -> Record:
    """Return the record of an exported statement: what a process elsewhere is asked to compute."""

    def compute() -> tuple[Verdict, WrongStep | None]:
        return found(decode_statement(exported), literally, [(why, decode_statement(step)) for why, step in steps])

    return recorded(title, expected, compute, timeout)


def found(
    statement: Statement, literally: tuple[int, ...], steps: Iterable[tuple[str, Statement]]
) -> tuple[Verdict, WrongStep | None]:
    """Return the verdict on a claim, and the first step of its proof that does not follow."""
    verdict = decide(statement, literally)
    if isinstance(verdict, Theorem):
        for why, step in steps:
            if not isinstance(of_step := decide(step), Theorem):
                return verdict, (why, of_step)
    return verdict, None


def recorded(
    title: str, expected: str, compute: Callable[[], tuple[Verdict, WrongStep | None]], timeout: float | None
) -> Record:
    """Return the record of a verdict that is computed within so many seconds."""
    start = time.perf_counter()

    def at_limit(_: int, reason: str) -> Record:
        seconds = time.perf_counter() - start
        return Record(title, expected, "undecided", reason=f"{Reason.LIMIT}: {reason}", seconds=seconds)

    if timeout is None:
        return record_of(title, expected, compute)
    limits = Limits(timeout, None)
    ((_, found),) = in_processes(lambda _: record_of(title, expected, compute), 1, 1, limits, at_limit)
    answer: Record = found
    return answer


def record_of(title: str, expected: str, compute: Callable[[], tuple[Verdict, WrongStep | None]]) -> Record:
    """Return the record of a verdict that is computed."""
    start = time.perf_counter()
    try:
        verdict, wrong_step = compute()
    except CnnSymbolicError as error:
        return Record(title, expected, "failed", reason=str(error), seconds=time.perf_counter() - start)
    record = Record(
        title,
        expected,
        OUTCOMES[type(verdict)],
        verdict.evidence,
        written_together(getattr(verdict, "domain", ())),
        seconds=time.perf_counter() - start,
    )
    if wrong_step is not None:
        why, of_step = wrong_step
        outcome = "proved" if isinstance(of_step, Refutation) else "undecided"
        return replace(record, outcome=outcome, wrong_step=f"{why}: {OUTCOMES[type(of_step)]}")
    if isinstance(verdict, Undecided):
        return replace(record, reason=f"{verdict.reason}: {verdict.detail}")
    if isinstance(verdict, HoldsForLiterals):
        return replace(record, reason=f"not proved: {verdict.search}")
    if not isinstance(verdict, Refutation):
        return record
    shapes = verdict.left_shape, verdict.right_shape
    numbers = number(verdict.left_coefficient), number(verdict.right_coefficient)
    left, right = shapes if verdict.kind != "entry" or None in numbers else numbers
    return replace(
        record,
        sizes=dict(verdict.sizes),
        index=verdict.index,
        left=left,
        right=right,
        holds_when=None if verdict.holds_when is None else written(verdict.holds_when),
        given=dict(verdict.given),
        necessary_at=dict(verdict.necessary_at),
        holds_if=None if verdict.holds_if is None else written(verdict.holds_if),
    )


def number(value: Fraction | None) -> int | str | None:
    """Return a fraction as an integer where it is one, else as text."""
    return None if value is None else int(value) if value.denominator == 1 else str(value)
