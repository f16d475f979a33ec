"""What a notebook shows of one object, for every way of showing it: plain data, formulas as layouts.

A claim that is proved, refuted or checked has the entry of the book. Whatever else it is, its card says so, and
has no line of a proof: undecided, or true at literal values only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.printing import conditions
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.notation.layout import Layout, Sign, integer, joined, parts_of, row
from cnn_symbolic.present.content.contents import SIGNS, BookEntry, entry_of, title
from cnn_symbolic.present.content.counterexamples import (
    Counterexample,
    counterexample,
    holds,
    separated,
    valued,
)
from cnn_symbolic.present.content.proofs import ProofRow, Writer
from cnn_symbolic.present.content.prose import Code, Formula, Prose, prose, tidy
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.derivation import OUTCOMES, Derivation
from cnn_symbolic.proofs.lines import Line
from cnn_symbolic.proofs.settling import Settled, Stopped, settle
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Gradient, Named
from cnn_symbolic.tensors.tensor import Equation, Tensor
from cnn_symbolic.tensors.writing import Notation, letters_of

STATED = {
    "proved": "It was stated as a theorem.",
    "refuted": "It was stated as a formula that is wrong.",
    "holds": "It was stated to hold for literal values.",
}


@dataclass(frozen=True)
class Card:
    """What is shown: a heading, formulas below each other, a verdict with its evidence, sentences.

    `rows` are the checked lines of a proof, `entry` is the entry of the book that the card was made from, and `settled`
    what was decided, of a claim.
    """

    title: Prose = ()
    formulas: tuple[Prose, ...] = ()
    outcome: str = ""
    evidence: Prose = ()
    abbreviations: tuple[Layout, ...] = ()
    rows: tuple[ProofRow, ...] = ()
    notes: tuple[Prose, ...] = ()
    counterexample: Counterexample | None = None
    mistake: Prose = ()
    corrected: Layout | None = None
    entry: BookEntry | None = None
    settled: Settled | None = None


def card_of(x: Any) -> Card:
    """Return what is shown of an object; a claim is decided for it."""
    if isinstance(x, Claim):
        return of_claim(x)
    if isinstance(x, Derivation | Check):
        return of_claim(Claim("", x, Path()))
    if isinstance(x, Verdict):
        return of_verdict(x)
    if isinstance(x, Tensor):
        return of_tensor(x)
    if isinstance(x, ShapeOf):
        notation = Notation(letters_of(x))
        return Card(formulas=((Formula(joined([notation.tensor(x), notation.tensor(x.shape)], Sign("="))),),))
    if isinstance(x, Equation):
        return Card(
            formulas=((Formula(joined([Notation({}).tensor(side) for side in (x.left, x.right)], SIGNS[Undecided])),),),
            notes=(("An equation, of which nothing is decided; ", Code("claim(…)"), " makes a claim of it."),),
        )
    raise ExportError(f"there is no card of {type(x).__name__}")


def of_claim(claim: Claim, known: Settled | None = None) -> Card:
    """Return the card of a claim: that of its entry in the book, or one that says why it has none.

    It is decided here unless what was decided is known.
    """
    settled = settle(claim.derivation) if known is None else known
    return replace(of_settled(claim, settled), settled=settled)


def of_settled(claim: Claim, settled: Settled) -> Card:
    """Return the card of a claim that is settled."""
    made = claim.derivation
    if isinstance(settled.verdict, Stopped):
        formulas = () if isinstance(made, Check) else ((Formula(Writer(made).statement(SIGNS[Undecided])),),)
        why = tidy(f"It was not decided: {settled.verdict.detail}.")
        return Card(heading(made), formulas, "undecided", notes=((why,),))
    outcome, doubtful = settled.outcome, settled.wrong_step is not None
    try:
        unprinted = doubtful or isinstance(made.verdict, HoldsForLiterals)
        card = unproved(made) if unprinted else of_entry(replace(entry_of(claim), title=heading(made)))
    except ExportError as error:
        card = unproved(made, str(error))
    if outcome not in ("undecided", "ran", made.expected) and not isinstance(made, Check):
        return replace(card, notes=((STATED[made.expected],), *card.notes))
    return card


def heading(made: Derivation | Check) -> Prose:
    """Return a claim's title; of a claim without one, its text."""
    if isinstance(made, Derivation) and made.title == made.statement.describe():
        return (Code(made.title),)
    return title(made)


def of_entry(entry: BookEntry) -> Card:
    """Return the card of an entry of the book."""
    outcome = "refuted" if entry.kind == "refutation" else "ran" if entry.strength == "ran" else "proved"
    notes = (entry.holds,) if entry.holds else ()
    return Card(
        entry.title,
        ((Formula(entry.statement),),) if entry.statement else (),
        outcome,
        assumed(entry.assumptions) if entry.kind == "refutation" else given(entry.evidence, entry.assumptions),
        entry.abbreviations,
        entry.rows,
        found(entry.asserted, entry.found) if entry.kind == "check" else notes,
        entry.counterexample,
        entry.mistake,
        entry.corrected,
        entry,
    )


def found(asserted: Prose, detail: Prose) -> tuple[Prose, ...]:
    """Return what a check is about and what was found, without what is empty."""
    return ((asserted,) if asserted else ()) + ((("Found: ", *detail),) if detail else ())


def unproved(made: Derivation | Check, why: str = "") -> Card:
    """Return the card of a claim of which there is no proof and no counterexample to show, or a proof that is none."""
    if isinstance(made, Check):
        notes = found(prose(made.written_claim), prose(made.verdict.detail))
        return Card(heading(made), outcome=made.outcome, evidence=prose(made.verdict.evidence), notes=notes)
    verdict = made.verdict
    wrong = made.wrong_step[1] if made.wrong_step is not None else None
    writer = Writer(made)
    return Card(
        heading(made),
        ((Formula(writer.statement(SIGNS[type(verdict)])),),),
        made.outcome,
        (*evidence(verdict), ", but not by these steps")
        if wrong and isinstance(verdict, Theorem)
        else evidence(verdict),
        writer.abbreviations,
        notes=tuple(objections(made, why)),
        counterexample=counterexample(wrong) if isinstance(wrong, Refutation) else None,
    )


def objections(made: Derivation, why: str) -> Iterator[Prose]:
    """Yield why there is no proof of a claim: it is undecided, it holds for literal values, or its proof is not one."""
    if isinstance(made.verdict, Undecided | HoldsForLiterals):
        yield reason(made.verdict)
    elif made.wrong_step is None:
        yield (tidy(f"No proof of it is shown: {why}."),)
    if made.wrong_step is not None:
        step, result = made.wrong_step
        if isinstance(result, Undecided):
            yield "Whether this step of its proof follows is undecided: “", *prose(step.because), "”."
            yield reason(result)
        elif isinstance(result, HoldsForLiterals):
            yield f"This step of its proof {result.evidence}: “", *prose(step.because), "”."
            yield reason(result)
        else:
            yield "This step of its proof does not follow: “", *prose(step.because), "”."


def of_verdict(verdict: Verdict) -> Card:
    """Return the card of what the kernel decided about a statement."""
    decided = verdict.statement
    notation = Notation({})
    names = dict(zip(decided.index, "ijklpq", strict=False))
    sides, sign = (decided.left, decided.right), SIGNS[type(verdict)]
    formulas = [notation.formula(side.formula, names) for side in sides]
    if formulas == [integer(0)] * 2:
        formulas = [notation.tensor(side.shape) for side in sides]
    notes: tuple[Prose, ...] = ()
    if isinstance(verdict, Theorem) and verdict.smallest:
        notes = (("The smallest sizes: ", *separated(map(Formula, valued(verdict.smallest)), ", "), "."),)
    if isinstance(verdict, Refutation):
        notes = (holds(verdict),)
    if isinstance(verdict, Undecided | HoldsForLiterals):
        notes = (reason(verdict),)
    return Card(
        (Code(decided.describe()),),
        ((Formula(joined(formulas, sign)),),),
        OUTCOMES[type(verdict)],
        evidence(verdict),
        notes=notes,
        counterexample=counterexample(verdict) if isinstance(verdict, Refutation) else None,
    )


def reason(verdict: Undecided | HoldsForLiterals) -> Prose:
    """Return why something is undecided, or what was tried beyond literal values."""
    if isinstance(verdict, HoldsForLiterals):
        return ("Not proved for other values: ", *prose(verdict.search), ".")
    return (tidy(f"{verdict.reason}: {verdict.detail}"),)


def evidence(verdict: Verdict) -> Prose:
    """Return what is said behind a verdict's word: how strong it is, and the conditions on the sizes it is about."""
    if isinstance(verdict, Theorem):
        return given(prose(verdict.evidence), conditions(verdict.domain))
    if isinstance(verdict, HoldsForLiterals):
        return given(prose(verdict.evidence.removeprefix("holds for ")), conditions(verdict.domain))
    return assumed(conditions(verdict.domain)) if isinstance(verdict, Refutation) else ()


def given(strength: Prose, assumptions: tuple[Layout, ...]) -> Prose:
    """Return the evidence of a theorem with its assumptions."""
    return (*strength, " if ", *conjunction(assumptions)) if assumptions else strength


def assumed(assumptions: tuple[Layout, ...]) -> Prose:
    """Return the assumptions under which a claim was refuted."""
    return ("under the assumption ", *conjunction(assumptions)) if assumptions else ()


def conjunction(assumptions: tuple[Layout, ...]) -> Prose:
    """Return conditions with words between them."""
    return separated(map(Formula, assumptions), " and ")


def of_tensor(x: Tensor) -> Card:
    """Return the card of a tensor: the operation that it is the result of, its shape, and its entry formula.

    The formula is the shortest of those that the kernel decides equal to the entries.
    """
    made = Derivation("", x, x, "proved")
    lines = [line for line in made.lines if line.folded is None and not line.formula.has(sp.Derivative)]
    shortest = min(lines, key=lambda line: len(made.written(line)), default=Line(made.statement.left.formula))
    writer = Writer(made, (shortest,), (x.source.definition,) if isinstance(x.source, Named) else ())
    notation = writer.notation
    whole = called = notation.tensor(x)
    if isinstance(x.source, Named):
        whole = row(called, Sign("="), notation.tensor(x.source.definition))
    of_shape: Prose = (" of shape ", Formula(notation.tensor(x.shape))) if x.shape else (", a number",)
    formulas: list[Prose] = [(Formula(whole), *of_shape)]
    if isinstance(x.source, Named | Call | Gradient):
        entry = notation.tensor(x, [*made.index_names.values()])
        formulas.append((Formula(row(entry, Sign("="), writer.formula(shortest))),))
    others = tuple(one for one in writer.abbreviations if parts_of(one)[0] != called)
    return Card(formulas=tuple(formulas), abbreviations=others)
