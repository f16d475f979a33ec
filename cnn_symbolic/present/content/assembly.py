"""Assembles a book from claims: decides them and their proofs, on all cores, and puts the entries in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cnn_symbolic.certificates.certifying import Outcome
from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError, ExportError
from cnn_symbolic.ground.limits import LIMITS, Limits
from cnn_symbolic.ground.processes import cores, in_processes
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals
from cnn_symbolic.library.article import ARTICLE, ERRATA
from cnn_symbolic.library.files import GROUPS
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.notation.layout import Layout, Ratio, entry, joined, name, row, sign
from cnn_symbolic.notation.reading import read
from cnn_symbolic.present.content.certified import certified, trusted
from cnn_symbolic.present.content.citing import graphs
from cnn_symbolic.present.content.contents import (
    SIGNS,
    TITLE,
    AboutArticle,
    Book,
    BookEntry,
    BookErratum,
    Chapter,
    Illustration,
    Omitted,
    entry_of,
    is_settled,
)
from cnn_symbolic.present.content.declared import declared_once
from cnn_symbolic.present.content.definitions import definitions
from cnn_symbolic.present.content.headings import Heading, heading_of, read_picture
from cnn_symbolic.present.content.prose import Code, Prose, prose, tidy
from cnn_symbolic.present.figures.pictures import BOOK_PICTURES
from cnn_symbolic.present.figures.svg import svg
from cnn_symbolic.present.figures.tikz import tikz
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.derivation import Derivation
from cnn_symbolic.proofs.settling import BROKEN, Settled, Stopped, settle


def apart(*formulas: str) -> Layout:
    """Return formulas that are given as text, with space between them."""
    return joined(map(read, formulas), row(sign(","), sign("\u2002")))


def derivative(of: Layout) -> Layout:
    """Return the gradient of something with respect to x."""
    return Ratio(row(sign("∂"), of), row(sign("∂"), name("x")), small=False)


NOTATION: tuple[tuple[Layout, str], ...] = (
    (entry(name("x"), [name("i"), name("j")]), "the entry of a tensor; 0 wherever the index lies outside the shape"),
    (apart("x = y", "x ≠ y"), "equal at all sizes that satisfy the assumptions, and not equal at all of them"),
    (read("[·…·]"), "1 where the condition holds, and 0 elsewhere"),
    (apart("x ⋆ f", "x ∗ f"), "cross-correlation and convolution; valid, full or same says which block is kept"),
    (
        derivative(name("C")),
        "the gradient of the cost with respect to every entry of a tensor; this C is never a size",
    ),
    (derivative(read("⟨v, z⟩")), "the gradient of the dot product of v and z, with v held fixed"),
    (apart("σ", "σ′"), "an arbitrary differentiable function, applied entry by entry, and its derivative"),
    (apart("⌊a/b⌋", "⌈a/b⌉"), "a quotient rounded down, and up"),
    (read("M, N, I, J, …"), "sizes: integers from 1 on; the widths of paddings may be 0"),
)
LITERAL_NOTATION = (
    row(name("x"), SIGNS[HoldsForLiterals], name("y")),
    "equal at the literal values that are named, of strides and other factors; not proved for others",
)
RESULTS = "Results"

Watch = Callable[[Iterable[tuple[int, BookEntry | Omitted]]], Iterable[tuple[int, BookEntry | Omitted]]]


def assemble(
    claims: Sequence[Claim],
    jobs: int = 0,
    watch: Watch = iter,
    among: Sequence[Claim] = (),
    outcomes: Sequence[Outcome] | None = None,
    found: Sequence[BookEntry | Omitted] = (),
    limits: Limits = LIMITS,
    heading: Heading | None = None,
    proofs: bool = True,
) -> Book:
    """Return the book of the claims; those neither proved nor refuted, nor stated to hold as they do, are omitted.

    `jobs` is the number of processes that decide them; 0 takes one for each core. `watch` passes the entries and their
    places on as they come, for a progress bar. A proof may cite the theorems before it in `among`, the list that they
    were taken from, or in the claims themselves. `outcomes` says what became of the claims' certificates, one for
    each; `found` is what is printed of each claim, if that is known already. `limits` are those of each claim.
    `heading` is what stands at the head, before what a file says of itself; without `proofs`, lines and numbers are
    left out. Raises ExportError for a proof with a line that was not checked, a citation that is not apt, or outcomes
    that are of other claims; OperandError or ShapeError for a picture that cannot be drawn.
    """
    files = {claim.file: heading_of(claim.file) for claim in claims}
    alone = next(iter(files.values())) if len(files) == 1 else Heading()
    head = alone | (heading or Heading())
    shown = {file: illustrated(of.pictures, f"own-{k}", f"{file}: ") for k, (file, of) in enumerate(files.items(), 1)}
    drawn = illustrated(heading.pictures if heading else (), "own")
    if len(files) == 1:
        drawn = (*next(iter(shown.values())), *drawn)
    if outcomes is not None and [one.claim for one in outcomes] != [claim.id for claim in claims]:
        raise ExportError("the certificates are not those of the claims")
    found = found or entries(claims, jobs or cores(), watch, among, limits)
    if outcomes is not None:
        found = [with_certificate(one, outcome) for one, outcome in zip(found, outcomes, strict=True)]
    above = {tidy(one.id): chapter_of(one, files[one.file], len(files) == 1) for one in claims}
    made = [one for one in found if isinstance(one, BookEntry)]
    made = [replace(one, chapter=above.get(one.id, one.chapter)) for one in made]
    cited = graphs(((one.id, row.theorem) for one in made for row in one.rows if row.theorem), [one.id for one in made])
    made = [one if proofs else replace(one, rows=(), counterexample=None) for one in made]
    file_of = {tidy(claim.id): claim.file for claim in claims}
    made = declared_once(made, lambda one: (one.chapter, file_of[one.id]))
    used = frozenset(operation for entry in made for operation in entry.operations)
    about = [AboutArticle(a.id, prose(a.text), tuple(e.id for e in made if a.id in e.article)) for a in ARTICLE]
    sources: dict[str, dict[Path, None]] = {}  # the files of each chapter, unless one is the whole book
    for claim in claims if len(files) > 1 else ():
        sources.setdefault(above[tidy(claim.id)], {})[claim.file] = None
    codes = {above[tidy(claim.id)]: claim.code.numbered for claim in claims if claim.code is not None}
    notation = (*NOTATION, *([LITERAL_NOTATION] if any(entry.kind == "holds" for entry in made) else []))
    return Book(
        tuple(
            Chapter(
                title,
                tuple(entry for entry in made if entry.chapter == title),
                (*illustrations(title), *(one for file in sources.get(title, ()) for one in shown[file])),
                tuple(prose(text) for file in sources.get(title, ()) for text in files[file].introduction),
                code=codes.get(title, ""),
            )
            for title in dict.fromkeys(entry.chapter for entry in made)
        ),
        tuple((formula, prose(text)) for formula, text in notation),
        definitions(used),
        tuple(one for one in about if one.by),
        tuple(
            BookErratum(prose(e.where), printed_text(e.printed), printed_text(e.correct), prose(e.why))
            for e in ERRATA
            if about[-1].by
        ),
        tuple(one for one in found if isinstance(one, Omitted)),
        None if outcomes is None else trusted(s for e in made if e.certificate for s in e.certificate.statements),
        title=head.title or TITLE,
        author=head.author,
        date=head.date,
        introduction=tuple(map(prose, head.introduction)),
        pictures=drawn,
        graphs=cited,
        proofs=proofs,
    )


def chapter_of(claim: Claim, of: Heading, alone: bool) -> str:
    """Return the title of the chapter of a claim; the file that is the whole book has its own at the head of that."""
    return (RESULTS if alone else of.title) if of.title and claim.code is None else tidy(claim.group)


def with_certificate(one: BookEntry | Omitted, outcome: Outcome) -> BookEntry | Omitted:
    """Return what is printed of a claim with what became of its certificate, which adds to the evidence."""
    if isinstance(one, Omitted):
        return one
    added = outcome.evidence("")
    return replace(one, evidence=(*one.evidence, added) if added else one.evidence, certificate=certified(outcome))


def printed_text(text: str) -> Prose:
    """Return what the article prints, or should: a piece of code or a sentence."""
    return (Code(text),) if re.fullmatch(r"[a-z_]+[\d.(][\w.()]*", text) else prose(text)


def illustrations(title: str) -> tuple[Illustration, ...]:
    """Return the pictures of a chapter; only those of the bundled derivations have some."""
    folder = next((folder for folder, name in GROUPS.items() if name == title), "")
    drawn = []
    for k, shown in enumerate(BOOK_PICTURES.get(folder, ())):
        made = shown.picture()
        name = f"{folder}-{k + 1}".replace("_", "-")
        drawn.append(Illustration(svg(made, identifier=name), tikz(made), prose(shown.caption)))
    return tuple(drawn)


def illustrated(pictures: Iterable[str], name: str, where: str = "") -> tuple[Illustration, ...]:
    """Return the pictures that somebody asks for, each with its title as its caption; `where` begins its errors."""
    try:
        made = [read_picture(text) for text in pictures]
    except CnnSymbolicError as error:
        raise type(error)(f"{where}{error}") from None
    return tuple(
        Illustration(svg(one, identifier=f"{name}-{k}"), tikz(one), prose(f"{one.title}."))
        for k, one in enumerate(made, start=1)
    )


def entries(
    claims: Sequence[Claim], jobs: int, watch: Watch, among: Sequence[Claim] = (), limits: Limits = LIMITS
) -> list[BookEntry | Omitted]:
    """Return the entries of claims in their order, made by so many processes."""
    whole = list(among or claims)
    places = [next(k for k, one in enumerate(whole) if one is claim) for claim in claims]

    def stopped(k: int, reason: str) -> Omitted:
        return Omitted(tidy(claims[k].id), claims[k].derivation.expected, "undecided", reason)

    with closing(in_processes(lambda k: printed(whole, places[k]), len(claims), jobs, limits, stopped)) as done:
        found = dict(watch(done))
    return [found[k] for k in range(len(claims))]


def by_id(claims: Iterable[Claim]) -> dict[str, Derivation]:
    """Return the derivations that can be cited by the claims' ids: those decided for all values of factors."""
    made = ((claim.id, claim.derivation) for claim in claims)
    return {name: one for name, one in made if isinstance(one, Derivation) and not one.literally}


def printed(claims: Sequence[Claim], k: int, settled: Settled | None = None) -> BookEntry | Omitted:
    """Return what a book prints of a claim, which may cite those before it only; or that it does not print it."""
    claim, theorems = claims[k], by_id(claims[:k])
    made = claim.derivation
    try:
        known = settle(made, theorems=theorems) if settled is None else settled
    except DisagreementError as error:
        raise DisagreementError(f"{claim.file.name}: {claim.id}: {error}") from error
    if isinstance(known.verdict, Stopped):
        reason = known.verdict.detail if known.outcome in BROKEN else ""
        return Omitted(tidy(claim.id), made.expected, known.outcome, reason)
    if not is_settled(made):
        return Omitted(tidy(claim.id), made.expected, known.outcome)
    check_order(made, {one.id for one in claims[k:]} - theorems.keys())
    return entry_of(claim, theorems)


def check_order(made: Derivation | Check, later: Set[str]) -> None:
    """Raise ExportError if a proof cites itself or a later claim, by which proofs could go round in a circle."""
    for step in made.steps if isinstance(made, Derivation) else ():
        if step.using in later:
            raise ExportError(
                f"{made.title!r}: the step {step.because!r} cites {step.using}, which does not stand before it"
            )
