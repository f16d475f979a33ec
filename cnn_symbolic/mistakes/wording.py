"""The words that names of mistakes are put together from."""

from __future__ import annotations

from collections.abc import Sequence

# Pairs of words that say the opposite of one another.
OPPOSITES = (
    ("is not", "is"),
    ("are not", "are"),
    ("not divided", "divided"),
    ("not multiplied", "multiplied"),
    ("not summed", "summed"),
    ("too much", "missing"),
    ("subtracted", "added"),
    ("halved", "doubled"),
)


def is_opposite(a: str, b: str) -> bool:
    """Tell whether two mistakes are the same, or one is the other made the other way round.

    >>> is_opposite("the filter w is flipped", "the filter w is not flipped")
    True
    """
    return simple(a) == simple(b)


def simple(name: str) -> str:
    """Return a name with one of two opposite words in the place of both."""
    for word, other in OPPOSITES:
        name = name.replace(word, other)
    return name


def and_joined(texts: Sequence[str]) -> str:
    """Return one text for several that differ in one word, which are listed."""
    words = [text.split(" ") for text in dict.fromkeys(texts)]
    if len({len(w) for w in words}) > 1:
        return texts[0]
    return " ".join(" and ".join(dict.fromkeys(column)) for column in zip(*words, strict=True))


def of_axes(axes: Sequence[int]) -> str:
    """Return which axes are meant.

    >>> of_axes([2]), of_axes([0, 1, 3])
    ('axis 2', 'the axes 0, 1 and 3')
    """
    if len(axes) == 1:
        return f"axis {axes[0]}"
    return f"the axes {', '.join(map(str, axes[:-1]))} and {axes[-1]}"
