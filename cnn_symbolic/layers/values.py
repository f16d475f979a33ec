"""The kinds of numbers that layers are tried on, every one so that all sums of products of two arrays are exact.

A kind is drawn as integers up to a bound; a power of two, one for each array, changes no digit of a sum. Of an array
of which only the order of the entries counts, a kind is a way to write the ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import NamedTuple

import numpy as np

from cnn_symbolic.layers.stages import Arrays

Draw = Callable[[np.random.Generator, tuple[int, ...], int], np.ndarray]
Write = Callable[[np.ndarray, int], np.ndarray]
# The magnitude of entries beside a large one, the largest exponent of two, the distance of close and of tiny entries.
LITTLE, POWER, CLOSE, TINY = 4, 20, 2.0**-20, 2.0**-44


def nonzero(random: np.random.Generator, shape: tuple[int, ...], bound: int) -> np.ndarray:
    """Return random integers from −bound to bound without zero, each as likely, as float64."""
    drawn = random.integers(0, 2 * bound, shape)
    return np.where(drawn < bound, drawn - bound, drawn - bound + 1).astype(float)


def sparse(random: np.random.Generator, shape: tuple[int, ...], bound: int) -> np.ndarray:
    """Return integers about half of which are zero."""
    return nonzero(random, shape, bound) * random.integers(0, 2, shape)


def negative(random: np.random.Generator, shape: tuple[int, ...], bound: int) -> np.ndarray:
    """Return integers below zero."""
    return np.asarray(-np.abs(nonzero(random, shape, bound)))


def one_large(random: np.random.Generator, shape: tuple[int, ...], bound: int) -> np.ndarray:
    """Return small integers, and the bound in one place."""
    array = nonzero(random, shape, min(LITTLE, bound))
    array.flat[random.integers(array.size)] = bound
    return array


def repeated(random: np.random.Generator, shape: tuple[int, ...], bound: int) -> np.ndarray:
    """Return two integers, each in many places."""
    return np.asarray(random.choice(nonzero(random, (2,), bound), shape))


def close(random: np.random.Generator, shape: tuple[int, ...], bound: int) -> np.ndarray:
    """Return integers that differ little from the bound."""
    return bound - random.integers(0, min(LITTLE, bound), shape).astype(float)


def from_below(ranks: np.ndarray, bound: int) -> np.ndarray:
    """Return ranks as integers below zero, from minus the bound."""
    return ranks - max(bound, ranks.size + 1)


def highest_raised(ranks: np.ndarray, bound: int) -> np.ndarray:
    """Return ranks with the bound in place of the highest."""
    return np.where(ranks == ranks.max(), max(bound, ranks.size), ranks)


def crowded(ranks: np.ndarray, bound: int) -> np.ndarray:
    """Return ranks as numbers that differ little: behind 8 they have all their digits in float32, too."""
    return np.asarray(8 + CLOSE * ranks)


def tiny(ranks: np.ndarray, bound: int) -> np.ndarray:
    """Return ranks as numbers that all tolerances of practice take for equal."""
    return np.asarray(ranks * TINY)


class NumberKind(NamedTuple):
    """How a kind is drawn and how it writes ranks (None: as they are), and the least and greatest exponent of two."""

    draw: Draw
    write: Write | None = None
    powers: tuple[int, int] = (0, 0)


NUMBERS = {
    "integers": NumberKind(nonzero),
    "integers / 2^k": NumberKind(nonzero, powers=(-POWER, -1)),
    "integers · 2^k": NumberKind(nonzero, powers=(1, POWER)),
    "many zeros": NumberKind(sparse),
    "all negative": NumberKind(negative, from_below),
    "one large": NumberKind(one_large, highest_raised),
    "repeated": NumberKind(repeated),
    "close": NumberKind(close, crowded),
    "tiny": NumberKind(nonzero, tiny, (-50, -46)),
}
PLAIN = ("integers",)
# What all arrays have at the same time, so that their products are tiny, too.
ALONE = ("tiny",)
# With these a wrong polynomial is as unlikely to agree as with integers; what else is tried; what needs no fractions.
AS_INTEGERS = ("integers", "integers / 2^k", "integers · 2^k")
OTHERS = tuple(kind for kind in NUMBERS if kind not in (*AS_INTEGERS, *ALONE))
WHOLE = ("integers", "many zeros", "all negative", "one large", "repeated")


def drawn(
    random: np.random.Generator, shapes: Mapping[str, tuple[int, ...]], bound: int, kinds: Sequence[str]
) -> Arrays:
    """Return an array of integers for every shape, each of the next of the kinds."""
    each = zip(shapes.items(), cycle(kinds), strict=False)
    return {name: NUMBERS[kind].draw(random, shape, bound) for (name, shape), kind in each}


def scaled(random: np.random.Generator, arrays: Arrays, kinds: Sequence[str]) -> Arrays:
    """Return arrays times the powers of two of their kinds; b has that of x times w, to which it is added."""
    each = zip(arrays, cycle(kinds), strict=False)
    powers = {name: int(random.integers(*NUMBERS[kind].powers, endpoint=True)) for name, kind in each}
    if powers.keys() >= {"x", "w", "b"}:
        powers["b"] = powers["x"] + powers["w"]
    return {name: array * 2.0 ** powers[name] for name, array in arrays.items()}
