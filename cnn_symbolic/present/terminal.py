"""Claims, derivations and verdicts on the terminal, with rich."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from cnn_symbolic.backward.findings import BackwardReport
from cnn_symbolic.backward.proofs.sources import SourcePlace
from cnn_symbolic.claims.writing import corrected_claim
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.ground.printable import printable
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict, listed
from cnn_symbolic.library.article import ARTICLE, SECTIONS
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.mistakes.changes import Change
from cnn_symbolic.present.console import MARKS, Styled, plain_table
from cnn_symbolic.present.content.counterexamples import counterexample_lines, differing, right_sizes, why_undefined
from cnn_symbolic.present.content.words import HOLDS, in_words
from cnn_symbolic.present.document import reason
from cnn_symbolic.present.figures.pictures import PICTURES
from cnn_symbolic.proofs.check import Check, Checked
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.proofs.settling import BROKEN, Settled, Stopped
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.tensors.writing import Text

if TYPE_CHECKING:
    from cnn_symbolic.certificates.certifying import Outcome
    from cnn_symbolic.present.content.contents import BookEntry, Omitted

RAN = ("•", "green")
LITERAL_MARKS = {True: ("○", "green"), False: ("○", "yellow")}
COUNTED = {"proved": "proved", "ran": "ran", "holds": HOLDS}
COUNTED |= {word: word for word in ("refuted", "undecided", "failed", "error")}


def mark_of(settled: Settled) -> tuple[str, str]:
    """Return the sign that stands before a claim, and its style: whether it is as its author states."""
    if settled.outcome == "ran":
        return RAN
    marks = LITERAL_MARKS if isinstance(settled.verdict, HoldsForLiterals) else MARKS
    return marks[settled.as_expected]


def holds(refutation: Refutation) -> str:
    """Return under which condition a refuted statement does hold, as half a sentence."""
    if refutation.holds_if is not None:
        every = f"for every {listed(tuple(refutation.given))} it holds" if refutation.given else "it holds"
        return f"{every} when {written(refutation.holds_if)}; {holds_exactly(refutation)}"
    return holds_exactly(refutation)


def holds_exactly(refutation: Refutation) -> str:
    """Return where a refuted statement holds and where it does not, as half a sentence."""
    if refutation.holds_when is None:
        return "the weakest assumption is not known"
    given = ", ".join(f"{name} = {value}" for name, value in refutation.given.items())
    start = f"for {given} it " if given else ""
    when = written(refutation.holds_when)
    if refutation.necessary_at:
        if when == "never":
            return f"for {refutation.necessary} it never holds"
        every = listed(tuple(refutation.necessary_at))
        return f"for every {every} it holds when {when}; necessary at {refutation.necessary}"
    return start + ("never holds" if when == "never" else f"holds exactly when {when}")


def called(refutation: Refutation) -> str:
    """Return what a counterexample is called: only one that is known to be so is the smallest."""
    return "smallest counterexample" if refutation.least and refutation.sizes else "counterexample"


def sizes_text(refutation: Refutation) -> str:
    """Return the sizes of a counterexample: `M = 1, N = 2`."""
    return ", ".join(f"{name} = {value}" for name, value in refutation.sizes.items()) or "the given sizes"


def difference(refutation: Refutation) -> str:
    """Return what differs at the counterexample."""
    if refutation.kind == "defined":
        return f"the right side is not defined there{why_undefined(refutation)}"
    found = differing(refutation)
    if found is None and refutation.kind == "shape":
        return f"the shapes are {refutation.left_shape} and {refutation.right_shape}"
    entry = f"in entry {list(refutation.index)}, " if refutation.index else ""
    if found is not None:
        return f"{entry}the left side is {found[0]}, the right side {found[1]}"
    return (
        f"{entry}{refutation.monomial} has the coefficient {refutation.left_coefficient} on the left, "
        f"{refutation.right_coefficient} on the right"
    )


def detail(verdict: Verdict | Checked | Stopped) -> str:
    """Return what the table says below a claim that is not proved."""
    if isinstance(verdict, Refutation):
        return f"{called(verdict)} {sizes_text(verdict)}; {holds(verdict)}"
    if isinstance(verdict, Stopped | Checked):
        return "" if isinstance(verdict, Checked) and verdict.passed else verdict.detail
    return reason(verdict) or ""


def assumptions(verdict: Verdict | Checked | Stopped) -> str:
    """Return the conditions on the sizes that a verdict is about."""
    return written_together(verdict.domain) if isinstance(verdict, Theorem | Refutation | HoldsForLiterals) else ""


def agreement(verdict: Theorem | HoldsForLiterals) -> str:
    """Return for which sizes the two sides are proved equal, or for which values they are, and what else was tried."""
    condition = f" if {assumptions(verdict)}" if verdict.domain else ""
    if isinstance(verdict, Theorem):
        return f"proved: {verdict.evidence}{condition}"
    return f"{verdict.evidence}{condition}, {detail(verdict)}"


def objection(verdict: Verdict) -> str:
    """Return what is said of a step of a proof with a verdict that is no theorem."""
    if isinstance(verdict, HoldsForLiterals):
        return f"step {verdict.evidence}, and is not proved"
    return "step is undecided" if isinstance(verdict, Undecided) else "step does not follow"


@dataclass(frozen=True)
class Decided:
    """What a run says of a claim that is decided: plain data, which one process can hand to another.

    `remarks` are the lines below its title, each with a style; `view` is the claim by itself, `document` its JSON
    value, `entry` what a book prints of it, and `certificate` what became of its certificate, where these were called
    for.
    """

    id: str
    group: str
    file: Path
    line: int
    column: int
    article: tuple[str, ...]
    title: str
    expected: str
    outcome: str
    as_expected: bool
    mark: tuple[str, str]
    remarks: tuple[tuple[str, str], ...]
    evidence: str
    assumptions: str
    seconds: float
    is_check: bool
    view: Group | None = None
    document: Mapping[str, Any] | None = None
    entry: BookEntry | Omitted | None = None
    certificate: Outcome | None = None


def decided(claim: Claim, settled: Settled, **called_for: Any) -> Decided:
    """Return what is said of a claim that is settled, with what else is called for."""
    made = claim.derivation
    lines = [(printable(text), style) for text, style in remarks(made, settled)]
    if not settled.as_expected and claim.place:
        lines.append((printable(claim.place), "dim"))
    return Decided(
        printable(claim.id),
        printable(claim.group),
        claim.file,
        claim.line,
        claim.column,
        made.article,
        printable(made.title),
        made.expected,
        settled.outcome,
        settled.as_expected,
        mark_of(settled),
        tuple(lines),
        claim.evidence(settled.verdict.evidence),
        assumptions(settled.verdict),
        settled.verdict.seconds,
        isinstance(made, Check),
        **called_for,
    )


def remarks(made: Derivation | Check, settled: Settled) -> Iterator[tuple[str, str]]:
    """Yield what the table says below the title of a claim, line by line, each with its style."""
    if settled.wrong_step is not None:
        step, found = settled.wrong_step
        yield f"a {objection(found)}: {step.because}", "red"
    if text := detail(settled.verdict):
        yield text, "red" if settled.outcome in BROKEN else "dim"
    if not settled.as_expected and settled.wrong_step is None and settled.outcome not in BROKEN:
        yield f"the file says {in_words(made.expected)}", "red"
        if isinstance(made, Derivation) and settled.mistake is not None:
            yield from ((line, "") for line in mistake_lines(made, settled.mistake))


def claims_table(claims: Sequence[Decided]) -> Table:
    """Return the table of claims: claim, evidence with that of its certificate, assumptions, time."""
    table = plain_table("", "Claim", "Evidence", "Assumptions", "Time")
    group = None
    for one in claims:
        if one.group != group:
            group = one.group
            table.add_row("", Styled(group, style="bold cyan"))
        mark, style = one.mark
        table.add_row(
            Styled(mark, style=style),
            Group(Styled(one.title), *(Styled(text, style=of) for text, of in one.remarks)),
            one.evidence,
            one.assumptions or "none",
            f"{one.seconds * 1000:.0f} ms",
        )
    return table


def summary(claims: Sequence[Decided], seconds: float) -> str:
    """Return the last line of a run."""
    found = Counter(one.outcome for one in claims)
    counts = ", ".join(f"{found[one]} {counted(word, found[one])}" for one, word in COUNTED.items() if found[one])
    right = sum(one.as_expected for one in claims)
    return f"{counts}; {right} of {len(claims)} as stated, in {seconds:.1f} s"


def counted(word: str, number: int) -> str:
    """Return the word for an outcome behind a number of claims."""
    return word.replace("holds", "hold") if number > 1 else word


def derivation_view(claim: Claim, settled: Settled, steps: bool = True) -> Group:
    """Return a derivation, line by line with the reasons or as the claim alone, then the verdict."""
    derivation, verdict = claim.derivation, settled.verdict
    parts: list[RenderableType] = [Styled(printable(derivation.title), style="bold")]
    if claim.place:
        parts.append(Padding(Styled(printable(claim.place), style="dim"), (0, 0, 0, 2)))
    if isinstance(verdict, Stopped):
        mark, style = mark_of(settled)
        said = f"{mark} {settled.outcome}: {verdict.detail}"
        lines: Iterable[RenderableType] = [Styled(said, style=style if settled.outcome in BROKEN else "yellow")]
    elif isinstance(derivation, Check):
        lines = checked_lines(derivation, settled)
    else:
        proof = calculation(derivation, settled) if steps else [Styled(derivation.written_claim)]
        lines = [*proof, *verdict_lines(derivation, settled)]
    return Group(*parts, *(Padding(line, (0, 0, 0, 2)) for line in lines), "")


def checked_lines(made: Check, settled: Settled) -> Iterator[Styled]:
    """Yield what was checked, with which evidence, and what was found."""
    mark, style = mark_of(settled)
    yield Styled(made.written_claim)
    said = settled.verdict.evidence
    yield Styled(f"{mark} {said if settled.outcome == 'ran' else f'{settled.outcome}: {said}'}", style=style)
    if isinstance(settled.verdict, Checked):
        yield Styled(settled.verdict.detail)


def calculation(derivation: Derivation, settled: Settled) -> Iterator[RenderableType]:
    """Yield the lines of a derivation in calculational style; of a claim without lines, the statement."""
    if len(settled.lines) < 2:
        yield Styled(derivation.written_claim)
        return
    for line in settled.lines:
        if line.because:
            yield Styled.assemble("=   ", (f"{{ {line.because} }}", "italic cyan"))
        yield Padding(Styled(derivation.written(line)), (0, 0, 0, 2))


def verdict_lines(derivation: Derivation, settled: Settled) -> Iterator[RenderableType]:
    """Yield the verdict: what was proved under which assumptions, or the counterexample with its matrices."""
    verdict = settled.verdict
    mark, style = mark_of(settled)
    if isinstance(verdict, Theorem | HoldsForLiterals):
        yield Styled(f"{mark} {agreement(verdict)} ({verdict.seconds * 1000:.0f} ms)", style=style)
        if derivation.expected == "refuted":
            yield Styled("the file says refuted", style="red")
    elif isinstance(verdict, Refutation):
        yield Styled(f"{mark} refuted: {holds(verdict)}", style=style)
        yield Styled(f"{called(verdict)}: {sizes_text(verdict)}: {difference(verdict)}")
        yield from (Styled(line) for line in counterexample_lines(verdict))
        yield from (Styled(f"{line}.") for line in right_sizes(verdict))
        if (change := settled.mistake) is not None:
            yield from map(Styled, mistake_lines(derivation, change))
    elif isinstance(verdict, Undecided):
        yield Styled(f"{mark} undecided: {detail(verdict)}", style="yellow")
    if settled.wrong_step is not None:
        step, found = settled.wrong_step
        yield Styled(f"the {objection(found)}: {step.because}", style="bold red")


def mistake_lines(derivation: Derivation, change: Change) -> Iterator[str]:
    """Yield the name of a mistake, and what is proved without it: of a claim in a text, the line to paste there."""
    yield f"the mistake: {change.name}; without it, this is proved:"
    yield corrected_claim(derivation, change) or corrected(derivation, change)


def corrected(derivation: Derivation, change: Change) -> str:
    """Return the formula that a change leads to; entries that were written by hand as the claim shows them."""
    if not isinstance(change.formula, Tensor):
        return format_shape(change.formula)
    if isinstance(change.formula.source, Entries):
        written = Text(derivation.index_letters)
        return written.formula(change.formula.formula(derivation.statement.index), derivation.index_names)
    return str(change.formula)


def backward_view(report: BackwardReport, formulas: bool = False, place: SourcePlace | None = None) -> RenderableType:
    """Return the report on a backward pass, its first line in colour; see BackwardReport.text."""
    first, *rest = report.text(formulas, place).splitlines(keepends=True)
    return Styled.assemble((first, "green" if report.right else "bold red"), *rest)


def article_table(claims: Sequence[Decided]) -> tuple[Table, list[str]]:
    """Return the table of the article's claims (id, claim, verdict, evidence, file), and the ids that are open."""
    ratios = {"Claim": 3, "File": 2}
    table = plain_table("", "Id", "Claim", "Verdict", "Evidence", "File", whole="Id", ratios=ratios)
    still_open = []
    section = None
    for stated in ARTICLE:
        if stated.section != section:
            section = stated.section
            table.add_row("", "", Styled(SECTIONS[section], style="bold cyan"))
        settling = [c for c in claims if stated.id in c.article]
        settled = bool(settling) and all(c.as_expected for c in settling)
        still_open += [] if settled else [stated.id]
        ran = settled and all(c.outcome == "ran" for c in settling)
        mark, style = RAN if ran else MARKS[settled]
        outcomes = Counter(c.outcome for c in settling)
        strengths = dict.fromkeys(c.evidence for c in settling if c.outcome != "refuted")
        table.add_row(
            Styled(mark, style=style),
            stated.id,
            stated.text,
            "\n".join(f"{n} {in_words(one)}" if n > 1 else in_words(one) for one, n in outcomes.items()) or "open",
            "\n".join(strengths) or ("counterexample" if settling else ""),
            "\n".join(dict.fromkeys(c.file.stem for c in settling)),
        )
    return table, still_open


def pictures_table() -> Table:
    """Return the table of the pictures that can be drawn: name, what is to be seen, options with their defaults."""
    table = plain_table("Picture", "Shows", "Options", whole="Picture")
    for name, kind in PICTURES.items():
        options = [f"--{key.replace('_', '-')} {shown_option(value)}".strip() for key, value in kind.options.items()]
        table.add_row(name, kind.text, " ".join(options))
    return table


def shown_option(value: Any) -> str:
    """Return the default value of an option as it is typed; nothing where it depends on the others."""
    return "" if value is None else "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
