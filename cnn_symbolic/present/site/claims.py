"""Claims on pages: what each derivation file states, what was found of it, and where it is on the site."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from markupsafe import Markup

from cnn_symbolic.library.files import bundled_folder
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.notation.layout import Sign
from cnn_symbolic.present.book.formula_html import formula_html, inline_formula
from cnn_symbolic.present.book.html import anchor, slug
from cnn_symbolic.present.content.contents import sides_of
from cnn_symbolic.present.content.definitions import operations_in
from cnn_symbolic.present.content.proofs import Writer
from cnn_symbolic.present.content.words import in_words
from cnn_symbolic.present.site.markdown import fenced, page, plain, raw
from cnn_symbolic.proofs.check import Check

# The sign before a claim, and that between its sides, by what became of it.
MARKS = {"proved": "✓", "refuted": "✗", "ran": "•", "holds": "○"}
SIGNS = {"proved": Sign("="), "refuted": Sign("≠"), "holds": Sign("≗")}
KINDS = {"proved": "theorem", "refuted": "refutation"}


@dataclass(frozen=True)
class ClaimFinding:
    """What was found of a claim, in words: the kind of its evidence, its assumptions, and what else is to be said."""

    outcome: str
    evidence: str
    assumptions: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownClaim:
    """A claim with what was found of it."""

    claim: Claim
    finding: ClaimFinding

    @property
    def mark(self) -> str:
        """The sign before the claim."""
        return MARKS.get(self.finding.outcome, "?")

    @property
    def target(self) -> str:
        """The name that links lead to."""
        return f"claim-{anchor(self.claim.id)}"

    @property
    def link(self) -> str:
        """The claim as an item of a list, with a link to it."""
        said = ", ".join(filter(None, (self.finding.evidence, f"if {a}" if (a := self.finding.assumptions) else "")))
        return f"- {self.mark} [{plain(self.claim.derivation.title)}](#{self.target}): {plain(said)}"

    @cached_property
    def operations(self) -> frozenset[str]:
        """The operations that it is about."""
        return frozenset(name for side in sides_of(self.claim.derivation) for name in operations_in(side))

    @property
    def module(self) -> str:
        """The page of its file: the path among the derivation files, without its ending."""
        return module_of(self.claim.file)

    def markdown(self) -> str:
        """Return the claim on the page of its file."""
        made, found = self.claim.derivation, self.finding
        said = f"{in_words(found.outcome)}: {found.evidence}" if found.evidence != found.outcome else found.outcome
        facts = [Markup('<span class="badge s-{}">{}</span>').format(slug(found.evidence), said)]
        facts += [Markup('<span class="fact">{}</span>').format(f"if {found.assumptions}")] if found.assumptions else []
        facts += (
            [Markup('<span class="fact">article: {}</span>').format(", ".join(made.article))] if made.article else []
        )
        facts.append(Markup('<span class="fact"><code>{}</code></span>').format(self.claim.id))
        remarks = Markup().join(Markup("<p>{}.</p>").format(text[:1].upper() + text[1:]) for text in found.remarks)
        return page(
            f"({self.target})=\n## {self.mark} {plain(made.title)}",
            raw(
                Markup('<div class="cnn-proofs"><div class="entry {}">{}<p class="facts">{}</p>{}</div></div>').format(
                    KINDS.get(found.outcome, found.outcome), self.statement(), Markup(" ").join(facts), remarks
                )
            ),
        ).rstrip()

    def statement(self) -> Markup:
        """Return both sides of the claim, and what the names in them stand for; of a check what it is about."""
        made = self.claim.derivation
        if isinstance(made, Check):
            return Markup('<div class="statement"><code>{}</code></div>').format(made.written_claim)
        writer = Writer(made)
        shown = Markup('<div class="statement">{}</div>').format(
            formula_html(writer.statement(SIGNS.get(self.finding.outcome, Sign("≟"))))
        )
        *others, last = writer.abbreviations or (None,)
        said = [inline_formula(one, "", ",") for one in others]
        where = Markup(" ").join([*said, *([] if last is None else [inline_formula(last, "", ".")])])
        return shown + (Markup('<p class="where">where {}</p>').format(where) if where else Markup())


def module_of(file: Path) -> str:
    """Return the path of a derivation file among the bundled ones, without its ending."""
    return file.resolve().relative_to(bundled_folder().resolve()).with_suffix("").as_posix()


def theorems(claims: Iterable[ShownClaim]) -> str:
    """Return a list of claims, each with a link to it; proved ones first."""
    order = list(MARKS)
    found = sorted(claims, key=lambda one: order.index(one.finding.outcome) if one.finding.outcome in order else 9)
    return "\n".join(["{.theorems}", *(one.link for one in found)])


def derivation_page(file: Path, claims: Sequence[ShownClaim]) -> str:
    """Return the page of a derivation file: its docstring, its claims with what was found of them, and its source."""
    text = file.read_text(encoding="utf-8")
    title, about = docstring_of(text)
    first = claims[0].claim.id
    return page(
        f"# {plain(title)}",
        *map(plain, about),
        f"`cnn-symbolic prove --steps {first}` prints a proof line by line; the id of each claim stands below it.",
        *(one.markdown() for one in claims),
        "## The file",
        fenced(text, "python"),
    )


def docstring_of(text: str) -> tuple[str, list[str]]:
    """Return the first sentence of a file's docstring, and the paragraphs behind it."""
    first, *others = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")
    title, _, more = first.partition(". (")
    return title.removesuffix("."), ([f"({more}"] if more else []) + others


def using(names: Iterable[str], claims: Iterable[ShownClaim]) -> list[ShownClaim]:
    """Return the claims of the files that use one of these names, or import from a file beside them that does."""
    wanted = set(names)
    return [one for one in claims if wanted & names_in(one.claim.file)]


@cache
def names_in(file: Path) -> frozenset[str]:
    """Return the names that a derivation file uses, those of the files beside it that it imports from, too."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    beside = [file.with_name(f"{node.module}.py") for node in nodes if isinstance(node, ast.ImportFrom)]
    inner = [names_in(other) for other in beside if other.is_file()]
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name)).union(*inner)


def by_file(claims: Iterable[ShownClaim]) -> Mapping[Path, list[ShownClaim]]:
    """Return the claims by the file that states them."""
    found: dict[Path, list[ShownClaim]] = {}
    for one in claims:
        found.setdefault(one.claim.file, []).append(one)
    return found
