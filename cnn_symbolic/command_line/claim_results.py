"""What becomes of the claims of a command: decided, printed as called for, and the status that it exits with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cnn_symbolic.command_line.exits import AS_STATED, INTERNAL, OPPOSITE, UNDECIDED, USAGE, exit_status, request, say
from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError
from cnn_symbolic.ground.limits import LIMITS, Limits

if TYPE_CHECKING:
    from cnn_symbolic.certificates.certifying import Outcome
    from cnn_symbolic.library.loading import Claim
    from cnn_symbolic.present.content.contents import Book, Omitted
    from cnn_symbolic.present.diagnostics.diagnostic import Diagnostic
    from cnn_symbolic.present.terminal import Decided
    from cnn_symbolic.proofs.check import Check
    from cnn_symbolic.proofs.derivation import Derivation
    from cnn_symbolic.proofs.settling import Settled

# What is neither proved nor refuted; what has no verdict.
OPEN, WITHOUT = {"undecided", "holds"}, {"undecided", "failed", "error"}


def run_derivations(derivations: Sequence[Derivation | Check], steps: bool) -> int:
    """Decide derivations that a running file holds, print them, and return the exit status."""
    from cnn_symbolic.library.loading import Claim

    file = Path(sys.argv[0])
    claims = [Claim(d.title, d, file) for d in derivations]
    return exit_status(lambda: guarded(lambda: run(claims, steps=steps)))


def run(
    claims: Sequence[Claim],
    steps: bool = False,
    latex: Path | None = None,
    output: str = "text",
    views: bool = False,
    limits: Limits = LIMITS,
    certificates: Path | None = None,
    jobs: int = 1,
    unread: Mapping[Path, CnnSymbolicError] | None = None,
) -> int:
    """Decide claims, print what is called for (a table; or every claim by itself), and return the exit status.

    With a folder for certificates, the claims are certified too. `limits` are those of each claim. `jobs` is the number
    of processes that decide; 0 takes one for each core. `output` is a format of `command_line.app`; `unread` are the
    files that could not be read, and why.
    """
    from cnn_symbolic.ground.files import check_target, write
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.terminal import claims_table, summary

    if certificates is not None:
        check_certificates(certificates)
    if latex is not None:
        check_target(latex, reading={claim.file for claim in claims})
    start = time.perf_counter()
    shown = steps if output == "text" and (steps or views) else None
    found = decide_all(claims, limits, jobs, steps=shown, json=output == "json", entries=latex is not None)
    seconds = time.perf_counter() - start
    if certificates is not None:
        found = certified(claims, found, certificates)
    if latex is not None:
        from cnn_symbolic.present.book.latex import latex_book
        from cnn_symbolic.present.content.assembly import assemble

        outcomes = None if certificates is None else outcomes_of(found)
        book = assemble(claims, outcomes=outcomes, found=[one.entry for one in found if one.entry is not None])
        write(latex, latex_book(book))
        report_omitted(book, str(latex))
    not_read = f"; {len(unread)} {'texts' if len(unread) > 1 else 'text'} not read" if unread else ""
    if output == "json":
        echo_document(found)
    elif output != "text":
        from cnn_symbolic.present.diagnostics.diagnostic import of_claims, of_error

        said = [*(of_error(error, file) for file, error in (unread or {}).items()), *of_claims(found)]
        echo_diagnostics(output, said, f"{summary(found, seconds) if found else ''}{not_read}".removeprefix("; "))
    else:
        console = make_console()
        for one in found:
            if one.view is not None:
                console.print(one.view)
        if not views and (len(claims) > 1 or not steps):
            console.print(claims_table(found))
        if len(claims) > 1 or unread or not (steps or views):
            console.print(f"{'' if views else chr(10)}{summary(found, seconds)}{not_read}")
        if certificates is not None:
            from cnn_symbolic.present.certificates import certified_lines

            took = time.perf_counter() - start - seconds
            console.print(*certified_lines(found, certificates, took), sep="\n")
    return worst(claims_status(found), certified_status(outcomes_of(found)), USAGE if unread else AS_STATED)


def certify_claims(
    claims: Sequence[Claim],
    folder: Path,
    jobs: int = 0,
    limits: Limits = LIMITS,
    timeout: float | None = None,
    again: bool = False,
    json: bool = False,
) -> int:
    """Decide claims, certify them, print what became of their certificates, and return the exit status.

    `limits` are those of each claim, and Coq has `timeout` seconds for each file.
    """
    from cnn_symbolic.present.certificates import certificates_table, certified_lines
    from cnn_symbolic.present.console import make_console

    check_certificates(folder)
    found = decide_all(claims, limits, jobs, json=json)
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


def check_certificates(folder: Path) -> None:
    """Raise ExportError if certificates cannot be written to a folder, as far as that can be seen before."""
    from cnn_symbolic.certificates.certifying import RECORD
    from cnn_symbolic.ground.files import check_folder, check_target

    check_folder(folder, parents=True)
    if folder.is_dir():
        check_target(folder / RECORD)


def certified(
    claims: Sequence[Claim],
    found: Sequence[Decided],
    folder: Path,
    jobs: int = 0,
    timeout: float | None = None,
    again: bool = False,
) -> list[Decided]:
    """Certify claims, with a progress bar on a terminal, and return what was found with what became of that.

    What has no verdict is not certified: to look for one again could take for ever.
    """
    from cnn_symbolic.certificates.certifying import SECONDS, Outcome, certify

    chosen = [claim for claim, one in zip(claims, found, strict=True) if one.outcome not in WITHOUT]
    watch = watched(len(chosen), "certifying")
    made = certify(chosen, folder, jobs, SECONDS if timeout is None else timeout, watch, again)
    by_id = {outcome.claim: outcome for outcome in made}
    outcomes = [
        by_id.get(claim.id)
        or Outcome(claim.id, None, "not emitted", f"{one.outcome}: there is nothing to certify", 0.0)
        for claim, one in zip(claims, found, strict=True)
    ]
    return [
        replace(one, certificate=outcome, evidence=outcome.evidence(one.evidence))
        for one, outcome in zip(found, outcomes, strict=True)
    ]


def outcomes_of(found: Sequence[Decided]) -> list[Outcome]:
    """Return what became of the certificates that were asked for."""
    return [one.certificate for one in found if one.certificate is not None]


def certified_first(
    claims: Sequence[Claim], folder: Path, jobs: int, limits: Limits = LIMITS, timeout: float | None = None
) -> list[Outcome]:
    """Decide and certify the claims of a book that is to be made, and say on standard error what became of them."""
    from cnn_symbolic.present.certificates import certified_lines
    from cnn_symbolic.present.console import make_console

    check_certificates(folder)
    found = decide_all(claims, limits, jobs)
    start = time.perf_counter()
    found = certified(claims, found, folder, jobs, timeout)
    console = make_console(stderr=True)
    seconds = time.perf_counter() - start
    console.print(*certified_lines(found, folder, seconds), sep="\n", soft_wrap=True)
    return outcomes_of(found)


def echo_document(found: Sequence[Decided]) -> None:
    """Print the JSON document of claims that are decided."""
    from cnn_symbolic.ground.printable import json_text
    from cnn_symbolic.present.document import document, with_certificate

    values = [with_certificate(one.document, one.certificate) for one in found if one.document is not None]
    echo_text(json_text(document(values)))


def echo_diagnostics(output: str, found: Sequence[Diagnostic], last: str = "") -> None:
    """Print diagnostics as another tool reads them; a log, which people read too, has a last line."""
    from cnn_symbolic.present.diagnostics.formats import in_format

    for text in filter(None, (in_format(output, found), last if output == "github" else "")):
        echo_text(text)


@contextmanager
def reporting(output: str, files: Sequence[Path]) -> Iterator[None]:
    """Print an error that ends a command before anything is decided as another tool reads it, too, if it is asked to.

    It is said of the file that it names, else of the first.
    """
    try:
        yield
    except CnnSymbolicError as error:
        if output not in ("text", "json"):
            from cnn_symbolic.present.diagnostics.diagnostic import of_error

            named = [file for file in files if str(file) in str(error)]
            echo_diagnostics(output, [of_error(error, (named or [*files, Path("cnn-symbolic")])[0])])
        raise


def echo_text(text: str) -> None:
    """Print a text for other programs: as UTF-8, whatever the terminal has."""
    from cnn_symbolic.ground.files import encoded

    typer.echo(encoded(text))


def claims_status(claims: Sequence[Decided]) -> int:
    """Return the exit status for claims that are decided."""
    if (broken := broken_status(claims)) != AS_STATED:
        return broken
    found = ((one.expected, one.outcome) for one in claims)
    return status(found) or (AS_STATED if all(one.as_expected for one in claims) else OPPOSITE)


def broken_status(claims: Sequence[Decided | Omitted]) -> int:
    """Return the exit status for what is wrong with claims, or with this package, which is to be reported."""
    if errors := [one.id for one in claims if one.outcome == "error"]:
        say(request(f"it is said of {', '.join(errors)}"), kept="\n")
    return worst(AS_STATED, *({"failed": USAGE, "error": INTERNAL}.get(one.outcome, AS_STATED) for one in claims))


def certified_status(outcomes: Sequence[Outcome]) -> int:
    """Return the exit status for certificates: as for a claim, opposite if Coq rejects one."""
    if any(one.status == "rejected" for one in outcomes):
        return OPPOSITE
    return AS_STATED if all(one.status == "certified" for one in outcomes) else UNDECIDED


def worst(*statuses: int) -> int:
    """Return the exit status that says most: an error, then something opposite, then neither proved nor refuted."""
    return max(statuses, key=(AS_STATED, UNDECIDED, OPPOSITE, USAGE, INTERNAL).index)


def report_omitted(book: Book, where: str) -> None:
    """Say on standard error which claims a book leaves out, and what went wrong with those that failed."""
    if book.omitted:
        names = ", ".join(one.id for one in book.omitted)
        say(f"left out of {where}, not proved as stated: {names}")
    for one in book.omitted:
        if one.reason:
            say(f"{one.id}: {one.reason}")


def book_status(book: Book, certificates: Sequence[Outcome] = ()) -> int:
    """Return the exit status for the claims of a book and for their certificates."""
    if (broken := broken_status(book.omitted)) != AS_STATED:
        return broken
    outcomes = {"theorem": "proved", "refutation": "refuted", "holds": "holds"}
    entries = [entry for chapter in book.chapters for entry in chapter.entries]
    printed = [(entry.expected, outcomes.get(entry.kind, entry.expected)) for entry in entries]
    found = status([*printed, *((one.expected, one.outcome) for one in book.omitted)]) or (
        OPPOSITE if book.omitted else AS_STATED
    )
    return worst(found, certified_status(certificates))


def watched(total: int, doing: str = "proving") -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Return what shows a progress bar, on a terminal that can move its cursor, while it passes things on."""
    from rich.progress import track

    from cnn_symbolic.present.console import make_console

    console = make_console(stderr=True)
    if not console.file.isatty() or console.is_dumb_terminal or total < 2:
        return iter
    return partial(track, description=doing, total=total, console=console, transient=True)


def decide_all(
    claims: Sequence[Claim],
    limits: Limits = LIMITS,
    jobs: int = 1,
    steps: bool | None = None,
    json: bool = False,
    entries: bool = False,
) -> list[Decided]:
    """Decide every claim, with a progress bar on a terminal, and return what is said of them, in their order.

    `limits` are those of each claim; one that meets a limit is undecided. `jobs` is the number of processes; 0 takes
    one for each core. `steps` calls for a view of each claim, line by line or not, `json` for its JSON value,
    `entries` for what a book prints of it.
    """
    from cnn_symbolic.ground.processes import cores, in_processes
    from cnn_symbolic.proofs.settling import at_limit

    def decide(k: int) -> Iterator[Decided]:
        return decided_at(k, claims, steps, json, entries)

    def stopped(k: int, reason: str) -> Decided:
        return said(k, claims, at_limit(reason, limits.seconds or 0.0), steps, json, entries)

    with closing(in_processes(decide, len(claims), jobs or cores(), limits, stopped)) as done:
        found = dict(watched(len(claims), "deciding")(done))
    return [found[k] for k in range(len(claims))]


def decided_at(k: int, claims: Sequence[Claim], steps: bool | None, json: bool, entries: bool) -> Iterator[Decided]:
    """Yield what is said of one of the claims, and again with what takes long; two results that differ end all."""
    from cnn_symbolic.ground.errors import DisagreementError
    from cnn_symbolic.proofs.settling import settled_so_far

    claim, theorems = claims[k], None
    if entries:
        from cnn_symbolic.present.content.assembly import by_id

        theorems = by_id(claims)
    whole = steps is not None or json or entries
    try:
        for settled in settled_so_far(claim.derivation, whole=whole, theorems=theorems):
            yield said(k, claims, settled, steps, json, entries)
    except DisagreementError as error:
        raise DisagreementError(f"{claim.file.name}: {claim.id}: {error}") from error


def said(k: int, claims: Sequence[Claim], settled: Settled, steps: bool | None, json: bool, entries: bool) -> Decided:
    """Return what is said of one of the claims that is settled."""
    from cnn_symbolic.present.document import claim_value
    from cnn_symbolic.present.terminal import decided, derivation_view

    entry = None
    if entries:
        from cnn_symbolic.present.content.assembly import printed

        entry = printed(claims, k, settled)
    claim = claims[k]
    view = None if steps is None else derivation_view(claim, settled, steps)
    return decided(claim, settled, view=view, document=claim_value(claim, settled) if json else None, entry=entry)


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
    """Return what a command returns; an error that the package raises on purpose becomes one line and status 2."""
    try:
        return command()
    except (CnnSymbolicError, OSError) as error:
        say(error, kept="\n" * isinstance(error, ClaimTextError))
        return USAGE
