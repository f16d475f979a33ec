"""What becomes of the claims of a command: decided, printed as called for, and the status that it exits with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from cnn_symbolic.certificates.certifying import Outcome
    from cnn_symbolic.library.loading import Claim
    from cnn_symbolic.present.content.contents import Book
    from cnn_symbolic.present.terminal import Decided
    from cnn_symbolic.proofs.check import Check
    from cnn_symbolic.proofs.derivation import Derivation

AS_STATED, OPPOSITE, USAGE, UNDECIDED, DISAGREEMENT = 0, 1, 2, 3, 4
# What is neither proved nor refuted.
OPEN = {"undecided", "holds"}


def run_derivations(derivations: Sequence[Derivation | Check], steps: bool) -> int:
    """Decide derivations that a running file holds, print them, and return the exit status."""
    from cnn_symbolic.library.loading import Claim

    file = Path(sys.argv[0])
    return int(guarded(lambda: run([Claim(d.title, d, file) for d in derivations], steps=steps)))


def run(
    claims: Sequence[Claim],
    steps: bool = False,
    latex: Path | None = None,
    json: bool = False,
    views: bool = False,
    timeout: float | None = None,
    certificates: Path | None = None,
    jobs: int = 1,
) -> int:
    """Decide claims, print what is called for (a table; or every claim by itself), and return the exit status.

    With a folder for certificates, the claims are certified too. `jobs` is the number of processes that decide; 0
    takes one for each core.
    """
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.terminal import claims_table, summary

    if certificates is not None:
        from cnn_symbolic.certificates.certifying import make_folder

        make_folder(certificates)
        jobs = 1  # what certifies them needs the verdicts here
    start = time.perf_counter()
    shown = not json and (steps or views)
    found = decide_all(claims, timeout, jobs, steps=steps if shown else None, json=json, entries=latex is not None)
    seconds = time.perf_counter() - start
    if certificates is not None:
        found = certified(claims, found, certificates)
    if latex is not None:
        from cnn_symbolic.ground.files import write
        from cnn_symbolic.present.book.latex import latex_book
        from cnn_symbolic.present.content.assembly import assemble

        outcomes = None if certificates is None else outcomes_of(found)
        book = assemble(claims, outcomes=outcomes, found=[one.entry for one in found if one.entry is not None])
        write(latex, latex_book(book))
        report_omitted(book, str(latex))
    if json:
        echo_document(found)
    else:
        console = make_console()
        for one in found:
            if one.view is not None:
                console.print(one.view)
        if not views and (len(claims) > 1 or not steps):
            console.print(claims_table(found))
        if len(claims) > 1 or not (steps or views):
            console.print(f"{'' if views else chr(10)}{summary(found, seconds)}")
        if certificates is not None:
            from cnn_symbolic.present.certificates import certified_lines

            took = time.perf_counter() - start - seconds
            console.print(*certified_lines(found, certificates, took), sep="\n")
    return worst(claims_status(found), certified_status(outcomes_of(found)))


def certify_claims(
    claims: Sequence[Claim], folder: Path, jobs: int = 0, timeout: float | None = None, again: bool = False,
    json: bool = False,
) -> int:  # fmt: skip
    """Decide claims, certify them, print what became of their certificates, and return the exit status."""
    from cnn_symbolic.certificates.certifying import make_folder
    from cnn_symbolic.present.certificates import certificates_table, certified_lines
    from cnn_symbolic.present.console import make_console

    make_folder(folder)
    found = decide_all(claims, json=json)
    start = time.perf_counter()
    found = certified(claims, found, folder, jobs, timeout, again)
    seconds = time.perf_counter() - start
    if json:
        echo_document(found)
    else:
        console = make_console()
        console.print(certificates_table(found))
        console.print()
        console.print(*certified_lines(found, folder, seconds), sep="\n")
    return worst(claims_status(found), certified_status(outcomes_of(found)))


def certified(
    claims: Sequence[Claim],
    found: Sequence[Decided],
    folder: Path,
    jobs: int = 0,
    timeout: float | None = None,
    again: bool = False,
) -> list[Decided]:
    """Certify claims, with a progress bar on a terminal, and return what was found with what became of that."""
    from cnn_symbolic.certificates.certifying import SECONDS, certify

    watch = watched(len(claims), "certifying")
    outcomes = certify(claims, folder, jobs, SECONDS if timeout is None else timeout, watch, again)
    return [
        replace(one, certificate=outcome, evidence=outcome.evidence(one.evidence))
        for one, outcome in zip(found, outcomes, strict=True)
    ]


def outcomes_of(found: Sequence[Decided]) -> list[Outcome]:
    """Return what became of the certificates that were asked for."""
    return [one.certificate for one in found if one.certificate is not None]


def certified_first(claims: Sequence[Claim], folder: Path, jobs: int, timeout: float) -> list[Outcome]:
    """Decide and certify the claims of a book that is to be made, and say on standard error what became of them."""
    from cnn_symbolic.certificates.certifying import make_folder
    from cnn_symbolic.present.certificates import certified_lines
    from cnn_symbolic.present.console import make_console

    make_folder(folder)
    found = decide_all(claims)
    start = time.perf_counter()
    found = certified(claims, found, folder, jobs, timeout)
    console = make_console(stderr=True)
    seconds = time.perf_counter() - start
    console.print(*certified_lines(found, folder, seconds), sep="\n", soft_wrap=True)
    return outcomes_of(found)


def echo_document(found: Sequence[Decided]) -> None:
    """Print the JSON document of claims that are decided."""
    from json import dumps

    from cnn_symbolic.present.document import document, with_certificate

    values = [with_certificate(one.document, one.certificate) for one in found if one.document is not None]
    typer.echo(dumps(document(values), ensure_ascii=False))


def claims_status(claims: Sequence[Decided]) -> int:
    """Return the exit status for claims that are decided."""
    if any(one.outcome == "failed" for one in claims):
        return USAGE
    found = ((one.expected, one.outcome) for one in claims)
    return status(found) or (AS_STATED if all(one.as_expected for one in claims) else OPPOSITE)


def certified_status(outcomes: Sequence[Outcome]) -> int:
    """Return the exit status for certificates: as for a claim, opposite if Coq rejects one."""
    if any(one.status == "rejected" for one in outcomes):
        return OPPOSITE
    return AS_STATED if all(one.status == "certified" for one in outcomes) else UNDECIDED


def worst(*statuses: int) -> int:
    """Return the exit status that says most: an error, then something opposite, then neither proved nor refuted."""
    return max(statuses, key=(AS_STATED, UNDECIDED, OPPOSITE, USAGE, DISAGREEMENT).index)


def report_omitted(book: Book, where: str) -> None:
    """Say on standard error which claims a book leaves out, and what went wrong with those that failed."""
    if book.omitted:
        names = ", ".join(one.id for one in book.omitted)
        typer.echo(f"cnn-symbolic: left out of {where}, not proved as stated: {names}", err=True)
    for one in book.omitted:
        if one.reason:
            typer.echo(f"cnn-symbolic: {one.id}: {one.reason}", err=True)


def book_status(book: Book, certificates: Sequence[Outcome] = ()) -> int:
    """Return the exit status for the claims of a book and for their certificates."""
    if any(one.outcome == "failed" for one in book.omitted):
        return USAGE
    outcomes = {"theorem": "proved", "refutation": "refuted", "holds": "holds"}
    entries = [entry for chapter in book.chapters for entry in chapter.entries]
    printed = [(entry.expected, outcomes.get(entry.kind, entry.expected)) for entry in entries]
    found = status([*printed, *((one.expected, one.outcome) for one in book.omitted)]) or (
        OPPOSITE if book.omitted else AS_STATED
    )
    return worst(found, certified_status(certificates))


def watched(total: int, doing: str = "proving") -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Return what shows a progress bar, on a terminal, while it passes things on."""
    from rich.progress import track

    from cnn_symbolic.present.console import make_console

    console = make_console(stderr=True)
    quiet = not console.is_terminal or total < 2
    return partial(track, description=doing, total=total, console=console, transient=True, disable=quiet)


def decide_all(
    claims: Sequence[Claim],
    timeout: float | None = None,
    jobs: int = 1,
    steps: bool | None = None,
    json: bool = False,
    entries: bool = False,
) -> list[Decided]:
    """Decide every claim, with a progress bar on a terminal, and return what is said of them, in their order.

    Each has so many seconds, if there is a limit. `jobs` is the number of processes; 0 takes one for each core.
    `steps` calls for a view of each claim, line by line or not, `json` for its JSON value, `entries` for what a book
    prints of it.
    """
    from cnn_symbolic.ground.processes import cores, in_processes

    def decide(k: int) -> Decided:
        return decided_at(k, claims, timeout, steps, json, entries)

    with closing(in_processes(decide, len(claims), jobs or cores())) as done:
        found = dict(watched(len(claims), "deciding")(done))
    return [found[k] for k in range(len(claims))]


def decided_at(
    k: int, claims: Sequence[Claim], timeout: float | None, steps: bool | None, json: bool, entries: bool
) -> Decided:
    """Return what is said of one of the claims; two results that differ end all."""
    from cnn_symbolic.ground.errors import DisagreementError
    from cnn_symbolic.present.document import claim_value
    from cnn_symbolic.present.terminal import decided, derivation_view
    from cnn_symbolic.proofs.settling import settle

    claim, theorems = claims[k], None
    if entries:
        from cnn_symbolic.present.content import assembly

        theorems = assembly.by_id(claims)
    whole = steps is not None or json or entries
    try:
        settled = settle(claim.derivation, timeout, whole=whole, theorems=theorems)
    except DisagreementError as error:
        raise DisagreementError(f"{claim.file.name}: {claim.id}: {error}") from error
    return decided(
        claim,
        settled,
        view=None if steps is None else derivation_view(claim, settled, steps),
        document=claim_value(claim, settled) if json else None,
        entry=assembly.printed(claims, k, settled) if entries else None,
    )


def status(outcomes: Iterable[tuple[str, str]]) -> int:
    """Return the exit status for pairs of (stated, found) outcomes.

    What is neither proved nor refuted is not the opposite of anything. A claim that is stated to hold for literal
    values is as stated if it is proved for all of them.
    """
    unlike = [found for stated, found in outcomes if found != stated and (stated, found) != ("holds", "proved")]
    if OPEN.issuperset(unlike):
        return UNDECIDED if unlike else AS_STATED
    return OPPOSITE


def guarded(command: Any) -> Any:
    """Return what a command returns; an error that the package raises on purpose becomes one line and status 2.

    Two computations that disagree are no verdict: that is one line, and a status of its own.
    """
    from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError

    try:
        return command()
    except (CnnSymbolicError, OSError, DisagreementError) as error:
        typer.echo(f"cnn-symbolic: {error}", err=True)
        return DISAGREEMENT if isinstance(error, DisagreementError) else USAGE
