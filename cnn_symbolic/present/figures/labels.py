"""Labels of pictures: mathematics as a small tree that every writer typesets in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeGuard

Style = Literal["italic", "roman", "words"]


@dataclass(frozen=True)
class Symbol:
    """A letter, a number, a sign or words, with what stands below and above on its right."""

    text: str
    style: Style = "italic"
    below: Label = ()
    above: Label = ()


@dataclass(frozen=True)
class Quotient:
    """A fraction."""

    top: Label
    bottom: Label


Label = tuple[Symbol | Quotient, ...]


def entry(name: str, index: Sequence[int] = ()) -> Label:
    """Return a tensor, or its entry at an index: `w_{0,1}`, `a^{prev}_{0,0}`, `σ′(z)_{0,0}`, `∂C/∂w_{0,1}`."""
    if derivative := re.fullmatch("∂(.+)/∂(.+)", name):
        top, bottom = derivative.groups()
        return (Quotient((Symbol("∂", "roman"), *entry(top)), (Symbol("∂", "roman"), *entry(bottom, index))),)
    below: Label = (Symbol(",".join(map(str, index)), "roman"),) if index else ()
    if called := re.fullmatch(r"(.+)\((.+)\)", name):
        function, argument = called.groups()
        return (*entry(function), Symbol("(", "roman"), *entry(argument), Symbol(")", "roman", below))
    head, _, tail = name.partition("_")
    return (Symbol(head, "italic", below, (Symbol(tail, "roman"),) if tail else ()),)


def number(value: Fraction | int) -> Label:
    """Return an exact number."""
    exact = Fraction(value)
    size = abs(exact)
    minus: Label = (Symbol("−", "roman"),) if exact < 0 else ()
    if size.denominator == 1:
        return (*minus, Symbol(str(size.numerator), "roman"))
    return (*minus, Quotient(number(size.numerator), number(size.denominator)))


def sign(text: str) -> Label:
    """Return an operator or a relation."""
    return (Symbol(text, "roman"),)


def words(text: str) -> Label:
    """Return words of a caption."""
    return (Symbol(text, "words"),)


def inline(label: Label) -> Label:
    """Return a label with its fractions on one line: ∂C/∂w."""
    return tuple(
        s for part in label for s in ((*part.top, *sign("/"), *part.bottom) if isinstance(part, Quotient) else (part,))
    )


def joined(parts: Iterable[Label], by: str) -> Label:
    """Return labels with a sign between them."""
    made: Label = ()
    for k, part in enumerate(parts):
        made = (*made, *sign(by), *part) if k else part
    return made


def along_row(label: Label) -> Label:
    """Return a label with one index for entries of a row: x_{0,3} becomes x_3."""
    return tuple(
        Quotient(along_row(part.top), along_row(part.bottom))
        if isinstance(part, Quotient)
        else replace(part, below=tuple(replace(s, text=s.text.removeprefix("0,")) for s in part.below if is_text(s)))
        for part in label
    )


def is_text(part: Symbol | Quotient) -> TypeGuard[Symbol]:
    """Tell whether a part of a label is a symbol."""
    return isinstance(part, Symbol)


def stacked(label: Label) -> bool:
    """Tell whether there is a fraction in a label, so that it takes two lines."""
    return any(isinstance(part, Quotient) for part in label)
