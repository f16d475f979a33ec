"""What a book says of certificates: what became of that of each claim, and how a reader checks what was proved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cnn_symbolic.certificates.certifying import Outcome
from cnn_symbolic.certificates.trusted.compiling import library_texts
from cnn_symbolic.notation.layout import name
from cnn_symbolic.notation.reading import read
from cnn_symbolic.present.content.prose import Code, Formula, Prose, printable, tidy

ACCEPTED = "certified"
# How a sentence starts that says what became of a certificate.
UNLIKE = {
    "rejected": "Rejected by Coq",
    "no proof found": "No proof in Coq was found",
    "not run": "Coq was not run",
    "recorded": "Recorded as accepted by Coq, not checked in this run",
}
EVERY_RING = "over every commutative ring"
SAYS = {
    "gradient": f"a gradient, {EVERY_RING}",
    "derived gradient": f"a gradient, {EVERY_RING}, of the last step; what arrives there was differentiated by SymPy",
    "identity": f"equal entries, {EVERY_RING}",
    "derived identity": f"equal entries, {EVERY_RING}; a gradient in it was differentiated by SymPy",
    "number": f"equal numbers, {EVERY_RING}",
    "shape": "equal shapes",
    "counterexample": "the claim is false",
    "reals": "the derivative of every differentiable cost, over the real numbers",
}
# What further files define that statements about real numbers are made of.
FURTHER = ("Differentiation", "Reals")
DEFINED = re.compile(
    r"^(?:\(\*\*(?:(?!\*\)).)*\*\)\n)?^(?:Record|Definition|Fixpoint|Inductive|Canonical)\s+(\w+)\b.*?\.$",
    re.MULTILINE | re.DOTALL,
)
REALS: Prose = (
    "A gradient can have a second statement, about real numbers: for every cost that is differentiable at the output, "
    "and every activation that is differentiable where it is applied, the derivative of the cost by the entry is ",
    Formula(name("G")),
    ". It rests on the axioms of Coq's own real numbers, the others on none.",
)


@dataclass(frozen=True)
class Stated:
    """A statement that Coq checked: its kind, as a certificate calls it, and the text of its file."""

    kind: str
    text: str

    @property
    def heading(self) -> str:
        """What stands above the statement."""
        says = SAYS.get(self.kind)
        return f"Statement checked by Coq: {says}" if says else "Statement checked by Coq"


@dataclass(frozen=True)
class Certified:
    """What became of a claim's certificate, why, and the statements that Coq checked.

    `status` is that of the outcome. There are no statements unless Coq accepted the certificate.
    """

    status: str
    detail: str
    statements: tuple[Stated, ...] = ()

    @property
    def reason(self) -> str:
        """The sentence that says why there is no certificate; empty if there is one."""
        if self.status == ACCEPTED:
            return ""
        return f"{UNLIKE.get(self.status, 'Not certified by Coq')}: {self.detail.rstrip('.')}."


@dataclass(frozen=True)
class Trusted:
    """How statements in Coq are read, as paragraphs, and what they are made of: the names of files, and their texts."""

    reading: tuple[Prose, ...]
    definitions: tuple[tuple[str, str], ...]


def certified(outcome: Outcome) -> Certified:
    """Return what a book says of a claim's certificate."""
    accepted = outcome.certificate if outcome.status == ACCEPTED else None
    statements = () if accepted is None else tuple(Stated(p.kind, printable(p.statement)) for p in accepted.parts)
    return Certified(outcome.status, tidy(outcome.detail), statements)


def trusted(statements: Iterable[Stated]) -> Trusted:
    """Return what a book with certificates says of them all: of these statements."""
    texts = {name: printable(text) for name, text in library_texts().items()}
    about_reals = [one.text for one in statements if one.kind == "reals"]
    excerpts = tuple(needed(about_reals, {name: texts[name] for name in FURTHER if name in texts}))
    paragraphs = (*reading(DEFINED.findall(texts["Definitions"])), *((REALS,) if about_reals else ()))
    return Trusted(paragraphs, (("Definitions.v", texts["Definitions"]), *excerpts))


def needed(statements: Iterable[str], texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what statements need of the definitions in files: of each file its name, and those definitions."""
    defined = {found[1]: found.group() for text in texts.values() for found in DEFINED.finditer(text)}
    words = {word for text in statements for word in re.findall(r"\w+", text)}
    kept: set[str] = set()
    while added := (words & defined.keys()) - kept:
        kept |= added
        words = {word for one in added for word in re.findall(r"\w+", defined[one])}
    for file, text in texts.items():
        if excerpt := [found.group() for found in DEFINED.finditer(text) if found[1] in kept]:
            yield f"{file}.v, in part", "\n\n".join(excerpt) + "\n"


def reading(defined: list[str]) -> tuple[Prose, ...]:
    """Return how a statement is read that is made of these definitions."""
    *first, last = defined
    names = [part for name in first for part in (Code(name), ", ")]
    what: Prose = (
        "An entry that is certified by Coq has a statement in Coq and a proof of it, which Coq checked by itself. The "
        "statement is about every commutative ring: the integers, the real numbers, polynomials. Of two tensors it "
        "says that their shapes and entries are equal at all sizes. Of a gradient with respect to ",
        Formula(name("x")),
        ", of which ",
        Formula(name("G")),
        " is an entry, it says ",
        Formula(read("L(x + t·e) = L(x) + t·G")),
        ": here ",
        Formula(name("L")),
        " is the sum of all entries of the output, each times what arrives at it, as they are made from ",
        Formula(name("x")),
        ", through all intermediate results; ",
        Formula(name("e")),
        " is 1 where ",
        Formula(name("G")),
        " stands, and 0 elsewhere; and ",
        Formula(name("t")),
        " is anything in the ring or, where ",
        Formula(name("L")),
        " is not affine, anything whose square is 0. Of what is refuted it says that the claim is false.",
    )
    how: Prose = (
        "To know what was proved, read the statement and the definitions at the end of this document, and nothing "
        "else: these are trusted, and so is Coq; a proof need not be read. The file ",
        Code("Definitions.v"),
        " defines ",
        *names[:-1],
        " and ",
        Code(last),
        ". In a statement, ",
        Code("assumed"),
        " is what is assumed of the sizes, ",
        Code("possible"),
        " says that there are such sizes, ",
        Code("defined"),
        " that the shapes are equal and the right side exists, and ",
        Code("equal"),
        " that the entries are equal; ",
        Code("claim"),
        " is what was proved.",
    )
    return what, how
