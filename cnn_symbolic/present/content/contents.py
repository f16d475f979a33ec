"""What a book of proofs consists of, for every way of printing it: plain data, formulas as layouts.

An entry is made from a claim's proof object alone. A line that the kernel has not decided equal to the line
before it makes an error, and so does a claim that is neither proved nor refuted, unless its author states that it
holds for literal values only: then the entry says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnn_symbolic.expressions.printing import conditions
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.notation.layout import Layout, Sign
from cnn_symbolic.present.content.certified import Certified, Trusted
from cnn_symbolic.present.content.citing import CitationGraph
from cnn_symbolic.present.content.counterexamples import Counterexample, counterexample, holds
from cnn_symbolic.present.content.definitions import OperationDefinition, operations_in
from cnn_symbolic.present.content.proofs import ProofRow, Writer, checked
from cnn_symbolic.present.content.prose import Code, Prose, prose, tidy
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.derivation import Derivation

TITLE = "Gradients of convolutional networks, proved for every shape"
# The signs between the sides of a claim, which say what became of it.
SIGNS: dict[type[Verdict], Sign] = {
    Theorem: Sign("="),
    Refutation: Sign("≠"),
    Undecided: Sign("≟"),
    HoldsForLiterals: Sign("≗"),
}


@dataclass(frozen=True)
class BookEntry:
    """One claim of the book.

    `kind` is "theorem", "refutation", "check" or "holds": not a theorem, but true at literal values of its factors.
    `strength` is the kind of its evidence: "all shapes", "every factor", "listed factors", "fixed shape", "identity",
    "literal values", "ran" or "refuted". `statement` is the claim, `asserted` what a check is about,
    `found` what it found, or what was tried beyond literal values; `abbreviations` say what the names in it stand for,
    such as ℓ₁; those that are `known` are said before, by the first of the entries that follow each other, `following`
    in number, for which it is `declared`. `certificate` is what became of its certificate, if one was asked for.
    """

    id: str
    kind: str
    expected: str
    chapter: str
    title: Prose
    evidence: Prose
    strength: str
    statement: Layout | None = None
    asserted: Prose = ()
    article: tuple[str, ...] = ()
    assumptions: tuple[Layout, ...] = ()
    abbreviations: tuple[Layout, ...] = ()
    known: tuple[Layout, ...] = ()
    declared: tuple[Layout, ...] = ()
    following: int = 0
    rows: tuple[ProofRow, ...] = ()
    found: Prose = ()
    counterexample: Counterexample | None = None
    holds: Prose = ()
    mistake: Prose = ()
    corrected: Layout | None = None
    operations: frozenset[str] = frozenset()
    certificate: Certified | None = None

    @property
    def new(self) -> tuple[Layout, ...]:
        """What the names stand for that are not known."""
        return tuple(said for said in self.abbreviations if said not in self.known)


@dataclass(frozen=True)
class Omitted:
    """A claim that is not printed: there is no proof of it, and no counterexample; or not what its author states.

    `reason` is what went wrong with one that failed.
    """

    id: str
    expected: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class BookErratum:
    """A place of the article, what is printed there, what is correct, and why."""

    where: Prose
    printed: Prose
    correct: Prose
    why: Prose


@dataclass(frozen=True)
class AboutArticle:
    """A claim of the article, and the ids of the entries that settle it."""

    id: str
    text: Prose
    by: tuple[str, ...]


@dataclass(frozen=True)
class Illustration:
    """A picture of a chapter, for a page and for TeX, with its caption."""

    svg: str
    tikz: str
    caption: Prose


@dataclass(frozen=True)
class Chapter:
    """The entries under one heading, what introduces them, their pictures, and the code that they are about."""

    title: str
    entries: tuple[BookEntry, ...]
    pictures: tuple[Illustration, ...] = ()
    introduction: tuple[Prose, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Book:
    """Everything that is printed: chapters, what the notation means, definitions, and about the article.

    `graphs` are the citations of the proofs. `trusted` is what certificates are made of, if they were asked for. With
    `proofs` false, only what is stated is printed.
    """

    chapters: tuple[Chapter, ...]
    notation: tuple[tuple[Layout, Prose], ...]
    definitions: tuple[OperationDefinition, ...]
    article: tuple[AboutArticle, ...] = ()
    errata: tuple[BookErratum, ...] = ()
    omitted: tuple[Omitted, ...] = ()
    trusted: Trusted | None = None
    title: str = TITLE
    author: str = ""
    date: str = ""
    introduction: tuple[Prose, ...] = ()
    pictures: tuple[Illustration, ...] = ()
    graphs: tuple[CitationGraph, ...] = ()
    proofs: bool = True

    @property
    def listed(self) -> bool:
        """Whether there are listings: statements of Coq, or code."""
        return self.trusted is not None or any(chapter.code for chapter in self.chapters)

    @property
    def certified(self) -> int:
        """How many entries have a certificate that Coq accepted."""
        made = (entry.certificate for chapter in self.chapters for entry in chapter.entries)
        return sum(one is not None and not one.reason for one in made)


def entry_of(claim: Claim, theorems: Mapping[str, Derivation] | None = None) -> BookEntry:
    """Return what the book prints of a claim, which may refer to the theorems given by id.

    Raises ExportError if it is neither proved nor refuted, nor stated to hold for literal values only as it does, or if
    it cites a theorem that says something else.
    """
    made, verdict = claim.derivation, claim.derivation.verdict
    common: dict[str, Any] = {
        "id": tidy(claim.id),
        "expected": made.expected,
        "chapter": tidy(claim.group),
        "title": title(made),
        "evidence": prose(claim.evidence(verdict.evidence)),
        "article": made.article,
        "operations": frozenset(o for side in sides_of(made) for o in operations_in(side)),
    }
    if isinstance(made, Check):
        if not made.as_expected:
            raise ExportError(f"{claim.id} did not pass its check, so there is nothing of it to print")
        asserted, found = (program_or_prose(t) for t in (made.written_claim, made.verdict.detail))
        return BookEntry(kind="check", strength=made.strength, asserted=asserted, found=found, **common)
    if isinstance(verdict, Theorem):
        return BookEntry(
            kind="theorem",
            statement=(writer := Writer(made, checked(made))).statement(SIGNS[Theorem]),
            strength=strength_of(verdict),
            assumptions=conditions(verdict.domain),
            abbreviations=writer.abbreviations,
            rows=writer.rows(theorems or {}),
            **common,
        )
    if isinstance(verdict, Refutation) and made.wrong_step is None:
        change = made.mistake
        right = None if change is None else change.formula
        writer = Writer(made, others=() if right is None else (right,))
        return BookEntry(
            kind="refutation",
            statement=writer.statement(SIGNS[Refutation]),
            abbreviations=writer.abbreviations,
            strength="refuted",
            assumptions=conditions(verdict.domain),
            counterexample=counterexample(verdict),
            holds=holds(verdict),
            mistake=() if change is None else prose(change.name),
            corrected=None if right is None else writer.statement(SIGNS[Theorem], right),
            **common,
        )
    if isinstance(verdict, HoldsForLiterals) and made.as_expected:
        writer = Writer(made)
        return BookEntry(
            kind="holds",
            statement=writer.statement(SIGNS[HoldsForLiterals]),
            abbreviations=writer.abbreviations,
            strength="literal values",
            assumptions=conditions(verdict.domain),
            found=prose(verdict.search),
            **common,
        )
    raise ExportError(f"{claim.id} is not proved, so there is no proof of it to print")


def is_settled(made: Derivation | Check) -> bool:
    """Tell whether a claim is proved with every step, refuted, true at literal values as stated, or a passed check."""
    if isinstance(made, Check):
        return made.as_expected
    return made.wrong_step is None and (made.outcome == "refuted" or made.as_expected)


def sides_of(made: Derivation | Check) -> tuple[Any, ...]:
    """Return both sides of a claim."""
    return () if isinstance(made, Check) else (made.left, made.right)


def title(made: Derivation | Check) -> Prose:
    """Return a claim's title; of a claim without one, its text as its author wrote it."""
    if " == " in made.title:
        return (Code(made.title),)
    return prose(made.title.rstrip("."))


def program_or_prose(text: str) -> Prose:
    """Return a text of a check, which may be a formula as SymPy writes it."""
    return (Code(text),) if "**" in text else prose(text)


def strength_of(theorem: Theorem) -> str:
    """Return the kind of a theorem's evidence."""
    if theorem.factors:
        return "listed factors" if theorem.values else "every factor"
    return theorem.evidence
