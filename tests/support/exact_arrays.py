"""Operations on arrays of exact elements: how tests run one, compare its result, and draw integer arrays."""

from fractions import Fraction
from math import prod

import numpy as np
from hypothesis import strategies as st

from cnn_symbolic.witnesses.arrays import OPERATIONS
from cnn_symbolic.witnesses.duals import Dual, coefficients

entries = st.integers(-9, 9)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def run(name, *operands, **options):
    """The result of an operation; operands stay as they are, the result has dtype object."""
    before = [None if x is None else np.array(x, dtype=object) for x in operands]
    found = OPERATIONS[name](*operands, **options)
    assert isinstance(found, np.ndarray)
    assert found.dtype == object
    assert all(isinstance(e, int | Fraction | Dual) and not isinstance(e, bool) for e in found.flat)
    assert all(x is None or (np.asarray(x, dtype=object) == y).all() for x, y in zip(operands, before, strict=True))
    return found


def same(found, expected):
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    assert (found == expected).all()


def gradient(cost, tag, shape):
    """The derivatives of a single number by the entries of the array of that shape which has the tag."""
    return np.stack(coefficients(np.asarray(cost, dtype=object).reshape(()), tag, prod(shape))).reshape(shape)


def numbers(draw, shape):
    values = draw(st.lists(entries, min_size=prod(shape), max_size=prod(shape)))
    return np.array(values, dtype=int).reshape(shape)


@st.composite
def integer_arrays(draw, shape=shapes):
    return numbers(draw, draw(shape) if isinstance(shape, st.SearchStrategy) else shape)


@st.composite
def pairs(draw, fitting=False):
    """Two arrays of one rank, the second one not larger than the first if it is to fit."""
    shape = draw(shapes)
    other = tuple(draw(st.integers(1, m if fitting else 4)) for m in shape)
    return numbers(draw, shape), numbers(draw, other)
