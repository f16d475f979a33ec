"""Padding, of all modes, and blocks of a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import Index
from cnn_symbolic.expressions.rules import at_least, maximum, minimum, remainder
from cnn_symbolic.expressions.shapes import check_integers, check_shape
from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors.operation import Definition, given, operation
from cnn_symbolic.tensors.tensor import Tensor


def check_widths(widths: Any, x: Tensor, owner: str) -> list[tuple[Any, Any]]:
    """Return (before, after) per axis; raise ShapeError unless each is an integer or made from sizes."""
    each = widths if isinstance(widths, tuple | list) else [widths] * x.rank
    pairs = [tuple(w) if isinstance(w, tuple | list) else (w, w) for w in each]
    if len(pairs) != x.rank or any(len(p) != 2 for p in pairs):
        raise ShapeError(f"{owner} takes one (before, after) per axis; {x} has {x.rank} axes, found {widths!r}")
    return [(check_width(before, owner), check_width(after, owner)) for before, after in pairs]


def check_width(width: Any, owner: str) -> sp.Expr:
    """Return a width as it stands in formulas; raise ShapeError unless it is an integer or made from sizes."""
    try:
        (exact,) = check_integers((width,), 1, owner)
    except ShapeError as error:
        reason = f" ({error})" if isinstance(width, sp.Expr) else ""
        raise ShapeError(f"{owner}: a width is an integer or an expression in sizes, found {width!r}{reason}") from None
    return exact


@operation(
    "padding",
    "m",
    given(s.x, widths=((s.P, s.Q),)),
    *(given(s.x, widths=((1, 1),), mode=mode) for mode in ("circular", "replicate", "reflect")),
)
def pad(x: Tensor, *, widths: Any, mode: str | None = None) -> Definition:
    """pad(x)[i] = x[i − before]; the size grows by before + after; a negative width cuts off.

    `widths` lists (before, after), or one number for both, per axis, or is one number for all. Outside of x are zeros,
    or, by the mode, what is there when x is repeated ("circular"), its outermost entries ("replicate"), or its entries
    turned around at those ("reflect", for widths less than the size). Source: `numpy.pad`; the modes have the names
    of `torch.nn.functional.pad`. Raises ShapeError unless there is one pair per axis, ModeError for another mode.

    >>> from cnn_symbolic import literal, pad, tensor, widths
    >>> P, Q = widths("P Q")
    >>> pad(tensor(5, name="x"), widths=((P, Q),)).shape
    (P + Q + 5,)
    >>> pad(literal(values=[1, 2, 3]), widths=((2, 1),), mode="reflect").evaluate({})
    array([3, 2, 1, 2, 3, 2])
    """
    pairs = check_widths(widths, x, "pad")
    shape = tuple(sp.expand(n + a + b) for n, (a, b) in zip(x.lengths, pairs, strict=True))
    if mode is None:
        confined = all(at_least(w, 0) for p in pairs for w in p)
        return Definition(
            shape, lambda index: x.at(tuple(i - a for i, (a, _) in zip(index, pairs, strict=True))), confined
        )
    if mode not in PADDED:
        raise ModeError(f"pad has no mode {mode!r}: it takes {', '.join(map(repr, PADDED))}, or none for zeros")
    inside = PADDED[mode]
    if negative := [w for p in pairs for w in p if w.is_Integer and w < 0]:
        raise ShapeError(f"pad: in the mode {mode!r} nothing is cut off, found the width {negative[0]}")
    most = [n - w for n, p in zip(x.lengths, pairs, strict=True) for w in p] if mode == "reflect" else []

    def formula(index: Index) -> sp.Expr:
        return x.at(tuple(inside(i - a, n) for i, n, (a, _) in zip(index, x.lengths, pairs, strict=True)))

    return Definition(shape, formula, presumed=(*(w + 1 for p in pairs for w in p), *most))


def reflected(i: sp.Expr, n: sp.Expr) -> sp.Expr:
    """Return the index that i is the reflection of, at the first entry and at the last of n."""
    return minimum(maximum(i, -i), 2 * n - 2 - i)


# Which entry of n stands at an index outside, by the mode of padding.
PADDED: dict[str, Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    "circular": remainder,
    "replicate": lambda i, n: minimum(maximum(i, sp.S.Zero), n - 1),
    "reflect": reflected,
}


@operation("a block", "i", given(s.x, start=(s.P,), shape=(s.I,)))
def crop(x: Tensor, *, start: Sequence[Any], shape: Sequence[Any]) -> Definition:
    """crop(x)[i] = x[start + i] for 0 ≤ i < shape: the block of that shape. Source: NumPy slicing.

    A block that reaches beyond the tensor is filled with zeros. Raises ShapeError unless there is one start and one
    size per axis.

    >>> from cnn_symbolic import crop, literal
    >>> crop(literal(values=[1, 2, 3, 4]), start=(2,), shape=(3,)).evaluate({})
    array([3, 4, 0])
    """
    kept = check_shape(tuple(shape), "crop")
    first = check_integers(start, x.rank, f"crop: the start of {x}, which has {x.rank} axes,")
    if len(kept) != x.rank:
        raise ShapeError(f"crop takes one start and one size per axis; {x} has {x.rank} axes, found {start}, {shape}")
    return Definition(kept, lambda index: x.at(tuple(i + s for i, s in zip(index, first, strict=True))))
