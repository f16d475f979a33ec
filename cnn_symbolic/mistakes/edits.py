"""The mistakes in one index map: other coefficients, another sign, another offset, an axis reversed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.printing import written
from cnn_symbolic.mistakes.roles import Roles

# Where a mistake is, in its name.
AT = "{at}"


@dataclass(frozen=True)
class Edit:
    """Another index on one axis; `key` is the same for the same change on other axes."""

    key: tuple[Any, ...]
    mends: str
    makes: str
    index: sp.Expr

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", sp.expand(self.index))


def reversed_along(e: sp.Expr, length: sp.Expr, said: str, is_flipped: bool) -> Edit:
    """Return an axis of an entry reversed, which is flipped or not: u becomes I − 1 − u."""
    ways = (f"{said} is not flipped", f"{said} is flipped")
    return Edit(("reversed",), *(ways[::-1] if is_flipped else ways), length - 1 - e)


def edits_of(e: sp.Expr, symbols: Sequence[sp.Symbol], bound: Collection[sp.Symbol], roles: Roles) -> Iterator[Edit]:
    """Yield the other index maps that one mistake makes of one in some indices, of which some are bound."""
    e = sp.expand(e)
    if e.is_Integer:
        return
    coefficients = {s: e.coeff(s) for s in symbols if e.has(s)}
    rest = sp.expand(e - sp.Add(*(c * s for s, c in coefficients.items())))
    if rest.free_symbols & set(symbols):
        coefficients, rest = {}, e
    for a, b in combinations(roles.steps, 2):
        if e.has(a) or e.has(b):
            said = f"{' and '.join(roles.steps[step].removeprefix('the ') for step in (a, b))} are exchanged in {AT}"
            yield Edit(("exchanged", a, b), said, said, e.xreplace({a: b, b: a}))
    yield from two_coefficients(e, coefficients, bound, roles.steps)
    for place, (s, c) in enumerate(coefficients.items()):
        if len(sp.Add.make_args(e)) > 1 or c != 1:
            yield from one_coefficient(e, s, c, (s in bound, place), roles.steps)
    for padding, name in roles.paddings.items():
        yield from offset_by_padding(e, padding, name, rest.coeff(padding) if padding.is_Symbol else sp.S.Zero)
    for reach, which in roles.reaches.items():
        for step, way in ((1, "added"), (-1, "subtracted")):
            ways = (f"{written(reach)} is not {way} in {AT}", f"{written(reach)} is {way} in {AT}")
            yield Edit(("reach", which, step), *ways, e + step * reach)
    for step in (1, -1):
        yield Edit(("one", step), f"{AT} is off by one", f"{AT} is off by one", e + step)


def two_coefficients(
    e: sp.Expr, coefficients: Mapping[sp.Symbol, sp.Expr], bound: Collection[sp.Symbol], steps: Mapping[sp.Expr, str]
) -> Iterator[Edit]:
    """Yield an index map with the coefficients of two indices exchanged."""
    for (s, c), (t, d) in combinations(coefficients.items(), 2):
        turned = e + (d - c) * s + (c - d) * t
        if sp.S.One in (c, d) and (step := c * d) in steps and c != d:
            before, after = (s.name, t.name) if d == 1 else (t.name, s.name)
            mends, makes = (
                f"{steps[step]} stands before {x} in place of {y} in {AT}"
                for x, y in ((before, after), (after, before))
            )
            yield Edit(("before", (s if d == 1 else t) in bound), mends, makes, turned)
        elif c != d:
            said = f"the {'signs' if c == -d else 'factors'} of {s.name} and {t.name} are exchanged in {AT}"
            yield Edit(("factors", s in bound), said, said, turned)


def one_coefficient(
    e: sp.Expr, s: sp.Symbol, c: sp.Expr, kind: tuple[Any, ...], steps: Mapping[sp.Expr, str]
) -> Iterator[Edit]:
    """Yield an index map with another coefficient of one index: its sign, or a stride more, less, or for another."""
    said = f"the sign of {s.name} in {AT}"
    yield Edit(("sign", *kind), said, said, e - 2 * c * s)
    for step, name in steps.items():
        missing, much = f"{name} is missing in {AT}", f"{name} is too much in {AT}"
        yield Edit(("times", step, *kind), missing, much, e + (step - 1) * c * s)
        if c == step or (not step.is_Integer and c.has(step)):
            without = sp.S.One if c == step else c / step
            yield Edit(("over", step, *kind), much, missing, e + (without - c) * s)
        if step != c and c in steps:
            mends, makes = (f"{x} in the place of {y} in {AT}" for x, y in ((steps[c], name), (name, steps[c])))
            yield Edit(("for", c, step, *kind), mends, makes, e + (step - c) * s)


def offset_by_padding(e: sp.Expr, padding: sp.Expr, name: str, count: sp.Expr) -> Iterator[Edit]:
    """Yield an index map with a padding more or less, of which there are so many in it."""
    is_, not_ = f"{name} is", f"{name} is not"
    added, subtracted = f"{is_} added in place of subtracted in {AT}", f"{is_} subtracted in place of added in {AT}"
    less, more = (
        (f"{not_} subtracted in {AT}", f"{is_} subtracted in {AT}"),
        (f"{not_} added in {AT}", f"{is_} added in {AT}"),
    )
    if count == 1:
        less = more[::-1]
        yield Edit(("sign", padding), added, subtracted, e - 2 * padding)
    elif count == -1:
        less = (f"{is_} subtracted once in place of twice in {AT}", f"{is_} subtracted twice in {AT}")
        more = (f"{is_} subtracted in {AT}", f"{not_} subtracted in {AT}")
        yield Edit(("sign", padding), subtracted, added, e + 2 * padding)
    yield Edit(("minus", padding), *less, e - padding)
    yield Edit(("plus", padding), *more, e + padding)
