"""Sums of products over axes: `einsum`, and what is made from it.

Trusted. Source: the definitions in the documentation of NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import REAL, TRUTH, WHOLE, Array, as_real, computed, together
from cnn_symbolic.code.arrays.reshaping import axes_of
from cnn_symbolic.code.state.cells import Dim, is_one, length_of, translated
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import bound_sum, fresh
from cnn_symbolic.expressions.rules import compare


def einsum(world: World, text: str, arrays: Sequence[Array]) -> Array:
    """Return the sum of products that a text such as "nchw,kc->nkhw" describes."""
    left, arrow, right = text.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(arrays):
        raise world.raised(f"ValueError: einsum: {len(inputs)} inputs in {text!r}, but {len(arrays)} arrays")
    inputs, right = with_letters(world, inputs, right, arrays, bool(arrow))
    sizes: dict[str, Dim] = {}
    for letters, a in zip(inputs, arrays, strict=True):
        if len(letters) != a.rank:
            raise world.raised(f"ValueError: einsum: {letters!r} for an array with {a.rank} axes")
        for letter, dim in zip(letters, a.dims, strict=True):
            sizes[letter] = together(world, sizes.get(letter, (sp.S.One,)), dim, f"einsum, the axis {letter}")
    if len(set(right)) < len(right) or not set(right) <= set(sizes):
        raise world.raised(f"ValueError: einsum: the result {right!r} has other axes than the inputs")
    return contracted(world, inputs, right, sizes, arrays)


def with_letters(
    world: World, inputs: list[str], right: str, arrays: Sequence[Array], stated: bool
) -> tuple[list[str], str]:
    """Return the letters of the axes, with letters for an ellipsis and for a result that is not stated."""
    free = [letter for letter in ascii_letters if all(letter not in text for text in (*inputs, right))]
    counts = [a.rank - len(text.replace("...", "")) for text, a in zip(inputs, arrays, strict=True)]
    if any("..." in text for text in inputs):
        most = max(n for n, text in zip(counts, inputs, strict=True) if "..." in text)
        dots = "".join(free[:most])
        inputs = [text.replace("...", dots[most - n :]) for text, n in zip(inputs, counts, strict=True)]
        right = right.replace("...", dots)
    else:
        dots = ""
    if not stated:
        every = "".join(inputs)
        right = dots + "".join(sorted(x for x in set(every) if every.count(x) == 1 and x not in dots))
    if not all(letter in ascii_letters for letter in "".join(inputs) + right):
        raise world.refuse("the text of einsum has letters, commas, an arrow and dots")
    return inputs, right


def contracted(
    world: World, inputs: Sequence[str], right: str, sizes: dict[str, Dim], arrays: Sequence[Array]
) -> Array:
    """Return the sum of products over the axes whose letters are not in the result."""
    arrays = [as_real(a) if a.kind == TRUTH else a for a in arrays]
    entries = [a.reading() for a in arrays]
    over = [letter for letter in dict.fromkeys("".join(inputs)) if letter not in right]

    def value(index: Sequence[sp.Expr]) -> Any:
        at: dict[str, list[sp.Expr]] = {}
        rest = list(index)
        for letter in right:
            at[letter], rest = rest[: len(sizes[letter])], rest[len(sizes[letter]) :]
        bound: list[sp.Symbol] = []
        lengths: list[sp.Expr] = []
        for letter in over:
            own = list(fresh(letter for _ in sizes[letter]))
            at[letter] = list(own)
            bound += own
            lengths += sizes[letter]
        factors = []
        for letters, a, entry in zip(inputs, arrays, entries, strict=True):
            place: list[sp.Expr] = []
            for letter, dim in zip(letters, a.dims, strict=True):
                place += within(at[letter], sizes[letter], dim)
            factors.append(entry(place))
        return bound_sum(sp.Mul(*factors), bound, lengths)

    kind = WHOLE if all(a.kind == WHOLE for a in arrays) else REAL
    return computed(world, [sizes[letter] for letter in right], value, kind)


def within(index: list[sp.Expr], whole: Dim, own: Dim) -> list[sp.Expr]:
    """Return the index along an axis that is broadcast to another one, or is the same with other atomic sizes."""
    if is_one(own) and not is_one(whole):
        return [sp.S.Zero] * len(own)
    return translated(index, whole, own)


def tensordot(world: World, a: Array, b: Array, axes: Any) -> Array:
    """Return the sum of products over pairs of axes: so many of the last and first ones, or those that are named."""
    if isinstance(axes, sp.Integer):
        count = int(axes)
        pairs = list(zip(range(a.rank - count, a.rank), range(count), strict=True))
    else:
        first, second = (axes_of(world, each, x.rank) for each, x in zip(axes, (a, b), strict=True))
        pairs = list(zip(first, second, strict=True))
    one, other = list(ascii_letters[: a.rank]), list(ascii_letters[a.rank : a.rank + b.rank])
    for i, j in pairs:
        other[j] = one[i]
    kept = [x for k, x in enumerate(one) if k not in [i for i, _ in pairs]]
    kept += [x for k, x in enumerate(other) if k not in [j for _, j in pairs]]
    return product(world, "".join(one), "".join(other), "".join(kept), a, b, "tensordot")


def matmul(world: World, a: Array, b: Array) -> Array:
    """Return `a @ b`: products of matrices, broadcast over the axes before the last two."""
    if a.rank == 0 or b.rank == 0:
        raise world.raised("ValueError: matmul: an operand has no axes")
    if a.rank <= 2 and b.rank <= 2:
        return tensordot(world, a, b, ((sp.Integer(a.rank - 1),), (sp.Integer(max(b.rank - 2, 0)),)))
    before = ascii_letters[: max(a.rank, b.rank) - 2]
    one = before[len(before) - (a.rank - 2) :] + "yz" if a.rank >= 2 else "z"
    other = before[len(before) - (b.rank - 2) :] + "zx" if b.rank >= 2 else "z"
    result = before + "y" * (a.rank >= 2) + "x" * (b.rank >= 2)
    return product(world, one, other, result, a, b, "matmul")


def product(world: World, one: str, other: str, result: str, a: Array, b: Array, what: str) -> Array:
    """Return a sum of products of two arrays, whose common axes have equal sizes; leading axes are broadcast."""
    sizes: dict[str, Dim] = {}
    for letters, x in ((one, a), (other, b)):
        for letter, dim in zip(letters, x.dims, strict=True):
            if letter in sizes and letter not in result:
                check_same(world, sizes[letter], dim, what)
                sizes[letter] = max(sizes[letter], dim, key=len)
            else:
                sizes[letter] = together(world, sizes.get(letter, (sp.S.One,)), dim, what)
    return contracted(world, [one, other], result, sizes, [a, b])


def check_same(world: World, one: Dim, other: Dim, what: str) -> None:
    """Require that two axes have equal sizes."""
    n, m = length_of(one), length_of(other)
    if not world.same(n, m):
        world.require(compare("=", n, m), f"ValueError: {what}: the axes of sizes {n} and {m} do not fit together")
