"""What is said at one place of a file: a verdict on a claim or on a result of code, or why a file cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnn_symbolic.backward.findings import FORMULA, BackwardReport, Finding
from cnn_symbolic.backward.proofs.report import OPEN, PROVED, CodeMend, ResultProof, said
from cnn_symbolic.backward.proofs.sources import SourcePlace
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.present.content.words import in_words
from cnn_symbolic.present.terminal import Decided
from cnn_symbolic.proofs.settling import BROKEN

# How bad something is: SARIF's words for it.
ERROR, WARNING, NONE = "error", "warning", "none"
# What may be said: what each rule means, and what to do.
RULES = {
    "as-stated": ("A claim has the verdict that its file states.", ""),
    "refuted": (
        "A claim that is stated as proved is refuted.",
        "At the smallest counterexample the two sides differ. Where the mistake has a name, the claim without it is "
        "proved.",
    ),
    "proved": (
        "A claim that is stated as wrong is proved.",
        "The formula is right for all sizes that satisfy its assumptions.",
    ),
    "holds": (
        "A claim about every stride was decided at literal values only, and is not proved.",
        "State it of these values alone, or with expect='holds for literal values'.",
    ),
    "undecided": ("A claim is neither proved nor refuted.", "The message says what stood in the way."),
    "failed": ("There is a mistake in what declares a claim, or a check of it has failed.", "The message says which."),
    "error": ("Something went wrong in cnn-symbolic itself: there is no verdict.", "Please report it."),
    "unreadable": ("A file cannot be read.", "The message says what was expected where."),
    "right": ("A result of a backward pass is right: proved for all shapes, or at the shapes that were tried.", ""),
    "wrong-gradient": (
        "A result of a backward pass is not the gradient.",
        "The message has the smallest shape, the condition, and the mistake; and the change that mends it, if it is "
        "found.",
    ),
    "misbehaviour": (
        "A backward pass does something else than to return its results.",
        "It raises, changes its arguments, keeps state, or does not return: the message says which.",
    ),
    "not-proved": (
        "A result of a backward pass that was to be proved was tested only.",
        "The message names the line that is not understood.",
    ),
}


@dataclass(frozen=True)
class Fix:
    """A change of a file: at a line and a column, from 1 on, the text that is there is replaced by another one."""

    line: int
    column: int
    old: str
    new: str
    words: str

    @property
    def end(self) -> tuple[int, int]:
        """The line and the column behind the text that is replaced."""
        *before, last = self.old.split("\n")
        return self.line + len(before), len(last) + 1 + (0 if before else self.column - 1)


@dataclass(frozen=True)
class Diagnostic:
    """What is said at `file:line:column`, from 1 on, 0 where that is not known.

    `rule` is a key of RULES, `level` how bad it is. `name` is the claim's id, or the result's name, `message` one line,
    and `details` are lines below it.
    """

    file: str
    line: int
    column: int
    rule: str
    level: str
    name: str
    message: str
    details: tuple[str, ...] = ()
    seconds: float = 0.0
    fix: Fix | None = None


def of_claims(claims: Sequence[Decided]) -> list[Diagnostic]:
    """Return what is said of claims that are decided, each at its place."""
    return [of_claim(one) for one in claims]


def of_claim(one: Decided) -> Diagnostic:
    """Return what is said of a claim that is decided."""
    level = WARNING if one.outcome in ("undecided", "holds") else ERROR
    found = one.outcome if one.outcome in BROKEN or one.as_expected else f"{in_words(one.outcome)}, not {one.expected}"
    place = f"{one.file}:{one.line}:{one.column}"
    details = tuple(text for text, _ in one.remarks if text != place)
    return Diagnostic(
        str(one.file),
        one.line,
        one.column,
        "as-stated" if one.as_expected else one.outcome,
        NONE if one.as_expected else level,
        one.id,
        f"{found}: {one.title}",
        details or ((one.evidence,) if one.evidence != one.outcome else ()),
        one.seconds,
    )


def of_error(error: CnnSymbolicError, file: Path) -> Diagnostic:
    """Return what is said of a file that cannot be read."""
    first, *rest = str(error).splitlines() or [type(error).__name__]
    return Diagnostic(
        str(file), error.line, error.column, "unreadable", ERROR, file.name, error.what or first, tuple(rest)
    )


def of_backward(report: BackwardReport, place: SourcePlace, wanted: bool) -> list[Diagnostic]:
    """Return what is said of a backward pass: of each result, then what else is wrong.

    `place` is where the function is; `wanted` says that every result was to be proved.
    """
    proof = report.proof
    proved = {each.name: each for each in proof.results} if proof is not None else {}
    tested = proof.reason if proof is not None else ""
    wrong = {one.gradient: one for one in reversed(report.findings) if one.kind in FORMULA}
    found = [
        of_result(name, proved.get(name), wrong.get(name), right, report, place, wanted, tested)
        for name, right in report.also_right.items()
    ]
    others = [one for one in report.findings if one.kind not in FORMULA]
    found += [at(place, "misbehaviour", ERROR, str(one.kind), finding_line(one), details(one)) for one in others]
    if proof is not None and proof.fails:
        found.append(at(place, "misbehaviour", ERROR, "exception", proof.fails, (), proof.mend))
    return found


def of_result(
    name: str,
    proof: ResultProof | None,
    finding: Finding | None,
    right: bool,
    report: BackwardReport,
    place: SourcePlace,
    wanted: bool,
    tested: str,
) -> Diagnostic:
    """Return what is said of one result, as it was read and as it was called."""
    about = f"{name} of {report.function}"
    seconds = proof.seconds if proof is not None else 0.0
    mend = proof.mend if proof is not None else None
    told = [said(proof)] if proof is not None else [f"tested, not proved: {tested}"] if tested else []
    if finding is not None or (proof is not None and proof.outcome not in (PROVED, OPEN)):
        lines = (*told, *(details(finding) if finding is not None else ()))
        return at(place, "wrong-gradient", ERROR, name, f"{about} is not the gradient", lines, mend, seconds)
    if proof is not None and proof.outcome == PROVED:
        return at(place, "right", NONE, name, f"{about} is {told[0]}", (), None, seconds)
    if not right:
        return at(place, "misbehaviour", ERROR, name, f"{about} was not judged", (report.evidence,), None, seconds)
    here = place.on(proof.at) if proof is not None and proof.at else place
    rule, level = ("not-proved", WARNING) if wanted else ("right", NONE)
    return at(here, rule, level, name, f"{about}: {told[0] if told else report.evidence}", (report.evidence,))


def at(
    place: SourcePlace,
    rule: str,
    level: str,
    name: str,
    message: str,
    lines: tuple[str, ...] = (),
    mend: CodeMend | None = None,
    seconds: float = 0.0,
) -> Diagnostic:
    """Return what is said at a place, or where the change is that mends it."""
    fix = None if mend is None else Fix(mend.line, mend.column, mend.old, mend.new, mend.words)
    line, column = (place.line, place.column) if fix is None else (fix.line, fix.column)
    if mend is not None:
        lines = (*lines, mend.told(place.file.name))
    return Diagnostic(str(place.file), line, column, rule, level, name, message, lines, seconds, fix)


def finding_line(found: Finding) -> str:
    """Return what is wrong, in a line."""
    return f"{found.kind}: {found.detail.splitlines()[0] if found.detail else ''}".rstrip(": ")


def details(found: Finding) -> tuple[str, ...]:
    """Return what is known of a failure: its mistake, where it is seen, and the smallest example."""
    shapes = ", ".join(f"{name} {shape}" for name, shape in found.shapes.items())
    return tuple(
        filter(
            None,
            (
                found.mistake,
                f"wrong exactly where {found.wrong_where}" if found.wrong_where else "",
                found.detail,
                f"smallest example: {shapes}" if shapes else "",
            ),
        )
    )
