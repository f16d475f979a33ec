"""The catalogue of mistakes: small changes of a formula, each with a name.

Applied to a right formula they are the wrong variants that the kernel must refute; applied to a wrong
one, the change that makes it right is the name of the mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import sympy as sp

from cnn_symbolic.derivation import Derivation
from cnn_symbolic.entries import entries_of
from cnn_symbolic.errors import CnnSymbolicError
from cnn_symbolic.kernel.decide import decide
from cnn_symbolic.kernel.statement import state
from cnn_symbolic.kernel.verdicts import Refutation, Theorem
from cnn_symbolic.operations import MODES, flip, rot180, shift, transpose
from cnn_symbolic.tensors import OPERATIONS, Call, Named, Tensor, multiply, scale

__all__ = ["Change", "changes", "correction", "named_mistake"]

Proposal = tuple[str, Callable[[], Tensor]]


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
    for name, build in proposed(formula, factors, fixed):
        try:
            yield Change(name, build())
        except CnnSymbolicError:
            continue


def proposed(x: Tensor, factors: Sequence[Tensor], fixed: Collection[str]) -> Iterator[Proposal]:
    """Yield every change at the top of a formula and inside of it, not yet built."""
    unfolded = isinstance(x.source, Named) and x.name not in fixed
    source = x.source.definition.source if isinstance(x.source, Named) and unfolded else x.source
    if isinstance(source, Call) and source.operation == "from_entries":
        yield from at_entries(x if not isinstance(x.source, Named) else x.source.definition)
    elif isinstance(source, Call) and source.operation in OPERATIONS:
        yield from at_call(source)
    yield from at_any(x)
    if isinstance(source, Call) and source.operation in OPERATIONS and source.operation != "apply":
        for k, operand in enumerate(source.operands):
            for name, build in proposed(operand, factors, fixed):
                yield name, partial(rebuilt_operand, source, k, build)
    for factor in factors:
        if factor.shape == x.shape:
            yield f"the factor {factor} added to {x}", partial(multiply, factor, x)


def at_entries(x: Tensor) -> Iterator[Proposal]:
    """Yield the changes of a formula that is written by hand: each index of each entry off by one."""
    if not isinstance(x.source, Call):
        return
    written, index = x.source.options["entry"], x.source.options["index"]
    for at in sorted(written.atoms(sp.Indexed), key=str):
        for k, inner in enumerate(at.indices):
            for step in (1, -1):
                moved = sp.Indexed(at.base, *at.indices[:k], inner + step, *at.indices[k + 1 :])
                changed = written.xreplace({at: moved})
                name = f"index {k} of {at.base} off by one ({step:+d})"
                yield name, partial(entries_of, changed, index, x.shape, x.source.operands)


def rebuild(call: Call, operands: Sequence[Tensor], operation: str | None = None, **options: object) -> Tensor:
    """Return the operation again, with other operands, another name or other options."""
    return OPERATIONS[operation or call.operation](*operands, **{**call.options, **options})


def rebuilt_operand(call: Call, k: int, build: Callable[[], Tensor]) -> Tensor:
    """Return the operation again, with one operand built anew."""
    return rebuild(call, [*call.operands[:k], build(), *call.operands[k + 1 :]])


def at_call(call: Call) -> Iterator[Proposal]:
    """Yield the changes of an operation itself."""
    operands = call.operands
    if call.operation in ("correlate", "convolve"):
        other = "convolve" if call.operation == "correlate" else "correlate"
        yield f"{other} in place of {call.operation}", partial(rebuild, call, operands, other)
        yield f"the arguments of {call.operation} exchanged", partial(rebuild, call, operands[::-1])
        for mode in MODES:
            if mode != call.options["mode"]:
                yield f"mode {mode!r} in place of {call.options['mode']!r}", partial(rebuild, call, operands, mode=mode)
    if call.operation == "rot180":
        yield f"{operands[0]} not rotated", partial(itself, operands[0])
    if call.operation == "multiply":
        for kept, dropped in (operands, operands[::-1]):
            yield f"the factor {dropped} dropped", partial(itself, kept)
    if call.operation == "add" and len(operands) > 1:
        for k, term in enumerate(operands):
            rest = [*operands[:k], *operands[k + 1 :]]
            yield f"the term {term} dropped", partial(rebuild, call, rest)
            yield f"the term {term} doubled", partial(rebuild, call, [*rest, scale(term, factor=2)])
    if call.operation == "apply":
        function, order = call.options["function"], call.options["order"]
        for found in {order + 1, max(order - 1, 0)} - {order}:
            name = f"{function}{'′' * found} in place of {function}{'′' * order}"
            yield name, partial(rebuild, call, operands, order=found)


def at_any(x: Tensor) -> Iterator[Proposal]:
    """Yield the changes that can be made to any tensor; axes of size 1 look the same from both ends."""
    long = [axis for axis in range(x.rank) if x.shape[axis] != 1]
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
    yield f"{x} doubled", partial(scale, x, factor=2)
    yield f"{x} halved", partial(scale, x, factor=sp.Rational(1, 2))
    yield f"{x} negated", partial(scale, x, factor=-1)


def itself(x: Tensor) -> Tensor:
    """Return the tensor."""
    return x


def correction(left: Tensor, wrong: Tensor, assuming: Sequence[object] = ()) -> Change | None:
    """Return the change that makes a wrong formula right, proved by the kernel; None if none does."""
    applied = [p.source for p in left.parts() if isinstance(p.source, Call) and p.source.operation == "apply"]
    slopes = [rebuild(call, call.operands, order=call.options["order"] + 1) for call in applied]
    for change in changes(wrong, slopes, left.names()):
        try:
            if isinstance(decide(state(left, change.formula, assuming)), Theorem):
                return change
        except CnnSymbolicError:
            continue
    return None


def named_mistake(derivation: object) -> Change | None:
    """Return the change that makes the right side of a refuted claim right, if the catalogue has it."""
    if not isinstance(derivation, Derivation) or not (
        isinstance(derivation.left, Tensor) and isinstance(derivation.right, Tensor)
    ):
        return None
    if not isinstance(derivation.claim_verdict, Refutation):
        return None
    return correction(derivation.left, derivation.right, derivation.assuming)
