"""Proofs for terms that are counted, split or cancelled: every term becomes a sum over the entries that it reads.

Terms that read entries of the same tensors are brought to the same box, whose indices are those of the entries; an
index that no entry depends on is counted. Then Coq compares, entry by entry, how often each side has it.

Not trusted: Coq checks every step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import sympy as sp

from cnn_symbolic.certificates.search.gathering import Gathered, Place, arranged, common_place, gathered_term
from cnn_symbolic.certificates.search.maps import maps_between
from cnn_symbolic.certificates.trusted.certificate import NoProofFound
from cnn_symbolic.certificates.trusted.expressions import Guard
from cnn_symbolic.certificates.trusted.integers import integer_text
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.certificates.trusted.terms import ONE, Flat, key_of
from cnn_symbolic.certificates.trusted.writing import CoqWriter

Names = Mapping[sp.Symbol, str]
Chosen = Mapping[str, Sequence[int]]
Sides = Mapping[str, Sequence[Flat]]


def counting_tactics(left: Sequence[Flat], right: Sequence[Flat], claim: Proposition, names: Names) -> list[str] | None:
    """Return the tactics that prove that the terms of both sides add up to the same; None if none were found."""
    sides = {"left": left, "right": right}
    found: list[str] = []
    for signature in dict.fromkeys(t.signature for terms in sides.values() for t in terms):
        chosen = {side: [i for i, t in enumerate(ts) if t.signature == signature] for side, ts in sides.items()}
        tactics = paired(chosen, sides, names) or compared(chosen, sides, claim, names)
        if tactics is None:
            return None
        found += tactics
    return [*found, "  add_differences."]


def paired(chosen: Chosen, sides: Sides, names: Names) -> list[str] | None:
    """Return the tactic for the only terms of their kind, one on each side, whose indices determine each other."""
    if any(len(positions) != 1 for positions in chosen.values()):
        return None
    (i,), (j,) = chosen["left"], chosen["right"]
    ours, theirs = sides["left"][i], sides["right"][j]
    if (maps := mappings(ours, theirs, names)) is None:
        return one_by_one(chosen, sides, names) if are_alike(ours, theirs) else None
    return [f"  pair_of {i}%nat {j}%nat {maps}."]


def compared(chosen: Chosen, sides: Sides, claim: Proposition, names: Names) -> list[str] | None:
    """Return the tactics that bring terms to a common box and compare them there."""
    terms = [sides[side][i] for side, positions in chosen.items() for i in positions]
    lengths = dict(zip(claim.indices.values(), claim.statement.left.shape, strict=True))
    free = [(k, lengths[name]) for k, name in names.items() if name in lengths]
    try:
        terms = arranged(terms, claim, free)
        place = common_place(terms, claim)
        gathered = [gathered_term(term, place, number, free) for number, term in enumerate(terms)]
    except NoProofFound:
        return one_by_one(chosen, sides, names)
    text = CoqText(CoqWriter(names, claim.tensors, claim.functions), place)
    lines, proofs, parts = [], [], []
    made = iter(zip(terms, gathered, strict=True))
    for side, positions in chosen.items():
        here = [(i, *next(made)) for i in positions]
        lines += [text.gather(side, i, term, result) for i, term, result in here]
        summands = "; ".join(text.part(result) for _, _, result in here)
        parts.append(f"([{summands}] : list (list condition * list (env -> R)))")
        nothing = "(@eq_refl R zero)"
        proofs.append(reduce(lambda rest, i: f"(f_equal2 add {side}_{i} {rest})", reversed(positions), nothing))
    return [*lines, f"  together {' '.join(proofs)} {text.box} {text.factors([])}\n    {' '.join(parts)}."]


@dataclass(frozen=True)
class CoqText:
    """Writes terms over a common box for Coq."""

    writer: CoqWriter
    place: Place

    @property
    def inner(self) -> CoqWriter:
        """What writes functions of the indices of the box."""
        return replace(self.writer, bound=tuple((z, f"z{number}") for number, z in enumerate(self.place.indices, 1)))

    @property
    def box(self) -> str:
        """The common box."""
        ranges = "; ".join(f"(fun _ => 0, fun _ => {self.writer.integer(n)})" for n in self.place.lengths)
        return f"([{ranges}]%Z : bounds)"

    def factors(self, numbers: Sequence[str]) -> str:
        """Return the factors of a term: its numbers, and the entries."""
        entries = [self.inner.function(self.inner.leaf(f), "zero") for f in self.place.entries]
        return f"([{'; '.join([*numbers, *entries])}] : list (env -> R))"

    def conditions(self, result: Gathered) -> str:
        """Return the conditions of a term."""
        written = (self.inner.condition(Guard(ONE, holds)) for holds in result.conditions)
        return f"([{'; '.join(written)}] : list condition)"

    def numbers(self, result: Gathered) -> list[str]:
        """Return the numbers of a term, without its counts."""
        return [self.inner.function(self.inner.leaf(f), "zero") for f in result.numbers]

    def counts(self, result: Gathered) -> list[str]:
        """Return how many values the indices have that are counted, the innermost first."""
        return [f"{self.inner.function(self.inner.integer(n), '0')}%Z" for n in result.counts]

    def gather(self, side: str, position: int, term: Flat, result: Gathered) -> str:
        """Return the tactic that brings a term to the common box."""
        names = self.writer.names
        counts = f"([{'; '.join(self.counts(result))}] : list (env -> Z))"
        there = mapping(result.there, term.bound, names)
        back = mapping(result.back, (*self.place.indices, *result.counting), names)
        return (
            f"  gather_{side} {side}_{position} {position}%nat {self.box} {self.conditions(result)}\n"
            f"    {self.factors(self.numbers(result))} {counts}\n    {there} {back}."
        )

    def part(self, result: Gathered) -> str:
        """Return the conditions and the numbers of a term."""
        numbers = [*(f"number {n}" for n in reversed(self.counts(result))), *self.numbers(result)]
        return f"({self.conditions(result)}, ([{'; '.join(numbers)}] : list (env -> R)))"


def are_alike(ours: Flat, theirs: Flat) -> bool:
    """Tell whether terms have the same bounds and numbers, but for the names of their indices."""
    if len(ours.bound) != len(theirs.bound):
        return False
    renamed = theirs.renamed(dict(zip(theirs.bound, ours.bound, strict=True)))
    first, second = (sorted(str(f) for f in t.factors if key_of(f) is None and f != ONE) for t in (ours, renamed))
    return renamed.box == ours.box and first == second


def one_by_one(chosen: Chosen, sides: Sides, names: Names) -> list[str] | None:
    """Return the tactics for terms that are the same, index by index."""
    if len(chosen["left"]) != len(chosen["right"]):
        return None
    found = []
    for i, j in zip(chosen["left"], chosen["right"], strict=True):
        ours, theirs = sides["left"][i].bound, sides["right"][j].bound
        if len(ours) != len(theirs):
            return None
        found.append(f"  pair_of {i}%nat {j}%nat {mapping(ours, ours, names)} {mapping(theirs, theirs, names)}.")
    return found


def mappings(ours: Flat, theirs: Flat, names: Names) -> str | None:
    """Return the maps between the indices of two equal terms, there and back, as Coq writes them; None without any."""
    if (maps := next(maps_between(ours, theirs), None)) is None:
        return None
    return " ".join(mapping(image, term.bound, names) for image, term in zip(maps, (ours, theirs), strict=True))


def mapping(image: Sequence[sp.Expr], bound: Sequence[sp.Symbol], names: Names) -> str:
    """Return a map of index vectors as Coq writes it."""
    own = {index: f"b{position}" for position, index in enumerate(bound, 1)}
    images = "; ".join(integer_text(e, {**names, **own}) for e in image)
    return f"(fun l : list Z => match l return list Z with [{'; '.join(own.values())}] => [{images}]%Z | _ => [] end)"
