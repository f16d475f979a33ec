"""The catalogue of mistakes: small changes of a formula, each with a name.

Applied to a right formula they are the wrong variants that the kernel must refute; applied to a wrong
one, the change that makes it right is the name of the mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.tensors.arithmetic import multiply, scale
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.operation import RECORDS, Proposal
from cnn_symbolic.tensors.operations.basic import flip, rot180, shift, transpose
from cnn_symbolic.tensors.sources import Call, Entries, Named
from cnn_symbolic.tensors.tensor import Tensor

# The options that say in steps of how many entries an operation goes.
STEPS = ("stride", "dilation", "factors")


@dataclass(frozen=True)
class Change:
    """A formula that differs from another one in one place, and what the difference is."""

    name: str
    formula: Tensor


def changes(formula: Tensor, factors: Sequence[Tensor] = (), fixed: Collection[str] = ()) -> Iterator[Change]:
    """Yield the formulas that one mistake makes of this one; those that cannot be built are left out.

    `factors` are tensors that may have been forgotten as a factor, `fixed` the names of intermediate
    results that are taken as they are.
    """
    yield from built(chain(proposed(formula, factors, fixed), exchanged_steps(formula)))


def built(proposals: Iterable[Proposal]) -> Iterator[Change]:
    """Yield the proposed formulas that can be built."""
    for name, build in proposals:
        try:
            yield Change(name, build())
        except CnnSymbolicError:
            continue


def exchanged_steps(x: Tensor) -> Iterator[Proposal]:
    """Yield the formula with two strides, dilations or factors exchanged wherever they occur as such."""
    steps = dict.fromkeys(step for step in steps_of(x) if not step.is_Integer)
    for a, b in combinations(steps, 2):
        yield f"{a} and {b} exchanged", partial(with_steps, x, {a: b, b: a})


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


def proposed(x: Tensor, factors: Sequence[Tensor], fixed: Collection[str]) -> Iterator[Proposal]:
    """Yield every change at the top of a formula and inside of it, not yet built."""
    unfolded = isinstance(x.source, Named) and x.name not in fixed
    source = x.source.definition.source if isinstance(x.source, Named) and unfolded else x.source
    if isinstance(source, Entries):
        yield from at_entries(source)
    elif isinstance(source, Call):
        yield from RECORDS[source.operation].mistakes(source)
        yield from at_options(source)
    yield from at_any(x)
    if isinstance(source, Call):
        for k, operand in enumerate(source.operands):
            for name, build in proposed(operand, factors, fixed):
                yield name, partial(rebuilt_operand, source, k, build)
    for factor in factors:
        if factor.lengths == x.lengths:
            yield f"the factor {factor} added to {x}", partial(multiply, factor, x)


def at_entries(source: Entries) -> Iterator[Proposal]:
    """Yield the changes of a formula written by hand: indices off by one, turned, and exchanged."""
    written = source.formula
    for at in sorted(written.atoms(sp.Indexed), key=str):
        for k, inner in enumerate(at.indices):
            for step in (1, -1):
                moved = at.func(at.base, *at.indices[:k], inner + step, *at.indices[k + 1 :])
                changed = written.xreplace({at: moved})
                name = f"index {k} of {at.base} off by one ({step:+d})"
                yield name, partial(written_otherwise, source, changed)
            for term in sp.Add.make_args(inner) if isinstance(inner, sp.Add) else ():
                moved = at.func(at.base, *at.indices[:k], inner - 2 * term, *at.indices[k + 1 :])
                name = f"the other sign of {plain(term)} in index {k} of {at.base}"
                yield name, partial(written_otherwise, source, written.xreplace({at: moved}))
        for a, b in combinations(range(len(at.indices)), 2):
            if at.indices[a] == at.indices[b]:
                continue
            turned = list(at.indices)
            turned[a], turned[b] = turned[b], turned[a]
            name = f"the indices {a} and {b} of {at.base} exchanged"
            yield name, partial(written_otherwise, source, written.xreplace({at: at.func(at.base, *turned)}))


def written_otherwise(source: Entries, formula: sp.Expr) -> Tensor:
    """Return the tensor with another formula of its entries."""
    return entries_of(formula, source.index, source.lengths, source.using)


def plain(e: sp.Expr) -> str:
    """Return an expression as text, bound indices by their letters."""
    return format_shape((e.xreplace({s: sp.Symbol(s.name) for s in e.atoms(sp.Dummy)}),))[1:-2]


def rebuilt_operand(call: Call, k: int, build: Callable[[], Tensor]) -> Tensor:
    """Return the operation again, with one operand built anew."""
    made: Tensor = call.again([*call.operands[:k], build(), *call.operands[k + 1 :]])
    return made


def at_options(call: Call) -> Iterator[Proposal]:
    """Yield the changes of strides, dilations, paddings, blocks and axes."""
    options, again = call.options, partial(call.again, call.operands)
    if "stride" in options and "dilation" in options and options["stride"] != options["dilation"]:
        exchanged = {"stride": options["dilation"], "dilation": options["stride"]}
        yield f"stride and dilation of {call.operation} exchanged", partial(again, **exchanged)
    for key in ("padding", "widths"):
        given = options.get(key)
        if isinstance(given, tuple) and any(isinstance(w, tuple) and w[0] != w[1] for w in given):
            turned = tuple(tuple(reversed(w)) if isinstance(w, tuple) else w for w in given)
            yield "the padding before and after exchanged", partial(again, **{key: turned})
    for name, other in (("same", "same_lower"), ("same_lower", "same")):
        if options.get("padding") == name:
            yield f"padding {other!r} in place of {name!r}", partial(again, padding=other)
    if options.get("output_padding", 0) not in (0, (0,) * 9):
        yield "the output padding dropped", partial(again, output_padding=0)
    for axis, start in enumerate(options.get("start", ())):
        if start != 0:
            moved = tuple(0 if a == axis else s for a, s in enumerate(options["start"]))
            yield f"cut from the start of axis {axis} on", partial(again, start=moved)


def at_any(x: Tensor) -> Iterator[Proposal]:
    """Yield the changes that can be made to any tensor; axes of size 1 look the same from both ends."""
    long = [axis for axis in range(x.rank) if x.lengths[axis] != 1]
    if len(long) > 1:
        yield f"{x} rotated by 180°", partial(rot180, x)
    for axis in long:
        yield f"{x} flipped along axis {axis}", partial(flip, x, axes=(axis,))
    for axis in range(x.rank):
        for step in (1, -1):
            offsets = tuple(step if a == axis else 0 for a in range(x.rank))
            yield f"{x} off by one ({step:+d}) along axis {axis}", partial(shift, x, offsets=offsets)
    if x.rank > 1 and long:
        yield f"{x} transposed", partial(transpose, x)
    if x.rank > 2 and x.lengths[:2] != (1, 1):
        yield f"axes 0 and 1 of {x} exchanged", partial(transpose, x, axes=(1, 0, *range(2, x.rank)))
    yield f"{x} doubled", partial(scale, x, factor=2)
    yield f"{x} halved", partial(scale, x, factor=sp.Rational(1, 2))
    yield f"{x} negated", partial(scale, x, factor=-1)
