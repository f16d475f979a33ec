"""What a notebook shows of a report on code: its text, in colour, and the code with the lines marked that are wrong."""

from __future__ import annotations

import re

from cnn_symbolic.backward.agreement.reading_both import Sameness
from cnn_symbolic.backward.agreement.report import text_of
from cnn_symbolic.backward.findings import BackwardReport
from cnn_symbolic.backward.proofs.report import REFUTED, BackwardProof
from cnn_symbolic.present.book.html import environment

REPORTS = (BackwardReport, Sameness)
# What a line of a report begins with, or says, and how it is shown.
STYLES = {r"✓|\S+ +proved for": "right", r"✗|\S+ +refuted": "wrong", r"line \d+: `": "mend", "○": "open"}


def report_text(report: BackwardReport | Sameness) -> str:
    """Return a report as it is printed."""
    return text_of(report) if isinstance(report, Sameness) else report.text()


def report_html(report: BackwardReport | Sameness) -> str:
    """Return a report as a part of an HTML page, which needs nothing else."""
    verdict, _, more = report_text(report).partition("\n\n")
    parts = [[(line, style_of(line)) for line in part.splitlines()] for part in (verdict, more)]
    proof = report.proof if isinstance(report, BackwardReport) else None
    return environment().get_template("report.html").render(parts=parts, listing=[] if proof is None else listed(proof))


def style_of(line: str) -> str:
    """Return the style of a line of a report; none for most."""
    return next((style for start, style in STYLES.items() if re.match(rf" *({start})", line)), "")


def listed(proof: BackwardProof) -> list[tuple[str, str, bool]]:
    """Return the lines of the code that was read, each with its number, and whether it is what is wrong or not read.

    Nothing if no line is.
    """
    mends = [mend for mend in (proof.mend, *(result.mend for result in proof.results)) if mend is not None]
    marked = {mend.line + k for mend in mends for k in range(len(mend.old.strip().splitlines()))}
    marked |= {result.line for result in proof.results if result.outcome != REFUTED and result.line}
    texts = proof.code.splitlines()
    shown = [k for result in proof.results if result.lines for k in range(result.lines[0], result.lines[1] + 1)]
    first, last = min([*shown, *marked], default=1), min(max([*shown, *marked], default=0), len(texts))
    if not marked:
        return []
    width = len(str(last))
    return [(f"{k:>{width}}", texts[k - 1], k in marked) for k in range(first, last + 1)]
