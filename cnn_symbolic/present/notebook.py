"""What notebooks show: claims with their proofs, verdicts, tensors and reports on code, as LaTeX and as HTML.

Showing a claim decides it. An object that cannot be shown as mathematics is shown as text; only errors that this
package raises on purpose are a reason for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.book.html import environment
from cnn_symbolic.present.cards import Card, card_of, of_claim
from cnn_symbolic.present.console import as_text
from cnn_symbolic.present.content.counterexamples import counterexample_lines
from cnn_symbolic.present.mathjax import card_latex
from cnn_symbolic.present.reports import REPORTS, report_html, report_text
from cnn_symbolic.present.terminal import agreement, called, derivation_view, detail, difference, holds, sizes_text
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.collecting import aside
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.proofs.settling import Settled, settle


def bundle(x: Any, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> dict[str, str]:
    """Return what a notebook shows of an object, by MIME type: those that are included and not excluded."""
    included, excluded = KINDS.keys() if include is None else set(include), set(exclude or ())
    wanted = [kind for kind in KINDS if kind in included and kind not in excluded]
    with aside():
        if isinstance(x, REPORTS):
            made = {"text/plain": report_text(x), "text/html": report_html(x)}
            return {kind: made[kind] for kind in wanted if kind in made}
        try:
            card = card_of(x) if wanted else None
        except CnnSymbolicError:
            card = None
        return in_kinds(wanted, x, card)


def claim_bundle(claim: Claim, settled: Settled, steps: bool = True) -> dict[str, str]:
    """Return what a notebook shows of a claim that is settled, with the lines of its proof or without them."""
    try:
        card = of_claim(claim, settled)
    except CnnSymbolicError:
        return text_bundle(claim, settled, steps)
    return in_kinds(KINDS, claim, card if steps else replace(card, rows=()))


def text_bundle(claim: Claim, settled: Settled, steps: bool = True) -> dict[str, str]:
    """Return what a notebook shows of a claim that is settled, or of which something is known, as text."""
    text = claim_text(claim, settled, steps)
    return {"text/plain": text, "text/html": preformatted(text)}


def in_kinds(wanted: Iterable[str], x: Any, card: Card | None) -> dict[str, str]:
    """Return an object in all of these kinds that it can be written in."""
    made = {kind: written(kind, x, card) for kind in wanted}
    return {kind: text for kind, text in made.items() if text is not None}


def written(kind: str, x: Any, card: Card | None) -> str | None:
    """Return an object in one of the kinds; as text if there is no card, or if it cannot be written; else None."""
    with suppress(CnnSymbolicError):
        if card is not None:
            return KINDS[kind](x, card)
    if kind == "text/latex":
        return None
    text = plain(x, Card() if card is None else replace(card, rows=()))
    return text if kind == "text/plain" else preformatted(text)


def preformatted(text: str) -> str:
    """Return a text as HTML that shows it as it is."""
    return str(Markup("<pre>{}</pre>").format(text))


def plain(x: Any, card: Card) -> str:
    """Return an object as text: a claim as the command line prints it, its lines only if the card has them."""
    if isinstance(x, Derivation | Check):
        return plain(Claim("", x, Path()), card)
    if isinstance(x, Verdict):
        return "\n".join(verdict_lines(x))
    if not isinstance(x, Claim):
        return repr(x)
    return claim_text(x, settle(x.derivation) if card.settled is None else card.settled, steps=bool(card.rows))


def claim_text(claim: Claim, settled: Settled, steps: bool) -> str:
    """Return a claim that is settled as the command line prints it."""
    return as_text(derivation_view(claim, settled, steps))


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the lines of a verdict of the kernel."""
    yield verdict.statement.describe()
    if isinstance(verdict, Theorem | HoldsForLiterals):
        yield f"  {agreement(verdict)}"
    elif isinstance(verdict, Refutation):
        yield f"  refuted: {holds(verdict)}"
        yield f"  {called(verdict)}: {sizes_text(verdict)}: {difference(verdict)}"
        yield from counterexample_lines(verdict)
    else:
        yield f"  undecided: {detail(verdict)}"


def html(_: Any, card: Card) -> str:
    """Return a card as a part of an HTML page, which needs nothing else."""
    return environment().get_template("card.html").render(card=card)


KINDS: dict[str, Callable[[Any, Card], str]] = {
    "text/plain": plain,
    "text/latex": lambda _, card: card_latex(card),
    "text/html": html,
}
