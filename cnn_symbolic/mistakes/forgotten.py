"""What a formula may have forgotten of the one that it should equal: options, dilations, a mean, some rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Shape
from cnn_symbolic.expressions.rules import divide
from cnn_symbolic.expressions.shapes import format_option, format_shape
from cnn_symbolic.mistakes.changes import GEOMETRY, Change, built, rebuilt_operand
from cnn_symbolic.mistakes.roles import STEPS, Roles
from cnn_symbolic.tensors.arithmetic import add, scale
from cnn_symbolic.tensors.operation import Proposal
from cnn_symbolic.tensors.operations.basic import dilate
from cnn_symbolic.tensors.operations.padding import crop
from cnn_symbolic.tensors.sources import UNSTATED, Call
from cnn_symbolic.tensors.tensor import Tensor


def forgotten(wrong: Tensor, left: Tensor, roles: Roles) -> Iterator[Change]:
    """Yield a wrong formula with one or two things that the left side has, and brought to the left side's shape."""
    once = list(built(remembered(wrong, left)))
    yield from once
    yield from built(shared(wrong, left, roles))
    yield from built(added(wrong, left))
    for change in once:
        for second in built(chain(fitted(change.formula, left.lengths), remembered(change.formula, left))):
            mends = f"{change.mends.removesuffix(' is missing')} and {second.mends}"
            mends = mends.replace(" is missing", " are missing") if change.mends.endswith(" is missing") else mends
            yield Change(f"{change.name} and {second.name}", second.formula, mends)


def added(x: Tensor, left: Tensor) -> Iterator[Proposal]:
    """Yield the formula with one of the left side's tensors added, if it is no number: a summand less."""
    for name, part in left.names().items() if x.names() else ():
        if part.lengths == x.lengths:
            yield Proposal(f"{x} plus {name}", partial(add, x, part), f"the summand {name} is missing")


def remembered(x: Tensor, left: Tensor) -> Iterator[Proposal]:
    """Yield the formula with an option, or a dilation, that the left side has and that may have been forgotten."""
    stated = [p.source for p in left.parts() if isinstance(p.source, Call)]
    for key in GEOMETRY:
        for value in dict.fromkeys(
            call.options[key] for call in stated if call.options.get(key, UNSTATED[key]) != UNSTATED[key]
        ):
            said = f"the {key} {format_option(value)}"
            yield Proposal(f"{said} everywhere", partial(with_option, x, key, value), f"{said} is missing")
    steps = (call.options.get(key) for call in stated for key in STEPS)
    for step in dict.fromkeys(s for s in steps if isinstance(s, sp.Expr | tuple) or s not in (None, 1)):
        yield from dilated(x, step if isinstance(step, tuple) else (step,))


def with_option(x: Tensor, key: str, value: Any) -> Tensor:
    """Return the formula with an option of its operations set where it was left out."""
    if not isinstance(x.source, Call):
        return x
    operands = [with_option(part, key, value) for part in x.source.operands]
    missing = key in x.source.options and x.source.options[key] == UNSTATED[key]
    made: Tensor = x.source.again(operands, **({key: value} if missing else {}))
    return made


def dilated(x: Tensor, steps: tuple[Any, ...]) -> Iterator[Proposal]:
    """Yield the formula with one of its tensors dilated along its last axes."""
    if not isinstance(x.source, Call):
        return
    for k, part in enumerate(x.source.operands):
        each = steps if len(steps) > 1 else steps * min(part.rank, 2 if part.rank != 3 else 1)
        factors = (1,) * (part.rank - len(each)) + each
        if part.rank >= len(each) and any(f != 1 for f in factors):
            spread = partial(dilate, part, factors=factors)
            said = f"dilated by {format_shape(factors)}"
            yield Proposal(f"{part} {said}", partial(rebuilt_operand, x.source, k, spread), f"{part} is not {said}")
        for makes, build, mends in dilated(part, steps):
            yield Proposal(makes, partial(rebuilt_operand, x.source, k, build), mends)


def shared(x: Tensor, left: Tensor, roles: Roles) -> Iterator[Proposal]:
    """Yield the formula divided or multiplied by one size of the left side: a mean for a sum, or a sum for a mean."""
    sizes = Roles((left,)).sizes
    for size in [*sizes, *(n for n in roles.lengths if n not in sizes)]:
        over, said = partial(scale, x, factor=divide(sp.S.One, size)), roles.size(size)
        yield Proposal(f"{x} divided by {size}", over, f"not divided by {said}")
        yield Proposal(f"{x} multiplied by {size}", partial(scale, x, factor=size), f"not multiplied by {said}")


def fitted(wrong: Tensor, shape: Shape) -> Iterator[Proposal]:
    """Yield the formula brought to another shape: by an output padding if it has one, else by zeros behind or a cut."""
    if len(shape) != wrong.rank or all(sp.expand(a - b) == 0 for a, b in zip(shape, wrong.lengths, strict=True)):
        return
    if isinstance(wrong.source, Call) and "output_padding" in wrong.source.options:
        spatial = len(shape) - (3 if wrong.source.options["group_axis"] else 2)
        missing = [a - b for a, b in zip(shape[-spatial:], wrong.lengths[-spatial:], strict=True)]
        given = wrong.source.options["output_padding"]
        before = given if isinstance(given, tuple) else (given,) * spatial
        total = tuple(sp.expand(a + b) for a, b in zip(before, missing, strict=True))
        said, again = f"the output padding {format_shape(total)}", partial(wrong.source.again, wrong.source.operands)
        yield Proposal(said, partial(again, output_padding=total), "the output padding is missing")
    said, cut = f"zeros behind or a cut, to the shape {format_shape(shape)}", partial(crop, wrong, shape=shape)
    yield Proposal(f"{said},", partial(cut, start=(0,) * wrong.rank), f"{said}, are missing")
