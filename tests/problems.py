"""What several tests share: random arrays of integers, and the article's feature map."""

import numpy as np
from hypothesis import strategies as st

from cnn_symbolic import FeatureMap, sizes

M, N, I, J = sizes("M N I J")


def feature_map():
    return FeatureMap(input_shape=(M, N), overlay_shape=(I, J))


def integers(shape, random, bound=9):
    return random.integers(-bound, bound + 1, shape)


@st.composite
def arrays(draw, shape):
    """An array of small integers of the given shape."""
    seed = draw(st.integers(0, 2**32 - 1))
    return integers(shape, np.random.default_rng(seed))


def shapes(rank, most=5):
    """A shape with sizes from 1 to `most`, sizes of one and non-squares among them."""
    return st.tuples(*[st.integers(1, most)] * rank)


@st.composite
def pairs(draw, fitting=False, ranks=(1, 2, 3)):
    """An array and an overlay with equally many axes; if `fitting`, the overlay is no larger."""
    rank = draw(st.sampled_from(ranks))
    most = {1: 9, 2: 5, 3: 4}[rank]
    x = draw(shapes(rank, most))
    f = tuple(draw(st.integers(1, n)) for n in x) if fitting else draw(shapes(rank, most))
    return draw(arrays(x)), draw(arrays(f))
