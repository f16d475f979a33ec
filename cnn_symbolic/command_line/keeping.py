"""What becomes of what is proved of a backward pass: certificates, and a book of its code with its formulas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_symbolic.command_line.exits import AS_STATED, UNDECIDED, say
from cnn_symbolic.ground.limits import Limits

if TYPE_CHECKING:
    from cnn_symbolic.backward.findings import BackwardReport
    from cnn_symbolic.certificates.certifying import Outcome
    from cnn_symbolic.library.loading import Claim

# What is said of the claims of a book about code.
ABOUT = (
    "The code is a backward pass of {layer}. Its formulas below were read from it, for arrays of all shapes, and the "
    "function was called, too, to see that it returns what was read. That each is the gradient was decided by the "
    "kernel. What was read computes with real numbers.",
    "Formulas are printed without conditions that always hold, and without sums of one term: each is proved equal to "
    "what was read.",
)


def check_targets(book: Path | None, certificates: Path | None) -> None:
    """Raise ExportError if what is to be written cannot be, as far as that can be seen before."""
    from cnn_symbolic.command_line.claim_results import check_certificates
    from cnn_symbolic.present.book.publishing import check_files, files

    if book is not None:
        check_files(files(book), frozenset(files(book)))
    if certificates is not None:
        check_certificates(certificates)


def keep(report: BackwardReport, book: Path | None, certificates: Path | None, limits: Limits) -> int:
    """Certify what is proved of a backward pass, print it as a book, each if there is a folder; return the status."""
    from cnn_symbolic.command_line.claim_results import certified_status, worst

    as_read, shown = claims_of(report)
    if not as_read:
        say("no result is proved: there is nothing to certify and to print")
        return UNDECIDED
    outcomes, statuses = None, [AS_STATED]
    if certificates is not None:
        printed = () if book is None else shown
        known = certified_first([*printed, *others(as_read, printed)], certificates, limits)
        statuses.append(certified_status(known))
        outcomes = known[: len(printed)]
    if book is not None:
        statuses.append(publish_code(shown, book, outcomes, limits))
    return worst(*statuses)


def claims_of(report: BackwardReport) -> tuple[list[Claim], list[Claim]]:
    """Return what is proved as claims, with formulas as they were read, and as they are printed."""
    from cnn_symbolic.library.loading import Claim, CodeListing

    made = report.proof.kept() if report.right and report.proof is not None and report.proof.kept is not None else ()
    total, seen = Counter(each.name for each in made), Counter[str]()
    as_read, shown = [], []
    for each in made:
        seen[each.name] += 1
        name = each.name if total[each.name] == 1 else f"{each.name}_{seen[each.name]}"
        lines = each.source.lines or (1, len(each.source.text.splitlines()))
        code = CodeListing(each.source.file, lines, each.source.text, each.layer)
        claim = Claim(name, each.read, Path(each.source.file), lines[0], 1, code)
        as_read.append(claim)
        shown.append(replace(claim, derivation=each.readable))
    return as_read, shown


def others(as_read: Sequence[Claim], printed: Sequence[Claim]) -> list[Claim]:
    """Return the claims about formulas as they were read, those left out that are printed as they are."""
    from cnn_symbolic.proofs.derivation import Derivation

    if not printed:
        return list(as_read)
    found = []
    for own, other in zip(as_read, printed, strict=True):
        made, shown = own.derivation, other.derivation
        if isinstance(made, Derivation) and isinstance(shown, Derivation) and made.right is not shown.right:
            title = f"{made.title}, as it was read"
            found.append(replace(own, id=f"{own.id}_as_read", derivation=replace(made, title=title)))
    return found


def certified_first(claims: Sequence[Claim], folder: Path, limits: Limits) -> list[Outcome]:
    """Decide claims, have Coq check them, and print what became of each."""
    import time

    from cnn_symbolic.command_line.claim_results import certified, decide_all, outcomes_of
    from cnn_symbolic.present.certificates import certificates_table, certified_lines
    from cnn_symbolic.present.console import make_console

    found = decide_all(claims, limits, 0)
    start = time.perf_counter()
    found = certified(claims, found, folder)
    console = make_console()
    console.print(certificates_table(found))
    console.print()
    console.print(*certified_lines(found, folder, time.perf_counter() - start), sep="\n")
    return outcomes_of(found)


def publish_code(claims: Sequence[Claim], folder: Path, outcomes: Sequence[Outcome] | None, limits: Limits) -> int:
    """Write the book of claims that were read from code, and return the exit status."""
    from cnn_symbolic.command_line.claim_results import book_status, report_omitted, watched
    from cnn_symbolic.ground.printable import printable
    from cnn_symbolic.present.book.publishing import files, publish
    from cnn_symbolic.present.content.assembly import assemble
    from cnn_symbolic.present.content.headings import Heading

    code = claims[0].code
    layers = ", ".join(dict.fromkeys(claim.code.layer for claim in claims if claim.code is not None))
    heading = Heading(
        f"The backward pass in {code.title if code is not None else ''}",
        introduction=tuple(text.format(layer=layers) for text in ABOUT),
    )
    made = assemble(claims, 0, watched(len(claims)), outcomes=outcomes, limits=limits, heading=heading)
    report_omitted(made, str(folder))
    for file in publish(made, folder, frozenset(files(folder)), say):
        print(printable(file))
    return book_status(made, outcomes or ())
