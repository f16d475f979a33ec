"""The book as a LaTeX document, and one claim of it as a fragment for a document of one's own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from cnn_symbolic.ground.version import __version__
from cnn_symbolic.notation.latex import GREEK, escape, latex
from cnn_symbolic.notation.layout import Layout
from cnn_symbolic.present.content.contents import Book, BookEntry
from cnn_symbolic.present.content.counterexamples import Block
from cnn_symbolic.present.content.listings import latex_listing, latex_words
from cnn_symbolic.present.content.proofs import ProofRow
from cnn_symbolic.present.content.prose import Code, Formula, Prose, prose

WIDEST, SMALL = 60, r"\scriptstyle "
LONGEST_ID = 40  # in two lines of a graph


SIGNS = {
    "×": r"\times", "−": "-", "·": r"\cdot", "∂": r"\partial", "≤": r"\le", "≥": r"\ge", "≠": r"\neq", "′": "'",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⟨": r"\langle", "⟩": r"\rangle",
    "∞": r"\infty", "ᵀ": r"^{\mathsf{T}}", "½": r"\tfrac12", "∈": r"\in", "⋆": r"\star", "∗": r"\ast",
    "⊙": r"\odot",
}  # fmt: skip
# Latin letters and punctuation that the T1 encoding and textcomp have, up to a few letters that they lack.
LATIN = re.compile("[\xa0-\u017fȘșȚț‐‑–—―‘’‚“”„†‡•…‰‹›€™→←↑↓№]")
MISSING = set("ĦħĸĿŀŉŦŧſ")


@cache
def environment() -> Environment:
    """Return the templates; a text reaches them through `escape` alone."""
    made = Environment(  # noqa: S701 - LaTeX, not HTML
        loader=PackageLoader("cnn_symbolic", "present/book/templates"),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals |= {
        "because": because,
        "breaking": breaking,
        "escape": escape,
        "formula": proof_line,
        "latex": latex,
        "listing": latex_listing,
        "math": breakable,
        "matrix_latex": matrix_latex,
        "prose": prose,
        "text": text,
        "words": latex_words,
    }
    return made


def latex_book(book: Book) -> str:
    """Return the document."""
    entries = [entry for chapter in book.chapters for entry in chapter.entries]
    labels = {f"def:{one.operation}": f"def:{one.operation}" for one in book.definitions}
    labels |= {entry.id: f"claim:{k}" for k, entry in enumerate(entries, start=1)}
    written = (
        environment()
        .get_template("book.tex")
        .render(
            version=__version__,
            counts=Counter(entry.kind for entry in entries),
            labels=labels,
            drawn=bool(book.pictures or book.graphs) or any(chapter.pictures for chapter in book.chapters),
            certified=book.certified,
            listed=book.listed,
            **vars(book),
        )
    )
    return portable(written)


def latex_fragment(entry: BookEntry) -> str:
    """Return one claim with its proof, to be read with `\\input`."""
    template = environment().get_template("fragment.tex")
    return portable(template.render(entry=entry, label=f"claim:{label(entry.id)}", labels={}))


def portable(document: str) -> str:
    """Return a document with letters and signs that LaTeX's fonts lack as mathematics, or by their numbers."""
    return "".join(map(character, document))


def character(c: str) -> str:
    """Return one character of a document."""
    if c in GREEK or c in SIGNS:
        return rf"\ensuremath{{\{GREEK[c]}}}" if c in GREEK else rf"\ensuremath{{{SIGNS[c]}}}"
    if c == "\n" or (c.isascii() and c.isprintable()) or (LATIN.match(c) and c not in MISSING):
        return c
    return " " if c.isspace() else rf"\cnnother{{{ord(c):04X}}}"


def breaking(name: str) -> str:
    """Return a claim's id, which may be broken behind its underscores; of a long one the beginning."""
    name = name if len(name) <= LONGEST_ID else f"{name[: LONGEST_ID - 1]}…"
    return rf"\texttt{{{escape(name)}}}".replace(r"\_", r"\_\allowbreak ")


def label(name: str) -> str:
    """Return a claim's id without what has a meaning in LaTeX."""
    return "".join(c if (c.isascii() and c.isalnum()) or c in "._-" else f"u{ord(c):x}" for c in name)


def text(sentence: Prose) -> str:
    """Return a sentence."""
    written = ""
    for part in sentence:
        if isinstance(part, Formula):
            written += f"${latex(part.layout)}$"
        elif isinstance(part, Code):
            written += rf"\texttt{{{escape(part.text)}}}"
        else:
            written += escape(part)
    return written


def because(row: ProofRow, labels: Mapping[str, str]) -> str:
    """Return the reason of a line, with a reference to the definition or the theorem that it names, if there is one."""
    where = labels.get(row.theorem, "") or labels.get(f"def:{row.definition}", "")
    reason = text(row.because)
    return rf"\hyperref[{where}]{{{reason} (\ref*{{{where}}})}}" if where else reason


def breakable(x: Layout | None) -> str:
    """Return a formula that may also be broken between factors and between arguments."""
    formula = re.sub(r"(\\mathrm\{[^{}]*\})=", r"\1{=}", "" if x is None else latex(x))
    return formula.replace(r" \, ", r" \cnntimes ").replace(", ", r" \cnncomma ")


def proof_line(x: Layout) -> str:
    """Return a formula in the column of a proof; one with a part that is too wide for it in small type."""
    longest = length = depth = 0
    for part in re.findall(r" \\, |, | [-+=] |\\[A-Za-z]+ ?|.", latex(x)):
        depth += {"{": 1, "}": -1}.get(part, 0)
        length = 0 if depth == 0 and part[0] in " ," else length + (part not in "{}_^")
        longest = max(longest, length)
    return rf"\cnnformula{{{SMALL if longest > WIDEST else ''}{breakable(x)}}}"


def matrix_latex(block: Block) -> str:
    """Return a matrix, the entries that differ in frames."""
    rows = []
    for numbers, marks in zip(block.rows, block.differs, strict=True):
        rows.append(" & ".join(rf"\cnndiffers{{{n}}}" if m else n for n, m in zip(numbers, marks, strict=True)))
    return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"
