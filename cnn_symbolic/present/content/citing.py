"""Which theorems cite which, as graphs that are laid out in columns: what is cited stands left of what cites it.

Theorems that no citation connects are in graphs of their own; what would be taller than a page is laid out in parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

Citation = tuple[str, str]  # the ids of a theorem and of one that its proof cites
TALLEST = 24


@dataclass(frozen=True)
class CitationGraph:
    """The column and the row of each theorem, by id, and the citations between them; columns are as high as `rows`.

    A column with fewer theorems has them in the middle, which may be between two rows.
    """

    places: Mapping[str, tuple[int, float]]
    citations: tuple[Citation, ...]
    rows: int

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return 1 + max(column for column, _ in self.places.values())


def graphs(citations: Iterable[Citation], order: Sequence[str]) -> tuple[CitationGraph, ...]:
    """Return the graphs of citations, each citation in one of them; `order` are the ids as the book has them.

    A theorem that is cited without being in the book comes first.
    """
    found = tuple(dict.fromkeys(citations))
    names = dict.fromkeys((*(cited for _, cited in found if cited not in order), *order))
    place = {name: k for k, name in enumerate(names)}
    found = tuple(sorted(found, key=lambda pair: (place[pair[0]], place[pair[1]])))
    return tuple(graph for part in connected(found) for graph in fitting(part, place))


def connected(citations: Sequence[Citation]) -> list[tuple[Citation, ...]]:
    """Return the citations in groups that have no theorem in common."""
    group: dict[str, int] = {}
    for k, pair in enumerate(citations):
        joined = {group[name] for name in pair if name in group}
        group |= dict.fromkeys((*pair, *(name for name, g in group.items() if g in joined)), k)
    parts: dict[int, list[Citation]] = {}
    for pair in citations:
        parts.setdefault(group[pair[0]], []).append(pair)
    return [tuple(part) for part in parts.values()]


def fitting(citations: tuple[Citation, ...], place: Mapping[str, int]) -> list[CitationGraph]:
    """Return the graph of citations, or several that are not too tall, which share theorems."""
    graph = laid_out(citations, place)
    if graph.rows <= TALLEST or len(citations) == 1:
        return [graph]
    half = len(citations) // 2
    return [*fitting(citations[:half], place), *fitting(citations[half:], place)]


def laid_out(citations: tuple[Citation, ...], place: Mapping[str, int]) -> CitationGraph:
    """Return the graph of citations: each theorem one column behind the last that it cites, near to them."""
    names = sorted({name for pair in citations for name in pair}, key=lambda name: place[name])
    cited: dict[str, list[str]] = {name: [] for name in names}
    for one, other in citations:
        if place[other] < place[one]:
            cited[one].append(other)
    column: dict[str, int] = {}
    for name in names:
        column[name] = 1 + max((column[other] for other in cited[name]), default=-1)
    rows: dict[str, int] = {}
    for _, together in groupby(sorted(names, key=lambda name: column[name]), key=lambda name: column[name]):
        near = sorted(together, key=lambda name: fmean([rows[other] for other in cited[name]] or [place[name]]))
        rows |= {name: k for k, name in enumerate(near)}
    high = Counter(column.values())
    tallest = max(high.values())
    places = {name: (column[name], rows[name] + (tallest - high[column[name]]) / 2) for name in names}
    return CitationGraph(places, citations, tallest)
