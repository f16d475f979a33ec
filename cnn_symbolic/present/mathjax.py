"""A card as one formula in LaTeX, for MathJax and KaTeX: notebooks show no other LaTeX.

Everything stands in mathematics, words as `\\text{…}`. A character that has a meaning in LaTeX stands outside of
these, where MathJax, KaTeX and LaTeX agree how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.layout import Layout
from cnn_symbolic.present.cards import Card
from cnn_symbolic.present.content.counterexamples import Block, Counterexample, Matrix
from cnn_symbolic.present.content.prose import Code, Formula, Prose
from cnn_symbolic.present.content.words import in_words

WIDTH, NEXT = 90, r" \\ "
SPECIAL = {
    "\\": r"\backslash ", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "{": r"\{", "}": r"\}", "$": r"\$",
    "~": r"{\sim}", "^": r"{\wedge}", "<": "{<}", ">": "{>}",
}  # fmt: skip
# What is written for LaTeX alone, within names, and what MathJax has for it: there, they stand in mathematics.
OTHERWISE = {
    r"\text{\textit{": r"{\mathit{", r"\text{\textrm{": r"{\mathrm{",
    r"\textbackslash{}": r"\backslash ", r"\textasciitilde{}": r"{\sim}", r"\textasciicircum{}": r"{\wedge}",
    r"\textless{}": "{<}", r"\textgreater{}": "{>}",
}  # fmt: skip


def card_latex(card: Card) -> str:
    """Return a card as mathematics between dollar signs."""
    rows = list(card_rows(card))
    return f"${rows[0] if len(rows) == 1 else below(rows)}$"


def below(rows: Iterable[str]) -> str:
    """Return formulas below each other."""
    return rf"\begin{{array}}{{l}} {NEXT.join(rows)} \end{{array}}"


def card_rows(card: Card) -> Iterator[str]:
    """Yield the rows of a card, from its heading to its last sentence."""
    yield from (words(line, "textbf") for line in wrapped(card.title))
    yield from (rf"\displaystyle {words(f)}" for f in card.formulas)
    if card.outcome:
        first, *others = map(words, wrapped((" ", *card.evidence))) if card.evidence else ("",)
        yield rf" \boxed{{\text{{{in_words(card.outcome)}}}}} {first}"
        yield from others
    if card.abbreviations:
        yield r"\text{where } " + r",\; ".join(map(formula, card.abbreviations))
    if card.rows:
        yield proof(card)
    for note in card.notes:
        yield from map(words, wrapped(note))
    if card.counterexample is not None:
        yield from numbers(card.counterexample)
    if card.mistake and card.corrected is not None:
        yield from map(words, wrapped(("The mistake: ", *card.mistake, ". Without it, this is proved:")))
        yield rf"\displaystyle {formula(card.corrected)}"


def proof(card: Card) -> str:
    """Return the lines of a proof, each after the first with its reason."""
    first, *others = card.rows
    lines = [f"& {formula(first.formula)}"]
    for row in others:
        reasons = [words(line) for line in wrapped(row.because, WIDTH // 2)]
        reason = reasons[0] if len(reasons) == 1 else below(reasons)
        lines.append(rf"={{}}& {formula(row.formula)} && {reason}")
    return rf"\begin{{aligned}} {NEXT.join(lines)} \end{{aligned}}"


def numbers(found: Counterexample) -> Iterator[str]:
    """Yield a counterexample: its sizes, what differs, and the matrices, with frames around what differs in them."""
    sizes = ",\\; ".join(map(formula, found.sizes)) or r"\text{the given sizes}"
    yield rf"\text{{{found.called}: }} {sizes}"
    yield from map(words, wrapped(found.difference))
    given = [*map(formula, found.functions), *(b for m in found.values for b in matrix(m))]
    for parts in (given, [b for m in found.sides for b in matrix(m)]):
        if parts and found.sides:
            yield r",\quad ".join(parts)


def matrix(of: Matrix) -> Iterator[str]:
    """Yield the matrices of an array."""
    for block in of.blocks:
        yield f"{formula(block.name)} = {block_latex(block)}"


def block_latex(block: Block) -> str:
    """Return one matrix."""
    rows = []
    for values, marks in zip(block.rows, block.differs, strict=True):
        written = [v if re.fullmatch(r"-?\d+(/\d+)?", v) else words((v,)) for v in values]
        rows.append(" & ".join(rf"\boxed{{{v}}}" if m else v for v, m in zip(written, marks, strict=True)))
    return rf"\begin{{pmatrix}} {NEXT.join(rows)} \end{{pmatrix}}"


def formula(x: Layout) -> str:
    """Return a formula with its names as MathJax writes them."""
    written = latex(x)
    for made, otherwise in OTHERWISE.items():
        written = written.replace(made, otherwise)
    return written


def words(sentence: Prose, style: str = "text") -> str:
    """Return a sentence as mathematics, its words in the given style."""
    written = ""
    for part in sentence:
        if isinstance(part, Formula):
            written += f" {formula(part.layout)} "
        else:
            inside, text = ("texttt", part.text) if isinstance(part, Code) else (style, part)
            pieces = re.split(f"([{re.escape(''.join(SPECIAL))}])", text)
            written += "".join(SPECIAL.get(piece) or rf"\{inside}{{{piece}}}" for piece in pieces if piece)
    return written


def wrapped(sentence: Prose, width: int = WIDTH) -> Iterator[Prose]:
    """Yield a sentence as lines of about so many characters: mathematics is not broken by itself."""
    line: list[str | Formula | Code] = []
    length = 0
    for part in pieces(sentence):
        if length + extent(part) > width and isinstance(part, str) and part.startswith(" "):
            yield tuple(line)
            line, length, part = [], 0, part.lstrip()
        if line and isinstance(line[-1], str) and isinstance(part, str):
            line[-1] += part
        else:
            line.append(part)
        length += extent(part)
    if line:
        yield tuple(line)


def pieces(sentence: Prose) -> Iterator[str | Formula | Code]:
    """Yield the words of a sentence, each with the space before it, and its formulas."""
    for part in sentence:
        if isinstance(part, str):
            yield from re.findall(r"\s*\S+|\s+$", part)
        else:
            yield part


def extent(part: str | Formula | Code) -> int:
    """Return about how many characters wide a part of a sentence is."""
    if isinstance(part, Formula):
        return len(re.sub(r"\\[a-z]+|[{}]", "", latex(part.layout)))
    return len(part.text if isinstance(part, Code) else part)
