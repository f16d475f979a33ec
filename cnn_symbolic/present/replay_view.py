"""What `replay` shows of a document: of each claim what was decided, what was found, and what is recorded otherwise."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group
from rich.padding import Padding

from cnn_symbolic.ground.printable import printable
from cnn_symbolic.ground.version import __version__
from cnn_symbolic.present.console import MARKS, Styled
from cnn_symbolic.present.content.words import in_words
from cnn_symbolic.present.replaying import FAILED, NOT_DECIDED, Replayed
from cnn_symbolic.present.terminal import LITERAL_MARKS

MOST_SHOWN = 300


def replay_views(rows: Sequence[Replayed], full: bool = False) -> Iterator[Group]:
    """Yield the claims of a document as they were decided; in full, with the lines of their proofs.

    Tensors that are those of the claim before, with the same shapes and definitions, are not shown again.
    """
    for before, one in zip((None, *rows), rows, strict=False):
        yield replay_view(one, full, known=before is not None and before.tensors == one.tensors)


def replay_view(one: Replayed, full: bool, known: bool) -> Group:
    """Return a claim as it was decided; `known` are tensors that were shown before."""
    is_open = not one.differences and one.outcome in (NOT_DECIDED, "undecided", "holds")
    mark, style = (LITERAL_MARKS if is_open else MARKS)[one.confirmed]
    lines = [Styled.assemble((f"{mark} {short(one.id)}", style), f": {headline(one)}")]
    return Group(
        *lines, *(Padding(line, (0, 0, 0, 4)) for line in [*objections(one), *decided_lines(one, full, known)])
    )


def headline(one: Replayed) -> str:
    """Return what was found of a claim, on a line."""
    if one.outcome == NOT_DECIDED:
        return f"{NOT_DECIDED} (recorded: {one.recorded}): {one.detail}"
    found = in_words(one.outcome)
    if one.evidence not in ("", one.outcome):
        found += f": {one.evidence}"
    if one.detail:
        found += f": {one.detail}"
    steps = f"; {one.links} step{'s' if one.links != 1 else ''} follow{'' if one.links != 1 else 's'}"
    return found + (steps if one.lines else "")


def objections(one: Replayed) -> Iterator[Styled]:
    """Yield what is wrong with a claim: its proof, what its author states, what is recorded."""
    if one.wrong_step is not None:
        yield Styled(short(one.wrong_step), style="bold red")
    if one.outcome not in (NOT_DECIDED, FAILED) and not one.as_expected and one.wrong_step is None:
        yield Styled(f"the file says {in_words(one.expected)}", style="red")
    for different in one.differences:
        recorded, found = (short(text) for text in (different.recorded, different.found))
        yield Styled(f"{different.what}: recorded {recorded}; found {found}", style="bold red")


def decided_lines(one: Replayed, full: bool, known: bool) -> Iterator[Styled]:
    """Yield what was decided: the statement, its shapes, where it is meant, and what its tensors are."""
    if not one.statement:
        return
    yield Styled(one.statement)
    of_shape = [f"of shape {one.shapes}"] if one.shapes else []
    sizes = f"for {one.sizes}" if one.sizes else "at these sizes"
    yield Styled(", ".join([*of_shape, sizes + (f" with {one.domain}" if one.domain else "")]), style="dim")
    if one.assumptions:
        yield Styled(f"assuming {one.assumptions}", style="dim")
    if one.tensors:
        yield Styled("where the tensors are as above" if known else f"where {'; '.join(one.tensors)}", style="dim")
    for because, line in one.lines if full or one.wrong_step is not None else ():
        if because:
            yield Styled(f"=   {{ {short(because)} }}", style="italic cyan")
        yield Styled(f"  {line}")


def short(text: str) -> str:
    """Return a text of a document as it can be shown: one short line."""
    return textwrap.shorten(printable(text), MOST_SHOWN, placeholder=" …")


def replay_summary(rows: Sequence[Replayed]) -> str:
    """Return the last line: what was found, and how much of it is as the document says."""
    found = Counter(one.outcome for one in rows)
    counts = ", ".join(f"{number} {in_words(word)}" for word, number in found.items())
    return f"{counts}; {sum(one.confirmed for one in rows)} of {len(rows)} as the document says"


def replay_document(rows: Sequence[Replayed]) -> dict[str, Any]:
    """Return what was found as one JSON value."""
    claims = [asdict(one) | {"confirmed": one.confirmed} for one in rows]
    return {"schema_version": 1, "generator": f"cnn-symbolic {__version__}", "claims": claims}
