"""The numbers of a refutation for print: sizes, what differs there, small matrices, and when the formula holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.heads import Comparison
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import Formulas, conditions, is_list, written
from cnn_symbolic.expressions.rules import conjuncts
from cnn_symbolic.ground.errors import FragmentError, UndefinedError
from cnn_symbolic.kernel.search.domains import multiplied_out
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.layout import Layout, Sign, entry, integer, joined, listed, name, quotient, row
from cnn_symbolic.notation.matrices import MOST_ENTRIES, named_matrix, number
from cnn_symbolic.notation.reading import read
from cnn_symbolic.present.content.prose import Code, Formula, Prose
from cnn_symbolic.present.content.words import UNDEFINED
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Entries
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.tensors.writing import Notation


@dataclass(frozen=True)
class Block:
    """A matrix within an array: its name with the leading indices, its numbers, and which of them differ."""

    name: Layout
    rows: tuple[tuple[str, ...], ...]
    differs: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True)
class Matrix:
    """An array of exact numbers by its matrices: one, unless it has more than two axes."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Counterexample:
    """Sizes at which the sides differ, what differs there, and the numbers that show it."""

    called: str
    sizes: tuple[Layout, ...]
    difference: Prose
    functions: tuple[Layout, ...] = ()
    values: tuple[Matrix, ...] = ()
    sides: tuple[Matrix, ...] = ()


def counterexample(refutation: Refutation) -> Counterexample:
    """Return the numbers of a refutation."""
    sides: tuple[Matrix, ...] = ()
    difference_at = difference(refutation)
    if refutation.left_value is not None:
        left, right = np.asarray(refutation.left_value), np.asarray(refutation.right_value)
        if max(left.size, right.size) <= MOST_ENTRIES:
            marked = left != right
            at = [*map(integer, refutation.index)] if not left.ndim else []
            called = [
                entry(la.Token(word, "words"), at) if at else la.Token(word, "words") for word in ("left", "right")
            ]
            sides = tuple(matrix(word, side, marked) for word, side in zip(called, (left, right), strict=True))
    shown = {name: value for name, value in refutation.values.items() if np.size(value) <= MOST_ENTRIES}
    return Counterexample(
        "Smallest counterexample" if refutation.least and refutation.sizes else "Counterexample",
        tuple(valued(refutation.sizes)),
        difference_at,
        tuple(row(name(called), read("(t)"), Sign("="), polynomial(f)) for called, f in refutation.functions.items()),
        tuple(matrix(name(called), value) for called, value in shown.items()),
        sides,
    )


def valued(values: Mapping[str, Any]) -> Iterator[Layout]:
    """Yield which value each size has."""
    for called, value in values.items():
        yield row(name(called), Sign("="), integer(value))


def matrix(called: Layout, value: Any, marked: Any = None) -> Matrix:
    """Return an array of exact numbers as matrices, those of more axes with their leading indices."""
    array = np.asarray(value, dtype=object)
    marks = np.broadcast_to(False if marked is None else marked, array.shape)
    if array.ndim < 2:
        return Matrix((Block(called, (in_row(array.reshape(-1)),), (tuple(map(bool, marks.reshape(-1))),)),))
    blocks = []
    for at in np.ndindex(array.shape[:-2]):
        block = entry(called, [*map(integer, at)]) if array.size > array[at].size else called
        rows = tuple(in_row(r) for r in array[at])
        blocks.append(Block(block, rows, tuple(tuple(map(bool, r)) for r in marks[at])))
    return Matrix(tuple(blocks))


def in_row(numbers: Any) -> tuple[str, ...]:
    """Return numbers as text."""
    return tuple(number(n) for n in numbers)


def polynomial(f: sp.Expr) -> Layout:
    """Return a polynomial, its highest power first."""
    plain = Formulas({})
    return plain.signed(plain.terms(f.as_ordered_terms(), {}))


def difference(refutation: Refutation) -> Prose:
    """Return what differs at a counterexample."""
    left, right = (Formula(listed(map(integer, n))) for n in (refutation.left_shape, refutation.right_shape))
    if refutation.kind == "defined":
        part, condition = not_defined(refutation)
        if condition is None:
            return (f"There the right side is not defined ({UNDEFINED}).",)
        of = "it" if part is None else Formula(Notation({}).tensor(part))
        needed = (Formula(layout) for each in unmet(refutation, condition) for layout in conditions([each]))
        return ("There the right side is not defined: ", of, " needs ", *separated(needed, ", that is "), ".")
    found = differing(refutation)
    if found is None and refutation.kind == "shape":
        return ("There the shapes are ", left, " and ", right, ".")
    place = Formula(la.Fenced("(", joined(map(integer, refutation.index), la.sign(",")), ")"))
    if found is not None:
        start: Prose = (
            ("There, in the entry ", place, ", the left side is ") if refutation.index else ("There the left side is ",)
        )
        return (*start, *exact(found[0]), ", the right side ", *exact(found[1]), ".")
    factors = refutation.monomial.factors if refutation.monomial else ()
    entries = [entry(factor(called), [*map(integer, at)]) for called, at in factors]
    where: Prose = (" occurs",)
    if refutation.index:
        where = (" occurs in the entry ", place)
    return (
        "There the product ",
        Formula(joined(entries or [integer(1)], Sign("·"))),
        *where,
        f" with the coefficient {refutation.left_coefficient} on the left and "
        f"{refutation.right_coefficient} on the right.",
    )


def factor(called: str) -> Layout:
    """Return a tensor's name, or an opaque function of one such as `σ′(z)`."""
    applied = re.fullmatch(r"(.+)\((.+)\)", called)
    return row(name(applied[1]), listed([name(applied[2])])) if applied else name(called)


def exact(value: str) -> Prose:
    """Return a number as a formula; what says how long a number is stays text."""
    return (Formula(quotient(value)),) if re.fullmatch(r"-?\d+(/\d+)?", value) else (value,)


def holds(refutation: Refutation) -> Prose:
    """Return under which condition a refuted formula does hold."""
    if refutation.holds_if is None:
        return holds_exactly(refutation)
    start: Prose = (*for_every(refutation.given), " equality") if refutation.given else ("Equality",)
    return (*start, " holds when ", *said(refutation.holds_if), ". ", *holds_exactly(refutation))


def holds_exactly(refutation: Refutation) -> Prose:
    """Return where a refuted formula holds and where it does not."""
    given = [*map(Formula, valued(refutation.given))]
    start: Prose = ("For ", *separated(given, ", "), " equality ") if given else ("Equality ",)
    if refutation.holds_when is None:
        return (*start, "does not hold at all sizes; the weakest assumption under which it does is not known.")
    values = separated(map(Formula, among(refutation.necessary_at)), " and ")
    if refutation.holds_when == sp.false:
        return ("At ", *values, " equality never holds.") if values else (*start, "never holds.")
    where = said(refutation.holds_when)
    if values:
        every = for_every(refutation.necessary_at)
        return (*every, " equality holds when ", *where, ". That is necessary at ", *values, ".")
    return (*start, "holds exactly when ", *where, ".")


def said(condition: Any) -> Prose:
    """Return a condition within a sentence."""
    parts = conjuncts(condition)
    return separated(map(Formula, conditions([condition] if is_list(parts[-1]) else parts)), " and ")


def for_every(names: Iterable[str]) -> Prose:
    """Return of which sizes every value is meant."""
    return ("For every ", *separated((Formula(name(called)) for called in names), " and "))


def among(values: Mapping[str, tuple[int, ...]]) -> Iterator[Layout]:
    """Yield the values that each size has."""
    for called, numbers in values.items():
        yield row(name(called), Sign("="), joined(map(integer, numbers), Sign(",")))


def separated(parts: Iterable[Formula], by: str) -> Prose:
    """Return formulas with words between them."""
    joined: list[str | Formula | Code] = []
    for part in parts:
        joined += [by, part] if joined else [part]
    return tuple(joined)


def not_defined(refutation: Refutation) -> tuple[Tensor | None, Any]:
    """Return the part of the right side that is not defined at a counterexample, and a condition of it that fails.

    The part is None where it is written entry by entry, the condition None where none is written that fails.
    """
    known = {size: refutation.sizes[str(size)] for size in refutation.statement.sizes}
    right = None if refutation.statement.origin is None else refutation.statement.origin.right
    of = right.tensor if isinstance(right, ShapeOf) else right
    for part in of.parts() if isinstance(of, Tensor) else ():
        with suppress(FragmentError):  # a member of a family, which the family as a whole is said to need
            if (condition := failing(part.requirements(), known)) is not None:
                return None if isinstance(part.source, Entries) else part, condition
    return None, failing(refutation.statement.right.conditions, known)


def failing(conditions: Iterable[Any], known: Mapping[sp.Symbol, int]) -> Any:
    """Return a condition that does not hold at some sizes, or None."""
    for condition in conditions:
        try:
            if not value_of(condition, known.__getitem__):
                return condition
        except UndefinedError:  # it has a divisor of its own, which another condition is about
            continue
    return None


def unmet(refutation: Refutation, condition: Any) -> list[Any]:
    """Return a condition that fails at a counterexample, without divisions, and with the numbers put in."""
    with suppress(NotReadable):
        condition = multiplied_out(condition)
    known = {size: refutation.sizes[str(size)] for size in refutation.statement.sizes}
    if not isinstance(condition, Comparison):
        return [condition]
    return [condition, type(condition)(*(value_of(side, known.__getitem__) for side in condition.args))]


# As text


def why_undefined(refutation: Refutation) -> str:
    """Return why the right side is not defined at a counterexample: which part of it, and what fails there."""
    part, condition = not_defined(refutation)
    if condition is None:
        return f" ({UNDEFINED})"
    return f": {'it' if part is None else part} needs {', that is '.join(map(written, unmet(refutation, condition)))}"


def counterexample_lines(refutation: Refutation) -> Iterator[str]:
    """Yield the numbers of a counterexample, and what both sides make of them, with ⟨ ⟩ where they differ."""
    for called, polynomial in refutation.functions.items():
        yield f"  {called}(t) = {str(polynomial).replace('**', '^').replace('*', '·')}"
    for called, value in refutation.values.items():
        large = np.size(value) > MOST_ENTRIES
        yield f"  {called}: {'×'.join(map(str, np.shape(value)))} numbers" if large else named_matrix(called, value)
    if refutation.left_value is not None:
        left, right = np.asarray(refutation.left_value), np.asarray(refutation.right_value)
        if max(left.size, right.size) > MOST_ENTRIES:
            yield f"  left{list(refutation.index)}  = {number(left[refutation.index])}"
            yield f"  right{list(refutation.index)} = {number(right[refutation.index])}"
            return
        marked = left != right
        yield named_matrix("left ", left, marked)
        yield named_matrix("right", right, marked)


def right_sizes(refutation: Refutation) -> Iterator[str]:
    """Yield of each size that is wrong at a counterexample of shapes what it is, and what stands in its place."""
    left, right = refutation.statement.left.shape, refutation.statement.right.shape
    shapes = zip(refutation.left_shape, refutation.right_shape, strict=True)
    for axis, (n, m) in enumerate(shapes) if refutation.kind == "shape" else ():
        of = "" if is_about_two_sizes(refutation) else f" of axis {axis}"
        if n != m:
            yield f"the size{of} is {written(left[axis])}, not {written(right[axis])}"


def differing(refutation: Refutation) -> tuple[str, str] | None:
    """Return the numbers that differ at a counterexample, if they are what shows it.

    These are the values of two sizes, or the two entries where no product of tensors is named whose coefficient
    differs.
    """
    if refutation.kind == "shape" and is_about_two_sizes(refutation):
        return number(refutation.left_shape[0]), number(refutation.right_shape[0])
    if refutation.kind != "entry" or refutation.monomial is not None:
        return None
    left, right = (np.asarray(side, dtype=object) for side in (refutation.left_value, refutation.right_value))
    at = refutation.index if left.ndim else ()
    return number(left[at]), number(right[at])


def is_about_two_sizes(refutation: Refutation) -> bool:
    """Tell whether a claim compares two sizes: it is stated as one of shapes with one axis."""
    origin = refutation.statement.origin
    sides = () if origin is None else (origin.left, origin.right)
    return len(refutation.left_shape) == 1 and any(isinstance(side, tuple | ShapeOf) for side in sides)
