"""Sets of sizes: which sizes satisfy some conditions, such as the inputs that give a certain output.

Computed by isl, exactly. The conditions are affine once strides and other factors have values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.divisors import required
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.expressions.rules import compare, is_plain_size
from cnn_symbolic.expressions.shapes import check_shape, format_shape
from cnn_symbolic.expressions.values import as_condition, plain, presumed_of
from cnn_symbolic.ground.errors import FragmentError, ShapeError
from cnn_symbolic.kernel.search.conditions import as_said
from cnn_symbolic.kernel.search.points import at_sizes, smallest
from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet, Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Tensor


@dataclass(frozen=True)
class SizeSet:
    """All sizes that satisfy some conditions.

    `condition` says which they are; iterating gives them one by one, those of least total first, without end
    if there are infinitely many. `in` tells whether given sizes are among them.
    """

    sizes: tuple[sp.Symbol, ...]
    condition: str
    points: IntegerSet = field(repr=False, compare=False)
    sets: Sets = field(repr=False, compare=False)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return not self.points.is_empty()

    def __iter__(self) -> Iterator[dict[str, int]]:
        """Yield the sizes by name."""
        left = self.points
        while (point := smallest(self.sets, left)) is not None:
            yield dict(zip(map(str, self.sizes), point, strict=True))
            left = left.subtract(at_sizes(self.sets, point, left))

    def __contains__(self, sizes: Mapping[str, int]) -> bool:
        """Whether the sizes, given by name, are among them."""
        point = [sizes[str(size)] for size in self.sizes]
        return not self.points.intersect(at_sizes(self.sets, point, self.points)).is_empty()

    def first(self, count: int) -> list[dict[str, int]]:
        """Return at most that many of them, those of least total first."""
        return list(islice(self, count))


def sizes_where(conditions: Iterable[Any], sizes: Iterable[sp.Symbol] = ()) -> SizeSet:
    """Return the sizes that satisfy all conditions; raise FragmentError where they are not affine.

    `sizes` lists sizes that no condition mentions.

    >>> from cnn_symbolic import sizes, sizes_where
    >>> M, I = sizes("M I")
    >>> found = sizes_where([I <= M, M % 2 == 0, M < 10])
    >>> found.condition, found.first(2), {"M": 8, "I": 9} in found
    ('M is even and I ≤ M ≤ 8', [{'I': 1, 'M': 2}, {'I': 2, 'M': 2}], False)
    """
    given = tuple(conditions)
    stated = [*(as_condition(holds) for holds in given), *required(sorted(presumed_of(given), key=str), {})]
    found = {*map(plain, sizes), *(s for holds in stated for s in holds.free_symbols if is_plain_size(s))}
    ordered = tuple(sorted(found, key=str))
    sets = Sets(ordered, ())
    try:
        points = sets.sizes_where(stated)
    except NotReadable as stopped:
        raise FragmentError(f"{stopped.detail}: give strides and other factors their values") from stopped
    try:
        simplest = as_said(sets, points)
    except NotReadable:
        simplest = tuple(stated)
    return SizeSet(ordered, written_together(simplest) or "always", points, sets)


def preimage(shape: ShapeOf | Sequence[Any], sizes: Sequence[int | None], assuming: Iterable[Any] = ()) -> SizeSet:
    """Return the sizes at which a shape has the given sizes: "which inputs give an output of 7?".

    `shape` is `shape(tensor)` or a tuple of size expressions; an entry of `sizes` may be None, for any size. Raises
    ShapeError unless there is one for each axis, FragmentError where the sizes are not affine.

    >>> from cnn_symbolic import preimage, sizes
    >>> from cnn_symbolic.layers import conv_size
    >>> M, I = sizes("M I")
    >>> found = preimage((conv_size(M, I, stride=2),), (7,))
    >>> found.condition, found.first(2)
    ('I + 12 ≤ M ≤ I + 13', [{'I': 1, 'M': 13}, {'I': 1, 'M': 14}])
    """
    lengths = shape.lengths if isinstance(shape, ShapeOf) else check_shape(tuple(shape), "preimage")
    presumed = () if isinstance(shape, ShapeOf) else required(sorted(presumed_of(tuple(shape)), key=str), {})
    if len(lengths) != len(sizes) or isinstance(shape, Tensor):
        raise ShapeError(f"preimage: {format_shape(lengths)} has {len(lengths)} sizes, but {len(sizes)} are given")
    if any(size is not None and size < 1 for size in sizes):
        raise ShapeError(f"preimage: sizes are one or more, or None for any, found {tuple(sizes)}")
    needed = shape.tensor.requirements() if isinstance(shape, ShapeOf) else presumed
    equal = [
        compare(">=", length, sp.S.One) if size is None else compare("=", length, sp.Integer(size))
        for length, size in zip(lengths, sizes, strict=True)
    ]
    mentioned = {s for length in lengths for s in length.free_symbols}
    return sizes_where([*assuming, *needed, *equal], mentioned)
