"""The definitions that a book states once: of every operation its shape and entry formula, printed from itself.

Each is shown on tensors of general shape, most along one axis, with the options that change it; `cotangent`
tensors, sizes and indices have the letters of the claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import sizes, widths
from cnn_symbolic.notation.latex import Latex
from cnn_symbolic.notation.text import letters_of
from cnn_symbolic.present.content.prose import Prose, prose
from cnn_symbolic.proofs.reasons import OPERATION_NAMES
from cnn_symbolic.tensors.making import tensor
from cnn_symbolic.tensors.operations.basic import (
    apply,
    convolve,
    correlate,
    crop,
    dilate,
    dot,
    flip,
    ones,
    outer,
    pad,
    rot180,
    shift,
    stack,
    subsample,
    sum_axes,
    tensordot,
    transpose,
    wrap,
)
from cnn_symbolic.tensors.operations.convolutions import (
    conv,
    conv_transpose,
    fold,
    merge_axes,
    split_axis,
    unfold,
    upsample_nearest,
)
from cnn_symbolic.tensors.operations.pooling import select_pool, sum_pool, window_counts
from cnn_symbolic.tensors.operations.stacking import stacked, summed, take, windows
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Call, Named, Tensor

__all__ = ["SHOWN", "Defined", "definitions", "operations_in"]

B, C, G, I, J, K, M, N, S, D, F = sizes("B C G I J K M N S D F")
P, Q = widths("P Q")
x, y, f = tensor(M, name="x", indices="m"), tensor(M, name="y", indices="m"), tensor(I, name="f", indices="u")
grid, overlay = tensor(M, N, name="x", indices="m n"), tensor(I, J, name="f", indices="u v")
batch, maps = tensor(B, C, M, name="x", indices="n c m"), tensor(K, C, I, name="w", indices="k c u")
STEPS: dict[str, Any] = {"stride": S, "padding": (P,), "dilation": D}


@dataclass(frozen=True)
class Defined:
    """An operation: what it is called, and its formulas, each the entry with its value, and the shape."""

    operation: str
    name: Prose
    formulas: tuple[tuple[str, str], ...]


def pooled() -> Sequence[Tensor]:
    """Return a pooling on general tensors: the sizes of the selection are those of the windows."""
    summed = sum_pool(batch, window=(I,), **STEPS)
    selection = tensor(B, C, summed.shape[2], I, name="s", indices="n c r u")
    return [select_pool(batch, selection, **STEPS)]


def transposed() -> Sequence[Tensor]:
    """Return a transposed convolution on general tensors."""
    given = tensor(B, K, M, name="y", indices="n k m")
    return [conv_transpose(given, maps, output_padding=Q, **STEPS)]


def counted() -> Sequence[Tensor]:
    """Return the counts of an average, with the padding and without."""
    return [window_counts(shape=(M,), window=(I,), stride=S, padding=(P,), count_padding=c) for c in (True, False)]


def folded() -> Sequence[Tensor]:
    """Return a fold on general tensors: its operand has the shape of an unfolded one."""
    lying = unfold(batch, overlay=(I,), **STEPS)
    return [fold(tensor(*lying.shape, name="y", indices="n c u r"), shape=(M,), **STEPS)]


# What is shown of each operation, after the letters of its result's axes; one axis stands for all.
SHOWN: dict[str, tuple[str, Callable[[], Sequence[Tensor]]]] = {
    "correlate": ("r c", lambda: [correlate(grid, overlay, mode=mode) for mode in ("valid", "full", "same")]),
    "convolve": ("r c", lambda: [convolve(grid, overlay, mode=mode) for mode in ("valid", "full", "same")]),
    "rot180": ("m n", lambda: [rot180(grid)]),
    "flip": ("m n", lambda: [flip(grid, axes=(0,))]),
    "transpose": ("n m", lambda: [transpose(grid)]),
    "pad": ("m", lambda: [pad(x, widths=((P, Q),))]),
    "crop": ("i", lambda: [crop(x, start=(P,), shape=(I,))]),
    "shift": ("m", lambda: [shift(x, offsets=(P,))]),
    "dilate": ("m", lambda: [dilate(x, factors=(D,))]),
    "subsample": ("r", lambda: [subsample(x, factors=(S,))]),
    "add": ("m", lambda: [x + y]),
    "scale": ("m", lambda: [N * x]),
    "multiply": ("m", lambda: [x * y]),
    "dot": ("", lambda: [dot(x, y)]),
    "outer": ("m u", lambda: [outer(x, f)]),
    "tensordot": ("m k", lambda: [tensordot(grid, tensor(N, K, name="w", indices="n k"), axes=((1,), (0,)))]),
    "sum_axes": ("n", lambda: [sum_axes(grid, axes=(0,))]),
    "wrap": ("k m", lambda: [wrap(x)]),
    "stack": ("k m", lambda: [stack(x, y)]),
    "take": ("n", lambda: [take(grid, at=(sp.Symbol("k", integer=True),))]),
    "stack_family": ("k n", lambda: [stacked(M, lambda k: take(grid, at=(k,)))]),
    "sum_family": ("n", lambda: [summed(M, lambda k: take(grid, at=(k,)))]),
    "windows": ("r u", lambda: [windows(x, shape=(I,))]),
    "constant": ("m", lambda: [ones(M)]),
    "apply": ("m", lambda: [apply(x, function="σ", order=1)]),
    "conv": ("n k r", lambda: [conv(batch, maps, tensor(K, name="b", indices="k"), **STEPS)]),
    "conv_transpose": ("n c m", transposed),
    "unfold": ("n c u r", lambda: [unfold(batch, overlay=(I,), **STEPS)]),
    "fold": ("n c m", folded),
    "upsample_nearest": ("n c m", lambda: [upsample_nearest(batch, factors=(F,))]),
    "split_axis": ("g c", lambda: [split_axis(tensor(G * C, name="x", indices="k"), axis=0, into=(G, C))]),
    "merge_axes": ("k", lambda: [merge_axes(tensor(G, C, name="x", indices="g c"), axis=0)]),
    "select_pool": ("n c r", pooled),
    "sum_pool": ("n c r", lambda: [sum_pool(batch, window=(I,), **STEPS)]),
    "window_counts": ("n c r", counted),
}


def definitions(operations: Iterable[str]) -> tuple[Defined, ...]:
    """Return the definitions of the operations, in the order of the table."""
    wanted = set(operations)
    return tuple(defined(operation) for operation in SHOWN if operation in wanted)


def defined(operation: str) -> Defined:
    """Return the definition of one operation: each variant's entry, and its shape."""
    letters, build = SHOWN[operation]
    formulas, shapes = [], []
    for shown in build():
        index = [sp.Dummy(letter, integer=True) for letter in letters.split()]
        names = dict(zip(index, letters.split(), strict=True))
        latex = Latex(letters_of(shown))
        left = latex.tensor(shown, [latex.symbol(letter) for letter in letters.split()])
        formulas.append(f"{left} = {latex.formula(shown.formula(tuple(index)), names)}")
        shapes.append(latex.tensor(shown.shape))
    name = OPERATION_NAMES.get(operation, operation).removeprefix("the ")
    return Defined(operation, prose(name), tuple(zip(formulas, shapes, strict=True)))


def operations_in(side: Any) -> Iterator[str]:
    """Yield the operations that a side of a claim is made from, those in intermediate results too."""
    pending, seen = [side.tensor if isinstance(side, ShapeOf) else side], set[int]()
    while pending:
        x = pending.pop()
        if not isinstance(x, Tensor) or id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x.source, Named):
            pending.append(x.source.definition)
        elif isinstance(x.source, Call):
            yield x.source.operation
            pending += x.source.operands
