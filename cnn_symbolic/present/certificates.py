"""What became of certificates, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from cnn_symbolic.certificates.certifying import Outcome
from cnn_symbolic.present.console import Styled, plain_table
from cnn_symbolic.present.terminal import Decided

MARKS = {"certified": ("✓", "green"), "rejected": ("✗", "bold red")}
OPEN = ("–", "yellow")
# What Coq did not answer in this run, as it is said.
UNCHECKED = {"not run": "not run", "recorded": "recorded, not checked in this run"}


def certificates_table(claims: Sequence[Decided]) -> Table:
    """Return the table of certificates: claim, kind of the certificate, evidence or what became of it, time."""
    table = plain_table("", "Claim", "Certificate", "Evidence", "Time")
    group = None
    for claim in claims:
        if (one := claim.certificate) is None:
            continue
        if claim.group != group:
            group = claim.group
            table.add_row("", Styled(group, style="bold cyan"))
        mark, style = MARKS.get(one.status, OPEN)
        table.add_row(
            Styled(mark, style=style),
            claim.title,
            "none" if one.certificate is None else ", ".join(part.kind for part in one.certificate.parts),
            claim.evidence if one.status == "certified" else f"{claim.evidence}; {said(one)}",
            f"{one.seconds:.1f} s" if one.seconds else "",
        )
    return table


def certified_lines(claims: Sequence[Decided], folder: Path, seconds: float) -> Iterator[RenderableType]:
    """Yield how many claims are certified, and for each other one the reason."""
    outcomes = [claim.certificate for claim in claims if claim.certificate is not None]
    yield Styled(summary(claims, outcomes, folder, seconds))
    without_coq = missing(outcomes)
    for one in outcomes:
        if one.status != "certified" and one.detail != without_coq:
            style = "bold red" if one.status == "rejected" else "yellow"
            yield Styled.assemble((f"{one.claim}: {said(one)}", style), f": {one.detail}")


def said(outcome: Outcome) -> str:
    """Return what is said of a certificate that Coq did not accept."""
    return UNCHECKED.get(outcome.status, outcome.status)


def missing(outcomes: Sequence[Outcome]) -> str | None:
    """Return why no certificate at all was checked, or None if that is not so: it is said once, and not of each."""
    made = [one for one in outcomes if one.certificate is not None]
    details = {one.detail if one.status in UNCHECKED and not one.seconds else None for one in made}
    return details.pop() if len(details) == 1 else None


def summary(claims: Sequence[Decided], outcomes: Sequence[Outcome], folder: Path, seconds: float) -> str:
    """Return the line that counts: the certified theorems and refutations of all, by which Coq, and how fast."""
    if (reason := missing(outcomes)) is not None:
        written = sum(one.certificate is not None for one in outcomes)
        certificates = "1 certificate" if written == 1 else f"{written} certificates"
        recorded = sum(one.status == "recorded" for one in outcomes)
        some = f" ({recorded} recorded as accepted there, not checked in this run)" if recorded else ""
        return f"{certificates} written to {folder} and not run{some}: {reason}"
    certified = [one for one in outcomes if one.status == "certified"]
    counts = []
    for word, plural in (("proved", "theorems"), ("refuted", "refutations")):
        made = [claim.certificate for claim in claims if not claim.is_check and claim.outcome == word]
        if made:
            counts.append(f"{sum(one in certified for one in made)} of {len(made)} {plural}")
    by = certified[0].detail.removeprefix("certified") if certified else ""
    slowest = max(certified, key=lambda one: one.seconds, default=None)
    last = f" (slowest: {slowest.claim} {slowest.seconds:.1f} s)" if slowest is not None else ""
    return f"{' and '.join(counts) or 'nothing'} certified{by} in {seconds:.0f} s{last}"
