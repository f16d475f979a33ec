"""What the claims of one file have in common, such as x ∈ ℝ^M: it is said once, before the first of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace

from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.layout import Layout, Sign, parts_of
from cnn_symbolic.present.content.contents import BookEntry

# How the names of abbreviated sizes begin in LaTeX.
SIZE = r"\ell"


def declared_once(entries: Sequence[BookEntry], group: Callable[[BookEntry], Hashable]) -> list[BookEntry]:
    """Return entries in the same order, the first of each group with what at least two of it say of the same names.

    A name that means something else in another entry of the group is left where it is.
    """
    groups: dict[Hashable, list[BookEntry]] = {}
    for one in entries:
        groups.setdefault(group(one), []).append(one)
    made: dict[str, BookEntry] = {}
    for members in groups.values():
        common = shared(members)
        for one in members:
            known = tuple(said for said in one.abbreviations if said in common)
            made[one.id] = replace(one, known=known)
        if common:
            first = members[0]
            made[first.id] = replace(made[first.id], declared=tuple(common), following=len(members))
    return [made[one.id] for one in entries]


def shared(members: Sequence[BookEntry]) -> list[Layout]:
    """Return what at least two entries say, of names that have one meaning in all of them.

    Sizes that are abbreviated are numbered in each entry anew, and what is made of them is left where it is. So is what
    follows a definition that is not shared, and may refer to it.
    """
    meanings: dict[str, dict[Layout, int]] = {}
    for said in (said for one in members for said in one.abbreviations):
        counted = meanings.setdefault(latex(parts_of(said)[0]), {})
        counted[said] = counted.get(said, 0) + 1
    found = [said for of in meanings.values() if len(of) == 1 for said, count in of.items() if count > 1]
    found = [said for said in found if SIZE not in latex(said)]
    while lonely := {said for one in members for said in after_others(one, found)}:
        found = [said for said in found if said not in lonely]
    return found


def after_others(one: BookEntry, found: Collection[Layout]) -> list[Layout]:
    """Return the definitions among some that stand after others in an entry."""
    definitions = [said for said in one.abbreviations if Sign("∈") not in parts_of(said)]
    others = next((k for k, said in enumerate(definitions) if said not in found), len(definitions))
    return [said for said in definitions[others:] if said in found]
