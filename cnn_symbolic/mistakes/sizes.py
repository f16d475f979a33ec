"""The mistakes in the size of an axis, each as a change of the right size.

A name is given only if what the change makes of the right size is proved to be the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, combinations, combinations_with_replacement, islice, permutations, product
from random import Random
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import substitute
from cnn_symbolic.expressions.heads import Ceiling, Floor
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import as_quotient, ceiling, divide, floor, least
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.confirming import is_inside
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.trusted.statement import Side, Statement
from cnn_symbolic.mistakes.roles import Roles
from cnn_symbolic.mistakes.wording import is_opposite, of_axes

POINTS, ATTEMPTS, LARGEST = 12, 3000, 12


# Where a mistake is, in its name: in the size of an axis, or along it.
SIZE, AXIS = "{size}", "{axis}"


@dataclass(frozen=True)
class WrongSize:
    """A mistake in a size: what it is called, and what it makes of the right size."""

    name: str
    size: sp.Expr


def size_changes(right: sp.Expr, others: Iterable[tuple[str, sp.Expr]], roles: Roles) -> Iterator[WrongSize]:
    """Yield what one mistake makes of a size; `others` are sizes that may stand in its place."""
    steps = {e: called for e, called in roles.steps.items() if e.is_Symbol and e not in roles.measured}
    for e, called in steps.items():
        yield WrongSize(f"{called} is left out", with_sizes(right, {e: sp.S.One}))
    for e, called in roles.paddings.items():
        if e.is_Symbol and e not in roles.measured:
            yield WrongSize(f"{called} is left out", with_sizes(right, {e: sp.S.Zero}))
            yield WrongSize(f"{called} is counted once in place of twice", with_sizes(right, {e: e / 2}))
            yield WrongSize(f"{called} is counted twice", with_sizes(right, {e: 2 * e}))
            yield WrongSize(f"the sign of {called} is wrong", with_sizes(right, {e: -e}))
    for offset in (1, -1):
        yield WrongSize("off by one", right + offset)
    for e in sorted(right.atoms(Floor, Ceiling), key=str):
        head, rounded = (Ceiling, "up in place of down") if isinstance(e, Floor) else (Floor, "down in place of up")
        yield WrongSize(f"rounded {rounded}", right.xreplace({e: head(e.args[0])}))
    yield WrongSize("1 is added before it is divided, not after", over_more(right, sp.S.One) - 1)
    for n in sorted(right.free_symbols - {*roles.steps, *roles.paddings}, key=str):
        yield WrongSize(f"{n} in place of {n} - 1", with_sizes(right, {n: n + 1}))
    for offset in (1, -1):
        yield WrongSize("off by one before it is divided", over_more(right, sp.Integer(offset)))
    for step, called in roles.steps.items():
        again = {e: floor(divide(e, step)) for e in right.atoms(Floor) if as_quotient(e.args[0])[1].has(step)}
        for size in (floor(divide(right, step)), right.xreplace(again)) if again else ():
            yield WrongSize(f"divided by {called} twice", size)
        reach = f"{written(step)}·{{0}} in place of {written(step)}·({{0}} - 1) + 1"
        for overlay in roles.overlays:
            if any(part.has(step) and part.has(overlay) for part in parts_of(right)):
                yield WrongSize(reach.format(written(overlay)), over_more(right, 1 - step))
    for a, b in combinations(steps, 2):
        said = f"{roles.steps[a].removeprefix('the ')} and {roles.steps[b].removeprefix('the ')} are exchanged"
        yield WrongSize(said, with_sizes(right, {a: b, b: a}))
    for said, other in others:
        yield WrongSize(said, other)


def more_changes(right: sp.Expr, sizes: Sequence[sp.Symbol], roles: Roles) -> Iterator[WrongSize]:
    """Yield what other mistakes make of a size: of the padding, of what is divided, and of single sizes in it."""
    whole = gathered(right)
    for e, called in roles.paddings.items():
        if not e.is_Symbol and right.coeff(e) == 2:
            yield WrongSize(f"{called} is counted once in place of twice", right - e)
            yield WrongSize(f"{called} is left out", right - 2 * e)
    for e in sorted(whole.atoms(Floor), key=str):
        above, below = as_quotient(e.args[0])
        step = roles.steps.get(below, "the stride") if whole - e == 1 else None
        said = f"{step} is left out" if step else f"not divided by {written(below)}"
        yield WrongSize(said, sp.expand(whole.xreplace({e: above})))
    for n in (*sizes, *(a * b for a, b in combinations_with_replacement(sizes, 2))):
        yield WrongSize(f"multiplied by {written(n)}", right * n)
        yield WrongSize(f"not multiplied by {written(n)}", divide(right, n))
        yield WrongSize(f"divided by {written(n)}", floor(divide(right, n)))
    for a, b in permutations(sizes, 2):
        changed = with_sizes(right, {a: b})
        is_alike = len(changed.atoms(Floor, Ceiling)) == len(right.atoms(Floor, Ceiling))
        if right.has(a) and is_alike and changed.free_symbols == right.free_symbols - {a} | {b}:
            yield WrongSize(f"{written(b)} in place of {written(a)}", changed)


def forms_of(right: sp.Expr, lengths: Iterable[sp.Expr], statement: Statement, roles: Roles) -> Iterator[sp.Expr]:
    """Yield a size, and it in other forms: with all under the rounding, and as ⌈M/S⌉ of one of the lengths."""
    yield right
    if (whole := gathered(right)) != right:
        yield whole
    for n, step in product(lengths, roles.steps):
        if right.has(n, step) and is_equal(statement, right, up := ceiling(divide(n, step))):
            yield up


def gathered(size: sp.Expr) -> sp.Expr:
    """Return a size whose terms with symbols are written below the rounding, where there is one."""
    found = [e for e in sp.Add.make_args(size) if isinstance(e, Floor | Ceiling)]
    if len(found) != 1:
        return size
    (e,) = found
    above, below = as_quotient(e.args[0])
    rest = sp.Add(*(t for t in sp.Add.make_args(size) if t.free_symbols and t is not e))
    return sp.expand(size - e - rest) + type(e)(divide(sp.expand(above + below * rest), below))


def unrounded(right: sp.Expr) -> Iterator[WrongSize]:
    """Yield a size in which S·⌊a/S⌋ is taken for a."""
    for e in sorted(right.atoms(Floor), key=str):
        above, below = as_quotient(e.args[0])
        if right.coeff(e) == below:
            yield WrongSize("the rounding down is left out", sp.expand(right - below * e + above))


def with_sizes(size: sp.Expr, new: Mapping[sp.Expr, sp.Expr]) -> sp.Expr:
    """Return a size with other sizes in the place of some."""
    made = substitute(size, new)
    return made.xreplace(
        {e: type(e)(divide(*map(sp.expand, as_quotient(e.args[0])))) for e in made.atoms(Floor, Ceiling)}
    )


def parts_of(size: sp.Expr) -> list[sp.Expr]:
    """Return the terms of a size, and those of what is divided in it."""
    inner = [as_quotient(e.args[0])[0] for e in size.atoms(Floor, Ceiling)]
    return [part for e in (size, *inner) for part in sp.Add.make_args(e) if not part.has(Floor, Ceiling)]


def over_more(size: sp.Expr, more: sp.Expr) -> sp.Expr:
    """Return a size with something added to what is divided in it, or to itself if nothing is."""
    found = {}
    for e in size.atoms(Floor, Ceiling):
        above, below = as_quotient(e.args[0])
        found[e] = type(e)(divide(sp.expand(above + more), below))
    return size.xreplace(found) if found else sp.expand(size + more)


def wrong_size(statement: Statement, axis: int, roles: Roles) -> str | None:
    """Return the name of the mistake in the size of an axis, proved; None if none is known."""
    right, wrong = statement.left.shape[axis], statement.right.shape[axis]
    another = f"the size of another axis is taken for {SIZE}"
    others = [(another, n) for k, n in enumerate(statement.left.shape) if k != axis]
    others += [(f"{said} is taken for {SIZE}", n) for n, said in roles.lengths.items() if n.is_Symbol]
    shapes = [call.operands[0].lengths for call, _ in roles.filtered]
    kept = [shape[axis] for shape in shapes if len(shape) == len(statement.left.shape)]
    others += [(f"the size of the input is kept in {AXIS}", n) for n in kept]
    points = [*islice(points_inside(statement), POINTS)]
    wanted = [value_at(wrong, point) for point in points]
    forms = forms_of(right, kept, statement, roles)
    once = [change for form in forms for change in made(size_changes(form, others, roles))]
    twice = (
        WrongSize(f"{first.name}, and {second.name}", second.size)
        for first in made(size_changes(right, (), roles))
        for second in made(size_changes(first.size, (), roles))
        if not is_opposite(first.name, second.name)
    )
    more = made(more_changes(right, sorted(statement.sizes, key=str), roles))
    for change in chain(made(unrounded(right)), once, more, twice):
        agreed = all(value_at(change.size, point) == value for point, value in zip(points, wanted, strict=True))
        if agreed and is_equal(statement, change.size, wrong):
            return change.name
    return None


def made(changes: Iterable[WrongSize]) -> Iterator[WrongSize]:
    """Yield changes up to one that cannot be made."""
    with suppress(CnnSymbolicError):
        yield from changes


def points_inside(statement: Statement) -> Iterator[dict[sp.Symbol, int]]:
    """Yield random sizes that a statement is about."""
    random = Random(7)
    for _ in range(ATTEMPTS):
        sizes = {s: random.randint(least(s), LARGEST) for s in statement.sizes}
        if is_inside(statement, {str(s): n for s, n in sizes.items()}):
            yield sizes


def value_at(size: sp.Expr, point: Mapping[sp.Symbol, int]) -> Any:
    """Return the value of a size at a point; None where it has none."""
    try:
        return value_of(size, point.__getitem__)
    except CnnSymbolicError:
        return None


def is_equal(statement: Statement, a: sp.Expr, b: sp.Expr) -> bool:
    """Tell whether two sizes are proved equal wherever a statement is about its sides."""
    sides = (Side(written(e), (e,), sp.S.Zero) for e in (a, b))
    left, right = sides
    try:
        return is_proved(Statement(left, right, statement.index[:1], {}, statement.conditions))
    except CnnSymbolicError:
        return False


def named_sizes(statement: Statement, roles: Roles) -> str | None:
    """Return the name of the mistakes in a shape, axis by axis; None if there is one of which it is not known."""
    pairs = zip(statement.left.shape, statement.right.shape, strict=True)
    wrong = [a for a, (n, m) in enumerate(pairs) if sp.expand(n - m) != 0 and not is_equal(statement, n, m)]
    names: dict[str, list[int]] = {}
    for axis in wrong:
        if (name := wrong_size(statement, axis, roles)) is None:
            return None
        names.setdefault(name, []).append(axis)
    alone = len(statement.left.shape) == 1
    return "; ".join(placed(name, axes, alone) for name, axes in names.items()) or None


def placed(name: str, axes: Sequence[int], alone: bool) -> str:
    """Return the name of a mistake with the axes that it is in, of which there may be one only."""
    if alone:
        return name.replace(f" in {AXIS}", "").replace(SIZE, "the size")
    at = f"the size{'s' * (len(axes) > 1)} of {of_axes(axes)}"
    name = name if SIZE in name or AXIS in name else f"{name} in {SIZE}"
    return name.replace(SIZE, at).replace(AXIS, of_axes(axes))
