"""The catalogue of mistakes: small changes of a formula, each with a name.

Applied to a right formula they are the wrong variants that the kernel must refute; applied to a wrong one, the change
that makes it right says which mistake is in it. What is written as operations is changed as these, so that what is
right can be written so, too; what is written entry by entry, as a sum of terms (`index_maps`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.expressions.values import as_formula
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.mistakes.index_maps import numbers_beside, term_changes
from cnn_symbolic.mistakes.roles import STEPS, Roles
from cnn_symbolic.mistakes.terms import terms_of
from cnn_symbolic.mistakes.wording import of_axes
from cnn_symbolic.tensors.arithmetic import multiply, scale
from cnn_symbolic.tensors.operation import RECORDS, Proposal
from cnn_symbolic.tensors.operations.basic import flip, rot180, shift, transpose
from cnn_symbolic.tensors.sources import UNSTATED, Call, Entries, Named
from cnn_symbolic.tensors.tensor import Tensor

NO_ROLES = Roles()
LONGEST_NAME = 40
GEOMETRY = ("stride", "padding", "dilation", "output_padding")


@dataclass(frozen=True)
class Change:
    """A formula, or a shape, that differs from another one by one mistake.

    `name` is the mistake that was made in it, `mends` the one in the other formula, if it is this one that is right.
    """

    name: str
    formula: Any
    mends: str = ""


def changes(
    formula: Tensor, factors: Sequence[Tensor] = (), fixed: Collection[str] = (), roles: Roles = NO_ROLES
) -> Iterator[Change]:
    """Yield the formulas that one mistake makes of this one; those that cannot be built are left out.

    `factors` are tensors that may have been forgotten as a factor, `fixed` the names of intermediate
    results that are taken as they are, `roles` what sizes and tensors are called.
    """
    yield from built(chain(proposed(formula, factors, fixed, roles), exchanged_steps(formula)))


def built(proposals: Iterable[Proposal]) -> Iterator[Change]:
    """Yield the proposed formulas that can be built."""
    for makes, build, mends in proposals:
        try:
            yield Change(makes, build(), mends)
        except CnnSymbolicError:
            continue


def exchanged_steps(x: Tensor) -> Iterator[Proposal]:
    """Yield the formula with two strides, dilations or factors exchanged wherever they occur as such."""
    steps = dict.fromkeys(step for step in steps_of(x) if not step.is_Integer)
    for a, b in combinations(steps, 2):
        yield Proposal(f"{a} and {b} exchanged", partial(with_steps, x, {a: b, b: a}), f"{a} and {b} are exchanged")


def steps_of(x: Tensor) -> list[sp.Expr]:
    """Return the strides, dilations and factors of all operations in a formula, up to its intermediate results."""
    found = [step for part in x.source.operands for step in steps_of(part)] if isinstance(x.source, Call) else []
    for key in STEPS:
        value = x.source.options.get(key, ()) if isinstance(x.source, Call) else ()
        found += [sp.Integer(v) if isinstance(v, int) else v for v in (value if isinstance(value, tuple) else (value,))]
    return [step for step in found if isinstance(step, sp.Expr)]


def with_steps(x: Tensor, chosen: Mapping[sp.Expr, sp.Expr]) -> Tensor:
    """Return the formula with some of its strides, dilations and factors replaced."""
    if not isinstance(x.source, Call):
        return x
    options: dict[str, Any] = {
        key: tuple(chosen.get(v, v) for v in value) if isinstance(value, tuple) else chosen.get(value, value)
        for key, value in x.source.options.items()
        if key in STEPS
    }
    made: Tensor = x.source.again([with_steps(part, chosen) for part in x.source.operands], **options)
    return made


def proposed(x: Tensor, factors: Sequence[Tensor], fixed: Collection[str], roles: Roles) -> Iterator[Proposal]:
    """Yield every change at the top of a formula and inside of it, not yet built."""
    unfolded = isinstance(x.source, Named) and x.name not in fixed
    definition = x.source.definition if isinstance(x.source, Named) and unfolded else x
    source = definition.source
    if isinstance(source, Entries):
        yield from at_entries(definition, roles)
    elif isinstance(source, Call):
        yield from RECORDS[source.operation].mistakes(source)
        yield from at_options(source)
        if "factor" in source.options:
            yield from at_factor(source, roles)
    if is_bare(x):
        yield from at_any(x, roles)
    if isinstance(source, Call):
        for k, operand in enumerate(source.operands):
            for makes, build, mends in proposed(operand, factors, fixed, roles):
                yield Proposal(makes, partial(rebuilt_operand, source, k, build), mends)
    if not is_bare(x):
        yield from at_any(x, roles)
    for factor in factors:
        if factor.lengths == x.lengths:
            said = f"the slope {factor}" if is_slope(factor) else f"the factor {factor}"
            yield Proposal(f"the factor {factor} added to {x}", partial(multiply, factor, x), f"{said} is missing")


def is_slope(x: Tensor) -> bool:
    """Tell whether a tensor is the derivative of a function, entry by entry."""
    return isinstance(x.source, Call) and x.source.options.get("order", 0) > 0


def at_entries(x: Tensor, roles: Roles) -> Iterator[Proposal]:
    """Yield the changes of a formula written by hand, as those of its terms."""
    terms = terms_of(x, {})
    for change in term_changes(terms, roles) if terms is not None else ():
        yield Proposal(change.makes, partial(getattr, change.terms, "tensor"), change.mends)


def at_factor(call: Call, roles: Roles) -> Iterator[Proposal]:
    """Yield a multiple by another number: one that is not divided by a size, or not multiplied by one."""
    factor = as_formula(call.options["factor"], "a factor")
    for mends, makes, number in numbers_beside([factor], roles):
        if (other := number(factor)) == 1:
            yield Proposal(makes, lambda: call.operands[0], mends)
        elif abs(other / factor) not in (1, 2, sp.Rational(1, 2)):
            yield Proposal(makes, partial(call.again, call.operands, factor=other), mends)


def rebuilt_operand(call: Call, k: int, build: Callable[[], Tensor]) -> Tensor:
    """Return the operation again, with one operand built anew."""
    made: Tensor = call.again([*call.operands[:k], build(), *call.operands[k + 1 :]])
    return made


def at_options(call: Call) -> Iterator[Proposal]:
    """Yield the changes of strides, dilations, paddings, blocks and axes."""
    options, again = call.options, partial(call.again, call.operands)
    if "stride" in options and "dilation" in options and options["stride"] != options["dilation"]:
        exchanged = {"stride": options["dilation"], "dilation": options["stride"]}
        makes = f"stride and dilation of {call.operation} exchanged"
        yield Proposal(makes, partial(again, **exchanged), "stride and dilation are exchanged")
    for key in ("padding", "widths"):
        given = options.get(key)
        if isinstance(given, tuple) and any(isinstance(w, tuple) and w[0] != w[1] for w in given):
            turned = tuple(tuple(reversed(w)) if isinstance(w, tuple) else w for w in given)
            said = "the padding before and after exchanged"
            yield Proposal(said, partial(again, **{key: turned}), "the paddings before and after are exchanged")
    for name, other in (("same", "same_lower"), ("same_lower", "same")):
        if options.get("padding") == name:
            makes, mends = (f"padding {a!r} in place of {b!r}" for a, b in ((other, name), (name, other)))
            yield Proposal(makes, partial(again, padding=other), mends)
    for key in GEOMETRY:
        if any(given not in (UNSTATED[key], 0) for given in flat(options.get(key, UNSTATED[key]))):
            called = key.replace("_", " ")
            dropped = partial(again, **{key: UNSTATED[key]})
            yield Proposal(f"the {called} dropped", dropped, f"the {called} is too much")
    for axis, start in enumerate(options.get("start", ())):
        if start != 0:
            moved = tuple(0 if a == axis else s for a, s in enumerate(options["start"]))
            makes, mends = f"cut from the start of axis {axis} on", f"the start of axis {axis} is cut off"
            yield Proposal(makes, partial(again, start=moved), mends)


def flat(option: Any) -> list[Any]:
    """Return what is given for all axes and sides together."""
    return [part for inner in option for part in flat(inner)] if isinstance(option, tuple) else [option]


def at_any(x: Tensor, roles: Roles) -> Iterator[Proposal]:
    """Yield the changes that can be made to any tensor; axes of size 1 look the same from both ends."""
    said = called(x, roles)
    long = [axis for axis in range(x.rank) if x.lengths[axis] != 1]
    for axes in reversals(x, long):
        whole = len(axes) == x.rank > 1
        along = f"axis {axes[0]}" if len(axes) == 1 else f"the axes {axes}"
        makes = f"{x} rotated by 180°" if whole else f"{x} flipped along {along}"
        yield Proposal(makes, partial(reversed_along_axes, x, axes), turned(x, axes, long, roles))
    for axis in range(x.rank):
        for step in (1, -1):
            offsets = tuple(step if a == axis else 0 for a in range(x.rank))
            makes = f"{x} off by one ({step:+d}) along axis {axis}"
            yield Proposal(makes, partial(shift, x, offsets=offsets), f"{said} is off by one along axis {axis}")
    if x.rank > 1 and long:
        yield Proposal(f"{x} transposed", partial(reversing, transpose, x), f"{said} is not transposed")
    if x.rank > 2 and x.lengths[:2] != (1, 1):
        makes, order = f"axes 0 and 1 of {x} exchanged", (1, 0, *range(2, x.rank))
        yield Proposal(
            makes, partial(reversing, transpose, x, axes=order), f"the axes 0 and 1 of {said} are not exchanged"
        )
    yield Proposal(f"{x} doubled", partial(scale, x, factor=2), f"{said} is halved")
    yield Proposal(f"{x} halved", partial(scale, x, factor=sp.Rational(1, 2)), f"{said} is doubled")
    yield Proposal(f"{x} negated", partial(scale, x, factor=-1), f"the sign of {said} is wrong")


def reversing(operation: Callable[..., Tensor], x: Tensor, **options: Any) -> Tensor:
    """Return the result of an operation that is its own inverse: what it was made of if it was the last one."""
    made, last = operation(x, **options), x.source
    if isinstance(last, Call) and isinstance(made.source, Call) and last.operation == made.source.operation:
        (before,) = last.operands
        return before if last.options == made.source.options else made
    return made


def called(x: Tensor, roles: Roles) -> str:
    """Return what a tensor is called in the name of a mistake: a long formula is one."""
    of = x
    while is_bare(x) and of.name is None:
        (of,) = of.source.made_from
    if of.name is not None:
        return roles.tensor(of.name)
    return text if len(text := str(x)) <= LONGEST_NAME else "the formula"


def reversals(x: Tensor, long: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the axes along which a tensor may have to be reversed: all, the spatial ones, each, and those by which it
    becomes the tensor that it is made of, reversed along no axis or along the spatial ones."""
    spatial = set(range(2, x.rank)) if x.rank > 2 else set(range(x.rank))
    several = [set(range(x.rank))] if len(long) > 1 else []
    several += [spatial] if x.rank > 3 and long[-2:] == [x.rank - 2, x.rank - 1] else []
    if flipped := flipped_axes(x):
        several += [set(flipped), flipped ^ spatial]
    found = [tuple(sorted(axes)) for axes in (*several, *({axis} for axis in long))]
    yield from (axes for axes in dict.fromkeys(found) if set(axes) & set(long))


def turned(x: Tensor, axes: Sequence[int], long: Sequence[int], roles: Roles) -> str:
    """Return what is wrong with a tensor that would be right if it were reversed along some axes."""
    flipped, said = flipped_axes(x), called(x, roles)
    much, little = (tuple(a for a in axes if a in long and (a in flipped) is wanted) for wanted in (True, False))
    if much and little:
        return f"{said} is flipped along {of_axes(much)} in place of {of_axes(little)}"
    apart, plain = much or little, "is flipped" if much else "is not flipped"
    if much and flipped - set(much):
        return f"{said} {plain} along {of_axes(apart)}, too"
    whole = len(apart) > 1 or len(long) < 2 or (x.rank == 3 and apart == (2,))
    return f"{said} {plain}" if whole else f"{said} {plain} along {of_axes(apart)}"


def flipped_axes(x: Tensor) -> set[int]:
    """Return the axes along which a tensor is reversed that is made of one alone."""
    index = fresh("i" * x.rank)
    maps = [e for at in x.formula(index).atoms(sp.Indexed) for e in at.indices] if is_bare(x) else []
    return {axis for axis, i in enumerate(index) if any(sp.expand(e).coeff(i) == -1 for e in maps)}


def reversed_along_axes(x: Tensor, axes: Sequence[int]) -> Tensor:
    """Return a tensor reversed along some axes; what it was reversed along before is taken together with these."""
    last, wanted = x.source, set(axes)
    if isinstance(last, Call) and last.operation in ("flip", "rot180"):
        (x,) = last.operands
        wanted ^= {axis % x.rank for axis in last.options.get("axes", range(x.rank))}
    if len(wanted) == x.rank > 1:
        return rot180(x)
    return flip(x, axes=tuple(sorted(wanted))) if wanted else x


def is_bare(x: Tensor) -> bool:
    """Tell whether a tensor is one with a name, or made of one alone."""
    alone = isinstance(x.source, Call) and len(x.source.operands) == 1
    return x.name is not None or (alone and all(map(is_bare, x.source.made_from)))
