"""What several tests share: random arrays of integers, the article's feature map, and convolutions and poolings.

A convolution or pooling is a `Problem`: its options, and where its windows are. A position is counted here,
never computed, so that the counts are independent of the formulas that are tested.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from cnn_symbolic import FeatureMap, sizes, widths
from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, infer_sizes
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.expressions.values import plain
from cnn_symbolic.witnesses.windows import axes_over, gather, scatter

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


# Many options to combine, so five times as many examples as elsewhere.
many = settings(max_examples=5 * settings.default.max_examples)


def same(found, expected):
    """Assert the same shape and the same numbers, exactly."""
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_array_equal(found, expected)


def assert_entries(symbolic, expected, values, sizes=None, functions=None, margin=2):
    """Assert the shape and every entry of a tensor, exactly: inside the shape, and zeros in a margin around it."""
    same(symbolic.evaluate(values, functions, sizes), expected)
    names = symbolic.names()
    arrays_ = {name: part.evaluate(values, functions, sizes) for name, part in names.items()}
    stated = {plain(size): n for size, n in (sizes or {}).items()}
    known = infer_sizes({name: part.lengths for name, part in names.items()}, arrays_, stated)
    exact = object if any(a.dtype == object for a in arrays_.values()) else int
    index = fresh("i" * symbolic.rank)
    formula = symbolic.at(tuple(i - margin for i in index))
    around = [n + 2 * margin for n in np.shape(expected)]
    found = evaluate_formula(formula, index, around, Values(known, arrays_, functions or {}, exact))
    same(found, np.pad(expected, margin))


def starts(m, i, s, d, before, after, ceil_mode=False):
    """Where the windows of one axis start, in the padded input: ⌈ ⌉ lets a last one lack up to s − 1 cells."""
    end, found = before + m + after + (s - 1 if ceil_mode else 0), []
    while len(found) * s + d * (i - 1) < end:
        found.append(len(found) * s)
    return found[:-1] if ceil_mode and found and found[-1] >= before + m else found


def defined_pads(padding, m, i, s, d):
    """The padding of one axis by its definition: for "same", as little as gives ⌈M/s⌉ windows."""
    if padding in ("valid", "full", "causal"):
        return {"valid": (0, 0), "full": (d * (i - 1), d * (i - 1)), "causal": (d * (i - 1), 0)}[padding]
    wanted = len(range(0, m, s))
    total = next(t for t in range(m + d * i + s) if len(starts(m, i, s, d, 0, t)) >= wanted)
    less, more = total // 2, total - total // 2
    return (more, less) if padding == "same_lower" else (less, more)


@dataclass(frozen=True)
class Problem:
    """A geometry, with its padding as it was given and as pairs, and the seed of its numbers."""

    spatial: tuple
    overlay: tuple
    stride: tuple
    dilation: tuple
    padding: object
    pads: list
    groups: int = 1
    channels: tuple = (1, 1)
    batch: int = 1
    ceil_mode: bool = False
    seed: int = 0
    random: np.random.Generator = field(init=False, compare=False, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "random", np.random.default_rng(self.seed))

    @property
    def axes(self):
        """M, I, s, d and the padding of every axis."""
        return list(zip(self.spatial, self.overlay, self.stride, self.dilation, self.pads, strict=True))

    @property
    def options(self):
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    def stated(self, symbolic):
        """The options as numbers; or as sizes and widths, and what these are."""
        if not symbolic:
            return self.options, {}
        rank = len(self.overlay)
        stride, dilation = sizes("S T U")[:rank], sizes("D E F")[:rank]
        known = dict(zip((*stride, *dilation), (*self.stride, *self.dilation), strict=True))
        padding = self.padding
        if not isinstance(padding, str):
            padding = list(zip(widths("P Q R"), widths("V W X"), strict=True))[:rank]
            known |= {
                side: n for pair, pad in zip(padding, self.pads, strict=True) for side, n in zip(pair, pad, strict=True)
            }
        return {"stride": stride, "padding": padding, "dilation": dilation}, known

    @property
    def grouped_options(self):
        return {**self.options, "groups": self.groups}

    @property
    def pooling_options(self):
        return {"window": self.overlay, "ceil_mode": self.ceil_mode, **self.options}

    @property
    def averaging_options(self):
        """The same for an average, whose windows have no dilation."""
        options = self.pooling_options
        del options["dilation"]
        return options

    @property
    def starts(self):
        return [starts(m, i, s, d, a, z, self.ceil_mode) for m, i, s, d, (a, z) in self.axes]

    @property
    def positions(self):
        return tuple(map(len, self.starts))

    def windows(self):
        """For every window its position, and for each of its entries the offset and the cell, also outside."""
        axes = list(zip(self.starts, self.dilation, self.pads, strict=True))
        for position in np.ndindex(self.positions):
            entries = []
            for offset in np.ndindex(self.overlay):
                each = zip(axes, position, offset, strict=True)
                entries.append((offset, tuple(start[p] + d * i - a for (start, d, (a, _)), p, i in each)))
            yield position, entries

    def has(self, cell):
        """Whether a cell is one of the input's."""
        return all(0 <= c < m for c, m in zip(cell, self.spatial, strict=True))

    def numbers(self, *shape):
        return integers(shape, self.random)

    def maps(self, bound=9):
        """Random integers for the input of a layer that takes every map by itself: two channels."""
        return integers((self.batch, 2, *self.spatial), self.random, bound)

    def convolution(self):
        """x, w, b and g of random integers."""
        inputs, outputs = self.groups * self.channels[0], self.groups * self.channels[1]
        g = self.numbers(self.batch, outputs, *self.positions)
        x = self.numbers(self.batch, inputs, *self.spatial)
        return x, self.numbers(outputs, self.channels[0], *self.overlay), self.numbers(outputs), g


def drawn(draw, rank, low, high):
    return tuple(draw(st.integers(low, high)) for _ in range(rank))


PAIRS, INTS = "pairs", "ints"
NAMES = ["valid", "full", "same", "same_upper", "same_lower", "causal"]


@st.composite
def convolutions(draw, ranks=(1, 2, 3), paddings=(0, PAIRS, *NAMES), most_dilation=3):
    """A convolution that fits, with any mixture of options; every rank up to 3."""
    rank = draw(st.sampled_from(ranks))
    overlay = drawn(draw, rank, 1, {1: 4, 2: 3, 3: 2}[rank])
    stride, dilation = drawn(draw, rank, 1, 3), drawn(draw, rank, 1, most_dilation if rank < 3 else 2)
    padding = draw(st.sampled_from(paddings))
    if padding == PAIRS:
        padding = [draw(st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 3), st.integers(0, 3)))) for _ in overlay]
        pads = [(p, p) if isinstance(p, int) else p for p in padding]
    elif padding == INTS:
        padding = drawn(draw, rank, 0, 3)
        pads = [(p, p) for p in padding]
    else:
        pads = [(0, 0)] * rank
    spatial = []
    for axis in range(rank):
        extent = dilation[axis] * (overlay[axis] - 1) + 1
        least = 1 if padding in NAMES[1:] else max(1, extent - sum(pads[axis]))
        spatial.append(least + draw(st.integers(0, 4 if rank < 3 else 2)))
    if isinstance(padding, str):
        pads = [defined_pads(padding, *axis) for axis in zip(spatial, overlay, stride, dilation, strict=True)]
    return Problem(
        tuple(spatial),
        overlay,
        stride,
        dilation,
        padding,
        pads,
        groups=draw(st.sampled_from([1, 1, 2, 3])),
        channels=drawn(draw, 2, 1, 2),
        batch=draw(st.integers(1, 2)),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def transposing(problem):
    """A transposed convolution of a problem: y, w, b, g, the problem with the sizes of the result, and the options."""
    y_shape = tuple(problem.random.integers(1, 4, len(problem.overlay)).tolist())
    extra = tuple(
        int(problem.random.integers(0, max(s, d))) for s, d in zip(problem.stride, problem.dilation, strict=True)
    )
    each = zip(y_shape, problem.overlay, problem.stride, problem.dilation, problem.pads, extra, strict=True)
    spatial = tuple(s * (p - 1) + d * (i - 1) + 1 - a - z + e for p, i, s, d, (a, z), e in each)
    if min(spatial) < 1:
        return transposing(replace(problem, padding=0, pads=[(0, 0)] * len(problem.overlay)))
    result = replace(problem, spatial=spatial)
    inputs, outputs = problem.groups * problem.channels[0], problem.groups * problem.channels[1]
    y = result.numbers(problem.batch, inputs, *y_shape)
    w = result.numbers(inputs, problem.channels[1], *problem.overlay)
    g = result.numbers(problem.batch, outputs, *spatial)
    return y, w, result.numbers(outputs), g, result, {**result.grouped_options, "output_padding": extra}


@st.composite
def poolings(draw, ranks=(1, 2, 3), most_dilation=2, ceil_modes=(False, True), padding=PAIRS):
    """A pooling in which every window has a cell of the input.

    The padding is at most half of the window on both sides, in ints that are the same on both, or in pairs.
    """
    rank = draw(st.sampled_from(ranks))
    overlay, stride = drawn(draw, rank, 1, 3), drawn(draw, rank, 1, 3)
    dilation, ceil_mode = drawn(draw, rank, 1, most_dilation), draw(st.sampled_from(ceil_modes))
    pads, spatial = [], []
    for i, s, d in zip(overlay, stride, dilation, strict=True):
        half = draw(st.integers(0, i // 2))
        pads.append((half, half if padding == INTS else draw(st.integers(0, i // 2))))
        # With d·(I−1) cells, every window that starts in or before the input has a cell in it.
        spatial.append(max(1, d * (i - 1)) + draw(st.integers(0, 4 if rank < 3 else 2)))
        lacking = s - 1 if ceil_mode else 0
        spatial[-1] = max(spatial[-1], d * (i - 1) + 1 - sum(pads[-1]) - lacking)
    padding = tuple(a for a, _ in pads) if padding == INTS else pads
    seed, batch = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 2))
    return Problem(
        tuple(spatial), overlay, stride, dilation, padding, pads, batch=batch, ceil_mode=ceil_mode, seed=seed
    )


@st.composite
def enlargements(draw):
    """An array and factors to repeat its cells by."""
    rank = draw(st.integers(1, 3))
    x = integers(
        (draw(st.integers(1, 2)), 2, *drawn(draw, rank, 1, 3)), np.random.default_rng(draw(st.integers(0, 99)))
    )
    return x, drawn(draw, rank, 1, 3)


def unfold(x, *, overlay, stride=1, padding=0, dilation=1):
    """What the windows find."""
    return gather(x, axes_over(x.shape[2:], overlay, stride, padding, dilation))


def fold(y, *, shape, stride=1, padding=0, dilation=1):
    """What is in the windows, each added to its own cells."""
    return scatter(y, axes_over(shape, y.shape[2 : 2 + len(shape)], stride, padding, dilation))
